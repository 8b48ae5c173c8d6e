/* Insights of Pages (end_time closes the day) and of Instagram accounts (end_time begins it). */
#include "graph.h"

#include "hash.h"

#include "metricsd/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { FOLLOWERS_MIN = 100 };

static int64_t value_at(struct call *call, const struct sim_metric *metric, struct window window)
{
	return account_value(call->world, call->object, metric, window, metric->kind,
			     world_seen(call->world, call->object, metric, window, call->now));
}

/* The number of one day alone, which a fault may take away. */
static int64_t value_on(struct call *call, const struct sim_metric *metric, int32_t day)
{
	if (world_day_lacks(call->world, call->object, metric->provider, day))
		return TRUTH_NONE;
	return value_at(call, metric, (struct window){ day, 1 });
}

static cJSON *add_entry(const struct call *call, cJSON *data, const struct sim_metric *metric,
			const char *period, const char *ahead)
{
	cJSON *entry = cJSON_CreateObject();
	SCOPED(text)
	struct text words = { 0 };

	(void)cJSON_AddStringToObject(entry, "name", metric->provider);
	(void)cJSON_AddStringToObject(entry, "period", period);
	text_addf(&words, "%s%s%s", ahead, *ahead ? " " : "", metric->title);
	(void)cJSON_AddStringToObject(entry, "title", text_str(&words));
	text_reset(&words);
	text_addf(&words, "%s%s%s", ahead, *ahead ? ": " : "", metric->description);
	(void)cJSON_AddStringToObject(entry, "description", text_str(&words));
	text_reset(&words);
	text_addf(&words, "%s/insights/%s/%s", call->object->id, metric->provider, period);
	(void)cJSON_AddStringToObject(entry, "id", text_str(&words));
	/* no fixed order: some come first that were asked for last */
	if (hash_text(call->world->seed + call->world->requests, metric->provider) % 3 == 0)
		(void)cJSON_InsertItemInArray(data, 0, entry);
	else
		(void)cJSON_AddItemToArray(data, entry);
	return entry;
}

static void add_point(cJSON *values, int64_t value, int64_t end_time)
{
	cJSON *point = cJSON_CreateObject();
	char text[GRAPH_TIME];

	(void)cJSON_AddNumberToObject(point, "value", (double)value);
	if (end_time) {
		graph_time_text(end_time, text);
		(void)cJSON_AddStringToObject(point, "end_time", text);
	}
	(void)cJSON_AddItemToArray(values, point);
}

static int32_t today(const struct call *call)
{
	return zone_day(call->world->pacific, call->now);
}

/* The first Pacific day that begins at `time` or after. */
static int32_t day_from(const struct call *call, int64_t time)
{
	int32_t day = zone_day(call->world->pacific, time);

	return zone_midnight(call->world->pacific, day) < time ? day + 1 : day;
}

/* Days of which the provider still knows something. */
static int32_t first_kept(const struct call *call)
{
	return zone_day(call->world->pacific, call->now - RETENTION_S);
}

/* --- Pages --- */

struct span {
	const char *period;
	const char *ahead; /* of the title */
	int32_t days;      /* each point speaks of */
	unsigned ask;
};

static const struct span spans[] = {
	{ "day", "Daily", 1, ASK_DAY },
	{ "week", "Weekly", 7, ASK_ROLLING },
	{ "days_28", "28 Days", 28, ASK_ROLLING },
	{ "total_over_range", "", 0, ASK_RANGE },
	{ "lifetime", "Lifetime", 1, 0 },
};

static int64_t rolling_value(struct call *call, const struct sim_metric *metric, int32_t day,
			     int32_t days)
{
	if (days == 1)
		return value_on(call, metric, day);
	/* a rolling number comes with its last day */
	if (value_at(call, metric, (struct window){ day, 1 }) == TRUTH_NONE)
		return TRUTH_NONE;
	return value_at(call, metric, (struct window){ day - days + 1, days });
}

/* One point a day: those whose end lies in (since, until]. */
static void add_series(struct call *call, cJSON *data, const struct sim_metric *metric,
		       const struct span *span, int64_t since, int64_t until)
{
	struct zone *pacific = call->world->pacific;
	cJSON *values = cJSON_CreateArray();
	int32_t day = zone_day(pacific, since);
	int64_t end;

	if (day < first_kept(call))
		day = first_kept(call);
	for (; (end = zone_midnight(pacific, day + 1)) <= until; day++) {
		int64_t value = rolling_value(call, metric, day, span->days);

		if (value != TRUTH_NONE)
			add_point(values, value, end);
	}
	if (cJSON_GetArraySize(values) > 0)
		(void)cJSON_AddItemToObject(
			add_entry(call, data, metric, span->period, span->ahead), "values", values);
	else
		cJSON_Delete(values);
}

/* One number over whole days of [since, until). */
static void add_range(struct call *call, cJSON *data, const struct sim_metric *metric,
		      const struct span *span, int64_t since, int64_t until)
{
	int32_t first = day_from(call, since);
	int32_t end = zone_day(call->world->pacific, until);
	int64_t value;
	cJSON *values;

	if (end <= first)
		return;
	value = value_at(call, metric, (struct window){ first, end - first });
	if (value == TRUTH_NONE)
		return;
	values = cJSON_AddArrayToObject(add_entry(call, data, metric, span->period, span->ahead),
					"values");
	add_point(values, value, 0);
}

static const struct span *span_named(const char *period)
{
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		if (strcmp(spans[i].period, period) == 0)
			return &spans[i];
	return NULL;
}

/* since and until of a Page's insights, the last two complete days when not given. */
static int page_window(struct call *call, bool range, int64_t *since, int64_t *until)
{
	int has_since = graph_time(call, "since", since);
	int has_until = has_since < 0 ? -1 : graph_time(call, "until", until);

	if (has_until < 0)
		return -1;
	if (range && (!has_since || !has_until)) {
		graph_refuse(call, 0, 100, 0,
			     "(#100) since and until are required for period total_over_range");
		return -1;
	}
	if (!has_until)
		*until = has_since ? call->now : zone_midnight(call->world->pacific, today(call));
	if (!has_since)
		*since = zone_midnight(call->world->pacific,
				       zone_day(call->world->pacific, *until) - 2);
	if (*since > *until) {
		graph_refuse(call, 0, 100, 0, "(#100) 'since' must not be later than 'until'");
		return -1;
	}
	if (*until - *since > PAGE_WINDOW_MAX_S) {
		graph_refuse(call, 0, 100, 1504016, "(#100) The time range requested is too long.");
		return -1;
	}
	return 0;
}

void page_insights(struct call *call)
{
	const char *period = fields_get(&call->fields, "period");
	const struct span *span = span_named(period ? period : "day");
	int64_t since = 0, until = 0;
	struct asked asked;
	cJSON *root, *data;

	if (call->holder != HOLDER_PAGE) {
		graph_refuse(call, 0, 190, 0,
			     "(#190) This method must be called with a Page Access Token");
		return;
	}
	if (page_metrics_asked(call, &asked) < 0)
		return;
	if (!span) {
		graph_refuse(call, 0, 100, 0,
			     "(#100) period must be one of the following values: day, week, "
			     "days_28, month, lifetime, total_over_range");
		return;
	}
	if (page_window(call, span->ask == ASK_RANGE, &since, &until) < 0)
		return;
	root = cJSON_CreateObject();
	data = cJSON_AddArrayToObject(root, "data");
	for (size_t i = 0; i < asked.count; i++) {
		if (!(asked.items[i]->ask & span->ask))
			continue;
		if (span->ask == ASK_RANGE)
			add_range(call, data, asked.items[i], span, since, until);
		else
			add_series(call, data, asked.items[i], span, since, until);
	}
	graph_windows(call, root, since, until);
	graph_give(call, root);
}

/* --- Instagram --- */

/* "(#100) The following metrics (a, b) …" when a metric cannot be asked like this. */
static int refuse_shape(struct call *call, const struct asked *asked, unsigned shape,
			const char *words)
{
	SCOPED(text)
	struct text names = { 0 };

	for (size_t i = 0; i < asked->count; i++)
		if (!(asked->items[i]->ask & shape))
			text_addf(&names, "%s%s", names.length ? ", " : "",
				  asked->items[i]->provider);
	if (!names.length)
		return 0;
	graph_refuse(call, 0, 100, 0, "(#100) The following metrics (%s) %s", text_str(&names),
		     words);
	return -1;
}

static int check_shape(struct call *call, const struct asked *asked, bool total)
{
	if (total)
		return refuse_shape(call, asked, ASK_TOTAL,
				    "are incompatible with the metric type (total_value)");
	return refuse_shape(call, asked, ASK_SERIES,
			    "should be specified with parameter metric_type=total_value");
}

static unsigned breakdown_bit(const char *breakdown)
{
	if (strcmp(breakdown, "follow_type") == 0)
		return BREAK_FOLLOW;
	if (strcmp(breakdown, "media_product_type") == 0)
		return BREAK_PRODUCT;
	if (strcmp(breakdown, "contact_button_type") == 0)
		return BREAK_CONTACT;
	return 0;
}

static int check_breakdown(struct call *call, const struct asked *asked, const char *breakdown,
			   bool total)
{
	unsigned bit = breakdown ? breakdown_bit(breakdown) : 0;

	for (size_t i = 0; breakdown && i < asked->count; i++) {
		if (total && asked->items[i]->ask & bit)
			continue;
		graph_refuse(call, 0, 100, 0, "(#100) Incompatible breakdowns (%s) for metric (%s)",
			     breakdown, asked->items[i]->provider);
		return -1;
	}
	return 0;
}

static bool asks_for(const struct asked *asked, const char *provider)
{
	for (size_t i = 0; i < asked->count; i++)
		if (strcmp(asked->items[i]->provider, provider) == 0)
			return true;
	return false;
}

/* The window, both ends inclusive; refused as the real one is, misleading words included. */
static int instagram_window(struct call *call, const struct asked *asked, int64_t *since,
			    int64_t *until)
{
	struct zone *pacific = call->world->pacific;
	int has_since = graph_time(call, "since", since);
	int has_until = has_since < 0 ? -1 : graph_time(call, "until", until);

	if (has_until < 0)
		return -1;
	if (!has_until)
		*until = has_since ? call->now : zone_midnight(pacific, today(call)) - 1;
	if (!has_since)
		*since = zone_midnight(pacific, zone_day(pacific, *until) - 1);
	if (*since > call->now || *since < call->now - RETENTION_S) {
		graph_refuse(call, 0, 100, 0,
			     "(#100) since param is not valid. Metrics data is available for the "
			     "last 2 years");
		return -1;
	}
	if (*until - *since > INSTAGRAM_WINDOW_MAX_S) {
		graph_refuse(call, 0, 100, 0,
			     "(#100) There cannot be more than 30 days (2592000 s) between since "
			     "and until.");
		return -1;
	}
	if (asks_for(asked, "follower_count") &&
	    *since < zone_midnight(pacific, today(call) - 30)) {
		graph_refuse(call, 0, 100, 0,
			     "(#100) (follower_count) metric only supports querying data for the "
			     "last 30 days excluding the current day");
		return -1;
	}
	return 0;
}

static bool is_small(const struct call *call)
{
	return account_level(call->object, today(call)) < FOLLOWERS_MIN;
}

static void add_result(cJSON *results, const char *dimension, int64_t value)
{
	cJSON *result;

	if (value <= 0 || value == TRUTH_NONE)
		return; /* empty categories are left out */
	result = cJSON_CreateObject();
	(void)cJSON_AddItemToArray(cJSON_AddArrayToObject(result, "dimension_values"),
				   cJSON_CreateString(dimension));
	(void)cJSON_AddNumberToObject(result, "value", (double)value);
	(void)cJSON_AddItemToArray(results, result);
}

static void add_breakdown(struct call *call, cJSON *total, const struct sim_metric *metric,
			  const char *breakdown, struct window window, int64_t value)
{
	cJSON *list = cJSON_AddArrayToObject(total, "breakdowns");
	cJSON *one = cJSON_CreateObject();
	cJSON *results;

	(void)cJSON_AddItemToArray(list, one);
	(void)cJSON_AddItemToArray(cJSON_AddArrayToObject(one, "dimension_keys"),
				   cJSON_CreateString(breakdown));
	results = cJSON_AddArrayToObject(one, "results");
	if (strcmp(metric->provider, "follows_and_unfollows") == 0) {
		const struct sim_metric *lost = sim_metric_find(SIM_INSTAGRAM, "followers_lost");

		add_result(results, "FOLLOWER", value);
		add_result(results, "NON_FOLLOWER", value_at(call, lost, window));
		return;
	}
	/* the parts of a unique number add up to more than the whole */
	switch (breakdown_bit(breakdown)) {
	case BREAK_FOLLOW:
		add_result(results, "FOLLOWER", value * 3 / 5);
		add_result(results, "NON_FOLLOWER",
			   value - value * 3 / 5 +
				   (metric->kind == METRIC_UNIQUE ? value / 50 : 0));
		break;
	case BREAK_PRODUCT:
		add_result(results, "REEL", value / 3);
		add_result(results, "STORY", value / 6);
		add_result(results, "POST",
			   value - value / 3 - value / 6 +
				   (metric->kind == METRIC_UNIQUE ? value / 20 : 0));
		break;
	default:
		add_result(results, "CALL", value);
	}
}

static void add_total(struct call *call, cJSON *data, const struct sim_metric *metric,
		      const char *breakdown, struct window window)
{
	bool follows = strcmp(metric->provider, "follows_and_unfollows") == 0;
	int64_t value;
	cJSON *total;

	if (follows && !breakdown)
		return; /* has no number of its own */
	value = window.days == 1 ? value_on(call, metric, window.first)
				 : value_at(call, metric, window);
	if (value == TRUTH_NONE)
		return;
	total = cJSON_AddObjectToObject(add_entry(call, data, metric, "day", ""), "total_value");
	if (!follows)
		(void)cJSON_AddNumberToObject(total, "value", (double)value);
	if (breakdown)
		add_breakdown(call, total, metric, breakdown, window, value);
}

/* end_time is the midnight with which the day begins. */
static void add_points(struct call *call, cJSON *data, const struct sim_metric *metric,
		       const char *period, struct window window)
{
	cJSON *values = cJSON_CreateArray();
	const struct span *span = span_named(period);

	for (int32_t day = window.first; day < window_end(window); day++) {
		int64_t value = rolling_value(call, metric, day, span->days);

		if (value != TRUTH_NONE)
			add_point(values, value, zone_midnight(call->world->pacific, day));
	}
	if (cJSON_GetArraySize(values) > 0)
		(void)cJSON_AddItemToObject(add_entry(call, data, metric, period, ""), "values",
					    values);
	else
		cJSON_Delete(values);
}

static int check_period(struct call *call, const char *period, bool total)
{
	if (period && (strcmp(period, "day") == 0 || strcmp(period, "lifetime") == 0 ||
		       (!total && (strcmp(period, "week") == 0 || strcmp(period, "days_28") == 0))))
		return 0;
	if (!period)
		graph_refuse(call, 0, 100, 0, "(#100) The parameter period is required");
	else
		graph_refuse(call, 0, 100, 0,
			     "(#100) period must be one of the following values: day, week, "
			     "days_28, month, lifetime, total_over_range");
	return -1;
}

void instagram_insights(struct call *call)
{
	const char *type = fields_get(&call->fields, "metric_type");
	const char *period = fields_get(&call->fields, "period");
	const char *breakdown = fields_get(&call->fields, "breakdown");
	bool total = type && strcmp(type, "total_value") == 0;
	int64_t since = 0, until = 0;
	struct window window;
	struct asked asked;
	cJSON *root, *data;

	if (instagram_metrics_asked(call, &asked) < 0 || check_period(call, period, total) < 0 ||
	    check_shape(call, &asked, total) < 0 ||
	    check_breakdown(call, &asked, breakdown, total) < 0 ||
	    instagram_window(call, &asked, &since, &until) < 0)
		return;
	/* the days that begin in [since, until]: exactly the next midnight brings another one */
	window.first = day_from(call, since);
	window.days = until > since ? zone_day(call->world->pacific, until) - window.first + 1 : 0;
	root = cJSON_CreateObject();
	data = cJSON_AddArrayToObject(root, "data");
	for (size_t i = 0; i < asked.count && window.days > 0; i++) {
		if (asked.items[i]->ask & NEEDS_FOLLOWERS && is_small(call))
			continue;
		if (total)
			add_total(call, data, asked.items[i], breakdown, window);
		else
			add_points(call, data, asked.items[i], period, window);
	}
	if (cJSON_GetArraySize(data) > 0)
		graph_windows(call, root, since, until);
	graph_give(call, root);
}
