#include "alert_causes.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAMED_MAX = 12,      /* accounts a cause names; the others are counted */
	CONFIRMED_TIMES = 2, /* a garbled answer may be alone */
	RETRY_FIRST_S = 60,
	RETRY_MAX_S = 6 * 3600,
	RETRIES = 35, /* a week of them */
};

/* So begins a line of a log's report that somebody should see. */
const char causes_mark[] = "warning: ";

void causes_begin(struct causes *causes, const struct config *config, int64_t now)
{
	*causes = (struct causes){ .config = config, .now = now };
}

static void clear(struct cause *cause)
{
	free(cause->key);
	free(cause->subject);
	free(cause->words);
	text_clear(&cause->said);
	text_clear(&cause->accounts);
}

void causes_clear(struct causes *causes)
{
	for (size_t i = 0; i < causes->count; i++)
		clear(&causes->items[i]);
	free(causes->items);
	*causes = (struct causes){ 0 };
}

const struct cause *causes_find(const struct causes *causes, const char *key)
{
	for (size_t i = 0; i < causes->count; i++)
		if (strcmp(causes->items[i].key, key) == 0)
			return &causes->items[i];
	return NULL;
}

/* The cause of that key, made when it is new. */
__attribute__((format(printf, 3, 4))) static struct cause *
cause_of(struct causes *causes, enum cause_kind kind, const char *format, ...)
{
	SCOPED(text)
	struct text key = { 0 };
	struct cause *cause;
	va_list arguments;

	va_start(arguments, format);
	text_addv(&key, format, arguments);
	va_end(arguments);
	for (size_t i = 0; i < causes->count; i++)
		if (strcmp(causes->items[i].key, text_str(&key)) == 0)
			return &causes->items[i];
	causes->items =
		memory_grow(causes->items, causes->count, &causes->room, sizeof(*causes->items));
	cause = &causes->items[causes->count++];
	*cause = (struct cause){ .kind = kind, .key = text_take(&key), .part = ALERT_BEGAN };
	return cause;
}

/* It is so, by these words. */
static void hold(struct cause *cause, const char *words)
{
	cause->holds = true;
	if (cause->said.length == 0)
		text_set(&cause->said, words);
}

/* It hits the account, too. */
static void hit(struct cause *cause, const struct account *account)
{
	if (cause->account_count < NAMED_MAX) {
		cause->named++;
		text_addf(&cause->accounts, "%s%s/%s", cause->accounts.length ? ", " : "",
			  account->entity->id, account->id);
	}
	if (cause->account_count++ == 0) {
		cause->account = account;
		cause->entity = account->entity;
	} else if (cause->entity != account->entity) {
		cause->entity = NULL;
	}
}

/* --- tokens */

static const struct token_health *health_of(const struct causes *causes, const struct token *token)
{
	for (size_t i = 0; token && i < causes->token_count; i++)
		if (strcmp(causes->tokens[i].name, token->id) == 0)
			return &causes->tokens[i];
	return NULL;
}

/* The hold that keeps all of the token's accounts waiting for a person, or NULL. */
static const struct held *token_hold(const struct causes *causes, const struct token *token)
{
	for (size_t i = 0; token && i < causes->hold_count; i++)
		if (causes->holds[i].scope == HOLD_TOKEN && causes->holds[i].until == INT64_MAX &&
		    strcmp(causes->holds[i].key, token->id) == 0)
			return &causes->holds[i];
	return NULL;
}

/* Whether they wait for anything at all. */
static bool token_waits(const struct causes *causes, const struct token *token)
{
	for (size_t i = 0; i < causes->hold_count; i++)
		if (causes->holds[i].scope == HOLD_TOKEN &&
		    strcmp(causes->holds[i].key, token->id) == 0)
			return true;
	return false;
}

/* Whether each account that uses it is over. */
static bool is_spent(const struct causes *causes, const struct token *token)
{
	const struct config *config = causes->config;
	bool used = false;

	for (size_t i = 0; i < config->entity_count; i++)
		for (size_t j = 0; j < config->entities[i].account_count; j++) {
			const struct account *account = &config->entities[i].accounts[j];

			if (account->token == token && !account_is_over(account, causes->now))
				return false;
			used |= account->token == token;
		}
	return used;
}

/* All its accounts that are not over, whatever each of them says. */
static void hit_all(const struct causes *causes, struct cause *cause, const struct token *token)
{
	const struct config *config = causes->config;

	cause->token = token;
	if (cause->account_count > 0)
		return;
	for (size_t i = 0; i < config->entity_count; i++)
		for (size_t j = 0; j < config->entities[i].account_count; j++) {
			const struct account *account = &config->entities[i].accounts[j];

			if (account->token == token && !account_is_over(account, causes->now))
				hit(cause, account);
		}
}

/* Its last day has parts of its own: each stage is told once. */
static int part_of(const struct token_warning *warning)
{
	if (warning->stage >= 14)
		return ALERT_BEGAN;
	if (warning->stage >= 7)
		return ALERT_WORSE;
	return warning->stage >= 3 ? ALERT_WORSE + 1 : ALERT_WORSE + 2;
}

static void judge_token(struct causes *causes, const struct token *token)
{
	const struct token_health *health = health_of(causes, token);
	const struct held *held = token_hold(causes, token);
	struct token_warning warning;
	struct cause *cause;

	if (is_spent(causes, token))
		return;
	if (held || (health && health->verdict == TOKEN_INVALID)) {
		cause = cause_of(causes, CAUSE_TOKEN, "token:%s", token->id);
		hold(cause, held ? held->why : health->words);
		hit_all(causes, cause, token);
		cause->used = !token_waits(causes, token);
	}
	if (!health)
		return;
	if (health->refused[0]) {
		cause = cause_of(causes, CAUSE_TOKEN_NEW, "token-new:%s", token->id);
		hold(cause, health->refused);
		hit_all(causes, cause, token);
		cause->used = health->verdict != TOKEN_INVALID && !token_waits(causes, token);
	}
	if (health->lacks[0]) {
		cause = cause_of(causes, CAUSE_TOKEN_LACKS, "permissions:%s", token->id);
		hold(cause, health->lacks);
		hit_all(causes, cause, token);
	}
	warning = token_warn(health, causes->now);
	if (warning.stage < 0)
		return;
	cause = cause_of(causes, CAUSE_TOKEN_ENDS, "token-ends:%s", token->id);
	hold(cause, "");
	hit_all(causes, cause, token);
	cause->warning = warning;
	cause->part = part_of(&warning);
}

void causes_lasting(struct causes *causes, const struct kept_alert *alerts, size_t count)
{
	causes->lasting = alerts;
	causes->lasting_count = count;
}

void causes_tokens(struct causes *causes, const struct token_health *tokens, size_t token_count,
		   const struct held *holds, size_t hold_count)
{
	causes->tokens = tokens;
	causes->token_count = token_count;
	causes->holds = holds;
	causes->hold_count = hold_count;
	for (size_t i = 0; i < causes->config->token_count; i++)
		judge_token(causes, &causes->config->tokens[i]);
}

/* --- accounts */

/* The hold on the account itself, or NULL. */
static const struct held *own_hold(const struct causes *causes, const struct account *account)
{
	char name[sizeof(causes->holds->key)];

	(void)snprintf(name, sizeof(name), "%s/%s", account->entity->id, account->id);
	for (size_t i = 0; i < causes->hold_count; i++)
		if ((causes->holds[i].scope == HOLD_ACCOUNT ||
		     causes->holds[i].scope == HOLD_REQUEST) &&
		    strcmp(causes->holds[i].key, name) == 0)
			return &causes->holds[i];
	return NULL;
}

bool causes_held(const struct causes *causes, const struct account *account)
{
	return own_hold(causes, account) || token_hold(causes, account->token);
}

/* What a wrong clock keeps from being stored is refused as ours, and the words name the clock. */
static bool blames_clock(enum error_class class, const char *words)
{
	return class == ERROR_OURS && strstr(words, "clock");
}

/* Seen once, it may have been one answer. */
static bool is_confirmed(const struct sweep_state *daily)
{
	return (daily->class != ERROR_MALFORMED && daily->class != ERROR_OURS) ||
	       daily->failures >= CONFIRMED_TIMES;
}

static struct cause *account_cause(struct causes *causes, const struct account *account)
{
	return cause_of(causes, CAUSE_ACCOUNT, "account:%s/%s", account->entity->id, account->id);
}

static struct cause *log_cause(struct causes *causes, const struct account *account)
{
	return cause_of(causes, CAUSE_LOG, "log:%s/%s", account->entity->id, account->id);
}

/* Whether the alert of that kind ("account") about this very account lasts. */
static bool own_lasts(const struct causes *causes, const struct account *account, const char *kind)
{
	char key[256];

	(void)snprintf(key, sizeof(key), "%s:%s/%s", kind, account->entity->id, account->id);
	for (size_t i = 0; i < causes->lasting_count; i++)
		if (strcmp(causes->lasting[i].cause, key) == 0)
			return true;
	return false;
}

/* Its last visit did not succeed, or not wholly, or it is being visited: what it was known to
 * suffer from is not over, whatever it suffers from besides. */
static void keep_own(struct causes *causes, const struct account *account,
		     const struct sweep_state *daily)
{
	if (!daily->running && daily->failures == 0 && daily->class == ERROR_NONE)
		return;
	if (own_lasts(causes, account, "account"))
		(void)account_cause(causes, account);
	if (own_lasts(causes, account, "log"))
		(void)log_cause(causes, account);
}

/* The cause an account that needs a person suffers from; NULL: it has been told already. */
static struct cause *find_cause(struct causes *causes, const struct account *account,
				const struct sweep_state *daily)
{
	const struct token_health *token = health_of(causes, account->token);

	if (daily->class == ERROR_TOKEN && account->token) {
		if (token_hold(causes, account->token) ||
		    (token && token->verdict == TOKEN_INVALID))
			return NULL;
		/* refused by one account's own; else another account found it replaced, and this
		 * one was not visited since */
		return own_hold(causes, account)
			       ? account_cause(causes, account)
			       : cause_of(causes, CAUSE_TOKEN, "token:%s", account->token->id);
	}
	if (daily->class == ERROR_PERMISSION && token && token->lacks[0])
		return NULL;
	/* what passes by itself hits whatever is asked together */
	if (daily->class == ERROR_NONE || !health_passes(daily->class) || !account->token)
		return account_cause(causes, account);
	if (own_lasts(causes, account, "account"))
		return NULL;
	return cause_of(causes, CAUSE_PROVIDER, "provider:%s/%s", account->collector->name,
			account->token->id);
}

static void judge_account(struct causes *causes, const struct account *account,
			  const struct sweep_state *daily, bool decided)
{
	const struct held *held = own_hold(causes, account);
	const struct held *of_token = token_hold(causes, account->token);
	struct health health = health_judge(&(struct health_facts){
		.now = causes->now,
		.last_success = daily->last_success,
		.failures = daily->failures,
		.class = daily->class,
		.held = held || of_token,
		.held_for_person = of_token || (held && held->until == INT64_MAX),
	});
	struct cause *cause;

	if (!health.person || !is_confirmed(daily))
		return;
	cause = find_cause(causes, account, daily);
	if (!cause)
		return;
	hit(cause, account);
	if (decided && cause->kind != CAUSE_TOKEN)
		hold(cause, text_str(&daily->words));
}

static void judge_metrics(struct causes *causes, const struct account *account,
			  const struct metric_states *states)
{
	const struct metric *metrics = account->collector->metrics;

	for (size_t i = 0; metrics && metrics[i].id && i < METRICS_MAX; i++) {
		struct cause *cause;

		if (states->items[i].life != METRIC_RETIRED ||
		    account_lacks(account, metrics[i].id))
			continue;
		cause = cause_of(causes, CAUSE_METRIC, "metric:%s/%s", account->collector->name,
				 metrics[i].id);
		cause->metric = &metrics[i];
		hold(cause, states->items[i].words);
		hit(cause, account);
	}
}

/* What a log's report warns of, line by line. */
static void judge_report(struct causes *causes, const struct account *account, const char *line)
{
	struct cause *cause = NULL;

	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, causes_mark, sizeof(causes_mark) - 1) != 0)
			continue;
		line += sizeof(causes_mark) - 1;
		if (!cause) {
			cause = log_cause(causes, account);
			hit(cause, account);
			cause->holds = true;
		}
		text_addf(&cause->said, "%s%.*s", cause->said.length ? "; " : "",
			  (int)strcspn(line, "\n"), line);
	}
}

void causes_account(struct causes *causes, const struct account *account,
		    const struct sweep_state *daily, const struct metric_states *metrics)
{
	bool decided = daily->due > causes->now;
	struct cause *cause;

	if (!account->collector->subject || account_is_over(account, causes->now))
		return;
	keep_own(causes, account, daily);
	judge_metrics(causes, account, metrics);
	if (daily->failures >= CONFIRMED_TIMES &&
	    blames_clock(daily->class, text_str(&daily->words))) {
		cause = cause_of(causes, CAUSE_CLOCK, "clock");
		hit(cause, account);
		hold(cause, text_str(&daily->words));
		return;
	}
	judge_account(causes, account, daily, decided);
	if (daily->failures == 0 && daily->class == ERROR_NONE)
		judge_report(causes, account, text_str(&daily->words));
}

void causes_store(struct causes *causes, const char *words)
{
	bool clock = blames_clock(ERROR_OURS, words);

	hold(cause_of(causes, clock ? CAUSE_CLOCK : CAUSE_STORE, clock ? "clock" : "store"), words);
}

void causes_config(struct causes *causes, const char *words)
{
	hold(cause_of(causes, CAUSE_CONFIG, "configuration"), words);
}

/* --- words */

__attribute__((format(printf, 1, 2))) static char *print(const char *format, ...)
{
	struct text text = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_addv(&text, format, arguments);
	va_end(arguments);
	return text_take(&text);
}

static char *ending_subject(const struct cause *cause)
{
	const char *token = cause->token->id;
	long long days = (long long)cause->warning.days;

	if (cause->warning.stage == 0)
		return cause->warning.data_access
			       ? print(say("the token %s has lost its access to data"), token)
			       : print(say("the token %s has ended"), token);
	if (cause->warning.data_access)
		return print(say_count("the token %s loses its access to data in %lld day",
				       "the token %s loses its access to data in %lld days", days),
			     token, days);
	return print(
		say_count("the token %s ends in %lld day", "the token %s ends in %lld days", days),
		token, days);
}

static char *subject_of(const struct cause *cause)
{
	const struct account *account = cause->account;

	switch (cause->kind) {
	case CAUSE_STORE:
		return memory_text(say("the database cannot be written: nothing is collected"));
	case CAUSE_CONFIG:
		return memory_text(say("the configuration is wrong: nothing is collected"));
	case CAUSE_CLOCK:
		return memory_text(say("a clock is wrong: nothing is stored"));
	case CAUSE_TOKEN:
		return print(say("the token %s is refused"), cause->token->id);
	case CAUSE_TOKEN_LACKS:
		return print(say("the token %s lacks permissions"), cause->token->id);
	case CAUSE_TOKEN_ENDS:
		return ending_subject(cause);
	case CAUSE_TOKEN_NEW:
		return print(say("the new secret of the token %s is refused"), cause->token->id);
	case CAUSE_PROVIDER:
		return print(say("%s has not been collected for days"), account->collector->title);
	case CAUSE_ACCOUNT:
		return print(say("%s/%s cannot be collected"), account->entity->id, account->id);
	case CAUSE_METRIC:
		return print(say("%s no longer gives %s"), account->collector->title,
			     say(metric_label(cause->metric)));
	case CAUSE_LOG:
		return print(say("the access log of %s/%s needs a look"), account->entity->id,
			     account->id);
	}
	return memory_text("");
}

/* What to do about one that is refused. */
static const char *way_out_of_token(const struct cause *cause)
{
	if (cause->kind == CAUSE_TOKEN_NEW && cause->used)
		return say(
			"The one before is still used, but only until metricsd is started again. "
			"Put a good one in its place before that, and when it is a credential of "
			"systemd, systemctl reload metricsd.");
	if (cause->kind == CAUSE_TOKEN && cause->used)
		return say("What is asked with it may still be answered. Put a new secret in its "
			   "place, and when it is a credential of systemd, systemctl reload "
			   "metricsd.");
	return say("Nothing is collected with it. Put a new secret in its place, and when it "
		   "is a credential of systemd, systemctl reload metricsd: collecting goes "
		   "on by itself, and what lacks is made up for.");
}

/* What to do about it. */
static const char *way_out(const struct cause *cause)
{
	switch (cause->kind) {
	case CAUSE_STORE:
		return say("Make room on the disk, or look at what the words above say. Collecting "
			   "goes on by itself, and what lacks is made up for.");
	case CAUSE_CONFIG:
		return say("`sudo metricsctl check` names each mistake with its line. Once they "
			   "are put right, systemctl start metricsd: what lacks is made up for.");
	case CAUSE_CLOCK:
		return say("Look at the clock of this machine (timedatectl). Collecting goes on by "
			   "itself once it is right.");
	case CAUSE_TOKEN:
	case CAUSE_TOKEN_NEW:
		return way_out_of_token(cause);
	case CAUSE_TOKEN_LACKS:
		return say("Grant them, and make a new token if the provider asks for one.");
	case CAUSE_TOKEN_ENDS:
		return say("Put a new secret in its place before that, and when it is a credential "
			   "of systemd, systemctl reload metricsd.");
	case CAUSE_PROVIDER:
		return say("It is tried again by itself. `metricsctl check --online` says whether "
			   "it answers from here.");
	case CAUSE_ACCOUNT:
		return say("`metricsctl status` says more; `metricsctl check --online` asks the "
			   "provider whether it is right again.");
	case CAUSE_METRIC:
		return say("Its figures end there; they are kept. Everything else goes on.");
	case CAUSE_LOG:
		return say("Its figures may be too low or too high until that is put right.");
	}
	return "";
}

static char *words_of(const struct cause *cause)
{
	struct text words = { 0 };

	text_addf(&words, "%s\n", cause->subject);
	if (cause->said.length > 0)
		text_addf(&words, say("What was said: %s\n"), text_str(&cause->said));
	if (cause->metric && cause->metric->successor)
		text_addf(&words, say("Its successor is %s.\n"), cause->metric->successor);
	if (cause->account_count > 0 && cause->kind != CAUSE_ACCOUNT && cause->kind != CAUSE_LOG) {
		text_addf(&words,
			  say_count("It hits %zu account: %s", "It hits %zu accounts: %s",
				    (int64_t)cause->account_count),
			  cause->account_count, text_str(&cause->accounts));
		text_add(&words, cause->account_count > cause->named ? ", …\n" : "\n");
	}
	text_addf(&words, "\n%s\n", way_out(cause));
	return text_take(&words);
}

void causes_end(struct causes *causes)
{
	for (size_t i = 0; i < causes->count; i++) {
		struct cause *cause = &causes->items[i];

		if (!cause->holds)
			continue;
		cause->subject = subject_of(cause);
		cause->words = words_of(cause);
	}
	causes->tokens = NULL;
	causes->holds = NULL;
	causes->lasting = NULL;
	causes->lasting_count = 0;
	causes->token_count = causes->hold_count = 0;
}

int64_t alert_retry(int tries)
{
	int64_t wait_s = RETRY_FIRST_S;

	if (tries > RETRIES)
		return 0;
	for (int i = 1; i < tries && wait_s < RETRY_MAX_S; i++)
		wait_s *= 2;
	return wait_s < RETRY_MAX_S ? wait_s : RETRY_MAX_S;
}
