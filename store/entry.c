/* What people enter and files bring; taking it back; accounts that change their name. */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

/* One entry as what is told: its series must be of the same kind and zone. */
static int entry_told(struct store *store, const struct entry *entry, int64_t at, struct told *ret,
		      struct error *err)
{
	*ret = (struct told){
		.sample = { .window = entry->window,
			    .value = entry->value,
			    .below = entry->below,
			    .above = entry->above },
	};
	if (known_account(store, entry->entity, entry->account, &ret->account, err) < 0)
		return -1;
	/* a number that is entered is a sample, also where the collector counts items */
	return known_series(store, ret->account,
			    &(struct series_wish){ .metric = entry->metric->id,
						   .source = entry->source,
						   .zone = entry->zone,
						   .kind = entry->metric->kind,
						   .items = ITEM_NONE,
						   .provider = entry->metric->id },
			    at, &ret->series, err);
}

static int entries_check(struct store *store, const struct entry *entries, size_t count, int64_t at,
			 struct told *told, struct error *err)
{
	if (clock_check(store, at, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (entry_told(store, &entries[i], at, &told[i], err) < 0)
			return -1;
	return told_check(store, told, count, at, err);
}

/* Every account is in the database before the origin names it. */
static int entries_keep(struct store *store, struct telling *telling, const struct told *told,
			size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (account_keep(store, told[i].account, err) < 0)
			return -1;
		if (i == 0)
			telling->account = told[i].account->id;
		else if (telling->account != told[i].account->id)
			telling->account = 0;
	}
	return told_keep(store, telling, told, count, err);
}

int store_enter(struct store *store, const struct entry *entries, size_t count,
		const struct origin *origin, struct changes *ret, struct error *err)
{
	struct telling telling = { .origin = origin, .entries = true };
	struct told *told;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	told = tolds(store, count);
	if (entries_check(store, entries, count, origin->at, told, err) == 0) {
		store->writing = true;
		result = entries_keep(store, &telling, told, count, err);
	}
	result = change_end(store, result, err);
	if (result == 0 && ret)
		*ret = telling.changes;
	return result;
}

/* --- withdrawing */

/* The windows that `origin` brought and that nobody replaced since. */
static int standing(struct store *store, int64_t origin, struct told **ret, size_t *count,
		    bool *entered, struct error *err)
{
	static const char sql[] =
		"SELECT e.series, e.day, e.days, s.value, s.below, s.above, s.flags,"
		" s.origin IS e.origin FROM entry e LEFT JOIN sample s"
		" ON s.day = e.day AND s.series = e.series AND s.days = e.days WHERE e.origin = ?1";
	sqlite3_stmt *statement = query(store, sql, INTS(origin), err);
	size_t room = 0;
	int more;

	*entered = false;
	if (!statement)
		return -1;
	while ((more = query_row(store, statement, err)) > 0) {
		struct known_series *series;

		*entered = true;
		if (!sqlite3_column_int(statement, 7))
			continue;
		*ret = memory_grow(*ret, *count, &room, sizeof(**ret));
		series = memory_new(1, sizeof(*series));
		series->id = sqlite3_column_int64(statement, 0);
		(*ret)[(*count)++] = (struct told){
			.series = series,
			.sample = { .window = { sqlite3_column_int(statement, 1),
						sqlite3_column_int(statement, 2) },
				    .value = sqlite3_column_int64(statement, 3),
				    .below = sqlite3_column_int64(statement, 4),
				    .above = sqlite3_column_int64(statement, 5),
				    .flags = (uint32_t)sqlite3_column_int64(statement, 6),
				    .origin = origin },
		};
	}
	return more;
}

static int withdraw_one(struct store *store, const struct told *told, struct telling *telling,
			struct error *err)
{
	static const char sql[] = "DELETE FROM sample WHERE day = ?1 AND series = ?2 AND days = ?3";

	telling->changes.revisions++;
	if (revision_keep(store, told->series, &told->sample, telling->changes.origin, err) < 0)
		return -1;
	return execute(store, sql,
		       INTS(told->sample.window.first, told->series->id, told->sample.window.days),
		       err);
}

static int withdraw(struct store *store, int64_t origin, struct telling *telling, struct error *err)
{
	static const char account[] = "SELECT account FROM origin WHERE id = ?1";
	struct told *told = NULL;
	size_t count = 0;
	bool entered;
	int result = standing(store, origin, &told, &count, &entered, err);

	if (result == 0 && !entered)
		result = error_set(err, ERROR_INPUT, "there is no entry %lld", (long long)origin);
	else if (result == 0 && count == 0)
		result = error_set(
			err, ERROR_INPUT,
			"entry %lld does not stand any more: it was withdrawn or replaced "
			"by a later one",
			(long long)origin);
	if (result == 0)
		result = query_one(store, query(store, account, INTS(origin), err), 0,
				   &telling->account, err);
	if (result == 0) {
		store->writing = true;
		result = origin_keep(store, telling, err);
	}
	for (size_t i = 0; i < count; i++) {
		if (result == 0)
			result = withdraw_one(store, &told[i], telling, err);
		free(told[i].series);
	}
	free(told);
	return result;
}

int store_withdraw(struct store *store, int64_t origin, const struct origin *by,
		   struct changes *ret, struct error *err)
{
	struct telling telling = { .origin = by };
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	if (clock_check(store, by->at, err) == 0)
		result = withdraw(store, origin, &telling, err);
	result = change_end(store, result, err);
	if (result == 0 && ret)
		*ret = telling.changes;
	return result;
}

/* --- renaming */

static int series_count(struct store *store, int64_t account, int64_t *ret, struct error *err)
{
	return query_one(
		store,
		query(store, "SELECT count(*) FROM series WHERE account = ?1", INTS(account), err),
		0, ret, err);
}

/* An account without series may still have a sweep's state, readings or refused answers: they go,
 * and so does it. */
static int account_drop(struct store *store, int64_t account, struct error *err)
{
	static const char *const sql[] = {
		"DELETE FROM sweep WHERE account = ?1",
		"DELETE FROM reading WHERE account = ?1",
		"DELETE FROM metric_state WHERE account = ?1",
		"DELETE FROM refused WHERE account = ?1",
		"UPDATE origin SET account = NULL WHERE account = ?1",
		"DELETE FROM account WHERE id = ?1",
	};

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		if (execute(store, sql[i], INTS(account), err) < 0)
			return -1;
	return 0;
}

static int rename_account(struct store *store, const char *entity, const char *from, const char *to,
			  struct error *err)
{
	int64_t old, new, old_series, new_series;
	sqlite3_stmt *statement;

	if (account_number(store, entity, from, &old, err) < 0 ||
	    account_number(store, entity, to, &new, err) < 0 ||
	    series_count(store, old, &old_series, err) < 0 ||
	    series_count(store, new, &new_series, err) < 0)
		return -1;
	if (!old || old == new || (new && !old_series))
		return 0;
	if (new_series)
		return error_set(err, ERROR_INPUT,
				 "%s/%s cannot take over the series of %s/%s: both have series; "
				 "take renamed_from out, or give one of them another id",
				 entity, to, entity, from);
	store->writing = true;
	store->known.ahead = true;
	known_forget(store);
	if (new &&account_drop(store, new, err) < 0)
		return -1;
	statement = query(store, "UPDATE account SET name = ?2 WHERE id = ?1", INTS(old), err);
	if (!statement)
		return -1;
	bind_text(statement, 2, to);
	return query_run(store, statement, err);
}

int store_rename(struct store *store, const char *entity, const char *from, const char *to,
		 struct error *err)
{
	if (change_begin(store, err) < 0)
		return -1;
	return change_end(store, rename_account(store, entity, from, to, err), err);
}

/* --- lists */

/* A copy of a column, NULL for NULL. */
static char *column_copy(sqlite3_stmt *statement, int place)
{
	if (sqlite3_column_type(statement, place) == SQLITE_NULL)
		return NULL;
	return memory_text(column_text(statement, place));
}

int store_entries(struct store *store, const char *entity, const char *account,
		  struct kept_entry **ret, size_t *count, struct error *err)
{
	static const char sql[] =
		"SELECT e.origin, o.at, a.entity, a.name, r.metric, r.source, d.person, d.note,"
		" d.evidence, p.text, e.day, e.days, s.value, s.below, s.above"
		" FROM entry e JOIN sample s"
		" ON s.day = e.day AND s.series = e.series AND s.days = e.days"
		" AND s.origin = e.origin JOIN origin o ON o.id = e.origin"
		" JOIN series r ON r.id = e.series JOIN account a ON a.id = r.account"
		" LEFT JOIN detail d ON d.origin = e.origin LEFT JOIN phrase p ON p.id = o.phrase"
		" WHERE (?1 IS NULL OR a.entity = ?1) AND (?2 IS NULL OR a.name = ?2)"
		" ORDER BY e.origin DESC, a.entity, a.name, r.metric, e.day, e.days";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	struct kept_entry *entries = NULL;
	size_t n = 0;
	size_t room = 0;
	int more;

	if (!statement)
		return -1;
	bind_text(statement, 1, entity);
	bind_text(statement, 2, account);
	while ((more = query_row(store, statement, err)) > 0) {
		entries = memory_grow(entries, n, &room, sizeof(*entries));
		entries[n++] = (struct kept_entry){
			.origin = sqlite3_column_int64(statement, 0),
			.at = sqlite3_column_int64(statement, 1),
			.entity = column_copy(statement, 2),
			.account = column_copy(statement, 3),
			.metric = column_copy(statement, 4),
			.source = column_copy(statement, 5),
			.by = column_copy(statement, 6),
			.note = column_copy(statement, 7),
			.evidence = column_copy(statement, 8),
			.what = column_copy(statement, 9),
			.window = { sqlite3_column_int(statement, 10),
				    sqlite3_column_int(statement, 11) },
			.value = sqlite3_column_int64(statement, 12),
			.below = sqlite3_column_int64(statement, 13),
			.above = sqlite3_column_int64(statement, 14),
		};
	}
	if (more < 0) {
		entries_free(entries, n);
		return -1;
	}
	*ret = entries;
	*count = n;
	return 0;
}

void entries_free(struct kept_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(entries[i].entity);
		free(entries[i].account);
		free(entries[i].metric);
		free(entries[i].source);
		free(entries[i].by);
		free(entries[i].note);
		free(entries[i].evidence);
		free(entries[i].what);
	}
	free(entries);
}
