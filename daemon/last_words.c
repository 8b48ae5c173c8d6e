#include "last_words.h"

#include "alerts.h"

#include "metricsd/clock.h"
#include "metricsd/config.h"

#include <ev.h>
#include <stdint.h>

enum { LAST_WORDS_S = 60 };

struct last {
	struct alerts *alerts;
	int64_t end;
};

static void on_second(struct ev_loop *loop, ev_timer *timer, int events)
{
	const struct last *last = timer->data;

	(void)events;
	if (alerts_trouble_told(last->alerts) || clock_now() >= last->end)
		ev_break(loop, EVBREAK_ALL);
}

void last_words(struct ev_loop *loop, const struct config *config, const char *words)
{
	struct last last = { .end = clock_now() + LAST_WORDS_S };
	ev_timer timer;

	if (!config->alerts.ways[0])
		return;
	last.alerts = alerts_new(loop, NULL, NULL, config);
	alerts_trouble(last.alerts, words);
	ev_timer_init(&timer, on_second, 0., 0.2);
	timer.data = &last;
	ev_timer_start(loop, &timer);
	ev_run(loop, 0);
	ev_timer_stop(loop, &timer);
	alerts_free(last.alerts);
}
