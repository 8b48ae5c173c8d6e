/* Plausible's Stats API v2, as far as a collector of visits needs it. Its numbers are there at
 * once. */
#include "world.h"

#include "metricsd/cleanup.h"
#include "metricsd/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_ASKED_MAX = 4000, COLUMNS_MAX = 10 };

struct query {
	struct account *site;
	const struct sim_metric *metrics[COLUMNS_MAX];
	int count;
	bool daily, labels;
	struct window window;
};

/* Takes over `root`. */
static void answer(struct sim_response *ret, int status, cJSON *root)
{
	SCOPED(memory)
	char *text = cJSON_PrintUnformatted(root);

	ret->status = status;
	text_add(&ret->headers, "Content-Type: application/json; charset=utf-8\r\n");
	text_add(&ret->body, text);
	cJSON_Delete(root);
}

static void refuse(struct sim_response *ret, int status, const char *words)
{
	cJSON *root = cJSON_CreateObject();

	(void)cJSON_AddStringToObject(root, "error", words);
	answer(ret, status, root);
}

static int64_t value_of(const struct world *world, const struct query *query, int column,
			struct window window)
{
	int64_t value = account_value(world, query->site, query->metrics[column], window,
				      query->metrics[column]->kind, INT64_MAX);

	return value == TRUTH_NONE ? 0 : value;
}

/* A day without a visit has no row; a total always has one. */
static void add_row(const struct world *world, const struct query *query, struct window window,
		    cJSON *results)
{
	cJSON *row = cJSON_CreateObject();
	cJSON *values = cJSON_AddArrayToObject(row, "metrics");
	cJSON *dimensions = cJSON_AddArrayToObject(row, "dimensions");
	bool any = !query->daily;
	char date[DAY_TEXT];

	for (int i = 0; i < query->count; i++) {
		int64_t value = value_of(world, query, i, window);

		any = any || value > 0;
		(void)cJSON_AddItemToArray(values, cJSON_CreateNumber((double)value));
	}
	if (query->daily)
		(void)cJSON_AddItemToArray(dimensions,
					   cJSON_CreateString(day_text(window.first, date)));
	if (any)
		(void)cJSON_AddItemToArray(results, row);
	else
		cJSON_Delete(row);
}

/* "2026-10-01T00:00:00+02:00" */
static cJSON *moment(const struct query *query, int32_t day)
{
	int64_t off = (int64_t)day * 86400 - zone_midnight(query->site->insights, day);
	char date[DAY_TEXT], text[48];
	int minutes = (int)(off / 60);

	(void)snprintf(text, sizeof(text), "%sT00:00:00%c%02d:%02d", day_text(day, date),
		       minutes < 0 ? '-' : '+', abs(minutes) / 60 % 100, abs(minutes) % 60);
	return cJSON_CreateString(text);
}

static void answer_query(const struct world *world, const struct query *query,
			 struct sim_response *ret)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *results = cJSON_AddArrayToObject(root, "results");
	cJSON *meta = cJSON_AddObjectToObject(root, "meta");
	cJSON *echo = cJSON_AddObjectToObject(root, "query");
	cJSON *range = cJSON_AddArrayToObject(echo, "date_range");
	cJSON *labels = query->labels ? cJSON_AddArrayToObject(meta, "time_labels") : NULL;
	char date[DAY_TEXT];

	(void)cJSON_AddStringToObject(echo, "site_id", query->site->id);
	(void)cJSON_AddItemToArray(range, moment(query, query->window.first));
	(void)cJSON_AddItemToArray(range, moment(query, window_end(query->window)));
	if (!query->daily)
		add_row(world, query, query->window, results);
	for (int32_t i = 0; query->daily && i < query->window.days && i < DAYS_ASKED_MAX; i++) {
		int32_t day = query->window.first + i;

		add_row(world, query, (struct window){ day, 1 }, results);
		if (labels)
			(void)cJSON_AddItemToArray(labels, cJSON_CreateString(day_text(day, date)));
	}
	answer(ret, 200, root);
}

/* Whether the days are two dates in order. */
static bool read_range(const cJSON *root, struct window *ret)
{
	const cJSON *range = json_array(root, "date_range");
	const cJSON *first = cJSON_GetArrayItem(range, 0), *last = cJSON_GetArrayItem(range, 1);
	int32_t from, to;

	if (!cJSON_IsString(first) || !cJSON_IsString(last) ||
	    day_parse(first->valuestring, &from, NULL) < 0 ||
	    day_parse(last->valuestring, &to, NULL) < 0 || to < from)
		return false;
	*ret = (struct window){ from, to - from + 1 };
	return true;
}

static const char *read_query(const cJSON *root, struct query *ret)
{
	const cJSON *dimension = cJSON_GetArrayItem(json_array(root, "dimensions"), 0);
	const cJSON *metric;

	cJSON_ArrayForEach (metric, json_array(root, "metrics")) {
		const struct sim_metric *known =
			cJSON_IsString(metric)
				? sim_metric_provider(SIM_PLAUSIBLE, metric->valuestring)
				: NULL;

		if (!known || ret->count == COLUMNS_MAX)
			return "Invalid metric.";
		ret->metrics[ret->count++] = known;
	}
	if (ret->count == 0)
		return "`metrics` is required.";
	if (dimension &&
	    (!cJSON_IsString(dimension) || strcmp(dimension->valuestring, "time:day") != 0))
		return "The simulation knows the dimension time:day only.";
	ret->daily = dimension != NULL;
	ret->labels = cJSON_IsTrue(json_member(json_member(root, "include"), "time_labels"));
	return read_range(root, &ret->window) ? NULL : "Invalid date_range.";
}

/* What is refused before the query is looked at: true when it was. */
static bool refused(const struct world *world, const struct sim_request *request,
		    const struct account *site, int64_t now, struct sim_response *ret)
{
	const struct sim_fault *fault = world_struck(world, SIM_FAULT_SERVER, site, NULL, now);

	if (fault) {
		ret->status = fault->code ? fault->code : 503;
		text_add(&ret->body, "<html><body><h1>Service unavailable</h1></body></html>");
	} else if (!request->bearer) {
		refuse(ret, 401,
		       "Missing API key. Please use a valid Plausible API key as a "
		       "Bearer Token.");
	} else if (world_struck(world, SIM_FAULT_THROTTLE, site, NULL, now)) {
		refuse(ret, 429,
		       "Too many API requests. Your API key is limited to 600 requests "
		       "per hour. Please contact us to request more capacity.");
	} else if (!*request->bearer || !site || site->kind != SIM_PLAUSIBLE ||
		   world_struck(world, SIM_FAULT_TOKEN, site, NULL, now) ||
		   (world->web.plausible_key &&
		    strcmp(request->bearer, world->web.plausible_key) != 0)) {
		refuse(ret, 401,
		       "Invalid API key or site ID. Please make sure you're using a "
		       "valid API key with access to the site you've requested.");
	} else {
		return false;
	}
	return true;
}

void plausible_answer(struct world *world, const struct sim_request *request, int64_t now,
		      struct sim_response *ret)
{
	struct query query = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const char *id, *wrong;

	if (!request->body || !request->json ||
	    json_parse(request->body, strlen(request->body), &root, NULL) < 0) {
		refuse(ret, 400,
		       "Missing site ID. Please provide the required site_id parameter "
		       "with your request.");
		return;
	}
	id = json_text(root, "site_id");
	query.site = id ? world_find(world, id) : NULL;
	if (refused(world, request, query.site, now, ret))
		return;
	wrong = read_query(root, &query);
	if (wrong)
		refuse(ret, 400, wrong);
	else
		answer_query(world, &query, ret);
}
