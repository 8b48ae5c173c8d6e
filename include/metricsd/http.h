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

/* How the account's credential is shown. */
enum credential_form {
	CREDENTIAL_NONE,
	CREDENTIAL_BEARER, /* Authorization: Bearer … */
	CREDENTIAL_FIELD,  /* a field of the form body, `credential_field` */
};

struct request {
	enum http_method method;
	struct text url;  /* whole address, no secret in it */
	struct text body; /* of a POST: application/x-www-form-urlencoded, no secret in it */
	struct text what; /* in a few words, for the origin: "insights page_views_total
			     2026-11-14..2026-11-20" */
	enum credential_form form;
	const char *credential_field; /* static; for CREDENTIAL_FIELD */
	/* Address that turns the configured token into the one this request needs (a Page token),
	 * by a GET with the configured token as bearer; the answer's `exchange_member` is the
	 * token. Empty: used as it is. Skipped for a token the configuration says is of the right
	 * kind already. */
	struct text exchange;
	const char *exchange_member; /* static */
	bool proof;                  /* add appsecret_proof when the token has an app secret */
};

/* Empties it and keeps the memory; frees it. */
void request_reset(struct request *request);
void request_clear(struct request *request);

static inline void scoped_request(struct request *request)
{
	request_clear(request);
}

struct response {
	int status; /* HTTP status */
	const char *body;
	size_t length;
	const char
		*headers; /* "Name: value\r\n" lines as they came, NUL-terminated, "" when none */
};

/* The value of the header `name` (any case) into `ret`, cut to fit; -1 when it did not come. */
int response_header(const struct response *response, const char *name, char *ret, size_t room);

#endif
