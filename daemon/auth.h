/*
 * Credentials: read from their files when they are needed, put on requests, exchanged for what is
 * shown in their place: Page tokens, the tokens of a service account or of a login. In memory only,
 * overwritten when they go; no text that leaves here has one in it.
 *
 * A secret's file is looked at before every use; one that was replaced counts once it has proved
 * to be good (auth_keys.h).
 */
#ifndef METRICSD_DAEMON_AUTH_H
#define METRICSD_DAEMON_AUTH_H

#include "fetch.h"

#include "metricsd/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct auth;
struct error;
struct exchange;
struct keys;
struct secret_place;
struct text;
struct token;

struct auth *auth_new(struct fetcher *fetcher);
void auth_free(struct auth *auth);

/* Other limits, so another fetcher. Nothing may be under way. */
void auth_use(struct auth *auth, struct fetcher *fetcher);

/* Keeps secrets out of core dumps and away from debuggers, for the whole process. */
void auth_guard_process(void);

/* The secret at its place, without the newline at its end; borrowed until the next call.
 * ERROR_TOKEN says what is wrong with its file, ERROR_OURS that it could not be read just now. */
int auth_secret(struct auth *auth, const struct secret_place *place, const char **ret,
		struct error *err);

/* Its secrets (auth_keys.h). */
struct keys *auth_keys(struct auth *auth);

enum { PROOF_TEXT = 65 };

/* appsecret_proof: lowercase hex of HMAC-SHA256(app secret, token). */
void auth_proof(const char *app_secret, const char *token, char ret[PROOF_TEXT]);

/*
 * One request on its way with its credential on; the caller's memory, which stays where it is until
 * `done`. The token is NULL for accounts without one.
 */
struct carry {
	struct auth *auth;
	const struct token *token;
	const struct request *request;
	bool fresh; /* with the secret that is to take the other's place */
	fetch_done *done;
	void *data;
	struct fetch *fetch;       /* under way */
	struct exchange *exchange; /* or waited for */
	struct carry *next;
	unsigned secret;              /* the number of the secret it went out with (keys_show) */
	const struct exchange *shown; /* whose token it went out with */
	unsigned serial;              /* which of its tokens */
	bool cached;                  /* one that was there before */
	bool renewed;                 /* which was refused */
};

/* Carries request out. Ends exactly once, from the loop, by done: with the answer, or with an error
 * when the credential cannot be had. An exchange that is refused (status 300 and
 * above, or a body with "error") gives its answer for the request's, marked `of_exchange`: the
 * collector knows how to read it. Any other answer to it stays here. A token of a service account
 * or a login that was kept and is refused (401) is had anew, once, and shown again. */
void auth_carry(struct auth *auth, struct carry *carry);

/* Drops it: its done is not called. Nothing to do is fine. */
void auth_drop(struct carry *carry);

/* The answer to a renewal (struct inspector): its `member` becomes what is to take the place of the
 * token's secret (keys_renew). 1; 0: there is none in it;
 * -1: it is none that can be used. */
int auth_renewed(struct auth *auth, const struct token *token, const struct response *response,
		 const char *member, struct error *err);

/* The credential of `request` was refused: a derived one is not used again. */
void auth_forget(struct auth *auth, const struct token *token, const struct request *request);

#endif
