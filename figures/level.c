/*
 * Levels and ratios: one sample is the whole figure.
 */
#include "parts.h"

/* A level speaks of the last day of its window, or of the account's life where that ended first.
 * DAY_NONE: of no day of the period. */
static int32_t level_day(const struct span *span, const struct sample *sample)
{
	struct window window = span_cut(span, sample->window);
	int32_t day = window_end(window) - 1;

	if (window.days == 0 || day < span->period.first || day >= window_end(span->period))
		return DAY_NONE;
	return day;
}

/* The level of the last day; of two that speak of the same day the less uncertain, then the one of
 * the shorter window. */
static const struct sample *last_level(const struct track *track, const struct span *span)
{
	const struct sample *last = NULL;

	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];
		int64_t width = plus(sample->below, sample->above);
		int32_t day = level_day(span, sample);

		if (day == DAY_NONE)
			continue;
		if (!last || day > level_day(span, last)) {
			last = sample;
			continue;
		}
		/* later in the list is a later first day, so a shorter window */
		if (day == level_day(span, last) && width <= plus(last->below, last->above))
			last = sample;
	}
	return last;
}

int32_t stock_last_day(const struct track *track, const struct span *span)
{
	const struct sample *last = last_level(track, span);

	return last ? level_day(span, last) : DAY_NONE;
}

/* A level is all there is to know of the days before it: only those after it lack, and only they
 * can still bring another one. Its own day is known, were it today or in a window that begins
 * before the period. */
static void rest_on_level(struct tally *tally, int32_t level)
{
	struct figure *figure = &tally->figure;

	if (tally->reached <= level) {
		figure->known_days++;
		figure->period_days += level >= window_end(tally->span->elapsed);
	}
	figure->lacking = (struct days){ 0 };
	figure->lacking_more = false;
	figure->revisable = false;
	tally->reached = level + 1;
}

struct figure stock_of(const struct track *track, const struct span *span)
{
	struct tally tally = tally_start(track, span);
	const struct sample *last = last_level(track, span);

	for (size_t i = 0; i < track->count; i++) {
		struct window window = span_cut(span, track->samples[i].window);

		if (window.days && window_holds(span->period, window))
			tally_days(&tally, window);
	}
	if (!last)
		return tally_none(&tally);
	rest_on_level(&tally, level_day(span, last));
	tally_add(&tally, track, last);
	tally.figure.as_of = tally.figure.as_of_last = level_day(span, last);
	tally.figure.complete = tally.figure.as_of >= window_end(span->elapsed) - 1;
	return tally_figure(&tally);
}

/* A ratio that was stated speaks for its own window only. */
struct figure ratio_of(const struct track *track, const struct span *span)
{
	struct tally tally = tally_start(track, span);

	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];
		struct window window = span_cut(span, sample->window);

		if (window.days == 0 || window.first != span->period.first ||
		    window.days != span->period.days)
			continue;
		tally_days(&tally, window);
		tally_add(&tally, track, sample);
		tally.figure.complete = true;
		return tally_figure(&tally);
	}
	return tally_none(&tally);
}
