/* The figures themselves: a board for each period, so that no more is held than it needs. */
#include "publish.h"

#include "plan_rows.h"

#include "metricsd/cleanup.h"

#include <string.h>

enum {
	FEW = 4, /* names that are asked for one by one; more are read together */
};

/* What is made at a time: a period, and with a month its days. */
struct stretch {
	struct period whole;
	struct period columns[SHEET_COLUMNS];
	size_t count;
};

/* Whether a name's figure of the period is to be made: it has begun, it may have changed, and of
 * single days something was stored by then. */
static bool is_due(const struct publisher *publisher, const struct published_name *name,
		   const struct period *period)
{
	if (period->window.first >= publisher->today || window_end(period->window) <= name->from)
		return false;
	return period->kind != PERIOD_DAYS ||
	       (name->first != DAY_NONE && period->window.first >= name->first);
}

static const struct published_name *name_of(const struct publisher *publisher, const char *id)
{
	for (size_t i = 0; i < publisher->name_count; i++)
		if (strcmp(publisher->names[i].id, id) == 0)
			return &publisher->names[i];
	return NULL;
}

static int put_row(struct publisher *publisher, const struct sheet *sheet,
		   const struct sheet_row *row, struct error *err)
{
	const struct published_name *name = name_of(publisher, row->account);

	for (size_t k = 0; name && row->metric && k < sheet->column_count; k++) {
		const struct published_figure put = {
			.entity = sheet->entity,
			.section = sheet_section_name(row->section),
			.account = row->account,
			.title = row->title,
			.metric = row->metric,
			.label = row->label && *row->label ? say(row->label) : row->metric,
			.period = &sheet->columns[k],
			.figure = &row->figures[k],
			.state = figure_state_name(&row->figures[k]),
		};

		if (!is_due(publisher, name, &sheet->columns[k]))
			continue;
		if (published_put(publisher->published, &put, err) < 0)
			return -1;
		publisher->figures++;
	}
	return 0;
}

/* `only` NULL: of all the names that are due. */
static int put_sheet(struct publisher *publisher, const struct stretch *stretch, const char *only,
		     struct error *err)
{
	SCOPED(board)
	struct board *board = NULL;
	const struct sheet *sheet;

	if (board_open(publisher->ctl, publisher->entity, only, stretch->whole.window, &board,
		       err) < 0)
		return -1;
	sheet = board_sheet(board, NULL, &stretch->whole, stretch->columns, stretch->count);
	for (size_t i = 0; i < sheet->row_count; i++)
		if (put_row(publisher, sheet, &sheet->rows[i], err) < 0)
			return -1;
	return 0;
}

static int put_stretch(struct publisher *publisher, const struct stretch *stretch,
		       struct error *err)
{
	size_t due = 0;
	bool shared = false;

	for (size_t i = 0; i < publisher->name_count; i++) {
		if (!is_due(publisher, &publisher->names[i], &stretch->whole))
			continue;
		due++;
		shared = shared || publisher->names[i].shared;
	}
	if (due == 0)
		return 0;
	if (due > FEW || due == publisher->name_count || shared)
		return put_sheet(publisher, stretch, NULL, err);
	for (size_t i = 0; i < publisher->name_count; i++)
		if (is_due(publisher, &publisher->names[i], &stretch->whole) &&
		    put_sheet(publisher, stretch, publisher->names[i].id, err) < 0)
			return -1;
	return 0;
}

/* The days of a month before today, then the month. */
static int put_month(struct publisher *publisher, struct window month, struct error *err)
{
	struct stretch stretch = { .whole = period_month(month) };

	for (int32_t day = month.first; day < window_end(month) && day < publisher->today; day++) {
		char text[DAY_TEXT];

		if (period_parse(day_text(day, text), &stretch.columns[stretch.count], err) < 0)
			return -1;
		stretch.count++;
	}
	stretch.columns[stretch.count++] = stretch.whole;
	return put_stretch(publisher, &stretch, err);
}

/* The number-th part of a year: 'B', 'Q', 'S'; 'Y': the year itself. */
static int part_of_year(int year, char letter, int number, struct period *ret, struct error *err)
{
	char name[PERIOD_TEXT];

	if (letter == 'Y')
		(void)snprintf(name, sizeof(name), "%04d", year);
	else
		(void)snprintf(name, sizeof(name), "%04d-%c%d", year, letter, number);
	return period_parse(name, ret, err);
}

/* Periods of which a year has so many, from the one that holds the first day stored. */
static int put_periods(struct publisher *publisher, char letter, int of_a_year, struct error *err)
{
	int year, month, mday;

	day_split(publisher->first, &year, &month, &mday);
	for (int part = (month - 1) / (12 / of_a_year);; part++) {
		struct stretch stretch = { .count = 1 };

		if (part_of_year(year + part / of_a_year, letter, part % of_a_year + 1,
				 &stretch.whole, err) < 0)
			return -1;
		if (stretch.whole.window.first >= publisher->today)
			return 0;
		stretch.columns[0] = stretch.whole;
		if (put_stretch(publisher, &stretch, err) < 0)
			return -1;
	}
}

int publish_figures(struct publisher *publisher, struct error *err)
{
	for (size_t i = 0; i < publisher->name_count; i++)
		if (published_drop(publisher->published, publisher->entity->id,
				   publisher->names[i].id, publisher->names[i].from, err) < 0)
			return -1;
	if (publisher->first == DAY_NONE)
		return 0;
	for (struct window month = month_of(publisher->first); month.first < publisher->today;
	     month = month_after(month, 1))
		if (put_month(publisher, month, err) < 0)
			return -1;
	if (put_periods(publisher, 'B', 6, err) < 0 || put_periods(publisher, 'Q', 4, err) < 0 ||
	    put_periods(publisher, 'S', 2, err) < 0)
		return -1;
	return put_periods(publisher, 'Y', 1, err);
}

/* --- plans */

static int put_activity(struct publisher *publisher, const struct plan_rows *rows,
			const struct plan_row *row, struct error *err)
{
	const struct activity *activity = row->activity;
	const struct progress *progress = &row->progress;
	bool aimed = row->target->kind != TARGET_NONE;
	bool measured = progress->counts && progress->measured;
	const struct published_activity put = {
		.entity = publisher->entity->id,
		.plan = rows->plan->id,
		.period = rows->period.name,
		.activity = activity->id,
		.title = activity->title,
		.responsible = activity->responsible,
		.target_kind = target_kind_name(row->target->kind),
		.target = aimed ? row->target->value : -1,
		.weight = activity->weight > 0 ? activity->weight : -1,
		.budget = activity->budget,
		.due = activity->due,
		.figure = &row->figure,
		.low = measured ? progress->low : -1,
		.high = measured ? progress->high : -1, /* SHARE_OPEN is -1 too */
		.value = measured ? progress->value : -1,
		.counts = progress->counts,
		.complete = progress->complete,
	};

	if (published_plan_put(publisher->published, &put, err) < 0)
		return -1;
	publisher->figures++;
	return 0;
}

static int put_plan(struct publisher *publisher, const struct plan *plan,
		    const struct period *period, struct error *err)
{
	struct period span = plan_span(plan, period);
	SCOPED(board)
	struct board *board = NULL;
	SCOPED(plan_rows)
	struct plan_rows rows = { 0 };

	if (span.window.days == 0 || period->window.first >= publisher->today)
		return 0;
	if (board_open(publisher->ctl, publisher->entity, plan->account->id, span.window, &board,
		       err) < 0)
		return -1;
	plan_rows_make(board, plan, period, &rows);
	for (size_t i = 0; i < rows.count; i++)
		if (put_activity(publisher, &rows, &rows.rows[i], err) < 0)
			return -1;
	return 0;
}

/* The plan at the end of its semesters and years, and of itself. */
static int put_plan_periods(struct publisher *publisher, const struct plan *plan, struct error *err)
{
	int year, last;
	bool whole = false; /* its own period is one of them */

	day_split(plan->period.window.first, &year, &(int){ 0 }, &(int){ 0 });
	day_split(window_end(plan->period.window) - 1, &last, &(int){ 0 }, &(int){ 0 });
	for (int part = 0; part < 3 * (last - year + 1); part++) {
		static const char letters[] = "SSY";
		struct period period;

		if (part_of_year(year + part / 3, letters[part % 3], part % 3 + 1, &period, err) <
			    0 ||
		    put_plan(publisher, plan, &period, err) < 0)
			return -1;
		whole = whole || strcmp(period.name, plan->period.name) == 0;
	}
	return whole ? 0 : put_plan(publisher, plan, &plan->period, err);
}

/* Few and quick: all of them anew each time. */
int publish_plans(struct publisher *publisher, struct error *err)
{
	const struct entity *entity = publisher->entity;

	if (published_plan_drop(publisher->published, entity->id, err) < 0)
		return -1;
	for (size_t i = 0; i < entity->plan_count; i++)
		if (put_plan_periods(publisher, &entity->plans[i], err) < 0)
			return -1;
	return 0;
}
