/*
 * Published numbers held against figures, and against each other.
 *
 * Everything is compared as stretches of numbers: what is printed may be off by its rounding, a
 * figure lies between its bounds. All ends are in halves of one common last digit.
 */
#include "metricsd/verdict.h"

#include "parts.h"

enum { DECIMALS_MAX = 18, HALVES = 2 };

/* [low, high]; `open` above, high is then nothing. */
struct stretch {
	wide low, high;
	bool open;
};

/* Far from what a wide number ends at, so that some of them may be added. */
static wide held(wide number)
{
	const wide limit = (wide)INT64_MAX << 60;

	if (number > limit)
		return limit;
	return number < -limit ? -limit : number;
}

/* `number` in units of 10^-decimals as halves of 10^-digits. */
static wide halves(int64_t number, int decimals, int digits)
{
	wide ret = (wide)number * HALVES;

	for (int i = decimals; i < digits && i < decimals + DECIMALS_MAX; i++)
		ret = held(ret * 10);
	return ret;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* What a printed number may stand for. `rounded`: it was, if its uncertainty is not said, to its
 * last digit; without, only where it has digits behind the point. */
static struct stretch stretch_of(const struct printed *printed, bool rounded, int digits)
{
	wide value = halves(printed->value, printed->decimals, digits);
	wide off = halves(printed->uncertainty, printed->decimals, digits);
	wide half = halves(1, printed->decimals, digits) / HALVES;

	if ((rounded || printed->decimals > 0) && off < half)
		off = half;
	return (struct stretch){ value - off, value + off, false };
}

static bool apart(const struct stretch *a, const struct stretch *b)
{
	return (!a->open && a->high < b->low) || (!b->open && b->high < a->low);
}

/* What a figure can be. A mean of records is known exactly, however many digits are printed of it;
 * of another one that is rounded to its last digit, a number that only touches its ends was rounded
 * the other way. */
static struct stretch figure_stretch(const struct figure *figure, int digits)
{
	struct stretch ret = {
		halves(figure->low, figure->decimals, digits),
		halves(figure->high, figure->decimals, digits),
		figure->form == FIGURE_AT_LEAST,
	};

	if (figure->form == FIGURE_EXACT && figure->under > 0) {
		wide over = halves(figure->over, 0, digits);

		ret.low = over / figure->under;
		ret.high = ret.low + (over % figure->under > 0);
	} else if (figure->form == FIGURE_EXACT && figure->decimals > 0) {
		wide half = halves(1, figure->decimals, digits) / HALVES;

		ret.low -= half - 1;
		ret.high += half - 1;
	}
	/* what is counted so far only grows */
	if (figure->running && figure->kind == METRIC_FLOW && !figure->negative)
		ret.open = true;
	return ret;
}

/* Whether the figure's ends are bounds at all: not those of an estimate, nor of what runs and may
 * go either way. */
static bool bounds(const struct figure *figure)
{
	bool goes_on = figure->running && (figure->negative || (figure->kind != METRIC_FLOW &&
								figure->kind != METRIC_UNIQUE));

	return !figure->estimate && !goes_on;
}

/* Whether what lies inside is the number: bounds that were only concluded say no more than that it
 * may be. */
static bool settled(const struct figure *figure)
{
	bool number =
		figure->form == FIGURE_EXACT || (figure->form == FIGURE_BETWEEN && figure->rounded);

	return number && figure->complete && !figure->inconsistent && !figure->provisional &&
	       !figure->revisable;
}

enum verdict verdict_of(const struct figure *figure, const struct printed *printed)
{
	/* one digit more than either has: halves of the last are whole there */
	int digits = most(figure->decimals, printed->decimals) + 1;
	struct stretch is, says;

	if (figure->form == FIGURE_NONE)
		return VERDICT_NOT_PROVABLE;
	is = figure_stretch(figure, digits);
	says = stretch_of(printed, figure->kind == METRIC_RATIO, digits);
	if (apart(&is, &says))
		return bounds(figure) ? VERDICT_WRONG : VERDICT_NOT_PROVABLE;
	return settled(figure) ? VERDICT_RIGHT : VERDICT_NOT_PROVABLE;
}

const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_RIGHT:
		return "right";
	case VERDICT_WRONG:
		return "wrong";
	case VERDICT_NOT_PROVABLE:
		return "not-provable";
	}
	return "not-provable";
}

/* --- against each other */

static int digits_of(const struct printed *whole, const struct printed *parts, size_t count)
{
	int digits = whole->decimals;

	for (size_t i = 0; i < count; i++)
		digits = most(digits, parts[i].decimals);
	return digits;
}

static bool sum_contradicts(const struct printed *whole, const struct printed *parts,
			    const int *signs, size_t count, struct printed *made)
{
	int digits = digits_of(whole, parts, count);
	struct stretch sum = { 0 }, says = stretch_of(whole, false, digits);
	wide value = 0, off = 0;

	for (size_t i = 0; i < count; i++) {
		struct stretch part = stretch_of(&parts[i], false, digits);
		wide one = halves(parts[i].value, parts[i].decimals, digits);

		sum.low = held(sum.low + (signs[i] < 0 ? -part.high : part.low));
		sum.high = held(sum.high + (signs[i] < 0 ? -part.low : part.high));
		value = held(value + (signs[i] < 0 ? -one : one));
		off = held(off + halves(parts[i].uncertainty, parts[i].decimals, digits));
	}
	*made = (struct printed){ bounded(value / HALVES), digits, bounded(off / HALVES) };
	return apart(&sum, &says);
}

/* a * b < c * d, none of them negative; false where the products are beyond what can be said. */
static bool product_less(wide a, wide b, wide c, wide d)
{
	wide left, right;

	return !__builtin_mul_overflow(a, b, &left) && !__builtin_mul_overflow(c, d, &right) &&
	       left < right;
}

static wide never_below_nothing(wide number)
{
	return number > 0 ? number : 0;
}

/* a / b in units of 10^-decimals, rounded to the nearest; b is above 0. */
static int64_t quotient(wide a, wide b, int decimals)
{
	wide whole = a / b, rest = a % b;
	int64_t digits = 0;

	for (int i = 0; i < decimals; i++) {
		whole = held(whole * 10 + rest * 10 / b);
		rest = rest * 10 % b;
	}
	digits = bounded(whole);
	return rest >= b - rest && digits < INT64_MAX ? digits + 1 : digits;
}

/* Counts divided by counts: nothing of it is below 0. */
static bool mean_contradicts(const struct printed *whole, const struct printed *over,
			     const struct printed *under, struct printed *made)
{
	int digits = most(over->decimals, under->decimals);
	struct stretch a = stretch_of(over, false, digits), b = stretch_of(under, false, digits);
	struct stretch says = stretch_of(whole, true, whole->decimals);
	wide top = halves(over->value, over->decimals, digits);
	wide bottom = halves(under->value, under->decimals, digits);
	wide unit = halves(1, 0, whole->decimals);

	*made = (struct printed){ .decimals = most(whole->decimals, 1) };
	if (bottom <= 0 || b.low <= 0 || top < 0)
		return false;
	made->value = quotient(top, bottom, made->decimals);
	/* says / unit against a / b, crosswise */
	return product_less(never_below_nothing(says.high), b.high, never_below_nothing(a.low),
			    unit) ||
	       product_less(a.high, unit, never_below_nothing(says.low), b.low) || says.high < 0;
}

bool printed_contradict(const struct printed *whole, const struct printed *parts, const int *signs,
			size_t count, bool divisor, struct printed *made)
{
	if (!divisor)
		return sum_contradicts(whole, parts, signs, count, made);
	*made = (struct printed){ .decimals = most(whole->decimals, 1) };
	return count == 2 && mean_contradicts(whole, &parts[0], &parts[1], made);
}

bool printed_beyond(const struct printed *whole, const struct printed *parts, size_t count)
{
	int digits = digits_of(whole, parts, count);
	struct stretch says = stretch_of(whole, false, digits), all = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct stretch part = stretch_of(&parts[i], false, digits);

		all.low = i == 0 || part.low > all.low ? part.low : all.low;
		all.high = held(all.high + part.high);
	}
	return count > 0 && apart(&all, &says);
}
