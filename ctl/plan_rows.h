/*
 * What a plan says at the end of a period: of each activity what was reached, its target and how
 * far it is; of the plan its compliance. The same rows are printed by `plan` and published.
 */
#ifndef METRICSD_CTL_PLAN_ROWS_H
#define METRICSD_CTL_PLAN_ROWS_H

#include "board.h"

#include "metricsd/plan.h"

struct plan_row {
	const struct activity *activity;
	struct subject subject;      /* what it is computed from, or its follow-up */
	struct figure figure;        /* over plan_rows.span */
	const struct target *target; /* what is to be reached by then */
	struct progress progress;
	int64_t weight; /* what it weighs by the plan's formula; 0: nothing */
};

struct plan_rows {
	const struct plan *plan;
	struct period period; /* that was asked for */
	struct period span;   /* from the plan's first day to the period's last */
	struct plan_row *rows;
	size_t count; /* of plan->activities, in their order */
	struct compliance compliance;
};

/*
 * The days that count at the end of the period: a target is what has been reached since the plan
 * began, so from its first day to the last one of both. window.days is 0 when they have no day in
 * common. A board for plan_rows_make() holds these days.
 */
struct period plan_span(const struct plan *plan, const struct period *period);

/* The period must have a day of the plan. */
void plan_rows_make(const struct board *board, const struct plan *plan, const struct period *period,
		    struct plan_rows *ret);
void plan_rows_clear(struct plan_rows *rows);

/* What is to be reached by the end of the period: its own target, else that of the whole plan. */
const struct target *target_of(const struct activity *activity, const struct period *period);

/* What the follow-up of a semester says, of a row of plan_rows_make() for it: a level of an earlier
 * day is not the semester's, nobody said it of these days. */
struct figure follow_up_figure(const struct plan_row *row, const struct period *semester);

/* "none", "number", "yes-no", "percent". */
const char *target_kind_name(enum target_kind kind);

static inline void scoped_plan_rows(struct plan_rows *rows)
{
	plan_rows_clear(rows);
}

#endif
