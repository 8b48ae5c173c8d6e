/*
 * Numbers of one source that do not go together: windows and the shorter ones within them, two
 * levels of one day. `reconcile` lists them, whoever enters one hears of it.
 */
#ifndef METRICSD_CTL_CLASH_H
#define METRICSD_CTL_CLASH_H

#include "board.h"

/* Whether what they are stated as lies apart by more than the tolerance: thousandths of the larger.
 */
bool figures_apart(const struct figure *a, const struct figure *b, int64_t tolerance);

/* By how much the first one's number is more; the larger of the two, whatever its sign. */
int64_t figures_difference(const struct figure *a, const struct figure *b);
int64_t figures_larger(const struct figure *a, const struct figure *b);

/* A window's number as a figure of that window alone. */
struct figure sample_figure(const struct sample *sample, enum metric_kind kind);

/* Disjoint shorter windows of the track within `outer`, added up; people: [max, sum]. */
struct figure parts_figure(const struct track *track, struct window outer);

/* Whether what is counted changes within the window. */
bool changes_inside(const struct track *track, struct window window);

enum clash {
	CLASH_NONE,
	CLASH_SUM,   /* the parts are all there and add up to something else */
	CLASH_BELOW, /* it cannot be: a whole below what is known of it */
};

/* What of a whole and its known parts cannot be. */
enum clash clash_of(const struct track *track, const struct figure *whole,
		    const struct figure *parts, int64_t tolerance);

/* Another level of the sample's last day that differs, or NULL. */
const struct sample *other_level(const struct track *track, const struct sample *sample,
				 int64_t tolerance);

#endif
