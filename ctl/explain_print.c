/* What explain shows people, from the figure down. */
#include "explain.h"
#include "plan_rows.h"
#include "record.h"

#include "metricsd/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum {
	INDENT = 2,
	DEEPER = 4,
	WIDTH = 100,
	ORIGINS_SHOWN = 30, /* --format json has all of them */
	RUN_MIN = 3,        /* as many days in a row become one line */
};

static FILE *out_of(const struct explain *explain)
{
	return explain->ctl->out;
}

static int width_of(const struct explain *explain)
{
	int width = explain->ctl->look.width;

	return width ? width : WIDTH;
}

static void print_head(const struct explain *explain, const char *words)
{
	const char *on = explain->ctl->look.colour ? "\033[1m" : "";
	const char *off = explain->ctl->look.colour ? "\033[0m" : "";

	(void)fprintf(out_of(explain), "\n%s%s%s\n", on, words, off);
}

/* A paragraph, each line of it two blanks in. */
static void print_line(const struct explain *explain, const char *words)
{
	(void)fprintf(out_of(explain), "%*s", INDENT, "");
	print_wrapped(words, width_of(explain) - INDENT, INDENT, out_of(explain));
}

static void print_grid(const struct explain *explain, const struct grid *grid)
{
	grid_print(grid, &explain->ctl->look, out_of(explain));
}

/* --- the figure */

static const char *state_words(const struct figure *figure)
{
	if (figure->provisional)
		return say("provisional");
	if (!figure->complete)
		return say("incomplete");
	return figure->revisable ? say("revisable") : say("final");
}

/* As summary says it. */
static void add_coverage(const struct explain *explain, const struct figure *figure,
			 struct text *out)
{
	if (figure->period_days)
		coverage_print(figure, explain->ctl->language, out);
}

static void add_source(const struct figure *figure, struct text *out)
{
	if (figure->form == FIGURE_NONE)
		return;
	if (figure->mixed)
		text_add(out, say("mixed"));
	else if (figure->source)
		text_add(out, figure->source);
}

static void add_with(const char *between, const struct text *words, struct text *out)
{
	if (words->length)
		text_addf(out, "%s%s", out->length ? between : "", text_str(words));
}

/* Since when an activity counts, and how far it is: what `plan` says of it. */
static void print_progress(const struct explain *explain, const struct activity *activity)
{
	struct progress progress;
	SCOPED(text)
	struct text share = { 0 };
	SCOPED(text)
	struct text line = { 0 };
	char days[WINDOW_TEXT];

	progress = progress_of(target_of(activity, &explain->asked), &explain->figure);
	progress_print(&progress, explain->ctl->language, &share);
	/* TRANSLATORS: of an activity of a plan: the days that count, and a share */
	text_addf(&line, say("what was reached in %s; progress %s"),
		  window_text(explain->period.window, days), text_str(&share));
	print_line(explain, text_str(&line));
}

static void print_figure(const struct explain *explain)
{
	const struct activity *activity = explain_activity(explain);
	const struct figure *figure = &explain->figure;
	struct language *language = explain->ctl->language;
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text part = { 0 };

	if (activity)
		reached_print(figure, activity->target.kind, language, &line);
	else
		figure_print(figure, language, &line);
	if (figure->as_of != DAY_NONE && figure->form != FIGURE_NONE) {
		text_add(&line, " (");
		language_date(language, figure->as_of, &line);
		if (figure->as_of_last > figure->as_of) {
			text_add(&line, "–");
			language_date(language, figure->as_of_last, &line);
		}
		text_add_char(&line, ')');
	}
	add_coverage(explain, figure, &part);
	add_with(" · ", &part, &line);
	text_reset(&part);
	add_source(figure, &part);
	add_with(" · ", &part, &line);
	if (figure->form != FIGURE_NONE)
		text_addf(&line, " · %s", state_words(figure));
	print_line(explain, text_str(&line));
	if (activity)
		print_progress(explain, activity);
	if (explain->lacking.length) {
		text_reset(&line);
		text_addf(&line, say("lacking: %s"), text_str(&explain->lacking));
		print_line(explain, text_str(&line));
	}
}

static void print_title(const struct explain *explain)
{
	const struct subject *subject = &explain->subject;
	const char *title = subject->account ? subject->account->title
			    : subject->group ? subject->group->title
					     : subject->derived->account;
	SCOPED(text)
	struct text period = { 0 };

	if (explain->entity->notice)
		(void)fprintf(out_of(explain), "*** %s ***\n", explain->entity->notice);
	language_period(explain->ctl->language, &explain->asked, &period);
	(void)fprintf(out_of(explain), "%s · %s · %s · %s\n\n", explain->entity->name, title,
		      say(subject->label), text_str(&period));
}

static void print_rule(const struct explain *explain)
{
	SCOPED(text)
	struct text line = { 0 };

	print_head(explain, say("How it comes about"));
	print_line(explain, explain_rule(explain));
	if (!explain->formula.length)
		return;
	text_addf(&line, "= %s", text_str(&explain->formula));
	print_line(explain, text_str(&line));
}

/* --- parts and sources */

static void print_terms(const struct explain *explain)
{
	SCOPED(grid)
	struct grid grid = { 0 };

	if (!explain->term_count)
		return;
	print_head(explain, say("Its parts"));
	grid_begin(&grid, "lrrl");
	for (size_t i = 0; i < explain->term_count; i++) {
		const struct explained_term *term = &explain->terms[i];
		const struct subject *subject = &term->subject;
		SCOPED(text)
		struct text cell = { 0 };

		text_addf(&cell, "%*s%s %s.%s", INDENT, "", term->sign < 0 ? "−" : "+",
			  subject->account ? subject->account->id
			  : subject->group ? subject->group->id
					   : subject->derived->account,
			  subject->metric);
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		text_reset(&cell);
		figure_print(&term->figure, explain->ctl->language, &cell);
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		text_reset(&cell);
		add_coverage(explain, &term->figure, &cell);
		grid_cell(&grid, PAINT_DIM, text_str(&cell));
		text_reset(&cell);
		add_source(&term->figure, &cell);
		grid_cell(&grid, PAINT_DIM, text_str(&cell));
		grid_end_row(&grid);
	}
	print_grid(explain, &grid);
}

static void add_column_name(const struct explain *explain, size_t column, struct text *out)
{
	const struct period *period = &explain->columns[column];

	if (period->kind == PERIOD_MONTH && column + 1 < explain->column_count)
		language_month(explain->ctl->language, period->window.first, out);
	else
		language_period(explain->ctl->language, period, out);
}

/* A source of a column: 12 of them and the whole are what a screen takes. */
static void print_sources_of(const struct explain *explain, size_t first, size_t end)
{
	char alignment[GRID_COLUMNS + 1] = "l";
	SCOPED(grid)
	struct grid grid = { 0 };

	for (size_t c = first; c < end; c++)
		alignment[1 + c - first] = 'r';
	grid_begin(&grid, alignment);
	grid_cell(&grid, PAINT_BOLD, "");
	for (size_t c = first; c < end; c++) {
		SCOPED(text)
		struct text name = { 0 };

		add_column_name(explain, c, &name);
		grid_cell(&grid, PAINT_BOLD, text_str(&name));
	}
	grid_end_row(&grid);
	for (size_t t = 0; t < explain->track_count; t++) {
		SCOPED(text)
		struct text cell = { 0 };

		text_addf(&cell, "%*s%s", INDENT, "", explain->tracks[t].source);
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		for (size_t c = first; c < end; c++) {
			bool chosen = explain_chosen(explain, c) == t;

			text_reset(&cell);
			text_add(&cell, chosen ? "→ " : "");
			figure_print(&explain->alone[t * explain->column_count + c],
				     explain->ctl->language, &cell);
			grid_cell(&grid, chosen ? PAINT_BOLD : PAINT_DIM, text_str(&cell));
		}
		grid_end_row(&grid);
	}
	print_grid(explain, &grid);
}

enum { COLUMNS_SHOWN = 7 };

static void print_sources(const struct explain *explain)
{
	if (!explain->track_count)
		return;
	print_head(explain, say("Sources side by side (→ is the one that is shown)"));
	for (size_t c = 0; c < explain->column_count; c += COLUMNS_SHOWN)
		print_sources_of(explain, c,
				 c + COLUMNS_SHOWN < explain->column_count ? c + COLUMNS_SHOWN
									   : explain->column_count);
	for (size_t c = 0; c < explain->column_count; c++) {
		SCOPED(text)
		struct text why = { 0 };
		SCOPED(text)
		struct text line = { 0 };

		explain_why(explain, c, &why);
		if (!why.length)
			continue;
		add_column_name(explain, c, &line);
		text_addf(&line, ": %s", text_str(&why));
		print_line(explain, text_str(&line));
	}
}

/* --- windows */

/* Days in a row of one track: one line. Returns the first use behind them. */
static size_t run_end(const struct trace *trace, size_t first)
{
	size_t i = first + 1;

	if (trace->uses[first].sample->window.days != 1)
		return i;
	while (i < trace->count && trace->uses[i].track == trace->uses[first].track &&
	       trace->uses[i].sample->window.days == 1 &&
	       trace->uses[i].sample->window.first == window_end(trace->uses[i - 1].sample->window))
		i++;
	return i - first < RUN_MIN ? first + 1 : i;
}

/* Whether an earlier day of the run was brought by the same. */
static bool brought_before(const struct trace *trace, size_t first, size_t i)
{
	for (size_t k = first; k < i; k++)
		if (trace->uses[k].sample->origin == trace->uses[i].sample->origin)
			return true;
	return false;
}

/* What the days of a run say together, and how many origins brought them: one is its own. */
static struct sample fold(const struct trace *trace, size_t first, size_t end, size_t *origins)
{
	struct sample sum = *trace->uses[first].sample;

	*origins = sum.origin != 0;
	for (size_t i = first + 1; i < end; i++) {
		const struct sample *sample = trace->uses[i].sample;

		sum.window.days += sample->window.days;
		sum.value += sample->value;
		sum.below += sample->below;
		sum.above += sample->above;
		sum.flags |= sample->flags;
		if (!sample->origin || brought_before(trace, first, i))
			continue;
		sum.origin = sample->origin;
		++*origins;
	}
	return sum;
}

static void add_window(const struct explain *explain, const struct trace *trace, size_t first,
		       size_t end, struct grid *grid)
{
	const struct track *track = trace->uses[first].track;
	size_t origins;
	struct sample sample = fold(trace, first, end, &origins);
	SCOPED(text)
	struct text cell = { 0 };
	char days[WINDOW_TEXT];

	text_addf(&cell, "%*s%s", INDENT, "", window_text(sample.window, days));
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	text_reset(&cell);
	sample_print(&sample, explain->ctl->language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, track->source);
	text_reset(&cell);
	if (end - first > 1)
		text_addf(&cell, say("%zu days added up"), end - first);
	else if (sample.window.days > 1)
		text_addf(&cell, say_count("%d day", "%d days", sample.window.days),
			  (int)sample.window.days);
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	text_reset(&cell);
	if (origins == 1)
		text_addf(&cell, say("origin %lld"), (long long)sample.origin);
	else if (origins > 1)
		text_addf(&cell, say_count("%zu origin", "%zu origins", (int64_t)origins), origins);
	else if (sample.flags & SAMPLE_COUNTED)
		text_add(&cell, say("counted over publications"));
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	grid_end_row(grid);
}

/* A level of several days is no sum: its windows stay apart. */
static bool adds_up(const struct explain *explain)
{
	return explain->subject.kind == METRIC_FLOW;
}

static void print_windows(const struct explain *explain, const char *head,
			  const struct trace *trace)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	size_t end;

	if (!trace->count)
		return;
	print_head(explain, head);
	grid_begin(&grid, "lrlrl");
	for (size_t i = 0; i < trace->count; i = end) {
		end = adds_up(explain) ? run_end(trace, i) : i + 1;
		add_window(explain, trace, i, end, &grid);
	}
	print_grid(explain, &grid);
}

/* --- publications and records */

static void print_items(const struct explain *explain)
{
	SCOPED(grid)
	struct grid grid = { 0 };

	if (!explain->item_count)
		return;
	print_head(explain, say("Publications"));
	grid_begin(&grid, "lrll");
	for (size_t i = 0; i < explain->item_count; i++) {
		const struct explained_item *item = &explain->items[i];
		char day[DAY_TEXT], at[TIME_TEXT];
		SCOPED(text)
		struct text cell = { 0 };
		size_t count = 1;

		text_addf(&cell, "%*s%s", INDENT, "", day_text(item->day, day));
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		text_reset(&cell);
		if (explain->wants_items) {
			grid_cell(&grid, PAINT_PLAIN,
				  zone_clock(explain->zone, item->kept.created, at) + 11);
			grid_cell(&grid, PAINT_PLAIN, item->kept.id);
			grid_cell(&grid, PAINT_WARN, item->kept.gone ? say("no longer there") : "");
		} else {
			while (i + count < explain->item_count &&
			       explain->items[i + count].day == item->day)
				count++;
			text_addf(&cell, "%zu", count);
			grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
			i += count - 1;
		}
		grid_end_row(&grid);
	}
	print_grid(explain, &grid);
}

static void print_records(const struct explain *explain)
{
	SCOPED(grid)
	struct grid grid = { 0 };

	if (!explain->record_count)
		return;
	print_head(explain, say("Records"));
	grid_begin(&grid, "lllrl");
	for (size_t i = 0; i < explain->record_count; i++) {
		const struct record *record = explain->records[i];
		SCOPED(text)
		struct text cell = { 0 };
		char days[WINDOW_TEXT];

		text_addf(&cell, "%*s%lld", INDENT, "", (long long)record->id);
		grid_cell(&grid, PAINT_BOLD, text_str(&cell));
		grid_cell(&grid, PAINT_PLAIN, window_text(record->window, days));
		text_reset(&cell);
		text_addf(&cell, say("origin %lld"), (long long)record->origin);
		grid_cell(&grid, PAINT_DIM, text_str(&cell));
		text_reset(&cell);
		record_number(record, explain->ctl->language, &cell);
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		text_reset(&cell);
		text_add(&cell, record->none ? say("nothing") : record->title);
		if (record->evidence)
			text_addf(&cell, " [%s]", record->evidence);
		if (record->sha256)
			text_addf(&cell, " SHA-256 %s", record->sha256);
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		grid_end_row(&grid);
	}
	print_grid(explain, &grid);
}

/* --- origins and what was said before */

static const char *origin_words(enum origin_kind kind)
{
	switch (kind) {
	case ORIGIN_REQUEST:
		return say("request");
	case ORIGIN_FILE:
		return say("file");
	case ORIGIN_PERSON:
		return say("person");
	}
	return say("person");
}

static void print_detail(const struct explain *explain, const char *label, const char *words)
{
	SCOPED(text)
	struct text line = { 0 };

	if (!words)
		return;
	text_addf(&line, "%s: %s", label, words);
	(void)fprintf(out_of(explain), "%*s", DEEPER, "");
	print_wrapped(text_str(&line), width_of(explain) - DEEPER, DEEPER + INDENT,
		      out_of(explain));
}

static void print_origin(const struct explain *explain, const struct kept_origin *origin)
{
	SCOPED(text)
	struct text line = { 0 };
	char at[TIME_TEXT];

	text_addf(&line, "%lld · %s · %s", (long long)origin->id,
		  zone_clock(explain->zone, origin->at, at), origin_words(origin->kind));
	if (origin->what)
		text_addf(&line, " %s", origin->what);
	if (origin->by)
		text_addf(&line, " · %s", origin->by);
	print_line(explain, text_str(&line));
	print_detail(explain, "SHA-256", origin->sha256);
	print_detail(explain, say("evidence"), origin->evidence);
	print_detail(explain, say("note"), origin->note);
}

static void print_origins(const struct explain *explain)
{
	size_t more =
		explain->origin_count > ORIGINS_SHOWN ? explain->origin_count - ORIGINS_SHOWN : 0;
	SCOPED(text)
	struct text line = { 0 };

	if (!explain->origin_count)
		return;
	print_head(explain, say("Where they come from"));
	for (size_t i = 0; i < explain->origin_count - more; i++)
		print_origin(explain, &explain->origins[i]);
	if (!more)
		return;
	text_addf(&line,
		  say_count("and %zu more (--format json)", "and %zu more (--format json)",
			    (int64_t)more),
		  more);
	print_line(explain, text_str(&line));
}

static void print_revisions(const struct explain *explain)
{
	SCOPED(grid)
	struct grid grid = { 0 };

	if (!explain->revision_count)
		return;
	print_head(explain, say("What was said before"));
	grid_begin(&grid, "lrll");
	for (size_t i = 0; i < explain->revision_count; i++) {
		const struct explained_revision *revision = &explain->revisions[i];
		const struct kept_origin *ended =
			explain_origin(explain, revision->kept.replaced_by);
		SCOPED(text)
		struct text cell = { 0 };
		char days[WINDOW_TEXT], at[TIME_TEXT];

		text_addf(&cell, "%*s%s", INDENT, "",
			  window_text(revision->kept.sample.window, days));
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		text_reset(&cell);
		sample_print(&revision->kept.sample, explain->ctl->language, &cell);
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		grid_cell(&grid, PAINT_PLAIN, revision->source);
		text_reset(&cell);
		/* TRANSLATORS: numbers of what brought a figure and of what ended it, and when */
		text_addf(&cell, say("origin %lld, until %s (origin %lld)"),
			  (long long)revision->kept.sample.origin,
			  ended ? zone_clock(explain->zone, ended->at, at) : "?",
			  (long long)revision->kept.replaced_by);
		grid_cell(&grid, PAINT_DIM, text_str(&cell));
		grid_end_row(&grid);
	}
	print_grid(explain, &grid);
}

static void print_definitions(const struct explain *explain)
{
	bool headed = false;

	for (size_t i = 0; i < explain->history.count; i++) {
		const struct series *series = &explain->history.series[i];

		for (size_t d = 0; d < series->definition_count; d++) {
			SCOPED(text)
			struct text line = { 0 };
			char day[DAY_TEXT];

			if (strcmp(series->definitions[d].text, series->metric) == 0)
				continue; /* it says no more than the title */
			if (!headed)
				print_head(explain, say("What is counted"));
			headed = true;
			text_addf(&line, "%s: ", series->source);
			text_addf(&line, say("counts since %s: %s"),
				  day_text(series->definitions[d].first, day),
				  series->definitions[d].text);
			if (d > 0)
				text_addf(&line, " (%s)",
					  say("a break: never added to or compared with what was "
					      "counted before"));
			print_line(explain, text_str(&line));
		}
	}
}

static void print_gaps(const struct explain *explain)
{
	const struct gap_list *list = &explain->gaps;
	SCOPED(grid)
	struct grid grid = { 0 };

	if (!list->count)
		return;
	print_head(explain, say("Why days lack"));
	grid_begin(&grid, "ll");
	for (size_t i = 0; i < list->count; i++) {
		SCOPED(text)
		struct text cell = { 0 };
		char days[WINDOW_TEXT];

		text_addf(&cell, "%*s", INDENT, "");
		if (!explain->subject.account)
			text_addf(&cell, "%s ", list->items[i].account->id);
		text_add(&cell, window_text(list->items[i].gap.days, days));
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		text_reset(&cell);
		gap_say(&list->items[i].gap, explain->zone, &cell);
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		grid_end_row(&grid);
	}
	print_grid(explain, &grid);
	if (list->more)
		print_line(explain, say("… and other days after them: ask month by month"));
}

void explain_print(const struct explain *explain)
{
	print_title(explain);
	print_figure(explain);
	print_gaps(explain);
	print_rule(explain);
	print_terms(explain);
	print_sources(explain);
	print_windows(explain, say("Windows it rests on"), &explain->trace);
	print_windows(explain, say("Also said, and not in it"), &explain->unused);
	print_items(explain);
	print_records(explain);
	print_origins(explain);
	print_revisions(explain);
	print_definitions(explain);
}
