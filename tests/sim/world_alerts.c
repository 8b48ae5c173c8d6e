/*
 * Whether people were told. Whatever lasted, while there was somebody who could see it, is one
 * alert with its end; each warning that a token ends came in time.
 */
#include "world_files.h"
#include "world_loop.h"
#include "world_trouble.h"

#include "metricsd/day.h"
#include "metricsd/health.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HOUR = 3600,
	DAY = 86400,
	SEEN_S = 30 * HOUR,        /* every account and token is asked once a day, and alerts of one
				    * cause are a day apart */
	SELDOM_SEEN_S = 54 * HOUR, /* where one request in a hundred fails */
	PASSES_S = 2 * DAY,        /* what passes by itself is believed for so long */
	WRITTEN_S = 6 * HOUR,      /* somebody wanted to write meanwhile */
	REFUSED_TIMES = 30,
	WARNED_S = 26 * HOUR,
	KEPT_S = 360 * DAY, /* alerts are forgotten after a year */
};

/* Days before a token's end that are told of. */
static const int stage_days[] = { 1, 3, 7, 14 };
enum { STAGES = 4 };

/* The alerts in front of the judge, the latest to begin first. */
struct bench {
	struct life *life;
	struct store *store;
	struct kept_alert *alerts;
	size_t count;
};

static int64_t seen_s(const struct life *life)
{
	return life->plan.options.troubles & TROUBLE_NET ? SELDOM_SEEN_S : SEEN_S;
}

/* What does not pass by itself, and the calm does not mend. */
static bool may_last(const char *cause)
{
	return strncmp(cause, "metric:", 7) == 0 || strncmp(cause, "log:", 4) == 0;
}

static void judge_ends(const struct bench *bench)
{
	bool clock_lies = bench->life->plan.options.troubles & TROUBLE_CLOCK;

	for (size_t i = 0; i < bench->count; i++) {
		const struct kept_alert *one = &bench->alerts[i];

		if (one->kind == ALERT_NOTE)
			continue;
		bench->life->result->alerts += one->ended != 0;
		if (!one->ended && !may_last(one->cause))
			life_fail(bench->life, "the alert %s lasts, though all is well: %s",
				  one->cause, one->subject);
		for (size_t j = 0; j < i; j++) {
			const struct kept_alert *later = &bench->alerts[j];

			if (strcmp(later->cause, one->cause) == 0 &&
			    (!one->ended || (later->since < one->ended && !clock_lies)))
				life_fail(bench->life,
					  "two alerts of one cause: %s, %" PRId64 " to %" PRId64
					  " and %" PRId64 " to %" PRId64,
					  one->cause, one->since, one->ended, later->since,
					  later->ended);
		}
	}
}

/* What was owed is told, both that it began and that it is over. */
static int judge_deliveries(const struct bench *bench, struct error *err)
{
	bool refused = bench->life->plan.options.troubles & TROUBLE_NET; /* mails, for a week */

	for (size_t i = 0; i < bench->count && !bench->life->failed; i++) {
		struct delivery *all = NULL;
		size_t count = 0;
		bool told = false;

		if (store_deliveries(bench->store, bench->alerts[i].id, &all, &count, err) < 0)
			return -1;
		for (size_t j = 0; j < count; j++) {
			told |= all[j].told != 0;
			if (!all[j].over)
				life_fail(bench->life, "%s was not told (part %d): %s",
					  bench->alerts[i].cause, all[j].part, all[j].words);
		}
		free(all);
		if (!told && !refused)
			life_fail(bench->life, "nobody was told of %s: %s", bench->alerts[i].cause,
				  bench->alerts[i].subject);
	}
	return 0;
}

/* --- whatever lasted --- */

/* Whether the alert was there in [since, until]: true times, and those of alerts are told. */
static bool was_there(const struct bench *bench, const struct kept_alert *one, int64_t since,
		      int64_t until)
{
	int64_t begins = one->since - trouble_of_clock(bench->life, one->since);
	/* one that is over no later than it began was ended by a clock that was behind */
	bool unknown = !one->ended || one->ended == one->since;

	return begins <= until &&
	       (unknown || one->ended + trouble_of_clock(bench->life, one->ended) >= since);
}

static const struct kept_alert *alert_at(const struct bench *bench, const char *cause,
					 int64_t since, int64_t until)
{
	for (size_t i = 0; i < bench->count; i++)
		if (strcmp(bench->alerts[i].cause, cause) == 0 &&
		    was_there(bench, &bench->alerts[i], since, until))
			return &bench->alerts[i];
	return NULL;
}

/* It is there in the end of the stretch, and was not told to be over before: it, or NULL. */
__attribute__((format(printf, 4, 5))) static const struct kept_alert *
demand(const struct bench *bench, struct stretch quiet, const char *what, const char *format, ...)
{
	char cause[96], since[TIME_TEXT], until[TIME_TEXT];
	const struct kept_alert *alert;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(cause, sizeof(cause), format, arguments);
	va_end(arguments);
	if (quiet.until < loop_now(bench->life->loop) - KEPT_S)
		return NULL;
	bench->life->result->tally.alerts++;
	alert = alert_at(bench, cause, quiet.until - HOUR, quiet.until + HOUR);
	if (!alert)
		life_fail(bench->life, "%s from before %s until %s, and there is no alert %s", what,
			  time_text(quiet.since, since), time_text(quiet.until, until), cause);
	return alert;
}

/* The account's own: Plausible does not say whether a key is wrong or may not see the site. */
static void demand_account(const struct bench *bench, struct stretch quiet, const char *what,
			   const struct outlet *channel)
{
	if (!channel->before[0])
		(void)demand(bench, quiet, what, "account:e%d/%s", channel->entity, channel->known);
}

static void judge_refusal(const struct bench *bench, const struct mishap *mishap)
{
	static const char what[] = "a token was refused";
	char cause[48];
	const struct life *life = bench->life;
	size_t token = mishap->whom;

	for (size_t i = 0; i < life->plan.channel_count; i++) {
		const struct outlet *channel = &life->plan.channels[i];
		struct stretch quiet;

		if (trouble_token(life, channel) != token)
			continue;
		quiet = trouble_free(life, channel, OF_OURS | OF_HEAVY, mishap->since,
				     mishap->until, seen_s(life));
		if (!quiet.until)
			continue;
		(void)snprintf(cause, sizeof(cause), "token:%s", life->plan.tokens[token].id);
		if (channel->kind == CHANNEL_PLAUSIBLE &&
		    !alert_at(bench, cause, quiet.until - HOUR, quiet.until + HOUR))
			demand_account(bench, quiet, what, channel);
		else
			(void)demand(bench, quiet, what, "%s", cause);
	}
}

/* Whoever opens what is not there, or may not, is refused at once; what passes is believed. */
static void judge_log(const struct bench *bench, const struct mishap *mishap)
{
	const struct life *life = bench->life;
	const struct outlet *channel = &life->plan.channels[mishap->whom];
	int64_t least = SEEN_S + (mishap->how == FILE_GONE ? PASSES_S : 0);
	struct stretch quiet =
		trouble_free(life, channel, OF_OURS, mishap->since, mishap->until, least);

	if (quiet.until && (mishap->how == FILE_GONE || mishap->how == FILE_SHUT))
		demand_account(bench, quiet, "a log was out of reach", channel);
}

/* It is kept in memory until it can be written down: whoever dies with it forgets it. */
static void judge_full(const struct bench *bench, const struct mishap *mishap)
{
	enum { OF_MEMORY = OF_DOWN | OF_CLOCK };
	struct stretch quiet = trouble_free(bench->life, NULL, OF_MEMORY, mishap->since - WRITTEN_S,
					    mishap->until + HOUR,
					    mishap->until - mishap->since + WRITTEN_S + HOUR);

	if (quiet.until && mishap->how >= REFUSED_TIMES &&
	    mishap->until - mishap->since >= WRITTEN_S)
		(void)demand(bench, (struct stretch){ mishap->since, mishap->until },
			     "the disk was full", "store");
}

/* When somebody was there to be asked: by what he says of the time a wrong clock is seen. */
static struct stretch free_to_ask(const struct life *life, int64_t since, int64_t until)
{
	struct stretch quiet = { 0 };

	for (size_t i = 0; i < life->plan.channel_count && !quiet.until; i++) {
		const struct outlet *channel = &life->plan.channels[i];

		if (channel->kind != CHANNEL_MANUAL && channel->kind != CHANNEL_LOG)
			quiet = trouble_free(life, channel, OF_DOWN | OF_ABSENT | 1U << MISHAP_FULL,
					     since, until, SEEN_S);
	}
	return quiet;
}

static void judge_mishap(const struct bench *bench, const struct mishap *mishap)
{
	const struct life *life = bench->life;
	struct stretch quiet;

	switch (mishap->kind) {
	case MISHAP_REFUSED:
		judge_refusal(bench, mishap);
		break;
	case MISHAP_FULL:
		judge_full(bench, mishap);
		break;
	case MISHAP_CLOCK:
		quiet = free_to_ask(life, mishap->since, mishap->until);
		if (quiet.until && llabs(mishap->how) > DAY + 2 * HOUR)
			(void)demand(bench, quiet, "the clock was wrong", "clock");
		break;
	case MISHAP_LOG:
		judge_log(bench, mishap);
		break;
	case MISHAP_DOWN:
	case MISHAP_STORE:
	case MISHAP_TOKEN:
	case MISHAP_ABSENT:
	case MISHAP_MAIL:
		break; /* nobody is there who could tell, or it is told otherwise */
	}
}

/* --- tokens --- */

/* Whether somebody who could have warned of it looked at the token in [since, until). */
static bool could_warn(const struct bench *bench, const struct ending *ending, int64_t since,
		       int64_t until, int64_t least)
{
	const struct life *life = bench->life;

	for (size_t i = 0; i < life->plan.channel_count; i++) {
		const struct outlet *channel = &life->plan.channels[i];

		if (trouble_token(life, channel) == ending->token &&
		    trouble_free(life, channel, OF_OURS | OF_HEAVY | OF_TOKEN, since, until, least)
			    .until)
			return true;
	}
	return false;
}

static int has_part(const struct bench *bench, const struct kept_alert *alert, int part, bool *ret,
		    struct error *err)
{
	struct delivery *all = NULL;
	size_t count = 0;

	if (store_deliveries(bench->store, alert->id, &all, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		*ret |= all[i].part == part;
	free(all);
	return 0;
}

/* So bad it is: 14 days, 7, 3, the last. Told by any alert that may have been there. */
static int judge_part(const struct bench *bench, const struct ending *ending, size_t stage,
		      struct stretch quiet, struct error *err)
{
	static const int parts[] = { ALERT_WORSE + 2, ALERT_WORSE + 1, ALERT_WORSE, ALERT_BEGAN };
	const char *name = bench->life->plan.tokens[ending->token].id;
	char cause[48];
	bool told = false;

	if (!demand(bench, quiet, "a token came to its end", "token-ends:%s", name))
		return 0;
	(void)snprintf(cause, sizeof(cause), "token-ends:%s", name);
	for (size_t i = 0; i < bench->count && !told; i++)
		if (strcmp(bench->alerts[i].cause, cause) == 0 &&
		    was_there(bench, &bench->alerts[i], quiet.until - HOUR, quiet.until + HOUR) &&
		    has_part(bench, &bench->alerts[i], parts[stage], &told, err) < 0)
			return -1;
	if (!told)
		life_fail(bench->life, "token %s ended in %d days, and nobody was told", name,
			  stage_days[stage]);
	return 0;
}

/* Each of the last 14, 7, 3 days and the last of all was told while it was so. */
static int judge_stage(const struct bench *bench, const struct ending *ending, size_t stage,
		       struct error *err)
{
	struct life *life = bench->life;
	int64_t over = ending->until ? ending->until : loop_now(life->loop);
	int64_t since = ending->ends - (int64_t)stage_days[stage] * DAY;
	int64_t until =
		ending->ends - (stage > 0 ? (int64_t)stage_days[stage - 1] * DAY : (int64_t)0);
	struct stretch quiet;

	if (until > over)
		until = over;
	if (since < ending->issued || until <= since)
		return 0;
	if (could_warn(bench, ending, since, until, WARNED_S + seen_s(life) - SEEN_S)) {
		life->result->tally.warnings++;
		if (!(ending->warned & 1U << stage))
			life_fail(life, "token %s ended in %d days, and the log does not say so",
				  life->plan.tokens[ending->token].id, stage_days[stage]);
	}
	/* an alert needs nobody who asks, once its end is known */
	quiet = trouble_free(life, NULL, OF_DOWN | OF_STORE | OF_CLOCK, since, until, WRITTEN_S);
	if (!quiet.until ||
	    trouble_was(life, MISHAP_TOKEN, ending->token, ending->issued + 1, until - 1) ||
	    !could_warn(bench, ending, ending->issued, since, seen_s(life)))
		return 0;
	return judge_part(bench, ending, stage, quiet, err);
}

static int judge_tokens(const struct bench *bench, struct error *err)
{
	struct token_health *tokens = NULL;
	size_t count = 0;

	if (store_tokens(bench->store, &tokens, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (tokens[i].verdict != TOKEN_VALID)
			life_fail(bench->life, "token %s is not known to be good: %s",
				  tokens[i].name, tokens[i].words);
	if (count != bench->life->plan.token_count)
		life_fail(bench->life, "%zu tokens are known of %zu", count,
			  bench->life->plan.token_count);
	free(tokens);
	for (size_t i = 0; i < bench->life->ending_count; i++)
		for (size_t stage = 0; stage < STAGES; stage++)
			if (judge_stage(bench, &bench->life->endings[i], stage, err) < 0)
				return -1;
	return 0;
}

int life_judge_alerts(struct life *life, struct store *store, struct error *err)
{
	struct bench bench = { .life = life, .store = store };
	int result;

	if (store_alerts(store, 0, &bench.alerts, &bench.count, err) < 0)
		return -1;
	judge_ends(&bench);
	for (size_t i = 0; i < life->mishap_count && !life->failed; i++)
		if (life->mishaps[i].until)
			judge_mishap(&bench, &life->mishaps[i]);
	result = judge_deliveries(&bench, err) < 0 || judge_tokens(&bench, err) < 0 ? -1 : 0;
	kept_alerts_free(bench.alerts, bench.count);
	return result;
}
