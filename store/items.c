/*
 * Publications, and the time that was watched for them. A day's number is counted when it is read
 * (history.c): the items created in it, known only where the day was watched wholly.
 */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAZY_S = 12 * 3600 }; /* how much `last_seen` may lag behind */

/* What one answer says of one kind. */
struct listing {
	struct known_account *account;
	struct known_series *series;
	enum item_kind kind;
	int64_t at;
	int64_t begun;             /* time at which the walk this answer belongs to began */
	int64_t opens;             /* what was created before it belongs to another definition */
	const struct item **items; /* by day, then id */
	size_t count;
	struct watch *watches;
	size_t watch_count;
	const struct days *wanted; /* of the sweep; NULL: not known */
	int32_t earliest;          /* the first day with an item of anybody, INT32_MAX: none */
};

static const struct metric *metric_counting(const struct metric *metrics, enum item_kind kind)
{
	for (; metrics && metrics->id; metrics++)
		if (metrics->items == kind)
			return metrics;
	return NULL;
}

int series_counting(struct store *store, struct known_account *account, const struct answer *answer,
		    enum item_kind kind, struct known_series **ret, struct error *err)
{
	const struct metric *metric = metric_counting(answer->channel.metrics, kind);

	if (!metric)
		return error_set(err, ERROR_OURS, "%s lists %s items and has no metric for them",
				 answer->channel.source, item_kind_name(kind));
	return known_series(
		store, account,
		&(struct series_wish){ .metric = metric->id,
				       .source = answer->channel.source,
				       .zone = answer->channel.zone,
				       .kind = metric->kind,
				       .items = kind,
				       .provider = metric->provider ? metric->provider : metric->id,
				       .subject = answer->channel.subject },
		answer->origin.at, ret, err);
}

/* Which kinds an answer speaks of; refuses what is in the future. */
static int kinds_of(const struct answer *answer, bool kinds[ITEM_STORY + 1], struct error *err)
{
	const struct findings *findings = answer->findings;
	int64_t latest = answer->origin.at + DAY_SECONDS;
	char when[TIME_TEXT];

	memset(kinds, 0, (ITEM_STORY + 1) * sizeof(*kinds));
	for (size_t i = 0; i < findings->item_count; i++) {
		if (findings->items[i].created > latest)
			return error_set(
				err, ERROR_INPUT, "%s/%s: publication %s is of the future: %s",
				answer->channel.entity, answer->channel.account,
				findings->items[i].id, time_text(findings->items[i].created, when));
		kinds[findings->items[i].kind] = true;
	}
	for (size_t i = 0; i < findings->watch_count; i++) {
		if (findings->watches[i].until > latest)
			return error_set(err, ERROR_INPUT,
					 "%s/%s: publications were listed up to %s, in the future",
					 answer->channel.entity, answer->channel.account,
					 time_text(findings->watches[i].until, when));
		kinds[findings->watches[i].kind] = true;
	}
	return 0;
}

int items_check(struct store *store, struct known_account *account, const struct answer *answer,
		struct error *err)
{
	bool kinds[ITEM_STORY + 1];
	struct known_series *series;

	if (!answer->findings->item_count && !answer->findings->watch_count)
		return 0;
	if (kinds_of(answer, kinds, err) < 0)
		return -1;
	for (enum item_kind kind = ITEM_NONE; kind <= ITEM_STORY; kind++)
		if (kinds[kind] && series_counting(store, account, answer, kind, &series, err) < 0)
			return -1;
	return 0;
}

static int by_day_and_id(const void *left, const void *right)
{
	const struct item *a = *(const struct item *const *)left;
	const struct item *b = *(const struct item *const *)right;
	int32_t day_a = utc_day(a->created);
	int32_t day_b = utc_day(b->created);
	int order = strcmp(a->id, b->id);

	if (day_a != day_b)
		return day_a < day_b ? -1 : 1;
	return order ? order : (a->created > b->created) - (a->created < b->created);
}

/* The answer's items and watches of the kind that its definition may speak of. */
static void listing_fill(struct listing *listing, const struct findings *findings)
{
	listing->items = memory_new(findings->item_count, sizeof(struct item *));
	listing->watches = memory_new(findings->watch_count, sizeof(*listing->watches));
	for (size_t i = 0; i < findings->item_count; i++)
		if (findings->items[i].kind == listing->kind &&
		    findings->items[i].created >= listing->opens)
			listing->items[listing->count++] = &findings->items[i];
	for (size_t i = 0; i < findings->watch_count; i++) {
		struct watch watch = findings->watches[i];

		if (watch.since < listing->opens)
			watch.since = listing->opens;
		if (watch.kind == listing->kind && watch.since < watch.until)
			listing->watches[listing->watch_count++] = watch;
	}
	qsort(listing->items, listing->count, sizeof(struct item *), by_day_and_id);
}

static bool watched(const struct listing *listing, int64_t time)
{
	for (size_t i = 0; i < listing->watch_count; i++)
		if (time >= listing->watches[i].since && time < listing->watches[i].until)
			return true;
	return false;
}

/* An item as it is kept. */
struct kept {
	char id[ITEM_ID];
	int64_t created;
	int64_t last_seen; /* INT64_MIN: not since the answer that brought it */
	int64_t origin;
	bool gone, listed;
};

/* A listed item that is not kept in its day. */
struct fresh {
	const struct item *item;
	size_t from; /* where it is kept under another time: its place in `kept` + 1, 0: nowhere */
	bool twice;  /* the answer lists it under both times: what is kept stays */
};

/* What the listing is held against. */
struct walk {
	struct kept *kept;
	size_t count, room;
	struct fresh *fresh; /* ascending by id once all days were read */
	size_t fresh_count, fresh_room;
};

/* The id in column 0; none is longer than ITEM_ID allows. */
static void copy_id(char ret[ITEM_ID], sqlite3_stmt *statement)
{
	const char *id = column_text(statement, 0);
	size_t length = (size_t)sqlite3_column_bytes(statement, 0);

	if (length >= ITEM_ID)
		length = ITEM_ID - 1;
	memcpy(ret, id, length);
	ret[length] = '\0';
}

/* One more of the walk, from the statement's row. */
static void kept_add(struct walk *walk, sqlite3_stmt *statement)
{
	struct kept *kept;

	walk->kept = memory_grow(walk->kept, walk->count, &walk->room, sizeof(*walk->kept));
	kept = &walk->kept[walk->count++];
	*kept = (struct kept){
		.created = sqlite3_column_int64(statement, 1),
		.last_seen = sqlite3_column_type(statement, 2) == SQLITE_NULL
				     ? INT64_MIN
				     : sqlite3_column_int64(statement, 2),
		.origin = sqlite3_column_int64(statement, 3),
		.gone = sqlite3_column_type(statement, 4) != SQLITE_NULL,
	};
	copy_id(kept->id, statement);
}

static int kept_load(struct store *store, int64_t series, int32_t day, struct walk *walk,
		     struct error *err)
{
	static const char sql[] = "SELECT id, created, last_seen, origin, gone FROM item"
				  " WHERE day = ?1 AND series = ?2";
	sqlite3_stmt *statement = query(store, sql, INTS(day, series), err);
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(store, statement, err)) > 0)
		kept_add(walk, statement);
	return more;
}

static int item_insert(struct store *store, const struct listing *listing, const struct item *item,
		       struct telling *telling, struct error *err)
{
	static const char sql[] = "INSERT INTO item (day, series, created, origin, id)"
				  " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
	sqlite3_stmt *statement;

	if (origin_keep(store, telling, err) < 0)
		return -1;
	statement = query(store, sql,
			  INTS(utc_day(item->created), listing->series->id, item->created,
			       telling->changes.origin),
			  err);
	if (!statement)
		return -1;
	bind_text(statement, 5, item->id);
	if (query_run(store, statement, err) < 0)
		return -1;
	telling->changes.items += (size_t)sqlite3_changes(store->db);
	return 0;
}

/* `sql` with day, series and time, and the id behind them. */
static int item_mark(struct store *store, const struct listing *listing, const struct kept *kept,
		     const char *sql, struct error *err)
{
	sqlite3_stmt *statement = query(
		store, sql, INTS(utc_day(kept->created), listing->series->id, listing->at), err);

	if (!statement)
		return -1;
	bind_text(statement, 4, kept->id);
	return query_run(store, statement, err);
}

/* The time an item was kept under is not its own any more: that leaves a trace. */
static int item_trace(struct store *store, const struct listing *listing, const struct kept *kept,
		      struct telling *telling, struct error *err)
{
	static const char sql[] = "INSERT INTO item_moved (series, created, origin, moved_by, id)"
				  " VALUES (?1, ?2, ?3, ?4, ?5)";
	sqlite3_stmt *statement;

	if (origin_keep(store, telling, err) < 0)
		return -1;
	telling->changes.revisions++;
	statement = query(
		store, sql,
		INTS(listing->series->id, kept->created, kept->origin, telling->changes.origin),
		err);
	if (!statement)
		return -1;
	bind_text(statement, 5, kept->id);
	return query_run(store, statement, err);
}

static int item_move(struct store *store, const struct listing *listing, const struct kept *kept,
		     int64_t created, struct telling *telling, struct error *err)
{
	static const char sql[] =
		"UPDATE item SET day = ?3, created = ?4, origin = ?5, last_seen = NULL, gone = NULL"
		" WHERE day = ?1 AND series = ?2 AND id = ?6";
	sqlite3_stmt *statement;

	if (item_trace(store, listing, kept, telling, err) < 0)
		return -1;
	statement = query(store, sql,
			  INTS(utc_day(kept->created), listing->series->id, utc_day(created),
			       created, telling->changes.origin),
			  err);
	if (!statement)
		return -1;
	bind_text(statement, 6, kept->id);
	return query_run(store, statement, err);
}

static int last_seen(struct store *store, const struct kept *kept, int64_t *ret, struct error *err)
{
	if (kept->last_seen != INT64_MIN) {
		*ret = kept->last_seen;
		return 0;
	}
	return query_one(
		store, query(store, "SELECT at FROM origin WHERE id = ?1", INTS(kept->origin), err),
		0, ret, err);
}

/*
 * Listed again. An item that this very answer's watch covers needs no mark: were it not listed, it
 * would be missed at once. Where a walk takes several answers and only the last one says what was
 * watched, the mark tells that an earlier one listed it.
 */
static int item_seen(struct store *store, const struct listing *listing, const struct kept *kept,
		     struct error *err)
{
	static const char sql[] = "UPDATE item SET last_seen = ?3, gone = NULL"
				  " WHERE day = ?1 AND series = ?2 AND id = ?4";
	int64_t seen;

	if (!kept->gone && watched(listing, kept->created))
		return 0;
	if (last_seen(store, kept, &seen, err) < 0)
		return -1;
	if (!kept->gone && listing->at - seen <= LAZY_S)
		return 0;
	return item_mark(store, listing, kept, sql, err);
}

/* Whether the item is also kept, and not missed, on another day. Costs a step a day: asked once
 * in an item's life. */
static int stands_elsewhere(struct store *store, const struct listing *listing,
			    const struct kept *kept, bool *ret, struct error *err)
{
	static const char sql[] = "SELECT 1 FROM item WHERE day = ?1 AND series = ?2 AND id = ?3"
				  " AND gone IS NULL";
	int64_t found = 0;

	for (int32_t day = listing->earliest; !found && day <= utc_day(listing->at) + 1; day++) {
		sqlite3_stmt *statement = query(store, sql, INTS(day, listing->series->id), err);

		if (day == utc_day(kept->created))
			continue;
		if (!statement)
			return -1;
		bind_text(statement, 3, kept->id);
		if (query_one(store, statement, 0, &found, err) < 0)
			return -1;
	}
	*ret = found != 0;
	return 0;
}

/* Stories end by themselves; anything else that the walk over its time does not list any more was
 * taken down, or is kept under another time by now. */
static int item_missed(struct store *store, const struct listing *listing, const struct kept *kept,
		       struct telling *telling, struct error *err)
{
	static const char gone[] =
		"UPDATE item SET gone = ?3 WHERE day = ?1 AND series = ?2 AND id = ?4";
	static const char drop[] = "DELETE FROM item WHERE day = ?1 AND series = ?2 AND id = ?4"
				   " AND ?3 IS NOT NULL";
	bool elsewhere;
	int64_t seen;

	if (kept->gone || listing->kind == ITEM_STORY || !watched(listing, kept->created))
		return 0;
	if (last_seen(store, kept, &seen, err) < 0)
		return -1;
	if (seen >= listing->begun - LAZY_S)
		return 0;
	if (stands_elsewhere(store, listing, kept, &elsewhere, err) < 0)
		return -1;
	if (!elsewhere)
		return item_mark(store, listing, kept, gone, err);
	if (item_trace(store, listing, kept, telling, err) < 0)
		return -1;
	return item_mark(store, listing, kept, drop, err);
}

/* The day's items as listed against those kept. */
static int read_day(struct store *store, const struct listing *listing, int32_t day, size_t from,
		    size_t to, struct walk *walk, struct telling *telling, struct error *err)
{
	size_t k = walk->count;

	if (kept_load(store, listing->series->id, day, walk, err) < 0)
		return -1;
	/* both are in the order of their ids */
	for (size_t i = from; i < to; i++) {
		const struct item *item = listing->items[i];
		struct kept *kept;

		if (i > from && strcmp(listing->items[i - 1]->id, item->id) == 0)
			continue; /* listed twice */
		while (k < walk->count && strcmp(walk->kept[k].id, item->id) < 0)
			k++;
		if (k == walk->count || strcmp(walk->kept[k].id, item->id) != 0) {
			walk->fresh = memory_grow(walk->fresh, walk->fresh_count, &walk->fresh_room,
						  sizeof(*walk->fresh));
			walk->fresh[walk->fresh_count++] = (struct fresh){ .item = item };
			continue;
		}
		kept = &walk->kept[k];
		kept->listed = true;
		if (kept->created == item->created
			    ? item_seen(store, listing, kept, err) < 0
			    : item_move(store, listing, kept, item->created, telling, err) < 0)
			return -1;
	}
	return 0;
}

/* The days of `listing` that can hold items to be missed: none before the first one ever kept. */
static struct window watched_days(const struct listing *listing)
{
	int64_t since = INT64_MAX;
	int64_t until = INT64_MIN;
	int32_t first;

	for (size_t i = 0; i < listing->watch_count; i++) {
		if (listing->watches[i].since < since)
			since = listing->watches[i].since;
		if (listing->watches[i].until > until)
			until = listing->watches[i].until;
	}
	if (listing->kind == ITEM_STORY || until <= since)
		return (struct window){ 0, 0 };
	first = utc_day(since);
	if (first < listing->earliest)
		first = listing->earliest;
	if (first > utc_day(until - 1))
		return (struct window){ 0, 0 };
	return (struct window){ first, utc_day(until - 1) - first + 1 };
}

/* Every day with something listed, and every watched one. */
static int read_days(struct store *store, const struct listing *listing, struct walk *walk,
		     struct telling *telling, struct error *err)
{
	struct window days = watched_days(listing);
	int32_t day = days.first;
	size_t i = 0;

	while (i < listing->count || day < window_end(days)) {
		int32_t listed_day =
			i < listing->count ? utc_day(listing->items[i]->created) : INT32_MAX;
		int32_t here = day < window_end(days) && day < listed_day ? day : listed_day;
		size_t to = i;

		while (to < listing->count && utc_day(listing->items[to]->created) == here)
			to++;
		if (read_day(store, listing, here, i, to, walk, telling, err) < 0)
			return -1;
		i = to;
		if (here >= day)
			day = here + 1;
	}
	return 0;
}

/* --- publications whose time of creation is another than the one they are kept under */

static int by_id(const void *left, const void *right)
{
	const struct fresh *a = left;
	const struct fresh *b = right;
	int order = strcmp(a->item->id, b->item->id);

	return order ? order
		     : (a->item->created > b->item->created) -
			       (a->item->created < b->item->created);
}

/* By id, each once. */
static void fresh_sort(struct walk *walk)
{
	size_t count = 0;

	qsort(walk->fresh, walk->fresh_count, sizeof(*walk->fresh), by_id);
	for (size_t i = 0; i < walk->fresh_count; i++)
		if (count == 0 ||
		    strcmp(walk->fresh[count - 1].item->id, walk->fresh[i].item->id) != 0)
			walk->fresh[count++] = walk->fresh[i];
	walk->fresh_count = count;
}

static int named(const void *id, const void *fresh)
{
	return strcmp(id, ((const struct fresh *)fresh)->item->id);
}

/* Whether what is kept there is listed as new elsewhere. What belongs to another definition is left
 * alone. */
static bool match(const struct listing *listing, struct walk *walk, size_t place)
{
	const struct kept *kept = &walk->kept[place];
	struct fresh *fresh =
		bsearch(kept->id, walk->fresh, walk->fresh_count, sizeof(*walk->fresh), named);

	if (!fresh || kept->created < listing->opens)
		return false;
	if (kept->listed)
		fresh->twice = true;
	else if (!fresh->from || walk->kept[fresh->from - 1].origin < kept->origin)
		fresh->from = place + 1;
	return true;
}

/* The days the whole walk goes over, of which this answer may tell only some. */
static struct window days_of_walk(const struct listing *listing)
{
	int32_t first = utc_day(listing->items[0]->created);
	int32_t end = utc_day(listing->at) + 2; /* some zone's tomorrow */

	for (size_t i = 0; listing->wanted && i < listing->wanted->count; i++)
		if (listing->wanted->ranges[i].first - 1 < first)
			first = listing->wanted->ranges[i].first - 1;
	if (first < listing->earliest)
		first = listing->earliest;
	return (struct window){ first, first < end ? end - first : 0 };
}

/* Those kept on days that were not read yet. */
static int match_other_days(struct store *store, const struct listing *listing, struct walk *walk,
			    struct error *err)
{
	struct window read = watched_days(listing);
	struct window days = days_of_walk(listing);
	size_t i = 0;

	for (int32_t day = days.first; day < window_end(days); day++) {
		size_t first = walk->count;
		size_t count = first;

		while (i < listing->count && utc_day(listing->items[i]->created) < day)
			i++;
		if ((day >= read.first && day < window_end(read)) ||
		    (i < listing->count && utc_day(listing->items[i]->created) == day))
			continue;
		if (kept_load(store, listing->series->id, day, walk, err) < 0)
			return -1;
		for (size_t k = first; k < walk->count; k++) {
			walk->kept[count] = walk->kept[k];
			if (match(listing, walk, count))
				count++;
		}
		walk->count = count;
	}
	return 0;
}

/* It may also have been missed, at any time. */
static int match_gone(struct store *store, const struct listing *listing, struct walk *walk,
		      struct fresh *fresh, struct error *err)
{
	static const char sql[] =
		"SELECT id, created, last_seen, origin, gone FROM item INDEXED BY item_gone"
		" WHERE series = ?1 AND id = ?3 AND gone IS NOT NULL AND created >= ?2";
	sqlite3_stmt *statement = query(store, sql, INTS(listing->series->id, listing->opens), err);
	int more;

	if (!statement)
		return -1;
	bind_text(statement, 3, fresh->item->id);
	while ((more = query_row(store, statement, err)) > 0) {
		kept_add(walk, statement);
		fresh->from = walk->count;
	}
	return more;
}

static int fresh_keep(struct store *store, const struct listing *listing, struct walk *walk,
		      struct telling *telling, struct error *err)
{
	size_t read = walk->count;

	if (!walk->fresh_count)
		return 0;
	fresh_sort(walk);
	for (size_t i = 0; i < read; i++)
		(void)match(listing, walk, i);
	if (match_other_days(store, listing, walk, err) < 0)
		return -1;
	for (size_t i = 0; i < walk->fresh_count; i++) {
		struct fresh *fresh = &walk->fresh[i];
		struct kept *kept;

		if (fresh->twice)
			continue;
		if (!fresh->from && match_gone(store, listing, walk, fresh, err) < 0)
			return -1;
		if (!fresh->from) {
			if (item_insert(store, listing, fresh->item, telling, err) < 0)
				return -1;
			continue;
		}
		kept = &walk->kept[fresh->from - 1];
		kept->listed = true;
		if (item_move(store, listing, kept, fresh->item->created, telling, err) < 0)
			return -1;
	}
	return 0;
}

static int keep_items(struct store *store, struct listing *listing, struct telling *telling,
		      struct error *err)
{
	static const char earliest[] = "SELECT day FROM item ORDER BY day LIMIT 1";
	struct walk walk = { 0 };
	int64_t day;
	size_t read;
	int result = query_one(store, query(store, earliest, NULL, 0, err), INT32_MAX, &day, err);

	if (result == 0) {
		listing->earliest = (int32_t)day;
		result = read_days(store, listing, &walk, telling, err);
	}
	read = walk.count;
	if (result == 0)
		result = fresh_keep(store, listing, &walk, telling, err);
	for (size_t i = 0; result == 0 && i < read; i++)
		if (!walk.kept[i].listed)
			result = item_missed(store, listing, &walk.kept[i], telling, err);
	free(walk.kept);
	free(walk.fresh);
	return result;
}

/* Joins a stretch of time to those it touches. */
int watch_keep(struct store *store, int64_t series, struct watch watch, struct error *err)
{
	static const char touching[] = "SELECT min(since), max(until), count(*) FROM watch"
				       " WHERE series = ?1 AND since <= ?3 AND until >= ?2";
	static const char drop[] =
		"DELETE FROM watch WHERE series = ?1 AND since <= ?3 AND until >= ?2";
	static const char keep[] = "INSERT INTO watch (series, since, until) VALUES (?1, ?2, ?3)"
				   " ON CONFLICT DO UPDATE SET until = excluded.until";
	sqlite3_stmt *statement =
		query(store, touching, INTS(series, watch.since, watch.until), err);
	int64_t since, until, count;
	int more;

	if (!statement)
		return -1;
	more = query_row(store, statement, err);
	if (more <= 0)
		return -1; /* an aggregate has a row */
	since = sqlite3_column_int64(statement, 0);
	until = sqlite3_column_int64(statement, 1);
	count = sqlite3_column_int64(statement, 2);
	(void)sqlite3_reset(statement);
	if (count == 1 && since <= watch.since && until >= watch.until)
		return 0;
	if (count && since < watch.since)
		watch.since = since;
	if (count && until > watch.until)
		watch.until = until;
	if (count > 1 || (count == 1 && since != watch.since)) {
		if (execute(store, drop, INTS(series, watch.since, watch.until), err) < 0)
			return -1;
	}
	return execute(store, keep, INTS(series, watch.since, watch.until), err);
}

static int listing_keep(struct store *store, struct listing *listing, struct telling *telling,
			struct error *err)
{
	int64_t first = INT64_MAX;
	struct zone *zone;

	for (size_t i = 0; i < listing->count; i++)
		if (listing->items[i]->created < first)
			first = listing->items[i]->created;
	for (size_t i = 0; i < listing->watch_count; i++)
		if (listing->watches[i].since < first)
			first = listing->watches[i].since;
	if (first == INT64_MAX)
		return 0; /* all of it belongs to another definition */
	if (known_zone(store, listing->series->zone, &zone, err) < 0 ||
	    series_keep(store, listing->account, listing->series, zone_day(zone, first), err) < 0)
		return -1;
	telling->account = listing->account->id;
	if (keep_items(store, listing, telling, err) < 0)
		return -1;
	for (size_t i = 0; i < listing->watch_count; i++)
		if (watch_keep(store, listing->series->id, listing->watches[i], err) < 0)
			return -1;
	return 0;
}

static int kind_keep(struct store *store, struct known_account *account,
		     const struct answer *answer, enum item_kind kind, struct telling *telling,
		     struct error *err)
{
	struct listing listing = {
		.account = account,
		.kind = kind,
		.at = answer->origin.at,
		.begun = answer->origin.at - LAZY_S,
		.opens = INT64_MIN,
		.wanted = answer->state ? &answer->state->wanted : NULL,
	};
	struct zone *zone;
	int result;

	if (series_counting(store, account, answer, kind, &listing.series, err) < 0)
		return -1;
	assert(listing.series);
	if (answer->state && answer->state->started && answer->state->started <= listing.at)
		listing.begun = answer->state->started;
	if (listing.series->from != INT32_MIN) {
		if (known_zone(store, listing.series->zone, &zone, err) < 0)
			return -1;
		listing.opens = zone_midnight(zone, listing.series->from);
	}
	listing_fill(&listing, answer->findings);
	result = listing_keep(store, &listing, telling, err);
	free(listing.items);
	free(listing.watches);
	return result;
}

int items_keep(struct store *store, struct known_account *account, const struct answer *answer,
	       struct telling *telling, struct error *err)
{
	bool kinds[ITEM_STORY + 1];

	if (!answer->findings->item_count && !answer->findings->watch_count)
		return 0;
	if (kinds_of(answer, kinds, err) < 0)
		return -1;
	for (enum item_kind kind = ITEM_POST; kind <= ITEM_STORY; kind++)
		if (kinds[kind] && kind_keep(store, account, answer, kind, telling, err) < 0)
			return -1;
	return 0;
}
