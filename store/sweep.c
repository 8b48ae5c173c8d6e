/* How far sweeps are, what metrics and holds are known, which answers were refused. */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REFUSED_BODY_MAX = 256 << 10,
	REFUSED_MAX = 16 << 20,
	REFUSED_ROW = 512, /* what a row costs beside its body, about */
	REFUSED_DAYS = 30,
};

static const char *const scopes[] = { "none", "request", "account", "token", "app", "host" };

void sweep_state_clear(struct sweep_state *state)
{
	text_clear(&state->cursor);
	text_clear(&state->words);
	*state = (struct sweep_state){ 0 };
}

static enum error_class class_of(const char *name)
{
	for (enum error_class class = ERROR_NONE; class <= ERROR_OURS; class ++)
		if (strcmp(name, error_class_name(class)) == 0)
			return class;
	return ERROR_OURS;
}

/* The text of the days: in a sweep over many accounts the same again and again. */
static const char *wanted_text(struct store *store, const struct days *wanted)
{
	struct days *last = &store->printed;
	size_t size = wanted->count * sizeof(wanted->ranges[0]);

	if (wanted->count != last->count || memcmp(wanted->ranges, last->ranges, size) != 0) {
		last->count = wanted->count;
		memcpy(last->ranges, wanted->ranges, size);
		text_reset(&store->printed_text);
		days_print(wanted, &store->printed_text);
	}
	return text_str(&store->printed_text);
}

/* REPLACE: in a table without other indexes the row is found and written in one walk. */
int sweep_keep(struct store *store, int64_t account, enum sweep sweep,
	       const struct sweep_state *state, struct error *err)
{
	static const char sql[] =
		"REPLACE INTO sweep (account, sweep, running, started, due, last_success,"
		" last_failure, failures, class, wanted, cursor, words)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
	sqlite3_stmt *statement =
		query(store, sql,
		      INTS(account, (int64_t)sweep, state->running, state->started, state->due,
			   state->last_success, state->last_failure, state->failures),
		      err);

	if (!statement)
		return -1;
	bind_text(statement, 9, error_class_name(state->class));
	bind_text(statement, 10, wanted_text(store, &state->wanted));
	bind_text(statement, 11, text_str(&state->cursor));
	bind_text(statement, 12, text_str(&state->words));
	return query_run(store, statement, err);
}

struct unwritten {
	int64_t account;
	enum sweep sweep;
	struct sweep_state state;
};

static struct unwritten *unwritten_of(struct store *store, int64_t account, enum sweep sweep)
{
	for (size_t i = 0; i < store->unwritten.count; i++)
		if (store->unwritten.items[i].account == account &&
		    store->unwritten.items[i].sweep == sweep)
			return &store->unwritten.items[i];
	return NULL;
}

static struct unwritten *unwritten_add(struct store *store)
{
	if (store->unwritten.count == store->unwritten.made) {
		store->unwritten.items =
			memory_grow(store->unwritten.items, store->unwritten.made,
				    &store->unwritten.room, sizeof(*store->unwritten.items));
		store->unwritten.items[store->unwritten.made++] = (struct unwritten){ 0 };
	}
	return &store->unwritten.items[store->unwritten.count++];
}

/* Something newer is written in its place. */
static void unwritten_drop(struct store *store, struct unwritten *dropped)
{
	struct unwritten *last = &store->unwritten.items[--store->unwritten.count];
	struct unwritten kept = *dropped;

	*dropped = *last;
	*last = kept;
}

int sweep_keep_later(struct store *store, int64_t account, enum sweep sweep,
		     const struct sweep_state *state, struct error *err)
{
	struct unwritten *later;
	struct text cursor, words;

	if (!store->begun)
		return sweep_keep(store, account, sweep, state, err);
	later = unwritten_of(store, account, sweep);
	if (!later)
		later = unwritten_add(store);
	cursor = later->state.cursor;
	words = later->state.words;
	*later = (struct unwritten){ account, sweep, *state };
	later->state.cursor = cursor;
	later->state.words = words;
	text_set(&later->state.cursor, text_str(&state->cursor));
	text_set(&later->state.words, text_str(&state->words));
	return 0;
}

int sweeps_write(struct store *store, struct error *err)
{
	for (size_t i = 0; i < store->unwritten.count; i++) {
		const struct unwritten *later = &store->unwritten.items[i];

		if (sweep_keep(store, later->account, later->sweep, &later->state, err) < 0)
			return -1;
	}
	store->unwritten.count = 0;
	return 0;
}

void sweeps_forget(struct store *store)
{
	for (size_t i = 0; i < store->unwritten.made; i++)
		sweep_state_clear(&store->unwritten.items[i].state);
	free(store->unwritten.items);
	memset(&store->unwritten, 0, sizeof(store->unwritten));
}

/* In place of what waits for the end of the transaction. */
static int sweep_keep_now(struct store *store, int64_t account, enum sweep sweep,
			  const struct sweep_state *state, struct error *err)
{
	struct unwritten *older = unwritten_of(store, account, sweep);

	if (older)
		unwritten_drop(store, older);
	return sweep_keep(store, account, sweep, state, err);
}

int store_sweep_save(struct store *store, const char *entity, const char *account, enum sweep sweep,
		     const struct sweep_state *state, struct error *err)
{
	struct known_account *known;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	if (known_account(store, entity, account, &known, err) == 0) {
		store->writing = true;
		if (account_keep(store, known, err) == 0)
			result = sweep_keep_now(store, known->id, sweep, state, err);
	}
	return change_end(store, result, err);
}

void along_forget(struct store *store)
{
	for (size_t i = 0; i < ALONGS; i++)
		store->along[i].accounts = 0;
}

static bool along_holds(const struct readings_along *along, int64_t account, int32_t day)
{
	return account >= along->first && account < along->first + along->accounts &&
	       day >= along->window.first && day < window_end(along->window);
}

static void along_set(struct store *store, int64_t account, int32_t day, int64_t now)
{
	for (size_t i = 0; i < ALONGS; i++) {
		struct readings_along *along = &store->along[i];

		if (along_holds(along, account, day))
			along->at[account - along->first][day - along->window.first] = now;
	}
}

static int readings_keep(struct store *store, int64_t account, const struct days *wanted,
			 int64_t now, struct error *err)
{
	static const char sql[] = "REPLACE INTO reading (day, account, at) VALUES (?1, ?2, ?3)";

	for (size_t i = 0; i < wanted->count; i++) {
		int32_t end = window_end(wanted->ranges[i]);

		for (int32_t day = wanted->ranges[i].first; day < end; day++) {
			if (execute(store, sql, INTS(day, account, now), err) < 0)
				return -1;
			along_set(store, account, day, now);
		}
	}
	return 0;
}

enum { SWEEPS_A_FLUSH = 64 };

/* Pages that changed stay in the cache until the transaction ends: of a long one they would fill
 * it, and those that are only read, the tops of the trees, be read again for each account. So they
 * go into the log now and then; what is in it counts only once the transaction is committed. */
static void flush_sometimes(struct store *store)
{
	if (!store->begun || ++store->unflushed < SWEEPS_A_FLUSH)
		return;
	store->unflushed = 0;
	(void)sqlite3_db_cacheflush(store->db); /* what fails here fails again at the commit */
}

int store_sweep_done(struct store *store, const struct channel *channel, enum sweep sweep,
		     const struct sweep_state *state, const struct days *wanted, int64_t now,
		     struct error *err)
{
	struct known_account *known;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	if (known_account(store, channel->entity, channel->account, &known, err) < 0)
		return change_end(store, -1, err);
	store->writing = true;
	if (account_keep(store, known, err) == 0)
		result = 0;
	/* a look at the stories alone has not read the day */
	if (result == 0 && sweep == SWEEP_DAILY && wanted)
		result = readings_keep(store, known->id, wanted, now, err);
	if (result == 0 && state)
		result = sweep_keep_now(store, known->id, sweep, state, err);
	known_drop(store, known); /* nobody asks for it before its next sweep */
	if (result == 0)
		flush_sometimes(store);
	return change_end(store, result, err);
}

/* The series of a source that has numbers of its own; 0: none was stored yet. */
static int series_number(struct store *store, int64_t account, const char *metric,
			 const char *source, int64_t *ret, struct error *err)
{
	sqlite3_stmt *statement = query(store,
					"SELECT id FROM series WHERE account = ?1 AND metric = ?2"
					" AND source = ?3 AND items = 'none'",
					INTS(account), err);

	if (!statement)
		return -1;
	bind_text(statement, 2, metric);
	bind_text(statement, 3, source);
	return query_one(store, statement, 0, ret, err);
}

static int set_aside(struct store *store, int64_t series, const struct days *read,
		     struct error *err)
{
	static const char sql[] = "UPDATE sample SET flags = flags | ?3"
				  " WHERE day = ?1 AND series = ?2 AND (flags & ?3) = 0";

	for (size_t i = 0; i < read->count; i++)
		for (int32_t day = read->ranges[i].first; day < window_end(read->ranges[i]); day++)
			if (execute(store, sql, INTS(day, series, (int64_t)SAMPLE_UNREAD), err) < 0)
				return -1;
	return 0;
}

int unread_keep(struct store *store, int64_t account, const char *source,
		const struct finding *unread, struct error *err)
{
	struct days days = { .ranges = { unread->sample.window }, .count = 1 };
	int64_t series;

	if (series_number(store, account, unread->metric->id, source, &series, err) < 0)
		return -1;
	days.ranges[0].days = 1; /* the windows that begin as it does */
	return series ? set_aside(store, series, &days, err) : 0;
}

int store_set_aside(struct store *store, const struct channel *channel,
		    const struct metric_states *states, const struct days *read, struct error *err)
{
	int64_t account, series;
	int result = 0;

	if (change_begin(store, err) < 0)
		return -1;
	if (account_number(store, channel->entity, channel->account, &account, err) < 0)
		return change_end(store, -1, err);
	store->writing = true;
	for (size_t i = 0; result == 0 && channel->metrics[i].id && i < METRICS_MAX; i++) {
		if ((states && states->items[i].life != METRIC_RETIRED) ||
		    channel->metrics[i].items != ITEM_NONE)
			continue;
		result = series_number(store, account, channel->metrics[i].id, channel->source,
				       &series, err);
		if (result == 0 && series != 0)
			result = set_aside(store, series, read, err);
	}
	return change_end(store, result, err);
}

int store_sweep_load(struct store *store, const char *entity, const char *account, enum sweep sweep,
		     struct sweep_state *ret, struct error *err)
{
	static const char sql[] =
		"SELECT running, started, due, last_success, last_failure, failures, class, wanted,"
		" cursor, words FROM sweep WHERE account = ?1 AND sweep = ?2";
	struct sweep_state state = { .cursor = TEXT_UP_TO(CURSOR_MAX) };
	sqlite3_stmt *statement;
	int64_t number;
	int more;

	if (account_number(store, entity, account, &number, err) < 0 ||
	    (unwritten_of(store, number, sweep) && sweeps_write(store, err) < 0))
		return -1;
	statement = query(store, sql, INTS(number, (int64_t)sweep), err);
	if (!statement)
		return -1;
	more = query_row(store, statement, err);
	if (more < 0)
		return -1;
	if (more) {
		int result = days_parse(column_text(statement, 7), &state.wanted, err);

		state.running = sqlite3_column_int(statement, 0) != 0;
		state.started = sqlite3_column_int64(statement, 1);
		state.due = sqlite3_column_int64(statement, 2);
		state.last_success = sqlite3_column_int64(statement, 3);
		state.last_failure = sqlite3_column_int64(statement, 4);
		state.failures = sqlite3_column_int(statement, 5);
		state.class = class_of(column_text(statement, 6));
		text_set(&state.cursor, column_text(statement, 8));
		text_set(&state.words, column_text(statement, 9));
		(void)sqlite3_reset(statement);
		if (result < 0) {
			sweep_state_clear(&state);
			return error_within(err, "%s: sweep of %s/%s", store->path, entity,
					    account);
		}
	}
	*ret = state;
	return 0;
}

/* The readings of so many accounts, of few days. */
static int along_read(struct store *store, struct readings_along *along, int64_t first,
		      int64_t accounts, struct window window, struct error *err)
{
	static const char sql[] = "SELECT account, at FROM reading"
				  " WHERE day = ?1 AND account BETWEEN ?2 AND ?3";

	*along = (struct readings_along){ .asked = along->asked };
	for (int32_t i = 0; i < window.days; i++) {
		sqlite3_stmt *statement =
			query(store, sql, INTS(window.first + i, first, first + accounts - 1), err);
		int more = -1;

		while (statement && (more = query_row(store, statement, err)) > 0)
			along->at[sqlite3_column_int64(statement, 0) - first][i] =
				sqlite3_column_int64(statement, 1);
		if (more < 0)
			return -1;
	}
	along->first = first;
	along->accounts = accounts;
	along->window = window;
	return 0;
}

/* The one that is asked for these days, else the one that was not used last. */
static struct readings_along *along_of(struct store *store, struct window window)
{
	size_t i = 0;

	while (i < ALONGS && (store->along[i].window.first != window.first ||
			      store->along[i].window.days != window.days))
		i++;
	if (i == ALONGS) {
		i = (store->along_last + 1) % ALONGS;
		store->along[i].accounts = 0;
	}
	store->along_last = i;
	return &store->along[i];
}

/* Whoever begins a sweep asks for the same days as the one before, and is often the next: then the
 * readings of those behind it are read along, for they lie beside its own. */
static int readings_of(struct store *store, int64_t account, struct window window, int64_t *ret,
		       struct error *err)
{
	struct readings_along *along = along_of(store, window);
	bool next = account > along->asked && account - along->asked <= ALONG_ACCOUNTS / 4;

	along->asked = account;
	if (!along_holds(along, account, window.first) &&
	    along_read(store, along, account, next ? ALONG_ACCOUNTS : 1, window, err) < 0)
		return -1;
	memcpy(ret, along->at[account - along->first], (size_t)window.days * sizeof(*ret));
	return 0;
}

int store_readings(struct store *store, const char *entity, const char *account,
		   struct window window, int64_t *ret, struct error *err)
{
	static const char sql[] = "SELECT at FROM reading WHERE day = ?1 AND account = ?2";
	/* who has only begun looks two years back for nothing */
	static const char oldest[] = "SELECT min(day) FROM reading";
	int64_t number, first = INT64_MIN;
	int begun = reading_begin(store, err);
	int result = begun < 0 ? -1 : account_number(store, entity, account, &number, err);

	if (result == 0 && store->begun && window.days > 1 && window.days <= ALONG_DAYS)
		return readings_of(store, number, window, ret, err);
	if (result == 0 && window.days > ALONG_DAYS)
		result = query_one(store, query(store, oldest, NULL, 0, err), INT32_MAX, &first,
				   err);
	for (int32_t i = 0; result == 0 && i < window.days; i++) {
		ret[i] = 0;
		if (window.first + i >= first)
			result = query_one(store,
					   query(store, sql, INTS(window.first + i, number), err),
					   0, &ret[i], err);
	}
	reading_end(store, begun);
	return result;
}

/* --- what is known of metrics */

int states_load(struct store *store, struct known_account *account, struct error *err)
{
	sqlite3_stmt *statement = query(
		store, "SELECT metric, since, until, words FROM metric_state WHERE account = ?1",
		INTS(account->id), err);
	int more;

	account->state_count = 0;
	if (!statement)
		return -1;
	while ((more = query_row(store, statement, err)) > 0) {
		struct known_state *known;

		account->states = memory_grow(account->states, account->state_count,
					      &account->state_room, sizeof(*account->states));
		known = &account->states[account->state_count++];
		*known = (struct known_state){
			.state = { .life = METRIC_RETIRED,
				   .since = sqlite3_column_int(statement, 1),
				   .until = sqlite3_column_int64(statement, 2) },
		};
		(void)snprintf(known->metric, sizeof(known->metric), "%s",
			       column_text(statement, 0));
		(void)snprintf(known->state.words, sizeof(known->state.words), "%s",
			       column_text(statement, 3));
	}
	return more;
}

static const struct metric_state *state_of(const struct known_account *account, const char *metric)
{
	for (size_t i = 0; i < account->state_count; i++)
		if (strcmp(account->states[i].metric, metric) == 0)
			return &account->states[i].state;
	return NULL;
}

static int state_write(struct store *store, int64_t account, const char *metric,
		       const struct metric_state *state, struct error *err)
{
	static const char drop[] = "DELETE FROM metric_state WHERE account = ?1 AND metric = ?2";
	static const char keep[] =
		"INSERT INTO metric_state (account, since, until, metric, life, words)"
		" VALUES (?1, ?2, ?3, ?4, 'retired', ?5)"
		" ON CONFLICT DO UPDATE SET since = ?2, until = ?3, words = ?5";
	bool alive = state->life == METRIC_ALIVE;
	sqlite3_stmt *statement =
		alive ? query(store, drop, INTS(account), err)
		      : query(store, keep, INTS(account, state->since, state->until), err);

	if (!statement)
		return -1;
	bind_text(statement, alive ? 2 : 4, metric);
	if (!alive)
		bind_text(statement, 5, state->words);
	return query_run(store, statement, err);
}

int states_keep(struct store *store, struct known_account *account, const struct metric *metrics,
		const struct metric_states *states, struct error *err)
{
	bool changed = false;

	for (size_t i = 0; metrics[i].id && i < METRICS_MAX; i++) {
		const struct metric_state *state = &states->items[i];
		const struct metric_state *known;

		if (state->life == METRIC_ALIVE && account->state_count == 0)
			continue;
		known = state_of(account, metrics[i].id);
		if (known ? state->life == known->life && state->since == known->since &&
				    state->until == known->until &&
				    strcmp(state->words, known->words) == 0
			  : state->life == METRIC_ALIVE)
			continue;
		changed = true;
		store->known.ahead = true;
		if (state_write(store, account->id, metrics[i].id, state, err) < 0)
			return -1;
	}
	return changed ? states_load(store, account, err) : 0;
}

int store_metric_states(struct store *store, const char *entity, const char *account,
			const struct metric *metrics, struct metric_states *ret, struct error *err)
{
	struct known_account own = { 0 };
	struct known_account *known = &own;
	int result;

	*ret = (struct metric_states){ 0 };
	if (store->begun) { /* its answers follow */
		result = known_account(store, entity, account, &known, err);
	} else {
		result = account_number(store, entity, account, &own.id, err);
		if (result == 0)
			result = states_load(store, &own, err);
	}
	for (size_t i = 0; result == 0 && metrics[i].id && i < METRICS_MAX; i++) {
		const struct metric_state *state = state_of(known, metrics[i].id);

		if (state)
			ret->items[i] = *state;
	}
	free(own.states);
	return result;
}

static void read_name(sqlite3_stmt *statement, void *item)
{
	struct account_name *name = item;

	(void)snprintf(name->name, sizeof(name->name), "%s", column_text(statement, 0));
}

int store_accounts_to_tell(struct store *store, const char *mark, struct account_name **ret,
			   size_t *count, struct error *err)
{
	static const char sql[] =
		"SELECT entity || '/' || name FROM account WHERE id IN"
		" (SELECT account FROM sweep WHERE sweep = ?1 AND"
		" (running OR failures > 0 OR class <> 'none' OR instr(words, ?2))"
		" UNION SELECT account FROM metric_state) ORDER BY 1";
	sqlite3_stmt *statement;
	struct list list;

	if (sweeps_write(store, err) < 0)
		return -1;
	statement = query(store, sql, INTS(SWEEP_DAILY), err);
	if (!statement)
		return -1;
	bind_text(statement, 2, mark);
	if (query_list(store, statement, sizeof(struct account_name), read_name, &list, err) < 0) {
		free(list.items);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}

/* --- holds */

int store_hold(struct store *store, const struct held *held, struct error *err)
{
	static const char drop[] = "DELETE FROM hold WHERE scope = ?2 AND key = ?3 AND ?1 = 0";
	static const char keep[] =
		"INSERT INTO hold (until, scope, key, why) VALUES (?1, ?2, ?3, ?4)"
		" ON CONFLICT DO UPDATE SET until = ?1, why = ?4";
	sqlite3_stmt *statement;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	store->writing = true;
	statement = query(store, held->until ? keep : drop, INTS(held->until), err);
	if (statement) {
		bind_text(statement, 2, scopes[held->scope]);
		bind_text(statement, 3, held->key);
		if (held->until)
			bind_text(statement, 4, held->why);
		result = query_run(store, statement, err);
	}
	return change_end(store, result, err);
}

static enum hold_scope scope_of(const char *name)
{
	for (enum hold_scope scope = HOLD_NONE; scope <= HOLD_HOST; scope++)
		if (strcmp(name, scopes[scope]) == 0)
			return scope;
	return HOLD_NONE;
}

static void read_hold(sqlite3_stmt *statement, void *item)
{
	struct held *held = item;

	*held = (struct held){ .scope = scope_of(column_text(statement, 0)),
			       .until = sqlite3_column_int64(statement, 2) };
	(void)snprintf(held->key, sizeof(held->key), "%s", column_text(statement, 1));
	(void)snprintf(held->why, sizeof(held->why), "%s", column_text(statement, 3));
}

int store_holds(struct store *store, int64_t now, struct held **ret, size_t *count,
		struct error *err)
{
	sqlite3_stmt *statement = query(store,
					"SELECT scope, key, until, why FROM hold WHERE until > ?1"
					" ORDER BY scope, key",
					INTS(now), err);
	struct list list;

	if (query_list(store, statement, sizeof(struct held), read_hold, &list, err) < 0) {
		free(list.items);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}

/* --- refused answers */

static int refused_insert(struct store *store, int64_t account, const struct channel *channel,
			  int64_t now, const char *what, int status, const char *words,
			  const char *body, size_t length, struct error *err)
{
	static const char sql[] =
		"INSERT INTO refused (at, account, status, length, source, what, words, body)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
	size_t kept = length < REFUSED_BODY_MAX ? length : REFUSED_BODY_MAX;
	sqlite3_stmt *statement =
		query(store, sql, INTS(now, account, status, (int64_t)length), err);

	if (!statement)
		return -1;
	bind_text(statement, 5, channel->source);
	bind_text(statement, 6, what);
	bind_text(statement, 7, words);
	(void)sqlite3_bind_blob(statement, 8, length ? body : "", (int)kept, SQLITE_STATIC);
	return query_run(store, statement, err);
}

/* Drops what is too old, then the oldest until the rest fits. */
static int refused_shrink(struct store *store, int64_t now, struct error *err)
{
	static const char size[] = "SELECT sum(length(body) + ?1) FROM refused";
	static const char oldest[] = "DELETE FROM refused WHERE id = (SELECT min(id) FROM refused)";
	int64_t total;

	if (execute(store, "DELETE FROM refused WHERE at < ?1",
		    INTS(now - (int64_t)REFUSED_DAYS * DAY_SECONDS), err) < 0)
		return -1;
	for (;;) {
		if (query_one(store, query(store, size, INTS(REFUSED_ROW), err), 0, &total, err) <
		    0)
			return -1;
		if (total <= REFUSED_MAX)
			return 0;
		if (execute(store, oldest, NULL, 0, err) < 0)
			return -1;
	}
}

int store_refuse(struct store *store, const struct channel *channel, int64_t now, const char *what,
		 int status, const char *words, const char *body, size_t length, struct error *err)
{
	struct known_account *known;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	if (known_account(store, channel->entity, channel->account, &known, err) == 0) {
		store->writing = true;
		if (account_keep(store, known, err) == 0 &&
		    refused_insert(store, known->id, channel, now, what ? what : "", status,
				   words ? words : "", body, length, err) == 0)
			result = refused_shrink(store, now, err);
	}
	return change_end(store, result, err);
}
