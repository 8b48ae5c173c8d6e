/*
 * Everything that is kept. The only door to the database, and it names none of its types.
 *
 * Idempotent: storing what is already known changes nothing and makes no origin. A value that
 * differs from the one known is kept with a revision of what was said before. An answer is stored
 * whole or not at all.
 *
 * Every function returns 0 or -1 with `err`; ERROR_BUSY when somebody else writes just now,
 * ERROR_OURS when the disk or the database is at fault, ERROR_INPUT when the caller's data cannot
 * be stored.
 */
#ifndef METRICSD_STORE_H
#define METRICSD_STORE_H

#include "metricsd/collector.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/health.h"
#include "metricsd/metric.h"
#include "metricsd/record.h"
#include "metricsd/sample.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

enum store_mode {
	STORE_READ,   /* never writes; the file must exist */
	STORE_PERSON, /* metricsctl: waits up to 10 s for a lock; on disk (synchronous=FULL) when it
			 returns */
	STORE_COLLECT, /* the daemon: holds the collector lock (a second one is refused), never
			  waits */
};

/*
 * Opens (and, but for STORE_READ, creates or migrates) the database at `path`; ":memory:" for
 * tests. A schema newer than this program's, a file that is not ours or that is damaged is refused
 * with words that say what to do.
 */
int store_open(const char *path, enum store_mode mode, struct store **ret, struct error *err);
void store_close(struct store *store);

/* A thorough check of the whole file, minutes on a big one; ERROR_OURS says what was found. */
int store_verify(struct store *store, struct error *err);

/* --- transactions
 * ----------------------------------------------------------------------------------------- */

/* Several calls may share one transaction; without it each call that writes has its own. Not
 * nested. A call that is refused (ERROR_INPUT, a clock that went back) has written nothing and
 * leaves the others; after one that failed half-way (disk full, I/O) every further call fails with
 * its words and store_commit() undoes the whole. */
int store_begin(struct store *store, struct error *err);
int store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);

/* --- writing
 * ---------------------------------------------------------------------------------------------- */

enum origin_kind { ORIGIN_REQUEST, ORIGIN_FILE, ORIGIN_PERSON };

/* What brought a number. Texts are borrowed for the call, NULL when there is none. */
struct origin {
	enum origin_kind kind;
	int64_t at;       /* time */
	const char *what; /* the request without dates ("insights day page_views_total"), or the
			     file's name */
	const char *sha256;
	const char *by;
	const char *note;
	const char *evidence;
};

/* How far a sweep is; one row per account and sweep. */
struct sweep_state {
	struct days wanted;
	struct text cursor;
	bool running;         /* wanted and cursor speak of a sweep that has not ended */
	int64_t started;      /* time; 0: never */
	int64_t due;          /* time of the next one, 0: not set */
	int64_t last_success; /* time, 0: never */
	int64_t last_failure;
	int32_t failures;       /* in a row */
	enum error_class class; /* of the last failure; ERROR_NONE after a success */
	struct text words;      /* the last failure's, or the last success's notes */
};
void sweep_state_clear(struct sweep_state *state);

/* Whose answer it is. */
struct channel {
	const char *entity;
	const char *account;
	const char *source;  /* "facebook", "manual", "csv" */
	const char *zone;    /* whose days the samples are */
	const char *subject; /* part of the series' definition: "page 104…"; NULL: none */
	const struct metric *metrics; /* the collector's table; states below are in its order */
};

struct answer {
	struct channel channel;
	const struct findings *findings; /* NULL: only the states move */
	struct origin origin;
	enum sweep sweep;
	const struct sweep_state *state;    /* NULL: leave it */
	const struct metric_states *states; /* NULL: leave them */
};

struct changes {
	size_t samples;   /* new */
	size_t revisions; /* changed: numbers, and publications' times of creation */
	size_t items;     /* new */
	size_t left;      /* of days before a change of definition: left alone, not stored */
	int64_t origin;   /* its number, 0: nothing was new */
};

/* One response's findings, the sweep's state and the metrics' states, in one transaction. */
int store_answer(struct store *store, const struct answer *answer, struct changes *ret,
		 struct error *err);

/* A sweep ended well at `now`: every day of `wanted` was read; state as store_answer(). */
int store_sweep_done(struct store *store, const struct channel *channel, enum sweep sweep,
		     const struct sweep_state *state, const struct days *wanted, int64_t now,
		     struct error *err);

/* Of the days of a sweep that is done: what is known of the metrics that `states` set aside (NULL:
 * of all of them) was not read again with the rest (SAMPLE_UNREAD), until an answer says the same
 * or something else. */
int store_set_aside(struct store *store, const struct channel *channel,
		    const struct metric_states *states, const struct days *read, struct error *err);

/* Only the state (a failure, a new due time). */
int store_sweep_save(struct store *store, const char *entity, const char *account, enum sweep sweep,
		     const struct sweep_state *state, struct error *err);

/* Keeps a body that was refused (cut at 256 KiB; all of them 16 MiB and 30 days) for people to look
 * at. */
int store_refuse(struct store *store, const struct channel *channel, int64_t now, const char *what,
		 int status, const char *words, const char *body, size_t length, struct error *err);

/* Holds outlive a restart. `key` is the account ("entity/account"), token, collector or host name.
 * until 0 removes. */
struct held {
	enum hold_scope scope;
	char key[160];
	int64_t until;
	char why[160];
};
int store_hold(struct store *store, const struct held *held, struct error *err);
int store_holds(struct store *store, int64_t now, struct held **ret, size_t *count,
		struct error *err);

/* What providers say of tokens (metricsd/health.h), one row each. */
int store_token_save(struct store *store, const struct token_health *state, struct error *err);
/* All of them, by name; the caller's to free. */
int store_tokens(struct store *store, struct token_health **ret, size_t *count, struct error *err);

/* A number a person enters or a file brings, for a window of the entity's days. */
struct entry {
	const char *entity, *account, *source; /* "manual", "csv" */
	const char *zone;
	const struct metric *metric;
	struct window window;
	int64_t value, below, above;
};

/* Enters them all or none. `ret` counts; the same numbers again change nothing. */
int store_enter(struct store *store, const struct entry *entries, size_t count,
		const struct origin *origin, struct changes *ret, struct error *err);

/*
 * What a file brings: numbers of several series, publications of one account, or both; all of it or
 * nothing, as one origin. It is read and checked before: only the writing holds the lock.
 */
struct import_lane { /* a series of the file */
	const char *entity, *account, *zone;
	const struct metric *metric;
};
struct import_row {
	struct window window;
	int64_t value, below, above;
	uint32_t flags;
	uint32_t lane;  /* index into the lanes */
	int32_t line;   /* of the file, for the caller */
	uint32_t words; /* the caller's */
};
/* What a publication had gathered since it was made, on the day the file was exported. */
struct import_counter {
	char *id;           /* of the publication */
	const char *metric; /* id */
	enum item_kind kind;
	int64_t value;
};
struct import {
	const char *source;
	const struct import_lane *lanes;
	size_t lane_count;
	const struct import_row *rows; /* ascending by first day is quickest */
	size_t row_count;
	/* publications: `metrics` has one for each kind there is; `listed` are the days of the
	 * channel's zone whose publications are all in the file */
	struct channel channel; /* entity NULL: no publications */
	const struct findings *findings;
	struct window listed;
	const struct import_counter *counters;
	size_t counter_count;
	int32_t as_of;
	struct origin origin;
};

/* Keeps it. `ret` counts; the same again changes nothing. */
int store_import(struct store *store, const struct import *import, struct changes *ret,
		 struct error *err);

/* What stands where the rows would, window.days 0: nothing; whether each publication is kept
 * already; what is said of each counter, INT64_MIN: nothing. Writes nothing. */
int store_import_known(struct store *store, const struct import *import, struct sample *rows,
		       bool *items, int64_t *counters, struct error *err);

/* The day as of which the counters of a file of that hash were kept, DAY_NONE: it brought none. */
int store_import_day(struct store *store, const char *sha256, int32_t *ret, struct error *err);

/* Counters of a publication that stand, ascending by metric, then day. The caller's to free. */
struct kept_counter {
	char metric[ITEM_ID];
	int32_t as_of;
	int64_t value, origin;
};
int store_counters(struct store *store, const char *entity, const char *account, const char *source,
		   const char *id, struct kept_counter **ret, size_t *count, struct error *err);

/* Takes back what entry `origin` brought and still stands; it leaves its trace. ERROR_INPUT when
 * there is none. Never refused for the time: it is the way out when the clock was ahead. */
int store_withdraw(struct store *store, int64_t origin, const struct origin *by,
		   struct changes *ret, struct error *err);

/*
 * Records of registers (metricsd/record.h), all of one entity, all or none. One with an id corrects
 * that record; one without is new, unless the account's list has one of the same days and title
 * (or a `none` of the same days): then it corrects that. What it said before is kept; the same
 * again changes nothing. changes.items counts new ones, changes.revisions corrected ones.
 * ERROR_INPUT for an id that is not there, is withdrawn, or is another account's or list's, for two
 * records of the same days and title that differ, or a correction that would make such two.
 */
int store_record(struct store *store, const char *entity, const struct record *records,
		 size_t count, const struct origin *origin, struct changes *ret, struct error *err);

/* Takes a record back; it leaves its trace. ERROR_INPUT when it does not stand. */
int store_record_withdraw(struct store *store, const char *entity, int64_t id,
			  const struct origin *by, struct changes *ret, struct error *err);

/* A closed period keeps its figures. `json` is canonical (docs/formats.md) and sha256 its hash.
 * ERROR_INPUT when a period of that name is closed already. */
struct closing {
	int64_t id;
	char *entity;
	char *period; /* its name */
	struct window window;
	int64_t at; /* time */
	char *by, *note;
	char sha256[65];
	char *json;
	int64_t reopened_at; /* 0: it is closed */
	char *reopened_by, *reopened_why;
};
int store_closing_add(struct store *store, const struct closing *closing, int64_t *id,
		      struct error *err);
int store_closing_end(struct store *store, int64_t id, const char *by, const char *why, int64_t now,
		      struct error *err);

/* `renamed_from`: all that is kept of `from` becomes that of `to`, which may have numbers already
 * (entered under the new name before this was called). ERROR_INPUT when both have numbers of one
 * metric and source, or records of one list, days and title. Nothing to do is fine and cheap:
 * nobody calls it on its own, so whoever writes calls it first for every account with a
 * renamed_from. */
int store_rename(struct store *store, const char *entity, const char *from, const char *to,
		 struct error *err);

/* --- reading
 * ---------------------------------------------------------------------------------------------- */

/* An account whose history is wanted; publications are counted by its zone's days. */
struct store_account {
	const char *entity;
	const char *account;
	struct zone *zone;
};

/* One series and what it says of the window asked for. Owned by the history. */
struct series {
	int64_t id;
	size_t account; /* index into the accounts asked for */
	const char *metric;
	const char *source;
	const char *zone; /* whose days the samples are; of a counted series that of the account
			   * asked for */
	enum metric_kind kind;
	enum item_kind items;
	struct sample *samples; /* every window that overlaps the one asked for; ascending by first
				 * day, then days. Counted series: one sample per day that was
				 * watched wholly, 0 included */
	size_t count, room;
	struct {
		int32_t first;
		const char *text;
	} * definitions; /* ascending */
	size_t definition_count;
	int32_t *breaks; /* the definitions' first days */
};

struct history {
	struct series *series;
	size_t count;
	/* When each day of the window was last read by a whole sweep of account a, 0: never:
	 * readings[a * window.days + i] of the i-th day. */
	int64_t *readings;
	void *memory; /* the store's */
};

/* Cost grows with the window and the accounts asked for, not with what is stored. metric NULL: all
 * of them. */
int store_history(struct store *store, const struct store_account *accounts, size_t count,
		  const char *metric, struct window window, struct history *ret, struct error *err);
void history_clear(struct history *history);

int store_sweep_load(struct store *store, const char *entity, const char *account, enum sweep sweep,
		     struct sweep_state *ret, struct error *err);
int store_metric_states(struct store *store, const char *entity, const char *account,
			const struct metric *metrics, struct metric_states *ret, struct error *err);

/* What a collector kept for itself (findings_keep()): the part whose name begins with `prefix` and
 * comes after `after`. 1, 0: no more, or -1. */
int store_part_next(struct store *store, const char *entity, const char *account,
		    const char *prefix, const char *after, struct text *name, struct text *bytes,
		    struct error *err);

/* When each day of the window was last read by a whole sweep: ret[i] for window.first + i, 0:
 * never. */
int store_readings(struct store *store, const char *entity, const char *account,
		   struct window window, int64_t *ret, struct error *err);

/* First day with anything stored for the account, DAY_NONE: nothing. */
int store_first_day(struct store *store, const char *entity, const char *account, int32_t *ret,
		    struct error *err);

/* The stretches of time in [since, until) in which publications of a kind could have gone unseen.
 */
int store_unwatched(struct store *store, const char *entity, const char *account,
		    const char *source, enum item_kind kind, int64_t since, int64_t until,
		    struct watch **ret, size_t *count, struct error *err);

/* Entries by people and files that still stand, newest first, for lists and for `withdraw`. The
 * caller frees with entries_free(). */
struct kept_entry {
	int64_t origin;
	int64_t at;
	char *entity, *account, *metric, *source, *by, *note, *evidence, *what;
	struct window window;
	int64_t value, below, above;
};
int store_entries(struct store *store, const char *entity, const char *account,
		  struct kept_entry **ret, size_t *count, struct error *err);
void entries_free(struct kept_entry *entries, size_t count);

/* Records that stand of an entity, ascending by first day, then title. `account` and `list` NULL:
 * all of them; window.days 0: of all days, else those with a day in it. */
int store_records(struct store *store, const char *entity, const char *account, const char *list,
		  struct window window, struct record **ret, size_t *count, struct error *err);
/* Every version of a record, oldest first; a withdrawal is one: it repeats what was said, and the
 * note of its origin says why. */
int store_record_history(struct store *store, const char *entity, int64_t id, struct record **ret,
			 size_t *count, struct error *err);
void record_clear(struct record *record);
void records_free(struct record *records, size_t count);

/* Closed and reopened periods of an entity, oldest first. `json` is NULL here: store_closing_json()
 * reads it (the caller frees it). */
int store_closings(struct store *store, const char *entity, struct closing **ret, size_t *count,
		   struct error *err);
int store_closing_json(struct store *store, int64_t id, char **ret, struct error *err);
void closings_free(struct closing *closings, size_t count);

/* --- where numbers come from */

struct kept_origin {
	int64_t id;
	enum origin_kind kind;
	int64_t at;
	char *what, *sha256, *by, *note, *evidence; /* NULL: none */
};
/* ERROR_INPUT when there is none of that number. */
int store_origin(struct store *store, int64_t id, struct kept_origin *ret, struct error *err);
void kept_origin_clear(struct kept_origin *origin);

/* What the samples of a series (struct series.id) that overlap the window said before, oldest
 * first; also of windows that were withdrawn. */
struct kept_revision {
	struct sample sample; /* with the origin that had brought it */
	int64_t replaced_by;  /* the origin that ended it */
};
int store_revisions(struct store *store, int64_t series, struct window window,
		    struct kept_revision **ret, size_t *count, struct error *err);

/* The publications of a counted series created in [since, until), ascending. */
struct kept_item {
	char id[ITEM_ID];
	int64_t created; /* time */
	int64_t origin;
	int64_t gone; /* time it was noticed, 0: listed still */
};
int store_items(struct store *store, int64_t series, int64_t since, int64_t until,
		struct kept_item **ret, size_t *count, struct error *err);

/*
 * For whoever keeps figures made from the store: the highest number of an origin, and the days that
 * may have changed since one that was the highest at the time `at`.
 */
int store_last_origin(struct store *store, int64_t *ret, struct error *err);

/* An account something changed of, from a day on (DAY_NONE: from its first). People and files count
 * from the first day; requests from a month before the first day a whole sweep has read since, or
 * still wants: windows that end there begin before it. `origin` 0: all of them. */
struct touched {
	char *entity, *account;
	int32_t from;
};
int store_touched(struct store *store, int64_t origin, int64_t at, struct touched **ret,
		  size_t *count, struct error *err);
void touched_free(struct touched *touched, size_t count);

/* Counts of the whole store, for tests: walks the whole file, a second with 20 million samples. */
struct store_totals {
	int64_t series, samples, items, origins;
	int64_t revisions; /* of samples, and of publications' times of creation */
	int64_t refused;
};
int store_totals(struct store *store, struct store_totals *ret, struct error *err);

static inline void scoped_store(struct store **store)
{
	store_close(*store);
}

static inline void scoped_history(struct history *history)
{
	history_clear(history);
}

#endif
