/* Why days lack, held against what really happened: a reason that is given has to be true. */
#ifndef METRICSD_SIM_WORLD_REASONS_H
#define METRICSD_SIM_WORLD_REASONS_H

#include "world_life.h"

struct figure;
struct gap_facts;
struct gap_subject;
struct outlet;

/* Whose figure the reasons are of. */
struct plea {
	struct life *life;
	const struct outlet *channel;
	const struct figure *figure;
	const struct gap_subject *subject;
	const struct gap_facts *facts;
	int64_t now;
	int32_t first, today; /* day anything is known of the account; the day it is in its zone */
	bool last;            /* nothing was wrong for long */
};

/* What is wrong with the reasons of the days that lack, in words; "": nothing. */
void judge_reasons(const struct plea *plea, char *ret, size_t room);

#endif
