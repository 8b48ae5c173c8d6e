/*
 * The published figures. A file of its own in the old journal mode: a reader needs nothing but the
 * right to read it, no -shm and no -wal.
 *
 * Texts that repeat in every row stand once: whose figure it is in `subject`, of which days in
 * `period`, states, sources and zones in `name`. Only the views are promised (docs/sql-views.md).
 */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/owner.h"
#include "metricsd/path.h"
#include "metricsd/published.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PUBLISHED_ID = 0x6d747066, /* "mtpf" */
	VERSION = 1,
	MODE = 0640, /* the group may read: who is to see figures and nothing else */
	WAIT_MS = 10000,
	PERIODS = 4096, /* known by heart; a power of two */
	NAMES = 8,
};

/* Bits of figure.flags; the views name them by their numbers. */
enum {
	ROUNDED = 1,
	ESTIMATE = 2,
	COMPLETE = 4,
	MIXED = 8,
	INCONSISTENT = 16,
	BROKEN = 32,
	SUM_OF_LEVELS = 64,
	LACKING_MORE = 128,
};

/* Codes of period.kind. */
static const char period_codes[] = "DMBQSYRN";
_Static_assert(PERIOD_DAYS == 0 && PERIOD_MONTH == 1 && PERIOD_BIMESTER == 2 &&
		       PERIOD_QUARTER == 3 && PERIOD_SEMESTER == 4 && PERIOD_YEAR == 5 &&
		       PERIOD_YEARS == 6 && PERIOD_NAMED == 7,
	       "period_codes is in their order");
_Static_assert(FIGURE_NONE == 0 && FIGURE_EXACT == 1 && FIGURE_BETWEEN == 2 && FIGURE_AT_LEAST == 3,
	       "figure.form and the views");
_Static_assert(METRIC_FLOW == 0 && METRIC_STOCK == 1 && METRIC_UNIQUE == 2 && METRIC_RATIO == 3,
	       "figure.kind and the views");

struct known_period {
	enum period_kind kind;
	struct window window; /* .days 0: an empty place */
	char name[PERIOD_TEXT];
	int64_t id;
};

struct published {
	struct store sql; /* its handle, path and statements; nothing else of it is used */
	char *made_from;
	bool committed;
	struct known_period periods[PERIODS];
	struct phrase names[NAMES];
	size_t name_next;
	/* the subject put last */
	struct subject {
		char *entity, *section, *account, *title, *metric, *label;
		int64_t id;
	} subject;
};

static const char schema[] =
	/* made_from: configuration and program; origin: the store's highest */
	"CREATE TABLE made (made_from TEXT NOT NULL, origin INTEGER NOT NULL,"
	" at INTEGER NOT NULL, today INTEGER NOT NULL) STRICT;"
	"CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE subject ("
	"id INTEGER PRIMARY KEY, entity TEXT NOT NULL, account TEXT NOT NULL,"
	" metric TEXT NOT NULL, section TEXT NOT NULL, title TEXT, label TEXT,"
	" UNIQUE (entity, account, metric, section)) STRICT;"
	/* id: the last day, the kind and a number beside others of these: a subject's figures lie
	 * in the order of their periods' ends */
	"CREATE TABLE period ("
	"id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
	" first_day TEXT NOT NULL, last_day TEXT NOT NULL,"
	" UNIQUE (first_day, last_day, kind, name)) STRICT;"
	"CREATE INDEX period_name ON period (kind, name);"
	"CREATE INDEX period_day ON period (kind, first_day);"
	/* value, low and high as the views show them, but that a bound that is the value is NULL */
	"CREATE TABLE figure ("
	"subject INTEGER NOT NULL REFERENCES subject (id),"
	" period INTEGER NOT NULL REFERENCES period (id), kind INTEGER NOT NULL,"
	" form INTEGER NOT NULL, value ANY, low ANY, high ANY, known INTEGER NOT NULL,"
	" days INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" state INTEGER REFERENCES name (id), as_of INTEGER,"
	" source INTEGER REFERENCES name (id), zone INTEGER REFERENCES name (id), lacking TEXT,"
	" PRIMARY KEY (subject, period)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE activity ("
	"entity TEXT NOT NULL, plan TEXT NOT NULL, period TEXT NOT NULL, activity TEXT NOT NULL,"
	" title TEXT, responsible TEXT, target_kind TEXT, target INTEGER, weight INTEGER,"
	" budget INTEGER, due TEXT, form INTEGER NOT NULL, value ANY, low ANY, high ANY,"
	" progress REAL, progress_low REAL, progress_high REAL, counts INTEGER NOT NULL,"
	" complete INTEGER NOT NULL, number INTEGER NOT NULL,"
	" PRIMARY KEY (entity, plan, period, activity)) STRICT, WITHOUT ROWID;";

/* What a row of figures says of whose it is and of when. */
static const char whose[] =
	"s.entity, s.section, s.account, s.title, s.metric, s.label,"
	" CASE f.kind WHEN 0 THEN 'flow' WHEN 1 THEN 'stock' WHEN 2 THEN 'unique' ELSE 'ratio' END"
	" AS kind, p.name AS period, p.first_day, p.last_day";

/* The number itself; a bound that is not kept is the value. */
static const char bounds[] =
	"CASE f.form WHEN 0 THEN 'none' WHEN 1 THEN 'exact' WHEN 2 THEN 'between'"
	" ELSE 'at-least' END AS form,"
	" f.value, ifnull(f.low, f.value) AS low,"
	" CASE f.form WHEN 3 THEN NULL ELSE ifnull(f.high, f.value) END AS high";

static const char coverage[] =
	"f.known AS known_days, f.days AS period_days,"
	" CASE WHEN f.days > 0 THEN f.known * 100 / f.days WHEN f.flags & 4 THEN 100 ELSE 0 END"
	" AS percent";

static const char figures[] =
	" FROM figure f JOIN subject s ON s.id = f.subject JOIN period p ON p.id = f.period"
	" LEFT JOIN name st ON st.id = f.state LEFT JOIN name so ON so.id = f.source"
	" LEFT JOIN name zo ON zo.id = f.zone";

static const struct {
	const char *name, *which;
} figure_views[] = {
	{ "v_daily", "p.kind = 'D' AND p.first_day = p.last_day" },
	{ "v_monthly", "p.kind = 'M'" },
	{ "v_bimonthly", "p.kind = 'B'" },
	{ "v_quarterly", "p.kind = 'Q'" },
	{ "v_semester", "p.kind = 'S'" },
	{ "v_yearly", "p.kind = 'Y'" },
};

static void add_views(struct text *out)
{
	for (size_t i = 0; i < sizeof(figure_views) / sizeof(figure_views[0]); i++)
		text_addf(out,
			  "CREATE VIEW %s AS SELECT %s, %s, (f.flags & 1) <> 0 AS rounded,"
			  " (f.flags & 2) <> 0 AS estimate, %s, st.text AS state,"
			  " (f.flags & 4) <> 0 AS complete, (f.flags & 8) <> 0 AS mixed,"
			  " (f.flags & 16) <> 0 AS inconsistent, (f.flags & 32) <> 0 AS broken,"
			  " (f.flags & 64) <> 0 AS sum_of_levels,"
			  " date(f.as_of * 86400, 'unixepoch') AS as_of,"
			  " so.text AS source, zo.text AS zone%s WHERE %s;",
			  figure_views[i].name, whose, bounds, coverage, figures,
			  figure_views[i].which);
	text_addf(out,
		  "CREATE VIEW v_coverage AS SELECT %s, %s, (f.flags & 4) <> 0 AS complete,"
		  " st.text AS state, f.lacking, (f.flags & 128) <> 0 AS lacking_more,"
		  " so.text AS source%s WHERE p.kind <> 'D' OR p.first_day < p.last_day;",
		  whose, coverage, figures);
	text_addf(out,
		  "CREATE VIEW v_plan AS SELECT f.entity, f.plan, f.period, f.number, f.activity,"
		  " f.title, f.responsible, f.target_kind, f.target, f.weight, f.budget, f.due,"
		  " %s, f.progress, f.progress_low, f.progress_high, f.counts, f.complete"
		  " FROM activity f;",
		  bounds);
	text_add(out, "CREATE VIEW v_published AS SELECT 1 AS version,"
		      " strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') AS at,"
		      " date(today * 86400, 'unixepoch') AS today FROM made;");
}

/* The last failure in words that fit a file that can be made again. */
static int failed(struct published *published, struct error *err)
{
	switch (sqlite3_errcode(published->sql.db) & 0xff) {
	case SQLITE_CORRUPT:
		return error_set(err, ERROR_OURS,
				 "%s is damaged: remove it, `metricsctl publish` makes it again",
				 published->sql.path);
	case SQLITE_BUSY:
		return error_set(err, ERROR_BUSY,
				 "%s: somebody else is reading or writing it; try again in a "
				 "moment",
				 published->sql.path);
	default:
		return -1;
	}
}

/* --- opening */

/* An empty file of the right owner and mode, before SQLite makes one by the umask. */
static int make_file(const char *path, struct error *err)
{
	SCOPED(memory)
	char *directory = directory_of(path);
	SCOPED(descriptor)
	int fd = -1;
	struct root root = { 0 };
	int number;

	if (owner_become(directory, &root, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
	number = errno;
	owner_leave(&root);
	errno = number;
	if (fd < 0 && errno == EEXIST && faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
		return 0;
	if (fd < 0 || fchmod(fd, MODE) < 0)
		return error_set(err, ERROR_OURS,
				 "%s: %s: publish as the user metricsd, or as who owns the file",
				 path, system_words(errno));
	return 0;
}

static int pragma(struct published *published, const char *sql, int64_t *ret, struct error *err)
{
	return query_one(&published->sql, query(&published->sql, sql, NULL, 0, err), 0, ret, err);
}

/* Another program's file is left as it is. */
static int ours(struct published *published, struct error *err)
{
	struct schema_marks marks;

	if (schema_marks(&published->sql, &marks, err) < 0)
		return -1;
	if (marks.application == PUBLISHED_ID ||
	    (!marks.application && !marks.version && !marks.tables))
		return 0;
	return error_set(err, ERROR_OURS,
			 "%s is a database of another program: move it away, or publish to another "
			 "file",
			 published->sql.path);
}

static int connect(struct published *published, struct error *err)
{
	struct store *sql = &published->sql;
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE;
	int status = sqlite3_open_v2(sql->path, &sql->db, flags, NULL);

	if (!sql->db)
		return error_set(err, ERROR_OURS, "%s cannot be opened: out of memory", sql->path);
	if (status != SQLITE_OK)
		return sql_error(sql, status, err);
	(void)sqlite3_busy_timeout(sql->db, WAIT_MS);
	(void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (ours(published, err) < 0)
		return -1;
	return execute_script(sql,
			      "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
			      "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY",
			      err);
}

/* One table or view less: 1; 0: there is none left. Views go first. */
static int drop_one(struct published *published, struct error *err)
{
	static const char sql[] =
		"SELECT 'DROP ' || type || ' \"' || name || '\"' FROM sqlite_schema"
		" WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
		" ORDER BY type DESC LIMIT 1";
	sqlite3_stmt *statement = query(&published->sql, sql, NULL, 0, err);
	SCOPED(memory)
	char *drop = NULL;
	int more = statement ? query_row(&published->sql, statement, err) : -1;

	if (more <= 0)
		return more;
	drop = column_copy(statement, 0);
	(void)sqlite3_reset(statement);
	return execute_script(&published->sql, drop, err) < 0 ? -1 : 1;
}

/* Tables and views as this program makes them, and nothing in them. */
static int make_anew(struct published *published, struct error *err)
{
	SCOPED(text)
	struct text views = { 0 };
	char marks[96];
	int more;

	add_views(&views);
	do
		more = drop_one(published, err);
	while (more > 0);
	if (more < 0)
		return -1;
	(void)snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		       PUBLISHED_ID, VERSION);
	if (execute_script(&published->sql, schema, err) < 0 ||
	    execute_script(&published->sql, text_str(&views), err) < 0)
		return -1;
	return execute_script(&published->sql, marks, err);
}

/* What the file was made of: 1; 0: it was made by something else, or never. */
static int made_before(struct published *published, struct published_since *ret, struct error *err)
{
	static const char sql[] = "SELECT origin, at, today FROM made WHERE made_from = ?1";
	sqlite3_stmt *statement;
	int64_t version;
	int more;

	*ret = (struct published_since){ .today = DAY_NONE };
	if (pragma(published, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (version != VERSION)
		return 0;
	statement = query(&published->sql, sql, NULL, 0, err);
	if (!statement)
		return -1;
	bind_text(statement, 1, published->made_from);
	more = query_row(&published->sql, statement, err);
	if (more <= 0)
		return more;
	*ret = (struct published_since){ .origin = sqlite3_column_int64(statement, 0),
					 .at = sqlite3_column_int64(statement, 1),
					 .today = sqlite3_column_int(statement, 2) };
	(void)sqlite3_reset(statement);
	return 1;
}

int published_open(const char *path, const char *made_from, struct published_since *since,
		   struct published **ret, struct error *err)
{
	struct published *published;
	int known;

	if (make_file(path, err) < 0)
		return -1;
	published = memory_new(1, sizeof(*published));
	published->sql.path = memory_text(path);
	published->sql.lock = -1;
	published->made_from = memory_text(made_from);
	if (connect(published, err) < 0 ||
	    execute_script(&published->sql, "BEGIN IMMEDIATE", err) < 0 ||
	    ours(published, err) < 0 || (known = made_before(published, since, err)) < 0 ||
	    (!known && make_anew(published, err) < 0)) {
		if (published->sql.db)
			(void)failed(published, err);
		published_close(published);
		return -1;
	}
	*ret = published;
	return 0;
}

static void subject_clear(struct subject *subject)
{
	free(subject->entity);
	free(subject->section);
	free(subject->account);
	free(subject->title);
	free(subject->metric);
	free(subject->label);
	*subject = (struct subject){ 0 };
}

void published_close(struct published *published)
{
	struct store *sql;

	if (!published)
		return;
	sql = &published->sql;
	for (size_t i = 0; i < QUERY_SLOTS; i++)
		(void)sqlite3_finalize(sql->queries[i].statement);
	/* what was not committed is undone by closing */
	(void)sqlite3_close_v2(sql->db);
	for (size_t i = 0; i < NAMES; i++)
		free(published->names[i].text);
	subject_clear(&published->subject);
	free(sql->path);
	free(published->made_from);
	free(published);
}

int published_commit(struct published *published, const struct published_since *now,
		     struct error *err)
{
	static const char sql[] =
		"INSERT INTO made (origin, at, today, made_from) VALUES (?1, ?2, ?3, ?4)";
	struct store *store = &published->sql;
	struct error ignored;
	sqlite3_stmt *statement;

	assert(!published->committed);
	published->committed = true;
	if (execute(store, "DELETE FROM made", NULL, 0, err) < 0)
		goto undo;
	statement = query(store, sql, INTS(now->origin, now->at, now->today), err);
	if (!statement)
		goto undo;
	bind_text(statement, 4, published->made_from);
	/* with a guess of how many there are of each, a query goes from its periods and subjects to
	 * the figures; without, over all of them */
	if (query_run(store, statement, err) < 0 ||
	    execute_script(store, "PRAGMA analysis_limit = 400; ANALYZE; COMMIT", err) < 0)
		goto undo;
	return 0;

undo:
	(void)failed(published, err);
	if (!sqlite3_get_autocommit(store->db))
		(void)execute_script(store, "ROLLBACK", &ignored);
	return -1;
}

/* --- figures */

/* Figures whose period's last day is `from` or later. */
static int drop_figures(struct published *published, const char *entity, const char *account,
			int32_t from, struct error *err)
{
	static const char sql[] = "DELETE FROM figure WHERE period >= ?1 AND subject IN"
				  " (SELECT id FROM subject WHERE entity = ?2 AND account = ?3)";
	int64_t first = from == DAY_NONE ? INT64_MIN : (int64_t)from * PERIODS;
	sqlite3_stmt *statement = query(&published->sql, sql, INTS(first), err);

	if (!statement)
		return -1;
	bind_text(statement, 2, entity);
	bind_text(statement, 3, account);
	return query_run(&published->sql, statement, err);
}

int published_drop(struct published *published, const char *entity, const char *account,
		   int32_t from, struct error *err)
{
	return drop_figures(published, entity, account, from, err) < 0 ? failed(published, err) : 0;
}

/* The number of a text that repeats; 0 of NULL. */
static int name_keep(struct published *published, const char *text, int64_t *ret, struct error *err)
{
	static const char find[] = "SELECT id FROM name WHERE text = ?1";
	static const char insert[] = "INSERT INTO name (text) VALUES (?1)";
	struct store *store = &published->sql;
	struct phrase *name;
	sqlite3_stmt *statement;

	*ret = 0;
	if (!text || !*text)
		return 0;
	for (size_t i = 0; i < NAMES; i++) {
		if (published->names[i].text && strcmp(published->names[i].text, text) == 0) {
			*ret = published->names[i].id;
			return 0;
		}
	}
	statement = query(store, find, NULL, 0, err);
	if (!statement)
		return -1;
	bind_text(statement, 1, text);
	if (query_one(store, statement, 0, ret, err) < 0)
		return -1;
	if (!*ret) {
		statement = query(store, insert, NULL, 0, err);
		if (!statement)
			return -1;
		bind_text(statement, 1, text);
		if (query_run(store, statement, err) < 0)
			return -1;
		*ret = sqlite3_last_insert_rowid(store->db);
	}
	name = &published->names[published->name_next++ % NAMES];
	free(name->text);
	*name = (struct phrase){ memory_text(text), *ret };
	return 0;
}

static bool same_text(const char *kept, const char *text)
{
	return kept && text ? strcmp(kept, text) == 0 : kept == text;
}

static char *text_copy(const char *text)
{
	return text ? memory_text(text) : NULL;
}

static int subject_write(struct published *published, const struct published_figure *figure,
			 int64_t *ret, struct error *err)
{
	static const char sql[] =
		"INSERT INTO subject (entity, account, metric, section, title, label)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET title = ?5, label = ?6"
		" RETURNING id";
	sqlite3_stmt *statement = query(&published->sql, sql, NULL, 0, err);
	int more;

	if (!statement)
		return -1;
	bind_text(statement, 1, figure->entity);
	bind_text(statement, 2, figure->account);
	bind_text(statement, 3, figure->metric);
	bind_text(statement, 4, figure->section);
	bind_text(statement, 5, figure->title);
	bind_text(statement, 6, figure->label);
	while ((more = query_row(&published->sql, statement, err)) > 0)
		*ret = sqlite3_column_int64(statement, 0);
	return more;
}

/* Figures of one subject come one after the other. */
static int subject_keep(struct published *published, const struct published_figure *figure,
			int64_t *ret, struct error *err)
{
	struct subject *last = &published->subject;

	if (!last->id || !same_text(last->metric, figure->metric) ||
	    !same_text(last->account, figure->account) ||
	    !same_text(last->entity, figure->entity) ||
	    !same_text(last->section, figure->section) || !same_text(last->title, figure->title) ||
	    !same_text(last->label, figure->label)) {
		subject_clear(last);
		if (subject_write(published, figure, &last->id, err) < 0)
			return -1;
		last->entity = text_copy(figure->entity);
		last->section = text_copy(figure->section);
		last->account = text_copy(figure->account);
		last->title = text_copy(figure->title);
		last->metric = text_copy(figure->metric);
		last->label = text_copy(figure->label);
	}
	*ret = last->id;
	return 0;
}

static int period_find(struct published *published, const struct period *period, int64_t *ret,
		       struct error *err)
{
	static const char sql[] = "SELECT id FROM period WHERE first_day = ?1 AND last_day = ?2"
				  " AND kind = ?3 AND name = ?4";
	sqlite3_stmt *statement = query(&published->sql, sql, NULL, 0, err);
	const char kind[] = { period_codes[period->kind], '\0' };
	char first[DAY_TEXT], last[DAY_TEXT];

	if (!statement)
		return -1;
	bind_text(statement, 1, day_text(period->window.first, first));
	bind_text(statement, 2, day_text(window_end(period->window) - 1, last));
	bind_text(statement, 3, kind);
	bind_text(statement, 4, period->name);
	return query_one(&published->sql, statement, 0, ret, err);
}

/* The next free number of those that end on the day. */
static int period_write(struct published *published, const struct period *period, int64_t *ret,
			struct error *err)
{
	static const char next[] = "SELECT max(id) + 1 FROM period WHERE id >= ?1 AND id < ?2";
	static const char sql[] =
		"INSERT INTO period (id, kind, name, first_day, last_day) VALUES (?1, ?2, ?3, ?4, "
		"?5)";
	int64_t day = (int64_t)(window_end(period->window) - 1);
	const char kind[] = { period_codes[period->kind], '\0' };
	char first[DAY_TEXT], last[DAY_TEXT];
	sqlite3_stmt *statement;

	if (query_one(&published->sql,
		      query(&published->sql, next, INTS(day * PERIODS, (day + 1) * PERIODS), err),
		      day * PERIODS, ret, err) < 0)
		return -1;
	if (*ret == (day + 1) * PERIODS)
		return error_set(err, ERROR_INPUT, "%s: more than %d periods end on %s",
				 published->sql.path, PERIODS, day_text((int32_t)day, last));
	statement = query(&published->sql, sql, INTS(*ret), err);
	if (!statement)
		return -1;
	bind_text(statement, 2, kind);
	bind_text(statement, 3, period->name);
	bind_text(statement, 4, day_text(period->window.first, first));
	bind_text(statement, 5, day_text((int32_t)day, last));
	return query_run(&published->sql, statement, err);
}

static int period_keep(struct published *published, const struct period *period, int64_t *ret,
		       struct error *err)
{
	uint32_t hash = ((uint32_t)period->window.first * 8 + (uint32_t)period->kind) % PERIODS;
	struct known_period *known = &published->periods[hash];

	if (known->kind != period->kind || known->window.first != period->window.first ||
	    known->window.days != period->window.days || strcmp(known->name, period->name) != 0) {
		int64_t id;

		if (period_find(published, period, &id, err) < 0 ||
		    (!id && period_write(published, period, &id, err) < 0))
			return -1;
		*known = (struct known_period){ period->kind, period->window, "", id };
		memcpy(known->name, period->name, sizeof(known->name));
	}
	*ret = known->id;
	return 0;
}

/* A number in units of 10^-decimals as people read it: 337 with 1 decimal is 33.7. */
static void bind_number(sqlite3_stmt *statement, int place, int64_t number, int decimals)
{
	double unit = 1;

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals > 0)
		(void)sqlite3_bind_double(statement, place, (double)number / unit);
	else
		(void)sqlite3_bind_int64(statement, place, number);
}

/* Value and bounds at `place` and behind it, NULL where the layouts for machines say null and where
 * a bound is the value. */
static void bind_bounds(sqlite3_stmt *statement, int place, const struct figure *figure)
{
	bool known = figure && figure->form != FIGURE_NONE;
	bool stated = known && figure_has_value(figure);
	bool open = known && figure->form == FIGURE_AT_LEAST;

	for (int i = 0; i < 3; i++)
		(void)sqlite3_bind_null(statement, place + i);
	if (stated)
		bind_number(statement, place, figure->value, figure->decimals);
	if (known && !(stated && figure->low == figure->value))
		bind_number(statement, place + 1, figure->low, figure->decimals);
	if (known && !open && !(stated && figure->high == figure->value))
		bind_number(statement, place + 2, figure->high, figure->decimals);
}

static int64_t flags_of(const struct figure *figure)
{
	bool known = figure->form != FIGURE_NONE;

	return (known && figure->rounded ? ROUNDED : 0) |
	       (known && figure->estimate ? ESTIMATE : 0) | (figure->complete ? COMPLETE : 0) |
	       (figure->mixed ? MIXED : 0) | (figure->inconsistent ? INCONSISTENT : 0) |
	       (figure->broken ? BROKEN : 0) | (figure->sum_of_levels ? SUM_OF_LEVELS : 0) |
	       (figure->lacking_more ? LACKING_MORE : 0);
}

/* Numbers of what a row names. */
struct row {
	int64_t subject, period, state, source, zone;
};

static int figure_write(struct published *published, const struct published_figure *put,
			const struct row *row, struct error *err)
{
	static const char sql[] =
		"INSERT OR REPLACE INTO figure (subject, period, kind, form, known, days, flags,"
		" state, source, zone, value, low, high, as_of, lacking) VALUES (?1, ?2, ?3, ?4, "
		"?5,"
		" ?6, ?7, nullif(?8, 0), nullif(?9, 0), nullif(?10, 0), ?11, ?12, ?13, ?14, ?15)";
	const struct figure *figure = put->figure;
	SCOPED(text)
	struct text lacking = { 0 };
	sqlite3_stmt *statement =
		query(&published->sql, sql,
		      INTS(row->subject, row->period, (int64_t)figure->kind, (int64_t)figure->form,
			   figure->known_days, figure->period_days, flags_of(figure), row->state,
			   row->source, row->zone),
		      err);

	if (!statement)
		return -1;
	bind_bounds(statement, 11, figure);
	(void)sqlite3_bind_null(statement, 14);
	if (figure->kind == METRIC_STOCK && figure->form != FIGURE_NONE &&
	    figure->as_of != DAY_NONE)
		(void)sqlite3_bind_int64(statement, 14, figure->as_of);
	/* of one day its coverage says it all */
	if (figure->lacking.count && put->period->window.days > 1) {
		days_print(&figure->lacking, &lacking);
		bind_text(statement, 15, text_str(&lacking));
	} else {
		(void)sqlite3_bind_null(statement, 15);
	}
	return query_run(&published->sql, statement, err);
}

int published_put(struct published *published, const struct published_figure *figure,
		  struct error *err)
{
	struct row row;

	if (subject_keep(published, figure, &row.subject, err) < 0 ||
	    period_keep(published, figure->period, &row.period, err) < 0 ||
	    name_keep(published, figure->state, &row.state, err) < 0 ||
	    name_keep(published, figure->figure->source, &row.source, err) < 0 ||
	    name_keep(published, figure->figure->zone, &row.zone, err) < 0 ||
	    figure_write(published, figure, &row, err) < 0)
		return failed(published, err);
	return 0;
}

/* --- plans */

int published_plan_drop(struct published *published, const char *entity, struct error *err)
{
	sqlite3_stmt *statement =
		query(&published->sql, "DELETE FROM activity WHERE entity = ?1", NULL, 0, err);

	if (statement)
		bind_text(statement, 1, entity);
	return query_run(&published->sql, statement, err) < 0 ? failed(published, err) : 0;
}

/* Thousandths as percent; -1: none. */
static void bind_share(sqlite3_stmt *statement, int place, int64_t share)
{
	if (share < 0)
		(void)sqlite3_bind_null(statement, place);
	else
		bind_number(statement, place, share, 1);
}

static int activity_write(struct published *published, const struct published_activity *activity,
			  struct error *err)
{
	static const char sql[] =
		"INSERT OR REPLACE INTO activity (target, weight, budget, counts, complete, form,"
		" entity, plan, period, activity, title, responsible, target_kind, due, value, low,"
		" high, progress, progress_low, progress_high, number) VALUES (nullif(?1, -1),"
		" nullif(?2, -1), nullif(?3, -1), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
		" ?15, ?16, ?17, ?18, ?19, ?20,"
		" (SELECT ifnull(max(number), 0) + 1 FROM activity"
		" WHERE entity = ?7 AND plan = ?8 AND period = ?9))";
	const struct figure *figure = activity->figure;
	sqlite3_stmt *statement =
		query(&published->sql, sql,
		      INTS(activity->target, activity->weight, activity->budget, activity->counts,
			   activity->complete, (int64_t)(figure ? figure->form : FIGURE_NONE)),
		      err);
	char due[DAY_TEXT];

	if (!statement)
		return -1;
	bind_text(statement, 7, activity->entity);
	bind_text(statement, 8, activity->plan);
	bind_text(statement, 9, activity->period);
	bind_text(statement, 10, activity->activity);
	bind_text(statement, 11, activity->title);
	bind_text(statement, 12, activity->responsible);
	bind_text(statement, 13, activity->target_kind);
	bind_text(statement, 14, activity->due == DAY_NONE ? NULL : day_text(activity->due, due));
	bind_bounds(statement, 15, figure);
	bind_share(statement, 18, activity->value);
	bind_share(statement, 19, activity->low);
	bind_share(statement, 20, activity->high);
	return query_run(&published->sql, statement, err);
}

int published_plan_put(struct published *published, const struct published_activity *activity,
		       struct error *err)
{
	return activity_write(published, activity, err) < 0 ? failed(published, err) : 0;
}
