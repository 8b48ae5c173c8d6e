#include "plan_rows.h"

#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_days(struct window a, struct window b)
{
	return a.first == b.first && a.days == b.days;
}

struct period plan_span(const struct plan *plan, const struct period *period)
{
	struct window common = window_common(plan->period.window, period->window);
	struct period span = { .kind = PERIOD_DAYS };
	char days[WINDOW_TEXT];

	if (common.days == 0)
		return span;
	span.window.first = plan->period.window.first;
	span.window.days = window_end(common) - span.window.first;
	if (same_days(span.window, period->window))
		return *period;
	if (same_days(span.window, plan->period.window))
		return plan->period;
	(void)snprintf(span.name, sizeof(span.name), "%s", window_text(span.window, days));
	return span;
}

const struct target *target_of(const struct activity *activity, const struct period *period)
{
	for (size_t i = 0; i < activity->period_target_count; i++)
		if (same_days(activity->period_targets[i].period.window, period->window))
			return &activity->period_targets[i].target;
	return &activity->target;
}

static int64_t weight_of(const struct plan *plan, const struct activity *activity)
{
	switch (plan->formula) {
	case PLAN_MEAN:
		return 1;
	case PLAN_WEIGHTED:
		return activity->weight;
	case PLAN_BUDGET:
		return activity->budget > 0 ? activity->budget : 0;
	}
	return 0;
}

static void make_row(const struct board *board, const struct plan_rows *rows,
		     const struct activity *activity, struct plan_row *ret)
{
	const struct term follow_up = {
		.sign = 1,
		.account = rows->plan->account,
		.metric = activity->id,
	};

	ret->activity = activity;
	ret->subject = board_subject(board, activity->computed ? &activity->from : &follow_up);
	ret->figure = board_figure(board, &ret->subject, &rows->span, NULL);
	ret->target = target_of(activity, &rows->period);
	ret->progress = progress_of(ret->target, &ret->figure);
	ret->weight = weight_of(rows->plan, activity);
}

void plan_rows_make(const struct board *board, const struct plan *plan, const struct period *period,
		    struct plan_rows *ret)
{
	struct contribution *parts = memory_new(plan->count, sizeof(*parts));

	*ret = (struct plan_rows){
		.plan = plan,
		.period = *period,
		.span = plan_span(plan, period),
		.rows = memory_new(plan->count, sizeof(*ret->rows)),
		.count = plan->count,
	};
	for (size_t i = 0; i < plan->count; i++) {
		make_row(board, ret, &plan->activities[i], &ret->rows[i]);
		parts[i].progress = ret->rows[i].progress;
		parts[i].weight = ret->rows[i].weight;
	}
	ret->compliance = compliance_of(parts, plan->count, plan->formula, plan->cap);
	free(parts);
}

void plan_rows_clear(struct plan_rows *rows)
{
	free(rows->rows);
	*rows = (struct plan_rows){ 0 };
}

struct figure follow_up_figure(const struct plan_row *row, const struct period *semester)
{
	struct figure figure = row->figure;

	if (figure.kind == METRIC_STOCK && figure.form != FIGURE_NONE &&
	    figure.as_of < semester->window.first)
		figure = (struct figure){ .kind = METRIC_STOCK, .as_of = DAY_NONE };
	return figure;
}

const char *target_kind_name(enum target_kind kind)
{
	switch (kind) {
	case TARGET_NONE:
		return "none";
	case TARGET_NUMBER:
		return "number";
	case TARGET_YES_NO:
		return "yes-no";
	case TARGET_PERCENT:
		return "percent";
	}
	return "none";
}
