/* Umami's API, of a server of one's own and of the Cloud, in the shapes of its versions. Its
 * numbers are there at once. What it does not understand it answers with zeros, as the real one
 * does. */
#include "world.h"

#include "hash.h"

#include "metricsd/cleanup.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_TEXT = 40, DAYS_ASKED_MAX = 230 };

struct call {
	struct world *world;
	struct account *site; /* NULL: no such site */
	const struct fields *fields;
	struct sim_response *ret;
};

/* Takes over `root`. */
static void answer(struct sim_response *ret, int status, cJSON *root)
{
	SCOPED(memory)
	char *text = cJSON_PrintUnformatted(root);

	ret->status = status;
	text_add(&ret->headers, "Content-Type: application/json\r\n");
	text_add(&ret->body, text);
	cJSON_Delete(root);
}

/* {"error":{…}} of 3.x, {"error":"…"} before. */
static void refuse(const struct world *world, int status, const char *code, const char *words,
		   struct sim_response *ret)
{
	cJSON *root = cJSON_CreateObject();

	if (world->quirks.umami_version) {
		(void)cJSON_AddStringToObject(root, "error", words);
	} else {
		cJSON *error = cJSON_AddObjectToObject(root, "error");

		(void)cJSON_AddStringToObject(error, "message", words);
		(void)cJSON_AddStringToObject(error, "code", code);
		(void)cJSON_AddNumberToObject(error, "status", status);
	}
	answer(ret, status, root);
}

/* --- who asks --- */

static void token_text(const struct world *world, char ret[TOKEN_TEXT])
{
	(void)snprintf(ret, TOKEN_TEXT, "umami.sim-%016" PRIx64, hash_two(world->seed, 0x0A3));
}

static bool is_same(const char *expected, const char *given)
{
	return given && (!expected || strcmp(expected, given) == 0);
}

static void answer_login(const struct world *world, const struct sim_request *request,
			 struct sim_response *ret)
{
	SCOPED(json)
	cJSON *body = NULL;
	cJSON *root, *user;
	char token[TOKEN_TEXT];

	if (!request->body || !request->json ||
	    json_parse(request->body, strlen(request->body), &body, NULL) < 0 ||
	    !is_same(world->web.umami_user, json_text(body, "username")) ||
	    !is_same(world->web.umami_password, json_text(body, "password"))) {
		refuse(world, 401, "incorrect-username-password", "Unauthorized", ret);
		return;
	}
	token_text(world, token);
	root = cJSON_CreateObject();
	(void)cJSON_AddStringToObject(root, "token", token);
	user = cJSON_AddObjectToObject(root, "user");
	(void)cJSON_AddStringToObject(user, "username", json_text(body, "username"));
	(void)cJSON_AddStringToObject(user, "role", "view-only");
	answer(ret, 200, root);
}

static bool may_ask(const struct world *world, const struct sim_request *request, bool cloud)
{
	char token[TOKEN_TEXT];

	if (cloud)
		return is_same(world->web.umami_key, request->api_key);
	token_text(world, token);
	return request->bearer && strcmp(request->bearer, token) == 0;
}

/* --- numbers --- */

/* The whole days of the site between startAt and endAt, in milliseconds; none for anything else. */
static struct window window_of(const struct call *call)
{
	const char *start = fields_get(call->fields, "startAt");
	const char *end = fields_get(call->fields, "endAt");
	int64_t from = start ? strtoll(start, NULL, 10) : 0;
	int64_t to = end ? strtoll(end, NULL, 10) + 1 : 0;
	struct zone *zone;
	int32_t first, last;

	if (!call->site || to <= from)
		return (struct window){ 0 };
	zone = call->site->insights;
	first = zone_day(zone, from / 1000);
	if (zone_midnight(zone, first) * 1000 < from)
		first++;
	last = zone_day(zone, to / 1000);
	return (struct window){ first, last > first ? last - first : 0 };
}

static int64_t value_of(const struct call *call, const char *metric, struct window window)
{
	const struct sim_metric *what = sim_metric_find(SIM_UMAMI, metric);
	int64_t value = 0;

	if (window.days > 0)
		value = account_value(call->world, call->site, what, window, what->kind, INT64_MAX);
	return value == TRUTH_NONE ? 0 : value;
}

static void add_stat(const struct call *call, cJSON *root, const char *name, int64_t value)
{
	int version = call->world->quirks.umami_version;
	cJSON *stat;

	if (!version) {
		(void)cJSON_AddNumberToObject(root, name, (double)value);
		return;
	}
	stat = cJSON_AddObjectToObject(root, name);
	(void)cJSON_AddNumberToObject(stat, "value", (double)value);
	(void)cJSON_AddNumberToObject(stat, version >= 212 ? "prev" : "change", (double)value - 1);
}

static void answer_stats(const struct call *call)
{
	struct window window = window_of(call);
	int version = call->world->quirks.umami_version;
	bool old = version && version < 211;
	cJSON *root = cJSON_CreateObject();
	int64_t visits = value_of(call, "visits", window);

	add_stat(call, root, "pageviews", value_of(call, "views", window));
	add_stat(call, root, old ? "uniques" : "visitors", value_of(call, "visitors", window));
	if (!old)
		add_stat(call, root, "visits", visits);
	add_stat(call, root, "bounces", visits * 41 / 100);
	add_stat(call, root, "totaltime", visits * 132);
	answer(call->ret, 200, root);
}

/* Days without anything have no row. A day that lacks is in no row, but in the totals. */
static void answer_rows(const struct call *call)
{
	static const char *const names[] = { "pageviews", "sessions" };
	static const char *const metrics[] = { "views", "visitors" };
	struct window window = window_of(call);
	bool local = fields_get(call->fields, "timezone") != NULL;
	cJSON *root = cJSON_CreateObject();

	for (size_t i = 0; i < 2; i++) {
		cJSON *rows = cJSON_AddArrayToObject(root, names[i]);

		for (int32_t j = 0; j < window.days && j < DAYS_ASKED_MAX; j++) {
			struct window one = { window.first + j, 1 };
			int64_t value = value_of(call, metrics[i], one);
			char date[DAY_TEXT], text[32];
			cJSON *row;

			if (value == 0 ||
			    world_day_lacks(call->world, call->site, names[i], one.first))
				continue;
			(void)snprintf(text, sizeof(text), local ? "%s 00:00:00" : "%sT00:00:00Z",
				       day_text(one.first, date));
			row = cJSON_CreateObject();
			(void)cJSON_AddStringToObject(row, "x", text);
			(void)cJSON_AddNumberToObject(row, "y", (double)value);
			(void)cJSON_AddItemToArray(rows, row);
		}
	}
	answer(call->ret, 200, root);
}

static void answer_site(const struct call *call)
{
	cJSON *root;

	if (!call->site) {
		answer(call->ret, 200, cJSON_CreateNull());
		return;
	}
	root = cJSON_CreateObject();
	(void)cJSON_AddStringToObject(root, "id", call->site->id);
	(void)cJSON_AddStringToObject(root, "name", "Sede");
	(void)cJSON_AddStringToObject(root, "domain", "sede.example.org");
	(void)cJSON_AddNullToObject(root, "deletedAt");
	answer(call->ret, 200, root);
}

static void answer_website(struct call *call, const char *rest, int64_t now)
{
	const struct sim_fault *fault =
		world_struck(call->world, SIM_FAULT_SERVER, call->site, NULL, now);

	if (fault)
		call->ret->status = fault->code ? fault->code : 500;
	else if (world_struck(call->world, SIM_FAULT_THROTTLE, call->site, NULL, now))
		refuse(call->world, 429, "too-many-requests", "Too many requests", call->ret);
	else if (!*rest)
		answer_site(call);
	else if (strcmp(rest, "/stats") == 0)
		answer_stats(call);
	else if (strcmp(rest, "/pageviews") == 0)
		answer_rows(call);
	else
		call->ret->status = 404;
}

void umami_answer(struct world *world, const struct sim_request *request, int64_t now,
		  struct sim_response *ret)
{
	bool cloud = strncmp(request->target, "/v1/", 4) == 0;
	const char *id = strstr(request->target, "/websites/");
	size_t path = strcspn(request->target, "?");
	struct fields fields = { 0 };
	struct call call = { .world = world, .fields = &fields, .ret = ret };

	if (!id) {
		answer_login(world, request, ret);
		return;
	}
	id += strlen("/websites/");
	if (request->target[path])
		fields_add(&fields, request->target + path + 1, strlen(request->target + path + 1));
	if (!may_ask(world, request, cloud)) {
		refuse(world, 401, "unauthorized", "Unauthorized", ret);
	} else {
		SCOPED(memory)
		char *name = memory_text_n(id, strcspn(id, "/?"));
		SCOPED(memory)
		char *rest = memory_text_n(id + strlen(name), strcspn(id + strlen(name), "?"));

		call.site = world_find(world, name);
		if (call.site && call.site->kind != SIM_UMAMI)
			call.site = NULL;
		answer_website(&call, rest, now);
	}
	fields_clear(&fields);
}
