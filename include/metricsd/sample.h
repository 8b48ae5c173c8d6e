/*
 * What was measured: samples of windows, items (publications), and the time that was watched for
 * items.
 *
 * A number that is missing is not here: nothing appends a zero that the provider did not say.
 */
#ifndef METRICSD_SAMPLE_H
#define METRICSD_SAMPLE_H

#include "metricsd/day.h"
#include "metricsd/metric.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of sample.flags, kept in the database: never renumber. */
enum {
	SAMPLE_ESTIMATE = 1 << 0, /* the provider's estimate: printed ≈, no bound */
	SAMPLE_AT_LEAST = 1 << 1, /* the true number is this or more */
	SAMPLE_DERIVED = 1 << 2,  /* a zero concluded from the rest of the answer */
	SAMPLE_COUNTED = 1 << 3,  /* counted over items when it was read, never stored */
	SAMPLE_UNREAD = 1 << 4,   /* its days were read again since, but not this number (its metric
				   * was set aside, what came was no number), so nobody knows what the
				   * provider made of it */
};

struct sample {
	struct window window; /* in the series' zone */
	int64_t value;
	int64_t below; /* the true number lies in [value - below, value + above]: stated rounding,
			  never guessed */
	int64_t above;
	uint32_t flags;
	int64_t origin; /* the store's number of what brought it; 0 before it is stored */
};

enum { ITEM_ID = 64 };

/* One publication: no text, no person. */
struct item {
	enum item_kind kind;
	char id[ITEM_ID];
	int64_t created; /* time */
};

/* Every publication of `kind` created in [since, until) has been listed. */
struct watch {
	enum item_kind kind;
	int64_t since;
	int64_t until;
};

struct finding {
	const struct metric *metric;
	struct sample sample;
};

/* Something a collector keeps for itself, with the answer it is of: bytes under a name. */
enum { PART_NAME = 64, PART_MAX = 1 << 20 };
struct finding_part {
	char name[PART_NAME];
	char *bytes; /* NULL: dropped; with a name that ends in '/' all that begin with it */
	size_t length;
};

enum { FINDINGS_MAX = 20000 };

/* What an answer says; `{ 0 }` is empty. */
struct findings {
	struct finding *samples;
	size_t sample_count, sample_room;
	struct finding *unread; /* windows that were asked for of which no usable number came: what
				 * is known of them is not confirmed (SAMPLE_UNREAD) */
	size_t unread_count, unread_room;
	struct item *items;
	size_t item_count, item_room;
	struct watch *watches;
	size_t watch_count, watch_room;
	struct finding_part *parts; /* in the order in which they are carried out */
	size_t part_count, part_room;
	struct text notes;  /* what a person should know of this answer, one line each */
	struct text report; /* how things stand, for status: one line each, not told otherwise */
	bool failed;        /* over a ceiling: store_answer() refuses it */
};

void findings_sample(struct findings *findings, const struct metric *metric, struct window window,
		     int64_t value, uint32_t flags);

void findings_unread(struct findings *findings, const struct metric *metric, struct window window);

/* An id that does not fit ITEM_ID sets `failed`. */
void findings_item(struct findings *findings, enum item_kind kind, const char *id, int64_t created);
void findings_watch(struct findings *findings, enum item_kind kind, int64_t since, int64_t until);
__attribute__((format(printf, 2, 3))) void findings_note(struct findings *findings,
							 const char *format, ...);
/* How things stand, for status; a line that begins with "warning: " is worth an alert. */
__attribute__((format(printf, 2, 3))) void findings_report(struct findings *findings,
							   const char *format, ...);

/* Keeps a copy of the bytes; drops what was kept. A part that is too long sets `failed`. */
void findings_keep(struct findings *findings, const char *name, const void *bytes, size_t length);
void findings_drop(struct findings *findings, const char *name);

/* Empties it and keeps the memory; frees it. */
void findings_reset(struct findings *findings);
void findings_clear(struct findings *findings);

static inline void scoped_findings(struct findings *findings)
{
	findings_clear(findings);
}

#endif
