/* From a figure down to what it rests on. */
#include "explain.h"

#include "formula.h"
#include "plan_rows.h"
#include "record.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ORIGINS_MAX = 20000 };

void explain_clear(struct explain *explain)
{
	for (size_t i = 0; i < explain->origin_count; i++)
		if (explain->origins)
			kept_origin_clear(&explain->origins[i]);
	free(explain->origins);
	free(explain->origin_ids);
	free(explain->records);
	free(explain->items);
	free(explain->revisions);
	free(explain->alone);
	free(explain->terms);
	text_clear(&explain->formula);
	text_clear(&explain->lacking);
	gap_list_clear(&explain->gaps);
	trace_clear(&explain->trace);
	trace_clear(&explain->unused);
	history_clear(&explain->history);
	zones_clear(&explain->zones);
	zone_close(explain->zone);
	board_close(explain->board);
}

/* --- origins */

static void note_origin(struct explain *explain, int64_t id)
{
	if (id == 0 || explain->origin_count == ORIGINS_MAX)
		return;
	explain->origin_ids = memory_grow(explain->origin_ids, explain->origin_count,
					  &explain->origin_room, sizeof(*explain->origin_ids));
	explain->origin_ids[explain->origin_count++] = id;
}

static int by_number(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static int read_origins(struct explain *explain, struct error *err)
{
	size_t count = explain->origin_count;
	size_t kept = 0;

	if (!count)
		return 0;
	qsort(explain->origin_ids, count, sizeof(*explain->origin_ids), by_number);
	for (size_t i = 0; i < count; i++)
		if (!kept || explain->origin_ids[kept - 1] != explain->origin_ids[i])
			explain->origin_ids[kept++] = explain->origin_ids[i];
	explain->origins = memory_new(kept, sizeof(*explain->origins));
	explain->origin_count = 0;
	for (size_t i = 0; i < kept; i++) {
		if (store_origin(explain->ctl->store, explain->origin_ids[i], &explain->origins[i],
				 err) < 0)
			return -1;
		explain->origin_count = i + 1;
	}
	return 0;
}

const struct kept_origin *explain_origin(const struct explain *explain, int64_t id)
{
	const int64_t *found = explain->origin_count
				       ? bsearch(&id, explain->origin_ids, explain->origin_count,
						 sizeof(id), by_number)
				       : NULL;

	return found ? &explain->origins[found - explain->origin_ids] : NULL;
}

const char *origin_kind_name(enum origin_kind kind)
{
	switch (kind) {
	case ORIGIN_REQUEST:
		return "request";
	case ORIGIN_FILE:
		return "file";
	case ORIGIN_PERSON:
		return "person";
	}
	return "person";
}

/* --- one level down */

static void add_term(struct explain *explain, const struct subject *subject, int sign)
{
	explain->terms = memory_grow(explain->terms, explain->term_count, &explain->term_room,
				     sizeof(*explain->terms));
	explain->terms[explain->term_count++] = (struct explained_term){
		.sign = sign,
		.subject = *subject,
		.figure = board_figure(explain->board, subject, &explain->period, NULL),
	};
}

static void find_terms(struct explain *explain)
{
	const struct group *group = explain->subject.group;
	const struct derived *derived = explain->subject.derived;
	struct subject subject;

	for (size_t i = 0; group && i < group->count; i++)
		if (!account_lacks(group->accounts[i], explain->subject.metric) &&
		    board_find(explain->board, group->accounts[i]->id, explain->subject.metric,
			       &subject, NULL) == 0)
			add_term(explain, &subject, 1);
	for (size_t i = 0; derived && i < derived->count; i++) {
		subject = board_subject(explain->board, &derived->terms[i]);
		add_term(explain, &subject, derived->terms[i].sign);
	}
}

/* --- sources side by side */

static void find_figures(struct explain *explain)
{
	const struct account *account = explain->subject.account;
	size_t last;

	explain->column_count = board_columns(&explain->period, explain->columns);
	last = explain->column_count - 1;
	for (size_t c = 0; c < explain->column_count; c++)
		explain->figures[c] =
			c == last ? plan_figure(explain->board, &explain->subject, &explain->asked,
						account ? &explain->trace : NULL)
				  : board_figure(explain->board, &explain->subject,
						 &explain->columns[c], NULL);
	explain->figure = explain->figures[last];
	if (!account || explain->measure != MEASURE_NONE)
		return;
	explain->track_count =
		board_tracks(explain->board, account, explain->subject.metric, &explain->tracks);
	explain->alone = memory_new(explain->track_count * explain->column_count + 1,
				    sizeof(*explain->alone));
	for (size_t t = 0; t < explain->track_count; t++) {
		for (size_t c = 0; c < explain->column_count; c++) {
			struct scope scope =
				board_scope(explain->board, account, explain->columns[c].window);

			explain->alone[t * explain->column_count + c] =
				figure_of(&explain->tracks[t], 1, &scope);
		}
	}
}

static bool is_used(const struct trace *trace, const struct sample *sample)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->uses[i].sample == sample)
			return true;
	return false;
}

/* What the source that is shown was also told and the figure does without: a level of the same day,
 * a month beside its own days. Who said it has a right to find it again. */
static void find_unused(struct explain *explain)
{
	const char *shown = explain->figure.source;
	struct trace *unused = &explain->unused;

	for (size_t t = 0; t < explain->track_count; t++) {
		const struct track *track = &explain->tracks[t];

		if (!track->stated || (shown && strcmp(track->source, shown) != 0))
			continue;
		for (size_t i = 0; i < track->count; i++) {
			const struct sample *sample = &track->samples[i];

			if (!window_common(sample->window, explain->period.window).days ||
			    (track->metric->kind == METRIC_STOCK &&
			     window_end(sample->window) - 1 != explain->figure.as_of) ||
			    is_used(&explain->trace, sample))
				continue;
			unused->uses = memory_grow(unused->uses, unused->count, &unused->room,
						   sizeof(*unused->uses));
			unused->uses[unused->count++] = (struct use){ track, sample };
			note_origin(explain, sample->origin);
		}
	}
}

static const struct figure *alone(const struct explain *explain, size_t track, size_t column)
{
	return &explain->alone[track * explain->column_count + column];
}

size_t explain_chosen(const struct explain *explain, size_t column)
{
	const struct figure *figure = &explain->figures[column];
	size_t track = 0;

	if (figure->form == FIGURE_NONE || !figure->source)
		return explain->track_count;
	while (track < explain->track_count &&
	       strcmp(explain->tracks[track].source, figure->source) != 0)
		track++;
	return track;
}

static void why_before(const struct explain *explain, size_t column, size_t chosen, size_t other,
		       struct text *out)
{
	const struct figure *a = alone(explain, chosen, column);
	const struct figure *b = alone(explain, other, column);
	const char *winner = explain->tracks[chosen].source;
	const char *loser = explain->tracks[other].source;

	if (a->known_days > b->known_days)
		text_addf(out, say("%s knows %d days, %s %d"), winner, (int)a->known_days, loser,
			  (int)b->known_days);
	else if (a->known_days == b->known_days && figure_doubt(a) < figure_doubt(b))
		text_addf(out, say("%s says it more exactly than %s"), winner, loser);
	else if (a->known_days == b->known_days && figure_doubt(a) == figure_doubt(b))
		text_addf(out, say("%s goes before %s by precedence"), winner, loser);
	else
		text_addf(out, say("%s speaks of the whole better than %s"), winner, loser);
}

void explain_why(const struct explain *explain, size_t column, struct text *out)
{
	size_t chosen = explain_chosen(explain, column);

	if (explain->figures[column].mixed) {
		text_add(out,
			 explain->subject.account->combine
				 ? say("days of several sources meet: the account has `combine`")
				 : say("each month is taken from its own source"));
		return;
	}
	if (chosen == explain->track_count)
		return;
	for (size_t t = 0; t < explain->track_count; t++) {
		if (t == chosen || alone(explain, t, column)->form == FIGURE_NONE)
			continue;
		text_add(out, out->length ? "; " : "");
		why_before(explain, column, chosen, t, out);
	}
}

const char *explain_rule(const struct explain *explain)
{
	const struct subject *subject = &explain->subject;

	switch (explain->measure) {
	case MEASURE_NONE:
		break;
	case MEASURE_COUNT:
		return say("records that begin in the period are counted");
	case MEASURE_SUM:
		return say("the numbers of the records that begin in the period are added; one "
			   "nobody said leaves the sum open above");
	case MEASURE_MEAN:
		return say("the sum of the numbers that are known, divided by how many are known");
	case MEASURE_MAX:
		return say("the largest number of the records that begin in the period; one nobody "
			   "said leaves it open above");
	case MEASURE_PRESENT:
		return say("records with a day in the period are counted");
	case MEASURE_TRUE:
		return say("records with a day in the period that came true are counted");
	}
	switch (subject->kind) {
	case METRIC_FLOW:
		return subject->account
			       ? say("what was counted in windows that do not overlap is added up; "
				     "days no window speaks of leave it open above")
			       : say("the figures of its parts are added up");
	case METRIC_STOCK:
		return subject->account ? say("a level: the last one within the period")
					: say("the levels of its parts are added up");
	case METRIC_UNIQUE:
		return subject->account
			       ? say("people are counted once: exact from a window that is the "
				     "period, else at least the largest window within it and at "
				     "most the sum of the windows that cover it")
			       : say("people are counted once: at least the largest of its parts "
				     "and at most their sum");
	case METRIC_RATIO:
		return say("a ratio: exact for the window it was stated for");
	}
	return "";
}

const struct activity *explain_activity(const struct explain *explain)
{
	const struct account *account = explain->subject.account;
	const struct plan *plan = account ? account->plan : NULL;

	for (size_t i = 0; plan && i < plan->count; i++)
		if (strcmp(plan->activities[i].id, explain->subject.metric) == 0)
			return &plan->activities[i];
	return NULL;
}

/* --- what was said before */

static int find_revisions(struct explain *explain, const struct series *series, struct error *err)
{
	struct kept_revision *kept = NULL;
	size_t count = 0;

	if (store_revisions(explain->ctl->store, series->id, explain->period.window, &kept, &count,
			    err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		explain->revisions =
			memory_grow(explain->revisions, explain->revision_count,
				    &explain->revision_room, sizeof(*explain->revisions));
		explain->revisions[explain->revision_count++] =
			(struct explained_revision){ series->source, kept[i] };
		note_origin(explain, kept[i].sample.origin);
		note_origin(explain, kept[i].replaced_by);
	}
	free(kept);
	return 0;
}

/* --- publications */

/* Whether the figure rests on that source's day. */
static bool rests_on(const struct explain *explain, const char *source, int32_t day)
{
	for (size_t i = 0; i < explain->trace.count; i++) {
		const struct use *use = &explain->trace.uses[i];

		if (use->sample->window.first <= day && window_end(use->sample->window) > day &&
		    strcmp(use->track->source, source) == 0)
			return true;
	}
	return false;
}

static int find_items(struct explain *explain, const struct series *series, struct zone *zone,
		      struct error *err)
{
	struct window window = explain->period.window;
	struct kept_item *kept = NULL;
	size_t count = 0;

	if (series->items == ITEM_NONE)
		return 0;
	if (store_items(explain->ctl->store, series->id, zone_midnight(zone, window.first),
			zone_midnight(zone, window_end(window)), &kept, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int32_t day = zone_day(zone, kept[i].created);

		if (!rests_on(explain, series->source, day))
			continue;
		explain->items = memory_grow(explain->items, explain->item_count,
					     &explain->item_room, sizeof(*explain->items));
		explain->items[explain->item_count++] =
			(struct explained_item){ series->source, kept[i], day };
		note_origin(explain, kept[i].origin);
	}
	free(kept);
	return 0;
}

/* --- records */

static void find_records(struct explain *explain)
{
	const struct account *account = explain->subject.account;
	bool lasting = explain->measure == MEASURE_PRESENT || explain->measure == MEASURE_TRUE;
	const char *list = explain->measure != MEASURE_NONE ? account->collector->keeps
							    : explain->subject.metric;
	const struct record *records;
	size_t count = board_records(explain->board, account, list, &records);

	explain->records = memory_new(count + 1, sizeof(struct record *));
	for (size_t i = 0; i < count; i++) {
		const struct window day = { records[i].window.first, 1 };

		if (window_common(lasting || records[i].none ? records[i].window : day,
				  explain->period.window)
			    .days == 0)
			continue;
		explain->records[explain->record_count++] = &records[i];
		note_origin(explain, records[i].origin);
	}
}

/* --- all of it */

/* Everything the store has of the account's metric: withdrawn windows have a trace but no track. */
static int read_history(struct explain *explain, struct error *err)
{
	const struct account *account = explain->subject.account;
	struct store_account wanted = { .entity = explain->entity->id, .account = account->id };
	struct zone *zone;

	if (zones_get(&explain->zones, account->zone, &zone, err) < 0)
		return -1;
	wanted.zone = zone;
	if (store_history(explain->ctl->store, &wanted, 1, explain->subject.metric,
			  explain->period.window, &explain->history, err) < 0)
		return -1;
	for (size_t i = 0; i < explain->history.count; i++)
		if (find_revisions(explain, &explain->history.series[i], err) < 0 ||
		    find_items(explain, &explain->history.series[i], zone, err) < 0)
			return -1;
	return 0;
}

/* "publicaciones.posts" is what `summary` takes; its name alone is what a board knows. */
static const char *plain_name(const struct entity *entity, const char *name, const char *metric)
{
	for (size_t i = 0; i < entity->derived_count; i++) {
		const struct derived *derived = &entity->derived[i];

		if (strcmp(derived->metric, metric) == 0 &&
		    names_derived(derived->account, derived->metric, name))
			return derived->account;
	}
	return name;
}

int explain_make(struct explain *explain, const char *name, const char *metric, struct error *err)
{
	struct ctl *ctl = explain->ctl;
	const struct plan *plan = config_plan(explain->entity, name);

	explain->asked = explain->period;
	if (plan && plan_span(plan, &explain->asked).window.days)
		explain->period = plan_span(plan, &explain->asked);
	if (zone_open(explain->entity->zone, &explain->zone, err) < 0 ||
	    board_open(ctl, explain->entity, name, explain->period.window, &explain->board, err) <
		    0 ||
	    board_find(explain->board, plain_name(explain->entity, name, metric), metric,
		       &explain->subject, err) < 0)
		return -1;
	explain->measure = subject_measure(&explain->subject);
	find_figures(explain);
	find_unused(explain);
	find_terms(explain);
	formula_add(explain->board, &explain->subject, &explain->period, ctl->language,
		    &explain->formula);
	explain->gaps.ctl = ctl;
	/* of what a plan has done nothing lacks, whenever that was said */
	if (!plan || !explain->figure.complete)
		lacking_add(explain->board, &explain->subject, &explain->period, &explain->lacking);
	if ((!plan || !explain->figure.complete) &&
	    gap_list_add(&explain->gaps, explain->board, &explain->subject, &explain->period, err) <
		    0)
		return -1;
	for (size_t i = 0; i < explain->trace.count; i++)
		note_origin(explain, explain->trace.uses[i].sample->origin);
	if (explain->subject.account) {
		find_records(explain);
		if (read_history(explain, err) < 0)
			return -1;
	}
	return read_origins(explain, err);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	SCOPED(explain)
	struct explain explain = { .ctl = ctl };
	const struct flag flags[] = { { "items", NULL, &explain.wants_items }, { 0 } };
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 3, 3, &ends) < 0)
		return ends;
	if (ctl->format == REPORT_CSV)
		return ctl_say(ENDS_USAGE, "explain has no csv: table or json");
	ctl->account = argv[0];
	if ((ends = ctl_load(ctl)) || (ends = ctl_speak(ctl, ctl->chosen_entity)) ||
	    (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	explain.entity = ctl->chosen_entity;
	if (config_period(explain.entity, argv[2], &explain.period, &err) < 0 ||
	    explain_make(&explain, ctl->only, argv[1], &err) < 0)
		return ctl_fail(&err);
	if (ctl->format == REPORT_JSON)
		explain_json(&explain);
	else
		explain_print(&explain);
	return ENDS_FINE;
}

const struct command explain_command = {
	.name = "explain",
	.arguments = "ACCOUNT METRIC PERIOD",
	.purpose = "where a figure comes from: windows, sources, requests, files, people",
	.help = "From the figure as summary prints it down to what it rests on: the rule, the\n"
		"sources side by side and why one was chosen, the windows, who or what brought\n"
		"them, what was said before, the records of a register, what lacks and why. "
		"ACCOUNT may "
		"be\n"
		"a group or a derived metric: then its parts, one level down.\n\n"
		"  --items   list the publications that were counted\n\n"
		"example:\n"
		"  metricsctl explain facebook visits 2025-Q4\n",
	.run = run,
	.formats = "table or json",
	.for_machines = true,
	.takes_groups = true,
	.takes_database = true,
};
