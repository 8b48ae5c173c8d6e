#include "metricsd/siphash.h"

#include <string.h>

static inline uint64_t turn(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = turn(s->v1, 13) ^ s->v0;
	s->v0 = turn(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = turn(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = turn(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = turn(s->v1, 17) ^ s->v2;
	s->v2 = turn(s->v2, 32);
}

/* little-endian, so that a key means the same on every machine */
static inline uint64_t word_at(const unsigned char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

uint64_t siphash(const unsigned char key[SIPHASH_KEY], const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	const unsigned char *end = at + (length & ~(size_t)7);
	uint64_t k0 = word_at(key);
	uint64_t k1 = word_at(key + 8);
	struct sip s = { k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
			 k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL };
	uint64_t last = (uint64_t)length << 56;

	for (; at < end; at += 8) {
		uint64_t word = word_at(at);

		s.v3 ^= word;
		sip_round(&s);
		s.v0 ^= word;
	}
	for (size_t i = 0; i < (length & 7); i++)
		last |= (uint64_t)at[i] << (8 * i);
	s.v3 ^= last;
	sip_round(&s);
	s.v0 ^= last;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
