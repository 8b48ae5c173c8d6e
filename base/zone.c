/* Zones by ICU's calendar. Its calls cost microseconds, so the offset is kept between two
 * transitions: in a sweep almost every answer falls into the same half year. */
#include "metricsd/day.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

enum { SECONDS_PER_DAY = 86400, NAME_MAX_LENGTH = 64 };

struct zone {
	UCalendar *calendar;
	char name[NAME_MAX_LENGTH];
	int64_t from, until; /* the offset holds in [from, until) */
	int64_t offset;      /* seconds east of UTC */
};

int zone_open(const char *name, struct zone **ret, struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar id[NAME_MAX_LENGTH];
	UChar canonical[NAME_MAX_LENGTH];
	struct zone *zone;

	if (!*name || strlen(name) >= NAME_MAX_LENGTH)
		return error_set(err, ERROR_INPUT, "\"%.80s\" is not a time zone", name);
	u_charsToUChars(name, id, (int32_t)strlen(name) + 1);
	/* ucal_open() takes any word as UTC: ask first whether the name is known */
	(void)ucal_getCanonicalTimeZoneID(id, -1, canonical, NAME_MAX_LENGTH, NULL, &status);
	if (U_FAILURE(status))
		return error_set(err, ERROR_INPUT,
				 "\"%s\" is not a time zone: expected a name like America/Bogota",
				 name);
	zone = memory_new(1, sizeof(*zone));
	zone->calendar = ucal_open(id, -1, "en", UCAL_GREGORIAN, &status);
	if (U_FAILURE(status)) {
		free(zone);
		return error_set(err, ERROR_OURS, "time zone %s: %s", name, u_errorName(status));
	}
	memcpy(zone->name, name, strlen(name) + 1);
	*ret = zone;
	return 0;
}

void zone_close(struct zone *zone)
{
	if (!zone)
		return;
	ucal_close(zone->calendar);
	free(zone);
}

const char *zone_name(const struct zone *zone)
{
	return zone->name;
}

/* The transition before or after, or `none` when the zone has no more of them. */
static int64_t transition(const struct zone *zone, UTimeZoneTransitionType type, int64_t none)
{
	UErrorCode status = U_ZERO_ERROR;
	UDate date;

	if (!ucal_getTimeZoneTransitionDate(zone->calendar, type, &date, &status) ||
	    U_FAILURE(status))
		return none;
	return (int64_t)floor(date / 1000);
}

static int64_t offset_at(struct zone *zone, int64_t time)
{
	UErrorCode status = U_ZERO_ERROR;

	if (time >= zone->from && time < zone->until)
		return zone->offset;
	ucal_setMillis(zone->calendar, (UDate)time * 1000, &status);
	zone->offset = (ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &status) +
			ucal_get(zone->calendar, UCAL_DST_OFFSET, &status)) /
		       1000;
	zone->from = transition(zone, UCAL_TZ_TRANSITION_PREVIOUS_INCLUSIVE, INT64_MIN);
	zone->until = transition(zone, UCAL_TZ_TRANSITION_NEXT, INT64_MAX);
	return zone->offset;
}

static int64_t floor_days(int64_t seconds)
{
	return seconds >= 0 ? seconds / SECONDS_PER_DAY
			    : -((-seconds + SECONDS_PER_DAY - 1) / SECONDS_PER_DAY);
}

int32_t zone_day(struct zone *zone, int64_t time)
{
	return (int32_t)floor_days(time + offset_at(zone, time));
}

int64_t zone_midnight(struct zone *zone, int32_t day)
{
	int64_t local = (int64_t)day * SECONDS_PER_DAY;
	int64_t time = local - offset_at(zone, local);
	int64_t before = local - SECONDS_PER_DAY;
	int64_t after = local + SECONDS_PER_DAY;

	if (zone_day(zone, time) == day && zone_day(zone, time - 1) == day - 1)
		return time;
	/* the clocks change near it, or skip midnight itself (Havana, Beirut): halve until it is
	 * found */
	while (after - before > 1) {
		int64_t middle = before + (after - before) / 2;

		if (zone_day(zone, middle) >= day)
			after = middle;
		else
			before = middle;
	}
	return after;
}

int32_t zone_day_from(struct zone *zone, int64_t time)
{
	int32_t day = zone_day(zone, time);

	return zone_midnight(zone, day) < time ? day + 1 : day;
}

const char *zone_clock(struct zone *zone, int64_t time, char ret[TIME_TEXT])
{
	time_t local = time + offset_at(zone, time);
	struct tm tm;

	(void)gmtime_r(&local, &tm);
	if (strftime(ret, TIME_TEXT, "%Y-%m-%d %H:%M", &tm) == 0)
		ret[0] = '\0';
	return ret;
}
