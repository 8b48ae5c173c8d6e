/*
 * The collector contract: one platform as data and two pure functions.
 *
 * `next` says what to ask, `take` reads an answer and moves the cursor on. Given the same job and
 * answer they do the same thing: they do no I/O, never sleep, never look at the clock, keep nothing
 * between calls and see no secret. Paging, one request per metric and one request per day are all
 * the same: a longer sweep.
 */
#ifndef METRICSD_COLLECTOR_H
#define METRICSD_COLLECTOR_H

#include "metricsd/day.h"
#include "metricsd/http.h"
#include "metricsd/metric.h"
#include "metricsd/sample.h"
#include "metricsd/setting.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct inspector;

/* Why an account is visited. The names are kept in the database: never renumber. */
enum sweep {
	SWEEP_DAILY = 0, /* insights of `wanted`, publications since its first day, months that
			    ended in it */
	SWEEP_WATCH = 1, /* what lives for hours only: stories */
	SWEEP_CHECK = 2, /* is the id right, does the token see it: notes, no samples */
};
enum { SWEEPS = 3 };

/* Who must wait, by what an answer said. */
enum hold_scope {
	HOLD_NONE,
	HOLD_REQUEST, /* this call of this account */
	HOLD_ACCOUNT,
	HOLD_TOKEN, /* every account that uses the token */
	HOLD_APP,   /* every account whose token is of the same app */
	HOLD_HOST,
};

struct hold {
	enum hold_scope scope;
	int64_t until; /* time; 0: the daemon's own back-off decides; INT64_MAX: until a person acts
			*/
	char why[160];
};

enum { CURSOR_MAX = 8 << 10 };

/* One sweep over one account: all a collector may know and all it may change. */
struct job {
	const void *settings; /* the collector's own struct, read and checked */
	struct zone *zone;    /* whose days `wanted` and the samples are: the collector's or the
				 account's */
	int64_t now;          /* time */
	enum sweep sweep;
	struct days wanted; /* complete days only, none of the future */
	struct text cursor; /* how far it is; "" at the start; stored with each answer */
	struct metric_states *states;
	struct hold hold;  /* set by take, cleared by the caller before it */
	bool asked;        /* somebody asked for these days: they are read anew */
	void *memory;      /* the collector's own: what it has read and not kept yet. NULL at the
			    * start and whenever the daemon let go of it by `forget`: then it is as the
			    * parts say that were kept */
	bool later;        /* set by a take that returns 0: there is nothing to store yet, a later
			    * answer will bring it. Cleared by the caller before it */
	char progress[96]; /* how far it is, for whoever waits for it; "": nothing to say */
	bool skipped;      /* set by a take that returns -1 and goes on without the call: what it
			    * would have said lacks, so the sweep's days are asked again another
			    * day. Not for a way round that may bring the same, nor for what is
			    * never answered. Cleared by the caller before it */
};

/* A file that is named by an account's settings. */
struct named_file {
	const char *setting; /* that names it */
	struct text path;
	bool rotated;       /* those rotated beside it will do (file_is_of_log()) */
	const char *remedy; /* what to do where there is none, for people */
};

struct collector {
	const char *name;  /* after `collector =` in metricsd.conf, and the source of its series */
	const char *title; /* "Facebook", for people */
	const char *zone;  /* whose days its samples are; NULL: the account's zone */
	const struct metric *metrics;   /* ends with a NULL id */
	const struct setting *settings; /* ends with a NULL name; those of `collectors.NAME` and of
					 * the account alike: the account's win */
	size_t settings_size;
	bool needs_token;
	bool derives_token; /* Meta: the token's kind must be said (page, user or system-user), for
			     * tokens of objects are derived by it; others take a bearer one */
	bool signs_token;   /* its token is the key of a service account, which signs for others */
	const struct inspector *inspector; /* asks about its tokens (metricsd/token.h); NULL: what
					    * they are worth shows when they are used */
	const char *permissions; /* its token must have, apart by blanks; NULL: none are told */
	bool logs_in;            /* its token may be a user and password as well as a plain one */
	int watch_hours;         /* how often SWEEP_WATCH wants to run, 0: never */
	int reach_days;          /* how far back the provider keeps data */
	const char *keeps; /* the register its accounts keep (metricsd/record.h); then a metric's
			    * `call` is its enum measure. NULL: none */

	/* The thing at the provider the settings name ("page 104…"): part of every series'
	 * definition, so that another one is a break. Cut to fit. NULL for a collector that asks
	 * nothing. */
	void (*subject)(const void *settings, char *ret, size_t room);

	/* Whether the settings make sense together; NULL: always. ERROR_INPUT says what does not.
	 */
	int (*check)(const void *settings, struct error *err);

	/* The files the settings name, one after the other: false when there are no more. The path
	 * is the caller's to clear. NULL: they name none. */
	bool (*names_file)(const void *settings, size_t number, struct named_file *ret);

	/* How often it wants to be swept; NULL: once a day, by the schedule. */
	int64_t (*every_minutes)(const void *settings);

	/* Frees job->memory and sets it to NULL; NULL for a collector that has none. */
	void (*forget)(struct job *job);

	/* What to ask next: 1 and the request. Nothing left: 0. -1 only for a cursor that makes no
	 * sense. */
	int (*next)(const struct job *job, struct request *request, struct error *err);

	/*
	 * What an answer says, whatever its status: samples, items and notes appended, the cursor
	 * moved on. 0: understood, store it and ask `next`. -1: nothing of it is stored and
	 * `err->class` decides; if `take` moved the cursor or a metric's state all the same (a
	 * refused metric set aside, a way round taken), the sweep goes on from there at once, else
	 * the job waits as class and hold say and asks the same again.
	 */
	int (*take)(struct job *job, const struct response *response, struct findings *findings,
		    struct error *err);
};

/* collectors/registry.c: all of them, ends with NULL; one by name, or NULL. */
extern const struct collector *const collectors[];
const struct collector *collector_find(const char *name);

#endif
