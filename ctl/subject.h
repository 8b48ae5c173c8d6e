/*
 * What something that has figures is called.
 */
#ifndef METRICSD_CTL_SUBJECT_H
#define METRICSD_CTL_SUBJECT_H

#include "board.h"

/* Its account's, group's or derived metric's id; which of them it is. */
const char *subject_id(const struct subject *subject);
enum sheet_section subject_section(const struct subject *subject);

/* For people, in the language in use. */
const char *subject_title(const struct subject *subject);

/* What is counted, also of a group or a derived metric, with the entity's own nouns for it. */
struct metric subject_metric(const struct subject *subject, const struct entity *entity);

bool subject_same(const struct subject *a, const struct subject *b);

#endif
