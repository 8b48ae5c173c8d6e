/* What people were told of: what lasts, what ended lately, and how the telling went. */
#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	ALERTS_VERSION = 1,
	LOOK_BACK_S = 30 * 86400,
	WAYS_MAX = 16,
};

struct shown_alerts {
	struct ctl *ctl;
	struct zones zones;
	struct grid grid;
	struct records records;
	size_t count, lasting;
};

static bool wanted(const struct ctl *ctl, const struct kept_alert *alert)
{
	return !ctl->entity || !*alert->entity || strcmp(ctl->entity, alert->entity) == 0;
}

/* By the clock of the entity it is about, else of the first one. */
static const char *clock_of(struct shown_alerts *shown, const struct kept_alert *alert,
			    int64_t time, char ret[TIME_TEXT])
{
	return ctl_clock(shown->ctl, &shown->zones,
			 config_entity(shown->ctl->config, alert->entity), time, ret);
}

static const char *part_words(const struct kept_alert *alert, int part)
{
	if (alert->kind == ALERT_NOTE)
		return say("the note");
	if (part == ALERT_ENDED)
		return say("its end");
	return part >= ALERT_WORSE ? say("that it got worse") : say("its beginning");
}

static void add_delivery(struct shown_alerts *shown, const struct kept_alert *alert,
			 const struct delivery *delivery)
{
	SCOPED(text)
	struct text line = { 0 };
	char clock[TIME_TEXT];
	enum paint paint = PAINT_DIM;

	text_addf(&line, "  %s · %s: ", delivery->way, part_words(alert, delivery->part));
	if (delivery->told) {
		text_addf(&line, say("told %s"), clock_of(shown, alert, delivery->told, clock));
		if (delivery->words[0])
			text_addf(&line, "; %s", delivery->words);
	} else if (delivery->over) {
		text_addf(&line, say("not told: %s"), delivery->words);
		paint = PAINT_WARN;
	} else if (delivery->tries > 0) {
		text_addf(&line,
			  say_count("tried %d time, again at %s: %s",
				    "tried %d times, again at %s: %s", delivery->tries),
			  delivery->tries, clock_of(shown, alert, delivery->due, clock),
			  delivery->words);
		paint = PAINT_BAD;
	} else {
		text_add(&line, say("not told yet"));
		paint = PAINT_WARN;
	}
	grid_cell(&shown->grid, paint, text_str(&line));
	grid_end_row(&shown->grid);
}

static void add_rows(struct shown_alerts *shown, const struct kept_alert *alert,
		     const struct delivery *deliveries, size_t count)
{
	struct grid *grid = &shown->grid;
	SCOPED(text)
	struct text cell = { 0 };
	char clock[TIME_TEXT];
	bool lasts = !alert->ended;

	text_addf(&cell, "%lld", (long long)alert->id);
	grid_cell(grid, PAINT_BOLD, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, clock_of(shown, alert, alert->since, clock));
	if (alert->kind == ALERT_NOTE)
		grid_cell(grid, PAINT_DIM, say("a note"));
	else if (lasts)
		grid_cell(grid, PAINT_BAD, say("lasts"));
	else
		grid_cell(grid, PAINT_GOOD, clock_of(shown, alert, alert->ended, clock));
	grid_cell(grid, PAINT_PLAIN, *alert->entity ? alert->entity : "—");
	grid_cell(grid, PAINT_PLAIN, alert->subject);
	grid_end_row(grid);
	for (size_t i = 0; i < count; i++)
		add_delivery(shown, alert, &deliveries[i]);
}

/* Ways by what came of telling the newest part. */
static void record_ways(struct records *records, const char *name,
			const struct delivery *deliveries, size_t count, bool told)
{
	const char *names[WAYS_MAX + 1] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < count && n < WAYS_MAX; i++) {
		/* they stand by way, the end last */
		bool newest =
			i + 1 == count || strcmp(deliveries[i].way, deliveries[i + 1].way) != 0;

		if (newest && (deliveries[i].told != 0) == told)
			names[n++] = deliveries[i].way;
	}
	records_names(records, name, names);
}

static void record(struct shown_alerts *shown, const struct kept_alert *alert,
		   const struct delivery *deliveries, size_t count)
{
	struct records *records = &shown->records;
	const struct delivery *owed = NULL;

	for (size_t i = 0; i < count; i++)
		if (!deliveries[i].over && (!owed || deliveries[i].due < owed->due))
			owed = &deliveries[i];
	records_next(records);
	records_number(records, "alert", alert->id);
	records_text(records, "kind", alert->kind == ALERT_NOTE ? "note" : "trouble");
	records_text(records, "cause", alert->cause);
	records_text(records, "entity", alert->entity);
	records_text(records, "subject", alert->subject);
	records_text(records, "words", alert->words);
	records_time(records, "since", alert->since);
	records_time(records, "ended", alert->ended);
	records_flag(records, "lasts", !alert->ended);
	record_ways(records, "told", deliveries, count, true);
	record_ways(records, "untold", deliveries, count, false);
	records_time(records, "next_try", owed ? owed->due : 0);
	records_text(records, "failure", owed ? owed->words : NULL);
}

static int show(struct shown_alerts *shown, const struct kept_alert *alert, struct error *err)
{
	SCOPED(memory)
	struct delivery *deliveries = NULL;
	size_t count = 0;

	if (!wanted(shown->ctl, alert))
		return 0;
	if (store_deliveries(shown->ctl->store, alert->id, &deliveries, &count, err) < 0)
		return -1;
	shown->count++;
	shown->lasting += !alert->ended;
	if (shown->ctl->format == REPORT_TABLE)
		add_rows(shown, alert, deliveries, count);
	else
		record(shown, alert, deliveries, count);
	return 0;
}

static void begin(struct shown_alerts *shown)
{
	static const char *const heads[] = { N_("alert"), N_("since"), N_("until"), N_("entity"),
					     N_("what") };
	struct ctl *ctl = shown->ctl;

	if (ctl->format != REPORT_TABLE) {
		records_begin(&shown->records, ctl->format, "metricsd.alerts", ALERTS_VERSION,
			      ctl->out);
		return;
	}
	grid_begin(&shown->grid, "rllll");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(&shown->grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(&shown->grid);
}

static void end(struct shown_alerts *shown)
{
	struct ctl *ctl = shown->ctl;

	if (ctl->format != REPORT_TABLE)
		records_end(&shown->records);
	else if (shown->count > 0)
		grid_print(&shown->grid, &ctl->look, ctl->out);
	else
		(void)fprintf(ctl->out, "%s\n", say("No alert lasts, none ended lately."));
}

static int list(struct ctl *ctl)
{
	struct shown_alerts shown = { .ctl = ctl };
	struct kept_alert *alerts = NULL;
	size_t count = 0;
	struct error err;
	int ends = ctl_open(ctl, STORE_READ);

	if (ends || (ends = ctl_speak(ctl, ctl->entity ? ctl_entity(ctl) : NULL)))
		return ends;
	if (store_alerts(ctl->store, ctl->now - LOOK_BACK_S, &alerts, &count, &err) < 0)
		return ctl_fail(&err);
	begin(&shown);
	for (size_t i = 0; ends == ENDS_FINE && i < count; i++)
		if (show(&shown, &alerts[i], &err) < 0)
			ends = ctl_fail(&err);
	if (ends == ENDS_FINE)
		end(&shown);
	kept_alerts_free(alerts, count);
	grid_clear(&shown.grid);
	zones_clear(&shown.zones);
	return ends == ENDS_FINE && shown.lasting ? ENDS_PERSON : ends;
}

static int alerts(struct ctl *ctl, int argc, char **argv)
{
	bool test = false;
	const struct flag flags[] = { { "test", NULL, &test }, { 0 } };
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 0, &ends) < 0)
		return ends;
	if ((ends = ctl_load(ctl)))
		return ends;
	if (test && ctl->database)
		return ctl_say(ENDS_USAGE, "alerts --test has no --database: it is the daemon that "
					   "tells");
	return test ? daemon_try_alerts(ctl) : list(ctl);
}

const struct command alerts_command = {
	.name = "alerts",
	.arguments = "[--test]",
	.purpose = "what people were told of, and how that went",
	.help = "What lasts, what ended in the last 30 days, and by which ways each was told. An\n"
		"alert that lasts makes the exit status 1.\n\n"
		"  --test   instead: let the daemon tell a trial by mail and by each hook of the\n"
		"           configuration, and say what came of it\n\n"
		"example:\n"
		"  metricsctl alerts --test\n",
	.run = alerts,
	.for_machines = true,
	.takes_database = true,
};
