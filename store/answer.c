/* Samples: told, compared with what is known, kept with a revision where they differ. */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told *tolds(struct store *store, size_t count)
{
	if (!store->tolds || count > store->told_room) {
		store->tolds = memory_resize(store->tolds, count, sizeof(*store->tolds));
		store->told_room = count;
	}
	return store->tolds;
}

/*
 * Once a transaction: nobody else writes while it lasts. An origin of which nothing stands any more
 * says nothing about the clock either: a number entered while it was years ahead would lock the
 * store for years, were withdrawing it not enough.
 */
int newest_origin(struct store *store, struct error *err)
{
	static const char standing[] =
		"SELECT at, id, kind <> 0, (SELECT min(r.id) FROM record r WHERE r.origin = o.id"
		" AND r.state = 'stands') FROM origin o WHERE kind = 0 OR EXISTS"
		" (SELECT 1 FROM entry e JOIN sample s"
		" ON s.day = e.day AND s.series = e.series AND s.days = e.days"
		" AND s.origin = e.origin WHERE e.origin = o.id) OR EXISTS"
		" (SELECT 1 FROM record r WHERE r.origin = o.id AND r.state = 'stands')"
		" ORDER BY id DESC LIMIT 1";
	sqlite3_stmt *statement;
	int more;

	if (store->last_at != INT64_MIN)
		return 0;
	if (query_one(store, query(store, "SELECT max(id) FROM origin", NULL, 0, err), 0,
		      &store->last_origin, err) < 0)
		return -1;
	statement = query(store, standing, NULL, 0, err);
	if (!statement)
		return -1;
	more = query_row(store, statement, err);
	if (more < 0)
		return -1;
	store->last_at =
		more ? sqlite3_column_int64(statement, 0) : INT64_MIN + INT64_C(2) * DAY_SECONDS;
	store->last_standing = more ? sqlite3_column_int64(statement, 1) : 0;
	store->last_entered = more && sqlite3_column_int(statement, 2);
	store->last_record = more ? sqlite3_column_int64(statement, 3) : 0;
	(void)sqlite3_reset(statement);
	return 0;
}

int clock_check(struct store *store, int64_t at, struct error *err)
{
	char now[TIME_TEXT], last[TIME_TEXT];

	if (newest_origin(store, err) < 0)
		return -1;
	if (at >= store->last_at - DAY_SECONDS)
		return 0;
	(void)time_text(at, now);
	(void)time_text(store->last_at, last);
	if (store->last_record)
		return error_set(err, ERROR_OURS,
				 "the clock went back: it is %s and record %lld was made at %s; "
				 "nothing is stored until that is right: if the clock is slow now, "
				 "set it; if it was fast then, `metricsctl record --withdraw %lld` "
				 "takes the record back",
				 now, (long long)store->last_record, last,
				 (long long)store->last_record);
	if (store->last_entered)
		return error_set(err, ERROR_OURS,
				 "the clock went back: it is %s and entry %lld was made at %s; "
				 "nothing is stored until that is right: if the clock is slow now, "
				 "set it; if it was fast then, `metricsctl withdraw %lld` takes "
				 "the entry back (`metricsctl entries` lists them)",
				 now, (long long)store->last_standing, last,
				 (long long)store->last_standing);
	return error_set(err, ERROR_OURS,
			 "the clock went back: it is %s and the newest number was collected at %s; "
			 "nothing is stored until that is right: if the clock is slow now, set it; "
			 "if it was fast then, restore a copy of the database from before",
			 now, last);
}

static int by_series_and_window(const void *left, const void *right)
{
	const struct told *a = *(const struct told *const *)left;
	const struct told *b = *(const struct told *const *)right;

	if (a->series != b->series)
		return a->series < b->series ? -1 : 1;
	if (a->sample.window.first != b->sample.window.first)
		return a->sample.window.first < b->sample.window.first ? -1 : 1;
	return (a->sample.window.days > b->sample.window.days) -
	       (a->sample.window.days < b->sample.window.days);
}

static bool says_the_same(const struct sample *a, const struct sample *b)
{
	return a->value == b->value && a->below == b->below && a->above == b->above &&
	       ((a->flags ^ b->flags) & ~(uint32_t)SAMPLE_UNREAD) == 0;
}

static const char *told_text(const struct told *told, char *ret, size_t room)
{
	char window[WINDOW_TEXT];

	(void)snprintf(ret, room, "%s/%s %s (%s) %s", told->account->entity, told->account->name,
		       told->series->metric, told->series->source,
		       window_text(told->sample.window, window));
	return ret;
}

/* Two values for one window: which of them is true cannot be told. */
static int contradictions(const struct told *told, size_t count, struct error *err)
{
	const struct told **sorted = memory_new(count, sizeof(struct told *));
	int result = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &told[i];
	qsort(sorted, count, sizeof(struct told *), by_series_and_window);
	for (size_t i = 1; i < count && result == 0; i++) {
		const struct sample *sample = &sorted[i]->sample;
		char words[200];

		if (by_series_and_window(&sorted[i - 1], &sorted[i]) == 0 &&
		    !says_the_same(&sorted[i - 1]->sample, sample))
			result = error_set(err, ERROR_INPUT, "%s is given twice: %lld and %lld",
					   told_text(sorted[i], words, sizeof(words)),
					   (long long)sorted[i - 1]->sample.value,
					   (long long)sample->value);
	}
	free(sorted);
	return result;
}

static int told_check_one(struct store *store, const struct told *told, int64_t at,
			  struct error *err)
{
	const struct window window = told->sample.window;
	struct zone *zone;
	char words[200], day[DAY_TEXT];

	if (window.days < 1 || window.first > INT32_MAX - window.days)
		return error_set(err, ERROR_INPUT, "%s speaks of no days",
				 told_text(told, words, sizeof(words)));
	if (told->sample.below < 0 || told->sample.above < 0)
		return error_set(err, ERROR_INPUT, "%s has a negative uncertainty",
				 told_text(told, words, sizeof(words)));
	/* sure to be over in every zone */
	if ((int64_t)window_end(window) * DAY_SECONDS < at - DAY_SECONDS)
		return 0;
	if (known_zone(store, told->series->zone, &zone, err) < 0)
		return -1;
	if (window_end(window) - 1 > zone_day(zone, at))
		return error_set(err, ERROR_INPUT,
				 "%s ends in the future: it is %s there; enter what is over, or "
				 "set the clock right",
				 told_text(told, words, sizeof(words)),
				 day_text(zone_day(zone, at), day));
	return 0;
}

int told_check(struct store *store, const struct told *told, size_t count, int64_t at,
	       struct error *err)
{
	bool ordered = true;

	for (size_t i = 0; i < count; i++) {
		struct known_series *series = told[i].series;
		struct window window = told[i].sample.window;

		if (told_check_one(store, &told[i], at, err) < 0)
			return -1;
		if (window.first < series->last.first ||
		    (window.first == series->last.first && window.days <= series->last.days))
			ordered = false;
		series->last = window;
	}
	return ordered ? 0 : contradictions(told, count, err);
}

static int phrase_find(struct store *store, const char *text, int64_t *ret, struct error *err)
{
	sqlite3_stmt *statement =
		query(store, "SELECT id FROM phrase WHERE text = ?1", NULL, 0, err);

	if (!statement)
		return -1;
	bind_text(statement, 1, text);
	return query_one(store, statement, 0, ret, err);
}

static int phrase_insert(struct store *store, const char *text, int64_t *ret, struct error *err)
{
	sqlite3_stmt *statement =
		query(store, "INSERT INTO phrase (text) VALUES (?1)", NULL, 0, err);

	if (!statement)
		return -1;
	bind_text(statement, 1, text);
	if (query_run(store, statement, err) < 0)
		return -1;
	*ret = sqlite3_last_insert_rowid(store->db);
	store->known.ahead = true;
	return 0;
}

/* The number of a text that repeats: in a sweep the same few, answer after answer. */
static int phrase_keep(struct store *store, const char *text, int64_t *ret, struct error *err)
{
	struct phrase *phrases = store->known.phrases;
	size_t length = strlen(text);
	struct phrase *phrase =
		&phrases[(length * 7 + (length ? (unsigned char)text[length - 1] : 0)) % PHRASES];

	if (phrase->text && strcmp(phrase->text, text) == 0) {
		*ret = phrase->id;
		return 0;
	}
	if (phrase_find(store, text, ret, err) < 0 ||
	    (*ret == 0 && phrase_insert(store, text, ret, err) < 0))
		return -1;
	free(phrase->text);
	*phrase = (struct phrase){ memory_text(text), *ret };
	return 0;
}

static int detail_keep(struct store *store, int64_t number, const struct origin *origin,
		       struct error *err)
{
	static const char sql[] = "INSERT INTO detail (origin, person, note, evidence, sha256)"
				  " VALUES (?1, ?2, ?3, ?4, ?5)";
	sqlite3_stmt *statement;

	if (!origin->by && !origin->note && !origin->evidence && !origin->sha256)
		return 0;
	statement = query(store, sql, INTS(number), err);
	if (!statement)
		return -1;
	bind_text(statement, 2, origin->by);
	bind_text(statement, 3, origin->note);
	bind_text(statement, 4, origin->evidence);
	bind_text(statement, 5, origin->sha256);
	return query_run(store, statement, err);
}

int origin_keep(struct store *store, struct telling *telling, struct error *err)
{
	static const char sql[] = "INSERT INTO origin (at, account, kind, phrase)"
				  " VALUES (?1, nullif(?2, 0), ?3, nullif(?4, 0))";
	const struct origin *origin = telling->origin;
	int64_t phrase = 0;

	if (telling->changes.origin)
		return 0;
	if (origin->what && phrase_keep(store, origin->what, &phrase, err) < 0)
		return -1;
	if (execute(store, sql, INTS(origin->at, telling->account, (int64_t)origin->kind, phrase),
		    err) < 0)
		return -1;
	telling->changes.origin = sqlite3_last_insert_rowid(store->db);
	store->last_origin = telling->changes.origin; /* the next one's is foretold from it */
	if (origin->at > store->last_at) {
		store->last_at = origin->at;
		store->last_standing = telling->changes.origin;
		store->last_entered = origin->kind != ORIGIN_REQUEST;
		store->last_record = 0;
	}
	return detail_keep(store, telling->changes.origin, origin, err);
}

int revision_keep(struct store *store, const struct known_series *series, const struct sample *old,
		  int64_t by, struct error *err)
{
	static const char sql[] =
		"INSERT INTO revision"
		" (day, series, days, replaced_by, value, origin, below, above, flags)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

	return execute(store, sql,
		       INTS(old->window.first, series->id, old->window.days, by, old->value,
			    old->origin, old->below, old->above, old->flags),
		       err);
}

/* What is known of the window: 1 and the sample, 0: nothing. */
static int sample_find(struct store *store, int64_t series, struct window window,
		       struct sample *ret, struct error *err)
{
	static const char sql[] = "SELECT value, origin, below, above, flags FROM sample"
				  " WHERE day = ?1 AND series = ?2 AND days = ?3";
	sqlite3_stmt *statement = query(store, sql, INTS(window.first, series, window.days), err);
	int more;

	if (!statement)
		return -1;
	more = query_row(store, statement, err);
	if (more <= 0)
		return more;
	*ret = (struct sample){
		.window = window,
		.value = sqlite3_column_int64(statement, 0),
		.origin = sqlite3_column_int64(statement, 1),
		.below = sqlite3_column_int64(statement, 2),
		.above = sqlite3_column_int64(statement, 3),
		.flags = (uint32_t)sqlite3_column_int64(statement, 4),
	};
	(void)sqlite3_reset(statement);
	return 1;
}

/* What is known of a day of an account's series: they lie together, so that what an answer says of
 * the day is compared with it after one walk down the tree instead of one each. */
struct run {
	size_t count;
	struct {
		int64_t series;
		struct sample sample;
	} known[2 * SERIES_BLOCK]; /* what is beyond them is found one by one */
};

static bool in_one_run(const struct told *a, const struct told *b)
{
	return a->sample.window.first == b->sample.window.first &&
	       a->series->id / SERIES_BLOCK == b->series->id / SERIES_BLOCK;
}

/* Reads what is known of the samples from `first` to `last`, which are in one run. */
static int run_read(struct store *store, struct run *run, const struct told *first,
		    const struct told *last, struct error *err)
{
	static const char sql[] =
		"SELECT series, days, value, origin, below, above, flags FROM sample"
		" WHERE day = ?1 AND series BETWEEN ?2 AND ?3";
	int32_t day = first->sample.window.first;
	sqlite3_stmt *statement =
		query(store, sql, INTS(day, first->series->id, last->series->id), err);
	int more = -1;

	run->count = 0;
	while (statement && (more = query_row(store, statement, err)) > 0) {
		if (run->count == sizeof(run->known) / sizeof(run->known[0])) {
			(void)sqlite3_reset(statement);
			return 0;
		}
		run->known[run->count].series = sqlite3_column_int64(statement, 0);
		run->known[run->count++].sample = (struct sample){
			.window = { day, sqlite3_column_int(statement, 1) },
			.value = sqlite3_column_int64(statement, 2),
			.origin = sqlite3_column_int64(statement, 3),
			.below = sqlite3_column_int64(statement, 4),
			.above = sqlite3_column_int64(statement, 5),
			.flags = (uint32_t)sqlite3_column_int64(statement, 6),
		};
	}
	return more;
}

static struct sample *run_find(struct run *run, const struct told *told)
{
	for (size_t i = 0; i < run->count; i++)
		if (run->known[i].series == told->series->id &&
		    run->known[i].sample.window.days == told->sample.window.days)
			return &run->known[i].sample;
	return NULL;
}

/* 1: it was new and is kept; 0: the window is known. Its origin is only made once it was new: until
 * then its number, the next one, is enough. */
static int sample_insert(struct store *store, struct telling *telling, const struct told *told,
			 struct error *err)
{
	static const char sql[] =
		"INSERT INTO sample (day, series, days, value, origin, below, above, flags)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
	const struct sample *sample = &told->sample;
	int64_t origin = telling->changes.origin ? telling->changes.origin : store->last_origin + 1;

	if (execute(store, sql,
		    INTS(sample->window.first, told->series->id, sample->window.days, sample->value,
			 origin, sample->below, sample->above, sample->flags),
		    err) < 0)
		return -1;
	if (sqlite3_changes(store->db) == 0)
		return 0;
	return origin_keep(store, telling, err) < 0 ? -1 : 1;
}

static int sample_replace(struct store *store, struct telling *telling, const struct told *told,
			  const struct sample *known, struct error *err)
{
	static const char sql[] =
		"UPDATE sample SET value = ?4, origin = ?5, below = ?6, above = ?7, flags = ?8"
		" WHERE day = ?1 AND series = ?2 AND days = ?3";
	const struct sample *sample = &told->sample;

	if (origin_keep(store, telling, err) < 0 ||
	    revision_keep(store, told->series, known, telling->changes.origin, err) < 0)
		return -1;
	return execute(store, sql,
		       INTS(sample->window.first, told->series->id, sample->window.days,
			    sample->value, telling->changes.origin, sample->below, sample->above,
			    sample->flags),
		       err);
}

static int entry_keep(struct store *store, const struct telling *telling, const struct told *told,
		      struct error *err)
{
	static const char sql[] = "INSERT INTO entry (origin, series, day, days)"
				  " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

	if (!telling->entries)
		return 0;
	return execute(store, sql,
		       INTS(telling->changes.origin, told->series->id, told->sample.window.first,
			    told->sample.window.days),
		       err);
}

/* It was read again after all: the same number, so neither a revision nor an origin. */
static int sample_confirm(struct store *store, const struct told *told, struct sample *known,
			  struct error *err)
{
	static const char sql[] = "UPDATE sample SET flags = ?4"
				  " WHERE day = ?1 AND series = ?2 AND days = ?3";

	known->flags &= ~(uint32_t)SAMPLE_UNREAD;
	return execute(
		store, sql,
		INTS(known->window.first, told->series->id, known->window.days, known->flags), err);
}

/* What differs from what is known. */
static int sample_correct(struct store *store, struct telling *telling, const struct told *told,
			  struct sample *known, struct error *err)
{
	if (says_the_same(known, &told->sample))
		return known->flags & SAMPLE_UNREAD ? sample_confirm(store, told, known, err) : 0;
	telling->changes.revisions++;
	if (sample_replace(store, telling, told, known, err) < 0)
		return -1;
	*known = told->sample;
	return entry_keep(store, telling, told, err);
}

static int sample_keep(struct store *store, struct telling *telling, const struct told *told,
		       struct run *run, struct error *err)
{
	struct sample *in_run = run_find(run, told);
	struct sample known = { 0 };
	int added;

	if (in_run)
		return sample_correct(store, telling, told, in_run, err);
	added = sample_insert(store, telling, told, err);
	if (added < 0)
		return -1;
	if (added) {
		telling->changes.samples++;
		return entry_keep(store, telling, told, err);
	}
	/* told before by this very change, or beyond what a run holds */
	if (sample_find(store, told->series->id, told->sample.window, &known, err) < 0)
		return -1;
	return sample_correct(store, telling, told, &known, err);
}

static int by_day_and_series(const void *left, const void *right)
{
	const struct told *a = *(const struct told *const *)left;
	const struct told *b = *(const struct told *const *)right;

	if (a->sample.window.first != b->sample.window.first)
		return a->sample.window.first < b->sample.window.first ? -1 : 1;
	return (a->series->id > b->series->id) - (a->series->id < b->series->id);
}

/* In the order in which they lie in the database. */
static int runs_keep(struct store *store, struct telling *telling, const struct told **sorted,
		     size_t count, struct error *err)
{
	struct run run;

	qsort(sorted, count, sizeof(struct told *), by_day_and_series);
	for (size_t i = 0, end = 0; i < count; i++) {
		if (i == end) {
			while (end < count && in_one_run(sorted[i], sorted[end]))
				end++;
			if (run_read(store, &run, sorted[i], sorted[end - 1], err) < 0)
				return -1;
		}
		if (!telling->account && !telling->entries)
			telling->account = sorted[i]->account->id;
		if (sample_keep(store, telling, sorted[i], &run, err) < 0)
			return -1;
	}
	return 0;
}

int told_keep(struct store *store, struct telling *telling, const struct told *told, size_t count,
	      struct error *err)
{
	SCOPED(memory)
	const struct told **sorted = memory_new(count, sizeof(struct told *));
	size_t kept = 0;

	assert(told || count == 0);
	for (size_t i = 0; i < count; i++) {
		if (told[i].sample.window.first < told[i].series->from) {
			telling->changes.left++;
			continue;
		}
		if (series_keep(store, told[i].account, told[i].series, told[i].sample.window.first,
				err) < 0)
			return -1;
		sorted[kept++] = &told[i];
	}
	return runs_keep(store, telling, sorted, kept, err);
}

/* The answer's samples with their series, checked. */
static int answer_check(struct store *store, struct known_account *account,
			const struct answer *answer, struct told **ret, struct error *err)
{
	const struct findings *findings = answer->findings;
	const struct metric *metric = NULL;
	struct known_series *series = NULL;
	struct told *told = tolds(store, findings->sample_count);

	if (findings->failed)
		return error_set(err, ERROR_INPUT,
				 "%s/%s: the answer says more than can be taken at once (%d "
				 "numbers, ids of %d bytes): nothing of it is stored",
				 account->entity, account->name, FINDINGS_MAX, ITEM_ID - 1);
	if (clock_check(store, answer->origin.at, err) < 0)
		return -1;
	for (size_t i = 0; i < findings->sample_count; i++) {
		const struct finding *finding = &findings->samples[i];

		if (finding->metric != metric) {
			metric = finding->metric;
			if (known_series(store, account,
					 &(struct series_wish){
						 .metric = metric->id,
						 .source = answer->channel.source,
						 .zone = answer->channel.zone,
						 .kind = metric->kind,
						 .items = ITEM_NONE,
						 .provider = metric->provider ? metric->provider
									      : metric->id,
						 .subject = answer->channel.subject },
					 answer->origin.at, &series, err) < 0)
				return -1;
		}
		assert(series);
		told[i] = (struct told){ account, series, finding->sample };
		told[i].sample.flags &= ~(uint32_t)(SAMPLE_COUNTED | SAMPLE_UNREAD);
	}
	if (told_check(store, told, findings->sample_count, answer->origin.at, err) < 0)
		return -1;
	*ret = told;
	return items_check(store, account, answer, err);
}

static int answer_keep(struct store *store, struct known_account *account,
		       const struct answer *answer, const struct told *told,
		       struct telling *telling, struct error *err)
{
	const struct findings *findings = answer->findings;

	if (findings && (told_keep(store, telling, told, findings->sample_count, err) < 0 ||
			 items_keep(store, account, answer, telling, err) < 0))
		return -1;
	for (size_t i = 0; findings && i < findings->unread_count; i++)
		if (unread_keep(store, account->id, answer->channel.source, &findings->unread[i],
				err) < 0)
			return -1;
	if (!answer->states && !answer->state && !(findings && findings->part_count))
		return 0;
	if (account_keep(store, account, err) < 0)
		return -1;
	if (findings && parts_keep(store, account->id, findings, err) < 0)
		return -1;
	if (answer->states &&
	    states_keep(store, account, answer->channel.metrics, answer->states, err) < 0)
		return -1;
	if (!answer->state)
		return 0;
	return sweep_keep_later(store, account->id, answer->sweep, answer->state, err);
}

int store_answer(struct store *store, const struct answer *answer, struct changes *ret,
		 struct error *err)
{
	struct telling telling = { .origin = &answer->origin };
	struct known_account *account;
	struct told *told = NULL;
	int result = -1;

	if (answer->state && answer->state->cursor.failed)
		return error_set(err, ERROR_OURS, "%s/%s: its cursor is over %d bytes",
				 answer->channel.entity, answer->channel.account, CURSOR_MAX);
	if (change_begin(store, err) < 0)
		return -1;
	if (known_account(store, answer->channel.entity, answer->channel.account, &account, err) <
		    0 ||
	    (answer->findings && answer_check(store, account, answer, &told, err) < 0))
		goto end;
	telling.account = account->id;
	store->writing = true;
	result = answer_keep(store, account, answer, told, &telling, err);
end:
	result = change_end(store, result, err);
	if (result == 0 && ret)
		*ret = telling.changes;
	return result;
}
