/*
 * What the files of this room share: the handle, statements, what is known by heart, and how
 * numbers are told to the database.
 *
 * A change is checked whole before its first write, so a refusal leaves nothing behind and costs no
 * savepoint. What can still fail after that (disk full, I/O) undoes the transaction it stands in.
 */
#ifndef METRICSD_STORE_INTERNAL_H
#define METRICSD_STORE_INTERNAL_H

#include "metricsd/store.h"

#include <sqlite3.h>

enum {
	APPLICATION_ID = 0x6d747263, /* "mtrc" */
	DAY_SECONDS = 86400,
	QUERY_SLOTS = 512, /* at least twice as many as there are statements */
	KNOWN_BUCKETS = 1024,
	KNOWN_ACCOUNTS_MAX = 256, /* more are forgotten and read again */
	NAME_BUCKETS = 64,
	PHRASES = 16,
	ALONGS = 2, /* a sweep begins with the last weeks, and the month that became final */
	ALONG_ACCOUNTS = 32,
	ALONG_DAYS = 32,
	SERIES_BLOCK = 16, /* series of an account lie together: one page a day holds them */
};

/* --- sql.c: statements and transactions */

struct phrase {
	char *text;
	int64_t id;
};

struct query {
	const char *sql; /* its address is its identity */
	sqlite3_stmt *statement;
};

struct store {
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	int lock;   /* descriptor of the collector lock, -1: none */
	int place;  /* descriptor of its directory while that is locked, -1: none */
	bool keeps; /* a copy is kept of what another schema is made of */
	const struct store_patience *patience; /* while it is opened; NULL: without end */
	struct query queries[QUERY_SLOTS];

	bool begun;       /* by store_begin() */
	bool open;        /* a transaction is, as far as we know */
	bool writing;     /* the change at hand has passed its checks */
	int unflushed;    /* sweeps that ended since what changed was last written out */
	bool broken;      /* a change failed half-way: nothing of the transaction will be kept */
	struct error why; /* words of what broke it */

	int64_t version; /* data_version when `known` was last right */
	/* as of this transaction: */
	int64_t last_at; /* time of the newest origin that still says something; INT64_MIN: not
			  * read yet */
	int64_t last_standing; /* its number, 0: there is none */
	bool last_entered;     /* by people or a file: can be withdrawn */
	int64_t last_record;   /* a record it brought that stands, 0: none */
	int64_t last_origin;   /* the highest number */
	struct days printed;   /* the days a sweep wanted last, and their text */
	struct text printed_text;
	struct known {
		struct known_account *accounts[KNOWN_BUCKETS];
		struct name *names[NAME_BUCKETS];
		struct known_zone *zones;
		size_t zone_count, zone_room;
		size_t count;
		struct phrase phrases[PHRASES]; /* the texts used last */
		bool ahead;                     /* knows what is not committed */
	} known;
	struct readings_along {
		int64_t asked; /* the account asked for last */
		int64_t first, accounts;
		struct window window;
		int64_t at[ALONG_ACCOUNTS][ALONG_DAYS];
	} along[ALONGS]; /* readings of accounts in a row, as of this transaction; .accounts 0: none
			  */
	size_t along_last; /* the one used last */
	struct {
		struct unwritten *items;
		size_t count, made; /* behind `count`: to be used again */
		size_t room;
	} unwritten;        /* where sweeps are that answers moved on in this transaction */
	uint64_t call;      /* number of the change at hand, marks what it has seen */
	struct told *tolds; /* room for it */
	size_t told_room;
};

/* A statement with whole numbers bound to ?1, ?2, …; NULL when it cannot be prepared. */
#define INTS(...) \
	(const int64_t[]){ __VA_ARGS__ }, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)
sqlite3_stmt *query(struct store *store, const char *sql, const int64_t *values, size_t count,
		    struct error *err);

/* `string` (may be NULL) must live until the statement has run. */
void bind_text(sqlite3_stmt *statement, int place, const char *string);

/* 1: a row; 0: no more; -1. At its end the statement is ready again; sqlite3_reset() before it. */
int query_row(struct store *store, sqlite3_stmt *statement, struct error *err);
int query_run(struct store *store, sqlite3_stmt *statement, struct error *err);

/* The first column of the only row, `none` without a row. */
int query_one(struct store *store, sqlite3_stmt *statement, int64_t none, int64_t *ret,
	      struct error *err);

/* All rows, each an item of `size` bytes, zeroed before `read` fills it. Those that came before a
 * failure are in the list, too: the caller frees it in either case. `statement` NULL: -1. */
struct list {
	void *items;
	size_t count;
};
int query_list(struct store *store, sqlite3_stmt *statement, size_t size,
	       void (*read)(sqlite3_stmt *statement, void *item), struct list *ret,
	       struct error *err);

/* query() and query_run(); SQL without answer, several statements at once. */
int execute(struct store *store, const char *sql, const int64_t *values, size_t count,
	    struct error *err);
int execute_script(struct store *store, const char *sql, struct error *err);

/* Column `place` as text, "" for NULL; borrowed until the next step. */
const char *column_text(sqlite3_stmt *statement, int place);

/* The same as a copy of the caller's, NULL for NULL (entry.c). */
char *column_copy(sqlite3_stmt *statement, int place);

/* What SQLite last complained of, as an error; -1. */
int sql_error(struct store *store, int status, struct error *err);

/* A change: joins the caller's transaction or has its own. change_end() hands `result` on; with -1
 * nothing of the change stays. */
int change_begin(struct store *store, struct error *err);
int change_end(struct store *store, int result, struct error *err);

/* Several reads of one state of the database; 1 when reading_end() is due, 0 inside a transaction.
 */
int reading_begin(struct store *store, struct error *err);
void reading_end(struct store *store, int begun);

/* --- open.c */

/* A handle without a connection; store_close() takes it down. */
struct store *store_new(const char *path, enum store_mode mode);
int store_connect(struct store *store, struct error *err);

/* From now on its connection asks store->patience, if there is any. */
void ask_patience(struct store *store);

/* Takes the lock of the one collector until the store is closed; `unclean` when the last one did
 * not close it. */
int collector_lock(struct store *store, bool *unclean, struct error *err);

/* SQLite's busy handler; 0 when 10 s have passed by `count` calls. */
int wait_for_lock(void *data, int count);

/* Whether the tables are there that the newest schema promises. */
int check_tables(struct store *store, struct error *err);

/* What store_verify() looks at beside SQLite's own check. */
int verify_rules(struct store *store, struct error *err);

/* --- place.c: who is at a database while another is put in its place */

/* Takes part in the lock of the database's directory until the store is closed. A restore that was
 * interrupted is brought to its end first. ERROR_BUSY: somebody is restoring. */
int place_enter(struct store *store, struct error *err);

/* Has it alone: 0, ERROR_BUSY when somebody has the database open. */
int place_take(struct store *store, struct error *err);

/* Puts PATH.restoring, which is whole and on disk, in the place of the database, which is kept
 * beside it with its time (of PATH.restoring) in its name: `kept`, the caller's to free, NULL:
 * there was none. Whoever has the place alone may do it, and do it again after it was interrupted.
 */
int place_finish(const char *path, char **kept, struct error *err);

/* What the database replaced at that time is kept as. */
void place_kept(const char *path, int64_t time, struct text *ret);

/* --- backup.c */

/* A copy of a database of schema `version` before it is changed, whole and on disk. */
int migration_keep(struct store *store, int64_t version, struct error *err);

/* --- schema.c */

extern const char *const schema_scripts[];
extern const int schema_version; /* how many there are */

/* Runs the scripts the database lacks, each in a transaction of its own. */
int schema_migrate(struct store *store, const char *const *scripts, int newest, struct error *err);
int schema_check(struct store *store, int newest, struct error *err);

/* Whose database it is, all in one look: another program may be making it just now. */
struct schema_marks {
	int64_t application, version, tables;
};
int schema_marks(struct store *store, struct schema_marks *ret, struct error *err);

/* --- known.c: accounts, series and definitions by heart, as of the transaction at hand */

struct known_series {
	int64_t id;         /* 0: not in the database yet */
	const char *metric; /* interned, like all names here */
	const char *source;
	const char *zone;
	enum metric_kind kind;
	enum item_kind items;
	char *definition; /* the newest; NULL: none yet */
	int32_t first;    /* its first day */
	bool only;        /* there is none before it: its first day may still move back */

	/* of the change at hand, when .call is its number */
	uint64_t call;
	bool renewed;                   /* counts something else than before: a break at .from */
	int32_t from;                   /* what begins before this day is left alone */
	struct window last;             /* the window told last */
	const char *provider, *subject; /* its definition by this change */
};

struct known_state {
	char metric[64];
	struct metric_state state;
};

struct known_account {
	int64_t id; /* 0: not in the database yet */
	char *entity, *name;
	struct known_series **series;
	size_t count, room;
	struct known_state *states; /* those that are not alive */
	size_t state_count, state_room;
	struct known_account *next;
};

void known_forget(struct store *store);
void known_drop(struct store *store, struct known_account *account);
void known_close(struct store *store);

/* The account; one that is not in the database has no id until account_keep(). */
int known_account(struct store *store, const char *entity, const char *name,
		  struct known_account **ret, struct error *err);
int account_keep(struct store *store, struct known_account *account, struct error *err);

/* Its number straight from the database, 0: none. For readers. */
int account_number(struct store *store, const char *entity, const char *name, int64_t *ret,
		   struct error *err);

/* What a series must be. */
struct series_wish {
	const char *metric, *source, *zone;
	enum metric_kind kind;
	enum item_kind items;
	const char *provider; /* the definition's words: provider's name and subject */
	const char *subject;  /* or NULL */
};

/* The series, made up (without an id) when there is none; refused when it is of another kind or
 * zone. Sets what belongs to the change at hand. */
int known_series(struct store *store, struct known_account *account, const struct series_wish *wish,
		 int64_t at, struct known_series **ret, struct error *err);

/* In the database from now on, with a definition that reaches back to `day`. */
int series_keep(struct store *store, struct known_account *account, struct known_series *series,
		int32_t day, struct error *err);

int known_zone(struct store *store, const char *name, struct zone **ret, struct error *err);

enum item_kind item_kind_of(const char *name);

/* --- answer.c: how numbers are told */

struct telling {
	const struct origin *origin;
	int64_t account; /* 0: of several */
	bool entries;    /* by people and files: listed, can be withdrawn */
	struct changes changes;
};

struct told {
	struct known_account *account;
	struct known_series *series;
	struct sample sample;
};

/* Room for so many; borrowed until the next change. */
struct told *tolds(struct store *store, size_t count);
int told_check(struct store *store, const struct told *told, size_t count, int64_t at,
	       struct error *err);
int told_keep(struct store *store, struct telling *telling, const struct told *told, size_t count,
	      struct error *err);

/* Which origin is the newest, unless that was read in this transaction: comes before telling. */
int newest_origin(struct store *store, struct error *err);

/* Reads it, and refuses a time more than a day before it. */
int clock_check(struct store *store, int64_t at, struct error *err);

/* The number of what brings the change, made when the first thing is new. */
int origin_keep(struct store *store, struct telling *telling, struct error *err);

/* What a sample said goes among the revisions; `by` replaced it. */
int revision_keep(struct store *store, const struct known_series *series, const struct sample *old,
		  int64_t by, struct error *err);

/* --- record.c */

/* Refuses two accounts (the old and the new name of one) that both have a record of the same list,
 * days and title. */
int records_clash(struct store *store, int64_t old, int64_t new, const char *entity,
		  const char *from, const char *to, struct error *err);

/* --- history.c */

/* The first day with a sample of the series, from where its definitions begin; DAY_NONE: none. */
int first_sample(struct store *store, int64_t series, int32_t from, int32_t *ret,
		 struct error *err);

/* The first day anything is known of, by `source` (NULL: by any), DAY_NONE: nothing; publications
 * are counted by the days of `zone`. */
int first_known(struct store *store, int64_t account, const char *source, struct zone *zone,
		int32_t *ret, struct error *err);

/* --- items.c */

int items_check(struct store *store, struct known_account *account, const struct answer *answer,
		struct error *err);
int items_keep(struct store *store, struct known_account *account, const struct answer *answer,
	       struct telling *telling, struct error *err);

/* Joins a stretch of time to those it touches. */
int watch_keep(struct store *store, int64_t series, struct watch watch, struct error *err);

/* The series that counts a kind, for the change at hand. */
int series_counting(struct store *store, struct known_account *account, const struct answer *answer,
		    enum item_kind kind, struct known_series **ret, struct error *err);

/* --- import.c */

/* Takes back the publications and counters that `origin` brought, leaving their trace; `found` when
 * it had brought any that stand. */
int listing_withdraw(struct store *store, int64_t origin, struct telling *telling, bool *found,
		     struct error *err);

/* --- part.c */

int parts_keep(struct store *store, int64_t account, const struct findings *findings,
	       struct error *err);

/* --- sweep.c */

/* What is known of a window an answer said nothing usable of is not confirmed any more. */
int unread_keep(struct store *store, int64_t account, const char *source,
		const struct finding *unread, struct error *err);
int sweep_keep(struct store *store, int64_t account, enum sweep sweep,
	       const struct sweep_state *state, struct error *err);

/* The same, at the end of the transaction that is begun: the next answer moves it on again, and in
 * a long one the sweep may be over by then. */
int sweep_keep_later(struct store *store, int64_t account, enum sweep sweep,
		     const struct sweep_state *state, struct error *err);

/* Writes what waits for the end, or forgets it where nothing is kept. */
int sweeps_write(struct store *store, struct error *err);
void sweeps_forget(struct store *store);

/* Another transaction, or another connection that wrote. */
void along_forget(struct store *store);
int states_keep(struct store *store, struct known_account *account, const struct metric *metrics,
		const struct metric_states *states, struct error *err);
int states_load(struct store *store, struct known_account *account, struct error *err);

/* Day of a time in UTC: where items are kept. */
int32_t utc_day(int64_t time);

#endif
