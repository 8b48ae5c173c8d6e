/* What an access log's reading knows, and its form as parts that are kept with each answer. */
#ifndef METRICSD_COLLECTORS_ACCESSLOG_STATE_H
#define METRICSD_COLLECTORS_ACCESSLOG_STATE_H

#include "accesslog_count.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct findings;

/* Files that are known at once; a test knows fewer. */
#ifndef METRICSD_LOG_FILES
#define METRICSD_LOG_FILES 4096
#endif
enum { FILES_MAX = METRICSD_LOG_FILES };

/* A file that was met, known by its first bytes. */
struct known_file {
	uint32_t head_length;
	uint64_t head;       /* hash of so many first bytes */
	int64_t position;    /* bytes of what it holds that were counted */
	int64_t packed_size; /* compressed: its size when it had been read to its end */
	int64_t seen;        /* time it was there last */
	int64_t first;       /* time of its first lines, 0: not known */
	uint64_t mark;       /* that it bore when it had been read, for an hour; 0: none */
};

/* What is kept from answer to answer. */
struct reading_state {
	struct counter counter;
	struct known_file *files;
	size_t file_count, file_room;
	bool skipping;       /* within a line that is longer than lines are */
	bool proxied;        /* one address had nearly all lines when there were enough to tell */
	size_t visit_blocks; /* parts with open visits that are kept */
};

/* All of it (but for months' records, of which only what is new), under names that begin with
 * `prefix`. */
void state_keep(struct reading_state *state, const char *prefix, struct findings *findings);

/* Drops what is kept of a month. */
void state_drop_month(const struct month_count *month, const char *prefix,
		      struct findings *findings);

/* Takes in the part of that name (without the prefix). ERROR_OURS: it is none. */
int state_take(struct reading_state *state, const char *name, const char *bytes, size_t length,
	       struct error *err);

void state_clear(struct reading_state *state);

#endif
