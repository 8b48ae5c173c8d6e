#include "subject.h"

#include <string.h>

const char *subject_id(const struct subject *subject)
{
	if (subject->account)
		return subject->account->id;
	return subject->group ? subject->group->id : subject->derived->account;
}

enum sheet_section subject_section(const struct subject *subject)
{
	if (subject->account)
		return SHEET_ACCOUNTS;
	return subject->group ? SHEET_GROUPS : SHEET_DERIVED;
}

const char *subject_title(const struct subject *subject)
{
	if (subject->account)
		return subject->account->title;
	if (subject->group)
		return subject->group->title;
	return subject->derived->title ? subject->derived->title : subject->derived->account;
}

struct metric subject_metric(const struct subject *subject, const struct entity *entity)
{
	const struct metric *own = metric_find(entity->metrics, subject->metric);
	struct metric metric = { .id = subject->metric,
				 .kind = subject->kind,
				 .label = subject->label };

	if (subject->known)
		metric = *subject->known;
	if (own && !metric.one) {
		metric.one = own->one;
		metric.many = own->many;
	}
	return metric;
}

bool subject_same(const struct subject *a, const struct subject *b)
{
	return a->account == b->account && a->group == b->group && a->derived == b->derived &&
	       strcmp(a->metric, b->metric) == 0;
}
