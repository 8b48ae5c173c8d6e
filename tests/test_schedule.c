#include "test.h"

#include "daemon/schedule.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/text.h"

#include <string.h>

enum { HOUR = 3600, DAY = 86400, NEVER = 0 };

static int64_t at(const char *text)
{
	int64_t time = 0;
	struct error err;

	assert_int_equal(time_parse(text, &time, &err), 0);
	return time;
}

static int32_t day(const char *text)
{
	int32_t ret = 0;
	struct error err;

	assert_int_equal(day_parse(text, &ret, &err), 0);
	return ret;
}

static struct zone *zone(const char *name)
{
	struct zone *ret = NULL;
	struct error err;

	assert_int_equal(zone_open(name, &ret, &err), 0);
	return ret;
}

/* --- slots --- */

static void slot_keeps_its_minute_when_the_clocks_change(void **state)
{
	static const struct {
		const char *zone;
		int64_t at_minute;
		const char *after, *slot;
	} rows[] = {
		{ "America/Bogota", 240, "2026-11-22T00:00:00Z", "2026-11-22T09:00:00Z" },
		{ "America/Bogota", 240, "2026-11-22T09:00:00Z", "2026-11-23T09:00:00Z" },
		/* Madrid: forward on 29 March 2026 at 2:00, back on 25 October at 3:00 */
		{ "Europe/Madrid", 240, "2026-03-28T12:00:00Z", "2026-03-29T02:00:00Z" },
		{ "Europe/Madrid", 240, "2026-10-24T12:00:00Z", "2026-10-25T03:00:00Z" },
		{ "Europe/Madrid", 60, "2026-10-24T12:00:00Z", "2026-10-24T23:00:00Z" },
		/* 2:30 does not exist that day: an hour later */
		{ "Europe/Madrid", 150, "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z" },
		/* 23:30 of a day of 23 and of 25 hours */
		{ "Europe/Madrid", 1410, "2026-03-29T12:00:00Z", "2026-03-29T21:30:00Z" },
		{ "Europe/Madrid", 1410, "2026-10-25T12:00:00Z", "2026-10-25T22:30:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(zone)
		struct zone *clocks = zone(rows[i].zone);
		struct slots slots = { .zone = clocks, .at_minute = rows[i].at_minute };
		char text[TIME_TEXT];

		assert_string_equal(time_text(schedule_slot_after(&slots, at(rows[i].after)), text),
				    rows[i].slot);
	}
}

static void slot_before_is_the_last_one_that_began(void **state)
{
	SCOPED(zone)
	struct zone *clocks = zone("America/Bogota");
	struct slots slots = { .zone = clocks, .at_minute = 1380, .offset_s = 2LL * HOUR };

	(void)state;
	/* 23:00 and two hours of spread: begins on the next day */
	assert_int_equal(schedule_slot_before(&slots, at("2026-11-22T05:59:59Z")),
			 at("2026-11-21T06:00:00Z"));
	assert_int_equal(schedule_slot_before(&slots, at("2026-11-22T06:00:00Z")),
			 at("2026-11-22T06:00:00Z"));
	assert_int_equal(schedule_slot_after(&slots, at("2026-11-22T06:00:00Z")),
			 at("2026-11-23T06:00:00Z"));
}

static void watch_comes_every_few_hours_at_the_accounts_own_minute(void **state)
{
	int64_t first = schedule_watch_after(6, 1000, at("2026-11-22T00:00:00Z"));

	(void)state;
	assert_int_equal(first, at("2026-11-22T00:16:40Z"));
	assert_int_equal(schedule_watch_after(6, 1000, first), first + 6LL * HOUR);
	assert_int_equal(schedule_watch_after(6, 1000 + 6LL * HOUR, first - 1), first);
}

static void accounts_are_spread_and_stay_where_they_are(void **state)
{
	int halves[2] = { 0 };

	(void)state;
	for (int i = 0; i < 200; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "account%d", i);
		halves[schedule_hash("itagui", name) % 3600 >= 1800]++;
	}
	assert_in_range(halves[0], 70, 130);
	assert_int_equal(schedule_hash("itagui", "facebook"), schedule_hash("itagui", "facebook"));
	assert_int_not_equal(schedule_hash("ab", "c"), schedule_hash("a", "bc"));
}

static void failed_sweep_is_tried_ever_more_seldom_but_not_after_its_slot(void **state)
{
	int64_t before = 0;

	(void)state;
	for (int i = 1; i <= 4; i++) {
		int64_t wait = schedule_retry(ERROR_TRANSIENT, i, 7, 0, 100LL * DAY);

		assert_true(wait >= before * 3 / 2);
		before = wait;
	}
	assert_in_range(schedule_retry(ERROR_TRANSIENT, 1, 12345, 0, DAY), 15 * 60, 19 * 60);
	assert_in_range(schedule_retry(ERROR_TRANSIENT, 99, 12345, 0, 100LL * DAY), 6LL * HOUR,
			8LL * HOUR);
	assert_int_equal(schedule_retry(ERROR_TRANSIENT, 9, 12345, 0, HOUR), HOUR);
	assert_int_equal(schedule_retry(ERROR_PERMISSION, 1, 0, 0, DAY), DAY);
}

/* --- days --- */

struct case_of {
	struct collector collector;
	struct account account;
	struct zone *zone;
	int64_t now;
	struct window reach;
	int64_t readings[1000];
};

static void begin_case(struct case_of *it, const char *now, int reach_days)
{
	memset(it, 0, sizeof(*it));
	it->collector.reach_days = reach_days;
	it->account = (struct account){ .collector = &it->collector,
					.since = DAY_NONE,
					.until = DAY_NONE,
					.collect_from = DAY_NONE };
	it->zone = zone("America/Los_Angeles");
	it->now = at(now);
}

static void reach_case(struct case_of *it)
{
	it->reach = schedule_reach(&it->account, zone_day(it->zone, it->now));
	assert_in_range(it->reach.days, 0, 1000);
}

static void read_days(struct case_of *it, const char *first, const char *last, const char *when)
{
	for (int32_t i = day(first); i <= day(last); i++)
		it->readings[i - it->reach.first] = at(when);
}

static void assert_wanted(struct case_of *it, const char *expected)
{
	SCOPED(text)
	struct text text = { 0 };
	struct days days;

	schedule_wanted(&it->account, it->zone, it->now, it->reach, it->readings, &days);
	days_print(&days, &text);
	assert_string_equal(text_str(&text), expected);
	zone_close(it->zone);
}

static void first_sweep_goes_back_to_the_first_of_last_month(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	reach_case(&it);
	assert_wanted(&it, "2026-10-01..2026-11-21");
}

static void first_sweep_stays_within_life_and_reach(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	it.account.since = day("2026-11-10");
	reach_case(&it);
	assert_wanted(&it, "2026-11-10..2026-11-21");

	begin_case(&it, "2026-11-22T12:00:00Z", 30);
	it.account.collect_from = day("2026-01-01");
	reach_case(&it);
	assert_wanted(&it, "2026-10-23..2026-11-21");

	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	it.account.until = day("2026-10-15");
	reach_case(&it);
	assert_wanted(&it, "2026-10-01..2026-10-15");

	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	it.account.since = day("2026-12-01");
	reach_case(&it);
	assert_wanted(&it, "");
}

static void collect_from_asks_for_everything_since(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	it.account.collect_from = day("2026-01-15");
	reach_case(&it);
	assert_wanted(&it, "2026-01-15..2026-11-21");
}

/* 00:30 in Bogota is still yesterday in Los Angeles, where the days of the zone are. */
static void day_that_is_not_over_is_never_wanted(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T05:30:00Z", 5);
	reach_case(&it);
	assert_wanted(&it, "2026-11-16..2026-11-20");
}

static void next_day_reads_the_last_seven_again(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	reach_case(&it);
	read_days(&it, "2026-10-01", "2026-11-20", "2026-11-21T12:00:00Z");
	assert_wanted(&it, "2026-11-15..2026-11-21");
}

static void settling_days_are_read_again_once_a_week(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	reach_case(&it);
	read_days(&it, "2026-10-01", "2026-11-21", "2026-11-21T12:00:00Z");
	/* the 25th to the 31st of October a week ago, at the same slot and some minutes */
	read_days(&it, "2026-10-25", "2026-10-31", "2026-11-15T12:20:00Z");
	assert_wanted(&it, "2026-10-25..2026-10-31,2026-11-15..2026-11-21");
}

static void week_of_downtime_is_made_up_for(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	reach_case(&it);
	read_days(&it, "2026-10-01", "2026-11-09", "2026-11-10T12:00:00Z");
	/* unread since the 10th; the weekly ones of 25 October on are due too */
	assert_wanted(&it, "2026-10-25..2026-11-21");
}

static void month_is_read_once_more_when_it_is_final(void **state)
{
	static struct case_of it;

	(void)state;
	/* October is final on 29 November, Pacific days */
	begin_case(&it, "2026-11-28T12:00:00Z", 730);
	reach_case(&it);
	read_days(&it, "2026-10-01", "2026-11-27", "2026-11-27T12:00:00Z");
	assert_wanted(&it, "2026-11-21..2026-11-27");

	begin_case(&it, "2026-11-29T12:00:00Z", 730);
	reach_case(&it);
	read_days(&it, "2026-10-01", "2026-11-28", "2026-11-28T12:00:00Z");
	assert_wanted(&it, "2026-10-01..2026-10-31,2026-11-22..2026-11-28");

	begin_case(&it, "2026-11-30T12:00:00Z", 730);
	reach_case(&it);
	read_days(&it, "2026-10-01", "2026-11-29", "2026-11-29T12:00:00Z");
	assert_wanted(&it, "2026-11-23..2026-11-29");
}

static void backfill_of_long_ago_does_not_ask_for_what_lies_between(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	reach_case(&it);
	read_days(&it, "2026-01-01", "2026-01-31", "2026-11-20T12:00:00Z");
	read_days(&it, "2026-10-01", "2026-11-20", "2026-11-21T12:00:00Z");
	assert_wanted(&it, "2026-11-15..2026-11-21");
}

/* The first thing after months of downtime may be somebody's backfill of some days of them. */
static void backfill_in_the_middle_of_a_hole_leaves_it_wanted(void **state)
{
	static struct case_of it;

	(void)state;
	begin_case(&it, "2026-11-22T12:00:00Z", 730);
	reach_case(&it);
	read_days(&it, "2026-08-01", "2026-08-31", "2026-09-30T12:00:00Z");
	read_days(&it, "2026-10-10", "2026-10-20", "2026-11-21T12:00:00Z");
	assert_wanted(&it, "2026-09-01..2026-10-09,2026-10-21..2026-11-21");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slot_keeps_its_minute_when_the_clocks_change),
		cmocka_unit_test(slot_before_is_the_last_one_that_began),
		cmocka_unit_test(watch_comes_every_few_hours_at_the_accounts_own_minute),
		cmocka_unit_test(accounts_are_spread_and_stay_where_they_are),
		cmocka_unit_test(failed_sweep_is_tried_ever_more_seldom_but_not_after_its_slot),
		cmocka_unit_test(first_sweep_goes_back_to_the_first_of_last_month),
		cmocka_unit_test(first_sweep_stays_within_life_and_reach),
		cmocka_unit_test(collect_from_asks_for_everything_since),
		cmocka_unit_test(day_that_is_not_over_is_never_wanted),
		cmocka_unit_test(next_day_reads_the_last_seven_again),
		cmocka_unit_test(settling_days_are_read_again_once_a_week),
		cmocka_unit_test(week_of_downtime_is_made_up_for),
		cmocka_unit_test(month_is_read_once_more_when_it_is_final),
		cmocka_unit_test(backfill_of_long_ago_does_not_ask_for_what_lies_between),
		cmocka_unit_test(backfill_in_the_middle_of_a_hole_leaves_it_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
