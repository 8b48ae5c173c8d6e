/*
 * How an account does, judged from what is kept of it: the rule by which `metricsctl status`
 * reports and the daemon alerts. Status says how it is at this moment, and so all of it. The daemon
 * writes to people, and so of less: of a failure that may have been one answer (garbled, or our own
 * fault) only when it comes again, of an account whose run is due now only after it, and never of
 * runs that nobody does, for then it does not run itself. Pure: the time comes in as an argument.
 */
#ifndef METRICSD_HEALTH_H
#define METRICSD_HEALTH_H

#include "metricsd/error.h"
#include "metricsd/sample.h"

#include <stdbool.h>
#include <stdint.h>

/* What a provider says of a token, as of when it was asked. Names and times, never the token. */
enum token_verdict { TOKEN_UNKNOWN, TOKEN_VALID, TOKEN_INVALID };
struct token_health {
	char name[ITEM_ID]; /* its id in the configuration */
	enum token_verdict verdict;
	int64_t checked;          /* time */
	int64_t expires;          /* time; 0: never, -1: not said */
	int64_t data_access_ends; /* time; 0: never, -1: not said */
	int64_t renewed;          /* time the daemon last renewed it, 0: never */
	char lacks[256];   /* permissions its accounts need and it has not, apart by blanks */
	char words[256];   /* why it is invalid or not known, or what else is to be known of it, for
			    * an administrator */
	char refused[256]; /* why the secret that stands in its place is not used, the one before
			    * it being used until the next start; "": there is none such */
};

enum condition {
	CONDITION_OK,
	CONDITION_MANUAL,  /* people enter it */
	CONDITION_NEVER,   /* not collected yet */
	CONDITION_PARTIAL, /* collected, but for what a permission lacks */
	CONDITION_WAITING, /* a hold keeps it from being asked */
	CONDITION_FAILING,
	CONDITION_OVERDUE, /* nobody does its runs */
	CONDITION_ENDED,   /* the account is over */
};

/* What is known of one account; the sweep is its daily one. */
struct health_facts {
	bool manual;                    /* nobody is asked for its figures: nothing else counts */
	bool ended;                     /* it lives no more: nobody has to act for it */
	int64_t now, last_success, due; /* times, 0: never */
	int32_t failures;               /* in a row */
	enum error_class class; /* of the last failure, or of what the last success lacked */
	bool held;              /* it waits for what somebody was told */
	bool held_for_person;   /* it waits until a person acts */
};

struct health {
	enum condition condition;
	bool person; /* somebody must act: it will not pass by itself, or has lasted too long */
};

struct health health_judge(const struct health_facts *facts);

/* Whether a run that is due then is so late that nobody does it; due 0: never. */
bool health_is_overdue(int64_t due, int64_t now);

/* Whether a failure of this class passes by itself. */
bool health_passes(enum error_class class);

/* "ok", "manual", "never", … as machines read it. Never NULL. */
const char *condition_name(enum condition condition);

/*
 * The warnings of a token that ends: how many days are left, rounded down, of whichever of its two
 * ends (its own, that of its access to data) comes first. `stage` is 14, 7, 3 or 1 once no more
 * than so many days are left, 0 when it has ended, -1 while there is nothing to warn of.
 */
struct token_warning {
	int stage;
	int64_t days;
	bool data_access; /* it is its access to data that ends */
};
struct token_warning token_warn(const struct token_health *token, int64_t now);

/* Whether somebody must act: it is invalid, lacks a permission, has a successor that is refused, or
 * is to be warned of. One for all
 * accounts that use it, so it is no part of their own health. */
bool token_needs_person(const struct token_health *token, int64_t now);

#endif
