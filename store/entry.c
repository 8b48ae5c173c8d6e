/* What people enter and files bring; taking it back; accounts that change their name. */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
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
	bool listed = false;
	bool entered;
	int result = standing(store, origin, &told, &count, &entered, err);

	if (result == 0)
		result = query_one(store, query(store, account, INTS(origin), err), 0,
				   &telling->account, err);
	if (result == 0 && entered)
		result = listing_withdraw(store, origin, telling, &listed, err);
	if (result == 0 && !entered)
		result = error_set(err, ERROR_INPUT, "there is no entry %lld", (long long)origin);
	else if (result == 0 && count == 0 && !listed)
		result = error_set(
			err, ERROR_INPUT,
			"entry %lld does not stand any more: it was withdrawn or replaced "
			"by a later one",
			(long long)origin);
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
	struct origin trace = *by;
	struct telling telling = { .origin = &trace };
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	if (newest_origin(store, err) == 0) {
		/* the way out when what is withdrawn was entered by a clock that was ahead: never
		 * refused for the time */
		if (trace.at < store->last_at)
			trace.at = store->last_at;
		result = withdraw(store, origin, &telling, err);
		store->last_at = INT64_MIN; /* another one may be the newest that stands */
	}
	result = change_end(store, result, err);
	if (result == 0 && ret)
		*ret = telling.changes;
	return result;
}

/* --- renaming */

/* A series of the account that had the name, and one of the account that has it now. */
struct pair {
	int64_t old, new;
	char metric[64], source[64];
	bool counted_old, counted_new;
	int32_t first_old, first_new; /* where their definitions begin */
};

/* Whether the series holds numbers: a sample, a publication, time watched. */
static int holds_numbers(struct store *store, int64_t series, bool counted, int32_t first,
			 bool *ret, struct error *err)
{
	static const char watch[] = "SELECT 1 FROM watch WHERE series = ?1 LIMIT 1";
	static const char item[] = "SELECT 1 FROM item WHERE day = ?1 AND series = ?2 LIMIT 1";
	int64_t found = 0;
	int64_t last;
	int32_t day;

	*ret = true;
	if (!counted) {
		if (first_sample(store, series, first, &day, err) < 0)
			return -1;
		*ret = day != DAY_NONE;
		return 0;
	}
	if (query_one(store, query(store, watch, INTS(series), err), 0, &found, err) < 0 ||
	    query_one(store,
		      query(store, "SELECT day FROM item ORDER BY day DESC LIMIT 1", NULL, 0, err),
		      INT32_MIN, &last, err) < 0)
		return -1;
	/* its zone's first day may begin on the day before in UTC */
	for (day = first - 1; !found && day <= last; day++)
		if (query_one(store, query(store, item, INTS(day, series), err), 0, &found, err) <
		    0)
			return -1;
	*ret = found != 0;
	return 0;
}

static void read_pair(sqlite3_stmt *statement, void *item)
{
	struct pair *pair = item;

	*pair = (struct pair){
		.old = sqlite3_column_int64(statement, 0),
		.new = sqlite3_column_int64(statement, 1),
		.counted_old = sqlite3_column_int(statement, 4) != 0,
		.counted_new = sqlite3_column_int(statement, 5) != 0,
		.first_old = sqlite3_column_int(statement, 6),
		.first_new = sqlite3_column_int(statement, 7),
	};
	(void)snprintf(pair->metric, sizeof(pair->metric), "%s", column_text(statement, 2));
	(void)snprintf(pair->source, sizeof(pair->source), "%s", column_text(statement, 3));
}

static int load_pairs(struct store *store, int64_t old, int64_t new, struct list *ret,
		      struct error *err)
{
	static const char sql[] =
		"SELECT a.id, b.id, a.metric, a.source, a.items <> 'none', b.items <> 'none',"
		" (SELECT min(first_day) FROM definition WHERE series = a.id),"
		" (SELECT min(first_day) FROM definition WHERE series = b.id)"
		" FROM series a JOIN series b ON b.metric = a.metric AND b.source = a.source"
		" WHERE a.account = ?1 AND b.account = ?2 ORDER BY a.metric, a.source";

	return query_list(store, query(store, sql, INTS(old, new), err), sizeof(struct pair),
			  read_pair, ret, err);
}

/* Whether one origin changed the same window in both: their traces do not fit in one series. */
static int traces_meet(struct store *store, const struct pair *pair, bool *ret, struct error *err)
{
	static const char sql[] =
		"SELECT EXISTS (SELECT 1 FROM revision a JOIN revision b ON b.day = a.day"
		" AND b.series = ?2 AND b.days = a.days AND b.replaced_by = a.replaced_by"
		" WHERE a.series = ?1) OR EXISTS (SELECT 1 FROM entry a JOIN entry b"
		" ON b.origin = a.origin AND b.series = ?2 AND b.day = a.day AND b.days = a.days"
		" WHERE a.series = ?1)";
	int64_t meet;

	if (query_one(store, query(store, sql, INTS(pair->old, pair->new), err), 0, &meet, err) < 0)
		return -1;
	*ret = meet != 0;
	return 0;
}

/* Refuses two series that both hold numbers; else turns .new into the one that is to go. */
static int pair_check(struct store *store, struct pair *pair, const char *entity, const char *from,
		      const char *to, struct error *err)
{
	bool old, new, meet;

	if (holds_numbers(store, pair->old, pair->counted_old, pair->first_old, &old, err) < 0 ||
	    holds_numbers(store, pair->new, pair->counted_new, pair->first_new, &new, err) < 0 ||
	    traces_meet(store, pair, &meet, err) < 0)
		return -1;
	if ((old && new) || meet)
		return error_set(err, ERROR_INPUT,
				 "%s/%s cannot take over the series of %s/%s: both have numbers of "
				 "%s (%s); withdraw those of one of them, take renamed_from out, "
				 "or give one of them another id",
				 entity, to, entity, from, pair->metric, pair->source);
	if (new) {
		int64_t empty = pair->old;

		pair->old = pair->new;
		pair->new = empty;
	}
	return 0;
}

/* The empty series goes; what was once said and taken back in it goes over to the other. */
static int pair_join(struct store *store, const struct pair *pair, struct error *err)
{
	static const char *const move[] = {
		"UPDATE revision SET series = ?2 WHERE series = ?1",
		"UPDATE entry SET series = ?2 WHERE series = ?1",
		"UPDATE item_moved SET series = ?2 WHERE series = ?1",
		"UPDATE counter SET series = ?2 WHERE series = ?1",
	};
	static const char *const drop[] = {
		"DELETE FROM definition WHERE series = ?1",
		"DELETE FROM series WHERE id = ?1",
	};

	for (size_t i = 0; i < sizeof(move) / sizeof(move[0]); i++)
		if (execute(store, move[i], INTS(pair->new, pair->old), err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(drop) / sizeof(drop[0]); i++)
		if (execute(store, drop[i], INTS(pair->new), err) < 0)
			return -1;
	return 0;
}

/* Everything of the account becomes the other's. Where both have a word, the later one holds. */
static int account_join(struct store *store, int64_t old, int64_t new, struct error *err)
{
	static const char older_sweeps[] =
		"DELETE FROM sweep WHERE account = ?2 AND EXISTS (SELECT 1 FROM sweep o"
		" WHERE o.account = ?1 AND o.sweep = sweep.sweep"
		" AND o.last_success >= sweep.last_success)";
	static const char readings[] =
		"INSERT INTO reading (day, account, at) SELECT day, ?2, at FROM reading"
		" WHERE account = ?1 ON CONFLICT DO UPDATE SET at = max(at, excluded.at)";
	/* parts belong together: those of the one or of the other */
	static const char older_parts[] = "DELETE FROM part WHERE account = ?1"
					  " AND EXISTS (SELECT 1 FROM part WHERE account = ?2)";
	/* at most one of a sweep lasts */
	static const char lapses[] =
		"UPDATE OR REPLACE lapse SET account = ?2 WHERE account = ?1 AND (until IS NOT NULL"
		" OR NOT EXISTS (SELECT 1 FROM lapse n WHERE n.account = ?2"
		" AND n.sweep = lapse.sweep AND n.until IS NULL))";
	static const char *const both[] = {
		"UPDATE series SET account = ?2 WHERE account = ?1",
		"UPDATE origin SET account = ?2 WHERE account = ?1",
		"UPDATE record SET account = ?2 WHERE account = ?1",
		"UPDATE refused SET account = ?2 WHERE account = ?1",
		older_sweeps,
		"UPDATE OR IGNORE sweep SET account = ?2 WHERE account = ?1",
		readings,
		lapses,
		"UPDATE OR IGNORE metric_state SET account = ?2 WHERE account = ?1",
		older_parts,
		"UPDATE part SET account = ?2 WHERE account = ?1",
	};
	static const char *const rest[] = {
		"DELETE FROM sweep WHERE account = ?1",
		"DELETE FROM reading WHERE account = ?1",
		"DELETE FROM lapse WHERE account = ?1",
		"DELETE FROM metric_state WHERE account = ?1",
		"DELETE FROM account WHERE id = ?1",
	};

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++)
		if (execute(store, both[i], INTS(old, new), err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		if (execute(store, rest[i], INTS(old), err) < 0)
			return -1;
	return 0;
}

/* The new name is in use already: numbers were entered under it, say. */
static int merge(struct store *store, int64_t old, int64_t new, const char *entity,
		 const char *from, const char *to, struct error *err)
{
	struct list list;
	int result = load_pairs(store, old, new, &list, err);
	struct pair *pairs = list.items;

	for (size_t i = 0; result == 0 && i < list.count; i++)
		result = pair_check(store, &pairs[i], entity, from, to, err);
	if (result == 0)
		result = records_clash(store, old, new, entity, from, to, err);
	if (result == 0)
		store->writing = true;
	for (size_t i = 0; result == 0 && i < list.count; i++)
		result = pair_join(store, &pairs[i], err);
	if (result == 0)
		result = account_join(store, old, new, err);
	free(list.items);
	return result;
}

static int give_name(struct store *store, int64_t account, const char *name, struct error *err)
{
	sqlite3_stmt *statement =
		query(store, "UPDATE account SET name = ?2 WHERE id = ?1", INTS(account), err);

	store->writing = true;
	if (!statement)
		return -1;
	bind_text(statement, 2, name);
	return query_run(store, statement, err);
}

/* Who had to wait under the old name waits under the new one. */
static int move_holds(struct store *store, const char *entity, const char *from, const char *to,
		      struct error *err)
{
	static const char sql[] = "UPDATE OR REPLACE hold SET key = ?1 || '/' || ?3"
				  " WHERE scope = 'account' AND key = ?1 || '/' || ?2";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);

	if (!statement)
		return -1;
	bind_text(statement, 1, entity);
	bind_text(statement, 2, from);
	bind_text(statement, 3, to);
	return query_run(store, statement, err);
}

/* So that whoever keeps figures hears of it (store_touched()): an origin as any change has one. The
 * configuration named it, and nobody tells the time of that: it is that of the newest before it. */
static int rename_trace(struct store *store, int64_t account, const char *from, struct error *err)
{
	static const char newest[] = "SELECT at FROM origin ORDER BY id DESC LIMIT 1";
	SCOPED(text)
	struct text what = { 0 };
	struct origin origin = { .kind = ORIGIN_FILE };
	struct telling telling = { .origin = &origin, .account = account };
	int result;

	text_addf(&what, "renamed_from %s", from);
	origin.what = text_str(&what);
	if (newest_origin(store, err) < 0 ||
	    query_one(store, query(store, newest, NULL, 0, err), 0, &origin.at, err) < 0)
		return -1;
	result = origin_keep(store, &telling, err);
	store->last_at = INT64_MIN; /* it says nothing of the clock */
	return result;
}

static int rename_account(struct store *store, const char *entity, const char *from, const char *to,
			  struct error *err)
{
	int64_t old, new;

	if (account_number(store, entity, from, &old, err) < 0 ||
	    account_number(store, entity, to, &new, err) < 0)
		return -1;
	if (!old || old == new)
		return 0;
	if (new ? merge(store, old, new, entity, from, to, err) < 0
		: give_name(store, old, to, err) < 0)
		return -1;
	if (rename_trace(store, new ? new : old, from, err) < 0)
		return -1;
	store->known.ahead = true;
	known_forget(store);
	return move_holds(store, entity, from, to, err);
}

int store_rename(struct store *store, const char *entity, const char *from, const char *to,
		 struct error *err)
{
	if (change_begin(store, err) < 0)
		return -1;
	return change_end(store, rename_account(store, entity, from, to, err), err);
}

/* --- lists */

char *column_copy(sqlite3_stmt *statement, int place)
{
	if (sqlite3_column_type(statement, place) == SQLITE_NULL)
		return NULL;
	return memory_text(column_text(statement, place));
}

static void read_entry(sqlite3_stmt *statement, void *item)
{
	*(struct kept_entry *)item = (struct kept_entry){
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
		.window = { sqlite3_column_int(statement, 10), sqlite3_column_int(statement, 11) },
		.value = sqlite3_column_int64(statement, 12),
		.below = sqlite3_column_int64(statement, 13),
		.above = sqlite3_column_int64(statement, 14),
	};
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
		/* publications a file listed: as many as it brought */
		" UNION ALL SELECT e.origin, o.at, a.entity, a.name, r.metric, r.source, d.person,"
		" d.note, d.evidence, p.text, e.day, e.days,"
		" (SELECT count(*) FROM item i WHERE i.day BETWEEN e.day - 1 AND e.day + e.days"
		" AND i.series = e.series AND i.origin = e.origin), 0, 0"
		" FROM series r JOIN entry e ON e.series = r.id AND e.days > 0"
		" JOIN origin o ON o.id = e.origin JOIN account a ON a.id = r.account"
		" LEFT JOIN detail d ON d.origin = e.origin LEFT JOIN phrase p ON p.id = o.phrase"
		" WHERE r.items <> 'none' AND (?1 IS NULL OR a.entity = ?1)"
		" AND (?2 IS NULL OR a.name = ?2) ORDER BY 1 DESC, 3, 4, 5, 11, 12";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	struct list list;

	if (!statement)
		return -1;
	bind_text(statement, 1, entity);
	bind_text(statement, 2, account);
	if (query_list(store, statement, sizeof(struct kept_entry), read_entry, &list, err) < 0) {
		entries_free(list.items, list.count);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
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
