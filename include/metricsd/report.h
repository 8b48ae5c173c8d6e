/*
 * Figures as people and programs read them: tables for a terminal, CSV and JSON for machines.
 *
 * Pure: everything writes to the stream it is given, nothing is looked up. The layouts for machines
 * are a public interface, docs/formats.md; their version rises when a field changes its meaning or
 * goes.
 */
#ifndef METRICSD_REPORT_H
#define METRICSD_REPORT_H

#include "metricsd/figure.h"
#include "metricsd/period.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct language;

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_JSON };

/* "table", "csv", "json": 0, or -1 for another word. */
int report_format_parse(const char *word, enum report_format *ret);

/* How a table may look. */
struct look {
	bool colour;
	int width; /* columns a table should fit in; 0: 100 */
};

/* --- a table of words ---------------------------------------------------------------------------
 */

/*
 * Cells in rows and columns, aligned by what they take on a screen (an accent is no column, a wide
 * character two). Control characters from outside are shown as '?'.
 */
enum { GRID_COLUMNS = 16 };

enum paint { PAINT_PLAIN, PAINT_BOLD, PAINT_DIM, PAINT_GOOD, PAINT_WARN, PAINT_BAD };

struct grid {
	struct grid_cell {
		uint32_t at, length; /* in `text` */
		enum paint paint;
	} * cells;
	size_t count, room;
	struct text text;
	size_t columns;
	bool right[GRID_COLUMNS]; /* numbers: aligned to the right */
};

/* An empty grid of `columns` columns, those named in `right` ("rl" from the left) to the right. */
void grid_begin(struct grid *grid, const char *alignment);
void grid_cell(struct grid *grid, enum paint paint, const char *string);
/* The rest of the row stays empty; a row with one cell only spans the width. */
void grid_end_row(struct grid *grid);
void grid_print(const struct grid *grid, const struct look *look, FILE *out);
void grid_clear(struct grid *grid);

/* Columns a string takes on a screen. */
int display_width(const char *string);

/* `string` in lines of at most `width` columns; those after the first begin with `indent` blanks.
 */
void print_wrapped(const char *string, int width, int indent, FILE *out);

static inline void scoped_grid(struct grid *grid)
{
	grid_clear(grid);
}

/* --- records for programs -----------------------------------------------------------------------
 */

/*
 * The same fields in the same order, record after record, as CSV (RFC 4180, a header line, the
 * version in the first column) or JSON ({"format":…,"version":…,"records":[…]}). Names are static.
 * Bytes that are no UTF-8 become U+FFFD; a text cell that a spreadsheet would take for a formula
 * gets an apostrophe before it.
 */
struct records {
	FILE *out;
	enum report_format format; /* REPORT_CSV or REPORT_JSON */
	int version;
	size_t count;     /* records begun */
	bool first_field; /* of this record */
	struct text names, line;
};

void records_begin(struct records *records, enum report_format format, const char *name,
		   int version, FILE *out);
void records_next(struct records *records);
void records_text(struct records *records, const char *name, const char *text); /* NULL, "": null */
void records_number(struct records *records, const char *name, int64_t number);
/* 337 with 1 decimal is 33.7 */
void records_decimal(struct records *records, const char *name, int64_t number, int decimals);
void records_flag(struct records *records, const char *name, bool flag);
void records_none(struct records *records, const char *name);
void records_day(struct records *records, const char *name, int32_t day);   /* DAY_NONE: null */
void records_time(struct records *records, const char *name, int64_t time); /* 0: null */
/* CSV "2025-10-01..2025-10-31,2025-11-04", JSON [{"first":…,"last":…},…] */
void records_days(struct records *records, const char *name, const struct days *days);
/* CSV "a b", JSON ["a","b"]; `names` ends with NULL */
void records_names(struct records *records, const char *name, const char *const *names);
void records_end(struct records *records);

/* --- figures ------------------------------------------------------------------------------------
 */

enum sheet_section { SHEET_ACCOUNTS, SHEET_GROUPS, SHEET_DERIVED };

/* One metric of an account, group or derived name; a figure for each column of the sheet. */
struct sheet_row {
	enum sheet_section section;
	const char *account; /* id */
	const char *title;   /* for people */
	const char *metric;  /* id; NULL: nothing is stored and nothing expected of the account */
	const char *label;   /* English of the catalogue, or as the office wrote it */
	const struct figure *figures;
};

enum { SHEET_COLUMNS = 64 };

/* Everything one entity's table says. Figures of two entities never meet in one. */
struct sheet {
	const char *entity;
	const char *name;
	const char *notice; /* above everything ("SIMULADO"), or NULL */
	const char *zone;
	int32_t today;        /* the entity's: a level is late by what has passed */
	struct period period; /* what was asked for */
	const struct period
		*columns;    /* its months and, when there are several, itself at the end */
	size_t column_count; /* at most SHEET_COLUMNS */
	const struct sheet_row *rows; /* accounts, groups, derived; those of an account together */
	size_t row_count;
};

void sheet_print(const struct sheet *sheet, struct language *language, const struct look *look,
		 FILE *out);

enum { SHEET_VERSION = 1 };
#define SHEET_FORMAT "metricsd.summary"

/* Its figures appended to `records`, one each; labels in the language. */
void sheet_records(const struct sheet *sheet, struct language *language, struct records *records);

/* "73.300 ± 50", "≥ 4.800", "73.250–100.100", "—" as a table says it. */
void figure_print(const struct figure *figure, struct language *language, struct text *out);

/* A sample's value the same way. */
struct sample;
void sample_print(const struct sample *sample, struct language *language, struct text *out);

/* "exact", "between", "at-least", "none", as the layouts for machines say. */
const char *figure_form_name(enum figure_form form);

#endif
