/*
 * Who must wait, and until when: what answers said about accounts, tokens, apps and hosts. Kept in
 * the store too, so that a restart asks nobody too early.
 */
#ifndef METRICSD_DAEMON_HOLDS_H
#define METRICSD_DAEMON_HOLDS_H

#include "metricsd/store.h"

#include <stddef.h>
#include <stdint.h>

struct account;
struct token;

/* { 0 } is empty. */
struct holds {
	struct held *items;
	size_t count, room;
};

/* What the store keeps, in place of what was there. */
int holds_load(struct holds *holds, struct store *store, int64_t now, struct error *err);
void holds_clear(struct holds *holds);

/* After a rollback: what the store keeps, and what somebody was told that could not be written down
 * (a full disk makes no provider more patient); of both the longer. */
int holds_reload(struct holds *holds, struct store *store, int64_t now, struct error *err);

/* Puts a hold on, here and in the store, within the caller's transaction; an `until` of 0 takes it
 * off. */
int holds_put(struct holds *holds, struct store *store, const struct held *held, struct error *err);

/* The key of a scope: account, token, app (the token's, else the token or the collector itself) or
 * host of `url` (NULL: no host). HOLD_REQUEST and
 * what the account has not got are held by the account. */
void holds_key(enum hold_scope scope, const struct account *account, const char *url,
	       struct held *ret);

/* The hold that keeps `account` (asking `url`; NULL: not known yet) from being asked at `now`, the
 * one that lasts longest; NULL: none. */
const struct held *holds_of(const struct holds *holds, const struct account *account,
			    const char *url, int64_t now);

/* The one that keeps all of a token's accounts from being asked, NULL: none. */
const struct held *holds_of_token(const struct holds *holds, const struct token *token,
				  int64_t now);

#endif
