#include "fetch.h"

#include "fetch_trust.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	KEPT_BODY = 256 << 10, /* memory a pooled fetch may keep */
	STREAMS_MAX = 512,
	UPLOAD_MIN = 16 << 10, /* the least libcurl takes */
	BUNDLE_S = 60,         /* how long the certificates that were read are used */
	NAME_MAX_LENGTH = 256,
	SECRET_MIN = 8,     /* shorter ones would take half of every answer with them */
	SECRET_CUT_MIN = 6, /* so much of one gives it away at the end of a cut answer */
};

enum phase {
	PHASE_POOLED,
	PHASE_WAITING, /* for its turn */
	PHASE_RUNNING,
	PHASE_REFUSED, /* ends from the loop, without a transfer */
};

/* What runs to one host, or with one token. Kept as long as the fetcher: there are few. */
struct share {
	struct share *next;
	int64_t running;
	bool in_turn; /* the host answers one after the other: HTTP/1 */
	char name[NAME_MAX_LENGTH];
};

/* Pooled and used again with its memory. */
struct fetch {
	struct fetcher *fetcher;
	struct fetch *next; /* in its phase's list */
	struct fetch *previous;
	enum phase phase;
	CURL *easy; /* while it runs */
	struct curl_slist *header;
	char error_words[CURL_ERROR_SIZE];
	enum http_method method;
	struct text url;
	struct text post;
	struct text secrets; /* what was put on, each ended by a newline */
	struct text body;
	struct text headers;
	struct share *host;
	struct share *token; /* NULL: none */
	bool loopback_only;
	bool off_loopback; /* a socket was refused for it */
	bool too_long;
	bool gives_secret;
	bool opened;      /* it has made a connection */
	bool out_of_turn; /* on the one it was to take, an answer stood that nobody had asked for */
	bool alone;       /* another one for it, then */
	struct error refusal;
	fetch_done *done;
	void *data;
};

struct list {
	struct fetch *first, *last;
	size_t count;
};

/* A socket of libcurl's, and the ports it lies between; 0: not known yet. */
struct line {
	int fd;
	int theirs, ours;
};

struct fetcher {
	struct ev_loop *loop;
	struct fetch_limits limits;
	char *ca_file;
	CURLM *multi;
	ev_timer timer; /* libcurl's */
	ev_timer kick;  /* ends what was refused, starts whose turn came */
	struct list waiting, running, refused, pool;
	CURL **handles; /* that have nothing to do, the one used last at the end */
	size_t handle_count;
	struct share *hosts, *tokens;
	struct line *lines;
	size_t line_count, line_room;
};

/* One socket of libcurl's. */
struct watch_io {
	ev_io io;
	struct fetcher *fetcher;
};

/* --- lists --- */

static struct list *list_of(struct fetch *fetch)
{
	switch (fetch->phase) {
	case PHASE_POOLED:
		return &fetch->fetcher->pool;
	case PHASE_WAITING:
		return &fetch->fetcher->waiting;
	case PHASE_RUNNING:
		return &fetch->fetcher->running;
	case PHASE_REFUSED:
		return &fetch->fetcher->refused;
	}
	return &fetch->fetcher->refused;
}

static void leave(struct fetch *fetch)
{
	struct list *list = list_of(fetch);

	if (fetch->previous)
		fetch->previous->next = fetch->next;
	else
		list->first = fetch->next;
	if (fetch->next)
		fetch->next->previous = fetch->previous;
	else
		list->last = fetch->previous;
	fetch->next = fetch->previous = NULL;
	list->count--;
}

static void enter(struct fetch *fetch, enum phase phase)
{
	struct list *list;

	fetch->phase = phase;
	list = list_of(fetch);
	fetch->previous = list->last;
	if (list->last)
		list->last->next = fetch;
	else
		list->first = fetch;
	list->last = fetch;
	list->count++;
}

/* --- secrets --- */

static void forget_text(struct text *text)
{
	if (text->bytes)
		explicit_bzero(text->bytes, text->room);
	text_reset(text);
}

static void forget_header(struct fetch *fetch)
{
	for (struct curl_slist *line = fetch->header; line; line = line->next)
		explicit_bzero(line->data, strlen(line->data));
	curl_slist_free_all(fetch->header);
	fetch->header = NULL;
}

static void forget_secrets(struct fetch *fetch)
{
	forget_header(fetch);
	forget_text(&fetch->url);
	forget_text(&fetch->post);
	forget_text(&fetch->secrets);
}

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The value of two hex digits, -1 when there are none. */
static int hex_pair(const char *at, const char *end)
{
	if (end - at < 2 || hex_digit(at[0]) < 0 || hex_digit(at[1]) < 0)
		return -1;
	return hex_digit(at[0]) * 16 + hex_digit(at[1]);
}

static void remember_secret(struct fetch *fetch, const char *value, size_t length)
{
	if (length < SECRET_MIN)
		return;
	text_add_n(&fetch->secrets, value, length);
	text_add_char(&fetch->secrets, '\n');
}

/* The values of "name=value&name=value", which are percent-encoded. */
static void remember_secrets(struct fetch *fetch, const char *pairs)
{
	const char *value;

	while ((value = strchr(pairs, '='))) {
		const char *end = value + strcspn(value, "&");
		SCOPED(text)
		struct text plain = { 0 };

		for (const char *at = value + 1; at < end; at++) {
			unsigned char byte = (unsigned char)*at;

			if (byte == '%' && hex_pair(at + 1, end) >= 0) {
				byte = (unsigned char)hex_pair(at + 1, end);
				at += 2;
			}
			text_add_n(&plain, (const char *)&byte, 1);
		}
		remember_secret(fetch, text_str(&plain), plain.length);
		forget_text(&plain);
		pairs = end;
	}
}

/* The length of one byte of a secret as it may be written: as it is, %2F, \/ or \u002f; 0: another.
 */
static size_t spelt(const char *at, const char *end, char byte)
{
	if (at < end && *at == byte)
		return 1;
	if (end - at >= 3 && *at == '%')
		return hex_pair(at + 1, end) == (unsigned char)byte ? 3 : 0;
	if (end - at >= 2 && *at == '\\' && at[1] == byte)
		return 2;
	if (end - at >= 6 && strncmp(at, "\\u00", 4) == 0)
		return hex_pair(at + 4, end) == (unsigned char)byte ? 6 : 0;
	return 0;
}

/* Whether the text ends here, or in the middle of how a byte is spelt. */
static bool is_cut_off(const char *at, const char *end)
{
	return at == end || ((*at == '%' || *at == '\\') && end - at < 6);
}

/* The length of the secret there, however it is written; of one that an answer which ended early
 * cut off, what there is of it. 0: another text. */
static size_t secret_at(const char *at, const char *end, const char *secret, size_t length)
{
	const char *start = at;

	for (size_t i = 0; i < length; i++) {
		size_t step = spelt(at, end, secret[i]);

		if (step == 0)
			return i >= SECRET_CUT_MIN && is_cut_off(at, end) ? (size_t)(end - start)
									  : 0;
		at += step;
	}
	return (size_t)(at - start);
}

/* Puts stars in place of the secret wherever it is written with `first` as its first byte. */
static void scrub_beginning(char *bytes, size_t length, const char *secret, size_t size, char first)
{
	const char *end = bytes + length;

	for (char *at = bytes; (at = memchr(at, first, (size_t)(end - at))); at++) {
		size_t found = secret_at(at, end, secret, size);

		if (found == 0)
			continue;
		memset(at, '*', found);
		at += found - 1;
	}
}

/* Servers echo what they were asked with (Graph in paging.next, gateways in their complaints), and
 * a refused body is kept, so stars take its place in whatever came back. */
static void scrub(const struct fetch *fetch, char *bytes, size_t length)
{
	const char *secret = text_str(&fetch->secrets);

	for (size_t size; *secret; secret += size + 1) {
		size = strcspn(secret, "\n");
		scrub_beginning(bytes, length, secret, size, secret[0]);
		scrub_beginning(bytes, length, secret, size, '%');
		scrub_beginning(bytes, length, secret, size, '\\');
	}
}

/* --- what libcurl calls during a transfer --- */

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct fetch *fetch = data;

	text_add_n(&fetch->body, bytes, size * count);
	if (fetch->body.failed) {
		fetch->too_long = true;
		return 0; /* ends the transfer */
	}
	return size * count;
}

/* Those of the last answer only: one of a proxy or a 100 comes before it. What is over the ceiling
 * is left out. */
static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
	struct fetch *fetch = data;
	size_t length = size * count;

	if (length >= 5 && strncasecmp(bytes, "HTTP/", 5) == 0) {
		text_reset(&fetch->headers);
		return length;
	}
	text_add_n(&fetch->headers, bytes, length);
	return length;
}

/* --- lines: libcurl's sockets, which it shows to nobody while they are idle --- */

static void forget_line(struct fetcher *fetcher, int fd)
{
	for (size_t i = 0; i < fetcher->line_count; i++)
		if (fetcher->lines[i].fd == fd)
			fetcher->lines[i--] = fetcher->lines[--fetcher->line_count];
}

static int open_line(struct fetcher *fetcher, const struct curl_sockaddr *address)
{
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	if (fd < 0)
		return CURL_SOCKET_BAD;
	forget_line(fetcher, fd);
	fetcher->lines = memory_grow(fetcher->lines, fetcher->line_count, &fetcher->line_room,
				     sizeof(*fetcher->lines));
	fetcher->lines[fetcher->line_count++] = (struct line){ .fd = fd };
	return fd;
}

static int on_close(void *data, curl_socket_t fd)
{
	forget_line(data, fd);
	return close(fd);
}

/* The port that getsockname() or getpeername() says; 0: none. */
static int port_of(int fd, int (*name)(int fd, struct sockaddr *ret, socklen_t *size))
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (name(fd, (struct sockaddr *)&address, &size) < 0)
		return 0;
	memcpy(&in6, &address, sizeof(in6));
	memcpy(&in, &address, sizeof(in));
	return ntohs(address.ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

static int own_name(int fd, struct sockaddr *ret, socklen_t *size)
{
	return getsockname(fd, ret, size);
}

static int other_name(int fd, struct sockaddr *ret, socklen_t *size)
{
	return getpeername(fd, ret, size);
}

/* Whether something to be read stands on the line between these ports. */
static bool is_spoken_on(const struct fetcher *fetcher, int their_port, int our_port)
{
	for (size_t i = 0; i < fetcher->line_count; i++) {
		struct line *line = &fetcher->lines[i];
		char byte;

		if (line->theirs == 0) { /* until it is connected */
			line->theirs = port_of(line->fd, other_name);
			line->ours = port_of(line->fd, own_name);
		}
		if (line->ours == our_port && line->theirs == their_port)
			return recv(line->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
	}
	return false;
}

/*
 * Before a request goes out (CURLOPT_PREREQFUNCTION). Who answers one after the other and has said
 * something on a connection on which nothing was asked has given an answer too many, and libcurl
 * would take it for this request's.
 */
static int on_ready(void *data, char *their_address, char *our_address, int their_port,
		    int our_port)
{
	struct fetch *fetch = data;

	(void)their_address;
	(void)our_address;
	if (fetch->opened || !fetch->host->in_turn ||
	    !is_spoken_on(fetch->fetcher, their_port, our_port))
		return CURL_PREREQFUNC_OK;
	fetch->out_of_turn = true;
	return CURL_PREREQFUNC_ABORT;
}

/* The one place that knows what a name was resolved to. */
static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct fetch *fetch = data;

	(void)purpose;
	if (fetch->loopback_only && !trust_loopback(&address->addr)) {
		fetch->off_loopback = true;
		return CURL_SOCKET_BAD;
	}
	fetch->opened = true;
	return open_line(fetch->fetcher, address);
}

/* --- libcurl on libev (CURLMOPT_SOCKETFUNCTION, CURLMOPT_TIMERFUNCTION) --- */

static void drain(struct fetcher *fetcher);

static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
	struct fetcher *fetcher = io->data;
	int mask = 0;
	int running;

	(void)loop;
	if (events & EV_ERROR)
		mask |= CURL_CSELECT_ERR;
	if (events & EV_READ)
		mask |= CURL_CSELECT_IN;
	if (events & EV_WRITE)
		mask |= CURL_CSELECT_OUT;
	(void)curl_multi_socket_action(fetcher->multi, io->fd, mask, &running);
	drain(fetcher);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct fetcher *fetcher = timer->data;
	int running;

	(void)loop;
	(void)events;
	(void)curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	drain(fetcher);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *kept)
{
	struct fetcher *fetcher = data;
	struct watch_io *watch = kept;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watch) {
			ev_io_stop(fetcher->loop, &watch->io);
			free(watch);
			(void)curl_multi_assign(fetcher->multi, fd, NULL);
		}
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	if (!watch) {
		watch = memory_new(1, sizeof(*watch));
		ev_init(&watch->io, on_socket);
		watch->io.data = fetcher;
		(void)curl_multi_assign(fetcher->multi, fd, watch);
	}
	ev_io_stop(fetcher->loop, &watch->io);
	ev_io_set(&watch->io, fd, events);
	ev_io_start(fetcher->loop, &watch->io);
	return 0;
}

/* One shot after `ms`; -1 takes it back. Never calls libcurl itself. */
static int set_timer(CURLM *multi, long ms, void *data)
{
	struct fetcher *fetcher = data;

	(void)multi;
	ev_timer_stop(fetcher->loop, &fetcher->timer);
	if (ms >= 0) {
		ev_now_update(fetcher->loop);
		ev_timer_set(&fetcher->timer, (double)ms / 1000, 0.);
		ev_timer_start(fetcher->loop, &fetcher->timer);
	}
	return 0;
}

/* --- handles --- */

static void open_multi(struct fetcher *fetcher)
{
	fetcher->multi = curl_multi_init();
	assert(fetcher->multi);
	curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
	curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
	curl_multi_setopt(fetcher->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(fetcher->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_MAX);
	curl_multi_setopt(fetcher->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			  (long)fetcher->limits.per_host);
	curl_multi_setopt(fetcher->multi, CURLMOPT_MAXCONNECTS, (long)fetcher->limits.in_flight);
}

static CURL *open_handle(struct fetcher *fetcher)
{
	CURL *easy = curl_easy_init();

	assert(easy);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, fetcher);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* a transfer that ends while its name is still looked up leaves the resolver's thread to
	 * itself; joined, a dead DNS would keep the whole loop waiting */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)fetcher->limits.connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)fetcher->limits.timeout_ms);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "metricsd/" METRICSD_VERSION);
	/* what is asked fits a page, and each handle keeps its own: 64 KiB unless less is said */
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_MIN);
	/* with a CApath, libcurl reads the whole bundle again for every connection: 42 ms of CPU */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_CAINFO, fetcher->ca_file ? fetcher->ca_file : trust_bundle);
	/* what was read of it would else count for a day, though the file was mended */
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)BUNDLE_S);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	return easy;
}

/* One for the fetch while it runs: only so many are ever needed as may run at once, and each has
 * buffers of its own. */
static void take_handle(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	CURL *easy = fetcher->handle_count > 0 ? fetcher->handles[--fetcher->handle_count]
					       : open_handle(fetcher);

	fetch->easy = easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->error_words);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fetch->alone ? 1L : 0L);
}

static void give_handle_back(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	/* nothing of the fetch stays in it */
	curl_easy_setopt(fetch->easy, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, NULL);
	fetcher->handles[fetcher->handle_count++] = fetch->easy;
	fetch->easy = NULL;
}

/* A handle in which something failed is not used again: a stale resolver state outlives it. */
static void drop_handle(struct fetch *fetch)
{
	curl_easy_cleanup(fetch->easy);
	fetch->easy = NULL;
}

static struct fetch *new_fetch(struct fetcher *fetcher)
{
	struct fetch *fetch = fetcher->pool.last;

	if (fetch) {
		leave(fetch);
		return fetch;
	}
	fetch = memory_new(1, sizeof(*fetch));
	fetch->fetcher = fetcher;
	fetch->body.max = (size_t)fetcher->limits.body_max;
	fetch->headers.max = HEADERS_MAX;
	fetch->url.secret = fetch->post.secret = fetch->secrets.secret = true;
	return fetch;
}

static void free_fetch(struct fetch *fetch)
{
	forget_secrets(fetch);
	text_clear(&fetch->url);
	text_clear(&fetch->post);
	text_clear(&fetch->secrets);
	text_clear(&fetch->body);
	text_clear(&fetch->headers);
	free(fetch);
}

/* Back to the pool (it is in no list), without what a next use must not see. */
static void put_back(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	if (fetch->gives_secret)
		forget_text(&fetch->body);
	if (fetcher->pool.count >= (size_t)fetcher->limits.in_flight) {
		free_fetch(fetch);
		return;
	}
	forget_secrets(fetch);
	text_reset(&fetch->body);
	text_reset(&fetch->headers);
	if (fetch->body.room > KEPT_BODY)
		text_clear(&fetch->body);
	fetch->loopback_only = fetch->off_loopback = fetch->too_long = fetch->gives_secret = false;
	fetch->opened = fetch->out_of_turn = fetch->alone = false;
	fetch->error_words[0] = '\0';
	enter(fetch, PHASE_POOLED);
}

/* --- starting --- */

static struct share *share_of(struct share **shares, const char *name, size_t length)
{
	struct share *share;

	if (length >= NAME_MAX_LENGTH)
		length = NAME_MAX_LENGTH - 1;
	for (share = *shares; share; share = share->next)
		if (strncmp(share->name, name, length) == 0 && !share->name[length])
			return share;
	share = memory_new(1, sizeof(*share));
	memcpy(share->name, name, length);
	share->next = *shares;
	*shares = share;
	return share;
}

static void free_shares(struct share *shares)
{
	while (shares) {
		struct share *next = shares->next;

		free(shares);
		shares = next;
	}
}

static bool may_run(const struct fetch *fetch)
{
	const struct fetcher *fetcher = fetch->fetcher;

	return fetcher->running.count < (size_t)fetcher->limits.in_flight &&
	       fetch->host->running < fetcher->limits.per_host &&
	       (!fetch->token || fetch->token->running < fetcher->limits.per_token);
}

/* One more (1) or one less (-1) of those that run. */
static void count_running(const struct fetch *fetch, int change)
{
	fetch->host->running += change;
	if (fetch->token)
		fetch->token->running += change;
}

static void refuse(struct fetch *fetch)
{
	enter(fetch, PHASE_REFUSED);
	ev_timer_start(fetch->fetcher->loop, &fetch->fetcher->kick);
}

static void run(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	CURLMcode code;

	take_handle(fetch);
	curl_easy_setopt(fetch->easy, CURLOPT_URL, text_str(&fetch->url));
	curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, fetch->header);
	/* plain http has no second stream on a connection to wait for */
	curl_easy_setopt(fetch->easy, CURLOPT_PIPEWAIT, fetch->loopback_only ? 0L : 1L);
	/* plain http stays on this machine: no proxy; NULL: what the environment says */
	curl_easy_setopt(fetch->easy, CURLOPT_PROXY, fetch->loopback_only ? "" : NULL);
	if (fetch->method == HTTP_POST) {
		curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDSIZE, (long)fetch->post.length);
		curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, text_str(&fetch->post));
	} else {
		curl_easy_setopt(fetch->easy, CURLOPT_HTTPGET, 1L);
	}
	code = curl_multi_add_handle(fetcher->multi, fetch->easy);
	if (code != CURLM_OK) {
		drop_handle(fetch);
		(void)error_set(&fetch->refusal, ERROR_OURS, "%s", curl_multi_strerror(code));
		refuse(fetch);
		return;
	}
	enter(fetch, PHASE_RUNNING);
	count_running(fetch, 1);
}

/* Starts those whose turn it is, in the order they came. */
static void run_waiting(struct fetcher *fetcher)
{
	struct fetch *fetch = fetcher->waiting.first;

	while (fetch && fetcher->running.count < (size_t)fetcher->limits.in_flight) {
		struct fetch *next = fetch->next;

		if (may_run(fetch)) {
			leave(fetch);
			run(fetch);
		}
		fetch = next;
	}
}

/* The host, its port and whether plain http is meant; -1 for what is no address of ours. */
static int read_address(struct fetch *fetch, const char *url)
{
	const char *host;
	size_t length;

	if (strncasecmp(url, "https://", 8) == 0)
		host = url + 8;
	else if (strncasecmp(url, "http://", 7) == 0)
		host = url + 7;
	else
		return -1;
	fetch->loopback_only = host == url + 7;
	length = strcspn(host, "/?#");
	if (length == 0 || length >= NAME_MAX_LENGTH || memchr(host, '@', length))
		return -1;
	fetch->host = share_of(&fetch->fetcher->hosts, host, length);
	return 0;
}

/* In the header `name`; NULL: as Authorization's bearer. */
static void add_bearer(struct fetch *fetch, const char *name, const char *bearer)
{
	SCOPED(text)
	struct text line = { 0 };

	remember_secret(fetch, bearer, strlen(bearer));
	text_addf(&line, "%s: ", name ? name : "Authorization");
	text_add(&line, name ? "" : "Bearer ");
	text_add(&line, bearer);
	fetch->header = curl_slist_append(fetch->header, text_str(&line));
	forget_text(&line);
}

struct fetch *fetch_start(struct fetcher *fetcher, const struct fetch_order *order)
{
	struct fetch *fetch = new_fetch(fetcher);

	fetch->done = order->done;
	fetch->data = order->data;
	fetch->method = order->method;
	fetch->gives_secret = order->gives_secret;
	fetch->token = order->token ? share_of(&fetcher->tokens, order->token, strlen(order->token))
				    : NULL;
	text_set(&fetch->url, order->url);
	if (order->query) {
		text_addf(&fetch->url, "%c%s", strchr(order->url, '?') ? '&' : '?', order->query);
		remember_secrets(fetch, order->query);
	}
	text_set(&fetch->post, order->body ? order->body : "");
	if (order->secret) {
		text_addf(&fetch->post, "%s%s", fetch->post.length ? "&" : "", order->secret);
		remember_secrets(fetch, order->secret);
	}
	if (order->hidden)
		remember_secret(fetch, order->hidden, strlen(order->hidden));
	if (order->json)
		fetch->header = curl_slist_append(fetch->header, "Content-Type: application/json");
	if (order->bearer)
		add_bearer(fetch, order->header, order->bearer);
	if (read_address(fetch, order->url) < 0 || fetch->url.failed || fetch->post.failed ||
	    fetch->secrets.failed) {
		(void)error_set(&fetch->refusal, ERROR_REQUEST,
				"the request's address is not one that can be asked");
		refuse(fetch);
		return fetch;
	}
	if (may_run(fetch))
		run(fetch);
	else
		enter(fetch, PHASE_WAITING);
	return fetch;
}

struct fetch *fetch_refuse(struct fetcher *fetcher, const struct error *cause, fetch_done *done,
			   void *data)
{
	struct fetch *fetch = new_fetch(fetcher);

	fetch->done = done;
	fetch->data = data;
	fetch->refusal = *cause;
	refuse(fetch);
	return fetch;
}

/* --- ending --- */

static enum error_class class_of(CURLcode code)
{
	if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
		return ERROR_REQUEST;
	if (code == CURLE_SSL_CACERT_BADFILE || code == CURLE_OUT_OF_MEMORY)
		return ERROR_OURS;
	return ERROR_TRANSIENT;
}

/* The server is not who it says it is, or its certificate has run out: trying again at once would
 * only end the same way. */
static bool is_distrusted(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
	       code == CURLE_SSL_INVALIDCERTSTATUS;
}

static void say_why(const struct fetch *fetch, CURLcode code, const char *advice, struct error *err)
{
	if (fetch->too_long)
		(void)error_set(err, ERROR_MALFORMED, "%s: an answer of more than %lld bytes",
				fetch->host->name, (long long)fetch->fetcher->limits.body_max);
	else if (fetch->off_loopback)
		(void)error_set(err, ERROR_REQUEST,
				"%s: plain http is for this machine only, use https",
				fetch->host->name);
	else
		(void)error_set(err, class_of(code), "%s: %s%s%s", fetch->host->name,
				is_distrusted(code) ? "the server is not trusted: " : "",
				fetch->error_words[0] ? fetch->error_words
						      : curl_easy_strerror(code),
				advice);
	err->lasting = is_distrusted(code);
}

/* Whether the host answers one after the other. */
static void note_version(const struct fetch *fetch)
{
	long version = 0;

	(void)curl_easy_getinfo(fetch->easy, CURLINFO_HTTP_VERSION, &version);
	fetch->host->in_turn = version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1;
}

/* Nothing of it was sent: at once again, on a connection of its own. */
static void run_alone(struct fetch *fetch)
{
	drop_handle(fetch);
	fetch->out_of_turn = false;
	fetch->alone = true;
	fetch->error_words[0] = '\0';
	run(fetch);
}

static void finish(struct fetch *fetch, CURLcode code)
{
	struct response response = { 0 };
	struct error err = { 0 };
	const char *advice = trust_advice(fetch->easy, code);
	long status = 0;

	(void)curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK)
		note_version(fetch);
	leave(fetch);
	count_running(fetch, -1);
	if (fetch->out_of_turn) {
		run_alone(fetch);
		return;
	}
	if (fetch->body.length > 0)
		scrub(fetch, fetch->body.bytes, fetch->body.length);
	if (fetch->headers.length > 0)
		scrub(fetch, fetch->headers.bytes, fetch->headers.length);
	scrub(fetch, fetch->error_words, strlen(fetch->error_words));
	if (code == CURLE_OK)
		give_handle_back(fetch);
	else
		drop_handle(fetch);
	forget_header(fetch);
	forget_text(&fetch->secrets);
	if (code != CURLE_OK) {
		say_why(fetch, code, advice, &err);
		fetch->done(fetch->data, NULL, &err);
	} else {
		response.status = (int)status;
		response.body = text_str(&fetch->body);
		response.length = fetch->body.length;
		response.headers = text_str(&fetch->headers);
		fetch->done(fetch->data, &response, NULL);
	}
	put_back(fetch);
}

/* The one place where a fetch hears that its transfer is over. */
static void drain(struct fetcher *fetcher)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(fetcher->multi, &left))) {
		CURL *easy = message->easy_handle; /* gone with the message once removed */
		CURLcode code = message->data.result;
		struct fetch *fetch = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &fetch);
		(void)curl_multi_remove_handle(fetcher->multi, easy);
		finish(fetch, code);
	}
	run_waiting(fetcher);
}

static void on_kick(struct ev_loop *loop, ev_timer *kick, int events)
{
	struct fetcher *fetcher = kick->data;
	struct fetch *fetch;

	(void)loop;
	(void)events;
	while ((fetch = fetcher->refused.first)) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): who is freed left the list */
		leave(fetch);
		forget_secrets(fetch);
		fetch->done(fetch->data, NULL, &fetch->refusal);
		put_back(fetch);
	}
	run_waiting(fetcher);
}

void fetch_drop(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	if (fetch->phase == PHASE_RUNNING) {
		(void)curl_multi_remove_handle(fetcher->multi, fetch->easy);
		count_running(fetch, -1);
	}
	leave(fetch);
	if (fetch->easy)
		drop_handle(fetch);
	put_back(fetch);
	if (fetcher->waiting.first) /* it may be somebody's turn now */
		ev_timer_start(fetcher->loop, &fetcher->kick);
}

/* --- the fetcher --- */

int fetch_begin(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

void fetch_end(void)
{
	curl_global_cleanup();
}

const char *fetch_libraries(void)
{
	return curl_version();
}

struct fetcher *fetcher_new(struct ev_loop *loop, const struct fetch_limits *limits)
{
	struct fetcher *fetcher = memory_new(1, sizeof(*fetcher));

	fetcher->loop = loop;
	fetcher->limits = *limits;
	fetcher->ca_file = limits->ca_file ? memory_text(limits->ca_file) : NULL;
	ev_init(&fetcher->timer, on_timer);
	fetcher->timer.data = fetcher;
	ev_timer_init(&fetcher->kick, on_kick, 0., 0.);
	fetcher->kick.data = fetcher;
	fetcher->handles = memory_new((size_t)limits->in_flight, sizeof(CURL *));
	open_multi(fetcher);
	return fetcher;
}

static void empty_pool(struct fetcher *fetcher)
{
	struct fetch *next;

	while (fetcher->handle_count > 0)
		curl_easy_cleanup(fetcher->handles[--fetcher->handle_count]);
	for (struct fetch *fetch = fetcher->pool.first; fetch; fetch = next) {
		next = fetch->next;
		free_fetch(fetch);
	}
	fetcher->pool = (struct list){ 0 };
}

static void drop_all(struct list *list)
{
	struct fetch *next;

	for (struct fetch *fetch = list->first; fetch; fetch = next) {
		next = fetch->next;
		fetch_drop(fetch);
	}
}

void fetcher_free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	drop_all(&fetcher->running);
	drop_all(&fetcher->waiting);
	drop_all(&fetcher->refused);
	empty_pool(fetcher);
	/* still calls set_socket() and set_timer() */
	(void)curl_multi_cleanup(fetcher->multi);
	ev_timer_stop(fetcher->loop, &fetcher->timer);
	ev_timer_stop(fetcher->loop, &fetcher->kick);
	free_shares(fetcher->hosts);
	free_shares(fetcher->tokens);
	free(fetcher->ca_file);
	free(fetcher->handles);
	free(fetcher->lines);
	free(fetcher);
}

size_t fetcher_busy(const struct fetcher *fetcher)
{
	return fetcher->running.count + fetcher->waiting.count + fetcher->refused.count;
}

void fetcher_rest(struct fetcher *fetcher)
{
	if (fetcher_busy(fetcher) > 0)
		return;
	empty_pool(fetcher);
	(void)curl_multi_cleanup(fetcher->multi);
	ev_timer_stop(fetcher->loop, &fetcher->timer);
	open_multi(fetcher);
}
