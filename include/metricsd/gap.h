/*
 * Why a figure's days lack: for each of them a reason, in words a machine can compare and with what
 * a person needs to act.
 *
 * Pure: what is known of the account comes in (store_gap_facts() reads it), stretches come out. The
 * reasons are those of the account's own collector, or that nobody entered or recorded anything.
 */
#ifndef METRICSD_GAP_H
#define METRICSD_GAP_H

#include "metricsd/collector.h"
#include "metricsd/day.h"
#include "metricsd/lapse.h"
#include "metricsd/metric.h"
#include "metricsd/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct figure;

enum gap_why {
	/* the account was not read when the day could be; `since` and `until` say when */
	GAP_DOWN,        /* metricsd did not run, or could not write that it does */
	GAP_STORE,       /* the store could not be written: disk full, I/O errors */
	GAP_TOKEN,       /* the token was refused, or could not be read */
	GAP_PERMISSION,  /* the token lacks a permission */
	GAP_THROTTLED,   /* the provider asked to wait */
	GAP_UNREACHABLE, /* the provider could not be reached, or failed */
	GAP_REFUSED,     /* the provider refused the question, or its answer made no sense */
	GAP_ABSENT,      /* the account was not in the configuration */
	GAP_RESTORED,    /* what was read was lost with a restored backup */
	/* the account was read */
	GAP_SILENT,   /* asked, and the provider told no number */
	GAP_RETIRED,  /* the provider refuses the metric since `day` */
	GAP_UNWALKED, /* the list of publications was not walked past the day */
	GAP_UNSEEN,   /* stories could have come and gone between `since` and `until` */
	GAP_BROKEN,   /* what is counted changed: the day was counted otherwise */
	GAP_ACROSS,   /* known only within a longer stretch that reaches beyond the period */
	/* nobody asked */
	GAP_DUE,       /* over only now: the next sweep reads it (`until` is when it is due, or,
			  with REMEDY_REPAIR, was: nobody did it) */
	GAP_WITHOUT,   /* the configuration goes without the metric */
	GAP_BEFORE,    /* before it was collected: the first day is `day` */
	GAP_FORGOTTEN, /* the provider keeps no more than `day` days, and nobody asked in time */
	GAP_BORN,      /* the provider has the metric only from or to `day` */
	GAP_UNASKED,   /* nobody asked for it so far */
	GAP_UNENTERED, /* people enter it, and nobody did */
	GAP_UNRECORDED /* nobody recorded anything, nor that there was nothing */
};

/* What can still bring the days. */
enum gap_remedy {
	REMEDY_NONE,     /* nothing: they cannot be had any more */
	REMEDY_WAIT,     /* time: the next sweeps read them */
	REMEDY_BACKFILL, /* the provider still has them, and nobody asks by himself */
	REMEDY_REPAIR,   /* what is in the way lasts: a token, a disk */
	REMEDY_ENTER     /* people enter or record them */
};

/* A stretch of days that lack for one reason. */
struct gap {
	struct window days;
	enum gap_why why;
	enum gap_remedy remedy;
	int64_t since, until;    /* times, 0: not known, or it lasts */
	int32_t day;             /* see the reasons; DAY_NONE else */
	char words[LAPSE_WORDS]; /* what was said then, or "" */
};

struct gaps {
	struct gap *items; /* ascending, disjoint; each lacking day is in one */
	size_t count, room;
	bool more; /* days lack that the figure does not name (figure.lacking_more) */
};
void gaps_clear(struct gaps *gaps);

/* What is known of an account's reading in a window of days; store_gap_facts() reads it. */
struct gap_facts {
	struct window window;
	struct zone *zone;  /* whose days they are: the collector's, else the account's. Borrowed */
	struct zone *local; /* whose days publications are: the account's. Borrowed */
	int64_t now;        /* time */
	int64_t *readings;  /* when each day of the window was last read, 0: never */
	struct lapse *lapses; /* ascending; those that reach into the window or begin after it */
	size_t lapse_count;
	int64_t last_success;        /* of the daily sweep, 0: never */
	int64_t due;                 /* of the daily sweep, 0: not set */
	struct days owed;            /* days a sweep still wants */
	int32_t first;               /* first day with anything collected, DAY_NONE: nothing was */
	struct metric_states states; /* in the order of the collector's metrics */
	struct watch
		*unwatched; /* stretches in which publications could have gone unseen, by kind */
	size_t unwatched_count;
};
void gap_facts_clear(struct gap_facts *facts);

/* Whose figure it is. */
struct gap_subject {
	const struct collector *collector;
	const struct metric *metric; /* NULL: not known any more */
	bool without;                /* the configuration goes without it */
	int32_t collect_from;        /* the first day the configuration wants, DAY_NONE: not said */
	int32_t first; /* from which on the figure's source, or else the collector, tells the
			  metric; DAY_NONE: it never did */
	/* all samples of the figure's source, or of the collector's; for what is known and not in
	 * the figure. NULL: none */
	const struct sample *samples;
	size_t sample_count;
};

/*
 * The reasons of the days that lack in an account's figure, each lacking day in one stretch. The
 * figure lies within the window of the facts. The caller clears `ret`.
 */
void gaps_of(const struct figure *figure, const struct gap_subject *subject,
	     const struct gap_facts *facts, struct gaps *ret);

/* Whether both say the same of their days, and the same helps. */
bool gap_same_reason(const struct gap *a, const struct gap *b);

/* "down", "token", "silent", … as the layouts for machines say. Never NULL. */
const char *gap_name(enum gap_why why);
/* "none", "wait", "backfill", "repair", "enter". */
const char *gap_remedy_name(enum gap_remedy remedy);

static inline void scoped_gaps(struct gaps *gaps)
{
	gaps_clear(gaps);
}

static inline void scoped_gap_facts(struct gap_facts *facts)
{
	gap_facts_clear(facts);
}

#endif
