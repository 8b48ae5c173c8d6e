/* The parts of a report that are sentences, and the table of where its figures come from. */
#include "report_parts.h"

#include "subject.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/prose.h"

#include <stdlib.h>
#include <string.h>

void lines_add(struct lines *lines, struct text *words)
{
	lines->items = memory_grow(lines->items, lines->count, &lines->room, sizeof(*lines->items));
	lines->items[lines->count++] = text_take(words);
}

void lines_clear(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
	free(lines->items);
	*lines = (struct lines){ 0 };
}

static void scoped_lines(struct lines *lines)
{
	lines_clear(lines);
}

static void add_list(struct maker *maker, const struct lines *lines)
{
	document_list(maker->document, (const char *const *)lines->items, lines->count);
}

/* --- prose */

static void count_add(const struct maker *maker, const struct named *named,
		      const struct figure *figure, struct text *out)
{
	const struct metric metric = subject_metric(&named->subject, maker->entity);

	prose_figure(maker->ctl->language, &metric, figure, out);
}

/* "273 publicaciones (Redes sociales)", "sin datos de publicaciones (Redes sociales)"; "6 eventos"
 * where all is of one register. */
static void lead_item(const struct maker *maker, const struct named *named, bool alone,
		      const struct figure *figure, struct lines *lines)
{
	SCOPED(text)
	struct text count = { 0 };
	struct text item = { 0 };

	count_add(maker, named, figure, &count);
	if (alone)
		text_add(&item, text_str(&count));
	else
		/* TRANSLATORS: what was counted and where: "273 posts (Social networks)" */
		text_addf(&item, say("%s (%s)"), text_str(&count), named->title);
	lines_add(lines, &item);
}

/* "En el cuarto trimestre de 2025 hubo 273 publicaciones (Redes sociales) y 6 noticias (Sede
 * electrónica)." What nothing is known of is left to a sentence of its own. */
static void add_lead(struct maker *maker, const struct named_list *lead)
{
	struct language *language = maker->ctl->language;
	SCOPED(lines)
	struct lines known = { 0 };
	SCOPED(lines)
	struct lines unknown = { 0 };
	SCOPED(text)
	struct text list = { 0 };
	SCOPED(text)
	struct text lacking = { 0 };
	SCOPED(text)
	struct text period = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	bool alone = lead->count > 1 && named_of_one_account(lead);
	int64_t first = 0;

	for (size_t i = 0; i < lead->count; i++) {
		const struct figure figure = figure_now(maker, &lead->items[i]);
		bool none = figure.form == FIGURE_NONE;

		if (!none && known.count == 0)
			first = figure.value;
		lead_item(maker, &lead->items[i], alone, &figure, none ? &unknown : &known);
	}
	prose_the_period(language, maker->period, &period);
	prose_list(language, (const char *const *)known.items, known.count, &list);
	prose_list(language, (const char *const *)unknown.items, unknown.count, &lacking);
	if (known.count)
		/* TRANSLATORS: a period; a list of what was counted, whose first number decides */
		text_addf(&words, say_count("In %s there was %s.", "In %s there were %s.", first),
			  text_str(&period), text_str(&list));
	if (known.count && unknown.count)
		text_add_char(&words, ' ');
	if (unknown.count)
		/* TRANSLATORS: a period; a list of "no data of posts (Social networks)" */
		text_addf(&words, say("In %s there is %s."), text_str(&period), text_str(&lacking));
	document_paragraph(maker->document, text_str(&words));
}

/* "Mayor asistencia: 45 (Charla de orientación)": which record it was. */
static void add_largest(const struct maker *maker, const struct named *named,
			const struct figure *figure, struct text *item)
{
	const struct subject *subject = &named->subject;
	const char *title = NULL;

	if (subject->account && subject->account->collector->keeps && subject->known &&
	    subject->known->call == MEASURE_MAX && figure->form != FIGURE_NONE)
		title = register_largest(maker, subject->account, figure->low);
	if (title)
		text_addf(item, " (%s)", title);
}

static void add_listed(struct maker *maker, const struct named_list *listed)
{
	bool alone = named_of_one_account(listed);
	SCOPED(lines)
	struct lines lines = { 0 };

	for (size_t i = 0; i < listed->count; i++) {
		const struct named *named = &listed->items[i];
		const struct figure figure = figure_now(maker, named);
		struct text item = { 0 };

		if (!alone || listed->count == 1)
			text_addf(&item, "%s: ", named->title);
		count_add(maker, named, &figure, &item);
		add_largest(maker, named, &figure, &item);
		lines_add(&lines, &item);
	}
	if (lines.count)
		add_list(maker, &lines);
}

/* The total, and how it differs from the period before. */
static void add_total(struct maker *maker, const struct resolved *resolved)
{
	bool has_total = resolved->total.count > 0;
	const struct named *named = has_total ? resolved->total.items : resolved->lead.items;
	const struct metric metric = subject_metric(&named->subject, maker->entity);
	const struct figure now = figure_now(maker, named);
	struct period before;
	SCOPED(text)
	struct text count = { 0 };
	SCOPED(text)
	struct text words = { 0 };

	count_add(maker, named, &now, &count);
	if (has_total)
		/* TRANSLATORS: "In total: 279 posts." */
		text_addf(&words, say("In total: %s."), text_str(&count));
	if (resolved->part->compare && period_before(maker->period, &before) == 0) {
		const struct figure then = figure_over(maker, &named->subject, &before);
		const struct comparison comparison = figure_compare(&now, &then);

		if (words.length)
			text_add_char(&words, ' ');
		prose_comparison(maker->ctl->language, &metric, &comparison, &then, &before,
				 &words);
	}
	if (words.length)
		document_paragraph(maker->document, text_str(&words));
}

/* --- what lacks */

/* Figures of which the same is to be said. */
struct caution {
	char *words;
	const char *title;   /* of their account */
	struct lines labels; /* of their metrics */
};

struct cautions {
	struct caution *items;
	size_t count, room;
};

static void scoped_cautions(struct cautions *cautions)
{
	for (size_t i = 0; i < cautions->count; i++) {
		free(cautions->items[i].words);
		lines_clear(&cautions->items[i].labels);
	}
	free(cautions->items);
}

static void add_caution(const struct maker *maker, const struct named *named,
			struct cautions *cautions)
{
	const struct figure figure = figure_now(maker, named);
	struct caution *caution = NULL;
	struct text words = { 0 };
	struct text label = { 0 };

	prose_caution(maker->ctl->language, NULL, &figure, &words);
	if (!words.length)
		return;
	for (size_t i = 0; i < cautions->count && !caution; i++)
		if (strcmp(cautions->items[i].title, named->title) == 0 &&
		    strcmp(cautions->items[i].words, text_str(&words)) == 0)
			caution = &cautions->items[i];
	if (!caution) {
		cautions->items = memory_grow(cautions->items, cautions->count, &cautions->room,
					      sizeof(*cautions->items));
		caution = &cautions->items[cautions->count++];
		*caution = (struct caution){ .words = text_take(&words), .title = named->title };
	}
	text_clear(&words);
	text_add(&label, say(named->subject.label));
	lines_add(&caution->labels, &label);
}

/* "Facebook (Espectadores, Visitas y Visualizaciones): sin datos de diciembre de 2025." */
static void add_cautions(const struct maker *maker, const struct named_list *list,
			 struct lines *lines)
{
	SCOPED(cautions)
	struct cautions cautions = { 0 };

	for (size_t i = 0; i < list->count; i++)
		add_caution(maker, &list->items[i], &cautions);
	for (size_t i = 0; i < cautions.count; i++) {
		const struct caution *caution = &cautions.items[i];
		SCOPED(text)
		struct text labels = { 0 };
		SCOPED(text)
		struct text title = { 0 };
		struct text line = { 0 };

		prose_list(maker->ctl->language, (const char *const *)caution->labels.items,
			   caution->labels.count, &labels);
		if (strcmp(caution->title, text_str(&labels)) == 0)
			text_add(&title, caution->title);
		else
			/* TRANSLATORS: a channel and its figures: "Facebook (Visits and Views)" */
			text_addf(&title, say("%s (%s)"), caution->title, text_str(&labels));
		/* TRANSLATORS: whose figure, and what is to be said of it */
		text_addf(&line, say("%s: %s."), text_str(&title), caution->words);
		lines_add(lines, &line);
	}
}

void make_prose(struct maker *maker, const struct resolved *resolved)
{
	SCOPED(lines)
	struct lines lines = { 0 };

	if (resolved->lead.count == 0)
		return; /* the entity has none of them */
	add_lead(maker, &resolved->lead);
	add_listed(maker, &resolved->listed);
	add_total(maker, resolved);
	add_cautions(maker, &resolved->lead, &lines);
	for (size_t i = 0; i < lines.count; i++)
		document_paragraph(maker->document, lines.items[i]);
}

static void print_or_dash(const struct figure *figure, struct language *language, struct text *out)
{
	if (figure)
		figure_print(figure, language, out);
	else
		text_add(out, "—");
}

/* "Facebook: Visitas | octubre de 2025 | 3.400 ± 50 | 3.500 | 20 ene 2026" */
static void add_difference(const struct maker *maker, const struct sheet_difference *difference,
			   struct table *table)
{
	enum { FIGURE, PERIOD, PUBLISHED, TODAY, CHANGED };
	struct language *language = maker->ctl->language;
	struct cell *cells = table_row(table, ROW_PLAIN)->cells;
	SCOPED(text)
	struct text name = { 0 };
	SCOPED(text)
	struct text period = { 0 };
	SCOPED(text)
	struct text before = { 0 };
	SCOPED(text)
	struct text today = { 0 };

	text_addf(&name, "%s: %s", difference->title, say(difference->label));
	language_period(language, difference->period, &period);
	print_or_dash(difference->before, language, &before);
	print_or_dash(difference->today, language, &today);
	cell_text(&cells[FIGURE], text_str(&name));
	cell_text(&cells[PERIOD], text_str(&period));
	cell_text(&cells[PUBLISHED], text_str(&before));
	cell_text(&cells[TODAY], text_str(&today));
	if (difference->changed != DAY_NONE)
		cell_day(&cells[CHANGED], difference->changed);
}

/* What is another figure by now than the one that was published. */
static int make_differences(struct maker *maker)
{
	static const char *const titles[] = { N_("Figure"), N_("Period"), N_("Published"),
					      N_("Today"), N_("Changed on") };
	struct period columns[SHEET_COLUMNS];
	size_t count = board_columns(maker->period, columns);
	const struct sheet *sheet = board_sheet(maker->board, NULL, maker->period, columns, count);
	struct table *table;

	if (board_closing(maker->board, maker->err) < 0)
		return -1;
	if (!sheet->closing || sheet->closing->count == 0)
		return 0;
	document_paragraph(maker->document,
			   say("The period is closed, and the figures are those that were "
			       "published. Since then this has become known:"));
	table = next_table(maker, say("What became known after the closing"));
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		table_column(table, say(titles[i]), i == 2 || i == 3);
	for (size_t i = 0; i < sheet->closing->count; i++)
		add_difference(maker, &sheet->closing->differences[i], table);
	return 0;
}

int make_lacking(struct maker *maker)
{
	SCOPED(lines)
	struct lines lines = { 0 };

	add_cautions(maker, &maker->used, &lines);
	for (size_t i = 0; i < maker->definition->count; i++)
		if (maker->definition->parts[i].kind == PART_REGISTER)
			register_lacks(maker, &maker->definition->parts[i], &lines);
	if (lines.count) {
		document_paragraph(maker->document, say("What is not known, or not final, of the "
							"figures of this report:"));
		add_list(maker, &lines);
	} else if (maker->used.count) {
		document_paragraph(maker->document,
				   say("Every figure of this report is complete and final."));
	}
	return make_differences(maker);
}

/* --- sources */

static const char *state_of(const struct figure *figure)
{
	if (figure->form == FIGURE_NONE)
		return say("no figure");
	if (figure->provisional)
		return say("provisional");
	if (!figure->complete)
		return say("incomplete");
	return figure->revisable ? say("revisable") : say("final");
}

static void put_coverage(const struct maker *maker, struct cell *cell, const struct figure *figure)
{
	SCOPED(text)
	struct text words = { 0 };

	if (figure->period_days == 0)
		return;
	coverage_print(figure, maker->ctl->language, &words);
	cell_text(cell, text_str(&words));
}

/* In words for people; programs find the names of the configuration in the figure itself. */
static void put_origin(const struct maker *maker, const struct figure *figure, struct cell *source,
		       struct cell *zone)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text city = { 0 };
	SCOPED(text)
	struct text name = { 0 };

	if (figure->source)
		source_print(figure->source, &name);
	else if (figure->form != FIGURE_NONE)
		text_add(&name, say("several"));
	if (name.length) {
		language_sentence(maker->ctl->language, text_str(&name), &words);
		cell_text(source, text_str(&words));
	}
	if (figure->zone) {
		language_zone(maker->ctl->language, figure->zone, &city);
		cell_text(zone, text_str(&city));
	}
}

void make_sources(struct maker *maker, const char *caption)
{
	static const char *const titles[] = { N_("Figure"), N_("Value"),  N_("Known"),
					      N_("State"),  N_("Source"), N_("Clock of") };
	enum { FIGURE, VALUE, KNOWN, STATE, SOURCE, ZONE, COLUMNS };
	struct table *table;

	if (maker->used.count == 0)
		return;
	table = next_table(maker, caption ? caption : say("Sources and coverage"));
	table->sources = true;
	for (size_t i = 0; i < COLUMNS; i++)
		table_column(table, say(titles[i]), i == VALUE);
	for (size_t i = 0; i < maker->used.count; i++) {
		const struct named *named = &maker->used.items[i];
		struct row *row = table_row(table, ROW_PLAIN);
		const struct figure figure =
			put_figure(maker, &row->cells[VALUE], named, maker->period);

		cell_text(&row->cells[FIGURE], named->name);
		put_coverage(maker, &row->cells[KNOWN], &figure);
		cell_text(&row->cells[STATE], state_of(&figure));
		put_origin(maker, &figure, &row->cells[SOURCE], &row->cells[ZONE]);
	}
}
