/* The tables, by version: docs/data-model.md explains them. A script is never changed once
 * released; what a later version needs is a further script. */
#include "internal.h"

#include "metricsd/error.h"

#include <stdio.h>

/* longer than C asks compilers to take; ours do */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const char version_1[] =
	/* whose series they are: "entity/name" */
	"CREATE TABLE account ("
	"id INTEGER PRIMARY KEY, entity TEXT NOT NULL, name TEXT NOT NULL,"
	" UNIQUE (entity, name)) STRICT;"

	/* items: 'none' for numbers in sample, else what is counted over item */
	"CREATE TABLE series ("
	"account INTEGER NOT NULL REFERENCES account (id), metric TEXT NOT NULL,"
	" source TEXT NOT NULL, id INTEGER NOT NULL UNIQUE,"
	" kind TEXT NOT NULL CHECK (kind IN ('flow', 'stock', 'unique', 'ratio')),"
	" items TEXT NOT NULL CHECK (items IN ('none', 'post', 'reel', 'story')),"
	" zone TEXT NOT NULL, PRIMARY KEY (account, metric, source)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE definition ("
	"series INTEGER NOT NULL REFERENCES series (id), first_day INTEGER NOT NULL,"
	" text TEXT NOT NULL, PRIMARY KEY (series, first_day)) STRICT, WITHOUT ROWID;"

	/* request and file texts repeat: kept once */
	"CREATE TABLE phrase (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;"

	/* kind 0: a request, 1: a file, 2: a person; account NULL: several at once */
	"CREATE TABLE origin ("
	"id INTEGER PRIMARY KEY, at INTEGER NOT NULL, account INTEGER REFERENCES account (id),"
	" kind INTEGER NOT NULL, phrase INTEGER REFERENCES phrase (id)) STRICT;"
	"CREATE TABLE detail ("
	"origin INTEGER PRIMARY KEY REFERENCES origin (id), person TEXT, note TEXT,"
	" evidence TEXT, sha256 TEXT) STRICT;"

	/* clustered by day: a sweep touches the newest pages only, whatever the history */
	"CREATE TABLE sample ("
	"day INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series (id),"
	" days INTEGER NOT NULL, value INTEGER NOT NULL,"
	" origin INTEGER NOT NULL REFERENCES origin (id), below INTEGER NOT NULL,"
	" above INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" PRIMARY KEY (day, series, days)) STRICT, WITHOUT ROWID;"
	/* finds, length by length, the longer windows that reach into a period */
	"CREATE INDEX sample_window ON sample (days, day, series) WHERE days > 1;"

	/* what a sample said until `replaced_by` came */
	"CREATE TABLE revision ("
	"day INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series (id),"
	" days INTEGER NOT NULL, replaced_by INTEGER NOT NULL REFERENCES origin (id),"
	" value INTEGER NOT NULL, origin INTEGER NOT NULL REFERENCES origin (id),"
	" below INTEGER NOT NULL, above INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" PRIMARY KEY (day, series, days, replaced_by)) STRICT, WITHOUT ROWID;"

	/* what people and files brought, also when it no longer stands */
	"CREATE TABLE entry ("
	"origin INTEGER NOT NULL REFERENCES origin (id),"
	" series INTEGER NOT NULL REFERENCES series (id), day INTEGER NOT NULL,"
	" days INTEGER NOT NULL, PRIMARY KEY (origin, series, day, days)) STRICT, WITHOUT ROWID;"

	/* finds, length by length, what longer windows that reach into a period said before */
	"CREATE INDEX revision_window ON revision (days, day, series) WHERE days > 1;"

	/* every version of a record: the newest stands or is withdrawn; none: 1 where there was
	 * nothing; number NULL: not known; noted: a day */
	"CREATE TABLE record ("
	"id INTEGER NOT NULL, origin INTEGER NOT NULL REFERENCES origin (id),"
	" account INTEGER NOT NULL REFERENCES account (id), list TEXT NOT NULL,"
	" day INTEGER NOT NULL, days INTEGER NOT NULL, title TEXT, responsible TEXT,"
	" none INTEGER NOT NULL, number INTEGER, noted INTEGER, details TEXT, note TEXT,"
	" evidence TEXT, sha256 TEXT,"
	" state TEXT NOT NULL CHECK (state IN ('stands', 'replaced', 'withdrawn')),"
	" PRIMARY KEY (id, origin)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX record_list ON record (account, list, day, days) WHERE state = 'stands';"
	"CREATE INDEX record_newest ON record (origin) WHERE state = 'stands';"

	/* the figures of a period as they were signed; reopened_at NULL: it is closed */
	"CREATE TABLE closing ("
	"id INTEGER PRIMARY KEY, entity TEXT NOT NULL, period TEXT NOT NULL,"
	" day INTEGER NOT NULL, days INTEGER NOT NULL, at INTEGER NOT NULL, person TEXT,"
	" note TEXT, sha256 TEXT NOT NULL, json TEXT NOT NULL, reopened_at INTEGER,"
	" reopened_by TEXT, reopened_why TEXT) STRICT;"
	"CREATE UNIQUE INDEX closing_closed ON closing (entity, period)"
	" WHERE reopened_at IS NULL;"

	/* day: of `created` in UTC */
	"CREATE TABLE item ("
	"day INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series (id),"
	" id TEXT NOT NULL, created INTEGER NOT NULL,"
	" origin INTEGER NOT NULL REFERENCES origin (id), last_seen INTEGER, gone INTEGER,"
	" PRIMARY KEY (day, series, id)) STRICT, WITHOUT ROWID;"

	/* finds those that come back under another time */
	"CREATE INDEX item_gone ON item (series, id) WHERE gone IS NOT NULL;"

	/* the time an item was kept under until `moved_by` came */
	"CREATE TABLE item_moved ("
	"series INTEGER NOT NULL REFERENCES series (id), id TEXT NOT NULL,"
	" moved_by INTEGER NOT NULL REFERENCES origin (id), created INTEGER NOT NULL,"
	" origin INTEGER NOT NULL REFERENCES origin (id),"
	" PRIMARY KEY (series, id, moved_by, created)) STRICT, WITHOUT ROWID;"

	/* what a publication had gathered by a day, as a file said; the highest origin that was not
	 * withdrawn is believed */
	"CREATE TABLE counter ("
	"series INTEGER NOT NULL REFERENCES series (id), id TEXT NOT NULL, metric TEXT NOT NULL,"
	" day INTEGER NOT NULL, origin INTEGER NOT NULL REFERENCES origin (id),"
	" value INTEGER NOT NULL, withdrawn_by INTEGER REFERENCES origin (id),"
	" PRIMARY KEY (series, id, metric, day, origin)) STRICT, WITHOUT ROWID;"

	/* stretches of time, disjoint and apart */
	"CREATE TABLE watch ("
	"series INTEGER NOT NULL REFERENCES series (id), since INTEGER NOT NULL,"
	" until INTEGER NOT NULL, PRIMARY KEY (series, since)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE reading ("
	"day INTEGER NOT NULL, account INTEGER NOT NULL REFERENCES account (id),"
	" at INTEGER NOT NULL, PRIMARY KEY (day, account)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE sweep ("
	"account INTEGER NOT NULL REFERENCES account (id), sweep INTEGER NOT NULL,"
	" running INTEGER NOT NULL, started INTEGER NOT NULL, due INTEGER NOT NULL,"
	" last_success INTEGER NOT NULL, last_failure INTEGER NOT NULL,"
	" failures INTEGER NOT NULL, class TEXT NOT NULL, wanted TEXT NOT NULL,"
	" cursor TEXT NOT NULL, words TEXT NOT NULL,"
	" PRIMARY KEY (account, sweep)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE metric_state ("
	"account INTEGER NOT NULL REFERENCES account (id), metric TEXT NOT NULL,"
	" life TEXT NOT NULL CHECK (life = 'retired'), since INTEGER NOT NULL,"
	" until INTEGER NOT NULL, words TEXT NOT NULL,"
	" PRIMARY KEY (account, metric)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE hold ("
	"scope TEXT NOT NULL, key TEXT NOT NULL, until INTEGER NOT NULL, why TEXT NOT NULL,"
	" PRIMARY KEY (scope, key)) STRICT, WITHOUT ROWID;"

	/* what a collector keeps for itself; bytes: its own affair */
	"CREATE TABLE part ("
	"account INTEGER NOT NULL REFERENCES account (id), name TEXT NOT NULL,"
	" bytes BLOB NOT NULL, PRIMARY KEY (account, name)) STRICT;"

	"CREATE TABLE refused ("
	"id INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
	" account INTEGER NOT NULL REFERENCES account (id), source TEXT NOT NULL,"
	" what TEXT NOT NULL, status INTEGER NOT NULL, words TEXT NOT NULL,"
	" length INTEGER NOT NULL, body BLOB NOT NULL) STRICT;"
	"PRAGMA application_id = 1836348003;";

static const char version_2[] =
	/* what the provider said of each token when it was last asked; times NULL: not said,
	 * expires 0: never; lacks: permissions, apart by blanks */
	"CREATE TABLE token ("
	"name TEXT PRIMARY KEY, state TEXT NOT NULL"
	" CHECK (state IN ('unknown', 'valid', 'invalid')), checked INTEGER NOT NULL,"
	" expires INTEGER, data_access_ends INTEGER, renewed INTEGER, lacks TEXT NOT NULL,"
	" words TEXT NOT NULL, refused TEXT NOT NULL) STRICT, WITHOUT ROWID;"

	/* stretches of time in which an account's sweeps did not succeed, and why: the class of an
	 * error, 'down' when no daemon ran, 'store' when the store could not be written, 'absent'
	 * when it was not configured, 'restored' when what was read was lost with a restored
	 * backup; until NULL: it lasts. At most one of an account and sweep lasts */
	"CREATE TABLE lapse ("
	"account INTEGER NOT NULL REFERENCES account (id), sweep INTEGER NOT NULL,"
	" since INTEGER NOT NULL, until INTEGER, class TEXT NOT NULL, words TEXT NOT NULL,"
	" PRIMARY KEY (account, sweep, since)) STRICT, WITHOUT ROWID;"

	/* one row: when the daemon last said that it runs */
	"CREATE TABLE life (id INTEGER PRIMARY KEY CHECK (id = 1), alive INTEGER NOT NULL) STRICT;"

	/* one row: as of when the last backup is, and where it was put; a restored one came from
	 * there */
	"CREATE TABLE backup ("
	"id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL, path TEXT NOT NULL) STRICT;"

	/* what people are told of, once a cause; ended NULL: it lasts. A note ends with its telling
	 */
	"CREATE TABLE alert ("
	"id INTEGER PRIMARY KEY, cause TEXT NOT NULL,"
	" kind TEXT NOT NULL CHECK (kind IN ('trouble', 'note')), since INTEGER NOT NULL,"
	" entity TEXT NOT NULL, subject TEXT NOT NULL, words TEXT NOT NULL, ended INTEGER)"
	" STRICT;"
	"CREATE UNIQUE INDEX alert_lasting ON alert (cause) WHERE ended IS NULL;"
	"CREATE INDEX alert_of_cause ON alert (cause, since);"
	"CREATE INDEX alert_ended ON alert (ended);"

	/* the telling of an alert (0: that it began, 1: that it ended, more: that it got worse) by
	 * each way; done NULL: to be tried when due, 0: not tried any more */
	"CREATE TABLE delivery ("
	"alert INTEGER NOT NULL REFERENCES alert (id), part INTEGER NOT NULL, way TEXT NOT NULL,"
	" due INTEGER NOT NULL, tries INTEGER NOT NULL, done INTEGER, words TEXT NOT NULL,"
	" PRIMARY KEY (alert, part, way)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX delivery_due ON delivery (due) WHERE done IS NULL;";
#pragma GCC diagnostic pop

const char *const schema_scripts[] = { version_1, version_2 };
const int schema_version = sizeof(schema_scripts) / sizeof(schema_scripts[0]);

static int pragma(struct store *store, const char *sql, int64_t *ret, struct error *err)
{
	return query_one(store, query(store, sql, NULL, 0, err), 0, ret, err);
}

int schema_marks(struct store *store, struct schema_marks *ret, struct error *err)
{
	sqlite3_stmt *statement = query(store,
					"SELECT a.application_id, v.user_version,"
					" (SELECT count(*) FROM sqlite_schema)"
					" FROM pragma_application_id a, pragma_user_version v",
					NULL, 0, err);

	if (!statement || query_row(store, statement, err) < 0)
		return -1;
	ret->application = sqlite3_column_int64(statement, 0);
	ret->version = sqlite3_column_int64(statement, 1);
	ret->tables = sqlite3_column_int64(statement, 2);
	(void)sqlite3_reset(statement);
	return 0;
}

int schema_check(struct store *store, int newest, struct error *err)
{
	struct schema_marks marks;
	int64_t version;

	if (schema_marks(store, &marks, err) < 0)
		return -1;
	version = marks.version;
	if (marks.application != APPLICATION_ID &&
	    (marks.application || marks.tables || marks.version))
		return error_set(err, ERROR_OURS,
				 "%s is a database of another program: move it away, or name "
				 "another state directory",
				 store->path);
	if (version > newest)
		return error_set(err, ERROR_OURS,
				 "%s has schema version %lld and this program knows up to %d: "
				 "install the metricsd that wrote it, or a newer one",
				 store->path, (long long)version, newest);
	if (version < newest && store->mode == STORE_READ)
		return error_set(err, ERROR_OURS,
				 "%s has schema version %lld and this program wants %d: start "
				 "metricsd once, it brings it up to date",
				 store->path, (long long)version, newest);
	return 0;
}

/* A copy of what is there as it was found. Where nothing is, somebody was killed while he made it.
 */
static int keep_copy(struct store *store, int64_t version, struct error *err)
{
	static const char sql[] = "SELECT EXISTS (SELECT 1 FROM account)"
				  " OR EXISTS (SELECT 1 FROM origin)";
	int64_t any;

	if (query_one(store, query(store, sql, NULL, 0, err), 0, &any, err) < 0)
		return -1;
	return any ? migration_keep(store, version, err) : 0;
}

/* One step, unless somebody else did it while we waited for the lock. */
static int step(struct store *store, const char *const *scripts, int64_t version, struct error *err)
{
	struct error ignored;
	char mark[64];
	int64_t there;

	if (execute_script(store, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	if (pragma(store, "PRAGMA user_version", &there, err) < 0)
		goto undo;
	/* no other can write while the lock is held: the copy is of what is changed */
	if (there == version && version > 0 && store->keeps && keep_copy(store, version, err) < 0)
		goto undo;
	store->keeps = false; /* as it was found, and of a new one nothing */
	if (there == version) {
		(void)snprintf(mark, sizeof(mark), "PRAGMA user_version = %lld",
			       (long long)version + 1);
		if (execute_script(store, scripts[version], err) < 0 ||
		    execute_script(store, mark, err) < 0)
			goto undo;
	}
	if (execute_script(store, "COMMIT", err) < 0)
		goto undo;
	return 0;

undo:
	(void)execute_script(store, "ROLLBACK", &ignored);
	return error_within(err, "bringing it from schema version %lld to %lld", (long long)version,
			    (long long)version + 1);
}

int schema_migrate(struct store *store, const char *const *scripts, int newest, struct error *err)
{
	int64_t version;

	if (schema_check(store, newest, err) < 0)
		return -1;
	for (;;) {
		if (pragma(store, "PRAGMA user_version", &version, err) < 0)
			return -1;
		if (version >= newest)
			return schema_check(store, newest, err);
		if (step(store, scripts, version, err) < 0)
			return -1;
	}
}

int store_schema_version(struct store *store, int64_t *ret, struct error *err)
{
	return pragma(store, "PRAGMA user_version", ret, err);
}
