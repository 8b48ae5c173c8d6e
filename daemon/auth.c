#include "auth.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 16 << 10 };

/* A secret that was read, and what its file looked like then. */
struct secret {
	struct secret *next;
	char *path;
	char *value; /* memory_forget() */
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec written, changed;
};

/* A derived token, or the way to it. */
struct exchange {
	struct exchange *next;
	struct auth *auth;
	const struct token *token;
	char *url;
	char *member;
	char *parent; /* the configured token it was derived from; memory_forget() */
	char *value;  /* memory_forget(); NULL: not had yet */
	struct fetch *fetch;
	struct carry *waiting;
};

struct auth {
	struct fetcher *fetcher;
	struct secret *secrets;
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
	return auth;
}

static void free_secret(struct secret *secret)
{
	memory_forget(secret->value);
	free(secret->path);
	free(secret);
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
	while (auth->secrets) {
		struct secret *next = auth->secrets->next;

		free_secret(auth->secrets);
		auth->secrets = next;
	}
	free(auth);
}

void auth_use(struct auth *auth, struct fetcher *fetcher)
{
	free_exchanges(auth); /* their tokens are borrowed from a configuration that may go */
	auth->fetcher = fetcher;
}

/* --- secrets --- */

/* The path of a place; ERROR_TOKEN when it names a credential and systemd gave none. */
static int path_of(const struct secret_place *place, struct text *ret, struct error *err)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	text_reset(ret);
	if (place->file) {
		text_set(ret, place->file);
		return 0;
	}
	if (!directory)
		return error_set(err, ERROR_TOKEN,
				 "credential %s: no $CREDENTIALS_DIRECTORY; is LoadCredential=%s "
				 "in the unit?",
				 place->credential, place->credential);
	text_addf(ret, "%s/%s", directory, place->credential);
	return 0;
}

static bool same_file(const struct secret *secret, const struct stat *file)
{
	return secret->device == file->st_dev && secret->inode == file->st_ino &&
	       secret->size == file->st_size && secret->written.tv_sec == file->st_mtim.tv_sec &&
	       secret->written.tv_nsec == file->st_mtim.tv_nsec &&
	       secret->changed.tv_sec == file->st_ctim.tv_sec &&
	       secret->changed.tv_nsec == file->st_ctim.tv_nsec;
}

static int check_file(const char *path, const struct stat *file, struct error *err)
{
	if (!S_ISREG(file->st_mode))
		return error_set(err, ERROR_TOKEN, "%s is not a file", path);
	if (file->st_mode & S_IRWXO)
		return error_set(err, ERROR_TOKEN,
				 "%s may be read by others: chmod o= %s, then replace the secret",
				 path, path);
	if (file->st_size > SECRET_MAX)
		return error_set(err, ERROR_TOKEN, "%s is too long for a secret", path);
	return 0;
}

/* What cannot be sent in a header is no secret: it would end the header's line. */
static bool is_sendable(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value <= 0x20 || (unsigned char)*value >= 0x7f)
			return false;
	return true;
}

/* A file that is not there or not ours to read waits for a person; what else keeps it from being
 * read (descriptors, memory, the disk) is no fault of the secret's and is tried again. */
static enum error_class class_of(int number)
{
	return number == ENOENT || number == EACCES ? ERROR_TOKEN : ERROR_OURS;
}

static int read_value(int fd, const char *path, char **ret, struct error *err)
{
	char *value = memory_new(SECRET_MAX + 1, 1);
	ssize_t length = 0;
	ssize_t got;

	while ((got = read(fd, value + length, (size_t)(SECRET_MAX - length))) > 0)
		length += got;
	if (got < 0) {
		(void)error_set(err, class_of(errno), "%s: %s", path, strerror(errno));
		goto refuse;
	}
	while (length > 0 && strchr("\r\n \t", value[length - 1]))
		value[--length] = '\0';
	if (length == 0 || strlen(value) != (size_t)length || !is_sendable(value)) {
		(void)error_set(err, ERROR_TOKEN, "%s holds no secret in one line", path);
		goto refuse;
	}
	*ret = memory_text(value);
	explicit_bzero(value, SECRET_MAX);
	free(value);
	return 0;

refuse:
	explicit_bzero(value, SECRET_MAX);
	free(value);
	return -1;
}

static int read_secret(struct secret *secret, struct error *err)
{
	SCOPED(descriptor)
	int fd = open(secret->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0)
		return error_set(err, class_of(errno), "%s: %s", secret->path, strerror(errno));
	if (secret->value && same_file(secret, &file))
		return 0;
	memory_forget(secret->value);
	secret->value = NULL;
	if (check_file(secret->path, &file, err) < 0 ||
	    read_value(fd, secret->path, &secret->value, err) < 0)
		return -1;
	secret->device = file.st_dev;
	secret->inode = file.st_ino;
	secret->size = file.st_size;
	secret->written = file.st_mtim;
	secret->changed = file.st_ctim;
	return 0;
}

int auth_secret(struct auth *auth, const struct secret_place *place, const char **ret,
		struct error *err)
{
	SCOPED(text)
	struct text path = { 0 };
	struct secret *secret;

	if (path_of(place, &path, err) < 0)
		return -1;
	for (secret = auth->secrets; secret; secret = secret->next)
		if (strcmp(secret->path, text_str(&path)) == 0)
			break;
	if (!secret) {
		secret = memory_new(1, sizeof(*secret));
		secret->path = text_take(&path);
		secret->next = auth->secrets;
		auth->secrets = secret;
	}
	if (read_secret(secret, err) < 0)
		return -1;
	*ret = secret->value;
	return 0;
}

int64_t auth_secret_time(const struct token *token)
{
	SCOPED(text)
	struct text path = { 0 };
	struct stat file;
	struct error err;

	if (path_of(&token->secret, &path, &err) < 0 || stat(text_str(&path), &file) < 0)
		return 0;
	/* what is moved or copied there with its old date, or made readable, has a new st_ctim */
	return file.st_mtim.tv_sec > file.st_ctim.tv_sec ? file.st_mtim.tv_sec
							 : file.st_ctim.tv_sec;
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
	const char *app_secret;

	ret[0] = '\0';
	if (!token->app_secret.file && !token->app_secret.credential)
		return 0;
	if (auth_secret(auth, &token->app_secret, &app_secret, err) < 0)
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

/* Sends carry's request with `value` on it (NULL: none needed). */
static int dispatch(struct carry *carry, const char *value, struct error *err)
{
	const struct request *request = carry->request;
	struct text secret = { 0 };
	char proof[PROOF_TEXT + 24] = "";
	struct fetch_order order = {
		.method = request->method,
		.url = text_str(&request->url),
		.body = text_str(&request->body),
		.token = carry->token ? carry->token->id : NULL,
		.done = carry->done,
		.data = carry->data,
	};

	if (request->url.failed || request->body.failed)
		return error_set(err, ERROR_REQUEST, "the request is too long");
	if (value && request->proof &&
	    prove(carry->auth, carry->token, value, proof, sizeof(proof), err) < 0)
		return -1;
	if (request->form == CREDENTIAL_BEARER)
		order.bearer = value;
	if (request->form == CREDENTIAL_FIELD) {
		if (request->method != HTTP_POST)
			return error_set(err, ERROR_REQUEST, "a secret has no place in an address");
		text_addf(&secret, "%s=", request->credential_field);
		text_add_url(&secret, value);
	}
	if (proof[0] && request->method == HTTP_GET)
		order.query = proof;
	else if (proof[0])
		text_addf(&secret, "%s%s", secret.length ? "&" : "", proof);
	if (secret.length > 0)
		order.secret = text_str(&secret);
	carry->fetch = fetch_start(carry->auth->fetcher, &order);
	forget(&secret);
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

/* The token in the answer to an exchange, or NULL and why there is none. */
static const char *exchanged(const struct exchange *exchange, const cJSON *root, struct error *err)
{
	const char *value = json_text(root, exchange->member);

	if (!value || !*value || !is_sendable(value) || strlen(value) > SECRET_MAX) {
		(void)error_set(err, ERROR_PERMISSION,
				"token %s cannot be turned into the account's own: no %s in the "
				"answer to the exchange; does its owner have a role there?",
				exchange->token->id, exchange->member);
		return NULL;
	}
	/* the fetch puts stars where the token that was sent comes back: it is of the right kind
	 * already */
	if (strspn(value, "*") == strlen(value) && strlen(value) == strlen(exchange->parent))
		return exchange->parent;
	return value;
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
		end_waiting(exchange, response, NULL);
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
	end_waiting(exchange, NULL, NULL);
}

static int start_exchange(struct exchange *exchange, bool proof, struct error *err)
{
	char query[PROOF_TEXT + 24] = "";
	struct fetch_order order = {
		.method = HTTP_GET,
		.url = exchange->url,
		.bearer = exchange->parent,
		.token = exchange->token->id,
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
	exchange->url = memory_text(text_str(&carry->request->exchange));
	exchange->member = memory_text(carry->request->exchange_member);
	exchange->next = auth->exchanges;
	auth->exchanges = exchange;
	return exchange;
}

/* The derived token is used when it is there and of this very secret; asked for once, whoever
 * else waits. */
static int carry_exchanged(struct auth *auth, struct carry *carry, const char *secret,
			   struct error *err)
{
	struct exchange *exchange =
		find_exchange(auth, carry->token, text_str(&carry->request->exchange));

	if (!exchange)
		exchange = new_exchange(auth, carry);
	if (!exchange->fetch && exchange->parent && strcmp(exchange->parent, secret) != 0) {
		memory_forget(exchange->value);
		exchange->value = NULL;
	}
	if (exchange->value)
		return dispatch(carry, exchange->value, err);
	if (!exchange->fetch) {
		memory_forget(exchange->parent);
		exchange->parent = memory_text(secret);
		if (start_exchange(exchange, carry->request->proof, err) < 0)
			return -1;
	}
	carry->exchange = exchange;
	carry->next = exchange->waiting;
	exchange->waiting = carry;
	return 0;
}

static bool is_derived(const struct token *token, const struct request *request)
{
	return request->exchange.length > 0 && request->form != CREDENTIAL_NONE &&
	       (token->kind == TOKEN_USER || token->kind == TOKEN_SYSTEM_USER);
}

void auth_carry(struct auth *auth, struct carry *carry)
{
	const char *secret;
	struct error err;
	int result;

	carry->auth = auth;
	carry->fetch = NULL;
	carry->exchange = NULL;
	carry->next = NULL;
	if (carry->request->form == CREDENTIAL_NONE)
		result = dispatch(carry, NULL, &err);
	else if (!carry->token)
		result = error_set(&err, ERROR_TOKEN, "the account has no token");
	else if (auth_secret(auth, &carry->token->secret, &secret, &err) < 0)
		result = -1;
	else if (is_derived(carry->token, carry->request))
		result = carry_exchanged(auth, carry, secret, &err);
	else
		result = dispatch(carry, secret, &err);
	if (result < 0)
		refuse(carry, &err);
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
		token ? find_exchange(auth, token, text_str(&request->exchange)) : NULL;

	if (!exchange || exchange->fetch)
		return;
	memory_forget(exchange->value);
	exchange->value = NULL;
}
