/*
 * Reading a period. Samples lie by day, then series, and an account's series lie together: whatever
 * is asked for, the walk is day by day over stretches of series numbers. For one account that is a
 * short stretch a day, for all of them the day's whole leaf pages.
 */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* stepping over this many rows costs less than another walk down the tree */
	GAP_MAX = 32,
	BLOCK_SIZE = 16 << 10,
	FIRST_ROOM = 34,
};

/* A stretch of series numbers. */
struct run {
	int64_t first, last;
};

struct runs {
	struct run *items;
	size_t count, room;
};

/* Names live in blocks that are freed together. */
struct block {
	struct block *next;
	size_t used, size;
	char bytes[];
};

struct reader {
	struct store *store;
	const struct store_account *accounts;
	struct window window;
	struct history history;
	size_t room;
	struct block *names;
	int64_t base; /* number of the first of `places` */
	uint32_t
		*places; /* series number less base → its place in the history + 1, 0: not wanted */
	int64_t place_count;
	struct runs sampled, counted;
	struct asked *asked; /* the accounts that are stored, ascending by number */
	size_t asked_count;
};

/* One of the accounts asked for. */
struct asked {
	int64_t number;
	size_t index;
};

static const char *keep_name(struct reader *reader, const char *name)
{
	size_t size = strlen(name) + 1;
	struct block *block = reader->names;
	char *place;

	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = memory_new(1, sizeof(*block) + room);
		block->size = room;
		block->next = reader->names;
		reader->names = block;
	}
	place = block->bytes + block->used;
	memcpy(place, name, size);
	block->used += size;
	return place;
}

/* Most series share source and zone with the one before. */
static const char *keep_again(struct reader *reader, const char *before, const char *name)
{
	return before && strcmp(before, name) == 0 ? before : keep_name(reader, name);
}

static int load_account(struct reader *reader, size_t index, const char *metric, struct error *err)
{
	static const char sql[] = "SELECT id, metric, source, zone, kind, items FROM series"
				  " WHERE account = ?1 AND (?2 IS NULL OR metric = ?2)";
	const struct store_account *account = &reader->accounts[index];
	struct store *store = reader->store;
	sqlite3_stmt *statement;
	int64_t number;
	int more;

	if (account_number(store, account->entity, account->account, &number, err) < 0)
		return -1;
	if (!number)
		return 0;
	reader->asked[reader->asked_count++] = (struct asked){ number, index };
	statement = query(store, sql, INTS(number), err);
	if (!statement)
		return -1;
	bind_text(statement, 2, metric);
	while ((more = query_row(store, statement, err)) > 0) {
		struct history *history = &reader->history;
		struct series before = { 0 };
		struct series *series;

		if (history->count)
			before = history->series[history->count - 1];
		history->series = memory_grow(history->series, history->count, &reader->room,
					      sizeof(*history->series));
		series = &history->series[history->count++];
		*series = (struct series){
			.id = sqlite3_column_int64(statement, 0),
			.account = index,
			.metric = keep_name(reader, column_text(statement, 1)),
			.source = keep_again(reader, before.source, column_text(statement, 2)),
			.items = item_kind_of(column_text(statement, 5)),
		};
		/* publications are counted by the days of the zone that asks */
		series->zone = keep_again(reader, before.zone,
					  series->items == ITEM_NONE ? column_text(statement, 3)
								     : zone_name(account->zone));
		(void)metric_kind_parse(column_text(statement, 4), &series->kind);
	}
	return more;
}

static void runs_add(struct runs *runs, int64_t id)
{
	if (runs->count && id - runs->items[runs->count - 1].last <= GAP_MAX) {
		runs->items[runs->count - 1].last = id;
		return;
	}
	runs->items = memory_grow(runs->items, runs->count, &runs->room, sizeof(*runs->items));
	runs->items[runs->count++] = (struct run){ id, id };
}

/* Where each series number stands in the history, and the stretches they form. */
static void map_series(struct reader *reader)
{
	const struct history *history = &reader->history;
	int64_t low = INT64_MAX;
	int64_t high = 0;

	for (size_t i = 0; i < history->count; i++) {
		if (history->series[i].id < low)
			low = history->series[i].id;
		if (history->series[i].id > high)
			high = history->series[i].id;
	}
	if (!history->count)
		return;
	reader->base = low;
	reader->place_count = high - low + 1;
	reader->places = memory_new((size_t)reader->place_count, sizeof(*reader->places));
	for (size_t i = 0; i < history->count; i++)
		reader->places[history->series[i].id - low] = (uint32_t)i + 1;
	for (int64_t id = low; id <= high; id++) {
		uint32_t place = reader->places[id - low];

		if (place && history->series[place - 1].items == ITEM_NONE)
			runs_add(&reader->sampled, id);
		else if (place)
			runs_add(&reader->counted, id);
	}
}

/* The series of that number when it is asked for, or NULL. */
static struct series *series_at(const struct reader *reader, int64_t id)
{
	uint32_t place;

	if (id < reader->base || id - reader->base >= reader->place_count)
		return NULL;
	place = reader->places[id - reader->base];
	return place ? &reader->history.series[place - 1] : NULL;
}

/* Whoever lists publications begins at a midnight of his own, before the first day that is asked
 * for: of the days they are counted by the first one is known from its own midnight on. */
static int first_watched(struct store *store, int64_t series, struct zone *zone, int32_t *ret,
			 struct error *err)
{
	int64_t since;

	if (query_one(store,
		      query(store, "SELECT min(since) FROM watch WHERE series = ?1", INTS(series),
			    err),
		      INT64_MIN, &since, err) < 0)
		return -1;
	*ret = since == INT64_MIN ? DAY_NONE : zone_day_from(zone, since);
	return 0;
}

/* What counts publications counts them from the first whole day of the zone that asks on. */
static int begin_counted(struct reader *reader, struct series *series, struct error *err)
{
	struct zone *zone = reader->accounts[series->account].zone;
	int32_t first;

	if (series->items == ITEM_NONE || series->definition_count == 0)
		return 0;
	if (first_watched(reader->store, series->id, zone, &first, err) < 0)
		return -1;
	if (first == DAY_NONE || first <= series->breaks[0] ||
	    (series->definition_count > 1 && first >= series->breaks[1]))
		return 0;
	series->definitions[0].first = series->breaks[0] = first;
	return 0;
}

static int load_definitions(struct reader *reader, const struct run *run, struct error *err)
{
	static const char sql[] = "SELECT series, first_day, text FROM definition"
				  " WHERE series BETWEEN ?1 AND ?2 ORDER BY series, first_day";
	sqlite3_stmt *statement = query(reader->store, sql, INTS(run->first, run->last), err);
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(reader->store, statement, err)) > 0) {
		struct series *series = series_at(reader, sqlite3_column_int64(statement, 0));
		size_t n;

		if (!series)
			continue;
		n = series->definition_count++;
		series->definitions =
			memory_resize(series->definitions, n + 1, sizeof(*series->definitions));
		series->breaks = memory_resize(series->breaks, n + 1, sizeof(*series->breaks));
		series->definitions[n].first = sqlite3_column_int(statement, 1);
		series->definitions[n].text = keep_name(reader, column_text(statement, 2));
		series->breaks[n] = series->definitions[n].first;
	}
	return more;
}

static void sample_add(struct series *series, const struct sample *sample)
{
	if (series->count == series->room) {
		series->room = series->room ? series->room * 2 : FIRST_ROOM;
		series->samples =
			memory_resize(series->samples, series->room, sizeof(*series->samples));
	}
	series->samples[series->count++] = *sample;
}

/* --- windows of several days that begin before the period and reach into it */

/* A row of the index alone, read in full only when its series is asked for. */
static int load_longer(struct reader *reader, int64_t id, struct window window, struct error *err)
{
	static const char sql[] = "SELECT value, origin, below, above, flags FROM sample"
				  " WHERE day = ?1 AND series = ?2 AND days = ?3";
	struct series *series = series_at(reader, id);
	sqlite3_stmt *statement;
	int more;

	if (!series || series->items != ITEM_NONE)
		return 0;
	statement = query(reader->store, sql, INTS(window.first, id, window.days), err);
	if (!statement)
		return -1;
	more = query_row(reader->store, statement, err);
	if (more <= 0)
		return more;
	sample_add(series, &(struct sample){
				   .window = window,
				   .value = sqlite3_column_int64(statement, 0),
				   .origin = sqlite3_column_int64(statement, 1),
				   .below = sqlite3_column_int64(statement, 2),
				   .above = sqlite3_column_int64(statement, 3),
				   .flags = (uint32_t)sqlite3_column_int64(statement, 4),
			   });
	(void)sqlite3_reset(statement);
	return 0;
}

static int load_length(struct reader *reader, int32_t days, struct error *err)
{
	static const char sql[] = "SELECT day, series FROM sample INDEXED BY sample_window"
				  " WHERE days = ?1 AND days > 1 AND day > ?2 AND day < ?3";
	int32_t first = reader->window.first;
	sqlite3_stmt *statement =
		query(reader->store, sql, INTS(days, (int64_t)first - days, first), err);
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(reader->store, statement, err)) > 0) {
		struct window window = { sqlite3_column_int(statement, 0), days };

		if (load_longer(reader, sqlite3_column_int64(statement, 1), window, err) < 0) {
			(void)sqlite3_reset(statement);
			return -1;
		}
	}
	return more;
}

static int by_window(const void *left, const void *right)
{
	const struct sample *a = left;
	const struct sample *b = right;

	if (a->window.first != b->window.first)
		return a->window.first < b->window.first ? -1 : 1;
	return (a->window.days > b->window.days) - (a->window.days < b->window.days);
}

/* Length by length: there are few different ones, and for each the index holds just those that
 * overlap. */
static int load_before(struct reader *reader, struct error *err)
{
	static const char next[] = "SELECT days FROM sample INDEXED BY sample_window"
				   " WHERE days > 1 AND days > ?1 ORDER BY days LIMIT 1";
	int64_t days = 1;

	for (;;) {
		if (query_one(reader->store, query(reader->store, next, INTS(days), err), 0, &days,
			      err) < 0)
			return -1;
		if (!days)
			break;
		if (load_length(reader, (int32_t)days, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < reader->history.count; i++)
		if (reader->history.series[i].count > 1)
			qsort(reader->history.series[i].samples, reader->history.series[i].count,
			      sizeof(struct sample), by_window);
	return 0;
}

/* --- samples that begin in the period */

static int load_day(struct reader *reader, int32_t day, const struct run *run, struct error *err)
{
	static const char sql[] =
		"SELECT series, days, value, origin, below, above, flags FROM sample"
		" WHERE day = ?1 AND series BETWEEN ?2 AND ?3 ORDER BY series, days";
	sqlite3_stmt *statement = query(reader->store, sql, INTS(day, run->first, run->last), err);
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(reader->store, statement, err)) > 0) {
		struct series *series = series_at(reader, sqlite3_column_int64(statement, 0));

		if (!series)
			continue;
		sample_add(series, &(struct sample){
					   .window = { day, sqlite3_column_int(statement, 1) },
					   .value = sqlite3_column_int64(statement, 2),
					   .origin = sqlite3_column_int64(statement, 3),
					   .below = sqlite3_column_int64(statement, 4),
					   .above = sqlite3_column_int64(statement, 5),
					   .flags = (uint32_t)sqlite3_column_int64(statement, 6),
				   });
	}
	return more;
}

static int load_samples(struct reader *reader, struct error *err)
{
	struct window window = reader->window;

	if (!reader->sampled.count)
		return 0;
	if (load_before(reader, err) < 0)
		return -1;
	for (int32_t day = window.first; day < window_end(window); day++)
		for (size_t i = 0; i < reader->sampled.count; i++)
			if (load_day(reader, day, &reader->sampled.items[i], err) < 0)
				return -1;
	return 0;
}

/* --- publications */

/* The midnights of the period's days and of the day after, in one zone; accounts in a row mostly
 * share it. */
struct midnights {
	const struct zone *zone;
	int64_t *times;
};

static void midnights_of(struct midnights *midnights, struct zone *zone, struct window window)
{
	if (midnights->zone == zone)
		return;
	midnights->zone = zone;
	for (int32_t i = 0; i <= window.days; i++)
		midnights->times[i] = zone_midnight(zone, window.first + i);
}

/* Every watched day becomes a sample of 0; items are added up in it afterwards. */
static int load_watched(struct reader *reader, struct series *series,
			const struct midnights *midnights, struct error *err)
{
	static const char sql[] = "SELECT since, until FROM watch WHERE series = ?1"
				  " AND since < ?3 AND until > ?2 ORDER BY since";
	const int64_t *times = midnights->times;
	sqlite3_stmt *statement = query(
		reader->store, sql, INTS(series->id, times[0], times[reader->window.days]), err);
	int32_t i = 0;
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(reader->store, statement, err)) > 0) {
		int64_t since = sqlite3_column_int64(statement, 0);
		int64_t until = sqlite3_column_int64(statement, 1);

		while (i < reader->window.days && times[i] < since)
			i++;
		for (; i < reader->window.days && times[i + 1] <= until; i++)
			sample_add(series,
				   &(struct sample){ .window = { reader->window.first + i, 1 },
						     .flags = SAMPLE_COUNTED });
	}
	return more;
}

/* One publication more in its day, where the day is known. */
static void count_item(struct series *series, int32_t day)
{
	size_t low = 0;
	size_t high = series->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (series->samples[middle].window.first < day)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < series->count && series->samples[low].window.first == day)
		series->samples[low].value++;
}

static int load_items(struct reader *reader, int32_t day, const struct run *run, struct error *err)
{
	static const char sql[] = "SELECT series, created FROM item"
				  " WHERE day = ?1 AND series BETWEEN ?2 AND ?3";
	sqlite3_stmt *statement = query(reader->store, sql, INTS(day, run->first, run->last), err);
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(reader->store, statement, err)) > 0) {
		struct series *series = series_at(reader, sqlite3_column_int64(statement, 0));

		if (series && series->items != ITEM_NONE)
			count_item(series, zone_day(reader->accounts[series->account].zone,
						    sqlite3_column_int64(statement, 1)));
	}
	return more;
}

static int load_counted(struct reader *reader, struct error *err)
{
	struct midnights midnights = {
		.times = memory_new((size_t)reader->window.days + 1, sizeof(*midnights.times)),
	};
	int32_t first = reader->window.first - 1; /* no zone is a whole day away from UTC */
	int32_t end = window_end(reader->window) + 1;
	int result = 0;

	for (size_t i = 0; result == 0 && i < reader->history.count; i++) {
		struct series *series = &reader->history.series[i];

		if (series->items == ITEM_NONE)
			continue;
		midnights_of(&midnights, reader->accounts[series->account].zone, reader->window);
		result = load_watched(reader, series, &midnights, err);
	}
	free(midnights.times);
	for (int32_t day = first; result == 0 && day < end; day++)
		for (size_t i = 0; result == 0 && i < reader->counted.count; i++)
			result = load_items(reader, day, &reader->counted.items[i], err);
	return result;
}

/* --- when days were read */

static int by_number(const void *left, const void *right)
{
	const struct asked *a = left;
	const struct asked *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

static int load_day_read(struct reader *reader, int32_t place, const struct run *run,
			 struct error *err)
{
	static const char sql[] = "SELECT account, at FROM reading"
				  " WHERE day = ?1 AND account BETWEEN ?2 AND ?3";
	sqlite3_stmt *statement = query(
		reader->store, sql, INTS(reader->window.first + place, run->first, run->last), err);
	int more;

	if (!statement)
		return -1;
	while ((more = query_row(reader->store, statement, err)) > 0) {
		struct asked key = { .number = sqlite3_column_int64(statement, 0) };
		const struct asked *asked =
			bsearch(&key, reader->asked, reader->asked_count, sizeof(key), by_number);

		if (asked)
			reader->history.readings[asked->index * (size_t)reader->window.days +
						 (size_t)place] =
				sqlite3_column_int64(statement, 1);
	}
	return more;
}

static int load_readings(struct reader *reader, size_t count, struct error *err)
{
	struct runs runs = { 0 };
	int result = 0;

	reader->history.readings = memory_new(count * (size_t)reader->window.days, sizeof(int64_t));
	qsort(reader->asked, reader->asked_count, sizeof(*reader->asked), by_number);
	for (size_t i = 0; i < reader->asked_count; i++)
		runs_add(&runs, reader->asked[i].number);
	for (int32_t place = 0; result == 0 && place < reader->window.days; place++)
		for (size_t i = 0; result == 0 && i < runs.count; i++)
			result = load_day_read(reader, place, &runs.items[i], err);
	free(runs.items);
	return result;
}

static int load(struct reader *reader, size_t count, const char *metric, struct error *err)
{
	reader->asked = memory_new(count, sizeof(*reader->asked));
	for (size_t i = 0; i < count; i++)
		if (load_account(reader, i, metric, err) < 0)
			return -1;
	map_series(reader);
	for (size_t i = 0; i < reader->sampled.count; i++)
		if (load_definitions(reader, &reader->sampled.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < reader->counted.count; i++)
		if (load_definitions(reader, &reader->counted.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < reader->history.count; i++)
		if (begin_counted(reader, &reader->history.series[i], err) < 0)
			return -1;
	if (reader->window.days <= 0)
		return 0;
	if (load_samples(reader, err) < 0 || load_readings(reader, count, err) < 0)
		return -1;
	return reader->counted.count ? load_counted(reader, err) : 0;
}

int store_history(struct store *store, const struct store_account *accounts, size_t count,
		  const char *metric, struct window window, struct history *ret, struct error *err)
{
	struct reader reader = { .store = store, .accounts = accounts, .window = window };
	int begun = reading_begin(store, err);
	int result = begun < 0 ? -1 : load(&reader, count, metric, err);

	reading_end(store, begun);
	free(reader.places);
	free(reader.sampled.items);
	free(reader.counted.items);
	free(reader.asked);
	reader.history.memory = reader.names;
	if (result < 0) {
		history_clear(&reader.history);
		return -1;
	}
	*ret = reader.history;
	return 0;
}

void history_clear(struct history *history)
{
	struct block *block = history->memory;

	for (size_t i = 0; i < history->count; i++) {
		free(history->series[i].samples);
		free(history->series[i].definitions);
		free(history->series[i].breaks);
	}
	free(history->series);
	free(history->readings);
	while (block) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
	*history = (struct history){ 0 };
}

/* --- smaller questions */

int first_sample(struct store *store, int64_t series, int32_t from, int32_t *ret, struct error *err)
{
	static const char sql[] = "SELECT 1 FROM sample WHERE day = ?1 AND series = ?2 LIMIT 1";
	int64_t last;

	if (query_one(
		    store,
		    query(store, "SELECT day FROM sample ORDER BY day DESC LIMIT 1", NULL, 0, err),
		    INT32_MIN, &last, err) < 0)
		return -1;
	*ret = DAY_NONE;
	for (int32_t day = from; day <= last; day++) {
		int64_t found;

		if (query_one(store, query(store, sql, INTS(day, series), err), 0, &found, err) < 0)
			return -1;
		if (found) {
			*ret = day;
			return 0;
		}
	}
	return 0;
}

struct beginning {
	int64_t series;
	int32_t first;
	bool counted;
};

/* Definitions begin with the first day stored, so few days are looked at; an entry that was
 * withdrawn may have left one that begins too early. */
static int load_beginnings(struct store *store, int64_t account, const char *source,
			   struct beginning **ret, size_t *count, struct error *err)
{
	static const char sql[] =
		"SELECT s.id, min(d.first_day), s.items <> 'none' FROM series s"
		" JOIN definition d ON d.series = s.id"
		" WHERE s.account = ?1 AND (?2 IS NULL OR s.source = ?2) GROUP BY s.id";
	sqlite3_stmt *statement = query(store, sql, INTS(account), err);
	size_t room = 0;
	int more;

	if (!statement)
		return -1;
	bind_text(statement, 2, source);
	while ((more = query_row(store, statement, err)) > 0) {
		*ret = memory_grow(*ret, *count, &room, sizeof(**ret));
		(*ret)[(*count)++] = (struct beginning){
			.series = sqlite3_column_int64(statement, 0),
			.first = sqlite3_column_int(statement, 1),
			.counted = sqlite3_column_int(statement, 2) != 0,
		};
	}
	return more;
}

int first_known(struct store *store, int64_t account, const char *source, struct zone *zone,
		int32_t *ret, struct error *err)
{
	struct beginning *beginnings = NULL;
	size_t count = 0;
	int result = load_beginnings(store, account, source, &beginnings, &count, err);

	*ret = DAY_NONE;
	for (size_t i = 0; result == 0 && i < count; i++) {
		int32_t day = beginnings[i].first;

		if (*ret != DAY_NONE && day >= *ret)
			continue;
		result = beginnings[i].counted
				 ? first_watched(store, beginnings[i].series, zone, &day, err)
				 : first_sample(store, beginnings[i].series, day, &day, err);
		if (day != DAY_NONE && (*ret == DAY_NONE || day < *ret))
			*ret = day;
	}
	free(beginnings);
	return result;
}

int store_first_day(struct store *store, const char *entity, const char *account, struct zone *zone,
		    int32_t *ret, struct error *err)
{
	int64_t number;
	int begun = reading_begin(store, err);
	int result = begun < 0 ? -1 : account_number(store, entity, account, &number, err);

	if (result == 0)
		result = first_known(store, number, NULL, zone, ret, err);
	reading_end(store, begun);
	return result;
}

int store_unwatched(struct store *store, const char *entity, const char *account,
		    const char *source, enum item_kind kind, int64_t since, int64_t until,
		    struct watch **ret, size_t *count, struct error *err)
{
	static const char sql[] =
		"SELECT w.since, w.until FROM watch w JOIN series s ON s.id = w.series"
		" WHERE s.account = ?1 AND w.since < ?3 AND w.until > ?2 AND s.source = ?4"
		" AND s.items = ?5 ORDER BY w.since";
	struct watch *gaps = NULL;
	sqlite3_stmt *statement;
	size_t room = 0;
	int64_t number;
	int more;

	*ret = NULL;
	*count = 0;
	if (account_number(store, entity, account, &number, err) < 0)
		return -1;
	statement = query(store, sql, INTS(number, since, until), err);
	if (!statement)
		return -1;
	bind_text(statement, 4, source);
	bind_text(statement, 5, item_kind_name(kind));
	while ((more = query_row(store, statement, err)) > 0) {
		int64_t here = sqlite3_column_int64(statement, 0);

		if (here > since) {
			gaps = memory_grow(gaps, *count, &room, sizeof(*gaps));
			gaps[(*count)++] = (struct watch){ kind, since, here };
		}
		if (sqlite3_column_int64(statement, 1) > since)
			since = sqlite3_column_int64(statement, 1);
	}
	if (more < 0) {
		free(gaps);
		*count = 0;
		return -1;
	}
	if (since < until) {
		gaps = memory_grow(gaps, *count, &room, sizeof(*gaps));
		gaps[(*count)++] = (struct watch){ kind, since, until };
	}
	*ret = gaps;
	return 0;
}

int store_totals(struct store *store, struct store_totals *ret, struct error *err)
{
	const struct {
		const char *sql;
		int64_t *count;
	} totals[] = {
		{ "SELECT count(*) FROM series", &ret->series },
		{ "SELECT count(*) FROM sample", &ret->samples },
		{ "SELECT count(*) FROM item", &ret->items },
		{ "SELECT count(*) FROM origin", &ret->origins },
		{ "SELECT (SELECT count(*) FROM revision) + (SELECT count(*) FROM item_moved)",
		  &ret->revisions },
		{ "SELECT count(*) FROM refused", &ret->refused },
	};

	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++)
		if (query_one(store, query(store, totals[i].sql, NULL, 0, err), 0, totals[i].count,
			      err) < 0)
			return -1;
	return 0;
}
