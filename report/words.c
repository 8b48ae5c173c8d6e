/*
 * A document's cells in words. How sure a figure is stands beside it in every format, by the same
 * rules: a sign within the number, a word behind it, an explanation at the end.
 */
#include "render.h"
#include "sheet_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/language.h"
#include "metricsd/prose.h"
#include "metricsd/report.h"

#include <string.h>

enum {
	FRESH_DAYS = 3, /* a level of a period's last so many days goes without its date */
};

enum mark {
	MARK_NONE = 1 << 0,
	MARK_AT_LEAST = 1 << 1,
	MARK_ESTIMATE = 1 << 2,
	MARK_PROVISIONAL = 1 << 3,
	MARK_REVISABLE = 1 << 4,
	MARK_INCOMPLETE = 1 << 5,
	MARK_MIXED = 1 << 6,
	MARK_INCONSISTENT = 1 << 7,
	MARK_BROKEN = 1 << 8,
	MARK_LEVELS = 1 << 9,
	MARK_ROUNDED = 1 << 10,
	MARK_ROUNDED_BETWEEN = 1 << 11,
	MARK_BETWEEN = 1 << 12,
};

/* What a mark looks like, and what it means. */
static const struct {
	enum mark mark;
	const char *sign, *text;
} explanations[] = {
	{ MARK_NONE, "—", N_("not known, which is not zero") },
	{ MARK_AT_LEAST, "≥", N_("at least this: what is lacking is not in it") },
	{ MARK_ROUNDED, "±",
	  N_("stated as rounded where it was read; the true figure is no further away") },
	{ MARK_ROUNDED_BETWEEN, "a–b",
	  N_("stated as rounded where it was read; the true figure lies between the two") },
	{ MARK_BETWEEN, "a–b",
	  N_("the true figure lies between the two: people are counted once in each window and "
	     "cannot be added up") },
	{ MARK_ESTIMATE, "≈", N_("the provider's estimate") },
	{ MARK_PROVISIONAL, N_("provisional"),
	  N_("the period still runs, or its last days are still settling") },
	{ MARK_REVISABLE, N_("revisable"),
	  N_("settled, but the provider may still revise it (Meta: up to 28 days after a day)") },
	{ MARK_INCOMPLETE, N_("incomplete"), N_("something of the period is not known") },
	{ MARK_MIXED, N_("several sources"),
	  N_("its parts come from several sources, each complete in itself") },
	{ MARK_INCONSISTENT, N_("contradictory"),
	  N_("the provider's own numbers contradict each other: the widest bounds are given") },
	{ MARK_BROKEN, N_("counted differently"),
	  N_("what is counted changed within the period: only days counted alike are in it") },
	{ MARK_LEVELS, N_("sum of channels"), N_("sum of followers per channel, not of people") },
};
enum { EXPLANATIONS = sizeof(explanations) / sizeof(explanations[0]) };
_Static_assert((int)EXPLANATIONS <= (int)EXPLANATIONS_MAX, "room for every explanation");

/* A mean of those that are known is incomplete, but no bound. */
static bool is_at_least(const struct figure *figure)
{
	return figure->form == FIGURE_AT_LEAST && !figure_is_partial_mean(figure);
}

static unsigned marks_of(const struct figure *figure)
{
	unsigned marks = 0;

	if (figure->form == FIGURE_NONE)
		return MARK_NONE | (figure->broken ? MARK_BROKEN : 0U);
	marks |= is_at_least(figure) ? MARK_AT_LEAST : 0U;
	marks |= figure->form == FIGURE_BETWEEN && !figure->rounded ? MARK_BETWEEN : 0U;
	marks |= figure->estimate ? MARK_ESTIMATE : 0U;
	if (figure->provisional)
		marks |= MARK_PROVISIONAL;
	else if (figure->revisable)
		marks |= MARK_REVISABLE;
	/* a level says its day instead */
	marks |= !figure->complete && figure->kind != METRIC_STOCK ? MARK_INCOMPLETE : 0U;
	marks |= figure->mixed ? MARK_MIXED : 0U;
	marks |= figure->inconsistent ? MARK_INCONSISTENT : 0U;
	marks |= figure->broken ? MARK_BROKEN : 0U;
	marks |= figure->sum_of_levels ? MARK_LEVELS : 0U;
	return marks;
}

/* How rounding is written, figure_print() decides: what stands in the cell is explained. */
static unsigned rounding_of(const struct figure *figure, const char *printed)
{
	if (!figure->rounded || figure->form == FIGURE_NONE)
		return 0;
	if (strstr(printed, "±"))
		return MARK_ROUNDED;
	return strstr(printed, "–") ? MARK_ROUNDED_BETWEEN : 0;
}

/* --- cells */

void share_print(int64_t thousandths, struct language *language, struct text *out)
{
	SCOPED(text)
	struct text number = { 0 };

	language_decimal(language, thousandths, 1, &number);
	percent_print(text_str(&number), out);
}

static void print_share(const struct cell *cell, struct language *language, struct text *out)
{
	if (cell->high == CELL_OPEN)
		text_add(out, "≥ ");
	share_print(cell->number, language, out);
	if (cell->high == CELL_OPEN || cell->high == cell->number)
		return;
	text_add(out, "–");
	share_print(cell->high, language, out);
}

static void print_figure(const struct cell *cell, struct language *language, struct text *out)
{
	const struct figure *figure = cell->figure;
	enum metric_unit unit = cell->name->unit;
	SCOPED(text)
	struct text number = { 0 };

	if (unit == UNIT_YES_NO && figure->form == FIGURE_EXACT) {
		text_add(out, figure->value ? say("yes") : say("no"));
		return;
	}
	figure_print(figure, language, &number);
	if (unit == UNIT_PERCENT && figure->form != FIGURE_NONE)
		percent_print(text_str(&number), out);
	else
		text_add(out, text_str(&number));
}

void cell_print(const struct cell *cell, struct language *language, struct text *out)
{
	switch (cell->kind) {
	case CELL_EMPTY:
		return;
	case CELL_TEXT:
		text_add(out, cell->text);
		return;
	case CELL_NUMBER:
		language_decimal(language, cell->number, cell->decimals, out);
		return;
	case CELL_SHARE:
		print_share(cell, language, out);
		return;
	case CELL_DAY:
		if (cell->day == DAY_NONE)
			text_add(out, "—");
		else
			language_date(language, cell->day, out);
		return;
	case CELL_FIGURE:
		print_figure(cell, language, out);
		return;
	}
}

/* --- marks */

static void add_word(struct text *out, const char *word)
{
	if (out->length)
		text_add(out, ", ");
	text_add(out, word);
}

/* What stands within the number, said for whoever sees the number alone. */
static void add_signs(const struct cell *cell, struct language *language, struct text *out)
{
	SCOPED(text)
	struct text printed = { 0 };

	if (is_at_least(cell->figure))
		add_word(out, say("at least"));
	if (cell->figure->estimate)
		add_word(out, say("approximately"));
	if (cell->figure->form == FIGURE_BETWEEN && !cell->figure->rounded) {
		add_word(out, say("between two bounds"));
		return;
	}
	print_figure(cell, language, &printed);
	if (strstr(text_str(&printed), "±") || strstr(text_str(&printed), "–") ||
	    figure_is_partial_mean(cell->figure))
		add_word(out, text_str(&printed));
}

static bool is_late(const struct cell *cell)
{
	int32_t end = window_end(cell->name->period.window);

	return cell->figure->kind == METRIC_STOCK && cell->figure->as_of != DAY_NONE &&
	       cell->figure->as_of < end - FRESH_DAYS;
}

static void figure_marks(const struct cell *cell, struct language *language, bool signs,
			 struct text *out)
{
	unsigned marks = marks_of(cell->figure);

	if (marks & MARK_NONE) {
		add_word(out, say("no data"));
		return;
	}
	if (signs)
		add_signs(cell, language, out);
	for (size_t i = 0; i < EXPLANATIONS; i++)
		if ((marks & explanations[i].mark) && explanations[i].mark >= MARK_PROVISIONAL &&
		    explanations[i].mark <= MARK_LEVELS)
			add_word(out, say(explanations[i].sign));
	if (is_late(cell)) {
		SCOPED(text)
		struct text day = { 0 };
		SCOPED(text)
		struct text words = { 0 };

		level_day_print(cell->figure, language, &day);
		/* TRANSLATORS: the day a level (of followers) is of: "of 15 nov" */
		text_addf(&words, say("of %s"), text_str(&day));
		add_word(out, text_str(&words));
	}
}

void cell_marks(const struct cell *cell, struct language *language, bool signs, struct text *out)
{
	if (cell->kind == CELL_SHARE && signs && cell->high == CELL_OPEN)
		add_word(out, say("at least"));
	else if (cell->kind == CELL_SHARE && signs && cell->high != cell->number)
		add_word(out, say("between two bounds"));
	if (cell->kind != CELL_FIGURE)
		return;
	figure_marks(cell, language, signs, out);
	if (cell->text && *cell->text && !strstr(text_str(out), cell->text))
		add_word(out, cell->text);
}

static unsigned explained_by(const struct cell *cell, struct language *language)
{
	SCOPED(text)
	struct text printed = { 0 };

	if (cell->kind == CELL_SHARE && cell->high == CELL_OPEN)
		return MARK_AT_LEAST;
	if (cell->kind != CELL_FIGURE)
		return 0;
	print_figure(cell, language, &printed);
	return marks_of(cell->figure) | rounding_of(cell->figure, text_str(&printed));
}

static unsigned explained_by_table(const struct table *table, struct language *language)
{
	unsigned marks = 0;

	for (size_t i = 0; i < table->row_count; i++)
		for (size_t k = 0; k < table->column_count; k++)
			marks |= explained_by(&table->rows[i].cells[k], language);
	return marks;
}

static unsigned explained_by_chart(const struct chart *chart)
{
	unsigned marks = 0;

	for (size_t i = 0; i < chart->series_count; i++) {
		for (size_t k = 0; k < chart->category_count; k++) {
			const struct chart_point *point = &chart->series[i].points[k];

			marks |= point->known ? 0U : MARK_NONE;
			marks |= point->known && point->open ? MARK_AT_LEAST : 0U;
			marks |= point->known && point->provisional ? MARK_PROVISIONAL : 0U;
			marks |= point->known && point->incomplete ? MARK_INCOMPLETE : 0U;
		}
	}
	return marks;
}

size_t document_explanations(const struct document *document, struct language *language,
			     struct explanation ret[EXPLANATIONS_MAX])
{
	unsigned marks = 0;
	size_t count = 0;

	for (size_t i = 0; i < document->count; i++) {
		const struct block *block = &document->blocks[i];

		if (block->table)
			marks |= explained_by_table(block->table, language);
		if (block->chart)
			marks |= explained_by_chart(block->chart);
	}
	for (size_t i = 0; i < EXPLANATIONS; i++)
		if (marks & explanations[i].mark)
			ret[count++] = (struct explanation){ say(explanations[i].sign),
							     say(explanations[i].text) };
	return count;
}

bool note_referred(const struct table *table, size_t note)
{
	for (size_t i = 0; i < table->row_count; i++)
		for (size_t k = 0; k < table->column_count; k++)
			if (table->rows[i].cells[k].note == note)
				return true;
	return false;
}

/* --- sources */

void source_print(const char *source, struct text *out)
{
	static const struct {
		const char *source, *words;
		bool exported; /* words are what it was exported from */
	} known[] = {
		{ "manual", N_("figures entered by hand"), false },
		{ "register", N_("the office's own registers"), false },
		{ "csv", N_("imported file"), false },
		{ "accesslog", N_("the web server's log"), false },
		{ "facebook", N_("Meta's interface for Facebook"), false },
		{ "instagram", N_("Meta's interface for Instagram"), false },
		{ "matomo", "Matomo", false },
		{ "ga4", "Google Analytics 4", false },
		{ "plausible", "Plausible", false },
		{ "umami", "Umami", false },
		{ "mbs-metric", "Meta Business Suite", true },
		{ "mbs-content", "Meta Business Suite", true },
		{ "x-overview", "X", true },
		{ "x-content", "X", true },
		{ "ga4-csv", "Google Analytics 4", true },
		{ "search-console", "Search Console", true },
		{ "matomo-csv", "Matomo", true },
		{ "plausible-csv", "Plausible", true },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].source, source) != 0)
			continue;
		if (known[i].exported)
			/* TRANSLATORS: where a file of figures was exported from: "X" */
			text_addf(out, say("file exported from %s"), known[i].words);
		else
			text_add(out, say(known[i].words));
		return;
	}
	text_add(out, source);
}

/* --- charts */

static void print_point(const struct chart *chart, const struct chart_point *point,
			struct language *language, struct text *out)
{
	if (point->open)
		text_add(out, "≥ ");
	if (point->open || (point->low == point->value && point->high == point->value)) {
		language_decimal(language, point->value, chart->decimals, out);
		return;
	}
	if (point->value - point->low == point->high - point->value) {
		language_decimal(language, point->value, chart->decimals, out);
		text_add(out, " ± ");
		language_decimal(language, point->high - point->value, chart->decimals, out);
		return;
	}
	language_decimal(language, point->low, chart->decimals, out);
	text_add(out, "–");
	language_decimal(language, point->high, chart->decimals, out);
}

void point_print(const struct chart *chart, const struct chart_point *point,
		 struct language *language, struct text *out)
{
	if (!point->known) {
		text_addf(out, "— (%s)", say("no data"));
		return;
	}
	print_point(chart, point, language, out);
	if (point->provisional)
		text_addf(out, " (%s)", say("provisional"));
	if (point->incomplete)
		text_addf(out, " (%s)", say("incomplete"));
}

static bool is_plain(const struct chart_point *point)
{
	return point->known && !point->open && !point->provisional && !point->incomplete &&
	       point->low == point->value && point->high == point->value;
}

struct table *chart_table(const struct chart *chart, const char *id, struct language *language)
{
	struct table *table = table_new(id, chart->title);
	SCOPED(text)
	struct text printed = { 0 };

	table_column(table, chart->unit, false);
	for (size_t i = 0; i < chart->series_count; i++)
		table_column(table, chart->series[i].label, true);
	for (size_t k = 0; k < chart->category_count; k++) {
		struct row *row = table_row(table, ROW_PLAIN);

		cell_text(&row->cells[0], chart->categories[k]);
		for (size_t i = 0; i < chart->series_count; i++) {
			const struct chart_point *point = &chart->series[i].points[k];

			if (is_plain(point)) {
				cell_number(&row->cells[i + 1], point->value, chart->decimals);
				continue;
			}
			text_reset(&printed);
			point_print(chart, point, language, &printed);
			cell_text(&row->cells[i + 1], text_str(&printed));
		}
	}
	return table;
}

/* --- document control */

size_t document_control(const struct document *document, struct language *language,
			struct text *date, struct control_line ret[CONTROL_MAX])
{
	const struct document_head *head = &document->head;
	const struct control_line lines[] = {
		{ say("Entity"), head->entity },   { say("Period"), head->period },
		{ say("Process"), head->process }, { say("Code"), head->code },
		{ say("Version"), head->version }, { say("Date"), NULL },
		{ say("Closing"), head->closed },
	};
	size_t count = 0;

	if (head->date != DAY_NONE)
		language_date(language, head->date, date);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *text = i == 5 && date->length ? text_str(date) : lines[i].text;

		if (text && *text)
			ret[count++] = (struct control_line){ lines[i].label, text };
	}
	return count;
}
