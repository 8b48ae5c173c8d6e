#include "alert_ways.h"

#include "alert_causes.h"
#include "alert_hook.h"
#include "alerts.h"
#include "auth_keys.h"
#include "fetch_mail.h"
#include "mail.h"
#include "tidings.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAIL_MS = 120000 /* servers that look for spam take their time */ };

static const char hook_mark[] = "hook:";

/* --- which there are --- */

const char *const *ways_names(const struct config *config)
{
	static const char *const none[] = { NULL };

	return config->alerts.ways ? config->alerts.ways : none;
}

void ways_init(struct ways *ways, struct ev_loop *loop, way_ended *ended, void *data)
{
	*ways = (struct ways){ .loop = loop, .ended = ended, .data = data };
	if (gethostname(ways->host, HOST_MAX) < 0 || !ways->host[0])
		(void)snprintf(ways->host, sizeof(ways->host), "localhost");
}

void ways_clear(struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++) {
		struct way *way = &ways->items[i];

		mailing_drop(way->mailing);
		way->mailing = NULL;
		kept_alert_clear(&way->alert);
	}
	ways_rest(ways);
	free(ways->items);
	ways->items = NULL;
	ways->count = 0;
}

void ways_use(struct ways *ways, const struct config *config)
{
	const char *const *names = ways_names(config);
	struct way *old = ways->items;
	size_t old_count = ways->count;
	size_t count = 0;

	while (names[count])
		count++;
	ways->config = config;
	ways->items = memory_new(count + 1, sizeof(*ways->items));
	ways->count = count;
	for (size_t i = 0; i < count; i++) {
		struct way *way = &ways->items[i];

		for (size_t j = 0; j < old_count; j++)
			if (strcmp(old[j].name, names[i]) == 0)
				*way = (struct way){ .ended = old[j].ended,
						     .outcome = old[j].outcome,
						     .trouble = old[j].trouble };
		way->ways = ways;
		(void)snprintf(way->name, sizeof(way->name), "%s", names[i]);
		if (strncmp(way->name, hook_mark, sizeof(hook_mark) - 1) == 0)
			way->hook = way->name + sizeof(hook_mark) - 1;
	}
	free(old);
}

static bool is_mailing(const struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++)
		if (ways->items[i].mailing)
			return true;
	return false;
}

void ways_rest(struct ways *ways)
{
	if (is_mailing(ways))
		return;
	keys_free(ways->keys);
	ways->keys = NULL;
}

void ways_hurry(struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++)
		ways->items[i].not_before = 0;
}

/* --- how a telling ends --- */

static void end_trial(struct way *way, const char *words, bool failed)
{
	struct alerts_trial *trial = way->trial;
	SCOPED(text)
	struct text line = { 0 };

	way->trial = NULL;
	way->task = WAY_RESTS;
	kept_alert_clear(&way->alert);
	text_addf(&line, "%s: %s", way->name, words);
	trial->progress(trial, text_str(&line));
	trial->failed += failed;
	if (--trial->open == 0)
		trial->finished(trial);
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
	int64_t now = clock_now();

	if (way->task == WAY_TRIES) {
		end_trial(way, *words ? words : "told", failed);
		return;
	}
	way->delivery.tries++;
	if (failed)
		mark_failed(way, words, now);
	else
		mark_told(way, words, now);
	way->ways->ended(way->ways->data, way, now);
	way->task = WAY_RESTS;
	kept_alert_clear(&way->alert);
}

void ways_stop(struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++) {
		struct way *way = &ways->items[i];

		mailing_drop(way->mailing);
		way->mailing = NULL;
		if (way->task == WAY_TRIES)
			end_trial(way, "the configuration was read again meanwhile", true);
		kept_alert_clear(&way->alert);
	}
	ways_rest(ways);
}

/* --- telling --- */

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
	struct ways *ways = way->ways;
	const struct alert_mail *wish = &ways->config->alerts.mail;
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
		ways->keys = ways->keys ? ways->keys : keys_new();
		if (keys_secret(ways->keys, &wish->password, &order.password, &err) < 0) {
			end_telling(way, err.text, true);
			return;
		}
	}
	mail_make(tidings, wish->from, wish->to, &mail);
	order.headers = mail.headers;
	order.body = text_str(&mail.body);
	way->mailing = mailing_start(ways->loop, &order, on_mailed, way);
}

/* Whose clock tells the times: that of the entity it is about, else the first one's. */
static const struct entity *entity_of(const struct config *config, const char *id)
{
	const struct entity *entity = config_entity(config, id);

	return entity || config->entity_count == 0 ? entity : config->entities;
}

void way_tell(struct way *way)
{
	const struct ways *ways = way->ways;
	const struct entity *entity = entity_of(ways->config, way->alert.entity);
	struct tidings tidings = {
		.alert = &way->alert,
		.part = way->delivery.part,
		.test = way->task == WAY_TRIES,
		.host = ways->host,
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
	if (hook_put(ways->config->state_directory, way->hook, &tidings, &err) < 0)
		end_telling(way, err.text, true);
	else
		end_telling(way, "", false);
}

static void try_way(struct way *way, struct alerts_trial *trial, int64_t now)
{
	char words[160];

	if (way->task != WAY_RESTS) {
		(void)snprintf(words, sizeof(words),
			       "%s: busy with another alert: try again in a minute", way->name);
		trial->progress(trial, words);
		trial->failed++;
		trial->open--;
		return;
	}
	way->trial = trial;
	way->task = WAY_TRIES;
	way->alert = (struct kept_alert){
		.kind = ALERT_TROUBLE,
		.cause = memory_text("test"),
		.entity = memory_text(""),
		.subject = memory_text(say("a trial: nothing is wrong")),
		.words = memory_text(say("Somebody tries whether alerts arrive here. They do.\n")),
		.since = now,
	};
	way->delivery.part = ALERT_BEGAN;
	way_tell(way);
}

void ways_try(struct ways *ways, struct alerts_trial *trial, int64_t now)
{
	trial->open = ways->count + 1; /* one is ours until all are begun */
	for (size_t i = 0; i < ways->count; i++)
		try_way(&ways->items[i], trial, now);
	if (--trial->open == 0)
		trial->finished(trial);
}

/* --- what they owe --- */

bool ways_have_outcomes(const struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++)
		if (ways->items[i].ended)
			return true;
	return false;
}

int ways_save(const struct ways *ways, struct store *store, struct error *err)
{
	for (size_t i = 0; i < ways->count; i++)
		if (ways->items[i].ended &&
		    store_delivery_save(store, &ways->items[i].outcome, err) < 0)
			return -1;
	return 0;
}

void ways_saved(struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++)
		ways->items[i].ended = false;
}

int ways_pick(struct ways *ways, struct store *store, int64_t now, struct error *err)
{
	for (size_t i = 0; i < ways->count; i++) {
		struct way *way = &ways->items[i];
		int found;

		if (way->task != WAY_RESTS || way->not_before > now)
			continue;
		found = store_delivery_due(store, way->name, now, &way->delivery, &way->alert, err);
		if (found < 0)
			return -1;
		if (found > 0)
			way->task = WAY_TELLS;
	}
	return 0;
}

/* Whether it has something to tell and has not begun to. */
static bool is_picked(const struct way *way)
{
	return way->task == WAY_TELLS && !way->mailing;
}

bool ways_tell_picked(struct ways *ways)
{
	bool more = false;

	for (size_t i = 0; i < ways->count; i++) {
		struct way *way = &ways->items[i];

		if (!is_picked(way))
			continue;
		way_tell(way);
		more |= way->ended;
	}
	return more;
}

void ways_let_go(struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++) {
		struct way *way = &ways->items[i];

		if (!is_picked(way))
			continue;
		way->task = WAY_RESTS;
		kept_alert_clear(&way->alert);
	}
}

int ways_next(const struct ways *ways, struct store *store, int64_t *ret, struct error *err)
{
	*ret = INT64_MAX;
	for (size_t i = 0; i < ways->count; i++) {
		const struct way *way = &ways->items[i];
		int64_t due;

		if (way->task != WAY_RESTS)
			continue;
		if (store_delivery_next(store, way->name, &due, err) < 0)
			return -1;
		if (due != INT64_MAX && due < way->not_before)
			due = way->not_before;
		if (due < *ret)
			*ret = due;
	}
	return 0;
}
