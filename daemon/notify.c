#include "notify.h"

#include "metricsd/clock.h"
#include "metricsd/day.h"
#include "metricsd/memory.h"

#include <ev.h>
#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define OPENING_US UINT64_C(600000000)

struct notifier {
	struct ev_loop *loop;
	ev_timer watchdog;
	bool wanted; /* somebody listens */
	size_t running;
	int64_t next;
	int64_t said; /* time of the last state */
};

static void on_watchdog(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
	(void)sd_notify(0, "WATCHDOG=1");
}

struct notifier *notifier_new(struct ev_loop *loop)
{
	struct notifier *notifier = memory_new(1, sizeof(*notifier));
	uint64_t limit_us = 0;

	notifier->loop = loop;
	notifier->wanted = getenv("NOTIFY_SOCKET") != NULL;
	notifier->next = INT64_MIN;
	ev_init(&notifier->watchdog, on_watchdog);
	if (sd_watchdog_enabled(0, &limit_us) > 0) {
		notifier->watchdog.repeat = (double)limit_us / 2e6;
		ev_timer_again(loop, &notifier->watchdog);
	}
	return notifier;
}

void notifier_free(struct notifier *notifier)
{
	if (!notifier)
		return;
	ev_timer_stop(notifier->loop, &notifier->watchdog);
	free(notifier);
}

void notify_opening(struct notifier *notifier)
{
	int64_t now = clock_now();

	if (!notifier->wanted || now == notifier->said)
		return;
	notifier->said = now;
	(void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=opens the database",
			 OPENING_US);
}

void notify_ready(struct notifier *notifier)
{
	(void)notifier;
	(void)sd_notify(0, "READY=1");
}

void notify_reloading(struct notifier *notifier)
{
	struct timespec now;

	(void)notifier;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			 (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_stopping(struct notifier *notifier)
{
	(void)notifier;
	(void)sd_notify(0, "STOPPING=1");
}

void notify_state(struct notifier *notifier, size_t running, int64_t next)
{
	int64_t now = clock_now();
	char text[TIME_TEXT];
	bool same_sort = (running > 0) == (notifier->running > 0);

	if (!notifier->wanted || (running == notifier->running && next == notifier->next) ||
	    (running > 0 && same_sort && now == notifier->said))
		return;
	notifier->running = running;
	notifier->next = next;
	notifier->said = now;
	if (running > 0)
		(void)sd_notifyf(0, "STATUS=%zu account%s collecting", running,
				 running == 1 ? "" : "s");
	else if (next == INT64_MAX)
		(void)sd_notify(0, "STATUS=no account is ever due");
	else
		(void)sd_notifyf(0, "STATUS=next account at %s", time_text(next, text));
}
