/* Whole sweeps of every platform against the simulated world: what settled equals the truth, what
 * was listed is what was published, and a sweep that is killed again and again finds the same. */
#include "test.h"

#include "sim/sim.h"
#include "take.h"

#include "metricsd/cleanup.h"

#include <stdio.h>
#include <string.h>

#define PAGE "104000000000001"
#define PERSON "17841400000000001"
#define SITE "1"
#define NOW "2026-12-02T15:00:00Z"
#define WANTED "2026-10-20..2026-12-01"

enum { ROUNDS_MAX = 500 };

static struct world *a_world(void)
{
	static const struct sim_account accounts[] = {
		{ .kind = SIM_PAGE, .id = PAGE },
		{ .kind = SIM_INSTAGRAM, .id = PERSON, .page = PAGE },
		{ .kind = SIM_MATOMO, .id = SITE, .zone = "America/Bogota" },
	};
	struct world *world = world_new(7);
	struct sim_quirks *quirks = world_quirks(world);

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(world_add(world, &accounts[i], NULL), 0);
	world_secrets(world, "root", "app", "root");
	quirks->late = false; /* what settles is another test's affair */
	quirks->page_limit = 3;
	quirks->empty_pages = 3;
	quirks->cursor_size = 1500;
	quirks->reels_in_posts = true;
	return world;
}

/* What a whole sweep brings together. */
struct brought {
	size_t requests, samples, items, watches, refusals;
};

static void compare(struct sweeping *it, struct world *world, const char *account,
		    struct brought *brought)
{
	for (size_t i = 0; i < it->findings.sample_count; i++) {
		const struct finding *finding = &it->findings.samples[i];

		if (window_end(finding->sample.window) > zone_day(it->zone, it->job.now))
			continue; /* a level of today, which goes on */
		assert_int_equal(finding->sample.value,
				 truth_value(world, account, finding->metric->id,
					     finding->sample.window, finding->metric->kind));
	}
	brought->samples += it->findings.sample_count;
	brought->items += it->findings.item_count;
	brought->watches += it->findings.watch_count;
}

/* To its end; after every `kill`th answer all but what is stored is lost. */
static struct brought whole_sweep(struct world *world, const char *name, const char *setting,
				  const char *id, enum sweep sweep, size_t kill)
{
	const char *const given[] = { setting, id, "base", "http://127.0.0.1:1", NULL };
	const char *zone = strcmp(name, "matomo") == 0 ? "America/Bogota" : "America/Los_Angeles";
	struct sweeping it;
	struct brought brought = { 0 };
	SCOPED(sim_response)
	struct sim_response response = { 0 };

	sweeping_start(&it, name, given, zone, NOW, WANTED);
	it.job.sweep = sweep;
	while (it.collector->next(&it.job, &it.request, &it.err) == 1) {
		char cursor[CURSOR_MAX];

		assert_true(++brought.requests < ROUNDS_MAX);
		world_carry_out(world, &it.request, "root", it.job.now, &response);
		if (answer(&it, response.status, text_str(&response.headers),
			   text_str(&response.body)) < 0)
			brought.refusals++;
		else
			compare(&it, world, id, &brought);
		it.job.now++;
		if (kill && brought.requests % kill == 0) {
			(void)snprintf(cursor, sizeof(cursor), "%s", text_str(&it.job.cursor));
			sweeping_end(&it);
			sweeping_start(&it, name, given, zone, NOW, WANTED);
			it.job.sweep = sweep;
			it.job.now += (int64_t)brought.requests;
			text_set(&it.job.cursor, cursor);
		}
	}
	sweeping_end(&it);
	return brought;
}

static size_t published(struct world *world, const char *account, enum item_kind kind,
			const char *since, const char *until)
{
	return truth_items(world, account, kind, at(since), at(until), NULL, 0);
}

static void a_page_is_swept_and_everything_found_is_true(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought once = whole_sweep(world, "facebook", "page", PAGE, SWEEP_DAILY, 0);
	struct brought killed = whole_sweep(world, "facebook", "page", PAGE, SWEEP_DAILY, 1);

	(void)state;
	assert_int_equal(once.refusals, 0);
	assert_true(once.samples > 350);
	assert_int_equal(once.items,
			 published(world, PAGE, ITEM_POST, "2026-10-19T07:00:00Z", NOW) +
				 published(world, PAGE, ITEM_REEL, "2026-10-19T07:00:00Z", NOW));
	assert_int_equal(once.watches, 2);
	assert_memory_equal(&once, &killed, sizeof(once));
}

static void an_instagram_account_is_swept_and_everything_found_is_true(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought once = whole_sweep(world, "instagram", "user", PERSON, SWEEP_DAILY, 0);
	struct brought killed = whole_sweep(world, "instagram", "user", PERSON, SWEEP_DAILY, 1);

	(void)state;
	assert_int_equal(once.refusals, 0);
	assert_true(once.samples > 175);
	assert_int_equal(once.items,
			 published(world, PERSON, ITEM_POST, "2026-10-19T07:00:00Z", NOW) +
				 published(world, PERSON, ITEM_REEL, "2026-10-19T07:00:00Z", NOW));
	assert_int_equal(once.watches, 2);
	assert_memory_equal(&once, &killed, sizeof(once));
}

static void a_site_is_swept_and_everything_found_is_true(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought once = whole_sweep(world, "matomo", "site", SITE, SWEEP_DAILY, 0);

	(void)state;
	assert_int_equal(once.refusals, 0);
	assert_int_equal(once.samples, 3 * 43 + 2);
	assert_int_equal(once.requests, 5);
}

static void stories_of_the_last_day_are_all_seen(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought page = whole_sweep(world, "facebook", "page", PAGE, SWEEP_WATCH, 0);
	struct brought person = whole_sweep(world, "instagram", "user", PERSON, SWEEP_WATCH, 0);

	(void)state;
	assert_int_equal(page.items,
			 published(world, PAGE, ITEM_STORY, "2026-12-01T15:00:00Z", NOW));
	assert_int_equal(person.items,
			 published(world, PERSON, ITEM_STORY, "2026-12-01T15:00:00Z", NOW));
	assert_int_equal(page.watches + person.watches, 2);
}

static void reels_are_found_among_videos_and_metrics_that_died_are_set_aside(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	static const struct sim_fault gone = { .kind = SIM_FAULT_METRIC,
					       .metric = "page_media_view" };
	struct brought whole = whole_sweep(world, "facebook", "page", PAGE, SWEEP_DAILY, 0);
	struct brought rest;

	(void)state;
	world_quirks(world)->no_video_reels = true;
	world_quirks(world)->ignore_since = true;
	world_fault(world, &gone);
	rest = whole_sweep(world, "facebook", "page", PAGE, SWEEP_DAILY, 0);
	assert_int_equal(rest.refusals, 3); /* the call, the metric alone, the Reels */
	assert_int_equal(rest.items, whole.items);
	assert_true(rest.samples < whole.samples && rest.samples >= whole.samples - 43);
}

static void a_check_is_answered_by_every_platform(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought page = whole_sweep(world, "facebook", "page", PAGE, SWEEP_CHECK, 0);
	struct brought person = whole_sweep(world, "instagram", "user", PERSON, SWEEP_CHECK, 0);
	struct brought site = whole_sweep(world, "matomo", "site", SITE, SWEEP_CHECK, 0);

	(void)state;
	assert_int_equal(page.refusals + person.refusals + site.refusals, 0);
	assert_int_equal(page.samples + person.samples + site.samples, 0);
	assert_int_equal(page.requests, 3);
	assert_int_equal(person.requests, 2);
	assert_int_equal(site.requests, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_swept_and_everything_found_is_true),
		cmocka_unit_test(an_instagram_account_is_swept_and_everything_found_is_true),
		cmocka_unit_test(a_site_is_swept_and_everything_found_is_true),
		cmocka_unit_test(stories_of_the_last_day_are_all_seen),
		cmocka_unit_test(reels_are_found_among_videos_and_metrics_that_died_are_set_aside),
		cmocka_unit_test(a_check_is_answered_by_every_platform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
