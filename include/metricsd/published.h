/*
 * The published figures: a second SQLite file that other tools read through documented views
 * (docs/sql-views.md). A cache: it can be dropped and is built again to the same rows.
 *
 * It stands apart from the store so that a reader never holds up collecting, and so that it can be
 * handed to people who may see figures and nothing else. Written in one transaction; a reader sees
 * the figures before or after it.
 */
#ifndef METRICSD_PUBLISHED_H
#define METRICSD_PUBLISHED_H

#include "metricsd/figure.h"
#include "metricsd/period.h"

#include <stdint.h>

struct error;
struct published;

/*
 * Opens or creates the file for writing and begins the transaction. A file of another program is
 * refused (ERROR_OURS); one of another version of the tables is made anew (then `since` is empty).
 * `made_from` names what the figures were made by (hash of configuration and program): when it
 * differs from the file's, the file is emptied.
 */
struct published_since {
	int64_t origin; /* what it was made of last time: the highest origin; 0: never */
	int64_t at;     /* time */
	int32_t today;  /* DAY_NONE: never */
};
int published_open(const char *path, const char *made_from, struct published_since *since,
		   struct published **ret, struct error *err);

/* Forgets the figures of one name (account, group or derived) whose period ends after `from`;
 * DAY_NONE: all. */
int published_drop(struct published *published, const char *entity, const char *account,
		   int32_t from, struct error *err);

/* One figure. Texts are those of the machine layout of `summary` (docs/formats.md). */
struct published_figure {
	const char *entity, *section, *account, *title, *metric, *label;
	const struct period *period;
	const struct figure *figure;
	const char *state;
};
int published_put(struct published *published, const struct published_figure *figure,
		  struct error *err);

/* An activity of a plan, as `plan --format json` has it. Shares in thousandths. */
struct published_activity {
	const char *entity, *plan, *period, *activity, *title, *responsible, *target_kind;
	int64_t target;              /* -1: none */
	int64_t weight, budget;      /* -1: none */
	int32_t due;                 /* DAY_NONE: none */
	const struct figure *figure; /* NULL: nothing is known */
	int64_t low, high, value;    /* progress; -1: none (of high: open) */
	bool counts, complete;
};
int published_plan_drop(struct published *published, const char *entity, struct error *err);
int published_plan_put(struct published *published, const struct published_activity *activity,
		       struct error *err);

/* Commits with what it was made of now, or drops everything since published_open(). */
int published_commit(struct published *published, const struct published_since *now,
		     struct error *err);
void published_close(struct published *published);

static inline void scoped_published(struct published **published)
{
	published_close(*published);
}

#endif
