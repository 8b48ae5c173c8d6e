/* What the store makes of a file: one origin, all or nothing, and taking it back. */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <string.h>

enum { DAY = 20000 /* 2024-10-04 */ };

static const int64_t now = (int64_t)(DAY + 40) * 86400 + (int64_t)15 * 3600;

static const struct metric visits = { .id = "visits", .kind = METRIC_FLOW };
static const struct metric followers = { .id = "followers", .kind = METRIC_STOCK };
static const struct metric counted[] = {
	{ .id = "posts", .kind = METRIC_FLOW, .items = ITEM_POST },
	{ 0 },
};

static const struct import_lane lanes[] = {
	{ "itagui", "web", "America/Bogota", &visits },
	{ "itagui", "x", "UTC", &followers },
};

static int set_up(void **state)
{
	struct store *store;

	if (store_open(":memory:", STORE_PERSON, &store, NULL) < 0)
		return -1;
	*state = store;
	return 0;
}

static int tear_down(void **state)
{
	store_close(*state);
	return 0;
}

static struct import_row row(uint32_t lane, int32_t day, int64_t value)
{
	return (struct import_row){ .lane = lane, .window = { day, 1 }, .value = value };
}

static struct import import_of(const struct import_row *rows, size_t count)
{
	return (struct import){
		.source = "x-overview",
		.lanes = lanes,
		.lane_count = 2,
		.rows = rows,
		.row_count = count,
		.origin = { .kind = ORIGIN_FILE, .at = now, .what = "a.csv", .sha256 = "ab" },
	};
}

static struct store_totals totals_of(struct store *store)
{
	struct store_totals totals;

	assert_int_equal(store_totals(store, &totals, NULL), 0);
	return totals;
}

static void a_file_of_several_accounts_is_one_origin(void **state)
{
	const struct import_row rows[] = { row(0, DAY, 5), row(1, DAY, 900), row(0, DAY + 1, 6) };
	const struct import import = import_of(rows, 3);
	struct changes first, again;

	assert_int_equal(store_import(*state, &import, &first, NULL), 0);
	assert_int_equal(first.samples, 3);
	assert_int_equal(totals_of(*state).origins, 1);
	assert_int_equal(store_import(*state, &import, &again, NULL), 0);
	assert_int_equal(again.samples + again.revisions, 0);
	assert_int_equal(again.origin, 0);
	assert_int_equal(totals_of(*state).origins, 1);
}

static void a_day_of_the_future_keeps_the_whole_file_out(void **state)
{
	const struct import_row rows[] = { row(0, DAY, 5), row(0, DAY + 50, 6) };
	const struct import import = import_of(rows, 2);
	struct error err;

	assert_int_equal(store_import(*state, &import, NULL, &err), -1);
	assert_non_null(strstr(err.text, "ends in the future"));
	assert_int_equal(totals_of(*state).samples, 0);
	assert_int_equal(totals_of(*state).origins, 0);
}

static void what_stands_is_told_without_writing(void **state)
{
	const struct import_row before[] = { row(0, DAY, 5), row(0, DAY + 1, 6) };
	const struct import_row after[] = { row(0, DAY, 5), row(0, DAY + 1, 7), row(1, DAY, 1) };
	const struct import first = import_of(before, 2);
	const struct import second = import_of(after, 3);
	struct sample known[3];

	assert_int_equal(store_import(*state, &first, NULL, NULL), 0);
	assert_int_equal(store_import_known(*state, &second, known, NULL, NULL, NULL), 0);
	assert_int_equal(known[0].value, 5);
	assert_int_equal(known[1].value, 6);
	assert_int_equal(known[2].window.days, 0);
	assert_int_equal(totals_of(*state).samples, 2);
}

/* A file of one post with its views, listing so many days from DAY on. */
static void import_post(struct store *store, const char *id, int32_t created, int32_t days,
			int32_t as_of, int64_t views, struct changes *ret)
{
	SCOPED(findings)
	struct findings findings = { 0 };
	SCOPED(zone)
	struct zone *zone = NULL;
	SCOPED(memory)
	char *name = memory_text(id);
	const struct import_counter counter = {
		.id = name, .metric = "views", .kind = ITEM_POST, .value = views
	};
	struct import import = import_of(NULL, 0);
	struct error err;

	assert_int_equal(zone_open("America/Bogota", &zone, NULL), 0);
	findings_item(&findings, ITEM_POST, id, zone_midnight(zone, created) + 3600);
	findings_watch(&findings, ITEM_POST, zone_midnight(zone, DAY),
		       zone_midnight(zone, DAY + days));
	import.source = "x-content";
	import.channel = (struct channel){ .entity = "itagui",
					   .account = "x",
					   .source = "x-content",
					   .zone = "America/Bogota",
					   .metrics = counted };
	import.findings = &findings;
	import.listed = (struct window){ DAY, days };
	import.counters = &counter;
	import.counter_count = 1;
	import.as_of = as_of;
	import.lane_count = 0;
	if (store_import(store, &import, ret, &err) < 0)
		fail_msg("%s", err.text);
}

/* How many posts the days of a window have; *days of them are known. */
static int64_t posts_of(struct store *store, const char *account, struct window window,
			size_t *days)
{
	SCOPED(zone)
	struct zone *zone = NULL;
	SCOPED(history)
	struct history history = { 0 };
	int64_t posts = 0;

	assert_int_equal(zone_open("America/Bogota", &zone, NULL), 0);
	assert_int_equal(store_history(store, &(struct store_account){ "itagui", account, zone }, 1,
				       "posts", window, &history, NULL),
			 0);
	*days = history.count ? history.series[0].count : 0;
	for (size_t i = 0; i < *days; i++)
		posts += history.series[0].samples[i].value;
	return posts;
}

static void counters_of_a_day_are_revised_and_of_another_stand_beside(void **state)
{
	SCOPED(memory)
	struct kept_counter *counters = NULL;
	struct changes changes;
	size_t count = 0;
	int32_t as_of;

	import_post(*state, "1", DAY + 2, 10, DAY + 20, 40, &changes);
	import_post(*state, "1", DAY + 2, 10, DAY + 20, 41, &changes);
	assert_int_equal(changes.revisions, 1);
	import_post(*state, "1", DAY + 2, 10, DAY + 30, 90, &changes);
	assert_int_equal(changes.samples, 1);
	import_post(*state, "1", DAY + 2, 10, DAY + 30, 90, &changes);
	assert_int_equal(changes.origin, 0);
	assert_int_equal(
		store_counters(*state, "itagui", "x", "x-content", "1", &counters, &count, NULL),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(counters[0].value, 41);
	assert_int_equal(counters[1].value, 90);
	assert_int_equal(store_import_day(*state, "ab", &as_of, NULL), 0);
	assert_int_equal(as_of, DAY + 30);
	assert_int_equal(store_import_day(*state, "cd", &as_of, NULL), 0);
	assert_int_equal(as_of, DAY_NONE);
}

static void a_file_taken_back_leaves_what_others_list(void **state)
{
	const struct origin by = { .kind = ORIGIN_PERSON, .at = now, .by = "ana", .note = "twice" };
	struct window window = { DAY, 20 };
	struct changes first, second, gone;
	struct error err;
	size_t days;

	import_post(*state, "1", DAY + 2, 10, DAY + 20, 40, &first);
	import_post(*state, "2", DAY + 12, 15, DAY + 21, 7, &second);
	assert_int_equal(posts_of(*state, "x", window, &days), 2);
	assert_int_equal(days, 15);
	assert_int_equal(store_withdraw(*state, second.origin, &by, &gone, NULL), 0);
	assert_int_equal(posts_of(*state, "x", window, &days), 1);
	assert_int_equal(days, 10);
	assert_int_equal(store_withdraw(*state, second.origin, &by, &gone, &err), -1);
	assert_non_null(strstr(err.text, "does not stand any more"));
	assert_int_equal(store_withdraw(*state, first.origin, &by, &gone, NULL), 0);
	assert_int_equal(posts_of(*state, "x", window, &days), 0);
	assert_int_equal(days, 0);
}

static void another_name_takes_publications_and_counters_along(void **state)
{
	SCOPED(memory)
	struct kept_counter *counters = NULL;
	struct changes changes;
	size_t count = 0;
	size_t days;

	import_post(*state, "1", DAY + 2, 10, DAY + 20, 40, &changes);
	assert_int_equal(store_rename(*state, "itagui", "x", "equis", NULL), 0);
	assert_int_equal(posts_of(*state, "equis", (struct window){ DAY, 20 }, &days), 1);
	assert_int_equal(store_counters(*state, "itagui", "equis", "x-content", "1", &counters,
					&count, NULL),
			 0);
	assert_int_equal(count, 1);
}

static void publications_of_a_file_are_listed_among_the_entries(void **state)
{
	struct kept_entry *entries = NULL;
	struct changes changes;
	size_t count = 0;

	import_post(*state, "1", DAY + 2, 10, DAY + 20, 40, &changes);
	assert_int_equal(store_entries(*state, "itagui", "x", &entries, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(entries[0].metric, "posts");
	assert_string_equal(entries[0].what, "a.csv");
	assert_int_equal(entries[0].value, 1);
	assert_int_equal(entries[0].window.days, 10);
	entries_free(entries, count);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_file_of_several_accounts_is_one_origin),
		STORE_TEST(a_day_of_the_future_keeps_the_whole_file_out),
		STORE_TEST(what_stands_is_told_without_writing),
		STORE_TEST(counters_of_a_day_are_revised_and_of_another_stand_beside),
		STORE_TEST(a_file_taken_back_leaves_what_others_list),
		STORE_TEST(another_name_takes_publications_and_counters_along),
		STORE_TEST(publications_of_a_file_are_listed_among_the_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
