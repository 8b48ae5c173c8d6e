/*
 * Loaded into the web server by LD_PRELOAD: its clock is $METRICSD_CLOCK_OFFSET seconds off, as the
 * daemon's is, for the daemon takes nothing from a server whose Date is more than a day from its
 * own.
 */
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t offset;

__attribute__((constructor)) static void read_offset(void)
{
	const char *text = getenv("METRICSD_CLOCK_OFFSET");

	offset = text ? strtol(text, NULL, 10) : 0;
}

/* How nginx asks for the time; what it makes of it goes by differences otherwise. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): glibc's are reserved */
int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	ret->tv_sec = now.tv_sec + offset;
	ret->tv_usec = now.tv_nsec / 1000;
	return 0;
}
