/* One entity's figures as records for programs: docs/formats.md, metricsd.summary. */
#include "sheet_parts.h"

#include "metricsd/language.h"

static void record_number(struct records *records, const char *name, bool known, int64_t number,
			  const struct figure *figure)
{
	if (known)
		records_decimal(records, name, number, figure->decimals);
	else
		records_none(records, name);
}

static void record_bounds(const struct figure *figure, struct records *records)
{
	bool known = figure->form != FIGURE_NONE;

	record_number(records, "value", figure_has_value(figure), figure->value, figure);
	record_number(records, "low", known, figure->low, figure);
	record_number(records, "high", known && figure->form != FIGURE_AT_LEAST, figure->high,
		      figure);
}

const char *sheet_section_name(enum sheet_section section)
{
	switch (section) {
	case SHEET_ACCOUNTS:
		return "account";
	case SHEET_GROUPS:
		return "group";
	case SHEET_DERIVED:
		return "derived";
	}
	return "account";
}

const char *metric_unit_name(enum metric_unit unit)
{
	switch (unit) {
	case UNIT_COUNT:
		return "count";
	case UNIT_PERCENT:
		return "percent";
	case UNIT_YES_NO:
		return "yes-no";
	}
	return "count";
}

/* What was signed of it, where the period is closed. */
static void record_published(const struct sheet *sheet, const struct sheet_row *row, size_t column,
			     struct records *records)
{
	const struct figure *published = row->published ? row->published[column] : NULL;
	const struct figure nothing = { .form = FIGURE_NONE };
	const struct figure *figure = published ? published : &nothing;
	bool known = figure->form != FIGURE_NONE;

	records_time(records, "closed_at", sheet->closing ? sheet->closing->at : 0);
	records_text(records, "published_form",
		     published ? figure_form_name(published->form) : NULL);
	record_number(records, "published_value", figure_has_value(figure), figure->value, figure);
	record_number(records, "published_low", known, figure->low, figure);
	record_number(records, "published_high", known && figure->form != FIGURE_AT_LEAST,
		      figure->high, figure);
}

/* The names of the fields of one comparison. */
struct comparison_fields {
	const char *period, *how, *low, *high, *percent, *percent_low, *percent_high;
};

static const struct comparison_fields comparison_fields[BESIDES] = {
	[BESIDE_BEFORE] = { "before_period", "before_comparable", "before_difference_low",
			    "before_difference_high", "before_percent", "before_percent_low",
			    "before_percent_high" },
	[BESIDE_YEAR_BEFORE] = { "year_before_period", "year_before_comparable",
				 "year_before_difference_low", "year_before_difference_high",
				 "year_before_percent", "year_before_percent_low",
				 "year_before_percent_high" },
};

static void record_share(struct records *records, const char *name, bool known, int64_t share)
{
	if (known)
		records_decimal(records, name, share, 1);
	else
		records_none(records, name);
}

/* Only the whole period is compared: the fields of its months are empty. */
static void record_comparisons(const struct sheet *sheet, const struct sheet_row *row,
			       size_t column, struct records *records)
{
	for (size_t i = 0; i < BESIDES; i++) {
		const struct comparison_fields *fields = &comparison_fields[i];
		const struct figure *figure = &row->figures[column];
		const struct comparison *with = &row->compared[i];
		bool whole = column + 1 == sheet->column_count && sheet->beside[i].window.days;
		bool known = whole && (with->how == COMPARABLE || with->how == COMPARABLE_SOURCES);

		records_text(records, fields->period, whole ? sheet->beside[i].name : NULL);
		records_text(records, fields->how, whole ? comparability_name(with->how) : NULL);
		record_number(records, fields->low, known, with->low, figure);
		record_number(records, fields->high, known, with->high, figure);
		record_share(records, fields->percent, known && with->relative, with->share);
		record_share(records, fields->percent_low, known && with->relative,
			     with->low_share);
		record_share(records, fields->percent_high, known && with->relative,
			     with->high_share);
	}
}

static void record_figure(const struct sheet *sheet, const struct sheet_row *row, size_t column,
			  struct records *records)
{
	const struct figure *figure = &row->figures[column];
	const struct period *period = &sheet->columns[column];
	bool known = figure->form != FIGURE_NONE;

	records_next(records);
	records_text(records, "entity", sheet->entity);
	records_text(records, "notice", sheet->notice);
	records_text(records, "section", sheet_section_name(row->section));
	records_text(records, "account", row->account);
	records_text(records, "title", row->title);
	records_text(records, "metric", row->metric);
	records_text(records, "label", row_label(row));
	records_text(records, "kind", metric_kind_name(figure->kind));
	records_text(records, "unit", metric_unit_name(row->unit));
	records_text(records, "period", period->name);
	records_day(records, "first_day", period->window.first);
	records_day(records, "last_day", window_end(period->window) - 1);
	records_text(records, "form", figure_form_name(figure->form));
	record_bounds(figure, records);
	records_flag(records, "rounded", known && figure->rounded);
	records_flag(records, "estimate", known && figure->estimate);
	records_number(records, "known_days", figure->known_days);
	records_number(records, "period_days", figure->period_days);
	records_number(records, "percent", figure_percent(figure));
	records_text(records, "state", figure_state_name(figure));
	records_flag(records, "complete", figure->complete);
	records_flag(records, "mixed", figure->mixed);
	records_flag(records, "inconsistent", figure->inconsistent);
	records_flag(records, "broken", figure->broken);
	records_flag(records, "sum_of_levels", figure->sum_of_levels);
	records_day(records, "as_of",
		    figure->kind == METRIC_STOCK && known ? figure->as_of : DAY_NONE);
	records_days(records, "lacking", &figure->lacking);
	records_flag(records, "lacking_more", figure->lacking_more);
	records_text(records, "source", figure->source);
	records_text(records, "zone", figure->zone);
	records_flag(records, "of_records", figure->of_records);
	record_published(sheet, row, column, records);
	if (sheet->compares)
		record_comparisons(sheet, row, column, records);
}

void sheet_records(const struct sheet *sheet, struct language *language, struct records *records)
{
	language_use(language);
	for (size_t i = 0; i < sheet->row_count; i++)
		for (size_t k = 0; sheet->rows[i].metric && k < sheet->column_count; k++)
			record_figure(sheet, &sheet->rows[i], k, records);
}
