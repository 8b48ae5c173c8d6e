#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>

enum { ACCOUNTS_VERSION = 1, GROUPS_VERSION = 1 };

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

/* --- groups and derived metrics */

/* What is made of others: a group of accounts, a derived metric of terms. */
struct made {
	const struct entity *entity;
	const char *name; /* as --account names it */
	const char *title;
	const char *kind;
	const char **of; /* ends with NULL */
};

static void show_made(const struct ctl *ctl, const struct made *made, struct grid *grid,
		      struct records *records)
{
	SCOPED(text)
	struct text cell = { 0 };

	if (ctl->format != REPORT_TABLE) {
		records_next(records);
		records_text(records, "entity", made->entity->id);
		records_text(records, "name", made->name);
		records_text(records, "title", made->title);
		records_text(records, "kind", made->kind);
		records_names(records, "of", made->of);
		return;
	}
	text_addf(&cell, "%s/%s", made->entity->id, made->name);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, made->title);
	text_reset(&cell);
	for (size_t i = 0; made->of[i]; i++)
		text_addf(&cell, "%s%s", i ? ", " : "", made->of[i]);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_end_row(grid);
}

static void show_group(const struct ctl *ctl, const struct entity *entity,
		       const struct group *group, struct grid *grid, struct records *records)
{
	SCOPED(memory)
	const char **of = memory_new(group->count + 1, sizeof(*of));

	for (size_t i = 0; i < group->count; i++)
		of[i] = group->accounts[i]->id;
	show_made(ctl, &(struct made){ entity, group->id, group->title, "group", of }, grid,
		  records);
}

static const char *term_name(const struct term *term)
{
	if (term->account)
		return term->account->id;
	return term->group ? term->group->id : term->derived->account;
}

static void show_derived(const struct ctl *ctl, const struct entity *entity,
			 const struct derived *derived, struct grid *grid, struct records *records)
{
	SCOPED(memory)
	const char **of = memory_new(derived->count + 1, sizeof(*of));
	SCOPED(memory)
	struct text *terms = memory_new(derived->count, sizeof(*terms));
	SCOPED(text)
	struct text name = { 0 };

	text_addf(&name, "%s.%s", derived->account, derived->metric);
	for (size_t i = 0; i < derived->count; i++) {
		text_addf(&terms[i], "%s%s.%s", derived->terms[i].sign < 0 ? "-" : "",
			  term_name(&derived->terms[i]), derived->terms[i].metric);
		of[i] = text_str(&terms[i]);
	}
	show_made(ctl,
		  &(struct made){ entity, text_str(&name),
				  derived->title ? derived->title : derived->account, "derived",
				  of },
		  grid, records);
	for (size_t i = 0; i < derived->count; i++)
		text_clear(&terms[i]);
}

static int show_groups_of(struct ctl *ctl, const struct entity *entity, bool *first,
			  struct records *records)
{
	static const char *const heads[] = { N_("group or derived metric"), N_("title"),
					     N_("made of") };
	SCOPED(grid)
	struct grid grid = { 0 };
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	grid_begin(&grid, "lll");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(&grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(&grid);
	for (size_t i = 0; i < entity->group_count; i++)
		show_group(ctl, entity, &entity->groups[i], &grid, records);
	for (size_t i = 0; i < entity->derived_count; i++)
		show_derived(ctl, entity, &entity->derived[i], &grid, records);
	if (ctl->format == REPORT_TABLE) {
		print_entity(ctl, entity, first);
		grid_print(&grid, &ctl->look, ctl->out);
	}
	return ENDS_FINE;
}

static int list_groups(struct ctl *ctl)
{
	struct records records = { 0 };
	bool first = true;
	int ends = ENDS_FINE;

	if (ctl->format != REPORT_TABLE)
		records_begin(&records, ctl->format, "metricsd.groups", GROUPS_VERSION, ctl->out);
	for (size_t e = 0; ends == ENDS_FINE && e < ctl->config->entity_count; e++)
		if (ctl_wants(ctl, &ctl->config->entities[e]))
			ends = show_groups_of(ctl, &ctl->config->entities[e], &first, &records);
	if (ctl->format != REPORT_TABLE)
		records_end(&records);
	return ends;
}

/* --- all of them */

static int accounts(struct ctl *ctl, int argc, char **argv)
{
	bool plans = false;
	bool groups = false;
	const struct flag flags[] = { { "plans", NULL, &plans },
				      { "groups", NULL, &groups },
				      { 0 } };
	struct records records = { 0 };
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 0, &ends) < 0)
		return ends;
	if (groups && (plans || ctl->account || ctl->database))
		return ctl_say(ENDS_USAGE,
			       "accounts --groups is of the configuration alone: leave "
			       "%s out",
			       plans          ? "--plans"
			       : ctl->account ? "--account"
					      : "--database");
	if (groups)
		return (ends = ctl_load(ctl)) ? ends : list_groups(ctl);
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
	.help = "\n  --plans    instead: the plans of action, and the activities that are followed "
		"up\n"
		"  --groups   instead: the groups and derived metrics, and what they are made "
		"of\n\n"
		"example:\n"
		"  metricsctl accounts --entity itagui\n",
	.run = accounts,
	.takes_account = true,
	.for_machines = true,
	.takes_database = true,
};
