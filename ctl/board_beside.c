/* The sheet beside what was known before: earlier periods, and what was published of this one. */
#include "board_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

/* --- earlier periods */

/* The period that many kinds of earlier one away; -1: there is none. */
static int earlier(const struct period *period, enum beside beside, struct period *ret)
{
	switch (beside) {
	case BESIDE_BEFORE:
		return period_before(period, ret);
	case BESIDE_YEAR_BEFORE:
		return period_year_before(period, ret);
	case BESIDES:
		break;
	}
	return -1;
}

struct window board_compared_window(const struct period *period)
{
	struct window window = period->window;

	for (int i = 0; i < BESIDES; i++) {
		struct period before;

		if (earlier(period, (enum beside)i, &before) < 0 ||
		    before.window.first >= window.first)
			continue;
		window.days += window.first - before.window.first;
		window.first = before.window.first;
	}
	return window;
}

void board_compare(struct board *board)
{
	struct sheet *sheet = &board->sheet;
	size_t last = sheet->column_count - 1;

	board->compared = memory_new(board->row_count * BESIDES, sizeof(*board->compared));
	sheet->compares = true;
	for (int b = 0; b < BESIDES; b++)
		if (earlier(&sheet->period, (enum beside)b, &sheet->beside[b]) < 0)
			sheet->beside[b].window.days = 0;
	for (size_t i = 0; i < board->row_count; i++) {
		struct sheet_row *row = &board->rows[i];

		row->compared = &board->compared[i * BESIDES];
		for (int b = 0; row->metric && b < BESIDES; b++) {
			struct comparison *with = &board->compared[i * BESIDES + (size_t)b];
			struct figure before;

			*with = (struct comparison){ .how = COMPARE_NOTHING };
			if (sheet->beside[b].window.days == 0)
				continue;
			before = board_figure(board, &board->subjects[i], &sheet->beside[b], NULL);
			*with = figure_compare(&row->figures[last], &before);
		}
	}
}

/* --- when something changed */

/* What is asked, and the newest time so far. */
struct newest {
	struct board *board;
	struct window days;
	int64_t last_origin; /* asked before */
	int64_t at;
};

static int add_origin(struct newest *newest, int64_t origin, struct error *err)
{
	struct kept_origin kept;

	if (origin == 0 || origin == newest->last_origin)
		return 0;
	newest->last_origin = origin;
	if (store_origin(newest->board->ctl->store, origin, &kept, err) < 0)
		return -1;
	if (kept.at > newest->at)
		newest->at = kept.at;
	kept_origin_clear(&kept);
	return 0;
}

static int add_revisions(struct newest *newest, const struct series *series, struct error *err)
{
	struct kept_revision *revisions = NULL;
	size_t count = 0;
	int result = store_revisions(newest->board->ctl->store, series->id, newest->days,
				     &revisions, &count, err);

	for (size_t i = 0; result == 0 && i < count; i++)
		result = add_origin(newest, revisions[i].replaced_by, err);
	free(revisions);
	return result;
}

/* Publications are counted when they are read: what brought each of them, and went. */
static int add_items(struct newest *newest, const struct series *series, struct error *err)
{
	struct board *board = newest->board;
	struct kept_item *items = NULL;
	size_t count = 0;
	struct zone *zone;
	int result;

	if (series->items == ITEM_NONE)
		return 0;
	if (zones_get(&board->zones, series->zone, &zone, err) < 0)
		return -1;
	result = store_items(board->ctl->store, series->id, zone_midnight(zone, newest->days.first),
			     zone_midnight(zone, window_end(newest->days)), &items, &count, err);
	for (size_t i = 0; result == 0 && i < count; i++) {
		result = add_origin(newest, items[i].origin, err);
		if (items[i].gone > newest->at)
			newest->at = items[i].gone;
	}
	free(items);
	return result;
}

static int add_series(struct newest *newest, const struct series *series, struct error *err)
{
	for (size_t i = 0; i < series->count; i++) {
		const struct sample *sample = &series->samples[i];

		if (window_common(sample->window, newest->days).days > 0 &&
		    add_origin(newest, sample->origin, err) < 0)
			return -1;
	}
	if (add_revisions(newest, series, err) < 0)
		return -1;
	return add_items(newest, series, err);
}

static int add_account(struct newest *newest, const struct account *account, const char *metric,
		       struct error *err)
{
	const struct board *board = newest->board;
	const struct place *place = place_of(board, account);
	bool measured = board_measure(account, metric) != MEASURE_NONE;
	const struct record *records;
	size_t count = board_month_records(board, account,
					   measured ? account->collector->keeps : metric, &records);

	for (size_t i = 0; i < count; i++)
		if (window_common(records[i].window, newest->days).days > 0 &&
		    records[i].at > newest->at)
			newest->at = records[i].at;
	for (size_t i = 0; place->read && i < board->history.count; i++) {
		const struct series *series = board->series[i];

		if (series->account == place->history && strcmp(series->metric, metric) == 0 &&
		    add_series(newest, series, err) < 0)
			return -1;
	}
	return 0;
}

/* One level of derived metrics at most: no formula names another. */
static int add_subject(struct newest *newest, const struct subject *subject, struct error *err)
{
	const struct derived *derived = subject->derived;
	const struct group *group = subject->group;

	if (subject->account)
		return add_account(newest, subject->account, subject->metric, err);
	for (size_t i = 0; group && i < group->count; i++)
		if (add_account(newest, group->accounts[i], subject->metric, err) < 0)
			return -1;
	for (size_t i = 0; derived && i < derived->count; i++) {
		const struct term *term = &derived->terms[i];

		if (term->account && add_account(newest, term->account, term->metric, err) < 0)
			return -1;
		for (size_t k = 0; term->group && k < term->group->count; k++)
			if (add_account(newest, term->group->accounts[k], term->metric, err) < 0)
				return -1;
	}
	return 0;
}

int board_changed(struct board *board, const struct subject *subject, struct window days,
		  int64_t *ret, struct error *err)
{
	struct newest newest = { .board = board, .days = days };

	if (add_subject(&newest, subject, err) < 0)
		return -1;
	*ret = newest.at;
	return 0;
}

/* --- what was published */

/* The shortest closed period that holds the sheet's; of two the last. */
static const struct closing *find_closing(const struct board *board)
{
	const struct closing *found = NULL;

	for (size_t i = 0; i < board->closing_count; i++) {
		const struct closing *closing = &board->closings[i];

		if (closing->reopened_at ||
		    !window_holds(closing->window, board->sheet.period.window))
			continue;
		if (!found || closing->window.days <= found->window.days)
			found = closing;
	}
	return found;
}

static int read_frozen(struct board *board, const struct closing *closing, struct error *err)
{
	SCOPED(memory)
	char *json = NULL;

	if (store_closing_json(board->ctl->store, closing->id, &json, err) < 0)
		return -1;
	if (canonical_read(json, &board->frozen, err) < 0)
		return error_within(err, "what was closed of %s", closing->period);
	return 0;
}

static struct sheet_difference *new_difference(struct board *board)
{
	board->differences = memory_grow(board->differences, board->closing.count,
					 &board->difference_room, sizeof(*board->differences));
	return &board->differences[board->closing.count++];
}

/* The entity's day of the newest change since the period was closed. */
static int changed_on(struct board *board, const struct subject *subject, struct window days,
		      int32_t *ret, struct error *err)
{
	struct zone *zone;
	int64_t at;

	*ret = DAY_NONE;
	if (board_changed(board, subject, days, &at, err) < 0 ||
	    zones_get(&board->zones, board->entity->zone, &zone, err) < 0)
		return -1;
	if (at >= board->closing.at) /* it differs, so it was not there yet */
		*ret = zone_day(zone, at);
	return 0;
}

/* Which columns were published at all: a month within a closed year is not, when the year was
 * closed by itself. */
static void find_columns(const struct board *board, bool ret[SHEET_COLUMNS])
{
	for (size_t k = 0; k < board->sheet.column_count; k++)
		for (size_t i = 0; i < board->frozen.count && !ret[k]; i++)
			ret[k] = strcmp(board->frozen.items[i].period, board->columns[k].name) == 0;
}

static int compare_row(struct board *board, size_t at, const bool columns[SHEET_COLUMNS],
		       bool *seen, struct error *err)
{
	struct sheet_row *row = &board->rows[at];

	for (size_t k = 0; row->metric && k < board->sheet.column_count; k++) {
		const struct period *period = &board->columns[k];
		const struct figure *today = &row->figures[k];
		const struct frozen *frozen = frozen_find(&board->frozen, row->section,
							  row->account, row->metric, period->name);
		struct sheet_difference *difference;
		int32_t changed;

		if (frozen) {
			seen[frozen - board->frozen.items] = true;
			board->published[at * board->sheet.column_count + k] = &frozen->figure;
		}
		if (!columns[k] ||
		    (frozen ? figure_same(&frozen->figure, today) : today->form == FIGURE_NONE))
			continue;
		if (changed_on(board, &board->subjects[at], period->window, &changed, err) < 0)
			return -1;
		difference = new_difference(board);
		*difference = (struct sheet_difference){
			.title = row->title,
			.label = row->label,
			.period = period,
			.before = frozen ? &frozen->figure : NULL,
			.today = today,
			.changed = changed,
		};
	}
	return 0;
}

static const struct period *column_called(const struct board *board, const char *name)
{
	for (size_t k = 0; k < board->sheet.column_count; k++)
		if (strcmp(board->columns[k].name, name) == 0)
			return &board->columns[k];
	return NULL;
}

/* What was published and has no row any more. */
static void add_vanished(struct board *board, const bool *seen)
{
	for (size_t i = 0; i < board->frozen.count; i++) {
		const struct frozen *frozen = &board->frozen.items[i];
		const struct period *period = column_called(board, frozen->period);

		if (seen[i] || !period || frozen->figure.form == FIGURE_NONE)
			continue;
		*new_difference(board) = (struct sheet_difference){
			.title = frozen->account,
			.label = frozen->metric,
			.period = period,
			.before = &frozen->figure,
			.changed = DAY_NONE,
		};
	}
}

static int compare_rows(struct board *board, bool all, struct error *err)
{
	SCOPED(memory)
	bool *seen = memory_new(board->frozen.count, sizeof(*seen));
	size_t columns = board->sheet.column_count;
	bool frozen[SHEET_COLUMNS] = { false };

	board->published = memory_new(board->row_count * columns, sizeof(struct figure *));
	find_columns(board, frozen);
	for (size_t i = 0; i < board->row_count; i++) {
		board->rows[i].published = &board->published[i * columns];
		if (compare_row(board, i, frozen, seen, err) < 0)
			return -1;
	}
	if (all)
		add_vanished(board, seen);
	return 0;
}

int board_closing(struct board *board, struct error *err)
{
	const struct closing *closing;
	struct zone *zone;

	if (!board->closings && store_closings(board->ctl->store, board->entity->id,
					       &board->closings, &board->closing_count, err) < 0)
		return -1;
	closing = find_closing(board);
	if (!closing)
		return 0;
	if (zones_get(&board->zones, board->entity->zone, &zone, err) < 0 ||
	    read_frozen(board, closing, err) < 0)
		return -1;
	board->closing = (struct sheet_closing){
		.period = { .kind = PERIOD_NAMED, .window = closing->window },
		.at = closing->at,
		.day = zone_day(zone, closing->at),
		.by = closing->by,
		.note = closing->note,
		.sha256 = closing->sha256,
	};
	if (config_period(board->entity, closing->period, &board->closing.period, err) < 0)
		(void)snprintf(board->closing.period.name, sizeof(board->closing.period.name), "%s",
			       closing->period);
	if (compare_rows(board, !board->sheet_only, err) < 0)
		return -1;
	board->closing.differences = board->differences;
	board->sheet.closing = &board->closing;
	return 0;
}
