/*
 * What lacks of what is collected: what somebody can still bring, what nobody can, and since when
 * anything is known.
 */
#include "run.h"
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/collector.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/sample.h"
#include "metricsd/store.h"

#include <stdio.h>
#include <string.h>

#define RUN(place, said, ...) \
	run_words(place, (const char *const[]){ __VA_ARGS__, "--lang", "en", NULL }, said)

#define PACIFIC "America/Los_Angeles"

/* An office whose two accounts are collected since October 2025, seen in January 2026. */
static void write_office(const struct place *place)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "tokens: ( { id = \"meta\"; kind = \"page\"; file = \"%s/token\"; } );\n"
		  "entities: ( { id = \"office\"; name = \"Office\"; zone = \"America/Bogota\";\n"
		  "  language = \"en\"; accounts: (\n"
		  "    { id = \"facebook\"; title = \"Facebook\"; collector = \"facebook\";\n"
		  "      page = \"104000000000001\"; token = \"meta\"; },\n"
		  "    { id = \"instagram\"; title = \"Instagram\"; collector = \"instagram\";\n"
		  "      user = \"178000000000001\"; token = \"meta\"; } ); } );\n",
		  place->path, place->control, place->path);
	write_file(place->config, text_str(&config));
}

/* What a sweep brought that read all days from `first` on. */
static void collect(const struct place *place, const char *account, struct findings *findings,
		    const struct metric *metrics, int32_t first)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	const struct answer answer = {
		.channel = {
			.entity = "office",
			.account = account,
			.source = account,
			.zone = PACIFIC,
			.subject = "thing 1",
			.metrics = metrics,
		},
		.findings = findings,
		.origin = { .kind = ORIGIN_REQUEST, .at = place->now - 3600, .what = "insights" },
		.sweep = SWEEP_DAILY,
	};
	const struct sweep_state done = {
		.started = place->now - 3600,
		.last_success = place->now - 3600,
		.due = place->now + 3600,
	};
	struct days wanted = { 0 };
	struct changes changes;
	struct error err;

	days_add(&wanted, (struct window){ first, day_of(2026, 1, 15) - first });
	if (store_answer(store, &answer, &changes, &err) < 0 ||
	    store_sweep_done(store, &answer.channel, SWEEP_DAILY, &done, &wanted, place->now - 3600,
			     &err) < 0)
		fail_msg("%s", err.text);
	findings_reset(findings);
}

static void find_visits(struct findings *findings, const struct metric *metric, int32_t first)
{
	for (int32_t day = first; day < day_of(2026, 1, 15); day++)
		findings_sample(findings, metric, (struct window){ day, 1 }, 10, 0);
}

/* Lists are walked from the Pacific midnight before the first day on. */
static void collect_facebook(const struct place *place, int32_t first)
{
	const struct metric *metrics = collector_find("facebook")->metrics;
	SCOPED(zone)
	struct zone *pacific = NULL;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct error err;

	assert_int_equal(zone_open(PACIFIC, &pacific, &err), 0);
	find_visits(&findings, metric_find(metrics, "visits"), first);
	findings_watch(&findings, ITEM_POST, zone_midnight(pacific, first - 1), place->now - 3600);
	findings_watch(&findings, ITEM_STORY, place->now - 86400, place->now - 3600);
	collect(place, "facebook", &findings, metrics, first);
}

static void collect_instagram(const struct place *place, int32_t first)
{
	const struct metric *metrics = collector_find("instagram")->metrics;
	SCOPED(findings)
	struct findings findings = { 0 };

	find_visits(&findings, metric_find(metrics, "visits"), first);
	findings_sample(&findings, metric_find(metrics, "followers"),
			(struct window){ day_of(2026, 1, 15), 1 }, 6202, 0);
	collect(place, "instagram", &findings, metrics, first);
}

static int make_office(void **state)
{
	const struct place *place;

	assert_int_equal(make_place(state), 0);
	place = *state;
	write_office(place);
	collect_facebook(place, day_of(2025, 10, 1));
	collect_instagram(place, day_of(2025, 10, 1));
	return 0;
}

static void assert_said(const struct said *said, const char *words)
{
	if (!strstr(text_str(&said->out), words))
		fail_msg("\"%s\" does not say \"%s\"", text_str(&said->out), words);
}

static void assert_unsaid(const struct said *said, const char *words)
{
	if (strstr(text_str(&said->out), words))
		fail_msg("\"%s\" says \"%s\"", text_str(&said->out), words);
}

static void what_cannot_be_had_any_more_is_said_apart_and_pends_on_nobody(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	RUN(place, &said, "pending", "2025-10");
	assert_string_equal(text_str(&said.err), "");
	assert_string_equal(
		text_str(&said.out),
		"Office · October 2025\n"
		"Nothing is pending.\n\n"
		"What cannot be had any more (nothing is left to do)\n"
		"  Facebook · 2025-10-01..2025-10-31: Stories: before it was collected; the first "
		"day is 2026-01-15\n"
		"  Instagram · 2025-10-01..2025-10-31: Followers: before it was collected; the "
		"first day is\n    2026-01-15\n");
	assert_int_equal(said.ends, 0);
}

static void programs_tell_what_can_be_had_from_what_cannot(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	RUN(*state, &said, "pending", "2025-09", "--format", "csv");
	assert_int_equal(said.ends, 1);
	assert_said(&said, ",days,facebook,Facebook,visits,\"Visits, Posts\",2025-09-01,2025-09-30,"
			   "\"2025-09-01..2025-09-30\",,,before\r\n");
	assert_said(&said, ",lost,facebook,Facebook,stories,Stories,2025-09-01,2025-09-30,"
			   "\"2025-09-01..2025-09-30\",,,before\r\n");
	assert_said(&said, ",days,instagram,Instagram,visits,Visits,2025-09-01,");
	assert_said(&said, ",lost,instagram,Instagram,followers,Followers,2025-09-01,");
}

static void days_before_the_first_pend_until_somebody_has_asked_for_them(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(said)
	struct said after = { 0 };

	RUN(place, &said, "pending", "2025-09", "--account", "facebook");
	assert_int_equal(said.ends, 1);
	assert_said(&said, "Days the collection lacks\n"
			   "  Facebook  2025-09-01..2025-09-30    Visits, Posts\n"
			   "  → metricsctl backfill ACCOUNT FROM TO");
	collect_facebook(place, day_of(2025, 9, 1));
	RUN(place, &after, "pending", "2025-09", "--account", "facebook");
	assert_int_equal(after.ends, 0);
	assert_unsaid(&after, "backfill");
	assert_said(&after, "Stories: before it was collected");
}

static void what_the_provider_keeps_no_longer_is_not_asked_for(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	RUN(*state, &said, "pending", "2023-10", "--account", "facebook");
	assert_int_equal(said.ends, 0);
	assert_unsaid(&said, "backfill");
	assert_said(&said, "Visits, Posts: nobody asked in time: the provider keeps 729\n"
			   "    days\n");
}

static void days_the_provider_was_asked_for_and_did_not_tell_pend_on_nobody(void **state)
{
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(findings)
	struct findings nothing = { 0 };

	remove_database(*state);
	collect_facebook(*state, day_of(2025, 10, 8));
	/* the sweep read the first week too, and nothing was told */
	collect(*state, "facebook", &nothing, collector_find("facebook")->metrics,
		day_of(2025, 10, 1));
	RUN(*state, &said, "pending", "2025-10", "--account", "facebook", "--format", "csv");
	assert_said(&said, ",lost,facebook,Facebook,visits,Visits,2025-10-01,2025-10-31,"
			   "\"2025-10-01..2025-10-07\",,,silent\r\n");
	/* but a list can be walked again */
	assert_int_equal(said.ends, 1);
	assert_said(&said, ",days,facebook,Facebook,posts,Posts,2025-10-01,2025-10-31,"
			   "\"2025-10-01..2025-10-07\",,,unwalked\r\n");
}

/* A machine that is off each weekend misses stories of each. */
static void each_of_many_reasons_is_told(void **state)
{
	const struct place *place = *state;
	const int64_t begin = place->now - (int64_t)300 * 86400;
	SCOPED(findings)
	struct findings findings = { 0 };
	SCOPED(said)
	struct said said = { 0 };
	size_t lost = 0;

	for (int64_t week = 0; week < 40; week++)
		findings_watch(&findings, ITEM_STORY, begin + week * 7 * 86400,
			       begin + (week * 7 + 4) * 86400);
	collect(place, "instagram", &findings, collector_find("instagram")->metrics,
		day_of(2025, 10, 1));
	RUN(place, &said, "pending", "2025", "--account", "instagram", "--format", "csv");
	for (const char *at = text_str(&said.out); (at = strstr(at, ",unseen\r\n")) != NULL; at++)
		lost++;
	assert_true(lost >= 37);
}

static void explain_says_that_it_does_not_name_all_days_that_lack(void **state)
{
	const struct place *place = *state;
	const struct metric *metrics = collector_find("instagram")->metrics;
	SCOPED(findings)
	struct findings findings = { 0 };
	SCOPED(said)
	struct said some = { 0 };
	SCOPED(said)
	struct said many = { 0 };

	for (int32_t day = day_of(2025, 1, 1); day < day_of(2025, 8, 1); day += 2)
		findings_sample(&findings, metric_find(metrics, "visits"),
				(struct window){ day, 1 }, 10, 0);
	collect(place, "instagram", &findings, metrics, day_of(2025, 1, 1));
	RUN(place, &some, "explain", "instagram", "visits", "2025-01");
	assert_said(&some, "2025-01-30");
	assert_unsaid(&some, "other days after them");
	RUN(place, &many, "explain", "instagram", "visits", "2025");
	assert_unsaid(&many, "2025-07-31");
	assert_said(&many, "\n  … and other days after them: ask month by month\n");
}

static void nobody_is_written_to_about_what_nobody_can_do(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(said)
	struct said pending = { 0 };

	RUN(place, &said, "pending", "2025-10", "--tell");
	assert_string_equal(text_str(&said.out), "Office: Nothing is pending.\n");
	assert_int_equal(said.ends, 0);
	RUN(place, &pending, "pending", "2025-09", "--tell");
	assert_said(&pending, "what still lacks of September 2025 is told.");
}

static void an_account_has_one_first_day_wherever_it_is_said(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said accounts = { 0 };
	SCOPED(said)
	struct said gaps = { 0 };
	SCOPED(said)
	struct said series = { 0 };
	SCOPED(said)
	struct said explain = { 0 };

	RUN(place, &accounts, "accounts", "--format", "csv");
	assert_said(&accounts, "office,facebook,Facebook,facebook,America/Bogota,,,2025-10-01,");
	RUN(place, &gaps, "gaps", "2025-09-28..2025-10-02", "--account", "facebook");
	assert_said(&gaps, "2025-09-28..2025-09-30  posts, visits  before it was collected; the "
			   "first day is 2025-10-01");
	assert_unsaid(&gaps, "nobody asked for it so far");
	RUN(place, &series, "series", "facebook", "posts", "2025-09-29..2025-10-02");
	assert_said(&series, "counts since 2025-10-01: posts thing 1");
	RUN(place, &explain, "explain", "facebook", "posts", "2025-10");
	assert_said(&explain, "counts since 2025-10-01: posts thing 1");
}

static void the_first_day_goes_back_with_a_backfill_and_no_further(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	collect_facebook(place, day_of(2025, 9, 1));
	RUN(place, &said, "accounts", "--format", "csv");
	assert_said(&said, "office,facebook,Facebook,facebook,America/Bogota,,,2025-09-01,");
}

/* Metricsd said that it runs when it last read, and nothing since: the time is now. */
static void goes_silent(struct place *place, const char *time)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	struct error err;

	if (store_alive(store, place->now - 3600, &err) < 0 ||
	    time_parse(time, &place->now, &err) < 0)
		fail_msg("%s", err.text);
}

static void days_since_metricsd_is_off_pend_and_are_told(void **state)
{
	struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(said)
	struct said rows = { 0 };
	SCOPED(said)
	struct said gaps = { 0 };
	SCOPED(said)
	struct said told = { 0 };

	goes_silent(place, "2026-03-01T17:00:00Z");
	RUN(place, &said, "pending", "2026-02", "--account", "facebook");
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 1);
	assert_said(&said, "Days that lack while something is in the way\n"
			   "  Facebook  2026-02-01..2026-02-25    Visits, Posts\n"
			   "  → metricsctl status");
	RUN(place, &rows, "pending", "2026-02", "--format", "csv");
	assert_said(&rows,
		    ",repair,facebook,Facebook,visits,\"Visits, Posts\",2026-02-01,2026-02-28,"
		    "\"2026-02-01..2026-02-25\",,,down\r\n");
	assert_said(&rows, ",lost,facebook,Facebook,stories,");
	RUN(place, &gaps, "gaps", "2026-02", "--account", "facebook");
	assert_said(&gaps, "metricsd did not run, or could not write that it did (since "
			   "2026-01-15 11:00)");
	assert_unsaid(&gaps, "next run");
	RUN(place, &told, "pending", "2026-02", "--tell");
	assert_said(&told, "what still lacks of February 2026 is told.");
}

static void day_whose_run_nobody_did_pends_where_no_daemon_ever_ran(void **state)
{
	struct place *place = *state;
	struct error err;
	SCOPED(said)
	struct said said = { 0 };

	assert_int_equal(time_parse("2026-03-01T17:00:00Z", &place->now, &err), 0);
	RUN(place, &said, "pending", "2026-02", "--account", "facebook", "--format", "csv");
	assert_int_equal(said.ends, 1);
	assert_said(&said, ",repair,facebook,");
	assert_said(&said, ",due\r\n");
	RUN(place, &said, "gaps", "2026-02", "--account", "facebook");
	assert_said(&said, "not read yet; nobody did the run of 2026-01-15 13:00");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_office, clear_place)
	const struct CMUnitTest tests[] = {
		TEST(what_cannot_be_had_any_more_is_said_apart_and_pends_on_nobody),
		TEST(programs_tell_what_can_be_had_from_what_cannot),
		TEST(days_before_the_first_pend_until_somebody_has_asked_for_them),
		TEST(what_the_provider_keeps_no_longer_is_not_asked_for),
		TEST(days_the_provider_was_asked_for_and_did_not_tell_pend_on_nobody),
		TEST(each_of_many_reasons_is_told),
		TEST(explain_says_that_it_does_not_name_all_days_that_lack),
		TEST(nobody_is_written_to_about_what_nobody_can_do),
		TEST(days_since_metricsd_is_off_pend_and_are_told),
		TEST(day_whose_run_nobody_did_pends_where_no_daemon_ever_ran),
		TEST(an_account_has_one_first_day_wherever_it_is_said),
		TEST(the_first_day_goes_back_with_a_backfill_and_no_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
