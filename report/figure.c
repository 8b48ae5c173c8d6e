/* A figure in words: how sure it is stands in the figure itself, never only in a footnote. */
#include "sheet_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/language.h"

const char *figure_state_name(const struct figure *figure)
{
	if (figure->provisional)
		return "provisional";
	return figure->revisable ? "revisable" : "final";
}

const char *figure_form_name(enum figure_form form)
{
	switch (form) {
	case FIGURE_NONE:
		return "none";
	case FIGURE_EXACT:
		return "exact";
	case FIGURE_BETWEEN:
		return "between";
	case FIGURE_AT_LEAST:
		return "at-least";
	}
	return "none";
}

/* "73.300 ± 50" when both sides are as far, else "73.300–73.399". */
static void print_between(int64_t value, int64_t low, int64_t high, int decimals,
			  struct language *language, struct text *out)
{
	if (value - low == high - value) {
		language_decimal(language, value, decimals, out);
		text_add(out, " ± ");
		language_decimal(language, high - value, decimals, out);
		return;
	}
	language_decimal(language, low, decimals, out);
	text_add(out, "–");
	language_decimal(language, high, decimals, out);
}

bool figure_is_rounded_part(const struct figure *figure)
{
	return figure->form == FIGURE_AT_LEAST && figure->rounded &&
	       figure->kind != METRIC_UNIQUE && figure->kind != METRIC_RATIO &&
	       figure->value > figure->low &&
	       figure->value - figure->low == figure->high - figure->value;
}

/* A known part that was stated with rounding keeps it: "≥ 275.600 ± 100". Where it may be further
 * above than below, the lower end says enough; people are the largest window's: "≥ 73.250". */
static void print_at_least(const struct figure *figure, struct language *language, struct text *out)
{
	text_add(out, "≥ ");
	if (figure_is_rounded_part(figure))
		print_between(figure->value, figure->low, figure->high, figure->decimals, language,
			      out);
	else
		language_decimal(language, figure->low, figure->decimals, out);
}

bool figure_is_partial_mean(const struct figure *figure)
{
	return figure->kind == METRIC_RATIO && figure->form == FIGURE_AT_LEAST;
}

void level_day_print(const struct figure *figure, struct language *language, struct text *out)
{
	language_day(language, figure->as_of, out);
	if (figure->as_of_last <= figure->as_of)
		return;
	text_add(out, "–");
	language_day(language, figure->as_of_last, out);
}

/* Of a level it says whose day it is, and how many days have gone by since without one. */
static void print_level_coverage(const struct figure *figure, struct language *language,
				 struct text *out)
{
	SCOPED(text)
	struct text day = { 0 };
	SCOPED(text)
	struct text last = { 0 };
	int32_t days = 0;

	for (size_t i = 0; i < figure->lacking.count; i++)
		days += figure->lacking.ranges[i].days;
	language_day(language, figure->as_of, &day);
	if (figure->as_of_last > figure->as_of) {
		language_day(language, figure->as_of_last, &last);
		/* TRANSLATORS: coverage of levels added up: the days they are of, first and last */
		text_addf(out, say("of %s to %s"), text_str(&day), text_str(&last));
		return;
	}
	/* TRANSLATORS: coverage of a level (of followers): the day it is of, "as of 31 oct" */
	text_addf(out, say("as of %s"), text_str(&day));
	if (days == 0)
		return;
	/* TRANSLATORS: behind the day a level is of: days after it that lack */
	text_addf(out, say_count("; %d day lacks", "; %d days lack", days), (int)days);
}

static bool is_level(const struct figure *figure)
{
	return figure->kind == METRIC_STOCK && figure->form != FIGURE_NONE &&
	       figure->as_of != DAY_NONE;
}

void coverage_print(const struct figure *figure, struct language *language, struct text *out)
{
	SCOPED(text)
	struct text known = { 0 };
	SCOPED(text)
	struct text all = { 0 };

	if (is_level(figure)) {
		print_level_coverage(figure, language, out);
		return;
	}
	language_number(language, figure->known_days, &known);
	language_number(language, figure->period_days, &all);
	if (figure->of_records)
		/* TRANSLATORS: coverage, records with a number of all records: "3/6 records" */
		text_addf(out, say_count("%s/%s record", "%s/%s records", figure->period_days),
			  text_str(&known), text_str(&all));
	else
		/* TRANSLATORS: coverage, days known of the period's days: "61/92 days" */
		text_addf(out, say_count("%s/%s day", "%s/%s days", figure->period_days),
			  text_str(&known), text_str(&all));
}

void percent_print(const char *number, struct text *out)
{
	/* TRANSLATORS: a share, "45.3%"; some languages want a (no-break) blank before the sign */
	text_addf(out, say("%s%%"), number);
}

/* "33,7 (3/6)": a mean of those that are known says of how many; "33,7 (61/92 days)". */
static void print_mean(const struct figure *figure, struct language *language, struct text *out)
{
	language_decimal(language, figure->value, figure->decimals, out);
	text_add(out, " (");
	if (figure->of_records) {
		language_number(language, figure->known_days, out);
		text_add_char(out, '/');
		language_number(language, figure->period_days, out);
	} else {
		coverage_print(figure, language, out);
	}
	text_add_char(out, ')');
}

void figure_print(const struct figure *figure, struct language *language, struct text *out)
{
	int64_t value = figure->rounded ? figure->value : figure->low;

	if (figure->estimate && figure->form != FIGURE_NONE)
		text_add(out, "≈ ");
	switch (figure->form) {
	case FIGURE_NONE:
		text_add(out, "—");
		return;
	case FIGURE_EXACT:
		language_decimal(language, figure->value, figure->decimals, out);
		return;
	case FIGURE_BETWEEN: /* the middle of two bounds says nothing */
		print_between(value, figure->low, figure->high, figure->decimals, language, out);
		return;
	case FIGURE_AT_LEAST:
		if (figure_is_partial_mean(figure))
			print_mean(figure, language, out);
		else
			print_at_least(figure, language, out);
		return;
	}
}

void sample_print(const struct sample *sample, struct language *language, struct text *out)
{
	int64_t low = sample->value - sample->below;
	int64_t high = sample->value + sample->above;

	if (sample->flags & SAMPLE_ESTIMATE)
		text_add(out, "≈ ");
	if (sample->flags & SAMPLE_AT_LEAST)
		text_add(out, "≥ ");
	if (low == high)
		language_number(language, sample->value, out);
	else
		print_between(sample->value, low, high, 0, language, out);
}
