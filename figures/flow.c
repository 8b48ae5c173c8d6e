/*
 * Flows: the sum over disjoint windows inside the period.
 *
 * Nearly every series is one number a day, which needs no choosing. Where longer windows lie among
 * them (a month somebody typed, a week), the best tiling is found from the last day to the first:
 * what is best from a day on follows from what is best from the days after it.
 */
#include "parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>

/* A window that may be in the sum. */
struct tile {
	struct window window; /* cut to the account's life */
	const struct sample *sample;
	const struct track *track;
};

struct tiles {
	struct tile *items; /* ascending by first day */
	size_t count, room;
};

/* What a tiling is judged by, the weightiest first. */
struct cost {
	int64_t unknown;  /* days left out */
	int64_t crossing; /* windows over a month's end: the last resort, so that months add up */
	int64_t open;     /* numbers that are only "at least" */
	int64_t estimates;
	int64_t width; /* uncertainty */
	int64_t rank;  /* precedence of the source times days: where sources are combined */
	int64_t windows;
};

/* From a day on: the best there is, and the tile it begins with (NULL: the day is left out). */
struct step {
	struct cost cost;
	const struct tile *tile;
};

static bool cheaper(const struct cost *a, const struct cost *b)
{
	if (a->unknown != b->unknown)
		return a->unknown < b->unknown;
	if (a->crossing != b->crossing)
		return a->crossing < b->crossing;
	if (a->open != b->open)
		return a->open < b->open;
	if (a->estimates != b->estimates)
		return a->estimates < b->estimates;
	if (a->width != b->width)
		return a->width < b->width;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->windows < b->windows;
}

/* The tile's own cost put before what follows it. */
static struct cost cost_with(const struct tile *tile, struct cost rest)
{
	const struct sample *sample = tile->sample;

	if (tile->window.days > 1 && !window_holds(month_of(tile->window.first), tile->window))
		rest.crossing++;
	if (sample->flags & SAMPLE_AT_LEAST)
		rest.open++;
	if (sample->flags & SAMPLE_ESTIMATE)
		rest.estimates++;
	rest.width = plus(rest.width, plus(sample->below, sample->above));
	rest.rank += (int64_t)tile->track->precedence * tile->window.days;
	rest.windows++;
	return rest;
}

/* Adds the tiles of the best tiling, first to last, to the tally. */
static void add_best(const struct step *steps, int32_t base, int32_t end, struct tally *tally)
{
	for (int32_t day = base; day < end;) {
		const struct tile *tile = steps[day - base].tile;

		if (!tile) {
			day++;
			continue;
		}
		tally_days(tally, tile->window);
		tally_add(tally, tile->track, tile->sample);
		day = window_end(tile->window);
	}
}

static void add_tiles(const struct tiles *tiles, struct tally *tally)
{
	SCOPED(memory)
	struct step *steps = NULL;
	int32_t base = tiles->items[0].window.first;
	int32_t end = base;
	size_t left = tiles->count;

	for (size_t i = 0; i < tiles->count; i++)
		if (window_end(tiles->items[i].window) > end)
			end = window_end(tiles->items[i].window);
	steps = memory_new((size_t)(end - base) + 1, sizeof(*steps));
	for (int32_t day = end - 1; day >= base; day--) {
		struct step *step = &steps[day - base];

		*step = (struct step){ .cost = step[1].cost };
		step->cost.unknown++;
		for (; left > 0 && tiles->items[left - 1].window.first == day; left--) {
			const struct tile *tile = &tiles->items[left - 1];
			struct cost cost = cost_with(tile, step[tile->window.days].cost);

			if (cheaper(&cost, &step->cost))
				*step = (struct step){ cost, tile };
		}
	}
	add_best(steps, base, end, tally);
}

/* The windows of a track that may be tiles. */
static void gather(const struct track *track, const struct span *span, struct reach reach,
		   struct tiles *ret)
{
	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];
		struct window window = span_cut(span, sample->window);

		if (sample->window.first >= window_end(span->period))
			break;
		if (window.days == 0 || !window_holds(span->period, window) ||
		    !reach_holds(reach, window))
			continue;
		ret->items = memory_grow(ret->items, ret->count, &ret->room, sizeof(*ret->items));
		ret->items[ret->count++] = (struct tile){ window, sample, track };
	}
}

/* One number a day: adds them all. False as soon as a longer window could be in the sum. */
static bool add_days(const struct track *track, struct reach reach, struct tally *tally)
{
	const struct window period = tally->span->period;
	int32_t next = period.first; /* no day twice, whatever the list says */

	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];

		if (sample->window.first >= window_end(period))
			break;
		if (sample->window.days != 1) {
			struct window window = span_cut(tally->span, sample->window);

			if (window.days && window_holds(period, window))
				return false;
			continue;
		}
		if (sample->window.first < next || !reach_holds(reach, sample->window))
			continue;
		tally_days(tally, sample->window);
		tally_add(tally, track, sample);
		next = sample->window.first + 1;
	}
	return true;
}

/* What is not covered leaves a flow open above, and one that can be negative without any bound. */
static struct figure flow_figure(struct tally *tally)
{
	struct figure *figure = &tally->figure;
	bool all = figure->known_days == figure->period_days;

	if (!tally->track || (figure->negative && !all))
		return tally_none(tally);
	figure->complete = all;
	if (!all)
		tally->open = true;
	return tally_figure(tally);
}

struct figure flow_of(const struct track *track, const struct span *span, struct reach reach)
{
	struct tally tally = tally_start(track, span);
	struct tiles tiles = { 0 };

	if (add_days(track, reach, &tally))
		return flow_figure(&tally);

	trace_cut(span->trace, tally.traced);
	tally = tally_start(track, span);
	gather(track, span, reach, &tiles);
	if (tiles.count)
		add_tiles(&tiles, &tally);
	free(tiles.items);
	return flow_figure(&tally);
}

static int by_first_day(const void *a, const void *b)
{
	const struct tile *left = a, *right = b;

	if (left->window.first != right->window.first)
		return left->window.first < right->window.first ? -1 : 1;
	if (left->window.days != right->window.days)
		return left->window.days < right->window.days ? -1 : 1;
	return (left->track > right->track) - (left->track < right->track);
}

struct figure flow_combined(const struct track *tracks, const struct reach *reaches, size_t count,
			    const struct span *span, uint64_t *used)
{
	struct tally tally = tally_start(&tracks[0], span);
	struct tiles tiles = { 0 };
	struct figure figure;

	tally.first = tracks;
	for (size_t i = 0; i < count; i++)
		gather(&tracks[i], span, reaches[i], &tiles);
	if (tiles.count) {
		qsort(tiles.items, tiles.count, sizeof(*tiles.items), by_first_day);
		add_tiles(&tiles, &tally);
	}
	free(tiles.items);
	figure = flow_figure(&tally);
	*used = tally.used;
	return figure;
}
