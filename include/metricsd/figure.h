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
#include "metricsd/record.h"
#include "metricsd/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One source's series of one account and metric. */
struct track {
	const struct metric *metric;
	const char *source; /* "facebook", "csv", "manual" */
	int precedence;     /* lower wins, all else being equal */
	bool stated;        /* by people, files or records: no provider changes it any more */
	const char *zone;   /* whose days its windows are */
	const struct sample *samples; /* ascending by first day, then by days */
	size_t count;
	const int32_t
		*breaks; /* first days of its definitions, ascending; the first is not a break */
	size_t break_count;
};

/* A sample a figure rests on. */
struct use {
	const struct track *track;
	const struct sample *sample;
};

/* All of them, in the order they were used, each once; `{ 0 }` is empty. */
struct trace {
	struct use *uses;
	size_t count, room;
};
void trace_clear(struct trace *trace);

/* What a figure is asked about. */
struct scope {
	struct window period;
	struct window exists; /* the account's first and last day; .days 0: without limit */
	int32_t today; /* the day it is asked on, in the entity's zone: measures a running period,
			  and settling */
	/* Of each day of `period`: the day, in the provider's zone, it was last read on by a whole
	 * sweep; DAY_NONE: never. NULL: not looked at, age alone decides what is revisable. */
	const int32_t *read_on;
	bool combine;        /* days of several sources may meet within a month (a setting) */
	struct trace *trace; /* is given what the figure rests on; NULL: not wanted */
};

enum figure_form {
	FIGURE_NONE,     /* nothing is known: printed — or n/d, never 0 */
	FIGURE_EXACT,    /* low == high */
	FIGURE_BETWEEN,  /* [low, high] */
	FIGURE_AT_LEAST, /* low and open above */
};

struct figure {
	enum metric_kind kind; /* of a figure without tracks: METRIC_FLOW, whatever was asked */
	int decimals; /* value, low and high are in units of 10^-decimals (a mean has 1); 0 but for
			 ratios */
	enum figure_form form;
	int64_t value; /* the number to print: of EXACT; of `rounded` the number as it was stated
			  (or the sum of those); of a register's mean that of the known; else low */
	int64_t low;
	int64_t high; /* of AT_LEAST the known part's own upper end ("≥ 4.800 ± 100"), no bound of
			 the figure */
	int64_t over, under; /* of a register's mean: the sum and the count that make its value,
				exactly. under 0: of another figure */
	bool rounded; /* numbers were stated with rounding: prints as value ±, high - value above it
			 and value - low below (not always the same) */
	bool estimate;    /* prints ≈ */
	bool provisional; /* a window in it may still settle, or the period runs */
	bool running;     /* the period has today or days to come */
	bool revisable; /* the provider may still change it, or nobody asked again since it could: a
			   collector's window ended, or was last read, less than the metric's
			   revisable time ago. Neither provisional nor revisable: final */
	bool complete;  /* its own word, design.md §4.5 */
	bool mixed;     /* months (where `combine` is set: days) of several sources */
	bool inconsistent;  /* the provider's own bounds cross: the hull is given */
	bool broken;        /* tiles would cross a change of definition: only the definition that
			       knows more days is in it */
	bool sum_of_levels; /* a stock added over accounts: "suma de seguidores por red, no
			       personas" */
	bool negative;   /* may be below zero (struct metric): what lacks leaves no lower bound */
	bool of_records; /* known_days and period_days count records of a register, those with a
			    number and all of them, for that is the worse of the two coverages */
	int32_t definition; /* first day of the definition it is counted by (DAY_NONE: of none, or
			       of several) */
	/* Hashes of its sources, and of them with their definitions; those of several add up. What
	 * makes two figures comparable: a group has no source of its own. */
	uint64_t said_by, counted_by;
	int32_t known_days;  /* of a group: account-days */
	int32_t period_days; /* those it is measured against: over, and of the account's life; of a
				stock also today, where its level is of today */
	struct days lacking; /* what lacks (a single account), from the first day on; of a stock
				with a level only days after it: the others are not needed */
	bool lacking_more;   /* and other days after them */
	int32_t as_of;       /* day of a stock's level (of a group the oldest of them), DAY_NONE
				else */
	int32_t as_of_last;  /* where there is an as_of: of a group the newest of them, else the
				same day */
	const char *source;  /* of the chosen track; NULL when none or mixed. Borrowed from the
				track */
	const char *zone;    /* whose days it speaks of; NULL when none or several */
};

/*
 * The figure of one account's metric over scope.period: months choose their source one by one, a
 * longer period is the sum of its months when all of them are complete flows, else one track over
 * the whole (design.md §4.6). The level of a longer period is that of its last month that has one.
 *
 * A definition is never added to another: where a track changes it inside the period, only the one
 * that knows more days counts (the later of two equals), coverage is that of its days, the figure
 * is `broken` if the other had something to say, and months that are complete each in its own
 * definition do not make a quarter. A window that spans the change belongs to neither.
 *
 * A running period's flow is what is known so far. A unique figure of it stays open above, unless
 * somebody stated the whole period: the days to come bring more people.
 *
 * Without tracks: NONE, with the days that lack.
 */
struct figure figure_of(const struct track *tracks, size_t count, const struct scope *scope);

/* Several accounts seen together: flows and stocks add up, unique figures become [max, sum]; parts
 * that are missing leave them open above; one that did not exist in the period (NONE of 0 days) is
 * not missing. Ratios have no group. */
struct figure figure_of_group(const struct figure *parts, size_t count);

/* A term of a derived metric added to what `sum` is so far; `sign` is +1 or -1; the `first` begins
 * the sum, whatever stands there. A missing term leaves the sum open above; a negative one swaps
 * its bounds, and where it is missing or open above nothing is known of the sum any more, whatever
 * follows (NONE and `negative`). So it is for terms of different kinds, for unique figures and
 * ratios taken away. Unique terms become [max, sum]. */
void figure_add_term(struct figure *sum, const struct figure *term, int sign, bool first);

/* --- registers */

/*
 * A register's figure over scope.period from its records (metricsd/record.h): all that have a day
 * in the calendar months it touches, in any order, those that say `none` among them (others do no
 * harm). A calendar month is known when a record begins in it (of MEASURE_PRESENT and MEASURE_TRUE:
 * has a day in it) or a `none` covers it; in the others there may be more, so that the figure is at
 * least what is known. What begins after `today` has not happened. `source` is put into the figure.
 *
 * A mean of which not all is known is that of the numbers there are, and at least their sum over
 * all records: nobody may have come to the others. The largest number, or the sum, of records none
 * of which has a number is not known at all.
 */
struct figure register_figure(enum measure measure, const struct record *records, size_t count,
			      const char *source, const struct scope *scope);

/*
 * Records of a metric people enter, as one sample for each day of the known months (0 included), so
 * that they stand beside other sources as a track. One whose number was not said counts as one. A
 * day has the origin of its records, of the `none`, or 0: of several, or of no record that day.
 * What is to come is left out by a `window` that ends today. The caller frees *ret.
 */
void register_samples(const struct record *records, size_t count, struct window window,
		      struct sample **ret, size_t *ret_count);

/* --- one figure beside another */

enum comparability {
	COMPARABLE,
	COMPARABLE_SOURCES,  /* comparable, but of different sources */
	COMPARE_NOTHING,     /* nothing is known of one of them */
	COMPARE_INCOMPLETE,  /* days lack in one of them, or it still runs */
	COMPARE_BROKEN,      /* what is counted changed between them, or in one of them */
	COMPARE_INCONSISTENT /* the provider contradicts itself */
};

struct comparison {
	enum comparability how;
	/* of both COMPARABLE; the difference lies in [low, high], in the figures' unit */
	int64_t low, high;
	bool relative;                 /* the figure before is above 0: so there is a share */
	int64_t low_share, high_share; /* thousandths of it, rounded outward */
	int64_t share;                 /* of the figures' own numbers, rounded to the nearest */
};

/* How `now` differs from `before`: the same metric over an earlier period. */
struct comparison figure_compare(const struct figure *now, const struct figure *before);

/* A part in thousandths of the whole, which is above 0: to the nearest, halves away from zero. */
int64_t figure_share(int64_t part, int64_t whole);

/* Whether what two sources say of the same period cannot both be true: what the figures can be lies
 * apart by more than `tolerance` thousandths of the larger. One that is at least something is open
 * above; one that knows nothing contradicts nobody. */
bool figures_conflict(const struct figure *a, const struct figure *b, int64_t tolerance);

/* Whether `value` is a number of its own, stated or computed, and no mere bound: also that of a
 * mean of which not all is known. */
static inline bool figure_has_value(const struct figure *figure)
{
	return figure->form == FIGURE_EXACT ||
	       (figure->form == FIGURE_BETWEEN && figure->rounded) ||
	       (figure->form == FIGURE_AT_LEAST && figure->kind == METRIC_RATIO);
}

/* How far it is from certain, 0: exact, 3: nothing is known. Exact before interval, bounded before
 * open; an estimate is no bound. Of figures that know as many days the less doubtful is shown. */
int figure_doubt(const struct figure *figure);

/* Known days in percent of the period's, rounded down: 364 of 365 is 99. */
int figure_percent(const struct figure *figure);

#endif
