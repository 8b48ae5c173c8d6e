/*
 * A sweep in a test: a collector with settings, a zone and a clock of its own, answered with bytes,
 * files of fixtures/, or both.
 */
#ifndef METRICSD_TESTS_TAKE_H
#define METRICSD_TESTS_TAKE_H

#include "metricsd/collector.h"
#include "metricsd/error.h"

#include <stdbool.h>
#include <stdint.h>

struct sweeping {
	const struct collector *collector;
	struct job job;
	struct metric_states states;
	struct request request;
	struct findings findings;
	struct error err;
	void *settings;
	struct zone *zone;
	struct text out;
};

/* A collector's settings as the configuration would fill them: defaults, and `given` as name and
 * text in turn, ended by NULL (texts are borrowed). The caller's to free. */
void *settings_of(const struct collector *collector, const char *const *given);

/* `given` as settings_of(); `now` is "2026-11-22T12:00:00Z"; `wanted` as days_parse(). */
void sweeping_start(struct sweeping *it, const char *collector, const char *const *given,
		    const char *zone, const char *now, const char *wanted);
void sweeping_end(struct sweeping *it);

/* The next request's address, body behind a blank; "" when the sweep is over. Fails the test on -1.
 */
const char *ask(struct sweeping *it);

/* Gives an answer. Findings and hold are emptied before it, and no secret may be in anything that
 * comes out. */
int answer(struct sweeping *it, int status, const char *headers, const char *body);
int answer_file(struct sweeping *it, int status, const char *name);

/* A whole file below fixtures/, the caller's. */
char *fixture(const char *name);

/* "followers 2026-11-17 84210" and so on, one line a sample; "post ID TIME" a line an item; "watch
 * post SINCE..UNTIL" a watch. Borrowed until the next call. */
const char *found(struct sweeping *it);

/* Skips requests (answering them with `body`) until one holds `part`; its address. */
const char *skip_to(struct sweeping *it, const char *part, const char *body);

int64_t at(const char *time);
int32_t day(const char *text);
/* The place of a metric in the collector's table. */
int metric_index(const struct sweeping *it, const char *id);

#endif
