/*
 * HTTP transfers on the event loop: libcurl's multi handle driven by libev.
 *
 * A fetch ends exactly once, from the loop and never from inside fetch_start(), so its callback may
 * start another. So many run at once overall, to one host and with one token; the rest wait their
 * turn.
 *
 * What a server that answers one after the other has said on a kept connection before it was asked
 * is never taken for an answer: the request goes out on another one.
 *
 * Redirects are not followed. Plain http goes to loopback only, whatever the name resolves to.
 * https honours the proxy of $https_proxy and $no_proxy, http none. What is secret in an order is
 * overwritten when the fetch ends, and stars take its place wherever the answer echoes it, however
 * it is spelt.
 */
#ifndef METRICSD_DAEMON_FETCH_H
#define METRICSD_DAEMON_FETCH_H

#include "metricsd/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct ev_loop;
struct fetch;
struct fetcher;

enum { HEADERS_MAX = 16 << 10 };

struct fetch_limits {
	int64_t in_flight, per_host, per_token;
	int64_t connect_timeout_ms, timeout_ms;
	int64_t body_max;
	const char *ca_file; /* NULL: the system's bundle */
};

/* How a fetch ended: the answer, whatever its status; or NULL and why there is none. Both are
 * borrowed for the call. */
typedef void fetch_done(void *data, const struct response *response, const struct error *err);

/* All of it is borrowed for the call of fetch_start(). */
struct fetch_order {
	enum http_method method;
	const char *url;
	const char *query;  /* "name=value" added to the address and shown nowhere; NULL: none */
	const char *body;   /* of a POST: a form, or JSON */
	bool json;          /* the body is JSON */
	const char *secret; /* "name=value" added to the body; NULL: none */
	const char *hidden; /* a secret that stands in the body already; NULL: none */
	const char *bearer; /* the credential a header shows; NULL: none */
	const char *header; /* the name of that header; NULL: Authorization: Bearer */
	const char *token;  /* name of the credential, for the limit; NULL: none */
	bool gives_secret;  /* the answer is one: its memory is overwritten when it was read */
	fetch_done *done;
	void *data;
};

/* Once in a process, before the first fetcher, and after the last. -1: libcurl cannot be used. */
int fetch_begin(void);
void fetch_end(void);

/* libcurl and what it stands on, with their versions. */
const char *fetch_libraries(void);

struct fetcher *fetcher_new(struct ev_loop *loop, const struct fetch_limits *limits);

/* Drops what is under way (its callbacks are not called). */
void fetcher_free(struct fetcher *fetcher);

struct fetch *fetch_start(struct fetcher *fetcher, const struct fetch_order *order);

/* A fetch that only ends: with `cause`, from the loop. */
struct fetch *fetch_refuse(struct fetcher *fetcher, const struct error *cause, fetch_done *done,
			   void *data);

/* Drops it: its callback is not called. */
void fetch_drop(struct fetch *fetch);

/* How many are under way or wait their turn. */
size_t fetcher_busy(const struct fetcher *fetcher);

/* Closes connections and gives memory back; only while nothing is under way. */
void fetcher_rest(struct fetcher *fetcher);

#endif
