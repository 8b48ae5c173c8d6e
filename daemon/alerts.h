/*
 * Tells people what needs one of them: looks for causes after sweeps and once an hour, keeps alerts
 * in the store, has them told by mail and by hooks, and tries again what could not be told.
 *
 * That the store itself cannot be written is kept in memory until it can, and told all the same.
 * The store is only touched between the sweeper's batches, and the loop waits for no server. It
 * does for the disk: with each look, and with each file for a hook, of which few are put in one go.
 */
#ifndef METRICSD_DAEMON_ALERTS_H
#define METRICSD_DAEMON_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alerts;
struct config;
struct ev_loop;
struct store;
struct sweeper;

/* Somebody tries the ways. The owner's memory. */
struct alerts_trial {
	size_t open, failed;
	/* "mail: told …" */
	void (*progress)(struct alerts_trial *trial, const char *words);
	/* The last way has answered; the alerts do not know the trial any more. */
	void (*finished)(struct alerts_trial *trial);
};

/* `config` is borrowed until another one is used. Sets the language of the process. */
struct alerts *alerts_new(struct ev_loop *loop, struct store *store, const struct sweeper *sweeper,
			  const struct config *config);

/* What was told is written down; what was under way is told another time. The sweeper was freed
 * before: the store may be in nobody's transaction. */
void alerts_free(struct alerts *alerts);

/* Another configuration takes the place of the one before, which may be freed afterwards. */
void alerts_use(struct alerts *alerts, const struct config *config);

/* Something may have changed: cheap, to be called often. */
void alerts_look(struct alerts *alerts);

/* Somebody wants it looked at now, and told what is owed. */
void alerts_nudge(struct alerts *alerts);

/* Tells a trial by each way; ends from the loop. */
void alerts_test(struct alerts *alerts, struct alerts_trial *trial);

/* The store cannot even be opened, or the configuration not be understood (then `store` and
 * `sweeper` are NULL): to be told at once, unless it was, or another one was within a day. Whether
 * there is nothing left to tell, by any way. */
void alerts_trouble(struct alerts *alerts, bool config, const char *words);
bool alerts_trouble_told(const struct alerts *alerts);

#endif
