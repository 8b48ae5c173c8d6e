#include "world_trouble.h"

#include "world_loop.h"

#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEAVY_PERCENT = 50,
	SLACK_S = 4 * 3600
}; /* signs of life are hourly, and failures are tried again later */

void life_mishap(struct life *life, enum mishap_kind kind, size_t whom, int64_t since, int64_t how)
{
	for (size_t i = 0; i < life->mishap_count; i++) {
		struct mishap *mishap = &life->mishaps[i];

		if (mishap->kind != kind || mishap->whom != whom || mishap->until != 0)
			continue;
		if (since < mishap->since) /* that was to come */
			mishap->since = since;
		return;
	}
	life->mishaps = memory_grow(life->mishaps, life->mishap_count, &life->mishap_room,
				    sizeof(*life->mishaps));
	life->mishaps[life->mishap_count++] = (struct mishap){ kind, whom, since, 0, how };
}

void life_mishap_over(struct life *life, enum mishap_kind kind, size_t whom, int64_t how)
{
	for (size_t i = 0; i < life->mishap_count; i++) {
		struct mishap *mishap = &life->mishaps[i];

		if (mishap->kind != kind || mishap->whom != whom || mishap->until != 0)
			continue;
		mishap->how += how;
		mishap->until = loop_now(life->loop);
		if (mishap->until < mishap->since) /* it was to come */
			mishap->since = mishap->until;
	}
}

static int64_t end_of(const struct mishap *mishap)
{
	return mishap->until ? mishap->until : INT64_MAX;
}

bool trouble_was(const struct life *life, enum mishap_kind kind, size_t whom, int64_t since,
		 int64_t until)
{
	for (size_t i = 0; i < life->mishap_count; i++) {
		const struct mishap *mishap = &life->mishaps[i];

		if (mishap->kind == kind && mishap->whom == whom && mishap->since <= until &&
		    end_of(mishap) >= since)
			return true;
	}
	return false;
}

/* --- storms --- */

static bool asks(const struct outlet *channel, const char *host)
{
	switch (channel->kind) {
	case CHANNEL_PAGE:
	case CHANNEL_INSTAGRAM:
		return strcmp(host, "graph.facebook.com") == 0;
	case CHANNEL_MATOMO:
		return strcmp(host, "matomo.example") == 0;
	case CHANNEL_GA4:
		return strcmp(host, "analyticsdata.googleapis.com") == 0 ||
		       strcmp(host, "oauth2.googleapis.com") == 0;
	case CHANNEL_PLAUSIBLE:
		return strcmp(host, "plausible.example") == 0;
	case CHANNEL_UMAMI:
		return strcmp(host, "umami.example") == 0;
	case CHANNEL_MANUAL:
	case CHANNEL_LOG:
		return false;
	}
	return false;
}

/* Who is throttled may be its object, its token or its app: all who share the token wait. */
static bool strikes(const struct storm *storm, const struct plan_of_run *plan,
		    const struct outlet *channel)
{
	if (channel->kind == CHANNEL_MANUAL || channel->kind == CHANNEL_LOG)
		return false;
	if (storm->host)
		return asks(channel, storm->host);
	if (!storm->provider)
		return true;
	for (size_t i = 0; i < plan->channel_count; i++)
		if (strcmp(plan->channels[i].provider, storm->provider) == 0)
			return strcmp(plan->channels[i].token, channel->token) == 0;
	return false;
}

bool trouble_stormed(const struct life *life, const struct outlet *channel, bool seldom,
		     int64_t since, int64_t until)
{
	for (size_t i = 0; i < life->plan.storm_count; i++) {
		const struct storm *storm = &life->plan.storms[i];

		if (storm->from <= until && storm->until >= since && (seldom || !storm->seldom) &&
		    strikes(storm, &life->plan, channel))
			return true;
	}
	return false;
}

/* --- clocks --- */

int64_t trouble_of_clock(const struct life *life, int64_t told)
{
	int64_t most = 0;

	for (size_t i = 0; i < life->mishap_count; i++) {
		const struct mishap *mishap = &life->mishaps[i];
		int64_t since = mishap->since - SLACK_S;
		int64_t until = mishap->until ? mishap->until + SLACK_S : INT64_MAX;
		int64_t meant = told - mishap->how;

		if (mishap->kind == MISHAP_CLOCK && llabs(mishap->how) > most &&
		    ((told >= since && told <= until) || (meant >= since && meant <= until)))
			most = llabs(mishap->how);
	}
	return most;
}

/* --- what was in the way --- */

size_t trouble_token(const struct life *life, const struct outlet *channel)
{
	for (size_t i = 0; channel->token[0] && i < life->plan.token_count; i++)
		if (strcmp(life->plan.tokens[i].id, channel->token) == 0)
			return i;
	return (size_t)-1;
}

static bool hits(const struct life *life, const struct mishap *mishap, const struct outlet *channel,
		 unsigned kinds)
{
	if (!(kinds & 1U << mishap->kind))
		return false;
	switch (mishap->kind) {
	case MISHAP_DOWN:
	case MISHAP_STORE:
	case MISHAP_CLOCK:
	case MISHAP_FULL:
	case MISHAP_MAIL:
		return true;
	case MISHAP_TOKEN:
	case MISHAP_REFUSED:
		return mishap->whom == trouble_token(life, channel);
	case MISHAP_ABSENT:
	case MISHAP_LOG:
		return mishap->whom == (size_t)(channel - life->plan.channels);
	}
	return false;
}

struct stretches {
	struct stretch *items;
	size_t count, room;
};

static void add(struct stretches *all, int64_t since, int64_t until)
{
	all->items = memory_grow(all->items, all->count, &all->room, sizeof(*all->items));
	all->items[all->count++] = (struct stretch){ since, until };
}

static int by_begin(const void *a, const void *b)
{
	const struct stretch *left = a, *right = b;

	return left->since < right->since ? -1 : left->since > right->since;
}

struct stretch trouble_free(const struct life *life, const struct outlet *channel, unsigned kinds,
			    int64_t since, int64_t until, int64_t least)
{
	const struct plan_of_run *plan = &life->plan;
	struct stretches all = { 0 };
	struct stretch found = { 0 };
	int64_t at = since;

	for (size_t i = 0; i < life->mishap_count; i++)
		if (hits(life, &life->mishaps[i], channel, kinds))
			add(&all, life->mishaps[i].since, end_of(&life->mishaps[i]));
	for (size_t i = 0; i < plan->storm_count && kinds & (OF_STORMS | OF_HEAVY); i++)
		if (!plan->storms[i].seldom &&
		    (kinds & OF_STORMS || plan->storms[i].percent >= HEAVY_PERCENT) &&
		    strikes(&plan->storms[i], plan, channel))
			add(&all, plan->storms[i].from, plan->storms[i].until);
	add(&all, until, until);
	qsort(all.items, all.count, sizeof(*all.items), by_begin);
	for (size_t i = 0; i < all.count && at < until; i++) {
		int64_t end = all.items[i].since < until ? all.items[i].since : until;

		if (end - at >= least)
			found = (struct stretch){ at, end };
		if (all.items[i].until > at)
			at = all.items[i].until;
	}
	free(all.items);
	return found;
}
