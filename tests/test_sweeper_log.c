/* The sweeper's own loop reads a log: by itself when it is due, slice by slice, over a rotation,
 * and after a restart from where it was. */
#include "test.h"

#include "daemon/sweeper.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400, CLIENTS = 3, MANY = 40000 };

struct office {
	char directory[64];
	struct config *config;
	struct ev_loop *loop;
	struct store *store;
	struct sweeper *sweeper;
	int32_t today;
	size_t turns; /* of the loop while a sweep was under way */
};

static const char *in(const struct office *office, const char *name)
{
	static char paths[2][128];
	static int next;
	char *path = paths[next++ % 2];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", office->directory, name);
	return path;
}

static void write_file(const char *path, const struct text *words)
{
	SCOPED(file)
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	assert_int_equal(fwrite(text_str(words), 1, words->length, file), words->length);
}

/* A page for each of `clients` at noon of a day, UTC. */
static void add_day(const struct office *office, int32_t day, int clients)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	SCOPED(text)
	struct text log = TEXT_UP_TO(16 << 20);
	int year, month, date;

	day_split(day, &year, &month, &date);
	for (int i = 0; i < clients; i++)
		text_addf(&log,
			  "10.%d.%d.%d - - [%02d/%.3s/%d:12:00:00 +0000] \"GET /tramites "
			  "HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n",
			  i >> 16, i >> 8 & 255, i & 255, date, months + (ptrdiff_t)(month - 1) * 3,
			  year);
	assert_false(log.failed);
	write_file(in(office, "access.log"), &log);
}

static void start(struct office *office)
{
	struct error err;

	if (store_open(in(office, "metrics.db"), STORE_COLLECT, &office->store, &err) < 0)
		fail_msg("%s", err.text);
	office->sweeper = sweeper_new(office->loop, office->store, office->config, true, &err);
	assert_non_null(office->sweeper);
}

static void stop(struct office *office)
{
	sweeper_free(office->sweeper);
	office->sweeper = NULL;
	store_close(office->store);
	office->store = NULL;
}

static int set_up(void **state)
{
	SCOPED(text)
	struct text written = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };
	struct office *office = calloc(1, sizeof(*office));
	char since[DAY_TEXT];

	if (!office)
		return -1;
	(void)snprintf(office->directory, sizeof(office->directory), "/tmp/metricsd-loop-XXXXXX");
	assert_non_null(mkdtemp(office->directory));
	office->today = (int32_t)(clock_now() / DAY);
	text_addf(&written,
		  "state_directory = \"%s\";\n"
		  "schedule: { spread_minutes = 0; };\n"
		  "entities: ( { id = \"e\"; name = \"E\"; zone = \"UTC\"; accounts: (\n"
		  "{ id = \"sede\"; collector = \"accesslog\"; bots = \"none\";\n"
		  "log = \"%s/access.log\"; collect_from = \"%s\"; } ); } );\n",
		  office->directory, office->directory, day_text(office->today - 9, since));
	write_file(in(office, "metricsd.conf"), &written);
	if (config_load(in(office, "metricsd.conf"), &office->config, &complaints) < 0)
		fail_msg("%s", text_str(&complaints));
	office->loop = ev_loop_new(EVFLAG_AUTO);
	*state = office;
	return 0;
}

static int tear_down(void **state)
{
	struct office *office = *state;
	char command[96];

	stop(office);
	config_free(office->config);
	ev_loop_destroy(office->loop);
	(void)snprintf(command, sizeof(command), "rm -r %s", office->directory);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a name of ours */
	free(office);
	return 0;
}

/* What begins by itself, or is asked for, is over. */
static void run_out(struct office *office)
{
	for (int i = 0; sweeper_running(office->sweeper) == 0 && i < 100; i++)
		ev_run(office->loop, EVRUN_ONCE);
	for (office->turns = 0; sweeper_running(office->sweeper) > 0; office->turns++)
		ev_run(office->loop, EVRUN_ONCE);
}

static void over(struct errand *errand)
{
	assert_int_equal(errand->failed, 0);
}

static void quiet(struct errand *errand, const char *words)
{
	(void)errand;
	(void)words;
}

static void ask(struct office *office)
{
	struct errand errand = { .progress = quiet, .finished = over };

	sweeper_ask(office->sweeper, &office->config->entities[0].accounts[0], SWEEP_DAILY, NULL,
		    &errand);
	run_out(office);
	assert_int_equal(errand.open, 0);
}

/* The value of the day, -1: none is kept. */
static int64_t value_of(struct office *office, const char *metric, int32_t day)
{
	SCOPED(history)
	struct history history = { 0 };
	struct store_account account = { .entity = "e", .account = "sede" };
	SCOPED(zone)
	struct zone *zone = NULL;
	int64_t value = -1;
	struct error err;

	assert_int_equal(zone_open("UTC", &zone, &err), 0);
	account.zone = zone;
	assert_int_equal(store_history(office->store, &account, 1, metric,
				       (struct window){ day, 1 }, &history, &err),
			 0);
	for (size_t i = 0; i < history.count; i++)
		for (size_t k = 0; k < history.series[i].count; k++)
			if (history.series[i].samples[k].window.days == 1)
				value = history.series[i].samples[k].value;
	return value;
}

static void log_is_read_when_it_is_due_and_goes_on_over_a_rotation(void **state)
{
	struct office *office = *state;
	struct store_totals totals;
	struct error err;

	add_day(office, office->today - 3, CLIENTS);
	start(office);
	run_out(office);
	assert_int_equal(value_of(office, "visits", office->today - 3), CLIENTS);
	assert_int_equal(value_of(office, "visitors", office->today - 3), CLIENTS);

	assert_int_equal(rename(in(office, "access.log"), in(office, "access.log.1")), 0);
	add_day(office, office->today - 2, CLIENTS + 1);
	ask(office);
	assert_int_equal(value_of(office, "visits", office->today - 3), CLIENTS);
	assert_int_equal(value_of(office, "visits", office->today - 2), CLIENTS + 1);
	assert_int_equal(store_totals(office->store, &totals, &err), 0);
	assert_int_equal(totals.refused, 0);
}

static void restarted_daemon_goes_on_where_it_was(void **state)
{
	struct office *office = *state;

	add_day(office, office->today - 3, CLIENTS);
	start(office);
	run_out(office);
	stop(office);
	add_day(office, office->today - 2, CLIENTS);
	start(office);
	ask(office);
	assert_int_equal(value_of(office, "views", office->today - 3), CLIENTS);
	assert_int_equal(value_of(office, "views", office->today - 2), CLIENTS);
}

static void loop_turns_while_a_long_log_is_read(void **state)
{
	struct office *office = *state;

	add_day(office, office->today - 3, MANY);
	start(office);
	run_out(office);
	assert_int_equal(value_of(office, "visitors", office->today - 3), MANY);
	assert_true(office->turns > 4); /* 4 MiB, in slices of at most one */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			log_is_read_when_it_is_due_and_goes_on_over_a_rotation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(restarted_daemon_goes_on_where_it_was, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(loop_turns_while_a_long_log_is_read, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
