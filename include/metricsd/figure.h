/*
 * A metric over a period: the exact value, an interval, a lower bound, or nothing; how complete it
 * is, and what it was made of. The rules are design.md §4.5-4.8 (docs/data-model.md says them for
 * users).
 *
 * Pure: samples come in, figures go out. Precedence, tiling and bounds live here and nowhere else.
 */
#ifndef METRICSD_FIGURE_H
#define METRICSD_FIGURE_H

#include "metricsd/day.h"
#include "metricsd/metric.h"
#include "metricsd/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One source's series of one account and metric. */
struct track {
	const struct metric *metric;
	const char *source; /* "facebook", "csv", "manual" */
	int precedence;     /* lower wins, all else being equal: 0 collector, 1 import, 2 manual */
	const char *zone;   /* whose days its windows are */
	const struct sample *samples; /* ascending by first day, then by days */
	size_t count;
	const int32_t
		*breaks; /* first days of its definitions, ascending; the first is not a break */
	size_t break_count;
};

/* What a figure is asked about. */
struct scope {
	struct window period;
	struct window exists; /* the account's first and last day; .days 0: without limit */
	int32_t today; /* the day it is asked on, in the entity's zone: measures a running period,
			  and settling */
	bool combine;  /* days of several sources may meet within a month (a setting) */
};

enum figure_form {
	FIGURE_NONE,     /* nothing is known: printed — or n/d, never 0 */
	FIGURE_EXACT,    /* low == high */
	FIGURE_BETWEEN,  /* [low, high] */
	FIGURE_AT_LEAST, /* low and open above */
};

struct figure {
	enum metric_kind kind;
	enum figure_form form;
	int64_t value; /* the number to print: of EXACT, or the middle that low and high are the
			  rounding of */
	int64_t low, high;
	bool rounded;  /* BETWEEN because numbers were stated with rounding: prints as value ± */
	bool estimate; /* prints ≈ */
	bool provisional;   /* a window in it may still settle, or the period runs */
	bool complete;      /* its own word, design.md §4.5 */
	bool mixed;         /* months of several sources */
	bool inconsistent;  /* the provider's own bounds cross: the hull is given */
	bool broken;        /* tiles would cross a change of definition: no one figure */
	bool sum_of_levels; /* a stock added over accounts: "suma de seguidores por red, no
			       personas" */
	int32_t known_days; /* of a group: account-days */
	int32_t period_days;
	struct days lacking; /* what lacks (a single account) */
	int32_t as_of;       /* day of a stock's level, DAY_NONE else */
	const char
		*source; /* of the chosen track; NULL when none or mixed. Borrowed from the track */
	const char *zone;
};

/* The figure of one account's metric over scope.period: months choose their source one by one, a
 * longer period is the sum of its months when all of them are complete flows, else one track over
 * the whole (design.md §4.6). */
struct figure figure_of(const struct track *tracks, size_t count, const struct scope *scope);

/* Several accounts seen together: flows and stocks add up, unique figures become [max, sum]. */
struct figure figure_of_group(const struct figure *parts, size_t count);

/* `sign` is +1 or -1: a term of a derived metric added to what `sum` is so far ({ 0 } with .form
 * NONE at first). */
void figure_add_term(struct figure *sum, const struct figure *term, int sign, bool first);

/* Known days in percent of the period's, rounded down: 364 of 365 is 99. */
int figure_percent(const struct figure *figure);

#endif
