#include "alerts.h"

#include "alert_causes.h"
#include "alert_trouble.h"
#include "alert_ways.h"
#include "sweeper.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often causes are looked for, at most; the simulated world has less time. */
#ifndef METRICSD_ALERTS_S
#define METRICSD_ALERTS_S 60
#endif

enum {
	SOON_S = 1,                  /* what changed is looked at; a store that was locked */
	EVERY_S = METRICSD_ALERTS_S, /* not more often */
	SWEEPING_S = 5,
	LONG_SWEEP_S = 600, /* whoever sweeps for so long is looked at meanwhile */
	HOUR_S = 3600,      /* tokens come to their ends by themselves */
	ROUNDS_MAX = 8,     /* files for hooks put there in one go: each waits for the disk */
};

struct alerts {
	struct ev_loop *loop;
	struct store *store;
	const struct sweeper *sweeper;
	const struct config *config;
	struct ways ways;
	struct trouble trouble;
	ev_timer timer;
	int64_t wake;   /* when it fires */
	int64_t looked; /* when causes were looked for last */
	bool changed;   /* accounts were visited since */
	bool nudged;    /* somebody wants it looked at */
	bool settled;   /* the store knows which ways there are */
	bool working;
	bool failing;    /* the store cannot be read or written, which was logged */
	char spoken[64]; /* the language */
};

static void work(struct alerts *alerts);

/* --- the timer --- */

static void wake_at(struct alerts *alerts, int64_t now, int64_t time)
{
	if (time > now + HOUR_S)
		time = now + HOUR_S;
	if (ev_is_active(&alerts->timer) && alerts->wake <= time && alerts->wake >= now)
		return;
	ev_timer_stop(alerts->loop, &alerts->timer);
	alerts->wake = time;
	ev_timer_set(&alerts->timer, time > now ? (double)(time - now) : 0., 0.);
	ev_timer_start(alerts->loop, &alerts->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	work(timer->data);
}

/* --- looking for causes --- */

static int compare_names(const void *name, const void *item)
{
	return strcmp(name, ((const struct account_name *)item)->name);
}

/* Whether there may be anything to say of it: of most there is not, and they cost nothing. */
static bool is_to_tell(const struct causes *causes, const struct account *account,
		       const struct account_name *names, size_t count)
{
	char name[sizeof(names->name)];

	(void)snprintf(name, sizeof(name), "%s/%s", account->entity->id, account->id);
	return (count > 0 && bsearch(name, names, count, sizeof(*names), compare_names)) ||
	       causes_held(causes, account);
}

static int gather_account(struct alerts *alerts, struct causes *causes,
			  const struct account *account, struct error *err)
{
	const char *entity = account->entity->id;
	struct sweep_state daily = { 0 };
	struct metric_states states = { 0 };
	int result = store_sweep_load(alerts->store, entity, account->id, SWEEP_DAILY, &daily, err);

	if (result == 0)
		result = store_metric_states(alerts->store, entity, account->id,
					     account->collector->metrics, &states, err);
	if (result == 0)
		causes_account(causes, account, &daily, &states);
	sweep_state_clear(&daily);
	return result;
}

static int gather(struct alerts *alerts, struct causes *causes, struct error *err)
{
	const struct config *config = alerts->config;
	SCOPED(memory)
	struct account_name *names = NULL;
	size_t count = 0;

	if (store_accounts_to_tell(alerts->store, causes_mark, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < config->entity_count; i++) {
		const struct entity *entity = &config->entities[i];

		for (size_t j = 0; j < entity->account_count; j++) {
			const struct account *account = &entity->accounts[j];

			if (account->collector->subject &&
			    is_to_tell(causes, account, names, count) &&
			    gather_account(alerts, causes, account, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int raise_all(struct alerts *alerts, const struct causes *causes, struct text *log,
		     struct error *err)
{
	for (size_t i = 0; i < causes->count; i++) {
		const struct cause *cause = &causes->items[i];
		int64_t id;

		if (!cause->holds)
			continue;
		if (store_alert_raise(
			    alerts->store,
			    &(struct alert){ .kind = ALERT_TROUBLE,
					     .cause = cause->key,
					     .entity = cause->entity ? cause->entity->id : "",
					     .subject = cause->subject,
					     .words = cause->words,
					     .since = causes->now,
					     .part = cause->part,
					     .ways = ways_names(alerts->config) },
			    &id, err) < 0)
			return -1;
		if (id)
			text_addf(log, "alert %lld (%s): %s\n", (long long)id, cause->key,
				  cause->subject);
	}
	return 0;
}

static int end_gone(struct alerts *alerts, const struct causes *causes,
		    const struct kept_alert *lasting, size_t count, struct text *log,
		    struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		bool ended;

		if (causes_find(causes, lasting[i].cause))
			continue;
		if (store_alert_end(alerts->store, lasting[i].cause, causes->now,
				    ways_names(alerts->config), &ended, err) < 0)
			return -1;
		text_addf(log, "alert %lld (%s) is over\n", (long long)lasting[i].id,
			  lasting[i].cause);
	}
	return 0;
}

/* Against the alerts that last. */
static int look_at(struct alerts *alerts, const struct kept_alert *lasting, size_t lasting_count,
		   int64_t now, struct text *log, struct error *err)
{
	SCOPED(causes)
	struct causes causes = { 0 };
	SCOPED(memory)
	struct token_health *tokens = NULL;
	SCOPED(memory)
	struct held *holds = NULL;
	size_t token_count = 0;
	size_t hold_count = 0;

	if (store_tokens(alerts->store, &tokens, &token_count, err) < 0 ||
	    store_holds(alerts->store, now, &holds, &hold_count, err) < 0)
		return -1;
	causes_begin(&causes, alerts->config, now);
	causes_lasting(&causes, lasting, lasting_count);
	causes_tokens(&causes, tokens, token_count, holds, hold_count);
	if (gather(alerts, &causes, err) < 0)
		return -1;
	causes_end(&causes);
	if (raise_all(alerts, &causes, log, err) < 0)
		return -1;
	return end_gone(alerts, &causes, lasting, lasting_count, log, err);
}

static int look(struct alerts *alerts, int64_t now, struct text *log, struct error *err)
{
	struct kept_alert *lasting = NULL;
	size_t count = 0;
	int result = store_alerts(alerts->store, INT64_MAX, &lasting, &count, err);

	if (result == 0)
		result = look_at(alerts, lasting, count, now, log, err);
	kept_alerts_free(lasting, count);
	return result;
}

/* Accounts are being visited, or are about to: what is known of them is soon known better. */
static bool is_sweeping(const struct alerts *alerts, int64_t now)
{
	return alerts->sweeper && (sweeper_running(alerts->sweeper) > 0 ||
				   sweeper_next(alerts->sweeper) <= now + SWEEPING_S);
}

static int64_t look_due(const struct alerts *alerts, int64_t now)
{
	if (alerts->nudged)
		return now;
	if (alerts->changed)
		return alerts->looked + (is_sweeping(alerts, now) ? LONG_SWEEP_S : EVERY_S);
	return alerts->looked + HOUR_S;
}

/* --- the work --- */

/* A way has told something, or could not. */
static void on_ended(void *data, struct way *way, int64_t now)
{
	struct alerts *alerts = data;

	if (way->task == WAY_TROUBLE) {
		trouble_telling_ended(&alerts->trouble, way, now);
		wake_at(alerts, now, now);
		return;
	}
	way->ended = true;
	way->outcome = way->delivery;
	if (!alerts->working) /* else it goes on by itself */
		wake_at(alerts, now, now);
}

static int change(struct alerts *alerts, int64_t now, bool looking, struct text *log,
		  struct error *err)
{
	struct store *store = alerts->store;

	if (ways_save(&alerts->ways, store, err) < 0 ||
	    trouble_keep(&alerts->trouble, &alerts->ways, store, now, err) < 0)
		return -1;
	if (!alerts->settled && store_alert_ways(store, now, ways_names(alerts->config), err) < 0)
		return -1;
	return looking ? look(alerts, now, log, err) : 0;
}

/* One turn with the store: 0, or -1 and nothing of it stays. What is to be told next is read in the
 * same transaction: a store that takes things and does not give them back is in trouble, too. */
static int turn(struct alerts *alerts, int64_t now, bool looking, int64_t *next, struct text *log,
		struct error *err)
{
	struct store *store = alerts->store;
	struct ways *ways = &alerts->ways;

	if (store_begin(store, err) < 0)
		return -1;
	if (change(alerts, now, looking, log, err) < 0 || ways_pick(ways, store, now, err) < 0 ||
	    ways_next(ways, store, next, err) < 0) {
		store_rollback(store);
		ways_let_go(ways);
		return -1;
	}
	if (store_commit(store, err) < 0) {
		ways_let_go(ways);
		return -1;
	}
	/* what is told now is known to be on its way to the disk */
	ways_saved(ways);
	trouble_forget(&alerts->trouble, ways);
	alerts->settled = true;
	return 0;
}

static void log_lines(const struct text *log)
{
	const char *line = text_str(log);

	for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
		log_notice("%.*s", (int)strcspn(line, "\n"), line);
}

/* When it is tried again. */
static int64_t turn_failed(struct alerts *alerts, const struct error *err, int64_t now)
{
	if (err->class == ERROR_BUSY)
		return now + SOON_S;
	if (!alerts->failing)
		log_error("alerts: %s; tried again every %d s", err->text, EVERY_S);
	alerts->failing = true;
	trouble_is_of(&alerts->trouble, &alerts->ways, false);
	trouble_begin(&alerts->trouble, err->text, now);
	return now + EVERY_S;
}

static void turn_succeeded(struct alerts *alerts, bool looked, int64_t now)
{
	if (alerts->failing)
		log_notice("alerts: the database can be read and written again");
	alerts->failing = false;
	if (!looked)
		return;
	alerts->looked = now;
	alerts->changed = alerts->nudged = false;
}

/* The store as it is: INT64_MAX when nothing is to be done, else when. */
static int64_t work_with_store(struct alerts *alerts, int64_t now)
{
	SCOPED(text)
	struct text log = { 0 };
	bool looking = look_due(alerts, now) <= now;
	bool more = true;
	int64_t next = INT64_MAX;
	struct error err;

	for (int rounds = 0; more && rounds < ROUNDS_MAX; rounds++) {
		text_reset(&log);
		if (turn(alerts, now, looking, &next, &log, &err) < 0)
			return turn_failed(alerts, &err, now);
		log_lines(&log);
		turn_succeeded(alerts, looking, now);
		looking = false;
		more = ways_tell_picked(&alerts->ways);
	}
	return !more && next > now ? next : now + SOON_S;
}

/* Times that were told by a clock which ran ahead keep nobody waiting. */
static void follow_clock_back(struct alerts *alerts, int64_t now)
{
	alerts->looked = now;
	ways_hurry(&alerts->ways);
	trouble_follow_clock_back(&alerts->trouble, &alerts->ways, now);
}

static void work(struct alerts *alerts)
{
	int64_t now = clock_now();
	int64_t since = now;
	const char *words = alerts->sweeper ? sweeper_trouble(alerts->sweeper, &since) : NULL;
	int64_t next = INT64_MAX;

	if (alerts->working)
		return;
	alerts->working = true;
	if (now < alerts->looked)
		follow_clock_back(alerts, now);
	if (words) {
		trouble_is_of(&alerts->trouble, &alerts->ways, false);
		trouble_begin(&alerts->trouble, words, since);
	} else if (alerts->sweeper && sweeper_writing(alerts->sweeper)) {
		next = now + SOON_S;
	} else if (alerts->store) {
		next = work_with_store(alerts, now);
	}
	if (alerts->trouble.since) {
		int64_t retry = trouble_tell(&alerts->trouble, &alerts->ways, now);

		if (retry < next)
			next = retry;
	}
	ways_rest(&alerts->ways);
	alerts->working = false;
	if (next != INT64_MAX)
		wake_at(alerts, now, next);
}

/* --- what others call --- */

/* Other threads, of the resolver, read the environment: it is only touched for another language. */
static void speak(struct alerts *alerts)
{
	const struct config *config = alerts->config;
	const char *language = config->alerts.language;
	struct error err;

	if (!language && config->entity_count > 0)
		language = config->entities[0].language;
	if (!language || strcmp(language, alerts->spoken) == 0)
		return;
	(void)snprintf(alerts->spoken, sizeof(alerts->spoken), "%s", language);
	if (language_speak(language, NULL, &err) < 0)
		log_warning("alerts: %s", err.text);
}

struct alerts *alerts_new(struct ev_loop *loop, struct store *store, const struct sweeper *sweeper,
			  const struct config *config)
{
	struct alerts *alerts = memory_new(1, sizeof(*alerts));

	alerts->loop = loop;
	alerts->store = store;
	alerts->sweeper = sweeper;
	alerts->config = config;
	ev_init(&alerts->timer, on_timer);
	alerts->timer.data = alerts;
	speak(alerts);
	ways_init(&alerts->ways, loop, on_ended, alerts);
	ways_use(&alerts->ways, config);
	trouble_find(&alerts->trouble, &alerts->ways, clock_now());
	alerts->changed = true;
	alerts->looked = clock_now() - EVERY_S;
	wake_at(alerts, clock_now(), clock_now() + SOON_S);
	return alerts;
}

static int save_outcomes(struct alerts *alerts, struct error *err)
{
	struct store *store = alerts->store;

	if (store_begin(store, err) < 0)
		return -1;
	if (ways_save(&alerts->ways, store, err) < 0) {
		store_rollback(store);
		return -1;
	}
	return store_commit(store, err);
}

void alerts_free(struct alerts *alerts)
{
	struct error err;

	if (!alerts)
		return;
	ev_timer_stop(alerts->loop, &alerts->timer);
	if (alerts->store && ways_have_outcomes(&alerts->ways) && save_outcomes(alerts, &err) < 0)
		log_warning("alerts: %s: what was told last is told again", err.text);
	ways_clear(&alerts->ways);
	free(alerts);
}

void alerts_use(struct alerts *alerts, const struct config *config)
{
	ways_stop(&alerts->ways);
	alerts->config = config;
	alerts->settled = false;
	alerts->changed = true;
	speak(alerts);
	trouble_leave(&alerts->ways, config);
	ways_use(&alerts->ways, config);
	wake_at(alerts, clock_now(), clock_now() + SOON_S);
}

void alerts_look(struct alerts *alerts)
{
	bool running = sweeper_running(alerts->sweeper) > 0;
	int64_t now = clock_now();
	int64_t since, due;
	bool trouble = sweeper_trouble(alerts->sweeper, &since) != NULL;

	alerts->changed |= running;
	if (trouble != (alerts->trouble.since != 0))
		wake_at(alerts, now, now + SOON_S);
	if (trouble)
		return;
	due = look_due(alerts, now);
	if (running && due > now)
		return;
	if (alerts->changed || due <= now)
		wake_at(alerts, now, due > now ? due : now + SOON_S);
}

void alerts_nudge(struct alerts *alerts)
{
	int64_t now = clock_now();

	alerts->nudged = true;
	ways_hurry(&alerts->ways);
	wake_at(alerts, now, now);
}

void alerts_test(struct alerts *alerts, struct alerts_trial *trial)
{
	ways_try(&alerts->ways, trial, clock_now());
}

void alerts_trouble(struct alerts *alerts, bool config, const char *words)
{
	int64_t now = clock_now();

	trouble_is_of(&alerts->trouble, &alerts->ways, config);
	/* whoever is started again and again is patient enough */
	trouble_begin(&alerts->trouble, words, now - STORE_PATIENCE_S);
	wake_at(alerts, now, now);
}

bool alerts_trouble_told(const struct alerts *alerts)
{
	return trouble_is_told(&alerts->trouble, &alerts->ways, clock_now());
}
