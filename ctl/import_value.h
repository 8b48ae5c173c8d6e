/*
 * Numbers and dates as exports write them.
 */
#ifndef METRICSD_CTL_IMPORT_VALUE_H
#define METRICSD_CTL_IMPORT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct import_names;

struct import_number {
	bool none; /* an empty cell, or a word for it */
	int64_t value;
	int64_t half; /* the true number is no further away: half a step of what it was rounded to
		       */
};

/*
 * "12400", "12,400", "1.234.567", "73,3 mil", "4.4K". ERROR_INPUT for what has decimals without
 * such a word, is below zero, or was damaged by a spreadsheet ("1.22E+05").
 */
int import_number(const struct import_names *names, const char *text, struct import_number *ret,
		  struct error *err);

enum date_order { ORDER_NONE, ORDER_DAY_FIRST, ORDER_MONTH_FIRST };

struct import_date {
	int32_t day;
	int32_t months; /* 1: "2025-10", the whole month; else 0 */
	bool timed;     /* it has a time of the day: `seconds` */
	int32_t seconds;
	bool utc;     /* `seconds` and `day` are UTC: it stated its offset */
	bool ordered; /* two numbers and a year, in the order that was asked for */
	int a, b;     /* the two, as they are written */
};

/*
 * "2026-03-10", with or without a time, "20260310", "Tue, Mar 10, 2026", "10 de marzo de 2026",
 * "03/10/2026 18:12" in the order given (ORDER_NONE: month first, to look at a and b).
 */
int import_date(const struct import_names *names, const char *text, enum date_order order,
		struct import_date *ret, struct error *err);

#endif
