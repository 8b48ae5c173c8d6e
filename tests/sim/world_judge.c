/*
 * The oracle. What a final figure says is the truth, or it says that it is not complete and which
 * days lack; what may still change says so. What people were told is kept is there.
 */
#include "sim.h"
#include "weblog.h"
#include "world_life.h"
#include "world_loop.h"
#include "world_reasons.h"
#include "world_trouble.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/figure.h"
#include "metricsd/gap.h"
#include "metricsd/health.h"
#include "metricsd/memory.h"
#include "metricsd/period.h"
#include "metricsd/store.h"
#include "metricsd/zones.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DAY = 86400,
	FINAL_DAYS = 28,
	SLACK_DAYS = 3,
	YEAR_DAYS = 366,
	QUIET_DAYS = 3,  /* with nothing in the way for so long, whatever can be had is had */
	SELDOM_DAYS = 7, /* where one request in a hundred fails */
	BEHIND_DAYS = 9, /* and who was away before has much to ask for first */
};

/* One figure in front of the judge. */
struct matter {
	struct life *life;
	const struct outlet *channel;
	const struct metric *metric;
	const struct period *period;
	const struct track *track;
	struct zone *zone; /* whose days they are */
	const int32_t *read_on;
	int32_t today;
	int32_t first; /* day anything is known of the account */
	bool last;
};

__attribute__((format(printf, 2, 3))) static void object(const struct matter *matter,
							 const char *format, ...)
{
	char words[512], clock[TIME_TEXT];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	life_fail(matter->life, "%s: e%d/%s (%s) %s %s: %s",
		  time_text(loop_now(matter->life->loop), clock), matter->channel->entity,
		  matter->channel->id, matter->channel->provider, matter->metric->id,
		  matter->period->name, words);
}

static int64_t truth_of(const struct matter *matter, struct window window)
{
	const struct outlet *channel = matter->channel;

	if (channel->kind == CHANNEL_LOG)
		return weblog_truth(files_find(matter->life->files, channel->provider),
				    matter->metric->id, window);
	return truth_value(matter->life->world, channel->provider, matter->metric->id, window,
			   matter->metric->kind);
}

/* A level is read in the course of its day: it lies between those of the days around it. */
static void judge_level(const struct matter *matter, const struct figure *figure)
{
	int64_t low = INT64_MAX, high = INT64_MIN;

	if (figure->as_of == DAY_NONE) {
		object(matter, "a level of no day");
		return;
	}
	for (int32_t day = figure->as_of - 1; day <= figure->as_of + 1; day++) {
		int64_t level;

		if (matter->channel->kind == CHANNEL_PAGE && day != figure->as_of)
			continue; /* it says the level at the day's end itself */
		level = truth_of(matter, (struct window){ day, 1 });
		low = level < low ? level : low;
		high = level > high ? level : high;
	}
	if (figure->value < low || figure->value > high)
		object(matter, "%" PRId64 " followers, the truth is %" PRId64 " to %" PRId64,
		       figure->value, low, high);
}

/* The first day that is not as it should be, to begin with. */
static void find_day(const struct matter *matter, char *ret, size_t room)
{
	const struct track *track = matter->track;
	char day[DAY_TEXT], read[DAY_TEXT] = "never";

	ret[0] = '\0';
	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];
		int32_t place = sample->window.first - matter->period->window.first;
		int64_t truth = truth_of(matter, sample->window);

		if (sample->value == truth || place < 0 || place >= matter->period->window.days)
			continue;
		if (matter->read_on[place] != DAY_NONE)
			(void)day_text(matter->read_on[place], read);
		(void)snprintf(ret, room,
			       " (%s for %d days: %" PRId64 " for %" PRId64 ", read on %s)",
			       day_text(sample->window.first, day), sample->window.days,
			       sample->value, truth, read);
		return;
	}
}

static bool has_flag(const struct matter *matter, uint32_t flag)
{
	for (size_t i = 0; i < matter->track->count; i++)
		if (matter->track->samples[i].flags & flag)
			return true;
	return false;
}

static void judge_final(const struct matter *matter, const struct figure *figure, int64_t truth)
{
	struct run_tally *tally = &matter->life->result->tally;
	char words[160];

	if (figure->form == FIGURE_EXACT) {
		if (figure->value != truth) {
			find_day(matter, words, sizeof(words));
			object(matter,
			       "a final %" PRId64 " of %d of %d days, the truth is %" PRId64 "%s",
			       figure->value, figure->known_days, figure->period_days, truth,
			       words);
		}
		tally->exact++;
		return;
	}
	if (figure->form == FIGURE_BETWEEN && figure->high < truth)
		object(matter, "%" PRId64 " at most, the truth is %" PRId64, figure->high, truth);
	/* an interval of people may know all days; what does not says which lack */
	if (figure->known_days < figure->period_days && figure->lacking.count == 0)
		object(matter, "%d of %d days, and none is said to lack", figure->known_days,
		       figure->period_days);
	if (matter->metric->kind == METRIC_FLOW && figure->known_days == figure->period_days &&
	    !has_flag(matter, SAMPLE_AT_LEAST))
		object(matter, "all days are known, and yet it is no exact number");
	tally->bounded++;
}

static const char *form_words(const struct figure *figure)
{
	static const char *const words[] = {
		[FIGURE_NONE] = "no figure",
		[FIGURE_EXACT] = "a figure",
		[FIGURE_BETWEEN] = "an interval",
		[FIGURE_AT_LEAST] = "a lower bound",
	};

	return words[figure->form];
}

/* The first day that was not read since it settled, or whose number was not. */
static const char *find_unsettled(const struct matter *matter, const struct figure *figure,
				  char *ret, size_t room)
{
	const struct track *track = matter->track;
	char day[DAY_TEXT], read[DAY_TEXT] = "never";

	ret[0] = '\0';
	if (figure->lacking.count) {
		int32_t first = figure->lacking.ranges[0].first;
		int32_t read_on = matter->read_on[first - matter->period->window.first];

		(void)snprintf(ret, room, " (%s lacks, read on %s)", day_text(first, day),
			       read_on == DAY_NONE ? read : day_text(read_on, read));
	}
	for (size_t i = 0; i < track->count && !ret[0]; i++) {
		const struct sample *sample = &track->samples[i];
		int32_t place = sample->window.first - matter->period->window.first;

		if (place < 0 || place >= matter->period->window.days)
			continue;
		if (matter->read_on[place] > sample->window.first + FINAL_DAYS &&
		    !(sample->flags & SAMPLE_UNREAD))
			continue;
		if (matter->read_on[place] != DAY_NONE)
			(void)day_text(matter->read_on[place], read);
		(void)snprintf(ret, room, " (%s was read on %s, flags %u)",
			       day_text(sample->window.first, day), read, sample->flags);
	}
	return ret;
}

static bool is_half_of_follows(const struct matter *matter)
{
	return matter->channel->kind == CHANNEL_INSTAGRAM &&
	       strncmp(matter->metric->id, "followers_", 10) == 0;
}

/* Instagram leaves out the half that is 0, and nobody knows why it is not there. */
static bool is_left_out(const struct matter *matter, int32_t day)
{
	return is_half_of_follows(matter) && truth_of(matter, (struct window){ day, 1 }) == 0;
}

/* A day or two were read (or a half of a month, by which follows are asked for, too), and what came
 * for them was none that could be used (NET_ABSURD). */
static bool was_no_number(const struct matter *matter, const struct figure *figure)
{
	int32_t most = is_half_of_follows(matter) ? 16 : 2;
	int32_t days = 0;

	for (size_t i = 0; i < figure->lacking.count; i++) {
		struct window lacking = figure->lacking.ranges[i];

		for (int32_t day = lacking.first; day < window_end(lacking); day++) {
			if (is_left_out(matter, day))
				continue;
			if (++days > most ||
			    matter->read_on[day - matter->period->window.first] == DAY_NONE)
				return false;
		}
	}
	return is_half_of_follows(matter) ||
	       (days > 0 && matter->life->plan.options.troubles & TROUBLE_NET);
}

/* Whether nobody could read the log for so long that its files may be gone. */
static bool was_long_away(const struct matter *matter)
{
	enum { LONG_DAYS = 40, LATER_DAYS = 120 };
	const struct life *life = matter->life;
	size_t whom = (size_t)(matter->channel - life->plan.channels);
	int64_t begins = (int64_t)matter->period->window.first * DAY;
	int64_t ends = begins + (int64_t)LATER_DAYS * DAY;
	int64_t away_s = 0;

	for (size_t i = 0; i < life->mishap_count; i++) {
		const struct mishap *mishap = &life->mishaps[i];
		int64_t until = mishap->until ? mishap->until : ends;

		bool away = mishap->kind == MISHAP_DOWN || mishap->kind == MISHAP_STORE ||
			    ((mishap->kind == MISHAP_ABSENT || mishap->kind == MISHAP_LOG) &&
			     mishap->whom == whom);

		if (!away)
			continue;
		if (until > begins && mishap->since < ends)
			away_s += (until < ends ? until : ends) -
				  (mishap->since > begins ? mishap->since : begins);
	}
	return away_s > (int64_t)LONG_DAYS * DAY;
}

/* Some websites do not say everything, and say so. */
static bool website_tells(const struct matter *matter)
{
	const struct life *life = matter->life;
	const struct outlet *channel = matter->channel;
	const struct sim_quirks *quirks = world_quirks(life->world);

	if (channel->kind == CHANNEL_LOG)
		return !was_long_away(matter) &&
		       weblog_tells(files_find(life->files, channel->provider),
				    matter->period->window);
	if (channel->kind == CHANNEL_GA4)
		return !quirks->ga4_withholds;
	/* before 2.11 a server counted no visits */
	return channel->kind != CHANNEL_UMAMI || quirks->umami_version != 210 ||
	       strcmp(matter->metric->id, "visits") != 0;
}

/* Stories live for a day: whatever was in the way then, nobody can see them any more. */
static bool could_be_watched(const struct matter *matter)
{
	const struct life *life = matter->life;
	int64_t since = (int64_t)(matter->period->window.first - 2) * DAY;
	int64_t until = (int64_t)(window_end(matter->period->window) + 2) * DAY;

	return since >= life->plan.start &&
	       trouble_free(life, matter->channel, OF_ALL, since, until, until - since).until &&
	       !trouble_stormed(life, matter->channel, true, since, until);
}

/* Whether the number was not to be had, or not any more when the month was to be read for the last
 * time. */
static bool is_blemished(const struct matter *matter)
{
	struct window month = matter->period->window;
	struct window since = { month.first, matter->today - month.first };
	const struct blemish *one = plan_blemish(&matter->life->plan, matter->channel->provider,
						 matter->metric->id, since);
	int64_t settled = (int64_t)(window_end(month) + FINAL_DAYS + 1) * DAY;

	return one && trouble_free(matter->life, matter->channel, OF_ALL, settled,
				   (int64_t)one->since * DAY, (int64_t)QUIET_DAYS * DAY)
				      .until == 0;
}

/* What of the days could be had, and nothing was wrong for so long that they were had since. */
static bool has_to_be_complete(const struct matter *matter)
{
	return matter->last && matter->period->kind == PERIOD_MONTH &&
	       matter->period->window.first >= matter->first &&
	       window_end(matter->period->window) + FINAL_DAYS + SLACK_DAYS <= matter->today &&
	       !is_blemished(matter) &&
	       (matter->metric->items != ITEM_STORY || could_be_watched(matter)) &&
	       website_tells(matter);
}

/* Whether the provider tells how many people a month had, itself. */
static bool tells_people_of_month(const struct matter *matter)
{
	struct window month = matter->period->window;
	const struct sim_quirks *quirks = world_quirks(matter->life->world);

	switch (matter->channel->kind) {
	case CHANNEL_PAGE: /* of those who follow it says days, weeks and 28 days only */
		return strcmp(matter->metric->id, "viewers") == 0;
	case CHANNEL_INSTAGRAM: /* 30 days to the second */
		return zone_midnight(matter->zone, window_end(month)) -
			       zone_midnight(matter->zone, month.first) <=
		       (int64_t)30 * DAY;
	case CHANNEL_MATOMO:
		return !quirks->no_month_unique;
	case CHANNEL_GA4:
	case CHANNEL_PLAUSIBLE:
	case CHANNEL_UMAMI:
	case CHANNEL_LOG:
		return true;
	case CHANNEL_MANUAL:
		return false;
	}
	return false;
}

static int32_t quiet_days(const struct life *life)
{
	return life->plan.options.troubles & TROUBLE_NET ? SELDOM_DAYS : QUIET_DAYS;
}

/* A level that is told as it is now alone is of one of the last days on which somebody could look.
 */
static bool is_late_enough(const struct matter *matter, const struct figure *figure)
{
	const struct life *life = matter->life;
	int32_t days = quiet_days(life);
	int64_t since = (int64_t)matter->period->window.first * DAY;
	int64_t until = (int64_t)window_end(matter->period->window) * DAY;
	int32_t behind = life->plan.options.troubles & TROUBLE_NET ? BEHIND_DAYS : 0;
	struct stretch quiet = trouble_free(life, matter->channel, OF_ALL,
					    since > life->plan.start ? since : life->plan.start,
					    until, (int64_t)(days + behind) * DAY);

	return quiet.until == 0 || (figure->form == FIGURE_EXACT &&
				    figure->as_of >= (int32_t)(quiet.until / DAY) - days);
}

/* As much as can be had of it. */
static bool is_whole(const struct matter *matter, const struct figure *figure)
{
	switch (matter->metric->kind) {
	case METRIC_STOCK:
		if (matter->metric->momentary)
			return is_late_enough(matter, figure);
		return figure->known_days == figure->period_days;
	case METRIC_UNIQUE:
		return figure->form == FIGURE_EXACT ||
		       (figure->form == FIGURE_BETWEEN && !tells_people_of_month(matter));
	case METRIC_FLOW:
	case METRIC_RATIO:
		return figure->known_days == figure->period_days;
	}
	return false;
}

/* It says so itself: what came was no number. */
static bool is_excused(const struct matter *matter, const struct figure *figure)
{
	bool all_days = figure->known_days == figure->period_days;

	if (has_flag(matter, SAMPLE_UNREAD) &&
	    (is_whole(matter, figure) || (matter->metric->kind == METRIC_UNIQUE && all_days)))
		return true;
	return matter->metric->kind == METRIC_FLOW && was_no_number(matter, figure) &&
	       !figure->provisional && (!figure->revisable || has_flag(matter, SAMPLE_UNREAD));
}

static void judge_completeness(const struct matter *matter, const struct figure *figure)
{
	struct run_tally *tally = &matter->life->result->tally;
	char day[DAY_TEXT], words[200];

	if (!has_to_be_complete(matter))
		return;
	tally->expected++;
	if (is_whole(matter, figure) && !figure->provisional && !figure->revisable)
		tally->complete++;
	else if (is_excused(matter, figure))
		tally->expected--;
	else
		object(matter, "%s, %d of %d days%s%s, from %s on, though all could be had%s",
		       matter->track->count ? form_words(figure) : "nothing is known of it",
		       figure->known_days, figure->period_days,
		       figure->provisional ? ", provisional" : "",
		       figure->revisable ? ", revisable" : "",
		       figure->lacking.count ? day_text(figure->lacking.ranges[0].first, day)
					     : "no day",
		       find_unsettled(matter, figure, words, sizeof(words)));
}

static void judge(const struct matter *matter, const struct figure *figure)
{
	struct run_tally *tally = &matter->life->result->tally;
	int64_t truth;

	judge_completeness(matter, figure);
	if (figure->form == FIGURE_NONE) {
		tally->nothing++;
		return;
	}
	if (figure->kind == METRIC_STOCK) {
		judge_level(matter, figure);
		tally->exact += !figure->provisional && !figure->revisable;
		tally->unsettled += figure->provisional || figure->revisable;
		return;
	}
	truth = truth_of(matter, matter->period->window);
	if (truth == TRUTH_NONE) {
		object(matter, "a figure without a truth");
		return;
	}
	/* what is known so far is never more than the truth: late data only grow */
	if (figure->low > truth) {
		char words[160];

		find_day(matter, words, sizeof(words));
		object(matter, "%" PRId64 " at least, the truth is %" PRId64 "%s", figure->low,
		       truth, words);
	}
	if (figure->provisional || figure->revisable)
		tally->unsettled++;
	else
		judge_final(matter, figure, truth);
}

/* --- what is asked --- */

struct docket {
	struct life *life;
	struct store *store;
	struct zones zones;
	const struct outlet *channel;
	char entity[8];
	const char *account; /* its name in the store */
	int32_t first;       /* day anything is known of the channel */
	bool last;
};

static int judge_lacking(struct docket *docket, const struct matter *matter,
			 const struct figure *figure, struct zone *zone, struct zone *here,
			 struct error *err)
{
	struct gap_subject subject = {
		.collector = collector_find(matter->track->source),
		.metric = matter->metric,
		.collect_from = DAY_NONE,
		.first = matter->track->break_count ? matter->track->breaks[0] : DAY_NONE,
		.samples = matter->track->samples,
		.sample_count = matter->track->count,
	};
	SCOPED(gap_facts)
	struct gap_facts facts = { 0 };
	char words[400];

	if (store_gap_facts(docket->store, docket->entity, docket->account, subject.collector, zone,
			    here, matter->period->window, loop_now(docket->life->loop), &facts,
			    err) < 0)
		return -1;
	judge_reasons(&(struct plea){ .life = docket->life,
				      .channel = docket->channel,
				      .figure = figure,
				      .subject = &subject,
				      .facts = &facts,
				      .now = loop_now(docket->life->loop),
				      .first = docket->first,
				      .today = matter->today,
				      .last = docket->last },
		      words, sizeof(words));
	if (words[0])
		object(matter, "%s", words);
	return 0;
}

/* Whose days the metric's windows are. */
static const char *zone_of(const struct outlet *channel, const struct metric *metric)
{
	bool insights = channel->kind == CHANNEL_PAGE || channel->kind == CHANNEL_INSTAGRAM;

	return insights && !metric->items ? "America/Los_Angeles" : plan_zone(channel->entity);
}

static int judge_track(struct docket *docket, const struct track *track,
		       const struct period *period, const int64_t *readings, struct error *err)
{
	struct matter matter = { .life = docket->life,
				 .channel = docket->channel,
				 .metric = track->metric,
				 .period = period,
				 .track = track,
				 .first = docket->first,
				 .last = docket->last };
	int32_t read_on[YEAR_DAYS];
	struct zone *here;
	struct figure figure;

	if (zones_get(&docket->zones, track->zone, &matter.zone, err) < 0 ||
	    zones_get(&docket->zones, plan_zone(docket->channel->entity), &here, err) < 0)
		return -1;
	for (int32_t i = 0; i < period->window.days; i++)
		read_on[i] = readings[i] ? zone_day(matter.zone, readings[i]) : DAY_NONE;
	matter.read_on = read_on;
	matter.today = zone_day(here, loop_now(docket->life->loop));
	figure = figure_of(track, track->count > 0,
			   &(struct scope){ .period = period->window,
					    .today = matter.today,
					    .read_on = read_on });
	judge(&matter, &figure);
	if (period->kind != PERIOD_MONTH || figure.lacking.count == 0 || track->count == 0 ||
	    docket->life->failed)
		return 0;
	return judge_lacking(docket, &matter, &figure, matter.zone, here, err);
}

static const struct series *series_of(const struct history *history, const char *metric)
{
	for (size_t i = 0; i < history->count; i++)
		if (strcmp(history->series[i].metric, metric) == 0)
			return &history->series[i];
	return NULL;
}

/* All its collector gives, whether anything is known of it or not. */
static int judge_period(struct docket *docket, const struct period *period, struct error *err)
{
	struct store_account wanted = { .entity = docket->entity, .account = docket->account };
	const struct collector *collector = plan_collector(docket->channel->kind);
	SCOPED(history)
	struct history history = { 0 };

	if (zones_get(&docket->zones, plan_zone(docket->channel->entity), &wanted.zone, err) < 0 ||
	    store_history(docket->store, &wanted, 1, NULL, period->window, &history, err) < 0)
		return -1;
	for (const struct metric *metric = collector->metrics; metric->id; metric++) {
		const struct series *series = series_of(&history, metric->id);
		struct track track = { .metric = metric,
				       .source = collector->name,
				       .zone = zone_of(docket->channel, metric) };

		if (docket->life->failed)
			break;
		if (series && strcmp(series->zone, track.zone) != 0)
			life_fail(docket->life, "%s/%s %s is said to be in %s", docket->entity,
				  docket->channel->id, metric->id, series->zone);
		if (series) {
			track.samples = series->samples;
			track.count = series->count;
			track.breaks = series->breaks;
			track.break_count = series->definition_count;
		}
		if (judge_track(docket, &track, period, history.readings, err) < 0)
			return -1;
	}
	return 0;
}

/* When the account could be asked for the first time, all in all. */
static int32_t heard_of(const struct docket *docket)
{
	const struct life *life = docket->life;
	struct stretch quiet;
	int64_t until = life->plan.start + DAY;

	do { /* the first stretch that is long enough */
		until += DAY;
		quiet = trouble_free(life, docket->channel, OF_ALL, life->plan.start, until,
				     (int64_t)QUIET_DAYS * DAY);
	} while (!quiet.until && until < life->plan.end);
	return (int32_t)(until / DAY);
}

/* The months since it was installed, and the quarters and years they are in. */
static int judge_channel(struct docket *docket, struct error *err)
{
	int32_t first = (int32_t)(docket->life->plan.start / DAY);
	int32_t today = (int32_t)(loop_now(docket->life->loop) / DAY);
	struct window month = month_after(month_of(first), -1);
	struct zone *here;

	if (zones_get(&docket->zones, plan_zone(docket->channel->entity), &here, err) < 0 ||
	    store_first_day(docket->store, docket->entity, docket->account, here, &docket->first,
			    err) < 0)
		return -1;
	/* months from before the one in which it could first be asked are nobody's promise */
	if (docket->last && (docket->first == DAY_NONE || docket->first > heard_of(docket)))
		life_fail(docket->life, "%s/%s: nothing is known of it before day %d of the run",
			  docket->entity, docket->channel->id, docket->first - first);
	for (; month.first <= today && !docket->life->failed; month = month_after(month, 1)) {
		int year, number, day;

		day_split(month.first, &year, &number, &day);
		for (int i = 0; i < 3; i++) {
			struct period period;
			char name[16];

			if ((i == 1 && number % 3 != 0) || (i == 2 && number != 12))
				continue;
			if (i == 0)
				(void)snprintf(name, sizeof(name), "%04d-%02d", year, number);
			else if (i == 1)
				(void)snprintf(name, sizeof(name), "%04d-Q%d", year, number / 3);
			else
				(void)snprintf(name, sizeof(name), "%04d", year);
			if (period_parse(name, &period, err) < 0 ||
			    judge_period(docket, &period, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* --- what people entered --- */

/* Whether somebody entered the day's value later on, too: then that one counts. */
static bool may_say(const struct life *life, size_t from, int64_t value)
{
	const struct entered *one = &life->entered[from];

	for (size_t i = from; i < life->entered_count; i++) {
		const struct entered *other = &life->entered[i];

		if (other->channel != one->channel || other->day != one->day)
			continue;
		if (other->value == value)
			return true;
	}
	return false;
}

static int judge_entry(struct docket *docket, size_t which, struct error *err)
{
	const struct entered *entered = &docket->life->entered[which];
	struct store_account wanted = { .entity = docket->entity, .account = docket->account };
	SCOPED(history)
	struct history history = { 0 };
	char day[DAY_TEXT];

	if (zones_get(&docket->zones, plan_zone(docket->channel->entity), &wanted.zone, err) < 0 ||
	    store_history(docket->store, &wanted, 1, "posts", (struct window){ entered->day, 1 },
			  &history, err) < 0)
		return -1;
	for (size_t i = 0; i < history.count; i++)
		for (size_t k = 0; k < history.series[i].count; k++)
			if (history.series[i].samples[k].window.first == entered->day &&
			    may_say(docket->life, which, history.series[i].samples[k].value))
				return 0;
	life_fail(docket->life, "e%d/%s: the %" PRId64 " that was entered for %s is not there",
		  docket->channel->entity, docket->channel->id, entered->value,
		  day_text(entered->day, day));
	return 0;
}

static int judge_entries(struct docket *docket, struct error *err)
{
	for (size_t i = 0; i < docket->life->entered_count && !docket->life->failed; i++) {
		const struct entered *entered = &docket->life->entered[i];

		if (!entered->acknowledged ||
		    &docket->life->plan.channels[entered->channel] != docket->channel)
			continue;
		if (judge_entry(docket, i, err) < 0)
			return -1;
	}
	return 0;
}

static int judge_all(struct docket *docket, struct error *err)
{
	const struct plan_of_run *plan = &docket->life->plan;

	for (size_t i = 0; i < plan->channel_count && !docket->life->failed; i++) {
		docket->channel = &plan->channels[i];
		(void)snprintf(docket->entity, sizeof(docket->entity), "e%d",
			       docket->channel->entity);
		/* the daemon may not have read the configuration yet, people have */
		docket->account = docket->channel->known;
		if (docket->channel->kind == CHANNEL_MANUAL) {
			docket->account = docket->channel->id;
			if (docket->channel->before[0] &&
			    store_rename(docket->store, docket->entity, docket->channel->before,
					 docket->channel->id, err) < 0)
				return err->class == ERROR_BUSY ? 0 : -1;
		}
		if (docket->channel->kind == CHANNEL_MANUAL ? judge_entries(docket, err) < 0
							    : judge_channel(docket, err) < 0)
			return -1;
	}
	return 0;
}

void life_judge(struct life *life, bool last)
{
	struct docket docket = { .life = life, .last = last };
	struct error err = { 0 };

	/* the judge's disk is in order */
	if (life->disk_full || life->die_by)
		return;
	disk_errors(life->disk, 0);
	if (store_open(life->database, STORE_PERSON, &docket.store, &err) < 0) {
		if (err.class != ERROR_BUSY)
			life_fail(life, "the judge: %s", err.text);
		return;
	}
	if (judge_all(&docket, &err) < 0)
		life_fail(life, "the judge: %s", err.text);
	if (last && !life->failed && life_judge_alerts(life, docket.store, &err) < 0)
		life_fail(life, "the judge: %s", err.text);
	if (last && !life->failed && store_verify(docket.store, &err) < 0)
		life_fail(life, "the judge: %s", err.text);
	store_close(docket.store);
	zones_clear(&docket.zones);
}
