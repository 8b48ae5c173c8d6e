/*
 * A document as a workbook: a sheet with its words, one for each table, and at the end where the
 * numbers come from.
 *
 * A figure that is one number is a number, its "≥" and "≈" are its format's, so that it is seen and
 * still adds up; one that is none (unknown, two bounds) is a text, which no sum takes for 0. What
 * else there is to say of a column's figures stands in words in a column of its own to its right,
 * "state", which is there where something is to be said.
 *
 * All text goes in as strings: whatever it looks like, nothing of it is a formula.
 */
#include "render.h"
#include "sheet_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xlsxwriter.h>

enum {
	NAME_LETTERS = 31, /* of a sheet's name */
	NAME_BYTES = 4 * NAME_LETTERS + 1,
	STRING_MAX = 32000,   /* characters of a cell, of which a sheet takes 32,767 */
	MARGIN_LETTERS = 200, /* of a line in a page's margin, which may hold 255 */
	FORMAT_BYTES = 64,
	WIDTH_MIN = 9,
	WIDTH_MAX = 48,
	STATE_WIDTH_MAX = 24,
	WORDS_WIDTH = 76, /* a sheet of paper upright */
	CHART_ROWS = 17,  /* what a chart covers */
	CHART_WIDTH = 620,
	CHART_HEIGHT = 320,
	LABELLED_MAX = 24,
	LANDSCAPE_WIDTH = 95, /* characters that are too many for a sheet of paper upright */
	LINE_POINTS = 15,     /* of a line of text */
	TITLE_POINTS = 20,
	CATEGORIES_WIDTH = 22,
	SERIES_WIDTH = 14,
	DAY_1970 = 25569, /* days of a spreadsheet's calendar before it */
};

/* Without a date of its own a file is from here on: its bytes tell nothing of when it was made. */
#define NO_DATE 946684800 /* 2000-01-01 */

enum manner {
	BOLD = 1 << 0,
	WRAP = 1 << 1,
	RIGHT = 1 << 2,
	HEADER = 1 << 3,
	TOTAL = 1 << 4,
	HEAD = 1 << 5,
	TITLE = 1 << 6,
	ITALIC = 1 << 7,
	LEFT = 1 << 8,
};

struct known_format {
	char numbers[FORMAT_BYTES];
	unsigned manner;
	lxw_format *format;
};

struct book {
	const struct document *document;
	struct language *language;
	lxw_workbook *workbook;
	struct known_format *formats;
	size_t format_count, format_room;
	char (*names)[NAME_BYTES]; /* of sheets, as many as there are blocks and some */
	size_t name_count;
	const char *section; /* the heading of the part the sheet belongs to, or NULL */
	lxw_error error;     /* the first */
};

static void check(struct book *book, lxw_error error)
{
	if (book->error == LXW_NO_ERROR)
		book->error = error;
}

/* --- formats */

static void dress(lxw_format *format, unsigned manner)
{
	format_set_align(format,
			 manner & HEADER ? LXW_ALIGN_VERTICAL_BOTTOM : LXW_ALIGN_VERTICAL_TOP);
	if (manner & (BOLD | HEADER | TOTAL | HEAD | TITLE))
		format_set_bold(format);
	if (manner & (WRAP | HEADER))
		format_set_text_wrap(format);
	if (manner & RIGHT)
		format_set_align(format, LXW_ALIGN_RIGHT);
	if (manner & LEFT)
		format_set_align(format, LXW_ALIGN_LEFT);
	if (manner & HEADER)
		format_set_bottom(format, LXW_BORDER_MEDIUM);
	if (manner & TOTAL)
		format_set_top(format, LXW_BORDER_THIN);
	if (manner & (HEADER | HEAD)) {
		format_set_pattern(format, LXW_PATTERN_SOLID);
		format_set_bg_color(format, 0xEEF2F7);
	}
	if (manner & TITLE)
		format_set_font_size(format, 14);
	if (manner & ITALIC) {
		format_set_italic(format);
		format_set_indent(format, 1);
	}
}

/* The one format of a kind; `numbers` "" for a text. */
static lxw_format *format_of(struct book *book, const char *numbers, unsigned manner)
{
	struct known_format *known;

	for (size_t i = 0; i < book->format_count; i++) {
		known = &book->formats[i];
		if (known->manner == manner && strcmp(known->numbers, numbers) == 0)
			return known->format;
	}
	book->formats = memory_grow(book->formats, book->format_count, &book->format_room,
				    sizeof(*book->formats));
	known = &book->formats[book->format_count++];
	*known = (struct known_format){ .manner = manner };
	(void)snprintf(known->numbers, sizeof(known->numbers), "%s", numbers);
	known->format = workbook_add_format(book->workbook);
	if (*numbers)
		format_set_num_format(known->format, known->numbers);
	dress(known->format, manner);
	return known->format;
}

static bool is_spanish(const struct book *book)
{
	return strncmp(language_name(book->language), "es", 2) == 0;
}

/* Spanish is Colombia's wherever the file is opened, as far as the program heeds it. */
static const char *locale_of(const struct book *book)
{
	return is_spanish(book) ? "[$-240A]" : "";
}

/* "#,##0.0", as the file has it in every language, and what stands round it. */
static void number_format(const struct book *book, char ret[FORMAT_BYTES], const char *before,
			  int decimals, const char *behind)
{
	(void)snprintf(ret, FORMAT_BYTES, "%s%s#,##0%s%.*s%s", locale_of(book), before,
		       decimals > 0 ? "." : "", decimals > 0 ? decimals : 0, "000000000", behind);
}

static double number_of(int64_t number, int decimals)
{
	return (double)number / pow(10, decimals);
}

/* --- texts */

/* At most `letters` characters of a text. */
static size_t cut(const char *text, size_t letters)
{
	size_t length = 0;

	while (text[length]) {
		if (((unsigned char)text[length] & 0xC0) != 0x80 && letters-- == 0)
			break;
		length++;
	}
	return length;
}

static void write_text(struct book *book, lxw_worksheet *sheet, size_t row, size_t column,
		       const char *text, lxw_format *format)
{
	SCOPED(memory)
	char *shown = memory_text_n(text, cut(text, STRING_MAX));

	if (*shown)
		check(book, worksheet_write_string(sheet, (lxw_row_t)row, (lxw_col_t)column, shown,
						   format));
	else
		check(book,
		      worksheet_write_blank(sheet, (lxw_row_t)row, (lxw_col_t)column, format));
}

/* Lines a text takes in a column of that width. */
static size_t lines_of(const char *text, double width)
{
	size_t lines = 0;

	for (;;) {
		size_t length = strcspn(text, "\n");
		SCOPED(memory)
		char *line = memory_text_n(text, length);

		/* words do not fill the lines they are broken into */
		lines += 1 + (size_t)(display_width(line) * 1.1 / width);
		if (!text[length])
			return lines;
		text += length + 1;
	}
}

static size_t more_lines(size_t lines, const char *text, double width)
{
	size_t own = lines_of(text, width);

	return own > lines ? own : lines;
}

/* A row is as high as its texts: not every program measures them itself. */
static void set_height(struct book *book, lxw_worksheet *sheet, size_t row, size_t lines,
		       double points)
{
	if (lines > 1)
		check(book, worksheet_set_row(sheet, (lxw_row_t)row, (double)lines * points, NULL));
}

/* --- sheets */

static bool name_is_used(const struct book *book, const char *name)
{
	for (size_t i = 0; i < book->name_count; i++)
		if (strcasecmp(book->names[i], name) == 0)
			return true;
	return false;
}

/* How many begin like that. Sixty entities have sixty sheets of one name, so that trying each
 * number would take its time. */
static int count_alike(const struct book *book, const char *clean)
{
	size_t length = strlen(clean);
	int alike = 0;

	for (size_t i = 0; i < book->name_count; i++)
		alike += strncasecmp(book->names[i], clean, length) == 0;
	return alike;
}

/* A name a sheet may have and none has yet: "redes", "redes 2". */
static const char *new_name(struct book *book, const char *wish)
{
	char *name = book->names[book->name_count];
	char clean[NAME_BYTES];
	size_t length = cut(wish, NAME_LETTERS - 4);

	(void)snprintf(clean, sizeof(clean), "%.*s", (int)length, wish);
	for (char *c = clean; *c; c++)
		if (strchr("[]:*?/\\'", *c) || iscntrl((unsigned char)*c))
			*c = '-';
	if (!*clean || strcasecmp(clean, "history") == 0)
		(void)snprintf(clean, sizeof(clean), "%s", say("Table"));
	(void)snprintf(name, NAME_BYTES, "%s", clean);
	for (int i = count_alike(book, clean) + 1; name_is_used(book, name); i++)
		(void)snprintf(name, NAME_BYTES, "%.*s %d", NAME_BYTES - 12, clean, i);
	book->name_count++;
	return name;
}

/* In a page's margin an ampersand begins a command. */
static void add_margin(struct text *out, const char *text)
{
	size_t length = cut(text, 60);

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '&')
			text_add_char(out, '&');
		text_add_char(out, (char)(text[i] == '\n' ? ' ' : text[i]));
	}
}

static void set_margins(struct book *book, lxw_worksheet *sheet)
{
	const struct document_head *head = &book->document->head;
	SCOPED(text)
	struct text top = { 0 };
	SCOPED(text)
	struct text bottom = { 0 };

	text_add(&top, "&L");
	add_margin(&top, head->process ? head->process : document_title(book->document));
	if (head->notice) {
		text_add(&top, "&C&\"-,Bold\"");
		add_margin(&top, head->notice);
	}
	text_add(&top, "&R");
	if (head->code)
		add_margin(&top, head->code);
	text_add(&bottom, "&L");
	if (head->entity)
		add_margin(&bottom, head->entity);
	text_add(&bottom, "&R&P / &N");
	if (cut(text_str(&top), MARGIN_LETTERS) == top.length)
		check(book, worksheet_set_header(sheet, text_str(&top)));
	if (cut(text_str(&bottom), MARGIN_LETTERS) == bottom.length)
		check(book, worksheet_set_footer(sheet, text_str(&bottom)));
}

static lxw_worksheet *add_sheet(struct book *book, const char *wish)
{
	lxw_worksheet *sheet = workbook_add_worksheet(book->workbook, new_name(book, wish));

	if (!sheet) {
		check(book, LXW_ERROR_SHEETNAME_ALREADY_USED);
		return NULL;
	}
	set_margins(book, sheet);
	worksheet_fit_to_pages(sheet, 1, 0);
	return sheet;
}

/* --- a table */

/* Where the table's columns stand in the sheet. */
struct columns {
	size_t *at;     /* of each column */
	bool *stated;   /* whether its state stands behind it */
	double *widths; /* of the sheet's */
	size_t count;   /* the sheet's */
};

/* What is said of a cell behind it. */
static void add_state(struct book *book, const struct cell *cell, struct text *out)
{
	text_reset(out);
	cell_marks(cell, book->language, true, out);
	if (cell->note && cell->kind != CELL_TEXT)
		text_addf(out, "%s%s %zu", out->length ? ", " : "", say("note"), cell->note);
}

static double width_for(double width, const char *text)
{
	return fmax(width, fmin(display_width(text) + 2, WIDTH_MAX));
}

static void measure_column(struct book *book, const struct table *table, size_t column,
			   struct columns *columns)
{
	size_t at = columns->at[column];
	SCOPED(text)
	struct text text = TEXT_UP_TO(WORDS_ROOM);

	columns->widths[at] =
		fmax(WIDTH_MIN, fmin(display_width(table->columns[column].title) + 2, 24));
	if (columns->stated[column])
		columns->widths[at + 1] = WIDTH_MIN;
	for (size_t i = 0; i < table->row_count; i++) {
		const struct cell *cell = &table->rows[i].cells[column];

		if (table->rows[i].kind == ROW_HEAD)
			continue;
		text_reset(&text);
		cell_print(cell, book->language, &text);
		columns->widths[at] = width_for(columns->widths[at], text_str(&text));
		if (!columns->stated[column])
			continue;
		add_state(book, cell, &text);
		columns->widths[at + 1] =
			fmin(width_for(columns->widths[at + 1], text_str(&text)), STATE_WIDTH_MAX);
	}
}

static bool is_stated(struct book *book, const struct table *table, size_t column)
{
	SCOPED(text)
	struct text text = TEXT_UP_TO(WORDS_ROOM);

	for (size_t i = 0; i < table->row_count; i++) {
		add_state(book, &table->rows[i].cells[column], &text);
		if (text.length)
			return true;
	}
	return false;
}

static void plan_columns(struct book *book, const struct table *table, struct columns *ret)
{
	*ret = (struct columns){
		.at = memory_new(table->column_count, sizeof(*ret->at)),
		.stated = memory_new(table->column_count, sizeof(*ret->stated)),
		.widths = memory_new(2 * table->column_count, sizeof(*ret->widths)),
	};
	for (size_t k = 0; k < table->column_count; k++) {
		ret->at[k] = ret->count;
		ret->stated[k] = is_stated(book, table, k);
		ret->count += ret->stated[k] ? 2 : 1;
		measure_column(book, table, k, ret);
	}
}

static void columns_clear(struct columns *columns)
{
	free(columns->at);
	free(columns->stated);
	free(columns->widths);
}

static void write_printed(struct book *book, lxw_worksheet *sheet, size_t row, size_t column,
			  const struct cell *cell, unsigned manner)
{
	SCOPED(text)
	struct text text = TEXT_UP_TO(WORDS_ROOM);

	cell_print(cell, book->language, &text);
	if (cell->kind == CELL_TEXT && cell->note)
		text_addf(&text, " [%zu]", cell->note);
	write_text(book, sheet, row, column, text_str(&text), format_of(book, "", manner));
}

static void write_number(struct book *book, lxw_worksheet *sheet, size_t row, size_t column,
			 double number, const char *format, unsigned manner)
{
	check(book, worksheet_write_number(sheet, (lxw_row_t)row, (lxw_col_t)column, number,
					   format_of(book, format, manner)));
}

/* Whether there is one number to write, and not two bounds or a word. */
static bool is_number(const struct cell *cell)
{
	const struct figure *figure = cell->figure;

	if (cell->name->unit == UNIT_YES_NO && figure->form == FIGURE_EXACT)
		return false;
	switch (figure->form) {
	case FIGURE_NONE:
		return false;
	case FIGURE_EXACT:
	case FIGURE_AT_LEAST:
		return true;
	case FIGURE_BETWEEN:
		return figure->rounded;
	}
	return false;
}

static void write_figure(struct book *book, lxw_worksheet *sheet, size_t row, size_t column,
			 const struct cell *cell, unsigned manner)
{
	const struct figure *figure = cell->figure;
	bool open = figure->form == FIGURE_AT_LEAST && !figure_is_partial_mean(figure);
	/* people are at least the largest window's lower bound, figure_print() */
	int64_t number = open && figure->kind == METRIC_UNIQUE ? figure->low : figure->value;
	char format[FORMAT_BYTES], before[16];

	if (!is_number(cell)) {
		write_printed(book, sheet, row, column, cell, manner | RIGHT);
		return;
	}
	(void)snprintf(before, sizeof(before), "%s%s", figure->estimate ? "\"≈ \"" : "",
		       open ? "\"≥ \"" : "");
	number_format(book, format, before, figure->decimals,
		      cell->name->unit == UNIT_PERCENT ? "\" %\"" : "");
	write_number(book, sheet, row, column, number_of(number, figure->decimals), format, manner);
}

static void write_share(struct book *book, lxw_worksheet *sheet, size_t row, size_t column,
			const struct cell *cell, unsigned manner)
{
	bool open = cell->high == CELL_OPEN;
	char format[FORMAT_BYTES];

	(void)snprintf(format, sizeof(format), "%s%s0.0%%", locale_of(book), open ? "\"≥ \"" : "");
	if (!open && cell->high != cell->number)
		write_printed(book, sheet, row, column, cell, manner | RIGHT);
	else
		write_number(book, sheet, row, column, number_of(cell->number, 3), format, manner);
}

static const char *date_format(const struct book *book)
{
	return is_spanish(book) ? "[$-240A]dd/mm/yyyy" : "yyyy-mm-dd";
}

static void write_cell(struct book *book, lxw_worksheet *sheet, size_t row, size_t column,
		       const struct cell *cell, unsigned manner)
{
	char format[FORMAT_BYTES];

	switch (cell->kind) {
	case CELL_EMPTY:
		write_text(book, sheet, row, column, "", format_of(book, "", manner));
		return;
	case CELL_TEXT:
		write_printed(book, sheet, row, column, cell, manner | WRAP);
		return;
	case CELL_NUMBER:
		number_format(book, format, "", cell->decimals, "");
		write_number(book, sheet, row, column, number_of(cell->number, cell->decimals),
			     format, manner);
		return;
	case CELL_SHARE:
		write_share(book, sheet, row, column, cell, manner);
		return;
	case CELL_DAY:
		if (cell->day == DAY_NONE)
			write_printed(book, sheet, row, column, cell, manner);
		else
			write_number(book, sheet, row, column, cell->day + DAY_1970,
				     date_format(book), manner & RIGHT ? manner : manner | LEFT);
		return;
	case CELL_FIGURE:
		write_figure(book, sheet, row, column, cell, manner);
		return;
	}
}

static unsigned manner_of(enum row_kind kind)
{
	switch (kind) {
	case ROW_PLAIN:
		return 0;
	case ROW_TOTAL:
		return TOTAL;
	case ROW_HEAD:
		return HEAD;
	}
	return 0;
}

static void write_row(struct book *book, lxw_worksheet *sheet, const struct table *table,
		      const struct row *row, const struct columns *columns, size_t at)
{
	unsigned manner = manner_of(row->kind);
	size_t lines = 1;
	SCOPED(text)
	struct text state = TEXT_UP_TO(WORDS_ROOM);

	for (size_t k = 0; k < table->column_count; k++) {
		const struct cell *cell = &row->cells[k];
		unsigned align = table->columns[k].numbers ? RIGHT : 0;

		if (row->kind == ROW_HEAD && k == 0) /* over the whole width: not wrapped */
			write_printed(book, sheet, at, 0, cell, manner);
		else
			write_cell(book, sheet, at, columns->at[k], cell, manner | align);
		if (cell->kind == CELL_TEXT && row->kind != ROW_HEAD)
			lines = more_lines(lines, cell->text, columns->widths[columns->at[k]]);
		if (!columns->stated[k])
			continue;
		add_state(book, cell, &state);
		lines = more_lines(lines, text_str(&state), columns->widths[columns->at[k] + 1]);
		write_text(book, sheet, at, columns->at[k] + 1, text_str(&state),
			   format_of(book, "", manner | ITALIC | WRAP));
	}
	set_height(book, sheet, at, lines, LINE_POINTS);
}

static void write_columns(struct book *book, lxw_worksheet *sheet, const struct table *table,
			  const struct columns *columns, size_t at)
{
	size_t lines = 1;

	for (size_t k = 0; k < table->column_count; k++) {
		lines = more_lines(lines, table->columns[k].title, columns->widths[columns->at[k]]);
		write_text(book, sheet, at, columns->at[k], table->columns[k].title,
			   format_of(book, "", HEADER | (table->columns[k].numbers ? RIGHT : 0)));
		if (columns->stated[k])
			write_text(book, sheet, at, columns->at[k] + 1, say("state"),
				   format_of(book, "", HEADER | ITALIC));
	}
	for (size_t i = 0; i < columns->count; i++)
		check(book, worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i,
						 columns->widths[i], NULL));
	set_height(book, sheet, at, lines, LINE_POINTS);
}

static size_t write_explanations(struct book *book, lxw_worksheet *sheet, size_t at)
{
	struct explanation explanations[EXPLANATIONS_MAX];
	size_t count = document_explanations(book->document, book->language, explanations);
	SCOPED(text)
	struct text line = TEXT_UP_TO(WORDS_ROOM);

	if (!count)
		return at;
	write_text(book, sheet, ++at, 0, say("How to read the figures"), format_of(book, "", BOLD));
	for (size_t i = 0; i < count; i++) {
		text_reset(&line);
		text_addf(&line, "%s: %s", explanations[i].sign, explanations[i].text);
		write_text(book, sheet, ++at, 0, text_str(&line), NULL);
	}
	return at + 1;
}

/* What stands above a table; returns the row of its heads. */
static size_t write_title(struct book *book, lxw_worksheet *sheet, const char *caption)
{
	const struct document_head *head = &book->document->head;
	SCOPED(text)
	struct text line = TEXT_UP_TO(WORDS_ROOM);
	size_t at = 0;

	if (head->notice)
		write_text(book, sheet, at++, 0, head->notice, format_of(book, "", BOLD));
	write_text(book, sheet, at++, 0, caption, format_of(book, "", TITLE));
	if (head->entity)
		text_add(&line, head->entity);
	else if (book->section) /* of several entities each has a part of its own */
		text_add(&line, book->section);
	if (head->period)
		text_addf(&line, "%s%s", line.length ? " · " : "", head->period);
	if (line.length)
		write_text(book, sheet, at++, 0, text_str(&line), NULL);
	return at + 1;
}

static size_t add_charts(struct book *book, lxw_worksheet *sheet, const char *name,
			 const struct table *table, size_t row);

static void table_sheet(struct book *book, const struct table *table, const char *wish,
			bool explained)
{
	lxw_worksheet *sheet = add_sheet(book, wish);
	struct columns columns;
	double width = 0;
	size_t head, at;

	if (!sheet)
		return;
	plan_columns(book, table, &columns);
	head = at = write_title(book, sheet, table->caption);
	write_columns(book, sheet, table, &columns, at);
	for (size_t i = 0; i < table->row_count; i++)
		write_row(book, sheet, table, &table->rows[i], &columns, ++at);
	at++;
	for (size_t i = 0; i < table->note_count; i++) {
		SCOPED(text)
		struct text note = TEXT_UP_TO(WORDS_ROOM);

		if (note_referred(table, i + 1))
			text_addf(&note, "%zu. ", i + 1);
		text_add(&note, table->notes[i]);
		write_text(book, sheet, ++at, 0, text_str(&note), NULL);
	}
	at = add_charts(book, sheet, book->names[book->name_count - 1], table, at + 2);
	if (explained)
		(void)write_explanations(book, sheet, at);
	worksheet_freeze_panes(sheet, (lxw_row_t)head + 1, 1);
	check(book, worksheet_repeat_rows(sheet, (lxw_row_t)head, (lxw_row_t)head));
	for (size_t i = 0; i < columns.count; i++)
		width += columns.widths[i];
	if (width > LANDSCAPE_WIDTH)
		worksheet_set_landscape(sheet);
	columns_clear(&columns);
}

/* --- charts */

static void write_points(struct book *book, lxw_worksheet *sheet, const struct chart *chart,
			 size_t row)
{
	char format[FORMAT_BYTES];

	number_format(book, format, "", chart->decimals, "");
	write_text(book, sheet, row, 0, say("Numbers of the chart"),
		   format_of(book, "", HEADER | WRAP));
	set_height(book, sheet, row, lines_of(say("Numbers of the chart"), WIDTH_MIN), LINE_POINTS);
	for (size_t k = 0; k < chart->category_count; k++)
		write_text(book, sheet, row + 1 + k, 0, chart->categories[k], NULL);
	for (size_t i = 0; i < chart->series_count; i++) {
		const struct chart_series *series = &chart->series[i];

		write_text(book, sheet, row, i + 1, series->label,
			   format_of(book, "", HEADER | RIGHT));
		for (size_t k = 0; k < chart->category_count; k++)
			if (series->points[k].known)
				write_number(book, sheet, row + 1 + k, i + 1,
					     number_of(series->points[k].value, chart->decimals),
					     format, 0);
	}
}

static bool is_plain(const struct chart_point *point)
{
	return !point->known || (!point->open && !point->provisional && !point->incomplete &&
				 point->low == point->value && point->high == point->value);
}

/* Signs of a point, as in the pictures; of one with bounds "±". */
static void add_signs(const struct chart_point *point, struct text *out)
{
	if (point->open)
		text_add(out, "≥");
	else if (point->low != point->high)
		text_add(out, "±");
	if (point->provisional)
		text_add_char(out, '*');
	if (point->incomplete)
		text_add(out, "°");
}

/* Beside the points: of few their numbers and what they are, of many the signs of those that are
 * not plain. */
static void label_points(struct book *book, lxw_chart_series *series, const struct chart *chart,
			 size_t at)
{
	size_t count = chart->category_count;
	bool few = count * chart->series_count <= LABELLED_MAX;
	SCOPED(memory)
	struct text *texts = memory_new(count, sizeof(*texts));
	SCOPED(memory)
	lxw_chart_data_label *labels = memory_new(count, sizeof(*labels));
	SCOPED(memory)
	lxw_chart_data_label **list = memory_new(count + 1, sizeof(lxw_chart_data_label *));
	bool any = few;

	for (size_t k = 0; k < count; k++) {
		const struct chart_point *point = &chart->series[at].points[k];

		list[k] = &labels[k];
		if (is_plain(point)) {
			labels[k].hide = !few;
			continue;
		}
		any = true;
		if (few)
			point_print(chart, point, book->language, &texts[k]);
		else
			add_signs(point, &texts[k]);
		labels[k].value = texts[k].bytes;
	}
	if (any) {
		chart_series_set_labels(series);
		check(book, chart_series_set_labels_custom(series, list));
	}
	for (size_t k = 0; k < count; k++)
		text_clear(&texts[k]);
}

/* What the signs of the points mean: a line below the numbers. */
static void write_signs(struct book *book, lxw_worksheet *sheet, const struct chart *chart,
			size_t row)
{
	const struct {
		const char *sign, *text;
	} signs[] = {
		{ "≥", say("at least") },
		{ "±", say("the figure lies between two bounds") },
		{ "*", say("provisional") },
		{ "°", say("incomplete") },
	};
	SCOPED(text)
	struct text all = TEXT_UP_TO(WORDS_ROOM);
	SCOPED(text)
	struct text line = { 0 };

	for (size_t i = 0; i < chart->series_count; i++)
		for (size_t k = 0; k < chart->category_count; k++)
			if (chart->series[i].points[k].known)
				add_signs(&chart->series[i].points[k], &all);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(text_str(&all), signs[i].sign))
			text_addf(&line, "%s%s %s", line.length ? " · " : "", signs[i].sign,
				  signs[i].text);
	if (line.length)
		write_text(book, sheet, row, 0, text_str(&line), NULL);
}

/* The same colours and hatchings as in the pictures. */
static void dress_series(lxw_chart_series *series, const struct chart *chart, size_t at)
{
	static const uint8_t patterns[] = {
		LXW_CHART_PATTERN_NONE,
		LXW_CHART_PATTERN_WIDE_UPWARD_DIAGONAL,
		LXW_CHART_PATTERN_NARROW_HORIZONTAL,
		LXW_CHART_PATTERN_WIDE_DOWNWARD_DIAGONAL,
		LXW_CHART_PATTERN_DIAGONAL_BRICK,
		LXW_CHART_PATTERN_SMALL_GRID,
	};
	static const uint8_t dashes[] = {
		LXW_CHART_LINE_DASH_SOLID,     LXW_CHART_LINE_DASH_DASH,
		LXW_CHART_LINE_DASH_ROUND_DOT, LXW_CHART_LINE_DASH_LONG_DASH,
		LXW_CHART_LINE_DASH_DASH_DOT,  LXW_CHART_LINE_DASH_LONG_DASH_DOT,
	};
	static const uint8_t markers[] = {
		LXW_CHART_MARKER_CIRCLE,  LXW_CHART_MARKER_SQUARE, LXW_CHART_MARKER_TRIANGLE,
		LXW_CHART_MARKER_DIAMOND, LXW_CHART_MARKER_X,      LXW_CHART_MARKER_PLUS,
	};
	size_t look = at % (sizeof(patterns) / sizeof(patterns[0]));
	lxw_color_t colour = (lxw_color_t)series_colour(at);
	lxw_chart_line line = { .color = colour, .width = 2, .dash_type = dashes[look] };
	lxw_chart_fill fill = { .color = colour };

	if (chart->kind == CHART_LINES) {
		chart_series_set_line(series, &line);
		chart_series_set_marker_type(series, markers[look]);
		chart_series_set_marker_size(series, 6);
		chart_series_set_marker_fill(series, &fill);
		return;
	}
	line = (lxw_chart_line){ .color = colour, .width = 1 };
	chart_series_set_line(series, &line);
	if (look == 0) {
		chart_series_set_fill(series, &fill);
		return;
	}
	chart_series_set_pattern(series, &(lxw_chart_pattern){ .fg_color = colour,
							       .bg_color = LXW_COLOR_WHITE,
							       .type = patterns[look] });
}

/* What begins with "=" would be taken for a reference. */
static void set_axis_name(lxw_chart_axis *axis, const char *name)
{
	SCOPED(text)
	struct text text = { 0 };

	if (!*name)
		return;
	text_addf(&text, "%s%s", *name == '=' ? " " : "", name);
	chart_axis_set_name(axis, text_str(&text));
}

/* The chart, its numbers below it, where it reads them. Returns the row below. */
static size_t add_chart(struct book *book, lxw_worksheet *sheet, const char *name,
			const struct chart *chart, size_t row)
{
	lxw_chart *native = workbook_add_chart(
		book->workbook, chart->kind == CHART_BARS ? LXW_CHART_COLUMN : LXW_CHART_LINE);
	size_t data = row + CHART_ROWS + 2;
	lxw_row_t first = (lxw_row_t)data + 1;
	lxw_row_t last = (lxw_row_t)(data + chart->category_count);
	lxw_chart_options options = { .x_scale = CHART_WIDTH / 480.0,
				      .y_scale = CHART_HEIGHT / 288.0,
				      .description = chart->title };
	char format[FORMAT_BYTES];

	/* its title is the text above its numbers, by reference: so it cannot be a formula */
	write_text(book, sheet, data - 1, 0, chart->title, format_of(book, "", BOLD));
	write_points(book, sheet, chart, data);
	write_signs(book, sheet, chart, data + chart->category_count + 1);
	for (size_t i = 0; i < chart->series_count; i++) {
		lxw_col_t at = (lxw_col_t)(i + 1);
		lxw_chart_series *series = chart_add_series(native, NULL, NULL);

		chart_series_set_categories(series, name, first, 0, last, 0);
		chart_series_set_values(series, name, first, at, last, at);
		chart_series_set_name_range(series, name, (lxw_row_t)data, at);
		dress_series(series, chart, i);
		label_points(book, series, chart, i);
	}
	chart_title_set_name_range(native, name, (lxw_row_t)data - 1, 0);
	number_format(book, format, "", chart->decimals, "");
	chart_axis_set_num_format(native->y_axis, format);
	set_axis_name(native->y_axis, chart->unit);
	if (chart->series_count > 1)
		chart_legend_set_position(native, LXW_CHART_LEGEND_BOTTOM);
	else
		chart_legend_set_position(native, LXW_CHART_LEGEND_NONE);
	check(book, worksheet_insert_chart_opt(sheet, (lxw_row_t)row, 0, native, &options));
	return data + chart->category_count + 3;
}

static bool is_drawable(const struct chart *chart)
{
	return chart && chart->category_count && chart->series_count;
}

/* The charts of the table from `row` on; returns the row below them. */
static size_t add_charts(struct book *book, lxw_worksheet *sheet, const char *name,
			 const struct table *table, size_t row)
{
	for (size_t i = 0; i < book->document->count; i++) {
		const struct chart *chart = book->document->blocks[i].chart;

		if (is_drawable(chart) && *table->id && strcmp(chart->table, table->id) == 0)
			row = add_chart(book, sheet, name, chart, row);
	}
	return row;
}

static void chart_sheet(struct book *book, const struct chart *chart)
{
	lxw_worksheet *sheet = add_sheet(book, say("Chart"));

	if (!sheet)
		return;
	check(book, worksheet_set_column(sheet, 0, 0, CATEGORIES_WIDTH, NULL));
	check(book,
	      worksheet_set_column(sheet, 1, (lxw_col_t)chart->series_count, SERIES_WIDTH, NULL));
	(void)add_chart(book, sheet, book->names[book->name_count - 1], chart,
			write_title(book, sheet, chart->title));
}

/* --- the words */

static void write_control(struct book *book, lxw_worksheet *sheet, size_t *at)
{
	struct control_line lines[CONTROL_MAX];
	SCOPED(text)
	struct text date = { 0 };
	size_t count = document_control(book->document, book->language, &date, lines);

	for (size_t i = 0; i < count; i++) {
		SCOPED(text)
		struct text line = TEXT_UP_TO(WORDS_ROOM);

		text_addf(&line, "%s: %s", lines[i].label, lines[i].text);
		write_text(book, sheet, (*at)++, 0, text_str(&line), format_of(book, "", WRAP));
	}
	(*at)++;
}

static void write_block(struct book *book, lxw_worksheet *sheet, const struct block *block,
			size_t *at)
{
	lxw_format *plain = format_of(book, "", WRAP);
	SCOPED(text)
	struct text line = TEXT_UP_TO(WORDS_ROOM);

	switch (block->kind) {
	case BLOCK_HEADING:
		(*at)++;
		set_height(book, sheet, *at, lines_of(block->text, WORDS_WIDTH * 0.75),
			   TITLE_POINTS);
		write_text(book, sheet, (*at)++, 0, block->text,
			   format_of(book, "", WRAP | (block->level == 1 ? TITLE : BOLD)));
		return;
	case BLOCK_PARAGRAPH:
		set_height(book, sheet, *at, lines_of(block->text, WORDS_WIDTH), LINE_POINTS);
		write_text(book, sheet, (*at)++, 0, block->text, plain);
		return;
	case BLOCK_LIST:
		for (size_t i = 0; i < block->item_count; i++) {
			text_reset(&line);
			text_addf(&line, "• %s", block->items[i]);
			set_height(book, sheet, *at, lines_of(text_str(&line), WORDS_WIDTH),
				   LINE_POINTS);
			write_text(book, sheet, (*at)++, 0, text_str(&line), plain);
		}
		return;
	case BLOCK_TABLE:
		text_addf(&line, "%s %s", say("Table:"), block->table->caption);
		write_text(book, sheet, (*at)++, 0, text_str(&line),
			   format_of(book, "", WRAP | ITALIC));
		return;
	case BLOCK_CHART: /* stands beside its table */
		return;
	}
}

static void words_sheet(struct book *book)
{
	lxw_worksheet *sheet = add_sheet(book, say("Report"));
	const struct document *document = book->document;
	size_t at = 0;

	if (!sheet)
		return;
	check(book, worksheet_set_column(sheet, 0, 0, WORDS_WIDTH, NULL));
	if (document->head.notice)
		write_text(book, sheet, at++, 0, document->head.notice, format_of(book, "", BOLD));
	set_height(book, sheet, at, lines_of(document_title(document), WORDS_WIDTH * 0.75),
		   TITLE_POINTS);
	write_text(book, sheet, at++, 0, document_title(document),
		   format_of(book, "", TITLE | WRAP));
	write_control(book, sheet, &at);
	for (size_t i = 0; i < document->count; i++)
		write_block(book, sheet, &document->blocks[i], &at);
}

/* --- the whole */

static void set_properties(struct book *book)
{
	const struct document_head *head = &book->document->head;
	lxw_doc_properties properties = {
		.title = memory_text(document_title(book->document)),
		.subject = head->period,
		.author = head->entity,
		.company = head->entity,
		.category = head->process,
		.status = head->version,
		.created = head->date == DAY_NONE ? NO_DATE : (time_t)head->date * 86400,
	};

	check(book, workbook_set_properties(book->workbook, &properties));
	free(properties.title);
}

static void remember_section(struct book *book, const struct block *block)
{
	if (block->kind == BLOCK_HEADING && block->level == 1)
		book->section = block->text;
}

static void write_book(struct book *book)
{
	const struct document *document = book->document;
	size_t sources = 0;
	size_t last = 0;

	set_properties(book);
	words_sheet(book);
	for (size_t i = 0; i < document->count; i++) {
		const struct block *block = &document->blocks[i];

		remember_section(book, block);
		if (block->table && block->table->sources)
			sources++;
		else if (block->table)
			table_sheet(book, block->table, block->table->caption, false);
		else if (is_drawable(block->chart) && !*block->chart->table)
			chart_sheet(book, block->chart);
	}
	for (size_t i = 0; i < document->count; i++) {
		const struct table *table = document->blocks[i].table;

		remember_section(book, &document->blocks[i]);
		if (table && table->sources)
			table_sheet(book, table, say("Sources and coverage"), ++last == sources);
	}
	if (!sources) {
		struct explanation explanations[EXPLANATIONS_MAX];
		lxw_worksheet *sheet;

		if (!document_explanations(document, book->language, explanations))
			return;
		sheet = add_sheet(book, say("How to read the figures"));
		if (sheet)
			(void)write_explanations(book, sheet, 0);
	}
}

/* Frees the workbook; *number: what the system said. The library says it too, through stdio's
 * stderr, in whatever language the system speaks; the descriptor stays as it is, for our own last
 * line where memory runs out. */
static lxw_error close_quietly(lxw_workbook *workbook, int *number)
{
	FILE *said = stderr;
	FILE *nowhere = fopen("/dev/null", "we");
	lxw_error error;

	if (nowhere)
		stderr = nowhere;
	errno = 0;
	error = workbook_close(workbook);
	*number = errno;
	stderr = said;
	if (nowhere)
		(void)fclose(nowhere);
	return error;
}

int xlsx_render(const struct document *document, struct language *language, const char *path,
		struct error *err)
{
	struct book book = {
		.document = document,
		.language = language,
		.workbook = workbook_new(path),
		.names = memory_new(document->count + 3, NAME_BYTES),
	};
	lxw_error error;
	FILE *probe = fopen(path, "w");
	int number;

	/* said here, for the library would say it on stderr */
	if (!probe || fclose(probe) != 0) {
		(void)error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
		lxw_workbook_free(book.workbook);
		free(book.names);
		return -1;
	}
	if (!book.workbook) {
		free(book.names);
		return error_set(err, ERROR_OURS, "%s: no workbook can be made", path);
	}
	write_book(&book);
	error = close_quietly(book.workbook, &number);
	check(&book, error);
	free(book.formats);
	free(book.names);
	if (book.error == LXW_NO_ERROR)
		return 0;
	(void)remove(path);
	return error_set(err, ERROR_OURS, "%s: %s", path,
			 error != LXW_NO_ERROR && number ? system_words(number)
							 : lxw_strerror(book.error));
}
