/* The whole of it on a loop of its own: what lies in a store is told by a real SMTP server and by
 * files for hooks. */
#include "test.h"

#include "smtp.h"

#include "../config/parse.h"
#include "daemon/alert_hook.h"
#include "daemon/alerts.h"
#include "daemon/sweeper.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <dirent.h>
#include <ev.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	struct ev_loop *loop;
	char directory[64], database[96], mails[96], commands[96], queue[96];
	struct smtp_wishes wishes;
	int server, port;
	struct config *config;
	struct store *store;
	struct alerts *alerts;
	struct text log;
};

/* A sweeper in which nothing happens but what a test says. */
static struct {
	const char *trouble;
	int64_t since;
	bool writing;
	bool once; /* from the second look on, as if the daemon died after the first */
	int looks;
} stand_in;

bool sweeper_writing(const struct sweeper *sweeper)
{
	(void)sweeper;
	return stand_in.writing || (stand_in.once && stand_in.looks++ > 0);
}

const char *sweeper_trouble(const struct sweeper *sweeper, int64_t *since)
{
	(void)sweeper;
	*since = stand_in.since;
	return stand_in.trouble;
}

int64_t sweeper_next(const struct sweeper *sweeper)
{
	(void)sweeper;
	return INT64_MAX;
}

size_t sweeper_running(const struct sweeper *sweeper)
{
	(void)sweeper;
	return 0;
}

static void configure(struct world *world, const char *more)
{
	SCOPED(text)
	struct text bytes = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };

	text_addf(&bytes,
		  "state_directory = \"%s\";\n"
		  "alerts: { language = \"en\"; %s };\n"
		  "tokens: ( { id = \"meta\"; kind = \"page\"; file = \"%s/token\"; } );\n"
		  "entities: ( { id = \"itagui\"; zone = \"America/Bogota\"; accounts: (\n"
		  "{ id = \"a\"; collector = \"facebook\"; page = \"104\"; token = \"meta\"; },\n"
		  "{ id = \"b\"; collector = \"facebook\"; page = \"105\"; token = \"meta\"; } );"
		  " } );\n",
		  world->directory, more, world->directory);
	if (config_parse("test.conf", text_str(&bytes), bytes.length, &world->config, &complaints) <
	    0)
		fail_msg("%s", text_str(&complaints));
}

static void configure_mail(struct world *world, const char *more)
{
	char alerts[512];

	if (!world->port)
		world->server = smtp_start(&world->wishes, &world->port);
	(void)snprintf(alerts, sizeof(alerts),
		       "%s mail: { server = \"smtp://127.0.0.1:%d\"; from = "
		       "\"metricsd@example.org\"; to = [\"ana@example.org\"]; };",
		       more, world->port);
	configure(world, alerts);
}

static void configure_both(struct world *world)
{
	configure_mail(world, "hooks = [\"siren\"];");
}

static int set_up(void **state)
{
	struct world *world = memory_new(1, sizeof(*world));
	struct error err;
	char path[96];

	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/metricsd-alerts-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	(void)snprintf(world->database, sizeof(world->database), "%s/metrics.db", world->directory);
	(void)snprintf(world->mails, sizeof(world->mails), "%s/mails", world->directory);
	(void)snprintf(world->queue, sizeof(world->queue), "%s/alerts/siren", world->directory);
	(void)snprintf(path, sizeof(path), "%s/token", world->directory);
	assert_int_equal(symlink("/dev/null", path), 0);
	world->wishes.mails = world->mails;
	world->loop = ev_loop_new(0);
	stand_in.trouble = NULL;
	stand_in.writing = stand_in.once = false;
	stand_in.looks = 0;
	unsetenv("METRICSD_CLOCK_OFFSET");
	log_setup(LOG_LEVEL_ERROR, false);
	assert_int_equal(store_open(world->database, STORE_COLLECT, &world->store, &err), 0);
	*state = world;
	return 0;
}

static void remove_files(const char *path)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
}

static int clear_up(void **state)
{
	struct world *world = *state;

	alerts_free(world->alerts);
	store_close(world->store);
	config_free(world->config);
	smtp_stop(world->server);
	remove_files(world->directory);
	ev_loop_destroy(world->loop);
	free(world);
	return 0;
}

/* --- arranging and looking --- */

/* The token is refused, for both accounts; replaced when `until` is 0. */
static void hold_token(struct world *world, int64_t until)
{
	struct held held = { .scope = HOLD_TOKEN, .key = "meta", .until = until };

	(void)snprintf(held.why, sizeof(held.why), "code 190: the session has expired");
	assert_int_equal(store_hold(world->store, &held, NULL), 0);
}

static void on_second(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void run_for(struct world *world, double seconds)
{
	ev_timer timer;

	ev_timer_init(&timer, on_second, seconds, 0.);
	ev_timer_start(world->loop, &timer);
	ev_run(world->loop, 0);
	ev_timer_stop(world->loop, &timer);
}

static void read_mails(const struct world *world, struct text *ret)
{
	SCOPED(file)
	FILE *file = fopen(world->mails, "r");
	char bytes[4096];
	size_t got;

	text_reset(ret);
	while (file && (got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_add_n(ret, bytes, got);
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

static size_t mail_count(const struct world *world)
{
	SCOPED(text)
	struct text mails = { 0 };

	read_mails(world, &mails);
	return count(text_str(&mails), "=====\n");
}

static size_t file_count(const struct world *world)
{
	DIR *directory = opendir(world->queue);
	size_t n = 0;

	if (!directory)
		return 0;
	for (const struct dirent *entry; (entry = readdir(directory));)
		n += entry->d_name[0] != '.';
	(void)closedir(directory);
	return n;
}

/* Lets it work until so much was told; no more comes. */
static void await(struct world *world, size_t mails, size_t files)
{
	alerts_nudge(world->alerts);
	for (int i = 0; i < 60 && (mail_count(world) < mails || file_count(world) < files); i++)
		run_for(world, 0.05);
	run_for(world, 0.05);
	assert_int_equal(mail_count(world), mails);
	assert_int_equal(file_count(world), files);
}

/* Ends with its last answer not written down, as if it was killed. */
static void die(struct world *world)
{
	struct store *other;

	assert_int_equal(store_open(world->database, STORE_PERSON, &other, NULL), 0);
	assert_int_equal(store_begin(other, NULL), 0);
	alerts_free(world->alerts);
	world->alerts = NULL;
	store_rollback(other);
	store_close(other);
}

/* So long after the test began. */
static void be_later(int hours)
{
	char seconds[32];

	(void)snprintf(seconds, sizeof(seconds), "%d", hours * 3600);
	(void)setenv("METRICSD_CLOCK_OFFSET", seconds, 1);
}

static void run_sql(const struct world *world, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(world->database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

static size_t lasting_count(const struct world *world)
{
	struct kept_alert *alerts;
	size_t n;

	assert_int_equal(store_alerts(world->store, INT64_MAX, &alerts, &n, NULL), 0);
	kept_alerts_free(alerts, n);
	return n;
}

static void start(struct world *world)
{
	if (!world->config)
		configure_both(world);
	world->alerts = alerts_new(world->loop, world->store, (const struct sweeper *)&stand_in,
				   world->config);
}

/* --- */

static void a_dead_token_is_told_once_by_each_way_and_its_end_too(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text mails = { 0 };

	hold_token(world, INT64_MAX);
	start(world);
	await(world, 1, 1);
	await(world, 1, 1); /* looked at again: nothing new */
	read_mails(world, &mails);
	assert_non_null(strstr(text_str(&mails), "Subject: metricsd: the token meta is refused\n"));
	assert_non_null(strstr(text_str(&mails), "It hits 2 accounts: itagui/a, itagui/b\n"));
	hold_token(world, 0);
	await(world, 2, 2);
	read_mails(world, &mails);
	assert_non_null(
		strstr(text_str(&mails), "Subject: metricsd: over: the token meta is refused\n"));
}

static void what_was_sent_and_not_written_down_is_sent_again_as_the_same(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text mails = { 0 };
	const char *first, *second;

	hold_token(world, INT64_MAX);
	start(world);
	stand_in.once = true; /* the server has it, but that is never written down */
	await(world, 1, 1);
	die(world);
	stand_in.once = false;
	start(world);
	await(world, 2, 1); /* the hook's file is the same file */
	read_mails(world, &mails);
	first = strstr(text_str(&mails), "Message-ID: ");
	assert_non_null(first);
	second = strstr(first + 1, "Message-ID: ");
	assert_non_null(second);
	assert_int_equal(strncmp(first, second, strcspn(first, "\n")), 0);
}

static void
what_was_sent_is_not_sent_again_when_the_daemon_ended_before_it_could_be_written_down(void **state)
{
	struct world *world = *state;

	hold_token(world, INT64_MAX);
	start(world);
	stand_in.once = true; /* a batch of the sweeper's is open until it ends */
	await(world, 1, 1);
	alerts_free(world->alerts);
	stand_in.once = false;
	start(world);
	await(world, 1, 1);
}

static void an_account_that_is_being_visited_is_not_over(void **state)
{
	struct world *world = *state;
	struct sweep_state visit = { .class = ERROR_PERMISSION,
				     .due = clock_now() + 3600,
				     .last_success = clock_now() - 60 };

	text_set(&visit.words, "code 200: (#200) requires pages_read_engagement");
	assert_int_equal(store_sweep_save(world->store, "itagui", "a", SWEEP_DAILY, &visit, NULL),
			 0);
	start(world);
	await(world, 1, 1);
	visit.class = ERROR_NONE; /* the first answer of the next visit is stored */
	visit.running = true;
	visit.due = clock_now() - 1;
	assert_int_equal(store_sweep_save(world->store, "itagui", "a", SWEEP_DAILY, &visit, NULL),
			 0);
	await(world, 1, 1);
	assert_int_equal(lasting_count(world), 1);
	visit.running = false;
	visit.due = clock_now() + 3600;
	text_reset(&visit.words);
	assert_int_equal(store_sweep_save(world->store, "itagui", "a", SWEEP_DAILY, &visit, NULL),
			 0);
	await(world, 2, 2);
	sweep_state_clear(&visit);
}

static void what_is_put_there_for_hooks_waits_for_the_disk_a_few_times_in_one_go(void **state)
{
	static const char *const ways[] = { "hook:siren", NULL };
	struct world *world = *state;
	int64_t id;

	for (int i = 0; i < 12; i++) {
		char cause[16];

		(void)snprintf(cause, sizeof(cause), "note:%d", i);
		assert_int_equal(store_alert_raise(world->store,
						   &(struct alert){ .kind = ALERT_NOTE,
								    .cause = cause,
								    .entity = "",
								    .subject = "a note",
								    .words = "words\n",
								    .since = clock_now(),
								    .ways = ways },
						   &id, NULL),
				 0);
	}
	configure(world, "hooks = [\"siren\"];");
	start(world);
	await(world, 0, 8);
	run_for(world, 1.2);
	assert_int_equal(file_count(world), 12);
}

static void what_cannot_be_told_is_tried_again_and_keeps_no_other_way(void **state)
{
	struct world *world = *state;
	struct kept_alert *alerts;
	struct delivery *deliveries;
	size_t n;

	world->wishes.refuse_mail = "451 4.3.0 later";
	hold_token(world, INT64_MAX);
	start(world);
	await(world, 0, 1);
	run_for(world, 0.2);
	assert_int_equal(store_alerts(world->store, 0, &alerts, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_deliveries(world->store, alerts[0].id, &deliveries, &n, NULL), 0);
	assert_int_equal(n, 3); /* hook, log, mail */
	assert_string_equal(deliveries[2].way, "mail");
	assert_false(deliveries[2].over);
	assert_int_equal(deliveries[2].tries, 1);
	assert_true(deliveries[2].due > clock_now() + 30);
	assert_non_null(strstr(deliveries[2].words, "451 4.3.0 later"));
	kept_alerts_free(alerts, 1);
	free(deliveries);
}

static void a_store_that_takes_nothing_is_told_once_all_the_same(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text mails = { 0 };
	struct kept_alert *alerts;
	size_t n;

	stand_in.trouble = "metrics.db: the disk is full: make room";
	stand_in.since = clock_now() - 60;
	start(world);
	await(world, 0, 0); /* not yet: it may pass */
	stand_in.since = clock_now() - 600;
	alerts_free(world->alerts);
	start(world);
	await(world, 1, 1);
	read_mails(world, &mails);
	assert_non_null(strstr(text_str(&mails), "the database cannot be written"));
	assert_non_null(strstr(text_str(&mails), "the disk is full: make room"));
	assert_int_equal(store_alerts(world->store, 0, &alerts, &n, NULL), 0);
	assert_int_equal(n, 0); /* nothing can be written */
	kept_alerts_free(alerts, n);
	alerts_free(world->alerts); /* nor does another daemon tell it again */
	start(world);
	await(world, 1, 1);
	stand_in.trouble = NULL; /* there is room */
	await(world, 2, 2);
	assert_int_equal(store_alerts(world->store, 0, &alerts, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_string_equal(alerts[0].cause, "store");
	assert_true(alerts[0].ended > 0);
	kept_alerts_free(alerts, n);
	await(world, 2, 2);
}

static void a_way_that_fails_has_no_other_tell_a_store_in_trouble_again(void **state)
{
	struct world *world = *state;

	world->wishes.refuse_mail = "451 4.3.0 later";
	stand_in.trouble = "metrics.db: the disk is full: make room";
	stand_in.since = clock_now() - 600;
	start(world);
	await(world, 0, 1);
	alerts_free(world->alerts);
	stand_in.since = clock_now() - 300; /* as another daemon sees it */
	start(world);
	await(world, 0, 1);
}

static void a_store_in_trouble_nobody_could_be_told_of_is_told_when_it_is_over(void **state)
{
	struct world *world = *state;
	struct kept_alert *alerts;
	struct delivery *deliveries;
	size_t n;

	world->wishes.refuse_mail = "451 4.3.0 later";
	configure_mail(world, "");
	stand_in.trouble = "metrics.db: the disk is full: make room";
	stand_in.since = clock_now() - 600;
	start(world);
	await(world, 0, 0);
	stand_in.trouble = NULL; /* there is room */
	await(world, 0, 0);
	assert_int_equal(store_alerts(world->store, 0, &alerts, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_string_equal(alerts[0].cause, "store");
	assert_true(alerts[0].ended > 0);
	assert_int_equal(store_deliveries(world->store, alerts[0].id, &deliveries, &n, NULL), 0);
	assert_string_equal(deliveries[n - 1].way, "mail");
	assert_int_equal(deliveries[n - 1].part, ALERT_ENDED);
	assert_false(deliveries[n - 1].over);
	kept_alerts_free(alerts, 1);
	free(deliveries);
}

static void
a_store_that_recovers_while_that_is_being_told_was_in_trouble_since_it_began(void **state)
{
	struct world *world = *state;
	struct kept_alert *alerts;
	size_t n;

	world->wishes.hang_quit = true; /* the server has it, and does not let go for two seconds */
	stand_in.trouble = "metrics.db: the disk is full: make room";
	stand_in.since = clock_now() - 600;
	start(world);
	await(world, 1, 1);
	stand_in.trouble = NULL;
	await(world, 1, 2);
	run_for(world, 2.2);
	assert_int_equal(store_alerts(world->store, 0, &alerts, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(alerts[0].since, stand_in.since);
	assert_true(alerts[0].ended > 0);
	kept_alerts_free(alerts, n);
}

static void a_store_in_trouble_is_told_though_what_was_told_before_is_not_written_down(void **state)
{
	struct world *world = *state;

	hold_token(world, INT64_MAX);
	start(world);
	stand_in.once = true;
	await(world, 1, 1);
	stand_in.since = clock_now() - 600;
	stand_in.trouble = "metrics.db: the disk is full: make room";
	await(world, 2, 2);
	stand_in.trouble = NULL;
	stand_in.once = false;
	await(world, 3, 3); /* its end; and the token is not told again */
	await(world, 3, 3);
}

/* A store in trouble for ten minutes, so many hours after the test began: it is told, and its end.
 */
static void be_in_trouble(struct world *world, int hours, int told_hours, bool restarted,
			  size_t told)
{
	size_t before = mail_count(world);

	be_later(hours);
	stand_in.trouble = "metrics.db: the disk is full: make room";
	stand_in.since = clock_now() - 600;
	await(world, before + (told_hours == hours ? told : 0),
	      before + (told_hours == hours ? told : 0));
	be_later(told_hours);
	if (restarted) {
		alerts_free(world->alerts);
		start(world);
	}
	await(world, before + told, before + told);
	stand_in.trouble = NULL;
	if (restarted) {
		alerts_free(world->alerts);
		start(world);
	}
	await(world, before + 2 * told, before + 2 * told);
	await(world, before + 2 * told, before + 2 * told);
}

static void a_store_in_trouble_again_is_told_a_day_later_and_so_is_its_end(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text mails = { 0 };
	const char *line;
	int ends = 0;

	start(world);
	be_in_trouble(world, 0, 0, false, 1);
	be_in_trouble(world, 3, 27, false, 1);
	read_mails(world, &mails);
	for (line = text_str(&mails); (line = strstr(line, "References: ")); line++, ends++) {
		char id[160];

		(void)snprintf(id, sizeof(id), "Message-ID: %.*s\n",
			       (int)strcspn(line + 12, "\r\n"), line + 12);
		assert_int_equal(count(text_str(&mails), id), 1); /* its beginning */
	}
	assert_int_equal(ends, 2);
}

static void
a_store_in_trouble_twice_a_day_is_told_once_by_whoever_is_started_meanwhile(void **state)
{
	struct world *world = *state;

	start(world);
	be_in_trouble(world, 0, 0, true, 1);
	be_in_trouble(world, 3, 3, true, 0);
	be_in_trouble(world, 30, 30, true, 1);
}

static bool tells_config(struct world *world, int hours)
{
	size_t before = mail_count(world);
	bool told;

	be_later(hours);
	world->alerts = alerts_new(world->loop, NULL, NULL, world->config);
	alerts_trouble(world->alerts, true, "metricsd.conf:7: unknown setting");
	for (int i = 0; i < 60 && !alerts_trouble_told(world->alerts); i++)
		run_for(world, 0.05);
	assert_true(alerts_trouble_told(world->alerts)); /* whoever starts need not wait */
	told = mail_count(world) > before;
	alerts_free(world->alerts);
	return told;
}

static void a_configuration_that_is_wrong_twice_a_day_is_told_once(void **state)
{
	struct world *world = *state;

	configure_both(world);
	assert_true(tells_config(world, 0));
	assert_false(tells_config(world, 1));
	start(world); /* it was mended */
	await(world, 2, 2);
	alerts_free(world->alerts);
	assert_false(tells_config(world, 4));
	start(world);
	await(world, 2, 2);
	alerts_free(world->alerts);
	assert_true(tells_config(world, 25));
	start(world);
	await(world, 4, 4);
}

static void a_store_that_takes_things_and_cannot_be_read_is_in_trouble_too(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text mails = { 0 };

	hold_token(world, INT64_MAX);
	start(world);
	run_sql(world, "DROP INDEX delivery_due");
	await(world, 0, 0);
	be_later(1);
	await(world, 1, 1);
	read_mails(world, &mails);
	assert_non_null(strstr(text_str(&mails), "the database cannot be written"));
	await(world, 1, 1);
	run_sql(world, "CREATE INDEX delivery_due ON delivery (due) WHERE done IS NULL");
	await(world, 3, 3); /* its end, and the token */
}

static void nothing_is_done_in_anothers_transaction(void **state)
{
	struct world *world = *state;

	hold_token(world, INT64_MAX);
	stand_in.writing = true;
	assert_int_equal(store_begin(world->store, NULL), 0);
	start(world);
	await(world, 0, 0);
	assert_int_equal(store_commit(world->store, NULL), 0);
	stand_in.writing = false;
	await(world, 1, 1);
}

static void another_configuration_has_other_ways(void **state)
{
	struct world *world = *state;
	struct config *before;

	hold_token(world, INT64_MAX);
	configure(world, "hooks = [\"siren\"];");
	start(world);
	await(world, 0, 1);
	before = world->config;
	configure_both(world);
	alerts_use(world->alerts, world->config);
	config_free(before);
	await(world, 1, 1); /* what lasts is told by the new one */
}

/* --- trials --- */

struct trial {
	struct alerts_trial trial;
	struct text words;
	bool finished;
};

static void on_progress(struct alerts_trial *trial, const char *words)
{
	text_addf(&((struct trial *)trial)->words, "%s\n", words);
}

static void on_finished(struct alerts_trial *trial)
{
	((struct trial *)trial)->finished = true;
}

static void try_all(struct world *world, struct trial *trial)
{
	trial->trial.progress = on_progress;
	trial->trial.finished = on_finished;
	alerts_test(world->alerts, &trial->trial);
	for (int i = 0; i < 60 && !trial->finished; i++)
		run_for(world, 0.05);
	assert_true(trial->finished);
}

static void a_trial_says_what_came_of_each_way(void **state)
{
	struct world *world = *state;
	struct trial trial = { 0 };
	SCOPED(text)
	struct text mails = { 0 };

	start(world);
	run_for(world, 0.05);
	try_all(world, &trial);
	assert_string_equal(text_str(&trial.words), "hook:siren: told\nmail: told\n");
	assert_int_equal(trial.trial.failed, 0);
	read_mails(world, &mails);
	assert_non_null(strstr(text_str(&mails), "Subject: metricsd: a trial: nothing is wrong\n"));
	assert_int_equal(file_count(world), 1);
	text_clear(&trial.words);
}

static void a_trial_that_fails_says_why(void **state)
{
	struct world *world = *state;
	struct trial trial = { 0 };

	world->wishes.refuse_mail = "550 5.7.1 not from here";
	start(world);
	try_all(world, &trial);
	assert_int_equal(trial.trial.failed, 1);
	assert_non_null(strstr(text_str(&trial.words), "550 5.7.1 not from here"));
	assert_int_equal(mail_count(world), 0);
	text_clear(&trial.words);
}

static void a_hook_that_takes_nothing_is_not_filled_for_ever(void **state)
{
	struct world *world = *state;
	char word[] = "w";
	struct kept_alert alert = { .cause = word, .entity = word, .subject = word, .words = word };
	struct zone *zone = NULL;
	struct tidings tidings = { .alert = &alert, .host = "office" };
	struct error err;

	assert_int_equal(zone_open("UTC", &zone, NULL), 0);
	tidings.zone = zone;
	assert_int_equal(hook_put(world->directory, "siren", &tidings, &err), 0);
	for (int i = 1; i < HOOK_FILES_MAX; i++) {
		char path[160];

		(void)snprintf(path, sizeof(path), "%s/%d", world->queue, i);
		assert_int_equal(symlink("/dev/null", path), 0);
	}
	assert_int_equal(hook_put(world->directory, "siren", &tidings, &err), -1);
	assert_non_null(strstr(err.text, "metricsd-alert@siren.service"));
	zone_close(zone);
}

int main(void)
{
#define TOLD(name) cmocka_unit_test_setup_teardown(name, set_up, clear_up)
	const struct CMUnitTest tests[] = {
		TOLD(a_dead_token_is_told_once_by_each_way_and_its_end_too),
		TOLD(what_was_sent_and_not_written_down_is_sent_again_as_the_same),
		TOLD(what_was_sent_is_not_sent_again_when_the_daemon_ended_before_it_could_be_written_down),
		TOLD(an_account_that_is_being_visited_is_not_over),
		TOLD(what_is_put_there_for_hooks_waits_for_the_disk_a_few_times_in_one_go),
		TOLD(what_cannot_be_told_is_tried_again_and_keeps_no_other_way),
		TOLD(a_store_that_takes_nothing_is_told_once_all_the_same),
		TOLD(a_way_that_fails_has_no_other_tell_a_store_in_trouble_again),
		TOLD(a_store_in_trouble_nobody_could_be_told_of_is_told_when_it_is_over),
		TOLD(a_store_that_recovers_while_that_is_being_told_was_in_trouble_since_it_began),
		TOLD(a_store_in_trouble_is_told_though_what_was_told_before_is_not_written_down),
		TOLD(a_store_in_trouble_again_is_told_a_day_later_and_so_is_its_end),
		TOLD(a_store_in_trouble_twice_a_day_is_told_once_by_whoever_is_started_meanwhile),
		TOLD(a_configuration_that_is_wrong_twice_a_day_is_told_once),
		TOLD(a_store_that_takes_things_and_cannot_be_read_is_in_trouble_too),
		TOLD(nothing_is_done_in_anothers_transaction),
		TOLD(another_configuration_has_other_ways),
		TOLD(a_trial_says_what_came_of_each_way),
		TOLD(a_trial_that_fails_says_why),
		TOLD(a_hook_that_takes_nothing_is_not_filled_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
