#include "test.h"

#include "metricsd/figure.h"
#include "metricsd/plan.h"
#include "metricsd/text.h"

#include <stdio.h>
#include <string.h>

static struct figure exact(int64_t value)
{
	return (struct figure){
		.form = FIGURE_EXACT, .value = value, .low = value, .high = value, .complete = true
	};
}

static struct figure between(int64_t low, int64_t high)
{
	return (struct figure){
		.form = FIGURE_BETWEEN, .value = low, .low = low, .high = high, .complete = true
	};
}

static struct figure at_least(int64_t low)
{
	return (struct figure){ .form = FIGURE_AT_LEAST, .value = low, .low = low, .high = low };
}

/* "333 to 334, 333 measured complete exact" */
static const char *say(const struct progress *progress, char *ret, size_t size)
{
	struct text text = { 0 };

	text_addf(&text, "%lld to ", (long long)progress->low);
	if (progress->high == SHARE_OPEN)
		text_add(&text, "open");
	else
		text_addf(&text, "%lld", (long long)progress->high);
	text_addf(&text, ", %lld%s%s%s%s", (long long)progress->value,
		  progress->counts ? "" : " uncounted", progress->measured ? " measured" : "",
		  progress->complete ? " complete" : "", progress->exact ? " exact" : "");
	(void)snprintf(ret, size, "%s", text_str(&text));
	text_clear(&text);
	return ret;
}

static void progress_is_the_share_of_the_target_rounded_outward(void **state)
{
	static const struct figure nothing = { 0 };
	const struct {
		struct target target;
		struct figure figure;
		const char *words;
	} rows[] = {
		{ { TARGET_NUMBER, 4 }, exact(1), "250 to 250, 250 measured complete exact" },
		{ { TARGET_NUMBER, 3 }, exact(1), "333 to 334, 333 measured complete exact" },
		{ { TARGET_NUMBER, 3 }, exact(2), "666 to 667, 667 measured complete exact" },
		{ { TARGET_NUMBER, 4 }, exact(5), "1250 to 1250, 1250 measured complete exact" },
		{ { TARGET_NUMBER, 4 }, exact(0), "0 to 0, 0 measured complete exact" },
		{ { TARGET_NUMBER, 4 }, exact(-3), "0 to 0, 0 measured complete exact" },
		{ { TARGET_NUMBER, 4 }, between(1, 3), "250 to 750, 250 measured complete" },
		{ { TARGET_NUMBER, 7 }, between(1, 3), "142 to 429, 143 measured complete" },
		{ { TARGET_NUMBER, 4 }, at_least(1), "250 to open, 250 measured" },
		{ { TARGET_NUMBER, 4 }, at_least(0), "0 to open, 0" },
		{ { TARGET_NUMBER, 4 }, nothing, "0 to open, 0" },
		{ { TARGET_NUMBER, 1 },
		  exact(INT64_MAX),
		  "9223372036854775807 to 9223372036854775807, 9223372036854775807 measured "
		  "complete exact" },
		{ { TARGET_NUMBER, INT64_MAX },
		  exact(INT64_MAX),
		  "1000 to 1000, 1000 measured complete exact" },
		{ { TARGET_NUMBER, INT64_MAX }, exact(1), "0 to 1, 0 measured complete exact" },
		{ { TARGET_PERCENT, 100 }, exact(50), "500 to 500, 500 measured complete exact" },
		{ { TARGET_PERCENT, 80 }, exact(80), "1000 to 1000, 1000 measured complete exact" },
		{ { TARGET_PERCENT, 100 }, at_least(40), "400 to 1000, 400 measured" },
		{ { TARGET_PERCENT, 50 }, at_least(60), "1200 to 1200, 1200 measured" },
		{ { TARGET_PERCENT, 100 }, nothing, "0 to 1000, 0" },
		{ { TARGET_YES_NO, 1 }, exact(1), "1000 to 1000, 1000 measured complete exact" },
		{ { TARGET_YES_NO, 1 }, exact(0), "0 to 0, 0 measured complete exact" },
		{ { TARGET_YES_NO, 1 }, exact(7), "1000 to 1000, 1000 measured complete exact" },
		{ { TARGET_YES_NO, 1 }, between(0, 2), "0 to 1000, 0 measured complete" },
		{ { TARGET_YES_NO, 1 }, at_least(0), "0 to 1000, 0" },
		{ { TARGET_YES_NO, 1 }, at_least(3), "1000 to 1000, 1000 measured" },
		{ { TARGET_YES_NO, 1 }, nothing, "0 to 1000, 0" },
		{ { TARGET_NONE, 0 }, exact(7), "0 to open, 0 uncounted" },
		{ { TARGET_NONE, 0 }, nothing, "0 to open, 0 uncounted" },
	};
	char words[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct progress progress = progress_of(&rows[i].target, &rows[i].figure);

		if (strcmp(say(&progress, words, sizeof(words)), rows[i].words) != 0)
			fail_msg("row %zu: \"%s\", expected \"%s\"", i, words, rows[i].words);
	}
}

static void progress_without_a_figure_knows_nothing(void **state)
{
	const struct target number = { TARGET_NUMBER, 4 }, done = { TARGET_YES_NO, 1 };
	struct progress progress = progress_of(&number, NULL);
	char words[200];

	(void)state;
	assert_string_equal(say(&progress, words, sizeof(words)), "0 to open, 0");
	progress = progress_of(&done, NULL);
	assert_string_equal(say(&progress, words, sizeof(words)), "0 to 1000, 0");
}

static void progress_of_a_mean_knows_its_decimals(void **state)
{
	const struct target target = { TARGET_NUMBER, 40 }, done = { TARGET_YES_NO, 1 };
	struct figure mean = { .kind = METRIC_RATIO,
			       .decimals = 1,
			       .form = FIGURE_AT_LEAST,
			       .value = 337,
			       .low = 168,
			       .high = 337 };
	struct figure half = exact(5);
	struct progress progress = progress_of(&target, &mean);
	char words[200];

	(void)state;
	assert_string_equal(say(&progress, words, sizeof(words)), "420 to open, 843 measured");
	half.decimals = 1;
	progress = progress_of(&done, &half);
	assert_string_equal(say(&progress, words, sizeof(words)),
			    "500 to 500, 500 measured complete exact");
}

static void estimate_and_incomplete_figure_are_not_exact(void **state)
{
	const struct target target = { TARGET_NUMBER, 4 };
	struct figure figure = exact(2);
	struct progress progress;
	char words[200];

	(void)state;
	figure.estimate = true;
	progress = progress_of(&target, &figure);
	assert_string_equal(say(&progress, words, sizeof(words)), "500 to 500, 500 measured");
	figure = exact(2);
	figure.complete = false;
	progress = progress_of(&target, &figure);
	assert_string_equal(say(&progress, words, sizeof(words)), "500 to 500, 500 measured");
}

static void level_of_an_earlier_day_leaves_open_what_came_after_it(void **state)
{
	const struct target all = { TARGET_PERCENT, 100 }, done = { TARGET_YES_NO, 1 };
	const struct target number = { TARGET_NUMBER, 200 };
	struct figure half = exact(50), yes = exact(1);
	struct progress progress;
	char words[200];

	(void)state;
	half.kind = yes.kind = METRIC_STOCK;
	half.complete = yes.complete = false; /* of June, where December is asked for */
	progress = progress_of(&all, &half);
	assert_string_equal(say(&progress, words, sizeof(words)), "500 to 1000, 500 measured");
	progress = progress_of(&number, &half);
	assert_string_equal(say(&progress, words, sizeof(words)), "250 to open, 250 measured");
	progress = progress_of(&done, &yes);
	assert_string_equal(say(&progress, words, sizeof(words)), "1000 to 1000, 1000 measured");
	yes = exact(0);
	yes.kind = METRIC_STOCK;
	yes.complete = false;
	progress = progress_of(&done, &yes);
	assert_string_equal(say(&progress, words, sizeof(words)), "0 to 1000, 0 measured");
}

/*
 * A plan in a line: each activity's progress, "500", "200-700", "200+" (open above), "none" (no
 * target), behind a "@" its weight; a "!" behind: not exact.
 */
static struct compliance comply(const char *line, enum plan_formula formula, bool cap)
{
	struct contribution parts[20] = { 0 };
	char copy[200], *rest = copy;
	size_t count = 0;

	assert_true(strlen(line) < sizeof(copy));
	memcpy(copy, line, strlen(line) + 1);
	for (char *token; (token = strsep(&rest, " "));) {
		struct contribution *part = &parts[count];
		struct progress *progress = &part->progress;
		char *end;

		if (!*token)
			continue;
		count++;
		progress->counts = strncmp(token, "none", 4) != 0;
		progress->low = strtoll(progress->counts ? token : token + 4, &end, 10);
		progress->high = progress->value = progress->low;
		progress->exact = progress->complete = progress->measured = true;
		if (!progress->counts)
			end = token + 4;
		if (*end == '-') {
			progress->high = strtoll(end + 1, &end, 10);
			progress->exact = false;
		} else if (*end == '+') {
			progress->high = SHARE_OPEN;
			progress->exact = progress->complete = false;
			end++;
		}
		if (*end == '!') {
			progress->exact = false;
			end++;
		}
		if (*end == '@')
			part->weight = strtoll(end + 1, &end, 10);
		assert_int_equal(*end, '\0');
	}
	return compliance_of(parts, count, formula, cap);
}

static void compliance_follows_its_formula(void **state)
{
	static const struct {
		const char *plan;
		enum plan_formula formula;
		bool cap;
		const char *words;
	} rows[] = {
		{ "1000 500", PLAN_MEAN, false, "750 to 750, 750 exact of 2" },
		{ "1000 1000 0", PLAN_MEAN, false, "666 to 667, 667 exact of 3" },
		{ "1000 500 none", PLAN_MEAN, false, "750 to 750, 750 exact of 2, 1 left out" },
		{ "none none", PLAN_MEAN, false, "unknown, 2 left out" },
		{ "", PLAN_MEAN, false, "unknown" },
		/* what is not known makes it an interval */
		{ "1000 200-700", PLAN_MEAN, false, "600 to 850, 600 of 2" },
		{ "1000 200+", PLAN_MEAN, false, "600 to open, 600 of 2" },
		{ "1000 500!", PLAN_MEAN, false, "750 to 750, 750 of 2" },
		{ "0-1 0-1 0", PLAN_MEAN, false, "0 to 1, 0 of 3" },
		/* capped: none makes up for another */
		{ "1500 500", PLAN_MEAN, false, "1000 to 1000, 1000 exact of 2" },
		{ "1500 500", PLAN_MEAN, true, "750 to 750, 750 exact of 2" },
		{ "1000 200+", PLAN_MEAN, true, "600 to 1000, 600 of 2" },
		{ "1200+ 1000", PLAN_MEAN, true, "1000 to 1000, 1000 of 2" },
		/* weighted: what has none is no part of it */
		{ "1000@3 500@1", PLAN_WEIGHTED, false, "875 to 875, 875 exact of 2" },
		{ "1000@3 500@1 0", PLAN_WEIGHTED, false,
		  "875 to 875, 875 exact of 2, 1 left out" },
		{ "1000@3 500@1 0", PLAN_MEAN, false, "500 to 500, 500 exact of 3" },
		{ "1000 500", PLAN_WEIGHTED, false, "unknown, 2 left out" },
		{ "1000@-3 500@1", PLAN_BUDGET, false, "500 to 500, 500 exact of 1, 1 left out" },
		{ "1000@700000000 0@80000000 500@10000000 200+", PLAN_BUDGET, false,
		  "892 to 893, 892 exact of 3, 1 left out" },
		{ "1000@700000000 0-1000@80000000", PLAN_BUDGET, true, "897 to 1000, 897 of 2" },
		/* 128 bits are enough, and where they are not it is open */
		{ "1000@9223372036854775807 500@9223372036854775807", PLAN_BUDGET, false,
		  "750 to 750, 750 exact of 2" },
		{ "9223372036854775807 9223372036854775807", PLAN_MEAN, false,
		  "9223372036854775807 to 9223372036854775807, 9223372036854775807 exact of 2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct compliance ret = comply(rows[i].plan, rows[i].formula, rows[i].cap);
		struct text text = { 0 };

		if (!ret.known) {
			text_add(&text, "unknown");
			assert_int_equal(ret.high, SHARE_OPEN);
			assert_int_equal(ret.low, 0);
		} else {
			text_addf(&text, "%lld to ", (long long)ret.low);
			if (ret.high == SHARE_OPEN)
				text_add(&text, "open");
			else
				text_addf(&text, "%lld", (long long)ret.high);
			text_addf(&text, ", %lld%s of %zu", (long long)ret.value,
				  ret.exact ? " exact" : "", ret.counted);
		}
		if (ret.left_out)
			text_addf(&text, ", %zu left out", ret.left_out);
		if (strcmp(text_str(&text), rows[i].words) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", rows[i].plan, text_str(&text),
				 rows[i].words);
		text_clear(&text);
	}
}

static void sum_beyond_128_bits_leaves_the_plan_open(void **state)
{
	struct contribution parts[4];
	struct compliance ret;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		parts[i] = (struct contribution){
			.progress = { .counts = true, .low = INT64_MAX, .high = INT64_MAX },
			.weight = INT64_MAX,
		};
	ret = compliance_of(parts, 4, PLAN_WEIGHTED, false);
	assert_true(ret.known);
	assert_int_equal(ret.high, SHARE_OPEN);
	assert_true(ret.low > 0);
	ret = compliance_of(parts, 4, PLAN_WEIGHTED, true);
	assert_int_equal(ret.low, SHARE_WHOLE);
	assert_int_equal(ret.high, SHARE_WHOLE);
}

/* Generated plans: the bounds hold every value their activities may have. */
static void compliance_holds_whatever_its_activities_come_to(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct contribution parts[6] = { 0 };
		double sum = 0, weights = 0;
		bool cap = round % 2;
		enum plan_formula formula = (enum plan_formula)(round % 3);
		struct compliance ret;

		for (size_t i = 0; i < 6; i++) {
			struct target target = { TARGET_NUMBER, 0 };
			struct figure figure;
			int64_t low, width, truth;
			double share, weight;

			seed = seed * 1664525 + 1013904223;
			target.value = 1 + (seed >> 8) % 9;
			low = (seed >> 12) % 12;
			width = (seed >> 16) % 3;
			truth = low + (width ? (seed >> 20) % (width + 1) : 0);
			figure = width ? between(low, low + width) : exact(low);
			parts[i].weight = (seed >> 24) % 4;
			parts[i].progress = progress_of(&target, &figure);
			weight = formula == PLAN_MEAN ? 1 : (double)parts[i].weight;
			share = (double)truth * SHARE_WHOLE / (double)target.value;
			if (cap && share > SHARE_WHOLE)
				share = SHARE_WHOLE;
			sum += share * weight;
			weights += weight;
		}
		ret = compliance_of(parts, 6, formula, cap);
		assert_int_equal(ret.known, weights > 0);
		if (!ret.known)
			continue;
		assert_true((double)ret.low <= sum / weights + 1e-9);
		assert_true((double)ret.high >= sum / weights - 1e-9);
		assert_true(ret.low <= ret.high);
		if (ret.exact)
			assert_true(ret.high - ret.low <= 2);
		assert_int_equal(ret.counted + ret.left_out, 6);
	}
}

static void formulas_have_names(void **state)
{
	enum plan_formula formula;

	(void)state;
	for (int i = PLAN_MEAN; i <= PLAN_BUDGET; i++) {
		assert_int_equal(
			plan_formula_parse(plan_formula_name((enum plan_formula)i), &formula), 0);
		assert_int_equal(formula, i);
	}
	assert_int_equal(plan_formula_parse("median", &formula), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress_is_the_share_of_the_target_rounded_outward),
		cmocka_unit_test(progress_without_a_figure_knows_nothing),
		cmocka_unit_test(progress_of_a_mean_knows_its_decimals),
		cmocka_unit_test(level_of_an_earlier_day_leaves_open_what_came_after_it),
		cmocka_unit_test(estimate_and_incomplete_figure_are_not_exact),
		cmocka_unit_test(compliance_follows_its_formula),
		cmocka_unit_test(sum_beyond_128_bits_leaves_the_plan_open),
		cmocka_unit_test(compliance_holds_whatever_its_activities_come_to),
		cmocka_unit_test(formulas_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
