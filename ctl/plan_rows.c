#include "plan_rows.h"

#include "metricsd/cleanup.h"
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

/* --- what was reached */

enum { PERCENT_WHOLE = 100 };

/* Of a yes, and of all of it, there is no more to come. */
static bool is_done(const struct subject *subject, const struct figure *figure)
{
	if (figure->kind != METRIC_STOCK || figure->form != FIGURE_EXACT || !subject->known)
		return false;
	switch (subject->known->unit) {
	case UNIT_YES_NO:
		return figure->value >= 1;
	case UNIT_PERCENT:
		return figure->value >= PERCENT_WHOLE;
	case UNIT_COUNT:
		return false;
	}
	return false;
}

struct figure plan_figure(const struct board *board, const struct subject *subject,
			  const struct period *period, struct trace *trace)
{
	const struct plan *plan = subject->account ? subject->account->plan : NULL;
	struct period days = plan ? plan_span(plan, period) : *period;
	bool there = days.window.days && window_holds(board_window(board), days.window);
	struct figure figure = board_figure(board, subject, there ? &days : period, trace);

	if (plan && is_done(subject, &figure)) {
		figure.complete = true;
		figure.lacking = (struct days){ 0 };
		figure.lacking_more = false;
	}
	return figure;
}

bool plan_fell(const struct board *board, const struct plan_row *row, struct fall *ret)
{
	const struct account *account = row->subject.account;
	const struct figure *figure = &row->figure;
	const struct track *tracks;
	size_t count;
	bool found = false;

	if (row->activity->computed || figure->form == FIGURE_NONE || !figure->source)
		return false;
	*ret = (struct fall){ .to = figure->value, .to_day = figure->as_of };
	count = board_tracks(board, account, row->activity->id, &tracks);
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0;
		     strcmp(tracks[t].source, figure->source) == 0 && i < tracks[t].count; i++) {
			const struct sample *sample = &tracks[t].samples[i];
			int32_t day = window_end(sample->window) - 1;

			if (day >= figure->as_of || sample->value <= (found ? ret->from : ret->to))
				continue;
			ret->from = sample->value;
			ret->from_day = day;
			found = true;
		}
	return found;
}

static void print_level(int64_t value, int32_t day, enum target_kind kind,
			struct language *language, struct text *out)
{
	const struct figure figure = {
		.form = FIGURE_EXACT,
		.value = value,
		.low = value,
		.high = value,
	};

	reached_print(&figure, kind, language, out);
	text_add(out, " (");
	language_day(language, day, out);
	text_add_char(out, ')');
}

void fall_print(const struct fall *fall, enum target_kind kind, struct language *language,
		struct text *out)
{
	SCOPED(text)
	struct text from = { 0 };
	SCOPED(text)
	struct text to = { 0 };

	print_level(fall->from, fall->from_day, kind, language, &from);
	print_level(fall->to, fall->to_day, kind, language, &to);
	/* TRANSLATORS: two levels with their days: "45% (Jun 30) to 3% (Oct 31)" */
	text_addf(out, say("%s to %s"), text_str(&from), text_str(&to));
}

void reached_print(const struct figure *figure, enum target_kind kind, struct language *language,
		   struct text *out)
{
	bool plain = figure->form == FIGURE_EXACT && (figure->value == 0 || figure->value == 1);
	SCOPED(text)
	struct text number = { 0 };

	if (kind == TARGET_YES_NO && plain) {
		text_add(out, figure->value ? say("yes") : say("no"));
		return;
	}
	figure_print(figure, language, &number);
	if (kind == TARGET_PERCENT && figure->form != FIGURE_NONE)
		percent_print(text_str(&number), out);
	else
		text_add(out, text_str(&number));
}

/* --- shares */

void plan_share_print(int64_t share, struct language *language, struct text *out)
{
	int64_t whole = share % 10 == 0 ? share / 10 : share;
	SCOPED(text)
	struct text number = { 0 };

	language_decimal(language, whole, share % 10 == 0 ? 0 : 1, &number);
	percent_print(text_str(&number), out);
}

void plan_shares_print(int64_t low, int64_t high, struct language *language, struct text *out)
{
	if (high == SHARE_OPEN)
		text_add(out, "≥ ");
	plan_share_print(low, language, out);
	if (high == SHARE_OPEN || high == low)
		return;
	text_add(out, "–");
	plan_share_print(high, language, out);
}

void progress_print(const struct progress *progress, struct language *language, struct text *out)
{
	if (!progress->counts || !progress->measured)
		text_add(out, "—");
	else
		plan_shares_print(progress->low, progress->high, language, out);
}

/* --- rows */

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
	ret->figure = plan_figure(board, &ret->subject, &rows->span, NULL);
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
