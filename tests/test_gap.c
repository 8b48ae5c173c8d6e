/* Why days lack. A figure that lacks October 2025 is asked about, day by day, with what is known of
 * its account's reading. */
#include "test.h"

#include "metricsd/error.h"
#include "metricsd/figure.h"
#include "metricsd/gap.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <string.h>

#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)

enum { DAYS = 31, REACH = 93, LAPSES = 4, WATCHES = 4 };

static void fake_subject(const void *settings, char *ret, size_t room)
{
	(void)settings;
	(void)snprintf(ret, room, "thing");
}

static const struct metric metrics[] = {
	{ .id = "visits", .kind = METRIC_FLOW },
	{ .id = "followers", .kind = METRIC_STOCK },
	{ .id = "posts", .kind = METRIC_FLOW, .items = ITEM_POST },
	{ .id = "stories", .kind = METRIC_FLOW, .items = ITEM_STORY },
	{ .id = "viewers", .kind = METRIC_FLOW, .born = 20379 /* 2025-10-18 */ },
	{ .id = "members", .kind = METRIC_STOCK, .momentary = true },
	{ 0 },
};
enum { VISITS, FOLLOWERS, POSTS, STORIES, VIEWERS, MEMBERS };

static const struct collector fake = {
	.name = "fake",
	.metrics = metrics,
	.reach_days = REACH,
	.subject = fake_subject,
};

static const struct collector by_hand = { .name = "manual" };
static const struct collector diary = { .name = "events", .keeps = "events" };

struct world {
	struct zone *zone;
	struct figure figure;
	struct gap_subject subject;
	struct gap_facts facts;
	int64_t readings[DAYS];
	struct lapse lapses[LAPSES];
	struct watch watches[WATCHES];
	struct gaps gaps;
};

static int32_t october(int day)
{
	return day_of(2025, 10, day);
}

/* An hour of a day of October, in the zone. */
static int64_t at(const struct world *world, int day, int hour)
{
	return zone_midnight(world->zone, october(day)) + hour * HOUR;
}

/* All of October lacks, though it was read, on 2025-11-20; nothing else is known. */
static int set_up(void **state)
{
	struct world *world = memory_new(1, sizeof(*world));
	struct error err;

	assert_int_equal(zone_open("America/Los_Angeles", &world->zone, &err), 0);
	days_add(&world->figure.lacking, (struct window){ october(1), DAYS });
	world->subject = (struct gap_subject){
		.collector = &fake,
		.metric = &metrics[VISITS],
		.collect_from = DAY_NONE,
		.first = DAY_NONE,
	};
	world->facts = (struct gap_facts){
		.window = { october(1), DAYS },
		.zone = world->zone,
		.local = world->zone,
		.now = at(world, 51, 12),
		.readings = world->readings,
		.lapses = world->lapses,
		.unwatched = world->watches,
		.last_success = at(world, 51, 3),
		.due = at(world, 52, 3),
		.first = october(-20),
	};
	for (int i = 0; i < DAYS; i++)
		world->readings[i] = at(world, i + 2, 3);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	gaps_clear(&world->gaps);
	zone_close(world->zone);
	free(world);
	return 0;
}

static void lapse(struct world *world, enum lapse_cause cause, enum error_class class,
		  int64_t since, int64_t until)
{
	struct lapse *one = &world->lapses[world->facts.lapse_count++];

	*one = (struct lapse){ .cause = cause, .class = class, .since = since, .until = until };
	(void)snprintf(one->words, sizeof(one->words), "%s said so", lapse_name(one));
}

static void unread(struct world *world, int first, int last)
{
	for (int day = first; day <= last; day++)
		world->readings[day - 1] = 0;
}

static void lacks(struct world *world, int first, int last)
{
	world->figure.lacking = (struct days){ 0 };
	days_add(&world->figure.lacking, (struct window){ october(first), last - first + 1 });
}

/* The stretches as "1-3 down, 4-31 silent". */
static void expect(struct world *world, const char *wanted)
{
	char words[512] = "";
	int32_t next = DAY_NONE;

	gaps_clear(&world->gaps);
	gaps_of(&world->figure, &world->subject, &world->facts, &world->gaps);
	for (size_t i = 0; i < world->gaps.count; i++) {
		const struct gap *gap = &world->gaps.items[i];
		size_t length = strlen(words);

		assert_true(gap->days.first >= next);
		next = window_end(gap->days);
		(void)snprintf(words + length, sizeof(words) - length, "%s%d-%d %s", i ? ", " : "",
			       (int)(gap->days.first - october(1) + 1), (int)(next - october(1)),
			       gap_name(gap->why));
	}
	assert_string_equal(words, wanted);
}

static void day_that_was_read_without_a_number_was_not_told(void **state)
{
	expect(*state, "1-31 silent");
}

static void nothing_that_lacks_has_no_gaps(void **state)
{
	struct world *world = *state;

	world->figure.lacking = (struct days){ 0 };
	expect(world, "");
	assert_false(world->gaps.more);
	world->figure.lacking_more = true;
	expect(world, "");
	assert_true(world->gaps.more);
}

/* What kept the account from being read, and the name of its reason. */
static const struct {
	enum lapse_cause cause;
	enum error_class class;
	const char *name;
} kinds[] = {
	{ LAPSE_DOWN, ERROR_NONE, "down" },
	{ LAPSE_STORE, ERROR_NONE, "store" },
	{ LAPSE_ABSENT, ERROR_NONE, "absent" },
	{ LAPSE_RESTORED, ERROR_NONE, "restored" },
	{ LAPSE_FAILED, ERROR_TRANSIENT, "unreachable" },
	{ LAPSE_FAILED, ERROR_THROTTLED, "throttled" },
	{ LAPSE_FAILED, ERROR_TOKEN, "token" },
	{ LAPSE_FAILED, ERROR_PERMISSION, "permission" },
	{ LAPSE_FAILED, ERROR_METRIC, "refused" },
	{ LAPSE_FAILED, ERROR_REQUEST, "refused" },
	{ LAPSE_FAILED, ERROR_MALFORMED, "refused" },
	{ LAPSE_FAILED, ERROR_OURS, "store" },
};

static void every_lapse_has_its_reason(void **state)
{
	struct world *world = *state;

	lacks(world, 10, 12);
	unread(world, 10, 12);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char wanted[32];

		world->facts.lapse_count = 0;
		lapse(world, kinds[i].cause, kinds[i].class, at(world, 10, 20), at(world, 45, 0));
		(void)snprintf(wanted, sizeof(wanted), "10-12 %s", kinds[i].name);
		expect(world, wanted);
		assert_int_equal(world->gaps.items[0].since, at(world, 10, 20));
		assert_int_equal(world->gaps.items[0].until, at(world, 45, 0));
		assert_non_null(strstr(world->gaps.items[0].words, "said so"));
	}
}

static void what_is_in_the_way_now_goes_before_what_was(void **state)
{
	struct world *world = *state;

	lacks(world, 20, 31);
	unread(world, 20, 31);
	world->facts.last_success = at(world, 20, 3);
	lapse(world, LAPSE_DOWN, ERROR_NONE, at(world, 20, 4), at(world, 45, 0));
	lapse(world, LAPSE_FAILED, ERROR_TOKEN, at(world, 45, 3), 0);
	expect(world, "20-31 token");
	world->lapses[1].until = at(world, 50, 0); /* over: the next sweep reads them */
	expect(world, "20-31 down");
}

static void day_that_is_no_longer_kept_is_explained_by_what_was_longest_in_the_way(void **state)
{
	struct world *world = *state;

	unread(world, 1, DAYS);
	world->facts.now = at(world, 1, 0) + 300 * DAY;
	world->facts.last_success = world->facts.now - 5 * HOUR;
	lapse(world, LAPSE_FAILED, ERROR_TOKEN, at(world, 1, 0), at(world, 90, 0));
	lapse(world, LAPSE_DOWN, ERROR_NONE, at(world, 90, 0), at(world, 120, 0));
	lapse(world, LAPSE_FAILED, ERROR_TRANSIENT, at(world, 200, 0), 0); /* long after */
	expect(world, "1-31 token");
}

static void day_over_only_now_is_due(void **state)
{
	struct world *world = *state;

	lacks(world, 30, 31);
	unread(world, 31, 31);
	world->facts.now = at(world, 32, 2);
	world->facts.last_success = at(world, 31, 3);
	world->facts.due = at(world, 32, 3);
	expect(world, "30-30 silent, 31-31 due");
	assert_int_equal(world->gaps.items[1].until, at(world, 32, 3));
}

static void of_two_that_last_the_one_that_was_longer_in_the_days_way_is_told(void **state)
{
	struct world *world = *state;

	lacks(world, 20, 31);
	unread(world, 20, 31);
	world->facts.last_success = at(world, 20, 3);
	lapse(world, LAPSE_FAILED, ERROR_TOKEN, at(world, 21, 3), 0);
	lapse(world, LAPSE_DOWN, ERROR_NONE, at(world, 25, 12), 0);
	expect(world, "20-24 token, 25-31 down");
}

static void day_before_the_first_was_never_wanted(void **state)
{
	struct world *world = *state;

	unread(world, 1, 9);
	world->facts.first = october(10);
	expect(world, "1-9 before, 10-31 silent");
	assert_int_equal(world->gaps.items[0].day, october(10));
	/* a year later the provider has it no more */
	world->facts.now += 365 * DAY;
	world->facts.last_success += 365 * DAY;
	expect(world, "1-9 forgotten, 10-31 silent");
	assert_int_equal(world->gaps.items[0].day, REACH);
}

/* What helps, stretch by stretch: "1-9 backfill, 10-31 none". */
static void expect_remedies(struct world *world, const char *wanted)
{
	char words[512] = "";

	gaps_clear(&world->gaps);
	gaps_of(&world->figure, &world->subject, &world->facts, &world->gaps);
	for (size_t i = 0; i < world->gaps.count; i++) {
		const struct gap *gap = &world->gaps.items[i];
		size_t length = strlen(words);

		(void)snprintf(words + length, sizeof(words) - length, "%s%d-%d %s", i ? ", " : "",
			       (int)(gap->days.first - october(1) + 1),
			       (int)(window_end(gap->days) - october(1)),
			       gap_remedy_name(gap->remedy));
	}
	assert_string_equal(words, wanted);
}

static void days_before_the_first_can_be_asked_for_while_they_are_kept(void **state)
{
	struct world *world = *state;

	unread(world, 1, 9);
	world->facts.first = october(10);
	expect_remedies(world, "1-9 backfill, 10-31 none");
	world->facts.now += (REACH - 45) * DAY; /* the first days of October are forgotten */
	expect_remedies(world, "1-5 none, 6-9 backfill, 10-31 none");
}

static void day_that_is_due_wants_a_repair_once_nobody_did_the_run(void **state)
{
	struct world *world = *state;

	lacks(world, 31, 31);
	unread(world, 31, 31);
	world->facts.last_success = at(world, 31, 3);
	world->facts.due = at(world, 32, 3);
	world->facts.now = at(world, 32, 9);
	expect(world, "31-31 due");
	expect_remedies(world, "31-31 wait");
	world->facts.now++;
	expect_remedies(world, "31-31 repair");
}

static void what_lasts_wants_a_repair_and_what_is_over_a_backfill(void **state)
{
	struct world *world = *state;

	unread(world, 10, 20);
	lapse(world, LAPSE_FAILED, ERROR_TOKEN, at(world, 9, 0), at(world, 25, 0));
	expect_remedies(world, "1-9 none, 10-20 backfill, 21-31 none");
	days_add(&world->facts.owed, (struct window){ october(10), 11 });
	expect_remedies(world, "1-9 none, 10-20 wait, 21-31 none");
	world->lapses[0].until = 0;
	expect_remedies(world, "1-9 none, 10-20 repair, 21-31 none");
	world->lapses[0].class = ERROR_THROTTLED;
	expect_remedies(world, "1-9 none, 10-20 wait, 21-31 none");
	/* but time brings nothing where nobody runs */
	lapse(world, LAPSE_DOWN, ERROR_NONE, at(world, 9, 1), 0);
	expect(world, "1-9 silent, 10-20 down, 21-31 silent");
	world->lapses[1].since = at(world, 24, 0);
	expect(world, "1-9 silent, 10-20 throttled, 21-31 silent");
	expect_remedies(world, "1-9 none, 10-20 repair, 21-31 none");
}

static void level_that_was_missed_and_is_still_owed_wants_somebody_who_runs(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[FOLLOWERS];
	lapse(world, LAPSE_FAILED, ERROR_TRANSIENT, at(world, 10, 0), at(world, 11, 0));
	days_add(&world->facts.owed, (struct window){ october(10), 1 });
	expect(world, "1-9 silent, 10-10 unreachable, 11-31 silent");
	expect_remedies(world, "1-9 none, 10-10 wait, 11-31 none");
	lapse(world, LAPSE_DOWN, ERROR_NONE, at(world, 24, 0), 0);
	expect(world, "1-9 silent, 10-10 unreachable, 11-23 silent, 24-31 down");
	expect_remedies(world, "1-9 none, 10-10 repair, 11-23 none, 24-31 repair");
}

static void level_told_as_it_is_now_was_not_there_before_anybody_looked(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[MEMBERS];
	world->subject.first = october(20);
	lacks(world, 1, 22);
	expect(world, "1-19 before, 20-22 silent");
	expect_remedies(world, "1-19 none, 20-22 none");
	assert_int_equal(world->gaps.items[0].day, october(20));
	/* but while a token was refused, that was why nobody did */
	lapse(world, LAPSE_FAILED, ERROR_TOKEN, at(world, 15, 0), at(world, 18, 0));
	expect(world, "1-14 before, 15-17 token, 18-19 before, 20-22 silent");
	expect_remedies(world, "1-14 none, 15-17 none, 18-19 none, 20-22 none");
}

static void stories_of_days_past_help_no_one(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[STORIES];
	world->watches[0] = (struct watch){ ITEM_STORY, 0, at(world, 20, 7) };
	world->facts.unwatched_count = 1;
	lacks(world, 1, 19);
	expect(world, "1-19 before");
	expect_remedies(world, "1-19 none");
	/* the first whole day is the next one */
	assert_int_equal(world->gaps.items[0].day, october(21));
}

static void account_that_never_worked_wants_the_days_since_the_month_before(void **state)
{
	struct world *world = *state;

	unread(world, 1, DAYS);
	world->facts.first = DAY_NONE;
	world->facts.last_success = 0;
	lapse(world, LAPSE_FAILED, ERROR_TOKEN, at(world, 40, 0), 0); /* in November */
	expect(world, "1-31 token");
	world->lapses[0].since = at(world, 70, 0); /* in December: October was not asked for */
	expect(world, "1-31 before");
	world->subject.collect_from = october(20); /* but the configuration wants it */
	expect(world, "1-19 before, 20-31 token");
}

static void day_nobody_asked_for_says_so(void **state)
{
	struct world *world = *state;

	unread(world, 5, 5);
	lacks(world, 5, 5);
	expect(world, "5-5 unasked");
}

static void refused_permission_explains_what_was_read_without_and_what_is_owed(void **state)
{
	struct world *world = *state;

	unread(world, 25, 31);
	days_add(&world->facts.owed, (struct window){ october(25), 7 });
	lapse(world, LAPSE_FAILED, ERROR_PERMISSION, at(world, 15, 3), 0);
	expect(world, "1-13 silent, 14-31 permission");
}

static void retired_metric_lacks_since_it_was_refused(void **state)
{
	struct world *world = *state;

	world->facts.states.items[VISITS] =
		(struct metric_state){ METRIC_RETIRED, october(12), INT64_MAX - 1, "no longer" };
	expect(world, "1-10 silent, 11-31 retired"); /* the 11th was asked for on the 12th */
	assert_int_equal(world->gaps.items[1].day, october(12));
	assert_string_equal(world->gaps.items[1].words, "no longer");
}

static void metric_not_wanted_or_not_born_says_so(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[VIEWERS];
	expect(world, "1-17 born, 18-31 silent");
	assert_int_equal(world->gaps.items[0].day, october(18));
	world->subject.without = true;
	expect(world, "1-31 without");
}

static void level_lacks_on_the_days_nobody_looked(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[FOLLOWERS];
	lapse(world, LAPSE_DOWN, ERROR_NONE, at(world, 5, 2), at(world, 8, 12));
	expect(world, "1-4 silent, 5-8 down, 9-31 silent");
	/* a flow of those days was told afterwards, and was not */
	world->subject.metric = &metrics[VISITS];
	expect(world, "1-31 silent");
}

static void watch(struct world *world, enum item_kind kind, int64_t since, int64_t until)
{
	world->watches[world->facts.unwatched_count++] = (struct watch){ kind, since, until };
}

static void stories_that_came_and_went_unseen_are_told_with_their_hours(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[STORIES];
	lacks(world, 7, 9);
	watch(world, ITEM_STORY, at(world, 7, 14), at(world, 9, 2));
	expect(world, "7-9 unseen");
	assert_int_equal(world->gaps.items[0].since, at(world, 7, 14));
	assert_int_equal(world->gaps.items[0].until, at(world, 9, 2));
	assert_string_equal(world->gaps.items[0].words, "");
	lapse(world, LAPSE_DOWN, ERROR_NONE, at(world, 7, 16), at(world, 10, 2));
	expect(world, "7-9 unseen");
	assert_string_equal(world->gaps.items[0].words, "down: down said so");
}

static void stories_of_the_last_hours_will_still_be_seen(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[STORIES];
	lacks(world, 30, 31);
	unread(world, 31, 31);
	world->facts.now = at(world, 32, 1);
	watch(world, ITEM_STORY, at(world, 30, 22), world->facts.now);
	expect(world, "30-30 unseen, 31-31 due");
	/* before anybody looked there was nobody to see them */
	world->facts.unwatched_count = 0;
	watch(world, ITEM_STORY, 0, at(world, 31, 12));
	expect(world, "30-31 before");
}

static void stories_of_the_last_hours_want_a_daemon_that_is_silent_back(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[STORIES];
	lacks(world, 30, 31);
	unread(world, 31, 31);
	world->facts.now = at(world, 32, 1);
	watch(world, ITEM_STORY, at(world, 31, 8), world->facts.now);
	lacks(world, 31, 31);
	lapse(world, LAPSE_DOWN, ERROR_NONE, at(world, 31, 10), 0);
	expect(world, "31-31 due");
	expect_remedies(world, "31-31 repair");
	/* a day later they are gone */
	world->facts.now = at(world, 33, 1);
	world->watches[0].until = world->facts.now;
	expect(world, "31-31 unseen");
	/* and before anybody looked there was nobody to see them, daemon or not */
	world->watches[0].since = 0;
	lacks(world, 29, 31);
	expect(world, "29-30 before, 31-31 unseen");
}

static void list_that_was_not_walked_past_a_day_leaves_it_open(void **state)
{
	struct world *world = *state;

	world->subject.metric = &metrics[POSTS];
	lacks(world, 1, 6);
	watch(world, ITEM_POST, 0, at(world, 4, 0));
	watch(world, ITEM_STORY, 0, at(world, 31, 0));
	expect(world, "1-3 unwalked, 4-6 silent");
}

static void number_of_another_definition_is_there_and_not_in_it(void **state)
{
	struct world *world = *state;
	const struct sample samples[] = { { .window = { october(3), 2 } } };

	world->subject.samples = samples;
	world->subject.sample_count = 1;
	lacks(world, 2, 5);
	world->figure.broken = true;
	expect(world, "2-2 silent, 3-4 broken, 5-5 silent");
	world->figure.broken = false;
	expect(world, "2-2 silent, 3-4 across, 5-5 silent");
}

static void what_people_enter_lacks_since_nobody_did(void **state)
{
	struct world *world = *state;

	world->figure.source = "manual";
	expect(world, "1-31 unentered");
	world->figure.source = "csv";
	expect(world, "1-31 unentered");
	world->figure.source = NULL;
	world->subject.collector = &by_hand;
	expect(world, "1-31 unentered");
	world->subject.metric = NULL;
	expect(world, "1-31 unentered");
	world->figure.source = "register";
	expect(world, "1-31 unrecorded");
	world->figure.source = NULL;
	world->subject.collector = &diary;
	expect(world, "1-31 unrecorded");
	/* what the office counts itself beside what is collected */
	world->subject.collector = &fake;
	world->subject.metric = &(const struct metric){ .id = "interviews" };
	expect(world, "1-31 unentered");
}

/* Whatever is known, and however little: no day goes without a reason. */
static void no_day_goes_without_a_reason(void **state)
{
	struct world *world = *state;
	uint64_t seed = 7;

	for (int round = 0; round < 20000; round++) {
		int32_t days = 0;

		world->facts.lapse_count = world->facts.unwatched_count = 0;
		for (int i = 0; i < DAYS; i++) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			world->readings[i] =
				seed >> 62 ? at(world, i + 2 + (int)(seed >> 40 & 31), 3) : 0;
		}
		for (size_t i = 0; i < (seed >> 33 & 3); i++) {
			const size_t kind = (seed >> (34 + i)) % (sizeof(kinds) / sizeof(kinds[0]));

			lapse(world, kinds[kind].cause, kinds[kind].class,
			      at(world, (int)(seed >> (20 + i) & 63) - 16, 0),
			      seed >> (10 + i) & 1 ? 0 : at(world, 70, 0));
		}
		watch(world, seed >> 30 & 1 ? ITEM_STORY : ITEM_POST,
		      seed >> 31 & 1 ? 0 : at(world, (int)(seed >> 50 & 15), 0),
		      at(world, (int)(seed >> 45 & 63) + 16, 0));
		world->subject.metric = &metrics[seed >> 55 & 3];
		world->facts.first = seed >> 29 & 1 ? DAY_NONE : october((int)(seed >> 24 & 15));
		world->facts.now = at(world, 1, 0) + (int64_t)(seed >> 35 & 511) * DAY;
		world->facts.last_success = seed >> 28 & 1 ? 0 : world->facts.now - 20 * HOUR;
		gaps_clear(&world->gaps);
		gaps_of(&world->figure, &world->subject, &world->facts, &world->gaps);
		for (size_t i = 0; i < world->gaps.count; i++) {
			days += world->gaps.items[i].days.days;
			assert_true(*gap_name(world->gaps.items[i].why));
		}
		assert_int_equal(days, DAYS);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(day_that_was_read_without_a_number_was_not_told),
		TEST(nothing_that_lacks_has_no_gaps),
		TEST(every_lapse_has_its_reason),
		TEST(what_is_in_the_way_now_goes_before_what_was),
		TEST(day_that_is_no_longer_kept_is_explained_by_what_was_longest_in_the_way),
		TEST(day_over_only_now_is_due),
		TEST(of_two_that_last_the_one_that_was_longer_in_the_days_way_is_told),
		TEST(day_that_is_due_wants_a_repair_once_nobody_did_the_run),
		TEST(day_before_the_first_was_never_wanted),
		TEST(days_before_the_first_can_be_asked_for_while_they_are_kept),
		TEST(what_lasts_wants_a_repair_and_what_is_over_a_backfill),
		TEST(level_that_was_missed_and_is_still_owed_wants_somebody_who_runs),
		TEST(level_told_as_it_is_now_was_not_there_before_anybody_looked),
		TEST(stories_of_days_past_help_no_one),
		TEST(account_that_never_worked_wants_the_days_since_the_month_before),
		TEST(day_nobody_asked_for_says_so),
		TEST(refused_permission_explains_what_was_read_without_and_what_is_owed),
		TEST(retired_metric_lacks_since_it_was_refused),
		TEST(metric_not_wanted_or_not_born_says_so),
		TEST(level_lacks_on_the_days_nobody_looked),
		TEST(stories_that_came_and_went_unseen_are_told_with_their_hours),
		TEST(stories_of_the_last_hours_will_still_be_seen),
		TEST(stories_of_the_last_hours_want_a_daemon_that_is_silent_back),
		TEST(list_that_was_not_walked_past_a_day_leaves_it_open),
		TEST(number_of_another_definition_is_there_and_not_in_it),
		TEST(what_people_enter_lacks_since_nobody_did),
		TEST(no_day_goes_without_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
