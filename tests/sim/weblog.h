/*
 * A web server of the simulated world and its access log: lines that follow from a seed, written as
 * time goes on, rotated as logrotate and its like do it; and what they add up to, counted in the
 * plainest way there is.
 */
#ifndef METRICSD_SIM_WEBLOG_H
#define METRICSD_SIM_WEBLOG_H

#include "metricsd/day.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stdint.h>

struct weblog;

/* The server `name` of a seed, whose log begins at `since` in the directory `path` (made here).
 * `zone`: whose days are asked for. -1: no such zone, or the directory cannot be made. */
int weblog_new(uint64_t seed, const char *name, const char *zone, const char *path, int64_t since,
	       struct weblog **ret);
void weblog_free(struct weblog *log);

/* What a configuration says of its lines, and which of them count: " format = …;" */
void weblog_settings(uint64_t seed, const char *name, struct text *out);

/* Whatever the server wrote and was rotated until now is in the files. The last line may end in its
 * midst. */
void weblog_advance(struct weblog *log, int64_t now);

/* It is rotated at this moment, whenever it is due; compressing takes a while. */
void weblog_rotate(struct weblog *log, int64_t now);

/* "visits", "visitors", "views" or "hits" of the days, whatever became of the files. */
int64_t weblog_truth(const struct weblog *log, const char *metric, struct window days);

/* Whether each of the days, and those beside them, has a line, and files are kept for so long that
 * every one of them could be read. */
bool weblog_tells(const struct weblog *log, struct window days);

#endif
