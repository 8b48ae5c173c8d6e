/* Every platform metricsd knows: a new one is a line in each of the two lists. */
#include "metricsd/collector.h"

#include <string.h>

extern const struct collector facebook_collector;
extern const struct collector instagram_collector;
extern const struct collector manual_collector;
extern const struct collector matomo_collector;

const struct collector *const collectors[] = {
	&facebook_collector, &instagram_collector, &matomo_collector, &manual_collector, NULL,
};

const struct collector *collector_find(const char *name)
{
	for (const struct collector *const *known = collectors; *known; known++)
		if (strcmp((*known)->name, name) == 0)
			return *known;
	return NULL;
}
