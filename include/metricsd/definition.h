/*
 * What a report consists of: a small file an office can change. Its parts name accounts, metrics
 * and registers as the configuration does; whether an entity has them is looked at when a report
 * is made of it.
 */
#ifndef METRICSD_DEFINITION_H
#define METRICSD_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>

struct text;

enum part_kind {
	PART_HEADING,  /* text */
	PART_TEXT,     /* a paragraph of the office's own */
	PART_TABLE,    /* figures: rows × the period's columns */
	PART_ACCOUNTS, /* a table for each channel with all its metrics */
	PART_REGISTER, /* the records of the period */
	PART_PLAN,     /* the follow-up of the entity's plans */
	PART_PROSE,    /* sentences made from figures */
	PART_LACKING,  /* what is not known, not final, or differs from what was published */
	PART_SOURCES,  /* whose days, which source, how complete: a line a figure */
};

enum part_columns {
	COLUMNS_MONTHS,  /* the period's months, then the whole */
	COLUMNS_WHOLE,   /* the whole alone */
	COLUMNS_COMPARE, /* the whole, the period before, the same a year before, the difference */
};

enum part_chart { CHART_NONE_WANTED, CHART_BARS_WANTED, CHART_LINES_WANTED };

/*
 * In texts {entity}, {period} ("cuarto trimestre de 2025"), {the_period} ("el cuarto …"), {year}
 * and {date} stand for themselves. Lists end with NULL and are never NULL.
 */
struct part {
	enum part_kind kind;
	int line;                  /* in its file */
	const char *text;          /* HEADING, TEXT; NULL else */
	const char *caption;       /* of tables; NULL: one is made */
	int level;                 /* of HEADING: 1 to 3 */
	bool page;                 /* begins a new page on paper */
	const char *const *rows;   /* TABLE: "account.metric", "group.metric", a derived name */
	const char *const *labels; /* what the rows are called, in their order; fewer: the rest as
				      usual */
	const char *const *totals; /* TABLE: rows below them that are totals */
	enum part_columns columns;
	enum part_chart chart;
	const char *account;       /* REGISTER, ACCOUNTS: whose; NULL: every account's */
	const char *list;          /* REGISTER: of an account's lists; NULL: its own register */
	const char *const *fields; /* REGISTER: columns; none: the register's usual ones */
	const char *plan;          /* PLAN: its id; NULL: all that have a day of the period */
	const char *const *lead;   /* PROSE: what the first sentence counts */
	const char *const *listed; /* PROSE: what follows, a line each */
	const char *total;         /* PROSE: what the last sentence counts, or NULL */
	bool compare;              /* PROSE: the total (else the first of lead) with the period
				      before */
};

struct definition {
	const char *path;
	const char *title;                    /* placeholders as in texts */
	const char *process, *code, *version; /* block of document control; NULL: none */
	struct part *parts;
	size_t count;
};

/* Reads and checks a file; -1 with every complaint, one line each, "file:line: message\n". */
int definition_load(const char *path, struct definition **ret, struct text *complaints);
void definition_free(struct definition *definition);

static inline void scoped_definition(struct definition **definition)
{
	definition_free(*definition);
}

#endif
