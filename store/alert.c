/* What people are told of, once a cause, and how far the telling is. */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_DAYS = 366 };

/* --- raising and ending */

/* The number of the alert of that cause that lasts (0: none does); since when the last one was. */
static int find(struct store *store, const char *cause, int64_t *lasting, int64_t *since,
		struct error *err)
{
	static const char sql[] =
		"SELECT (SELECT id FROM alert WHERE cause = ?1 AND ended IS NULL),"
		" (SELECT max(since) FROM alert WHERE cause = ?1)";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);

	if (!statement)
		return -1;
	bind_text(statement, 1, cause);
	if (query_row(store, statement, err) < 0)
		return -1;
	*lasting = sqlite3_column_int64(statement, 0);
	*since = sqlite3_column_type(statement, 1) == SQLITE_NULL
			 ? INT64_MIN
			 : sqlite3_column_int64(statement, 1);
	(void)sqlite3_reset(statement);
	return 0;
}

/* The daemon's log tells at once. */
static int tell_log(struct store *store, int64_t alert, int part, int64_t at, struct error *err)
{
	return execute(store,
		       "INSERT OR IGNORE INTO delivery (alert, part, way, due, tries, done, words)"
		       " VALUES (?1, ?2, 'log', ?3, 1, ?3, '')",
		       INTS(alert, part, at), err);
}

/* Owes the telling of a part, unless that was owed before. */
static int owe(struct store *store, int64_t alert, int part, int64_t due, const char *const *ways,
	       struct error *err)
{
	static const char sql[] = "INSERT OR IGNORE INTO delivery (alert, part, due, way, tries,"
				  " words) VALUES (?1, ?2, ?3, ?4, 0, '')";

	for (; *ways; ways++) {
		sqlite3_stmt *statement = query(store, sql, INTS(alert, part, due), err);

		if (!statement)
			return -1;
		bind_text(statement, 4, *ways);
		if (query_run(store, statement, err) < 0)
			return -1;
	}
	return 0;
}

/* Nothing that is over for long stays, so that the tables stay small. */
static int drop_old(struct store *store, int64_t now, struct error *err)
{
	int64_t limit = now - (int64_t)KEPT_DAYS * DAY_SECONDS;

	if (execute(store,
		    "DELETE FROM delivery WHERE alert IN (SELECT id FROM alert WHERE ended < ?1)",
		    INTS(limit), err) < 0)
		return -1;
	return execute(store, "DELETE FROM alert WHERE ended < ?1", INTS(limit), err);
}

static int insert(struct store *store, const struct alert *alert, int64_t *id, struct error *err)
{
	static const char sql[] =
		"INSERT INTO alert (since, ended, kind, cause, entity, subject, words)"
		" VALUES (?1, CASE ?3 WHEN 'note' THEN ?2 END, ?3, ?4, ?5, ?6, ?7)";
	sqlite3_stmt *statement;

	if (drop_old(store, alert->since, err) < 0)
		return -1;
	statement = query(store, sql, INTS(alert->since, alert->since), err);
	if (!statement)
		return -1;
	bind_text(statement, 3, alert->kind == ALERT_NOTE ? "note" : "trouble");
	bind_text(statement, 4, alert->cause);
	bind_text(statement, 5, alert->entity);
	bind_text(statement, 6, alert->subject);
	bind_text(statement, 7, alert->words);
	if (query_run(store, statement, err) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(store->db);
	if (alert->kind == ALERT_TROUBLE &&
	    tell_log(store, *id, alert->part, alert->since, err) < 0)
		return -1;
	return owe(store, *id, alert->part, alert->since, alert->ways, err);
}

static int renew(struct store *store, int64_t id, const struct alert *alert, struct error *err)
{
	static const char sql[] = "UPDATE alert SET subject = ?2, words = ?3 WHERE id = ?1";
	sqlite3_stmt *statement = query(store, sql, INTS(id), err);

	if (!statement)
		return -1;
	bind_text(statement, 2, alert->subject);
	bind_text(statement, 3, alert->words);
	if (query_run(store, statement, err) < 0)
		return -1;
	/* the texts are the new ones: who is still owed a part before reads them once */
	if (execute(store,
		    "UPDATE delivery SET done = 0, words = 'told with what is worse'"
		    " WHERE alert = ?1 AND part <> 1 AND part < ?2 AND done IS NULL",
		    INTS(id, alert->part), err) < 0 ||
	    tell_log(store, id, alert->part, alert->since, err) < 0)
		return -1;
	return owe(store, id, alert->part, alert->since, alert->ways, err);
}

/* Whether that part, or a worse one, of an alert that lasts was to be told before. */
static int is_known(struct store *store, int64_t id, int part, bool *ret, struct error *err)
{
	static const char sql[] =
		"SELECT count(*) FROM delivery WHERE alert = ?1 AND part <> 1 AND part >= ?2";
	int64_t count;

	*ret = true;
	if (part == ALERT_BEGAN)
		return 0;
	if (query_one(store, query(store, sql, INTS(id, part), err), 0, &count, err) < 0)
		return -1;
	*ret = count > 0;
	return 0;
}

/* Whether the one before, of the same cause and that old, keeps it from being told. */
static bool is_too_soon(const struct alert *alert, int64_t before)
{
	if (before == INT64_MIN)
		return false;
	if (alert->kind == ALERT_NOTE)
		return true;
	if (alert->told) /* whether it was too soon was judged by whoever told it */
		return before == alert->since;
	/* one told by a clock that ran ahead keeps nobody silent */
	return before > alert->since - DAY_SECONDS && before < alert->since + DAY_SECONDS;
}

static int raise_it(struct store *store, const struct alert *alert, int64_t *id, struct error *err)
{
	int64_t lasting, since;
	bool known;

	if (find(store, alert->cause, &lasting, &since, err) < 0)
		return -1;
	if (lasting) {
		if (is_known(store, lasting, alert->part, &known, err) < 0)
			return -1;
		if (known)
			return 0;
		store->writing = true;
		*id = lasting;
		return renew(store, lasting, alert, err);
	}
	if (is_too_soon(alert, since))
		return 0;
	store->writing = true;
	return insert(store, alert, id, err);
}

int store_alert_raise(struct store *store, const struct alert *alert, int64_t *id,
		      struct error *err)
{
	*id = 0;
	if (change_begin(store, err) < 0)
		return -1;
	return change_end(store, raise_it(store, alert, id, err), err);
}

static int end_it(struct store *store, const char *cause, int64_t now, const char *const *ways,
		  bool *ended, struct error *err)
{
	int64_t id, since;

	if (find(store, cause, &id, &since, err) < 0)
		return -1;
	if (!id)
		return 0;
	store->writing = true;
	*ended = true;
	/* told by a clock that ran ahead: it cannot end before it began */
	if (execute(store, "UPDATE alert SET ended = max(since, ?2) WHERE id = ?1", INTS(id, now),
		    err) < 0 ||
	    execute(store,
		    "UPDATE delivery SET done = 0, words = 'over before it was told'"
		    " WHERE alert = ?1 AND done IS NULL",
		    INTS(id), err) < 0 ||
	    tell_log(store, id, ALERT_ENDED, now, err) < 0)
		return -1;
	return owe(store, id, ALERT_ENDED, now, ways, err);
}

int store_alert_end(struct store *store, const char *cause, int64_t now, const char *const *ways,
		    bool *ended, struct error *err)
{
	*ended = false;
	if (change_begin(store, err) < 0)
		return -1;
	return change_end(store, end_it(store, cause, now, ways, ended, err), err);
}

/* --- ways that come and go */

/* What lasts is told by a way that was not there when it began, or got as bad as it is. */
static int add_way(struct store *store, const char *way, int64_t now, struct error *err)
{
	static const char sql[] =
		"WITH lasting (id, part) AS (SELECT id, (SELECT ifnull(max(part), 0) FROM delivery"
		" WHERE alert = alert.id AND part <> 1) FROM alert WHERE ended IS NULL)"
		" INSERT INTO delivery (alert, part, way, due, tries, words)"
		" SELECT id, part, ?2, ?1, 0, '' FROM lasting WHERE NOT EXISTS"
		" (SELECT 1 FROM delivery d WHERE d.alert = lasting.id AND d.part = lasting.part"
		" AND d.way = ?2)";
	sqlite3_stmt *statement = query(store, sql, INTS(now), err);

	if (!statement)
		return -1;
	bind_text(statement, 2, way);
	return query_run(store, statement, err);
}

/* Nothing of it was told by that way: should it come back, what lasts then is. */
static int drop_way(struct store *store, const char *way, struct error *err)
{
	static const char sql[] = "DELETE FROM delivery WHERE way = ?1 AND done IS NULL";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);

	if (!statement)
		return -1;
	bind_text(statement, 1, way);
	return query_run(store, statement, err);
}

static bool is_among(const char *way, const char *const *ways)
{
	for (; *ways; ways++)
		if (strcmp(way, *ways) == 0)
			return true;
	return false;
}

/* The first way behind `after` by which something is owed, "" when there is none. */
static int next_way(struct store *store, const char *after, char *ret, size_t room,
		    struct error *err)
{
	static const char sql[] = "SELECT min(way) FROM delivery WHERE done IS NULL AND way > ?1";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);
	char *copy;
	int more;

	if (!statement)
		return -1;
	copy = memory_text(after); /* `ret` may be `after` */
	bind_text(statement, 1, copy);
	more = query_row(store, statement, err);
	if (more > 0) {
		(void)snprintf(ret, room, "%s", column_text(statement, 0));
		(void)sqlite3_reset(statement);
	}
	free(copy);
	return more < 0 ? -1 : 0;
}

static int change_ways(struct store *store, int64_t now, const char *const *ways, struct error *err)
{
	char way[sizeof(((struct delivery *)NULL)->way)] = "";

	store->writing = true;
	do {
		if (next_way(store, way, way, sizeof(way), err) < 0)
			return -1;
		if (*way && !is_among(way, ways) && drop_way(store, way, err) < 0)
			return -1;
	} while (*way);
	for (; *ways; ways++)
		if (add_way(store, *ways, now, err) < 0)
			return -1;
	return 0;
}

int store_alert_ways(struct store *store, int64_t now, const char *const *ways, struct error *err)
{
	if (change_begin(store, err) < 0)
		return -1;
	return change_end(store, change_ways(store, now, ways, err), err);
}

/* --- reading */

void kept_alert_clear(struct kept_alert *alert)
{
	free(alert->cause);
	free(alert->entity);
	free(alert->subject);
	free(alert->words);
	*alert = (struct kept_alert){ 0 };
}

void kept_alerts_free(struct kept_alert *alerts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kept_alert_clear(&alerts[i]);
	free(alerts);
}

/* The columns of an alert, from `place` on. */
#define ALERT_COLUMNS "alert.id, kind, cause, entity, subject, alert.words, since, ended"
enum { ALERT_COLUMN_COUNT = 8 };

static struct kept_alert alert_at(sqlite3_stmt *statement, int place)
{
	return (struct kept_alert){
		.id = sqlite3_column_int64(statement, place),
		.kind = strcmp(column_text(statement, place + 1), "note") == 0 ? ALERT_NOTE
									       : ALERT_TROUBLE,
		.cause = memory_text(column_text(statement, place + 2)),
		.entity = memory_text(column_text(statement, place + 3)),
		.subject = memory_text(column_text(statement, place + 4)),
		.words = memory_text(column_text(statement, place + 5)),
		.since = sqlite3_column_int64(statement, place + 6),
		.ended = sqlite3_column_int64(statement, place + 7),
	};
}

static void read_alert(sqlite3_stmt *statement, void *item)
{
	*(struct kept_alert *)item = alert_at(statement, 0);
}

int store_alerts(struct store *store, int64_t since, struct kept_alert **ret, size_t *count,
		 struct error *err)
{
	static const char sql[] =
		"SELECT " ALERT_COLUMNS " FROM alert WHERE ended IS NULL OR ended >= ?1"
		" ORDER BY since DESC, id DESC";
	sqlite3_stmt *statement = query(store, sql, INTS(since), err);
	struct list list;

	if (query_list(store, statement, sizeof(struct kept_alert), read_alert, &list, err) < 0) {
		kept_alerts_free(list.items, list.count);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}

#define DELIVERY_COLUMNS "alert, part, way, due, tries, done, delivery.words"

static struct delivery delivery_at(sqlite3_stmt *statement)
{
	struct delivery delivery = {
		.alert = sqlite3_column_int64(statement, 0),
		.part = sqlite3_column_int(statement, 1),
		.due = sqlite3_column_int64(statement, 3),
		.tries = sqlite3_column_int(statement, 4),
		.over = sqlite3_column_type(statement, 5) != SQLITE_NULL,
		.told = sqlite3_column_int64(statement, 5),
	};

	(void)snprintf(delivery.way, sizeof(delivery.way), "%s", column_text(statement, 2));
	(void)snprintf(delivery.words, sizeof(delivery.words), "%s", column_text(statement, 6));
	return delivery;
}

/* No try is put off by more than six hours: such a time was told by a clock that ran ahead. */
int store_delivery_due(struct store *store, const char *way, int64_t now, struct delivery *ret,
		       struct kept_alert *alert, struct error *err)
{
	static const char sql[] = "SELECT " DELIVERY_COLUMNS ", " ALERT_COLUMNS
				  " FROM delivery INDEXED BY delivery_due"
				  " JOIN alert ON alert.id = alert"
				  " WHERE done IS NULL AND (due <= ?1 OR due > ?1 + 25200)"
				  " AND way = ?2"
				  " ORDER BY alert, part = 1, part LIMIT 1";
	sqlite3_stmt *statement = query(store, sql, INTS(now), err);
	int more;

	if (!statement)
		return -1;
	bind_text(statement, 2, way);
	more = query_row(store, statement, err);
	if (more <= 0)
		return more;
	*ret = delivery_at(statement);
	*alert = alert_at(statement, 7);
	(void)sqlite3_reset(statement);
	return 1;
}

int store_delivery_next(struct store *store, const char *way, int64_t *ret, struct error *err)
{
	static const char sql[] = "SELECT min(due) FROM delivery WHERE done IS NULL AND way = ?1";
	sqlite3_stmt *statement = query(store, sql, NULL, 0, err);

	if (!statement)
		return -1;
	bind_text(statement, 1, way);
	return query_one(store, statement, INT64_MAX, ret, err);
}

/* One that is not owed any more, as it is over or worse meanwhile, is not owed anew because the
 * last try failed. */
static int save_it(struct store *store, const struct delivery *delivery, struct error *err)
{
	static const char sql[] =
		"INSERT INTO delivery (alert, part, due, tries, done, way, words)"
		" VALUES (?1, ?2, ?3, ?4, CASE ?5 WHEN 1 THEN ?6 END, ?7, ?8)"
		" ON CONFLICT DO UPDATE SET due = excluded.due, tries = excluded.tries,"
		" done = excluded.done, words = excluded.words"
		" WHERE done IS NULL OR excluded.done > 0";
	sqlite3_stmt *statement = query(store, sql,
					INTS(delivery->alert, delivery->part, delivery->due,
					     delivery->tries, delivery->over, delivery->told),
					err);

	if (!statement)
		return -1;
	store->writing = true;
	bind_text(statement, 7, delivery->way);
	bind_text(statement, 8, delivery->words);
	return query_run(store, statement, err);
}

int store_delivery_save(struct store *store, const struct delivery *delivery, struct error *err)
{
	if (change_begin(store, err) < 0)
		return -1;
	return change_end(store, save_it(store, delivery, err), err);
}

static void read_delivery(sqlite3_stmt *statement, void *item)
{
	*(struct delivery *)item = delivery_at(statement);
}

int store_deliveries(struct store *store, int64_t alert, struct delivery **ret, size_t *count,
		     struct error *err)
{
	static const char sql[] = "SELECT " DELIVERY_COLUMNS
				  " FROM delivery WHERE alert = ?1 ORDER BY way, part = 1, part";
	sqlite3_stmt *statement = query(store, sql, INTS(alert), err);
	struct list list;

	if (query_list(store, statement, sizeof(struct delivery), read_delivery, &list, err) < 0) {
		free(list.items);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}
