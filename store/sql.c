#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <string.h>

int sql_error(struct store *store, int status, struct error *err)
{
	const char *words = sqlite3_errmsg(store->db);
	int kind = status & 0xff;

	/* files of SQLite's own may find no room either, which it calls an error of the disk */
	if ((kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN) &&
	    disk_is_full(sqlite3_system_errno(store->db)))
		kind = SQLITE_FULL;
	switch (kind) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, ERROR_BUSY,
				 "%s: somebody else is writing to it; try again in a moment",
				 store->path);
	case SQLITE_FULL:
		return error_set(err, ERROR_OURS, "%s: the disk is full: make room", store->path);
	case SQLITE_NOTADB:
		return error_set(err, ERROR_OURS,
				 "%s is not a database of metricsd: move it away, or name another "
				 "state directory",
				 store->path);
	case SQLITE_CORRUPT:
		return error_set(err, ERROR_OURS,
				 "%s is damaged (%s): stop metricsd, keep a copy of the file and "
				 "restore the last backup",
				 store->path, words);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return error_set(err, ERROR_OURS,
				 "%s: %s: write as the user metricsd or a member of its group",
				 store->path, words);
	default:
		return error_set(err, ERROR_OURS, "%s: %s", store->path, words);
	}
}

/* Where the statement of a text is or belongs: texts are literals, so their address will do. */
static struct query *slot_of(struct store *store, const char *sql)
{
	size_t i = ((uintptr_t)sql >> 3) * 31 % QUERY_SLOTS;

	while (store->queries[i].sql && store->queries[i].sql != sql)
		i = (i + 1) % QUERY_SLOTS;
	return &store->queries[i];
}

sqlite3_stmt *query(struct store *store, const char *sql, const int64_t *values, size_t count,
		    struct error *err)
{
	struct query *slot = slot_of(store, sql);

	if (!slot->sql) {
		int status = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
						&slot->statement, NULL);

		if (status != SQLITE_OK) {
			(void)sql_error(store, status, err);
			return NULL;
		}
		slot->sql = sql;
	}
	for (size_t i = 0; i < count; i++)
		(void)sqlite3_bind_int64(slot->statement, (int)i + 1, values[i]);
	return slot->statement;
}

void bind_text(sqlite3_stmt *statement, int place, const char *string)
{
	(void)sqlite3_bind_text(statement, place, string, -1, SQLITE_STATIC);
}

/* SQLite takes a whole transaction back when a disk fails in the midst of it, be it a mere reading
 * that had to make room. What came after it would be kept on its own, half of what belongs
 * together. */
static bool was_taken_back(const struct store *store)
{
	return store->open && sqlite3_get_autocommit(store->db);
}

static int taken_back(const struct store *store, struct error *err)
{
	return error_set(err, ERROR_OURS, "%s: an I/O error took the transaction back",
			 store->path);
}

int query_row(struct store *store, sqlite3_stmt *statement, struct error *err)
{
	int status;

	if (was_taken_back(store)) {
		(void)sqlite3_reset(statement);
		return taken_back(store, err);
	}
	status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		return 1;
	if (status != SQLITE_DONE)
		(void)sql_error(store, status, err);
	(void)sqlite3_reset(statement);
	return status == SQLITE_DONE ? 0 : -1;
}

int query_run(struct store *store, sqlite3_stmt *statement, struct error *err)
{
	int more;

	if (!statement)
		return -1;
	do
		more = query_row(store, statement, err);
	while (more > 0);
	return more;
}

int query_one(struct store *store, sqlite3_stmt *statement, int64_t none, int64_t *ret,
	      struct error *err)
{
	int more;

	if (!statement)
		return -1;
	more = query_row(store, statement, err);
	if (more < 0)
		return -1;
	*ret = none;
	if (more && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		*ret = sqlite3_column_int64(statement, 0);
	(void)sqlite3_reset(statement);
	return 0;
}

int query_list(struct store *store, sqlite3_stmt *statement, size_t size,
	       void (*read)(sqlite3_stmt *statement, void *item), struct list *ret,
	       struct error *err)
{
	size_t room = 0;
	int more;

	*ret = (struct list){ 0 };
	if (!statement)
		return -1;
	while ((more = query_row(store, statement, err)) > 0) {
		char *item;

		ret->items = memory_grow(ret->items, ret->count, &room, size);
		item = (char *)ret->items + ret->count++ * size;
		memset(item, 0, size);
		read(statement, item);
	}
	return more;
}

int execute(struct store *store, const char *sql, const int64_t *values, size_t count,
	    struct error *err)
{
	return query_run(store, query(store, sql, values, count, err), err);
}

int execute_script(struct store *store, const char *sql, struct error *err)
{
	int status = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return status == SQLITE_OK ? 0 : sql_error(store, status, err);
}

const char *column_text(sqlite3_stmt *statement, int place)
{
	const unsigned char *bytes = sqlite3_column_text(statement, place);

	return bytes ? (const char *)bytes : "";
}

/* Whether another connection wrote since: then what is known by heart may be wrong. */
static int know_again(struct store *store, struct error *err)
{
	int64_t version;

	if (query_one(store, query(store, "PRAGMA data_version", NULL, 0, err), 0, &version, err) <
	    0)
		return -1;
	if (version != store->version || store->known.count > KNOWN_ACCOUNTS_MAX)
		known_forget(store);
	along_forget(store);
	store->version = version;
	store->last_at = INT64_MIN;
	return 0;
}

static void roll_back(struct store *store)
{
	struct error ignored;

	if (!sqlite3_get_autocommit(store->db))
		(void)execute(store, "ROLLBACK", NULL, 0, &ignored);
	if (store->known.ahead)
		known_forget(store);
	sweeps_forget(store);
	store->known.ahead = false;
	store->writing = false;
	store->open = false;
}

static int begin(struct store *store, struct error *err)
{
	if (store->mode == STORE_READ)
		return error_set(err, ERROR_OURS, "%s was opened for reading only", store->path);
	if (execute(store, "BEGIN IMMEDIATE", NULL, 0, err) < 0)
		return -1;
	store->open = true;
	if (know_again(store, err) < 0) {
		roll_back(store);
		return -1;
	}
	return 0;
}

static int commit(struct store *store, struct error *err)
{
	if (sweeps_write(store, err) < 0 || execute(store, "COMMIT", NULL, 0, err) < 0) {
		roll_back(store);
		return -1;
	}
	store->known.ahead = false;
	store->writing = false;
	store->open = false;
	return 0;
}

int store_begin(struct store *store, struct error *err)
{
	assert(!store->begun);
	if (begin(store, err) < 0)
		return -1;
	store->begun = true;
	store->broken = false;
	return 0;
}

int store_commit(struct store *store, struct error *err)
{
	assert(store->begun);
	if (store->broken) {
		store_rollback(store);
		return error_set(err, store->why.class, "%s", store->why.text);
	}
	store->begun = false;
	return commit(store, err);
}

void store_rollback(struct store *store)
{
	roll_back(store);
	store->begun = false;
	store->broken = false;
}

int change_begin(struct store *store, struct error *err)
{
	store->call++;
	if (!store->begun)
		return begin(store, err);
	if (store->broken)
		return error_set(err, store->why.class, "%s", store->why.text);
	store->writing = false;
	if (store->known.count > KNOWN_ACCOUNTS_MAX)
		known_forget(store);
	return 0;
}

int change_end(struct store *store, int result, struct error *err)
{
	if (!store->begun) {
		if (result == 0)
			return commit(store, err);
		roll_back(store);
		return -1;
	}
	if (result < 0 && store->writing) {
		/* half written: neither this change nor the transaction can be kept */
		store->broken = true;
		store->why = (struct error){ .class = ERROR_OURS, .text = "the store failed" };
		if (err)
			store->why = *err;
	}
	return result;
}

int reading_begin(struct store *store, struct error *err)
{
	if (!sqlite3_get_autocommit(store->db))
		return 0;
	return execute(store, "BEGIN", NULL, 0, err) < 0 ? -1 : 1;
}

void reading_end(struct store *store, int begun)
{
	struct error ignored;

	if (begun > 0)
		(void)execute(store, "COMMIT", NULL, 0, &ignored);
}

int32_t utc_day(int64_t time)
{
	return (int32_t)(time >= 0 ? time / DAY_SECONDS
				   : -((DAY_SECONDS - 1 - time) / DAY_SECONDS));
}
