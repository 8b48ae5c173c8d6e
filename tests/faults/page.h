/*
 * What the programs of a test of faults share: a page of memory, the file that $METRICSD_FAULTS
 * names. The clock of those who load clock.c is the real one plus `offset_ns`; the daemon's loop
 * moves it on instead of waiting when nothing is under way.
 */
#ifndef METRICSD_TESTS_FAULTS_PAGE_H
#define METRICSD_TESTS_FAULTS_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULTS_PAGE "METRICSD_FAULTS"

enum { FAULTS_PAGE_BYTES = 4096 };

/* The driver reads and writes it as eight-byte numbers in this order. */
struct faults_page {
	_Atomic int64_t offset_ns;   /* virtual time minus real time */
	_Atomic int64_t base_ns;     /* the same at the beginning */
	_Atomic int64_t until_ns;    /* the offset is moved no further */
	_Atomic int64_t grace_ms;    /* nothing for so long: the loop's wait is over; 0: it waits */
	_Atomic int64_t busy;        /* requests that are being answered: nothing is skipped */
	_Atomic int64_t turns;       /* of the daemon's loop */
	_Atomic int64_t descriptors; /* of the daemon, when its loop last had nothing to do */
	_Atomic int64_t threads;
	_Atomic int64_t resident; /* KiB of its own: without what files are mapped */
	_Atomic int64_t skipped;  /* waits that were cut short */
};

/* Of the process: NULL without one. Mapped once. */
struct faults_page *faults_page(void);

#endif
