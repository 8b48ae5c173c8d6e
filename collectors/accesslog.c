/*
 * Websites by the access logs of their own server: visits, visitors, page views and hits, with
 * nothing leaving the machine.
 *
 * A sweep reads what was kept, the list of robots, which files there are, and from each what it has
 * not read, oldest first; then it tells the days and months that are over. What it has read lives
 * in job->memory until it is kept, together with how far it read, after so many bytes and at the
 * end: a sweep that is cut off begins again where it was kept last. A file is known by its first
 * bytes, whatever it is called and whether it is compressed.
 *
 * Days that somebody asks for are read anew, beside what is kept, from whatever files there are.
 */
#include "accesslog_bots.h"
#include "accesslog_count.h"
#include "accesslog_state.h"

#include "metricsd/cleanup.h"
#include "metricsd/collector.h"
#include "metricsd/error.h"
#include "metricsd/file.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So much is read again after a kill, at most; a test keeps more often. */
#ifndef METRICSD_KEEP_BYTES
#define METRICSD_KEEP_BYTES (64 << 20)
#endif
#ifndef METRICSD_BOTS
#define METRICSD_BOTS "none"
#endif
#ifndef METRICSD_BOTS_DIRECTORY
#define METRICSD_BOTS_DIRECTORY "/usr/share/metricsd/bots"
#endif

enum {
	DAY = 86400,
	SETTLES = 1,
	REVISABLE = 3,
	REACH_DAYS = 3650, /* as long as logs are kept */
	GAP_MINUTES = 30,
	EVERY_MINUTES = 10,
	LINE_MAX_BYTES = 64 << 10,
	KEEP_BYTES = METRICSD_KEEP_BYTES,
	NIGHT_S = 300,     /* requests that began before midnight are written after it */
	SETTLED_S = 3600,  /* nobody writes any more to a file that was renamed so long ago */
	CLOSE_S = 3 * DAY, /* after so long nothing comes any more of a month, by the log's clock */
	SILENT_S = 40 * DAY,  /* or by ours, when the log says nothing any more */
	FORGET_S = 400 * DAY, /* a file that was not there for so long */
	RELISTS_MAX = 8,
	HASHED_MAX = 61,
	CHECK_LINES = 50,
	ENDS_MAX = 8, /* files over which a line may be cut */
};

enum { VISITS, VISITORS, VIEWS, HITS, METRICS };

static const struct metric accesslog_metrics[METRICS + 1] = {
	[VISITS] = { .id = "visits",
		     .kind = METRIC_FLOW,
		     .settles_days = SETTLES,
		     .revisable_days = REVISABLE },
	[VISITORS] = { .id = "visitors",
		       .kind = METRIC_UNIQUE,
		       .settles_days = SETTLES,
		       .revisable_days = REVISABLE },
	[VIEWS] = { .id = "views",
		    .kind = METRIC_FLOW,
		    .settles_days = SETTLES,
		    .revisable_days = REVISABLE },
	[HITS] = { .id = "hits",
		   .kind = METRIC_FLOW,
		   .settles_days = SETTLES,
		   .revisable_days = REVISABLE },
};

#define LOG_TEXT(member, default_, help_) TEXT_SETTING(struct accesslog, member, default_, help_)

static const struct setting accesslog_settings[] = {
	{ .name = "log",
	  .type = SETTING_TEXT,
	  .offset = offsetof(struct accesslog, log),
	  .required = true,
	  .help = "path of the access log, as the server writes it now; rotated ones are found "
		  "beside it" },
	LOG_TEXT(format, "combined",
		 "combined, common, vhost_combined, or the server's own log_format or LogFormat"),
	LOG_TEXT(client, "address+agent", "who a client is: \"address+agent\" or \"address\""),
	LOG_TEXT(forwarded, NULL,
		 "field of the format that a trusted proxy names the client in "
		 "(http_x_forwarded_for)"),
	NUMBER_SETTING(struct accesslog, forwarded_hops, 1, 16, 1,
		       "how many trusted proxies have added to that field"),
	NAMES_SETTING(struct accesslog, hosts, "count lines of these hosts only"),
	NUMBER_SETTING(struct accesslog, gap_minutes, 1, 720, GAP_MINUTES,
		       "so long without a page ends a visit"),
	SWITCH_SETTING(struct accesslog, cut_at_midnight, false, "a visit ends at local midnight"),
	LOG_TEXT(bots, METRICSD_BOTS,
		 "list of robots: a name in bots_directory, a path, or \"none\""),
	LOG_TEXT(bots_directory, NULL, "where lists of robots lie"),
	SWITCH_SETTING(struct accesslog, empty_agents, false,
		       "count requests without a user agent"),
	SWITCH_SETTING(struct accesslog, without_robots_txt, false,
		       "leave out clients from when they fetch robots.txt"),
	SWITCH_SETTING(struct accesslog, without_errors_only, false,
		       "leave out clients until something was no error"),
	NAMES_SETTING(struct accesslog, methods, "methods that count; GET and POST unless said"),
	NAMES_SETTING(struct accesslog, statuses, "statuses that count; 2xx and 304 unless said"),
	NAMES_SETTING(struct accesslog, static_suffixes,
		      "suffixes of files that are no pages; css, js, png, … unless said"),
	NAMES_SETTING(struct accesslog, ignore_paths,
		      "paths, by their beginning, that do not count: health checks"),
	NAMES_SETTING(struct accesslog, allow,
		      "parts of user agents that are no robots, whatever the list says"),
	NAMES_SETTING(
		struct accesslog, deny,
		"addresses, networks (10.0.0.0/8) and parts of user agents that do not count"),
	NUMBER_SETTING(struct accesslog, every_minutes, 1, 1440, EVERY_MINUTES,
		       "how often the log is read"),
	{ 0 },
};

/* In the order they are taken; LISTING, KEYS and READING follow each other as needed. */
enum step { STEP_LOAD, STEP_BOTS, STEP_KEYS, STEP_LIST, STEP_READ, STEP_NEW_KEY, STEP_END };

/* A file to be read. */
struct listed {
	char *name;
	struct request_file file;
	int64_t modified, first; /* time; of its first lines */
	bool packed;
	size_t known; /* index among the known files */
};

/* What a file ends with that is no whole line. */
struct file_end {
	size_t known; /* whose */
	size_t length;
	bool settled; /* nobody will write more of it any more */
};

/* A sweep under way: job->memory. */
struct reading {
	struct reading_state state;
	struct rules *rules;
	struct bots *bots;
	enum step step;
	bool again;        /* days that were asked for */
	bool fresh;        /* nothing that was kept before holds */
	struct text after; /* the part that was taken in last */
	struct listed *files;
	size_t file_count, file_room;
	size_t at;                      /* the file being read */
	struct text tail;               /* the last line of those before it, which has no end */
	struct file_end ends[ENDS_MAX]; /* whose: of each as many bytes as it gave to it */
	size_t end_count;
	size_t newest; /* known file whose first line is the latest: the server writes it */
	int64_t newest_first;
	size_t last_read; /* known file the server wrote when the log was read before; SIZE_MAX:
			   * there is none */
	bool goes_on;     /* it is there still */
	bool after_gap;   /* the next file that is begun may begin in the midst of a line */
	int64_t unkept;   /* bytes read since something was kept */
	int relists;
	int64_t modified; /* time at which any of the files was written last */
	size_t refused;   /* files that may not be read */
	char refused_name[64];
};

static const char word_again[] = "again";
static const char word_live[] = "live";
static const char word_done[] = "done";

static struct listed *current(struct reading *it)
{
	return &it->files[it->at];
}

static struct known_file *known_of(struct reading *it, const struct listed *listed)
{
	return &it->state.files[listed->known];
}

/* Whether it is days that were asked for: so said by the cursor, or at the start. */
static bool is_again(const struct job *job)
{
	const char *cursor = text_str(&job->cursor);

	return *cursor ? strcmp(cursor, word_again) == 0 : job->asked;
}

static void prefix_of(const struct job *job, char ret[PART_NAME])
{
	(void)snprintf(ret, PART_NAME, "%s/", is_again(job) ? word_again : word_live);
}

/* What has no end is read again from its file. */
static void let_go(struct reading *it)
{
	text_reset(&it->tail);
	it->end_count = 0;
}

static void clear_files(struct reading *it)
{
	for (size_t i = 0; i < it->file_count; i++)
		free(it->files[i].name);
	it->file_count = 0;
	it->at = 0;
	let_go(it);
}

static void accesslog_forget(struct job *job)
{
	struct reading *it = job->memory;

	if (!it)
		return;
	state_clear(&it->state);
	rules_free(it->rules);
	bots_free(it->bots);
	clear_files(it);
	free(it->files);
	text_clear(&it->tail);
	text_clear(&it->after);
	free(it);
	job->memory = NULL;
}

static int accesslog_check(const void *settings, struct error *err)
{
	const struct accesslog *accesslog = settings;
	struct rules *rules;

	if (!accesslog->log || accesslog->log[0] != '/')
		return error_set(err, ERROR_INPUT, "log is not a path that begins with /");
	if (rules_new(accesslog, &rules, err) < 0)
		return -1;
	rules_free(rules);
	return 0;
}

/* --- asking --------------------------------------------------------------------------------- */

static bool has_bots(const struct accesslog *settings)
{
	return strcmp(settings->bots, "none") != 0;
}

static void add_directory(const struct accesslog *settings, struct text *url)
{
	const char *slash = strrchr(settings->log, '/');

	text_add_n(url, settings->log, (size_t)(slash - settings->log) + 1);
}

static void add_month(const struct reading *it, int32_t first, struct text *url)
{
	int year, month, day;

	day_split(first, &year, &month, &day);
	text_addf(url, "%s%s-%04d-%02d", url->length ? "," : "", it->again ? word_again : word_live,
		  year, month);
}

static void ask_keys(const struct reading *it, struct request *request)
{
	request->kind = REQUEST_KEYS;
	request->only = !it->again;
	for (size_t i = 0; i < it->state.counter.month_count; i++)
		add_month(it, it->state.counter.months[i].month.first, &request->url);
	text_add(&request->what, "keys");
}

static void ask_bytes(struct reading *it, const struct accesslog *settings, struct request *request)
{
	const struct listed *listed = current(it);
	const struct known_file *known = known_of(it, listed);

	request->kind = REQUEST_BYTES;
	request->file = listed->file;
	request->file.offset = known->position;
	request->file.head_length = known->head_length;
	request->file.head = known->head;
	add_directory(settings, &request->url);
	text_add(&request->url, listed->name);
	text_add(&request->what, "access log");
}

/* Files that were read, and that nobody has touched since, are not looked into. */
static void add_marks(const struct reading *it, struct text *marks)
{
	for (size_t i = 0; i < it->state.file_count; i++)
		if (it->state.files[i].mark)
			file_marks_add(marks, it->state.files[i].mark);
}

static void add_bots(const struct accesslog *settings, struct text *path)
{
	if (settings->bots[0] != '/')
		text_addf(path, "%s/",
			  settings->bots_directory ? settings->bots_directory
						   : METRICSD_BOTS_DIRECTORY);
	text_addf(path, "%s%s", settings->bots, settings->bots[0] == '/' ? "" : ".list");
}

static void ask(struct reading *it, const struct job *job, struct request *request)
{
	const struct accesslog *settings = job->settings;

	switch (it->step) {
	case STEP_LOAD:
		request->kind = REQUEST_PART;
		text_set(&request->url, text_str(&it->after));
		text_add(&request->what, "what was kept");
		break;
	case STEP_BOTS:
		request->kind = REQUEST_BYTES;
		add_bots(settings, &request->url);
		text_add(&request->what, "list of robots");
		break;
	case STEP_KEYS:
		ask_keys(it, request);
		break;
	case STEP_LIST:
		request->kind = REQUEST_FILES;
		text_set(&request->url, settings->log);
		add_marks(it, &request->body);
		text_add(&request->what, "files of the log");
		break;
	case STEP_READ:
		ask_bytes(it, settings, request);
		break;
	case STEP_NEW_KEY:
		request->kind = REQUEST_KEYS;
		add_month(it, it->state.counter.needed, &request->url);
		text_add(&request->what, "key");
		break;
	case STEP_END:
		break;
	}
}

static int accesslog_next(const struct job *job, struct request *request, struct error *err)
{
	struct reading first = { .step = STEP_LOAD };
	struct reading *it = job->memory ? job->memory : &first;

	(void)err;
	if (job->sweep == SWEEP_WATCH || strcmp(text_str(&job->cursor), word_done) == 0)
		return 0;
	request_reset(request);
	ask(it, job, request);
	if (it->step == STEP_LOAD)
		text_addf(&request->body, "%s/", is_again(job) ? word_again : word_live);
	return 1;
}

/* --- telling -------------------------------------------------------------------------------- */

static const struct day_count *find_day(const struct counter *counter, int32_t day)
{
	for (size_t i = 0; i < counter->day_count; i++)
		if (counter->days[i].day == day)
			return &counter->days[i];
	return NULL;
}

static int hours_of(const struct counter *counter, int32_t day)
{
	return (int)((zone_midnight(counter->zone, day + 1) - zone_midnight(counter->zone, day)) /
		     3600);
}

static bool has_lines(const struct counter *counter, int32_t day)
{
	const struct day_count *it = find_day(counter, day);

	return it && it->lines > 0;
}

/* Whether the log was there before the day began. */
static bool was_there_before(const struct counter *counter, int32_t day)
{
	int32_t first = counter->only.count > 0 ? counter->only.ranges[0].first : counter->from;

	return has_lines(counter, day - 1) ||
	       (day == first && counter->first < zone_midnight(counter->zone, day));
}

/* Where the log begins in the midst of a day, or ends there, the day is not known whole. */
static bool is_whole(const struct counter *counter, const struct day_count *day)
{
	if (!day || day->lines == 0)
		return false;
	if (!(day->hours & 1) && !was_there_before(counter, day->day))
		return false;
	return (day->hours >> (hours_of(counter, day->day) - 1) & 1) ||
	       has_lines(counter, day->day + 1);
}

/* Whether all was read that will be of a stretch of time that ends then. */
static bool is_over(const struct counter *counter, int64_t end)
{
	return counter->now >= end + NIGHT_S && (counter->last >= end || counter->now >= end + DAY);
}

static void tell_day(struct reading *it, struct day_count *day, struct findings *findings)
{
	struct counter *counter = &it->state.counter;
	struct window window = { day->day, 1 };
	uint32_t flags = day->at_least || !is_whole(counter, day) ? (uint32_t)SAMPLE_AT_LEAST : 0;
	uint32_t people = day_is_lost(day) ? (uint32_t)SAMPLE_AT_LEAST : flags;

	if (day->told || day->lines == 0 ||
	    !is_over(counter, zone_midnight(counter->zone, day->day + 1)))
		return;
	findings_sample(findings, &accesslog_metrics[VISITS], window, day_visits(day), people);
	findings_sample(findings, &accesslog_metrics[VISITORS], window, day_visitors(day), people);
	findings_sample(findings, &accesslog_metrics[VIEWS], window, day->pages, flags);
	findings_sample(findings, &accesslog_metrics[HITS], window, day->hits, flags);
	day->told = true;
}

static bool is_whole_month(const struct counter *counter, struct window month)
{
	for (int32_t day = month.first; day < window_end(month); day++) {
		const struct day_count *it = find_day(counter, day);

		if (!it || it->lines == 0 || it->at_least)
			return false;
	}
	return is_whole(counter, find_day(counter, month.first)) &&
	       is_whole(counter, find_day(counter, window_end(month) - 1));
}

/* Whether all days of the month are among those that were asked for. */
static bool is_asked_for(const struct counter *counter, struct window month)
{
	for (int32_t day = month.first; counter->only.count > 0 && day < window_end(month); day++)
		if (!days_hold(&counter->only, day))
			return false;
	return true;
}

/* Whether anything of it was read: it may have been opened for who was there the evening before. */
static bool has_days(const struct counter *counter, struct window month)
{
	for (int32_t day = month.first; day < window_end(month); day++)
		if (has_lines(counter, day))
			return true;
	return false;
}

static void tell_month(struct reading *it, struct month_count *month, struct findings *findings)
{
	struct counter *counter = &it->state.counter;
	bool at_least = month->at_least || !is_whole_month(counter, month->month);
	int64_t people = month->people > month->lost ? month->people : month->lost;

	if (month->told || !is_over(counter, month->ends) || !is_asked_for(counter, month->month))
		return;
	if (has_days(counter, month->month))
		findings_sample(findings, &accesslog_metrics[VISITORS], month->month, people,
				at_least ? (uint32_t)SAMPLE_AT_LEAST : 0);
	month->told = true;
}

/* What is over and was not told as it stands. */
static void tell(struct reading *it, struct findings *findings)
{
	struct counter *counter = &it->state.counter;

	for (size_t i = 0; i < counter->day_count; i++)
		tell_day(it, &counter->days[i], findings);
	for (size_t i = 0; i < counter->month_count; i++)
		tell_month(it, &counter->months[i], findings);
}

static void report_reasons(const struct counter *counter, struct findings *findings)
{
	SCOPED(text)
	struct text line = { 0 };

	text_addf(&line, "%" PRId64 " lines read, %" PRId64 " pages counted", counter->lines,
		  counter->reasons[REASON_NONE]);
	for (int i = REASON_NONE + 1; i < REASONS; i++)
		if (counter->reasons[i] > 0)
			text_addf(&line, "%s %" PRId64 " %s",
				  strchr(text_str(&line), ':') ? "," : "; not counted:",
				  counter->reasons[i], reason_words((enum reason)i));
	findings_report(findings, "%s", text_str(&line));
}

static void report_gaps(const struct counter *counter, struct findings *findings)
{
	enum { DAYS = 7 };
	int32_t today = zone_day(counter->zone, counter->now);

	for (int32_t day = today - DAYS; day < today; day++) {
		const struct day_count *it = find_day(counter, day);
		int hours = hours_of(counter, day);
		char date[DAY_TEXT];

		if (!it || it->lines == 0)
			continue;
		if (__builtin_popcount(it->hours) < hours)
			findings_report(findings, "%s: no line in %d of %d hours",
					day_text(day, date), hours - __builtin_popcount(it->hours),
					hours);
	}
}

static void report(struct reading *it, struct findings *findings)
{
	const struct counter *counter = &it->state.counter;
	char first[TIME_TEXT], last[TIME_TEXT];

	report_reasons(counter, findings);
	if (counter->first <= counter->last)
		findings_report(findings, "lines of %s to %s",
				zone_clock(counter->zone, counter->first, first),
				zone_clock(counter->zone, counter->last, last));
	if (counter->visits.count == CLIENTS_MAX)
		findings_report(findings, "warning: more clients at once than can be told apart");
	report_gaps(counter, findings);
	if (it->state.proxied)
		findings_report(findings,
				"warning: nearly all lines have one address, as behind a proxy: "
				"let the server log the client's own address, or set `forwarded`");
	if (it->refused > 0)
		findings_report(findings,
				"warning: %zu rotated files may not be read (%s): make metricsd a "
				"member of their group",
				it->refused, it->refused_name);
}

static void note_proxy(struct reading *it)
{
	struct counter *counter = &it->state.counter;

	if (counter->proxy_lines >= 1000)
		it->state.proxied = counter_is_proxied(counter);
}

/* --- keeping -------------------------------------------------------------------------------- */

static void keep(struct job *job, struct findings *findings)
{
	struct reading *it = job->memory;
	char prefix[PART_NAME];

	prefix_of(job, prefix);
	if (it->fresh)
		findings_drop(findings, prefix);
	it->fresh = false;
	state_keep(&it->state, prefix, findings);
	it->unkept = 0;
	text_set(&job->cursor, it->again ? word_again : word_live);
}

static void close_month(struct job *job, struct month_count *month, struct findings *findings)
{
	struct reading *it = job->memory;
	char prefix[PART_NAME];

	prefix_of(job, prefix);
	for (size_t i = 0; i < it->state.counter.day_count; i++)
		if (window_holds(month->month, (struct window){ it->state.counter.days[i].day, 1 }))
			tell_day(it, &it->state.counter.days[i], findings);
	tell_month(it, month, findings);
	state_drop_month(month, prefix, findings);
	counter_close_month(&it->state.counter, month);
}

/* Whether nothing more comes of a month that was told. A clock that was set ahead alone does not
 * close it: what its last days bring would be lost. */
static bool is_done(const struct counter *counter, const struct month_count *month)
{
	int64_t after = month->ends + CLOSE_S;

	return month->told && counter->now >= after &&
	       (counter->last >= after || counter->now >= month->ends + SILENT_S);
}

/* Everything was read: what is over is told, and what nothing more comes of is let go. */
static void finish(struct job *job, struct findings *findings)
{
	struct reading *it = job->memory;
	struct counter *counter = &it->state.counter;

	note_proxy(it);
	tell(it, findings);
	report(it, findings);
	if (it->again) {
		findings_drop(findings, "again/");
	} else {
		for (size_t i = counter->month_count; i-- > 0;)
			if (is_done(counter, &counter->months[i]))
				close_month(job, &counter->months[i], findings);
		keep(job, findings);
	}
	text_set(&job->cursor, word_done);
	it->step = STEP_END;
}

/* --- files ---------------------------------------------------------------------------------- */

/* The latest time among its first lines: the very first may have been long under way. INT64_MIN:
 * none that is understood. */
static int64_t first_time(const struct reading *it, const char *head, size_t length)
{
	const struct log_format *format = rules_format(it->rules);
	int64_t latest = INT64_MIN;

	while (length > 0) {
		const char *end = memchr(head, '\n', length);
		size_t line = end ? (size_t)(end - head) : length;
		int64_t time = log_line_time(format, head, line);

		if (time > latest)
			latest = time;
		head += line + (end != NULL);
		length -= line + (end != NULL);
	}
	return latest;
}

/* The file with these first bytes, which may be more than were there when it was met. */
static size_t find_known(struct reading *it, const struct file_entry *entry, const char *head)
{
	size_t best = SIZE_MAX;
	struct { /* nearly all have the same length */
		uint32_t length;
		uint64_t hash;
	} hashed[HASHED_MAX] = { 0 };

	for (size_t i = 0; i < it->state.file_count; i++) {
		const struct known_file *known = &it->state.files[i];

		if (known->head_length > entry->head_length)
			continue;
		if (hashed[known->head_length % HASHED_MAX].length != known->head_length) {
			hashed[known->head_length % HASHED_MAX].length = known->head_length;
			hashed[known->head_length % HASHED_MAX].hash =
				file_head_hash(head, known->head_length);
		}
		if (known->head != hashed[known->head_length % HASHED_MAX].hash)
			continue;
		if (best == SIZE_MAX || known->head_length > it->state.files[best].head_length)
			best = i;
	}
	return best;
}

static size_t find_marked(const struct reading *it, uint64_t mark)
{
	for (size_t i = 0; i < it->state.file_count; i++)
		if (it->state.files[i].mark == mark)
			return i;
	return SIZE_MAX;
}

static size_t find_entry(struct reading *it, const struct file_entry *entry, const char *head)
{
	if (entry->refused)
		return SIZE_MAX;
	return entry->untouched ? find_marked(it, entry->mark) : find_known(it, entry, head);
}

/* Room for another file: that of the one which was not there for the longest time, where so many
 * are known. SIZE_MAX: all of them are there. */
static size_t new_known(struct reading *it, int64_t now)
{
	struct reading_state *state = &it->state;
	size_t oldest = SIZE_MAX;

	if (state->file_count < FILES_MAX) {
		state->files = memory_grow(state->files, state->file_count, &state->file_room,
					   sizeof(*state->files));
		return state->file_count++;
	}
	for (size_t i = 0; i < state->file_count; i++)
		if (i != it->last_read && state->files[i].seen < now &&
		    (oldest == SIZE_MAX || state->files[i].seen < state->files[oldest].seen))
			oldest = i;
	return oldest;
}

/* The file is the one known as `i` (SIZE_MAX: as none): as which it is from now on. */
static size_t know(struct reading *it, const struct job *job, const struct file_entry *entry,
		   const char *head, size_t i)
{
	struct reading_state *state = &it->state;

	if (i == SIZE_MAX) {
		i = new_known(it, job->now);
		if (i == SIZE_MAX)
			return SIZE_MAX;
		state->files[i] = (struct known_file){ 0 };
	}
	state->files[i].seen = job->now;
	if (state->files[i].head_length < entry->head_length) {
		state->files[i].head_length = entry->head_length;
		state->files[i].head = file_head_hash(head, entry->head_length);
		state->files[i].first = 0; /* there are more lines to tell it by */
	}
	return i;
}

/* Whether nothing of the file is left to read. */
static bool is_read(const struct known_file *known, const struct file_entry *entry)
{
	if (entry->untouched)
		return true;
	if (!entry->packed)
		return known->position >= entry->size;
	return known->packed_size == entry->size ||
	       (known->position > 0 && entry->inflated == (uint32_t)known->position);
}

/* The mark by which a file that was read is known from now on. None while it may be changed again
 * within one tick of the clock of its disk, which leaves it as it is. */
static uint64_t mark_of(const struct file_entry *entry, int64_t now)
{
	return now - entry->modified >= SETTLED_S && now - entry->changed >= SETTLED_S ? entry->mark
										       : 0;
}

/* The same file under two names, one of them perhaps compressed and not complete yet: the plain one
 * that is longer. */
static bool is_better(const struct file_entry *entry, const struct listed *than)
{
	if (entry->packed != than->packed)
		return than->packed;
	return entry->size > than->file.size;
}

static void forget_files(struct reading *it, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < it->state.file_count; i++)
		if (it->state.files[i].seen >= now - FORGET_S)
			it->state.files[kept++] = it->state.files[i];
	it->state.file_count = kept;
}

static bool is_before(const struct counter *counter, const struct file_entry *entry)
{
	int32_t first = counter->only.count > 0 ? counter->only.ranges[0].first : counter->from;

	return first != DAY_NONE && entry->modified < zone_midnight(counter->zone, first) - DAY;
}

/* The time of the file's first line, kept once it is known; of one without lines its own. */
static int64_t begins_at(const struct reading *it, struct known_file *known,
			 const struct file_entry *entry, const char *head)
{
	int64_t first = known->first ? known->first : first_time(it, head, entry->head_length);

	if (first > 0)
		known->first = first;
	return first == INT64_MIN ? entry->modified : first;
}

/* Whether the known file `i` (SIZE_MAX: none) is the one that was read last. Of one in which no
 * time stands nobody knows when it was read, and it says nothing where that is known of others. */
static bool is_last_read(const struct reading *it, size_t i)
{
	if (i == SIZE_MAX || it->last_read == SIZE_MAX)
		return false;
	return i == it->last_read ||
	       (it->state.files[i].first == 0 && it->state.files[it->last_read].first == 0);
}

/* Of a file that is being begun a line must be there to know it by, unless another was written
 * after it; of one that is being compressed all that it is known by. */
static bool is_begun(const struct reading *it, const struct file_entry *entry, const char *head)
{
	return entry->unfinished ||
	       (entry->head_length < FILE_HEAD && !entry->packed &&
		entry->modified >= it->modified && !memchr(head, '\n', entry->head_length));
}

/* Whether the file from which this one is made is listed: it is removed when this one is whole. */
static bool has_source(struct file_list list, const struct file_entry *entry)
{
	static const char packed[] = ".gz";
	size_t end = strlen(packed);
	size_t length = strlen(entry->name);
	struct file_entry other;
	const char *head;

	if (length <= end || strcmp(entry->name + length - end, packed) != 0)
		return false;
	while (file_list_next(&list, &other, &head) > 0)
		if (strlen(other.name) == length - end &&
		    memcmp(other.name, entry->name, length - end) == 0)
			return true;
	return false;
}

/*
 * Whether an unknown file is the beginning of another, by less than that one is known by: somebody
 * compresses it, or was killed at it. By our clock alone nobody can tell, for it may be ahead. What
 * it holds stands in the file it is made from, while that is there; and else it was read, where the
 * log was read beyond it.
 */
static bool is_piece(const struct reading *it, struct file_list list,
		     const struct file_entry *entry, const char *head)
{
	return entry->unfinished &&
	       (has_source(list, entry) ||
		first_time(it, head, entry->head_length) <= it->state.counter.last);
}

static void list_file(struct reading *it, const struct job *job, struct file_list list,
		      const struct file_entry *entry, const char *head)
{
	struct listed listed = {
		.file = { .device = entry->device, .inode = entry->inode, .size = entry->size },
		.modified = entry->modified,
		.packed = entry->packed
	};
	size_t i = find_entry(it, entry, head);

	it->goes_on |= is_last_read(it, i);
	if (entry->refused) {
		it->refused++;
		(void)snprintf(it->refused_name, sizeof(it->refused_name), "%.63s", entry->name);
		return;
	}
	if (i != SIZE_MAX)
		it->state.files[i].seen = job->now;
	if (!entry->untouched &&
	    (entry->head_length == 0 ||
	     (job->now - entry->modified < SETTLED_S && is_begun(it, entry, head))))
		return;
	if (i == SIZE_MAX && is_piece(it, list, entry, head))
		return;
	if (is_before(&it->state.counter, entry)) {
		if (entry->modified < it->state.counter.first)
			it->state.counter.first = entry->modified;
		return;
	}
	listed.known = know(it, job, entry, head, i);
	if (listed.known == SIZE_MAX)
		return;
	listed.first = begins_at(it, &it->state.files[listed.known], entry, head);
	if (listed.first > it->newest_first || it->newest == SIZE_MAX) {
		it->newest = listed.known;
		it->newest_first = listed.first;
	}
	if (is_read(&it->state.files[listed.known], entry)) {
		it->state.files[listed.known].mark = mark_of(entry, job->now);
		return;
	}
	it->state.files[listed.known].mark = 0;
	for (i = 0; i < it->file_count; i++)
		if (it->files[i].known == listed.known)
			break;
	if (i < it->file_count) {
		if (!is_better(entry, &it->files[i]))
			return;
		free(it->files[i].name);
	} else {
		it->files =
			memory_grow(it->files, it->file_count, &it->file_room, sizeof(*it->files));
		it->file_count++;
	}
	listed.name = memory_text(entry->name);
	it->files[i] = listed;
}

static int by_time(const void *left, const void *right)
{
	const struct listed *a = left;
	const struct listed *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->modified != b->modified)
		return a->modified < b->modified ? -1 : 1;
	return strcmp(b->name, a->name); /* .2 is older than .1 */
}

/* The file with the latest lines, of those that were read. */
static void find_last_read(struct reading *it)
{
	int64_t latest = INT64_MIN;

	it->last_read = SIZE_MAX;
	it->goes_on = false;
	for (size_t i = 0; i < it->state.file_count; i++) {
		const struct known_file *known = &it->state.files[i];

		if (known->position > 0 && known->first > latest) {
			latest = known->first;
			it->last_read = i;
		}
	}
}

/* The day on which a log begins that is not the end of the one that was read: the first line of
 * what is new. */
static int32_t begins_again(const struct reading *it)
{
	const struct counter *counter = &it->state.counter;
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < it->file_count; i++)
		if (it->state.files[it->files[i].known].position == 0 &&
		    it->files[i].first > counter->last && it->files[i].first < first)
			first = it->files[i].first;
	return zone_day(counter->zone, first < counter->now ? first : counter->now);
}

/* The file that was read last may be among those that may not be read: what comes after it waits,
 * or its last lines would be missing without a word, and visits be counted twice when they come. */
static bool is_hidden(const struct reading *it)
{
	return it->last_read != SIZE_MAX && !it->goes_on && it->refused > 0;
}

/*
 * The file that was read last was rotated away and is not there any more (nobody read for weeks, or
 * a backup was restored, perhaps on another machine): whatever stood behind what was read of it is
 * lost. Logs go oldest first, so while it is there nothing is missing between it and what is new. A
 * list that was made while they were renamed is not believed: true when it is wanted once more.
 */
static bool look_for_gap(struct reading *it)
{
	if (it->last_read == SIZE_MAX || it->goes_on || it->file_count == 0)
		return false;
	if (it->relists++ == 0)
		return true;
	counter_gap(&it->state.counter, begins_again(it));
	it->after_gap = true;
	return false;
}

/* Which of the known files are there: none of them makes room for another. */
static void meet(struct reading *it, struct file_list list, int64_t now)
{
	struct file_entry entry;
	const char *head;

	while (file_list_next(&list, &entry, &head) > 0) {
		size_t i = find_entry(it, &entry, head);

		if (i != SIZE_MAX)
			it->state.files[i].seen = now;
	}
}

/* What is said of all before each is looked at. */
static void look_over(struct reading *it, struct file_list list, int64_t now)
{
	const struct file_list all = list;
	struct file_entry entry;
	const char *head;
	size_t count = 0;

	it->modified = INT64_MIN;
	for (; file_list_next(&list, &entry, &head) > 0; count++)
		if ((entry.head_length > 0 || entry.untouched) && entry.modified > it->modified)
			it->modified = entry.modified;
	if (it->state.file_count + count > FILES_MAX)
		meet(it, all, now);
}

static int take_list(struct reading *it, const struct job *job, const struct response *response,
		     struct error *err)
{
	const struct file_list all = { response->body, response->length };
	struct file_list list = all;
	struct file_entry entry;
	const char *head;
	size_t count = 0;
	int more;

	clear_files(it);
	it->refused = 0;
	it->newest = SIZE_MAX;
	forget_files(it, job->now);
	find_last_read(it);
	look_over(it, all, job->now);
	while ((more = file_list_next(&list, &entry, &head)) > 0) {
		list_file(it, job, all, &entry, head);
		count++;
	}
	if (more < 0)
		return error_set(err, ERROR_MALFORMED, "the list of files cannot be read");
	if (count == 0)
		return error_set(err, ERROR_REQUEST,
				 "%s: no such file, nor a rotated one beside it",
				 ((const struct accesslog *)job->settings)->log);
	if (it->refused == count)
		return error_set(err, ERROR_PERMISSION,
				 "%s may not be read: make metricsd a member of its group (adm on "
				 "Debian)",
				 ((const struct accesslog *)job->settings)->log);
	if (it->file_count > 0)
		qsort(it->files, it->file_count, sizeof(*it->files), by_time);
	return 0;
}

/* --- reading -------------------------------------------------------------------------------- */

/* Begins a file that was not begun, or goes on with one; with none left the sweep is over. */
static void next_file(struct job *job, struct findings *findings)
{
	struct reading *it = job->memory;

	it->state.skipping = false;
	if (it->at < it->file_count && it->after_gap && known_of(it, current(it))->position == 0) {
		/* it may begin with the rest of a line */
		it->state.skipping = true;
		it->after_gap = false;
	}
	if (it->at < it->file_count)
		it->step = STEP_READ;
	else
		finish(job, findings);
}

/* Counts a line and says whether it could be: else a key is needed first. */
static bool count(struct reading *it, const char *bytes, size_t length)
{
	if (length > LINE_MAX_BYTES) {
		counter_long_line(&it->state.counter);
		return true;
	}
	if (length == 0 || counter_line(&it->state.counter, bytes, length))
		return true;
	it->step = STEP_NEW_KEY;
	return false;
}

/* The first `count` ends are left behind: those that were counted count as read. */
static void leave_ends(struct reading *it, size_t count, bool counted)
{
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		if (counted)
			it->state.files[it->ends[i].known].position += (int64_t)it->ends[i].length;
		length += it->ends[i].length;
	}
	it->end_count -= count;
	memmove(it->ends, it->ends + count, it->end_count * sizeof(*it->ends));
	it->tail.length -= length;
	memmove(it->tail.bytes, it->tail.bytes + length, it->tail.length);
}

/* Whether what comes behind an end is a line by itself. */
static bool is_apart(const struct reading *it, const char *end, size_t end_length, const char *line,
		     size_t length)
{
	bool in_first_field = !memchr(end, ' ', end_length);

	return !in_first_field && counter_understands(&it->state.counter, line, length);
}

/* Whether the line is the rest of what ends without one: logs are split at any byte. */
static bool is_rest(const struct reading *it, const char *end, size_t end_length, const char *line,
		    size_t length)
{
	SCOPED(text)
	struct text joined = TEXT_UP_TO(2 * LINE_MAX_BYTES + 1);

	text_add_n(&joined, end, end_length);
	text_add_n(&joined, line, length);
	return !joined.failed && length <= LINE_MAX_BYTES &&
	       !is_apart(it, end, end_length, line, length) &&
	       counter_understands(&it->state.counter, joined.bytes, joined.length);
}

/* Another end, which may be the midst of a line that those before it begin. */
static void add_end(struct reading *it, const char *bytes, const struct file_end *end)
{
	it->tail.max = LINE_MAX_BYTES + 1;
	if (it->end_count == ENDS_MAX || it->tail.length + end->length > LINE_MAX_BYTES ||
	    (it->end_count > 0 &&
	     is_apart(it, it->tail.bytes, it->tail.length, bytes, end->length)))
		let_go(it);
	text_add_n(&it->tail, bytes, end->length);
	it->ends[it->end_count++] = *end;
}

/* How many of the ends belong to a line that was cut for good: what stands behind them, which may
 * be nothing, is one with this line. */
static size_t count_cut(const struct reading *it, const char *line, size_t length)
{
	size_t at = 0;
	size_t i;

	for (i = 0; i < it->end_count; at += it->ends[i++].length)
		if (is_rest(it, it->tail.bytes + at, it->tail.length - at, line, length))
			break;
	return i;
}

/* A line that was cut for good and is the first `count` ends: false when a key is needed first. */
static bool take_cut(struct reading *it, size_t ends)
{
	bool settled = true;
	size_t length = 0;

	for (size_t i = 0; i < ends; i++) {
		settled &= it->ends[i].settled;
		length += it->ends[i].length;
	}
	if (length > 0 && settled && !count(it, it->tail.bytes, length))
		return false;
	leave_ends(it, ends, settled);
	return true;
}

/*
 * Counts the first line of a file. Those before it ended without the end of their line, so that it
 * may be the rest of that, or the line was cut for good. False: a key is needed first.
 */
static bool count_first(struct reading *it, const char *line, size_t length)
{
	SCOPED(text)
	struct text joined = TEXT_UP_TO(2 * LINE_MAX_BYTES + 1);

	if (!take_cut(it, count_cut(it, line, length)))
		return false;
	if (it->end_count == 0)
		return count(it, line, length);
	text_add_n(&joined, it->tail.bytes, it->tail.length);
	text_add_n(&joined, line, length);
	if (!count(it, joined.bytes, joined.length))
		return false;
	leave_ends(it, it->end_count, true);
	return true;
}

/* Counts a line, the first of its file or another. */
static bool count_next(struct reading *it, const char *line, size_t length)
{
	return it->end_count > 0 ? count_first(it, line, length) : count(it, line, length);
}

/* What a server leaves that goes on where it was when its log was truncated: a hole of nothing. */
static const char *skip_hole(const char *at, const char *end)
{
	while (at < end && !*at)
		at++;
	return at;
}

/* Counts whole lines; how many bytes that were. */
static size_t count_lines(struct reading *it, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	const char *line = it->state.skipping ? bytes : skip_hole(bytes, end);
	const char *stop;

	while (line < end && (stop = memchr(line, '\n', (size_t)(end - line)))) {
		size_t size = (size_t)(stop - line);

		if (it->state.skipping)
			it->state.skipping = false;
		else if (!count_next(it, line, size))
			break;
		line = stop + 1;
	}
	return (size_t)(line - bytes);
}

/* A line without an end that is longer than lines are: its end is skipped when it comes. */
static size_t skip_long(struct reading *it, size_t left)
{
	if (it->step != STEP_READ || (!it->state.skipping && left <= LINE_MAX_BYTES))
		return 0;
	if (!it->state.skipping)
		counter_long_line(&it->state.counter);
	it->state.skipping = true;
	let_go(it);
	return left;
}

/* The file is read to its end, but for a line that has none. True: a key is needed first. */
static bool end_file(struct reading *it, const struct job *job, const char *rest, size_t length,
		     bool damaged)
{
	struct listed *listed = current(it);
	struct known_file *known = known_of(it, listed);
	bool last = it->at + 1 == it->file_count;
	bool newest = listed->known == it->newest;
	/* whoever writes the log may take a night for the end of a line, and our clock may run
	 * ahead
	 */
	bool old = (!newest || it->again) && job->now - listed->modified >= SETTLED_S;
	bool settled = old || (listed->packed && !damaged && !newest);
	bool goes_on = !last && it->state.files[it->files[it->at + 1].known].position == 0;
	bool joins = length > 0 && goes_on;

	if (joins) {
		add_end(it, rest, &(struct file_end){ listed->known, length, settled });
	} else if (length > 0 && settled) {
		if (!count_next(it, rest, length))
			return true;
		known->position += (int64_t)length;
	}
	if (!goes_on)
		let_go(it);
	/* what joins is read when it has joined: the files may be listed anew before */
	if (listed->packed && !joins && (settled || (length == 0 && !damaged)))
		known->packed_size = listed->file.size;
	it->at++;
	return false;
}

/* Lines of the future are left out, and are not read again. Where the log ends with them it is our
 * clock that is behind, or the server's that is ahead. */
static int check_clock(const struct reading *it, struct error *err)
{
	char clock[TIME_TEXT];

	if (it->state.counter.future == INT64_MIN)
		return 0;
	return error_set(err, ERROR_OURS,
			 "the log ends at %s, which is days ahead of our clock: one of the clocks "
			 "is wrong; nothing of it is taken until that is right",
			 time_text(it->state.counter.future, clock));
}

static void say_progress(struct job *job)
{
	struct reading *it = job->memory;
	const struct counter *counter = &it->state.counter;
	char clock[TIME_TEXT] = "";

	if (counter->last > INT64_MIN)
		(void)zone_clock(counter->zone, counter->last, clock);
	(void)snprintf(job->progress, sizeof(job->progress),
		       "file %zu of %zu, %" PRId64 " lines, at %.16s",
		       it->at < it->file_count ? it->at + 1 : it->file_count, it->file_count,
		       counter->lines, clock);
}

static int take_bytes(struct job *job, const struct response *response, struct findings *findings,
		      struct error *err)
{
	struct reading *it = job->memory;
	const char *bytes = response->body;
	struct known_file *known = known_of(it, current(it));
	size_t used, left;

	if (response->status == 404) {
		/* it was rotated meanwhile */
		if (++it->relists > RELISTS_MAX)
			return error_set(err, ERROR_TRANSIENT,
					 "the files of the log change faster than they are read");
		it->step = STEP_LIST;
		job->later = true;
		return 0;
	}
	used = count_lines(it, bytes, response->length);
	left = response->length - used;
	used += skip_long(it, left);
	left = response->length - used;
	known->position += (int64_t)used;
	it->unkept += (int64_t)used;
	if (it->step == STEP_READ && response->ended &&
	    !end_file(it, job, bytes + used, left, *response->headers != '\0')) {
		if (it->at == it->file_count && check_clock(it, err) < 0)
			return -1;
		next_file(job, findings);
	} else if (it->step == STEP_READ && used == 0 && !response->ended) {
		return error_set(err, ERROR_OURS, "the log could not be read on");
	}
	if (it->step == STEP_END)
		return 0;
	say_progress(job);
	if (it->unkept >= KEEP_BYTES && it->state.counter.future == INT64_MIN)
		keep(job, findings);
	else
		job->later = true;
	return 0;
}

/* --- keys ----------------------------------------------------------------------------------- */

static int take_keys(struct reading *it, const struct response *response, struct error *err)
{
	struct counter *counter = &it->state.counter;

	if (response->length != counter->month_count * SIPHASH_KEY)
		return error_set(err, ERROR_OURS, "not as many keys as were asked for");
	for (size_t i = 0; i < counter->month_count; i++)
		counter_give_key(counter, &counter->months[i],
				 (const unsigned char *)response->body + i * SIPHASH_KEY);
	return 0;
}

/* A month begins; when there are too many the one that was used longest ago is closed. */
static int take_new_key(struct job *job, const struct response *response, struct findings *findings,
			struct error *err)
{
	struct reading *it = job->memory;
	struct counter *counter = &it->state.counter;
	struct month_count *idle = counter_idle_month(counter);

	if (response->length != SIPHASH_KEY)
		return error_set(err, ERROR_OURS, "no key came");
	if (idle)
		close_month(job, idle, findings);
	(void)counter_open_month(counter, counter->needed, (const unsigned char *)response->body);
	it->step = STEP_READ;
	if (idle)
		keep(job, findings);
	else
		job->later = true;
	return 0;
}

/* --- beginning ------------------------------------------------------------------------------ */

static int begin(struct job *job, struct error *err)
{
	struct reading *it = memory_new(1, sizeof(*it));

	if (rules_new(job->settings, &it->rules, err) < 0) {
		free(it);
		err->class = ERROR_REQUEST;
		return -1;
	}
	job->memory = it;
	it->again = is_again(job);
	it->fresh = !*text_str(&job->cursor) && it->again;
	counter_start(&it->state.counter, it->rules, job->zone, job->now);
	if (it->again)
		it->state.counter.only = job->wanted;
	else if (job->wanted.count > 0)
		it->state.counter.from = job->wanted.ranges[0].first;
	return 0;
}

/* A check knows no state, and whoever knows none has no use for the keys: it asks for none, since
 * those nobody has a use for are destroyed. */
static enum step after_bots(const struct job *job)
{
	return job->sweep == SWEEP_CHECK ? STEP_LIST : STEP_KEYS;
}

static void after_load(struct reading *it, const struct job *job)
{
	it->step = has_bots(job->settings) ? STEP_BOTS : after_bots(job);
}

static int take_part(struct job *job, const struct response *response, struct error *err)
{
	struct reading *it = job->memory;
	const char *name = strchr(response->headers, '/');

	if (response->status == 404 || it->fresh || job->sweep == SWEEP_CHECK) {
		after_load(it, job);
		return 0;
	}
	if (!name)
		return error_set(err, ERROR_OURS, "a part without a name");
	text_set(&it->after, response->headers);
	return state_take(&it->state, name + 1, response->body, response->length, err);
}

static int take_bots(struct reading *it, const struct job *job, const struct response *response,
		     struct error *err)
{
	const struct accesslog *settings = job->settings;

	if (response->status == 404 || !response->ended)
		return error_set(err, ERROR_REQUEST, "list of robots \"%.100s\": %s",
				 settings->bots,
				 response->status == 404 ? "no such file" : "too long");
	if (bots_new(response->body, response->length, &it->bots, err) < 0) {
		err->class = ERROR_REQUEST;
		return error_within(err, "list of robots \"%.100s\"", settings->bots);
	}
	it->state.counter.bots = it->bots;
	it->step = after_bots(job);
	return 0;
}

/* --- checking ------------------------------------------------------------------------------- */

static void check_lines(const struct reading *it, const char *head, size_t length, int *fine,
			int *lines)
{
	while (length > 0 && *lines < CHECK_LINES) {
		const char *end = memchr(head, '\n', length);

		if (!end)
			break;
		*fine += counter_understands(&it->state.counter, head, (size_t)(end - head));
		++*lines;
		length -= (size_t)(end + 1 - head);
		head = end + 1;
	}
}

/* What a check says: are the files there, can they be read, are they of the format. */
static int take_check(struct job *job, const struct response *response, struct findings *findings,
		      struct error *err)
{
	struct reading *it = job->memory;
	const struct accesslog *settings = job->settings;
	struct file_list list = { response->body, response->length };
	struct file_entry entry;
	const char *head;
	size_t count = 0, packed = 0;
	int fine = 0, lines = 0;

	if (take_list(it, job, response, err) < 0)
		return -1;
	while (file_list_next(&list, &entry, &head) > 0) {
		count++;
		packed += entry.packed;
		check_lines(it, head, entry.head_length, &fine, &lines);
	}
	if (lines > 0 && fine == 0)
		return error_set(err, ERROR_REQUEST,
				 "%s: none of %d lines is of the format \"%.200s\"", settings->log,
				 lines, settings->format);
	findings_note(findings,
		      "%s: %zu files, %zu of them compressed; %d of %d lines looked at "
		      "are requests in the format",
		      settings->log, count, packed, fine, lines);
	if (it->refused > 0)
		findings_note(findings,
			      "%zu of them may not be read (%s): make metricsd a member "
			      "of their group",
			      it->refused, it->refused_name);
	if (it->bots)
		findings_note(findings, "robots by %s, %zu patterns", bots_name(it->bots),
			      bots_count(it->bots));
	it->step = STEP_END;
	text_set(&job->cursor, word_done);
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------ */

static int take_step(struct job *job, const struct response *response, struct findings *findings,
		     struct error *err)
{
	struct reading *it = job->memory;

	switch (it->step) {
	case STEP_LOAD:
		job->later = true;
		return take_part(job, response, err);
	case STEP_BOTS:
		job->later = true;
		return take_bots(it, job, response, err);
	case STEP_KEYS:
		job->later = true;
		it->step = STEP_LIST;
		return job->sweep == SWEEP_CHECK ? 0 : take_keys(it, response, err);
	case STEP_LIST:
		if (job->sweep == SWEEP_CHECK)
			return take_check(job, response, findings, err);
		if (take_list(it, job, response, err) < 0)
			return -1;
		if (is_hidden(it))
			return error_set(err, ERROR_PERMISSION,
					 "%zu rotated files may not be read (%s), and one of them "
					 "has lines that were not read yet: make metricsd a member "
					 "of their group",
					 it->refused, it->refused_name);
		job->later = true;
		if (look_for_gap(it))
			return 0;
		next_file(job, findings);
		job->later = it->step != STEP_END;
		return 0;
	case STEP_READ:
		return take_bytes(job, response, findings, err);
	case STEP_NEW_KEY:
		return take_new_key(job, response, findings, err);
	case STEP_END:
		break;
	}
	return error_set(err, ERROR_REQUEST, "an answer nobody waits for");
}

/* Whatever fails leaves nothing behind: the next request begins with what was kept. */
static int accesslog_take(struct job *job, const struct response *response,
			  struct findings *findings, struct error *err)
{
	struct reading *it;

	if (!job->memory && begin(job, err) < 0)
		return -1;
	it = job->memory;
	it->state.counter.now = job->now;
	if (take_step(job, response, findings, err) == 0)
		return 0;
	accesslog_forget(job);
	return -1;
}

static int64_t accesslog_every(const void *settings)
{
	return ((const struct accesslog *)settings)->every_minutes;
}

static bool accesslog_names_file(const void *settings, size_t number, struct named_file *ret)
{
	const struct accesslog *accesslog = settings;

	*ret = (struct named_file){ .setting = "log", .rotated = true };
	if (number == 0) {
		ret->remedy = "name the file the web server writes now";
		text_set(&ret->path, accesslog->log);
		return true;
	}
	if (number > 1 || !has_bots(accesslog))
		return false;
	*ret = (struct named_file){
		.setting = accesslog->bots_directory ? "bots_directory" : "bots",
		.remedy = accesslog->bots_directory
				  ? "leave bots_directory out to take the lists that were installed"
				  : "leave bots out to take the list that was installed",
	};
	if (accesslog->bots[0] == '/')
		ret->setting = "bots";
	add_bots(accesslog, &ret->path);
	return true;
}

/* What a visit is, in a few words; a mark tells one set of rules from another. */
static void accesslog_subject(const void *settings, char *ret, size_t room)
{
	const struct accesslog *accesslog = settings;
	const char *bots = strrchr(accesslog->bots, '/');
	uint32_t mark = rules_mark(accesslog);
	char rules[24] = "";

	if (mark)
		(void)snprintf(rules, sizeof(rules), ", rules %08" PRIx32, mark);
	(void)snprintf(ret, room, "log, visit %d min%s, client %s, robots %.60s%s",
		       (int)accesslog->gap_minutes,
		       accesslog->cut_at_midnight ? " to midnight" : "", accesslog->client,
		       bots ? bots + 1 : accesslog->bots, rules);
}

const struct collector accesslog_collector = {
	.name = "accesslog",
	.title = "Access log",
	.metrics = accesslog_metrics,
	.settings = accesslog_settings,
	.settings_size = sizeof(struct accesslog),
	.reach_days = REACH_DAYS,
	.subject = accesslog_subject,
	.check = accesslog_check,
	.names_file = accesslog_names_file,
	.every_minutes = accesslog_every,
	.forget = accesslog_forget,
	.next = accesslog_next,
	.take = accesslog_take,
};
