/*
 * Days, windows of days, and the zones whose midnights cut them.
 *
 * A day is counted from 1970-01-01 in whatever zone it belongs to; a time is seconds since
 * 1970-01-01 UTC. What stands between the two is a `struct zone` (ICU's tz data; a day has 23, 24
 * or 25 hours). Nothing here reads the clock.
 */
#ifndef METRICSD_DAY_H
#define METRICSD_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum {
	DAY_NONE = INT32_MIN, /* no day known */
	DAY_TEXT = 11,        /* room for "2025-10-01" and its NUL */
};

/* The days a number speaks of. */
struct window {
	int32_t first;
	int32_t days; /* at least 1 in a window that exists; 0: none */
};

/* Disjoint windows in ascending order: the days a sweep wants. */
enum { DAYS_MAX = 64 };
struct days {
	struct window ranges[DAYS_MAX];
	size_t count;
};

/* The first day after the window. */
static inline int32_t window_end(struct window window)
{
	return window.first + window.days;
}

/* Whether `inner` lies wholly inside `outer`. */
static inline bool window_holds(struct window outer, struct window inner)
{
	return inner.first >= outer.first && window_end(inner) <= window_end(outer);
}

/* What both have in common; .days is 0 when nothing. */
struct window window_common(struct window a, struct window b);

/* Adds a window, joining those it touches. Beyond DAYS_MAX the nearest two become one (more is
 * asked for than wanted, never less). A window without days adds nothing. */
void days_add(struct days *days, struct window window);
bool days_hold(const struct days *days, int32_t day);
size_t days_count(const struct days *days);

/* Calendar arithmetic, proleptic Gregorian. `month` and `day` count from 1. */
int32_t day_of(int year, int month, int day);
void day_split(int32_t day, int *year, int *month, int *mday);

/* The calendar month (as a window) that `day` lies in; the month `months` later (negative: before).
 */
struct window month_of(int32_t day);
struct window month_after(struct window month, int months);

/* "2025-10-01", exactly. ERROR_INPUT else. */
int day_parse(const char *text, int32_t *ret, struct error *err);
const char *day_text(int32_t day, char ret[DAY_TEXT]);

/* "2025-10-01..2025-10-31", or one day alone. */
enum { WINDOW_TEXT = 24 };
const char *window_text(struct window window, char ret[WINDOW_TEXT]);

/* "2025-10-01..2025-10-31,2025-11-04" and back, for cursors and the database. */
struct text;
void days_print(const struct days *days, struct text *out);
int days_parse(const char *text, struct days *ret, struct error *err);

/* "2026-11-18T08:00:00+0000", "…Z", "…+00:00" into seconds UTC. ERROR_MALFORMED else. */
int time_parse(const char *text, int64_t *ret, struct error *err);

/* "2026-11-18T08:00:00Z". */
enum { TIME_TEXT = 24 };
const char *time_text(int64_t time, char ret[TIME_TEXT]);

struct zone;

/* A zone by its IANA name. ERROR_INPUT for a name that ICU does not know. The caller closes it. */
int zone_open(const char *name, struct zone **ret, struct error *err);
void zone_close(struct zone *zone);
const char *zone_name(const struct zone *zone);

/* The zone's day at a time; the first second of the zone's day. Amortised O(1): the offset is kept
 * between two transitions, which is why the zone is not const. */
int32_t zone_day(struct zone *zone, int64_t time);
int64_t zone_midnight(struct zone *zone, int32_t day);

/* The first of the zone's days that begins at the time or after it. */
int32_t zone_day_from(struct zone *zone, int64_t time);

/* The time in the zone as "2026-11-18 03:00", for people. */
const char *zone_clock(struct zone *zone, int64_t time, char ret[TIME_TEXT]);

static inline void scoped_zone(struct zone **zone)
{
	zone_close(*zone);
}

#endif
