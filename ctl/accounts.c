#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>

enum { ACCOUNTS_VERSION = 1 };

/* Ids of what people enter for the account, ends with NULL; the caller's to free(). */
static const char **entered_names(const struct account *account)
{
	const char **names;
	size_t count = 0;

	while (account->entered[count].id)
		count++;
	names = memory_new(count + 1, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = account->entered[i].id;
	return names;
}

static void record(const struct account *account, int32_t first, const char *const *entered,
		   struct records *records)
{
	records_next(records);
	records_text(records, "entity", account->entity->id);
	records_text(records, "account", account->id);
	records_text(records, "title", account->title);
	records_text(records, "collector", account->collector->name);
	records_text(records, "zone", account->zone);
	records_day(records, "since", account->since);
	records_day(records, "until", account->until);
	records_day(records, "first_stored", first);
	records_names(records, "entered", entered);
}

static void add_row(const struct account *account, int32_t first, const char *const *entered,
		    struct grid *grid)
{
	SCOPED(text)
	struct text cell = { 0 };
	char day[DAY_TEXT];

	text_addf(&cell, "%s/%s", account->entity->id, account->id);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, account->title);
	grid_cell(grid, PAINT_PLAIN, account->collector->name);
	grid_cell(grid, PAINT_PLAIN, first == DAY_NONE ? "—" : day_text(first, day));
	grid_cell(grid, PAINT_PLAIN,
		  account->until == DAY_NONE ? "" : day_text(account->until, day));
	text_reset(&cell);
	for (size_t i = 0; entered[i]; i++)
		text_addf(&cell, "%s%s", i ? ", " : "", entered[i]);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_end_row(grid);
}

static void add_head(struct grid *grid)
{
	const char *const heads[] = {
		N_("account"),   N_("title"),    N_("collector"),
		N_("first day"), N_("last day"), N_("entered by people"),
	};

	grid_begin(grid, "llllll");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(grid);
}

static int show_account(struct ctl *ctl, const struct account *account, struct grid *grid,
			struct records *records, struct error *err)
{
	SCOPED(memory)
	const char **entered = entered_names(account);
	int32_t first = DAY_NONE;

	if (ctl->store && ctl_first_day(ctl, account, &first, err) < 0)
		return -1;
	if (ctl->format == REPORT_TABLE)
		add_row(account, first, entered, grid);
	else
		record(account, first, entered, records);
	return 0;
}

/* A table for each entity: nothing of two stands in one. */
static int show_entity(struct ctl *ctl, const struct entity *entity, bool plans, bool *first,
		       struct records *records)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	struct error err;
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	add_head(&grid);
	for (size_t i = 0; i < entity->account_count; i++)
		if (ctl_wants_account(ctl, &entity->accounts[i]) &&
		    (entity->accounts[i].plan != NULL) == plans &&
		    show_account(ctl, &entity->accounts[i], &grid, records, &err) < 0)
			return ctl_fail(&err);
	if (ctl->format == REPORT_TABLE) {
		print_entity(ctl, entity, first);
		grid_print(&grid, &ctl->look, ctl->out);
	}
	return ENDS_FINE;
}

static int show_all(struct ctl *ctl, bool plans, struct records *records)
{
	bool first = true;
	int ends = ENDS_FINE;

	for (size_t e = 0; ends == ENDS_FINE && e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		if (ctl_wants(ctl, entity) && (!ctl->account || ctl->chosen_entity == entity))
			ends = show_entity(ctl, entity, plans, &first, records);
	}
	return ends;
}

static int accounts(struct ctl *ctl, int argc, char **argv)
{
	bool plans = false;
	const struct flag flags[] = { { "plans", NULL, &plans }, { 0 } };
	struct records records = { 0 };
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 0, &ends) < 0)
		return ends;
	if ((ends = ctl_load(ctl)) || (!plans && (ends = ctl_refuse_plan(ctl))))
		return ends;
	/* what is configured can be listed without a database */
	if ((ctl->database || ctl_has_store(ctl)) && (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	if (ctl->format != REPORT_TABLE)
		records_begin(&records, ctl->format, "metricsd.accounts", ACCOUNTS_VERSION,
			      ctl->out);
	ends = show_all(ctl, plans, &records);
	if (ctl->format != REPORT_TABLE)
		records_end(&records);
	return ends;
}

const struct command accounts_command = {
	.name = "accounts",
	.arguments = "",
	.purpose = "the channels of each entity: collector, first and last day, what people enter",
	.help = "\n  --plans   instead: the plans of action, and the activities that are followed "
		"up\n\n"
		"example:\n"
		"  metricsctl accounts --entity itagui\n",
	.run = accounts,
	.for_machines = true,
	.takes_database = true,
};
