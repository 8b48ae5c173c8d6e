/* The daemon's publisher runs the built metricsctl, and only when there is something to publish. */
#include "run.h"
#include "test.h"

#include "daemon/publisher.h"

#include "metricsd/error.h"
#include "metricsd/store.h"

#include <ev.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_S = 30 };

static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	if (access(timer->data, F_OK) == 0)
		ev_break(loop, EVBREAK_ALL);
}

/* Runs the loop until the file is there or patience ends. */
static bool comes(struct ev_loop *loop, char *path, double patience)
{
	ev_timer end, look;

	ev_timer_init(&end, on_patience, patience, 0.);
	ev_timer_init(&look, on_look, 0.02, 0.02);
	look.data = path;
	ev_timer_start(loop, &end);
	ev_timer_start(loop, &look);
	ev_run(loop, 0);
	ev_timer_stop(loop, &end);
	ev_timer_stop(loop, &look);
	return access(path, F_OK) == 0;
}

static void a_nudge_publishes_what_was_stored(void **state)
{
	struct place *place = *state;
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(said)
	struct said said = { 0 };
	struct publisher *publisher;
	char path[96];
	struct stat about;

	run(place, "enter whatsapp posts 2025-10 10", &said);
	assert_int_equal(said.ends, 0);
	store = open_store(place, STORE_READ);
	(void)snprintf(path, sizeof(path), "%s/published.db", place->path);
	publisher = publisher_new(loop, store, place->config, 0);
	publisher_nudge(publisher);
	assert_true(comes(loop, path, PATIENCE_S));
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 07, 0);
	publisher_free(publisher);
}

static void without_anything_new_nothing_runs(void **state)
{
	struct place *place = *state;
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(said)
	struct said said = { 0 };
	struct publisher *publisher;
	char path[96];

	run(place, "enter whatsapp posts 2025-10 10", &said);
	assert_int_equal(said.ends, 0);
	store = open_store(place, STORE_READ);
	(void)snprintf(path, sizeof(path), "%s/published.db", place->path);
	publisher = publisher_new(loop, store, place->config, 0);
	publisher_nudge(publisher);
	assert_true(comes(loop, path, PATIENCE_S));
	assert_int_equal(unlink(path), 0);
	/* it ended or is about to; the next is a quarter of an hour away */
	publisher_nudge(publisher);
	assert_false(comes(loop, path, 0.3));
	publisher_free(publisher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_nudge_publishes_what_was_stored, make_place,
						clear_place),
		cmocka_unit_test_setup_teardown(without_anything_new_nothing_runs, make_place,
						clear_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
