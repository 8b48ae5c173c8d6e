/*
 * Unique figures: people counted once per window, so that no two windows add up to a third.
 *
 * A window equal to the period says it. Without one, the period has at least the people of the
 * largest window inside it, and at most those of the windows that together cover it.
 */
#include "parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>

/* Days up to which the period is covered, and how. */
struct step {
	int64_t cost; /* least sum of upper ends; INT64_MAX: not reached */
	int32_t from; /* the step before */
	const struct sample *sample;
};

struct cover {
	struct step *steps; /* period.days + 1 of them, NULL when nothing covers the period */
	int64_t high;
};

static bool usable(const struct sample *sample, const struct span *span, struct reach reach,
		   struct window *ret)
{
	*ret = span_cut(span, sample->window);
	return ret->days > 0 && reach_holds(reach, *ret);
}

static bool closed(const struct sample *sample)
{
	return !(sample->flags & SAMPLE_AT_LEAST);
}

/* Whether the windows that are bounded above leave no day of the period out. */
static bool covered(const struct track *track, const struct span *span, struct reach reach)
{
	int32_t reached = span->period.first;

	for (size_t i = 0; i < track->count; i++) {
		struct window window;

		if (!closed(&track->samples[i]) ||
		    !usable(&track->samples[i], span, reach, &window))
			continue;
		if (window.first > reached)
			return false;
		if (window_end(window) > reached)
			reached = window_end(window);
	}
	return reached >= window_end(span->period);
}

/* The cheapest step from which a window goes on: one in [from, to). */
static int32_t cheapest(const struct step *steps, int32_t from, int32_t to)
{
	int32_t best = from;

	for (int32_t i = from + 1; i < to; i++)
		if (steps[i].cost < steps[best].cost)
			best = i;
	return best;
}

/*
 * The shortest path from the period's first day to its end, each window a step that may begin
 * anywhere within it. In the best chain no window lies within another, so both their first and
 * their last days ascend and one pass over the samples, as they are sorted, finds it.
 */
static struct cover cover_of(const struct track *track, const struct span *span, struct reach reach)
{
	const int32_t days = span->period.days;
	struct cover cover = { 0 };

	if (!covered(track, span, reach))
		return cover;
	cover.steps = memory_new((size_t)days + 1, sizeof(*cover.steps));
	for (int32_t i = 1; i <= days; i++)
		cover.steps[i].cost = INT64_MAX;
	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];
		struct window window;
		int32_t from, to;
		int64_t cost;

		if (!closed(sample) || !usable(sample, span, reach, &window))
			continue;
		window = window_common(window, span->period);
		to = window_end(window) - span->period.first;
		from = cheapest(cover.steps, window.first - span->period.first, to);
		cost = plus(cover.steps[from].cost, sample_high(sample));
		if (cost < cover.steps[to].cost)
			cover.steps[to] = (struct step){ cost, from, sample };
	}
	cover.high = cover.steps[days].cost;
	if (cover.high == INT64_MAX) { /* numbers no account has: as good as no bound */
		free(cover.steps);
		cover.steps = NULL;
	}
	return cover;
}

/* The upper bound rests on these. */
static void use_cover(const struct cover *cover, const struct track *track, struct tally *tally)
{
	for (int32_t i = tally->span->period.days; i > 0; i = cover->steps[i].from)
		tally_use(tally, track, cover->steps[i].sample);
}

/* Windows inside the period: their days are known, the largest is its lower bound, and one that is
 * the whole period says it (the least uncertain, should the account's life make several so). */
static void look_inside(const struct track *track, struct reach reach, struct tally *tally,
			const struct sample **largest, const struct sample **whole)
{
	const struct span *span = tally->span;

	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];
		struct window window;

		if (!usable(sample, span, reach, &window) || !window_holds(span->period, window))
			continue;
		tally_days(tally, window);
		if (!*largest || sample_low(sample) > sample_low(*largest))
			*largest = sample;
		if (window.days == span->period.days && closed(sample) &&
		    (!*whole ||
		     plus(sample->below, sample->above) < plus((*whole)->below, (*whole)->above)))
			*whole = sample;
	}
}

/* Only bounds are known, or one window contradicts another (late data): then all that was said lies
 * in the figure. */
static struct figure between(const struct cover *cover, const struct track *track,
			     const struct sample *largest, bool whole, struct tally *tally)
{
	struct figure *figure = &tally->figure;
	int64_t low = sample_low(largest);
	int64_t high = low;

	tally_use(tally, track, largest);
	tally->open = !cover->steps;
	if (cover->steps) {
		use_cover(cover, track, tally);
		figure->inconsistent = whole || cover->high < low;
		high = cover->high > low ? cover->high : low;
		low = cover->high < low ? cover->high : low;
	}
	figure->low = whole && figure->low < low ? figure->low : low;
	figure->high = whole && figure->high > high ? figure->high : high;
	figure->value = figure->low;
	figure->rounded = false;
	return tally_figure(tally);
}

struct figure unique_of(const struct track *track, const struct span *span, struct reach reach)
{
	struct tally tally = tally_start(track, span);
	struct figure *figure = &tally.figure;
	const struct sample *largest = NULL, *whole = NULL;
	SCOPED(memory)
	struct step *steps = NULL;
	struct cover cover;

	look_inside(track, reach, &tally, &largest, &whole);
	if (!largest)
		return tally_none(&tally);
	cover = cover_of(track, span, reach);
	steps = cover.steps;
	figure->complete = steps != NULL;
	if (whole)
		tally_add(&tally, track, whole);
	if (whole && sample_low(largest) <= figure->high && cover.high >= figure->low)
		return tally_figure(&tally);
	return between(&cover, track, largest, whole != NULL, &tally);
}
