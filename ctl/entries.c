#include "ctl.h"
#include "evidence.h"

#include "metricsd/cleanup.h"
#include "metricsd/path.h"
#include "metricsd/utf8.h"

#include <string.h>

enum { ENTRIES_VERSION = 1 };

enum { CUT_WIDTH = 24 }; /* columns of a name in the table; records have it whole */

static bool wanted(const struct ctl *ctl, const struct kept_entry *entry)
{
	if (ctl->entity && strcmp(ctl->entity, entry->entity) != 0)
		return false;
	return !ctl->account || (strcmp(ctl->chosen->entity->id, entry->entity) == 0 &&
				 strcmp(ctl->chosen->id, entry->account) == 0);
}

/* Words cut where they would stretch the table. */
static void add_cut(const char *name, struct text *cell)
{
	size_t length = strlen(name);
	size_t at = 0;
	SCOPED(text)
	struct text shown = { 0 };

	while (at < length) {
		size_t bytes = utf8_size(name + at, length - at);

		if (display_width(text_str(&shown)) >= CUT_WIDTH) {
			text_add(&shown, "…");
			break;
		}
		text_add_n(&shown, name + at, bytes ? bytes : 1);
		at += bytes ? bytes : 1;
	}
	text_add(cell, text_str(&shown));
}

/* The hash of the file an entry came from, or of what a person showed as evidence. */
static int read_hash(const struct ctl *ctl, int64_t origin, char ret[SHA256_TEXT],
		     struct error *err)
{
	struct kept_origin kept = { 0 };

	if (store_origin(ctl->store, origin, &kept, err) < 0)
		return -1;
	(void)snprintf(ret, SHA256_TEXT, "%s", kept.sha256 ? kept.sha256 : "");
	kept_origin_clear(&kept);
	return 0;
}

static void record(const struct kept_entry *entry, const char *hash, struct records *records)
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
	records_text(records, "sha256", hash);
}

/* "captura.png 2d711642": the hash begins so; `--format json` and `explain` have all of it. */
static void add_evidence(const struct ctl *ctl, const struct kept_entry *entry, struct text *cell)
{
	char hash[SHA256_TEXT];
	struct error err; /* then the name alone */

	if (!entry->evidence)
		return;
	add_cut(base_name(entry->evidence), cell);
	if (!entry->what && read_hash(ctl, entry->origin, hash, &err) == 0 && *hash)
		text_addf(cell, " %.8s", hash);
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
	text_addf(&cell, "%.10s ", time_text(entry->at, at));
	add_cut(entry->by ? entry->by : "", &cell);
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	text_reset(&cell);
	add_evidence(ctl, entry, &cell);
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	grid_end_row(grid);
}

static void add_head(struct grid *grid)
{
	const char *const heads[] = {
		N_("entry"), N_("account"), N_("metric"),  N_("days"),
		N_("value"), N_("source"),  N_("entered"), N_("evidence"),
	};

	grid_begin(grid, "rlllrlll");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(grid);
}

/* Entries of one origin follow each other: its hash is read once. */
static int print_records(struct ctl *ctl, const struct kept_entry *entries, size_t count)
{
	char hash[SHA256_TEXT] = "";
	struct records records;
	int64_t origin = 0;
	struct error err;

	records_begin(&records, ctl->format, "metricsd.entries", ENTRIES_VERSION, ctl->out);
	for (size_t i = 0; i < count; i++) {
		if (!wanted(ctl, &entries[i]))
			continue;
		if (entries[i].origin != origin &&
		    read_hash(ctl, entries[i].origin, hash, &err) < 0)
			return ctl_fail(&err);
		origin = entries[i].origin;
		record(&entries[i], hash, &records);
	}
	records_end(&records);
	return ENDS_FINE;
}

/* The entity's entries in a table of their own: nothing of two entities stands in one. */
static int print_table(struct ctl *ctl, const struct entity *entity,
		       const struct kept_entry *entries, size_t count, bool *first)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	int ends = ctl_speak(ctl, entity->zone ? entity : NULL);
	size_t shown = 0;

	if (ends)
		return ends;
	add_head(&grid);
	for (size_t i = 0; i < count; i++) {
		if (!wanted(ctl, &entries[i]) || strcmp(entries[i].entity, entity->id) != 0)
			continue;
		add_row(ctl, &entries[i], &grid);
		shown++;
	}
	if (shown) {
		print_entity(ctl, entity, first);
		grid_print(&grid, &ctl->look, ctl->out);
	}
	return ENDS_FINE;
}

/* Whether an entry before it has the same entity. */
static bool had_before(const struct kept_entry *entries, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (strcmp(entries[i].entity, entries[place].entity) == 0)
			return true;
	return false;
}

static int print_tables(struct ctl *ctl, const struct kept_entry *entries, size_t count)
{
	bool first = true;
	int ends = ENDS_FINE;

	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++)
		ends = print_table(ctl, &ctl->config->entities[i], entries, count, &first);
	/* an entity that was taken out of the configuration keeps its entries, under its id */
	for (size_t i = 0; ends == ENDS_FINE && i < count; i++) {
		const struct entity gone = { .id = entries[i].entity, .name = entries[i].entity };

		if (!config_entity(ctl->config, gone.id) && !had_before(entries, i))
			ends = print_table(ctl, &gone, entries, count, &first);
	}
	if (ends == ENDS_FINE && first && (ends = ctl_speak(ctl, ctl_entity(ctl))) == ENDS_FINE)
		(void)fprintf(ctl->out, "%s\n", say("No entries."));
	return ends;
}

static int entries(struct ctl *ctl, int argc, char **argv)
{
	struct kept_entry *kept = NULL;
	size_t count = 0;
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, NULL, 0, 0, &ends) < 0)
		return ends;
	if ((ends = ctl_load(ctl)) || (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	if (store_entries(ctl->store, ctl->entity, NULL, &kept, &count, &err) < 0)
		return ctl_fail(&err);
	if (ctl->format == REPORT_TABLE)
		ends = print_tables(ctl, kept, count);
	else
		ends = print_records(ctl, kept, count);
	entries_free(kept, count);
	return ends;
}

const struct command entries_command = {
	.name = "entries",
	.arguments = "",
	.purpose = "what people and files entered and still stands",
	.help = "Newest first, with the number `withdraw` wants.\n\n"
		"example:\n"
		"  metricsctl entries --account x\n",
	.run = entries,
	.takes_account = true,
	.for_machines = true,
	.takes_database = true,
};
