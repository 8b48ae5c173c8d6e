/*
 * What the files of the report share: an entity's part of a document while it is made.
 */
#ifndef METRICSD_CTL_REPORT_PARTS_H
#define METRICSD_CTL_REPORT_PARTS_H

#include "board.h"
#include "report_closed.h"

#include "metricsd/definition.h"
#include "metricsd/document.h"

/* A line of a table, or a figure of a sentence. */
struct named {
	struct subject subject;
	char *title;       /* "Facebook" */
	char *name;        /* "Facebook: visitas" */
	const char *label; /* what the definition calls the row; NULL: as usual */
};

struct named_list {
	struct named *items;
	size_t count, room;
};

/* What the names of a part mean in the entity at hand. */
struct resolved {
	const struct part *part;
	struct named_list rows, totals, lead, listed, total;
};

struct maker {
	struct ctl *ctl;
	const struct definition *definition;
	const struct entity *entity;
	const struct period *period;
	struct board *board;
	struct closed_periods *closed;
	struct document *document;
	struct resolved *parts;    /* one for each of the definition's */
	struct named_list used;    /* every figure the parts show, each once */
	int depth;                 /* headings go down by so many levels */
	struct absences *absences; /* what the definition names and the entity does not have */
	bool several;              /* entities in one document */
	size_t tables;             /* made so far: their ids */
	struct error *err;
};

/* What a name of a definition stands for. */
enum absence_kind {
	ABSENT_FIGURE,
	ABSENT_ACCOUNT,
	ABSENT_PLAN,
	ABSENT_METRIC, /* "*.posts": of whatever channels there are */
};

/* A name of the definition that an entity does not have. */
struct absence {
	enum absence_kind kind;
	int line; /* of the definition's file */
	const char *name;
	const struct entity *first; /* who lacks it, and how many more do */
	size_t more;
	char *words; /* of the first: what it has instead */
};

struct absences {
	struct absence *items;
	size_t count, room;
};

void absences_add(struct absences *absences, enum absence_kind kind, const struct part *part,
		  const char *name, const struct entity *entity, const char *words);
/* Of "*.pots", which stands for nothing the entity has: that is what it is for, unless nobody ever
 * counted such a thing. */
void absences_add_metric(struct absences *absences, const struct part *part, const char *name,
			 const struct entity *entity);
/*
 * One line on stderr: what was left out. What no entity of the configuration has, be it asked for
 * or not, is a mistake: each on a line of its own, and ERROR_INPUT.
 */
int absences_tell(struct ctl *ctl, const struct definition *definition,
		  const struct absences *absences, struct error *err);
void absences_clear(struct absences *absences);

static inline void scoped_absences(struct absences *absences)
{
	absences_clear(absences);
}

/* Appends one entity's parts to the document; what it does not have is left out and noted. */
int report_make(struct ctl *ctl, const struct definition *definition, const struct entity *entity,
		const struct period *period, bool several, struct document *document,
		struct absences *absences, struct error *err);

/* A text with its placeholders filled in; the caller's. */
char *report_text(struct language *language, const struct entity *entity,
		  const struct period *period, int32_t date, const char *text);

/* --- what its files give each other */

/* The figure a report prints: of a closed period as it was published. */
struct figure figure_over(const struct maker *maker, const struct subject *subject,
			  const struct period *period);
struct figure figure_now(const struct maker *maker, const struct named *named);

/* The same into a cell, marked where more is known today; what it is. */
struct figure put_figure(struct maker *maker, struct cell *cell, const struct named *named,
			 const struct period *period);
struct table *next_table(struct maker *maker, const char *caption);

/* Whether a name stands for a metric of every channel that has it: "*.posts". */
bool is_wild(const char *name);
/* Whether the rows are one such name, and so are called by their channels. */
bool has_rows_by_channel(const struct part *part);

/* Whether all are figures of one account, group or derived name. */
bool named_of_one_account(const struct named_list *list);

/* The decimals of a chart that shows them; a figure in a chart of so many. */
int chart_decimals(const struct figure *figures, size_t count);
struct chart_point chart_point_in(const struct figure *figure, int decimals);

/* `caption` is the part's with its placeholders filled in, or NULL. */
void make_table(struct maker *maker, const struct part *part, const char *caption,
		const struct named_list *rows, const struct named_list *totals);
void make_accounts(struct maker *maker, const struct resolved *resolved);
void make_register(struct maker *maker, const struct part *part, const char *caption);
int make_plan(struct maker *maker, const struct part *part, const char *caption);
/* Whether the part shows the plan: it names it, or none, and it has a day of the period. */
bool plan_shown(const struct maker *maker, const struct part *part, const struct plan *plan);
void make_prose(struct maker *maker, const struct resolved *resolved);
int make_lacking(struct maker *maker);
void make_sources(struct maker *maker, const char *caption);

/* Lines of a list. */
struct lines {
	char **items;
	size_t count, room;
};
void lines_add(struct lines *lines, struct text *words); /* takes the words over */
void lines_clear(struct lines *lines);

/* The title of the record that has the register's largest number, which is `number`; NULL where
 * there is none, or several. */
const char *register_largest(const struct maker *maker, const struct account *account,
			     int64_t number);

/* What lacks in the registers the part lists: months without a record, statements older than their
 * period. */
void register_lacks(const struct maker *maker, const struct part *part, struct lines *lines);

#endif
