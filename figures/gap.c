/*
 * The reason of each day that lacks. A day is looked at from its end on: when it could first be
 * read, what was in the way, and what came of it.
 */
#include "metricsd/gap.h"

#include "metricsd/figure.h"
#include "metricsd/health.h"
#include "metricsd/memory.h"
#include "metricsd/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DAY_S = 86400,
	CHANCE_S = 36 * 3600, /* the sweep that reads a day comes within it */
	STORY_S = DAY_S,      /* a story is seen by whoever looks so soon */
};

/* What a day's reason is made from. */
struct question {
	const struct figure *figure;
	const struct gap_subject *subject;
	const struct gap_facts *facts;
	const struct metric_state *state; /* NULL: alive */
	int32_t today;
	int32_t from; /* days before it are wanted by nobody */
};

void gaps_clear(struct gaps *gaps)
{
	free(gaps->items);
	*gaps = (struct gaps){ 0 };
}

void gap_facts_clear(struct gap_facts *facts)
{
	free(facts->readings);
	free(facts->lapses);
	free(facts->unwatched);
	*facts = (struct gap_facts){ 0 };
}

const char *gap_name(enum gap_why why)
{
	static const char *const names[] = {
		[GAP_DOWN] = "down",
		[GAP_STORE] = "store",
		[GAP_TOKEN] = "token",
		[GAP_PERMISSION] = "permission",
		[GAP_THROTTLED] = "throttled",
		[GAP_UNREACHABLE] = "unreachable",
		[GAP_REFUSED] = "refused",
		[GAP_ABSENT] = "absent",
		[GAP_RESTORED] = "restored",
		[GAP_SILENT] = "silent",
		[GAP_RETIRED] = "retired",
		[GAP_UNWALKED] = "unwalked",
		[GAP_UNSEEN] = "unseen",
		[GAP_BROKEN] = "broken",
		[GAP_ACROSS] = "across",
		[GAP_DUE] = "due",
		[GAP_WITHOUT] = "without",
		[GAP_BEFORE] = "before",
		[GAP_FORGOTTEN] = "forgotten",
		[GAP_BORN] = "born",
		[GAP_UNASKED] = "unasked",
		[GAP_UNENTERED] = "unentered",
		[GAP_UNRECORDED] = "unrecorded",
	};

	return names[why];
}

const char *gap_remedy_name(enum gap_remedy remedy)
{
	static const char *const names[] = {
		[REMEDY_NONE] = "none",         [REMEDY_WAIT] = "wait",
		[REMEDY_BACKFILL] = "backfill", [REMEDY_REPAIR] = "repair",
		[REMEDY_ENTER] = "enter",
	};

	return names[remedy];
}

/* --- lapses */

static enum gap_why why_of_class(enum error_class class)
{
	switch (class) {
	case ERROR_TRANSIENT:
		return GAP_UNREACHABLE;
	case ERROR_THROTTLED:
		return GAP_THROTTLED;
	case ERROR_TOKEN:
		return GAP_TOKEN;
	case ERROR_PERMISSION:
		return GAP_PERMISSION;
	case ERROR_OURS:
	case ERROR_BUSY:
		return GAP_STORE;
	case ERROR_NONE:
	case ERROR_METRIC:
	case ERROR_REQUEST:
	case ERROR_MALFORMED:
	case ERROR_INPUT:
		return GAP_REFUSED;
	}
	return GAP_REFUSED;
}

static enum gap_why why_of_lapse(const struct lapse *lapse)
{
	switch (lapse->cause) {
	case LAPSE_FAILED:
		return why_of_class(lapse->class);
	case LAPSE_DOWN:
		return GAP_DOWN;
	case LAPSE_STORE:
		return GAP_STORE;
	case LAPSE_ABSENT:
		return GAP_ABSENT;
	case LAPSE_RESTORED:
		return GAP_RESTORED;
	}
	return GAP_REFUSED;
}

static struct gap by_lapse(const struct lapse *lapse)
{
	struct gap gap = {
		.why = why_of_lapse(lapse),
		.since = lapse->since,
		.until = lapse->until,
		.day = DAY_NONE,
	};

	memcpy(gap.words, lapse->words, sizeof(gap.words));
	return gap;
}

/* Seconds of the lapse in [since, until). */
static int64_t overlap(const struct lapse *lapse, int64_t since, int64_t until)
{
	int64_t end = lapse->until ? lapse->until : INT64_MAX;
	int64_t first = lapse->since > since ? lapse->since : since;
	int64_t last = end < until ? end : until;

	return last > first ? last - first : 0;
}

/* Whether it kept the daily sweep from reading, not just from looking at stories. */
static bool is_daily(const struct lapse *lapse)
{
	return lapse->sweep != SWEEP_WATCH;
}

/* The one that took most of [since, until); the later of two equals. NULL: none. */
static const struct lapse *longest(const struct gap_facts *facts, int64_t since, int64_t until,
				   bool daily)
{
	const struct lapse *found = NULL;
	int64_t most = 1;

	for (size_t i = 0; i < facts->lapse_count; i++) {
		int64_t seconds = overlap(&facts->lapses[i], since, until);

		if (seconds < most || (daily && !is_daily(&facts->lapses[i])))
			continue;
		most = seconds;
		found = &facts->lapses[i];
	}
	return found;
}

/* The one that lasts now, in which nothing was read since it began, and took most of the time since
 * `since`; the later of two equals. NULL: none. */
static const struct lapse *lasting(const struct gap_facts *facts, int64_t since)
{
	const struct lapse *found = NULL;
	int64_t most = 0;

	for (size_t i = 0; i < facts->lapse_count; i++) {
		int64_t seconds = overlap(&facts->lapses[i], since, facts->now);

		if (seconds < most || !is_daily(&facts->lapses[i]) || facts->lapses[i].until)
			continue;
		most = seconds;
		found = &facts->lapses[i];
	}
	return found;
}

/* Whether nobody runs who would do the next sweep. */
static bool is_silent(const struct gap_facts *facts)
{
	for (size_t i = 0; i < facts->lapse_count; i++)
		if (facts->lapses[i].cause == LAPSE_DOWN && !facts->lapses[i].until)
			return true;
	return false;
}

/* A refused permission leaves a sweep that succeeds without some of its calls. */
static const struct lapse *permission_at(const struct gap_facts *facts, int64_t time)
{
	for (size_t i = 0; i < facts->lapse_count; i++) {
		const struct lapse *lapse = &facts->lapses[i];

		if (lapse->cause == LAPSE_FAILED && lapse->class == ERROR_PERMISSION &&
		    is_daily(lapse) && lapse->since <= time &&
		    (!lapse->until || time <= lapse->until))
			return lapse;
	}
	return NULL;
}

/* --- reasons */

static struct gap plain(enum gap_why why)
{
	return (struct gap){ .why = why, .day = DAY_NONE };
}

static struct gap dated(enum gap_why why, int32_t day)
{
	return (struct gap){ .why = why, .day = day };
}

/* Whether people or files say it: then nobody was asked. */
static bool is_stated(const struct question *question, struct gap *ret)
{
	const struct collector *collector = question->subject->collector;
	const struct metric *metric = question->subject->metric;
	const char *source = question->figure->source;
	bool collected =
		collector->subject && metric && metric_find(collector->metrics, metric->id);

	if (source && strcmp(source, RECORD_SOURCE) == 0) {
		*ret = plain(GAP_UNRECORDED);
		return true;
	}
	if (collected && (!source || strcmp(source, collector->name) == 0))
		return false;
	*ret = plain(collector->keeps && !source ? GAP_UNRECORDED : GAP_UNENTERED);
	return true;
}

/* Whether the day is in a window that is known and could not be used. */
static bool is_known_otherwise(const struct question *question, int32_t day, struct gap *ret)
{
	const struct gap_subject *subject = question->subject;

	for (size_t i = 0; i < subject->sample_count; i++) {
		struct window window = subject->samples[i].window;

		if (day < window.first || day >= window_end(window))
			continue;
		*ret = plain(question->figure->broken ? GAP_BROKEN : GAP_ACROSS);
		return true;
	}
	return false;
}

static bool is_out_of_life(const struct metric *metric, int32_t day, struct gap *ret)
{
	if (metric->born && day < metric->born)
		*ret = dated(GAP_BORN, metric->born);
	else if (metric->died && day >= metric->died)
		*ret = dated(GAP_BORN, metric->died);
	else
		return false;
	return true;
}

static int64_t reading_of(const struct gap_facts *facts, int32_t day)
{
	if (day < facts->window.first || day >= window_end(facts->window))
		return 0;
	return facts->readings[day - facts->window.first];
}

static bool is_kept(const struct question *question, int32_t day)
{
	int32_t reach = question->subject->collector->reach_days;

	return reach <= 0 || day >= question->today - reach;
}

/* What is told as it is now had to be looked at on its day: before the first time nobody did. */
static bool is_before_level(const struct question *question, int32_t day, struct gap *ret)
{
	const struct gap_subject *subject = question->subject;
	const struct gap_facts *facts = question->facts;
	const struct lapse *lapse;

	if (!subject->metric->momentary || subject->first == DAY_NONE || day >= subject->first)
		return false;
	lapse = longest(facts, zone_midnight(facts->zone, day), zone_midnight(facts->zone, day + 1),
			true);
	*ret = lapse ? by_lapse(lapse) : dated(GAP_BEFORE, subject->first);
	return true;
}

/* Nobody wanted it: what came before the account was collected. */
static struct gap never_wanted(const struct question *question, int32_t day)
{
	if (!is_kept(question, day))
		return dated(GAP_FORGOTTEN, question->subject->collector->reach_days);
	if (question->facts->first == DAY_NONE || day < question->facts->first)
		return dated(GAP_BEFORE, question->facts->first);
	if (question->subject->metric->momentary)
		return dated(GAP_FORGOTTEN, 0);
	return plain(GAP_UNASKED);
}

/* No whole sweep has read the day. */
static struct gap unread(const struct question *question, int32_t day)
{
	const struct gap_facts *facts = question->facts;
	int32_t reach = question->subject->collector->reach_days;
	int64_t end = zone_midnight(facts->zone, day + 1);
	int64_t last = facts->now;
	bool kept = is_kept(question, day);
	const struct lapse *lapse = lasting(facts, end);

	if (day < question->from)
		return never_wanted(question, day);
	if (!kept)
		last = zone_midnight(facts->zone, day + 1 + reach);
	/* what is in the way now is what somebody can do something about */
	if (kept && lapse && (end > facts->last_success || days_hold(&facts->owed, day)))
		return by_lapse(lapse);
	/* else what was in the way when it could first be read, and for most of the time since */
	lapse = longest(facts, end, end + CHANCE_S, true);
	if (lapse) {
		const struct lapse *most = longest(facts, end, last, true);

		return by_lapse(most ? most : lapse);
	}
	if (kept && (end > facts->last_success || days_hold(&facts->owed, day))) {
		struct gap gap = plain(GAP_DUE);

		gap.until = facts->due;
		return gap;
	}
	return never_wanted(question, day);
}

/* A whole sweep read the day, and there is no number. */
static struct gap read_without(const struct question *question, int32_t day, int64_t read)
{
	const struct gap_facts *facts = question->facts;
	const struct metric_state *state = question->state;
	const struct lapse *lapse = permission_at(facts, read);

	if (state && state->life == METRIC_RETIRED && zone_day(facts->zone, read) >= state->since) {
		struct gap gap = dated(GAP_RETIRED, state->since);

		(void)snprintf(gap.words, sizeof(gap.words), "%s", state->words);
		return gap;
	}
	if (lapse)
		return by_lapse(lapse);
	/* a level that is told as it is now was to be looked at on its day */
	if (question->subject->metric->kind == METRIC_STOCK) {
		lapse = longest(facts, zone_midnight(facts->zone, day),
				zone_midnight(facts->zone, day + 1), true);
		if (lapse)
			return by_lapse(lapse);
	}
	return plain(GAP_SILENT);
}

/* The first stretch of the day in which publications of the kind could have gone unseen. */
static const struct watch *unwatched_on(const struct gap_facts *facts, enum item_kind kind,
					int32_t day)
{
	int64_t since = zone_midnight(facts->local, day);
	int64_t until = zone_midnight(facts->local, day + 1);

	for (size_t i = 0; i < facts->unwatched_count; i++)
		if (facts->unwatched[i].kind == kind && facts->unwatched[i].since < until &&
		    facts->unwatched[i].until > since)
			return &facts->unwatched[i];
	return NULL;
}

static struct gap stretch(enum gap_why why, const struct watch *watch)
{
	struct gap gap = plain(why);

	gap.since = watch->since;
	gap.until = watch->until;
	return gap;
}

/* Stories that nobody saw in time cannot be seen any more. */
static struct gap unseen(const struct question *question, const struct watch *watch, int32_t day)
{
	const struct gap_facts *facts = question->facts;
	int64_t end = zone_midnight(facts->local, day + 1);
	const struct lapse *lapse = longest(facts, watch->since, watch->until + STORY_S, false);
	/* whoever looks now still sees what came since the last look */
	bool seen = !lapse || (is_silent(facts) && watch->since > facts->now - STORY_S);
	struct gap gap;

	if (watch->since == 0 && watch->until >= facts->now && (!lapse || lapse->since >= end))
		return plain(GAP_BEFORE); /* nobody has looked yet */
	if (watch->since == 0 && watch->until < facts->now)
		return dated(GAP_BEFORE, zone_day_from(facts->local, watch->until));
	if (watch->until >= facts->now && end > facts->now - STORY_S && seen)
		return plain(GAP_DUE);
	gap = stretch(GAP_UNSEEN, watch);
	if (watch->until >= facts->now)
		gap.until = 0;
	if (lapse)
		(void)snprintf(gap.words, sizeof(gap.words), "%.40s%s%.150s", lapse_name(lapse),
			       lapse->words[0] ? ": " : "", lapse->words);
	return gap;
}

static struct gap reason_of(const struct question *question, int32_t day)
{
	const struct gap_subject *subject = question->subject;
	const struct gap_facts *facts = question->facts;
	const struct watch *watch;
	struct gap gap;
	int64_t read;

	if (is_known_otherwise(question, day, &gap) || is_stated(question, &gap))
		return gap;
	if (subject->without)
		return plain(GAP_WITHOUT);
	if (is_out_of_life(subject->metric, day, &gap) || is_before_level(question, day, &gap))
		return gap;
	watch = unwatched_on(facts, subject->metric->items, day);
	if (watch && subject->metric->items == ITEM_STORY)
		return unseen(question, watch, day);
	read = reading_of(facts, day);
	if (read == 0)
		return unread(question, day);
	gap = read_without(question, day, read);
	return gap.why == GAP_SILENT && watch ? stretch(GAP_UNWALKED, watch) : gap;
}

/* --- what helps */

/* Whether the provider would still tell the day if it were asked. */
static bool is_askable(const struct question *question, int32_t day)
{
	const struct metric *metric = question->subject->metric;

	return metric && !metric->momentary && metric->items != ITEM_STORY &&
	       is_kept(question, day);
}

/* Whether somebody does the sweep that is due. */
static enum gap_remedy remedy_of_due(const struct gap_facts *facts)
{
	return is_silent(facts) || health_is_overdue(facts->due, facts->now) ? REMEDY_REPAIR
									     : REMEDY_WAIT;
}

/* The day was not read, for something was in the way. */
static enum gap_remedy remedy_of_lapse(const struct question *question, const struct gap *gap,
				       int32_t day)
{
	if (!is_askable(question, day))
		return REMEDY_NONE;
	if (gap->until == 0)
		return gap->why == GAP_THROTTLED && !is_silent(question->facts) ? REMEDY_WAIT
										: REMEDY_REPAIR;
	return days_hold(&question->facts->owed, day) ? remedy_of_due(question->facts)
						      : REMEDY_BACKFILL;
}

static enum gap_remedy remedy_of(const struct question *question, const struct gap *gap,
				 int32_t day)
{
	struct gap stated;

	switch (gap->why) {
	case GAP_DOWN:
	case GAP_STORE:
	case GAP_TOKEN:
	case GAP_PERMISSION:
	case GAP_THROTTLED:
	case GAP_UNREACHABLE:
	case GAP_REFUSED:
	case GAP_ABSENT:
	case GAP_RESTORED:
		return remedy_of_lapse(question, gap, day);
	case GAP_UNWALKED:
	case GAP_BEFORE:
	case GAP_UNASKED:
		return is_askable(question, day) ? REMEDY_BACKFILL : REMEDY_NONE;
	case GAP_ACROSS:
		if (is_stated(question, &stated))
			return REMEDY_ENTER;
		return is_askable(question, day) && reading_of(question->facts, day) == 0
			       ? REMEDY_BACKFILL
			       : REMEDY_NONE;
	case GAP_DUE:
		return remedy_of_due(question->facts);
	case GAP_UNENTERED:
	case GAP_UNRECORDED:
		return REMEDY_ENTER;
	case GAP_SILENT:
	case GAP_RETIRED:
	case GAP_UNSEEN:
	case GAP_BROKEN:
	case GAP_WITHOUT:
	case GAP_FORGOTTEN:
	case GAP_BORN:
		return REMEDY_NONE;
	}
	return REMEDY_NONE;
}

/* --- all of them */

bool gap_same_reason(const struct gap *a, const struct gap *b)
{
	return a->why == b->why && a->remedy == b->remedy && a->since == b->since &&
	       a->until == b->until && a->day == b->day && strcmp(a->words, b->words) == 0;
}

static void add(struct gaps *gaps, const struct gap *gap, int32_t day)
{
	struct gap *last = gaps->count ? &gaps->items[gaps->count - 1] : NULL;

	if (last && window_end(last->days) == day && gap_same_reason(last, gap)) {
		last->days.days++;
		return;
	}
	gaps->items = memory_grow(gaps->items, gaps->count, &gaps->room, sizeof(*gaps->items));
	gaps->items[gaps->count] = *gap;
	gaps->items[gaps->count++].days = (struct window){ day, 1 };
}

static const struct metric_state *state_of(const struct gap_subject *subject,
					   const struct gap_facts *facts)
{
	const struct metric *metrics = subject->collector->metrics;

	for (size_t i = 0; subject->metric && metrics && metrics[i].id && i < METRICS_MAX; i++)
		if (strcmp(metrics[i].id, subject->metric->id) == 0)
			return &facts->states.items[i];
	return NULL;
}

/* The first day sweeps have wanted: as the configuration says, else what is known goes back to it,
 * else the first of the month before it was tried (schedule_wanted()). */
static int32_t wanted_from(const struct gap_subject *subject, const struct gap_facts *facts)
{
	int64_t begun = facts->lapse_count ? facts->lapses[0].since : facts->now;

	if (subject->collect_from != DAY_NONE)
		return subject->collect_from;
	if (facts->first != DAY_NONE)
		return facts->first;
	return month_after(month_of(zone_day(facts->zone, begun)), -1).first;
}

void gaps_of(const struct figure *figure, const struct gap_subject *subject,
	     const struct gap_facts *facts, struct gaps *ret)
{
	struct question question = {
		.figure = figure,
		.subject = subject,
		.facts = facts,
		.state = state_of(subject, facts),
		.today = zone_day(facts->zone, facts->now),
		.from = wanted_from(subject, facts),
	};

	*ret = (struct gaps){ .more = figure->lacking_more };
	for (size_t i = 0; i < figure->lacking.count; i++) {
		struct window lacking = figure->lacking.ranges[i];

		for (int32_t day = lacking.first; day < window_end(lacking); day++) {
			struct gap gap = reason_of(&question, day);

			gap.remedy = remedy_of(&question, &gap, day);
			add(ret, &gap, day);
		}
	}
}
