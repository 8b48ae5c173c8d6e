/*
 * What lacks of a period's figures: what a person can still bring, and what nobody can any more.
 */
#ifndef METRICSD_CTL_PENDING_H
#define METRICSD_CTL_PENDING_H

#include "board.h"

enum lack {
	LACKS_FIGURE,
	LACKS_RECORDS,
	LACKS_ATTENDANCE,
	LACKS_STATEMENT,
	LACKS_FOLLOW_UP,
	LACKS_DAYS,
	LACKS_REPAIR, /* days that lack for what lasts */
	LACKS_EVIDENCE,
	LACKS_FOR_GOOD, /* nobody can do anything about it: it makes nothing pending */
	LACKS,
};

/* One thing that lacks. */
struct missing {
	enum lack lack;
	const struct account *account;
	const char *metric; /* id, or the list; borrowed from the configuration or the board */
	char *what;         /* for people */
	struct window window;
	char *when;         /* for people: "dic", "17 oct 2025", "IV trim. 2025" */
	char *why;          /* of what lacks for good, for people; else NULL */
	const char *reason; /* of days: gap_name(); else NULL */
	struct days days;   /* those that lack, where some are known */
	int64_t record, entry;
};

struct pending {
	struct ctl *ctl;
	const struct entity *entity;
	struct period period;
	struct period *units; /* the months that are over, or the period itself */
	size_t unit_count;
	struct board *board;
	int32_t today;
	struct missing *items;
	size_t count, room;
};

/* One more thing, whose words the caller fills in. */
struct missing *pending_add(struct pending *pending, enum lack lack, const struct account *account,
			    const char *metric, struct window window);

/* The figure of an account's metric; of what the account does not have, nothing. */
struct figure pending_figure(const struct pending *pending, const struct account *account,
			     const char *metric, const struct period *period);

/* The days that lack in what is collected of the account, by what helps. */
int pending_gaps(struct pending *pending, const struct account *account, struct error *err);

#endif
