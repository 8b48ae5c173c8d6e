#include "last_words.h"

#include "alerts.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/owner.h"
#include "metricsd/text.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	LAST_WORDS_S = 60,
	TOLD_MAX = 600, /* bytes of complaints */
};

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

static void tell(struct ev_loop *loop, const struct config *config, bool of_config,
		 const char *words)
{
	struct last last = { .end = clock_now() + LAST_WORDS_S };
	ev_timer timer;

	if (!config->alerts.ways[0])
		return;
	last.alerts = alerts_new(loop, NULL, NULL, config);
	alerts_trouble(last.alerts, of_config, words);
	ev_timer_init(&timer, on_second, 0., 0.2);
	timer.data = &last;
	ev_timer_start(loop, &timer);
	ev_run(loop, 0);
	ev_timer_stop(loop, &timer);
	alerts_free(last.alerts);
}

void last_words(struct ev_loop *loop, const struct config *config, const char *words)
{
	tell(loop, config, false, words);
}

/* In one line, as many of the mistakes as there is room for; warnings are none. */
static void gather_mistakes(const char *line, struct text *ret)
{
	static const char warning[] = ": warning: ";
	size_t length;

	for (; *line; line += length, line += *line == '\n') {
		length = strcspn(line, "\n");
		if (length == 0 || memmem(line, length, warning, sizeof(warning) - 1))
			continue;
		if (ret->length + length > TOLD_MAX) {
			text_add(ret, ret->length ? "; …" : "…");
			return;
		}
		text_addf(ret, "%s%.*s", ret->length ? "; " : "", (int)length, line);
	}
}

void last_words_of_config(struct ev_loop *loop, const char *path, const char *complaints)
{
	SCOPED(config)
	struct config *config = config_told(path);
	SCOPED(text)
	struct text words = { 0 };
	struct error ignored;

	/* run by root it makes nothing where others may lay a link */
	if (!config || owner_become(config->state_directory, NULL, &ignored) < 0)
		return;
	gather_mistakes(complaints, &words);
	tell(loop, config, true, text_str(&words));
}
