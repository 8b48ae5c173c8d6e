/*
 * A daemon that cannot open its store ends. Before that it tells people why, unless they were told.
 */
#ifndef METRICSD_DAEMON_LAST_WORDS_H
#define METRICSD_DAEMON_LAST_WORDS_H

struct config;
struct ev_loop;

/* Runs the loop for a minute at most. */
void last_words(struct ev_loop *loop, const struct config *config, const char *words);

#endif
