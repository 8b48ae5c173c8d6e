/* Every platform metricsd knows: a new one is a line in each of the two lists. */
#include "metricsd/collector.h"

#include <string.h>

extern const struct collector accesslog_collector;
extern const struct collector campaigns_collector;
extern const struct collector events_collector;
extern const struct collector facebook_collector;
extern const struct collector ga4_collector;
extern const struct collector instagram_collector;
extern const struct collector manual_collector;
extern const struct collector matomo_collector;
extern const struct collector plausible_collector;
extern const struct collector risks_collector;
extern const struct collector umami_collector;

const struct collector *const collectors[] = {
	&facebook_collector,  &instagram_collector, &matomo_collector,    &ga4_collector,
	&plausible_collector, &umami_collector,     &accesslog_collector, &manual_collector,
	&events_collector,    &campaigns_collector, &risks_collector,     NULL,
};

const struct collector *collector_find(const char *name)
{
	for (const struct collector *const *known = collectors; *known; known++)
		if (strcmp((*known)->name, name) == 0)
			return *known;
	return NULL;
}
