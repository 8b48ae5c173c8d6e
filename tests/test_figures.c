#include "test.h"

#include "metricsd/error.h"
#include "metricsd/figure.h"
#include "metricsd/period.h"
#include "metricsd/text.h"

#include <stdio.h>
#include <string.h>

/*
 * A world in a line: tracks divided by "|", each with its numbers.
 *   "2025-10=3400~50"        a window (any period) and its value, ± 50
 *   "2025-10=3400~0/99"      0 below, 99 above
 *   "2025-10-01..2025-10-30*110"  so many days of 110 each
 *   a "?" behind: an estimate; a "+": at least
 *   "break@2025-11-01"       its definition changes
 * The first is called "api" (precedence 0), then "csv" (1), "manual" (3), "register" (2).
 */
enum { SAMPLES = 2000, TRACKS = 4, BREAKS = 4 };

struct world {
	struct metric metric;
	struct track tracks[TRACKS];
	struct sample samples[TRACKS][SAMPLES];
	int32_t breaks[TRACKS][BREAKS];
	size_t count;
	struct scope scope;
};

static int32_t day(const char *text)
{
	struct error err;
	int32_t ret;

	if (day_parse(text, &ret, &err) < 0)
		fail_msg("%s", err.text);
	return ret;
}

static struct window window_of(const char *text)
{
	struct period period;
	struct error err;

	if (period_parse(text, &period, &err) < 0)
		fail_msg("%s", err.text);
	return period.window;
}

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
	qsort(world->samples[track], to->count, sizeof(sample), by_window);
}

static void put_token(struct world *world, size_t track, char *token)
{
	struct track *to = &world->tracks[track];
	char *number = token + strcspn(token, "=*@");
	char what = *number;
	struct sample sample = { 0 };
	char *end;

	*number++ = '\0';
	if (what == '@') {
		if (to->break_count == 0)
			to->break_count = 1; /* the first definition, from 1970 on */
		world->breaks[track][to->break_count++] = day(number);
		return;
	}
	sample.window = window_of(token);
	sample.value = strtoll(number, &end, 10);
	if (*end == '~') {
		sample.below = strtoll(end + 1, &end, 10);
		sample.above = *end == '/' ? strtoll(end + 1, &end, 10) : sample.below;
	}
	for (; *end; end++) {
		assert_true(*end == '?' || *end == '+');
		sample.flags |= *end == '?' ? SAMPLE_ESTIMATE : SAMPLE_AT_LEAST;
	}
	if (what == '=') {
		put(world, track, sample);
		return;
	}
	for (struct window all = sample.window; all.days > 0; all.first++, all.days--) {
		sample.window = (struct window){ all.first, 1 };
		put(world, track, sample);
	}
}

static struct world *world_new(enum metric_kind kind, const char *line)
{
	static const char *const sources[TRACKS] = { "api", "csv", "manual", "register" };
	static const int precedences[TRACKS] = { 0, 1, 3, 2 };
	struct world *world = calloc(1, sizeof(*world));
	char *copy = strdup(line);
	char *rest = copy;

	assert_non_null(world);
	assert_non_null(copy);
	world->metric = (struct metric){ .id = "m", .kind = kind, .settles_days = 3 };
	world->scope.today = day("2027-01-01");
	world->count = *line ? 1 : 0;
	for (size_t i = 0; i < TRACKS; i++)
		world->tracks[i] = (struct track){
			.metric = &world->metric,
			.source = sources[i],
			.precedence = precedences[i],
			.stated = i > 0,
			.zone = i == 0 ? "America/Los_Angeles" : "America/Bogota",
			.samples = world->samples[i],
			.breaks = world->breaks[i],
		};
	for (char *token; (token = strsep(&rest, " "));) {
		if (strcmp(token, "|") == 0)
			world->count++;
		else if (*token)
			put_token(world, world->count - 1, token);
	}
	free(copy);
	return world;
}

static struct figure ask(struct world *world, const char *period)
{
	world->scope.period = window_of(period);
	return figure_of(world->tracks, world->count, &world->scope);
}

/* A figure in a line: "≥ 4800 ± 100, 61/92, complete api". */
static const char *say(const struct figure *figure, char *ret, size_t size)
{
	struct text text = { 0 };

	if (figure->estimate)
		text_add(&text, "~");
	switch (figure->form) {
	case FIGURE_NONE:
		text_add(&text, "n/d");
		break;
	case FIGURE_AT_LEAST:
		text_add(&text, ">= ");
		__attribute__((fallthrough));
	case FIGURE_EXACT:
	case FIGURE_BETWEEN:
		if (figure->form == FIGURE_BETWEEN && !figure->rounded)
			text_addf(&text, "%lld to %lld", (long long)figure->low,
				  (long long)figure->high);
		else
			text_addf(&text, "%lld", (long long)figure->value);
		if (figure->rounded && figure->value - figure->low == figure->high - figure->value)
			text_addf(&text, " ± %lld", (long long)(figure->high - figure->value));
		else if (figure->rounded)
			text_addf(&text, " -%lld +%lld", (long long)(figure->value - figure->low),
				  (long long)(figure->high - figure->value));
		break;
	}
	text_addf(&text, ", %d/%d", figure->known_days, figure->period_days);
	text_addf(&text, "%s%s%s%s%s%s%s", figure->complete ? " complete" : "",
		  figure->provisional ? " provisional" : "", figure->revisable ? " revisable" : "",
		  figure->mixed ? " mixed" : "", figure->inconsistent ? " inconsistent" : "",
		  figure->broken ? " broken" : "", figure->sum_of_levels ? " sum" : "");
	if (figure->source)
		text_addf(&text, " %s", figure->source);
	if (figure->as_of != DAY_NONE) {
		char as_of[DAY_TEXT];

		text_addf(&text, " at %s", day_text(figure->as_of, as_of));
	}
	(void)snprintf(ret, size, "%s", text_str(&text));
	text_clear(&text);
	return ret;
}

static void expect(const struct figure *figure, const char *words, const char *of)
{
	char line[200];

	if (!figure->rounded && figure->form == FIGURE_AT_LEAST)
		assert_int_equal(figure->high, figure->low);
	if (strcmp(say(figure, line, sizeof(line)), words) != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", of, line, words);
}

struct row {
	const char *world, *period, *figure;
};

static void expect_rows(enum metric_kind kind, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct world *world = world_new(kind, rows[i].world);
		struct figure figure = ask(world, rows[i].period);
		char of[200];

		(void)snprintf(of, sizeof(of), "%s of %s", rows[i].period, rows[i].world);
		expect(&figure, rows[i].figure, of);
		free(world);
	}
}

#define EXPECT_ROWS(kind, rows) expect_rows(kind, rows, sizeof(rows) / sizeof((rows)[0]))

static void quarter_of_a_real_office_comes_out_as_its_cells_allow(void **state)
{
	static const struct row flows[] = {
		/* visits, new followers, views on Facebook; December is missing */
		{ "2025-10=3400~50 2025-11=1400~50", "2025-Q4", ">= 4800 ± 100, 61/92 api" },
		{ "2025-10=3400~50 2025-11=1400~50", "2025-10", "3400 ± 50, 31/31 complete api" },
		{ "2025-10=3400~50 2025-11=1400~50", "2025-12", "n/d, 0/31" },
		{ "2025-10=3400~50 2025-11=1400~50", "2025-10-01..2025-11-30",
		  "4800 ± 100, 61/61 complete api" },
		{ "2025-10=111 2025-11=37", "2025-Q4", ">= 148, 61/92 api" },
		{ "2025-10=208800~50 2025-11=66800~50", "2025-Q4", ">= 275600 ± 100, 61/92 api" },
		/* Instagram */
		{ "2025-10=557 2025-11=439", "2025-Q4", ">= 996, 61/92 api" },
		{ "2025-10=44600~50 2025-11=39300~50", "2025-Q4", ">= 83900 ± 100, 61/92 api" },
		/* what was complete: publications on X, visits to the website; a typed 0 is 0 */
		{ "2025-10=46 2025-11=19 2025-12=25", "2025-Q4", "90, 92/92 complete api" },
		{ "2025-10=34811 2025-11=34326 2025-12=25059", "2025-Q4",
		  "94196, 92/92 complete api" },
		{ "2025-10=0 2025-11=0 2025-12=2", "2025-Q4", "2, 92/92 complete api" },
		{ "2025-10=0", "2025-10", "0, 31/31 complete api" },
	};
	static const struct row uniques[] = {
		{ "2025-10=73300~50 2025-11=26700~50", "2025-Q4", ">= 73250, 61/92 api" },
		{ "2025-10=73300~50 2025-11=26700~50", "2025-10-01..2025-11-30",
		  "73250 to 100100, 61/61 complete api" },
		{ "2025-10=73300~50 2025-11=26700~50", "2025-10",
		  "73300 ± 50, 31/31 complete api" },
		{ "2025-10=5700~50 2025-11=3400~50", "2025-Q4", ">= 5650, 61/92 api" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_FLOW, flows);
	EXPECT_ROWS(METRIC_UNIQUE, uniques);
}

static void flow_is_the_sum_over_disjoint_windows(void **state)
{
	static const struct row rows[] = {
		{ "", "2025-10", "n/d, 0/31" },
		{ "2025-09=5 2025-11=5", "2025-10", "n/d, 0/31" },
		{ "2025-10*10", "2025-10", "310, 31/31 complete api" },
		{ "2024-02*1", "2024-02", "29, 29/29 complete api" },
		{ "2025-02*1", "2025-02", "28, 28/28 complete api" },
		{ "2024*1", "2024", "366, 366/366 complete api" },
		{ "2025-09*1 2025-10*10 2025-11*100", "2025-10", "310, 31/31 complete api" },
		{ "2025-10*0", "2025-10", "0, 31/31 complete api" },
		{ "2025-10-02..2025-10-31*10", "2025-10", ">= 300, 30/31 api" },
		{ "2025-10-03*7", "2025-10", ">= 7, 1/31 api" },
		/* most days known */
		{ "2025-10-01..2025-10-30*10 2025-10=400", "2025-10", "400, 31/31 complete api" },
		{ "2025-10-01..2025-10-07=70 2025-10-08..2025-10-31*10", "2025-10",
		  "310, 31/31 complete api" },
		{ "2025-10-01..2025-10-20=200 2025-10-15..2025-10-31=999 2025-10-21..2025-10-31*1",
		  "2025-10", "211, 31/31 complete api" },
		/* then least uncertainty, then fewest windows */
		{ "2025-10*10 2025-10=300~50", "2025-10", "310, 31/31 complete api" },
		{ "2025-10*10 2025-10=311", "2025-10", "311, 31/31 complete api" },
		{ "2025-10=300~50 2025-10-01..2025-10-15=150~10 2025-10-16..2025-10-31=160~20",
		  "2025-10", "310 ± 30, 31/31 complete api" },
		/* a number that may be more, or is estimated, comes after one that is right */
		{ "2025-10*10 2025-10=400+", "2025-10", "310, 31/31 complete api" },
		{ "2025-10*10 2025-10=400?", "2025-10", "310, 31/31 complete api" },
		{ "2025-10=400?", "2025-10", "~400, 31/31 complete api" },
		{ "2025-10=400+", "2025-10", ">= 400, 31/31 complete api" },
		{ "2025-10-01..2025-10-30*1 2025-10-31=5+", "2025-10",
		  ">= 35, 31/31 complete api" },
		/* bounds are hard and add up, also lopsided ones */
		{ "2025-10=73300~0/99", "2025-10", "73300 -0 +99, 31/31 complete api" },
		{ "2025-10=73300~0/99 2025-11=100~50", "2025-10-01..2025-11-30",
		  "73400 -50 +149, 61/61 complete api" },
		/* a window that sticks out is of no use */
		{ "2025-Q4=900", "2025-10", "n/d, 0/31" },
		{ "2025-09-25..2025-10-05=11 2025-10-06..2025-10-31*1", "2025-10",
		  ">= 26, 26/31 api" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_FLOW, rows);
}

static void windows_over_a_months_end_are_the_last_resort(void **state)
{
	static const struct row rows[] = {
		/* the quarter's own number does not beat months that are complete */
		{ "2025-10=300 2025-11=300 2025-12=300 2025-Q4=950", "2025-Q4",
		  "900, 92/92 complete api" },
		{ "2025-10=300~50 2025-11=300~50 2025-12=300~50 2025-Q4=950", "2025-Q4",
		  "900 ± 150, 92/92 complete api" },
		/* but it is better than what lacks a month */
		{ "2025-10=300 2025-11=300 2025-Q4=950", "2025-Q4", "950, 92/92 complete api" },
		/* a week over the end of October brings days that nothing else has */
		{ "2025-10-01..2025-10-28*1 2025-10-29..2025-11-04=70 2025-11-05..2025-11-30*1",
		  "2025-10-01..2025-11-30", "124, 61/61 complete api" },
		/* equal days: without it, however uncertain the others are */
		{ "2025-10*1 2025-11=30~9 2025-10-31..2025-11-30=5 2025-12-01*1",
		  "2025-10-01..2025-12-02", ">= 62 ± 9, 62/63 api" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_FLOW, rows);
}

static void flow_that_can_be_negative_needs_all_its_days(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10*-1 2025-11-02..2025-11-30*5");
	struct figure october, november, both[2], group;

	(void)state;
	world->metric.negative = true;
	october = ask(world, "2025-10");
	november = ask(world, "2025-11");
	expect(&october, "-31, 31/31 complete api", "October");
	expect(&november, "n/d, 29/30", "November");
	assert_int_equal(november.lacking.count, 1);
	both[0] = october;
	both[1] = november;
	group = figure_of_group(both, 2);
	expect(&group, "n/d, 60/61 api", "both");
	free(world);

	world = world_new(METRIC_FLOW, "2025-10=5+");
	world->metric.negative = true;
	october = ask(world, "2025-10");
	expect(&october, ">= 5, 31/31 complete api", "open");
	free(world);
}

static void what_lacks_is_listed(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10-02..2025-10-05*1 2025-10-08=1 "
						     "2025-10-10..2025-10-30=5");
	struct figure figure = ask(world, "2025-10");
	struct text text = { 0 };

	(void)state;
	days_print(&figure.lacking, &text);
	assert_string_equal(text_str(&text),
			    "2025-10-01,2025-10-06..2025-10-07,2025-10-09,2025-10-31");
	text_clear(&text);
	assert_int_equal(figure.known_days, 26);
	assert_int_equal(figure.period_days - (int)days_count(&figure.lacking), 26);
	free(world);
}

static void level_is_the_last_one_inside_the_period(void **state)
{
	static const struct row rows[] = {
		{ "2025-10-01=100 2025-10-31=110", "2025-10",
		  "110, 2/31 complete api at 2025-10-31" },
		{ "2025-10-01=100 2025-10-20=105", "2025-10", "105, 2/31 api at 2025-10-20" },
		/* never carried in */
		{ "2025-09-30=100 2025-11-01=120", "2025-10", "n/d, 0/31" },
		/* an entry speaks of its last day */
		{ "2025-10=5000~50", "2025-10", "5000 ± 50, 31/31 complete api at 2025-10-31" },
		{ "2025-10=5000 2025-10-31=5003", "2025-10",
		  "5003, 31/31 complete api at 2025-10-31" },
		{ "2025-10=5000 2025-10-31=5003~50", "2025-10",
		  "5000, 31/31 complete api at 2025-10-31" },
		{ "2025-09-15..2025-10-15=9", "2025-10", "9, 1/31 api at 2025-10-15" },
		{ "2025-10=5000+", "2025-10", ">= 5000, 31/31 complete api at 2025-10-31" },
		{ "2025-10=5000 2025-11=5100 2025-12=5200", "2025-Q4",
		  "5200, 92/92 complete api at 2025-12-31" },
		/* the quarter's level is that of its last month */
		{ "2025-10*5 2025-11*6 | 2025-12=7", "2025-Q4",
		  "7, 31/92 complete csv at 2025-12-31" },
		{ "2025-10*5 2025-11*6 2025-12-01..2025-12-30*8 | 2025-12=7", "2025-Q4",
		  "7, 31/92 complete csv at 2025-12-31" },
		{ "2025-10*5 2025-11*6 2025-12*8 | 2025-12=7", "2025-Q4",
		  "8, 92/92 complete api at 2025-12-31" },
		/* a new definition is no obstacle to a single level */
		{ "2025-10-01=100 2025-10-31=7 break@2025-10-15", "2025-10",
		  "7, 2/31 complete api at 2025-10-31" },
		{ "", "2025-Q4", "n/d, 0/92" },
		{ "2025-09*5 | 2025-09*6", "2025-Q4", "n/d, 0/92" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_STOCK, rows);
}

static void level_lacks_only_the_days_after_it(void **state)
{
	struct world *world = world_new(METRIC_STOCK, "2025-10-05=100 2025-10-20=105");
	struct figure figure = ask(world, "2025-10");
	char days[WINDOW_TEXT];

	(void)state;
	assert_int_equal(figure.lacking.count, 1);
	assert_string_equal(window_text(figure.lacking.ranges[0], days), "2025-10-21..2025-10-31");
	free(world);

	world = world_new(METRIC_STOCK, "2025-10-31=105");
	figure = ask(world, "2025-10");
	assert_true(figure.complete);
	assert_int_equal(figure.lacking.count, 0);
	free(world);
}

static void sum_of_levels_says_between_which_days_they_are(void **state)
{
	struct world *old = world_new(METRIC_STOCK, "2025-10-31=1200");
	struct world *new = world_new(METRIC_STOCK, "2025-12-30=6000");
	struct figure parts[2] = { ask(old, "2025-Q4"), ask(new, "2025-Q4") };
	struct figure group = figure_of_group(parts, 2);

	(void)state;
	assert_int_equal(group.value, 7200);
	assert_int_equal(group.as_of, day_of(2025, 10, 31));
	assert_int_equal(group.as_of_last, day_of(2025, 12, 30));
	/* what has no level has no day */
	parts[0] = (struct figure){ .kind = METRIC_STOCK, .period_days = 92, .as_of = DAY_NONE };
	group = figure_of_group(parts, 2);
	assert_int_equal(group.as_of, day_of(2025, 12, 30));
	assert_int_equal(group.as_of_last, day_of(2025, 12, 30));
	free(old);
	free(new);
}

static void unique_figure_is_bounded_by_windows(void **state)
{
	static const struct row rows[] = {
		{ "2025-10=100", "2025-10", "100, 31/31 complete api" },
		{ "2025-10=0", "2025-10", "0, 31/31 complete api" },
		/* the largest inside, the smallest sum that covers */
		{ "2025-10-01..2025-10-15=60 2025-10-16..2025-10-31=50", "2025-10",
		  "60 to 110, 31/31 complete api" },
		{ "2025-10*2", "2025-10", "2 to 62, 31/31 complete api" },
		{ "2025-10-01..2025-10-20=60 2025-10-10..2025-10-31=50 2025-10*9", "2025-10",
		  "60 to 110, 31/31 complete api" },
		/* a month too long for the API: 31 days from two windows of 30 */
		{ "2025-10-01..2025-10-30=900 2025-10-02..2025-10-31=910 2025-10*40", "2025-10",
		  "910 to 940, 31/31 complete api" },
		/* November has 30 days and one hour there: windows of 29 */
		{ "2025-11-01..2025-11-29=700 2025-11-02..2025-11-30=690 2025-11-30=30", "2025-11",
		  "700 to 730, 30/30 complete api" },
		{ "2025-11-01..2025-11-29=700 2025-11-02..2025-11-30=690", "2025-11",
		  "700 to 1390, 30/30 complete api" },
		/* days_28: the one ending on the 28th sticks to the month, the rest are days */
		{ "2025-10-01..2025-10-28=800 2025-10-04..2025-10-31=790 2025-10-29=5 "
		  "2025-10-30=6 2025-10-31=7",
		  "2025-10", "800 to 818, 31/31 complete api" },
		/* windows that stick out are good for the upper bound only */
		{ "2025-10-05=3 2025-09-20..2025-10-10=70 2025-10-08..2025-11-08=80", "2025-10",
		  "3 to 150, 1/31 complete api" },
		{ "2025-10-05=3 2025-Q4=500", "2025-10", "3 to 500, 1/31 complete api" },
		{ "2025-Q4=500", "2025-10", "n/d, 0/31" },
		/* nothing covers it */
		{ "2025-10-02..2025-10-31=9", "2025-10", ">= 9, 30/31 api" },
		{ "2025-10-01..2025-10-15=60 2025-10-16..2025-10-31=50+", "2025-10",
		  ">= 60, 31/31 api" },
		{ "2025-10=60+", "2025-10", ">= 60, 31/31 api" },
		{ "2025-10=60+ 2025-10-01..2025-10-15=30 2025-10-16..2025-10-31=50", "2025-10",
		  "60 to 80, 31/31 complete api" },
		{ "", "2025-10", "n/d, 0/31" },
		/* bounds that meet are the number */
		{ "2025-10-01..2025-10-30=60 2025-10-31=0", "2025-10", "60, 31/31 complete api" },
		/* rounding is in the bounds */
		{ "2025-10-01..2025-10-15=600~50 2025-10-16..2025-10-31=500~50", "2025-10",
		  "550 to 1200, 31/31 complete api" },
		/* late data: the bounds cross */
		{ "2025-10=100 2025-10-01..2025-10-30=105", "2025-10",
		  "100 to 105, 31/31 complete inconsistent api" },
		{ "2025-10=100 2025-10-01..2025-10-15=40 2025-10-16..2025-10-31=50", "2025-10",
		  "90 to 100, 31/31 complete inconsistent api" },
		{ "2025-10-05..2025-10-06=90 2025-10-01..2025-10-15=40 2025-10-16..2025-10-31=30",
		  "2025-10", "70 to 90, 31/31 complete inconsistent api" },
		{ "2025-10=100~50 2025-10-01..2025-10-30=160", "2025-10",
		  "50 to 160, 31/31 complete inconsistent api" },
		{ "2025-10=100~50 2025-10-01..2025-10-30=140", "2025-10",
		  "100 ± 50, 31/31 complete api" },
		/* estimates say so */
		{ "2025-10=100?", "2025-10", "~100, 31/31 complete api" },
		{ "2025-10-01..2025-10-15=60? 2025-10-16..2025-10-31=50", "2025-10",
		  "~60 to 110, 31/31 complete api" },
		{ "2025-10=100 2025-10-01=5?", "2025-10", "100, 31/31 complete api" },
		/* sources never meet in one interval */
		{ "2025-10-01..2025-10-15=60 | 2025-10-16..2025-10-31=50", "2025-10",
		  ">= 50, 16/31 csv" },
		{ "2025-10=80 2025-11=90 | 2025-12=70", "2025-Q4", ">= 90, 61/92 api" },
		/* a quarter from its months, and from its own window */
		{ "2025-10=80 2025-11=90 2025-12=70", "2025-Q4", "90 to 240, 92/92 complete api" },
		{ "2025-10=80 2025-11=90 2025-12=70 2025-Q4=150", "2025-Q4",
		  "150, 92/92 complete api" },
		/* numbers no account has are no bound */
		{ "2025-10-01..2025-10-15=9223372036854775807 2025-10-16..2025-10-31=5", "2025-10",
		  ">= 9223372036854775807, 31/31 api" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_UNIQUE, rows);
}

static void ratio_speaks_for_its_own_window_only(void **state)
{
	static const struct row rows[] = {
		{ "2025-10=337", "2025-10", "337, 31/31 complete api" },
		{ "2025-10=337 2025-11=200", "2025-10-01..2025-11-30", "n/d, 0/61" },
		{ "2025-10=337", "2025-10-01..2025-10-30", "n/d, 0/30" },
		{ "2025-10-01=5 | 2025-10=6", "2025-10", "6, 31/31 complete csv" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_RATIO, rows);
}

static void source_is_chosen_month_by_month(void **state)
{
	static const struct row rows[] = {
		/* more days known */
		{ "2025-10-01..2025-10-30*110 | | 2025-10=3400~50", "2025-10",
		  "3400 ± 50, 31/31 complete manual" },
		{ "2025-10*110 | | 2025-10=3400~50", "2025-10", "3410, 31/31 complete api" },
		{ "2025-10-01..2025-10-05*1 | 2025-10-01..2025-10-06*2", "2025-10",
		  ">= 12, 6/31 csv" },
		/* exact before interval, bounded before open */
		{ "2025-10=3400~50 | | 2025-10=3412", "2025-10", "3412, 31/31 complete manual" },
		{ "2025-10=3412? | | 2025-10=3400", "2025-10", "3400, 31/31 complete manual" },
		{ "2025-10=3000+ | | 2025-10=3400~50", "2025-10",
		  "3400 ± 50, 31/31 complete manual" },
		/* then the stated precedence */
		{ "2025-10=1 | 2025-10=2 | 2025-10=3", "2025-10", "1, 31/31 complete api" },
		{ " | 2025-10=2 | 2025-10=3", "2025-10", "2, 31/31 complete csv" },
		{ " | | 2025-10=3 | 2025-10=4", "2025-10", "4, 31/31 complete register" },
		{ " | 2025-10=2 | | 2025-10=4", "2025-10", "2, 31/31 complete csv" },
		/* months of several sources make a quarter */
		{ "2025-10*1 2025-12*1 | | 2025-11=500~50", "2025-Q4",
		  "562 ± 50, 92/92 complete mixed" },
		{ "2025-10*1 2025-11-02..2025-11-30*1 2025-12*1 | | 2025-11=500", "2025-Q4",
		  "562, 92/92 complete mixed" },
		{ "2025-10*1 2025-12*1 | | 2025-11=500", "2025-10-15..2025-12-15",
		  "532, 62/62 complete mixed" },
		/* incomplete: one source over the whole */
		{ "2025-10*1 2025-12-02..2025-12-31*1 | | 2025-11=500", "2025-Q4",
		  ">= 61, 61/92 api" },
		{ "2025-10*1 2025-11*1 | | 2025-12=500 2025-Q4=900", "2025-Q4",
		  "561, 92/92 complete mixed" },
		{ "2025-10*1 2025-11*1 | | 2025-Q4=900", "2025-Q4", "900, 92/92 complete manual" },
		/* never days of two in one month */
		{ "2025-10-01..2025-10-20*1 | 2025-10-21..2025-10-31*1", "2025-10",
		  ">= 20, 20/31 api" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_FLOW, rows);
}

static void days_of_several_sources_meet_only_where_combine_is_set(void **state)
{
	static const struct row rows[] = {
		{ "2025-10-01..2025-10-20*1 | 2025-10-21..2025-10-31*2", "2025-10",
		  "42, 31/31 complete mixed" },
		{ "2025-10-01..2025-10-20*1 | 2025-10-15..2025-10-31*2", "2025-10",
		  "42, 31/31 complete mixed" },
		{ "2025-10-01..2025-10-20*1 | 2025-10-15..2025-10-30*2", "2025-10",
		  ">= 40, 30/31 mixed" },
		/* one that has all the days needs no other */
		{ "2025-10*1 | 2025-10*2", "2025-10", "31, 31/31 complete api" },
		{ "2025-10-01..2025-10-20*1 | 2025-10*2", "2025-10", "62, 31/31 complete csv" },
		{ "2025-10-01..2025-10-20*1 | ", "2025-10", ">= 20, 20/31 api" },
		{ "2025-10-01..2025-10-20*1 2025-11*1 | 2025-10-21..2025-10-31*2 2025-12=90",
		  "2025-Q4", "162, 92/92 complete mixed" },
		{ "2025-10-01..2025-10-20*1 | 2025-10-21..2025-10-31*2 2025-12=90", "2025-Q4",
		  ">= 132, 62/92 mixed" },
		/* not over a change of definition */
		{ "2025-10-01..2025-10-20*1 2025-11*1 break@2025-11-01 | "
		  "2025-10-21..2025-10-31*2 2025-12=90",
		  "2025-Q4", ">= 142, 72/92 mixed broken" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_new(METRIC_FLOW, rows[i].world);
		struct figure figure;

		world->scope.combine = true;
		figure = ask(world, rows[i].period);
		expect(&figure, rows[i].figure, rows[i].world);
		free(world);
	}
}

static void figures_of_several_zones_name_none(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10*1 2025-12*1 | 2025-11=500");
	struct figure figure = ask(world, "2025-Q4");

	(void)state;
	assert_null(figure.zone);
	figure = ask(world, "2025-11");
	assert_string_equal(figure.zone, "America/Bogota");
	figure = ask(world, "2026-01");
	assert_null(figure.zone);
	free(world);

	world = world_new(METRIC_FLOW, " | 2025-10*1 2025-12*1 | 2025-11=500");
	figure = ask(world, "2025-Q4");
	assert_true(figure.mixed);
	assert_string_equal(figure.zone, "America/Bogota");
	free(world);

	world = world_new(METRIC_FLOW, "2025-10-01*1 | 2025-10-02*1");
	world->scope.combine = true;
	figure = ask(world, "2025-10");
	assert_true(figure.mixed);
	assert_null(figure.zone);
	free(world);
}

static void definitions_are_never_added(void **state)
{
	static const struct row flows[] = {
		{ "2025-10*1 break@2025-10-15", "2025-10", ">= 17, 17/31 broken api" },
		{ "2025-10*1 break@2025-10-20", "2025-10", ">= 19, 19/31 broken api" },
		{ "2025-10*1 2025-11*1 break@2025-11-01", "2025-10", "31, 31/31 complete api" },
		{ "2025-10*1 2025-11*1 break@2025-11-01", "2025-11", "30, 30/30 complete api" },
		{ "2025-10*1 2025-11*1 2025-12*1 break@2025-11-01", "2025-Q4",
		  ">= 61, 61/92 broken api" },
		{ "2025-10*1 2025-11*1 2025-12*1 break@2025-10-11 break@2025-12-20", "2025-Q4",
		  ">= 70, 70/92 broken api" },
		/* only one of them has anything to say */
		{ "2025-11*1 2025-12*1 break@2025-11-01", "2025-Q4", ">= 61, 61/92 api" },
		/* of two equals the later */
		{ "2025-11-01..2025-11-15*1 2025-11-16..2025-11-30*2 break@2025-11-16", "2025-11",
		  ">= 30, 15/30 broken api" },
		/* a window over the change belongs to neither */
		{ "2025-10=500 break@2025-10-15", "2025-10", "n/d, 0/31 broken" },
		{ "2025-Q4=500 break@2025-10-15 2025-11=7", "2025-11", "7, 30/30 complete api" },
		{ "2025-10=500 break@2025-10-01", "2025-10", "500, 31/31 complete api" },
		/* nor by way of another source's month */
		{ "2025-10*1 2025-12*1 break@2025-11-15 | 2025-11=500", "2025-Q4",
		  ">= 31, 31/92 broken api" },
		/* which may have it all */
		{ "2025-10*1 break@2025-10-15 | 2025-10=33", "2025-10", "33, 31/31 complete csv" },
	};
	static const struct row uniques[] = {
		{ "2025-10-01..2025-10-14=60 2025-10-15..2025-10-31=50 break@2025-10-15", "2025-10",
		  ">= 50, 17/31 broken api" },
		{ "2025-10=80 2025-11=90 2025-12=70 break@2025-12-01", "2025-Q4",
		  ">= 90, 61/92 broken api" },
		{ "2025-10=80 2025-10-01..2025-10-14=60 break@2025-10-15", "2025-10",
		  ">= 60, 14/31 broken api" },
		{ "2025-10-05=3 2025-09-20..2025-10-31=70 break@2025-10-01", "2025-10",
		  ">= 3, 1/31 api" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_FLOW, flows);
	EXPECT_ROWS(METRIC_UNIQUE, uniques);
}

static void period_that_has_months_to_come_is_provisional(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10*1");
	struct figure figure;

	(void)state;
	world->metric.settles_days = 0;
	world->scope.today = day("2025-11-01");
	figure = ask(world, "2025-10");
	expect(&figure, "31, 31/31 complete api", "October");
	figure = ask(world, "2025-Q4");
	expect(&figure, "31, 31/31 complete provisional api", "the quarter");
	free(world);
}

static void number_is_final_only_when_it_was_read_after_the_provider_could_change_it(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10*1 2025-11=40 | 2025-12=50");
	int32_t read_on[92];
	struct figure figure;

	(void)state;
	world->metric.revisable_days = 28;
	world->scope.today = day("2025-11-28");
	figure = ask(world, "2025-10"); /* by age alone: the 31st ended 27 days ago */
	expect(&figure, "31, 31/31 complete revisable api", "27 days after October");
	world->scope.today = day("2025-11-29");
	figure = ask(world, "2025-10");
	expect(&figure, "31, 31/31 complete api", "28 days after October");

	/* years later, but the last day was last read when it could still change */
	world->scope.today = day("2027-01-01");
	for (int32_t i = 0; i < 92; i++)
		read_on[i] = day("2025-11-29");
	world->scope.read_on = read_on;
	figure = ask(world, "2025-10");
	expect(&figure, "31, 31/31 complete api", "October, read on the 29th");
	read_on[30] = day("2025-11-28");
	figure = ask(world, "2025-10");
	expect(&figure, "31, 31/31 complete revisable api", "October, read on the 28th");
	read_on[30] = DAY_NONE;
	figure = ask(world, "2025-Q4");
	expect(&figure, "121, 92/92 complete revisable mixed", "the quarter, a day never read");
	/* what a person stated is not the provider's to change */
	figure = ask(world, "2025-12");
	expect(&figure, "50, 31/31 complete csv", "December, by hand");
	free(world);
}

static void number_that_was_not_read_again_with_its_day_is_not_final(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10*1");
	struct figure figure;

	(void)state;
	world->metric.revisable_days = 28;
	world->scope.today = day("2027-01-01");
	figure = ask(world, "2025-10");
	expect(&figure, "31, 31/31 complete api", "October");
	world->samples[0][7].flags |= SAMPLE_UNREAD;
	figure = ask(world, "2025-10");
	expect(&figure, "31, 31/31 complete revisable api", "a day whose metric was set aside");
	free(world);
}

static void what_lacks_and_nobody_asked_for_since_is_not_final(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10-01..2025-10-30*1");
	int32_t read_on[31];
	struct figure figure;

	(void)state;
	for (int32_t i = 0; i < 31; i++)
		read_on[i] = i < 30 ? day("2025-12-01") : DAY_NONE;
	world->scope.read_on = read_on;
	figure = ask(world, "2025-10");
	expect(&figure, ">= 30, 30/31 revisable api", "a day that no sweep has read");
	read_on[30] = day("2025-12-01");
	figure = ask(world, "2025-10");
	expect(&figure, ">= 30, 30/31 api", "a day that was read and had nothing");
	free(world);
}

static void level_of_an_account_that_ended_is_that_of_its_last_day(void **state)
{
	struct world *world = world_new(METRIC_STOCK, "2025-02=90 2025-05=100");
	struct figure figure;

	(void)state;
	world->scope.exists = (struct window){ day("2025-01-01"), 140 }; /* to 20 May */
	figure = ask(world, "2025-05");
	expect(&figure, "100, 20/20 complete api at 2025-05-20", "its last month");
	figure = ask(world, "2025");
	expect(&figure, "100, 48/140 complete api at 2025-05-20", "the year");
	free(world);
}

static void list_of_what_lacks_never_names_a_day_that_is_known(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "");
	struct figure figure;

	(void)state;
	world->count = 1;
	for (int32_t i = 1; i < 365; i += 2)
		put(world, 0,
		    (struct sample){ .window = { day("2025-01-01") + i, 1 }, .value = 1 });
	figure = ask(world, "2025");
	assert_int_equal(figure.known_days, 182);
	assert_true(figure.lacking_more);
	assert_int_equal(figure.lacking.count, DAYS_MAX);
	for (size_t i = 0; i < figure.lacking.count; i++)
		assert_int_equal(figure.lacking.ranges[i].days, 1);
	free(world);
}

static void sum_beyond_what_can_be_counted_is_no_exact_number(void **state)
{
	struct world *world = world_new(
		METRIC_FLOW, "2025-10=9000000000000000000 2025-11=9000000000000000000 2025-12=9");
	struct figure figure = ask(world, "2025-Q4");

	(void)state;
	assert_int_equal(figure.form, FIGURE_AT_LEAST);
	free(world);
}

/* Asked on a day: what runs is measured by the days that are over. */
static void running_period_is_measured_against_its_elapsed_days(void **state)
{
	static const struct {
		enum metric_kind kind;
		const char *world, *period, *today, *figure;
	} rows[] = {
		{ METRIC_FLOW, "2025-10-01..2025-10-10*1", "2025-10", "2025-10-11",
		  "10, 10/10 complete provisional api" },
		{ METRIC_FLOW, "2025-10-01..2025-10-09*1", "2025-10", "2025-10-11",
		  ">= 9, 9/10 provisional api" },
		{ METRIC_FLOW, "2025-10-01..2025-10-11*1", "2025-10", "2025-10-11",
		  "11, 10/10 complete provisional api" },
		{ METRIC_FLOW, "2025-10=40", "2025-10", "2025-10-31",
		  "40, 30/30 complete provisional api" },
		{ METRIC_FLOW, "", "2025-10", "2025-10-11", "n/d, 0/10 provisional" },
		{ METRIC_FLOW, "", "2025-10", "2025-10-01", "n/d, 0/0 provisional" },
		{ METRIC_FLOW, "", "2025-10", "2025-09-01", "n/d, 0/0 provisional" },
		/* a quarter whose last month is to come */
		{ METRIC_FLOW, "2025-10*1 | 2025-11-01..2025-11-10*1", "2025-Q4", "2025-11-11",
		  "41, 41/41 complete provisional mixed" },
		{ METRIC_FLOW, "2025-10*1 2025-11-01..2025-11-10*1", "2025-Q4", "2025-11-11",
		  "41, 41/41 complete provisional api" },
		/* its people: more will come, unless somebody stated the whole */
		{ METRIC_UNIQUE, "2025-10-01..2025-10-10=50", "2025-10", "2025-10-11",
		  ">= 50, 10/10 provisional api" },
		{ METRIC_UNIQUE, "2025-10-01..2025-10-10*5", "2025-10", "2025-10-11",
		  ">= 5, 10/10 provisional api" },
		{ METRIC_UNIQUE, "2025-10=50", "2025-10", "2025-10-31",
		  "50, 30/30 complete provisional api" },
		{ METRIC_STOCK, "2025-10-10=50", "2025-10", "2025-10-11",
		  "50, 1/10 complete provisional api at 2025-10-10" },
		{ METRIC_STOCK, "2025-10-09=50", "2025-10", "2025-10-11",
		  "50, 1/10 provisional api at 2025-10-09" },
		{ METRIC_STOCK, "2025-10-01=50", "2025-10", "2025-10-01",
		  "50, 1/1 complete provisional api at 2025-10-01" },
		/* today's reading is one, the day after the last that is over */
		{ METRIC_STOCK, "2025-10-11=50", "2025-10", "2025-10-11",
		  "50, 1/11 complete provisional api at 2025-10-11" },
		{ METRIC_STOCK, "2025-10-01..2025-10-11*5", "2025-10", "2025-10-11",
		  "5, 11/11 complete provisional api at 2025-10-11" },
		/* settling: three days after the window has ended */
		{ METRIC_FLOW, "2025-10*1", "2025-10", "2025-11-01",
		  "31, 31/31 complete provisional api" },
		{ METRIC_FLOW, "2025-10*1", "2025-10", "2025-11-03",
		  "31, 31/31 complete provisional api" },
		{ METRIC_FLOW, "2025-10*1", "2025-10", "2025-11-04", "31, 31/31 complete api" },
		{ METRIC_FLOW, "2025-10-01..2025-10-25*1", "2025-10", "2025-11-01",
		  ">= 25, 25/31 api" },
		/* only the windows that are used matter */
		{ METRIC_UNIQUE, "2025-10=90 2025-10-30..2025-11-02=5", "2025-10", "2025-11-04",
		  "90, 31/31 complete api" },
		{ METRIC_UNIQUE, "2025-10-01..2025-10-30=90 2025-10-30..2025-11-02=5", "2025-10",
		  "2025-11-04", "90 to 95, 30/31 complete provisional api" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_new(rows[i].kind, rows[i].world);
		struct figure figure;

		world->scope.today = day(rows[i].today);
		figure = ask(world, rows[i].period);
		expect(&figure, rows[i].figure, rows[i].world);
		free(world);
	}
}

static void days_without_the_account_are_not_missing(void **state)
{
	static const struct {
		enum metric_kind kind;
		const char *world, *period, *figure;
	} rows[] = {
		/* the account lived from 15 October to 20 December */
		{ METRIC_FLOW, "2025-10-15..2025-10-31*1", "2025-10", "17, 17/17 complete api" },
		{ METRIC_FLOW, "2025-10=40", "2025-10", "40, 17/17 complete api" },
		{ METRIC_FLOW, "2025-10-16..2025-10-31*1", "2025-10", ">= 16, 16/17 api" },
		{ METRIC_FLOW, "2025-10*1", "2025-10", "17, 17/17 complete api" },
		{ METRIC_FLOW, "2025-10=17 2025-11*1 2025-12=20", "2025-Q4",
		  "67, 67/67 complete api" },
		{ METRIC_FLOW, "2025-10=17 2025-11*1 2025-12=20", "2025",
		  "67, 67/67 complete api" },
		{ METRIC_FLOW, "2025-09*1", "2025-09", "n/d, 0/0" },
		{ METRIC_FLOW, "", "2026-01", "n/d, 0/0" },
		{ METRIC_UNIQUE, "2025-10=40", "2025-10", "40, 17/17 complete api" },
		{ METRIC_UNIQUE, "2025-10-15..2025-10-31=40", "2025-10", "40, 17/17 complete api" },
		{ METRIC_UNIQUE, "2025-10=40~50 2025-10-15..2025-10-31=39", "2025-10",
		  "39, 17/17 complete api" },
		{ METRIC_STOCK, "2025-12-20=9", "2025-12", "9, 1/20 complete api at 2025-12-20" },
		{ METRIC_STOCK, "2025-12-21=9", "2025-12", "n/d, 0/20" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_new(rows[i].kind, rows[i].world);
		struct figure figure;

		world->scope.exists = window_of("2025-10-15..2025-12-20");
		figure = ask(world, rows[i].period);
		expect(&figure, rows[i].figure, rows[i].world);
		free(world);
	}
}

static void account_without_an_end_lives_for_ever(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10-15..2025-10-31*1");
	struct figure figure;

	(void)state;
	world->scope.exists = (struct window){ day("2025-10-15"), INT32_MAX };
	figure = ask(world, "2025-10");
	expect(&figure, "17, 17/17 complete api", "October");
	free(world);
}

/* --- groups and derived metrics
 * ----------------------------------------------------------------------- */

static struct figure figure_from(enum metric_kind kind, const char *line, const char *period)
{
	struct world *world = world_new(kind, line);
	struct figure figure = ask(world, period);

	if (figure.form != FIGURE_NONE) { /* the tracks go with the world */
		figure.source = "api";
		figure.zone = "America/Los_Angeles";
	}
	free(world);
	return figure;
}

static void group_adds_what_adds_up(void **state)
{
	static const struct {
		enum metric_kind kind;
		const char *parts[3], *figure;
	} rows[] = {
		{ METRIC_FLOW,
		  { "2025-10=44", "2025-10=44", "2025-10=46" },
		  "134, 93/93 complete api" },
		{ METRIC_FLOW,
		  { "2025-10=44", "2025-10=40~5", "2025-10=46" },
		  "130 ± 5, 93/93 complete api" },
		{ METRIC_FLOW, { "2025-10=44", "", "2025-10=46" }, ">= 90, 62/93 api" },
		{ METRIC_FLOW, { "", "", "2025-10=46~5" }, ">= 46 ± 5, 31/93 api" },
		{ METRIC_FLOW, { "", "", "" }, "n/d, 0/93" },
		{ METRIC_FLOW,
		  { "2025-10=44", "2025-10-01=1", "2025-10=46?" },
		  "~>= 91, 63/93 api" },
		{ METRIC_STOCK,
		  { "2025-10=44", "2025-10=40", "2025-10-30=6" },
		  "90, 63/93 sum api at 2025-10-30" },
		{ METRIC_STOCK, { "2025-10=44", "", "" }, ">= 44, 31/93 api at 2025-10-31" },
		{ METRIC_UNIQUE,
		  { "2025-10=44", "2025-10=50", "2025-10=6" },
		  "50 to 100, 93/93 complete api" },
		{ METRIC_UNIQUE,
		  { "2025-10=44", "2025-10=50~3", "2025-10=6" },
		  "47 to 103, 93/93 complete api" },
		{ METRIC_UNIQUE,
		  { "2025-10=44", "2025-10=0", "2025-10=0" },
		  "44, 93/93 complete api" },
		{ METRIC_UNIQUE, { "2025-10=44~5", "", "" }, ">= 39, 31/93 api" },
		{ METRIC_UNIQUE,
		  { "2025-10=44", "2025-10-01=50", "2025-10=6" },
		  ">= 50, 63/93 api" },
		{ METRIC_RATIO, { "2025-10=44", "2025-10=50", "2025-10=6" }, "n/d, 93/93 api" },
		{ METRIC_RATIO, { "2025-10=44", "", "" }, "n/d, 31/93 api" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* in every order the same */
		for (size_t k = 0; k < 3; k++) {
			struct figure parts[3], group;
			char of[32];

			for (size_t p = 0; p < 3; p++)
				parts[p] = figure_from(rows[i].kind, rows[i].parts[(p + k) % 3],
						       "2025-10");
			group = figure_of_group(parts, 3);
			(void)snprintf(of, sizeof(of), "row %zu, order %zu", i, k);
			expect(&group, rows[i].figure, of);
			assert_int_equal(group.lacking.count, 0);
		}
	}
}

static void group_does_not_miss_an_account_that_did_not_exist(void **state)
{
	struct figure parts[2], group;
	struct world *world = world_new(METRIC_UNIQUE, "");

	(void)state;
	world->scope.exists = window_of("2026");
	parts[0] = figure_from(METRIC_UNIQUE, "2025-10=44~5", "2025-10");
	parts[1] = ask(world, "2025-10");
	expect(&parts[1], "n/d, 0/0", "not there yet");
	group = figure_of_group(parts, 2);
	expect(&group, "44 ± 5, 31/31 complete api", "existing first");
	parts[1] = parts[0];
	parts[0] = ask(world, "2025-10");
	group = figure_of_group(parts, 2);
	expect(&group, "44 ± 5, 31/31 complete api", "existing last");
	group = figure_of_group(parts, 1);
	expect(&group, "n/d, 0/0", "nobody");
	group = figure_of_group(NULL, 0);
	expect(&group, "n/d, 0/0", "none at all");
	free(world);
}

static void group_of_one_keeps_what_lacks(void **state)
{
	struct figure part = figure_from(METRIC_FLOW, "2025-10-02..2025-10-31*1", "2025-10");
	struct figure group = figure_of_group(&part, 1);

	(void)state;
	expect(&group, ">= 30, 30/31 api", "one");
	assert_int_equal(group.lacking.count, 1);
}

static void derived_metric_adds_and_takes_away(void **state)
{
	static const struct {
		enum metric_kind kinds[3];
		const char *terms[3]; /* "-2025-10=5": taken away; NULL: no more */
		const char *figure;
	} rows[] = {
		/* publications of the networks and news of the website */
		{ { 0 }, { "2025-10=273", "2025-10=6" }, "279, 62/62 complete api" },
		{ { 0 }, { "2025-10=273", "" }, ">= 273, 31/62 api" },
		{ { 0 }, { "", "2025-10=6" }, ">= 6, 31/62 api" },
		/* gained less lost: the bounds of what is taken away swap */
		{ { 0 }, { "2025-10=100~1", "-2025-10=30~2/5" }, "70 -6 +3, 62/62 complete api" },
		{ { 0 }, { "2025-10=10", "-2025-10=30" }, "-20, 62/62 complete api" },
		{ { 0 }, { "-2025-10=30", "2025-10=10" }, "-20, 62/62 complete api" },
		{ { 0 }, { "-2025-10=30" }, "-30, 31/31 complete api" },
		{ { 0 }, { "2025-10-01=100", "-2025-10=30" }, ">= 70, 32/62 api" },
		/* open on the wrong side */
		{ { 0 }, { "2025-10=100", "-2025-10-01=30" }, "n/d, 32/62 api" },
		{ { 0 }, { "2025-10=100", "-" }, "n/d, 31/62 api" },
		{ { 0 }, { "-", "2025-10=100" }, "n/d, 31/62 api" },
		{ { 0 }, { "-", "2025-10=100", "2025-10=1" }, "n/d, 62/93 api" },
		{ { 0 }, { "2025-10=100", "-", "2025-10=1" }, "n/d, 62/93 api" },
		/* people */
		{ { METRIC_UNIQUE, METRIC_UNIQUE },
		  { "2025-10=5", "2025-10=7" },
		  "7 to 12, 62/62 complete api" },
		{ { METRIC_UNIQUE, METRIC_UNIQUE },
		  { "2025-10=5", "-2025-10=3" },
		  "n/d, 62/62 api" },
		/* what does not belong together */
		{ { METRIC_UNIQUE, METRIC_FLOW }, { "2025-10=5", "2025-10=3" }, "n/d, 62/62 api" },
		{ { METRIC_STOCK, METRIC_STOCK },
		  { "2025-10=5", "-2025-10=3" },
		  "2, 62/62 complete sum api at 2025-10-31" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figure sum = { .value = 77 };
		char of[32];

		for (size_t k = 0; k < 3 && rows[i].terms[k]; k++) {
			const char *line = rows[i].terms[k];
			int sign = *line == '-' ? -1 : 1;
			struct figure term =
				figure_from(rows[i].kinds[k], line + (sign < 0), "2025-10");

			figure_add_term(&sum, &term, sign, k == 0);
		}
		(void)snprintf(of, sizeof(of), "row %zu", i);
		expect(&sum, rows[i].figure, of);
		assert_true(!rows[i].terms[1] || sum.lacking.count == 0);
	}
}

static void what_may_still_come_makes_the_sum_provisional(void **state)
{
	struct figure parts[2] = { { .provisional = true, .as_of = DAY_NONE } }, group;

	(void)state;
	parts[1] = figure_from(METRIC_FLOW, "2025-10=5", "2025-10");
	group = figure_of_group(parts, 2);
	expect(&group, "5, 31/31 complete provisional api", "first");
	parts[0] = parts[1];
	parts[1] = (struct figure){ .provisional = true, .as_of = DAY_NONE };
	group = figure_of_group(parts, 2);
	expect(&group, "5, 31/31 complete provisional api", "last");
}

static void percent_is_rounded_down(void **state)
{
	static const struct {
		int32_t known, period;
		int percent;
	} rows[] = { { 364, 365, 99 }, { 365, 365, 100 }, { 0, 31, 0 },
		     { 61, 92, 66 },   { 1, 366, 0 },     { 21000000, 21000001, 99 } };
	struct figure figure = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		figure.known_days = rows[i].known;
		figure.period_days = rows[i].period;
		assert_int_equal(figure_percent(&figure), rows[i].percent);
	}
	figure.period_days = 0;
	assert_int_equal(figure_percent(&figure), 0);
	figure.complete = true;
	assert_int_equal(figure_percent(&figure), 100);
}

/* --- what two sources make of one period */

static void month_somebody_typed_is_printed_where_the_api_lacks_a_day(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10-01..2025-10-30*110 | | "
						     "2025-10=3400~50");
	struct figure printed = ask(world, "2025-10"), listed;

	(void)state;
	expect(&printed, "3400 ± 50, 31/31 complete manual", "October");
	listed = figure_of(&world->tracks[0], 1, &world->scope);
	expect(&listed, ">= 3300, 30/31 api", "the other");
	assert_false(figures_conflict(&printed, &listed, 0)); /* both may be true */
	free(world);
}

static void months_of_an_api_and_of_a_person_are_a_complete_quarter(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10*100 2025-12*50 | | 2025-11=1400~50");
	struct trace trace = { 0 };
	struct figure quarter;

	(void)state;
	world->scope.trace = &trace;
	quarter = ask(world, "2025-Q4");
	expect(&quarter, "6050 ± 50, 92/92 complete mixed", "the quarter");
	assert_null(quarter.source);
	assert_int_equal(trace.count, 31 + 1 + 31);
	assert_string_equal(trace.uses[0].track->source, "api");
	assert_string_equal(trace.uses[31].track->source, "manual");
	assert_int_equal(trace.uses[31].sample->value, 1400);
	trace_clear(&trace);
	assert_int_equal(trace.count, 0);
	assert_null(trace.uses);
	free(world);
}

static void sources_conflict_when_both_cannot_be_true(void **state)
{
	static const struct {
		const char *a, *b;
		int64_t tolerance;
		bool conflict;
	} rows[] = {
		/* a month below its own known days */
		{ "2025-10=3200~50", "2025-10-01..2025-10-30*110", 0, true },
		{ "2025-10=3200~50", "2025-10-01..2025-10-30*110", 15, true },
		{ "2025-10=3200~50", "2025-10-01..2025-10-30*110", 16, false },
		{ "2025-10=3250~50", "2025-10-01..2025-10-30*110", 0, false },
		{ "2025-10=9000", "2025-10-01..2025-10-30*110", 0, false },
		{ "2025-10=100", "2025-10=110", 0, true },
		{ "2025-10=100", "2025-10=110", 90, true },
		{ "2025-10=100", "2025-10=110", 91, false },
		{ "2025-10=100", "2025-10=100", 0, false },
		{ "2025-10=100~5", "2025-10=110~5", 0, false },
		{ "2025-10=100+", "2025-10=110+", 0, false },
		{ "2025-10=100", "", 0, false },
		{ "2025-10=-100", "2025-10=-110", 0, true },
		{ "2025-10=-9223372036854775807", "2025-10=9223372036854775806", 1000, true },
		{ "2025-10=0", "2025-10=9223372036854775806", 1000, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figure a = figure_from(METRIC_FLOW, rows[i].a, "2025-10");
		struct figure b = figure_from(METRIC_FLOW, rows[i].b, "2025-10");

		if (figures_conflict(&a, &b, rows[i].tolerance) != rows[i].conflict ||
		    figures_conflict(&b, &a, rows[i].tolerance) != rows[i].conflict)
			fail_msg("%s and %s, %d thousandths", rows[i].a, rows[i].b,
				 (int)rows[i].tolerance);
	}
}

static void provider_that_comes_second_may_still_change_its_numbers(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10*1 | | 2025-11=5");
	struct figure figure;

	(void)state;
	world->tracks[0].precedence = 1; /* the office believes itself first */
	world->tracks[2].precedence = 0;
	world->metric.revisable_days = 28;
	world->scope.today = day("2025-11-02");
	figure = ask(world, "2025-10");
	expect(&figure, "31, 31/31 complete provisional revisable api", "the provider's");
	world->scope.today = day("2025-12-01");
	figure = ask(world, "2025-11");
	expect(&figure, "5, 30/30 complete manual", "what a person says");
	free(world);
}

/* --- what figures rest on */

/* "2025-10-05=3, …" of the source */
static void expect_trace(const struct trace *trace, const char *words, const char *of)
{
	struct text text = { 0 };

	for (size_t i = 0; i < trace->count; i++) {
		const struct sample *sample = trace->uses[i].sample;
		char window[WINDOW_TEXT];

		text_addf(&text, "%s%s %s=%lld", i ? ", " : "", trace->uses[i].track->source,
			  window_text(sample->window, window), (long long)sample->value);
	}
	if (strcmp(text_str(&text), words) != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", of, text_str(&text), words);
	text_clear(&text);
}

static void trace_names_what_was_used_and_nothing_else(void **state)
{
	static const struct {
		enum metric_kind kind;
		const char *world, *period, *trace;
		bool combine;
	} rows[] = {
		{ METRIC_FLOW, "", "2025-10", "", false },
		{ METRIC_FLOW, "2025-10-02=5 2025-10-03=6 2025-11-01=7 | 2025-10-05=9", "2025-10",
		  "api 2025-10-02=5, api 2025-10-03=6", false },
		/* a longer window ends the quick way over the days */
		{ METRIC_FLOW, "2025-10-01=5 2025-10=60", "2025-10",
		  "api 2025-10-01..2025-10-31=60", false },
		{ METRIC_FLOW, "2025-10-01=5 | | 2025-10=60~5", "2025-10",
		  "manual 2025-10-01..2025-10-31=60", false },
		/* months that do not make a sum leave nothing */
		{ METRIC_FLOW, "2025-10=5 2025-12=6 | 2025-11=9", "2025-Q4",
		  "api 2025-10-01..2025-10-31=5, csv 2025-11-01..2025-11-30=9, "
		  "api 2025-12-01..2025-12-31=6",
		  false },
		{ METRIC_FLOW, "2025-10=5 | 2025-11=9", "2025-Q4", "api 2025-10-01..2025-10-31=5",
		  false },
		{ METRIC_FLOW, "2025-10-01..2025-10-03=1 | 2025-10-03..2025-10-31=9 2025-11-02=3",
		  "2025-10", "csv 2025-10-03..2025-10-31=9", true },
		{ METRIC_FLOW, "2025-10-01..2025-10-03=1 | 2025-10-04..2025-10-31=9 2025-11-02=3",
		  "2025-10", "api 2025-10-01..2025-10-03=1, csv 2025-10-04..2025-10-31=9", true },
		{ METRIC_FLOW, "2025-10-01=1 2025-10-20=2 break@2025-10-15", "2025-10",
		  "api 2025-10-20=2", false },
		{ METRIC_STOCK, "2025-10-01=1 2025-11-20=2 | 2025-12-01=7", "2025-Q4",
		  "csv 2025-12-01=7", false },
		{ METRIC_STOCK, "2025-10-01=1 2025-11-20=2 | 2025-10-03=7", "2025-Q4",
		  "api 2025-11-20=2", false },
		/* bounds: the lower one, then the windows that cover; each once */
		{ METRIC_UNIQUE, "2025-10-01..2025-10-15=60 2025-10-16..2025-10-31=50 2025-10-31=1",
		  "2025-10", "api 2025-10-01..2025-10-15=60, api 2025-10-16..2025-10-31=50",
		  false },
		{ METRIC_UNIQUE, "2025-10=60 2025-10-16=50", "2025-10",
		  "api 2025-10-01..2025-10-31=60", false },
		{ METRIC_UNIQUE, "2025-10-16=50 2025-10-17=40", "2025-10", "api 2025-10-16=50",
		  false },
		{ METRIC_RATIO, "2025-10=5 | 2025-10-01=6", "2025-10",
		  "api 2025-10-01..2025-10-31=5", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_new(rows[i].kind, rows[i].world);
		struct trace trace = { 0 };
		struct figure with, without;
		char line[200];

		world->scope.combine = rows[i].combine;
		without = ask(world, rows[i].period);
		world->scope.trace = &trace;
		with = ask(world, rows[i].period);
		expect(&with, say(&without, line, sizeof(line)), "traced or not");
		expect_trace(&trace, rows[i].trace, rows[i].world);
		trace_clear(&trace);
		free(world);
	}
}

static void flow_that_lost_its_bounds_rests_on_nothing(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10-01=5");
	struct trace trace = { 0 };
	struct figure figure;

	(void)state;
	world->metric.negative = true;
	world->scope.trace = &trace;
	figure = ask(world, "2025-10");
	assert_int_equal(figure.form, FIGURE_NONE);
	assert_int_equal(trace.count, 0);
	trace_clear(&trace);
	free(world);
}

static void figure_names_the_definition_it_is_counted_by(void **state)
{
	static const struct {
		enum metric_kind kind;
		const char *world, *period, *definition; /* NULL: none, or several */
	} rows[] = {
		{ METRIC_FLOW, "2025-10*1", "2025-10", NULL },
		{ METRIC_FLOW, "2025-10*1 2025-11*1 break@2025-11-01", "2025-10", "1970-01-01" },
		{ METRIC_FLOW, "2025-10*1 2025-11*1 break@2025-11-01", "2025-11", "2025-11-01" },
		{ METRIC_FLOW, "2025-10*1 2025-11*1 2025-12*1 break@2025-11-01", "2025-Q4",
		  "2025-11-01" },
		{ METRIC_FLOW, "2025-10*1 2025-11*1 2025-12*1 break@2025-10-01", "2025-Q4",
		  "2025-10-01" },
		{ METRIC_FLOW, "2025-10*1 2025-12*1 break@2025-10-01 | 2025-11=5", "2025-Q4",
		  NULL },
		{ METRIC_STOCK, "2025-10-01=1 2025-10-31=2 break@2025-10-15", "2025-10",
		  "2025-10-15" },
		{ METRIC_STOCK, "2025-10=1 break@2025-10-15", "2025-10", NULL },
		{ METRIC_UNIQUE, "2025-10=1 break@2025-11-15", "2025-10", "1970-01-01" },
		{ METRIC_FLOW, "break@2025-11-15", "2025-10", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_new(rows[i].kind, rows[i].world);
		struct figure figure = ask(world, rows[i].period);

		assert_int_equal(figure.definition,
				 rows[i].definition ? day(rows[i].definition) : DAY_NONE);
		assert_int_equal(figure.decimals, 0);
		free(world);
	}
}

/* --- one period beside another */

static const char *const comparabilities[] = { "comparable", "sources", "nothing",
					       "incomplete", "broken",  "inconsistent" };

static void figures_are_compared_only_where_that_means_something(void **state)
{
	static const struct {
		enum metric_kind kind;
		const char *world, *words; /* of October and November */
	} rows[] = {
		{ METRIC_FLOW, "2025-10=100 2025-11=150", "comparable 50 to 50, 500 to 500, 500" },
		{ METRIC_FLOW, "2025-10=34811 2025-11=34326",
		  "comparable -485 to -485, -14 to -13, -14" },
		{ METRIC_FLOW, "2025-10=34326 2025-11=25059",
		  "comparable -9267 to -9267, -270 to -269, -270" },
		{ METRIC_FLOW, "2025-10=3400~50 2025-11=1400~50",
		  "comparable -2100 to -1900, -609 to -567, -588" },
		{ METRIC_FLOW, "2025-10=0 2025-11=150", "comparable 150 to 150" },
		{ METRIC_FLOW, "2025-10=20~50 2025-11=150", "comparable 80 to 180" },
		{ METRIC_FLOW, "2025-10=-5 2025-11=-7", "comparable -2 to -2" },
		{ METRIC_FLOW, "2025-10=10~5 2025-11=-10~5",
		  "comparable -30 to -10, -4000 to -1333, -2000" },
		{ METRIC_UNIQUE, "2025-10=100 2025-11-01..2025-11-15=60 2025-11-16..2025-11-30=90",
		  "comparable -10 to 50, -100 to 500, -100" },
		{ METRIC_FLOW, "2025-10=100 | 2025-11=150", "sources 50 to 50, 500 to 500, 500" },
		{ METRIC_FLOW, "2025-10=100", "nothing" },
		{ METRIC_FLOW, "2025-11=100", "nothing" },
		{ METRIC_FLOW, "2025-10=100 2025-11-02..2025-11-30=9", "incomplete" },
		{ METRIC_FLOW, "2025-10=100+ 2025-11=9", "incomplete" },
		{ METRIC_FLOW, "2025-10=100 2025-11=150 break@2025-11-01", "broken" },
		{ METRIC_STOCK, "2025-10=100 2025-11=150 break@2025-11-01", "broken" },
		{ METRIC_FLOW, "2025-10*1 2025-11=150 break@2025-10-10", "broken" },
		{ METRIC_FLOW, "2025-10=100 2025-11=150 break@2025-09-01",
		  "comparable 50 to 50, 500 to 500, 500" },
		{ METRIC_STOCK, "2025-10-31=100 2025-11-30=150",
		  "comparable 50 to 50, 500 to 500, 500" },
		{ METRIC_STOCK, "2025-10-31=100 2025-11-29=150", "incomplete" },
		{ METRIC_UNIQUE, "2025-10=100 2025-11=50 2025-10-01=105", "inconsistent" },
		{ METRIC_FLOW, "2025-10=1 2025-11=9223372036854775806",
		  "comparable 9223372036854775805 to 9223372036854775805, "
		  "9223372036854775807 to 9223372036854775807, 9223372036854775807" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_new(rows[i].kind, rows[i].world);
		struct figure before = ask(world, "2025-10"), now = ask(world, "2025-11");
		struct comparison comparison = figure_compare(&now, &before);
		struct text text = { 0 };

		text_add(&text, comparabilities[comparison.how]);
		if (comparison.how <= COMPARABLE_SOURCES)
			text_addf(&text, " %lld to %lld", (long long)comparison.low,
				  (long long)comparison.high);
		if (comparison.relative)
			text_addf(&text, ", %lld to %lld, %lld", (long long)comparison.low_share,
				  (long long)comparison.high_share, (long long)comparison.share);
		if (strcmp(text_str(&text), rows[i].words) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", rows[i].world, text_str(&text),
				 rows[i].words);
		text_clear(&text);
		free(world);
	}
}

static void period_that_runs_is_compared_with_nothing(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2025-10*1 2025-11-01..2025-11-10*1");
	struct figure before, now;

	(void)state;
	world->metric.settles_days = 3;
	world->scope.today = day("2025-11-11");
	before = ask(world, "2025-10");
	now = ask(world, "2025-11");
	assert_true(now.complete && now.running && !before.running);
	assert_int_equal(figure_compare(&now, &before).how, COMPARE_INCOMPLETE);
	world->scope.today = day("2025-11-02"); /* October may settle, but it is over */
	before = ask(world, "2025-10");
	assert_true(before.provisional && !before.running);
	assert_int_equal(figure_compare(&before, &before).how, COMPARABLE);
	free(world);
}

/* Group figures have no source or definition of their own, and still notice what changed. */
static void group_is_not_compared_over_a_break_of_one_of_its_accounts(void **state)
{
	static const struct {
		const char *first, *second;
		enum comparability how;
	} rows[] = {
		{ "2025-10=5 2025-11=6", " | 2025-10=5 2025-11=6", COMPARABLE },
		{ "2025-10=5 2025-11=6 break@2025-11-01", " | 2025-10=5 2025-11=6",
		  COMPARE_BROKEN },
		{ "2025-10=5 2025-11=6", "2025-10=5 2025-11=6 break@2025-11-01", COMPARE_BROKEN },
		{ "2025-10=5 2025-11=6", "2025-10=5 | 2025-11=6", COMPARABLE_SOURCES },
		{ "2025-10=5 2025-11=6", "2025-10=5", COMPARE_INCOMPLETE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *first = world_new(METRIC_FLOW, rows[i].first);
		struct world *second = world_new(METRIC_FLOW, rows[i].second);
		struct figure before[2] = { ask(first, "2025-10"), ask(second, "2025-10") };
		struct figure now[2] = { ask(second, "2025-11"), ask(first, "2025-11") };
		struct figure group_before = figure_of_group(before, 2);
		struct figure group_now = figure_of_group(now, 2);

		assert_int_equal(figure_compare(&group_now, &group_before).how, rows[i].how);
		free(first);
		free(second);
	}
}

static void quarter_of_several_sources_notices_what_changed(void **state)
{
	static const struct {
		const char *world;
		bool combine;
		enum comparability how; /* of the third and the fourth quarter */
	} rows[] = {
		{ "2025-07=1 2025-08=1 2025-10=1 | 2025-09=1 2025-11=1 2025-12=1", false,
		  COMPARABLE },
		{ "2025-07=1 2025-08=1 2025-10=1 break@2025-10-01 | 2025-09=1 2025-11=1 2025-12=1",
		  false, COMPARE_BROKEN },
		{ "2025-07=1 2025-08=1 2025-09=1 2025-10=1 | 2025-11=1 2025-12=1", false,
		  COMPARABLE_SOURCES },
		{ "2025-07=1 2025-08-01=1 2025-10-01=1 | 2025-08-02..2025-08-31=1 2025-09=1 "
		  "2025-10-02..2025-10-31=1 2025-11=1 2025-12=1",
		  true, COMPARABLE },
		{ "2025-07=1 2025-08-01=1 2025-10-01=1 | 2025-08-02..2025-08-31=1 2025-09=1 "
		  "2025-10-02..2025-10-31=1 2025-11=1 2025-12=1 break@2025-10-01",
		  true, COMPARE_BROKEN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_new(METRIC_FLOW, rows[i].world);
		struct figure before, now;

		world->scope.combine = rows[i].combine;
		before = ask(world, "2025-Q3");
		now = ask(world, "2025-Q4");
		assert_true(before.complete && now.complete);
		assert_int_equal(figure_compare(&now, &before).how, rows[i].how);
		free(world);
	}
}

static void every_kind_of_period_is_the_sum_of_its_months(void **state)
{
	static const struct row rows[] = {
		{ "2022..2025*1", "2025-10", "31, 31/31 complete api" },
		{ "2022..2025*1", "2025-B1", "59, 59/59 complete api" },
		{ "2022..2025*1", "2024-B1", "60, 60/60 complete api" },
		{ "2022..2025*1", "2025-Q4", "92, 92/92 complete api" },
		{ "2022..2025*1", "2024-S1", "182, 182/182 complete api" },
		{ "2022..2025*1", "2024", "366, 366/366 complete api" },
		{ "2022..2025*1", "2022..2025", "1461, 1461/1461 complete api" },
		{ "2022..2025*1", "2025-10-01..2025-11-15", "46, 46/46 complete api" },
		{ "2022..2025*1", "2025-10-15", "1, 1/1 complete api" },
	};

	(void)state;
	EXPECT_ROWS(METRIC_FLOW, rows);
}

/* --- against brute force
 * ----------------------------------------------------------------------------- */

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

enum { WINDOWS = 9 };

/* Some windows around ten days (or so) at the end of October, no two alike. */
static struct world *random_world(enum metric_kind kind, uint32_t *seed, struct window *period)
{
	struct world *world = world_new(kind, " | ");
	size_t count = 1 + dice(seed, WINDOWS);

	world->count = 1;
	*period = (struct window){ day("2025-10-20"), 1 + (int32_t)dice(seed, 10) };
	for (size_t i = 0; i < count; i++) {
		struct sample sample = {
			.window = { period->first - 2 + (int32_t)dice(seed, 12),
				    1 + (int32_t)dice(seed, dice(seed, 2) ? 2 : 8) },
			.value = dice(seed, 50),
			.below = dice(seed, 3) ? 0 : dice(seed, 4),
		};
		bool twice = false;

		sample.above = dice(seed, 2) ? sample.below : dice(seed, 4);
		for (size_t k = 0; k < world->tracks[0].count; k++)
			twice = twice || by_window(&world->samples[0][k], &sample) == 0;
		if (!twice)
			put(world, 0, sample);
	}
	return world;
}

struct tiling {
	int days, width, windows;
	int64_t value;
};

/* Fewer days, then more uncertainty, then more windows are worse. */
static int worse(const struct tiling *a, const struct tiling *b)
{
	if (a->days != b->days)
		return a->days < b->days ? 1 : -1;
	if (a->width != b->width)
		return a->width > b->width ? 1 : -1;
	return (a->windows > b->windows) - (a->windows < b->windows);
}

/* The tiling the subset `chosen` of the samples makes; false when they overlap or stick out. */
static bool tile(const struct track *track, struct window period, unsigned chosen,
		 struct tiling *ret)
{
	int32_t end = period.first;

	*ret = (struct tiling){ 0 };
	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];

		if (!(chosen & (1U << i)))
			continue;
		if (sample->window.first < end || !window_holds(period, sample->window))
			return false;
		end = window_end(sample->window);
		ret->days += sample->window.days;
		ret->width += (int)(sample->below + sample->above);
		ret->windows++;
		ret->value += sample->value;
	}
	return true;
}

static void best_tiling_is_that_of_brute_force(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct window period;
		struct world *world = random_world(METRIC_FLOW, &seed, &period);
		const struct track *track = &world->tracks[0];
		struct tiling best = { 0 }, one;
		bool found = false;
		struct figure figure;

		for (unsigned chosen = 0; chosen < 1U << track->count; chosen++)
			if (tile(track, period, chosen, &one) && worse(&best, &one) > 0)
				best = one;
		world->scope.period = period;
		figure = figure_of(track, 1, &world->scope);
		assert_int_equal(figure.known_days, best.days);
		assert_int_equal(figure.high - figure.low, best.width);
		assert_int_equal(figure.period_days - (int)days_count(&figure.lacking), best.days);
		assert_int_equal(figure.complete, best.days == period.days);
		/* several may be best: it is one of them */
		for (unsigned chosen = 0; chosen < 1U << track->count; chosen++)
			if (tile(track, period, chosen, &one) && worse(&best, &one) == 0 &&
			    one.value == figure.value)
				found = true;
		assert_true(found);
		free(world);
	}
}

/* The least sum of upper ends of any samples that cover the period; INT64_MAX: none do. */
static int64_t least_cover(const struct track *track, struct window period)
{
	int64_t least = INT64_MAX;

	for (unsigned chosen = 1; chosen < 1U << track->count; chosen++) {
		struct days all = { 0 };
		int64_t cost = 0;

		for (size_t i = 0; i < track->count; i++) {
			if (!(chosen & (1U << i)))
				continue;
			days_add(&all, window_common(track->samples[i].window, period));
			cost += track->samples[i].value + track->samples[i].above;
		}
		if (days_count(&all) == (size_t)period.days && cost < least)
			least = cost;
	}
	return least;
}

static void expect_bounds(const struct figure *figure, int64_t low, int64_t high)
{
	if (high == INT64_MAX) {
		assert_int_equal(figure->form, FIGURE_AT_LEAST);
		assert_int_equal(figure->low, low);
		return;
	}
	assert_int_equal(figure->form, low == high ? FIGURE_EXACT : FIGURE_BETWEEN);
	assert_int_equal(figure->inconsistent, low > high);
	assert_int_equal(figure->low, low < high ? low : high);
	assert_int_equal(figure->high, low < high ? high : low);
}

static void bounds_of_people_are_those_of_brute_force(void **state)
{
	uint32_t seed = 2;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct window period;
		struct world *world = random_world(METRIC_UNIQUE, &seed, &period);
		const struct track *track = &world->tracks[0];
		struct days inside = { 0 };
		int64_t low = INT64_MIN;
		bool whole = false; /* a window that says it: rows above */
		struct figure figure;

		for (size_t i = 0; i < track->count; i++) {
			const struct sample *sample = &track->samples[i];

			if (!window_holds(period, sample->window))
				continue;
			days_add(&inside, sample->window);
			whole = whole || sample->window.days == period.days;
			if (sample->value - sample->below > low)
				low = sample->value - sample->below;
		}
		world->scope.period = period;
		figure = figure_of(track, 1, &world->scope);
		assert_int_equal(figure.known_days, days_count(&inside));
		if (inside.count == 0)
			assert_int_equal(figure.form, FIGURE_NONE);
		else if (!whole)
			expect_bounds(&figure, low, least_cover(track, period));
		free(world);
	}
}

/* Months of one source add up to their quarter, complete or not. */
static void months_add_up_to_their_quarter(void **state)
{
	static const char *const months[] = { "2025-10", "2025-11", "2025-12" };
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct world *world = world_new(METRIC_FLOW, " | ");
		struct figure parts[3], sum, quarter;
		char line[200];

		world->count = 1;
		for (size_t i = 0; i < 3; i++) {
			struct window month = window_of(months[i]);

			for (int32_t at = month.first; at < window_end(month);) {
				int32_t days = dice(&seed, 4) ? 1 : 1 + (int32_t)dice(&seed, 9);
				struct window window = { at, days };
				struct sample sample = {
					.window = window_common(window, month),
					.value = dice(&seed, 100),
					.below = dice(&seed, 10) ? 0 : 5,
				};

				at = window_end(sample.window);
				if (round % 2 || dice(&seed, 40))
					put(world, 0, sample);
			}
			if (dice(&seed, 3) == 0)
				put(world, 0, (struct sample){ month, 1500, 0, 9, 0, 0 });
		}
		for (size_t i = 0; i < 3; i++)
			parts[i] = ask(world, months[i]);
		sum = figure_of_group(parts, 3);
		quarter = ask(world, "2025-Q4");
		expect(&quarter, say(&sum, line, sizeof(line)), "quarter");
		free(world);
	}
}

static void months_are_the_same_days_whether_alone_or_among_years(void **state)
{
	struct world *world = world_new(METRIC_FLOW, "2024*1 2025*2");
	struct figure figure = ask(world, "2024..2025");

	(void)state;
	expect(&figure, "1096, 731/731 complete api", "two years");
	figure = ask(world, "2024..2027");
	expect(&figure, ">= 1096, 731/1096 provisional api", "four years");
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quarter_of_a_real_office_comes_out_as_its_cells_allow),
		cmocka_unit_test(flow_is_the_sum_over_disjoint_windows),
		cmocka_unit_test(windows_over_a_months_end_are_the_last_resort),
		cmocka_unit_test(flow_that_can_be_negative_needs_all_its_days),
		cmocka_unit_test(what_lacks_is_listed),
		cmocka_unit_test(level_is_the_last_one_inside_the_period),
		cmocka_unit_test(level_lacks_only_the_days_after_it),
		cmocka_unit_test(sum_of_levels_says_between_which_days_they_are),
		cmocka_unit_test(unique_figure_is_bounded_by_windows),
		cmocka_unit_test(ratio_speaks_for_its_own_window_only),
		cmocka_unit_test(source_is_chosen_month_by_month),
		cmocka_unit_test(days_of_several_sources_meet_only_where_combine_is_set),
		cmocka_unit_test(figures_of_several_zones_name_none),
		cmocka_unit_test(definitions_are_never_added),
		cmocka_unit_test(period_that_has_months_to_come_is_provisional),
		cmocka_unit_test(
			number_is_final_only_when_it_was_read_after_the_provider_could_change_it),
		cmocka_unit_test(number_that_was_not_read_again_with_its_day_is_not_final),
		cmocka_unit_test(what_lacks_and_nobody_asked_for_since_is_not_final),
		cmocka_unit_test(level_of_an_account_that_ended_is_that_of_its_last_day),
		cmocka_unit_test(list_of_what_lacks_never_names_a_day_that_is_known),
		cmocka_unit_test(sum_beyond_what_can_be_counted_is_no_exact_number),
		cmocka_unit_test(running_period_is_measured_against_its_elapsed_days),
		cmocka_unit_test(days_without_the_account_are_not_missing),
		cmocka_unit_test(account_without_an_end_lives_for_ever),
		cmocka_unit_test(group_adds_what_adds_up),
		cmocka_unit_test(group_does_not_miss_an_account_that_did_not_exist),
		cmocka_unit_test(group_of_one_keeps_what_lacks),
		cmocka_unit_test(derived_metric_adds_and_takes_away),
		cmocka_unit_test(what_may_still_come_makes_the_sum_provisional),
		cmocka_unit_test(percent_is_rounded_down),
		cmocka_unit_test(month_somebody_typed_is_printed_where_the_api_lacks_a_day),
		cmocka_unit_test(months_of_an_api_and_of_a_person_are_a_complete_quarter),
		cmocka_unit_test(sources_conflict_when_both_cannot_be_true),
		cmocka_unit_test(provider_that_comes_second_may_still_change_its_numbers),
		cmocka_unit_test(trace_names_what_was_used_and_nothing_else),
		cmocka_unit_test(flow_that_lost_its_bounds_rests_on_nothing),
		cmocka_unit_test(figure_names_the_definition_it_is_counted_by),
		cmocka_unit_test(figures_are_compared_only_where_that_means_something),
		cmocka_unit_test(period_that_runs_is_compared_with_nothing),
		cmocka_unit_test(group_is_not_compared_over_a_break_of_one_of_its_accounts),
		cmocka_unit_test(quarter_of_several_sources_notices_what_changed),
		cmocka_unit_test(every_kind_of_period_is_the_sum_of_its_months),
		cmocka_unit_test(best_tiling_is_that_of_brute_force),
		cmocka_unit_test(bounds_of_people_are_those_of_brute_force),
		cmocka_unit_test(months_add_up_to_their_quarter),
		cmocka_unit_test(months_are_the_same_days_whether_alone_or_among_years),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
