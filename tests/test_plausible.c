#include "test.h"

#include "take.h"

#include "metricsd/cleanup.h"
#include "metricsd/json.h"

#include <stdio.h>
#include <string.h>

static const char *const site[] = { "site", "sede.example.org", NULL };

#define QUERY                                                                  \
	"https://plausible.io/api/v2/query {\"site_id\":\"sede.example.org\"," \
	"\"metrics\":[\"visitors\",\"visits\",\"pageviews\"],\"date_range\":"
#define BY_DAY ",\"dimensions\":[\"time:day\"],\"include\":{\"time_labels\":true}}"

static void start(struct sweeping *it, const char *now, const char *wanted)
{
	sweeping_start(it, "plausible", site, "Europe/Madrid", now, wanted);
}

static void sweep_asks_days_then_the_visitors_of_the_month(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-27..2026-11-02");
	assert_string_equal(ask(&it), QUERY "[\"2026-10-27\",\"2026-11-02\"]" BY_DAY);
	assert_int_equal(it.request.method, HTTP_POST);
	assert_int_equal(it.request.form, CREDENTIAL_BEARER);
	assert_true(it.request.json);
	assert_int_equal(answer_file(&it, 200, "plausible/plausible_daily_no_data.200.json"), -1);
	assert_int_equal(answer(&it, 200, "", "{\"results\":[],\"meta\":{}}"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(ask(&it), QUERY "[\"2026-10-01\",\"2026-10-31\"]}");
	assert_int_equal(answer_file(&it, 200, "plausible/plausible_month.200.json"), 0);
	assert_string_equal(found(&it), "visitors 2026-10-01..2026-10-31 17741\n");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void what_is_asked_is_what_the_sample_answers_were_to(void **state)
{
	SCOPED(memory)
	char *bytes = fixture("plausible/plausible_daily.request.json");
	SCOPED(json)
	cJSON *expected = NULL;
	SCOPED(json)
	cJSON *asked = NULL;
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	(void)ask(&it);
	assert_int_equal(json_parse(bytes, strlen(bytes), &expected, NULL), 0);
	assert_int_equal(
		json_parse(text_str(&it.request.body), it.request.body.length, &asked, NULL), 0);
	assert_true(cJSON_Compare(asked, expected, true));
	sweeping_end(&it);
}

static void quarters_semesters_and_years_are_windows_of_their_own(void **state)
{
	static const char *const ranges[] = { "[\"2026-12-01\",\"2026-12-31\"]",
					      "[\"2026-10-01\",\"2026-12-31\"]",
					      "[\"2026-07-01\",\"2026-12-31\"]",
					      "[\"2026-01-01\",\"2026-12-31\"]" };
	struct sweeping it;

	(void)state;
	start(&it, "2027-01-02T12:00:00Z", "2026-12-31");
	assert_int_equal(answer(&it, 200, "", "{\"results\":[]}"), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_non_null(strstr(ask(&it), ranges[i]));
		assert_int_equal(answer(&it, 200, "",
					"{\"results\":[{\"metrics\":[7,8,9],\"dimensions\":[]}]}"),
				 0);
		assert_int_equal(it.findings.sample_count, 1);
	}
	assert_string_equal(found(&it), "visitors 2026-01-01..2026-12-31 7\n");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void a_day_that_is_named_without_a_row_is_zero(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01,2026-10-12");
	assert_int_equal(answer(&it, 200, "",
				"{\"results\":[{\"metrics\":[778,905,2715],\"dimensions\":"
				"[\"2026-10-01\"]}],\"meta\":{\"time_labels\":[\"2026-10-01\","
				"\"2026-10-12\"]},\"query\":{\"date_range\":[\"2026-10-01\","
				"\"2026-10-12\"]}}"),
			 0);
	assert_string_equal(found(&it), "visitors 2026-10-01 778\nvisits 2026-10-01 905\n"
					"views 2026-10-01 2715\nvisitors 2026-10-12 0\n"
					"visits 2026-10-12 0\nviews 2026-10-12 0\n");
	sweeping_end(&it);

	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	assert_int_equal(answer_file(&it, 200, "plausible/plausible_daily.200.json"), 0);
	assert_int_equal(it.findings.sample_count, 3 * 31);
	assert_non_null(strstr(found(&it), "visits 2026-10-12 0\n"));
	sweeping_end(&it);
}

static void a_day_that_is_not_named_is_missing(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-30..2026-11-01");
	assert_int_equal(answer(&it, 200, "",
				"{\"results\":[{\"metrics\":[1,null,3],\"dimensions\":"
				"[\"2026-10-30\"]}],\"meta\":{\"time_labels\":[\"2026-10-30\","
				"\"2026-10-31\"]}}"),
			 0);
	assert_string_equal(found(&it), "visitors 2026-10-30 1\nviews 2026-10-30 3\n"
					"visitors 2026-10-31 0\nvisits 2026-10-31 0\n"
					"views 2026-10-31 0\n");
	sweeping_end(&it);
	/* no labels at all: nothing is known of days without a row */
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	assert_int_equal(answer_file(&it, 200, "plausible/plausible_daily_no_data.200.json"), 0);
	assert_string_equal(found(&it), "");
	sweeping_end(&it);
}

static void a_month_of_nobody_is_zero(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	assert_int_equal(answer(&it, 200, "", "{\"results\":[]}"), 0);
	assert_int_equal(answer_file(&it, 200, "plausible/plausible_no_data.200.json"), 0);
	assert_string_equal(found(&it), "visitors 2026-10-01..2026-10-31 0\n");
	sweeping_end(&it);
}

static void days_of_another_zone_stop_the_sweep(void **state)
{
	struct sweeping it;

	(void)state;
	sweeping_start(&it, "plausible", site, "America/Bogota", "2026-11-03T12:00:00Z",
		       "2026-10-01..2026-10-31");
	assert_int_equal(answer_file(&it, 200, "plausible/plausible_daily.200.json"), -1);
	assert_int_equal(it.err.class, ERROR_REQUEST);
	assert_string_equal(it.err.text,
			    "site sede.example.org begins its days at 2026-10-01T00:00:00+02:00, "
			    "which is no midnight in America/Bogota: set zone to the site's own "
			    "(Plausible: Site settings, General)");
	assert_string_equal(text_str(&it.job.cursor), "");
	sweeping_end(&it);
}

static void a_server_of_ones_own_is_asked_at_its_address(void **state)
{
	static const char *const own[] = { "site", "a \"b\"", "base", "https://stats.example.org/p",
					   NULL };
	struct sweeping it;

	(void)state;
	sweeping_start(&it, "plausible", own, "Europe/Madrid", "2026-11-03T12:00:00Z",
		       "2026-10-31");
	assert_non_null(strstr(ask(&it), "https://stats.example.org/p/api/v2/query "
					 "{\"site_id\":\"a \\\"b\\\"\","));
	sweeping_end(&it);
}

#define NO_SITE                                                                                  \
	"Plausible knows no site \"sede.example.org\" that this key may read: check the site's " \
	"name (its domain, as Plausible writes it) and the key ("

static void refusals_say_who_must_do_what_and_who_waits(void **state)
{
	static const struct {
		const char *file;
		int status;
		enum error_class class;
		enum hold_scope scope;
		const char *until; /* NULL: a person */
		const char *words;
	} rows[] = {
		{ "400.site", 400, ERROR_REQUEST, HOLD_NONE, "", "HTTP 400: Missing site ID. " },
		{ "401.invalid", 401, ERROR_PERMISSION, HOLD_NONE, "",
		  NO_SITE "Invalid API key or site ID. " },
		{ "401.missing_key", 401, ERROR_TOKEN, HOLD_TOKEN, NULL, "Missing API key. " },
		{ "402.locked", 402, ERROR_PERMISSION, HOLD_NONE, "",
		  "the Plausible subscription does not allow it: This Plausible site is locked " },
		{ "402.plan", 402, ERROR_PERMISSION, HOLD_NONE, "",
		  "the Plausible subscription does not allow it: The account that owns this API "
		  "key does not have access to Stats API." },
		{ "429", 429, ERROR_THROTTLED, HOLD_TOKEN, "2026-11-03T12:15:00Z",
		  "Too many API requests. " },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[128];

		start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
		(void)snprintf(path, sizeof(path), "plausible/plausible_error.%s.json",
			       rows[i].file);
		assert_int_equal(answer_file(&it, rows[i].status, path), -1);
		assert_int_equal(it.err.class, rows[i].class);
		assert_int_equal(it.job.hold.scope, rows[i].scope);
		if (rows[i].scope != HOLD_NONE)
			assert_int_equal(it.job.hold.until,
					 rows[i].until ? at(rows[i].until) : INT64_MAX);
		assert_memory_equal(it.err.text, rows[i].words, strlen(rows[i].words));
		assert_string_equal(text_str(&it.job.cursor), "");
		sweeping_end(&it);
	}
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 429, "Retry-After: 90\r\n", "<html>"), -1);
	assert_int_equal(it.job.hold.until, at("2026-11-03T12:01:30Z"));
	assert_int_equal(answer(&it, 503, "", "<html>"), -1);
	assert_int_equal(it.err.class, ERROR_TRANSIENT);
	assert_int_equal(answer(&it, 200, "", "<html>"), -1);
	assert_string_equal(it.err.text, "no answer of Plausible's: not JSON (6 bytes)");
	sweeping_end(&it);
}

static void take_refuses_numbers_that_cannot_be(void **state)
{
	static const struct {
		const char *body;
		const char *words;
	} rows[] = {
		{ "{}", "no results in the answer" },
		{ "{\"results\":[{\"metrics\":[1,2],\"dimensions\":[\"2026-10-01\"]}]}",
		  "2026-10-01: 2 values for 3 metrics" },
		{ "{\"results\":[{\"metrics\":[1,2,-3],\"dimensions\":[\"2026-10-01\"]}]}",
		  "2026-10-01: pageviews is below zero" },
		{ "{\"results\":[{\"metrics\":[1,2.5,3],\"dimensions\":[\"2026-10-01\"]}]}",
		  "2026-10-01: visits is not a whole number" },
		{ "{\"results\":[{\"metrics\":[1,2,3],\"dimensions\":[]}]}",
		  "a day without its date" },
		{ "{\"results\":[{\"metrics\":[1,2,3],\"dimensions\":[\"2026-10-01\"]},"
		  "{\"metrics\":[1,2,3],\"dimensions\":[\"2026-10-01\"]}]}",
		  "2026-10-01 comes twice" },
		{ "{\"results\":[],\"meta\":{\"time_labels\":[\"today\"]}}",
		  "\"today\" is not a date like 2025-10-01" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-02");
		assert_int_equal(answer(&it, 200, "", rows[i].body), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		sweeping_end(&it);
	}
}

static void check_names_the_site_and_stores_nothing(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-10-03T12:00:00Z", "");
	it.job.sweep = SWEEP_CHECK;
	assert_non_null(strstr(ask(&it), "[\"2026-10-01\",\"2026-10-01\"]"));
	assert_int_equal(answer_file(&it, 200, "plausible/plausible_daily.200.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "site sede.example.org answers, its days are Europe/Madrid's\n"
			    "visitors answers\nvisits answers\nviews answers");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void nothing_is_asked_to_watch_and_nonsense_cursors_are_refused(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	it.job.sweep = SWEEP_WATCH;
	assert_string_equal(ask(&it), "");
	it.job.sweep = SWEEP_DAILY;
	text_set(&it.job.cursor, "7 1");
	assert_int_equal(it.collector->next(&it.job, &it.request, &it.err), -1);
	assert_string_equal(it.err.text, "the sweep's cursor makes no sense");
	sweeping_end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_asks_days_then_the_visitors_of_the_month),
		cmocka_unit_test(what_is_asked_is_what_the_sample_answers_were_to),
		cmocka_unit_test(quarters_semesters_and_years_are_windows_of_their_own),
		cmocka_unit_test(a_day_that_is_named_without_a_row_is_zero),
		cmocka_unit_test(a_day_that_is_not_named_is_missing),
		cmocka_unit_test(a_month_of_nobody_is_zero),
		cmocka_unit_test(days_of_another_zone_stop_the_sweep),
		cmocka_unit_test(a_server_of_ones_own_is_asked_at_its_address),
		cmocka_unit_test(refusals_say_who_must_do_what_and_who_waits),
		cmocka_unit_test(take_refuses_numbers_that_cannot_be),
		cmocka_unit_test(check_names_the_site_and_stores_nothing),
		cmocka_unit_test(nothing_is_asked_to_watch_and_nonsense_cursors_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
