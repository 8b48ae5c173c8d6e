/* A small HTTP server on loopback, on the test's own loop: what it was asked, and canned answers.
 */
#ifndef METRICSD_TESTS_LOOPBACK_H
#define METRICSD_TESTS_LOOPBACK_H

#include <stddef.h>

struct ev_loop;
struct loopback;

/* `answer` gets a request whole (head and body) and gives the bytes to send, static ones; NULL: say
 * nothing and keep the connection open. After them the connection is closed. */
struct loopback *loopback_new(struct ev_loop *loop,
			      const char *(*answer)(void *data, const char *request), void *data);
void loopback_free(struct loopback *server);

/* "http://127.0.0.1:PORT" */
const char *loopback_address(const struct loopback *server);

/* How many connections are open just now, and the most there ever were. */
size_t loopback_open(const struct loopback *server);
size_t loopback_most(const struct loopback *server);

/* From now on connections stay open after an answer. */
void loopback_keep(struct loopback *server);

/* Says it on every connection that is kept, though nobody asked; they stay open. */
void loopback_blurt(struct loopback *server, const char *bytes);

/* Answers those who were told nothing. */
void loopback_release(struct loopback *server, const char *answer);

#endif
