/*
 * What the files of the board share: what was read of each account, laid out by metric.
 */
#ifndef METRICSD_CTL_BOARD_PARTS_H
#define METRICSD_CTL_BOARD_PARTS_H

#include "board.h"

/* An account's metric, and the sources that have it. */
struct cell {
	const struct metric *metric;
	struct metric unknown; /* of a series whose metric is no longer configured */
	struct track *tracks;
	const struct series **series; /* behind each track, NULL for one made of records */
	size_t count, room;
	size_t order; /* place in the account's tables */
	/* of the sheet that was made last, one a column: the same figure is asked for by groups and
	 * derived metrics. NULL: not in it */
	const struct figure *shown;
};

/* One account of the entity. */
struct place {
	const struct account *account;
	bool read;           /* its history is here */
	size_t history;      /* its place in it */
	struct zone *reader; /* in whose days its collector reads */
	int32_t *read_on;    /* of each day of the window; NULL until somebody asks */
	struct cell **cells; /* in the order of its tables */
	size_t count;
};

struct board {
	struct ctl *ctl;
	const struct entity *entity;
	const char *only; /* what was opened */
	struct window window;
	int32_t today;
	struct place *places; /* in the order of entity->accounts */
	struct history history;
	const struct series **series; /* ascending by account, metric, source */
	struct zones zones;
	struct record *read; /* as the store gave them, of whole months */
	size_t read_count;
	/* these borrow from them */
	struct record *by_month; /* all of them by account, list, then day */
	struct record *by_list;  /* those of the window alone */
	struct record *by_account;
	size_t record_count;     /* of the last two */
	struct sample **counted; /* made of records */
	size_t counted_count, counted_room;

	/* the sheet made last */
	struct sheet sheet;
	const char *sheet_only; /* NULL: of all there is */
	struct period columns[SHEET_COLUMNS];
	struct sheet_row *rows;
	size_t row_count, row_room;
	struct subject *subjects; /* what each row is of */
	struct figure **figures;  /* the rows' */
	size_t figure_count, figure_room;
	struct comparison *compared; /* BESIDES for each row, NULL: it does not compare */
	struct closing *closings;    /* of the entity, NULL: not asked for */
	size_t closing_count;
	struct frozen_list frozen; /* of the one that holds the sheet's period */
	struct sheet_closing closing;
	const struct figure **published; /* column_count for each row */
	struct sheet_difference *differences;
	size_t difference_room;
};

/* Forgets the sheet made last. */
void board_clear_sheet(struct board *board);

static inline struct place *place_of(const struct board *board, const struct account *account)
{
	return &board->places[account - board->entity->accounts];
}

/* The account's cell of a metric, NULL when it has none. */
struct cell *board_cell(const struct board *board, const struct account *account,
			const char *metric);

/* The same as board_records() of whole months: whether one is known, its own records say. */
size_t board_month_records(const struct board *board, const struct account *account,
			   const char *list, const struct record **ret);

/* What of its records the account's metric is made of; MEASURE_NONE: samples. */
enum measure board_measure(const struct account *account, const char *metric);

/* Whether the account has the metric: by the configuration, or because something was stored of it,
 * in whatever period; a group does not have other members in another month. */
bool board_has(const struct board *board, const struct account *account, const char *metric);

struct subject board_account_subject(const struct board *board, const struct account *account,
				     const char *metric);

/* How many of the group's accounts have the metric; 0 when they do not mean the same by it. */
size_t board_members(const struct board *board, const struct group *group, const char *metric);

#endif
