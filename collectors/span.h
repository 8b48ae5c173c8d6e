/*
 * Walking over wanted days, and reading back the numbers of a cursor: what every collector does.
 */
#ifndef METRICSD_COLLECTORS_SPAN_H
#define METRICSD_COLLECTORS_SPAN_H

#include "metricsd/collector.h"
#include "metricsd/day.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The wanted days that lie inside `window`. */
struct days span_clip(const struct days *wanted, struct window window);

/* The days a job is about: those wanted of the last `reach` days, or, of a check, `checked` days of
 * which the last is `settles` days before yesterday. */
struct days span_wanted(const struct job *job, int32_t reach, int32_t settles, int32_t checked);

/* Whether the metric of that index is asked for still. */
bool metric_lives(const struct job *job, int metric);

/* How much one call may ask for. */
struct span_limit {
	int32_t days;
	int64_t seconds; /* between the midnights at both ends; 0: no matter */
};

/*
 * The next stretch to ask for in one call: it begins with the first wanted day that is not before
 * `from`, ends with a wanted day where the limit allows, and may step over days that are not
 * wanted. False: none is left.
 */
bool span_next(const struct days *days, struct zone *zone, int32_t from, struct span_limit limit,
	       struct window *ret);

/* The next calendar month whose last day is wanted and not before `from`, and whose first day is
 * not before `earliest`. False: none is left. */
bool span_month(const struct days *days, int32_t from, int32_t earliest, struct window *ret);

/*
 * The next calendar month, quarter, semester or year whose last day is wanted, and whose first day
 * is not before `earliest`, for what cannot be added up: in the order they end, the shorter first.
 * `turn` says which was the last (TURN_NONE: none yet) and is moved on. False: none is left.
 */
#define TURN_NONE INT64_C(-1)
bool span_period(const struct days *days, int32_t earliest, int64_t *turn, struct window *ret);

/* The `count` numbers a cursor begins with, divided by blanks, and what stands behind them and one
 * more blank ("" for nothing); NULL when they are not there. */
const char *cursor_numbers(const char *cursor, int64_t *ret, size_t count);

#endif
