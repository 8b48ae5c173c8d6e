#include "test.h"

#include "take.h"

#include <stdio.h>
#include <string.h>

static const char *const site[] = { "base", "https://stats.example.org", "site", "1", NULL };

#define URL "https://stats.example.org/index.php module=API&format=JSON&method="

static void start(struct sweeping *it, const char *now, const char *wanted)
{
	sweeping_start(it, "matomo", site, "Europe/Madrid", now, wanted);
}

/* Past the question for the site's zone. */
static void start_days(struct sweeping *it, const char *now, const char *wanted)
{
	start(it, now, wanted);
	assert_string_equal(ask(it), URL "SitesManager.getSiteFromId&idSite=1");
	assert_int_equal(answer_file(it, 200, "web/matomo_site_timezone.200.json"), 0);
	assert_string_equal(found(it), "");
}

static void sweep_asks_zone_visits_views_and_the_month_with_the_token_in_the_body(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-11-02");
	assert_string_equal(ask(&it), URL "VisitsSummary.get&idSite=1&period=day"
					  "&date=2026-10-01,2026-11-02");
	assert_int_equal(it.request.method, HTTP_POST);
	assert_int_equal(it.request.form, CREDENTIAL_FIELD);
	assert_string_equal(it.request.credential_field, "token_auth");
	assert_string_equal(text_str(&it.request.what), "VisitsSummary.get day");
	assert_int_equal(answer(&it, 200, "", "{}"), 0);
	assert_string_equal(ask(&it),
			    URL "Actions.get&idSite=1&period=day&date=2026-10-01,2026-11-02");
	assert_int_equal(answer(&it, 200, "", "{}"), 0);
	assert_string_equal(ask(&it),
			    URL "VisitsSummary.get&idSite=1&period=month&date=2026-10-01");
	assert_int_equal(answer_file(&it, 200, "web/matomo_visitssummary_month.200.json"), 0);
	assert_string_equal(found(&it), "visitors 2026-10-01..2026-10-31 8081\n");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void take_keeps_visits_and_visitors_and_zero_for_a_day_without_visits(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-11..2026-10-13");
	assert_int_equal(answer_file(&it, 200, "web/matomo_visitssummary_days.200.json"), 0);
	assert_string_equal(found(&it), "visits 2026-10-11 255\nvisitors 2026-10-11 209\n"
					"visits 2026-10-12 0\nvisitors 2026-10-12 0\n"
					"visits 2026-10-13 702\nvisitors 2026-10-13 575\n");
	sweeping_end(&it);
}

static void take_leaves_a_day_that_is_not_in_the_answer_missing(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-30..2026-11-02");
	assert_int_equal(answer_file(&it, 200, "web/matomo_visitssummary_days.200.json"), 0);
	assert_string_equal(found(&it), "visits 2026-10-30 1092\nvisitors 2026-10-30 895\n"
					"visits 2026-10-31 207\nvisitors 2026-10-31 169\n");
	sweeping_end(&it);
}

static void numbers_may_come_as_strings_and_visitors_not_at_all(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-02");
	assert_int_equal(
		answer(&it, 200, "", "{\"2026-10-01\":{\"nb_visits\":\"12\"},\"2026-10-02\":[]}"),
		0);
	assert_string_equal(found(&it), "visits 2026-10-01 12\nvisits 2026-10-02 0\n"
					"visitors 2026-10-02 0\n");
	assert_int_equal(answer(&it, 200, "",
				"{\"2026-10-01\":{\"nb_pageviews\":\"77\"},\"2026-10-02\":[]}"),
			 0);
	assert_string_equal(found(&it), "views 2026-10-01 77\nviews 2026-10-02 0\n");
	sweeping_end(&it);
}

static void a_single_day_may_come_bare(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-12");
	assert_int_equal(
		answer_file(&it, 200, "web/matomo_visitssummary_one_empty_period.200.json"), 0);
	assert_string_equal(found(&it), "visits 2026-10-12 0\nvisitors 2026-10-12 0\n");
	assert_int_equal(answer_file(&it, 200, "web/matomo_actions_month.200.json"), 0);
	assert_string_equal(found(&it), "views 2026-10-12 60090\n");
	sweeping_end(&it);
}

static void take_complains_of_answers_to_other_calls_and_stores_nothing(void **state)
{
	static const struct {
		const char *file;
		const char *words;
	} rows[] = {
		{ "web/matomo_getVisits_days.200.json", "2026-10-01: neither numbers nor []" },
		{ "web/matomo_value.200.json", "\"value\" is not a date like 2025-10-01" },
		{ "web/matomo_version.200.json", "\"value\" is not a date like 2025-10-01" },
		{ "web/matomo_actions_month.200.json",
		  "\"nb_pageviews\" is not a date like 2025-10-01" },
		{ "web/matomo_visitssummary_range_without_uniques.200.json",
		  "\"nb_visits\" is not a date like 2025-10-01" },
		{ "web/matomo_site_timezone.200.json", "\"idsite\" is not a date like 2025-10-01" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
		assert_int_equal(answer_file(&it, 200, rows[i].file), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		assert_string_equal(text_str(&it.job.cursor), "1 -2147483648");
		sweeping_end(&it);
	}
}

static void take_refuses_numbers_that_cannot_be(void **state)
{
	static const struct {
		const char *body;
		const char *words;
	} rows[] = {
		{ "{\"2026-10-01\":{\"nb_visits\":1.5}}",
		  "2026-10-01: nb_visits is not a whole number" },
		{ "{\"2026-10-01\":{\"nb_visits\":-1}}", "2026-10-01: nb_visits is below zero" },
		{ "{\"2026-10-01\":[7]}", "2026-10-01: neither numbers nor []" },
		{ "{\"2026-10-01\":[],\"2026-10-01\":[]}",
		  "2026-10-01 comes twice or out of order" },
		{ "[]", "no days in the answer" },
		{ "null", "no days in the answer" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
		assert_int_equal(answer(&it, 200, "", rows[i].body), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		sweeping_end(&it);
	}
}

static void a_month_without_unique_visitors_is_not_known(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	(void)skip_to(&it, "period=month", "{}");
	assert_int_equal(
		answer_file(&it, 200, "web/matomo_visitssummary_range_without_uniques.200.json"),
		0);
	assert_string_equal(found(&it), "");
	assert_string_equal(
		text_str(&it.findings.notes),
		"2026-10-01..2026-10-31: Matomo does not count unique visitors of a month");
	assert_string_equal(ask(&it), "");
	text_set(&it.job.cursor, "3 0");
	assert_int_equal(answer_file(&it, 200, "web/matomo_value.200.json"), -1);
	assert_string_equal(it.err.text, "2026-10-01..2026-10-31: no month in the answer");
	sweeping_end(&it);
}

static void a_zone_that_differs_stops_the_sweep_and_names_the_setting(void **state)
{
	struct sweeping it;

	(void)state;
	sweeping_start(&it, "matomo", site, "America/Bogota", "2026-11-03T12:00:00Z", "2026-10-31");
	assert_int_equal(answer_file(&it, 200, "web/matomo_site_timezone.200.json"), -1);
	assert_int_equal(it.err.class, ERROR_REQUEST);
	assert_string_equal(it.err.text, "site 1 counts in Europe/Madrid days, the account in "
					 "America/Bogota: set zone = \"Europe/Madrid\"");
	assert_string_equal(text_str(&it.job.cursor), "");
	sweeping_end(&it);
}

static void a_refused_question_for_the_zone_is_only_a_note(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer_file(&it, 200, "web/matomo_error.200.missing_parameter.json"), 0);
	assert_string_equal(text_str(&it.findings.notes),
			    "the site's zone could not be compared: Matomo refuses: A value for "
			    "'idSite' is missing.");
	assert_non_null(strstr(ask(&it), "VisitsSummary.get"));
	sweeping_end(&it);
}

#define NO_ACCESS                                                                                 \
	"This needs 'view' access to the website id = 1. (give the token's user \"view\" access " \
	"to "                                                                                     \
	"the site, or replace it)"

/* One site's refusal is its own: other sites of the token go on. */
static void errors_are_found_in_the_body_whatever_the_status(void **state)
{
	static const struct {
		const char *file;
		int status;
		enum error_class class;
		enum hold_scope scope;
		const char *words;
	} rows[] = {
		{ "web/matomo_error.200.invalid_period.json", 200, ERROR_REQUEST, HOLD_NONE,
		  "Matomo refuses: There is no period called 'fortnight'; there are day, week, "
		  "month, year, range" },
		{ "web/matomo_error.200.missing_parameter.json", 200, ERROR_REQUEST, HOLD_NONE,
		  "Matomo refuses: A value for 'idSite' is missing." },
		{ "web/matomo_error.401.no_access.json", 401, ERROR_PERMISSION, HOLD_ACCOUNT,
		  NO_ACCESS },
		{ "web/matomo_error.401.no_access.json", 200, ERROR_PERMISSION, HOLD_ACCOUNT,
		  NO_ACCESS },
		{ "web/matomo_error.200.missing_parameter.json", 401, ERROR_TOKEN, HOLD_TOKEN,
		  "A value for 'idSite' is missing." },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01");
		assert_int_equal(answer_file(&it, rows[i].status, rows[i].file), -1);
		assert_int_equal(it.err.class, rows[i].class);
		assert_int_equal(it.job.hold.scope, rows[i].scope);
		assert_string_equal(it.err.text, rows[i].words);
		assert_string_equal(text_str(&it.job.cursor), "1 -2147483648");
		sweeping_end(&it);
	}
}

static void pages_that_are_no_answers_go_by_their_status(void **state)
{
	static const struct {
		int status;
		enum error_class class;
		const char *words;
	} rows[] = {
		{ 503, ERROR_TRANSIENT, "HTTP 503: a page, not JSON" },
		{ 200, ERROR_MALFORMED, "no answer of Matomo's: not JSON (13 bytes)" },
		{ 404, ERROR_REQUEST, "HTTP 404: a page, not JSON" },
		{ 403, ERROR_PERMISSION, "HTTP 403: a page, not JSON" },
		{ 401, ERROR_TOKEN, "a page, not JSON" },
		{ 429, ERROR_THROTTLED, "HTTP 429: too many requests" },
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
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 429, "Retry-After: 90\r\n", ""), -1);
	assert_int_equal(it.job.hold.scope, HOLD_HOST);
	assert_int_equal(it.job.hold.until, at("2026-11-03T12:01:30Z"));
	sweeping_end(&it);
}

static void long_stretches_are_cut_at_93_days(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-05-01..2026-08-31");
	assert_non_null(strstr(ask(&it), "date=2026-05-01,2026-08-01"));
	assert_int_equal(answer(&it, 200, "", "{}"), 0);
	assert_non_null(strstr(ask(&it), "date=2026-08-02,2026-08-31"));
	assert_int_equal(answer(&it, 200, "", "{}"), 0);
	assert_non_null(strstr(ask(&it), "Actions.get"));
	sweeping_end(&it);
}

static void what_an_account_does_without_is_never_asked_for(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	it.states.items[metric_index(&it, "views")].life = METRIC_RETIRED;
	it.states.items[metric_index(&it, "visitors")].life = METRIC_RETIRED;
	assert_int_equal(answer(&it, 200, "", "{\"2026-10-31\":[]}"), 0);
	assert_string_equal(found(&it), "visits 2026-10-31 0\n");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void check_names_the_site_and_its_zone_and_stores_nothing(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "");
	it.job.sweep = SWEEP_CHECK;
	assert_int_equal(answer_file(&it, 200, "web/matomo_site_timezone.200.json"), 0);
	assert_string_equal(text_str(&it.findings.notes),
			    "site 1 \"Sede\" answers, its days are Europe/Madrid's");
	assert_non_null(strstr(ask(&it), "date=2026-10-31,2026-10-31"));
	assert_int_equal(answer_file(&it, 200, "web/matomo_visitssummary_days.200.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes), "visits answers\nvisitors answers");
	assert_int_equal(answer(&it, 200, "", "{}"), 0);
	assert_string_equal(text_str(&it.findings.notes), "no numbers for 2026-10-31 yet");
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
	text_set(&it.job.cursor, "9 1");
	assert_int_equal(it.collector->next(&it.job, &it.request, &it.err), -1);
	assert_string_equal(it.err.text, "the sweep's cursor makes no sense");
	text_set(&it.job.cursor, "one");
	assert_int_equal(it.collector->next(&it.job, &it.request, &it.err), -1);
	sweeping_end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			sweep_asks_zone_visits_views_and_the_month_with_the_token_in_the_body),
		cmocka_unit_test(take_keeps_visits_and_visitors_and_zero_for_a_day_without_visits),
		cmocka_unit_test(take_leaves_a_day_that_is_not_in_the_answer_missing),
		cmocka_unit_test(numbers_may_come_as_strings_and_visitors_not_at_all),
		cmocka_unit_test(a_single_day_may_come_bare),
		cmocka_unit_test(take_complains_of_answers_to_other_calls_and_stores_nothing),
		cmocka_unit_test(take_refuses_numbers_that_cannot_be),
		cmocka_unit_test(a_month_without_unique_visitors_is_not_known),
		cmocka_unit_test(a_zone_that_differs_stops_the_sweep_and_names_the_setting),
		cmocka_unit_test(a_refused_question_for_the_zone_is_only_a_note),
		cmocka_unit_test(errors_are_found_in_the_body_whatever_the_status),
		cmocka_unit_test(pages_that_are_no_answers_go_by_their_status),
		cmocka_unit_test(long_stretches_are_cut_at_93_days),
		cmocka_unit_test(what_an_account_does_without_is_never_asked_for),
		cmocka_unit_test(check_names_the_site_and_its_zone_and_stores_nothing),
		cmocka_unit_test(nothing_is_asked_to_watch_and_nonsense_cursors_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
