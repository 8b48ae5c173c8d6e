#include "test.h"

#include "take.h"

#include <stdio.h>
#include <string.h>

static const char *const page[] = { "page", "104000000000001", NULL };

#define NODE "https://graph.facebook.com/v25.0/104000000000001"
#define EMPTY "{\"data\":[]}"

static void start(struct sweeping *it, const char *now, const char *wanted)
{
	sweeping_start(it, "facebook", page, "America/Los_Angeles", now, wanted);
}

/* The usual one: 22 November, three days wanted, the first insights call asked. */
static void start_days(struct sweeping *it)
{
	start(it, "2026-11-22T12:00:00Z", "2026-11-17..2026-11-19");
	assert_string_equal(ask(it), NODE "/insights?metric=page_follows,page_daily_follows,"
					  "page_daily_follows_unique,page_daily_unfollows_unique,"
					  "page_views_total&period=day"
					  "&since=1794902400&until=1795161600");
}

/* At the call that asks for views and what goes with it. */
static void start_views(struct sweeping *it)
{
	start_days(it);
	(void)skip_to(it, "page_media_view", EMPTY);
}

/* At the walk over posts, reels or (another sweep) stories. */
static void start_list(struct sweeping *it, const char *edge)
{
	start(it, "2026-11-22T12:00:00Z", "2026-11-02..2026-11-19");
	(void)skip_to(it, edge, EMPTY);
}

static void request_shows_a_page_token_with_proof_and_says_what_without_dates(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it);
	assert_int_equal(it.request.method, HTTP_GET);
	assert_int_equal(it.request.form, CREDENTIAL_BEARER);
	assert_true(it.request.proof);
	assert_string_equal(text_str(&it.request.exchange), NODE "?fields=access_token");
	assert_string_equal(it.request.exchange_member, "access_token");
	assert_string_equal(text_str(&it.request.what),
			    "insights day page_follows,page_daily_follows,"
			    "page_daily_follows_unique,page_daily_unfollows_unique,"
			    "page_views_total");
	sweeping_end(&it);
}

static void sweep_asks_insights_then_posts_then_reels_and_ends(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it);
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), NODE "/insights?metric=page_total_media_view_unique,"
					   "page_media_view,page_post_engagements,"
					   "page_video_views,page_total_actions&period=day"
					   "&since=1794902400&until=1795161600");
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), NODE "/published_posts?fields=id,created_time,status_type,"
					   "permalink_url&since=1794816000&limit=100");
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), NODE "/video_reels?fields=id,created_time,permalink_url"
					   "&limit=100");
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void take_keeps_each_day_under_the_date_before_its_end_time(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it);
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_day.json"), 0);
	assert_string_equal(found(&it), "visits 2026-11-17 312\n"
					"visits 2026-11-18 287\n"
					"visits 2026-11-19 301\n"
					"followers 2026-11-17 84210\n"
					"followers 2026-11-18 84231\n"
					"followers 2026-11-19 84229\n"
					"new_followers 2026-11-17 38\n"
					"new_followers 2026-11-18 29\n"
					"new_followers 2026-11-19 17\n"
					"followers_lost 2026-11-17 8\n"
					"followers_lost 2026-11-18 8\n"
					"followers_lost 2026-11-19 19\n");
	assert_string_equal(text_str(&it.findings.notes),
			    "answered what was not asked: page_media_view (day)\n"
			    "answered what was not asked: page_total_media_view_unique (day)\n"
			    "answered what was not asked: page_post_engagements (day)");
	sweeping_end(&it);
}

static void take_keeps_the_views_of_the_second_call(void **state)
{
	struct sweeping it;

	(void)state;
	start_views(&it);
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_day.json"), 0);
	assert_string_equal(found(&it), "views 2026-11-17 18214\n"
					"views 2026-11-18 20977\n"
					"views 2026-11-19 15630\n"
					"viewers 2026-11-17 9120\n"
					"viewers 2026-11-18 10344\n"
					"viewers 2026-11-19 8075\n"
					"interactions 2026-11-17 1450\n"
					"interactions 2026-11-18 1702\n"
					"interactions 2026-11-19 998\n");
	sweeping_end(&it);
}

static void take_keeps_only_the_days_that_are_wanted(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-11-17,2026-11-19");
	assert_non_null(strstr(ask(&it), "&since=1794902400&until=1795161600"));
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_partial.json"), 0);
	assert_string_equal(found(&it), "visits 2026-11-17 312\nvisits 2026-11-19 301\n");
	sweeping_end(&it);
}

static void take_keeps_a_day_of_25_hours_and_one_of_23(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-10-30..2026-11-02");
	assert_non_null(strstr(ask(&it), "&since=1793343600&until=1793692800"));
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_day_dst_end.json"), 0);
	assert_string_equal(found(&it), "visits 2026-10-30 10\nvisits 2026-10-31 20\n"
					"visits 2026-11-01 30\nvisits 2026-11-02 40\n");
	sweeping_end(&it);

	start(&it, "2027-03-22T12:00:00Z", "2027-03-12..2027-03-15");
	assert_non_null(strstr(ask(&it), "&since=1804838400&until=1805180400"));
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_day_dst_start.json"), 0);
	assert_string_equal(found(&it), "visits 2027-03-12 10\nvisits 2027-03-13 20\n"
					"visits 2027-03-14 30\nvisits 2027-03-15 40\n");
	sweeping_end(&it);
}

static void take_stores_nothing_when_nothing_was_measured(void **state)
{
	static const char *const empty[] = { "meta/fb_page_insights_no_data.json",
					     "meta/fb_me_accounts_empty.json",
					     "meta/ig_insights_empty.json" };
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		start_views(&it);
		assert_int_equal(answer_file(&it, 200, empty[i]), 0);
		assert_string_equal(found(&it), "");
		assert_string_equal(text_str(&it.findings.notes), "");
		sweeping_end(&it);
	}
}

static void take_leaves_out_what_is_not_there_yet(void **state)
{
	struct sweeping it;

	(void)state;
	start_views(&it);
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_trailing_gap.json"), 0);
	assert_string_equal(found(&it), "views 2026-11-17 18214\nviews 2026-11-18 20977\n");
	sweeping_end(&it);
	start_days(&it);
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_partial.json"), 0);
	assert_int_equal(it.findings.sample_count, 3);
	sweeping_end(&it);
}

static void take_notes_parts_and_objects_and_keeps_none_of_them(void **state)
{
	struct sweeping it;

	(void)state;
	start_views(&it);
	assert_int_equal(
		answer_file(&it, 200, "meta/fb_page_insights_media_view_by_followers.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes), "views came in parts: not kept");
	sweeping_end(&it);
	start_views(&it);
	assert_int_equal(answer(&it, 200, "",
				"{\"data\":[{\"name\":\"page_media_view\",\"period\":\"day\","
				"\"values\":[{\"value\":{\"1\":12,\"0\":300},"
				"\"end_time\":\"2026-11-18T08:00:00+0000\"}]}]}"),
			 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "views came in parts for 2026-11-17: not kept");
	sweeping_end(&it);
}

/* Answers to calls nothing makes: nothing of them is stored, and it is said. */
static void take_stores_nothing_of_answers_to_other_calls(void **state)
{
	static const struct {
		const char *file;
		const char *notes;
	} rows[] = {
		{ "meta/fb_page_insights_days_28.json",
		  "answered what was not asked: page_total_media_view_unique (days_28)\n"
		  "answered what was not asked: page_views_total (days_28)" },
		{ "meta/fb_page_insights_reactions_total.json",
		  "answered what was not asked: page_actions_post_reactions_total (day)" },
		{ "meta/fb_page_insights_total_over_range.json",
		  "answered what was not asked: page_total_media_view_unique "
		  "(total_over_range)" },
		{ "meta/fb_post_insights.json",
		  "answered what was not asked: post_media_view (lifetime)\n"
		  "answered what was not asked: post_total_media_view_unique (lifetime)\n"
		  "answered what was not asked: post_reactions_by_type_total (lifetime)\n"
		  "answered what was not asked: post_video_views (lifetime)\n"
		  "answered what was not asked: post_video_views (day)" },
		{ "meta/fb_me_accounts.json",
		  "answered what was not asked: Alcaldía de Ejemplo (no period)\n"
		  "answered what was not asked: Personería de Ejemplo (no period)" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_days(&it);
		assert_int_equal(answer_file(&it, 200, rows[i].file), 0);
		assert_string_equal(found(&it), "");
		assert_string_equal(text_str(&it.findings.notes), rows[i].notes);
		sweeping_end(&it);
	}
}

static void take_complains_of_answers_of_another_shape(void **state)
{
	static const struct {
		const char *file;
		const char *words;
	} rows[] = {
		{ "meta/batch_response.json", "the answer is no object" },
		{ "meta/batch_request.json", "the answer is no object" },
		{ "meta/oauth_long_lived_token.json", "page: no \"id\" in the answer" },
		{ "meta/debug_token_page.json", "page: no \"id\" in the answer" },
		{ "meta/debug_token_system_user.json", "page: no \"id\" in the answer" },
		{ "meta/debug_token_invalid.json", "page: no \"id\" in the answer" },
		{ "meta/ids_response.json", "page: no \"id\" in the answer" },
		{ "meta/fb_me_accounts.json", "page: no \"id\" in the answer" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&it, "2026-11-22T12:00:00Z", "");
		it.job.sweep = SWEEP_CHECK;
		assert_non_null(strstr(ask(&it), "?fields=id,name"));
		assert_int_equal(answer_file(&it, 200, rows[i].file), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		assert_string_equal(text_str(&it.job.cursor), "");
		sweeping_end(&it);
	}
}

static void take_refuses_numbers_and_times_that_cannot_be(void **state)
{
	static const struct {
		const char *point;
		const char *words;
	} rows[] = {
		{ "{\"value\":1.5,\"end_time\":\"2026-11-18T08:00:00+0000\"}",
		  "page_views_total is not a whole number" },
		{ "{\"value\":9007199254740993000,\"end_time\":\"2026-11-18T08:00:00+0000\"}",
		  "page_views_total is beyond 2^53" },
		{ "{\"value\":\"many\",\"end_time\":\"2026-11-18T08:00:00+0000\"}",
		  "page_views_total is not a whole number" },
		{ "{\"value\":1}", "a value without end_time" },
		{ "{\"value\":1,\"end_time\":\"yesterday\"}",
		  "\"yesterday\" is not a time like 2026-11-18T08:00:00+0000" },
		{ "{\"value\":1,\"end_time\":\"2026-11-18T20:00:00+0000\"}",
		  "end_time 2026-11-18T20:00:00+0000 is no midnight in America/Los_Angeles" },
		{ "{\"value\":1,\"end_time\":\"2026-11-18T08:00:00+0000\"},"
		  "{\"value\":2,\"end_time\":\"2026-11-18T08:00:00+0000\"}",
		  "page_views_total: two numbers for one day" },
		{ "7", "page_views_total: a value that is no object" },
	};
	struct sweeping it;
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_days(&it);
		(void)snprintf(body, sizeof(body),
			       "{\"data\":[{\"name\":\"page_views_total\",\"period\":\"day\","
			       "\"values\":[%s]}]}",
			       rows[i].point);
		assert_int_equal(answer(&it, 200, "", body), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		assert_string_equal(text_str(&it.job.cursor), "");
		sweeping_end(&it);
	}
}

static void take_believes_a_zero_only_once_it_has_settled(void **state)
{
	static const char zeros[] =
		"{\"data\":[{\"name\":\"page_views_total\",\"period\":\"day\",\"values\":["
		"{\"value\":0,\"end_time\":\"2026-11-19T08:00:00+0000\"},"
		"{\"value\":0,\"end_time\":\"2026-11-20T08:00:00+0000\"}]}]}";
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T07:59:00Z", "2026-11-17..2026-11-20");
	(void)ask(&it);
	assert_int_equal(answer(&it, 200, "", zeros), 0);
	assert_string_equal(found(&it), "");
	sweeping_end(&it);
	start(&it, "2026-11-22T08:00:00Z", "2026-11-17..2026-11-20");
	(void)ask(&it);
	assert_int_equal(answer(&it, 200, "", zeros), 0);
	assert_string_equal(found(&it), "visits 2026-11-18 0\n");
	sweeping_end(&it);
	start(&it, "2026-11-23T12:00:00Z", "2026-11-17..2026-11-20");
	(void)ask(&it);
	assert_int_equal(answer(&it, 200, "", zeros), 0);
	assert_string_equal(found(&it), "visits 2026-11-18 0\nvisits 2026-11-19 0\n");
	sweeping_end(&it);
}

static void take_keeps_no_zero_from_before_the_metric_was_born(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2025-08-13..2025-08-15");
	(void)skip_to(&it, "page_media_view", EMPTY);
	assert_int_equal(
		answer(&it, 200, "",
		       "{\"data\":[{\"name\":\"page_media_view\",\"period\":\"day\","
		       "\"values\":[{\"value\":5,\"end_time\":\"2025-08-14T07:00:00+0000\"},"
		       "{\"value\":0,\"end_time\":\"2025-08-15T07:00:00+0000\"},"
		       "{\"value\":0,\"end_time\":\"2025-08-16T07:00:00+0000\"}]}]}"),
		0);
	assert_string_equal(found(&it), "views 2025-08-13 5\nviews 2025-08-15 0\n");
	sweeping_end(&it);
}

static void take_keeps_numbers_beyond_31_bits_and_none_below_zero(void **state)
{
	struct sweeping it;

	(void)state;
	start_days(&it);
	assert_int_equal(
		answer(&it, 200, "",
		       "{\"data\":[{\"name\":\"page_follows\",\"period\":\"day\",\"values\":["
		       "{\"value\":4294967297,\"end_time\":\"2026-11-18T08:00:00+0000\"},"
		       "{\"value\":-3,\"end_time\":\"2026-11-19T08:00:00+0000\"},"
		       "{\"end_time\":\"2026-11-20T08:00:00+0000\"}]}]}"),
		0);
	assert_string_equal(found(&it), "followers 2026-11-17 4294967297\n");
	assert_string_equal(text_str(&it.findings.notes),
			    "followers is below zero for 2026-11-18: not kept");
	sweeping_end(&it);
}

static void long_stretches_are_cut_at_90_days_to_the_second(void **state)
{
	static const struct {
		const char *wanted;
		int days[4];
	} rows[] = {
		{ "2026-01-01..2026-06-29", { 90, 90, 0 } },
		/* the night of 1 November is an hour longer than the 90 days allow for */
		{ "2026-08-20..2026-11-20", { 89, 4, 0 } },
		{ "2026-05-01..2026-05-02,2026-05-29,2026-09-10", { 29, 1, 0 } },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&it, "2026-11-22T12:00:00Z", rows[i].wanted);
		for (size_t k = 0; rows[i].days[k]; k++) {
			const char *address = ask(&it);
			long since, until;

			assert_non_null(strstr(address, "page_follows,"));
			assert_int_equal(sscanf(strstr(address, "&since="), "&since=%ld&until=%ld",
						&since, &until),
					 2);
			assert_true(until - since <= 90 * 86400L);
			assert_int_equal(zone_day(it.zone, until) - zone_day(it.zone, since),
					 rows[i].days[k]);
			assert_int_equal(answer(&it, 200, "", EMPTY), 0);
		}
		assert_null(strstr(ask(&it), "page_follows,"));
		sweeping_end(&it);
	}
}

static void days_meta_no_longer_keeps_are_not_asked_for(void **state)
{
	struct sweeping it;
	long since;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2020-01-01..2024-11-30");
	assert_int_equal(sscanf(strstr(ask(&it), "&since="), "&since=%ld", &since), 1);
	assert_true(since > at("2024-11-22T12:00:00Z"));
	sweeping_end(&it);
}

/* --- months --------------------------------------------------------------------------------- */

static void a_month_that_is_over_is_asked_for_as_one_window(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-27..2026-11-01");
	assert_string_equal(skip_to(&it, "total_over_range", EMPTY),
			    NODE "/insights?metric=page_total_media_view_unique"
				 "&period=total_over_range&since=1790838000&until=1793516400");
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_total_over_range.json"), 0);
	assert_string_equal(found(&it), "viewers 2026-10-01..2026-10-31 152804\n");
	assert_string_equal(ask(&it), NODE "/insights?metric=page_daily_follows_unique,"
					   "page_daily_unfollows_unique&period=days_28"
					   "&since=1793170800&until=1793516400");
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void a_month_whose_last_day_is_not_wanted_is_not_asked_for(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-10-31T12:00:00Z", "2026-10-01..2026-10-30");
	for (const char *address = ask(&it); *address; address = ask(&it)) {
		assert_null(strstr(address, "total_over_range"));
		assert_null(strstr(address, "days_28"));
		assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	}
	sweeping_end(&it);
}

static void a_months_number_with_another_date_is_not_kept(void **state)
{
	static const char format[] =
		"{\"data\":[{\"name\":\"page_total_media_view_unique\",\"period\":"
		"\"total_over_range\",\"values\":[{\"value\":5,\"end_time\":\"%s\"}]}]}";
	static const struct {
		const char *end_time;
		const char *found;
	} rows[] = {
		{ "2026-11-01T07:00:00+0000", "viewers 2026-10-01..2026-10-31 5\n" },
		{ "2026-10-31T07:00:00+0000", "" },
	};
	struct sweeping it;
	char body[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&it, "2026-11-03T12:00:00Z", "2026-10-31");
		(void)skip_to(&it, "total_over_range", EMPTY);
		(void)snprintf(body, sizeof(body), format, rows[i].end_time);
		assert_int_equal(answer(&it, 200, "", body), 0);
		assert_string_equal(found(&it), rows[i].found);
		sweeping_end(&it);
	}
}

static void a_refused_month_is_bounded_by_its_rolling_windows(void **state)
{
	static const char points[] =
		"{\"data\":[{\"name\":\"page_total_media_view_unique\",\"period\":\"days_28\","
		"\"values\":[{\"value\":100,\"end_time\":\"2026-10-29T07:00:00+0000\"},"
		"{\"value\":101,\"end_time\":\"2026-10-30T07:00:00+0000\"},"
		"{\"value\":102,\"end_time\":\"2026-10-31T07:00:00+0000\"},"
		"{\"value\":103,\"end_time\":\"2026-11-01T07:00:00+0000\"}]},"
		"{\"name\":\"page_daily_unfollows_unique\",\"period\":\"days_28\",\"values\":["
		"{\"value\":7,\"end_time\":\"2026-11-01T07:00:00+0000\"}]}]}";
	static const char *const refusals[] = { "meta/error_100_invalid_metric_fb.json",
						"meta/error_100_1504016_range_fb.json" };
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(&it, "2026-11-03T12:00:00Z", "2026-10-31");
		(void)skip_to(&it, "total_over_range", EMPTY);
		assert_int_equal(answer_file(&it, 400, refusals[i]), -1);
		assert_int_equal(it.states.items[metric_index(&it, "viewers")].life, METRIC_ALIVE);
		assert_string_equal(ask(&it),
				    NODE "/insights?metric=page_daily_follows_unique,"
					 "page_daily_unfollows_unique,page_total_media_view_unique"
					 "&period=days_28&since=1793170800&until=1793516400");
		assert_int_equal(answer(&it, 200, "", points), 0);
		assert_string_equal(found(&it), "viewers 2026-10-01..2026-10-28 100\n"
						"viewers 2026-10-04..2026-10-31 103\n"
						"followers_lost 2026-10-04..2026-10-31 7\n");
		assert_string_equal(ask(&it), "");
		sweeping_end(&it);
	}
}

static void february_has_one_rolling_window_that_is_the_month(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-03-04T12:00:00Z", "2026-02-28");
	assert_non_null(
		strstr(skip_to(&it, "days_28", EMPTY), "&since=1772265600&until=1772352000"));
	assert_int_equal(answer(&it, 200, "",
				"{\"data\":[{\"name\":\"page_daily_unfollows_unique\",\"period\":"
				"\"days_28\",\"values\":[{\"value\":9,\"end_time\":"
				"\"2026-03-01T08:00:00+0000\"}]}]}"),
			 0);
	assert_string_equal(found(&it), "followers_lost 2026-02-01..2026-02-28 9\n");
	sweeping_end(&it);
}

/* --- a metric that is gone ------------------------------------------------------------------ */

static void a_refused_metric_is_found_one_by_one_and_the_others_kept(void **state)
{
	static const char *const asked[] = {
		"metric=page_total_media_view_unique&", "metric=page_media_view&",
		"metric=page_post_engagements&",        "metric=page_video_views&",
		"metric=page_total_actions&",
	};
	struct sweeping it;
	int gone;

	(void)state;
	start_views(&it);
	gone = metric_index(&it, "video_views");
	assert_int_equal(answer_file(&it, 400, "meta/error_100_invalid_metric_fb.json"), -1);
	assert_int_equal(it.err.class, ERROR_METRIC);
	assert_string_equal(it.err.text,
			    "code 100: (#100) The value must be a valid insights metric");
	for (size_t i = 0; i < 5; i++) {
		assert_non_null(strstr(ask(&it), asked[i]));
		if (i == 3) {
			assert_int_equal(
				answer_file(&it, 400, "meta/error_100_invalid_metric_fb.json"), -1);
			assert_int_equal(it.err.class, ERROR_METRIC);
			continue;
		}
		assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_day.json"), 0);
	}
	assert_int_equal(it.states.items[gone].life, METRIC_RETIRED);
	assert_int_equal(it.states.items[gone].since, day("2026-11-22"));
	assert_int_equal(it.states.items[gone].until, at("2026-11-23T12:00:00Z"));
	assert_string_equal(it.states.items[gone].words,
			    "(#100) The value must be a valid insights metric");
	assert_non_null(strstr(ask(&it), "/published_posts"));
	for (int i = 0; it.collector->metrics[i].id; i++)
		assert_true(i == gone || it.states.items[i].life == METRIC_ALIVE);
	sweeping_end(&it);
}

static void a_retired_metric_is_asked_again_alone_a_day_later(void **state)
{
	struct sweeping it;
	struct metric_state *views;

	(void)state;
	start(&it, "2026-11-22T12:00:00Z", "2026-11-17..2026-11-19");
	views = &it.states.items[metric_index(&it, "views")];
	*views = (struct metric_state){ .life = METRIC_RETIRED,
					.since = day("2026-11-01"),
					.until = at("2026-11-22T12:00:00Z") };
	assert_string_equal(ask(&it), NODE "/insights?metric=page_media_view&period=day"
					   "&since=1794902400&until=1795161600");
	assert_int_equal(answer_file(&it, 400, "meta/error_100_invalid_metric_fb.json"), -1);
	assert_int_equal(views->life, METRIC_RETIRED);
	assert_int_equal(views->since, day("2026-11-01"));
	assert_int_equal(views->until, at("2026-11-23T12:00:00Z"));
	assert_non_null(strstr(ask(&it), "metric=page_follows,"));
	sweeping_end(&it);

	start(&it, "2026-11-22T12:00:00Z", "2026-11-17..2026-11-19");
	views = &it.states.items[metric_index(&it, "views")];
	*views = (struct metric_state){ .life = METRIC_RETIRED, .until = 1 };
	(void)ask(&it);
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_trailing_gap.json"), 0);
	assert_int_equal(views->life, METRIC_ALIVE);
	assert_string_equal(text_str(&it.findings.notes), "views is answered again");
	assert_non_null(skip_to(&it, "page_media_view", EMPTY));
	sweeping_end(&it);
}

static void what_an_account_does_without_is_never_asked_for(void **state)
{
	static const char *const unwanted[] = { "viewers",       "views",          "interactions",
						"video_views",   "clicks",         "posts",
						"new_followers", "followers_lost", "reels" };
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-03T12:00:00Z", "2026-10-27..2026-11-01");
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		it.states.items[metric_index(&it, unwanted[i])] =
			(struct metric_state){ .life = METRIC_RETIRED, .until = INT64_MAX };
	assert_non_null(strstr(
		ask(&it), "metric=page_follows,page_daily_follows,page_views_total&period=day"));
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
	start(&it, "2026-11-03T12:00:00Z", "");
	it.job.sweep = SWEEP_WATCH;
	it.states.items[metric_index(&it, "stories")] =
		(struct metric_state){ .life = METRIC_RETIRED, .until = INT64_MAX };
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void a_refusal_of_windows_or_parameters_never_retires_a_metric(void **state)
{
	static const char *const files[] = {
		"meta/error_100_1504016_range_fb.json",
		"meta/error_100_more_than_30_days.json",
		"meta/error_100_two_years.json",
		"meta/error_100_follower_count_30_days.json",
		"meta/error_100_needs_total_value.json",
		"meta/error_100_incompatible_metric_type.json",
		"meta/error_100_incompatible_breakdown.json",
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		start_days(&it);
		assert_int_equal(answer_file(&it, 400, files[i]), -1);
		assert_int_equal(it.err.class, ERROR_REQUEST);
		for (int k = 0; it.collector->metrics[k].id; k++)
			assert_int_equal(it.states.items[k].life, METRIC_ALIVE);
		assert_non_null(strstr(ask(&it), "page_media_view")); /* the others go on */
		sweeping_end(&it);
	}
}

/* --- publications --------------------------------------------------------------------------- */

static void posts_are_walked_over_an_empty_page_to_the_end(void **state)
{
	struct sweeping it;

	(void)state;
	start_list(&it, "/published_posts");
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p1.json"), 0);
	assert_string_equal(found(&it), "post 104000000000001_9003 2026-11-19T22:10:04Z\n"
					"post 104000000000001_9002 2026-11-18T03:59:30Z\n");
	assert_string_equal(ask(&it),
			    NODE "/published_posts?fields=id,created_time,status_type,"
				 "permalink_url&since=1793516400&limit=100&after=Q0FGVEVS1");
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p2_empty_with_next.json"),
			 0);
	assert_string_equal(found(&it), "");
	assert_non_null(strstr(ask(&it), "&after=Q0FGVEVS2"));
	it.job.now += 60;
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p3_last.json"), 0);
	assert_string_equal(found(&it), "post 104000000000001_9001 2026-11-02T15:00:00Z\n"
					"watch post 2026-11-01T07:00:00Z..2026-11-22T11:50:00Z\n");
	assert_non_null(strstr(ask(&it), "/video_reels"));
	sweeping_end(&it);
}

static void a_walk_goes_on_after_a_kill_where_its_cursor_was_stored(void **state)
{
	struct sweeping it, again;

	(void)state;
	start_list(&it, "/published_posts");
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p1.json"), 0);
	start(&again, "2026-11-22T12:30:00Z", "2026-11-02..2026-11-19");
	text_set(&again.job.cursor, text_str(&it.job.cursor));
	assert_non_null(strstr(ask(&again), "&after=Q0FGVEVS1"));
	assert_int_equal(answer_file(&again, 200, "meta/fb_published_posts_p3_last.json"), 0);
	/* the stretch ends where the first page was asked for, not where the walk ended */
	assert_string_equal(found(&again),
			    "post 104000000000001_9001 2026-11-02T15:00:00Z\n"
			    "watch post 2026-11-01T07:00:00Z..2026-11-22T11:50:00Z\n");
	sweeping_end(&again);
	sweeping_end(&it);
}

static void a_walk_begins_again_when_its_cursor_is_over_an_hour_old(void **state)
{
	struct sweeping it;

	(void)state;
	start_list(&it, "/published_posts");
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p1.json"), 0);
	it.job.now += 3601;
	assert_null(strstr(ask(&it), "&after="));
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p1.json"), 0);
	assert_int_equal(it.findings.item_count, 2);
	assert_non_null(strstr(ask(&it), "&after=Q0FGVEVS1"));
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p3_last.json"), 0);
	assert_int_equal(it.findings.watch_count, 1);
	sweeping_end(&it);
}

static void a_refused_paging_cursor_begins_the_walk_again_once(void **state)
{
	struct sweeping it;

	(void)state;
	start_list(&it, "/published_posts");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p1.json"), 0);
		assert_non_null(strstr(ask(&it), "&after=Q0FGVEVS1"));
		assert_int_equal(
			answer(&it, 400, "",
			       "{\"error\":{\"message\":\"(#100) bad cursor\",\"code\":100}}"),
			-1);
		if (i == 0)
			assert_null(strstr(ask(&it), "&after="));
	}
	assert_non_null(strstr(ask(&it), "/video_reels"));
	sweeping_end(&it);
}

static void a_walk_that_repeats_itself_is_given_up_and_watches_nothing(void **state)
{
	struct sweeping it;

	(void)state;
	start_list(&it, "/published_posts");
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p1.json"), 0);
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p1.json"), -1);
	assert_int_equal(it.err.class, ERROR_MALFORMED);
	assert_string_equal(it.err.text, "posts: the list does not end after 2 pages");
	assert_int_equal(it.findings.watch_count, 0);
	assert_non_null(strstr(ask(&it), "/video_reels"));
	sweeping_end(&it);
}

static void a_walk_is_over_with_a_page_of_older_ones(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-12-22T12:00:00Z", "2026-12-10");
	(void)skip_to(&it, "/published_posts", EMPTY);
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_p1.json"), 0);
	assert_string_equal(found(&it), "watch post 2026-12-09T08:00:00Z..2026-12-22T11:50:00Z\n");
	assert_non_null(strstr(ask(&it), "/video_reels"));
	sweeping_end(&it);
}

static void the_first_page_of_a_counted_list_is_a_page_like_any_other(void **state)
{
	struct sweeping it;

	(void)state;
	start_list(&it, "/published_posts");
	assert_int_equal(answer_file(&it, 200, "meta/fb_published_posts_summary.json"), 0);
	assert_string_equal(found(&it), "post 104000000000001_9003 2026-11-19T22:10:04Z\n");
	assert_non_null(strstr(ask(&it), "&after=Q0FGVEVS1"));
	sweeping_end(&it);
}

static void lists_of_another_shape_store_nothing_and_are_complained_of(void **state)
{
	static const struct {
		const char *body;
		const char *words;
	} rows[] = {
		{ "{\"id\":\"1\"}", "posts: no list in the answer" },
		{ "{\"data\":[{\"id\":\"1\"}]}", "posts: an entry without created_time" },
		{ "{\"data\":[{\"created_time\":\"2026-11-18T03:59:30+0000\"}]}",
		  "posts: an entry without id" },
		{ "{\"data\":[{\"id\":\"1\",\"created_time\":\"2031-11-18T03:59:30+0000\"}]}",
		  "posts: one of the future" },
		{ "{\"data\":[],\"paging\":{\"next\":\"x\"}}",
		  "posts: a next page without a cursor" },
		{ "{\"data\":[],\"paging\":{\"next\":\"x\",\"cursors\":{\"after\":\"a b\"}}}",
		  "posts: a cursor that is none" },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_list(&it, "/published_posts");
		assert_int_equal(answer(&it, 200, "", rows[i].body), -1);
		assert_int_equal(it.err.class, ERROR_MALFORMED);
		assert_string_equal(it.err.text, rows[i].words);
		assert_int_equal(it.findings.watch_count, 0);
		assert_non_null(strstr(ask(&it), "/published_posts")); /* asked again */
		sweeping_end(&it);
	}
}

static void reels_are_counted_once_though_posts_list_them_too(void **state)
{
	struct sweeping it;

	(void)state;
	start_list(&it, "/published_posts");
	assert_int_equal(
		answer(&it, 200, "",
		       "{\"data\":[{\"id\":\"104_7\",\"created_time\":\"2026-11-16T14:00:01+0000\","
		       "\"permalink_url\":\"https://www.facebook.com/reel/700100/\"}]}"),
		0);
	assert_int_equal(it.findings.item_count, 0);
	(void)ask(&it);
	assert_int_equal(answer_file(&it, 200, "meta/fb_video_reels.json"), 0);
	assert_string_equal(found(&it), "reel 700100 2026-11-16T14:00:00Z\n"
					"reel 700099 2026-11-05T14:00:00Z\n"
					"watch reel 2026-11-01T07:00:00Z..2026-11-22T11:50:00Z\n");
	sweeping_end(&it);
}

static void reels_are_picked_from_the_videos_when_their_list_is_refused(void **state)
{
	static const char *const refusals[] = { "meta/error_100_incompatible_breakdown.json",
						"meta/error_200_permission.json" };
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start_list(&it, "/video_reels");
		assert_int_equal(answer_file(&it, 400, refusals[i]), -1);
		assert_string_equal(ask(&it), NODE "/videos?fields=id,created_time,permalink_url"
						   "&limit=100");
		assert_int_equal(
			answer(&it, 200, "",
			       "{\"data\":[{\"id\":\"700100\",\"created_time\":"
			       "\"2026-11-16T14:00:00+0000\",\"permalink_url\":\"/reel/700100/\"},"
			       "{\"id\":\"700200\",\"created_time\":\"2026-11-15T14:00:00+0000\","
			       "\"permalink_url\":\"/104000000000001/videos/700200/\"}]}"),
			0);
		assert_string_equal(found(&it),
				    "reel 700100 2026-11-16T14:00:00Z\n"
				    "watch reel 2026-11-01T07:00:00Z..2026-11-22T11:50:00Z\n");
		assert_string_equal(ask(&it), "");
		sweeping_end(&it);
	}
}

/* Its days stay wanted then; where another call may say the same, that one decides. */
static void call_that_is_given_up_says_so_and_a_way_round_does_not(void **state)
{
	static const struct {
		const char *part, *refusal;
		bool skipped;
	} rows[] = {
		{ "/insights", "meta/error_200_permission.json", true },
		{ "/insights", "meta/error_100_incompatible_breakdown.json", true },
		{ "/published_posts", "meta/error_200_permission.json", true },
		{ "/published_posts", "meta/error_100_incompatible_breakdown.json", true },
		{ "/video_reels", "meta/error_200_permission.json", false },
		{ "/video_reels", "meta/error_100_incompatible_breakdown.json", false },
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_list(&it, rows[i].part);
		assert_int_equal(answer_file(&it, 400, rows[i].refusal), -1);
		assert_int_equal(it.job.skipped, rows[i].skipped);
		sweeping_end(&it);
	}
	start_list(&it, "/video_reels");
	assert_int_equal(answer_file(&it, 400, "meta/error_200_permission.json"), -1);
	(void)ask(&it); /* the videos */
	assert_int_equal(answer_file(&it, 400, "meta/error_200_permission.json"), -1);
	assert_true(it.job.skipped);
	sweeping_end(&it);
}

static void stories_are_watched_for_the_day_they_live(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-21T12:00:00Z", "");
	it.job.sweep = SWEEP_WATCH;
	assert_string_equal(ask(&it), NODE
			    "/stories?fields=post_id,status,creation_time&status="
			    "%5B%22PUBLISHED%22%2C%22ARCHIVED%22%5D&since=1795089600&limit=100");
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_stories.json"), 0);
	assert_string_equal(found(&it), "story 8005 2026-11-20T17:20:00Z\n"
					"watch story 2026-11-20T12:10:00Z..2026-11-21T11:50:00Z\n");
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
	start(&it, "2026-11-21T12:00:00Z", "");
	it.job.sweep = SWEEP_WATCH;
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(found(&it), "watch story 2026-11-20T12:10:00Z..2026-11-21T11:50:00Z\n");
	sweeping_end(&it);
}

/* --- check ---------------------------------------------------------------------------------- */

static void check_says_in_words_what_answers_and_stores_nothing(void **state)
{
	struct sweeping it;

	(void)state;
	start(&it, "2026-11-21T12:00:00Z", "");
	it.job.sweep = SWEEP_CHECK;
	assert_string_equal(ask(&it), NODE "?fields=id,name,followers_count,"
					   "instagram_business_account");
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_node.json"), 0);
	assert_string_equal(text_str(&it.findings.notes),
			    "Page 104000000000001 \"Alcaldía de Ejemplo\" answers\n"
			    "84229 followers\n"
			    "its Instagram account is 17841400000000001");
	assert_non_null(strstr(ask(&it), "&since=1794902400&until=1794988800"));
	assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_partial.json"), 0);
	assert_string_equal(found(&it), "");
	assert_string_equal(text_str(&it.findings.notes),
			    "followers has no number for 2026-11-17 yet\n"
			    "followers_gained has no number for 2026-11-17 yet\n"
			    "new_followers has no number for 2026-11-17 yet\n"
			    "followers_lost has no number for 2026-11-17 yet\n"
			    "visits answers");
	assert_int_equal(answer(&it, 200, "", EMPTY), 0);
	assert_string_equal(ask(&it), "");
	sweeping_end(&it);
}

static void same_answers_say_the_same_twice(void **state)
{
	struct sweeping it;
	char first[1024];

	(void)state;
	for (int i = 0; i < 2; i++) {
		start_days(&it);
		assert_int_equal(answer_file(&it, 200, "meta/fb_page_insights_day.json"), 0);
		if (i == 0)
			(void)snprintf(first, sizeof(first), "%s%s", found(&it),
				       text_str(&it.job.cursor));
		else
			assert_non_null(strstr(first, found(&it)));
		sweeping_end(&it);
	}
}

static void a_cursor_that_makes_no_sense_is_refused(void **state)
{
	static const char *const cursors[] = {
		"x",
		"1 2",
		"2 2 0 -1 0 5 0 0 0 0",
		"1 99 0 -1 0 5 0 0 0 0",
		"1 2 0 -1 99999999999 5 0 0 0 0",
		"1 2 0 -1 0 99999999999999 0 0 0 0",
		"1 2 0 -1 0 5 0 0 301 0",
		"1 -2 0 -1 0 5 0 0 0 0",
	};
	struct sweeping it;

	(void)state;
	for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
		start(&it, "2026-11-21T12:00:00Z", "2026-11-01");
		text_set(&it.job.cursor, cursors[i]);
		assert_int_equal(it.collector->next(&it.job, &it.request, &it.err), -1);
		assert_int_equal(it.err.class, ERROR_REQUEST);
		assert_string_equal(it.err.text, "the sweep's cursor makes no sense");
		assert_int_equal(answer(&it, 200, "", EMPTY), -1);
		sweeping_end(&it);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_shows_a_page_token_with_proof_and_says_what_without_dates),
		cmocka_unit_test(sweep_asks_insights_then_posts_then_reels_and_ends),
		cmocka_unit_test(take_keeps_each_day_under_the_date_before_its_end_time),
		cmocka_unit_test(take_keeps_the_views_of_the_second_call),
		cmocka_unit_test(take_keeps_only_the_days_that_are_wanted),
		cmocka_unit_test(take_keeps_a_day_of_25_hours_and_one_of_23),
		cmocka_unit_test(take_stores_nothing_when_nothing_was_measured),
		cmocka_unit_test(take_leaves_out_what_is_not_there_yet),
		cmocka_unit_test(take_notes_parts_and_objects_and_keeps_none_of_them),
		cmocka_unit_test(take_stores_nothing_of_answers_to_other_calls),
		cmocka_unit_test(take_complains_of_answers_of_another_shape),
		cmocka_unit_test(take_refuses_numbers_and_times_that_cannot_be),
		cmocka_unit_test(take_believes_a_zero_only_once_it_has_settled),
		cmocka_unit_test(take_keeps_no_zero_from_before_the_metric_was_born),
		cmocka_unit_test(take_keeps_numbers_beyond_31_bits_and_none_below_zero),
		cmocka_unit_test(long_stretches_are_cut_at_90_days_to_the_second),
		cmocka_unit_test(days_meta_no_longer_keeps_are_not_asked_for),
		cmocka_unit_test(a_month_that_is_over_is_asked_for_as_one_window),
		cmocka_unit_test(a_month_whose_last_day_is_not_wanted_is_not_asked_for),
		cmocka_unit_test(a_months_number_with_another_date_is_not_kept),
		cmocka_unit_test(a_refused_month_is_bounded_by_its_rolling_windows),
		cmocka_unit_test(february_has_one_rolling_window_that_is_the_month),
		cmocka_unit_test(a_refused_metric_is_found_one_by_one_and_the_others_kept),
		cmocka_unit_test(a_retired_metric_is_asked_again_alone_a_day_later),
		cmocka_unit_test(what_an_account_does_without_is_never_asked_for),
		cmocka_unit_test(a_refusal_of_windows_or_parameters_never_retires_a_metric),
		cmocka_unit_test(posts_are_walked_over_an_empty_page_to_the_end),
		cmocka_unit_test(a_walk_goes_on_after_a_kill_where_its_cursor_was_stored),
		cmocka_unit_test(a_walk_begins_again_when_its_cursor_is_over_an_hour_old),
		cmocka_unit_test(a_refused_paging_cursor_begins_the_walk_again_once),
		cmocka_unit_test(a_walk_that_repeats_itself_is_given_up_and_watches_nothing),
		cmocka_unit_test(a_walk_is_over_with_a_page_of_older_ones),
		cmocka_unit_test(the_first_page_of_a_counted_list_is_a_page_like_any_other),
		cmocka_unit_test(lists_of_another_shape_store_nothing_and_are_complained_of),
		cmocka_unit_test(reels_are_counted_once_though_posts_list_them_too),
		cmocka_unit_test(reels_are_picked_from_the_videos_when_their_list_is_refused),
		cmocka_unit_test(call_that_is_given_up_says_so_and_a_way_round_does_not),
		cmocka_unit_test(stories_are_watched_for_the_day_they_live),
		cmocka_unit_test(check_says_in_words_what_answers_and_stores_nothing),
		cmocka_unit_test(same_answers_say_the_same_twice),
		cmocka_unit_test(a_cursor_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
