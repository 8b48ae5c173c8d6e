/* Opening, closing and checking the file; who may collect into it. */
#include "internal.h"

#include "metricsd/access.h"
#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/owner.h"
#include "metricsd/path.h"
#include "metricsd/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	MODE = 0660, /* the user metricsd and its group, whatever the umask */
	WAIT_MS = 10000,
	PIECE = 512,
	PIECES = 256,
	STEPS = 10000, /* of SQLite's between two questions: less than a millisecond */
	QUICK_CHECK_MAX = 256 << 20, /* bigger files are not read through at every start */
};

static const char memory_path[] = ":memory:";

/* The daemon holds the lock for milliseconds at a time: short sleeps find the gap. Nobody's clock
 * is asked: the sleeps are counted. */
int wait_for_lock(void *data, int count)
{
	int ms = count < 10 ? 1 : 5;

	(void)data;
	if (count >= 10 + WAIT_MS / 5)
		return 0;
	(void)nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
	return 1;
}

/* What `errno` says of a file that cannot be opened or made, in words for whoever set things up. */
static int refused_file(const char *path, struct error *err)
{
	SCOPED(memory)
	char *directory = directory_of(path);
	int number = errno;
	struct stat status;

	if (number == EACCES)
		return access_refused(stat(path, &status) == 0 ? path : directory, err);
	if (number != ENOENT)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(number));
	if (stat(directory, &status) < 0)
		return access_no_directory(directory, err);
	return error_set(err, ERROR_OURS, "%s: %s: nothing was collected or entered yet?", path,
			 system_words(number));
}

/* An empty file of the right mode, before SQLite makes one by the umask; its -wal and -shm take
 * after it. */
static int make_file(const char *path, struct error *err)
{
	SCOPED(descriptor)
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);

	if (fd < 0 && errno == EEXIST)
		return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0
			       ? refused_file(path, err)
			       : 0;
	if (fd < 0)
		return refused_file(path, err);
	if (fchmod(fd, MODE) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	return 0;
}

static int lock_refused(const char *path, int fd, struct error *err)
{
	char pid[24];
	ssize_t length = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[length > 0 ? length : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	return error_set(err, ERROR_BUSY,
			 "another metricsd (process %s) collects into %s: ask it with metricsctl "
			 "collect, or stop it first",
			 *pid ? pid : "unknown", path);
}

/*
 * Takes the lock of the one collector: a flock() on a file beside the database, so that it ends
 * with the process however that ends. The file says who has it; a number still in it means that the
 * last one did not close the store.
 */
int collector_lock(struct store *store, bool *unclean, struct error *err)
{
	SCOPED(text)
	struct text path = { 0 };
	struct stat status;

	text_addf(&path, "%s.collector", store->path);
	store->lock = open(text_str(&path), O_RDWR | O_CREAT | O_CLOEXEC, MODE);
	if (store->lock < 0)
		return refused_file(text_str(&path), err);
	if (flock(store->lock, LOCK_EX | LOCK_NB) < 0) {
		int result = errno == EWOULDBLOCK ? lock_refused(store->path, store->lock, err)
						  : error_set(err, ERROR_OURS, "%s: %s",
							      text_str(&path), system_words(errno));

		(void)close(store->lock);
		store->lock = -1;
		return result;
	}
	(void)fchmod(store->lock, MODE); /* of another owner: it was right when it was made */
	*unclean = fstat(store->lock, &status) == 0 && status.st_size > 0;
	if (ftruncate(store->lock, 0) < 0 || dprintf(store->lock, "%ld\n", (long)getpid()) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", text_str(&path), system_words(errno));
	return 0;
}

static int is_over(void *data)
{
	const struct store *store = data;

	return !store->patience->lasts(store->patience->data);
}

void ask_patience(struct store *store)
{
	if (store->patience)
		sqlite3_progress_handler(store->db, STEPS, is_over, store);
}

int store_connect(struct store *store, struct error *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int persist = 1;
	int status;

	flags |= store->mode == STORE_READ ? SQLITE_OPEN_READONLY
					   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* before the first one only */
	status = sqlite3_open_v2(store->path, &store->db, flags, NULL);
	if (!store->db)
		return error_set(err, ERROR_OURS, "%s cannot be opened: out of memory",
				 store->path);
	if (status != SQLITE_OK)
		return sql_error(store, status, err);
	ask_patience(store);
	/* each statement that runs asks for pieces of memory of its own */
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, PIECE, PIECES);
	(void)sqlite3_busy_handler(store->db, wait_for_lock, NULL);
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* -wal and -shm stay after the last one closed: whoever made them first gave them the right
	 * owner and mode */
	(void)sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
	return 0;
}

static int ask_for_wal(struct store *store, bool *on, struct error *err)
{
	sqlite3_stmt *statement = query(store, "PRAGMA journal_mode = WAL", NULL, 0, err);
	int more = statement ? query_row(store, statement, err) : -1;

	if (more < 0)
		return -1;
	*on = more && strcmp(column_text(statement, 0), "wal") == 0;
	(void)sqlite3_reset(statement);
	return 0;
}

static int use_wal(struct store *store, struct error *err)
{
	bool on = false;
	int count = 0;

	/* where several open a new file at once; SQLite does not wait for the others here */
	while (ask_for_wal(store, &on, err) < 0)
		if (err->class != ERROR_BUSY || !wait_for_lock(NULL, count++))
			return -1;
	if (!on && strcmp(store->path, memory_path) != 0)
		return error_set(err, ERROR_OURS,
				 "%s: this file system cannot hold a write-ahead log: put the "
				 "state directory on a local disk",
				 store->path);
	return 0;
}

/*
 * A sweep writes its pages once into the log and, at the checkpoint, once into the file: 16 MiB of
 * log let a whole sweep share one checkpoint. Foreign keys are declared for store_verify(), not
 * asked at each row. What is deleted here is no secret: it need not be overwritten.
 */
static int set_up(struct store *store, struct error *err)
{
	static const char always[] = "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;"
				     "PRAGMA cache_size = -2048;";
	/* what a long transaction wrote leaves memory when the cache is full; SQLite takes the low
	 * byte of the number of pages for whether it may at all */
	static const char writes[] = "PRAGMA secure_delete = OFF; PRAGMA cache_size = -768;"
				     "PRAGMA cache_spill = 190; PRAGMA wal_autocheckpoint = 4096;"
				     "PRAGMA journal_size_limit = 16777216;";

	if (execute_script(store, always, err) < 0)
		return -1;
	if (store->mode == STORE_READ)
		return execute_script(store, "PRAGMA query_only = ON", err);
	if (use_wal(store, err) < 0 || execute_script(store, writes, err) < 0)
		return -1;
	return execute_script(store,
			      store->mode == STORE_PERSON ? "PRAGMA synchronous = FULL"
							  : "PRAGMA synchronous = NORMAL",
			      err);
}

/* One line of an integrity check that is not "ok" is what was found. */
static int check_by(struct store *store, const char *sql, struct error *err)
{
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	int more;

	if (!statement)
		return -1;
	more = query_row(store, statement, err);
	if (more < 0)
		return -1;
	if (more && strcmp(column_text(statement, 0), "ok") != 0) {
		(void)error_set(err, ERROR_OURS,
				"%s is damaged (%s): stop metricsd, keep a copy of the file and "
				"restore the last backup",
				store->path, column_text(statement, 0));
		(void)sqlite3_reset(statement);
		return -1;
	}
	(void)sqlite3_reset(statement);
	return 0;
}

int check_tables(struct store *store, struct error *err)
{
	static const char sql[] =
		"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ("
		"'account', 'series', 'definition', 'phrase', 'origin', 'detail', 'sample',"
		"'revision', 'entry', 'item', 'watch', 'reading', 'sweep', 'metric_state', 'hold',"
		"'refused', 'part', 'record', 'closing', 'token', 'lapse', 'alert', 'delivery',"
		"'life', 'backup')";
	int64_t count;

	if (query_one(store, query(store, sql, NULL, 0, err), 0, &count, err) < 0)
		return -1;
	if (count != 25)
		return error_set(err, ERROR_OURS,
				 "%s has lost tables: stop metricsd, keep a copy of the file and "
				 "restore the last backup",
				 store->path);
	return 0;
}

/* Whether there is anything in the write-ahead log. */
static bool has_log(const struct store *store)
{
	SCOPED(text)
	struct text path = { 0 };
	struct stat status;

	text_addf(&path, "%s-wal", store->path);
	return stat(text_str(&path), &status) == 0 && status.st_size > 0;
}

/* A checkpoint that a full disk or a kill cut off in the midst of a page leaves a file of odd size;
 * the pages are in the log still. 0: all of them are in the file now, -1: they stay there. */
static int finish_checkpoint(struct store *store)
{
	if (store->mode == STORE_READ)
		return -1;
	return sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
			       SQLITE_OK
		       ? 0
		       : -1;
}

/* A copy that ended early is found here and not at the first query that meets the gap. */
static int check_size(struct store *store, struct error *err)
{
	struct stat status;
	int64_t pages, size;

	if (stat(store->path, &status) < 0)
		return 0; /* ":memory:" */
	if (query_one(store, query(store, "PRAGMA page_count", NULL, 0, err), 0, &pages, err) < 0 ||
	    query_one(store, query(store, "PRAGMA page_size", NULL, 0, err), 0, &size, err) < 0)
		return -1;
	if (status.st_size % size != 0 && has_log(store) &&
	    (finish_checkpoint(store) < 0 || stat(store->path, &status) < 0))
		return 0;
	if (status.st_size % size != 0)
		return error_set(err, ERROR_OURS,
				 "%s is damaged (%lld bytes are no whole number of pages): stop "
				 "metricsd, keep a copy of the file and restore the last backup",
				 store->path, (long long)status.st_size);
	return 0;
}

static int check(struct store *store, bool unclean, struct error *err)
{
	struct stat status;

	if (check_tables(store, err) < 0 || check_size(store, err) < 0)
		return -1;
	if (unclean && stat(store->path, &status) == 0 && status.st_size < QUICK_CHECK_MAX)
		return check_by(store, "PRAGMA quick_check(1)", err);
	return 0;
}

static int open_file(struct store *store, bool *unclean, struct error *err)
{
	struct stat status;

	if (strcmp(store->path, memory_path) == 0)
		return 0;
	store->keeps = true;
	if (place_enter(store, err) < 0)
		return -1;
	if (store->mode == STORE_READ) {
		if (faccessat(AT_FDCWD, store->path, R_OK, AT_EACCESS) < 0 ||
		    stat(store->path, &status) < 0)
			return refused_file(store->path, err);
		if (status.st_size == 0)
			return error_set(err, ERROR_OURS, "%s is empty: start metricsd once",
					 store->path);
		return 0;
	}
	if (store->mode == STORE_COLLECT && collector_lock(store, unclean, err) < 0)
		return -1;
	return make_file(store->path, err);
}

struct store *store_new(const char *path, enum store_mode mode)
{
	struct store *store = memory_new(1, sizeof(*store));

	store->path = memory_text(path);
	store->mode = mode;
	store->lock = -1;
	store->place = -1;
	store->last_at = INT64_MIN;
	return store;
}

static int open_it(const char *path, enum store_mode mode, const struct store_patience *patience,
		   struct store **ret, struct error *err)
{
	struct store *store = store_new(path, mode);
	bool unclean = false;

	store->patience = patience;
	if (open_file(store, &unclean, err) < 0 || store_connect(store, err) < 0)
		goto failed;
	/* whose file it is comes first: not a bit of another program's is changed */
	if (schema_check(store, schema_version, err) < 0 || set_up(store, err) < 0 ||
	    schema_migrate(store, schema_scripts, schema_version, err) < 0 ||
	    check(store, unclean, err) < 0)
		goto failed;
	if (mode == STORE_COLLECT)
		(void)sqlite3_busy_handler(store->db, NULL, NULL);
	sqlite3_progress_handler(store->db, 0, NULL, NULL);
	store->patience = NULL;
	*ret = store;
	return 0;

failed:
	if (unclean && store->lock >= 0) {
		(void)close(store->lock); /* with its mark: the next one looks again */
		store->lock = -1;
	}
	store_close(store);
	return -1;
}

/* Every file of the database's is made here, and stays open. Of those that a reader needs SQLite
 * itself makes the database's owner the owner. */
int store_open_patiently(const char *path, enum store_mode mode,
			 const struct store_patience *patience, struct store **ret,
			 struct error *err)
{
	SCOPED(memory)
	char *directory = directory_of(path);
	struct root root = { 0 };
	int result;

	if (mode != STORE_READ && strcmp(path, memory_path) != 0 &&
	    owner_become(directory, &root, err) < 0)
		return -1;
	result = open_it(path, mode, patience, ret, err);
	owner_leave(&root);
	return result;
}

int store_open(const char *path, enum store_mode mode, struct store **ret, struct error *err)
{
	return store_open_patiently(path, mode, NULL, ret, err);
}

bool store_is_foreign(const char *path)
{
	/* https://sqlite.org/fileformat.html: what every database begins with, and, at 68, whose */
	static const char magic[16] = "SQLite format 3";
	enum { OWNER_AT = 68, HEAD = OWNER_AT + 4 };
	unsigned char head[HEAD];
	uint32_t owner = 0;
	SCOPED(file)
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	if (fread(head, 1, HEAD, file) != HEAD)
		return ferror(file) == 0;
	for (size_t i = OWNER_AT; i < HEAD; i++)
		owner = owner << 8 | head[i];
	return memcmp(head, magic, sizeof(magic)) != 0 || owner != APPLICATION_ID;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->begun)
		store_rollback(store);
	known_close(store);
	sweeps_forget(store);
	free(store->tolds);
	text_clear(&store->printed_text);
	for (size_t i = 0; i < QUERY_SLOTS; i++)
		(void)sqlite3_finalize(store->queries[i].statement);
	if (store->db && store->mode == STORE_COLLECT)
		(void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
						NULL);
	(void)sqlite3_close_v2(store->db);
	if (store->lock >= 0) {
		(void)!ftruncate(store->lock, 0);
		(void)close(store->lock);
	}
	if (store->place >= 0)
		(void)close(store->place);
	free(store->path);
	free(store);
}

/* A query that must find nothing. */
static int verify_none(struct store *store, const char *sql, const char *what, struct error *err)
{
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	int more;

	if (!statement)
		return -1;
	more = query_row(store, statement, err);
	if (more <= 0)
		return more;
	(void)error_set(err, ERROR_OURS, "%s: %s (%s %s)", store->path, what,
			column_text(statement, 0), column_text(statement, 1));
	(void)sqlite3_reset(statement);
	return -1;
}

/* What came with the second schema: a copy may be of the first. */
static int verify_lapses(struct store *store, struct error *err)
{
	static const char stretches[] = "SELECT account, since FROM lapse WHERE until <= since";
	static const char lasting[] = "SELECT account, sweep FROM lapse WHERE until IS NULL"
				      " GROUP BY account, sweep HAVING count(*) > 1";
	int64_t version;

	if (query_one(store, query(store, "PRAGMA user_version", NULL, 0, err), 0, &version, err) <
	    0)
		return -1;
	if (version < 2)
		return 0;
	if (verify_none(store, stretches, "a lapse without time", err) < 0)
		return -1;
	return verify_none(store, lasting, "two lapses of one sweep last", err);
}

int verify_rules(struct store *store, struct error *err)
{
	static const struct {
		const char *sql, *what;
	} rules[] = {
		{ "PRAGMA foreign_key_check", "a row names another that is not there" },
		{ "SELECT a.series, a.since FROM watch a JOIN watch b"
		  " ON b.series = a.series AND b.since > a.since AND b.since <= a.until",
		  "watched stretches overlap" },
		{ "SELECT series, since FROM watch WHERE until <= since",
		  "a stretch without time" },
		{ "SELECT series, day FROM sample WHERE days < 1", "a window without days" },
		{ "SELECT id, metric FROM series s WHERE items = 'none' AND NOT EXISTS"
		  " (SELECT 1 FROM definition WHERE series = s.id)",
		  "a series without definition" },
		{ "SELECT series, id FROM item WHERE day <> (created - ((created % 86400) + 86400)"
		  " % 86400) / 86400",
		  "an item kept under another day than its own" },
		{ "SELECT day, series FROM revision WHERE origin >= replaced_by",
		  "a revision older than what it replaced" },
		{ "SELECT series, id FROM item_moved WHERE origin >= moved_by",
		  "a publication moved before it was listed" },
		{ "SELECT id, origin FROM record r WHERE (state = 'replaced') = (origin ="
		  " (SELECT max(origin) FROM record WHERE id = r.id))",
		  "a record of which not the newest version stands" },
		{ "SELECT a.id, b.id FROM record a JOIN record b ON b.account = a.account"
		  " AND b.list = a.list AND b.day = a.day AND b.days = a.days AND b.id > a.id"
		  " AND b.none = a.none AND (a.none OR b.title = a.title)"
		  " WHERE a.state = 'stands' AND b.state = 'stands'",
		  "two records of the same days and title" },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (verify_none(store, rules[i].sql, rules[i].what, err) < 0)
			return -1;
	return verify_lapses(store, err);
}

int store_verify(struct store *store, struct error *err)
{
	if (check_by(store, "PRAGMA integrity_check(1)", err) < 0)
		return -1;
	return verify_rules(store, err);
}
