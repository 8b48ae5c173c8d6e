#include "accesslog_set.h"

#include "metricsd/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_FIRST = 32 };

__extension__ typedef unsigned __int128 wide;

static inline size_t piece_of(uint64_t hash)
{
	return (size_t)(hash >> (64 - PIECE_BITS));
}

/* Where a hash belongs in its piece: in order of hash, so that a bigger one is filled from front to
 * back. */
static inline size_t place_of(uint64_t hash, size_t size)
{
	return (size_t)(((wide)(hash << PIECE_BITS) * size) >> 64);
}

static bool is_full(size_t count, size_t size)
{
	return count * 4 >= size * 3;
}

/* They begin with different sizes, or all would grow at once. */
static size_t first_size(size_t piece)
{
	return SIZE_FIRST + SIZE_FIRST * piece / PIECES / 2;
}

static size_t bigger(size_t size, size_t piece)
{
	return size ? size + size / 2 : first_size(piece);
}

/* --- visitors ------------------------------------------------------------------------------- */

static inline uint64_t visitor_hash(const struct visitor *visitor)
{
	return (uint64_t)visitor->high << 32 | visitor->low;
}

static struct visitor *visitor_slot(const struct visitor_piece *piece, uint64_t hash)
{
	size_t i = place_of(hash, piece->size);

	while (piece->slots[i].days && visitor_hash(&piece->slots[i]) != hash)
		if (++i == piece->size)
			i = 0;
	return &piece->slots[i];
}

static void visitors_grow(struct visitors *visitors, size_t number)
{
	struct visitor_piece *piece = &visitors->pieces[number];
	struct visitor_piece old = *piece;

	piece->size = bigger(old.size, number);
	piece->slots = memory_new(piece->size, sizeof(struct visitor));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].days)
			*visitor_slot(piece, visitor_hash(&old.slots[i])) = old.slots[i];
	free(old.slots);
}

enum visitor_news visitors_add(struct visitors *visitors, uint64_t hash, int day)
{
	size_t number = piece_of(hash);
	struct visitor_piece *piece = &visitors->pieces[number];
	struct visitor *slot;
	uint32_t bit = 1U << day;

	assert(day >= 0 && day < 32);
	if (is_full(piece->count, piece->size))
		visitors_grow(visitors, number);
	slot = visitor_slot(piece, hash);
	if (slot->days & bit)
		return VISITOR_KNOWN;
	if (slot->days) {
		slot->days |= bit;
		return VISITOR_AGAIN;
	}
	if (visitors->count == CLIENTS_MAX)
		return VISITOR_NO_ROOM;
	*slot = (struct visitor){ (uint32_t)hash, (uint32_t)(hash >> 32), bit };
	piece->count++;
	visitors->count++;
	return VISITOR_NEW;
}

uint32_t visitors_days(const struct visitors *visitors, uint64_t hash)
{
	const struct visitor_piece *piece = &visitors->pieces[piece_of(hash)];

	return piece->size > 0 ? visitor_slot(piece, hash)->days : 0;
}

void visitors_clear(struct visitors *visitors)
{
	for (size_t i = 0; i < PIECES; i++)
		free(visitors->pieces[i].slots);
	*visitors = (struct visitors){ 0 };
}

/* --- visits --------------------------------------------------------------------------------- */

struct visit *visits_next(const struct visits *visits, const struct visit *visit)
{
	const struct visit_piece *piece = &visits->pieces[piece_of(visit->hash)];
	size_t i = (size_t)(visit - piece->slots);

	do {
		if (++i == piece->size)
			i = 0;
		if (!piece->slots[i].last)
			return NULL;
	} while (piece->slots[i].hash != visit->hash);
	return &piece->slots[i];
}

struct visit *visits_first(const struct visits *visits, uint64_t hash)
{
	const struct visit_piece *piece = &visits->pieces[piece_of(hash)];
	size_t i;

	if (piece->count == 0)
		return NULL;
	for (i = place_of(hash, piece->size); piece->slots[i].last;) {
		if (piece->slots[i].hash == hash)
			return &piece->slots[i];
		if (++i == piece->size)
			i = 0;
	}
	return NULL;
}

static struct visit *visit_put(struct visit_piece *piece, const struct visit *visit)
{
	size_t i = place_of(visit->hash, piece->size);

	while (piece->slots[i].last)
		if (++i == piece->size)
			i = 0;
	piece->slots[i] = *visit;
	return &piece->slots[i];
}

static void visits_move(struct visit_piece *piece, size_t size)
{
	struct visit_piece old = *piece;

	piece->size = size;
	piece->slots = memory_new(size, sizeof(struct visit));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].last)
			(void)visit_put(piece, &old.slots[i]);
	free(old.slots);
}

struct visit *visits_add(struct visits *visits, const struct visit *visit)
{
	size_t number = piece_of(visit->hash);
	struct visit_piece *piece = &visits->pieces[number];

	assert(visit->last);
	if (visits->count == CLIENTS_MAX)
		return NULL;
	if (is_full(piece->count, piece->size))
		visits_move(piece, bigger(piece->size, number));
	visits->count++;
	piece->count++;
	return visit_put(piece, visit);
}

/* What stands behind a slot that becomes free moves up, or it would not be found any more. */
void visits_remove(struct visits *visits, struct visit *visit)
{
	struct visit_piece *piece = &visits->pieces[piece_of(visit->hash)];
	size_t hole = (size_t)(visit - piece->slots);
	size_t i = hole;

	piece->slots[hole].last = 0;
	piece->count--;
	visits->count--;
	for (;;) {
		size_t home;

		if (++i == piece->size)
			i = 0;
		if (!piece->slots[i].last)
			return;
		home = place_of(piece->slots[i].hash, piece->size);
		/* whether the hole lies on the way from its home to where it is */
		if (hole <= i ? home > hole && home <= i : home > hole || home <= i)
			continue;
		piece->slots[hole] = piece->slots[i];
		piece->slots[i].last = 0;
		hole = i;
	}
}

void visits_forget(struct visits *visits, size_t number, int64_t since, int64_t until)
{
	struct visit_piece *piece = &visits->pieces[number];
	size_t kept = 0;
	size_t size = first_size(number);

	for (size_t i = 0; i < piece->size; i++) {
		struct visit *visit = &piece->slots[i];

		if (visit->last && (visit->last < since || visit->first > until))
			visit->last = 0;
		kept += visit->last != 0;
	}
	if (kept == piece->count)
		return;
	visits->count -= piece->count - kept;
	piece->count = kept;
	while (is_full(kept, size))
		size = bigger(size, number);
	visits_move(piece, size < piece->size ? size : piece->size);
}

void visits_clear(struct visits *visits)
{
	for (size_t i = 0; i < PIECES; i++)
		free(visits->pieces[i].slots);
	*visits = (struct visits){ 0 };
}
