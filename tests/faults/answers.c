/* An http door: requests are read, asked upstream, and their answers given as the fault has them.
 */
#include "proxy.h"

#include "metricsd/cleanup.h"

#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 16 << 10, DRIP_MS = 30, ENDLESS = 64 << 20, ENDLESS_TAIL = 64 };

const char *const accept_kinds[] = { "reset-at-once", "close-at-once", "silent-at-once", NULL };

const char *const question_kinds[] = {
	"close-unanswered", "reset-unanswered", "silent", "delay", NULL,
};

const char *const answer_kinds[] = {
	"cut-head",
	"cut-body",
	"reset-body",
	"silent-body",
	"half-close",
	"chunked",
	"cut-chunk",
	"cut-chunk-size",
	"no-last-chunk",
	"bad-chunk-size",
	"until-close",
	"until-close-cut",
	"drip-head",
	"drip-body",
	"corrupt-head",
	"corrupt-body",
	"twice",
	"length-too-long",
	"length-too-short",
	"close-after",
	"reset-after",
	NULL,
};

static const char not_http[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

struct answer {
	struct text head; /* with the empty line */
	struct text body;
};

/* --- reading --- */

static bool kind_is(const struct rule *rule, const char *kind)
{
	return strcmp(rule->kind, kind) == 0;
}

static size_t length_of(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line ? strtoul(line + 17, NULL, 10) : 0;
}

/* Where the head ends, 0: not yet. */
static size_t head_end(const struct text *text)
{
	const char *end = strstr(text_str(text), "\r\n\r\n");

	return end ? (size_t)(end + 4 - text_str(text)) : 0;
}

/* A whole request, which may have begun in `request`. 0: none comes, the client is gone. */
static size_t read_request(struct link *link, struct text *request)
{
	char bytes[PIECE];

	for (;;) {
		size_t head = head_end(request);
		int64_t got;

		if (head > 0 && request->length >= head + length_of(text_str(request)))
			return head + length_of(text_str(request));
		got = link_read(link, bytes, sizeof(bytes));
		if (got <= 0)
			return 0;
		if (request->length == 0 && !isupper((unsigned char)bytes[0])) {
			/* somebody speaks TLS to a door that does not */
			(void)link_write(link, not_http, sizeof(not_http) - 1);
			return 0;
		}
		link_busy(link, true);
		text_add_n(request, bytes, (size_t)got);
	}
}

/* What the one behind says to it; -1 when he does not. */
static int ask_upstream(struct door *door, const char *request, size_t length, struct answer *ret)
{
	int fd = connect_port(door->upstream);
	char bytes[PIECE];
	struct text all = TEXT_UP_TO(ANSWER_MAX);
	size_t head = 0;
	ssize_t got = 0;

	if (fd < 0)
		return -1;
	if (send(fd, request, length, MSG_NOSIGNAL) == (ssize_t)length)
		while ((got = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
			text_add_n(&all, bytes, (size_t)got);
			head = head_end(&all);
			if (head > 0 && all.length >= head + length_of(text_str(&all)))
				break;
		}
	(void)close(fd);
	if (head > 0) {
		text_add_n(&ret->head, text_str(&all), head);
		text_add_n(&ret->body, text_str(&all) + head, all.length - head);
	}
	text_clear(&all);
	return head > 0 ? 0 : -1;
}

/* --- answering --- */

/* The head with the line of that name out of it, and `more` in its place. */
static void replace_line(struct text *head, const char *name, const char *more)
{
	SCOPED(text)
	struct text changed = TEXT_UP_TO(ANSWER_MAX);
	const char *line = text_str(head);

	while (*line) {
		size_t length = strcspn(line, "\r\n");

		if (length == 0)
			break;
		if (strncasecmp(line, name, strlen(name)) != 0)
			text_addf(&changed, "%.*s\r\n", (int)length, line);
		line += length + 2;
	}
	text_addf(&changed, "%s\r\n", more);
	text_set(head, text_str(&changed));
}

static int say(struct link *link, const struct text *text, size_t length)
{
	return link_write(link, text_str(text), length < text->length ? length : text->length);
}

static int say_all(struct link *link, const struct answer *answer)
{
	if (say(link, &answer->head, SIZE_MAX) < 0)
		return -1;
	return say(link, &answer->body, SIZE_MAX);
}

/* Drop by drop, as long as the client stays; busy is nobody. */
static int drip(struct link *link, const struct text *text)
{
	link_busy(link, false);
	for (size_t i = 0; i < text->length; i++)
		if (link_wait(link, DRIP_MS) < 0 || link_write(link, text_str(text) + i, 1) < 0)
			return -1;
	return 0;
}

/* Some bytes of it become such as no text has. */
static void corrupt(struct door *door, struct text *text)
{
	for (int64_t i = 1 + door_random(door, 4); i > 0 && text->length > 0; i--)
		text->bytes[door_random(door, (int64_t)text->length)] |= (char)0x80;
}

/* In chunks; `kind` says how they end. */
static int say_chunks(struct link *link, struct answer *answer, const char *kind)
{
	SCOPED(text)
	struct text chunks = TEXT_UP_TO(ANSWER_MAX);
	size_t at = 0;
	size_t cut = SIZE_MAX;

	replace_line(&answer->head, "Content-Length:", "Transfer-Encoding: chunked\r\n");
	while (at < answer->body.length) {
		size_t size = 1 + (size_t)door_random(link->door, 700);
		size_t struck = (size_t)door_random(link->door, (int64_t)answer->body.length);

		if (size > answer->body.length - at)
			size = answer->body.length - at;
		if (cut == SIZE_MAX && (struck < at || at + size == answer->body.length)) {
			if (strcmp(kind, "bad-chunk-size") == 0)
				text_add(&chunks, "zz;");
			if (strcmp(kind, "cut-chunk-size") == 0)
				cut = chunks.length + 1;
			if (strcmp(kind, "cut-chunk") == 0)
				cut = chunks.length + 4 + size / 2;
		}
		text_addf(&chunks, "%03zx\r\n", size);
		text_add_n(&chunks, text_str(&answer->body) + at, size);
		text_add(&chunks, "\r\n");
		at += size;
	}
	if (strcmp(kind, "no-last-chunk") != 0)
		text_add(&chunks, "0\r\n\r\n");
	if (say(link, &answer->head, SIZE_MAX) < 0 || say(link, &chunks, cut) < 0)
		return -1;
	return strcmp(kind, "chunked") == 0 ? 0 : -1;
}

/* Without a length: it ends where the connection does. */
static int say_until_close(struct link *link, struct answer *answer, bool cut)
{
	replace_line(&answer->head, "Content-Length:", "Connection: close\r\n");
	if (say(link, &answer->head, SIZE_MAX) < 0)
		return -1;
	(void)say(link, &answer->body, cut ? answer->body.length / 2 : SIZE_MAX);
	if (link->ssl && !cut)
		(void)SSL_shutdown(link->ssl);
	return -1;
}

/* A length that is not its own. What lacks is waited for in vain; what is too much stands there. */
static int say_length(struct link *link, struct answer *answer, size_t length)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "Content-Length: %zu\r\n", length);
	replace_line(&answer->head, "Content-Length:", line);
	if (say_all(link, answer) < 0)
		return -1;
	if (length > answer->body.length) {
		link_hold(link);
		return -1;
	}
	return 0;
}

/* Cut somewhere: `whole` is said before. */
static int say_part(struct link *link, const struct text *whole, const struct text *part)
{
	int64_t length = part->length > 0 ? door_random(link->door, (int64_t)part->length) : 0;

	if (whole && say(link, whole, SIZE_MAX) < 0)
		return -1;
	return say(link, part, (size_t)length);
}

static int say_cut(struct link *link, struct answer *answer, const struct rule *fault)
{
	if (say_part(link, kind_is(fault, "cut-head") ? NULL : &answer->head,
		     kind_is(fault, "cut-head") ? &answer->head : &answer->body) < 0)
		return -1;
	if (kind_is(fault, "reset-body"))
		link_reset(link);
	if (kind_is(fault, "silent-body"))
		link_hold(link);
	if (kind_is(fault, "half-close")) {
		(void)shutdown(link->fd, SHUT_WR);
		link_hold(link);
	}
	return -1;
}

/* A file's bytes, and nothing more; one that is called endless goes on with its last line or bytes.
 */
static int say_canned(struct link *link, const char *kind)
{
	SCOPED(text)
	struct text more = TEXT_UP_TO(ANSWER_MAX);
	size_t i = 0;

	while (i < proxy.canned_count && strcmp(proxy.canned[i].name, kind) != 0)
		i++;
	if (i == proxy.canned_count ||
	    link_write(link, proxy.canned[i].bytes, proxy.canned[i].length) < 0)
		return -1;
	while (strncmp(kind, "endless", 7) == 0 && more.length < PIECE)
		text_add_n(&more, proxy.canned[i].bytes + proxy.canned[i].length - ENDLESS_TAIL,
			   ENDLESS_TAIL);
	for (size_t sent = 0; more.length > 0 && sent < ENDLESS; sent += more.length)
		if (say(link, &more, SIZE_MAX) < 0)
			return -1;
	return -1;
}

/* Both are on their way before the client can ask again. */
static int say_twice(struct link *link, const struct answer *answer)
{
	int cork = 1;
	int result;

	(void)setsockopt(link->fd, IPPROTO_TCP, TCP_CORK, &cork, sizeof(cork));
	result = say_all(link, answer) < 0 ? -1 : say_all(link, answer);
	cork = 0;
	(void)setsockopt(link->fd, IPPROTO_TCP, TCP_CORK, &cork, sizeof(cork));
	return result;
}

/* 0: the connection goes on. */
static int give(struct link *link, struct answer *answer, const struct rule *fault)
{
	size_t length = answer->body.length;

	count_fault(fault->kind);
	if (strncmp(fault->kind, "cut-chunk", 9) == 0 || strstr(fault->kind, "chunk"))
		return say_chunks(link, answer, fault->kind);
	if (strncmp(fault->kind, "until-close", 11) == 0)
		return say_until_close(link, answer, kind_is(fault, "until-close-cut"));
	if (strncmp(fault->kind, "cut-", 4) == 0 || kind_is(fault, "reset-body") ||
	    kind_is(fault, "silent-body") || kind_is(fault, "half-close"))
		return say_cut(link, answer, fault);
	if (kind_is(fault, "length-too-long"))
		return say_length(link, answer, length + 100);
	if (kind_is(fault, "length-too-short"))
		return say_length(link, answer, length / 2);
	if (kind_is(fault, "drip-head"))
		return drip(link, &answer->head) < 0 ? -1 : say(link, &answer->body, SIZE_MAX);
	if (kind_is(fault, "drip-body"))
		return say(link, &answer->head, SIZE_MAX) < 0 ? -1 : drip(link, &answer->body);
	if (kind_is(fault, "corrupt-head"))
		corrupt(link->door, &answer->head);
	if (kind_is(fault, "corrupt-body"))
		corrupt(link->door, &answer->body);
	if (kind_is(fault, "twice"))
		return say_twice(link, answer);
	if (say_all(link, answer) < 0)
		return -1;
	if (kind_is(fault, "reset-after"))
		link_reset(link);
	return kind_is(fault, "reset-after") || kind_is(fault, "close-after") ? -1 : 0;
}

/* Before anybody is asked. 1: ask him; 0: answered; -1: over. */
static int refuse(struct link *link, const struct rule *fault)
{
	count_fault(fault->kind);
	if (kind_is(fault, "delay"))
		return link_wait(link, fault->argument) < 0 ? -1 : 1;
	if (kind_is(fault, "silent"))
		link_hold(link);
	else if (kind_is(fault, "reset-unanswered"))
		link_reset(link);
	else if (!kind_is(fault, "close-unanswered"))
		return say_canned(link, fault->kind);
	return -1;
}

static int answer_one(struct link *link, const char *request, size_t length)
{
	struct answer answer = { .head = TEXT_UP_TO(ANSWER_MAX), .body = TEXT_UP_TO(ANSWER_MAX) };
	struct rule fault;
	int result = 1;

	link->door->requests++;
	if (door_fault(link->door, LEVEL_QUESTION, &fault))
		result = refuse(link, &fault);
	if (result == 1) {
		result = ask_upstream(link->door, request, length, &answer);
		if (result == 0 && door_fault(link->door, LEVEL_ANSWER, &fault))
			result = give(link, &answer, &fault);
		else if (result == 0)
			result = say_all(link, &answer);
	}
	link_busy(link, false);
	text_clear(&answer.head);
	text_clear(&answer.body);
	return result;
}

/* True: the fault was all there is. */
static bool met_at_once(struct link *link)
{
	struct rule fault;

	if (!door_fault(link->door, LEVEL_ACCEPT, &fault))
		return false;
	count_fault(fault.kind);
	if (kind_is(&fault, "reset-at-once"))
		link_reset(link);
	if (kind_is(&fault, "silent-at-once"))
		link_hold(link);
	return true;
}

void serve_http(struct link *link)
{
	struct text request = TEXT_UP_TO(ANSWER_MAX);
	SSL_CTX *tls = NULL;
	size_t length;

	if (met_at_once(link))
		return;
	(void)pthread_mutex_lock(&link->door->lock);
	tls = link->door->tls;
	if (tls)
		(void)SSL_CTX_up_ref(tls);
	(void)pthread_mutex_unlock(&link->door->lock);
	if (tls) {
		link_busy(link, true);
		link->ssl = SSL_new(tls);
		SSL_CTX_free(tls);
		(void)SSL_set_fd(link->ssl, link->fd);
		if (SSL_accept(link->ssl) <= 0) {
			count_fault("handshake-refused");
			return;
		}
		link_busy(link, false);
	}
	while ((length = read_request(link, &request)) > 0) {
		size_t left = request.length - length;

		if (answer_one(link, text_str(&request), length) < 0)
			break;
		memmove(request.bytes, request.bytes + length, left);
		request.bytes[left] = '\0';
		request.length = left;
	}
	text_clear(&request);
}
