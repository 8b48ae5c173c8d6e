/*
 * A document as one HTML file that needs nothing else: no script, no font, no reference to outside.
 *
 * It is read on a telephone, on a screen, aloud and on paper. Everything that scrolls can be
 * reached by the keyboard and says what it is; what a sign says, a word says too; nothing is told
 * by colour.
 */
#include "render.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"
#include "metricsd/report.h"

#include <errno.h>
#include <string.h>

enum {
	WIDE_COLUMNS = 9, /* a table of so many and more lays the paper sideways */
	KEPT_ROWS = 14,   /* a table of so many and fewer is not torn over two sheets */
	KEPT_WIDE_ROWS = 5,
	BROAD_CATEGORIES = 7, /* a chart of so many and more is printed larger */
	CONTENTS_MIN = 4,     /* parts, from which on there is a table of contents */
	CONTENTS_MAX = 40,    /* of more the first level alone */
	SHORT_TEXT = 18,      /* letters that stay in a line */
	SHORT_TITLE = 13,
	LONG_CONTROL = 48, /* letters of document control that want a line of their own */
};

struct page {
	const struct document *document;
	struct language *language;
	FILE *out;
	size_t chart, heading; /* so far */
};

/* clang-format off */
static const char screen_style[] =
	":root{color-scheme:light}"
	"*{box-sizing:border-box}"
	"html{-webkit-text-size-adjust:100%;text-size-adjust:100%}"
	"body{margin:0;background:#fff;color:#1a1a1a;line-height:1.5;"
	"font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}"
	"a{color:#0b3d70}"
	":focus-visible{outline:3px solid #0b3d70;outline-offset:2px}"
	".skip{position:absolute;left:-100vw}"
	".skip:focus{position:static;display:inline-block;padding:.5rem 1rem}"
	".sr{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);"
	"white-space:nowrap}"
	".notice{position:sticky;top:0;z-index:2;margin:0;padding:.5rem 1rem;text-align:center;"
	"font-weight:700;letter-spacing:.05em;background:#ffe9a8;color:#1a1a1a;"
	"border-bottom:3px double #1a1a1a}"
	".watermark{display:none}"
	"header,nav,main,footer{max-width:64rem;margin:0 auto;padding:0 1rem}"
	"header{padding-top:1.5rem}main{padding-top:1.5rem}"
	"h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem;color:#0b3d70;text-wrap:balance}"
	"h2{font-size:1.375rem;line-height:1.25;margin:2.5rem 0 .75rem;padding-bottom:.25rem;"
	"border-bottom:2px solid #0b3d70;color:#0b3d70}"
	"h3{font-size:1.125rem;margin:1.75rem 0 .5rem}"
	"h4{font-size:1rem;margin:1.5rem 0 .5rem}"
	"h1,h2,h3,h4,p,li,dd,caption,figcaption{overflow-wrap:break-word}"
	"p{margin:0 0 .75rem}p,li{max-width:46rem}"
	".control{display:flex;flex-wrap:wrap;margin:0;border:solid #6b6b6b;border-width:1px 0 0 1px}"
	".control div{flex:1 1 9rem;padding:.375rem .75rem;border:solid #6b6b6b;"
	"border-width:0 1px 1px 0}"
	".control .long{flex-basis:100%}.control dd{overflow-wrap:anywhere}"
	".control dt{font-size:.8125rem;color:#4a4a4a}.control dd{margin:0;font-weight:600}"
	"nav ul{list-style:none;margin:0;padding:0}nav li{padding:.125rem 0}"
	"nav .l2{padding-left:1.25rem}"
	".scroll{overflow-x:auto;margin:1.25rem 0 .5rem;position:relative}"
	"table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
	"caption{text-align:left;font-weight:700;padding:0 0 .5rem}"
	"caption span{display:inline-block;position:sticky;left:0;"
	"max-width:min(100%,calc(100vw - 2rem))}"
	"th,td{padding:.375rem .625rem;border-bottom:1px solid #b5b5b5;text-align:left;"
	"vertical-align:top}"
	"thead th,thead td{border-bottom:2px solid #1a1a1a;vertical-align:bottom;background:#eef2f7}"
	"tbody th{font-weight:500;min-width:7rem}"
	"th[scope=row]{position:sticky;left:0;background:#fff;max-width:45vw}"
	".n{text-align:right}.k{white-space:nowrap}"
	".figures thead :first-child{width:32%}"
	"tr.head th{background:#f4f4f4;font-weight:700;padding-top:.625rem}"
	"tr.total th,tr.total td{font-weight:700;border-top:2px solid #1a1a1a}"
	".mark{display:block;font-size:.8125rem;font-weight:400;font-style:italic;color:#4a4a4a;"
	"white-space:normal}"
	"sup{line-height:0}sup a{padding:.25rem}"
	".notes{font-size:.875rem;margin:0;padding-left:1.75rem}"
	".source{font-size:.875rem;margin:0 0 .25rem;color:#4a4a4a}"
	".table{margin-bottom:1.5rem}"
	".chart{margin:1.25rem 0 1.5rem}.chart svg{display:block;width:100%;min-width:32rem;"
	"max-width:48rem;height:auto}"
	".chart .scroll{margin:0}"
	"figcaption{font-size:.9375rem}"
	".reading div{display:grid;grid-template-columns:8rem 1fr;padding:.125rem 0}"
	".reading dt{font-weight:700}.reading dd{margin:0}"
	"footer{margin-top:3rem;padding-top:.75rem;padding-bottom:2rem;font-size:.875rem;color:#4a4a4a;"
	"border-top:1px solid #b5b5b5}";

static const char paper_style[] =
	"@media print{"
	"body{font-size:10pt;line-height:1.35}"
	"header,nav,main,footer{max-width:none;padding:0}main{padding-top:5mm}"
	".skip,nav,.seen{display:none}a{color:inherit;text-decoration:none}"
	".notice{position:static;background:none;border:2px solid #1a1a1a;margin-bottom:4mm}"
	".watermark{display:block;position:fixed;z-index:-1;left:0;right:0;top:42%;text-align:center;"
	"font-size:64pt;font-weight:700;letter-spacing:.1em;color:#e4e4e4;transform:rotate(-35deg)}"
	"h1{font-size:15pt;margin-bottom:4mm}h2{font-size:13pt;margin:7mm 0 3mm}"
	"h3{font-size:11.5pt;margin:5mm 0 2mm}h4{font-size:10.5pt;margin:4mm 0 2mm}"
	"h2.page,h3.page,h4.page{margin-top:0}"
	".control div{padding:1mm 2.5mm}.control dt{font-size:8pt}"
	"h1,h2,h3,h4,caption{break-after:avoid}h2.page,h3.page,h4.page,div.page,p.page,ul.page,"
	"figure.page{break-before:page}"
	"p,li{max-width:none;orphans:3;widows:3}p{margin-bottom:2mm}ul{margin:0 0 2mm}"
	"ul:not(:has(li:nth-child(8))){break-inside:avoid}.control{width:calc(100% - 1px)}"
	".scroll{overflow:visible;margin:3mm 0 1mm}thead{display:table-header-group}"
	"caption{padding-bottom:1mm}.table{margin-bottom:4mm}"
	"tr,.chart,.control,.reading,.keep,.groups tbody,li{break-inside:avoid}"
	"tr.head{break-after:avoid}.notes,.source{break-before:avoid;font-size:8.5pt}"
	"tbody:first-of-type tr:first-child,tr:last-child:not(:first-child){break-before:avoid}"
	"p:has(+ul){break-after:avoid}"
	"th,td{padding:.8mm 1.5mm}tbody th{min-width:0}"
	"th[scope=row]{position:static;max-width:none;background:none}"
	"thead th,thead td,tr.head th{background:none}.mark{font-size:8pt}"
	".wide{font-size:8pt}.wide th,.wide td{padding:.8mm 1.2mm}"
	".chart{margin:3mm 0}.chart.broad svg{max-width:170mm}.chart svg{min-width:0;max-width:105mm}"
	"figcaption{font-size:9pt}"
	".reading h2{font-size:11pt;margin:4mm 0 1mm;padding:0;border:0}"
	".reading div{padding:0;font-size:9pt;grid-template-columns:24mm 1fr}"
	"footer{display:none}"
	"}";
/* clang-format on */

/* --- text */

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			(void)fputs("&amp;", out);
			break;
		case '<':
			(void)fputs("&lt;", out);
			break;
		case '>':
			(void)fputs("&gt;", out);
			break;
		case '"':
			(void)fputs("&quot;", out);
			break;
		case '\n':
			(void)fputs("<br>", out);
			break;
		default:
			(void)fputc(*text, out);
		}
	}
}

/* In an attribute a line's end is a line's end. */
static void put_attribute(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			(void)fputc(' ', out);
		else
			put_text(out, (const char[]){ *text, '\0' });
	}
}

/* A CSS string: whatever could end it, or the style, is written as its number. */
static void put_css_string(FILE *out, const char *text)
{
	(void)fputc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || strchr("\"\\<>&", byte))
			(void)fprintf(out, "\\%x ", byte);
		else
			(void)fputc(byte, out);
	}
	(void)fputc('"', out);
}

static void put_id(FILE *out, const char *id)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";

	for (; *id; id++)
		(void)fputc(strchr(plain, *id) ? *id : '-', out);
}

/* What looks like `sign` and is read as `word`. */
static void put_sign(FILE *out, const char *sign, const char *before, const char *word,
		     const char *behind)
{
	(void)fprintf(out, "<span aria-hidden=\"true\">%s</span><span class=\"sr\">%s", sign,
		      before);
	put_text(out, word);
	(void)fprintf(out, "%s</span>", behind);
}

/* "≥ 4.800": what the signs of a number mean is there for who hears it. */
static void put_number(FILE *out, const char *number)
{
	const struct {
		const char *sign, *before, *word, *behind;
	} signs[] = {
		{ "≥ ", "", say("at least"), " " }, { "≈ ", "", say("approximately"), " " },
		{ "—", "", say("no data"), "" },    { " ± ", " ", say("plus or minus"), " " },
		{ "–", " ", say("to"), " " },
	};

	while (*number) {
		size_t i = 0;
		size_t length = 0;

		while (i < sizeof(signs) / sizeof(signs[0])) {
			length = strlen(signs[i].sign);
			if (strncmp(number, signs[i].sign, length) == 0)
				break;
			i++;
		}
		if (i < sizeof(signs) / sizeof(signs[0])) {
			put_sign(out, signs[i].sign, signs[i].before, signs[i].word,
				 signs[i].behind);
			number += length;
		} else {
			put_text(out, (const char[]){ *number++, '\0' });
		}
	}
}

/* --- tables */

static void put_cell_text(const struct page *page, const struct cell *cell)
{
	SCOPED(text)
	struct text text = TEXT_UP_TO(WORDS_ROOM);

	cell_print(cell, page->language, &text);
	if (cell->kind == CELL_TEXT)
		put_text(page->out, text_str(&text));
	else
		put_number(page->out, text_str(&text));
}

static void put_cell_marks(const struct page *page, const struct cell *cell)
{
	SCOPED(text)
	struct text marks = TEXT_UP_TO(WORDS_ROOM);

	/* the dash and what is read for it say that already */
	if (cell->kind == CELL_FIGURE && cell->figure->form == FIGURE_NONE && !cell->text)
		return;
	if (cell->kind == CELL_FIGURE && cell->figure->form == FIGURE_NONE)
		text_add(&marks, cell->text);
	else
		cell_marks(cell, page->language, false, &marks);
	if (!marks.length)
		return;
	(void)fputs(" <span class=\"mark\">", page->out);
	put_text(page->out, text_str(&marks));
	(void)fputs("</span>", page->out);
}

static void put_note_link(const struct page *page, const struct table *table, size_t note)
{
	(void)fputs("<sup><a href=\"#t-", page->out);
	put_id(page->out, table->id);
	(void)fprintf(page->out, "-n%zu\"><span class=\"sr\">", note);
	put_text(page->out, say("note"));
	(void)fprintf(page->out, " </span>%zu</a></sup>", note);
}

static void put_cell(const struct page *page, const struct table *table, const struct cell *cell)
{
	put_cell_text(page, cell);
	if (cell->note)
		put_note_link(page, table, cell->note);
	put_cell_marks(page, cell);
}

/* Numbers stand to the right; neither they nor dates nor a few words are broken. */
static const char *class_of(const struct column *column, const struct cell *cell)
{
	bool words = cell->kind == CELL_EMPTY ||
		     (cell->kind == CELL_TEXT && display_width(cell->text) > SHORT_TEXT);

	if (column->numbers)
		return words ? " class=\"n\"" : " class=\"n k\"";
	return words ? "" : " class=\"k\"";
}

static void put_row(const struct page *page, const struct table *table, const struct row *row)
{
	const char *class = row->kind == ROW_TOTAL ? " class=\"total\"" : "";

	(void)fprintf(page->out, "<tr%s>", class);
	for (size_t k = 0; k < table->column_count; k++) {
		const struct cell *cell = &row->cells[k];
		const char *align = class_of(&table->columns[k], cell);
		bool head = k == 0 && cell->kind != CELL_EMPTY;

		(void)fprintf(page->out, head ? "<th scope=\"row\"%s>" : "<td%s>", align);
		put_cell(page, table, cell);
		(void)fputs(head ? "</th>" : "</td>", page->out);
	}
	(void)fputs("</tr>\n", page->out);
}

static void put_head_row(const struct page *page, const struct table *table, const struct row *row)
{
	(void)fprintf(page->out, "<tr class=\"head\"><th scope=\"rowgroup\" colspan=\"%zu\">",
		      table->column_count);
	put_cell(page, table, &row->cells[0]);
	(void)fputs("</th></tr>\n", page->out);
}

static bool has_titles(const struct table *table)
{
	for (size_t k = 0; k < table->column_count; k++)
		if (*table->columns[k].title)
			return true;
	return false;
}

static void put_columns(const struct page *page, const struct table *table)
{
	if (!has_titles(table))
		return;
	(void)fputs("<thead><tr>", page->out);
	for (size_t k = 0; k < table->column_count; k++) {
		const struct column *column = &table->columns[k];
		bool brief = display_width(column->title) <= SHORT_TITLE;
		const char *align = column->numbers ? (brief ? " class=\"n k\"" : " class=\"n\"")
				    : brief         ? " class=\"k\""
						    : "";

		if (!*column->title) {
			(void)fprintf(page->out, "<td%s></td>", align);
			continue;
		}
		(void)fprintf(page->out, "<th scope=\"col\"%s>", align);
		put_text(page->out, column->title);
		(void)fputs("</th>", page->out);
	}
	(void)fputs("</tr></thead>\n", page->out);
}

/* The rows below a head are a body of their own: that is what its scope means. */
static void put_rows(const struct page *page, const struct table *table)
{
	bool open = false;

	for (size_t i = 0; i < table->row_count; i++) {
		const struct row *row = &table->rows[i];

		if (!open || row->kind == ROW_HEAD) {
			(void)fputs(open ? "</tbody>\n<tbody>\n" : "<tbody>\n", page->out);
			open = true;
		}
		if (row->kind == ROW_HEAD)
			put_head_row(page, table, row);
		else
			put_row(page, table, row);
	}
	if (open)
		(void)fputs("</tbody>\n", page->out);
}

/* Those that cells refer to by their number, then what is said of the whole table. */
static void put_notes(const struct page *page, const struct table *table)
{
	size_t listed = 0;

	for (size_t i = 0; i < table->note_count; i++) {
		if (!note_referred(table, i + 1))
			continue;
		(void)fputs(listed++ ? "" : "<ol class=\"notes\">\n", page->out);
		(void)fprintf(page->out, "<li value=\"%zu\" id=\"t-", i + 1);
		put_id(page->out, table->id);
		(void)fprintf(page->out, "-n%zu\">", i + 1);
		put_text(page->out, table->notes[i]);
		(void)fputs("</li>\n", page->out);
	}
	(void)fputs(listed ? "</ol>\n" : "", page->out);
	for (size_t i = 0; i < table->note_count; i++) {
		if (note_referred(table, i + 1))
			continue;
		(void)fputs("<p class=\"source\">", page->out);
		put_text(page->out, table->notes[i]);
		(void)fputs("</p>\n", page->out);
	}
}

static bool is_wide(const struct table *table)
{
	return table->column_count >= WIDE_COLUMNS;
}

/* A name and numbers in all other columns: such tables look alike, one below the other. */
static bool is_of_figures(const struct table *table)
{
	for (size_t k = 1; k < table->column_count; k++)
		if (!table->columns[k].numbers)
			return false;
	return table->column_count > 2 && !is_wide(table);
}

/* The rows of a wide table may be high. */
static bool is_short(const struct table *table)
{
	return table->row_count <= (is_wide(table) ? KEPT_WIDE_ROWS : KEPT_ROWS);
}

/* How it is laid out and broken on paper. */
static void put_table_class(FILE *out, const struct table *table, bool new_page)
{
	bool groups = false;

	for (size_t i = 0; i < table->row_count; i++)
		groups = groups || table->rows[i].kind == ROW_HEAD;
	(void)fprintf(out, "<div class=\"table%s%s%s%s\">\n", new_page ? " page" : "",
		      is_wide(table) ? " wide" : "", is_of_figures(table) ? " figures" : "",
		      groups            ? " groups"
		      : is_short(table) ? " keep"
					: "");
}

static void put_table(const struct page *page, const struct table *table, bool new_page)
{
	FILE *out = page->out;

	put_table_class(out, table, new_page);
	(void)fputs("<div class=\"scroll\" role=\"group\" ", out);
	(void)fputs("tabindex=\"0\" aria-labelledby=\"t-", out);
	put_id(out, table->id);
	(void)fputs("-caption\">\n<table id=\"t-", out);
	put_id(out, table->id);
	(void)fputs("\">\n<caption id=\"t-", out);
	put_id(out, table->id);
	(void)fputs("-caption\"><span>", out);
	put_text(out, table->caption);
	(void)fputs("</span></caption>\n", out);
	put_columns(page, table);
	put_rows(page, table);
	(void)fputs("</table>\n</div>\n", out);
	put_notes(page, table);
	(void)fputs("</div>\n", out);
}

/* --- charts */

static const struct table *table_of(const struct document *document, const char *id)
{
	for (size_t i = 0; *id && i < document->count; i++) {
		const struct table *table = document->blocks[i].table;

		if (table && strcmp(table->id, id) == 0)
			return table;
	}
	return NULL;
}

static void put_table_link(const struct page *page, const struct table *table)
{
	(void)fputs("<span class=\"seen\"><br><a href=\"#t-", page->out);
	put_id(page->out, table->id);
	(void)fputs("\">", page->out);
	put_text(page->out, say("Table:"));
	(void)fputc(' ', page->out);
	put_text(page->out, table->caption);
	(void)fputs("</a></span>", page->out);
}

static int put_chart(struct page *page, const struct chart *chart, bool new_page, struct error *err)
{
	const struct table *table = table_of(page->document, chart->table);
	SCOPED(text)
	struct text picture = TEXT_UP_TO(WORDS_ROOM);
	SCOPED(text)
	struct text id = { 0 };
	FILE *out = page->out;

	text_addf(&id, "c%zu", ++page->chart);
	chart_svg_inline(chart, page->language, text_str(&id), &picture);
	if (picture.failed)
		return error_set(err, ERROR_INPUT, "a chart is too large: fewer points");
	(void)fprintf(out, "<figure class=\"chart%s%s\" id=\"%s\">\n", new_page ? " page" : "",
		      chart->category_count >= BROAD_CATEGORIES ? " broad" : "", text_str(&id));
	(void)fputs("<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"", out);
	put_attribute(out, chart->title);
	(void)fprintf(out, "\">\n%s</div>\n<figcaption>", text_str(&picture));
	put_text(out, chart->title);
	if (table)
		put_table_link(page, table);
	(void)fputs("</figcaption>\n</figure>\n", out);
	if (!table) {
		struct table *own;

		text_add(&id, "-data");
		own = chart_table(chart, text_str(&id), page->language);
		put_table(page, own, false);
		table_free(own);
	}
	return 0;
}

/* --- blocks */

static void put_heading(struct page *page, const struct block *block)
{
	(void)fprintf(page->out, "<h%d id=\"part-%zu\"%s>", block->level + 1, ++page->heading,
		      block->page ? " class=\"page\"" : "");
	put_text(page->out, block->text);
	(void)fprintf(page->out, "</h%d>\n", block->level + 1);
}

static int put_block(struct page *page, const struct block *block, struct error *err)
{
	const char *class = block->page ? " class=\"page\"" : "";

	switch (block->kind) {
	case BLOCK_HEADING:
		put_heading(page, block);
		return 0;
	case BLOCK_PARAGRAPH:
		(void)fprintf(page->out, "<p%s>", class);
		put_text(page->out, block->text);
		(void)fputs("</p>\n", page->out);
		return 0;
	case BLOCK_LIST:
		(void)fprintf(page->out, "<ul%s>\n", class);
		for (size_t i = 0; i < block->item_count; i++) {
			(void)fputs("<li>", page->out);
			put_text(page->out, block->items[i]);
			(void)fputs("</li>\n", page->out);
		}
		(void)fputs("</ul>\n", page->out);
		return 0;
	case BLOCK_TABLE:
		put_table(page, block->table, block->page);
		return 0;
	case BLOCK_CHART:
		return put_chart(page, block->chart, block->page, err);
	}
	return 0;
}

/* --- around them */

/* Paper is not turned within a document: whoever reads it would turn it back and forth. */
static bool is_sideways(const struct document *document)
{
	for (size_t i = 0; i < document->count; i++)
		if (document->blocks[i].table && is_wide(document->blocks[i].table))
			return true;
	return false;
}

/* What stands in the margins of every sheet of paper. */
static void put_margins(const struct page *page)
{
	const struct document_head *head = &page->document->head;
	FILE *out = page->out;
	const char *words = say("Page %s of %s");
	const char *first = strstr(words, "%s");
	const char *second = first ? strstr(first + 2, "%s") : NULL;
	SCOPED(text)
	struct text left = TEXT_UP_TO(WORDS_ROOM);
	SCOPED(text)
	struct text right = TEXT_UP_TO(WORDS_ROOM);
	SCOPED(text)
	struct text part = TEXT_UP_TO(WORDS_ROOM);

	text_add(&left, head->process ? head->process : document_title(page->document));
	if (head->code)
		text_addf(&right, "%s: %s", say("Code"), head->code);
	if (head->version)
		text_addf(&right, "%s%s: %s", right.length ? " · " : "", say("Version"),
			  head->version);
	if (head->date != DAY_NONE) {
		text_add(&right, right.length ? " · " : "");
		language_date(page->language, head->date, &right);
	}
	(void)fprintf(out, "@page{%s", is_sideways(page->document) ? "size:landscape;" : "");
	(void)fputs("margin:19mm 15mm 17mm;font-family:system-ui,sans-serif;font-size:8pt;"
		    "@top-left{content:",
		    out);
	put_css_string(out, text_str(&left));
	(void)fputs("}@top-right{content:", out);
	put_css_string(out, text_str(&right));
	if (head->notice) {
		(void)fputs("}@bottom-center{font-weight:700;content:", out);
		put_css_string(out, head->notice);
	}
	(void)fputs("}@bottom-left{content:", out);
	text_add(&part, head->entity ? head->entity : "");
	if (head->period)
		text_addf(&part, "%s%s", part.length ? " · " : "", head->period);
	put_css_string(out, text_str(&part));
	(void)fputs("}@bottom-right{content:", out);
	if (first && second) {
		text_reset(&part);
		text_add_n(&part, words, (size_t)(first - words));
		put_css_string(out, text_str(&part));
		(void)fputs(" counter(page) ", out);
		text_reset(&part);
		text_add_n(&part, first + 2, (size_t)(second - first - 2));
		put_css_string(out, text_str(&part));
		(void)fputs(" counter(pages) ", out);
		put_css_string(out, second + 2);
	} else {
		(void)fputs("counter(page)", out);
	}
	(void)fputs("}}", out);
}

static void put_head(const struct page *page)
{
	const struct document *document = page->document;
	FILE *out = page->out;

	(void)fputs("<!DOCTYPE html>\n<html lang=\"", out);
	put_attribute(out, document->language);
	(void)fputs("\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"generator\" content=\"metricsd\">\n<title>",
		    out);
	put_attribute(out, document_title(document));
	if (document->head.entity) {
		(void)fputs(" – ", out);
		put_attribute(out, document->head.entity);
	}
	(void)fprintf(out, "</title>\n<style>%s%s", screen_style, paper_style);
	put_margins(page);
	(void)fputs("</style>\n</head>\n<body>\n", out);
}

/* No line begins with the dash between a report's name and its period. */
static void put_title(FILE *out, const char *title)
{
	static const char dash[] = " — ";
	const char *found;

	while ((found = strstr(title, dash))) {
		SCOPED(memory)
		char *before = memory_text_n(title, (size_t)(found - title));

		put_text(out, before);
		(void)fputs("&nbsp;— ", out);
		title = found + strlen(dash);
	}
	put_text(out, title);
}

static void put_header(const struct page *page)
{
	struct control_line lines[CONTROL_MAX];
	SCOPED(text)
	struct text date = { 0 };
	size_t count = document_control(page->document, page->language, &date, lines);
	const char *notice = page->document->head.notice;
	FILE *out = page->out;

	(void)fputs("<a class=\"skip\" href=\"#content\">", out);
	put_text(out, say("Skip to the content"));
	(void)fputs("</a>\n", out);
	if (notice) {
		(void)fputs("<section class=\"notice\" aria-label=\"", out);
		put_attribute(out, say("Notice"));
		(void)fputs("\">", out);
		put_text(out, notice);
		(void)fputs("</section>\n", out);
	}
	(void)fputs("<header>\n<h1>", out);
	put_title(out, document_title(page->document));
	(void)fputs("</h1>\n", out);
	if (count) {
		(void)fputs("<dl class=\"control\">\n", out);
		for (size_t i = 0; i < count; i++) {
			(void)fprintf(out, "<div%s><dt>",
				      strlen(lines[i].text) > LONG_CONTROL ? " class=\"long\""
									   : "");
			put_text(out, lines[i].label);
			(void)fputs("</dt><dd>", out);
			put_text(out, lines[i].text);
			(void)fputs("</dd></div>\n", out);
		}
		(void)fputs("</dl>\n", out);
	}
	(void)fputs("</header>\n", out);
}

static size_t count_headings(const struct document *document, int level)
{
	size_t count = 0;

	for (size_t i = 0; i < document->count; i++)
		count += document->blocks[i].kind == BLOCK_HEADING &&
			 document->blocks[i].level <= level;
	return count;
}

static void put_contents(const struct page *page)
{
	const struct document *document = page->document;
	int deepest = count_headings(document, 2) > CONTENTS_MAX ? 1 : 2;
	size_t heading = 0;

	if (count_headings(document, deepest) < CONTENTS_MIN)
		return;
	(void)fputs("<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">", page->out);
	put_text(page->out, say("Contents"));
	(void)fputs("</h2>\n<ul>\n", page->out);
	for (size_t i = 0; i < document->count; i++) {
		const struct block *block = &document->blocks[i];

		heading += block->kind == BLOCK_HEADING;
		if (block->kind != BLOCK_HEADING || block->level > deepest)
			continue;
		(void)fprintf(page->out, "<li class=\"l%d\"><a href=\"#part-%zu\">", block->level,
			      heading);
		put_attribute(page->out, block->text);
		(void)fputs("</a></li>\n", page->out);
	}
	(void)fputs("</ul>\n</nav>\n", page->out);
}

static void put_explanations(const struct page *page)
{
	struct explanation explanations[EXPLANATIONS_MAX];
	size_t count = document_explanations(page->document, page->language, explanations);

	if (!count)
		return;
	(void)fputs("<section class=\"reading\" aria-labelledby=\"reading\">\n<h2 id=\"reading\">",
		    page->out);
	put_text(page->out, say("How to read the figures"));
	(void)fputs("</h2>\n<dl>\n", page->out);
	for (size_t i = 0; i < count; i++) {
		(void)fputs("<div><dt>", page->out);
		put_text(page->out, explanations[i].sign);
		(void)fputs("</dt><dd>", page->out);
		put_text(page->out, explanations[i].text);
		(void)fputs("</dd></div>\n", page->out);
	}
	(void)fputs("</dl>\n</section>\n", page->out);
}

static void put_footer(const struct page *page)
{
	const struct document_head *head = &page->document->head;
	FILE *out = page->out;

	(void)fputs("<footer>\n<p>", out);
	put_text(out, document_title(page->document));
	if (head->entity) {
		(void)fputs(" · ", out);
		put_text(out, head->entity);
	}
	if (head->period && !strstr(document_title(page->document), head->period)) {
		(void)fputs(" · ", out);
		put_text(out, head->period);
	}
	(void)fputs("</p>\n</footer>\n", out);
	if (head->notice) {
		(void)fputs("<div class=\"watermark\" aria-hidden=\"true\">", out);
		put_text(out, head->notice);
		(void)fputs("</div>\n", out);
	}
	(void)fputs("</body>\n</html>\n", out);
}

int html_render(const struct document *document, struct language *language, FILE *out,
		struct error *err)
{
	struct page page = { .document = document, .language = language, .out = out };

	put_head(&page);
	put_header(&page);
	put_contents(&page);
	(void)fputs("<main id=\"content\">\n", out);
	for (size_t i = 0; i < document->count; i++)
		if (put_block(&page, &document->blocks[i], err) < 0)
			return -1;
	put_explanations(&page);
	(void)fputs("</main>\n", out);
	put_footer(&page);
	if (fflush(out) != 0 || ferror(out))
		return error_set(err, ERROR_OURS, "the report cannot be written: %s",
				 system_words(errno));
	return 0;
}
