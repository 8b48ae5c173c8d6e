#include "board.h"
#include "report.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/memory.h"

#include <string.h>

/* What was asked, and where it goes. */
struct summary {
	struct ctl *ctl;
	const char *word;   /* PERIOD, or NULL */
	const char *output; /* of --output, or NULL */
	bool compare;
	struct records records;
};

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

static void print(struct summary *summary, const struct sheet *sheet)
{
	struct ctl *ctl = summary->ctl;

	if (ctl->format == REPORT_TABLE)
		sheet_print(sheet, ctl->language, &ctl->look, ctl->out);
	else
		sheet_records(sheet, ctl->language, &summary->records);
}

static int show(struct summary *summary, const struct entity *entity, const struct period *period)
{
	struct ctl *ctl = summary->ctl;
	struct window window = summary->compare ? board_compared_window(period) : period->window;
	SCOPED(board)
	struct board *board = NULL;
	struct period columns[SHEET_COLUMNS];
	const struct sheet *sheet;
	struct error err;
	int32_t today;
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	if (ctl_today(ctl, entity->zone, &today, &err) < 0)
		return ctl_fail(&err);
	if (period->window.first > today && ctl->format == REPORT_TABLE) {
		print_not_begun(ctl, entity, period);
		return ENDS_FINE;
	}
	if (board_open(ctl, entity, ctl->only, window, &board, &err) < 0)
		return ctl_fail(&err);
	sheet = board_sheet(board, NULL, period, columns, board_columns(period, columns));
	if (summary->compare)
		board_compare(board);
	if (board_closing(board, &err) < 0)
		return ctl_fail(&err);
	print(summary, sheet);
	return ENDS_FINE;
}

static bool is_wanted(const struct ctl *ctl, const struct entity *entity)
{
	return ctl_wants(ctl, entity) && (!ctl->account || ctl->chosen_entity == entity);
}

/* A period an entity gave a name is asked of those that have one of that name; somebody must. */
static int check_period(const struct summary *summary)
{
	const struct ctl *ctl = summary->ctl;
	struct period period;
	struct error err = { 0 };

	for (size_t i = 0; i < ctl->config->entity_count; i++)
		if (is_wanted(ctl, &ctl->config->entities[i]) &&
		    ctl_period(ctl, &ctl->config->entities[i], summary->word, &period, &err) == 0)
			return ENDS_FINE;
	return ctl_fail(&err);
}

static int show_all(struct summary *summary)
{
	struct ctl *ctl = summary->ctl;
	bool first = true;
	int ends = ENDS_FINE;

	if (ctl->format != REPORT_TABLE)
		records_begin(&summary->records, ctl->format, SHEET_FORMAT, SHEET_VERSION,
			      ctl->out);
	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];
		struct period period;
		struct error err;

		if (!is_wanted(ctl, entity) ||
		    ctl_period(ctl, entity, summary->word, &period, &err) < 0)
			continue;
		if (!first && ctl->format == REPORT_TABLE)
			(void)fputs("\n\n", ctl->out);
		first = false;
		ends = show(summary, entity, &period);
	}
	if (ctl->format != REPORT_TABLE)
		records_end(&summary->records);
	return ends;
}

/* Nobody ever finds half a summary. */
static int write_file(struct summary *summary, const char *path)
{
	struct ctl *ctl = summary->ctl;
	FILE *before = ctl->out;
	SCOPED(draft)
	struct draft draft = { .path = path, .mode = 0666, .special = true };
	struct error err;
	int ends;

	if (draft_open(&draft, &err) < 0)
		return ctl_fail(&err);
	ctl->out = draft_stream(&draft);
	ends = show_all(summary);
	ctl->out = before;
	return ends == ENDS_FINE && draft_commit(&draft, &err) < 0 ? ctl_fail(&err) : ends;
}

static int show_in_file(struct ctl *ctl, void *data)
{
	struct summary *summary = data;
	const struct entity *entity = NULL;
	SCOPED(memory)
	char *path = NULL;
	struct period period;
	struct error err;
	int ends;

	for (size_t i = 0; !entity && i < ctl->config->entity_count; i++)
		if (is_wanted(ctl, &ctl->config->entities[i]))
			entity = &ctl->config->entities[i];
	if ((ends = ctl_speak(ctl, entity)))
		return ends;
	if (report_period(ctl, summary->word, &period, &err) < 0)
		return ctl_fail(&err);
	path = report_path(summary->output, entity ? entity->id : NULL, &period);
	ctl->look.colour = false;
	if ((ends = write_file(summary, path)))
		return ends;
	(void)fprintf(ctl->out, say("%s: written\n"), path);
	return ENDS_FINE;
}

static int summary(struct ctl *ctl, int argc, char **argv)
{
	struct summary summary = { .ctl = ctl };
	const struct flag flags[] = {
		{ "compare", NULL, &summary.compare },
		{ "output", &summary.output, NULL },
		{ "o", &summary.output, NULL },
		{ 0 },
	};
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 1, &ends) < 0)
		return ends;
	summary.word = argc ? argv[0] : NULL;
	if ((summary.output && (ends = report_path_check("-o", summary.output, true))) ||
	    (ends = ctl_load(ctl)) || (ends = ctl_refuse_plan(ctl)) ||
	    (ends = check_period(&summary)) || (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	return summary.output ? report_for_each(ctl, summary.output, show_in_file, &summary)
			      : show_all(&summary);
}

const struct command summary_command = {
	.name = "summary",
	.arguments = "[PERIOD]",
	.purpose = "the figures of a period, with how complete they are",
	.help = "PERIOD is a month 2025-10 (default: the last that is over), bimester 2025-B5, "
		"quarter\n"
		"2025-Q4, semester 2025-S2, year 2025, years 2024..2027 or days\n"
		"2025-10-01..2025-11-15, or a name the entity gives to days of its own. Periods "
		"of\n"
		"several months show them and the whole. --account also takes the id of a group or "
		"a\n"
		"derived metric (publicaciones.posts). Of a closed period it is said what was\n"
		"published and what is another figure by now.\n\n"
		"  --compare            beside the whole period: the difference from the one "
		"before\n"
		"                       and from the same one a year before\n"
		"  -o, --output FILE    into this file; {period} in it is the period's name, "
		"{entity}\n"
		"                       the id: then each entity has its own\n\n"
		"example: the last quarter of 2025, by month, beside the one before\n"
		"  metricsctl summary 2025-Q4 --entity itagui --compare\n",
	.run = summary,
	.takes_account = true,
	.for_machines = true,
	.takes_groups = true,
	.takes_database = true,
};
