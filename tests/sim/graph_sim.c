/* The Graph API's front: versions, faults, tokens, proofs, usage headers, nodes; then the edges. */
#include "graph.h"

#include "hash.h"

#include "metricsd/cleanup.h"
#include "metricsd/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	MESSAGE_MAX = 1024,
	HOUR_S = 3600,
	STANDARD_TIME_S = 8 * HOUR_S, /* Pacific midnight after the UTC one, in winter */
};

static void add_header(struct call *call, const char *name, const char *value)
{
	text_addf(&call->ret->headers, "%s: %s\r\n", name, value);
}

static void add_date(struct call *call)
{
	char date[64];
	time_t seconds = call->now;
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	if (strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		add_header(call, "Date", date);
}

static void trace_id(const struct call *call, char ret[24])
{
	(void)snprintf(ret, 24, "A%016" PRIx64, hash_two(call->world->seed, call->world->requests));
}

static void print(struct call *call, int status, cJSON *root)
{
	SCOPED(memory)
	char *text = cJSON_PrintUnformatted(root);

	call->ret->status = status;
	add_header(call, "Content-Type",
		   status == 200 ? "application/json; charset=UTF-8"
				 : "text/javascript; charset=UTF-8");
	text_add(&call->ret->body, text);
	cJSON_Delete(root);
}

void graph_give(struct call *call, cJSON *root)
{
	print(call, 200, root);
}

static const char *error_type(int code, int subcode)
{
	return code == 100 && subcode == 33 ? "GraphMethodException" : "OAuthException";
}

static int error_status(int code)
{
	switch (code) {
	case 1:
	case 2:
		return 500;
	case 4:
	case 10:
		return 403;
	default:
		return code >= 200 && code < 300 ? 403 : 400;
	}
}

void graph_refuse(struct call *call, int status, int code, int subcode, const char *format, ...)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *error = cJSON_AddObjectToObject(root, "error");
	char message[MESSAGE_MAX], trace[24];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	trace_id(call, trace);
	(void)cJSON_AddStringToObject(error, "message", message);
	(void)cJSON_AddStringToObject(error, "type", error_type(code, subcode));
	(void)cJSON_AddNumberToObject(error, "code", code);
	if (subcode)
		(void)cJSON_AddNumberToObject(error, "error_subcode", subcode);
	if (code == 2 || code == 4 || code == 17)
		(void)cJSON_AddBoolToObject(error, "is_transient", true);
	(void)cJSON_AddStringToObject(error, "fbtrace_id", trace);
	if (code == 190)
		text_addf(&call->ret->headers,
			  "WWW-Authenticate: OAuth \"Facebook Platform\" \"invalid_token\" "
			  "\"%s\"\r\n",
			  message);
	print(call, status ? status : error_status(code), root);
}

/* --- times and addresses --- */

void graph_time_text(int64_t time, char ret[GRAPH_TIME])
{
	int second = (int)(time % DAY_S);
	int year, month, day;

	day_split((int32_t)(time / DAY_S), &year, &month, &day);
	(void)snprintf(ret, GRAPH_TIME, "%04d-%02d-%02dT%02d:%02d:%02d+0000", year, month, day,
		       second / 3600, second / 60 % 60, second % 60);
}

int graph_time(struct call *call, const char *name, int64_t *ret)
{
	const char *value = fields_get(&call->fields, name);
	int32_t day;
	char *end;

	if (!value)
		return 0;
	if (day_parse(value, &day, NULL) == 0) {
		*ret = zone_midnight(call->world->pacific, day);
		return 1;
	}
	*ret = strtoll(value, &end, 10);
	if (end == value || *end) {
		graph_refuse(call, 0, 100, 0, "(#100) Param %s must be a valid date or timestamp",
			     name);
		return -1;
	}
	return 1;
}

static const char *changed(const char *const *changes, const char *name)
{
	for (; *changes; changes += 2)
		if (strcmp(changes[0], name) == 0)
			return changes[1];
	return NULL;
}

static void add_field(struct text *out, const char *name, const char *value)
{
	text_addf(out, "&%s=", name);
	text_add_url(out, value);
}

/* Like the real one it carries the token, which is why nobody may log or keep it. */
void graph_address(const struct call *call, struct text *out, const char *const *changes)
{
	text_addf(out, "https://graph.facebook.com/%s/%s/%s?access_token=%s", call->version,
		  call->object->id, call->edge, call->token);
	for (size_t i = 0; i < call->fields.count; i++) {
		const char *name = call->fields.items[i].name;

		if (!changed(changes, name) && strcmp(name, "access_token") != 0 &&
		    strcmp(name, "appsecret_proof") != 0)
			add_field(out, name, call->fields.items[i].value);
	}
	for (; *changes; changes += 2)
		add_field(out, changes[0], changes[1]);
}

void graph_windows(const struct call *call, cJSON *root, int64_t since, int64_t until)
{
	cJSON *paging = cJSON_AddObjectToObject(root, "paging");
	const int64_t starts[2] = { since - (until - since), until };
	static const char *const names[2] = { "previous", "next" };

	for (int i = 0; i < 2; i++) {
		SCOPED(text)
		struct text address = { 0 };
		char first[24], last[24];

		(void)snprintf(first, sizeof(first), "%" PRId64, starts[i]);
		(void)snprintf(last, sizeof(last), "%" PRId64, starts[i] + (until - since));
		graph_address(call, &address,
			      (const char *const[]){ "since", first, "until", last, NULL });
		(void)cJSON_AddStringToObject(paging, names[i], text_str(&address));
	}
}

/* --- what the metric parameter asks for --- */

/* One name of the list into `ret`; what is left of the list, NULL at its end. */
static const char *next_name(const char *list, char *ret, size_t room)
{
	size_t length = strcspn(list, ",");

	(void)snprintf(ret, room, "%.*s", (int)length, list);
	return list[length] ? list + length + 1 : NULL;
}

static bool is_dead(const struct call *call, const char *provider)
{
	return world_struck(call->world, SIM_FAULT_METRIC, call->object, provider, call->now);
}

int page_metrics_asked(struct call *call, struct asked *ret)
{
	const char *list = fields_get(&call->fields, "metric");
	char name[80];

	ret->count = 0;
	if (!list || !*list) {
		graph_refuse(call, 0, 3001, 1504028,
			     "(#3001) No metric was specified to be fetched. Please specify one or "
			     "more metrics to be fetched and try again.");
		return -1;
	}
	while (list && ret->count < ASKED_MAX) {
		const struct sim_metric *metric;

		list = next_name(list, name, sizeof(name));
		metric = sim_metric_provider(SIM_PAGE, name);
		if (!metric || is_dead(call, name)) {
			graph_refuse(call, 0, 100, 0,
				     "(#100) The value must be a valid insights metric");
			return -1;
		}
		ret->items[ret->count++] = metric;
	}
	return 0;
}

/* All names Instagram knows, those it has no numbers for here included, but for the dead ones. */
static void instagram_names(const struct call *call, struct text *out)
{
	static const char *const names[] = {
		"reach",
		"follower_count",
		"website_clicks",
		"profile_views",
		"online_followers",
		"accounts_engaged",
		"total_interactions",
		"likes",
		"comments",
		"shares",
		"saves",
		"replies",
		"engaged_audience_demographics",
		"reached_audience_demographics",
		"follower_demographics",
		"follows_and_unfollows",
		"profile_links_taps",
		"views",
		"threads_likes",
		"threads_replies",
		"reposts",
		"quotes",
		"threads_followers",
		"threads_follower_demographics",
		"content_views",
		"threads_views",
		"threads_clicks",
		"threads_reposts",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!is_dead(call, names[i]))
			text_addf(out, "%s%s", out->length ? "," : "", names[i]);
}

/* "a,b" with a blank behind each comma, as messages list them. */
static void add_list(struct text *out, const char *list)
{
	for (; *list; list++) {
		text_add_char(out, *list);
		if (*list == ',')
			text_add_char(out, ' ');
	}
}

int instagram_metrics_asked(struct call *call, struct asked *ret)
{
	const char *list = fields_get(&call->fields, "metric");
	SCOPED(text)
	struct text known = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	char name[80];

	ret->count = 0;
	if (!list || !*list) {
		graph_refuse(call, 0, 100, 0, "(#100) The parameter metric is required");
		return -1;
	}
	instagram_names(call, &known);
	for (int i = 0; list && i < ASKED_MAX; i++) {
		const struct sim_metric *metric;

		list = next_name(list, name, sizeof(name));
		if (!list_has(text_str(&known), name)) {
			add_list(&words, text_str(&known));
			graph_refuse(call, 0, 100, 0,
				     "(#100) metric[%d] must be one of the following values: %s", i,
				     text_str(&words));
			return -1;
		}
		metric = sim_metric_provider(SIM_INSTAGRAM, name);
		if (metric) /* a living name without data here is just not answered */
			ret->items[ret->count++] = metric;
	}
	return 0;
}

/* --- throttling --- */

static void add_use(struct call *call, int percent, int minutes)
{
	const struct account *object = call->object;

	if (object)
		text_addf(&call->ret->headers,
			  "X-Business-Use-Case-Usage: {\"%s\":[{\"type\":\"%s\",\"call_count\":%d,"
			  "\"total_cputime\":%d,\"total_time\":%d,"
			  "\"estimated_time_to_regain_access\":%d}]}\r\n",
			  object->id, object->kind == SIM_PAGE ? "pages" : "instagram", percent,
			  (percent + 3) / 4, (percent + 3) / 4, minutes);
}

static void add_app_use(struct call *call, int percent)
{
	text_addf(&call->ret->headers,
		  "X-App-Usage: {\"call_count\":%d,\"total_time\":25,\"total_cputime\":25}\r\n",
		  percent);
}

static void refuse_throttled(struct call *call, int code)
{
	const bool page = !call->object || call->object->kind == SIM_PAGE;

	switch (code ? code : page ? 80001 : 80002) {
	case 4:
		graph_refuse(call, 403, 4, 0, "(#4) Application request limit reached");
		break;
	case 17:
		graph_refuse(call, 0, 17, 0, "(#17) User request limit reached");
		break;
	case 32:
		graph_refuse(call, 0, 32, 0, "(#32) Page request limit reached");
		break;
	case 613:
		graph_refuse(call, 0, 613, 0,
			     "(#613) Calls to this api have exceeded the rate limit.");
		break;
	case 80002:
		graph_refuse(call, 0, 80002, 0,
			     "(#80002) There have been too many calls to this Instagram account. "
			     "Wait a bit and try again. For more info, please refer to "
			     "https://developers.facebook.com/docs/graph-api/overview/"
			     "rate-limiting.");
		break;
	default:
		graph_refuse(call, 0, 80001, 0,
			     "There have been too many calls to this Page account. Wait a bit and "
			     "try again. For more info, please refer to "
			     "https://developers.facebook.com/docs/graph-api/overview/"
			     "rate-limiting.");
	}
}

/* How much of its hourly quota the object has used, this call included: percent. */
static int use_of(struct call *call)
{
	struct account *object = call->object;
	int64_t hour = call->now / HOUR_S;

	if (object->hour != hour) {
		object->hour = hour;
		object->calls = 0;
	}
	object->calls++;
	if (!call->world->quirks.hourly_quota)
		return 1;
	return (int)((int64_t)object->calls * 100 / call->world->quirks.hourly_quota);
}

static bool throttled(struct call *call)
{
	const struct sim_fault *fault =
		world_struck(call->world, SIM_FAULT_THROTTLE, call->object, NULL, call->now);
	int used = call->object ? use_of(call) : 0;

	if (fault) {
		int64_t left = fault->until ? fault->until - call->now : HOUR_S;

		add_use(call, 100, (int)((left + 59) / 60));
		if (fault->code == 4)
			add_app_use(call, 100);
		refuse_throttled(call, fault->code);
		return true;
	}
	if (used > 100) {
		add_use(call, 100, (int)((HOUR_S - call->now % HOUR_S + 59) / 60));
		refuse_throttled(call, 0);
		return true;
	}
	add_use(call, used, 0);
	if (used >= 50) /* comes only from some level of use on */
		add_app_use(call, used / 2);
	return false;
}

/* --- tokens --- */

/* "Monday, 16-Nov-26 14:00:00 PST" */
void graph_pacific_words(const struct call *call, int64_t time, char ret[64])
{
	int32_t day = zone_day(call->world->pacific, time);
	int64_t midnight = zone_midnight(call->world->pacific, day);
	time_t local = (int64_t)day * DAY_S + (time - midnight);
	char date[32], clock[16];
	struct tm tm;

	ret[0] = '\0';
	(void)gmtime_r(&local, &tm);
	if (!strftime(date, sizeof(date), "%A, %d-%b", &tm) ||
	    !strftime(clock, sizeof(clock), "%H:%M:%S", &tm))
		return;
	(void)snprintf(ret, 64, "%s-%02d %s %s", date, tm.tm_year % 100, clock,
		       midnight % DAY_S == STANDARD_TIME_S ? "PST" : "PDT");
}

void graph_fault_words(const struct call *call, int subcode, int64_t since, char ret[256])
{
	char then[64], now[64];

	graph_pacific_words(call, since, then);
	graph_pacific_words(call, call->now, now);
	switch (subcode) {
	case 460:
		(void)snprintf(ret, 256,
			       "Error validating access token: The session has been invalidated "
			       "because the user changed their password or Facebook has changed "
			       "the session for security reasons.");
		break;
	case 463:
		(void)snprintf(ret, 256,
			       "Error validating access token: Session has expired on %s. The "
			       "current time is %s.",
			       then, now);
		break;
	case 459:
		(void)snprintf(ret, 256,
			       "Error validating access token: You cannot access the app till you "
			       "log in to www.facebook.com and follow the instructions given.");
		break;
	case 464:
		(void)snprintf(ret, 256,
			       "Error validating access token: The user is not a confirmed user.");
		break;
	default:
		(void)snprintf(ret, 256,
			       "Error validating access token: The session is invalid because the "
			       "user logged out.");
	}
}

enum holder graph_holder(const struct call *call, const char *token, const struct account **page)
{
	const struct sim_token *known = world_find_token(call->world, token);

	for (size_t i = 0; i < call->world->account_count; i++) {
		const struct account *account = call->world->accounts[i];

		if (account->kind == SIM_PAGE && strcmp(account->page_token, token) == 0) {
			*page = account;
			return HOLDER_PAGE;
		}
	}
	if (known)
		return HOLDER_ROOT;
	if (!*token || (call->world->root_token && strcmp(token, call->world->root_token) != 0))
		return HOLDER_NOBODY;
	return HOLDER_ROOT;
}

static bool token_is_good(struct call *call)
{
	const struct sim_fault *fault =
		world_struck(call->world, SIM_FAULT_TOKEN, call->object, NULL, call->now);
	char words[256];
	int subcode;

	if (!call->token) {
		graph_refuse(call, 0, 104, 0,
			     "An access token is required to request this resource.");
		return false;
	}
	call->holder = graph_holder(call, call->token, &call->page);
	if (call->holder == HOLDER_NOBODY) {
		graph_refuse(call, 0, 190, 0,
			     "Invalid OAuth access token - Cannot parse access token");
		return false;
	}
	if (fault) {
		subcode = fault->code ? fault->code : 463;
		graph_fault_words(call, subcode, fault->from, words);
		graph_refuse(call, 0, 190, subcode, "%s", words);
		return false;
	}
	if (graph_token_died(call, world_find_token(call->world, call->token), &subcode, words)) {
		graph_refuse(call, 0, 190, subcode, "%s", words);
		return false;
	}
	return true;
}

static bool proof_is_good(struct call *call)
{
	const char *proof = fields_get(&call->fields, "appsecret_proof");
	char right[SIM_PROOF];

	if (!call->world->app_secret)
		return true;
	if (!proof) {
		graph_refuse(call, 0, 100, 0,
			     "API calls from the server require an appsecret_proof argument");
		return false;
	}
	sim_proof(call->world->app_secret, call->token, right);
	if (strcmp(proof, right) != 0) {
		graph_refuse(call, 0, 100, 0,
			     "Invalid appsecret_proof provided in the API argument");
		return false;
	}
	return true;
}

/* Whether the token may see the object: its own Page, that Page's Instagram account, or all. */
static bool may_see(const struct call *call)
{
	const struct account *object = call->object;

	if (!object || object->kind == SIM_MATOMO)
		return false;
	if (call->holder == HOLDER_ROOT)
		return true;
	return object == call->page || (object->page && strcmp(object->page, call->page->id) == 0);
}

/* --- nodes --- */

const struct account *graph_instagram_of(const struct world *world, const struct account *page)
{
	for (size_t i = 0; i < world->account_count; i++) {
		const struct account *account = world->accounts[i];

		if (account->page && strcmp(account->page, page->id) == 0)
			return account;
	}
	return NULL;
}

static int64_t level_now(const struct call *call)
{
	int64_t level = account_level(call->object, zone_day(call->object->insights, call->now));

	return level == TRUTH_NONE ? call->object->followers : level;
}

static void page_fields(struct call *call, const char *fields, cJSON *root)
{
	const struct account *instagram = graph_instagram_of(call->world, call->object);
	const int64_t fans = level_now(call) * 94 / 100;

	if (list_has(fields, "name"))
		(void)cJSON_AddStringToObject(root, "name", "Alcaldía simulada");
	if (list_has(fields, "username"))
		(void)cJSON_AddStringToObject(root, "username", "alcaldiasimulada");
	if (list_has(fields, "link"))
		(void)cJSON_AddStringToObject(root, "link",
					      "https://www.facebook.com/alcaldiasimulada");
	if (list_has(fields, "fan_count"))
		(void)cJSON_AddNumberToObject(root, "fan_count", (double)fans);
	if (list_has(fields, "followers_count"))
		(void)cJSON_AddNumberToObject(root, "followers_count", (double)level_now(call));
	if (list_has(fields, "access_token"))
		(void)cJSON_AddStringToObject(root, "access_token", call->object->page_token);
	if (list_has(fields, "instagram_business_account") && instagram)
		(void)cJSON_AddStringToObject(
			cJSON_AddObjectToObject(root, "instagram_business_account"), "id",
			instagram->id);
}

static void instagram_fields(struct call *call, const char *fields, cJSON *root)
{
	const int64_t since = (int64_t)call->object->since * DAY_S;

	if (list_has(fields, "username"))
		(void)cJSON_AddStringToObject(root, "username", "alcaldiasimulada");
	if (list_has(fields, "name"))
		(void)cJSON_AddStringToObject(root, "name", "Alcaldía simulada");
	if (list_has(fields, "followers_count"))
		(void)cJSON_AddNumberToObject(root, "followers_count", (double)level_now(call));
	if (list_has(fields, "follows_count"))
		(void)cJSON_AddNumberToObject(root, "follows_count", 112);
	if (list_has(fields, "media_count")) /* a hint only: the real one is off, too */
		(void)cJSON_AddNumberToObject(
			root, "media_count",
			(double)published_count(call->object, 1U << ITEM_POST | 1U << ITEM_REEL,
						since, call->now) +
				14);
}

static void answer_node(struct call *call)
{
	const char *fields = fields_get(&call->fields, "fields");
	cJSON *root = cJSON_CreateObject();

	if (!fields)
		fields = call->object->kind == SIM_PAGE ? "name" : "";
	if (call->object->kind == SIM_PAGE)
		page_fields(call, fields, root);
	else
		instagram_fields(call, fields, root);
	(void)cJSON_AddStringToObject(root, "id", call->object->id);
	graph_give(call, root);
}

static void answer_edge(struct call *call)
{
	if (!*call->edge)
		answer_node(call);
	else if (strcmp(call->edge, "insights") == 0 && call->object->kind == SIM_PAGE)
		page_insights(call);
	else if (strcmp(call->edge, "insights") == 0)
		instagram_insights(call);
	else if (!graph_list(call))
		graph_refuse(call, 0, 2500, 0, "Unknown path components: /%s", call->edge);
}

/* --- calls without an object --- */

static void answer_accounts(struct call *call)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *data = cJSON_AddArrayToObject(root, "data");

	for (size_t i = 0; i < call->world->account_count && call->holder == HOLDER_ROOT; i++) {
		const struct account *account = call->world->accounts[i];
		cJSON *page, *tasks;

		if (account->kind != SIM_PAGE)
			continue;
		page = cJSON_CreateObject();
		(void)cJSON_AddStringToObject(page, "access_token", account->page_token);
		(void)cJSON_AddStringToObject(page, "name", "Alcaldía simulada");
		(void)cJSON_AddStringToObject(page, "id", account->id);
		tasks = cJSON_AddArrayToObject(page, "tasks");
		(void)cJSON_AddItemToArray(tasks, cJSON_CreateString("ANALYZE"));
		(void)cJSON_AddItemToArray(data, page);
	}
	graph_give(call, root);
}

/* --- the call as a whole --- */

struct version {
	const char *name;
	int year, month, day; /* its last day; 0: not announced */
};

static const struct version versions[] = {
	{ "v21.0", 2027, 1, 21 }, { "v22.0", 2027, 5, 20 }, { "v23.0", 2027, 10, 8 },
	{ "v24.0", 2028, 2, 18 }, { "v25.0", 2028, 7, 29 }, { "v26.0", 0, 0, 0 },
};

static bool is_gone(const struct version *version, int64_t now)
{
	return version->year &&
	       now >= (int64_t)day_of(version->year, version->month, version->day) * DAY_S;
}

/* A version that is gone, or none, is silently served by the oldest living one. -1: never was. */
static int serve_version(struct call *call, const char *asked)
{
	const size_t count = sizeof(versions) / sizeof(versions[0]);
	const char *served = NULL;
	size_t oldest = 0;

	while (oldest < count - 1 && is_gone(&versions[oldest], call->now))
		oldest++;
	for (size_t i = oldest; i < count; i++)
		if (strcmp(asked, versions[i].name) == 0)
			served = versions[i].name;
	if (!served && (!*asked || atoi(asked + 1) < atoi(versions[count - 1].name + 1)))
		served = versions[oldest].name;
	if (!served)
		return -1;
	if (call->world->quirks.version_served)
		served = call->world->quirks.version_served;
	(void)snprintf(call->version, sizeof(call->version), "%s", served);
	add_header(call, "facebook-api-version", served);
	return 0;
}

struct path {
	char version[16];
	char object[64];
	char edge[48];
	bool too_deep;
};

static const char *component(const char *path, char *ret, size_t room)
{
	size_t length = strcspn(path, "/?");

	(void)snprintf(ret, room, "%.*s", (int)length, path);
	path += length;
	return *path == '/' ? path + 1 : path;
}

static void split(const char *target, struct path *ret)
{
	const char *at = *target == '/' ? target + 1 : target;

	*ret = (struct path){ 0 };
	if (at[0] == 'v' && isdigit((unsigned char)at[1]))
		at = component(at, ret->version, sizeof(ret->version));
	at = component(at, ret->object, sizeof(ret->object));
	at = component(at, ret->edge, sizeof(ret->edge));
	ret->too_deep = *at && *at != '?';
}

static void answer(struct call *call, const struct path *path, bool post)
{
	const char *bare = path->object;

	if (strcmp(bare, "debug_token") == 0) {
		graph_debug(call, post);
		return;
	}
	if (strcmp(bare, "oauth") == 0 && strcmp(path->edge, "access_token") == 0) {
		graph_exchange(call);
		return;
	}
	if (!token_is_good(call) || !proof_is_good(call))
		return;
	if (strcmp(bare, "me") == 0 && strcmp(path->edge, "accounts") == 0) {
		answer_accounts(call);
		return;
	}
	if (!may_see(call)) {
		graph_refuse(call, 0, 100, 33,
			     "Unsupported get request. Object with ID '%s' does not exist, cannot "
			     "be loaded due to missing permissions, or does not support this "
			     "operation. Please read the Graph API documentation at "
			     "https://developers.facebook.com/docs/graph-api",
			     bare);
		return;
	}
	if (path->too_deep) {
		graph_refuse(call, 0, 2500, 0, "Unknown path components: /%s/...", path->edge);
		return;
	}
	answer_edge(call);
}

void graph_answer(struct world *world, const struct sim_request *request, int64_t now,
		  struct sim_response *ret)
{
	struct call call = { .world = world, .now = now, .ret = ret };
	const char *mark = strchr(request->target, '?');
	const struct sim_fault *fault;
	struct path path;
	char trace[24];

	split(request->target, &path);
	if (mark)
		fields_add(&call.fields, mark + 1, strlen(mark + 1));
	if (request->body)
		fields_add(&call.fields, request->body, strlen(request->body));
	call.token = request->bearer ? request->bearer : fields_get(&call.fields, "access_token");
	call.object = world_find(world, path.object);
	memcpy(call.edge, path.edge, sizeof(call.edge));
	trace_id(&call, trace);
	add_date(&call);
	add_header(&call, "x-fb-trace-id", trace);
	fault = world_struck(world, SIM_FAULT_SERVER, call.object, NULL, now);
	if (fault) {
		ret->status = fault->code ? fault->code : 503;
		add_header(&call, "Content-Type", "text/html; charset=utf-8");
		text_addf(&ret->body, "<html><head><title>%d</title></head><body></body></html>",
			  ret->status);
	} else if (serve_version(&call, path.version) < 0) {
		graph_refuse(&call, 0, 2500, 0, "Unknown path components: /%s", path.version);
	} else if (!throttled(&call)) {
		answer(&call, &path, request->method == HTTP_POST);
	}
	fields_clear(&call.fields);
}
