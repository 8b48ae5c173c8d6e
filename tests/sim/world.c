/* The world itself: who is in it, what is wrong with it, who answers. */
#include "world.h"

#include "hash.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 8 << 20 };

struct world *world_new(uint64_t seed)
{
	struct world *world = memory_new(1, sizeof(*world));
	int opened;

	world->seed = hash_mix(seed + HASH_SPREAD);
	world->quirks = (struct sim_quirks){
		.late = true,
		.settle_days = 28,
		.page_limit = 100,
		.empty_pages = 5,
		.cursor_size = 1100,
	};
	opened = zone_open("America/Los_Angeles", &world->pacific, NULL);
	assert(opened == 0);
	(void)opened;
	return world;
}

static void account_free(struct account *account)
{
	for (int who = 0; who < PEOPLE_KINDS; who++) {
		for (size_t i = 0; i < account->crowds[who].room; i++)
			free(account->crowds[who].days[i]);
		free(account->crowds[who].days);
	}
	free(account->levels);
	free(account);
}

void world_free(struct world *world)
{
	if (!world)
		return;
	for (size_t i = 0; i < world->account_count; i++)
		account_free(world->accounts[i]);
	for (size_t i = 0; i < world->zone_count; i++)
		zone_close(world->zones[i]);
	zone_close(world->pacific);
	free(world->accounts);
	free(world->zones);
	for (int kind = 0; kind < SIM_FAULTS; kind++)
		free(world->faults[kind].items);
	world_free_tokens(world);
	free(world);
}

/* Accounts of a zone share it. */
static int zone_of(struct world *world, const char *name, struct zone **ret, struct error *err)
{
	struct zone *zone;

	for (size_t i = 0; i < world->zone_count; i++) {
		if (strcmp(zone_name(world->zones[i]), name) == 0) {
			*ret = world->zones[i];
			return 0;
		}
	}
	if (zone_open(name, &zone, err) < 0)
		return -1;
	world->zones = memory_grow(world->zones, world->zone_count, &world->zone_room,
				   sizeof(struct zone *));
	world->zones[world->zone_count++] = zone;
	*ret = zone;
	return 0;
}

/* Where an id stands or would stand. */
static size_t place_of(const struct world *world, const char *id)
{
	size_t low = 0, high = world->account_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(world->accounts[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct account *world_find(const struct world *world, const char *id)
{
	size_t place = place_of(world, id);

	if (place < world->account_count && strcmp(world->accounts[place]->id, id) == 0)
		return world->accounts[place];
	return NULL;
}

bool is_site(enum sim_kind kind)
{
	return kind != SIM_PAGE && kind != SIM_INSTAGRAM;
}

static void make_crowds(struct account *account, int people)
{
	const uint32_t sizes[PEOPLE_KINDS] = {
		[PEOPLE_VIEWERS] = (uint32_t)people,
		[PEOPLE_ENGAGED] = (uint32_t)people,
		[PEOPLE_FOLLOWING] = (uint32_t)people / 20 + 20,
		[PEOPLE_LEAVING] = (uint32_t)people / 20 + 20,
	};

	for (int who = 0; who < PEOPLE_KINDS; who++) {
		struct crowd *crowd = &account->crowds[who];

		/* who engages is one of the viewers: the same draw */
		crowd->key = hash_two(account->key,
				      who == PEOPLE_ENGAGED ? PEOPLE_VIEWERS : (uint64_t)who);
		crowd->size = sizes[who];
		crowd->words = (sizes[who] + 63) / 64;
	}
}

int world_add(struct world *world, const struct sim_account *account, struct error *err)
{
	size_t place = place_of(world, account->id);
	struct account *fresh;
	struct zone *zone;

	if (world_find(world, account->id))
		return error_set(err, ERROR_INPUT, "there is an account %s already", account->id);
	if (account->page && !world_find(world, account->page))
		return error_set(err, ERROR_INPUT, "no Page %s to link %s to", account->page,
				 account->id);
	if (account->people < 0 || account->people > SIM_PEOPLE_MAX)
		return error_set(err, ERROR_INPUT, "%d people, expected 0 to %d", account->people,
				 SIM_PEOPLE_MAX);
	if (zone_of(world, account->zone ? account->zone : "America/Bogota", &zone, err) < 0)
		return -1;
	fresh = memory_new(1, sizeof(*fresh));
	fresh->kind = account->kind;
	fresh->id = account->id;
	fresh->page = account->page;
	fresh->key = hash_text(world->seed, account->id);
	fresh->since = account->since ? account->since : day_of(2024, 1, 1);
	fresh->followers = account->followers ? account->followers : 5000;
	fresh->insights = is_site(account->kind) ? zone : world->pacific;
	fresh->own = zone;
	make_crowds(fresh, account->people ? account->people : 1500);
	(void)snprintf(fresh->page_token, sizeof(fresh->page_token), "EAASimPage%016" PRIx64 "ZD",
		       hash_two(fresh->key, 77));
	world->accounts = memory_grow(world->accounts, world->account_count, &world->account_room,
				      sizeof(struct account *));
	memmove(world->accounts + place + 1, world->accounts + place,
		(world->account_count - place) * sizeof(struct account *));
	world->accounts[place] = fresh;
	world->account_count++;
	return 0;
}

void world_secrets(struct world *world, const char *root_token, const char *app_secret,
		   const char *matomo_token)
{
	world->root_token = root_token;
	world->app_secret = app_secret;
	world->matomo_token = matomo_token;
}

void world_web_secrets(struct world *world, const struct sim_web_secrets *secrets)
{
	world->web = *secrets;
}

struct sim_quirks *world_quirks(struct world *world)
{
	return &world->quirks;
}

void world_fault(struct world *world, const struct sim_fault *fault)
{
	struct faults *faults = &world->faults[fault->kind];

	faults->items =
		memory_grow(faults->items, faults->count, &faults->room, sizeof(*faults->items));
	faults->items[faults->count++] = (struct fault){ *fault, world->fault_count++ };
}

void world_fault_end(struct world *world, enum sim_fault_kind kind, const char *account)
{
	struct faults *faults = &world->faults[kind];
	size_t kept = 0;

	for (size_t i = 0; i < faults->count; i++)
		if (!faults->items[i].is.account ||
		    strcmp(faults->items[i].is.account, account) != 0)
			faults->items[kept++] = faults->items[i];
	faults->count = kept;
}

const char *world_page_token(struct world *world, const char *page)
{
	const struct account *account = world_find(world, page);

	return account && account->kind == SIM_PAGE ? account->page_token : NULL;
}

static bool concerns(const char *named, const char *asked)
{
	return !named || (asked && strcmp(named, asked) == 0);
}

const struct sim_fault *world_struck(const struct world *world, enum sim_fault_kind kind,
				     const struct account *account, const char *metric, int64_t now)
{
	const struct faults *faults = &world->faults[kind];

	for (size_t i = 0; i < faults->count; i++) {
		const struct sim_fault *fault = &faults->items[i].is;
		uint64_t number = faults->items[i].number;

		if (now >= fault->from && (fault->until == 0 || now < fault->until) &&
		    concerns(fault->account, account ? account->id : NULL) &&
		    (kind != SIM_FAULT_METRIC || concerns(fault->metric, metric)) &&
		    (fault->percent == 0 ||
		     (int)(hash_two(world->seed + number, world->requests) % 100) < fault->percent))
			return fault;
	}
	return NULL;
}

bool world_day_lacks(const struct world *world, const struct account *account, const char *provider,
		     int32_t day)
{
	const struct faults *faults = &world->faults[SIM_FAULT_DAY];

	for (size_t i = 0; i < faults->count; i++) {
		const struct sim_fault *fault = &faults->items[i].is;

		if (window_holds(fault->days, (struct window){ day, 1 }) &&
		    concerns(fault->account, account->id) && concerns(fault->metric, provider))
			return true;
	}
	return false;
}

void sim_response_clear(struct sim_response *response)
{
	text_clear(&response->headers);
	text_clear(&response->body);
	response->status = 0;
}

void world_answer(struct world *world, const struct sim_request *request, int64_t now,
		  struct sim_response *ret)
{
	size_t path = strcspn(request->target, "?");
	static const char matomo[] = "index.php";

	sim_response_clear(ret);
	ret->body.max = BODY_MAX;
	world->requests++;
	if (path >= strlen(matomo) &&
	    strncmp(request->target + path - strlen(matomo), matomo, strlen(matomo)) == 0)
		matomo_answer(world, request, now, ret);
	else if (strcmp(request->target, "/token") == 0)
		google_token_answer(world, request, now, ret);
	else if (strncmp(request->target, "/v1beta/properties/", 19) == 0)
		ga4_answer(world, request, now, ret);
	else if (strcmp(request->target, "/api/v2/query") == 0)
		plausible_answer(world, request, now, ret);
	else if (strcmp(request->target, "/api/auth/login") == 0 ||
		 strncmp(request->target, "/api/websites/", 14) == 0 ||
		 strncmp(request->target, "/v1/websites/", 13) == 0)
		umami_answer(world, request, now, ret);
	else
		graph_answer(world, request, now, ret);
	assert(!ret->body.failed && !ret->headers.failed);
}

void sim_proof(const char *app_secret, const char *token, char ret[SIM_PROOF])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	(void)HMAC(EVP_sha256(), app_secret, (int)strlen(app_secret), (const unsigned char *)token,
		   strlen(token), digest, &length);
	for (unsigned int i = 0; i < length && i < 32; i++) {
		*ret++ = digits[digest[i] >> 4];
		*ret++ = digits[digest[i] & 15];
	}
	*ret = '\0';
}

/* Path and query of an address. */
static const char *target_of(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? strchrnul(host + 3, '/') : url;
}

/* The token the request needs, from the configured one; the provider's refusal becomes the answer.
 */
static char *exchanged(struct world *world, const struct request *request, const char *token,
		       int64_t now, struct sim_response *ret)
{
	SCOPED(text)
	struct text target = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	char proof[SIM_PROOF];
	const char *found = NULL;

	text_add(&target, target_of(text_str(&request->exchange)));
	if (world->app_secret) {
		sim_proof(world->app_secret, token, proof);
		text_addf(&target, "%cappsecret_proof=%s",
			  strchr(text_str(&target), '?') ? '&' : '?', proof);
	}
	world_answer(world, &(struct sim_request){ .target = text_str(&target), .bearer = token },
		     now, ret);
	if (ret->status == 200 &&
	    json_parse(text_str(&ret->body), ret->body.length, &root, NULL) == 0)
		found = json_text(root, request->exchange_member);
	return found ? memory_text(found) : NULL;
}

/* What a login (user:password) is given, as `exchanged()`. */
static char *logged_in(struct world *world, const struct request *request, const char *token,
		       int64_t now, struct sim_response *ret)
{
	SCOPED(text)
	struct text user = { 0 };
	SCOPED(text)
	struct text body = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const char *password = strchrnul(token, ':');
	const char *found = NULL;

	text_add_n(&user, token, (size_t)(password - token));
	text_add(&body, "{\"username\":");
	json_quote(&body, text_str(&user));
	text_add(&body, ",\"password\":");
	json_quote(&body, *password ? password + 1 : "");
	text_add_char(&body, '}');
	world_answer(world,
		     &(struct sim_request){ .method = HTTP_POST,
					    .target = target_of(text_str(&request->exchange)),
					    .body = text_str(&body),
					    .json = true },
		     now, ret);
	if (ret->status == 200 &&
	    json_parse(text_str(&ret->body), ret->body.length, &root, NULL) == 0)
		found = json_text(root, request->exchange_member);
	return found ? memory_text(found) : NULL;
}

void world_carry_out(struct world *world, const struct request *request, const char *token,
		     int64_t now, struct sim_response *ret)
{
	SCOPED(text)
	struct text target = { 0 };
	SCOPED(text)
	struct text body = { 0 };
	SCOPED(memory)
	char *page_token = NULL;
	struct sim_request sent = { .method = request->method, .json = request->json };
	char google[SIM_GOOGLE_TOKEN];
	char proof[SIM_PROOF];

	if (request->scope) { /* as if the key had signed */
		world_google_token(world, now, google);
		token = google;
	}
	/* a Page token needs no exchange, as the configuration would say */
	if (request->exchange.length && strncmp(token, "EAASimPage", 10) != 0) {
		page_token = strcmp(request->exchange_member, "token") == 0
				     ? logged_in(world, request, token, now, ret)
				     : exchanged(world, request, token, now, ret);
		if (!page_token)
			return;
		token = page_token;
	}
	text_add(&target, target_of(text_str(&request->url)));
	text_add(&body, text_str(&request->body));
	if (request->form == CREDENTIAL_BEARER)
		sent.bearer = token;
	if (request->form == CREDENTIAL_HEADER)
		sent.api_key = token;
	if (request->form == CREDENTIAL_FIELD) {
		text_addf(&body, "%s%s=", body.length ? "&" : "", request->credential_field);
		text_add_url(&body, token);
	}
	if (request->proof && world->app_secret) {
		sim_proof(world->app_secret, token, proof);
		text_addf(&target, "%cappsecret_proof=%s",
			  strchr(text_str(&target), '?') ? '&' : '?', proof);
	}
	sent.target = text_str(&target);
	sent.body = request->method == HTTP_POST ? text_str(&body) : NULL;
	world_answer(world, &sent, now, ret);
}
