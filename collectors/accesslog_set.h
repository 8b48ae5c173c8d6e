/*
 * Clients as keyed hashes: which of them came on which days of a month, and which of their visits
 * are open. Both tables are bounded, in order of hash (so that they grow by one walk), and know
 * nothing of who is behind a hash.
 */
#ifndef METRICSD_COLLECTORS_ACCESSLOG_SET_H
#define METRICSD_COLLECTORS_ACCESSLOG_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each table is of so many pieces, by the first bits of the hash, which grow one after the other:
 * so nobody waits while all of it is moved. */
enum { CLIENTS_MAX = 2000000, PIECES = 64, PIECE_BITS = 6 };

/* A client in a month. */
struct visitor {
	uint32_t low, high; /* of its hash */
	uint32_t days;      /* bit n: came on the month's day n; 0: the slot is free */
};

struct visitors {
	struct visitor_piece {
		struct visitor *slots;
		size_t size, count;
	} pieces[PIECES];
	size_t count;
};

enum visitor_news {
	VISITOR_KNOWN,   /* that it came that day */
	VISITOR_AGAIN,   /* it came on another day of the month */
	VISITOR_NEW,     /* first time in the month */
	VISITOR_NO_ROOM, /* CLIENTS_MAX others are known */
};

/* That the client came on day `day` (0 to 30) of the month. */
enum visitor_news visitors_add(struct visitors *visitors, uint64_t hash, int day);

/* The days it is known to have come, 0: none. */
uint32_t visitors_days(const struct visitors *visitors, uint64_t hash);
void visitors_clear(struct visitors *visitors);

/* An open visit: from its first page to its last. A client may have several, apart from each other
 * by more than the gap. */
struct visit {
	uint64_t hash;
	uint32_t first, last; /* time; last 0: the slot is free */
};

struct visits {
	struct visit_piece {
		struct visit *slots;
		size_t size, count;
	} pieces[PIECES];
	size_t count;
};

/* The client's first visit in the table, and its next one after `visit`; NULL: no more. Valid until
 * the table is changed. */
struct visit *visits_first(const struct visits *visits, uint64_t hash);
struct visit *visits_next(const struct visits *visits, const struct visit *visit);

/* NULL: there are CLIENTS_MAX already. */
struct visit *visits_add(struct visits *visits, const struct visit *visit);
void visits_remove(struct visits *visits, struct visit *visit);

/* Forgets the visits of the piece `number` that ended before `since` or began after `until`. */
void visits_forget(struct visits *visits, size_t number, int64_t since, int64_t until);
void visits_clear(struct visits *visits);

#endif
