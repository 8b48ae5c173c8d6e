/* The parts of a report that are tables of figures, and their charts. */
#include "report_parts.h"

#include "plan_rows.h"
#include "subject.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/prose.h"

#include <stdlib.h>
#include <string.h>

/* --- figures */

struct figure figure_over(const struct maker *maker, const struct subject *subject,
			  const struct period *period)
{
	struct figure today = plan_figure(maker->board, subject, period, NULL);
	struct figure figure;

	(void)closed_figure(maker->closed, subject, period, &today, &figure);
	return figure;
}

struct figure figure_now(const struct maker *maker, const struct named *named)
{
	return figure_over(maker, &named->subject, maker->period);
}

struct figure put_figure(struct maker *maker, struct cell *cell, const struct named *named,
			 const struct period *period)
{
	const struct subject *subject = &named->subject;
	const struct figure_name name = {
		.entity = maker->entity->id,
		.section = sheet_section_name(subject_section(subject)),
		.account = subject_id(subject),
		.metric = subject->metric,
		.title = named->title,
		.label = say(subject->label),
		.period = *period,
		.unit = subject->known ? subject->known->unit : UNIT_COUNT,
	};
	struct figure today = plan_figure(maker->board, subject, period, NULL);
	struct figure figure;
	SCOPED(text)
	struct text number = { 0 };
	SCOPED(text)
	struct text mark = { 0 };

	if (closed_figure(maker->closed, subject, period, &today, &figure)) {
		figure_print(&today, maker->ctl->language, &number);
		/* TRANSLATORS: beside a published figure, what is known by now: "today 3.500" */
		text_addf(&mark, say("today %s"), text_str(&number));
	}
	cell_figure(maker->document, cell, &figure, &name, mark.length ? text_str(&mark) : NULL);
	return figure;
}

struct table *next_table(struct maker *maker, const char *caption)
{
	char id[32];

	(void)snprintf(id, sizeof(id), "t%zu", ++maker->tables);
	return document_table(maker->document, id, caption);
}

int chart_decimals(const struct figure *figures, size_t count)
{
	int decimals = 0;

	for (size_t i = 0; i < count; i++)
		if (figures[i].form != FIGURE_NONE && figures[i].decimals > decimals)
			decimals = figures[i].decimals;
	return decimals;
}

struct chart_point chart_point_in(const struct figure *figure, int decimals)
{
	struct chart_point point = chart_point_of(figure);

	for (int i = figure->decimals; point.known && i < decimals; i++) {
		point.value *= 10;
		point.low *= 10;
		point.high *= 10;
	}
	return point;
}

/* --- tables */

enum { SHORT_MONTHS = 7 }; /* columns, from more of which on months are abbreviated */

/* The columns of a table of figures. */
struct columns {
	struct period periods[SHEET_COLUMNS];
	size_t count;
	size_t whole;             /* the asked period's place */
	bool before, year_before; /* differences with these are shown */
	struct period compared[2];
	struct period unknown[2]; /* to compare with, but nothing is known of them */
	size_t unknown_count;
};

static bool any_known(const struct maker *maker, const struct named_list *list,
		      const struct period *period)
{
	for (size_t i = 0; i < list->count; i++)
		if (figure_over(maker, &list->items[i].subject, period).form != FIGURE_NONE)
			return true;
	return false;
}

/* A column of dashes says no more than a line below the table. */
static void keep_known(const struct maker *maker, const struct named_list *rows,
		       const struct named_list *totals, bool *compared, const struct period *period,
		       struct columns *columns)
{
	if (!*compared || any_known(maker, rows, period) || any_known(maker, totals, period))
		return;
	*compared = false;
	columns->unknown[columns->unknown_count++] = *period;
}

static void columns_of(const struct maker *maker, const struct part *part,
		       const struct named_list *rows, const struct named_list *totals,
		       struct columns *ret)
{
	*ret = (struct columns){ 0 };
	switch (part->columns) {
	case COLUMNS_MONTHS:
		ret->count = board_columns(maker->period, ret->periods);
		break;
	case COLUMNS_WHOLE:
		ret->periods[ret->count++] = *maker->period;
		break;
	case COLUMNS_COMPARE:
		ret->year_before = period_year_before(maker->period, &ret->compared[1]) == 0;
		ret->before = period_before(maker->period, &ret->compared[0]) == 0;
		keep_known(maker, rows, totals, &ret->before, &ret->compared[0], ret);
		keep_known(maker, rows, totals, &ret->year_before, &ret->compared[1], ret);
		if (ret->year_before)
			ret->periods[ret->count++] = ret->compared[1];
		if (ret->before)
			ret->periods[ret->count++] = ret->compared[0];
		ret->periods[ret->count++] = *maker->period;
		break;
	}
	ret->whole = ret->count - 1;
}

static bool within_a_year(const struct period *period)
{
	int first, last, month, mday;

	day_split(period->window.first, &first, &month, &mday);
	day_split(window_end(period->window) - 1, &last, &month, &mday);
	return first == last;
}

/* "Octubre": the report says of which year. Of a whole year "ene". */
static void add_column_title(const struct maker *maker, const struct columns *columns, size_t i,
			     struct text *out)
{
	struct language *language = maker->ctl->language;
	const struct period *period = &columns->periods[i];
	bool month = period->kind == PERIOD_MONTH && i != columns->whole && !columns->before &&
		     !columns->year_before && within_a_year(maker->period);
	SCOPED(text)
	struct text title = { 0 };

	if (month && columns->count > SHORT_MONTHS)
		language_month(language, period->window.first, &title);
	else if (month)
		language_month_name(language, period->window.first, &title);
	else
		language_period(language, period, &title);
	language_sentence(language, text_str(&title), out);
}

static void add_column_titles(const struct maker *maker, const struct columns *columns,
			      struct table *table)
{
	table_column(table, say("Figure"), false);
	for (size_t i = 0; i < columns->count; i++) {
		SCOPED(text)
		struct text title = { 0 };

		add_column_title(maker, columns, i, &title);
		table_column(table, text_str(&title), true);
	}
	if (columns->before)
		table_column(table, say("Change on the period before"), true);
	if (columns->year_before)
		table_column(table, say("Change on the year before"), true);
}

/* Why there is no difference, as a note of the table. */
static const char *why_not(enum comparability how)
{
	switch (how) {
	case COMPARABLE:
		return NULL;
	case COMPARABLE_SOURCES:
		return say("The two come from different sources.");
	case COMPARE_NOTHING:
		return say("Not comparable: nothing is known of one of the two.");
	case COMPARE_INCOMPLETE:
		return say("Not comparable: one of the two is not complete.");
	case COMPARE_BROKEN:
		return say("Not comparable: what is counted changed between them.");
	case COMPARE_INCONSISTENT:
		return say("Not comparable: the provider's numbers contradict each other.");
	}
	return NULL;
}

static void put_change(struct maker *maker, struct table *table, struct cell *cell,
		       const struct figure *now, const struct figure *before)
{
	const struct comparison comparison = figure_compare(now, before);
	const char *why = why_not(comparison.how);
	int decimals = now->decimals > before->decimals ? now->decimals : before->decimals;
	SCOPED(text)
	struct text words = { 0 };

	comparison_print(&comparison, decimals, maker->ctl->language, &words);
	cell_text(cell, text_str(&words));
	if (why)
		cell->note = table_note(table, why);
}

/* What lacks in a row's last figure, in the note of its cell. */
static void note_lack(struct maker *maker, struct table *table, const struct figure *figure,
		      struct cell *cell)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text note = { 0 };

	prose_caution(maker->ctl->language, NULL, figure, &words);
	if (!words.length)
		return;
	language_sentence(maker->ctl->language, text_str(&words), &note);
	text_add_char(&note, '.');
	cell->note = table_note(table, text_str(&note));
}

/* Whose days a figure speaks of, and which source said it; NULL where nobody said anything. */
static char *source_words(const struct maker *maker, const struct figure *figure)
{
	struct text words = { 0 };
	SCOPED(text)
	struct text source = { 0 };
	SCOPED(text)
	struct text city = { 0 };

	if (figure->form == FIGURE_NONE)
		return NULL;
	if (figure->source)
		source_print(figure->source, &source);
	if (figure->zone)
		language_zone(maker->ctl->language, figure->zone, &city);
	if (figure->source && figure->zone)
		/* TRANSLATORS: "imported file", "Bogotá" */
		text_addf(&words, say("Source: %s; days by the clock of %s."), text_str(&source),
			  text_str(&city));
	else if (figure->source)
		text_addf(&words, say("Source: %s."), text_str(&source));
	else
		text_add(&words, say("Several sources: see the table of sources."));
	return text_take(&words);
}

/* Below the table; where rows differ, each row's head refers to its own. */
static void note_sources(struct table *table, char *const *sources)
{
	const char *first = NULL;
	bool differ = false;

	for (size_t i = 0; i < table->row_count; i++) {
		if (sources[i] && !first)
			first = sources[i];
		differ = differ || (sources[i] && strcmp(sources[i], first) != 0);
	}
	for (size_t i = 0; i < table->row_count; i++) {
		size_t note = sources[i] ? table_note(table, sources[i]) : 0;

		if (differ)
			table->rows[i].cells[0].note = note;
	}
}

/* A row; what its whole period's figure is. */
static struct figure add_figures(struct maker *maker, struct table *table,
				 const struct columns *columns, const struct named *named,
				 enum row_kind kind, const char *label)
{
	struct cell *cells = table_row(table, kind)->cells;
	SCOPED(memory)
	struct figure *figures = memory_new(columns->count, sizeof(*figures));
	const struct figure *whole = &figures[columns->whole];
	size_t column = 1;

	cell_text(&cells[0], label);
	for (size_t i = 0; i < columns->count; i++, column++)
		figures[i] = put_figure(maker, &cells[column], named, &columns->periods[i]);
	note_lack(maker, table, whole, &cells[columns->whole + 1]);
	if (columns->before)
		put_change(maker, table, &cells[column++], whole, whole - 1);
	if (columns->year_before)
		put_change(maker, table, &cells[column], whole, &figures[0]);
	return *whole;
}

bool named_of_one_account(const struct named_list *list)
{
	for (size_t i = 1; i < list->count; i++)
		if (strcmp(subject_id(&list->items[i].subject),
			   subject_id(&list->items[0].subject)) != 0)
			return false;
	return true;
}

static bool all_of_one_metric(const struct named_list *list)
{
	for (size_t i = 1; i < list->count; i++)
		if (strcmp(list->items[i].subject.metric, list->items[0].subject.metric) != 0)
			return false;
	return true;
}

/* What a row is called where the definition does not say it. */
static const char *usual_label(const struct named_list *list, const struct named *named)
{
	if (named_of_one_account(list))
		return say(named->subject.label);
	return all_of_one_metric(list) ? named->title : named->name;
}

/* What a table is called that the definition does not name: by the channel or the metric that all
 * of it is of. */
static const char *made_caption(const struct part *part, const struct named_list *rows,
				const struct named_list *totals)
{
	const struct named_list *any = rows->count ? rows : totals;
	const struct named *first = &any->items[0];
	bool one_account = true;
	bool one_metric = true;

	for (size_t i = 0; i < rows->count + totals->count; i++) {
		const struct named *named =
			i < rows->count ? &rows->items[i] : &totals->items[i - rows->count];

		one_account = one_account &&
			      strcmp(subject_id(&named->subject), subject_id(&first->subject)) == 0;
		one_metric =
			one_metric && strcmp(named->subject.metric, first->subject.metric) == 0;
	}
	if (one_metric && (!one_account || has_rows_by_channel(part)))
		return say(first->subject.label);
	return one_account ? first->title : say("Figures");
}

/* One line of a chart: the row's months. */
static void add_series(const struct maker *maker, struct chart *chart,
		       const struct columns *columns, const struct named *named, const char *label)
{
	struct chart_series *series = chart_series_add(chart, label);

	for (size_t i = 0; i < columns->whole; i++) {
		struct figure figure = figure_over(maker, &named->subject, &columns->periods[i]);

		series->points[i] = chart_point_in(&figure, chart->decimals);
	}
}

/* The months of a table as a picture: without a second month there is nothing to see. */
static void add_chart(struct maker *maker, const struct part *part, const struct table *table,
		      const struct columns *columns, const struct named_list *rows,
		      const char *const *labels)
{
	struct chart *chart;
	int decimals = 0;

	if (part->chart == CHART_NONE_WANTED || columns->count < 3 || rows->count == 0)
		return;
	for (size_t r = 0; r < rows->count; r++) {
		struct figure figure = figure_now(maker, &rows->items[r]);

		if (figure.decimals > decimals)
			decimals = figure.decimals;
	}
	chart = document_chart(maker->document,
			       part->chart == CHART_BARS_WANTED ? CHART_BARS : CHART_LINES,
			       table->caption, say(rows->items[0].subject.label), decimals, table);
	for (size_t i = 0; i < columns->whole; i++) {
		SCOPED(text)
		struct text title = { 0 };

		language_month_year(maker->ctl->language, columns->periods[i].window.first, &title);
		chart_category(chart, text_str(&title));
	}
	for (size_t r = 0; r < rows->count; r++)
		add_series(maker, chart, columns, &rows->items[r], labels[r]);
}

/* With which periods nothing could be compared. */
static void note_unknown(const struct maker *maker, const struct columns *columns,
			 struct table *table)
{
	struct lines periods = { 0 };
	SCOPED(text)
	struct text list = { 0 };
	SCOPED(text)
	struct text note = { 0 };

	for (size_t i = 0; i < columns->unknown_count; i++) {
		struct text name = { 0 };

		prose_period(maker->ctl->language, &columns->unknown[i], &name);
		lines_add(&periods, &name);
	}
	prose_list(maker->ctl->language, (const char *const *)periods.items, periods.count, &list);
	lines_clear(&periods);
	if (columns->unknown_count == 0)
		return;
	/* TRANSLATORS: one or two periods: "third quarter of 2025" */
	text_addf(&note, say("No data to compare with: %s."), text_str(&list));
	(void)table_note(table, text_str(&note));
}

void make_table(struct maker *maker, const struct part *part, const char *caption,
		const struct named_list *rows, const struct named_list *totals)
{
	size_t count = rows->count + totals->count;
	struct columns columns;
	struct table *table;
	const char **labels;
	char **sources;

	if (count == 0)
		return; /* the entity has none of them */
	columns_of(maker, part, rows, totals, &columns);
	table = next_table(maker, caption ? caption : made_caption(part, rows, totals));
	add_column_titles(maker, &columns, table);
	labels = memory_new(count, sizeof(*labels));
	sources = memory_new(count, sizeof(*sources));
	for (size_t i = 0; i < count; i++) {
		bool total = i >= rows->count;
		const struct named *named =
			total ? &totals->items[i - rows->count] : &rows->items[i];
		struct figure whole;

		labels[i] = named->label;
		if (!labels[i])
			labels[i] = total ? say("Total") : usual_label(rows, named);
		whole = add_figures(maker, table, &columns, named, total ? ROW_TOTAL : ROW_PLAIN,
				    labels[i]);
		sources[i] = source_words(maker, &whole);
	}
	note_sources(table, sources);
	note_unknown(maker, &columns, table);
	add_chart(maker, part, table, &columns, rows, labels);
	for (size_t i = 0; i < count; i++)
		free(sources[i]);
	free(sources);
	free(labels);
}

/* A table for each account, group and derived name that follow each other. */
void make_accounts(struct maker *maker, const struct resolved *resolved)
{
	const struct named_list none = { 0 };
	const struct named_list *rows = &resolved->rows;

	for (size_t i = 0; i < rows->count;) {
		struct named_list part = { .items = &rows->items[i] };

		while (i < rows->count && strcmp(subject_id(&rows->items[i].subject),
						 subject_id(&part.items[0].subject)) == 0) {
			part.count++;
			i++;
		}
		make_table(maker, resolved->part, part.items[0].title, &part, &none);
	}
}
