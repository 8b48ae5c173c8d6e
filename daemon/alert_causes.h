/*
 * What needs a person, from what is kept: the causes of alerts, one each however many accounts they
 * hit. Pure: no store, no clock, no network.
 *
 *	causes_begin(&causes, config, now)
 *	causes_lasting(…)            which alerts last
 *	causes_tokens(…)             what providers say of tokens
 *	causes_account(…)            of each account
 *	causes_store(…)              when the store cannot be written
 *	causes_end(&causes)          items are whole now, with their words
 *	causes_clear(&causes)
 *
 * An account that is due just now is about to be visited: what was kept of it begins no alert of
 * its own and ends none. Nor is one over while it is being visited, or when its last visit failed,
 * of whatever. What it says of metrics, of a log, and twice of a clock, counts meanwhile.
 */
#ifndef METRICSD_DAEMON_ALERT_CAUSES_H
#define METRICSD_DAEMON_ALERT_CAUSES_H

#include "metricsd/config.h"
#include "metricsd/health.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cause_kind {
	CAUSE_STORE,       /* it cannot be written */
	CAUSE_CONFIG,      /* it cannot be understood */
	CAUSE_CLOCK,       /* ours and the others' are a day apart */
	CAUSE_TOKEN,       /* the provider refuses it */
	CAUSE_TOKEN_LACKS, /* permissions */
	CAUSE_TOKEN_ENDS,  /* within two weeks */
	CAUSE_TOKEN_NEW,   /* what is to take its place is refused */
	CAUSE_PROVIDER,    /* what passes by itself has not for days */
	CAUSE_ACCOUNT,     /* anything else of one account */
	CAUSE_METRIC,      /* no longer given */
	CAUSE_LOG,         /* an access log that does not tell what it should */
};

struct cause {
	enum cause_kind kind;
	char *key;  /* what it is known again by: "token:meta" */
	bool holds; /* it is so; else nobody knows: whoever does is yet to be visited, or to succeed
		     */
	const struct entity *entity; /* NULL: of several, or of none */
	char *subject, *words;       /* for people, by causes_end() */
	int part;                    /* how bad it is (metricsd/store.h) */

	/* what the words are made of */
	const struct account *account;
	const struct token *token;
	const struct metric *metric;
	struct token_warning warning;
	bool used;            /* of a token: it may be used all the same */
	struct text said;     /* by whoever complained first */
	struct text accounts; /* their names */
	size_t account_count, named;
};

struct causes {
	const struct config *config;
	int64_t now;
	const struct held *holds; /* borrowed */
	size_t hold_count;
	const struct token_health *tokens; /* borrowed, by name */
	size_t token_count;
	const struct kept_alert *lasting; /* borrowed */
	size_t lasting_count;
	struct cause *items;
	size_t count, room;
};

void causes_begin(struct causes *causes, const struct config *config, int64_t now);

/* The alerts that last, borrowed until causes_end(): what they say of accounts is only over with a
 * visit that succeeds. */
void causes_lasting(struct causes *causes, const struct kept_alert *alerts, size_t count);

/* Both lists are borrowed until causes_end(). They come before the accounts. */
void causes_tokens(struct causes *causes, const struct token_health *tokens, size_t token_count,
		   const struct held *holds, size_t hold_count);

/* Whether the account waits for something, itself or with its token. */
bool causes_held(const struct causes *causes, const struct account *account);

/* Its daily sweep and its metrics as they are kept. Of an account that store_accounts_to_tell()
 * with causes_mark leaves out, and that is not held, there is nothing to say. */
extern const char causes_mark[];
void causes_account(struct causes *causes, const struct account *account,
		    const struct sweep_state *daily, const struct metric_states *metrics);

/* `words` say why the store takes nothing. */
void causes_store(struct causes *causes, const char *words);

/* `words` say what is wrong with the configuration. */
void causes_config(struct causes *causes, const char *words);

/* Words in the language in use. */
void causes_end(struct causes *causes);
void causes_clear(struct causes *causes);

/* The cause of that key, NULL when there is none. */
const struct cause *causes_find(const struct causes *causes, const char *key);

/* Seconds before what could not be told is tried again, `tries` (from 1) having failed: twice as
 * long each time up to six hours, for a week. 0: not any more. */
int64_t alert_retry(int tries);

static inline void scoped_causes(struct causes *causes)
{
	causes_clear(causes);
}

#endif
