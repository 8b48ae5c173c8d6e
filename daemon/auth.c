#include "auth.h"

#include "auth_google.h"
#include "auth_keys.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum {
	SECRET_MAX = 16 << 10,
	EARLY_S = 300,       /* so long before its end a token is no longer used */
	LIFE_MAX_S = 86400,  /* of a token, whatever its giver says */
	LIFE_UNSAID_S = 600, /* when he says nothing */
};

/* What is shown for a token. */
enum way {
	WAY_PLAIN,  /* itself */
	WAY_OBJECT, /* Meta: the object's own, for the asking */
	WAY_SIGNED, /* a service account's: given for what its key signs */
	WAY_LOGIN,  /* given for user and password */
};

/* A derived token, or the way to it. */
struct exchange {
	struct exchange *next;
	struct auth *auth;
	const struct token *token;
	enum way way;
	char *url; /* WAY_SIGNED: the scope, for the key's file says the address */
	char *member;
	char *parent; /* the configured token it was derived from; memory_forget() */
	unsigned parent_serial;
	char *value;     /* memory_forget(); NULL: not had yet */
	int64_t until;   /* time; 0: it has no end */
	unsigned serial; /* of the value */
	struct fetch *fetch;
	struct carry *waiting;
};

struct auth {
	struct fetcher *fetcher;
	struct keys *keys;
	struct exchange *exchanges;
};

void auth_guard_process(void)
{
	struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}

struct auth *auth_new(struct fetcher *fetcher)
{
	struct auth *auth = memory_new(1, sizeof(*auth));

	auth->fetcher = fetcher;
	auth->keys = keys_new();
	return auth;
}

struct keys *auth_keys(struct auth *auth)
{
	return auth->keys;
}

static void free_exchange(struct exchange *exchange)
{
	if (exchange->fetch)
		fetch_drop(exchange->fetch);
	memory_forget(exchange->parent);
	memory_forget(exchange->value);
	free(exchange->url);
	free(exchange->member);
	free(exchange);
}

static void free_exchanges(struct auth *auth)
{
	while (auth->exchanges) {
		struct exchange *next = auth->exchanges->next;

		free_exchange(auth->exchanges);
		auth->exchanges = next;
	}
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	free_exchanges(auth);
	keys_free(auth->keys);
	free(auth);
}

void auth_use(struct auth *auth, struct fetcher *fetcher)
{
	free_exchanges(auth); /* their tokens are borrowed from a configuration that may go */
	auth->fetcher = fetcher;
}

int auth_secret(struct auth *auth, const struct secret_place *place, const char **ret,
		struct error *err)
{
	return keys_secret(auth->keys, place, ret, err);
}

/* What cannot be sent in a header is no secret: it would end the header's line. */
static bool is_sendable(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value <= 0x20 || (unsigned char)*value >= 0x7f)
			return false;
	return true;
}

void auth_proof(const char *app_secret, const char *token, char ret[PROOF_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	ret[0] = '\0';
	if (!HMAC(EVP_sha256(), app_secret, (int)strlen(app_secret), (const unsigned char *)token,
		  strlen(token), bytes, &length))
		return;
	for (unsigned int i = 0; i < length && i < PROOF_TEXT / 2; i++) {
		ret[2 * (size_t)i] = digits[bytes[i] >> 4];
		ret[2 * (size_t)i + 1] = digits[bytes[i] & 15];
	}
	ret[PROOF_TEXT - 1] = '\0';
	explicit_bzero(bytes, sizeof(bytes));
}

/* --- putting it on --- */

/* "appsecret_proof=…" of a token, "" when no app secret is configured. */
static int prove(struct auth *auth, const struct token *token, const char *value, char *ret,
		 size_t room, struct error *err)
{
	char proof[PROOF_TEXT];
	const char *app_secret = "";

	ret[0] = '\0';
	if (!token->app_secret.file && !token->app_secret.credential)
		return 0;
	if (keys_secret(auth->keys, &token->app_secret, &app_secret, err) < 0)
		return -1;
	auth_proof(app_secret, value, proof);
	(void)snprintf(ret, room, "appsecret_proof=%s", proof);
	explicit_bzero(proof, sizeof(proof));
	return 0;
}

static void forget(struct text *text)
{
	if (text->bytes)
		explicit_bzero(text->bytes, text->room);
	text_clear(text);
}

static void on_shown(void *data, const struct response *response, const struct error *cause);

/* The credential of the token's app beside the token's own: its id and secret as bearer, or its
 * secret as one more field. */
static int show_app(const struct carry *carry, struct text *bearer, struct text *fields,
		    struct error *err)
{
	const struct request *request = carry->request;
	const struct token *token = carry->token;
	const char *app_secret = NULL;

	if (request->app == CREDENTIAL_NONE)
		return 0;
	if (!token || !token->app_id || (!token->app_secret.file && !token->app_secret.credential))
		return error_set(err, ERROR_REQUEST, "no app is configured to ask with");
	if (keys_secret(carry->auth->keys, &token->app_secret, &app_secret, err) < 0)
		return error_within(err, "the app's secret");
	if (request->app == CREDENTIAL_FIELD) {
		text_addf(fields, "%s%s=", fields->length ? "&" : "", request->app_field);
		text_add_url(fields, app_secret);
	} else {
		text_addf(bearer, "%s|%s", token->app_id, app_secret);
	}
	return 0;
}

/* Sends carry's request with `value` on it (NULL: none needed). */
static int dispatch(struct carry *carry, const char *value, struct error *err)
{
	const struct request *request = carry->request;
	struct text secret = TEXT_SECRET;
	struct text app = TEXT_SECRET;
	char proof[PROOF_TEXT + 24] = "";
	struct fetch_order order = {
		.method = request->method,
		.url = text_str(&request->url),
		.body = text_str(&request->body),
		.json = request->json,
		.token = carry->token ? carry->token->id : NULL,
		.gives_secret = request->app == CREDENTIAL_FIELD,
		.done = carry->cached ? on_shown : carry->done,
		.data = carry->cached ? carry : carry->data,
	};

	if (request->url.failed || request->body.failed)
		return error_set(err, ERROR_REQUEST, "the request is too long");
	if (value && request->proof && carry->token &&
	    prove(carry->auth, carry->token, value, proof, sizeof(proof), err) < 0)
		return -1;
	if (request->form == CREDENTIAL_BEARER || request->form == CREDENTIAL_HEADER)
		order.bearer = value;
	if (request->form == CREDENTIAL_HEADER)
		order.header = request->credential_field;
	if (request->form == CREDENTIAL_FIELD) {
		if (request->method != HTTP_POST || request->json)
			return error_set(err, ERROR_REQUEST, "a secret has no place in an address");
		text_addf(&secret, "%s=", request->credential_field);
		text_add_url(&secret, value);
	}
	if (show_app(carry, &app, &secret, err) < 0) {
		forget(&secret);
		return -1;
	}
	if (app.length > 0)
		order.bearer = text_str(&app);
	if (proof[0] && request->method == HTTP_GET)
		order.query = proof;
	else if (proof[0])
		text_addf(&secret, "%s%s", secret.length ? "&" : "", proof);
	if (secret.length > 0)
		order.secret = text_str(&secret);
	carry->fetch = fetch_start(carry->auth->fetcher, &order);
	forget(&secret);
	forget(&app);
	explicit_bzero(proof, sizeof(proof));
	return 0;
}

static void refuse(struct carry *carry, const struct error *cause)
{
	carry->fetch = fetch_refuse(carry->auth->fetcher, cause, carry->done, carry->data);
}

/* --- exchanging --- */

/* Ends all who wait for the exchange: with its token, its refusal, or its failure. One by one from
 * the list, since each may drop another; those left wait on when one of them began a new exchange.
 */
static void end_waiting(struct exchange *exchange, const struct response *response,
			const struct error *cause)
{
	struct carry *carry;

	while ((carry = exchange->waiting) && !exchange->fetch) {
		struct error err;

		exchange->waiting = carry->next;
		carry->exchange = NULL;
		carry->next = NULL;
		if (!exchange->value)
			carry->done(carry->data, response, cause);
		else if (dispatch(carry, exchange->value, &err) < 0)
			refuse(carry, &err);
	}
}

/* A token does not stay in memory that is given back. */
static void forget_member(const cJSON *root, const char *member)
{
	char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, member));

	if (value)
		explicit_bzero(value, strlen(value));
}

/* The token in the answer to an exchange, or NULL and why there is none. */
static const char *exchanged(const struct exchange *exchange, const cJSON *root, struct error *err)
{
	const char *value = json_text(root, exchange->member);

	if (!value || !*value || !is_sendable(value) || strlen(value) > SECRET_MAX) {
		if (exchange->way == WAY_OBJECT)
			(void)error_set(err, ERROR_PERMISSION,
					"token %s cannot be turned into the account's own: no %s "
					"in the answer to the exchange; does its owner have a role "
					"there?",
					exchange->token->id, exchange->member);
		else
			(void)error_set(err, ERROR_MALFORMED,
					"token %s: no %s in the answer of who should give it",
					exchange->token->id, exchange->member);
		return NULL;
	}
	/* the fetch puts stars where the token that was sent comes back: it is of the right kind
	 * already */
	if (exchange->way == WAY_OBJECT && strspn(value, "*") == strlen(value) &&
	    strlen(value) == strlen(exchange->parent))
		return exchange->parent;
	return value;
}

/* When the token is no longer to be used; 0: nobody said. */
static int64_t end_of(const struct exchange *exchange, const cJSON *root)
{
	int64_t life = 0;

	if (exchange->way != WAY_SIGNED)
		return 0;
	if (json_int(root, "expires_in", &life, NULL) < 0 || life <= 0)
		life = LIFE_UNSAID_S;
	if (life > LIFE_MAX_S)
		life = LIFE_MAX_S;
	return clock_now() + (life > (int64_t)2 * EARLY_S ? life - EARLY_S : life / 2);
}

/* Only a refusal may reach the collector, which may keep it and quote it; never an answer that has,
 * or was to have, a token in it. */
static void on_exchanged(void *data, const struct response *response, const struct error *cause)
{
	struct exchange *exchange = data;
	SCOPED(json)
	cJSON *root = NULL;
	struct error err = { 0 };
	const char *value;
	bool parsed, token, refused;

	exchange->fetch = NULL;
	if (!response) {
		end_waiting(exchange, NULL, cause);
		return;
	}
	parsed = json_parse(response->body, response->length, &root, &err) == 0;
	token = parsed && json_member(root, exchange->member);
	refused = response->status >= 300 || (parsed && json_member(root, "error"));
	if (refused && !token) {
		struct response refusal = *response;

		refusal.of_exchange = true;
		end_waiting(exchange, &refusal, NULL);
		return;
	}
	if (refused)
		(void)error_set(&err, ERROR_MALFORMED, "a refusal with a token in it (HTTP %d)",
				response->status);
	if (refused || !parsed) {
		(void)error_within(&err, "token exchange");
		end_waiting(exchange, NULL, &err);
		return;
	}
	value = exchanged(exchange, root, &err);
	if (!value) {
		end_waiting(exchange, NULL, &err);
		return;
	}
	memory_forget(exchange->value);
	exchange->value = memory_text(value);
	forget_member(root, exchange->member);
	exchange->serial++;
	exchange->until = end_of(exchange, root);
	end_waiting(exchange, NULL, NULL);
}

static int start_signed(struct exchange *exchange, struct error *err)
{
	static const char grant[] =
		"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
	SCOPED(text)
	struct text url = { 0 };
	struct text assertion = TEXT_SECRET;
	struct text field = TEXT_SECRET;
	struct fetch_order order = {
		.method = HTTP_POST,
		.body = grant,
		.token = exchange->token->id,
		.gives_secret = true,
		.done = on_exchanged,
		.data = exchange,
	};

	if (google_sign(exchange->parent, exchange->url, clock_now(), &url, &assertion, err) < 0) {
		forget(&assertion);
		return error_within(err, "token %s", exchange->token->id);
	}
	text_addf(&field, "assertion=%s", text_str(&assertion));
	order.url = text_str(&url);
	order.secret = text_str(&field);
	exchange->fetch = fetch_start(exchange->auth->fetcher, &order);
	forget(&assertion);
	forget(&field);
	return 0;
}

/* "user:password" in one line. */
static bool is_login(const char *secret)
{
	const char *colon = strchr(secret, ':');

	for (const char *at = secret; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	return colon && colon != secret && colon[1];
}

static int start_login(struct exchange *exchange, struct error *err)
{
	const char *password = strchr(exchange->parent, ':');
	struct text user = { 0 };
	struct text body = TEXT_SECRET;
	struct fetch_order order = {
		.method = HTTP_POST,
		.url = exchange->url,
		.json = true,
		.token = exchange->token->id,
		.gives_secret = true,
		.done = on_exchanged,
		.data = exchange,
	};

	if (!is_login(exchange->parent))
		return error_set(err, ERROR_TOKEN,
				 "token %s: the secret is not \"user:password\" in one line",
				 exchange->token->id);
	text_add_n(&user, exchange->parent, (size_t)(password - exchange->parent));
	text_add(&body, "{\"username\":");
	json_quote(&body, text_str(&user));
	text_add(&body, ",\"password\":");
	json_quote(&body, password + 1);
	text_add_char(&body, '}');
	order.body = text_str(&body);
	order.hidden = password + 1;
	exchange->fetch = fetch_start(exchange->auth->fetcher, &order);
	forget(&user);
	forget(&body);
	return 0;
}

static int start_object(struct exchange *exchange, bool proof, struct error *err)
{
	char query[PROOF_TEXT + 24] = "";
	struct fetch_order order = {
		.method = HTTP_GET,
		.url = exchange->url,
		.bearer = exchange->parent,
		.token = exchange->token->id,
		.gives_secret = true,
		.done = on_exchanged,
		.data = exchange,
	};

	if (proof &&
	    prove(exchange->auth, exchange->token, exchange->parent, query, sizeof(query), err) < 0)
		return -1;
	if (query[0])
		order.query = query;
	exchange->fetch = fetch_start(exchange->auth->fetcher, &order);
	explicit_bzero(query, sizeof(query));
	return 0;
}

static int start_exchange(struct exchange *exchange, bool proof, struct error *err)
{
	switch (exchange->way) {
	case WAY_SIGNED:
		return start_signed(exchange, err);
	case WAY_LOGIN:
		return start_login(exchange, err);
	case WAY_OBJECT:
	case WAY_PLAIN:
		break;
	}
	return start_object(exchange, proof, err);
}

static enum way way_of(const struct token *token, const struct request *request)
{
	switch (token->kind) {
	case TOKEN_SERVICE_ACCOUNT:
		return WAY_SIGNED;
	case TOKEN_LOGIN:
		return WAY_LOGIN;
	case TOKEN_USER:
	case TOKEN_SYSTEM_USER:
		return request->exchange.length > 0 ? WAY_OBJECT : WAY_PLAIN;
	case TOKEN_BEARER:
	case TOKEN_PAGE:
		return WAY_PLAIN;
	}
	return WAY_PLAIN;
}

/* What an exchange is known by. */
static const char *address_of(const struct token *token, const struct request *request)
{
	if (token->kind == TOKEN_SERVICE_ACCOUNT)
		return request->scope ? request->scope : "";
	return text_str(&request->exchange);
}

static struct exchange *find_exchange(struct auth *auth, const struct token *token, const char *url)
{
	for (struct exchange *exchange = auth->exchanges; exchange; exchange = exchange->next)
		if (exchange->token == token && strcmp(exchange->url, url) == 0)
			return exchange;
	return NULL;
}

static struct exchange *new_exchange(struct auth *auth, const struct carry *carry)
{
	struct exchange *exchange = memory_new(1, sizeof(*exchange));

	exchange->auth = auth;
	exchange->token = carry->token;
	exchange->way = way_of(carry->token, carry->request);
	exchange->url = memory_text(address_of(carry->token, carry->request));
	exchange->member = memory_text(
		exchange->way == WAY_SIGNED ? "access_token" : carry->request->exchange_member);
	exchange->next = auth->exchanges;
	auth->exchanges = exchange;
	return exchange;
}

static void forget_value(struct exchange *exchange)
{
	memory_forget(exchange->value);
	exchange->value = NULL;
}

/* The derived token is used when it is there and of this very secret; asked for once, whoever
 * else waits. */
static int carry_exchanged(struct auth *auth, struct carry *carry, const char *secret,
			   struct error *err)
{
	struct exchange *exchange =
		find_exchange(auth, carry->token, address_of(carry->token, carry->request));

	if (!exchange)
		exchange = new_exchange(auth, carry);
	if (!exchange->fetch && exchange->parent && strcmp(exchange->parent, secret) != 0)
		forget_value(exchange);
	if (!exchange->fetch && exchange->until && clock_now() >= exchange->until)
		forget_value(exchange);
	if (exchange->value) {
		carry->secret = exchange->parent_serial;
		carry->cached = exchange->way != WAY_OBJECT && !carry->renewed;
		carry->shown = exchange;
		carry->serial = exchange->serial;
		return dispatch(carry, exchange->value, err);
	}
	carry->cached = false;
	if (!exchange->fetch) {
		memory_forget(exchange->parent);
		exchange->parent = memory_text(secret);
		exchange->parent_serial = carry->secret;
		if (start_exchange(exchange, carry->request->proof, err) < 0)
			return -1;
	}
	carry->secret = exchange->parent_serial; /* it may have been begun with another one */
	carry->exchange = exchange;
	carry->next = exchange->waiting;
	exchange->waiting = carry;
	return 0;
}

/* With the credential as its kind is shown. A key or a password is never shown itself, whatever
 * the request says. */
static int carry_shown(struct auth *auth, struct carry *carry, struct error *err)
{
	const struct request *request = carry->request;
	const struct token *token = carry->token;
	enum way way = way_of(token, request);
	const char *secret = NULL;

	if (keys_show(auth->keys, token, carry->fresh ? KEY_FRESH : KEY_IN_USE, &secret,
		      &carry->secret, err) < 0)
		return -1;
	if (way == WAY_PLAIN)
		return dispatch(carry, secret, err);
	if (way == WAY_OBJECT)
		return carry_exchanged(auth, carry, secret, err);
	if (way == WAY_SIGNED ? !request->scope : request->exchange.length == 0)
		return error_set(err, ERROR_TOKEN,
				 "token %s is %s, which nothing can be asked with here", token->id,
				 way == WAY_SIGNED ? "a service account's key"
						   : "a user and password");
	return carry_exchanged(auth, carry, secret, err);
}

void auth_carry(struct auth *auth, struct carry *carry)
{
	struct error err;
	int result;

	carry->auth = auth;
	carry->fetch = NULL;
	carry->exchange = NULL;
	carry->next = NULL;
	carry->secret = 0;
	carry->cached = carry->renewed = false;
	if (carry->request->form == CREDENTIAL_NONE)
		result = dispatch(carry, NULL, &err);
	else if (!carry->token)
		result = error_set(&err, ERROR_TOKEN, "the account has no token");
	else
		result = carry_shown(auth, carry, &err);
	if (result < 0)
		refuse(carry, &err);
}

/* The answer to a request that went out with a token which was there before. */
static void on_shown(void *data, const struct response *response, const struct error *cause)
{
	struct carry *carry = data;
	struct auth *auth = carry->auth;
	struct exchange *exchange =
		find_exchange(auth, carry->token, address_of(carry->token, carry->request));
	struct error err;

	carry->fetch = NULL;
	if (!response || response->status != 401 || !exchange || exchange != carry->shown) {
		carry->done(carry->data, response, cause);
		return;
	}
	if (exchange->serial == carry->serial && !exchange->fetch)
		forget_value(exchange);
	carry->renewed = true;
	if (carry_shown(auth, carry, &err) < 0)
		refuse(carry, &err);
}

int auth_renewed(struct auth *auth, const struct token *token, const struct response *response,
		 const char *member, struct error *err)
{
	SCOPED(json)
	cJSON *root = NULL;
	const char *value;
	int result;

	if (json_parse(response->body, response->length, &root, NULL) < 0)
		return 0;
	value = json_text(root, member);
	if (!value || json_member(root, "error"))
		return 0;
	result = keys_renew(auth->keys, token, value, err);
	forget_member(root, member);
	return result < 0 ? -1 : 1;
}

void auth_drop(struct carry *carry)
{
	if (carry->fetch)
		fetch_drop(carry->fetch);
	carry->fetch = NULL;
	if (!carry->exchange)
		return;
	for (struct carry **at = &carry->exchange->waiting; *at; at = &(*at)->next) {
		if (*at == carry) {
			*at = carry->next;
			break;
		}
	}
	carry->exchange = NULL;
}

void auth_forget(struct auth *auth, const struct token *token, const struct request *request)
{
	struct exchange *exchange =
		token ? find_exchange(auth, token, address_of(token, request)) : NULL;

	if (exchange && !exchange->fetch)
		forget_value(exchange);
}
