#include "weblog.h"

#include "hash.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	HOUR = 3600,
	DAY = 86400,
	GAP_S = 1800,
	VISIT_HOURS = 13, /* no visit lasts longer */
	CLIENTS = 150,
	PACKING_S = 40, /* compressing takes so long */
	SCRATCH_MAX = 8 << 20,
	NAME = 48,
};

enum layout { LAYOUT_COMBINED, LAYOUT_VHOST, LAYOUT_ISO };
enum packing { PACKING_NONE, PACKING_AT_ONCE, PACKING_DELAYED };

/* How the server writes and who rotates. */
struct style {
	enum layout layout;
	enum packing packing;
	bool copies;  /* copytruncate */
	bool dates;   /* dateext */
	bool monitor; /* somebody asks every hour whether it is up */
	bool by_address, cut_at_midnight;
	int every_minutes; /* how often the log is read */
	int days;          /* between two rotations */
	int keep;          /* so many files */
	int at_s;          /* of the day, UTC */
	int reopen_s;      /* so long after its log was renamed the server still writes there */
	int offset_h;      /* of the server's clock */
};

static const struct style styles[] = {
	{ LAYOUT_COMBINED, PACKING_DELAYED, false, false, true, false, false, 360, 1, 14, 23100,
	  200, -5 },
	{ LAYOUT_VHOST, PACKING_AT_ONCE, true, false, false, false, false, 720, 7, 12, 0, 0, 0 },
	{ LAYOUT_ISO, PACKING_NONE, false, true, true, false, true, 720, 1, 80, 3600, 0, 2 },
	{ LAYOUT_COMBINED, PACKING_DELAYED, false, true, false, true, false, 240, 7, 12, 68400, 400,
	  0 },
	{ LAYOUT_ISO, PACKING_AT_ONCE, false, false, false, false, false, 720, 7, 14, 18000, 30,
	  -5 },
	{ LAYOUT_VHOST, PACKING_NONE, true, true, true, false, false, 480, 3, 30, 43200, 0, 5 },
};
enum { STYLES = sizeof(styles) / sizeof(styles[0]) };

static const char *const agents[] = {
	"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
	"Mozilla/5.0 (Linux; Android 15; \\\"Moto\\\") Mobile",
	"EvilBot/1.0 (denied)",
	"-",
};
enum { AGENT_GOOD = 3 };

static const char *const pages[] = { "/", "/noticias", "/tramites?id=7", "/contacto", "/buscar" };
static const char *const statics[] = { "/estilo.css", "/logo.PNG?v=2", "/app.js" };
enum { PAGES = 5, STATICS = 3 };

/* One request. */
struct hit {
	int64_t time, written; /* what it says, and when it came into the file */
	int client, agent, status;
	const char *method, *path;
	bool page, counts; /* is it one; does it count at all */
	bool elsewhere;    /* of another host */
	size_t order;
};

struct hits {
	struct hit *items;
	size_t count, room;
};

struct weblog {
	uint64_t key;
	struct style style;
	struct zone *zone;
	char path[128];
	int64_t since, at, rotate_at;
	int64_t reopen_at;  /* until then it goes into `renamed` */
	char renamed[NAME]; /* the file that was the log last */
	int64_t pack_at;    /* when what is being compressed is done; 0: nothing is */
	char packing[NAME];
	struct text rest; /* of the last line, not written yet */
	struct text scratch;
};

static uint64_t key_of(uint64_t seed, const char *name)
{
	return hash_text(hash_two(seed, 0x7E6), name);
}

static struct style style_of(uint64_t key)
{
	return styles[hash_two(key, 1) % STYLES];
}

void weblog_settings(uint64_t seed, const char *name, struct text *out)
{
	struct style style = style_of(key_of(seed, name));

	text_addf(out,
		  "bots = \"none\"; deny = [\"EvilBot\"]; ignore_paths = [\"/salud\"]; "
		  "every_minutes = %d;",
		  style.every_minutes);
	if (style.layout == LAYOUT_VHOST)
		text_add(out, " format = \"vhost_combined\"; hosts = [\"sede.example\"];");
	if (style.layout == LAYOUT_ISO)
		text_add(out, " format = \"$remote_addr $time_iso8601 \\\"$request\\\" $status "
			      "\\\"$http_user_agent\\\"\";");
	if (style.by_address)
		text_add(out, " client = \"address\";");
	if (style.cut_at_midnight)
		text_add(out, " cut_at_midnight = true;");
}

int weblog_new(uint64_t seed, const char *name, const char *zone, const char *path, int64_t since,
	       struct weblog **ret)
{
	struct weblog *log = memory_new(1, sizeof(*log));

	log->key = key_of(seed, name);
	log->style = style_of(log->key);
	log->scratch.max = SCRATCH_MAX;
	log->since = log->at = since;
	log->rotate_at = since / DAY * DAY + DAY + log->style.at_s;
	(void)snprintf(log->path, sizeof(log->path), "%s", path);
	if (zone_open(zone, &log->zone, NULL) < 0 || mkdir(path, 0700) < 0) {
		weblog_free(log);
		return -1;
	}
	*ret = log;
	return 0;
}

void weblog_free(struct weblog *log)
{
	if (!log)
		return;
	zone_close(log->zone);
	text_clear(&log->rest);
	text_clear(&log->scratch);
	free(log);
}

/* --- who comes by --------------------------------------------------------------------------- */

static struct hit *add_hit(struct hits *hits, int64_t time, uint64_t chance)
{
	struct hit *hit;

	hits->items = memory_grow(hits->items, hits->count, &hits->room, sizeof(*hits->items));
	hit = &hits->items[hits->count];
	*hit = (struct hit){ .time = time,
			     .written = time + (chance % 10 == 0 ? (int64_t)(chance >> 8 & 15) : 0),
			     .status = 200,
			     .method = "GET",
			     .counts = true,
			     .order = hits->count };
	hits->count++;
	return hit;
}

/* Whether it counts, and as what: beside the usual there is all that does not. */
static void vary(struct hit *hit, uint64_t chance)
{
	switch (chance % 40) {
	case 0:
		hit->status = 404;
		break;
	case 1:
		hit->status = 301;
		break;
	case 2:
		hit->method = "HEAD";
		break;
	case 3:
		hit->elsewhere = true;
		return;
	case 4:
		hit->status = 304;
		return;
	case 5:
		hit->method = "POST";
		return;
	default:
		return;
	}
	hit->counts = false;
}

static int64_t step_of(uint64_t chance)
{
	int64_t many = (int64_t)(chance >> 16 & 0xffff);

	switch (chance % 20) {
	case 0:
		return GAP_S;
	case 1:
		return GAP_S + 1;
	case 2:
		return GAP_S + 2 + many % 5400;
	case 3:
	case 4:
	case 5:
		return 600 + many % 1200;
	default:
		return 1 + many % 300;
	}
}

static void add_visit(uint64_t key, int64_t time, struct hits *hits)
{
	uint64_t chance = hash_two(key, 0);
	int client = (int)(chance % CLIENTS);
	int agent = chance >> 20 & 15 ? client % AGENT_GOOD : AGENT_GOOD + (int)(chance >> 24 & 1);
	int count = 1 + (int)(chance >> 32) % 6;

	for (int i = 1; i <= count; i++) {
		struct hit *hit;

		chance = hash_two(key, (uint64_t)i);
		hit = add_hit(hits, time, chance);
		hit->client = client;
		hit->agent = agent;
		hit->path = pages[(chance >> 40) % PAGES];
		hit->page = true;
		vary(hit, chance >> 12);
		if (chance >> 50 & 1) {
			hit = add_hit(hits, time + 1, chance >> 3);
			hit->client = client;
			hit->agent = agent;
			hit->path = statics[(chance >> 52) % STATICS];
		}
		time += step_of(chance >> 4);
	}
}

/* All that begins in an hour (of UTC, since 1970). */
static void add_hour(const struct weblog *log, int64_t hour, struct hits *hits)
{
	uint64_t key = hash_two(log->key, (uint64_t)hour);
	bool night = hour % 24 >= 4 && hour % 24 < 11;
	int count = night ? key % 5 == 0 : 1 + (int)(key % 2);

	if (hash_two(log->key ^ 0xDEAD, (uint64_t)(hour / 24)) % 120 == 0)
		return; /* its machine was switched off */
	for (int i = 0; i < count; i++)
		add_visit(hash_two(key, (uint64_t)i),
			  hour * HOUR + (int64_t)(hash_two(key, 90 + (uint64_t)i) % HOUR), hits);
	if (log->style.monitor) {
		struct hit *hit = add_hit(hits, hour * HOUR + 17, 1);

		hit->client = CLIENTS;
		hit->path = "/salud";
		hit->page = true;
		hit->counts = false;
	}
}

static int by_writing(const void *left, const void *right)
{
	const struct hit *a = left, *b = right;

	if (a->written != b->written)
		return a->written < b->written ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* What comes into the file in [from, until), in its order. */
static void find_hits(const struct weblog *log, int64_t from, int64_t until, struct hits *ret)
{
	size_t kept = 0;

	*ret = (struct hits){ 0 };
	if (from < log->since)
		from = log->since;
	for (int64_t hour = from / HOUR - VISIT_HOURS; hour * HOUR < until; hour++)
		add_hour(log, hour, ret);
	for (size_t i = 0; i < ret->count; i++)
		if (ret->items[i].written >= from && ret->items[i].written < until)
			ret->items[kept++] = ret->items[i];
	ret->count = kept;
	if (kept > 0)
		qsort(ret->items, kept, sizeof(*ret->items), by_writing);
}

/* --- counting ------------------------------------------------------------------------------- */

static bool counts(const struct weblog *log, const struct hit *hit)
{
	return hit->counts && hit->agent < AGENT_GOOD &&
	       !(hit->elsewhere && log->style.layout == LAYOUT_VHOST);
}

static int by_client(const void *left, const void *right)
{
	const struct hit *a = left, *b = right;

	if (a->client != b->client)
		return a->client < b->client ? -1 : 1;
	return a->time < b->time ? -1 : a->time > b->time;
}

static bool is_visit(const struct weblog *log, const struct hit *hit, const struct hit *before)
{
	return !before || before->client != hit->client || hit->time - before->time > GAP_S ||
	       (log->style.cut_at_midnight &&
		zone_day(log->zone, hit->time) != zone_day(log->zone, before->time));
}

int64_t weblog_truth(const struct weblog *log, const char *metric, struct window days)
{
	int64_t begins = zone_midnight(log->zone, days.first);
	int64_t ends = zone_midnight(log->zone, window_end(days));
	int64_t hits = 0, views = 0, visits = 0, visitors = 0;
	const struct hit *before = NULL;
	int seen = -1;
	struct hits all;

	find_hits(log, begins - DAY, ends + DAY, &all);
	if (all.count > 0)
		qsort(all.items, all.count, sizeof(*all.items), by_client);
	for (size_t i = 0; i < all.count; i++) {
		const struct hit *hit = &all.items[i];
		bool within = hit->time >= begins && hit->time < ends;

		if (!counts(log, hit))
			continue;
		hits += within;
		if (!hit->page)
			continue;
		views += within;
		visits += within && is_visit(log, hit, before);
		visitors += within && hit->client != seen;
		if (within)
			seen = hit->client;
		before = hit;
	}
	free(all.items);
	return strcmp(metric, "hits") == 0     ? hits
	       : strcmp(metric, "views") == 0  ? views
	       : strcmp(metric, "visits") == 0 ? visits
					       : visitors;
}

bool weblog_tells(const struct weblog *log, struct window days)
{
	enum { LONG_KEPT = 60 };

	if (log->style.keep * log->style.days < LONG_KEPT)
		return false;
	for (int32_t day = days.first - 1; day <= window_end(days); day++) {
		int64_t begins = zone_midnight(log->zone, day);
		int64_t ends = zone_midnight(log->zone, day + 1);
		struct hits hits;
		size_t count = 0;

		find_hits(log, begins, ends + DAY, &hits);
		for (size_t i = 0; i < hits.count; i++)
			count += hits.items[i].time >= begins && hits.items[i].time < ends;
		free(hits.items);
		if (count == 0)
			return false;
	}
	return true;
}

/* --- lines ---------------------------------------------------------------------------------- */

static void add_address(int client, struct text *out)
{
	if (client % 5 == 4)
		text_addf(out, "2001:db8::%x:%x", client, client * 7 + 1);
	else
		text_addf(out, "203.0.%d.%d", client / 200, client % 200 + 1);
}

static void add_time(const struct weblog *log, int64_t time, struct text *out)
{
	int offset = log->style.offset_h;
	time_t local = (time_t)(time + (int64_t)offset * HOUR);
	bool iso = log->style.layout == LAYOUT_ISO;
	struct tm tm;
	char words[40];

	(void)gmtime_r(&local, &tm);
	(void)strftime(words, sizeof(words), iso ? "%Y-%m-%dT%H:%M:%S" : "%d/%b/%Y:%H:%M:%S", &tm);
	if (iso)
		text_addf(out, "%s%c%02d:00", words, offset < 0 ? '-' : '+', abs(offset));
	else
		text_addf(out, "%s %c%02d00", words, offset < 0 ? '-' : '+', abs(offset));
}

static void add_line(const struct weblog *log, const struct hit *hit, struct text *out)
{
	const char *agent = agents[hit->agent];

	if (log->style.layout == LAYOUT_VHOST)
		text_add(out, hit->elsewhere ? "otra.example:443 " : "sede.example:443 ");
	add_address(hit->client, out);
	text_add(out, log->style.layout == LAYOUT_ISO ? " " : " - - [");
	add_time(log, hit->time, out);
	if (log->style.layout == LAYOUT_ISO)
		text_addf(out, " \"%s %s HTTP/1.1\" %d \"%s\"\n", hit->method, hit->path,
			  hit->status, agent);
	else
		text_addf(out, "] \"%s %s HTTP/1.1\" %d 4711 \"-\" \"%s\"\n", hit->method,
			  hit->path, hit->status, agent);
}

/* --- files ---------------------------------------------------------------------------------- */

static void path_of(const struct weblog *log, const char *name, char ret[256])
{
	(void)snprintf(ret, 256, "%s/%s", log->path, name);
}

/* Appended, or written anew, at the time of the world. */
static void put(const struct weblog *log, const char *name, const void *bytes, size_t length,
		bool anew, int64_t time)
{
	struct timespec times[2] = { { .tv_sec = time }, { .tv_sec = time } };
	char path[256];
	int fd;

	path_of(log, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (anew ? O_TRUNC : O_APPEND), 0600);
	if (fd < 0)
		return;
	(void)!write(fd, bytes, length);
	(void)futimens(fd, times);
	(void)close(fd);
}

static char *get(const struct weblog *log, const char *name, size_t *length, int64_t *time)
{
	char path[256];
	struct stat status = { 0 };
	char *bytes = NULL;
	SCOPED(descriptor)
	int fd = -1;

	path_of(log, name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	*length = 0;
	if (fd < 0 || fstat(fd, &status) < 0)
		return NULL;
	bytes = memory_new((size_t)status.st_size + 1, 1);
	*time = status.st_mtim.tv_sec;
	if (read(fd, bytes, (size_t)status.st_size) == status.st_size)
		*length = (size_t)status.st_size;
	return bytes;
}

static bool is_there(const struct weblog *log, const char *name)
{
	char path[256];

	path_of(log, name, path);
	return access(path, F_OK) == 0;
}

static void move(const struct weblog *log, const char *from, const char *to)
{
	char old[256], new[256];

	path_of(log, from, old);
	path_of(log, to, new);
	(void)rename(old, new);
}

static void discard(const struct weblog *log, const char *name)
{
	char path[256];

	path_of(log, name, path);
	(void)unlink(path);
}

/* The share of the file's compressed form, in thousandths, as it stands there by and by. */
static void pack(const struct weblog *log, const char *name, int share, int64_t now)
{
	SCOPED(memory)
	char *bytes = NULL;
	SCOPED(memory)
	unsigned char *packed = NULL;
	struct isal_zstream stream;
	size_t length, room;
	int64_t time = 0;
	char to[NAME + 4];

	bytes = get(log, name, &length, &time);
	if (!bytes)
		return;
	room = length + length / 8 + 4096;
	packed = memory_new(room, 1);
	isal_deflate_stateless_init(&stream);
	stream.gzip_flag = IGZIP_GZIP;
	stream.end_of_stream = 1;
	stream.next_in = (uint8_t *)bytes;
	stream.avail_in = (uint32_t)length;
	stream.next_out = packed;
	stream.avail_out = (uint32_t)room;
	if (isal_deflate_stateless(&stream) != COMP_OK)
		return;
	(void)snprintf(to, sizeof(to), "%s.gz", name);
	put(log, to, packed, (size_t)stream.total_out * (size_t)share / 1000, true,
	    share == 1000 ? time : now);
	if (share == 1000)
		discard(log, name);
}

static void finish_packing(struct weblog *log)
{
	if (log->pack_at == 0)
		return;
	pack(log, log->packing, 1000, 0);
	log->pack_at = 0;
}

static void begin_packing(struct weblog *log, const char *name, int64_t now)
{
	finish_packing(log);
	if (!is_there(log, name))
		return;
	pack(log, name, 400, now);
	(void)snprintf(log->packing, sizeof(log->packing), "%s", name);
	log->pack_at = now + PACKING_S;
}

/* access.log.13.gz is gone, .12.gz becomes .13.gz, … */
static void shift(const struct weblog *log)
{
	static const char *const ends[] = { "", ".gz" };
	char from[NAME], to[NAME];

	for (int i = log->style.keep; i > 0; i--) {
		for (size_t j = 0; j < 2; j++) {
			(void)snprintf(from, sizeof(from), "access.log.%d%s", i, ends[j]);
			(void)snprintf(to, sizeof(to), "access.log.%d%s", i + 1, ends[j]);
			if (!is_there(log, from))
				continue;
			if (i == log->style.keep)
				discard(log, from);
			else
				move(log, from, to);
		}
	}
}

static void dated(int64_t time, char ret[NAME])
{
	int year, month, day;

	day_split((int32_t)(time / DAY), &year, &month, &day);
	(void)snprintf(ret, NAME, "access.log-%04d%02d%02d", year, month, day);
}

/* The name the log gets; -1: there is one of that name, so it is left for another day. */
static int new_name(struct weblog *log, int64_t now, char ret[NAME])
{
	char old[NAME], packed[NAME + 4];

	if (!log->style.dates) {
		shift(log);
		(void)snprintf(ret, NAME, "access.log.1");
		return 0;
	}
	dated(now, ret);
	(void)snprintf(packed, sizeof(packed), "%s.gz", ret);
	if (is_there(log, ret) || is_there(log, packed))
		return -1;
	for (int i = 0; i < 8; i++) { /* older than so many rotations, whichever of those it was */
		dated(now - (int64_t)(log->style.keep * log->style.days + i) * DAY, old);
		(void)snprintf(packed, sizeof(packed), "%s.gz", old);
		discard(log, old);
		discard(log, packed);
	}
	return 0;
}

static void flush_rest(struct weblog *log, const char *name, int64_t now)
{
	if (log->rest.length > 0)
		put(log, name, log->rest.bytes, log->rest.length, false, now);
	text_reset(&log->rest);
}

/* The server closes the file that was renamed. */
static void reopen(struct weblog *log, int64_t now)
{
	if (log->reopen_at == 0)
		return;
	flush_rest(log, log->renamed, now);
	log->reopen_at = 0;
}

static void rotate(struct weblog *log, int64_t now)
{
	const struct style *style = &log->style;
	char name[NAME], before[NAME];

	finish_packing(log);
	reopen(log, now);
	if (!is_there(log, "access.log"))
		return;
	if (!style->copies) /* its end is written where its beginning is */
		flush_rest(log, "access.log", now);
	(void)snprintf(before, sizeof(before), "%s", style->dates ? log->renamed : "access.log.2");
	if (new_name(log, now, name) < 0)
		return;
	if (style->copies) {
		size_t length;
		int64_t time = now;
		char *bytes = get(log, "access.log", &length, &time);

		put(log, name, bytes ? bytes : "", length, true, now);
		free(bytes);
	} else {
		move(log, "access.log", name);
		log->reopen_at = style->reopen_s ? now + style->reopen_s : 0;
	}
	put(log, "access.log", "", 0, true, now);
	(void)snprintf(log->renamed, sizeof(log->renamed), "%s", name);
	if (style->packing == PACKING_AT_ONCE) {
		reopen(log, now); /* logrotate waits for the server before it does */
		begin_packing(log, name, now);
	} else if (style->packing == PACKING_DELAYED && before[0]) {
		begin_packing(log, before, now);
	}
}

/* --- time goes on --------------------------------------------------------------------------- */

/* Lines of [log->at, until); the last of them may be under way. */
static void write_lines(struct weblog *log, int64_t until)
{
	const char *name = log->at < log->reopen_at ? log->renamed : "access.log";
	struct text *out = &log->scratch;
	struct hits hits;
	size_t cut = 0;

	find_hits(log, log->at, until, &hits);
	text_reset(out);
	if (log->rest.length > 0)
		text_add_n(out, log->rest.bytes, log->rest.length);
	text_reset(&log->rest);
	for (size_t i = 0; i < hits.count; i++)
		add_line(log, &hits.items[i], out);
	if (hits.count > 0 && hash_two(log->key, (uint64_t)until) % 3 == 0)
		cut = hash_two(log->key, (uint64_t)until + 1) % (out->length < 90 ? 1 : 80);
	if (cut > 0) {
		text_add_n(&log->rest, out->bytes + out->length - cut, cut);
		out->length -= cut;
	}
	if (out->length > 0 || !is_there(log, name))
		put(log, name, text_str(out), out->length, false, until);
	free(hits.items);
	log->at = until;
}

void weblog_advance(struct weblog *log, int64_t now)
{
	while (log->at < now) {
		int64_t until = now < log->rotate_at ? now : log->rotate_at;

		if (until > log->at + DAY)
			until = log->at + DAY;
		if (log->pack_at && log->pack_at < until && log->pack_at > log->at)
			until = log->pack_at;
		if (log->reopen_at > log->at && log->reopen_at < until)
			until = log->reopen_at;
		write_lines(log, until);
		if (log->at >= log->reopen_at)
			reopen(log, log->at);
		if (log->pack_at && log->at >= log->pack_at)
			finish_packing(log);
		if (log->at == log->rotate_at) {
			rotate(log, log->at);
			log->rotate_at += (int64_t)log->style.days * DAY;
		}
	}
}

void weblog_rotate(struct weblog *log, int64_t now)
{
	weblog_advance(log, now);
	rotate(log, now);
}
