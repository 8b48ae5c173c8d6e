#include "metricsd/report.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

enum {
	GRID_TEXT_MAX = 64 << 20,
	GAP = 2, /* blanks between two columns */
};

/* A cell's `at` that ends its row. */
static const uint32_t row_end = UINT32_MAX;

int report_format_parse(const char *word, enum report_format *ret)
{
	static const char *const names[] = { "table", "csv", "json" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i]) == 0) {
			*ret = (enum report_format)i;
			return 0;
		}
	}
	return -1;
}

static int character_width(UChar32 character)
{
	int category = u_charType(character);

	if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK ||
	    category == U_FORMAT_CHAR)
		return 0;
	switch (u_getIntPropertyValue(character, UCHAR_EAST_ASIAN_WIDTH)) {
	case U_EA_WIDE:
	case U_EA_FULLWIDTH:
		return 2;
	default:
		return 1;
	}
}

static int width_of(const char *string, size_t length)
{
	int width = 0;
	size_t at = 0;

	while (at < length) {
		size_t bytes = utf8_size(string + at, length - at);

		if (bytes > 1)
			width += character_width((UChar32)utf8_character(string + at, bytes));
		else
			width++;
		at += bytes ? bytes : 1;
	}
	return width;
}

int display_width(const char *string)
{
	return width_of(string, strlen(string));
}

void print_wrapped(const char *words, int width, int indent, FILE *out)
{
	SCOPED(memory)
	char *shown = memory_text(words);
	const char *string = shown;
	int used = 0;

	utf8_tame(shown, "");
	while (*string) {
		size_t length = strcspn(string, " ");
		int word = width_of(string, length);

		if (used && used + 1 + word > width) {
			(void)fprintf(out, "\n%*s", indent, "");
			used = indent;
		} else if (used) {
			(void)fputc(' ', out);
			used++;
		}
		(void)fwrite(string, 1, length, out);
		used += word;
		string += length;
		string += strspn(string, " ");
	}
	(void)fputc('\n', out);
}

void grid_begin(struct grid *grid, const char *alignment)
{
	grid->columns = strlen(alignment);
	for (size_t i = 0; i < grid->columns && i < GRID_COLUMNS; i++)
		grid->right[i] = alignment[i] == 'r';
	grid->count = 0;
	if (!grid->text.max)
		grid->text.max = GRID_TEXT_MAX;
	text_reset(&grid->text);
}

static struct grid_cell *new_cell(struct grid *grid)
{
	grid->cells = memory_grow(grid->cells, grid->count, &grid->room, sizeof(*grid->cells));
	return &grid->cells[grid->count++];
}

/* What came from outside must not steer a terminal. */
static void add_shown(struct text *out, const char *string)
{
	size_t left = strlen(string);

	while (left) {
		size_t plain = 0, size, hidden;

		while (plain < left && (size = utf8_shown(string + plain, left - plain)) > 0)
			plain += size;
		text_add_n(out, string, plain);
		string += plain;
		left -= plain;
		if (!left)
			return;
		text_add_char(out, '?');
		hidden = utf8_size(string, left);
		hidden = hidden ? hidden : 1;
		string += hidden;
		left -= hidden;
	}
}

void grid_cell(struct grid *grid, enum paint paint, const char *string)
{
	struct grid_cell *cell = new_cell(grid);

	cell->at = (uint32_t)grid->text.length;
	cell->paint = paint;
	add_shown(&grid->text, string);
	cell->length = (uint32_t)grid->text.length - cell->at;
}

void grid_end_row(struct grid *grid)
{
	*new_cell(grid) = (struct grid_cell){ .at = row_end };
}

void grid_clear(struct grid *grid)
{
	free(grid->cells);
	text_clear(&grid->text);
	*grid = (struct grid){ 0 };
}

static const char *paint_on(enum paint paint)
{
	switch (paint) {
	case PAINT_PLAIN:
		return "";
	case PAINT_BOLD:
		return "\033[1m";
	case PAINT_DIM:
		return "\033[2m";
	case PAINT_GOOD:
		return "\033[32m";
	case PAINT_WARN:
		return "\033[33m";
	case PAINT_BAD:
		return "\033[31m";
	}
	return "";
}

static const char *cell_text(const struct grid *grid, const struct grid_cell *cell)
{
	return text_str(&grid->text) + cell->at;
}

static int cell_width(const struct grid *grid, const struct grid_cell *cell)
{
	return width_of(cell_text(grid, cell), cell->length);
}

/* How many cells the row that begins at `i` has. */
static size_t row_cells(const struct grid *grid, size_t i)
{
	size_t count = 0;

	while (i + count < grid->count && grid->cells[i + count].at != row_end)
		count++;
	return count;
}

static void measure(const struct grid *grid, int widths[GRID_COLUMNS])
{
	for (size_t i = 0; i < grid->count;) {
		size_t count = row_cells(grid, i);

		/* a lone cell spans the row */
		for (size_t k = 0; count > 1 && k < count && k < GRID_COLUMNS; k++) {
			int width = cell_width(grid, &grid->cells[i + k]);

			if (width > widths[k])
				widths[k] = width;
		}
		i += count + 1;
	}
}

/* Bytes of a cell without the blanks at its end. */
static size_t shown_length(const struct grid *grid, const struct grid_cell *cell)
{
	size_t length = cell->length;

	while (length && cell_text(grid, cell)[length - 1] == ' ')
		length--;
	return length;
}

static void print_cell(const struct grid *grid, const struct grid_cell *cell,
		       const struct look *look, FILE *out)
{
	bool painted = look->colour && cell->paint != PAINT_PLAIN;

	if (painted)
		(void)fputs(paint_on(cell->paint), out);
	(void)fwrite(cell_text(grid, cell), 1, shown_length(grid, cell), out);
	if (painted)
		(void)fputs("\033[0m", out);
}

static void print_row(const struct grid *grid, size_t first, size_t count,
		      const int widths[GRID_COLUMNS], const struct look *look, FILE *out)
{
	int blanks = 0; /* owed: printed only before something, so that no line ends in them */

	for (size_t k = 0; k < count && k < GRID_COLUMNS; k++) {
		const struct grid_cell *cell = &grid->cells[first + k];
		int rest = count == 1 ? 0 : widths[k] - cell_width(grid, cell);

		int trail = (int)(cell->length - shown_length(grid, cell));

		if (!shown_length(grid, cell)) {
			blanks += rest + trail + GAP;
			continue;
		}
		if (grid->right[k])
			blanks += rest;
		(void)fprintf(out, "%*s", blanks, "");
		print_cell(grid, cell, look, out);
		blanks = (grid->right[k] ? 0 : rest) + trail + GAP;
	}
	(void)fputc('\n', out);
}

void grid_print(const struct grid *grid, const struct look *look, FILE *out)
{
	int widths[GRID_COLUMNS] = { 0 };

	measure(grid, widths);
	for (size_t i = 0; i < grid->count;) {
		size_t count = row_cells(grid, i);

		print_row(grid, i, count, widths, look, out);
		i += count + 1;
	}
}
