/*
 * Plans of action: from figures and targets to shares, and from those to the plan's own.
 *
 * What is rounded is rounded outward, so that a bound stays one.
 */
#include "metricsd/plan.h"

#include "metricsd/figure.h"

#include "parts.h"

enum { DECIMALS_MAX = 18 };

static int64_t power_of_ten(int decimals)
{
	int64_t power = 1;

	for (int i = 0; i < decimals && i < DECIMALS_MAX; i++)
		power *= 10;
	return power;
}

enum rounding { ROUND_DOWN, ROUND_UP, ROUND_NEAREST };

/* a / b, neither of them negative, b not 0. */
static wide divide(wide a, wide b, enum rounding rounding)
{
	wide rest = a % b;

	switch (rounding) {
	case ROUND_DOWN:
		return a / b;
	case ROUND_UP:
		return a / b + (rest > 0);
	case ROUND_NEAREST:
		return a / b + (rest >= b - rest);
	}
	return a / b;
}

/* The share of the target a number is; nothing is less than nothing done. */
static int64_t share_of(const struct target *target, const struct figure *figure, int64_t number,
			enum rounding rounding)
{
	wide whole = (wide)(target->value > 0 ? target->value : 1) * power_of_ten(figure->decimals);

	if (number <= 0)
		return 0;
	return bounded(divide((wide)number * SHARE_WHOLE, whole, rounding));
}

/* What the kind of target says of a number that is not known. */
static int64_t unknown_high(enum target_kind kind)
{
	switch (kind) {
	case TARGET_NONE:
	case TARGET_NUMBER:
		return SHARE_OPEN;
	case TARGET_YES_NO:
	case TARGET_PERCENT:
		return SHARE_WHOLE;
	}
	return SHARE_OPEN;
}

static int64_t at_most(int64_t share, int64_t limit)
{
	return share < limit ? share : limit;
}

static int64_t at_least(int64_t share, int64_t limit)
{
	return share > limit ? share : limit;
}

/* Whether more may have been reached than the figure says: days lack, or nobody has said how far it
 * is since the day of its level. */
static bool may_be_more(const struct figure *figure)
{
	return figure->form == FIGURE_AT_LEAST ||
	       (figure->kind == METRIC_STOCK && !figure->complete);
}

struct progress progress_of(const struct target *target, const struct figure *figure)
{
	struct progress progress = {
		.counts = target->kind != TARGET_NONE,
		.high = unknown_high(target->kind),
	};

	if (!progress.counts || !figure || figure->form == FIGURE_NONE)
		return progress;
	progress.low = share_of(target, figure, figure->low, ROUND_DOWN);
	progress.value = share_of(target, figure, figure->value, ROUND_NEAREST);
	progress.measured = figure->form != FIGURE_AT_LEAST || progress.low > 0;
	if (!may_be_more(figure))
		progress.high = share_of(target, figure, figure->high, ROUND_UP);
	else if (progress.high != SHARE_OPEN)
		progress.high = at_least(progress.high, progress.low);
	if (target->kind == TARGET_YES_NO) {
		progress.low = at_most(progress.low, SHARE_WHOLE);
		progress.high = at_most(progress.high, SHARE_WHOLE);
		progress.value = at_most(progress.value, SHARE_WHOLE);
	}
	progress.complete = figure->complete && !figure->estimate;
	progress.exact = progress.complete && figure->form == FIGURE_EXACT;
	return progress;
}

/* How much a contribution weighs, 0: it is no part of the compliance. */
static int64_t weight_of(const struct contribution *part, enum plan_formula formula)
{
	if (!part->progress.counts)
		return 0;
	switch (formula) {
	case PLAN_MEAN:
		return 1;
	case PLAN_WEIGHTED:
	case PLAN_BUDGET:
		return part->weight > 0 ? part->weight : 0;
	}
	return 0;
}

/* Weighted shares added up. */
struct shares {
	wide low, high, value, weight;
	bool open; /* no bound above */
};

/* `sum` + share * weight. Beyond what can be counted: false, and the sum stays what it was. */
static bool add_share(wide *sum, int64_t share, int64_t weight)
{
	return !__builtin_add_overflow(*sum, (wide)share * weight, sum);
}

/* A number of those that stay below `sum` is still below it: what is too much for a sum is left out
 * of the lower end and makes the upper one open. */
static void add_part(struct shares *sums, const struct progress *progress, int64_t weight, bool cap)
{
	int64_t low = progress->low, high = progress->high, value = progress->value;
	wide before = sums->low;

	if (cap) {
		low = at_most(low, SHARE_WHOLE);
		high = high == SHARE_OPEN ? SHARE_WHOLE : at_most(high, SHARE_WHOLE);
		value = at_most(value, SHARE_WHOLE);
	}
	if (!add_share(&sums->low, low, weight))
		sums->low = before;
	before = sums->value;
	if (!add_share(&sums->value, value, weight))
		sums->value = before;
	before = sums->high;
	if (high == SHARE_OPEN || !add_share(&sums->high, high, weight)) {
		sums->high = before;
		sums->open = true;
	}
	sums->weight += weight;
}

struct compliance compliance_of(const struct contribution *parts, size_t count,
				enum plan_formula formula, bool cap)
{
	struct compliance ret = { .high = SHARE_OPEN };
	struct shares sums = { 0 };
	bool exact = true;

	for (size_t i = 0; i < count; i++) {
		int64_t weight = weight_of(&parts[i], formula);

		if (weight == 0) {
			ret.left_out++;
			continue;
		}
		ret.counted++;
		exact = exact && parts[i].progress.exact;
		add_part(&sums, &parts[i].progress, weight, cap);
	}
	if (ret.counted == 0)
		return ret;
	ret.known = true;
	ret.low = bounded(divide(sums.low, sums.weight, ROUND_DOWN));
	ret.value = bounded(divide(sums.value, sums.weight, ROUND_NEAREST));
	if (!sums.open && divide(sums.high, sums.weight, ROUND_UP) <= INT64_MAX)
		ret.high = bounded(divide(sums.high, sums.weight, ROUND_UP));
	ret.exact = exact && ret.high != SHARE_OPEN;
	return ret;
}
