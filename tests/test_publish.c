/*
 * The published figures against the commands that print them, and a file that was refreshed against
 * one that was made at once, over generated histories.
 */
#include "run.h"
#include "test.h"

#include "metricsd/collector.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/json.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum {
	FIRST = 20210, /* 2025-05-02 */
	DAY_S = 86400,
	ROUNDS = 4, /* refreshes of one file */
};

/* The same numbers each run. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static uint32_t below(uint32_t *seed, uint32_t limit)
{
	return next_random(seed) % limit;
}

/* --- a world with all there is */

static void write_world(const struct place *place)
{
	SCOPED(text)
	struct text config = { 0 };
	char plan[96];

	(void)snprintf(plan, sizeof(plan), "%s/plan.conf", place->path);
	write_file(plan,
		   "id = \"plan-2025\"; title = \"Plan 2025\"; period = \"2025\"; goal = 90;\n"
		   "formula = \"weighted\"; cap = true;\n"
		   "activities: (\n"
		   "{ id = \"posts\"; title = \"Publicar\"; kind = \"number\"; target = 100;\n"
		   "  from = \"todo.posts\"; weight = 2;\n"
		   "  targets: ( { period = \"2025-S1\"; value = 30; } ); },\n"
		   "{ id = \"events\"; title = \"Eventos\"; kind = \"number\"; target = 6;\n"
		   "  from = \"eventos.events\"; weight = 1; due = \"2025-12-01\"; },\n"
		   "{ id = \"open\"; title = \"Contar\"; kind = \"none\"; from = \"redes.visits\"; "
		   "},\n"
		   "{ id = \"media\"; title = \"Medios\"; kind = \"percent\"; weight = 1;\n"
		   "  responsible = \"Prensa\"; budget = 400000; } );\n");
	text_addf(
		&config,
		"state_directory = \"%s\";\ncontrol = \"%s\";\n"
		"tokens: ( { id = \"meta\"; kind = \"page\"; file = \"%s/token\"; } );\n"
		"entities: (\n"
		"{ id = \"una\"; name = \"Entidad una\"; zone = \"America/Bogota\";\n"
		"  language = \"es-CO\"; notice = \"SIMULADO\"; plans = [\"plan.conf\"];\n"
		"  metrics: ( { id = \"bulletins\"; kind = \"flow\"; label = \"Boletines\"; } );\n"
		"  accounts: (\n"
		"  { id = \"fb\"; title = \"Facebook\"; collector = \"facebook\";\n"
		"    page = \"104000000000001\"; token = \"meta\"; entered = [\"posts\"]; },\n"
		"  { id = \"fb-dos\"; title = \"Otra página\"; collector = \"facebook\";\n"
		"    page = \"104000000000002\"; token = \"meta\"; since = \"2025-09-10\"; },\n"
		"  { id = \"x\"; title = \"X\"; collector = \"manual\";\n"
		"    entered = [\"posts\", \"views\", \"followers\", \"viewers\"]; },\n"
		"  { id = \"prensa\"; title = \"Prensa\"; collector = \"manual\";\n"
		"    entered = [\"bulletins\"]; },\n"
		"  { id = \"eventos\"; title = \"Eventos\"; collector = \"events\"; },\n"
		"  { id = \"riesgos\"; title = \"Riesgos\"; collector = \"risks\"; } );\n"
		"  groups: ( { id = \"redes\"; title = \"Redes\"; accounts = [\"fb\", \"fb-dos\", "
		"\"x\"]; } );\n"
		"  derived: (\n"
		"  { id = \"todo.posts\"; title = \"Todo\"; formula = \"redes.posts + "
		"prensa.bulletins\"; },\n"
		"  { id = \"todo.views\"; formula = \"fb.views - x.views\"; } ); },\n"
		"{ id = \"dos\"; name = \"Entity two\"; zone = \"Pacific/Auckland\"; language = "
		"\"en\";\n"
		"  accounts: ( { id = \"x\"; title = \"X\"; collector = \"manual\";\n"
		"    entered = [\"posts\"]; } ); } );\n",
		place->path, place->control, place->path);
	write_file(place->config, text_str(&config));
}

static int make_world(void **state)
{
	int result = make_place(state);

	write_world(*state);
	return result;
}

/* A collector's answer about some days, as the daemon would keep it. */
static void collect(struct store *store, const char *account, struct window days, int64_t now,
		    uint32_t *seed)
{
	static const char *const names[] = { "followers", "visits", "views", "viewers" };
	const struct collector *facebook = collector_find("facebook");
	SCOPED(findings)
	struct findings findings = { 0 };
	struct sweep_state sweep = { .last_success = now };
	struct changes changes;
	struct error err;
	const struct channel channel = {
		.entity = "una",
		.account = account,
		.source = "facebook",
		.zone = "America/Los_Angeles",
		.subject = "page",
		.metrics = facebook->metrics,
	};
	const struct answer answer = {
		.channel = channel,
		.findings = &findings,
		.origin = { .kind = ORIGIN_REQUEST, .at = now, .what = "insights day" },
		.sweep = SWEEP_DAILY,
		.state = &sweep,
	};
	struct days wanted = { 0 };

	for (size_t m = 0; m < sizeof(names) / sizeof(names[0]); m++) {
		const struct metric *metric = metric_find(facebook->metrics, names[m]);

		assert_non_null(metric);
		for (int32_t day = days.first; day < window_end(days); day++) {
			if (below(seed, 12) == 0)
				continue; /* not there */
			findings_sample(&findings, metric, (struct window){ day, 1 },
					below(seed, 500), 0);
		}
	}
	days_add(&wanted, days);
	if (store_answer(store, &answer, &changes, &err) < 0 ||
	    store_sweep_done(store, &channel, SWEEP_DAILY, &sweep, &wanted, now, &err) < 0)
		fail_msg("%s", err.text);
}

static void enter_of(struct store *store, const char *entity, const char *account,
		     const char *metric, struct window window, int64_t value, int64_t about,
		     int64_t now)
{
	const struct metric *known = metric_find(metric_catalogue, metric);
	const struct metric own = { .id = metric, .kind = METRIC_FLOW };
	const struct entry entry = {
		.entity = entity,
		.account = account,
		.source = "manual",
		.zone = "America/Bogota",
		.metric = known ? known : &own,
		.window = window,
		.value = value,
		.below = about,
		.above = about,
	};
	const struct origin origin = { .kind = ORIGIN_PERSON, .at = now, .by = "ana" };
	struct changes changes;
	struct error err;

	if (store_enter(store, &entry, 1, &origin, &changes, &err) < 0)
		fail_msg("%s", err.text);
}

static void enter(struct store *store, const char *account, const char *metric,
		  struct window window, int64_t value, int64_t about, int64_t now)
{
	enter_of(store, "una", account, metric, window, value, about, now);
}

static void record(struct store *store, char *account, char *list, int32_t day, bool known,
		   int64_t number, int64_t now)
{
	char title[32];
	const struct record record = {
		.account = account,
		.list = list,
		.window = { day, 1 },
		.title = title,
		.known = known,
		.number = number,
		.noted = DAY_NONE,
	};
	const struct origin origin = { .kind = ORIGIN_PERSON, .at = now, .by = "ana" };
	struct changes changes;
	struct error err;

	(void)snprintf(title, sizeof(title), "%s %d", list, (int)day);
	if (store_record(store, "una", &record, 1, &origin, &changes, &err) < 0)
		fail_msg("%s", err.text);
}

static int32_t day_at(int64_t now)
{
	return (int32_t)(now / DAY_S);
}

/* Months people entered and records they wrote down, up to a day. */
static void tell(struct store *store, struct window days, int64_t now, uint32_t *seed)
{
	char eventos[] = "eventos";
	char events[] = RECORD_EVENTS;
	char prensa[] = "prensa";
	char bulletins[] = "bulletins";

	for (struct window month = month_of(days.first); window_end(month) <= window_end(days);
	     month = month_after(month, 1)) {
		if (below(seed, 4))
			enter(store, "x", "posts", month, below(seed, 60), 0, now);
		if (below(seed, 4))
			enter(store, "x", "views", month, (int64_t)below(seed, 90) * 100, 50, now);
		if (below(seed, 3))
			enter(store, "x", "viewers", month, below(seed, 5000), 0, now);
		if (below(seed, 3))
			enter(store, "x", "followers", (struct window){ window_end(month) - 1, 1 },
			      4000 + below(seed, 100), 0, now);
		if (below(seed, 3))
			enter(store, "fb", "posts", month, below(seed, 40), 0, now);
	}
	for (int32_t day = days.first; day < window_end(days); day++) {
		if (below(seed, 17) == 0)
			record(store, eventos, events, day, below(seed, 3) > 0, below(seed, 80),
			       now);
		if (below(seed, 11) == 0)
			record(store, prensa, bulletins, day, true, 1 + below(seed, 2), now);
	}
}

static void begin_world(const struct place *place, uint32_t *seed)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_PERSON);
	int64_t now = place->now;
	struct window days = { FIRST, day_at(now) - FIRST };

	collect(store, "fb", days, now, seed);
	collect(store, "fb-dos", (struct window){ FIRST + 131, day_at(now) - FIRST - 131 }, now,
		seed);
	tell(store, days, now, seed);
	enter_of(store, "dos", "x", "posts", month_of(FIRST + 200), 12, 0, now);
	enter(store, "plan-2025", "media", (struct window){ FIRST - 31, 90 }, 40, 0, now);
}

/* --- views against commands */

static sqlite3 *open_published(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	return db;
}

static void published_path(const struct place *place, char *ret, size_t room)
{
	(void)snprintf(ret, room, "%s/published.db", place->path);
}

static void publish(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
}

static cJSON *ask(const struct place *place, const char *command, const char *period)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(said)
	struct said said = { 0 };
	cJSON *root = NULL;
	struct error err;

	text_addf(&words, "%s %s --format json", command, period);
	run(place, text_str(&words), &said);
	assert_string_equal(text_str(&said.err), "");
	if (json_parse(text_str(&said.out), said.out.length, &root, &err) < 0)
		fail_msg("%s", err.text);
	return root;
}

static bool is_text(const cJSON *record, const char *name, const char *text)
{
	const char *said = json_text(record, name);

	return said && text && strcmp(said, text) == 0;
}

static const char *cell_text(sqlite3_stmt *row, const char *name)
{
	for (int c = 0; c < sqlite3_column_count(row); c++)
		if (strcmp(sqlite3_column_name(row, c), name) == 0)
			return (const char *)sqlite3_column_text(row, c);
	return NULL;
}

/* The record the row is of, NULL when there is none. */
static const cJSON *record_of(const cJSON *root, sqlite3_stmt *row, const char *const *keys)
{
	const cJSON *record;

	cJSON_ArrayForEach (record, json_array(root, "records")) {
		bool same = true;

		for (const char *const *key = keys; same && *key; key++)
			same = is_text(record, *key, cell_text(row, *key));
		if (same)
			return record;
	}
	return NULL;
}

/* "2025-12-01..2025-12-31,2026-01-04" of a list of days. */
static void spell_days(const cJSON *list, struct text *out)
{
	const cJSON *range;

	cJSON_ArrayForEach (range, list) {
		const char *first = json_text(range, "first");
		const char *last = json_text(range, "last");

		text_addf(out, "%s%s", out->length ? "," : "", first);
		if (strcmp(first, last) != 0)
			text_addf(out, "..%s", last);
	}
}

static bool same_cell(sqlite3_stmt *row, int column, const cJSON *record)
{
	const cJSON *cell =
		cJSON_GetObjectItemCaseSensitive(record, sqlite3_column_name(row, column));
	bool nothing = sqlite3_column_type(row, column) == SQLITE_NULL;

	if (cJSON_IsArray(cell)) {
		SCOPED(text)
		struct text days = { 0 };

		spell_days(cell, &days);
		return nothing ? days.length == 0
			       : strcmp(text_str(&days),
					(const char *)sqlite3_column_text(row, column)) == 0;
	}
	if (cJSON_IsNull(cell))
		return nothing;
	if (cJSON_IsBool(cell))
		return sqlite3_column_int(row, column) == cJSON_IsTrue(cell);
	if (cJSON_IsNumber(cell))
		return !nothing &&
		       fabs(sqlite3_column_double(row, column) - cell->valuedouble) < 1e-9;
	return cJSON_IsString(cell) && !nothing &&
	       strcmp((const char *)sqlite3_column_text(row, column), cell->valuestring) == 0;
}

static void assert_row(sqlite3_stmt *row, const cJSON *record, const char *view)
{
	for (int c = 0; c < sqlite3_column_count(row); c++) {
		const char *name = sqlite3_column_name(row, c);

		if (strcmp(name, "number") == 0)
			continue;
		if (!same_cell(row, c, record)) {
			SCOPED(memory)
			char *said = cJSON_PrintUnformatted(record);

			fail_msg("%s.%s is %s, but: %s", view, name,
				 (const char *)sqlite3_column_text(row, c), said);
		}
	}
}

/* Every row of the period is a record of the command's, cell by cell. Returns how many. */
static size_t assert_period(const struct place *place, sqlite3 *db, const char *view,
			    const char *period)
{
	static const char *const figure_keys[] = { "entity", "section", "account",
						   "metric", "period",  NULL };
	static const char *const plan_keys[] = { "entity", "plan", "activity", "period", NULL };
	bool plan = strcmp(view, "v_plan") == 0;
	SCOPED(json)
	cJSON *root = ask(place, plan ? "plan" : "summary", period);
	char sql[96];
	sqlite3_stmt *rows = NULL;
	size_t count = 0;

	(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s WHERE period = ?1", view);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
	(void)sqlite3_bind_text(rows, 1, period, -1, SQLITE_STATIC);
	while (sqlite3_step(rows) == SQLITE_ROW) {
		const cJSON *record = record_of(root, rows, plan ? plan_keys : figure_keys);

		if (!record)
			fail_msg("%s %s: %s/%s is not printed", view, period,
				 cell_text(rows, "account"), cell_text(rows, "metric"));
		assert_row(rows, record, view);
		count += strcmp(cell_text(rows, "entity"), "una") == 0;
	}
	(void)sqlite3_finalize(rows);
	return count;
}

/* How many figures the command prints of the period itself. Of an entity's time before anything was
 * told of it nothing is published. */
static size_t count_printed(const struct place *place, const char *view, const char *period)
{
	SCOPED(json)
	cJSON *root = ask(place, strcmp(view, "v_plan") == 0 ? "plan" : "summary", period);
	const cJSON *record;
	size_t count = 0;

	cJSON_ArrayForEach (record, json_array(root, "records"))
		count += is_text(record, "period", period) && is_text(record, "entity", "una");
	return count;
}

static void assert_view(const struct place *place, sqlite3 *db, const char *view, int step)
{
	char sql[96];
	sqlite3_stmt *periods = NULL;
	int number = 0;

	(void)snprintf(sql, sizeof(sql), "SELECT DISTINCT period FROM %s ORDER BY 1", view);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &periods, NULL), SQLITE_OK);
	while (sqlite3_step(periods) == SQLITE_ROW) {
		const char *period = (const char *)sqlite3_column_text(periods, 0);
		size_t count;

		if (number++ % step)
			continue;
		count = assert_period(place, db, view, period);
		/* of days before an account began, there is nothing */
		if (strcmp(view, "v_daily") != 0)
			assert_int_equal(count, count_printed(place, view, period));
	}
	assert_true(number > 0);
	(void)sqlite3_finalize(periods);
}

static void every_cell_of_every_view_is_what_the_command_prints(void **state)
{
	static const struct {
		const char *view;
		int step; /* each so manieth period is looked at */
	} views[] = {
		{ "v_daily", 29 },   { "v_monthly", 2 }, { "v_bimonthly", 1 }, { "v_quarterly", 1 },
		{ "v_semester", 1 }, { "v_yearly", 1 },  { "v_coverage", 5 },  { "v_plan", 1 },
	};
	const struct place *place = *state;
	uint32_t seed = 7;
	char path[128];
	sqlite3 *db;

	begin_world(place, &seed);
	publish(place, "publish");
	published_path(place, path, sizeof(path));
	db = open_published(path);
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		assert_view(place, db, views[i].view, views[i].step);
	(void)sqlite3_close(db);
}

/* --- refreshed against made at once */

/* All rows of all views, in an order of their own. */
static void dump(const char *path, struct text *ret)
{
	static const char *const views[] = { "v_daily",     "v_monthly",  "v_bimonthly",
					     "v_quarterly", "v_semester", "v_yearly",
					     "v_coverage",  "v_plan" };
	sqlite3 *db = open_published(path);

	ret->max = 64 << 20;
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		char sql[96];
		sqlite3_stmt *rows = NULL;

		(void)snprintf(sql, sizeof(sql),
			       "SELECT * FROM %s ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9", views[i]);
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
		while (sqlite3_step(rows) == SQLITE_ROW) {
			text_add(ret, views[i]);
			for (int c = 0; c < sqlite3_column_count(rows); c++) {
				const char *cell = (const char *)sqlite3_column_text(rows, c);

				text_addf(ret, "|%s", cell ? cell : "\\N");
			}
			text_add_char(ret, '\n');
		}
		(void)sqlite3_finalize(rows);
	}
	assert_false(ret->failed);
	(void)sqlite3_close(db);
}

/* The first line in which two dumps differ. */
static void assert_same_dump(const struct text *refreshed, const struct text *whole)
{
	const char *a = text_str(refreshed);
	const char *b = text_str(whole);
	size_t at = 0;
	size_t line = 0;

	for (; a[at] && a[at] == b[at]; at++)
		if (a[at] == '\n')
			line = at + 1;
	if (a[at] != b[at])
		fail_msg("refreshed: %.*s\nmade at once: %.*s", (int)strcspn(a + line, "\n"),
			 a + line, (int)strcspn(b + line, "\n"), b + line);
}

/* What a few days bring: new days, days read again, months told late, numbers taken back. */
static void change_world(struct place *place, uint32_t *seed)
{
	SCOPED(store)
	struct store *store = NULL;
	int32_t before = day_at(place->now);
	int32_t today;
	int32_t old = FIRST + (int32_t)below(seed, 150);
	struct changes changes;
	struct error err;
	char eventos[] = "eventos";
	char events[] = RECORD_EVENTS;

	place->now += (int64_t)(1 + below(seed, 40)) * DAY_S + 3600;
	today = day_at(place->now);
	store = open_store(place, STORE_PERSON);
	collect(store, "fb", (struct window){ before - 7, today - before + 7 }, place->now, seed);
	if (below(seed, 2)) /* a month that is read again, long after */
		collect(store, "fb-dos", (struct window){ old, 28 }, place->now, seed);
	enter(store, "x", "posts", month_of(old), below(seed, 60), 0, place->now);
	record(store, eventos, events, old + 3, true, below(seed, 80), place->now);
	if (below(seed, 2)) {
		struct kept_entry *entries = NULL;
		size_t count = 0;
		const struct origin by = { .kind = ORIGIN_PERSON, .at = place->now, .by = "ana" };

		assert_int_equal(store_entries(store, "una", "x", &entries, &count, &err), 0);
		if (count && store_withdraw(store, entries[below(seed, (uint32_t)count)].origin,
					    &by, &changes, &err) < 0)
			fail_msg("%s", err.text);
		entries_free(entries, count);
	}
}

static void a_refreshed_file_is_the_one_that_is_made_at_once(void **state)
{
	struct place *place = *state;
	uint32_t seed = 11;
	char path[128], other[128];

	published_path(place, path, sizeof(path));
	(void)snprintf(other, sizeof(other), "%s/other.db", place->path);
	begin_world(place, &seed);
	publish(place, "publish");
	for (int i = 0; i < ROUNDS; i++) {
		SCOPED(text)
		struct text refreshed = { 0 };
		SCOPED(text)
		struct text whole = { 0 };
		SCOPED(text)
		struct text words = { 0 };

		change_world(place, &seed);
		publish(place, "publish");
		text_addf(&words, "publish -o %s", other);
		(void)remove(other);
		publish(place, text_str(&words));
		dump(path, &refreshed);
		dump(other, &whole);
		assert_same_dump(&refreshed, &whole);
	}
}

static void figures_of_a_backup_have_a_file_of_their_own(void **state)
{
	struct place *place = *state;
	struct place then;
	uint32_t seed = 7;
	char path[128], other[128];
	SCOPED(text)
	struct text backup = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text told = { 0 };
	SCOPED(text)
	struct text before = { 0 };
	SCOPED(text)
	struct text live = { 0 };
	SCOPED(text)
	struct text kept = { 0 };
	SCOPED(text)
	struct text old = { 0 };
	SCOPED(text)
	struct text anew = { 0 };

	published_path(place, path, sizeof(path));
	(void)snprintf(other, sizeof(other), "%s/other.db", place->path);
	begin_world(place, &seed);
	publish(place, "publish");
	dump(path, &before);
	text_addf(&backup, "%s/backup.db", place->path);
	text_addf(&words, "backup %s", text_str(&backup));
	publish(place, text_str(&words));
	then = *place;
	change_world(place, &seed);
	publish(place, "publish");
	dump(path, &live);

	text_reset(&words);
	text_addf(&words, "publish --database %s", text_str(&backup));
	text_addf(&told,
		  "metricsctl: publish --database wants -o FILE: %s is of the configured "
		  "database\n",
		  path);
	expect(place, text_str(&words), 2, "", text_str(&told));
	text_addf(&words, " -o %s", path);
	text_reset(&told);
	text_addf(&told, "metricsctl: %s is of the configured database: name another file\n", path);
	expect(place, text_str(&words), 2, "", text_str(&told));
	dump(path, &kept);
	assert_same_dump(&kept, &live);

	/* of the backup alone, also where figures of the live one stood, and the other way round */
	text_reset(&words);
	text_addf(&words, "publish -o %s", other);
	publish(place, text_str(&words));
	text_addf(&words, " --database %s", text_str(&backup));
	publish(&then, text_str(&words));
	dump(other, &old);
	assert_same_dump(&old, &before);
	text_reset(&words);
	text_addf(&words, "publish -o %s", other);
	publish(place, text_str(&words));
	dump(other, &anew);
	assert_same_dump(&anew, &live);
}

static void what_nothing_changed_of_is_not_made_again(void **state)
{
	struct place *place = *state;
	uint32_t seed = 3;
	SCOPED(said)
	struct said first = { 0 };
	SCOPED(said)
	struct said again = { 0 };
	SCOPED(said)
	struct said all = { 0 };
	const char *made, *anew;

	begin_world(place, &seed);
	place->now += 3600; /* what is read while figures are made is of the next time */
	run(place, "publish --lang en", &first);
	run(place, "publish --lang en", &again);
	run(place, "publish --lang en --all", &all);
	made = strchr(text_str(&first.out), ':');
	anew = strchr(text_str(&again.out), ':');
	assert_non_null(made);
	assert_non_null(anew);
	assert_true(strtol(anew + 2, NULL, 10) > 0);
	assert_true(strtol(anew + 2, NULL, 10) * 3 < strtol(made + 2, NULL, 10));
	assert_string_equal(text_str(&all.out), text_str(&first.out));
}

static void another_configuration_makes_everything_anew(void **state)
{
	struct place *place = *state;
	uint32_t seed = 5;
	SCOPED(said)
	struct said first = { 0 };
	SCOPED(said)
	struct said again = { 0 };
	char plan[96];

	begin_world(place, &seed);
	run(place, "publish", &first);
	(void)snprintf(plan, sizeof(plan), "%s/plan.conf", place->path);
	write_file(
		plan,
		"id = \"plan-2025\"; title = \"Otro\"; period = \"2025\"; goal = 90;\n"
		"formula = \"mean\"; cap = true;\n"
		"activities: ( { id = \"media\"; title = \"Medios\"; kind = \"percent\"; } );\n");
	run(place, "publish", &again);
	assert_int_equal(again.ends, 0);
	/* three activities fewer in S1, S2 and the year */
	assert_int_equal(strtol(strchr(text_str(&first.out), ':') + 2, NULL, 10) -
				 strtol(strchr(text_str(&again.out), ':') + 2, NULL, 10),
			 9);
}

static void publish_is_for_all_institutions_at_once(void **state)
{
	expect(*state, "publish --entity una", 2, "",
	       "metricsctl: publish makes the figures of all institutions: leave --entity "
	       "out\n");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(every_cell_of_every_view_is_what_the_command_prints),
		WITH_WORLD(a_refreshed_file_is_the_one_that_is_made_at_once),
		WITH_WORLD(figures_of_a_backup_have_a_file_of_their_own),
		WITH_WORLD(what_nothing_changed_of_is_not_made_again),
		WITH_WORLD(another_configuration_makes_everything_anew),
		WITH_WORLD(publish_is_for_all_institutions_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
