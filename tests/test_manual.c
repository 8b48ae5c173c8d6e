#include "test.h"

#include "take.h"

#include "metricsd/record.h"

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

static void register_asks_nothing_and_says_what_it_keeps(void **state)
{
	static const char *const none[] = { NULL };
	static const struct {
		const char *collector, *keeps;
	} rows[] = { { "events", RECORD_EVENTS },
		     { "campaigns", RECORD_CAMPAIGNS },
		     { "risks", RECORD_RISKS } };
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		sweeping_start(&it, rows[i].collector, none, "America/Bogota",
			       "2026-11-22T12:00:00Z", "2026-11-01..2026-11-21");
		assert_string_equal(it.collector->keeps, rows[i].keeps);
		assert_false(it.collector->needs_token);
		assert_null(it.collector->subject);
		assert_string_equal(ask(&it), "");
		assert_int_equal(answer(&it, 200, "", "{}"), -1);
		assert_string_equal(it.err.text, "an answer nobody waits for");
		sweeping_end(&it);
	}
	assert_null(collector_find("manual")->keeps);
}

static void registers_metrics_say_how_they_are_made_of_records(void **state)
{
	static const struct {
		const char *collector, *metric;
		enum measure measure;
		enum metric_kind kind;
	} rows[] = { { "events", "events", MEASURE_COUNT, METRIC_FLOW },
		     { "events", "attendees", MEASURE_SUM, METRIC_FLOW },
		     { "events", "attendees_per_event", MEASURE_MEAN, METRIC_RATIO },
		     { "events", "attendees_max", MEASURE_MAX, METRIC_UNIQUE },
		     { "campaigns", "campaigns", MEASURE_PRESENT, METRIC_UNIQUE },
		     { "risks", "risks", MEASURE_PRESENT, METRIC_UNIQUE },
		     { "risks", "materialised", MEASURE_TRUE, METRIC_UNIQUE } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct metric *metric =
			metric_find(collector_find(rows[i].collector)->metrics, rows[i].metric);

		assert_non_null(metric);
		assert_int_equal(metric->call, rows[i].measure);
		assert_int_equal(metric->kind, rows[i].kind);
		/* the catalogue says the same, for who enters it, and what it is called */
		assert_int_equal(metric_find(metric_catalogue, rows[i].metric)->kind, rows[i].kind);
		assert_string_not_equal(metric_label(metric), metric->id);
	}
}

static void every_collector_is_found_by_its_name_and_keeps_to_the_limits(void **state)
{
	(void)state;
	assert_non_null(collectors[0]);
	for (const struct collector *const *it = collectors; *it; it++) {
		size_t metrics = 0;

		assert_ptr_equal(collector_find((*it)->name), *it);
		while ((*it)->metrics[metrics].id)
			metrics++;
		assert_true(metrics <= METRICS_MAX);
	}
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
		cmocka_unit_test(register_asks_nothing_and_says_what_it_keeps),
		cmocka_unit_test(registers_metrics_say_how_they_are_made_of_records),
		cmocka_unit_test(every_collector_is_found_by_its_name_and_keeps_to_the_limits),
		cmocka_unit_test(subjects_name_the_thing_at_the_provider),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
