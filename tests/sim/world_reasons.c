#include "world_reasons.h"

#include "world_loop.h"

#include "metricsd/cleanup.h"
#include "metricsd/figure.h"
#include "metricsd/gap.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <string.h>

enum {
	HOUR = 3600,
	DAY = 86400,
	SLACK_S = 4 * HOUR, /* signs of life are hourly, and failures are tried again later */
	DUE_DAYS = 4,
	FIRST_DAYS = 90, /* stories are first seen when somebody looks */
};

void life_mishap(struct life *life, enum mishap_kind kind, size_t whom, int64_t since)
{
	for (size_t i = 0; i < life->mishap_count; i++)
		if (life->mishaps[i].kind == kind && life->mishaps[i].whom == whom &&
		    life->mishaps[i].until == 0)
			return;
	life->mishaps = memory_grow(life->mishaps, life->mishap_count, &life->mishap_room,
				    sizeof(*life->mishaps));
	life->mishaps[life->mishap_count++] = (struct mishap){ kind, whom, since, 0 };
}

void life_mishap_over(struct life *life, enum mishap_kind kind, size_t whom)
{
	for (size_t i = 0; i < life->mishap_count; i++) {
		struct mishap *mishap = &life->mishaps[i];

		if (mishap->kind != kind || mishap->whom != whom || mishap->until != 0)
			continue;
		mishap->until = loop_now(life->loop);
		if (mishap->until < mishap->since) /* it was to come */
			mishap->since = mishap->until;
	}
}

/* Whether something of the kind was wrong at the time the reason speaks of. */
static bool was(const struct plea *plea, const struct gap *gap, enum mishap_kind kind, size_t whom)
{
	const struct life *life = plea->life;
	int64_t since = gap->since ? gap->since - SLACK_S : 0;
	int64_t until = gap->until ? gap->until + SLACK_S : INT64_MAX;

	if (life->plan.options.troubles & TROUBLE_CLOCK) /* times are told by a clock that lies */
		since = 0, until = INT64_MAX;
	for (size_t i = 0; i < life->mishap_count; i++) {
		const struct mishap *mishap = &life->mishaps[i];

		if (mishap->kind == kind && mishap->whom == whom && mishap->since <= until &&
		    (mishap->until == 0 || mishap->until >= since))
			return true;
	}
	return false;
}

static bool token_was_bad(const struct plea *plea, const struct gap *gap)
{
	const struct plan_of_run *plan = &plea->life->plan;

	for (size_t i = 0; i < plan->token_count; i++)
		if (strcmp(plan->tokens[i].id, plea->channel->token) == 0)
			return was(plea, gap, MISHAP_TOKEN, i);
	return false;
}

static bool could_be(const struct plea *plea, unsigned troubles)
{
	return (plea->life->plan.options.troubles & troubles) != 0;
}

static bool log_was_away(const struct plea *plea, const struct gap *gap)
{
	return was(plea, gap, MISHAP_LOG, (size_t)(plea->channel - plea->life->plan.channels));
}

/* The provider was asked, and told no number. */
static bool may_be_silent(const struct plea *plea, const struct gap *gap)
{
	const struct metric *metric = plea->subject->metric;
	enum channel_kind kind = plea->channel->kind;

	if (kind != CHANNEL_PAGE && kind != CHANNEL_INSTAGRAM)
		return true; /* days without a visit, of which nobody knows */
	if (gap->days.first >= plea->today - DUE_DAYS)
		return true; /* numbers are late */
	return (kind == CHANNEL_INSTAGRAM && strncmp(metric->id, "followers", 9) == 0) ||
	       could_be(plea, TROUBLE_NET) ||
	       plan_is_blemished(&plea->life->plan, plea->channel->provider, metric->id);
}

static bool is_before(const struct plea *plea, const struct gap *gap)
{
	return window_end(gap->days) <= plea->first + 1 ||
	       (plea->subject->metric->items && gap->days.first < plea->first + FIRST_DAYS);
}

static bool is_true(const struct plea *plea, const struct gap *gap)
{
	const struct life *life = plea->life;
	const struct metric *metric = plea->subject->metric;
	bool log = plea->channel->kind == CHANNEL_LOG;

	switch (gap->why) {
	case GAP_DOWN:
		return was(plea, gap, MISHAP_DOWN, 0) || was(plea, gap, MISHAP_STORE, 0);
	case GAP_STORE:
		return was(plea, gap, MISHAP_STORE, 0) || could_be(plea, TROUBLE_CLOCK);
	case GAP_TOKEN:
		return token_was_bad(plea, gap);
	case GAP_PERMISSION: /* Plausible's key */
		return token_was_bad(plea, gap) || (log && log_was_away(plea, gap));
	case GAP_THROTTLED:
		return could_be(plea, TROUBLE_NET | TROUBLE_PROVIDER);
	case GAP_UNREACHABLE:
	case GAP_REFUSED:
		return log ? log_was_away(plea, gap)
			   : could_be(plea, TROUBLE_NET | TROUBLE_PROVIDER);
	case GAP_ABSENT:
		/* a clock that jumps ahead looks like it */
		return was(plea, gap, MISHAP_ABSENT,
			   (size_t)(plea->channel - life->plan.channels)) ||
		       could_be(plea, TROUBLE_CLOCK);
	case GAP_SILENT:
		return may_be_silent(plea, gap);
	case GAP_RETIRED:
		return plan_is_blemished(&life->plan, plea->channel->provider, metric->id);
	case GAP_UNWALKED:
		return metric->items != 0;
	case GAP_UNSEEN:
		return metric->items == ITEM_STORY;
	case GAP_DUE:
		return !plea->last || gap->days.first >= plea->today - DUE_DAYS;
	case GAP_BEFORE:
		return is_before(plea, gap);
	case GAP_FORGOTTEN:
		return plea->subject->collector->reach_days > 0 && life->plan.options.troubles;
	case GAP_BORN:
		return metric->born || metric->died;
	case GAP_BROKEN:
		return plea->figure->broken;
	case GAP_ACROSS:
		return true;
	case GAP_UNASKED:
		return !plea->last || window_end(gap->days) <= plea->first;
	case GAP_RESTORED:
	case GAP_WITHOUT:
	case GAP_UNENTERED:
	case GAP_UNRECORDED:
		return false; /* nothing of the kind happens here */
	}
	return false;
}

static int32_t days_in(const struct days *days)
{
	int32_t count = 0;

	for (size_t i = 0; i < days->count; i++)
		count += days->ranges[i].days;
	return count;
}

void judge_reasons(const struct plea *plea, char *ret, size_t room)
{
	char day[DAY_TEXT], since[TIME_TEXT] = "", until[TIME_TEXT] = "";
	SCOPED(gaps)
	struct gaps gaps = { 0 };
	int32_t explained = 0;

	ret[0] = '\0';
	gaps_of(plea->figure, plea->subject, plea->facts, &gaps);
	for (size_t i = 0; i < gaps.count; i++) {
		const struct gap *gap = &gaps.items[i];

		for (int32_t d = gap->days.first; d < window_end(gap->days); d++)
			explained += days_hold(&plea->figure->lacking, d);
		if (is_true(plea, gap))
			continue;
		(void)snprintf(ret, room,
			       "%d days from %s on are said to lack as \"%s\" (%s to %s, %.60s), "
			       "which is not so",
			       gap->days.days, day_text(gap->days.first, day), gap_name(gap->why),
			       gap->since ? time_text(gap->since, since) : "",
			       gap->until ? time_text(gap->until, until) : "", gap->words);
		return;
	}
	if (explained != days_in(&plea->figure->lacking))
		(void)snprintf(ret, room, "%d days lack and %d have a reason",
			       days_in(&plea->figure->lacking), explained);
}
