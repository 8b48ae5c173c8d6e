#include "metricsd/period.h"

#include "metricsd/error.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	YEAR_MIN = 1970,
	YEAR_MAX = 2999,
	MONTHS = 12,
};

/* Periods that cut a year into equal parts: "2025-Q4". */
struct division {
	enum period_kind kind;
	char letter;
	int count; /* in a year */
	const char *words;
};

static const struct division divisions[] = {
	{ PERIOD_BIMESTER, 'B', 6, "bimesters B1 to B6" },
	{ PERIOD_QUARTER, 'Q', 4, "quarters Q1 to Q4" },
	{ PERIOD_SEMESTER, 'S', 2, "semesters S1 and S2" },
};

/* The number four digits are, whatever stands behind them; -1: they are none. */
static int four_digits(const char *text)
{
	int number = 0;

	for (size_t i = 0; i < 4; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

/* Whether it is a date or a year, but one of a year there is not. */
static bool of_no_year(const char *text)
{
	int year = four_digits(text);

	return year >= 0 && (year < YEAR_MIN || year > YEAR_MAX) &&
	       (text[4] == '\0' || text[4] == '-' || strncmp(text + 4, "..", 2) == 0);
}

static int refuse(const char *text, struct error *err)
{
	const char *dots = strstr(text, "..");

	if (of_no_year(text) || (dots && of_no_year(dots + 2)))
		return error_set(err, ERROR_INPUT, "\"%.40s\": years go from %d to %d", text,
				 YEAR_MIN, YEAR_MAX);
	return error_set(err, ERROR_INPUT,
			 "\"%.40s\" is not a period: expected 2025-10 (month), 2025-B5 (bimester), "
			 "2025-Q4 (quarter), 2026-S1 (semester), 2025 (year), 2024..2027 (years), "
			 "2025-10-01 or 2025-10-01..2025-11-15 (days)",
			 text);
}

/* The year `length` characters spell, -1 when they are none. */
static int year_at(const char *text, size_t length)
{
	int year = length == 4 ? four_digits(text) : -1;

	return year >= YEAR_MIN && year <= YEAR_MAX ? year : -1;
}

/* `count` months from `month` (1 to 12) of a year. */
static struct window months_from(int year, int month, int count)
{
	int32_t first = day_of(year, month, 1);

	return (struct window){ first, day_of(year, month + count, 1) - first };
}

static int reversed(const char *text, struct error *err)
{
	return error_set(err, ERROR_INPUT, "\"%.40s\" ends before it begins", text);
}

/* "2025", "2024..2027": `second` is what stands behind the dots, NULL without. */
static int parse_years(const char *text, const char *second, struct period *ret, struct error *err)
{
	int first = year_at(text, second ? (size_t)(second - text) - 2 : strlen(text));
	int last = second ? year_at(second, strlen(second)) : first;
	struct period period = { .kind = PERIOD_YEARS };

	if (first < 0 || last < 0)
		return refuse(text, err);
	if (last < first)
		return reversed(text, err);
	period.window = months_from(first, 1, (last - first + 1) * MONTHS);
	if (first == last) {
		period.kind = PERIOD_YEAR;
		(void)snprintf(period.name, sizeof(period.name), "%d", first);
	} else {
		(void)snprintf(period.name, sizeof(period.name), "%d..%d", first, last);
	}
	*ret = period;
	return 0;
}

/* A date as day_parse() takes it, within the years a period may have. */
static int parse_day(const char *text, int32_t *ret, struct error *err)
{
	if (day_parse(text, ret, err) < 0)
		return -1;
	if (*ret >= day_of(YEAR_MAX + 1, 1, 1))
		return refuse(text, err);
	return 0;
}

/* "2025-10-01", "2025-10-01..2025-11-15" */
static int parse_days(const char *text, const char *second, struct period *ret, struct error *err)
{
	struct period period = { .kind = PERIOD_DAYS };
	char day[DAY_TEXT] = "", window[WINDOW_TEXT];
	int32_t first, last;

	if (second) {
		size_t length = (size_t)(second - text) - 2;

		if (length >= sizeof(day))
			return refuse(text, err);
		memcpy(day, text, length);
		if (parse_day(day, &first, err) < 0 || parse_day(second, &last, err) < 0)
			return -1;
	} else {
		if (parse_day(text, &first, err) < 0)
			return -1;
		last = first;
	}
	if (last < first)
		return reversed(text, err);
	period.window = (struct window){ first, last - first + 1 };
	(void)snprintf(period.name, sizeof(period.name), "%s", window_text(period.window, window));
	*ret = period;
	return 0;
}

/* "2025-10" */
static int parse_month(const char *text, int year, struct period *ret, struct error *err)
{
	int month = (text[5] - '0') * 10 + (text[6] - '0');

	if (month < 1 || month > MONTHS)
		return error_set(err, ERROR_INPUT, "\"%.40s\": a year has months 01 to 12", text);
	*ret = period_month(months_from(year, month, 1));
	return 0;
}

/* "2025-Q4": 1 when the letter is none of ours. */
static int parse_division(const char *text, int year, struct period *ret, struct error *err)
{
	int letter = toupper((unsigned char)text[5]);

	for (size_t i = 0; i < sizeof(divisions) / sizeof(divisions[0]); i++) {
		const struct division *division = &divisions[i];
		int number = text[6] - '0';
		int months = MONTHS / division->count;

		if (letter != division->letter)
			continue;
		if (number < 1 || number > division->count)
			return error_set(err, ERROR_INPUT, "\"%.40s\": a year has %s", text,
					 division->words);
		*ret = (struct period){
			.kind = division->kind,
			.window = months_from(year, (number - 1) * months + 1, months),
		};
		(void)snprintf(ret->name, sizeof(ret->name), "%04d-%c%d", year, letter, number);
		return 0;
	}
	return 1;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

int period_parse(const char *text, struct period *ret, struct error *err)
{
	const char *dots = strstr(text, "..");
	const char *second = dots ? dots + 2 : NULL;
	int year;

	if (dots ? dots - text == 4 : strlen(text) == 4)
		return parse_years(text, second, ret, err);
	year = strlen(text) > 4 && text[4] == '-' ? year_at(text, 4) : -1;
	if (year >= 0 && (dots || strlen(text) == DAY_TEXT - 1))
		return parse_days(text, second, ret, err);
	if (year >= 0 && strlen(text) == 7 && is_digit(text[6])) {
		int result = is_digit(text[5]) ? parse_month(text, year, ret, err)
					       : parse_division(text, year, ret, err);

		if (result <= 0)
			return result;
	}
	return refuse(text, err);
}

struct period period_month(struct window month)
{
	struct period period = { .kind = PERIOD_MONTH, .window = month };
	char day[DAY_TEXT];

	/* the day without its "-01" */
	(void)snprintf(period.name, sizeof(period.name), "%.7s", day_text(month.first, day));
	return period;
}

struct period period_last_month(int32_t today)
{
	return period_month(month_after(month_of(today), -1));
}

size_t period_months(const struct period *period, struct period *ret, size_t room)
{
	struct window month = month_of(period->window.first);
	size_t count = 0;

	if (month.first < period->window.first)
		month = month_after(month, 1);
	for (; count < room && window_holds(period->window, month); month = month_after(month, 1))
		ret[count++] = period_month(month);
	return count;
}

/* How many months a period of the calendar has, 0: it is made of days. */
static int months_in(const struct period *period)
{
	int first, last, month, mday;

	switch (period->kind) {
	case PERIOD_MONTH:
		return 1;
	case PERIOD_BIMESTER:
	case PERIOD_QUARTER:
	case PERIOD_SEMESTER:
		for (size_t i = 0; i < sizeof(divisions) / sizeof(divisions[0]); i++)
			if (divisions[i].kind == period->kind)
				return MONTHS / divisions[i].count;
		return 0;
	case PERIOD_YEAR:
	case PERIOD_YEARS:
		day_split(period->window.first, &first, &month, &mday);
		day_split(window_end(period->window) - 1, &last, &month, &mday);
		return (last - first + 1) * MONTHS;
	case PERIOD_DAYS:
	case PERIOD_NAMED:
		return 0;
	}
	return 0;
}

/* The same kind of period, so many months (its own months: a neighbour) before. */
static int months_back(const struct period *period, int months, struct period *ret)
{
	struct period moved = { .kind = period->kind };
	int length = months_in(period);
	int year, month, mday, last;

	day_split(month_after(period->window, -months).first, &year, &month, &mday);
	if (year < YEAR_MIN)
		return -1;
	assert(length > 0); /* of every kind that gets here */
	moved.window = months_from(year, month, length);
	last = year + length / MONTHS - 1;
	if (period->kind == PERIOD_MONTH) {
		moved = period_month(moved.window);
	} else if (period->kind == PERIOD_YEAR) {
		(void)snprintf(moved.name, sizeof(moved.name), "%04d", year);
	} else if (period->kind == PERIOD_YEARS) {
		(void)snprintf(moved.name, sizeof(moved.name), "%04d..%04d", year, last);
	} else {
		(void)snprintf(moved.name, sizeof(moved.name), "%04d-%c%d", year, period->name[5],
			       (month - 1) / length + 1);
	}
	*ret = moved;
	return 0;
}

static int days_from(int32_t first, int32_t last, struct period *ret)
{
	char text[WINDOW_TEXT];

	if (first < 0) /* before 1970 */
		return -1;
	*ret = (struct period){ .kind = PERIOD_DAYS, .window = { first, last - first + 1 } };
	(void)snprintf(ret->name, sizeof(ret->name), "%s", window_text(ret->window, text));
	return 0;
}

/* The day a year before; of February 29th the 28th. */
static int32_t year_earlier(int32_t day)
{
	int year, month, mday;

	day_split(day, &year, &month, &mday);
	if (month == 2 && mday == 29)
		mday = 28;
	return day_of(year - 1, month, mday);
}

int period_before(const struct period *period, struct period *ret)
{
	struct window window = period->window;

	if (period->kind == PERIOD_NAMED) /* who knows when the fair was the year before */
		return -1;
	if (period->kind == PERIOD_DAYS)
		return days_from(window.first - window.days, window.first - 1, ret);
	return months_back(period, months_in(period), ret);
}

int period_year_before(const struct period *period, struct period *ret)
{
	struct window window = period->window;

	if (period->kind == PERIOD_NAMED)
		return -1;
	if (period->kind == PERIOD_DAYS)
		return days_from(year_earlier(window.first), year_earlier(window_end(window) - 1),
				 ret);
	return months_back(period, MONTHS, ret);
}
