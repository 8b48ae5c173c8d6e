/* A document as Markdown with GitHub's tables. Whatever Markdown would take for its own is escaped.
 */
#include "render.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/language.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Where a text stands: a line's end in a paragraph stays one, with a break; else it is a blank.
 * What stands in the middle of a line begins nothing. */
enum place { PARAGRAPH, ITEM, WITHIN };

/* What would begin a heading, a list or a rule at the start of a line: its length without the last
 * character, which is the one to escape; -1: nothing. */
static int begins_something(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (*text && strchr("#+-=", *text))
		return 0;
	if (digits && (text[digits] == '.' || text[digits] == ')') &&
	    (!text[digits + 1] || isspace((unsigned char)text[digits + 1])))
		return (int)digits;
	return -1;
}

static void put_character(FILE *out, char character, enum place place)
{
	if (character == '\n')
		(void)fputs(place == PARAGRAPH ? "  \n" : " ", out);
	else if (character == '\t')
		(void)fputc(' ', out);
	else if (character == '<')
		(void)fputs("&lt;", out);
	else if (character == '&')
		(void)fputs("&amp;", out);
	else if (strchr("\\`*_[]>|~$", character))
		(void)fprintf(out, "\\%c", character);
	else
		(void)fputc(character, out);
}

static void put_text(FILE *out, const char *text, enum place place)
{
	bool begins = place != WITHIN;

	while (*text) {
		int plain = begins ? begins_something(text) : -1;

		begins = *text == '\n' && place == PARAGRAPH;
		if (plain >= 0) {
			(void)fprintf(out, "%.*s\\%c", plain, text, text[plain]);
			text += plain + 1;
		} else {
			put_character(out, *text++, place);
		}
	}
}

static void put_cell(FILE *out, const struct cell *cell, struct language *language, bool strong)
{
	SCOPED(text)
	struct text text = TEXT_UP_TO(WORDS_ROOM);
	SCOPED(text)
	struct text marks = TEXT_UP_TO(WORDS_ROOM);

	cell_print(cell, language, &text);
	cell_marks(cell, language, false, &marks);
	if (!text.length)
		return;
	(void)fputs(strong ? "**" : "", out);
	put_text(out, text_str(&text), WITHIN);
	if (marks.length) {
		(void)fputs(" (", out);
		put_text(out, text_str(&marks), WITHIN);
		(void)fputc(')', out);
	}
	(void)fputs(strong ? "**" : "", out);
	if (cell->note)
		(void)fprintf(out, " \\[%zu\\]", cell->note);
}

static void put_row(FILE *out, const struct table *table, const struct row *row,
		    struct language *language)
{
	(void)fputc('|', out);
	for (size_t k = 0; k < table->column_count; k++) {
		(void)fputc(' ', out);
		if (row->kind != ROW_HEAD || k == 0)
			put_cell(out, &row->cells[k], language, row->kind != ROW_PLAIN);
		(void)fputs(" |", out);
	}
	(void)fputc('\n', out);
}

static void put_table(FILE *out, const struct table *table, struct language *language)
{
	(void)fputs("**", out);
	put_text(out, table->caption, WITHIN);
	(void)fputs("**\n\n|", out);
	for (size_t k = 0; k < table->column_count; k++) {
		(void)fputc(' ', out);
		put_text(out, table->columns[k].title, WITHIN);
		(void)fputs(" |", out);
	}
	(void)fputs("\n|", out);
	for (size_t k = 0; k < table->column_count; k++)
		(void)fputs(table->columns[k].numbers ? " ---: |" : " --- |", out);
	(void)fputc('\n', out);
	for (size_t i = 0; i < table->row_count; i++)
		put_row(out, table, &table->rows[i], language);
	(void)fputc('\n', out);
	for (size_t i = 0; i < table->note_count; i++) {
		if (note_referred(table, i + 1))
			(void)fprintf(out, "\\[%zu\\] ", i + 1);
		put_text(out, table->notes[i], WITHIN);
		(void)fputs(i + 1 < table->note_count ? "  \n" : "\n\n", out);
	}
}

/* A picture has no place in here: its table says the same. */
static void put_chart(FILE *out, const struct chart *chart, struct language *language)
{
	struct table *table;

	if (*chart->table)
		return;
	table = chart_table(chart, "chart", language);
	put_table(out, table, language);
	table_free(table);
}

static void put_heading(FILE *out, int level, const char *text)
{
	for (int i = 0; i < level; i++)
		(void)fputc('#', out);
	(void)fputc(' ', out);
	put_text(out, text, WITHIN);
	(void)fputs("\n\n", out);
}

static void put_block(FILE *out, const struct block *block, struct language *language)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		put_heading(out, block->level + 1, block->text);
		return;
	case BLOCK_PARAGRAPH:
		put_text(out, block->text, PARAGRAPH);
		(void)fputs("\n\n", out);
		return;
	case BLOCK_LIST:
		for (size_t i = 0; i < block->item_count; i++) {
			(void)fputs("- ", out);
			put_text(out, block->items[i], ITEM);
			(void)fputc('\n', out);
		}
		(void)fputc('\n', out);
		return;
	case BLOCK_TABLE:
		put_table(out, block->table, language);
		return;
	case BLOCK_CHART:
		put_chart(out, block->chart, language);
		return;
	}
}

static void put_control(FILE *out, const struct document *document, struct language *language)
{
	struct control_line lines[CONTROL_MAX];
	SCOPED(text)
	struct text date = { 0 };
	size_t count = document_control(document, language, &date, lines);

	for (size_t i = 0; i < count; i++) {
		(void)fprintf(out, "- %s: ", lines[i].label);
		put_text(out, lines[i].text, WITHIN);
		(void)fputc('\n', out);
	}
	if (count)
		(void)fputc('\n', out);
}

static void put_notice(FILE *out, const char *notice)
{
	if (!notice)
		return;
	(void)fputs("> **", out);
	put_text(out, notice, WITHIN);
	(void)fputs("**\n\n", out);
}

int markdown_render(const struct document *document, struct language *language, FILE *out,
		    struct error *err)
{
	struct explanation explanations[EXPLANATIONS_MAX];
	size_t count = document_explanations(document, language, explanations);

	put_notice(out, document->head.notice);
	put_heading(out, 1, document_title(document));
	put_control(out, document, language);
	for (size_t i = 0; i < document->count; i++)
		put_block(out, &document->blocks[i], language);
	if (count)
		put_heading(out, 2, say("How to read the figures"));
	for (size_t i = 0; i < count; i++) {
		(void)fputs("- **", out);
		put_text(out, explanations[i].sign, WITHIN);
		(void)fputs("**: ", out);
		put_text(out, explanations[i].text, WITHIN);
		(void)fputc('\n', out);
	}
	if (count && document->head.notice)
		(void)fputc('\n', out);
	put_notice(out, count ? document->head.notice : NULL);
	if (fflush(out) != 0 || ferror(out))
		return error_set(err, ERROR_OURS, "the report cannot be written: %s",
				 system_words(errno));
	return 0;
}
