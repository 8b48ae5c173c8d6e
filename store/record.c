/* Records of registers. Every version is kept: one stands, or the last one says that it was taken
 * back. */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSIONS                                                                                \
	"SELECT r.id, a.name, r.list, r.day, r.days, r.title, r.responsible, r.none, r.number," \
	" r.noted, r.details, r.note, r.evidence, r.sha256, r.origin, o.at, d.person, r.state"  \
	" FROM account a JOIN record r ON r.account = a.id JOIN origin o ON o.id = r.origin"    \
	" LEFT JOIN detail d ON d.origin = r.origin "

void record_clear(struct record *record)
{
	free(record->account);
	free(record->list);
	free(record->title);
	free(record->responsible);
	free(record->details);
	free(record->note);
	free(record->evidence);
	free(record->sha256);
	free(record->by);
	*record = (struct record){ 0 };
}

void records_free(struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++)
		record_clear(&records[i]);
	free(records);
}

/* A row of VERSIONS. */
static struct record record_at(sqlite3_stmt *statement)
{
	const bool noted = sqlite3_column_type(statement, 9) != SQLITE_NULL;

	return (struct record){
		.id = sqlite3_column_int64(statement, 0),
		.account = column_copy(statement, 1),
		.list = column_copy(statement, 2),
		.window = { sqlite3_column_int(statement, 3), sqlite3_column_int(statement, 4) },
		.title = column_copy(statement, 5),
		.responsible = column_copy(statement, 6),
		.none = sqlite3_column_int(statement, 7) != 0,
		.known = sqlite3_column_type(statement, 8) != SQLITE_NULL,
		.number = sqlite3_column_int64(statement, 8),
		.noted = noted ? sqlite3_column_int(statement, 9) : DAY_NONE,
		.details = column_copy(statement, 10),
		.note = column_copy(statement, 11),
		.evidence = column_copy(statement, 12),
		.sha256 = column_copy(statement, 13),
		.origin = sqlite3_column_int64(statement, 14),
		.at = sqlite3_column_int64(statement, 15),
		.by = column_copy(statement, 16),
		.withdrawn = strcmp(column_text(statement, 17), "withdrawn") == 0,
	};
}

/* The only row: 1 and the record, to be cleared; 0: there is none. */
static int record_one(struct store *store, sqlite3_stmt *statement, struct record *ret,
		      struct error *err)
{
	int more = query_row(store, statement, err);

	if (more <= 0)
		return more;
	*ret = record_at(statement);
	(void)sqlite3_reset(statement);
	return 1;
}

static void read_record(sqlite3_stmt *statement, void *item)
{
	*(struct record *)item = record_at(statement);
}

static int records_all(struct store *store, sqlite3_stmt *statement, struct record **ret,
		       size_t *count, struct error *err)
{
	struct list list;

	if (query_list(store, statement, sizeof(struct record), read_record, &list, err) < 0) {
		records_free(list.items, list.count);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}

/* The newest version of a record of the entity. */
static int newest_version(struct store *store, const char *entity, int64_t id, struct record *ret,
			  struct error *err)
{
	static const char sql[] =
		VERSIONS "WHERE r.id = ?1 AND a.entity = ?2 ORDER BY r.origin DESC LIMIT 1";
	sqlite3_stmt *statement = query(store, sql, INTS(id), err);

	if (!statement)
		return -1;
	bind_text(statement, 2, entity);
	return record_one(store, statement, ret, err);
}

/* The record that stands of the account's list with the same days and title. */
static int standing_alike(struct store *store, const struct known_account *account,
			  const struct record *record, struct record *ret, struct error *err)
{
	static const char sql[] =
		VERSIONS "WHERE a.id = ?1 AND r.state = 'stands' AND r.day = ?2 AND r.days = ?3"
			 " AND r.none = ?4 AND r.list = ?5 AND (r.none OR r.title = ?6) LIMIT 1";
	sqlite3_stmt *statement = query(
		store, sql,
		INTS(account->id, record->window.first, record->window.days, record->none), err);

	if (!statement)
		return -1;
	bind_text(statement, 5, record->list);
	bind_text(statement, 6, record->title);
	return record_one(store, statement, ret, err);
}

/* --- what is to be written down */

struct filing {
	const struct record *record;
	struct known_account *account;
	int64_t id;       /* the record it corrects, 0: it is new */
	int64_t replaces; /* the origin of the version that stands */
	bool same;        /* nothing to write */
};

static const char *filing_text(const struct record *record, char *ret, size_t room)
{
	char window[WINDOW_TEXT];

	(void)snprintf(ret, room, "%s %s %s%s%s", record->account, record->list,
		       window_text(record->window, window), record->none ? " (nothing)" : " ",
		       record->none ? "" : record->title);
	return ret;
}

static bool text_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool says_the_same(const struct record *a, const struct record *b)
{
	return a->window.first == b->window.first && a->window.days == b->window.days &&
	       a->none == b->none && a->known == b->known &&
	       (!a->known || a->number == b->number) && a->noted == b->noted &&
	       text_same(a->title, b->title) && text_same(a->responsible, b->responsible) &&
	       text_same(a->details, b->details) && text_same(a->note, b->note) &&
	       text_same(a->evidence, b->evidence) && text_same(a->sha256, b->sha256);
}

static int order_of(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* What makes two records one: account, list, days, title. */
static int by_key(const void *left, const void *right)
{
	const struct filing *a = *(const struct filing *const *)left;
	const struct filing *b = *(const struct filing *const *)right;
	int order = strcmp(a->record->account, b->record->account);

	if (order == 0)
		order = strcmp(a->record->list, b->record->list);
	if (order == 0)
		order = order_of(a->record->window.first, b->record->window.first);
	if (order == 0)
		order = order_of(a->record->window.days, b->record->window.days);
	if (order == 0)
		order = order_of(a->record->none, b->record->none);
	if (order == 0 && !a->record->none)
		order = strcmp(a->record->title, b->record->title);
	return order;
}

static int by_id(const void *left, const void *right)
{
	const struct filing *a = *(const struct filing *const *)left;
	const struct filing *b = *(const struct filing *const *)right;

	return order_of(a->id, b->id);
}

/* What no record can be, whoever tells it. */
static int record_check(const struct record *record, struct error *err)
{
	char words[200];

	if (!record->none && (!record->title || !*record->title))
		return error_set(err, ERROR_INPUT, "a record of %s %s has no title",
				 record->account, record->list);
	if (record->window.days < 1 || record->window.first > INT32_MAX - record->window.days)
		return error_set(err, ERROR_INPUT, "a record of %s %s speaks of no days",
				 record->account, record->list);
	if (record->known && record->number < 0)
		return error_set(err, ERROR_INPUT, "%s has a number below 0",
				 filing_text(record, words, sizeof(words)));
	return 0;
}

/* The record with the id that was given, if it may be corrected. */
static int corrected(struct store *store, const char *entity, const struct record *record,
		     struct record *ret, struct error *err)
{
	int found = newest_version(store, entity, record->id, ret, err);
	int result = found;

	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_INPUT, "there is no record %lld",
				 (long long)record->id);
	if (ret->withdrawn)
		result = error_set(err, ERROR_INPUT, "record %lld was withdrawn",
				   (long long)record->id);
	else if (strcmp(ret->account, record->account) != 0 || strcmp(ret->list, record->list) != 0)
		result = error_set(err, ERROR_INPUT, "record %lld is one of %s %s, not of %s %s",
				   (long long)record->id, ret->account, ret->list, record->account,
				   record->list);
	if (result < 0)
		record_clear(ret);
	return result;
}

static int filing_make(struct store *store, const char *entity, const struct record *record,
		       struct filing *ret, struct error *err)
{
	struct record known = { 0 };
	int found;

	*ret = (struct filing){ .record = record };
	if (record_check(record, err) < 0 ||
	    known_account(store, entity, record->account, &ret->account, err) < 0)
		return -1;
	found = record->id ? corrected(store, entity, record, &known, err)
			   : standing_alike(store, ret->account, record, &known, err);
	if (found <= 0)
		return found;
	ret->id = known.id;
	ret->replaces = known.origin;
	ret->same = says_the_same(&known, record);
	record_clear(&known);
	return 0;
}

/* Two of the same id, or of the same days and title: the same thing twice is one, else which is
 * true cannot be told. */
static int filings_alike(struct filing **sorted, size_t count,
			 int (*order)(const void *, const void *), struct error *err)
{
	char words[200];

	qsort(sorted, count, sizeof(struct filing *), order);
	for (size_t i = 1; i < count; i++) {
		struct filing *before = sorted[i - 1];
		struct filing *filing = sorted[i];

		if (order((const void *)&before, (const void *)&filing) != 0 ||
		    (order == by_id && !filing->id))
			continue;
		if (before->id != filing->id || !says_the_same(before->record, filing->record))
			return error_set(err, ERROR_INPUT, "%s is given twice, differently",
					 filing_text(filing->record, words, sizeof(words)));
		/* of the same id, too, then: its first pass is enough */
		if (order == by_key)
			filing->same = true;
	}
	return 0;
}

/* A correction must not make a record what another one is, unless that one is corrected, too.
 * `sorted` by id. */
static int key_taken(struct store *store, const struct filing *filing, struct filing **sorted,
		     size_t count, struct error *err)
{
	struct record other = { 0 };
	struct filing key = { 0 };
	const struct filing *wanted = &key;
	char words[200];
	int found;

	if (!filing->record->id || filing->same)
		return 0;
	found = standing_alike(store, filing->account, filing->record, &other, err);
	if (found <= 0)
		return found;
	key.id = other.id;
	record_clear(&other);
	if (key.id == filing->id ||
	    bsearch((const void *)&wanted, sorted, count, sizeof(struct filing *), by_id))
		return 0;
	return error_set(err, ERROR_INPUT, "%s is record %lld already: withdraw one of them",
			 filing_text(filing->record, words, sizeof(words)), (long long)key.id);
}

static int filings_check(struct store *store, const char *entity, const struct record *records,
			 struct filing *filings, size_t count, int64_t at, struct error *err)
{
	struct filing **sorted;
	int result = clock_check(store, at, err);

	for (size_t i = 0; result == 0 && i < count; i++)
		result = filing_make(store, entity, &records[i], &filings[i], err);
	if (result < 0)
		return -1;
	sorted = memory_new(count, sizeof(struct filing *));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &filings[i];
	if (filings_alike(sorted, count, by_key, err) < 0 ||
	    filings_alike(sorted, count, by_id, err) < 0)
		result = -1;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = key_taken(store, &filings[i], sorted, count, err);
	free(sorted);
	return result;
}

/* --- writing it down */

static int version_replaced(struct store *store, int64_t id, int64_t origin, struct error *err)
{
	static const char sql[] =
		"UPDATE record SET state = 'replaced' WHERE id = ?1 AND origin = ?2";

	return execute(store, sql, INTS(id, origin), err);
}

static void bind_said(sqlite3_stmt *statement, int place, const char *text)
{
	bind_text(statement, place, text && *text ? text : NULL);
}

static int version_insert(struct store *store, const struct filing *filing, int64_t id,
			  int64_t origin, struct error *err)
{
	static const char sql[] =
		"INSERT INTO record (id, origin, account, day, days, none, number, noted, list,"
		" title, responsible, details, note, evidence, sha256, state) VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, -2147483648), ?9, ?10, ?11, ?12, ?13, "
		"?14,"
		" ?15, 'stands')";
	const struct record *record = filing->record;
	sqlite3_stmt *statement =
		query(store, sql,
		      INTS(id, origin, filing->account->id, record->window.first,
			   record->window.days, record->none, record->number, record->noted),
		      err);

	if (!statement)
		return -1;
	if (!record->known)
		(void)sqlite3_bind_null(statement, 7);
	bind_text(statement, 9, record->list);
	bind_said(statement, 10, record->title);
	bind_said(statement, 11, record->responsible);
	bind_said(statement, 12, record->details);
	bind_said(statement, 13, record->note);
	bind_said(statement, 14, record->evidence);
	bind_said(statement, 15, record->sha256);
	return query_run(store, statement, err);
}

static int filing_keep(struct store *store, const struct filing *filing, struct telling *telling,
		       struct error *err)
{
	static const char next[] = "SELECT ifnull(max(id), 0) + 1 FROM record";
	int64_t id = filing->id;

	if (origin_keep(store, telling, err) < 0)
		return -1;
	if (id) {
		telling->changes.revisions++;
		if (version_replaced(store, id, filing->replaces, err) < 0)
			return -1;
	} else {
		telling->changes.items++;
		if (query_one(store, query(store, next, NULL, 0, err), 1, &id, err) < 0)
			return -1;
	}
	return version_insert(store, filing, id, telling->changes.origin, err);
}

/* Every account is in the database before the origin names it. */
static int filings_keep(struct store *store, const struct filing *filings, size_t count,
			struct telling *telling, struct error *err)
{
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		if (filings[i].same)
			continue;
		if (account_keep(store, filings[i].account, err) < 0)
			return -1;
		if (first)
			telling->account = filings[i].account->id;
		else if (telling->account != filings[i].account->id)
			telling->account = 0;
		first = false;
	}
	for (size_t i = 0; i < count; i++)
		if (!filings[i].same && filing_keep(store, &filings[i], telling, err) < 0)
			return -1;
	return 0;
}

int store_record(struct store *store, const char *entity, const struct record *records,
		 size_t count, const struct origin *origin, struct changes *ret, struct error *err)
{
	struct telling telling = { .origin = origin };
	struct filing *filings;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	filings = memory_new(count, sizeof(*filings));
	if (filings_check(store, entity, records, filings, count, origin->at, err) == 0) {
		store->writing = true;
		result = filings_keep(store, filings, count, &telling, err);
		store->last_at = INT64_MIN; /* what is the newest now is a record */
	}
	free(filings);
	result = change_end(store, result, err);
	if (result == 0 && ret)
		*ret = telling.changes;
	return result;
}

/* What it said stays with it; why it went is its origin's note. */
static int version_withdrawn(struct store *store, const struct record *record,
			     struct telling *telling, struct error *err)
{
	static const char sql[] =
		"INSERT INTO record (id, origin, account, list, day, days, title, responsible,"
		" none, number, noted, details, note, evidence, sha256, state)"
		" SELECT id, ?3, account, list, day, days, title, responsible, none, number,"
		" noted, details, note, evidence, sha256, 'withdrawn' FROM record"
		" WHERE id = ?1 AND origin = ?2";

	if (origin_keep(store, telling, err) < 0 ||
	    version_replaced(store, record->id, record->origin, err) < 0)
		return -1;
	telling->changes.revisions++;
	return execute(store, sql, INTS(record->id, record->origin, telling->changes.origin), err);
}

static int withdraw(struct store *store, const char *entity, int64_t id, struct telling *telling,
		    struct error *err)
{
	struct record record = { 0 };
	int found = newest_version(store, entity, id, &record, err);
	int result = -1;

	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_INPUT, "there is no record %lld", (long long)id);
	if (record.withdrawn)
		(void)error_set(err, ERROR_INPUT, "record %lld was withdrawn already",
				(long long)id);
	else
		result = account_number(store, entity, record.account, &telling->account, err);
	if (result == 0) {
		store->writing = true;
		result = version_withdrawn(store, &record, telling, err);
	}
	record_clear(&record);
	return result;
}

int store_record_withdraw(struct store *store, const char *entity, int64_t id,
			  const struct origin *by, struct changes *ret, struct error *err)
{
	struct origin trace = *by;
	struct telling telling = { .origin = &trace };
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	if (newest_origin(store, err) == 0) {
		/* as store_withdraw(): never refused for the time */
		if (trace.at < store->last_at)
			trace.at = store->last_at;
		result = withdraw(store, entity, id, &telling, err);
		store->last_at = INT64_MIN;
	}
	result = change_end(store, result, err);
	if (result == 0 && ret)
		*ret = telling.changes;
	return result;
}

int records_clash(struct store *store, int64_t old, int64_t new, const char *entity,
		  const char *from, const char *to, struct error *err)
{
	static const char sql[] =
		VERSIONS "JOIN record b ON b.account = ?2 AND b.list = r.list AND b.day = r.day"
			 " AND b.days = r.days AND b.none = r.none AND b.state = 'stands'"
			 " AND (r.none OR b.title = r.title)"
			 " WHERE a.id = ?1 AND r.state = 'stands' LIMIT 1";
	sqlite3_stmt *statement = query(store, sql, INTS(old, new), err);
	struct record record = { 0 };
	char words[200];
	int found;

	if (!statement)
		return -1;
	found = record_one(store, statement, &record, err);
	if (found <= 0)
		return found;
	(void)error_set(err, ERROR_INPUT,
			"%s/%s cannot take over the records of %s/%s: both have %s; withdraw one "
			"of them, take renamed_from out, or give one of them another id",
			entity, to, entity, from, filing_text(&record, words, sizeof(words)));
	record_clear(&record);
	return -1;
}

/* --- reading */

int store_records(struct store *store, const char *entity, const char *account, const char *list,
		  struct window window, struct record **ret, size_t *count, struct error *err)
{
	static const char sql[] = VERSIONS "WHERE a.entity = ?4 AND (?5 IS NULL OR a.name = ?5)"
					   " AND (?6 IS NULL OR r.list = ?6) AND r.state = 'stands'"
					   " AND (?3 = 0 OR (r.day < ?2 AND r.day + r.days > ?1))"
					   " ORDER BY r.day, r.title, r.days, r.id";
	sqlite3_stmt *statement =
		query(store, sql, INTS(window.first, window_end(window), window.days), err);

	if (!statement)
		return -1;
	bind_text(statement, 4, entity);
	bind_text(statement, 5, account);
	bind_text(statement, 6, list);
	return records_all(store, statement, ret, count, err);
}

int store_record_history(struct store *store, const char *entity, int64_t id, struct record **ret,
			 size_t *count, struct error *err)
{
	static const char sql[] = VERSIONS "WHERE r.id = ?1 AND a.entity = ?2 ORDER BY r.origin";
	sqlite3_stmt *statement = query(store, sql, INTS(id), err);
	struct record *records = NULL;
	size_t n = 0;

	if (!statement)
		return -1;
	bind_text(statement, 2, entity);
	if (records_all(store, statement, &records, &n, err) < 0)
		return -1;
	if (!n)
		return error_set(err, ERROR_INPUT, "there is no record %lld", (long long)id);
	*ret = records;
	*count = n;
	return 0;
}
