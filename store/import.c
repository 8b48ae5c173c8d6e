/*
 * What files bring: many numbers, publications and what these had gathered, as one origin.
 *
 * Publications of files are counted in series of the file's source alone. The days a file listed
 * are an `entry` of that series, so that taking the file back leaves just the days other files
 * listed.
 */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A lane with what it stands for. */
struct lane {
	struct known_account *account;
	struct known_series *series;
};

static int lanes_find(struct store *store, const struct import *import, struct lane *lanes,
		      struct error *err)
{
	for (size_t i = 0; i < import->lane_count; i++) {
		const struct import_lane *lane = &import->lanes[i];

		if (known_account(store, lane->entity, lane->account, &lanes[i].account, err) < 0 ||
		    known_series(store, lanes[i].account,
				 &(struct series_wish){ .metric = lane->metric->id,
							.source = import->source,
							.zone = lane->zone,
							.kind = lane->metric->kind,
							.items = ITEM_NONE,
							.provider = lane->metric->id },
				 import->origin.at, &lanes[i].series, err) < 0)
			return -1;
	}
	return 0;
}

static struct answer answer_of(const struct import *import)
{
	return (struct answer){
		.channel = import->channel,
		.findings = import->findings,
		.origin = import->origin,
	};
}

/* Everything that can be refused, before the first write. */
static int import_check(struct store *store, const struct import *import, struct lane *lanes,
			struct told *told, struct error *err)
{
	struct answer answer = answer_of(import);
	struct known_account *account;

	if (clock_check(store, import->origin.at, err) < 0 ||
	    lanes_find(store, import, lanes, err) < 0)
		return -1;
	for (size_t i = 0; i < import->row_count; i++) {
		const struct import_row *row = &import->rows[i];

		told[i] = (struct told){
			.account = lanes[row->lane].account,
			.series = lanes[row->lane].series,
			.sample = { .window = row->window,
				    .value = row->value,
				    .below = row->below,
				    .above = row->above,
				    .flags = row->flags },
		};
	}
	if (told_check(store, told, import->row_count, import->origin.at, err) < 0)
		return -1;
	if (!import->channel.entity)
		return 0;
	if (known_account(store, import->channel.entity, import->channel.account, &account, err) <
	    0)
		return -1;
	return items_check(store, account, &answer, err);
}

/* --- publications */

static int is_watched(struct store *store, int64_t series, const struct watch *watch, bool *ret,
		      struct error *err)
{
	static const char sql[] =
		"SELECT 1 FROM watch WHERE series = ?1 AND since <= ?2 AND until >= ?3";
	int64_t found;

	if (query_one(store, query(store, sql, INTS(series, watch->since, watch->until), err), 0,
		      &found, err) < 0)
		return -1;
	*ret = found != 0;
	return 0;
}

/* The days the file listed of a kind, when it brought anything or they were not listed before. */
static int listing_enter(struct store *store, const struct import *import, int64_t series,
			 bool watched, struct telling *telling, struct error *err)
{
	static const char sql[] = "INSERT INTO entry (origin, series, day, days)"
				  " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

	if (watched && !telling->changes.origin)
		return 0;
	if (origin_keep(store, telling, err) < 0)
		return -1;
	return execute(
		store, sql,
		INTS(telling->changes.origin, series, import->listed.first, import->listed.days),
		err);
}

static int counter_said(struct store *store, int64_t series, const struct import_counter *counter,
			int32_t day, int64_t *ret, struct error *err)
{
	static const char sql[] =
		"SELECT value FROM counter WHERE series = ?1 AND day = ?2 AND id = ?3"
		" AND metric = ?4 AND withdrawn_by IS NULL ORDER BY origin DESC LIMIT 1";
	sqlite3_stmt *statement = query(store, sql, INTS(series, day), err);

	if (!statement)
		return -1;
	bind_text(statement, 3, counter->id);
	bind_text(statement, 4, counter->metric);
	return query_one(store, statement, INT64_MIN, ret, err);
}

static int counter_keep(struct store *store, int64_t series, const struct import_counter *counter,
			int32_t day, struct telling *telling, struct error *err)
{
	static const char sql[] = "INSERT INTO counter (series, day, origin, value, id, metric)"
				  " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
				  " ON CONFLICT DO UPDATE SET value = excluded.value";
	sqlite3_stmt *statement;
	int64_t said;

	if (counter_said(store, series, counter, day, &said, err) < 0)
		return -1;
	if (said == counter->value)
		return 0;
	if (origin_keep(store, telling, err) < 0)
		return -1;
	if (said == INT64_MIN)
		telling->changes.samples++;
	else
		telling->changes.revisions++;
	statement =
		query(store, sql, INTS(series, day, telling->changes.origin, counter->value), err);
	if (!statement)
		return -1;
	bind_text(statement, 5, counter->id);
	bind_text(statement, 6, counter->metric);
	return query_run(store, statement, err);
}

/* The first watch of the kind; every kind that is listed has one. */
static const struct watch *watch_of(const struct findings *findings, enum item_kind kind)
{
	for (size_t i = 0; i < findings->watch_count; i++)
		if (findings->watches[i].kind == kind)
			return &findings->watches[i];
	return NULL;
}

static int listing_keep(struct store *store, const struct import *import, struct telling *telling,
			struct error *err)
{
	struct answer answer = answer_of(import);
	struct known_series *series[ITEM_STORY + 1] = { NULL };
	bool watched[ITEM_STORY + 1] = { false };
	struct known_account *account;

	if (known_account(store, import->channel.entity, import->channel.account, &account, err) <
	    0)
		return -1;
	for (enum item_kind kind = ITEM_POST; kind <= ITEM_STORY; kind++) {
		const struct watch *watch = watch_of(import->findings, kind);

		if (watch &&
		    (series_counting(store, account, &answer, kind, &series[kind], err) < 0 ||
		     is_watched(store, series[kind]->id, watch, &watched[kind], err) < 0))
			return -1;
	}
	if (items_keep(store, account, &answer, telling, err) < 0)
		return -1;
	for (size_t i = 0; i < import->counter_count; i++) {
		const struct import_counter *counter = &import->counters[i];

		if (series[counter->kind] && counter_keep(store, series[counter->kind]->id, counter,
							  import->as_of, telling, err) < 0)
			return -1;
	}
	for (enum item_kind kind = ITEM_POST; kind <= ITEM_STORY; kind++)
		if (series[kind] &&
		    listing_enter(store, import, series[kind]->id, watched[kind], telling, err) < 0)
			return -1;
	return 0;
}

/* --- all of it */

static int import_keep(struct store *store, const struct import *import, const struct lane *lanes,
		       const struct told *told, struct telling *telling, struct error *err)
{
	for (size_t i = 0; i < import->lane_count; i++) {
		if (account_keep(store, lanes[i].account, err) < 0)
			return -1;
		if (i == 0)
			telling->account = lanes[i].account->id;
		else if (telling->account != lanes[i].account->id)
			telling->account = 0;
	}
	if (told_keep(store, telling, told, import->row_count, err) < 0)
		return -1;
	return import->channel.entity ? listing_keep(store, import, telling, err) : 0;
}

int store_import(struct store *store, const struct import *import, struct changes *ret,
		 struct error *err)
{
	struct telling telling = { .origin = &import->origin, .entries = true };
	SCOPED(memory)
	struct lane *lanes = memory_new(import->lane_count, sizeof(*lanes));
	struct told *told;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	told = tolds(store, import->row_count);
	if (import_check(store, import, lanes, told, err) == 0) {
		store->writing = true;
		result = import_keep(store, import, lanes, told, &telling, err);
	}
	result = change_end(store, result, err);
	if (result == 0 && ret)
		*ret = telling.changes;
	return result;
}

/* --- what stands already */

/* The series of that name, 0: none. */
static int series_id(struct store *store, int64_t account, const char *metric, const char *source,
		     int64_t *ret, struct error *err)
{
	sqlite3_stmt *statement = query(store,
					"SELECT id FROM series WHERE account = ?1 AND metric = ?2"
					" AND source = ?3",
					INTS(account), err);

	if (!statement)
		return -1;
	bind_text(statement, 2, metric);
	bind_text(statement, 3, source);
	return query_one(store, statement, 0, ret, err);
}

static int named_series(struct store *store, const char *entity, const char *account,
			const char *metric, const char *source, int64_t *ret, struct error *err)
{
	int64_t number;

	if (account_number(store, entity, account, &number, err) < 0)
		return -1;
	*ret = 0;
	return number ? series_id(store, number, metric, source, ret, err) : 0;
}

static int rows_known(struct store *store, const struct import *import, struct sample *ret,
		      struct error *err)
{
	static const char sql[] = "SELECT value, origin, below, above, flags FROM sample"
				  " WHERE day = ?1 AND series = ?2 AND days = ?3";
	SCOPED(memory)
	int64_t *series = memory_new(import->lane_count, sizeof(*series));

	for (size_t i = 0; i < import->lane_count; i++) {
		const struct import_lane *lane = &import->lanes[i];

		if (named_series(store, lane->entity, lane->account, lane->metric->id,
				 import->source, &series[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < import->row_count; i++) {
		const struct import_row *row = &import->rows[i];
		sqlite3_stmt *statement;
		int more;

		ret[i] = (struct sample){ 0 };
		if (!series[row->lane])
			continue;
		statement =
			query(store, sql,
			      INTS(row->window.first, series[row->lane], row->window.days), err);
		if (!statement || (more = query_row(store, statement, err)) < 0)
			return -1;
		if (!more)
			continue;
		ret[i] = (struct sample){
			.window = row->window,
			.value = sqlite3_column_int64(statement, 0),
			.origin = sqlite3_column_int64(statement, 1),
			.below = sqlite3_column_int64(statement, 2),
			.above = sqlite3_column_int64(statement, 3),
			.flags = (uint32_t)sqlite3_column_int64(statement, 4),
		};
		(void)sqlite3_reset(statement);
	}
	return 0;
}

static int items_known(struct store *store, const struct import *import, bool *ret,
		       int64_t *counters, struct error *err)
{
	static const char sql[] =
		"SELECT created FROM item WHERE day = ?1 AND series = ?2 AND id = ?3";
	const struct findings *findings = import->findings;
	int64_t series[ITEM_STORY + 1] = { 0 };

	for (const struct metric *metric = import->channel.metrics; metric->id; metric++)
		if (named_series(store, import->channel.entity, import->channel.account, metric->id,
				 import->source, &series[metric->items], err) < 0)
			return -1;
	for (size_t i = 0; i < findings->item_count; i++) {
		const struct item *item = &findings->items[i];
		sqlite3_stmt *statement =
			query(store, sql, INTS(utc_day(item->created), series[item->kind]), err);
		int64_t created;

		if (!statement)
			return -1;
		bind_text(statement, 3, item->id);
		if (query_one(store, statement, INT64_MIN, &created, err) < 0)
			return -1;
		ret[i] = created == item->created;
	}
	for (size_t i = 0; i < import->counter_count; i++) {
		const struct import_counter *counter = &import->counters[i];

		if (counter_said(store, series[counter->kind], counter, import->as_of, &counters[i],
				 err) < 0)
			return -1;
	}
	return 0;
}

int store_import_known(struct store *store, const struct import *import, struct sample *rows,
		       bool *items, int64_t *counters, struct error *err)
{
	int begun = reading_begin(store, err);
	int result;

	if (begun < 0)
		return -1;
	result = rows_known(store, import, rows, err);
	if (result == 0 && import->channel.entity)
		result = items_known(store, import, items, counters, err);
	reading_end(store, begun);
	return result;
}

int store_import_day(struct store *store, const char *sha256, int32_t *ret, struct error *err)
{
	static const char sql[] =
		"SELECT max(c.day) FROM detail d JOIN entry e ON e.origin = d.origin"
		" JOIN counter c ON c.series = e.series AND c.origin = d.origin"
		" WHERE d.sha256 = ?1";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	int64_t day;

	if (!statement)
		return -1;
	bind_text(statement, 1, sha256);
	if (query_one(store, statement, DAY_NONE, &day, err) < 0)
		return -1;
	*ret = (int32_t)day;
	return 0;
}

static void read_counter(sqlite3_stmt *statement, void *item)
{
	struct kept_counter *counter = item;

	*counter = (struct kept_counter){
		.as_of = sqlite3_column_int(statement, 1),
		.value = sqlite3_column_int64(statement, 2),
		.origin = sqlite3_column_int64(statement, 3),
	};
	(void)snprintf(counter->metric, sizeof(counter->metric), "%s", column_text(statement, 0));
}

int store_counters(struct store *store, const char *entity, const char *account, const char *source,
		   const char *id, struct kept_counter **ret, size_t *count, struct error *err)
{
	static const char sql[] =
		"SELECT c.metric, c.day, c.value, max(c.origin) FROM counter c"
		" JOIN series r ON r.id = c.series JOIN account a ON a.id = r.account"
		" WHERE a.entity = ?1 AND a.name = ?2 AND r.source = ?3 AND c.id = ?4"
		" AND c.withdrawn_by IS NULL GROUP BY c.metric, c.day ORDER BY c.metric, c.day";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	struct list list;

	if (!statement)
		return -1;
	bind_text(statement, 1, entity);
	bind_text(statement, 2, account);
	bind_text(statement, 3, source);
	bind_text(statement, 4, id);
	if (query_list(store, statement, sizeof(struct kept_counter), read_counter, &list, err) <
	    0) {
		free(list.items);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}

/* --- taking a file back */

/* Days of a counted series that a file listed. */
struct listing {
	int64_t series;
	struct window days;
	char zone[64];
};

static void read_listing(sqlite3_stmt *statement, void *item)
{
	struct listing *listing = item;

	*listing = (struct listing){
		.series = sqlite3_column_int64(statement, 0),
		.days = { sqlite3_column_int(statement, 1), sqlite3_column_int(statement, 2) },
	};
	(void)snprintf(listing->zone, sizeof(listing->zone), "%s", column_text(statement, 3));
}

static int load_listings(struct store *store, const char *sql, int64_t number, struct list *ret,
			 struct error *err)
{
	return query_list(store, query(store, sql, INTS(number), err), sizeof(struct listing),
			  read_listing, ret, err);
}

/* The stretch of time a listing watched. */
static int listing_watch(struct store *store, const struct listing *listing, struct watch *ret,
			 struct error *err)
{
	struct zone *zone;

	if (known_zone(store, listing->zone, &zone, err) < 0)
		return -1;
	*ret = (struct watch){
		.since = zone_midnight(zone, listing->days.first),
		.until = zone_midnight(zone, window_end(listing->days)),
	};
	return 0;
}

/* What is watched from now on is what the other files listed. */
static int watch_again(struct store *store, int64_t series, struct error *err)
{
	static const char others[] =
		"SELECT e.series, e.day, e.days, r.zone FROM entry e JOIN series r"
		" ON r.id = e.series WHERE e.series = ?1 AND e.days > 0";
	struct list list = { 0 };
	const struct listing *listings;
	int result = execute(store, "DELETE FROM watch WHERE series = ?1", INTS(series), err);

	if (result == 0)
		result = load_listings(store, others, series, &list, err);
	listings = list.items;
	for (size_t i = 0; result == 0 && i < list.count; i++) {
		struct watch watch;

		result = listing_watch(store, &listings[i], &watch, err);
		if (result == 0)
			result = watch_keep(store, series, watch, err);
	}
	free(list.items);
	return result;
}

/* Publications no other file's days hold go, and leave their trace. */
static int items_withdraw(struct store *store, const struct listing *listing, int64_t origin,
			  struct telling *telling, struct error *err)
{
	static const char trace[] =
		"INSERT INTO item_moved (series, id, moved_by, created, origin)"
		" SELECT series, id, ?1, created, origin FROM item i"
		" WHERE day BETWEEN ?2 AND ?3 AND series = ?4 AND origin = ?5 AND NOT EXISTS"
		" (SELECT 1 FROM watch w WHERE w.series = i.series AND w.since <= i.created"
		" AND w.until > i.created)";
	static const char drop[] =
		"DELETE FROM item WHERE day BETWEEN ?2 AND ?3 AND series = ?4 AND origin = ?5"
		" AND NOT EXISTS (SELECT 1 FROM watch w WHERE w.series = item.series"
		" AND w.since <= item.created AND w.until > item.created) AND ?1 > 0";
	/* the zone's days begin and end within a day of UTC's */
	int64_t first = listing->days.first - 1;
	int64_t last = window_end(listing->days);

	if (execute(store, trace,
		    INTS(telling->changes.origin, first, last, listing->series, origin), err) < 0)
		return -1;
	telling->changes.revisions += (size_t)sqlite3_changes(store->db);
	return execute(store, drop,
		       INTS(telling->changes.origin, first, last, listing->series, origin), err);
}

static int withdraw_one(struct store *store, const struct listing *listing, int64_t origin,
			struct telling *telling, struct error *err)
{
	/* days below 0: what is left of a listing that was taken back */
	static const char mark[] = "UPDATE entry SET days = -days WHERE origin = ?1"
				   " AND series = ?2 AND day = ?3 AND days = ?4";
	static const char counters[] = "UPDATE counter SET withdrawn_by = ?3 WHERE series = ?1"
				       " AND origin = ?2 AND withdrawn_by IS NULL";

	if (execute(store, mark,
		    INTS(origin, listing->series, listing->days.first, listing->days.days),
		    err) < 0 ||
	    watch_again(store, listing->series, err) < 0 ||
	    items_withdraw(store, listing, origin, telling, err) < 0 ||
	    execute(store, counters, INTS(listing->series, origin, telling->changes.origin), err) <
		    0)
		return -1;
	telling->changes.revisions += (size_t)sqlite3_changes(store->db);
	return 0;
}

int listing_withdraw(struct store *store, int64_t origin, struct telling *telling, bool *found,
		     struct error *err)
{
	static const char standing[] =
		"SELECT e.series, e.day, e.days, r.zone FROM entry e JOIN series r"
		" ON r.id = e.series WHERE e.origin = ?1 AND r.items <> 'none' AND e.days > 0";
	struct list list;
	int result = load_listings(store, standing, origin, &list, err);
	const struct listing *listings = list.items;

	*found = list.count > 0;
	if (result == 0 && list.count) {
		store->writing = true;
		result = origin_keep(store, telling, err);
	}
	for (size_t i = 0; result == 0 && i < list.count; i++)
		result = withdraw_one(store, &listings[i], origin, telling, err);
	free(list.items);
	return result;
}
