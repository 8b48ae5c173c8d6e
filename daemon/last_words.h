/*
 * A daemon that cannot open its store, or understand its configuration, ends. Before that it tells
 * people why, unless they were told.
 */
#ifndef METRICSD_DAEMON_LAST_WORDS_H
#define METRICSD_DAEMON_LAST_WORDS_H

struct config;
struct ev_loop;

/* Runs the loop for a minute at most. */
void last_words(struct ev_loop *loop, const struct config *config, const char *words);

/* The configuration at `path` has these complaints. Tells it by those ways that can still be read.
 */
void last_words_of_config(struct ev_loop *loop, const char *path, const char *complaints);

#endif
