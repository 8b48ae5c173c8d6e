#include "metricsd/zones.h"

#include "metricsd/day.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

int zones_get(struct zones *zones, const char *name, struct zone **ret, struct error *err)
{
	struct zone *zone;

	for (size_t i = 0; i < zones->count; i++) {
		if (strcmp(zone_name(zones->items[i]), name) == 0) {
			*ret = zones->items[i];
			return 0;
		}
	}
	if (zone_open(name, &zone, err) < 0)
		return -1;
	zones->items = memory_grow(zones->items, zones->count, &zones->room, sizeof(struct zone *));
	zones->items[zones->count++] = zone;
	*ret = zone;
	return 0;
}

void zones_clear(struct zones *zones)
{
	for (size_t i = 0; i < zones->count; i++)
		zone_close(zones->items[i]);
	free(zones->items);
	*zones = (struct zones){ 0 };
}
