#include "import_value.h"

#include "import_names.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/encoding.h"
#include "metricsd/error.h"
#include "metricsd/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX INT64_C(1000000000000000)

enum { DIGITS_MAX = 32, WORD_MAX = 32, GROUP = 3 };

/* --- numbers */

/* "1.234,5" taken apart. */
struct figures {
	char digits[DIGITS_MAX];
	size_t count;
	int decimals; /* of them behind the last separator; -1: it separates groups */
	bool whole;   /* those decimals are zeros */
};

static bool is_separator(char c)
{
	return c == '.' || c == ',' || c == ' ' || c == '\'';
}

/* Whether separators stand where thousands do, all the same: "1.234.567". */
static bool in_groups(const char *text, size_t length)
{
	size_t run = 0;
	size_t groups = 0;
	char separator = '\0';

	for (size_t i = 0; i < length; i++) {
		if (!is_separator(text[i])) {
			run++;
			continue;
		}
		if ((separator && text[i] != separator) || run == 0 || run > GROUP ||
		    (groups && run != GROUP))
			return false;
		separator = text[i];
		groups++;
		run = 0;
	}
	return groups == 0 || run == GROUP;
}

static bool take_figures(const char *text, size_t length, struct figures *ret)
{
	size_t last = length;

	*ret = (struct figures){ .decimals = -1, .whole = true };
	if (!length || !isdigit((unsigned char)text[0]) ||
	    !isdigit((unsigned char)text[length - 1]))
		return false;
	if (!in_groups(text, length)) {
		while (last > 0 && !is_separator(text[last - 1]))
			last--;
		/* the last separator is the decimal one; what is before it may be in groups */
		if (!last || (text[last - 1] != '.' && text[last - 1] != ',') ||
		    !in_groups(text, last - 1) || memchr(text, text[last - 1], last - 1))
			return false;
		ret->decimals = (int)(length - last);
	}
	for (size_t i = 0; i < length; i++) {
		if (is_separator(text[i]))
			continue;
		if (ret->count + 1 == DIGITS_MAX)
			return false;
		ret->digits[ret->count++] = text[i];
		if (ret->decimals > 0 && i >= last && text[i] != '0')
			ret->whole = false;
	}
	return true;
}

static int64_t scale_of(const struct import_names *names, const char *word)
{
	if (!*word)
		return 1;
	if (import_name_meaning(names, "*", "x1000", word))
		return 1000;
	return import_name_meaning(names, "*", "x1000000", word) ? 1000000 : 0;
}

static int no_number(const char *text, struct error *err)
{
	return error_set(err, ERROR_INPUT, "\"%.40s\" is not a whole number of 0 or more", text);
}

/* The figures times the scale, when that is whole. */
static int scaled(const struct figures *figures, int64_t scale, const char *text,
		  struct import_number *ret, struct error *err)
{
	int64_t number = 0;
	int64_t step = scale;

	for (size_t i = 0; i < figures->count; i++) {
		number = number * 10 + (figures->digits[i] - '0');
		if (number > VALUE_MAX)
			return error_set(err, ERROR_INPUT, "\"%.40s\" is out of range: up to 10^15",
					 text);
	}
	for (int i = 0; i < figures->decimals; i++) {
		if (step % 10 == 0) {
			step /= 10;
		} else if (step == 1 && figures->whole) {
			number /= 10;
		} else {
			return no_number(text, err);
		}
	}
	if (number > VALUE_MAX / step)
		return error_set(err, ERROR_INPUT, "\"%.40s\" is out of range: up to 10^15", text);
	*ret = (struct import_number){ .value = number * step, .half = scale > 1 ? step / 2 : 0 };
	return 0;
}

int import_number(const struct import_names *names, const char *text, struct import_number *ret,
		  struct error *err)
{
	SCOPED(text)
	struct text folded = { 0 };
	struct figures figures;
	const char *at;
	size_t length;
	int64_t scale;

	if (text[strspn(text, "0123456789")] == '\0' && strlen(text) < 16 && *text) {
		*ret = (struct import_number){ .value = strtoll(text, NULL, 10) };
		return 0;
	}
	text_add_folded(&folded, text);
	at = text_str(&folded);
	if (!*at || import_name_meaning(names, "*", "none", at)) {
		*ret = (struct import_number){ .none = true };
		return strlen(text) < DIGITS_MAX ? 0 : no_number(text, err);
	}
	length = strspn(at, "0123456789., '");
	if (at[length] == 'e' && length)
		return error_set(err, ERROR_INPUT,
				 "\"%.40s\": a spreadsheet has shortened it; export the file again "
				 "and import it as it comes",
				 text);
	scale = scale_of(names, at + length);
	while (length && at[length - 1] == ' ')
		length--;
	if (!scale || !take_figures(at, length, &figures))
		return no_number(text, err);
	if (scale > 1 && figures.decimals < 0 && memchr(at, '.', length))
		return error_set(err, ERROR_INPUT,
				 "\"%.40s\" can be read in two ways: write the number in full",
				 text);
	return scaled(&figures, scale, text, ret, err);
}

/* --- dates */

/* Two digits at least, four at most, then the place behind them; -1: none. */
static int take_int(const char **at, int least, int most)
{
	int number = 0;
	int count = 0;

	for (; count < most && isdigit((unsigned char)**at); count++, (*at)++)
		number = number * 10 + (**at - '0');
	return count < least ? -1 : number;
}

static bool day_exists(int year, int month, int day)
{
	int32_t number;
	int y, m, d;

	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	number = day_of(year, month, day);
	day_split(number, &y, &m, &d);
	return y == year && m == month && d == day;
}

static bool set_day(struct import_date *ret, int year, int month, int day)
{
	if (!day_exists(year, month, day))
		return false;
	ret->day = day_of(year, month, day);
	return true;
}

/* "+0000", "+00:00", "z": brings the time to UTC. */
static bool take_offset(const char **at, struct import_date *ret)
{
	int sign = **at == '-' ? -1 : 1;
	int hours, minutes;

	if (**at == 'z') {
		(*at)++;
		ret->utc = true;
		return true;
	}
	if (**at != '+' && **at != '-')
		return true;
	(*at)++;
	hours = take_int(at, 2, 2);
	if (**at == ':')
		(*at)++;
	minutes = take_int(at, 2, 2);
	if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
		return false;
	ret->utc = true;
	ret->seconds -= sign * (hours * 3600 + minutes * 60);
	return true;
}

/* "18:12", "18:12:05.000", "6:12 pm", "09:00 +0000"; true at the end of the text. */
static bool take_time(const char *at, struct import_date *ret)
{
	int hours, minutes;
	int seconds = 0;

	while (*at == ' ' || *at == 't' || *at == ',')
		at++;
	if (!*at)
		return true;
	hours = take_int(&at, 1, 2);
	if (hours < 0 || *at++ != ':' || (minutes = take_int(&at, 2, 2)) < 0)
		return false;
	if (*at == ':') {
		at++;
		seconds = take_int(&at, 2, 2);
	}
	if (*at == '.')
		at += 1 + strspn(at + 1, "0123456789");
	at += strspn(at, " ");
	if ((*at == 'a' || *at == 'p') && at[1] == 'm') {
		if (hours < 1 || hours > 12)
			return false;
		hours = hours % 12 + (*at == 'p' ? 12 : 0);
		at += 2;
	}
	at += strspn(at, " ");
	if (hours > 23 || minutes > 59 || seconds < 0 || seconds > 60)
		return false;
	ret->timed = true;
	ret->seconds = hours * 3600 + minutes * 60 + seconds;
	return take_offset(&at, ret) && !*at;
}

/* "2026-03-10…", "20260310", "2026-03". */
static bool take_iso(const char *at, struct import_date *ret)
{
	int year = take_int(&at, 4, 4);
	bool dashes = *at == '-';
	int month, day;

	if (year < 0)
		return false;
	at += dashes;
	month = take_int(&at, 2, 2);
	if (month < 0)
		return false;
	if (dashes && !*at) {
		ret->months = 1;
		return set_day(ret, year, month, 1);
	}
	if (dashes && *at++ != '-')
		return false;
	day = take_int(&at, 2, 2);
	if (day < 0 || !set_day(ret, year, month, day))
		return false;
	return dashes ? take_time(at, ret) : !*at;
}

/* "03/10/2026 18:12", "10.3.2026". */
static bool take_ordered(const char *at, enum date_order order, struct import_date *ret)
{
	char separator;
	int year;

	ret->a = take_int(&at, 1, 2);
	separator = *at;
	if (ret->a < 0 || (separator != '/' && separator != '.' && separator != '-'))
		return false;
	at++;
	ret->b = take_int(&at, 1, 2);
	if (ret->b < 0 || *at++ != separator)
		return false;
	year = take_int(&at, 4, 4);
	ret->ordered = true;
	if (order == ORDER_NONE) /* whichever way there is such a day */
		return (set_day(ret, year, ret->a, ret->b) || set_day(ret, year, ret->b, ret->a)) &&
		       take_time(at, ret);
	if (order == ORDER_DAY_FIRST ? !set_day(ret, year, ret->b, ret->a)
				     : !set_day(ret, year, ret->a, ret->b))
		return false;
	return take_time(at, ret);
}

static int month_named(const struct import_names *names, const char *word)
{
	char means[16];

	for (int month = 1; month <= 12; month++) {
		(void)snprintf(means, sizeof(means), "month:%d", month);
		if (import_name_meaning(names, "*", means, word))
			return month;
	}
	return 0;
}

/* A word of a date: a month, the day of the week, "de". */
static bool take_word(const struct import_names *names, const char **at, int *month)
{
	char word[WORD_MAX];
	size_t length = strcspn(*at, " ,.0123456789/");
	int named;

	if (!length || length >= sizeof(word))
		return false;
	memcpy(word, *at, length);
	word[length] = '\0';
	*at += length;
	named = month_named(names, word);
	if (named)
		*month = named; /* "mar, 10 mar": the day of the week comes first */
	return named || import_name_meaning(names, "*", "weekday", word);
}

/* "tue, mar 10, 2026", "10 de marzo de 2026", with or without a time. */
static bool take_words(const struct import_names *names, const char *at, struct import_date *ret)
{
	int month = 0;
	int day = -1;

	for (;;) {
		at += strspn(at, " ,.");
		if (!isdigit((unsigned char)*at)) {
			if (!take_word(names, &at, &month))
				return false;
		} else if (day < 0) {
			day = take_int(&at, 1, 2);
			if (isdigit((unsigned char)*at))
				return false;
		} else {
			int year = take_int(&at, 4, 4);

			return month && set_day(ret, year, month, day) && take_time(at, ret);
		}
	}
}

/* A time before or after its own day, by the offset that was stated. */
static void settle(struct import_date *date)
{
	if (date->seconds < 0) {
		date->seconds += 86400;
		date->day--;
	} else if (date->seconds >= 86400) {
		date->seconds -= 86400;
		date->day++;
	}
}

int import_date(const struct import_names *names, const char *text, enum date_order order,
		struct import_date *ret, struct error *err)
{
	SCOPED(text)
	struct text folded = { 0 };
	struct import_date date = { 0 };
	const char *at;
	bool good;

	text_add_folded(&folded, text);
	at = text_str(&folded);
	if (strspn(at, "0123456789") >= 4)
		good = take_iso(at, &date);
	else if (isdigit((unsigned char)*at) && (at[1] == '/' || at[2] == '/' || at[1] == '.' ||
						 at[2] == '.' || at[1] == '-' || at[2] == '-'))
		good = take_ordered(at, order, &date);
	else
		good = take_words(names, at, &date);
	if (!good)
		return error_set(err, ERROR_INPUT,
				 "\"%.40s\" is no date with a year, like 2026-03-10", text);
	settle(&date);
	*ret = date;
	return 0;
}
