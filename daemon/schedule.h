/*
 * Who is due, and which days a sweep wants. Pure: time, zone and what was read come in.
 */
#ifndef METRICSD_DAEMON_SCHEDULE_H
#define METRICSD_DAEMON_SCHEDULE_H

#include "metricsd/day.h"
#include "metricsd/error.h"

#include <stdint.h>

struct account;

enum { SCHEDULE_SETTLING_DAYS = 28 }; /* after so many a day, or a month, is final */

/* A number of the account alone, the same in every run: where in the spread its sweeps begin. */
uint32_t schedule_hash(const char *entity, const char *account);

/* When the accounts' daily sweeps begin: at a minute of the zone's day, `offset_s` after it. */
struct slots {
	struct zone *zone; /* the entity's */
	int64_t at_minute;
	int64_t offset_s; /* 0 to a day */
};

/* The first slot after `time`; the last one at or before it. A minute that the clocks skip is an
 * hour later that day. */
int64_t schedule_slot_after(const struct slots *slots, int64_t time);
int64_t schedule_slot_before(const struct slots *slots, int64_t time);

/* The first time after `time` that is `offset_s` past a multiple of `hours` (which is more than 0).
 */
int64_t schedule_watch_after(int64_t hours, int64_t offset_s, int64_t time);

/* The same of a period in minutes. */
int64_t schedule_every_after(int64_t minutes, int64_t offset_s, int64_t time);

/*
 * When a sweep that failed `failures` times in a row is tried again: after a quarter of an hour,
 * then twice as long each time, but not after the next slot; a wrong request or a lacking
 * permission only then. `hash` spreads accounts that failed together.
 */
int64_t schedule_retry(enum error_class class, int32_t failures, uint32_t hash, int64_t now,
		       int64_t next_slot);

/* How long before the same request is sent again within a sweep, `tries` (from 1) having failed. */
int64_t schedule_backoff(int tries, uint32_t hash);

/* The complete days the account's provider keeps, as far back as anybody may ask; `today` in the
 * zone of its days. */
struct window schedule_kept(const struct account *account, int32_t today);

/* The days of an account that can be asked for at all, in the zone whose day `today` is: complete,
 * within its life, what the configuration says and what the provider keeps. .days 0: none. */
struct window schedule_reach(const struct account *account, int32_t today);

/*
 * The days a daily sweep wants of `reach`; `readings[i]` says when reach.first + i was last read
 * wholly, 0: never.
 *
 * Never read: wanted; but where the configuration names no first day, not before the run of days
 * (with holes of some months at most) that earlier sweeps read, or, when none did, the first of
 * last month. The last 7 days every time;
 * to 28 days once a week; and all days of a month once more after it is final, 28 days after its
 * end.
 */
void schedule_wanted(const struct account *account, struct zone *zone, int64_t now,
		     struct window reach, const int64_t *readings, struct days *ret);

#endif
