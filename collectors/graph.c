#include "graph.h"

#include "metricsd/error.h"

#include "span.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DAY_S = 86400,
	OK = 200,
	USAGE_STOP = 90, /* percent */
	USAGE_SLOW = 75,
	USAGE_WAIT_S = 1200,    /* at the stop without a time to wait in the header */
	THROTTLE_WAIT_S = 3600, /* refused for too many calls, without a time in the header */
	MISSING_WAIT_S = 3600,
	ROLE_WAIT_S = 86400,
	HEADER_MAX = 8 << 10, /* up to 32 objects of some 150 bytes */
	WORDS_MAX = 300,      /* of a provider's message */
	YEARLY_POSTS = 600,
	CHECK_AGE = 3, /* days: what a check asks about has settled */
};

/* --- the place of a sweep ------------------------------------------------------------------- */

enum { NUMBERS = 10 };

static bool between(int64_t number, int64_t low, int64_t high)
{
	return number >= low && number <= high;
}

int graph_place_read(const struct job *job, int steps, struct graph_place *ret, struct error *err)
{
	const char *cursor = text_str(&job->cursor);
	const char *after;
	int64_t n[NUMBERS];

	*ret = (struct graph_place){ .alone = -1, .day = DAY_NONE, .started = job->now };
	if (!*cursor)
		return 0;
	after = cursor_numbers(cursor, n, NUMBERS);
	if (!after || n[0] != 1 || !between(n[1], 0, steps) || !between(n[2], 0, METRICS_MAX) ||
	    !between(n[3], -1, METRICS_MAX) || !between(n[4], INT32_MIN, INT32_MAX) ||
	    !between(n[5], 1, job->now + DAY_S) || !between(n[6], 0, job->now + DAY_S) ||
	    !between(n[7], 0, job->now + DAY_S) || !between(n[8], 0, GRAPH_PAGES_MAX) ||
	    !between(n[9], 0, INT32_MAX) || strlen(after) >= sizeof(ret->after))
		return error_set(err, ERROR_REQUEST, "the sweep's cursor makes no sense");
	ret->step = (int)n[1];
	ret->part = (int)n[2];
	ret->alone = (int)n[3];
	ret->day = (int32_t)n[4];
	ret->started = n[5];
	ret->walked = n[6];
	ret->renewed = n[7];
	ret->pages = (int)n[8];
	ret->listed = (int)n[9];
	memcpy(ret->after, after, strlen(after) + 1);
	return 0;
}

void graph_place_write(struct job *job, const struct graph_place *place)
{
	text_reset(&job->cursor);
	text_addf(&job->cursor, "1 %d %d %d %" PRId32 " %" PRId64 " %" PRId64 " %" PRId64 " %d %d",
		  place->step, place->part, place->alone, place->day, place->started, place->walked,
		  place->renewed, place->pages, place->listed);
	if (*place->after)
		text_addf(&job->cursor, " %s", place->after);
}

void graph_step(struct graph_place *place, int step)
{
	*place = (struct graph_place){ .step = step,
				       .alone = -1,
				       .day = DAY_NONE,
				       .started = place->started,
				       .endless = place->endless };
}

int32_t graph_earliest(const struct job *job, const struct graph_place *place)
{
	return zone_day(job->zone, place->started) - GRAPH_REACH_DAYS;
}

struct days graph_days(const struct job *job, const struct graph_place *place)
{
	int32_t today = zone_day(job->zone, place->started);
	struct window kept = { today - GRAPH_REACH_DAYS, GRAPH_REACH_DAYS };
	struct days days = { 0 };

	if (job->sweep != SWEEP_CHECK)
		return span_clip(&job->wanted, kept);
	days_add(&days, (struct window){ today - CHECK_AGE - 1, 1 });
	return days;
}

bool graph_due_again(const struct job *job, const struct graph_place *place, int metric)
{
	const struct metric_state *state = &job->states->items[metric];

	return state->life == METRIC_RETIRED && state->until <= place->started;
}

uint64_t graph_alive_of(const struct job *job, const struct metric *table, int call)
{
	uint64_t mask = 0;

	for (int i = 0; table[i].id; i++)
		if (table[i].call == call && metric_lives(job, i))
			mask |= graph_bit(i);
	return mask;
}

uint64_t graph_turn(const struct graph_place *place, uint64_t mask)
{
	if (place->alone < 0)
		return mask;
	mask &= ~(graph_bit(place->alone) - 1);
	return mask ? graph_bit(graph_lowest(mask)) : 0;
}

/* --- asking --------------------------------------------------------------------------------- */

void graph_request(struct request *request, const struct graph_object *object, const char *path,
		   const char *what)
{
	request_reset(request);
	request->form = CREDENTIAL_BEARER;
	request->proof = true;
	text_add(&request->url, object->base);
	text_add_char(&request->url, '/');
	text_add_url(&request->url, object->version);
	text_add_char(&request->url, '/');
	text_add(&request->url, object->id);
	text_add(&request->url, path);
	text_add(&request->what, what);
}

void graph_add_metrics(struct request *request, const struct metric *table, uint64_t mask)
{
	const char *comma = "";

	for (int i = 0; table[i].id; i++) {
		if (!(mask & graph_bit(i)))
			continue;
		text_add(&request->url, comma);
		text_add(&request->url, table[i].provider);
		text_add(&request->what, comma);
		text_add(&request->what, table[i].provider);
		comma = ",";
	}
}

/* Paging cursors must not be kept: an old one may be refused, or answer with less. */
static bool stale(const struct job *job, const struct graph_place *place)
{
	return job->now - place->renewed > GRAPH_PAGE_FRESH_S;
}

void graph_add_page(const struct job *job, struct request *request, const struct graph_place *place)
{
	text_add(&request->url, "&limit=100");
	if (!*place->after || stale(job, place))
		return;
	text_add(&request->url, "&after=");
	text_add_url(&request->url, place->after);
}

/* --- headers -------------------------------------------------------------------------------- */

/* Who must wait: the wider scope and the longer time of what is already known and this. */
static void hold(struct job *job, enum hold_scope scope, int64_t until, const char *why)
{
	if (scope > job->hold.scope) {
		job->hold.scope = scope;
		(void)snprintf(job->hold.why, sizeof(job->hold.why), "%.159s", why);
	}
	if (until > job->hold.until)
		job->hold.until = until;
}

/* The highest percentage of a usage object; its waiting time in minutes, or 0. */
static int usage_of(const cJSON *usage, int64_t *minutes)
{
	static const char *const members[] = { "call_count", "total_time", "total_cputime" };
	double highest = 0;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const cJSON *member = json_member(usage, members[i]);

		if (cJSON_IsNumber(member) && member->valuedouble > highest)
			highest = member->valuedouble;
	}
	if (json_int(usage, "estimated_time_to_regain_access", minutes, NULL) < 0 ||
	    !between(*minutes, 0, INT64_C(7) * 24 * 60))
		*minutes = 0;
	return highest < INT32_MAX ? (int)highest : INT32_MAX;
}

static void heed_usage(struct job *job, const cJSON *usage, enum hold_scope scope,
		       const char *whose, struct findings *findings)
{
	int64_t minutes = 0;
	int percent = usage_of(usage, &minutes);
	char why[sizeof(job->hold.why)];

	if (percent < USAGE_SLOW && !minutes)
		return;
	(void)snprintf(why, sizeof(why), "%s usage is at %d %%", whose, percent);
	findings_note(findings, "%s", why);
	if (percent >= USAGE_STOP || minutes)
		hold(job, scope, job->now + (minutes ? minutes * 60 : USAGE_WAIT_S), why);
}

static cJSON *header_json(const struct response *response, const char *name)
{
	char value[HEADER_MAX];
	cJSON *root = NULL;

	if (response_header(response, name, value, sizeof(value)) < 0 ||
	    json_parse(value, strlen(value), &root, NULL) < 0)
		return NULL;
	return root;
}

/* Usage comes with every kind of answer, refusals too. */
static void read_usage(struct job *job, const struct response *response, struct findings *findings)
{
	const struct graph_object *object = job->settings;
	SCOPED(json)
	cJSON *app = header_json(response, "X-App-Usage");
	SCOPED(json)
	cJSON *page = header_json(response, "X-Page-Usage");
	SCOPED(json)
	cJSON *business = header_json(response, "X-Business-Use-Case-Usage");
	const cJSON *owner, *usage;

	if (app)
		heed_usage(job, app, HOLD_APP, "app", findings);
	if (page)
		heed_usage(job, page, HOLD_ACCOUNT, "page", findings);
	cJSON_ArrayForEach (owner, business) {
		bool own = owner->string && strcmp(owner->string, object->id) == 0;

		cJSON_ArrayForEach (usage, owner)
			heed_usage(job, usage, own ? HOLD_ACCOUNT : HOLD_TOKEN, "use case",
				   findings);
	}
}

/* A version that is gone is served by the oldest living one without a word but this header. */
static void read_version(const struct job *job, const struct response *response,
			 struct findings *findings)
{
	const struct graph_object *object = job->settings;
	char version[16];

	if (job->cursor.length == 0 &&
	    response_header(response, "facebook-api-version", version, sizeof(version)) == 0 &&
	    strcmp(version, object->version) != 0)
		findings_note(findings, "asked as %s, answered by %s: set a version that lives",
			      object->version, version);
}

/* --- refusals ------------------------------------------------------------------------------- */

/* What each code means, and who must wait when nothing else is said. */
static const struct rule {
	int64_t first, last;
	enum error_class class;
	enum hold_scope scope;
	int64_t wait_s; /* 0: THROTTLE_WAIT_S when throttled, else until a person acts */
} rules[] = {
	{ 1, 2, ERROR_TRANSIENT, HOLD_NONE, 0 },
	{ 3, 3, ERROR_PERMISSION, HOLD_NONE, 0 },
	{ 4, 4, ERROR_THROTTLED, HOLD_APP, 0 },
	{ 10, 10, ERROR_PERMISSION, HOLD_NONE, 0 },
	{ 17, 17, ERROR_THROTTLED, HOLD_TOKEN, 0 },
	{ 32, 32, ERROR_THROTTLED, HOLD_ACCOUNT, 0 },
	{ 100, 100, ERROR_REQUEST, HOLD_NONE, 0 },
	{ 102, 102, ERROR_TOKEN, HOLD_TOKEN, 0 },
	{ 104, 104, ERROR_TOKEN, HOLD_TOKEN, 0 },
	{ 190, 190, ERROR_TOKEN, HOLD_TOKEN, 0 },
	{ 200, 299, ERROR_PERMISSION, HOLD_NONE, 0 },
	{ 341, 341, ERROR_THROTTLED, HOLD_APP, 0 },
	{ 368, 368, ERROR_THROTTLED, HOLD_TOKEN, DAY_S },
	{ 613, 613, ERROR_THROTTLED, HOLD_ACCOUNT, 0 },
	{ 2500, 2500, ERROR_REQUEST, HOLD_NONE, 0 },
	{ 3001, 3001, ERROR_REQUEST, HOLD_NONE, 0 },
	{ 80000, 80014, ERROR_THROTTLED, HOLD_ACCOUNT, 0 },
};

/* A code nobody described: the status is all there is. */
static struct rule rule_of_status(int status)
{
	if (status >= 500)
		return (struct rule){ .class = ERROR_TRANSIENT };
	if (status == 429)
		return (struct rule){ .class = ERROR_THROTTLED, .scope = HOLD_ACCOUNT };
	if (status == 401)
		return (struct rule){ .class = ERROR_TOKEN, .scope = HOLD_TOKEN };
	if (status == 403)
		return (struct rule){ .class = ERROR_PERMISSION };
	return (struct rule){ .class = ERROR_REQUEST };
}

static struct rule rule_of(int64_t code, int status)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (between(code, rules[i].first, rules[i].last))
			return rules[i];
	return rule_of_status(status);
}

/* One refusal while it is being made sense of. */
struct refused {
	int64_t code, subcode; /* 0: did not come */
	const char *message;
	struct rule rule;
	enum graph_refusal refusal;
	const char *hint; /* put behind the provider's words, or NULL */
	int64_t until;    /* 0: by the rule */
};

/* The same code means several things: subcode and text tell them apart. */
static void look_closer(const struct job *job, struct refused *it)
{
	bool metric = strstr(it->message, "must be a valid insights metric") ||
		      (strstr(it->message, "metric[") &&
		       strstr(it->message, "must be one of the following values"));

	if (strstr(it->message, "appsecret_proof")) { /* comes as 100 or as 104 */
		it->rule = (struct rule){ .class = ERROR_TOKEN, .scope = HOLD_TOKEN };
		it->hint = "the app secret does not fit the token";
	} else if (it->code == 190 && strstr(it->message, "Page Access Token")) {
		it->rule = (struct rule){ .class = ERROR_REQUEST };
		it->hint = "the token is of the wrong kind, not expired";
	} else if (it->code == 190 && it->subcode == 492) {
		/* one Page's role, not the token; it may be given back without another token */
		it->rule.scope = HOLD_ACCOUNT;
		it->until = job->now + ROLE_WAIT_S;
	} else if (it->code == 10 && strstr(it->message, "Not enough viewers")) {
		it->rule = (struct rule){ .class = ERROR_REQUEST };
		it->refusal = GRAPH_NO_DATA;
	} else if (it->code == 100 && it->subcode == 33) { /* throttling was seen to say this */
		it->rule.scope = HOLD_ACCOUNT;
		it->until = job->now + MISSING_WAIT_S;
		it->hint = "check the id and the token's role; asked again later";
	} else if (it->code == 100 && metric) {
		it->rule.class = ERROR_METRIC;
		it->refusal = GRAPH_METRIC;
	} else if (it->code == 100) {
		it->refusal = GRAPH_PARAMETER;
	}
}

/* The permission a message names, else those such a call needs. */
static const char *permission_of(const char *message, const char *needs)
{
	static const char *const known[] = {
		"pages_read_user_content",
		"pages_read_engagement",
		"pages_show_list",
		"read_insights",
		"instagram_manage_insights",
		"instagram_business_manage_insights",
		"instagram_business_basic",
		"instagram_basic",
		"business_management",
		"ads_management",
		"ads_read",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(message, known[i]))
			return known[i];
	return needs;
}

void graph_words(const char *message, char *ret, size_t room)
{
	enum { TOKEN_MIN = 24 }; /* ids have 18 digits, names of metrics have underscores */
	const char *end = strstr(message, "access_token=");
	size_t length = end ? (size_t)(end - message) : strlen(message);
	size_t run = 0;

	if (length >= room)
		length = room - 1;
	for (size_t i = 0; i < length; i++) {
		ret[i] = message[i];
		if ((unsigned char)message[i] < ' ')
			ret[i] = ' ';
		run = isalnum((unsigned char)message[i]) ? run + 1 : 0;
		if (run >= TOKEN_MIN)
			memset(ret + i + 1 - run, '*', run);
	}
	ret[length] = '\0';
}

static void hold_as_refused(struct job *job, const struct refused *it, const char *words)
{
	int64_t until = it->until;

	if (it->rule.scope == HOLD_NONE)
		return;
	if (it->rule.class == ERROR_TOKEN) {
		/* whatever the headers said of the app's usage: this token, or this account, waits
		 * for a person, and nobody else with it */
		job->hold = (struct hold){ .scope = it->rule.scope,
					   .until = until ? until : INT64_MAX };
		(void)snprintf(job->hold.why, sizeof(job->hold.why), "%.159s", words);
		return;
	}
	if (!until && job->hold.until) /* the headers said how long */
		until = job->hold.until;
	else if (!until)
		until = job->now + (it->rule.wait_s ? it->rule.wait_s : THROTTLE_WAIT_S);
	hold(job, it->rule.scope, until, words);
}

static int refuse(struct job *job, const struct response *response, const cJSON *error,
		  const char *needs, struct graph_answer *ret, struct error *err)
{
	struct refused it = { .refusal = GRAPH_REFUSED };
	char words[WORDS_MAX], code[48] = "";

	if (json_int(error, "code", &it.code, NULL) < 0)
		it.code = 0;
	if (json_int(error, "error_subcode", &it.subcode, NULL) < 0)
		it.subcode = 0;
	it.message = json_text(error, "message");
	if (!it.message)
		it.message = "";
	it.rule = rule_of(it.code, response->status);
	if (cJSON_IsTrue(json_member(error, "is_transient")) && it.rule.scope == HOLD_NONE)
		it.rule.class = ERROR_TRANSIENT;
	else
		look_closer(job, &it);
	if (it.rule.class == ERROR_PERMISSION) {
		it.refusal = GRAPH_PERMISSION;
		it.hint = permission_of(it.message, needs);
	}
	graph_words(it.message, words, sizeof(words));
	if (it.subcode)
		(void)snprintf(code, sizeof(code), "code %" PRId64 "/%" PRId64, it.code,
			       it.subcode);
	else if (it.code)
		(void)snprintf(code, sizeof(code), "code %" PRId64, it.code);
	else
		(void)snprintf(code, sizeof(code), "HTTP %d", response->status);
	hold_as_refused(job, &it, *words ? words : code);
	ret->refusal = it.refusal;
	ret->message = it.message;
	return error_set(err, it.rule.class, "%s: %s%s%s%s", code, *words ? words : "no words",
			 it.hint ? (it.refusal == GRAPH_PERMISSION ? " (needs " : " (") : "",
			 it.hint ? it.hint : "", it.hint ? ")" : "");
}

/* A gateway's page, an empty body: it will pass, unless the status says all is well. */
static int refuse_text(struct job *job, const struct response *response, struct error *err)
{
	if (response->status == 429) {
		err->class = ERROR_THROTTLED;
		if (!job->hold.until)
			hold(job, HOLD_ACCOUNT, job->now + THROTTLE_WAIT_S,
			     "HTTP 429: too many requests");
	} else if (response->status < 200 || response->status >= 300) {
		err->class = ERROR_TRANSIENT;
	}
	return error_within(err, "HTTP %d", response->status);
}

/* Whoever stands before the API speaks HTTP only. */
static void read_retry_after(struct job *job, const struct response *response)
{
	char value[16];
	long wait;

	if (response->status != 429 ||
	    response_header(response, "Retry-After", value, sizeof(value)) < 0)
		return;
	wait = strtol(value, NULL, 10);
	if (wait > 0 && wait <= DAY_S)
		hold(job, HOLD_ACCOUNT, job->now + wait, "HTTP 429: too many requests");
}

int graph_read(struct job *job, const struct response *response, const char *needs,
	       struct findings *findings, struct graph_answer *ret, struct error *err)
{
	const cJSON *error;

	*ret = (struct graph_answer){ .refusal = GRAPH_REFUSED, .message = "" };
	read_usage(job, response, findings);
	read_retry_after(job, response);
	read_version(job, response, findings);
	if (json_parse(response->body, response->length, &ret->root, err) < 0)
		return refuse_text(job, response, err);
	error = json_member(ret->root, "error");
	if (error || response->status < 200 || response->status >= 300)
		return refuse(job, response, error, needs, ret, err);
	if (!cJSON_IsObject(ret->root))
		return error_set(err, ERROR_MALFORMED, "the answer is no object");
	return 0;
}

/* --- numbers -------------------------------------------------------------------------------- */

int graph_metric(const struct metric *table, uint64_t mask, const char *name)
{
	for (int i = 0; name && table[i].id; i++)
		if (mask & graph_bit(i) && strcmp(table[i].provider, name) == 0)
			return i;
	return -1;
}

/* A zero is only believed once it is settled, and not from before the metric was born: Meta says 0
 * for days it has not counted yet and for days before it began to count. */
static bool hollow(struct job *job, const struct metric *metric, struct window window)
{
	return window_end(window) + metric->settles_days > zone_day(job->zone, job->now) ||
	       window.first < metric->born;
}

int graph_value(struct job *job, const struct metric *metric, struct window window,
		const cJSON *value, struct findings *findings, struct error *err)
{
	char days[WINDOW_TEXT];
	int64_t number;

	if (!value || cJSON_IsNull(value)) {
		findings_unread(findings, metric, window);
		return 0;
	}
	if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
		findings_unread(findings, metric, window);
		findings_note(findings, "%s came in parts for %s: not kept", metric->id,
			      window_text(window, days));
		return 0;
	}
	if (json_int_value(value, metric->provider, &number, err) < 0)
		return -1;
	if (number < 0) {
		findings_unread(findings, metric, window);
		findings_note(findings, "%s is below zero for %s: not kept", metric->id,
			      window_text(window, days));
		return 0;
	}
	if (number > 0 || !hollow(job, metric, window))
		findings_sample(findings, metric, window, number, 0);
	return 0;
}

void graph_retire(struct job *job, const struct metric *table, int metric, const char *message)
{
	struct metric_state *state = &job->states->items[metric];
	const char *successor = table[metric].successor;
	char words[WORDS_MAX];

	if (state->life != METRIC_RETIRED)
		state->since = zone_day(job->zone, job->now);
	state->life = METRIC_RETIRED;
	state->until = job->now + DAY_S;
	graph_words(message, words, sizeof(words));
	(void)snprintf(state->words, sizeof(state->words), "%s%s%.90s", successor ? successor : "",
		       successor ? " took its place: " : "", words);
}

void graph_revive(struct job *job, const struct metric *table, int metric,
		  struct findings *findings)
{
	job->states->items[metric] = (struct metric_state){ 0 };
	findings_note(findings, "%s is answered again", table[metric].id);
}

void graph_note_unasked(struct findings *findings, const char *name, const char *period)
{
	findings_note(findings, "answered what was not asked: %.60s (%.20s)",
		      name ? name : "no name", period ? period : "no period");
}

void graph_check_samples(struct findings *findings, size_t before, const struct metric *table,
			 uint64_t mask, int32_t day)
{
	char date[DAY_TEXT];

	for (int i = 0; table[i].id; i++) {
		bool answered = false;

		if (!(mask & graph_bit(i)))
			continue;
		for (size_t k = before; k < findings->sample_count; k++)
			answered |= findings->samples[k].metric == &table[i];
		findings_note(findings, answered ? "%s answers" : "%s has no number for %s yet",
			      table[i].id, day_text(day, date));
	}
	findings->sample_count = before;
}

/* --- lists ---------------------------------------------------------------------------------- */

/* The cursor of the next page, "" when there is none: only `next` says that there is one, and it
 * is never followed itself, for it holds the token. */
static int next_page(const cJSON *root, const struct graph_list *list,
		     const struct graph_place *place, const char **ret, struct error *err)
{
	const cJSON *paging = json_member(root, "paging");
	const char *after = json_text(json_member(paging, "cursors"), "after");

	*ret = "";
	if (!json_member(paging, "next"))
		return 0;
	if (!after || !*after || strlen(after) >= sizeof(place->after))
		return error_set(err, ERROR_MALFORMED, "%s: a next page without a cursor",
				 list->name);
	for (const char *byte = after; *byte; byte++)
		if (*byte <= ' ' || *byte > '~')
			return error_set(err, ERROR_MALFORMED, "%s: a cursor that is none",
					 list->name);
	*ret = after;
	return 0;
}

static int take_entry(struct job *job, const cJSON *entry, const struct graph_list *list,
		      struct findings *findings, bool *old, struct error *err)
{
	struct item item = { .kind = ITEM_NONE };

	if (list->entry(entry, &item, findings, err) < 0)
		return error_within(err, "%s", list->name);
	if (item.created >= list->since)
		*old = false;
	if (item.kind == ITEM_NONE || !list->wanted[item.kind] || item.created < list->since)
		return 0;
	if (item.created > job->now + GRAPH_MARGIN_S)
		return error_set(err, ERROR_MALFORMED, "%s: one of the future", list->name);
	findings_item(findings, item.kind, item.id, item.created);
	return 0;
}

/* Every entry of a page; `old` when it has some and all are older than was asked for: the API does
 * not know `since` here, and what follows is older still. */
static int take_page(struct job *job, const cJSON *root, const struct graph_list *list,
		     struct findings *findings, bool *old, struct error *err)
{
	const cJSON *data = json_array(root, "data");
	const cJSON *entry;

	if (!data)
		return error_set(err, ERROR_MALFORMED, "%s: no list in the answer", list->name);
	*old = cJSON_GetArraySize(data) > 0;
	cJSON_ArrayForEach (entry, data)
		if (take_entry(job, entry, list, findings, old, err) < 0)
			return -1;
	return 0;
}

static void end_walk(const struct graph_list *list, const struct graph_place *place,
		     struct findings *findings)
{
	for (int kind = ITEM_POST; kind <= ITEM_STORY; kind++)
		if (list->wanted[kind])
			findings_watch(findings, (enum item_kind)kind, list->since, place->walked);
	if (place->listed >= YEARLY_POSTS)
		findings_note(findings,
			      "%s: %d in one walk; Meta keeps about %d a year, some may be lacking",
			      list->name, place->listed, YEARLY_POSTS);
}

static void begin_walk(const struct job *job, struct graph_place *place)
{
	if (place->walked && !stale(job, place))
		return;
	if (!place->walked)
		place->walked = job->now - GRAPH_MARGIN_S;
	place->renewed = job->now;
	place->pages = 0;
	place->listed = 0;
	place->after[0] = '\0';
}

int graph_walk(struct job *job, const cJSON *root, const struct graph_list *list,
	       struct graph_place *place, struct findings *findings, struct error *err)
{
	const char *after;
	bool old = false;

	begin_walk(job, place);
	if (take_page(job, root, list, findings, &old, err) < 0 ||
	    next_page(root, list, place, &after, err) < 0)
		return -1;
	place->listed += cJSON_GetArraySize(json_array(root, "data"));
	if (!*after || old) {
		end_walk(list, place, findings);
		return 0;
	}
	place->endless = strcmp(after, place->after) == 0 || place->pages + 1 >= GRAPH_PAGES_MAX;
	if (place->endless)
		return error_set(err, ERROR_MALFORMED, "%s: the list does not end after %d pages",
				 list->name, place->pages + 1);
	place->pages++;
	memcpy(place->after, after, strlen(after) + 1);
	return 1;
}

bool graph_walk_again(const struct job *job, struct graph_place *place)
{
	if (!*place->after || place->part)
		return false;
	place->part = 1; /* once: a list that always refuses its second page would never end */
	place->after[0] = '\0';
	place->pages = 0;
	place->listed = 0;
	place->renewed = job->now;
	return true;
}
