/*
 * The telling of one part of an alert, in words for people and as JSON for programs. Pure: the
 * language is the one in use, times are said by a zone's clock.
 */
#ifndef METRICSD_DAEMON_TIDINGS_H
#define METRICSD_DAEMON_TIDINGS_H

#include "metricsd/store.h"
#include "metricsd/text.h"

#include <stdbool.h>

struct zone;

struct tidings {
	const struct kept_alert *alert;
	int part;         /* metricsd/store.h */
	bool test;        /* somebody tries whether it arrives */
	const char *host; /* this machine */
	struct zone *zone;
};

/* "began", "worse", "ended", "note", "test". */
const char *tidings_event(const struct tidings *tidings);

/* The time of what is told. */
int64_t tidings_time(const struct tidings *tidings);

/* One line without control characters; lines that end with \n. All of it is UTF-8. */
void tidings_subject(const struct tidings *tidings, struct text *out);
void tidings_words(const struct tidings *tidings, struct text *out);

/* {"format":"metricsd.alert","version":1,…}, docs/alerts.md. */
void tidings_json(const struct tidings *tidings, struct text *out);

/* `text` as UTF-8 whatever it was, with '?' for what is not to be shown (metricsd/utf8.h); the ends
 * of lines stay where `lines` says so. */
void tidings_clean(const char *text, bool lines, struct text *out);

#endif
