/*
 * What really happened. Unique numbers are counted over people: each person of a crowd is there on
 * a day or not, by hash, so that any window's number agrees with every other's. A day's people are
 * kept as bits, once asked for; a window is the union of its days.
 */
#include "world.h"

#include "hash.h"

#include "metricsd/memory.h"

#include <string.h>

enum { SECONDS_PER_DAY = 86400, LAG_MAX = 48 * 3600 };

static bool is_weekend(int32_t day)
{
	return day % 7 == 2 || day % 7 == 3; /* 1970-01-01 was a Thursday */
}

/* Some come every other day, some weekly, most now and then: in 65536ths. */
static uint32_t presence_of(enum people who, uint32_t person, int32_t day)
{
	uint32_t chance = 0;

	switch (who) {
	case PEOPLE_VIEWERS:
	case PEOPLE_ENGAGED:
		chance = person % 10 == 0 ? 32768 : person % 10 < 4 ? 7864 : 1311;
		break;
	case PEOPLE_FOLLOWING:
		chance = 1600;
		break;
	case PEOPLE_LEAVING:
		chance = 700;
		break;
	}
	return is_weekend(day) ? chance * 5 / 8 : chance;
}

/* At which step a person of the day becomes known to the provider, from ten bits of chance. */
static int step_of_person(uint64_t bits)
{
	return bits < 922 ? 0 : bits < 983 ? 1 : bits < 1014 ? 2 : 3;
}

/* A site has days without a single visit. */
static bool is_down(const struct account *account, int32_t day)
{
	return is_site(account->kind) && hash_two(account->key ^ 0xD0, (uint64_t)day) % 40 == 0;
}

static struct crowd_day *gather(const struct account *account, enum people who, int32_t day)
{
	const struct crowd *crowd = &account->crowds[who];
	struct crowd_day *here =
		memory_new(1, sizeof(*here) + STEPS * crowd->words * sizeof(uint64_t));
	uint64_t key = hash_two(crowd->key, (uint64_t)day);

	for (uint32_t person = 0; person < crowd->size && !is_down(account, day); person++) {
		uint64_t chance = hash_mix(key + person * HASH_SPREAD);

		if (chance >> 48 >= presence_of(who, person, day))
			continue;
		if (who == PEOPLE_ENGAGED && (chance >> 10 & 255) >= 46)
			continue; /* the same draw as the viewers': who engages has also seen */
		for (int step = step_of_person(chance & 1023); step < STEPS; step++) {
			here->bits[step * crowd->words + person / 64] |= UINT64_C(1) << person % 64;
			here->counts[step]++;
		}
	}
	return here;
}

/* The people of a day, NULL before the account's first. */
static const struct crowd_day *crowd_on(struct account *account, enum people who, int32_t day)
{
	struct crowd *crowd = &account->crowds[who];
	size_t index;

	if (day < account->since)
		return NULL;
	index = (size_t)(day - account->since);
	if (index >= crowd->room) {
		size_t room = index + 64;

		crowd->days = memory_resize(crowd->days, room, sizeof(struct crowd_day *));
		memset(crowd->days + crowd->room, 0,
		       (room - crowd->room) * sizeof(struct crowd_day *));
		crowd->room = room;
	}
	if (!crowd->days[index])
		crowd->days[index] = gather(account, who, day);
	return crowd->days[index];
}

/* How long after a day's end its numbers still change: Google Analytics is done in two days. */
static int64_t settles_s(const struct world *world, const struct account *account)
{
	enum { GA4_DAYS = 2 };
	int days = world->quirks.settle_days;

	if (account->kind == SIM_GA4 && days > GA4_DAYS)
		days = GA4_DAYS;
	return (int64_t)days * SECONDS_PER_DAY;
}

/* When, after the day's end, each step comes: by hash, the same for all metrics of the day. */
static int64_t seconds_to_step(const struct world *world, const struct account *account,
			       int32_t day, int step)
{
	/* in thousandths of the time between the day's first appearance and its last chance */
	static const uint64_t from[STEPS] = { 0, 40, 180, 430 };
	static const uint64_t spread[STEPS] = { 1, 60, 160, 570 };
	int64_t settled = settles_s(world, account);
	uint64_t key = hash_two(account->key ^ 0x1A7E, (uint64_t)day);
	int64_t lag = (int64_t)(key % (LAG_MAX + 1));

	if (lag > settled)
		lag = settled;
	key = hash_two(key, (uint64_t)step);
	return lag + (settled - lag) * (int64_t)(from[step] + key % spread[step]) / 1000;
}

int account_step(const struct world *world, const struct account *account, int32_t day, int64_t now)
{
	int64_t end;

	if (now == INT64_MAX)
		return STEP_WHOLE;
	end = zone_midnight(account->insights, day + 1);
	if (now < end)
		return STEP_HIDDEN;
	if (!world->quirks.late || account->kind == SIM_MATOMO ||
	    now >= end + settles_s(world, account))
		return STEP_WHOLE;
	for (int step = STEP_WHOLE; step >= 0; step--)
		if (now >= end + seconds_to_step(world, account, day, step))
			return step;
	return STEP_HIDDEN;
}

static int64_t flow_on(struct account *account, const struct sim_metric *metric, int32_t day,
		       int step)
{
	static const int64_t share[STEPS] = { 900, 960, 990, 1000 };
	const struct crowd_day *crowd = crowd_on(account, metric->people, day);
	uint64_t chance;
	int64_t above, more;

	if (!crowd)
		return 0;
	/* 75 to 125 % of the usual proportion, rounded by chance so that small numbers live too */
	chance = hash_two(hash_text(account->key, metric->title), (uint64_t)day);
	above = metric->percent >= 100 ? metric->percent - 100 : metric->percent;
	more = ((int64_t)crowd->counts[STEP_WHOLE] * above * (75 + (int64_t)(chance % 51)) +
		(int64_t)(chance >> 32) % 10000) /
	       10000;
	if (above == 0 || crowd->counts[STEP_WHOLE] == 0)
		more = 0;
	return (metric->percent >= 100 ? crowd->counts[step] : 0) + more * share[step] / 1000;
}

static int64_t lost_on(struct account *account, int32_t day)
{
	const struct crowd_day *leaving = crowd_on(account, PEOPLE_LEAVING, day);

	return leaving ? leaving->counts[STEP_WHOLE] : 0;
}

int64_t account_level(struct account *account, int32_t day)
{
	const struct sim_metric *gained = sim_metric_find(account->kind, "followers_gained");

	if (day < account->since || !gained)
		return TRUTH_NONE;
	while (account->level_count <= (size_t)(day - account->since)) {
		int32_t next = account->since + (int32_t)account->level_count;
		int64_t before = account->level_count ? account->levels[account->level_count - 1]
						      : account->followers;

		account->levels = memory_grow(account->levels, account->level_count,
					      &account->level_room, sizeof(int64_t));
		account->levels[account->level_count++] =
			before + flow_on(account, gained, next, STEP_WHOLE) -
			lost_on(account, next);
	}
	return account->levels[day - account->since];
}

static int64_t sum_of(const struct world *world, struct account *account,
		      const struct sim_metric *metric, struct window window, int64_t now)
{
	int64_t sum = 0;
	bool any = now == INT64_MAX;

	for (int32_t day = window.first; day < window_end(window); day++) {
		int step = account_step(world, account, day, now);

		if (step == STEP_HIDDEN || (day < account->since && now != INT64_MAX))
			continue;
		any = true;
		sum += metric->kind == METRIC_FLOW ? flow_on(account, metric, day, step) : 0;
	}
	return any ? sum : TRUTH_NONE;
}

static int64_t distinct(const struct world *world, struct account *account, enum people who,
			struct window window, int64_t now)
{
	uint64_t seen[SIM_PEOPLE_MAX / 64 + 1] = { 0 };
	size_t words = account->crowds[who].words;
	bool any = now == INT64_MAX;
	int64_t count = 0;

	for (int32_t day = window.first; day < window_end(window); day++) {
		int step = account_step(world, account, day, now);
		const struct crowd_day *crowd =
			step == STEP_HIDDEN ? NULL : crowd_on(account, who, day);

		if (!crowd)
			continue;
		any = true;
		for (size_t i = 0; i < words; i++)
			seen[i] |= crowd->bits[(size_t)step * words + i];
	}
	for (size_t i = 0; i < words; i++)
		count += __builtin_popcountll(seen[i]);
	return any ? count : TRUTH_NONE;
}

/* What is in proportion to the people, whom each window counts once. */
static int64_t unique_in(const struct world *world, struct account *account,
			 const struct sim_metric *metric, struct window window, int64_t now)
{
	int64_t people = distinct(world, account, metric->people, window, now);

	return people == TRUTH_NONE || !metric->percent ? people : people * metric->percent / 100;
}

static int64_t published_in(const struct account *account, enum item_kind kind,
			    struct window window, int64_t now)
{
	int64_t since = zone_midnight(account->own, window.first);
	int64_t until = zone_midnight(account->own, window_end(window));

	if (until > now)
		until = now;
	return until > since ? (int64_t)published_count(account, 1U << kind, since, until) : 0;
}

int64_t account_value(const struct world *world, struct account *account,
		      const struct sim_metric *metric, struct window window, enum metric_kind kind,
		      int64_t now)
{
	int32_t last = window_end(window) - 1;

	if (metric->items)
		return kind == METRIC_FLOW ? published_in(account, metric->items, window, now)
					   : TRUTH_NONE;
	switch (kind) {
	case METRIC_FLOW:
		return metric->kind == METRIC_FLOW ? sum_of(world, account, metric, window, now)
						   : TRUTH_NONE;
	case METRIC_STOCK:
		if (metric->kind != METRIC_STOCK ||
		    account_step(world, account, last, now) == STEP_HIDDEN)
			return TRUTH_NONE;
		return account_level(account, last);
	case METRIC_UNIQUE:
		return metric->kind == METRIC_UNIQUE
			       ? unique_in(world, account, metric, window, now)
			       : TRUTH_NONE;
	case METRIC_RATIO:
		return TRUTH_NONE;
	}
	return TRUTH_NONE;
}

int64_t world_seen(const struct world *world, const struct account *account,
		   const struct sim_metric *metric, struct window window, int64_t now)
{
	int64_t settled = settles_s(world, account);

	if (now == INT64_MAX ||
	    now >= zone_midnight(account->insights, window_end(window)) + settled)
		return now;
	return now - (int64_t)metric->later_hours * 3600;
}

int64_t visible_value(struct world *world, const char *account, const char *metric,
		      struct window window, enum metric_kind kind, int64_t now)
{
	struct account *of = world_find(world, account);
	const struct sim_metric *what = of ? sim_metric_find(of->kind, metric) : NULL;

	if (!what)
		return TRUTH_NONE;
	return account_value(world, of, what, window, kind,
			     world_seen(world, of, what, window, now));
}

int64_t truth_value(struct world *world, const char *account, const char *metric,
		    struct window window, enum metric_kind kind)
{
	return visible_value(world, account, metric, window, kind, INT64_MAX);
}

int truth_kind(struct world *world, const char *account, const char *metric, enum metric_kind *ret)
{
	const struct account *of = world_find(world, account);
	const struct sim_metric *what = of ? sim_metric_find(of->kind, metric) : NULL;

	if (!what)
		return -1;
	*ret = what->kind;
	return 0;
}
