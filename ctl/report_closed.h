/*
 * What was published of closed periods: a report made again says what was signed, whatever was
 * learnt since.
 */
#ifndef METRICSD_CTL_REPORT_CLOSED_H
#define METRICSD_CTL_REPORT_CLOSED_H

#include "board.h"

struct closed_periods;

/* Reads the entity's closed periods that have a day in the window. */
int closed_open(struct ctl *ctl, const struct entity *entity, struct window window,
		struct closed_periods **ret, struct error *err);
void closed_close(struct closed_periods *periods);

/* The subject's figure over a period: as it was published, else `today`. True: the two differ. Its
 * texts are borrowed from the closed periods. */
bool closed_figure(const struct closed_periods *periods, const struct subject *subject,
		   const struct period *period, const struct figure *today, struct figure *ret);

/* The closing of exactly this period, or NULL: it is open. */
const struct closing *closed_of(const struct closed_periods *periods, const struct period *period);

#endif
