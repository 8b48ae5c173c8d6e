#include "test.h"

#include "take.h"

#include <string.h>

static void manual_asks_nothing_and_needs_no_token(void **state)
{
	static const char *const none[] = { NULL };
	static const enum sweep sweeps[] = { SWEEP_DAILY, SWEEP_WATCH, SWEEP_CHECK };
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		sweeping_start(&it, "manual", none, "America/Bogota", "2026-11-22T12:00:00Z",
			       "2026-11-01..2026-11-21");
		it.job.sweep = sweeps[i];
		assert_false(it.collector->needs_token);
		assert_null(it.collector->subject);
		assert_null(it.collector->metrics[0].id);
		assert_string_equal(ask(&it), "");
		assert_int_equal(answer(&it, 200, "", "{}"), -1);
		assert_string_equal(it.err.text, "an answer nobody waits for");
		sweeping_end(&it);
	}
}

static void every_collector_is_found_by_its_name_and_keeps_to_the_limits(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct collector *const *it = collectors; *it; it++) {
		size_t metrics = 0;

		count++;
		assert_ptr_equal(collector_find((*it)->name), *it);
		while ((*it)->metrics[metrics].id)
			metrics++;
		assert_true(metrics <= METRICS_MAX);
	}
	assert_int_equal(count, 4);
	assert_null(collector_find("orkut"));
	assert_null(collector_find(""));
}

static void subjects_name_the_thing_at_the_provider(void **state)
{
	static const struct {
		const char *collector;
		const char *setting;
		const char *subject;
	} rows[] = { { "facebook", "page", "page 42" },
		     { "instagram", "user", "user 42" },
		     { "matomo", "site", "site 42" } };
	char subject[64];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct collector *collector = collector_find(rows[i].collector);
		const char *const given[] = { rows[i].setting, "42", "base", "https://x.test",
					      NULL };
		void *settings = settings_of(collector, given);

		collector->subject(settings, subject, sizeof(subject));
		assert_string_equal(subject, rows[i].subject);
		collector->subject(settings, subject, 5);
		assert_int_equal(strlen(subject), 4);
		free(settings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual_asks_nothing_and_needs_no_token),
		cmocka_unit_test(every_collector_is_found_by_its_name_and_keeps_to_the_limits),
		cmocka_unit_test(subjects_name_the_thing_at_the_provider),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
