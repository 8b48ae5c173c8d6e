/*
 * What was wrong, from when to when, in true time: whatever is missing in the end is excused by it
 * alone, and what lasted has to have been told.
 */
#ifndef METRICSD_SIM_WORLD_TROUBLE_H
#define METRICSD_SIM_WORLD_TROUBLE_H

#include "world_life.h"

/* Kinds of mishaps, and the storms of the plan, as bits. */
enum {
	OF_DOWN = 1 << MISHAP_DOWN,
	OF_STORE = 1 << MISHAP_STORE,
	OF_TOKEN = 1 << MISHAP_TOKEN,
	OF_ABSENT = 1 << MISHAP_ABSENT,
	OF_LOG = 1 << MISHAP_LOG,
	OF_CLOCK = 1 << MISHAP_CLOCK,
	OF_STORMS = 1 << MISHAP_KINDS,
	OF_HEAVY = OF_STORMS << 1, /* storms in which nearly nobody gets through */
	OF_OURS = OF_DOWN | OF_STORE | OF_CLOCK | OF_ABSENT, /* whatever the providers do */
	OF_ALL = OF_OURS | OF_TOKEN | OF_LOG | OF_STORMS,
};

/* A stretch in which something is wrong begins now (or at `since`), or ends. `how`: see struct
 * mishap; what is said in the end is added. */
void life_mishap(struct life *life, enum mishap_kind kind, size_t whom, int64_t since, int64_t how);
void life_mishap_over(struct life *life, enum mishap_kind kind, size_t whom, int64_t how);

/* Whether something of the kind was wrong with `whom` in [since, until]. */
bool trouble_was(const struct life *life, enum mishap_kind kind, size_t whom, int64_t since,
		 int64_t until);

/* Whether a storm struck the channel in [since, until]; `seldom`: or what strikes one request in a
 * hundred for as long as anything does. */
bool trouble_stormed(const struct life *life, const struct outlet *channel, bool seldom,
		     int64_t since, int64_t until);

/* Seconds by which a time that the daemon told may be wrong: told, or about a time, when its clock
 * was. */
int64_t trouble_of_clock(const struct life *life, int64_t told);

/* The last stretch of at least `least` seconds in [since, until) in which none of the kinds was in
 * the channel's way. until 0: there is none. */
struct stretch {
	int64_t since, until;
};
struct stretch trouble_free(const struct life *life, const struct outlet *channel, unsigned kinds,
			    int64_t since, int64_t until, int64_t least);

/* Its token's place in the plan; (size_t)-1 when it has none. */
size_t trouble_token(const struct life *life, const struct outlet *channel);

#endif
