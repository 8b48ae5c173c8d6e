#include "world_loop.h"

#include "metricsd/clock.h"
#include "metricsd/memory.h"

#include <ev.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum kind { KIND_TIMER, KIND_PERIODIC };

/* A watcher that is active. ev_timer and ev_periodic begin alike. */
struct watched {
	enum kind kind;
	ev_watcher_time *watcher; /* at: of a timer true time, of a periodic the wall's */
	uint64_t turn;            /* who was started first goes first */
};

struct pending {
	ev_watcher *watcher;
	int events;
};

struct ev_loop {
	double now;   /* true time */
	double ahead; /* of the wall clock */
	struct watched *watched;
	size_t watched_count, watched_room;
	struct pending *pending;
	size_t pending_count, pending_room;
	uint64_t turns, calls, at_once;
};

/* What time() and the wall clock show belongs to the machine, and a process has one. */
static struct ev_loop *machine;

struct ev_loop *loop_new(int64_t now)
{
	struct ev_loop *loop = memory_new(1, sizeof(*loop));

	loop->now = (double)now;
	machine = loop;
	return loop;
}

void loop_free(struct ev_loop *loop)
{
	if (!loop)
		return;
	if (machine == loop)
		machine = NULL;
	free(loop->watched);
	free(loop->pending);
	free(loop);
}

double loop_true(const struct ev_loop *loop)
{
	return loop->now;
}

int64_t loop_now(const struct ev_loop *loop)
{
	return (int64_t)loop->now;
}

double loop_wall_ahead(const struct ev_loop *loop)
{
	return loop->ahead;
}

uint64_t loop_calls(const struct ev_loop *loop)
{
	return loop->calls;
}

uint64_t loop_calls_at_once(const struct ev_loop *loop)
{
	return loop->at_once;
}

static double wall(const struct ev_loop *loop)
{
	return loop->now + loop->ahead;
}

/* In the C library's place, for whoever is linked with this. */
time_t time(time_t *ret)
{
	struct timespec real = { 0 };
	time_t now;

	if (machine) {
		now = (time_t)wall(machine);
	} else {
		(void)clock_gettime(CLOCK_REALTIME, &real);
		now = real.tv_sec;
	}
	if (ret)
		*ret = now;
	return now;
}

/* In base/elapsed.c's place: the true time, whatever the wall clock says. */
int64_t clock_elapsed(void)
{
	return machine ? (int64_t)machine->now : 0;
}

/* Nobody sleeps here: who waits for a lock that somebody in this very thread holds waits in vain,
 * and need not wait long. */
int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	(void)wanted;
	(void)left;
	return 0;
}

/* A daemon at rest gives its memory back; here it rests a hundred times a second. */
int malloc_trim(size_t kept)
{
	(void)kept;
	return 0;
}

/* --- libev's part --- */

static void watch(struct ev_loop *loop, enum kind kind, void *watcher)
{
	ev_watcher_time *time = watcher;

	loop->watched = memory_grow(loop->watched, loop->watched_count, &loop->watched_room,
				    sizeof(*loop->watched));
	loop->watched[loop->watched_count++] = (struct watched){ kind, time, loop->turns++ };
	time->active = 1;
}

static void forget_pending(struct ev_loop *loop, const void *watcher)
{
	for (size_t i = 0; i < loop->pending_count; i++)
		if (loop->pending[i].watcher == watcher)
			loop->pending[i].watcher = NULL;
}

static void unwatch(struct ev_loop *loop, void *watcher)
{
	ev_watcher_time *time = watcher;

	forget_pending(loop, watcher);
	if (!time->active)
		return;
	time->active = 0;
	for (size_t i = 0; i < loop->watched_count; i++) {
		if (loop->watched[i].watcher != time)
			continue;
		loop->watched[i] = loop->watched[--loop->watched_count];
		return;
	}
}

void ev_timer_start(struct ev_loop *loop, ev_timer *timer)
{
	if (timer->active)
		return;
	timer->at += loop->now;
	watch(loop, KIND_TIMER, timer);
}

void ev_timer_stop(struct ev_loop *loop, ev_timer *timer)
{
	if (timer->active)
		timer->at -= loop->now;
	unwatch(loop, timer);
}

void ev_periodic_start(struct ev_loop *loop, ev_periodic *periodic)
{
	if (periodic->active)
		return;
	if (periodic->reschedule_cb)
		periodic->at = periodic->reschedule_cb(periodic, wall(loop));
	watch(loop, KIND_PERIODIC, periodic);
}

void ev_periodic_stop(struct ev_loop *loop, ev_periodic *periodic)
{
	unwatch(loop, periodic);
}

void ev_periodic_again(struct ev_loop *loop, ev_periodic *periodic)
{
	ev_periodic_stop(loop, periodic);
	ev_periodic_start(loop, periodic);
}

void ev_feed_event(struct ev_loop *loop, void *watcher, int events)
{
	for (size_t i = 0; i < loop->pending_count; i++)
		if (loop->pending[i].watcher == watcher)
			return;
	loop->pending = memory_grow(loop->pending, loop->pending_count, &loop->pending_room,
				    sizeof(*loop->pending));
	loop->pending[loop->pending_count++] = (struct pending){ watcher, events };
}

ev_tstamp ev_now(struct ev_loop *loop)
{
	return wall(loop);
}

void ev_now_update(struct ev_loop *loop)
{
	(void)loop; /* it is always now */
}

/* --- turning --- */

void loop_set_wall(struct ev_loop *loop, double ahead)
{
	loop->ahead = ahead;
	/* libev hears of it from the kernel and asks each periodic anew */
	for (size_t i = 0; i < loop->watched_count; i++) {
		ev_periodic *periodic = (ev_periodic *)loop->watched[i].watcher;

		if (loop->watched[i].kind == KIND_PERIODIC && periodic->reschedule_cb)
			periodic->at = periodic->reschedule_cb(periodic, wall(loop));
	}
}

static double when(const struct ev_loop *loop, const struct watched *watched)
{
	return watched->kind == KIND_TIMER ? watched->watcher->at
					   : watched->watcher->at - loop->ahead;
}

static struct watched *first(const struct ev_loop *loop)
{
	struct watched *best = NULL;

	for (size_t i = 0; i < loop->watched_count; i++) {
		struct watched *one = &loop->watched[i];
		double difference = best ? when(loop, one) - when(loop, best) : -1;

		if (difference < 0 || (difference <= 0 && one->turn < best->turn))
			best = one;
	}
	return best;
}

static void call(struct ev_loop *loop, ev_watcher *watcher, int events)
{
	loop->calls++;
	loop->at_once++;
	watcher->cb(loop, watcher, events);
}

static bool call_pending(struct ev_loop *loop)
{
	struct pending next;

	if (loop->pending_count == 0)
		return false;
	next = loop->pending[0];
	memmove(loop->pending, loop->pending + 1, --loop->pending_count * sizeof(*loop->pending));
	if (next.watcher)
		call(loop, next.watcher, next.events);
	return true;
}

static void fire(struct ev_loop *loop, const struct watched *watched)
{
	ev_periodic *periodic = (ev_periodic *)watched->watcher;

	if (watched->kind == KIND_TIMER) {
		ev_watcher *watcher = (ev_watcher *)watched->watcher;

		unwatch(loop, watcher);
		call(loop, watcher, EV_TIMER);
		return;
	}
	periodic->at = periodic->reschedule_cb(periodic, wall(loop));
	call(loop, (ev_watcher *)periodic, EV_PERIODIC);
}

bool loop_step(struct ev_loop *loop, int64_t until)
{
	struct watched *next;
	double time;

	if (call_pending(loop))
		return true;
	next = first(loop);
	time = next ? when(loop, next) : (double)until;
	if (!next || time > (double)until) {
		if ((double)until > loop->now) {
			loop->now = (double)until;
			loop->at_once = 0;
		}
		return false;
	}
	if (time > loop->now) {
		loop->now = time;
		loop->at_once = 0;
	}
	fire(loop, next);
	return true;
}

void loop_forget(struct ev_loop *loop)
{
	loop->watched_count = 0;
	loop->pending_count = 0;
	loop->at_once = 0;
}
