/* Closed periods. A row stays for ever: reopening marks it, closing again makes another. */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void closing_clear(struct closing *closing)
{
	free(closing->entity);
	free(closing->period);
	free(closing->by);
	free(closing->note);
	free(closing->json);
	free(closing->reopened_by);
	free(closing->reopened_why);
	*closing = (struct closing){ 0 };
}

void closings_free(struct closing *closings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		closing_clear(&closings[i]);
	free(closings);
}

static int closing_check(struct store *store, const struct closing *closing, struct error *err)
{
	static const char sql[] =
		"SELECT id FROM closing WHERE entity = ?1 AND period = ?2 AND reopened_at IS NULL";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	int64_t id;

	if (!statement || clock_check(store, closing->at, err) < 0)
		return -1;
	bind_text(statement, 1, closing->entity);
	bind_text(statement, 2, closing->period);
	if (query_one(store, statement, 0, &id, err) < 0)
		return -1;
	if (id)
		return error_set(err, ERROR_INPUT, "%s is closed already: reopen it first",
				 closing->period);
	return 0;
}

static int closing_insert(struct store *store, const struct closing *closing, int64_t *id,
			  struct error *err)
{
	static const char sql[] =
		"INSERT INTO closing (day, days, at, entity, period, person, note, sha256, json)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
	sqlite3_stmt *statement = query(
		store, sql, INTS(closing->window.first, closing->window.days, closing->at), err);

	if (!statement)
		return -1;
	bind_text(statement, 4, closing->entity);
	bind_text(statement, 5, closing->period);
	bind_text(statement, 6, closing->by);
	bind_text(statement, 7, closing->note);
	bind_text(statement, 8, closing->sha256);
	bind_text(statement, 9, closing->json);
	if (query_run(store, statement, err) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(store->db);
	return 0;
}

int store_closing_add(struct store *store, const struct closing *closing, int64_t *id,
		      struct error *err)
{
	int64_t number = 0;
	int result;

	assert(strlen(closing->sha256) == sizeof(closing->sha256) - 1 && closing->json);
	if (change_begin(store, err) < 0)
		return -1;
	result = closing_check(store, closing, err);
	if (result == 0) {
		store->writing = true;
		result = closing_insert(store, closing, &number, err);
	}
	result = change_end(store, result, err);
	if (result == 0 && id)
		*id = number;
	return result;
}

/* Refuses one that is not closed; its time. */
static int closed_at(struct store *store, int64_t id, int64_t *ret, struct error *err)
{
	static const char sql[] = "SELECT at, reopened_at FROM closing WHERE id = ?1";
	sqlite3_stmt *statement = query(store, sql, INTS(id), err);
	int more = statement ? query_row(store, statement, err) : -1;
	bool reopened;

	if (more < 0)
		return -1;
	if (!more)
		return error_set(err, ERROR_INPUT, "there is no closing %lld", (long long)id);
	*ret = sqlite3_column_int64(statement, 0);
	reopened = sqlite3_column_type(statement, 1) != SQLITE_NULL;
	(void)sqlite3_reset(statement);
	if (reopened)
		return error_set(err, ERROR_INPUT, "closing %lld was reopened already",
				 (long long)id);
	return 0;
}

int store_closing_end(struct store *store, int64_t id, const char *by, const char *why, int64_t now,
		      struct error *err)
{
	static const char sql[] = "UPDATE closing SET reopened_at = ?2, reopened_by = ?3,"
				  " reopened_why = ?4 WHERE id = ?1";
	sqlite3_stmt *statement;
	int64_t at = 0;
	int result;

	if (change_begin(store, err) < 0)
		return -1;
	result = closed_at(store, id, &at, err);
	if (result == 0) {
		store->writing = true;
		/* never refused for the time, as withdrawing is not */
		statement = query(store, sql, INTS(id, now < at ? at : now), err);
		if (statement) {
			bind_text(statement, 3, by);
			bind_text(statement, 4, why);
		}
		result = query_run(store, statement, err);
	}
	return change_end(store, result, err);
}

static void read_closing(sqlite3_stmt *statement, void *item)
{
	struct closing *closing = item;

	*closing = (struct closing){
		.id = sqlite3_column_int64(statement, 0),
		.entity = column_copy(statement, 1),
		.period = column_copy(statement, 2),
		.window = { sqlite3_column_int(statement, 3), sqlite3_column_int(statement, 4) },
		.at = sqlite3_column_int64(statement, 5),
		.by = column_copy(statement, 6),
		.note = column_copy(statement, 7),
		.reopened_at = sqlite3_column_int64(statement, 9),
		.reopened_by = column_copy(statement, 10),
		.reopened_why = column_copy(statement, 11),
	};
	(void)snprintf(closing->sha256, sizeof(closing->sha256), "%s", column_text(statement, 8));
}

int store_closings(struct store *store, const char *entity, struct closing **ret, size_t *count,
		   struct error *err)
{
	static const char sql[] =
		"SELECT id, entity, period, day, days, at, person, note, sha256, reopened_at,"
		" reopened_by, reopened_why FROM closing WHERE entity = ?1 ORDER BY id";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	struct list list;

	if (!statement)
		return -1;
	bind_text(statement, 1, entity);
	if (query_list(store, statement, sizeof(struct closing), read_closing, &list, err) < 0) {
		closings_free(list.items, list.count);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}

int store_closing_json(struct store *store, int64_t id, char **ret, struct error *err)
{
	sqlite3_stmt *statement =
		query(store, "SELECT json FROM closing WHERE id = ?1", INTS(id), err);
	int more = statement ? query_row(store, statement, err) : -1;

	if (more < 0)
		return -1;
	if (!more)
		return error_set(err, ERROR_INPUT, "there is no closing %lld", (long long)id);
	*ret = memory_text(column_text(statement, 0));
	(void)sqlite3_reset(statement);
	return 0;
}
