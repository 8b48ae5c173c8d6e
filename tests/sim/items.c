/* Publications: how many a day has and when, by hash; items are made when asked for, never kept. */
#include "world.h"

#include "hash.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_PER_DAY = 86400 };

static int count_of_day(const struct account *account, enum item_kind kind, int32_t day)
{
	uint64_t chance = hash_two(hash_two(account->key, 100 + kind), (uint64_t)day);
	bool weekend = day % 7 == 2 || day % 7 == 3; /* 1970-01-01 was a Thursday */

	switch (kind) {
	case ITEM_POST:
		return (int)(chance % (weekend ? 2 : 5));
	case ITEM_REEL:
		return chance % 4 == 0;
	case ITEM_STORY:
		return (int)(chance % 4);
	case ITEM_NONE:
		return 0;
	}
	return 0;
}

int published_compare(const struct published *a, const struct published *b)
{
	if (a->created != b->created)
		return a->created > b->created ? -1 : 1;
	return a->number > b->number ? -1 : a->number < b->number;
}

static int compare(const void *a, const void *b)
{
	return published_compare(a, b);
}

size_t published_on(const struct account *account, unsigned kinds, int32_t utc_day,
		    struct published ret[PUBLISHED_DAY_MAX])
{
	size_t count = 0;

	if (utc_day < account->since || account->kind == SIM_MATOMO)
		return 0;
	for (int kind = ITEM_POST; kind <= ITEM_STORY; kind++) {
		int some = kinds & 1U << kind ? count_of_day(account, (enum item_kind)kind, utc_day)
					      : 0;

		for (int i = 0; i < some; i++) {
			int64_t number = ((int64_t)utc_day * 5 + kind) * 20 + i;
			uint64_t when = hash_two(account->key ^ 0x17, (uint64_t)number);

			assert(count < PUBLISHED_DAY_MAX);
			ret[count++] = (struct published){
				.kind = (enum item_kind)kind,
				.created = (int64_t)utc_day * SECONDS_PER_DAY +
					   (int64_t)(when % SECONDS_PER_DAY),
				.number = number,
			};
		}
	}
	qsort(ret, count, sizeof(*ret), compare);
	return count;
}

/* Ids no two accounts share, with the length of real ones. */
void published_id(const struct account *account, const struct published *item, char ret[64])
{
	int64_t number = (int64_t)(account->key % 1000000) * 100000000 + item->number;

	if (account->kind == SIM_INSTAGRAM)
		(void)snprintf(ret, 64, "%s%014" PRId64, item->kind == ITEM_STORY ? "180" : "179",
			       number);
	else if (item->kind == ITEM_POST)
		(void)snprintf(ret, 64, "%s_122%014" PRId64, account->id, number);
	else
		(void)snprintf(ret, 64, "%s%014" PRId64, item->kind == ITEM_STORY ? "81" : "76",
			       number);
}

static int32_t utc_day_of(int64_t time)
{
	return (int32_t)(time / SECONDS_PER_DAY);
}

size_t published_count(const struct account *account, unsigned kinds, int64_t since, int64_t until)
{
	struct published items[PUBLISHED_DAY_MAX];
	size_t found = 0;

	for (int32_t day = utc_day_of(since); day <= utc_day_of(until); day++) {
		size_t count = published_on(account, kinds, day, items);

		for (size_t i = 0; i < count; i++)
			found += items[i].created >= since && items[i].created < until;
	}
	return found;
}

size_t truth_items(struct world *world, const char *account, enum item_kind kind, int64_t since,
		   int64_t until, struct sim_item *ret, size_t room)
{
	const struct account *of = world_find(world, account);
	struct published items[PUBLISHED_DAY_MAX];
	size_t found = 0;

	if (!of)
		return 0;
	for (int32_t day = utc_day_of(since); day <= utc_day_of(until); day++) {
		for (size_t i = published_on(of, 1U << kind, day, items); i-- > 0;) {
			if (items[i].created < since || items[i].created >= until)
				continue;
			if (found < room) {
				ret[found].kind = kind;
				ret[found].created = items[i].created;
				published_id(of, &items[i], ret[found].id);
			}
			found++;
		}
	}
	return found;
}
