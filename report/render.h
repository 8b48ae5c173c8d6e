/* What the renderers of a document share: a cell in words, a chart's table, a chart's picture. */
#ifndef METRICSD_RENDER_H
#define METRICSD_RENDER_H

#include "metricsd/document.h"
#include "metricsd/text.h"

enum {
	WORDS_ROOM = 16 << 20, /* ceiling of a text that holds a picture or a record */
	DRAWING_WIDTH = 640,   /* of the sheet a chart is laid out on */
	DRAWING_HEIGHT = 360,
};

/* A figure opened for the tables and for the marks behind it. */
struct kept_figure {
	struct figure figure;
	struct figure_name name;
	char *texts[6]; /* the name's, to be freed */
};

/* --- document.c */

struct table *table_new(const char *id, const char *caption);
void table_free(struct table *table);

/* What renderers call a document that has no title. */
const char *document_title(const struct document *document);

/* --- words.c */

/* The cell as a table for people says it ("≥ 4.800", "45,3 %", "15 nov 2025"), without its marks.
 * Adds nothing for CELL_EMPTY. */
void cell_print(const struct cell *cell, struct language *language, struct text *out);

/* The marks of a figure in words: "provisional, incomplete"; nothing for other cells. The signs
 * within the number are not repeated unless `signs`: "at least, ± 50, provisional". */
void cell_marks(const struct cell *cell, struct language *language, bool signs, struct text *out);

/* "33,7 %" of thousandths. */
void share_print(int64_t thousandths, struct language *language, struct text *out);

/* Which explanations a document needs, and each of them. `sign` is what it looks like. */
struct explanation {
	const char *sign, *text; /* to be said */
};
enum { EXPLANATIONS_MAX = 24 };
size_t document_explanations(const struct document *document, struct language *language,
			     struct explanation ret[EXPLANATIONS_MAX]);

/* Whether a cell refers to the table's note, numbered from 1; else it is of the whole table. */
bool note_referred(const struct table *table, size_t note);

/* A point of a chart as its table says it: "≥ 4.800 (provisional)", "—". */
void point_print(const struct chart *chart, const struct chart_point *point,
		 struct language *language, struct text *out);

/* The chart's numbers as a table of their own; table_free() it. */
struct table *chart_table(const struct chart *chart, const char *id, struct language *language);

/* Everything that is printed in the block of document control, in its order. */
struct control_line {
	const char *label, *text;
};
enum { CONTROL_MAX = 8 };
size_t document_control(const struct document *document, struct language *language,
			struct text *date, struct control_line ret[CONTROL_MAX]);

/* --- chart.c */

/* The picture for a page that has others: ids begin with `id`, no title is drawn (the page has it),
 * the size is its container's. */
void chart_svg_inline(const struct chart *chart, struct language *language, const char *id,
		      struct text *out);

/* The colour of a series, 0xRRGGBB. */
int series_colour(size_t series);

/* --- renderers */

int html_render(const struct document *document, struct language *language, FILE *out,
		struct error *err);
int xlsx_render(const struct document *document, struct language *language, const char *path,
		struct error *err);
int markdown_render(const struct document *document, struct language *language, FILE *out,
		    struct error *err);
int document_json(const struct document *document, struct language *language, FILE *out,
		  struct error *err);
int document_csv(const struct document *document, struct language *language, FILE *out,
		 struct error *err);

#endif
