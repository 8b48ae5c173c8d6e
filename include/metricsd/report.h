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

struct error;
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

/* `words`, tame, in lines of at most `width` columns; those after the first begin with `indent`
 * blanks. */
void print_wrapped(const char *words, int width, int indent, FILE *out);

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

/* One of a figure's numbers; null when it is not known. */
void records_bound(struct records *records, const char *name, bool known, int64_t number,
		   int decimals);
/* A figure's number and bounds: form, value (null where it is none), low, high. */
void records_bounds(struct records *records, const struct figure *figure);
/* All that is said of a figure, beginning with what it is of; `notice` may be NULL. */
struct figure_name;
void records_figure(struct records *records, const struct figure_name *name, const char *notice,
		    const struct figure *figure);

/* --- figures ------------------------------------------------------------------------------------
 */

enum sheet_section { SHEET_ACCOUNTS, SHEET_GROUPS, SHEET_DERIVED };

/* The whole period beside an earlier one: the one before it, the same one a year before. */
enum beside { BESIDE_BEFORE, BESIDE_YEAR_BEFORE, BESIDES };

/* One metric of an account, group or derived name; a figure for each column of the sheet. */
struct sheet_row {
	enum sheet_section section;
	enum metric_unit unit;
	const char *account; /* id */
	const char *title;   /* for people */
	const char *metric;  /* id; NULL: nothing is stored and nothing expected of the account */
	const char *label;   /* English of the catalogue, or as the office wrote it */
	const struct figure *figures;
	/* BESIDES of them: how the last column differs; NULL in a sheet that does not compare */
	const struct comparison *compared;
	/* what was published of each column, NULL for what was not; itself NULL when nothing is
	 * closed */
	const struct figure *const *published;
};

/* A figure that is another than the one that was published. */
struct sheet_difference {
	const char *title, *label;   /* for people */
	const struct period *period; /* a column of the sheet */
	const struct figure *before; /* published; NULL: it was not */
	const struct figure *today;  /* NULL: it is not shown any more */
	int32_t changed;             /* day of the newest number behind it, DAY_NONE: not known */
};

/* A closed period that holds the one of the sheet. */
struct sheet_closing {
	struct period period;
	int64_t at;  /* time */
	int32_t day; /* the entity's */
	const char *by;
	const char *note;   /* or NULL */
	const char *sha256; /* of its canonical figures */
	const struct sheet_difference *differences;
	size_t count;
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
	bool compares;                       /* rows have `compared` */
	struct period beside[BESIDES];       /* window.days 0: there is none */
	const struct sheet_closing *closing; /* NULL: nothing is closed */
};

void sheet_print(const struct sheet *sheet, struct language *language, const struct look *look,
		 FILE *out);

enum { SHEET_VERSION = 1 };
#define SHEET_FORMAT "metricsd.summary"

/* Its figures appended to `records`, one each; labels in the language. Those of a sheet that
 * compares have more fields: sheets of both kinds never meet in one list. */
void sheet_records(const struct sheet *sheet, struct language *language, struct records *records);

/* "account", "group", "derived"; "final", "revisable", "provisional"; "count", "percent",
 * "yes-no"; "comparable", "other-sources", "nothing", "incomplete", "broken", "inconsistent" – as
 * the layouts for machines say. */
const char *sheet_section_name(enum sheet_section section);
const char *figure_state_name(const struct figure *figure);
const char *metric_unit_name(enum metric_unit unit);
const char *comparability_name(enum comparability how);

/* --- figures that are frozen */

/*
 * The sheet's figures as canonical JSON (docs/formats.md): sorted keys, UTF-8, raw numbers, no
 * blanks, no language, records sorted by their ids. Appended to `out`, which should have no ceiling
 * of its own: it is given one that is high enough.
 */
void sheet_canonical(const struct sheet *sheet, struct text *out);

/* One figure of canonical JSON: what names it, and of the figure all that was written. What makes
 * two figures comparable (said_by, counted_by, definition) is not. */
struct frozen {
	char *section, *account, *metric, *period;
	char *source, *zone; /* the figure's */
	struct figure figure;
};

struct frozen_list {
	struct frozen *items; /* sorted as they were written */
	size_t count, room;
};

/* ERROR_MALFORMED for what sheet_canonical() never wrote. The caller clears the list. */
int canonical_read(const char *json, struct frozen_list *ret, struct error *err);
void frozen_clear(struct frozen_list *list);

/* NULL: there is none. */
const struct frozen *frozen_find(const struct frozen_list *list, enum sheet_section section,
				 const char *account, const char *metric, const char *period);

/* Whether both say the same number with the same bounds; how they came about does not matter. */
bool figure_same(const struct figure *a, const struct figure *b);

static inline void scoped_frozen(struct frozen_list *list)
{
	frozen_clear(list);
}

/* --- figures in words */

/* "73.300 ± 50", "≥ 4.800", "73.250–100.100", "33,7 (3/6)" (a mean that is not of all), "—" as a
 * table says it. */
void figure_print(const struct figure *figure, struct language *language, struct text *out);

/* "61/92 days", "3/6 records", of a level "as of 31 oct; 21 days lack". */
void coverage_print(const struct figure *figure, struct language *language, struct text *out);

/* The day of a level that is known: "31 oct", of several "31 oct–22 nov". */
void level_day_print(const struct figure *figure, struct language *language, struct text *out);

/* "45.3%", as the language writes it; `number` is printed already. */
void percent_print(const char *number, struct text *out);

/* "+1.200 (+5,2 %)", "+100–+300 (+1,0 %–+3,0 %)" of figures with so many decimals; "not
 * comparable" where they are not. */
void comparison_print(const struct comparison *comparison, int decimals, struct language *language,
		      struct text *out);

/* A sample's value the same way. */
struct sample;
void sample_print(const struct sample *sample, struct language *language, struct text *out);

/* "exact", "between", "at-least", "none", as the layouts for machines say. */
const char *figure_form_name(enum figure_form form);

#endif
