#include "test.h"

#include "take.h"

#include "metricsd/cleanup.h"
#include "metricsd/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const property[] = { "property", "123456789", NULL };

#define URL "https://analyticsdata.googleapis.com/v1beta/properties/123456789:batchRunReports "
#define QUERY_METRICS                                                               \
	"\"metrics\":[{\"name\":\"sessions\"},{\"name\":\"totalUsers\"},{\"name\":" \
	"\"screenPageViews\"}],\"returnPropertyQuota\":true}"
#define QUERY_DAYS(first, last)                                                                    \
	"{\"dateRanges\":[{\"startDate\":\"" first "\",\"endDate\":\"" last "\"}],"                \
	"\"dimensions\":[{\"name\":\"date\"}],"                                                    \
	"\"orderBys\":[{\"dimension\":{\"dimensionName\":\"date\",\"orderType\":\"ALPHANUMERIC\"}" \
	"}],"                                                                                      \
	"\"keepEmptyRows\":true,\"limit\":\"1000\"," QUERY_METRICS
#define QUERY_TOTAL(first, last) \
	"{\"dateRanges\":[{\"startDate\":\"" first "\",\"endDate\":\"" last "\"}]," QUERY_METRICS
#define BATCH(reports) URL "{\"requests\":[" reports "]}"

static void start(struct sweeping *it, const char *now, const char *wanted)
{
	sweeping_start(it, "ga4", property, "Europe/Madrid", now, wanted);
}

/* The files (up to a NULL) as the reports of one batch. */
static int answer_batch(struct sweeping *it, ...)
{
	SCOPED(text)
	struct text body = TEXT_UP_TO(1 << 20);
	const char *name;
	va_list names;

	text_add(&body, "{\"reports\":[");
	va_start(names, it);
	for (int i = 0; (name = va_arg(names, const char *)); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "ga4/ga4_%s.json", name);
		SCOPED(memory)
		char *bytes = fixture(path);

		text_addf(&body, "%s%s", i ? "," : "", bytes);
	}
	va_end(names);
	text_add(&body, "],\"kind\":\"analyticsData#batchRunReports\"}");
	return answer(it, 200, "", text_str(&body));
}

/* The flags of the sample `line` begins with. */
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

static void one_batch_asks_days_their_total_and_the_month(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-27..2026-11-02");
	assert_string_equal(
		ask(&it),
		BATCH(QUERY_DAYS("2026-10-27", "2026-11-02") "," QUERY_TOTAL(
			"2026-10-27", "2026-11-02") "," QUERY_TOTAL("2026-10-01", "2026-10-31")));
	assert_int_equal(it.request.method, HTTP_POST);
	assert_int_equal(it.request.form, CREDENTIAL_BEARER);
	assert_string_equal(it.request.scope, "https://www.googleapis.com/auth/analytics.readonly");
	assert_true(it.request.json);
	assert_int_equal(answer_batch(&it, "runReport_daily.200", "runReport_month.200",
				      "runReport_month.200", NULL),
			 0);
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

/* The report of the days is, to the last setting, the one whose answers these are. */
static void what_is_asked_is_what_the_sample_answers_were_to(void **state)
{
	SCOPED(memory)
	char *bytes = fixture("ga4/ga4_runReport_daily.request.json");
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
	assert_true(cJSON_Compare(cJSON_GetArrayItem(json_array(asked, "requests"), 0), expected,
				  true));
	sweeping_end(&it);
}

static void the_end_of_a_year_asks_quarter_semester_and_year_too(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2027-01-02T12:00:00Z", "2026-12-26..2027-01-01");
	assert_string_equal(
		ask(&it),
		BATCH(QUERY_DAYS("2026-12-26", "2027-01-01") "," QUERY_TOTAL(
			"2026-12-26",
			"2027-"
			"01-"
			"01") "," QUERY_TOTAL("2026-12-01",
					      "2026-12-31") "," QUERY_TOTAL("2026-10-01",
									    "2026-12-31") "," QUERY_TOTAL("2026-"
													  "07-01",
													  "2026-"
													  "12-"
													  "31")));
	assert_int_equal(answer_batch(&it, "runReport_no_data.200", "runReport_no_data.200",
				      "runReport_month.200", "runReport_month.200",
				      "runReport_month.200", NULL),
			 0);
	assert_string_equal(found(&it), "visits 2026-12-01..2026-12-31 20806\n"
					"visitors 2026-12-01..2026-12-31 7549\n"
					"visits 2026-10-01..2026-12-31 20806\n"
					"visitors 2026-10-01..2026-12-31 7549\n"
					"visits 2026-07-01..2026-12-31 20806\n"
					"visitors 2026-07-01..2026-12-31 7549\n");
	assert_string_equal(ask(&it), BATCH(QUERY_TOTAL("2026-01-01", "2026-12-31")));
	assert_int_equal(answer_batch(&it, "runReport_month.200", NULL), 0);
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void take_keeps_estimates_and_exact_views_by_the_day(void **state)
{
	static const char *const files[] = { "runReport_daily.200",
					     "runReport_daily_unordered.200" };
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(&it, "2026-11-03T12:00:00Z", "2026-10-01,2026-10-31");
		assert_int_equal(answer_batch(&it, files[i], "runReport_month.200",
					      "runReport_month.200", NULL),
				 0);
		assert_non_null(strstr(found(&it), "visits 2026-10-01 931\nvisitors 2026-10-01 763"
						   "\nviews 2026-10-01 2886\n"));
		assert_non_null(strstr(found(&it), "visits 2026-10-01..2026-10-31 20806\n"
						   "visitors 2026-10-01..2026-10-31 7549\n"));
		assert_int_equal(it.findings.sample_count, 8);
		assert_int_equal(flags_of(&it, "visits", "2026-10-31"), SAMPLE_ESTIMATE);
		assert_int_equal(flags_of(&it, "visitors", "2026-10-31"), SAMPLE_ESTIMATE);
		assert_int_equal(flags_of(&it, "views", "2026-10-31"), 0);
		sweeping_end(&it);
	}
}

/* 12 October has no row, and the month's page views are exactly those of the other days. */
static void a_day_without_a_row_is_zero_where_the_total_leaves_no_room(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	assert_int_equal(answer_batch(&it, "runReport_daily.200", "runReport_month.200",
				      "runReport_month.200", NULL),
			 0);
	assert_int_equal(it.findings.sample_count, 3 * 31 + 2);
	assert_non_null(strstr(found(&it), "visits 2026-10-12 0\nvisitors 2026-10-12 0\n"
					   "views 2026-10-12 0\n"));
	assert_int_equal(flags_of(&it, "views", "2026-10-12"), SAMPLE_DERIVED);
	assert_int_equal(flags_of(&it, "visits", "2026-10-12"), SAMPLE_DERIVED | SAMPLE_ESTIMATE);
	sweeping_end(&it);
}

static void a_day_without_a_row_is_missing_where_anything_else_may_have_been(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	/* no total */
	assert_int_equal(answer_batch(&it, "runReport_daily.200", "runReport_no_data.200",
				      "runReport_month.200", NULL),
			 0);
	assert_int_equal(it.findings.sample_count, 3 * 30 + 2);
	assert_null(strstr(found(&it), "2026-10-12 "));
	sweeping_end(&it);
	/* three rows alone: before the first, and after the last, GA4 may not have counted */
	start(&it, "2026-11-03T12:00:00Z", "2026-09-20..2026-10-30");
	assert_int_equal(
		answer(&it, 200, "",
		       "{\"reports\":[{\"dimensionHeaders\":[{\"name\":\"date\"}],"
		       "\"metricHeaders\":[{\"name\":\"screenPageViews\"},{\"name\":\"sessions\"},"
		       "{\"name\":\"totalUsers\"}],\"rows\":[{\"dimensionValues\":[{\"value\":"
		       "\"20261003\"}],\"metricValues\":[{\"value\":\"5\"},{\"value\":\"2\"},"
		       "{\"value\":\"1\"}]},{\"dimensionValues\":[{\"value\":\"20261005\"}],"
		       "\"metricValues\":[{\"value\":\"4\"},{\"value\":\"3\"},{\"value\":\"2\"}]}],"
		       "\"metadata\":{\"timeZone\":null,\"samplingMetadatas\":null,\"new\":1}},"
		       "{\"metricHeaders\":[{\"name\":\"sessions\"},{\"name\":\"totalUsers\"},"
		       "{\"name\":\"screenPageViews\"}],\"rows\":[{\"metricValues\":[{\"value\":"
		       "\"5\"},{\"value\":\"3\"},{\"value\":\"9\"}]}],\"rowCount\":1},"
		       "{\"metricHeaders\":[{\"name\":\"sessions\"},{\"name\":\"totalUsers\"},"
		       "{\"name\":\"screenPageViews\"}]},"
		       "{\"metricHeaders\":[{\"name\":\"sessions\"},{\"name\":\"totalUsers\"},"
		       "{\"name\":\"screenPageViews\"}]}]}"),
		0);
	assert_string_equal(found(&it), "visits 2026-10-03 2\nvisitors 2026-10-03 1\n"
					"views 2026-10-03 5\nvisits 2026-10-05 3\n"
					"visitors 2026-10-05 2\nviews 2026-10-05 4\n"
					"visits 2026-10-04 0\nvisitors 2026-10-04 0\n"
					"views 2026-10-04 0\n");
	sweeping_end(&it);
}

static void no_data_is_missing_not_zero(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	assert_int_equal(answer_batch(&it, "runReport_no_data.200", "runReport_no_data.200",
				      "runReport_no_data.200", NULL),
			 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void sampled_withheld_and_truncated_data_say_so(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-03");
	assert_int_equal(answer_batch(&it, "runReport_sampled_thresholded.200",
				      "runReport_no_data.200", NULL),
			 0);
	assert_int_equal(it.findings.sample_count, 9);
	assert_int_equal(flags_of(&it, "views", "2026-10-02"), SAMPLE_ESTIMATE | SAMPLE_AT_LEAST);
	assert_int_equal(flags_of(&it, "visits", "2026-10-02"), SAMPLE_ESTIMATE | SAMPLE_AT_LEAST);
	assert_string_equal(
		text_str(&it.findings.notes),
		"2026-10-01..2026-10-03: GA4 sampled 82 % of the events\n"
		"2026-10-01..2026-10-03: GA4 withheld what few people did (thresholding)\n"
		"2026-10-01..2026-10-03: GA4 put data under \"(other)\"");
	sweeping_end(&it);

	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-03");
	assert_int_equal(answer_batch(&it, "runReport_truncated_by_retention.200",
				      "runReport_no_data.200", NULL),
			 0);
	assert_int_equal(flags_of(&it, "views", "2026-10-01"), SAMPLE_AT_LEAST);
	assert_string_equal(text_str(&it.findings.notes),
			    "2026-10-01..2026-10-03: GA4 left out data before 2026-10-01");
	sweeping_end(&it);
}

static void another_zone_stops_the_sweep_and_names_the_setting(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-03");
	assert_int_equal(
		answer_batch(&it, "runReport_other_timezone.200", "runReport_no_data.200", NULL),
		-1);
	assert_int_equal(it.err.class, ERROR_REQUEST);
	assert_string_equal(it.err.text,
			    "property 123456789 counts in America/Los_Angeles days, the account in "
			    "Europe/Madrid: set zone = \"America/Los_Angeles\"");
	assert_string_equal(text_str(&it.job.cursor), "");
	sweeping_end(&it);
}

/* As people save them, and `metricsctl replay` hands them in. */
static void a_report_alone_is_that_of_the_days_or_of_the_month(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	assert_int_equal(answer_file(&it, 200, "ga4/ga4_runReport_daily.200.json"), 0);
	assert_int_equal(it.findings.sample_count, 90);
	sweeping_end(&it);
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-31");
	assert_int_equal(answer_file(&it, 200, "ga4/ga4_runReport_month.200.json"), 0);
	assert_string_equal(found(&it), "visits 2026-10-01..2026-10-31 20806\n"
					"visitors 2026-10-01..2026-10-31 7549\n");
	sweeping_end(&it);
}

#define HEADERS                                                                           \
	"\"metricHeaders\":[{\"name\":\"sessions\"},{\"name\":\"totalUsers\"},{\"name\":" \
	"\"screenPageViews\"}]"
#define EMPTY "{" HEADERS "}"
#define DAYS "{\"dimensionHeaders\":[{\"name\":\"date\"}]," HEADERS ",\"rows\":["
#define ROW(date, a, b, c)                                                                \
	"{\"dimensionValues\":[{\"value\":\"" date "\"}],\"metricValues\":[{\"value\":" a \
	"},{\"value\":" b "},{\"value\":" c "}]}"

static void take_refuses_answers_that_cannot_be(void **state)
{
	static const struct {
		const char *body;
		const char *words;
	} rows[] = {
		{ "{\"reports\":[" EMPTY "]}", "1 reports in the answer to 2" },
		{ "{}", "0 reports in the answer to 2" },
		{ "{\"reports\":[{}," EMPTY "]}", "no report in the answer" },
		{ "{\"reports\":[" DAYS ROW("20261001", "\"1.5\"", "\"1\"", "\"1\"") "]}," EMPTY
										     "]}",
		  "2026-10-01: sessions is not a whole number" },
		{ "{\"reports\":[" DAYS ROW("20261001", "\"1\"", "\"-1\"", "\"1\"") "]}," EMPTY
										    "]}",
		  "2026-10-01: totalUsers is below zero" },
		{ "{\"reports\":[" DAYS ROW("20261001", "1", "1", "1") "," ROW(
			  "20261001", "1", "1", "1") "]}," EMPTY "]}",
		  "2026-10-01 comes twice" },
		{ "{\"reports\":[" DAYS ROW("(other)", "1", "1", "1") "]}," EMPTY "]}",
		  "a row without a date" },
		{ "{\"reports\":[" DAYS ROW("20261332", "1", "1", "1") "]}," EMPTY "]}",
		  "\"2026-13-32\" is not a date like 2025-10-01" },
		{ "{\"reports\":[" DAYS "],\"rowCount\":7}," EMPTY "]}",
		  "0 of 7 rows in the report" },
		{ "{\"reports\":[" EMPTY "," DAYS ROW("20261001", "1", "1", "1") "]}]}",
		  "the reports are not those asked for" },
		{ "{\"reports\":[{\"metricHeaders\":[{\"name\":\"sessions\"}]}," EMPTY "]}",
		  "no column totalUsers in the report" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&it, "2026-11-03T12:00:00Z", "2026-10-01..2026-10-03");
		assert_int_equal(answer(&it, 200, "", rows[i].body), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		assert_string_equal(text_str(&it.job.cursor), "");
		sweeping_end(&it);
	}
}

static void a_metric_the_account_may_not_see_is_not_zero(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 200, "",
				"{\"reports\":[" DAYS ROW("20261001", "\"31\"", "\"0\"",
							  "\"80\"") "]}," EMPTY "]}"),
			 0);
	assert_string_equal(found(&it), "visits 2026-10-01 31\nviews 2026-10-01 80\n");
	assert_string_equal(text_str(&it.findings.notes),
			    "2026-10-01: totalUsers is 0 beside page views: the service account "
			    "may not see it");
	sweeping_end(&it);
}

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
		{ "error.400", 400, ERROR_REQUEST, HOLD_NONE, "",
		  "Google refuses the request: Field visits is not a valid metric. " },
		{ "error.401", 401, ERROR_TOKEN, HOLD_TOKEN, "2026-11-03T13:00:00Z",
		  "Request had invalid authentication credentials. " },
		{ "error.403.scope", 403, ERROR_PERMISSION, HOLD_NONE, "",
		  "the token lacks the scope analytics.readonly: Request had insufficient" },
		{ "error.429.concurrent", 429, ERROR_THROTTLED, HOLD_ACCOUNT,
		  "2026-11-03T12:01:00Z", "Exhausted concurrent requests quota. " },
		{ "error.429.tokens", 429, ERROR_THROTTLED, HOLD_ACCOUNT, "2026-11-03T13:00:00Z",
		  "Exhausted property tokens for a project per hour. " },
		{ "error.503", 503, ERROR_TRANSIENT, HOLD_NONE, "",
		  "HTTP 503: The service is currently unavailable." },
		{ "token.400.invalid_grant", 400, ERROR_TOKEN, HOLD_TOKEN, NULL,
		  "Google refuses the service account's key (invalid_grant: Invalid JWT "
		  "Signature.): make a new key" },
		{ "token.400.invalid_grant_clock", 400, ERROR_OURS, HOLD_NONE, "",
		  "this machine's clock is wrong, so Google does not take what the service "
		  "account signs: set it (timedatectl); Google said: Invalid JWT: " },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[128];

		start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
		(void)snprintf(path, sizeof(path), "ga4/ga4_%s.json", rows[i].file);
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
}

#define REFUSED(status, code, words, details)                                          \
	"{\"error\":{\"code\":" code ",\"message\":\"" words "\",\"status\":\"" status \
	"\"" details "}}"

static void missing_role_and_api_that_is_not_enabled_are_named(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 403, "",
				REFUSED("PERMISSION_DENIED", "403",
					"User does not have sufficient permissions for this "
					"property.",
					"")),
			 -1);
	assert_int_equal(it.err.class, ERROR_PERMISSION);
	assert_string_equal(
		it.err.text,
		"the service account may not read property 123456789: give its e-mail the role "
		"Viewer there (Admin, Property access management), or check the number (User does "
		"not have sufficient permissions for this property.)");
	assert_int_equal(answer(&it, 403, "",
				REFUSED("PERMISSION_DENIED", "403", "It is disabled.",
					",\"details\":[{\"@type\":\"x\"},{\"reason\":\"SERVICE_"
					"DISABLED\"}]")),
			 -1);
	assert_string_equal(it.err.text,
			    "the Google Analytics Data API is not enabled in the service account's "
			    "cloud project: enable it there (It is disabled.)");
	sweeping_end(&it);
}

static void a_quota_of_the_day_comes_back_at_midnight_in_california(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 429, "",
				REFUSED("RESOURCE_EXHAUSTED", "429",
					"Exhausted property tokens per day.", "")),
			 -1);
	assert_int_equal(it.job.hold.until, at("2026-11-04T08:00:00Z"));
	sweeping_end(&it);
}

/* Found by the simulated world: gateways say how long, and who gives tokens counts by the key. */
static void a_gateways_own_word_on_waiting_counts_and_it_speaks_of_who_was_asked(void **state)
{
	struct sweeping it;
	struct response refusal = { .status = 429,
				    .body = "<html>429</html>",
				    .length = strlen("<html>429</html>"),
				    .headers = "Retry-After: 7200\r\n",
				    .of_exchange = true };

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 429, "Retry-After: 5400\r\n", "<html>429</html>"), -1);
	assert_int_equal(it.job.hold.scope, HOLD_ACCOUNT);
	assert_int_equal(it.job.hold.until, at("2026-11-03T13:30:00Z"));
	it.job.hold = (struct hold){ 0 };
	assert_int_equal(collector_find("ga4")->take(&it.job, &refusal, &it.findings, &it.err), -1);
	assert_int_equal(it.err.class, ERROR_THROTTLED);
	assert_int_equal(it.job.hold.scope, HOLD_TOKEN);
	assert_int_equal(it.job.hold.until, at("2026-11-03T14:00:00Z"));
	sweeping_end(&it);
}

static void a_quota_that_is_nearly_used_up_makes_the_property_wait(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 200, "",
				"{\"reports\":[" EMPTY ",{" HEADERS
				",\"propertyQuota\":{\"tokensPerDay\":{\"remaining\":199000},"
				"\"tokensPerHour\":{\"consumed\":9,\"remaining\":12}}}]}"),
			 0);
	assert_int_equal(it.job.hold.scope, HOLD_ACCOUNT);
	assert_int_equal(it.job.hold.until, at("2026-11-03T13:00:00Z"));
	assert_string_equal(it.job.hold.why,
			    "the property's quota tokensPerHour is nearly used up");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void a_field_that_is_gone_is_set_aside_alone(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 400, "",
				REFUSED("INVALID_ARGUMENT", "400",
					"Field totalUsers is not a valid metric.", "")),
			 -1);
	assert_int_equal(it.err.class, ERROR_METRIC);
	assert_int_equal(it.states.items[metric_index(&it, "visitors")].life, METRIC_RETIRED);
	assert_null(strstr(ask(&it), "totalUsers"));
	assert_non_null(strstr(ask(&it), "sessions"));
	/* a month later it is asked again */
	it.job.now += INT64_C(31) * 86400;
	assert_non_null(strstr(ask(&it), "totalUsers"));
	sweeping_end(&it);
}

static void pages_that_are_no_answers_go_by_their_status(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-01");
	assert_int_equal(answer(&it, 200, "", "<html></html>"), -1);
	assert_string_equal(it.err.text, "no answer of Google's: not JSON (13 bytes)");
	assert_int_equal(it.err.class, ERROR_MALFORMED);
	assert_int_equal(answer(&it, 502, "", "<html></html>"), -1);
	assert_int_equal(it.err.class, ERROR_TRANSIENT);
	assert_int_equal(answer(&it, 404, "", "<html></html>"), -1);
	assert_int_equal(it.err.class, ERROR_REQUEST);
	sweeping_end(&it);
}

static void check_names_the_property_and_stores_nothing(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-10-05T12:00:00Z", "");
	it.job.sweep = SWEEP_CHECK;
	assert_string_equal(ask(&it), BATCH(QUERY_DAYS("2026-10-02", "2026-10-02") "," QUERY_TOTAL(
					      "2026-10-02", "2026-10-02")));
	assert_int_equal(answer_batch(&it, "runReport_daily.200", "runReport_month.200", NULL), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "property 123456789 answers, its days are Europe/Madrid's\n"
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
	text_set(&it.job.cursor, "one");
	assert_int_equal(it.collector->next(&it.job, &it.request, &it.err), -1);
	assert_string_equal(it.err.text, "the sweep's cursor makes no sense");
	sweeping_end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_batch_asks_days_their_total_and_the_month),
		cmocka_unit_test(what_is_asked_is_what_the_sample_answers_were_to),
		cmocka_unit_test(the_end_of_a_year_asks_quarter_semester_and_year_too),
		cmocka_unit_test(take_keeps_estimates_and_exact_views_by_the_day),
		cmocka_unit_test(a_day_without_a_row_is_zero_where_the_total_leaves_no_room),
		cmocka_unit_test(a_day_without_a_row_is_missing_where_anything_else_may_have_been),
		cmocka_unit_test(no_data_is_missing_not_zero),
		cmocka_unit_test(sampled_withheld_and_truncated_data_say_so),
		cmocka_unit_test(another_zone_stops_the_sweep_and_names_the_setting),
		cmocka_unit_test(a_report_alone_is_that_of_the_days_or_of_the_month),
		cmocka_unit_test(take_refuses_answers_that_cannot_be),
		cmocka_unit_test(a_metric_the_account_may_not_see_is_not_zero),
		cmocka_unit_test(refusals_say_who_must_do_what_and_who_waits),
		cmocka_unit_test(missing_role_and_api_that_is_not_enabled_are_named),
		cmocka_unit_test(a_quota_of_the_day_comes_back_at_midnight_in_california),
		cmocka_unit_test(
			a_gateways_own_word_on_waiting_counts_and_it_speaks_of_who_was_asked),
		cmocka_unit_test(a_quota_that_is_nearly_used_up_makes_the_property_wait),
		cmocka_unit_test(a_field_that_is_gone_is_set_aside_alone),
		cmocka_unit_test(pages_that_are_no_answers_go_by_their_status),
		cmocka_unit_test(check_names_the_property_and_stores_nothing),
		cmocka_unit_test(nothing_is_asked_to_watch_and_nonsense_cursors_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
