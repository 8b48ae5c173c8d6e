/* Open data: figures and what they mean. Aggregates only: nothing here says who entered a figure.
 */
#include "export.h"

#include "board.h"
#include "report.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/prose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct dictionary_entry dictionary[] = {
	{ "version", N_("number"),
	  N_("of this layout; it rises when a field changes its meaning") },
	{ "entity", N_("text"), N_("short name of the institution") },
	{ "notice", N_("text"), N_("words that stand over everything of it; empty: none") },
	{ "section", N_("text"),
	  N_("what the figure is of: account (a channel), group (channels together) or derived (a "
	     "sum of others)") },
	{ "account", N_("text"), N_("short name of the channel, group or sum") },
	{ "title", N_("text"), N_("the same for people") },
	{ "metric", N_("text"), N_("short name of what is counted") },
	{ "label", N_("text"), N_("the same for people") },
	{ "kind", N_("text"),
	  N_("flow: adds up over days; stock: a level, the last one counts; unique: people, who "
	     "are "
	     "counted once in each period and never added up; ratio: a mean") },
	{ "unit", N_("text"), N_("count, percent or yes-no") },
	{ "period", N_("text"), N_("2025-10 is a month, 2025-Q4 a quarter, 2025 a year") },
	{ "first_day", N_("date"), N_("first day of the period") },
	{ "last_day", N_("date"), N_("last day of the period") },
	{ "form", N_("text"),
	  N_("exact; between: the true figure lies between low and high; at-least: it is low or "
	     "more; "
	     "none: nothing is known, which is not zero") },
	{ "value", N_("number"), N_("the figure, where there is one number for it") },
	{ "low", N_("number"), N_("the true figure is not smaller; empty: no bound") },
	{ "high", N_("number"), N_("the true figure is not larger; empty: no bound") },
	{ "rounded", N_("true or false"),
	  N_("the bounds are those of numbers that were stated as rounded") },
	{ "estimate", N_("true or false"),
	  N_("the provider calls it an estimate: the bounds are not hard") },
	{ "known_days", N_("number"), N_("days of which something is known") },
	{ "period_days", N_("number"), N_("days it is measured against") },
	{ "percent", N_("number"), N_("known_days in percent of period_days, rounded down") },
	{ "state", N_("text"),
	  N_("final; revisable: the provider may still change it; provisional: the period runs or "
	     "settles") },
	{ "complete", N_("true or false"), N_("nothing lacks") },
	{ "mixed", N_("true or false"), N_("months of several sources were added up") },
	{ "inconsistent", N_("true or false"),
	  N_("the provider's own numbers contradict each other") },
	{ "broken", N_("true or false"),
	  N_("what is counted changed within the period; only days counted alike are in it") },
	{ "sum_of_levels", N_("true or false"),
	  N_("followers of several channels added up, who are not people") },
	{ "as_of", N_("date"), N_("day of a stock's level") },
	{ "lacking", N_("dates"), N_("days nothing is known of") },
	{ "lacking_more", N_("true or false"), N_("that list ends before the last of them") },
	{ "source", N_("text"), N_("who said it; empty: several, or none") },
	{ "zone", N_("text"), N_("whose days they are; empty: several, or none") },
	{ "of_records", N_("true or false"),
	  N_("known_days and period_days count records, those with a number and all of them") },
	{ "closed_at", N_("time"),
	  N_("when the figures of the period were closed; empty: not yet") },
	{ "published_form", N_("text"), N_("form of the figure as it was closed") },
	{ "published_value", N_("number"), N_("value of the figure as it was closed") },
	{ "published_low", N_("number"), N_("low of the figure as it was closed") },
	{ "published_high", N_("number"), N_("high of the figure as it was closed") },
	{ 0 },
};

const struct distribution distributions[] = {
	{ "figures.csv", "CSV", "text/csv", N_("Figures, one a line") },
	{ "figures.json", "JSON", "application/json", N_("Figures for programs") },
	{ "dictionary.csv", "CSV", "text/csv", N_("What each field means") },
	{ 0 },
};

int export_dictionary(struct export *export, struct error *err)
{
	SCOPED(memory)
	char *path = folder_path(&export->folder, "dictionary.csv", err);
	FILE *out = path ? fopen(path, "we") : NULL;
	struct records records;

	if (!out)
		return path ? error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno)) : -1;
	records_begin(&records, REPORT_CSV, "metricsd.dictionary", 1, out);
	for (const struct dictionary_entry *entry = dictionary; entry->name; entry++) {
		records_next(&records);
		records_text(&records, "field", entry->name);
		records_text(&records, "type", say(entry->type));
		records_text(&records, "meaning", say(entry->text));
	}
	records_end(&records);
	if (fclose(out) != 0)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	return folder_add(&export->folder, "dictionary.csv", err);
}

/* A closed period's figures are those that were published. */
static void put_published(const struct sheet *sheet, struct sheet_row *rows, struct figure *figures)
{
	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];
		struct figure *own = &figures[i * sheet->column_count];

		rows[i] = *row;
		for (size_t k = 0; row->metric && k < sheet->column_count; k++)
			own[k] = row->published && row->published[k] ? *row->published[k]
								     : row->figures[k];
		rows[i].figures = own;
	}
}

static int add_entity(struct export *export, const struct entity *entity, struct records *records,
		      struct error *err)
{
	struct ctl *ctl = export->ctl;
	SCOPED(board)
	struct board *board = NULL;
	SCOPED(memory)
	struct sheet_row *rows = NULL;
	SCOPED(memory)
	struct figure *figures = NULL;
	struct period columns[SHEET_COLUMNS];
	struct period period;
	const struct sheet *made;
	struct sheet sheet;
	struct error ignored;

	if (ctl_period(ctl, entity, export->word, &period, &ignored) < 0)
		return 0; /* a name that other entities have given to their days */
	if (board_open(ctl, entity, NULL, period.window, &board, err) < 0)
		return -1;
	made = board_sheet(board, NULL, &period, columns, board_columns(&period, columns));
	if (board_closing(board, err) < 0)
		return -1;
	sheet = *made; /* with what was published */
	rows = memory_new(sheet.row_count, sizeof(*rows));
	figures = memory_new(sheet.row_count * sheet.column_count, sizeof(*figures));
	put_published(&sheet, rows, figures);
	sheet.rows = rows;
	sheet_records(&sheet, ctl->language, records);
	return 0;
}

static int write_figures(struct export *export, const char *name, enum report_format format,
			 struct error *err)
{
	struct ctl *ctl = export->ctl;
	SCOPED(memory)
	char *path = folder_path(&export->folder, name, err);
	FILE *out = path ? fopen(path, "we") : NULL;
	struct records records;
	int result = 0;

	if (!out)
		return path ? error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno)) : -1;
	records_begin(&records, format, SHEET_FORMAT, SHEET_VERSION, out);
	for (size_t i = 0; result == 0 && i < ctl->config->entity_count; i++)
		if (ctl_wants(ctl, &ctl->config->entities[i]))
			result = add_entity(export, &ctl->config->entities[i], &records, err);
	records_end(&records);
	if (fclose(out) != 0 && result == 0)
		result = error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	return result < 0 ? -1 : folder_add(&export->folder, name, err);
}

/* "Cifras de comunicaciones de Personería de Itagüí, cuarto trimestre de 2025" */
static void add_title(const struct export *export, struct text *out)
{
	struct language *language = export->ctl->language;
	SCOPED(text)
	struct text period = { 0 };
	SCOPED(text)
	struct text names = { 0 };

	prose_period(language, &export->period, &period);
	if (export->entities == 1)
		text_add(&names, export->entity->name);
	else
		text_addf(&names,
			  say_count("%zu institution", "%zu institutions",
				    (int64_t) export->entities),
			  export->entities);
	/* TRANSLATORS: an institution (or "60 institutions"), a period */
	text_addf(out, say("Communication figures: %s, %s"), text_str(&names), text_str(&period));
}

int export_open_data(struct export *export, struct error *err)
{
	const char *about =
		say("How many people were reached on each channel, what was published and what was "
		    "held, by month and for the whole period. Figures only: no data of any person. "
		    "Each figure says how complete it is and who said it; what is not known is "
		    "empty, never zero.");
	SCOPED(text)
	struct text title = { 0 };

	add_title(export, &title);
	if (write_figures(export, "figures.csv", REPORT_CSV, err) < 0 ||
	    write_figures(export, "figures.json", REPORT_JSON, err) < 0 ||
	    export_dictionary(export, err) < 0 ||
	    export_dcat(export, text_str(&title), about, err) < 0)
		return -1;
	return export_index(export, text_str(&title), about, err);
}
