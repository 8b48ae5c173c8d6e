/*
 * What Meta says of a token (debug_token), and how a person's is renewed (fb_exchange_token).
 *
 * Both are documented as GETs with the secrets in the address. Graph takes any call's parameters
 * from the form of a POST just as well, and what the call would have been from its `method`; so no
 * secret stands in an address that some proxy writes down.
 */
#include "graph.h"

#include "metricsd/error.h"
#include "metricsd/token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 300, YEARS_MAX = 100 };

static const int64_t year_s = INT64_C(366) * 86400;

static void request_of(const struct inspection *about, const char *path, struct request *request)
{
	const struct graph_object *object = about->settings;

	request_reset(request);
	request->method = HTTP_POST;
	request->form = CREDENTIAL_FIELD;
	text_add(&request->url, object->base);
	text_add_char(&request->url, '/');
	text_add_url(&request->url, object->version);
	text_add(&request->url, path);
}

static void ask(const struct inspection *about, struct request *request)
{
	request_of(about, "/debug_token", request);
	text_set(&request->body, "method=get");
	text_set(&request->what, "debug_token");
	request->credential_field = "input_token";
	request->app = CREDENTIAL_BEARER;
}

static void renew(const struct inspection *about, struct request *request)
{
	request_of(about, "/oauth/access_token", request);
	text_set(&request->body, "method=get&grant_type=fb_exchange_token&client_id=");
	text_add_url(&request->body, about->app_id);
	text_set(&request->what, "fb_exchange_token");
	request->credential_field = "fb_exchange_token";
	request->app = CREDENTIAL_FIELD;
	request->app_field = "client_secret";
	request->exchange_member = "access_token";
}

/* --- refusals --- */

/* As a collector's answer is read, without a sweep around it. */
static int read_answer(const struct inspection *about, const struct response *response,
		       struct graph_answer *ret, struct token_report *report, struct error *err)
{
	SCOPED(findings)
	struct findings findings = { 0 };
	struct job job = { .settings = about->settings, .now = about->now };
	int result = graph_read(&job, response, "", &findings, ret, err);

	report->hold = job.hold;
	if (err->class == ERROR_TOKEN) /* it is not the token that was refused */
		report->hold = (struct hold){ 0 };
	return result;
}

static bool passes(enum error_class class)
{
	return class == ERROR_TRANSIENT || class == ERROR_THROTTLED || class == ERROR_MALFORMED;
}

/* The whole question was refused, so it is the app that asks, or the two do not belong together. */
static int refused_question(const struct inspection *about, const struct graph_answer *answer,
			    struct token_report *ret, struct error *err)
{
	if (passes(err->class))
		return -1;
	if (strstr(answer->message, "did not match the Viewing App")) {
		ret->verdict = TOKEN_INVALID;
		(void)snprintf(ret->words, sizeof(ret->words),
			       "another app than %.40s made it: make one with the app whose id and "
			       "secret are configured",
			       about->app_id);
		return 0;
	}
	ret->app_refused = true;
	(void)snprintf(ret->words, sizeof(ret->words),
		       "Meta does not say: %.140s; do app_id and the app secret belong to one app?",
		       err->text);
	return 0;
}

static int refused(const struct inspection *about, const struct response *response,
		   struct token_report *ret, struct error *err)
{
	SCOPED(graph_answer)
	struct graph_answer answer = { 0 };

	*err = (struct error){ 0 };
	if (read_answer(about, response, &answer, ret, err) < 0)
		return -1;
	return error_set(err, ERROR_MALFORMED, "no access_token in the answer");
}

/* --- what it says --- */

/* "code 190/463: Error validating access token: …" */
static void say_invalid(const cJSON *data, char *ret, size_t room)
{
	const cJSON *error = json_member(data, "error");
	const char *message = json_text(error, "message");
	int64_t code = 0, subcode = 0;
	char words[WORDS_MAX], number[48] = "";

	if (json_int(error, "code", &code, NULL) == 0)
		(void)snprintf(number, sizeof(number), "code %" PRId64 ": ", code);
	if (code && json_int(error, "subcode", &subcode, NULL) == 0 && subcode)
		(void)snprintf(number, sizeof(number), "code %" PRId64 "/%" PRId64 ": ", code,
			       subcode);
	graph_words(message ? message : "", words, sizeof(words));
	(void)snprintf(ret, room, "%s%.200s", number, words[0] ? words : "Meta does not say why");
}

/* A time that may be absent: -1. No token lives for a century: such a number was made up, or is no
 * time in seconds. */
static int read_time(const struct inspection *about, const cJSON *data, const char *name,
		     int64_t *ret, struct error *err)
{
	*ret = -1;
	if (!json_member(data, name))
		return 0;
	if (json_int(data, name, ret, err) < 0)
		return -1;
	if (*ret < 0)
		return error_set(err, ERROR_MALFORMED, "%s is below zero", name);
	if (*ret > about->now + YEARS_MAX * year_s)
		return error_set(err, ERROR_MALFORMED,
				 "%s is %" PRId64 ", more than %d years from now", name, *ret,
				 YEARS_MAX);
	return 0;
}

/* Whether a list of words holds one; `length` of it. */
static bool holds_word(const char *list, const char *word, size_t length)
{
	for (const char *at = list; *at; at += strspn(at, " ")) {
		size_t size = strcspn(at, " ");

		if (size == length && memcmp(at, word, length) == 0)
			return true;
		at += size;
	}
	return false;
}

static void add_word(char *list, size_t room, const char *word, size_t length)
{
	size_t used = strlen(list);

	if (!holds_word(list, word, length) && used + length + 2 <= room)
		(void)snprintf(list + used, room - used, "%s%.*s", used ? " " : "", (int)length,
			       word);
}

static bool is_scope(const char *scope, const char *word, size_t length)
{
	return scope && strlen(scope) == length && memcmp(scope, word, length) == 0;
}

/* The permission's own entry, or NULL. */
static const cJSON *granular(const cJSON *data, const char *word, size_t length)
{
	const cJSON *entry;

	cJSON_ArrayForEach (entry, json_array(data, "granular_scopes"))
		if (is_scope(json_text(entry, "scope"), word, length))
			return entry;
	return NULL;
}

static bool is_granted(const cJSON *data, const char *word, size_t length)
{
	const cJSON *scope;

	cJSON_ArrayForEach (scope, json_array(data, "scopes"))
		if (is_scope(cJSON_GetStringValue(scope), word, length))
			return true;
	return granular(data, word, length) != NULL;
}

/* Whether it was granted for the object as well: no list of targets means all of them. */
static bool is_granted_for(const cJSON *data, const char *word, size_t length, const char *object)
{
	const cJSON *targets = json_array(granular(data, word, length), "target_ids");
	const char *id = strchr(object, ' ');
	const cJSON *target;

	if (!targets || cJSON_GetArraySize(targets) == 0 || !id)
		return true;
	cJSON_ArrayForEach (target, targets) {
		const char *there = cJSON_GetStringValue(target);

		if (there && strcmp(there, id + 1) == 0)
			return true;
	}
	return false;
}

/* One permission of one account. */
static void look_for(const cJSON *data, const struct token_use *use, const char *word,
		     size_t length, struct token_report *ret)
{
	if (!is_granted(data, word, length)) {
		add_word(ret->lacks, sizeof(ret->lacks), word, length);
		return;
	}
	if (is_granted_for(data, word, length, use->object))
		return;
	add_word(ret->lacks, sizeof(ret->lacks), word, length);
	if (!ret->words[0])
		(void)snprintf(ret->words, sizeof(ret->words), "%.*s was not granted for %.47s",
			       (int)length, word, use->object);
}

/* Instagram's permissions end when the person has not agreed for 90 days; those of Pages do not
 * (Meta, "Data access", exempted permissions, 2026-10). */
static bool ends_with_consent(const struct inspection *about)
{
	for (size_t i = 0; i < about->use_count; i++)
		if (about->uses[i].permissions && strstr(about->uses[i].permissions, "instagram_"))
			return true;
	return false;
}

static void look_for_permissions(const struct inspection *about, const cJSON *data,
				 struct token_report *ret)
{
	if (!json_array(data, "scopes") && !json_array(data, "granular_scopes"))
		return; /* not told */
	for (size_t i = 0; i < about->use_count; i++) {
		const struct token_use *use = &about->uses[i];
		const char *at = use->permissions ? use->permissions : "";

		for (size_t length; *at; at += length, at += strspn(at, " ")) {
			length = strcspn(at, " ");
			look_for(data, use, at, length, ret);
		}
	}
}

/* Whose token it is by its type; NULL: of a type nobody described. */
static const char *whose(const char *type)
{
	static const char *const types[][2] = {
		{ "USER", "a person's" },
		{ "PAGE", "a Page's" },
		{ "SYSTEM_USER", "a system user's" },
		{ "APP", "the app's own" },
	};

	for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i][0]) == 0)
			return types[i][1];
	return NULL;
}

static const char *fitting_kind(const char *type)
{
	if (strcmp(type, "PAGE") == 0)
		return "page";
	return strcmp(type, "USER") == 0 ? "user" : "system-user";
}

/* A Page's token is derived from a person's or a system user's alike, so only where nothing is
 * derived, or nothing can be, is the wrong kind of no use. */
static void look_at_kind(const struct inspection *about, const cJSON *data,
			 struct token_report *ret)
{
	const char *type = json_text(data, "type");
	const char *owner = whose(type);

	if (!owner)
		return;
	if (strcmp(type, "APP") == 0) {
		ret->verdict = TOKEN_INVALID;
		(void)snprintf(ret->words, sizeof(ret->words),
			       "it is the app's own token, which sees no Page: make one of a "
			       "system user");
		return;
	}
	if (strcmp(fitting_kind(type), token_kind_name(about->kind)) == 0)
		return;
	if (about->kind == TOKEN_PAGE)
		ret->verdict = TOKEN_INVALID;
	(void)snprintf(ret->words, sizeof(ret->words),
		       "it is %s token, but kind is \"%s\": write kind = \"%s\"", owner,
		       token_kind_name(about->kind), fitting_kind(type));
}

/* Its id is a string, in some answers a number. */
static bool is_of_app(const cJSON *data, const char *app_id, char *other, size_t room)
{
	const char *text = json_text(data, "app_id");
	int64_t number;

	if (text)
		(void)snprintf(other, room, "%.*s", (int)room - 1, text);
	else if (json_int(data, "app_id", &number, NULL) == 0)
		(void)snprintf(other, room, "%" PRId64, number);
	else
		return true; /* not told */
	return !app_id || strcmp(other, app_id) == 0;
}

static int read_data(const struct inspection *about, const cJSON *data, struct token_report *ret,
		     struct error *err)
{
	const cJSON *valid = json_member(data, "is_valid");
	char other[24];

	if (!cJSON_IsBool(valid))
		return error_set(err, ERROR_MALFORMED,
				 "debug_token: no \"is_valid\" in the answer");
	if (read_time(about, data, "expires_at", &ret->expires, err) < 0 ||
	    read_time(about, data, "data_access_expires_at", &ret->data_access_ends, err) < 0 ||
	    read_time(about, data, "issued_at", &ret->issued, err) < 0)
		return error_within(err, "debug_token");
	if (ret->issued < 0)
		ret->issued = 0;
	if (ret->data_access_ends > 0 && !ends_with_consent(about))
		ret->data_access_ends = 0;
	if (!cJSON_IsTrue(valid)) {
		ret->verdict = TOKEN_INVALID;
		say_invalid(data, ret->words, sizeof(ret->words));
		return 0;
	}
	ret->verdict = TOKEN_VALID;
	if (!is_of_app(data, about->app_id, other, sizeof(other))) {
		ret->verdict = TOKEN_INVALID;
		(void)snprintf(ret->words, sizeof(ret->words),
			       "the app %s made it, but app_id is %.40s", other, about->app_id);
		return 0;
	}
	look_for_permissions(about, data, ret);
	look_at_kind(about, data, ret);
	return 0;
}

static int read_report(const struct inspection *about, const struct response *response,
		       struct token_report *ret, struct error *err)
{
	SCOPED(graph_answer)
	struct graph_answer answer = { 0 };
	const cJSON *data;

	*ret = (struct token_report){ .expires = -1, .data_access_ends = -1 };
	*err = (struct error){ 0 };
	if (read_answer(about, response, &answer, ret, err) < 0)
		return refused_question(about, &answer, ret, err);
	data = json_member(answer.root, "data");
	if (!cJSON_IsObject(data))
		return error_set(err, ERROR_MALFORMED, "debug_token: no \"data\" in the answer");
	return read_data(about, data, ret, err);
}

const struct inspector graph_inspector = {
	.ask = ask,
	.read = read_report,
	.renew = renew,
	.refused = refused,
};
