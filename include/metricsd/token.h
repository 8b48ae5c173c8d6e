/*
 * Tokens, and the inspector contract: how a platform tells what one of its tokens is worth, and how
 * it gives a new one for it. Pure, like a collector: an inspector names the places where secrets
 * go and sees none of them; the time is an argument.
 */
#ifndef METRICSD_TOKEN_H
#define METRICSD_TOKEN_H

#include "metricsd/collector.h"
#include "metricsd/health.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
	TOKEN_BEARER,      /* shown as it is: an API key, Matomo's token_auth */
	TOKEN_PAGE,        /* Meta: already a Page token */
	TOKEN_USER,        /* Meta: a person's long-lived token; Page tokens are derived from it */
	TOKEN_SYSTEM_USER, /* Meta: the same of a system user */
	TOKEN_SERVICE_ACCOUNT, /* Google: the JSON file of a service account's key */
	TOKEN_LOGIN,           /* Umami: user and password in one line, "user:password" */
};

/* What an account needs of its token. */
struct token_use {
	const char *permissions; /* its collector's, apart by blanks; NULL: none are told */
	char object[48];         /* its subject at the provider: "page 104…" */
};

/* A token that is asked about: `settings` are those of one of its accounts. */
struct inspection {
	const void *settings;
	enum token_kind kind;
	const char *app_id;
	const struct token_use *uses;
	size_t use_count;
	int64_t now; /* time */
};

struct token_report {
	enum token_verdict verdict;
	int64_t issued;           /* time, 0: not said */
	int64_t expires;          /* time; 0: never, -1: not said */
	int64_t data_access_ends; /* time; 0: never, or nothing its accounts need ends; -1: not
				   * said */
	char lacks[256];  /* permissions its accounts need and it has not, apart by blanks */
	char words[256];  /* why it is invalid or unknown, or what else is to be known */
	bool app_refused; /* unknown: it is the app's id or secret that is wrong */
	struct hold hold; /* who must wait, by this answer */
};

struct inspector {
	/* What to ask about the token: request.form and request.app say where the token and the
	 * app's credential go. */
	void (*ask)(const struct inspection *about, struct request *request);

	/* What the answer says. -1: it says nothing of the token (ERROR_TRANSIENT, ERROR_THROTTLED,
	 * ERROR_MALFORMED): ask again later; only ret->hold is set then. */
	int (*read)(const struct inspection *about, const struct response *response,
		    struct token_report *ret, struct error *err);

	/* What to ask for a new one in its place, which is the answer's `exchange_member`; NULL:
	 * there is no such thing. */
	void (*renew)(const struct inspection *about, struct request *request);

	/* Why an answer to that has no token in it: -1 and the words; only ret->hold is set. */
	int (*refused)(const struct inspection *about, const struct response *response,
		       struct token_report *ret, struct error *err);
};

/* "bearer", "page", … as the configuration says it. */
const char *token_kind_name(enum token_kind kind);

#endif
