/*
 * One input of a collector's fuzzer. The first byte chooses the sweep and how many quiet answers go
 * before, so that every step is reached; the second the status; up to the first NUL come header
 * lines, then the body. What `take` makes of it is held against the contract.
 */
#ifndef METRICSD_FUZZ_COLLECTOR_H
#define METRICSD_FUZZ_COLLECTOR_H

#undef NDEBUG /* the checks are the point, in every build */

#include "metricsd/collector.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	FUZZ_NOW = 1796212800, /* 2026-12-02T12:00Z: November is over, with its 25 hours */
	FUZZ_FIRST = 20757,    /* 2026-10-31 */
	FUZZ_DAYS = 31,
	FUZZ_ROUNDS = 400,
};

/* An answer to a request that says nothing new. */
typedef const char *fuzz_quiet(const struct request *request);

struct fuzz {
	const struct collector *collector;
	fuzz_quiet *quiet;
	struct job job;
	struct metric_states states;
	struct request request;
	struct findings findings;
	struct error err;
};

static void fuzz_check_samples(const struct fuzz *it)
{
	int32_t today = zone_day(it->job.zone, it->job.now);

	for (size_t i = 0; i < it->findings.sample_count; i++) {
		const struct finding *finding = &it->findings.samples[i];
		int32_t last = window_end(finding->sample.window) - 1;

		assert(finding->metric >= it->collector->metrics);
		assert(finding->metric->items == ITEM_NONE);
		assert(finding->sample.value >= 0);
		assert(finding->sample.window.days > 0);
		/* what was wanted, a window within a month that ended in it, or a level of now */
		assert(days_hold(&it->job.wanted, last) || finding->sample.window.days > 1 ||
		       (finding->metric->kind == METRIC_STOCK && last == today));
		assert(finding->sample.window.days == 1 || finding->metric->kind == METRIC_UNIQUE);
		assert(last < today || finding->metric->kind == METRIC_STOCK);
	}
}

static void fuzz_check(const struct fuzz *it, int result)
{
	assert(it->job.cursor.length <= CURSOR_MAX && !it->job.cursor.failed);
	assert(result == 0 || it->err.class != ERROR_NONE);
	assert(it->job.hold.scope == HOLD_NONE || it->job.hold.until > it->job.now);
	if (result < 0)
		return;
	fuzz_check_samples(it);
	for (size_t i = 0; i < it->findings.watch_count; i++)
		assert(it->findings.watches[i].until <= it->job.now);
	for (size_t i = 0; i < it->findings.item_count; i++)
		assert(it->findings.items[i].kind != ITEM_NONE);
}

/* Asks and answers once (quietly without a response); false when the sweep is over or stands where
 * it stood. */
static bool fuzz_round(struct fuzz *it, const struct response *response)
{
	char *before = memory_text(text_str(&it->job.cursor));
	bool moved = false;

	if (it->collector->next(&it->job, &it->request, &it->err) == 1) {
		const char *body = it->quiet(&it->request);
		struct response quiet = {
			.status = 200, .body = body, .length = strlen(body), .headers = ""
		};

		assert(it->request.url.length && !it->request.url.failed);
		assert(it->request.what.length);
		findings_reset(&it->findings);
		it->job.hold = (struct hold){ 0 };
		it->err = (struct error){ 0 };
		fuzz_check(it, it->collector->take(&it->job, response ? response : &quiet,
						   &it->findings, &it->err));
		moved = strcmp(before, text_str(&it->job.cursor)) != 0;
	}
	free(before);
	return moved;
}

/* Whatever was answered, the sweep comes to its end with quiet answers. */
static void fuzz_finish(struct fuzz *it)
{
	int rounds = 0;

	while (fuzz_round(it, NULL))
		assert(++rounds < FUZZ_ROUNDS);
	assert(it->collector->next(&it->job, &it->request, &it->err) == 0);
}

/* Header lines up to the first NUL, the body behind it, each in memory of its own size. */
static void fuzz_feed(struct fuzz *it, int status, const char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\0', length);
	size_t head = end ? (size_t)(end - bytes) : 0;
	size_t skip = end ? head + 1 : 0;
	char *headers = memory_text_n(bytes, head);
	char *body = memory_new(length - skip, 1);
	struct response response = {
		.status = status, .body = body, .length = length - skip, .headers = headers
	};

	if (length > skip)
		memcpy(body, bytes + skip, length - skip);
	for (int i = 0; i < 5 && fuzz_round(it, &response); i++)
		;
	free(headers);
	free(body);
}

/* Settings as the configuration would fill them: defaults, and something where there is none. */
static void *fuzz_settings(const struct collector *collector)
{
	char *settings = memory_new(1, collector->settings_size);

	for (const struct setting *it = collector->settings; it->name; it++) {
		const char *text = it->text;

		if (!text)
			text = it->type == SETTING_URL ? "https://stats.example.org" : "1";
		memcpy(settings + it->offset, &text, sizeof(text));
	}
	return settings;
}

static int fuzz_one(const char *name, fuzz_quiet *quiet, const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 400, 401, 403, 429, 500, 302, 0 };
	struct fuzz it = { .collector = collector_find(name), .quiet = quiet };
	void *settings;

	if (size < 2 || size > 256 << 10)
		return 0;
	settings = fuzz_settings(it.collector);
	it.job = (struct job){ .settings = settings,
			       .now = FUZZ_NOW,
			       .sweep = (enum sweep)(data[0] % SWEEPS),
			       .cursor = TEXT_UP_TO(CURSOR_MAX),
			       .states = &it.states };
	days_add(&it.job.wanted, (struct window){ FUZZ_FIRST, FUZZ_DAYS });
	if (zone_open(it.collector->zone ? it.collector->zone : "Europe/Madrid", &it.job.zone,
		      &it.err) < 0)
		abort();
	for (int i = data[0] / SWEEPS; i > 0 && fuzz_round(&it, NULL); i--)
		;
	fuzz_feed(&it, statuses[data[1] % 8], (const char *)data + 2, size - 2);
	fuzz_finish(&it);
	text_clear(&it.job.cursor);
	request_clear(&it.request);
	findings_clear(&it.findings);
	zone_close(it.job.zone);
	free(settings);
	return 0;
}

#endif
