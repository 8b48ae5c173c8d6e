/*
 * Stretches of time in which an account was not read, and why. What a day that lacks is explained
 * by.
 */
#ifndef METRICSD_LAPSE_H
#define METRICSD_LAPSE_H

#include "metricsd/collector.h"
#include "metricsd/error.h"

#include <stdint.h>

enum lapse_cause {
	LAPSE_FAILED,   /* its sweeps did not succeed: for a reason of `class` */
	LAPSE_DOWN,     /* no sign of life of the daemon */
	LAPSE_STORE,    /* the store could not be written */
	LAPSE_ABSENT,   /* it was not in the configuration */
	LAPSE_RESTORED, /* what was read then was lost with a backup that was restored */
};

enum {
	LAPSE_WORDS = 200,
	LAPSE_SILENCE_S = 5400, /* without a sign of life for longer the daemon did not run: it
				   gives one an hour */
};

struct lapse {
	enum sweep sweep; /* of LAPSE_FAILED; all others are of every sweep and bear SWEEP_DAILY */
	enum lapse_cause cause;
	enum error_class class; /* of LAPSE_FAILED, else ERROR_NONE */
	int64_t since, until;   /* times; until 0: it lasts */
	char words[LAPSE_WORDS];
};

/* The daemon gave no sign of life between the two times; until 0: nor does it now. */
struct lapse lapse_of_silence(int64_t since, int64_t until);

/* "down", "store", "absent", "restored", else the name of the class: as the database has it. */
const char *lapse_name(const struct lapse *lapse);
/* The other way round; ERROR_OURS of LAPSE_FAILED for a word that is none of them. */
void lapse_parse(const char *name, struct lapse *ret);

#endif
