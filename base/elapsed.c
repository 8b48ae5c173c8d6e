#include "metricsd/clock.h"

#include <time.h>

int64_t clock_elapsed(void)
{
	struct timespec time = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec;
}
