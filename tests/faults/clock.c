/*
 * Loaded into metricsd, metricsctl and metricsd-sim by LD_PRELOAD: one clock for all, which stands
 * in the page (page.h). The daemon's loop does not sit its waits out: when nothing came for the
 * grace time and no request is being answered, the clock is moved to the end of the wait. So a
 * month of the real program, with its real sockets, takes a minute, and a server that says nothing
 * costs no more than one that answers.
 */
#include "page.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

enum { SLICE_MS = 100 };

static struct faults_page *page;
static bool leads; /* the program whose loop moves the clock */

__attribute__((constructor)) static void begin(void)
{
	page = faults_page();
	leads = strcmp(program_invocation_short_name, "metricsd") == 0;
}

/* --- the clock --- */

static int64_t offset_ns(void)
{
	return page ? atomic_load(&page->offset_ns) : 0;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int result = (int)syscall(SYS_clock_gettime, id, ret);
	int64_t ns;

	if (result < 0 || id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID)
		return result;
	ns = (int64_t)ret->tv_sec * SECOND + ret->tv_nsec + offset_ns();
	if (page && id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE && id != CLOCK_TAI)
		ns -= atomic_load(&page->base_ns); /* such a clock is never before its beginning */
	ret->tv_sec = ns / SECOND;
	ret->tv_nsec = ns % SECOND;
	return 0;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): glibc's are reserved */
int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	ret->tv_sec = now.tv_sec;
	ret->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

/* libev has the kernel tell it when the wall clock is set, by a timer far ahead on that clock. */
int timerfd_settime(int fd, int flags, const struct itimerspec *timer, struct itimerspec *old)
{
	struct itimerspec real = *timer;

	if ((flags & TFD_TIMER_ABSTIME) && real.it_value.tv_sec > 0)
		real.it_value.tv_sec -= offset_ns() / SECOND;
	return (int)syscall(SYS_timerfd_settime, fd, flags, &real, old);
}

/* --- what the process is made of, told by itself: nobody else may look into it --- */

static int64_t count_entries(const char *path)
{
	DIR *directory = opendir(path);
	int64_t count = -3; /* "." and ".." and the descriptor that looks */

	if (!directory)
		return 0;
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count;
}

static int64_t own_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long resident = 0, shared = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*d %ld %ld", &resident, &shared) != 2)
		resident = shared = 0;
	(void)fclose(file);
	return (int64_t)(resident - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

static void look_at_oneself(void)
{
	atomic_store(&page->descriptors, count_entries("/proc/self/fd"));
	atomic_store(&page->threads, count_entries("/proc/self/task") + 1);
	atomic_store(&page->resident, own_kib());
}

/* --- the loop's waits --- */

static int wait_really(int fd, struct epoll_event *events, int room, int timeout)
{
	return (int)syscall(SYS_epoll_pwait, fd, events, room, timeout, NULL, 0);
}

static void skip(int64_t ms)
{
	int64_t offset = atomic_load(&page->offset_ns) + ms * MS;
	int64_t until = atomic_load(&page->until_ns);

	if (offset > until)
		offset = until;
	if (offset > atomic_load(&page->offset_ns))
		atomic_store(&page->offset_ns, offset);
	atomic_fetch_add(&page->skipped, 1);
}

int epoll_wait(int fd, struct epoll_event *events, int room, int timeout)
{
	int waited = 0;

	if (!page || !leads)
		return wait_really(fd, events, room, timeout);
	atomic_fetch_add(&page->turns, 1);
	for (;;) {
		int64_t grace = atomic_load(&page->grace_ms);
		int slice = grace > 0 ? (int)grace : SLICE_MS;
		int count;

		if (timeout >= 0 && timeout - waited < slice)
			slice = timeout - waited;
		count = wait_really(fd, events, room, slice);
		if (count != 0)
			return count;
		waited += slice;
		if (timeout >= 0 && waited >= timeout)
			return 0;
		look_at_oneself();
		if (grace > 0 && timeout > 0 && atomic_load(&page->busy) == 0) {
			skip(timeout - waited);
			return 0;
		}
	}
}
