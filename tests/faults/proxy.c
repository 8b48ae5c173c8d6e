/* The proxy's doors and the words it takes: see USAGE. */
#include "proxy.h"

#include "page.h"

#include "metricsd/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char USAGE[] =
	"usage: faults-proxy             commands on stdin, a line back for each\n"
	"  door NAME raw|http PORT       a port on loopback (0: any) in front of PORT: \"port N\"\n"
	"  tls NAME CERT KEY [old]       an http door speaks TLS; old: 1.0 and nothing else\n"
	"  plain NAME\n"
	"  rule NAME KIND ARGUMENT all|first|every|percent NUMBER [SEED]\n"
	"  secret WORD                   counted where it comes in\n"
	"  canned KIND FILE              a fault that answers with the file's bytes\n"
	"  counts                        KIND NUMBER, a line each; an empty one\n"
	"  saw NAME                      connections, requests, bytes and secrets that came in\n"
	"Kinds: refuse and deaf for a port; the others stand in raw.c and answers.c. SIGTERM or "
	"the end of stdin ends it.\n";

struct proxy proxy = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- chance --- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);

	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

static int64_t below(struct door *door, int64_t end)
{
	return end > 0 ? (int64_t)(next_random(&door->random) % (uint64_t)end) : 0;
}

int64_t door_random(struct door *door, int64_t end)
{
	int64_t value;

	(void)pthread_mutex_lock(&door->lock);
	value = below(door, end);
	(void)pthread_mutex_unlock(&door->lock);
	return value;
}

/* --- faults --- */

void count_fault(const char *kind)
{
	size_t i = 0;

	(void)pthread_mutex_lock(&proxy.lock);
	while (i < KINDS_MAX - 1 && proxy.counts[i].count > 0 &&
	       strcmp(proxy.counts[i].kind, kind) != 0)
		i++;
	(void)snprintf(proxy.counts[i].kind, KIND_NAME, "%s", kind);
	proxy.counts[i].count++;
	(void)pthread_mutex_unlock(&proxy.lock);
}

static bool stands_in(const char *const *kinds, const char *kind)
{
	for (; *kinds; kinds++)
		if (strcmp(*kinds, kind) == 0)
			return true;
	return false;
}

static const char *const *kinds_of(enum level level)
{
	static const char *const none[] = { NULL };

	switch (level) {
	case LEVEL_PORT:
		return none;
	case LEVEL_ACCEPT:
		return accept_kinds;
	case LEVEL_BYTES:
		return byte_kinds;
	case LEVEL_QUESTION:
		return question_kinds;
	case LEVEL_ANSWER:
		return answer_kinds;
	}
	return none;
}

/* Canned answers belong to the questions. */
static bool is_of(enum level level, const char *kind)
{
	if (stands_in(kinds_of(level), kind))
		return true;
	for (size_t i = 0; level == LEVEL_QUESTION && i < proxy.canned_count; i++)
		if (strcmp(proxy.canned[i].name, kind) == 0)
			return true;
	return false;
}

/* One of all the level has. */
static const char *any_of(struct door *door, enum level level)
{
	const char *const *kinds = kinds_of(level);
	int64_t count = 0, chosen;

	while (kinds[count])
		count++;
	chosen = below(door, count + (level == LEVEL_QUESTION ? (int64_t)proxy.canned_count : 0));
	return chosen < count ? kinds[chosen] : proxy.canned[chosen - count].name;
}

static bool strikes(struct door *door)
{
	const struct rule *rule = &door->rule;
	int64_t time = door->asked++;

	switch (rule->when) {
	case WHEN_ALL:
		return true;
	case WHEN_FIRST:
		return time < rule->number;
	case WHEN_EVERY:
		return time % rule->number == rule->number - 1;
	case WHEN_PERCENT:
		return below(door, 100) < rule->number;
	}
	return false;
}

bool door_fault(struct door *door, enum level level, struct rule *ret)
{
	bool any, met;

	(void)pthread_mutex_lock(&door->lock);
	any = strcmp(door->rule.kind, "any") == 0;
	met = (any || is_of(level, door->rule.kind)) && strikes(door);
	if (met) {
		*ret = door->rule;
		if (any)
			(void)snprintf(ret->kind, KIND_NAME, "%s", any_of(door, level));
		if (any || ret->argument < 0) /* a negative one: anything below it */
			ret->argument =
				below(door, ret->argument < 0 ? -ret->argument : ret->argument + 1);
	}
	(void)pthread_mutex_unlock(&door->lock);
	return met;
}

void door_saw(struct door *door, const char *bytes, size_t length)
{
	door->bytes += (int64_t)length;
	if (proxy.secret[0] && memmem(bytes, length, proxy.secret, strlen(proxy.secret)))
		door->secrets++;
}

/* --- doors --- */

int connect_port(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void *serve(void *data)
{
	struct link *link = data;

	link->door->connections++;
	if (link->door->raw)
		serve_raw(link);
	else
		serve_http(link);
	link_close(link);
	free(link);
	return NULL;
}

/* Takes whoever comes. The descriptor changes when the door's port is shut or opened. */
static void *keep_door(void *data)
{
	struct door *door = data;

	for (;;) {
		struct link *link = memory_new(1, sizeof(*link));
		int one = 1;
		pthread_t thread;

		link->door = door;
		link->fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC);
		if (link->fd < 0) {
			free(link);
			if (errno != EINTR && errno != ECONNABORTED)
				(void)usleep(5000); /* it is shut for now */
			continue;
		}
		(void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (pthread_create(&thread, NULL, serve, link) != 0) {
			link_close(link);
			free(link);
			continue;
		}
		(void)pthread_detach(thread);
	}
	return NULL;
}

/* Listens at the door's port (0: any), is deaf there (its queue is full) or only keeps others from
 * it. */
static int open_port(struct door *door, bool listens, bool deaf)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)door->port),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (deaf ? SOCK_NONBLOCK : 0), 0);
	int one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
	    (listens && listen(fd, deaf ? 0 : 512) < 0)) {
		(void)close(fd);
		return -1;
	}
	door->port = ntohs(address.sin_port);
	return fd;
}

static void fill_queue(struct door *door)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)door->port),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };

	for (size_t i = 0; i < sizeof(door->fillers) / sizeof(door->fillers[0]); i++) {
		door->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(door->fillers[i], (const struct sockaddr *)&address, sizeof(address));
	}
}

static void empty_queue(struct door *door)
{
	for (size_t i = 0; i < sizeof(door->fillers) / sizeof(door->fillers[0]); i++) {
		if (door->fillers[i] > 0)
			(void)close(door->fillers[i]);
		door->fillers[i] = 0;
	}
}

/* What a rule on the port itself changes. A deaf one must not be accepted from, so its descriptor
 * is kept from keep_door(): that one's is a socket that does not listen. */
static int set_port(struct door *door, const char *kind)
{
	static int deaf_fds[1024]; /* by descriptor of the door: the deaf socket beside it */
	bool refuse = strcmp(kind, "refuse") == 0;
	bool deaf = strcmp(kind, "deaf") == 0;
	int fd;

	empty_queue(door);
	if (deaf_fds[door->fd] > 0)
		(void)close(deaf_fds[door->fd]);
	deaf_fds[door->fd] = 0;
	(void)shutdown(door->fd, SHUT_RDWR); /* wakes the accept */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)dup3(fd, door->fd, O_CLOEXEC); /* the number stays */
	(void)close(fd);
	fd = open_port(door, !refuse, deaf);
	if (fd < 0)
		return -1;
	if (deaf) {
		deaf_fds[door->fd] = fd;
		fill_queue(door);
		count_fault("deaf");
		return 0;
	}
	if (refuse)
		count_fault("refuse");
	(void)dup3(fd, door->fd, O_CLOEXEC);
	(void)close(fd);
	return 0;
}

static struct door *find_door(const char *name)
{
	struct door *door = proxy.doors;

	while (door && strcmp(door->name, name) != 0)
		door = door->next;
	return door;
}

/* --- commands --- */

enum { WORDS_MAX = 8 };

static void make_door(char **words)
{
	struct door *door = memory_new(1, sizeof(*door));
	pthread_t thread;

	(void)snprintf(door->name, KIND_NAME, "%s", words[1]);
	(void)snprintf(door->rule.kind, KIND_NAME, "none");
	door->raw = strcmp(words[2], "raw") == 0;
	door->upstream = atoi(words[3]);
	(void)pthread_mutex_init(&door->lock, NULL);
	door->fd = open_port(door, true, false);
	door->next = proxy.doors;
	proxy.doors = door;
	(void)pthread_create(&thread, NULL, keep_door, door);
	(void)pthread_detach(thread);
	(void)printf("port %d\n", door->port);
}

static void set_tls(struct door *door, char **words)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	bool good = SSL_CTX_use_certificate_chain_file(tls, words[2]) == 1 &&
		    SSL_CTX_use_PrivateKey_file(tls, words[3], SSL_FILETYPE_PEM) == 1;

	if (good && words[4] && strcmp(words[4], "old") == 0) {
		SSL_CTX_set_security_level(tls, 0);
		(void)SSL_CTX_set_cipher_list(tls, "ALL:@SECLEVEL=0");
		(void)SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
		(void)SSL_CTX_set_max_proto_version(tls, TLS1_VERSION);
	}
	(void)pthread_mutex_lock(&door->lock);
	SSL_CTX_free(door->tls);
	door->tls = tls;
	(void)pthread_mutex_unlock(&door->lock);
	(void)printf(good ? "fine\n" : "error: certificate\n");
}

static void set_rule(struct door *door, char **words)
{
	struct rule rule = { .argument = atoll(words[3]), .number = atoll(words[5]) };
	bool was_shut =
		strcmp(door->rule.kind, "refuse") == 0 || strcmp(door->rule.kind, "deaf") == 0;
	bool shuts = strcmp(words[2], "refuse") == 0 || strcmp(words[2], "deaf") == 0;
	int result = 0;

	(void)snprintf(rule.kind, KIND_NAME, "%s", words[2]);
	rule.when = strcmp(words[4], "all") == 0     ? WHEN_ALL
		    : strcmp(words[4], "first") == 0 ? WHEN_FIRST
		    : strcmp(words[4], "every") == 0 ? WHEN_EVERY
						     : WHEN_PERCENT;
	if (rule.number <= 0)
		rule.number = 1;
	(void)pthread_mutex_lock(&door->lock);
	door->rule = rule;
	door->asked = 0;
	if (words[6])
		door->random = strtoull(words[6], NULL, 10);
	(void)pthread_mutex_unlock(&door->lock);
	if (was_shut || shuts)
		result = set_port(door, rule.kind);
	(void)printf(result == 0 ? "fine\n" : "error: port\n");
}

static void set_plain(struct door *door)
{
	(void)pthread_mutex_lock(&door->lock);
	SSL_CTX_free(door->tls);
	door->tls = NULL;
	(void)pthread_mutex_unlock(&door->lock);
	(void)printf("fine\n");
}

static void add_canned(char **words)
{
	FILE *file = fopen(words[2], "re");
	char *bytes = memory_new(1, ANSWER_MAX);
	size_t i = proxy.canned_count;

	if (!file || i == CANNED_MAX) {
		(void)printf("error: %s\n", words[2]);
		return;
	}
	(void)snprintf(proxy.canned[i].name, KIND_NAME, "%s", words[1]);
	proxy.canned[i].length = fread(bytes, 1, ANSWER_MAX, file);
	proxy.canned[i].bytes = bytes;
	proxy.canned_count++;
	(void)fclose(file);
	(void)printf("fine\n");
}

static void print_counts(void)
{
	(void)pthread_mutex_lock(&proxy.lock);
	for (size_t i = 0; i < KINDS_MAX && proxy.counts[i].count > 0; i++)
		(void)printf("%s %lld\n", proxy.counts[i].kind, (long long)proxy.counts[i].count);
	(void)pthread_mutex_unlock(&proxy.lock);
	(void)printf("\n");
}

static void obey_door(struct door *door, char **words, size_t count)
{
	if (!door)
		(void)printf("error: no such door\n");
	else if (strcmp(words[0], "tls") == 0 && count >= 4)
		set_tls(door, words);
	else if (strcmp(words[0], "plain") == 0)
		set_plain(door);
	else if (strcmp(words[0], "rule") == 0 && count >= 6)
		set_rule(door, words);
	else if (strcmp(words[0], "saw") == 0)
		(void)printf("%lld %lld %lld %lld\n", (long long)door->connections,
			     (long long)door->requests, (long long)door->bytes,
			     (long long)door->secrets);
	else
		(void)printf("error: what is \"%s\"?\n", words[0]);
}

static void obey(char *line)
{
	char *words[WORDS_MAX + 1] = { NULL };
	size_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(line, " \n", &rest); word && count < WORDS_MAX;
	     word = strtok_r(NULL, " \n", &rest))
		words[count++] = word;
	if (count == 0)
		return;
	if (strcmp(words[0], "door") == 0 && count == 4)
		make_door(words);
	else if (strcmp(words[0], "secret") == 0 && count == 2)
		(void)printf("%s\n",
			     snprintf(proxy.secret, sizeof(proxy.secret), "%s", words[1]) > 0
				     ? "fine"
				     : "error");
	else if (strcmp(words[0], "canned") == 0 && count == 3)
		add_canned(words);
	else if (strcmp(words[0], "counts") == 0)
		print_counts();
	else
		obey_door(count > 1 ? find_door(words[1]) : NULL, words, count);
	(void)fflush(stdout);
}

int main(int count, char **words)
{
	char line[4096];

	(void)words;
	if (count > 1)
		return fputs(USAGE, stdout) < 0;
	(void)signal(SIGPIPE, SIG_IGN);
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	return 0;
}
