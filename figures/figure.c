/*
 * Which source and which definition speak for a period, and how months become a longer one.
 */
#include "metricsd/figure.h"

#include "parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

/* What one track says, and the definition it says it by. */
struct part {
	struct figure figure;
	const struct track *track; /* NULL: days of several */
	struct reach reach;
	uint64_t used; /* of several: a bit for each that is in it */
};

static const struct reach without_limit = { INT32_MIN, INT32_MAX };

static struct figure figure_within(const struct track *track, const struct span *span,
				   struct reach reach)
{
	switch (track->metric->kind) {
	case METRIC_FLOW:
		return flow_of(track, span, reach);
	case METRIC_STOCK:
		return stock_of(track, span);
	case METRIC_UNIQUE: /* one person on two days is one person */
		return unique_of(track, span, reach);
	case METRIC_RATIO:
		return ratio_of(track, span);
	}
	return flow_of(track, span, reach);
}

/* The days of definition `i`; what lies before the first is taken for the first's. */
static struct reach definition(const struct track *track, size_t i)
{
	struct reach reach = without_limit;

	if (i > 0)
		reach.first = track->breaks[i];
	if (i + 1 < track->break_count)
		reach.end = track->breaks[i + 1];
	return reach;
}

/* The definition that is valid on a day. */
static struct reach definition_on(const struct track *track, int32_t day)
{
	size_t i = 0;

	while (i + 1 < track->break_count && track->breaks[i + 1] <= day)
		i++;
	return definition(track, i);
}

/* A source by one of its definitions is in the figure. */
static void count_in(struct figure *figure, const struct track *track, struct reach reach)
{
	int32_t first = track->break_count ? track->breaks[0] : DAY_NONE;

	if (reach.first != without_limit.first)
		first = reach.first;
	figure->said_by += source_hash(track->source);
	figure->counted_by += definition_hash(track->source, first);
}

/* The same days, without leaving a trace of what is only tried. */
static struct span looking(const struct span *span)
{
	struct span only = *span;

	only.trace = NULL;
	return only;
}

/* Whether a window inside the period spans a change of definition, and so belongs to none. */
static bool spans_a_break(const struct track *track, const struct span *span)
{
	for (size_t i = 0; i < track->count; i++) {
		struct window window = span_cut(span, track->samples[i].window);

		if (window.days <= 1 || !window_holds(span->period, window))
			continue;
		for (size_t k = 1; k < track->break_count; k++)
			if (track->breaks[k] > window.first &&
			    track->breaks[k] < window_end(window))
				return true;
	}
	return false;
}

/* Only what is added or compared needs one definition: a level is a single sample. */
static bool needs_one_definition(const struct track *track)
{
	return track->break_count > 1 &&
	       (track->metric->kind == METRIC_FLOW || track->metric->kind == METRIC_UNIQUE);
}

static struct part part_of(const struct track *track, const struct span *span)
{
	struct part best = { .track = track, .reach = without_limit };
	size_t tried = 0, telling = 0;

	if (!needs_one_definition(track)) {
		best.figure = figure_within(track, span, without_limit);
		return best;
	}
	for (size_t i = 0; i < track->break_count; i++) {
		struct reach reach = definition(track, i);
		struct figure figure;

		if (reach.end <= span->period.first || reach.first >= window_end(span->period))
			continue;
		figure = figure_within(track, span, reach);
		if (figure.form != FIGURE_NONE || figure.known_days > 0)
			telling++;
		if (tried++ == 0 || figure.known_days >= best.figure.known_days) {
			best.figure = figure;
			best.reach = reach;
		}
	}
	best.figure.broken = telling > 1 || spans_a_break(track, span);
	return best;
}

int figure_doubt(const struct figure *figure)
{
	switch (figure->form) {
	case FIGURE_EXACT:
		return figure->estimate ? 1 : 0;
	case FIGURE_BETWEEN:
		return 1;
	case FIGURE_AT_LEAST:
		return 2;
	case FIGURE_NONE:
		return 3;
	}
	return 3;
}

/* design.md §4.6: more days known, then less doubt, then the stated precedence. Any figure comes
 * before none. */
static bool better(const struct part *a, const struct part *b)
{
	bool a_none = a->figure.form == FIGURE_NONE, b_none = b->figure.form == FIGURE_NONE;

	if (a_none != b_none)
		return b_none;
	if (a->figure.known_days != b->figure.known_days)
		return a->figure.known_days > b->figure.known_days;
	if (figure_doubt(&a->figure) != figure_doubt(&b->figure))
		return figure_doubt(&a->figure) < figure_doubt(&b->figure);
	return a->track->precedence < b->track->precedence;
}

/* Days of several sources together, each by its own best definition. */
static struct part combined(const struct track *tracks, size_t count, const struct span *span)
{
	SCOPED(memory)
	struct reach *reaches = memory_new(count, sizeof(*reaches));
	const struct span only = looking(span);
	struct part all = { .reach = without_limit };
	bool broken = false;

	for (size_t i = 0; i < count; i++) {
		struct part part = part_of(&tracks[i], &only);

		reaches[i] = part.reach;
		broken = broken || part.figure.broken;
	}
	all.figure = flow_combined(tracks, reaches, count, span, &all.used);
	all.figure.broken = broken;
	all.figure.said_by = all.figure.counted_by = 0;
	for (size_t i = 0; i < count; i++)
		if (all.used & (UINT64_C(1) << i))
			count_in(&all.figure, &tracks[i], reaches[i]);
	return all;
}

/* Whether days of several sources may say more than the best of them does alone. */
static bool may_combine(const struct track *tracks, size_t count, const struct scope *scope,
			const struct part *best)
{
	return scope->combine && count > 1 && count <= TRACKS_MAX &&
	       tracks[0].metric->kind == METRIC_FLOW &&
	       best->figure.known_days < best->figure.period_days;
}

/* The figure of the source that is chosen for the whole span; of what is chosen a trace is left. */
static struct part chosen(const struct track *tracks, size_t count, const struct scope *scope,
			  const struct span *span)
{
	const struct span only = looking(span);
	struct part best = part_of(&tracks[0], &only);

	for (size_t i = 1; i < count; i++) {
		struct part part = part_of(&tracks[i], &only);

		if (better(&part, &best))
			best = part;
	}
	if (may_combine(tracks, count, scope, &best)) {
		struct part all = combined(tracks, count, &only);

		if (all.figure.form != FIGURE_NONE &&
		    (best.figure.form == FIGURE_NONE ||
		     all.figure.known_days > best.figure.known_days))
			best = all;
	}
	if (span->trace && best.track)
		(void)figure_within(best.track, span, best.reach);
	else if (span->trace)
		(void)combined(tracks, count, span);
	return best;
}

/* The calendar month that begins the period, as far as the period goes. */
static struct window first_month(struct window period)
{
	return window_common(month_of(period.first), period);
}

static bool has_break_inside(const struct track *track, struct window period)
{
	for (size_t i = 1; i < track->break_count; i++)
		if (track->breaks[i] > period.first && track->breaks[i] < window_end(period))
			return true;
	return false;
}

/*
 * Whether a month can be added to those before it: no track brings two definitions into one sum.
 * `reaches` keeps the definition of each track that was used, { 0, 0 } for the others.
 */
static bool same_definitions(const struct track *tracks, size_t count, const struct span *span,
			     const struct part *month, struct reach *reaches)
{
	struct reach *reach;

	if (!month->track) { /* several: rather no sum than a wrong one */
		for (size_t i = 0; i < count; i++) {
			if (has_break_inside(&tracks[i], span->period))
				return false;
			if (month->used & (UINT64_C(1) << i))
				reaches[i] = definition_on(&tracks[i], span->period.first);
		}
		return true;
	}
	reach = &reaches[month->track - tracks];
	if (reach->first == reach->end) {
		*reach = month->reach;
		return true;
	}
	return reach->first == month->reach.first && reach->end == month->reach.end;
}

/* Adds a month to those before it; from several sources the sum is mixed. */
static void add_month(struct figure *sum, const struct figure *month, bool first)
{
	bool mixed = !first && (sum->source != month->source || !sum->source);

	figure_add_term(sum, month, 1, first);
	sum->mixed = sum->mixed || mixed;
}

/* Adds the months up, each by its own source, as far as they are complete: false unless all are.
 * `reaches` is given the definition of each track that was used. */
static bool add_months(const struct track *tracks, size_t count, const struct scope *scope,
		       const struct span *span, struct reach *reaches, struct figure *ret)
{
	struct window rest = span->period;
	struct figure sum = { 0 };
	bool first = true;

	while (rest.days > 0) {
		struct window month = first_month(rest);
		struct span part_span = span_of(scope, month);
		struct part part;

		rest = (struct window){ window_end(month), rest.days - month.days };
		part = chosen(tracks, count, scope, &part_span);
		if (part.figure.form == FIGURE_NONE && part.figure.period_days == 0)
			continue; /* still to come: nothing lacks */
		if (!part.figure.complete || !same_definitions(tracks, count, span, &part, reaches))
			return false;
		add_month(&sum, &part.figure, first);
		first = false;
	}
	*ret = sum;
	return !first;
}

/* The sum of the months: false, and no trace, unless all of them are complete. */
static bool sum_of_months(const struct track *tracks, size_t count, const struct scope *scope,
			  const struct span *span, struct figure *ret)
{
	SCOPED(memory)
	struct reach *reaches = memory_new(count, sizeof(*reaches));
	size_t traced = span->trace ? span->trace->count : 0;
	struct figure sum;

	if (!add_months(tracks, count, scope, span, reaches, &sum)) {
		trace_cut(span->trace, traced);
		return false;
	}
	sum.provisional = sum.provisional || span->running;
	sum.running = span->running;
	sum.said_by = sum.counted_by = 0;
	for (size_t i = 0; i < count; i++) /* each once, however many months are its own */
		if (reaches[i].first != reaches[i].end)
			count_in(&sum, &tracks[i], reaches[i]);
	*ret = sum;
	return true;
}

/* The level of a longer period is that of its last month that has one, so that the quarter and its
 * last month say the same; coverage is that of the month's source over the whole. */
static struct figure level_of_last_month(const struct track *tracks, size_t count,
					 const struct scope *scope, const struct span *span)
{
	const struct track *track = &tracks[0];
	int32_t last = DAY_NONE;

	for (size_t i = 0; i < count; i++) {
		int32_t day = stock_last_day(&tracks[i], span);

		if (day > last)
			last = day;
	}
	if (last != DAY_NONE) {
		struct window month = window_common(month_of(last), span->period);
		struct span month_span = span_of(scope, month);

		month_span.trace = NULL; /* the whole leaves it */
		track = chosen(tracks, count, scope, &month_span).track;
	}
	return stock_of(track, span);
}

struct figure figure_of(const struct track *tracks, size_t count, const struct scope *scope)
{
	struct span span = span_of(scope, scope->period);
	struct figure figure;

	if (count == 0 || span.period.days <= 0) {
		struct tally tally = tally_start(count ? &tracks[0] : NULL, &span);

		return tally_none(&tally);
	}
	if (first_month(span.period).days < span.period.days) {
		if (tracks[0].metric->kind == METRIC_FLOW &&
		    sum_of_months(tracks, count, scope, &span, &figure))
			return figure;
		if (tracks[0].metric->kind == METRIC_STOCK)
			return level_of_last_month(tracks, count, scope, &span);
	}
	return chosen(tracks, count, scope, &span).figure;
}

int figure_percent(const struct figure *figure)
{
	if (figure->period_days <= 0)
		return figure->complete ? 100 : 0;
	return (int)((int64_t)figure->known_days * 100 / figure->period_days);
}
