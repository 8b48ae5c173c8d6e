/*
 * SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012, with the rounds that
 * its authors give for tables): without the key a hash says nothing.
 */
#ifndef METRICSD_SIPHASH_H
#define METRICSD_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY = 16 };

/* The same on every machine. */
uint64_t siphash(const unsigned char key[SIPHASH_KEY], const void *bytes, size_t length);

#endif
