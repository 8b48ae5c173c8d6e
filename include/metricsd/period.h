/*
 * Periods an office reports: months, bimesters, quarters, semesters, years, free ranges of days,
 * all in the entity's calendar. Pure day arithmetic.
 */
#ifndef METRICSD_PERIOD_H
#define METRICSD_PERIOD_H

#include "metricsd/day.h"

#include <stddef.h>
#include <stdint.h>

struct error;

enum period_kind {
	PERIOD_DAYS,     /* 2025-10-01..2025-11-15, or one day */
	PERIOD_MONTH,    /* 2025-10 */
	PERIOD_BIMESTER, /* 2025-B5 */
	PERIOD_QUARTER,  /* 2025-Q4 */
	PERIOD_SEMESTER, /* 2026-S1 */
	PERIOD_YEAR,     /* 2025 */
	PERIOD_YEARS,    /* 2024..2027 */
	PERIOD_NAMED,    /* days an entity has given a name in the configuration */
};

enum { PERIOD_TEXT = 32 };

struct period {
	enum period_kind kind;
	struct window window;
	char name[PERIOD_TEXT]; /* as it is written, in its canonical form */
};

/* Any form above; "2025-q4" is 2025-Q4, a range of one day is that day, of one year that year.
 * ERROR_INPUT names the forms that are understood. */
int period_parse(const char *text, struct period *ret, struct error *err);

/* The month `window` is, as a period; the last month that is over on `today`. */
struct period period_month(struct window month);
struct period period_last_month(int32_t today);

/*
 * The period before, of the same kind and length (the quarter before a quarter, as many days before
 * days); the same one a year before (the days a year back; of February 29th the 28th). -1 when
 * there is none: a named period has none before it, nor has the first year there is.
 */
int period_before(const struct period *period, struct period *ret);
int period_year_before(const struct period *period, struct period *ret);

/* The calendar months wholly inside the period, first to last, as many of them as there is `room`
 * for in `ret`. Returns how many it wrote. */
size_t period_months(const struct period *period, struct period *ret, size_t room);

#endif
