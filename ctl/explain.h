/*
 * A figure and everything it rests on, read once; what explain prints and what it gives programs
 * are two views of it.
 */
#ifndef METRICSD_CTL_EXPLAIN_H
#define METRICSD_CTL_EXPLAIN_H

#include "board.h"
#include "gap_list.h"

/* A group's account, a derived metric's term: one level down. */
struct explained_term {
	int sign;
	struct subject subject;
	struct figure figure;
};

/* What a series said before. */
struct explained_revision {
	const char *source;
	struct kept_revision kept;
};

/* A publication that was counted. */
struct explained_item {
	const char *source;
	struct kept_item kept;
	int32_t day;
};

struct explain {
	struct ctl *ctl;
	const struct entity *entity;
	struct period asked;  /* what was asked for */
	struct period period; /* the same, but of what a plan follows up the plan's days up to its
				 end; before explain_make() what is asked for */
	bool wants_items;

	struct board *board;
	struct subject subject;
	enum measure measure;
	struct period columns[SHEET_COLUMNS]; /* its months, then the period */
	size_t column_count;
	struct figure figures[SHEET_COLUMNS]; /* one a column */
	struct figure figure;                 /* of the period */
	struct text formula, lacking;         /* in the language in use */
	struct gap_list gaps;                 /* why days lack */

	struct explained_term *terms;
	size_t term_count, term_room;

	/* of an account */
	struct zone *zone; /* the entity's */
	struct trace trace;
	struct trace unused; /* what people or files said beside it and the figure does not use */
	const struct track *tracks;
	size_t track_count;
	struct figure *alone; /* of each track by itself: [track * column_count + column] */
	struct history history;
	struct zones zones;
	struct explained_revision *revisions;
	size_t revision_count, revision_room;
	struct explained_item *items;
	size_t item_count, item_room;
	const struct record **records;
	size_t record_count;
	int64_t *origin_ids; /* ascending */
	struct kept_origin *origins;
	size_t origin_count, origin_room;
};

/* Reads it all. The caller clears it, whatever came back. */
int explain_make(struct explain *explain, const char *name, const char *metric, struct error *err);
void explain_clear(struct explain *explain);

/* The rule a figure of this kind follows, in the language in use. */
const char *explain_rule(const struct explain *explain);

/* Which track the column's figure comes from, or `track_count`: none, or several. */
size_t explain_chosen(const struct explain *explain, size_t column);

/* Why, where another one knows something, too; appended to `out`. */
void explain_why(const struct explain *explain, size_t column, struct text *out);

/* The origin of that number, or NULL. */
const struct kept_origin *explain_origin(const struct explain *explain, int64_t id);

/* What of a plan is explained, or NULL: it is no follow-up of one. */
const struct activity *explain_activity(const struct explain *explain);

/* "request", "file", "person". */
const char *origin_kind_name(enum origin_kind kind);

/* One JSON object with everything (docs/formats.md). */
void explain_json(const struct explain *explain);

/* For people. */
void explain_print(const struct explain *explain);

static inline void scoped_explain(struct explain *explain)
{
	explain_clear(explain);
}

#endif
