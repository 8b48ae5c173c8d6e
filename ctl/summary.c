#include "board.h"

#include "metricsd/cleanup.h"

#include <string.h>

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

/* A period that has not begun has no figures: one line says so. */
static void print_not_begun(const struct ctl *ctl, const struct entity *entity,
			    const struct period *period)
{
	SCOPED(text)
	struct text name = { 0 };
	SCOPED(text)
	struct text day = { 0 };

	language_period(ctl->language, period, &name);
	language_date(ctl->language, period->window.first, &day);
	(void)fprintf(ctl->out, "%s · ", entity->name);
	/* TRANSLATORS: a period, its first day */
	(void)fprintf(ctl->out, say("%s has not begun: it begins on %s.\n"), text_str(&name),
		      text_str(&day));
}

static int show(struct ctl *ctl, const struct entity *entity, const char *word,
		struct records *records)
{
	SCOPED(board)
	struct board board = { 0 };
	struct period period;
	struct error err;
	int32_t today;
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	if (choose_period(ctl, entity, word, &period, &err) < 0 ||
	    ctl_today(ctl, entity->zone, &today, &err) < 0)
		return ctl_fail(&err);
	if (period.window.first > today && ctl->format == REPORT_TABLE) {
		print_not_begun(ctl, entity, &period);
		return ENDS_FINE;
	}
	if (board_make(ctl, entity, ctl->only, &period, &board, &err) < 0)
		return ctl_fail(&err);
	if (ctl->format == REPORT_TABLE)
		sheet_print(&board.sheet, ctl->language, &ctl->look, ctl->out);
	else
		sheet_records(&board.sheet, ctl->language, records);
	return ENDS_FINE;
}

static int show_all(struct ctl *ctl, const char *word)
{
	struct records records;
	bool first = true;
	int ends = ENDS_FINE;

	if (ctl->format != REPORT_TABLE)
		records_begin(&records, ctl->format, SHEET_FORMAT, SHEET_VERSION, ctl->out);
	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++) {
		const struct entity *next = &ctl->config->entities[i];

		if (!ctl_wants(ctl, next) || (ctl->account && ctl->chosen_entity != next))
			continue;
		if (!first && ctl->format == REPORT_TABLE)
			(void)fputs("\n\n", ctl->out);
		first = false;
		ends = show(ctl, next, word, &records);
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
		"--account also takes the id of a group or a derived metric "
		"(publicaciones.posts).\n\n"
		"example: the last quarter of 2025, by month\n"
		"  metricsctl summary 2025-Q4 --entity itagui\n",
	.run = summary,
	.for_machines = true,
	.takes_groups = true,
};
