/* What Meta says of tokens, read from recorded answers, and what it is asked. */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/collector.h"
#include "metricsd/error.h"
#include "metricsd/health.h"
#include "metricsd/http.h"
#include "metricsd/text.h"
#include "metricsd/token.h"

#include <stdio.h>
#include <string.h>

#define APP "138483919580948"
#define PAGE "104000000000001"
#define INSTAGRAM "17841400000000001"

/* As the collectors' own settings begin. */
struct object {
	const char *id, *base, *version;
};

static const struct object object = { PAGE, "https://graph.facebook.com", "v25.0" };

static const struct token_use both[2] = {
	{ "pages_read_engagement pages_read_user_content read_insights", "page " PAGE },
	{ "instagram_basic instagram_manage_insights", "user " INSTAGRAM },
};

static const struct inspector *inspector(void)
{
	return collector_find("facebook")->inspector;
}

static struct inspection asked_of(enum token_kind kind, size_t uses)
{
	return (struct inspection){ .settings = &object,
				    .kind = kind,
				    .app_id = APP,
				    .uses = both,
				    .use_count = uses,
				    .now = 1795363200 };
}

static int read_text(const struct inspection *about, int status, const char *body,
		     struct token_report *ret, struct error *err)
{
	struct response response = {
		.status = status, .body = body, .length = strlen(body), .headers = ""
	};

	return inspector()->read(about, &response, ret, err);
}

static void read_fixture(const struct inspection *about, const char *name, struct token_report *ret)
{
	char path[512], body[8192];
	struct error err;
	SCOPED(file)
	FILE *file = NULL;
	size_t length;

	(void)snprintf(path, sizeof(path), METRICSD_FIXTURES "/meta/%s", name);
	file = fopen(path, "re");
	assert_non_null(file);
	length = fread(body, 1, sizeof(body) - 1, file);
	body[length] = '\0';
	assert_int_equal(read_text(about, 200, body, ret, &err), 0);
}

static void both_collectors_of_meta_have_the_inspector_and_their_permissions(void **state)
{
	(void)state;
	assert_non_null(inspector());
	assert_ptr_equal(collector_find("instagram")->inspector, inspector());
	assert_string_equal(collector_find("facebook")->permissions, both[0].permissions);
	assert_string_equal(collector_find("instagram")->permissions, both[1].permissions);
	assert_null(collector_find("matomo")->inspector);
}

static void questions_have_no_secret_and_say_where_secrets_go(void **state)
{
	struct inspection about = asked_of(TOKEN_USER, 2);
	SCOPED(request)
	struct request request = { 0 };

	(void)state;
	inspector()->ask(&about, &request);
	assert_string_equal(text_str(&request.url), "https://graph.facebook.com/v25.0/debug_token");
	assert_string_equal(text_str(&request.body), "method=get");
	assert_int_equal(request.method, HTTP_POST);
	assert_int_equal(request.form, CREDENTIAL_FIELD);
	assert_string_equal(request.credential_field, "input_token");
	assert_int_equal(request.app, CREDENTIAL_BEARER);
	assert_false(request.proof);

	inspector()->renew(&about, &request);
	assert_string_equal(text_str(&request.url),
			    "https://graph.facebook.com/v25.0/oauth/access_token");
	assert_string_equal(text_str(&request.body),
			    "method=get&grant_type=fb_exchange_token&client_id=" APP);
	assert_string_equal(request.credential_field, "fb_exchange_token");
	assert_int_equal(request.app, CREDENTIAL_FIELD);
	assert_string_equal(request.app_field, "client_secret");
	assert_string_equal(request.exchange_member, "access_token");
}

static void valid_token_of_a_page_tells_when_its_access_to_data_ends(void **state)
{
	struct inspection about = asked_of(TOKEN_PAGE, 2);
	struct token_report report;

	(void)state;
	read_fixture(&about, "debug_token_page.json", &report);
	assert_int_equal(report.verdict, TOKEN_VALID);
	assert_int_equal(report.expires, 0);
	assert_int_equal(report.data_access_ends, 1802736000);
	assert_int_equal(report.issued, 1794960000);
	assert_string_equal(report.lacks, "");
	assert_string_equal(report.words, "");
	assert_false(report.app_refused);
}

/* Nothing a Page is asked for ends with it. */
static void end_of_access_does_not_matter_to_who_only_reads_pages(void **state)
{
	struct inspection about = asked_of(TOKEN_PAGE, 1);
	struct token_report report;

	(void)state;
	read_fixture(&about, "debug_token_page.json", &report);
	assert_int_equal(report.data_access_ends, 0);
}

static void lacking_permissions_are_named(void **state)
{
	struct inspection about = asked_of(TOKEN_SYSTEM_USER, 2);
	struct token_report report;

	(void)state;
	read_fixture(&about, "debug_token_system_user.json", &report);
	assert_int_equal(report.verdict, TOKEN_VALID);
	assert_string_equal(report.lacks, "pages_read_user_content");
}

static void permission_for_another_page_lacks_and_says_for_which(void **state)
{
	static const struct token_use other = { "read_insights", "page 999" };
	struct inspection about = asked_of(TOKEN_PAGE, 0);
	struct token_report report;

	(void)state;
	about.uses = &other;
	about.use_count = 1;
	read_fixture(&about, "debug_token_page.json", &report);
	assert_int_equal(report.verdict, TOKEN_VALID);
	assert_string_equal(report.lacks, "read_insights");
	assert_string_equal(report.words, "read_insights was not granted for page 999");
}

static void dead_token_is_invalid_in_metas_words_though_the_status_is_200(void **state)
{
	struct inspection about = asked_of(TOKEN_USER, 2);
	struct token_report report;

	(void)state;
	read_fixture(&about, "debug_token_invalid.json", &report);
	assert_int_equal(report.verdict, TOKEN_INVALID);
	assert_string_equal(report.words,
			    "code 190/463: Error validating access token: Session has expired on "
			    "Monday, 16-Nov-26 14:00:00 PST. The current time is Sunday, 22-Nov-26 "
			    "08:00:00 PST.");
	assert_string_equal(report.lacks, "");
}

static void token_of_the_wrong_kind_is_told_in_words(void **state)
{
	static const struct {
		const char *type, *words;
		enum token_kind kind;
		enum token_verdict verdict;
	} rows[] = {
		{ "SYSTEM_USER",
		  "it is a system user's token, but kind is \"page\": write kind = "
		  "\"system-user\"",
		  TOKEN_PAGE, TOKEN_INVALID },
		{ "USER", "it is a person's token, but kind is \"page\": write kind = \"user\"",
		  TOKEN_PAGE, TOKEN_INVALID },
		{ "USER",
		  "it is a person's token, but kind is \"system-user\": write kind = \"user\"",
		  TOKEN_SYSTEM_USER, TOKEN_VALID },
		{ "PAGE", "it is a Page's token, but kind is \"user\": write kind = \"page\"",
		  TOKEN_USER, TOKEN_VALID },
		{ "APP", "it is the app's own token, which sees no Page: make one of a system user",
		  TOKEN_USER, TOKEN_INVALID },
		{ "USER", "", TOKEN_USER, TOKEN_VALID },
		{ "SOMETHING_NEW", "", TOKEN_USER, TOKEN_VALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct inspection about = asked_of(rows[i].kind, 0);
		struct token_report report;
		struct error err;
		char body[256];

		(void)snprintf(body, sizeof(body),
			       "{\"data\":{\"app_id\":" APP ",\"type\":\"%s\",\"is_valid\":true}}",
			       rows[i].type);
		assert_int_equal(read_text(&about, 200, body, &report, &err), 0);
		assert_int_equal(report.verdict, rows[i].verdict);
		assert_string_equal(report.words, rows[i].words);
		assert_int_equal(report.expires, -1); /* nobody said */
		assert_int_equal(report.data_access_ends, -1);
	}
}

static void token_of_another_app_is_invalid_however_meta_says_it(void **state)
{
	struct inspection about = asked_of(TOKEN_USER, 0);
	struct token_report report;
	struct error err;

	(void)state;
	assert_int_equal(read_text(&about, 400,
				   "{\"error\":{\"message\":\"(#100) The App_id in the input_token "
				   "did not match the Viewing App\",\"type\":\"OAuthException\","
				   "\"code\":100}}",
				   &report, &err),
			 0);
	assert_int_equal(report.verdict, TOKEN_INVALID);
	assert_string_equal(report.words,
			    "another app than " APP " made it: make one with the app whose id and "
			    "secret are configured");
	assert_int_equal(
		read_text(&about, 200,
			  "{\"data\":{\"app_id\":\"7\",\"type\":\"USER\",\"is_valid\":true}}",
			  &report, &err),
		0);
	assert_int_equal(report.verdict, TOKEN_INVALID);
	assert_string_equal(report.words, "the app 7 made it, but app_id is " APP);
}

/* A 190 of the whole answer is the app's: the token in question may be good. */
static void refused_app_says_nothing_of_the_token(void **state)
{
	struct inspection about = asked_of(TOKEN_USER, 0);
	struct token_report report;
	struct error err;

	(void)state;
	assert_int_equal(read_text(&about, 400,
				   "{\"error\":{\"message\":\"Invalid OAuth access token "
				   "signature.\",\"type\":\"OAuthException\",\"code\":190}}",
				   &report, &err),
			 0);
	assert_int_equal(report.verdict, TOKEN_UNKNOWN);
	assert_true(report.app_refused);
	assert_int_equal(report.hold.scope, HOLD_NONE);
	assert_string_equal(
		report.words,
		"Meta does not say: code 190: Invalid OAuth access token signature.; do "
		"app_id and the app secret belong to one app?");
}

static void what_says_nothing_is_asked_again_and_who_must_wait_is_told(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum error_class class;
		enum hold_scope scope;
	} rows[] = {
		{ 503, "<html></html>", ERROR_TRANSIENT, HOLD_NONE },
		{ 200, "<html></html>", ERROR_MALFORMED, HOLD_NONE },
		{ 200, "", ERROR_MALFORMED, HOLD_NONE },
		{ 200, "[]", ERROR_MALFORMED, HOLD_NONE },
		{ 200, "{}", ERROR_MALFORMED, HOLD_NONE },
		{ 200, "{\"data\":[]}", ERROR_MALFORMED, HOLD_NONE },
		{ 200, "{\"data\":{}}", ERROR_MALFORMED, HOLD_NONE },
		{ 200, "{\"data\":{\"is_valid\":\"yes\"}}", ERROR_MALFORMED, HOLD_NONE },
		{ 200, "{\"data\":{\"is_valid\":true,\"expires_at\":1e99}}", ERROR_MALFORMED,
		  HOLD_NONE },
		{ 200, "{\"data\":{\"is_valid\":true,\"expires_at\":-5}}", ERROR_MALFORMED,
		  HOLD_NONE },
		{ 200, "{\"data\":{\"is_valid\":true,\"expires_at\":9007199254740991}}",
		  ERROR_MALFORMED, HOLD_NONE },
		{ 200, "{\"data\":{\"is_valid\":true,\"data_access_expires_at\":9999999999}}",
		  ERROR_MALFORMED, HOLD_NONE },
		{ 500, "{\"error\":{\"code\":2,\"message\":\"x\"}}", ERROR_TRANSIENT, HOLD_NONE },
		{ 403, "{\"error\":{\"code\":4,\"message\":\"limit\"}}", ERROR_THROTTLED,
		  HOLD_APP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct inspection about = asked_of(TOKEN_USER, 2);
		struct token_report report;
		struct error err;

		assert_int_equal(read_text(&about, rows[i].status, rows[i].body, &report, &err),
				 -1);
		assert_int_equal(err.class, rows[i].class);
		assert_int_equal(report.hold.scope, rows[i].scope);
	}
}

static void token_that_meta_quotes_is_not_repeated(void **state)
{
	struct inspection about = asked_of(TOKEN_USER, 0);
	struct token_report report;
	struct error err;

	(void)state;
	assert_int_equal(
		read_text(&about, 200,
			  "{\"data\":{\"is_valid\":false,\"error\":{\"code\":190,\"message\":"
			  "\"Malformed access token EAABsbCS1iHgBAKZCZC0123456789abcdef\"}}}",
			  &report, &err),
		0);
	assert_int_equal(report.verdict, TOKEN_INVALID);
	assert_null(strstr(report.words, "EAAB"));
	assert_non_null(strstr(report.words, "Malformed access token ****"));
}

static void refused_renewal_says_why(void **state)
{
	struct inspection about = asked_of(TOKEN_USER, 0);
	static const char body[] = "{\"error\":{\"message\":\"Error validating client secret.\","
				   "\"type\":\"OAuthException\",\"code\":101}}";
	struct response response = {
		.status = 400, .body = body, .length = sizeof(body) - 1, .headers = ""
	};
	struct token_report report = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(inspector()->refused(&about, &response, &report, &err), -1);
	assert_string_equal(err.text, "code 101: Error validating client secret.");
	response.body = "{\"token_type\":\"bearer\"}";
	response.length = strlen(response.body);
	response.status = 200;
	assert_int_equal(inspector()->refused(&about, &response, &report, &err), -1);
	assert_string_equal(err.text, "no access_token in the answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_collectors_of_meta_have_the_inspector_and_their_permissions),
		cmocka_unit_test(questions_have_no_secret_and_say_where_secrets_go),
		cmocka_unit_test(valid_token_of_a_page_tells_when_its_access_to_data_ends),
		cmocka_unit_test(end_of_access_does_not_matter_to_who_only_reads_pages),
		cmocka_unit_test(lacking_permissions_are_named),
		cmocka_unit_test(permission_for_another_page_lacks_and_says_for_which),
		cmocka_unit_test(dead_token_is_invalid_in_metas_words_though_the_status_is_200),
		cmocka_unit_test(token_of_the_wrong_kind_is_told_in_words),
		cmocka_unit_test(token_of_another_app_is_invalid_however_meta_says_it),
		cmocka_unit_test(refused_app_says_nothing_of_the_token),
		cmocka_unit_test(what_says_nothing_is_asked_again_and_who_must_wait_is_told),
		cmocka_unit_test(token_that_meta_quotes_is_not_repeated),
		cmocka_unit_test(refused_renewal_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
