/* Inside the simulated Graph API: one call on its way. */
#ifndef METRICSD_SIM_GRAPH_H
#define METRICSD_SIM_GRAPH_H

#include "world.h"

#include <cjson/cJSON.h>

enum holder { HOLDER_NOBODY, HOLDER_ROOT, HOLDER_PAGE };

struct call {
	struct world *world;
	int64_t now;
	struct fields fields;
	char version[16]; /* that answers */
	const char *token;
	enum holder holder;
	const struct account *page; /* of a Page token */
	struct account *object;     /* whose node or edge is asked for */
	char edge[48];
	struct sim_response *ret;
};

/* Answers with an error: {"error":{…}}. */
__attribute__((format(printf, 5, 6))) void graph_refuse(struct call *call, int status, int code,
							int subcode, const char *format, ...);

/* Answers 200 with the object, taken over. */
void graph_give(struct call *call, cJSON *root);

/* since or until: unix seconds or a Pacific date. 1: there; 0: not there; -1: refused. */
int graph_time(struct call *call, const char *name, int64_t *ret);

/* paging.previous and paging.next of an insights answer: the windows before and after. */
void graph_windows(const struct call *call, cJSON *root, int64_t since, int64_t until);

/* An address of this call with some fields changed: name, value, …, NULL. */
void graph_address(const struct call *call, struct text *out, const char *const *changes);

/* "2026-11-18T08:00:00+0000" */
enum { GRAPH_TIME = 32 };
void graph_time_text(int64_t time, char ret[GRAPH_TIME]);

/* Seconds or days of what the Graph API refuses. */
enum {
	DAY_S = 86400,
	PAGE_WINDOW_MAX_S = 90 * DAY_S,
	INSTAGRAM_WINDOW_MAX_S = 2592000,
	RETENTION_S = 2 * 365 * DAY_S,
};

/* Splits the metric parameter, refusing unknown and retired names. */
enum { ASKED_MAX = 40 };
struct asked {
	const struct sim_metric *items[ASKED_MAX];
	size_t count;
};
int page_metrics_asked(struct call *call, struct asked *ret);
int instagram_metrics_asked(struct call *call, struct asked *ret);

void page_insights(struct call *call);
void instagram_insights(struct call *call);

/* Whose token it is; `page` is set for a Page's. */
enum holder graph_holder(const struct call *call, const char *token, const struct account **page);

/* Refuses a token that has died: true. `words` (or NULL) is what a fault says of all of them. */
bool graph_token_died(const struct call *call, const struct sim_token *token, int *subcode,
		      char words[256]);

/* "Monday, 16-Nov-26 14:00:00 PST" */
void graph_pacific_words(const struct call *call, int64_t time, char ret[64]);
void graph_fault_words(const struct call *call, int subcode, int64_t since, char ret[256]);
const struct account *graph_instagram_of(const struct world *world, const struct account *page);

/* debug_token and oauth/access_token. */
void graph_debug(struct call *call, bool post);
void graph_exchange(struct call *call);

/* published_posts, video_reels, videos, stories, media: true when the edge is one of them. */
bool graph_list(struct call *call);

#endif
