/* What explain gives programs: one object with everything, docs/formats.md. */
#include "explain.h"
#include "plan_rows.h"
#include "record.h"

#include "metricsd/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { EXPLAIN_VERSION = 1 };

static void put_text(cJSON *object, const char *name, const char *text)
{
	if (text && *text)
		(void)cJSON_AddStringToObject(object, name, text);
	else
		(void)cJSON_AddNullToObject(object, name);
}

/* Whole numbers are exact to 2^53, far beyond what is ever entered. */
static void put_number(cJSON *object, const char *name, int64_t number)
{
	(void)cJSON_AddNumberToObject(object, name, (double)number);
}

/* In units of 10^-decimals, as a figure has it. */
static void put_decimal(cJSON *object, const char *name, int64_t number, int decimals)
{
	double value = (double)number;

	while (decimals-- > 0)
		value /= 10;
	(void)cJSON_AddNumberToObject(object, name, value);
}

static void put_flag(cJSON *object, const char *name, bool flag)
{
	(void)cJSON_AddBoolToObject(object, name, flag);
}

static void put_day(cJSON *object, const char *name, int32_t day)
{
	char text[DAY_TEXT];

	put_text(object, name, day == DAY_NONE ? NULL : day_text(day, text));
}

static void put_time(cJSON *object, const char *name, int64_t time)
{
	char text[TIME_TEXT];

	put_text(object, name, time ? time_text(time, text) : NULL);
}

static void put_window(cJSON *object, struct window window)
{
	put_day(object, "first_day", window.first);
	put_day(object, "last_day", window_end(window) - 1);
}

static cJSON *put_object(cJSON *list)
{
	cJSON *object = cJSON_CreateObject();

	(void)cJSON_AddItemToArray(list, object);
	return object;
}

static void put_bound(cJSON *object, const char *name, bool there, int64_t bound, int decimals)
{
	if (there)
		put_decimal(object, name, bound, decimals);
	else
		(void)cJSON_AddNullToObject(object, name);
}

static void put_figure(cJSON *object, const struct figure *figure)
{
	bool known = figure->form != FIGURE_NONE;
	bool closed = figure->form == FIGURE_EXACT || figure->form == FIGURE_BETWEEN;
	cJSON *lacking;

	put_text(object, "form", figure_form_name(figure->form));
	put_bound(object, "value", figure_has_value(figure), figure->value, figure->decimals);
	put_bound(object, "low", known, figure->low, figure->decimals);
	put_bound(object, "high", closed, figure->high, figure->decimals);
	put_flag(object, "rounded", figure->rounded);
	put_flag(object, "estimate", figure->estimate);
	put_number(object, "known_days", figure->known_days);
	put_number(object, "period_days", figure->period_days);
	put_flag(object, "of_records", figure->of_records);
	put_text(object, "state", figure_state_name(figure));
	put_flag(object, "complete", figure->complete);
	put_flag(object, "mixed", figure->mixed);
	put_flag(object, "inconsistent", figure->inconsistent);
	put_flag(object, "broken", figure->broken);
	put_flag(object, "sum_of_levels", figure->sum_of_levels);
	put_day(object, "as_of", figure->as_of);
	put_text(object, "source", figure->source);
	put_text(object, "zone", figure->zone);
	lacking = cJSON_AddArrayToObject(object, "lacking");
	for (size_t i = 0; i < figure->lacking.count; i++)
		put_window(put_object(lacking), figure->lacking.ranges[i]);
}

static void put_period(cJSON *object, const struct period *period)
{
	put_text(object, "period", period->name);
	put_window(object, period->window);
}

/* --- its parts */

static const char *subject_name(const struct subject *subject)
{
	if (subject->account)
		return subject->account->id;
	return subject->group ? subject->group->id : subject->derived->account;
}

static void put_terms(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "terms");

	for (size_t i = 0; i < explain->term_count; i++) {
		const struct explained_term *term = &explain->terms[i];
		cJSON *object = put_object(list);

		put_number(object, "sign", term->sign);
		put_text(object, "account", subject_name(&term->subject));
		put_text(object, "metric", term->subject.metric);
		put_figure(cJSON_AddObjectToObject(object, "figure"), &term->figure);
	}
}

static void put_columns(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "months");

	for (size_t c = 0; c + 1 < explain->column_count; c++) {
		cJSON *object = put_object(list);

		put_period(object, &explain->columns[c]);
		put_figure(cJSON_AddObjectToObject(object, "figure"), &explain->figures[c]);
	}
}

static void put_alone(cJSON *object, const struct explain *explain, size_t track)
{
	cJSON *list = cJSON_AddArrayToObject(object, "figures");

	for (size_t c = 0; c < explain->column_count; c++) {
		SCOPED(text)
		struct text why = { 0 };
		cJSON *one = put_object(list);
		bool chosen = explain_chosen(explain, c) == track;

		put_period(one, &explain->columns[c]);
		put_flag(one, "chosen", chosen);
		if (chosen)
			explain_why(explain, c, &why);
		put_text(one, "why", text_str(&why));
		put_figure(cJSON_AddObjectToObject(one, "figure"),
			   &explain->alone[track * explain->column_count + c]);
	}
}

static void put_sources(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "sources");

	for (size_t t = 0; t < explain->track_count; t++) {
		cJSON *object = put_object(list);

		put_text(object, "source", explain->tracks[t].source);
		put_text(object, "zone", explain->tracks[t].zone);
		put_number(object, "precedence", explain->tracks[t].precedence);
		put_alone(object, explain, t);
	}
}

static void put_sample(cJSON *object, const struct sample *sample)
{
	put_window(object, sample->window);
	put_number(object, "value", sample->value);
	put_number(object, "low", sample->value - sample->below);
	put_bound(object, "high", !(sample->flags & SAMPLE_AT_LEAST), sample->value + sample->above,
		  0);
	put_flag(object, "estimate", (sample->flags & SAMPLE_ESTIMATE) != 0);
	put_flag(object, "counted", (sample->flags & SAMPLE_COUNTED) != 0);
	if (sample->origin)
		put_number(object, "origin", sample->origin);
	else
		(void)cJSON_AddNullToObject(object, "origin");
}

static void put_windows(cJSON *root, const char *name, const struct trace *trace)
{
	cJSON *list = cJSON_AddArrayToObject(root, name);

	for (size_t i = 0; i < trace->count; i++) {
		cJSON *object = put_object(list);

		put_text(object, "source", trace->uses[i].track->source);
		put_sample(object, trace->uses[i].sample);
	}
}

static void put_revisions(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "revisions");

	for (size_t i = 0; i < explain->revision_count; i++) {
		const struct explained_revision *revision = &explain->revisions[i];
		cJSON *object = put_object(list);

		put_text(object, "source", revision->source);
		put_sample(object, &revision->kept.sample);
		put_number(object, "replaced_by", revision->kept.replaced_by);
	}
}

static void put_origins(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "origins");

	for (size_t i = 0; i < explain->origin_count; i++) {
		const struct kept_origin *origin = &explain->origins[i];
		cJSON *object = put_object(list);

		put_number(object, "origin", origin->id);
		put_text(object, "kind", origin_kind_name(origin->kind));
		put_time(object, "at", origin->at);
		put_text(object, "what", origin->what);
		put_text(object, "sha256", origin->sha256);
		put_text(object, "by", origin->by);
		put_text(object, "note", origin->note);
		put_text(object, "evidence", origin->evidence);
	}
}

static void put_definitions(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "definitions");

	for (size_t i = 0; i < explain->history.count; i++) {
		const struct series *series = &explain->history.series[i];

		for (size_t d = 0; d < series->definition_count; d++) {
			cJSON *object = put_object(list);

			put_text(object, "source", series->source);
			put_day(object, "first_day", series->definitions[d].first);
			put_text(object, "counts", series->definitions[d].text);
			put_flag(object, "break", d > 0);
		}
	}
}

static void put_records(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "records");

	for (size_t i = 0; i < explain->record_count; i++) {
		const struct record *record = explain->records[i];
		cJSON *object = put_object(list);

		put_number(object, "record", record->id);
		put_text(object, "list", record->list);
		put_window(object, record->window);
		put_flag(object, "none", record->none);
		put_text(object, "title", record->title);
		put_text(object, "responsible", record->responsible);
		put_bound(object, "number", record->known, record->number, 0);
		put_day(object, "noted", record->noted);
		if (record->details)
			(void)cJSON_AddItemToObject(object, "details", record_details(record));
		else
			(void)cJSON_AddNullToObject(object, "details");
		put_text(object, "note", record->note);
		put_text(object, "evidence", record->evidence);
		put_text(object, "sha256", record->sha256);
		put_number(object, "origin", record->origin);
	}
}

static void put_items(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "items");

	for (size_t i = 0; explain->wants_items && i < explain->item_count; i++) {
		const struct explained_item *item = &explain->items[i];
		cJSON *object = put_object(list);

		put_text(object, "source", item->source);
		put_text(object, "id", item->kept.id);
		put_time(object, "created", item->kept.created);
		put_day(object, "day", item->day);
		put_time(object, "gone", item->kept.gone);
		put_number(object, "origin", item->kept.origin);
	}
}

/* Why days lack. */
static void put_gaps(cJSON *root, const struct explain *explain)
{
	cJSON *list = cJSON_AddArrayToObject(root, "gaps");

	for (size_t i = 0; i < explain->gaps.count; i++) {
		const struct listed_gap *listed = &explain->gaps.items[i];
		const struct gap *gap = &listed->gap;
		cJSON *object = put_object(list);

		put_text(object, "account", listed->account->id);
		put_text(object, "metric", listed->metric);
		put_window(object, gap->days);
		put_text(object, "why", gap_name(gap->why));
		put_time(object, "since", gap->since);
		put_time(object, "until", gap->until);
		put_day(object, "day", gap->why == GAP_FORGOTTEN ? DAY_NONE : gap->day);
		put_text(object, "words", gap->words);
		put_text(object, "remedy", gap_remedy_name(gap->remedy));
	}
}

static void put_head(cJSON *root, const struct explain *explain)
{
	const struct subject *subject = &explain->subject;

	put_text(root, "format", "metricsd.explain");
	put_number(root, "version", EXPLAIN_VERSION);
	put_text(root, "entity", explain->entity->id);
	put_text(root, "notice", explain->entity->notice);
	put_text(root, "account", subject_name(subject));
	put_text(root, "metric", subject->metric);
	put_text(root, "label", say(subject->label));
	put_text(root, "kind", metric_kind_name(subject->kind));
	put_period(root, &explain->asked);
	put_figure(cJSON_AddObjectToObject(root, "figure"), &explain->figure);
	put_text(root, "rule", explain_rule(explain));
	put_text(root, "formula", text_str(&explain->formula));
}

/* Of what a plan follows up: since when it counts, and what it makes of the target. */
static void put_plan(cJSON *root, const struct explain *explain)
{
	const struct activity *activity = explain_activity(explain);
	struct progress progress;
	cJSON *plan;

	if (!activity)
		return;
	progress = progress_of(target_of(activity, &explain->asked), &explain->figure);
	plan = cJSON_AddObjectToObject(root, "plan");
	put_day(plan, "first_day", explain->period.window.first);
	put_day(plan, "last_day", window_end(explain->period.window) - 1);
	if (!progress.counts || !progress.measured)
		return;
	put_decimal(plan, "progress_low", progress.low, 1);
	if (progress.high != SHARE_OPEN)
		put_decimal(plan, "progress_high", progress.high, 1);
}

void explain_json(const struct explain *explain)
{
	SCOPED(json)
	cJSON *root = cJSON_CreateObject();
	SCOPED(memory)
	char *printed = NULL;
	SCOPED(text)
	struct text shown = { 0 };

	put_head(root, explain);
	put_terms(root, explain);
	put_columns(root, explain);
	put_sources(root, explain);
	put_windows(root, "windows", &explain->trace);
	put_origins(root, explain);
	put_revisions(root, explain);
	put_definitions(root, explain);
	put_records(root, explain);
	put_items(root, explain);
	put_gaps(root, explain);
	put_windows(root, "unused", &explain->unused);
	put_plan(root, explain);
	printed = cJSON_Print(root);
	if (!printed)
		return;
	shown.max = 6 * strlen(printed) + 1; /* a byte becomes \uFFFD at worst */
	json_add_shown(&shown, printed);
	(void)fprintf(explain->ctl->out, "%s\n", text_str(&shown));
}
