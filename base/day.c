#include "metricsd/day.h"

#include "metricsd/error.h"
#include "metricsd/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECONDS_PER_DAY = 86400 };

struct window window_common(struct window a, struct window b)
{
	int32_t first = a.first > b.first ? a.first : b.first;
	int32_t end = window_end(a) < window_end(b) ? window_end(a) : window_end(b);

	return (struct window){ first, end > first ? end - first : 0 };
}

/* Takes out ranges[i + 1], making ranges[i] reach over it. */
static void join_next(struct days *days, size_t i)
{
	struct window *here = &days->ranges[i];
	int32_t end = window_end(days->ranges[i + 1]);

	if (end > window_end(*here))
		here->days = end - here->first;
	memmove(here + 1, here + 2, (days->count - i - 2) * sizeof(*here));
	days->count--;
}

/* The two neighbours with the smallest gap become one. */
static void join_nearest(struct days *days)
{
	size_t best = 0;
	int32_t least = INT32_MAX;

	for (size_t i = 0; i + 1 < days->count; i++) {
		int32_t gap = days->ranges[i + 1].first - window_end(days->ranges[i]);

		if (gap < least) {
			least = gap;
			best = i;
		}
	}
	join_next(days, best);
}

void days_add(struct days *days, struct window window)
{
	size_t i = 0;

	if (window.days <= 0)
		return;
	if (days->count == DAYS_MAX)
		join_nearest(days);
	while (i < days->count && days->ranges[i].first < window.first)
		i++;
	memmove(&days->ranges[i + 1], &days->ranges[i], (days->count - i) * sizeof(window));
	days->ranges[i] = window;
	days->count++;
	if (i > 0 && window_end(days->ranges[i - 1]) >= window.first)
		join_next(days, --i);
	while (i + 1 < days->count && window_end(days->ranges[i]) >= days->ranges[i + 1].first)
		join_next(days, i);
}

bool days_hold(const struct days *days, int32_t day)
{
	for (size_t i = 0; i < days->count; i++)
		if (day >= days->ranges[i].first && day < window_end(days->ranges[i]))
			return true;
	return false;
}

size_t days_count(const struct days *days)
{
	size_t count = 0;

	for (size_t i = 0; i < days->count; i++)
		count += (size_t)days->ranges[i].days;
	return count;
}

enum {
	DAYS_OF_400_YEARS = 146097,
	DAYS_TO_1970 = 719468, /* from 1 March of the year 0 */
	MARCH = 3,
};

static int64_t floored(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

/* Years are counted from March on, so that a leap day is the last of its year. Every date of every
 * answer comes through here: timegm() and gmtime_r() would cost as much as storing its number. */
int32_t day_of(int year, int month, int day)
{
	int64_t months = (int64_t)year * 12 + month - MARCH; /* month 13 is of the year after */
	int64_t years = floored(months, 12);
	int64_t of_year = ((months - years * 12) * 153 + 2) / 5;

	return (int32_t)(years * 365 + floored(years, 4) - floored(years, 100) +
			 floored(years, 400) + of_year + day - 1 - DAYS_TO_1970);
}

void day_split(int32_t day, int *year, int *month, int *mday)
{
	int64_t since = (int64_t)day + DAYS_TO_1970;
	int64_t era = floored(since, DAYS_OF_400_YEARS);
	int64_t of_era = since - era * DAYS_OF_400_YEARS;
	/* without the leap days before it: of every 4 years, not of 100, but of 400 */
	int64_t of_years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (of_years * 365 + of_years / 4 - of_years / 100);
	int64_t months = (of_year * 5 + 2) / 153; /* from March */

	*mday = (int)(of_year - (months * 153 + 2) / 5 + 1);
	*month = (int)(months < 10 ? months + MARCH : months + MARCH - 12);
	*year = (int)(era * 400 + of_years + (*month < MARCH));
}

struct window month_after(struct window month, int months)
{
	int year, number, mday;
	int32_t first;

	day_split(month.first, &year, &number, &mday);
	first = day_of(year, number + months, 1); /* timegm() carries over the year */
	return (struct window){ first, day_of(year, number + months + 1, 1) - first };
}

struct window month_of(int32_t day)
{
	return month_after((struct window){ day, 1 }, 0);
}

/* `count` digits at `text` as a number, -1 when one of them is none. */
static int digits(const char *text, int count)
{
	int number = 0;

	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

/* "2025-10-01" at `text`, whatever stands behind it: 0 or -1. */
static int date_at(const char *text, int32_t *ret)
{
	int year, month, mday, year_back, month_back, mday_back;
	int32_t day;

	if (strnlen(text, DAY_TEXT) < DAY_TEXT - 1 || text[4] != '-' || text[7] != '-')
		return -1;
	year = digits(text, 4);
	month = digits(text + 5, 2);
	mday = digits(text + 8, 2);
	if (year < 1970 || month < 1 || mday < 1)
		return -1;
	day = day_of(year, month, mday);
	day_split(day, &year_back, &month_back, &mday_back);
	if (year != year_back || month != month_back || mday != mday_back)
		return -1; /* 31 February */
	*ret = day;
	return 0;
}

int day_parse(const char *text, int32_t *ret, struct error *err)
{
	if (strlen(text) != DAY_TEXT - 1 || date_at(text, ret) < 0)
		return error_set(err, ERROR_INPUT, "\"%.40s\" is not a date like 2025-10-01", text);
	return 0;
}

const char *day_text(int32_t day, char ret[DAY_TEXT])
{
	int year, month, mday;

	day_split(day, &year, &month, &mday);
	if (year < 0 || year > 9999)
		year = 0; /* no window of ours: keeps the width */
	(void)snprintf(ret, DAY_TEXT, "%04d-%02d-%02d", year, month, mday);
	return ret;
}

const char *window_text(struct window window, char ret[WINDOW_TEXT])
{
	char first[DAY_TEXT], last[DAY_TEXT];

	if (window.days <= 1)
		(void)snprintf(ret, WINDOW_TEXT, "%s", day_text(window.first, first));
	else
		(void)snprintf(ret, WINDOW_TEXT, "%s..%s", day_text(window.first, first),
			       day_text(window_end(window) - 1, last));
	return ret;
}

void days_print(const struct days *days, struct text *out)
{
	char window[WINDOW_TEXT];

	for (size_t i = 0; i < days->count; i++)
		text_addf(out, "%s%s", i ? "," : "", window_text(days->ranges[i], window));
}

int days_parse(const char *text, struct days *ret, struct error *err)
{
	struct days days = { 0 };

	while (*text) {
		int32_t first, last;

		if (date_at(text, &first) < 0)
			return error_set(err, ERROR_INPUT, "\"%.40s\" are not days", text);
		text += DAY_TEXT - 1;
		last = first;
		if (strncmp(text, "..", 2) == 0) {
			if (date_at(text + 2, &last) < 0 || last < first)
				return error_set(err, ERROR_INPUT, "\"%.40s\" are not days", text);
			text += 2 + DAY_TEXT - 1;
		}
		days_add(&days, (struct window){ first, last - first + 1 });
		if (*text == ',')
			text++;
		else if (*text)
			return error_set(err, ERROR_INPUT, "\"%.40s\" are not days", text);
	}
	*ret = days;
	return 0;
}

/* "Z", "+0000", "-05:00" in seconds; -1 when it is none of them. */
static int offset_at(const char *text, int *ret)
{
	int sign = *text == '-' ? -1 : 1;
	int hours, minutes;

	if (strcmp(text, "Z") == 0) {
		*ret = 0;
		return 0;
	}
	if ((*text != '+' && *text != '-') || strlen(text) < 5)
		return -1;
	hours = digits(text + 1, 2);
	minutes = digits(text + (text[3] == ':' ? 4 : 3), 2);
	if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59 ||
	    strlen(text) != (text[3] == ':' ? 6 : 5))
		return -1;
	*ret = sign * (hours * 60 + minutes) * 60;
	return 0;
}

int time_parse(const char *text, int64_t *ret, struct error *err)
{
	int32_t day;
	int hour, minute, second, offset;

	if (strnlen(text, 20) < 20 || date_at(text, &day) < 0 || text[10] != 'T' ||
	    text[13] != ':' || text[16] != ':')
		goto wrong;
	hour = digits(text + 11, 2);
	minute = digits(text + 14, 2);
	second = digits(text + 17, 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
	    offset_at(text + 19, &offset) < 0)
		goto wrong;
	*ret = (int64_t)day * SECONDS_PER_DAY + (int64_t)(hour * 60 + minute) * 60 + second -
	       offset;
	return 0;

wrong:
	return error_set(err, ERROR_MALFORMED,
			 "\"%.40s\" is not a time like 2026-11-18T08:00:00+0000", text);
}

const char *time_text(int64_t time, char ret[TIME_TEXT])
{
	time_t seconds = time;
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	if (strftime(ret, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		ret[0] = '\0';
	return ret;
}
