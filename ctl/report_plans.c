/* The parts of a report that follow up plans: an activity a line, as the forms of the offices have
 * them. */
#include "report_parts.h"

#include "plan_rows.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/prose.h"

#include <string.h>

enum {
	COLUMN_STRATEGY,
	COLUMN_ACTIVITY,
	COLUMN_TARGET,
	COLUMN_BUDGET,
	COLUMN_RESOURCES,
	COLUMN_RESPONSIBLE,
	COLUMN_DUE,
	COLUMN_NOTE,
	COLUMN_FIRST, /* semesters, two of them */
	COLUMN_PROGRESS = COLUMN_FIRST + 2,
	COLUMN_FOLLOW_UP,
	PLAN_COLUMNS
};

static void put_target(const struct maker *maker, struct cell *cell, const struct target *target)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text number = { 0 };

	switch (target->kind) {
	case TARGET_NONE:
		cell_text(cell, say("without a number"));
		return;
	case TARGET_NUMBER:
		cell_number(cell, target->value, 0);
		return;
	case TARGET_YES_NO:
		cell_text(cell, say("done"));
		return;
	case TARGET_PERCENT:
		language_number(maker->ctl->language, target->value, &number);
		percent_print(text_str(&number), &words);
		cell_text(cell, text_str(&words));
		return;
	}
}

static void put_text(struct cell *cell, const char *text)
{
	if (text && *text)
		cell_text(cell, text);
}

static void put_row_figure(struct maker *maker, struct cell *cell, const struct plan_row *row,
			   const struct period *semester)
{
	const struct subject *subject = &row->subject;
	const struct figure_name name = {
		.entity = maker->entity->id,
		.section = "plan",
		.account = subject->account ? subject->account->id : "",
		.metric = row->activity->id,
		.title = row->activity->title,
		.label = row->activity->title,
		.period = *semester,
		.unit = subject->known ? subject->known->unit : UNIT_COUNT,
	};
	const struct figure figure = follow_up_figure(row, semester);

	if (figure.form == FIGURE_NONE)
		cell_text(cell, say("pending"));
	else
		cell_figure(maker->document, cell, &figure, &name, NULL);
}

/* The two semesters of the year the asked period ends in. */
static void semesters_of(const struct period *period, struct period ret[2])
{
	int year, month, mday;

	day_split(window_end(period->window) - 1, &year, &month, &mday);
	for (int i = 0; i < 2; i++) {
		char name[PERIOD_TEXT];

		(void)snprintf(name, sizeof(name), "%04d-S%d", year, i + 1);
		(void)period_parse(name, &ret[i], NULL);
	}
}

static void add_plan_columns(const struct maker *maker, const struct period semesters[2],
			     struct table *table)
{
	static const char *const titles[] = { N_("Strategy"), N_("Activity"),  N_("Target"),
					      N_("Budget"),   N_("Resources"), N_("Responsible"),
					      N_("Due"),      N_("Remarks") };

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		table_column(table, say(titles[i]), i == COLUMN_BUDGET);
	for (size_t i = 0; i < 2; i++) {
		SCOPED(text)
		struct text title = { 0 };

		prose_period(maker->ctl->language, &semesters[i], &title);
		table_column(table, text_str(&title), true);
	}
	table_column(table, say("Progress"), true);
	table_column(table, say("Remarks on the follow-up"), false);
}

static void add_activity(struct maker *maker, struct table *table, const struct plan_row *row)
{
	const struct activity *activity = row->activity;
	struct cell *cells = table_row(table, ROW_PLAIN)->cells;

	put_text(&cells[COLUMN_STRATEGY], activity->strategy);
	cell_text(&cells[COLUMN_ACTIVITY], activity->title);
	put_target(maker, &cells[COLUMN_TARGET], row->target);
	if (activity->budget >= 0)
		cell_number(&cells[COLUMN_BUDGET], activity->budget, 0);
	put_text(&cells[COLUMN_RESOURCES], activity->resources);
	put_text(&cells[COLUMN_RESPONSIBLE], activity->responsible);
	if (activity->due != DAY_NONE)
		cell_day(&cells[COLUMN_DUE], activity->due);
	if (row->progress.counts && row->progress.measured)
		cell_share(&cells[COLUMN_PROGRESS], row->progress.low,
			   row->progress.high == SHARE_OPEN ? CELL_OPEN : row->progress.high);
	else
		cell_text(&cells[COLUMN_PROGRESS],
			  row->progress.counts ? say("nothing known") : say("no target"));
	put_text(&cells[COLUMN_NOTE], activity->note);
}

/* What was noted when the follow-up of the semester was entered, behind what the cell says. */
static int put_follow_up(struct maker *maker, struct cell *cell, const struct plan_row *row,
			 const struct period *semester)
{
	struct trace trace = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	int result = 0;

	if (cell->kind == CELL_TEXT)
		text_add(&words, cell->text);
	(void)board_figure(maker->board, &row->subject, semester, &trace);
	for (size_t i = 0; result == 0 && i < trace.count; i++) {
		struct kept_origin origin;

		result = store_origin(maker->ctl->store, trace.uses[i].sample->origin, &origin,
				      maker->err);
		if (result < 0)
			break;
		if (origin.note)
			text_addf(&words, "%s%s", words.length ? "; " : "", origin.note);
		kept_origin_clear(&origin);
	}
	trace_clear(&trace);
	put_text(cell, text_str(&words));
	return result;
}

/* What was reached and then was not: the reader is not left to find it out. */
static void put_fall(const struct maker *maker, struct cell *cell, const struct plan_row *row)
{
	struct fall fall;
	SCOPED(text)
	struct text levels = { 0 };
	SCOPED(text)
	struct text words = { 0 };

	if (!plan_fell(maker->board, row, &fall))
		return;
	if (cell->kind == CELL_TEXT)
		text_addf(&words, "%s; ", cell->text);
	fall_print(&fall, row->target->kind, maker->ctl->language, &levels);
	text_addf(&words, say("it went back: %s"), text_str(&levels));
	cell_text(cell, text_str(&words));
}

/* The semester's column of every activity, once the semester has begun within what is asked. */
static int add_semester(struct maker *maker, struct table *table, const struct plan *plan,
			const struct period *semester, size_t column)
{
	SCOPED(plan_rows)
	struct plan_rows rows = { 0 };
	struct window asked = plan_span(plan, maker->period).window;
	struct window days = plan_span(plan, semester).window;

	if (days.days == 0 || window_end(days) > window_end(asked))
		return 0;
	plan_rows_make(maker->board, plan, semester, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		struct cell *cells = table->rows[i].cells;

		put_row_figure(maker, &cells[column], &rows.rows[i], semester);
		if (!rows.rows[i].activity->computed &&
		    put_follow_up(maker, &cells[COLUMN_FOLLOW_UP], &rows.rows[i], semester) < 0)
			return -1;
	}
	return 0;
}

static void add_budget(struct table *table, const struct plan *plan)
{
	struct cell *cells;
	int64_t total = 0;
	size_t lines = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->activities[i].budget < 0)
			continue;
		total += plan->activities[i].budget;
		lines++;
	}
	if (lines == 0)
		return;
	cells = table_row(table, ROW_TOTAL)->cells;
	cell_text(&cells[COLUMN_STRATEGY], say("Total"));
	cell_number(&cells[COLUMN_BUDGET], total, 0);
	if (lines < plan->count) {
		SCOPED(text)
		struct text words = { 0 };

		text_addf(&words, say("%zu of %zu activities have a budget."), lines, plan->count);
		cells[COLUMN_BUDGET].note = table_note(table, text_str(&words));
	}
}

static const char *formula_words(enum plan_formula formula)
{
	switch (formula) {
	case PLAN_MEAN:
		return say("the mean of its activities' progress");
	case PLAN_WEIGHTED:
		return say("the mean of its activities' progress by their weights");
	case PLAN_BUDGET:
		return say("the mean of its activities' progress by their budgets");
	}
	return "";
}

static void add_share(struct language *language, int64_t share, struct text *out)
{
	SCOPED(text)
	struct text number = { 0 };

	language_decimal(language, share, 1, &number);
	percent_print(text_str(&number), out);
}

/* "Cumplimiento del plan: entre 62,5 % y 100,0 %; meta: 90,0 %. …" */
static void add_compliance(struct maker *maker, const struct plan_rows *rows)
{
	const struct compliance *compliance = &rows->compliance;
	struct language *language = maker->ctl->language;
	SCOPED(text)
	struct text low = { 0 };
	SCOPED(text)
	struct text high = { 0 };
	SCOPED(text)
	struct text goal = { 0 };
	SCOPED(text)
	struct text words = { 0 };

	add_share(language, compliance->low, &low);
	add_share(language, compliance->high, &high);
	add_share(language, rows->plan->goal, &goal);
	if (!compliance->known)
		text_add(&words, say("Compliance of the plan: nothing is known yet."));
	else if (compliance->high == -1)
		text_addf(&words, say("Compliance of the plan: at least %s."), text_str(&low));
	else if (compliance->low == compliance->high)
		text_addf(&words, say("Compliance of the plan: %s."), text_str(&low));
	else
		text_addf(&words, say("Compliance of the plan: between %s and %s."), text_str(&low),
			  text_str(&high));
	text_addf(&words, " %s: %s.", say("Goal"), text_str(&goal));
	text_addf(&words, " %s: %s", say("Formula"), formula_words(rows->plan->formula));
	text_addf(&words, "%s.", rows->plan->cap ? say(", each counted up to 100%") : "");
	document_paragraph(maker->document, text_str(&words));
}

static void add_fact(struct lines *facts, const char *name, const char *value)
{
	struct text words = { 0 };

	if (!value)
		return;
	text_addf(&words, "%s: %s", name, value);
	lines_add(facts, &words);
}

/* The head of the plan's form. */
static void add_facts(struct maker *maker, const struct plan *plan)
{
	struct lines facts = { 0 };

	add_fact(&facts, say("Objective"), plan->objective);
	add_fact(&facts, say("Area"), plan->area);
	add_fact(&facts, say("Indicator"), plan->indicator);
	if (facts.count)
		document_list(maker->document, (const char *const *)facts.items, facts.count);
	lines_clear(&facts);
}

static int add_plan(struct maker *maker, const char *caption, const struct plan *plan)
{
	struct period semesters[2];
	SCOPED(plan_rows)
	struct plan_rows rows = { 0 };
	struct table *table;

	plan_rows_make(maker->board, plan, maker->period, &rows);
	semesters_of(maker->period, semesters);
	document_heading(maker->document, 1 + maker->depth, plan->title);
	add_facts(maker, plan);
	add_compliance(maker, &rows);
	table = next_table(maker, caption ? caption : say("Follow-up of the plan"));
	add_plan_columns(maker, semesters, table);
	for (size_t i = 0; i < rows.count; i++)
		add_activity(maker, table, &rows.rows[i]);
	for (size_t i = 0; i < 2; i++)
		if (add_semester(maker, table, plan, &semesters[i], COLUMN_FIRST + i) < 0)
			return -1;
	for (size_t i = 0; i < rows.count; i++)
		put_fall(maker, &table->rows[i].cells[COLUMN_FOLLOW_UP], &rows.rows[i]);
	add_budget(table, plan);
	return 0;
}

bool plan_shown(const struct maker *maker, const struct part *part, const struct plan *plan)
{
	return (!part->plan || strcmp(part->plan, plan->id) == 0) &&
	       plan_span(plan, maker->period).window.days > 0;
}

/* The form of a single plan is the report's, where its definition names none. */
static void fill_control(struct maker *maker, const struct plan *plan)
{
	struct document_head *head = &maker->document->head;

	if (maker->definition->code || maker->definition->version || maker->several)
		return;
	document_head_text(&head->code, plan->code);
	document_head_text(&head->version, plan->version);
}

int make_plan(struct maker *maker, const struct part *part, const char *caption)
{
	const struct plan *only = NULL;
	size_t made = 0;

	for (size_t i = 0; i < maker->entity->plan_count; i++) {
		const struct plan *plan = &maker->entity->plans[i];

		if (!plan_shown(maker, part, plan))
			continue;
		if (add_plan(maker, caption, plan) < 0)
			return -1;
		only = made++ ? NULL : plan;
	}
	if (only)
		fill_control(maker, only);
	if (made == 0)
		document_paragraph(maker->document,
				   say("No plan of the configuration has days in this period."));
	return 0;
}
