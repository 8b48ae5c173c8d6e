/* Numbers and dates of a language, by ICU: they do not pass through the locale at all. Its words
 * are speech.c's. */
#include "metricsd/language.h"

#include "sheet_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/period.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

enum { NAME_ROOM = 40, FORM_ROOM = 128 };

#define MS_PER_DAY 86400000.0

struct language {
	char name[NAME_ROOM];   /* "es-CO" */
	char locale[NAME_ROOM]; /* "es_CO", ICU's */
	char *catalogues;
	UNumberFormat *number;
	char *zone, *city; /* the last that was asked for: ICU takes its time */
	UDateFormat *month, *month_name, *month_long, *day, *date;
};

/* "octubre de 2025": what stands between month and year is the language's own affair. */
static UDateFormat *long_month_form(const char *locale, UErrorCode *status)
{
	UDateTimePatternGenerator *generator = udatpg_open(locale, status);
	UDateFormat *form = NULL;
	UChar pattern[FORM_ROOM];
	int32_t length = udatpg_getBestPattern(generator, u"yMMMM", -1, pattern, FORM_ROOM, status);

	if (U_SUCCESS(*status))
		form = udat_open(UDAT_PATTERN, UDAT_PATTERN, locale, u"UTC", -1, pattern, length,
				 status);
	udatpg_close(generator);
	return form;
}

static UDateFormat *date_form(const char *locale, const char *pattern, UErrorCode *status)
{
	UChar wide[FORM_ROOM];

	u_charsToUChars(pattern, wide, (int32_t)strlen(pattern) + 1);
	/* UTC because a day is a day number: no zone comes in here */
	return udat_open(UDAT_PATTERN, UDAT_PATTERN, locale, u"UTC", -1, wide, -1, status);
}

static int open_forms(struct language *language, struct error *err)
{
	const char *locale = language->locale;
	bool english = strncmp(locale, "en", 2) == 0;
	UErrorCode status = U_ZERO_ERROR;

	language->number = unum_open(UNUM_DECIMAL, NULL, 0, locale, NULL, &status);
	language->month = date_form(locale, "LLL", &status);
	language->month_name = date_form(locale, "LLLL", &status);
	language->month_long = long_month_form(locale, &status);
	language->day = date_form(locale, english ? "MMM d" : "d MMM", &status);
	language->date = date_form(locale, english ? "MMM d, yyyy" : "d MMM yyyy", &status);
	if (U_FAILURE(status))
		return error_set(err, ERROR_OURS, "language %s: %s", language->name,
				 u_errorName(status));
	return 0;
}

int language_open(const char *name, const char *catalogues, struct language **ret,
		  struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	struct language *language;

	if (strcmp(name, "es") == 0)
		name = "es-CO";
	if (language_speak(name, catalogues, err) < 0)
		return -1;
	language = memory_new(1, sizeof(*language));
	(void)snprintf(language->name, NAME_ROOM, "%s", name);
	(void)uloc_forLanguageTag(language->name, language->locale, NAME_ROOM, NULL, &status);
	language->catalogues = catalogues ? memory_text(catalogues) : NULL;
	if (open_forms(language, err) < 0) {
		language_close(language);
		return -1;
	}
	*ret = language;
	return 0;
}

void language_close(struct language *language)
{
	if (!language)
		return;
	unum_close(language->number);
	udat_close(language->month);
	udat_close(language->month_name);
	udat_close(language->month_long);
	udat_close(language->day);
	udat_close(language->date);
	free(language->zone);
	free(language->city);
	free(language->catalogues);
	free(language);
}

const char *language_name(const struct language *language)
{
	return language->name;
}

void language_use(const struct language *language)
{
	(void)language_speak(language->name, language->catalogues, NULL);
}

static void add_wide(const UChar *wide, int32_t length, struct text *out)
{
	char narrow[FORM_ROOM * 3];
	int32_t bytes = 0;
	UErrorCode status = U_ZERO_ERROR;

	(void)u_strToUTF8(narrow, sizeof(narrow), &bytes, wide, length, &status);
	if (U_SUCCESS(status))
		text_add_n(out, narrow, (size_t)bytes);
}

void language_number(struct language *language, int64_t number, struct text *out)
{
	UChar wide[FORM_ROOM];
	UErrorCode status = U_ZERO_ERROR;
	int32_t length = unum_formatInt64(language->number, number, wide, FORM_ROOM, NULL, &status);

	if (U_SUCCESS(status))
		add_wide(wide, length, out);
}

void language_decimal(struct language *language, int64_t number, int decimals, struct text *out)
{
	SCOPED(text)
	struct text plain = { 0 };
	UChar wide[FORM_ROOM];
	UErrorCode status = U_ZERO_ERROR;
	int32_t length;

	if (decimals <= 0) {
		language_number(language, number, out);
		return;
	}
	decimal_spell(number, decimals, &plain);
	unum_setAttribute(language->number, UNUM_FRACTION_DIGITS, decimals);
	length = unum_formatDecimal(language->number, text_str(&plain), (int32_t)plain.length, wide,
				    FORM_ROOM, NULL, &status);
	unum_setAttribute(language->number, UNUM_FRACTION_DIGITS, 0);
	if (U_SUCCESS(status))
		add_wide(wide, length, out);
}

/* Abbreviated months come with a dot in es-CO ("oct."): a column's head does without. */
static void add_date(UDateFormat *form, int32_t day, struct text *out)
{
	UChar wide[FORM_ROOM];
	UErrorCode status = U_ZERO_ERROR;
	int32_t length = udat_format(form, day * MS_PER_DAY, wide, FORM_ROOM, NULL, &status);
	int32_t kept = 0;

	if (U_FAILURE(status))
		return;
	for (int32_t i = 0; i < length; i++)
		if (wide[i] != u'.')
			wide[kept++] = wide[i];
	add_wide(wide, kept, out);
}

void language_day(struct language *language, int32_t day, struct text *out)
{
	add_date(language->day, day, out);
}

void language_date(struct language *language, int32_t day, struct text *out)
{
	add_date(language->date, day, out);
}

void language_month(struct language *language, int32_t day, struct text *out)
{
	add_date(language->month, day, out);
}

void language_month_year(struct language *language, int32_t day, struct text *out)
{
	int year, month, mday;

	day_split(day, &year, &month, &mday);
	add_date(language->month, day, out);
	text_addf(out, " %d", year);
}

void language_month_name(struct language *language, int32_t day, struct text *out)
{
	add_date(language->month_name, day, out);
}

static void find_city(const struct language *language, const char *zone, struct text *out)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[FORM_ROOM], name[FORM_ROOM];
	UDateFormat *form = NULL;
	int32_t length = 0;

	/* "Etc/UTC" keeps no city's clock, and ICU would say so in its words */
	if (strchr(zone, '/') && strncmp(zone, "Etc/", 4) != 0) {
		(void)u_strFromUTF8WithSub(name, FORM_ROOM, NULL, zone, -1, 0xFFFD, NULL, &status);
		form = udat_open(UDAT_PATTERN, UDAT_PATTERN, language->locale, name, -1, u"VVV", -1,
				 &status);
		length = udat_format(form, 0, wide, FORM_ROOM, NULL, &status);
		udat_close(form);
	}
	if (U_SUCCESS(status) && length > 0)
		add_wide(wide, length, out);
	else
		text_add(out, zone);
}

void language_zone(struct language *language, const char *zone, struct text *out)
{
	struct text city = { 0 };

	if (!language->zone || strcmp(language->zone, zone) != 0) {
		find_city(language, zone, &city);
		free(language->zone);
		free(language->city);
		language->zone = memory_text(zone);
		language->city = text_take(&city);
	}
	text_add(out, language->city);
}

void language_sentence(struct language *language, const char *text, struct text *out)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar first[4], upper[FORM_ROOM];
	int32_t at = *text ? 1 : 0; /* bytes of the first letter */
	int32_t length = 0;

	while (((unsigned char)text[at] & 0xC0) == 0x80)
		at++;
	(void)u_strFromUTF8(first, 4, &length, text, at, &status);
	length = u_strToUpper(upper, FORM_ROOM, first, length, language->locale, &status);
	if (U_FAILURE(status)) {
		text_add(out, text);
		return;
	}
	add_wide(upper, length, out);
	text_add(out, text + at);
}

/* The fourth quarter is IV to offices that write Spanish, and Q4 to those that write English. */
static const char *numeral(const struct language *language, int number)
{
	static const char *const roman[] = { "I", "II", "III", "IV", "V", "VI" };
	static const char *const arabic[] = { "1", "2", "3", "4", "5", "6" };
	bool english = strncmp(language->locale, "en", 2) == 0;

	return (english ? arabic : roman)[(number - 1) % 6];
}

void language_period(struct language *language, const struct period *period, struct text *out)
{
	int year, month, mday, last_year;

	day_split(period->window.first, &year, &month, &mday);
	day_split(window_end(period->window) - 1, &last_year, &(int){ 0 }, &(int){ 0 });
	switch (period->kind) {
	case PERIOD_MONTH:
		add_date(language->month_long, period->window.first, out);
		return;
	case PERIOD_BIMESTER:
		/* TRANSLATORS: the fifth two months of a year: "V bim. 2025" */
		text_addf(out, say("bimester %s, %d"), numeral(language, (month + 1) / 2), year);
		return;
	case PERIOD_QUARTER:
		/* TRANSLATORS: "IV trim. 2025" */
		text_addf(out, say("Q%s %d"), numeral(language, (month + 2) / 3), year);
		return;
	case PERIOD_SEMESTER:
		/* TRANSLATORS: "I sem. 2026" */
		text_addf(out, say("H%s %d"), numeral(language, (month + 5) / 6), year);
		return;
	case PERIOD_YEAR:
		text_addf(out, "%d", year);
		return;
	case PERIOD_YEARS:
		text_addf(out, "%d–%d", year, last_year);
		return;
	case PERIOD_NAMED:
		text_addf(out, "%s: ", period->name);
		break;
	case PERIOD_DAYS:
		break;
	}
	language_date(language, period->window.first, out);
	if (period->window.days > 1) {
		text_add(out, " – ");
		language_date(language, window_end(period->window) - 1, out);
	}
}
