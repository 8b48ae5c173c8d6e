/* Sheets of a board: every figure of its accounts, groups and derived metrics, made once. */
#include "board_parts.h"

#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MONTHS_SHOWN = 24 /* of a longer period only the whole */ };

/* --- columns */

static size_t add_years(const struct period *period, struct period *columns)
{
	int year, last, month, mday;
	size_t count = 0;

	day_split(period->window.first, &year, &month, &mday);
	day_split(window_end(period->window) - 1, &last, &month, &mday);
	for (; year <= last && count < SHEET_COLUMNS - 1; year++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%04d", year);
		if (period_parse(name, &columns[count], NULL) == 0)
			count++;
	}
	return count;
}

/* The period's months, when there are several and it is made of nothing else. */
static size_t add_months(const struct period *period, struct period *columns)
{
	size_t count = period_months(period, columns, MONTHS_SHOWN);
	int32_t days = 0;

	for (size_t i = 0; i < count; i++)
		days += columns[i].window.days;
	return count > 1 && days == period->window.days ? count : 0;
}

size_t board_columns(const struct period *period, struct period *columns)
{
	size_t count = period->kind == PERIOD_YEARS ? add_years(period, columns)
						    : add_months(period, columns);

	columns[count++] = *period;
	return count;
}

/* --- rows */

static struct sheet_row *new_row(struct board *board, enum sheet_section section, const char *id,
				 const char *title)
{
	struct sheet_row *row;

	size_t room = board->row_room;

	board->rows =
		memory_grow(board->rows, board->row_count, &board->row_room, sizeof(*board->rows));
	board->subjects =
		memory_grow(board->subjects, board->row_count, &room, sizeof(*board->subjects));
	board->subjects[board->row_count] = (struct subject){ .metric = NULL };
	row = &board->rows[board->row_count++];
	*row = (struct sheet_row){ .section = section, .account = id, .title = title ? title : id };
	return row;
}

/* A row of figures, one a column; they are the board's. */
static const struct figure *add_row(struct board *board, enum sheet_section section, const char *id,
				    const char *title, const struct subject *subject)
{
	struct sheet_row *row = new_row(board, section, id, title);
	struct figure *figures = memory_new(board->sheet.column_count, sizeof(*figures));

	board->figures = memory_grow(board->figures, board->figure_count, &board->figure_room,
				     sizeof(struct figure *));
	board->figures[board->figure_count++] = figures;
	board->subjects[board->row_count - 1] = *subject;
	row->metric = subject->metric;
	row->unit = subject->known ? subject->known->unit : UNIT_COUNT;
	row->label = subject->label;
	row->figures = figures;
	for (size_t k = 0; k < board->sheet.column_count; k++)
		figures[k] = board_figure(board, subject, &board->columns[k], NULL);
	return figures;
}

static void add_account(struct board *board, struct place *place)
{
	const struct account *account = place->account;

	if (place->count == 0)
		(void)new_row(board, SHEET_ACCOUNTS, account->id, account->title);
	for (size_t i = 0; i < place->count; i++) {
		struct cell *cell = place->cells[i];
		struct subject subject = board_account_subject(board, account, cell->metric->id);

		cell->shown = add_row(board, SHEET_ACCOUNTS, account->id, account->title, &subject);
	}
}

/* Metrics a group was asked about already. */
struct asked {
	const char **items;
	size_t count, room;
};

static bool was_asked(struct asked *asked, const char *metric)
{
	for (size_t i = 0; i < asked->count; i++)
		if (strcmp(asked->items[i], metric) == 0)
			return true;
	asked->items = memory_grow(asked->items, asked->count, &asked->room, sizeof(*asked->items));
	asked->items[asked->count++] = metric;
	return false;
}

/* A row for each metric that at least two of the accounts have: one alone says what it says above.
 */
static void add_group(struct board *board, const struct group *group)
{
	struct asked asked = { 0 };

	for (size_t i = 0; i < group->count; i++) {
		const struct place *place = place_of(board, group->accounts[i]);

		for (size_t k = 0; k < place->count; k++) {
			const char *metric = place->cells[k]->metric->id;
			const struct term term = { .sign = 1, .group = group, .metric = metric };
			struct subject subject;

			if (was_asked(&asked, metric) || board_members(board, group, metric) < 2)
				continue;
			subject = board_subject(board, &term);
			(void)add_row(board, SHEET_GROUPS, group->id, group->title, &subject);
		}
	}
	free(asked.items);
}

static void add_derived(struct board *board, const struct derived *derived)
{
	const struct term term = { .sign = 1, .derived = derived, .metric = derived->metric };
	struct subject subject = board_subject(board, &term);

	(void)add_row(board, SHEET_DERIVED, derived->account, derived->account, &subject);
}

/* --- all of it */

void board_clear_sheet(struct board *board)
{
	free(board->compared);
	board->compared = NULL;
	free(board->published);
	board->published = NULL;
	free(board->differences);
	board->differences = NULL;
	board->difference_room = 0;
	board->closing = (struct sheet_closing){ 0 };
	frozen_clear(&board->frozen);
	for (size_t i = 0; i < board->figure_count; i++)
		free(board->figures[i]);
	board->figure_count = 0;
	board->row_count = 0;
	for (size_t i = 0; board->places && i < board->entity->account_count; i++)
		for (size_t k = 0; k < board->places[i].count; k++)
			board->places[i].cells[k]->shown = NULL;
}

static void add_rows(struct board *board, const char *only)
{
	const struct entity *entity = board->entity;

	for (size_t i = 0; i < entity->account_count; i++) {
		struct place *place = &board->places[i];

		if (place->read && !place->account->plan &&
		    (!only || strcmp(place->account->id, only) == 0))
			add_account(board, place);
	}
	if (only && entity_account(entity, only))
		return;
	for (size_t i = 0; i < entity->group_count; i++)
		if (!only || strcmp(entity->groups[i].id, only) == 0)
			add_group(board, &entity->groups[i]);
	for (size_t i = 0; i < entity->derived_count; i++)
		if (!only ||
		    names_derived(entity->derived[i].account, entity->derived[i].metric, only))
			add_derived(board, &entity->derived[i]);
}

const struct sheet *board_sheet(struct board *board, const char *only, const struct period *whole,
				const struct period *columns, size_t count)
{
	const struct entity *entity = board->entity;

	board_clear_sheet(board);
	memcpy(board->columns, columns, count * sizeof(*columns));
	board->sheet = (struct sheet){
		.entity = entity->id,
		.name = entity->name,
		.notice = entity->notice,
		.zone = entity->zone,
		.today = board->today,
		.period = *whole,
		.columns = board->columns,
		.column_count = count,
	};
	board->sheet_only = only ? only : board->only;
	add_rows(board, board->sheet_only);
	board->sheet.rows = board->rows;
	board->sheet.row_count = board->row_count;
	return &board->sheet;
}
