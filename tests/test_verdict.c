#include "test.h"

#include "metricsd/verdict.h"

#include <string.h>

static const struct figure complete = { .form = FIGURE_EXACT, .complete = true };

static struct figure exact(int64_t value)
{
	struct figure figure = complete;

	figure.value = figure.low = figure.high = value;
	return figure;
}

static struct figure rounded(int64_t value, int64_t off)
{
	struct figure figure = complete;

	figure.form = FIGURE_BETWEEN;
	figure.rounded = true;
	figure.value = value;
	figure.low = value - off;
	figure.high = value + off;
	return figure;
}

static struct figure bounds(int64_t low, int64_t high)
{
	struct figure figure = complete;

	figure.kind = METRIC_UNIQUE;
	figure.form = FIGURE_BETWEEN;
	figure.value = figure.low = low;
	figure.high = high;
	return figure;
}

static struct figure at_least(int64_t low)
{
	return (struct figure){ .form = FIGURE_AT_LEAST, .value = low, .low = low, .high = low };
}

static struct figure ratio(struct figure figure, int decimals)
{
	figure.kind = METRIC_RATIO;
	figure.decimals = decimals;
	return figure;
}

enum mark { PLAIN, PROVISIONAL, REVISABLE, ESTIMATE, RUNNING, INCONSISTENT, INCOMPLETE };

static struct figure marked(struct figure figure, enum metric_kind kind, enum mark mark)
{
	figure.kind = kind;
	figure.provisional = mark == PROVISIONAL || mark == RUNNING;
	figure.running = mark == RUNNING;
	figure.revisable = mark == REVISABLE;
	figure.estimate = mark == ESTIMATE;
	figure.inconsistent = mark == INCONSISTENT;
	figure.complete = mark != INCOMPLETE;
	return figure;
}

static void verdict_follows_from_the_interval(void **state)
{
	static const struct figure nothing = { 0 };
	struct figure mean = ratio(at_least(168), 1);
	const struct {
		struct figure figure;
		struct printed printed;
		enum verdict verdict;
	} rows[] = {
		/* what a real office printed */
		{ exact(134), { 134, 0, 0 }, VERDICT_RIGHT },
		{ exact(37), { 36, 0, 0 }, VERDICT_WRONG },
		{ exact(90), { 179, 0, 0 }, VERDICT_WRONG },
		{ at_least(101), { 659, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ at_least(101), { 101, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ at_least(101), { 90, 0, 0 }, VERDICT_WRONG },
		{ mean, { 65, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ mean, { 16, 0, 0 }, VERDICT_WRONG },
		{ mean, { 168, 1, 0 }, VERDICT_NOT_PROVABLE },
		{ nothing, { 5, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ exact(0), { 0, 0, 0 }, VERDICT_RIGHT },
		{ exact(-5), { -5, 0, 0 }, VERDICT_RIGHT },
		/* equal within its uncertainty, and within that which was printed */
		{ rounded(3400, 50), { 3400, 0, 0 }, VERDICT_RIGHT },
		{ rounded(3400, 50), { 3450, 0, 0 }, VERDICT_RIGHT },
		{ rounded(3400, 50), { 3451, 0, 0 }, VERDICT_WRONG },
		{ rounded(3400, 50), { 3300, 0, 0 }, VERDICT_WRONG },
		{ rounded(3400, 50), { 3300, 0, 50 }, VERDICT_RIGHT },
		{ exact(3412), { 3400, 0, 50 }, VERDICT_RIGHT },
		{ exact(3412), { 3400, 0, 0 }, VERDICT_WRONG },
		{ exact(34), { 337, 1, 0 }, VERDICT_WRONG },
		{ exact(34), { 340, 1, 0 }, VERDICT_RIGHT },
		/* bounds that were concluded prove nothing right: people are not added up */
		{ bounds(73250, 100100), { 100000, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ bounds(73250, 100100), { 100101, 0, 0 }, VERDICT_WRONG },
		{ bounds(73250, 100100), { 73249, 0, 0 }, VERDICT_WRONG },
		/* a mean and its roundings: 101 / 3 is 33,67 */
		{ ratio(exact(337), 1), { 337, 1, 0 }, VERDICT_RIGHT },
		{ ratio(exact(337), 1), { 34, 0, 0 }, VERDICT_RIGHT },
		{ ratio(exact(337), 1), { 3367, 2, 0 }, VERDICT_RIGHT },
		{ ratio(exact(337), 1), { 33, 0, 0 }, VERDICT_WRONG },
		{ ratio(exact(337), 1), { 336, 1, 0 }, VERDICT_WRONG },
		{ ratio(exact(337), 1), { 3360, 2, 0 }, VERDICT_WRONG },
		{ ratio(exact(5), 0), { 52, 1, 0 }, VERDICT_WRONG },
		{ ratio(exact(5), 0), { 5, 0, 0 }, VERDICT_RIGHT },
		/* complete and final */
		{ marked(exact(37), METRIC_FLOW, INCOMPLETE), { 37, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ marked(exact(37), METRIC_FLOW, PROVISIONAL), { 37, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ marked(exact(37), METRIC_FLOW, REVISABLE), { 37, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ marked(exact(37), METRIC_FLOW, REVISABLE), { 36, 0, 0 }, VERDICT_WRONG },
		{ marked(exact(37), METRIC_FLOW, PROVISIONAL), { 36, 0, 0 }, VERDICT_WRONG },
		{ marked(bounds(5, 7), METRIC_UNIQUE, INCONSISTENT),
		  { 6, 0, 0 },
		  VERDICT_NOT_PROVABLE },
		/* what runs only grows; a level goes either way */
		{ marked(exact(37), METRIC_FLOW, RUNNING), { 38, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ marked(exact(37), METRIC_FLOW, RUNNING), { 36, 0, 0 }, VERDICT_WRONG },
		{ marked(exact(37), METRIC_STOCK, RUNNING), { 36, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ marked(exact(37), METRIC_STOCK, RUNNING), { 38, 0, 0 }, VERDICT_NOT_PROVABLE },
		/* an estimate is no bound */
		{ marked(exact(37), METRIC_FLOW, ESTIMATE), { 36, 0, 0 }, VERDICT_NOT_PROVABLE },
		{ marked(exact(37), METRIC_FLOW, ESTIMATE), { 37, 0, 0 }, VERDICT_RIGHT },
		/* large ones */
		{ exact(INT64_MAX), { INT64_MAX, 0, 0 }, VERDICT_RIGHT },
		{ exact(INT64_MAX), { INT64_MAX - 1, 0, 0 }, VERDICT_WRONG },
		{ exact(INT64_MIN), { INT64_MAX, 18, INT64_MAX }, VERDICT_WRONG },
		{ exact(9), { INT64_MAX, 18, 0 }, VERDICT_WRONG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (verdict_of(&rows[i].figure, &rows[i].printed) != rows[i].verdict)
			fail_msg("row %zu: printed %lld is \"%s\"", i,
				 (long long)rows[i].printed.value,
				 verdict_name(verdict_of(&rows[i].figure, &rows[i].printed)));
}

/* Of a register the sum and the count are known: 33,65 is none of the ways to print 101 / 3. */
static void mean_of_records_is_known_to_every_digit(void **state)
{
	const struct {
		int64_t over, under;
		struct printed printed;
		enum verdict verdict;
	} rows[] = {
		{ 101, 3, { 3367, 2, 0 }, VERDICT_RIGHT },
		{ 101, 3, { 3365, 2, 0 }, VERDICT_WRONG },
		{ 101, 3, { 3366, 2, 0 }, VERDICT_WRONG },
		{ 101, 3, { 337, 1, 0 }, VERDICT_RIGHT },
		{ 101, 3, { 336, 1, 0 }, VERDICT_WRONG },
		{ 101, 3, { 34, 0, 0 }, VERDICT_RIGHT },
		{ 101, 3, { 33, 0, 0 }, VERDICT_WRONG },
		{ 101, 3, { 33, 0, 1 }, VERDICT_RIGHT },
		{ 673, 20, { 3365, 2, 0 }, VERDICT_RIGHT },
		{ 673, 20, { 337, 1, 0 }, VERDICT_RIGHT }, /* half of the last digit: up, or down */
		{ 673, 20, { 336, 1, 0 }, VERDICT_RIGHT },
		{ 0, 4, { 0, 1, 0 }, VERDICT_RIGHT },
		{ 0, 4, { 1, 1, 0 }, VERDICT_WRONG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figure mean =
			ratio(exact((20 * rows[i].over + rows[i].under) / (2 * rows[i].under)), 1);

		mean.over = rows[i].over;
		mean.under = rows[i].under;
		if (verdict_of(&mean, &rows[i].printed) != rows[i].verdict)
			fail_msg("row %zu", i);
	}
}

static void verdicts_have_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_RIGHT), "right");
	assert_string_equal(verdict_name(VERDICT_WRONG), "wrong");
	assert_string_equal(verdict_name(VERDICT_NOT_PROVABLE), "not-provable");
}

static void sum_of_printed_parts_contradicts_a_whole_that_is_another(void **state)
{
	static const struct {
		struct printed whole, parts[3];
		int signs[3];
		size_t count;
		bool contradicts;
		struct printed made;
	} rows[] = {
		{ { 278, 0, 0 }, { { 273, 0, 0 }, { 6, 0, 0 } }, { 1, 1 }, 2, true, { 279, 0, 0 } },
		{ { 273, 0, 0 },
		  { { 94, 0, 0 }, { 89, 0, 0 }, { 90, 0, 0 } },
		  { 1, 1, 1 },
		  3,
		  false,
		  { 273, 0, 0 } },
		{ { 273, 0, 0 },
		  { { 94, 0, 0 }, { 89, 0, 0 }, { 179, 0, 0 } },
		  { 1, 1, 1 },
		  3,
		  true,
		  { 362, 0, 0 } },
		{ { 70, 0, 0 },
		  { { 100, 0, 0 }, { 30, 0, 0 } },
		  { 1, -1 },
		  2,
		  false,
		  { 70, 0, 0 } },
		/* all roundings are allowed for */
		{ { 48, 0, 0 },
		  { { 340, 1, 0 }, { 145, 1, 0 } },
		  { 1, 1 },
		  2,
		  true,
		  { 485, 1, 0 } },
		{ { 486, 1, 0 },
		  { { 340, 1, 0 }, { 145, 1, 0 } },
		  { 1, 1 },
		  2,
		  false,
		  { 485, 1, 0 } },
		{ { 487, 1, 0 },
		  { { 340, 1, 0 }, { 145, 1, 0 } },
		  { 1, 1 },
		  2,
		  true,
		  { 485, 1, 0 } },
		{ { 4850, 0, 0 },
		  { { 3400, 0, 50 }, { 1400, 0, 50 } },
		  { 1, 1 },
		  2,
		  false,
		  { 4800, 0, 100 } },
		{ { 4901, 0, 0 },
		  { { 3400, 0, 50 }, { 1400, 0, 50 } },
		  { 1, 1 },
		  2,
		  true,
		  { 4800, 0, 100 } },
		{ { 1899, 0, 0 },
		  { { 3400, 0, 50 }, { 1400, 0, 50 } },
		  { 1, -1 },
		  2,
		  true,
		  { 2000, 0, 100 } },
		{ { 0, 0, 0 }, { { 0 } }, { 0 }, 0, false, { 0, 0, 0 } },
		{ { INT64_MAX, 0, 0 },
		  { { INT64_MAX, 0, 0 }, { INT64_MAX, 0, 0 } },
		  { 1, 1 },
		  2,
		  true,
		  { INT64_MAX, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct printed made = { 7, 7, 7 };

		if (printed_contradict(&rows[i].whole, rows[i].parts, rows[i].signs, rows[i].count,
				       false, &made) != rows[i].contradicts)
			fail_msg("row %zu", i);
		assert_int_equal(made.value, rows[i].made.value);
		assert_int_equal(made.decimals, rows[i].made.decimals);
		assert_int_equal(made.uncertainty, rows[i].made.uncertainty);
	}
}

static void printed_mean_is_held_against_its_printed_parts(void **state)
{
	static const struct {
		struct printed whole, over, under;
		bool contradicts;
		struct printed made;
	} rows[] = {
		{ { 65, 0, 0 }, { 659, 0, 0 }, { 7, 0, 0 }, true, { 941, 1, 0 } },
		{ { 94, 0, 0 }, { 659, 0, 0 }, { 7, 0, 0 }, false, { 941, 1, 0 } },
		{ { 95, 0, 0 }, { 659, 0, 0 }, { 7, 0, 0 }, true, { 941, 1, 0 } },
		{ { 941, 1, 0 }, { 659, 0, 0 }, { 7, 0, 0 }, false, { 941, 1, 0 } },
		{ { 942, 1, 0 }, { 659, 0, 0 }, { 7, 0, 0 }, true, { 941, 1, 0 } },
		{ { 9414, 2, 0 }, { 659, 0, 0 }, { 7, 0, 0 }, false, { 9414, 2, 0 } },
		/* half is rounded either way */
		{ { 2, 0, 0 }, { 5, 0, 0 }, { 2, 0, 0 }, false, { 25, 1, 0 } },
		{ { 3, 0, 0 }, { 5, 0, 0 }, { 2, 0, 0 }, false, { 25, 1, 0 } },
		{ { 33, 0, 0 }, { 100, 0, 5 }, { 3, 0, 0 }, false, { 333, 1, 0 } },
		{ { 36, 0, 0 }, { 100, 0, 5 }, { 3, 0, 0 }, true, { 333, 1, 0 } },
		{ { 667, 1, 0 }, { 2, 0, 0 }, { 3, 2, 0 }, false, { 667, 1, 0 } },
		{ { 0, 0, 0 }, { 0, 0, 0 }, { 3, 0, 0 }, false, { 0, 1, 0 } },
		{ { -2, 0, 0 }, { 0, 0, 0 }, { 3, 0, 0 }, true, { 0, 1, 0 } },
		/* nothing can be divided by nothing */
		{ { 5, 0, 0 }, { 10, 0, 0 }, { 0, 0, 0 }, false, { 0, 1, 0 } },
		{ { 5, 0, 0 }, { 10, 0, 0 }, { 1, 0, 1 }, false, { 0, 1, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct printed parts[2] = { rows[i].over, rows[i].under };
		struct printed made = { 7, 7, 7 };

		if (printed_contradict(&rows[i].whole, parts, NULL, 2, true, &made) !=
		    rows[i].contradicts)
			fail_msg("row %zu", i);
		assert_int_equal(made.value, rows[i].made.value);
		assert_int_equal(made.decimals, rows[i].made.decimals);
		assert_int_equal(made.uncertainty, 0);
	}
}

static void people_printed_lie_between_the_largest_part_and_the_sum(void **state)
{
	static const struct printed months[3] = { { 5700, 0, 50 },
						  { 3400, 0, 50 },
						  { 28664, 0, 0 } };
	static const struct {
		struct printed whole;
		size_t count;
		bool beyond;
	} rows[] = {
		{ { 9100, 0, 0 }, 2, false },  { { 9200, 0, 0 }, 2, false },
		{ { 9201, 0, 0 }, 2, true },   { { 5650, 0, 0 }, 2, false },
		{ { 5649, 0, 0 }, 2, true },   { { 9250, 0, 50 }, 2, false },
		{ { 37764, 0, 0 }, 3, false }, { { 37865, 0, 0 }, 3, true },
		{ { 28000, 0, 0 }, 3, true },  { { 1, 0, 0 }, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(printed_beyond(&rows[i].whole, months, rows[i].count),
				 rows[i].beyond);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdict_follows_from_the_interval),
		cmocka_unit_test(mean_of_records_is_known_to_every_digit),
		cmocka_unit_test(verdicts_have_names),
		cmocka_unit_test(sum_of_printed_parts_contradicts_a_whole_that_is_another),
		cmocka_unit_test(printed_mean_is_held_against_its_printed_parts),
		cmocka_unit_test(people_printed_lie_between_the_largest_part_and_the_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
