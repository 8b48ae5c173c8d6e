/* What a collector keeps for itself: bytes under names, written with the answer they are of. */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"

#include <string.h>

static int part_keep(struct store *store, int64_t account, const struct finding_part *part,
		     struct error *err)
{
	static const char sql[] = "INSERT INTO part (account, name, bytes) VALUES (?1, ?2, ?3)"
				  " ON CONFLICT DO UPDATE SET bytes = ?3";
	sqlite3_stmt *statement = query(store, sql, INTS(account), err);
	int result;

	if (!statement)
		return -1;
	bind_text(statement, 2, part->name);
	(void)sqlite3_bind_blob(statement, 3, part->bytes, (int)part->length, SQLITE_STATIC);
	result = query_run(store, statement, err);
	(void)sqlite3_bind_null(statement, 3);
	return result;
}

/* A name that ends in '/' drops all that begin with it: '0' is what comes after '/'. */
static int part_drop(struct store *store, int64_t account, const char *name, struct error *err)
{
	static const char one[] = "DELETE FROM part WHERE account = ?1 AND name = ?2";
	static const char all[] = "DELETE FROM part WHERE account = ?1 AND name >= ?2"
				  " AND name < substr(?2, 1, length(?2) - 1) || '0'";
	bool many = name[strlen(name) - 1] == '/';
	sqlite3_stmt *statement = query(store, many ? all : one, INTS(account), err);

	if (!statement)
		return -1;
	bind_text(statement, 2, name);
	return query_run(store, statement, err);
}

int parts_keep(struct store *store, int64_t account, const struct findings *findings,
	       struct error *err)
{
	for (size_t i = 0; i < findings->part_count; i++) {
		const struct finding_part *part = &findings->parts[i];

		if (part->bytes ? part_keep(store, account, part, err) < 0
				: part_drop(store, account, part->name, err) < 0)
			return -1;
	}
	return 0;
}

int store_part_next(struct store *store, const char *entity, const char *account,
		    const char *prefix, const char *after, struct text *name, struct text *bytes,
		    struct error *err)
{
	static const char sql[] = "SELECT name, bytes FROM part WHERE account = ?1"
				  " AND name > max(?2, ?3) AND substr(name, 1, length(?2)) = ?2"
				  " ORDER BY name LIMIT 1";
	sqlite3_stmt *statement;
	int64_t number;
	int more;

	if (account_number(store, entity, account, &number, err) < 0)
		return -1;
	statement = query(store, sql, INTS(number), err);
	if (!statement)
		return -1;
	bind_text(statement, 2, prefix);
	bind_text(statement, 3, after);
	more = query_row(store, statement, err);
	if (more <= 0)
		return more;
	text_set(name, column_text(statement, 0));
	text_reset(bytes);
	text_add_n(bytes, sqlite3_column_blob(statement, 1),
		   (size_t)sqlite3_column_bytes(statement, 1));
	(void)sqlite3_reset(statement);
	if (bytes->failed || name->failed)
		return error_set(err, ERROR_OURS, "%s: a part of %s/%s is too long", store->path,
				 entity, account);
	return 1;
}
