/* A figure in words: how sure it is stands in the figure itself, never only in a footnote. */
#include "metricsd/report.h"

#include "metricsd/language.h"

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
static void print_between(int64_t value, int64_t low, int64_t high, struct language *language,
			  struct text *out)
{
	if (value - low == high - value) {
		language_number(language, value, out);
		text_add(out, " ± ");
		language_number(language, high - value, out);
		return;
	}
	language_number(language, low, out);
	text_add(out, "–");
	language_number(language, high, out);
}

/* A known part that was stated with rounding keeps it: "≥ 275.600 ± 100". People are the largest
 * window's lower bound: "≥ 73.250". */
static void print_at_least(const struct figure *figure, struct language *language, struct text *out)
{
	text_add(out, "≥ ");
	if (figure->rounded && figure->kind != METRIC_UNIQUE && figure->value > figure->low)
		print_between(figure->value, figure->low, 2 * figure->value - figure->low, language,
			      out);
	else
		language_number(language, figure->low, out);
}

void figure_print(const struct figure *figure, struct language *language, struct text *out)
{
	if (figure->estimate && figure->form != FIGURE_NONE)
		text_add(out, "≈ ");
	switch (figure->form) {
	case FIGURE_NONE:
		text_add(out, "—");
		return;
	case FIGURE_EXACT:
		language_number(language, figure->value, out);
		return;
	case FIGURE_BETWEEN:
		if (figure->rounded)
			print_between(figure->value, figure->low, figure->high, language, out);
		else /* the middle of two bounds says nothing */
			print_between(figure->low, figure->low, figure->high, language, out);
		return;
	case FIGURE_AT_LEAST:
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
		print_between(sample->value, low, high, language, out);
}
