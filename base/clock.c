#include "metricsd/clock.h"

#include <stdlib.h>
#include <time.h>

int64_t clock_now(void)
{
	const char *offset = getenv("METRICSD_CLOCK_OFFSET");
	struct timespec now;

	if (!offset)
		return (int64_t)time(NULL);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)((double)now.tv_sec + (double)now.tv_nsec / 1e9 + strtod(offset, NULL));
}
