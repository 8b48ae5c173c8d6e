/*
 * A whole report: made, and written to a file.
 */
#ifndef METRICSD_CTL_REPORT_H
#define METRICSD_CTL_REPORT_H

#include "ctl.h"

#include "metricsd/document.h"

struct definition;

/* The definition of this name or file; NULL: the one a period of this kind usually has. ENDS_FINE,
 * or after words what the program ends with. */
int report_definition(const struct ctl *ctl, const char *name, const struct period *period,
		      struct definition **ret);

/* A PERIOD that names no days of its own ("last-quarter") is the last one that is over on the
 * entity's today: *named is its name in `ret`, else `word`. */
int report_word(const struct ctl *ctl, const struct entity *entity, const char *word,
		char ret[PERIOD_TEXT], const char **named, struct error *err);

/* The period as the first entity that is asked for and knows it says it. */
int report_period(struct ctl *ctl, const char *word, struct period *ret, struct error *err);

/* Words when something else stands in braces in the path that `option` gives: {period} may, and
 * with `by_entity` {entity}. ENDS_FINE, or what the program ends with. */
int report_path_check(const char *option, const char *path, bool by_entity);

/* A path in which {period} stands for the period's name, and {entity} for the entity's id (NULL: as
 * it stands); the caller's. */
char *report_path(const char *path, const char *entity, const struct period *period);

/*
 * Calls `make` once, or, where {entity} is in the path, once for each entity that is asked for, as
 * if --entity named it. One that fails keeps nobody from the others. ENDS_FINE, or the worst of
 * them.
 */
int report_for_each(struct ctl *ctl, const char *path, int (*make)(struct ctl *ctl, void *data),
		    void *data);

/* The report of all entities that are asked for over the PERIOD `word`. */
int report_document(struct ctl *ctl, const struct definition *definition, const char *word,
		    int32_t date, struct document **ret, struct error *err);

/* Written beside the file and then put in its place: nobody ever finds half a report. */
int report_write(const struct ctl *ctl, const struct document *document, const char *path,
		 enum document_format format, struct error *err);

/* How many entities are asked for, and the first of them (NULL: none). ERROR_INPUT when some of
 * them bear another notice: what is simulated never meets what is real. */
int report_entities(const struct ctl *ctl, size_t *count, const struct entity **first,
		    struct error *err);

#endif
