/*
 * Facebook Pages (Graph API, Page insights).
 *
 * A day is a US Pacific day; `end_time` is the midnight that ends it. People (viewers, accounts
 * that followed) are counted once per window, so a month's are asked for as a month and never
 * added up. Publications are walked to the end of the list; Reels stand in a list of their own,
 * stories live for a day.
 */
#include "graph.h"

#include "metricsd/collector.h"
#include "metricsd/error.h"

#include "span.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define N_(text) text

enum {
	SETTLES = 3,
	REVISABLE = 28,
	INSIGHTS_S = 90 * 86400, /* since to until; 182 days are refused with 1504016 */
	INSIGHTS_DAYS = 90,
	ROLLING_DAYS = 28,
	STORY_LIFE_S = 24 * 3600,
	STORY_BACK_S = 48 * 3600, /* archived ones too, where the Page keeps an archive */
	HOUR_S = 3600,
	HALF_DAY_S = 12 * HOUR_S,
};

/* The day page_media_view and page_total_media_view_unique were announced (2025-08-15): for days
 * before they existed the API says 0. */
enum { MEDIA_VIEW_BORN = 20315 };

/* How a metric is asked for: five insights a call. */
enum way { CALL_LIST, CALL_DAYS_1, CALL_DAYS_2 };

enum {
	FOLLOWERS,
	FOLLOWERS_GAINED,
	NEW_FOLLOWERS,
	FOLLOWERS_LOST,
	VISITS,
	VIEWERS,
	VIEWS,
	INTERACTIONS,
	VIDEO_VIEWS,
	CLICKS,
	POSTS,
	REELS,
	STORIES,
	METRICS,
};

#define INSIGHT(id_, provider_, kind_, call_)                                   \
	.id = (id_), .provider = (provider_), .kind = (kind_), .call = (call_), \
	.settles_days = SETTLES, .revisable_days = REVISABLE

static const struct metric facebook_metrics[METRICS + 1] = {
	[FOLLOWERS] = { INSIGHT("followers", "page_follows", METRIC_STOCK, CALL_DAYS_1) },
	[FOLLOWERS_GAINED] = { INSIGHT("followers_gained", "page_daily_follows", METRIC_FLOW,
				       CALL_DAYS_1) },
	[NEW_FOLLOWERS] = { INSIGHT("new_followers", "page_daily_follows_unique", METRIC_UNIQUE,
				    CALL_DAYS_1),
			    .label = N_("People who began to follow") },
	[FOLLOWERS_LOST] = { INSIGHT("followers_lost", "page_daily_unfollows_unique", METRIC_UNIQUE,
				     CALL_DAYS_1),
			     .label = N_("People who stopped following") },
	[VISITS] = { INSIGHT("visits", "page_views_total", METRIC_FLOW, CALL_DAYS_1) },
	[VIEWERS] = { INSIGHT("viewers", "page_total_media_view_unique", METRIC_UNIQUE,
			      CALL_DAYS_2),
		      .born = MEDIA_VIEW_BORN },
	[VIEWS] = { INSIGHT("views", "page_media_view", METRIC_FLOW, CALL_DAYS_2),
		    .born = MEDIA_VIEW_BORN },
	[INTERACTIONS] = { INSIGHT("interactions", "page_post_engagements", METRIC_FLOW,
				   CALL_DAYS_2) },
	[VIDEO_VIEWS] = { INSIGHT("video_views", "page_video_views", METRIC_FLOW, CALL_DAYS_2) },
	[CLICKS] = { INSIGHT("clicks", "page_total_actions", METRIC_FLOW, CALL_DAYS_2) },
	[POSTS] = { .id = "posts", .kind = METRIC_FLOW, .call = CALL_LIST, .items = ITEM_POST },
	[REELS] = { .id = "reels", .kind = METRIC_FLOW, .call = CALL_LIST, .items = ITEM_REEL },
	[STORIES] = { .id = "stories",
		      .kind = METRIC_FLOW,
		      .call = CALL_LIST,
		      .items = ITEM_STORY },
};

static const struct setting facebook_settings[] = {
	{ .name = "page",
	  .type = SETTING_ID,
	  .offset = offsetof(struct graph_object, id),
	  .required = true,
	  .help = "numeric id of the Page" },
	URL_SETTING(struct graph_object, base, "https://graph.facebook.com",
		    "address of the Graph API"),
	TEXT_SETTING(struct graph_object, version, "v25.0", "version of the Graph API"),
	{ 0 },
};

/* In the order they are taken. The numbers stand in cursors: never renumber. */
enum step {
	STEP_PAGE = 0,   /* check: is it there, can it be seen */
	STEP_AGAIN = 1,  /* each metric that was refused a day ago, alone */
	STEP_DAYS_1 = 2, /* daily insights, in stretches of 90 days */
	STEP_DAYS_2 = 3,
	STEP_POSTS = 4,
	STEP_REELS = 5,
	STEP_VIDEOS = 6, /* only when Reels cannot be read: those among all videos */
	STEP_MONTHS = 7, /* people of a whole month, for months that are over */
	STEP_STORIES = 8,
	STEP_END = 9,
};

/* The part a month is at: its own window, or, where that is refused, the rolling windows. */
enum month_part { MONTH_RANGE = 0, MONTH_ROLLING = 1, MONTH_OTHERS = 2 };

/* One request: what `next` asks and `take` reads. */
struct call {
	enum step step;
	uint64_t metrics;    /* by their place in the table */
	const char *period;  /* of insights */
	struct window asked; /* its days */
	struct window month; /* it belongs to; STEP_MONTHS */
	int64_t since;       /* of lists, time */
	struct days days;    /* all that are wanted */
};

/* --- what comes next ------------------------------------------------------------------------ */

static bool call_days(const struct job *job, struct graph_place *place, struct call *call)
{
	static const struct span_limit limit = { INSIGHTS_DAYS, INSIGHTS_S };
	uint64_t mask = graph_alive_of(job, facebook_metrics,
				       call->step == STEP_DAYS_1 ? CALL_DAYS_1 : CALL_DAYS_2);

	call->period = "day";
	while (mask && span_next(&call->days, job->zone, place->day, limit, &call->asked)) {
		call->metrics = graph_turn(place, mask);
		if (call->metrics)
			return true;
		place->alone = -1;
		place->day = window_end(call->asked);
	}
	return false;
}

static bool call_again(const struct job *job, struct graph_place *place, struct call *call)
{
	static const struct span_limit limit = { INSIGHTS_DAYS, INSIGHTS_S };

	call->period = "day";
	for (; place->part < METRICS; place->part++) {
		if (facebook_metrics[place->part].call == CALL_LIST ||
		    !graph_due_again(job, place, place->part))
			continue;
		call->metrics = graph_bit(place->part);
		return span_next(&call->days, job->zone, DAY_NONE, limit, &call->asked);
	}
	return false;
}

/* The metrics a part of a month asks for. */
static uint64_t month_metrics(const struct job *job, int part)
{
	uint64_t mask = part == MONTH_OTHERS ? 0 : graph_bit(VIEWERS);

	if (part != MONTH_RANGE)
		mask |= graph_bit(NEW_FOLLOWERS) | graph_bit(FOLLOWERS_LOST);
	return mask & (graph_alive_of(job, facebook_metrics, CALL_DAYS_1) |
		       graph_alive_of(job, facebook_metrics, CALL_DAYS_2));
}

static void next_month(struct graph_place *place, struct window month)
{
	place->day = window_end(month);
	place->part = MONTH_RANGE;
	place->alone = -1;
}

static bool call_month(const struct job *job, struct graph_place *place, struct call *call)
{
	while (span_month(&call->days, place->day, graph_earliest(job, place), &call->month)) {
		call->metrics = graph_turn(place, month_metrics(job, place->part));
		if (call->metrics && place->part == MONTH_RANGE) {
			call->period = "total_over_range";
			call->asked = call->month;
			return true;
		}
		if (call->metrics) { /* the points of the 28th and of the last day */
			int32_t from = call->month.first + ROLLING_DAYS - 1;

			call->period = "days_28";
			call->asked = (struct window){ from, window_end(call->month) - from };
			return true;
		}
		if (place->part == MONTH_RANGE)
			place->part = MONTH_OTHERS;
		else
			next_month(place, call->month);
	}
	return false;
}

/* The entity's day is another one than the Pacific's: a day of margin before the first. */
static bool call_list(const struct job *job, int metric, struct call *call)
{
	if (!call->days.count || !metric_lives(job, metric))
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
	case STEP_PAGE:
		return check;
	case STEP_AGAIN:
		return daily && call_again(job, place, call);
	case STEP_DAYS_1:
	case STEP_DAYS_2:
		return (daily || check) && call_days(job, place, call);
	case STEP_POSTS:
		return daily && call_list(job, POSTS, call);
	case STEP_REELS:
	case STEP_VIDEOS:
		return daily && call_list(job, REELS, call);
	case STEP_MONTHS:
		return daily && call_month(job, place, call);
	case STEP_STORIES:
		call->since = job->now - STORY_BACK_S;
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

/* --- asking --------------------------------------------------------------------------------- */

static void ask_insights(const struct job *job, const struct call *call, struct request *request)
{
	graph_request(request, job->settings, "/insights?metric=", "insights ");
	text_add(&request->what, call->period);
	text_add_char(&request->what, ' ');
	graph_add_metrics(request, facebook_metrics, call->metrics);
	text_addf(&request->url, "&period=%s&since=%" PRId64 "&until=%" PRId64, call->period,
		  zone_midnight(job->zone, call->asked.first),
		  zone_midnight(job->zone, window_end(call->asked)));
}

static void ask_list(const struct job *job, const struct graph_place *place,
		     const struct call *call, const char *path, const char *what,
		     struct request *request)
{
	graph_request(request, job->settings, path, what);
	if (call->step == STEP_POSTS || call->step == STEP_STORIES)
		text_addf(&request->url, "&since=%" PRId64, call->since);
	graph_add_page(job, request, place);
}

static void ask(const struct job *job, const struct graph_place *place, const struct call *call,
		struct request *request)
{
	const struct graph_object *object = job->settings;

	switch (call->step) {
	case STEP_PAGE:
		graph_request(request, object,
			      "?fields=id,name,followers_count,instagram_business_account", "page");
		break;
	case STEP_POSTS:
		ask_list(job, place, call,
			 "/published_posts?fields=id,created_time,status_type,permalink_url",
			 "posts", request);
		break;
	case STEP_REELS:
		ask_list(job, place, call, "/video_reels?fields=id,created_time,permalink_url",
			 "reels", request);
		break;
	case STEP_VIDEOS:
		ask_list(job, place, call, "/videos?fields=id,created_time,permalink_url",
			 "reels among videos", request);
		break;
	case STEP_STORIES: /* status=["PUBLISHED","ARCHIVED"] */
		ask_list(job, place, call,
			 "/stories?fields=post_id,status,creation_time"
			 "&status=%5B%22PUBLISHED%22%2C%22ARCHIVED%22%5D",
			 "stories", request);
		break;
	case STEP_AGAIN:
	case STEP_DAYS_1:
	case STEP_DAYS_2:
	case STEP_MONTHS:
	case STEP_END:
		ask_insights(job, call, request);
		break;
	}
	/* insights and lists want the Page's own token; the configured one may be a person's */
	text_add(&request->exchange, object->base);
	text_add_char(&request->exchange, '/');
	text_add_url(&request->exchange, object->version);
	text_add_char(&request->exchange, '/');
	text_add(&request->exchange, object->id);
	text_add(&request->exchange, "?fields=access_token");
	request->exchange_member = "access_token";
}

static int facebook_next(const struct job *job, struct request *request, struct error *err)
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

/* `end_time` is the Pacific midnight that ends the day, 07:00Z in summer and 08:00Z in winter.
 * Twelve hours before it is the middle of that day, however long it is. */
static int ended_day(struct job *job, const cJSON *point, int32_t *ret, struct error *err)
{
	const char *text = json_text(point, "end_time");
	int64_t time, off;

	if (!text)
		return error_set(err, ERROR_MALFORMED, "a value without end_time");
	if (time_parse(text, &time, err) < 0)
		return -1;
	*ret = zone_day(job->zone, time - HALF_DAY_S);
	off = time - zone_midnight(job->zone, *ret + 1);
	if (off < -HOUR_S || off > HOUR_S)
		return error_set(err, ERROR_MALFORMED, "end_time %.30s is no midnight in %s", text,
				 zone_name(job->zone));
	return 0;
}

/* A breakdown comes as several points a day, each with the name of its part: {"value":18,
 * "is_from_followers":"0","end_time":…}. */
static bool is_part(const cJSON *point)
{
	const cJSON *member;

	cJSON_ArrayForEach (member, point)
		if (strcmp(member->string, "value") != 0 && strcmp(member->string, "end_time") != 0)
			return true;
	return false;
}

/* The days a point speaks of; .days 0 when it was not asked for. */
static int window_of_point(struct job *job, const struct call *call, const cJSON *point,
			   struct window *ret, struct error *err)
{
	struct window window = call->asked;
	int32_t day = window_end(window) - 1;
	bool dated = json_member(point, "end_time") || call->step != STEP_MONTHS ||
		     strcmp(call->period, "total_over_range") != 0;

	if (dated && ended_day(job, point, &day, err) < 0)
		return -1;
	*ret = (struct window){ day, 0 };
	if (day < window.first || day >= window_end(window))
		return 0;
	if (call->step != STEP_MONTHS) {
		ret->days = days_hold(&call->days, day) ? 1 : 0;
	} else if (strcmp(call->period, "total_over_range") == 0) {
		if (day == window_end(window) - 1) /* with or without a date: nobody has seen it */
			*ret = call->month;
	} else if (day == call->asked.first || day == window_end(call->asked) - 1) {
		*ret = (struct window){ day - ROLLING_DAYS + 1, ROLLING_DAYS };
	}
	return 0;
}

/* Two different numbers for one window in one answer: neither can be trusted. */
static bool contradicts(const struct findings *findings, size_t before)
{
	const struct finding *last = &findings->samples[findings->sample_count - 1];

	for (size_t i = before; i + 1 < findings->sample_count; i++) {
		const struct finding *known = &findings->samples[i];

		if (known->metric == last->metric &&
		    known->sample.window.first == last->sample.window.first &&
		    known->sample.value != last->sample.value)
			return true;
	}
	return false;
}

static int take_series(struct job *job, const struct call *call, const cJSON *series, int metric,
		       struct findings *findings, struct error *err)
{
	const struct metric *known = &facebook_metrics[metric];
	size_t before = findings->sample_count;
	const cJSON *point;

	cJSON_ArrayForEach (point, json_array(series, "values")) {
		size_t count = findings->sample_count;
		struct window window;

		if (!cJSON_IsObject(point))
			return error_set(err, ERROR_MALFORMED, "%s: a value that is no object",
					 known->provider);
		if (is_part(point)) {
			findings_note(findings, "%s came in parts: not kept", known->id);
			return 0;
		}
		if (window_of_point(job, call, point, &window, err) < 0)
			return -1;
		if (window.days &&
		    graph_value(job, known, window, json_member(point, "value"), findings, err) < 0)
			return -1;
		if (findings->sample_count > count && contradicts(findings, before))
			return error_set(err, ERROR_MALFORMED, "%s: two numbers for one day",
					 known->provider);
	}
	return 0;
}

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
		int metric = graph_metric(facebook_metrics, call->metrics, name);

		if (metric < 0 || !period || strcmp(period, call->period) != 0)
			graph_note_unasked(findings, name, period);
		else if (take_series(job, call, series, metric, findings, err) < 0)
			return -1;
	}
	return 0;
}

/* --- lists ---------------------------------------------------------------------------------- */

/* "/reel/700100/", "https://www.facebook.com/reel/700100": the Reel's id; false: it is none. */
static bool reel_of(const cJSON *entry, char ret[ITEM_ID])
{
	const char *link = json_text(entry, "permalink_url");
	const char *at = link ? strstr(link, "/reel/") : NULL;
	size_t length;

	if (!at)
		return false;
	at += strlen("/reel/");
	length = strspn(at, "0123456789");
	if (length == 0 || length >= ITEM_ID)
		return false;
	memcpy(ret, at, length);
	ret[length] = '\0';
	return true;
}

static int id_of(const cJSON *entry, const char *member, char ret[ITEM_ID], struct error *err)
{
	const char *id = json_text(entry, member);

	if (!id || !*id || strlen(id) >= ITEM_ID)
		return error_set(err, ERROR_MALFORMED, "an entry without %s", member);
	memcpy(ret, id, strlen(id) + 1);
	return 0;
}

static int created_of(const cJSON *entry, int64_t *ret, struct error *err)
{
	const char *time = json_text(entry, "created_time");

	if (!time)
		return error_set(err, ERROR_MALFORMED, "an entry without created_time");
	return time_parse(time, ret, err);
}

/* A Reel among the posts (some Pages list them there too) is left to the list of Reels: it would
 * count twice. */
static int post_of(const cJSON *entry, struct item *ret, struct findings *findings,
		   struct error *err)
{
	char reel[ITEM_ID];

	(void)findings;
	if (id_of(entry, "id", ret->id, err) < 0 || created_of(entry, &ret->created, err) < 0)
		return -1;
	ret->kind = reel_of(entry, reel) ? ITEM_NONE : ITEM_POST;
	return 0;
}

static int video_of(const cJSON *entry, struct item *ret, struct findings *findings,
		    struct error *err)
{
	(void)findings;
	if (id_of(entry, "id", ret->id, err) < 0 || created_of(entry, &ret->created, err) < 0)
		return -1;
	ret->kind = reel_of(entry, ret->id) ? ITEM_REEL : ITEM_NONE;
	return 0;
}

static int listed_reel_of(const cJSON *entry, struct item *ret, struct findings *findings,
			  struct error *err)
{
	if (video_of(entry, ret, findings, err) < 0)
		return -1;
	ret->kind = ITEM_REEL; /* whatever its address looks like */
	return 0;
}

static int story_of(const cJSON *entry, struct item *ret, struct findings *findings,
		    struct error *err)
{
	(void)findings;
	if (id_of(entry, "post_id", ret->id, err) < 0 ||
	    json_int(entry, "creation_time", &ret->created, err) < 0)
		return -1;
	ret->kind = ITEM_STORY;
	return 0;
}

static struct graph_list list_of(const struct call *call)
{
	struct graph_list list = { .name = "reels",
				   .since = call->since,
				   .wanted = { [ITEM_REEL] = true },
				   .entry = listed_reel_of };

	if (call->step == STEP_POSTS)
		list = (struct graph_list){ .name = "posts",
					    .since = call->since,
					    .wanted = { [ITEM_POST] = true },
					    .entry = post_of };
	else if (call->step == STEP_VIDEOS)
		list.entry = video_of;
	return list;
}

static int take_list(struct job *job, const struct call *call, const cJSON *root,
		     struct graph_place *place, struct findings *findings, struct error *err)
{
	struct graph_list list = list_of(call);
	int more = graph_walk(job, root, &list, place, findings, err);

	if (more == 0)
		graph_step(place, call->step == STEP_POSTS ? STEP_REELS : STEP_MONTHS);
	else if (place->endless)
		graph_step(place, place->step + 1);
	return more < 0 ? -1 : 0;
}

/* Only what is younger than a day is sure to be listed; the archive is an extra. */
static int take_stories(struct job *job, const struct call *call, const cJSON *root,
			struct graph_place *place, struct findings *findings, struct error *err)
{
	struct graph_list list = { .name = "stories",
				   .since = call->since,
				   .wanted = { [ITEM_STORY] = true },
				   .entry = story_of };
	size_t watches = findings->watch_count;
	int more = graph_walk(job, root, &list, place, findings, err);

	if (findings->watch_count > watches) {
		findings->watch_count = watches;
		findings_watch(findings, ITEM_STORY, job->now - STORY_LIFE_S + GRAPH_MARGIN_S,
			       findings->watches[watches].until);
	}
	if (more == 0 || place->endless)
		graph_step(place, STEP_END);
	return more < 0 ? -1 : 0;
}

static int take_page(const struct job *job, const cJSON *root, struct findings *findings,
		     struct error *err)
{
	const struct graph_object *object = job->settings;
	const char *name = json_text(root, "name");
	const char *instagram = json_text(json_member(root, "instagram_business_account"), "id");
	int64_t followers;

	if (!json_text(root, "id"))
		return error_set(err, ERROR_MALFORMED, "page: no \"id\" in the answer");
	findings_note(findings, "Page %s \"%.80s\" answers", object->id, name ? name : "");
	if (json_int(root, "followers_count", &followers, NULL) == 0)
		findings_note(findings, "%" PRId64 " followers", followers);
	if (instagram)
		findings_note(findings, "its Instagram account is %.40s", instagram);
	else
		findings_note(findings, "no Instagram account is linked to it, or none is visible");
	return 0;
}

/* --- what an answer says -------------------------------------------------------------------- */

/* After the daily insights of a stretch, or of one metric of it. */
static void past_days(struct graph_place *place, const struct call *call)
{
	if (place->alone >= 0)
		place->alone = graph_lowest(call->metrics) + 1;
	else
		place->day = window_end(call->asked);
}

static void past_month(struct graph_place *place, const struct call *call, bool answered)
{
	if (place->alone >= 0)
		place->alone = graph_lowest(call->metrics) + 1;
	else if (place->part == MONTH_RANGE)
		place->part = answered ? MONTH_OTHERS : MONTH_ROLLING;
	else
		next_month(place, call->month);
}

static int take_answer(struct job *job, const struct call *call, const cJSON *root,
		       struct graph_place *place, struct findings *findings, struct error *err)
{
	size_t before = findings->sample_count;

	switch (call->step) {
	case STEP_PAGE:
		if (take_page(job, root, findings, err) < 0)
			return -1;
		graph_step(place, STEP_AGAIN);
		return 0;
	case STEP_POSTS:
	case STEP_REELS:
	case STEP_VIDEOS:
		return take_list(job, call, root, place, findings, err);
	case STEP_STORIES:
		return take_stories(job, call, root, place, findings, err);
	case STEP_AGAIN:
	case STEP_DAYS_1:
	case STEP_DAYS_2:
	case STEP_MONTHS:
	case STEP_END:
		break;
	}
	if (take_insights(job, call, root, findings, err) < 0)
		return -1;
	if (call->step == STEP_AGAIN)
		graph_revive(job, facebook_metrics, place->part++, findings);
	else if (call->step == STEP_MONTHS)
		past_month(place, call, findings->sample_count > before);
	else
		past_days(place, call);
	if (job->sweep == SWEEP_CHECK)
		graph_check_samples(findings, before, facebook_metrics, call->metrics,
				    call->asked.first);
	return 0;
}

/* A name the API no longer knows fails the whole call without being told: ask one by one. */
static void refused_metric(struct job *job, const struct call *call,
			   const struct graph_answer *answer, struct graph_place *place)
{
	int metric = graph_lowest(call->metrics);

	if (!graph_single(call->metrics)) {
		place->alone = metric;
	} else if (call->step == STEP_MONTHS) { /* alive by the day, but not in this period */
		past_month(place, call, false);
	} else {
		graph_retire(job, facebook_metrics, metric, answer->message);
		if (call->step == STEP_AGAIN)
			place->part++;
		else if (place->alone >= 0)
			place->alone = metric + 1;
	}
}

/* This request is not answered, others may be. */
static void refused_call(struct graph_place *place, const struct call *call)
{
	switch (call->step) {
	case STEP_AGAIN:
		place->part++;
		break;
	case STEP_DAYS_1:
	case STEP_DAYS_2:
		past_days(place, call);
		break;
	case STEP_MONTHS:
		past_month(place, call, false);
		break;
	case STEP_PAGE:
	case STEP_POSTS:
	case STEP_REELS: /* on to the videos: reading Reels is not documented */
	case STEP_STORIES:
		graph_step(place, place->step + 1);
		break;
	case STEP_VIDEOS:
	case STEP_END:
		graph_step(place, STEP_MONTHS);
		break;
	}
}

/* Whether a call that is refused has another that may say the same, or (STEP_AGAIN) is no loss. */
static bool has_way_round(const struct graph_place *place, const struct call *call)
{
	return call->step == STEP_AGAIN || call->step == STEP_REELS ||
	       (call->step == STEP_MONTHS && place->part == MONTH_RANGE);
}

static void refused(struct job *job, const struct call *call, const struct graph_answer *answer,
		    struct graph_place *place)
{
	bool list = call->step >= STEP_POSTS && call->step != STEP_MONTHS;
	bool lacks = !has_way_round(place, call);

	switch (answer->refusal) {
	case GRAPH_REFUSED:
		return;
	case GRAPH_METRIC:
		if (!list && call->step != STEP_PAGE) {
			refused_metric(job, call, answer, place);
			break;
		}
		refused_call(place, call);
		break;
	case GRAPH_PARAMETER:
		if (list && graph_walk_again(job, place))
			break;
		job->skipped = lacks;
		refused_call(place, call);
		break;
	case GRAPH_NO_DATA:
		refused_call(place, call);
		break;
	case GRAPH_PERMISSION: /* to insights: of the whole step */
		job->skipped = call->step != STEP_REELS;
		if (list || call->step == STEP_PAGE)
			refused_call(place, call);
		else
			graph_step(place, place->step + 1);
		break;
	}
	graph_place_write(job, place);
}

static int facebook_take(struct job *job, const struct response *response,
			 struct findings *findings, struct error *err)
{
	SCOPED(graph_answer)
	struct graph_answer answer = { 0 };
	struct graph_place place;
	struct call call;
	const char *needs;

	if (graph_place_read(job, STEP_END, &place, err) < 0)
		return -1;
	if (!find_call(job, &place, &call))
		return error_set(err, ERROR_REQUEST, "an answer nobody waits for");
	needs = call.step >= STEP_POSTS && call.step != STEP_MONTHS
			? "pages_read_engagement, pages_read_user_content"
			: "read_insights, pages_read_engagement";
	if (graph_read(job, response, needs, findings, &answer, err) < 0) {
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

static void facebook_subject(const void *settings, char *ret, size_t room)
{
	const struct graph_object *object = settings;

	(void)snprintf(ret, room, "page %s", object->id);
}

const struct collector facebook_collector = {
	.name = "facebook",
	.title = "Facebook",
	.zone = GRAPH_ZONE,
	.metrics = facebook_metrics,
	.settings = facebook_settings,
	.settings_size = sizeof(struct graph_object),
	.needs_token = true,
	.derives_token = true,
	.inspector = &graph_inspector,
	.permissions = "pages_read_engagement pages_read_user_content read_insights",
	.watch_hours = 6,
	.reach_days = GRAPH_REACH_DAYS,
	.subject = facebook_subject,
	.next = facebook_next,
	.take = facebook_take,
};
