/*
 * What must hold of figures whatever the history: generated ones, from fixed seeds.
 */
#include "test.h"

#include "metricsd/figure.h"
#include "metricsd/memory.h"
#include "metricsd/period.h"

#include <stdio.h>
#include <string.h>

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

/* --- histories */

enum { TRACKS = 3, SAMPLES = 3000, BREAKS = 3, YEAR_MAX = 366 };

struct world {
	struct metric metric;
	struct track tracks[TRACKS];
	struct sample samples[TRACKS][SAMPLES];
	int32_t breaks[TRACKS][BREAKS];
	struct scope scope;
	struct trace trace;
};

static int by_window(const void *a, const void *b)
{
	const struct sample *left = a, *right = b;

	if (left->window.first != right->window.first)
		return left->window.first < right->window.first ? -1 : 1;
	return (left->window.days > right->window.days) - (left->window.days < right->window.days);
}

static void put(struct world *world, size_t track, struct sample sample)
{
	struct track *to = &world->tracks[track];

	assert_true(to->count < SAMPLES);
	world->samples[track][to->count++] = sample;
}

/* In order, no two of one window. */
static void sort(struct world *world)
{
	for (size_t t = 0; t < TRACKS; t++) {
		struct sample *samples = world->samples[t];
		size_t kept = 0;

		qsort(samples, world->tracks[t].count, sizeof(*samples), by_window);
		for (size_t i = 0; i < world->tracks[t].count; i++)
			if (kept == 0 || by_window(&samples[kept - 1], &samples[i]) != 0)
				samples[kept++] = samples[i];
		world->tracks[t].count = kept;
	}
}

static struct world *world_new(enum metric_kind kind)
{
	static const char *const sources[TRACKS] = { "api", "csv", "manual" };
	struct world *world = memory_new(1, sizeof(*world));

	world->metric = (struct metric){ .id = "m", .kind = kind };
	world->scope.today = day_of(2030, 1, 1);
	for (size_t i = 0; i < TRACKS; i++)
		world->tracks[i] = (struct track){
			.metric = &world->metric,
			.source = sources[i],
			.precedence = (int)i,
			.stated = i > 0,
			.zone = "America/Bogota",
			.samples = world->samples[i],
			.breaks = world->breaks[i],
		};
	return world;
}

static void world_free(struct world *world)
{
	trace_clear(&world->trace);
	free(world);
}

static struct figure ask(struct world *world, struct window period)
{
	world->scope.period = period;
	return figure_of(world->tracks, TRACKS, &world->scope);
}

static struct window year_of(int year)
{
	return (struct window){ day_of(year, 1, 1), day_of(year + 1, 1, 1) - day_of(year, 1, 1) };
}

static struct window months_of(int year, int month, int count)
{
	int32_t first = day_of(year, month, 1);

	return (struct window){ first, day_of(year, month + count, 1) - first };
}

/* Values of a month in windows that tile it: days, weeks, or one. `share` in 100 days are missing.
 */
static void fill_month(struct world *world, size_t track, struct window month, uint32_t missing,
		       uint32_t *seed)
{
	uint32_t sort_of = dice(seed, 4);

	for (int32_t at = month.first; at < window_end(month);) {
		int32_t days = sort_of == 0   ? month.days
			       : sort_of == 1 ? 1 + (int32_t)dice(seed, 9)
					      : 1;
		struct window window = { at, days };
		struct sample sample = {
			.window = window_common(window, month),
			.value = dice(seed, 1000),
			.below = dice(seed, 8) ? 0 : dice(seed, 50),
			.above = dice(seed, 8) ? 0 : dice(seed, 50),
		};

		at = window_end(sample.window);
		if (dice(seed, 100) >= missing)
			put(world, track, sample);
	}
}

/* --- what holds of every figure */

static void expect_sound(const struct figure *figure, const char *of)
{
	size_t lacking = days_count(&figure->lacking);
	bool bare = figure->form == FIGURE_NONE &&
		    (figure->value || figure->low || figure->high || figure->complete ||
		     figure->estimate || figure->source);

	if (figure_percent(figure) > 100 || figure->known_days > figure->period_days ||
	    figure->known_days < 0)
		fail_msg("%s: %d of %d days", of, figure->known_days, figure->period_days);
	if (figure_percent(figure) == 100 && figure->known_days != figure->period_days)
		fail_msg("%s: %d of %d days are no 100 %%", of, figure->known_days,
			 figure->period_days);
	if (figure->kind == METRIC_STOCK && figure->form != FIGURE_NONE) {
		if (!figure->known_days ||
		    (lacking && figure->lacking.ranges[0].first <= figure->as_of))
			fail_msg("%s: a level of no day, or one that lacks days before it", of);
	} else if (!figure->lacking_more &&
		   (int)lacking != figure->period_days - figure->known_days)
		fail_msg("%s: %zu days are said to lack, %d do", of, lacking,
			 figure->period_days - figure->known_days);
	if (bare)
		fail_msg("%s: nothing is known, and something said", of);
	if (figure->form != FIGURE_NONE &&
	    (figure->low > figure->value || figure->value > figure->high))
		fail_msg("%s: %lld is not within %lld to %lld", of, (long long)figure->value,
			 (long long)figure->low, (long long)figure->high);
	if (figure->form == FIGURE_EXACT && figure->low != figure->high)
		fail_msg("%s: exact between two numbers", of);
	if (figure->kind == METRIC_FLOW && figure->form != FIGURE_NONE &&
	    figure->form != FIGURE_AT_LEAST && figure->known_days != figure->period_days)
		fail_msg("%s: days lack, and nothing is open", of);
}

/* Nothing but what the figure is made of, once, within its days and one definition. */
static void expect_trace(const struct world *world, const struct figure *figure)
{
	int64_t value = 0, low = 0, high = 0;
	int32_t days = 0, reached = world->scope.period.first;

	for (size_t i = 0; i < world->trace.count; i++) {
		const struct use *use = &world->trace.uses[i];

		value += use->sample->value;
		low += use->sample->value - use->sample->below;
		high += use->sample->value + use->sample->above;
		days += use->sample->window.days;
		assert_true(use->sample->window.first >= reached);
		reached = window_end(use->sample->window);
		assert_true(figure->mixed || use->track->source == figure->source);
	}
	assert_true(reached <= window_end(world->scope.period));
	assert_int_equal(figure->value, value);
	assert_int_equal(figure->low, low);
	assert_int_equal(figure->high, high);
	assert_int_equal(figure->known_days, days);
}

static void trace_of_a_flow_sums_to_its_value(void **state)
{
	uint32_t seed = 11;

	(void)state;
	for (int round = 0; round < 150; round++) {
		struct world *world = world_new(METRIC_FLOW);
		int year = 2023 + round % 3;

		world->scope.combine = round % 2;
		for (int month = 1; month <= 12; month++)
			for (size_t t = 0; t < TRACKS; t++)
				fill_month(world, t, months_of(year, month, 1),
					   dice(&seed, 3) ? 0 : 1 + dice(&seed, 100), &seed);
		if (dice(&seed, 3) == 0) {
			world->tracks[0].break_count = 2;
			world->breaks[0][1] = day_of(year, 1, 1) + (int32_t)dice(&seed, 365);
		}
		sort(world);
		for (int month = 1; month <= 12; month++) {
			static const int lengths[] = { 1, 2, 3, 6, 12 };

			for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
				struct figure figure;

				if ((month - 1) % lengths[k] != 0)
					continue;
				world->scope.trace = &world->trace;
				trace_clear(&world->trace);
				figure = ask(world, months_of(year, month, lengths[k]));
				expect_sound(&figure, "flow");
				expect_trace(world, &figure);
			}
		}
		world_free(world);
	}
}

/* --- months, quarters, years */

static void expect_same(const struct figure *a, const struct figure *b, const char *what)
{
	if (a->form != b->form || a->value != b->value || a->low != b->low || a->high != b->high ||
	    a->known_days != b->known_days || a->period_days != b->period_days ||
	    a->complete != b->complete || a->said_by != b->said_by)
		fail_msg("%s: %lld [%lld, %lld] and %lld [%lld, %lld]", what, (long long)a->value,
			 (long long)a->low, (long long)a->high, (long long)b->value,
			 (long long)b->low, (long long)b->high);
}

/* The periods that follow one another added up; each source counted once. */
static struct figure added(struct world *world, int year, int months, uint64_t said_by)
{
	struct figure sum = { 0 };

	for (int month = 1; month <= 12; month += months) {
		struct figure part = ask(world, months_of(year, month, months));

		expect_sound(&part, "part");
		figure_add_term(&sum, &part, 1, month == 1);
	}
	sum.said_by = said_by;
	return sum;
}

static void months_quarters_and_year_are_one_sum_of_a_complete_flow(void **state)
{
	uint32_t seed = 12;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct world *world = world_new(METRIC_FLOW);
		int year = 2023 + round % 3;
		static const int lengths[] = { 1, 2, 3, 6 };
		struct figure whole;

		for (int month = 1; month <= 12; month++) {
			struct window window = months_of(year, month, 1);

			fill_month(world, dice(&seed, TRACKS), window, 0, &seed);
			if (dice(&seed, 4) == 0) /* beside another that lacks something */
				fill_month(world, dice(&seed, TRACKS), window, 30, &seed);
		}
		if (dice(&seed, 5) == 0) /* what is said of the whole does not change its months */
			put(world, 2,
			    (struct sample){ .window = year_of(year), .value = dice(&seed, 9) });
		sort(world);
		whole = ask(world, year_of(year));
		expect_sound(&whole, "year");
		assert_true(whole.complete);
		assert_int_equal(whole.known_days, year_of(year).days);
		for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			struct figure sum = added(world, year, lengths[k], whole.said_by);

			expect_same(&sum, &whole, "the year and its parts");
		}
		world_free(world);
	}
}

/* A history nobody contradicts: days, and longer windows that say what their days do. */
static void days_add_up_to_their_month_where_windows_are_consistent(void **state)
{
	uint32_t seed = 13;

	(void)state;
	for (int round = 0; round < 100; round++) {
		struct world *world = world_new(METRIC_FLOW);
		struct window year = year_of(2023 + round % 3);
		int64_t truth[YEAR_MAX];

		for (int32_t i = 0; i < year.days; i++) {
			truth[i] = dice(&seed, 500);
			put(world, 0,
			    (struct sample){ .window = { year.first + i, 1 }, .value = truth[i] });
		}
		for (int i = 0; i < 40; i++) {
			struct sample sample = {
				.window = { year.first + (int32_t)dice(&seed, 330),
					    2 + (int32_t)dice(&seed, 33) },
			};

			for (int32_t day = 0; day < sample.window.days; day++)
				sample.value += truth[sample.window.first - year.first + day];
			put(world, dice(&seed, TRACKS), sample);
		}
		sort(world);
		for (struct window month = month_of(year.first); window_holds(year, month);
		     month = month_after(month, 1)) {
			struct figure whole = ask(world, month), sum = { 0 };

			for (int32_t day = month.first; day < window_end(month); day++) {
				struct figure one = ask(world, (struct window){ day, 1 });

				figure_add_term(&sum, &one, 1, day == month.first);
			}
			sum.said_by = whole.said_by;
			expect_same(&sum, &whole, "the month and its days");
		}
		world_free(world);
	}
}

/* --- people */

enum { PEOPLE = 40, PEOPLE_DAYS = 130 };

/* Who came on which day: a bit for each person. */
struct people {
	uint64_t days[PEOPLE_DAYS];
	int32_t first;
};

static struct people people_of(int32_t first, uint32_t *seed)
{
	struct people people = { .first = first };
	uint32_t busy = 1 + dice(seed, 40);

	for (int person = 0; person < PEOPLE; person++) {
		uint32_t often = 1 + dice(seed, busy);

		for (int day = 0; day < PEOPLE_DAYS; day++)
			if (dice(seed, 100) < often)
				people.days[day] |= UINT64_C(1) << person;
	}
	return people;
}

static int64_t came(const struct people *people, struct window window)
{
	uint64_t who = 0;

	for (int32_t day = window.first; day < window_end(window); day++)
		who |= people->days[day - people->first];
	return __builtin_popcountll(who);
}

/* A window's number as a provider says it: exact, rounded, or cut to at least. */
static struct sample said(const struct people *people, struct window window, uint32_t *seed)
{
	struct sample sample = { .window = window, .value = came(people, window) };
	uint32_t how = dice(seed, 6);

	if (how == 0) { /* to tens, up or down */
		int64_t stated = (sample.value + 5) / 10 * 10;

		sample.value = stated;
		sample.below = sample.above = 5;
	} else if (how == 1) { /* cut: 43 is shown as 40 */
		sample.value = sample.value / 10 * 10;
		sample.above = 9;
	} else if (how == 2 && dice(seed, 3) == 0) {
		sample.value -= sample.value > 0 ? dice(seed, (uint32_t)sample.value) : 0;
		sample.flags = SAMPLE_AT_LEAST;
	}
	return sample;
}

/* Windows as providers have them: days, weeks, 28 and 30 days ending on any day, months. */
static void let_providers_say(struct world *world, const struct people *people, uint32_t *seed)
{
	static const int32_t lengths[] = { 1, 1, 1, 7, 28, 28, 30, 30, 29, 14 };
	uint32_t count = 1 + dice(seed, 90);
	struct window all = { people->first, PEOPLE_DAYS };

	for (uint32_t i = 0; i < count; i++) {
		struct window window = {
			people->first + (int32_t)dice(seed, PEOPLE_DAYS),
			lengths[dice(seed, sizeof(lengths) / sizeof(lengths[0]))],
		};

		if (dice(seed, 12) == 0)
			window = month_of(window.first);
		if (window_holds(all, window))
			put(world, dice(seed, TRACKS), said(people, window, seed));
	}
	if (dice(seed, 2)) /* every day, but for some gaps */
		for (int32_t day = 0; day < PEOPLE_DAYS; day++)
			if (dice(seed, 40))
				put(world, 0,
				    said(people, (struct window){ people->first + day, 1 }, seed));
}

static void expect_truth(const struct figure *figure, int64_t truth, struct window period)
{
	char text[WINDOW_TEXT];
	bool holds = figure->form == FIGURE_NONE ||
		     (figure->low <= truth &&
		      (figure->form == FIGURE_AT_LEAST || truth <= figure->high));

	if (!holds || figure->inconsistent)
		fail_msg("%s: %lld people came, said are %lld to %lld%s", window_text(period, text),
			 (long long)truth, (long long)figure->low, (long long)figure->high,
			 figure->inconsistent ? ", inconsistent" : "");
}

static void bounds_of_people_hold_the_truth(void **state)
{
	static const int years[] = { 2023, 2024, 2025, 2100 };
	uint32_t seed = 14;
	size_t exact = 0, bounded = 0, open = 0;

	(void)state;
	for (int round = 0; round < 1500; round++) {
		struct world *world = world_new(METRIC_UNIQUE);
		/* February is in it, and the end of a year in every other one */
		int32_t first = day_of(years[round % 4], round % 8 < 4 ? 1 : -1, 1);
		struct people people = people_of(first, &seed);
		struct window all = { first, PEOPLE_DAYS };
		struct window together = { first, 0 }; /* all its months */
		struct figure months[5] = { 0 }, group;
		size_t count = 0;

		let_providers_say(world, &people, &seed);
		sort(world);
		world->scope.today = day_of(2200, 1, 1);
		for (struct window month = month_of(first); window_holds(all, month);
		     month = month_after(month, 1)) {
			months[count] = ask(world, month);
			expect_truth(&months[count], came(&people, month), month);
			expect_sound(&months[count], "people of a month");
			exact += months[count].form == FIGURE_EXACT;
			bounded += months[count].form == FIGURE_BETWEEN;
			open += months[count].form == FIGURE_AT_LEAST;
			together.days += month.days;
			count++;
		}
		for (int i = 0; i < 4; i++) {
			int32_t from = (int32_t)dice(&seed, PEOPLE_DAYS - 1);
			struct window period = {
				first + from,
				1 + (int32_t)dice(&seed, (uint32_t)(PEOPLE_DAYS - from)),
			};
			struct figure figure = ask(world, period);

			expect_truth(&figure, came(&people, period), period);
			expect_sound(&figure, "people");
		}
		/* the same people seen on several accounts */
		group = figure_of_group(months, count);
		expect_truth(&group, came(&people, together), together);
		world_free(world);
	}
	/* the histories say something of all sorts */
	assert_true(exact > 200 && bounded > 200 && open > 200);
}

/* --- levels, ratios, and what is to come */

static void nothing_missing_has_a_number(void **state)
{
	static const enum metric_kind kinds[] = { METRIC_FLOW, METRIC_STOCK, METRIC_UNIQUE,
						  METRIC_RATIO };
	uint32_t seed = 15;
	size_t nothing = 0;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct world *world = world_new(kinds[round % 4]);
		struct window period = { day_of(2024, 2, 1) + (int32_t)dice(&seed, 60),
					 1 + (int32_t)dice(&seed, 70) };
		uint32_t count = dice(&seed, 12);
		struct figure figure;
		bool told = false;

		world->metric.negative = dice(&seed, 8) == 0;
		world->scope.combine = dice(&seed, 2);
		if (dice(&seed, 3) == 0)
			world->scope.today = period.first + (int32_t)dice(&seed, 60);
		if (dice(&seed, 4) == 0)
			world->scope.exists =
				(struct window){ period.first - 10 + (int32_t)dice(&seed, 30),
						 1 + (int32_t)dice(&seed, 60) };
		for (uint32_t i = 0; i < count; i++)
			put(world, dice(&seed, TRACKS),
			    (struct sample){
				    .window = { period.first - 20 + (int32_t)dice(&seed, 90),
						1 + (int32_t)dice(&seed, dice(&seed, 2) ? 40 : 2) },
				    .value = dice(&seed, 100),
				    .below = 0,
				    .flags = dice(&seed, 6) ? 0 : SAMPLE_AT_LEAST,
			    });
		for (size_t t = 0; t < TRACKS; t++)
			for (size_t i = 0; i < world->tracks[t].count; i++)
				told = told ||
				       window_common(world->samples[t][i].window, period).days > 0;
		sort(world);
		figure = ask(world, period);
		expect_sound(&figure, "anything");
		assert_true(told || figure.form == FIGURE_NONE);
		nothing += figure.form == FIGURE_NONE;
		world_free(world);
	}
	assert_true(nothing > 100 && nothing < 3900);
}

/* --- registers */

enum { EVENTS = 30, YEAR_MONTHS = 12, MEASURES = MEASURE_TRUE + 1 };

/* A year of events: what was written down of them, and what a period really had. */
struct year {
	struct record records[EVENTS + YEAR_MONTHS];
	size_t count;
	bool had[YEAR_MONTHS]; /* some event */
	int64_t truth[MEASURES];
};

static void happen(struct year *year, struct window period, int forgotten, uint32_t *seed)
{
	struct window day = { day_of(2024, 1, 1) + (int32_t)dice(seed, YEAR_MAX), 1 };
	int64_t number = dice(seed, 3) ? dice(seed, 90) : 0;
	int64_t *truth = year->truth;
	bool known = dice(seed, 4) != 0;
	int number_of_year, month, mday;

	day_split(day.first, &number_of_year, &month, &mday);
	year->had[month - 1] = true;
	if (window_holds(period, day)) {
		truth[MEASURE_COUNT]++;
		truth[MEASURE_PRESENT]++;
		truth[MEASURE_SUM] += number;
		truth[MEASURE_TRUE] += number != 0;
		truth[MEASURE_MAX] = number > truth[MEASURE_MAX] ? number : truth[MEASURE_MAX];
	}
	if (month != forgotten)
		year->records[year->count++] =
			(struct record){ .window = day, .number = number, .known = known };
}

static struct year year_of_events(struct window period, uint32_t *seed)
{
	struct year year = { 0 };
	int forgotten = (int)dice(seed, YEAR_MONTHS + 1); /* 0: every month was written down */

	for (uint32_t i = dice(seed, EVENTS); i > 0; i--)
		happen(&year, period, forgotten, seed);
	for (int month = 1; month <= YEAR_MONTHS; month++)
		if (!year.had[month - 1] && dice(seed, 3))
			year.records[year.count++] =
				(struct record){ .window = months_of(2024, month, 1),
						 .none = true };
	return year;
}

/* Whether the figure holds what really was. */
static bool holds(const struct figure *figure, enum measure measure, const int64_t *truth)
{
	int64_t events = truth[MEASURE_COUNT], tenths = truth[MEASURE_SUM] * 10;

	if (figure->form == FIGURE_NONE)
		return true;
	if (measure != MEASURE_MEAN)
		return figure->low <= truth[measure] &&
		       (figure->form == FIGURE_AT_LEAST || truth[measure] <= figure->high);
	/* against the sum, so that nothing is rounded here */
	if (figure->form == FIGURE_AT_LEAST)
		return figure->low * events <= tenths;
	return 2 * llabs(figure->value * events - tenths) <= events;
}

static void register_holds_the_truth_whatever_was_not_written_down(void **state)
{
	uint32_t seed = 16;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		int first = 1 + (int)dice(&seed, 10), months = 1 + (int)dice(&seed, 3);
		struct scope scope = { .period = months_of(2024, first, months),
				       .today = day_of(2026, 1, 1) };
		struct year year = year_of_events(scope.period, &seed);

		for (int i = MEASURE_COUNT; i < MEASURES; i++) {
			enum measure measure = (enum measure)i;
			struct figure figure = register_figure(measure, year.records, year.count,
							       "register", &scope);

			if (!holds(&figure, measure, year.truth))
				fail_msg("measure %d, round %d: %lld is not %lld to %lld", i, round,
					 (long long)year.truth[i], (long long)figure.low,
					 (long long)figure.high);
			assert_true(figure_percent(&figure) <= 100);
			assert_true(figure.form != FIGURE_NONE || figure.value == 0);
			assert_true(!figure.complete || figure.form == FIGURE_EXACT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trace_of_a_flow_sums_to_its_value),
		cmocka_unit_test(months_quarters_and_year_are_one_sum_of_a_complete_flow),
		cmocka_unit_test(days_add_up_to_their_month_where_windows_are_consistent),
		cmocka_unit_test(bounds_of_people_hold_the_truth),
		cmocka_unit_test(nothing_missing_has_a_number),
		cmocka_unit_test(register_holds_the_truth_whatever_was_not_written_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
