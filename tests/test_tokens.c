/* Tokens through days, against the simulated Graph API over loopback: what is known of them, what
 * is told, which secret is shown. */
#include "test.h"

#include "loopback.h"
#include "sim.h"

#include "daemon/auth.h"
#include "daemon/auth_keys.h"
#include "daemon/holds.h"
#include "daemon/sweeper.h"
#include "daemon/tokens.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/http.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <ev.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE "104000000000001"
#define INSTAGRAM "17841400000000001"
#define APP_SECRET "Zq7AppSecret0123456789"
#define FIRST "Zq7FirstToken0123456789"
#define SECOND "Zq7SecondToken0123456789"
#define THIRD "Zq7ThirdToken0123456789"
#define NEEDED                                                                         \
	"pages_read_engagement,pages_read_user_content,read_insights,instagram_basic," \
	"instagram_manage_insights"

enum { DAY = 86400, HOUR = 3600, TURNS = 200 };

/* As the settings of Meta's collectors begin. */
struct object {
	const char *id, *base, *version;
};

struct place {
	struct errand errand; /* first: an errand's place is at its address */
	char directory[64], file[96], app_file[96], renewed[128];
	struct ev_loop *loop;
	struct loopback *server;
	struct world *world;
	struct fetcher *fetcher;
	struct auth *auth;
	struct store *store;
	struct holds holds;
	struct tokens *tokens;
	struct object page, instagram;
	struct token token;
	struct account accounts[2];
	struct entity entity;
	struct config config;
	int64_t start;
	struct text reply; /* what the server says just now */
	struct text log;   /* all of it */
	struct text asked; /* the request lines, and what was shown */
	int broken;        /* the status said to every request, 0: the world answers */
	const char *broken_body, *broken_header;
	size_t debugs, renewals;
	/* one use of the token */
	struct request request;
	struct carry carry;
	int status;
	bool checked;
	bool other; /* another secret is shown from now on */
	bool finished;
};

/* --- the provider --- */

static const char *field_after(const char *request, const char *name, char *ret, size_t room)
{
	const char *at = strcasestr(request, name);

	if (!at)
		return NULL;
	at += strlen(name);
	(void)snprintf(ret, room, "%.*s", (int)strcspn(at, "\r\n"), at);
	return ret;
}

static const char *answer(void *data, const char *request)
{
	struct place *place = data;
	SCOPED(sim_response)
	struct sim_response response = { 0 };
	char target[512], bearer[256];
	const char *body = strstr(request, "\r\n\r\n") + 4;
	const char *shown =
		field_after(request, "\r\nAuthorization: Bearer ", bearer, sizeof(bearer));
	struct sim_request asked = { .target = target, .bearer = shown };
	size_t line = strcspn(request, "\r");

	assert_null(memmem(request, line, "Zq7", 3)); /* no secret in an address */
	text_addf(&place->asked, "%.*s", (int)line, request);
	text_addf(&place->asked, " as %s\n", shown ? shown : "nobody");
	place->debugs += strstr(request, "/debug_token") != NULL;
	place->renewals += strstr(request, "/oauth/access_token") != NULL;
	text_reset(&place->reply);
	if (place->broken) {
		text_addf(&place->reply, "HTTP/1.1 %d Said\r\n%sContent-Length: %zu\r\n\r\n%s",
			  place->broken, place->broken_header ? place->broken_header : "",
			  strlen(place->broken_body), place->broken_body);
		return text_str(&place->reply);
	}
	asked.method = strncmp(request, "POST", 4) == 0 ? HTTP_POST : HTTP_GET;
	if (asked.method == HTTP_POST)
		asked.body = body;
	request = strchr(request, ' ') + 1;
	(void)snprintf(target, sizeof(target), "%.*s", (int)strcspn(request, " "), request);
	world_answer(place->world, &asked, clock_now(), &response);
	text_addf(&place->reply, "HTTP/1.1 %d Said\r\n%sContent-Length: %zu\r\n\r\n%s",
		  response.status, text_str(&response.headers), response.body.length,
		  text_str(&response.body));
	return text_str(&place->reply);
}

static void say(struct place *place, int status, const char *body)
{
	place->broken = status;
	place->broken_body = body;
}

/* --- setting up --- */

static void write_secret(const char *path, const char *text)
{
	char draft[160];
	FILE *file;

	(void)snprintf(draft, sizeof(draft), "%s.draft", path);
	file = fopen(draft, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(draft, 0600), 0);
	assert_int_equal(rename(draft, path), 0);
}

static void wake(void *data)
{
	struct place *place = data;

	ev_break(place->loop, EVBREAK_ONE);
}

static void on_progress(struct errand *errand, const char *words)
{
	(void)errand;
	(void)words;
}

static void on_finished(struct errand *errand)
{
	((struct place *)errand)->finished = true;
}

static void open_tokens(struct place *place)
{
	struct tokens_context context = { .auth = place->auth,
					  .store = place->store,
					  .holds = &place->holds,
					  .by_itself = true,
					  .wake = wake,
					  .data = place };
	struct error err;

	keys_keep_in(auth_keys(place->auth), place->directory);
	place->tokens = tokens_new(&context, &err);
	assert_non_null(place->tokens);
	tokens_use(place->tokens, &place->config, clock_now());
}

static void start_daemon(struct place *place)
{
	static const struct fetch_limits limits = { .in_flight = 4,
						    .per_host = 4,
						    .per_token = 4,
						    .connect_timeout_ms = 2000,
						    .timeout_ms = 2000,
						    .body_max = 65536 };

	place->fetcher = fetcher_new(place->loop, &limits);
	place->auth = auth_new(place->fetcher);
	open_tokens(place);
}

static void stop_daemon(struct place *place)
{
	tokens_free(place->tokens);
	auth_free(place->auth);
	fetcher_free(place->fetcher);
}

static void configure(struct place *place)
{
	place->page = (struct object){ PAGE, loopback_address(place->server), "v25.0" };
	place->instagram = (struct object){ INSTAGRAM, loopback_address(place->server), "v25.0" };
	place->token = (struct token){ .id = "meta",
				       .kind = TOKEN_USER,
				       .secret = { .file = place->file },
				       .app_secret = { .file = place->app_file },
				       .app_id = SIM_APP };
	place->entity =
		(struct entity){ .id = "itagui", .accounts = place->accounts, .account_count = 2 };
	for (size_t i = 0; i < 2; i++)
		place->accounts[i] = (struct account){
			.id = i ? "instagram" : "facebook",
			.entity = &place->entity,
			.collector = collector_find(i ? "instagram" : "facebook"),
			.settings = i ? &place->instagram : &place->page,
			.token = &place->token,
		};
	place->config = (struct config){ .tokens = &place->token,
					 .token_count = 1,
					 .entities = &place->entity,
					 .entity_count = 1 };
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	struct error err;

	if (!place)
		return -1;
	(void)unsetenv("METRICSD_CLOCK_OFFSET");
	place->start = clock_now();
	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/metricsd-tokens-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->file, sizeof(place->file), "%s/token", place->directory);
	(void)snprintf(place->app_file, sizeof(place->app_file), "%s/app", place->directory);
	(void)snprintf(place->renewed, sizeof(place->renewed), "%s/tokens/meta", place->directory);
	write_secret(place->file, FIRST "\n");
	write_secret(place->app_file, APP_SECRET "\n");
	place->loop = ev_loop_new(EVFLAG_AUTO);
	place->server = loopback_new(place->loop, answer, place);
	place->world = world_new(1);
	assert_int_equal(world_add(place->world, &(struct sim_account){ .id = PAGE }, &err), 0);
	assert_int_equal(world_add(place->world,
				   &(struct sim_account){
					   .kind = SIM_INSTAGRAM, .id = INSTAGRAM, .page = PAGE },
				   &err),
			 0);
	world_secrets(place->world, "nobody's", APP_SECRET, NULL);
	assert_int_equal(store_open(":memory:", STORE_COLLECT, &place->store, &err), 0);
	place->errand.progress = on_progress;
	place->errand.finished = on_finished;
	configure(place);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char command[128];

	(void)unsetenv("METRICSD_CLOCK_OFFSET");
	stop_daemon(place);
	holds_clear(&place->holds);
	store_close(place->store);
	world_free(place->world);
	loopback_free(place->server);
	ev_loop_destroy(place->loop);
	request_clear(&place->request);
	text_clear(&place->reply);
	text_clear(&place->log);
	text_clear(&place->asked);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", place->directory);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

/* A token the world knows, which lives so many days more; 0: for ever. */
static void grant(struct place *place, const char *secret, const char *type, int age, int days)
{
	world_token(place->world,
		    &(struct sim_token){ .secret = secret,
					 .type = type,
					 .scopes = NEEDED,
					 .issued = clock_now() - (int64_t)age * DAY,
					 .expires = days ? clock_now() + (int64_t)days * DAY : 0 });
}

/* --- time --- */

static void write_down(struct place *place, bool kept)
{
	struct error err;

	if (!tokens_unwritten(place->tokens))
		return;
	assert_int_equal(store_begin(place->store, &err), 0);
	assert_int_equal(tokens_write(place->tokens, &err), 0);
	if (kept)
		assert_int_equal(store_commit(place->store, &err), 0);
	else
		store_rollback(place->store);
	tokens_written(place->tokens, kept);
}

/* Until nothing is under way, with the log in a file of its own. */
static void run(struct place *place)
{
	char path[96], line[1024];
	int kept = dup(2);
	int fd;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/log", place->directory);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(kept >= 0 && fd >= 0 && dup2(fd, 2) == 2);
	for (int i = 0; i < TURNS; i++) {
		tokens_look(place->tokens, clock_now());
		if (fetcher_busy(place->fetcher) > 0)
			ev_run(place->loop, EVRUN_ONCE);
	}
	(void)fflush(stderr);
	assert_int_equal(dup2(kept, 2), 2);
	(void)close(kept);
	(void)close(fd);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		text_add(&place->log, line);
	(void)fclose(file);
	assert_null(strstr(text_str(&place->log), "Zq7"));
	assert_null(strstr(text_str(&place->log), "EAASim"));
	write_down(place, true);
}

/* As when the configuration is read again, which looks at the files at once. */
static void reload(struct place *place)
{
	tokens_drop(place->tokens);
	tokens_use(place->tokens, &place->config, clock_now());
	run(place);
}

static void at_hour(struct place *place, int hour)
{
	char offset[32];

	(void)snprintf(offset, sizeof(offset), "%d", hour * HOUR);
	assert_int_equal(setenv("METRICSD_CLOCK_OFFSET", offset, 1), 0);
	run(place);
}

static void at_day(struct place *place, int day)
{
	at_hour(place, day * 24 + (day > 0));
}

static size_t times_logged(const struct place *place, const char *words)
{
	size_t count = 0;

	for (const char *at = text_str(&place->log); (at = strstr(at, words)); at++)
		count++;
	return count;
}

static struct token_health health_of(const struct place *place)
{
	struct token_health *all = NULL;
	struct token_health health = { 0 };
	size_t count = 0;
	struct error err;

	assert_int_equal(store_tokens(place->store, &all, &count, &err), 0);
	if (count > 0)
		health = all[0];
	free(all);
	assert_true(count <= 1);
	assert_null(strstr(health.words, "Zq7"));
	return health;
}

static const char *shown(const struct place *place)
{
	const char *secret = NULL;
	unsigned serial;
	struct error err;

	assert_int_equal(keys_show(auth_keys(place->auth), &place->token, KEY_IN_USE, &secret,
				   &serial, &err),
			 0);
	return secret;
}

/* --- one use, as a sweep's --- */

static void on_used(void *data, const struct response *response, const struct error *err)
{
	struct place *place = data;

	place->status = response ? response->status : 0;
	if (place->status == 200)
		tokens_accepted(place->tokens, &place->carry, place->checked, clock_now());
	else
		place->other =
			tokens_refused(place->tokens, &place->carry,
				       response ? "code 190: refused" : err->text, clock_now());
}

static void use(struct place *place)
{
	request_reset(&place->request);
	text_addf(&place->request.url, "%s/v25.0/" PAGE "?fields=id",
		  loopback_address(place->server));
	place->request.form = CREDENTIAL_BEARER;
	place->request.proof = true;
	place->carry = (struct carry){
		.token = &place->token, .request = &place->request, .done = on_used, .data = place
	};
	place->other = false;
	auth_carry(place->auth, &place->carry);
	run(place);
}

/* --- asking every day --- */

static void token_is_asked_about_at_once_and_then_once_a_day(void **state)
{
	struct place *place = *state;
	struct token_health health;

	grant(place, FIRST, "USER", 1, 59);
	start_daemon(place);
	run(place);
	assert_int_equal(place->debugs, 1);
	assert_non_null(strstr(text_str(&place->asked),
			       "POST /v25.0/debug_token HTTP/1.1 as " SIM_APP "|" APP_SECRET "\n"));
	health = health_of(place);
	assert_string_equal(health.name, "meta");
	assert_int_equal(health.verdict, TOKEN_VALID);
	assert_true(health.checked >= place->start);
	assert_true(health.expires >= place->start + INT64_C(59) * DAY);
	assert_int_equal(health.data_access_ends, 0);
	assert_string_equal(health.lacks, "");
	assert_string_equal(health.words, "");
	for (int hour = 1; hour < 24; hour++)
		at_hour(place, hour);
	assert_int_equal(place->debugs, 1);
	at_hour(place, 25);
	assert_int_equal(place->debugs, 2);
	assert_int_equal(place->log.length, 0); /* all is well: nothing is said */
}

static void warnings_come_once_at_14_7_3_and_1_days_and_at_the_end(void **state)
{
	struct place *place = *state;

	place->token.kind = TOKEN_SYSTEM_USER; /* which is not renewed */
	grant(place, FIRST, "SYSTEM_USER", 40, 20);
	start_daemon(place);
	for (int day = 0; day <= 22; day++)
		at_day(place, day);
	assert_int_equal(times_logged(place, "token meta: expires in "), 4);
	assert_int_equal(times_logged(place, "expires in 13 days, on "), 1);
	assert_int_equal(times_logged(place, "expires in 6 days, on "), 1);
	assert_int_equal(times_logged(place, "expires in 2 days, on "), 1);
	assert_int_equal(times_logged(place, "expires in less than a day, on "), 1);
	assert_int_equal(times_logged(place, "invalid: code 190/463"), 1);
	assert_int_equal(health_of(place).verdict, TOKEN_INVALID);
	assert_int_equal(place->renewals, 0);
}

static void warning_told_before_a_restart_is_not_told_again(void **state)
{
	struct place *place = *state;

	place->token.kind = TOKEN_SYSTEM_USER;
	grant(place, FIRST, "SYSTEM_USER", 50, 10);
	start_daemon(place);
	run(place);
	assert_int_equal(times_logged(place, "expires in "), 1);
	stop_daemon(place);
	start_daemon(place);
	at_day(place, 1);
	assert_int_equal(place->debugs, 2);
	assert_int_equal(times_logged(place, "expires in "), 1);
}

static void lacking_permission_is_told_once_and_that_it_lacks_no_more(void **state)
{
	struct place *place = *state;

	world_token(place->world, &(struct sim_token){ .secret = FIRST,
						       .type = "USER",
						       .scopes = "pages_read_engagement,"
								 "pages_read_user_content,"
								 "instagram_basic,"
								 "instagram_manage_insights" });
	start_daemon(place);
	for (int day = 0; day < 3; day++)
		at_day(place, day);
	assert_string_equal(health_of(place).lacks, "read_insights");
	assert_int_equal(times_logged(place, "token meta: lacks read_insights: "), 1);
	grant(place, FIRST, "USER", 0, 0);
	at_day(place, 3);
	assert_string_equal(health_of(place).lacks, "");
	assert_int_equal(times_logged(place, "lacks no permission any more"), 1);
}

static void dead_token_is_told_once_and_its_resurrection_too(void **state)
{
	struct place *place = *state;

	world_token(place->world, &(struct sim_token){ .secret = FIRST,
						       .type = "USER",
						       .scopes = NEEDED,
						       .dead = place->start - HOUR });
	start_daemon(place);
	for (int day = 0; day < 3; day++)
		at_day(place, day);
	assert_int_equal(health_of(place).verdict, TOKEN_INVALID);
	assert_int_equal(times_logged(place, "token meta: invalid: code 190/460: "), 1);
	grant(place, FIRST, "USER", 0, 0);
	at_day(place, 3);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
	assert_int_equal(times_logged(place, "token meta: valid again"), 1);
}

/* As a sweep does whose call is refused. */
static void put_hold(struct place *place)
{
	struct held held = { .scope = HOLD_TOKEN,
			     .key = "meta",
			     .until = INT64_MAX,
			     .why = "code 190 (secret of 2026-01-01T00:00:00Z)" };
	struct error err;

	assert_int_equal(holds_put(&place->holds, place->store, &held, &err), 0);
}

static void lock_out(struct place *place)
{
	world_token(place->world, &(struct sim_token){ .secret = FIRST,
						       .type = "USER",
						       .scopes = NEEDED,
						       .subcode = 459,
						       .dead = place->start - HOUR });
}

static size_t holds_kept(const struct place *place)
{
	struct held *holds = NULL;
	size_t count = 0;
	struct error err;

	assert_int_equal(store_holds(place->store, clock_now(), &holds, &count, &err), 0);
	free(holds);
	return count;
}

/* 190/459: the person logs in, and the very same token lives again. */
static void refused_token_that_is_good_again_is_used_again(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	lock_out(place);
	at_hour(place, 2);
	put_hold(place);
	use(place);
	assert_int_equal(health_of(place).verdict, TOKEN_INVALID);
	assert_int_equal(place->debugs, 2);
	assert_null(tokens_replaced(place->tokens));
	at_hour(place, 4);
	assert_int_equal(place->debugs, 3);
	assert_int_equal(holds_kept(place), 1);
	grant(place, FIRST, "USER", 0, 60);
	at_hour(place, 7);
	assert_int_equal(place->debugs, 4);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
	assert_int_equal(holds_kept(place), 0);
	assert_int_equal(place->holds.count, 0);
	assert_ptr_equal(tokens_replaced(place->tokens), &place->token);
	assert_null(tokens_replaced(place->tokens));
	assert_int_equal(times_logged(place, "token meta: is good, so whoever waited"), 1);
}

static void hold_that_could_not_be_taken_off_is_taken_off_later(void **state)
{
	struct place *place = *state;
	struct error err;

	grant(place, FIRST, "USER", 0, 60);
	put_hold(place);
	start_daemon(place);
	for (int i = 0; i < TURNS && !tokens_unwritten(place->tokens); i++) {
		tokens_look(place->tokens, clock_now());
		ev_run(place->loop, EVRUN_ONCE);
	}
	write_down(place, false);
	assert_int_equal(holds_reload(&place->holds, place->store, clock_now(), &err), 0);
	assert_int_equal(holds_kept(place), 1);
	write_down(place, true);
	assert_int_equal(holds_kept(place), 0);
	assert_int_equal(place->holds.count, 0);
}

/* Put on by whoever ran before, who never found out. */
static void good_token_whose_accounts_wait_since_before_the_start_is_used_again(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	put_hold(place);
	stop_daemon(place);
	start_daemon(place);
	run(place);
	assert_int_equal(place->debugs, 2);
	assert_int_equal(holds_kept(place), 0);
}

static void token_that_stays_refused_is_asked_about_ever_more_seldom(void **state)
{
	static const int hours[] = { 2, 3, 5, 9, 17, 33, 57, 81 };
	struct place *place = *state;
	size_t asked = 1;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	lock_out(place);
	for (int hour = 2; hour < 90; hour++) {
		at_hour(place, hour);
		if (hour == 2) {
			put_hold(place);
			use(place);
		}
		for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++)
			asked += hours[i] == hour;
		assert_in_range(place->debugs, asked - 1, asked + 1);
	}
	assert_in_range(place->debugs, 8, 9);
}

/* The provider calls it good and refuses it all the same: that is not gone on with every hour. */
static void good_token_that_is_refused_again_and_again_is_left_alone_for_longer(void **state)
{
	struct place *place = *state;
	size_t lifted = 0;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	for (int hour = 2; hour < 96; hour++) {
		if (place->holds.count == 0) {
			put_hold(place);
			place->carry.token = &place->token;
			place->carry.secret = 1;
			assert_false(tokens_refused(place->tokens, &place->carry, "code 190: no",
						    clock_now()));
			lifted++;
		}
		at_hour(place, hour);
	}
	assert_in_range(lifted, 5, 8);
}

static void throttled_token_that_is_good_waits_all_the_same(void **state)
{
	struct place *place = *state;
	struct held held = { .scope = HOLD_TOKEN,
			     .key = "meta",
			     .until = place->start + INT64_C(30) * HOUR,
			     .why = "code 17" };
	struct error err;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	assert_int_equal(holds_put(&place->holds, place->store, &held, &err), 0);
	at_hour(place, 26);
	assert_int_equal(holds_kept(place), 1);
}

static void person_who_checks_a_token_nobody_can_be_asked_about_takes_its_hold_off(void **state)
{
	struct place *place = *state;

	place->token.app_id = NULL;
	grant(place, FIRST, "USER", 0, 0);
	start_daemon(place);
	use(place);
	put_hold(place);
	use(place); /* which was under way when it was refused */
	assert_int_equal(holds_kept(place), 1);
	place->checked = true;
	use(place);
	assert_int_equal(holds_kept(place), 0);
	assert_ptr_equal(tokens_replaced(place->tokens), &place->token);
}

/* Every call with a wrong proof is refused for the token's sake. */
static void app_secret_that_is_put_right_is_a_replacement_too(void **state)
{
	struct place *place = *state;
	const struct timespec later[2] = { { .tv_sec = place->start + 60 },
					   { .tv_sec = place->start + 60 } };
	int64_t before;

	write_secret(place->app_file, "Zq7AnotherAppsSecret\n");
	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	before = keys_time(auth_keys(place->auth), &place->token);
	put_hold(place);
	use(place);
	assert_int_equal(place->status, 400);
	assert_int_equal(health_of(place).verdict, TOKEN_INVALID);
	write_secret(place->app_file, APP_SECRET "\n");
	assert_int_equal(utimensat(AT_FDCWD, place->app_file, later, 0), 0);
	assert_true(keys_time(auth_keys(place->auth), &place->token) > before);
	at_hour(place, 1);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
	assert_int_equal(holds_kept(place), 0);
}

static void who_does_not_answer_is_asked_later_and_later(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	say(place, 503, "");
	start_daemon(place);
	for (int hour = 0; hour < 24; hour++)
		at_hour(place, hour);
	assert_true(place->debugs >= 6 && place->debugs <= 14);
	assert_int_equal(health_of(place).checked, 0); /* nothing was learnt */
	place->broken = 0;
	at_hour(place, 30);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
}

static void who_was_told_to_wait_waits_and_so_does_his_app(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	say(place, 403, "{\"error\":{\"code\":4,\"message\":\"App limit\"}}");
	place->broken_header = "X-App-Usage: {\"call_count\":100,"
			       "\"estimated_time_to_regain_access\":300}\r\n";
	start_daemon(place);
	run(place);
	assert_int_equal(place->debugs, 1);
	assert_int_equal(place->holds.count, 1);
	assert_int_equal(place->holds.items[0].scope, HOLD_APP);
	assert_string_equal(place->holds.items[0].key, SIM_APP);
	place->broken = 0;
	at_hour(place, 4);
	assert_int_equal(place->debugs, 1);
	at_hour(place, 6);
	assert_int_equal(place->debugs, 2);
}

static void hold_put_on_by_a_sweep_keeps_from_asking_too(void **state)
{
	struct place *place = *state;
	struct held held = { .scope = HOLD_TOKEN,
			     .key = "meta",
			     .until = place->start + INT64_C(2) * HOUR };
	struct error err;

	grant(place, FIRST, "USER", 0, 60);
	assert_int_equal(holds_put(&place->holds, place->store, &held, &err), 0);
	start_daemon(place);
	at_hour(place, 1);
	assert_int_equal(place->debugs, 0);
	at_hour(place, 3);
	assert_int_equal(place->debugs, 1);
}

static void state_that_was_rolled_back_is_written_again(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	for (int i = 0; i < TURNS && !tokens_unwritten(place->tokens); i++) {
		tokens_look(place->tokens, clock_now());
		ev_run(place->loop, EVRUN_ONCE);
	}
	write_down(place, false);
	assert_int_equal(health_of(place).verdict, TOKEN_UNKNOWN);
	assert_true(tokens_unwritten(place->tokens));
	write_down(place, true);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
}

static void token_that_is_not_configured_any_more_is_forgotten(void **state)
{
	struct place *place = *state;
	struct config without = place->config;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	assert_string_equal(health_of(place).name, "meta");
	without.token_count = without.entity_count = 0;
	tokens_drop(place->tokens);
	tokens_use(place->tokens, &without, clock_now());
	run(place);
	assert_string_equal(health_of(place).name, "");
}

static void renewed_secret_goes_with_its_token_and_with_no_other(void **state)
{
	struct place *place = *state;
	struct config without = place->config;
	char other[160];

	grant(place, FIRST, "USER", 31, 29);
	start_daemon(place);
	run(place);
	assert_int_equal(access(place->renewed, F_OK), 0);
	(void)snprintf(other, sizeof(other), "%s/tokens/other", place->directory);
	write_secret(other, "left behind\n"); /* by a token whose row is gone */
	reload(place);
	assert_int_equal(access(place->renewed, F_OK), 0);
	assert_int_equal(access(other, F_OK), -1);
	without.token_count = without.entity_count = 0;
	tokens_drop(place->tokens);
	tokens_use(place->tokens, &without, clock_now());
	run(place);
	assert_int_equal(access(place->renewed, F_OK), -1);
	/* and when it is put back under its id, root's is used */
	tokens_drop(place->tokens);
	tokens_use(place->tokens, &place->config, clock_now());
	assert_string_equal(shown(place), FIRST);
}

static void end_that_no_token_has_is_not_believed(void **state)
{
	struct place *place = *state;
	char words[512];

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	say(place, 200,
	    "{\"data\":{\"app_id\":\"" SIM_APP "\",\"type\":\"USER\",\"is_valid\":true,"
	    "\"expires_at\":9007199254740991,\"scopes\":[]}}");
	at_hour(place, 25);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID); /* as it was known before */
	assert_true(health_of(place).expires < place->start + INT64_C(61) * DAY);
	(void)tokens_describe(place->tokens, &place->token, place->start, words, sizeof(words));
	assert_non_null(strstr(words, "; what is said of it cannot be understood: debug_token: "
				      "expires_at is 9007199254740991, more than 100 years from "
				      "now"));
	assert_int_equal(times_logged(place, "cannot be understood"), 1);
	at_hour(place, 30);
	assert_int_equal(times_logged(place, "cannot be understood"), 1);
	place->broken = 0;
	at_hour(place, 40);
	assert_string_equal(health_of(place).words, "");
}

/* --- without anybody to ask --- */

static void without_an_app_use_shows_what_a_token_is_worth(void **state)
{
	struct place *place = *state;
	struct token_health health;

	place->token.app_id = NULL;
	grant(place, FIRST, "USER", 0, 0);
	start_daemon(place);
	run(place);
	assert_int_equal(place->debugs, 0);
	assert_string_equal(health_of(place).name, "");
	use(place);
	health = health_of(place);
	assert_int_equal(health.verdict, TOKEN_VALID);
	assert_int_equal(health.expires, -1); /* not said */
	world_token(place->world,
		    &(struct sim_token){ .secret = FIRST, .dead = place->start - HOUR });
	use(place);
	assert_false(place->other);
	health = health_of(place);
	assert_int_equal(health.verdict, TOKEN_INVALID);
	assert_string_equal(health.words, "code 190: refused");
	use(place);
	assert_int_equal(times_logged(place, "token meta: invalid: code 190: refused"), 1);
}

static void new_secret_is_tried_by_its_first_use_and_the_old_one_stays_when_refused(void **state)
{
	struct place *place = *state;

	place->token.app_id = NULL;
	grant(place, FIRST, "USER", 0, 0);
	start_daemon(place);
	use(place);
	write_secret(place->file, SECOND "\n"); /* which nobody knows */
	use(place);
	assert_int_equal(place->status, 400);
	assert_true(place->other);
	assert_string_equal(shown(place), FIRST);
	use(place);
	assert_int_equal(place->status, 200);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
	assert_string_equal(health_of(place).refused, "code 190: refused");
	at_hour(place, 2);
	at_hour(place, 4);
	use(place);
	assert_int_equal(times_logged(place, "the new secret is refused"), 1);
	assert_null(tokens_replaced(place->tokens));

	grant(place, THIRD, "USER", 0, 0);
	write_secret(place->file, THIRD "\n");
	use(place);
	assert_int_equal(place->status, 200);
	assert_string_equal(shown(place), THIRD);
	assert_ptr_equal(tokens_replaced(place->tokens), &place->token);
	assert_null(tokens_replaced(place->tokens));
	assert_string_equal(health_of(place).refused, "");
	assert_int_equal(times_logged(place, "the new secret is good and used from now on"), 1);
}

static void refused_new_secret_is_forgotten_as_soon_as_the_one_in_use_is_put_back(void **state)
{
	struct place *place = *state;

	place->token.app_id = NULL;
	grant(place, FIRST, "USER", 0, 0);
	start_daemon(place);
	use(place);
	write_secret(place->file, SECOND "\n");
	use(place);
	assert_string_equal(health_of(place).refused, "code 190: refused");
	write_secret(place->file, FIRST "\n");
	use(place); /* which looks at the file */
	assert_string_equal(health_of(place).refused, "");
	/* or, when nobody uses it, within minutes */
	write_secret(place->file, SECOND "\n");
	use(place);
	assert_string_equal(health_of(place).refused, "code 190: refused");
	write_secret(place->file, FIRST "\n");
	assert_true(tokens_next(place->tokens) <= clock_now() + 600);
	assert_int_equal(setenv("METRICSD_CLOCK_OFFSET", "601", 1), 0);
	run(place);
	assert_string_equal(health_of(place).refused, "");
}

static void refused_new_secret_is_not_told_of_after_a_restart_with_it(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	write_secret(place->file, SECOND "\n");
	reload(place);
	assert_true(health_of(place).refused[0]);
	stop_daemon(place);
	start_daemon(place);
	run(place);
	assert_string_equal(health_of(place).refused, "");
	assert_int_equal(health_of(place).verdict, TOKEN_INVALID);
}

static void app_that_may_not_ask_is_told_and_use_decides(void **state)
{
	struct place *place = *state;

	write_secret(place->app_file, "Zq7AnotherAppsSecret\n");
	place->token.kind = TOKEN_SYSTEM_USER;
	grant(place, FIRST, "SYSTEM_USER", 0, 0);
	world_secrets(place->world, "nobody's", NULL, NULL); /* no proofs */
	start_daemon(place);
	say(place, 400,
	    "{\"error\":{\"code\":190,"
	    "\"message\":\"Invalid OAuth access token signature\"}}");
	run(place);
	assert_int_equal(health_of(place).verdict, TOKEN_UNKNOWN);
	assert_int_equal(times_logged(place, "token meta: Meta does not say: code 190: "), 1);
	place->broken = 0;
	use(place);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
	assert_non_null(strstr(health_of(place).words, "do app_id and the app secret belong"));
}

/* --- a new secret is verified --- */

static void new_secret_is_asked_about_before_it_is_used(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	grant(place, SECOND, "USER", 0, 50);
	start_daemon(place);
	run(place);
	write_secret(place->file, SECOND "\n");
	assert_string_equal(shown(place), FIRST);
	run(place);
	assert_int_equal(place->debugs, 2);
	assert_string_equal(shown(place), SECOND);
	assert_int_equal(times_logged(place, "the new secret is good and used from now on"), 1);
	assert_true(health_of(place).expires < place->start + INT64_C(51) * DAY);
	assert_ptr_equal(tokens_replaced(place->tokens), &place->token);
}

static void refused_new_secret_is_told_once_and_asked_about_once(void **state)
{
	struct place *place = *state;
	size_t debugs;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	write_secret(place->file, SECOND "\n");
	reload(place);
	assert_int_equal(place->debugs, 2);
	at_hour(place, 2); /* the one in use, since the configuration was read again */
	debugs = place->debugs;
	at_hour(place, 5);
	assert_int_equal(place->debugs, debugs);
	reload(place);
	assert_string_equal(shown(place), FIRST);
	assert_int_equal(times_logged(place, "token meta: the new secret is refused: code 190: "),
			 1);
	assert_int_equal(strncmp(health_of(place).refused, "code 190: ", 10), 0);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
	/* the old one is put back */
	write_secret(place->file, FIRST "\n");
	at_hour(place, 7);
	assert_string_equal(health_of(place).refused, "");
}

static void secret_of_another_app_does_not_take_the_place_of_a_good_one(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	world_token(place->world,
		    &(struct sim_token){ .secret = SECOND, .type = "USER", .app_id = "77" });
	start_daemon(place);
	run(place);
	write_secret(place->file, SECOND "\n");
	reload(place);
	assert_string_equal(shown(place), FIRST);
	assert_int_equal(times_logged(place, "another app than " SIM_APP " made it"), 1);
}

static void empty_or_garbled_file_leaves_the_secret_in_use(void **state)
{
	static const char *const wrong[] = { "", "\n", "two words\n", "line\r\nX-Injected: 1\n" };
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	run(place);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_secret(place->file, wrong[i]);
		at_hour(place, (int)i + 1);
		assert_string_equal(shown(place), FIRST);
		use(place);
		assert_int_equal(place->status, 200);
	}
	assert_int_equal(times_logged(place, "the new secret cannot be used: "), 1);
	assert_non_null(strstr(health_of(place).refused, "holds no secret in one line"));
	assert_int_equal(unlink(place->file), 0);
	at_hour(place, 8);
	assert_string_equal(shown(place), FIRST);
	assert_non_null(strstr(health_of(place).refused, "No such file"));
	write_secret(place->file, FIRST "\n");
	at_hour(place, 10);
	assert_string_equal(health_of(place).refused, "");
}

static void new_secret_waits_while_nobody_can_be_asked(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	grant(place, SECOND, "USER", 0, 60);
	start_daemon(place);
	run(place);
	say(place, 502, "");
	write_secret(place->file, SECOND "\n");
	run(place);
	at_hour(place, 1);
	assert_string_equal(shown(place), FIRST);
	place->broken = 0;
	at_hour(place, 3);
	assert_string_equal(shown(place), SECOND);
}

static void file_that_is_wrong_at_the_start_is_told_and_asked_about_when_right(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	write_secret(place->file, "\n");
	start_daemon(place);
	at_hour(place, 0);
	at_hour(place, 2);
	assert_int_equal(place->debugs, 0);
	assert_int_equal(health_of(place).verdict, TOKEN_INVALID);
	assert_int_equal(times_logged(place, "holds no secret in one line; nothing is asked"), 1);
	assert_null(tokens_replaced(place->tokens));
	write_secret(place->file, FIRST "\n");
	assert_true(tokens_next(place->tokens) <= clock_now() + 600);
	at_hour(place, 4);
	assert_int_equal(health_of(place).verdict, TOKEN_VALID);
	assert_int_equal(times_logged(place, "token meta: valid again"), 1);
	assert_ptr_equal(tokens_replaced(place->tokens), &place->token);
}

static void credential_that_root_replaced_since_the_start_goes_first(void **state)
{
	struct place *place = *state;
	char service[96], runtime[96], path[128];

	grant(place, FIRST, "USER", 0, 60);
	grant(place, SECOND, "USER", 0, 60);
	(void)snprintf(service, sizeof(service), "%s/service", place->directory);
	(void)snprintf(runtime, sizeof(runtime), "%s/run", place->directory);
	assert_int_equal(mkdir(service, 0700), 0);
	assert_int_equal(mkdir(runtime, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/credentials", runtime);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/secret_meta", service);
	write_secret(path, FIRST "\n");
	place->token.secret = (struct secret_place){ .credential = "secret_meta" };
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", service, 1), 0);
	assert_int_equal(setenv("RUNTIME_DIRECTORY", runtime, 1), 0);
	start_daemon(place);
	run(place);
	assert_string_equal(shown(place), FIRST);
	(void)snprintf(path, sizeof(path), "%s/credentials/secret_meta", runtime);
	write_secret(path, SECOND "\n");
	reload(place);
	assert_string_equal(shown(place), SECOND);
	/* nor is one that others may read believed there */
	grant(place, THIRD, "USER", 0, 60);
	write_secret(path, THIRD "\n");
	assert_int_equal(chmod(path, 0644), 0);
	reload(place);
	assert_string_equal(shown(place), SECOND);
	assert_non_null(strstr(health_of(place).refused, "may be read by others"));
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	(void)unsetenv("RUNTIME_DIRECTORY");
}

/* --- renewal --- */

static void assert_private(const char *path, mode_t mode)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 07777, mode);
}

static void persons_token_is_renewed_at_half_of_its_life(void **state)
{
	struct place *place = *state;
	char tokens_directory[80];
	struct token_health health;

	grant(place, FIRST, "USER", 0, 60);
	start_daemon(place);
	for (int day = 0; day < 30; day++)
		at_day(place, day);
	assert_int_equal(place->renewals, 0);
	assert_string_equal(shown(place), FIRST);
	at_day(place, 31);
	assert_int_equal(place->renewals, 1);
	assert_int_equal(memcmp(shown(place), "EAASimLong", 10), 0);
	health = health_of(place);
	assert_true(health.renewed >= place->start + INT64_C(30) * DAY);
	assert_true(health.expires > place->start + INT64_C(85) * DAY);
	assert_int_equal(times_logged(place, "token meta: renewed, expires on "), 1);
	(void)snprintf(tokens_directory, sizeof(tokens_directory), "%s/tokens", place->directory);
	assert_private(tokens_directory, 0700);
	assert_private(place->renewed, 0600);
	use(place);
	assert_int_equal(place->status, 200);
	/* and so on */
	for (int day = 32; day < 64; day++)
		at_day(place, day);
	assert_int_equal(place->renewals, 2);
}

static void renewed_token_is_used_after_a_restart_until_root_replaces_his(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 31, 29);
	start_daemon(place);
	run(place);
	assert_int_equal(memcmp(shown(place), "EAASimLong", 10), 0);
	stop_daemon(place);
	start_daemon(place);
	run(place);
	assert_int_equal(memcmp(shown(place), "EAASimLong", 10), 0);
	assert_int_equal(place->renewals, 1);
	stop_daemon(place);
	/* touched, copied anew by systemd: the same */
	write_secret(place->file, FIRST "\n");
	start_daemon(place);
	at_hour(place, 1);
	assert_int_equal(memcmp(shown(place), "EAASimLong", 10), 0);
	stop_daemon(place);
	/* another one, but dead: the renewed one stays */
	write_secret(place->file, SECOND "\n");
	start_daemon(place);
	at_hour(place, 2);
	assert_int_equal(memcmp(shown(place), "EAASimLong", 10), 0);
	/* a good one */
	grant(place, THIRD, "USER", 0, 60);
	write_secret(place->file, THIRD "\n");
	at_hour(place, 4);
	assert_string_equal(shown(place), THIRD);
	assert_int_equal(health_of(place).renewed, 0);
	assert_int_equal(access(place->renewed, F_OK), -1);
}

static void renewal_that_lives_no_longer_is_worth_nothing(void **state)
{
	struct place *place = *state;

	world_quirks(place->world)->renewal_stands_still = true;
	grant(place, FIRST, "USER", 31, 29);
	start_daemon(place);
	run(place);
	at_hour(place, 2);
	assert_int_equal(place->renewals, 1);
	assert_string_equal(shown(place), FIRST);
	assert_int_equal(health_of(place).renewed, 0);
	assert_int_equal(access(place->renewed, F_OK), -1);
	assert_int_equal(times_logged(place, "not renewed: the new one does not live longer"), 1);
	world_quirks(place->world)->renewal_stands_still = false;
	at_day(place, 2);
	assert_int_equal(memcmp(shown(place), "EAASimLong", 10), 0);
}

static void refused_or_empty_renewal_keeps_the_token_there_is(void **state)
{
	static const struct {
		int status;
		const char *body;
	} answers[] = {
		{ 200, "{\"access_token\":\"\"}" },
		{ 200, "{\"access_token\":\"********\"}" },
		{ 200, "{}" },
		{ 200, "{\"access_token\":\"line\\r\\nX-Injected: 1\"}" },
		{ 400, "{\"error\":{\"code\":190,\"message\":\"it is dead\"}}" },
		{ 503, "" },
	};
	struct place *place = *state;

	grant(place, FIRST, "USER", 31, 29);
	start_daemon(place);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char offset[32];

		/* debug_token answers, the renewal does not */
		(void)snprintf(offset, sizeof(offset), "%zu", i * 2 * DAY);
		assert_int_equal(setenv("METRICSD_CLOCK_OFFSET", offset, 1), 0);
		for (int turn = 0; turn < TURNS; turn++) {
			tokens_look(place->tokens, clock_now());
			if (place->debugs > i)
				say(place, answers[i].status, answers[i].body);
			if (fetcher_busy(place->fetcher) > 0)
				ev_run(place->loop, EVRUN_ONCE);
		}
		place->broken = 0;
		assert_string_equal(shown(place), FIRST);
	}
	assert_true(place->renewals >= 1);
	assert_int_equal(access(place->renewed, F_OK), -1);
}

/* Members of the service's group may rename what lies in its state directory. */
static void renewed_token_that_somebody_else_may_have_laid_there_is_not_used(void **state)
{
	struct place *place = *state;
	char tokens_directory[80];

	(void)snprintf(tokens_directory, sizeof(tokens_directory), "%s/tokens", place->directory);
	grant(place, FIRST, "USER", 31, 29);
	start_daemon(place);
	run(place);
	assert_int_equal(memcmp(shown(place), "EAASimLong", 10), 0);
	stop_daemon(place);
	assert_int_equal(chmod(tokens_directory, 0770), 0);
	start_daemon(place);
	assert_string_equal(shown(place), FIRST);
}

static void renewed_token_that_cannot_be_written_down_is_not_used(void **state)
{
	struct place *place = *state;
	char obstacle[80];

	(void)snprintf(obstacle, sizeof(obstacle), "%s/tokens", place->directory);
	write_secret(obstacle, "a file where the directory should be\n");
	grant(place, FIRST, "USER", 31, 29);
	start_daemon(place);
	run(place);
	assert_int_equal(place->renewals, 1);
	assert_string_equal(shown(place), FIRST);
	assert_int_equal(times_logged(place, "Not a directory"), 1);
	assert_int_equal(health_of(place).renewed, 0);
}

/* A gateway that wants to be left alone for two hours does not care which secret is shown. */
static void another_secret_is_not_asked_about_before_the_time_that_was_told(void **state)
{
	struct place *place = *state;
	size_t asked;

	grant(place, FIRST, "USER", 0, 60);
	grant(place, SECOND, "USER", 0, 60);
	start_daemon(place);
	run(place);
	say(place, 429, "busy");
	place->broken_header = "Retry-After: 7200\r\n";
	at_day(place, 1);
	asked = place->debugs;
	write_secret(place->file, SECOND "\n");
	at_hour(place, 26);
	assert_int_equal(place->debugs, asked);
	place->broken = 0;
	at_hour(place, 28);
	assert_true(place->debugs > asked);
	assert_string_equal(shown(place), SECOND);
}

/* --- whoever asks --- */

static void somebody_who_asks_is_told_in_words(void **state)
{
	struct place *place = *state;
	char words[512], expected[256], date[32];
	time_t end = place->start + (time_t)10 * DAY;
	struct tm tm;

	place->token.kind = TOKEN_SYSTEM_USER;
	world_token(place->world,
		    &(struct sim_token){ .secret = FIRST,
					 .type = "SYSTEM_USER",
					 .scopes = "pages_read_engagement,instagram_basic,"
						   "pages_read_user_content,read_insights",
					 .issued = place->start,
					 .expires = end + HOUR });
	start_daemon(place);
	run(place);
	place->errand.open = 1;
	tokens_ask(place->tokens, &place->token, &place->errand);
	assert_int_equal(place->errand.open, 2);
	place->errand.open--; /* everything was asked for */
	run(place);
	assert_true(place->finished);
	assert_int_equal(place->debugs, 2);
	assert_false(
		tokens_describe(place->tokens, &place->token, place->start, words, sizeof(words)));
	(void)gmtime_r(&(time_t){ end + HOUR }, &tm);
	assert_true(strftime(date, sizeof(date), "%Y-%m-%d", &tm) > 0);
	(void)snprintf(expected, sizeof(expected),
		       "token meta (system-user): valid, its life ends in 10 days (%s); lacks "
		       "instagram_manage_insights",
		       date);
	assert_string_equal(words, expected);
}

static void errand_is_over_even_when_nobody_can_be_asked(void **state)
{
	struct place *place = *state;

	grant(place, FIRST, "USER", 0, 60);
	say(place, 503, "");
	start_daemon(place);
	tokens_ask(place->tokens, &place->token, &place->errand);
	run(place);
	assert_true(place->finished);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(token_is_asked_about_at_once_and_then_once_a_day),
		TEST(warnings_come_once_at_14_7_3_and_1_days_and_at_the_end),
		TEST(warning_told_before_a_restart_is_not_told_again),
		TEST(lacking_permission_is_told_once_and_that_it_lacks_no_more),
		TEST(dead_token_is_told_once_and_its_resurrection_too),
		TEST(refused_token_that_is_good_again_is_used_again),
		TEST(hold_that_could_not_be_taken_off_is_taken_off_later),
		TEST(good_token_whose_accounts_wait_since_before_the_start_is_used_again),
		TEST(token_that_stays_refused_is_asked_about_ever_more_seldom),
		TEST(good_token_that_is_refused_again_and_again_is_left_alone_for_longer),
		TEST(throttled_token_that_is_good_waits_all_the_same),
		TEST(person_who_checks_a_token_nobody_can_be_asked_about_takes_its_hold_off),
		TEST(app_secret_that_is_put_right_is_a_replacement_too),
		TEST(who_does_not_answer_is_asked_later_and_later),
		TEST(who_was_told_to_wait_waits_and_so_does_his_app),
		TEST(hold_put_on_by_a_sweep_keeps_from_asking_too),
		TEST(state_that_was_rolled_back_is_written_again),
		TEST(token_that_is_not_configured_any_more_is_forgotten),
		TEST(renewed_secret_goes_with_its_token_and_with_no_other),
		TEST(end_that_no_token_has_is_not_believed),
		TEST(without_an_app_use_shows_what_a_token_is_worth),
		TEST(new_secret_is_tried_by_its_first_use_and_the_old_one_stays_when_refused),
		TEST(refused_new_secret_is_forgotten_as_soon_as_the_one_in_use_is_put_back),
		TEST(refused_new_secret_is_not_told_of_after_a_restart_with_it),
		TEST(app_that_may_not_ask_is_told_and_use_decides),
		TEST(new_secret_is_asked_about_before_it_is_used),
		TEST(refused_new_secret_is_told_once_and_asked_about_once),
		TEST(secret_of_another_app_does_not_take_the_place_of_a_good_one),
		TEST(empty_or_garbled_file_leaves_the_secret_in_use),
		TEST(new_secret_waits_while_nobody_can_be_asked),
		TEST(file_that_is_wrong_at_the_start_is_told_and_asked_about_when_right),
		TEST(credential_that_root_replaced_since_the_start_goes_first),
		TEST(persons_token_is_renewed_at_half_of_its_life),
		TEST(renewed_token_is_used_after_a_restart_until_root_replaces_his),
		TEST(renewal_that_lives_no_longer_is_worth_nothing),
		TEST(refused_or_empty_renewal_keeps_the_token_there_is),
		TEST(renewed_token_that_somebody_else_may_have_laid_there_is_not_used),
		TEST(another_secret_is_not_asked_about_before_the_time_that_was_told),
		TEST(renewed_token_that_cannot_be_written_down_is_not_used),
		TEST(somebody_who_asks_is_told_in_words),
		TEST(errand_is_over_even_when_nobody_can_be_asked),
	};
	int failed;

	if (fetch_begin() < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fetch_end();
	return failed;
}
