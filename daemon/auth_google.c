#include "auth_google.h"

#include "auth_keys.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LIFE_S = 3600 };

static void scoped_bio(BIO **bio)
{
	(void)BIO_free(*bio);
}

static void scoped_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void scoped_digest(EVP_MD_CTX **digest)
{
	EVP_MD_CTX_free(*digest);
}

/* base64url without padding (RFC 7515). */
static void add_base64(struct text *out, const unsigned char *bytes, size_t length)
{
	SCOPED(text)
	struct text code = TEXT_SECRET;

	keys_base64((const char *)bytes, length, &code);
	for (const char *at = text_str(&code); *at && *at != '='; at++)
		text_add_char(out, (char)(*at == '+' ? '-' : *at == '/' ? '_' : *at));
}

/* Whether `host` (with a port perhaps, `length` bytes) is `name` or ends in ".name". */
static bool is_of(const char *host, size_t length, const char *name)
{
	size_t size = strlen(name);

	if (length > 4 && strncmp(host + length - 4, ":443", 4) == 0)
		length -= 4;
	if (length < size || strncasecmp(host + length - size, name, size) != 0)
		return false;
	return length == size || host[length - size - 1] == '.';
}

/* What is signed is as good as the key for an hour: it goes to Google, or stays on this machine. */
static bool is_trusted(const char *url)
{
	const char *host = strncmp(url, "https://", 8) == 0  ? url + 8
			   : strncmp(url, "http://", 7) == 0 ? url + 7
							     : NULL;
	size_t length = host ? strcspn(host, "/?#") : 0;
	size_t name = length;

	for (const char *at = url; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || *at == '\\')
			return false;
	if (length == 0 || memchr(host, '@', length))
		return false;
	if (host == url + 8 && is_of(host, length, "googleapis.com"))
		return true;
	if (host[0] != '[')
		name = strcspn(host, ":/?#");
	else if (strcspn(host, "]") < length)
		name = strcspn(host, "]") + 1;
	return (name == 9 && strncasecmp(host, "localhost", 9) == 0) ||
	       (name == 9 && strncmp(host, "127.0.0.1", 9) == 0) ||
	       (name == 5 && strncmp(host, "[::1]", 5) == 0);
}

/* The bytes of the document that hold the key itself, overwritten before it goes. */
static void forget_key(const cJSON *root)
{
	const cJSON *key = json_member(root, "private_key");

	if (cJSON_IsString(key))
		explicit_bzero(key->valuestring, strlen(key->valuestring));
}

/* A passphrase is not asked for: nobody sits there. */
static int no_passphrase(char *ret, int room, int writing, void *data)
{
	(void)ret;
	(void)room;
	(void)writing;
	(void)data;
	return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
	SCOPED(bio)
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	if (key && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	ERR_clear_error();
	return key;
}

/* RS256: RSASSA-PKCS1-v1_5 with SHA-256 over what stands there already. */
static int add_signature(EVP_PKEY *key, struct text *assertion, struct error *err)
{
	SCOPED(digest)
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	SCOPED(memory)
	unsigned char *signature = NULL;
	size_t length = 0;
	const unsigned char *said = (const unsigned char *)text_str(assertion);
	size_t said_length = assertion->length;

	if (!digest || EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(digest, NULL, &length, said, said_length) != 1)
		goto failed;
	signature = memory_new(length, 1);
	if (EVP_DigestSign(digest, signature, &length, said, said_length) != 1)
		goto failed;
	text_add_char(assertion, '.');
	add_base64(assertion, signature, length);
	return 0;

failed:
	ERR_clear_error();
	return error_set(err, ERROR_TOKEN, "the service account's private_key cannot sign");
}

struct parts {
	const char *email, *key, *key_id, *url;
};

static int read_parts(const cJSON *root, struct parts *ret, struct error *err)
{
	ret->email = json_text(root, "client_email");
	ret->key = json_text(root, "private_key");
	ret->key_id = json_text(root, "private_key_id");
	ret->url = json_text(root, "token_uri");
	if (!ret->email || !ret->key || !ret->url)
		return error_set(err, ERROR_TOKEN,
				 "the secret is no service account's key: no \"%s\" in its JSON",
				 !ret->email ? "client_email"
				 : !ret->key ? "private_key"
					     : "token_uri");
	if (!is_trusted(ret->url))
		return error_set(err, ERROR_TOKEN,
				 "the service account's token_uri is no https address of "
				 "googleapis.com: nothing is sent there");
	return 0;
}

static int sign(const struct parts *parts, const char *scope, int64_t now, struct text *assertion,
		struct error *err)
{
	SCOPED(key)
	EVP_PKEY *key = read_key(parts->key);
	SCOPED(text)
	struct text json = { 0 };

	if (!key)
		return error_set(err, ERROR_TOKEN,
				 "the service account's private_key is no RSA key in PEM");
	text_add(&json, "{\"alg\":\"RS256\",\"typ\":\"JWT\"");
	if (parts->key_id) {
		text_add(&json, ",\"kid\":");
		json_quote(&json, parts->key_id);
	}
	text_add_char(&json, '}');
	text_reset(assertion);
	add_base64(assertion, (const unsigned char *)text_str(&json), json.length);
	text_reset(&json);
	text_add(&json, "{\"iss\":");
	json_quote(&json, parts->email);
	text_add(&json, ",\"scope\":");
	json_quote(&json, scope);
	text_add(&json, ",\"aud\":");
	json_quote(&json, parts->url);
	text_addf(&json, ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", now, now + LIFE_S);
	text_add_char(assertion, '.');
	add_base64(assertion, (const unsigned char *)text_str(&json), json.length);
	return add_signature(key, assertion, err);
}

int google_sign(const char *document, const char *scope, int64_t now, struct text *url,
		struct text *assertion, struct error *err)
{
	SCOPED(json)
	cJSON *root = NULL;
	struct parts parts = { 0 };
	int result;

	if (json_parse(document, strlen(document), &root, err) < 0)
		return error_set(err, ERROR_TOKEN,
				 "the secret is no service account's key: not JSON");
	result = read_parts(root, &parts, err);
	if (result == 0)
		result = sign(&parts, scope, now, assertion, err);
	if (result == 0)
		text_set(url, parts.url);
	forget_key(root);
	return result;
}
