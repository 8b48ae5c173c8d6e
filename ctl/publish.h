/* What the files of `publish` share: who is to be made anew, and by what. */
#ifndef METRICSD_CTL_PUBLISH_H
#define METRICSD_CTL_PUBLISH_H

#include "board.h"

#include "metricsd/published.h"

/* One name of an entity: an account, a group, the account of derived metrics. */
struct published_name {
	const char *id;
	int32_t first; /* day with anything stored, DAY_NONE: nothing is */
	int32_t from;  /* figures whose period ends on it or later are made anew */
	bool shared;   /* two things have the name: it cannot be asked for by itself */
};

/* An entity while its figures are made. */
struct publisher {
	struct ctl *ctl;
	const struct entity *entity;
	struct published *published;
	int32_t today;
	int32_t first; /* day with anything stored, DAY_NONE: nothing is */
	struct published_name *names;
	size_t name_count;
	size_t figures; /* written */
};

/*
 * Finds the names of the entity, and from which day on each is made anew: what the store says
 * changed since the file was made of `since`, and days that were young then. `all`: everything.
 */
int publisher_open(struct publisher *publisher, const struct published_since *since, bool all,
		   const struct touched *touched, size_t touched_count, struct error *err);
void publisher_close(struct publisher *publisher);

/* Figures of every period that has begun; the plans' activities. */
int publish_figures(struct publisher *publisher, struct error *err);
int publish_plans(struct publisher *publisher, struct error *err);

/*
 * What figures are made by, as a hash: the configuration's files, the program's version, and the
 * series there are (a new one has rows in old periods too). The caller frees *ret.
 */
int publish_made_from(struct ctl *ctl, char **ret, struct error *err);

#endif
