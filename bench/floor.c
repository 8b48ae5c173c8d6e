/*
 * The floor: the least a program can do that fetches documents and keeps their numbers. libev,
 * curl_multi_socket_action(), cJSON and one SQLite transaction, nothing else: no schedule, no
 * errors worth the name, no idea of what it reads. The daemon's cost is told as a multiple of it.
 *
 *   floor [-k TRANSFERS] [-a DOCUMENTS] [-n COUNT] [-d DATABASE] [-c CA_FILE] [-2] BASE FILE
 *
 * FILE names the documents, one a line, each "/v25.0/…" after BASE, "http://127.0.0.1:8080".
 *
 *   -k  transfers in flight, and connections kept (16)
 *   -a  documents an account (3): so many addresses in a row are of one account
 *   -n  only the first so many documents of the file
 *   -d  insert every (name, end_time, value) as a row (day, series); without it only parse
 *   -c  verify https with this bundle
 *   -2  one HTTP/2 connection, the transfers multiplexed
 */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <ev.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SERIES_MAX = 12, SLOTS_MAX = 1024 };

struct floor {
	/* what was asked for */
	int slot_count;
	int documents;
	const char *ca_file;
	bool http2;
	char **urls;
	size_t url_count;

	struct ev_loop *loop;
	ev_timer timer;
	CURLM *multi;
	struct slot *slots;
	size_t next, done, failed;

	sqlite3 *database;
	sqlite3_stmt *upsert;
	char names[SERIES_MAX][80]; /* a name's place is its series within an account */
	int name_count;
	long rows;
};

/* One transfer at a time; the easy handle and the body's memory live on. */
struct slot {
	struct floor *floor;
	CURL *easy;
	size_t url;
	char *body;
	size_t length, room;
};

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "floor: %s: %s\n", what, why);
	exit(1);
}

/* --- numbers out of a document, into rows --------------------------------------------------- */

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* "2026-11-18T08:00:00+0000" into days since 1970-01-01. */
static int day_of(const char *text)
{
	int month = two_digits(text + 5);
	int year = two_digits(text) * 100 + two_digits(text + 2) - (month <= 2);
	int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + two_digits(text + 8) - 1;

	return 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

static int series_of(struct floor *floor, const char *name)
{
	for (int i = 0; i < floor->name_count; i++)
		if (strcmp(floor->names[i], name) == 0)
			return i;
	if (floor->name_count == SERIES_MAX)
		die(name, "more than 12 names in the documents");
	(void)snprintf(floor->names[floor->name_count], sizeof(floor->names[0]), "%s", name);
	return floor->name_count++;
}

static void insert(struct floor *floor, int day, int64_t series, int64_t value)
{
	floor->rows++;
	if (!floor->upsert)
		return;
	(void)sqlite3_bind_int(floor->upsert, 1, day);
	(void)sqlite3_bind_int64(floor->upsert, 2, series);
	(void)sqlite3_bind_int64(floor->upsert, 3, value);
	if (sqlite3_step(floor->upsert) != SQLITE_DONE)
		die("insert", sqlite3_errmsg(floor->database));
	(void)sqlite3_reset(floor->upsert);
}

static void take_values(struct floor *floor, int64_t series, const cJSON *values)
{
	const cJSON *point;

	cJSON_ArrayForEach (point, values) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(point, "value");
		const cJSON *end = cJSON_GetObjectItemCaseSensitive(point, "end_time");

		if (cJSON_IsNumber(value) && cJSON_IsString(end))
			insert(floor, day_of(end->valuestring), series,
			       (int64_t)value->valuedouble);
	}
}

static int take(struct slot *slot)
{
	struct floor *floor = slot->floor;
	cJSON *root = cJSON_ParseWithLength(slot->body, slot->length);
	int64_t first = (int64_t)(slot->url / (size_t)floor->documents) * SERIES_MAX;
	const cJSON *metric;

	if (!root)
		return -1;
	cJSON_ArrayForEach (metric, cJSON_GetObjectItemCaseSensitive(root, "data")) {
		const cJSON *name = cJSON_GetObjectItemCaseSensitive(metric, "name");
		const cJSON *values = cJSON_GetObjectItemCaseSensitive(metric, "values");

		if (cJSON_IsString(name) && values)
			take_values(floor, first + series_of(floor, name->valuestring), values);
	}
	cJSON_Delete(root);
	return 0;
}

static void run(struct floor *floor, const char *sql)
{
	if (sqlite3_exec(floor->database, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sql, sqlite3_errmsg(floor->database));
}

static void open_database(struct floor *floor, const char *path)
{
	if (sqlite3_open(path, &floor->database) != SQLITE_OK)
		die(path, "cannot be opened");
	run(floor,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
	    "CREATE TABLE IF NOT EXISTS sample(day INTEGER NOT NULL, series INTEGER NOT NULL,"
	    " value INTEGER NOT NULL, PRIMARY KEY(day, series)) WITHOUT ROWID; BEGIN");
	if (sqlite3_prepare_v2(
		    floor->database,
		    "INSERT INTO sample(day, series, value) VALUES(?, ?, ?) ON CONFLICT"
		    " DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
		    -1, &floor->upsert, NULL) != SQLITE_OK)
		die("prepare", sqlite3_errmsg(floor->database));
}

static void close_database(struct floor *floor)
{
	if (!floor->database)
		return;
	run(floor, "COMMIT");
	(void)sqlite3_finalize(floor->upsert);
	(void)sqlite3_close(floor->database);
}

/* --- transfers ------------------------------------------------------------------------------ */

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct slot *slot = data;

	count *= size;
	if (slot->length + count > slot->room) {
		slot->room = (slot->length + count) * 2;
		slot->body = realloc(slot->body, slot->room);
		if (!slot->body)
			die("body", "out of memory");
	}
	memcpy(slot->body + slot->length, bytes, count);
	slot->length += count;
	return count;
}

static void open_slot(struct floor *floor, struct slot *slot)
{
	slot->floor = floor;
	slot->easy = curl_easy_init();
	if (!slot->easy)
		die("curl", "no handle");
	(void)curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
	(void)curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
	(void)curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
	/* with a CApath set, libcurl 7.88 reads the bundle again for every connection */
	(void)curl_easy_setopt(slot->easy, CURLOPT_CAPATH, NULL);
	if (floor->ca_file)
		(void)curl_easy_setopt(slot->easy, CURLOPT_CAINFO, floor->ca_file);
	(void)curl_easy_setopt(slot->easy, CURLOPT_HTTP_VERSION,
			       floor->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(slot->easy, CURLOPT_PIPEWAIT, (long)floor->http2);
}

static void start(struct floor *floor, struct slot *slot)
{
	if (floor->next == floor->url_count)
		return;
	slot->url = floor->next++;
	slot->length = 0;
	(void)curl_easy_setopt(slot->easy, CURLOPT_URL, floor->urls[slot->url]);
	(void)curl_multi_add_handle(floor->multi, slot->easy);
}

static void finish(struct floor *floor, CURL *easy, CURLcode result)
{
	struct slot *slot = NULL;
	long status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_multi_remove_handle(floor->multi, easy);
	if (result != CURLE_OK || status != 200 || take(slot) < 0) {
		if (floor->failed++ == 0)
			(void)fprintf(stderr, "floor: %s: %s, status %ld\n", floor->urls[slot->url],
				      curl_easy_strerror(result), status);
	}
	floor->done++;
	start(floor, slot);
}

static void drain(struct floor *floor)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(floor->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			finish(floor, message->easy_handle, message->data.result);
	if (floor->done == floor->url_count)
		ev_break(floor->loop, EVBREAK_ALL);
}

static void on_socket(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct floor *floor = watcher->data;
	int mask = (events & EV_READ ? CURL_CSELECT_IN : 0) |
		   (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	(void)loop;
	(void)curl_multi_socket_action(floor->multi, watcher->fd, mask, &running);
	drain(floor);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct floor *floor = timer->data;
	int running;

	(void)loop;
	(void)events;
	(void)curl_multi_socket_action(floor->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	drain(floor);
}

static int set_timer(CURLM *multi, long ms, void *data)
{
	struct floor *floor = data;

	(void)multi;
	ev_timer_stop(floor->loop, &floor->timer);
	if (ms >= 0) {
		ev_timer_set(&floor->timer, (double)ms / 1000, 0.);
		ev_timer_start(floor->loop, &floor->timer);
	}
	return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *watcher_)
{
	struct floor *floor = data;
	ev_io *watcher = watcher_;
	int events = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watcher)
			ev_io_stop(floor->loop, watcher);
		free(watcher);
		return 0;
	}
	if (!watcher) {
		watcher = calloc(1, sizeof(*watcher));
		if (!watcher)
			die("watcher", "out of memory");
		watcher->data = floor;
		ev_init(watcher, on_socket);
		(void)curl_multi_assign(floor->multi, fd, watcher);
	}
	ev_io_stop(floor->loop, watcher);
	ev_io_set(watcher, fd, events);
	ev_io_start(floor->loop, watcher);
	return 0;
}

static void open_transfers(struct floor *floor)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	floor->loop = ev_default_loop(EVFLAG_AUTO);
	floor->multi = curl_multi_init();
	if (!floor->loop || !floor->multi)
		die("start", "no loop");
	ev_init(&floor->timer, on_timer);
	floor->timer.data = floor;
	(void)curl_multi_setopt(floor->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	(void)curl_multi_setopt(floor->multi, CURLMOPT_SOCKETDATA, floor);
	(void)curl_multi_setopt(floor->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	(void)curl_multi_setopt(floor->multi, CURLMOPT_TIMERDATA, floor);
	(void)curl_multi_setopt(floor->multi, CURLMOPT_PIPELINING,
				floor->http2 ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
	(void)curl_multi_setopt(floor->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 512L);
	(void)curl_multi_setopt(floor->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
				floor->http2 ? 1L : (long)floor->slot_count);
	(void)curl_multi_setopt(floor->multi, CURLMOPT_MAXCONNECTS, (long)floor->slot_count);
	floor->slots = calloc((size_t)floor->slot_count, sizeof(*floor->slots));
	if (!floor->slots)
		die("slots", "out of memory");
	for (int i = 0; i < floor->slot_count; i++)
		open_slot(floor, &floor->slots[i]);
}

static void close_transfers(struct floor *floor)
{
	for (int i = 0; i < floor->slot_count; i++) {
		curl_easy_cleanup(floor->slots[i].easy);
		free(floor->slots[i].body);
	}
	free(floor->slots);
	(void)curl_multi_cleanup(floor->multi);
	ev_loop_destroy(floor->loop);
}

/* --- the program ---------------------------------------------------------------------------- */

static void read_urls(struct floor *floor, const char *base, const char *path, size_t limit)
{
	FILE *file = fopen(path, "r");
	size_t room = 0, line_room = 0;
	char *line = NULL;

	if (!file)
		die(path, "cannot be read");
	while (floor->url_count < limit && getline(&line, &line_room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (floor->url_count == room) {
			room = room ? 2 * room : 4096;
			floor->urls = reallocarray(floor->urls, room, sizeof(*floor->urls));
			if (!floor->urls)
				die(path, "out of memory");
		}
		if (asprintf(&floor->urls[floor->url_count], "%s%s", base, line) < 0)
			die(path, "out of memory");
		floor->url_count++;
	}
	free(line);
	(void)fclose(file);
	if (floor->url_count == 0)
		die(path, "no addresses");
}

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void sweep(struct floor *floor)
{
	double cpu_before = cpu(), before = now(), cpu_used;
	struct rusage usage;

	for (int i = 0; i < floor->slot_count; i++)
		start(floor, &floor->slots[i]);
	ev_run(floor->loop, 0);
	close_database(floor);
	cpu_used = cpu() - cpu_before;
	(void)getrusage(RUSAGE_SELF, &usage);
	printf("{\"requests\":%zu,\"failed\":%zu,\"rows\":%ld,\"wall\":%.4f,\"cpu\":%.4f,"
	       "\"start_cpu\":%.4f,\"peak_kib\":%ld}\n",
	       floor->done, floor->failed, floor->rows, now() - before, cpu_used, cpu_before,
	       usage.ru_maxrss);
}

int main(int count, char **arguments)
{
	struct floor floor = { .slot_count = 16, .documents = 3 };
	const char *database = NULL;
	size_t limit = SIZE_MAX;
	int option;

	while ((option = getopt(count, arguments, "k:a:n:d:c:2")) != -1) {
		switch (option) {
		case 'k':
			floor.slot_count = (int)strtol(optarg, NULL, 10);
			break;
		case 'a':
			floor.documents = (int)strtol(optarg, NULL, 10);
			break;
		case 'n':
			limit = strtoul(optarg, NULL, 10);
			break;
		case 'd':
			database = optarg;
			break;
		case 'c':
			floor.ca_file = optarg;
			break;
		case '2':
			floor.http2 = true;
			break;
		default:
			return 2;
		}
	}
	if (optind + 2 != count || floor.slot_count < 1 || floor.slot_count > SLOTS_MAX ||
	    floor.documents < 1) {
		(void)fprintf(stderr, "usage: floor [-k TRANSFERS] [-a DOCUMENTS] [-n COUNT] "
				      "[-d DATABASE] [-c CA_FILE] [-2] BASE FILE\n");
		return 2;
	}
	read_urls(&floor, arguments[optind], arguments[optind + 1], limit);
	if (database)
		open_database(&floor, database);
	open_transfers(&floor);
	sweep(&floor);
	close_transfers(&floor);
	for (size_t i = 0; i < floor.url_count; i++)
		free(floor.urls[i]);
	free(floor.urls);
	return floor.failed ? 1 : 0;
}
