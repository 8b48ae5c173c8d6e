/*
 * Plans of action: activities and indicators with their targets, as the configuration declares
 * them, and what their figures make of them.
 *
 * Shares are in thousandths (1000 is 100 %).
 */
#ifndef METRICSD_PLAN_H
#define METRICSD_PLAN_H

#include "metricsd/day.h"
#include "metricsd/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct figure;

enum { SHARE_WHOLE = 1000, SHARE_OPEN = -1 };

enum target_kind {
	TARGET_NONE,    /* counted without a target: shown, no part of the compliance */
	TARGET_NUMBER,  /* reach so many */
	TARGET_YES_NO,  /* done or not: the figure is 0 or 1, or a share that has been done */
	TARGET_PERCENT, /* the figure is a percentage of execution, 100 unless said otherwise */
};

/* What is to be reached by the end of the plan, or of one of its periods. */
struct target {
	enum target_kind kind;
	int64_t value; /* of NUMBER and PERCENT, at least 1; 1 of YES_NO */
};

enum plan_formula {
	PLAN_MEAN,     /* every activity weighs the same */
	PLAN_WEIGHTED, /* by `weight` */
	PLAN_BUDGET,   /* by `budget`; what has none does not weigh */
};

/* What is known of an activity's target. */
struct progress {
	bool counts;   /* it has a target, so it is part of the compliance */
	bool measured; /* something is known: low and high are more than [0, open) */
	int64_t low;   /* share of the target, rounded down */
	int64_t high;  /* rounded up; SHARE_OPEN: no bound above */
	int64_t value; /* share of the figure's own number, rounded to the nearest */
	bool complete; /* low and high come from a complete figure */
	bool exact;    /* and from one number: they differ by their own rounding alone */
};

/* `figure` NULL or without a form: nothing is known, [0, open) – of YES_NO and PERCENT [0, 1000].
 * Nothing is less than nothing done, nor more than all of a YES_NO. An estimate is no complete
 * figure. A level of an earlier day than the period's last is what was reached by then: how much
 * more there is is not known. TARGET_NONE: [0, open), no part of anything. */
struct progress progress_of(const struct target *target, const struct figure *figure);

/* One activity's part in a plan's compliance. */
struct contribution {
	struct progress progress;
	int64_t weight; /* of PLAN_WEIGHTED its weight, of PLAN_BUDGET its budget; 0: none */
};

struct compliance {
	bool known;      /* at least one activity counts and weighs */
	bool exact;      /* all that is in it is: low and high differ by rounding alone, so that one
			  * of them is to be printed; low, where a goal is not to be reached by it */
	int64_t low;     /* share, rounded down */
	int64_t high;    /* rounded up; SHARE_OPEN: no bound */
	int64_t value;   /* share of the figures' own numbers (0 of what has none), rounded to the
			  * nearest */
	size_t counted;  /* activities in it */
	size_t left_out; /* without target, or without weight */
};

/* The plan's own share by a formula. `cap`: what is beyond 100 % counts as 100 %, so that one
 * activity does not make up for another; an open one is then [low, 1000]. Not `known`: [0, open).
 */
struct compliance compliance_of(const struct contribution *parts, size_t count,
				enum plan_formula formula, bool cap);

/* "mean", "weighted", "budget" and back (-1 for another word). */
const char *plan_formula_name(enum plan_formula formula);
int plan_formula_parse(const char *word, enum plan_formula *ret);

#endif
