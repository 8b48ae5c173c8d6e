#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/published.h"
#include "metricsd/text.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OCTOBER = 20362, /* 2025-10-01 */
};

struct world {
	char directory[64];
	char path[96];
	struct published *published;
	struct published_since since;
	struct error err;
};

static int set_up(void **state)
{
	struct world *world = memory_new(1, sizeof(*world));

	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/test_published.XXXXXX");
	if (!mkdtemp(world->directory))
		return -1;
	(void)snprintf(world->path, sizeof(world->path), "%s/published.db", world->directory);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const ends[] = { "", "-journal", "-wal", "-shm" };
	struct world *world = *state;
	char path[128];

	published_close(world->published);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", world->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(world->directory);
	free(world);
	return 0;
}

static void open_it(struct world *world, const char *made_from)
{
	if (published_open(world->path, made_from, &world->since, &world->published, &world->err) <
	    0)
		fail_msg("%s", world->err.text);
}

static void close_it(struct world *world)
{
	published_close(world->published);
	world->published = NULL;
}

static void commit_it(struct world *world)
{
	struct published_since now = { 41, 1761950000, OCTOBER + 31 };

	if (published_commit(world->published, &now, &world->err) < 0)
		fail_msg("%s", world->err.text);
	close_it(world);
}

static struct period month(void)
{
	return (struct period){ PERIOD_MONTH, { OCTOBER, 31 }, "2025-10" };
}

static struct figure exactly(int64_t value)
{
	return (struct figure){ .form = FIGURE_EXACT,
				.value = value,
				.low = value,
				.high = value,
				.complete = true,
				.known_days = 31,
				.period_days = 31,
				.as_of = DAY_NONE,
				.source = "facebook",
				.zone = "America/Los_Angeles" };
}

static void put_of(struct world *world, const char *account, const char *metric,
		   const struct period *period, const struct figure *figure)
{
	struct published_figure put = { .entity = "itagui",
					.section = "account",
					.account = account,
					.title = "Facebook, la página",
					.metric = metric,
					.label = "Visitas",
					.period = period,
					.figure = figure,
					.state = "final" };

	if (published_put(world->published, &put, &world->err) < 0)
		fail_msg("%s", world->err.text);
}

static void put(struct world *world, const char *metric, struct period period, struct figure figure)
{
	put_of(world, "fb", metric, &period, &figure);
}

/* --- reading, as others do */

/* What a command prints, without its last line end. */
static void printed_by(const char *command, struct text *out)
{
	FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): the shell is what is tested */
	char line[1024];

	assert_non_null(pipe);
	text_reset(out);
	while (fgets(line, sizeof(line), pipe))
		text_add(out, line);
	if (pclose(pipe) != 0)
		fail_msg("%s: %s", command, text_str(out));
	if (out->length && out->bytes[out->length - 1] == '\n')
		out->bytes[--out->length] = '\0';
}

/* What the sqlite3 shell says, read-only. */
static void assert_shell(struct world *world, const char *sql, const char *expected)
{
	SCOPED(text)
	struct text command = { 0 };
	SCOPED(text)
	struct text out = { 0 };

	text_addf(&command, "sqlite3 -batch -readonly -nullvalue NULL %s \"%s\" 2>&1", world->path,
		  sql);
	printed_by(text_str(&command), &out);
	assert_string_equal(text_str(&out), expected);
}

/* Every row of every view, in one order. */
static char *all_rows(struct world *world)
{
	static const char *const views[] = { "v_daily",     "v_monthly",  "v_bimonthly",
					     "v_quarterly", "v_semester", "v_yearly",
					     "v_coverage",  "v_plan",     "v_published" };
	SCOPED(text)
	struct text command = { 0 };
	struct text out = TEXT_UP_TO(1 << 20);

	text_addf(&command, "sqlite3 -batch -readonly -header %s '", world->path);
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		text_addf(&command, "SELECT * FROM %s ORDER BY 1, 2, 3%s;", views[i],
			  i < 7 ? ", metric, period" : "");
	text_add(&command, "' 2>&1");
	printed_by(text_str(&command), &out);
	return text_take(&out);
}

static void exact_figure_has_a_row_with_every_column(void **state)
{
	struct world *world = *state;

	open_it(world, "a");
	put(world, "visits", month(), exactly(4800));
	commit_it(world);
	assert_shell(world, "SELECT * FROM v_monthly",
		     "itagui|account|fb|Facebook, la página|visits|Visitas|flow|2025-10|2025-10-01|"
		     "2025-10-31|exact|4800|4800|4800|0|0|31|31|100|final|1|0|0|0|0|NULL|facebook|"
		     "America/Los_Angeles");
	assert_shell(
		world, "SELECT group_concat(name) FROM pragma_table_info('v_monthly')",
		"entity,section,account,title,metric,label,kind,period,first_day,last_day,form,"
		"value,low,high,rounded,estimate,known_days,period_days,percent,state,complete,"
		"mixed,inconsistent,broken,sum_of_levels,as_of,source,zone");
	assert_shell(world, "SELECT * FROM v_published", "1|2025-10-31T22:33:20Z|2025-11-01");
}

static void figures_say_what_they_are_and_are_not(void **state)
{
	struct world *world = *state;
	struct figure figure = exactly(73300);

	open_it(world, "a");
	figure.kind = METRIC_UNIQUE;
	figure.form = FIGURE_BETWEEN;
	figure.rounded = figure.mixed = figure.broken = true;
	figure.complete = false;
	figure.low = 73250;
	figure.high = 73350;
	figure.source = figure.zone = NULL;
	put(world, "a", month(), figure);
	figure.rounded = figure.mixed = figure.broken = false;
	figure.estimate = figure.inconsistent = true;
	figure.value = figure.low;
	put(world, "b", month(), figure);
	figure = exactly(3300);
	figure.form = FIGURE_AT_LEAST;
	figure.complete = false;
	figure.known_days = 30;
	put(world, "c", month(), figure);
	figure = exactly(21100);
	figure.kind = METRIC_STOCK;
	figure.sum_of_levels = true;
	figure.as_of = OCTOBER + 30;
	put(world, "d", month(), figure);
	figure = exactly(337);
	figure.kind = METRIC_RATIO;
	figure.decimals = 1;
	put(world, "e", month(), figure);
	figure = (struct figure){ .period_days = 31, .as_of = DAY_NONE, .rounded = true };
	put(world, "f", month(), figure);
	commit_it(world);
	assert_shell(
		world,
		"SELECT metric, kind, form, value, low, high, rounded, estimate, percent,"
		" complete, mixed, inconsistent, broken, sum_of_levels, as_of, source, zone"
		" FROM v_monthly ORDER BY metric",
		"a|unique|between|73300|73250|73350|1|0|100|0|1|0|1|0|NULL|NULL|NULL\n"
		"b|unique|between|NULL|73250|73350|0|1|100|0|0|1|0|0|NULL|NULL|NULL\n"
		"c|flow|at-least|NULL|3300|NULL|0|0|96|0|0|0|0|0|NULL|facebook|America/"
		"Los_Angeles\n"
		"d|stock|exact|21100|21100|21100|0|0|100|1|0|0|0|1|2025-10-31|facebook|America/"
		"Los_Angeles\n"
		"e|ratio|exact|33.7|33.7|33.7|0|0|100|1|0|0|0|0|NULL|facebook|America/"
		"Los_Angeles\n"
		"f|flow|none|NULL|NULL|NULL|0|0|0|0|0|0|0|0|NULL|NULL|NULL");
	assert_shell(world, "SELECT typeof(value), value = 33.7 FROM v_monthly WHERE metric = 'e'",
		     "real|1");
	/* a sum over a column leaves out what is not known, and never takes it for 0 */
	assert_shell(world, "SELECT count(value), count(*) FROM v_monthly", "3|6");
}

static void every_kind_of_period_has_its_view(void **state)
{
	static const struct {
		const char *view;
		struct period period;
	} rows[] = {
		{ "v_daily", { PERIOD_DAYS, { OCTOBER, 1 }, "2025-10-01" } },
		{ "v_monthly", { PERIOD_MONTH, { OCTOBER, 31 }, "2025-10" } },
		{ "v_bimonthly", { PERIOD_BIMESTER, { OCTOBER - 30, 61 }, "2025-B5" } },
		{ "v_quarterly", { PERIOD_QUARTER, { OCTOBER, 92 }, "2025-Q4" } },
		{ "v_semester", { PERIOD_SEMESTER, { OCTOBER - 92, 184 }, "2025-S2" } },
		{ "v_yearly", { PERIOD_YEAR, { OCTOBER - 273, 365 }, "2025" } },
	};
	struct world *world = *state;
	size_t count = sizeof(rows) / sizeof(rows[0]);

	open_it(world, "a");
	for (size_t i = 0; i < count; i++)
		put(world, "visits", rows[i].period, exactly((int64_t)i));
	put(world, "visits", (struct period){ PERIOD_NAMED, { OCTOBER, 10 }, "cierre" },
	    exactly(6));
	put(world, "visits",
	    (struct period){ PERIOD_DAYS, { OCTOBER, 10 }, "2025-10-01..2025-10-10" }, exactly(7));
	put(world, "visits", (struct period){ PERIOD_YEARS, { OCTOBER - 273, 730 }, "2025..2026" },
	    exactly(8));
	commit_it(world);
	for (size_t i = 0; i < count; i++) {
		char sql[96], expected[64];

		(void)snprintf(sql, sizeof(sql), "SELECT period, value FROM %s", rows[i].view);
		(void)snprintf(expected, sizeof(expected), "%s|%zu", rows[i].period.name, i);
		assert_shell(world, sql, expected);
	}
	assert_shell(world,
		     "SELECT group_concat(period, ' ') FROM (SELECT period FROM v_coverage"
		     " ORDER BY period)",
		     "2025 2025-10 2025-10-01..2025-10-10 2025-B5 2025-Q4 2025-S2 2025..2026 "
		     "cierre");
}

static void coverage_names_the_days_that_lack(void **state)
{
	struct world *world = *state;
	struct figure figure = exactly(4800);
	struct period quarter = { PERIOD_QUARTER, { OCTOBER, 92 }, "2025-Q4" };
	struct figure day = { .period_days = 1, .as_of = DAY_NONE };

	open_it(world, "a");
	figure.form = FIGURE_AT_LEAST;
	figure.complete = false;
	figure.known_days = 60;
	figure.period_days = 92;
	days_add(&figure.lacking, (struct window){ OCTOBER + 3, 1 });
	days_add(&figure.lacking, (struct window){ OCTOBER + 61, 31 });
	figure.lacking_more = true;
	put(world, "visits", quarter, figure);
	days_add(&day.lacking, (struct window){ OCTOBER, 1 });
	put(world, "visits", (struct period){ PERIOD_DAYS, { OCTOBER, 1 }, "2025-10-01" }, day);
	commit_it(world);
	assert_shell(world, "SELECT * FROM v_coverage",
		     "itagui|account|fb|Facebook, la página|visits|Visitas|flow|2025-Q4|2025-10-01|"
		     "2025-12-31|60|92|65|0|final|2025-10-04,2025-12-01..2025-12-31|1|facebook");
	assert_shell(world, "SELECT group_concat(name) FROM pragma_table_info('v_coverage')",
		     "entity,section,account,title,metric,label,kind,period,first_day,last_day,"
		     "known_days,period_days,percent,complete,state,lacking,lacking_more,source");
}

static void plan_has_its_activities_in_their_order(void **state)
{
	struct world *world = *state;
	struct figure figure = exactly(50);
	struct published_activity activity = { .entity = "itagui",
					       .plan = "plan-2026",
					       .period = "2026-S1",
					       .activity = "visibilidad",
					       .title = "Visibilidad en redes",
					       .responsible = "Comunicaciones",
					       .target_kind = "percent",
					       .target = 100,
					       .weight = 3,
					       .budget = 4200000,
					       .due = 20818,
					       .figure = &figure,
					       .low = 500,
					       .high = 667,
					       .value = 505,
					       .counts = true,
					       .complete = true };

	open_it(world, "a");
	assert_int_equal(published_plan_put(world->published, &activity, &world->err), 0);
	activity.activity = "agenda";
	activity.title = "Agenda";
	activity.responsible = NULL;
	activity.target_kind = "none";
	activity.target = activity.weight = activity.budget = -1;
	activity.due = DAY_NONE;
	activity.figure = NULL;
	activity.low = 0;
	activity.high = activity.value = -1;
	activity.counts = activity.complete = false;
	assert_int_equal(published_plan_put(world->published, &activity, &world->err), 0);
	commit_it(world);
	assert_shell(world, "SELECT * FROM v_plan ORDER BY number",
		     "itagui|plan-2026|2026-S1|1|visibilidad|Visibilidad en redes|Comunicaciones|"
		     "percent|100|3|4200000|2026-12-31|exact|50|50|50|50.5|50.0|66.7|1|1\n"
		     "itagui|plan-2026|2026-S1|2|agenda|Agenda|NULL|none|NULL|NULL|NULL|NULL|none|"
		     "NULL|NULL|NULL|NULL|0.0|NULL|0|0");
	assert_shell(world, "SELECT group_concat(name) FROM pragma_table_info('v_plan')",
		     "entity,plan,period,number,activity,title,responsible,target_kind,target,"
		     "weight,budget,due,form,value,low,high,progress,progress_low,progress_high,"
		     "counts,complete");

	open_it(world, "a");
	assert_int_equal(published_plan_drop(world->published, "bello", &world->err), 0);
	commit_it(world);
	assert_shell(world, "SELECT count(*) FROM v_plan", "2");
	open_it(world, "a");
	assert_int_equal(published_plan_drop(world->published, "itagui", &world->err), 0);
	commit_it(world);
	assert_shell(world, "SELECT count(*) FROM v_plan", "0");
}

static void odbc_reads_the_views(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text command = { 0 };
	SCOPED(text)
	struct text out = { 0 };
	struct figure none = { .period_days = 31, .as_of = DAY_NONE };
	struct figure ratio = exactly(337);

	ratio.kind = METRIC_RATIO;
	ratio.decimals = 1;
	open_it(world, "a");
	put(world, "attendees_per_event", month(), ratio);
	put(world, "reach", month(), none);
	put(world, "visits", month(), exactly(4800));
	commit_it(world);
	/* the driver by its name, as packaged; -k: a connection string instead of a data source */
	text_addf(
		&command,
		"echo 'SELECT metric, title, first_day, form, value, complete FROM v_monthly ORDER "
		"BY metric' | isql -3 -b -c '-d;' -k 'Driver=SQLite3;Database=%s;NoCreat=1' 2>&1",
		world->path);
	printed_by(text_str(&command), &out);
	assert_string_equal(text_str(&out),
			    "metric;title;first_day;form;value;complete\n"
			    "attendees_per_event;Facebook, la página;2025-10-01;exact;33.7;1\n"
			    "reach;Facebook, la página;2025-10-01;none;;0\n"
			    "visits;Facebook, la página;2025-10-01;exact;4800;1");
}

static void put_everything(struct world *world);

/* The page that documents the views, the caller's to free. */
static char *read_page(void)
{
	SCOPED(file)
	FILE *file = fopen(METRICSD_SOURCE "/docs/sql-views.md", "r");
	struct text page = { 0 };
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		text_add(&page, line);
	return text_take(&page);
}

static void documented_queries_run(void **state)
{
	struct world *world = *state;
	SCOPED(memory)
	char *page = read_page();
	const char *at = page;
	sqlite3 *db = NULL;
	int count = 0;

	open_it(world, "a");
	put_everything(world);
	commit_it(world);
	assert_int_equal(sqlite3_open_v2(world->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	while ((at = strstr(at, "```sql\n"))) {
		const char *end = strstr(at += strlen("```sql\n"), "```");
		SCOPED(memory)
		char *sql = memory_text_n(at, (size_t)(end - at));

		if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
			fail_msg("%s: %s", sql, sqlite3_errmsg(db));
		at = end + 3;
		count++;
	}
	assert_int_equal(count, 3);
	(void)sqlite3_close(db);
}

static void every_column_is_documented(void **state)
{
	static const char sql[] =
		"SELECT v.name, c.name FROM sqlite_schema v, pragma_table_info(v.name) c"
		" WHERE v.type = 'view'";
	struct world *world = *state;
	SCOPED(memory)
	char *page = read_page();
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int count = 0;

	open_it(world, "a");
	commit_it(world);
	assert_int_equal(sqlite3_open_v2(world->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *view = (const char *)sqlite3_column_text(statement, 0);
		char column[64];

		(void)snprintf(column, sizeof(column), "`%s`", sqlite3_column_text(statement, 1));
		assert_non_null(strstr(page, view));
		if (!strstr(page, column))
			fail_msg("%s of %s is not documented", column, view);
		count++;
	}
	assert_int_equal(count, 6 * 28 + 18 + 21 + 3);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
}

/* --- writing */

static void put_everything(struct world *world)
{
	struct figure lacking = exactly(100);
	struct published_activity activity = { .entity = "itagui",
					       .plan = "p",
					       .period = "2025-S2",
					       .activity = "a",
					       .target_kind = "yes-no",
					       .target = 1,
					       .weight = -1,
					       .budget = -1,
					       .due = DAY_NONE,
					       .low = 0,
					       .high = 1000,
					       .value = -1 };

	lacking.form = FIGURE_AT_LEAST;
	days_add(&lacking.lacking, (struct window){ OCTOBER + 1, 2 });
	for (int32_t i = 0; i < 31; i++) {
		struct period day = { PERIOD_DAYS, { OCTOBER + i, 1 }, "" };

		(void)day_text(OCTOBER + i, day.name);
		put(world, "visits", day, exactly(i));
		put(world, "viewers", day, exactly(INT64_C(2) * i));
	}
	put(world, "visits", month(), lacking);
	put(world, "viewers", month(), exactly(73300));
	assert_int_equal(published_plan_put(world->published, &activity, &world->err), 0);
}

static void dropped_and_rebuilt_it_has_the_same_rows(void **state)
{
	struct world *world = *state;
	struct period noise = { PERIOD_NAMED, { OCTOBER, 31 }, "otro" };
	char *first, *second, *third;

	open_it(world, "a");
	put_everything(world);
	commit_it(world);
	first = all_rows(world);
	assert_non_null(strstr(first, "2025-10-02..2025-10-03"));

	/* all of it forgotten and put again */
	open_it(world, "a");
	put(world, "noise", noise, exactly(1));
	assert_int_equal(published_drop(world->published, "itagui", "fb", DAY_NONE, &world->err),
			 0);
	assert_int_equal(published_plan_drop(world->published, "itagui", &world->err), 0);
	put_everything(world);
	commit_it(world);
	second = all_rows(world);
	assert_string_equal(first, second);

	/* from an empty file */
	assert_int_equal(unlink(world->path), 0);
	open_it(world, "a");
	put_everything(world);
	commit_it(world);
	third = all_rows(world);
	assert_string_equal(first, third);
	free(first);
	free(second);
	free(third);
}

static void dropping_from_a_day_leaves_what_ended_before(void **state)
{
	struct world *world = *state;
	struct period period = month();
	struct figure figure = exactly(5);

	open_it(world, "a");
	put_everything(world);
	put_of(world, "ig", "visits", &period, &figure);
	assert_int_equal(
		published_drop(world->published, "itagui", "fb", OCTOBER + 10, &world->err), 0);
	assert_int_equal(published_drop(world->published, "bello", "ig", DAY_NONE, &world->err), 0);
	commit_it(world);
	assert_shell(world,
		     "SELECT metric, min(period), max(period), count(*) FROM v_daily"
		     " GROUP BY metric",
		     "viewers|2025-10-01|2025-10-10|10\nvisits|2025-10-01|2025-10-10|10");
	assert_shell(world, "SELECT account, value FROM v_monthly", "ig|5");
}

static void figure_put_again_replaces_the_one_there_is(void **state)
{
	struct world *world = *state;

	open_it(world, "a");
	put(world, "visits", month(), exactly(1));
	put(world, "visits", month(), exactly(2));
	commit_it(world);
	open_it(world, "a");
	put(world, "visits", month(), exactly(3));
	commit_it(world);
	assert_shell(world, "SELECT value FROM v_monthly", "3");
}

static void what_is_not_committed_is_never_seen(void **state)
{
	struct world *world = *state;

	open_it(world, "a");
	assert_int_equal(world->since.origin, 0);
	assert_int_equal(world->since.at, 0);
	assert_int_equal(world->since.today, DAY_NONE);
	put(world, "visits", month(), exactly(1));
	commit_it(world);

	open_it(world, "a");
	assert_int_equal(world->since.origin, 41);
	assert_int_equal(world->since.at, 1761950000);
	assert_int_equal(world->since.today, OCTOBER + 31);
	put(world, "visits", month(), exactly(2));
	/* a reader sees what was there before, and writes no file beside it */
	assert_shell(world, "SELECT value FROM v_monthly", "1");
	close_it(world);
	assert_shell(world, "SELECT value FROM v_monthly", "1");
	assert_shell(world, "PRAGMA journal_mode", "delete");

	/* nor is a file that was only opened anybody's */
	open_it(world, "b");
	close_it(world);
	assert_shell(world, "SELECT value FROM v_monthly", "1");
	open_it(world, "a");
	assert_int_equal(world->since.origin, 41);
}

static void made_from_something_else_the_file_is_emptied(void **state)
{
	struct world *world = *state;

	open_it(world, "a");
	put_everything(world);
	commit_it(world);
	open_it(world, "b");
	assert_int_equal(world->since.origin, 0);
	assert_int_equal(world->since.today, DAY_NONE);
	put(world, "visits", month(), exactly(2));
	commit_it(world);
	assert_shell(world, "SELECT value FROM v_monthly", "2");
	assert_shell(world, "SELECT count(*) FROM v_daily", "0");
	assert_shell(world, "SELECT count(*) FROM v_plan", "0");
}

static void by_sql(struct world *world, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

static void tables_of_another_version_are_made_anew(void **state)
{
	struct world *world = *state;

	open_it(world, "a");
	put_everything(world);
	commit_it(world);
	by_sql(world, "DROP VIEW v_yearly; CREATE TABLE later (a); CREATE VIEW v_later AS SELECT 1;"
		      "PRAGMA user_version = 9");
	open_it(world, "a");
	assert_int_equal(world->since.origin, 0);
	put(world, "visits", month(), exactly(2));
	commit_it(world);
	assert_shell(world, "SELECT value FROM v_monthly", "2");
	assert_shell(world, "PRAGMA user_version", "1");
	assert_shell(world,
		     "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema"
		     " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' ORDER BY name)",
		     "activity figure made name period subject v_bimonthly v_coverage v_daily "
		     "v_monthly v_plan v_published v_quarterly v_semester v_yearly");
}

static void file_of_another_program_is_refused_and_left_alone(void **state)
{
	struct world *world = *state;
	FILE *file;

	by_sql(world, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (7)");
	assert_int_equal(
		published_open(world->path, "a", &world->since, &world->published, &world->err),
		-1);
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_non_null(strstr(world->err.text,
			       "published.db is a database of another program: move "
			       "it away, or publish to another file"));
	assert_shell(world, "SELECT a FROM theirs", "7");
	by_sql(world, "PRAGMA application_id = 1836348003"); /* the store's own */
	assert_int_equal(
		published_open(world->path, "a", &world->since, &world->published, &world->err),
		-1);
	assert_non_null(strstr(world->err.text, "is a database of another program"));

	file = fopen(world->path, "w");
	assert_non_null(file);
	for (int i = 0; i < 400; i++)
		(void)fputs("no database ", file);
	(void)fclose(file);
	assert_int_equal(
		published_open(world->path, "a", &world->since, &world->published, &world->err),
		-1);
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_non_null(strstr(world->err.text, "is not a database of metricsd"));
}

static void damaged_file_is_named_with_what_to_do(void **state)
{
	struct world *world = *state;
	struct period period = month();
	struct figure figure = exactly(1);
	struct published_figure put_it = { .entity = "itagui",
					   .section = "account",
					   .account = "fb",
					   .metric = "visits",
					   .period = &period,
					   .figure = &figure };
	FILE *file;

	open_it(world, "a");
	put_everything(world);
	commit_it(world);
	file = fopen(world->path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 4096, SEEK_SET), 0); /* all pages but the first */
	for (int i = 0; i < 20 * 4096; i++)
		(void)fputc('x', file);
	(void)fclose(file);
	if (published_open(world->path, "a", &world->since, &world->published, &world->err) == 0)
		assert_int_equal(published_put(world->published, &put_it, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_non_null(strstr(world->err.text,
			       "is damaged: remove it, `metricsctl publish` makes it again"));
}

static void file_is_the_writers_and_its_group_may_read(void **state)
{
	struct world *world = *state;
	struct stat status;
	mode_t before = umask(0);

	open_it(world, "a");
	commit_it(world);
	assert_int_equal(stat(world->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	(void)unlink(world->path);
	(void)umask(077);
	open_it(world, "a");
	commit_it(world);
	(void)umask(before);
	assert_int_equal(stat(world->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
}

static void directory_that_is_not_there_is_named(void **state)
{
	struct world *world = *state;

	assert_int_equal(published_open("/nowhere/published.db", "a", &world->since,
					&world->published, &world->err),
			 -1);
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_string_equal(world->err.text,
			    "/nowhere/published.db: No such file or directory: publish as the user "
			    "metricsd, or as who owns the file");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(exact_figure_has_a_row_with_every_column),
		WITH_WORLD(figures_say_what_they_are_and_are_not),
		WITH_WORLD(every_kind_of_period_has_its_view),
		WITH_WORLD(coverage_names_the_days_that_lack),
		WITH_WORLD(plan_has_its_activities_in_their_order),
		WITH_WORLD(odbc_reads_the_views),
		WITH_WORLD(documented_queries_run),
		WITH_WORLD(every_column_is_documented),
		WITH_WORLD(dropped_and_rebuilt_it_has_the_same_rows),
		WITH_WORLD(dropping_from_a_day_leaves_what_ended_before),
		WITH_WORLD(figure_put_again_replaces_the_one_there_is),
		WITH_WORLD(what_is_not_committed_is_never_seen),
		WITH_WORLD(made_from_something_else_the_file_is_emptied),
		WITH_WORLD(tables_of_another_version_are_made_anew),
		WITH_WORLD(file_of_another_program_is_refused_and_left_alone),
		WITH_WORLD(damaged_file_is_named_with_what_to_do),
		WITH_WORLD(file_is_the_writers_and_its_group_may_read),
		WITH_WORLD(directory_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
