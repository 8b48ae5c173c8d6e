#include "formula.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <string.h>

enum {
	PARTS_MAX = 64,     /* of a sum; one of more has no formula in a line */
	RECORDS_SHOWN = 12, /* of a register */
};

/* One part of a sum. */
struct part {
	struct subject subject;
	struct figure figure;
	int sign;
};

struct parts {
	struct part items[PARTS_MAX];
	size_t count;
	bool too_many;
};

enum measure subject_measure(const struct subject *subject)
{
	const struct metric *metric;

	if (!subject->account || !subject->account->collector->keeps)
		return MEASURE_NONE;
	metric = metric_find(subject->account->collector->metrics, subject->metric);
	return metric ? (enum measure)metric->call : MEASURE_NONE;
}

static void add_part(struct parts *parts, const struct board *board, const struct subject *subject,
		     const struct period *period, int sign)
{
	if (parts->count == PARTS_MAX) {
		parts->too_many = true;
		return;
	}
	parts->items[parts->count++] = (struct part){
		.subject = *subject,
		.figure = board_figure(board, subject, period, NULL),
		.sign = sign,
	};
}

/* The accounts of a group that have the metric, the terms of a derived one. */
static void add_members(struct parts *parts, const struct board *board,
			const struct subject *subject, const struct period *period)
{
	for (size_t i = 0; subject->group && i < subject->group->count; i++) {
		const struct account *account = subject->group->accounts[i];
		struct subject member;

		if (!account_lacks(account, subject->metric) &&
		    board_find(board, account->id, subject->metric, &member, NULL) == 0)
			add_part(parts, board, &member, period, 1);
	}
	for (size_t i = 0; subject->derived && i < subject->derived->count; i++) {
		struct subject term = board_subject(board, &subject->derived->terms[i]);

		add_part(parts, board, &term, period, subject->derived->terms[i].sign);
	}
}

/* The calendar months of a longer period, the first and last as far as it goes. */
static void add_months(struct parts *parts, const struct board *board,
		       const struct subject *subject, const struct period *period)
{
	struct window rest = period->window;

	if (window_holds(month_of(rest.first), rest))
		return;
	while (rest.days > 0 && !parts->too_many) {
		struct window month = window_common(month_of(rest.first), rest);
		struct period part = { .kind = PERIOD_DAYS, .window = month };

		add_part(parts, board, subject, &part, 1);
		rest = (struct window){ window_end(month), rest.days - month.days };
	}
}

/* Whether the parts add up to the figure that is shown. */
static bool add_up(const struct parts *parts, const struct figure *figure)
{
	struct figure sum = { 0 };

	if (parts->count < 2 || parts->too_many)
		return false;
	for (size_t i = 0; i < parts->count; i++)
		figure_add_term(&sum, &parts->items[i].figure, parts->items[i].sign, i == 0);
	return sum.form == figure->form && (sum.form == FIGURE_NONE || sum.low == figure->low) &&
	       (sum.form == FIGURE_NONE || sum.form == FIGURE_AT_LEAST || sum.high == figure->high);
}

/* Whether people counted part by part lie where the figure says: [max, sum]. */
static bool bound(const struct parts *parts, const struct figure *figure)
{
	SCOPED(memory)
	struct figure *figures = memory_new(parts->count + 1, sizeof(*figures));
	struct figure whole;

	if (parts->count < 2 || parts->too_many)
		return false;
	for (size_t i = 0; i < parts->count; i++)
		figures[i] = parts->items[i].figure;
	whole = figure_of_group(figures, parts->count);
	return whole.form == figure->form && whole.form != FIGURE_NONE &&
	       whole.low == figure->low &&
	       (whole.form == FIGURE_AT_LEAST || whole.high == figure->high);
}

static void print_sum(const struct parts *parts, struct language *language, struct text *out)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (i > 0)
			text_add(out, parts->items[i].sign < 0 ? " − " : " + ");
		else if (parts->items[i].sign < 0)
			text_add(out, "− ");
		figure_print(&parts->items[i].figure, language, out);
	}
}

static void print_bounds(const struct parts *parts, struct language *language, struct text *out)
{
	/* TRANSLATORS: people are not added up; the numbers of the months or accounts follow */
	text_add(out, say("at least the largest and at most the sum of "));
	for (size_t i = 0; i < parts->count; i++) {
		text_add(out, i ? "; " : "");
		figure_print(&parts->items[i].figure, language, out);
	}
}

/* --- registers */

/* The records of the register a measure counts in the period, in order. */
static size_t counted_records(const struct board *board, const struct account *account,
			      enum measure measure, const struct period *period,
			      const struct record ***ret)
{
	const struct record *records;
	size_t all = board_records(board, account, account->collector->keeps, &records);
	size_t count = 0;

	*ret = memory_new(all + 1, sizeof(struct record *));
	for (size_t i = 0; i < all; i++) {
		const struct window day = { records[i].window.first, 1 };
		bool inside = measure == MEASURE_PRESENT || measure == MEASURE_TRUE
				      ? window_common(records[i].window, period->window).days > 0
				      : window_holds(period->window, day);

		if (inside && !records[i].none)
			(*ret)[count++] = &records[i];
	}
	return count;
}

static void print_days(const struct record *const *records, size_t count, struct text *out)
{
	char days[WINDOW_TEXT];

	text_addf(out, say_count("%zu record: ", "%zu records: ", (int64_t)count), count);
	for (size_t i = 0; i < count && i < RECORDS_SHOWN; i++)
		text_addf(out, "%s%s", i ? ", " : "", window_text(records[i]->window, days));
	if (count > RECORDS_SHOWN)
		text_add(out, ", …");
}

/* "45 + 16 + 40"; returns how many have a number. */
static size_t print_numbers(const struct record *const *records, size_t count,
			    struct language *language, struct text *out)
{
	size_t known = 0;

	for (size_t i = 0; i < count; i++) {
		if (!records[i]->known)
			continue;
		if (known++ >= RECORDS_SHOWN)
			continue;
		text_add(out, known > 1 ? " + " : "");
		language_number(language, records[i]->number, out);
	}
	if (known > RECORDS_SHOWN)
		text_add(out, " + …");
	return known;
}

static void print_mean(const struct record *const *records, size_t count, struct language *language,
		       struct text *out)
{
	SCOPED(text)
	struct text numbers = { 0 };
	size_t known = print_numbers(records, count, language, &numbers);

	if (known > 1)
		text_addf(out, "(%s) / %zu", text_str(&numbers), known);
	else if (known == 1)
		text_addf(out, "%s / 1", text_str(&numbers));
}

static void print_largest(const struct record *const *records, size_t count,
			  struct language *language, struct text *out)
{
	const struct record *largest = NULL;
	char days[WINDOW_TEXT];

	for (size_t i = 0; i < count; i++)
		if (records[i]->known && (!largest || records[i]->number > largest->number))
			largest = records[i];
	if (!largest)
		return;
	language_number(language, largest->number, out);
	text_addf(out, ": %s (%s)", largest->title, window_text(largest->window, days));
}

static void print_true(const struct record *const *records, size_t count, struct text *out)
{
	size_t held = 0;

	for (size_t i = 0; i < count; i++)
		held += records[i]->known && records[i]->number != 0 && !record_stale(records[i]);
	/* TRANSLATORS: of the records of a register so many are true: "0 of 3 records" */
	text_addf(out, say("%zu of %zu records"), held, count);
}

static void print_register(const struct board *board, const struct account *account,
			   enum measure measure, const struct period *period,
			   struct language *language, struct text *out)
{
	SCOPED(memory)
	const struct record **records = NULL;
	size_t count = counted_records(board, account, measure, period, &records);

	if (count == 0)
		return;
	switch (measure) {
	case MEASURE_COUNT:
	case MEASURE_PRESENT:
		print_days(records, count, out);
		return;
	case MEASURE_SUM:
		(void)print_numbers(records, count, language, out);
		return;
	case MEASURE_MEAN:
		print_mean(records, count, language, out);
		return;
	case MEASURE_MAX:
		print_largest(records, count, language, out);
		return;
	case MEASURE_TRUE:
		print_true(records, count, out);
		return;
	case MEASURE_NONE:
		return;
	}
}

void formula_add(const struct board *board, const struct subject *subject,
		 const struct period *period, struct language *language, struct text *out)
{
	SCOPED(memory)
	struct parts *parts = memory_new(1, sizeof(*parts));
	enum measure measure = subject_measure(subject);
	struct figure figure;

	if (measure != MEASURE_NONE) {
		print_register(board, subject->account, measure, period, language, out);
		return;
	}
	figure = board_figure(board, subject, period, NULL);
	if (subject->account)
		add_months(parts, board, subject, period);
	else
		add_members(parts, board, subject, period);
	switch (figure.kind) {
	case METRIC_FLOW:
		if (add_up(parts, &figure))
			print_sum(parts, language, out);
		return;
	case METRIC_STOCK: /* of an account the last level, which is no sum */
		if (!subject->account && add_up(parts, &figure))
			print_sum(parts, language, out);
		return;
	case METRIC_UNIQUE:
		if (bound(parts, &figure))
			print_bounds(parts, language, out);
		return;
	case METRIC_RATIO:
		return;
	}
}

/* --- what lacks */

static void add_words(struct text *out, const char *between, const char *words)
{
	text_addf(out, "%s%s", out->length ? between : "", words);
}

/* Of one account. */
static void account_lacks_words(const struct figure *figure, struct text *out)
{
	SCOPED(text)
	struct text words = { 0 };

	if (figure->of_records && figure->known_days < figure->period_days) {
		/* TRANSLATORS: "3 of 6 records have no number" */
		text_addf(&words, say("%d of %d records have no number"),
			  (int)(figure->period_days - figure->known_days),
			  (int)figure->period_days);
		add_words(out, ", ", text_str(&words));
		text_reset(&words);
	}
	if (figure->lacking.count) {
		days_print(&figure->lacking, &words);
		if (figure->lacking_more)
			text_add(&words, ",…");
		add_words(out, ", ", text_str(&words));
	}
}

void lacking_add(const struct board *board, const struct subject *subject,
		 const struct period *period, struct text *out)
{
	SCOPED(memory)
	struct parts *parts = memory_new(1, sizeof(*parts));

	if (subject->account) {
		struct figure figure = board_figure(board, subject, period, NULL);

		account_lacks_words(&figure, out);
		return;
	}
	add_members(parts, board, subject, period);
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->items[i];
		SCOPED(text)
		struct text words = { 0 };
		SCOPED(text)
		struct text line = { 0 };

		lacking_add(board, &part->subject, period, &words);
		if (!words.length)
			continue;
		if (part->subject.account)
			text_addf(&line, "%s %s", part->subject.account->id, text_str(&words));
		else
			text_add(&line, text_str(&words));
		add_words(out, "; ", text_str(&line));
	}
}
