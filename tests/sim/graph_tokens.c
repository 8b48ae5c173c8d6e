/* The Graph API's tokens: what debug_token says of them, and how a long-lived one is renewed. */
#include "graph.h"

#include "hash.h"

#include "metricsd/json.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_LIFE_S = 5183944, SECRET_TEXT = 64 };

static const char all_scopes[] =
	"pages_show_list,business_management,instagram_basic,instagram_manage_insights,"
	"pages_read_engagement,pages_read_user_content,read_insights";

static char *copied(const char *text)
{
	return text ? memory_text(text) : NULL;
}

/* Their owner handed them over as texts nobody else writes to. */
static void free_texts(const struct sim_token *token)
{
	const char *const texts[] = { token->secret, token->type,   token->app_id,
				      token->scopes, token->target, token->family };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text;

		memcpy(&text, &texts[i], sizeof(text));
		free(text);
	}
}

const struct sim_token *world_find_token(const struct world *world, const char *secret)
{
	for (size_t i = 0; secret && i < world->token_count; i++)
		if (strcmp(world->tokens[i].secret, secret) == 0)
			return &world->tokens[i];
	return NULL;
}

void world_free_tokens(struct world *world)
{
	for (size_t i = 0; i < world->token_count; i++)
		free_texts(&world->tokens[i]);
	free(world->tokens);
}

void world_token(struct world *world, const struct sim_token *token)
{
	struct sim_token own = *token;
	size_t place = 0;

	own.secret = copied(token->secret);
	own.type = copied(token->type);
	own.app_id = copied(token->app_id);
	own.scopes = copied(token->scopes);
	own.target = copied(token->target);
	own.family = copied(token->family ? token->family : token->secret);
	while (place < world->token_count &&
	       strcmp(world->tokens[place].secret, token->secret) != 0)
		place++;
	if (place == world->token_count) {
		world->tokens = memory_grow(world->tokens, world->token_count, &world->token_room,
					    sizeof(*world->tokens));
		world->token_count++;
	} else {
		free_texts(&world->tokens[place]);
	}
	world->tokens[place] = own;
}

void world_token_die(struct world *world, const char *secret, int64_t now, int subcode)
{
	for (size_t i = 0; i < world->token_count; i++) {
		struct sim_token *token = &world->tokens[i];

		if (strcmp(token->family, secret) != 0 || token->dead)
			continue;
		token->dead = now;
		token->subcode = subcode;
	}
}

void world_token_revive(struct world *world, const char *secret)
{
	for (size_t i = 0; i < world->token_count; i++)
		if (strcmp(world->tokens[i].family, secret) == 0)
			world->tokens[i].dead = 0;
}

bool graph_token_died(const struct call *call, const struct sim_token *token, int *subcode,
		      char words[256])
{
	int64_t since = 0;

	if (!token)
		return false;
	if (token->dead && call->now >= token->dead) {
		*subcode = token->subcode ? token->subcode : 460;
		since = token->dead;
	} else if (token->expires && call->now >= token->expires) {
		*subcode = 463;
		since = token->expires;
	} else {
		return false;
	}
	graph_fault_words(call, *subcode, since, words);
	return true;
}

/* --- debug_token --- */

/* "APPID|SECRET" of the world's app. */
static bool asks_as_app(struct call *call)
{
	char right[256];

	if (!call->token || !strchr(call->token, '|')) {
		graph_refuse(call, 0, 100, 0,
			     "(#100) You must provide an app access token, or a user access token "
			     "that is an owner or developer of the app");
		return false;
	}
	if (!call->world->app_secret)
		return true;
	(void)snprintf(right, sizeof(right), "%s|%s", SIM_APP, call->world->app_secret);
	if (strcmp(call->token, right) == 0)
		return true;
	graph_refuse(call, 0, 190, 0, "Invalid OAuth access token signature.");
	return false;
}

/* What the permission was granted for; NULL: everything. */
static const char *target_of(const struct call *call, const struct sim_token *token,
			     const struct account *page, const char *scope, size_t length)
{
	const struct account *target = page;

	if (token)
		return token->target;
	if (target && length > 9 && strncmp(scope, "instagram", 9) == 0)
		target = graph_instagram_of(call->world, page);
	return target ? target->id : NULL;
}

static void add_scopes(const struct call *call, cJSON *data, const struct sim_token *token,
		       const struct account *page)
{
	const char *at = token && token->scopes ? token->scopes : all_scopes;
	cJSON *scopes = cJSON_AddArrayToObject(data, "scopes");
	cJSON *granular = cJSON_AddArrayToObject(data, "granular_scopes");

	for (size_t length; *at; at += length, at += *at == ',') {
		char name[64];
		cJSON *one = cJSON_CreateObject();
		const char *target;

		length = strcspn(at, ",");
		target = target_of(call, token, page, at, length);
		(void)snprintf(name, sizeof(name), "%.*s", (int)length, at);
		(void)cJSON_AddItemToArray(scopes, cJSON_CreateString(name));
		(void)cJSON_AddStringToObject(one, "scope", name);
		if (target)
			(void)cJSON_AddItemToArray(cJSON_AddArrayToObject(one, "target_ids"),
						   cJSON_CreateString(target));
		(void)cJSON_AddItemToArray(granular, one);
	}
}

static const char *type_of(enum holder holder, const struct sim_token *token)
{
	if (token && token->type)
		return token->type;
	return holder == HOLDER_PAGE ? "PAGE" : "SYSTEM_USER";
}

static void add_error(cJSON *data, const char *words, int subcode)
{
	cJSON *error = cJSON_AddObjectToObject(data, "error");

	(void)cJSON_AddNumberToObject(error, "code", 190);
	(void)cJSON_AddStringToObject(error, "message", words);
	if (subcode)
		(void)cJSON_AddNumberToObject(error, "subcode", subcode);
}

static void add_times(const struct call *call, cJSON *data, enum holder holder,
		      const struct sim_token *token, const struct sim_fault *fault)
{
	int64_t expires = fault ? fault->from : 0;
	int64_t access = holder == HOLDER_PAGE ? call->world->quirks.data_access_until : 0;
	int64_t issued = 1704067200;

	if (token) {
		expires = token->expires;
		access = token->data_access_ends;
		issued = token->issued;
	}
	(void)cJSON_AddNumberToObject(data, "data_access_expires_at", (double)access);
	(void)cJSON_AddNumberToObject(data, "expires_at", (double)expires);
	(void)cJSON_AddNumberToObject(data, "issued_at", (double)issued);
}

/* HTTP 200 even for a dead token. */
static void give_report(struct call *call, const char *input)
{
	const struct account *page = NULL;
	const struct sim_token *token = world_find_token(call->world, input);
	enum holder holder = graph_holder(call, input, &page);
	const struct sim_fault *fault =
		world_struck(call->world, SIM_FAULT_TOKEN, NULL, NULL, call->now);
	cJSON *root = cJSON_CreateObject();
	cJSON *data = cJSON_AddObjectToObject(root, "data");
	char words[256] = "Invalid OAuth access token - Cannot parse access token";
	int subcode = 0;
	bool valid = holder != HOLDER_NOBODY && !fault &&
		     !graph_token_died(call, token, &subcode, words);

	if (fault) {
		subcode = fault->code ? fault->code : 463;
		graph_fault_words(call, subcode, fault->from, words);
	}
	(void)cJSON_AddStringToObject(data, "app_id", SIM_APP);
	(void)cJSON_AddStringToObject(data, "type", type_of(holder, token));
	(void)cJSON_AddStringToObject(data, "application", "Simulada");
	if (!valid)
		add_error(data, words, subcode);
	add_times(call, data, holder, token, fault);
	(void)cJSON_AddBoolToObject(data, "is_valid", valid);
	if (page)
		(void)cJSON_AddStringToObject(data, "profile_id", page->id);
	add_scopes(call, data, token, page);
	(void)cJSON_AddStringToObject(data, "user_id", "122000000000001");
	graph_give(call, root);
}

void graph_debug(struct call *call, bool post)
{
	const char *input = fields_get(&call->fields, "input_token");
	const char *method = fields_get(&call->fields, "method");
	const struct sim_token *token = world_find_token(call->world, input);

	if (post && (!method || strcmp(method, "get") != 0)) {
		graph_refuse(call, 0, 100, 0, "Unsupported post request.");
		return;
	}
	if (!asks_as_app(call))
		return;
	if (!input)
		graph_refuse(call, 0, 100, 0, "(#100) The parameter input_token is required");
	else if (token && token->app_id && strcmp(token->app_id, SIM_APP) != 0)
		graph_refuse(call, 0, 100, 0,
			     "(#100) The App_id in the input_token did not match the Viewing App");
	else
		give_report(call, input);
}

/* --- renewal --- */

static bool is_client(struct call *call)
{
	const char *id = fields_get(&call->fields, "client_id");
	const char *secret = fields_get(&call->fields, "client_secret");

	if (!id || strcmp(id, SIM_APP) != 0) {
		graph_refuse(call, 0, 101, 0,
			     "Error validating application. Cannot get application info due to a "
			     "system error.");
		return false;
	}
	if (call->world->app_secret && (!secret || strcmp(secret, call->world->app_secret) != 0)) {
		graph_refuse(call, 400, 101, 0, "Error validating client secret.");
		return false;
	}
	return true;
}

/* The same of a person, for another sixty days. */
static void give_renewed(struct call *call, const struct sim_token *old)
{
	struct sim_token fresh = *old;
	cJSON *root = cJSON_CreateObject();
	char secret[SECRET_TEXT];

	(void)snprintf(secret, sizeof(secret), "EAASimLong%016" PRIx64 "%" PRId64,
		       hash_text(call->world->seed, old->secret), call->now);
	fresh.secret = secret;
	fresh.issued = call->now;
	if (!call->world->quirks.renewal_stands_still)
		fresh.expires = call->now + LONG_LIFE_S;
	(void)cJSON_AddStringToObject(root, "access_token", secret);
	(void)cJSON_AddStringToObject(root, "token_type", "bearer");
	(void)cJSON_AddNumberToObject(root, "expires_in", (double)(fresh.expires - call->now));
	world_token(call->world, &fresh);
	graph_give(call, root);
}

void graph_exchange(struct call *call)
{
	const char *grant = fields_get(&call->fields, "grant_type");
	const char *secret = fields_get(&call->fields, "fb_exchange_token");
	const struct sim_token *token = world_find_token(call->world, secret);
	char words[256];
	int subcode;

	if (!is_client(call))
		return;
	if (!grant || strcmp(grant, "fb_exchange_token") != 0)
		graph_refuse(call, 0, 100, 0, "Missing or invalid grant_type parameter.");
	else if (!token)
		graph_refuse(call, 0, 190, 0,
			     "Invalid OAuth access token - Cannot parse access token");
	else if (graph_token_died(call, token, &subcode, words))
		graph_refuse(call, 0, 190, subcode, "%s", words);
	else
		give_renewed(call, token);
}
