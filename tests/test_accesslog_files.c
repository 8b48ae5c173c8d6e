/*
 * An access log as it lies on a disk: appended to at any byte, rotated in every way, compressed,
 * read by a collector that is killed at any moment. Whatever happens to it, its figures are those
 * of the same lines in one file, read at once.
 */
#include "test.h"

#include "daemon/file.h"
#include "daemon/job.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/file.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIALS = 10, RESTORES = 16, LINES = 2500, HOUR = 3600, DAY = 86400 };

/* An office with a log, in a directory of its own. */
struct place {
	char directory[64];
	struct config *config;
	const struct account *account;
	struct store *store;
	struct zones zones;
	struct holds holds;
	struct job_tools tools;
	struct sweep_job job;
	struct file_door door;
	int64_t now;
	int rotated; /* how often */
	uint64_t draws;
	struct text log, out; /* lines to be written, figures that were printed */
};

static int below(struct place *place, int bound)
{
	uint64_t word = place->draws += 0x9e3779b97f4a7c15ULL;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
	word = (word ^ word >> 27) * 0x94d049bb133111ebULL;
	return (int)((word ^ word >> 31) % (uint64_t)bound);
}

static const char *in(const struct place *place, const char *name)
{
	static char paths[4][128];
	static int next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", place->directory, name);
	return path;
}

static void write_file(const char *path, const char *flags, const char *bytes, size_t length)
{
	SCOPED(file)
	FILE *file = fopen(path, flags);

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
}

/* Files bear the time of the world they are in. */
static void set_time(const struct place *place, const char *name)
{
	const struct timespec times[2] = { { .tv_sec = place->now }, { .tv_sec = place->now } };

	assert_int_equal(utimensat(AT_FDCWD, in(place, name), times, 0), 0);
}

static void place_open(struct place *place, const char *settings)
{
	SCOPED(text)
	struct text written = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };
	struct error err;

	*place = (struct place){ .draws = 1 };
	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/metricsd-log-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	text_addf(&written,
		  "state_directory = \"%s\";\n"
		  "entities: ( { id = \"e\"; name = \"E\"; zone = \"America/Bogota\";\n"
		  "accounts: ( { id = \"sede\"; collector = \"accesslog\"; bots = \"none\";\n"
		  "log = \"%s/access.log\"; collect_from = \"2026-10-01\"; %s } ); } );\n",
		  place->directory, place->directory, settings);
	write_file(in(place, "metricsd.conf"), "w", text_str(&written), written.length);
	if (config_load(in(place, "metricsd.conf"), &place->config, &complaints) < 0)
		fail_msg("%s", text_str(&complaints));
	place->account = &place->config->entities[0].accounts[0];
	assert_int_equal(store_open(in(place, "metrics.db"), STORE_COLLECT, &place->store, &err),
			 0);
	place->tools = (struct job_tools){ .store = place->store,
					   .config = place->config,
					   .zones = &place->zones,
					   .holds = &place->holds };
	place->door = (struct file_door){ .directory = place->directory,
					  .entity = "e",
					  .account = "sede",
					  .store = place->store };
}

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char name[400];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			remove_directory(name);
		else
			(void)unlink(name);
	}
	if (directory)
		(void)closedir(directory);
	(void)rmdir(path);
}

static void place_close(struct place *place)
{
	file_door_clear(&place->door);
	job_tools_clear(&place->tools);
	holds_clear(&place->holds);
	zones_clear(&place->zones);
	store_close(place->store);
	config_free(place->config);
	remove_directory(place->directory);
	text_clear(&place->log);
	text_clear(&place->out);
	*place = (struct place){ 0 };
}

static int set_up(void **state)
{
	*state = memory_new(1, sizeof(struct place));
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	if (place->config)
		place_close(place);
	free(place);
	return 0;
}

/* --- sweeps --------------------------------------------------------------------------------- */

/* One request and its answer; false when the sweep is over. */
static bool take_step(struct place *place, struct verdict *verdict)
{
	struct response response;
	struct error err;
	int done;

	assert_int_equal(job_next(&place->job, &place->tools, place->now, verdict, &err), 0);
	if (verdict->outcome == JOB_DONE) {
		assert_int_equal(job_done(&place->job, &place->tools, place->now, &err), 0);
		return false;
	}
	assert_int_equal(verdict->outcome, JOB_SEND);
	do
		done = file_answer(&place->door, &place->job.request, &response, &err);
	while (done == 0);
	if (done < 0)
		assert_int_equal(
			job_failed(&place->job, &place->tools, &err, place->now, verdict, &err), 0);
	else if (job_answer(&place->job, &place->tools, &response, place->now, verdict, &err) < 0)
		fail_msg("%s", err.text);
	return verdict->outcome == JOB_ASK;
}

/* A sweep that is killed after `steps` requests, of which the last batch may be lost; -1: it is
 * not. How it ended. */
static struct verdict sweep(struct place *place, const struct window *range, int steps)
{
	struct verdict verdict;
	struct error err;

	assert_int_equal(store_begin(place->store, &err), 0);
	assert_int_equal(job_begin(&place->job, &place->tools, place->account, SWEEP_DAILY, range,
				   place->now, &verdict, &err),
			 0);
	while (verdict.outcome == JOB_ASK && steps-- != 0 && take_step(place, &verdict)) {
		if (below(place, 3) == 0) { /* the batch is full */
			assert_int_equal(store_commit(place->store, &err), 0);
			assert_int_equal(store_begin(place->store, &err), 0);
		}
	}
	if (verdict.outcome == JOB_ASK) /* killed */
		store_rollback(place->store);
	else
		assert_int_equal(store_commit(place->store, &err), 0);
	job_clear(&place->job);
	file_door_clear(&place->door);
	return verdict;
}

static void sweep_whole(struct place *place)
{
	struct verdict verdict = sweep(place, NULL, -1);

	if (verdict.outcome != JOB_DONE)
		fail_msg("%s", verdict.cause.text);
}

/* Every sample there is, one a line. */
static void print_figures(struct place *place, struct text *out)
{
	struct zone *zone;
	struct history history = { 0 };
	struct error err;

	text_reset(out);
	assert_int_equal(zones_get(&place->zones, "America/Bogota", &zone, &err), 0);
	assert_int_equal(store_history(place->store, &(struct store_account){ "e", "sede", zone },
				       1, NULL, (struct window){ day_of(2026, 9, 1), 120 },
				       &history, &err),
			 0);
	for (size_t i = 0; i < history.count; i++) {
		for (size_t j = 0; j < history.series[i].count; j++) {
			const struct sample *sample = &history.series[i].samples[j];
			char days[WINDOW_TEXT];

			text_addf(out, "%s %s %" PRId64 "%s\n", history.series[i].metric,
				  window_text(sample->window, days), sample->value,
				  sample->flags & SAMPLE_AT_LEAST ? "+" : "");
		}
	}
	history_clear(&history);
}

/* What status says of the pages. */
static void print_words(struct place *place, struct text *out)
{
	struct sweep_state state = { 0 };
	struct error err;

	assert_int_equal(store_sweep_load(place->store, "e", "sede", SWEEP_DAILY, &state, &err), 0);
	assert_non_null(strstr(text_str(&state.words), " pages counted"));
	text_addf(out, "%ld pages\n", strtol(strstr(text_str(&state.words), ", ") + 2, NULL, 10));
	sweep_state_clear(&state);
}

/* --- logs ----------------------------------------------------------------------------------- */

static void add_line(struct text *log, int64_t time, const char *address, const char *request,
		     int status, const char *agent)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t local = time - (int64_t)5 * HOUR;
	int year, month, day;
	int second = (int)(local % DAY);

	day_split((int32_t)(local / DAY), &year, &month, &day);
	text_addf(log, "%s - - [%02d/%.3s/%d:%02d:%02d:%02d -0500] \"%s\" %d 120 \"-\" \"%s\"\n",
		  address, day, months + (ptrdiff_t)(month - 1) * 3, year, second / HOUR,
		  second / 60 % 60, second % 60, request, status, agent);
}

static int64_t at(const char *time)
{
	int64_t seconds = 0;

	assert_int_equal(time_parse(time, &seconds, NULL), 0);
	return seconds;
}

/* A month and some days of it, with all that may stand in a log; the last line says when it ends.
 */
static void make_log(struct place *place, struct text *log)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1",
		"GET /noticias?x=1 HTTP/1.1",
		"GET /a.css HTTP/1.1",
		"POST /pqrs HTTP/1.1",
		"HEAD / HTTP/1.1",
		"GET /noticias/2",
		"\\x16\\x03\\x01\\x02",
		"",
		"GET /con espacios HTTP/1.0",
		"GET /logo.PNG?v=2 HTTP/1.1",
	};
	static const int statuses[] = { 200, 200, 200, 304, 404, 301 };
	int64_t time = at("2026-09-29T05:00:00Z");
	char address[32];

	log->max = 4 << 20;
	for (int i = 0; i < LINES; i++) {
		time += below(place, 2 * 1350);
		(void)snprintf(address, sizeof(address),
			       below(place, 6) ? "10.0.%d.%d" : "2001:db8::%d:%d", below(place, 3),
			       below(place, 9));
		add_line(log, time - (below(place, 4) ? 0 : below(place, 600)), address,
			 requests[(size_t)below(place, 10)], statuses[(size_t)below(place, 6)],
			 below(place, 9) ? "Mozilla/5.0 (X11) \\\"quoted\\\"" : "-");
		if (below(place, 60) == 0)
			text_add(log, "rubbish \xff\xfe that is no line\n");
		if (below(place, 500) == 0) {
			for (int j = 0; j < 3000; j++)
				text_add_char(log, (char)('a' + below(place, 26)));
			text_add_char(log, '\n');
		}
	}
	assert_false(log->failed);
}

/* The time of the last line with one in the first `length` bytes. */
static int64_t last_time(const struct text *log, size_t length)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *found = length > 30 ? memrchr(log->bytes, '[', length - 30) : NULL;
	int day, year, hour, minute, second;
	char name[4];
	int month = 0;

	if (!found ||
	    sscanf(found, "[%d/%3s/%d:%d:%d:%d", &day, name, &year, &hour, &minute, &second) != 6)
		return at("2026-09-29T05:00:00Z");
	while (strncmp(months + (ptrdiff_t)month * 3, name, 3) != 0)
		month++;
	return (int64_t)day_of(year, month + 1, day) * DAY + (int64_t)(hour + 5) * HOUR +
	       (int64_t)minute * 60 + second;
}

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
	char command[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): names of ours */
}

/* --- what happens to logs ------------------------------------------------------------------- */

static bool is_there(const struct place *place, const char *name)
{
	return access(in(place, name), F_OK) == 0;
}

/* access.log.1 → .2 (.gz), access.log → .1, as logrotate does it. */
static void rotate(struct place *place, bool dated)
{
	char from[64], to[64];

	if (!is_there(place, "access.log"))
		return;
	if (dated) {
		(void)snprintf(to, sizeof(to), "access.log-202611%02d", ++place->rotated);
		assert_int_equal(rename(in(place, "access.log"), in(place, to)), 0);
		return;
	}
	for (int n = 40; n >= 1; n--) {
		for (int packed = 0; packed < 2; packed++) {
			(void)snprintf(from, sizeof(from), "access.log.%d%s", n,
				       packed ? ".gz" : "");
			(void)snprintf(to, sizeof(to), "access.log.%d%s", n + 1,
				       packed ? ".gz" : "");
			if (is_there(place, from))
				assert_int_equal(rename(in(place, from), in(place, to)), 0);
		}
	}
	assert_int_equal(rename(in(place, "access.log"), in(place, "access.log.1")), 0);
}

static void copy_and_truncate(struct place *place)
{
	char name[64];

	if (!is_there(place, "access.log"))
		return;
	(void)snprintf(name, sizeof(name), "access.log-202611%02d", ++place->rotated);
	run("cp -p %s %s && : > %s", in(place, "access.log"), in(place, name),
	    in(place, "access.log"));
}

/* Compresses one that is rotated, now and then as several members, or leaves the plain one beside
 * it for a while. */
static void compress(struct place *place, const char *name)
{
	const char *path = in(place, name);
	char packed[80];

	switch (below(place, 3)) {
	case 0:
		run("gzip -1 %s", path);
		break;
	case 1:
		run("{ head -c 3000 %s | gzip -1; tail -c +3001 %s | gzip -1; } > %s.gz && "
		    "touch -r %s %s.gz && rm %s",
		    path, path, path, path, path, path);
		break;
	default:
		run("gzip -1 -c %s | head -c 100 > %s.gz", path, path);
		(void)snprintf(packed, sizeof(packed), "%s.gz", name);
		set_time(place, packed);
		sweep_whole(place);
		run("gzip -1 -f %s", path);
		break;
	}
}

static void compress_some(struct place *place)
{
	DIR *directory = opendir(place->directory);
	const struct dirent *entry;
	char names[64][64];
	int count = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory)))
		if (strncmp(entry->d_name, "access.log", 10) == 0 && entry->d_name[10] &&
		    !strstr(entry->d_name, ".gz") && strlen(entry->d_name) < 60 && count < 64)
			(void)snprintf(names[count++], sizeof(names[0]), "%.60s", entry->d_name);
	(void)closedir(directory);
	for (int i = 0; i < count; i++)
		if (below(place, 3) == 0)
			compress(place, names[i]);
}

/* One of the things that happen; what is written goes to access.log. */
static void happen(struct place *place, const struct text *log, size_t *written)
{
	size_t left = log->length - *written;
	size_t length;

	switch (below(place, 8)) {
	case 0:
		rotate(place, below(place, 2));
		break;
	case 1:
		copy_and_truncate(place);
		break;
	case 2:
		compress_some(place);
		break;
	case 3:
		(void)sweep(place, NULL, below(place, 12));
		break;
	case 4:
		sweep_whole(place);
		break;
	default:
		length = (size_t)below(place, 40000);
		if (length > left)
			length = left;
		write_file(in(place, "access.log"), "a", log->bytes + *written, length);
		*written += length;
		if (last_time(log, *written) + 60 > place->now)
			place->now = last_time(log, *written) + 60;
		set_time(place, "access.log");
		break;
	}
}

/* --- tests ---------------------------------------------------------------------------------- */

static void tell_of_one_file(struct place *place, const struct text *log, struct text *out)
{
	write_file(in(place, "access.log"), "w", log->bytes, log->length);
	place->now = last_time(log, log->length);
	set_time(place, "access.log");
	place->now = at("2026-12-28T12:00:00Z");
	sweep_whole(place);
	print_figures(place, out);
	print_words(place, out);
}

/* The first line in which they differ. */
static void fail_apart(int trial, const char *figures, const char *expected)
{
	while (*figures && strcspn(figures, "\n") == strcspn(expected, "\n") &&
	       strncmp(figures, expected, strcspn(figures, "\n") + 1) == 0) {
		figures += strcspn(figures, "\n") + 1;
		expected += strcspn(expected, "\n") + 1;
	}
	fail_msg("trial %d: %.*s, expected %.*s", trial, (int)strcspn(figures, "\n"), figures,
		 (int)strcspn(expected, "\n"), expected);
}

static void figures_are_the_same_however_the_log_was_cut_up(void **state)
{
	SCOPED(text)
	struct text log = { 0 };
	SCOPED(text)
	struct text expected = { 0 };
	SCOPED(text)
	struct text figures = { 0 };
	struct place place;

	(void)state;
	place_open(&place, "");
	make_log(&place, &log);
	tell_of_one_file(&place, &log, &expected);
	place_close(&place);
	assert_non_null(strstr(text_str(&expected), "visitors 2026-10-01..2026-10-31 "));
	for (int trial = 0; trial < TRIALS; trial++) {
		size_t written = 0;

		place_open(&place, "");
		place.draws = (uint64_t)trial * 1000 + 7;
		place.now = at("2026-09-29T06:00:00Z");
		while (written < log.length)
			happen(&place, &log, &written);
		place.now = at("2026-12-28T12:00:00Z");
		sweep_whole(&place);
		print_figures(&place, &figures);
		print_words(&place, &figures);
		if (strcmp(text_str(&figures), text_str(&expected)) != 0)
			fail_apart(trial, text_str(&figures), text_str(&expected));
		place_close(&place);
	}
}

/* The lines of a few days: a page a minute of one client from eight to ten, and `more` of others.
 */
static void make_days(struct text *log, const char *first, int days, int more)
{
	log->max = 4 << 20;
	for (int day = 0; day < days; day++) {
		int64_t morning = at(first) + (int64_t)day * DAY;

		add_line(log, morning, "10.0.0.9", "GET /a.css HTTP/1.1", 200, "A");
		for (int minute = 8 * 60; minute < 10 * 60; minute++)
			add_line(log, morning + (int64_t)minute * 60, "10.0.0.1", "GET / HTTP/1.1",
				 200, "A");
		for (int i = 0; i < more; i++) {
			char address[32];

			(void)snprintf(address, sizeof(address), "10.1.%d.%d", day, i);
			add_line(log, morning + (int64_t)12 * HOUR, address, "GET / HTTP/1.1", 200,
				 "A");
		}
		add_line(log, morning + DAY - 60, "10.0.0.9", "GET /a.css HTTP/1.1", 200, "A");
	}
}

static void put_log(struct place *place, const char *name, const struct text *log)
{
	write_file(in(place, name), "a", log->bytes, log->length);
	set_time(place, name);
}

static void a_whole_month_is_exact_and_one_that_begins_late_is_at_least_that(void **state)
{
	struct place *place = *state;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 45, 2);
	place->now = at("2026-12-10T12:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-01..2026-10-31 63\n"));
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-11-01..2026-11-30 29+\n"));
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-17 3\n"));
	assert_non_null(strstr(text_str(&place->out), "views 2026-10-17 122\n"));
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-17 124\n"));
}

static void nothing_new_changes_nothing(void **state)
{
	struct place *place = *state;
	struct store_totals before, after;
	struct error err;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 3, 2);
	place->now = at("2026-10-04T12:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	assert_int_equal(store_totals(place->store, &before, &err), 0);
	place->now += 600;
	rotate(place, false);
	sweep_whole(place);
	assert_int_equal(store_totals(place->store, &after, &err), 0);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void days_that_are_asked_for_are_read_anew(void **state)
{
	struct place *place = *state;
	static const struct window range = { 20729, 2 }; /* 2026-10-03 and 04 */
	SCOPED(text)
	struct text more = { 0 };
	SCOPED(text)
	struct text before = { 0 };
	SCOPED(text)
	struct text after = { 0 };

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 6, 2);
	place->now = at("2026-10-08T12:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &before);
	assert_int_equal(sweep(place, &range, -1).outcome, JOB_DONE);
	print_figures(place, &after);
	assert_string_equal(text_str(&before), text_str(&after));
	/* what was archived elsewhere is put beside it, killed while it is read, and read */
	make_days(&more, "2026-10-03T05:00:01Z", 2, 5);
	put_log(place, "access.log-20261004", &more);
	for (int i = 3; i < 9; i++)
		(void)sweep(place, &range, i);
	assert_int_equal(sweep(place, &range, -1).outcome, JOB_DONE);
	print_figures(place, &after);
	assert_non_null(strstr(text_str(&after), "views 2026-10-03 247\n"));
	assert_non_null(strstr(text_str(&after), "visitors 2026-10-03 8\n"));
	assert_non_null(strstr(text_str(&after), "visits 2026-10-05 3\n"));
}

/* Found by seed 70047 of the simulated world: such a visit was one of the day before, and of the
 * first day that was asked for as well. */
static void a_visit_that_began_the_evening_before_is_not_counted_on_the_first_day(void **state)
{
	struct place *place = *state;
	static const struct window range = { 20729, 2 }; /* 2026-10-03 and 04 */
	SCOPED(text)
	struct text before = { 0 };
	SCOPED(text)
	struct text after = { 0 };

	place_open(place, ""); /* which collects from 2026-10-01 on */
	for (int day = 0; day < 6; day++) {
		int64_t midnight = at("2026-10-01T05:00:00Z") + (int64_t)day * DAY;

		add_line(&place->log, midnight - 600, "10.0.0.7", "GET / HTTP/1.1", 200, "A");
		add_line(&place->log, midnight + 1200, "10.0.0.7", "GET / HTTP/1.1", 200, "A");
		add_line(&place->log, midnight + DAY - 3600, "10.0.0.8", "GET / HTTP/1.1", 200,
			 "A");
	}
	place->now = at("2026-10-09T12:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &before);
	assert_non_null(strstr(text_str(&before), "visits 2026-10-01 2\n"));
	assert_non_null(strstr(text_str(&before), "visits 2026-10-02 2\n"));
	assert_non_null(strstr(text_str(&before), "visitors 2026-10-01 2\n"));
	assert_int_equal(sweep(place, &range, -1).outcome, JOB_DONE);
	print_figures(place, &after);
	assert_string_equal(text_str(&before), text_str(&after));
}

/* The evening before alone says nothing of the month that follows it. */
static void a_month_of_which_no_line_came_is_not_told(void **state)
{
	struct place *place = *state;

	place_open(place, "");
	make_days(&place->log, "2026-09-29T05:00:00Z", 2, 2);
	add_line(&place->log, at("2026-10-01T04:59:00Z"), "10.0.0.7", "GET / HTTP/1.1", 200, "A");
	place->now = at("2026-10-01T05:00:00Z");
	put_log(place, "access.log", &place->log);
	place->now = at("2026-12-24T12:00:00Z");
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_string_equal(text_str(&place->out), "");
}

/* How many files lie in the directory of keys. */
static int count_keys(const struct place *place)
{
	DIR *directory = opendir(in(place, "keys"));
	const struct dirent *entry;
	int count = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	(void)closedir(directory);
	return count;
}

static void a_key_dies_with_its_month(void **state)
{
	struct place *place = *state;
	SCOPED(text)
	struct text rest = { 0 };
	struct stat status;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 31, 2);
	place->now = at("2026-11-01T06:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	assert_int_equal(count_keys(place), 1);
	assert_int_equal(stat(in(place, "keys/e,sede,live-2026-10"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(status.st_size, 16);
	/* a clock that was set ahead closes nothing: there may be more of the month */
	place->now = at("2026-11-06T06:00:00Z");
	sweep_whole(place);
	assert_int_equal(count_keys(place), 1);
	/* the log itself has gone on for days */
	make_days(&rest, "2026-11-01T05:00:00Z", 5, 2);
	put_log(place, "access.log", &rest);
	place->now += 600;
	sweep_whole(place); /* closes the month */
	place->now += 600;
	sweep_whole(place);
	assert_int_equal(stat(in(place, "keys/e,sede,live-2026-10"), &status), -1);
	assert_int_equal(count_keys(place), 1);
	/* it says nothing any more */
	place->now = at("2027-01-12T06:00:00Z");
	sweep_whole(place);
	place->now += 600;
	sweep_whole(place);
	assert_int_equal(count_keys(place), 0);
}

/* Requests of the sweep until the file of that name was read to its end; then it is rotated. */
static struct verdict sweep_and_rotate(struct place *place, const char *name)
{
	struct verdict verdict;
	struct error err;
	bool rotated = false;

	assert_int_equal(store_begin(place->store, &err), 0);
	assert_int_equal(job_begin(&place->job, &place->tools, place->account, SWEEP_DAILY, NULL,
				   place->now, &verdict, &err),
			 0);
	while (verdict.outcome == JOB_ASK && take_step(place, &verdict)) {
		if (rotated || place->job.request.kind != REQUEST_BYTES ||
		    !strstr(text_str(&place->job.request.url), name))
			continue;
		rotated = true;
		run("mv %s %s", in(place, "access.log"), in(place, "access.log.0"));
	}
	assert_true(rotated);
	assert_int_equal(store_commit(place->store, &err), 0);
	job_clear(&place->job);
	file_door_clear(&place->door);
	return verdict;
}

/* Found by the simulated world: the last line of a compressed file ends in the next one, which is
 * rotated away before it is read. */
static void a_line_that_is_cut_by_the_end_of_a_file_outlives_another_rotation(void **state)
{
	struct place *place = *state;
	SCOPED(text)
	struct text first = { 0 };
	SCOPED(text)
	struct text second = { 0 };
	size_t cut;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 3, 2);
	place->now = at("2026-10-04T12:00:00Z");
	cut = place->log.length - 40;
	text_add_n(&first, place->log.bytes, cut);
	text_add_n(&second, place->log.bytes + cut, place->log.length - cut);
	make_days(&second, "2026-10-04T05:00:00Z", 1, 2);
	put_log(place, "access.log.1", &first);
	run("gzip %s", in(place, "access.log.1"));
	put_log(place, "access.log", &second);
	place->now = at("2026-10-05T12:00:00Z");
	(void)sweep_and_rotate(place, "access.log.1.gz");
	place->now += 600;
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-03 124\n"));
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-03 3\n"));
}

/* What status says, of the format. */
static bool says(struct place *place, const char *words)
{
	struct sweep_state state = { 0 };
	struct error err;
	bool found;

	assert_int_equal(store_sweep_load(place->store, "e", "sede", SWEEP_DAILY, &state, &err), 0);
	found = strstr(text_str(&state.words), words) != NULL;
	sweep_state_clear(&state);
	return found;
}

/* Found by seed 308 of those that are drawn: a file held nothing but the midst of a line. */
static void a_line_that_is_cut_over_three_files_is_one_line(void **state)
{
	enum { REST = 35 };
	enum { AT_THE_END, BETWEEN, WITHIN_AN_HOUR, WAYS };

	(void)state;
	for (int read = AT_THE_END; read < WAYS; read++) {
		SCOPED(text)
		struct text log = { 0 };
		SCOPED(text)
		struct text piece = { 0 };
		SCOPED(text)
		struct text out = { 0 };
		struct place place;
		size_t cut;

		place_open(&place, "");
		make_days(&log, "2026-10-01T05:00:00Z", 3, 2);
		cut = log.length - 2 * (size_t)REST;
		place.now = at("2026-10-04T05:00:00Z");
		text_add_n(&piece, log.bytes, cut);
		put_log(&place, "access.log.2", &piece);
		run("gzip %s", in(&place, "access.log.2"));
		text_reset(&piece);
		text_add_n(&piece, log.bytes + cut, REST);
		put_log(&place, "access.log.1", &piece);
		if (read != WITHIN_AN_HOUR)
			place.now = at("2026-10-04T08:00:00Z");
		if (read == BETWEEN)
			sweep_whole(&place);
		text_reset(&piece);
		text_add_n(&piece, log.bytes + cut + REST, REST);
		add_line(&piece, place.now + 60, "10.0.0.9", "GET /b.css HTTP/1.1", 200, "A");
		place.now += 120;
		put_log(&place, "access.log", &piece);
		if (read == WITHIN_AN_HOUR)
			sweep_whole(&place);
		text_reset(&piece);
		make_days(&piece, "2026-10-04T05:00:00Z", 1, 2);
		put_log(&place, "access.log", &piece);
		place.now = at("2026-10-06T12:00:00Z");
		sweep_whole(&place);
		print_figures(&place, &out);
		assert_non_null(strstr(text_str(&out), "hits 2026-10-03 124\n"));
		assert_non_null(strstr(text_str(&out), "hits 2026-10-04 125\n"));
		assert_false(says(&place, "not of the format"));
		place_close(&place);
	}
}

/* The server was killed within a line, twice. */
static void a_line_that_was_cut_for_good_takes_none_after_it_with_it(void **state)
{
	enum { CUT = 45 };
	static const char *const middles[] = {
		"10.0.0.7 - - [03/Oct/2026:23:59:10 -0500] \"GET /b.css HT",
		"10.0.0.7 - - [03/Oct/2026:23:59:10 -0500] \"GET /b.css HTTP/1.1\" 200 120 \"-\" "
		"\"A\"",
	};
	static const char *const ends[] = { "TP/1.1\" 200 120 \"-\" \"A\"\n", "" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		SCOPED(text)
		struct text log = { 0 };
		SCOPED(text)
		struct text out = { 0 };
		struct place place;

		place_open(&place, "");
		make_days(&log, "2026-10-01T05:00:00Z", 3, 2);
		log.length -= CUT;
		place.now = at("2026-10-04T05:00:00Z");
		put_log(&place, "access.log.2", &log);
		text_set(&log, middles[i]);
		put_log(&place, "access.log.1", &log);
		text_set(&log, ends[i]);
		make_days(&log, "2026-10-04T05:00:00Z", 1, 2);
		place.now = at("2026-10-05T12:00:00Z");
		put_log(&place, "access.log", &log);
		place.now = at("2026-10-06T12:00:00Z");
		sweep_whole(&place);
		print_figures(&place, &out);
		/* one is gone, the one that was to be its rest is there */
		assert_non_null(strstr(text_str(&out), "hits 2026-10-03 124\n"));
		assert_non_null(strstr(text_str(&out), "hits 2026-10-04 124\n"));
		place.now += 600;
		sweep_whole(&place);
		assert_true(says(&place, " 1 not of the format"));
		place_close(&place);
	}
}

/* Found by seed 1079 of those that are drawn: such a file was taken for the one that was read last.
 */
static void a_file_in_which_no_time_stands_hides_no_gap(void **state)
{
	struct place *place = *state;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 3, 2);
	place->now = at("2026-10-05T08:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-03 124\n"));
	run("rm %s", in(place, "access.log"));
	text_set(&place->log, "no line at all\n");
	put_log(place, "access.log.1", &place->log);
	text_reset(&place->log);
	make_days(&place->log, "2026-10-05T05:00:00Z", 3, 2);
	place->now = at("2026-10-08T12:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-03 124+\n"));
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-05 124+\n"));
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-06 124\n"));
}

/* Found by the simulated world: whoever writes a line in two halves, a night apart. */
static void a_line_the_server_has_not_ended_is_not_counted_by_halves(void **state)
{
	struct place *place = *state;
	SCOPED(text)
	struct text first = { 0 };
	SCOPED(text)
	struct text second = { 0 };

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 3, 2);
	text_add_n(&first, place->log.bytes,
		   place->log.length - 12); /* in the midst of the agent */
	text_add_n(&second, place->log.bytes + place->log.length - 12, 12);
	place->now = at("2026-10-04T05:00:00Z");
	put_log(place, "access.log", &first);
	place->now = at("2026-10-06T05:00:00Z");
	sweep_whole(place);
	put_log(place, "access.log", &second);
	place->now += 600;
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-03 124\n"));
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-03 3\n"));
}

/* Found by the simulated world: lines of the future are left out for good. */
static void a_clock_that_is_days_behind_leaves_no_line_out(void **state)
{
	struct place *place = *state;
	struct verdict verdict;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 5, 2);
	place->now = at("2026-10-06T06:00:00Z");
	put_log(place, "access.log", &place->log);
	place->now = at("2026-10-03T02:00:00Z");
	verdict = sweep(place, NULL, -1);
	assert_int_equal(verdict.outcome, JOB_WAIT);
	assert_int_equal(verdict.cause.class, ERROR_OURS);
	assert_non_null(strstr(verdict.cause.text, "days ahead of our clock"));
	place->now = at("2026-10-06T12:00:00Z");
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-04 124\n"));
}

/* Found by the simulated world: a file that cannot be read just now was taken for an empty one, or
 * a compressed one for plain, and read again as another. Memory that is not there reads like a disk
 * that fails. */
static void a_file_that_cannot_be_read_just_now_is_not_taken_for_another(void **state)
{
	struct place *place = *state;
	struct verdict verdict;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 2, 2);
	place->now = at("2026-10-04T12:00:00Z");
	put_log(place, "access.log", &place->log);
	assert_int_equal(symlink("/proc/self/mem", in(place, "access.log.1")), 0);
	verdict = sweep(place, NULL, -1);
	assert_int_equal(verdict.outcome, JOB_WAIT);
	assert_int_equal(verdict.cause.class, ERROR_TRANSIENT);
	assert_non_null(strstr(verdict.cause.text, "access.log.1: "));
	run("rm %s", in(place, "access.log.1"));
	place->now += 3600;
	sweep_whole(place);
}

/* Leaves of a file the beginning of its compressed form, as one who is still at it does or one
 * who was killed: the plain one is there beside it. */
static void begin_compressing(struct place *place, const char *name)
{
	char packed[80];

	run("gzip -1 -c %s | head -c 200 > %s.gz", in(place, name), in(place, name));
	(void)snprintf(packed, sizeof(packed), "%s.gz", name);
	set_time(place, packed);
}

/* Found by the simulated world: with our clock ahead, what was just being compressed seemed to be
 * left alone for long, and was read beside the file that it was made from, whose first lines
 * counted twice, the last of them as of a client with half an agent. */
static void
a_file_that_is_being_compressed_is_not_counted_twice_when_our_clock_is_ahead(void **state)
{
	static const char *const moments[] = { "before it was read", "in the midst of it",
					       "after it was read" };
	SCOPED(text)
	struct text log = { 0 };
	SCOPED(text)
	struct text first = { 0 };
	SCOPED(text)
	struct text out = { 0 };

	(void)state;
	make_days(&log, "2026-10-01T05:00:00Z", 2, 2);
	text_add_n(&first, log.bytes, log.length / 2);
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct place place;

		place_open(&place, "");
		place.now = at("2026-10-03T06:00:00Z");
		put_log(&place, "access.log.1", i == 1 ? &first : &log);
		if (i > 0)
			sweep_whole(&place);
		if (i == 1)
			write_file(in(&place, "access.log.1"), "w", log.bytes, log.length);
		set_time(&place, "access.log.1");
		begin_compressing(&place, "access.log.1");
		place.now += (int64_t)13 * DAY;
		sweep_whole(&place);
		run("gzip -1 -f %s", in(&place, "access.log.1"));
		place.now += 600;
		sweep_whole(&place);
		print_figures(&place, &out);
		for (int day = 1; day <= 2; day++) {
			char hits[32], visitors[32];

			(void)snprintf(hits, sizeof(hits), "hits 2026-10-%02d 124", day);
			(void)snprintf(visitors, sizeof(visitors), "visitors 2026-10-%02d 3", day);
			if (!strstr(text_str(&out), hits) || !strstr(text_str(&out), visitors))
				fail_msg("%s: %s", moments[i], text_str(&out));
		}
		place_close(&place);
	}
}

/* Whoever compressed was killed at it, and the next rotation took the plain one away. */
static void a_piece_of_a_file_that_was_read_is_not_read_as_another(void **state)
{
	struct place *place = *state;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 2, 2);
	place->now = at("2026-10-03T06:00:00Z");
	put_log(place, "access.log.1", &place->log);
	sweep_whole(place);
	begin_compressing(place, "access.log.1");
	place->now += (int64_t)2 * HOUR; /* nobody is at it any more */
	sweep_whole(place);
	run("mv %s %s && rm %s", in(place, "access.log.1.gz"), in(place, "access.log.2.gz"),
	    in(place, "access.log.1"));
	place->log.length = 0;
	make_days(&place->log, "2026-10-03T05:00:00Z", 1, 2);
	place->now = at("2026-10-05T06:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-01 124"));
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-01 3"));
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-02 124"));
}

/* What was read of it is all there is of those lines. */
static void a_compressed_file_that_lost_its_end_is_read_when_there_is_no_other(void **state)
{
	struct place *place = *state;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 2, 2);
	place->now = at("2026-10-02T06:00:00Z");
	put_log(place, "access.log.1", &place->log);
	begin_compressing(place, "access.log.1");
	run("rm %s", in(place, "access.log.1"));
	place->now = at("2026-10-05T06:00:00Z");
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-01 "));
}

/* The log is silent for a day and a half, and then says that it was written until midnight: by a
 * line that counts for nothing, so that no number changes. */
static void a_line_that_makes_a_month_whole_makes_it_exact(void **state)
{
	struct place *place = *state;
	int64_t last = at("2026-10-31T05:00:00Z");

	place_open(place, "");
	make_days(&place->log, "2026-09-30T05:00:00Z", 31, 1);
	add_line(&place->log, last, "10.0.0.9", "GET /a.css HTTP/1.1", 200, "A");
	add_line(&place->log, last + (int64_t)9 * HOUR, "10.0.0.1", "GET / HTTP/1.1", 200, "A");
	place->now = at("2026-11-02T12:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-31 1+\n"));
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-01..2026-10-31 31+\n"));
	place->log.length = 0;
	add_line(&place->log, last + DAY - 60, "10.0.0.9", "GET /nothing HTTP/1.1", 404, "A");
	place->now += HOUR;
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-31 1\n"));
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-01..2026-10-31 31\n"));
}

/* The entry of the only file there is. */
static struct file_entry look(struct place *place, const struct text *marks)
{
	SCOPED(request)
	struct request request = { .kind = REQUEST_FILES };
	struct response response;
	struct file_list list;
	struct file_entry entry;
	struct error err;
	const char *head;

	text_set(&request.url, in(place, "access.log"));
	text_add_n(&request.body, marks->bytes, marks->length);
	assert_int_equal(file_answer(&place->door, &request, &response, &err), 1);
	list = (struct file_list){ response.body, response.length };
	assert_int_equal(file_list_next(&list, &entry, &head), 1);
	return entry;
}

/* What the door says to who asks for the bytes of `name`, which was listed so: a status. */
static int ask_bytes(struct place *place, const char *name, const struct request_file *file)
{
	SCOPED(request)
	struct request request = { .kind = REQUEST_BYTES, .file = *file };
	struct response response = { .status = 200 };
	struct error err;

	text_set(&request.url, in(place, name));
	assert_int_equal(file_answer(&place->door, &request, &response, &err), 1);
	return response.status;
}

/* The only file there is, as its bytes are asked for. */
static struct request_file listed_as(struct place *place, const char *name)
{
	struct file_entry entry = look(place, &(struct text){ 0 });
	char head[FILE_HEAD];
	FILE *file = fopen(in(place, name), "r");
	size_t length;

	assert_non_null(file);
	length = fread(head, 1, sizeof(head), file);
	(void)fclose(file);
	assert_int_equal(length, entry.head_length);
	return (struct request_file){ .device = entry.device,
				      .inode = entry.inode,
				      .size = entry.size,
				      .head_length = entry.head_length,
				      .head = file_head_hash(head, length) };
}

/* A disk gives the inode of a file that is gone to the next one, and a log that is copied away and
 * begun anew keeps its own: neither may be read on where the one before it ended. */
static void another_file_in_the_place_of_one_that_was_listed_is_not_read(void **state)
{
	static const char *const names[] = { "access.log", "access.log.1" };
	SCOPED(text)
	struct text log = { 0 };

	(void)state;
	for (int open = 0; open < 2; open++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			struct place place;
			struct request_file file;

			place_open(&place, "");
			log.length = 0;
			make_days(&log, "2026-10-01T05:00:00Z", 1, 2);
			put_log(&place, "access.log", &log);
			file = listed_as(&place, "access.log");
			if (open)
				assert_int_equal(ask_bytes(&place, "access.log", &file), 200);
			if (i > 0)
				run("mv %s %s", in(&place, "access.log"), in(&place, names[i]));
			assert_int_equal(ask_bytes(&place, "access.log", &file), 200);
			if (!open) /* whoever has it open keeps its inode */
				file_door_clear(&place.door);
			run("tac %s > %s", in(&place, names[i]), in(&place, "other"));
			run("cat %s > %s", in(&place, "other"), in(&place, names[i]));
			assert_int_equal(ask_bytes(&place, "access.log", &file), 404);
			place_close(&place);
		}
	}
}

static void a_file_is_looked_into_when_anything_about_it_was_touched(void **state)
{
	struct place *place = *state;
	static const char *const touches[] = {
		"touch $f",
		"chmod 600 $f",
		"touch -d 2001-01-01 $f",
		"echo more >> $f",
		"cp -p $f $f.x && mv $f.x $f",
		/* other bytes, as many, of the same time */
		"tr A B < $f > $f.x; touch -r $f $f.x; cat $f.x > $f; touch -r $f.x $f; rm $f.x",
	};

	place_open(place, "");
	place->now = at("2026-10-04T12:00:00Z");
	make_days(&place->log, "2026-10-01T05:00:00Z", 1, 2);
	put_log(place, "access.log", &place->log);
	for (size_t i = 0; i < sizeof(touches) / sizeof(touches[0]); i++) {
		SCOPED(text)
		struct text marks = { 0 };
		struct file_entry entry = look(place, &marks);

		assert_false(entry.untouched);
		assert_true(entry.head_length > 0);
		file_marks_add(&marks, entry.mark + 1);
		assert_false(look(place, &marks).untouched);
		file_marks_add(&marks, entry.mark);
		entry = look(place, &marks);
		assert_true(entry.untouched);
		assert_int_equal(entry.head_length, 0);
		(void)usleep(20000); /* a tick of the disk's clock */
		run("f=%s && %s", in(place, "access.log"), touches[i]);
		assert_false(look(place, &marks).untouched);
	}
}

/* Sweeps; how many marks were named when the files were asked for. */
static size_t sweep_with_marks(struct place *place)
{
	struct verdict verdict;
	struct error err;
	size_t marks = 0;

	assert_int_equal(store_begin(place->store, &err), 0);
	assert_int_equal(job_begin(&place->job, &place->tools, place->account, SWEEP_DAILY, NULL,
				   place->now, &verdict, &err),
			 0);
	while (verdict.outcome == JOB_ASK && take_step(place, &verdict))
		if (place->job.request.kind == REQUEST_FILES)
			marks = place->job.request.body.length / sizeof(uint64_t);
	assert_int_equal(verdict.outcome, JOB_DONE);
	assert_int_equal(store_commit(place->store, &err), 0);
	job_clear(&place->job);
	file_door_clear(&place->door);
	return marks;
}

static void files_that_were_read_are_not_looked_into_again(void **state)
{
	struct place *place = *state;
	int64_t later = time(NULL) + 2 * (int64_t)HOUR; /* the disk's clock is this machine's */

	place_open(place, "");
	place->now = at("2026-10-04T05:00:00Z");
	make_days(&place->log, "2026-10-01T05:00:00Z", 3, 2);
	put_log(place, "access.log.1", &place->log);
	run("gzip %s", in(place, "access.log.1"));
	text_reset(&place->log);
	make_days(&place->log, "2026-10-04T05:00:00Z", 1, 2);
	put_log(place, "access.log", &place->log);
	place->now = at("2026-10-05T05:00:00Z");
	if (place->now < later)
		place->now = later;
	assert_int_equal(sweep_with_marks(place), 0);
	place->now += 600;
	assert_int_equal(sweep_with_marks(place), 0); /* both are read, and were touched long ago */
	place->now += 600;
	assert_int_equal(sweep_with_marks(place), 2);
	text_reset(&place->log);
	make_days(&place->log, "2026-10-05T05:00:00Z", 1, 2);
	put_log(place, "access.log", &place->log);
	place->now += 3 * (int64_t)DAY;
	assert_int_equal(sweep_with_marks(place), 2); /* one of which is none any more */
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-05 124\n"));
}

/* Logs that are rotated by the hour: more files go than are known at once. */
static void files_that_went_make_room_for_those_that_come(void **state)
{
	struct place *place = *state;

	place_open(place, "");
	for (int day = 0; day < 40; day++) {
		SCOPED(text)
		struct text log = { 0 };
		char morning[32], name[32], old[32];

		(void)snprintf(morning, sizeof(morning), "2026-%02d-%02dT05:00:00Z", 10 + day / 31,
			       1 + day % 31);
		(void)snprintf(name, sizeof(name), "access.log-2026%d", 1000 + day);
		(void)snprintf(old, sizeof(old), "access.log-2026%d", 1000 + day - 3);
		place->now = at(morning) + DAY;
		make_days(&log, morning, 1, 2);
		put_log(place, name, &log);
		(void)unlink(in(place, old));
		place->now += 2 * (int64_t)HOUR;
		sweep_whole(place);
	}
	place->now += 2 * (int64_t)DAY;
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-01 124\n"));
	assert_non_null(strstr(text_str(&place->out), "hits 2026-11-08 124\n"));
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-01..2026-10-31 3\n"));
}

static void visitors_of_a_month_whose_key_was_lost_are_at_least_those_known(void **state)
{
	struct place *place = *state;
	SCOPED(text)
	struct text rest = { 0 };

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 20, 2);
	place->now = at("2026-10-21T05:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	run("rm %s", in(place, "keys/e,sede,live-2026-10"));
	make_days(&rest, "2026-10-21T05:00:00Z", 12, 2);
	place->now = at("2026-11-02T12:00:00Z");
	put_log(place, "access.log", &rest);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-01..2026-10-31 41+\n"));
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-25 3\n"));
}

static void a_line_longer_than_lines_are_is_skipped_and_counted(void **state)
{
	struct place *place = *state;
	struct sweep_state kept = { 0 };
	struct error err;

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 1, 2);
	for (int i = 0; i < 1000000; i++)
		text_add_char(&place->log, 'x');
	text_add_char(&place->log, '\n');
	make_days(&place->log, "2026-10-02T05:00:00Z", 2, 2);
	place->now = at("2026-10-04T12:00:00Z");
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-01 3\n"));
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-02 3\n"));
	assert_int_equal(store_sweep_load(place->store, "e", "sede", SWEEP_DAILY, &kept, &err), 0);
	assert_non_null(strstr(text_str(&kept.words), " 1 too long"));
	sweep_state_clear(&kept);
}

static void a_hole_that_truncating_left_hides_no_line(void **state)
{
	struct place *place = *state;

	place_open(place, "");
	place->now = at("2026-10-04T12:00:00Z");
	make_days(&place->log, "2026-10-01T05:00:00Z", 3, 2);
	write_file(in(place, "access.log"), "w", "", 0);
	assert_int_equal(truncate(in(place, "access.log"), 300000), 0);
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "hits 2026-10-01 124\n"));
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-01 3\n"));
}

/* What a check says, or why it fails. */
static const char *check_of(struct place *place)
{
	static char words[1024];
	struct verdict verdict;
	struct error err;

	assert_int_equal(job_begin(&place->job, &place->tools, place->account, SWEEP_CHECK, NULL,
				   place->now, &verdict, &err),
			 0);
	while (verdict.outcome == JOB_ASK && take_step(place, &verdict))
		;
	(void)snprintf(words, sizeof(words), "%s",
		       verdict.outcome == JOB_WAIT ? verdict.cause.text
						   : text_str(&place->job.notes));
	job_clear(&place->job);
	file_door_clear(&place->door);
	return words;
}

/* It keeps no state that would say which keys are used. */
static void a_check_leaves_the_keys_alone(void **state)
{
	struct place *place = *state;

	place_open(place, "");
	place->now = at("2026-10-04T12:00:00Z");
	make_days(&place->log, "2026-10-01T05:00:00Z", 3, 2);
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	assert_int_equal(count_keys(place), 1);
	assert_non_null(strstr(check_of(place), "1 file"));
	assert_int_equal(count_keys(place), 1);
}

static void a_check_says_in_words_what_is_wrong(void **state)
{
	struct place *place = *state;
	char expected[256];

	place_open(place, "");
	place->now = at("2026-10-04T12:00:00Z");
	(void)snprintf(expected, sizeof(expected), "%s: no such file, nor a rotated one beside it",
		       in(place, "access.log"));
	assert_string_equal(check_of(place), expected);
	make_days(&place->log, "2026-10-01T05:00:00Z", 1, 2);
	put_log(place, "access.log", &place->log);
	put_log(place, "access.log.1", &place->log);
	run("gzip %s", in(place, "access.log.1"));
	(void)snprintf(
		expected, sizeof(expected),
		"%s: 2 files, 1 of them compressed; 50 of 50 lines looked at are requests in "
		"the format",
		in(place, "access.log"));
	assert_string_equal(check_of(place), expected);
	run("echo nothing of the kind > %s && rm %s", in(place, "access.log"),
	    in(place, "access.log.1.gz"));
	(void)snprintf(expected, sizeof(expected),
		       "%s: none of 1 lines is of the format \"combined\"",
		       in(place, "access.log"));
	assert_string_equal(check_of(place), expected);
}

/* --- after a backup ------------------------------------------------------------------------- */

static void back_up(struct place *place)
{
	struct store_contents contents;
	struct error err;

	if (store_backup(place->store,
			 &(struct store_copy){ .file = in(place, "backup.db"),
					       .temporary = in(place, "backup.new"),
					       .mode = 0600 },
			 &contents, &err) < 0)
		fail_msg("%s", err.text);
}

static void restore(struct place *place)
{
	struct store_restored restored;
	struct error err;
	SCOPED(descriptor)
	int file = open(in(place, "backup.db"), O_RDONLY);

	job_tools_clear(&place->tools);
	store_close(place->store);
	if (store_restore(&(struct store_restoring){ .path = in(place, "metrics.db"),
						     .name = "backup.db",
						     .file = file,
						     .log = -1,
						     .now = place->now },
			  &restored, &err) < 0)
		fail_msg("%s", err.text);
	free(restored.kept);
	assert_int_equal(store_open(in(place, "metrics.db"), STORE_COLLECT, &place->store, &err),
			 0);
	place->tools = (struct job_tools){ .store = place->store,
					   .config = place->config,
					   .zones = &place->zones,
					   .holds = &place->holds };
	place->door.store = place->store;
}

/* The number of the line of `figures` that begins like the first `length` bytes of `line`. */
static bool find_figure(const char *figures, const char *line, size_t length, int64_t *ret)
{
	for (; *figures; figures += strcspn(figures, "\n") + 1) {
		if (strncmp(figures, line, length) != 0)
			continue;
		*ret = strtoll(figures + length, NULL, 10);
		return true;
	}
	return false;
}

/* Every figure is the truth, or says that it is at least so much and is no more than that. */
static void assert_honest(int trial, const char *figures, const char *truth)
{
	for (; *figures; figures += strcspn(figures, "\n") + 1) {
		size_t length = strcspn(figures, "\n");
		const char *value = memrchr(figures, ' ', length);
		int64_t said, right;

		assert_non_null(value);
		said = strtoll(value + 1, NULL, 10);
		if (!find_figure(truth, figures, (size_t)(value + 1 - figures), &right) ||
		    (figures[length - 1] == '+' ? said > right : said != right))
			fail_msg("trial %d: %.*s is not true", trial, (int)length, figures);
	}
}

enum loss { LOSES_NOTHING, LOSES_KEYS, LOSES_FILES, LOSES_BOTH, LOSSES };

static void lose(struct place *place, enum loss loss)
{
	if (loss == LOSES_KEYS || loss == LOSES_BOTH)
		run("rm -rf %s", in(place, "keys"));
	if (loss == LOSES_FILES || loss == LOSES_BOTH)
		run("rm -f %s.* %s-*", in(place, "access.log"), in(place, "access.log"));
}

static void after_a_backup_figures_are_true_or_said_to_be_incomplete(void **state)
{
	SCOPED(text)
	struct text log = { 0 };
	SCOPED(text)
	struct text truth = { 0 };
	SCOPED(text)
	struct text figures = { 0 };
	struct place place;
	int incomplete[LOSSES] = { 0 };

	(void)state;
	place_open(&place, "");
	make_log(&place, &log);
	tell_of_one_file(&place, &log, &truth);
	text_reset(&truth);
	print_figures(&place, &truth);
	place_close(&place);
	for (int trial = 0; trial < RESTORES; trial++) {
		enum loss loss = (enum loss)(trial % LOSSES);
		size_t written = 0;
		size_t taken, restored;
		bool kept;

		place_open(&place, "");
		place.draws = (uint64_t)trial * 1000 + 11;
		place.now = at("2026-09-29T06:00:00Z");
		taken = log.length / 100 * (size_t)(5 + below(&place, 80));
		restored = taken + log.length / 100 * (size_t)below(&place, 40);
		/* a log that begins in a line's midst is not its first: days are wanted, and read
		 */
		while (place.now < at("2026-10-02T12:00:00Z"))
			happen(&place, &log, &written);
		sweep_whole(&place);
		while (written < taken)
			happen(&place, &log, &written);
		back_up(&place);
		while (written < restored && written < log.length)
			happen(&place, &log, &written);
		lose(&place, loss);
		/* the key of October dies three days after it */
		kept = loss == LOSES_NOTHING && place.now < at("2026-11-04T05:00:00Z");
		restore(&place);
		while (written < log.length)
			happen(&place, &log, &written);
		place.now = at("2026-12-28T12:00:00Z");
		sweep_whole(&place);
		print_figures(&place, &figures);
		assert_honest(trial, text_str(&figures), text_str(&truth));
		if (kept && strcmp(text_str(&figures), text_str(&truth)) != 0)
			fail_apart(trial, text_str(&figures), text_str(&truth));
		incomplete[loss] += strcmp(text_str(&figures), text_str(&truth)) != 0;
		place_close(&place);
	}
	/* the test is none where nothing was lost */
	assert_true(incomplete[LOSES_KEYS] > 0);
	assert_true(incomplete[LOSES_FILES] > 0);
	assert_true(incomplete[LOSES_BOTH] > 0);
}

/* The machine is another: neither the key nor the log came with the backup. */
static void
on_another_machine_the_day_of_the_backup_and_its_month_are_at_least_so_many(void **state)
{
	struct place *place = *state;
	SCOPED(text)
	struct text more = { 0 };

	place_open(place, "");
	make_days(&place->log, "2026-10-01T05:00:00Z", 20, 2);
	place->now =
		at("2026-10-20T19:00:00Z"); /* 14:00 there, in the midst of the twentieth day */
	put_log(place, "access.log", &place->log);
	sweep_whole(place);
	back_up(place);
	run("rm -rf %s %s", in(place, "keys"), in(place, "access.log"));
	place->now = at("2026-10-23T12:00:00Z");
	restore(place);
	make_days(&more, "2026-10-22T05:00:00Z", 12, 2);
	place->now = at("2026-11-08T12:00:00Z");
	put_log(place, "access.log", &more);
	sweep_whole(place);
	print_figures(place, &place->out);
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-19 3\n"));
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-20 3+\n"));
	assert_null(strstr(text_str(&place->out), " 2026-10-21 "));
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-22 3+\n"));
	assert_non_null(strstr(text_str(&place->out), "visits 2026-10-23 3\n"));
	assert_non_null(strstr(text_str(&place->out), "visitors 2026-10-01..2026-10-31 41+\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_whole_month_is_exact_and_one_that_begins_late_is_at_least_that),
		TEST(nothing_new_changes_nothing),
		TEST(days_that_are_asked_for_are_read_anew),
		TEST(a_visit_that_began_the_evening_before_is_not_counted_on_the_first_day),
		TEST(a_month_of_which_no_line_came_is_not_told),
		TEST(a_key_dies_with_its_month),
		TEST(a_line_that_is_cut_by_the_end_of_a_file_outlives_another_rotation),
		cmocka_unit_test(a_line_that_is_cut_over_three_files_is_one_line),
		cmocka_unit_test(a_line_that_was_cut_for_good_takes_none_after_it_with_it),
		TEST(a_file_in_which_no_time_stands_hides_no_gap),
		TEST(a_line_the_server_has_not_ended_is_not_counted_by_halves),
		TEST(a_clock_that_is_days_behind_leaves_no_line_out),
		TEST(a_file_that_cannot_be_read_just_now_is_not_taken_for_another),
		cmocka_unit_test(
			a_file_that_is_being_compressed_is_not_counted_twice_when_our_clock_is_ahead),
		TEST(a_piece_of_a_file_that_was_read_is_not_read_as_another),
		TEST(a_compressed_file_that_lost_its_end_is_read_when_there_is_no_other),
		TEST(a_line_that_makes_a_month_whole_makes_it_exact),
		TEST(a_file_is_looked_into_when_anything_about_it_was_touched),
		cmocka_unit_test(another_file_in_the_place_of_one_that_was_listed_is_not_read),
		TEST(files_that_were_read_are_not_looked_into_again),
		TEST(files_that_went_make_room_for_those_that_come),
		TEST(visitors_of_a_month_whose_key_was_lost_are_at_least_those_known),
		TEST(a_line_longer_than_lines_are_is_skipped_and_counted),
		TEST(a_hole_that_truncating_left_hides_no_line),
		TEST(a_check_says_in_words_what_is_wrong),
		TEST(a_check_leaves_the_keys_alone),
		cmocka_unit_test(figures_are_the_same_however_the_log_was_cut_up),
		cmocka_unit_test(after_a_backup_figures_are_true_or_said_to_be_incomplete),
		TEST(on_another_machine_the_day_of_the_backup_and_its_month_are_at_least_so_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
