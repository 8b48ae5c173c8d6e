/*
 * A published number against a figure, and against other published numbers.
 */
#ifndef METRICSD_VERDICT_H
#define METRICSD_VERDICT_H

#include "metricsd/figure.h"

#include <stdbool.h>
#include <stdint.h>

/* A number as it was printed. */
struct printed {
	int64_t value;       /* in units of 10^-decimals */
	int decimals;        /* digits it was printed with behind the point: 33,7 has 1 */
	int64_t uncertainty; /* stated rounding beside it, in the same units; 0: none */
};

enum verdict {
	VERDICT_RIGHT,        /* complete, final, and equal within uncertainty and rounding */
	VERDICT_WRONG,        /* outside what the figure can be */
	VERDICT_NOT_PROVABLE, /* inside, but the figure is not complete or not final */
};

/*
 * The verdict follows from the figure's interval alone. What is printed with decimals, and a ratio,
 * may be off by half its last digit; whole numbers of other kinds by their stated uncertainty only.
 * An estimate is no bound: it never proves a number wrong.
 */
enum verdict verdict_of(const struct figure *figure, const struct printed *printed);

/* "right", "wrong", "not-provable". */
const char *verdict_name(enum verdict verdict);

/* Whether a printed whole contradicts what its printed parts make of it: their sum with signs, or
 * (`divisor`) parts[0] / parts[1]. All roundings are allowed for. `made` is what the parts make, in
 * `decimals` digits. */
bool printed_contradict(const struct printed *whole, const struct printed *parts, const int *signs,
			size_t count, bool divisor, struct printed *made);

/* For a unique figure: whether the printed whole lies outside [max, sum] of its parts. */
bool printed_beyond(const struct printed *whole, const struct printed *parts, size_t count);

#endif
