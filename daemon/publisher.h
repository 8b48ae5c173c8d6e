/*
 * Keeps the published figures up to date: after sweeps that changed something `metricsctl publish`
 * is run as a process of its own, so that figuring never holds up the loop.
 */
#ifndef METRICSD_DAEMON_PUBLISHER_H
#define METRICSD_DAEMON_PUBLISHER_H

#include <stdint.h>

struct ev_loop;
struct publisher;
struct store;

/* `config` is the path of the configuration, borrowed like the store; the loop is the default one,
 * which alone hears of processes that end. `quiet_s`: how long after a nudge, for others follow. */
struct publisher *publisher_new(struct ev_loop *loop, struct store *store, const char *config,
				int64_t quiet_s);

/* A process under way goes on by itself. */
void publisher_free(struct publisher *publisher);

/* Sweeps have ended: after `quiet_s`, and at most every quarter of an hour, what was stored since
 * the last time is published. */
void publisher_nudge(struct publisher *publisher);

#endif
