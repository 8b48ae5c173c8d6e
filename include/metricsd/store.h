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
#include "metricsd/gap.h"
#include "metricsd/health.h"
#include "metricsd/lapse.h"
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

/* Whether the file's first bytes say that it is something else than a database of metricsd. Of one
 * that cannot be read nothing is said: false. */
bool store_is_foreign(const char *path);

/* Asked again and again while something takes long whether it is to go on; `false` ends it. */
struct store_patience {
	bool (*lasts)(void *data);
	void *data;
};

/* store_open(), which of a big database of an older schema takes minutes: it is copied, looked at
 * and brought up. -1 also when the patience ended: then the schema is the older one or the newest.
 */
int store_open_patiently(const char *path, enum store_mode mode,
			 const struct store_patience *patience, struct store **ret,
			 struct error *err);

/* A thorough check of the whole file, minutes on a big one; ERROR_OURS says what was found. */
int store_verify(struct store *store, struct error *err);

/* --- copies
 * --------------------------------------------------------------------------------------------- */

/* What a database holds. */
struct store_contents {
	int version;         /* of its schema */
	int64_t size;        /* bytes of its file */
	int64_t newest;      /* time of the last thing that was kept in it, 0: nothing was */
	int32_t first, last; /* days it has figures of, DAY_NONE: none */
	int64_t origin;      /* the highest number of an origin */
	int64_t closing;     /* and of a closing */
};

/* Whether a file nobody changes is a whole database of metricsd that this program understands. It
 * is only read. ERROR_OURS says what it is else. */
int store_inspect(const char *path, struct store_contents *ret, struct error *err);

/* Where a copy goes: `temporary`, in the same directory, is what it is called until it is whole. */
struct store_copy {
	const char *file, *temporary;
	unsigned mode; /* permissions of the file */
	bool replace;  /* a file that is there; else that is refused */
};

/* A copy as of one moment, looked at like store_inspect(), on disk under its name when this
 * returns. Nobody who writes waits for it. */
int store_backup(struct store *store, const struct store_copy *copy, struct store_contents *ret,
		 struct error *err);

/* That a backup as of `at` was made, looked at, and lies at `path` (absolute). It is written down
 * after the copy, which so knows of the one before. */
int store_backup_keep(struct store *store, int64_t at, const char *path, struct error *err);
/* The last one; `at` 0: none is known, else `path` is the caller's to free. */
int store_backup_last(struct store *store, int64_t *at, char **path, struct error *err);

/* Puts a backup in the place of the database at `path`, brought up to this program's schema.
 * ERROR_BUSY while anybody has the database open. The old one is kept beside it. Cut off, it leaves
 * the one or the other; with -1 the old one is in its place, unless the words say that the backup
 * takes it when the database is next opened. */
struct store_restoring {
	const char *path;
	const char *published; /* the published figures, which are forgotten; NULL: none */
	const char *name;      /* of the backup, in words */
	const char *origin;    /* where it lies, absolute: the last backup of what is restored */
	int file, log;         /* descriptors: the backup, and a log that belongs to it, -1: none */
	int64_t now;           /* time */
};
struct store_restored {
	struct store_contents contents; /* as they were in the backup */
	char *kept;                     /* where the old one is, NULL: there was none; free() it */
	/* entered, imported, recorded, taken back and signed in the old one after the backup; -1:
	 * it cannot be read */
	int64_t entries, closings;
};
int store_restore(const struct store_restoring *wish, struct store_restored *ret,
		  struct error *err);

/* The version of the schema the database has. */
int store_schema_version(struct store *store, int64_t *ret, struct error *err);

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
/* Nothing is kept of a token that is not configured any more. */
int store_token_drop(struct store *store, const char *name, struct error *err);
/* All of them, by name; the caller's to free. */
int store_tokens(struct store *store, struct token_health **ret, size_t *count, struct error *err);

/* --- lapses (metricsd/lapse.h): when an account was not read, and why. All of these join the
 * caller's transaction, so that a lapse and the state of its sweep are kept together.
 *
 * A row for each cause since the last success at most, whatever took turns; what a later success
 * made harmless goes again. */

/* A sweep did not succeed at `now`: a lapse begins, unless one of the same class lasts. Of another
 * class that one ends, and one of this class since the last success goes on. */
int store_lapse_begin(struct store *store, const char *entity, const char *account,
		      enum sweep sweep, enum error_class class, const char *words, int64_t now,
		      struct error *err);

/* A sweep succeeds at `now`: what lasts ends. Those since the success before, which the store still
 * knows as the sweep's last one, are forgotten when together they took less than `harmless_s`: all
 * that could be had was had. */
int store_lapse_end(struct store *store, const char *entity, const char *account, enum sweep sweep,
		    int64_t now, int64_t harmless_s, struct error *err);

/* A stretch that is over, of any cause but LAPSE_FAILED; nothing of an account that is not stored.
 * One of the same cause since the last success goes on instead. Older ones of the cause that took
 * less than `harmless_s` and had a success since are forgotten. */
int store_lapse_add(struct store *store, const char *entity, const char *account,
		    const struct lapse *lapse, int64_t harmless_s, struct error *err);

/* The clock was ahead: what lies beyond `now` did not happen. */
int store_lapses_set_back(struct store *store, int64_t now, struct error *err);

/* Those of an account that reach into [since, until), ascending. The caller's to free. */
int store_lapses(struct store *store, const char *entity, const char *account, int64_t since,
		 int64_t until, struct lapse **ret, size_t *count, struct error *err);

/* The daemon's sign of life, and the last one (0: there was none). */
int store_alive(struct store *store, int64_t now, struct error *err);
int store_last_alive(struct store *store, int64_t *ret, struct error *err);

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

/* The accounts somebody may have to be told of, ascending bytewise: whose daily sweep failed, is
 * under way or left words with `mark` in them, or of whose metrics one has retired. The caller
 * frees. */
struct account_name {
	char name[160]; /* "entity/account" */
};
int store_accounts_to_tell(struct store *store, const char *mark, struct account_name **ret,
			   size_t *count, struct error *err);

/* What a collector kept for itself (findings_keep()): the part whose name begins with `prefix` and
 * comes after `after`. 1, 0: no more, or -1. */
int store_part_next(struct store *store, const char *entity, const char *account,
		    const char *prefix, const char *after, struct text *name, struct text *bytes,
		    struct error *err);

/* When each day of the window was last read by a whole sweep: ret[i] for window.first + i, 0:
 * never. */
int store_readings(struct store *store, const char *entity, const char *account,
		   struct window window, int64_t *ret, struct error *err);

/* What must be known of a collected account to say why days of `window` lack (metricsd/gap.h): days
 * of `zone`, of publications those of `local`; the facts borrow both. While the daemon gives no
 * sign of life there is a lapse that lasts among them, though none is stored before it starts
 * again. The caller clears them. */
int store_gap_facts(struct store *store, const char *entity, const char *account,
		    const struct collector *collector, struct zone *zone, struct zone *local,
		    struct window window, int64_t now, struct gap_facts *ret, struct error *err);

/* First day with anything stored for the account, DAY_NONE: nothing. Of publications it is the
 * first whole day of `zone` in which all were listed: that of the account, whose days they are. */
int store_first_day(struct store *store, const char *entity, const char *account, struct zone *zone,
		    int32_t *ret, struct error *err);

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

/* --- alerts: what people are told of, and how far the telling is (docs/alerts.md)
 * -----------------------------------------------------------------------------------------------
 */

enum alert_kind {
	ALERT_TROUBLE, /* lasts until it is ended */
	ALERT_NOTE,    /* is over with its telling */
};

/* What of an alert is told; ALERT_WORSE and above: it went on to get worse. */
enum { ALERT_BEGAN = 0, ALERT_ENDED = 1, ALERT_WORSE = 2, ALERT_PART_MAX = 9 };

/* Texts are borrowed for the call. */
struct alert {
	enum alert_kind kind;
	const char *cause;       /* what it is known again by: "token:meta" */
	const char *entity;      /* "": of several, or of none */
	const char *subject;     /* one line for people */
	const char *words;       /* the whole text for them */
	int64_t since;           /* time */
	int part;                /* how bad it is already: ALERT_BEGAN, ALERT_WORSE, … */
	bool told;               /* people know of it: that a day lies between two was seen to */
	const char *const *ways; /* by which it is to be told: "mail", "hook:NAME"; ends with NULL.
				  * Of troubles the log is told besides ("log") */
};

/* An alert begins, or one that lasts has got worse: its texts are renewed and `part` is told unless
 * it was, with all that was still to be told of it: *id is its number. Nothing happens (0) while
 * that is known already, when one of the same cause began less than a day before (of one that was
 * `told`: at the same time), or for a note of the same cause, whenever that was. Of those that
 * ended more than a year ago nothing stays. */
int store_alert_raise(struct store *store, const struct alert *alert, int64_t *id,
		      struct error *err);

/* The cause is over. What of it was still to be told is not any more, for its end says all.
 * *ended: there was one. */
int store_alert_end(struct store *store, const char *cause, int64_t now, const char *const *ways,
		    bool *ended, struct error *err);

/* The ways there are from now on: what lasts is told by those that are new, as bad as it is; what
 * was to be told by one that is gone is not any more, and is forgotten. */
int store_alert_ways(struct store *store, int64_t now, const char *const *ways, struct error *err);

struct kept_alert {
	int64_t id;
	enum alert_kind kind;
	char *cause, *entity, *subject, *words;
	int64_t since, ended; /* times; ended 0: it lasts */
};
/* Those that last or ended at or after `since`, the latest to begin first. */
int store_alerts(struct store *store, int64_t since, struct kept_alert **ret, size_t *count,
		 struct error *err);
void kept_alert_clear(struct kept_alert *alert);
void kept_alerts_free(struct kept_alert *alerts, size_t count);

/* The telling of one part of an alert by one way. */
struct delivery {
	int64_t alert;
	int part;
	char way[80];
	int64_t due; /* time of the next try */
	int tries;
	bool over;       /* told, or not tried any more */
	int64_t told;    /* time, 0: it was not */
	char words[256]; /* why the last try failed, or what was said to it */
};

/* The first that `way` owes at `now`, in the order they came about, with its alert: 1; 0: none;
 * -1. */
int store_delivery_due(struct store *store, const char *way, int64_t now, struct delivery *ret,
		       struct kept_alert *alert, struct error *err);
/* When its next one is due, INT64_MAX: none is owed. */
int store_delivery_next(struct store *store, const char *way, int64_t *ret, struct error *err);
/* What came of a try. One that is not owed any more stays so, unless it was told. */
int store_delivery_save(struct store *store, const struct delivery *delivery, struct error *err);
/* Those of an alert, by way and part; the caller's to free. */
int store_deliveries(struct store *store, int64_t alert, struct delivery **ret, size_t *count,
		     struct error *err);

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
