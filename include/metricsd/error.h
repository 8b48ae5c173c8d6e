/*
 * A failure as a value: its class decides what happens next, its text is for people.
 *
 * A function that can fail returns 0 or -1 and fills the `struct error` its caller brought. Nothing
 * below the callback that owns a job logs; whoever owns it logs the text once.
 */
#ifndef METRICSD_ERROR_H
#define METRICSD_ERROR_H

#include <stdbool.h>

enum error_class {
	ERROR_NONE,
	ERROR_TRANSIENT,  /* timeout, DNS, 5xx: back off, then the next slot */
	ERROR_THROTTLED,  /* too many calls: wait as long as the answer says */
	ERROR_TOKEN,      /* the credential is refused: stop asking with it, a person must act */
	ERROR_PERMISSION, /* this call is not allowed: say which permission lacks */
	ERROR_METRIC,     /* the provider no longer knows one of the metrics asked for */
	ERROR_REQUEST, /* our request is wrong (ids, windows, parameters): never a retired metric */
	ERROR_MALFORMED, /* the answer cannot be understood: nothing of it is stored */
	ERROR_INPUT,     /* a file or an argument of the user is wrong: says where and what to do */
	ERROR_BUSY,      /* the store is locked by somebody else right now: try again soon */
	ERROR_OURS,      /* disk full, database damaged, out of descriptors */
};

struct error {
	enum error_class class;
	char text[768];
	bool lasting; /* of a transient one: it will not pass within the sweep (a certificate that
		       * ran out), so the same is not asked again before the next slot */
};

/* Fills `err` (which may be NULL) and returns -1, so that `return error_set(…)` reads well. */
__attribute__((format(printf, 3, 4))) int error_set(struct error *err, enum error_class class,
						    const char *format, ...);

/* Puts "words: " before the text `err` already has, keeps its class, returns -1. */
__attribute__((format(printf, 2, 3))) int error_within(struct error *err, const char *format, ...);

/* What the system says of an `errno`, in English whatever the locale is; of a full disk everybody
 * says the same. Never NULL. */
const char *system_words(int number);
/* Whether it says that: no room left, for anybody or for this user. */
bool disk_is_full(int number);

/* "transient", "throttled", … as logs, `status` and the database say it. Never NULL. */
const char *error_class_name(enum error_class class);

#endif
