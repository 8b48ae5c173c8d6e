#include "clash.h"

enum { WHOLE = 1000 /* thousandths */ };

/* --- how far two numbers lie apart */

/* Products that stop at the ends of int64_t. */
static int64_t times(int64_t a, int64_t b)
{
	int64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
	return product;
}

static int64_t size_of(int64_t number)
{
	if (number == INT64_MIN)
		return INT64_MAX;
	return number < 0 ? -number : number;
}

int64_t figures_larger(const struct figure *a, const struct figure *b)
{
	int64_t first = size_of(a->value), second = size_of(b->value);

	return first > second ? first : second;
}

static int64_t minus(int64_t a, int64_t b)
{
	int64_t difference;

	if (__builtin_sub_overflow(a, b, &difference))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return difference;
}

int64_t figures_difference(const struct figure *a, const struct figure *b)
{
	return minus(a->value, b->value);
}

bool figures_apart(const struct figure *a, const struct figure *b, int64_t tolerance)
{
	int64_t gap = 0;

	if (a->form == FIGURE_NONE || b->form == FIGURE_NONE)
		return false;
	if (a->low > b->high)
		gap = minus(a->low, b->high);
	else if (b->low > a->high)
		gap = minus(b->low, a->high);
	return times(gap, WHOLE) > times(figures_larger(a, b), tolerance);
}

/* --- a whole and its parts */

struct figure sample_figure(const struct sample *sample, enum metric_kind kind)
{
	bool open = (sample->flags & SAMPLE_AT_LEAST) != 0;
	struct figure figure = {
		.kind = kind,
		.form = FIGURE_EXACT,
		.value = sample->value,
		.low = sample->value - sample->below,
		.high = sample->value + sample->above,
		.rounded = sample->below || sample->above,
		.estimate = (sample->flags & SAMPLE_ESTIMATE) != 0,
		.known_days = sample->window.days,
		.period_days = sample->window.days,
		.complete = !open,
		.as_of = DAY_NONE,
	};

	if (open)
		figure.form = FIGURE_AT_LEAST;
	else if (figure.low != figure.high)
		figure.form = FIGURE_BETWEEN;
	return figure;
}

struct figure parts_figure(const struct track *track, struct window outer)
{
	struct figure sum = { .kind = track->metric->kind, .as_of = DAY_NONE };
	int32_t reached = outer.first;
	int32_t known = 0;
	bool any = false;

	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];
		struct figure part;

		if (sample->window.first < reached || !window_holds(outer, sample->window) ||
		    sample->window.days == outer.days)
			continue;
		part = sample_figure(sample, track->metric->kind);
		figure_add_term(&sum, &part, 1, !any);
		reached = window_end(sample->window);
		known += sample->window.days;
		any = true;
	}
	sum.known_days = known;
	sum.period_days = outer.days;
	sum.complete = any && known == outer.days;
	return sum;
}

bool changes_inside(const struct track *track, struct window window)
{
	for (size_t i = 0; i < track->break_count; i++)
		if (track->breaks[i] > window.first && track->breaks[i] < window_end(window))
			return true;
	return false;
}

enum clash clash_of(const struct track *track, const struct figure *whole,
		    const struct figure *parts, int64_t tolerance)
{
	bool open = whole->form == FIGURE_AT_LEAST;

	if (parts->form == FIGURE_NONE || whole->estimate || parts->estimate)
		return CLASH_NONE;
	if (track->metric->kind == METRIC_UNIQUE) {
		if ((!open && parts->low > whole->high) ||
		    (parts->complete && parts->form != FIGURE_AT_LEAST && parts->high < whole->low))
			return CLASH_BELOW;
		return CLASH_NONE;
	}
	if (parts->complete)
		return figures_apart(whole, parts, tolerance) ? CLASH_SUM : CLASH_NONE;
	return !open && !track->metric->negative && parts->low > whole->high ? CLASH_BELOW
									     : CLASH_NONE;
}

const struct sample *other_level(const struct track *track, const struct sample *sample,
				 int64_t tolerance)
{
	struct figure figure = sample_figure(sample, METRIC_STOCK);

	for (size_t i = 0; i < track->count; i++) {
		const struct sample *other = &track->samples[i];
		struct figure beside = sample_figure(other, METRIC_STOCK);

		if (other != sample && window_end(other->window) == window_end(sample->window) &&
		    figures_apart(&figure, &beside, tolerance))
			return other;
	}
	return NULL;
}
