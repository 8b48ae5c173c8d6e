/*
 * The floor of the access log: a bare counter of visits, written as one would write it in an
 * afternoon. It reads a log in the combined format, takes GET and POST with status 2xx or 304 that
 * ask for no static file, knows a client by address and user agent and counts a visit after 30
 * minutes of silence. No list of robots, no days, no months, no rotation, no state: what the daemon
 * spends beyond it is what those cost.
 *
 *   log_floor FILE
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, GAP = 1800 };

struct client {
	uint64_t hash;
	int64_t last;
};

struct counts {
	struct client *clients;
	size_t size, count;
	long lines, pages, visits;
};

static uint64_t add_hash(uint64_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211ULL;
	return hash;
}

static struct client *find(struct client *clients, size_t size, uint64_t hash)
{
	size_t i = hash & (size - 1);

	while (clients[i].hash && clients[i].hash != hash)
		i = (i + 1) & (size - 1);
	return &clients[i];
}

static void grow(struct counts *counts)
{
	size_t size = counts->size ? counts->size * 2 : 65536;
	struct client *clients = calloc(size, sizeof(*clients));

	if (!clients)
		abort();
	for (size_t i = 0; i < counts->size; i++)
		if (counts->clients[i].hash)
			*find(clients, size, counts->clients[i].hash) = counts->clients[i];
	free(counts->clients);
	counts->clients = clients;
	counts->size = size;
}

static int number(const char *text, int digits)
{
	int value = 0;

	while (digits-- > 0)
		value = value * 10 + (*text++ - '0');
	return value;
}

/* "22/Nov/2026:10:05:03 +0100" */
static int64_t read_time(const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int year = number(text + 7, 4);
	int month = 0;
	int64_t days;
	int offset;

	while (month < 11 && memcmp(months + (ptrdiff_t)month * 3, text + 3, 3) != 0)
		month++;
	days = (int64_t)(year - 1970) * 365 + (year - 1969) / 4 + before[month] + number(text, 2) -
	       1 + (month > 1 && year % 4 == 0);
	offset = number(text + 22, 2) * 3600 + number(text + 24, 2) * 60;
	return days * 86400 + (int64_t)number(text + 12, 2) * 3600 +
	       (int64_t)number(text + 15, 2) * 60 + number(text + 18, 2) -
	       (text[21] == '-' ? -offset : offset);
}

static bool is_static(const char *path, size_t length)
{
	static const char *const suffixes[] = { "css", "js",   "png",  "jpg",   "jpeg", "gif",
						"ico", "svg",  "woff", "woff2", "ttf",  "eot",
						"map", "webp", "bmp",  "txt",   "xml",  "swf" };
	const char *query = memchr(path, '?', length);
	const char *dot;

	if (query)
		length = (size_t)(query - path);
	dot = memrchr(path, '.', length);
	if (!dot)
		return false;
	length -= (size_t)(dot + 1 - path);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strlen(suffixes[i]) == length && strncasecmp(suffixes[i], dot + 1, length) == 0)
			return true;
	return false;
}

static void count_page(struct counts *counts, uint64_t hash, int64_t time)
{
	struct client *client;

	if (counts->count * 2 >= counts->size)
		grow(counts);
	client = find(counts->clients, counts->size, hash);
	counts->pages++;
	if (!client->hash) {
		client->hash = hash;
		counts->count++;
		counts->visits++;
	} else if (time - client->last > GAP) {
		counts->visits++;
	}
	client->last = time;
}

static void count_line(struct counts *counts, const char *line, const char *end)
{
	const char *blank = memchr(line, ' ', (size_t)(end - line));
	const char *time = memchr(line, '[', (size_t)(end - line));
	const char *request, *close, *path, *agent, *last;
	int status;

	counts->lines++;
	if (!blank || !time || end - time < 40 || time[27] != ']')
		return;
	request = time + 30;
	if (memcmp(request, "GET ", 4) == 0)
		path = request + 4;
	else if (memcmp(request, "POST ", 5) == 0)
		path = request + 5;
	else
		return;
	close = memchr(path, '"', (size_t)(end - path));
	if (!close || end - close < 6)
		return;
	status = number(close + 2, 3);
	if (status / 100 != 2 && status != 304)
		return;
	last = memchr(path, ' ', (size_t)(close - path));
	if (is_static(path, (size_t)((last ? last : close) - path)))
		return;
	last = memrchr(line, '"', (size_t)(end - line));
	agent = memrchr(line, '"', (size_t)(last - line));
	count_page(counts,
		   add_hash(add_hash(14695981039346656037ULL, line, (size_t)(blank - line)), agent,
			    (size_t)(last - agent)),
		   read_time(time + 1));
}

int main(int argc, char **argv)
{
	struct counts counts = { 0 };
	char *block = malloc(BLOCK);
	int fd = argc == 2 && block ? open(argv[1], O_RDONLY) : -1;
	size_t have = 0;
	ssize_t got;

	if (fd < 0) {
		free(block);
		return 2;
	}
	while ((got = read(fd, block + have, BLOCK - have)) > 0) {
		char *end = block + have + got;
		char *line = block;
		char *stop;

		while ((stop = memchr(line, '\n', (size_t)(end - line)))) {
			count_line(&counts, line, stop);
			line = stop + 1;
		}
		have = (size_t)(end - line);
		memmove(block, line, have);
	}
	(void)printf("%ld lines, %ld pages, %ld visits, %zu clients\n", counts.lines, counts.pages,
		     counts.visits, counts.count);
	free(counts.clients);
	free(block);
	(void)close(fd);
	return 0;
}
