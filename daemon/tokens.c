#include "tokens.h"

#include "auth.h"
#include "auth_keys.h"
#include "job.h"
#include "schedule.h"
#include "sweeper.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/token.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MINUTE = 60,
	HOUR = 3600,
	DAY = 86400,
	LOOK_S = HOUR - MINUTE,  /* so often the files are looked at, whoever uses them */
	AWAITED_S = 10 * MINUTE, /* so often while what stands there is of no use */
	STARTED_S = 10 * MINUTE, /* one that was replaced meanwhile is asked about so soon */
	BACKOFF_S = MINUTE,      /* after a failure, twice as long after each further one */
	BACKOFF_MAX_S = 4 * HOUR,
	DOUBTS_MAX = 5,            /* hours of the first wait doubled so often: more than a day */
	RENEW_BEFORE_S = 30 * DAY, /* where nobody says when it was issued */
	WORDS = 640,
};

enum doing { DOING_NOTHING, DOING_INSPECT, DOING_VERIFY, DOING_RENEW };

/* One token of the configuration. */
struct watched {
	struct tokens *tokens;
	const struct token *token;
	const struct account *account; /* whose platform can be asked; NULL: it cannot */
	struct token_use *uses;
	size_t use_count;

	struct token_health health; /* as it is stored */
	unsigned serial;            /* of the secret `health` speaks of, 0: not looked at yet */
	bool awaited;               /* there was none when that was last looked at */
	int64_t secrets;            /* time of the secrets (keys_time) when they were */
	int stage;                  /* of the warning that was told, -1: none */
	unsigned changed, written, kept;

	enum doing doing;
	unsigned about; /* number of the secret that is asked about */
	struct request request;
	struct carry carry;
	int64_t next, renew_at, verify_at; /* times; INT64_MAX: not */
	int64_t asked;                     /* when it was last asked about */
	int failures;
	int doubts;       /* how often it was asked about since it was refused */
	int64_t lifted;   /* time it was last found good though all waited for another one */
	bool lift;        /* nobody is to wait for another one */
	bool app_refused; /* the provider does not answer to its app */
	struct hold hold; /* an answer asked for; scope HOLD_NONE: none */
	int64_t told;     /* time before which an answer asked not to be asked again, 0: none did */

	struct errand **errands; /* who waits */
	size_t errand_count, errand_room;
	bool replaced;
};

struct tokens {
	struct tokens_context context;
	const struct config *config;
	struct watched *items; /* in the configuration's order */
	size_t count;
	struct token_health *stored; /* what the store had of those that were not configured yet */
	size_t stored_count;
	unsigned news;  /* of the keys, when they were last looked at */
	int64_t looked; /* when the files were */
	int64_t next;
	bool unwritten, replaced, awaited;
};

/* --- who is there --- */

struct tokens *tokens_new(const struct tokens_context *context, struct error *err)
{
	struct tokens *tokens = memory_new(1, sizeof(*tokens));

	tokens->context = *context;
	if (store_tokens(context->store, &tokens->stored, &tokens->stored_count, err) < 0) {
		free(tokens);
		return NULL;
	}
	keys_inspected(auth_keys(context->auth), context->by_itself);
	return tokens;
}

static void clear(struct watched *it)
{
	if (it->doing != DOING_NOTHING)
		auth_drop(&it->carry);
	request_clear(&it->request);
	free(it->uses);
	free(it->errands);
}

void tokens_free(struct tokens *tokens)
{
	if (!tokens)
		return;
	for (size_t i = 0; i < tokens->count; i++)
		clear(&tokens->items[i]);
	free(tokens->items);
	free(tokens->stored);
	free(tokens);
}

void tokens_drop(struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->count; i++) {
		struct watched *it = &tokens->items[i];

		if (it->doing != DOING_NOTHING)
			auth_drop(&it->carry);
		it->doing = DOING_NOTHING;
	}
}

static bool is_named(const struct token_health *health, const char *id)
{
	return strncmp(health->name, id, sizeof(health->name) - 1) == 0;
}

static struct watched *find(const struct tokens *tokens, const struct token *token)
{
	for (size_t i = 0; token && i < tokens->count; i++)
		if (tokens->items[i].token == token)
			return &tokens->items[i];
	return NULL;
}

/* What was known of it, or nothing. */
static struct token_health stored_health(struct tokens *tokens, const char *id)
{
	struct token_health health = { .expires = -1, .data_access_ends = -1 };

	for (size_t i = 0; i < tokens->stored_count; i++) {
		if (!is_named(&tokens->stored[i], id))
			continue;
		health = tokens->stored[i];
		tokens->stored[i] = tokens->stored[--tokens->stored_count];
		return health;
	}
	(void)snprintf(health.name, sizeof(health.name), "%s", id);
	return health;
}

static bool can_be_asked(const struct account *account)
{
	const struct token *token = account->token;

	return account->collector->inspector && token->app_id &&
	       (token->app_secret.file || token->app_secret.credential);
}

static void add_use(struct watched *it, const struct account *account)
{
	struct token_use *use;
	size_t room = it->use_count; /* few, and only when the configuration is read */

	it->uses = memory_resize(it->uses, room + 1, sizeof(*it->uses));
	use = &it->uses[it->use_count++];
	*use = (struct token_use){ .permissions = account->collector->permissions };
	if (account->collector->subject)
		account->collector->subject(account->settings, use->object, sizeof(use->object));
}

static void add_uses(struct tokens *tokens, const struct config *config)
{
	for (size_t i = 0; i < config->entity_count; i++) {
		const struct entity *entity = &config->entities[i];

		for (size_t j = 0; j < entity->account_count; j++) {
			const struct account *account = &entity->accounts[j];
			struct watched *it = find(tokens, account->token);

			if (!it || !can_be_asked(account))
				continue;
			if (!it->account)
				it->account = account;
			add_use(it, account);
		}
	}
}

/* What keeps all its accounts waiting for a person, NULL: nothing does. */
static const struct held *person_hold(const struct watched *it, int64_t now)
{
	const struct held *held = holds_of_token(it->tokens->context.holds, it->token, now);

	return held && job_waits_for_person(held) ? held : NULL;
}

/* One that is new, or that was there before we were started. */
static void begin(struct tokens *tokens, struct watched *it, int64_t now)
{
	struct token_health *health = &it->health;
	bool judged;

	*health = stored_health(tokens, it->token->id);
	judged = health->verdict == TOKEN_VALID && health->checked > 0 && health->checked <= now &&
		 !health->refused[0] && !person_hold(it, now);
	it->stage = judged ? token_warn(health, health->checked).stage : -1;
	it->renew_at = INT64_MAX;
	if (!judged)
		it->next = now;
	else if (keys_time(auth_keys(tokens->context.auth), it->token) > health->checked)
		it->next = health->checked + STARTED_S;
	else
		it->next = health->checked + DAY;
}

/* What was known under the same id goes on; it is asked about anew. */
static void carry_over(struct watched *it, struct watched *before, int64_t now)
{
	const struct token *token = it->token;

	*it = *before;
	it->token = token;
	it->account = NULL;
	it->uses = NULL;
	it->use_count = 0;
	it->request = (struct request){ 0 };
	it->hold = (struct hold){ 0 };
	it->next = now < it->asked + MINUTE ? it->asked + MINUTE : now;
	before->errands = NULL;
	before->errand_count = 0;
}

/* Whoever waits for it hears that it is over. */
static void end_waiting(struct watched *it)
{
	while (it->errand_count > 0) {
		struct errand *errand = it->errands[--it->errand_count];

		if (--errand->open == 0)
			errand->finished(errand);
	}
}

/* What is not configured any more is not kept either. */
static void forget(struct tokens *tokens, struct watched *it)
{
	tokens->stored =
		memory_resize(tokens->stored, tokens->stored_count + 1, sizeof(*tokens->stored));
	tokens->stored[tokens->stored_count++] = it->health;
	end_waiting(it);
}

void tokens_use(struct tokens *tokens, const struct config *config, int64_t now)
{
	struct watched *before = tokens->items;
	size_t before_count = tokens->count;

	tokens->config = config;
	tokens->items = memory_new(config->token_count, sizeof(*tokens->items));
	tokens->count = config->token_count;
	for (size_t i = 0; i < tokens->count; i++) {
		struct watched *it = &tokens->items[i];
		struct watched *known = before;

		it->tokens = tokens;
		it->token = &config->tokens[i];
		while (known < before + before_count && !is_named(&known->health, it->token->id))
			known++;
		if (known == before + before_count) {
			begin(tokens, it, now);
			continue;
		}
		carry_over(it, known, now);
		known->token = NULL;
	}
	for (size_t i = 0; i < before_count; i++) {
		if (before[i].token)
			forget(tokens, &before[i]);
		clear(&before[i]);
	}
	free(before);
	add_uses(tokens, config);
	tokens->unwritten |= tokens->stored_count > 0;
	tokens->looked = tokens->next = 0;
	if (tokens->context.by_itself)
		keys_keep_only(auth_keys(tokens->context.auth), config->tokens,
			       config->token_count);
}

/* --- what is known --- */

static struct key_view view_of(const struct watched *it, bool looks)
{
	struct key_view view;

	keys_view(auth_keys(it->tokens->context.auth), it->token, looks, &view);
	return view;
}

/* What it says from now on. */
static void changed(struct watched *it)
{
	it->changed++;
	it->tokens->unwritten = true;
}

/* Whether something else is said from now on of what stands in the file beside the one in use. */
static bool note_refused(struct watched *it, const char *why)
{
	char *refused = it->health.refused;

	if (strncmp(refused, why, sizeof(it->health.refused) - 1) == 0)
		return false;
	(void)snprintf(refused, sizeof(it->health.refused), "%.255s", why);
	changed(it);
	return true;
}

/* A provider may say that a token is invalid and take it all the same: only who refuses a call is
 * not asked again. */
static const char *consequence(const struct watched *it, int64_t now)
{
	if (person_hold(it, now))
		return "nothing is asked with it until it is replaced, or found good again";
	if (it->serial == 0)
		return "nothing is asked with it until that is put right";
	return "it is used until a call with it is refused";
}

/* A verdict that is another one is told; while it lasts it is not told again. */
static void judge(struct watched *it, enum token_verdict verdict, const char *words, int64_t now)
{
	struct token_health *health = &it->health;
	enum token_verdict before = health->verdict;
	bool other = strncmp(health->words, words, sizeof(health->words) - 1) != 0;

	health->verdict = verdict;
	health->checked = now;
	if (other)
		(void)snprintf(health->words, sizeof(health->words), "%.255s", words);
	changed(it);
	if (verdict == TOKEN_INVALID && before != TOKEN_INVALID)
		log_warning("token %s: invalid: %s; %s", it->token->id, words,
			    consequence(it, now));
	else if (verdict == TOKEN_VALID && before == TOKEN_INVALID)
		log_notice("token %s: valid again", it->token->id);
	if (verdict != TOKEN_INVALID && *words && other)
		log_warning("token %s: %s", it->token->id, words);
}

static const char *date_of(int64_t time, char ret[TIME_TEXT])
{
	(void)time_text(time, ret);
	ret[10] = '\0'; /* 2026-11-29 */
	return ret;
}

enum { DAYS_TEXT = 32 };

static const char *days_of(int64_t days, char ret[DAYS_TEXT])
{
	if (days == 0)
		(void)snprintf(ret, DAYS_TEXT, "less than a day");
	else
		(void)snprintf(ret, DAYS_TEXT, "%" PRId64 " day%s", days, days == 1 ? "" : "s");
	return ret;
}

/* Once a stage: 14, 7, 3 and 1 days before it ends, and then. */
static void warn(struct watched *it, int64_t now)
{
	const struct token_health *health = &it->health;
	struct token_warning warning = { .stage = -1 };
	char date[TIME_TEXT], days[DAYS_TEXT];
	int64_t end;

	if (health->verdict == TOKEN_VALID)
		warning = token_warn(health, now);
	end = warning.data_access ? health->data_access_ends : health->expires;
	if (warning.stage > 0 && (it->stage < 0 || warning.stage < it->stage))
		log_warning("token %s: %s in %s, on %s: make a new one before then", it->token->id,
			    warning.data_access ? "its access to data ends" : "expires",
			    days_of(warning.days, days), date_of(end, date));
	else if (warning.stage == 0 && it->stage != 0)
		log_warning("token %s: %s on %s: make a new one", it->token->id,
			    warning.data_access ? "its access to data ended" : "expired",
			    date_of(end, date));
	it->stage = warning.stage;
}

static void tell_lacking(const struct watched *it, const char *before)
{
	const struct token_health *health = &it->health;

	if (strcmp(health->lacks, before) == 0)
		return;
	if (health->lacks[0])
		log_warning("token %s: lacks %s: what needs that is not collected", it->token->id,
			    health->lacks);
	else if (health->verdict == TOKEN_VALID)
		log_notice("token %s: lacks no permission any more", it->token->id);
}

/* --- root's file --- */

static void tell_file(struct watched *it, const struct key_view *view)
{
	if (note_refused(it, view->wrong))
		log_warning("token %s: the new secret cannot be used: %s; the one before stays in "
			    "use",
			    it->token->id, view->wrong);
}

/* What the provider does not take in place of the secret in use. */
static void tell_refused(struct watched *it, const char *why)
{
	log_warning("token %s: the new secret is refused: %s; the one before stays in use",
		    it->token->id, why);
	(void)note_refused(it, why);
}

/* As soon as it may be asked about again, and not later than it would be. */
static void ask_by(struct watched *it, int64_t time, int64_t now)
{
	if (time < now)
		time = now;
	if (it->next <= time)
		return;
	it->next = time;
	if (it->tokens->next > time)
		it->tokens->next = time;
}

/* One that is bad, or whose app is, may be good again by another secret of either, put there since
 * it was last looked at. */
static void look_at_times(struct watched *it, int64_t now)
{
	int64_t time = keys_time(auth_keys(it->tokens->context.auth), it->token);

	if (it->secrets != 0 && time != it->secrets &&
	    (it->health.verdict == TOKEN_INVALID || it->app_refused || person_hold(it, now)))
		ask_by(it, it->asked + MINUTE, now);
	it->secrets = time;
}

/* Nobody has to wait for a secret any more. */
static void wake_waiting(struct watched *it)
{
	it->replaced = it->tokens->replaced = true;
}

/* Whether another secret is used than before, and what is to be said of the one in the file. */
static void look_at_file(struct watched *it, int64_t now)
{
	struct key_view view = view_of(it, true);

	if (view.serial == 0) {
		const struct token_health *health = &it->health;

		it->serial = 0;
		if (*view.wrong &&
		    (health->verdict != TOKEN_INVALID ||
		     strncmp(health->words, view.wrong, sizeof(health->words) - 1) != 0))
			judge(it, TOKEN_INVALID, view.wrong, now);
		it->awaited = *view.wrong != '\0';
		return;
	}
	if (it->awaited)
		wake_waiting(it);
	it->awaited = false;
	look_at_times(it, now);
	if (it->serial != view.serial && it->serial != 0)
		it->next = now;
	if (it->serial == 0 && it->health.verdict == TOKEN_INVALID)
		it->next = now < it->asked + MINUTE ? it->asked + MINUTE : now;
	it->serial = view.serial;
	if (*view.wrong)
		tell_file(it, &view);
	else if (!view.refused)
		(void)note_refused(it, "");
	if (view.fresh && !view.tried && it->doing != DOING_VERIFY && it->about != view.fresh) {
		it->about = view.fresh;
		it->verify_at = now;
		it->failures = 0;
	}
}

/* --- asking --- */

static struct inspection about(const struct watched *it)
{
	return (struct inspection){
		.settings = it->account->settings,
		.kind = it->token->kind,
		.app_id = it->token->app_id,
		.uses = it->uses,
		.use_count = it->use_count,
		.now = clock_now(),
	};
}

static void on_answer(void *data, const struct response *response, const struct error *cause);

static void ask(struct watched *it, enum doing doing, int64_t now)
{
	const struct inspector *inspector = it->account->collector->inspector;
	struct inspection inspection = about(it);

	if (doing == DOING_RENEW)
		inspector->renew(&inspection, &it->request);
	else
		inspector->ask(&inspection, &it->request);
	it->doing = doing;
	it->asked = now;
	it->carry = (struct carry){ .token = it->token,
				    .request = &it->request,
				    .fresh = doing == DOING_VERIFY,
				    .done = on_answer,
				    .data = it };
	auth_carry(it->tokens->context.auth, &it->carry);
}

/* Until when nobody may be asked with it, by what answers said to anybody, whatever makes it due
 * (another secret, say); 0: now. Who waits for another secret does not keep us from asking what is
 * wrong with this one. */
static int64_t held_until(const struct watched *it, int64_t now)
{
	const struct holds *holds = it->tokens->context.holds;
	static const enum hold_scope scopes[] = { HOLD_TOKEN, HOLD_APP, HOLD_HOST };
	struct inspection inspection = about(it);
	SCOPED(request)
	struct request request = { 0 };
	int64_t until = it->told < now + DAY ? it->told : 0;

	if (holds->count == 0)
		return until;
	it->account->collector->inspector->ask(&inspection, &request);
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		struct held key;

		holds_key(scopes[i], it->account, text_str(&request.url), &key);
		for (size_t j = 0; j < holds->count; j++) {
			const struct held *held = &holds->items[j];

			if (held->scope == key.scope && strcmp(held->key, key.key) == 0 &&
			    held->until > now && held->until > until && !job_waits_for_person(held))
				until = held->until;
		}
	}
	return until;
}

static int64_t *soonest(struct watched *it, const struct key_view *view)
{
	int64_t *first = &it->next;

	if (view->fresh && !view->tried && it->verify_at < *first)
		first = &it->verify_at;
	else if (!view->fresh && it->health.verdict == TOKEN_VALID && it->renew_at < *first)
		first = &it->renew_at;
	return first;
}

/* Does what is due of it, if it may. */
static void do_due(struct watched *it, int64_t now)
{
	struct key_view view = view_of(it, false);
	int64_t *due = soonest(it, &view);
	int64_t held;

	if (!it->account || !it->tokens->context.by_itself || it->doing != DOING_NOTHING)
		return;
	if (*due > now)
		return;
	held = held_until(it, now);
	if (held > now) {
		*due = held + schedule_hash("token", it->token->id) % MINUTE;
		return;
	}
	if (due == &it->verify_at)
		ask(it, DOING_VERIFY, now);
	else if (due == &it->renew_at)
		ask(it, DOING_RENEW, now);
	else if (view.serial != 0)
		ask(it, DOING_INSPECT, now);
	else
		it->next = now + HOUR; /* its file is looked at before */
}

/* A clock that was ahead put it off for too long. */
static void heed_clock(struct watched *it, int64_t now)
{
	if (it->next > now + DAY + HOUR)
		it->next = now;
	if (it->verify_at > now + DAY && it->verify_at != INT64_MAX)
		it->verify_at = now;
	if (it->asked > now) {
		it->asked = now;
		if (it->renew_at != INT64_MAX) { /* when that is, the next look reckons anew */
			it->renew_at = INT64_MAX;
			it->next = now;
		}
	}
	if (it->lifted > now)
		it->lifted = now;
}

/* Whether what stands in its file waits for somebody to put it right. */
static bool is_awaited(const struct watched *it)
{
	return it->awaited || it->health.refused[0];
}

void tokens_look(struct tokens *tokens, int64_t now)
{
	struct keys *keys = auth_keys(tokens->context.auth);
	int64_t every = tokens->awaited ? AWAITED_S : LOOK_S;
	bool files = now >= tokens->looked + every || now < tokens->looked;

	if (now < tokens->next && !files && tokens->news == keys_news(keys))
		return;
	if (files)
		tokens->looked = now;
	tokens->next = INT64_MAX;
	tokens->awaited = false;
	for (size_t i = 0; i < tokens->count; i++) {
		struct watched *it = &tokens->items[i];
		struct key_view view;

		look_at_file(it, now);
		heed_clock(it, now);
		do_due(it, now);
		if (it->doing == DOING_NOTHING)
			end_waiting(it);
		tokens->awaited |= is_awaited(it) && tokens->context.by_itself;
		view = view_of(it, false);
		if (it->account && tokens->context.by_itself && it->doing == DOING_NOTHING &&
		    *soonest(it, &view) < tokens->next)
			tokens->next = *soonest(it, &view);
	}
	if (tokens->awaited && tokens->looked + AWAITED_S < tokens->next)
		tokens->next = tokens->looked + AWAITED_S;
	tokens->news = keys_news(keys);
}

int64_t tokens_next(const struct tokens *tokens)
{
	return tokens->next;
}

/* --- answers --- */

static int64_t backoff(const struct watched *it)
{
	int64_t wait = BACKOFF_S;

	for (int i = 1; i < it->failures && wait < BACKOFF_MAX_S; i++)
		wait *= 2;
	return wait + schedule_hash("token", it->token->id) % MINUTE;
}

/* Nothing was learnt. It is asked again, later each time. */
static void put_off(struct watched *it, int64_t *due, const char *what, const struct error *cause,
		    int64_t now)
{
	it->failures++;
	*due = now + backoff(it);
	it->told = it->hold.scope != HOLD_NONE ? it->hold.until : 0;
	if (it->told > *due && it->told < now + DAY)
		*due = it->told;
	log_info("token %s: %s: %s; next try in %" PRId64 " s", it->token->id, what, cause->text,
		 *due - now);
}

/* So long a token that is doubted is left alone after it was asked about: whoever was locked out
 * logs in again, and a single refusal may have been a mistake; but not for ever is asked often. */
static int64_t doubt_wait(const struct watched *it)
{
	int64_t wait = (int64_t)HOUR << it->doubts;

	return wait < DAY ? wait : DAY;
}

/* It was refused and is good all the same, or again. */
static void lift_hold(struct watched *it, int64_t now)
{
	it->lift = true;
	it->lifted = now;
	log_notice("token %s: is good, so whoever waited for another one is asked again",
		   it->token->id);
	changed(it);
}

/* When it is asked about again, by what was just said of it. */
static void set_next(struct watched *it, const struct token_report *report, int64_t now)
{
	bool good = report->verdict == TOKEN_VALID && !report->app_refused;
	bool waiting = person_hold(it, now) != NULL;

	it->next = now + DAY;
	if (good && waiting)
		lift_hold(it, now);
	else if (good && now >= it->lifted + DAY)
		it->doubts = 0;
	else if (!good && (waiting || it->health.verdict == TOKEN_INVALID))
		it->next = now + doubt_wait(it);
	if ((waiting || it->next < now + DAY) && it->doubts < DOUBTS_MAX)
		it->doubts++;
}

static int64_t half_of_life(const struct watched *it, const struct token_report *report)
{
	if (it->token->kind != TOKEN_USER || !it->account->collector->inspector->renew ||
	    report->verdict != TOKEN_VALID || report->expires <= 0)
		return INT64_MAX;
	if (report->issued <= 0 || report->issued >= report->expires)
		return report->expires - RENEW_BEFORE_S;
	return report->issued + (report->expires - report->issued) / 2;
}

/* What is said of the secret in use. */
static void take(struct watched *it, const struct token_report *report, int64_t now)
{
	struct token_health *health = &it->health;
	char lacked[sizeof(health->lacks)];

	it->failures = 0;
	it->app_refused = report->app_refused;
	memcpy(lacked, health->lacks, sizeof(lacked));
	health->expires = report->expires;
	health->data_access_ends = report->data_access_ends;
	memcpy(health->lacks, report->lacks, sizeof(health->lacks));
	/* when the app may not ask, use alone shows what it is worth */
	judge(it, report->app_refused ? health->verdict : report->verdict, report->words, now);
	set_next(it, report, now);
	if (report->app_refused)
		return;
	tell_lacking(it, lacked);
	warn(it, now);
	if (it->renew_at == INT64_MAX || it->renew_at < now)
		it->renew_at = half_of_life(it, report);
	if (it->renew_at < now)
		it->renew_at = now;
}

/* Another secret is in use, and this is what is said of it. */
static void put_in_place(struct watched *it, int64_t now)
{
	it->serial = view_of(it, false).serial;
	wake_waiting(it);
	it->renew_at = INT64_MAX;
	it->verify_at = INT64_MAX;
	it->stage = -1;
	it->doubts = 0;
	it->health.refused[0] = '\0';
	it->health.checked = now;
}

static void end_renewal(struct watched *it, const char *why, int64_t now)
{
	struct error err;

	(void)keys_judge(auth_keys(it->tokens->context.auth), it->token, it->about, KEY_REFUSED,
			 now, &err);
	it->renew_at = now + DAY;
	log_warning("token %s: not renewed: %s; tried again tomorrow", it->token->id, why);
}

/* The renewed one is good; but one that ends when the old one does is worth nothing. */
static void judge_renewal(struct watched *it, const struct token_report *report, int64_t now)
{
	struct keys *keys = auth_keys(it->tokens->context.auth);
	struct error err;
	char date[TIME_TEXT];

	if (report->verdict != TOKEN_VALID || report->app_refused) {
		end_renewal(it, report->words, now);
		return;
	}
	if (report->expires != 0 && report->expires <= it->health.expires + DAY) {
		end_renewal(it, "the new one does not live longer than the one before", now);
		return;
	}
	if (keys_judge(keys, it->token, it->about, KEY_ADOPTED, now, &err) < 0) {
		end_renewal(it, err.text, now);
		return;
	}
	put_in_place(it, now);
	it->health.renewed = now;
	log_notice("token %s: renewed, %s%s", it->token->id,
		   report->expires ? "expires on " : "never expires",
		   report->expires ? date_of(report->expires, date) : "");
	take(it, report, now);
}

static void judge_replacement(struct watched *it, const struct token_report *report, int64_t now)
{
	struct keys *keys = auth_keys(it->tokens->context.auth);
	struct error err;

	if (report->app_refused) {
		log_warning(
			"token %s: the new secret cannot be verified: %s; its first use decides",
			it->token->id, report->words);
		(void)keys_judge(keys, it->token, it->about, KEY_TRIED, now, &err);
		return;
	}
	if (report->verdict == TOKEN_VALID) {
		(void)keys_judge(keys, it->token, it->about, KEY_ADOPTED, now, &err);
		put_in_place(it, now);
		it->health.renewed = 0;
		log_notice("token %s: the new secret is good and used from now on", it->token->id);
		take(it, report, now);
		return;
	}
	(void)keys_judge(keys, it->token, it->about, KEY_REFUSED, now, &err);
	tell_refused(it, report->words);
}

static void take_verdict(struct watched *it, const struct token_report *report, int64_t now)
{
	struct key_view view = view_of(it, false);

	it->failures = 0;
	it->verify_at = INT64_MAX;
	if (view.fresh != it->about)
		return; /* it was replaced meanwhile */
	if (view.renewal)
		judge_renewal(it, report, now);
	else
		judge_replacement(it, report, now);
}

/* What is said cannot be believed: that stands beside what was known before. */
static void tell_unclear(struct watched *it, const struct error *cause)
{
	struct token_health *health = &it->health;
	char words[WORDS];

	(void)snprintf(words, sizeof(words), "what is said of it cannot be understood: %.200s",
		       cause->text);
	if (health->verdict == TOKEN_INVALID ||
	    strncmp(health->words, words, sizeof(health->words) - 1) == 0)
		return;
	(void)snprintf(health->words, sizeof(health->words), "%.255s", words);
	log_warning("token %s: %s", it->token->id, health->words);
	changed(it);
}

/* No word from the provider about it. Our own doing (the app's secret cannot be read) will not pass
 * by itself soon, so a new secret is tried. */
static void no_report(struct watched *it, enum doing doing, const struct error *cause, int64_t now)
{
	struct token_report nothing = { .verdict = TOKEN_UNKNOWN,
					.expires = it->health.expires,
					.data_access_ends = it->health.data_access_ends,
					.app_refused = true };
	bool passes = cause->class == ERROR_TRANSIENT || cause->class == ERROR_THROTTLED ||
		      cause->class == ERROR_MALFORMED || cause->class == ERROR_OURS;

	if (cause->class == ERROR_MALFORMED && doing == DOING_INSPECT)
		tell_unclear(it, cause);
	if (passes) {
		put_off(it, doing == DOING_VERIFY ? &it->verify_at : &it->next,
			doing == DOING_VERIFY ? "the new secret is not verified yet"
					      : "not asked about",
			cause, now);
		return;
	}
	memcpy(nothing.lacks, it->health.lacks, sizeof(nothing.lacks));
	(void)snprintf(nothing.words, sizeof(nothing.words), "cannot be asked about: %.200s",
		       cause->text);
	if (doing == DOING_VERIFY)
		take_verdict(it, &nothing, now);
	else
		take(it, &nothing, now);
}

static void on_report(struct watched *it, enum doing doing, const struct response *response,
		      const struct error *cause, int64_t now)
{
	const struct inspector *inspector = it->account->collector->inspector;
	struct inspection inspection = about(it);
	struct token_report report = { 0 };
	struct error err = { 0 };

	if (!response) {
		no_report(it, doing, cause, now);
		return;
	}
	if (inspector->read(&inspection, response, &report, &err) < 0) {
		it->hold = report.hold;
		no_report(it, doing, &err, now);
		return;
	}
	it->hold = report.hold;
	if (doing == DOING_VERIFY)
		take_verdict(it, &report, now);
	else if (it->carry.secret == view_of(it, false).serial)
		take(it, &report, now);
	else
		it->next = now; /* of one that is not in use any more */
}

static void on_renewal(struct watched *it, const struct response *response,
		       const struct error *cause, int64_t now)
{
	const struct inspector *inspector = it->account->collector->inspector;
	struct inspection inspection = about(it);
	struct token_report report = { 0 };
	struct error err = { 0 };
	int given;

	if (!response) {
		put_off(it, &it->renew_at, "not renewed", cause, now);
		return;
	}
	given = auth_renewed(it->tokens->context.auth, it->token, response,
			     it->request.exchange_member, &err);
	if (given > 0) {
		it->failures = 0;
		it->renew_at = now + DAY; /* unless it is put in place */
		return;
	}
	if (given == 0)
		(void)inspector->refused(&inspection, response, &report, &err);
	it->hold = report.hold;
	if (err.class == ERROR_TRANSIENT || err.class == ERROR_THROTTLED) {
		put_off(it, &it->renew_at, "not renewed", &err, now);
		return;
	}
	it->renew_at = now + DAY;
	log_warning("token %s: not renewed: %s; tried again tomorrow", it->token->id, err.text);
}

static void on_answer(void *data, const struct response *response, const struct error *cause)
{
	struct watched *it = data;
	struct tokens *tokens = it->tokens;
	enum doing doing = it->doing;
	int64_t now = clock_now();

	it->doing = DOING_NOTHING;
	it->hold = (struct hold){ 0 };
	if (doing == DOING_RENEW)
		on_renewal(it, response, cause, now);
	else
		on_report(it, doing, response, cause, now);
	if (it->hold.scope != HOLD_NONE)
		changed(it);
	tokens->next = now;
	tokens->context.wake(tokens->context.data);
}

/* --- what use shows --- */

/* The one on trial was shown. */
static bool was_tried(const struct key_view *view, const struct carry *carry)
{
	return view->tried && carry->secret == view->fresh;
}

void tokens_accepted(struct tokens *tokens, const struct carry *carry, bool checked, int64_t now)
{
	struct watched *it = find(tokens, carry->token);
	struct key_view view;
	struct error err;

	if (!it || carry->secret == 0)
		return;
	if (it->health.verdict == TOKEN_VALID && now - it->health.checked < DAY && !checked &&
	    !keys_trying(auth_keys(tokens->context.auth)))
		return; /* as usual */
	view = view_of(it, false);
	if (was_tried(&view, carry)) {
		(void)keys_judge(auth_keys(tokens->context.auth), it->token, view.fresh,
				 KEY_ADOPTED, now, &err);
		put_in_place(it, now);
		log_notice("token %s: the new secret is good and used from now on", it->token->id);
		it->health.verdict = TOKEN_UNKNOWN;
		it->health.expires = it->health.data_access_ends = -1;
		it->health.renewed = 0;
		it->health.lacks[0] = '\0';
		it->next = now;
	} else if (carry->secret != view.serial) {
		return;
	}
	if (it->health.verdict == TOKEN_INVALID && it->account) {
		/* whoever knows better is asked again, but not for every account */
		ask_by(it, it->asked + HOUR, now);
		return;
	}
	if (it->health.verdict != TOKEN_VALID || (!it->account && now - it->health.checked > DAY) ||
	    it->health.checked > now + DAY)
		judge(it, TOKEN_VALID, it->account ? it->health.words : "", now);
	if (checked && person_hold(it, now))
		lift_hold(it, now);
}

bool tokens_refused(struct tokens *tokens, const struct carry *carry, const char *words,
		    int64_t now)
{
	struct watched *it = find(tokens, carry->token);
	struct key_view view;
	struct error err;

	if (!it || carry->secret == 0)
		return false;
	view = view_of(it, false);
	if (was_tried(&view, carry)) {
		(void)keys_judge(auth_keys(tokens->context.auth), it->token, view.fresh,
				 KEY_REFUSED, now, &err);
		tell_refused(it, words);
		return view.serial != 0;
	}
	if (carry->secret != view.serial || view.tried)
		return view.serial != 0; /* another one is shown by now */
	it->lift = false;
	if (it->health.verdict != TOKEN_INVALID)
		judge(it, TOKEN_INVALID, words, now);
	if (it->account)
		ask_by(it, it->asked + doubt_wait(it), now);
	return false;
}

const struct token *tokens_replaced(struct tokens *tokens)
{
	if (!tokens->replaced)
		return NULL;
	for (size_t i = 0; i < tokens->count; i++) {
		if (!tokens->items[i].replaced)
			continue;
		tokens->items[i].replaced = false;
		return tokens->items[i].token;
	}
	tokens->replaced = false;
	return NULL;
}

/* --- the store --- */

bool tokens_unwritten(const struct tokens *tokens)
{
	return tokens->unwritten;
}

static int write_hold(struct watched *it, struct error *err)
{
	const struct hold *hold = &it->hold;
	struct held held;

	/* of one account: it is only we who asked */
	if (hold->scope == HOLD_NONE || hold->scope == HOLD_REQUEST || hold->scope == HOLD_ACCOUNT)
		return 0;
	if (hold->until <= clock_now() || hold->until == INT64_MAX || !it->account)
		return 0;
	holds_key(hold->scope, it->account, text_str(&it->request.url), &held);
	held.until = hold->until;
	(void)snprintf(held.why, sizeof(held.why), "%.159s", hold->why);
	return holds_put(it->tokens->context.holds, it->tokens->context.store, &held, err);
}

/* Whoever waited is due again once that is known here; while it is not on disk it is done anew. */
static int write_lift(struct watched *it, struct error *err)
{
	struct held held = { .scope = HOLD_TOKEN };

	if (!it->lift || !person_hold(it, clock_now()))
		return 0;
	(void)snprintf(held.key, sizeof(held.key), "%s", it->token->id);
	if (holds_put(it->tokens->context.holds, it->tokens->context.store, &held, err) < 0)
		return -1;
	wake_waiting(it);
	return 0;
}

int tokens_write(struct tokens *tokens, struct error *err)
{
	struct store *store = tokens->context.store;

	for (size_t i = 0; i < tokens->stored_count; i++)
		if (store_token_drop(store, tokens->stored[i].name, err) < 0)
			return -1;
	for (size_t i = 0; i < tokens->count; i++) {
		struct watched *it = &tokens->items[i];

		if (it->changed == it->written)
			continue;
		if (store_token_save(store, &it->health, err) < 0 || write_hold(it, err) < 0 ||
		    write_lift(it, err) < 0)
			return -1;
		it->written = it->changed;
	}
	tokens->unwritten = false;
	return 0;
}

void tokens_written(struct tokens *tokens, bool kept)
{
	if (kept && !tokens->unwritten)
		tokens->stored_count = 0;
	tokens->unwritten |= !kept && tokens->stored_count > 0;
	for (size_t i = 0; i < tokens->count; i++) {
		struct watched *it = &tokens->items[i];

		if (kept)
			it->kept = it->written;
		else
			it->written = it->kept;
		if (it->changed == it->kept) { /* it was told to whom it concerns */
			it->hold = (struct hold){ 0 };
			it->lift = false;
		}
		tokens->unwritten |= it->changed != it->written;
	}
}

/* --- whoever asks --- */

void tokens_ask(struct tokens *tokens, const struct token *token, struct errand *errand)
{
	struct watched *it = find(tokens, token);
	int64_t now = clock_now();

	if (!it || !it->account || !tokens->context.by_itself)
		return;
	for (size_t i = 0; i < it->errand_count; i++)
		if (it->errands[i] == errand)
			return;
	it->errands = memory_grow(it->errands, it->errand_count, &it->errand_room,
				  sizeof(struct errand *));
	it->errands[it->errand_count++] = errand;
	errand->open++;
	it->next = tokens->next = now;
	tokens->context.wake(tokens->context.data);
}

/* When one of its two ends is. */
static void add_end(struct text *out, const char *what, int64_t end, int64_t now)
{
	char date[TIME_TEXT], days[DAYS_TEXT];

	if (end <= 0)
		return;
	if (end <= now)
		text_addf(out, ", %s ended on %s", what, date_of(end, date));
	else
		text_addf(out, ", %s ends in %s (%s)", what, days_of((end - now) / DAY, days),
			  date_of(end, date));
}

bool tokens_describe(struct tokens *tokens, const struct token *token, int64_t now, char *ret,
		     size_t room)
{
	static const char *const verdicts[] = {
		[TOKEN_UNKNOWN] = "not known yet",
		[TOKEN_VALID] = "valid",
		[TOKEN_INVALID] = "invalid",
	};
	const struct watched *it = find(tokens, token);
	const struct token_health *health;
	SCOPED(text)
	struct text out = { 0 };
	char date[TIME_TEXT];

	if (!it)
		return true;
	health = &it->health;
	text_addf(&out, "token %s (%s): %s", token->id, token_kind_name(token->kind),
		  verdicts[health->verdict]);
	if (health->expires == 0)
		text_add(&out, ", never expires");
	else if (health->expires < 0 && health->verdict != TOKEN_INVALID)
		text_add(&out, ", its end is not said");
	add_end(&out, "its life", health->expires, now);
	add_end(&out, "its access to data", health->data_access_ends, now);
	if (health->renewed)
		text_addf(&out, ", renewed on %s", date_of(health->renewed, date));
	if (health->lacks[0])
		text_addf(&out, "; lacks %s", health->lacks);
	if (health->words[0])
		text_addf(&out, "; %s", health->words);
	if (health->refused[0])
		text_addf(&out, "; the new secret is refused: %s", health->refused);
	(void)snprintf(ret, room, "%s", text_str(&out));
	return health->verdict != TOKEN_INVALID && !health->lacks[0] && !health->refused[0] &&
	       token_warn(health, now).stage < 0;
}
