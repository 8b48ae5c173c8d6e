/*
 * What Meta's two collectors share: the place of a sweep, requests, how the Graph API refuses and
 * throttles, setting refused metrics aside, and walking a list of publications page by page.
 *
 * The rules come from Meta's documentation as of 2026-11 and from behaviour seen in 2026; where a
 * rule looks odd its comment says so.
 */
#ifndef METRICSD_COLLECTORS_GRAPH_H
#define METRICSD_COLLECTORS_GRAPH_H

#include "metricsd/cleanup.h"
#include "metricsd/collector.h"
#include "metricsd/json.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	GRAPH_REACH_DAYS = 729, /* two years, less a day of margin */
	GRAPH_PAGES_MAX = 300,  /* of one walk, a hundred entries each */
	GRAPH_AFTER_MAX = 4096, /* a paging cursor; a kilobyte was seen */
	GRAPH_PAGE_FRESH_S = 3600,
	GRAPH_MARGIN_S = 600, /* between asking for a list and reading it, and between clocks */
};

/* Meta's insights are in US Pacific days, whatever the office's zone. */
#define GRAPH_ZONE "America/Los_Angeles"

/* Says what a token is worth (graph_token.c). */
extern const struct inspector graph_inspector;

/* Settings of either collector: the Page or the Instagram account, and where it is asked. */
struct graph_object {
	const char *id;
	const char *base;
	const char *version;
};

/*
 * Where a sweep is. `step` and `part` are the collector's own enumerations; the cursor is this in
 * text. Whatever depends on the time goes by `started`, so that `next` and `take` of one request
 * agree.
 */
struct graph_place {
	int step;
	int part;
	int alone;       /* the metric asked alone, by its place in the table; -1: all together */
	int32_t day;     /* days before it have been asked; DAY_NONE at the start of a step */
	int64_t started; /* time of the sweep's first answer */
	int64_t walked;  /* time the walk's first page was certainly not yet asked; 0: no walk */
	int64_t renewed; /* time the walk began, or began again */
	int pages;
	int listed;
	char after[GRAPH_AFTER_MAX];
	bool endless; /* graph_walk() found the list to have no end; not kept in the cursor */
};

/* Reads the cursor; ERROR_REQUEST when it makes no sense. */
int graph_place_read(const struct job *job, int steps, struct graph_place *ret, struct error *err);
void graph_place_write(struct job *job, const struct graph_place *place);

/* To the start of `step`. */
void graph_step(struct graph_place *place, int step);

/* The wanted days Meta still keeps; of a SWEEP_CHECK one settled day. */
struct days graph_days(const struct job *job, const struct graph_place *place);

/* First day Meta still keeps. */
int32_t graph_earliest(const struct job *job, const struct graph_place *place);

/* Retired, and due to be asked again. */
bool graph_due_again(const struct job *job, const struct graph_place *place, int metric);

/* Sets of metrics, by their place in the table. */
static inline uint64_t graph_bit(int metric)
{
	return UINT64_C(1) << metric;
}

static inline int graph_lowest(uint64_t mask)
{
	return __builtin_ctzll(mask);
}

static inline bool graph_single(uint64_t mask)
{
	return (mask & (mask - 1)) == 0;
}

/* The living metrics that are asked for by `call`. */
uint64_t graph_alive_of(const struct job *job, const struct metric *table, int call);

/* Those of `mask` whose turn it is: all together, or one by one after a refusal. 0: the round of
 * single ones is over. */
uint64_t graph_turn(const struct graph_place *place, uint64_t mask);

/* --- asking --- */

/* A GET of {base}/{version}/{id} with `path` ("/insights?metric=") behind it. `what` starts the
 * request's words. */
void graph_request(struct request *request, const struct graph_object *object, const char *path,
		   const char *what);

/* Adds the provider's names of the metrics in `mask`, divided by commas, to address and words. */
void graph_add_metrics(struct request *request, const struct metric *table, uint64_t mask);

/* Adds limit=100 and, when the walk is under way and not gone stale, after=…. */
void graph_add_page(const struct job *job, struct request *request,
		    const struct graph_place *place);

/* --- reading --- */

enum graph_refusal {
	GRAPH_REFUSED,    /* the class says all: wait, or a person acts */
	GRAPH_METRIC,     /* one of the metrics asked for is not known any more */
	GRAPH_PARAMETER,  /* this request is not answered; others may be */
	GRAPH_PERMISSION, /* this kind of request is not allowed */
	GRAPH_NO_DATA,    /* an error that only says there is nothing to show */
};

struct graph_answer {
	cJSON *root;
	enum graph_refusal refusal; /* after -1 */
	const char *message;        /* the provider's, whole, borrowed from root; "" */
};

static inline void scoped_graph_answer(struct graph_answer *answer)
{
	cJSON_Delete(answer->root);
}

/*
 * Reads an answer: usage headers into job->hold and notes, errors into class, hold and refusal; the
 * body decides, not the status. 0: `ret->root` is an object without error. `needs` names the
 * permissions of such a call.
 */
int graph_read(struct job *job, const struct response *response, const char *needs,
	       struct findings *findings, struct graph_answer *ret, struct error *err);

/* A provider's message fit for an error: short, one line, and without a token. It ends where an
 * address would go on with one, and long runs of letters and digits become stars: some refusals
 * quote it ("Malformed access token EAAB…"). */
void graph_words(const char *message, char *ret, size_t room);

/* The metric of `mask` named `name`, by its place in the table; -1: none. */
int graph_metric(const struct metric *table, uint64_t mask, const char *name);

/* One number for one window: absent is missing and fine; below zero, an object or a zero too young
 * to be believed is not taken. ERROR_MALFORMED for what is no whole number. */
int graph_value(struct job *job, const struct metric *metric, struct window window,
		const cJSON *value, struct findings *findings, struct error *err);

/* Sets a metric aside until tomorrow, or takes it back. */
void graph_retire(struct job *job, const struct metric *table, int metric, const char *message);
void graph_revive(struct job *job, const struct metric *table, int metric,
		  struct findings *findings);

/* Notes what an answer held that nobody asked for; `name` and `period` may be NULL. */
void graph_note_unasked(struct findings *findings, const char *name, const char *period);

/* In a SWEEP_CHECK: says which metrics of `mask` answer and takes the samples back out. */
void graph_check_samples(struct findings *findings, size_t before, const struct metric *table,
			 uint64_t mask, int32_t day);

/* One kind of list. `entry` reads an entry: its item, ITEM_NONE to leave it out. */
struct graph_list {
	const char *name; /* "posts", for people */
	int64_t since;    /* older entries are left out; a page of nothing else ends the walk */
	bool wanted[ITEM_STORY + 1];
	int (*entry)(const cJSON *entry, struct item *ret, struct findings *findings,
		     struct error *err);
};

/* Takes a page. 1: the place has moved on to the next one; 0: the walk is over and its stretch of
 * time watched. -1: the page cannot be understood, or (place->endless) the list has no end. */
int graph_walk(struct job *job, const cJSON *root, const struct graph_list *list,
	       struct graph_place *place, struct findings *findings, struct error *err);

/* A refused page: true when the walk was begun again because its cursor may have gone stale. */
bool graph_walk_again(const struct job *job, struct graph_place *place);

#endif
