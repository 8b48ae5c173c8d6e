/*
 * Accounts, series and definitions by heart: a sweep asks for the same few again and again. Right
 * as of the transaction at hand (sql.c forgets when another connection wrote, or when ours was
 * undone).
 */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

struct name {
	struct name *next;
	char text[];
};

struct known_zone {
	const char *name;
	struct zone *zone;
};

/* FNV-1a */
static uint64_t hash_on(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211U;
	return hash;
}

static uint64_t hash_of(const char *text)
{
	return hash_on(14695981039346656037U, text);
}

/* The one copy of a metric's, source's or zone's name. */
static const char *intern(struct store *store, const char *text)
{
	struct name **place = &store->known.names[hash_of(text) % NAME_BUCKETS];
	size_t size = strlen(text) + 1;
	struct name *name;

	for (name = *place; name; name = name->next)
		if (strcmp(name->text, text) == 0)
			return name->text;
	name = memory_new(1, sizeof(*name) + size);
	memcpy(name->text, text, size);
	name->next = *place;
	*place = name;
	return name->text;
}

static struct known_account **bucket_of(struct store *store, const char *entity, const char *name)
{
	return &store->known.accounts[hash_on(hash_of(entity), name) % KNOWN_BUCKETS];
}

static void account_free(struct known_account *account)
{
	for (size_t i = 0; i < account->count; i++) {
		free(account->series[i]->definition);
		free(account->series[i]);
	}
	free(account->series);
	free(account->states);
	free(account->entity);
	free(account->name);
	free(account);
}

void known_forget(struct store *store)
{
	for (size_t i = 0; i < KNOWN_BUCKETS; i++) {
		while (store->known.accounts[i]) {
			struct known_account *account = store->known.accounts[i];

			store->known.accounts[i] = account->next;
			account_free(account);
		}
	}
	store->known.count = 0;
	along_forget(store);
	for (size_t i = 0; i < PHRASES; i++) {
		free(store->known.phrases[i].text);
		store->known.phrases[i] = (struct phrase){ 0 };
	}
}

void known_drop(struct store *store, struct known_account *account)
{
	struct known_account **place = bucket_of(store, account->entity, account->name);

	while (*place != account)
		place = &(*place)->next;
	*place = account->next;
	account_free(account);
	store->known.count--;
}

void known_close(struct store *store)
{
	known_forget(store);
	for (size_t i = 0; i < store->known.zone_count; i++)
		zone_close(store->known.zones[i].zone);
	free(store->known.zones);
	for (size_t i = 0; i < NAME_BUCKETS; i++) {
		while (store->known.names[i]) {
			struct name *name = store->known.names[i];

			store->known.names[i] = name->next;
			free(name);
		}
	}
}

int known_zone(struct store *store, const char *name, struct zone **ret, struct error *err)
{
	struct known *known = &store->known;
	struct zone *zone;

	for (size_t i = 0; i < known->zone_count; i++) {
		if (strcmp(known->zones[i].name, name) == 0) {
			*ret = known->zones[i].zone;
			return 0;
		}
	}
	if (zone_open(name, &zone, err) < 0)
		return -1;
	known->zones = memory_grow(known->zones, known->zone_count, &known->zone_room,
				   sizeof(*known->zones));
	known->zones[known->zone_count++] =
		(struct known_zone){ .name = intern(store, name), .zone = zone };
	*ret = zone;
	return 0;
}

enum item_kind item_kind_of(const char *name)
{
	for (enum item_kind kind = ITEM_POST; kind <= ITEM_STORY; kind++)
		if (strcmp(name, item_kind_name(kind)) == 0)
			return kind;
	return ITEM_NONE;
}

static struct known_account *account_known(struct store *store, const char *entity,
					   const char *name)
{
	struct known_account *account = *bucket_of(store, entity, name);

	while (account &&
	       (strcmp(account->name, name) != 0 || strcmp(account->entity, entity) != 0))
		account = account->next;
	return account;
}

int account_number(struct store *store, const char *entity, const char *name, int64_t *ret,
		   struct error *err)
{
	struct known_account *known = store->begun ? account_known(store, entity, name) : NULL;
	sqlite3_stmt *statement;

	if (known) {
		*ret = known->id;
		return 0;
	}
	statement = query(store, "SELECT id FROM account WHERE entity = ?1 AND name = ?2", NULL, 0,
			  err);

	if (!statement)
		return -1;
	bind_text(statement, 1, entity);
	bind_text(statement, 2, name);
	return query_one(store, statement, 0, ret, err);
}

static struct known_series *series_add(struct known_account *account)
{
	struct known_series *series = memory_new(1, sizeof(*series));

	account->series = memory_grow(account->series, account->count, &account->room,
				      sizeof(struct known_series *));
	account->series[account->count++] = series;
	series->only = true;
	return series;
}

static int load_series(struct store *store, struct known_account *account, struct error *err)
{
	sqlite3_stmt *statement = query(store,
					"SELECT id, metric, source, zone, kind, items FROM series"
					" WHERE account = ?1",
					INTS(account->id), err);
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(store, statement, err)) > 0) {
		struct known_series *series = series_add(account);

		series->id = sqlite3_column_int64(statement, 0);
		series->metric = intern(store, column_text(statement, 1));
		series->source = intern(store, column_text(statement, 2));
		series->zone = intern(store, column_text(statement, 3));
		(void)metric_kind_parse(column_text(statement, 4), &series->kind);
		series->items = item_kind_of(column_text(statement, 5));
	}
	return more;
}

static struct known_series *series_numbered(const struct known_account *account, int64_t id)
{
	for (size_t i = 0; i < account->count; i++)
		if (account->series[i]->id == id)
			return account->series[i];
	return NULL;
}

/* Blocks of series lie together: one walk over a few rows. */
static int load_definitions(struct store *store, struct known_account *account, struct error *err)
{
	static const char sql[] = "SELECT series, first_day, text FROM definition"
				  " WHERE series BETWEEN ?1 AND ?2 ORDER BY series, first_day";
	int64_t block = 0;

	for (size_t i = 0; i < account->count; i++) {
		sqlite3_stmt *statement;
		int more;

		if (account->series[i]->id / SERIES_BLOCK == block)
			continue;
		block = account->series[i]->id / SERIES_BLOCK;
		statement = query(
			store, sql,
			INTS(block * SERIES_BLOCK, block * SERIES_BLOCK + SERIES_BLOCK - 1), err);
		if (!statement)
			return -1;
		while ((more = query_row(store, statement, err)) > 0) {
			struct known_series *series =
				series_numbered(account, sqlite3_column_int64(statement, 0));

			if (!series)
				continue;
			if (series->definition && series->first != sqlite3_column_int(statement, 1))
				series->only = false;
			free(series->definition);
			series->first = sqlite3_column_int(statement, 1);
			series->definition = memory_text(column_text(statement, 2));
		}
		if (more < 0)
			return -1;
	}
	return 0;
}

int known_account(struct store *store, const char *entity, const char *name,
		  struct known_account **ret, struct error *err)
{
	struct known_account **place = bucket_of(store, entity, name);
	struct known_account *account = account_known(store, entity, name);

	if (account) {
		*ret = account;
		return 0;
	}
	account = memory_new(1, sizeof(*account));
	account->entity = memory_text(entity);
	account->name = memory_text(name);
	if (account_number(store, entity, name, &account->id, err) < 0 ||
	    (account->id &&
	     (load_series(store, account, err) < 0 || load_definitions(store, account, err) < 0 ||
	      states_load(store, account, err) < 0))) {
		account_free(account);
		return -1;
	}
	account->next = *place;
	*place = account;
	store->known.count++;
	*ret = account;
	return 0;
}

int account_keep(struct store *store, struct known_account *account, struct error *err)
{
	sqlite3_stmt *statement;

	if (account->id)
		return 0;
	statement =
		query(store, "INSERT INTO account (entity, name) VALUES (?1, ?2)", NULL, 0, err);
	if (!statement)
		return -1;
	bind_text(statement, 1, account->entity);
	bind_text(statement, 2, account->name);
	if (query_run(store, statement, err) < 0)
		return -1;
	account->id = sqlite3_last_insert_rowid(store->db);
	store->known.ahead = true;
	return 0;
}

/* Whether `text` is "provider subject", or "provider" alone. */
static bool defined_as(const char *text, const char *provider, const char *subject)
{
	size_t length = strlen(provider);

	if (strncmp(text, provider, length) != 0)
		return false;
	if (!subject || !*subject)
		return !text[length];
	return text[length] == ' ' && strcmp(text + length + 1, subject) == 0;
}

/* The day after what the series says so far, of sampled series: after the window that begins last.
 */
static int sampled_until(struct store *store, const struct known_series *series, int64_t at,
			 int32_t *ret, struct error *err)
{
	static const char sql[] = "SELECT max(days) FROM sample WHERE day = ?1 AND series = ?2";

	for (int32_t day = utc_day(at) + 1; day >= series->first; day--) {
		int64_t days;

		if (query_one(store, query(store, sql, INTS(day, series->id), err), 0, &days, err) <
		    0)
			return -1;
		if (days > 0) {
			*ret = day + (int32_t)days;
			return 0;
		}
	}
	*ret = series->first + 1;
	return 0;
}

/* The same of counted series: the day that begins after the last time watched. */
static int watched_until(struct store *store, const struct known_series *series, int32_t *ret,
			 struct error *err)
{
	struct zone *zone;
	int64_t until;

	if (known_zone(store, series->zone, &zone, err) < 0 ||
	    query_one(store,
		      query(store, "SELECT max(until) FROM watch WHERE series = ?1",
			    INTS(series->id), err),
		      INT64_MIN, &until, err) < 0)
		return -1;
	*ret = until == INT64_MIN ? series->first + 1 : zone_day(zone, until - 1) + 1;
	return 0;
}

/*
 * Where the definition of this change begins to speak. A new one speaks from the first day the old
 * one left without a word: what is known stays what it was, and days before are never restated.
 */
static int begin_definition(struct store *store, struct known_series *series,
			    const struct series_wish *wish, int64_t at, struct error *err)
{
	series->call = store->call;
	series->last = (struct window){ INT32_MIN, 0 };
	series->provider = wish->provider;
	series->subject = wish->subject;
	series->renewed = false;
	series->from = INT32_MIN;
	if (!series->definition)
		return 0;
	if (defined_as(series->definition, wish->provider, wish->subject)) {
		if (!series->only)
			series->from = series->first;
		return 0;
	}
	series->renewed = true;
	if (series->items == ITEM_NONE ? sampled_until(store, series, at, &series->from, err) < 0
				       : watched_until(store, series, &series->from, err) < 0)
		return -1;
	if (series->from <= series->first)
		series->from = series->first + 1;
	return 0;
}

static int same_series(const struct known_account *account, const struct known_series *series,
		       const struct series_wish *wish, struct error *err)
{
	if (series->kind != wish->kind)
		return error_set(err, ERROR_INPUT,
				 "%s/%s %s (%s) is kept as a %s and now comes as a %s: give the "
				 "account another id, or the metric another name",
				 account->entity, account->name, series->metric, series->source,
				 metric_kind_name(series->kind), metric_kind_name(wish->kind));
	if (strcmp(series->zone, wish->zone) != 0)
		return error_set(err, ERROR_INPUT,
				 "%s/%s %s (%s) counts days of %s and now comes in days of %s: set "
				 "the zone back, or give the account another id",
				 account->entity, account->name, series->metric, series->source,
				 series->zone, wish->zone);
	if (series->items != wish->items)
		return error_set(err, ERROR_INPUT,
				 "%s/%s %s (%s) is counted over %s items and now over %s: give "
				 "the metric another name",
				 account->entity, account->name, series->metric, series->source,
				 item_kind_name(series->items), item_kind_name(wish->items));
	return 0;
}

int known_series(struct store *store, struct known_account *account, const struct series_wish *wish,
		 int64_t at, struct known_series **ret, struct error *err)
{
	struct known_series *series = NULL;

	for (size_t i = 0; i < account->count && !series; i++)
		if (strcmp(account->series[i]->metric, wish->metric) == 0 &&
		    strcmp(account->series[i]->source, wish->source) == 0)
			series = account->series[i];
	if (!series) {
		series = series_add(account);
		series->metric = intern(store, wish->metric);
		series->source = intern(store, wish->source);
	}
	if (!series->id) {
		series->zone = intern(store, wish->zone);
		series->kind = wish->kind;
		series->items = wish->items;
	} else if (same_series(account, series, wish, err) < 0) {
		return -1;
	}
	*ret = series;
	if (series->call == store->call)
		return 0;
	return begin_definition(store, series, wish, at, err);
}

/* The next number of the account's block, or the first of a new one. */
static int series_number(struct store *store, const struct known_account *account, int64_t *ret,
			 struct error *err)
{
	int64_t last = -1;

	for (size_t i = 0; i < account->count; i++)
		if (account->series[i]->id > last)
			last = account->series[i]->id;
	if (last > 0 && (last + 1) % SERIES_BLOCK != 0) {
		*ret = last + 1;
		return 0;
	}
	return query_one(store,
			 query(store, "SELECT (ifnull(max(id), 0) / ?1 + 1) * ?1 FROM series",
			       INTS(SERIES_BLOCK), err),
			 SERIES_BLOCK, ret, err);
}

static int series_insert(struct store *store, const struct known_account *account,
			 struct known_series *series, struct error *err)
{
	static const char sql[] =
		"INSERT INTO series (id, account, metric, source, zone, kind, items)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
	sqlite3_stmt *statement;
	int64_t id;

	if (series_number(store, account, &id, err) < 0)
		return -1;
	statement = query(store, sql, INTS(id, account->id), err);
	if (!statement)
		return -1;
	bind_text(statement, 3, series->metric);
	bind_text(statement, 4, series->source);
	bind_text(statement, 5, series->zone);
	bind_text(statement, 6, metric_kind_name(series->kind));
	bind_text(statement, 7, item_kind_name(series->items));
	if (query_run(store, statement, err) < 0)
		return -1;
	series->id = id;
	store->known.ahead = true;
	return 0;
}

static int definition_insert(struct store *store, struct known_series *series, int32_t day,
			     struct error *err)
{
	SCOPED(text)
	struct text words = { 0 };
	sqlite3_stmt *statement =
		query(store, "INSERT INTO definition (series, first_day, text) VALUES (?1, ?2, ?3)",
		      INTS(series->id, day), err);

	if (!statement)
		return -1;
	text_add(&words, series->provider);
	if (series->subject && *series->subject)
		text_addf(&words, " %s", series->subject);
	bind_text(statement, 3, text_str(&words));
	if (query_run(store, statement, err) < 0)
		return -1;
	store->known.ahead = true;
	free(series->definition);
	series->definition = text_take(&words);
	series->first = day;
	return 0;
}

int series_keep(struct store *store, struct known_account *account, struct known_series *series,
		int32_t day, struct error *err)
{
	static const char sql[] =
		"UPDATE definition SET first_day = ?2 WHERE series = ?1 AND first_day = ?3";

	if (series->id && series->definition && !series->renewed &&
	    (!series->only || day >= series->first))
		return 0;
	if (account_keep(store, account, err) < 0 ||
	    (!series->id && series_insert(store, account, series, err) < 0))
		return -1;
	if (!series->definition)
		return definition_insert(store, series, day, err);
	if (series->renewed) {
		series->renewed = false;
		series->only = false;
		return definition_insert(store, series, series->from, err);
	}
	store->known.ahead = true;
	if (execute(store, sql, INTS(series->id, day, series->first), err) < 0)
		return -1;
	series->first = day;
	return 0;
}
