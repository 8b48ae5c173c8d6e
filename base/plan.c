#include "metricsd/plan.h"

#include <string.h>

static const char *const formula_names[] = { "mean", "weighted", "budget" };

const char *plan_formula_name(enum plan_formula formula)
{
	return formula_names[formula];
}

int plan_formula_parse(const char *word, enum plan_formula *ret)
{
	for (size_t i = 0; i < sizeof(formula_names) / sizeof(formula_names[0]); i++) {
		if (strcmp(word, formula_names[i]) == 0) {
			*ret = (enum plan_formula)i;
			return 0;
		}
	}
	return -1;
}
