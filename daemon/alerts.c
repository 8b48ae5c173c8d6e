#include "alerts.h"

#include "alert_causes.h"
#include "alert_hook.h"
#include "auth_keys.h"
#include "fetch_mail.h"
#include "mail.h"
#include "sweeper.h"
#include "tidings.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	DAY_S = 86400,
	STORE_PATIENCE_S = 120, /* a store that takes nothing for so long is worth an alert */
	ROUNDS_MAX = 200,       /* files for hooks put there in one go */
	MAIL_MS = 120000,       /* servers that look for spam take their time */
	HOST_MAX = 64,
};

static const char hook_mark[] = "hook:";

/* One way to tell, and what it is at. */
struct way {
	struct alerts *alerts;
	const char *name; /* the configuration's: "mail", "hook:NAME" */
	const char *hook; /* NAME, or NULL: by mail */
	bool busy;        /* has something to tell: the delivery of the alert */
	bool ended;       /* what came of the one before, the outcome, is to be written down */
	bool failing;     /* which was logged */
	bool marked;      /* the store's own trouble was told, and a file says so over restarts */
	int store_tries;  /* of that, which no row knows */
	int64_t store_due, store_told; /* times; told 0: not */
	int64_t not_before;            /* a way that fails is not tried with every alert */
	struct delivery delivery, outcome;
	struct kept_alert alert;
	struct mailing *mailing;
	struct alerts_trial *trial; /* it is only tried */
};

struct alerts {
	struct ev_loop *loop;
	struct store *store;
	const struct sweeper *sweeper;
	const struct config *config;
	struct way *ways;
	size_t way_count;
	ev_timer timer;
	int64_t wake;   /* when it fires */
	int64_t looked; /* when causes were looked for last */
	bool changed;   /* accounts were visited since */
	bool nudged;    /* somebody wants it looked at */
	bool settled;   /* the store knows which ways there are */
	bool working;
	struct keys *keys; /* of the mail's password, while it is needed */
	struct {
		int64_t since; /* 0: it can be written */
		int64_t last;  /* when the last one was told, 0: never */
		char words[768];
	} trouble;
	char host[HOST_MAX + 1];
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

/* --- the files that say over restarts what was told --- */

static void marker_path(const struct way *way, char *ret, size_t room)
{
	(void)snprintf(ret, room, "%s/alerts/.store-trouble-%s",
		       way->alerts->config->state_directory, way->delivery.way);
}

/* An empty file can be made even where no row fits; its time says since when. */
static void put_marker(struct way *way)
{
	int64_t since = way->alerts->trouble.since;
	const struct timespec times[2] = { { .tv_sec = since }, { .tv_sec = since } };
	char path[1200], *slash;
	SCOPED(descriptor)
	int fd = -1;

	way->marked = true;
	marker_path(way, path, sizeof(path));
	slash = strrchr(path, '/');
	*slash = '\0';
	(void)mkdir(path, 0770); /* set-group-id as the one it is in */
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd >= 0)
		(void)futimens(fd, times);
}

static void drop_marker(struct way *way)
{
	char path[1200];

	marker_path(way, path, sizeof(path));
	if (way->marked)
		(void)unlink(path);
	way->marked = false;
}

/* --- ways --- */

static void free_ways(struct alerts *alerts)
{
	for (size_t i = 0; i < alerts->way_count; i++) {
		struct way *way = &alerts->ways[i];

		mailing_drop(way->mailing);
		kept_alert_clear(&way->alert);
	}
	free(alerts->ways);
	alerts->ways = NULL;
	alerts->way_count = 0;
}

static const struct way *find_way(const struct alerts *alerts, const char *name)
{
	for (size_t i = 0; i < alerts->way_count; i++)
		if (strcmp(alerts->ways[i].delivery.way, name) == 0)
			return &alerts->ways[i];
	return NULL;
}

/* Those of the configuration; what is known of ways that stay is kept. */
static void make_ways(struct alerts *alerts)
{
	const char *const *names = alerts->config->alerts.ways;
	struct way *old = alerts->ways;
	size_t old_count = alerts->way_count;
	size_t count = 0;

	while (names && names[count])
		count++;
	alerts->ways = memory_new(count + 1, sizeof(*alerts->ways));
	alerts->way_count = count;
	for (size_t i = 0; i < count; i++) {
		struct way *way = &alerts->ways[i];

		for (size_t j = 0; j < old_count; j++)
			if (strcmp(old[j].delivery.way, names[i]) == 0)
				*way = (struct way){ .ended = old[j].ended,
						     .outcome = old[j].outcome,
						     .store_tries = old[j].store_tries,
						     .store_due = old[j].store_due,
						     .store_told = old[j].store_told,
						     .marked = old[j].marked };
		way->alerts = alerts;
		way->name = names[i];
		if (strncmp(names[i], hook_mark, sizeof(hook_mark) - 1) == 0)
			way->hook = names[i] + sizeof(hook_mark) - 1;
		(void)snprintf(way->delivery.way, sizeof(way->delivery.way), "%s", names[i]);
	}
	for (size_t i = 0; i < old_count; i++)
		if (!find_way(alerts, old[i].delivery.way))
			drop_marker(&old[i]);
	free(old);
}

static const char *const *way_names(const struct alerts *alerts)
{
	static const char *const none[] = { NULL };

	return alerts->config->alerts.ways ? alerts->config->alerts.ways : none;
}

static bool is_mailing(const struct alerts *alerts)
{
	for (size_t i = 0; i < alerts->way_count; i++)
		if (alerts->ways[i].mailing)
			return true;
	return false;
}

/* Secrets are not kept for the next alert. */
static void rest(struct alerts *alerts)
{
	if (is_mailing(alerts))
		return;
	keys_free(alerts->keys);
	alerts->keys = NULL;
}

/* --- telling --- */

static void end_trial(struct way *way, const char *words, bool failed)
{
	struct alerts_trial *trial = way->trial;
	SCOPED(text)
	struct text line = { 0 };

	way->trial = NULL;
	way->busy = false;
	kept_alert_clear(&way->alert);
	text_addf(&line, "%s: %s", way->name, words);
	trial->progress(trial, text_str(&line));
	trial->failed += failed;
	if (--trial->open == 0)
		trial->finished(trial);
}

/* The store's own trouble, which only we know of. */
static bool is_of_store(const struct way *way)
{
	return way->alert.id == 0;
}

/* It may be over meanwhile: then its end is to be told, too. */
static void end_trouble_telling(struct way *way, int64_t now)
{
	struct alerts *alerts = way->alerts;

	if (!alerts->trouble.since && !way->delivery.told)
		return;
	way->store_tries = way->delivery.tries;
	way->store_due = way->delivery.due;
	way->store_told = way->delivery.over ? now : 0;
	if (!alerts->trouble.since)
		alerts->trouble.since = way->alert.since;
}

static void mark_told(struct way *way, const char *words, int64_t now)
{
	struct delivery *delivery = &way->delivery;

	delivery->over = true;
	delivery->told = now;
	(void)snprintf(delivery->words, sizeof(delivery->words), "%s", words);
	if (way->failing)
		log_notice("alerts by %s arrive again", way->name);
	else if (*words)
		log_warning("alert by %s: told, but %s", way->name, words);
	way->failing = false;
	way->not_before = 0;
}

static void mark_failed(struct way *way, const char *words, int64_t now)
{
	struct delivery *delivery = &way->delivery;
	int64_t wait_s = alert_retry(delivery->tries);

	delivery->over = wait_s == 0;
	delivery->told = 0;
	delivery->due = now + wait_s;
	way->not_before = now + wait_s;
	(void)snprintf(delivery->words, sizeof(delivery->words), "%s", words);
	if (wait_s == 0)
		log_error("alert by %s: %s; given up: \"%s\" was not told", way->name, words,
			  way->alert.subject);
	else if (!way->failing)
		log_warning("alert by %s: %s; tried again for a week", way->name, words);
	way->failing = true;
}

/* It was told (with words: but not all of it) or could not be. */
static void end_telling(struct way *way, const char *words, bool failed)
{
	struct alerts *alerts = way->alerts;
	int64_t now = clock_now();

	if (way->trial) {
		end_trial(way, *words ? words : "told", failed);
		return;
	}
	way->delivery.tries++;
	if (failed)
		mark_failed(way, words, now);
	else
		mark_told(way, words, now);
	if (is_of_store(way)) {
		end_trouble_telling(way, now);
	} else {
		way->ended = true;
		way->outcome = way->delivery;
	}
	way->busy = false;
	kept_alert_clear(&way->alert);
	wake_at(alerts, now, now);
}

/* What the server refused of a mail it took: lines that begin with 4 or 5. */
static void refusals(const char *lines, char *ret, size_t room)
{
	SCOPED(text)
	struct text words = { 0 };

	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (*lines == '4' || *lines == '5')
			text_addf(&words, "%s%.*s", words.length ? "; " : "",
				  (int)strcspn(lines, "\r\n"), lines);
	(void)snprintf(ret, room, "%.200s", text_str(&words));
}

static void on_mailed(void *data, const char *lines, const struct error *err)
{
	struct way *way = data;
	char words[256] = "";

	way->mailing = NULL;
	if (lines)
		refusals(lines, words, sizeof(words));
	end_telling(way, lines ? words : err->text, !lines);
}

static void send_mail(struct way *way, const struct tidings *tidings)
{
	struct alerts *alerts = way->alerts;
	const struct alert_mail *wish = &alerts->config->alerts.mail;
	SCOPED(mail)
	struct mail mail = { 0 };
	struct mail_order order = {
		.server = wish->server,
		.tls = wish->tls,
		.ca_file = wish->ca_file,
		.user = wish->user,
		.from = wish->from,
		.to = wish->to,
		.timeout_ms = MAIL_MS,
	};
	struct error err;

	if (wish->user) {
		alerts->keys = alerts->keys ? alerts->keys : keys_new();
		if (keys_secret(alerts->keys, &wish->password, &order.password, &err) < 0) {
			end_telling(way, err.text, true);
			return;
		}
	}
	mail_make(tidings, wish->from, wish->to, &mail);
	order.headers = mail.headers;
	order.body = text_str(&mail.body);
	way->mailing = mailing_start(alerts->loop, &order, on_mailed, way);
}

/* Whose clock tells the times: that of the entity it is about, else the first one's. */
static const struct entity *entity_of(const struct alerts *alerts, const char *id)
{
	const struct entity *entity = config_entity(alerts->config, id);

	return entity || alerts->config->entity_count == 0 ? entity : alerts->config->entities;
}

/* Tells what the way is busy with. */
static void tell(struct way *way)
{
	struct alerts *alerts = way->alerts;
	const struct entity *entity = entity_of(alerts, way->alert.entity);
	struct tidings tidings = {
		.alert = &way->alert,
		.part = way->delivery.part,
		.test = way->trial != NULL,
		.host = alerts->host,
	};
	SCOPED(zone)
	struct zone *zone = NULL;
	struct error err;

	if (zone_open(entity ? entity->zone : "UTC", &zone, &err) < 0) {
		end_telling(way, err.text, true);
		return;
	}
	tidings.zone = zone;
	if (!way->hook) {
		send_mail(way, &tidings);
		return;
	}
	if (hook_put(alerts->config->state_directory, way->hook, &tidings, &err) < 0)
		end_telling(way, err.text, true);
	else
		end_telling(way, "", false);
}

/* --- the store's own trouble --- */

/* By which ways whoever ran before had told it already. */
static void find_markers(struct alerts *alerts)
{
	for (size_t i = 0; i < alerts->way_count; i++) {
		struct way *way = &alerts->ways[i];
		char path[1200];
		struct stat file;

		marker_path(way, path, sizeof(path));
		if (lstat(path, &file) < 0)
			continue;
		way->marked = true;
		way->store_told = alerts->trouble.since = file.st_mtim.tv_sec;
	}
}

static bool was_told(const struct alerts *alerts)
{
	for (size_t i = 0; i < alerts->way_count; i++)
		if (alerts->ways[i].store_told)
			return true;
	return false;
}

/* What is to be told of it; NULL: nothing, or not yet. */
static struct cause *trouble_cause(const struct alerts *alerts, struct causes *causes, int64_t now)
{
	if (!alerts->trouble.since || !alerts->trouble.words[0] ||
	    now - alerts->trouble.since < STORE_PATIENCE_S ||
	    (alerts->trouble.last != alerts->trouble.since && alerts->trouble.last > now - DAY_S &&
	     alerts->trouble.last <= now))
		return NULL;
	causes_begin(causes, alerts->config, now);
	causes_store(causes, alerts->trouble.words);
	causes_end(causes);
	return &causes->items[0];
}

static void begin_trouble_telling(struct way *way, const struct cause *cause)
{
	struct alerts *alerts = way->alerts;

	way->busy = true;
	way->alert = (struct kept_alert){
		.kind = ALERT_TROUBLE,
		.cause = memory_text(cause->key),
		.entity = memory_text(""),
		.subject = memory_text(cause->subject),
		.words = memory_text(cause->words),
		.since = alerts->trouble.since,
	};
	way->delivery.alert = 0;
	way->delivery.part = ALERT_BEGAN;
	way->delivery.tries = way->store_tries;
	alerts->trouble.last = alerts->trouble.since;
	tell(way);
}

/* By all ways that are free and have not told it; when the next one is due. */
static int64_t tell_trouble(struct alerts *alerts, int64_t now)
{
	SCOPED(causes)
	struct causes causes = { 0 };
	const struct cause *cause = trouble_cause(alerts, &causes, now);
	int64_t next = alerts->trouble.since && !cause ? alerts->trouble.since + STORE_PATIENCE_S
						       : INT64_MAX;

	if (next <= now)
		next = now + HOUR_S;
	for (size_t i = 0; cause && i < alerts->way_count; i++) {
		struct way *way = &alerts->ways[i];

		if (way->store_told && !way->marked)
			put_marker(way);
		if (way->store_told || way->busy)
			continue;
		if (way->store_due <= now)
			begin_trouble_telling(way, cause);
		else if (way->store_due < next)
			next = way->store_due;
	}
	return next;
}

static int save_told(struct alerts *alerts, int64_t id, struct error *err)
{
	for (size_t i = 0; i < alerts->way_count; i++) {
		const struct way *way = &alerts->ways[i];
		struct delivery delivery = { .alert = id,
					     .part = ALERT_BEGAN,
					     .due = alerts->trouble.since,
					     .tries = way->store_tries,
					     .over = true,
					     .told = way->store_told };

		if (!way->store_told)
			continue;
		memcpy(delivery.way, way->delivery.way, sizeof(delivery.way));
		if (store_delivery_save(alerts->store, &delivery, err) < 0)
			return -1;
	}
	return 0;
}

/* The store takes things again: what was told of it is written down, and that it is over. */
static int keep_trouble(struct alerts *alerts, int64_t now, struct error *err)
{
	SCOPED(causes)
	struct causes causes = { 0 };
	int64_t id;
	bool ended;

	if (!was_told(alerts))
		return 0;
	causes_begin(&causes, alerts->config, now);
	causes_store(&causes, alerts->trouble.words);
	causes_end(&causes);
	if (store_alert_raise(alerts->store,
			      &(struct alert){ .kind = ALERT_TROUBLE,
					       .cause = causes.items[0].key,
					       .entity = "",
					       .subject = causes.items[0].subject,
					       .words = causes.items[0].words,
					       .since = alerts->trouble.since,
					       .ways = way_names(alerts) },
			      &id, err) < 0)
		return -1;
	if (!id)
		return 0;
	if (save_told(alerts, id, err) < 0)
		return -1;
	return store_alert_end(alerts->store, causes.items[0].key, now, way_names(alerts), &ended,
			       err);
}

/* After that was committed. */
static void forget_trouble(struct alerts *alerts)
{
	if (!alerts->trouble.since)
		return;
	alerts->trouble.since = 0; /* its words stay, for what is still being told of it */
	for (size_t i = 0; i < alerts->way_count; i++) {
		drop_marker(&alerts->ways[i]);
		alerts->ways[i].store_tries = 0;
		alerts->ways[i].store_due = alerts->ways[i].store_told = 0;
	}
}

static void begin_trouble(struct alerts *alerts, const char *words, int64_t since)
{
	if (!alerts->trouble.since) {
		alerts->trouble.since = since ? since : clock_now();
		alerts->trouble.words[0] = '\0';
	}
	if (*words)
		(void)snprintf(alerts->trouble.words, sizeof(alerts->trouble.words), "%s", words);
}

/* --- looking for causes --- */

static int gather(struct alerts *alerts, struct causes *causes, struct error *err)
{
	const struct config *config = alerts->config;
	struct sweep_state daily = { 0 };
	int result = 0;

	for (size_t i = 0; i < config->entity_count; i++) {
		const struct entity *entity = &config->entities[i];

		for (size_t j = 0; result == 0 && j < entity->account_count; j++) {
			const struct account *account = &entity->accounts[j];
			struct metric_states states = { 0 };

			if (!account->collector->subject)
				continue;
			result = store_sweep_load(alerts->store, entity->id, account->id,
						  SWEEP_DAILY, &daily, err);
			if (result == 0)
				result = store_metric_states(alerts->store, entity->id, account->id,
							     account->collector->metrics, &states,
							     err);
			if (result == 0)
				causes_account(causes, account, &daily, &states);
			sweep_state_clear(&daily);
		}
	}
	return result;
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
					     .ways = way_names(alerts) },
			    &id, err) < 0)
			return -1;
		if (id)
			text_addf(log, "alert %lld (%s): %s\n", (long long)id, cause->key,
				  cause->subject);
	}
	return 0;
}

static int end_gone(struct alerts *alerts, const struct causes *causes, struct text *log,
		    struct error *err)
{
	struct kept_alert *lasting = NULL;
	size_t count = 0;
	int result = store_alerts(alerts->store, INT64_MAX, &lasting, &count, err);

	for (size_t i = 0; result == 0 && i < count; i++) {
		bool ended;

		if (causes_find(causes, lasting[i].cause))
			continue;
		result = store_alert_end(alerts->store, lasting[i].cause, causes->now,
					 way_names(alerts), &ended, err);
		text_addf(log, "alert %lld (%s) is over\n", (long long)lasting[i].id,
			  lasting[i].cause);
	}
	kept_alerts_free(lasting, count);
	return result;
}

static int look(struct alerts *alerts, int64_t now, struct text *log, struct error *err)
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
	causes_tokens(&causes, tokens, token_count, holds, hold_count);
	if (gather(alerts, &causes, err) < 0)
		return -1;
	causes_end(&causes);
	return raise_all(alerts, &causes, log, err) < 0 || end_gone(alerts, &causes, log, err) < 0
		       ? -1
		       : 0;
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

/* What came of telling is written down. */
static int save_ended(struct alerts *alerts, struct error *err)
{
	for (size_t i = 0; i < alerts->way_count; i++)
		if (alerts->ways[i].ended &&
		    store_delivery_save(alerts->store, &alerts->ways[i].outcome, err) < 0)
			return -1;
	return 0;
}

/* What each free way is to tell next. */
static int pick(struct alerts *alerts, int64_t now, struct error *err)
{
	for (size_t i = 0; i < alerts->way_count; i++) {
		struct way *way = &alerts->ways[i];
		int found;

		if (way->busy || way->not_before > now)
			continue;
		found = store_delivery_due(alerts->store, way->name, now, &way->delivery,
					   &way->alert, err);
		if (found < 0)
			return -1;
		way->busy = found > 0;
	}
	return 0;
}

/* The earliest a free way may tell what it owes; those at work wake us when they are done. */
static int find_next(struct alerts *alerts, int64_t *ret, struct error *err)
{
	*ret = INT64_MAX;
	for (size_t i = 0; i < alerts->way_count; i++) {
		const struct way *way = &alerts->ways[i];
		int64_t due;

		if (way->busy)
			continue;
		if (store_delivery_next(alerts->store, way->name, &due, err) < 0)
			return -1;
		if (due != INT64_MAX && due < way->not_before)
			due = way->not_before;
		if (due < *ret)
			*ret = due;
	}
	return 0;
}

/* One turn with the store: 0, or -1 and nothing of it stays. */
static int turn(struct alerts *alerts, int64_t now, bool looking, int64_t *next, struct text *log,
		struct error *err)
{
	if (store_begin(alerts->store, err) < 0)
		return -1;
	if (save_ended(alerts, err) < 0 || keep_trouble(alerts, now, err) < 0 ||
	    (!alerts->settled &&
	     store_alert_ways(alerts->store, now, way_names(alerts), err) < 0) ||
	    (looking && look(alerts, now, log, err) < 0)) {
		store_rollback(alerts->store);
		return -1;
	}
	if (store_commit(alerts->store, err) < 0)
		return -1;
	/* what is read now is known to be on its way to the disk */
	for (size_t i = 0; i < alerts->way_count; i++)
		alerts->ways[i].ended = false;
	forget_trouble(alerts);
	alerts->settled = true;
	return pick(alerts, now, err) < 0 ? -1 : find_next(alerts, next, err);
}

static void log_lines(const struct text *log)
{
	const char *line = text_str(log);

	for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
		log_notice("%.*s", (int)strcspn(line, "\n"), line);
}

/* Tells what the ways have picked: true when one was done at once and may tell more. */
static bool tell_picked(struct alerts *alerts)
{
	bool more = false;

	for (size_t i = 0; i < alerts->way_count; i++) {
		struct way *way = &alerts->ways[i];

		if (!way->busy || way->mailing || way->trial)
			continue;
		tell(way);
		more |= way->ended;
	}
	return more;
}

/* The store as it is: INT64_MAX when nothing is to be done, else when. */
static int64_t work_with_store(struct alerts *alerts, int64_t now)
{
	SCOPED(text)
	struct text log = { 0 };
	bool looking = look_due(alerts, now) <= now;
	int64_t next = INT64_MAX;
	struct error err;
	int rounds = 0;

	do {
		text_reset(&log);
		if (turn(alerts, now, looking, &next, &log, &err) < 0) {
			if (err.class != ERROR_BUSY)
				begin_trouble(alerts, err.text, now);
			return now + (err.class == ERROR_BUSY ? SOON_S : EVERY_S);
		}
		log_lines(&log);
		if (looking) {
			alerts->looked = now;
			alerts->changed = alerts->nudged = false;
		}
		looking = false;
	} while (tell_picked(alerts) && ++rounds < ROUNDS_MAX);
	return next > now ? next : now + SOON_S;
}

/* Times that were told by a clock which ran ahead keep nobody waiting. */
static void follow_clock_back(struct alerts *alerts, int64_t now)
{
	alerts->looked = now;
	if (alerts->trouble.since > now)
		alerts->trouble.since = now;
	for (size_t i = 0; i < alerts->way_count; i++)
		alerts->ways[i].not_before = alerts->ways[i].store_due = 0;
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
		begin_trouble(alerts, words, since);
	} else if (alerts->sweeper && sweeper_writing(alerts->sweeper)) {
		next = now + SOON_S;
	} else if (alerts->store) {
		next = work_with_store(alerts, now);
	}
	if (alerts->trouble.since) {
		int64_t retry = tell_trouble(alerts, now);

		if (retry < next)
			next = retry;
	}
	rest(alerts);
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
	if (gethostname(alerts->host, HOST_MAX) < 0 || !alerts->host[0])
		(void)snprintf(alerts->host, sizeof(alerts->host), "localhost");
	ev_init(&alerts->timer, on_timer);
	alerts->timer.data = alerts;
	speak(alerts);
	make_ways(alerts);
	find_markers(alerts);
	alerts->changed = true;
	alerts->looked = clock_now() - EVERY_S;
	wake_at(alerts, clock_now(), clock_now() + SOON_S);
	return alerts;
}

void alerts_free(struct alerts *alerts)
{
	if (!alerts)
		return;
	ev_timer_stop(alerts->loop, &alerts->timer);
	free_ways(alerts);
	rest(alerts);
	free(alerts);
}

void alerts_use(struct alerts *alerts, const struct config *config)
{
	for (size_t i = 0; i < alerts->way_count; i++) {
		struct way *way = &alerts->ways[i];

		mailing_drop(way->mailing);
		way->mailing = NULL;
		if (way->trial)
			end_trial(way, "the configuration was read again meanwhile", true);
		kept_alert_clear(&way->alert);
	}
	rest(alerts);
	alerts->config = config;
	alerts->settled = false;
	alerts->changed = true;
	speak(alerts);
	make_ways(alerts);
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
	for (size_t i = 0; i < alerts->way_count; i++)
		alerts->ways[i].not_before = 0;
	wake_at(alerts, now, now);
}

static void try_way(struct way *way, struct alerts_trial *trial, int64_t now)
{
	char words[160];

	if (way->busy) {
		(void)snprintf(words, sizeof(words),
			       "%s: busy with another alert: try again in a minute", way->name);
		trial->progress(trial, words);
		trial->failed++;
		trial->open--;
		return;
	}
	way->trial = trial;
	way->busy = true;
	way->alert = (struct kept_alert){
		.kind = ALERT_TROUBLE,
		.cause = memory_text("test"),
		.entity = memory_text(""),
		.subject = memory_text(say("a trial: nothing is wrong")),
		.words = memory_text(say("Somebody tries whether alerts arrive here. They do.\n")),
		.since = now,
	};
	way->delivery.part = ALERT_BEGAN;
	tell(way);
}

void alerts_test(struct alerts *alerts, struct alerts_trial *trial)
{
	int64_t now = clock_now();

	trial->open = alerts->way_count + 1; /* one is ours until all are begun */
	for (size_t i = 0; i < alerts->way_count; i++)
		try_way(&alerts->ways[i], trial, now);
	if (--trial->open == 0)
		trial->finished(trial);
}

void alerts_trouble(struct alerts *alerts, const char *words)
{
	int64_t now = clock_now();

	/* whoever is started again and again is patient enough */
	begin_trouble(alerts, words, now - STORE_PATIENCE_S);
	wake_at(alerts, now, now);
}

bool alerts_trouble_told(const struct alerts *alerts)
{
	for (size_t i = 0; i < alerts->way_count; i++)
		if (!alerts->ways[i].marked)
			return false;
	return true;
}
