/* Inside a run of the simulated world: who is in it, and what a seed decides will happen. */
#ifndef METRICSD_SIM_WORLD_PLAN_H
#define METRICSD_SIM_WORLD_PLAN_H

#include "world_run.h"

#include "metricsd/day.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

/* Chance, drawn one after the other. */
struct chance {
	uint64_t seed, drawn;
};
uint64_t chance_draw(struct chance *chance);
/* 0 to below `below`, which is more than 0. */
int64_t chance_below(struct chance *chance, int64_t below);
int64_t chance_between(struct chance *chance, int64_t from, int64_t to); /* both included */

enum channel_kind {
	CHANNEL_PAGE,
	CHANNEL_INSTAGRAM,
	CHANNEL_MATOMO,
	CHANNEL_MANUAL,
	CHANNEL_GA4,
	CHANNEL_PLAUSIBLE,
	CHANNEL_UMAMI,
	CHANNEL_LOG,
};
enum { CHANNEL_KINDS = 8 };

/* An account of the configuration. */
struct outlet {
	enum channel_kind kind;
	int entity;
	char id[32];
	char before[32];   /* its name before, "" when it had no other */
	char known[32];    /* its name to the daemon, which may not have read the latest */
	char provider[48]; /* 104…; a manual one has none, a log's is its directory's name */
	char token[32];
	bool absent; /* taken out of the configuration */
};

/* What a person entered and was told is kept. */
struct entered {
	size_t channel;
	int32_t day;
	int64_t value;
	bool acknowledged; /* else it may be there or not */
};

enum token_state {
	TOKEN_GOOD,
	TOKEN_REFUSED,
	TOKEN_GARBAGE,
	TOKEN_EMPTY,
	TOKEN_OPEN,
	TOKEN_GONE,
	TOKEN_ENDING,   /* good for twenty days */
	TOKEN_BLOCKED,  /* refused until its owner has logged in: it stays the same */
	TOKEN_FORGIVEN, /* he has */
};
enum { TOKEN_STATES = 9 };

/* A token of the configuration. */
struct held_token {
	char id[32];
	enum channel_kind of; /* CHANNEL_PAGE: Meta's, of Instagram's too */
	const char *kind;     /* "system-user"; NULL: shown as it is */
	bool app_secret;
	bool fixed; /* a Page's own token: never replaced */
	int generation;
	char secret[64];
	enum token_state state;
	int64_t ends;    /* time, 0: never */
	unsigned warned; /* bits of the stages that were told of this one */
};

struct planned {
	int64_t at;
	int order; /* of those at the same time */
	enum run_event event;
	int64_t a, b; /* whom and how much, by event */
};

/* A number that can be had of nobody any more, or was not for a while. */
struct blemish {
	char provider[48];
	char metric[40];      /* canonical */
	int32_t since, until; /* days, [since, until) */
};

/* Something between us and a provider, or wrong with him. */
struct storm {
	int64_t from, until;  /* true time */
	const char *host;     /* NULL: all of them */
	const char *provider; /* whose token is throttled; NULL: nobody's own */
	int percent;          /* of the requests */
	bool seldom;          /* one request in a hundred, until the calm */
};

struct plan_of_run {
	struct run_options options;
	struct chance chance;
	int64_t start, end, calm; /* true time; nothing goes wrong from `calm` on */
	struct outlet *channels;
	size_t channel_count;
	struct held_token *tokens;
	size_t token_count;
	int entity_count;
	struct planned *events; /* ascending */
	size_t event_count, event_room;
	struct blemish *blemishes;
	size_t blemish_count, blemish_room;
	struct storm *storms;
	size_t storm_count, storm_room;
	uint64_t counts[RUN_EVENTS]; /* of what is in the world from the start: storms and the like
				      */
};

/* Who is in it, without a world yet. */
void plan_make(struct plan_of_run *plan, const struct run_options *options);
void plan_clear(struct plan_of_run *plan);

/* Its accounts and what is wrong with the providers put into a world, what is wrong with the
 * network into a net. */
void plan_people_world(struct plan_of_run *plan, struct world *world, struct net *net);

/* The configuration file as it is now. `directory` is that of the secrets. */
void plan_write(const struct plan_of_run *plan, const char *directory, bool everybody,
		struct text *out);
const char *plan_zone(int entity);

/* Who collects from channels of the kind. */
const struct collector *plan_collector(enum channel_kind kind);

/* The first thing that is wrong with the number in some of the days, NULL: nothing is. */
const struct blemish *plan_blemish(const struct plan_of_run *plan, const char *provider,
				   const char *metric, struct window days);

/* Secrets and all that is derived from them have one of these in them. */
extern const char *const plan_secret_marks[];

#endif
