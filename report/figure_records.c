/* A figure as fields for programs: the same names in the same order wherever one is given. */
#include "metricsd/document.h"
#include "metricsd/report.h"

void records_bound(struct records *records, const char *name, bool known, int64_t number,
		   int decimals)
{
	if (known)
		records_decimal(records, name, number, decimals);
	else
		records_none(records, name);
}

void records_bounds(struct records *records, const struct figure *figure)
{
	bool known = figure->form != FIGURE_NONE;
	int decimals = figure->decimals;

	records_text(records, "form", figure_form_name(figure->form));
	records_bound(records, "value", figure_has_value(figure), figure->value, decimals);
	records_bound(records, "low", known, figure->low, decimals);
	records_bound(records, "high", known && figure->form != FIGURE_AT_LEAST, figure->high,
		      decimals);
}

static void record_name(struct records *records, const struct figure_name *name, const char *notice,
			enum metric_kind kind)
{
	const struct window window = name->period.window;

	records_text(records, "entity", name->entity);
	records_text(records, "notice", notice);
	records_text(records, "section", name->section);
	records_text(records, "account", name->account);
	records_text(records, "title", name->title);
	records_text(records, "metric", name->metric);
	records_text(records, "label", name->label);
	records_text(records, "kind", metric_kind_name(kind));
	records_text(records, "unit", metric_unit_name(name->unit));
	records_text(records, "period", name->period.name);
	records_day(records, "first_day", window.days ? window.first : DAY_NONE);
	records_day(records, "last_day", window.days ? window_end(window) - 1 : DAY_NONE);
}

void records_figure(struct records *records, const struct figure_name *name, const char *notice,
		    const struct figure *figure)
{
	bool known = figure->form != FIGURE_NONE;

	record_name(records, name, notice, figure->kind);
	records_bounds(records, figure);
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
}
