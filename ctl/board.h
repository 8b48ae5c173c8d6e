/*
 * Everything a period says of an entity: its history from the store, the figures of every account,
 * group and derived metric, laid out as a sheet.
 */
#ifndef METRICSD_CTL_BOARD_H
#define METRICSD_CTL_BOARD_H

#include "ctl.h"

struct board {
	struct sheet sheet;
	struct period columns[SHEET_COLUMNS];
	struct sheet_row *rows;
	size_t row_count, row_room;
	struct figure **figures; /* the rows' */
	size_t figure_count, figure_room;
	struct history history;
	struct zones zones;
};

/*
 * `only` NULL: all accounts, groups and derived metrics; else its id alone: an account's, group's
 * or derived metric's (with or without its metric's) of the entity. The caller clears it, whatever
 * came back.
 */
int board_make(struct ctl *ctl, const struct entity *entity, const char *only,
	       const struct period *period, struct board *ret, struct error *err);
void board_clear(struct board *board);

static inline void scoped_board(struct board *board)
{
	board_clear(board);
}

/* 0 collector, 1 import, 2 manual: which source is believed, all else being equal. */
int source_precedence(const struct account *account, const char *source);

/* The days the account exists, .days 0: without limit. */
struct window account_life(const struct account *account);

#endif
