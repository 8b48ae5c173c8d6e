/* Google Analytics Data API (v1beta) and the endpoint that gives tokens to service accounts. */
#include "world.h"

#include "hash.h"

#include "metricsd/cleanup.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_LIFE_S = 3600, CLOCK_OFF_S = 600, ROWS_MAX = 4000, REPORTS_MAX = 5, JWT_MAX = 8192 };

static const char scope[] = "https://www.googleapis.com/auth/analytics.readonly";

struct call {
	struct world *world;
	struct account *property;
	int64_t now;
	struct sim_response *ret;
};

/* Takes over `root`. */
static void answer(struct sim_response *ret, int status, cJSON *root)
{
	SCOPED(memory)
	char *text = cJSON_PrintUnformatted(root);

	ret->status = status;
	text_add(&ret->headers, "Content-Type: application/json; charset=UTF-8\r\n");
	text_add(&ret->body, text);
	cJSON_Delete(root);
}

static void add_text(cJSON *object, const char *name, const char *value)
{
	(void)cJSON_AddStringToObject(object, name, value);
}

/* {"error":{"code":403,"message":"…","status":"PERMISSION_DENIED"}}, with a reason perhaps. */
static void refuse(struct sim_response *ret, int code, const char *status, const char *reason,
		   const char *words)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *error = cJSON_AddObjectToObject(root, "error");

	(void)cJSON_AddNumberToObject(error, "code", code);
	add_text(error, "message", words);
	add_text(error, "status", status);
	if (reason) {
		cJSON *details = cJSON_AddArrayToObject(error, "details");
		cJSON *detail = cJSON_CreateObject();

		add_text(detail, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
		add_text(detail, "reason", reason);
		(void)cJSON_AddItemToArray(details, detail);
	}
	answer(ret, code, root);
}

/* --- tokens --- */

static void token_text(const struct world *world, int64_t until, char ret[SIM_GOOGLE_TOKEN])
{
	(void)snprintf(ret, SIM_GOOGLE_TOKEN, "ya29.sim-%" PRId64 "-%016" PRIx64, until,
		       hash_two(world->seed ^ 0x6A4, (uint64_t)until));
}

void world_google_token(const struct world *world, int64_t now, char ret[SIM_GOOGLE_TOKEN])
{
	token_text(world, now + TOKEN_LIFE_S, ret);
}

static bool is_token(const struct world *world, const char *bearer, int64_t now)
{
	char expected[SIM_GOOGLE_TOKEN];
	int64_t until;

	if (!bearer || strncmp(bearer, "ya29.sim-", 9) != 0)
		return false;
	until = strtoll(bearer + 9, NULL, 10);
	token_text(world, until, expected);
	return strcmp(bearer, expected) == 0 && now < until;
}

static void refuse_grant(struct sim_response *ret, const char *words)
{
	cJSON *root = cJSON_CreateObject();

	add_text(root, "error", "invalid_grant");
	add_text(root, "error_description", words);
	answer(ret, 400, root);
}

/* base64url of `length` bytes; the number of bytes, 0 for what is none. */
static size_t decode(const char *part, size_t length, unsigned char ret[JWT_MAX])
{
	char code[JWT_MAX];
	size_t padded = (length + 3) / 4 * 4;
	int got;

	if (length == 0 || padded >= sizeof(code))
		return 0;
	memset(code, '=', padded);
	for (size_t i = 0; i < length; i++)
		code[i] = (char)(part[i] == '-' ? '+' : part[i] == '_' ? '/' : part[i]);
	got = EVP_DecodeBlock(ret, (unsigned char *)code, (int)padded);
	if (got <= 0)
		return 0;
	ret[(size_t)got - (padded - length)] = '\0';
	return (size_t)got - (padded - length);
}

static bool is_signed(const char *pem, const char *jwt, size_t said, const unsigned char *signature,
		      size_t length)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	bool right =
		key && EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestVerify(digest, signature, length, (const unsigned char *)jwt, said) == 1;

	EVP_MD_CTX_free(digest);
	EVP_PKEY_free(key);
	(void)BIO_free(bio);
	return right;
}

/* What is wrong with the assertion, NULL when nothing is. */
static const char *fault_of(const struct world *world, const char *jwt, int64_t now)
{
	const char *claims = jwt ? strchr(jwt, '.') : NULL;
	const char *signature = claims ? strchr(claims + 1, '.') : NULL;
	unsigned char bytes[JWT_MAX];
	SCOPED(json)
	cJSON *head = NULL;
	SCOPED(json)
	cJSON *said = NULL;
	int64_t iat, exp;
	size_t length;

	if (!signature)
		return "Invalid JWT: not three parts.";
	length = decode(jwt, (size_t)(claims - jwt), bytes);
	if (json_parse((char *)bytes, length, &head, NULL) < 0 || !json_text(head, "alg") ||
	    strcmp(json_text(head, "alg"), "RS256") != 0)
		return "Invalid JWT: unsupported algorithm.";
	length = decode(claims + 1, (size_t)(signature - claims - 1), bytes);
	if (json_parse((char *)bytes, length, &said, NULL) < 0 || !json_text(said, "iss") ||
	    !json_text(said, "aud") || !json_text(said, "scope") ||
	    strcmp(json_text(said, "scope"), scope) != 0)
		return "Invalid JWT: missing claims.";
	if (json_int(said, "iat", &iat, NULL) < 0 || json_int(said, "exp", &exp, NULL) < 0 ||
	    exp - iat > TOKEN_LIFE_S || iat > now + CLOCK_OFF_S || exp <= now)
		return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
		       "reasonable timeframe. Check your iat and exp values in the JWT claim.";
	length = decode(signature + 1, strlen(signature + 1), bytes);
	if (world->web.google_key &&
	    !is_signed(world->web.google_key, jwt, (size_t)(signature - jwt), bytes, length))
		return "Invalid JWT Signature.";
	return NULL;
}

void google_token_answer(struct world *world, const struct sim_request *request, int64_t now,
			 struct sim_response *ret)
{
	struct fields form = { 0 };
	const char *grant, *fault;
	char token[SIM_GOOGLE_TOKEN];
	cJSON *root;

	if (request->body)
		fields_add(&form, request->body, strlen(request->body));
	grant = fields_get(&form, "grant_type");
	fault = fault_of(world, fields_get(&form, "assertion"), now);
	if (!grant || strcmp(grant, "urn:ietf:params:oauth:grant-type:jwt-bearer") != 0) {
		refuse_grant(ret, "Unsupported grant type.");
	} else if (fault) {
		refuse_grant(ret, fault);
	} else {
		world_google_token(world, now, token);
		root = cJSON_CreateObject();
		add_text(root, "access_token", token);
		(void)cJSON_AddNumberToObject(root, "expires_in", TOKEN_LIFE_S - 1);
		add_text(root, "token_type", "Bearer");
		answer(ret, 200, root);
	}
	fields_clear(&form);
}

/* --- reports --- */

enum { COLUMNS_MAX = 10 };

struct query {
	const struct sim_metric *metrics[COLUMNS_MAX];
	int count;
	bool daily, ordered;
	struct window window;
};

/* The words of a 400, NULL when the request is fine. */
static const char *read_query(const struct call *call, const cJSON *request, struct query *ret,
			      char words[200])
{
	const cJSON *range = cJSON_GetArrayItem(json_array(request, "dateRanges"), 0);
	const char *dimension =
		json_text(cJSON_GetArrayItem(json_array(request, "dimensions"), 0), "name");
	const cJSON *metric;
	int32_t first, last;

	*ret = (struct query){ 0 };
	if (!json_text(range, "startDate") || !json_text(range, "endDate") ||
	    day_parse(json_text(range, "startDate"), &first, NULL) < 0 ||
	    day_parse(json_text(range, "endDate"), &last, NULL) < 0 || last < first)
		return "Invalid dateRange.";
	ret->window = (struct window){ first, last - first + 1 };
	if (dimension && strcmp(dimension, "date") != 0)
		return "The simulation knows the dimension date only.";
	ret->daily = dimension != NULL;
	ret->ordered = json_array(request, "orderBys") != NULL;
	cJSON_ArrayForEach (metric, json_array(request, "metrics")) {
		const char *name = json_text(metric, "name");
		const struct sim_metric *known = name ? sim_metric_provider(SIM_GA4, name) : NULL;

		if (!known ||
		    world_struck(call->world, SIM_FAULT_METRIC, call->property, name, call->now)) {
			(void)snprintf(words, 200,
				       "Field %s is not a valid metric. For a list of valid "
				       "dimensions and metrics, see the API schema ",
				       name ? name : "");
			return words;
		}
		if (ret->count < COLUMNS_MAX)
			ret->metrics[ret->count++] = known;
	}
	return ret->count > 0 ? NULL : "A metric is required.";
}

static int64_t value_of(const struct call *call, const struct sim_metric *metric,
			struct window window)
{
	int64_t value =
		account_value(call->world, call->property, metric, window, metric->kind, call->now);

	return value == TRUTH_NONE ? 0 : value;
}

/* Adds the row of a window, unless there is nothing in it. */
static void add_row(const struct call *call, const struct query *query, struct window window,
		    cJSON *rows)
{
	cJSON *row = cJSON_CreateObject();
	int year, month, mday;
	char text[32];
	bool any = false;
	cJSON *values;

	if (query->daily) {
		cJSON *dimensions = cJSON_AddArrayToObject(row, "dimensionValues");
		cJSON *dimension = cJSON_CreateObject();

		day_split(window.first, &year, &month, &mday);
		(void)snprintf(text, sizeof(text), "%04d%02d%02d", year, month, mday);
		add_text(dimension, "value", text);
		(void)cJSON_AddItemToArray(dimensions, dimension);
	}
	values = cJSON_AddArrayToObject(row, "metricValues");
	for (int i = 0; i < query->count; i++) {
		cJSON *cell = cJSON_CreateObject();
		int64_t value = value_of(call, query->metrics[i], window);

		any = any || value > 0;
		(void)snprintf(text, sizeof(text), "%" PRId64, value);
		add_text(cell, "value", text);
		(void)cJSON_AddItemToArray(values, cell);
	}
	if (any)
		(void)cJSON_AddItemToArray(rows, row);
	else
		cJSON_Delete(row);
}

static void add_headers(const struct query *query, cJSON *report)
{
	cJSON *headers;

	if (query->daily) {
		cJSON *dimensions = cJSON_AddArrayToObject(report, "dimensionHeaders");
		cJSON *dimension = cJSON_CreateObject();

		add_text(dimension, "name", "date");
		(void)cJSON_AddItemToArray(dimensions, dimension);
	}
	headers = cJSON_AddArrayToObject(report, "metricHeaders");
	for (int i = 0; i < query->count; i++) {
		cJSON *header = cJSON_CreateObject();

		add_text(header, "name", query->metrics[i]->provider);
		add_text(header, "type", "TYPE_INTEGER");
		(void)cJSON_AddItemToArray(headers, header);
	}
}

static void add_metadata(const struct call *call, cJSON *report)
{
	cJSON *metadata = cJSON_AddObjectToObject(report, "metadata");
	cJSON *quota = cJSON_AddObjectToObject(report, "propertyQuota");

	add_text(metadata, "currencyCode", "COP");
	add_text(metadata, "timeZone", zone_name(call->property->insights));
	if (call->world->quirks.ga4_withholds)
		(void)cJSON_AddTrueToObject(metadata, "subjectToThresholding");
	(void)cJSON_AddNumberToObject(cJSON_AddObjectToObject(quota, "tokensPerDay"), "remaining",
				      199984);
	(void)cJSON_AddNumberToObject(cJSON_AddObjectToObject(quota, "tokensPerHour"), "remaining",
				      39984);
}

/* Rows that are not asked for in an order come backwards, as good as any. A day that lacks is
 * withheld from the rows, not from totals. */
static cJSON *report_of(const struct call *call, const struct query *query)
{
	cJSON *report = cJSON_CreateObject();
	cJSON *rows = cJSON_CreateArray();

	add_headers(query, report);
	if (!query->daily)
		add_row(call, query, query->window, rows);
	for (int32_t i = 0; query->daily && i < query->window.days && i < ROWS_MAX; i++) {
		int32_t day = query->ordered ? query->window.first + i
					     : window_end(query->window) - 1 - i;

		if (!world_day_lacks(call->world, call->property, query->metrics[0]->provider, day))
			add_row(call, query, (struct window){ day, 1 }, rows);
	}
	if (cJSON_GetArraySize(rows) > 0) {
		int count = cJSON_GetArraySize(rows);

		(void)cJSON_AddItemToObject(report, "rows", rows);
		(void)cJSON_AddNumberToObject(report, "rowCount", count);
	} else {
		cJSON_Delete(rows); /* no data: neither of both */
	}
	add_metadata(call, report);
	add_text(report, "kind", "analyticsData#runReport");
	return report;
}

static void answer_batch(const struct call *call, const cJSON *requests)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *reports = cJSON_AddArrayToObject(root, "reports");
	const cJSON *request;

	cJSON_ArrayForEach (request, requests) {
		struct query query;
		char words[200];
		const char *wrong = read_query(call, request, &query, words);

		if (cJSON_GetArraySize(requests) > REPORTS_MAX)
			wrong = "At most 5 reports may be requested at once.";
		if (wrong) {
			cJSON_Delete(root);
			refuse(call->ret, 400, "INVALID_ARGUMENT", NULL, wrong);
			return;
		}
		(void)cJSON_AddItemToArray(reports, report_of(call, &query));
	}
	add_text(root, "kind", "analyticsData#batchRunReports");
	answer(call->ret, 200, root);
}

static void answer_report(const struct call *call, const cJSON *request)
{
	struct query query;
	char words[200];
	const char *wrong = read_query(call, request, &query, words);

	if (wrong)
		refuse(call->ret, 400, "INVALID_ARGUMENT", NULL, wrong);
	else
		answer(call->ret, 200, report_of(call, &query));
}

/* What is refused whatever is asked: true when it was. */
static bool refused(const struct call *call, const struct sim_request *request)
{
	const struct world *world = call->world;
	const struct sim_fault *fault =
		world_struck(world, SIM_FAULT_SERVER, call->property, NULL, call->now);

	if (fault)
		refuse(call->ret, fault->code ? fault->code : 503, "UNAVAILABLE", NULL,
		       "The service is currently unavailable.");
	else if (!is_token(world, request->bearer, call->now) ||
		 world_struck(world, SIM_FAULT_TOKEN, call->property, NULL, call->now))
		refuse(call->ret, 401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED",
		       "Request had invalid authentication credentials. Expected OAuth 2 access "
		       "token, login cookie or other valid authentication credential.");
	else if (world->quirks.ga4_disabled)
		refuse(call->ret, 403, "PERMISSION_DENIED", "SERVICE_DISABLED",
		       "Google Analytics Data API has not been used in project 1 before or it is "
		       "disabled.");
	else if (!call->property)
		refuse(call->ret, 403, "PERMISSION_DENIED", NULL,
		       "User does not have sufficient permissions for this property.");
	else if (world_struck(world, SIM_FAULT_THROTTLE, call->property, NULL, call->now))
		refuse(call->ret, 429, "RESOURCE_EXHAUSTED", NULL,
		       "Exhausted property tokens for a project per hour. These quota tokens will "
		       "return in under an hour.");
	else
		return false;
	return true;
}

void ga4_answer(struct world *world, const struct sim_request *request, int64_t now,
		struct sim_response *ret)
{
	static const char path[] = "/v1beta/properties/";
	const char *id = request->target + strlen(path);
	size_t length = strcspn(id, ":");
	struct call call = { .world = world, .now = now, .ret = ret };
	SCOPED(memory)
	char *name = memory_text_n(id, length);
	SCOPED(json)
	cJSON *root = NULL;

	call.property = world_find(world, name);
	if (call.property && call.property->kind != SIM_GA4)
		call.property = NULL;
	if (refused(&call, request))
		return;
	if (!request->body || !request->json ||
	    json_parse(request->body, strlen(request->body), &root, NULL) < 0)
		refuse(ret, 400, "INVALID_ARGUMENT", NULL, "Invalid JSON payload received.");
	else if (strcmp(id + length, ":batchRunReports") == 0)
		answer_batch(&call, json_array(root, "requests"));
	else
		answer_report(&call, root);
}
