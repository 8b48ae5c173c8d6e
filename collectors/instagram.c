/*
 * Instagram professional accounts (Graph API, account insights).
 *
 * Almost everything exists only as one number for the window asked for (`metric_type=total_value`),
 * so every Pacific day is a call of its own, from its midnight to the second before the next. No
 * window may exceed 30 days to the second, which most months do. Followers have no history: the
 * level is read off the account itself, every day.
 */
#include "graph.h"

#include "metricsd/collector.h"
#include "metricsd/error.h"

#include "span.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	SETTLES = 3,
	REVISABLE = 28,
	WINDOW_S = 30 * 86400, /* "more than 30 days (2592000 s)" is refused */
	FOLLOWS_AGE = 2,       /* days: follows and unfollows of younger ones may lack */
	STORY_LIFE_S = 24 * 3600,
	VIEWS_BORN = 20109, /* 2025-01-21, v22.0: 0 for days before */
};

/* How a metric is asked for. */
enum way { CALL_LIST, CALL_NODE, CALL_TOTAL, CALL_FOLLOWS };

enum {
	FOLLOWERS,
	VIEWS,
	VISITS,
	INTERACTIONS,
	REACH,
	ACCOUNTS_ENGAGED,
	FOLLOWERS_GAINED,
	FOLLOWERS_LOST,
	POSTS,
	REELS,
	STORIES,
	METRICS,
};

#define INSIGHT(id_, provider_, kind_, call_)                                   \
	.id = (id_), .provider = (provider_), .kind = (kind_), .call = (call_), \
	.settles_days = SETTLES, .revisable_days = REVISABLE

static const struct metric instagram_metrics[METRICS + 1] = {
	[FOLLOWERS] = { .id = "followers",
			.provider = "followers_count",
			.kind = METRIC_STOCK,
			.call = CALL_NODE,
			.momentary = true },
	[VIEWS] = { INSIGHT("views", "views", METRIC_FLOW, CALL_TOTAL), .born = VIEWS_BORN },
	[VISITS] = { INSIGHT("visits", "profile_views", METRIC_FLOW, CALL_TOTAL) },
	[INTERACTIONS] = { INSIGHT("interactions", "total_interactions", METRIC_FLOW, CALL_TOTAL) },
	[REACH] = { INSIGHT("reach", "reach", METRIC_UNIQUE, CALL_TOTAL) },
	[ACCOUNTS_ENGAGED] = { INSIGHT("accounts_engaged", "accounts_engaged", METRIC_UNIQUE,
				       CALL_TOTAL) },
	[FOLLOWERS_GAINED] = { INSIGHT("followers_gained", "follows_and_unfollows", METRIC_FLOW,
				       CALL_FOLLOWS) },
	[FOLLOWERS_LOST] = { INSIGHT("followers_lost", "follows_and_unfollows", METRIC_FLOW,
				     CALL_FOLLOWS) },
	[POSTS] = { .id = "posts", .kind = METRIC_FLOW, .call = CALL_LIST, .items = ITEM_POST },
	[REELS] = { .id = "reels", .kind = METRIC_FLOW, .call = CALL_LIST, .items = ITEM_REEL },
	[STORIES] = { .id = "stories",
		      .kind = METRIC_FLOW,
		      .call = CALL_LIST,
		      .items = ITEM_STORY },
};

static const struct setting instagram_settings[] = {
	{ .name = "user",
	  .type = SETTING_ID,
	  .offset = offsetof(struct graph_object, id),
	  .required = true,
	  .help = "numeric id of the Instagram professional account" },
	URL_SETTING(struct graph_object, base, "https://graph.facebook.com",
		    "address of the Graph API"),
	TEXT_SETTING(struct graph_object, version, "v25.0", "version of the Graph API"),
	{ 0 },
};

/* In the order they are taken. The numbers stand in cursors: never renumber. */
enum step {
	STEP_NODE = 0,    /* the account itself: followers now */
	STEP_AGAIN = 1,   /* each metric that was refused a day ago, alone */
	STEP_DAYS = 2,    /* a call a day */
	STEP_MEDIA = 3,   /* posts and reels */
	STEP_MONTHS = 4,  /* people of a whole month, or of the windows that bound it */
	STEP_FOLLOWS = 5, /* a call a day; so late because small accounts are refused it */
	STEP_HALVES = 6,  /* the same of both halves of a month, see call_halves() */
	STEP_STORIES = 7,
	STEP_END = 8,
};

/* One request: what `next` asks and `take` reads. */
struct call {
	enum step step;
	uint64_t metrics;    /* by their place in the table */
	struct window asked; /* its days */
	int64_t since;       /* of lists, time */
	struct days days;    /* all that are wanted */
};

/* --- what comes next ------------------------------------------------------------------------ */

static bool next_day(const struct job *job, int32_t from, struct call *call)
{
	static const struct span_limit one = { 1, 0 };

	return span_next(&call->days, job->zone, from, one, &call->asked);
}

static bool call_again(const struct job *job, struct graph_place *place, struct call *call)
{
	for (; place->part < METRICS; place->part++) {
		enum way how = (enum way)instagram_metrics[place->part].call;

		if ((how != CALL_TOTAL && how != CALL_FOLLOWS) ||
		    !graph_due_again(job, place, place->part))
			continue;
		call->metrics = graph_bit(place->part);
		return next_day(job, DAY_NONE, call);
	}
	return false;
}

static bool call_days(const struct job *job, struct graph_place *place, struct call *call)
{
	uint64_t mask = graph_alive_of(job, instagram_metrics, CALL_TOTAL);

	while (mask && next_day(job, place->day, call)) {
		call->metrics = graph_turn(place, mask);
		if (call->metrics)
			return true;
		place->alone = -1;
		place->day = window_end(call->asked);
	}
	return false;
}

static bool call_follows(const struct job *job, const struct graph_place *place, struct call *call)
{
	int32_t today = zone_day(job->zone, place->started);

	call->metrics = graph_alive_of(job, instagram_metrics, CALL_FOLLOWS);
	return call->metrics && next_day(job, place->day, call) &&
	       call->asked.first + FOLLOWS_AGE <= today;
}

/*
 * The windows that say how many people a month had: the month itself where its length allows,
 * else its first days and its last days, each as many as fit. In Pacific time February, April, June
 * and September fit; November has 30 days and an hour. Returns how many.
 */
static int month_windows(struct zone *zone, struct window month, struct window ret[2])
{
	int32_t days = month.days;
	int64_t end = zone_midnight(zone, window_end(month));
	int64_t begin = zone_midnight(zone, month.first);

	if (end - begin <= WINDOW_S) {
		ret[0] = month;
		return 1;
	}
	do {
		days--;
	} while (zone_midnight(zone, month.first + days) - begin > WINDOW_S ||
		 end - zone_midnight(zone, window_end(month) - days) > WINDOW_S);
	ret[0] = (struct window){ month.first, days };
	ret[1] = (struct window){ window_end(month) - days, days };
	return 2;
}

static bool call_month(const struct job *job, struct graph_place *place, struct call *call)
{
	uint64_t mask = graph_alive_of(job, instagram_metrics, CALL_TOTAL) &
			(graph_bit(REACH) | graph_bit(ACCOUNTS_ENGAGED));
	struct window month, windows[2];

	while (mask && span_month(&call->days, place->day, graph_earliest(job, place), &month)) {
		if (place->part < month_windows(job->zone, month, windows)) {
			call->asked = windows[place->part];
			call->metrics = graph_turn(place, mask);
			if (call->metrics)
				return true;
			place->part++;
		} else {
			place->day = window_end(month);
			place->part = 0;
		}
		place->alone = -1;
	}
	return false;
}

/*
 * A day on which nobody left has no NON_FOLLOWER half, and an absent half is not known to be zero.
 * Over half a month both halves are there in all but the quietest accounts, and as a flow two
 * windows that do not overlap add up.
 */
static bool call_halves(const struct job *job, struct graph_place *place, struct call *call)
{
	enum { FIRST_HALF = 15 };
	int32_t today = zone_day(job->zone, place->started);
	struct window month;

	call->metrics = graph_alive_of(job, instagram_metrics, CALL_FOLLOWS);
	if (!call->metrics ||
	    !span_month(&call->days, place->day, graph_earliest(job, place), &month) ||
	    window_end(month) + FOLLOWS_AGE > today)
		return false;
	call->asked = (struct window){ month.first, FIRST_HALF };
	if (place->part > 0)
		call->asked = (struct window){ month.first + FIRST_HALF, month.days - FIRST_HALF };
	return true;
}

/* The entity's day is another one than the Pacific's: a day of margin before the first. */
static bool call_media(const struct job *job, struct call *call)
{
	if (!call->days.count || (!metric_lives(job, POSTS) && !metric_lives(job, REELS)))
		return false;
	call->since = zone_midnight(job->zone, call->days.ranges[0].first - 1);
	return true;
}

static bool call_of_step(const struct job *job, struct graph_place *place, struct call *call)
{
	bool daily = job->sweep == SWEEP_DAILY;
	bool check = job->sweep == SWEEP_CHECK;

	call->step = (enum step)place->step;
	switch (call->step) {
	case STEP_NODE:
		return check || (daily && metric_lives(job, FOLLOWERS));
	case STEP_AGAIN:
		return daily && call_again(job, place, call);
	case STEP_DAYS:
		return (daily || check) && call_days(job, place, call);
	case STEP_MEDIA:
		return daily && call_media(job, call);
	case STEP_MONTHS:
		return daily && call_month(job, place, call);
	case STEP_FOLLOWS:
		return daily && call_follows(job, place, call);
	case STEP_HALVES:
		return daily && call_halves(job, place, call);
	case STEP_STORIES:
		call->since = job->now - STORY_LIFE_S - GRAPH_MARGIN_S;
		return job->sweep == SWEEP_WATCH && metric_lives(job, STORIES);
	case STEP_END:
		return false;
	}
	return false;
}

/* The call the place stands at, or the first one after it. */
static bool find_call(const struct job *job, struct graph_place *place, struct call *call)
{
	*call = (struct call){ .days = graph_days(job, place) };
	for (; place->step < STEP_END; graph_step(place, place->step + 1))
		if (call_of_step(job, place, call))
			return true;
	return false;
}

/* Follows come only by their breakdown, and a breakdown one metric does not know fails a call. */
static bool asks_follows(const struct call *call)
{
	return call->metrics & (graph_bit(FOLLOWERS_GAINED) | graph_bit(FOLLOWERS_LOST));
}

/* --- asking --------------------------------------------------------------------------------- */

static void ask_insights(const struct job *job, const struct call *call, struct request *request)
{
	graph_request(request, job->settings, "/insights?metric=", "insights ");
	if (call->step == STEP_MONTHS || call->step == STEP_HALVES)
		text_add(&request->what, "month ");
	/* gained and lost are two halves of one metric */
	graph_add_metrics(request, instagram_metrics,
			  asks_follows(call) ? graph_bit(graph_lowest(call->metrics))
					     : call->metrics);
	text_add(&request->url, "&metric_type=total_value&period=day");
	if (asks_follows(call))
		text_add(&request->url, "&breakdown=follow_type");
	/* both ends count: the next midnight would belong to another day */
	text_addf(&request->url, "&since=%" PRId64 "&until=%" PRId64,
		  zone_midnight(job->zone, call->asked.first),
		  zone_midnight(job->zone, window_end(call->asked)) - 1);
}

static void ask(const struct job *job, const struct graph_place *place, const struct call *call,
		struct request *request)
{
	switch (call->step) {
	case STEP_NODE:
		graph_request(request, job->settings, "?fields=id,username,name,followers_count",
			      "account");
		break;
	case STEP_MEDIA:
		graph_request(request, job->settings,
			      "/media?fields=id,timestamp,media_product_type", "media");
		text_addf(&request->url, "&since=%" PRId64, call->since);
		graph_add_page(job, request, place);
		break;
	case STEP_STORIES:
		graph_request(request, job->settings, "/stories?fields=id,timestamp", "stories");
		graph_add_page(job, request, place);
		break;
	case STEP_AGAIN:
	case STEP_DAYS:
	case STEP_MONTHS:
	case STEP_FOLLOWS:
	case STEP_HALVES:
	case STEP_END:
		ask_insights(job, call, request);
		break;
	}
}

static int instagram_next(const struct job *job, struct request *request, struct error *err)
{
	struct graph_place place;
	struct call call;

	if (graph_place_read(job, STEP_END, &place, err) < 0)
		return -1;
	if (!find_call(job, &place, &call))
		return 0;
	ask(job, &place, &call, request);
	return 1;
}

/* --- insights ------------------------------------------------------------------------------- */

/* {"dimension_values":["FOLLOWER"],"value":17}: those who follow since; NON_FOLLOWER: who left. A
 * half that is absent is not known: it is no zero. */
static int take_follows(struct job *job, const struct call *call, const cJSON *total,
			struct findings *findings, struct error *err)
{
	const cJSON *breakdown = cJSON_GetArrayItem(json_array(total, "breakdowns"), 0);
	const cJSON *result;

	cJSON_ArrayForEach (result, json_array(breakdown, "results")) {
		const char *half = cJSON_GetStringValue(
			cJSON_GetArrayItem(json_array(result, "dimension_values"), 0));
		int metric = half && strcmp(half, "FOLLOWER") == 0       ? FOLLOWERS_GAINED
			     : half && strcmp(half, "NON_FOLLOWER") == 0 ? FOLLOWERS_LOST
									 : -1;

		if (metric >= 0 && call->metrics & graph_bit(metric) &&
		    graph_value(job, &instagram_metrics[metric], call->asked,
				json_member(result, "value"), findings, err) < 0)
			return -1;
	}
	return 0;
}

static int take_series(struct job *job, const struct call *call, const cJSON *series, int metric,
		       struct findings *findings, struct error *err)
{
	const cJSON *total = json_member(series, "total_value");

	if (!total && json_array(series, "values"))
		findings_note(findings, "%s came as a series, not as a total: not kept",
			      instagram_metrics[metric].id);
	if (!total)
		return 0;
	if (instagram_metrics[metric].call == CALL_FOLLOWS)
		return take_follows(job, call, total, findings, err);
	return graph_value(job, &instagram_metrics[metric], call->asked,
			   json_member(total, "value"), findings, err);
}

/* Whether the same series came before in this answer. */
static bool repeated(const cJSON *data, const cJSON *series)
{
	const char *name = json_text(series, "name");
	const cJSON *other;

	cJSON_ArrayForEach (other, data) {
		const char *known = json_text(other, "name");

		if (other == series)
			return false;
		if (known && name && strcmp(known, name) == 0)
			return true;
	}
	return false;
}

/* By name: order and ids of an answer say nothing; `period` stays "day" for a month's total. */
static int take_insights(struct job *job, const struct call *call, const cJSON *root,
			 struct findings *findings, struct error *err)
{
	const cJSON *data = json_array(root, "data");
	const cJSON *series;

	if (!data)
		return error_set(err, ERROR_MALFORMED, "insights: no \"data\" in the answer");
	cJSON_ArrayForEach (series, data) {
		const char *name = json_text(series, "name");
		const char *period = json_text(series, "period");
		int metric = graph_metric(instagram_metrics, call->metrics, name);

		if (metric < 0 || !period || strcmp(period, "day") != 0)
			graph_note_unasked(findings, name, period);
		else if (repeated(data, series))
			return error_set(err, ERROR_MALFORMED, "%s: two totals for one window",
					 instagram_metrics[metric].provider);
		else if (take_series(job, call, series, metric, findings, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the account and its lists -------------------------------------------------------------- */

static int take_node(struct job *job, const cJSON *root, struct findings *findings,
		     struct error *err)
{
	const struct graph_object *object = job->settings;
	const char *name = json_text(root, "username");
	struct window today = { zone_day(job->zone, job->now), 1 };
	int64_t followers = 0;
	bool counted = json_member(root, "followers_count") != NULL;

	if (!json_text(root, "id"))
		return error_set(err, ERROR_MALFORMED, "account: no \"id\" in the answer");
	if (counted && json_int(root, "followers_count", &followers, err) < 0)
		return -1;
	if (followers < 0)
		return error_set(err, ERROR_MALFORMED, "followers_count is below zero");
	if (job->sweep == SWEEP_CHECK) {
		findings_note(findings, "Instagram account %s \"%.80s\" answers", object->id,
			      name ? name : "");
		if (counted)
			findings_note(findings, "%" PRId64 " followers", followers);
	} else if (counted) {
		findings_sample(findings, &instagram_metrics[FOLLOWERS], today, followers, 0);
	}
	return 0;
}

static int entry_of(const cJSON *entry, struct item *ret, struct error *err)
{
	const char *id = json_text(entry, "id");
	const char *time = json_text(entry, "timestamp");

	if (!id || !*id || strlen(id) >= ITEM_ID)
		return error_set(err, ERROR_MALFORMED, "an entry without id");
	if (!time)
		return error_set(err, ERROR_MALFORMED, "an entry without timestamp");
	memcpy(ret->id, id, strlen(id) + 1);
	return time_parse(time, &ret->created, err);
}

/* A carousel is one publication; what was only ever an ad is none. */
static int media_of(const cJSON *entry, struct item *ret, struct findings *findings,
		    struct error *err)
{
	const char *type = json_text(entry, "media_product_type");

	if (entry_of(entry, ret, err) < 0)
		return -1;
	if (!type)
		return error_set(err, ERROR_MALFORMED, "an entry without media_product_type");
	if (strcmp(type, "FEED") == 0)
		ret->kind = ITEM_POST;
	else if (strcmp(type, "REELS") == 0)
		ret->kind = ITEM_REEL;
	else if (strcmp(type, "STORY") == 0)
		ret->kind = ITEM_STORY;
	else if (strcmp(type, "AD") != 0)
		findings_note(findings, "media of an unknown kind, not counted: %.40s", type);
	return 0;
}

static int story_of(const cJSON *entry, struct item *ret, struct findings *findings,
		    struct error *err)
{
	(void)findings;
	ret->kind = ITEM_STORY;
	return entry_of(entry, ret, err);
}

static int take_list(struct job *job, const struct call *call, const cJSON *root,
		     struct graph_place *place, struct findings *findings, struct error *err)
{
	struct graph_list list = { .name = "stories",
				   .since = call->since,
				   .wanted = { [ITEM_STORY] = true },
				   .entry = story_of };
	size_t watches = findings->watch_count;
	int more;

	if (call->step == STEP_MEDIA)
		list = (struct graph_list){ .name = "media",
					    .since = call->since,
					    .wanted = { [ITEM_POST] = metric_lives(job, POSTS),
							[ITEM_REEL] = metric_lives(job, REELS) },
					    .entry = media_of };
	more = graph_walk(job, root, &list, place, findings, err);
	if (call->step == STEP_STORIES && findings->watch_count > watches) {
		findings->watch_count = watches; /* only what is younger than a day is listed */
		findings_watch(findings, ITEM_STORY, job->now - STORY_LIFE_S + GRAPH_MARGIN_S,
			       findings->watches[watches].until);
	}
	if (more == 0 || place->endless)
		graph_step(place, place->step + 1);
	return more < 0 ? -1 : 0;
}

/* --- what an answer says -------------------------------------------------------------------- */

/* After an insights call, answered or not. */
static void past_insights(struct graph_place *place, const struct call *call)
{
	if (place->alone >= 0)
		place->alone = graph_lowest(call->metrics) + 1;
	else if (call->step == STEP_HALVES && place->part == 0)
		place->part = 1;
	else if (call->step == STEP_AGAIN || call->step == STEP_MONTHS)
		place->part++;
	else
		*place = (struct graph_place){ .step = place->step,
					       .alone = -1,
					       .day = window_end(call->asked),
					       .started = place->started,
					       .endless = place->endless };
}

static int take_answer(struct job *job, const struct call *call, const cJSON *root,
		       struct graph_place *place, struct findings *findings, struct error *err)
{
	size_t before = findings->sample_count;

	switch (call->step) {
	case STEP_NODE:
		if (take_node(job, root, findings, err) < 0)
			return -1;
		graph_step(place, STEP_AGAIN);
		return 0;
	case STEP_MEDIA:
	case STEP_STORIES:
		return take_list(job, call, root, place, findings, err);
	case STEP_AGAIN:
	case STEP_DAYS:
	case STEP_MONTHS:
	case STEP_FOLLOWS:
	case STEP_HALVES:
	case STEP_END:
		break;
	}
	if (take_insights(job, call, root, findings, err) < 0)
		return -1;
	if (call->step == STEP_AGAIN)
		graph_revive(job, instagram_metrics, place->part, findings);
	past_insights(place, call);
	if (job->sweep == SWEEP_CHECK)
		graph_check_samples(findings, before, instagram_metrics, call->metrics,
				    call->asked.first);
	return 0;
}

/* Whether `name` stands in "metric[0] must be one of the following values: reach, …". */
static bool still_valid(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
		if ((at[-1] == ' ' || at[-1] == ',') &&
		    (at[length] == '\0' || at[length] == ',' || at[length] == ' '))
			return true;
	return false;
}

/* Instagram lists the names it knows. Retires those of the call that are not among them; 0: the
 * text did not help. */
static uint64_t retire_by_list(struct job *job, const struct call *call, const char *message)
{
	static const char intro[] = "must be one of the following values: ";
	const char *list = strstr(message, intro);
	uint64_t gone = 0;

	for (int i = 0; list && i < METRICS; i++) {
		if (!(call->metrics & graph_bit(i)) ||
		    still_valid(list + sizeof(intro) - 2, instagram_metrics[i].provider))
			continue;
		graph_retire(job, instagram_metrics, i, message);
		gone |= graph_bit(i);
	}
	return gone;
}

static void refused_metric(struct job *job, const struct call *call,
			   const struct graph_answer *answer, struct graph_place *place)
{
	bool follows = asks_follows(call);

	if (retire_by_list(job, call, answer->message)) {
		if (call->step == STEP_AGAIN || place->alone >= 0)
			past_insights(place, call);
		return;
	}
	if (!graph_single(call->metrics) && !follows) {
		place->alone = graph_lowest(call->metrics); /* it does not say which: one by one */
		return;
	}
	for (int i = 0; i < METRICS && call->step != STEP_MONTHS; i++)
		if (call->metrics & graph_bit(i))
			graph_retire(job, instagram_metrics, i, answer->message);
	if (call->step == STEP_AGAIN || place->alone >= 0 || call->step == STEP_MONTHS)
		past_insights(place, call);
}

/* This request is not answered, others may be. Follows are refused to small accounts whatever the
 * day. */
static void refused_call(struct graph_place *place, const struct call *call)
{
	switch (call->step) {
	case STEP_AGAIN:
	case STEP_DAYS:
	case STEP_MONTHS:
		past_insights(place, call);
		break;
	case STEP_NODE:
	case STEP_MEDIA:
	case STEP_FOLLOWS:
	case STEP_HALVES:
	case STEP_STORIES:
	case STEP_END:
		graph_step(place, place->step + 1);
		break;
	}
}

static void refused(struct job *job, const struct call *call, const struct graph_answer *answer,
		    struct graph_place *place)
{
	bool list = call->step == STEP_MEDIA || call->step == STEP_STORIES;

	switch (answer->refusal) {
	case GRAPH_REFUSED:
		return;
	case GRAPH_METRIC:
		if (call->metrics)
			refused_metric(job, call, answer, place);
		else
			refused_call(place, call);
		break;
	case GRAPH_PARAMETER:
		if (list && graph_walk_again(job, place))
			break;
		/* small accounts never hear of follows */
		job->skipped = call->step == STEP_DAYS || call->step == STEP_MONTHS || list;
		refused_call(place, call);
		break;
	case GRAPH_NO_DATA:
		refused_call(place, call);
		break;
	case GRAPH_PERMISSION:
		job->skipped = true;
		graph_step(place, place->step + 1);
		break;
	}
	graph_place_write(job, place);
}

static int instagram_take(struct job *job, const struct response *response,
			  struct findings *findings, struct error *err)
{
	SCOPED(graph_answer)
	struct graph_answer answer = { 0 };
	struct graph_place place;
	struct call call;

	if (graph_place_read(job, STEP_END, &place, err) < 0)
		return -1;
	if (!find_call(job, &place, &call))
		return error_set(err, ERROR_REQUEST, "an answer nobody waits for");
	if (graph_read(job, response, "instagram_basic, instagram_manage_insights", findings,
		       &answer, err) < 0) {
		refused(job, &call, &answer, &place);
		if (answer.refusal != GRAPH_NO_DATA)
			return -1;
		findings_note(findings, "%s", err->text);
		return 0;
	}
	if (take_answer(job, &call, answer.root, &place, findings, err) < 0) {
		if (place.endless)
			graph_place_write(job, &place);
		return -1;
	}
	graph_place_write(job, &place);
	return 0;
}

static void instagram_subject(const void *settings, char *ret, size_t room)
{
	const struct graph_object *object = settings;

	(void)snprintf(ret, room, "user %s", object->id);
}

const struct collector instagram_collector = {
	.name = "instagram",
	.title = "Instagram",
	.zone = GRAPH_ZONE,
	.metrics = instagram_metrics,
	.settings = instagram_settings,
	.settings_size = sizeof(struct graph_object),
	.needs_token = true,
	.derives_token = true,
	.inspector = &graph_inspector,
	.permissions = "instagram_basic instagram_manage_insights",
	.watch_hours = 6,
	.reach_days = GRAPH_REACH_DAYS,
	.subject = instagram_subject,
	.next = instagram_next,
	.take = instagram_take,
};
