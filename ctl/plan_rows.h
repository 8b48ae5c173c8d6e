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

/*
 * The subject's figure as whoever reads a plan means it: of what people follow up what was reached
 * from the plan's first day to the end of the period, the last level there is, with its day. What
 * is done stays done: a yes, or 100 percent, is complete whenever it was said. Of anything else,
 * and where the board does not hold the days of plan_span(), the figure over the period. `trace` as
 * in board_figure().
 */
struct figure plan_figure(const struct board *board, const struct subject *subject,
			  const struct period *period, struct trace *trace);

/* A level of an activity that is lower than an earlier one. */
struct fall {
	int64_t from, to;
	int32_t from_day, to_day;
};

/* Whether what people followed up went back, from the highest level before the last one. */
bool plan_fell(const struct board *board, const struct plan_row *row, struct fall *ret);

/* "50% (Jun 30) to 3% (Oct 31)", as their target counts. */
void fall_print(const struct fall *fall, enum target_kind kind, struct language *language,
		struct text *out);

/* What was reached, as its target counts it: "yes", "50%", "3". */
void reached_print(const struct figure *figure, enum target_kind kind, struct language *language,
		   struct text *out);

/* "—", "62.5%", "62.5%–100%", "≥ 62.5%". */
void progress_print(const struct progress *progress, struct language *language, struct text *out);

/* "62.5%", "≥ 62.5%"; `high` may be SHARE_OPEN. */
void plan_shares_print(int64_t low, int64_t high, struct language *language, struct text *out);
void plan_share_print(int64_t share, struct language *language, struct text *out);

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
