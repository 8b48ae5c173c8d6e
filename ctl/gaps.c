/*
 * What lacks and why, account by account: the one list in which somebody who runs an installation
 * sees all of it.
 */
#include "gap_list.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum { GAPS_VERSION = 1, NAMED = 3 /* metrics of a line */ };

struct listing {
	struct ctl *ctl;
	const struct entity *entity;
	struct board *board;
	struct gap_list gaps;
	struct records *records; /* NULL: a table */
	struct zone *zone;
};

static void scoped_listing(struct listing *listing)
{
	gap_list_clear(&listing->gaps);
	zone_close(listing->zone);
	board_close(listing->board);
}

/* The last quarter that is over and the days since. */
static int usual_period(struct ctl *ctl, const struct entity *entity, struct period *ret,
			struct error *err)
{
	char name[WINDOW_TEXT];
	struct window window;
	int32_t today;
	int year, month, day;

	if (ctl_today(ctl, entity->zone, &today, err) < 0)
		return -1;
	day_split(today, &year, &month, &day);
	window.first = month_after(month_of(today), -3 - (month - 1) % 3).first;
	window.days = today + 1 - window.first;
	return period_parse(window_text(window, name), ret, err);
}

/* --- what is asked about */

/* It was asked about with what the collector tells. */
static bool is_collected(const struct account *account, const char *metric)
{
	return account->collector->metrics && metric_find(account->collector->metrics, metric);
}

static int ask_account(struct listing *listing, const struct account *account,
		       const struct period *period, struct error *err)
{
	if (gap_list_collected(&listing->gaps, listing->board, account, period, err) < 0)
		return -1;
	for (const struct metric *metric = account->entered; metric->id; metric++)
		if (!is_collected(account, metric->id) &&
		    gap_list_metric(&listing->gaps, listing->board, account, metric->id, period,
				    err) < 0)
			return -1;
	return 0;
}

/* --- showing */

/* By account as they were asked, then by day, then by reason; equal ones in the order of metrics.
 */
static int by_days(const void *left, const void *right)
{
	const struct listed_gap *a = left;
	const struct listed_gap *b = right;
	int words;

	if (a->account != b->account)
		return a->account < b->account ? -1 : 1;
	if (a->gap.days.first != b->gap.days.first)
		return a->gap.days.first < b->gap.days.first ? -1 : 1;
	if (a->gap.days.days != b->gap.days.days)
		return a->gap.days.days < b->gap.days.days ? -1 : 1;
	if (a->gap.why != b->gap.why)
		return a->gap.why < b->gap.why ? -1 : 1;
	if (a->gap.since != b->gap.since)
		return a->gap.since < b->gap.since ? -1 : 1;
	words = strcmp(a->gap.words, b->gap.words);
	return words ? words : strcmp(a->metric, b->metric);
}

static bool go_together(const struct listed_gap *a, const struct listed_gap *b)
{
	return a->account == b->account && a->gap.days.first == b->gap.days.first &&
	       a->gap.days.days == b->gap.days.days && gap_same_reason(&a->gap, &b->gap);
}

static void add_metrics(const struct gap_list *list, size_t first, size_t end, struct text *out)
{
	for (size_t i = first; i < end && i < first + NAMED; i++)
		text_addf(out, "%s%s", i > first ? ", " : "", list->items[i].metric);
	if (end > first + NAMED)
		text_addf(out, say(" and %zu more"), end - first - NAMED);
}

static void print_table(const struct listing *listing)
{
	const char *const heads[] = { N_("account"), N_("days"), N_("metrics"), N_("why") };
	const struct gap_list *list = &listing->gaps;
	SCOPED(grid)
	struct grid grid = { 0 };
	bool cut = false;
	size_t end;

	grid_begin(&grid, "llll");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(&grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(&grid);
	for (size_t i = 0; i < list->count; i = end) {
		SCOPED(text)
		struct text cell = { 0 };
		char days[WINDOW_TEXT];
		bool same = i > 0 && list->items[i - 1].account == list->items[i].account;

		for (end = i + 1;
		     end < list->count && go_together(&list->items[i], &list->items[end]); end++)
			continue;
		grid_cell(&grid, PAINT_BOLD, same ? "" : list->items[i].account->id);
		grid_cell(&grid, PAINT_PLAIN, window_text(list->items[i].gap.days, days));
		add_metrics(list, i, end, &cell);
		cut = cut || end > i + NAMED;
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		text_reset(&cell);
		gap_say(&list->items[i].gap, listing->zone, &cell);
		grid_cell(&grid, PAINT_PLAIN, text_str(&cell));
		grid_end_row(&grid);
	}
	if (list->count)
		grid_print(&grid, &listing->ctl->look, listing->ctl->out);
	else
		(void)fprintf(listing->ctl->out, "%s\n", say("No day lacks."));
	if (cut)
		(void)fprintf(listing->ctl->out, "\n%s\n",
			      say("With --format csv each metric has a line of its own."));
}

static void print_records(const struct listing *listing)
{
	for (size_t i = 0; i < listing->gaps.count; i++) {
		const struct listed_gap *one = &listing->gaps.items[i];

		records_next(listing->records);
		records_text(listing->records, "entity", listing->entity->id);
		records_text(listing->records, "notice", listing->entity->notice);
		records_text(listing->records, "account", one->account->id);
		records_text(listing->records, "metric", one->metric);
		gap_record(listing->records, &one->gap);
	}
}

/* --- all of it */

static int list_entity(struct ctl *ctl, const struct entity *entity, const char *when,
		       struct records *records, bool *first)
{
	SCOPED(listing)
	struct listing listing = {
		.ctl = ctl, .entity = entity, .gaps = { .ctl = ctl }, .records = records
	};
	struct period period;
	struct error err;
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	if ((when ? config_period(entity, when, &period, &err)
		  : usual_period(ctl, entity, &period, &err)) < 0 ||
	    zone_open(entity->zone, &listing.zone, &err) < 0 ||
	    board_open(ctl, entity, ctl->chosen ? ctl->chosen->id : NULL, period.window,
		       &listing.board, &err) < 0)
		return ctl_fail(&err);
	listing.gaps.window = period.window;
	for (size_t i = 0; i < entity->account_count; i++)
		if (ctl_wants_account(ctl, &entity->accounts[i]) && !entity->accounts[i].plan &&
		    ask_account(&listing, &entity->accounts[i], &period, &err) < 0)
			return ctl_fail(&err);
	gap_list_join(&listing.gaps);
	if (listing.gaps.count)
		qsort(listing.gaps.items, listing.gaps.count, sizeof(*listing.gaps.items), by_days);
	if (records) {
		print_records(&listing);
		return ENDS_FINE;
	}
	print_entity(ctl, entity, first);
	print_table(&listing);
	return ENDS_FINE;
}

static int list_entities(struct ctl *ctl, const char *when, struct records *records)
{
	bool first = true;
	int ends = ENDS_FINE;

	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];

		if (ctl_wants(ctl, entity) && (!ctl->account || ctl->chosen_entity == entity))
			ends = list_entity(ctl, entity, when, records, &first);
	}
	return ends;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct records records = { 0 };
	bool table;
	int ends;

	if (ctl_options(ctl, &argc, &argv, NULL, 0, 1, &ends) < 0)
		return ends;
	table = ctl->format == REPORT_TABLE;
	if ((ends = ctl_load(ctl)) || (ends = ctl_refuse_plan(ctl)) ||
	    (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	if (!table)
		records_begin(&records, ctl->format, "metricsd.gaps", GAPS_VERSION, ctl->out);
	ends = list_entities(ctl, argc ? argv[0] : NULL, table ? NULL : &records);
	if (!table && ends == ENDS_FINE)
		records_end(&records);
	return ends;
}

const struct command gaps_command = {
	.name = "gaps",
	.arguments = "[PERIOD]",
	.purpose = "which days lack, and why",
	.help = "Every stretch of days that lacks in a figure that is not complete, account by "
		"account,\n"
		"with the reason: metricsd did not run, a token was refused, the provider told "
		"no\n"
		"number, nobody entered it, … Without PERIOD the last quarter and the days "
		"since.\n"
		"Where a table names three metrics \"and N more\", --format csv has them all.\n\n"
		"example:\n"
		"  metricsctl gaps 2025-Q4 --account facebook\n",
	.run = run,
	.takes_account = true,
	.for_machines = true,
	.takes_database = true,
};
