/*
 * A proxy that lies between metricsd and a simulator and breaks what passes. Each of its doors (a
 * port on loopback) has one rule: which fault, and which of the connections or requests meet it. A
 * raw door passes bytes on, an http door requests, with TLS or without.
 *
 * One thread for each connection: a connection that hangs is a thread that waits.
 */
#ifndef METRICSD_TESTS_FAULTS_PROXY_H
#define METRICSD_TESTS_FAULTS_PROXY_H

#include "metricsd/text.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	ANSWER_MAX = 8 << 20,
	KINDS_MAX = 128,
	KIND_NAME = 48,
	CANNED_MAX = 32,
	HOLD_S = 600, /* the longest a connection is held open with nothing to say */
};

enum when { WHEN_ALL, WHEN_FIRST, WHEN_EVERY, WHEN_PERCENT };

/* Where a fault can be met. */
enum level {
	LEVEL_PORT,     /* nobody listens, or nobody accepts */
	LEVEL_ACCEPT,   /* a connection, before its first byte */
	LEVEL_BYTES,    /* a raw connection, somewhere in its stream */
	LEVEL_QUESTION, /* a request, instead of its answer */
	LEVEL_ANSWER,   /* its answer */
};

struct rule {
	char kind[KIND_NAME]; /* "none"; "any": one of all those of the door's level */
	int64_t argument;
	enum when when;
	int64_t number;
};

struct door {
	struct door *next;
	char name[KIND_NAME];
	bool raw;
	int port, upstream;
	int fd; /* listens, or is only bound: nobody does */
	int fillers[8];
	pthread_mutex_t lock; /* over what follows */
	struct rule rule;
	SSL_CTX *tls; /* NULL: plain */
	uint64_t random;
	int64_t asked; /* times the rule was asked */
	/* what came in */
	_Atomic int64_t connections, requests, bytes, secrets;
};

/* The client's side of a connection. */
struct link {
	struct door *door;
	int fd;
	SSL *ssl;  /* NULL: plain */
	bool busy; /* counted in the page */
};

struct proxy {
	struct door *doors;
	char secret[256]; /* looked for in whatever comes in; "": none */
	struct {
		char name[KIND_NAME];
		char *bytes;
		size_t length;
	} canned[CANNED_MAX]; /* answers of files, faults by their names */
	size_t canned_count;
	pthread_mutex_t lock; /* over the counts */
	struct {
		char kind[KIND_NAME];
		int64_t count;
	} counts[KINDS_MAX];
};

extern struct proxy proxy;

/* --- proxy.c */

/* A number from 0 to below `end`, from the door's seed. */
int64_t door_random(struct door *door, int64_t end);

/* Whether the next connection (or request) meets the door's fault of that level: its kind and
 * argument in `ret`, false: none. */
bool door_fault(struct door *door, enum level level, struct rule *ret);

/* One more fault of the kind was injected. */
void count_fault(const char *kind);

/* Looks for the secret in what came in. */
void door_saw(struct door *door, const char *bytes, size_t length);

int connect_port(int port);

/* --- link.c */

/* Bytes read; 0: over; -1: broken. */
int64_t link_read(struct link *link, char *bytes, size_t room);

/* -1: the client has gone. */
int link_write(struct link *link, const char *bytes, size_t length);

/* Ends it with a reset rather than a goodbye. */
void link_reset(struct link *link);
void link_close(struct link *link);

/* Says nothing until the client goes. What it says meanwhile is read and dropped. */
void link_hold(struct link *link);

/* So many milliseconds, less when the client goes: -1 then. */
int link_wait(struct link *link, int64_t ms);

void link_busy(struct link *link, bool busy);

/* --- answers.c, raw.c: a whole connection each */

void serve_http(struct link *link);
void serve_raw(struct link *link);

/* Kinds a door of that level may choose from for "any". */
extern const char *const answer_kinds[], *const question_kinds[], *const accept_kinds[],
									  *const byte_kinds[];

#endif
