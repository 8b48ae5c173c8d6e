#include "parts.h"

#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

void trace_clear(struct trace *trace)
{
	free(trace->uses);
	*trace = (struct trace){ 0 };
}

/* The sum of samples uses none twice; a bound on people may rest on a sample another one does. */
static void trace_use(struct trace *trace, const struct track *track, const struct sample *sample)
{
	if (track->metric->kind == METRIC_UNIQUE)
		for (size_t i = 0; i < trace->count; i++)
			if (trace->uses[i].sample == sample)
				return;
	trace->uses = memory_grow(trace->uses, trace->count, &trace->room, sizeof(*trace->uses));
	trace->uses[trace->count++] = (struct use){ track, sample };
}

/* FNV-1a: two sources or definitions that differ do so here, but for one in 2^64. */
static uint64_t hash(uint64_t so_far, const void *bytes, size_t length)
{
	for (const unsigned char *byte = bytes; length > 0; byte++, length--)
		so_far = (so_far ^ *byte) * UINT64_C(0x100000001b3);
	return so_far;
}

uint64_t source_hash(const char *source)
{
	return hash(UINT64_C(0xcbf29ce484222325), source, strlen(source));
}

uint64_t definition_hash(const char *source, int32_t definition)
{
	return hash(source_hash(source), &definition, sizeof(definition));
}

struct span span_of(const struct scope *scope, struct window period)
{
	struct span span = {
		.period = period,
		.exists = scope->exists,
		.today = scope->today,
		.asked = scope->period,
		.read_on = scope->read_on,
		.trace = scope->trace,
	};
	struct window past = period;

	if (span.exists.days > 0) {
		if (span.exists.first > INT32_MAX - span.exists.days) /* a life without an end */
			span.exists.days = INT32_MAX - span.exists.first;
		span.period = window_common(period, span.exists);
	}
	past.days = scope->today > past.first ? scope->today - past.first : 0;
	span.elapsed = window_common(span.period, past);
	span.running = span.period.days > 0 && window_end(span.period) > scope->today;
	return span;
}

struct window span_cut(const struct span *span, struct window window)
{
	if (window.days <= 0 || window_end(window) <= span->period.first ||
	    window.first >= window_end(span->period))
		return (struct window){ 0 };
	return span->exists.days > 0 ? window_common(window, span->exists) : window;
}

struct tally tally_start(const struct track *track, const struct span *span)
{
	struct tally tally = {
		.figure = {
			.provisional = span->running,
			.running = span->running,
			.definition = DAY_NONE,
			.period_days = span->elapsed.days,
			.as_of = DAY_NONE,
		},
		.span = span,
		.reached = span->elapsed.first,
	};

	tally.asked = track;
	tally.traced = span->trace ? span->trace->count : 0;
	if (track) {
		tally.figure.kind = track->metric->kind;
		tally.figure.negative = track->metric->negative;
	}
	return tally;
}

/* Whether the provider may still say another number of the window, or one where there is none, than
 * it did when it was read: Meta revises a day until 28 days after it. */
static bool may_change(const struct span *span, const struct track *track, struct window window)
{
	int32_t last = window_end(window) - 1;
	int32_t seen = span->today;
	int32_t days = track->metric->revisable_days;

	if (track->stated)
		return false; /* what people and files state is nobody's to change */
	if (span->read_on && last >= span->asked.first && last < window_end(span->asked))
		seen = span->read_on[last - span->asked.first];
	else if (days == 0)
		return false;
	return seen == DAY_NONE || seen - window_end(window) < days;
}

/* Days up to `day` that were not reached yet lack. Beyond what the list holds, they are only said
 * to be more: it never names a day that is known. */
static void lack_until(struct tally *tally, int32_t day)
{
	struct figure *figure = &tally->figure;
	struct window lacking = { tally->reached, day - tally->reached };

	if (day <= tally->reached)
		return;
	tally->reached = day;
	for (int32_t i = 0; tally->asked && !figure->revisable && i < lacking.days; i++)
		figure->revisable = may_change(tally->span, tally->asked,
					       (struct window){ lacking.first + i, 1 });
	if (figure->lacking.count == DAYS_MAX)
		figure->lacking_more = true;
	else
		days_add(&figure->lacking, lacking);
}

void tally_days(struct tally *tally, struct window window)
{
	struct window days = window_common(window, tally->span->elapsed);

	if (days.days == 0 || window_end(days) <= tally->reached)
		return;
	lack_until(tally, days.first);
	tally->figure.known_days += window_end(days) - tally->reached;
	tally->reached = window_end(days);
}

/* First day of the definition a window was counted by: DAY_NONE when it spans a change. */
static int32_t definition_of(const struct track *track, struct window window)
{
	size_t i = 0;

	if (track->break_count == 0)
		return DAY_NONE;
	while (i + 1 < track->break_count && track->breaks[i + 1] <= window.first)
		i++;
	if (i + 1 < track->break_count && track->breaks[i + 1] < window_end(window))
		return DAY_NONE;
	return track->breaks[i];
}

void tally_use(struct tally *tally, const struct track *track, const struct sample *sample)
{
	struct figure *figure = &tally->figure;

	if (!tally->track) {
		tally->track = track;
		figure->source = track->source;
		figure->zone = track->zone;
		figure->definition = definition_of(track, sample->window);
		figure->said_by = source_hash(track->source);
		figure->counted_by = definition_hash(track->source, figure->definition);
	} else if (tally->track != track) {
		figure->mixed = true;
		figure->source = NULL;
		figure->definition = DAY_NONE;
		if (figure->zone && strcmp(figure->zone, track->zone) != 0)
			figure->zone = NULL;
	}
	if (tally->first)
		tally->used |= UINT64_C(1) << (track - tally->first);
	if (tally->span->trace)
		trace_use(tally->span->trace, track, sample);
	if (sample->flags & SAMPLE_ESTIMATE)
		figure->estimate = true;
	if (!track->stated &&
	    tally->span->today - window_end(sample->window) < track->metric->settles_days)
		figure->provisional = true;
	if (may_change(tally->span, track, sample->window) ||
	    (sample->flags & SAMPLE_UNREAD && track->metric->revisable_days > 0))
		figure->revisable = true;
}

void tally_add(struct tally *tally, const struct track *track, const struct sample *sample)
{
	struct figure *figure = &tally->figure;

	figure->value = plus(figure->value, sample->value);
	figure->low = plus(figure->low, sample_low(sample));
	figure->high = plus(figure->high, sample_high(sample));
	figure->rounded = figure->low != figure->high;
	if (sample->flags & SAMPLE_AT_LEAST)
		tally->open = true;
	tally_use(tally, track, sample);
}

struct figure tally_none(struct tally *tally)
{
	struct figure *figure = &tally->figure;

	lack_until(tally, window_end(tally->span->elapsed));
	figure->value = figure->low = figure->high = 0;
	figure->rounded = figure->estimate = figure->mixed = figure->revisable = false;
	figure->source = figure->zone = NULL;
	figure->definition = DAY_NONE;
	figure->said_by = figure->counted_by = 0;
	tally->used = 0;
	trace_cut(tally->span->trace, tally->traced);
	return *figure;
}

struct figure tally_figure(struct tally *tally)
{
	struct figure *figure = &tally->figure;

	lack_until(tally, window_end(tally->span->elapsed));
	if (figure->low == INT64_MAX || figure->high == INT64_MAX)
		tally->open = true; /* more than can be counted */
	if (tally->open)
		figure->form = FIGURE_AT_LEAST;
	else
		figure->form = figure->low == figure->high ? FIGURE_EXACT : FIGURE_BETWEEN;
	return *figure;
}
