/*
 * Registers: dated things a person records. Events with their attendance, campaigns, risks, and
 * what an office counts one by one (bulletins, interviews): a metric of `entered`.
 *
 * A month of a register is known when something is recorded in it, or when somebody said that there
 * was nothing (`none`). Other months lack: that nobody wrote anything down is no zero.
 */
#ifndef METRICSD_RECORD_H
#define METRICSD_RECORD_H

#include "metricsd/day.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The lists that are registers of their own; any other list is the id of a metric of `entered`. */
#define RECORD_EVENTS "events"
#define RECORD_CAMPAIGNS "campaigns"
#define RECORD_RISKS "risks"

/* The source of what is counted over records. */
#define RECORD_SOURCE "register"

/* One record, as it stands. Texts are NULL when nothing was said; what the store reads is owned by
 * the records_free() that follows, what it is given is borrowed for the call. */
struct record {
	int64_t id;           /* the store's number; 0 before it is stored */
	char *account;        /* id */
	char *list;           /* RECORD_EVENTS, …, or the id of a metric */
	struct window window; /* its days; of a risk the period it speaks of */
	char *title;          /* never NULL, but of a `none` */
	char *responsible;
	bool none;      /* there was nothing in these days (whole months) */
	bool known;     /* number was said */
	int64_t number; /* people who came; 1 or 0 whether a risk came true; how many were counted
			 */
	int32_t noted;  /* day of the statement, where it matters (risks); DAY_NONE: not said */
	char *details;  /* further columns, a JSON object of texts with sorted names */
	char *note;
	char *evidence; /* link, or name of a file */
	char *sha256;   /* of that file */

	/* of what is stored: what brought this version of it */
	int64_t origin;
	int64_t at; /* time */
	char *by;
	bool withdrawn; /* only in a record's history */
};

/* Whether a risk was stated before the period it speaks of began: text carried over, which says
 * nothing of it. */
static inline bool record_stale(const struct record *record)
{
	return record->list && strcmp(record->list, RECORD_RISKS) == 0 && !record->none &&
	       record->noted != DAY_NONE && record->noted < record->window.first;
}

/* How a register's figure is made of its records. */
enum measure {
	MEASURE_NONE,
	MEASURE_COUNT,   /* records that begin in the period (flow) */
	MEASURE_SUM,     /* of their numbers; one that is not known leaves it open (flow) */
	MEASURE_MEAN,    /* of the numbers that are known, with one decimal (ratio) */
	MEASURE_MAX,     /* the largest number; one that is not known leaves it open (unique) */
	MEASURE_PRESENT, /* records with a day in the period (unique: months share them) */
	MEASURE_TRUE,    /* records whose number is not 0 (unique); a stale one is not known */
};

#endif
