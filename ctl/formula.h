/*
 * How a figure comes about, in a line of words, and what lacks in it.
 */
#ifndef METRICSD_CTL_FORMULA_H
#define METRICSD_CTL_FORMULA_H

#include "board.h"

struct text;

/* How a figure of the register is made of its records; MEASURE_NONE: of no register. */
enum measure subject_measure(const struct subject *subject);

/*
 * What the subject's figure over a period was made of, appended to `out`: its months ("10 + 13 +
 * 14"), the accounts of a group, the terms of a derived metric, the records of a register ("(45 +
 * 16 + 40) / 3"). Nothing where that does not make the figure: a number that was stated for the
 * whole period is no sum. In the language in use.
 */
void formula_add(const struct board *board, const struct subject *subject,
		 const struct period *period, struct language *language, struct text *out);

/* The days nothing is known of ("2025-12-01..2025-12-31", of a group or derived metric for each
 * account) and the records without a number, appended to `out`; nothing when nothing lacks. */
void lacking_add(const struct board *board, const struct subject *subject,
		 const struct period *period, struct text *out);

#endif
