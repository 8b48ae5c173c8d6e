/* Whole sweeps of websites against the simulated world: what is found is true, what is not known is
 * not said, and a sweep that is killed after every answer finds the same. */
#include "test.h"

#include "sim/sim.h"
#include "take.h"

#include "metricsd/cleanup.h"

#include <stdio.h>
#include <string.h>

#define PROPERTY "123456789"
#define DOMAIN "sede.example.org"
#define UUID "22222222-3333-4444-8555-666666666666"
#define ZONE "America/Bogota"
#define NOW "2027-01-03T15:00:00Z"
#define WANTED "2026-10-20..2027-01-02"
#define OURS "http://127.0.0.1:1"

enum { ROUNDS_MAX = 500, WANTED_DAYS = 75 };

static struct world *a_world(void)
{
	static const struct sim_account accounts[] = {
		{ .kind = SIM_GA4, .id = PROPERTY, .zone = ZONE },
		{ .kind = SIM_PLAUSIBLE, .id = DOMAIN, .zone = ZONE },
		{ .kind = SIM_UMAMI, .id = UUID, .zone = ZONE },
	};
	static const struct sim_web_secrets secrets = { .plausible_key = "key",
							.umami_user = "metrics",
							.umami_password = "pass:word",
							.umami_key = "cloud-key" };
	struct world *world = world_new(3);

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(world_add(world, &accounts[i], NULL), 0);
	world_web_secrets(world, &secrets);
	world_quirks(world)->late = false;
	return world;
}

/* Who is asked: a collector, the setting that names the site, its id, its address, its secret. */
struct site {
	const char *name, *setting, *id, *base, *secret;
};

static const struct site ga4 = { "ga4", "property", PROPERTY, OURS, "signed" };
static const struct site plausible = { "plausible", "site", DOMAIN, OURS, "key" };
static const struct site umami = { "umami", "site", UUID, OURS, "metrics:pass:word" };
static const struct site cloud = { "umami", "site", UUID, OURS "/v1", "cloud-key" };

/* What a whole sweep brings together. */
struct brought {
	size_t requests, samples, zeros, derived, refusals;
	char words[800]; /* of the last refusal */
};

static void compare(struct sweeping *it, struct world *world, const char *id,
		    struct brought *brought)
{
	for (size_t i = 0; i < it->findings.sample_count; i++) {
		const struct finding *finding = &it->findings.samples[i];

		assert_int_equal(finding->sample.value,
				 truth_value(world, id, finding->metric->id, finding->sample.window,
					     finding->metric->kind));
		brought->zeros += finding->sample.value == 0;
		brought->derived += (finding->sample.flags & SAMPLE_DERIVED) != 0;
	}
	brought->samples += it->findings.sample_count;
}

/* The sweep begun anew, with nothing but the stored cursor. */
static void kill_it(struct sweeping *it, const struct site *site, const char *const *given,
		    size_t seconds)
{
	enum sweep sweep = it->job.sweep;
	char cursor[CURSOR_MAX];

	(void)snprintf(cursor, sizeof(cursor), "%s", text_str(&it->job.cursor));
	sweeping_end(it);
	sweeping_start(it, site->name, given, ZONE, NOW, WANTED);
	it->job.sweep = sweep;
	it->job.now += (int64_t)seconds;
	text_set(&it->job.cursor, cursor);
}

/* To its end, or to a refusal it does not go round. */
static struct brought sweep_site(struct world *world, const struct site *site, enum sweep sweep,
				 bool kill)
{
	const char *const given[] = { site->setting, site->id, "base", site->base, NULL };
	struct sweeping it;
	struct brought brought = { 0 };
	SCOPED(sim_response)
	struct sim_response response = { 0 };

	sweeping_start(&it, site->name, given, ZONE, NOW, WANTED);
	it.job.sweep = sweep;
	while (brought.refusals == 0 && it.collector->next(&it.job, &it.request, &it.err) == 1) {
		assert_true(++brought.requests < ROUNDS_MAX);
		world_carry_out(world, &it.request, site->secret, it.job.now, &response);
		if (answer(&it, response.status, text_str(&response.headers),
			   text_str(&response.body)) < 0) {
			brought.refusals++;
			(void)snprintf(brought.words, sizeof(brought.words), "%s", it.err.text);
		} else {
			compare(&it, world, site->id, &brought);
		}
		it.job.now++;
		if (kill)
			kill_it(&it, site, given, brought.requests);
	}
	sweeping_end(&it);
	return brought;
}

/* Days without a single visit among those wanted. */
static size_t empty_days(struct world *world, const char *id)
{
	size_t count = 0;

	for (int32_t i = 0; i < WANTED_DAYS; i++)
		count += truth_value(world, id, "views",
				     (struct window){ day("2026-10-20") + i, 1 }, METRIC_FLOW) == 0;
	return count;
}

/* October to December, with the quarter's, the semester's and the year's ends: in two batches. */
static void a_property_is_swept_and_everything_found_is_true(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought once = sweep_site(world, &ga4, SWEEP_DAILY, false);
	struct brought killed = sweep_site(world, &ga4, SWEEP_DAILY, true);

	(void)state;
	assert_string_equal(once.words, "");
	assert_int_equal(once.requests, 2);
	assert_true(empty_days(world, PROPERTY) > 0);
	assert_int_equal(once.zeros, 3 * empty_days(world, PROPERTY));
	assert_int_equal(once.derived, once.zeros);
	/* three months, a quarter, a semester, a year; visits and visitors of each */
	assert_int_equal(once.samples, 3 * (size_t)WANTED_DAYS + 12);
	assert_memory_equal(&once, &killed, sizeof(once));
}

static void a_withheld_day_is_missing_and_so_are_the_empty_ones(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct sim_fault lacks = { .kind = SIM_FAULT_DAY, .account = PROPERTY };
	size_t empty = empty_days(world, PROPERTY);
	struct brought brought;

	(void)state;
	lacks.days = (struct window){ day("2026-11-04"), 1 };
	world_fault(world, &lacks);
	assert_int_not_equal(truth_value(world, PROPERTY, "views", lacks.days, METRIC_FLOW), 0);
	brought = sweep_site(world, &ga4, SWEEP_DAILY, false);
	assert_int_equal(brought.zeros, 0);
	assert_int_equal(brought.samples, 3 * (WANTED_DAYS - 1 - empty) + 12);
	assert_int_equal(brought.derived, 0);
}

static void a_property_that_withholds_says_at_least(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought brought;

	(void)state;
	world_quirks(world)->ga4_withholds = true;
	brought = sweep_site(world, &ga4, SWEEP_DAILY, false);
	assert_int_equal(brought.derived, 0);
	assert_int_equal(brought.samples, 3 * (WANTED_DAYS - empty_days(world, PROPERTY)) + 12);
}

static void what_is_wrong_with_a_property_is_named(void **state)
{
	static const struct site other = { "ga4", "property", "987", OURS, "signed" };
	SCOPED(world)
	struct world *world = a_world();
	static const struct sim_fault gone = { .kind = SIM_FAULT_METRIC, .metric = "totalUsers" };
	struct brought brought = sweep_site(world, &other, SWEEP_CHECK, false);

	(void)state;
	assert_non_null(strstr(brought.words, "may not read property 987"));
	world_quirks(world)->ga4_disabled = true;
	brought = sweep_site(world, &ga4, SWEEP_CHECK, false);
	assert_non_null(strstr(brought.words, "the Google Analytics Data API is not enabled"));
	world_quirks(world)->ga4_disabled = false;
	world_fault(world, &gone);
	brought = sweep_site(world, &ga4, SWEEP_DAILY, false);
	assert_non_null(strstr(brought.words, "Field totalUsers is not a valid metric"));
}

static void a_plausible_site_is_swept_and_everything_found_is_true(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought once = sweep_site(world, &plausible, SWEEP_DAILY, false);
	struct brought killed = sweep_site(world, &plausible, SWEEP_DAILY, true);

	(void)state;
	assert_string_equal(once.words, "");
	assert_int_equal(once.requests, 1 + 6);
	assert_int_equal(once.samples, 3 * WANTED_DAYS + 6);
	assert_true(empty_days(world, DOMAIN) > 0);
	assert_int_equal(once.zeros, 3 * empty_days(world, DOMAIN));
	assert_memory_equal(&once, &killed, sizeof(once));
}

static void what_is_wrong_with_a_plausible_site_is_named(void **state)
{
	static const struct site other = { "plausible", "site", "other.org", OURS, "key" };
	SCOPED(world)
	struct world *world = a_world();
	struct brought brought = sweep_site(world, &other, SWEEP_CHECK, false);

	(void)state;
	assert_non_null(strstr(brought.words, "Plausible knows no site \"other.org\""));
}

/* The visits of each day, and what went before: site, total, rows, and the months. */
static void an_umami_site_is_swept_and_everything_found_is_true(void **state)
{
	static const int versions[] = { 0, 212, 211 };
	SCOPED(world)
	struct world *world = a_world();
	size_t empty = empty_days(world, UUID);

	(void)state;
	assert_true(empty > 0);
	for (size_t i = 0; i < 3; i++) {
		struct brought once, killed;

		world_quirks(world)->umami_version = versions[i];
		once = sweep_site(world, i == 1 ? &cloud : &umami, SWEEP_DAILY, false);
		killed = sweep_site(world, i == 1 ? &cloud : &umami, SWEEP_DAILY, true);
		assert_string_equal(once.words, "");
		assert_int_equal(once.requests, 1 + 1 + 1 + WANTED_DAYS + 3);
		assert_int_equal(once.samples, 3 * WANTED_DAYS + 3);
		assert_int_equal(once.zeros, 3 * empty);
		assert_int_equal(once.derived, 3 * empty);
		assert_memory_equal(&once, &killed, sizeof(once));
	}
}

static void an_old_umami_gives_all_but_visits(void **state)
{
	SCOPED(world)
	struct world *world = a_world();
	struct brought brought;

	(void)state;
	world_quirks(world)->umami_version = 210;
	brought = sweep_site(world, &umami, SWEEP_DAILY, false);
	assert_string_equal(brought.words, "");
	assert_int_equal(brought.requests, 1 + 1 + 1 + 3);
	assert_int_equal(brought.samples, 2 * WANTED_DAYS + 3);
}

static void what_is_wrong_with_an_umami_site_is_named(void **state)
{
	static const struct site other = { "umami", "site", "22222222-3333-4444-8555-777777777777",
					   OURS, "metrics:pass:word" };
	static const struct site stranger = { "umami", "site", UUID, OURS, "metrics:wrong" };
	static const struct site no_key = { "umami", "site", UUID, OURS "/v1", "wrong" };
	SCOPED(world)
	struct world *world = a_world();
	struct brought brought = sweep_site(world, &other, SWEEP_DAILY, false);

	(void)state;
	assert_non_null(strstr(brought.words, "there is no site 22222222-3333-4444-8555-777777"));
	assert_int_equal(brought.requests, 1);
	brought = sweep_site(world, &stranger, SWEEP_CHECK, false);
	assert_string_equal(brought.words,
			    "Umami refuses user and password: incorrect-username-password");
	brought = sweep_site(world, &no_key, SWEEP_CHECK, false);
	assert_non_null(strstr(brought.words, "the key may not see site"));
}

static void a_check_is_answered_by_every_one(void **state)
{
	static const struct {
		const struct site *site;
		size_t requests;
	} rows[] = { { &ga4, 1 }, { &plausible, 1 }, { &umami, 2 }, { &cloud, 2 } };
	SCOPED(world)
	struct world *world = a_world();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct brought brought = sweep_site(world, rows[i].site, SWEEP_CHECK, false);

		assert_string_equal(brought.words, "");
		assert_int_equal(brought.samples, 0);
		assert_int_equal(brought.requests, rows[i].requests);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_property_is_swept_and_everything_found_is_true),
		cmocka_unit_test(a_withheld_day_is_missing_and_so_are_the_empty_ones),
		cmocka_unit_test(a_property_that_withholds_says_at_least),
		cmocka_unit_test(what_is_wrong_with_a_property_is_named),
		cmocka_unit_test(a_plausible_site_is_swept_and_everything_found_is_true),
		cmocka_unit_test(what_is_wrong_with_a_plausible_site_is_named),
		cmocka_unit_test(an_umami_site_is_swept_and_everything_found_is_true),
		cmocka_unit_test(an_old_umami_gives_all_but_visits),
		cmocka_unit_test(what_is_wrong_with_an_umami_site_is_named),
		cmocka_unit_test(a_check_is_answered_by_every_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
