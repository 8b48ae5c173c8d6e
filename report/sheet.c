/* One entity's figures as a table for people. */
#include "sheet_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/language.h"

#include <string.h>

enum {
	WIDTH_DEFAULT = 100,
	COLUMN_GAP = 2,
	CELL_ROOM = 256,
	COLUMNS_MAX = GRID_COLUMNS - 3, /* label, coverage and source stand beside them */
	COLUMNS_ALL = SHEET_COLUMNS + BESIDES,
	FRESH_DAYS = 3, /* a level of the last so many days goes without its date */
	SOURCES_MAX = 16,
};

/* What a table used and its footnotes must say. */
enum mark {
	MARK_PROVISIONAL = 1 << 0,
	MARK_ROUNDED = 1 << 1,
	MARK_BETWEEN = 1 << 2,
	MARK_AT_LEAST = 1 << 3,
	MARK_MISSING = 1 << 4,
	MARK_ESTIMATE = 1 << 5,
	MARK_LEVELS = 1 << 6,
	MARK_INCONSISTENT = 1 << 7,
	MARK_BROKEN = 1 << 8,
	MARK_MIXED = 1 << 9,
	MARK_AS_OF = 1 << 10,
	MARK_GROUP = 1 << 11,
	MARK_REVISABLE = 1 << 12,
	MARK_ROUNDED_BETWEEN = 1 << 13,
	MARK_PART = 1 << 14,
	MARK_NOTHING = 1 << 15,
	MARK_INCOMPLETE = 1 << 16,
	MARK_CHANGED = 1 << 17,
	MARK_CONTRADICTED = 1 << 18,
	MARK_OTHER_SOURCES = 1 << 19,
	MARK_LAG = 1 << 20,
};

static const struct {
	const char *sign; /* in the cell and before the note; NULL: the note explains itself */
	const char *note;
	enum mark mark;
	bool trails; /* stands behind the number, in room kept for it */
} notes[] = {
	{ "*", N_("provisional: the period still runs, or its last days are still settling"),
	  MARK_PROVISIONAL, true },
	{ "°",
	  N_("settled, but the provider may still revise it (Meta: up to 28 days after a day)"),
	  MARK_REVISABLE, true },
	{ "†", N_("sum of followers per channel, not of people"), MARK_LEVELS, true },
	{ "‡", N_("the provider's own numbers contradict each other: the widest bounds are given"),
	  MARK_INCONSISTENT, true },
	{ "§", N_("what is counted changed within the period: only days counted alike are in it"),
	  MARK_BROKEN, true },
	{ "±", N_("stated as rounded where it was read; the true figure is no further away"),
	  MARK_ROUNDED, false },
	{ "a–b", N_("stated as rounded where it was read; the true figure lies between the two"),
	  MARK_ROUNDED_BETWEEN, false },
	{ "a–b",
	  N_("the true figure lies between the two: people are counted once in each window and "
	     "cannot be added up"),
	  MARK_BETWEEN, false },
	{ "≥", N_("at least this: what is lacking is not in it"), MARK_AT_LEAST, false },
	{ "(a/b)", N_("the mean of what is known: a of b"), MARK_PART, false },
	{ "≈", N_("the provider's estimate"), MARK_ESTIMATE, false },
	{ "—", N_("not known, which is not zero"), MARK_MISSING, false },
	{ NULL,
	  N_("in parentheses: day of the level, or days of the levels it is the sum of, when not "
	     "of the last three of the period"),
	  MARK_AS_OF, false },
	{ NULL,
	  N_("Coverage of a level is its day; in parentheses the days since, up to the end of the "
	     "period or yesterday."),
	  MARK_LAG, false },
	{ NULL, N_("mixed: the figures come from several sources"), MARK_MIXED, false },
	{ NULL, N_("Coverage of groups counts the days of each account."), MARK_GROUP, false },
	{ "¹", N_("not comparable: nothing is known of one of the two periods"), MARK_NOTHING,
	  false },
	{ "²", N_("not comparable: one of the two periods is incomplete or still runs"),
	  MARK_INCOMPLETE, false },
	{ "³", N_("not comparable: what is counted changed between the two periods"), MARK_CHANGED,
	  false },
	{ "⁴", N_("not comparable: the provider's own numbers contradict each other"),
	  MARK_CONTRADICTED, false },
	{ "⁵", N_("comparable, but of different sources"), MARK_OTHER_SOURCES, false },
};
enum { NOTES = sizeof(notes) / sizeof(notes[0]) };

/* Whether the row's figures come from more than one source. */
static bool is_mixed(const struct sheet *sheet, const struct sheet_row *row)
{
	const char *source = NULL;

	for (size_t i = 0; i < sheet->column_count; i++) {
		const struct figure *figure = &row->figures[i];

		if (figure->mixed ||
		    (source && figure->source && strcmp(source, figure->source) != 0))
			return true;
		source = figure->source ? figure->source : source;
	}
	return false;
}

static unsigned marks_of(const struct figure *figure)
{
	unsigned marks = 0;

	if (figure->broken)
		marks |= MARK_BROKEN;
	if (figure->form == FIGURE_NONE)
		return marks | MARK_MISSING;
	if (figure->provisional)
		marks |= MARK_PROVISIONAL;
	else if (figure->revisable)
		marks |= MARK_REVISABLE;
	if (figure->sum_of_levels)
		marks |= MARK_LEVELS;
	if (figure->inconsistent)
		marks |= MARK_INCONSISTENT;
	if (figure->estimate)
		marks |= MARK_ESTIMATE;
	if (figure->form == FIGURE_BETWEEN && !figure->rounded)
		marks |= MARK_BETWEEN;
	if (figure_is_partial_mean(figure))
		marks |= MARK_PART;
	else if (figure->form == FIGURE_AT_LEAST)
		marks |= MARK_AT_LEAST;
	return marks;
}

/* How rounding is written, figure_print() decides: what stands in the cell is explained. */
static unsigned rounding_of(const struct figure *figure, const char *printed)
{
	if (!figure->rounded || figure->form == FIGURE_NONE)
		return 0;
	if (strstr(printed, "±"))
		return MARK_ROUNDED;
	return strstr(printed, "–") ? MARK_ROUNDED_BETWEEN : 0;
}

/* Whether a level is older than the days that go without saying. */
static bool is_late(const struct figure *figure, const struct sheet *sheet,
		    const struct period *column)
{
	int32_t end = window_end(column->window);

	if (sheet->today < end)
		end = sheet->today;
	return figure->kind == METRIC_STOCK && figure->form != FIGURE_NONE &&
	       figure->as_of != DAY_NONE && figure->as_of < end - FRESH_DAYS;
}

static int trail_width(unsigned marks)
{
	int width = 0;

	for (size_t i = 0; i < NOTES; i++)
		if (notes[i].trails && (marks & notes[i].mark))
			width++;
	return width;
}

/* Trailing marks, padded so that the numbers of a column stay under each other. */
static void add_trail(unsigned marks, int room, struct text *cell)
{
	for (size_t i = 0; i < NOTES; i++)
		if (notes[i].trails && (marks & notes[i].mark))
			text_add(cell, notes[i].sign);
	for (int blank = trail_width(marks); blank < room; blank++)
		text_add_char(cell, ' ');
}

/* What is worked out once for all bands of a table. */
struct plan {
	const struct sheet *sheet;
	struct language *language;
	const struct look *look;
	int trails[COLUMNS_ALL]; /* room for marks in each column */
	int widths[COLUMNS_ALL];
	enum beside beside[BESIDES]; /* the columns behind those of the sheet */
	size_t columns;              /* with those */
	int label_width, end_width;  /* what stands left and right of the figures */
	unsigned marks;
};

static void add_value(struct plan *plan, const struct sheet_row *row, size_t column,
		      struct text *cell)
{
	const struct figure *figure = &row->figures[column];

	text_reset(cell);
	figure_print(figure, plan->language, cell);
	plan->marks |= rounding_of(figure, text_str(cell));
	if (is_late(figure, plan->sheet, &plan->sheet->columns[column])) {
		text_add(cell, " (");
		level_day_print(figure, plan->language, cell);
		text_add_char(cell, ')');
		plan->marks |= MARK_AS_OF;
	}
	add_trail(marks_of(figure), plan->trails[column], cell);
}

static unsigned comparison_mark(enum comparability how)
{
	switch (how) {
	case COMPARABLE:
		return 0;
	case COMPARABLE_SOURCES:
		return MARK_OTHER_SOURCES;
	case COMPARE_NOTHING:
		return MARK_NOTHING;
	case COMPARE_INCOMPLETE:
		return MARK_INCOMPLETE;
	case COMPARE_BROKEN:
		return MARK_CHANGED;
	case COMPARE_INCONSISTENT:
		return MARK_CONTRADICTED;
	}
	return 0;
}

/* How the whole period differs from an earlier one, and the sign that says why it does not. */
static void add_comparison(struct plan *plan, const struct sheet_row *row, size_t column,
			   struct text *cell)
{
	size_t figures = plan->sheet->column_count;
	const struct comparison *comparison = &row->compared[plan->beside[column - figures]];
	unsigned mark = comparison_mark(comparison->how);

	text_reset(cell);
	comparison_print(comparison, row->figures[figures - 1].decimals, plan->language, cell);
	for (size_t i = 0; i < NOTES; i++)
		if (notes[i].mark == mark)
			text_addf(cell, " %s", notes[i].sign);
	plan->marks |= mark;
}

static void add_cell(struct plan *plan, const struct sheet_row *row, size_t column,
		     struct text *cell)
{
	if (column < plan->sheet->column_count)
		add_value(plan, row, column, cell);
	else
		add_comparison(plan, row, column, cell);
}

static bool several_years(const struct sheet *sheet)
{
	int first, last;

	day_split(sheet->period.window.first, &first, &(int){ 0 }, &(int){ 0 });
	day_split(window_end(sheet->period.window) - 1, &last, &(int){ 0 }, &(int){ 0 });
	return first != last || sheet->column_count == 1;
}

static void add_heading(const struct plan *plan, size_t column, struct text *cell)
{
	const struct sheet *sheet = plan->sheet;
	const struct period *period = &sheet->columns[column];

	text_reset(cell);
	if (column >= sheet->column_count) {
		SCOPED(text)
		struct text name = { 0 };

		language_period(plan->language,
				&sheet->beside[plan->beside[column - sheet->column_count]], &name);
		/* TRANSLATORS: heading: the difference from an earlier period */
		text_addf(cell, say("vs %s"), text_str(&name));
		return;
	}
	if (period->kind != PERIOD_MONTH)
		language_period(plan->language, period, cell);
	else if (several_years(plan->sheet))
		language_month_year(plan->language, period->window.first, cell);
	else
		language_month(plan->language, period->window.first, cell);
	for (int blank = 0; blank < plan->trails[column]; blank++)
		text_add_char(cell, ' ');
}

const char *row_label(const struct sheet_row *row)
{
	return row->label && *row->label ? say(row->label) : row->metric;
}

static const char *source_of(const struct sheet *sheet, const struct sheet_row *row)
{
	if (row->section != SHEET_ACCOUNTS)
		return "";
	if (is_mixed(sheet, row))
		return say("mixed");
	for (size_t i = 0; i < sheet->column_count; i++)
		if (row->figures[i].source)
			return row->figures[i].source;
	return "";
}

static void widen(int *width, const char *string)
{
	int wide = display_width(string);

	if (wide > *width)
		*width = wide;
}

static bool is_level(const struct figure *figure)
{
	return figure->kind == METRIC_STOCK && figure->form != FIGURE_NONE &&
	       figure->as_of != DAY_NONE;
}

/* Coverage where room is scarce: of a level "31 oct (−21 days)", "31 oct–18 dic". */
static void add_coverage(const struct figure *figure, struct language *language, struct text *out)
{
	int32_t days = (int32_t)days_count(&figure->lacking);

	if (!is_level(figure)) {
		coverage_print(figure, language, out);
		return;
	}
	level_day_print(figure, language, out);
	if (days)
		/* TRANSLATORS: behind the day of a level: so many days have gone by since */
		text_addf(out, say_count(" (−%d day)", " (−%d days)", days), (int)days);
}

/* Room for coverage, at least that of "276/276 days". */
static int coverage_width(struct plan *plan)
{
	const struct sheet *sheet = plan->sheet;
	int width = 12;
	SCOPED(text)
	struct text cell = { 0 };

	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct figure *whole = &sheet->rows[i].figures[sheet->column_count - 1];

		if (!sheet->rows[i].metric)
			continue;
		if (is_level(whole))
			plan->marks |= MARK_LAG;
		text_reset(&cell);
		add_coverage(whole, plan->language, &cell);
		widen(&width, text_str(&cell));
	}
	return width;
}

static void measure_row(struct plan *plan, const struct sheet_row *row, struct text *cell)
{
	for (size_t k = 0; k < plan->columns; k++) {
		add_cell(plan, row, k, cell);
		widen(&plan->widths[k], text_str(cell));
	}
}

/* Marks, and with several columns the widths that decide how many stand side by side. */
static void measure(struct plan *plan)
{
	const struct sheet *sheet = plan->sheet;
	SCOPED(text)
	struct text cell = { 0 };

	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];

		if (!row->metric)
			continue;
		if (row->section != SHEET_ACCOUNTS)
			plan->marks |= MARK_GROUP;
		for (size_t k = 0; k < sheet->column_count; k++) {
			unsigned marks = marks_of(&row->figures[k]);
			int width = trail_width(marks);

			plan->marks |= marks;
			if (width > plan->trails[k])
				plan->trails[k] = width;
		}
		if (row->section == SHEET_ACCOUNTS && is_mixed(sheet, row))
			plan->marks |= MARK_MIXED;
	}
	for (size_t i = 0; plan->columns > 1 && i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];

		if (!row->metric)
			continue;
		widen(&plan->label_width, row_label(row));
		widen(&plan->end_width, source_of(sheet, row));
		measure_row(plan, row, &cell);
	}
	for (size_t k = 0; k < plan->columns; k++) {
		add_heading(plan, k, &cell);
		widen(&plan->widths[k], text_str(&cell));
	}
	plan->label_width += 2; /* its indent */
	plan->end_width += coverage_width(plan) + 2 * COLUMN_GAP;
}

/* How many columns from `first` on fit side by side; coverage and source want room only at the end.
 */
static size_t band_of(const struct plan *plan, size_t first)
{
	int limit = plan->look->width > 0 ? plan->look->width : WIDTH_DEFAULT;
	int used = plan->label_width;
	size_t count = 0;

	while (first + count < plan->columns && count < COLUMNS_MAX) {
		bool last = first + count + 1 == plan->columns;

		used += COLUMN_GAP + plan->widths[first + count];
		if (count > 0 && used + (last ? plan->end_width : 0) > limit)
			break;
		count++;
	}
	return count;
}

static enum paint paint_of(const struct figure *figure)
{
	if (figure->form == FIGURE_NONE)
		return PAINT_DIM;
	return figure->provisional ? PAINT_WARN : PAINT_PLAIN;
}

static void add_title(const struct sheet_row *row, struct grid *grid, struct text *cell)
{
	text_reset(cell);
	switch (row->section) {
	case SHEET_ACCOUNTS:
		text_add(cell, row->title);
		break;
	case SHEET_GROUPS:
		text_addf(cell, say("%s (group)"), row->title);
		break;
	case SHEET_DERIVED:
		text_addf(cell, say("%s (derived)"), row->title);
		break;
	}
	grid_cell(grid, PAINT_BOLD, text_str(cell));
	grid_end_row(grid);
}

/* A level needs no other day than its own. */
static bool lacks_days(const struct figure *figure)
{
	if (figure->kind == METRIC_STOCK)
		return !figure->complete;
	return figure->known_days < figure->period_days;
}

static void add_row(struct plan *plan, const struct sheet_row *row, size_t first, size_t count,
		    struct grid *grid, struct text *cell)
{
	const struct sheet *sheet = plan->sheet;

	text_reset(cell);
	text_addf(cell, "  %s", row->metric ? row_label(row) : say("nothing stored"));
	grid_cell(grid, row->metric ? PAINT_PLAIN : PAINT_DIM, text_str(cell));
	for (size_t k = first; row->metric && k < first + count; k++) {
		add_cell(plan, row, k, cell);
		grid_cell(grid, k < sheet->column_count ? paint_of(&row->figures[k]) : PAINT_PLAIN,
			  text_str(cell));
	}
	if (row->metric && first + count == plan->columns) {
		const struct figure *whole = &row->figures[sheet->column_count - 1];

		text_reset(cell);
		add_coverage(whole, plan->language, cell);
		grid_cell(grid, lacks_days(whole) ? PAINT_WARN : PAINT_DIM, text_str(cell));
		grid_cell(grid, PAINT_DIM, source_of(sheet, row));
	}
	grid_end_row(grid);
}

static void print_band(struct plan *plan, size_t first, size_t count, FILE *out)
{
	const struct sheet *sheet = plan->sheet;
	SCOPED(grid)
	struct grid grid = { 0 };
	SCOPED(text)
	struct text cell = { 0 };
	char alignment[GRID_COLUMNS + 1] = "l";
	bool end = first + count == plan->columns;

	memset(alignment + 1, 'r', count);
	memcpy(alignment + 1 + count, end ? "rl" : "", end ? 3 : 1);
	grid_begin(&grid, alignment);
	grid_cell(&grid, PAINT_PLAIN, "");
	for (size_t k = first; k < first + count; k++) {
		add_heading(plan, k, &cell);
		grid_cell(&grid, PAINT_BOLD, text_str(&cell));
	}
	if (end) {
		grid_cell(&grid, PAINT_BOLD, say("coverage"));
		grid_cell(&grid, PAINT_BOLD, say("source"));
	}
	grid_end_row(&grid);
	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];

		if (i == 0 || row->section != row[-1].section ||
		    strcmp(row->account, row[-1].account) != 0)
			add_title(row, &grid, &cell);
		add_row(plan, row, first, count, &grid, &cell);
	}
	grid_print(&grid, plan->look, out);
}

static void print_head(const struct sheet *sheet, struct language *language,
		       const struct look *look, FILE *out)
{
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(grid)
	struct grid grid = { 0 };
	char days[WINDOW_TEXT];

	grid_begin(&grid, "l");
	if (sheet->notice) {
		text_addf(&line, "*** %s ***", sheet->notice);
		grid_cell(&grid, PAINT_WARN, text_str(&line));
		grid_end_row(&grid);
		text_reset(&line);
	}
	text_addf(&line, "%s · ", sheet->name);
	language_period(language, &sheet->period, &line);
	text_addf(&line, " (%s, %s)", window_text(sheet->period.window, days), sheet->zone);
	grid_cell(&grid, PAINT_BOLD, text_str(&line));
	grid_end_row(&grid);
	grid_end_row(&grid);
	grid_print(&grid, look, out);
}

/* Names met so far, each once; more than fit are left out. */
struct names {
	const char *items[SOURCES_MAX];
	size_t count;
};

static void names_add(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return;
	if (names->count < SOURCES_MAX)
		names->items[names->count++] = name;
}

static void collect_sources(const struct sheet *sheet, struct names *sources, struct names *zones)
{
	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];

		for (size_t k = 0; row->metric && k < sheet->column_count; k++) {
			const struct figure *figure = &row->figures[k];

			if (!figure->source || row->section != SHEET_ACCOUNTS)
				continue;
			names_add(sources, figure->source);
			if (figure->zone && strcmp(figure->zone, sheet->zone) != 0)
				names_add(zones, figure->zone);
		}
	}
}

/* The sources whose days are those of `zone`. */
static void collect_zone(const struct sheet *sheet, const char *zone, struct names *sources)
{
	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];

		for (size_t k = 0; row->metric && k < sheet->column_count; k++) {
			const struct figure *figure = &row->figures[k];

			if (figure->source && figure->zone && strcmp(figure->zone, zone) == 0)
				names_add(sources, figure->source);
		}
	}
}

static void add_names(const struct names *names, struct text *line)
{
	for (size_t i = 0; i < names->count; i++)
		text_addf(line, "%s%s", i ? ", " : "", names->items[i]);
}

/* Where the numbers of a source come from: the collectors', typed in, imported. */
enum { FROM_PROVIDER, FROM_REGISTER, FROM_FILE, FROM_PERSON, PROVENANCES };

static int provenance_of(const char *source)
{
	if (strcmp(source, "manual") == 0)
		return FROM_PERSON;
	if (strcmp(source, RECORD_SOURCE) == 0)
		return FROM_REGISTER;
	return source_is_file(source) ? FROM_FILE : FROM_PROVIDER;
}

static const char *provenance_words(int provenance, size_t count)
{
	if (provenance == FROM_PERSON)
		return say("typed in by a person");
	if (provenance == FROM_FILE)
		return say("imported from a file");
	if (provenance == FROM_REGISTER)
		return say("counted over what was recorded one by one");
	return say_count("collected from the provider", "collected from their providers",
			 (int64_t)count);
}

/* "Sources: facebook, matomo = collected from their providers; csv = imported from a file" */
static void add_sources(const struct names *sources, struct text *line)
{
	bool first = true;

	text_add(line, say("Sources:"));
	for (int provenance = FROM_PROVIDER; provenance < PROVENANCES; provenance++) {
		struct names alike = { 0 };

		for (size_t i = 0; i < sources->count; i++)
			if (provenance_of(sources->items[i]) == provenance)
				names_add(&alike, sources->items[i]);
		if (!alike.count)
			continue;
		text_add(line, first ? " " : "; ");
		add_names(&alike, line);
		text_addf(line, " = %s", provenance_words(provenance, alike.count));
		first = false;
	}
}

/* "Eventos · asistentes: 3 of 6 records have a figure." */
static void print_record_notes(const struct sheet *sheet, struct language *language, int width,
			       FILE *out)
{
	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];
		const struct figure *whole;
		SCOPED(text)
		struct text line = { 0 };
		SCOPED(text)
		struct text known = { 0 };
		SCOPED(text)
		struct text all = { 0 };

		if (!row->metric)
			continue;
		whole = &row->figures[sheet->column_count - 1];
		if (!whole->of_records || whole->known_days == whole->period_days)
			continue;
		language_number(language, whole->known_days, &known);
		language_number(language, whole->period_days, &all);
		text_addf(&line, "%s · %s: ", row->title, row_label(row));
		/* TRANSLATORS: two numbers: of the records of a register so many have one */
		text_addf(&line,
			  say_count("%s of %s record has a figure",
				    "%s of %s records have a figure", whole->period_days),
			  text_str(&known), text_str(&all));
		print_wrapped(text_str(&line), width, 2, out);
	}
}

static void print_notes(const struct plan *plan, FILE *out)
{
	const struct sheet *sheet = plan->sheet;
	int width = plan->look->width > 0 ? plan->look->width : WIDTH_DEFAULT;
	struct names sources = { 0 };
	struct names zones = { 0 };
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text who = { 0 };

	(void)fputc('\n', out);
	for (size_t i = 0; i < NOTES; i++) {
		if (!(plan->marks & notes[i].mark))
			continue;
		text_reset(&line);
		if (notes[i].sign)
			text_addf(&line, "%s %s", notes[i].sign, say(notes[i].note));
		else
			text_add(&line, say(notes[i].note));
		print_wrapped(text_str(&line), width, 2, out);
	}
	print_record_notes(sheet, plan->language, width, out);
	collect_sources(sheet, &sources, &zones);
	for (size_t i = 0; i < zones.count; i++) {
		struct names of_zone = { 0 };

		text_reset(&line);
		text_reset(&who);
		collect_zone(sheet, zones.items[i], &of_zone);
		add_names(&of_zone, &who);
		/* TRANSLATORS: sources, their time zone, the entity's */
		text_addf(&line, say("The days of %s are those of %s, not of %s."), text_str(&who),
			  zones.items[i], sheet->zone);
		print_wrapped(text_str(&line), width, 2, out);
	}
	if (sources.count) {
		text_reset(&line);
		add_sources(&sources, &line);
		print_wrapped(text_str(&line), width, 2, out);
	}
}

void sheet_print(const struct sheet *sheet, struct language *language, const struct look *look,
		 FILE *out)
{
	struct plan plan = {
		.sheet = sheet,
		.language = language,
		.look = look,
		.columns = sheet->column_count,
	};

	language_use(language);
	for (size_t i = 0; sheet->compares && i < BESIDES; i++)
		if (sheet->beside[i].window.days)
			plan.beside[plan.columns++ - sheet->column_count] = (enum beside)i;
	print_head(sheet, language, look, out);
	closing_print(sheet, language, look, out);
	measure(&plan);
	for (size_t first = 0; first < plan.columns;) {
		size_t count = band_of(&plan, first);

		if (first)
			(void)fputc('\n', out);
		print_band(&plan, first, count, out);
		first += count;
	}
	print_notes(&plan, out);
}
