/* One sweep over one account, with a collector whose answers say what it is to do. */
#include "test.h"

#include "daemon/job.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/day.h"
#include "metricsd/error.h"

#include <stdio.h>
#include <string.h>

enum { STEPS = 3, HOUR = 3600, DAY = 86400 };

/* --- a collector that asks STEPS things; an answer is a word --- */

static const struct metric metrics[] = {
	{ .id = "visits", .provider = "v", .kind = METRIC_FLOW, .revisable_days = 28 },
	{ .id = "views", .provider = "w", .kind = METRIC_FLOW },
	{ .id = "stories", .kind = METRIC_FLOW, .items = ITEM_STORY },
	{ 0 },
};

static int fake_next(const struct job *job, struct request *request, struct error *err)
{
	const char *cursor = text_str(&job->cursor);

	if (strcmp(cursor, "nonsense") == 0)
		return error_set(err, ERROR_REQUEST, "no cursor of mine");
	if (strlen(cursor) == STEPS)
		return 0;
	text_addf(&request->url, "https://fake.example/%zu", strlen(cursor));
	text_addf(&request->what, "step %zu%s", strlen(cursor),
		  job->states->items[1].life == METRIC_ALIVE ? "" : " without views");
	request->form = CREDENTIAL_BEARER;
	return 1;
}

static const struct {
	const char *word;
	enum error_class class;
} failures[] = {
	{ "transient", ERROR_TRANSIENT }, { "throttled", ERROR_THROTTLED },
	{ "token", ERROR_TOKEN },         { "permission", ERROR_PERMISSION },
	{ "request", ERROR_REQUEST },     { "malformed", ERROR_MALFORMED },
};

static int fake_take(struct job *job, const struct response *response, struct findings *findings,
		     struct error *err)
{
	struct window day = { job->wanted.ranges[0].first + (int32_t)job->cursor.length, 1 };

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (strcmp(response->body, failures[i].word) == 0)
			return error_set(err, failures[i].class, "the answer was %s",
					 response->body);
	if (strncmp(response->body, "told ", 5) == 0) { /* a refusal with usage headers */
		job->hold = (struct hold){ HOLD_APP, job->now + HOUR, "usage 100 %" };
		if (strcmp(response->body, "told and moved") == 0)
			text_add_char(&job->cursor, 'x');
		return error_set(err, ERROR_REQUEST, "no such window");
	}
	if (strcmp(response->body, "role lacks") == 0) {
		job->hold = (struct hold){ HOLD_ACCOUNT, INT64_MAX, "no role" };
		return error_set(err, ERROR_TOKEN, "no role");
	}
	if (strcmp(response->body, "app for ever") == 0) {
		job->hold = (struct hold){ HOLD_APP, INT64_MAX, "" };
		return error_set(err, ERROR_THROTTLED, "app blocked");
	}
	if (strcmp(response->body, "skipped") == 0) {
		text_add_char(&job->cursor, 'x');
		job->skipped = true;
		return error_set(err, ERROR_REQUEST, "not this window");
	}
	if (strcmp(response->body, "other way") == 0) {
		text_add_char(&job->cursor, 'x');
		return error_set(err, ERROR_REQUEST, "the other list then");
	}
	if (strcmp(response->body, "slow down") == 0)
		job->hold = (struct hold){ HOLD_APP, job->now + HOUR, "usage 95 %" };
	if (strcmp(response->body, "not this one") == 0) {
		text_add_char(&job->cursor, 'x');
		job->skipped = true;
		return error_set(err, ERROR_PERMISSION, "pages_read_user_content lacks");
	}
	if (strcmp(response->body, "views is gone") == 0) {
		job->states->items[1] =
			(struct metric_state){ METRIC_RETIRED, 20000, INT64_MAX - 1, "gone" };
		return error_set(err, ERROR_METRIC, "views is no longer known");
	}
	if (strcmp(response->body, "future") == 0)
		day.first = zone_day(job->zone, job->now) + 1;
	findings_sample(findings, &metrics[0], day, 100, 0);
	findings_note(findings, "step %zu was taken", job->cursor.length);
	text_add_char(&job->cursor, 'x');
	return 0;
}

static void fake_subject(const void *settings, char *ret, size_t room)
{
	(void)snprintf(ret, room, "%s", settings ? (const char *)settings : "thing 1");
}

static const struct collector fake = {
	.name = "fake",
	.title = "Fake",
	.metrics = metrics,
	.watch_hours = 6,
	.reach_days = 90,
	.subject = fake_subject,
	.next = fake_next,
	.take = fake_take,
};

/* --- the world around it --- */

struct world {
	struct entity entity;
	struct token token;
	struct account account;
	struct config config;
	struct store *store;
	struct zones zones;
	struct holds holds;
	struct job_tools tools;
	struct sweep_job job;
	struct verdict verdict;
	int64_t now;
	int64_t secret_time;
};

static int64_t secret_time(void *data, const struct token *token)
{
	const struct world *world = data;

	(void)token;
	return world->secret_time;
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct error err;

	if (!world || store_open(":memory:", STORE_COLLECT, &world->store, &err) < 0)
		return -1;
	world->entity = (struct entity){ .id = "itagui", .zone = "America/Bogota" };
	world->token = (struct token){ .id = "meta" };
	world->account = (struct account){ .id = "facebook",
					   .entity = &world->entity,
					   .collector = &fake,
					   .token = &world->token,
					   .zone = "America/Bogota",
					   .since = DAY_NONE,
					   .until = DAY_NONE,
					   .collect_from = DAY_NONE };
	world->config.schedule.at_minute = 240;
	world->config.schedule.spread_minutes = 60;
	world->config.schedule.watch_hours = 6;
	world->tools = (struct job_tools){ .store = world->store,
					   .config = &world->config,
					   .zones = &world->zones,
					   .holds = &world->holds,
					   .secret_time = secret_time,
					   .data = world };
	assert_int_equal(time_parse("2026-11-22T12:00:00Z", &world->now, &err), 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	job_clear(&world->job);
	job_tools_clear(&world->tools);
	holds_clear(&world->holds);
	zones_clear(&world->zones);
	store_close(world->store);
	free(world);
	return 0;
}

static void begin(struct world *world, enum sweep sweep, const struct window *range)
{
	struct error err;

	job_clear(&world->job);
	assert_int_equal(job_begin(&world->job, &world->tools, &world->account, sweep, range,
				   world->now, &world->verdict, &err),
			 0);
}

static enum job_outcome next(struct world *world)
{
	struct error err;

	assert_int_equal(job_next(&world->job, &world->tools, world->now, &world->verdict, &err),
			 0);
	return world->verdict.outcome;
}

static enum job_outcome answer_with(struct world *world, const char *body, const char *headers)
{
	struct response response = {
		.status = 200, .body = body, .length = strlen(body), .headers = headers
	};
	struct error err;

	assert_int_equal(job_answer(&world->job, &world->tools, &response, world->now,
				    &world->verdict, &err),
			 0);
	return world->verdict.outcome;
}

static enum job_outcome answer(struct world *world, const char *body)
{
	return answer_with(world, body, "");
}

static void finish(struct world *world)
{
	struct error err;

	while (next(world) == JOB_SEND)
		assert_int_equal(answer(world, "ok"), JOB_ASK);
	assert_int_equal(world->verdict.outcome, JOB_DONE);
	assert_int_equal(job_done(&world->job, &world->tools, world->now, &err), 0);
}

static struct store_totals totals(struct world *world)
{
	struct store_totals ret;
	struct error err;

	assert_int_equal(store_totals(world->store, &ret, &err), 0);
	return ret;
}

static int64_t due(struct world *world, enum sweep sweep)
{
	int64_t ret;
	struct error err;

	assert_int_equal(job_due(&world->tools, &world->account, sweep, world->now, &ret, &err), 0);
	return ret;
}

static void scoped_sweep_state(struct sweep_state *state)
{
	sweep_state_clear(state);
}

/* Its lapses as "token 0..-, transient 3..5": names, and hours since `start`. */
static void expect_lapses(struct world *world, int64_t start, const char *wanted)
{
	struct lapse *lapses;
	char words[256] = "";
	size_t count;
	struct error err;

	assert_int_equal(store_lapses(world->store, "itagui", "facebook", 0, INT64_MAX, &lapses,
				      &count, &err),
			 0);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(words);
		char until[24] = "-";

		if (lapses[i].until)
			(void)snprintf(until, sizeof(until), "%lld",
				       (long long)(lapses[i].until - start) / HOUR);
		(void)snprintf(words + length, sizeof(words) - length, "%s%s %lld..%s",
			       i ? ", " : "", lapse_name(&lapses[i]),
			       (long long)(lapses[i].since - start) / HOUR, until);
	}
	free(lapses);
	assert_string_equal(words, wanted);
}

static struct sweep_state stored(struct world *world, char *cursor, size_t room)
{
	struct sweep_state ret = { 0 };
	struct error err;

	assert_int_equal(
		store_sweep_load(world->store, "itagui", "facebook", SWEEP_DAILY, &ret, &err), 0);
	(void)snprintf(cursor, room, "%s", text_str(&ret.cursor));
	text_clear(&ret.cursor);
	text_clear(&ret.words);
	return ret;
}

/* --- the way of a sweep --- */

static void sweep_asks_step_by_step_and_keeps_how_far_it_is(void **state)
{
	struct world *world = *state;
	char cursor[64];

	assert_int_equal(due(world, SWEEP_DAILY), world->now);
	begin(world, SWEEP_DAILY, NULL);
	for (size_t i = 0; i < STEPS; i++) {
		char what[32];

		assert_int_equal(next(world), JOB_SEND);
		(void)snprintf(what, sizeof(what), "step %zu", i);
		assert_string_equal(text_str(&world->job.request.what), what);
		assert_int_equal(answer(world, "ok"), JOB_ASK);
		assert_true(stored(world, cursor, sizeof(cursor)).running);
		assert_int_equal(strlen(cursor), i + 1);
	}
	finish(world);
	assert_false(stored(world, cursor, sizeof(cursor)).running);
	assert_string_equal(cursor, "");
	assert_int_equal(totals(world).samples, 3);
	assert_int_equal(world->job.changes.samples, 3);
	assert_in_range(due(world, SWEEP_DAILY) - world->now, 1, DAY + HOUR);
}

static void sweep_cut_off_goes_on_where_it_was(void **state)
{
	struct world *world = *state;
	struct days wanted;

	begin(world, SWEEP_DAILY, NULL);
	wanted = world->job.view.wanted;
	(void)next(world);
	(void)answer(world, "ok");

	world->now += 600; /* the process was killed and started again */
	assert_int_equal(due(world, SWEEP_DAILY), world->now);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
	assert_string_equal(text_str(&world->job.request.what), "step 1");
	assert_memory_equal(&world->job.view.wanted, &wanted, sizeof(wanted));
	finish(world);
	assert_int_equal(totals(world).samples, 3);
}

static void same_sweep_again_changes_nothing(void **state)
{
	struct world *world = *state;
	struct store_totals before, after;

	begin(world, SWEEP_DAILY, NULL);
	finish(world);
	before = totals(world);
	begin(world, SWEEP_DAILY, &(struct window){ world->job.view.wanted.ranges[0].first, 10 });
	finish(world);
	after = totals(world);
	assert_int_equal(after.samples, before.samples);
	assert_int_equal(after.origins, before.origins);
	assert_int_equal(after.revisions, before.revisions);
}

static void cursor_of_days_ago_is_not_gone_on_with(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	(void)answer(world, "ok");
	world->now += 3LL * DAY;
	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_string_equal(text_str(&world->job.request.what), "step 0");
}

static void nonsense_cursor_begins_the_sweep_again(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_DAILY, NULL);
	text_set(&world->job.view.cursor, "nonsense");
	assert_int_equal(next(world), JOB_SEND);
	assert_string_equal(text_str(&world->job.request.what), "step 0");
}

static void slot_missed_while_sweeping_is_due_at_once(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	(void)answer(world, "ok");
	world->now += 23LL * HOUR; /* past the next slot */
	begin(world, SWEEP_DAILY, NULL);
	finish(world);
	assert_in_range(due(world, SWEEP_DAILY) - world->now, 0, 60);
}

static void backfill_asks_for_its_range_and_leaves_the_schedule(void **state)
{
	struct world *world = *state;
	struct window range;
	int64_t before;

	begin(world, SWEEP_DAILY, NULL);
	finish(world);
	before = due(world, SWEEP_DAILY);
	range = (struct window){ zone_day(world->job.view.zone, world->now) - 400, 500 };
	begin(world, SWEEP_DAILY, &range);
	assert_int_equal(world->job.view.wanted.count, 1);
	/* cut to what the provider keeps and to days that are over */
	assert_int_equal(world->job.view.wanted.ranges[0].days, 90);
	finish(world);
	assert_int_equal(due(world, SWEEP_DAILY), before);
}

/* --- what goes wrong --- */

static void passing_failure_is_tried_thrice_then_later(void **state)
{
	struct world *world = *state;
	int64_t first;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "transient"), JOB_WAIT);
	assert_true(world->verdict.again);
	first = world->verdict.until - world->now;
	assert_in_range(first, 5, 7);
	world->now = world->verdict.until;
	(void)next(world);
	assert_string_equal(text_str(&world->job.request.what), "step 0");
	assert_int_equal(answer(world, "transient"), JOB_WAIT);
	assert_true(world->verdict.again);
	assert_in_range(world->verdict.until - world->now, 20, 25);
	world->now = world->verdict.until;
	(void)next(world);
	assert_int_equal(answer(world, "transient"), JOB_WAIT);
	assert_false(world->verdict.again);
	assert_string_equal(world->verdict.cause.text, "the answer was transient");
	assert_in_range(world->verdict.until - world->now, 15 * 60, 19 * 60);
	assert_int_equal(due(world, SWEEP_DAILY), world->verdict.until);
	assert_int_equal(totals(world).samples, 0);
}

static void no_answer_counts_as_a_try(void **state)
{
	struct world *world = *state;
	struct error cause = { .class = ERROR_TRANSIENT, .text = "timed out" };
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	for (int i = 0; i < 3; i++) {
		(void)next(world);
		assert_int_equal(job_failed(&world->job, &world->tools, &cause, world->now,
					    &world->verdict, &err),
				 0);
		assert_int_equal(world->verdict.again, i < 2);
	}
}

static void failure_that_lasts_waits_for_the_next_slot(void **state)
{
	struct world *world = *state;
	struct error cause = { .class = ERROR_TRANSIENT, .text = "expired", .lasting = true };
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(
		job_failed(&world->job, &world->tools, &cause, world->now, &world->verdict, &err),
		0);
	assert_false(world->verdict.again);
	assert_int_equal(world->verdict.cause.class, ERROR_TRANSIENT);
	assert_true(world->verdict.until - world->now > 6LL * HOUR);
}

static void success_after_failure_says_what_it_was(void **state)
{
	struct world *world = *state;
	char cursor[64];

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	(void)answer(world, "ok");
	(void)next(world);
	(void)answer(world, "malformed");
	assert_int_equal(stored(world, cursor, sizeof(cursor)).class, ERROR_MALFORMED);
	assert_int_equal(stored(world, cursor, sizeof(cursor)).failures, 1);
	world->now = world->verdict.until;
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(world->job.troubled, ERROR_MALFORMED);
	(void)next(world);
	assert_string_equal(text_str(&world->job.request.what), "step 1");
	finish(world);
	assert_int_equal(stored(world, cursor, sizeof(cursor)).class, ERROR_NONE);
	assert_int_equal(stored(world, cursor, sizeof(cursor)).failures, 0);
}

static void malformed_answer_is_kept_and_nothing_of_it_stored(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "malformed"), JOB_WAIT);
	assert_int_equal(totals(world).refused, 1);
	assert_int_equal(totals(world).samples, 0);
}

static void number_of_the_future_is_refused_and_asked_again(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "future"), JOB_WAIT);
	assert_int_equal(world->verdict.cause.class, ERROR_MALFORMED);
	assert_int_equal(totals(world).samples, 0);
	assert_int_equal(totals(world).refused, 1);
	(void)next(world);
	assert_string_equal(text_str(&world->job.request.what), "step 0");
}

static void servers_clock_a_day_off_stores_nothing(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer_with(world, "ok", "Date: Mon, 23 Nov 2026 11:00:00 GMT\r\n"),
			 JOB_ASK);
	(void)next(world);
	assert_int_equal(answer_with(world, "ok", "date: Tue, 24 Nov 2026 12:00:01 GMT\r\n"),
			 JOB_WAIT);
	assert_int_equal(world->verdict.cause.class, ERROR_OURS);
	assert_int_equal(totals(world).samples, 1);
}

static void clock_that_went_back_stores_nothing(void **state)
{
	struct world *world = *state;
	struct sweep_state was, now;
	struct store_totals before;
	char cursor[64];

	begin(world, SWEEP_DAILY, NULL);
	finish(world);
	before = totals(world);
	was = stored(world, cursor, sizeof(cursor));
	world->now -= 2LL * DAY;
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND); /* one answer tells which clock is right */
	assert_int_equal(answer_with(world, "ok", "Date: Sun, 22 Nov 2026 12:00:01 GMT\r\n"),
			 JOB_WAIT);
	assert_int_equal(world->verdict.cause.class, ERROR_OURS);
	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "ok"), JOB_WAIT); /* a server that does not say */
	assert_int_equal(world->verdict.cause.class, ERROR_OURS);
	assert_int_equal(totals(world).samples, before.samples);
	now = stored(world, cursor, sizeof(cursor));
	assert_int_equal(now.started, was.started);
	assert_int_equal(now.last_success, was.last_success);
	assert_int_equal(now.last_failure, was.last_failure);
	assert_int_equal(now.running, was.running);
	assert_int_equal(now.class, ERROR_OURS);
}

/* One look with a clock that is a month ahead must not cost the month. */
static void clock_that_was_ahead_is_forgotten_when_it_is_right_again(void **state)
{
	struct world *world = *state;
	struct error cause = { .class = ERROR_TRANSIENT, .text = "timed out" };
	int32_t today;
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	finish(world);
	world->now += 30LL * DAY;
	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer_with(world, "ok", "Date: Sun, 22 Nov 2026 12:00:01 GMT\r\n"),
			 JOB_WAIT);
	begin(world, SWEEP_DAILY, NULL);
	for (int i = 0; i < 3; i++) { /* and one that no answer corrects */
		(void)next(world);
		assert_int_equal(job_failed(&world->job, &world->tools, &cause, world->now,
					    &world->verdict, &err),
				 0);
	}
	world->now -= 29LL * DAY;
	assert_true(due(world, SWEEP_DAILY) <= world->now + DAY + HOUR);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(world->verdict.outcome, JOB_ASK);
	today = zone_day(world->job.view.zone, world->now);
	assert_false(days_hold(&world->job.view.wanted, today));
	finish(world);
}

static void success_of_a_clock_ahead_is_outvoted_by_the_server(void **state)
{
	struct world *world = *state;
	char cursor[64];

	world->now += 30LL * DAY;
	begin(world, SWEEP_DAILY, NULL);
	world->job.view.wanted = (struct days){ 0 }; /* nothing to ask, so no Date */
	finish(world);
	world->now -= 30LL * DAY;
	assert_true(stored(world, cursor, sizeof(cursor)).last_success > world->now + DAY);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
	assert_int_equal(answer_with(world, "ok", "Date: Sun, 22 Nov 2026 12:00:01 GMT\r\n"),
			 JOB_ASK);
	finish(world);
	assert_int_equal(totals(world).samples, 3);
	assert_int_equal(stored(world, cursor, sizeof(cursor)).last_success, world->now);
}

static void way_round_a_dead_metric_is_gone_on_at_once(void **state)
{
	struct world *world = *state;
	struct metric_states states = { 0 };
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "views is gone"), JOB_ASK);
	assert_int_equal(world->verdict.cause.class, ERROR_METRIC);
	assert_int_equal(next(world), JOB_SEND);
	assert_string_equal(text_str(&world->job.request.what), "step 0 without views");
	assert_int_equal(
		store_metric_states(world->store, "itagui", "facebook", metrics, &states, &err), 0);
	assert_int_equal(states.items[1].life, METRIC_RETIRED);
	assert_int_equal(totals(world).samples, 0);
}

static void metric_not_wanted_looks_dead_but_is_not_stored_as_such(void **state)
{
	static const char *const without[] = { "views", NULL };
	struct world *world = *state;
	struct metric_states states = { 0 };
	struct error err;

	world->account.without = without;
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
	assert_string_equal(text_str(&world->job.request.what), "step 0 without views");
	(void)answer(world, "ok");
	assert_int_equal(
		store_metric_states(world->store, "itagui", "facebook", metrics, &states, &err), 0);
	assert_int_equal(states.items[1].life, METRIC_ALIVE);
}

/* --- holds --- */

static void app_hold_stops_every_account_of_the_collector_until_it_ends(void **state)
{
	struct world *world = *state;
	struct account other = world->account;
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "slow down"), JOB_WAIT);
	assert_int_equal(totals(world).samples, 1); /* its numbers are good */
	assert_in_range(world->verdict.until - world->now, HOUR, HOUR + 60);

	other.id = "second";
	job_clear(&world->job);
	assert_int_equal(job_begin(&world->job, &world->tools, &other, SWEEP_DAILY, NULL,
				   world->now, &world->verdict, &err),
			 0);
	assert_int_equal(next(world), JOB_WAIT);
	assert_int_equal(world->verdict.cause.class, ERROR_THROTTLED);
	world->now += HOUR;
	assert_int_equal(next(world), JOB_SEND);
	job_clear(&world->job); /* while its account is here */
	world->job = (struct sweep_job){ 0 };
}

static bool is_held(struct world *world, const struct account *account)
{
	return holds_of(&world->holds, account, NULL, world->now) != NULL;
}

/* Meta counts an app's calls, whatever is asked with them. */
static void app_hold_is_of_the_app_not_of_the_collector(void **state)
{
	static const struct collector other_fake = { .name = "other", .metrics = metrics };
	struct world *world = *state;
	struct token same_app = { .id = "second" }, other_app = { .id = "third" };
	struct account other = world->account;

	world->token.app_id = same_app.app_id = "1384";
	other_app.app_id = "999";
	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	(void)answer(world, "slow down");
	other.collector = &other_fake;
	other.token = &same_app;
	assert_true(is_held(world, &other));
	other.token = &other_app;
	assert_false(is_held(world, &other));
	same_app.app_id = NULL; /* not told: an app of its own */
	other.token = &same_app;
	assert_false(is_held(world, &other));
}

static void app_is_never_held_for_ever(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "app for ever"), JOB_WAIT);
	world->now += DAY + HOUR;
	assert_int_equal(next(world), JOB_SEND);
}

static void usage_of_a_refused_answer_counts_too(void **state)
{
	struct world *world = *state;
	char cursor[64];

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "told and refused"), JOB_WAIT);
	assert_true(is_held(world, &world->account));
	world->now += 2LL * HOUR;
	assert_int_equal(next(world), JOB_SEND);
	assert_int_equal(answer(world, "told and moved"), JOB_WAIT);
	assert_in_range(world->verdict.until - world->now, HOUR, HOUR + 60);
	(void)stored(world, cursor, sizeof(cursor));
	assert_string_equal(cursor, "x"); /* the way round is kept */
}

static void hold_is_kept_over_a_restart(void **state)
{
	struct world *world = *state;
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	(void)answer(world, "throttled");
	holds_clear(&world->holds);
	assert_int_equal(holds_load(&world->holds, world->store, world->now, &err), 0);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_WAIT);
	assert_string_equal(world->verdict.cause.text, "held: the answer was throttled");
}

static void hold_that_could_not_be_written_down_is_kept_all_the_same(void **state)
{
	struct world *world = *state;
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(store_begin(world->store, &err), 0);
	(void)answer(world, "throttled");
	store_rollback(world->store);
	assert_int_equal(holds_reload(&world->holds, world->store, world->now, &err), 0);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_WAIT);
	assert_string_equal(world->verdict.cause.text, "held: the answer was throttled");
}

static void refused_token_is_not_asked_with_until_it_is_replaced(void **state)
{
	struct world *world = *state;

	world->secret_time = 1000;
	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "token"), JOB_WAIT);
	world->now += 30LL * DAY;
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_WAIT);
	assert_int_equal(world->verdict.cause.class, ERROR_TOKEN);

	world->secret_time = 2000;
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
	assert_int_equal(world->holds.count, 0);
}

static void account_is_due_once_its_token_is_found_good_again(void **state)
{
	struct world *world = *state;
	struct held held = { .scope = HOLD_TOKEN };
	struct error err;

	world->secret_time = 1000;
	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "token"), JOB_WAIT);
	assert_true(due(world, SWEEP_DAILY) > world->now);
	/* as the tokens do when the provider says so */
	(void)snprintf(held.key, sizeof(held.key), "%s", world->holds.items[0].key);
	assert_int_equal(holds_put(&world->holds, world->store, &held, &err), 0);
	assert_int_equal(due(world, SWEEP_DAILY), world->now);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
}

/* Graph's 190/492: the token lives, one Page's role is gone. */
static void account_the_token_lost_is_asked_again(void **state)
{
	static char another[] = "thing 2";
	struct world *world = *state;

	world->secret_time = 1000;
	for (int way = 0; way < 3; way++) {
		begin(world, SWEEP_DAILY, NULL);
		assert_int_equal(next(world), JOB_SEND);
		assert_int_equal(answer(world, "role lacks"), JOB_WAIT);
		assert_int_equal(world->holds.items[0].scope, HOLD_ACCOUNT);
		assert_int_equal(world->verdict.until - world->now, HOUR);
		world->now += HOUR;
		begin(world, SWEEP_DAILY, NULL);
		assert_int_equal(next(world), JOB_WAIT);
		assert_int_equal(world->verdict.cause.class, ERROR_TOKEN);
		if (way == 0)
			world->secret_time = 2000;
		else if (way == 1)
			world->account.settings = another;
		else
			world->now += DAY;
	}
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
}

static void secret_that_cannot_be_had_here_waits_an_hour(void **state)
{
	struct world *world = *state;
	struct error cause = { .class = ERROR_TOKEN, .text = "token: Permission denied" };
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(
		job_failed(&world->job, &world->tools, &cause, world->now, &world->verdict, &err),
		0);
	assert_int_equal(next(world), JOB_WAIT);
	world->now += HOUR;
	assert_int_equal(next(world), JOB_SEND);
}

static void person_who_asks_takes_off_what_waits_for_a_person(void **state)
{
	struct world *world = *state;
	struct error err;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	(void)answer(world, "token");
	assert_int_equal(job_forgive(&world->tools, &world->account, world->now, &err), 0);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
	(void)answer(world, "slow down");
	/* but not what the provider asked for */
	assert_int_equal(job_forgive(&world->tools, &world->account, world->now, &err), 0);
	assert_int_equal(next(world), JOB_WAIT);
}

static void lacking_permission_waits_for_the_next_slot(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "permission"), JOB_WAIT);
	assert_int_equal(world->holds.count, 0);
	assert_in_range(world->verdict.until - world->now, 6LL * HOUR, DAY + HOUR);
}

static void permission_that_some_calls_lack_is_told_until_it_is_given(void **state)
{
	struct world *world = *state;
	char cursor[64];

	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "not this one"), JOB_ASK);
	finish(world);
	assert_int_equal(stored(world, cursor, sizeof(cursor)).last_success, world->now);
	assert_int_equal(stored(world, cursor, sizeof(cursor)).failures, 0);
	assert_int_equal(stored(world, cursor, sizeof(cursor)).class, ERROR_PERMISSION);

	world->now += DAY;
	begin(world, SWEEP_DAILY, NULL);
	(void)next(world);
	finish(world);
	assert_int_equal(stored(world, cursor, sizeof(cursor)).class, ERROR_NONE);
}

/* Sweeps whose first call gets `word`. */
static void sweep_with(struct world *world, const char *word)
{
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
	assert_int_equal(answer(world, word), JOB_ASK);
	finish(world);
}

static void days_of_a_refused_call_are_asked_again(void **state)
{
	static const char *const words[] = { "not this one", "skipped" };
	struct world *world = *state;

	sweep_with(world, "ok");
	for (size_t i = 0; i < 2; i++) {
		int32_t first = zone_day(world->job.view.zone, world->now);

		for (int days = 0; days < 20; days++) { /* nobody gives the permission for weeks */
			world->now += DAY;
			sweep_with(world, words[i]);
		}
		world->now += DAY;
		begin(world, SWEEP_DAILY, NULL);
		for (int32_t day = first; day < first + 20; day++)
			assert_true(days_hold(&world->job.view.wanted, day));
		finish(world); /* given: they were read now */
		world->now += DAY;
		begin(world, SWEEP_DAILY, NULL);
		assert_true(days_count(&world->job.view.wanted) < 20);
		finish(world);
	}
}

static void way_round_that_brings_the_same_is_no_lack(void **state)
{
	struct world *world = *state;
	char cursor[64];

	sweep_with(world, "other way");
	assert_int_equal(stored(world, cursor, sizeof(cursor)).class, ERROR_NONE);
	world->now += DAY;
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(days_count(&world->job.view.wanted), 7);
}

static void lack_is_remembered_over_a_restart(void **state)
{
	struct world *world = *state;
	size_t wanted;

	begin(world, SWEEP_DAILY, NULL);
	wanted = days_count(&world->job.view.wanted);
	(void)next(world);
	(void)answer(world, "not this one");
	(void)next(world);
	(void)answer(world, "malformed");
	begin(world, SWEEP_DAILY, NULL); /* the process was killed and started again */
	assert_int_equal(next(world), JOB_SEND);
	assert_string_equal(text_str(&world->job.request.what), "step 1");
	finish(world);
	world->now += DAY;
	begin(world, SWEEP_DAILY, NULL);
	assert_true(days_count(&world->job.view.wanted) > wanted);
}

static void permission_that_lacks_for_good_costs_two_months_of_days_at_most(void **state)
{
	struct world *world = *state;
	SCOPED(sweep_state)
	struct sweep_state state_now = { 0 };
	struct error err;

	for (int days = 0; days < 100; days++) {
		sweep_with(world, "not this one");
		world->now += DAY;
	}
	begin(world, SWEEP_DAILY, NULL);
	assert_in_range(days_count(&world->job.view.wanted), 55, 70);
	assert_int_equal(
		store_sweep_load(world->store, "itagui", "facebook", SWEEP_DAILY, &state_now, &err),
		0);
	assert_non_null(strstr(text_str(&state_now.words), "pages_read_user_content lacks; days "
							   "before "));
	assert_non_null(
		strstr(text_str(&state_now.words), " are not asked again unless backfilled"));
}

static void account_without_stories_is_not_woken_for_them(void **state)
{
	static const char *const without[] = { "stories", NULL };
	struct world *world = *state;

	assert_int_equal(due(world, SWEEP_WATCH), world->now);
	world->account.without = without;
	assert_true(due(world, SWEEP_WATCH) == INT64_MAX);
	assert_int_equal(due(world, SWEEP_DAILY), world->now);
}

/* Found by the simulated world. */
static void who_is_asked_to_wait_by_a_check_waits_all_the_same(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_CHECK, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "slow down"), JOB_WAIT);
	assert_true(is_held(world, &world->account));
	assert_int_equal(totals(world).samples, 0);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_WAIT);
	assert_int_equal(world->verdict.cause.class, ERROR_THROTTLED);
}

static void check_leaves_no_trace(void **state)
{
	struct world *world = *state;

	begin(world, SWEEP_CHECK, NULL);
	world->job.view.wanted = (struct days){ .ranges = { { 20000, 1 } }, .count = 1 };
	while (next(world) == JOB_SEND)
		(void)answer(world, "ok");
	assert_int_equal(world->verdict.outcome, JOB_DONE);
	begin(world, SWEEP_CHECK, NULL);
	(void)next(world);
	assert_int_equal(answer(world, "token"), JOB_WAIT);
	assert_int_equal(totals(world).samples, 0);
	assert_int_equal(totals(world).series, 0);
	assert_int_equal(world->holds.count, 0);
	assert_int_equal(due(world, SWEEP_DAILY), world->now);
}

/* --- which days --- */

/* Sweeps a day after the other; `skip` says when the daemon is down. */
static size_t live(struct world *world, int days, int down_from, int down_days)
{
	size_t wanted = 0;

	for (int i = 0; i < days; i++) {
		if (i < down_from || i >= down_from + down_days) {
			begin(world, SWEEP_DAILY, NULL);
			wanted = days_count(&world->job.view.wanted);
			finish(world);
		}
		world->now += DAY;
	}
	return wanted;
}

static int32_t read_on(struct world *world, int32_t day)
{
	int64_t reading;
	struct error err;

	assert_int_equal(store_readings(world->store, "itagui", "facebook",
					(struct window){ day, 1 }, &reading, &err),
			 0);
	return reading ? zone_day(world->job.view.zone, reading) : DAY_NONE;
}

/* Held up again and again, it goes on from its cursor; what it took first is as old as its start.
 */
static void day_that_settled_while_a_sweep_dragged_on_was_read_when_it_began(void **state)
{
	struct world *world = *state;
	int32_t began;

	begin(world, SWEEP_DAILY, NULL);
	began = zone_day(world->job.view.zone, world->now);
	(void)next(world);
	(void)answer(world, "ok");
	for (int i = 0; i < 6; i++) {
		world->now += 12LL * HOUR;
		begin(world, SWEEP_DAILY, NULL);
		(void)next(world);
		(void)answer(world, "malformed");
	}
	world->now += HOUR;
	begin(world, SWEEP_DAILY, NULL);
	finish(world);
	assert_int_equal(read_on(world, began - 1), began + 3); /* may still change */
	assert_int_equal(read_on(world, began - 28), began);
	assert_int_equal(read_on(world, began - 27), began);
	assert_int_equal(read_on(world, began - 26), began);
	assert_int_equal(read_on(world, began - 25), began + 3);
	assert_int_equal(read_on(world, began - 29), began + 3); /* had settled before */
}

static void first_sweep_that_did_not_end_for_weeks_misses_no_day_since(void **state)
{
	struct world *world = *state;
	int32_t began;

	begin(world, SWEEP_DAILY, NULL);
	began = zone_day(world->job.view.zone, world->now);
	(void)next(world);
	(void)answer(world, "ok");
	world->now += 40LL * DAY;
	begin(world, SWEEP_DAILY, NULL);
	for (int32_t day = began - 5; day < began + 40; day++)
		assert_true(days_hold(&world->job.view.wanted, day));
}

static void read_at(struct world *world, struct window window, int32_t on)
{
	struct channel channel = { .entity = "itagui",
				   .account = "facebook",
				   .source = "fake",
				   .zone = "America/Bogota",
				   .subject = "thing 1",
				   .metrics = metrics };
	struct sweep_state state = { .last_success = world->now };
	struct days days = { .ranges = { window }, .count = 1 };
	struct error err;

	assert_int_equal(store_sweep_done(world->store, &channel, SWEEP_DAILY, &state, &days,
					  (int64_t)on * DAY + DAY / 2, &err),
			 0);
}

static void month_of_which_only_a_part_was_read_since_it_is_final_is_read_again(void **state)
{
	struct world *world = *state;
	struct window month;
	int32_t today;

	begin(world, SWEEP_DAILY, NULL);
	today = zone_day(world->job.view.zone, world->now);
	month = month_after(month_of(today - 28), -1);
	/* half of it in its time, the rest yesterday, and all that came after */
	read_at(world, (struct window){ month.first, 15 }, month.first + 16);
	read_at(world, (struct window){ month.first + 15, today - month.first - 15 }, today - 1);
	begin(world, SWEEP_DAILY, NULL);
	assert_true(days_hold(&world->job.view.wanted, month.first));
	assert_true(days_hold(&world->job.view.wanted, month.first + 14));
	assert_false(days_hold(&world->job.view.wanted, month.first + 15));
}

static void assert_all_read(struct world *world)
{
	int32_t today = zone_day(world->job.view.zone, world->now);
	struct window reach = { today - 60, 60 };
	int64_t readings[60];
	struct error err;

	assert_int_equal(store_readings(world->store, "itagui", "facebook", reach, readings, &err),
			 0);
	for (int i = 0; i < 59; i++) { /* today's sweep has not been */
		int32_t age = 60 - i;
		int64_t read_age = zone_day(world->job.view.zone, readings[i]) - (reach.first + i);

		assert_int_not_equal(readings[i], 0);
		if (age > 30 + 29 && read_age < 28)
			fail_msg("day %d of age %d was last read at age %lld", i, age,
				 (long long)read_age);
	}
}

static void half_a_year_of_sweeps_reads_every_day_until_it_is_final(void **state)
{
	struct world *world = *state;

	(void)live(world, 180, 200, 0);
	assert_all_read(world);
}

static void downtime_of_weeks_is_made_up_for(void **state)
{
	struct world *world = *state;

	assert_in_range(live(world, 121, 80, 40), 40, 90);
	(void)live(world, 40, 80, 0);
	assert_all_read(world);
}

/* Days regularly read are not looked at again, so a long history costs nothing. */
static void ordinary_day_wants_about_a_week(void **state)
{
	struct world *world = *state;
	size_t wanted = live(world, 100, 200, 0);

	assert_in_range(wanted, 7, 65);
}

/* --- lapses --- */

/* One run that ends so. */
static void run_with(struct world *world, const char *body)
{
	begin(world, SWEEP_DAILY, NULL);
	if (strcmp(body, "ok") == 0) {
		finish(world);
		return;
	}
	while (next(world) == JOB_SEND)
		if (answer(world, body) == JOB_WAIT && !world->verdict.again)
			break;
}

static void failing_sweep_is_a_lapse_until_one_succeeds(void **state)
{
	struct world *world = *state;
	int64_t start = world->now;

	run_with(world, "ok");
	expect_lapses(world, start, "");
	world->now += DAY;
	for (int hour = 0; hour < 40; hour++) {
		run_with(world, "malformed");
		world->now += HOUR;
	}
	expect_lapses(world, start, "malformed 24..-");
	run_with(world, "transient");
	world->now += HOUR;
	expect_lapses(world, start, "malformed 24..64, transient 64..-");
	run_with(world, "ok");
	expect_lapses(world, start, "malformed 24..64, transient 64..65");
}

static void failure_that_the_next_try_makes_good_leaves_nothing(void **state)
{
	struct world *world = *state;
	int64_t start = world->now;

	run_with(world, "ok");
	world->now += DAY;
	run_with(world, "malformed");
	expect_lapses(world, start, "malformed 24..-");
	world->now += HOUR;
	run_with(world, "ok");
	expect_lapses(world, start, "");
}

static void waiting_for_somebody_elses_hold_is_a_lapse_too(void **state)
{
	struct world *world = *state;
	struct held held = { .scope = HOLD_TOKEN, .until = INT64_MAX, .why = "code 190" };
	int64_t start = world->now;
	struct error err;

	(void)snprintf(held.key, sizeof(held.key), "meta");
	run_with(world, "ok");
	world->now += DAY;
	assert_int_equal(holds_put(&world->holds, world->store, &held, &err), 0);
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_WAIT);
	world->now += (int64_t)3 * DAY;
	expect_lapses(world, start, "token 24..-");
	held.until = 0;
	assert_int_equal(holds_put(&world->holds, world->store, &held, &err), 0);
	run_with(world, "ok");
	expect_lapses(world, start, "token 24..96");
}

static void permission_some_calls_lack_is_a_lapse_while_the_rest_succeeds(void **state)
{
	struct world *world = *state;
	int64_t start = world->now;

	for (int day = 0; day < 3; day++) {
		begin(world, SWEEP_DAILY, NULL);
		while (next(world) == JOB_SEND)
			assert_int_equal(answer(world, "not this one"), JOB_ASK);
		assert_int_equal(job_done(&world->job, &world->tools, world->now, NULL), 0);
		world->now += DAY;
	}
	expect_lapses(world, start, "permission 0..-");
	run_with(world, "ok");
	expect_lapses(world, start, "permission 0..72");
}

static void lapse_ends_though_the_sweep_that_ends_it_was_cut_off_before(void **state)
{
	struct world *world = *state;
	int64_t start = world->now;

	run_with(world, "permission"); /* nothing was ever read */
	world->now += (int64_t)2 * DAY;
	begin(world, SWEEP_DAILY, NULL);
	assert_int_equal(next(world), JOB_SEND);
	assert_int_equal(answer(world, "ok"), JOB_ASK); /* killed here */
	run_with(world, "ok");
	expect_lapses(world, start, "permission 0..48");
}

static void clock_in_doubt_dates_no_lapse(void **state)
{
	struct world *world = *state;
	int64_t start = world->now;

	run_with(world, "ok");
	world->now -= (int64_t)10 * DAY;
	run_with(world, "malformed");
	expect_lapses(world, start, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(sweep_asks_step_by_step_and_keeps_how_far_it_is),
		TEST(sweep_cut_off_goes_on_where_it_was),
		TEST(same_sweep_again_changes_nothing),
		TEST(cursor_of_days_ago_is_not_gone_on_with),
		TEST(nonsense_cursor_begins_the_sweep_again),
		TEST(slot_missed_while_sweeping_is_due_at_once),
		TEST(backfill_asks_for_its_range_and_leaves_the_schedule),
		TEST(passing_failure_is_tried_thrice_then_later),
		TEST(no_answer_counts_as_a_try),
		TEST(failure_that_lasts_waits_for_the_next_slot),
		TEST(success_after_failure_says_what_it_was),
		TEST(malformed_answer_is_kept_and_nothing_of_it_stored),
		TEST(number_of_the_future_is_refused_and_asked_again),
		TEST(servers_clock_a_day_off_stores_nothing),
		TEST(clock_that_went_back_stores_nothing),
		TEST(clock_that_was_ahead_is_forgotten_when_it_is_right_again),
		TEST(success_of_a_clock_ahead_is_outvoted_by_the_server),
		TEST(way_round_a_dead_metric_is_gone_on_at_once),
		TEST(metric_not_wanted_looks_dead_but_is_not_stored_as_such),
		TEST(app_hold_stops_every_account_of_the_collector_until_it_ends),
		TEST(app_hold_is_of_the_app_not_of_the_collector),
		TEST(app_is_never_held_for_ever),
		TEST(usage_of_a_refused_answer_counts_too),
		TEST(hold_is_kept_over_a_restart),
		TEST(hold_that_could_not_be_written_down_is_kept_all_the_same),
		TEST(refused_token_is_not_asked_with_until_it_is_replaced),
		TEST(account_is_due_once_its_token_is_found_good_again),
		TEST(account_the_token_lost_is_asked_again),
		TEST(secret_that_cannot_be_had_here_waits_an_hour),
		TEST(person_who_asks_takes_off_what_waits_for_a_person),
		TEST(lacking_permission_waits_for_the_next_slot),
		TEST(permission_that_some_calls_lack_is_told_until_it_is_given),
		TEST(days_of_a_refused_call_are_asked_again),
		TEST(way_round_that_brings_the_same_is_no_lack),
		TEST(lack_is_remembered_over_a_restart),
		TEST(permission_that_lacks_for_good_costs_two_months_of_days_at_most),
		TEST(account_without_stories_is_not_woken_for_them),
		TEST(check_leaves_no_trace),
		TEST(who_is_asked_to_wait_by_a_check_waits_all_the_same),
		TEST(day_that_settled_while_a_sweep_dragged_on_was_read_when_it_began),
		TEST(first_sweep_that_did_not_end_for_weeks_misses_no_day_since),
		TEST(month_of_which_only_a_part_was_read_since_it_is_final_is_read_again),
		TEST(half_a_year_of_sweeps_reads_every_day_until_it_is_final),
		TEST(downtime_of_weeks_is_made_up_for),
		TEST(ordinary_day_wants_about_a_week),
		TEST(failing_sweep_is_a_lapse_until_one_succeeds),
		TEST(failure_that_the_next_try_makes_good_leaves_nothing),
		TEST(waiting_for_somebody_elses_hold_is_a_lapse_too),
		TEST(permission_some_calls_lack_is_a_lapse_while_the_rest_succeeds),
		TEST(lapse_ends_though_the_sweep_that_ends_it_was_cut_off_before),
		TEST(clock_in_doubt_dates_no_lapse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
