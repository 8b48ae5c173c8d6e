/*
 * What the files of this room share: the days a figure is asked for, the days a definition is valid
 * for, and one track's answer.
 */
#ifndef METRICSD_FIGURES_PARTS_H
#define METRICSD_FIGURES_PARTS_H

#include "metricsd/figure.h"

/* A period of one account, seen on a day. */
struct span {
	struct window period;  /* cut to the account's life */
	struct window elapsed; /* its days before today: those that can be known */
	struct window exists;  /* the account's life; .days 0: without limit */
	int32_t today;
	bool running;           /* the period has today or days to come */
	struct window asked;    /* the days read_on speaks of */
	const int32_t *read_on; /* of struct scope */
	struct trace *trace;    /* is given what is used; NULL: only looking */
};

struct span span_of(const struct scope *scope, struct window period);

/* A window's days of the account's life; .days 0 when it has none of them in the span's period. */
struct window span_cut(const struct span *span, struct window window);

/* The days [first, end) one definition of a track is valid for. */
struct reach {
	int32_t first, end;
};

static inline bool reach_holds(struct reach reach, struct window window)
{
	return window.first >= reach.first && window_end(window) <= reach.end;
}

/* Where the products of two numbers, or of one and a power of ten, must not overflow. */
__extension__ typedef __int128 wide;

static inline int64_t bounded(wide number)
{
	if (number > INT64_MAX)
		return INT64_MAX;
	return number < INT64_MIN ? INT64_MIN : (int64_t)number;
}

/* Sums that stop at the ends of int64_t. */
static inline int64_t plus(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static inline int64_t minus(int64_t a, int64_t b)
{
	int64_t difference;

	if (__builtin_sub_overflow(a, b, &difference))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return difference;
}

static inline int64_t sample_low(const struct sample *sample)
{
	return minus(sample->value, sample->below);
}

static inline int64_t sample_high(const struct sample *sample)
{
	return plus(sample->value, sample->above);
}

/* What figure.said_by and figure.counted_by are added up from. */
uint64_t source_hash(const char *source);
uint64_t definition_hash(const char *source, int32_t definition);

/* Forgets the uses that were added since it had `count`. */
static inline void trace_cut(struct trace *trace, size_t count)
{
	if (trace && trace->count > count)
		trace->count = count;
}

/* A figure that is growing: windows come in ascending order of their first day. */
struct tally {
	struct figure figure;
	const struct span *span;
	const struct track *track; /* of the first number in it */
	const struct track *asked; /* whose days may lack; NULL: nobody's */
	const struct track *first; /* of several: where they begin, for `used`; NULL: one alone */
	uint64_t used;             /* a bit for each of several that has a number in it */
	int32_t reached;           /* elapsed days before it are known or listed as lacking */
	size_t traced;             /* uses that were in the trace before it */
	bool open;                 /* a number in it is only "at least" */
};

/* What nothing is known of yet. `track` may be NULL. */
struct tally tally_start(const struct track *track, const struct span *span);

/* The elapsed days of a window are known. */
void tally_days(struct tally *tally, struct window window);

/* What using a sample says beside its number: whose it is, an estimate, still settling. */
void tally_use(struct tally *tally, const struct track *track, const struct sample *sample);

/* Uses one more sample and adds its number and bounds. */
void tally_add(struct tally *tally, const struct track *track, const struct sample *sample);

/* Lists the other days as lacking, leaves the figure without a number. */
struct figure tally_none(struct tally *tally);

/* Lists the other days as lacking; the form follows from the bounds. */
struct figure tally_figure(struct tally *tally);

/* One track's figure, from the windows that lie wholly within `reach`. */
struct figure flow_of(const struct track *track, const struct span *span, struct reach reach);
struct figure unique_of(const struct track *track, const struct span *span, struct reach reach);
struct figure stock_of(const struct track *track, const struct span *span);
struct figure ratio_of(const struct track *track, const struct span *span);

/* The day of a stock's last level in the span, DAY_NONE when it has none. */
int32_t stock_last_day(const struct track *track, const struct span *span);

/* Days of several tracks put together (TRACKS_MAX at most); `reaches` has one for each, `used` is
 * given a bit for each that is in it. */
enum { TRACKS_MAX = 64 };
struct figure flow_combined(const struct track *tracks, const struct reach *reaches, size_t count,
			    const struct span *span, uint64_t *used);

#endif
