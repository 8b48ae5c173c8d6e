/* The simulated world: is its truth consistent, and do its doors answer as the real APIs do? */
#include "test.h"

#include "sim/sim.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE "104000000000001"
#define INSTAGRAM "17841400000000001"
#define ROOT "ROOT"

#define HOUR_S INT64_C(3600)
#define DAY_S (24 * HOUR_S)

struct stage {
	struct world *world;
	struct zone *pacific;
	struct sim_response response;
	cJSON *json; /* of the last answer, NULL when it was none */
	int64_t now;
};

static int set_up(void **state)
{
	static const struct sim_account accounts[] = {
		{ .kind = SIM_PAGE, .id = PAGE },
		{ .kind = SIM_INSTAGRAM, .id = INSTAGRAM, .page = PAGE },
		{ .kind = SIM_MATOMO, .id = "1", .zone = "Europe/Madrid" },
	};
	struct stage *stage = memory_new(1, sizeof(*stage));
	struct error err;

	stage->world = world_new(7);
	for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++)
		assert_int_equal(world_add(stage->world, &accounts[i], &err), 0);
	world_secrets(stage->world, ROOT, NULL, "MATOMO");
	assert_int_equal(zone_open("America/Los_Angeles", &stage->pacific, &err), 0);
	assert_int_equal(time_parse("2026-11-22T15:00:00Z", &stage->now, &err), 0);
	*state = stage;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	sim_response_clear(&stage->response);
	cJSON_Delete(stage->json);
	zone_close(stage->pacific);
	world_free(stage->world);
	free(stage);
	return 0;
}

static int ask(struct stage *stage, const char *token, const char *target)
{
	struct sim_request request = { .target = target, .bearer = token };

	world_answer(stage->world, &request, stage->now, &stage->response);
	cJSON_Delete(stage->json);
	stage->json = NULL;
	(void)json_parse(text_str(&stage->response.body), stage->response.body.length, &stage->json,
			 NULL);
	return stage->response.status;
}

static int ask_page(struct stage *stage, const char *query)
{
	SCOPED(text)
	struct text target = { 0 };

	text_addf(&target, "/v25.0/" PAGE "/%s", query);
	return ask(stage, world_page_token(stage->world, PAGE), text_str(&target));
}

static int ask_instagram(struct stage *stage, const char *query)
{
	SCOPED(text)
	struct text target = { 0 };

	text_addf(&target, "/v25.0/" INSTAGRAM "/%s", query);
	return ask(stage, ROOT, text_str(&target));
}

static int post_matomo(struct stage *stage, const char *form)
{
	SCOPED(text)
	struct text body = { 0 };
	struct sim_request request = { .method = HTTP_POST, .target = "/index.php" };

	text_addf(&body, "module=API&format=JSON&token_auth=MATOMO&%s", form);
	request.body = text_str(&body);
	world_answer(stage->world, &request, stage->now, &stage->response);
	cJSON_Delete(stage->json);
	stage->json = NULL;
	assert_int_equal(json_parse(text_str(&stage->response.body), stage->response.body.length,
				    &stage->json, NULL),
			 0);
	return stage->response.status;
}

static void assert_refused(const struct stage *stage, int code, int subcode, const char *message)
{
	const cJSON *error = json_member(stage->json, "error");
	int64_t number = 0;

	assert_non_null(error);
	assert_string_equal(json_text(error, "message"), message);
	assert_int_equal(json_int(error, "code", &number, NULL), 0);
	assert_int_equal(number, code);
	number = 0;
	(void)json_int(error, "error_subcode", &number, NULL);
	assert_int_equal(number, subcode);
}

/* The metric's entry of an insights answer, NULL when it did not come. */
static const cJSON *entry_of(const struct stage *stage, const char *name)
{
	const cJSON *entry;

	cJSON_ArrayForEach (entry, json_array(stage->json, "data"))
		if (strcmp(json_text(entry, "name"), name) == 0)
			return entry;
	return NULL;
}

/* The value of the point with this end_time, -1 when there is none. */
static int64_t point_at(const struct stage *stage, const char *name, int64_t end_time)
{
	const cJSON *point;
	int64_t time, value;

	cJSON_ArrayForEach (point, json_array(entry_of(stage, name), "values")) {
		assert_int_equal(time_parse(json_text(point, "end_time"), &time, NULL), 0);
		assert_int_equal(json_int(point, "value", &value, NULL), 0);
		if (time == end_time)
			return value;
	}
	return -1;
}

static int64_t total_of(const struct stage *stage, const char *name)
{
	const cJSON *total = json_member(entry_of(stage, name), "total_value");
	int64_t value;

	return total && json_int(total, "value", &value, NULL) == 0 ? value : -1;
}

/* The one number of an answer over a range, -1 when there is none. */
static int64_t range_of(const struct stage *stage, const char *name)
{
	const cJSON *point = cJSON_GetArrayItem(json_array(entry_of(stage, name), "values"), 0);
	int64_t value;

	return point && json_int(point, "value", &value, NULL) == 0 ? value : -1;
}

static struct window days(int year, int month, int day, int count)
{
	return (struct window){ day_of(year, month, day), count };
}

/* --- truth --- */

static void unique_number_lies_between_its_largest_day_and_their_sum(void **state)
{
	static const struct {
		const char *account, *metric;
	} numbers[] = { { PAGE, "viewers" },
			{ PAGE, "new_followers" },
			{ PAGE, "followers_lost" },
			{ INSTAGRAM, "reach" },
			{ INSTAGRAM, "accounts_engaged" },
			{ "1", "visitors" } };
	struct stage *stage = *state;
	struct window month = days(2026, 10, 1, 31);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int64_t sum = 0, most = 0;
		int64_t whole = truth_value(stage->world, numbers[i].account, numbers[i].metric,
					    month, METRIC_UNIQUE);

		for (int32_t day = month.first; day < window_end(month); day++) {
			int64_t one =
				truth_value(stage->world, numbers[i].account, numbers[i].metric,
					    (struct window){ day, 1 }, METRIC_UNIQUE);

			sum += one;
			most = one > most ? one : most;
		}
		assert_true(most > 0);
		assert_true(whole >= most && whole <= sum);
	}
	assert_true(truth_value(stage->world, INSTAGRAM, "accounts_engaged", month, METRIC_UNIQUE) <
		    truth_value(stage->world, INSTAGRAM, "reach", month, METRIC_UNIQUE));
}

static void flow_of_a_window_is_the_sum_of_its_days(void **state)
{
	struct stage *stage = *state;
	struct window month = days(2026, 2, 1, 28);
	int64_t sum = 0;

	for (int32_t day = month.first; day < window_end(month); day++)
		sum += truth_value(stage->world, PAGE, "page_media_view", (struct window){ day, 1 },
				   METRIC_FLOW);
	assert_true(sum > 0);
	assert_int_equal(truth_value(stage->world, PAGE, "views", month, METRIC_FLOW), sum);
	assert_true(truth_value(stage->world, PAGE, "views", month, METRIC_STOCK) == TRUTH_NONE);
	assert_true(truth_value(stage->world, PAGE, "nonsense", month, METRIC_FLOW) == TRUTH_NONE);
}

static void level_moves_by_what_was_gained_and_lost(void **state)
{
	struct stage *stage = *state;
	struct window month = days(2026, 10, 1, 31);
	struct window eve = days(2026, 9, 30, 1);

	assert_int_equal(
		truth_value(stage->world, INSTAGRAM, "followers", month, METRIC_STOCK),
		truth_value(stage->world, INSTAGRAM, "followers", eve, METRIC_STOCK) +
			truth_value(stage->world, INSTAGRAM, "followers_gained", month,
				    METRIC_FLOW) -
			truth_value(stage->world, INSTAGRAM, "followers_lost", month, METRIC_FLOW));
}

static void publications_of_a_month_are_those_of_the_offices_days(void **state)
{
	struct stage *stage = *state;
	int64_t since = 0, until = 0;

	assert_int_equal(time_parse("2026-10-01T05:00:00Z", &since, NULL), 0);
	assert_int_equal(time_parse("2026-11-01T05:00:00Z", &until, NULL), 0);
	assert_int_equal(
		truth_value(stage->world, PAGE, "posts", days(2026, 10, 1, 31), METRIC_FLOW),
		truth_items(stage->world, PAGE, ITEM_POST, since, until, NULL, 0));
}

static void another_seed_is_another_world_and_the_same_seed_the_same(void **state)
{
	struct stage *stage = *state;
	SCOPED(world)
	struct world *same = world_new(7);
	SCOPED(world)
	struct world *other = world_new(8);
	struct window month = days(2026, 10, 1, 31);
	struct sim_account page = { .kind = SIM_PAGE, .id = PAGE };
	struct error err;

	assert_int_equal(world_add(same, &page, &err), 0);
	assert_int_equal(world_add(other, &page, &err), 0);
	assert_int_equal(world_add(other, &page, &err), -1);
	assert_string_equal(err.text, "there is an account " PAGE " already");
	assert_int_equal(truth_value(same, PAGE, "views", month, METRIC_FLOW),
			 truth_value(stage->world, PAGE, "views", month, METRIC_FLOW));
	assert_int_not_equal(truth_value(other, PAGE, "views", month, METRIC_FLOW),
			     truth_value(stage->world, PAGE, "views", month, METRIC_FLOW));
}

/* --- late data --- */

static void late_day_grows_to_the_truth_and_is_whole_after_28_days(void **state)
{
	static const char *const metrics[] = { "views", "viewers" };
	static const enum metric_kind kinds[] = { METRIC_FLOW, METRIC_UNIQUE };
	struct stage *stage = *state;
	int grew = 0;

	for (int32_t day = day_of(2026, 3, 1); day < day_of(2026, 3, 20); day++) {
		int64_t end = zone_midnight(stage->pacific, day + 1);

		for (int i = 0; i < 2; i++) {
			struct window window = { day, 1 };
			int64_t truth =
				truth_value(stage->world, PAGE, metrics[i], window, kinds[i]);
			int64_t before = TRUTH_NONE;

			for (int64_t now = end - 1; now <= end + 28 * DAY_S; now += 6 * HOUR_S) {
				int64_t seen = visible_value(stage->world, PAGE, metrics[i], window,
							     kinds[i], now);

				assert_true(seen <= truth && seen >= before);
				assert_true(now >= end || seen == TRUTH_NONE);
				assert_true(now < end + 48 * HOUR_S || seen != TRUTH_NONE);
				grew += before != TRUTH_NONE && seen > before;
				before = seen;
			}
			assert_int_equal(visible_value(stage->world, PAGE, metrics[i], window,
						       kinds[i], end + 28 * DAY_S),
					 truth);
		}
	}
	assert_true(grew > 20);
}

static void unique_window_agrees_with_its_days_while_it_grows(void **state)
{
	struct stage *stage = *state;
	struct window week = days(2026, 11, 12, 7);
	int64_t now = zone_midnight(stage->pacific, window_end(week)) + 20 * HOUR_S;
	int64_t sum = 0, most = 0;
	int64_t whole = visible_value(stage->world, PAGE, "viewers", week, METRIC_UNIQUE, now);

	for (int32_t day = week.first; day < window_end(week); day++) {
		int64_t one = visible_value(stage->world, PAGE, "viewers",
					    (struct window){ day, 1 }, METRIC_UNIQUE, now);

		if (one == TRUTH_NONE)
			continue;
		sum += one;
		most = one > most ? one : most;
	}
	assert_true(whole >= most && whole <= sum);
	assert_true(whole < truth_value(stage->world, PAGE, "viewers", week, METRIC_UNIQUE));
}

/* --- Pages --- */

static void page_day_ends_with_its_end_time_and_23_or_25_hours_are_a_day(void **state)
{
	static const struct {
		int year, month, day;
		const char *query;
	} changes[] = {
		{ 2026, 11, 1,
		  "insights?metric=page_views_total&period=day&since=2026-10-30&until=2026-11-04" },
		{ 2026, 3, 8,
		  "insights?metric=page_views_total&period=day&since=2026-03-06&until=2026-03-11" },
	};
	struct stage *stage = *state;

	world_quirks(stage->world)->late = false;
	for (size_t i = 0; i < 2; i++) {
		int32_t change = day_of(changes[i].year, changes[i].month, changes[i].day);

		assert_int_equal(ask_page(stage, changes[i].query), 200);
		assert_int_equal(cJSON_GetArraySize(
					 json_array(entry_of(stage, "page_views_total"), "values")),
				 5);
		for (int32_t day = change - 2; day <= change + 2; day++)
			assert_int_equal(point_at(stage, "page_views_total",
						  zone_midnight(stage->pacific, day + 1)),
					 truth_value(stage->world, PAGE, "visits",
						     (struct window){ day, 1 }, METRIC_FLOW));
	}
}

static void month_of_viewers_comes_as_one_number_for_the_range(void **state)
{
	struct stage *stage = *state;

	world_quirks(stage->world)->late = false;
	assert_int_equal(ask_page(stage, "insights?metric=page_total_media_view_unique&period="
					 "total_over_range&since=2026-10-01&until=2026-11-01"),
			 200);
	assert_int_equal(
		range_of(stage, "page_total_media_view_unique"),
		truth_value(stage->world, PAGE, "viewers", days(2026, 10, 1, 31), METRIC_UNIQUE));
}

static void days_not_measured_yet_do_not_come_as_zero(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(ask_page(stage, "insights?metric=page_media_view&period=day&since="
					 "2026-11-22&until=2026-11-24"),
			 200);
	assert_int_equal(cJSON_GetArraySize(json_array(stage->json, "data")), 0);
}

static void missing_day_has_no_point_but_its_people_count_in_the_range(void **state)
{
	struct stage *stage = *state;
	int32_t day = day_of(2026, 10, 12);
	struct sim_fault fault = { .kind = SIM_FAULT_DAY, .account = PAGE, .days = { day, 1 } };

	world_quirks(stage->world)->late = false;
	world_fault(stage->world, &fault);
	assert_int_equal(ask_page(stage, "insights?metric=page_views_total&period=day&since="
					 "2026-10-10&until=2026-10-15"),
			 200);
	assert_int_equal(
		point_at(stage, "page_views_total", zone_midnight(stage->pacific, day + 1)), -1);
	assert_int_equal(
		cJSON_GetArraySize(json_array(entry_of(stage, "page_views_total"), "values")), 4);
}

static void page_window_over_90_days_is_refused_to_the_second(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(ask_page(stage, "insights?metric=page_follows&period=day&since=1780000000&"
					 "until=1787776000"),
			 200);
	assert_int_equal(ask_page(stage, "insights?metric=page_follows&period=day&since=1780000000&"
					 "until=1787776001"),
			 400);
	assert_refused(stage, 100, 1504016, "(#100) The time range requested is too long.");
}

static void dead_page_metric_fails_the_whole_call_without_a_name(void **state)
{
	struct stage *stage = *state;
	struct sim_fault fault = { .kind = SIM_FAULT_METRIC,
				   .metric = "page_media_view",
				   .from = stage->now };
	const char *query = "insights?metric=page_views_total,page_media_view&period=day";

	assert_int_equal(ask_page(stage, "insights?metric=page_views_total,page_impressions"), 400);
	assert_refused(stage, 100, 0, "(#100) The value must be a valid insights metric");
	world_fault(stage->world, &fault);
	assert_int_equal(ask_page(stage, query), 400);
	assert_refused(stage, 100, 0, "(#100) The value must be a valid insights metric");
	stage->now--;
	assert_int_equal(ask_page(stage, query), 200);
	assert_int_equal(ask_page(stage, "insights?period=day"), 400);
	assert_refused(stage, 3001, 1504028,
		       "(#3001) No metric was specified to be fetched. Please specify one or more "
		       "metrics to be fetched and try again.");
}

/* --- Instagram --- */

static void instagram_window_over_30_days_is_refused_to_the_second(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(ask_instagram(stage, "insights?metric=views&metric_type=total_value&"
					      "period=day&since=1790000000&until=1792592000"),
			 200);
	assert_int_equal(ask_instagram(stage, "insights?metric=views&metric_type=total_value&"
					      "period=day&since=1790000000&until=1792592001"),
			 400);
	assert_refused(
		stage, 100, 0,
		"(#100) There cannot be more than 30 days (2592000 s) between since and until.");
	/* November: 30 Pacific days and an hour */
	assert_int_equal(ask_instagram(stage, "insights?metric=views&metric_type=total_value&"
					      "period=day&since=1793516400&until=1796111999"),
			 400);
}

static void too_old_and_the_future_are_refused_with_the_same_misleading_words(void **state)
{
	static const char words[] = "(#100) since param is not valid. Metrics data is available "
				    "for the last 2 years";
	struct stage *stage = *state;

	assert_int_equal(ask_instagram(stage, "insights?metric=reach&period=day&since=1700000000&"
					      "until=1700086400"),
			 400);
	assert_refused(stage, 100, 0, words);
	assert_int_equal(ask_instagram(stage, "insights?metric=reach&period=day&since=2026-11-23"),
			 400);
	assert_refused(stage, 100, 0, words);
}

static void shape_of_an_instagram_metric_is_refused_by_name(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(ask_instagram(stage, "insights?metric=views,reach&period=day"), 400);
	assert_refused(stage, 100, 0,
		       "(#100) The following metrics (views) should be specified with parameter "
		       "metric_type=total_value");
	assert_int_equal(ask_instagram(stage, "insights?metric=follower_count&period=day&"
					      "metric_type=total_value"),
			 400);
	assert_refused(stage, 100, 0,
		       "(#100) The following metrics (follower_count) are incompatible with the "
		       "metric type (total_value)");
	assert_int_equal(ask_instagram(stage, "insights?metric=views&period=day&metric_type="
					      "total_value&breakdown=follower_type"),
			 400);
	assert_refused(stage, 100, 0,
		       "(#100) Incompatible breakdowns (follower_type) for metric (views)");
	assert_int_equal(ask_instagram(stage, "insights?metric=follower_count&period=day&since="
					      "2026-10-20&until=2026-11-10"),
			 400);
	assert_refused(stage, 100, 0,
		       "(#100) (follower_count) metric only supports querying data for the last 30 "
		       "days excluding the current day");
}

static void dead_instagram_metric_is_named_with_those_that_live(void **state)
{
	struct stage *stage = *state;
	static const char words[] = "(#100) metric[1] must be one of the following values: reach, "
				    "follower_count, website_clicks, online_followers, ";
	struct sim_fault fault = { .kind = SIM_FAULT_METRIC, .metric = "profile_views" };
	const char *message;

	world_fault(stage->world, &fault);
	assert_int_equal(ask_instagram(stage, "insights?metric=views,profile_views&period=day&"
					      "metric_type=total_value"),
			 400);
	message = json_text(json_member(stage->json, "error"), "message");
	assert_memory_equal(message, words, strlen(words));
	assert_null(strstr(message, "profile_views"));
}

static void instagram_day_is_the_same_asked_as_total_or_series(void **state)
{
	struct stage *stage = *state;
	int32_t day = day_of(2026, 11, 1); /* of 25 hours */
	int64_t begin = zone_midnight(stage->pacific, day);
	int64_t end = zone_midnight(stage->pacific, day + 1) - 1;
	int64_t truth;
	char query[200];

	world_quirks(stage->world)->late = false;
	truth = truth_value(stage->world, INSTAGRAM, "reach", (struct window){ day, 1 },
			    METRIC_UNIQUE);
	(void)snprintf(query, sizeof(query),
		       "insights?metric=reach&period=day&since=%" PRId64 "&until=%" PRId64, begin,
		       end);
	assert_int_equal(ask_instagram(stage, query), 200);
	assert_int_equal(point_at(stage, "reach", begin), truth);
	(void)snprintf(query, sizeof(query),
		       "insights?metric=reach,views&metric_type=total_value&period=day&since="
		       "%" PRId64 "&until=%" PRId64,
		       begin, end);
	assert_int_equal(ask_instagram(stage, query), 200);
	assert_int_equal(total_of(stage, "reach"), truth);
	assert_int_equal(total_of(stage, "views"),
			 truth_value(stage->world, INSTAGRAM, "views", (struct window){ day, 1 },
				     METRIC_FLOW));
	/* a second too far brings the next day as well */
	(void)snprintf(query, sizeof(query),
		       "insights?metric=reach&period=day&since=%" PRId64 "&until=%" PRId64, begin,
		       end + 1);
	assert_int_equal(ask_instagram(stage, query), 200);
	assert_int_equal(point_at(stage, "reach", end + 1),
			 truth_value(stage->world, INSTAGRAM, "reach",
				     (struct window){ day + 1, 1 }, METRIC_UNIQUE));
}

static void follows_and_unfollows_come_only_broken_down(void **state)
{
	struct stage *stage = *state;
	struct window window = days(2026, 9, 1, 30);
	const char *query = "insights?metric=follows_and_unfollows&metric_type=total_value&period="
			    "day&breakdown=follow_type&since=1788246000&until=1790837999";
	const cJSON *result, *total;
	int64_t gained = 0, lost = 0;

	assert_int_equal(ask_instagram(stage, "insights?metric=follows_and_unfollows&metric_type="
					      "total_value&period=day&since=1788246000&until="
					      "1790837999"),
			 200);
	assert_null(entry_of(stage, "follows_and_unfollows"));
	assert_int_equal(ask_instagram(stage, query), 200);
	total = json_member(entry_of(stage, "follows_and_unfollows"), "total_value");
	assert_null(json_member(total, "value"));
	cJSON_ArrayForEach (
		result,
		json_array(cJSON_GetArrayItem(json_array(total, "breakdowns"), 0), "results")) {
		const char *name =
			cJSON_GetArrayItem(json_array(result, "dimension_values"), 0)->valuestring;

		assert_int_equal(json_int(result, "value",
					  strcmp(name, "FOLLOWER") == 0 ? &gained : &lost, NULL),
				 0);
	}
	assert_int_equal(gained, truth_value(stage->world, INSTAGRAM, "followers_gained", window,
					     METRIC_FLOW));
	assert_int_equal(
		lost, truth_value(stage->world, INSTAGRAM, "followers_lost", window, METRIC_FLOW));
}

static void followers_of_a_node_are_the_level_of_the_pacific_day(void **state)
{
	struct stage *stage = *state;
	int64_t count = 0;

	assert_int_equal(ask_instagram(stage, "?fields=followers_count"), 200);
	assert_int_equal(json_int(stage->json, "followers_count", &count, NULL), 0);
	assert_int_equal(count,
			 truth_value(stage->world, INSTAGRAM, "followers",
				     (struct window){ zone_day(stage->pacific, stage->now), 1 },
				     METRIC_STOCK));
}

/* --- lists --- */

struct walk {
	size_t items, pages, empty;
	char ids[800][64];
};

/* Walks an edge to its end, page by page, as paging.next and cursors.after lead. */
static void walk(struct stage *stage, const char *node, const char *query, struct walk *ret)
{
	SCOPED(text)
	struct text after = { 0 };
	bool more = true;

	*ret = (struct walk){ 0 };
	while (more) {
		SCOPED(text)
		struct text target = { 0 };
		const cJSON *item, *paging;

		text_addf(&target, "/v25.0/%s/%s%s%s", node, query, after.length ? "&after=" : "",
			  text_str(&after));
		assert_int_equal(ask(stage, ROOT, text_str(&target)), 200);
		assert_true(ret->pages++ < 500);
		ret->empty += cJSON_GetArraySize(json_array(stage->json, "data")) == 0;
		cJSON_ArrayForEach (item, json_array(stage->json, "data")) {
			const char *id = json_text(item, "id");

			assert_true(ret->items < 800);
			(void)snprintf(ret->ids[ret->items++], 64, "%s",
				       id ? id : json_text(item, "post_id"));
		}
		paging = json_member(stage->json, "paging");
		more = json_text(paging, "next") != NULL;
		if (more) {
			assert_non_null(strstr(json_text(paging, "next"), "access_token=" ROOT));
			text_set(&after, json_text(json_member(paging, "cursors"), "after"));
			assert_true(after.length > 1000);
		}
	}
}

static void list_walked_to_its_end_has_every_item_once(void **state)
{
	static struct walk found;
	static struct sim_item truth[800];
	struct stage *stage = *state;
	int64_t since = 0, until = 0;
	size_t count;

	assert_int_equal(time_parse("2026-08-01T05:00:00Z", &since, NULL), 0);
	assert_int_equal(time_parse("2026-11-01T05:00:00Z", &until, NULL), 0);
	world_quirks(stage->world)->page_limit = 7;
	walk(stage, PAGE, "published_posts?limit=100&since=1785560400&until=1793509199", &found);
	count = truth_items(stage->world, PAGE, ITEM_POST, since, until, truth, 800);
	assert_int_equal(found.items, count);
	assert_true(found.empty > 0);
	for (size_t i = 0; i < count; i++) /* newest first */
		assert_string_equal(found.ids[count - 1 - i], truth[i].id);
}

static void posts_and_reels_are_two_lists_unless_the_page_mixes_them(void **state)
{
	static struct walk posts, reels, mixed, media;
	static const char window[] = "?limit=100&since=1785560400&until=1793509199";
	struct stage *stage = *state;
	char query[128];

	(void)snprintf(query, sizeof(query), "published_posts%s", window);
	walk(stage, PAGE, query, &posts);
	world_quirks(stage->world)->reels_in_posts = true;
	(void)snprintf(query, sizeof(query), "published_posts%s&fields=permalink_url", window);
	walk(stage, PAGE, query, &mixed);
	(void)snprintf(query, sizeof(query), "video_reels%s", window);
	walk(stage, PAGE, query, &reels);
	assert_true(reels.items > 5);
	assert_int_equal(mixed.items, posts.items + reels.items);
	assert_non_null(strstr(text_str(&stage->response.body), "paging"));
	(void)snprintf(query, sizeof(query), "media%s", window);
	walk(stage, INSTAGRAM, query, &media);
	assert_int_equal(media.items, truth_items(stage->world, INSTAGRAM, ITEM_POST, 1785560400,
						  1793509200, NULL, 0) +
					      truth_items(stage->world, INSTAGRAM, ITEM_REEL,
							  1785560400, 1793509200, NULL, 0));
	world_quirks(stage->world)->no_video_reels = true;
	assert_int_equal(ask_page(stage, "video_reels"), 400);
	assert_int_equal(ask_page(stage, "videos"), 200);
}

static void item_published_during_a_walk_shifts_nothing(void **state)
{
	struct stage *stage = *state;
	struct sim_item items[3];
	SCOPED(text)
	struct text query = { 0 };
	SCOPED(text)
	struct text seen = { 0 };

	/* stand just after a post, read one, then let a newer one appear */
	world_quirks(stage->world)->empty_pages = 0;
	assert_true(truth_items(stage->world, PAGE, ITEM_POST, 1790000000, 1793509200, items, 3) >=
		    3);
	stage->now = items[1].created;
	assert_int_equal(ask_page(stage, "published_posts?limit=1"), 200);
	text_set(&seen, json_text(cJSON_GetArrayItem(json_array(stage->json, "data"), 0), "id"));
	assert_string_equal(text_str(&seen), items[1].id);
	text_addf(&query, "published_posts?limit=1&after=%s",
		  json_text(json_member(json_member(stage->json, "paging"), "cursors"), "after"));
	stage->now = items[2].created + 1;
	assert_int_equal(ask_page(stage, text_str(&query)), 200);
	assert_string_equal(json_text(cJSON_GetArrayItem(json_array(stage->json, "data"), 0), "id"),
			    items[0].id);
	assert_int_equal(ask_page(stage, "published_posts?after=QVFIUabc"), 400);
}

static void stories_vanish_after_24_hours(void **state)
{
	static struct walk found;
	struct stage *stage = *state;
	struct sim_item story;

	world_quirks(stage->world)->empty_pages = 0;
	assert_true(truth_items(stage->world, INSTAGRAM, ITEM_STORY, 1793509200, 1794000000, &story,
				1) > 0);
	stage->now = story.created + DAY_S - 1;
	walk(stage, INSTAGRAM, "stories?limit=100", &found);
	assert_string_equal(found.ids[found.items - 1], story.id);
	stage->now++;
	walk(stage, INSTAGRAM, "stories?limit=100", &found);
	for (size_t i = 0; i < found.items; i++)
		assert_string_not_equal(found.ids[i], story.id);
	assert_int_equal(found.items, truth_items(stage->world, INSTAGRAM, ITEM_STORY,
						  stage->now - DAY_S + 1, stage->now + 1, NULL, 0));
}

static void page_stories_stay_only_in_an_archive(void **state)
{
	static struct walk found;
	struct stage *stage = *state;

	walk(stage, PAGE, "stories?status=[\"PUBLISHED\",\"ARCHIVED\"]&since=2026-11-01", &found);
	assert_int_equal(found.items, truth_items(stage->world, PAGE, ITEM_STORY,
						  stage->now - DAY_S + 1, stage->now + 1, NULL, 0));
	world_quirks(stage->world)->story_archive = true;
	walk(stage, PAGE, "stories?status=[\"PUBLISHED\",\"ARCHIVED\"]&since=1793509200&limit=100",
	     &found);
	assert_int_equal(found.items, truth_items(stage->world, PAGE, ITEM_STORY, 1793509200,
						  stage->now + 1, NULL, 0));
}

/* --- tokens, limits, failures --- */

static void page_token_is_derived_and_insights_want_it(void **state)
{
	struct stage *stage = *state;
	SCOPED(text)
	struct text token = { 0 };

	assert_int_equal(ask(stage, ROOT, "/v25.0/" PAGE "/insights?metric=page_follows"), 400);
	assert_refused(stage, 190, 0, "(#190) This method must be called with a Page Access Token");
	assert_int_equal(ask(stage, ROOT, "/v25.0/" PAGE "?fields=access_token"), 200);
	text_set(&token, json_text(stage->json, "access_token"));
	assert_string_equal(text_str(&token), world_page_token(stage->world, PAGE));
	assert_int_equal(
		ask(stage, text_str(&token), "/v25.0/" PAGE "/insights?metric=page_follows"), 200);
	assert_int_equal(ask(stage, text_str(&token), "/v25.0/" INSTAGRAM "?fields=media_count"),
			 200);
	assert_int_equal(ask(stage, ROOT, "/v25.0/104000000000009?fields=id"), 400);
	assert_refused(stage, 100, 33,
		       "Unsupported get request. Object with ID '104000000000009' does not exist, "
		       "cannot be loaded due to missing permissions, or does not support this "
		       "operation. Please read the Graph API documentation at "
		       "https://developers.facebook.com/docs/graph-api");
}

static void dead_token_is_told_with_its_challenge(void **state)
{
	struct stage *stage = *state;
	struct response answer;
	char value[256];
	struct sim_fault fault = { .kind = SIM_FAULT_TOKEN, .from = 1794866400 };

	world_fault(stage->world, &fault);
	assert_int_equal(ask_page(stage, "?fields=id"), 400);
	assert_refused(stage, 190, 463,
		       "Error validating access token: Session has expired on Monday, 16-Nov-26 "
		       "14:00:00 PST. The current time is Sunday, 22-Nov-26 07:00:00 PST.");
	answer = (struct response){ .headers = text_str(&stage->response.headers) };
	assert_int_equal(response_header(&answer, "www-authenticate", value, sizeof(value)), 0);
	assert_memory_equal(value, "OAuth \"Facebook Platform\" \"invalid_token\"", 41);
	assert_int_equal(ask(stage, NULL, "/debug_token?input_token=" ROOT "&access_token=1|x"),
			 200);
	assert_true(cJSON_IsFalse(json_member(json_member(stage->json, "data"), "is_valid")));
}

static void proof_is_asked_for_when_the_app_has_a_secret(void **state)
{
	struct stage *stage = *state;
	char proof[SIM_PROOF], target[200];

	/* RFC 4231, test case 2 */
	sim_proof("Jefe", "what do ya want for nothing?", proof);
	assert_string_equal(proof,
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	world_secrets(stage->world, ROOT, "SECRET", NULL);
	assert_int_equal(ask(stage, ROOT, "/v25.0/" PAGE "?fields=id&appsecret_proof=00"), 400);
	assert_refused(stage, 100, 0, "Invalid appsecret_proof provided in the API argument");
	sim_proof("SECRET", ROOT, proof);
	(void)snprintf(target, sizeof(target), "/v25.0/" PAGE "?fields=id&appsecret_proof=%s",
		       proof);
	assert_int_equal(ask(stage, ROOT, target), 200);
}

static void throttle_says_how_many_minutes_are_left(void **state)
{
	struct stage *stage = *state;
	struct response answer;
	char value[300];
	struct sim_fault fault = { .kind = SIM_FAULT_THROTTLE,
				   .from = stage->now - 60,
				   .until = stage->now + INT64_C(19) * 60,
				   .account = INSTAGRAM };

	world_fault(stage->world, &fault);
	assert_int_equal(ask_instagram(stage, "?fields=id"), 400);
	answer = (struct response){ .headers = text_str(&stage->response.headers) };
	assert_int_equal(
		response_header(&answer, "X-Business-Use-Case-Usage", value, sizeof(value)), 0);
	assert_string_equal(value, "{\"" INSTAGRAM "\":[{\"type\":\"instagram\",\"call_count\":100,"
				   "\"total_cputime\":25,\"total_time\":25,"
				   "\"estimated_time_to_regain_access\":19}]}");
	assert_int_equal(ask_page(stage, "?fields=id"), 200);
	stage->now = fault.until;
	assert_int_equal(ask_instagram(stage, "?fields=id"), 200);
}

static void quota_of_an_hour_ends_and_begins_again(void **state)
{
	struct stage *stage = *state;

	world_quirks(stage->world)->hourly_quota = 10;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_page(stage, "?fields=id"), 200);
	assert_int_equal(ask_page(stage, "?fields=id"), 400);
	assert_int_equal(ask_instagram(stage, "?fields=id"), 200);
	stage->now += 3600;
	assert_int_equal(ask_page(stage, "?fields=id"), 200);
}

static void version_that_is_gone_is_served_by_the_oldest_that_lives(void **state)
{
	struct stage *stage = *state;
	struct response answer;
	char value[16];

	assert_int_equal(ask(stage, ROOT, "/v19.0/" PAGE "?fields=id"), 200);
	answer = (struct response){ .headers = text_str(&stage->response.headers) };
	assert_int_equal(response_header(&answer, "facebook-api-version", value, sizeof(value)), 0);
	assert_string_equal(value, "v21.0");
	assert_int_equal(ask(stage, ROOT, "/v25.0/" PAGE "?fields=id"), 200);
	answer = (struct response){ .headers = text_str(&stage->response.headers) };
	assert_int_equal(response_header(&answer, "facebook-api-version", value, sizeof(value)), 0);
	assert_string_equal(value, "v25.0");
}

static void gateway_answers_html_while_the_provider_is_down(void **state)
{
	struct stage *stage = *state;
	struct sim_fault fault = {
		.kind = SIM_FAULT_SERVER, .from = stage->now, .until = stage->now + 60, .code = 502
	};

	world_fault(stage->world, &fault);
	assert_int_equal(ask_page(stage, "?fields=id"), 502);
	assert_null(stage->json);
	stage->now += 60;
	assert_int_equal(ask_page(stage, "?fields=id"), 200);
}

static void request_of_a_collector_is_carried_out_as_the_daemon_would(void **state)
{
	struct stage *stage = *state;
	SCOPED(request)
	struct request request = { .form = CREDENTIAL_BEARER,
				   .proof = true,
				   .exchange_member = "access_token" };

	world_secrets(stage->world, ROOT, "SECRET", NULL);
	text_add(&request.url, "https://graph.facebook.com/v25.0/" PAGE
			       "/insights?metric=page_follows&period=day");
	text_add(&request.exchange,
		 "https://graph.facebook.com/v25.0/" PAGE "?fields=access_token");
	world_carry_out(stage->world, &request, ROOT, stage->now, &stage->response);
	assert_int_equal(stage->response.status, 200);
	world_carry_out(stage->world, &request, "WRONG", stage->now, &stage->response);
	assert_int_equal(stage->response.status, 400);
}

/* --- Matomo --- */

static void matomo_days_are_keyed_by_date_and_a_day_without_visits_is_an_empty_list(void **state)
{
	struct stage *stage = *state;
	struct window month = days(2026, 10, 1, 31);
	int empty = 0;

	assert_int_equal(post_matomo(stage, "method=VisitsSummary.get&idSite=1&period=day&date="
					    "2026-10-01%2C2026-10-31"),
			 200);
	assert_int_equal(cJSON_GetArraySize(stage->json), 31);
	for (int32_t day = month.first; day < window_end(month); day++) {
		char key[DAY_TEXT];
		const cJSON *one = json_member(stage->json, day_text(day, key));
		int64_t truth = truth_value(stage->world, "1", "visits", (struct window){ day, 1 },
					    METRIC_FLOW);
		int64_t visits = 0;

		if (truth == 0) {
			assert_true(cJSON_IsArray(one));
			empty++;
			continue;
		}
		assert_int_equal(json_int(one, "nb_visits", &visits, NULL), 0);
		assert_int_equal(visits, truth);
	}
	assert_true(empty < 5);
}

static void matomo_month_has_its_own_visitors_and_a_range_has_none(void **state)
{
	struct stage *stage = *state;
	struct window month = days(2026, 10, 1, 31);
	int64_t number = 0;

	assert_int_equal(post_matomo(stage, "method=VisitsSummary.get&idSite=1&period=month&date="
					    "2026-10-01"),
			 200);
	assert_int_equal(json_int(stage->json, "nb_uniq_visitors", &number, NULL), 0);
	assert_int_equal(number, truth_value(stage->world, "1", "visitors", month, METRIC_UNIQUE));
	assert_int_equal(post_matomo(stage, "method=VisitsSummary.get&idSite=1&period=range&date="
					    "2026-10-01,2026-10-31"),
			 200);
	assert_null(json_member(stage->json, "nb_uniq_visitors"));
	assert_int_equal(post_matomo(stage, "method=Actions.get&idSite=1&period=month&date="
					    "2026-10-01"),
			 200);
	assert_int_equal(json_int(stage->json, "nb_pageviews", &number, NULL), 0);
	assert_int_equal(number, truth_value(stage->world, "1", "views", month, METRIC_FLOW));
}

static void matomo_says_its_zone_and_what_is_wrong(void **state)
{
	struct stage *stage = *state;
	struct sim_request in_address = { .method = HTTP_POST,
					  .target = "/index.php?token_auth=MATOMO",
					  .body = "module=API&method=API.getMatomoVersion" };

	assert_int_equal(post_matomo(stage, "method=SitesManager.getSiteFromId&idSite=1"), 200);
	assert_string_equal(json_text(stage->json, "timezone"), "Europe/Madrid");
	assert_int_equal(post_matomo(stage, "method=VisitsSummary.get&idSite=1&period=fortnight&"
					    "date=2026-10-01"),
			 200);
	assert_string_equal(json_text(stage->json, "message"),
			    "The period 'fortnight' is not supported. Try any of the following "
			    "instead: day, week, month, year, range");
	assert_int_equal(post_matomo(stage, "method=VisitsSummary.get&idSite=9&period=day&date="
					    "2026-10-01"),
			 401);
	world_answer(stage->world, &in_address, stage->now, &stage->response);
	assert_int_equal(stage->response.status, 401);
}

/* --- the program --- */

struct served {
	pid_t process;
	int port;
};

static struct served serve(void)
{
	struct served served = { 0 };
	int out[2];
	FILE *from;
	char line[64] = "";

	assert_int_equal(pipe(out), 0);
	served.process = fork();
	if (served.process == 0) {
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(out[0]);
		(void)close(out[1]);
		(void)execl(METRICSD_BIN "/metricsd-sim", "metricsd-sim", "--port", "0", "--seed",
			    "7", "--page", PAGE, "--matomo", "1:Europe/Madrid", "--token", ROOT,
			    "--now", "2026-11-22T15:00:00Z", "--latency-ms", "5", (char *)NULL);
		_exit(127);
	}
	(void)close(out[1]);
	from = fdopen(out[0], "r");
	assert_non_null(fgets(line, sizeof(line), from));
	assert_memory_equal(line, "listening on ", 13);
	served.port = atoi(line + 13);
	(void)fclose(from);
	return served;
}

/* One request over a connection of its own; the whole answer as text. */
static void exchange(int port, const char *words, struct text *ret)
{
	SCOPED(descriptor)
	int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	char piece[4096];
	ssize_t got;

	assert_int_equal(connect(connection, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(connection, words, strlen(words)), strlen(words));
	while ((got = read(connection, piece, sizeof(piece))) > 0)
		text_add_n(ret, piece, (size_t)got);
}

static void program_answers_over_http_and_leaves_when_told(void **state)
{
	struct stage *stage = *state;
	struct served served = serve();
	SCOPED(text)
	struct text answer = { 0 };
	int status = 0;

	/* the same seed, time and request: the same bytes as in process, the first time */
	assert_int_equal(ask(stage, ROOT, "/v25.0/" PAGE "?fields=followers_count,name"), 200);
	exchange(served.port,
		 "GET /v25.0/" PAGE "?fields=followers_count,name HTTP/1.1\r\nHost: x\r\n"
		 "Authorization: Bearer " ROOT "\r\nConnection: close\r\n\r\n",
		 &answer);
	assert_memory_equal(text_str(&answer), "HTTP/1.1 200 ", 13);
	assert_non_null(strstr(text_str(&answer), "Date: Sun, 22 Nov 2026 15:00:00 GMT\r\n"));
	assert_non_null(strstr(text_str(&answer), text_str(&stage->response.body)));
	text_reset(&answer);
	exchange(served.port,
		 "POST /index.php HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 75\r\n\r\n"
		 "module=API&method=SitesManager.getSiteFromId&idSite=1&token_auth=x&format=1",
		 &answer);
	assert_non_null(strstr(text_str(&answer), "\"timezone\":\"Europe/Madrid\""));
	assert_int_equal(kill(served.process, SIGTERM), 0);
	assert_int_equal(waitpid(served.process, &status, 0), served.process);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void program_prints_the_truth(void **state)
{
	struct stage *stage = *state;
	char line[64] = "";
	FILE *from = popen(METRICSD_BIN "/metricsd-sim --seed 7 --page " PAGE " --truth " PAGE
					" viewers 2026-10-01..2026-10-31",
			   "r");

	assert_non_null(from);
	assert_non_null(fgets(line, sizeof(line), from));
	assert_int_equal(pclose(from), 0);
	assert_int_equal(atoll(line), truth_value(stage->world, PAGE, "viewers",
						  days(2026, 10, 1, 31), METRIC_UNIQUE));
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAGE(unique_number_lies_between_its_largest_day_and_their_sum),
		ON_STAGE(flow_of_a_window_is_the_sum_of_its_days),
		ON_STAGE(level_moves_by_what_was_gained_and_lost),
		ON_STAGE(publications_of_a_month_are_those_of_the_offices_days),
		ON_STAGE(another_seed_is_another_world_and_the_same_seed_the_same),
		ON_STAGE(late_day_grows_to_the_truth_and_is_whole_after_28_days),
		ON_STAGE(unique_window_agrees_with_its_days_while_it_grows),
		ON_STAGE(page_day_ends_with_its_end_time_and_23_or_25_hours_are_a_day),
		ON_STAGE(month_of_viewers_comes_as_one_number_for_the_range),
		ON_STAGE(days_not_measured_yet_do_not_come_as_zero),
		ON_STAGE(missing_day_has_no_point_but_its_people_count_in_the_range),
		ON_STAGE(page_window_over_90_days_is_refused_to_the_second),
		ON_STAGE(dead_page_metric_fails_the_whole_call_without_a_name),
		ON_STAGE(instagram_window_over_30_days_is_refused_to_the_second),
		ON_STAGE(too_old_and_the_future_are_refused_with_the_same_misleading_words),
		ON_STAGE(shape_of_an_instagram_metric_is_refused_by_name),
		ON_STAGE(dead_instagram_metric_is_named_with_those_that_live),
		ON_STAGE(instagram_day_is_the_same_asked_as_total_or_series),
		ON_STAGE(follows_and_unfollows_come_only_broken_down),
		ON_STAGE(followers_of_a_node_are_the_level_of_the_pacific_day),
		ON_STAGE(list_walked_to_its_end_has_every_item_once),
		ON_STAGE(posts_and_reels_are_two_lists_unless_the_page_mixes_them),
		ON_STAGE(item_published_during_a_walk_shifts_nothing),
		ON_STAGE(stories_vanish_after_24_hours),
		ON_STAGE(page_stories_stay_only_in_an_archive),
		ON_STAGE(page_token_is_derived_and_insights_want_it),
		ON_STAGE(dead_token_is_told_with_its_challenge),
		ON_STAGE(proof_is_asked_for_when_the_app_has_a_secret),
		ON_STAGE(throttle_says_how_many_minutes_are_left),
		ON_STAGE(quota_of_an_hour_ends_and_begins_again),
		ON_STAGE(version_that_is_gone_is_served_by_the_oldest_that_lives),
		ON_STAGE(gateway_answers_html_while_the_provider_is_down),
		ON_STAGE(request_of_a_collector_is_carried_out_as_the_daemon_would),
		ON_STAGE(matomo_days_are_keyed_by_date_and_a_day_without_visits_is_an_empty_list),
		ON_STAGE(matomo_month_has_its_own_visitors_and_a_range_has_none),
		ON_STAGE(matomo_says_its_zone_and_what_is_wrong),
		ON_STAGE(program_answers_over_http_and_leaves_when_told),
		ON_STAGE(program_prints_the_truth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
