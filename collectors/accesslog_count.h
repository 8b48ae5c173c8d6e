/*
 * What the lines of an access log add up to: pages, hits, visits and visitors by the day, visitors
 * by the month, and why a line did not count. Pure; the zone, the keys and the lines come in.
 */
#ifndef METRICSD_COLLECTORS_ACCESSLOG_COUNT_H
#define METRICSD_COLLECTORS_ACCESSLOG_COUNT_H

#include "accesslog_line.h"
#include "accesslog_set.h"

#include "metricsd/day.h"
#include "metricsd/siphash.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bots;
struct error;

/* The settings of `collector = "accesslog"`, as the configuration fills them. */
struct accesslog {
	const char *log;
	const char *format;
	const char *bots;
	const char *bots_directory;
	const char *client;
	const char *forwarded;
	const char **hosts;
	const char **methods;
	const char **statuses;
	const char **static_suffixes;
	const char **ignore_paths;
	const char **allow;
	const char **deny;
	int64_t gap_minutes;
	int64_t forwarded_hops;
	int64_t every_minutes;
	bool cut_at_midnight;
	bool empty_agents;
	bool without_robots_txt;
	bool without_errors_only;
};

/* Why a line did not count as a page. */
enum reason {
	REASON_NONE, /* it did */
	REASON_FORMAT,
	REASON_TIME,
	REASON_REQUEST,
	REASON_LONG,
	REASON_FUTURE,
	REASON_EARLY, /* before the first day that is counted */
	REASON_LATE,  /* of a month that is closed */
	REASON_HOST,
	REASON_DENIED,
	REASON_METHOD,
	REASON_STATUS,
	REASON_PATH,
	REASON_AGENT, /* empty */
	REASON_BOT,
	REASON_STATIC,
	REASON_ROBOTS_TXT,
	REASON_ERRORS,
};
enum { REASONS = REASON_ERRORS + 1 };

/* "static", "bot", … as status and the stored state have them; in words. */
const char *reason_name(enum reason reason);
const char *reason_words(enum reason reason);

/* The settings in the form in which lines are held against them. */
struct rules;
int rules_new(const struct accesslog *settings, struct rules **ret, struct error *err);
void rules_free(struct rules *rules);
const struct log_format *rules_format(const struct rules *rules);

/* What differs from the definition that holds unless something is configured; 0: nothing does. */
uint32_t rules_mark(const struct accesslog *settings);

/* What is known of a day. */
struct day_count {
	int32_t day;
	bool told;      /* as it stands it was told already */
	bool at_least;  /* there was no room for all its clients, or lines of it were lost */
	uint32_t hours; /* bit n: a line of its n-th hour */
	int64_t lines, hits, pages, visits, visitors;
	/* when the key of its month was lost: who comes again from then on is not known again */
	bool lost;
	int64_t lost_visitors, lost_visits; /* so many were known */
	int64_t doubtful;                   /* visits that may be counted a second time */
};

/* What of it is certain; AT_LEAST by day_is_lost(). */
int64_t day_visitors(const struct day_count *day);
int64_t day_visits(const struct day_count *day);

/* Whether clients came after the key was lost, who may be counted already. */
bool day_is_lost(const struct day_count *day);

/* A month and its clients. Its key dies with it. */
struct month_count {
	struct window month;
	int64_t begins, ends; /* time */
	unsigned char key[SIPHASH_KEY];
	bool has_key;
	uint64_t mark; /* tells one key from another: 0: it never had one */
	bool told;
	bool at_least;  /* there was no room, or its key was lost once */
	int64_t lost;   /* so many visitors were known when it was */
	bool renewed;   /* what is kept of its clients was made with a key that was lost */
	int64_t people; /* clients that came on some day of it */
	struct visitors visitors;
	uint64_t used;       /* number of the line that used it last */
	struct text records; /* of the block that is not full yet: hash and day, 9 bytes each */
	struct text full;    /* blocks that were filled since they were kept last */
	size_t block;        /* number of the first block of `full`, then of `records` */
};

enum {
	MONTHS_OPEN = 3,
	RECORD_BYTES = 9,
	BLOCK_RECORDS = 8192,
	BLOCK_BYTES = RECORD_BYTES * BLOCK_RECORDS,
	ROBOT_BIT = 31, /* in place of a day: the client fetched robots.txt */
};

struct counter {
	const struct rules *rules;
	const struct bots *bots; /* NULL: none */
	struct zone *zone;
	int64_t now;
	struct days only; /* count these days alone; .count 0: all from `from` on */
	int32_t from;     /* DAY_NONE: all */

	struct day_count *days; /* ascending */
	size_t day_count, day_room;
	struct month_count months[MONTHS_OPEN];
	size_t month_count;
	int32_t *closed; /* first days of months that are over and done with */
	size_t closed_count, closed_room;
	struct visits visits;
	int64_t clock; /* the time the log is at, INT64_MIN: no page yet */
	int strays;    /* pages in a row that were far from it */
	int64_t lines, pages, reasons[REASONS];
	int64_t first,
		last; /* time of the earliest and latest line, INT64_MAX and INT64_MIN: none */

	int64_t future; /* time of the line read last when it is of the future, else INT64_MIN */
	int32_t needed; /* the month whose key is needed, or DAY_NONE */

	/* scratch: where the line before was */
	struct log_clock line_clock;
	int64_t day_begins, day_ends;
	size_t day;   /* index */
	size_t month; /* index */
	bool placed;  /* the four above hold */
	struct agents *agents;
	/* one address with nearly all lines: whose turn it would be, by majority */
	char proxy[64];
	size_t proxy_length;
	int64_t proxy_weight, proxy_lines;
};

void counter_start(struct counter *counter, const struct rules *rules, struct zone *zone,
		   int64_t now);
void counter_clear(struct counter *counter);

/* Counts a line, without its newline: 1; 0: it was not counted, since the key of the month
 * `counter->needed` is needed first (counter_open_month()). */
int counter_line(struct counter *counter, const char *bytes, size_t length);

/* Whether a line alone is understood. */
bool counter_understands(const struct counter *counter, const char *bytes, size_t length);

/* Between what was read last and what begins on day `until` lines may be missing: the days there
 * are are "at least". */
void counter_gap(struct counter *counter, int32_t until);

/* A line that was longer than lines are. */
void counter_long_line(struct counter *counter);

/* The month with its key. When MONTHS_OPEN are open already the one that was used longest ago is
 * taken out first: it is to be closed by counter_close_month() before. */
struct month_count *counter_open_month(struct counter *counter, int32_t month,
				       const unsigned char key[SIPHASH_KEY]);
struct month_count *counter_find_month(struct counter *counter, int32_t month);
struct month_count *counter_idle_month(struct counter *counter);
void counter_close_month(struct counter *counter, struct month_count *month);

/* A month as it was kept, still without its key; then its records; then its key. */
struct month_count *counter_restore_month(struct counter *counter, int32_t month);
int counter_restore_records(struct counter *counter, struct month_count *month, size_t block,
			    const char *bytes, size_t length);
void counter_give_key(struct counter *counter, struct month_count *month,
		      const unsigned char key[SIPHASH_KEY]);

struct day_count *counter_day(struct counter *counter, int32_t day);

/* Whether one address has nearly all lines. */
bool counter_is_proxied(const struct counter *counter);

#endif
