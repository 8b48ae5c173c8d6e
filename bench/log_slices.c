/*
 * How long the loop waits while an access log is read: drives the collector over a log as the
 * daemon does, slice by slice, and says how long the longest slice took (of CPU), and what all
 * took.
 *
 *   log_slices LOG BOTS_LIST ZONE NOW
 */
#include "daemon/file.h"

#include "metricsd/cleanup.h"
#include "metricsd/collector.h"
#include "metricsd/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double cpu_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *settings_of(const struct collector *collector, const char *log, const char *bots)
{
	char *settings = calloc(1, collector->settings_size);

	for (const struct setting *it = collector->settings; settings && it->name; it++) {
		const char *text = strcmp(it->name, "log") == 0    ? log
				   : strcmp(it->name, "bots") == 0 ? bots
								   : it->text;

		if (it->type == SETTING_TEXT)
			memcpy(settings + it->offset, &text, sizeof(text));
		else if (it->type == SETTING_NUMBER)
			memcpy(settings + it->offset, &it->number, sizeof(it->number));
	}
	return settings;
}

static int fail(const struct error *err)
{
	(void)fprintf(stderr, "log_slices: %s\n", err->text);
	return 1;
}

/* One request and its answer: 1, 0: over, -1. */
static int step(const struct collector *collector, struct job *job, struct request *request,
		struct file_door *door, struct findings *findings, struct error *err)
{
	struct response response = { .status = 404, .body = "", .headers = "" };
	int more = collector->next(job, request, err);
	int done = 1;

	if (more <= 0)
		return more;
	if (request->kind != REQUEST_PART)
		done = file_answer(door, request, &response, err);
	if (done <= 0)
		return done < 0 ? -1 : 1;
	findings_reset(findings);
	return collector->take(job, &response, findings, err) < 0 ? -1 : 1;
}

int main(int argc, char **argv)
{
	const struct collector *collector = collector_find("accesslog");
	struct metric_states states = { 0 };
	struct request request = { 0 };
	struct findings findings = { 0 };
	struct job job = { .cursor = TEXT_UP_TO(CURSOR_MAX), .states = &states };
	struct error err = { 0 };
	char directory[] = "/tmp/metricsd-bench-XXXXXX";
	struct file_door door = { .entity = "bench", .account = "log" };
	double longest = 0;
	double before = cpu_now();
	int result = 1;
	int slices;
	void *settings;

	if (argc != 5 || zone_open(argv[3], &job.zone, &err) < 0)
		return fail(&err);
	door.directory = mkdtemp(directory);
	settings = settings_of(collector, argv[1], argv[2]);
	job.settings = settings;
	job.now = strtoll(argv[4], NULL, 10);
	days_add(&job.wanted, (struct window){ zone_day(job.zone, job.now) - 90, 90 });
	for (slices = 0; result > 0; slices++) {
		double start = cpu_now();

		result = step(collector, &job, &request, &door, &findings, &err);
		if (cpu_now() - start > longest)
			longest = cpu_now() - start;
	}
	(void)printf("{ \"slices\": %d, \"longest_ms\": %.3f, \"cpu\": %.3f, \"words\": \"%s\" }\n",
		     slices, longest * 1000, cpu_now() - before,
		     strtok(findings.report.length ? findings.report.bytes : directory, "\n"));
	collector->forget(&job);
	file_door_clear(&door);
	findings_clear(&findings);
	request_clear(&request);
	text_clear(&job.cursor);
	zone_close(job.zone);
	free(settings);
	return result < 0 ? fail(&err) : 0;
}
