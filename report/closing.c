/* What was published of a closed period, and what is known today. */
#include "sheet_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/language.h"

enum { WIDTH_DEFAULT = 100, HASH_SHOWN = 12 };

/* "IV trim. 2025 was closed on 12 ene 2026 by ana (SHA-256 1f2e3d4c5b6a…)" */
static void print_closing(const struct sheet_closing *closing, int width, struct language *language,
			  FILE *out)
{
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text period = { 0 };
	SCOPED(text)
	struct text day = { 0 };

	language_period(language, &closing->period, &period);
	language_date(language, closing->day, &day);
	/* TRANSLATORS: a period, a date, a person, the first digits of a hash */
	text_addf(&line, say("%s was closed on %s by %s (SHA-256 %.*s…)."), text_str(&period),
		  text_str(&day), closing->by, HASH_SHOWN, closing->sha256);
	if (closing->note)
		text_addf(&line, " %s", closing->note);
	if (closing->count == 0)
		text_addf(&line, " %s", say("Its figures are those that were published."));
	print_wrapped(text_str(&line), width, 2, out);
}

static void add_figure(const struct figure *figure, struct language *language, struct text *out)
{
	if (figure)
		figure_print(figure, language, out);
	else
		text_add(out, "—");
}

/* "  Facebook · visitas · oct 2025: published 208.800; today 209.412, changed 20 ene 2026" */
static void print_difference(const struct sheet_difference *difference, int width,
			     struct language *language, FILE *out)
{
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text before = { 0 };
	SCOPED(text)
	struct text today = { 0 };

	text_addf(&line, "%s · %s · ", difference->title, say(difference->label));
	language_period(language, difference->period, &line);
	text_add(&line, ": ");
	add_figure(difference->before, language, &before);
	add_figure(difference->today, language, &today);
	/* TRANSLATORS: two figures */
	text_addf(&line, say("published %s; today %s"), text_str(&before), text_str(&today));
	if (difference->changed != DAY_NONE) {
		SCOPED(text)
		struct text day = { 0 };

		language_date(language, difference->changed, &day);
		text_add(&line, ", ");
		/* TRANSLATORS: a date */
		text_addf(&line, say("changed %s"), text_str(&day));
	}
	(void)fputs("  ", out);
	print_wrapped(text_str(&line), width - 2, 4, out);
}

void closing_print(const struct sheet *sheet, struct language *language, const struct look *look,
		   FILE *out)
{
	const struct sheet_closing *closing = sheet->closing;
	int width = look->width > 0 ? look->width : WIDTH_DEFAULT;

	if (!closing)
		return;
	print_closing(closing, width, language, out);
	for (size_t i = 0; i < closing->count; i++)
		print_difference(&closing->differences[i], width, language, out);
	(void)fputc('\n', out);
}
