/*
 * Why days of figures lack (metricsd/gap.h), read from the store and said in words.
 */
#ifndef METRICSD_CTL_GAP_LIST_H
#define METRICSD_CTL_GAP_LIST_H

#include "board.h"

#include "metricsd/gap.h"

/* A stretch of one account's metric. */
struct listed_gap {
	const struct account *account;
	const char *metric; /* id */
	struct gap gap;
};

/* Stretches in the order of the figures they were asked for; `{ .ctl = … }` is empty. */
struct gap_list {
	struct ctl *ctl;
	struct window window; /* of days that may be asked about; .days 0: of the first figure */
	struct listed_gap *items;
	size_t count, room;
	bool more; /* days lack that no stretch names */
	/* what was read of the account that came last */
	const struct account *read;
	struct gap_facts facts;
	struct zones zones;
};
void gap_list_clear(struct gap_list *list);

/* The stretches of the subject's figure over a period: of a group or derived metric those of each
 * account in it. */
int gap_list_add(struct gap_list *list, const struct board *board, const struct subject *subject,
		 const struct period *period, struct error *err);

/* Those of an account's metric over a period, month by month, where its figure is not complete. */
int gap_list_metric(struct gap_list *list, const struct board *board, const struct account *account,
		    const char *metric, const struct period *period, struct error *err);

/* Those of what is collected of an account and has been told once; of all of it while nothing was
 * ever told. */
int gap_list_collected(struct gap_list *list, const struct board *board,
		       const struct account *account, const struct period *period,
		       struct error *err);

/* Stretches in a row that lack for the same reason become one. */
void gap_list_join(struct gap_list *list);

/* "metricsd did not run (2026-01-03 10:00 to 2026-01-05 09:12)", in the language in use and the
 * clock of the zone. */
void gap_say(const struct gap *gap, struct zone *zone, struct text *out);

/* Its fields: first_day, last_day, why, since, until, day, words. */
void gap_record(struct records *records, const struct gap *gap);

static inline void scoped_gap_list(struct gap_list *list)
{
	gap_list_clear(list);
}

#endif
