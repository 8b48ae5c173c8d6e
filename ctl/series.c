#include "board.h"

#include "metricsd/cleanup.h"

#include <string.h>

enum { SERIES_VERSION = 1 };

/* What is shown: one account's metric over a window. */
struct view {
	struct ctl *ctl;
	const struct account *account;
	const char *metric;
	struct window window;
	struct grid grid;
	struct records records;
};

/* --from and --to, or a period, or from the first of last month to yesterday. */
static int choose_window(const struct ctl *ctl, const struct account *account, const char *word,
			 const char *from, const char *to, struct window *ret, struct error *err)
{
	struct period period;
	int32_t today, first, last;

	if (word) {
		if (from || to)
			return error_set(err, ERROR_INPUT,
					 "say either a period or --from and --to, not both");
		if (ctl_period(ctl, account->entity, word, &period, err) < 0)
			return -1;
		*ret = period.window;
		return 0;
	}
	if (ctl_today(ctl, account->entity->zone, &today, err) < 0)
		return -1;
	first = period_last_month(today).window.first;
	last = today - 1;
	if ((from && day_parse(from, &first, err) < 0) || (to && day_parse(to, &last, err) < 0))
		return -1;
	if (last < first)
		return error_set(err, ERROR_INPUT, "the last day is before the first");
	*ret = (struct window){ first, last - first + 1 };
	return 0;
}

static const char *state_of(const struct sample *sample)
{
	if (!sample)
		return "missing";
	if (sample->flags & SAMPLE_AT_LEAST)
		return "at-least";
	if (sample->flags & SAMPLE_ESTIMATE)
		return "estimate";
	return sample->below || sample->above ? "rounded" : "exact";
}

static void record(struct view *view, const struct series *series, struct window window,
		   const struct sample *sample)
{
	struct records *records = &view->records;
	bool open = sample && (sample->flags & SAMPLE_AT_LEAST);

	records_next(records);
	records_text(records, "entity", view->account->entity->id);
	records_text(records, "notice", view->account->entity->notice);
	records_text(records, "account", view->account->id);
	records_text(records, "metric", view->metric);
	records_text(records, "kind", metric_kind_name(series->kind));
	records_text(records, "source", series->source);
	records_text(records, "zone", series->zone);
	records_day(records, "first_day", window.first);
	records_day(records, "last_day", window_end(window) - 1);
	records_text(records, "state", state_of(sample));
	if (!sample) {
		records_none(records, "value");
		records_none(records, "low");
		records_none(records, "high");
		records_none(records, "origin");
		return;
	}
	records_number(records, "value", sample->value);
	records_number(records, "low", sample->value - sample->below);
	if (open)
		records_none(records, "high");
	else
		records_number(records, "high", sample->value + sample->above);
	if (sample->origin)
		records_number(records, "origin", sample->origin);
	else
		records_none(records, "origin");
}

static void add_row(struct view *view, struct window window, const struct sample *sample)
{
	SCOPED(text)
	struct text cell = { 0 };
	char days[WINDOW_TEXT];

	if (sample)
		sample_print(sample, view->ctl->language, &cell);
	else
		text_add(&cell, "—");
	grid_cell(&view->grid, sample ? PAINT_PLAIN : PAINT_DIM, window_text(window, days));
	grid_cell(&view->grid, sample ? PAINT_PLAIN : PAINT_DIM, text_str(&cell));
	text_reset(&cell);
	if (window.days > 1)
		text_addf(&cell, say_count("%d day", "%d days", window.days), (int)window.days);
	grid_cell(&view->grid, PAINT_DIM, text_str(&cell));
	grid_end_row(&view->grid);
}

static void show(struct view *view, const struct series *series, struct window window,
		 const struct sample *sample)
{
	if (view->ctl->format == REPORT_TABLE)
		add_row(view, window, sample);
	else
		record(view, series, window, sample);
}

static void show_gap(struct view *view, const struct series *series, int32_t from, int32_t to)
{
	if (to > from)
		show(view, series, (struct window){ from, to - from }, NULL);
}

static void begin_source(struct view *view, const struct series *series)
{
	SCOPED(text)
	struct text head = { 0 };

	if (view->ctl->format != REPORT_TABLE)
		return;
	if (view->grid.count)
		grid_end_row(&view->grid);
	text_addf(&head, say("source %s, days of %s"), series->source, series->zone);
	grid_cell(&view->grid, PAINT_BOLD, text_str(&head));
	grid_end_row(&view->grid);
	for (size_t i = 0; i < series->definition_count; i++) {
		char day[DAY_TEXT];

		if (strcmp(series->definitions[i].text, series->metric) == 0)
			continue; /* it says no more than the title */
		text_reset(&head);
		text_addf(&head, say("counts since %s: %s"),
			  day_text(series->definitions[i].first, day), series->definitions[i].text);
		grid_cell(&view->grid, PAINT_DIM, text_str(&head));
		grid_end_row(&view->grid);
	}
}

/* The windows one after the other; days between them that none speaks of are a gap. */
static void show_series(struct view *view, const struct series *series,
			const struct sample *samples, size_t count)
{
	int32_t reached = view->window.first;

	begin_source(view, series);
	for (size_t i = 0; i < count; i++) {
		const struct sample *sample = &samples[i];

		show_gap(view, series, reached, sample->window.first);
		show(view, series, sample->window, sample);
		if (window_end(sample->window) > reached)
			reached = window_end(sample->window);
	}
	show_gap(view, series, reached, window_end(view->window));
}

static void show_title(const struct view *view)
{
	const struct entity *entity = view->account->entity;
	const struct metric *metric = account_metric(view->account, view->metric);
	char days[WINDOW_TEXT];

	if (entity->notice)
		(void)fprintf(view->ctl->out, "*** %s ***\n", entity->notice);
	(void)fprintf(view->ctl->out, "%s · %s · %s (%s)\n\n", entity->name, view->account->title,
		      metric ? say(metric_label(metric)) : view->metric,
		      window_text(view->window, days));
}

/* What was recorded one by one stands beside what was collected and entered. */
static void show_recorded(struct view *view, const struct board *board)
{
	const struct track *tracks;
	size_t count = board_tracks(board, view->account, view->metric, &tracks);

	for (size_t i = 0; i < count; i++) {
		const struct track *track = &tracks[i];
		const struct series series = {
			.metric = view->metric,
			.source = track->source,
			.zone = track->zone,
			.kind = track->metric->kind,
		};

		if (!board_series(board, track))
			show_series(view, &series, track->samples, track->count);
	}
}

/* When nothing is printed. */
static void show_nothing(const struct view *view)
{
	const char *keeps = view->account->collector->keeps;

	if (keeps && metric_find(view->account->collector->metrics, view->metric))
		(void)fprintf(view->ctl->out,
			      say("It is counted over records: metricsctl record --list %s\n"),
			      keeps);
	else
		(void)fprintf(view->ctl->out, "%s\n", say("Nothing is stored of it."));
}

static int show_all(struct view *view, const struct history *history, const struct board *board)
{
	struct ctl *ctl = view->ctl;

	if (ctl->format == REPORT_TABLE) {
		show_title(view);
		grid_begin(&view->grid, "lrl");
	} else {
		records_begin(&view->records, ctl->format, "metricsd.series", SERIES_VERSION,
			      ctl->out);
	}
	for (size_t i = 0; i < history->count; i++)
		if (history->series[i].count)
			show_series(view, &history->series[i], history->series[i].samples,
				    history->series[i].count);
	show_recorded(view, board);
	if (ctl->format != REPORT_TABLE)
		records_end(&view->records);
	else if (view->grid.count)
		grid_print(&view->grid, &ctl->look, ctl->out);
	else
		show_nothing(view);
	grid_clear(&view->grid);
	return ENDS_FINE;
}

static int read_and_show(struct view *view)
{
	SCOPED(history)
	struct history history = { 0 };
	SCOPED(board)
	struct board *board = NULL;
	SCOPED(zone)
	struct zone *zone = NULL;
	struct store_account account = {
		.entity = view->account->entity->id,
		.account = view->account->id,
	};
	struct error err;

	if (zone_open(view->account->zone, &zone, &err) < 0)
		return ctl_fail(&err);
	account.zone = zone;
	if (store_history(view->ctl->store, &account, 1, view->metric, view->window, &history,
			  &err) < 0 ||
	    board_open(view->ctl, view->account->entity, view->account->id, view->window, &board,
		       &err) < 0)
		return ctl_fail(&err);
	return show_all(view, &history, board);
}

static int series(struct ctl *ctl, int argc, char **argv)
{
	const char *from = NULL;
	const char *to = NULL;
	const struct flag flags[] = { { "from", &from, NULL }, { "to", &to, NULL }, { 0 } };
	struct view view = { .ctl = ctl };
	const struct metric *metric;
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 2, 3, &ends) < 0)
		return ends;
	if ((ends = ctl_load(ctl)))
		return ends;
	if (ctl_account(ctl, argv[0], "what is stored is stored of", &view.account, &err) < 0 ||
	    metric_of(view.account, argv[1], &metric, &err) < 0 ||
	    choose_window(ctl, view.account, argc > 2 ? argv[2] : NULL, from, to, &view.window,
			  &err) < 0)
		return ctl_fail(&err);
	view.metric = metric->id;
	if ((ends = ctl_speak(ctl, view.account->entity)) || (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	return read_and_show(&view);
}

const struct command series_command = {
	.name = "series",
	.arguments = "ACCOUNT METRIC [PERIOD]",
	.purpose = "what is stored of one metric, day by day and source by source",
	.help = "Days nobody knows anything of are shown as —. Without PERIOD: from the first of "
		"last\n"
		"month to yesterday.\n\n"
		"  --from DAY, --to DAY   first and last day, like 2025-10-01\n\n"
		"example:\n"
		"  metricsctl series facebook visits 2025-10\n",
	.run = series,
	.for_machines = true,
	.takes_database = true,
};
