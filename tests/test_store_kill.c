/* A collector that is killed at any moment: what it stored and how far it says it is always agree.
 */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/store.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLS = 25, FIRST = 10000, ANSWERS_MAX = 9000 };
static const int64_t now = (int64_t)20000 * 86400;

static const struct metric metrics[] = {
	{ .id = "visits", .provider = "page_views_total", .kind = METRIC_FLOW },
	{ .id = "posts", .kind = METRIC_FLOW, .items = ITEM_POST },
	{ 0 },
};

/* Answer n: a sample and a publication of day FIRST + n; every third answer changes one before. */
static int tell(struct store *store, int n, struct error *err)
{
	SCOPED(findings)
	struct findings findings = { 0 };
	struct sweep_state state = { .running = true, .started = now };
	struct answer answer = {
		.channel = { "itagui", "facebook", "facebook", "UTC", "page 1", metrics },
		.findings = &findings,
		.origin = { .at = now, .what = "insights" },
		.state = &state,
	};
	char id[16];
	int result;

	(void)snprintf(id, sizeof(id), "%d", n);
	text_set(&state.cursor, id);
	if (n % 3 == 0 && n > 3)
		findings_sample(&findings, &metrics[0], (struct window){ FIRST + n - 2, 1 }, n, 0);
	findings_sample(&findings, &metrics[0], (struct window){ FIRST + n, 1 }, n, 0);
	findings_item(&findings, ITEM_POST, id, (int64_t)(FIRST + n) * 86400 + 5);
	findings_watch(&findings, ITEM_POST, (int64_t)(FIRST + n) * 86400,
		       (int64_t)(FIRST + n + 1) * 86400);
	result = store_answer(store, &answer, NULL, err);
	sweep_state_clear(&state);
	return result;
}

/* Goes on where the cursor stands, one answer a transaction or five, until it is killed. */
static _Noreturn void collect(const char *path, int n, bool together)
{
	struct store *store;
	struct error err;

	if (store_open(path, STORE_COLLECT, &store, &err) < 0)
		_exit(1);
	while (n < ANSWERS_MAX) {
		if (together && store_begin(store, &err) < 0)
			_exit(1);
		for (int i = 0; i < (together ? 5 : 1); i++)
			if (tell(store, ++n, &err) < 0)
				_exit(1);
		if (together && store_commit(store, &err) < 0)
			_exit(1);
	}
	_exit(0);
}

/* The cursor's number, once everything up to it is there and nothing beyond. */
static int look(const char *path)
{
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(zone)
	struct zone *utc = NULL;
	SCOPED(history)
	struct history history = { 0 };
	struct sweep_state state = { 0 };
	struct store_totals totals;
	struct error err;
	int n;

	if (store_open(path, STORE_COLLECT, &store, &err) < 0 || store_verify(store, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(zone_open("UTC", &utc, &err), 0);
	assert_int_equal(store_sweep_load(store, "itagui", "facebook", SWEEP_DAILY, &state, &err),
			 0);
	n = atoi(text_str(&state.cursor));
	sweep_state_clear(&state);
	assert_int_equal(store_totals(store, &totals, &err), 0);
	assert_int_equal(totals.samples, n);
	assert_int_equal(totals.items, n);
	assert_int_equal(totals.origins, n);
	assert_int_equal(totals.revisions, n / 3 - (n >= 3));
	assert_int_equal(store_history(store, &(struct store_account){ "itagui", "facebook", utc },
				       1, NULL, (struct window){ FIRST, n + 100 }, &history, &err),
			 0);
	for (size_t s = 0; s < history.count; s++) {
		assert_int_equal(history.series[s].count, n);
		for (int i = 0; i < n; i++)
			assert_int_equal(history.series[s].samples[i].window.first, FIRST + 1 + i);
	}
	return n;
}

static void remove_store(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".collector" };
	char file[96];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		(void)unlink(file);
	}
}

static void killed_collector_leaves_samples_and_cursor_together(void **state)
{
	char directory[] = "/tmp/test_store_kill.XXXXXX";
	char path[64];
	uint32_t seed = 7;
	int n = 0;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/metrics.db", directory);
	for (int i = 0; i < KILLS; i++) {
		int status;
		pid_t child = fork();

		if (child == 0)
			collect(path, n, i % 2);
		seed = seed * 1103515245 + 12345;
		(void)usleep(2000 + (seed >> 16) % 25000);
		(void)kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		status = look(path);
		assert_true(status >= n);
		n = status;
	}
	assert_true(n > 0);
	remove_store(path);
	assert_int_equal(rmdir(directory), 0);
}

enum { OPENERS = 6, FILES = 12 };

/* Ends with 0 when the store could be opened. */
static _Noreturn void open_at_once(const char *path, int gate)
{
	struct store *store;
	struct error err = { 0 };
	char any;

	if (read(gate, &any, 1) < 0 || store_open(path, STORE_PERSON, &store, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	store_close(store);
	_exit(0);
}

static void store_that_several_open_first_is_made_once(void **state)
{
	char directory[] = "/tmp/test_store_open.XXXXXX";
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (int i = 0; i < FILES; i++) {
		pid_t pids[OPENERS];
		int gate[2];

		(void)snprintf(path, sizeof(path), "%s/%d.db", directory, i);
		assert_int_equal(pipe(gate), 0);
		for (int j = 0; j < OPENERS; j++) {
			pids[j] = fork();
			assert_true(pids[j] >= 0);
			if (pids[j] == 0) {
				(void)close(gate[1]);
				open_at_once(path, gate[0]);
			}
		}
		(void)close(gate[0]);
		(void)close(gate[1]); /* all of them at once */
		for (int j = 0; j < OPENERS; j++) {
			int status;

			assert_int_equal(waitpid(pids[j], &status, 0), pids[j]);
			assert_int_equal(status, 0);
		}
		remove_store(path);
	}
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_collector_leaves_samples_and_cursor_together),
		cmocka_unit_test(store_that_several_open_first_is_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
