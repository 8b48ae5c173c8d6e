#include "ctl.h"

#include "metricsd/cleanup.h"

enum { ENTRIES_VERSION = 1 };

/* The account of the configuration an entry belongs to, or NULL when it was taken out of it. */
static const struct account *account_of(const struct ctl *ctl, const struct kept_entry *entry)
{
	const struct account *account;

	if (config_account(ctl->config, entry->entity, entry->account, &account, NULL) < 0)
		return NULL;
	return account;
}

static bool wanted(const struct ctl *ctl, const struct kept_entry *entry)
{
	const struct account *account = account_of(ctl, entry);

	if (account)
		return ctl_wants_account(ctl, account);
	return !ctl->entity && !ctl->account;
}

static void record(const struct kept_entry *entry, struct records *records)
{
	records_next(records);
	records_number(records, "entry", entry->origin);
	records_time(records, "at", entry->at);
	records_text(records, "entity", entry->entity);
	records_text(records, "account", entry->account);
	records_text(records, "metric", entry->metric);
	records_day(records, "first_day", entry->window.first);
	records_day(records, "last_day", window_end(entry->window) - 1);
	records_number(records, "value", entry->value);
	records_number(records, "low", entry->value - entry->below);
	records_number(records, "high", entry->value + entry->above);
	records_text(records, "source", entry->source);
	records_text(records, "by", entry->by);
	records_text(records, "file", entry->what);
	records_text(records, "note", entry->note);
	records_text(records, "evidence", entry->evidence);
}

static void add_row(struct ctl *ctl, const struct kept_entry *entry, struct grid *grid)
{
	const struct sample sample = {
		.value = entry->value,
		.below = entry->below,
		.above = entry->above,
	};
	SCOPED(text)
	struct text cell = { 0 };
	char window[WINDOW_TEXT];
	char at[TIME_TEXT];

	text_addf(&cell, "%lld", (long long)entry->origin);
	grid_cell(grid, PAINT_BOLD, text_str(&cell));
	text_reset(&cell);
	text_addf(&cell, "%s/%s", entry->entity, entry->account);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, entry->metric);
	grid_cell(grid, PAINT_PLAIN, window_text(entry->window, window));
	text_reset(&cell);
	sample_print(&sample, ctl->language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_DIM, entry->source);
	text_reset(&cell);
	text_addf(&cell, "%.10s %s", time_text(entry->at, at), entry->by ? entry->by : "");
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	grid_end_row(grid);
}

static void add_head(struct grid *grid)
{
	const char *const heads[] = {
		N_("entry"), N_("account"), N_("metric"),  N_("days"),
		N_("value"), N_("source"),  N_("entered"),
	};

	grid_begin(grid, "rlllrll");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(grid);
}

static void print_all(struct ctl *ctl, const struct kept_entry *entries, size_t count)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	struct records records;
	size_t shown = 0;

	if (ctl->format != REPORT_TABLE)
		records_begin(&records, ctl->format, "metricsd.entries", ENTRIES_VERSION, ctl->out);
	else
		add_head(&grid);
	for (size_t i = 0; i < count; i++) {
		if (!wanted(ctl, &entries[i]))
			continue;
		shown++;
		if (ctl->format != REPORT_TABLE)
			record(&entries[i], &records);
		else
			add_row(ctl, &entries[i], &grid);
	}
	if (ctl->format != REPORT_TABLE)
		records_end(&records);
	else if (shown)
		grid_print(&grid, &ctl->look, ctl->out);
	else
		(void)fprintf(ctl->out, "%s\n", say("No entries."));
}

static int entries(struct ctl *ctl, int argc, char **argv)
{
	struct kept_entry *kept = NULL;
	size_t count = 0;
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, NULL, 0, 0, &ends) < 0)
		return ends;
	if ((ends = ctl_load(ctl)) || (ends = ctl_speak(ctl, ctl_entity(ctl))) ||
	    (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	if (store_entries(ctl->store, ctl->entity, NULL, &kept, &count, &err) < 0)
		return ctl_fail(&err);
	print_all(ctl, kept, count);
	entries_free(kept, count);
	return ENDS_FINE;
}

const struct command entries_command = {
	.name = "entries",
	.arguments = "",
	.purpose = "what people and files entered and still stands",
	.help = "Newest first, with the number `withdraw` wants.\n\n"
		"example:\n"
		"  metricsctl entries --account x\n",
	.run = entries,
};
