#include "job.h"

#include "schedule.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DAY = 86400,
	TRIES = 3,           /* of one request within a sweep */
	ANSWERS_MAX = 50000, /* of one sweep: no account has so much to tell */
	NOTES_MAX = 4 << 10,
	THROTTLED_S = 15 * 60, /* when the answer does not say how long */
	HELD_CHECK_S = 3600,   /* how often a refused token's file is looked at */
	HOLD_MAX_S = 7 * DAY,  /* no provider asks for more */
	REFUSED_S = DAY, /* the longest an account waits for a person, unless its token does */
	OWED_DAYS = 62,  /* how long days of which a call was refused are asked again */
	STALE_S = DAY,   /* a cursor older than that is not gone on with: pages expire */
};

static const char not_wanted[] = "not wanted";

/* Before a stored cursor: calls of the sweep were refused for good. */
enum { LACKING_MARK = '!' };

enum { MARK_TEXT = 88 };
static const char mark_begins[] = " (secret of ";

static void scoped_sweep_state(struct sweep_state *state)
{
	sweep_state_clear(state);
}

const char *sweep_name(enum sweep sweep)
{
	switch (sweep) {
	case SWEEP_DAILY:
		return "daily";
	case SWEEP_WATCH:
		return "watch";
	case SWEEP_CHECK:
		return "check";
	}
	return "unknown";
}

void job_tools_clear(struct job_tools *tools)
{
	findings_clear(&tools->findings);
	text_clear(&tools->cursor);
}

void job_clear(struct sweep_job *job)
{
	text_clear(&job->view.cursor);
	text_clear(&job->kept_cursor);
	text_clear(&job->notes);
	text_clear(&job->report);
	if (job->account && job->account->collector->forget)
		job->account->collector->forget(&job->view);
	sweep_state_clear(&job->state);
	request_clear(&job->request);
}

/* --- due times --- */

static int slots_of(struct job_tools *tools, const struct account *account, struct slots *ret,
		    struct error *err)
{
	int64_t spread = tools->config->schedule.spread_minutes * 60;

	ret->at_minute = tools->config->schedule.at_minute;
	/* always in the order of the hashes, as the sweeper has it */
	ret->offset_s = spread * schedule_hash(account->entity->id, account->id) >> 32;
	return zones_get(tools->zones, account->entity->zone, &ret->zone, err);
}

/* Whether the account counts anything that lives for hours only. */
static bool watches(const struct account *account)
{
	const struct metric *metric = account->collector->metrics;

	for (; metric && metric->id; metric++)
		if (metric->items == ITEM_STORY && !account_lacks(account, metric->id))
			return true;
	return false;
}

static int64_t watch_hours(const struct job_tools *tools, const struct account *account)
{
	int64_t hours = tools->config->schedule.watch_hours;

	if (account->collector->watch_hours <= 0 || !watches(account))
		return 0;
	return hours > 0 && hours < account->collector->watch_hours
		       ? hours
		       : account->collector->watch_hours;
}

/* The regular times around `now`: the last one at or before it, the first one after it. */
static int regular_times(struct job_tools *tools, const struct account *account, enum sweep sweep,
			 int64_t now, int64_t *last, int64_t *next, struct error *err)
{
	uint32_t hash = schedule_hash(account->entity->id, account->id);
	int64_t hours = watch_hours(tools, account);
	struct slots slots;

	if (sweep == SWEEP_DAILY && account->collector->every_minutes) {
		int64_t minutes = account->collector->every_minutes(account->settings);

		*next = schedule_every_after(minutes, hash, now);
		*last = *next - minutes * 60;
		return 0;
	}
	if (sweep == SWEEP_WATCH && hours > 0) {
		*next = schedule_watch_after(hours, hash, now);
		*last = *next - hours * 3600;
		return 0;
	}
	if (slots_of(tools, account, &slots, err) < 0)
		return -1;
	*next = schedule_slot_after(&slots, now);
	*last = schedule_slot_before(&slots, now);
	return 0;
}

/*
 * What a refused credential put on ends with this in its words, so that another secret in the
 * token's place ends it; that of one account alone also names the thing at the provider, for
 * another one may be open to the same token.
 */
static void secret_mark(const struct job_tools *tools, const struct account *account,
			enum hold_scope scope, char *ret, size_t room)
{
	char time[TIME_TEXT], subject[48] = "";

	ret[0] = '\0';
	if (!tools->secret_time || !account->token)
		return;
	if (scope == HOLD_ACCOUNT && account->collector->subject)
		account->collector->subject(account->settings, subject, sizeof(subject));
	(void)snprintf(ret, room, "%s%s%s%s)", mark_begins,
		       time_text(tools->secret_time(tools->data, account->token), time),
		       subject[0] ? ", " : "", subject);
}

static bool is_marked(const struct held *held)
{
	return strstr(held->why, mark_begins) != NULL;
}

bool job_waits_for_person(const struct held *held)
{
	return held->until == INT64_MAX || is_marked(held);
}

/* Whether the hold speaks of another secret, or another subject, than the one that is there. */
static bool is_outdated(const struct job_tools *tools, const struct account *account,
			const struct held *held)
{
	const char *mark = strstr(held->why, mark_begins);
	char now[MARK_TEXT];

	secret_mark(tools, account, held->scope, now, sizeof(now));
	return mark && strcmp(mark, now) != 0;
}

/* Whether nothing keeps the account waiting for its token's sake any more: that was replaced, or
 * its hold was taken off since, for it is good again. */
static bool token_may_be_shown(const struct job_tools *tools, const struct account *account,
			       int64_t now)
{
	const struct held *held = holds_of(tools->holds, account, NULL, now);

	return !held || is_outdated(tools, account, held);
}

int job_due(struct job_tools *tools, const struct account *account, enum sweep sweep, int64_t now,
	    int64_t *ret, struct error *err)
{
	SCOPED(sweep_state)
	struct sweep_state state = { 0 };
	int64_t last, next;

	*ret = INT64_MAX;
	if (!account->collector->subject || sweep == SWEEP_CHECK)
		return 0;
	if (sweep == SWEEP_WATCH && watch_hours(tools, account) == 0)
		return 0;
	if (store_sweep_load(tools->store, account->entity->id, account->id, sweep, &state, err) <
		    0 ||
	    regular_times(tools, account, sweep, now, &last, &next, err) < 0)
		return -1;
	*ret = now;
	if (state.class == ERROR_TOKEN && token_may_be_shown(tools, account, now))
		return 0;
	if (state.due > now && !(state.running && state.class == ERROR_NONE))
		*ret = state.due < next ? state.due : next; /* the schedule may have been changed */
	return 0;
}

/* --- the sweep's state --- */

/* The state as it is stored; borrows from the job. */
static struct sweep_state state_now(struct sweep_job *job)
{
	struct sweep_state state = job->state;

	state.wanted = job->view.wanted;
	state.cursor = job->view.cursor;
	if (job->lacking.class != ERROR_NONE && state.running) {
		text_reset(&job->kept_cursor);
		text_add_char(&job->kept_cursor, LACKING_MARK);
		text_add(&job->kept_cursor, text_str(&job->view.cursor));
		state.cursor = job->kept_cursor;
	}
	return state;
}

static struct channel channel_of(const struct sweep_job *job, char *subject, size_t room)
{
	const struct account *account = job->account;
	struct channel channel = {
		.entity = account->entity->id,
		.account = account->id,
		.source = account->collector->name,
		.zone = zone_name(job->view.zone),
		.metrics = account->collector->metrics,
	};

	if (account->collector->subject) {
		account->collector->subject(account->settings, subject, room);
		channel.subject = subject;
	}
	return channel;
}

static size_t states_size(const struct sweep_job *job)
{
	const struct metric *metrics = job->account->collector->metrics;
	size_t count = 0;

	while (metrics[count].id && count < METRICS_MAX)
		count++;
	return count * sizeof(job->states.items[0]);
}

static bool is_unwanted(const struct metric_state *state)
{
	return state->life == METRIC_RETIRED && state->until == INT64_MAX &&
	       strcmp(state->words, not_wanted) == 0;
}

/* What the account is configured to go without looks like refused for ever to the collector. */
static void leave_out_unwanted(struct sweep_job *job)
{
	const struct metric *metrics = job->account->collector->metrics;

	for (size_t i = 0; metrics[i].id && i < METRICS_MAX; i++) {
		struct metric_state *state = &job->states.items[i];

		if (!account_lacks(job->account, metrics[i].id))
			continue;
		*state = (struct metric_state){ .life = METRIC_RETIRED, .until = INT64_MAX };
		memcpy(state->words, not_wanted, sizeof(not_wanted));
	}
}

/* The states without what only the configuration put there; that is the configuration's to say. */
static const struct metric_states *states_to_store(const struct sweep_job *job,
						   struct job_tools *tools)
{
	if (!job->account->without)
		return &job->states;
	tools->kept = job->states;
	for (size_t i = 0; i < METRICS_MAX; i++)
		if (is_unwanted(&tools->kept.items[i]))
			tools->kept.items[i] = (struct metric_state){ 0 };
	return &tools->kept;
}

static int save_state(struct sweep_job *job, struct job_tools *tools, struct error *err)
{
	struct sweep_state state = state_now(job);

	/* what a clock dates that may be wrong is not kept */
	if (job->view.sweep == SWEEP_CHECK || job->clock_doubted)
		return 0;
	return store_sweep_save(tools->store, job->account->entity->id, job->account->id,
				job->view.sweep, &state, err);
}

/* --- beginning --- */

enum {
	ALWAYS_DAYS = 7, /* wanted in every sweep, whenever they were read */
	MONTH_DAYS_MAX = 31,
	LOOKED_DAYS = 29, /* whether they are read again depends on when they were */
};

static int read_when(struct sweep_job *job, struct job_tools *tools, struct window window,
		     int64_t *ret, struct error *err)
{
	const struct account *account = job->account;

	return store_readings(tools->store, account->entity->id, account->id, window, ret, err);
}

/* Whether the last `count` days of a month that is final were read since. A day before the
 * account's beginnings never was. */
static int final_was_read(struct sweep_job *job, struct job_tools *tools, struct window month,
			  int32_t count, struct window reach, bool *ret, struct error *err)
{
	int64_t final = zone_midnight(job->view.zone, window_end(month) + SCHEDULE_SETTLING_DAYS);
	struct window days =
		window_common(reach, (struct window){ window_end(month) - count, count });
	int64_t read[MONTH_DAYS_MAX] = { 0 };

	*ret = true;
	if (days.days == 0 || window_end(days) != window_end(month))
		return 0;
	if (read_when(job, tools, days, read, err) < 0)
		return -1;
	for (int32_t i = 0; *ret && i < days.days; i++)
		*ret = read[i] == 0 ? job->account->collect_from == DAY_NONE : read[i] >= final;
	return 0;
}

/*
 * The first day that has to be looked at: each costs a look into the store, and two years of them
 * more than the sweep itself. Whoever swept reads all that lacked, so when the last LOOKED_DAYS are
 * there (`recent`), only months that have become final since can be wanted of what lies before.
 */
static int look_from(struct sweep_job *job, struct job_tools *tools, struct window reach,
		     const int64_t *recent, int32_t *ret, struct error *err)
{
	int32_t today = window_end(reach);
	struct window month = month_after(month_of(today - SCHEDULE_SETTLING_DAYS), -1);
	struct window before = month_after(month, -1);
	int64_t first = 1;
	bool read;

	*ret = reach.first;
	for (int32_t i = 0; i < LOOKED_DAYS - ALWAYS_DAYS; i++)
		if (recent[i] == 0)
			return 0;
	/* collect_from may have been set back */
	if (job->account->collect_from != DAY_NONE &&
	    read_when(job, tools, (struct window){ reach.first, 1 }, &first, err) < 0)
		return -1;
	if (first == 0)
		return 0;
	if (final_was_read(job, tools, before, 1, reach, &read, err) < 0)
		return -1;
	if (!read)
		return 0;
	/* all of it: a part that lacked may have been read since the rest became final */
	if (final_was_read(job, tools, month, month.days, reach, &read, err) < 0)
		return -1;
	if (read)
		*ret = today - LOOKED_DAYS;
	else if (month.first > reach.first)
		*ret = month.first;
	return 0;
}

/* Which days a daily sweep wants, by what was read before. */
static int want_days(struct sweep_job *job, struct job_tools *tools, struct error *err)
{
	struct job *view = &job->view;
	int32_t today = zone_day(view->zone, view->now);
	struct window reach = schedule_reach(job->account, today);
	struct window looked = { today - LOOKED_DAYS, LOOKED_DAYS - ALWAYS_DAYS };
	bool swept = job->state.last_success != 0; /* else nothing was ever read wholly */

	if (swept && window_holds(reach, looked) && window_end(reach) == today) {
		int64_t recent[LOOKED_DAYS] = { 0 };
		int32_t from;

		if (read_when(job, tools, looked, recent, err) < 0 ||
		    look_from(job, tools, reach, recent, &from, err) < 0)
			return -1;
		reach = (struct window){ from, today - from };
		if (from == looked.first) {
			schedule_wanted(job->account, view->zone, view->now, reach, recent,
					&view->wanted);
			return 0;
		}
	}
	SCOPED(memory)
	int64_t *readings = memory_new((size_t)reach.days, sizeof(*readings));

	if (swept && reach.days > 0 && read_when(job, tools, reach, readings, err) < 0)
		return -1;
	schedule_wanted(job->account, view->zone, view->now, reach, readings, &view->wanted);
	return 0;
}

/* A backfill takes what can be had of its range, and what a sweep that was cut off still wanted. */
static void want_range(struct sweep_job *job, const struct window *range)
{
	const struct account *account = job->account;
	int32_t today = zone_day(job->view.zone, job->view.now);

	days_add(&job->view.wanted, window_common(*range, schedule_kept(account, today)));
}

static bool cursor_is_good(const struct sweep_job *job)
{
	const struct sweep_state *state = &job->state;
	int64_t touched = state->started;

	if (state->last_failure > touched)
		touched = state->last_failure;
	if (state->last_success > touched)
		touched = state->last_success;
	return state->running && state->started != 0 && !job->clock_doubted &&
	       job->view.now - touched < STALE_S && state->class != ERROR_REQUEST &&
	       state->class != ERROR_INPUT && state->class != ERROR_METRIC;
}

/* A first sweep that never ended may be months old: what has passed since is wanted as well. */
static void want_since(struct sweep_job *job, int32_t first)
{
	struct window reach = schedule_reach(job->account, zone_day(job->view.zone, job->view.now));

	if (window_end(reach) > first)
		days_add(&job->view.wanted,
			 window_common(reach, (struct window){ first, window_end(reach) - first }));
}

static int start_afresh(struct sweep_job *job, struct job_tools *tools, const struct window *range,
			struct error *err)
{
	struct job *view = &job->view;
	bool cut_off = job->state.running;
	struct days owed = job->state.wanted;

	text_reset(&view->cursor);
	job->lacking = (struct error){ 0 };
	job->fresh = true;
	job->state.running = true;
	job->state.started = view->now;
	view->wanted = (struct days){ 0 };
	if (!cut_off) /* how the sweep before it ended is told; this one may do better */
		job->state.class = ERROR_NONE;
	if (view->sweep == SWEEP_WATCH)
		return 0;
	if (range) {
		job->ranged = true;
		want_range(job, range);
	} else if (want_days(job, tools, err) < 0) {
		return -1;
	}
	/* a sweep that was cut off and lies too long is not forgotten, nor are the days that one
	 * before could not read wholly */
	for (size_t i = 0; i < owed.count; i++)
		days_add(&view->wanted, owed.ranges[i]);
	if (owed.count > 0 && job->state.last_success == 0)
		want_since(job, window_end(owed.ranges[owed.count - 1]));
	return 0;
}

/* Those of `days` from `first` on and before `end`. */
static struct days between(const struct days *days, int32_t first, int32_t end)
{
	struct window window = { first, end > first ? end - first : 0 };
	struct days ret = { 0 };

	for (size_t i = 0; i < days->count; i++)
		days_add(&ret, window_common(days->ranges[i], window));
	return ret;
}

/*
 * The clock was ahead for a while, or is behind now: what it dated more than a day from now did not
 * happen. A success alone makes the clock of now doubtful, until a server's Date agrees with it;
 * a look without an answer proves nothing.
 */
static void doubt_times(struct sweep_job *job)
{
	struct sweep_state *state = &job->state;
	int64_t tomorrow = job->view.now + DAY;
	int32_t today = zone_day(job->view.zone, job->view.now);

	job->clock_doubted = state->last_success > tomorrow;
	if (state->last_failure > tomorrow)
		state->last_failure = 0;
	if (state->started > tomorrow)
		state->started = 0;
	state->wanted = between(&state->wanted, INT32_MIN / 2, today);
}

static int load(struct sweep_job *job, struct job_tools *tools, struct error *err)
{
	const struct account *account = job->account;
	const char *cursor;

	if (store_metric_states(tools->store, account->entity->id, account->id,
				account->collector->metrics, &job->states, err) < 0)
		return -1;
	if (account->without)
		leave_out_unwanted(job);
	if (job->view.sweep == SWEEP_CHECK)
		return 0;
	if (store_sweep_load(tools->store, account->entity->id, account->id, job->view.sweep,
			     &job->state, err) < 0)
		return -1;
	cursor = text_str(&job->state.cursor);
	if (*cursor == LACKING_MARK) {
		cursor++;
		(void)error_set(&job->lacking, ERROR_PERMISSION, "some of its calls were refused");
	}
	text_set(&job->view.cursor, cursor);
	text_clear(&job->state.cursor);
	doubt_times(job);
	job->view.wanted = job->state.wanted;
	job->troubled = job->state.class;
	/* one that was cut off does not say how the one before it ended */
	job->lapsed =
		job->state.running || job->state.failures > 0 || job->state.class != ERROR_NONE;
	return 0;
}

static struct verdict go_on(void)
{
	return (struct verdict){ .outcome = JOB_ASK };
}

/* Since when the account is not read, and why: kept with the state it is told by. */
static int lapse(const struct sweep_job *job, struct job_tools *tools, const struct error *cause,
		 struct error *err)
{
	if (job->view.sweep == SWEEP_CHECK || job->clock_doubted)
		return 0;
	return store_lapse_begin(tools->store, job->account->entity->id, job->account->id,
				 job->view.sweep, cause->class, cause->text, job->view.now, err);
}

static int wait_until(struct sweep_job *job, struct job_tools *tools, int64_t until,
		      const struct error *cause, struct verdict *verdict, struct error *err)
{
	*verdict = (struct verdict){ .outcome = JOB_WAIT, .until = until, .cause = *cause };
	job->state.due = until;
	if (lapse(job, tools, cause, err) < 0)
		return -1;
	return save_state(job, tools, err);
}

int job_begin(struct sweep_job *job, struct job_tools *tools, const struct account *account,
	      enum sweep sweep, const struct window *range, int64_t now, struct verdict *verdict,
	      struct error *err)
{
	const struct collector *collector = account->collector;

	*job = (struct sweep_job){
		.account = account,
		.view = { .settings = account->settings,
			  .now = now,
			  .sweep = sweep,
			  .asked = range != NULL,
			  .cursor = TEXT_UP_TO(CURSOR_MAX) },
		.kept_cursor = TEXT_UP_TO(CURSOR_MAX + 1),
		.notes = TEXT_UP_TO(NOTES_MAX),
		.report = TEXT_UP_TO(NOTES_MAX),
		.hash = schedule_hash(account->entity->id, account->id),
	};
	job->view.states = &job->states;
	*verdict = go_on();
	if (zones_get(tools->zones, collector->zone ? collector->zone : account->zone,
		      &job->view.zone, err) < 0 ||
	    load(job, tools, err) < 0)
		return -1;
	if (range || !cursor_is_good(job))
		return start_afresh(job, tools, range, err);
	return 0;
}

/* --- holds --- */

static int lift(struct job_tools *tools, const struct held *held, struct error *err)
{
	struct held gone = *held;

	gone.until = 0;
	return holds_put(tools->holds, tools->store, &gone, err);
}

int job_forgive(struct job_tools *tools, const struct account *account, int64_t now,
		struct error *err)
{
	const struct held *held;

	while ((held = holds_of(tools->holds, account, NULL, now)) && job_waits_for_person(held))
		if (lift(tools, held, err) < 0)
			return -1;
	return 0;
}

/* For ever is only for a token, whose replacement ends it: what all of an app, a host or one
 * account is told is asked after a day at the latest. */
static int64_t at_most(const struct sweep_job *job, enum hold_scope scope, enum error_class class,
		       int64_t until)
{
	bool endless = scope == HOLD_TOKEN || (scope == HOLD_ACCOUNT && class != ERROR_TOKEN);

	if (until == INT64_MAX)
		return endless ? until : job->view.now + REFUSED_S;
	return until - job->view.now > HOLD_MAX_S ? job->view.now + HOLD_MAX_S : until;
}

/* Puts the hold on that take asked for, or the one its class means. */
static int put_hold(struct sweep_job *job, struct job_tools *tools, const struct error *cause,
		    int64_t *until, struct error *err)
{
	const struct hold *wish = &job->view.hold;
	enum hold_scope scope = wish->scope;
	struct held held;
	char mark[MARK_TEXT] = "";

	*until = wish->until;
	if (scope == HOLD_NONE)
		scope = cause->class == ERROR_TOKEN ? HOLD_TOKEN : HOLD_ACCOUNT;
	if (*until == 0)
		*until = cause->class == ERROR_TOKEN
				 ? INT64_MAX
				 : job->view.now + THROTTLED_S + schedule_backoff(1, job->hash);
	*until = at_most(job, scope, cause->class, *until);
	if (scope == HOLD_REQUEST || job->clock_doubted)
		return 0; /* the sweep's own due time keeps it */
	/* a check leaves no trace, but who was asked to wait waits, whatever was asked */
	if (job->view.sweep == SWEEP_CHECK && cause->class != ERROR_THROTTLED)
		return 0;
	holds_key(scope, job->account, text_str(&job->request.url), &held);
	held.until = *until;
	if (cause->class == ERROR_TOKEN)
		secret_mark(tools, job->account, held.scope, mark, sizeof(mark));
	(void)snprintf(held.why, sizeof(held.why), "%.*s%s",
		       (int)(sizeof(held.why) - 1 - strlen(mark)),
		       wish->why[0] ? wish->why : cause->text, mark);
	return holds_put(tools->holds, tools->store, &held, err);
}

/* Whether the answer, whatever else it said, told somebody to wait. */
static bool was_told_to_wait(const struct sweep_job *job)
{
	return job->view.hold.scope != HOLD_NONE && job->view.hold.until > job->view.now;
}

/* When a held account is looked at again: what waits for a person every hour, for the secret may
 * have been replaced. */
static int64_t look_again(const struct sweep_job *job, int64_t until, bool for_person)
{
	int64_t soon = job->view.now + HELD_CHECK_S;

	if (for_person && until > soon)
		return soon;
	return until + job->hash % 60; /* what was held together does not come back together */
}

static bool is_for_person(enum error_class class, int64_t until)
{
	return class == ERROR_TOKEN || until == INT64_MAX;
}

/* Longer than any answer may ask for: put on by a clock that was ahead. */
static bool lasts_too_long(const struct sweep_job *job, const struct held *held)
{
	int64_t longest = is_marked(held) ? REFUSED_S : HOLD_MAX_S;

	return held->until != INT64_MAX && held->until - job->view.now > longest + DAY;
}

/* Whether somebody must wait: JOB_WAIT then. A check by a person asks all the same. */
static int check_holds(struct sweep_job *job, struct job_tools *tools, const char *url,
		       struct verdict *verdict, struct error *err)
{
	const struct held *held;
	struct error cause;

	while ((held = holds_of(tools->holds, job->account, url, job->view.now))) {
		bool for_person = job_waits_for_person(held);

		if (for_person && job->view.sweep == SWEEP_CHECK)
			return 0;
		if (is_outdated(tools, job->account, held) || lasts_too_long(job, held)) {
			if (lift(tools, held, err) < 0)
				return -1;
			continue;
		}
		(void)error_set(&cause, for_person ? ERROR_TOKEN : ERROR_THROTTLED, "held: %s",
				held->why);
		if (for_person && held->scope != HOLD_TOKEN && !is_marked(held))
			cause.class = ERROR_PERMISSION;
		if (job->state.class == ERROR_NONE)
			job->state.class = cause.class;
		text_set(&job->state.words, held->why);
		if (wait_until(job, tools, look_again(job, held->until, for_person), &cause,
			       verdict, err) < 0)
			return -1;
		verdict->held = true;
		return 0;
	}
	return 0;
}

/* --- asking --- */

int job_next(struct sweep_job *job, struct job_tools *tools, int64_t now, struct verdict *verdict,
	     struct error *err)
{
	struct error cause = { 0 };
	int asked;

	job->view.now = now;
	*verdict = go_on();
	request_reset(&job->request);
	if (job->view.sweep == SWEEP_DAILY && job->view.wanted.count == 0) {
		verdict->outcome = JOB_DONE; /* not begun yet, or over for long */
		return 0;
	}
	asked = job->account->collector->next(&job->view, &job->request, &cause);
	if (asked < 0 && !job->restarted && job->view.cursor.length > 0) {
		job->restarted = true;
		text_reset(&job->view.cursor);
		asked = job->account->collector->next(&job->view, &job->request, &cause);
	}
	if (asked < 0 || job->request.url.failed || job->request.body.failed) {
		if (asked >= 0)
			(void)error_set(&cause, ERROR_REQUEST, "the request is too long");
		return job_failed(job, tools, &cause, now, verdict, err);
	}
	if (asked == 0) {
		verdict->outcome = JOB_DONE;
		return 0;
	}
	if (check_holds(job, tools, text_str(&job->request.url), verdict, err) < 0)
		return -1;
	if (verdict->outcome == JOB_ASK)
		verdict->outcome = JOB_SEND;
	return 0;
}

/* --- failing --- */

/* The sweep is over for now; it goes on from its cursor when it is due again. */
static int give_up(struct sweep_job *job, struct job_tools *tools, const struct error *cause,
		   int64_t until, struct verdict *verdict, struct error *err)
{
	struct sweep_state *state = &job->state;
	int64_t last, next;

	state->failures++;
	state->last_failure = job->view.now;
	state->class = cause->class;
	text_set(&state->words, cause->text);
	if (until == 0) {
		if (regular_times(tools, job->account, job->view.sweep, job->view.now, &last, &next,
				  err) < 0)
			return -1;
		until = cause->lasting ? next
				       : schedule_retry(cause->class, state->failures, job->hash,
							job->view.now, next);
	}
	return wait_until(job, tools, until, cause, verdict, err);
}

static int try_again(struct sweep_job *job, struct job_tools *tools, const struct error *cause,
		     struct verdict *verdict, struct error *err)
{
	int64_t until;

	if (++job->tries >= TRIES || cause->lasting)
		return give_up(job, tools, cause, 0, verdict, err);
	until = job->view.now + schedule_backoff(job->tries, job->hash);
	if (job->view.hold.scope != HOLD_NONE && job->view.hold.until > until)
		return give_up(job, tools, cause, look_again(job, job->view.hold.until, false),
			       verdict, err);
	*verdict = (struct verdict){
		.outcome = JOB_WAIT, .until = until, .again = true, .cause = *cause
	};
	return 0;
}

/* What a class means when the same question would be asked again (design.md §5). */
static int by_class(struct sweep_job *job, struct job_tools *tools, const struct error *cause,
		    struct verdict *verdict, struct error *err)
{
	int64_t until = 0;

	switch (cause->class) {
	case ERROR_TRANSIENT:
	case ERROR_NONE:
		return try_again(job, tools, cause, verdict, err);
	case ERROR_THROTTLED:
	case ERROR_TOKEN:
		if (put_hold(job, tools, cause, &until, err) < 0)
			return -1;
		until = look_again(job, until, is_for_person(cause->class, until));
		return give_up(job, tools, cause, until, verdict, err);
	case ERROR_PERMISSION:
		if (job->view.hold.scope != HOLD_NONE && job->view.hold.until != 0) {
			if (put_hold(job, tools, cause, &until, err) < 0)
				return -1;
			until = look_again(job, until, is_for_person(cause->class, until));
			return give_up(job, tools, cause, until, verdict, err);
		}
		return give_up(job, tools, cause, 0, verdict, err);
	case ERROR_METRIC:
	case ERROR_REQUEST:
	case ERROR_MALFORMED:
	case ERROR_INPUT:
	case ERROR_BUSY:
	case ERROR_OURS:
		return give_up(job, tools, cause, 0, verdict, err);
	}
	return give_up(job, tools, cause, 0, verdict, err);
}

int job_failed(struct sweep_job *job, struct job_tools *tools, const struct error *cause,
	       int64_t now, struct verdict *verdict, struct error *err)
{
	job->view.now = now;
	job->view.hold = (struct hold){ 0 };
	/* no server said so: the secret cannot be had here, and whoever puts it right need not tell
	 */
	if (cause->class == ERROR_TOKEN)
		job->view.hold = (struct hold){ HOLD_TOKEN, now + HELD_CHECK_S, "" };
	return by_class(job, tools, cause, verdict, err);
}

/* --- an answer --- */

static int two_digits(const char *text)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* "Sun, 22 Nov 2026 17:18:09 GMT", as every server of today writes it: 0, or -1 for anything else.
 * strptime() would go through the locale's names of days and months each time. */
static int date_parse(const char *text, int64_t *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day, month = 0, century, year, hour, minute, second;

	if (strlen(text) != strlen("Sun, 22 Nov 2026 17:18:09 GMT"))
		return -1;
	while (month < 12 && strncmp(months + (ptrdiff_t)month * 3, text + 8, 3) != 0)
		month++;
	day = two_digits(text + 5);
	century = two_digits(text + 12);
	year = two_digits(text + 14);
	hour = two_digits(text + 17);
	minute = two_digits(text + 20);
	second = two_digits(text + 23);
	if (month == 12 || day < 1 || century < 19 || year < 0 || hour < 0 || minute < 0 ||
	    second < 0)
		return -1;
	*ret = (int64_t)day_of(century * 100 + year, month + 1, day) * DAY + (int64_t)hour * 3600 +
	       (int64_t)minute * 60 + second;
	return 0;
}

/* The server's own Date against our clock: a day apart, one of them lies (design.md §4.11). A clock
 * that is in doubt is believed only when the server says the same. */
static int check_date(struct sweep_job *job, const struct response *response, struct error *cause)
{
	int64_t now = job->view.now;
	int64_t theirs;
	char date[64];
	bool said = response_header(response, "Date", date, sizeof(date)) >= 0 &&
		    date_parse(date, &theirs) == 0;

	if (!said && job->clock_doubted)
		return error_set(cause, ERROR_OURS,
				 "the clock says an earlier day than the last sweep did, and the "
				 "server does not say which is right: nothing stored");
	if (!said)
		return 0;
	if (theirs - now <= DAY && now - theirs <= DAY) {
		if (job->clock_doubted)
			job->state.last_success = now; /* not later than that; that there was
							* one is what want_days() goes by */
		job->clock_doubted = false;
		return 0;
	}
	return error_set(cause, ERROR_OURS,
			 "the server's clock says %s, more than a day from ours: nothing stored",
			 date);
}

/* A sample of the future, or a publication of it: refused whole. */
static int check_future(const struct sweep_job *job, const struct findings *findings,
			struct error *cause)
{
	int32_t end = zone_day(job->view.zone, job->view.now) + 1;

	for (size_t i = 0; i < findings->sample_count; i++)
		if (window_end(findings->samples[i].sample.window) > end)
			return error_set(cause, ERROR_MALFORMED, "a number of the future");
	for (size_t i = 0; i < findings->item_count; i++)
		if (findings->items[i].created > job->view.now + DAY)
			return error_set(cause, ERROR_MALFORMED, "a publication of the future");
	if (findings->failed || job->view.cursor.failed)
		return error_set(cause, ERROR_MALFORMED, "the answer says too much");
	return 0;
}

/* Cursor and states as they were before the answer; what the collector has in memory goes on from
 * what was stored. */
static void step_back(struct sweep_job *job, const struct job_tools *tools)
{
	if (job->account->collector->forget)
		job->account->collector->forget(&job->view);
	text_set(&job->view.cursor, text_str(&tools->cursor));
	memcpy(&job->states, &tools->before, states_size(job));
}

static int take(struct sweep_job *job, struct job_tools *tools, const struct response *response,
		struct error *cause)
{
	if (job->account->collector->take(&job->view, response, &tools->findings, cause) < 0)
		return -1;
	if (check_future(job, &tools->findings, cause) < 0) {
		step_back(job, tools);
		return -1;
	}
	return 0;
}

static void note(struct sweep_job *job, const char *words)
{
	if (!*words)
		return;
	if (job->notes.length > 0)
		text_add_char(&job->notes, '\n');
	text_add(&job->notes, words);
}

static int store(struct sweep_job *job, struct job_tools *tools, const struct findings *findings,
		 bool states_moved, struct error *err)
{
	struct sweep_state state = state_now(job);
	char subject[128];
	struct changes changes = { 0 };
	struct answer answer = {
		.channel = channel_of(job, subject, sizeof(subject)),
		.findings = findings,
		.origin = { .kind = ORIGIN_REQUEST,
			    .at = job->view.now,
			    .what = text_str(&job->request.what) },
		.sweep = job->view.sweep,
		.state = &state,
		.states = states_moved ? states_to_store(job, tools) : NULL,
	};

	if (job->view.sweep == SWEEP_CHECK)
		return 0;
	if (store_answer(tools->store, &answer, &changes, err) < 0)
		return -1;
	job->changes.samples += changes.samples;
	job->changes.revisions += changes.revisions;
	job->changes.items += changes.items;
	return 0;
}

static int refuse(struct sweep_job *job, struct job_tools *tools, const struct response *response,
		  const struct error *cause, struct error *err)
{
	char subject[128];
	struct channel channel = channel_of(job, subject, sizeof(subject));

	/* of a log nothing is kept: there are people in it */
	if (cause->class != ERROR_MALFORMED || job->view.sweep == SWEEP_CHECK ||
	    job->request.kind != REQUEST_HTTP)
		return 0;
	return store_refuse(tools->store, &channel, job->view.now, text_str(&job->request.what),
			    response->status, cause->text, response->body, response->length, err);
}

/* Which metrics the answer set aside; Graph's own words do not name them. True: some. */
static bool note_set_aside(struct sweep_job *job, const struct job_tools *tools)
{
	const struct metric *metrics = job->account->collector->metrics;
	bool some = false;

	for (size_t i = 0; metrics[i].id && i < METRICS_MAX; i++) {
		SCOPED(text)
		struct text words = { 0 };

		if (job->states.items[i].life != METRIC_RETIRED ||
		    tools->before.items[i].life == METRIC_RETIRED)
			continue;
		some = true;
		text_addf(&words, "%s (%s) is refused by the provider: set aside", metrics[i].id,
			  metrics[i].provider ? metrics[i].provider : "no name");
		if (metrics[i].successor)
			text_addf(&words, ", %s takes its place", metrics[i].successor);
		note(job, text_str(&words));
	}
	return some;
}

/* One of the clocks is wrong, so nothing that ours dates is kept: the sweep stays as the store
 * knows it, and is told to be in trouble. */
static int wrong_clock(struct sweep_job *job, struct job_tools *tools, const struct error *cause,
		       struct verdict *verdict, struct error *err)
{
	const struct account *account = job->account;
	SCOPED(sweep_state)
	struct sweep_state known = { 0 };

	*verdict = (struct verdict){ .outcome = JOB_WAIT,
				     .until = job->view.now + HELD_CHECK_S,
				     .cause = *cause };
	if (job->view.sweep == SWEEP_CHECK)
		return 0;
	if (lapse(job, tools, cause, err) < 0 ||
	    store_sweep_load(tools->store, account->entity->id, account->id, job->view.sweep,
			     &known, err) < 0)
		return -1;
	known.failures++;
	known.class = cause->class;
	text_set(&known.words, cause->text);
	return store_sweep_save(tools->store, account->entity->id, account->id, job->view.sweep,
				&known, err);
}

/* Whoever was told to wait does; the sweep goes on from its cursor afterwards. */
static int wait_as_told(struct sweep_job *job, struct job_tools *tools, struct verdict *verdict,
			struct error *err)
{
	struct error cause = { .class = ERROR_THROTTLED };
	int64_t until;

	(void)snprintf(cause.text, sizeof(cause.text), "%s",
		       job->view.hold.why[0] ? job->view.hold.why : "asked to slow down");
	if (put_hold(job, tools, &cause, &until, err) < 0)
		return -1;
	return wait_until(job, tools, look_again(job, until, is_for_person(cause.class, until)),
			  &cause, verdict, err);
}

/* Nothing of the answer is stored. */
static int not_taken(struct sweep_job *job, struct job_tools *tools,
		     const struct response *response, const struct error *cause,
		     struct verdict *verdict, struct error *err)
{
	bool states_moved = memcmp(&tools->before, &job->states, states_size(job)) != 0;
	bool moved = !job->view.cursor.failed &&
		     (states_moved ||
		      strcmp(text_str(&tools->cursor), text_str(&job->view.cursor)) != 0);
	int64_t until;

	if (refuse(job, tools, response, cause, err) < 0)
		return -1;
	if (!moved) {
		step_back(job, tools);
		if (was_told_to_wait(job) && put_hold(job, tools, cause, &until, err) < 0)
			return -1;
		return by_class(job, tools, cause, verdict, err);
	}
	/* the collector has found a way round, or goes on without */
	if (job->view.skipped)
		job->lacking = *cause;
	if (!note_set_aside(job, tools))
		note(job, cause->text);
	job->tries = 0;
	verdict->cause = *cause;
	if (store(job, tools, NULL, states_moved, err) < 0)
		return -1;
	return was_told_to_wait(job) ? wait_as_told(job, tools, verdict, err) : 0;
}

/* Everything of the answer is stored; it may have said all the same that somebody must wait. */
static int taken(struct sweep_job *job, struct job_tools *tools, struct verdict *verdict,
		 struct error *err)
{
	bool states_moved = memcmp(&tools->before, &job->states, states_size(job)) != 0;
	struct error cause;

	job->tries = 0;
	if (!job->view.later && store(job, tools, &tools->findings, states_moved, err) < 0) {
		if (err->class != ERROR_INPUT)
			return -1;
		/* what the store will not have is as good as malformed */
		cause = *err;
		cause.class = ERROR_MALFORMED;
		step_back(job, tools);
		return by_class(job, tools, &cause, verdict, err);
	}
	(void)note_set_aside(job, tools);
	note(job, text_str(&tools->findings.notes));
	if (tools->findings.report.length > 0)
		text_set(&job->report, text_str(&tools->findings.report));
	return job->view.hold.scope == HOLD_NONE ? 0 : wait_as_told(job, tools, verdict, err);
}

int job_answer(struct sweep_job *job, struct job_tools *tools, const struct response *response,
	       int64_t now, struct verdict *verdict, struct error *err)
{
	struct error cause = { 0 };

	job->view.now = now;
	job->view.hold = (struct hold){ 0 };
	job->view.skipped = false;
	job->view.later = false;
	*verdict = go_on();
	findings_reset(&tools->findings);
	text_set(&tools->cursor, text_str(&job->view.cursor));
	memcpy(&tools->before, &job->states, states_size(job));
	if (++job->answers > ANSWERS_MAX && job->request.kind == REQUEST_HTTP) {
		(void)error_set(&cause, ERROR_REQUEST, "no end after %d answers", ANSWERS_MAX);
		return by_class(job, tools, &cause, verdict, err);
	}
	if (job->request.kind == REQUEST_HTTP && check_date(job, response, &cause) < 0)
		return wrong_clock(job, tools, &cause, verdict, err);
	if (take(job, tools, response, &cause) < 0)
		return not_taken(job, tools, response, &cause, verdict, err);
	return taken(job, tools, verdict, err);
}

/* --- the end --- */

/*
 * Which days were read. Those of which a call was refused are not: they stay wanted and are asked
 * again by the next sweep, but not for ever, since what lacks may lack for good and a day can cost
 * a call.
 */
static struct days settle_days(struct sweep_job *job)
{
	struct days wanted = job->view.wanted;
	int32_t today = zone_day(job->view.zone, job->view.now);
	char date[DAY_TEXT];

	job->view.wanted = (struct days){ 0 };
	if (job->lacking.class == ERROR_NONE || job->view.sweep != SWEEP_DAILY)
		return wanted;
	job->view.wanted = between(&wanted, today - OWED_DAYS, today);
	wanted = between(&wanted, INT32_MIN / 2, today - OWED_DAYS);
	if (wanted.count > 0)
		text_addf(&job->state.words,
			  "; days before %s are not asked again unless backfilled",
			  day_text(today - OWED_DAYS, date));
	return wanted;
}

/* Whether the days it has read were not read for all its metrics: some are set aside, by the
 * provider or by the configuration, or calls were refused, which does not say of what. */
static bool went_without(const struct sweep_job *job)
{
	const struct metric *metrics = job->account->collector->metrics;

	if (job->view.sweep != SWEEP_DAILY)
		return false;
	if (job->lacking.class != ERROR_NONE)
		return true;
	for (size_t i = 0; metrics[i].id && i < METRICS_MAX; i++)
		if (job->states.items[i].life == METRIC_RETIRED)
			return true;
	return false;
}

/* Whether what was read of the day when the sweep began could still change, and what is read of it
 * now could not. */
static bool settled_meanwhile(const struct sweep_job *job, int32_t day, int32_t began,
			      int32_t today)
{
	const struct metric *metrics = job->account->collector->metrics;

	for (size_t i = 0; metrics[i].id; i++) {
		int32_t settled = day + 1 + metrics[i].revisable_days;

		if (began < settled && settled <= today)
			return true;
	}
	return false;
}

/* A sweep may have taken days, held up again and again: its first answers are as old as its start.
 * Those of the days read that settled since; the others stay in `read`. */
static struct days take_settled(const struct sweep_job *job, struct days *read)
{
	struct zone *zone = job->view.zone;
	int32_t began = zone_day(zone, job->state.started);
	int32_t today = zone_day(zone, job->view.now);
	struct days settled = { 0 }, others = { 0 };

	if (began >= today)
		return settled;
	for (size_t i = 0; i < read->count; i++)
		for (int32_t day = read->ranges[i].first; day < window_end(read->ranges[i]); day++)
			days_add(settled_meanwhile(job, day, began, today) ? &settled : &others,
				 (struct window){ day, 1 });
	*read = others;
	return settled;
}

/* The next sweep reads all days, and stories live for a day. */
int64_t job_harmless_s(const struct job_tools *tools, const struct account *account)
{
	return DAY - watch_hours(tools, account) * 3600;
}

/* The account was read: what kept it from that is over, but for what its calls lack. */
static int end_lapse(const struct sweep_job *job, struct job_tools *tools, struct error *err)
{
	const struct account *account = job->account;

	if (job->lacking.class != ERROR_NONE)
		return lapse(job, tools, &job->lacking, err);
	if (!job->lapsed)
		return 0;
	return store_lapse_end(tools->store, account->entity->id, account->id, job->view.sweep,
			       job->view.now, job_harmless_s(tools, account), err);
}

int job_done(struct sweep_job *job, struct job_tools *tools, int64_t now, struct error *err)
{
	struct sweep_state *state = &job->state;
	struct days read, settled;
	char subject[128];
	struct channel channel = channel_of(job, subject, sizeof(subject));
	struct sweep_state stored;
	int64_t last, next;

	job->view.now = now;
	if (job->view.sweep == SWEEP_CHECK)
		return 0;
	if (regular_times(tools, job->account, job->view.sweep, now, &last, &next, err) < 0)
		return -1;
	/* the days wanted were those of its start: a slot has passed since, so another sweep is due
	 */
	if (!job->ranged || state->due == 0 || state->due > next || state->class != ERROR_NONE)
		state->due = state->started < last ? now + 60 : next;
	state->running = false;
	if (!job->clock_doubted) /* nothing was asked that could have told */
		state->last_success = now;
	state->failures = 0;
	state->class = job->lacking.class;
	text_set(&state->words,
		 job->lacking.class == ERROR_NONE ? text_str(&job->notes) : job->lacking.text);
	if (job->lacking.class == ERROR_NONE && job->report.length > 0)
		text_addf(&state->words, "%s%s", state->words.length ? "\n" : "",
			  text_str(&job->report));
	text_reset(&job->view.cursor);
	if (end_lapse(job, tools, err) < 0)
		return -1;
	read = settle_days(job);
	stored = state_now(job);
	if (went_without(job) &&
	    store_set_aside(tools->store, &channel,
			    job->lacking.class == ERROR_NONE ? &job->states : NULL, &read, err) < 0)
		return -1;
	settled = take_settled(job, &read);
	if (settled.count > 0 && store_sweep_done(tools->store, &channel, job->view.sweep, NULL,
						  &settled, state->started, err) < 0)
		return -1;
	return store_sweep_done(tools->store, &channel, job->view.sweep, &stored, &read, now, err);
}
