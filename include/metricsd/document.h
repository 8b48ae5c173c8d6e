/*
 * A report before anybody decides how it looks: a head and blocks in their order. Whoever makes it
 * (from figures, registers, plans) knows no HTML, whoever renders it no figures' rules.
 *
 * A document owns all that is put into it; texts are copied, bytes that are no UTF-8 and control
 * characters become U+FFFD on the way. It is in one language, and so are the texts of its maker;
 * what renderers add themselves they say in the language they are given.
 *
 * What a figure says of itself (at least, provisional, incomplete, an estimate, …) every renderer
 * marks in words without being told, and explains at the document's end.
 */
#ifndef METRICSD_DOCUMENT_H
#define METRICSD_DOCUMENT_H

#include "metricsd/day.h"
#include "metricsd/figure.h"
#include "metricsd/period.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct error;
struct language;
struct text;

/* --- tables */

#define CELL_OPEN INT64_MAX /* "at least": nothing bounds it above */

enum cell_kind {
	CELL_EMPTY, /* nothing belongs here */
	CELL_TEXT,
	CELL_NUMBER, /* a plain number: a budget, a count of lines */
	CELL_SHARE,  /* thousandths, printed in percent; [number, high], high CELL_OPEN: open */
	CELL_DAY,
	CELL_FIGURE,
};

/* What a figure is of: names it in the tidy layouts, in charts and for the reader of a spreadsheet.
 */
struct figure_name {
	const char *entity, *section; /* "account", "group", "derived" */
	const char *account, *metric; /* ids */
	const char *title, *label;    /* for people */
	struct period period;
	enum metric_unit unit;
};

struct cell {
	enum cell_kind kind;
	char *text; /* TEXT; of a FIGURE what else there is to mark ("published 208.800"), or NULL
		     */
	int64_t number, high;           /* NUMBER, SHARE */
	int decimals;                   /* NUMBER */
	int32_t day;                    /* DAY */
	const struct figure *figure;    /* FIGURE; the document's, as its source and zone are */
	const struct figure_name *name; /* FIGURE; the document's */
	size_t note; /* number of the table's note it refers to, from 1; 0: none */
};

struct column {
	char *title;
	bool numbers; /* aligned to the right */
};

enum row_kind { ROW_PLAIN, ROW_TOTAL, ROW_HEAD /* one cell over the whole width */ };

struct row {
	enum row_kind kind;
	struct cell *cells; /* as many as there are columns; the first is the row's head */
};

struct table {
	char *id; /* unique in the document; letters, digits and hyphens: anchors, names of sheets
		   */
	char *caption;
	struct column *columns;
	size_t column_count;
	struct row *rows;
	size_t row_count, row_room;
	char **notes; /* below it: whose days, which source, what lacks */
	size_t note_count, note_room;
	bool sources; /* the table of sources and coverage: a spreadsheet's last */
};

/* --- charts */

enum chart_kind { CHART_BARS, CHART_LINES };

struct chart_point {
	bool known;        /* else a gap, never a zero */
	int64_t value;     /* in units of the chart's 10^-decimals */
	int64_t low, high; /* bounds drawn as a whisker; equal to value: none */
	bool open;         /* at least: high is no bound */
	bool provisional;
	bool incomplete; /* a mean of those that are known */
};

struct chart_series {
	char *label;
	struct chart_point *points; /* one a category; unknown until they are set */
};

struct chart {
	enum chart_kind kind;
	char *title; /* what it shows, also for who cannot see it */
	char *unit;  /* label of the axis */
	int decimals;
	char **categories;
	size_t category_count;
	struct chart_series *series;
	size_t series_count;
	char *table; /* id of the table with the same numbers; "": renderers add one */
};

/* --- the document */

enum block_kind { BLOCK_HEADING, BLOCK_PARAGRAPH, BLOCK_LIST, BLOCK_TABLE, BLOCK_CHART };

struct block {
	enum block_kind kind;
	int level;    /* HEADING: 1 to 3, the title above them is the head's */
	char *text;   /* HEADING, PARAGRAPH */
	char **items; /* LIST */
	size_t item_count;
	struct table *table;
	struct chart *chart;
	bool page; /* begins a new page on paper */
};

/* What stands in the block of document control: NULL where nothing was said. */
struct document_head {
	char *title, *entity, *period, *process, *code, *version;
	char *notice; /* over everything and on every page: "SIMULADO" */
	char *closed; /* "closed on 15 ene 2026, SHA-256 …" */
	int32_t date; /* DAY_NONE: no date is printed */
};

struct document {
	struct document_head head;
	char *language; /* "es-CO" */
	struct block *blocks;
	size_t count, room;
	struct kept_figure **figures;
	size_t figure_count, figure_room;
	char **words; /* sources and zones, each once */
	size_t word_count, word_room;
	bool page; /* the next block begins a new page */
};

struct document *document_new(const char *language);
void document_free(struct document *document);

/* `text` becomes a field of the head; what stood there is freed. NULL: nothing is said. */
void document_head_text(char **field, const char *text);

/* What is appended next begins a new page on paper. */
void document_page(struct document *document);

/* Each appends a block. Tables and charts are borrowed until the document is freed. */
void document_heading(struct document *document, int level, const char *text);
void document_paragraph(struct document *document, const char *text);
void document_list(struct document *document, const char *const *items, size_t count);
struct table *document_table(struct document *document, const char *id, const char *caption);
/* `table` holds the same numbers, or is NULL. */
struct chart *document_chart(struct document *document, enum chart_kind kind, const char *title,
			     const char *unit, int decimals, const struct table *table);

void table_column(struct table *table, const char *title, bool numbers);
/* A row with all its cells EMPTY; borrowed until the next row. Columns come first. */
struct row *table_row(struct table *table, enum row_kind kind);
/* The number of the note, from 1: an equal one that stands already is not repeated. */
size_t table_note(struct table *table, const char *text);
void cell_text(struct cell *cell, const char *text);
void cell_number(struct cell *cell, int64_t number, int decimals);
void cell_share(struct cell *cell, int64_t low, int64_t high);
void cell_day(struct cell *cell, int32_t day);
/* A copy of the figure and of `name`, their texts too. `mark` adds what the figure itself does not
 * say, or is NULL. */
void cell_figure(struct document *document, struct cell *cell, const struct figure *figure,
		 const struct figure_name *name, const char *mark);

/* A chart outside a document: chart_svg() and chart_png() want no more. */
struct chart *chart_new(enum chart_kind kind, const char *title, const char *unit, int decimals);
void chart_free(struct chart *chart);
void chart_category(struct chart *chart, const char *label);
/* After all categories. Borrowed until the next series. */
struct chart_series *chart_series_add(struct chart *chart, const char *label);
/* What a figure is in a chart of as many decimals as it has. */
struct chart_point chart_point_of(const struct figure *figure);

/* --- renderers: 0, or -1 with `err` when the stream or the library fails */

enum document_format {
	DOCUMENT_HTML,
	DOCUMENT_XLSX,
	DOCUMENT_MARKDOWN,
	DOCUMENT_JSON,
	DOCUMENT_CSV
};

/* By the name's end: .html .htm .xlsx .md .json .csv. -1: another one. */
int document_format_of(const char *path, enum document_format *ret);

/* All but XLSX go to any stream, `path` is then NULL. XLSX makes the file `path`; `out` is NULL.
 * The same document gives the same bytes. */
int document_render(const struct document *document, enum document_format format,
		    struct language *language, FILE *out, const char *path, struct error *err);

/* One chart as a picture of its own, `width` and `height` in pixels. What is drawn is laid out on a
 * sheet 640 units wide, so that words are as legible at any size. `out` needs a ceiling above what
 * 400 points take (TEXT_UP_TO). A PNG's words want a font (fonts-dejavu-core). */
int chart_svg(const struct chart *chart, struct language *language, int width, int height,
	      struct text *out, struct error *err);
int chart_png(const struct chart *chart, struct language *language, int width, int height,
	      const char *path, struct error *err);

static inline void scoped_document(struct document **document)
{
	document_free(*document);
}

static inline void scoped_chart(struct chart **chart)
{
	chart_free(*chart);
}

#endif
