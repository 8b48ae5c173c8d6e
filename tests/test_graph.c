/* How the Graph API refuses and throttles, by a collector that stands on graph.c. */
#include "test.h"

#include "take.h"

#include "metricsd/cleanup.h"
#include "metricsd/json.h"

#include <stdio.h>
#include <string.h>

static const char *const page[] = { "page", "104000000000001", NULL };

#define EMPTY "{\"data\":[]}"
#define NOW "2026-11-22T12:00:00Z"

enum {
	HOUR = 3600,
	DAY = 86400,
	SEVEN_MINUTES = 7 * 60,
	NINETEEN_MINUTES = 19 * 60,
	TWENTY_MINUTES = 20 * 60,
};

static void start(struct sweeping *it)
{
	sweeping_start(it, "facebook", page, "America/Los_Angeles", NOW, "2026-11-17..2026-11-19");
}

static void every_refusal_is_put_in_its_class_with_its_hold_and_words(void **state)
{
	static const struct {
		const char *file;
		int status;
		enum error_class class;
		enum hold_scope scope;
		int64_t wait; /* -1: until a person acts */
		const char *text;
	} rows[] = {
		{ "error_1_unknown", 500, ERROR_TRANSIENT, HOLD_NONE, 0,
		  "code 1: An unknown error occurred" },
		{ "error_2_service", 500, ERROR_TRANSIENT, HOLD_NONE, 0,
		  "code 2: An unexpected error has occurred. Please retry your request later." },
		{ "error_4_app_limit", 403, ERROR_THROTTLED, HOLD_APP, HOUR,
		  "code 4: (#4) Application request limit reached" },
		{ "error_10_permission", 403, ERROR_PERMISSION, HOLD_NONE, 0,
		  "code 10: (#10) Application does not have permission for this action "
		  "(needs read_insights, pages_read_engagement)" },
		{ "error_17_user_limit", 400, ERROR_THROTTLED, HOLD_TOKEN, HOUR,
		  "code 17: (#17) User request limit reached" },
		{ "error_32_page_limit", 400, ERROR_THROTTLED, HOLD_ACCOUNT, HOUR,
		  "code 32: (#32) Too many requests for this Page" },
		{ "error_100_1504016_range_fb", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 100/1504016: (#100) The time range requested is too long." },
		{ "error_100_33_missing_object", 400, ERROR_REQUEST, HOLD_ACCOUNT, HOUR,
		  "code 100/33: Unsupported get request. Object with ID '104000000000009' does not "
		  "exist, cannot be loaded due to missing permissions, or does not support this "
		  "operation. Please read the Graph API documentation at "
		  "https://developers.facebook.com/docs/graph-api (check the id and the token's "
		  "role; asked again later)" },
		{ "error_100_follower_count_30_days", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 100: (#100) (follower_count) metric only supports querying data for the "
		  "last 30 days excluding the current day" },
		{ "error_100_incompatible_breakdown", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 100: (#100) Incompatible breakdowns (follower_type) for metric (views)" },
		{ "error_100_incompatible_metric_type", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 100: (#100) The following metrics (follower_count) are incompatible with "
		  "the metric type (total_value)" },
		{ "error_100_invalid_metric_fb", 400, ERROR_METRIC, HOLD_NONE, 0,
		  "code 100: (#100) The value must be a valid insights metric" },
		{ "error_100_more_than_30_days", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 100: (#100) There cannot be more than 30 days (2592000 s) between since "
		  "and until." },
		{ "error_100_needs_total_value", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 100: (#100) The following metrics (views) should be specified with "
		  "parameter metric_type=total_value" },
		{ "error_100_two_years", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 100: (#100) since param is not valid. Metrics data is available for the "
		  "last 2 years" },
		{ "error_102_session", 400, ERROR_TOKEN, HOLD_TOKEN, -1,
		  "code 102: Session key invalid or no longer valid" },
		{ "error_104_appsecret_proof", 400, ERROR_TOKEN, HOLD_TOKEN, -1,
		  "code 100: Invalid appsecret_proof provided in the API argument "
		  "(the app secret does not fit the token)" },
		{ "error_190_460_password_changed", 400, ERROR_TOKEN, HOLD_TOKEN, -1,
		  "code 190/460: The token died with the old password" },
		{ "error_190_463_expired", 400, ERROR_TOKEN, HOLD_TOKEN, -1,
		  "code 190/463: Error validating access token: Session has expired on Monday, "
		  "16-Nov-26 14:00:00 PST. The current time is Sunday, 22-Nov-26 08:00:00 PST." },
		{ "error_190_467_invalid", 400, ERROR_TOKEN, HOLD_TOKEN, -1,
		  "code 190/467: Error validating access token: The session is invalid because "
		  "the user logged out." },
		{ "error_190_page_token_required", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 190: (#190) This method must be called with a Page Access Token "
		  "(the token is of the wrong kind, not expired)" },
		{ "error_200_permission", 403, ERROR_PERMISSION, HOLD_NONE, 0,
		  "code 200: (#200) Requires business_management permission to manage the object "
		  "(needs business_management)" },
		{ "error_368_blocked", 400, ERROR_THROTTLED, HOLD_TOKEN, DAY,
		  "code 368: The action attempted has been deemed abusive or is otherwise "
		  "disallowed" },
		{ "error_613_custom_limit", 400, ERROR_THROTTLED, HOLD_ACCOUNT, HOUR,
		  "code 613: (#613) Calls to this api have exceeded the rate limit." },
		{ "error_2500_parse", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 2500: Unknown path components: /insight" },
		{ "error_3001_1504028_no_metric", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "code 3001/1504028: (#3001) The request names no metric" },
		{ "error_80001_page_buc", 400, ERROR_THROTTLED, HOLD_ACCOUNT, HOUR,
		  "code 80001: (#80001) This Page account was called too often; slow down and "
		  "see the pages on rate limiting." },
		{ "error_80002_instagram_buc", 400, ERROR_THROTTLED, HOLD_ACCOUNT, HOUR,
		  "code 80002: (#80002) This Instagram account was called too often; slow down "
		  "and see the pages on rate limiting." },
		{ "error_batch_too_many", 400, ERROR_REQUEST, HOLD_NONE, 0,
		  "HTTP 400: Too many requests in batch message. Maximum batch size is 50" },
	};
	struct sweeping it;
	char file[96];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t until = rows[i].wait < 0 ? INT64_MAX : at(NOW) + rows[i].wait;

		start(&it);
		(void)snprintf(file, sizeof(file), "meta/%s.json", rows[i].file);
		assert_int_equal(answer_file(&it, rows[i].status, file), -1);
		assert_string_equal(it.err.text, rows[i].text);
		assert_int_equal(it.err.class, rows[i].class);
		assert_int_equal(it.job.hold.scope, rows[i].scope);
		if (rows[i].scope != HOLD_NONE)
			assert_true(it.job.hold.until == until);
		assert_string_equal(found(&it), "");
		sweeping_end(&it);
	}
}

static void refusals_that_only_wait_leave_the_sweep_where_it_is(void **state)
{
	static const char *const files[] = {
		"meta/error_1_unknown.json",
		"meta/error_4_app_limit.json",
		"meta/error_190_463_expired.json",
		"meta/error_190_page_token_required.json",
		"meta/error_100_33_missing_object.json",
		"meta/error_104_appsecret_proof.json",
		"meta/error_2500_parse.json",
	};
	struct sweeping it;
	char cursor[256];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		start(&it);
		(void)skip_to(&it, "/published_posts", EMPTY);
		(void)snprintf(cursor, sizeof(cursor), "%s", text_str(&it.job.cursor));
		assert_int_equal(answer_file(&it, 400, files[i]), -1);
		assert_string_equal(text_str(&it.job.cursor), cursor);
		for (int k = 0; it.collector->metrics[k].id; k++)
			assert_int_equal(it.states.items[k].life, METRIC_ALIVE);
		sweeping_end(&it);
	}
}

static void a_permission_that_lacks_stops_that_kind_of_call_only(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it);
	assert_int_equal(answer_file(&it, 403, "meta/error_200_permission.json"), -1);
	assert_int_equal(answer_file(&it, 403, "meta/error_200_permission.json"), -1);
	assert_non_null(strstr(ask(&it), "/published_posts"));
	assert_int_equal(answer_file(&it, 403, "meta/error_10_permission.json"), -1);
	assert_string_equal(it.err.text,
			    "code 10: (#10) Application does not have permission for this action "
			    "(needs pages_read_engagement, pages_read_user_content)");
	assert_non_null(strstr(ask(&it), "/video_reels"));
	sweeping_end(&it);
}

static void too_few_viewers_is_no_data_and_no_failure(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it);
	assert_int_equal(answer_file(&it, 400, "meta/error_10_not_enough_viewers.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "code 10: (#10) Not enough viewers for the media to show insights");
	assert_non_null(strstr(ask(&it), "page_media_view"));
	sweeping_end(&it);
}

static void what_is_no_json_passes_or_is_malformed_by_its_status(void **state)
{
	SCOPED(memory)
	char *gateway = fixture("meta/error_not_json.json");
	SCOPED(json)
	cJSON *root = NULL;
	struct sweeping it;
	int64_t status = 0;

	(void)state;
	assert_int_equal(json_parse(gateway, strlen(gateway), &root, NULL), 0);
	assert_int_equal(json_int(root, "status", &status, NULL), 0);
	start(&it);
	assert_int_equal(answer(&it, (int)status, "", json_text(root, "body")), -1);
	assert_int_equal(it.err.class, ERROR_TRANSIENT);
	assert_string_equal(it.err.text, "HTTP 502: not JSON (57 bytes)");
	assert_int_equal(answer(&it, 503, "", ""), -1);
	assert_int_equal(it.err.class, ERROR_TRANSIENT);
	assert_int_equal(answer(&it, 200, "", json_text(root, "body")), -1);
	assert_int_equal(it.err.class, ERROR_MALFORMED);
	assert_string_equal(it.err.text, "HTTP 200: not JSON (57 bytes)");
	/* fed as it lies in its file it is an object without data */
	assert_int_equal(answer(&it, 200, "", gateway), -1);
	assert_string_equal(it.err.text, "insights: no \"data\" in the answer");
	assert_string_equal(text_str(&it.job.cursor), "");
	sweeping_end(&it);
}

static void a_code_nobody_knows_goes_by_the_status(void **state)
{
	static const struct {
		int status;
		enum error_class class;
	} rows[] = {
		{ 500, ERROR_TRANSIENT },  { 429, ERROR_THROTTLED }, { 401, ERROR_TOKEN },
		{ 403, ERROR_PERMISSION }, { 400, ERROR_REQUEST },   { 200, ERROR_REQUEST },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&it);
		assert_int_equal(answer(&it, rows[i].status, "",
					"{\"error\":{\"code\":987654,\"message\":\"new\"}}"),
				 -1);
		assert_int_equal(it.err.class, rows[i].class);
		assert_int_equal(answer(&it, rows[i].status, "", "{\"error\":{}}"), -1);
		assert_int_equal(it.err.class, rows[i].class);
		sweeping_end(&it);
	}
	start(&it);
	assert_int_equal(answer(&it, 400, "",
				"{\"error\":{\"code\":987654,\"is_transient\":true,"
				"\"message\":\"new\"}}"),
			 -1);
	assert_int_equal(it.err.class, ERROR_TRANSIENT);
	sweeping_end(&it);
}

/* Whoever stands before the API knows nothing of its codes. */
static void a_gateway_that_wants_fewer_requests_is_waited_for(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it);
	assert_int_equal(answer(&it, 429, "Retry-After: 90\r\n", "<html></html>"), -1);
	assert_int_equal(it.err.class, ERROR_THROTTLED);
	assert_int_equal(it.job.hold.scope, HOLD_ACCOUNT);
	assert_int_equal(it.job.hold.until, it.job.now + 90);
	it.job.hold = (struct hold){ 0 };
	assert_int_equal(answer(&it, 429, "", ""), -1);
	assert_int_equal(it.err.class, ERROR_THROTTLED);
	assert_int_equal(it.job.hold.until, it.job.now + 3600);
	it.job.hold = (struct hold){ 0 };
	assert_int_equal(answer(&it, 429, "Retry-After: 120\r\n",
				"{\"error\":{\"code\":987654,\"message\":\"new\"}}"),
			 -1);
	assert_int_equal(it.job.hold.until, it.job.now + 120);
	sweeping_end(&it);
}

/* {"x-app-usage":"…"} as header lines. */
static void headers_of(const char *name, char *ret, size_t room)
{
	SCOPED(memory)
	char *bytes = fixture(name);
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *header;
	size_t used = 0;

	assert_int_equal(json_parse(bytes, strlen(bytes), &root, NULL), 0);
	ret[0] = '\0';
	cJSON_ArrayForEach (header, root)
		used += (size_t)snprintf(ret + used, room - used, "%s: %s\r\n", header->string,
					 header->valuestring);
}

static void a_throttled_account_waits_the_minutes_its_header_says(void **state)
{
	struct sweeping it;
	char headers[1024];
	SCOPED(memory)
	char *body = fixture("meta/error_80001_page_buc.json");

	(void)state;
	headers_of("meta/headers_throttled.json", headers, sizeof(headers));
	start(&it);
	assert_int_equal(answer(&it, 400, headers, body), -1);
	assert_int_equal(it.err.class, ERROR_THROTTLED);
	assert_int_equal(it.job.hold.scope, HOLD_ACCOUNT);
	assert_int_equal(it.job.hold.until, at(NOW) + NINETEEN_MINUTES);
	assert_string_equal(it.job.hold.why, "use case usage is at 100 %");
	sweeping_end(&it);
}

static void usage_is_heeded_on_answers_that_are_fine(void **state)
{
	static const struct {
		const char *headers;
		enum hold_scope scope;
		int64_t wait;
		const char *notes;
	} rows[] = {
		{ "X-App-Usage: {\"call_count\":74,\"total_time\":1}\r\n", HOLD_NONE, 0, "" },
		{ "X-App-Usage: {\"call_count\":80,\"total_time\":1}\r\n", HOLD_NONE, 0,
		  "app usage is at 80 %" },
		{ "X-App-Usage: {\"call_count\":1,\"total_cputime\":93}\r\n", HOLD_APP,
		  TWENTY_MINUTES, "app usage is at 93 %" },
		{ "X-Page-Usage: {\"call_count\":90}\r\n", HOLD_ACCOUNT, TWENTY_MINUTES,
		  "page usage is at 90 %" },
		{ "X-Business-Use-Case-Usage: "
		  "{\"77\":[{\"type\":\"pages\",\"call_count\":95}]}\r\n",
		  HOLD_TOKEN, TWENTY_MINUTES, "use case usage is at 95 %" },
		{ "X-Business-Use-Case-Usage: {\"104000000000001\":[{\"call_count\":10,"
		  "\"estimated_time_to_regain_access\":7}]}\r\n",
		  HOLD_ACCOUNT, SEVEN_MINUTES, "use case usage is at 10 %" },
		{ "X-App-Usage: broken\r\nX-Page-Usage: [1,2]\r\n"
		  "X-Business-Use-Case-Usage: [[1]]\r\n",
		  HOLD_NONE, 0, "" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&it);
		assert_int_equal(answer(&it, 200, rows[i].headers, EMPTY), 0);
		assert_int_equal(it.job.hold.scope, rows[i].scope);
		assert_int_equal(it.job.hold.until, rows[i].wait ? at(NOW) + rows[i].wait : 0);
		assert_string_equal(text_str(&it.findings.notes), rows[i].notes);
		sweeping_end(&it);
	}
}

static void usual_headers_say_nothing_and_another_version_is_noted_once(void **state)
{
	struct sweeping it;
	char headers[1024];

	(void)state;
	headers_of("meta/headers_usage.json", headers, sizeof(headers));
	start(&it);
	assert_int_equal(answer(&it, 200, headers, EMPTY), 0);
	assert_string_equal(text_str(&it.findings.notes), "");
	assert_int_equal(it.job.hold.scope, HOLD_NONE);
	sweeping_end(&it);
	start(&it);
	assert_int_equal(answer(&it, 200, "Facebook-API-Version: v27.0\r\n", EMPTY), 0);
	assert_string_equal(text_str(&it.findings.notes),
			    "asked as v25.0, answered by v27.0: set a version that lives");
	assert_int_equal(answer(&it, 200, "Facebook-API-Version: v27.0\r\n", EMPTY), 0);
	assert_string_equal(text_str(&it.findings.notes), "");
	sweeping_end(&it);
}

static void one_pages_lost_role_holds_that_account_and_not_the_token(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it);
	assert_int_equal(answer(&it, 400, "",
				"{\"error\":{\"code\":190,\"error_subcode\":492,"
				"\"message\":\"no role\"}}"),
			 -1);
	assert_int_equal(it.err.class, ERROR_TOKEN);
	assert_int_equal(it.job.hold.scope, HOLD_ACCOUNT);
	assert_int_equal(it.job.hold.until, it.job.now + 86400);
	sweeping_end(&it);
}

static void a_dead_token_holds_the_token_however_much_the_app_is_used(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it);
	assert_int_equal(answer(&it, 400, "X-App-Usage: {\"call_count\":95}\r\n",
				"{\"error\":{\"code\":190,\"error_subcode\":463,"
				"\"message\":\"expired\"}}"),
			 -1);
	assert_int_equal(it.job.hold.scope, HOLD_TOKEN);
	assert_true(it.job.hold.until == INT64_MAX);
	assert_string_equal(it.job.hold.why, "expired");
	sweeping_end(&it);
}

static void a_token_that_a_message_quotes_becomes_stars(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it);
	assert_int_equal(answer(&it, 400, "",
				"{\"error\":{\"code\":190,\"message\":\"Malformed access token "
				"EAABsbCS1iHgBO7ZCxyz0123456789\"}}"),
			 -1);
	assert_string_equal(it.err.text,
			    "code 190: Malformed access token ******************************");
	assert_null(strstr(it.job.hold.why, "EAAB"));
	sweeping_end(&it);
}

static void an_address_with_a_token_in_a_message_is_cut_off(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it);
	assert_int_equal(answer(&it, 400, "",
				"{\"error\":{\"code\":2,\"message\":\"bad\\ncall "
				"/x?access_token=REDACTED\"}}"),
			 -1);
	assert_string_equal(it.err.text, "code 2: bad call /x?");
	sweeping_end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_refusal_is_put_in_its_class_with_its_hold_and_words),
		cmocka_unit_test(refusals_that_only_wait_leave_the_sweep_where_it_is),
		cmocka_unit_test(a_permission_that_lacks_stops_that_kind_of_call_only),
		cmocka_unit_test(too_few_viewers_is_no_data_and_no_failure),
		cmocka_unit_test(what_is_no_json_passes_or_is_malformed_by_its_status),
		cmocka_unit_test(a_code_nobody_knows_goes_by_the_status),
		cmocka_unit_test(a_gateway_that_wants_fewer_requests_is_waited_for),
		cmocka_unit_test(a_throttled_account_waits_the_minutes_its_header_says),
		cmocka_unit_test(usage_is_heeded_on_answers_that_are_fine),
		cmocka_unit_test(usual_headers_say_nothing_and_another_version_is_noted_once),
		cmocka_unit_test(one_pages_lost_role_holds_that_account_and_not_the_token),
		cmocka_unit_test(a_dead_token_holds_the_token_however_much_the_app_is_used),
		cmocka_unit_test(a_token_that_a_message_quotes_becomes_stars),
		cmocka_unit_test(an_address_with_a_token_in_a_message_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
