#include "test.h"

#include "../store/internal.h"
#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DAY = 20000, /* 2024-10-04 */
};
#define HOUR INT64_C(3600)
static const int64_t now = (int64_t)(DAY + 40) * DAY_SECONDS + 15 * HOUR;

static const struct metric metrics[] = {
	{ .id = "visits", .provider = "page_views_total", .kind = METRIC_FLOW },
	{ .id = "viewers", .provider = "page_total_media_view_unique", .kind = METRIC_UNIQUE },
	{ .id = "followers", .provider = "page_follows", .kind = METRIC_STOCK },
	{ .id = "posts", .kind = METRIC_FLOW, .items = ITEM_POST },
	{ .id = "stories", .kind = METRIC_FLOW, .items = ITEM_STORY },
	{ 0 },
};
enum { VISITS, VIEWERS, FOLLOWERS };

static const struct metric hand_metrics[] = {
	{ .id = "posts", .kind = METRIC_FLOW },
	{ .id = "views", .kind = METRIC_FLOW },
	{ 0 },
};

struct world {
	char directory[64];
	char path[96];
	struct store *store;
	struct zone *bogota;
	struct error err;
};

static void open_as(struct world *world, enum store_mode mode)
{
	assert_int_equal(store_open(world->path, mode, &world->store, &world->err), 0);
}

static void close_it(struct world *world)
{
	store_close(world->store);
	world->store = NULL;
}

static int set_up(void **state)
{
	struct world *world = memory_new(1, sizeof(*world));

	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/test_store.XXXXXX");
	if (!mkdtemp(world->directory))
		return -1;
	(void)snprintf(world->path, sizeof(world->path), "%s/metrics.db", world->directory);
	if (zone_open("America/Bogota", &world->bogota, &world->err) < 0)
		return -1;
	open_as(world, STORE_COLLECT);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".collector" };
	struct world *world = *state;
	char path[128];

	store_close(world->store);
	zone_close(world->bogota);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", world->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(world->directory);
	free(world);
	return 0;
}

static struct answer answer_of(const struct findings *findings)
{
	return (struct answer){
		.channel = { .entity = "itagui",
			     .account = "facebook",
			     .source = "facebook",
			     .zone = "America/Bogota",
			     .subject = "page 1",
			     .metrics = metrics },
		.findings = findings,
		.origin = { .at = now, .what = "insights day" },
		.sweep = SWEEP_DAILY,
	};
}

/* One sample of the usual account. */
static int tell(struct world *world, int metric, struct window window, int64_t value,
		const char *subject, struct changes *changes)
{
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	findings_sample(&findings, &metrics[metric], window, value, 0);
	answer.channel.subject = subject;
	return store_answer(world->store, &answer, changes, &world->err);
}

static void history_of(struct world *world, const char *account, const char *metric,
		       struct window window, struct history *ret)
{
	struct store_account asked = { "itagui", account, world->bogota };

	assert_int_equal(store_history(world->store, &asked, 1, metric, window, ret, &world->err),
			 0);
}

/* The value of the only series' sample of the day, -1: there is none. */
static int64_t value_of(struct world *world, const char *metric, int32_t day)
{
	SCOPED(history)
	struct history history = { 0 };

	history_of(world, "facebook", metric, (struct window){ day, 1 }, &history);
	if (history.count == 0 || history.series[0].count == 0)
		return -1;
	assert_int_equal(history.count, 1);
	assert_int_equal(history.series[0].count, 1);
	return history.series[0].samples[0].value;
}

static struct store_totals totals_of(struct world *world)
{
	struct store_totals totals;

	assert_int_equal(store_totals(world->store, &totals, &world->err), 0);
	return totals;
}

static void verify(struct world *world)
{
	if (store_verify(world->store, &world->err) < 0)
		fail_msg("%s", world->err.text);
}

/* --- samples */

static void same_answer_again_changes_nothing(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	struct store_totals first, second;
	struct changes changes;
	char id[ITEM_ID];

	for (int32_t day = DAY; day < DAY + 7; day++) {
		findings_sample(&findings, &metrics[VISITS], (struct window){ day, 1 }, day, 0);
		(void)snprintf(id, sizeof(id), "post %d", day);
		findings_item(&findings, ITEM_POST, id, (int64_t)day * DAY_SECONDS);
	}
	findings_sample(&findings, &metrics[VIEWERS], (struct window){ DAY, 31 }, 73300, 0);
	findings_watch(&findings, ITEM_POST, (int64_t)DAY * DAY_SECONDS,
		       (int64_t)(DAY + 7) * DAY_SECONDS);
	assert_int_equal(store_answer(world->store, &answer, &changes, &world->err), 0);
	assert_int_equal(changes.samples, 8);
	assert_int_equal(changes.items, 7);
	assert_int_equal(changes.origin, 1);
	first = totals_of(world);

	answer.origin.at += HOUR;
	assert_int_equal(store_answer(world->store, &answer, &changes, &world->err), 0);
	assert_int_equal(changes.samples + changes.revisions + changes.items, 0);
	assert_int_equal(changes.origin, 0);
	second = totals_of(world);
	assert_memory_equal(&first, &second, sizeof(first));
	verify(world);
}

static uint32_t flags_of(struct world *world, const char *metric, int32_t day)
{
	SCOPED(history)
	struct history history = { 0 };

	history_of(world, "facebook", metric, (struct window){ day, 1 }, &history);
	assert_int_equal(history.count, 1);
	return history.series[0].samples[0].flags;
}

static void number_of_a_metric_set_aside_is_unread_until_it_is_told_again(void **state)
{
	struct world *world = *state;
	struct metric_states states = { .items[VISITS] = { .life = METRIC_RETIRED } };
	struct answer answer = answer_of(NULL);
	struct days read = { .ranges = { { DAY, 2 } }, .count = 1 };
	struct store_totals before, after;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct changes changes;

	for (int32_t day = DAY; day < DAY + 3; day++)
		assert_int_equal(tell(world, VISITS, (struct window){ day, 1 }, 5, "page 1", NULL),
				 0);
	assert_int_equal(tell(world, FOLLOWERS, (struct window){ DAY, 1 }, 7, "page 1", NULL), 0);
	before = totals_of(world);
	assert_int_equal(
		store_set_aside(world->store, &answer.channel, &states, &read, &world->err), 0);
	assert_int_equal(flags_of(world, "visits", DAY), SAMPLE_UNREAD);
	assert_int_equal(flags_of(world, "visits", DAY + 1), SAMPLE_UNREAD);
	assert_int_equal(flags_of(world, "visits", DAY + 2), 0);
	assert_int_equal(flags_of(world, "followers", DAY), 0);
	/* told again: neither a revision nor an origin */
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 5, "page 1", &changes), 0);
	assert_int_equal(changes.revisions, 0);
	assert_int_equal(changes.origin, 0);
	assert_int_equal(flags_of(world, "visits", DAY), 0);
	after = totals_of(world);
	assert_memory_equal(&before, &after, sizeof(before));
	/* another number is one */
	assert_int_equal(tell(world, VISITS, (struct window){ DAY + 1, 1 }, 6, "page 1", &changes),
			 0);
	assert_int_equal(changes.revisions, 1);
	assert_int_equal(flags_of(world, "visits", DAY + 1), 0);
	/* an answer that had no usable number of it */
	findings_unread(&findings, &metrics[FOLLOWERS], (struct window){ DAY, 1 });
	findings_unread(&findings, &metrics[VIEWERS], (struct window){ DAY, 1 });
	answer.findings = &findings;
	assert_int_equal(store_answer(world->store, &answer, &changes, &world->err), 0);
	assert_int_equal(flags_of(world, "followers", DAY), SAMPLE_UNREAD);
	/* all of them */
	assert_int_equal(store_set_aside(world->store, &answer.channel, NULL, &read, &world->err),
			 0);
	assert_int_equal(flags_of(world, "visits", DAY), SAMPLE_UNREAD);
	verify(world);
}

static void changed_value_leaves_a_revision(void **state)
{
	struct world *world = *state;
	struct changes changes;

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 10, "page 1", &changes), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 12, "page 1", &changes), 0);
	assert_int_equal(changes.samples, 0);
	assert_int_equal(changes.revisions, 1);
	assert_int_equal(changes.origin, 2);
	assert_int_equal(value_of(world, "visits", DAY), 12);
	assert_int_equal(totals_of(world).revisions, 1);
	assert_int_equal(totals_of(world).samples, 1);
	verify(world);
}

static void largest_and_smallest_numbers_come_back(void **state)
{
	struct world *world = *state;
	SCOPED(history)
	struct history history = { 0 };

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, INT64_MAX, "page 1", NULL),
			 0);
	assert_int_equal(
		tell(world, VISITS, (struct window){ DAY + 1, 1 }, INT64_MIN, "page 1", NULL), 0);
	history_of(world, "facebook", NULL, (struct window){ DAY, 2 }, &history);
	assert_true(history.series[0].samples[0].value == INT64_MAX);
	assert_true(history.series[0].samples[1].value == INT64_MIN);
}

static void answer_that_contradicts_itself_is_refused_whole(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	findings_sample(&findings, &metrics[VISITS], (struct window){ DAY, 1 }, 1, 0);
	findings_sample(&findings, &metrics[VIEWERS], (struct window){ DAY, 1 }, 5, 0);
	findings_sample(&findings, &metrics[VISITS], (struct window){ DAY, 1 }, 2, 0);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_string_equal(world->err.text,
			    "itagui/facebook visits (facebook) 2024-10-04 is given twice: 1 and 2");
	assert_int_equal(totals_of(world).series, 0);
	assert_int_equal(totals_of(world).origins, 0);
}

static void answer_over_its_ceiling_is_refused(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { .failed = true };
	struct answer answer = answer_of(&findings);

	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
}

static void today_is_kept_and_tomorrow_is_refused_in_the_days_of_the_series(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	int32_t today = DAY + 40; /* 10:00 in Bogota */

	assert_int_equal(tell(world, VISITS, (struct window){ today, 1 }, 1, "page 1", NULL), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ today + 1, 1 }, 1, "page 1", NULL),
			 -1);
	assert_string_equal(
		world->err.text,
		"itagui/facebook visits (facebook) 2024-11-14 ends in the future: it is "
		"2024-11-13 there; enter what is over, or set the clock right");
	assert_int_equal(tell(world, VIEWERS, (struct window){ today - 29, 31 }, 1, "page 1", NULL),
			 -1);

	/* it is tomorrow already on Kiritimati */
	answer.channel.account = "kiritimati";
	answer.channel.zone = "Pacific/Kiritimati";
	findings_sample(&findings, &metrics[VISITS], (struct window){ today + 1, 1 }, 1, 0);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
}

static void clock_that_went_back_stores_nothing(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	findings_sample(&findings, &metrics[VISITS], (struct window){ DAY, 1 }, 1, 0);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	findings.samples[0].sample.value = 2;
	answer.origin.at = now - DAY_SECONDS; /* a slow clock, or two programs */
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	answer.origin.at = now - (int64_t)3 * DAY_SECONDS;
	findings.samples[0].sample.value = 3;
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_string_equal(
		world->err.text,
		"the clock went back: it is 2024-11-10T15:00:00Z and the newest number was "
		"collected at 2024-11-12T15:00:00Z; nothing is stored until that is right: if the "
		"clock is slow now, set it; if it was fast then, restore a copy of the database "
		"from before");
	assert_int_equal(value_of(world, "visits", DAY), 2);
}

static void series_keeps_its_kind_and_zone(void **state)
{
	struct world *world = *state;
	static const struct metric other[] = {
		{ .id = "visits", .provider = "page_views_total", .kind = METRIC_UNIQUE }, { 0 }
	};
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	findings_sample(&findings, &other[0], (struct window){ DAY, 1 }, 1, 0);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_string_equal(
		world->err.text,
		"itagui/facebook visits (facebook) is kept as a flow and now comes as a "
		"unique: give the account another id, or the metric another name");
	findings.samples[0].metric = &metrics[VISITS];
	answer.channel.zone = "UTC";
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_string_equal(
		world->err.text,
		"itagui/facebook visits (facebook) counts days of America/Bogota and now "
		"comes in days of UTC: set the zone back, or give the account another id");
	assert_int_equal(world->err.class, ERROR_INPUT);
}

/* --- definitions */

static void new_definition_speaks_from_the_first_day_the_old_one_left(void **state)
{
	struct world *world = *state;
	SCOPED(history)
	struct history history = { 0 };
	struct changes changes;

	for (int32_t day = DAY; day < DAY + 3; day++)
		assert_int_equal(tell(world, VISITS, (struct window){ day, 1 }, 10, "page 1", NULL),
				 0);
	/* the last days are read again, now from another Page */
	for (int32_t day = DAY + 1; day < DAY + 5; day++) {
		assert_int_equal(
			tell(world, VISITS, (struct window){ day, 1 }, 99, "page 2", &changes), 0);
		assert_int_equal(changes.left, day < DAY + 3);
		assert_int_equal(changes.samples, day >= DAY + 3);
	}
	assert_int_equal(value_of(world, "visits", DAY + 2), 10);
	assert_int_equal(value_of(world, "visits", DAY + 3), 99);
	assert_int_equal(totals_of(world).revisions, 0);

	/* after a restart too */
	close_it(world);
	open_as(world, STORE_COLLECT);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 98, "page 2", &changes), 0);
	assert_int_equal(changes.left, 1);
	history_of(world, "facebook", "visits", (struct window){ DAY, 9 }, &history);
	assert_int_equal(history.series[0].definition_count, 2);
	assert_int_equal(history.series[0].definitions[0].first, DAY);
	assert_string_equal(history.series[0].definitions[0].text, "page_views_total page 1");
	assert_int_equal(history.series[0].definitions[1].first, DAY + 3);
	assert_string_equal(history.series[0].definitions[1].text, "page_views_total page 2");
	assert_int_equal(history.series[0].breaks[1], DAY + 3);
	verify(world);
}

static void first_definition_reaches_back_with_a_backfill(void **state)
{
	struct world *world = *state;
	SCOPED(history)
	struct history history = { 0 };
	int32_t first;

	assert_int_equal(store_first_day(world->store, "itagui", "facebook", world->bogota, &first,
					 &world->err),
			 0);
	assert_int_equal(first, DAY_NONE);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY - 30, 1 }, 1, "page 1", NULL), 0);
	history_of(world, "facebook", NULL, (struct window){ DAY, 1 }, &history);
	assert_int_equal(history.series[0].definition_count, 1);
	assert_int_equal(history.series[0].definitions[0].first, DAY - 30);
	assert_int_equal(store_first_day(world->store, "itagui", "facebook", world->bogota, &first,
					 &world->err),
			 0);
	assert_int_equal(first, DAY - 30);
}

/* --- publications */

static int64_t at_clock(struct zone *zone, int32_t day, int hour)
{
	return zone_midnight(zone, day) + hour * HOUR;
}

static void list_posts(struct world *world, struct answer *answer, struct findings *findings,
		       int64_t since, int64_t until)
{
	findings_watch(findings, ITEM_POST, since, until);
	if (store_answer(world->store, answer, NULL, &world->err) < 0)
		fail_msg("%s", world->err.text);
}

static void publications_are_counted_by_days_of_the_zone_asked_for(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	SCOPED(history)
	struct history history = { 0 };
	struct answer answer = answer_of(&findings);
	int32_t first;

	/* 23:59 and 00:00 in Bogota, both the same day in UTC */
	findings_item(&findings, ITEM_POST, "a", zone_midnight(world->bogota, DAY + 1) - 60);
	findings_item(&findings, ITEM_POST, "b", zone_midnight(world->bogota, DAY + 1));
	findings_item(&findings, ITEM_POST, "c", zone_midnight(world->bogota, DAY + 1) + 60);
	/* the first day is watched but for its first second, the last but for its last */
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY - 1) + 1,
		   zone_midnight(world->bogota, DAY + 4) - 1);
	history_of(world, "facebook", "posts", (struct window){ DAY - 2, 10 }, &history);
	assert_int_equal(history.count, 1);
	assert_int_equal(history.series[0].items, ITEM_POST);
	assert_int_equal(history.series[0].count, 3);
	for (int32_t i = 0; i < 3; i++) {
		assert_int_equal(history.series[0].samples[i].window.first, DAY + i);
		assert_int_equal(history.series[0].samples[i].window.days, 1);
		assert_int_equal(history.series[0].samples[i].flags, SAMPLE_COUNTED);
	}
	assert_int_equal(history.series[0].samples[0].value, 1);
	assert_int_equal(history.series[0].samples[1].value, 2);
	assert_int_equal(history.series[0].samples[2].value, 0);
	/* the first day that is known is the first whole one */
	assert_int_equal(history.series[0].definitions[0].first, DAY);
	assert_int_equal(history.series[0].breaks[0], DAY);
	assert_int_equal(store_first_day(world->store, "itagui", "facebook", world->bogota, &first,
					 &world->err),
			 0);
	assert_int_equal(first, DAY);
	verify(world);
}

static void days_of_23_and_25_hours_hold_their_publications(void **state)
{
	struct world *world = *state;
	SCOPED(zone)
	struct zone *madrid = NULL;
	int32_t longest = day_of(2024, 10, 27);
	int32_t shortest = day_of(2024, 3, 31);

	assert_int_equal(zone_open("Europe/Madrid", &madrid, &world->err), 0);
	for (int i = 0; i < 2; i++) {
		SCOPED(findings)
		struct findings findings = { 0 };
		SCOPED(history)
		struct history history = { 0 };
		struct answer answer = answer_of(&findings);
		int32_t day = i ? shortest : longest;
		struct store_account asked = { "itagui", "madrid", madrid };

		answer.channel.account = "madrid";
		answer.channel.zone = "Europe/Madrid";
		findings_item(&findings, ITEM_POST, "first", zone_midnight(madrid, day));
		findings_item(&findings, ITEM_POST, "last", zone_midnight(madrid, day + 1) - 1);
		findings_item(&findings, ITEM_POST, "next", zone_midnight(madrid, day + 1));
		list_posts(world, &answer, &findings, zone_midnight(madrid, day),
			   zone_midnight(madrid, day + 1));
		assert_int_equal(store_history(world->store, &asked, 1, "posts",
					       (struct window){ day - 1, 3 }, &history,
					       &world->err),
				 0);
		assert_int_equal(history.series[0].count, 1);
		assert_int_equal(history.series[0].samples[0].window.first, day);
		assert_int_equal(history.series[0].samples[0].value, 2);
	}
}

static void watched_stretches_join_and_their_gaps_are_told(void **state)
{
	struct world *world = *state;
	static const int64_t told[][2] = { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 40, 45 },
					   { 12, 18 }, { 0, 5 },   { 44, 50 } };
	const int64_t base = (int64_t)DAY * DAY_SECONDS;
	struct watch *gaps;
	size_t count;

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		SCOPED(findings)
		struct findings findings = { 0 };
		struct answer answer = answer_of(&findings);

		findings_watch(&findings, ITEM_STORY, base + told[i][0] * HOUR,
			       base + told[i][1] * HOUR);
		assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	}
	verify(world);
	assert_int_equal(store_unwatched(world->store, "itagui", "facebook", "facebook", ITEM_STORY,
					 base + 2 * HOUR, base + 70 * HOUR, &gaps, &count,
					 &world->err),
			 0);
	assert_int_equal(count, 3);
	assert_int_equal(gaps[0].since, base + 5 * HOUR);
	assert_int_equal(gaps[0].until, base + 10 * HOUR);
	assert_int_equal(gaps[1].since, base + 20 * HOUR);
	assert_int_equal(gaps[1].until, base + 30 * HOUR);
	assert_int_equal(gaps[2].since, base + 60 * HOUR);
	assert_int_equal(gaps[2].until, base + 70 * HOUR);
	free(gaps);

	/* nothing watched at all is one gap */
	assert_int_equal(store_unwatched(world->store, "itagui", "nobody", "facebook", ITEM_POST, 1,
					 2, &gaps, &count, &world->err),
			 0);
	assert_int_equal(count, 1);
	free(gaps);
	assert_int_equal(totals_of(world).origins, 0);
}

static int64_t number_by_sql(struct world *world, const char *sql)
{
	struct sqlite3_stmt *statement;
	sqlite3 *db;
	int64_t number;

	assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
	return number;
}

static void publication_taken_down_is_marked_and_still_counts(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	int64_t since = zone_midnight(world->bogota, DAY + 30);

	findings_item(&findings, ITEM_POST, "kept", at_clock(world->bogota, DAY + 35, 9));
	findings_item(&findings, ITEM_POST, "taken", at_clock(world->bogota, DAY + 35, 10));
	list_posts(world, &answer, &findings, since, now);

	/* an hour later it may only have been listed late: no mark yet */
	findings_reset(&findings);
	findings_item(&findings, ITEM_POST, "kept", at_clock(world->bogota, DAY + 35, 9));
	answer.origin.at = now + HOUR;
	list_posts(world, &answer, &findings, since, now + HOUR);
	assert_int_equal(number_by_sql(world, "SELECT count(gone) FROM item"), 0);

	findings.watch_count = 0;
	answer.origin.at = now + (int64_t)2 * DAY_SECONDS;
	list_posts(world, &answer, &findings, since, answer.origin.at);
	assert_int_equal(number_by_sql(world, "SELECT count(*) FROM item WHERE gone IS NOT NULL"
					      " AND id = 'taken'"),
			 1);
	assert_int_equal(number_by_sql(world, "SELECT count(gone) FROM item"), 1);
	assert_int_equal(value_of(world, "posts", DAY + 35), 2);

	findings_item(&findings, ITEM_POST, "taken", at_clock(world->bogota, DAY + 35, 10));
	answer.origin.at = now + (int64_t)3 * DAY_SECONDS;
	list_posts(world, &answer, &findings, since, answer.origin.at);
	assert_int_equal(number_by_sql(world, "SELECT count(gone) FROM item"), 0);
	assert_int_equal(totals_of(world).origins, 1);
}

static void walk_of_several_pages_misses_nothing_it_listed_before(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	struct sweep_state sweep = { .running = true, .started = now };
	int64_t since = zone_midnight(world->bogota, DAY + 30);

	answer.state = &sweep;
	for (int walk = 0; walk < 3; walk++) {
		sweep.started = now + (int64_t)walk * DAY_SECONDS;
		for (int page = 0; page < 3; page++) {
			findings_reset(&findings);
			findings_item(&findings, ITEM_POST,
				      page == 0   ? "one"
				      : page == 1 ? "two"
						  : "three",
				      at_clock(world->bogota, DAY + 33 + page, 9));
			if (page == 2)
				findings_watch(&findings, ITEM_POST, since, now);
			answer.origin.at = sweep.started + page * (5 * HOUR);
			assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
		}
	}
	assert_int_equal(number_by_sql(world, "SELECT count(gone) FROM item"), 0);
	assert_int_equal(totals_of(world).items, 3);
}

static void publication_with_another_time_counts_once(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	int64_t since = zone_midnight(world->bogota, DAY + 30);

	findings_item(&findings, ITEM_POST, "p", at_clock(world->bogota, DAY + 35, 9));
	list_posts(world, &answer, &findings, since, now);
	findings.items[0].created = at_clock(world->bogota, DAY + 33, 9);
	list_posts(world, &answer, &findings, since, now);
	assert_int_equal(value_of(world, "posts", DAY + 33), 1);
	assert_int_equal(value_of(world, "posts", DAY + 35), 0);
	assert_int_equal(totals_of(world).items, 1);
}

/* A walk of three pages, newest first; only the last one tells what was watched. */
static void walk_pages(struct world *world, const struct item items[3], int64_t begun)
{
	struct sweep_state sweep = { .running = true, .started = begun };
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	days_add(&sweep.wanted, (struct window){ DAY + 30, 10 });
	answer.state = &sweep;
	for (int page = 0; page < 3; page++) {
		findings_reset(&findings);
		findings_item(&findings, ITEM_POST, items[page].id, items[page].created);
		if (page == 2)
			findings_watch(&findings, ITEM_POST, zone_midnight(world->bogota, DAY + 30),
				       begun);
		answer.origin.at = begun + page;
		if (store_answer(world->store, &answer, NULL, &world->err) < 0)
			fail_msg("%s", world->err.text);
	}
}

static void publication_with_another_time_counts_once_in_a_list_of_several_pages(void **state)
{
	struct world *world = *state;
	struct item items[3] = {
		{ ITEM_POST, "one", at_clock(world->bogota, DAY + 36, 9) },
		{ ITEM_POST, "two", at_clock(world->bogota, DAY + 35, 9) },
		{ ITEM_POST, "three", at_clock(world->bogota, DAY + 34, 9) },
	};
	struct store_totals first, second;

	walk_pages(world, items, now);
	/* back, to an earlier page */
	items[1].created = at_clock(world->bogota, DAY + 33, 9);
	walk_pages(world, items, now + DAY_SECONDS);
	assert_int_equal(totals_of(world).items, 3);
	assert_int_equal(value_of(world, "posts", DAY + 35), 0);
	assert_int_equal(value_of(world, "posts", DAY + 33), 1);
	/* on, to a later one; at once, not a sweep later */
	items[2].created = at_clock(world->bogota, DAY + 37, 9);
	walk_pages(world, items, now + DAY_SECONDS + HOUR);
	assert_int_equal(value_of(world, "posts", DAY + 34), 0);
	assert_int_equal(value_of(world, "posts", DAY + 37), 1);
	assert_int_equal(totals_of(world).items, 3);

	/* nothing without a trace, and nothing twice */
	assert_int_equal(number_by_sql(world, "SELECT count(*) FROM item_moved JOIN origin o"
					      " ON o.id = moved_by WHERE (item_moved.id = 'two'"
					      " AND created / 86400 = 20035) OR"
					      " (item_moved.id = 'three'"
					      " AND created / 86400 = 20034)"),
			 2);
	assert_int_equal(number_by_sql(world, "SELECT count(gone) FROM item"), 0);
	first = totals_of(world);
	assert_int_equal(first.revisions, 2);
	walk_pages(world, items, now + (int64_t)3 * DAY_SECONDS);
	second = totals_of(world);
	assert_memory_equal(&first, &second, sizeof(first));
	verify(world);
}

static void publication_with_another_time_on_its_day_in_utc_is_counted_under_it(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	struct changes changes;

	/* 23:00 and 01:00: two days in Bogota, one in UTC */
	findings_item(&findings, ITEM_POST, "p", at_clock(world->bogota, DAY + 7, 23));
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY),
		   zone_midnight(world->bogota, DAY + 10));
	findings.items[0].created += 2 * HOUR;
	assert_int_equal(store_answer(world->store, &answer, &changes, &world->err), 0);
	assert_int_equal(changes.items, 0);
	assert_int_equal(changes.revisions, 1);
	assert_int_equal(value_of(world, "posts", DAY + 7), 0);
	assert_int_equal(value_of(world, "posts", DAY + 8), 1);
	assert_int_equal(totals_of(world).items, 1);
	assert_int_equal(totals_of(world).revisions, 1);
	assert_int_equal(store_answer(world->store, &answer, &changes, &world->err), 0);
	assert_int_equal(changes.origin, 0);
	verify(world);
}

static void publication_that_comes_back_under_another_time_counts_once(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	findings_item(&findings, ITEM_POST, "back", at_clock(world->bogota, DAY + 35, 9));
	findings_item(&findings, ITEM_POST, "on", at_clock(world->bogota, DAY + 3, 9));
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY), now);

	/* to before what is walked: all that is seen is that it is gone */
	findings_reset(&findings);
	answer.origin.at = now + (int64_t)2 * DAY_SECONDS;
	findings_item(&findings, ITEM_POST, "on", at_clock(world->bogota, DAY + 38, 9));
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY + 30), now);
	assert_int_equal(number_by_sql(world, "SELECT count(gone) FROM item"), 1);

	/* those days are read again */
	findings_reset(&findings);
	answer.origin.at = now + (int64_t)4 * DAY_SECONDS;
	findings_item(&findings, ITEM_POST, "back", at_clock(world->bogota, DAY + 5, 9));
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY),
		   zone_midnight(world->bogota, DAY + 10));
	assert_int_equal(value_of(world, "posts", DAY + 35), 0);
	assert_int_equal(value_of(world, "posts", DAY + 5), 1);
	assert_int_equal(value_of(world, "posts", DAY + 38), 1);
	assert_int_equal(value_of(world, "posts", DAY + 3), 0);
	assert_int_equal(totals_of(world).items, 2);
	assert_int_equal(totals_of(world).revisions, 2);
	verify(world);
}

static void publication_listed_under_two_times_stays_where_it_was(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	struct changes changes;

	for (int i = 0; i < 2; i++) {
		findings_reset(&findings);
		findings_item(&findings, ITEM_POST, "p", at_clock(world->bogota, DAY + 5, 9));
		findings_item(&findings, ITEM_POST, "p", at_clock(world->bogota, DAY + 7, 9));
		findings_item(&findings, ITEM_POST, "p", at_clock(world->bogota, DAY + 7, 10));
		findings_watch(&findings, ITEM_POST, zone_midnight(world->bogota, DAY), now);
		answer.origin.at = now + (int64_t)i * 2 * DAY_SECONDS;
		assert_int_equal(store_answer(world->store, &answer, &changes, &world->err), 0);
		assert_int_equal(changes.items, i == 0);
		assert_int_equal(changes.revisions, 0);
	}
	assert_int_equal(value_of(world, "posts", DAY + 5), 1);
	assert_int_equal(value_of(world, "posts", DAY + 7), 0);
	verify(world);
}

static void counted_series_says_the_zone_its_days_are_of(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	SCOPED(history)
	struct history history = { 0 };
	struct answer answer = answer_of(&findings);

	/* Meta's insights, and the publications beside them */
	answer.channel.zone = "America/Los_Angeles";
	findings_sample(&findings, &metrics[VISITS], (struct window){ DAY, 1 }, 7, 0);
	findings_item(&findings, ITEM_POST, "p", at_clock(world->bogota, DAY, 1));
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY),
		   zone_midnight(world->bogota, DAY + 1));
	history_of(world, "facebook", NULL, (struct window){ DAY - 1, 3 }, &history);
	assert_int_equal(history.count, 2);
	for (size_t i = 0; i < history.count; i++) {
		const struct series *series = &history.series[i];

		assert_string_equal(series->zone, series->items == ITEM_POST
							  ? "America/Bogota"
							  : "America/Los_Angeles");
		assert_int_equal(series->count, 1);
		assert_int_equal(series->samples[0].window.first, DAY);
	}
}

static void stories_that_ended_are_not_gone(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	findings_item(&findings, ITEM_STORY, "s", now - 20 * HOUR);
	findings_watch(&findings, ITEM_STORY, now - 24 * HOUR, now);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	findings_reset(&findings);
	answer.origin.at = now + 48 * HOUR;
	findings_watch(&findings, ITEM_STORY, now - 24 * HOUR, now + 48 * HOUR);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	assert_int_equal(number_by_sql(world, "SELECT count(gone) FROM item"), 0);
}

static void another_page_leaves_the_publications_of_the_first_alone(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	SCOPED(history)
	struct history history = { 0 };
	struct answer answer = answer_of(&findings);
	int64_t changed = zone_midnight(world->bogota, DAY + 10) + 5 * HOUR;

	findings_item(&findings, ITEM_POST, "old", at_clock(world->bogota, DAY + 5, 9));
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY), changed);

	findings_reset(&findings);
	answer.channel.subject = "page 2";
	findings_item(&findings, ITEM_POST, "before", at_clock(world->bogota, DAY + 5, 9));
	findings_item(&findings, ITEM_POST, "after", at_clock(world->bogota, DAY + 12, 9));
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY),
		   zone_midnight(world->bogota, DAY + 20));
	assert_int_equal(totals_of(world).items, 2);
	assert_int_equal(value_of(world, "posts", DAY + 5), 1);
	assert_int_equal(value_of(world, "posts", DAY + 10), -1); /* half of each */
	assert_int_equal(value_of(world, "posts", DAY + 12), 1);
	history_of(world, "facebook", "posts", (struct window){ DAY, 20 }, &history);
	assert_int_equal(history.series[0].definition_count, 2);
	assert_int_equal(history.series[0].definitions[1].first, DAY + 11);
	verify(world);
}

static void publication_of_the_future_is_refused(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	findings_item(&findings, ITEM_POST, "a", now + 25 * HOUR);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_string_equal(
		world->err.text,
		"itagui/facebook: publication a is of the future: 2024-11-14T16:00:00Z");
	assert_int_equal(totals_of(world).items, 0);
}

/* --- the file */

static void files_are_for_the_user_and_its_group_whatever_the_umask(void **state)
{
	struct world *world = *state;
	static const char *const ends[] = { "", "-wal", "-shm", ".collector" };
	char path[128];
	struct stat status;
	mode_t before = umask(077);

	close_it(world);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", world->path, ends[i]);
		(void)unlink(path);
	}
	open_as(world, STORE_COLLECT);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	(void)umask(before);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", world->path, ends[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0660);
	}
}

static void by_sql(struct world *world, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

static void refused_to_open(struct world *world, enum store_mode mode, const char *words)
{
	struct store *store = NULL;
	char text[512];

	(void)snprintf(text, sizeof(text), "%s%s", world->path, words);
	assert_int_equal(store_open(world->path, mode, &store, &world->err), -1);
	assert_null(store);
	assert_string_equal(world->err.text, text);
}

static void newer_schema_is_refused_with_both_versions(void **state)
{
	struct world *world = *state;

	close_it(world);
	by_sql(world, "PRAGMA user_version = 99");
	refused_to_open(
		world, STORE_PERSON,
		" has schema version 99 and this program knows up to 2: install the metricsd "
		"that wrote it, or a newer one");
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_int_equal(number_by_sql(world, "PRAGMA user_version"), 99);
}

static void older_schema_is_brought_up_step_by_step(void **state)
{
	struct world *world = *state;
	const char *const scripts[] = { schema_scripts[0], schema_scripts[1],
					"ALTER TABLE account ADD motto TEXT",
					"CREATE TABLE half (a); nonsense" };

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", NULL), 0);
	assert_int_equal(schema_migrate(world->store, scripts, 3, &world->err), 0);
	assert_int_equal(number_by_sql(world, "PRAGMA user_version"), 3);
	assert_int_equal(number_by_sql(world, "SELECT count(*) FROM account WHERE motto IS NULL"),
			 1);
	assert_int_equal(value_of(world, "visits", DAY), 7);
	assert_int_equal(schema_migrate(world->store, scripts, 3, &world->err), 0);

	/* a step that fails leaves nothing of itself */
	assert_int_equal(schema_migrate(world->store, scripts, 4, &world->err), -1);
	assert_non_null(strstr(world->err.text, "bringing it from schema version 3 to 4"));
	assert_int_equal(number_by_sql(world, "PRAGMA user_version"), 3);
	assert_int_equal(
		number_by_sql(world, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

static void database_of_another_program_is_left_alone(void **state)
{
	struct world *world = *state;

	close_it(world);
	(void)unlink(world->path);
	by_sql(world, "CREATE TABLE theirs (a)");
	refused_to_open(world, STORE_COLLECT,
			" is a database of another program: move it away, or name another state "
			"directory");
	assert_int_equal(number_by_sql(world, "SELECT count(*) FROM sqlite_schema"), 1);
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	SCOPED(file)
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
}

static void file_that_is_no_database_is_refused(void **state)
{
	struct world *world = *state;
	char bytes[8192];

	close_it(world);
	memset(bytes, 'x', sizeof(bytes));
	write_file(world->path, bytes, sizeof(bytes));
	refused_to_open(world, STORE_COLLECT,
			" is not a database of metricsd: move it away, or name another state "
			"directory");
}

static void truncated_file_is_refused(void **state)
{
	struct world *world = *state;
	struct store *store = NULL;
	struct stat status;

	for (int32_t day = DAY - 900; day < DAY; day++)
		assert_int_equal(
			tell(world, VISITS, (struct window){ day, 1 }, day, "page 1", NULL), 0);
	close_it(world);
	assert_int_equal(stat(world->path, &status), 0);
	assert_int_equal(truncate(world->path, status.st_size / 8192 * 4096), 0);
	for (enum store_mode mode = STORE_READ; mode <= STORE_COLLECT; mode++) {
		assert_int_equal(store_open(world->path, mode, &store, &world->err), -1);
		assert_non_null(strstr(world->err.text, "is damaged"));
		assert_non_null(strstr(world->err.text, "restore the last backup"));
	}
	assert_int_equal(truncate(world->path, 20000), 0);
	assert_int_equal(store_open(world->path, STORE_PERSON, &store, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_OURS);
}

/* As a full disk or a kill leaves it: half a page behind the file, all of it in the log. */
static void checkpoint_that_was_cut_off_in_a_page_is_finished_at_the_next_start(void **state)
{
	struct world *world = *state;
	struct stat status;
	int ends;
	pid_t child;

	close_it(world);
	child = fork();
	if (child == 0) {
		open_as(world, STORE_COLLECT);
		_exit(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", NULL) < 0);
	}
	assert_int_equal(waitpid(child, &ends, 0), child);
	assert_int_equal(ends, 0);
	for (enum store_mode mode = STORE_READ; mode <= STORE_COLLECT; mode++) {
		if (mode < STORE_COLLECT) {
			assert_int_equal(stat(world->path, &status), 0);
			assert_int_equal(truncate(world->path, status.st_size + 1000), 0);
		}
		open_as(world, mode);
		assert_int_equal(store_verify(world->store, &world->err), 0);
		close_it(world);
	}
	assert_int_equal(stat(world->path, &status), 0);
	assert_int_equal(status.st_size % 4096, 0);
}

static void damage_after_an_unclean_end_is_found_at_the_start(void **state)
{
	struct world *world = *state;
	struct store *store = NULL;
	struct stat status;
	char path[128];
	int fd;

	for (int32_t day = DAY - 900; day < DAY; day++)
		assert_int_equal(
			tell(world, VISITS, (struct window){ day, 1 }, day, "page 1", NULL), 0);
	close_it(world);
	assert_int_equal(stat(world->path, &status), 0);
	fd = open(world->path, O_WRONLY);
	assert_int_equal(pwrite(fd, path, 100, status.st_size - 4096), 100);
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s.collector", world->path);
	write_file(path, "1234\n", 5);
	for (int i = 0; i < 2; i++) { /* the mark stays until it is well */
		assert_int_equal(store_open(world->path, STORE_COLLECT, &store, &world->err), -1);
		assert_non_null(strstr(world->err.text, "is damaged"));
	}
}

static void reading_wants_a_file_and_never_writes(void **state)
{
	struct world *world = *state;

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", NULL), 0);
	close_it(world);
	open_as(world, STORE_READ);
	assert_int_equal(value_of(world, "visits", DAY), 7);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 8, "page 1", NULL), -1);
	assert_int_equal(store_begin(world->store, &world->err), -1);
	close_it(world);
	(void)unlink(world->path);
	refused_to_open(world, STORE_READ,
			": No such file or directory: nothing was collected or entered yet?");
}

static void directory_that_is_not_there_is_named_with_how_to_create_it(void **state)
{
	static const enum store_mode modes[] = { STORE_COLLECT, STORE_PERSON, STORE_READ };
	struct world *world = *state;
	struct store *store = NULL;
	char path[128], words[512];

	(void)snprintf(path, sizeof(path), "%s/none/metrics.db", world->directory);
	(void)snprintf(
		words, sizeof(words),
		"%s/none is not there: create it: install -d -m 2770 -o metricsd -g metricsd "
		"%s/none",
		world->directory, world->directory);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(store_open(path, modes[i], &store, &world->err), -1);
		assert_string_equal(world->err.text, words);
	}
}

/* What nobody, who is in no group of ours, hears who opens the store. */
static void assert_hears(struct world *world, enum store_mode mode, const char *text)
{
	struct store *store = NULL;
	uid_t user = geteuid();
	gid_t group = getegid();
	int result;

	/* root may everything: be nobody for a moment */
	assert_int_equal(user == 0 ? setegid(65534) : 0, 0);
	assert_int_equal(user == 0 ? seteuid(65534) : 0, 0);
	result = store_open(world->path, mode, &store, &world->err);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(setegid(group), 0);
	assert_int_equal(result, -1);
	assert_memory_equal(world->err.text, text, strlen(text));
}

static void assert_nobody_hears(struct world *world, enum store_mode mode, const char *path,
				const char *words)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%s: %s", path, words);
	assert_hears(world, mode, text);
}

static void who_may_not_use_the_directory_or_the_file_hears_who_may(void **state)
{
	static const enum store_mode modes[] = { STORE_COLLECT, STORE_PERSON, STORE_READ };
	/* nobody is a service, not somebody who logs in */
	static const char members[] =
		"only members of its group may read and write it: as root, usermod -aG root "
		"nobody, then start again what runs as that user";
	struct world *world = *state;
	char owner[256];

	close_it(world);
	for (size_t i = 0; geteuid() == 0 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(world->directory, 0770), 0);
		assert_nobody_hears(world, modes[i], world->directory, members);
		assert_int_equal(chmod(world->directory, 0700), 0);
		(void)snprintf(owner, sizeof(owner),
			       "only its owner, root, may read and write it (mode 0700). If it is "
			       "metricsd's, as root: chown metricsd:metricsd %s and chmod 2770 %s; "
			       "else name a state_directory of your own",
			       world->directory, world->directory);
		assert_nobody_hears(world, modes[i], world->directory, owner);
	}
	if (geteuid() == 0) {
		assert_int_equal(chmod(world->directory, 0777), 0);
		assert_nobody_hears(world, STORE_PERSON, world->path, members);
		assert_nobody_hears(world, STORE_READ, world->path, members);
	} else {
		assert_int_equal(chmod(world->directory, 0), 0);
		assert_nobody_hears(world, STORE_READ, world->directory, "only its owner, ");
	}
	assert_int_equal(chmod(world->directory, 0700), 0);
}

/* A directory that does not hand its group on, and root was the first to enter a figure. */
static void whoever_owns_the_directory_hears_that_roots_file_is_a_stray(void **state)
{
	struct world *world = *state;
	char words[512];

	if (geteuid() != 0)
		skip();
	close_it(world);
	assert_int_equal(chown(world->directory, 65534, 65534), 0);
	(void)snprintf(
		words, sizeof(words),
		"%s belongs to root:root, not to nobody:nogroup as its directory does: as "
		"root, chown nobody:nogroup %s* and chmod 2770 %s, by which what others make "
		"there is the group's",
		world->path, world->path, world->directory);
	assert_hears(world, STORE_PERSON, words);
	assert_hears(world, STORE_READ, words);
	assert_int_equal(chown(world->directory, 0, 0), 0);
}

static void second_collector_is_refused_while_the_first_lives(void **state)
{
	struct world *world = *state;
	struct store *second = NULL;
	char words[256];

	(void)snprintf(words, sizeof(words),
		       "another metricsd (process %ld) collects into %s: ask it with metricsctl "
		       "collect, or stop it first",
		       (long)getpid(), world->path);
	assert_int_equal(store_open(world->path, STORE_COLLECT, &second, &world->err), -1);
	assert_string_equal(world->err.text, words);
	close_it(world);
	open_as(world, STORE_COLLECT);
}

static void collector_never_waits_for_a_lock(void **state)
{
	struct world *world = *state;
	struct store *person = NULL;

	assert_int_equal(store_open(world->path, STORE_PERSON, &person, &world->err), 0);
	assert_int_equal(store_begin(person, &world->err), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), -1);
	assert_int_equal(world->err.class, ERROR_BUSY);
	store_rollback(person);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	store_close(person);
}

static struct entry entry_of(const char *account, int metric, struct window window, int64_t value)
{
	return (struct entry){ .entity = "itagui",
			       .account = account,
			       .source = "manual",
			       .zone = "America/Bogota",
			       .metric = &hand_metrics[metric],
			       .window = window,
			       .value = value };
}

static const struct origin ana = {
	.kind = ORIGIN_PERSON, .at = now, .by = "ana", .note = "read off the screen"
};

static void person_waits_for_the_collector(void **state)
{
	struct world *world = *state;
	struct entry entry = entry_of("x", 0, (struct window){ DAY, 31 }, 46);
	struct store *person = NULL;
	int told[2];
	char byte;
	pid_t child;
	int status;

	close_it(world);
	assert_int_equal(pipe(told), 0);
	child = fork();
	if (child == 0) {
		struct store *store;

		if (store_open(world->path, STORE_COLLECT, &store, &world->err) < 0 ||
		    store_begin(store, &world->err) < 0 || write(told[1], "x", 1) != 1)
			_exit(1);
		(void)usleep(50000);
		_exit(store_commit(store, &world->err) < 0);
	}
	assert_int_equal(read(told[0], &byte, 1), 1);
	assert_int_equal(store_open(world->path, STORE_PERSON, &person, &world->err), 0);
	assert_int_equal(store_enter(person, &entry, 1, &ana, NULL, &world->err), 0);
	store_close(person);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)close(told[0]);
	(void)close(told[1]);
}

static void refused_answer_leaves_the_others_of_the_transaction(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	assert_int_equal(store_begin(world->store, &world->err), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	findings_sample(&findings, &metrics[VISITS], (struct window){ DAY, 1 }, 5, 0);
	findings_sample(&findings, &metrics[FOLLOWERS], (struct window){ DAY, 1 }, 5, 0);
	findings_sample(&findings, &metrics[VIEWERS], (struct window){ DAY + 400, 1 }, 5, 0);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY + 1, 1 }, 2, "page 1", NULL), 0);
	assert_int_equal(store_commit(world->store, &world->err), 0);
	assert_int_equal(value_of(world, "visits", DAY), 1);
	assert_int_equal(value_of(world, "visits", DAY + 1), 2);
	assert_int_equal(totals_of(world).series, 1);
	verify(world);
}

static void each_answer_of_a_transaction_is_the_origin_of_its_own_numbers(void **state)
{
	struct world *world = *state;
	struct changes first, second, third;
	SCOPED(history)
	struct history history = { 0 };

	assert_int_equal(store_begin(world->store, &world->err), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 5, "page 1", &first), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY + 1, 1 }, 6, "page 1", &second),
			 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", &third), 0);
	assert_int_equal(store_commit(world->store, &world->err), 0);
	assert_true(first.origin < second.origin && second.origin < third.origin);
	history_of(world, "facebook", "visits", (struct window){ DAY, 2 }, &history);
	assert_int_equal(history.series[0].samples[0].origin, third.origin);
	assert_int_equal(history.series[0].samples[1].origin, second.origin);
}

static void full_disk_keeps_nothing_of_the_transaction(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	for (int32_t day = DAY - 5000; day < DAY; day++)
		findings_sample(&findings, &metrics[VISITS], (struct window){ day, 1 }, 1, 0);
	assert_int_equal(
		sqlite3_exec(world->store->db, "PRAGMA max_page_count = 30", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(store_begin(world->store, &world->err), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY + 1, 1 }, 2, "page 1", NULL), 0);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_non_null(strstr(world->err.text, "the disk is full"));
	assert_int_equal(tell(world, VISITS, (struct window){ DAY + 2, 1 }, 3, "page 1", NULL), -1);
	assert_int_equal(store_commit(world->store, &world->err), -1);
	assert_non_null(strstr(world->err.text, "the disk is full"));
	assert_int_equal(totals_of(world).samples, 1);

	/* room again: it goes on */
	assert_int_equal(
		sqlite3_exec(world->store->db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	assert_int_equal(totals_of(world).samples, 5001);
	verify(world);
}

static void cursor_over_its_ceiling_is_refused(void **state)
{
	struct world *world = *state;
	struct sweep_state sweep = { .cursor = { .failed = true } };
	struct answer answer = answer_of(NULL);

	answer.state = &sweep;
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), -1);
	assert_string_equal(world->err.text, "itagui/facebook: its cursor is over 8192 bytes");
}

/* What an answer of account `name` says of where its sweep is. */
static void move_on(struct world *world, const char *name, const char *cursor)
{
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	struct sweep_state sweep = { .running = true, .started = now };

	text_set(&sweep.cursor, cursor);
	answer.channel.account = name;
	answer.state = &sweep;
	findings_sample(&findings, &metrics[VISITS], (struct window){ DAY, 1 }, 1, 0);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	sweep_state_clear(&sweep);
}

static void expect_cursor(struct world *world, const char *name, const char *cursor)
{
	struct sweep_state back;

	assert_int_equal(
		store_sweep_load(world->store, "itagui", name, SWEEP_DAILY, &back, &world->err), 0);
	assert_string_equal(text_str(&back.cursor), cursor);
	assert_true(back.running == (*cursor != '\0'));
	sweep_state_clear(&back);
}

static void cursors_of_a_transaction_are_kept_or_lost_with_its_numbers(void **state)
{
	struct world *world = *state;
	struct channel channel = answer_of(NULL).channel;
	struct sweep_state done = { .last_success = now };

	assert_int_equal(store_begin(world->store, &world->err), 0);
	move_on(world, "facebook", "1");
	move_on(world, "other", "a");
	expect_cursor(world, "facebook", "1");
	move_on(world, "facebook", "2");
	move_on(world, "third", "x");
	channel.account = "third";
	assert_int_equal(store_sweep_done(world->store, &channel, SWEEP_DAILY, &done, NULL, now,
					  &world->err),
			 0);
	assert_int_equal(store_commit(world->store, &world->err), 0);
	expect_cursor(world, "facebook", "2");
	expect_cursor(world, "other", "a");
	expect_cursor(world, "third", ""); /* it is over */

	assert_int_equal(store_begin(world->store, &world->err), 0);
	move_on(world, "facebook", "3");
	store_rollback(world->store);
	expect_cursor(world, "facebook", "2");
	verify(world);
}

static void what_is_rolled_back_is_forgotten(void **state)
{
	struct world *world = *state;

	assert_int_equal(store_begin(world->store, &world->err), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	store_rollback(world->store);
	assert_int_equal(totals_of(world).series, 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	assert_int_equal(value_of(world, "visits", DAY), 1);
	verify(world);
}

static void what_another_program_wrote_is_seen(void **state)
{
	struct world *world = *state;
	struct store *person = NULL;

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	assert_int_equal(store_open(world->path, STORE_PERSON, &person, &world->err), 0);
	assert_int_equal(store_rename(person, "itagui", "facebook", "fb", &world->err), 0);
	store_close(person);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 1, "page 1", NULL), 0);
	assert_int_equal(totals_of(world).series, 2);
}

/* --- sweeps, states, holds, refused answers */

static void sweep_and_metric_states_survive_reopening(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	struct metric_states states = { 0 };
	struct sweep_state sweep = { .running = true,
				     .started = 5,
				     .due = 6,
				     .last_success = 7,
				     .last_failure = 8,
				     .failures = 9,
				     .class = ERROR_THROTTLED };
	struct sweep_state back = { 0 };
	struct metric_states states_back;

	days_add(&sweep.wanted, (struct window){ DAY, 3 });
	days_add(&sweep.wanted, (struct window){ DAY + 9, 1 });
	text_set(&sweep.cursor, "posts after=abc");
	text_set(&sweep.words, "slow down");
	states.items[VIEWERS] = (struct metric_state){ METRIC_RETIRED, DAY, now, "(#100) no such" };
	answer.state = &sweep;
	answer.states = &states;
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	close_it(world);
	open_as(world, STORE_COLLECT);
	assert_int_equal(store_sweep_load(world->store, "itagui", "facebook", SWEEP_DAILY, &back,
					  &world->err),
			 0);
	assert_memory_equal(&back.wanted, &sweep.wanted, sizeof(back.wanted));
	assert_string_equal(text_str(&back.cursor), "posts after=abc");
	assert_string_equal(text_str(&back.words), "slow down");
	assert_true(back.running);
	assert_int_equal(back.started, 5);
	assert_int_equal(back.due, 6);
	assert_int_equal(back.last_success, 7);
	assert_int_equal(back.last_failure, 8);
	assert_int_equal(back.failures, 9);
	assert_int_equal(back.class, ERROR_THROTTLED);
	assert_int_equal(store_metric_states(world->store, "itagui", "facebook", metrics,
					     &states_back, &world->err),
			 0);
	assert_memory_equal(&states_back, &states, sizeof(states));

	/* alive again: nothing of it stays */
	states.items[VIEWERS] = (struct metric_state){ 0 };
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	assert_int_equal(store_metric_states(world->store, "itagui", "facebook", metrics,
					     &states_back, &world->err),
			 0);
	assert_memory_equal(&states_back, &states, sizeof(states));
	assert_int_equal(number_by_sql(world, "SELECT count(*) FROM metric_state"), 0);
	sweep_state_clear(&back);

	/* another sweep of it, or another account, has none */
	assert_int_equal(store_sweep_load(world->store, "itagui", "facebook", SWEEP_WATCH, &back,
					  &world->err),
			 0);
	assert_false(back.running);
	assert_int_equal(back.due, 0);
	sweep_state_clear(&back);
	sweep_state_clear(&sweep);
}

static void sweep_that_ended_well_has_read_its_days(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	struct sweep_state sweep = { .last_success = now };
	struct days wanted = { 0 };
	int64_t at[5];

	days_add(&wanted, (struct window){ DAY, 2 });
	days_add(&wanted, (struct window){ DAY + 3, 1 });
	assert_int_equal(store_sweep_done(world->store, &answer.channel, SWEEP_WATCH, &sweep,
					  &wanted, now - 1, &world->err),
			 0);
	assert_int_equal(store_sweep_done(world->store, &answer.channel, SWEEP_DAILY, &sweep,
					  &wanted, now, &world->err),
			 0);
	assert_int_equal(store_readings(world->store, "itagui", "facebook",
					(struct window){ DAY, 5 }, at, &world->err),
			 0);
	assert_int_equal(at[0], now);
	assert_int_equal(at[1], now);
	assert_int_equal(at[2], 0);
	assert_int_equal(at[3], now);
	assert_int_equal(at[4], 0);
	assert_int_equal(store_sweep_load(world->store, "itagui", "facebook", SWEEP_DAILY, &sweep,
					  &world->err),
			 0);
	assert_int_equal(sweep.last_success, now);
	sweep_state_clear(&sweep);
}

static void holds_survive_reopening_until_they_end(void **state)
{
	struct world *world = *state;
	struct held app = { HOLD_APP, "facebook", now + 100, "usage 97 %" };
	struct held token = { HOLD_TOKEN, "page", INT64_MAX, "(#190) expired" };
	struct held *holds;
	size_t count;

	assert_int_equal(store_hold(world->store, &app, &world->err), 0);
	assert_int_equal(store_hold(world->store, &token, &world->err), 0);
	close_it(world);
	open_as(world, STORE_COLLECT);
	assert_int_equal(store_holds(world->store, now, &holds, &count, &world->err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(holds[0].scope, HOLD_APP);
	assert_string_equal(holds[0].key, "facebook");
	assert_int_equal(holds[0].until, now + 100);
	assert_string_equal(holds[0].why, "usage 97 %");
	assert_int_equal(holds[1].scope, HOLD_TOKEN);
	assert_true(holds[1].until == INT64_MAX);
	free(holds);
	token.until = 0;
	assert_int_equal(store_hold(world->store, &token, &world->err), 0);
	assert_int_equal(store_holds(world->store, now + 100, &holds, &count, &world->err), 0);
	assert_int_equal(count, 0);
	free(holds);
}

static void refused_bodies_stay_under_their_ceilings(void **state)
{
	struct world *world = *state;
	struct answer answer = answer_of(NULL);
	size_t length = 300 << 10;
	SCOPED(memory)
	char *body = memory_new(length, 1);

	memset(body, '{', length);
	assert_int_equal(store_begin(world->store, &world->err), 0);
	for (int i = 0; i < 70; i++)
		assert_int_equal(store_refuse(world->store, &answer.channel, now + i, "insights",
					      200, "not JSON", body, length, &world->err),
				 0);
	assert_int_equal(store_commit(world->store, &world->err), 0);
	assert_int_equal(number_by_sql(world, "SELECT max(length(body)) FROM refused"), 256 << 10);
	assert_int_equal(number_by_sql(world, "SELECT min(length) FROM refused"), 300 << 10);
	assert_true(number_by_sql(world, "SELECT sum(length(body)) FROM refused") <= 16 << 20);
	assert_int_equal(totals_of(world).refused, 63);
	assert_int_equal(number_by_sql(world, "SELECT max(at) FROM refused"), now + 69);

	/* a month later they are gone */
	assert_int_equal(store_refuse(world->store, &answer.channel,
				      now + (int64_t)31 * DAY_SECONDS, "insights", 500, "later", "",
				      0, &world->err),
			 0);
	assert_int_equal(totals_of(world).refused, 1);
}

/* --- people */

static void entering_again_changes_nothing_and_another_value_revises(void **state)
{
	struct world *world = *state;
	struct entry entries[] = {
		entry_of("x", 0, (struct window){ DAY - 3, 31 }, 46),
		entry_of("x", 1, (struct window){ DAY - 3, 31 }, 2106),
	};
	struct kept_entry *kept;
	struct changes changes;
	size_t count;

	assert_int_equal(store_enter(world->store, entries, 2, &ana, &changes, &world->err), 0);
	assert_int_equal(changes.samples, 2);
	assert_int_equal(changes.origin, 1);
	assert_int_equal(store_enter(world->store, entries, 2, &ana, &changes, &world->err), 0);
	assert_int_equal(changes.origin, 0);
	entries[1].value = 2200;
	entries[1].below = entries[1].above = 50;
	assert_int_equal(store_enter(world->store, entries, 2, &ana, &changes, &world->err), 0);
	assert_int_equal(changes.revisions, 1);
	assert_int_equal(changes.samples, 0);
	assert_int_equal(changes.origin, 2);

	assert_int_equal(store_entries(world->store, "itagui", "x", &kept, &count, &world->err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(kept[0].origin, 2);
	assert_int_equal(kept[0].value, 2200);
	assert_int_equal(kept[0].above, 50);
	assert_string_equal(kept[0].metric, "views");
	assert_string_equal(kept[0].by, "ana");
	assert_string_equal(kept[0].note, "read off the screen");
	assert_null(kept[0].evidence);
	assert_int_equal(kept[1].origin, 1);
	assert_int_equal(kept[1].value, 46);
	assert_int_equal(kept[1].window.days, 31);
	entries_free(kept, count);
	assert_int_equal(store_entries(world->store, NULL, NULL, &kept, &count, &world->err), 0);
	assert_int_equal(count, 2);
	entries_free(kept, count);
	verify(world);
}

static void entries_are_kept_all_or_none(void **state)
{
	struct world *world = *state;
	struct entry entries[] = {
		entry_of("x", 0, (struct window){ DAY, 1 }, 46),
		entry_of("whatsapp", 1, (struct window){ DAY + 60, 31 }, 2106),
	};

	assert_int_equal(store_enter(world->store, entries, 2, &ana, NULL, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_int_equal(totals_of(world).samples, 0);
	assert_int_equal(totals_of(world).series, 0);
}

static void entered_number_stands_beside_the_counted_ones(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	SCOPED(history)
	struct history history = { 0 };
	struct answer answer = answer_of(&findings);
	struct entry entry = entry_of("facebook", 0, (struct window){ DAY, 2 }, 46);

	entry.metric = &metrics[3]; /* the collector's, counted over items */
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY),
		   zone_midnight(world->bogota, DAY + 2));
	assert_int_equal(store_enter(world->store, &entry, 1, &ana, NULL, &world->err), 0);
	history_of(world, "facebook", "posts", (struct window){ DAY, 2 }, &history);
	assert_int_equal(history.count, 2);
	assert_int_equal(history.series[0].count, 2);
	assert_int_equal(history.series[0].samples[0].value, 0);
	assert_int_equal(history.series[1].items, ITEM_NONE);
	assert_string_equal(history.series[1].source, "manual");
	assert_int_equal(history.series[1].samples[0].value, 46);
}

static void withdrawn_entry_is_gone_and_leaves_its_trace(void **state)
{
	struct world *world = *state;
	struct entry entry = entry_of("x", 0, (struct window){ DAY, 31 }, 46);
	struct kept_entry *kept;
	struct changes changes;
	size_t count;

	assert_int_equal(store_enter(world->store, &entry, 1, &ana, &changes, &world->err), 0);
	assert_int_equal(store_withdraw(world->store, 17, &ana, NULL, &world->err), -1);
	assert_string_equal(world->err.text, "there is no entry 17");
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_int_equal(store_withdraw(world->store, changes.origin, &ana, &changes, &world->err),
			 0);
	assert_int_equal(changes.revisions, 1);
	assert_int_equal(changes.origin, 2);
	assert_int_equal(totals_of(world).samples, 0);
	assert_int_equal(totals_of(world).revisions, 1);
	assert_int_equal(store_entries(world->store, "itagui", "x", &kept, &count, &world->err), 0);
	assert_int_equal(count, 0);
	entries_free(kept, count);
	assert_int_equal(store_withdraw(world->store, 1, &ana, NULL, &world->err), -1);
	assert_string_equal(
		world->err.text,
		"entry 1 does not stand any more: it was withdrawn or replaced by a later one");
	verify(world);

	/* and can be entered again */
	assert_int_equal(store_enter(world->store, &entry, 1, &ana, &changes, &world->err), 0);
	assert_int_equal(changes.samples, 1);
	verify(world);
}

static void collected_numbers_cannot_be_withdrawn(void **state)
{
	struct world *world = *state;
	struct changes changes;

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", &changes), 0);
	assert_int_equal(store_withdraw(world->store, changes.origin, &ana, NULL, &world->err), -1);
	assert_int_equal(value_of(world, "visits", DAY), 7);
}

static void renamed_account_takes_its_series_along(void **state)
{
	struct world *world = *state;
	SCOPED(history)
	struct history history = { 0 };
	struct sweep_state sweep = { .due = 1 };

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", NULL), 0);
	assert_int_equal(
		store_sweep_save(world->store, "itagui", "fb", SWEEP_DAILY, &sweep, &world->err),
		0);
	assert_int_equal(store_rename(world->store, "itagui", "facebook", "fb", &world->err), 0);
	assert_int_equal(store_rename(world->store, "itagui", "facebook", "fb", &world->err), 0);
	history_of(world, "fb", "visits", (struct window){ DAY, 1 }, &history);
	assert_int_equal(history.series[0].samples[0].value, 7);
	verify(world);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 8, "page 1", NULL), 0);
	assert_int_equal(store_rename(world->store, "itagui", "facebook", "fb", &world->err), -1);
	assert_string_equal(world->err.text,
			    "itagui/fb cannot take over the series of itagui/facebook: both have "
			    "numbers of visits (facebook); withdraw those of one of them, take "
			    "renamed_from out, or give one of them another id");
	assert_int_equal(value_of(world, "visits", DAY), 8);
	verify(world);
}

static struct origin an_hour_later(const struct origin *origin)
{
	struct origin later = *origin;

	later.at += HOUR;
	return later;
}

static void account_entered_under_its_new_name_first_takes_the_old_series_along(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	SCOPED(history)
	struct history history = { 0 };
	struct answer answer = answer_of(&findings);
	struct entry entry = entry_of("fb", 1, (struct window){ DAY, 31 }, 2106);
	struct sweep_state old = { .due = 7, .last_success = now };
	struct sweep_state new = { .due = 8 };
	struct held held = { HOLD_ACCOUNT, "itagui/facebook", now + HOUR, "(#10) not allowed" };
	struct days wanted = { 0 };
	struct held *holds;
	int64_t read;
	size_t count;

	days_add(&wanted, (struct window){ DAY, 1 });
	findings_sample(&findings, &metrics[VISITS], (struct window){ DAY, 1 }, 7, 0);
	findings_item(&findings, ITEM_POST, "p", at_clock(world->bogota, DAY, 9));
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY),
		   zone_midnight(world->bogota, DAY + 1));
	assert_int_equal(store_sweep_done(world->store, &answer.channel, SWEEP_DAILY, &old, &wanted,
					  now, &world->err),
			 0);
	assert_int_equal(store_hold(world->store, &held, &world->err), 0);
	assert_int_equal(store_enter(world->store, &entry, 1, &ana, NULL, &world->err), 0);
	assert_int_equal(
		store_sweep_save(world->store, "itagui", "fb", SWEEP_DAILY, &new, &world->err), 0);

	if (store_rename(world->store, "itagui", "facebook", "fb", &world->err) < 0)
		fail_msg("%s", world->err.text);
	assert_int_equal(number_by_sql(world, "SELECT count(*) FROM account"), 1);
	history_of(world, "fb", NULL, (struct window){ DAY, 1 }, &history);
	assert_int_equal(history.count, 3);
	for (size_t i = 0; i < history.count; i++)
		assert_int_equal(history.series[i].count, 1);
	assert_int_equal(store_readings(world->store, "itagui", "fb", (struct window){ DAY, 1 },
					&read, &world->err),
			 0);
	assert_int_equal(read, now);
	assert_int_equal(
		store_sweep_load(world->store, "itagui", "fb", SWEEP_DAILY, &old, &world->err), 0);
	assert_int_equal(old.due, 7);
	sweep_state_clear(&old);
	assert_int_equal(store_holds(world->store, now, &holds, &count, &world->err), 0);
	assert_int_equal(count, 1);
	assert_string_equal(holds[0].key, "itagui/fb");
	free(holds);
	verify(world);

	/* and goes on under the new name, with nothing told twice */
	answer.channel.account = "fb";
	list_posts(world, &answer, &findings, zone_midnight(world->bogota, DAY),
		   zone_midnight(world->bogota, DAY + 1));
	assert_int_equal(totals_of(world).series, 3);
	assert_int_equal(totals_of(world).samples, 2);
	assert_int_equal(totals_of(world).items, 1);
	verify(world);
}

static void series_emptied_by_withdrawing_does_not_keep_an_account_from_its_name(void **state)
{
	struct world *world = *state;
	SCOPED(history)
	struct history history = { 0 };
	struct entry old = entry_of("x", 1, (struct window){ DAY, 31 }, 2106);
	struct entry new = entry_of("twitter", 1, (struct window){ DAY, 31 }, 2200);
	struct origin later = an_hour_later(&ana);
	struct changes changes;

	assert_int_equal(store_enter(world->store, &old, 1, &ana, NULL, &world->err), 0);
	assert_int_equal(store_enter(world->store, &new, 1, &ana, &changes, &world->err), 0);
	assert_int_equal(store_rename(world->store, "itagui", "x", "twitter", &world->err), -1);
	assert_non_null(strstr(world->err.text, "both have numbers of views (manual)"));
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_int_equal(store_withdraw(world->store, changes.origin, &later, NULL, &world->err),
			 0);
	if (store_rename(world->store, "itagui", "x", "twitter", &world->err) < 0)
		fail_msg("%s", world->err.text);
	history_of(world, "twitter", "views", (struct window){ DAY, 31 }, &history);
	assert_int_equal(history.count, 1);
	assert_int_equal(history.series[0].samples[0].value, 2106);
	/* what was withdrawn leaves its trace all the same */
	assert_int_equal(totals_of(world).series, 1);
	assert_int_equal(totals_of(world).revisions, 1);
	assert_int_equal(number_by_sql(world, "SELECT count(*) FROM entry"), 2);
	verify(world);
}

static void entry_of_a_clock_that_was_ahead_can_be_withdrawn(void **state)
{
	struct world *world = *state;
	struct entry entry = entry_of("x", 0, (struct window){ DAY, 31 }, 46);
	struct entry other = entry_of("x", 1, (struct window){ DAY, 31 }, 2106);
	struct origin ahead = ana;
	struct changes bad;

	ahead.at = now + INT64_C(3) * 365 * DAY_SECONDS;
	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", NULL), 0);
	assert_int_equal(store_enter(world->store, &entry, 1, &ahead, &bad, &world->err), 0);
	assert_int_equal(store_enter(world->store, &other, 1, &ana, NULL, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_string_equal(
		world->err.text,
		"the clock went back: it is 2024-11-13T15:00:00Z and entry 2 was made at "
		"2027-11-13T15:00:00Z; nothing is stored until that is right: if the clock is slow "
		"now, set it; if it was fast then, `metricsctl withdraw 2` takes the entry back "
		"(`metricsctl entries` lists them)");
	assert_int_equal(tell(world, VISITS, (struct window){ DAY + 1, 1 }, 8, "page 1", NULL), -1);

	/* also within one transaction with what follows */
	assert_int_equal(store_begin(world->store, &world->err), 0);
	if (store_withdraw(world->store, bad.origin, &ana, NULL, &world->err) < 0)
		fail_msg("%s", world->err.text);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY + 1, 1 }, 8, "page 1", NULL), 0);
	assert_int_equal(store_commit(world->store, &world->err), 0);
	assert_int_equal(tell(world, VISITS, (struct window){ DAY + 2, 1 }, 9, "page 1", NULL), 0);
	assert_int_equal(store_enter(world->store, &other, 1, &ana, NULL, &world->err), 0);
	assert_int_equal(store_enter(world->store, &entry, 1, &ana, NULL, &world->err), 0);
	assert_int_equal(totals_of(world).samples, 5);
	assert_int_equal(totals_of(world).revisions, 1);
	verify(world);

	/* a clock that is slow now is refused as before */
	ahead.at = now - INT64_C(2) * DAY_SECONDS;
	entry.value++;
	assert_int_equal(store_enter(world->store, &entry, 1, &ahead, NULL, &world->err), -1);
}

/* --- histories */

enum { MODEL_ACCOUNTS = 12, MODEL_MAX = 6000 };

struct model {
	struct {
		int account, metric;
		struct window window;
		int64_t value;
	} samples[MODEL_MAX];
	size_t count;
	uint64_t seed;
};

static uint32_t pick(struct model *model, uint32_t below)
{
	model->seed = model->seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(model->seed >> 33) % below;
}

static void model_put(struct model *model, int account, int metric, struct window window,
		      int64_t value)
{
	for (size_t i = 0; i < model->count; i++) {
		if (model->samples[i].account == account && model->samples[i].metric == metric &&
		    model->samples[i].window.first == window.first &&
		    model->samples[i].window.days == window.days) {
			model->samples[i].value = value;
			return;
		}
	}
	assert_true(model->count < MODEL_MAX);
	model->samples[model->count].account = account;
	model->samples[model->count].metric = metric;
	model->samples[model->count].window = window;
	model->samples[model->count++].value = value;
}

static void model_answer(struct world *world, struct model *model)
{
	static const int32_t lengths[] = { 1, 1, 1, 1, 1, 1, 7, 28, 30, 31, 31, 365 };
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = answer_of(&findings);
	char name[32];
	int account = (int)pick(model, MODEL_ACCOUNTS);
	int metric = (int)pick(model, 3);
	int32_t first = DAY - 200 + (int32_t)pick(model, 230);
	int32_t days = lengths[pick(model, 12)];
	uint32_t count = 1 + pick(model, 6);

	for (uint32_t i = 0; i < count; i++) {
		struct window window = { first + (int32_t)i, days };

		if (window_end(window) > DAY + 40)
			break;
		findings_sample(&findings, &metrics[metric], window, pick(model, 9), 0);
		model_put(model, account, metric, window,
			  findings.samples[findings.sample_count - 1].sample.value);
	}
	(void)snprintf(name, sizeof(name), "account-%d", account);
	answer.channel.account = name;
	if (store_answer(world->store, &answer, NULL, &world->err) < 0)
		fail_msg("%s", world->err.text);
}

/* Every sample of the history is in the model, in order, and there are as many as overlap. */
static void compare(const struct history *history, const struct model *model, const int *accounts,
		    size_t account_count, const char *only, struct window window)
{
	size_t expected = 0;
	size_t found = 0;

	for (size_t i = 0; i < model->count; i++)
		for (size_t a = 0; a < account_count; a++)
			expected +=
				accounts[a] == model->samples[i].account &&
				window_common(model->samples[i].window, window).days > 0 &&
				(!only || strcmp(only, metrics[model->samples[i].metric].id) == 0);
	for (size_t s = 0; s < history->count; s++) {
		const struct series *series = &history->series[s];
		int metric = (int)(metric_find(metrics, series->metric) - metrics);

		found += series->count;
		for (size_t i = 0; i < series->count; i++) {
			const struct sample *sample = &series->samples[i];
			size_t m = 0;

			if (i > 0)
				assert_true(sample[-1].window.first < sample->window.first ||
					    (sample[-1].window.first == sample->window.first &&
					     sample[-1].window.days < sample->window.days));
			while (m < model->count &&
			       (model->samples[m].account != accounts[series->account] ||
				model->samples[m].metric != metric ||
				model->samples[m].window.first != sample->window.first ||
				model->samples[m].window.days != sample->window.days))
				m++;
			assert_true(m < model->count);
			assert_int_equal(sample->value, model->samples[m].value);
			assert_true(sample->origin > 0);
		}
	}
	assert_int_equal(found, expected);
}

static void history_equals_a_naive_model(void **state)
{
	struct world *world = *state;
	struct model *model = memory_new(1, sizeof(*model));
	char names[MODEL_ACCOUNTS][32];

	model->seed = 42;
	assert_int_equal(store_begin(world->store, &world->err), 0);
	for (int i = 0; i < 1200; i++)
		model_answer(world, model);
	assert_int_equal(store_commit(world->store, &world->err), 0);
	for (int i = 0; i < MODEL_ACCOUNTS; i++)
		(void)snprintf(names[i], sizeof(names[i]), "account-%d", i);
	for (int round = 0; round < 60; round++) {
		SCOPED(history)
		struct history history = { 0 };
		struct store_account asked[MODEL_ACCOUNTS];
		int accounts[MODEL_ACCOUNTS];
		size_t count = 0;
		struct window window = { DAY - 220 + (int32_t)pick(model, 270),
					 1 + (int32_t)pick(model, 60) };
		const char *only = pick(model, 3) ? NULL : metrics[pick(model, 3)].id;

		for (int i = 0; i < MODEL_ACCOUNTS; i++) {
			if (round % 3 == 0 || pick(model, 4) == 0) {
				accounts[count] = i;
				asked[count++] =
					(struct store_account){ "itagui", names[i], world->bogota };
			}
		}
		assert_int_equal(store_history(world->store, asked, count, only, window, &history,
					       &world->err),
				 0);
		compare(&history, model, accounts, count, only, window);
	}
	verify(world);
	free(model);
}

static void series_without_a_sample_inside_is_told_all_the_same(void **state)
{
	struct world *world = *state;
	SCOPED(history)
	struct history history = { 0 };

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", NULL), 0);
	history_of(world, "facebook", NULL, (struct window){ DAY + 5, 2 }, &history);
	assert_int_equal(history.count, 1);
	assert_int_equal(history.series[0].count, 0);
	assert_string_equal(history.series[0].zone, "America/Bogota");
	assert_int_equal(history.series[0].kind, METRIC_FLOW);
	history_clear(&history);
	history_of(world, "nobody", NULL, (struct window){ DAY, 1 }, &history);
	assert_int_equal(history.count, 0);
}

static void store_in_memory_works_alike(void **state)
{
	struct world *world = *state;
	struct world memory = *world;

	assert_int_equal(store_open(":memory:", STORE_COLLECT, &memory.store, &memory.err), 0);
	assert_int_equal(tell(&memory, VISITS, (struct window){ DAY, 1 }, 7, "page 1", NULL), 0);
	assert_int_equal(value_of(&memory, "visits", DAY), 7);
	verify(&memory);
	store_close(memory.store);
}

static void verification_finds_what_does_not_fit(void **state)
{
	struct world *world = *state;

	assert_int_equal(tell(world, VISITS, (struct window){ DAY, 1 }, 7, "page 1", NULL), 0);
	verify(world);
	by_sql(world, "INSERT INTO sample VALUES (20001, 999, 1, 5, 1, 0, 0, 0)");
	assert_int_equal(store_verify(world->store, &world->err), -1);
	assert_non_null(strstr(world->err.text, "a row names another that is not there (sample"));
	by_sql(world, "DELETE FROM sample WHERE series = 999;"
		      "INSERT INTO watch SELECT id, 10, 20 FROM series;"
		      "INSERT INTO watch SELECT id, 15, 30 FROM series");
	assert_int_equal(store_verify(world->store, &world->err), -1);
	assert_non_null(strstr(world->err.text, "watched stretches overlap"));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(same_answer_again_changes_nothing),
		WITH_WORLD(number_of_a_metric_set_aside_is_unread_until_it_is_told_again),
		WITH_WORLD(changed_value_leaves_a_revision),
		WITH_WORLD(largest_and_smallest_numbers_come_back),
		WITH_WORLD(answer_that_contradicts_itself_is_refused_whole),
		WITH_WORLD(answer_over_its_ceiling_is_refused),
		WITH_WORLD(today_is_kept_and_tomorrow_is_refused_in_the_days_of_the_series),
		WITH_WORLD(clock_that_went_back_stores_nothing),
		WITH_WORLD(series_keeps_its_kind_and_zone),
		WITH_WORLD(new_definition_speaks_from_the_first_day_the_old_one_left),
		WITH_WORLD(first_definition_reaches_back_with_a_backfill),
		WITH_WORLD(publications_are_counted_by_days_of_the_zone_asked_for),
		WITH_WORLD(days_of_23_and_25_hours_hold_their_publications),
		WITH_WORLD(watched_stretches_join_and_their_gaps_are_told),
		WITH_WORLD(publication_taken_down_is_marked_and_still_counts),
		WITH_WORLD(walk_of_several_pages_misses_nothing_it_listed_before),
		WITH_WORLD(publication_with_another_time_counts_once),
		WITH_WORLD(publication_with_another_time_counts_once_in_a_list_of_several_pages),
		WITH_WORLD(publication_with_another_time_on_its_day_in_utc_is_counted_under_it),
		WITH_WORLD(publication_that_comes_back_under_another_time_counts_once),
		WITH_WORLD(publication_listed_under_two_times_stays_where_it_was),
		WITH_WORLD(counted_series_says_the_zone_its_days_are_of),
		WITH_WORLD(stories_that_ended_are_not_gone),
		WITH_WORLD(another_page_leaves_the_publications_of_the_first_alone),
		WITH_WORLD(publication_of_the_future_is_refused),
		WITH_WORLD(files_are_for_the_user_and_its_group_whatever_the_umask),
		WITH_WORLD(newer_schema_is_refused_with_both_versions),
		WITH_WORLD(older_schema_is_brought_up_step_by_step),
		WITH_WORLD(database_of_another_program_is_left_alone),
		WITH_WORLD(file_that_is_no_database_is_refused),
		WITH_WORLD(truncated_file_is_refused),
		WITH_WORLD(checkpoint_that_was_cut_off_in_a_page_is_finished_at_the_next_start),
		WITH_WORLD(damage_after_an_unclean_end_is_found_at_the_start),
		WITH_WORLD(reading_wants_a_file_and_never_writes),
		WITH_WORLD(directory_that_is_not_there_is_named_with_how_to_create_it),
		WITH_WORLD(who_may_not_use_the_directory_or_the_file_hears_who_may),
		WITH_WORLD(whoever_owns_the_directory_hears_that_roots_file_is_a_stray),
		WITH_WORLD(second_collector_is_refused_while_the_first_lives),
		WITH_WORLD(collector_never_waits_for_a_lock),
		WITH_WORLD(person_waits_for_the_collector),
		WITH_WORLD(refused_answer_leaves_the_others_of_the_transaction),
		WITH_WORLD(each_answer_of_a_transaction_is_the_origin_of_its_own_numbers),
		WITH_WORLD(full_disk_keeps_nothing_of_the_transaction),
		WITH_WORLD(cursor_over_its_ceiling_is_refused),
		WITH_WORLD(cursors_of_a_transaction_are_kept_or_lost_with_its_numbers),
		WITH_WORLD(what_is_rolled_back_is_forgotten),
		WITH_WORLD(what_another_program_wrote_is_seen),
		WITH_WORLD(sweep_and_metric_states_survive_reopening),
		WITH_WORLD(sweep_that_ended_well_has_read_its_days),
		WITH_WORLD(holds_survive_reopening_until_they_end),
		WITH_WORLD(refused_bodies_stay_under_their_ceilings),
		WITH_WORLD(entering_again_changes_nothing_and_another_value_revises),
		WITH_WORLD(entries_are_kept_all_or_none),
		WITH_WORLD(entered_number_stands_beside_the_counted_ones),
		WITH_WORLD(withdrawn_entry_is_gone_and_leaves_its_trace),
		WITH_WORLD(collected_numbers_cannot_be_withdrawn),
		WITH_WORLD(renamed_account_takes_its_series_along),
		WITH_WORLD(account_entered_under_its_new_name_first_takes_the_old_series_along),
		WITH_WORLD(series_emptied_by_withdrawing_does_not_keep_an_account_from_its_name),
		WITH_WORLD(entry_of_a_clock_that_was_ahead_can_be_withdrawn),
		WITH_WORLD(history_equals_a_naive_model),
		WITH_WORLD(series_without_a_sample_inside_is_told_all_the_same),
		WITH_WORLD(store_in_memory_works_alike),
		WITH_WORLD(verification_finds_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
