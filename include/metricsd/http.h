/*
 * A request a collector wants carried out, and what came back. Pure data: who carries it out, and
 * what secret is put on, is the daemon's affair (daemon/fetch.c, daemon/auth.c) or the simulator's.
 */
#ifndef METRICSD_HTTP_H
#define METRICSD_HTTP_H

#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method { HTTP_GET, HTTP_POST };

/* What is asked for. All but the first are this machine's affair (daemon/file.c): nothing of them
 * is sent anywhere. */
enum request_kind {
	REQUEST_HTTP,
	/* The file `url` and those of its directory that were it before they were rotated: the
	 * answer is a file_list (metricsd/file.h). `body`: marks of those that are known as they
	 * are. */
	REQUEST_FILES,
	/* Bytes of the file `url` from `file.offset` on, of what a compressed one holds; `ended`
	 * when nothing lies behind them. `file.inode` 0: whatever bears that name. Status 404: no
	 * file there is any more the one that was listed. */
	REQUEST_BYTES,
	/* Keys by name ("live-2026-10,live-2026-11" in `url`), made when they are not there, 16
	 * bytes each in that order. `only`: all others of the account are destroyed. */
	REQUEST_KEYS,
	/* What was kept by findings_keep(): the part whose name comes after `url` and begins with
	 * `body`; the answer's `headers` is its name. Status 404: no more. */
	REQUEST_PART,
};

struct request_file {
	uint64_t device, inode;
	int64_t size; /* when it was listed: one that is smaller now is another */
	int64_t offset;
	uint32_t head_length; /* of so many first bytes `head` is the hash (metricsd/file.h): */
	uint64_t head;        /* another file may have got the inode of one that is gone */
};

/* How the account's credential is shown. */
enum credential_form {
	CREDENTIAL_NONE,
	CREDENTIAL_BEARER, /* Authorization: Bearer … */
	CREDENTIAL_FIELD,  /* a field of the form body, `credential_field` */
	CREDENTIAL_HEADER, /* a header of its own, whose name is `credential_field` */
};

struct request {
	enum request_kind kind;
	struct request_file file; /* of REQUEST_BYTES */
	bool only;                /* of REQUEST_KEYS */
	enum http_method method;
	struct text url;  /* whole address, no secret in it */
	struct text body; /* of a POST: application/x-www-form-urlencoded, no secret in it */
	bool json;        /* the body is JSON instead */
	struct text what; /* in a few words, for the origin: "insights page_views_total
			     2026-11-14..2026-11-20" */
	enum credential_form form;
	const char *credential_field; /* static; for CREDENTIAL_FIELD and CREDENTIAL_HEADER */
	/* Address that turns the configured token into the one this request needs (a Page token),
	 * by a GET with the configured token as bearer; the answer's `exchange_member` is the
	 * token. Empty: used as it is. Skipped for a token the configuration says is of the right
	 * kind already. A token of kind login (user and password) is turned by a POST of both to
	 * the same address, a service account's key where its own file says: by what it signs, for
	 * `scope`. */
	struct text exchange;
	const char *exchange_member; /* static */
	const char *scope;           /* static */
	/* How the credential of the token's app is shown beside it: CREDENTIAL_BEARER: its id, a
	 * bar and its secret (the token's own then goes into a field); CREDENTIAL_FIELD: its secret
	 * in the field `app_field` of the form. */
	enum credential_form app;
	const char *app_field; /* static */
	bool proof;            /* add appsecret_proof when the token has an app secret */
};

/* Empties it and keeps the memory; frees it. */
void request_reset(struct request *request);
void request_clear(struct request *request);

static inline void scoped_request(struct request *request)
{
	request_clear(request);
}

struct response {
	int status;       /* HTTP status */
	bool of_exchange; /* a refusal of the token's exchange: the request itself was not sent */
	const char *body;
	size_t length;
	const char
		*headers; /* "Name: value\r\n" lines as they came, NUL-terminated, "" when none */
	bool ended;       /* of REQUEST_BYTES */
};

/* The value of the header `name` (any case) into `ret`, cut to fit; -1 when it did not come. */
int response_header(const struct response *response, const char *name, char *ret, size_t room);

#endif
