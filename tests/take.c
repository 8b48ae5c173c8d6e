#include "take.h"

#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t at(const char *time)
{
	int64_t seconds = 0;

	assert_int_equal(time_parse(time, &seconds, NULL), 0);
	return seconds;
}

int32_t day(const char *text)
{
	int32_t number = 0;

	assert_int_equal(day_parse(text, &number, NULL), 0);
	return number;
}

int metric_index(const struct sweeping *it, const char *id)
{
	const struct metric *metric = metric_find(it->collector->metrics, id);

	assert_non_null(metric);
	return (int)(metric - it->collector->metrics);
}

void *settings_of(const struct collector *collector, const char *const *given)
{
	char *settings = memory_new(1, collector->settings_size ? collector->settings_size : 1);

	for (const struct setting *it = collector->settings; it->name; it++) {
		const char *text = it->text;

		for (size_t i = 0; given[i]; i += 2)
			if (strcmp(given[i], it->name) == 0)
				text = given[i + 1];
		assert_true(text || !it->required);
		memcpy(settings + it->offset, &text, sizeof(text));
	}
	return settings;
}

void sweeping_start(struct sweeping *it, const char *collector, const char *const *given,
		    const char *zone, const char *now, const char *wanted)
{
	*it = (struct sweeping){ .collector = collector_find(collector) };
	assert_non_null(it->collector);
	assert_int_equal(zone_open(zone, &it->zone, &it->err), 0);
	it->settings = settings_of(it->collector, given);
	it->job = (struct job){ .settings = it->settings,
				.zone = it->zone,
				.now = at(now),
				.sweep = SWEEP_DAILY,
				.cursor = TEXT_UP_TO(CURSOR_MAX),
				.states = &it->states };
	assert_int_equal(days_parse(wanted, &it->job.wanted, &it->err), 0);
}

void sweeping_end(struct sweeping *it)
{
	text_clear(&it->job.cursor);
	request_clear(&it->request);
	findings_clear(&it->findings);
	zone_close(it->zone);
	free(it->settings);
	text_clear(&it->out);
}

const char *ask(struct sweeping *it)
{
	int more;

	request_reset(&it->request);
	more = it->collector->next(&it->job, &it->request, &it->err);
	assert_int_not_equal(more, -1);
	if (!more)
		return "";
	if (it->request.body.length)
		text_addf(&it->request.url, " %s", text_str(&it->request.body));
	assert_null(strstr(text_str(&it->request.url), "REDACTED"));
	assert_null(strstr(text_str(&it->request.what), "20")); /* neither dates nor ids */
	return text_str(&it->request.url);
}

/* Tokens are in the paging addresses of every sample answer. */
static void holds_no_secret(const char *text)
{
	assert_null(strstr(text, "REDACTED"));
	assert_null(strstr(text, "access_token"));
}

int answer(struct sweeping *it, int status, const char *headers, const char *body)
{
	struct response response = {
		.status = status, .body = body, .length = strlen(body), .headers = headers
	};
	int result;

	findings_reset(&it->findings);
	it->job.hold = (struct hold){ 0 };
	it->job.skipped = false;
	it->err = (struct error){ 0 };
	result = it->collector->take(&it->job, &response, &it->findings, &it->err);
	assert_false(it->findings.failed);
	assert_false(it->job.cursor.failed);
	holds_no_secret(text_str(&it->job.cursor));
	holds_no_secret(text_str(&it->findings.notes));
	holds_no_secret(it->err.text);
	holds_no_secret(it->job.hold.why);
	for (size_t i = 0; it->collector->metrics[i].id; i++)
		holds_no_secret(it->states.items[i].words);
	return result;
}

char *fixture(const char *name)
{
	char path[512];
	SCOPED(file)
	FILE *file = NULL;
	char *bytes = memory_new(64 << 10, 1);
	size_t length;

	(void)snprintf(path, sizeof(path), "%s/%s", METRICSD_FIXTURES, name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s is not there", path);
	length = fread(bytes, 1, (64 << 10) - 1, file);
	bytes[length] = '\0';
	return bytes;
}

int answer_file(struct sweeping *it, int status, const char *name)
{
	SCOPED(memory)
	char *body = fixture(name);

	return answer(it, status, "", body);
}

const char *found(struct sweeping *it)
{
	char days[WINDOW_TEXT], time[TIME_TEXT], until[TIME_TEXT];

	text_reset(&it->out);
	for (size_t i = 0; i < it->findings.sample_count; i++) {
		const struct finding *finding = &it->findings.samples[i];

		text_addf(&it->out, "%s %s %" PRId64 "\n", finding->metric->id,
			  window_text(finding->sample.window, days), finding->sample.value);
	}
	for (size_t i = 0; i < it->findings.item_count; i++) {
		const struct item *item = &it->findings.items[i];

		text_addf(&it->out, "%s %s %s\n", item_kind_name(item->kind), item->id,
			  time_text(item->created, time));
	}
	for (size_t i = 0; i < it->findings.watch_count; i++) {
		const struct watch *watch = &it->findings.watches[i];

		text_addf(&it->out, "watch %s %s..%s\n", item_kind_name(watch->kind),
			  time_text(watch->since, time), time_text(watch->until, until));
	}
	return text_str(&it->out);
}

const char *skip_to(struct sweeping *it, const char *part, const char *body)
{
	for (int i = 0; i < 1000; i++) {
		const char *address = ask(it);

		if (!*address)
			fail_msg("no request with %s", part);
		if (strstr(address, part))
			return address;
		assert_int_equal(answer(it, 200, "", body), 0);
	}
	fail_msg("no request with %s", part);
	return "";
}
