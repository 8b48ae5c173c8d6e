/*
 * The one place that reads the wall clock; only daemon/ and ctl/ may, everything else is told the
 * time.
 *
 * $METRICSD_CLOCK_OFFSET (seconds, may be negative and have a fraction) shifts it, so that tests
 * and the demo can live in another week than the machine.
 */
#ifndef METRICSD_CLOCK_H
#define METRICSD_CLOCK_H

#include <stdint.h>

/* Seconds since 1970-01-01 UTC. */
int64_t clock_now(void);

/* Seconds since the machine was started, those in which it slept among them; whoever sets the wall
 * clock does not change it. */
int64_t clock_elapsed(void);

#endif
