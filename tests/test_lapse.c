/* When accounts were not read, as the store keeps it. */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/collector.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/gap.h"
#include "metricsd/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)
static const int64_t start = 20400 * DAY; /* 2025-11-08 */

struct world {
	char directory[64];
	char path[96];
	struct store *store;
	struct lapse *lapses;
	size_t count;
};

static void open_it(struct world *world)
{
	struct error err;

	if (store_open(world->path, STORE_COLLECT, &world->store, &err) < 0)
		fail_msg("%s", err.text);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/metricsd-lapse-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	(void)snprintf(world->path, sizeof(world->path), "%s/metrics.db", world->directory);
	open_it(world);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char command[96];

	store_close(world->store);
	free(world->lapses);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", world->directory);
	assert_int_equal(system(command), 0);
	free(world);
	return 0;
}

static void fails(struct world *world, enum error_class class, int64_t at)
{
	char words[64];
	struct error err;

	(void)snprintf(words, sizeof(words), "%s at %lld", error_class_name(class), (long long)at);
	assert_int_equal(store_lapse_begin(world->store, "itagui", "facebook", SWEEP_DAILY, class,
					   words, at, &err),
			 0);
}

/* As a sweep of which nothing is known that went wrong before. */
static void reads(struct world *world, int64_t at)
{
	struct sweep_state state = { .last_success = at };
	struct error err;

	assert_int_equal(
		store_sweep_save(world->store, "itagui", "facebook", SWEEP_DAILY, &state, &err), 0);
}

static void succeeds(struct world *world, int64_t at)
{
	struct error err;

	assert_int_equal(
		store_lapse_end(world->store, "itagui", "facebook", SWEEP_DAILY, at, DAY, &err), 0);
	reads(world, at);
}

static void adds(struct world *world, enum lapse_cause cause, int64_t since, int64_t until)
{
	struct lapse lapse = { .cause = cause, .since = since, .until = until };
	struct error err;

	assert_int_equal(store_lapse_add(world->store, "itagui", "facebook", &lapse, DAY, &err), 0);
}

static size_t read_lapses(struct world *world, int64_t since, int64_t until)
{
	struct error err;

	free(world->lapses);
	assert_int_equal(store_lapses(world->store, "itagui", "facebook", since, until,
				      &world->lapses, &world->count, &err),
			 0);
	return world->count;
}

static void expect(const struct world *world, size_t which, const char *name, int64_t since,
		   int64_t until)
{
	assert_true(which < world->count);
	assert_string_equal(lapse_name(&world->lapses[which]), name);
	assert_int_equal(world->lapses[which].since, since);
	assert_int_equal(world->lapses[which].until, until);
}

static void a_year_of_failing_every_hour_is_one_lapse(void **state)
{
	struct world *world = *state;
	struct error err;

	assert_int_equal(store_begin(world->store, &err), 0);
	for (int64_t hour = 0; hour < INT64_C(366) * 24; hour++)
		fails(world, ERROR_TOKEN, start + hour * HOUR);
	assert_int_equal(store_commit(world->store, &err), 0);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
	expect(world, 0, "token", start, 0);
	succeeds(world, start + 366 * DAY);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
	expect(world, 0, "token", start, start + 366 * DAY);
	/* said as it began: a line of words for each hour would be a write for each */
	assert_non_null(strstr(world->lapses[0].words, "token at 1762560000"));
}

static void reasons_that_take_turns_are_a_lapse_each(void **state)
{
	struct world *world = *state;

	for (int64_t hour = 0; hour < 100; hour++)
		fails(world, hour % 2 ? ERROR_THROTTLED : ERROR_TRANSIENT, start + hour * HOUR);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 2);
	expect(world, 0, "transient", start, start + 99 * HOUR);
	expect(world, 1, "throttled", start + HOUR, 0);
	assert_int_equal(store_verify(world->store, NULL), 0);
}

static void what_a_success_made_good_within_a_day_is_forgotten(void **state)
{
	struct world *world = *state;

	succeeds(world, start);
	fails(world, ERROR_TRANSIENT, start + DAY);
	succeeds(world, start + DAY + 2 * HOUR);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 0);
	/* in turns they took longer than a day together */
	fails(world, ERROR_TRANSIENT, start + 2 * DAY);
	fails(world, ERROR_TOKEN, start + 2 * DAY + 20 * HOUR);
	succeeds(world, start + 3 * DAY + 2 * HOUR);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 2);
	expect(world, 0, "transient", start + 2 * DAY, start + 2 * DAY + 20 * HOUR);
	expect(world, 1, "token", start + 2 * DAY + 20 * HOUR, start + 3 * DAY + 2 * HOUR);
	/* a later one, however short, takes none of them along */
	fails(world, ERROR_TOKEN, start + 4 * DAY);
	succeeds(world, start + 4 * DAY + HOUR);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 2);
}

static void lapses_of_stories_and_of_the_day_stand_side_by_side(void **state)
{
	struct world *world = *state;
	struct error err;

	fails(world, ERROR_TOKEN, start);
	assert_int_equal(store_lapse_begin(world->store, "itagui", "facebook", SWEEP_WATCH,
					   ERROR_TRANSIENT, "timeout", start, &err),
			 0);
	succeeds(world, start + 3 * DAY);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 2);
	expect(world, 0, "token", start, start + 3 * DAY);
	expect(world, 1, "transient", start, 0);
	assert_int_equal(world->lapses[1].sweep, SWEEP_WATCH);
}

static void only_those_that_reach_into_the_time_asked_for_are_told(void **state)
{
	struct world *world = *state;

	succeeds(world, start - DAY);
	adds(world, LAPSE_DOWN, start, start + 3 * DAY);
	succeeds(world, start + 4 * DAY);
	fails(world, ERROR_OURS, start + 10 * DAY);
	assert_int_equal(read_lapses(world, start - DAY, start), 0);
	assert_int_equal(read_lapses(world, start - DAY, start + 1), 1);
	assert_int_equal(read_lapses(world, start + 3 * DAY, start + 9 * DAY), 0);
	assert_int_equal(read_lapses(world, start + 2 * DAY, start + 11 * DAY), 2);
	expect(world, 0, "down", start, start + 3 * DAY);
	expect(world, 1, "ours", start + 10 * DAY, 0);
}

static void nights_switched_off_leave_one_lapse_not_one_a_night(void **state)
{
	struct world *world = *state;

	succeeds(world, start - HOUR);
	for (int64_t day = 0; day < 200; day++) {
		adds(world, LAPSE_DOWN, start + day * DAY, start + day * DAY + 13 * HOUR);
		reads(world, start + day * DAY + 14 * HOUR);
	}
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
	expect(world, 0, "down", start + 199 * DAY, start + 199 * DAY + 13 * HOUR);
}

static void downtimes_without_a_success_in_between_are_one(void **state)
{
	struct world *world = *state;

	succeeds(world, start - HOUR);
	adds(world, LAPSE_DOWN, start, start + 5 * HOUR);
	adds(world, LAPSE_DOWN, start + 6 * HOUR, start + 40 * HOUR);
	adds(world, LAPSE_DOWN, start + 6 * HOUR, start + 40 * HOUR); /* the same again */
	adds(world, LAPSE_RESTORED, start + 7 * HOUR, start + 8 * HOUR);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 2);
	expect(world, 0, "down", start, start + 40 * HOUR);
	expect(world, 1, "restored", start + 7 * HOUR, start + 8 * HOUR);
	/* what was lost with a restored backup stays lost */
	fails(world, ERROR_TRANSIENT, start + 9 * HOUR);
	succeeds(world, start + 10 * HOUR);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
	expect(world, 0, "restored", start + 7 * HOUR, start + 8 * HOUR);
}

static void stretch_that_is_not_over_is_refused(void **state)
{
	struct world *world = *state;
	struct lapse lapse = { .cause = LAPSE_DOWN, .since = start };
	struct error err;

	fails(world, ERROR_TOKEN, start);
	assert_int_equal(store_lapse_add(world->store, "itagui", "facebook", &lapse, DAY, &err),
			 -1);
	assert_int_equal(err.class, ERROR_INPUT);
	/* of an account that nobody knows there is nothing to tell */
	lapse.until = start + DAY;
	assert_int_equal(store_lapse_add(world->store, "itagui", "nowhere", &lapse, DAY, &err), 0);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
}

static void clock_that_was_ahead_leaves_no_lapse_of_the_future(void **state)
{
	struct world *world = *state;
	int64_t alive;
	struct error err;

	succeeds(world, start - HOUR);
	adds(world, LAPSE_DOWN, start, start + 30 * DAY);
	fails(world, ERROR_TRANSIENT, start + 31 * DAY);
	assert_int_equal(store_alive(world->store, start + 31 * DAY, &err), 0);
	assert_int_equal(store_lapses_set_back(world->store, start + DAY, &err), 0);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
	expect(world, 0, "down", start, start + DAY);
	assert_int_equal(store_last_alive(world->store, &alive, &err), 0);
	assert_int_equal(alive, start + DAY);
	/* a failure dated later than the one that lasts: the clock went back without a word */
	fails(world, ERROR_TOKEN, start + 5 * DAY);
	fails(world, ERROR_TRANSIENT, start + 4 * DAY);
	succeeds(world, start + 4 * DAY);
	assert_int_equal(store_verify(world->store, NULL), 0);
}

static void lapse_goes_with_the_accounts_new_name(void **state)
{
	struct world *world = *state;
	struct error err;

	assert_int_equal(store_lapse_begin(world->store, "itagui", "fb", SWEEP_DAILY, ERROR_TOKEN,
					   "refused", start, &err),
			 0);
	assert_int_equal(store_rename(world->store, "itagui", "fb", "facebook", &err), 0);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
	/* and where both names have some, at most one lasts */
	assert_int_equal(store_lapse_begin(world->store, "itagui", "fb", SWEEP_DAILY,
					   ERROR_TRANSIENT, "timeout", start + HOUR, &err),
			 0);
	assert_int_equal(store_rename(world->store, "itagui", "fb", "facebook", &err), 0);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
	assert_int_equal(store_verify(world->store, &err), 0);
}

static void what_is_not_committed_did_not_happen(void **state)
{
	struct world *world = *state;
	struct error err;
	int status;
	pid_t child;

	succeeds(world, start - HOUR);
	assert_int_equal(store_alive(world->store, start, &err), 0);
	fails(world, ERROR_TOKEN, start);
	store_close(world->store);
	child = fork();
	if (child == 0) { /* killed in the middle of a batch */
		if (store_open(world->path, STORE_COLLECT, &world->store, &err) < 0 ||
		    store_begin(world->store, &err) < 0)
			_exit(1);
		succeeds(world, start + 5 * DAY);
		(void)store_alive(world->store, start + 5 * DAY, &err);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	open_it(world);
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 1);
	expect(world, 0, "token", start, 0);
	int64_t alive;

	assert_int_equal(store_last_alive(world->store, &alive, &err), 0);
	assert_int_equal(alive, start);
}

static void fake_subject(const void *settings, char *ret, size_t room)
{
	(void)settings;
	(void)snprintf(ret, room, "thing");
}

static const struct collector collected = { .name = "fake", .subject = fake_subject };
static const struct collector by_hand = { .name = "manual" };

/* The lapses by which days that lack are explained. */
static void facts_at(struct world *world, const struct collector *collector, int64_t now)
{
	SCOPED(zone)
	struct zone *zone = NULL;
	struct gap_facts facts;
	struct error err;

	assert_int_equal(zone_open("America/Bogota", &zone, &err), 0);
	if (store_gap_facts(world->store, "itagui", "facebook", collector, zone, zone,
			    (struct window){ 20390, 40 }, now, &facts, &err) < 0)
		fail_msg("%s", err.text);
	free(world->lapses);
	world->lapses = facts.lapses;
	world->count = facts.lapse_count;
	free(facts.readings);
	free(facts.unwatched);
}

static void daemon_that_is_silent_is_a_lapse_before_it_starts_again(void **state)
{
	struct world *world = *state;
	struct error err;

	succeeds(world, start - HOUR);
	facts_at(world, &collected, start + 45 * DAY);
	assert_int_equal(world->count, 0); /* no daemon ever ran here */
	assert_int_equal(store_alive(world->store, start, &err), 0);
	facts_at(world, &collected, start + 90 * 60);
	assert_int_equal(world->count, 0); /* it says so once an hour */
	facts_at(world, &collected, start + 90 * 60 + 1);
	assert_int_equal(world->count, 1);
	expect(world, 0, "down", start, 0);
	/* none is kept: that is the daemon's */
	assert_int_equal(read_lapses(world, 0, INT64_MAX), 0);
	/* the clock went back */
	facts_at(world, &collected, start - DAY);
	assert_int_equal(world->count, 0);
}

static void silence_is_no_longer_than_since_somebody_read_the_account_by_hand(void **state)
{
	struct world *world = *state;
	struct error err;

	succeeds(world, start - HOUR);
	assert_int_equal(store_alive(world->store, start, &err), 0);
	succeeds(world, start + 10 * DAY);
	fails(world, ERROR_TOKEN, start + 5 * DAY);
	fails(world, ERROR_TRANSIENT, start + 20 * DAY);
	facts_at(world, &collected, start + 30 * DAY);
	assert_int_equal(world->count, 3);
	expect(world, 0, "token", start + 5 * DAY, start + 20 * DAY);
	expect(world, 1, "down", start + 10 * DAY, 0);
	expect(world, 2, "transient", start + 20 * DAY, 0);
}

static void silence_keeps_nothing_from_what_nobody_asks_for_or_never_had_a_run(void **state)
{
	struct world *world = *state;
	struct error err;

	assert_int_equal(store_alive(world->store, start, &err), 0);
	facts_at(world, &collected, start + 30 * DAY);
	assert_int_equal(world->count, 0); /* configured since, and never stored */
	succeeds(world, start);
	facts_at(world, &by_hand, start + 30 * DAY);
	assert_int_equal(world->count, 0);
	facts_at(world, &collected, start + 30 * DAY);
	assert_int_equal(world->count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_year_of_failing_every_hour_is_one_lapse),
		TEST(reasons_that_take_turns_are_a_lapse_each),
		TEST(what_a_success_made_good_within_a_day_is_forgotten),
		TEST(lapses_of_stories_and_of_the_day_stand_side_by_side),
		TEST(only_those_that_reach_into_the_time_asked_for_are_told),
		TEST(nights_switched_off_leave_one_lapse_not_one_a_night),
		TEST(downtimes_without_a_success_in_between_are_one),
		TEST(stretch_that_is_not_over_is_refused),
		TEST(clock_that_was_ahead_leaves_no_lapse_of_the_future),
		TEST(lapse_goes_with_the_accounts_new_name),
		TEST(what_is_not_committed_did_not_happen),
		TEST(daemon_that_is_silent_is_a_lapse_before_it_starts_again),
		TEST(silence_is_no_longer_than_since_somebody_read_the_account_by_hand),
		TEST(silence_keeps_nothing_from_what_nobody_asks_for_or_never_had_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
