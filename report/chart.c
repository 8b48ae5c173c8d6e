/*
 * Charts: one drawing code, two hands. What is drawn passes through a `struct pen`, which puts
 * elements into an SVG or strokes into a cairo picture.
 *
 * The SVG has real text rather than cairo's outlines: it can be searched and read aloud, a chart
 * takes a tenth of the bytes, and its bytes do not depend on the fonts of the machine it was made
 * on. So nothing here asks a font how wide a word is; widths are estimated, generously, and both
 * hands get the same layout.
 *
 * Nothing is told by colour alone: bars have hatchings, lines have dashes and markers of their own,
 * what is provisional or open has a sign. The colours are told apart by colour-blind eyes and stand
 * out 3:1 from white.
 */
#include "render.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"
#include "metricsd/report.h"

#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_SIZE = 13,
	SMALL_SIZE = 12,
	TITLE_SIZE = 16,
	LINE_HEIGHT = 17,
	TITLE_HEIGHT = 21,
	MARGIN = 12,
	LOOKS = 6, /* of series; a seventh looks like the first but for its place in the legend */
	TICKS_MAX = 12,
	MARKED_MAX = 62,     /* points of a line that get a marker each */
	LABELLED_MAX = 24,   /* and points that get their number */
	WORDED_MAX = 14,     /* categories whose numbers stand in the description */
	SLANTED_LETTERS = 22 /* of a category's name when there is no room to write it flat */
};

#define INK 0x1A1A1A
#define SOFT_INK 0x4A4A4A
#define GRID_INK 0xCFCFCF
#define PAPER 0xFFFFFF
#define NO_COLOUR (-1)
#define SLANT 40.0 /* degrees */
#define RADIANS (3.14159265358979323846 / 180.0)

static const int colours[LOOKS] = { 0x0B5394, 0xB34700, 0x1B6B4A, 0x7A3E9D, 0x5C5C5C, 0x8A1538 };

int series_colour(size_t series)
{
	return colours[series % LOOKS];
}

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

/* --- the pen */

struct pen {
	struct text *svg; /* either this */
	cairo_t *cairo;   /* or that */
};

struct line_look {
	int colour;
	double width;
	int dash; /* 0: none; else units of a stroke and of the gap behind it */
};

struct point {
	double x, y;
};

/* One decimal is enough of a unit; no locale comes in. */
static void add_tenths(struct text *out, double number)
{
	long tenths = lround(number * 10);

	text_addf(out, "%s%ld", tenths < 0 ? "-" : "", labs(tenths) / 10);
	if (tenths % 10)
		text_addf(out, ".%ld", labs(tenths) % 10);
}

static void add_attribute(struct text *out, const char *name, double number)
{
	text_addf(out, " %s=\"", name);
	add_tenths(out, number);
	text_add_char(out, '"');
}

static void add_escaped(struct text *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			text_add(out, "&amp;");
			break;
		case '<':
			text_add(out, "&lt;");
			break;
		case '>':
			text_add(out, "&gt;");
			break;
		case '"':
			text_add(out, "&quot;");
			break;
		default:
			text_add_char(out, *text);
		}
	}
}

static void add_stroke(struct text *out, const struct line_look *look)
{
	text_addf(out, " stroke=\"#%06x\"", (unsigned)look->colour);
	add_attribute(out, "stroke-width", look->width);
	if (look->dash)
		text_addf(out, " stroke-dasharray=\"%d %d\"", look->dash, look->dash);
}

static void set_colour(cairo_t *cairo, int colour)
{
	cairo_set_source_rgb(cairo, ((colour >> 16) & 0xFF) / 255.0, ((colour >> 8) & 0xFF) / 255.0,
			     (colour & 0xFF) / 255.0);
}

static void stroke(cairo_t *cairo, const struct line_look *look)
{
	double dash = look->dash;

	set_colour(cairo, look->colour);
	cairo_set_line_width(cairo, look->width);
	cairo_set_dash(cairo, &dash, look->dash ? 1 : 0, 0);
	cairo_stroke(cairo);
}

static void pen_path(struct pen *pen, const struct point *points, size_t count,
		     const struct line_look *look, int fill)
{
	if (pen->cairo) {
		cairo_new_path(pen->cairo);
		for (size_t i = 0; i < count; i++)
			cairo_line_to(pen->cairo, points[i].x, points[i].y);
		if (fill != NO_COLOUR) {
			cairo_close_path(pen->cairo);
			set_colour(pen->cairo, fill);
			cairo_fill_preserve(pen->cairo);
		}
		stroke(pen->cairo, look);
		return;
	}
	text_add(pen->svg, fill == NO_COLOUR ? "<polyline points=\"" : "<polygon points=\"");
	for (size_t i = 0; i < count; i++) {
		if (i)
			text_add_char(pen->svg, ' ');
		add_tenths(pen->svg, points[i].x);
		text_add_char(pen->svg, ',');
		add_tenths(pen->svg, points[i].y);
	}
	text_add_char(pen->svg, '"');
	if (fill == NO_COLOUR)
		text_add(pen->svg, " fill=\"none\"");
	else
		text_addf(pen->svg, " fill=\"#%06x\"", (unsigned)fill);
	add_stroke(pen->svg, look);
	text_add(pen->svg, "/>\n");
}

static void pen_line(struct pen *pen, struct point from, struct point to,
		     const struct line_look *look)
{
	const struct point points[] = { from, to };

	pen_path(pen, points, 2, look, NO_COLOUR);
}

static void pen_rectangle(struct pen *pen, struct point corner, double width, double height,
			  const struct line_look *look, int fill)
{
	if (pen->cairo) {
		cairo_rectangle(pen->cairo, corner.x, corner.y, width, height);
		set_colour(pen->cairo, fill);
		cairo_fill_preserve(pen->cairo);
		stroke(pen->cairo, look);
		return;
	}
	text_add(pen->svg, "<rect");
	add_attribute(pen->svg, "x", corner.x);
	add_attribute(pen->svg, "y", corner.y);
	add_attribute(pen->svg, "width", width);
	add_attribute(pen->svg, "height", height);
	text_addf(pen->svg, " fill=\"#%06x\"", (unsigned)fill);
	add_stroke(pen->svg, look);
	text_add(pen->svg, "/>\n");
}

static void pen_circle(struct pen *pen, struct point at, double radius,
		       const struct line_look *look, int fill)
{
	if (pen->cairo) {
		cairo_new_path(pen->cairo);
		cairo_arc(pen->cairo, at.x, at.y, radius, 0, 360 * RADIANS);
		set_colour(pen->cairo, fill);
		cairo_fill_preserve(pen->cairo);
		stroke(pen->cairo, look);
		return;
	}
	text_add(pen->svg, "<circle");
	add_attribute(pen->svg, "cx", at.x);
	add_attribute(pen->svg, "cy", at.y);
	add_attribute(pen->svg, "r", radius);
	text_addf(pen->svg, " fill=\"#%06x\"", (unsigned)fill);
	add_stroke(pen->svg, look);
	text_add(pen->svg, "/>\n");
}

struct letters {
	int size;
	bool bold;
	int colour;
	enum anchor anchor;
	double slant; /* degrees, rising to the right */
};

static void cairo_words(cairo_t *cairo, struct point at, const char *text,
			const struct letters *letters)
{
	cairo_text_extents_t extents;

	cairo_save(cairo);
	cairo_select_font_face(cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
			       letters->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cairo, letters->size);
	cairo_text_extents(cairo, text, &extents);
	cairo_translate(cairo, at.x, at.y);
	cairo_rotate(cairo, -letters->slant * RADIANS);
	cairo_move_to(cairo, -extents.x_advance * (double)(int)letters->anchor / 2, 0);
	set_colour(cairo, letters->colour);
	cairo_show_text(cairo, text);
	cairo_restore(cairo);
}

/* `at` is on the line the letters stand on. */
static void pen_words(struct pen *pen, struct point at, const char *text,
		      const struct letters *letters)
{
	static const char *const anchors[] = { "", " text-anchor=\"middle\"",
					       " text-anchor=\"end\"" };

	if (pen->cairo) {
		cairo_words(pen->cairo, at, text, letters);
		return;
	}
	text_add(pen->svg, "<text");
	add_attribute(pen->svg, "x", at.x);
	add_attribute(pen->svg, "y", at.y);
	text_addf(pen->svg, " font-size=\"%d\"%s fill=\"#%06x\"", letters->size,
		  anchors[letters->anchor], (unsigned)letters->colour);
	if (letters->bold)
		text_add(pen->svg, " font-weight=\"bold\"");
	if (letters->slant > 0) {
		text_add(pen->svg, " transform=\"rotate(");
		add_tenths(pen->svg, -letters->slant);
		text_add_char(pen->svg, ' ');
		add_tenths(pen->svg, at.x);
		text_add_char(pen->svg, ' ');
		add_tenths(pen->svg, at.y);
		text_add(pen->svg, ")\"");
	}
	text_add_char(pen->svg, '>');
	add_escaped(pen->svg, text);
	text_add(pen->svg, "</text>\n");
}

/* A generous guess: wide fonts take 0.6 of their size for a letter, on average. */
static double width_of(const char *text, int size)
{
	return display_width(text) * size * 0.6;
}

/* --- layout */

struct drawing {
	const struct chart *chart;
	struct language *language;
	struct pen pen;
	double width, height;
	double left, right, top, bottom; /* of the plot */
	double slot;                     /* room of a category */
	int64_t ticks[TICKS_MAX];
	size_t tick_count;
	bool from_zero;
	bool any_provisional, any_incomplete, any_open, any_gap, any_whisker, any_known;
};

static void look_at(struct drawing *drawing, const struct chart_point *point, double *least,
		    double *most)
{
	double low, high;

	if (!point->known) {
		drawing->any_gap = true;
		return;
	}
	low = (double)(point->open ? point->value : point->low);
	high = (double)(point->open ? point->value : point->high);
	if (!drawing->any_known || low < *least)
		*least = low;
	if (!drawing->any_known || high > *most)
		*most = high;
	drawing->any_known = true;
	drawing->any_open |= point->open;
	drawing->any_provisional |= point->provisional;
	drawing->any_incomplete |= point->incomplete;
	drawing->any_whisker |= !point->open && point->low != point->high;
}

/* 1, 2 or 5 times a power of ten, and whole. */
static double step_of(double span)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double rough = span / 5;
	double power = rough > 1 ? pow(10, floor(log10(rough))) : 1;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] * power >= rough)
			return steps[i] * power;
	return 10 * power;
}

/* Bars begin at zero; a line that hardly moves may begin elsewhere, and then says so. */
static void plan_axis(struct drawing *drawing)
{
	double least = 0, most = 0, step, first;

	for (size_t i = 0; i < drawing->chart->series_count; i++)
		for (size_t k = 0; k < drawing->chart->category_count; k++)
			look_at(drawing, &drawing->chart->series[i].points[k], &least, &most);
	drawing->from_zero = drawing->chart->kind == CHART_BARS || least <= 0 || most <= least ||
			     most - least > most / 4;
	if (drawing->from_zero && least > 0)
		least = 0;
	if (most < 0)
		most = 0;
	if (most <= least)
		most = least + 1;
	step = step_of(most - least);
	first = floor(least / step) * step;
	do
		drawing->ticks[drawing->tick_count] =
			(int64_t)(first + step * (double)drawing->tick_count);
	while ((double)drawing->ticks[drawing->tick_count++] < most &&
	       drawing->tick_count < TICKS_MAX);
}

static double height_of(const struct drawing *drawing, double value)
{
	double least = (double)drawing->ticks[0];
	double most = (double)drawing->ticks[drawing->tick_count - 1];

	if (most <= least) /* numbers beyond what a double tells apart */
		return drawing->bottom;
	return drawing->bottom -
	       (value - least) / (most - least) * (drawing->bottom - drawing->top);
}

static double middle_of(const struct drawing *drawing, size_t category)
{
	return drawing->left + drawing->slot * ((double)category + 0.5);
}

/* Writes `text` in lines of at most `width`; `y` is of the first, what is returned below the last.
 */
static double write_lines(struct pen *pen, const char *text, double x, double y, double width,
			  double line_height, const struct letters *letters)
{
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text longer = { 0 };

	while (*text) {
		size_t length = strcspn(text, " ");

		text_set(&longer, text_str(&line));
		if (line.length)
			text_add_char(&longer, ' ');
		text_add_n(&longer, text, length);
		if (line.length && width_of(text_str(&longer), letters->size) > width) {
			pen_words(pen, (struct point){ x, y }, text_str(&line), letters);
			y += line_height;
			text_reset(&line);
			continue;
		}
		text_set(&line, text_str(&longer));
		text += length;
		text += strspn(text, " ");
	}
	if (line.length) {
		pen_words(pen, (struct point){ x, y }, text_str(&line), letters);
		y += line_height;
	}
	return y;
}

/* --- the legend */

struct legend {
	struct drawing *drawing;
	double x, y;
	bool drawn; /* else only measured */
};

static double legend_place(struct legend *legend, double width)
{
	double x;

	if (legend->x > MARGIN && legend->x + width > legend->drawing->width - MARGIN) {
		legend->x = MARGIN;
		legend->y += LINE_HEIGHT;
	}
	x = legend->x;
	legend->x += width;
	return x;
}

static void draw_swatch(struct drawing *drawing, size_t series, struct point at);

static void legend_series(struct legend *legend, size_t series)
{
	const char *label = legend->drawing->chart->series[series].label;
	double x = legend_place(legend, 34 + width_of(label, TEXT_SIZE) + 14);

	if (!legend->drawn)
		return;
	draw_swatch(legend->drawing, series, (struct point){ x, legend->y - 9 });
	pen_words(&legend->drawing->pen, (struct point){ x + 34, legend->y }, label,
		  &(struct letters){ .size = TEXT_SIZE, .colour = INK });
}

static void legend_sign(struct legend *legend, const char *sign, const char *text)
{
	SCOPED(text)
	struct text words = { 0 };
	double x;

	text_addf(&words, "%s %s", sign, text);
	x = legend_place(legend, width_of(text_str(&words), SMALL_SIZE) + 14);
	if (legend->drawn)
		pen_words(&legend->drawing->pen, (struct point){ x, legend->y }, text_str(&words),
			  &(struct letters){ .size = SMALL_SIZE, .colour = SOFT_INK });
}

/* Draws or only measures the legend that begins on the line `y`; returns where it ends. */
static double legend(struct drawing *drawing, double y, bool drawn)
{
	struct legend legend = { drawing, MARGIN, y, drawn };

	for (size_t i = 0; drawing->chart->series_count > 1 && i < drawing->chart->series_count;
	     i++)
		legend_series(&legend, i);
	if (legend.x > MARGIN) {
		legend.x = MARGIN;
		legend.y += LINE_HEIGHT;
	}
	if (drawing->any_provisional)
		legend_sign(&legend, "*", say("provisional"));
	if (drawing->any_incomplete)
		legend_sign(&legend, "°", say("incomplete"));
	if (drawing->any_open)
		legend_sign(&legend, "≥", say("at least"));
	if (drawing->any_whisker)
		legend_sign(&legend, "I", say("the figure lies between the two ends"));
	if (drawing->any_gap)
		legend_sign(&legend, "—", say("no data"));
	if (!drawing->from_zero)
		legend_sign(&legend, "↕", say("the axis does not begin at zero"));
	return legend.x > MARGIN ? legend.y + LINE_HEIGHT : legend.y;
}

/* --- axes */

static void tick_text(const struct drawing *drawing, size_t tick, struct text *out)
{
	text_reset(out);
	language_decimal(drawing->language, drawing->ticks[tick], drawing->chart->decimals, out);
}

static double widest_tick(const struct drawing *drawing)
{
	SCOPED(text)
	struct text label = { 0 };
	double widest = 0;

	for (size_t i = 0; i < drawing->tick_count; i++) {
		tick_text(drawing, i, &label);
		widest = fmax(widest, width_of(text_str(&label), SMALL_SIZE));
	}
	return widest;
}

static void draw_axis(struct drawing *drawing)
{
	const struct line_look grid = { GRID_INK, 1, 0 };
	const struct line_look axis = { SOFT_INK, 1.2, 0 };
	SCOPED(text)
	struct text label = { 0 };

	for (size_t i = 0; i < drawing->tick_count; i++) {
		double y = height_of(drawing, (double)drawing->ticks[i]);

		tick_text(drawing, i, &label);
		pen_line(&drawing->pen, (struct point){ drawing->left, y },
			 (struct point){ drawing->right, y },
			 drawing->ticks[i] == 0 || i == 0 ? &axis : &grid);
		pen_words(&drawing->pen, (struct point){ drawing->left - 6, y + 4 },
			  text_str(&label),
			  &(struct letters){
				  .size = SMALL_SIZE, .colour = SOFT_INK, .anchor = ANCHOR_END });
	}
}

/* How the names below the plot are written. */
struct naming {
	bool slanted;
	size_t each;   /* every so many gets its name */
	double height; /* what they take */
};

static double widest_category(const struct chart *chart)
{
	double widest = 0;

	for (size_t i = 0; i < chart->category_count; i++)
		widest = fmax(widest, width_of(chart->categories[i], SMALL_SIZE));
	return widest;
}

/* What the longest name takes once it is cut to be slanted. */
static double slanted_width(const struct drawing *drawing)
{
	return fmin(widest_category(drawing->chart), (SLANTED_LETTERS + 1) * SMALL_SIZE * 0.6);
}

/* Flat where they fit, in two lines where that helps; the days of a line thinned out, the names
 * under bars slanted. */
static struct naming plan_names(const struct drawing *drawing)
{
	const struct chart *chart = drawing->chart;
	double widest = widest_category(chart);
	double slanted = slanted_width(drawing);

	if (widest + 8 <= drawing->slot)
		return (struct naming){ false, 1, LINE_HEIGHT };
	if (widest / 2 + 24 <= drawing->slot && chart->kind == CHART_BARS)
		return (struct naming){ false, 1, 2.0 * LINE_HEIGHT };
	if (chart->kind == CHART_LINES)
		return (struct naming){ false, (size_t)ceil((widest + 12) / drawing->slot),
					LINE_HEIGHT };
	return (struct naming){ true, (size_t)ceil(LINE_HEIGHT / drawing->slot),
				slanted * sin(SLANT * RADIANS) + LINE_HEIGHT };
}

/* A name cut to what a slanted one may take. */
static void add_cut(struct text *out, const char *name)
{
	int letters = 0;

	text_reset(out);
	for (; *name; name++) {
		if (((unsigned char)*name & 0xC0) != 0x80 && ++letters > SLANTED_LETTERS) {
			text_add(out, "…");
			return;
		}
		text_add_char(out, *name);
	}
}

static void draw_names(struct drawing *drawing, const struct naming *naming)
{
	const struct chart *chart = drawing->chart;
	struct letters letters = { .size = SMALL_SIZE, .colour = INK, .anchor = ANCHOR_MIDDLE };
	SCOPED(text)
	struct text name = { 0 };

	for (size_t i = 0; i < chart->category_count; i += naming->each) {
		double x = middle_of(drawing, i);
		double y = drawing->bottom + LINE_HEIGHT - 1;

		if (naming->slanted) {
			letters.anchor = ANCHOR_END;
			letters.slant = SLANT;
			add_cut(&name, chart->categories[i]);
			pen_words(&drawing->pen, (struct point){ x + 4, y - 2 }, text_str(&name),
				  &letters);
		} else if (naming->each > 1) {
			double half = width_of(chart->categories[i], SMALL_SIZE) / 2;

			/* the last may end at the edge */
			x = fmin(x, drawing->width - 2 - half);
			pen_words(&drawing->pen, (struct point){ x, y }, chart->categories[i],
				  &letters);
		} else {
			(void)write_lines(&drawing->pen, chart->categories[i], x, y,
					  drawing->slot - 4, LINE_HEIGHT - 2, &letters);
		}
	}
}

/* --- numbers beside points */

/* "≥ 4.800*"; with `short_form` only what is not plain: "≥*". */
static void add_label(const struct drawing *drawing, const struct chart_point *point,
		      bool short_form, struct text *out)
{
	bool uneven = !point->open && point->value - point->low != point->high - point->value;

	text_reset(out);
	if (!point->known) {
		text_add(out, "—");
		return;
	}
	if (point->open)
		text_add(out, short_form ? "≥" : "≥ ");
	if (!short_form)
		language_decimal(drawing->language, uneven ? point->low : point->value,
				 drawing->chart->decimals, out);
	if (!short_form && uneven) {
		/* of two bounds neither is the number */
		text_add(out, "–");
		language_decimal(drawing->language, point->high, drawing->chart->decimals, out);
	}
	if (point->provisional)
		text_add_char(out, '*');
	if (point->incomplete)
		text_add(out, "°");
}

/* The point's number above it where it has `room`, else its sign. */
static void draw_label(struct drawing *drawing, const struct chart_point *point, struct point at,
		       double room)
{
	const struct chart *chart = drawing->chart;
	size_t count = chart->category_count * chart->series_count;
	SCOPED(text)
	struct text label = { 0 };

	add_label(drawing, point, false, &label);
	if (count > LABELLED_MAX || width_of(text_str(&label), SMALL_SIZE) > room)
		add_label(drawing, point, true, &label);
	if (label.length)
		pen_words(&drawing->pen, at, text_str(&label),
			  &(struct letters){
				  .size = SMALL_SIZE, .colour = INK, .anchor = ANCHOR_MIDDLE });
}

/* From the lower to the upper bound; upward without an end when there is none. */
static void draw_bounds(struct drawing *drawing, const struct chart_point *point, double x)
{
	const struct line_look halo = { PAPER, 4, 0 }; /* seen on a dark bar */
	const struct line_look look = { INK, 1.4, 0 };
	double low = height_of(drawing, (double)point->low);
	double high = height_of(drawing, (double)point->high);

	if (!point->known || point->open || point->low == point->high)
		return;
	pen_line(&drawing->pen, (struct point){ x, low }, (struct point){ x, high }, &halo);
	pen_line(&drawing->pen, (struct point){ x, low }, (struct point){ x, high }, &look);
	pen_line(&drawing->pen, (struct point){ x - 4, low }, (struct point){ x + 4, low }, &look);
	pen_line(&drawing->pen, (struct point){ x - 4, high }, (struct point){ x + 4, high },
		 &look);
}

/* Where the number of a point stands: above it and above its upper bound. */
static double label_height(const struct drawing *drawing, const struct chart_point *point)
{
	double top;

	if (!point->known)
		return height_of(drawing, fmax(0, (double)drawing->ticks[0])) - 5;
	top = height_of(drawing, (double)(point->open || point->high < point->value ? point->value
										    : point->high));
	if (point->value < 0)
		return height_of(drawing, (double)point->low) + SMALL_SIZE + 2;
	return top - 5;
}

/* --- bars */

/* Lines across a rectangle, `step` apart, falling (-1), rising (1) or flat (0). */
static void hatch(struct pen *pen, struct point corner, double width, double height, int slope,
		  double step, const struct line_look *look)
{
	size_t count = (size_t)((slope ? width + height : height) / step);

	for (size_t i = 1; i <= count; i++) {
		/* x + y, seen from the lower left corner (or the lower right one) */
		double sum = step * (double)i;
		struct point from = { fmin(sum, width), sum - fmin(sum, width) };
		struct point to = { sum - fmin(sum, height), fmin(sum, height) };

		if (slope == 0) {
			from = (struct point){ 0, sum - step / 2 };
			to = (struct point){ width, sum - step / 2 };
		}
		if (slope > 0) {
			from.x = width - from.x;
			to.x = width - to.x;
		}
		pen_line(pen, (struct point){ corner.x + from.x, corner.y + height - from.y },
			 (struct point){ corner.x + to.x, corner.y + height - to.y }, look);
	}
}

/* A bar of a series: full, hatched three ways, crossed, empty; its edge is dashed when provisional.
 */
static void draw_bar(struct drawing *drawing, size_t series, struct point corner, double width,
		     double height, bool provisional)
{
	int colour = series_colour(series);
	const struct line_look edge = { colour, 1.4, provisional ? 4 : 0 };
	const struct line_look thin = { colour, 1.1, 0 };
	size_t look = series % LOOKS;
	struct pen *pen = &drawing->pen;

	pen_rectangle(pen, corner, width, height, &edge,
		      look == 0 && !provisional ? colour : PAPER);
	if (look == 1 || look == 4)
		hatch(pen, corner, width, height, 1, provisional ? 12 : 6, &thin);
	if (look == 2)
		hatch(pen, corner, width, height, 0, provisional ? 10 : 5, &thin);
	if (look == 3 || look == 4)
		hatch(pen, corner, width, height, -1, provisional ? 12 : 6, &thin);
	if (look == 0 && provisional)
		hatch(pen, corner, width, height, 1, 3, &thin);
}

static void draw_bars(struct drawing *drawing)
{
	const struct chart *chart = drawing->chart;
	double room = drawing->slot * 0.84 / (double)chart->series_count;
	double width = fmin(room * 0.9, 64);
	double zero = height_of(drawing, 0);

	for (size_t k = 0; k < chart->category_count; k++) {
		for (size_t i = 0; i < chart->series_count; i++) {
			const struct chart_point *point = &chart->series[i].points[k];
			double x = middle_of(drawing, k) +
				   room * ((double)i + 0.5 - (double)chart->series_count / 2);
			double y = height_of(drawing, (double)point->value);

			if (point->known && point->value != 0)
				draw_bar(drawing, i, (struct point){ x - width / 2, fmin(y, zero) },
					 width, fabs(y - zero),
					 point->provisional || point->incomplete);
			draw_bounds(drawing, point, x);
			draw_label(drawing, point,
				   (struct point){ x, label_height(drawing, point) },
				   chart->series_count == 1 ? drawing->slot : room * 1.1);
		}
	}
}

/* --- lines */

static void draw_marker(struct pen *pen, size_t series, struct point at, bool hollow)
{
	int colour = series_colour(series);
	const struct line_look look = { colour, 1.6, 0 };
	int fill = hollow ? PAPER : colour;
	const struct point square[] = {
		{ at.x - 3.5, at.y - 3.5 },
		{ at.x + 3.5, at.y - 3.5 },
		{ at.x + 3.5, at.y + 3.5 },
		{ at.x - 3.5, at.y + 3.5 },
	};
	const struct point up[] = {
		{ at.x, at.y - 4.5 },
		{ at.x + 4.5, at.y + 3.5 },
		{ at.x - 4.5, at.y + 3.5 },
	};
	const struct point diamond[] = {
		{ at.x, at.y - 5 },
		{ at.x + 5, at.y },
		{ at.x, at.y + 5 },
		{ at.x - 5, at.y },
	};
	const struct point down[] = {
		{ at.x, at.y + 4.5 },
		{ at.x + 4.5, at.y - 3.5 },
		{ at.x - 4.5, at.y - 3.5 },
	};

	switch (series % LOOKS) {
	case 1:
		pen_path(pen, square, 4, &look, fill);
		return;
	case 2:
		pen_path(pen, up, 3, &look, fill);
		return;
	case 3:
		pen_path(pen, diamond, 4, &look, fill);
		return;
	case 4:
		pen_path(pen, down, 3, &look, fill);
		return;
	default:
		pen_circle(pen, at, 3.5, &look, fill);
		return;
	}
}

static int dash_of(size_t series)
{
	static const int dashes[LOOKS] = { 0, 7, 2, 10, 4, 14 };

	return dashes[series % LOOKS];
}

static bool joins(const struct chart_series *series, size_t count, size_t k)
{
	return k < count && series->points[k].known;
}

/* A line from gap to gap. */
static void draw_runs(struct drawing *drawing, size_t series)
{
	const struct chart_series *one = &drawing->chart->series[series];
	size_t count = drawing->chart->category_count;
	const struct line_look look = { series_colour(series), 2.2, dash_of(series) };
	SCOPED(memory)
	struct point *points = memory_new(count, sizeof(*points));
	size_t run = 0;

	for (size_t k = 0; k < count; k++) {
		if (!one->points[k].known)
			continue;
		points[run++] = (struct point){ middle_of(drawing, k),
						height_of(drawing, (double)one->points[k].value) };
		if (joins(one, count, k + 1))
			continue;
		if (run > 1)
			pen_path(&drawing->pen, points, run, &look, NO_COLOUR);
		run = 0;
	}
}

/* Whether a sign belongs to it. */
static bool is_signed(const struct chart_point *point)
{
	return point->open || point->provisional || point->incomplete;
}

/* Whether the point has no neighbour, so that no line shows it. */
static bool is_alone(const struct chart_series *series, size_t count, size_t k)
{
	return !joins(series, count, k + 1) && (k == 0 || !series->points[k - 1].known);
}

static bool nothing_known(const struct chart *chart, size_t k)
{
	for (size_t i = 0; i < chart->series_count; i++)
		if (chart->series[i].points[k].known)
			return false;
	return true;
}

static void draw_points(struct drawing *drawing, size_t series)
{
	const struct chart *chart = drawing->chart;
	const struct chart_series *one = &chart->series[series];
	size_t count = chart->category_count;

	for (size_t k = 0; k < count; k++) {
		const struct chart_point *point = &one->points[k];
		struct point at = { middle_of(drawing, k),
				    height_of(drawing, (double)point->value) };

		if (!point->known) {
			/* of several lines only a gap in all: a break is seen in its own */
			if (count <= MARKED_MAX && series == 0 && nothing_known(chart, k))
				draw_label(drawing, point,
					   (struct point){ at.x, label_height(drawing, point) - 2 },
					   0);
			continue;
		}
		draw_bounds(drawing, point, at.x);
		if (count <= MARKED_MAX || is_signed(point) || is_alone(one, count, k))
			draw_marker(&drawing->pen, series, at,
				    point->provisional || point->incomplete);
		if (chart->series_count == 1 || is_signed(point))
			draw_label(drawing, point,
				   (struct point){ at.x, label_height(drawing, point) - 3 },
				   chart->series_count == 1 ? drawing->slot : 0);
	}
}

static void draw_swatch(struct drawing *drawing, size_t series, struct point at)
{
	if (drawing->chart->kind == CHART_BARS) {
		draw_bar(drawing, series, at, 26, 10, false);
		return;
	}
	pen_line(&drawing->pen, (struct point){ at.x, at.y + 5 },
		 (struct point){ at.x + 28, at.y + 5 },
		 &(struct line_look){ series_colour(series), 2.2, dash_of(series) });
	draw_marker(&drawing->pen, series, (struct point){ at.x + 14, at.y + 5 }, false);
}

/* --- the whole */

static void draw(struct drawing *drawing, bool titled)
{
	const struct chart *chart = drawing->chart;
	const struct letters title = { .size = TITLE_SIZE, .bold = true, .colour = INK };
	const struct letters unit = { .size = SMALL_SIZE, .colour = SOFT_INK };
	struct pen *pen = &drawing->pen;
	double y = MARGIN;
	double legend_height;
	struct naming naming;

	pen_rectangle(pen, (struct point){ 0, 0 }, drawing->width, drawing->height,
		      &(struct line_look){ PAPER, 1, 0 }, PAPER);
	plan_axis(drawing);
	if (titled)
		y = write_lines(pen, chart->title, MARGIN, y + 10, drawing->width - 2.0 * MARGIN,
				TITLE_HEIGHT, &title) -
		    10;
	if (*chart->unit)
		y = write_lines(pen, chart->unit, MARGIN, y + 10, drawing->width - 2.0 * MARGIN,
				LINE_HEIGHT, &unit) -
		    10;
	drawing->top = y + LINE_HEIGHT;
	drawing->left = MARGIN + widest_tick(drawing) + 8;
	drawing->right = drawing->width - MARGIN;
	drawing->slot = (drawing->right - drawing->left) /
			(double)(chart->category_count ? chart->category_count : 1);
	naming = plan_names(drawing);
	if (naming.slanted) { /* the first begins left of its bar */
		drawing->left = fmax(drawing->left, slanted_width(drawing) * cos(SLANT * RADIANS) -
							    drawing->slot / 2 + MARGIN);
		drawing->slot = (drawing->right - drawing->left) / (double)chart->category_count;
	}
	legend_height = legend(drawing, 0, false);
	drawing->bottom =
		fmax(drawing->height - MARGIN - naming.height - legend_height, drawing->top + 40);
	draw_axis(drawing);
	draw_names(drawing, &naming);
	(void)legend(drawing, drawing->bottom + naming.height + LINE_HEIGHT, true);
	if (!drawing->any_known) {
		pen_words(pen,
			  (struct point){ (drawing->left + drawing->right) / 2,
					  (drawing->top + drawing->bottom) / 2 },
			  say("no data"),
			  &(struct letters){ .size = TITLE_SIZE,
					     .colour = SOFT_INK,
					     .anchor = ANCHOR_MIDDLE });
		return;
	}
	if (chart->kind == CHART_BARS) {
		draw_bars(drawing);
		return;
	}
	for (size_t i = 0; i < chart->series_count; i++)
		draw_runs(drawing, i);
	for (size_t i = 0; i < chart->series_count; i++)
		draw_points(drawing, i);
}

/* --- words for who does not see it */

/* "Facebook: octubre 44, noviembre 24 (provisional)." */
static void describe_all(const struct chart *chart, const struct chart_series *series,
			 struct language *language, struct text *out)
{
	for (size_t k = 0; k < chart->category_count; k++) {
		text_addf(out, "%s%s ", k ? "; " : "", chart->categories[k]);
		point_print(chart, &series->points[k], language, out);
	}
}

/* Of a long series its least and its most, and how much of it is known. */
static void describe_ends(const struct chart *chart, const struct chart_series *series,
			  struct language *language, struct text *out)
{
	size_t least = SIZE_MAX, most = SIZE_MAX;
	int64_t known = 0;
	SCOPED(text)
	struct text low = { 0 };
	SCOPED(text)
	struct text high = { 0 };

	for (size_t k = 0; k < chart->category_count; k++) {
		if (!series->points[k].known)
			continue;
		known++;
		if (least == SIZE_MAX || series->points[k].value < series->points[least].value)
			least = k;
		if (most == SIZE_MAX || series->points[k].value > series->points[most].value)
			most = k;
	}
	if (least == SIZE_MAX || most == SIZE_MAX) {
		text_add(out, say("no data"));
		return;
	}
	point_print(chart, &series->points[least], language, &low);
	point_print(chart, &series->points[most], language, &high);
	/* TRANSLATORS: least value, where; greatest value, where; points with a value, points */
	text_addf(out, say("least %s (%s), greatest %s (%s), %lld of %zu points known"),
		  text_str(&low), chart->categories[least], text_str(&high),
		  chart->categories[most], (long long)known, chart->category_count);
}

static void describe(const struct chart *chart, struct language *language, struct text *out)
{
	text_add(out, chart->kind == CHART_BARS ? say("Bar chart.") : say("Line chart."));
	for (size_t i = 0; i < chart->series_count; i++) {
		const struct chart_series *series = &chart->series[i];

		text_addf(out, " %s: ", series->label);
		if (chart->category_count <= WORDED_MAX)
			describe_all(chart, series, language, out);
		else
			describe_ends(chart, series, language, out);
		text_add_char(out, '.');
	}
}

/* --- SVG */

static void begin_svg(const struct chart *chart, struct language *language, const char *id,
		      double height, const char *size, struct text *out)
{
	SCOPED(text)
	struct text words = TEXT_UP_TO(WORDS_ROOM);

	describe(chart, language, &words);
	text_addf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d ",
		  DRAWING_WIDTH);
	add_tenths(out, height);
	text_addf(out,
		  "\"%s role=\"img\" aria-labelledby=\"%s-title %s-desc\" "
		  "font-family=\"'DejaVu Sans', Verdana, Arial, sans-serif\">\n<title "
		  "id=\"%s-title\">",
		  size, id, id, id);
	add_escaped(out, chart->title);
	text_addf(out, "</title>\n<desc id=\"%s-desc\">", id);
	add_escaped(out, text_str(&words));
	text_add(out, "</desc>\n");
}

static void put_svg(const struct chart *chart, struct language *language, const char *id,
		    double height, const char *size, bool titled, struct text *out)
{
	struct drawing drawing = {
		.chart = chart,
		.language = language,
		.pen = { .svg = out },
		.width = DRAWING_WIDTH,
		.height = height,
	};

	begin_svg(chart, language, id, height, size, out);
	draw(&drawing, titled);
	text_add(out, "</svg>\n");
}

void chart_svg_inline(const struct chart *chart, struct language *language, const char *id,
		      struct text *out)
{
	put_svg(chart, language, id, DRAWING_HEIGHT, "", false, out);
}

static int check_size(int width, int height, struct error *err)
{
	if (width < 100 || height < 75 || width > 10000 || height > 10000)
		return error_set(err, ERROR_INPUT,
				 "a picture of %d × %d: expected 100 × 75 to 10000 × 10000", width,
				 height);
	return 0;
}

int chart_svg(const struct chart *chart, struct language *language, int width, int height,
	      struct text *out, struct error *err)
{
	SCOPED(text)
	struct text size = { 0 };

	if (check_size(width, height, err) < 0)
		return -1;
	language_use(language);
	text_addf(&size, " width=\"%d\" height=\"%d\"", width, height);
	text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	put_svg(chart, language, "chart", (double)height * DRAWING_WIDTH / width, text_str(&size),
		true, out);
	if (out->failed)
		return error_set(err, ERROR_INPUT, "the picture is too large: fewer points");
	return 0;
}

/* --- PNG */

int chart_png(const struct chart *chart, struct language *language, int width, int height,
	      const char *path, struct error *err)
{
	double scale = (double)width / DRAWING_WIDTH;
	struct drawing drawing = {
		.chart = chart,
		.language = language,
		.width = DRAWING_WIDTH,
		.height = height / scale,
	};
	cairo_surface_t *surface;
	cairo_status_t status;
	int number;

	if (check_size(width, height, err) < 0)
		return -1;
	language_use(language);
	surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	drawing.pen.cairo = cairo_create(surface);
	cairo_scale(drawing.pen.cairo, scale, scale);
	draw(&drawing, true);
	status = cairo_status(drawing.pen.cairo);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_write_to_png(surface, path);
	number = errno;
	cairo_destroy(drawing.pen.cairo);
	cairo_surface_destroy(surface);
	if (status == CAIRO_STATUS_WRITE_ERROR)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(number));
	if (status != CAIRO_STATUS_SUCCESS)
		return error_set(err, ERROR_OURS, "%s: %s", path, cairo_status_to_string(status));
	return 0;
}
