/* A raw door: bytes in both directions, until one of them meets the fault. */
#include "proxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const byte_kinds[] = {
	"cut-up",    "cut-down",    "reset-up",        "reset-down", "corrupt-up", "corrupt-down",
	"silent-up", "silent-down", "half-close-down", "drip-down",  "late-down",  NULL,
};

enum { PIECE = 16 << 10, DRIP_MS = 30, DRIPS = 200, LATE_MS = 15 };

/* One direction of a relay, and how many bytes pass before its fault. */
struct flow {
	int from, to;
	int64_t left; /* before the fault; -1: none comes */
	bool over;
};

static bool kind_is(const struct rule *rule, const char *kind)
{
	return strcmp(rule->kind, kind) == 0;
}

/* The rest of a piece, drop by drop: true when somebody had enough. */
static bool drip(struct link *link, const struct flow *flow, const char *bytes, int64_t length)
{
	for (int64_t i = 0; i < length && i < DRIPS; i++)
		if (link_wait(link, DRIP_MS) < 0 || send(flow->to, bytes + i, 1, MSG_NOSIGNAL) <= 0)
			return true;
	return length > DRIPS;
}

/* What the fault makes of the piece from the byte it strikes on. True: the connection is over. */
static bool strike(struct link *link, struct flow *flow, const struct rule *fault, char *bytes,
		   int64_t length)
{
	int64_t at = flow->left;

	flow->left = -1;
	count_fault(fault->kind);
	if (strncmp(fault->kind, "corrupt", 7) == 0) {
		bytes[at] = (char)(bytes[at] ^ (1 << door_random(link->door, 8)));
		return send(flow->to, bytes, (size_t)length, MSG_NOSIGNAL) < length;
	}
	if (at > 0 && send(flow->to, bytes, (size_t)at, MSG_NOSIGNAL) < at)
		return true;
	if (kind_is(fault, "drip-down"))
		return drip(link, flow, bytes + at, length - at);
	if (kind_is(fault, "late-down")) {
		link_busy(link, true);
		if (link_wait(link, LATE_MS) < 0)
			return true;
		return send(flow->to, bytes + at, (size_t)(length - at), MSG_NOSIGNAL) <
		       length - at;
	}
	if (strncmp(fault->kind, "silent", 6) == 0)
		link_hold(link);
	if (kind_is(fault, "half-close-down")) {
		(void)shutdown(link->fd, SHUT_WR);
		link_hold(link);
	}
	if (strncmp(fault->kind, "reset", 5) == 0)
		link_reset(link);
	return true;
}

/* One piece in one direction. True: the connection is over. */
static bool pass(struct link *link, struct flow *flow, const struct rule *fault, char *bytes)
{
	ssize_t got = recv(flow->from, bytes, PIECE, 0);

	if (got <= 0) {
		(void)shutdown(flow->to, SHUT_WR);
		flow->over = true;
		return got < 0;
	}
	if (flow->from == link->fd)
		door_saw(link->door, bytes, (size_t)got);
	if (flow->left >= 0 && flow->left < got)
		return strike(link, flow, fault, bytes, got);
	if (flow->left >= 0)
		flow->left -= got;
	return send(flow->to, bytes, (size_t)got, MSG_NOSIGNAL) < got;
}

void serve_raw(struct link *link)
{
	int upstream = connect_port(link->door->upstream);
	struct rule fault;
	bool met = upstream >= 0 && door_fault(link->door, LEVEL_BYTES, &fault);
	int64_t at = met ? fault.argument : 0;
	bool up = met && strcmp(fault.kind + strlen(fault.kind) - 3, "-up") == 0;
	struct flow flows[2] = { { link->fd, upstream, met && up ? at : -1, false },
				 { upstream, link->fd, met && !up ? at : -1, false } };
	char bytes[PIECE];
	bool over = upstream < 0;

	while (!over && !(flows[0].over && flows[1].over)) {
		struct pollfd watched[2] = {
			{ .fd = flows[0].over ? -1 : link->fd, .events = POLLIN },
			{ .fd = flows[1].over ? -1 : upstream, .events = POLLIN }
		};

		if (poll(watched, 2, HOLD_S * 1000) <= 0)
			break;
		for (int i = 0; i < 2 && !over; i++)
			if (watched[i].revents)
				over = pass(link, &flows[i], &fault, bytes);
		link_busy(link, false);
	}
	if (upstream >= 0)
		(void)close(upstream);
}
