/* Zones by name, each opened once: a thousand accounts live in two or three of them. */
#ifndef METRICSD_ZONES_H
#define METRICSD_ZONES_H

#include <stddef.h>

struct error;
struct zone;

/* { 0 } is empty. */
struct zones {
	struct zone **items;
	size_t count, room;
};

/* The zone `name`, borrowed until zones_clear(). */
int zones_get(struct zones *zones, const char *name, struct zone **ret, struct error *err);
void zones_clear(struct zones *zones);

static inline void scoped_zones(struct zones *zones)
{
	zones_clear(zones);
}

#endif
