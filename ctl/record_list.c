/* Records that stand, and what one of them has said. */
#include "record.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS_VERSION = 1, HISTORY_VERSION = 1 };

static void add_head(struct grid *grid)
{
	const char *const heads[] = {
		N_("record"), N_("list"),        N_("days"),     N_("title"),
		N_("number"), N_("responsible"), N_("recorded"), N_("evidence"),
	};

	grid_begin(grid, "rlllrlll");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(grid);
}

static void add_row(struct ctl *ctl, const struct record *record, struct grid *grid)
{
	SCOPED(text)
	struct text cell = { 0 };
	char days[WINDOW_TEXT];
	char at[TIME_TEXT];

	text_addf(&cell, "%lld", (long long)record->id);
	grid_cell(grid, PAINT_BOLD, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, record->list);
	grid_cell(grid, PAINT_PLAIN, window_text(record->window, days));
	grid_cell(grid, PAINT_PLAIN, record->none ? say("nothing") : record->title);
	text_reset(&cell);
	record_number(record, ctl->language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, record->responsible ? record->responsible : "");
	text_reset(&cell);
	text_addf(&cell, "%.10s %s", time_text(record->at, at), record->by ? record->by : "");
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	grid_cell(grid, PAINT_DIM, record->evidence ? base_name(record->evidence) : "");
	grid_end_row(grid);
}

/* What of the entity is asked for. */
struct asked {
	const char *list; /* NULL: all */
	struct window window;
};

static bool asks_for(const struct ctl *ctl, const struct asked *asked, const struct record *record)
{
	return (!ctl->only || strcmp(ctl->only, record->account) == 0) &&
	       (!asked->list || strcmp(asked->list, record->list) == 0);
}

static int list_entity(struct ctl *ctl, const struct entity *entity, const struct asked *asked,
		       bool *first, struct records *records)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	struct record *kept = NULL;
	size_t count = 0;
	size_t shown = 0;
	struct error err;
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	if (store_records(ctl->store, entity->id, NULL, NULL, asked->window, &kept, &count, &err) <
	    0)
		return ctl_fail(&err);
	add_head(&grid);
	for (size_t i = 0; i < count; i++) {
		if (!asks_for(ctl, asked, &kept[i]))
			continue;
		shown++;
		if (ctl->format == REPORT_TABLE) {
			add_row(ctl, &kept[i], &grid);
		} else {
			records_next(records);
			record_fields(entity, &kept[i], records);
		}
	}
	if (shown && ctl->format == REPORT_TABLE) {
		print_entity(ctl, entity, first);
		grid_print(&grid, &ctl->look, ctl->out);
	}
	records_free(kept, count);
	return ENDS_FINE;
}

/* A word that is no list may be a period the entity has named. */
static int ask(const struct ctl *ctl, const struct entity *entity, const char *list,
	       const char *word, struct asked *ret, struct error *err)
{
	struct record_place place;
	struct period period;

	*ret = (struct asked){ 0 };
	if (list && !word && record_place_find(ctl, list, &place, err) < 0 &&
	    config_period(entity, list, &period, NULL) == 0) {
		ret->window = period.window;
		return 0;
	}
	if (list) {
		if (record_place_find(ctl, list, &place, err) < 0)
			return -1;
		ret->list = place.list;
	}
	if (word) {
		if (config_period(entity, word, &period, err) < 0)
			return -1;
		ret->window = period.window;
	}
	return 0;
}

int record_list(struct ctl *ctl, const char *list, const char *period)
{
	struct records records = { 0 };
	bool first = true;
	int ends;

	if ((ends = ctl_open(ctl, STORE_READ)))
		return ends;
	if (ctl->format != REPORT_TABLE)
		records_begin(&records, ctl->format, "metricsd.records", RECORDS_VERSION, ctl->out);
	for (size_t e = 0; ends == ENDS_FINE && e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];
		struct asked asked;
		struct error err;

		if (!ctl_wants(ctl, entity) || (ctl->account && ctl->chosen_entity != entity))
			continue;
		if (ask(ctl, entity, list, period, &asked, &err) < 0)
			ends = ctl_fail(&err);
		else
			ends = list_entity(ctl, entity, &asked, &first, &records);
	}
	if (ctl->format != REPORT_TABLE)
		records_end(&records);
	else if (ends == ENDS_FINE && first && (ends = ctl_speak(ctl, ctl_entity(ctl))) == 0)
		(void)fprintf(ctl->out, "%s\n", say("No records."));
	return ends;
}

/* --- what a record has said */

/* Why it was taken back stands with who did it. */
static char *why_of(struct ctl *ctl, const struct record *version)
{
	struct kept_origin origin = { 0 };
	struct error err; /* then it is not said */
	char *why;

	if (!version->withdrawn || store_origin(ctl->store, version->origin, &origin, &err) < 0)
		return NULL;
	why = origin.note ? memory_text(origin.note) : NULL;
	kept_origin_clear(&origin);
	return why;
}

static void add_version(struct ctl *ctl, const struct record *version, struct zone *zone,
			struct grid *grid)
{
	SCOPED(memory)
	char *why = why_of(ctl, version);
	SCOPED(text)
	struct text cell = { 0 };
	char at[TIME_TEXT];
	char days[WINDOW_TEXT];

	grid_cell(grid, PAINT_DIM, zone_clock(zone, version->at, at));
	grid_cell(grid, PAINT_PLAIN, version->by ? version->by : "");
	if (version->withdrawn) {
		grid_cell(grid, PAINT_WARN, say("withdrawn"));
		grid_cell(grid, PAINT_PLAIN, why ? why : "");
		grid_end_row(grid);
		return;
	}
	grid_cell(grid, PAINT_PLAIN, window_text(version->window, days));
	grid_cell(grid, PAINT_PLAIN, version->none ? say("nothing") : version->title);
	record_number(version, ctl->language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, version->responsible ? version->responsible : "");
	grid_cell(grid, PAINT_DIM, version->note ? version->note : "");
	grid_cell(grid, PAINT_DIM, version->evidence ? base_name(version->evidence) : "");
	grid_end_row(grid);
}

static int print_history(struct ctl *ctl, const struct entity *entity,
			 const struct record *versions, size_t count)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	SCOPED(zone)
	struct zone *zone = NULL;
	bool first = true;
	struct error err;

	if (zone_open(entity->zone, &zone, &err) < 0)
		return ctl_fail(&err);
	grid_begin(&grid, "llllrlll");
	for (size_t i = 0; i < count; i++)
		add_version(ctl, &versions[i], zone, &grid);
	print_entity(ctl, entity, &first);
	grid_print(&grid, &ctl->look, ctl->out);
	return ENDS_FINE;
}

static int record_versions(struct ctl *ctl, const struct entity *entity,
			   const struct record *versions, size_t count)
{
	struct records records;

	records_begin(&records, ctl->format, "metricsd.record-history", HISTORY_VERSION, ctl->out);
	for (size_t i = 0; i < count; i++) {
		SCOPED(memory)
		char *why = why_of(ctl, &versions[i]);

		records_next(&records);
		record_fields(entity, &versions[i], &records);
		records_flag(&records, "withdrawn", versions[i].withdrawn);
		records_text(&records, "why", why);
	}
	records_end(&records);
	return ENDS_FINE;
}

int record_history(struct ctl *ctl, const char *number)
{
	struct record *versions = NULL;
	size_t count = 0;
	struct error err;
	int64_t id;
	int ends;

	if (value_parse(number, "--history", &id, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_open(ctl, STORE_READ)))
		return ends;
	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		if (!ctl_wants(ctl, entity))
			continue;
		if (store_record_history(ctl->store, entity->id, id, &versions, &count, &err) < 0) {
			if (err.class != ERROR_INPUT)
				return ctl_fail(&err);
			continue;
		}
		if ((ends = ctl_speak(ctl, entity)) == ENDS_FINE)
			ends = ctl->format == REPORT_TABLE
				       ? print_history(ctl, entity, versions, count)
				       : record_versions(ctl, entity, versions, count);
		records_free(versions, count);
		return ends;
	}
	return ctl_say(ENDS_USAGE,
		       "there is no record %lld: metricsctl record --list has their numbers",
		       (long long)id);
}
