#include "test.h"

#include "loopback.h"

#include "daemon/auth.h"
#include "daemon/auth_keys.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/http.h"
#include "metricsd/json.h"
#include "metricsd/text.h"

#include <ev.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
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
	const char *refused; /* a token that is answered with 401, NULL: none */
	int ends;
	int expected;
	int status;
	bool of_exchange;
	struct text body;
	struct error err;
};

static const char *answer(void *data, const char *request)
{
	struct world *world = data;

	if (world->asked_count < 8)
		text_set(&world->asked[world->asked_count++], request);
	if (strstr(request, "fields=access_token") || strstr(request, "POST /token ") ||
	    strstr(request, "/api/auth/login"))
		return world->exchange_answer;
	if (world->refused && strstr(request, world->refused))
		return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}";
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
	world->of_exchange = response && response->of_exchange;
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
	assert_true(world->of_exchange);
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
	assert_true(keys_time(auth_keys(world->auth), &world->token) > 1000);
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

/* --- service accounts and logins --- */

#define SCOPE "https://www.googleapis.com/auth/analytics.readonly"
#define TOKEN_ANSWER(value, life)                                                     \
	"HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"" value "\",\"expires_in\":" life \
	",\"token_type\":\"Bearer\"}"

/* The file of a service account with a fresh key; its token_uri is `host` and "/token". */
static EVP_PKEY *write_account(struct world *world, const char *host)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *bio = BIO_new(BIO_s_mem());
	struct text json = { 0 };
	char *pem;
	long length;

	assert_non_null(key);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(BIO_write(bio, "", 1), 1);
	length = BIO_get_mem_data(bio, &pem);
	assert_true(length > 1000);
	text_addf(&json,
		  "{\n  \"type\": \"service_account\",\n  \"private_key_id\": \"0123\",\n"
		  "  \"client_email\": \"m@x.iam.gserviceaccount.com\",\n  \"private_key\": ");
	json_quote(&json, pem);
	text_addf(&json, ",\n  \"token_uri\": \"%s/token\"\n}\n", host);
	write_secret(world->file, text_str(&json), 0600);
	text_clear(&json);
	(void)BIO_free(bio);
	return key;
}

static void want_signed(struct world *world)
{
	world->token.id = "google";
	world->token.kind = TOKEN_SERVICE_ACCOUNT;
	want(world, false, false);
	world->request.method = HTTP_POST;
	world->request.json = true;
	world->request.scope = SCOPE;
	text_set(&world->request.body, "{\"requests\":[]}");
}

/* base64url of one part of a JWT into `ret`; its length. */
static size_t decode(const char *part, size_t length, unsigned char *ret)
{
	char code[1024];
	size_t padded = (length + 3) / 4 * 4;
	int got;

	assert_true(padded < sizeof(code));
	memset(code, '=', padded);
	for (size_t i = 0; i < length; i++)
		code[i] = (char)(part[i] == '-' ? '+' : part[i] == '_' ? '/' : part[i]);
	got = EVP_DecodeBlock(ret, (unsigned char *)code, (int)padded);
	assert_true(got > 0);
	ret[got] = '\0';
	return (size_t)got - (padded - length);
}

/* Google's side: what came is what the guide for service accounts says, and the key signed it. */
static void verify_assertion(const struct world *world, EVP_PKEY *key, const char *aud)
{
	static const char begins[] = "\r\n\r\ngrant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%"
				     "3Ajwt-bearer&assertion=";
	const char *jwt = strstr(text_str(&world->asked[0]), begins);
	const char *claims, *signature;
	unsigned char bytes[1024];
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	char expected[256];
	size_t length;

	assert_non_null(jwt);
	assert_non_null(strstr(text_str(&world->asked[0]),
			       "Content-Type: application/x-www-form-urlencoded\r\n"));
	assert_null(strstr(text_str(&world->asked[0]), "Authorization"));
	jwt += strlen(begins);
	claims = strchr(jwt, '.') + 1;
	signature = strchr(claims, '.') + 1;
	assert_null(strpbrk(jwt, "=+/"));
	(void)decode(jwt, (size_t)(claims - 1 - jwt), bytes);
	assert_string_equal((char *)bytes, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"0123\"}");
	(void)decode(claims, (size_t)(signature - 1 - claims), bytes);
	(void)snprintf(expected, sizeof(expected),
		       "{\"iss\":\"m@x.iam.gserviceaccount.com\",\"scope\":\"" SCOPE
		       "\",\"aud\":\"%s/token\",\"iat\":",
		       aud);
	assert_memory_equal(bytes, expected, strlen(expected));
	length = decode(signature, strlen(signature), bytes);
	assert_int_equal(length, 256);
	assert_int_equal(EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(digest, bytes, length, (const unsigned char *)jwt,
					  (size_t)(signature - 1 - jwt)),
			 1);
	EVP_MD_CTX_free(digest);
}

static void service_account_signs_once_for_all_who_ask(void **state)
{
	struct world *world = *state;
	EVP_PKEY *key = write_account(world, loopback_address(world->server));

	world->exchange_answer = TOKEN_ANSWER("ya29.token", "\"3599\"");
	want_signed(world);
	for (size_t i = 0; i < 3; i++)
		carry(world, i);
	run(world);
	assert_int_equal(world->asked_count, 4);
	verify_assertion(world, key, loopback_address(world->server));
	for (size_t i = 1; i < 4; i++) {
		assert_true(asked(world, i, "Authorization: Bearer ya29.token\r\n"));
		assert_true(asked(world, i, "Content-Type: application/json\r\n"));
		assert_true(asked(world, i, "\r\n\r\n{\"requests\":[]}"));
	}
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 5); /* kept */
	EVP_PKEY_free(key);
}

static void token_near_its_end_is_had_anew(void **state)
{
	struct world *world = *state;
	EVP_PKEY *key = write_account(world, loopback_address(world->server));

	world->exchange_answer = TOKEN_ANSWER("ya29.token", "1000");
	want_signed(world);
	carry(world, 0);
	run(world);
	(void)setenv("METRICSD_CLOCK_OFFSET", "690", 1);
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 3);
	(void)setenv("METRICSD_CLOCK_OFFSET", "710", 1); /* five minutes are left */
	carry(world, 0);
	run(world);
	(void)unsetenv("METRICSD_CLOCK_OFFSET");
	assert_int_equal(world->asked_count, 5);
	assert_true(asked(world, 3, "POST /token "));
	EVP_PKEY_free(key);
}

static void kept_token_that_is_refused_is_had_anew_once(void **state)
{
	struct world *world = *state;
	EVP_PKEY *key = write_account(world, loopback_address(world->server));

	world->exchange_answer = TOKEN_ANSWER("ya29.old", "3599");
	want_signed(world);
	carry(world, 0);
	run(world);
	world->refused = "Bearer ya29.old";
	world->exchange_answer = TOKEN_ANSWER("ya29.new", "3599");
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 5);
	assert_int_equal(world->status, 200);
	assert_true(asked(world, 4, "Authorization: Bearer ya29.new\r\n"));
	/* the new one too: that is the answer */
	world->refused = "Bearer ya29.new";
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 8);
	assert_int_equal(world->status, 401);
	assert_false(world->of_exchange);
	EVP_PKEY_free(key);
}

static void refused_assertion_is_the_answer_the_collector_reads(void **state)
{
	struct world *world = *state;
	EVP_PKEY *key = write_account(world, loopback_address(world->server));

	world->exchange_answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: "
				 "25\r\n\r\n{\"error\":\"invalid_grant\"}";
	want_signed(world);
	carry(world, 0);
	run(world);
	assert_int_equal(world->status, 400);
	assert_true(world->of_exchange);
	assert_string_equal(text_str(&world->body), "{\"error\":\"invalid_grant\"}");
	EVP_PKEY_free(key);
}

static void what_is_signed_goes_to_google_only(void **state)
{
	static const char *const wrong[] = {
		"http://oauth2.googleapis.com",
		"https://oauth2.googleapis.com.evil.org",
		"https://evilgoogleapis.com",
		"https://googleapis.com@evil.org",
		"http://127.0.0.1.evil.org",
		"http://localhost@evil.org",
		"https://evil.org/.googleapis.com",
		"https://evil.org#.googleapis.com",
		"ftp://oauth2.googleapis.com",
		"https://evil.org\\.googleapis.com",
		"https://evil.org:1.googleapis.com:99",
	};
	struct world *world = *state;

	want_signed(world);
	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY_free(write_account(world, wrong[i]));
		carry(world, 0);
		run(world);
		assert_int_equal(world->err.class, ERROR_TOKEN);
		assert_string_equal(world->err.text,
				    "token google: the service account's token_uri is no https "
				    "address of googleapis.com: nothing is sent there");
	}
	for (size_t i = 2; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct text json = { 0 };

		text_add(&json, "{\"client_email\":\"m\",\"private_key\":\"k\",\"token_uri\":");
		json_quote(&json, wrong[i]);
		text_add_char(&json, '}');
		write_secret(world->file, text_str(&json), 0600);
		text_clear(&json);
		carry(world, 0);
		run(world);
		assert_non_null(strstr(world->err.text, "nothing is sent there"));
	}
	assert_int_equal(world->asked_count, 0);
}

static void what_is_no_key_is_refused_and_not_shown(void **state)
{
	static const struct {
		const char *file;
		const char *words;
	} rows[] = {
		{ "ya29.pasted", "the secret is no service account's key: not JSON" },
		{ "{\"type\":\"authorized_user\"}",
		  "the secret is no service account's key: no \"client_email\" in its JSON" },
		{ "{\"client_email\":\"m@x\",\"private_key\":\"-----BEGIN hunter2\","
		  "\"token_uri\":\"https://oauth2.googleapis.com/token\"}",
		  "the service account's private_key is no RSA key in PEM" },
	};
	struct world *world = *state;
	char expected[160];

	want_signed(world);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_secret(world->file, rows[i].file, 0600);
		carry(world, 0);
		run(world);
		assert_int_equal(world->err.class, ERROR_TOKEN);
		(void)snprintf(expected, sizeof(expected), "token google: %s", rows[i].words);
		assert_string_equal(world->err.text, expected);
	}
	assert_int_equal(world->asked_count, 0);
}

/* A whole file below fixtures/ga4/, into `ret`. */
static void read_sample(const char *name, char *ret, size_t room)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/ga4/%s", METRICSD_FIXTURES, name);
	file = fopen(path, "r");
	assert_non_null(file);
	ret[fread(ret, 1, room - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
}

static void sample_answer_of_google_gives_the_token(void **state)
{
	static char body[512], whole[640];
	struct world *world = *state;
	EVP_PKEY *key = write_account(world, loopback_address(world->server));

	read_sample("ga4_token.200.json", body, sizeof(body));
	(void)snprintf(whole, sizeof(whole), "HTTP/1.1 200 OK\r\n\r\n%s", body);
	world->exchange_answer = whole;
	want_signed(world);
	carry(world, 0);
	run(world);
	assert_true(asked(world, 1, "Authorization: Bearer ya29.c.EXAMPLE-NOT-A-REAL-TOKEN\r\n"));
	EVP_PKEY_free(key);
}

static void sample_file_without_a_key_is_refused(void **state)
{
	char file[4096];
	struct world *world = *state;

	read_sample("ga4_service_account.example.json", file, sizeof(file));
	write_secret(world->file, file, 0600);
	want_signed(world);
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 0);
	assert_string_equal(world->err.text,
			    "token google: the service account's private_key is no RSA key in PEM");
}

static void key_or_password_is_never_shown_itself(void **state)
{
	static const enum token_kind kinds[] = { TOKEN_SERVICE_ACCOUNT, TOKEN_LOGIN };
	struct world *world = *state;

	write_secret(world->file, "user:pass-word", 0600);
	want(world, false, false);
	for (size_t i = 0; i < 2; i++) {
		world->token.kind = kinds[i];
		carry(world, 0);
		run(world);
		assert_int_equal(world->err.class, ERROR_TOKEN);
		assert_non_null(strstr(world->err.text, "which nothing can be asked with here"));
	}
	assert_int_equal(world->asked_count, 0);
}

static void want_login(struct world *world)
{
	world->token.kind = TOKEN_LOGIN;
	want(world, false, false);
	text_addf(&world->request.exchange, "%s/api/auth/login", loopback_address(world->server));
	world->request.exchange_member = "token";
}

static void login_is_done_once_and_again_when_its_token_dies(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "metrics:a \"b\": \xc3\xb1\n", 0600);
	world->exchange_answer =
		"HTTP/1.1 200 OK\r\n\r\n{\"token\":\"umami-1\",\"user\":{\"id\":\"1\"}}";
	want_login(world);
	carry(world, 0);
	carry(world, 1);
	run(world);
	assert_int_equal(world->asked_count, 3);
	assert_true(asked(world, 0, "POST /api/auth/login "));
	assert_true(asked(world, 0, "Content-Type: application/json\r\n"));
	assert_true(asked(world, 0,
			  "{\"username\":\"metrics\",\"password\":\"a \\\"b\\\": \xc3\xb1\"}"));
	assert_true(asked(world, 1, "Authorization: Bearer umami-1\r\n"));
	world->refused = "Bearer umami-1";
	world->exchange_answer = "HTTP/1.1 200 OK\r\n\r\n{\"token\":\"umami-2\"}";
	carry(world, 0);
	run(world);
	assert_int_equal(world->asked_count, 6);
	assert_int_equal(world->status, 200);
	assert_true(asked(world, 5, "Authorization: Bearer umami-2\r\n"));
}

static void refused_login_is_the_answer_and_holds_no_password(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "metrics:hunter2-hunter2\n", 0600);
	world->exchange_answer = "HTTP/1.1 401 Unauthorized\r\n\r\n{\"error\":{\"code\":"
				 "\"incorrect-username-password\",\"sent\":\"hunter2-hunter2\"}}";
	want_login(world);
	carry(world, 0);
	run(world);
	assert_int_equal(world->status, 401);
	assert_true(world->of_exchange);
	assert_null(strstr(text_str(&world->body), "hunter2"));
}

static void login_that_is_none_is_refused_and_not_shown(void **state)
{
	static const char *const wrong[] = { "hunter2", ":hunter2", "hunter2:", "user:hunter\n2" };
	struct world *world = *state;

	want_login(world);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_secret(world->file, wrong[i], 0600);
		carry(world, 0);
		run(world);
		assert_int_equal(world->err.class, ERROR_TOKEN);
		assert_string_equal(world->err.text,
				    "token meta: the secret is not \"user:password\" in one line");
	}
	assert_int_equal(world->asked_count, 0);
}

static void key_is_shown_in_a_header_of_its_own(void **state)
{
	struct world *world = *state;

	write_secret(world->file, "api-key-1\n", 0600);
	world->token.kind = TOKEN_BEARER;
	want(world, false, false);
	world->request.form = CREDENTIAL_HEADER;
	world->request.credential_field = "x-umami-api-key";
	carry(world, 0);
	run(world);
	assert_true(asked(world, 0, "x-umami-api-key: api-key-1\r\n"));
	assert_false(asked(world, 0, "Authorization"));
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
		TEST(service_account_signs_once_for_all_who_ask),
		TEST(token_near_its_end_is_had_anew),
		TEST(kept_token_that_is_refused_is_had_anew_once),
		TEST(refused_assertion_is_the_answer_the_collector_reads),
		TEST(what_is_signed_goes_to_google_only),
		TEST(what_is_no_key_is_refused_and_not_shown),
		TEST(sample_answer_of_google_gives_the_token),
		TEST(sample_file_without_a_key_is_refused),
		TEST(key_or_password_is_never_shown_itself),
		TEST(login_is_done_once_and_again_when_its_token_dies),
		TEST(refused_login_is_the_answer_and_holds_no_password),
		TEST(login_that_is_none_is_refused_and_not_shown),
		TEST(key_is_shown_in_a_header_of_its_own),
	};

	if (fetch_begin() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
