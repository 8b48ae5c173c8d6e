/* Where numbers come from, and what changed since somebody last looked. */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* a month, or 28 days, that ends on a day begins at most so many days before it */
	WINDOW_REACH = 30,
	/* what a look at the stories can find: those of a day, in any zone */
	WATCH_REACH = 3,
	/* a time is read some work before what it stands on is written */
	LATE_S = 600,
};

/* --- origins */

void kept_origin_clear(struct kept_origin *origin)
{
	free(origin->what);
	free(origin->sha256);
	free(origin->by);
	free(origin->note);
	free(origin->evidence);
	*origin = (struct kept_origin){ 0 };
}

int store_origin(struct store *store, int64_t id, struct kept_origin *ret, struct error *err)
{
	static const char sql[] =
		"SELECT o.kind, o.at, p.text, d.sha256, d.person, d.note, d.evidence FROM origin o"
		" LEFT JOIN phrase p ON p.id = o.phrase LEFT JOIN detail d ON d.origin = o.id"
		" WHERE o.id = ?1";
	sqlite3_stmt *statement = query(store, sql, INTS(id), err);
	int more = statement ? query_row(store, statement, err) : -1;

	if (more < 0)
		return -1;
	if (!more)
		return error_set(err, ERROR_INPUT, "there is no origin %lld", (long long)id);
	*ret = (struct kept_origin){
		.id = id,
		.kind = (enum origin_kind)sqlite3_column_int(statement, 0),
		.at = sqlite3_column_int64(statement, 1),
		.what = column_copy(statement, 2),
		.sha256 = column_copy(statement, 3),
		.by = column_copy(statement, 4),
		.note = column_copy(statement, 5),
		.evidence = column_copy(statement, 6),
	};
	(void)sqlite3_reset(statement);
	return 0;
}

int store_last_origin(struct store *store, int64_t *ret, struct error *err)
{
	return query_one(store, query(store, "SELECT max(id) FROM origin", NULL, 0, err), 0, ret,
			 err);
}

/* --- revisions */

struct revisions {
	struct kept_revision *items;
	size_t count, room;
};

#define REVISIONS "SELECT day, days, value, below, above, flags, origin, replaced_by FROM revision "

static int revisions_add(struct store *store, sqlite3_stmt *statement, struct revisions *revisions,
			 struct error *err)
{
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(store, statement, err)) > 0) {
		revisions->items = memory_grow(revisions->items, revisions->count, &revisions->room,
					       sizeof(*revisions->items));
		revisions->items[revisions->count++] = (struct kept_revision){
			.sample = { .window = { sqlite3_column_int(statement, 0),
						sqlite3_column_int(statement, 1) },
				    .value = sqlite3_column_int64(statement, 2),
				    .below = sqlite3_column_int64(statement, 3),
				    .above = sqlite3_column_int64(statement, 4),
				    .flags = (uint32_t)sqlite3_column_int64(statement, 5),
				    .origin = sqlite3_column_int64(statement, 6) },
			.replaced_by = sqlite3_column_int64(statement, 7),
		};
	}
	return more;
}

/* Windows that begin before the one asked for and reach into it: length by length, as the index
 * has them. */
static int revisions_before(struct store *store, int64_t series, struct window window,
			    struct revisions *revisions, struct error *err)
{
	static const char next[] = "SELECT days FROM revision INDEXED BY revision_window"
				   " WHERE days > 1 AND days > ?1 ORDER BY days LIMIT 1";
	static const char sql[] =
		REVISIONS "INDEXED BY revision_window WHERE days = ?1 AND days > 1 AND day > ?2"
			  " AND day < ?3 AND series = ?4";
	int64_t days = 1;

	for (;;) {
		if (query_one(store, query(store, next, INTS(days), err), 0, &days, err) < 0)
			return -1;
		if (!days)
			return 0;
		if (revisions_add(store,
				  query(store, sql,
					INTS(days, window.first - days, window.first, series), err),
				  revisions, err) < 0)
			return -1;
	}
}

static int by_age(const void *left, const void *right)
{
	const struct kept_revision *a = left;
	const struct kept_revision *b = right;

	if (a->replaced_by != b->replaced_by)
		return a->replaced_by < b->replaced_by ? -1 : 1;
	if (a->sample.window.first != b->sample.window.first)
		return a->sample.window.first < b->sample.window.first ? -1 : 1;
	return (a->sample.window.days > b->sample.window.days) -
	       (a->sample.window.days < b->sample.window.days);
}

int store_revisions(struct store *store, int64_t series, struct window window,
		    struct kept_revision **ret, size_t *count, struct error *err)
{
	static const char sql[] = REVISIONS "WHERE day = ?1 AND series = ?2";
	struct revisions revisions = { 0 };
	int begun = reading_begin(store, err);
	int result = begun < 0 ? -1 : revisions_before(store, series, window, &revisions, err);

	for (int32_t day = window.first; result == 0 && day < window_end(window); day++)
		result = revisions_add(store, query(store, sql, INTS(day, series), err), &revisions,
				       err);
	reading_end(store, begun);
	if (result < 0) {
		free(revisions.items);
		return -1;
	}
	if (revisions.count)
		qsort(revisions.items, revisions.count, sizeof(*revisions.items), by_age);
	*ret = revisions.items;
	*count = revisions.count;
	return 0;
}

/* --- publications */

struct kept_items {
	struct kept_item *items;
	size_t count, room;
};

/* Those of one UTC day: an item's id is no longer than ITEM_ID allows. */
static int items_of_day(struct store *store, int32_t day, int64_t series, int64_t since,
			int64_t until, struct kept_items *items, struct error *err)
{
	static const char sql[] = "SELECT created, origin, gone, id FROM item WHERE day = ?1"
				  " AND series = ?2 AND created >= ?3 AND created < ?4";
	sqlite3_stmt *statement = query(store, sql, INTS(day, series, since, until), err);
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(store, statement, err)) > 0) {
		struct kept_item *item;
		size_t length = (size_t)sqlite3_column_bytes(statement, 3);

		items->items = memory_grow(items->items, items->count, &items->room,
					   sizeof(*items->items));
		item = &items->items[items->count++];
		*item = (struct kept_item){
			.created = sqlite3_column_int64(statement, 0),
			.origin = sqlite3_column_int64(statement, 1),
			.gone = sqlite3_column_int64(statement, 2),
		};
		memcpy(item->id, column_text(statement, 3),
		       length < ITEM_ID ? length : ITEM_ID - 1);
	}
	return more;
}

static int by_time(const void *left, const void *right)
{
	const struct kept_item *a = left;
	const struct kept_item *b = right;

	if (a->created != b->created)
		return a->created < b->created ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* The UTC days that have items at all, cut to those of [since, until). */
static int days_with_items(struct store *store, int64_t since, int64_t until, int64_t *first,
			   int64_t *last, struct error *err)
{
	if (query_one(store, query(store, "SELECT min(day) FROM item", NULL, 0, err), INT32_MAX,
		      first, err) < 0 ||
	    query_one(store, query(store, "SELECT max(day) FROM item", NULL, 0, err), INT32_MIN,
		      last, err) < 0)
		return -1;
	if (since > *first * DAY_SECONDS)
		*first = utc_day(since);
	if (until < (*last + 1) * DAY_SECONDS)
		*last = utc_day(until);
	return 0;
}

int store_items(struct store *store, int64_t series, int64_t since, int64_t until,
		struct kept_item **ret, size_t *count, struct error *err)
{
	struct kept_items items = { 0 };
	int64_t day, last;
	int begun = reading_begin(store, err);
	int result = begun < 0 ? -1 : days_with_items(store, since, until, &day, &last, err);

	for (; result == 0 && day <= last; day++)
		result = items_of_day(store, (int32_t)day, series, since, until, &items, err);
	reading_end(store, begun);
	if (result < 0) {
		free(items.items);
		return -1;
	}
	if (items.count)
		qsort(items.items, items.count, sizeof(*items.items), by_time);
	*ret = items.items;
	*count = items.count;
	return 0;
}

/* --- what changed */

void touched_free(struct touched *touched, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(touched[i].entity);
		free(touched[i].account);
	}
	free(touched);
}

/*
 * Part by part: what people and files told (of one account, of several, records, and what of
 * several was taken back: that names its windows only among the revisions); days a whole sweep has
 * read; days of a sweep that has not ended, or still owes them; looks at the stories, which read no
 * day and may bring the knowledge that there was none; and the accounts of requests of which
 * nothing of this is known, which are touched from their first day.
 */
static const char touched_sql[] =
	"SELECT a.entity, a.name, ifnull(min(t.day), -2147483648) FROM ("
	"SELECT account, -2147483648 AS day FROM origin"
	" WHERE id > ?1 AND kind <> 0 AND account IS NOT NULL"
	" UNION ALL SELECT s.account, -2147483648 FROM origin o JOIN entry e ON e.origin = o.id"
	" JOIN series s ON s.id = e.series WHERE o.id > ?1 AND o.account IS NULL"
	" UNION ALL SELECT account, -2147483648 FROM record WHERE origin > ?1"
	" UNION ALL SELECT s.account, -2147483648 FROM origin o CROSS JOIN revision r"
	" JOIN series s ON s.id = r.series WHERE o.id > ?1 AND o.account IS NULL"
	" AND NOT EXISTS (SELECT 1 FROM entry WHERE origin = o.id) AND r.replaced_by = o.id"
	" UNION ALL SELECT account, day - ?4 FROM reading WHERE at >= ?2"
	" UNION ALL SELECT account, unixepoch(substr(wanted, 1, 10)) / 86400 - ?4 FROM sweep"
	" WHERE sweep = 0 AND wanted <> ''"
	" AND (running OR max(started, last_success, last_failure) >= ?2)"
	" UNION ALL SELECT account, ?3 FROM sweep WHERE sweep = 1"
	" AND (running OR max(started, last_success, last_failure) >= ?2)"
	" UNION ALL SELECT account, NULL FROM origin WHERE id > ?1 AND kind = 0"
	") t JOIN account a ON a.id = t.account GROUP BY a.id ORDER BY a.entity, a.name";

static void read_touched(sqlite3_stmt *statement, void *item)
{
	*(struct touched *)item = (struct touched){ .entity = column_copy(statement, 0),
						    .account = column_copy(statement, 1),
						    .from = sqlite3_column_int(statement, 2) };
}

int store_touched(struct store *store, int64_t origin, int64_t at, struct touched **ret,
		  size_t *count, struct error *err)
{
	static const char all[] =
		"SELECT entity, name, -2147483648 FROM account ORDER BY entity, name";
	int64_t since = at - LATE_S;
	sqlite3_stmt *statement =
		origin ? query(store, touched_sql,
			       INTS(origin, since, utc_day(since) - WATCH_REACH, WINDOW_REACH), err)
		       : query(store, all, NULL, 0, err);
	struct list list;

	if (query_list(store, statement, sizeof(struct touched), read_touched, &list, err) < 0) {
		touched_free(list.items, list.count);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}
