/*
 * The ways by which alerts are told, by mail and by hooks, and the telling: each way tells one
 * thing at a time. What a way owes stands in the store; what came of a telling waits here until it
 * is written down there.
 *
 * Known to alerts.c, which owns the ways, and to alert_trouble.c, which keeps what it knows of each
 * beside it.
 */
#ifndef METRICSD_DAEMON_ALERT_WAYS_H
#define METRICSD_DAEMON_ALERT_WAYS_H

#include "metricsd/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alerts_trial;
struct config;
struct error;
struct ev_loop;
struct keys;
struct mailing;
struct ways;

enum { HOST_MAX = 64 };

/* Of the telling that the store cannot be written, which no row knows (alert_trouble.c). */
struct way_trouble {
	int64_t due, told; /* times; told 0: not */
	int tries;
	bool marked; /* it was told, and a file says so over restarts */
};

/* What a way is at. */
enum way_task {
	WAY_RESTS,
	WAY_TELLS,   /* the delivery it owes, with its alert */
	WAY_TROUBLE, /* it tells the trouble no row knows */
	WAY_TRIES,   /* somebody tries it */
};

/* One way to tell, and what it is at. */
struct way {
	struct ways *ways;
	char name[sizeof(((struct delivery *)NULL)->way)]; /* "mail", "hook:NAME" */
	const char *hook;                                  /* NAME, in it, or NULL: by mail */
	enum way_task task;
	bool ended;         /* what came of the one before, the outcome, is to be written down */
	bool failing;       /* which was logged */
	int64_t not_before; /* a way that fails is not tried with every alert */
	struct delivery delivery, outcome;
	struct kept_alert alert;
	struct mailing *mailing;
	struct alerts_trial *trial; /* of WAY_TRIES */
	struct way_trouble trouble;
};

/* A telling ended that was no trial: the delivery says how, the alert is still there. A file for a
 * hook ends from inside way_tell(), a mail from the loop. */
typedef void way_ended(void *data, struct way *way, int64_t now);

struct ways {
	struct ev_loop *loop;
	const struct config *config; /* borrowed */
	struct way *items;
	size_t count;
	struct keys *keys; /* of the mail's password, while it is needed */
	char host[HOST_MAX + 1];
	way_ended *ended;
	void *data;
};

void ways_init(struct ways *ways, struct ev_loop *loop, way_ended *ended, void *data);

/* What was under way is told another time. */
void ways_clear(struct ways *ways);

/* Drops what is under way; trials end. Another configuration may be used then. */
void ways_stop(struct ways *ways);

/* The ways of `config` from now on; what is known of those that stay is kept. */
void ways_use(struct ways *ways, const struct config *config);

/* Those of a configuration; ends with NULL. */
const char *const *ways_names(const struct config *config);

/* Tells what the way is busy with. */
void way_tell(struct way *way);

/* A trial is told by each way that is free; the others have failed it. */
void ways_try(struct ways *ways, struct alerts_trial *trial, int64_t now);

/* Writes down what came of telling; what was is forgotten once that is committed. */
bool ways_have_outcomes(const struct ways *ways);
int ways_save(const struct ways *ways, struct store *store, struct error *err);
void ways_saved(struct ways *ways);

/* What each free way is to tell next is read from the store, then told, or, when the store did not
 * take what was written before, let go. True: some were done at once and may have more to tell. */
int ways_pick(struct ways *ways, struct store *store, int64_t now, struct error *err);
bool ways_tell_picked(struct ways *ways);
void ways_let_go(struct ways *ways);

/* The earliest a free way may tell what it owes; those at work say themselves when they are done.
 * INT64_MAX: nothing is owed. */
int ways_next(const struct ways *ways, struct store *store, int64_t *ret, struct error *err);

/* Nobody waits any longer because of a telling that failed. */
void ways_hurry(struct ways *ways);

/* Secrets are not kept for the next alert. */
void ways_rest(struct ways *ways);

#endif
