/* Matomo's Reporting API (5.x), as far as a collector of visits needs it. */
#include "world.h"

#include "metricsd/cleanup.h"
#include "metricsd/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_PER_DAY = 86400, WINDOWS_MAX = 1000 };

struct call {
	struct world *world;
	struct account *site;
	const struct fields *fields;
	int64_t now;
	struct sim_response *ret;
};

enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_YEAR, PERIOD_RANGE };

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

	(void)cJSON_AddStringToObject(root, "result", "error");
	(void)cJSON_AddStringToObject(root, "message", words);
	answer(ret, status, root);
}

/* How much of the day has gone by: only the running one is told in part, as Matomo does. */
static double part_of(const struct call *call, int32_t day)
{
	int64_t begin = zone_midnight(call->site->insights, day);
	int64_t end = zone_midnight(call->site->insights, day + 1);

	if (call->now <= begin)
		return 0;
	return call->now >= end ? 1 : (double)(call->now - begin) / (double)(end - begin);
}

static int64_t number_of(const struct call *call, const char *metric, struct window window)
{
	const struct sim_metric *what = sim_metric_find(SIM_MATOMO, metric);
	int32_t today = zone_day(call->site->insights, call->now);
	int64_t value;

	if (window.days == 1 && window.first == today)
		return (int64_t)((double)account_value(call->world, call->site, what, window,
						       what->kind, INT64_MAX) *
				 part_of(call, today));
	value = account_value(call->world, call->site, what, window, what->kind, call->now);
	return value == TRUTH_NONE ? 0 : value;
}

static void add(cJSON *object, const char *name, int64_t value)
{
	(void)cJSON_AddNumberToObject(object, name, (double)value);
}

static cJSON *summary_of(const struct call *call, enum period period, struct window window)
{
	cJSON *object = cJSON_CreateObject();
	int64_t visits = number_of(call, "visits", window);
	bool unique = period <= PERIOD_WEEK ||
		      (period == PERIOD_MONTH && !call->world->quirks.no_month_unique);

	if (unique)
		add(object, "nb_uniq_visitors", number_of(call, "visitors", window));
	if (unique)
		add(object, "nb_users", 0);
	add(object, "nb_visits", visits);
	add(object, "nb_actions", number_of(call, "views", window) * 9 / 8);
	add(object, "nb_visits_converted", 0);
	add(object, "bounce_count", visits * 41 / 100);
	add(object, "sum_visit_length", visits * 132);
	add(object, "max_actions", visits ? 38 : 0);
	(void)cJSON_AddStringToObject(object, "bounce_rate", visits ? "41%" : "0%");
	(void)cJSON_AddNumberToObject(object, "nb_actions_per_visit", visits ? 3.4 : 0);
	add(object, "avg_time_on_site", visits ? 132 : 0);
	return object;
}

static cJSON *actions_of(const struct call *call, struct window window)
{
	cJSON *object = cJSON_CreateObject();
	int64_t views = number_of(call, "views", window);

	add(object, "nb_pageviews", views);
	add(object, "nb_uniq_pageviews", views * 5 / 6);
	add(object, "nb_downloads", views / 74);
	add(object, "nb_uniq_downloads", views / 76);
	add(object, "nb_outlinks", views / 50);
	add(object, "nb_uniq_outlinks", views / 52);
	add(object, "nb_searches", views / 193);
	add(object, "nb_keywords", views / 290);
	return object;
}

static cJSON *report_of(const struct call *call, enum period period, struct window window)
{
	if (strcmp(fields_get(call->fields, "method"), "Actions.get") == 0)
		return actions_of(call, window);
	return summary_of(call, period, window);
}

static int period_of(const char *word, enum period *ret)
{
	static const char *const words[] = { "day", "week", "month", "year", "range" };

	for (int i = PERIOD_DAY; i <= PERIOD_RANGE; i++) {
		if (strcmp(word, words[i]) == 0) {
			*ret = (enum period)i;
			return 0;
		}
	}
	return -1;
}

/* The period's window that has the day. */
static struct window around(enum period period, int32_t day)
{
	int year, month, mday;

	switch (period) {
	case PERIOD_DAY:
	case PERIOD_RANGE:
		return (struct window){ day, 1 };
	case PERIOD_WEEK: /* from Monday; 1970-01-01 was a Thursday */
		return (struct window){ day - (day + 3) % 7, 7 };
	case PERIOD_MONTH:
		return month_of(day);
	case PERIOD_YEAR:
		day_split(day, &year, &month, &mday);
		return (struct window){ day_of(year, 1, 1),
					day_of(year + 1, 1, 1) - day_of(year, 1, 1) };
	}
	return (struct window){ day, 1 };
}

static void key_of(enum period period, struct window window, char ret[2 * DAY_TEXT])
{
	char first[DAY_TEXT], last[DAY_TEXT];

	(void)day_text(window.first, first);
	(void)day_text(window_end(window) - 1, last);
	if (period == PERIOD_WEEK)
		(void)snprintf(ret, (size_t)2 * DAY_TEXT, "%s,%s", first, last);
	else
		(void)snprintf(ret, (size_t)2 * DAY_TEXT, "%.*s",
			       period == PERIOD_MONTH  ? 7
			       : period == PERIOD_YEAR ? 4
						       : 10,
			       first);
}

/* An object keyed by period; one without visits is an empty array. */
static void answer_each(const struct call *call, enum period period, struct window window)
{
	cJSON *root = cJSON_CreateObject();
	int32_t day = window.first;

	for (int i = 0; i < WINDOWS_MAX && day < window_end(window); i++) {
		struct window one = around(period, day);
		char key[2 * DAY_TEXT];

		key_of(period, one, key);
		(void)cJSON_AddItemToObject(root, key,
					    number_of(call, "visits", one)
						    ? report_of(call, period, one)
						    : cJSON_CreateArray());
		day = window_end(one);
	}
	answer(call->ret, 200, root);
}

static void answer_report(const struct call *call)
{
	const char *word = fields_get(call->fields, "period");
	const char *date = fields_get(call->fields, "date");
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text first = { 0 };
	enum period period;
	int32_t from, to;
	const char *comma;

	if (!word || !date) {
		text_addf(&words, "Please specify a value for '%s'.", word ? "date" : "period");
		refuse(call->ret, 200, text_str(&words));
		return;
	}
	if (period_of(word, &period) < 0) {
		text_addf(
			&words,
			"The period '%s' is not supported. Try any of the following instead: day, "
			"week, month, year, range",
			word);
		refuse(call->ret, 200, text_str(&words));
		return;
	}
	comma = strchr(date, ',');
	text_add_n(&first, date, comma ? (size_t)(comma - date) : strlen(date));
	if (day_parse(text_str(&first), &from, NULL) < 0 ||
	    (comma && day_parse(comma + 1, &to, NULL) < 0) || (comma && to < from) ||
	    (period == PERIOD_RANGE && !comma)) {
		text_addf(&words,
			  "The date '%s' is not a correct date format. Please use the following "
			  "format: YYYY-MM-DD, or date ranges as YYYY-MM-DD,YYYY-MM-DD.",
			  date);
		refuse(call->ret, 200, text_str(&words));
		return;
	}
	if (!comma)
		answer(call->ret, 200, report_of(call, period, around(period, from)));
	else if (period == PERIOD_RANGE)
		answer(call->ret, 200,
		       report_of(call, period, (struct window){ from, to - from + 1 }));
	else
		answer_each(call, period, (struct window){ from, to - from + 1 });
}

static void answer_site(const struct call *call)
{
	cJSON *root = cJSON_CreateObject();
	char since[DAY_TEXT], created[2 * DAY_TEXT];

	(void)snprintf(created, sizeof(created), "%s 00:00:00", day_text(call->site->since, since));
	add(root, "idsite", strtoll(call->site->id, NULL, 10));
	(void)cJSON_AddStringToObject(root, "name", "Sede");
	(void)cJSON_AddStringToObject(root, "main_url", "https://sede.example.org");
	(void)cJSON_AddStringToObject(root, "ts_created", created);
	(void)cJSON_AddStringToObject(root, "timezone", zone_name(call->site->insights));
	(void)cJSON_AddStringToObject(root, "currency", "COP");
	answer(call->ret, 200, root);
}

/* Whether the token came as it should: in a POST's body, and right. */
static bool may_ask(const struct world *world, const struct fields *form,
		    const struct fields *query)
{
	const char *token = fields_get(form, "token_auth");

	return token && *token && !fields_get(query, "token_auth") &&
	       (!world->matomo_token || strcmp(token, world->matomo_token) == 0);
}

static void answer_method(struct call *call, const char *method)
{
	const char *id = fields_get(call->fields, "idSite");
	SCOPED(text)
	struct text words = { 0 };
	cJSON *root;

	if (strcmp(method, "API.getMatomoVersion") == 0) {
		root = cJSON_CreateObject();
		(void)cJSON_AddStringToObject(root, "value", "5.2.0");
		answer(call->ret, 200, root);
		return;
	}
	if (strcmp(method, "VisitsSummary.get") != 0 && strcmp(method, "Actions.get") != 0 &&
	    strcmp(method, "SitesManager.getSiteFromId") != 0) {
		text_addf(&words, "The method '%s' does not exist or is not available.", method);
		refuse(call->ret, 200, text_str(&words));
		return;
	}
	if (!id) {
		refuse(call->ret, 200, "Please specify a value for 'idSite'.");
		return;
	}
	call->site = world_find(call->world, id);
	if (!call->site || call->site->kind != SIM_MATOMO) {
		text_addf(&words,
			  "You can't access this resource as it requires 'view' access for the "
			  "website id = %s.",
			  id);
		refuse(call->ret, 401, text_str(&words));
		return;
	}
	if (method[0] == 'S')
		answer_site(call);
	else
		answer_report(call);
}

void matomo_answer(struct world *world, const struct sim_request *request, int64_t now,
		   struct sim_response *ret)
{
	struct fields query = { 0 }, form = { 0 };
	const char *mark = strchr(request->target, '?');
	struct call call = { .world = world, .fields = &form, .now = now, .ret = ret };
	const struct sim_fault *fault;
	const char *method, *id;

	if (mark)
		fields_add(&query, mark + 1, strlen(mark + 1));
	if (request->body)
		fields_add(&form, request->body, strlen(request->body));
	method = fields_get(&form, "method");
	id = fields_get(&form, "idSite");
	fault = world_struck(world, SIM_FAULT_SERVER, id ? world_find(world, id) : NULL, NULL, now);
	if (fault) {
		ret->status = fault->code ? fault->code : 503;
		text_add(&ret->headers, "Content-Type: text/html; charset=utf-8\r\n");
		text_add(&ret->body, "<html><body><h1>Maintenance</h1></body></html>");
	} else if (!may_ask(world, &form, &query)) {
		refuse(ret, 401,
		       "Unable to authenticate with the provided token. It is either invalid, "
		       "expired or is required to be sent as a POST parameter.");
	} else if (!method) {
		refuse(ret, 200, "Please specify a value for 'method'.");
	} else {
		answer_method(&call, method);
	}
	fields_clear(&query);
	fields_clear(&form);
}
