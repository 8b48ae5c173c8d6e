/* How much more or less it is than before. */
#include "metricsd/report.h"

#include "metricsd/cleanup.h"
#include "metricsd/language.h"

#include <stdlib.h>

const char *comparability_name(enum comparability how)
{
	switch (how) {
	case COMPARABLE:
		return "comparable";
	case COMPARABLE_SOURCES:
		return "other-sources";
	case COMPARE_NOTHING:
		return "nothing";
	case COMPARE_INCOMPLETE:
		return "incomplete";
	case COMPARE_BROKEN:
		return "broken";
	case COMPARE_INCONSISTENT:
		return "inconsistent";
	}
	return "nothing";
}

/* "+1.200", "−3", "0" */
static void print_signed(int64_t number, int decimals, struct language *language, struct text *out)
{
	if (number > 0)
		text_add_char(out, '+');
	language_decimal(language, number, decimals, out);
}

static void print_share(int64_t share, struct language *language, struct text *out)
{
	SCOPED(text)
	struct text number = { 0 };

	print_signed(share, 1, language, &number);
	percent_print(text_str(&number), out);
}

/* "-1.200 to -900": a dash between would be lost among their signs. */
static void add_range(int64_t low, int64_t high, int decimals, struct language *language,
		      struct text *out)
{
	SCOPED(text)
	struct text first = { 0 };
	SCOPED(text)
	struct text last = { 0 };

	print_signed(low, decimals, language, &first);
	print_signed(high, decimals, language, &last);
	if (low == high)
		text_add(out, text_str(&first));
	else
		/* TRANSLATORS: the bounds of a difference: "-1,200 to -900" */
		text_addf(out, say("%s to %s"), text_str(&first), text_str(&last));
}

void comparison_print(const struct comparison *comparison, int decimals, struct language *language,
		      struct text *out)
{
	bool exact = comparison->low == comparison->high;

	if (comparison->how != COMPARABLE && comparison->how != COMPARABLE_SOURCES) {
		text_add(out, say("not comparable"));
		return;
	}
	add_range(comparison->low, comparison->high, decimals, language, out);
	if (!comparison->relative)
		return;
	text_add(out, " (");
	if (exact) {
		print_share(comparison->share, language, out);
	} else {
		SCOPED(text)
		struct text range = { 0 };

		add_range(comparison->low_share, comparison->high_share, 1, language, &range);
		percent_print(text_str(&range), out);
	}
	text_add_char(out, ')');
}
