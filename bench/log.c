/*
 * A log for the benchmark and for tests: a month of a city's website in Apache's combined format,
 * the same lines for the same arguments. Visits begin by the hour of the day, have pages with their
 * images and styles, overlap, and are of people, of robots and of scanners.
 *
 *   log [-l LINES] [-c CLIENTS] [-d FIRST_DAY] [-n DAYS] [-z OFFSET_MINUTES] [-s SEED]
 *
 * Defaults: 5,000,000 lines of 350,000 clients, 31 days from 2026-10-01, -300 (Bogota).
 */
#include "metricsd/day.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400, AGENTS = 900, OPEN = 1024 };

struct generator {
	uint64_t state;
	int64_t lines, clients;
	int32_t first_day;
	int days, offset_minutes;
	char agents[AGENTS][256];
	char clock[48];
	int64_t clock_second;
};

static uint64_t draw(struct generator *it)
{
	uint64_t word = it->state += 0x9e3779b97f4a7c15ULL;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
	word = (word ^ word >> 27) * 0x94d049bb133111ebULL;
	return word ^ word >> 31;
}

static int below(struct generator *it, int bound)
{
	return (int)(draw(it) % (uint64_t)bound);
}

/* People's browsers, and every twelfth a robot. */
static void make_agents(struct generator *it)
{
	static const char *const systems[] = {
		"Windows NT 10.0; Win64; x64",
		"X11; Linux x86_64",
		"Macintosh; Intel Mac OS X 10_15_7",
		"Linux; Android 14; SM-A546E",
		"iPhone; CPU iPhone OS 18_1 like Mac OS X",
		"Linux; Android 13; moto g(60)",
	};
	static const char *const robots[] = {
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
		"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
		"curl/7.88.1",
		"python-requests/2.31.0",
		"Wget/1.21.3",
		"Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
	};

	for (int i = 0; i < AGENTS; i++) {
		if (i % 12 == 11) {
			(void)snprintf(it->agents[i], sizeof(it->agents[i]), "%s",
				       robots[(size_t)below(it, 8)]);
			continue;
		}
		(void)snprintf(it->agents[i], sizeof(it->agents[i]),
			       "Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) "
			       "Chrome/%d.0.%d.%d Safari/537.36",
			       systems[(size_t)below(it, 6)], 100 + below(it, 30), below(it, 7000),
			       below(it, 200));
	}
}

/* One client at the website. */
struct visit {
	int64_t client;
	int64_t next; /* second of its next request */
	int left;     /* requests */
	int assets;   /* of the page it is at */
};

static void print_clock(struct generator *it, int64_t second)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int minutes = abs(it->offset_minutes);
	int year, month, day;
	int64_t of_day = second % DAY;

	if (second == it->clock_second)
		return;
	it->clock_second = second;
	day_split((int32_t)(second / DAY), &year, &month, &day);
	(void)snprintf(it->clock, sizeof(it->clock), "%02d/%.3s/%d:%02d:%02d:%02d %c%02d%02d", day,
		       months + (ptrdiff_t)(month - 1) * 3, year, (int)(of_day / 3600),
		       (int)(of_day / 60 % 60), (int)(of_day % 60),
		       it->offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static void print_address(const struct visit *visit, uint64_t client, char *ret, size_t room)
{
	if (client % 16 == 0)
		(void)snprintf(ret, room, "2800:e2:%x:%x::%x", (unsigned)(client >> 48),
			       (unsigned)(client >> 32 & 0xffff),
			       (unsigned)(visit->client & 0xffff));
	else
		(void)snprintf(ret, room, "%d.%d.%d.%d", (int)(visit->client % 200) + 10,
			       (int)(visit->client >> 8 & 0xff), (int)(client >> 24 & 0xff),
			       (int)(visit->client / 200 & 0xff));
}

/* A file of the page the visit is at; its status. */
static int draw_asset(struct generator *it, char *ret, size_t room)
{
	static const char *const assets[] = { "css/site.css?v=12", "js/app.min.js",
					      "img/escudo.png",    "img/banner.JPG",
					      "fonts/work.woff2",  "favicon.ico" };

	(void)snprintf(ret, room, "/%s", assets[(size_t)below(it, 6)]);
	return below(it, 4) == 0 ? 304 : 200;
}

static int draw_page(struct generator *it, char *ret, size_t room)
{
	static const struct {
		int below, status;
	} statuses[] = { { 88, 200 }, { 93, 304 }, { 96, 302 }, { 99, 404 }, { 100, 500 } };
	int kind = below(it, 100);
	size_t i = 0;

	while (kind >= statuses[i].below)
		i++;
	(void)snprintf(ret, room, "/noticias/%d/la-personeria-%d%s", 2018 + below(it, 9),
		       below(it, 4000), below(it, 6) == 0 ? "?utm_source=redes&page=2" : "");
	return statuses[i].status;
}

static const char *draw_method(struct generator *it)
{
	if (below(it, 40) == 0)
		return "POST";
	return below(it, 150) == 0 ? "HEAD" : "GET";
}

static void print_line(struct generator *it, struct visit *visit, int64_t second)
{
	uint64_t client = (uint64_t)visit->client * 0x9e3779b97f4a7c15ULL;
	const char *agent = it->agents[(client >> 40) % AGENTS];
	const char *referer = "https://www.personeriaitagui.gov.co/noticias/";
	char address[48], path[128];
	int status;

	print_address(visit, client, address, sizeof(address));
	if (visit->assets > 0) {
		visit->assets--;
		status = draw_asset(it, path, sizeof(path));
	} else {
		visit->assets = below(it, 5);
		status = draw_page(it, path, sizeof(path));
	}
	print_clock(it, second);
	(void)printf("%s - - [%s] \"%s %s HTTP/1.1\" %d %d \"%s\" \"%s\"\n", address, it->clock,
		     draw_method(it), path, status, 200 + below(it, 60000),
		     below(it, 3) == 0 ? "-" : referer, agent);
}

/* People come by day: how many begin a visit this second. */
static int64_t pace(int64_t second, double a_second, struct generator *it)
{
	static const int by_hour[] = { 2, 1, 1,  1,  1,  2, 4, 7, 10, 11, 11, 11,
				       9, 9, 10, 10, 10, 9, 8, 7, 7,  6,  5,  3 };
	int64_t hour = second % DAY / 3600;
	double expected = a_second * by_hour[hour] * 24 / 155;
	int64_t whole = (int64_t)expected;

	return whole + ((double)(draw(it) % 1000000) / 1e6 < expected - (double)whole);
}

enum { REQUESTS = 9 }; /* of a visit, on average */

/* Those who are at the website. */
struct open_visits {
	struct visit *items;
	size_t count, room;
	int64_t came; /* clients so far */
};

/* Half of those who come were there before. */
static void begin_visits(struct generator *it, struct open_visits *open, int64_t second,
			 int64_t count)
{
	for (; count > 0 && open->count < open->room; count--) {
		bool fresh = open->came < it->clients && (open->came < 2 || below(it, 100) < 64);
		int64_t known = open->came ? open->came : 1;
		int64_t client = fresh ? open->came++ : (int64_t)(draw(it) % (uint64_t)known);

		open->items[open->count++] = (struct visit){
			.client = client, .next = second, .left = 1 + below(it, 2 * REQUESTS - 1)
		};
	}
}

/* The requests of this second (in the last one those of whoever is left); how many there were, at
 * most `most`. */
static int64_t print_second(struct generator *it, struct open_visits *open, int64_t second,
			    int64_t most)
{
	int64_t begin = (int64_t)it->first_day * DAY;
	int64_t written = 0;

	for (size_t i = 0; i < open->count && written < most;) {
		struct visit *visit = &open->items[i];

		if (visit->next > second && second + 1 < (int64_t)it->days * DAY) {
			i++;
			continue;
		}
		print_line(it, visit, begin + second);
		written++;
		visit->next = second + (visit->assets > 0 ? below(it, 2) : 5 + below(it, 600));
		if (--visit->left <= 0)
			*visit = open->items[--open->count];
		else
			i++;
	}
	return written;
}

static void generate(struct generator *it)
{
	int64_t seconds = (int64_t)it->days * DAY;
	double rate = (double)it->lines / REQUESTS / (double)seconds;
	struct open_visits open = { .room = (size_t)it->lines / 100 + OPEN };
	int64_t written = 0;

	open.items = calloc(open.room, sizeof(*open.items));
	if (!open.items)
		abort();
	for (int64_t second = 0; written < it->lines; second++) {
		if (second >= seconds)
			second = seconds - 1; /* whoever is left */
		begin_visits(it, &open, second, pace(second, rate, it));
		written += print_second(it, &open, second, it->lines - written);
	}
	free(open.items);
}

int main(int argc, char **argv)
{
	struct generator it = { .state = 1,
				.lines = 5000000,
				.clients = 350000,
				.first_day = day_of(2026, 10, 1),
				.days = 31,
				.offset_minutes = -300,
				.clock_second = -1 };
	int option;

	while ((option = getopt(argc, argv, "l:c:d:n:z:s:")) != -1) {
		switch (option) {
		case 'l':
			it.lines = strtoll(optarg, NULL, 10);
			break;
		case 'c':
			it.clients = strtoll(optarg, NULL, 10);
			break;
		case 'd':
			if (day_parse(optarg, &it.first_day, NULL) < 0)
				return 2;
			break;
		case 'n':
			it.days = (int)strtol(optarg, NULL, 10);
			break;
		case 'z':
			it.offset_minutes = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			it.state = strtoull(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	}
	(void)setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	make_agents(&it);
	generate(&it);
	return fflush(stdout) == 0 ? 0 : 1;
}
