#include "span.h"

#include <errno.h>
#include <stdlib.h>

struct days span_clip(const struct days *wanted, struct window window)
{
	struct days days = { 0 };

	for (size_t i = 0; i < wanted->count; i++)
		days_add(&days, window_common(wanted->ranges[i], window));
	return days;
}

struct days span_wanted(const struct job *job, int32_t reach, int32_t settles, int32_t checked)
{
	int32_t today = zone_day(job->zone, job->now);
	struct days days = { 0 };

	if (job->sweep != SWEEP_CHECK)
		return span_clip(&job->wanted, (struct window){ today - reach, reach });
	days_add(&days, (struct window){ today - settles - checked, checked });
	return days;
}

bool metric_lives(const struct job *job, int metric)
{
	return job->states->items[metric].life == METRIC_ALIVE;
}

/* The first wanted day not before `from`; DAY_NONE when there is none. */
static int32_t first_from(const struct days *days, int32_t from)
{
	for (size_t i = 0; i < days->count; i++) {
		const struct window *range = &days->ranges[i];

		if (window_end(*range) > from)
			return range->first > from ? range->first : from;
	}
	return DAY_NONE;
}

bool span_next(const struct days *days, struct zone *zone, int32_t from, struct span_limit limit,
	       struct window *ret)
{
	int32_t first = first_from(days, from);
	int32_t end = first;

	if (first == DAY_NONE)
		return false;
	for (size_t i = 0; i < days->count && days->ranges[i].first < first + limit.days; i++)
		end = window_end(days->ranges[i]);
	if (end > first + limit.days)
		end = first + limit.days;
	/* the night the clocks go back makes a day an hour longer than the provider allows for */
	while (limit.seconds && end > first + 1 &&
	       zone_midnight(zone, end) - zone_midnight(zone, first) > limit.seconds)
		end--;
	*ret = (struct window){ first, end - first };
	return true;
}

bool span_month(const struct days *days, int32_t from, int32_t earliest, struct window *ret)
{
	for (size_t i = 0; i < days->count; i++) {
		struct window month = month_of(days->ranges[i].first);

		for (; month.first < window_end(days->ranges[i]); month = month_after(month, 1)) {
			int32_t last = window_end(month) - 1;

			if (last < from || month.first < earliest ||
			    last >= window_end(days->ranges[i]))
				continue;
			*ret = month;
			return true;
		}
	}
	return false;
}

bool span_period(const struct days *days, int32_t earliest, int64_t *turn, struct window *ret)
{
	static const int lengths[] = { 1, 3, 6, 12 }; /* months, each a part of a year */
	enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };
	int32_t from = *turn == TURN_NONE ? DAY_NONE : (int32_t)(*turn / LENGTHS);
	struct window month;

	for (; span_month(days, from, earliest, &month); from = window_end(month)) {
		int year, number, mday;

		day_split(month.first, &year, &number, &mday);
		for (int i = 0; i < LENGTHS; i++) {
			struct window first = month_after(month, 1 - lengths[i]);
			int64_t here = (int64_t)(window_end(month) - 1) * LENGTHS + i;

			if (here <= *turn || number % lengths[i] != 0 || first.first < earliest)
				continue;
			*turn = here;
			*ret = (struct window){ first.first, window_end(month) - first.first };
			return true;
		}
	}
	return false;
}

const char *cursor_numbers(const char *cursor, int64_t *ret, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *end;

		errno = 0;
		ret[i] = strtoll(cursor, &end, 10);
		if (errno || end == cursor || (*end != ' ' && *end != '\0'))
			return NULL;
		cursor = *end == ' ' ? end + 1 : end;
	}
	return cursor;
}
