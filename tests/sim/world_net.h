/*
 * The network of the simulated world: what daemon/fetch.h promises, carried out on the simulated
 * providers in this process, with everything that goes wrong on the way. Linked in fetch.c's place.
 *
 * It also watches who asks: nobody may ask before the time a provider told him, nor the same again
 * and again.
 */
#ifndef METRICSD_SIM_WORLD_NET_H
#define METRICSD_SIM_WORLD_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct net;
struct world;

/* What can happen to a request. */
enum net_trouble_kind {
	NET_TIMEOUT,   /* no answer, ever */
	NET_DNS,       /* the name cannot be found */
	NET_REFUSED,   /* nobody listens */
	NET_CUT,       /* the connection breaks in the middle of the answer */
	NET_DISTRUST,  /* the certificate is somebody else's, or has run out */
	NET_HUGE,      /* more bytes than are taken */
	NET_SLOW,      /* answers come just before the time is over */
	NET_TRUNCATED, /* the answer ends early, and looks whole to the transport */
	NET_GARBAGE,   /* a page of HTML with status 200: a captive portal */
	NET_DAMAGED,   /* bytes that are no text in the middle */
	NET_DEEP,      /* ten thousand brackets */
	NET_ABSURD,    /* numbers no counter can show */
	NET_EMPTY,     /* status 200 and not a byte */
	NET_SERVER,    /* status 502 to 504 */
	NET_TRANSIENT, /* Graph's code 2, or HTTP 500 */
	NET_LIMIT,     /* 429 with Retry-After */
};
enum { NET_TROUBLES = 16 };

struct net_trouble {
	enum net_trouble_kind kind;
	int64_t from, until; /* true time */
	const char *host;    /* borrowed; NULL: all of them */
	int percent;         /* of the requests */
};

/* Carries out what daemon/fetch.h is asked for from now on; one at a time. */
struct net *net_new(struct ev_loop *loop, struct world *world, uint64_t seed);
void net_free(struct net *net);
void net_trouble(struct net *net, const struct net_trouble *trouble);

/* The secret that is good for a token of the configuration from now on; NULL: none is. */
void net_secret(struct net *net, const char *token, const char *secret);

/* Its clock was set, or it was killed before it could write down what it was told: who asks now
 * cannot know better. */
void net_forgive(struct net *net);

/* The daemon was started, or a secret replaced: how long to wait before asking about a token is not
 * kept over that. */
void net_started(struct net *net);

/* For as long as its disk takes nothing: an answer that cannot be stored may not even be read. */
void net_pardon(struct net *net, bool pardoned);

/* The first thing that should not have been, or NULL. */
const char *net_violation(const struct net *net);

struct net_counts {
	uint64_t requests, answers;
	uint64_t troubles[NET_TROUBLES];
	uint64_t told_to_wait;  /* answers that did */
	uint64_t busiest_hour;  /* requests of one hour in all */
	uint64_t most_repeated; /* the same request within an hour */
};
struct net_counts net_counts(const struct net *net);
const char *net_trouble_name(enum net_trouble_kind kind);

#endif
