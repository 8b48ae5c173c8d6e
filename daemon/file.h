/*
 * Requests that are this machine's affair: files and what they hold, keys, and what a collector
 * kept (metricsd/http.h, enum request_kind). Nothing waits: each call reads so much and returns, so
 * that the loop goes on between two of them.
 */
#ifndef METRICSD_DAEMON_FILE_H
#define METRICSD_DAEMON_FILE_H

#include "metricsd/http.h"
#include "metricsd/text.h"

struct error;
struct file_reader;
struct store;

/* Bytes of an answer, at most; a test reads less at a time. */
#ifndef METRICSD_FILE_SLICE
#define METRICSD_FILE_SLICE (512 << 10)
#endif
enum { FILE_SLICE = METRICSD_FILE_SLICE };

/* Whose requests they are; `{ 0 }` with the names set. All borrowed but what comes last. */
struct file_door {
	const char *directory; /* the state directory: keys lie below it */
	const char *entity, *account, *renamed_from;
	struct store *store;

	struct file_reader *reader; /* the file that was read last */
	struct text body, name;
};

/* Carries a request out. 1: here is the answer, borrowed until the next call; 0: it takes longer,
 * ask the same again; -1. */
int file_answer(struct file_door *door, const struct request *request, struct response *ret,
		struct error *err);
void file_door_clear(struct file_door *door);

#endif
