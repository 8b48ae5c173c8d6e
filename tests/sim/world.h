/* Inside the simulated world: what its files share. */
#ifndef METRICSD_SIM_WORLD_H
#define METRICSD_SIM_WORLD_H

#include "sim.h"

/* Who is counted once. Each person of a crowd is there on a day or not, by hash. */
enum people { PEOPLE_VIEWERS, PEOPLE_ENGAGED, PEOPLE_FOLLOWING, PEOPLE_LEAVING };
enum { PEOPLE_KINDS = 4 };

/* A day's numbers become visible in steps; with the last one they are whole. */
enum { STEP_HIDDEN = -1, STEP_WHOLE = 3, STEPS = 4 };

/* The people of one day: those registered by each step, the later including the earlier. */
struct crowd_day {
	uint32_t counts[STEPS];
	uint64_t bits[]; /* STEPS times `words` */
};

struct crowd {
	uint64_t key;
	uint32_t size;
	size_t words;
	struct crowd_day **days; /* by day since the account's first; NULL: not asked for yet */
	size_t room;
};

struct account {
	enum sim_kind kind;
	const char *id;
	const char *page;
	uint64_t key;
	int32_t since;
	int64_t followers;
	struct zone *insights; /* whose days its numbers are */
	struct zone *own;      /* whose days its publications are */
	struct crowd crowds[PEOPLE_KINDS];
	int64_t *levels; /* followers at the end of each day since the first */
	size_t level_count, level_room;
	char page_token[64];
	int64_t hour; /* the hour its calls are counted in */
	int calls;
};

/* How a metric may be asked for. */
enum {
	ASK_DAY = 1 << 0, /* Pages: period=day, … */
	ASK_ROLLING = 1 << 1,
	ASK_RANGE = 1 << 2,
	ASK_SERIES = 1 << 3, /* Instagram: a point a day, one number */
	ASK_TOTAL = 1 << 4,
	BREAK_FOLLOW = 1 << 5,
	BREAK_PRODUCT = 1 << 6,
	BREAK_CONTACT = 1 << 7,
	NEEDS_FOLLOWERS = 1 << 8, /* only from 100 followers on */
};

struct sim_metric {
	const char *id;       /* canonical, NULL: the provider's only */
	const char *provider; /* NULL: publications, node fields */
	enum metric_kind kind;
	enum people people; /* whom a unique number counts, and what a flow is in proportion to */
	int percent;        /* of a flow: of those people, about; from 100 on never below them. Of a
			     * unique number: of those people, exactly; 0: 100 */
	enum item_kind items; /* publications */
	unsigned ask;
	int later_hours; /* appears so much later than the day's others */
	const char *title;
	const char *description;
};

struct world {
	uint64_t seed;
	struct zone *pacific;
	struct zone **zones;
	size_t zone_count, zone_room;
	struct account **accounts; /* ascending by id */
	size_t account_count, account_room;
	struct faults {
		struct fault {
			struct sim_fault is;
			uint64_t number; /* of all, as they came */
		} * items;
		size_t count, room;
	} faults[SIM_FAULTS]; /* by kind: all are looked through for every request */
	uint64_t fault_count;
	struct sim_quirks quirks;
	const char *root_token, *app_secret, *matomo_token;
	struct sim_web_secrets web;
	struct sim_token *tokens; /* their texts are its own */
	size_t token_count, token_room;
	uint64_t requests;
};

/* metrics.c: tables that end with a NULL title; a metric by its canonical id or provider's name. */
const struct sim_metric *sim_metrics(enum sim_kind kind);
const struct sim_metric *sim_metric_find(enum sim_kind kind, const char *name);
const struct sim_metric *sim_metric_provider(enum sim_kind kind, const char *provider);

/* graph_tokens.c: the token of that secret, or NULL; whether it is still good, and the words of
 * those it is refused with (subcode 0: it is good). */
const struct sim_token *world_find_token(const struct world *world, const char *secret);
void world_free_tokens(struct world *world);

/* world.c */
/* Whether accounts of the kind are websites, whose days are their own zone's. */
bool is_site(enum sim_kind kind);
struct account *world_find(const struct world *world, const char *id);
/* The first fault of a kind that strikes now; account and metric may be NULL: only faults of all.
 */
const struct sim_fault *world_struck(const struct world *world, enum sim_fault_kind kind,
				     const struct account *account, const char *metric,
				     int64_t now);
/* Whether the day has no point of its own. */
bool world_day_lacks(const struct world *world, const struct account *account, const char *provider,
		     int32_t day);

/* truth.c: now INT64_MAX asks for the truth. */
int64_t account_value(const struct world *world, struct account *account,
		      const struct sim_metric *metric, struct window window, enum metric_kind kind,
		      int64_t now);
/* As of when a metric that comes later than others is seen; what settled is seen whole. */
int64_t world_seen(const struct world *world, const struct account *account,
		   const struct sim_metric *metric, struct window window, int64_t now);
int account_step(const struct world *world, const struct account *account, int32_t day,
		 int64_t now);
int64_t account_level(struct account *account, int32_t day);

/* items.c: one publication, its number ascending with time within its kind. */
struct published {
	enum item_kind kind;
	int64_t created;
	int64_t number;
};
enum { PUBLISHED_DAY_MAX = 16 };
/* Those of one UTC day, of the kinds whose bits (1 << kind) are set, newest first. */
size_t published_on(const struct account *account, unsigned kinds, int32_t utc_day,
		    struct published ret[PUBLISHED_DAY_MAX]);
void published_id(const struct account *account, const struct published *item, char ret[64]);
int published_compare(const struct published *a, const struct published *b); /* newer first */
size_t published_count(const struct account *account, unsigned kinds, int64_t since, int64_t until);

/* fields.c: a query or form, decoded. */
enum { FIELDS_MAX = 32 };
struct fields {
	struct {
		char *name, *value;
	} items[FIELDS_MAX];
	size_t count;
};
void fields_add(struct fields *fields, const char *form, size_t length);
const char *fields_get(const struct fields *fields, const char *name); /* NULL: not there */
void fields_clear(struct fields *fields);
/* Whether the comma-separated list has the word. */
bool list_has(const char *list, const char *word);

void matomo_answer(struct world *world, const struct sim_request *request, int64_t now,
		   struct sim_response *ret);
void google_token_answer(struct world *world, const struct sim_request *request, int64_t now,
			 struct sim_response *ret);
void ga4_answer(struct world *world, const struct sim_request *request, int64_t now,
		struct sim_response *ret);
void plausible_answer(struct world *world, const struct sim_request *request, int64_t now,
		      struct sim_response *ret);
void umami_answer(struct world *world, const struct sim_request *request, int64_t now,
		  struct sim_response *ret);
void graph_answer(struct world *world, const struct sim_request *request, int64_t now,
		  struct sim_response *ret);

#endif
