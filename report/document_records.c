/*
 * A document for programs: the whole of it as JSON, a row to a line so that two of them can be
 * compared; its figures as long, tidy CSV, each once. docs/formats.md says the fields.
 */
#include "render.h"
#include "sheet_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };
#define REPORT_NAME "metricsd.report"

static int check_stream(FILE *out, struct error *err)
{
	if (fflush(out) != 0 || ferror(out))
		return error_set(err, ERROR_OURS, "the report cannot be written: %s",
				 system_words(errno));
	return 0;
}

/* --- one figure */

/* The fields of metricsd.summary, in its order. */
static void record_figure(const struct document *document, const struct cell *cell,
			  struct records *records)
{
	records_figure(records, cell->name, document->head.notice, cell->figure);
}

/* --- CSV */

/* A figure's cell and its place in the document. */
struct place {
	const struct cell *cell;
	size_t at;
	bool again; /* an earlier cell has the same figure */
};

struct places {
	struct place *items;
	size_t count, room;
};

static void find_figures(const struct table *table, struct places *places)
{
	for (size_t i = 0; i < table->row_count; i++) {
		for (size_t k = 0; k < table->column_count; k++) {
			const struct cell *cell = &table->rows[i].cells[k];

			if (cell->kind != CELL_FIGURE)
				continue;
			places->items = memory_grow(places->items, places->count, &places->room,
						    sizeof(*places->items));
			places->items[places->count] =
				(struct place){ .cell = cell, .at = places->count };
			places->count++;
		}
	}
}

static int compare_words(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* By what a figure is of; the same figure by its place. */
static int compare_names(const struct place *a, const struct place *b)
{
	const struct figure_name *one = a->cell->name;
	const struct figure_name *other = b->cell->name;
	int order = compare_words(one->entity, other->entity);

	order = order ? order : compare_words(one->section, other->section);
	order = order ? order : compare_words(one->account, other->account);
	order = order ? order : compare_words(one->metric, other->metric);
	return order ? order : strcmp(one->period.name, other->period.name);
}

static int by_name(const void *a, const void *b)
{
	const struct place *one = a;
	const struct place *other = b;
	int order = compare_names(one, other);

	return order ? order : (one->at > other->at) - (one->at < other->at);
}

static int by_place(const void *a, const void *b)
{
	const struct place *one = a;
	const struct place *other = b;

	return (one->at > other->at) - (one->at < other->at);
}

int document_csv(const struct document *document, struct language *language, FILE *out,
		 struct error *err)
{
	struct places places = { 0 };
	struct records records;

	(void)language;
	for (size_t i = 0; i < document->count; i++)
		if (document->blocks[i].table)
			find_figures(document->blocks[i].table, &places);
	if (places.count) {
		qsort(places.items, places.count, sizeof(*places.items), by_name);
		for (size_t i = 1; i < places.count; i++)
			places.items[i].again =
				compare_names(&places.items[i], &places.items[i - 1]) == 0;
		qsort(places.items, places.count, sizeof(*places.items), by_place);
	}
	records_begin(&records, REPORT_CSV, REPORT_NAME, VERSION, out);
	for (size_t i = 0; i < places.count; i++) {
		if (places.items[i].again)
			continue;
		records_next(&records);
		record_figure(document, places.items[i].cell, &records);
	}
	records_end(&records);
	free(places.items);
	return check_stream(out, err);
}

/* --- JSON */

static void add_name(struct text *out, const char *name)
{
	if (out->length && !strchr("{[", out->bytes[out->length - 1]))
		text_add_char(out, ',');
	text_addf(out, "\"%s\":", name);
}

static void add_text(struct text *out, const char *name, const char *text)
{
	add_name(out, name);
	if (text)
		json_quote(out, text);
	else
		text_add(out, "null");
}

static void add_day(struct text *out, const char *name, int32_t day)
{
	char text[DAY_TEXT];

	add_text(out, name, day == DAY_NONE ? NULL : day_text(day, text));
}

static void add_decimal(struct text *out, const char *name, int64_t number, int decimals)
{
	add_name(out, name);
	decimal_spell(number, decimals, out);
}

static void add_flag(struct text *out, const char *name, bool flag)
{
	add_name(out, name);
	text_add(out, flag ? "true" : "false");
}

/* The same fields as in the list of figures: a record that is begun and never flushed. */
static void add_figure(const struct document *document, const struct cell *cell, struct text *out)
{
	struct records records = {
		.format = REPORT_JSON,
		.count = 1,
		.first_field = true,
		.line = { .max = WORDS_ROOM },
	};

	record_figure(document, cell, &records);
	text_addf(out, "{%s}", text_str(&records.line));
	text_clear(&records.line);
}

static void add_share(const struct cell *cell, struct text *out)
{
	text_add(out, "\"low\":");
	decimal_spell(cell->number, 1, out);
	if (cell->high == CELL_OPEN)
		text_add(out, ",\"high\":null");
	else
		add_decimal(out, "high", cell->high, 1);
}

static void add_cell(const struct document *document, const struct cell *cell, struct text *out)
{
	if (cell->kind == CELL_EMPTY) {
		text_add(out, "null");
		return;
	}
	text_add_char(out, '{');
	switch (cell->kind) {
	case CELL_EMPTY:
		break;
	case CELL_TEXT:
		add_text(out, "text", cell->text);
		break;
	case CELL_NUMBER:
		add_decimal(out, "number", cell->number, cell->decimals);
		break;
	case CELL_SHARE:
		text_add(out, "\"percent\":{");
		add_share(cell, out);
		text_add_char(out, '}');
		break;
	case CELL_DAY:
		add_day(out, "day", cell->day);
		break;
	case CELL_FIGURE:
		add_name(out, "figure");
		add_figure(document, cell, out);
		if (cell->text)
			add_text(out, "mark", cell->text);
		break;
	}
	if (cell->note)
		text_addf(out, ",\"note\":%zu", cell->note);
	text_add_char(out, '}');
}

static const char *row_name(enum row_kind kind)
{
	switch (kind) {
	case ROW_PLAIN:
		return "plain";
	case ROW_TOTAL:
		return "total";
	case ROW_HEAD:
		return "head";
	}
	return "plain";
}

static void add_texts(struct text *out, const char *name, char *const *texts, size_t count)
{
	add_name(out, name);
	text_add_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			text_add_char(out, ',');
		json_quote(out, texts[i]);
	}
	text_add_char(out, ']');
}

static void add_table(const struct document *document, const struct table *table, struct text *out)
{
	add_text(out, "id", table->id);
	add_text(out, "caption", table->caption);
	add_flag(out, "sources", table->sources);
	add_name(out, "columns");
	text_add_char(out, '[');
	for (size_t k = 0; k < table->column_count; k++) {
		text_add(out, k ? ",{" : "{");
		add_text(out, "title", table->columns[k].title);
		add_flag(out, "numbers", table->columns[k].numbers);
		text_add_char(out, '}');
	}
	text_add_char(out, ']');
	add_name(out, "rows");
	text_add_char(out, '[');
	for (size_t i = 0; i < table->row_count; i++) {
		text_addf(out, "%s\n{\"kind\":\"%s\",\"cells\":[", i ? "," : "",
			  row_name(table->rows[i].kind));
		for (size_t k = 0; k < table->column_count; k++) {
			if (k)
				text_add_char(out, ',');
			add_cell(document, &table->rows[i].cells[k], out);
		}
		text_add(out, "]}");
	}
	text_add_char(out, ']');
	add_texts(out, "notes", table->notes, table->note_count);
}

static void add_point(const struct chart *chart, const struct chart_point *point, struct text *out)
{
	if (!point->known) {
		text_add(out, "null");
		return;
	}
	text_add_char(out, '{');
	add_decimal(out, "value", point->value, chart->decimals);
	add_decimal(out, "low", point->low, chart->decimals);
	if (point->open)
		add_text(out, "high", NULL);
	else
		add_decimal(out, "high", point->high, chart->decimals);
	add_flag(out, "provisional", point->provisional);
	add_flag(out, "incomplete", point->incomplete);
	text_add_char(out, '}');
}

static void add_chart(const struct chart *chart, struct text *out)
{
	add_text(out, "shape", chart->kind == CHART_BARS ? "bars" : "lines");
	add_text(out, "title", chart->title);
	add_text(out, "unit", chart->unit);
	add_text(out, "table", *chart->table ? chart->table : NULL);
	add_texts(out, "categories", chart->categories, chart->category_count);
	add_name(out, "series");
	text_add_char(out, '[');
	for (size_t i = 0; i < chart->series_count; i++) {
		text_add(out, i ? ",\n{" : "\n{");
		add_text(out, "label", chart->series[i].label);
		add_name(out, "points");
		text_add_char(out, '[');
		for (size_t k = 0; k < chart->category_count; k++) {
			if (k)
				text_add_char(out, ',');
			add_point(chart, &chart->series[i].points[k], out);
		}
		text_add(out, "]}");
	}
	text_add_char(out, ']');
}

static void add_block(const struct document *document, const struct block *block, struct text *out)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		add_text(out, "kind", "heading");
		text_addf(out, ",\"level\":%d", block->level);
		add_text(out, "text", block->text);
		return;
	case BLOCK_PARAGRAPH:
		add_text(out, "kind", "paragraph");
		add_text(out, "text", block->text);
		return;
	case BLOCK_LIST:
		add_text(out, "kind", "list");
		add_texts(out, "items", block->items, block->item_count);
		return;
	case BLOCK_TABLE:
		add_text(out, "kind", "table");
		add_table(document, block->table, out);
		return;
	case BLOCK_CHART:
		add_text(out, "kind", "chart");
		add_chart(block->chart, out);
		return;
	}
}

static void add_head(const struct document *document, struct text *out)
{
	const struct document_head *head = &document->head;

	text_add(out, "{\"format\":\"" REPORT_NAME "\"");
	text_addf(out, ",\"version\":%d", VERSION);
	add_text(out, "language", document->language);
	text_add(out, ",\"head\":{");
	add_text(out, "title", head->title);
	add_text(out, "entity", head->entity);
	add_text(out, "period", head->period);
	add_text(out, "process", head->process);
	add_text(out, "code", head->code);
	add_text(out, "version", head->version);
	add_day(out, "date", head->date);
	add_text(out, "closed", head->closed);
	add_text(out, "notice", head->notice);
	text_add(out, "},\"blocks\":[");
}

int document_json(const struct document *document, struct language *language, FILE *out,
		  struct error *err)
{
	SCOPED(text)
	struct text text = TEXT_UP_TO(WORDS_ROOM);

	(void)language;
	add_head(document, &text);
	(void)fputs(text_str(&text), out);
	for (size_t i = 0; i < document->count; i++) {
		text_set(&text, "{");
		add_block(document, &document->blocks[i], &text);
		if (text.failed)
			return error_set(err, ERROR_OURS, "a table is too large for the report");
		(void)fprintf(out, "%s\n%s}", i ? "," : "", text_str(&text));
	}
	(void)fputs("\n]}\n", out);
	return check_stream(out, err);
}
