/*
 * What systemd is told (sd_notify(3)): ready, what the daemon is at, that the loop still turns.
 * Without systemd nothing is said.
 */
#ifndef METRICSD_DAEMON_NOTIFY_H
#define METRICSD_DAEMON_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct notifier;

/* Starts the watchdog's timer when the unit has one. */
struct notifier *notifier_new(struct ev_loop *loop);
void notifier_free(struct notifier *notifier);

/* The start takes longer than usual, once a second at most: systemd waits ten minutes for the next
 * time this is said, or for READY, however short the unit's own limit is. */
void notify_opening(struct notifier *notifier);

void notify_ready(struct notifier *notifier);
void notify_reloading(struct notifier *notifier);
void notify_stopping(struct notifier *notifier);

/* "3 accounts collecting" or "next at 2026-11-23 03:07 UTC"; at most once a second while it changes
 * only in number. */
void notify_state(struct notifier *notifier, size_t running, int64_t next);

#endif
