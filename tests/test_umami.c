#include "test.h"

#include "take.h"

#include <stdio.h>
#include <string.h>

#define SITE "22222222-3333-4444-8555-666666666666"
#define API "https://umami.example.org/api/websites/" SITE

static const char *const own[] = { "site", SITE, "base", "https://umami.example.org", NULL };

static void start(struct sweeping *it, const char *now, const char *wanted)
{
	sweeping_start(it, "umami", own, "Europe/Madrid", now, wanted);
}

/* Past the question for the site. */
static void start_days(struct sweeping *it, const char *now, const char *wanted)
{
	start(it, now, wanted);
	assert_string_equal(ask(it), API);
	assert_int_equal(answer_file(it, 200, "umami/umami_website.200.json"), 0);
}

static uint32_t flags_of(const struct sweeping *it, const char *metric, const char *first)
{
	for (size_t i = 0; i < it->findings.sample_count; i++) {
		const struct finding *finding = &it->findings.samples[i];

		if (strcmp(finding->metric->id, metric) == 0 &&
		    finding->sample.window.first == day(first))
			return finding->sample.flags;
	}
	fail_msg("no %s of %s", metric, first);
	return 0;
}

static void sweep_asks_site_total_rows_each_day_and_the_month(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-31..2026-11-01");
	assert_int_equal(it.request.form, CREDENTIAL_BEARER);
	assert_string_equal(text_str(&it.request.exchange),
			    "https://umami.example.org/api/auth/login");
	assert_string_equal(it.request.exchange_member, "token");
	/* up to the millisecond before the next local midnight */
	assert_string_equal(ask(&it), API "/stats?startAt=1793401200000&endAt=1793573999999");
	assert_int_equal(answer(&it, 200, "", "{\"pageviews\":9,\"visitors\":2,\"visits\":3}"), 0);
	assert_string_equal(ask(&it),
			    API "/pageviews?startAt=1793401200000&endAt=1793573999999&unit=day&"
				"timezone=Europe%2FMadrid");
	assert_int_equal(answer(&it, 200, "",
				"{\"pageviews\":[{\"x\":\"2026-10-31 00:00:00\",\"y\":\"9\"}],"
				"\"sessions\":[{\"x\":\"2026-10-31 00:00:00\",\"y\":2}]}"),
			 0);
	assert_string_equal(found(&it), "views 2026-10-31 9\nvisitors 2026-10-31 2\n");
	assert_string_equal(ask(&it), API "/stats?startAt=1793401200000&endAt=1793487599999");
	assert_int_equal(answer(&it, 200, "", "{\"pageviews\":9,\"visitors\":2,\"visits\":3}"), 0);
	assert_string_equal(found(&it), "visits 2026-10-31 3\n");
	assert_string_equal(ask(&it), API "/stats?startAt=1793487600000&endAt=1793573999999");
	/* after the last row Umami may not have counted */
	assert_int_equal(answer_file(&it, 200, "umami/umami_stats_all_zero.200.json"), 0);
	assert_string_equal(found(&it), "");
	/* the clocks went back on the 25th: October is an hour longer */
	assert_string_equal(ask(&it), API "/stats?startAt=1790805600000&endAt=1793487599999");
	assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), 0);
	assert_string_equal(found(&it), "visitors 2026-10-01..2026-10-31 6120\n");
	assert_int_equal(flags_of(&it, "visitors", "2026-10-01"), SAMPLE_ESTIMATE);
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void cloud_is_asked_without_api_and_with_a_key_of_its_own(void **state)
{
	static const char *const cloud[] = { "site", SITE, NULL };
	struct sweeping it;

	(void)state;
	sweeping_start(&it, "umami", cloud, "Europe/Madrid", "2026-11-03T12:00:00Z", "2026-10-31");
	assert_string_equal(ask(&it), "https://api.umami.is/v1/websites/" SITE);
	assert_int_equal(it.request.form, CREDENTIAL_HEADER);
	assert_string_equal(it.request.credential_field, "x-umami-api-key");
	assert_int_equal(it.request.exchange.length, 0);
	sweeping_end(&it);
}

static void a_wrong_site_is_found_before_its_zeros_are_believed(void **state)
{
	static const char *const other[] = { "site", "sede", "base", "https://umami.example.org",
					     NULL };
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	assert_int_equal(answer_file(&it, 200, "umami/umami_website_unknown.200.json"), -1);
	assert_int_equal(it.err.class, ERROR_REQUEST);
	assert_string_equal(it.err.text, "there is no site " SITE
					 " at this Umami: check its id (Settings, Websites, Edit)");
	assert_string_equal(text_str(&it.job.cursor), "");
	sweeping_end(&it);
	/* what is no id at all: 500 and nothing */
	sweeping_start(&it, "umami", other, "Europe/Madrid", "2026-11-03T12:00:00Z", "2026-10-31");
	assert_int_equal(answer(&it, 500, "", ""), -1);
	assert_int_equal(it.err.class, ERROR_REQUEST);
	assert_string_equal(it.err.text,
			    "HTTP 500: site \"sede\" is no website id of Umami's, which looks like "
			    "22222222-3333-4444-8555-666666666666");
	sweeping_end(&it);
}

static void zeros_throughout_are_not_stored(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-30");
	assert_int_equal(answer_file(&it, 200, "umami/umami_stats_all_zero.200.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "2026-10-01..2026-10-30: nothing but zeros, which Umami also answers "
			    "when it does not know: not stored");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

/* The rows of the sample answer add up to 62214 page views; 12 October has none. */
static void a_day_without_a_row_is_zero_only_where_the_total_leaves_no_room(void **state)
{
	static const char *const totals[] = {
		"{\"pageviews\":62214,\"visitors\":6120,\"visits\":19874}",
		"{\"pageviews\":62215,\"visitors\":6120,\"visits\":19874}",
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
		assert_int_equal(answer(&it, 200, "", totals[i]), 0);
		assert_int_equal(answer_file(&it, 200, "umami/umami_pageviews_day_tz.200.json"), 0);
		assert_int_equal(it.findings.sample_count, i ? 60 : 62);
		assert_true((strstr(found(&it), "views 2026-10-12 0\nvisitors 2026-10-12 0\n") !=
			     NULL) == (i == 0));
		if (i == 0)
			assert_int_equal(flags_of(&it, "views", "2026-10-12"), SAMPLE_DERIVED);
		for (int j = 1; j < 12; j++)
			assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), 0);
		assert_string_equal(found(&it), "visits 2026-10-11 19874\n");
		assert_int_equal(answer_file(&it, 200, "umami/umami_stats_all_zero.200.json"), 0);
		assert_string_equal(found(&it), i ? "" : "visits 2026-10-12 0\n");
		sweeping_end(&it);
	}
}

static void the_three_shapes_of_stats_say_the_same(void **state)
{
	static const char *const files[] = { "umami/umami_v3_stats.200.json",
					     "umami/umami_v2_stats.200.json",
					     "umami/umami_v2.11_stats.200.json" };
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start_days(&it, "2026-11-03T12:00:00Z", "2026-10-31");
		assert_int_equal(answer_file(&it, 200, files[i]), 0);
		assert_int_equal(answer(&it, 200, "", "{\"pageviews\":[],\"sessions\":[]}"), 0);
		assert_int_equal(answer_file(&it, 200, files[i]), 0);
		assert_string_equal(found(&it), "visits 2026-10-31 19874\n");
		assert_int_equal(answer_file(&it, 200, files[i]), 0);
		assert_string_equal(found(&it), "visitors 2026-10-01..2026-10-31 6120\n");
		sweeping_end(&it);
	}
}

static void a_server_that_counts_no_visits_is_not_asked_for_them(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	assert_int_equal(answer_file(&it, 200, "umami/umami_v2.10_stats.200.json"), 0);
	assert_string_equal(text_str(&it.findings.notes),
			    "this Umami counts no visits: it is older than 2.11");
	assert_int_equal(answer_file(&it, 200, "umami/umami_pageviews_day_tz.200.json"), 0);
	assert_string_equal(found(&it), "views 2026-10-31 681\nvisitors 2026-10-31 181\n");
	assert_string_equal(text_str(&it.request.what), "website");
	assert_non_null(strstr(ask(&it), "startAt=1790805600000")); /* the month */
	assert_int_equal(answer_file(&it, 200, "umami/umami_v2.10_stats.200.json"), 0);
	assert_string_equal(found(&it), "visitors 2026-10-01..2026-10-31 6120\n");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void days_of_utc_are_not_taken_for_ours(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), 0);
	assert_int_equal(answer_file(&it, 200, "umami/umami_pageviews_day_utc.200.json"), -1);
	assert_int_equal(it.err.class, ERROR_MALFORMED);
	assert_string_equal(it.err.text, "2026-10-01: a day of UTC's, not of Europe/Madrid's");
	sweeping_end(&it);
	/* where they are the same, they may come so; and months are the server's own */
	sweeping_start(&it, "umami", own, "UTC", "2026-11-03T12:00:00Z", "2026-10-31");
	assert_int_equal(answer_file(&it, 200, "umami/umami_website.200.json"), 0);
	assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), 0);
	assert_int_equal(answer_file(&it, 200, "umami/umami_pageviews_day_utc.200.json"), 0);
	assert_string_equal(found(&it), "views 2026-10-31 681\nvisitors 2026-10-31 181\n");
	assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), 0);
	assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), 0);
	assert_int_equal(flags_of(&it, "visitors", "2026-10-01"), 0);
	sweeping_end(&it);
}

static void take_complains_of_answers_that_cannot_be(void **state)
{
	static const struct {
		const char *body;
		const char *words;
	} rows[] = {
		{ "null", "no stats in the answer" },
		{ "{}", "no stats in the answer" },
		{ "{\"pageviews\":[]}", "no stats in the answer" },
		{ "{\"pageviews\":-1}", "pageviews is below zero" },
		{ "{\"pageviews\":1,\"visits\":{\"value\":1.5}}",
		  "visits: value is not a whole number" },
		{ "{\"pageviews\":\"many\"}", "pageviews: pageviews is not a whole number" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_days(&it, "2026-11-03T12:00:00Z", "2026-10-31");
		assert_int_equal(answer(&it, 200, "", rows[i].body), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		sweeping_end(&it);
	}
	start(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	assert_int_equal(answer_file(&it, 200, "umami/umami_login.200.json"), -1);
	assert_string_equal(it.err.text, "the answer is not the site's");
	sweeping_end(&it);
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), 0);
	assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), -1);
	assert_string_equal(it.err.text, "no days in the answer");
	sweeping_end(&it);
}

static void refusals_say_who_must_do_what_and_who_waits(void **state)
{
	static const char may_not[] = "HTTP 401: Unauthorized (the user may not see site " SITE
				      ": let the user see it, or its team)";
	static const struct {
		const char *file;
		int status;
		enum error_class class;
		enum hold_scope scope;
		const char *until; /* NULL: a person */
		const char *words;
	} rows[] = {
		{ "umami/umami_login.401.json", 401, ERROR_TOKEN, HOLD_TOKEN, NULL,
		  "Umami refuses user and password: incorrect-username-password" },
		{ "umami/umami_error.401.json", 401, ERROR_PERMISSION, HOLD_NONE, "", may_not },
		{ "umami/umami_v2_error.401.json", 401, ERROR_PERMISSION, HOLD_NONE, "", may_not },
		{ "umami/umami_error.400.json", 400, ERROR_REQUEST, HOLD_NONE, "",
		  "HTTP 400: Bad request" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01");
		assert_int_equal(answer_file(&it, rows[i].status, rows[i].file), -1);
		assert_int_equal(it.err.class, rows[i].class);
		assert_int_equal(it.job.hold.scope, rows[i].scope);
		if (rows[i].scope != HOLD_NONE)
			assert_int_equal(it.job.hold.until,
					 rows[i].until ? at(rows[i].until) : INT64_MAX);
		assert_string_equal(it.err.text, rows[i].words);
		sweeping_end(&it);
	}
}

/* Servers before 3.0 do not say which of the two they refuse; the daemon does. */
static void a_refused_login_is_told_from_a_refused_site(void **state)
{
	static const char body[] = "Unauthorized";
	const struct response response = { .status = 401,
					   .of_exchange = true,
					   .body = body,
					   .length = sizeof(body) - 1,
					   .headers = "" };
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(it.collector->take(&it.job, &response, &it.findings, &it.err), -1);
	assert_int_equal(it.err.class, ERROR_TOKEN);
	assert_int_equal(it.job.hold.scope, HOLD_TOKEN);
	sweeping_end(&it);
}

static void pages_that_are_no_answers_go_by_their_status(void **state)
{
	static const struct {
		int status;
		enum error_class class;
		const char *words;
	} rows[] = {
		{ 503, ERROR_TRANSIENT, "HTTP 503: a page, not JSON" },
		{ 500, ERROR_TRANSIENT, "HTTP 500: a page, not JSON" },
		{ 200, ERROR_MALFORMED, "no answer of Umami's: not JSON (13 bytes)" },
		{ 404, ERROR_REQUEST,
		  "HTTP 404: a page, not JSON (is base the address of the Umami server?)" },
		{ 429, ERROR_THROTTLED, "HTTP 429: a page, not JSON" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01");
		assert_int_equal(answer(&it, rows[i].status, "", "<html></html>"), -1);
		assert_int_equal(it.err.class, rows[i].class);
		assert_string_equal(it.err.text, rows[i].words);
		sweeping_end(&it);
	}
}

static void check_names_the_site_and_stores_nothing(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "");
	it.job.sweep = SWEEP_CHECK;
	assert_int_equal(answer_file(&it, 200, "umami/umami_website.200.json"), 0);
	assert_string_equal(text_str(&it.findings.notes),
			    "site " SITE " \"Sede\" (sede.example.org) answers, its days are "
			    "Europe/Madrid's");
	assert_non_null(strstr(ask(&it), "/stats?"));
	assert_int_equal(answer_file(&it, 200, "umami/umami_v3_stats.200.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "visits answers\nvisitors answers\nviews answers");
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
	text_set(&it.job.cursor, "1 2");
	assert_int_equal(it.collector->next(&it.job, &it.request, &it.err), -1);
	assert_string_equal(it.err.text, "the sweep's cursor makes no sense");
	sweeping_end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_asks_site_total_rows_each_day_and_the_month),
		cmocka_unit_test(cloud_is_asked_without_api_and_with_a_key_of_its_own),
		cmocka_unit_test(a_wrong_site_is_found_before_its_zeros_are_believed),
		cmocka_unit_test(zeros_throughout_are_not_stored),
		cmocka_unit_test(a_day_without_a_row_is_zero_only_where_the_total_leaves_no_room),
		cmocka_unit_test(the_three_shapes_of_stats_say_the_same),
		cmocka_unit_test(a_server_that_counts_no_visits_is_not_asked_for_them),
		cmocka_unit_test(days_of_utc_are_not_taken_for_ours),
		cmocka_unit_test(take_complains_of_answers_that_cannot_be),
		cmocka_unit_test(refusals_say_who_must_do_what_and_who_waits),
		cmocka_unit_test(a_refused_login_is_told_from_a_refused_site),
		cmocka_unit_test(pages_that_are_no_answers_go_by_their_status),
		cmocka_unit_test(check_names_the_site_and_stores_nothing),
		cmocka_unit_test(nothing_is_asked_to_watch_and_nonsense_cursors_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
