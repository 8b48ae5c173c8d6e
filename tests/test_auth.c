#include "test.h"

#include "loopback.h"

#include "daemon/auth.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/http.h"
#include "metricsd/text.h"

#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* printf token | openssl dgst -sha256 -hmac secret */
#define PROOF_OF_TOKEN "e941110e3d2bfe82621f0e3e1434730d7305d106c5f68c87165d0b27a4611a4a"

struct world {
	char directory[64];
	char file[96];
	char app_file[96];
	struct ev_loop *loop;
	struct loopback *server;
	struct fetcher *fetcher;
	struct auth *auth;
	struct token token;
	struct request request;
	struct carry carry[3];
	struct text asked[8];
	size_t asked_count;
	const char *exchange_answer;
	int ends;
	int expected;
	int status;
	struct text body;
	struct error err;
};

static const char *answer(void *data, const char *request)
{
	struct world *world = data;

	if (world->asked_count < 8)
		text_set(&world->asked[world->asked_count++], request);
	if (strstr(request, "fields=access_token"))
		return world->exchange_answer;
	return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
}

static void write_secret(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int set_up(void **state)
{
	static const struct fetch_limits limits = { .in_flight = 8,
						    .per_host = 8,
						    .per_token = 8,
						    .connect_timeout_ms = 2000,
						    .timeout_ms = 2000,
						    .body_max = 65536 };
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/metricsd-auth-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	(void)snprintf(world->file, sizeof(world->file), "%s/token", world->directory);
	(void)snprintf(world->app_file, sizeof(world->app_file), "%s/app", world->directory);
	world->loop = ev_loop_new(EVFLAG_AUTO);
	world->server = loopback_new(world->loop, answer, world);
	world->fetcher = fetcher_new(world->loop, &limits);
	world->auth = auth_new(world->fetcher);
	world->token = (struct token){ .id = "meta",
				       .kind = TOKEN_SYSTEM_USER,
				       .secret = { .file = world->file } };
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	auth_free(world->auth);
	fetcher_free(world->fetcher);
	loopback_free(world->server);
	ev_loop_destroy(world->loop);
	request_clear(&world->request);
	for (size_t i = 0; i < 8; i++)
		text_clear(&world->asked[i]);
	text_clear(&world->body);
	(void)unlink(world->file);
	(void)unlink(world->app_file);
	assert_int_equal(rmdir(world->directory), 0);
	free(world);
	return 0;
}

static const char *secret(struct world *world, struct error *err)
{
	const char *ret = NULL;

	return auth_secret(world->auth, &world->token.secret, &ret, err) < 0 ? NULL : ret;
}

/* --- the secret's file --- */

static void secret_is_read_without_its_newline(void **state)
{
	struct world *world = *state;
	struct error err;

	write_secret(world->file, "EAAB123\n", 0600);
	assert_string_equal(secret(world, &err), "EAAB123");
	write_secret(world->file, "EAAB123\r\n\n", 0640);
	assert_string_equal(secret(world, &err), "EAAB123");
}

static void file_others_may_read_is_refused(void **state)
{
	struct world *world = *state;
	char expected[256];
	struct error err;

	write_secret(world->file, "EAAB123\n", 0644);
	assert_null(secret(world, &err));
	assert_int_equal(err.class, ERROR_TOKEN);
	(void)snprintf(expected, sizeof(expected),
		       "%s may be read by others: chmod o= %s, then replace the secret",
		       world->file, world->file);
	assert_string_equal(err.text, expected);
}

static void what_is_no_secret_is_refused_and_not_shown(void **state)
{
	static const char *const wrong[] = { "", "\n", "two words", "line\r\nX-Injected: 1",
					     "\xc3\xb1" };
	struct world *world = *state;
	struct error err;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_secret(world->file, wrong[i], 0600);
		assert_null(secret(world, &err));
		assert_int_equal(err.class, ERROR_TOKEN);
		assert_null(strstr(err.text, "words"));
	}
	(void)unlink(world->file);
	assert_null(secret(world, &err));
	assert_non_null(strstr(err.text, "No such file"));
	world->token.secret.file = world->directory;
	assert_null(secret(world, &err));
	assert_non_null(strstr(err.text, "is not a file"));
}

static void replaced_file_counts_at_once(void **state)
{
	struct world *world = *state;
	char fresh[128];
	struct error err;

	write_secret(world->file, "old-token", 0600);
	assert_string_equal(secret(world, &err), "old-token");
	/* the same size, put in its place as an editor does */
	(void)snprintf(fresh, sizeof(fresh), "%s.new", world->file);
	write_secret(fresh, "new-token", 0600);
	assert_int_equal(rename(fresh, world->file), 0);
	assert_string_equal(secret(world, &err), "new-token");
}

static void credential_of_systemd_is_found_in_its_directory(void **state)
{
	struct world *world = *state;
	struct error err;

	world->token.secret = (struct secret_place){ .credential = "token" };
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	assert_null(secret(world, &err));
	assert_string_equal(err.text, "credential token: no $CREDENTIALS_DIRECTORY; is "
				      "LoadCredential=token in the unit?");
	write_secret(world->file, "EAAB123\n", 0400);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", world->directory, 1), 0);
	assert_string_equal(secret(world, &err), "EAAB123");
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

/* --- the proof --- */

/* The first of RFC 4231, case 2. */
static void proof_is_the_lowercase_hmac_of_the_token(void **state)
{
	char proof[PROOF_TEXT];

	(void)state;
	auth_proof("Jefe", "what do ya want for nothing?", proof);
	assert_string_equal(proof,
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	auth_proof("secret", "token", proof);
	assert_string_equal(proof, PROOF_OF_TOKEN);
}

/* --- on the way --- */

static void on_end(void *data, const struct response *response, const struct error *err)
{
	struct world *world = data;

	world->ends++;
	world->status = response ? response->status : 0;
	text_reset(&world->body);
	if (response)
		text_add_n(&world->body, response->body, response->length);
	else
		world->err = *err;
	if (world->ends == world->expected)
		ev_break(world->loop, EVBREAK_ALL);
}

static void want(struct world *world, bool exchange, bool proof)
{
	request_reset(&world->request);
	text_addf(&world->request.url, "%s/v25.0/104/insights?metric=x",
		  loopback_address(world->server));
	world->request.form = CREDENTIAL_BEARER;
	world->request.proof = proof;
	if (exchange) {
		text_addf(&world->request.exchange, "%s/v25.0/104?fields=access_token",
			  loopback_address(world->server));
		world->request.exchange_member = "access_token";
	}
}

static void carry(struct world *world, size_t number)
{
	world->carry[number] = (struct carry){
		.token = &world->token, .request = &world->request, .done = on_end, .data = world
	};
	world->expected++;
	auth_carry(world->auth, &world->carry[number]);
}

static void run(struct world *world)
{
	assert_int_equal(world->ends, 0);
	ev_run(world->loop, 0);
	assert_int_equal(world->ends, world->expected);
	world->ends = world->expected = 0;
}

static bool asked(const struct world *world, size_t number, const char *text)
{
	return number < world->asked_count && strstr(text_str(&world->asked[number]), text);
}

#define PAGE_TOKEN                            \
	"HTTP/1.1 200 OK\r\nContent-Length: " \
	"38\r\n\r\n{\"access_token\":\"page-token\",\"id\":\"1\"}\n"

static void page_token_is_derived_once_for_all_who_want_it(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "user-token\n", 0600);
	world->exchange_answer = PAGE_TOKEN;
	want(world, true, false);
	for (size_t i = 0; i < 3; i++)
		carry(world, i);
	run(world);
	assert_int_equal(world->asked_count, 4);
	assert_true(asked(world, 0, "Authorization: Bearer user-token\r\n"));
	for (size_t i = 1; i < 4; i++)
		assert_true(asked(world, i, "Authorization: Bearer page-token\r\n"));
	/* kept for the next, until the token it came from is replaced */
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 5);
	write_secret(world->file, "other-token\n", 0600);
	carry(world, 0);
	run(world);
	assert_true(asked(world, 5, "Authorization: Bearer other-token\r\n"));
	assert_true(asked(world, 6, "Authorization: Bearer page-token\r\n"));
}

static void forgotten_page_token_is_derived_again(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "user-token\n", 0600);
	world->exchange_answer = PAGE_TOKEN;
	want(world, true, false);
	carry(world, 0);
	run(world);
	auth_forget(world->auth, &world->token, &world->request);
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 4);
	assert_true(asked(world, 2, "fields=access_token"));
}

static void page_token_in_the_configuration_is_used_as_it_is(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "the-page-token\n", 0600);
	world->token.kind = TOKEN_PAGE;
	want(world, true, false);
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 1);
	assert_true(asked(world, 0, "Authorization: Bearer the-page-token\r\n"));
}

static void refused_exchange_is_the_answer_the_collector_reads(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "user-token\n", 0600);
	world->exchange_answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 23\r\n\r\n"
				 "{\"error\":{\"code\":190}}\n";
	want(world, true, false);
	carry(world, 0);
	carry(world, 1);
	run(world);
	assert_int_equal(world->asked_count, 1);
	assert_int_equal(world->status, 400);
	assert_string_equal(text_str(&world->body), "{\"error\":{\"code\":190}}\n");
}

static void exchange_without_a_token_says_who_lacks_the_role(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "user-token\n", 0600);
	world->exchange_answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"id\":\"1\"}\n";
	want(world, true, false);
	carry(world, 0);
	run(world);
	assert_int_equal(world->err.class, ERROR_PERMISSION);
	assert_string_equal(
		world->err.text,
		"token meta cannot be turned into the account's own: no access_token in "
		"the answer to the exchange; does its owner have a role there?");
}

/* Whatever the collector is handed may be kept and quoted. */
static void answer_with_a_token_never_reaches_the_collector(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 203 Other\r\n\r\n{\"access_token\":{\"page\":\"page-token\"}}",
		"HTTP/1.1 201 Created\r\n\r\n{\"data\":{\"access_token\":\"page-token\"}}",
		"HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"page-token\",",
		"HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"page-token\\r\\nX: 1\"}",
		"HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"page-token\",\"error\":{\"code\":1}}",
		"HTTP/1.1 302 Found\r\n\r\n{\"access_token\":\"page-token\"}",
	};
	struct world *world = *state;

	write_secret(world->file, "user-token\n", 0600);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		world->exchange_answer = answers[i];
		want(world, true, false);
		carry(world, 0);
		run(world);
		assert_int_equal(world->asked_count, i + 1); /* the exchange alone */
		assert_int_equal(world->status, 0);
		assert_null(strstr(world->err.text, "page-token"));
	}
}

static void token_of_any_success_is_used(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "user-token\n", 0600);
	world->exchange_answer = "HTTP/1.1 203 Other\r\n\r\n{\"access_token\":\"page-token\"}";
	want(world, true, false);
	carry(world, 0);
	run(world);
	assert_true(asked(world, 1, "Authorization: Bearer page-token\r\n"));
}

/* A Page's own token that the configuration calls a person's. */
static void exchange_that_gives_the_same_token_back_is_fine(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "page-token\n", 0600);
	world->exchange_answer = PAGE_TOKEN;
	want(world, true, false);
	carry(world, 0);
	run(world);
	assert_true(asked(world, 1, "Authorization: Bearer page-token\r\n"));
}

static void secret_moved_there_with_its_old_date_is_another_one(void **state)
{
	static const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct world *world = *state;

	write_secret(world->file, "user-token\n", 0600);
	assert_int_equal(utimensat(AT_FDCWD, world->file, old, 0), 0);
	assert_true(auth_secret_time(&world->token) > 1000);
	(void)unlink(world->file);
	assert_int_equal(auth_secret_time(&world->token), 0);
}

static void secret_that_cannot_be_read_just_now_is_no_bad_token(void **state)
{
	struct world *world = *state;
	struct rlimit limit, none;
	struct error err;
	int spare = dup(0);

	write_secret(world->file, "user-token\n", 0600);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)spare; /* every lower one is taken */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_null(secret(world, &err));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	(void)close(spare);
	assert_int_equal(err.class, ERROR_OURS);
	assert_string_equal(secret(world, &err), "user-token");
}

static void proof_goes_with_the_token_that_is_sent(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "token\n", 0600);
	write_secret(world->app_file, "secret\n", 0600);
	world->token.app_secret.file = world->app_file;
	world->token.kind = TOKEN_PAGE;
	want(world, false, true);
	carry(world, 0);
	run(world);
	assert_true(asked(world, 0,
			  "GET /v25.0/104/insights?metric=x&appsecret_proof=" PROOF_OF_TOKEN
			  " HTTP/1.1\r\n"));
}

static void secret_of_a_form_goes_into_the_body_encoded(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "a+b&c\n", 0600);
	world->token.kind = TOKEN_BEARER;
	want(world, false, false);
	world->request.method = HTTP_POST;
	world->request.form = CREDENTIAL_FIELD;
	world->request.credential_field = "token_auth";
	text_set(&world->request.body, "period=day");
	carry(world, 0);
	run(world);
	assert_true(asked(world, 0, "\r\n\r\nperiod=day&token_auth=a%2Bb%26c"));
	assert_false(asked(world, 0, "Authorization"));

	world->request.method = HTTP_GET; /* it would stand in an address */
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 1);
	assert_int_equal(world->err.class, ERROR_REQUEST);
}

static void credential_that_cannot_be_had_ends_from_the_loop(void **state)
{
	struct world *world = *state;

	want(world, false, false);
	carry(world, 0); /* no file */
	world->carry[1] =
		(struct carry){ .request = &world->request, .done = on_end, .data = world };
	world->expected++;
	auth_carry(world->auth, &world->carry[1]); /* no token */
	run(world);
	assert_int_equal(world->asked_count, 0);
	assert_int_equal(world->err.class, ERROR_TOKEN);
}

static void dropped_one_does_not_end_and_the_others_do(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "user-token\n", 0600);
	world->exchange_answer = PAGE_TOKEN;
	want(world, true, false);
	for (size_t i = 0; i < 3; i++)
		carry(world, i);
	auth_drop(&world->carry[1]);
	world->expected = 2;
	run(world);
	assert_int_equal(world->asked_count, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(secret_is_read_without_its_newline),
		TEST(file_others_may_read_is_refused),
		TEST(what_is_no_secret_is_refused_and_not_shown),
		TEST(replaced_file_counts_at_once),
		TEST(credential_of_systemd_is_found_in_its_directory),
		TEST(proof_is_the_lowercase_hmac_of_the_token),
		TEST(page_token_is_derived_once_for_all_who_want_it),
		TEST(forgotten_page_token_is_derived_again),
		TEST(page_token_in_the_configuration_is_used_as_it_is),
		TEST(refused_exchange_is_the_answer_the_collector_reads),
		TEST(exchange_without_a_token_says_who_lacks_the_role),
		TEST(answer_with_a_token_never_reaches_the_collector),
		TEST(token_of_any_success_is_used),
		TEST(exchange_that_gives_the_same_token_back_is_fine),
		TEST(secret_moved_there_with_its_old_date_is_another_one),
		TEST(secret_that_cannot_be_read_just_now_is_no_bad_token),
		TEST(proof_goes_with_the_token_that_is_sent),
		TEST(secret_of_a_form_goes_into_the_body_encoded),
		TEST(credential_that_cannot_be_had_ends_from_the_loop),
		TEST(dropped_one_does_not_end_and_the_others_do),
	};

	if (fetch_begin() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
