/* One entity's figures as records for programs: docs/formats.md, metricsd.summary. */
#include "sheet_parts.h"

#include "metricsd/document.h"
#include "metricsd/language.h"

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
	records_bound(records, "published_value", figure_has_value(figure), figure->value,
		      figure->decimals);
	records_bound(records, "published_low", known, figure->low, figure->decimals);
	records_bound(records, "published_high", known && figure->form != FIGURE_AT_LEAST,
		      figure->high, figure->decimals);
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
		records_bound(records, fields->low, known, with->low, figure->decimals);
		records_bound(records, fields->high, known, with->high, figure->decimals);
		records_bound(records, fields->percent, known && with->relative, with->share, 1);
		records_bound(records, fields->percent_low, known && with->relative,
			      with->low_share, 1);
		records_bound(records, fields->percent_high, known && with->relative,
			      with->high_share, 1);
	}
}

static void record_figure(const struct sheet *sheet, const struct sheet_row *row, size_t column,
			  struct records *records)
{
	const struct figure_name name = {
		.entity = sheet->entity,
		.section = sheet_section_name(row->section),
		.account = row->account,
		.metric = row->metric,
		.title = row->title,
		.label = row_label(row),
		.period = sheet->columns[column],
		.unit = row->unit,
	};

	records_next(records);
	records_figure(records, &name, sheet->notice, &row->figures[column]);
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
