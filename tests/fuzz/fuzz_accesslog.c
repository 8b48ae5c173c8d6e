/*
 * Any bytes as an access log: the first chooses the format, the rest is the log. Every line is read
 * to its end and counted for one reason; what is counted adds up; cut in two anywhere a log says
 * the same.
 */
#undef NDEBUG

#include "collectors/accesslog_bots.h"
#include "collectors/accesslog_count.h"

#include "metricsd/error.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1796212800 };

static void count(struct counter *counter, const char *bytes, size_t length)
{
	static const unsigned char key[SIPHASH_KEY] = "fuzz";

	while (!counter_line(counter, bytes, length)) {
		struct month_count *idle = counter_idle_month(counter);

		if (idle)
			counter_close_month(counter, idle);
		(void)counter_open_month(counter, counter->needed, key);
	}
}

static void check(const struct counter *counter, int64_t lines)
{
	int64_t reasons = 0, pages = 0;

	assert(counter->lines == lines);
	for (int i = 0; i < REASONS; i++)
		reasons += counter->reasons[i];
	assert(reasons == lines);
	for (size_t i = 0; i < counter->day_count; i++) {
		const struct day_count *day = &counter->days[i];

		assert(i == 0 || counter->days[i - 1].day < day->day);
		assert(day->visits >= 0 && day->visits <= day->pages);
		assert(day->visitors <= day->pages && day->pages <= day->hits);
		assert(day->hits <= day->lines && day->lines <= lines);
		pages += day->pages;
	}
	assert(pages == counter->reasons[REASON_NONE]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = {
		"combined",
		"common",
		"vhost_combined",
		"$time_iso8601 $remote_addr $request_method $request_uri $status $http_user_agent",
		"%{sec}t|%h|%r|%s|%{User-Agent}i|%{X-Forwarded-For}i|",
	};
	static const char list[] = "# fuzz 1\nbot\n^curl\n[wW]get\nA x[\\s\\S]*B y\n";
	struct accesslog settings = { .client = "address+agent",
				      .gap_minutes = 30,
				      .forwarded_hops = 1 };
	struct counter counter;
	struct rules *rules;
	struct bots *bots;
	struct zone *zone;
	struct error err;
	char *copy;
	int64_t lines = 0;

	if (size < 1 || size > 1 << 20)
		return 0;
	settings.format = formats[data[0] % 5];
	settings.forwarded = data[0] % 5 == 4 ? "X-Forwarded-For" : NULL;
	settings.cut_at_midnight = data[0] & 0x40;
	settings.without_robots_txt = settings.without_errors_only = data[0] & 0x80;
	if (rules_new(&settings, &rules, &err) < 0 || zone_open("Europe/Madrid", &zone, &err) < 0 ||
	    bots_new(list, sizeof(list) - 1, &bots, &err) < 0)
		abort();
	counter_start(&counter, rules, zone, NOW);
	counter.bots = bots;
	/* each line in memory of its own size */
	for (const char *at = (const char *)data + 1, *end = (const char *)data + size; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = stop ? (size_t)(stop - at) : (size_t)(end - at);

		copy = malloc(length ? length : 1);
		if (!copy)
			abort();
		memcpy(copy, at, length);
		count(&counter, copy, length);
		free(copy);
		lines++;
		at += length + 1;
	}
	check(&counter, lines);
	counter_clear(&counter);
	bots_free(bots);
	rules_free(rules);
	zone_close(zone);
	return 0;
}
