/*
 * Copies of the database: backups, what is kept before a migration, and a backup that takes the
 * database's place.
 *
 * A copy is made by VACUUM INTO: one read transaction, so that writers go on and it never begins
 * again (the online backup API does with each commit of another program unless it copies in one
 * step), and so that nothing that was deleted is in it, no keyed hash of a month that is over.
 * SQLite does not sync the file it makes (sqlite.org/lang_vacuum.html): that is done here.
 */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/draft.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COPY_MODE = 0660,  /* of what becomes the database */
	KEPT_MODE = 0640,  /* of what is kept of it before a migration */
	CHUNK = 256 << 10, /* bytes */
	SAME_DAY_MAX = 99,
};

static const char *const ends[] = { "", "-journal", "-wal", "-shm" };

static void drop_files(const char *path)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		SCOPED(text)
		struct text name = { 0 };

		text_addf(&name, "%s%s", path, ends[i]);
		(void)unlink(text_str(&name));
	}
}

static int failed_file(const char *path, struct error *err)
{
	return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
}

/* --- looking at a copy ------------------------------------------------------------------------ */

/* What a file that is not the database lacks, in words that fit it. */
static int copy_failed(struct store *copy, struct error *err)
{
	switch (sqlite3_errcode(copy->db) & 0xff) {
	case SQLITE_NOTADB:
		return error_set(err, ERROR_OURS, "%s is no backup of metricsd", copy->path);
	case SQLITE_CORRUPT:
		return error_set(err, ERROR_OURS, "%s is damaged (%s): take another backup",
				 copy->path, sqlite3_errmsg(copy->db));
	default:
		return -1;
	}
}

static int number(struct store *copy, const char *sql, int64_t *ret, struct error *err)
{
	return query_one(copy, query(copy, sql, NULL, 0, err), 0, ret, err);
}

static int check_origin(struct store *copy, struct store_contents *ret, struct error *err)
{
	int64_t application, version;

	if (number(copy, "PRAGMA application_id", &application, err) < 0 ||
	    number(copy, "PRAGMA user_version", &version, err) < 0)
		return copy_failed(copy, err);
	if (application != APPLICATION_ID || version < 1)
		return error_set(err, ERROR_OURS, "%s is no backup of metricsd", copy->path);
	if (version > schema_version)
		return error_set(err, ERROR_OURS,
				 "%s has schema version %lld and this program knows up to %d: "
				 "install the metricsd that wrote it, or a newer one",
				 copy->path, (long long)version, schema_version);
	ret->version = (int)version;
	return 0;
}

static int check_pages(struct store *copy, int64_t size, struct error *err)
{
	int64_t pages, page_size;

	if (number(copy, "PRAGMA page_count", &pages, err) < 0 ||
	    number(copy, "PRAGMA page_size", &page_size, err) < 0)
		return copy_failed(copy, err);
	if (size != pages * page_size)
		return error_set(err, ERROR_OURS,
				 "%s is damaged (%lld bytes, %lld were written): take another "
				 "backup",
				 copy->path, (long long)size,
				 (long long)pages * (long long)page_size);
	return 0;
}

static int check_whole(struct store *copy, struct error *err)
{
	sqlite3_stmt *statement = query(copy, "PRAGMA integrity_check(1)", NULL, 0, err);
	int more = statement ? query_row(copy, statement, err) : -1;

	if (more < 0)
		return copy_failed(copy, err);
	if (more && strcmp(column_text(statement, 0), "ok") != 0) {
		(void)error_set(err, ERROR_OURS, "%s is damaged (%s): take another backup",
				copy->path, column_text(statement, 0));
		(void)sqlite3_reset(statement);
		return -1;
	}
	(void)sqlite3_reset(statement);
	if (verify_rules(copy, err) == 0)
		return 0;
	(void)copy_failed(copy, err);
	return error_within(err, "it is damaged, take another backup");
}

static int read_contents(struct store *copy, struct store_contents *ret, struct error *err)
{
	static const char newest[] =
		"SELECT max(t) FROM (SELECT max(at) AS t FROM origin"
		" UNION ALL SELECT max(max(last_success, last_failure)) FROM sweep"
		" UNION ALL SELECT max(max(at, ifnull(reopened_at, 0))) FROM closing)";
	static const char first[] = "SELECT min(day) FROM (SELECT min(day) AS day FROM sample"
				    " UNION ALL SELECT min(day) FROM item"
				    " UNION ALL SELECT min(day) FROM record)";
	static const char last[] =
		"SELECT max(day) FROM (SELECT max(day) AS day FROM sample"
		" UNION ALL SELECT max(day + days - 1) FROM sample WHERE days > 1"
		" UNION ALL SELECT max(day) FROM item"
		" UNION ALL SELECT max(day + days - 1) FROM record)";
	int64_t from, until;
	int64_t alive = 0;

	if (ret->version > 1 && number(copy, "SELECT max(alive) FROM life", &alive, err) < 0)
		return copy_failed(copy, err);
	if (number(copy, newest, &ret->newest, err) < 0 ||
	    query_one(copy, query(copy, first, NULL, 0, err), DAY_NONE, &from, err) < 0 ||
	    query_one(copy, query(copy, last, NULL, 0, err), DAY_NONE, &until, err) < 0 ||
	    number(copy, "SELECT max(id) FROM origin", &ret->origin, err) < 0 ||
	    number(copy, "SELECT max(id) FROM closing", &ret->closing, err) < 0)
		return copy_failed(copy, err);
	if (alive > ret->newest)
		ret->newest = alive;
	ret->first = (int32_t)from;
	ret->last = (int32_t)until;
	return 0;
}

/* `size`: of the file, once it is whole. */
static int inspect(struct store *copy, int64_t size, struct store_contents *ret, struct error *err)
{
	*ret = (struct store_contents){ .size = size };
	if (check_origin(copy, ret, err) < 0 || check_pages(copy, size, err) < 0 ||
	    check_whole(copy, err) < 0)
		return -1;
	return read_contents(copy, ret, err);
}

/* Reads a file nobody changes; no lock, log or journal is looked for, nothing is made beside it. */
static int open_unchanging(const char *path, const struct store_patience *patience,
			   struct store **ret, struct error *err)
{
	SCOPED(text)
	struct text address = { 0 };
	struct store *copy = store_new(path, STORE_READ);
	int status;

	text_add(&address, *path == '/' ? "file://" : "file:");
	for (const char *at = path; *at; at++) {
		if (strchr("%?#", *at))
			text_addf(&address, "%%%02x", (unsigned)*at);
		else
			text_add_char(&address, *at);
	}
	text_add(&address, "?immutable=1");
	status = sqlite3_open_v2(text_str(&address), &copy->db,
				 SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
					 SQLITE_OPEN_EXRESCODE,
				 NULL);
	if (status != SQLITE_OK) {
		(void)error_set(err, ERROR_OURS, "%s: %s", path,
				copy->db ? sqlite3_errmsg(copy->db) : "out of memory");
		store_close(copy);
		return -1;
	}
	(void)sqlite3_db_config(copy->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	copy->patience = patience;
	ask_patience(copy);
	*ret = copy;
	return 0;
}

static int inspect_file(const char *path, const struct store_patience *patience,
			struct store_contents *ret, struct error *err)
{
	SCOPED(store)
	struct store *copy = NULL;
	struct stat status;

	if (stat(path, &status) < 0)
		return failed_file(path, err);
	if (open_unchanging(path, patience, &copy, err) < 0)
		return -1;
	return inspect(copy, status.st_size, ret, err);
}

int store_inspect(const char *path, struct store_contents *ret, struct error *err)
{
	return inspect_file(path, NULL, ret, err);
}

/* --- making one ------------------------------------------------------------------------------- */

static int vacuum_into(struct store *store, const char *file, struct error *err)
{
	sqlite3_stmt *statement;
	int status = sqlite3_prepare_v2(store->db, "VACUUM INTO ?1", -1, &statement, NULL);

	if (status != SQLITE_OK)
		return sql_error(store, status, err);
	bind_text(statement, 1, file);
	status = sqlite3_step(statement);
	if ((status & 0xff) == SQLITE_FULL)
		(void)error_set(err, ERROR_OURS, "%s: the disk is full: make room", file);
	else if (status != SQLITE_DONE)
		(void)sql_error(store, status, err);
	(void)sqlite3_finalize(statement);
	return status == SQLITE_DONE ? 0 : -1;
}

/* Copies, looks at the copy, and gives it its name once it is on disk. */
static int copy_to(struct store *store, const struct store_copy *copy, struct store_contents *ret,
		   struct error *err)
{
	SCOPED(draft)
	struct draft draft = { .path = copy->file,
			       .aside = copy->temporary,
			       .mode = copy->mode,
			       .exact = true,
			       .keep = !copy->replace };

	if (draft_open(&draft, err) < 0 || vacuum_into(store, draft.name, err) < 0 ||
	    inspect_file(draft.name, store->patience, ret, err) < 0)
		return -1;
	return draft_commit(&draft, err);
}

int store_backup(struct store *store, const struct store_copy *copy, struct store_contents *ret,
		 struct error *err)
{
	struct error ignored;
	bool only_reads = store->mode == STORE_READ;
	int result;

	/* SQLite takes the copy for a change */
	if (only_reads && execute_script(store, "PRAGMA query_only = OFF", err) < 0)
		return -1;
	result = copy_to(store, copy, ret, err);
	if (only_reads)
		(void)execute_script(store, "PRAGMA query_only = ON", &ignored);
	return result;
}

/* --- that one was made ------------------------------------------------------------------------ */

static int keep_fact(struct store *store, int64_t at, const char *path, struct error *err)
{
	static const char sql[] = "REPLACE INTO backup (id, at, path) VALUES (1, ?1, ?2)";
	sqlite3_stmt *statement = query(store, sql, INTS(at), err);

	if (!statement)
		return -1;
	bind_text(statement, 2, path);
	return query_run(store, statement, err);
}

int store_backup_keep(struct store *store, int64_t at, const char *path, struct error *err)
{
	if (change_begin(store, err) < 0)
		return -1;
	return change_end(store, keep_fact(store, at, path, err), err);
}

int store_backup_last(struct store *store, int64_t *at, char **path, struct error *err)
{
	sqlite3_stmt *statement = query(store, "SELECT at, path FROM backup", NULL, 0, err);
	int more = statement ? query_row(store, statement, err) : -1;

	if (more < 0)
		return -1;
	*at = more ? sqlite3_column_int64(statement, 0) : 0;
	*path = more ? memory_text(column_text(statement, 1)) : NULL;
	(void)sqlite3_reset(statement);
	return 0;
}

/* --- before a migration ----------------------------------------------------------------------- */

/* "metrics.db.v1-2026-11-20": of the version, as of the newest thing in it. */
static int kept_name(const struct store *store, int64_t version, int64_t newest, struct text *ret,
		     struct error *err)
{
	char date[TIME_TEXT];
	struct stat status;

	for (int i = 1; i <= SAME_DAY_MAX; i++) {
		text_reset(ret);
		text_addf(ret, "%s.v%lld-%.10s", store->path, (long long)version,
			  time_text(newest, date));
		if (i > 1)
			text_addf(ret, "-%d", i);
		if (lstat(text_str(ret), &status) < 0 && errno == ENOENT)
			return 0;
	}
	return error_set(err, ERROR_OURS, "%s is there already: move it away", text_str(ret));
}

/* By a connection of its own: this one has begun the change. */
static int keep_copy(const struct store *store, int64_t version, struct error *err)
{
	SCOPED(store)
	struct store *reader = store_new(store->path, STORE_READ);
	SCOPED(text)
	struct text name = { 0 };
	SCOPED(text)
	struct text temporary = { 0 };
	struct store_contents contents = { 0 };

	reader->patience = store->patience;
	if (store_connect(reader, err) < 0 || read_contents(reader, &contents, err) < 0 ||
	    kept_name(store, version, contents.newest, &name, err) < 0)
		return -1;
	text_addf(&temporary, "%s.kept.new", store->path);
	drop_files(text_str(&temporary)); /* whose ever it was: who has begun the change is alone */
	return copy_to(reader,
		       &(struct store_copy){ .file = text_str(&name),
					     .temporary = text_str(&temporary),
					     .mode = KEPT_MODE },
		       &contents, err);
}

int migration_keep(struct store *store, int64_t version, struct error *err)
{
	if (keep_copy(store, version, err) == 0)
		return 0;
	return error_within(err, "no copy of it could be kept, so it stays as it is");
}

/* --- a backup that becomes the database ------------------------------------------------------- */

static int sync_file(int fd, const char *path, struct error *err)
{
	return fsync(fd) < 0 ? failed_file(path, err) : 0;
}

static int copy_bytes(int from, int to)
{
	SCOPED(memory)
	char *bytes = memory_new(CHUNK, 1);
	ssize_t got;

	if (lseek(from, 0, SEEK_SET) < 0)
		return -1;
	while ((got = read(from, bytes, CHUNK)) > 0) {
		for (ssize_t put = 0; put < got;) {
			ssize_t more = write(to, bytes + put, (size_t)(got - put));

			if (more < 0)
				return -1;
			put += more;
		}
	}
	return (int)got;
}

/* A new file with these bytes, of the directory's group whoever makes it. */
static int copy_file(int from, const char *path, struct error *err)
{
	SCOPED(memory)
	char *directory = directory_of(path);
	SCOPED(descriptor)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, COPY_MODE);
	struct stat status;

	if (fd < 0)
		return failed_file(path, err);
	if (stat(directory, &status) == 0)
		(void)!fchown(fd, (uid_t)-1, status.st_gid);
	if (fchmod(fd, COPY_MODE) < 0 || copy_bytes(from, fd) < 0)
		return failed_file(path, err);
	return sync_file(fd, path, err);
}

/* From the newest thing the backup knows until now every answer that was read is lost: where it is
 * not given again, this is why. */
static int declare_lost(struct store *copy, const struct store_contents *contents, int64_t now,
			struct error *err)
{
	static const char sql[] =
		"INSERT OR IGNORE INTO lapse (account, sweep, since, until, class, words)"
		" SELECT account, sweep, ?1, ?2, 'restored', ?3 FROM sweep"
		" WHERE sweep = 0 AND ?1 > 0 AND ?1 < ?2";
	sqlite3_stmt *statement = query(copy, sql, INTS(contents->newest, now), err);
	char words[96], date[TIME_TEXT];

	if (!statement)
		return -1;
	(void)snprintf(words, sizeof(words), "restored from a backup of %s",
		       time_text(contents->newest, date));
	bind_text(statement, 3, words);
	if (query_run(copy, statement, err) < 0)
		return -1;
	/* whether a daemon ran then is not known any more: it is no other reason beside this one */
	return execute(copy, "REPLACE INTO life (id, alive) VALUES (1, ?1)", INTS(now), err);
}

/* The file it comes from is a backup of all it has, as of the newest thing in it at the least. */
static int keep_origin(struct store *copy, const struct store_restoring *wish,
		       const struct store_contents *contents, struct error *err)
{
	SCOPED(memory)
	char *path = NULL;
	int64_t at;

	if (store_backup_last(copy, &at, &path, err) < 0)
		return -1;
	if (at < contents->newest)
		at = contents->newest;
	return at && wish->origin ? keep_fact(copy, at, wish->origin, err) : 0;
}

static int size_of(const char *path, int64_t *ret, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return failed_file(path, err);
	*ret = status.st_size;
	return 0;
}

/* The copy beside the database is looked at, not the backup: what was seen is what is used. */
static int prepare_copy(struct store *copy, const char *file, const struct store_restoring *wish,
			struct store_contents *ret, struct error *err)
{
	int64_t size = 0;
	int off = 0;

	if (store_connect(copy, err) < 0)
		return -1;
	(void)sqlite3_file_control(copy->db, "main", SQLITE_FCNTL_PERSIST_WAL, &off);
	free(copy->path);
	copy->path = memory_text(wish->name); /* in words */
	if (check_origin(copy, ret, err) < 0)
		return -1;
	if (execute_script(copy, "PRAGMA journal_mode = DELETE", err) < 0)
		return copy_failed(copy, err);
	if (size_of(file, &size, err) < 0 || inspect(copy, size, ret, err) < 0 ||
	    schema_migrate(copy, schema_scripts, schema_version, err) < 0)
		return -1;
	if (check_tables(copy, err) < 0)
		return error_set(err, ERROR_OURS, "%s has lost tables: take another backup",
				 copy->path);
	return declare_lost(copy, ret, wish->now, err) < 0 ? -1 : keep_origin(copy, wish, ret, err);
}

static int make_copy(const char *file, const struct store_restoring *wish,
		     struct store_contents *ret, struct error *err)
{
	SCOPED(text)
	struct text log = { 0 };
	struct store *copy;
	int result;

	drop_files(file); /* of a restore that was cut off */
	text_addf(&log, "%s-wal", file);
	if (copy_file(wish->file, file, err) < 0 ||
	    (wish->log >= 0 && copy_file(wish->log, text_str(&log), err) < 0))
		return -1;
	copy = store_new(file, STORE_PERSON);
	result = prepare_copy(copy, file, wish, ret, err);
	store_close(copy);
	return result;
}

/* What was signed or entered since the backup; the old database becomes one file, if it can be
 * read at all. */
static void read_old(const char *path, const struct store_contents *contents,
		     struct store_restored *ret)
{
	SCOPED(store)
	struct store *old = store_new(path, STORE_PERSON);
	struct error ignored;
	int64_t entries, closings;
	int off = 0;

	ret->entries = ret->closings = -1;
	if (faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) < 0) {
		ret->entries = ret->closings = 0;
		return;
	}
	if (store_connect(old, &ignored) < 0 || schema_check(old, schema_version, &ignored) < 0)
		return;
	if (query_one(old,
		      query(old, "SELECT count(*) FROM origin WHERE id > ?1 AND kind <> 0",
			    INTS(contents->origin), &ignored),
		      0, &entries, &ignored) == 0 &&
	    query_one(old,
		      query(old, "SELECT count(*) FROM closing WHERE id > ?1",
			    INTS(contents->closing), &ignored),
		      0, &closings, &ignored) == 0) {
		ret->entries = entries;
		ret->closings = closings;
	}
	(void)sqlite3_file_control(old->db, "main", SQLITE_FCNTL_PERSIST_WAL, &off);
	(void)execute_script(old, "PRAGMA journal_mode = DELETE", &ignored);
}

/* The name the old database will have is made of the new one's time: one that is free. */
static int date_copy(const char *file, const char *path, int64_t now, struct error *err)
{
	SCOPED(descriptor)
	int fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	SCOPED(text)
	struct text kept = { 0 };
	struct stat status;

	if (fd < 0)
		return failed_file(file, err);
	place_kept(path, now, &kept);
	while (lstat(text_str(&kept), &status) == 0)
		place_kept(path, ++now, &kept);
	if (futimens(fd, (const struct timespec[]){ { .tv_sec = now }, { .tv_sec = now } }) < 0)
		return failed_file(file, err);
	return sync_file(fd, file, err);
}

static int replace(const struct store_restoring *wish, const char *file, struct error *err)
{
	static const char *const published_ends[] = { "-journal", "" };
	SCOPED(text)
	struct text restoring = { 0 };

	/* it is made of the old one, and anew whenever it is not there */
	for (size_t i = 0; wish->published && i < 2; i++) {
		SCOPED(text)
		struct text name = { 0 };

		text_addf(&name, "%s%s", wish->published, published_ends[i]);
		if (unlink(text_str(&name)) < 0 && errno != ENOENT)
			return failed_file(text_str(&name), err);
	}
	text_addf(&restoring, "%s.restoring", wish->path);
	return rename(file, text_str(&restoring)) < 0 ? failed_file(file, err) : 0;
}

static int restore_here(const struct store_restoring *wish, struct store_restored *ret,
			struct error *err)
{
	SCOPED(text)
	struct text file = { 0 };

	text_addf(&file, "%s.restore", wish->path);
	if (make_copy(text_str(&file), wish, &ret->contents, err) < 0) {
		drop_files(text_str(&file));
		return -1;
	}
	read_old(wish->path, &ret->contents, ret);
	if (date_copy(text_str(&file), wish->path, wish->now, err) < 0 ||
	    replace(wish, text_str(&file), err) < 0) {
		drop_files(text_str(&file));
		return -1;
	}
	/* whoever opens it from here on brings it to its end */
	if (directory_sync(wish->path, err) < 0 || place_finish(wish->path, &ret->kept, err) < 0)
		return error_within(err, "the backup takes its place when the database is next "
					 "opened");
	return 0;
}

int store_restore(const struct store_restoring *wish, struct store_restored *ret, struct error *err)
{
	/* the locks of a collector, and of whoever has the place alone */
	struct store *holder = store_new(wish->path, STORE_COLLECT);
	bool unclean;
	int result = -1;

	*ret = (struct store_restored){ 0 };
	if (collector_lock(holder, &unclean, err) < 0) {
		if (err && err->class == ERROR_BUSY)
			(void)error_set(err, ERROR_BUSY,
					"metricsd is running and has %s open: stop it first "
					"(systemctl stop metricsd)",
					wish->path);
	} else if (place_take(holder, err) == 0) {
		result = restore_here(wish, ret, err);
	}
	store_close(holder);
	return result;
}
