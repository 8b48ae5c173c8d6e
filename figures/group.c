/*
 * Figures added to figures: accounts of a group, terms of a derived metric, months of a period.
 *
 * Interval arithmetic, in which a number that is missing is [0, open): counts are never negative.
 * Where one can be, or a missing one is taken away, nothing is known any more and nothing brings it
 * back.
 */
#include "metricsd/figure.h"

#include "parts.h"

#include <string.h>

/* An account that did not exist then, days that are all to come: nothing lacks. */
static bool absent(const struct figure *figure)
{
	return figure->form == FIGURE_NONE && figure->period_days == 0;
}

static void lose(struct figure *figure)
{
	figure->form = FIGURE_NONE;
	figure->value = figure->low = figure->high = 0;
	figure->rounded = figure->estimate = figure->complete = false;
	figure->negative = true;
}

/* The share of a coverage, to be compared with another. */
static bool less_known(const struct figure *a, const struct figure *b)
{
	return (int64_t)a->known_days * b->period_days < (int64_t)b->known_days * a->period_days;
}

/* Days add up to days and records to records; of one and the other the worse is said. */
static void join_coverage(struct figure *sum, const struct figure *term)
{
	if (sum->of_records == term->of_records) {
		sum->known_days += term->known_days;
		sum->period_days += term->period_days;
	} else if (less_known(term, sum)) {
		sum->known_days = term->known_days;
		sum->period_days = term->period_days;
		sum->of_records = term->of_records;
	}
}

/* The figure taken away from nothing. */
static void negate(struct figure *figure)
{
	int64_t low = figure->low;
	bool added_up = figure->kind == METRIC_FLOW || figure->kind == METRIC_STOCK;

	if (absent(figure))
		return;
	if (figure->running && figure->kind == METRIC_FLOW)
		figure->negative = true; /* what is to come is taken away, too */
	if (figure->form == FIGURE_NONE || figure->form == FIGURE_AT_LEAST || !added_up) {
		lose(figure);
		return;
	}
	figure->value = minus(0, figure->value);
	figure->low = minus(0, figure->high);
	figure->high = minus(0, low);
}

/* Both have numbers, of one kind. */
static void add_numbers(struct figure *sum, const struct figure *term)
{
	bool open = sum->form == FIGURE_AT_LEAST || term->form == FIGURE_AT_LEAST;

	sum->estimate = sum->estimate || term->estimate;
	if (sum->kind == METRIC_UNIQUE) { /* the same people may be in both */
		sum->low = sum->low > term->low ? sum->low : term->low;
		sum->high = open ? sum->low : plus(sum->high, term->high);
		sum->value = sum->low;
		sum->rounded = false;
	} else {
		sum->value = plus(sum->value, term->value);
		sum->low = plus(sum->low, term->low);
		sum->high = plus(sum->high, term->high);
		sum->rounded = sum->rounded || term->rounded;
	}
	if (open || sum->high == INT64_MAX) /* more than can be counted */
		sum->form = FIGURE_AT_LEAST;
	else
		sum->form = sum->low == sum->high ? FIGURE_EXACT : FIGURE_BETWEEN;
}

/* One of them has a number, the other is missing. */
static void add_to_missing(struct figure *sum, const struct figure *term)
{
	if (sum->form == FIGURE_NONE) {
		sum->kind = term->kind;
		sum->decimals = term->decimals;
		sum->value = term->value;
		sum->low = term->low;
		sum->high = term->high;
		sum->rounded = term->rounded;
		sum->estimate = term->estimate;
		sum->sum_of_levels = term->sum_of_levels;
	}
	sum->form = FIGURE_AT_LEAST;
	if (sum->kind == METRIC_UNIQUE) { /* a lower bound has no ± */
		sum->value = sum->high = sum->low;
		sum->rounded = false;
	}
}

static void join_numbers(struct figure *sum, const struct figure *term)
{
	bool sum_none = sum->form == FIGURE_NONE, term_none = term->form == FIGURE_NONE;

	sum->negative = sum->negative || term->negative;
	if (sum_none && term_none)
		return;
	if (sum_none || term_none) {
		enum metric_kind kind = sum_none ? term->kind : sum->kind;

		if (sum->negative || kind == METRIC_RATIO)
			lose(sum);
		else
			add_to_missing(sum, term);
		return;
	}
	if (sum->kind != term->kind || sum->kind == METRIC_RATIO ||
	    sum->decimals != term->decimals) {
		lose(sum);
		return;
	}
	add_numbers(sum, term);
	sum->sum_of_levels = sum->kind == METRIC_STOCK;
}

static const char *common_name(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0 ? a : NULL;
}

static int32_t oldest(int32_t a, int32_t b)
{
	if (a == DAY_NONE || b == DAY_NONE)
		return a == DAY_NONE ? b : a;
	return a < b ? a : b;
}

/* What is no level has no day. */
static int32_t newest(const struct figure *a, const struct figure *b)
{
	int32_t first = a->as_of == DAY_NONE ? DAY_NONE : a->as_of_last;
	int32_t second = b->as_of == DAY_NONE ? DAY_NONE : b->as_of_last;

	return first > second ? first : second;
}

static void join(struct figure *sum, const struct figure *term)
{
	if (term->form != FIGURE_NONE) {
		bool alone = sum->form == FIGURE_NONE && !sum->source;

		sum->source = alone ? term->source : common_name(sum->source, term->source);
		sum->zone = alone ? term->zone : common_name(sum->zone, term->zone);
		if (alone)
			sum->definition = term->definition;
		else if (!sum->source || sum->definition != term->definition)
			sum->definition = DAY_NONE;
		sum->said_by += term->said_by; /* in whatever order */
		sum->counted_by += term->counted_by;
	}
	join_numbers(sum, term);
	sum->provisional = sum->provisional || term->provisional;
	sum->running = sum->running || term->running;
	sum->revisable = sum->revisable || term->revisable;
	sum->complete = sum->complete && term->complete;
	sum->mixed = sum->mixed || term->mixed;
	sum->inconsistent = sum->inconsistent || term->inconsistent;
	sum->broken = sum->broken || term->broken;
	join_coverage(sum, term);
	sum->lacking.count = 0; /* of whom? each account has its own list */
	sum->lacking_more = false;
	sum->as_of_last = newest(sum, term);
	sum->as_of = oldest(sum->as_of, term->as_of);
}

void figure_add_term(struct figure *sum, const struct figure *term, int sign, bool first)
{
	struct figure added = *term;

	if (sign < 0)
		negate(&added);
	if (first) {
		*sum = added;
	} else if (absent(sum)) {
		added.provisional = added.provisional || sum->provisional;
		added.running = added.running || sum->running;
		*sum = added;
	} else if (absent(&added)) {
		sum->provisional = sum->provisional || added.provisional;
		sum->running = sum->running || added.running;
	} else {
		join(sum, &added);
	}
}

struct figure figure_of_group(const struct figure *parts, size_t count)
{
	struct figure sum = { .as_of = DAY_NONE, .definition = DAY_NONE };

	for (size_t i = 0; i < count; i++)
		figure_add_term(&sum, &parts[i], 1, i == 0);
	if (count > 1)
		sum.lacking.count = 0;
	return sum;
}
