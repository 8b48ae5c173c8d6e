/*
 * Who is due is begun, answers are written in batches, what happened is told.
 *
 * An answer's samples and its sweep's cursor are in one transaction that other answers may share:
 * so many, for so long, or until nothing is under way. Nothing is logged or reported as stored
 * before that was committed.
 */
#ifndef METRICSD_DAEMON_SWEEPER_H
#define METRICSD_DAEMON_SWEEPER_H

#include "job.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct config;
struct error;
struct ev_loop;
struct store;
struct sweeper;
struct token;

/* What somebody asked for: some sweeps, of which `open` are not over yet. The owner's memory. */
struct errand {
	size_t open;
	size_t failed;
	int answers;
	struct changes changes; /* of all its sweeps */
	bool store_failed;      /* some failed because the store could not be written */
	/* A sweep says something: "itagui/facebook: …". */
	void (*progress)(struct errand *errand, const char *words);
	/* The last one is over. The sweeper does not know the errand any more. */
	void (*finished)(struct errand *errand);
};

/*
 * `config` is borrowed until another one is used or the sweeper is freed. `by_itself`: accounts are
 * visited when they are due; else only errands are run.
 */
struct sweeper *sweeper_new(struct ev_loop *loop, struct store *store, const struct config *config,
			    bool by_itself, struct error *err);

/* Takes everything down; what was not committed is asked for again another time. Errands are not
 * finished any more. */
void sweeper_free(struct sweeper *sweeper);

/* Another configuration takes the place of the one before, which may be freed afterwards. Sweeps
 * under way go on from their stored cursors. -1: the store failed, and the sweeper can only be
 * freed. */
int sweeper_use(struct sweeper *sweeper, const struct config *config, struct error *err);

/* Asks for a sweep of an account: as soon as it can be begun. `range`: of a backfill, or NULL. What
 * kept the account waiting for a person is taken off, unless it is only checked. */
void sweeper_ask(struct sweeper *sweeper, const struct account *account, enum sweep sweep,
		 const struct window *range, struct errand *errand);

/* The days a backfill can ask for: complete ones that the provider keeps. */
int sweeper_past(struct sweeper *sweeper, const struct account *account, struct window *ret,
		 struct error *err);

/* A token is asked about at once, where somebody can be asked (tokens_ask()); what is known of it
 * (tokens_describe()). */
void sweeper_ask_token(struct sweeper *sweeper, const struct token *token, struct errand *errand);
bool sweeper_describe_token(struct sweeper *sweeper, const struct token *token, char *ret,
			    size_t room);

/* How many accounts are being collected, and when the next one is due (INT64_MAX: none is). */
size_t sweeper_running(const struct sweeper *sweeper);
int64_t sweeper_next(const struct sweeper *sweeper);

/* Whether a batch is under way: the store's transaction is the sweeper's. */
bool sweeper_writing(const struct sweeper *sweeper);

/* Why the store cannot be written, and since when (time); NULL: it can. */
const char *sweeper_trouble(const struct sweeper *sweeper, int64_t *since);

/* Adds "in_flight", "running" and "held" to an object, and how many more there are of the latter
 * two than fit into a line. */
void sweeper_describe(const struct sweeper *sweeper, cJSON *object);

/* Called when what the two above say may have changed. */
void sweeper_on_change(struct sweeper *sweeper, void (*changed)(void *data), void *data);

#endif
