/*
 * A list of robots: patterns of user agents, as the package crawler-user-agents has them.
 *
 * The list is text: a first line "# NAME VERSION", then a pattern a line; lines that begin with #
 * are comments. A pattern is a regular expression (case-sensitive, found anywhere in the agent) of
 * literals, `\.` and the like, `.`, `[…]`, `\d \s \S \w`, `(a|b)`, `^`, `$`, and `*`, `+`, `?`
 * behind one character. All literal patterns are looked for at once; what else there is, is only
 * tried on agents that hold its longest literal.
 */
#ifndef METRICSD_COLLECTORS_ACCESSLOG_BOTS_H
#define METRICSD_COLLECTORS_ACCESSLOG_BOTS_H

#include <stdbool.h>
#include <stddef.h>

struct bots;
struct error;

enum { BOTS_LIST_MAX = 2 << 20 };

/* ERROR_INPUT names the line that is not understood. */
int bots_new(const char *list, size_t length, struct bots **ret, struct error *err);
void bots_free(struct bots *bots);

/* "crawler-user-agents 1.60.0" */
const char *bots_name(const struct bots *bots);
size_t bots_count(const struct bots *bots);

bool bots_know(const struct bots *bots, const char *agent, size_t length);

#endif
