/*
 * One figure beside another: an earlier period's, another source's.
 */
#include "metricsd/figure.h"

#include "parts.h"

enum { THOUSAND = 1000 };

static enum comparability how_comparable(const struct figure *now, const struct figure *before)
{
	if (now->form == FIGURE_NONE || before->form == FIGURE_NONE)
		return COMPARE_NOTHING;
	if (now->broken || before->broken || now->kind != before->kind ||
	    now->decimals != before->decimals)
		return COMPARE_BROKEN;
	if (now->said_by == before->said_by && now->counted_by != before->counted_by)
		return COMPARE_BROKEN;
	if (now->inconsistent || before->inconsistent)
		return COMPARE_INCONSISTENT;
	if (!now->complete || !before->complete || now->running || before->running ||
	    now->form == FIGURE_AT_LEAST || before->form == FIGURE_AT_LEAST)
		return COMPARE_INCOMPLETE;
	return now->said_by == before->said_by ? COMPARABLE : COMPARABLE_SOURCES;
}

/* a / b, b above 0: rounded down, up, to the nearest. */
static int64_t divide_down(wide a, wide b)
{
	return bounded(a / b - (a % b < 0));
}

static int64_t divide_up(wide a, wide b)
{
	return bounded(a / b + (a % b > 0));
}

static int64_t divide_near(wide a, wide b)
{
	wide half = a < 0 ? -(b / 2) : b / 2;

	return bounded((a + half) / b);
}

/* What `now` is more than `before`, in thousandths of it. */
static wide gain(int64_t now, int64_t before)
{
	return ((wide)now - before) * THOUSAND;
}

int64_t figure_share(int64_t part, int64_t whole)
{
	return divide_near((wide)part * THOUSAND, whole);
}

struct comparison figure_compare(const struct figure *now, const struct figure *before)
{
	struct comparison ret = { .how = how_comparable(now, before) };

	if (ret.how != COMPARABLE && ret.how != COMPARABLE_SOURCES)
		return ret;
	ret.low = minus(now->low, before->high);
	ret.high = minus(now->high, before->low);
	ret.relative = before->low > 0;
	if (!ret.relative)
		return ret;
	/* the least there is now, against the most (of what is below zero, the least) there was */
	if (now->low >= 0)
		ret.low_share = divide_down(gain(now->low, before->high), before->high);
	else
		ret.low_share = divide_down(gain(now->low, before->low), before->low);
	if (now->high >= 0)
		ret.high_share = divide_up(gain(now->high, before->low), before->low);
	else
		ret.high_share = divide_up(gain(now->high, before->high), before->high);
	ret.share = figure_share(minus(now->value, before->value), before->value);
	return ret;
}

/* How far `above` lies over all that `below` can be; not above 0: they meet. */
static wide gap(const struct figure *above, const struct figure *below)
{
	return below->form == FIGURE_AT_LEAST ? 0 : (wide)above->low - below->high;
}

bool figures_conflict(const struct figure *a, const struct figure *b, int64_t tolerance)
{
	const struct figure *above = a->low > b->low ? a : b;
	const struct figure *below = above == a ? b : a;
	int64_t larger = above->value > 0 ? above->value : 0;

	if (a->form == FIGURE_NONE || b->form == FIGURE_NONE || a->decimals != b->decimals)
		return false;
	return gap(above, below) > 0 &&
	       gap(above, below) * THOUSAND > (wide)larger * (tolerance > 0 ? tolerance : 0);
}
