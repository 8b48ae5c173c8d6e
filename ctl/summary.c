#include "board.h"

#include "metricsd/cleanup.h"

#include <string.h>

/* Whether the entity has an account, group or derived metric of that name. */
static bool has_name(const struct entity *entity, const char *name)
{
	for (size_t i = 0; i < entity->account_count; i++)
		if (strcmp(entity->accounts[i].id, name) == 0)
			return true;
	for (size_t i = 0; i < entity->group_count; i++)
		if (strcmp(entity->groups[i].id, name) == 0)
			return true;
	for (size_t i = 0; i < entity->derived_count; i++)
		if (strcmp(entity->derived[i].account, name) == 0)
			return true;
	return false;
}

/* What --account names, a group or a derived metric too: *entity and *only, both NULL without one.
 */
static int choose(const struct ctl *ctl, const struct entity **entity, const char **only,
		  struct error *err)
{
	const struct account *account;

	*entity = NULL;
	*only = NULL;
	if (!ctl->account)
		return 0;
	if (config_account(ctl->config, ctl->entity, ctl->account, &account, err) == 0) {
		*entity = account->entity;
		*only = account->id;
		return 0;
	}
	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		const struct entity *candidate = &ctl->config->entities[i];

		if (!ctl_wants(ctl, candidate) || !has_name(candidate, ctl->account))
			continue;
		if (*entity)
			return error_set(err, ERROR_INPUT,
					 "%s and %s both have \"%s\": say --entity", (*entity)->id,
					 candidate->id, ctl->account);
		*entity = candidate;
	}
	*only = ctl->account;
	return *entity ? 0 : -1;
}

static int choose_period(const struct ctl *ctl, const struct entity *entity, const char *word,
			 struct period *ret, struct error *err)
{
	int32_t today;

	if (word)
		return period_parse(word, ret, err);
	if (ctl_today(ctl, entity->zone, &today, err) < 0)
		return -1;
	*ret = period_last_month(today);
	return 0;
}

static int show(struct ctl *ctl, const struct entity *entity, const char *only, const char *word,
		struct records *records)
{
	SCOPED(board)
	struct board board = { 0 };
	struct period period;
	struct error err;
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	if (choose_period(ctl, entity, word, &period, &err) < 0 ||
	    board_make(ctl, entity, only, &period, &board, &err) < 0)
		return ctl_fail(&err);
	if (ctl->format == REPORT_TABLE)
		sheet_print(&board.sheet, ctl->language, &ctl->look, ctl->out);
	else
		sheet_records(&board.sheet, ctl->language, records);
	return ENDS_FINE;
}

static int show_all(struct ctl *ctl, const char *word)
{
	const struct entity *entity;
	const char *only;
	struct records records;
	struct error err;
	bool first = true;
	int ends = ENDS_FINE;

	if (choose(ctl, &entity, &only, &err) < 0)
		return ctl_fail(&err);
	if (ctl->format != REPORT_TABLE)
		records_begin(&records, ctl->format, SHEET_FORMAT, SHEET_VERSION, ctl->out);
	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++) {
		const struct entity *next = &ctl->config->entities[i];

		if (!ctl_wants(ctl, next) || (entity && entity != next))
			continue;
		if (!first && ctl->format == REPORT_TABLE)
			(void)fputs("\n\n", ctl->out);
		first = false;
		ends = show(ctl, next, only, word, &records);
	}
	if (ctl->format != REPORT_TABLE)
		records_end(&records);
	return ends;
}

static int summary(struct ctl *ctl, int argc, char **argv)
{
	struct period period;
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, NULL, 0, 1, &ends) < 0)
		return ends;
	if (argc && period_parse(argv[0], &period, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_load(ctl)) || (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	return show_all(ctl, argc ? argv[0] : NULL);
}

const struct command summary_command = {
	.name = "summary",
	.arguments = "[PERIOD]",
	.purpose = "the figures of a period, with how complete they are",
	.help = "PERIOD is a month 2025-10 (default: the last that is over), bimester 2025-B5, "
		"quarter\n"
		"2025-Q4, semester 2025-S2, year 2025, years 2024..2027 or days\n"
		"2025-10-01..2025-11-15. Periods of several months show them and the whole.\n"
		"--account also takes the id of a group or a derived metric.\n\n"
		"example: the last quarter of 2025, by month\n"
		"  metricsctl summary 2025-Q4 --entity itagui\n",
	.run = summary,
};
