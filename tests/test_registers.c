#include "test.h"

#include "metricsd/error.h"
#include "metricsd/figure.h"
#include "metricsd/period.h"
#include "metricsd/text.h"

#include <stdio.h>
#include <string.h>

/*
 * Records in a line: "2025-10-06=45" begins on that day and has that number, "2025-10-17" has none,
 * "2025-10-10..2025-11-25" lasts, "none@2025-11" says there was nothing. Each has the origin that
 * is its place in the line, from 1 on.
 */
enum { RECORDS = 20 };

struct book {
	struct record records[RECORDS];
	size_t count;
	struct scope scope;
};

static struct window window_of(const char *text)
{
	struct period period;
	struct error err;

	if (period_parse(text, &period, &err) < 0)
		fail_msg("%s", err.text);
	return period.window;
}

static struct book book_of(const char *line)
{
	struct book book = { .scope = { .today = day_of(2027, 1, 1) } };
	char copy[600], *rest = copy;

	assert_true(strlen(line) < sizeof(copy));
	memcpy(copy, line, strlen(line) + 1);
	for (char *token; (token = strsep(&rest, " "));) {
		struct record *record = &book.records[book.count];
		char *number = strchr(token, '=');

		if (!*token)
			continue;
		assert_true(book.count < RECORDS);
		if (number)
			*number++ = '\0';
		record->none = strncmp(token, "none@", 5) == 0;
		record->window = window_of(record->none ? token + 5 : token);
		record->known = number != NULL;
		record->number = number ? strtoll(number, NULL, 10) : 0;
		record->origin = (int64_t)++book.count;
	}
	return book;
}

static struct figure ask(struct book *book, enum measure measure, const char *period)
{
	book->scope.period = window_of(period);
	return register_figure(measure, book->records, book->count, "register", &book->scope);
}

/* "≥ 101, 3/6 records" */
static void say(const struct figure *figure, char *ret, size_t size)
{
	struct text text = { 0 };

	switch (figure->form) {
	case FIGURE_NONE:
		text_add(&text, "n/d");
		break;
	case FIGURE_EXACT:
		text_addf(&text, "%lld", (long long)figure->value);
		break;
	case FIGURE_BETWEEN:
		text_addf(&text, "%lld to %lld", (long long)figure->low, (long long)figure->high);
		break;
	case FIGURE_AT_LEAST:
		text_addf(&text, ">= %lld", (long long)figure->low);
		if (figure->value != figure->low)
			text_addf(&text, " (%lld)", (long long)figure->value);
		break;
	}
	text_addf(&text, ", %d/%d%s%s%s", figure->known_days, figure->period_days,
		  figure->of_records ? " records" : "", figure->complete ? " complete" : "",
		  figure->provisional ? " provisional" : "");
	(void)snprintf(ret, size, "%s", text_str(&text));
	text_clear(&text);
}

struct row {
	enum measure measure;
	const char *records, *period, *figure;
};

static void expect(struct book *book, const struct row *row)
{
	struct figure figure = ask(book, row->measure, row->period);
	char line[200];

	say(&figure, line, sizeof(line));
	if (strcmp(line, row->figure) != 0)
		fail_msg("%d of %s in %s: \"%s\", expected \"%s\"", (int)row->measure, row->records,
			 row->period, line, row->figure);
	assert_int_equal(figure.decimals, row->measure == MEASURE_MEAN ? 1 : 0);
	assert_int_equal(figure.as_of, DAY_NONE);
	assert_int_equal(figure.definition, DAY_NONE);
	assert_false(figure.revisable || figure.mixed || figure.broken || figure.estimate);
	if (figure.form == FIGURE_NONE)
		assert_null(figure.source);
	else
		assert_string_equal(figure.source, "register");
}

static void expect_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct book book = book_of(rows[i].records);

		expect(&book, &rows[i]);
	}
}

#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

/* The register of a real office: the list of events, as it stood in its report. */
#define EVENTS "2025-10-06=45 2025-10-17 2025-10-27=16 2025-10-28 2025-11-19=40 2025-12-10"
#define CAMPAIGNS                                                                \
	"2025-07 2025-08 2025-08 2025-08-01..2025-09-30 2025-10-10..2025-11-25 " \
	"2025-07-21..2025-09-28 2025-12-09..2025-12-15"

static void real_quarter_comes_out_as_its_register_allows(void **state)
{
	static const struct row rows[] = {
		{ MEASURE_COUNT, EVENTS, "2025-Q4", "6, 92/92 complete" },
		{ MEASURE_SUM, EVENTS, "2025-Q4", ">= 101, 3/6 records" },
		{ MEASURE_MEAN, EVENTS, "2025-Q4", ">= 168 (337), 3/6 records" },
		{ MEASURE_MAX, EVENTS, "2025-Q4", ">= 45, 3/6 records" },
		{ MEASURE_SUM, EVENTS, "2025-11", "40, 30/30 complete" },
		{ MEASURE_MEAN, EVENTS, "2025-11", "400, 30/30 complete" },
		{ MEASURE_MAX, EVENTS, "2025-11", "40, 30/30 complete" },
		{ MEASURE_COUNT, EVENTS, "2025-12", "1, 31/31 complete" },
		{ MEASURE_SUM, EVENTS, "2025-12", "n/d, 0/1 records" },
		{ MEASURE_MEAN, EVENTS, "2025-12", "n/d, 0/1 records" },
		{ MEASURE_MAX, EVENTS, "2025-12", "n/d, 0/1 records" },
		{ MEASURE_PRESENT, CAMPAIGNS, "2025-Q4", "2, 92/92 complete" },
		{ MEASURE_PRESENT, CAMPAIGNS, "2025-Q3", "5, 92/92 complete" },
		{ MEASURE_PRESENT, CAMPAIGNS, "2025-11", "1, 30/30 complete" },
		{ MEASURE_PRESENT, CAMPAIGNS, "2025-S2", "7, 184/184 complete" },
		{ MEASURE_PRESENT, CAMPAIGNS, "2025", ">= 7, 184/365" },
		{ MEASURE_COUNT, CAMPAIGNS, "2025-Q4", ">= 2, 62/92" },
		{ MEASURE_TRUE, "2025-Q4=0 2025-Q4=0 2025-Q4=0", "2025-Q4", "0, 92/92 complete" },
		{ MEASURE_PRESENT, "2025-Q4=0 2025-Q4=0 2025-Q4=0", "2025-Q4",
		  "3, 92/92 complete" },
	};

	(void)state;
	EXPECT_ROWS(rows);
}

static void month_nobody_wrote_anything_down_in_is_no_zero(void **state)
{
	static const struct row rows[] = {
		{ MEASURE_COUNT, "", "2025-Q4", "n/d, 0/92" },
		{ MEASURE_SUM, "", "2025-Q4", "n/d, 0/92" },
		{ MEASURE_MEAN, "", "2025-Q4", "n/d, 0/92" },
		{ MEASURE_MAX, "", "2025-Q4", "n/d, 0/92" },
		{ MEASURE_PRESENT, "", "2025-Q4", "n/d, 0/92" },
		{ MEASURE_TRUE, "", "2025-Q4", "n/d, 0/92" },
		{ MEASURE_NONE, "2025-10-06=45", "2025-10", "n/d, 0/31" },
		{ MEASURE_COUNT, "2025-10-06=45 2025-12-01=3", "2025-Q4", ">= 2, 62/92" },
		{ MEASURE_SUM, "2025-10-06=45 2025-12-01=3", "2025-Q4", ">= 48, 62/92" },
		{ MEASURE_MEAN, "2025-10-06=45 2025-12-01=3", "2025-Q4", ">= 0 (240), 62/92" },
		{ MEASURE_MAX, "2025-10-06=45 2025-12-01=3", "2025-Q4", ">= 45, 62/92" },
		/* unless somebody said so */
		{ MEASURE_COUNT, "2025-10-06=45 none@2025-11 2025-12-01=3", "2025-Q4",
		  "2, 92/92 complete" },
		{ MEASURE_COUNT, "none@2025-Q4", "2025-Q4", "0, 92/92 complete" },
		{ MEASURE_SUM, "none@2025-Q4", "2025-11", "0, 30/30 complete" },
		{ MEASURE_MAX, "none@2025-Q4", "2025-11", "0, 30/30 complete" },
		{ MEASURE_MEAN, "none@2025-Q4", "2025-11", "n/d, 30/30" },
		{ MEASURE_PRESENT, "none@2025-Q4", "2025-11", "0, 30/30 complete" },
		{ MEASURE_TRUE, "none@2025-Q4", "2025-11", "0, 30/30 complete" },
		{ MEASURE_COUNT, "none@2025-10", "2025-Q4", ">= 0, 31/92" },
		/* nothing in half a month says nothing of the month */
		{ MEASURE_COUNT, "none@2025-10-01..2025-10-15", "2025-10", "n/d, 0/31" },
		/* a record of the month makes its days known, in the period or not */
		{ MEASURE_COUNT, "2025-10-06=45", "2025-10-15..2025-10-31", "0, 17/17 complete" },
		{ MEASURE_COUNT, "2025-10-06=45", "2025-10-15..2025-11-02", ">= 0, 17/19" },
	};

	(void)state;
	EXPECT_ROWS(rows);
}

static void record_counts_in_the_month_it_begins_and_is_present_in_all_its_own(void **state)
{
	static const struct row rows[] = {
		{ MEASURE_COUNT, "2025-09-29..2025-10-02=5 2025-10-31..2025-11-02=7", "2025-10",
		  "1, 31/31 complete" },
		{ MEASURE_SUM, "2025-09-29..2025-10-02=5 2025-10-31..2025-11-02=7", "2025-10",
		  "7, 31/31 complete" },
		{ MEASURE_COUNT, "2025-09-29..2025-10-02=5", "2025-10", "n/d, 0/31" },
		{ MEASURE_PRESENT, "2025-09-29..2025-10-02 2025-10-31..2025-11-02", "2025-10",
		  "2, 31/31 complete" },
		{ MEASURE_PRESENT, "2025-09-29..2025-10-02", "2025-B5", "1, 61/61 complete" },
		{ MEASURE_PRESENT, "2025-09-29..2025-12-02", "2025-Q4", "1, 92/92 complete" },
	};

	(void)state;
	EXPECT_ROWS(rows);
}

static void risk_nothing_was_said_of_came_true_or_did_not(void **state)
{
	static const struct row rows[] = {
		{ MEASURE_TRUE, "2025-Q4=1 2025-Q4=0 2025-Q4", "2025-Q4", "1 to 2, 2/3 records" },
		{ MEASURE_TRUE, "2025-Q4=1 2025-Q4=1", "2025-Q4", "2, 92/92 complete" },
		{ MEASURE_TRUE, "2025-Q4", "2025-Q4", "0 to 1, 0/1 records" },
		{ MEASURE_TRUE, "2025-10=1 2025-10", "2025-Q4", ">= 1, 31/92" },
		/* what a quarter's record says, it says of each of its months */
		{ MEASURE_TRUE, "2025-Q4=1 2025-Q4=0", "2025-11", "1, 30/30 complete" },
	};

	(void)state;
	EXPECT_ROWS(rows);
}

static void coverage_is_the_worse_of_days_and_records(void **state)
{
	static const struct row rows[] = {
		{ MEASURE_SUM, "2025-10-01=1 2025-10-02", "2025-Q4", ">= 1, 31/92" },
		{ MEASURE_SUM, "2025-10-01=1 2025-11-02 2025-11-03", "2025-Q4",
		  ">= 1, 1/3 records" },
		{ MEASURE_COUNT, "2025-10-01=1 2025-11-02 2025-11-03", "2025-Q4", ">= 3, 61/92" },
		{ MEASURE_PRESENT, "2025-10-01 2025-11-02", "2025-B6", ">= 1, 30/61" },
	};
	struct book book = book_of("2025-10-01=1 2025-12-01=1");
	struct figure figure = ask(&book, MEASURE_SUM, "2025-Q4");

	(void)state;
	EXPECT_ROWS(rows);
	assert_int_equal(figure.lacking.count, 1);
	assert_int_equal(figure.lacking.ranges[0].first, day_of(2025, 11, 1));
	assert_int_equal(figure.lacking.ranges[0].days, 30);
}

static void means_are_rounded_to_the_nearest_tenth(void **state)
{
	static const struct row rows[] = {
		{ MEASURE_MEAN, "2025-10-01=45 2025-10-02=16 2025-10-03=40", "2025-10",
		  "337, 31/31 complete" },
		{ MEASURE_MEAN, "2025-10-01=1 2025-10-02=0 2025-10-03=0", "2025-10",
		  "3, 31/31 complete" },
		{ MEASURE_MEAN, "2025-10-01=1 2025-10-02=0 2025-10-03=0 2025-10-04=0", "2025-10",
		  "3, 31/31 complete" },
		{ MEASURE_MEAN, "2025-10-01=0", "2025-10", "0, 31/31 complete" },
		{ MEASURE_MEAN, "2025-10-01=922337203685477580 2025-10-02=0", "2025-10",
		  "4611686018427387900, 31/31 complete" },
	};

	(void)state;
	EXPECT_ROWS(rows);
}

static void sum_beyond_what_can_be_counted_is_no_exact_number(void **state)
{
	struct book book = book_of("2025-10-01=9223372036854775807 2025-10-02=5");
	struct figure sum = ask(&book, MEASURE_SUM, "2025-10");
	struct figure mean = ask(&book, MEASURE_MEAN, "2025-10");

	(void)state;
	assert_int_equal(sum.form, FIGURE_AT_LEAST);
	assert_int_equal(mean.form, FIGURE_AT_LEAST); /* tenths of it */
}

static void running_period_is_measured_by_its_elapsed_days(void **state)
{
	static const struct row rows[] = {
		{ MEASURE_COUNT, "2025-10-06=4 2025-11-19=3", "2025-Q4",
		  "2, 50/50 complete provisional" },
		{ MEASURE_SUM, "2025-10-06=4 2025-11-19=3", "2025-Q4",
		  "7, 50/50 complete provisional" },
		{ MEASURE_COUNT, "2025-10-06=4", "2025-Q4", ">= 1, 31/50 provisional" },
		/* larger ones, and more of those that are present, may come */
		{ MEASURE_MAX, "2025-10-06=4 2025-11-19=3", "2025-Q4", ">= 4, 50/50 provisional" },
		{ MEASURE_PRESENT, "2025-10-06..2025-12-24", "2025-Q4", ">= 1, 50/50 provisional" },
		/* what is to come has not happened: neither counts nor makes its month known */
		{ MEASURE_COUNT, "2025-10-06=4 2025-11-30=3", "2025-Q4",
		  ">= 1, 31/50 provisional" },
		{ MEASURE_COUNT, "2025-11-20=3", "2025-11", "1, 19/19 complete provisional" },
		{ MEASURE_COUNT, "2025-11-21=3", "2025-11", "n/d, 0/19 provisional" },
		{ MEASURE_COUNT, "2025-12-21=3", "2025-12", "n/d, 0/0 provisional" },
		{ MEASURE_COUNT, "2025-10-06=4", "2025-10", "1, 31/31 complete" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct book book = book_of(rows[i].records);

		book.scope.today = day_of(2025, 11, 20);
		expect(&book, &rows[i]);
	}
}

static void risk_stated_before_its_period_began_says_nothing_of_it(void **state)
{
	struct book book = book_of("2025-Q4=0 2025-Q4=1");
	static char risks[] = RECORD_RISKS;
	struct figure figure;
	char words[100];

	(void)state;
	for (size_t i = 0; i < book.count; i++) {
		book.records[i].list = risks;
		book.records[i].noted = day_of(2025, 12, 31);
	}
	figure = ask(&book, MEASURE_TRUE, "2025-Q4");
	say(&figure, words, sizeof(words));
	assert_string_equal(words, "1, 92/92 complete");
	book.records[0].noted = day_of(2025, 7, 4);
	figure = ask(&book, MEASURE_TRUE, "2025-Q4");
	say(&figure, words, sizeof(words));
	assert_string_equal(words, "1 to 2, 1/2 records");
	book.records[0].noted = DAY_NONE; /* it is not said on which day */
	figure = ask(&book, MEASURE_TRUE, "2025-Q4");
	say(&figure, words, sizeof(words));
	assert_string_equal(words, "1, 92/92 complete");
}

static void days_without_the_account_are_not_missing(void **state)
{
	/* the account lived from 15 October to 20 December */
	static const struct row rows[] = {
		{ MEASURE_COUNT, "2025-10-20=4 2025-11-19=3 2025-12-01=3", "2025-Q4",
		  "3, 67/67 complete" },
		{ MEASURE_COUNT, "2025-10-14=4 2025-11-19=3 2025-12-01=3", "2025-Q4",
		  ">= 2, 50/67" },
		{ MEASURE_COUNT, "none@2025-10 2025-11-19=3 2025-12-01=3", "2025",
		  "2, 67/67 complete" },
		{ MEASURE_COUNT, "2025-09-14=4", "2025-09", "n/d, 0/0" },
		{ MEASURE_PRESENT, "2025-12-21..2025-12-30", "2025-12", "n/d, 0/20" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct book book = book_of(rows[i].records);

		book.scope.exists = window_of("2025-10-15..2025-12-20");
		expect(&book, &rows[i]);
	}
}

/* Two offices of one entity: their coverages are of one sort, or the worse is said. */
static void group_of_registers_adds_records_to_records(void **state)
{
	struct book first = book_of(EVENTS), second = book_of("2025-Q4=7");
	struct figure parts[2], group;
	char line[200];

	(void)state;
	parts[0] = ask(&first, MEASURE_SUM, "2025-Q4");
	parts[1] = parts[0];
	group = figure_of_group(parts, 2);
	say(&group, line, sizeof(line));
	assert_string_equal(line, ">= 202, 6/12 records");
	second = book_of("2025-10-01=7 2025-11-01=0 2025-12-01=0");
	parts[1] = ask(&second, MEASURE_SUM, "2025-Q4");
	for (int turn = 0; turn < 2; turn++) {
		group = figure_of_group(parts, 2);
		say(&group, line, sizeof(line));
		assert_string_equal(line, ">= 108, 3/6 records");
		parts[turn] = ask(turn ? &first : &second, MEASURE_SUM, "2025-Q4");
		parts[1 - turn] = ask(turn ? &second : &first, MEASURE_SUM, "2025-Q4");
	}
	/* nobody adds means */
	parts[0] = ask(&first, MEASURE_MEAN, "2025-Q4");
	parts[1] = ask(&second, MEASURE_MEAN, "2025-Q4");
	group = figure_of_group(parts, 1);
	assert_int_equal(group.value, 337);
	assert_int_equal(group.decimals, 1);
	group = figure_of_group(parts, 2);
	assert_int_equal(group.form, FIGURE_NONE);
}

/* --- what is counted one by one */

/* "2025-10-01=0 …": only days with a number, and how many with 0 */
static void expect_samples(const char *records, const char *window, const char *words)
{
	struct book book = book_of(records);
	struct text text = { 0 };
	struct sample *samples;
	size_t count, zeros = 0;

	register_samples(book.records, book.count, window_of(window), &samples, &count);
	for (size_t i = 0; i < count; i++) {
		char day[DAY_TEXT];

		assert_int_equal(samples[i].window.days, 1);
		assert_int_equal(samples[i].below + samples[i].above, 0);
		assert_int_equal(samples[i].flags, 0);
		assert_true(i == 0 || samples[i].window.first > samples[i - 1].window.first);
		if (samples[i].value == 0)
			zeros++;
		else
			text_addf(&text, "%s=%lld by %lld, ",
				  day_text(samples[i].window.first, day),
				  (long long)samples[i].value, (long long)samples[i].origin);
	}
	text_addf(&text, "%zu of 0", zeros);
	if (count && samples[0].value == 0)
		text_addf(&text, " by %lld", (long long)samples[0].origin);
	if (strcmp(text_str(&text), words) != 0)
		fail_msg("%s in %s: \"%s\", expected \"%s\"", records, window, text_str(&text),
			 words);
	text_clear(&text);
	free(samples);
}

static void what_is_counted_one_by_one_becomes_days_of_known_months(void **state)
{
	(void)state;
	expect_samples("", "2025-Q4", "0 of 0");
	expect_samples("2025-10-06=3", "2025-Q4", "2025-10-06=3 by 1, 30 of 0 by 0");
	expect_samples("2025-10-06", "2025-Q4", "2025-10-06=1 by 1, 30 of 0 by 0");
	expect_samples("2025-12-06=3 2025-10-06=2 2025-10-06=4", "2025-Q4",
		       "2025-10-06=6 by 0, 2025-12-06=3 by 1, 60 of 0 by 0");
	expect_samples("none@2025-Q4", "2025-11", "30 of 0 by 1");
	expect_samples("none@2025-11 2025-11-05=2", "2025-11", "2025-11-05=2 by 2, 29 of 0 by 1");
	expect_samples("none@2025-11-01..2025-11-29", "2025-11", "0 of 0");
	/* a record that begins in the month, in the window or not */
	expect_samples("2025-10-06=3", "2025-10-20..2025-11-05", "12 of 0 by 0");
	expect_samples("2025-09-06..2025-10-20=3", "2025-10", "0 of 0");
	expect_samples("2025-10-06=0", "2025-10", "31 of 0 by 0");
}

static void what_is_counted_one_by_one_stands_beside_other_sources(void **state)
{
	static const struct metric bulletins = { .id = "bulletins", .kind = METRIC_FLOW };
	struct book book = book_of("2025-10-06 2025-10-20 none@2025-11 2025-12-03=4");
	struct sample *samples, typed = { .window = window_of("2025-12"), .value = 9 };
	struct track tracks[2] = { { .metric = &bulletins,
				     .source = "register",
				     .precedence = 2,
				     .stated = true,
				     .zone = "America/Bogota" },
				   { .metric = &bulletins,
				     .source = "manual",
				     .precedence = 3,
				     .stated = true,
				     .zone = "America/Bogota",
				     .samples = &typed,
				     .count = 1 } };
	struct scope scope = { .period = window_of("2025-Q4"), .today = day_of(2026, 2, 1) };
	struct figure figure;

	(void)state;
	register_samples(book.records, book.count, scope.period, &samples, &tracks[0].count);
	tracks[0].samples = samples;
	figure = figure_of(tracks, 2, &scope);
	assert_int_equal(figure.form, FIGURE_EXACT);
	assert_int_equal(figure.value, 6);
	assert_true(figure.complete);
	assert_string_equal(figure.source, "register");
	figure = figure_of(&tracks[1], 1, &scope);
	assert_int_equal(figure.form, FIGURE_AT_LEAST);
	free(samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_quarter_comes_out_as_its_register_allows),
		cmocka_unit_test(month_nobody_wrote_anything_down_in_is_no_zero),
		cmocka_unit_test(
			record_counts_in_the_month_it_begins_and_is_present_in_all_its_own),
		cmocka_unit_test(risk_nothing_was_said_of_came_true_or_did_not),
		cmocka_unit_test(coverage_is_the_worse_of_days_and_records),
		cmocka_unit_test(means_are_rounded_to_the_nearest_tenth),
		cmocka_unit_test(sum_beyond_what_can_be_counted_is_no_exact_number),
		cmocka_unit_test(running_period_is_measured_by_its_elapsed_days),
		cmocka_unit_test(risk_stated_before_its_period_began_says_nothing_of_it),
		cmocka_unit_test(days_without_the_account_are_not_missing),
		cmocka_unit_test(group_of_registers_adds_records_to_records),
		cmocka_unit_test(what_is_counted_one_by_one_becomes_days_of_known_months),
		cmocka_unit_test(what_is_counted_one_by_one_stands_beside_other_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
