/*
 * What is known of an entity over a span of days, and every figure that can be asked of it: of
 * accounts, registers, groups, derived metrics. Read once from the store, figured when asked.
 */
#ifndef METRICSD_CTL_BOARD_H
#define METRICSD_CTL_BOARD_H

#include "ctl.h"

#include "metricsd/figure.h"

struct board;

/*
 * Reads what the store has of the entity in `window`. `only` NULL: of all its accounts, those that
 * hold the follow-up of plans among them; else the id of an account, group or derived metric (with
 * or without its metric's), and what that one needs: of a plan's account what its activities
 * are computed from too. The caller closes it.
 */
int board_open(struct ctl *ctl, const struct entity *entity, const char *only, struct window window,
	       struct board **ret, struct error *err);
/* The same of all its accounts today: what the entity has, whatever it says. */
int board_now(struct ctl *ctl, const struct entity *entity, struct board **ret, struct error *err);
void board_close(struct board *board);

/* The entity's today; the days it was opened for; the entity. */
int32_t board_today(const struct board *board);
struct window board_window(const struct board *board);
const struct entity *board_entity(const struct board *board);

/* Something that has figures: one of them is not NULL. */
struct subject {
	const struct account *account;
	const struct group *group;
	const struct derived *derived;
	const char *metric;         /* id */
	const struct metric *known; /* NULL when the configuration does not know it (any more) */
	enum metric_kind kind; /* of what is stored, where that is older than the configuration */
	const char *label;     /* English of the catalogue, or as the office wrote it */
};

/* `name` is the id of an account or group of the entity, or of a derived metric, `metric` one it
 * has (of a derived metric its own). ERROR_INPUT with the nearest name, and what there is. */
int board_find(const struct board *board, const char *name, const char *metric, struct subject *ret,
	       struct error *err);
/* What a term of the configuration names. */
struct subject board_subject(const struct board *board, const struct term *term);

/* Its figure over a period inside the board's window. `trace` (NULL: not wanted) is given what the
 * figure of an account rests on; of others nothing. */
struct figure board_figure(const struct board *board, const struct subject *subject,
			   const struct period *period, struct trace *trace);

/* What figures of an account's metric are made from: its sources side by side, and the scope they
 * are asked with. Borrowed from the board. A register's own metrics have no tracks. */
size_t board_tracks(const struct board *board, const struct account *account, const char *metric,
		    const struct track **ret);
struct scope board_scope(const struct board *board, const struct account *account,
			 struct window period);
/* The series behind a track, NULL for one made of records. */
const struct series *board_series(const struct board *board, const struct track *track);

/* The records of an account's list (NULL: of all its lists) that have a day in the board's window,
 * ascending. Returns how many; borrowed. */
size_t board_records(const struct board *board, const struct account *account, const char *list,
		     const struct record **ret);

/*
 * A sheet over some periods (at most SHEET_COLUMNS), each inside the board's window: the channels,
 * groups and derived metrics, or `only` one of them. `whole` is the period that was asked for.
 * Owned by the board, one at a time.
 */
const struct sheet *board_sheet(struct board *board, const char *only, const struct period *whole,
				const struct period *columns, size_t count);

/* Puts the whole period of the sheet made last beside the one before and the same one a year
 * before. The board's window holds board_compared_window() of it. */
void board_compare(struct board *board);
struct window board_compared_window(const struct period *period);

/* Where a closed period holds the one of the sheet made last, what was published of it and what is
 * another figure by now. */
int board_closing(struct board *board, struct error *err);

/* The newest time at which something changed that the subject's figures of the days rest on: a
 * number told or taken back, a record. 0: nothing is known of it. A withdrawn record is not seen.
 */
int board_changed(struct board *board, const struct subject *subject, struct window days,
		  int64_t *ret, struct error *err);

/* The columns a table of the period has: its months (of PERIOD_YEARS its years), then itself.
 * `columns` has room for SHEET_COLUMNS. Returns how many. */
size_t board_columns(const struct period *period, struct period *columns);

static inline void scoped_board(struct board **board)
{
	board_close(*board);
}

/* Which source is believed, all else being equal: lower is more. By the account's `precedence`,
 * else 0 collector, 1 import, 2 register, 3 manual. */
int source_precedence(const struct account *account, const char *source);

/* The days the account exists, .days 0: without limit. */
struct window account_life(const struct account *account);

#endif
