#include "schedule.h"

#include "metricsd/config.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	MINUTE = 60,
	HOUR = 3600,
	DAY = 86400,
	FRESH_DAYS = 7,        /* read again in every sweep */
	KEPT_DAYS_MAX = 36500, /* of a provider that forgets nothing */
	REACH_DAYS_MAX = 800,  /* how far back the run of days read is looked for */
	BRIDGED_DAYS = 100,    /* a hole between days read is wanted, unless it is wider */
	RETRY_FIRST = 15 * 60, /* a failed sweep's */
	RETRY_MAX = 6 * 3600,
	BACKOFF_FIRST = 5, /* a failed request's, within its sweep */
};

/* Weekly means the same slot a week later, though the sweep before ended some minutes past it. */
enum { WEEKLY = 7 * DAY - DAY / 2 };

uint32_t schedule_hash(const char *entity, const char *account)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (; *entity; entity++)
		hash = (hash ^ (unsigned char)*entity) * 16777619U;
	hash = (hash ^ '/') * 16777619U;
	for (; *account; account++)
		hash = (hash ^ (unsigned char)*account) * 16777619U;
	/* names that differ in their last letter only shall not lie side by side */
	hash = (hash ^ (hash >> 16)) * 0x85ebca6bU;
	hash = (hash ^ (hash >> 13)) * 0xc2b2ae35U;
	return hash ^ (hash >> 16);
}

/* Minutes since midnight on the zone's clocks. */
static int64_t wall_minute(struct zone *zone, int64_t time)
{
	char clock[TIME_TEXT];

	(void)zone_clock(zone, time, clock);
	return strtol(clock + 11, NULL, 10) * 60 + strtol(clock + 14, NULL, 10);
}

/* The slot of a day: the clocks may have been changed since its midnight. */
static int64_t slot_of(const struct slots *slots, int32_t day)
{
	int64_t midnight = zone_midnight(slots->zone, day);
	int64_t start = midnight + slots->at_minute * MINUTE;
	int64_t moved = start;

	if (zone_midnight(slots->zone, day + 1) - midnight == INT64_C(24) * HOUR)
		return start + slots->offset_s;
	if (zone_day(slots->zone, start) == day)
		moved += (slots->at_minute - wall_minute(slots->zone, start)) * MINUTE;
	else
		moved -= HOUR; /* 23:30 of a day of 23 hours */
	if (zone_day(slots->zone, moved) == day &&
	    wall_minute(slots->zone, moved) == slots->at_minute)
		start = moved;
	return start + slots->offset_s;
}

int64_t schedule_slot_before(const struct slots *slots, int64_t time)
{
	int32_t day = zone_day(slots->zone, time);

	while (slot_of(slots, day) > time)
		day--;
	return slot_of(slots, day);
}

int64_t schedule_slot_after(const struct slots *slots, int64_t time)
{
	int32_t day = zone_day(slots->zone, schedule_slot_before(slots, time) - slots->offset_s);

	while (slot_of(slots, day) <= time)
		day++;
	return slot_of(slots, day);
}

int64_t schedule_every_after(int64_t minutes, int64_t offset_s, int64_t time)
{
	int64_t period = minutes * MINUTE;
	int64_t offset = offset_s % period;

	return ((time - offset) / period + 1) * period + offset;
}

int64_t schedule_watch_after(int64_t hours, int64_t offset_s, int64_t time)
{
	return schedule_every_after(hours * 60, offset_s, time);
}

/* `wait` and up to a quarter of it more. */
static int64_t spread(int64_t wait, uint32_t hash)
{
	return wait + (int64_t)(hash % (uint32_t)(wait / 4 + 1));
}

int64_t schedule_retry(enum error_class class, int32_t failures, uint32_t hash, int64_t now,
		       int64_t next_slot)
{
	int64_t wait = RETRY_FIRST;
	int64_t at;

	if (class == ERROR_REQUEST || class == ERROR_PERMISSION || class == ERROR_METRIC)
		return next_slot;
	for (int32_t i = 1; i < failures && wait < RETRY_MAX; i++)
		wait *= 2;
	at = now + spread(wait < RETRY_MAX ? wait : RETRY_MAX, hash);
	return at < next_slot ? at : next_slot;
}

int64_t schedule_backoff(int tries, uint32_t hash)
{
	int64_t wait = BACKOFF_FIRST;

	for (int i = 1; i < tries && wait < (int64_t)10 * MINUTE; i++)
		wait *= 4;
	return spread(wait, hash + (uint32_t)tries * 2654435761U);
}

struct window schedule_kept(const struct account *account, int32_t today)
{
	int32_t days =
		account->collector->reach_days > 0 ? account->collector->reach_days : KEPT_DAYS_MAX;

	return (struct window){ today - days, days };
}

struct window schedule_reach(const struct account *account, int32_t today)
{
	int32_t reach = account->collector->reach_days;
	int32_t first = today - (reach > 0 ? reach : REACH_DAYS_MAX);
	int32_t end = today;

	if (account->collect_from != DAY_NONE && (reach <= 0 || account->collect_from > first))
		first = account->collect_from;
	if (account->collect_from == DAY_NONE && first < today - REACH_DAYS_MAX)
		first = today - REACH_DAYS_MAX;
	if (account->since != DAY_NONE && account->since > first)
		first = account->since;
	if (account->until != DAY_NONE && account->until + 1 < end)
		end = account->until + 1;
	return (struct window){ first, end > first ? end - first : 0 };
}

/* First day wanted though never read. A backfill of long ago does not move it: only the youngest
 * run of days counts, and those before it that downtime or a backfill of a part has cut off. */
static int32_t first_wanted(const struct account *account, int32_t today, struct window reach,
			    const int64_t *readings)
{
	int32_t i = reach.days;

	if (account->collect_from != DAY_NONE)
		return reach.first;
	while (i > 0 && readings[i - 1] == 0)
		i--;
	if (i == 0)
		return month_after(month_of(today), -1).first;
	while (i > 0) {
		int32_t hole = 0;

		while (i > 0 && readings[i - 1] != 0)
			i--;
		while (i > hole && hole <= BRIDGED_DAYS && readings[i - 1 - hole] == 0)
			hole++;
		if (i <= hole || hole > BRIDGED_DAYS)
			break;
		i -= hole;
	}
	return reach.first + i;
}

/* Whether a day that was read at `read` is wanted again. */
static bool wanted_again(struct zone *zone, int64_t now, int32_t today, int32_t day, int64_t read)
{
	int32_t age = today - day;
	int32_t final;

	if (age <= FRESH_DAYS)
		return true;
	if (age <= SCHEDULE_SETTLING_DAYS)
		return now - read >= WEEKLY;
	final = window_end(month_of(day)) + SCHEDULE_SETTLING_DAYS;
	return today >= final && read < zone_midnight(zone, final);
}

void schedule_wanted(const struct account *account, struct zone *zone, int64_t now,
		     struct window reach, const int64_t *readings, struct days *ret)
{
	int32_t today = zone_day(zone, now);
	int32_t from = first_wanted(account, today, reach, readings);
	struct window run = { 0 };

	*ret = (struct days){ 0 };
	for (int32_t i = 0; i < reach.days; i++) {
		int32_t day = reach.first + i;
		bool wanted = readings[i] == 0 ? day >= from
					       : wanted_again(zone, now, today, day, readings[i]);

		if (wanted && run.days > 0) {
			run.days++;
		} else if (wanted) {
			run = (struct window){ day, 1 };
		} else {
			days_add(ret, run);
			run.days = 0;
		}
	}
	days_add(ret, run);
}
