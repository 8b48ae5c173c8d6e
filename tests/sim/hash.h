/* Chance without a state: the same words give the same number, in every run and on every machine.
 */
#ifndef METRICSD_SIM_HASH_H
#define METRICSD_SIM_HASH_H

#include <stdint.h>

/* The odd number nearest to 2^64 / golden ratio: spreads counters over all bits. */
#define HASH_SPREAD UINT64_C(0x9E3779B97F4A7C15)

/* splitmix64's finaliser. */
static inline uint64_t hash_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

static inline uint64_t hash_two(uint64_t a, uint64_t b)
{
	return hash_mix(a + HASH_SPREAD * (b + 1));
}

static inline uint64_t hash_text(uint64_t key, const char *text)
{
	for (; *text; text++)
		key = hash_two(key, (unsigned char)*text);
	return key;
}

#endif
