#include "metricsd/lapse.h"

#include <stdio.h>
#include <string.h>

static const char *const causes[] = {
	[LAPSE_DOWN] = "down",
	[LAPSE_STORE] = "store",
	[LAPSE_ABSENT] = "absent",
	[LAPSE_RESTORED] = "restored",
};

struct lapse lapse_of_silence(int64_t since, int64_t until)
{
	struct lapse lapse = { .cause = LAPSE_DOWN, .since = since, .until = until };

	(void)snprintf(lapse.words, sizeof(lapse.words), "metricsd gave no sign of life");
	return lapse;
}

const char *lapse_name(const struct lapse *lapse)
{
	return lapse->cause == LAPSE_FAILED ? error_class_name(lapse->class) : causes[lapse->cause];
}

void lapse_parse(const char *name, struct lapse *ret)
{
	ret->class = ERROR_NONE;
	for (ret->cause = LAPSE_DOWN; ret->cause <= LAPSE_RESTORED; ret->cause++)
		if (strcmp(name, causes[ret->cause]) == 0)
			return;
	ret->cause = LAPSE_FAILED;
	for (ret->class = ERROR_TRANSIENT; ret->class < ERROR_OURS; ret->class ++)
		if (strcmp(name, error_class_name(ret->class)) == 0)
			return;
}
