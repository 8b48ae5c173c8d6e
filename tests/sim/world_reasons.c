#include "world_reasons.h"

#include "sim.h"
#include "world_trouble.h"

#include "metricsd/cleanup.h"
#include "metricsd/figure.h"
#include "metricsd/gap.h"

#include <stdio.h>
#include <string.h>

enum {
	HOUR = 3600,
	DAY = 86400,
	SLACK_S = 4 * HOUR, /* signs of life are hourly, and failures are tried again later */
	DUE_DAYS = 4,
	FIRST_DAYS = 90,    /* stories are first seen when somebody looks */
	SELDOM_S = 9 * DAY, /* a certificate that is not trusted puts it off by a day each time */
	MORE_S = 16 * DAY,  /* who was away before has that much more to ask for */
	FEW_DAYS = 2,       /* what came for them was no number */
};

/* The true time of what the reason speaks of, as far as it can be known from what was told: where
 * the clock was wrong then, by so much. */
struct when {
	int64_t since, until;
	bool clock; /* it was wrong */
};

static struct when when_of(const struct life *life, const struct gap *gap)
{
	int64_t early = gap->since ? trouble_of_clock(life, gap->since) : 0;
	int64_t late = gap->until ? trouble_of_clock(life, gap->until) : 0;
	struct when when = {
		.since = gap->since ? gap->since - SLACK_S - early : 0,
		.until = gap->until ? gap->until + SLACK_S + late : INT64_MAX,
	};

	when.clock = early || late || trouble_was(life, MISHAP_CLOCK, 0, when.since, when.until);
	return when;
}

static bool was(const struct plea *plea, const struct gap *gap, enum mishap_kind kind, size_t whom)
{
	struct when when = when_of(plea->life, gap);

	return trouble_was(plea->life, kind, whom, when.since, when.until);
}

static bool token_was_bad(const struct plea *plea, const struct gap *gap)
{
	size_t token = trouble_token(plea->life, plea->channel);

	return token != (size_t)-1 && was(plea, gap, MISHAP_TOKEN, token);
}

static bool log_was_away(const struct plea *plea, const struct gap *gap)
{
	return was(plea, gap, MISHAP_LOG, (size_t)(plea->channel - plea->life->plan.channels));
}

static bool account_was_absent(const struct plea *plea, const struct gap *gap)
{
	return was(plea, gap, MISHAP_ABSENT, (size_t)(plea->channel - plea->life->plan.channels));
}

/* Its clock was wrong about then: a jump ahead looks like having been away. */
static bool clock_was_wrong(const struct plea *plea, const struct gap *gap)
{
	return when_of(plea->life, gap).clock;
}

/* Whether the network or the provider was in trouble. What strikes one request in a hundred keeps
 * nobody from asking for days who could. */
static bool it_stormed(const struct plea *plea, const struct gap *gap)
{
	struct when when = when_of(plea->life, gap);
	int64_t until = when.until == INT64_MAX ? plea->now : when.until;
	const unsigned kinds = OF_OURS | OF_TOKEN;
	int64_t before = when.since - SELDOM_S;
	bool was_there =
		trouble_free(plea->life, plea->channel, kinds, before, when.since, SELDOM_S).until;
	bool seldom = trouble_free(plea->life, plea->channel, kinds, when.since, until,
				   was_there ? SELDOM_S : MORE_S)
			      .until == 0;

	return trouble_stormed(plea->life, plea->channel, seldom, when.since, when.until);
}

/* A number nobody can have counted, or a body in which it cannot be found, came for it. */
static bool may_be_garbled(const struct plea *plea, const struct gap *gap)
{
	return (plea->life->plan.options.troubles & TROUBLE_NET) &&
	       (!plea->last || gap->days.days <= FEW_DAYS);
}

/* The number was not to be had, or not any more when the day was read. */
static bool is_blemished(const struct plea *plea, const struct gap *gap)
{
	struct window since = { gap->days.first, plea->today - gap->days.first + 1 };

	return plan_blemish(&plea->life->plan, plea->channel->provider, plea->subject->metric->id,
			    since);
}

/* They come days after their day: it was read too soon, and by nobody since. */
static bool numbers_were_late(const struct plea *plea, const struct gap *gap)
{
	const struct gap_facts *facts = plea->facts;

	for (int32_t day = gap->days.first; day < window_end(gap->days); day++)
		if (facts->readings[day - facts->window.first] >
		    (int64_t)(day + 1 + DUE_DAYS) * DAY)
			return false;
	return true;
}

/* The provider was asked, and told no number. */
static bool may_be_silent(const struct plea *plea, const struct gap *gap)
{
	const struct metric *metric = plea->subject->metric;
	enum channel_kind kind = plea->channel->kind;

	if (kind != CHANNEL_PAGE && kind != CHANNEL_INSTAGRAM)
		return true; /* days without a visit, of which nobody knows */
	if (numbers_were_late(plea, gap))
		return true;
	return (kind == CHANNEL_INSTAGRAM && strncmp(metric->id, "followers", 9) == 0) ||
	       may_be_garbled(plea, gap) || is_blemished(plea, gap);
}

static bool is_before(const struct plea *plea, const struct gap *gap)
{
	return window_end(gap->days) <= plea->first + 1 ||
	       (plea->subject->metric->items && gap->days.first < plea->first + FIRST_DAYS) ||
	       (plea->subject->metric->momentary && window_end(gap->days) <= plea->subject->first);
}

/* Stories come and go: nobody looked, whatever was in the way. */
static bool nobody_looked(const struct plea *plea, const struct gap *gap)
{
	struct when when = when_of(plea->life, gap);
	int64_t until = when.until == INT64_MAX ? plea->now : when.until + DAY;
	struct stretch quiet = trouble_free(plea->life, plea->channel, OF_ALL, when.since - DAY,
					    until, until - when.since + DAY);

	return quiet.until == 0 ||
	       trouble_stormed(plea->life, plea->channel, true, when.since, when.until);
}

/* What was in the way when the day could be read was there then, by the daemon's own clock. A sweep
 * may be due since long before: nobody runs it while the account is not in the configuration. */
static bool is_of_the_day(const struct gap *gap)
{
	return !gap->until || gap->why == GAP_DUE ||
	       gap->until + SLACK_S >= ((int64_t)gap->days.first - 1) * DAY;
}

/* The daemon is away since hours, and whoever did not see its clock can know it. */
static bool is_away(const struct plea *plea)
{
	const struct life *life = plea->life;

	if ((!plea->facts->due && !plea->facts->last_success) ||
	    trouble_was(life, MISHAP_CLOCK, 0, 0, INT64_MAX))
		return false;
	for (size_t i = 0; i < life->mishap_count; i++)
		if (life->mishaps[i].kind == MISHAP_DOWN && !life->mishaps[i].until)
			return life->mishaps[i].since + SLACK_S < plea->now;
	return false;
}

/* Nobody is there for whom a day could be due: but what stories can be seen yet. */
static bool waits_for_nobody(const struct plea *plea, const struct gap *gap)
{
	bool due = gap->why == GAP_DUE && plea->subject->metric->items != ITEM_STORY;

	return (due || gap->remedy == REMEDY_WAIT) && is_away(plea);
}

static bool is_true(const struct plea *plea, const struct gap *gap)
{
	const struct life *life = plea->life;
	const struct metric *metric = plea->subject->metric;
	bool log = plea->channel->kind == CHANNEL_LOG;

	if (!is_of_the_day(gap) || waits_for_nobody(plea, gap))
		return false;
	switch (gap->why) {
	case GAP_DOWN:
		return was(plea, gap, MISHAP_DOWN, 0) || was(plea, gap, MISHAP_STORE, 0) ||
		       clock_was_wrong(plea, gap);
	case GAP_STORE:
		return was(plea, gap, MISHAP_STORE, 0) || clock_was_wrong(plea, gap);
	case GAP_TOKEN:
		return token_was_bad(plea, gap);
	case GAP_PERMISSION: /* Plausible's key */
		return token_was_bad(plea, gap) || (log && log_was_away(plea, gap));
	case GAP_THROTTLED:
		return it_stormed(plea, gap) || world_quirks(life->world)->hourly_quota > 0;
	case GAP_UNREACHABLE:
	case GAP_REFUSED:
		return log ? log_was_away(plea, gap) : it_stormed(plea, gap);
	case GAP_ABSENT:
		return account_was_absent(plea, gap) || clock_was_wrong(plea, gap);
	case GAP_SILENT:
		return may_be_silent(plea, gap);
	case GAP_RETIRED:
		return is_blemished(plea, gap);
	case GAP_UNWALKED:
		return metric->items != 0;
	case GAP_UNSEEN:
		return metric->items == ITEM_STORY && nobody_looked(plea, gap);
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
