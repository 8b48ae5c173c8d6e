/*
 * A plan of action at the end of a period: what was reached of each activity, and the plan's own
 * compliance against its goal. The numbers are plan_rows.c's; here they are said.
 */
#include "formula.h"
#include "plan_rows.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <string.h>

enum {
	PLAN_VERSION = 1,
	SEMESTER_MONTHS = 6,
	FOLLOW_UPS = 2, /* semesters that have a column: those of one year */
	SHARE_DECIMALS = 1,
};

/* The columns "first semester" and "second semester" of the form. */
struct follow_up {
	struct period period; /* the semester */
	bool over;            /* it has ended by the end of what is asked for: its figures stand */
	struct plan_rows rows;
};

struct view {
	struct ctl *ctl;
	const struct entity *entity;
	struct board *board;
	struct plan_rows rows;
	struct follow_up follow_ups[FOLLOW_UPS];
	struct kept_entry *entries; /* what people entered as follow-up, newest first */
	size_t entry_count;
};

static void scoped_view(struct view *view)
{
	plan_rows_clear(&view->rows);
	for (size_t i = 0; i < FOLLOW_UPS; i++)
		plan_rows_clear(&view->follow_ups[i].rows);
	entries_free(view->entries, view->entry_count);
	board_close(view->board);
}

/* --- what is to be said */

/* The semester that holds `day`, or the one before it. */
static struct period semester_of(int32_t day, bool before)
{
	int year, month, mday;
	struct period period = { 0 };
	char name[PERIOD_TEXT];

	day_split(day, &year, &month, &mday);
	if (before && month > SEMESTER_MONTHS)
		month = 1;
	else if (before)
		(void)(year--, month = SEMESTER_MONTHS + 1);
	(void)snprintf(name, sizeof(name), "%04d-S%d", year, month > SEMESTER_MONTHS ? 2 : 1);
	(void)period_parse(name, &period, NULL);
	return period;
}

/* The semesters of the year the period ends in, as far as the plan has them. */
static void make_follow_ups(struct view *view)
{
	const struct plan *plan = view->rows.plan;
	int32_t last = window_end(view->rows.span.window) - 1;
	struct period second = semester_of(last, false);

	if (second.name[strlen(second.name) - 1] == '1')
		second = semester_of(window_end(second.window), false);
	view->follow_ups[0].period = semester_of(second.window.first, true);
	view->follow_ups[1].period = second;
	for (size_t i = 0; i < FOLLOW_UPS; i++) {
		struct follow_up *follow_up = &view->follow_ups[i];
		struct period span = plan_span(plan, &follow_up->period);

		follow_up->over = span.window.days > 0 && window_end(span.window) <= last + 1;
		if (follow_up->over)
			plan_rows_make(view->board, plan, &follow_up->period, &follow_up->rows);
	}
}

/* Where an activity stands. */
enum standing { UNTARGETED, REACHED, LATE, UNKNOWN, UNDER_WAY };

static const char *const standing_names[] = {
	[UNTARGETED] = "no-target", [REACHED] = "reached",     [LATE] = "late",
	[UNKNOWN] = "unknown",      [UNDER_WAY] = "under-way",
};

static bool is_late(const struct view *view, const struct plan_row *row)
{
	return row->activity->due != DAY_NONE && row->activity->due < board_today(view->board) &&
	       !(row->progress.measured && row->progress.low >= SHARE_WHOLE);
}

static enum standing standing_of(const struct view *view, const struct plan_row *row)
{
	if (!row->progress.counts)
		return UNTARGETED;
	if (row->progress.measured && row->progress.low >= SHARE_WHOLE)
		return REACHED;
	if (is_late(view, row))
		return LATE;
	return row->progress.measured ? UNDER_WAY : UNKNOWN;
}

/* Whether the plan has reached its goal. */
enum verdict_of_goal { GOAL_UNKNOWN, GOAL_OPEN, GOAL_REACHED, GOAL_MISSED };

static const char *const goal_names[] = {
	[GOAL_UNKNOWN] = "unknown",
	[GOAL_OPEN] = "open",
	[GOAL_REACHED] = "reached",
	[GOAL_MISSED] = "not-reached",
};

static enum verdict_of_goal goal_of(const struct plan_rows *rows)
{
	const struct compliance *compliance = &rows->compliance;

	if (!compliance->known)
		return GOAL_UNKNOWN;
	if (compliance->low >= rows->plan->goal)
		return GOAL_REACHED;
	if (compliance->high != SHARE_OPEN && compliance->high < rows->plan->goal)
		return GOAL_MISSED;
	return GOAL_OPEN;
}

struct budget {
	int64_t total;
	size_t lines;
};

static struct budget budget_of(const struct plan *plan)
{
	struct budget budget = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->activities[i].budget < 0)
			continue;
		budget.total += plan->activities[i].budget;
		budget.lines++;
	}
	return budget;
}

/* What people entered for the activity within the days that count, the newest first; `after` NULL:
 * the first of them. */
static const struct kept_entry *next_entry(const struct view *view, const struct plan_row *row,
					   const struct kept_entry *after)
{
	const struct kept_entry *end = view->entries + view->entry_count;

	if (row->activity->computed)
		return NULL;
	for (const struct kept_entry *entry = after ? after + 1 : view->entries; entry < end;
	     entry++)
		if (strcmp(entry->metric, row->activity->id) == 0 &&
		    window_holds(view->rows.span.window, entry->window))
			return entry;
	return NULL;
}

/* --- numbers in words */

/* "50 % (30 jun)": nobody has said how far it is since then. */
static void add_day_of_level(const struct view *view, const struct figure *figure, struct text *out)
{
	int32_t end = window_end(view->rows.span.window);

	if (board_today(view->board) < end)
		end = board_today(view->board);
	if (figure->kind != METRIC_STOCK || figure->form == FIGURE_NONE || figure->as_of >= end - 1)
		return;
	text_add(out, " (");
	language_day(view->ctl->language, figure->as_of, out);
	text_add_char(out, ')');
}

static void add_target(struct language *language, const struct target *target, struct text *out)
{
	SCOPED(text)
	struct text number = { 0 };

	switch (target->kind) {
	case TARGET_NONE:
		text_add(out, "—");
		return;
	case TARGET_NUMBER:
		language_number(language, target->value, out);
		return;
	case TARGET_YES_NO:
		text_add(out, say("yes"));
		return;
	case TARGET_PERCENT:
		language_number(language, target->value, &number);
		percent_print(text_str(&number), out);
		return;
	}
}

static const char *standing_words(enum standing standing)
{
	switch (standing) {
	case UNTARGETED:
		return say("no target");
	case REACHED:
		return say("reached");
	case LATE:
		return say("LATE");
	case UNKNOWN:
		return say("nothing known");
	case UNDER_WAY:
		return say("under way");
	}
	return "";
}

static enum paint standing_paint(enum standing standing)
{
	switch (standing) {
	case REACHED:
		return PAINT_GOOD;
	case LATE:
		return PAINT_BAD;
	case UNKNOWN:
		return PAINT_WARN;
	case UNTARGETED:
	case UNDER_WAY:
		return PAINT_PLAIN;
	}
	return PAINT_PLAIN;
}

/* --- for people: the head */

static void head_line(const struct view *view, const char *name, const char *value)
{
	int width = view->ctl->look.width > 0 ? view->ctl->look.width : 100;
	SCOPED(text)
	struct text line = { 0 };

	if (!value)
		return;
	text_addf(&line, "%s: %s", name, value);
	print_wrapped(text_str(&line), width, 2, view->ctl->out);
}

static void print_head(const struct view *view)
{
	const struct plan *plan = view->rows.plan;
	struct language *language = view->ctl->language;
	SCOPED(text)
	struct text line = { 0 };
	char days[WINDOW_TEXT];
	bool first = true;

	print_entity(view->ctl, view->entity, &first);
	text_addf(&line, "%s · ", plan->title);
	language_period(language, &view->rows.period, &line);
	text_addf(&line, " (%s)", window_text(view->rows.span.window, days));
	(void)fprintf(view->ctl->out, "%s\n", text_str(&line));
	head_line(view, say("Objective"), plan->objective);
	head_line(view, say("Area"), plan->area);
	head_line(view, say("Indicator"), plan->indicator);
	text_reset(&line);
	plan_share_print(plan->goal, language, &line);
	head_line(view, say("Goal"), text_str(&line));
	text_reset(&line);
	if (plan->code)
		text_add(&line, plan->code);
	if (plan->version)
		text_addf(&line, "%s%s %s", line.length ? ", " : "", say("version"), plan->version);
	if (line.length)
		head_line(view, say("Code"), text_str(&line));
	(void)fputc('\n', view->ctl->out);
}

/* --- for people: the activities */

static void add_heads(const struct view *view, struct grid *grid)
{
	SCOPED(text)
	struct text cell = { 0 };

	grid_cell(grid, PAINT_BOLD, "");
	grid_cell(grid, PAINT_BOLD, say("target"));
	for (size_t i = 0; i < FOLLOW_UPS; i++) {
		text_reset(&cell);
		language_period(view->ctl->language, &view->follow_ups[i].period, &cell);
		grid_cell(grid, PAINT_BOLD, text_str(&cell));
	}
	grid_cell(grid, PAINT_BOLD, say("figure"));
	grid_cell(grid, PAINT_BOLD, say("progress"));
	if (view->rows.plan->formula == PLAN_WEIGHTED)
		grid_cell(grid, PAINT_BOLD, say("weight"));
	grid_cell(grid, PAINT_BOLD, say("budget"));
	grid_cell(grid, PAINT_BOLD, say("due"));
	grid_cell(grid, PAINT_BOLD, say("state"));
	grid_end_row(grid);
}

static void add_detail(struct grid *grid, const char *words)
{
	SCOPED(text)
	struct text cell = { 0 };

	text_addf(&cell, "      %s", words);
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	grid_end_row(grid);
}

static void add_named(struct grid *grid, const char *name, const char *value)
{
	SCOPED(text)
	struct text words = { 0 };

	if (!value)
		return;
	text_addf(&words, "%s: %s", name, value);
	add_detail(grid, text_str(&words));
}

/* What was reached does not go back by itself: one of the two is wrong, or wants a word. */
static void add_fall(const struct view *view, const struct plan_row *row, struct grid *grid)
{
	struct fall fall;
	SCOPED(text)
	struct text levels = { 0 };
	SCOPED(text)
	struct text words = { 0 };

	if (!plan_fell(view->board, row, &fall))
		return;
	fall_print(&fall, row->target->kind, view->ctl->language, &levels);
	/* TRANSLATORS: an activity's progress: "it went back: 45% (Jun 30) to 3% (Oct 31)" */
	text_addf(&words, say("it went back: %s"), text_str(&levels));
	add_detail(grid, text_str(&words));
}

/* "2026-01-01..2026-06-30: 50 % (ana) · evidence: … · note" */
static void add_entries(const struct view *view, const struct plan_row *row, struct grid *grid)
{
	for (const struct kept_entry *entry = next_entry(view, row, NULL); entry;
	     entry = next_entry(view, row, entry)) {
		const struct figure figure = {
			.form = FIGURE_EXACT,
			.value = entry->value,
			.low = entry->value,
			.high = entry->value,
		};
		SCOPED(text)
		struct text words = { 0 };
		char days[WINDOW_TEXT];

		text_addf(&words, "%s: ", window_text(entry->window, days));
		reached_print(&figure, row->target->kind, view->ctl->language, &words);
		if (entry->by)
			text_addf(&words, " (%s)", entry->by);
		if (entry->evidence)
			text_addf(&words, " · %s: %s", say("evidence"), entry->evidence);
		if (entry->note)
			text_addf(&words, " · %s", entry->note);
		add_detail(grid, text_str(&words));
	}
}

static void add_number_or_dash(struct grid *grid, struct language *language, bool said,
			       int64_t number)
{
	SCOPED(text)
	struct text cell = { 0 };

	if (said)
		language_number(language, number, &cell);
	else
		text_add(&cell, "—");
	grid_cell(grid, said ? PAINT_PLAIN : PAINT_DIM, text_str(&cell));
}

static void add_activity(const struct view *view, size_t place, struct grid *grid)
{
	const struct plan_row *row = &view->rows.rows[place];
	const struct activity *activity = row->activity;
	struct language *language = view->ctl->language;
	enum standing standing = standing_of(view, row);
	SCOPED(text)
	struct text cell = { 0 };

	text_addf(&cell, "%zu. %s", place + 1, activity->title);
	grid_cell(grid, PAINT_BOLD, text_str(&cell));
	grid_end_row(grid);
	text_reset(&cell);
	text_addf(&cell, "  %s", activity->id);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	text_reset(&cell);
	add_target(language, row->target, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	for (size_t i = 0; i < FOLLOW_UPS; i++) {
		const struct follow_up *follow_up = &view->follow_ups[i];

		text_reset(&cell);
		if (follow_up->over) {
			const struct figure figure =
				follow_up_figure(&follow_up->rows.rows[place], &follow_up->period);

			reached_print(&figure, activity->target.kind, language, &cell);
		}
		grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	}
	text_reset(&cell);
	reached_print(&row->figure, row->target->kind, language, &cell);
	add_day_of_level(view, &row->figure, &cell);
	grid_cell(grid, row->figure.provisional ? PAINT_WARN : PAINT_PLAIN, text_str(&cell));
	text_reset(&cell);
	progress_print(&row->progress, language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	if (view->rows.plan->formula == PLAN_WEIGHTED)
		add_number_or_dash(grid, language, activity->weight > 0, activity->weight);
	add_number_or_dash(grid, language, activity->budget >= 0, activity->budget);
	text_reset(&cell);
	if (activity->due != DAY_NONE)
		language_date(language, activity->due, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, standing_paint(standing), standing_words(standing));
	grid_end_row(grid);
	add_named(grid, say("responsible"), activity->responsible);
	add_named(grid, say("note"), activity->note);
	add_fall(view, row, grid);
	add_entries(view, row, grid);
}

static void print_activities(const struct view *view)
{
	SCOPED(grid)
	struct grid grid = { 0 };

	grid_begin(&grid, view->rows.plan->formula == PLAN_WEIGHTED ? "lrrrrrrrll" : "lrrrrrrll");
	add_heads(view, &grid);
	for (size_t i = 0; i < view->rows.count; i++)
		add_activity(view, i, &grid);
	grid_print(&grid, &view->ctl->look, view->ctl->out);
}

/* --- for people: the plan's own share */

static const char *formula_words(enum plan_formula formula)
{
	switch (formula) {
	case PLAN_MEAN:
		return say("the mean of the activities' progress");
	case PLAN_WEIGHTED:
		return say("the activities' progress times their weight, by the sum of weights");
	case PLAN_BUDGET:
		return say("the activities' progress times their budget, by the sum of budgets");
	}
	return "";
}

static const char *goal_words(enum verdict_of_goal goal)
{
	switch (goal) {
	case GOAL_UNKNOWN:
		return say("nothing to measure it by");
	case GOAL_OPEN:
		return say("it cannot be told yet whether it is reached");
	case GOAL_REACHED:
		return say("reached");
	case GOAL_MISSED:
		return say("not reached");
	}
	return "";
}

static void print_line(const struct view *view, const struct text *line)
{
	int width = view->ctl->look.width > 0 ? view->ctl->look.width : 100;

	print_wrapped(text_str(line), width, 2, view->ctl->out);
}

static void print_compliance(const struct view *view)
{
	const struct plan_rows *rows = &view->rows;
	const struct compliance *compliance = &rows->compliance;
	struct language *language = view->ctl->language;
	SCOPED(text)
	struct text line = { 0 };

	(void)fputc('\n', view->ctl->out);
	text_addf(&line, "%s: ", say("Compliance of the plan"));
	if (compliance->known)
		plan_shares_print(compliance->low, compliance->high, language, &line);
	else
		text_add(&line, "—");
	text_addf(&line, " · %s ", say("goal"));
	plan_share_print(rows->plan->goal, language, &line);
	text_addf(&line, ": %s", goal_words(goal_of(rows)));
	print_line(view, &line);
	text_reset(&line);
	text_addf(&line, "%s: %s", say("Formula"), formula_words(rows->plan->formula));
	if (rows->plan->cap)
		text_addf(&line, "; %s", say("what is beyond 100 % counts as 100 %"));
	text_add(&line, "; ");
	text_addf(&line,
		  say_count("%zu activity counts", "%zu activities count",
			    (int64_t)compliance->counted),
		  compliance->counted);
	if (compliance->left_out)
		text_addf(&line,
			  say_count(", %zu is left out (without target or weight)",
				    ", %zu are left out (without target or weight)",
				    (int64_t)compliance->left_out),
			  compliance->left_out);
	text_add_char(&line, '.');
	print_line(view, &line);
}

static void print_budget(const struct view *view)
{
	struct budget budget = budget_of(view->rows.plan);
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text total = { 0 };

	if (!budget.lines)
		return;
	language_number(view->ctl->language, budget.total, &total);
	/* TRANSLATORS: a sum of money, over so many lines */
	text_addf(&line,
		  say_count("Budget: %s over %zu line", "Budget: %s over %zu lines",
			    (int64_t)budget.lines),
		  text_str(&total), budget.lines);
	if (budget.lines < view->rows.plan->count)
		text_addf(&line,
			  say_count("; %zu has none", "; %zu have none",
				    (int64_t)(view->rows.plan->count - budget.lines)),
			  view->rows.plan->count - budget.lines);
	text_add_char(&line, '.');
	print_line(view, &line);
}

static void print_plan(const struct view *view)
{
	print_head(view);
	print_activities(view);
	print_compliance(view);
	print_budget(view);
}

/* --- for programs */

static void record_share(struct records *records, const char *name, bool known, int64_t share)
{
	if (known && share != SHARE_OPEN)
		records_decimal(records, name, share, SHARE_DECIMALS);
	else
		records_none(records, name);
}

static void record_if(struct records *records, const char *name, bool said, int64_t number)
{
	if (said)
		records_number(records, name, number);
	else
		records_none(records, name);
}

static void record_plan(struct records *records, const struct view *view)
{
	const struct plan_rows *rows = &view->rows;
	const struct compliance *compliance = &rows->compliance;
	struct budget budget = budget_of(rows->plan);

	records_text(records, "plan_title", rows->plan->title);
	record_share(records, "goal", true, rows->plan->goal);
	records_text(records, "formula", plan_formula_name(rows->plan->formula));
	records_flag(records, "cap", rows->plan->cap);
	record_share(records, "compliance_low", compliance->known, compliance->low);
	record_share(records, "compliance_high", compliance->known, compliance->high);
	records_flag(records, "compliance_exact", compliance->known && compliance->exact);
	records_number(records, "activities_counted", (int64_t)compliance->counted);
	records_number(records, "activities_left_out", (int64_t)compliance->left_out);
	records_text(records, "goal_state", goal_names[goal_of(rows)]);
	records_number(records, "budget_total", budget.total);
	records_number(records, "budget_lines", (int64_t)budget.lines);
}

static void record_fall(struct records *records, const struct view *view,
			const struct plan_row *row)
{
	struct fall fall = { 0 };
	bool fell = plan_fell(view->board, row, &fall);

	records_day(records, "as_of",
		    row->figure.kind == METRIC_STOCK && row->figure.form != FIGURE_NONE
			    ? row->figure.as_of
			    : DAY_NONE);
	record_if(records, "fell_from", fell, fall.from);
	records_day(records, "fell_from_day", fell ? fall.from_day : DAY_NONE);
}

static void record_activity(struct records *records, const struct view *view, size_t place)
{
	static const char *const follow_up_names[FOLLOW_UPS] = { "first_semester",
								 "second_semester" };
	const struct plan_row *row = &view->rows.rows[place];
	const struct activity *activity = row->activity;
	const struct progress *progress = &row->progress;
	const struct kept_entry *entry = next_entry(view, row, NULL);
	bool measured = progress->counts && progress->measured;

	records_next(records);
	records_text(records, "entity", view->entity->id);
	records_text(records, "notice", view->entity->notice);
	records_text(records, "plan", view->rows.plan->id);
	records_text(records, "period", view->rows.period.name);
	records_day(records, "first_day", view->rows.span.window.first);
	records_day(records, "last_day", window_end(view->rows.span.window) - 1);
	records_number(records, "number", (int64_t)place + 1);
	records_text(records, "activity", activity->id);
	records_text(records, "title", activity->title);
	records_text(records, "strategy", activity->strategy);
	records_text(records, "responsible", activity->responsible);
	records_text(records, "target_kind", target_kind_name(row->target->kind));
	record_if(records, "target", row->target->kind != TARGET_NONE, row->target->value);
	record_if(records, "weight", activity->weight > 0, activity->weight);
	record_if(records, "budget", activity->budget >= 0, activity->budget);
	records_day(records, "due", activity->due);
	records_flag(records, "computed", activity->computed);
	records_bounds(records, &row->figure);
	records_flag(records, "provisional", row->figure.provisional);
	records_flag(records, "counts", progress->counts);
	records_flag(records, "complete", progress->complete);
	record_share(records, "progress_low", measured, progress->low);
	record_share(records, "progress_high", measured, progress->high);
	record_share(records, "progress", measured, progress->value);
	records_text(records, "state", standing_names[standing_of(view, row)]);
	for (size_t i = 0; i < FOLLOW_UPS; i++) {
		const struct follow_up *follow_up = &view->follow_ups[i];
		struct figure figure = { 0 };

		if (follow_up->over)
			figure = follow_up_figure(&follow_up->rows.rows[place], &follow_up->period);
		record_if(records, follow_up_names[i], figure.form == FIGURE_EXACT, figure.value);
	}
	records_text(records, "evidence", entry ? entry->evidence : NULL);
	records_text(records, "note", entry ? entry->note : NULL);
	records_text(records, "by", entry ? entry->by : NULL);
	record_plan(records, view);
	record_fall(records, view, row);
}

/* --- the command */

static void print_no_day(const struct view *view, const struct plan *plan,
			 const struct period *period)
{
	SCOPED(text)
	struct text asked = { 0 };
	SCOPED(text)
	struct text own = { 0 };

	language_period(view->ctl->language, period, &asked);
	language_period(view->ctl->language, &plan->period, &own);
	/* TRANSLATORS: institution, plan, its period, the period asked for */
	(void)fprintf(view->ctl->out, say("%s · %s is for %s: it has no day of %s.\n"),
		      view->entity->name, plan->title, text_str(&own), text_str(&asked));
}

static int show_plan(struct ctl *ctl, const struct plan *plan, const struct entity *entity,
		     const struct period *period, struct records *records)
{
	SCOPED(view)
	struct view view = { .ctl = ctl, .entity = entity };
	struct period span = plan_span(plan, period);
	struct error err;

	if (span.window.days == 0) {
		if (!records)
			print_no_day(&view, plan, period);
		return ENDS_FINE;
	}
	if (board_open(ctl, entity, NULL, span.window, &view.board, &err) < 0 ||
	    store_entries(ctl->store, entity->id, plan->account->id, &view.entries,
			  &view.entry_count, &err) < 0)
		return ctl_fail(&err);
	plan_rows_make(view.board, plan, period, &view.rows);
	make_follow_ups(&view);
	if (!records) {
		print_plan(&view);
		return ENDS_FINE;
	}
	for (size_t i = 0; i < view.rows.count; i++)
		record_activity(records, &view, i);
	return ENDS_FINE;
}

/* The period asked for, else the last semester that is over. */
static int choose_period(const struct ctl *ctl, const struct entity *entity, const char *word,
			 struct period *ret, struct error *err)
{
	int32_t today;

	if (word)
		return config_period(entity, word, ret, err);
	if (ctl_today(ctl, entity->zone, &today, err) < 0)
		return -1;
	*ret = semester_of(today, true);
	return 0;
}

/* What is shown of all entities. */
struct wish {
	const char *word; /* the period, or NULL */
	const char *plan; /* id, or NULL */
	struct records *records;
	size_t shown;
};

static int show_entity(struct ctl *ctl, const struct entity *entity, struct wish *wish)
{
	struct period period;
	struct error err;
	int ends = ctl_speak(ctl, entity);

	for (size_t i = 0; ends == ENDS_FINE && i < entity->plan_count; i++) {
		const struct plan *plan = &entity->plans[i];

		if (wish->plan && strcmp(wish->plan, plan->id) != 0)
			continue;
		if (choose_period(ctl, entity, wish->word, &period, &err) < 0)
			return ctl_fail(&err);
		if (wish->shown++ && !wish->records)
			(void)fputs("\n\n", ctl->out);
		ends = show_plan(ctl, plan, entity, &period, wish->records);
	}
	return ends;
}

/* Nothing was shown: no such plan, or none at all. */
static int no_plan(const struct ctl *ctl, const struct wish *wish)
{
	SCOPED(text)
	struct text known = { 0 };

	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		for (size_t i = 0; ctl_wants(ctl, entity) && i < entity->plan_count; i++)
			text_addf(&known, "%s%s", known.length ? ", " : "", entity->plans[i].id);
	}
	if (wish->plan && known.length)
		return ctl_say(ENDS_USAGE, "no plan \"%.60s\"; there are: %s", wish->plan,
			       text_str(&known));
	return ctl_say(ENDS_USAGE, "no plan is configured: `plans` of an entity names their files");
}

static int show_all(struct ctl *ctl, struct wish *wish)
{
	struct records records;
	int ends = ENDS_FINE;

	if (ctl->format != REPORT_TABLE) {
		records_begin(&records, ctl->format, "metricsd.plan", PLAN_VERSION, ctl->out);
		wish->records = &records;
	}
	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++)
		if (ctl_wants(ctl, &ctl->config->entities[i]))
			ends = show_entity(ctl, &ctl->config->entities[i], wish);
	if (wish->records)
		records_end(wish->records);
	wish->records = NULL;
	return ends;
}

/* Whether there is a plan of that name among those asked for. */
static bool has_plan(const struct ctl *ctl, const struct wish *wish)
{
	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];

		if (ctl_wants(ctl, entity) &&
		    (wish->plan ? config_plan(entity, wish->plan) != NULL : entity->plan_count > 0))
			return true;
	}
	return false;
}

static int plan(struct ctl *ctl, int argc, char **argv)
{
	struct wish wish = { 0 };
	const struct flag flags[] = { { "plan", &wish.plan, NULL }, { 0 } };
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 1, &ends) < 0)
		return ends;
	wish.word = argc ? argv[0] : NULL;
	if ((ends = ctl_load(ctl)))
		return ends;
	if (!has_plan(ctl, &wish))
		return no_plan(ctl, &wish);
	ends = ctl_open(ctl, STORE_READ);
	return ends ? ends : show_all(ctl, &wish);
}

const struct command plan_command = {
	.name = "plan",
	.arguments = "[PERIOD]",
	.purpose = "what was reached of a plan of action, and its compliance",
	.help = "PERIOD as in summary (default: the last semester that is over); what counts is "
		"what was\n"
		"reached from the plan's first day to the end of it. Of each activity: target, "
		"follow-up\n"
		"by semester, figure, progress, budget, due day, state; then the plan's own "
		"compliance\n"
		"with its formula, against the goal. Where a figure is incomplete it lies between "
		"two.\n"
		"Follow-up is entered: metricsctl enter PLAN ACTIVITY 2026-S1 50 --evidence "
		"LINK\n\n"
		"  --plan ID   only this plan\n\n"
		"example:\n"
		"  metricsctl plan 2026-S1 --plan plan-2026\n",
	.run = plan,
	.for_machines = true,
	.takes_database = true,
};
