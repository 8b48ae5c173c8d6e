/*
 * Where sources differ: month by month each source's figure beside the one that is shown, numbers
 * of one source that do not go together, and longer entries against their months.
 *
 * An incomplete figure is taken for what it knows: 3,300 of 30 days differ from 3,400 of the month,
 * though both may be true.
 */
#include "board.h"
#include "clash.h"
#include "formula.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	RECONCILE_VERSION = 1,
	SOURCES_MAX = 32, /* compared in one month */
	PERCENT_MAX = 100,
};

/* What is wrong between the lines of a case. */
enum outcome {
	AGREES,   /* nothing is, within the tolerance */
	DIFFERS,  /* sources differ */
	TILINGS,  /* one source says another thing in long windows than in short ones */
	LONGER,   /* a longer entry is not the sum of its months */
	LEVELS,   /* one source says two levels of the same day */
	CONFLICT, /* they cannot all be true: a whole below its own known days */
};

static const char *const finding_names[] = {
	[AGREES] = "agrees", [DIFFERS] = "differs", [TILINGS] = "windows",
	[LONGER] = "longer", [LEVELS] = "levels",   [CONFLICT] = "conflict",
};

/* Why a source is not the one that is shown. */
enum reason { SHOWN, LESS_DAYS, LESS_EXACT, LATER, COMPARED };

static const char *const reason_names[] = {
	[SHOWN] = "shown",      [LESS_DAYS] = "fewer-days", [LESS_EXACT] = "less-exact",
	[LATER] = "precedence", [COMPARED] = "compared",
};

/* One of the numbers that are held against each other. */
struct side {
	const char *source; /* NULL: of several */
	struct window window;
	bool sum; /* made of other windows */
	struct figure figure;
	enum reason reason;
	int64_t difference; /* from the first one */
	int64_t share;      /* of the larger, thousandths */
	bool differs;       /* beyond the tolerance */
};

/* A month of a metric, or one of its windows. */
struct cell_case {
	const struct account *account;
	const char *metric, *label;
	struct window window;
	enum outcome finding;
	struct side sides[SOURCES_MAX]; /* the first is what the others are held against */
	size_t count;
};

struct reconciliation {
	struct ctl *ctl;
	const struct entity *entity;
	struct board *board;
	struct period period;
	int64_t tolerance; /* thousandths */
	bool all;          /* also what agrees */
	bool first;        /* nothing was printed yet */
	struct grid grid;
	struct records *records;
	size_t listed;
};

/* --- how far two numbers lie apart */

/* The side against the first one. */
static void measure(struct side *side, const struct side *first, int64_t tolerance)
{
	int64_t larger = figures_larger(&side->figure, &first->figure);

	if (side->figure.form == FIGURE_NONE || first->figure.form == FIGURE_NONE)
		return;
	side->difference = figures_difference(&side->figure, &first->figure);
	side->share = larger ? figure_share(side->difference, larger) : 0;
	side->differs = figures_apart(&side->figure, &first->figure, tolerance);
}

/* --- what is found */

static void print_case(struct reconciliation *all, const struct cell_case *found);
static void record_case(struct reconciliation *all, const struct cell_case *found);

static void show_case(struct reconciliation *all, struct cell_case *found)
{
	for (size_t i = 1; i < found->count; i++)
		measure(&found->sides[i], &found->sides[0], all->tolerance);
	if (found->finding == AGREES && !all->all)
		return;
	all->listed += found->finding != AGREES;
	if (all->records)
		record_case(all, found);
	else
		print_case(all, found);
}

static struct side *add_side(struct cell_case *found, const char *source, struct window window,
			     const struct figure *figure, enum reason reason)
{
	struct side *side;

	if (found->count == SOURCES_MAX)
		return NULL;
	side = &found->sides[found->count++];
	*side = (struct side){
		.source = source, .window = window, .figure = *figure, .reason = reason
	};
	return side;
}

static enum reason why_not(const struct figure *figure, const struct figure *shown)
{
	if (figure->form == FIGURE_NONE || figure->known_days < shown->known_days)
		return LESS_DAYS;
	return figure_doubt(figure) > figure_doubt(shown) ? LESS_EXACT : LATER;
}

/* Where days of several sources are put together, one alone knows less without being another. */
static bool differ(const struct reconciliation *all, const struct figure *figure,
		   const struct figure *shown)
{
	return shown->source ? figures_apart(figure, shown, all->tolerance)
			     : figures_conflict(figure, shown, all->tolerance);
}

/* Every source's figure of one month, the one that is shown first. */
static void compare_sources(struct reconciliation *all, struct cell_case *found,
			    const struct track *tracks, size_t count, struct window month)
{
	struct scope scope = board_scope(all->board, found->account, month);
	struct figure shown = figure_of(tracks, count, &scope);
	size_t known = 0;

	found->window = month;
	found->finding = AGREES;
	found->count = 0;
	if (shown.form == FIGURE_NONE)
		return;
	(void)add_side(found, shown.source, month, &shown, SHOWN);
	for (size_t i = 0; i < count; i++) {
		struct figure figure = figure_of(&tracks[i], 1, &scope);

		known += figure.form != FIGURE_NONE;
		if (figure.form == FIGURE_NONE ||
		    (shown.source && strcmp(shown.source, tracks[i].source) == 0))
			continue;
		(void)add_side(found, tracks[i].source, month, &figure, why_not(&figure, &shown));
		if (figures_conflict(&figure, &shown, all->tolerance) &&
		    !(figure.complete && shown.complete))
			found->finding = CONFLICT;
		else if (found->finding == AGREES && differ(all, &figure, &shown))
			found->finding = DIFFERS;
	}
	if (known > 1)
		show_case(all, found);
}

/* --- one source against itself */

static enum outcome outcome_of(enum clash clash, enum outcome otherwise)
{
	switch (clash) {
	case CLASH_NONE:
		return AGREES;
	case CLASH_SUM:
		return otherwise;
	case CLASH_BELOW:
		return CONFLICT;
	}
	return AGREES;
}

/* A window of several days against the shorter ones of its source. */
static void compare_windows(struct reconciliation *all, struct cell_case *found,
			    const struct track *track, const struct sample *sample)
{
	struct figure whole = sample_figure(sample, track->metric->kind);
	struct figure parts = parts_figure(track, sample->window);
	struct side *side;

	found->window = sample->window;
	found->count = 0;
	found->finding = outcome_of(clash_of(track, &whole, &parts, all->tolerance), TILINGS);
	if (found->finding == AGREES)
		return;
	(void)add_side(found, track->source, sample->window, &whole, COMPARED);
	side = add_side(found, track->source, sample->window, &parts, COMPARED);
	side->sum = true;
	show_case(all, found);
}

/* An entry of several months against the sum of the months, each from the source that is shown. */
static void compare_months(struct reconciliation *all, struct cell_case *found,
			   const struct track *tracks, size_t count, const struct track *track,
			   const struct sample *sample)
{
	struct figure whole = sample_figure(sample, track->metric->kind);
	struct window rest = sample->window;
	struct figure months = { 0 };
	bool complete = true;
	struct side *side;

	for (bool first = true; rest.days > 0; first = false) {
		struct window month = window_common(month_of(rest.first), rest);
		struct scope scope = board_scope(all->board, found->account, month);
		struct figure figure = figure_of(tracks, count, &scope);

		figure_add_term(&months, &figure, 1, first);
		complete = complete && figure.complete;
		rest = (struct window){ window_end(month), rest.days - month.days };
	}
	months.complete = complete;
	found->window = sample->window;
	found->count = 0;
	found->finding = outcome_of(clash_of(track, &whole, &months, all->tolerance), LONGER);
	if (found->finding == AGREES)
		return;
	(void)add_side(found, track->source, sample->window, &whole, COMPARED);
	side = add_side(found, months.source, sample->window, &months, COMPARED);
	side->sum = true;
	show_case(all, found);
}

static bool adds_up(const struct track *track)
{
	return track->metric->kind == METRIC_FLOW || track->metric->kind == METRIC_UNIQUE;
}

/* Levels of one source that speak of the same day: only one of them is shown. */
static void compare_levels(struct reconciliation *all, struct cell_case *found,
			   const struct track *track)
{
	for (size_t i = 0; i < track->count; i++) {
		const struct sample *shown = &track->samples[i];
		const struct sample *other = other_level(track, shown, all->tolerance);
		struct figure figure;

		if (!other || other->window.days < shown->window.days ||
		    !window_holds(all->period.window,
				  (struct window){ window_end(shown->window) - 1, 1 }))
			continue;
		found->window = (struct window){ window_end(shown->window) - 1, 1 };
		found->count = 0;
		found->finding = LEVELS;
		figure = sample_figure(shown, METRIC_STOCK);
		(void)add_side(found, track->source, shown->window, &figure, COMPARED);
		figure = sample_figure(other, METRIC_STOCK);
		(void)add_side(found, track->source, other->window, &figure, COMPARED);
		show_case(all, found);
	}
}

/* Every window of several days that lies in the period. */
static void compare_longer(struct reconciliation *all, struct cell_case *found,
			   const struct track *tracks, size_t count)
{
	for (size_t t = 0; t < count; t++) {
		const struct track *track = &tracks[t];

		if (track->metric->kind == METRIC_STOCK)
			compare_levels(all, found, track);
		for (size_t i = 0; adds_up(track) && i < track->count; i++) {
			const struct sample *sample = &track->samples[i];

			if (sample->window.days == 1 ||
			    !window_holds(all->period.window, sample->window) ||
			    changes_inside(track, sample->window))
				continue;
			if (window_holds(month_of(sample->window.first), sample->window))
				compare_windows(all, found, track, sample);
			else
				compare_months(all, found, tracks, count, track, sample);
		}
	}
}

static void reconcile_metric(struct reconciliation *all, const struct account *account,
			     const struct sheet_row *row)
{
	struct cell_case found = { .account = account, .metric = row->metric, .label = row->label };
	struct window rest = all->period.window;
	const struct track *tracks;
	size_t count = board_tracks(all->board, account, row->metric, &tracks);

	while (count > 1 && rest.days > 0) {
		struct window month = window_common(month_of(rest.first), rest);

		compare_sources(all, &found, tracks, count, month);
		rest = (struct window){ window_end(month), rest.days - month.days };
	}
	compare_longer(all, &found, tracks, count);
}

/* --- for people */

static void add_words(const struct reconciliation *all, struct window window, struct text *out)
{
	struct period period = { .kind = PERIOD_DAYS, .window = window };
	struct window month = month_of(window.first);

	if (month.first == window.first && month.days == window.days)
		period = period_month(window);
	language_period(all->ctl->language, &period, out);
}

static const char *finding_words(enum outcome finding)
{
	switch (finding) {
	case AGREES:
		return say("within the tolerance");
	case DIFFERS:
		return say("the sources differ");
	case TILINGS:
		return say("the long window and the short ones within it differ");
	case LONGER:
		return say("the entry is not the sum of its months");
	case LEVELS:
		return say("two levels of the same day");
	case CONFLICT:
		return say("conflict: a whole cannot be less than what is known of it");
	}
	return "";
}

static const char *reason_words(const struct side *side)
{
	switch (side->reason) {
	case SHOWN:
		return say("shown");
	case LESS_DAYS:
		return say("knows fewer days");
	case LESS_EXACT:
		return say("is less exact");
	case LATER:
		return say("comes after it in the precedence");
	case COMPARED:
		return side->sum ? say("the sum of what is shorter") : say("as it was stated");
	}
	return "";
}

static void add_difference(const struct reconciliation *all, const struct side *side,
			   struct text *out)
{
	if (side->difference > 0)
		text_add_char(out, '+');
	language_decimal(all->ctl->language, side->difference, side->figure.decimals, out);
	text_add(out, " (");
	language_decimal(all->ctl->language, side->share, 1, out);
	text_add(out, " %)");
}

static void print_side(struct reconciliation *all, const struct side *side, bool first)
{
	struct grid *grid = &all->grid;
	SCOPED(text)
	struct text cell = { 0 };

	text_addf(&cell, "  %s", side->source ? side->source : say("mixed"));
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	text_reset(&cell);
	figure_print(&side->figure, all->ctl->language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	text_reset(&cell);
	text_addf(&cell, "%d/%d", (int)side->figure.known_days, (int)side->figure.period_days);
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	text_reset(&cell);
	if (!first)
		add_difference(all, side, &cell);
	grid_cell(grid, side->differs ? PAINT_WARN : PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_DIM, reason_words(side));
	grid_end_row(grid);
}

static void print_case(struct reconciliation *all, const struct cell_case *found)
{
	static const char *const heads[] = {
		N_("source"), N_("figure"), N_("days"), N_("difference"), "",
	};
	struct grid *grid = &all->grid;
	SCOPED(text)
	struct text cell = { 0 };

	if (all->first)
		for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
			grid_cell(grid, PAINT_BOLD, *heads[i] ? say(heads[i]) : "");
	all->first = false;
	grid_end_row(grid);
	text_addf(&cell, "%s · %s · ", found->account->title, say(found->label));
	add_words(all, found->window, &cell);
	text_addf(&cell, ": %s", finding_words(found->finding));
	grid_cell(grid, found->finding == CONFLICT ? PAINT_BAD : PAINT_BOLD, text_str(&cell));
	grid_end_row(grid);
	for (size_t i = 0; i < found->count; i++)
		print_side(all, &found->sides[i], i == 0);
}

/* --- for programs */

static void record_case(struct reconciliation *all, const struct cell_case *found)
{
	struct records *records = all->records;
	char days[WINDOW_TEXT];

	for (size_t i = 0; i < found->count; i++) {
		const struct side *side = &found->sides[i];

		records_next(records);
		records_text(records, "entity", all->entity->id);
		records_text(records, "notice", all->entity->notice);
		records_text(records, "account", found->account->id);
		records_text(records, "metric", found->metric);
		records_text(records, "label", say(found->label));
		records_text(records, "window", window_text(found->window, days));
		records_day(records, "first_day", found->window.first);
		records_day(records, "last_day", window_end(found->window) - 1);
		records_text(records, "finding", finding_names[found->finding]);
		records_text(records, "source", side->source);
		records_text(records, "reason", reason_names[side->reason]);
		records_flag(records, "sum", side->sum);
		records_bounds(records, &side->figure);
		records_number(records, "known_days", side->figure.known_days);
		records_number(records, "period_days", side->figure.period_days);
		records_decimal(records, "difference", side->difference, side->figure.decimals);
		records_decimal(records, "difference_percent", side->share, 1);
		records_flag(records, "differs", side->differs);
	}
}

/* --- the command */

/* "5", "2.5" into thousandths. */
static int tolerance_parse(const char *text, int64_t *ret, struct error *err)
{
	size_t whole = strspn(text, "0123456789");
	bool tenth = text[whole] == '.' && strspn(text + whole + 1, "0123456789") == 1 &&
		     text[whole + 2] == '\0';
	long number = strtol(text, NULL, 10);

	if (whole == 0 || whole > 3 || (text[whole] && !tenth) || number > PERCENT_MAX)
		return error_set(err, ERROR_INPUT,
				 "--tolerance is \"%.40s\", expected percent from 0 to 100, like 5 "
				 "or 2.5",
				 text);
	*ret = number * 10 + (tenth ? text[whole + 1] - '0' : 0);
	return 0;
}

static void print_head(const struct reconciliation *all)
{
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text share = { 0 };
	const struct ctl *ctl = all->ctl;

	if (all->entity->notice)
		(void)fprintf(ctl->out, "*** %s ***\n", all->entity->notice);
	text_addf(&line, "%s · ", all->entity->name);
	language_period(ctl->language, &all->period, &line);
	text_add(&line, " · ");
	/* TRANSLATORS: percent */
	text_add(&line, say("tolerance"));
	text_add_char(&line, ' ');
	if (all->tolerance % 10 == 0)
		language_number(ctl->language, all->tolerance / 10, &share);
	else
		language_decimal(ctl->language, all->tolerance, 1, &share);
	percent_print(text_str(&share), &line);
	(void)fprintf(ctl->out, "%s\n\n", text_str(&line));
}

static int reconcile_entity(struct reconciliation *all, const char *word)
{
	struct ctl *ctl = all->ctl;
	SCOPED(board)
	struct board *board = NULL;
	const struct sheet *sheet;
	size_t before = all->listed;
	struct error err;
	int ends = ctl_speak(ctl, all->entity);

	if (ends)
		return ends;
	if (ctl_period(ctl, all->entity, word, &all->period, &err) < 0 ||
	    board_open(ctl, all->entity, ctl->only, all->period.window, &board, &err) < 0)
		return ctl_fail(&err);
	all->board = board;
	all->first = true;
	grid_begin(&all->grid, "lrrrl");
	sheet = board_sheet(board, ctl->only, &all->period, &all->period, 1);
	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct account *account = entity_account(all->entity, sheet->rows[i].account);

		if (sheet->rows[i].section == SHEET_ACCOUNTS && sheet->rows[i].metric && account)
			reconcile_metric(all, account, &sheet->rows[i]);
	}
	if (ctl->format != REPORT_TABLE)
		return ENDS_FINE;
	print_head(all);
	grid_print(&all->grid, &ctl->look, ctl->out);
	if (all->listed == before)
		(void)fprintf(ctl->out, "%s%s\n", all->grid.count ? "\n" : "",
			      say("Nothing differs beyond the tolerance."));
	return ENDS_FINE;
}

static int reconcile_all(struct ctl *ctl, const char *word, int64_t tolerance, bool with_all)
{
	struct reconciliation all = { .ctl = ctl, .all = with_all };
	struct records records;
	bool machine = ctl->format != REPORT_TABLE;
	bool first = true;
	int ends = ENDS_FINE;

	if (machine)
		records_begin(&records, ctl->format, "metricsd.reconcile", RECONCILE_VERSION,
			      ctl->out);
	all.records = machine ? &records : NULL;
	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++) {
		all.entity = &ctl->config->entities[i];
		if (!ctl_wants(ctl, all.entity) ||
		    (ctl->account && ctl->chosen_entity != all.entity))
			continue;
		if (!first && !machine)
			(void)fputs("\n\n", ctl->out);
		first = false;
		all.tolerance = tolerance < 0 ? all.entity->tolerance : tolerance;
		ends = reconcile_entity(&all, word);
	}
	if (machine)
		records_end(&records);
	grid_clear(&all.grid);
	if (ends == ENDS_FINE && all.listed)
		return ENDS_PERSON;
	return ends;
}

static int reconcile(struct ctl *ctl, int argc, char **argv)
{
	const char *given = NULL;
	bool with_all = false;
	const struct flag flags[] = { { "tolerance", &given, NULL },
				      { "all", NULL, &with_all },
				      { 0 } };
	int64_t tolerance = -1;
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 1, &ends) < 0)
		return ends;
	if (given && tolerance_parse(given, &tolerance, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_load(ctl)) || (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	return reconcile_all(ctl, argc ? argv[0] : NULL, tolerance, with_all);
}

const struct command reconcile_command = {
	.name = "reconcile",
	.arguments = "[PERIOD]",
	.purpose = "where the sources of a figure differ, and which one is shown",
	.help = "PERIOD as in summary (default: the last month that is over). Month by month each "
		"source's\n"
		"figure stands beside the one that is shown; listed are those that differ by more "
		"than the\n"
		"tolerance, a month stated below its own known days, windows of one source that do "
		"not\n"
		"add up, two levels it tells of one day, and an entry of several months that is "
		"not their sum. An incomplete "
		"figure is\n"
		"taken for what it knows. Ends with 1 when something is listed.\n\n"
		"  --tolerance PERCENT   of the larger number (default: the entity's)\n"
		"  --all                 also what agrees\n\n"
		"example:\n"
		"  metricsctl reconcile 2025-Q4 --tolerance 2\n",
	.run = reconcile,
	.takes_account = true,
	.for_machines = true,
	.takes_database = true,
};
