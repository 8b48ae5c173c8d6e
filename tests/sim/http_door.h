/* The world over HTTP on loopback: one thread, one poll(). */
#ifndef METRICSD_SIM_HTTP_DOOR_H
#define METRICSD_SIM_HTTP_DOOR_H

#include <stdint.h>

struct error;
struct world;

struct door {
	struct world *world;
	int port;       /* 0: any that is free */
	int latency_ms; /* before each answer */
	int64_t (*now)(const struct door *door);
	int64_t clock_offset;
	int64_t fixed_now;              /* 0: the clock runs */
	const char *tls_cert, *tls_key; /* PEM, both or none */
};

/* Serves until SIGTERM or SIGINT; says "listening on PORT" on stdout once it does. */
int door_serve(const struct door *door, struct error *err);

#endif
