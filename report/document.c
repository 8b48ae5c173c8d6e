/* Building a document and taking it down. What comes in is made clean here, once for all renderers.
 */
#include "render.h"
#include "sheet_parts.h"

#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Bytes of the character at `bytes`; 0 for what no page, sheet or JSON may hold: all that is not to
 * be shown, but the line's end and the tab. */
static size_t clean_size(const char *bytes, size_t left)
{
	return *bytes == '\n' || *bytes == '\t' ? 1 : utf8_shown(bytes, left);
}

static char *clean(const char *text)
{
	size_t left = strlen(text);
	char *copy = memory_new(left * (sizeof(replacement) - 1) + 1, 1);
	size_t length = 0;

	while (left) {
		size_t size = clean_size(text, left);
		size_t used = size ? size : utf8_size(text, left);

		if (size) {
			memcpy(copy + length, text, size);
			length += size;
		} else {
			memcpy(copy + length, replacement, sizeof(replacement) - 1);
			length += sizeof(replacement) - 1;
		}
		used = used ? used : 1;
		text += used;
		left -= used;
	}
	return memory_resize(copy, length + 1, 1);
}

static char *clean_or_null(const char *text)
{
	return text ? clean(text) : NULL;
}

/* --- the document */

struct document *document_new(const char *language)
{
	struct document *document = memory_new(1, sizeof(*document));

	document->language = clean(language);
	document->head.date = DAY_NONE;
	return document;
}

static void block_clear(struct block *block)
{
	free(block->text);
	for (size_t i = 0; i < block->item_count; i++)
		free(block->items[i]);
	free(block->items);
	table_free(block->table);
	chart_free(block->chart);
}

static void figure_free(struct kept_figure *figure)
{
	for (size_t i = 0; i < sizeof(figure->texts) / sizeof(figure->texts[0]); i++)
		free(figure->texts[i]);
	free(figure);
}

static void head_clear(struct document_head *head)
{
	free(head->title);
	free(head->entity);
	free(head->period);
	free(head->process);
	free(head->code);
	free(head->version);
	free(head->notice);
	free(head->closed);
}

void document_free(struct document *document)
{
	if (!document)
		return;
	head_clear(&document->head);
	for (size_t i = 0; i < document->count; i++)
		block_clear(&document->blocks[i]);
	for (size_t i = 0; i < document->figure_count; i++)
		figure_free(document->figures[i]);
	for (size_t i = 0; i < document->word_count; i++)
		free(document->words[i]);
	free(document->blocks);
	free(document->figures);
	free(document->words);
	free(document->language);
	free(document);
}

void document_head_text(char **field, const char *text)
{
	char *fresh = clean_or_null(text);

	free(*field);
	*field = fresh;
}

void document_page(struct document *document)
{
	document->page = true;
}

static struct block *add_block(struct document *document, enum block_kind kind)
{
	struct block *block;

	document->blocks = memory_grow(document->blocks, document->count, &document->room,
				       sizeof(*document->blocks));
	block = &document->blocks[document->count++];
	*block = (struct block){ .kind = kind, .page = document->page };
	document->page = false;
	return block;
}

void document_heading(struct document *document, int level, const char *text)
{
	struct block *block = add_block(document, BLOCK_HEADING);

	assert(level >= 1 && level <= 3);
	block->level = level;
	block->text = clean(text);
}

void document_paragraph(struct document *document, const char *text)
{
	add_block(document, BLOCK_PARAGRAPH)->text = clean(text);
}

void document_list(struct document *document, const char *const *items, size_t count)
{
	struct block *block = add_block(document, BLOCK_LIST);

	block->items = memory_new(count, sizeof(*block->items));
	for (size_t i = 0; i < count; i++)
		block->items[i] = clean(items[i]);
	block->item_count = count;
}

/* --- tables */

struct table *table_new(const char *id, const char *caption)
{
	struct table *table = memory_new(1, sizeof(*table));

	table->id = clean(id);
	table->caption = clean(caption);
	return table;
}

struct table *document_table(struct document *document, const char *id, const char *caption)
{
	struct table *table = table_new(id, caption);

	add_block(document, BLOCK_TABLE)->table = table;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->row_count; i++) {
		for (size_t k = 0; k < table->column_count; k++)
			free(table->rows[i].cells[k].text);
		free(table->rows[i].cells);
	}
	for (size_t k = 0; k < table->column_count; k++)
		free(table->columns[k].title);
	for (size_t i = 0; i < table->note_count; i++)
		free(table->notes[i]);
	free(table->rows);
	free(table->columns);
	free(table->notes);
	free(table->id);
	free(table->caption);
	free(table);
}

void table_column(struct table *table, const char *title, bool numbers)
{
	assert(table->row_count == 0);
	table->columns =
		memory_resize(table->columns, table->column_count + 1, sizeof(*table->columns));
	table->columns[table->column_count++] =
		(struct column){ .title = clean(title), .numbers = numbers };
}

struct row *table_row(struct table *table, enum row_kind kind)
{
	struct row *row;

	assert(table->column_count > 0);
	table->rows =
		memory_grow(table->rows, table->row_count, &table->row_room, sizeof(*table->rows));
	row = &table->rows[table->row_count++];
	row->kind = kind;
	row->cells = memory_new(table->column_count, sizeof(*row->cells));
	return row;
}

size_t table_note(struct table *table, const char *text)
{
	char *note = clean(text);

	for (size_t i = 0; i < table->note_count; i++) {
		if (strcmp(table->notes[i], note) == 0) {
			free(note);
			return i + 1;
		}
	}
	table->notes = memory_grow(table->notes, table->note_count, &table->note_room,
				   sizeof(*table->notes));
	table->notes[table->note_count++] = note;
	return table->note_count;
}

/* The cell anew; the note it refers to stays. */
static void cell_become(struct cell *cell, enum cell_kind kind)
{
	free(cell->text);
	*cell = (struct cell){ .kind = kind, .note = cell->note };
}

void cell_text(struct cell *cell, const char *text)
{
	cell_become(cell, CELL_TEXT);
	cell->text = clean(text);
}

void cell_number(struct cell *cell, int64_t number, int decimals)
{
	cell_become(cell, CELL_NUMBER);
	cell->number = number;
	cell->decimals = decimals;
}

void cell_share(struct cell *cell, int64_t low, int64_t high)
{
	cell_become(cell, CELL_SHARE);
	cell->number = low;
	cell->high = high;
}

void cell_day(struct cell *cell, int32_t day)
{
	cell_become(cell, CELL_DAY);
	cell->day = day;
}

/* A word that lives as long as the document. There are few different ones. */
static const char *keep_word(struct document *document, const char *word)
{
	if (!word)
		return NULL;
	for (size_t i = 0; i < document->word_count; i++)
		if (strcmp(document->words[i], word) == 0)
			return document->words[i];
	document->words = memory_grow(document->words, document->word_count, &document->word_room,
				      sizeof(*document->words));
	return document->words[document->word_count++] = clean(word);
}

void cell_figure(struct document *document, struct cell *cell, const struct figure *figure,
		 const struct figure_name *name, const char *mark)
{
	const char *const texts[] = { name->entity, name->section, name->account,
				      name->metric, name->title,   name->label };
	struct kept_figure *kept = memory_new(1, sizeof(*kept));

	kept->figure = *figure;
	kept->figure.source = keep_word(document, figure->source);
	kept->figure.zone = keep_word(document, figure->zone);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		kept->texts[i] = clean_or_null(texts[i]);
	kept->name = (struct figure_name){
		.entity = kept->texts[0],
		.section = kept->texts[1],
		.account = kept->texts[2],
		.metric = kept->texts[3],
		.title = kept->texts[4],
		.label = kept->texts[5],
		.period = name->period,
		.unit = name->unit,
	};
	document->figures = memory_grow(document->figures, document->figure_count,
					&document->figure_room, sizeof(struct kept_figure *));
	document->figures[document->figure_count++] = kept;
	cell_become(cell, CELL_FIGURE);
	cell->figure = &kept->figure;
	cell->name = &kept->name;
	cell->text = clean_or_null(mark);
}

/* --- charts */

struct chart *chart_new(enum chart_kind kind, const char *title, const char *unit, int decimals)
{
	struct chart *chart = memory_new(1, sizeof(*chart));

	chart->kind = kind;
	chart->title = clean(title);
	chart->unit = clean(unit ? unit : "");
	chart->decimals = decimals;
	chart->table = memory_text("");
	return chart;
}

struct chart *document_chart(struct document *document, enum chart_kind kind, const char *title,
			     const char *unit, int decimals, const struct table *table)
{
	struct chart *chart = chart_new(kind, title, unit, decimals);

	if (table) {
		free(chart->table);
		chart->table = memory_text(table->id);
	}
	add_block(document, BLOCK_CHART)->chart = chart;
	return chart;
}

void chart_free(struct chart *chart)
{
	if (!chart)
		return;
	for (size_t i = 0; i < chart->category_count; i++)
		free(chart->categories[i]);
	for (size_t i = 0; i < chart->series_count; i++) {
		free(chart->series[i].label);
		free(chart->series[i].points);
	}
	free(chart->categories);
	free(chart->series);
	free(chart->title);
	free(chart->unit);
	free(chart->table);
	free(chart);
}

void chart_category(struct chart *chart, const char *label)
{
	assert(chart->series_count == 0);
	chart->categories = memory_resize(chart->categories, chart->category_count + 1,
					  sizeof(*chart->categories));
	chart->categories[chart->category_count++] = clean(label);
}

struct chart_series *chart_series_add(struct chart *chart, const char *label)
{
	struct chart_series *series;

	chart->series =
		memory_resize(chart->series, chart->series_count + 1, sizeof(*chart->series));
	series = &chart->series[chart->series_count++];
	series->label = clean(label);
	series->points = memory_new(chart->category_count, sizeof(*series->points));
	return series;
}

struct chart_point chart_point_of(const struct figure *figure)
{
	struct chart_point point = {
		.known = figure->form != FIGURE_NONE,
		.value = figure->value,
		.low = figure->low,
		.high = figure->high,
		.open = figure->form == FIGURE_AT_LEAST,
		.provisional = figure->provisional,
	};

	if (!point.known)
		return (struct chart_point){ 0 };
	if (figure_is_partial_mean(figure)) {
		point.incomplete = true;
		point.open = false;
		point.low = point.high = point.value;
	}
	if (point.open)
		point.value = point.high = point.low;
	return point;
}

/* --- renderers */

const char *document_title(const struct document *document)
{
	return document->head.title ? document->head.title : say("Report");
}

int document_format_of(const char *path, enum document_format *ret)
{
	static const struct {
		const char *end;
		enum document_format format;
	} ends[] = {
		{ ".html", DOCUMENT_HTML }, { ".htm", DOCUMENT_HTML },
		{ ".xlsx", DOCUMENT_XLSX }, { ".md", DOCUMENT_MARKDOWN },
		{ ".json", DOCUMENT_JSON }, { ".csv", DOCUMENT_CSV },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (strcasecmp(dot, ends[i].end) == 0) {
			*ret = ends[i].format;
			return 0;
		}
	}
	return -1;
}

int document_render(const struct document *document, enum document_format format,
		    struct language *language, FILE *out, const char *path, struct error *err)
{
	language_use(language);
	switch (format) {
	case DOCUMENT_HTML:
		return html_render(document, language, out, err);
	case DOCUMENT_XLSX:
		return xlsx_render(document, language, path, err);
	case DOCUMENT_MARKDOWN:
		return markdown_render(document, language, out, err);
	case DOCUMENT_JSON:
		return document_json(document, language, out, err);
	case DOCUMENT_CSV:
		return document_csv(document, language, out, err);
	}
	return error_set(err, ERROR_OURS, "no such format of a document");
}
