#include "world_run.h"

#include "hash.h"
#include "sim.h"
#include "weblog.h"
#include "world_life.h"
#include "world_loop.h"
#include "world_trouble.h"

#include "daemon/alerts.h"
#include "daemon/sweeper.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/json.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <ev.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MINUTE = 60,
	HOUR = 3600,
	DAY = 86400,
	START_AGAIN_S = 5,      /* systemd's RestartSec */
	START_LATER_S = HOUR,   /* it could not be started: somebody looks at it */
	DIE_BY_S = 20 * MINUTE, /* a death waits for somebody to write */
	AT_ONCE_MAX = 50000,    /* callbacks while time stands still: a loop that is busy */
	LINES_A_DAY = 200,      /* of the log, and for each account */
	LINES_EACH = 80,
	COMPLAINTS_A_DAY = 60, /* warnings and errors among them */
	COMPLAINTS_EACH = 20,
	JUDGE_EVERY = 40 * DAY,
	ENDING_S = 20 * DAY,
	MMAP_BYTES = 32 << 20, /* the most that may be asked for */
};

/* An errand somebody waits for. */
struct asked {
	struct errand errand; /* first: an errand's asked is at its address */
	struct asked *next;
};

/* The log is the process's, and so is who reads it. */
static struct life *living;

void life_fail(struct life *life, const char *format, ...)
{
	va_list arguments;

	if (life->failed)
		return;
	life->failed = true;
	va_start(arguments, format);
	(void)vsnprintf(life->result->words, sizeof(life->result->words), format, arguments);
	va_end(arguments);
}

/* --- the log, in base/log.c's place --- */

static void count_line(struct life *life, enum log_level level)
{
	int64_t day = loop_now(life->loop) / DAY;
	uint64_t accounts = life->plan.channel_count;

	if (day != life->day) {
		life->day = day;
		life->lines_today = life->complaints_today = 0;
	}
	life->result->log_lines++;
	if (!life->sweeper) /* one that cannot start says why, and systemd tries again */
		return;
	if (++life->lines_today > LINES_A_DAY + LINES_EACH * accounts)
		life_fail(life, "the log is flooded: %" PRIu64 " lines in a day",
			  life->lines_today);
	if (level <= LOG_LEVEL_WARNING &&
	    ++life->complaints_today > COMPLAINTS_A_DAY + COMPLAINTS_EACH * accounts)
		life_fail(life, "the log is flooded: %" PRIu64 " warnings in a day",
			  life->complaints_today);
}

/* 14, 7, 3 and 1 days before a token ends, each once. */
static void hear_of_token(struct life *life, const char *words)
{
	static const char mark[] = ": expires in ";
	static const long stages[] = { 1, 3, 7, 14 };
	const char *at = strstr(words, mark);
	bool forgets = life->plan.options.troubles &
		       (TROUBLE_KILL | TROUBLE_DISK | TROUBLE_CLOCK | TROUBLE_PEOPLE);
	unsigned stage = 0;

	life->result->tokens.renewed += strstr(words, ": renewed, ") != NULL;
	life->result->tokens.replaced += strstr(words, "the new secret is good") != NULL;
	if (!at || strncmp(words, "token ", 6) != 0)
		return;
	life->result->tokens.warned++;
	while (stage < 3 && strtol(at + sizeof(mark) - 1, NULL, 10) > stages[stage])
		stage++;
	for (size_t i = 0; i < life->plan.token_count; i++) {
		struct held_token *token = &life->plan.tokens[i];

		if (strncmp(words + 6, token->id, strlen(token->id)) != 0 ||
		    words[6 + strlen(token->id)] != ':')
			continue;
		if (token->warned & 1U << stage && !forgets)
			life_fail(life, "told twice: %s", words);
		token->warned |= 1U << stage;
		for (size_t j = 0; j < life->ending_count; j++)
			if (life->endings[j].token == i && !life->endings[j].until)
				life->endings[j].warned |= 1U << stage;
	}
}

__attribute__((format(printf, 2, 0))) static void line(enum log_level level, const char *format,
						       va_list arguments)
{
	static const char *const names[] = { "error", "warning", "notice", "info", "debug" };
	struct life *life = living;
	char words[2048], clock[TIME_TEXT];
	char *place;

	(void)vsnprintf(words, sizeof(words), format, arguments);
	if (!life)
		return;
	for (size_t i = 0; plan_secret_marks[i]; i++)
		if (strstr(words, plan_secret_marks[i]))
			life_fail(life, "a secret in the log: %s", words);
	if (level == LOG_LEVEL_DEBUG)
		return;
	count_line(life, level);
	hear_of_token(life, words);
	while ((place = strstr(words, life->directory))) /* differs from run to run */
		memset(place, '~', strlen(life->directory));
	life->result->digest = hash_text(hash_two(life->result->digest, (uint64_t)level), words);
	if (life->plan.options.loud)
		printf("%s %s: %s\n", time_text(loop_now(life->loop), clock),
		       names[level - LOG_LEVEL_ERROR], words);
}

void log_setup(enum log_level level, bool priorities)
{
	(void)level;
	(void)priorities;
}

int log_level_parse(const char *word, enum log_level *ret)
{
	(void)word;
	*ret = LOG_LEVEL_INFO;
	return 0;
}

#define LOG_FUNCTION(name, level)               \
	void name(const char *format, ...)      \
	{                                       \
		va_list arguments;              \
                                                \
		va_start(arguments, format);    \
		line(level, format, arguments); \
		va_end(arguments);              \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

/* --- files --- */

static void write_file(struct life *life, const char *name, const char *words, mode_t mode,
		       int64_t written)
{
	char path[160];
	struct timespec times[2] = { { .tv_sec = written }, { .tv_sec = written } };
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", life->directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, words, strlen(words)) != (ssize_t)strlen(words) ||
	    fchmod(fd, mode) < 0 || futimens(fd, times) < 0)
		life_fail(life, "%s cannot be written", path);
	if (fd >= 0)
		(void)close(fd);
}

/* The files' times are the real clock's, and what is asked of them is only whether they differ: so
 * they are counted from a day no real clock has come to. */
static int64_t written_at(const struct held_token *token)
{
	return (int64_t)day_of(2100, 1, 1) * DAY + token->generation;
}

/* Its file as a person puts it there. */
static void write_secret(struct life *life, const struct held_token *token, mode_t mode)
{
	SCOPED(text)
	struct text text = { 0 };

	if (token->of == CHANNEL_GA4) {
		text_addf(&text,
			  "{\"type\":\"service_account\",\"private_key_id\":\"%d\","
			  "\"client_email\":\"%s\",\"token_uri\":"
			  "\"https://oauth2.googleapis.com/token\",\"private_key\":",
			  token->generation, token->secret);
		json_quote(&text, life->google_key);
		text_add_char(&text, '}');
	} else {
		text_set(&text, token->secret);
	}
	write_file(life, token->id, text_str(&text), mode, written_at(token));
}

/* What the provider knows of it. */
static void tell_world(struct life *life, const struct held_token *token, int64_t lives_s)
{
	int64_t now = loop_now(life->loop);
	bool user = token->kind && strcmp(token->kind, "user") == 0;

	if (token->of == CHANNEL_PAGE)
		world_token(life->world,
			    &(struct sim_token){ .secret = token->secret,
						 .type = user ? "USER" : "SYSTEM_USER",
						 .issued = now,
						 .expires = lives_s ? now + lives_s : 0 });
}

/* How long one lives that a person makes: nobody renews for whoever is away for weeks, unless he
 * will be back. */
static int64_t usual_life(const struct life *life, const struct held_token *token)
{
	unsigned troubles = life->plan.options.troubles;
	bool user = token->kind && strcmp(token->kind, "user") == 0;

	return user && (troubles == 0 || (troubles & TROUBLE_TOKEN)) ? (int64_t)60 * DAY : 0;
}

/* It ends, unless the daemon renews it or a person replaces it. */
static void begin_life(struct life *life, struct held_token *token, int64_t lives_s)
{
	size_t whom = (size_t)(token - life->plan.tokens);
	int64_t now = loop_now(life->loop);
	bool renewed = token->kind && strcmp(token->kind, "user") == 0;

	for (size_t i = 0; i < life->ending_count; i++)
		if (life->endings[i].token == whom && !life->endings[i].until)
			life->endings[i].until = now;
	token->ends = lives_s ? now + lives_s : 0;
	if (!lives_s)
		return;
	life_mishap(life, MISHAP_TOKEN, whom, now + lives_s, 0);
	if (renewed)
		return;
	life_mishap(life, MISHAP_REFUSED, whom, now + lives_s, 0);
	life->endings = memory_grow(life->endings, life->ending_count, &life->ending_room,
				    sizeof(*life->endings));
	life->endings[life->ending_count++] =
		(struct ending){ .token = whom, .issued = now, .ends = now + lives_s };
}

static void new_secret(struct life *life, struct held_token *token, int64_t lives_s)
{
	unsigned chance = (unsigned)chance_draw(&life->plan.chance);

	token->generation++;
	if (token->of == CHANNEL_GA4) /* who signs; the key is the same */
		(void)snprintf(token->secret, sizeof(token->secret), "%s-%d@sim.example", token->id,
			       token->generation);
	else
		(void)snprintf(token->secret, sizeof(token->secret), "%sZq7Secret%s%d%08x",
			       token->of == CHANNEL_UMAMI ? "metrics:" : "", token->id,
			       token->generation, chance);
	token->state = TOKEN_GOOD;
	token->warned = 0;
	net_secret(life->net, token->id, token->secret);
	net_started(life->net); /* another secret is asked about at once */
	tell_world(life, token, lives_s);
	begin_life(life, token, lives_s);
	write_secret(life, token, 0600);
}

static void write_config(struct life *life)
{
	struct text text = TEXT_UP_TO(1 << 20);

	plan_write(&life->plan, life->directory, false, &text);
	write_file(life, "metricsd.conf", text_str(&text), 0600, (int64_t)day_of(2100, 1, 1) * DAY);
	text_clear(&text);
}

/* --- the daemon --- */

static int load_config(struct life *life, struct config **ret)
{
	SCOPED(text)
	struct text complaints = { 0 };
	struct config *config = NULL;

	if (config_load(life->path, &config, &complaints) < 0) {
		life_fail(life, "the configuration is refused: %s", text_str(&complaints));
		return -1;
	}
	if (config->troubles > 0) { /* a secret that is open to others */
		config_free(config);
		return -1;
	}
	*ret = config;
	return 0;
}

/* The daemon knows everybody by these names, and nobody else. */
static void note_names(struct life *life)
{
	struct plan_of_run *plan = &life->plan;

	for (size_t i = 0; i < plan->channel_count; i++) {
		struct outlet *channel = &plan->channels[i];

		memcpy(channel->known, channel->id, sizeof(channel->known));
		if (channel->absent)
			life_mishap(life, MISHAP_ABSENT, i, loop_now(life->loop), 0);
		else
			life_mishap_over(life, MISHAP_ABSENT, i, 0);
	}
}

/* Who is started now knows nothing but what stands in the files. A person's may be one the daemon
 * has renewed. */
static void note_secrets(struct life *life)
{
	const struct plan_of_run *plan = &life->plan;

	for (size_t i = 0; i < plan->token_count; i++) {
		const struct held_token *token = &plan->tokens[i];
		bool bad = token->state == TOKEN_GARBAGE || token->state == TOKEN_EMPTY ||
			   token->state == TOKEN_GONE;

		if (bad && !(token->kind && strcmp(token->kind, "user") == 0))
			life_mishap(life, MISHAP_REFUSED, i, loop_now(life->loop), 0);
	}
}

static void on_change(void *data)
{
	struct life *life = data;

	alerts_look(life->alerts);
}

/* As main.c does it: configuration, store, sweeper; whatever fails ends the process. */
static bool start(struct life *life)
{
	struct error err = { 0 };

	life->result->starts++;
	if (load_config(life, &life->config) < 0)
		goto failed;
	if (store_open(life->database, STORE_COLLECT, &life->store, &err) < 0) {
		log_error("%s", err.text);
		life->store = NULL;
		goto failed;
	}
	life->sweeper = sweeper_new(life->loop, life->store, life->config, true, &err);
	if (!life->sweeper) {
		log_error("%s", err.text);
		goto failed;
	}
	life->alerts = alerts_new(life->loop, life->store, life->sweeper, life->config);
	sweeper_on_change(life->sweeper, on_change, life);
	life->start_at = INT64_MAX;
	life_mishap_over(life, MISHAP_DOWN, 0, 0);
	net_started(life->net);
	note_names(life);
	note_secrets(life);
	return true;

failed:
	life->result->failed_starts++;
	store_close(life->store);
	config_free(life->config);
	life->store = NULL;
	life->config = NULL;
	life->start_at = loop_now(life->loop) + START_LATER_S;
	return false;
}

static void forget_errands(struct life *life)
{
	while (life->asked) {
		struct asked *next = life->asked->next;

		free(life->asked);
		life->asked = next;
	}
}

static void let_go_of_lock(struct life *life)
{
	store_close(life->lock);
	life->lock = NULL;
}

static void take_down(struct life *life)
{
	sweeper_free(life->sweeper);
	alerts_free(life->alerts);
	store_close(life->store);
	life->alerts = NULL;
	life_mishap(life, MISHAP_DOWN, 0, loop_now(life->loop), 0);
	config_free(life->config);
	life->sweeper = NULL;
	life->store = NULL;
	life->config = NULL;
	forget_errands(life);
}

static void stop(struct life *life, int64_t down_s)
{
	if (life->sweeper)
		take_down(life);
	life->start_at = loop_now(life->loop) + down_s;
}

/* The disk is dead already: whatever the daemon still does cannot reach it. */
static void bury(struct life *life)
{
	char lock[16];

	if (life->plan.options.loud)
		printf("-- %s\n", life->power_cut ? "the power is gone" : "killed");
	if (life->sweeper || life->store)
		take_down(life);
	let_go_of_lock(life);
	loop_forget(life->loop);
	disk_revive(life->disk, life->power_cut);
	/* only a process that ends well empties it */
	(void)snprintf(lock, sizeof(lock), "%d\n", 1);
	write_file(life, "metrics.db.collector", lock, 0660, (int64_t)day_of(2100, 1, 1) * DAY);
	net_forgive(life->net);
	post_forgive(life->post);
	life->die_by = 0;
	if (life->power_cut)
		life->start_at = loop_now(life->loop) + 2 * MINUTE;
	else
		life->start_at = loop_now(life->loop) + START_AGAIN_S;
}

static void die(struct life *life, bool power_cut, int64_t writes)
{
	if (!life->sweeper || life->die_by)
		return;
	life->power_cut = power_cut;
	life->die_by = loop_now(life->loop) + DIE_BY_S;
	disk_die_after(life->disk, (uint64_t)writes);
}

static void reload(struct life *life)
{
	struct config *fresh = NULL;
	struct error err;

	write_config(life);
	if (!life->sweeper || load_config(life, &fresh) < 0)
		return; /* the one before goes on */
	if (sweeper_use(life->sweeper, fresh, &err) < 0) {
		log_error("store: %s; ending", err.text);
		take_down(life);
		config_free(fresh);
		life->start_at = loop_now(life->loop) + START_AGAIN_S;
		return;
	}
	alerts_use(life->alerts, fresh);
	config_free(life->config);
	life->config = fresh;
	note_names(life);
	net_forgive(life->net); /* a sweep under way may ask its last question again */
}

/* --- what people do to the configuration --- */

static bool may_go(const struct plan_of_run *plan, size_t which)
{
	int there = 0;

	for (size_t i = 0; i < plan->channel_count; i++)
		there += plan->channels[i].entity == plan->channels[which].entity &&
			 !plan->channels[i].absent;
	return there > 1;
}

static void change_channel(struct plan_of_run *plan)
{
	size_t which = (size_t)chance_below(&plan->chance, (int64_t)plan->channel_count);
	struct outlet *channel = &plan->channels[which];

	if (channel->absent) {
		channel->absent = false;
	} else if (chance_below(&plan->chance, 4) == 0 && !channel->before[0]) {
		memcpy(channel->before, channel->id, sizeof(channel->before));
		(void)snprintf(channel->id, sizeof(channel->id), "neu-%zu", which);
	} else if (may_go(plan, which)) {
		channel->absent = true;
	}
}

static void change_configuration(struct life *life, int64_t how)
{
	struct plan_of_run *plan = &life->plan;

	for (int64_t i = 0; i < how && how < 4; i++)
		change_channel(plan);
	for (size_t i = 0; i < plan->channel_count && how == 4; i++)
		plan->channels[i].absent = false;
	reload(life);
}

/* --- tokens --- */

/* The providers refuse it: until it is replaced, or its owner has logged in. */
static void refuse_token(struct life *life, const struct held_token *token)
{
	static const int codes[] = { 463, 460, 467 }, blocks[] = { 459, 464 };
	int code = token->state == TOKEN_BLOCKED ? blocks[token->generation % 2]
						 : codes[token->generation % 3];

	net_secret(life->net, token->id, NULL);
	if (token->of != CHANNEL_PAGE)
		return;
	world_token_die(life->world, token->secret, loop_now(life->loop), code);
	for (size_t i = 0; i < life->plan.channel_count; i++) {
		const struct outlet *channel = &life->plan.channels[i];

		if (strcmp(channel->token, token->id) == 0)
			world_fault(life->world, &(struct sim_fault){ .kind = SIM_FAULT_TOKEN,
								      .from = loop_now(life->loop),
								      .until = INT64_MAX,
								      .account = channel->provider,
								      .code = code });
	}
}

/* Whatever was refused for this token's sake is not any more. */
static void accept_token(struct life *life, const struct held_token *token)
{
	for (size_t i = 0; token->of == CHANNEL_PAGE && i < life->plan.channel_count; i++)
		if (strcmp(life->plan.channels[i].token, token->id) == 0)
			world_fault_end(life->world, SIM_FAULT_TOKEN,
					life->plan.channels[i].provider);
}

/* When it goes wrong, and when it is right again. */
static void note_token(struct life *life, size_t whom, enum token_state state)
{
	if (state == TOKEN_GOOD || state == TOKEN_ENDING || state == TOKEN_FORGIVEN) {
		life_mishap_over(life, MISHAP_TOKEN, whom, 0);
		life_mishap_over(life, MISHAP_REFUSED, whom, 0);
		return;
	}
	life_mishap(life, MISHAP_TOKEN, whom, loop_now(life->loop), 0);
	if (state == TOKEN_REFUSED || state == TOKEN_BLOCKED)
		life_mishap(life, MISHAP_REFUSED, whom, loop_now(life->loop), 0);
}

static void change_token(struct life *life, struct held_token *token, enum token_state state)
{
	/* only one that is good can be blocked, and nobody touched it meanwhile */
	if ((state == TOKEN_BLOCKED && token->state != TOKEN_GOOD) ||
	    (state == TOKEN_FORGIVEN && token->state != TOKEN_BLOCKED))
		return;
	token->generation += state != TOKEN_FORGIVEN;
	token->state = state;
	note_token(life, (size_t)(token - life->plan.tokens), state);
	switch (state) {
	case TOKEN_GOOD:
		accept_token(life, token);
		new_secret(life, token, usual_life(life, token));
		break;
	case TOKEN_ENDING:
		accept_token(life, token);
		new_secret(life, token, ENDING_S);
		token->state = TOKEN_ENDING;
		break;
	case TOKEN_REFUSED:
	case TOKEN_BLOCKED:
		refuse_token(life, token);
		break;
	case TOKEN_FORGIVEN:
		accept_token(life, token);
		world_token_revive(life->world, token->secret);
		net_secret(life->net, token->id, token->secret);
		token->state = TOKEN_GOOD;
		if (token->ends)
			life_mishap(life, MISHAP_TOKEN, (size_t)(token - life->plan.tokens),
				    token->ends, 0);
		break;
	case TOKEN_GARBAGE:
		write_file(life, token->id, "Zq7SecretOfSomethingElse", 0600, written_at(token));
		break;
	case TOKEN_EMPTY:
		write_file(life, token->id, "\n", 0600, written_at(token));
		break;
	case TOKEN_OPEN:
		write_secret(life, token, 0644);
		break;
	case TOKEN_GONE: {
		char path[160];

		(void)snprintf(path, sizeof(path), "%s/%s", life->directory, token->id);
		(void)unlink(path);
		break;
	}
	}
}

/* --- people --- */

static int person_opens(struct life *life, struct store **ret, struct error *err)
{
	if (disk_is_locked(life->disk))
		return error_set(err, ERROR_BUSY, "somebody writes");
	return store_open(life->database, STORE_PERSON, ret, err);
}

/* A number of a day, as `metricsctl enter` enters it: what it says is kept has to be there for
 * good. One that was not acknowledged may be there all the same. */
static void enter(struct life *life, size_t which)
{
	const struct outlet *channel = &life->plan.channels[which];
	SCOPED(store)
	struct store *store = NULL;
	struct entered entered = {
		.channel = which,
		.day = (int32_t)(loop_now(life->loop) / DAY) -
		       (int32_t)chance_between(&life->plan.chance, 1, 40),
		.value = chance_between(&life->plan.chance, 0, 100000),
	};
	char name[8];
	struct error err;
	struct entry entry = {
		.entity = name,
		.account = channel->id,
		.source = "manual",
		.zone = plan_zone(channel->entity),
		.metric = metric_find(metric_catalogue, "posts"),
		.window = { entered.day, 1 },
		.value = entered.value,
	};
	struct origin origin = { .kind = ORIGIN_PERSON, .at = clock_now(), .by = "ana" };

	/* somebody who types sees a clock that is days wrong */
	if (channel->absent || loop_wall_ahead(life->loop) > HOUR ||
	    loop_wall_ahead(life->loop) < -HOUR || life->lock)
		return;
	(void)snprintf(name, sizeof(name), "e%d", channel->entity);
	if (person_opens(life, &store, &err) == 0) {
		if (channel->before[0])
			(void)store_rename(store, name, channel->before, channel->id, &err);
		entered.acknowledged = store_enter(store, &entry, 1, &origin, NULL, &err) == 0;
	}
	if (life->plan.options.loud)
		printf("%s enters %" PRId64 " for day %d: %s\n", channel->id, entered.value,
		       entered.day, entered.acknowledged ? "kept" : err.text);
	life->result->entries += entered.acknowledged;
	life->entered = memory_grow(life->entered, life->entered_count, &life->entered_room,
				    sizeof(*life->entered));
	life->entered[life->entered_count++] = entered;
}

/* Somebody is in the middle of an import: the daemon waits. */
static void lock_store(struct life *life)
{
	struct error err;

	if (life->lock || person_opens(life, &life->lock, &err) < 0)
		return;
	if (store_begin(life->lock, &err) < 0)
		let_go_of_lock(life);
}

static void unlock_store(struct life *life)
{
	struct error err;

	if (!life->lock)
		return;
	(void)store_commit(life->lock, &err);
	let_go_of_lock(life);
}

static void on_progress(struct errand *errand, const char *words)
{
	(void)errand;
	for (size_t i = 0; plan_secret_marks[i]; i++)
		if (living && strstr(words, plan_secret_marks[i]))
			life_fail(living, "a secret in an answer: %s", words);
}

static void on_finished(struct errand *errand)
{
	(void)errand; /* freed with the others, when the daemon ends */
}

static void run_errand(struct life *life, size_t which, int64_t how)
{
	const struct outlet *channel = &life->plan.channels[which];
	const struct account *account;
	struct window range = { (int32_t)(loop_now(life->loop) / DAY) - 50, 10 };
	struct asked *asked;
	char name[8];
	struct error err;

	(void)snprintf(name, sizeof(name), "e%d", channel->entity);
	if (!life->sweeper || channel->kind == CHANNEL_MANUAL ||
	    config_account(life->config, name, channel->id, &account, &err) < 0)
		return;
	asked = memory_new(1, sizeof(*asked));
	asked->errand.progress = on_progress;
	asked->errand.finished = on_finished;
	asked->next = life->asked;
	life->asked = asked;
	sweeper_ask(life->sweeper, account, how == 0 ? SWEEP_CHECK : SWEEP_DAILY,
		    how == 2 ? &range : NULL, &asked->errand);
	net_forgive(life->net); /* a person may ask whatever he likes */
}

/* --- one thing after the other --- */

/* A stretch that ends later. */
static void plan_end(struct life *life, const struct planned *event, int64_t a)
{
	struct plan_of_run *plan = &life->plan;
	struct planned end = { .at = event->at + event->b, .event = event->event, .a = a, .b = -1 };
	size_t place = plan->event_count;

	plan->events = memory_grow(plan->events, plan->event_count, &plan->event_room,
				   sizeof(*plan->events));
	plan->event_count++;
	for (; place > 0 && plan->events[place - 1].at > end.at; place--)
		plan->events[place] = plan->events[place - 1];
	plan->events[place] = end;
}

/* Nothing can be written down: of a disk that fails, or because the store knows of a later day. */
static void pardon(struct life *life)
{
	bool wrong = life->disk_full || life->disk_errs || life->clock_right_at > 0;

	post_forgive(life->post);
	net_pardon(life->net, wrong);
	if (wrong)
		life_mishap(life, MISHAP_STORE, 0, loop_now(life->loop), 0);
	else
		life_mishap_over(life, MISHAP_STORE, 0, 0);
}

/* How many writes it refused is known in the end. */
static void note_full(struct life *life)
{
	int64_t refused = (int64_t)disk_counts(life->disk).refused;

	if (life->disk_full)
		life_mishap(life, MISHAP_FULL, 0, loop_now(life->loop), -refused);
	else
		life_mishap_over(life, MISHAP_FULL, 0, refused);
}

static void set_clock(struct life *life, int64_t ahead)
{
	int64_t back = (int64_t)loop_wall_ahead(life->loop) - ahead;

	loop_set_wall(life->loop, (double)ahead);
	life_mishap_over(life, MISHAP_CLOCK, 0, 0);
	if (ahead != 0)
		life_mishap(life, MISHAP_CLOCK, 0, loop_now(life->loop), ahead);
	net_forgive(life->net);
	if (back > DAY && loop_now(life->loop) + back > life->clock_right_at)
		life->clock_right_at = loop_now(life->loop) + back;
	pardon(life);
}

static void happen(struct life *life, const struct planned *event)
{
	bool ends = event->b < 0;
	char clock[TIME_TEXT];

	if (life->plan.options.loud)
		printf("%s -- %s%s (%" PRId64 ", %" PRId64 ")\n",
		       time_text(loop_now(life->loop), clock), run_event_name(event->event),
		       ends ? " ends" : "", event->a, event->b);
	if (!ends)
		life->result->events[event->event]++;
	switch (event->event) {
	case RUN_RELOAD:
		change_configuration(life, event->a);
		break;
	case RUN_RESTART:
	case RUN_DOWN:
		stop(life, event->b);
		break;
	case RUN_KILL:
	case RUN_POWER_CUT:
		die(life, event->event == RUN_POWER_CUT, event->a);
		break;
	case RUN_CLOCK:
		set_clock(life, event->a);
		break;
	case RUN_DISK_FULL:
		life->disk_full = !ends;
		disk_fill(life->disk, life->disk_full);
		note_full(life);
		pardon(life);
		if (!ends)
			plan_end(life, event, 0);
		break;
	case RUN_DISK_ERRORS:
		life->disk_errs = !ends;
		disk_errors(life->disk, ends ? 0 : (int)event->a);
		pardon(life);
		if (!ends)
			plan_end(life, event, 0);
		break;
	case RUN_TOKEN:
		change_token(life, &life->plan.tokens[event->a], (enum token_state)event->b);
		break;
	case RUN_ENTRY:
		enter(life, (size_t)event->a);
		break;
	case RUN_LOCK:
		if (ends) {
			unlock_store(life);
		} else {
			lock_store(life);
			plan_end(life, event, 0);
		}
		break;
	case RUN_ERRAND:
		run_errand(life, (size_t)event->a, event->b);
		break;
	case RUN_LOG:
		files_trouble(life->files, life->plan.channels[event->a].provider,
			      (enum file_trouble)event->b);
		/* one trouble after the other: the first is over then */
		life_mishap_over(life, MISHAP_LOG, (size_t)event->a, 0);
		if (event->b != FILE_FINE)
			life_mishap(life, MISHAP_LOG, (size_t)event->a, loop_now(life->loop),
				    event->b);
		break;
	case RUN_ROTATION:
		files_rotate(life->files, life->plan.channels[event->a].provider, (int)event->b);
		break;
	case RUN_MAIL:
		post_refuse(life->post, !ends);
		if (ends) {
			life_mishap_over(life, MISHAP_MAIL, 0, 0);
			break;
		}
		life_mishap(life, MISHAP_MAIL, 0, loop_now(life->loop), 0);
		plan_end(life, event, 0);
		break;
	case RUN_STORM:
	case RUN_THROTTLE:
	case RUN_RETIRED:
	case RUN_MISSING:
	case RUN_EVENTS:
		break; /* the world has them from the start */
	}
}

static void look(struct life *life)
{
	const char *violation = net_violation(life->net);

	if (violation)
		life_fail(life, "%s", violation);
	if (life->clock_right_at && loop_now(life->loop) >= life->clock_right_at) {
		life->clock_right_at = 0;
		pardon(life);
	}
	violation = post_violation(life->post);
	if (violation)
		life_fail(life, "%s", violation);
	if (loop_calls_at_once(life->loop) > AT_ONCE_MAX)
		life_fail(life, "a busy loop: %d callbacks without time going on", AT_ONCE_MAX);
	if (life->die_by && loop_now(life->loop) >= life->die_by)
		disk_die_after(life->disk,
			       0); /* nobody wrote meanwhile: what it ends with is lost */
	if (life->die_by && (disk_is_dead(life->disk) || loop_now(life->loop) >= life->die_by))
		bury(life);
}

static void run_until(struct life *life, int64_t until)
{
	while (!life->failed) {
		int64_t stop_at = life->start_at < until ? life->start_at : until;

		if (life->start_at <= loop_now(life->loop) && !life->sweeper) {
			(void)start(life);
			look(life);
			continue;
		}
		disk_time(life->disk, loop_true(life->loop));
		if (loop_step(life->loop, stop_at)) {
			look(life);
			continue;
		}
		look(life);
		if (loop_now(life->loop) >= until)
			break;
	}
}

static void live(struct life *life)
{
	struct plan_of_run *plan = &life->plan;
	int64_t judge_at = plan->start + JUDGE_EVERY;

	for (size_t i = 0; i < plan->event_count && !life->failed; i++) {
		const struct planned event = plan->events[i];

		for (; judge_at < event.at && !life->failed; judge_at += JUDGE_EVERY) {
			run_until(life, judge_at);
			life_judge(life, false);
		}
		run_until(life, event.at);
		if (!life->failed)
			happen(life, &event);
	}
	run_until(life, plan->end);
	if (!life->failed)
		life_judge(life, true);
}

static void check_disk_for_secrets(struct life *life)
{
	for (size_t i = 0; plan_secret_marks[i]; i++) {
		size_t left = 0;
		const char *found = disk_find(life->disk, plan_secret_marks[i],
					      strlen(plan_secret_marks[i]), &left);

		if (found)
			life_fail(life, "a secret in the database: %.*s",
				  (int)(left < 200 ? left : 200), found - 60);
	}
}

/* Servers that were there for a while before anybody looked at their logs. */
static void make_logs(struct life *life)
{
	enum { BEFORE_S = 20 * DAY };

	for (size_t i = 0; i < life->plan.channel_count; i++) {
		const struct outlet *channel = &life->plan.channels[i];
		struct weblog *log = NULL;
		char path[128];

		if (channel->kind != CHANNEL_LOG)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", life->directory, channel->provider);
		if (weblog_new(life->plan.options.seed, channel->provider,
			       plan_zone(channel->entity), path, life->plan.start - BEFORE_S,
			       &log) < 0)
			life_fail(life, "no access log can be made");
		else
			files_add(life->files, channel->provider, log);
	}
}

static char *pem_of(EVP_PKEY *key, bool private)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes = NULL, *ret;
	long length;

	if (private)
		(void)PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	else
		(void)PEM_write_bio_PUBKEY(bio, key);
	length = BIO_get_mem_data(bio, &bytes);
	ret = memory_text_n(bytes, (size_t)length);
	(void)BIO_free(bio);
	return ret;
}

/* The one thing that is not the seed's: nothing that is looked at depends on it. */
static void make_google_key(struct life *life)
{
	enum { BITS = 512 }; /* it guards nothing, and is used every hour */
	EVP_PKEY *key = EVP_RSA_gen(BITS);

	if (!key) {
		life_fail(life, "no RSA key could be made");
		return;
	}
	life->google_key = pem_of(key, true);
	life->google_public = pem_of(key, false);
	EVP_PKEY_free(key);
	world_web_secrets(life->world,
			  &(struct sim_web_secrets){ .google_key = life->google_public });
}

static void begin(struct life *life, const struct run_options *options)
{
	static const char secret[] = "Zq7SecretOfTheApp";

	plan_make(&life->plan, options);
	(void)snprintf(life->directory, sizeof(life->directory), "/tmp/metricsd-world-XXXXXX");
	if (!mkdtemp(life->directory))
		life_fail(life, "no directory for secrets");
	(void)snprintf(life->database, sizeof(life->database), "%s/metrics.db", life->directory);
	(void)snprintf(life->path, sizeof(life->path), "%s/metricsd.conf", life->directory);
	life->loop = loop_new(life->plan.start);
	life->disk = disk_new(options->seed);
	life->files = files_new(life->loop, options->seed);
	life->world = world_new(options->seed);
	life->net = net_new(life->loop, life->world, options->seed);
	life->post = post_new(life->loop, options->seed);
	world_secrets(life->world, "Zq7SecretOfNobody", secret, NULL);
	make_google_key(life);
	plan_people_world(&life->plan, life->world, life->net);
	make_logs(life);
	write_file(life, "app-secret", secret, 0600, (int64_t)day_of(2100, 1, 1) * DAY);
	for (size_t i = 0; i < life->plan.token_count; i++)
		new_secret(life, &life->plan.tokens[i], usual_life(life, &life->plan.tokens[i]));
	write_config(life);
	life->start_at = life->plan.start;
}

static void end(struct life *life)
{
	char command[96];

	if (life->sweeper)
		take_down(life);
	let_go_of_lock(life);
	net_free(life->net);
	post_free(life->post);
	world_free(life->world);
	memory_forget(life->google_key);
	free(life->google_public);
	disk_free(life->disk);
	files_free(life->files);
	loop_free(life->loop);
	plan_clear(&life->plan);
	free(life->entered);
	free(life->mishaps);
	free(life->endings);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", life->directory);
	(void)!system(command);
}

unsigned run_troubles(uint64_t seed)
{
	return seed % 3 == 0 ? TROUBLE_ALL & ~(unsigned)TROUBLE_CLOCK : TROUBLE_ALL;
}

void run_world(const struct run_options *options, struct run_result *ret)
{
	struct life life = { .result = ret };

	*ret = (struct run_result){ 0 };
	/* memory that goes back to the system and is asked for again costs more than its use */
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	living = &life;
	begin(&life, options);
	if (!life.failed)
		live(&life);
	if (!life.failed && life.sweeper) {
		take_down(&life);
		check_disk_for_secrets(&life);
	}
	ret->net = net_counts(life.net);
	ret->disk = disk_counts(life.disk);
	ret->files = file_counts(life.files);
	ret->mails = post_counts(life.post);
	ret->calls = loop_calls(life.loop);
	for (int i = RUN_STORM; i < RUN_EVENTS; i++)
		ret->events[i] = life.plan.counts[i];
	living = NULL;
	end(&life);
	ret->passed = !life.failed;
}

const char *run_event_name(enum run_event event)
{
	static const char *const names[RUN_EVENTS] = {
		[RUN_RELOAD] = "reload",
		[RUN_RESTART] = "restart",
		[RUN_KILL] = "kill -9",
		[RUN_POWER_CUT] = "power cut",
		[RUN_DOWN] = "downtime",
		[RUN_CLOCK] = "clock set",
		[RUN_DISK_FULL] = "disk full",
		[RUN_DISK_ERRORS] = "I/O errors",
		[RUN_TOKEN] = "token changed",
		[RUN_ENTRY] = "entry by a person",
		[RUN_LOCK] = "store locked",
		[RUN_ERRAND] = "errand",
		[RUN_STORM] = "storm of 503",
		[RUN_THROTTLE] = "throttled",
		[RUN_RETIRED] = "metric retired",
		[RUN_MISSING] = "days never told",
		[RUN_LOG] = "access log out of reach",
		[RUN_ROTATION] = "rotated while read",
		[RUN_MAIL] = "mail server refuses",
	};

	return names[event];
}

void run_command(const struct run_options *options, char *ret, size_t room)
{
	(void)snprintf(ret, room,
		       "script/soak --seed %" PRIu64 " --accounts %d --days %d --troubles 0x%x",
		       options->seed, options->accounts, options->days, options->troubles);
}
