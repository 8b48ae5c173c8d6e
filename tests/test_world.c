/*
 * Whole installations over simulated months, broken by a seed (docs/simulation.md): a fixed set,
 * and some seeds nobody has seen yet. One that fails names the command that shows it again.
 */
#include "test.h"

#include "sim/disk.h"
#include "sim/world_run.h"

#include "metricsd/collector.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ACCOUNTS = 10,
	DAYS = 64,
	CALM_DAYS = 60,
	RANDOM_DAYS = 50,
	RANDOM_SEEDS = 5,
	PART_BYTES = 40000
};

static void run(uint64_t seed, int accounts, int days, unsigned troubles, struct run_result *ret)
{
	struct run_options options = {
		.seed = seed, .accounts = accounts, .days = days, .troubles = troubles
	};
	char command[128];

	run_world(&options, ret);
	run_command(&options, command, sizeof(command));
	if (!ret->passed)
		fail_msg("%s\nagain with: %s", ret->words, command);
	assert_true(ret->tally.exact > 0);
}

static void calm_world_is_complete_and_right(void **state)
{
	struct run_result result;

	(void)state;
	run(7, ACCOUNTS, CALM_DAYS, 0, &result);
	assert_true(result.tally.expected > 20);
	assert_int_equal(result.tally.complete, result.tally.expected);
	assert_int_equal(result.failed_starts, 0);
	assert_true(result.net.most_repeated <= 2);
	/* a callback or two a request, and the hourly look at the clock: nobody is busy with
	 * waiting */
	assert_true(result.calls <
		    3 * result.net.requests + 2 * result.files.asked + (uint64_t)24 * CALM_DAYS);
}

static void each_kind_of_trouble_alone_leaves_every_final_figure_true(void **state)
{
	struct run_result result;

	(void)state;
	for (unsigned trouble = 1; trouble <= TROUBLE_ALL; trouble <<= 1) {
		run(trouble, trouble == TROUBLE_LOGS ? ACCOUNTS : 4, 60, trouble, &result);
		assert_true(result.tally.expected > 0);
	}
}

/* Each of these has found something once. */
static void all_troubles_together_leave_every_final_figure_true(void **state)
{
	static const uint64_t seeds[] = { 27, 29 };
	struct run_result result;

	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		run(seeds[i], ACCOUNTS, DAYS, TROUBLE_ALL, &result);
}

static void worlds_nobody_has_seen_leave_every_final_figure_true(void **state)
{
	struct run_result result;

	(void)state;
	for (int i = 0; i < RANDOM_SEEDS; i++) {
		uint32_t seed = 0;

		assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
		run(seed, ACCOUNTS, RANDOM_DAYS, run_troubles(seed), &result);
	}
}

static void same_seed_is_the_same_run(void **state)
{
	struct run_result first, second;

	(void)state;
	run(11, 4, 45, TROUBLE_ALL, &first);
	run(11, 4, 45, TROUBLE_ALL, &second);
	assert_int_equal(first.digest, second.digest);
	assert_memory_equal(&first.net, &second.net, sizeof(first.net));
	assert_memory_equal(&first.disk, &second.disk, sizeof(first.disk));
	assert_int_equal(first.calls, second.calls);
}

/* --- the disk alone --- */

struct place {
	char directory[64], database[96];
	struct disk *disk;
};

static int set_up(void **state)
{
	static struct place place;

	(void)snprintf(place.directory, sizeof(place.directory), "/tmp/metricsd-disk-XXXXXX");
	if (!mkdtemp(place.directory))
		return -1;
	(void)snprintf(place.database, sizeof(place.database), "%s/metrics.db", place.directory);
	place.disk = disk_new(3);
	*state = &place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char path[128];

	disk_free(place->disk);
	(void)unlink(place->database);
	(void)snprintf(path, sizeof(path), "%s.collector", place->database);
	(void)unlink(path);
	return rmdir(place->directory);
}

static int enter(struct store *store, int32_t day, int64_t value, struct error *err)
{
	struct entry entry = {
		.entity = "itagui",
		.account = "x",
		.source = "manual",
		.zone = "America/Bogota",
		.metric = metric_find(metric_catalogue, "posts"),
		.window = { day, 1 },
		.value = value,
	};
	struct origin origin = { .kind = ORIGIN_PERSON, .at = (int64_t)20800 * 86400, .by = "ana" };

	return store_enter(store, &entry, 1, &origin, NULL, err);
}

static int64_t entries(struct store *store)
{
	struct store_totals totals;
	struct error err;

	assert_int_equal(store_totals(store, &totals, &err), 0);
	return totals.samples;
}

static void what_a_person_entered_outlives_a_power_cut_at_every_write(void **state)
{
	struct place *place = *state;
	int32_t day = 20000;
	int64_t kept = 0;

	for (uint64_t writes = 0; writes < 60; writes++) {
		struct store *store = NULL;
		struct error err;
		bool opened;

		disk_die_after(place->disk, writes);
		opened = store_open(place->database, STORE_PERSON, &store, &err) == 0;
		while (opened && enter(store, day, day, &err) == 0) {
			day++;
			kept++;
		}
		store_close(opened ? store : NULL);
		disk_revive(place->disk, true);
		assert_int_equal(store_open(place->database, STORE_PERSON, &store, &err), 0);
		/* the one that was not acknowledged may be there: it is entered again all the same
		 */
		assert_in_range(entries(store), kept, kept + 1);
		assert_int_equal(enter(store, day, day, &err), 0);
		day++;
		kept++;
		assert_int_equal(entries(store), kept);
		assert_int_equal(store_verify(store, &err), 0);
		store_close(store);
	}
	assert_true(disk_counts(place->disk).lost > 0);
}

static void full_disk_refuses_and_takes_again_once_there_is_room(void **state)
{
	struct place *place = *state;
	struct store *store = NULL;
	struct error err;
	int32_t day = 20000;

	assert_int_equal(store_open(place->database, STORE_PERSON, &store, &err), 0);
	assert_int_equal(enter(store, day, 1, &err), 0);
	disk_fill(place->disk, true);
	while (enter(store, ++day, 1, &err) == 0)
		assert_true(day < 21000);
	assert_int_equal(err.class, ERROR_OURS);
	assert_non_null(strstr(err.text, "the disk is full: make room"));
	disk_fill(place->disk, false);
	assert_int_equal(entries(store), day - 20000);
	assert_int_equal(enter(store, day, 1, &err), 0);
	assert_int_equal(store_verify(store, &err), 0);
	store_close(store);
}

/* Two parts that are written together, by somebody who looks at a third meanwhile and does not mind
 * when he cannot. Whether they say the same. */
static bool keep_both(struct store *store, int number, bool *kept, struct error *err)
{
	struct channel channel = { .entity = "itagui",
				   .account = "sede",
				   .source = "accesslog",
				   .zone = "America/Bogota",
				   .metrics = collector_find("accesslog")->metrics };
	struct findings findings = { 0 };
	struct answer answer = { .channel = channel,
				 .findings = &findings,
				 .origin = { .kind = ORIGIN_REQUEST,
					     .at = (int64_t)20800 * 86400 + number,
					     .what = "log" } };
	char *bytes = memory_new(PART_BYTES, 1);
	struct text name = { 0 };
	struct text found = TEXT_UP_TO(PART_BYTES + 1);
	struct error ignored;

	memset(bytes, 'a' + number % 26, PART_BYTES);
	findings_keep(&findings, "live/0head", bytes, PART_BYTES);
	findings_keep(&findings, "live/1files", bytes, PART_BYTES);
	findings_keep(&findings, "live/2more", bytes, PART_BYTES);
	*kept = false;
	if (store_begin(store, err) == 0) {
		(void)store_answer(store, &answer, NULL, &ignored);
		(void)store_part_next(store, "itagui", "sede", "live/", "", &name, &found,
				      &ignored);
		(void)store_answer(store, &answer, NULL, &ignored);
		*kept = store_commit(store, err) == 0;
	}
	findings_clear(&findings);
	text_clear(&name);
	text_clear(&found);
	free(bytes);
	return *kept;
}

static char letter_of(struct store *store, const char *after)
{
	struct text name = { 0 };
	struct text found = TEXT_UP_TO(PART_BYTES + 1);
	struct error err;
	char letter = ' ';

	if (store_part_next(store, "itagui", "sede", "live/", after, &name, &found, &err) > 0)
		letter = found.bytes[0];
	text_clear(&name);
	text_clear(&found);
	return letter;
}

/* Found by the simulated world: SQLite takes a transaction back when the disk fails in the midst of
 * it, and what came after was kept on its own. */
static void half_of_what_belongs_together_is_never_kept(void **state)
{
	struct place *place = *state;
	struct store *store = NULL;
	struct error err;
	bool kept;

	assert_int_equal(store_open(place->database, STORE_COLLECT, &store, &err), 0);
	assert_true(keep_both(store, 0, &kept, &err));
	for (int i = 1; i < 300; i++) {
		disk_errors(place->disk, 20 + i % 200);
		(void)keep_both(store, i, &kept, &err);
		disk_errors(place->disk, 0);
		assert_int_equal(letter_of(store, "live/"), letter_of(store, "live/0head"));
		assert_int_equal(letter_of(store, "live/"), letter_of(store, "live/1files"));
		if (kept)
			assert_int_equal(letter_of(store, "live/"), 'a' + i % 26);
	}
	assert_true(disk_counts(place->disk).failed > 0);
	assert_int_equal(store_verify(store, &err), 0);
	store_close(store);
}

/* --- tokens --- */

static void tokens_are_told_of_in_time_renewed_and_replaced(void **state)
{
	struct run_result result;
	struct run_tokens all = { 0 };
	uint64_t alerts = 0;
	uint64_t warnings = 0;

	(void)state;
	/* of these seeds some have a person's token, some a system's */
	for (uint64_t seed = 60; seed < 62; seed++) {
		run(seed, 4, 90, TROUBLE_TOKEN, &result);
		alerts += result.tally.alerts;
		warnings += result.tally.warnings;
		all.warned += result.tokens.warned;
		all.renewed += result.tokens.renewed;
		all.replaced += result.tokens.replaced;
	}
	assert_true(all.warned > 0);
	assert_true(all.renewed > 0);
	assert_true(all.replaced > 3);
	assert_true(alerts > 3);
	assert_true(warnings > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_a_person_entered_outlives_a_power_cut_at_every_write, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			full_disk_refuses_and_takes_again_once_there_is_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_of_what_belongs_together_is_never_kept, set_up,
						tear_down),
		cmocka_unit_test(tokens_are_told_of_in_time_renewed_and_replaced),
		cmocka_unit_test(calm_world_is_complete_and_right),
		cmocka_unit_test(each_kind_of_trouble_alone_leaves_every_final_figure_true),
		cmocka_unit_test(all_troubles_together_leave_every_final_figure_true),
		cmocka_unit_test(worlds_nobody_has_seen_leave_every_final_figure_true),
		cmocka_unit_test(same_seed_is_the_same_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
