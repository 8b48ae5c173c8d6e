#include "test.h"

#include "take.h"

#include <stdio.h>
#include <string.h>

static const char *const user[] = { "user", "17841400000000001", NULL };

#define NODE "https://graph.facebook.com/v25.0/17841400000000001"
#define EMPTY "{\"data\":[]}"
#define PERSON "{\"id\":\"17841400000000001\",\"data\":[]}"

static void start(struct sweeping *it, const char *now, const char *wanted)
{
	sweeping_start(it, "instagram", user, "America/Los_Angeles", now, wanted);
}

/* The usual one, at the totals of 17 November. */
static void start_day(struct sweeping *it)
{
	start(it, "2026-11-22T12:00:00Z", "2026-11-17");
	(void)skip_to(it, "metric=views,", PERSON);
}

static void sweep_asks_the_account_each_day_media_and_follows(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-11-17,2026-11-19..2026-11-21");
	assert_string_equal(ask(&it), NODE "?fields=id,username,name,followers_count");
	assert_int_equal(it.request.form, CREDENTIAL_BEARER);
	assert_true(it.request.proof);
	assert_string_equal(text_str(&it.request.exchange), "");
	assert_int_equal(answer_file(&it, 200, "meta/ig_user_node.json"), 0);
	assert_string_equal(found(&it), "followers 2026-11-22 31877\n");
	assert_string_equal(ask(&it),
			    NODE "/insights?metric=views,profile_views,total_interactions,reach,"
				 "accounts_engaged&metric_type=total_value&period=day"
				 "&since=1794902400&until=1794988799");
	assert_string_equal(text_str(&it.request.what),
			    "insights views,profile_views,total_interactions,reach,"
			    "accounts_engaged");
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_non_null(strstr(ask(&it), "&since=1795075200&until=1795161599"));
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_non_null(strstr(ask(&it), "&since=1795248000&until=1795334399"));
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), NODE "/media?fields=id,timestamp,media_product_type"
					   "&since=1794816000&limit=100");
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it),
			    NODE "/insights?metric=follows_and_unfollows"
				 "&metric_type=total_value&period=day&breakdown=follow_type"
				 "&since=1794902400&until=1794988799");
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_non_null(strstr(ask(&it), "&since=1795161600&until=1795247999")); /* the 20th */
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), ""); /* the 21st may still lack */
	sweeping_end(&it);
}

static void a_day_ends_a_second_before_the_next_however_long_it_is(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2027-03-22T12:00:00Z", "2026-11-01,2027-03-14");
	assert_non_null(strstr(skip_to(&it, "metric=views,", PERSON),
			       "&since=1793516400&until=1793606399"));
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_non_null(strstr(ask(&it), "&since=1805011200&until=1805093999"));
	sweeping_end(&it);
}

static void take_keeps_the_totals_of_the_day_asked_for(void **state)
{
	struct sweeping it;

	(void)state;
	start_day(&it);
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_total_value.json"), 0);
	assert_string_equal(found(&it), "views 2026-11-17 51230\n"
					"reach 2026-11-17 12044\n"
					"visits 2026-11-17 611\n"
					"accounts_engaged 2026-11-17 1033\n"
					"interactions 2026-11-17 2210\n");
	assert_string_equal(text_str(&it.findings.notes),
			    "answered what was not asked: likes (day)\n"
			    "answered what was not asked: comments (day)\n"
			    "answered what was not asked: shares (day)\n"
			    "answered what was not asked: saves (day)\n"
			    "answered what was not asked: replies (day)");
	sweeping_end(&it);
}

static void take_stores_nothing_for_what_did_not_come(void **state)
{
	struct sweeping it;

	(void)state;
	start_day(&it);
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_total_value_missing.json"), 0);
	assert_string_equal(found(&it), "views 2026-11-17 51230\n");
	sweeping_end(&it);
	start_day(&it);
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_empty.json"), 0);
	assert_string_equal(found(&it), "");
	sweeping_end(&it);
	start_day(&it);
	assert_int_equal(answer(&it, 200, "",
				"{\"data\":[{\"name\":\"views\",\"period\":\"day\","
				"\"total_value\":{}},{\"name\":\"reach\",\"period\":\"day\","
				"\"total_value\":{\"value\":null}}]}"),
			 0);
	assert_string_equal(found(&it), "");
	sweeping_end(&it);
}

/* By name and never by id; a breakdown beside a total leaves the total what it is. */
static void take_keeps_a_total_that_comes_with_its_parts(void **state)
{
	struct sweeping it;

	(void)state;
	start_day(&it);
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_reach_breakdown_docs.json"), 0);
	assert_string_equal(found(&it), "reach 2026-11-17 224\n");
	sweeping_end(&it);
}

static void take_stores_nothing_of_answers_to_other_calls(void **state)
{
	static const struct {
		const char *file;
		const char *notes;
	} rows[] = {
		{ "meta/ig_insights_reach_time_series.json",
		  "reach came as a series, not as a total: not kept" },
		{ "meta/ig_insights_time_series_docs_2018.json",
		  "answered what was not asked: impressions (day)\n"
		  "reach came as a series, not as a total: not kept\n"
		  "visits came as a series, not as a total: not kept" },
		{ "meta/ig_insights_follower_count.json",
		  "answered what was not asked: follower_count (day)" },
		{ "meta/ig_insights_demographics_docs.json",
		  "answered what was not asked: engaged_audience_demographics (lifetime)" },
		{ "meta/ig_insights_follows_and_unfollows.json",
		  "answered what was not asked: follows_and_unfollows (day)" },
		{ "meta/ig_media_insights_story_navigation_docs.json",
		  "answered what was not asked: navigation (lifetime)" },
		{ "meta/ig_media_insights_feed.json",
		  "answered what was not asked: views (lifetime)\n"
		  "answered what was not asked: reach (lifetime)\n"
		  "answered what was not asked: total_interactions (lifetime)\n"
		  "answered what was not asked: likes (lifetime)\n"
		  "answered what was not asked: comments (lifetime)\n"
		  "answered what was not asked: saved (lifetime)\n"
		  "answered what was not asked: shares (lifetime)" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_day(&it);
		assert_int_equal(answer_file(&it, 200, rows[i].file), 0);
		assert_string_equal(found(&it), "");
		assert_string_equal(text_str(&it.findings.notes), rows[i].notes);
		sweeping_end(&it);
	}
}

static void take_refuses_numbers_that_cannot_be(void **state)
{
	static const struct {
		const char *data;
		const char *words;
	} rows[] = {
		{ "{\"name\":\"views\",\"period\":\"day\",\"total_value\":{\"value\":0.5}}",
		  "views is not a whole number" },
		{ "{\"name\":\"views\",\"period\":\"day\",\"total_value\":{\"value\":true}}",
		  "views is not a number" },
		{ "{\"name\":\"views\",\"period\":\"day\",\"total_value\":{\"value\":1}},"
		  "{\"name\":\"views\",\"period\":\"day\",\"total_value\":{\"value\":2}}",
		  "views: two totals for one window" },
	};
	struct sweeping it;
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_day(&it);
		(void)snprintf(body, sizeof(body), "{\"data\":[%s]}", rows[i].data);
		assert_int_equal(answer(&it, 200, "", body), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		sweeping_end(&it);
	}
}

static void take_discards_what_is_below_zero_and_zeros_not_yet_settled(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-11-20");
	(void)skip_to(&it, "metric=views,", PERSON);
	assert_int_equal(
		answer(&it, 200, "",
		       "{\"data\":[{\"name\":\"views\",\"period\":\"day\",\"total_value\":"
		       "{\"value\":0}},{\"name\":\"total_interactions\",\"period\":\"day\","
		       "\"total_value\":{\"value\":-4}}]}"),
		0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "interactions is below zero for 2026-11-20: not kept");
	sweeping_end(&it);
}

static void follows_are_gained_and_lost_and_an_absent_half_is_missing(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-11-17");
	(void)skip_to(&it, "follows_and_unfollows", PERSON);
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_follows_and_unfollows.json"), 0);
	assert_string_equal(found(&it),
			    "followers_gained 2026-11-17 17\nfollowers_lost 2026-11-17 20\n");
	sweeping_end(&it);
	start(&it, "2026-11-22T12:00:00Z", "2026-11-17");
	(void)skip_to(&it, "follows_and_unfollows", PERSON);
	assert_int_equal(
		answer_file(&it, 200, "meta/ig_insights_follows_and_unfollows_one_bucket.json"), 0);
	assert_string_equal(found(&it), "followers_gained 2026-11-17 3\n");
	sweeping_end(&it);
}

static void refused_follows_leave_the_rest_of_their_days_unasked(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-11-10..2026-11-17");
	(void)skip_to(&it, "follows_and_unfollows", PERSON);
	assert_int_equal(answer_file(&it, 400, "meta/error_100_follower_count_30_days.json"), -1);
	assert_int_equal(it.err.class, ERROR_REQUEST);
	assert_false(it.job.skipped); /* small accounts never hear of them */
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

/* --- months --------------------------------------------------------------------------------- */

static void a_month_of_people_is_asked_for_in_windows_of_30_days_to_the_second(void **state)
{
	static const struct {
		const char *last;
		const char *windows[2];
	} rows[] = {
		{ "2026-02-28", { "2026-02-01..2026-02-28", NULL } },
		{ "2026-04-30", { "2026-04-01..2026-04-30", NULL } },
		{ "2026-09-30", { "2026-09-01..2026-09-30", NULL } },
		{ "2026-10-31", { "2026-10-01..2026-10-30", "2026-10-02..2026-10-31" } },
		{ "2026-03-31", { "2026-03-01..2026-03-30", "2026-03-02..2026-03-31" } },
		/* 30 days and an hour */
		{ "2025-11-30", { "2025-11-01..2025-11-29", "2025-11-02..2025-11-30" } },
	};
	struct sweeping it;
	char expected[256], days[WINDOW_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&it, "2026-11-22T12:00:00Z", rows[i].last);
		(void)skip_to(&it, "/media", PERSON);
		assert_int_equal(answer(&it, 200, "", EMPTY), 0);
		for (size_t k = 0; k < 2 && rows[i].windows[k]; k++) {
			const char *address = ask(&it);
			long since, until;
			struct window window;

			assert_non_null(strstr(address, "metric=reach,accounts_engaged&"
							"metric_type=total_value&period=day&"));
			assert_int_equal(sscanf(strstr(address, "&since="), "&since=%ld&until=%ld",
						&since, &until),
					 2);
			assert_true(until - since <= 2592000);
			window.first = zone_day(it.zone, since);
			window.days = zone_day(it.zone, until) - window.first + 1;
			assert_string_equal(window_text(window, days), rows[i].windows[k]);
			assert_int_equal(
				answer_file(&it, 200, "meta/ig_insights_total_value_missing.json"),
				0);
			assert_string_equal(found(&it), "");
		}
		assert_non_null(strstr(ask(&it), "follows_and_unfollows"));
		sweeping_end(&it);
	}
	start(&it, "2026-11-03T12:00:00Z", "2026-10-31");
	(void)skip_to(&it, "metric=reach,", PERSON);
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_total_value.json"), 0);
	(void)snprintf(expected, sizeof(expected), "reach %s 12044\naccounts_engaged %s 1033\n",
		       "2026-10-01..2026-10-30", "2026-10-01..2026-10-30");
	assert_string_equal(found(&it), expected);
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_total_value.json"), 0);
	(void)snprintf(expected, sizeof(expected), "reach %s 12044\naccounts_engaged %s 1033\n",
		       "2026-10-02..2026-10-31", "2026-10-02..2026-10-31");
	assert_string_equal(found(&it), expected);
	sweeping_end(&it);
}

static void a_refused_month_is_left_and_no_metric_retired(void **state)
{
	static const char *const files[] = { "meta/error_100_more_than_30_days.json",
					     "meta/error_100_two_years.json" };
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(&it, "2025-12-03T12:00:00Z", "2025-11-30");
		(void)skip_to(&it, "metric=reach,", PERSON);
		assert_int_equal(answer_file(&it, 400, files[i]), -1);
		assert_int_equal(it.err.class, ERROR_REQUEST);
		assert_non_null(strstr(ask(&it), "metric=reach,")); /* the second window */
		assert_int_equal(answer_file(&it, 400, files[i]), -1);
		assert_non_null(strstr(ask(&it), "follows_and_unfollows"));
		for (int k = 0; it.collector->metrics[k].id; k++)
			assert_int_equal(it.states.items[k].life, METRIC_ALIVE);
		sweeping_end(&it);
	}
}

/* --- a metric that is gone ------------------------------------------------------------------ */

static void metrics_missing_from_the_list_of_a_refusal_are_retired_at_once(void **state)
{
	struct sweeping it;
	int gone;

	(void)state;
	start_day(&it);
	gone = metric_index(&it, "visits");
	assert_int_equal(
		answer(&it, 400, "",
		       "{\"error\":{\"code\":100,\"message\":\"(#100) metric[1] must be one of "
		       "the following values: reach, views, accounts_engaged, "
		       "xprofile_views, profile_viewsx, total_interactions\"}}"),
		-1);
	assert_int_equal(it.err.class, ERROR_METRIC);
	assert_int_equal(it.states.items[gone].life, METRIC_RETIRED);
	assert_int_equal(it.states.items[gone].since, day("2026-11-22"));
	assert_non_null(strstr(
		ask(&it), "metric=views,total_interactions,reach,accounts_engaged&metric_type"));
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_total_value.json"), 0);
	assert_int_equal(it.findings.sample_count, 4);
	sweeping_end(&it);
}

static void a_refusal_that_lists_all_that_was_asked_is_settled_one_by_one(void **state)
{
	static const char *const asked[] = { "metric=views&", "metric=profile_views&",
					     "metric=total_interactions&", "metric=reach&",
					     "metric=accounts_engaged&" };
	struct sweeping it;

	(void)state;
	start_day(&it);
	assert_int_equal(answer_file(&it, 400, "meta/error_100_invalid_metric_ig.json"), -1);
	assert_int_equal(it.err.class, ERROR_METRIC);
	for (int k = 0; it.collector->metrics[k].id; k++)
		assert_int_equal(it.states.items[k].life, METRIC_ALIVE);
	for (size_t i = 0; i < 5; i++) {
		assert_non_null(strstr(ask(&it), asked[i]));
		assert_int_equal(
			i == 2 ? answer_file(&it, 400, "meta/error_100_invalid_metric_ig.json")
			       : answer(&it, 200, "", EMPTY),
			i == 2 ? -1 : 0);
	}
	assert_int_equal(it.states.items[metric_index(&it, "interactions")].life, METRIC_RETIRED);
	assert_int_equal(it.states.items[metric_index(&it, "reach")].life, METRIC_ALIVE);
	assert_non_null(strstr(ask(&it), "/media"));
	sweeping_end(&it);
}

static void a_retired_metric_is_asked_again_alone_and_comes_back(void **state)
{
	struct sweeping it;
	struct metric_state *visits;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-11-17");
	visits = &it.states.items[metric_index(&it, "visits")];
	*visits = (struct metric_state){ .life = METRIC_RETIRED, .until = 5 };
	assert_non_null(skip_to(&it, "metric=profile_views&metric_type", PERSON));
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_total_value.json"), 0);
	assert_int_equal(visits->life, METRIC_ALIVE);
	assert_non_null(strstr(ask(&it), "metric=views,profile_views,"));
	sweeping_end(&it);
}

static void what_an_account_does_without_is_never_asked_for(void **state)
{
	static const char *const unwanted[] = { "followers",        "views", "visits",
						"interactions",     "reach", "accounts_engaged",
						"followers_gained", "posts" };
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-10-31");
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		it.states.items[metric_index(&it, unwanted[i])] =
			(struct metric_state){ .life = METRIC_RETIRED, .until = INT64_MAX };
	assert_non_null(strstr(ask(&it), "/media"));
	assert_int_equal(answer_file(&it, 200, "meta/ig_media_p2_last.json"), 0);
	assert_string_equal(found(&it), "watch reel 2026-10-30T07:00:00Z..2026-11-22T11:50:00Z\n");
	assert_non_null(strstr(ask(&it), "follows_and_unfollows"));
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_follows_and_unfollows.json"), 0);
	assert_string_equal(found(&it), "followers_lost 2026-10-31 20\n");
	for (int half = 0; half < 2; half++) {
		assert_non_null(strstr(ask(&it), "follows_and_unfollows"));
		assert_int_equal(
			answer_file(&it, 200, "meta/ig_insights_follows_and_unfollows.json"), 0);
	}
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

/* A quiet day has no half for those who left: over half a month the half is there. */
static void follows_of_a_month_that_is_over_are_asked_by_its_halves(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-12-03T12:00:00Z", "2026-11-30");
	/* 1 to 15 November, the Pacific's day of 25 hours among them */
	assert_non_null(skip_to(&it, "since=1793516400&until=1794815999", PERSON));
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_follows_and_unfollows.json"), 0);
	assert_string_equal(found(&it), "followers_gained 2026-11-01..2026-11-15 17\n"
					"followers_lost 2026-11-01..2026-11-15 20\n");
	assert_non_null(
		strstr(ask(&it), "breakdown=follow_type&since=1794816000&until=1796111999"));
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_follows_and_unfollows.json"), 0);
	assert_string_equal(found(&it), "followers_gained 2026-11-16..2026-11-30 17\n"
					"followers_lost 2026-11-16..2026-11-30 20\n");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);

	/* on the 1st the last two days may still lack */
	start(&it, "2026-12-01T12:00:00Z", "2026-11-30");
	for (const char *address = ask(&it); *address; address = ask(&it)) {
		assert_null(strstr(address, "until=1794815999"));
		assert_int_equal(answer(&it, 200, "", PERSON), 0);
	}
	sweeping_end(&it);
}

/* --- publications --------------------------------------------------------------------------- */

static void media_are_walked_over_a_kill_and_add_up(void **state)
{
	struct sweeping it, again;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-10-31..2026-11-21");
	(void)skip_to(&it, "/media", PERSON);
	assert_int_equal(answer_file(&it, 200, "meta/ig_media_p1.json"), 0);
	assert_string_equal(found(&it), "reel 17900000000000005 2026-11-20T02:30:00Z\n"
					"post 17900000000000004 2026-11-18T17:45:00Z\n"
					"post 17900000000000003 2026-11-17T12:00:00Z\n");
	start(&again, "2026-11-22T12:10:00Z", "2026-10-31..2026-11-21");
	text_set(&again.job.cursor, text_str(&it.job.cursor));
	assert_string_equal(ask(&again), NODE "/media?fields=id,timestamp,media_product_type"
					      "&since=1793343600&limit=100&after=Q0FGVEVSa");
	assert_int_equal(answer_file(&again, 200, "meta/ig_media_p2_last.json"), 0);
	assert_string_equal(found(&again),
			    "post 17900000000000002 2026-11-01T05:00:00Z\n"
			    "post 17900000000000001 2026-11-01T04:59:59Z\n"
			    "watch post 2026-10-30T07:00:00Z..2026-11-22T11:50:00Z\n"
			    "watch reel 2026-10-30T07:00:00Z..2026-11-22T11:50:00Z\n");
	sweeping_end(&again);
	sweeping_end(&it);
}

static void ads_are_no_publications_and_unknown_kinds_are_noted(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-11-17");
	(void)skip_to(&it, "/media", PERSON);
	assert_int_equal(
		answer(&it, 200, "",
		       "{\"data\":[{\"id\":\"1\",\"timestamp\":\"2026-11-18T17:45:00+0000\","
		       "\"media_product_type\":\"AD\"},"
		       "{\"id\":\"2\",\"timestamp\":\"2026-11-18T17:45:00+0000\","
		       "\"media_product_type\":\"HOLOGRAM\"}]}"),
		0);
	assert_int_equal(it.findings.item_count, 0);
	assert_int_equal(it.findings.watch_count, 2);
	assert_string_equal(text_str(&it.findings.notes),
			    "media of an unknown kind, not counted: HOLOGRAM");
	sweeping_end(&it);
}

static void stories_are_watched_and_an_empty_list_is_a_watch_too(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "");
	it.job.sweep = SWEEP_WATCH;
	assert_string_equal(ask(&it), NODE "/stories?fields=id,timestamp&limit=100");
	assert_int_equal(answer_file(&it, 200, "meta/ig_stories.json"), 0);
	assert_string_equal(found(&it), "story 18000000000000011 2026-11-21T20:10:11Z\n"
					"story 18000000000000010 2026-11-21T13:05:00Z\n"
					"watch story 2026-11-21T12:10:00Z..2026-11-22T11:50:00Z\n");
	assert_string_equal(ask(&it), "");
	text_set(&it.job.cursor, "");
	assert_int_equal(answer_file(&it, 200, "meta/ig_stories_empty.json"), 0);
	assert_string_equal(found(&it), "watch story 2026-11-21T12:10:00Z..2026-11-22T11:50:00Z\n");
	sweeping_end(&it);
}

static void stories_without_a_time_store_nothing_and_are_complained_of(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "");
	it.job.sweep = SWEEP_WATCH;
	assert_int_equal(answer_file(&it, 200, "meta/ig_stories_docs.json"), -1);
	assert_int_equal(it.err.class, ERROR_MALFORMED);
	assert_string_equal(it.err.text, "stories: an entry without timestamp");
	assert_int_equal(it.findings.watch_count, 0);
	sweeping_end(&it);
}

/* --- check ---------------------------------------------------------------------------------- */

static void check_says_in_words_what_answers_and_stores_nothing(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "");
	it.job.sweep = SWEEP_CHECK;
	assert_int_equal(answer_file(&it, 200, "meta/ig_user_node.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "Instagram account 17841400000000001 \"alcaldiaejemplo\" answers\n"
			    "31877 followers");
	assert_non_null(strstr(ask(&it), "metric=views,"));
	assert_int_equal(answer_file(&it, 200, "meta/ig_insights_total_value_missing.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "views answers\n"
			    "visits has no number for 2026-11-18 yet\n"
			    "interactions has no number for 2026-11-18 yet\n"
			    "reach has no number for 2026-11-18 yet\n"
			    "accounts_engaged has no number for 2026-11-18 yet");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void an_account_node_of_another_shape_is_complained_of(void **state)
{
	static const struct {
		const char *body;
		const char *words;
	} rows[] = {
		{ "{\"data\":[]}", "account: no \"id\" in the answer" },
		{ "{\"id\":\"1\",\"followers_count\":\"x\"}",
		  "followers_count is not a whole number" },
		{ "{\"id\":\"1\",\"followers_count\":-1}", "followers_count is below zero" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start(&it, "2026-11-22T12:00:00Z", "2026-11-17");
		assert_int_equal(answer(&it, 200, "", rows[i].body), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		sweeping_end(&it);
	}
	start(&it, "2026-11-22T12:00:00Z", "2026-11-17");
	assert_int_equal(answer(&it, 200, "", "{\"id\":\"1\"}"), 0);
	assert_string_equal(found(&it), "");
	sweeping_end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_asks_the_account_each_day_media_and_follows),
		cmocka_unit_test(a_day_ends_a_second_before_the_next_however_long_it_is),
		cmocka_unit_test(take_keeps_the_totals_of_the_day_asked_for),
		cmocka_unit_test(take_stores_nothing_for_what_did_not_come),
		cmocka_unit_test(take_keeps_a_total_that_comes_with_its_parts),
		cmocka_unit_test(take_stores_nothing_of_answers_to_other_calls),
		cmocka_unit_test(take_refuses_numbers_that_cannot_be),
		cmocka_unit_test(take_discards_what_is_below_zero_and_zeros_not_yet_settled),
		cmocka_unit_test(follows_are_gained_and_lost_and_an_absent_half_is_missing),
		cmocka_unit_test(follows_of_a_month_that_is_over_are_asked_by_its_halves),
		cmocka_unit_test(refused_follows_leave_the_rest_of_their_days_unasked),
		cmocka_unit_test(
			a_month_of_people_is_asked_for_in_windows_of_30_days_to_the_second),
		cmocka_unit_test(a_refused_month_is_left_and_no_metric_retired),
		cmocka_unit_test(metrics_missing_from_the_list_of_a_refusal_are_retired_at_once),
		cmocka_unit_test(a_refusal_that_lists_all_that_was_asked_is_settled_one_by_one),
		cmocka_unit_test(a_retired_metric_is_asked_again_alone_and_comes_back),
		cmocka_unit_test(what_an_account_does_without_is_never_asked_for),
		cmocka_unit_test(media_are_walked_over_a_kill_and_add_up),
		cmocka_unit_test(ads_are_no_publications_and_unknown_kinds_are_noted),
		cmocka_unit_test(stories_are_watched_and_an_empty_list_is_a_watch_too),
		cmocka_unit_test(stories_without_a_time_store_nothing_and_are_complained_of),
		cmocka_unit_test(check_says_in_words_what_answers_and_stores_nothing),
		cmocka_unit_test(an_account_node_of_another_shape_is_complained_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
