/*
 * What is counted, and how it adds up.
 *
 * A collector's metrics are a const table that ends with a NULL id; those an office declares itself
 * are built by the configuration with the same struct.
 */
#ifndef METRICSD_METRIC_H
#define METRICSD_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum metric_kind {
	METRIC_FLOW,   /* adds up over days */
	METRIC_STOCK,  /* a level: the last one counts */
	METRIC_UNIQUE, /* counted once per window (people); never added up */
	METRIC_RATIO,  /* computed from the figures of two others */
};

enum item_kind { ITEM_NONE, ITEM_POST, ITEM_REEL, ITEM_STORY };

/* What its numbers are, for whoever types and prints them. */
enum metric_unit {
	UNIT_COUNT,
	UNIT_PERCENT, /* 0 to 100, whole */
	UNIT_YES_NO,  /* 1 or 0 */
};

struct metric {
	const char *id;       /* canonical, English: "viewers" */
	const char *provider; /* the provider's name, NULL when it has none (items, entries) */
	enum metric_kind kind;
	int call;             /* how it is asked for: the collector's own enumeration */
	const char *label;    /* English, translated by gettext; NULL: that of metric_known() */
	int settles_days;     /* provisional while a window ended less than this many days ago */
	int revisable_days;   /* the provider may still change it so many days after (Meta: 28) */
	enum item_kind items; /* counted over publications of this kind; ITEM_NONE: sampled */
	bool estimated;       /* the provider calls it an estimate */
	bool negative;        /* may be below zero: what is not covered leaves no lower bound */
	bool momentary; /* the provider tells it as it is now alone: a day nobody looked is lost */
	int32_t born;   /* first day it exists at the provider, 0: always did */
	int32_t died;   /* first day it no longer does, 0: lives */
	const char *successor; /* id of the metric that took its place, or NULL */
	enum metric_unit unit;
	const char *one, *many; /* what is counted, as the office writes it in sentences: "noticia",
				   "noticias"; NULL: the report's own words, or its label */
};

/* "flow", "stock", "unique", "ratio" and back (-1 for another word). */
const char *metric_kind_name(enum metric_kind kind);
int metric_kind_parse(const char *word, enum metric_kind *ret);

/* "post", "reel", "story". */
const char *item_kind_name(enum item_kind kind);

/* The metric `id` of a table that ends with a NULL id, or NULL. */
const struct metric *metric_find(const struct metric *table, const char *id);

/* The metrics every institution knows (posts, views, visits, followers, reach, …), for channels
 * whose figures people enter; kind and label come from here. Ends with a NULL id. */
extern const struct metric metric_catalogue[];

/* Its English label: its own, the catalogue's, or its id. Never NULL. */
const char *metric_label(const struct metric *metric);

/* Whether a source is a layout of imported files ("csv", "mbs-metric"). */
bool source_is_file(const char *source);

enum { METRICS_MAX = 48 };

/* What is known of a collector's metric for one account. */
enum metric_life {
	METRIC_ALIVE,
	METRIC_RETIRED, /* the provider refuses it since `since`; asked again, alone, after `until`
			 */
};

struct metric_state {
	enum metric_life life;
	int32_t since;   /* day */
	int64_t until;   /* time */
	char words[160]; /* what the provider said */
};

/* In the order of the collector's table; zeroed: all alive. */
struct metric_states {
	struct metric_state items[METRICS_MAX];
};

#endif
