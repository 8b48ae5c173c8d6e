/* What is known of each account, from the store. */
#include "status.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	DAY_S = 86400,
	STORY_S = DAY_S, /* a story is seen by whoever looks so soon */
	MONTH_DAYS_MAX = 31,
};

void checkup_clear(struct checkup *checkup)
{
	sweep_state_clear(&checkup->daily);
	free(checkup->gaps);
	checkup->gaps = NULL;
}

bool is_manual(const struct account *account)
{
	return account->collector->keeps || strcmp(account->collector->name, "manual") == 0;
}

/* --- holds and tokens */

static bool holds_account(const struct held *held, const struct account *account, const char *id)
{
	switch (held->scope) {
	case HOLD_NONE:
	case HOLD_HOST: /* whose host it is, only the daemon knows */
		return false;
	case HOLD_REQUEST:
	case HOLD_ACCOUNT:
		return strcmp(held->key, id) == 0;
	case HOLD_TOKEN:
		return account->token && strcmp(held->key, account->token->id) == 0;
	case HOLD_APP:
		return strcmp(held->key, account->collector->name) == 0;
	}
	return false;
}

/* The longest hold on the account; one on a single call leaves the others running. */
static const struct held *hold_of(const struct status *status, const struct account *account)
{
	SCOPED(text)
	struct text id = { 0 };
	const struct held *longest = NULL;

	text_addf(&id, "%s/%s", account->entity->id, account->id);
	for (size_t i = 0; i < status->hold_count; i++) {
		const struct held *held = &status->holds[i];

		if (holds_account(held, account, text_str(&id)) &&
		    (!longest || held->until > longest->until))
			longest = held;
	}
	return longest;
}

const struct token_health *status_token(const struct status *status, const struct token *token)
{
	for (size_t i = 0; token && i < status->token_count; i++)
		if (strcmp(status->tokens[i].name, token->id) == 0)
			return &status->tokens[i];
	return NULL;
}

static bool is_asked_for(const struct status *status, const struct account *account)
{
	return ctl_wants_account(status->ctl, account) && !account->plan;
}

bool status_uses(const struct status *status, const struct token *token)
{
	const struct config *config = status->ctl->config;

	for (size_t i = 0; i < config->entity_count; i++) {
		const struct entity *entity = &config->entities[i];

		for (size_t k = 0; k < entity->account_count; k++)
			if (entity->accounts[k].token == token &&
			    is_asked_for(status, &entity->accounts[k]) &&
			    !account_is_over(&entity->accounts[k], status->ctl->now))
				return true;
	}
	return false;
}

/* --- coverage */

/* Days of the months in which something is recorded, or in which there was nothing. */
static int add_recorded(struct status *status, const struct account *account, struct window window,
			struct days *days, struct error *err)
{
	struct window last = month_of(window_end(window) - 1);
	struct window months = { .first = month_of(window.first).first };
	struct record *records = NULL;
	SCOPED(memory)
	struct sample *samples = NULL;
	size_t count = 0;
	size_t sample_count = 0;

	months.days = window_end(last) - months.first;
	if (store_records(status->ctl->store, account->entity->id, account->id, NULL, months,
			  &records, &count, err) < 0)
		return -1;
	register_samples(records, count, window, &samples, &sample_count);
	for (size_t i = 0; i < sample_count; i++)
		days_add(days, samples[i].window);
	records_free(records, count);
	return 0;
}

/* Days somebody entered something for. */
static int count_entered(struct status *status, const struct account *account, struct zone *zone,
			 struct window window, int32_t *ret, struct error *err)
{
	SCOPED(history)
	struct history history = { 0 };
	const struct store_account wanted = {
		.entity = account->entity->id,
		.account = account->id,
		.zone = zone,
	};
	struct days days = { 0 };

	if (store_history(status->ctl->store, &wanted, 1, NULL, window, &history, err) < 0)
		return -1;
	for (size_t i = 0; i < history.count; i++)
		for (size_t k = 0; k < history.series[i].count; k++)
			days_add(&days, window_common(history.series[i].samples[k].window, window));
	if (add_recorded(status, account, window, &days, err) < 0)
		return -1;
	*ret = (int32_t)days_count(&days);
	return 0;
}

static int count_read(struct status *status, const struct account *account, struct window window,
		      int32_t *ret, struct error *err)
{
	int64_t read[MONTH_DAYS_MAX] = { 0 };

	if (store_readings(status->ctl->store, account->entity->id, account->id, window, read,
			   err) < 0)
		return -1;
	*ret = 0;
	for (int32_t i = 0; i < window.days; i++)
		*ret += read[i] != 0;
	return 0;
}

/* As far as the account lived in them. */
static struct window cut_to_life(const struct account *account, struct window window)
{
	int32_t end = window_end(window);

	if (account->since != DAY_NONE && account->since > window.first)
		window.first = account->since;
	if (account->until != DAY_NONE && account->until + 1 < end)
		end = account->until + 1;
	window.days = end > window.first ? end - window.first : 0;
	return window;
}

static int cover(struct status *status, const struct account *account, struct zone *zone,
		 struct window window, struct coverage *ret, struct error *err)
{
	window = cut_to_life(account, window);
	ret->days = window.days;
	ret->known = 0;
	if (window.days == 0)
		return 0;
	return is_manual(account) ? count_entered(status, account, zone, window, &ret->known, err)
				  : count_read(status, account, window, &ret->known, err);
}

static int read_coverage(struct status *status, struct checkup *checkup, struct error *err)
{
	const struct account *account = checkup->account;
	const char *name = account->collector->zone ? account->collector->zone : account->zone;
	struct window recent = { .days = STATUS_LOOK_BACK };
	struct window month;
	struct zone *zone;
	int32_t today;

	if (zones_get(&status->zones, name, &zone, err) < 0)
		return -1;
	today = zone_day(zone, status->ctl->now);
	recent.first = today - STATUS_LOOK_BACK;
	month = month_of(today);
	month.days = today - month.first; /* those that are over */
	if (cover(status, account, zone, recent, &checkup->recent, err) < 0)
		return -1;
	return cover(status, account, zone, month, &checkup->month, err);
}

/* --- what was missed */

static bool has_stories(const struct collector *collector)
{
	for (const struct metric *metric = collector->metrics; metric && metric->id; metric++)
		if (metric->items == ITEM_STORY)
			return collector->watch_hours > 0;
	return false;
}

/* Gaps of the last days between two looks at it, or since the last: what came before the first
 * look nobody meant to see, and what is younger than a story's life will still be seen. */
static int read_gaps(struct status *status, struct checkup *checkup, struct error *err)
{
	const struct account *account = checkup->account;
	int64_t since = status->ctl->now - (int64_t)STATUS_LOOK_BACK * DAY_S;
	int64_t until = status->ctl->now - STORY_S;
	size_t kept = 0;
	struct zone *zone;

	if (!has_stories(account->collector))
		return 0;
	if (zones_get(&status->zones, account->zone, &zone, err) < 0)
		return -1;
	if (account->until != DAY_NONE && zone_midnight(zone, account->until + 1) < until)
		until = zone_midnight(zone, account->until + 1);
	if (store_unwatched(status->ctl->store, account->entity->id, account->id,
			    account->collector->name, ITEM_STORY, 0, until, &checkup->gaps,
			    &checkup->gap_count, err) < 0)
		return -1;
	for (size_t i = 0; i < checkup->gap_count; i++) {
		struct watch gap = checkup->gaps[i];

		if (gap.since == 0 || gap.until <= since)
			continue;
		if (gap.since < since)
			gap.since = since;
		checkup->gaps[kept++] = gap;
	}
	checkup->gap_count = kept;
	return 0;
}

int64_t checkup_gap_seconds(const struct checkup *checkup)
{
	int64_t sum = 0;

	for (size_t i = 0; i < checkup->gap_count; i++)
		sum += checkup->gaps[i].until - checkup->gaps[i].since;
	return sum;
}

/* How long of the last days it was not read; two reasons at a time count once. */
static int read_lapses(struct status *status, struct checkup *checkup, struct error *err)
{
	const struct account *account = checkup->account;
	int64_t reached = status->ctl->now - (int64_t)STATUS_LOOK_BACK * DAY_S;
	SCOPED(memory)
	struct lapse *lapses = NULL;
	size_t count;

	if (store_lapses(status->ctl->store, account->entity->id, account->id, reached,
			 status->ctl->now, &lapses, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int64_t end = lapses[i].until ? lapses[i].until : status->ctl->now;

		if (lapses[i].sweep == SWEEP_WATCH || end <= reached)
			continue;
		checkup->lapse_s += end - (lapses[i].since > reached ? lapses[i].since : reached);
		reached = end;
	}
	return 0;
}

/* --- all of it */

static void judge(const struct status *status, struct checkup *checkup)
{
	const struct sweep_state *daily = &checkup->daily;
	const struct held *held = checkup->held;

	checkup->health = health_judge(&(struct health_facts){
		.manual = is_manual(checkup->account),
		.ended = account_is_over(checkup->account, status->ctl->now),
		.now = status->ctl->now,
		.last_success = daily->last_success,
		.due = daily->due,
		.failures = daily->failures,
		.class = daily->class,
		.held = held != NULL,
		.held_for_person = held && held->until == INT64_MAX,
	});
}

static int read_collected(struct status *status, struct checkup *checkup, struct error *err)
{
	const struct account *account = checkup->account;
	struct store *store = status->ctl->store;

	if (store_sweep_load(store, account->entity->id, account->id, SWEEP_DAILY, &checkup->daily,
			     err) < 0 ||
	    store_metric_states(store, account->entity->id, account->id,
				account->collector->metrics, &checkup->metrics, err) < 0)
		return -1;
	checkup->held = hold_of(status, account);
	checkup->token = status_token(status, account->token);
	return read_lapses(status, checkup, err);
}

int checkup_read(struct status *status, const struct account *account, struct checkup *ret,
		 struct error *err)
{
	*ret = (struct checkup){ .account = account };
	if (read_coverage(status, ret, err) < 0 ||
	    (!is_manual(account) && read_collected(status, ret, err) < 0) ||
	    read_gaps(status, ret, err) < 0) {
		checkup_clear(ret);
		return -1;
	}
	judge(status, ret);
	return 0;
}

/* A database that was named is a copy itself. */
static int read_backup(struct status *status, struct error *err)
{
	struct store_health *store = &status->store;

	if (status->ctl->database)
		return 0;
	if (store_backup_last(status->ctl->store, &store->backup.at, &store->backup.path, err) < 0)
		return -1;
	store->backup.known = true;
	if (store->backup.at && store->backup.at < status->ctl->now)
		store->backup.age_s = status->ctl->now - store->backup.at;
	return 0;
}

int status_read(struct status *status, struct error *err)
{
	const struct config *config = status->ctl->config;

	if (store_holds(status->ctl->store, status->ctl->now, &status->holds, &status->hold_count,
			err) < 0 ||
	    store_tokens(status->ctl->store, &status->tokens, &status->token_count, err) < 0 ||
	    store_schema_version(status->ctl->store, &status->store.version, err) < 0 ||
	    read_backup(status, err) < 0)
		return -1;
	for (size_t i = 0; i < config->token_count; i++) {
		const struct token_health *token = status_token(status, &config->tokens[i]);

		if (token && status_uses(status, &config->tokens[i]) &&
		    token_needs_person(token, status->ctl->now))
			status->expiring++;
	}
	return 0;
}

static int show_one(struct status *status, const struct account *account,
		    int (*show)(void *data, const struct checkup *checkup), void *data,
		    struct error *err)
{
	SCOPED(checkup)
	struct checkup checkup = { 0 };

	if (checkup_read(status, account, &checkup, err) < 0)
		return -1;
	if (checkup.health.person)
		status->needing++;
	if (!is_manual(account) && checkup.health.condition != CONDITION_ENDED)
		status->collected++;
	return show(data, &checkup);
}

int status_each(struct status *status, int (*show)(void *data, const struct checkup *checkup),
		void *data, struct error *err)
{
	const struct ctl *ctl = status->ctl;

	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];

		for (size_t k = 0; k < entity->account_count; k++)
			if (is_asked_for(status, &entity->accounts[k]) &&
			    show_one(status, &entity->accounts[k], show, data, err) < 0)
				return -1;
	}
	return 0;
}
