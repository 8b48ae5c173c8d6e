/* Who is swept when, with a collector that has nothing to ask: its sweeps end as soon as they
 * begin. */
#include "test.h"

#include "daemon/control.h"
#include "daemon/fetch.h"
#include "daemon/orders.h"
#include "daemon/sweeper.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/control.h"
#include "metricsd/error.h"
#include "metricsd/json.h"

#include <ev.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOUR = 3600, DAY = 86400, REACH = 90 };

/* Settings: whom to ask, NULL: nobody. */
static int fake_next(const struct job *job, struct request *request, struct error *err)
{
	const char *url = job->settings;

	(void)err;
	if (url)
		text_add(&request->url, url);
	return url != NULL;
}

static int fake_take(struct job *job, const struct response *response, struct findings *findings,
		     struct error *err)
{
	(void)job;
	(void)response;
	(void)findings;
	return error_set(err, ERROR_MALFORMED, "nothing was asked");
}

static void fake_subject(const void *settings, char *ret, size_t room)
{
	(void)settings;
	(void)snprintf(ret, room, "thing 1");
}

static const struct metric metrics[] = { { 0 } };

static const struct collector fake = {
	.name = "fake",
	.title = "Fake",
	.metrics = metrics,
	.reach_days = REACH,
	.subject = fake_subject,
	.next = fake_next,
	.take = fake_take,
};

struct world {
	struct errand errand; /* first: an errand's world is at its address */
	char directory[64];
	char database[96];
	struct token token;
	struct account accounts[2];
	struct entity entity;
	struct config config;
	struct ev_loop *loop;
	struct store *store, *other; /* of somebody else, who may lock it */
	struct sweeper *sweeper;
	bool finished;
	char words[512]; /* the last progress */
};

static void on_progress(struct errand *errand, const char *words)
{
	struct world *world = (struct world *)errand;

	(void)snprintf(world->words, sizeof(world->words), "%s", words);
}

static void on_finished(struct errand *errand)
{
	((struct world *)errand)->finished = true;
}

static struct account an_account(struct world *world, const char *id)
{
	return (struct account){ .id = id,
				 .entity = &world->entity,
				 .collector = &fake,
				 .token = &world->token,
				 .zone = "America/Bogota",
				 .since = DAY_NONE,
				 .until = DAY_NONE,
				 .collect_from = DAY_NONE };
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct error err;

	if (!world)
		return -1;
	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/metricsd-sweeper-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	(void)snprintf(world->database, sizeof(world->database), "%s/metrics.db", world->directory);
	assert_int_equal(store_open(world->database, STORE_COLLECT, &world->store, &err), 0);
	assert_int_equal(store_open(world->database, STORE_PERSON, &world->other, &err), 0);
	world->errand.progress = on_progress;
	world->errand.finished = on_finished;
	world->token.id = "meta";
	world->accounts[0] = an_account(world, "facebook");
	world->accounts[1] = an_account(world, "instagram");
	world->entity = (struct entity){ .id = "itagui",
					 .zone = "America/Bogota",
					 .accounts = world->accounts,
					 .account_count = 1 };
	world->config.entities = &world->entity;
	world->config.entity_count = 1;
	world->config.schedule.at_minute = 240;
	world->config.http.in_flight = world->config.http.per_host = 4;
	world->config.http.per_token = 4;
	world->config.http.connect_timeout_ms = world->config.http.timeout_ms = 1000;
	world->config.http.body_max = 1 << 20;
	world->loop = ev_loop_new(EVFLAG_AUTO);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = { "metrics.db", "metrics.db-wal", "metrics.db-shm",
					     "metrics.db.collector" };
	struct world *world = *state;
	char path[192];

	(void)unsetenv("METRICSD_CLOCK_OFFSET");
	sweeper_free(world->sweeper);
	store_close(world->other);
	store_close(world->store);
	ev_loop_destroy(world->loop);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world->directory, files[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(world->directory), 0);
	free(world);
	return 0;
}

static void start(struct world *world)
{
	struct error err;

	world->sweeper = sweeper_new(world->loop, world->store, &world->config, true, &err);
	assert_non_null(world->sweeper);
}

static void turn(struct world *world)
{
	for (int i = 0; i < 8; i++)
		ev_run(world->loop, EVRUN_NOWAIT);
}

static void finish(struct world *world)
{
	while (!world->finished)
		ev_run(world->loop, EVRUN_ONCE);
}

static void hold(struct world *world, enum hold_scope scope, const char *key, int64_t until)
{
	struct held held = { .scope = scope, .until = until };
	struct error err;

	(void)snprintf(held.key, sizeof(held.key), "%s", key);
	memset(held.why, 'y', 120);
	assert_int_equal(store_hold(world->store, &held, &err), 0);
}

static void set_clock(int64_t offset_s)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%lld", (long long)offset_s);
	assert_int_equal(setenv("METRICSD_CLOCK_OFFSET", text, 1), 0);
}

static int64_t until_of_first_hold(const struct world *world)
{
	SCOPED(json)
	cJSON *object = cJSON_CreateObject();
	const cJSON *held;

	sweeper_describe(world->sweeper, object);
	held = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(object, "held"), 0);
	assert_non_null(held);
	return (int64_t)cJSON_GetObjectItemCaseSensitive(held, "until")->valuedouble;
}

static void clock_that_is_set_back_leaves_nobody_waiting_for_a_day_far_ahead(void **state)
{
	struct world *world = *state;
	int64_t now;

	set_clock((int64_t)30 * DAY);
	hold(world, HOLD_HOST, "graph.facebook.com", clock_now() + HOUR);
	start(world);
	turn(world);
	assert_true(sweeper_next(world->sweeper) > clock_now()); /* swept, and due again */
	set_clock(0);
	now = clock_now();
	assert_true(sweeper_next(world->sweeper) > now + (int64_t)29 * DAY);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_CHECK, NULL, &world->errand);
	finish(world);
	turn(world);
	assert_true(sweeper_next(world->sweeper) <= now + DAY + HOUR);
	assert_true(until_of_first_hold(world) <= now + HOUR + 5);
}

static void account_is_not_swept_before_its_numbers_have_its_new_name(void **state)
{
	struct world *world = *state;
	struct sweep_state old = { .started = 1000, .last_success = 1000, .due = 2000 };
	struct sweep_state found = { 0 };
	struct error err;

	assert_int_equal(store_sweep_save(world->store, "itagui", "fb", SWEEP_DAILY, &old, &err),
			 0);
	world->accounts[0].renamed_from = "fb";
	assert_int_equal(store_begin(world->other, &err), 0);
	start(world);
	turn(world);
	assert_int_equal(sweeper_running(world->sweeper), 0);
	assert_int_equal(sweeper_next(world->sweeper), INT64_MAX);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_DAILY, NULL, &world->errand);
	turn(world);
	assert_false(world->finished);
	store_rollback(world->other);
	finish(world);
	assert_int_equal(world->errand.failed, 0);
	assert_true(sweeper_next(world->sweeper) < INT64_MAX);
	assert_int_equal(store_sweep_load(world->store, "itagui", "fb", SWEEP_DAILY, &found, &err),
			 0);
	assert_int_equal(found.started, 0); /* nothing bears that name any more */
	sweep_state_clear(&found);
}

/* --- the batch --- */

/* A server that takes connections and never says a word; the account asks it, the other one has
 * nothing to ask. */
static int ask_in_vain(struct world *world, char *url, size_t room)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)snprintf(url, room, "http://127.0.0.1:%d/", ntohs(address.sin_port));
	world->accounts[0].settings = url;
	world->accounts[0].token = NULL;
	world->entity.account_count = 2;
	return fd;
}

static size_t in_flight(const struct world *world)
{
	SCOPED(json)
	cJSON *object = cJSON_CreateObject();

	sweeper_describe(world->sweeper, object);
	return (size_t)cJSON_GetObjectItemCaseSensitive(object, "in_flight")->valueint;
}

static int64_t last_success(const struct world *world, const char *account)
{
	struct sweep_state found = { 0 };
	struct error err;
	int64_t ret;

	assert_int_equal(
		store_sweep_load(world->other, "itagui", account, SWEEP_DAILY, &found, &err), 0);
	ret = found.last_success;
	sweep_state_clear(&found);
	return ret;
}

static void store_is_free_for_others_before_the_next_batch_begins(void **state)
{
	struct world *world = *state;
	struct error err;
	char url[64];
	int fd = ask_in_vain(world, url, sizeof(url));

	world->sweeper = sweeper_new(world->loop, world->store, &world->config, false, &err);
	assert_non_null(world->sweeper);
	sweeper_ask(world->sweeper, &world->accounts[1], SWEEP_DAILY, NULL, &world->errand);
	ev_invoke_pending(world->loop); /* what it does at once: no time goes by for the loop */
	assert_true(world->finished);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_CHECK, NULL, &world->errand);
	ev_invoke_pending(world->loop);
	assert_int_equal(in_flight(world), 0);
	assert_int_equal(store_begin(world->other, &err), 0);
	store_rollback(world->other);
	while (in_flight(world) == 0)
		ev_run(world->loop, EVRUN_ONCE);
	(void)close(fd);
}

static void sweep_that_ended_in_a_batch_that_failed_is_due_again(void **state)
{
	struct world *world = *state;
	struct rlimit files, none;
	struct error err;
	char url[64];
	int fd = ask_in_vain(world, url, sizeof(url));

	(void)signal(SIGXFSZ, SIG_IGN);
	world->sweeper = sweeper_new(world->loop, world->store, &world->config, false, &err);
	assert_non_null(world->sweeper);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_CHECK, NULL, &world->errand);
	sweeper_ask(world->sweeper, &world->accounts[1], SWEEP_DAILY, NULL, &world->errand);
	while (in_flight(world) == 0 || sweeper_running(world->sweeper) > 1)
		ev_run(world->loop, EVRUN_ONCE);
	/* one waits for its answer, the other has ended: nothing of it is told before the commit */
	assert_int_equal(world->errand.open, 2);
	assert_string_equal(world->words, "");
	assert_int_equal(last_success(world, "instagram"), 0);

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &files), 0);
	none = (struct rlimit){ 0, files.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	(void)close(fd); /* nothing is under way any more: the batch is over */
	finish(world);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &files), 0);
	assert_int_equal(world->errand.failed, 2);
	assert_true(world->errand.store_failed);
	assert_int_equal(last_success(world, "instagram"), 0);
	assert_int_equal(sweeper_running(world->sweeper), 0);

	set_clock(60); /* the store is tried again */
	world->finished = false;
	world->errand.failed = 0;
	sweeper_ask(world->sweeper, &world->accounts[1], SWEEP_DAILY, NULL, &world->errand);
	finish(world);
	assert_int_equal(world->errand.failed, 0);
	assert_true(last_success(world, "instagram") > 0);
}

static void who_is_asked_for_is_forgiven_even_when_the_store_was_locked(void **state)
{
	struct world *world = *state;
	struct held *holds = NULL;
	struct error err;
	size_t count = 1;

	hold(world, HOLD_ACCOUNT, "itagui/facebook", INT64_MAX);
	start(world);
	turn(world);
	assert_int_equal(store_begin(world->other, &err), 0);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_DAILY, NULL, &world->errand);
	turn(world);
	assert_false(world->finished);
	store_rollback(world->other);
	finish(world);
	assert_int_equal(world->errand.failed, 0);
	assert_int_equal(store_holds(world->store, clock_now(), &holds, &count, &err), 0);
	free(holds);
	assert_int_equal(count, 0);
}

static void another_configuration_takes_what_was_asked_for_along(void **state)
{
	struct world *world = *state;
	struct entity entity = world->entity;
	struct config config = world->config;
	struct account account = world->accounts[0];
	struct error err;

	start(world);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_DAILY, NULL, &world->errand);
	account.entity = &entity;
	entity.accounts = &account;
	config.entities = &entity;
	assert_int_equal(sweeper_use(world->sweeper, &config, &err), 0);
	finish(world);
	assert_int_equal(world->errand.failed, 0);
	sweeper_free(world->sweeper); /* before its configuration */
	world->sweeper = NULL;
}

static void status_with_hundreds_of_holds_still_fits_into_a_line(void **state)
{
	struct world *world = *state;
	SCOPED(json)
	cJSON *object = cJSON_CreateObject();
	char *line;
	int said;

	for (int i = 0; i < 500; i++) {
		char key[32];

		(void)snprintf(key, sizeof(key), "itagui/account-%d", i);
		hold(world, HOLD_ACCOUNT, key, INT64_MAX);
	}
	start(world);
	sweeper_describe(world->sweeper, object);
	line = cJSON_PrintUnformatted(object);
	assert_true(strlen(line) < CONTROL_LINE_MAX - (8 << 10));
	cJSON_free(line);
	said = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(object, "held"));
	assert_true(said > 100);
	assert_int_equal(cJSON_GetObjectItemCaseSensitive(object, "held_more")->valueint,
			 500 - said);
}

/* --- what people hear --- */

static const struct config *config_now(void *data)
{
	return &((struct world *)data)->config;
}

static int no_reload(void *data, struct text *complaints)
{
	(void)data;
	(void)complaints;
	return -1;
}

/* Everything the daemon says to a request. */
static void ask(struct world *world, const char *request, char *ret, size_t room)
{
	struct orders_context context = {
		.sweeper = world->sweeper, .config = config_now, .reload = no_reload, .data = world
	};
	struct orders *orders = orders_new(&context);
	struct control_handler handler = orders_handler(orders);
	struct control *control = NULL;
	struct error err;
	char path[96];
	size_t length = 0;
	ssize_t got;
	int ends[2];

	(void)snprintf(path, sizeof(path), "%s/control", world->directory);
	assert_int_equal(control_open(world->loop, path, &handler, &control, &err), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	control_serve(control, ends[0]);
	assert_int_equal(send(ends[1], request, strlen(request), MSG_NOSIGNAL), strlen(request));
	while ((got = recv(ends[1], ret + length, room - 1 - length, MSG_DONTWAIT)) != 0) {
		if (got > 0)
			length += (size_t)got;
		else
			ev_run(world->loop, EVRUN_ONCE);
	}
	ret[length] = '\0';
	(void)close(ends[1]);
	control_close(control);
	orders_free(orders);
}

static void backfill(struct world *world, int32_t first, int32_t last, char *ret, size_t room)
{
	char from[DAY_TEXT], to[DAY_TEXT], request[256];

	(void)snprintf(request, sizeof(request),
		       "{\"command\":\"backfill\",\"account\":\"facebook\",\"from\":\"%s\","
		       "\"to\":\"%s\"}\n",
		       day_text(first, from), day_text(last, to));
	ask(world, request, ret, room);
}

static int32_t today_in_bogota(void)
{
	return (int32_t)((clock_now() - (int64_t)5 * HOUR) / DAY);
}

static void days_that_cannot_be_had_are_refused_in_words(void **state)
{
	struct world *world = *state;
	char said[2048], expected[256], first[DAY_TEXT], last[DAY_TEXT];
	int32_t today;

	set_clock((DAY + (int64_t)12 * HOUR - clock_now() % DAY)); /* noon: no day ends meanwhile */
	today = today_in_bogota();
	start(world);
	turn(world);
	backfill(world, today - 4000, today - 3970, said, sizeof(said));
	(void)snprintf(expected, sizeof(expected),
		       "{\"error\":\"Fake keeps days only since %s\",\"exit\":2}\n",
		       day_text(today - REACH, first));
	assert_string_equal(said, expected);

	backfill(world, today, today + 3, said, sizeof(said));
	(void)snprintf(expected, sizeof(expected),
		       "{\"error\":\"%s is the last day that is over\",\"exit\":2}\n",
		       day_text(today - 1, last));
	assert_string_equal(said, expected);
}

static void backfill_says_what_it_leaves_out_and_what_it_is(void **state)
{
	struct world *world = *state;
	char said[2048], expected[256], first[DAY_TEXT], last[DAY_TEXT];
	int32_t today;

	set_clock((DAY + (int64_t)12 * HOUR - clock_now() % DAY));
	today = today_in_bogota();
	start(world);
	turn(world);
	backfill(world, today - 4000, today + 3, said, sizeof(said));
	(void)snprintf(expected, sizeof(expected),
		       "Fake keeps days only since %s: asked from there on",
		       day_text(today - REACH, first));
	assert_non_null(strstr(said, expected));
	(void)snprintf(expected, sizeof(expected),
		       "%s is the last day that is over: asked up to it",
		       day_text(today - 1, last));
	assert_non_null(strstr(said, expected));
	assert_non_null(strstr(said, "itagui/facebook: backfill done: 0 answers"));
	assert_non_null(strstr(said, "backfilled 1 account"));
	assert_null(strstr(said, "daily"));
}

static void check_speaks_of_accounts_and_not_of_numbers(void **state)
{
	struct world *world = *state;
	char said[2048];

	world->entity.account_count = 2;
	start(world);
	turn(world);
	ask(world, "{\"command\":\"check\"}\n", said, sizeof(said));
	assert_non_null(strstr(said, "\"text\":\"checked 2 accounts: both answer\""));
	ask(world, "{\"command\":\"check\",\"account\":\"facebook\"}\n", said, sizeof(said));
	assert_non_null(strstr(said, "\"text\":\"checked 1 account: it answers\""));
}

/* --- signs of life --- */

static int64_t last_alive(const struct world *world)
{
	struct error err;
	int64_t ret;

	assert_int_equal(store_last_alive(world->other, &ret, &err), 0);
	return ret;
}

static size_t lapses_of(const struct world *world, const char *account, struct lapse *first)
{
	struct lapse *lapses;
	struct error err;
	size_t count;

	assert_int_equal(
		store_lapses(world->other, "itagui", account, 0, INT64_MAX, &lapses, &count, &err),
		0);
	*first = (struct lapse){ 0 };
	if (count > 0)
		*first = lapses[0];
	free(lapses);
	return count;
}

static void stop(struct world *world)
{
	sweeper_free(world->sweeper);
	world->sweeper = NULL;
}

static void time_without_a_daemon_is_kept_for_every_account(void **state)
{
	struct world *world = *state;
	struct lapse lapse;
	int64_t ended;

	world->entity.account_count = 2;
	start(world);
	turn(world);
	stop(world);
	ended = last_alive(world);
	assert_true(ended > 0 && ended >= clock_now() - 2);
	assert_int_equal(lapses_of(world, "facebook", &lapse), 0);
	set_clock((int64_t)3 * DAY);
	start(world);
	turn(world);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(lapses_of(world, world->accounts[i].id, &lapse), 1);
		assert_string_equal(lapse_name(&lapse), "down");
		assert_int_equal(lapse.since, ended);
		assert_true(lapse.until >= ended + (int64_t)3 * DAY - 5);
		assert_true(lapse.until <= clock_now());
	}
}

static void restart_of_a_moment_is_no_downtime(void **state)
{
	struct world *world = *state;
	struct lapse lapse;

	start(world);
	turn(world);
	stop(world);
	set_clock(HOUR); /* it may have been idle for so long before it was killed */
	start(world);
	turn(world);
	assert_int_equal(lapses_of(world, "facebook", &lapse), 0);
	assert_true(last_alive(world) >= clock_now() - 5);
}

static void daemon_says_once_in_a_while_that_it_lives(void **state)
{
	struct world *world = *state;
	int64_t first;

	start(world);
	turn(world);
	first = last_alive(world);
	set_clock(HOUR / 2);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_CHECK, NULL, &world->errand);
	finish(world);
	turn(world);
	/* with what is committed anyway, but not each time */
	assert_true(last_alive(world) >= first + HOUR / 2 - 5);
	first = last_alive(world);
	world->finished = false;
	set_clock(HOUR / 2 + 300);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_CHECK, NULL, &world->errand);
	finish(world);
	assert_int_equal(last_alive(world), first);
}

static void account_that_was_not_configured_is_told_from_one_nobody_ran_for(void **state)
{
	struct world *world = *state;
	struct lapse lapse;
	struct error err;

	world->entity.account_count = 2;
	start(world);
	turn(world);
	world->entity.account_count = 1; /* Instagram is taken out */
	assert_int_equal(sweeper_use(world->sweeper, &world->config, &err), 0);
	turn(world);
	set_clock((int64_t)5 * DAY);
	sweeper_ask(world->sweeper, &world->accounts[0], SWEEP_DAILY, NULL, &world->errand);
	finish(world);
	turn(world);
	world->entity.account_count = 2;
	assert_int_equal(sweeper_use(world->sweeper, &world->config, &err), 0);
	world->finished = false;
	sweeper_ask(world->sweeper, &world->accounts[1], SWEEP_CHECK, NULL, &world->errand);
	finish(world);
	assert_int_equal(lapses_of(world, "instagram", &lapse), 1);
	assert_string_equal(lapse_name(&lapse), "absent");
	assert_true(lapse.until >= clock_now() - 5);
	assert_true(lapse.until - lapse.since > (int64_t)3 * DAY);
	assert_int_equal(lapses_of(world, "facebook", &lapse), 0);
}

/* After an outage everybody is overdue, and the configuration is read again before all are read. */
static void account_whose_turn_has_not_come_yet_was_configured_all_the_same(void **state)
{
	struct world *world = *state;
	struct lapse lapse;
	struct error err;

	world->entity.account_count = 2;
	start(world);
	turn(world);
	stop(world);
	set_clock((int64_t)3 * DAY);
	start(world);
	assert_int_equal(sweeper_use(world->sweeper, &world->config, &err), 0);
	turn(world);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(lapses_of(world, world->accounts[i].id, &lapse), 1);
		assert_string_equal(lapse_name(&lapse), "down");
	}
}

static void downtime_told_by_a_clock_ahead_is_cut_when_it_is_right_again(void **state)
{
	struct world *world = *state;
	struct lapse lapse;

	start(world);
	turn(world);
	stop(world);
	set_clock((int64_t)30 * DAY);
	start(world);
	turn(world);
	assert_int_equal(lapses_of(world, "facebook", &lapse), 1);
	stop(world);
	set_clock((int64_t)2 * DAY);
	start(world);
	turn(world);
	assert_int_equal(lapses_of(world, "facebook", &lapse), 1);
	assert_true(lapse.until <= clock_now());
	assert_true(last_alive(world) <= clock_now());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(clock_that_is_set_back_leaves_nobody_waiting_for_a_day_far_ahead),
		TEST(account_is_not_swept_before_its_numbers_have_its_new_name),
		TEST(store_is_free_for_others_before_the_next_batch_begins),
		TEST(sweep_that_ended_in_a_batch_that_failed_is_due_again),
		TEST(who_is_asked_for_is_forgiven_even_when_the_store_was_locked),
		TEST(another_configuration_takes_what_was_asked_for_along),
		TEST(status_with_hundreds_of_holds_still_fits_into_a_line),
		TEST(days_that_cannot_be_had_are_refused_in_words),
		TEST(backfill_says_what_it_leaves_out_and_what_it_is),
		TEST(check_speaks_of_accounts_and_not_of_numbers),
		TEST(time_without_a_daemon_is_kept_for_every_account),
		TEST(restart_of_a_moment_is_no_downtime),
		TEST(account_whose_turn_has_not_come_yet_was_configured_all_the_same),
		TEST(daemon_says_once_in_a_while_that_it_lives),
		TEST(account_that_was_not_configured_is_told_from_one_nobody_ran_for),
		TEST(downtime_told_by_a_clock_ahead_is_cut_when_it_is_right_again),
	};
	int failed;

	if (fetch_begin() < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fetch_end();
	return failed;
}
