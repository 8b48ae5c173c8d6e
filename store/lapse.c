/*
 * When accounts were not read, and why. Few rows: a cause has one at most between two successes,
 * and what a success made good goes again.
 */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of an account ?1 and sweep ?2. */
#define SINCE_SUCCESS                                                                             \
	" since >= coalesce((SELECT last_success FROM sweep WHERE account = ?1 AND sweep = ?2), " \
	"0)"

/* What lasts ends at `now`, or never was. */
static int end_lasting(struct store *store, int64_t account, enum sweep sweep, int64_t now,
		       struct error *err)
{
	static const char drop[] = "DELETE FROM lapse WHERE account = ?1 AND sweep = ?2"
				   " AND until IS NULL AND since >= ?3";
	static const char end[] = "UPDATE lapse SET until = ?3 WHERE account = ?1 AND sweep = ?2"
				  " AND until IS NULL";

	if (execute(store, drop, INTS(account, (int64_t)sweep, now), err) < 0)
		return -1;
	return execute(store, end, INTS(account, (int64_t)sweep, now), err);
}

static int lapse_insert(struct store *store, int64_t account, const struct lapse *lapse,
			struct error *err)
{
	static const char sql[] =
		"REPLACE INTO lapse (account, sweep, since, until, class, words)"
		" VALUES (?1, ?2, ?3, CASE WHEN ?4 = 0 THEN NULL ELSE ?4 END, ?5, ?6)";
	sqlite3_stmt *statement = query(
		store, sql, INTS(account, (int64_t)lapse->sweep, lapse->since, lapse->until), err);

	if (!statement)
		return -1;
	bind_text(statement, 5, lapse_name(lapse));
	bind_text(statement, 6, lapse->words);
	return query_run(store, statement, err);
}

/* The first second of the lapse of that cause since the last success; INT64_MIN: there is none. */
static int find_turn(struct store *store, int64_t account, const struct lapse *lapse, int64_t *ret,
		     struct error *err)
{
	static const char sql[] = "SELECT min(since) FROM lapse WHERE account = ?1 AND sweep = ?2"
				  " AND class = ?3 AND" SINCE_SUCCESS;
	sqlite3_stmt *statement = query(store, sql, INTS(account, (int64_t)lapse->sweep), err);

	if (statement)
		bind_text(statement, 3, lapse_name(lapse));
	return query_one(store, statement, INT64_MIN, ret, err);
}

/* Whether one of the class lasts already. */
static int lasts(struct store *store, int64_t account, const struct lapse *lapse, int64_t *ret,
		 struct error *err)
{
	static const char sql[] = "SELECT count(*) FROM lapse WHERE account = ?1 AND sweep = ?2"
				  " AND until IS NULL AND class = ?3";
	sqlite3_stmt *statement = query(store, sql, INTS(account, (int64_t)lapse->sweep), err);

	if (statement)
		bind_text(statement, 3, lapse_name(lapse));
	return query_one(store, statement, 0, ret, err);
}

static int begin_lapse(struct store *store, int64_t account, const struct lapse *lapse,
		       struct error *err)
{
	static const char go_on[] = "UPDATE lapse SET until = NULL WHERE account = ?1"
				    " AND sweep = ?2 AND since = ?3";
	int64_t there, since;

	if (lasts(store, account, lapse, &there, err) < 0)
		return -1;
	if (there)
		return 0;
	if (end_lasting(store, account, lapse->sweep, lapse->since, err) < 0 ||
	    find_turn(store, account, lapse, &since, err) < 0)
		return -1;
	if (since == INT64_MIN || since > lapse->since)
		return lapse_insert(store, account, lapse, err);
	return execute(store, go_on, INTS(account, (int64_t)lapse->sweep, since), err);
}

int store_lapse_begin(struct store *store, const char *entity, const char *account,
		      enum sweep sweep, enum error_class class, const char *words, int64_t now,
		      struct error *err)
{
	struct lapse lapse = { .sweep = sweep, .class = class, .since = now };
	struct known_account *known;
	int result = -1;

	(void)snprintf(lapse.words, sizeof(lapse.words), "%s", words);
	if (change_begin(store, err) < 0)
		return -1;
	if (known_account(store, entity, account, &known, err) == 0) {
		store->writing = true;
		if (account_keep(store, known, err) == 0)
			result = begin_lapse(store, known->id, &lapse, err);
	}
	return change_end(store, result, err);
}

/* Together they took less than that, from the first of them to now. */
static int forget_harmless(struct store *store, int64_t account, enum sweep sweep, int64_t now,
			   int64_t harmless_s, struct error *err)
{
	static const char first[] = "SELECT min(since) FROM lapse WHERE account = ?1 AND sweep = ?2"
				    " AND class <> 'restored' AND" SINCE_SUCCESS;
	static const char drop[] = "DELETE FROM lapse WHERE account = ?1 AND sweep = ?2"
				   " AND since >= ?3 AND class <> 'restored'";
	int64_t since;

	if (query_one(store, query(store, first, INTS(account, (int64_t)sweep), err), INT64_MAX,
		      &since, err) < 0)
		return -1;
	if (since == INT64_MAX || now - since >= harmless_s)
		return 0;
	return execute(store, drop, INTS(account, (int64_t)sweep, since), err);
}

int store_lapse_end(struct store *store, const char *entity, const char *account, enum sweep sweep,
		    int64_t now, int64_t harmless_s, struct error *err)
{
	int64_t number;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	if (account_number(store, entity, account, &number, err) == 0) {
		store->writing = true;
		result = end_lasting(store, number, sweep, now, err);
		if (result == 0)
			result = forget_harmless(store, number, sweep, now, harmless_s, err);
	}
	return change_end(store, result, err);
}

static int add_lapse(struct store *store, int64_t account, const struct lapse *lapse,
		     int64_t harmless_s, struct error *err)
{
	static const char drop[] =
		"DELETE FROM lapse WHERE account = ?1 AND sweep = ?2 AND class = ?4"
		" AND until - since < ?3 AND NOT" SINCE_SUCCESS;
	static const char go_on[] = "UPDATE lapse SET until = max(until, ?4) WHERE account = ?1"
				    " AND sweep = ?2 AND since = ?3";
	int64_t sweep = lapse->sweep;
	sqlite3_stmt *statement = query(store, drop, INTS(account, sweep, harmless_s), err);
	int64_t since;

	if (!statement)
		return -1;
	bind_text(statement, 4, lapse_name(lapse));
	if (query_run(store, statement, err) < 0 ||
	    find_turn(store, account, lapse, &since, err) < 0)
		return -1;
	if (since == INT64_MIN || since > lapse->since)
		return lapse_insert(store, account, lapse, err);
	return execute(store, go_on, INTS(account, sweep, since, lapse->until), err);
}

int store_lapse_add(struct store *store, const char *entity, const char *account,
		    const struct lapse *lapse, int64_t harmless_s, struct error *err)
{
	int64_t number;
	int result = -1;

	if (lapse->cause == LAPSE_FAILED || lapse->until <= lapse->since)
		return error_set(err, ERROR_INPUT, "%s/%s: no stretch that is over", entity,
				 account);
	if (change_begin(store, err) < 0)
		return -1;
	if (account_number(store, entity, account, &number, err) == 0) {
		store->writing = true;
		result = number ? add_lapse(store, number, lapse, harmless_s, err) : 0;
	}
	return change_end(store, result, err);
}

int store_lapses_set_back(struct store *store, int64_t now, struct error *err)
{
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	store->writing = true;
	if (execute(store, "DELETE FROM lapse WHERE since >= ?1", INTS(now), err) == 0 &&
	    execute(store, "UPDATE lapse SET until = ?1 WHERE until > ?1", INTS(now), err) == 0)
		result = execute(store, "UPDATE life SET alive = ?1 WHERE alive > ?1", INTS(now),
				 err);
	return change_end(store, result, err);
}

static void read_lapse(sqlite3_stmt *statement, void *item)
{
	struct lapse *ret = item;

	*ret = (struct lapse){
		.sweep = (enum sweep)sqlite3_column_int(statement, 0),
		.since = sqlite3_column_int64(statement, 1),
		.until = sqlite3_column_int64(statement, 2),
	};
	lapse_parse(column_text(statement, 3), ret);
	(void)snprintf(ret->words, sizeof(ret->words), "%s", column_text(statement, 4));
}

int store_lapses(struct store *store, const char *entity, const char *account, int64_t since,
		 int64_t until, struct lapse **ret, size_t *count, struct error *err)
{
	static const char sql[] = "SELECT sweep, since, until, class, words FROM lapse"
				  " WHERE account = ?1 AND since < ?3"
				  " AND (until IS NULL OR until > ?2) ORDER BY since, sweep";
	struct list list;
	int64_t number;

	if (account_number(store, entity, account, &number, err) < 0)
		return -1;
	if (query_list(store, query(store, sql, INTS(number, since, until), err),
		       sizeof(struct lapse), read_lapse, &list, err) < 0) {
		free(list.items);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}

/* --- signs of life */

int store_alive(struct store *store, int64_t now, struct error *err)
{
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	store->writing = true;
	result = execute(store, "REPLACE INTO life (id, alive) VALUES (1, ?1)", INTS(now), err);
	return change_end(store, result, err);
}

int store_last_alive(struct store *store, int64_t *ret, struct error *err)
{
	return query_one(store, query(store, "SELECT alive FROM life", NULL, 0, err), 0, ret, err);
}

/* --- what days that lack are explained by */

static int add_unwatched(struct store *store, const char *entity, const char *account,
			 const struct collector *collector, enum item_kind kind,
			 struct gap_facts *facts, struct error *err)
{
	int64_t since = zone_midnight(facts->local, facts->window.first);
	struct watch *gaps = NULL;
	size_t count;

	/* from the beginning: one that began before the window says when */
	if (store_unwatched(store, entity, account, collector->name, kind, 0, facts->now, &gaps,
			    &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (gaps[i].until <= since)
			continue;
		facts->unwatched = memory_resize(facts->unwatched, facts->unwatched_count + 1,
						 sizeof(*facts->unwatched));
		facts->unwatched[facts->unwatched_count++] = gaps[i];
	}
	free(gaps);
	return 0;
}

static bool counts(const struct collector *collector, enum item_kind kind)
{
	for (const struct metric *metric = collector->metrics; metric && metric->id; metric++)
		if (metric->items == kind)
			return true;
	return false;
}

/* The daemon is silent now: how long it was will be written down when it starts again. Not of what
 * it never had to read, and no longer than since somebody read it by hand. */
static int add_silence(struct store *store, int64_t number, const struct collector *collector,
		       const struct sweep_state *daily, struct gap_facts *facts, struct error *err)
{
	size_t at = facts->lapse_count;
	int64_t since;

	if (!number || !collector->subject || (!daily->due && !daily->last_success))
		return 0;
	if (store_last_alive(store, &since, err) < 0)
		return -1;
	if (since == 0)
		return 0;
	if (since < daily->last_success)
		since = daily->last_success;
	if (facts->now - since <= LAPSE_SILENCE_S)
		return 0;
	facts->lapses =
		memory_resize(facts->lapses, facts->lapse_count + 1, sizeof(*facts->lapses));
	facts->lapse_count++;
	for (; at > 0 && facts->lapses[at - 1].since > since; at--)
		facts->lapses[at] = facts->lapses[at - 1];
	facts->lapses[at] = lapse_of_silence(since, 0);
	return 0;
}

static int read_facts(struct store *store, const char *entity, const char *account,
		      const struct collector *collector, struct gap_facts *facts, struct error *err)
{
	struct sweep_state state = { 0 };
	int64_t since = zone_midnight(facts->zone, facts->window.first);
	int64_t number;
	int result;

	if (account_number(store, entity, account, &number, err) < 0 ||
	    first_known(store, number, collector->name, facts->local, &facts->first, err) < 0 ||
	    store_readings(store, entity, account, facts->window, facts->readings, err) < 0 ||
	    store_lapses(store, entity, account, since, INT64_MAX, &facts->lapses,
			 &facts->lapse_count, err) < 0 ||
	    (collector->metrics && store_metric_states(store, entity, account, collector->metrics,
						       &facts->states, err) < 0) ||
	    store_sweep_load(store, entity, account, SWEEP_DAILY, &state, err) < 0)
		return -1;
	facts->last_success = state.last_success;
	facts->due = state.due;
	facts->owed = state.wanted;
	result = add_silence(store, number, collector, &state, facts, err);
	sweep_state_clear(&state);
	if (result < 0)
		return -1;
	for (enum item_kind kind = ITEM_POST; kind <= ITEM_STORY; kind++)
		if (counts(collector, kind) &&
		    add_unwatched(store, entity, account, collector, kind, facts, err) < 0)
			return -1;
	return 0;
}

int store_gap_facts(struct store *store, const char *entity, const char *account,
		    const struct collector *collector, struct zone *zone, struct zone *local,
		    struct window window, int64_t now, struct gap_facts *ret, struct error *err)
{
	struct gap_facts facts = {
		.window = window,
		.zone = zone,
		.local = local,
		.now = now,
		.readings = memory_new((size_t)window.days + 1, sizeof(*facts.readings)),
	};

	int begun = reading_begin(store, err);
	int result = begun < 0 ? -1 : read_facts(store, entity, account, collector, &facts, err);

	reading_end(store, begun);
	if (result < 0) {
		free(facts.readings);
		free(facts.lapses);
		free(facts.unwatched);
		return -1;
	}
	*ret = facts;
	return 0;
}
