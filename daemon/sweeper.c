#include "sweeper.h"

#include "auth.h"
#include "auth_keys.h"
#include "fetch.h"
#include "file.h"
#include "schedule.h"
#include "tokens.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <ev.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAKE_LATE_S 0.05

enum {
	BATCH_STEPS = 8192,
	BATCH_MS = 2000,      /* so long others who write may have to wait: metricsctl waits 10 s */
	PAUSE_MS = 10,        /* between two batches, for them: they look every 5 ms */
	BUSY_MS = 20,         /* between two looks at a locked store */
	BUSY_TOLD_S = 10,     /* a store locked for so long is worth a line */
	CREWS_BEYOND = 8,     /* jobs in memory beyond those in flight */
	SUSPEND_FIRST_S = 30, /* how long nothing is taken when the store cannot be written */
	SUSPEND_MAX_S = 600,
	MISSED_SPREAD_S = 60, /* missed sweeps begin within it */
	MISSED_A_SECOND = 8,
	REST_S = 120,   /* nothing due for so long: connections are closed */
	JUMP_S = 60,    /* a clock that goes back further than this was set */
	LOOK_S = 3600,  /* so often it is looked at, whether or not somebody is due */
	PROGRESS_S = 2, /* between two words on how far a sweep is */
	RENAME_S = 1,   /* before a rename is tried again that somebody else's lock kept out */
	ALIVE_S = 600,  /* commits in between say no more that the daemon lives */
	DOWN_S = LAPSE_SILENCE_S, /* nor could it be written for so long, or did anybody run */
	ABSENT_S = 6 * 3600,      /* nobody is overdue for so long but who was not configured */
	STATUS_BYTES = 48 << 10,  /* of running and held: a line has CONTROL_LINE_MAX */
};

#define NOT_IN_HEAP SIZE_MAX

/* A sweep that was asked for. */
struct wish {
	struct wish *next;
	enum sweep sweep;
	bool ranged;
	struct window range;
	struct errand *errand;
};

/* One account. Small: there may be thousands. */
struct member {
	const struct account *account;
	int64_t due[2]; /* SWEEP_DAILY, SWEEP_WATCH */
	size_t place;   /* in the heap */
	uint32_t hash;
	bool unnamed; /* its numbers still bear the name before: it is not swept */
	bool put_off; /* its daily visit came to nothing with the store: when the next is due stands
		       * nowhere else */
	struct wish *wishes;
	int64_t absent; /* since when it was not in the configuration until it is again; 0: it was.
			 * Until that is stored */
};

/* What befell all accounts at once; stored with the next batch. */
enum { MISHAPS_MAX = 4 };
struct mishaps {
	struct lapse items[MISHAPS_MAX];
	size_t count;
	bool absent; /* members are */
	bool ahead;  /* whoever ran before had a clock that was ahead */
};

/* What a crew does next, once the store lets it. */
enum step { STEP_BEGIN, STEP_ANSWER, STEP_FAILURE, STEP_RETRY };

/* One job under way. */
struct crew {
	struct sweeper *sweeper;
	struct crew *next, *previous; /* among the crews */
	struct crew *next_blocked;
	struct member *member;
	struct wish *wish; /* NULL: it was due */
	enum sweep sweep;
	struct sweep_job job;
	struct carry carry;
	ev_timer retry;
	struct file_door door;
	ev_timer local; /* a request of this machine's, carried out slice by slice */
	int64_t told;   /* when whoever waits heard last how far it is */
	bool sent;      /* carry is under way */
	bool begun;     /* the job is */
	bool blocked;   /* the store is locked: step waits */
	enum step step;
	struct error cause; /* of STEP_FAILURE */
	int status;         /* the blocked answer */
	bool ended, of_exchange;
	struct text body, headers;
};

/* What is left of a job that ended in the batch: told once that is on disk, and its member due
 * again. Small: a batch may hold a whole sweep of thousands. */
struct ending {
	struct ending *next;
	struct member *member;
	struct wish *wish; /* as the crew's */
	enum sweep sweep;
	bool failed;
	bool held;               /* failed for what somebody else was told */
	enum error_class before; /* how the sweep before it ended */
	enum error_class class;  /* why it failed, or of what it went without */
	int64_t due;             /* when it is due again */
	int answers;
	struct changes changes;
	char *words; /* why it failed, or its notes; NULL: none */
};

struct sweeper {
	struct ev_loop *loop;
	const struct config *config;
	struct store *store;
	struct fetcher *fetcher;
	struct auth *auth;
	struct tokens *tokens;
	struct zones zones;
	struct holds holds;
	struct job_tools tools;
	bool by_itself;

	struct member *members;
	size_t member_count;
	struct member **heap; /* who is due first is first; whoever has a crew is not in it */
	size_t heap_count;

	struct crew *crews;
	size_t crew_count;
	struct crew *blocked, **last_blocked;
	int64_t blocked_since;
	bool blocked_told;

	bool in_batch;
	size_t steps;  /* in the batch */
	size_t asking; /* crews with a request of this machine's under way */
	bool wrote;    /* something of it is to be stored */
	struct ending *endings, **last_ending;
	bool paused; /* no batch yet: whoever else wants to write comes first */
	bool settling;

	int64_t suspended_until; /* 0: not suspended */
	int64_t suspend_s;
	int64_t suspended_s; /* how long it was at last, and since when it is over */
	int64_t fine_since;
	struct lapse
		trouble; /* that the store cannot be written: since when, and when last tried */

	struct mishaps mishaps;
	int64_t alive;      /* when it was last stored that the daemon lives; 0: not by this one */
	int64_t last_alive; /* the same, by whoever ran before; 0: nobody */
	int64_t elapsed;    /* clock_elapsed() when it was last looked at */

	int64_t seen;          /* the time when it was last looked at */
	ev_tstamp wake, armed; /* of `due`: when it is to fire, when that was said */
	ev_periodic due;
	ev_timer batch, busy, rest, rename;

	void (*changed)(void *data);
	void *changed_data;
};

static void settle(struct sweeper *sweeper);

/* --- the heap of who is due --- */

static int64_t due_of(const struct member *member)
{
	if (member->wishes)
		return INT64_MIN;
	return member->due[0] < member->due[1] ? member->due[0] : member->due[1];
}

/* Those who are due at the same time go by their hash, as the jitter does: always in the order in
 * which their numbers came into the database, so that each finds the pages in memory that the one
 * before it has read. */
static bool goes_before(const struct member *a, const struct member *b)
{
	int64_t due_a = due_of(a);
	int64_t due_b = due_of(b);

	return due_a != due_b ? due_a < due_b : a->hash < b->hash;
}

static void heap_put(struct sweeper *sweeper, size_t place, struct member *member)
{
	sweeper->heap[place] = member;
	member->place = place;
}

static void heap_up(struct sweeper *sweeper, struct member *member)
{
	size_t place = member->place;

	while (place > 0 && goes_before(member, sweeper->heap[(place - 1) / 2])) {
		heap_put(sweeper, place, sweeper->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	heap_put(sweeper, place, member);
}

static void heap_down(struct sweeper *sweeper, struct member *member)
{
	size_t place = member->place;

	for (;;) {
		size_t child = 2 * place + 1;

		if (child + 1 < sweeper->heap_count &&
		    goes_before(sweeper->heap[child + 1], sweeper->heap[child]))
			child++;
		if (child >= sweeper->heap_count || goes_before(member, sweeper->heap[child]))
			break;
		heap_put(sweeper, place, sweeper->heap[child]);
		place = child;
	}
	heap_put(sweeper, place, member);
}

static void heap_add(struct sweeper *sweeper, struct member *member)
{
	member->place = sweeper->heap_count++;
	heap_up(sweeper, member);
}

static struct member *heap_take(struct sweeper *sweeper)
{
	struct member *first = sweeper->heap[0];
	struct member *last = sweeper->heap[--sweeper->heap_count];

	first->place = NOT_IN_HEAP;
	if (first != last) {
		last->place = 0;
		heap_down(sweeper, last);
	}
	return first;
}

/* --- words --- */

static const char *name_of(const struct account *account, char *ret, size_t room)
{
	(void)snprintf(ret, room, "%s/%s", account->entity->id, account->id);
	return ret;
}

enum { ACCOUNT_NAME = 160, WORDS = 1024 };

static const char *clock_of(struct sweeper *sweeper, const struct account *account, int64_t time,
			    char ret[TIME_TEXT])
{
	struct zone *zone;
	struct error err;

	if (time == INT64_MAX || zones_get(&sweeper->zones, account->entity->zone, &zone, &err) < 0)
		return "never";
	return zone_clock(zone, time, ret);
}

/* To whoever asked for it. */
static void tell(const struct wish *wish, const char *words)
{
	if (wish)
		wish->errand->progress(wish->errand, words);
}

/* A cause that lasts is a warning when it begins; while it lasts it only shows in debug. */
static void tell_failure(struct sweeper *sweeper, const struct ending *ending)
{
	const struct account *account = ending->member->account;
	char name[ACCOUNT_NAME], clock[TIME_TEXT], words[WORDS];

	(void)snprintf(words, sizeof(words), "%s: %s: %s; next try at %s",
		       name_of(account, name, sizeof(name)), error_class_name(ending->class),
		       ending->words, clock_of(sweeper, account, ending->due, clock));
	if (ending->sweep == SWEEP_CHECK)
		(void)snprintf(words, sizeof(words), "%s: %s: %s", name,
			       error_class_name(ending->class), ending->words);
	else if (ending->class != ending->before && !ending->held)
		log_warning("%s", words);
	else
		log_debug("%s", words);
	tell(ending->wish, words);
}

static void tell_notes(const struct ending *ending, const char *name)
{
	const char *line = ending->words ? ending->words : "";
	char words[WORDS];

	while (*line) {
		int length = (int)strcspn(line, "\n");

		(void)snprintf(words, sizeof(words), "%s: %.*s", name, length, line);
		if (ending->sweep != SWEEP_CHECK)
			log_notice("%s", words);
		tell(ending->wish, words);
		line += length;
		line += *line == '\n';
	}
}

static void tell_success(struct sweeper *sweeper, const struct ending *ending)
{
	const struct account *account = ending->member->account;
	const struct wish *wish = ending->wish;
	char name[ACCOUNT_NAME], clock[TIME_TEXT], words[WORDS], kind[32] = "backfill";

	(void)name_of(account, name, sizeof(name));
	tell_notes(ending, name);
	if (ending->sweep == SWEEP_CHECK) {
		(void)snprintf(words, sizeof(words), "%s: in order", name);
		tell(wish, words);
		return;
	}
	if (ending->before != ERROR_NONE && ending->class == ERROR_NONE)
		log_notice("%s: in order again (was: %s)", name, error_class_name(ending->before));
	if (!wish || !wish->ranged)
		(void)snprintf(kind, sizeof(kind), "%s sweep", sweep_name(ending->sweep));
	(void)snprintf(words, sizeof(words),
		       "%s: %s done: %d answers, %zu new and %zu changed numbers, %zu new "
		       "publications; next at %s",
		       name, kind, ending->answers, ending->changes.samples,
		       ending->changes.revisions, ending->changes.items,
		       clock_of(sweeper, account, ending->due, clock));
	log_info("%s", words);
	tell(wish, words);
}

/* --- errands --- */

static void end_wish(struct wish *wish, bool failed)
{
	struct errand *errand = wish->errand;

	free(wish);
	if (failed)
		errand->failed++;
	if (--errand->open == 0)
		errand->finished(errand);
}

/* --- crews --- */

static void unlist(struct crew *crew)
{
	struct sweeper *sweeper = crew->sweeper;

	if (crew->previous)
		crew->previous->next = crew->next;
	else
		sweeper->crews = crew->next;
	if (crew->next)
		crew->next->previous = crew->previous;
	sweeper->crew_count--;
}

static void unblock(struct crew *crew)
{
	struct sweeper *sweeper = crew->sweeper;
	struct crew **at = &sweeper->blocked;

	if (!crew->blocked)
		return;
	while (*at != crew)
		at = &(*at)->next_blocked;
	*at = crew->next_blocked;
	if (!*at)
		sweeper->last_blocked = at;
	crew->blocked = false;
}

/* Takes a crew down, whatever it is at. Its member and its wish are whoever's who did it. */
static void free_crew(struct crew *crew)
{
	if (crew->sent)
		auth_drop(&crew->carry);
	if (ev_is_active(&crew->local))
		crew->sweeper->asking--;
	ev_timer_stop(crew->sweeper->loop, &crew->local);
	file_door_clear(&crew->door);
	ev_timer_stop(crew->sweeper->loop, &crew->retry);
	unblock(crew);
	unlist(crew);
	if (crew->begun)
		job_clear(&crew->job);
	text_clear(&crew->body);
	text_clear(&crew->headers);
	free(crew);
}

/* Leaves the list of endings. */
static void free_ending(struct sweeper *sweeper, struct ending *ending)
{
	sweeper->endings = ending->next;
	if (!sweeper->endings)
		sweeper->last_ending = &sweeper->endings;
	free(ending->words);
	free(ending);
}

/* What was done of it is not stored: whoever asked hears it, and the member can be begun again. */
static void abandon(struct sweeper *sweeper, struct member *member, struct wish *wish,
		    const char *why)
{
	char name[ACCOUNT_NAME], words[WORDS];

	heap_add(sweeper, member);
	if (!wish)
		return;
	(void)snprintf(words, sizeof(words), "%s: %s", name_of(member->account, name, sizeof(name)),
		       why);
	tell(wish, words);
	wish->errand->store_failed = true;
	end_wish(wish, true);
}

/* Behind all others: whatever it is due for, somebody else is asked first after the pause. */
static void put_off(const struct sweeper *sweeper, struct member *member, enum sweep sweep)
{
	for (size_t i = 0; i < 2; i++)
		if (member->due[i] < sweeper->suspended_until)
			member->due[i] = sweeper->suspended_until;
	member->put_off |= sweep == SWEEP_DAILY;
}

/* All that is under way or ended in the batch. */
static void abandon_all(struct sweeper *sweeper, const char *why)
{
	struct crew *crew;
	struct ending *ending;

	while ((ending = sweeper->endings)) {
		struct member *member = ending->member;
		struct wish *wish = ending->wish;

		if (!wish)
			put_off(sweeper, member, ending->sweep);
		free_ending(sweeper, ending);
		abandon(sweeper, member, wish, why);
	}
	while ((crew = sweeper->crews)) {
		struct member *member = crew->member;
		struct wish *wish = crew->wish;

		if (!wish && crew->begun) /* else it is as due as before */
			put_off(sweeper, member, crew->sweep);
		free_crew(crew);
		abandon(sweeper, member, wish, why);
	}
}

/* --- signs of life, and stretches without --- */

/* More than fit become one: the last goes on. */
static void add_mishap(struct sweeper *sweeper, const struct lapse *lapse)
{
	struct mishaps *mishaps = &sweeper->mishaps;

	if (lapse->until <= lapse->since)
		return;
	if (mishaps->count == MISHAPS_MAX)
		mishaps->items[MISHAPS_MAX - 1].until = lapse->until;
	else
		mishaps->items[mishaps->count++] = *lapse;
}

static void note_silence(struct sweeper *sweeper, int64_t since, int64_t until)
{
	struct lapse lapse = lapse_of_silence(since, until);

	add_mishap(sweeper, &lapse);
}

static void note_trouble(struct sweeper *sweeper, const struct error *err, int64_t now)
{
	struct lapse *trouble = &sweeper->trouble;

	if (trouble->since == 0) {
		*trouble = (struct lapse){ .cause = LAPSE_STORE, .since = now };
		(void)snprintf(trouble->words, sizeof(trouble->words), "%s", err->text);
	}
	trouble->until = now;
}

static bool is_collected(const struct account *account)
{
	return account->collector->subject != NULL;
}

static int store_mishaps_of(struct sweeper *sweeper, const struct member *member, struct error *err)
{
	const struct account *account = member->account;
	int64_t harmless_s = job_harmless_s(&sweeper->tools, account);
	struct lapse absent = { .cause = LAPSE_ABSENT,
				.since = member->absent,
				.until = sweeper->last_alive };

	if (member->absent && absent.until > absent.since &&
	    store_lapse_add(sweeper->store, account->entity->id, account->id, &absent, harmless_s,
			    err) < 0)
		return -1;
	for (size_t i = 0; i < sweeper->mishaps.count; i++)
		if (store_lapse_add(sweeper->store, account->entity->id, account->id,
				    &sweeper->mishaps.items[i], harmless_s, err) < 0)
			return -1;
	return 0;
}

/* In the first batch after them, so that they are kept whatever the sweeps do. */
static int store_mishaps(struct sweeper *sweeper, struct error *err)
{
	bool troubled = sweeper->trouble.until - sweeper->trouble.since > DOWN_S;
	size_t count = sweeper->mishaps.count;
	int result = 0;

	if (!sweeper->by_itself)
		return 0;
	if (sweeper->mishaps.ahead && store_lapses_set_back(sweeper->store, sweeper->seen, err) < 0)
		return -1;
	if (!troubled && count == 0 && !sweeper->mishaps.absent)
		return 0;
	if (troubled) /* taken again by the next batch, when this one is not kept */
		add_mishap(sweeper, &sweeper->trouble);
	for (size_t i = 0; result == 0 && i < sweeper->member_count; i++)
		if (is_collected(sweeper->members[i].account) && !sweeper->members[i].unnamed)
			result = store_mishaps_of(sweeper, &sweeper->members[i], err);
	sweeper->mishaps.count = count;
	return result;
}

static void forget_mishaps(struct sweeper *sweeper)
{
	for (size_t i = 0; sweeper->mishaps.absent && i < sweeper->member_count; i++)
		sweeper->members[i].absent = 0;
	sweeper->mishaps = (struct mishaps){ 0 };
}

/* A sign of life says that whoever was due was visited, or is not configured: it is not given while
 * the store keeps anybody from it. */
static bool may_say_alive(const struct sweeper *sweeper, int64_t now)
{
	if (sweeper->suspend_s > 0 && sweeper->heap_count > 0 && due_of(sweeper->heap[0]) <= now)
		return false;
	for (size_t i = 0; i < sweeper->member_count; i++)
		if (sweeper->members[i].put_off)
			return false;
	return true;
}

/* One is due so long after the one before. */
static bool is_life_due(const struct sweeper *sweeper, int64_t now, int64_t every_s)
{
	return sweeper->by_itself &&
	       (sweeper->alive == 0 || now < sweeper->alive || now - sweeper->alive >= every_s) &&
	       may_say_alive(sweeper, now);
}

/* Within a batch. What is stored of it is only once that is committed. */
static int say_alive(struct sweeper *sweeper, int64_t now, int64_t every_s, struct error *err)
{
	if (!is_life_due(sweeper, now, every_s))
		return 0;
	if (store_alive(sweeper->store, now, err) < 0)
		return -1;
	sweeper->alive = now;
	return 0;
}

/* --- the batch --- */

/* How long nothing is asked for: longer each time, also of a disk that fails on and off, for
 * whoever was in the batch that was lost is asked again. */
static int64_t next_suspension(const struct sweeper *sweeper, int64_t now)
{
	bool again = now >= sweeper->fine_since && now - sweeper->fine_since < SUSPEND_MAX_S;
	int64_t before_s =
		sweeper->suspend_s == 0 && again ? sweeper->suspended_s : sweeper->suspend_s;

	if (before_s == 0)
		return SUSPEND_FIRST_S;
	return before_s * 2 < SUSPEND_MAX_S ? before_s * 2 : SUSPEND_MAX_S;
}

/* The store cannot be written: nothing is taken for a while, and nothing of this batch counts. */
static void store_trouble(struct sweeper *sweeper, const struct error *err)
{
	int64_t now = clock_now();
	struct error ignored;
	bool begins;

	note_trouble(sweeper, err, now);
	sweeper->alive = 0;

	if (sweeper->in_batch)
		store_rollback(sweeper->store);
	sweeper->in_batch = false;
	if (sweeper->tokens)
		tokens_written(sweeper->tokens, false);
	sweeper->steps = 0;
	ev_timer_stop(sweeper->loop, &sweeper->batch);
	begins = sweeper->suspend_s == 0;
	sweeper->suspend_s = next_suspension(sweeper, now);
	if (begins)
		log_error("store: %s; nothing is asked for meanwhile, next try in %lld s",
			  err->text, (long long)sweeper->suspend_s);
	sweeper->suspended_until = now + sweeper->suspend_s;
	abandon_all(sweeper, err->text);
	(void)holds_reload(&sweeper->holds, sweeper->store, now, &ignored);
}

static void store_fine_again(struct sweeper *sweeper)
{
	if (sweeper->suspend_s == 0)
		return;
	log_notice("store: can be written again");
	sweeper->suspended_s = sweeper->suspend_s;
	sweeper->fine_since = clock_now();
	sweeper->suspend_s = 0;
	sweeper->suspended_until = 0;
	sweeper->trouble = (struct lapse){ 0 };
}

/* 0: a transaction is open. -1: the store is locked by somebody else (`err` says BUSY), or it is in
 * trouble. */
static int open_batch(struct sweeper *sweeper, struct error *err)
{
	if (sweeper->in_batch)
		return 0;
	if (sweeper->paused)
		return error_set(err, ERROR_BUSY, "others come first");
	if (store_begin(sweeper->store, err) < 0)
		return -1;
	sweeper->in_batch = true;
	sweeper->wrote = false;
	ev_timer_set(&sweeper->batch, BATCH_MS / 1000., 0.);
	ev_timer_start(sweeper->loop, &sweeper->batch);
	return store_mishaps(sweeper, err);
}

/* The lock is left alone for a moment: whoever else waits for it would else hardly ever find it
 * free, for the next batch is begun as soon as this one is over. */
static void pause_batches(struct sweeper *sweeper)
{
	sweeper->paused = true;
	ev_now_update(sweeper->loop); /* the commit may have taken longer than the pause */
	ev_timer_stop(sweeper->loop, &sweeper->busy);
	ev_timer_set(&sweeper->busy, PAUSE_MS / 1000., 0.);
	ev_timer_start(sweeper->loop, &sweeper->busy);
}

/* It is on disk now: told, and its member due again. */
static void conclude(struct sweeper *sweeper, struct ending *ending)
{
	struct member *member = ending->member;
	struct wish *wish = ending->wish;
	bool failed = ending->failed;

	if (wish) {
		wish->errand->answers += ending->answers;
		wish->errand->changes.samples += ending->changes.samples;
		wish->errand->changes.revisions += ending->changes.revisions;
		wish->errand->changes.items += ending->changes.items;
	}
	if (failed)
		tell_failure(sweeper, ending);
	else
		tell_success(sweeper, ending);
	if (ending->sweep != SWEEP_CHECK && sweeper->by_itself)
		member->due[ending->sweep] = ending->due;
	if (ending->sweep == SWEEP_DAILY)
		member->put_off = false;
	free_ending(sweeper, ending);
	heap_add(sweeper, member);
	if (wish)
		end_wish(wish, failed);
}

static void commit_batch(struct sweeper *sweeper)
{
	struct error err;

	if (!sweeper->in_batch)
		return;
	if (say_alive(sweeper, clock_now(), ALIVE_S, &err) < 0 ||
	    store_commit(sweeper->store, &err) < 0) {
		store_trouble(sweeper, &err);
		return;
	}
	sweeper->in_batch = false;
	sweeper->steps = 0;
	forget_mishaps(sweeper);
	if (sweeper->tokens)
		tokens_written(sweeper->tokens, true);
	ev_timer_stop(sweeper->loop, &sweeper->batch);
	if (sweeper->wrote) /* a batch of nothing but failures can be committed to any disk */
		store_fine_again(sweeper);
	pause_batches(sweeper);
	while (sweeper->endings)
		conclude(sweeper, sweeper->endings);
}

static bool batch_is_full(const struct sweeper *sweeper)
{
	return sweeper->in_batch &&
	       (sweeper->steps >= BATCH_STEPS ||
		(fetcher_busy(sweeper->fetcher) == 0 && sweeper->asking == 0 && !sweeper->blocked));
}

static void on_batch(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct sweeper *sweeper = timer->data;

	(void)loop;
	(void)events;
	commit_batch(sweeper);
	settle(sweeper);
}

/* --- steps --- */

static void on_answer(void *data, const struct response *response, const struct error *cause);

/* What this machine answers itself is carried out from the loop, so much at a time. */
static void ask_locally(struct crew *crew)
{
	crew->sweeper->asking++;
	ev_timer_set(&crew->local, 0., 0.);
	ev_timer_start(crew->sweeper->loop, &crew->local);
}

/* How far it is, to whoever waits for it, once in a while. */
static void tell_progress(struct crew *crew)
{
	int64_t now = clock_now();
	char name[ACCOUNT_NAME], words[WORDS];

	if (!crew->wish || !crew->job.view.progress[0] || now < crew->told + PROGRESS_S)
		return;
	if (crew->told > 0) { /* what is over at once needs no word */
		(void)snprintf(words, sizeof(words), "%s: %s",
			       name_of(crew->member->account, name, sizeof(name)),
			       crew->job.view.progress);
		tell(crew->wish, words);
	}
	crew->told = now;
}

static void on_local(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct crew *crew = timer->data;
	struct response response;
	struct error err;
	int result;

	(void)loop;
	(void)events;
	crew->sweeper->asking--;
	tell_progress(crew);
	result = file_answer(&crew->door, &crew->job.request, &response, &err);
	if (result == 0)
		ask_locally(crew);
	else
		on_answer(crew, result > 0 ? &response : NULL, result > 0 ? NULL : &err);
}

static void send_request(struct crew *crew)
{
	if (crew->job.request.kind != REQUEST_HTTP) {
		ask_locally(crew);
		return;
	}
	crew->carry = (struct carry){
		.token = crew->member->account->token,
		.request = &crew->job.request,
		.done = on_answer,
		.data = crew,
	};
	crew->sent = true;
	auth_carry(crew->sweeper->auth, &crew->carry);
}

/* The job is over and let go of; what must be known of it waits for the commit. */
static void end(struct crew *crew, const struct verdict *verdict)
{
	struct sweeper *sweeper = crew->sweeper;
	struct sweep_job *job = &crew->job;
	struct ending *ending = memory_new(1, sizeof(*ending));
	bool failed = verdict->outcome == JOB_WAIT;

	*ending = (struct ending){
		.member = crew->member,
		.wish = crew->wish,
		.sweep = crew->sweep,
		.failed = failed,
		.held = verdict->held,
		.before = job->troubled,
		.class = failed ? verdict->cause.class : job->lacking.class,
		.due = failed ? verdict->until : job->state.due,
		.answers = job->answers,
		.changes = job->changes,
	};
	if (failed)
		ending->words = memory_text(verdict->cause.text);
	else if (job->notes.length > 0)
		ending->words = text_take(&job->notes);
	*sweeper->last_ending = ending;
	sweeper->last_ending = &ending->next;
	free_crew(crew);
}

static void wait_for_retry(struct crew *crew, const struct verdict *verdict)
{
	char name[ACCOUNT_NAME];
	int64_t wait_s = verdict->until - clock_now();

	log_info("%s: %s: %s; next try in %lld s",
		 name_of(crew->member->account, name, sizeof(name)),
		 error_class_name(verdict->cause.class), verdict->cause.text, (long long)wait_s);
	ev_timer_set(&crew->retry, wait_s > 0 ? (double)wait_s : 0., 0.);
	ev_timer_start(crew->sweeper->loop, &crew->retry);
}

/* A way round was taken: said, and gone on. */
static void tell_way_round(const struct crew *crew, const struct verdict *verdict)
{
	char name[ACCOUNT_NAME];

	if (verdict->cause.class != ERROR_NONE)
		log_info("%s: %s: %s; going on without",
			 name_of(crew->member->account, name, sizeof(name)),
			 error_class_name(verdict->cause.class), verdict->cause.text);
}

/* Does what the verdict says, until something must be waited for. */
static int follow(struct crew *crew, struct verdict *verdict, struct error *err)
{
	struct job_tools *tools = &crew->sweeper->tools;
	int64_t now = clock_now();

	if (verdict->outcome == JOB_ASK) {
		tell_way_round(crew, verdict);
		if (job_next(&crew->job, tools, now, verdict, err) < 0)
			return -1;
	}
	switch (verdict->outcome) {
	case JOB_SEND:
	case JOB_ASK:
		send_request(crew);
		return 0;
	case JOB_DONE:
		if (job_done(&crew->job, tools, now, err) < 0)
			return -1;
		crew->sweeper->wrote = true;
		end(crew, verdict);
		return 0;
	case JOB_WAIT:
		if (verdict->again)
			wait_for_retry(crew, verdict);
		else
			end(crew, verdict);
		return 0;
	}
	return 0;
}

static int begin(struct crew *crew, struct verdict *verdict, struct error *err)
{
	const struct account *account = crew->member->account;
	struct job_tools *tools = &crew->sweeper->tools;
	const struct wish *wish = crew->wish;
	int64_t now = clock_now();

	/* within the batch: what a person asks for is not kept by what waits for a person */
	if (wish && crew->sweep != SWEEP_CHECK && crew->sweeper->holds.count > 0 &&
	    job_forgive(tools, account, now, err) < 0)
		return -1;
	crew->begun = true;
	return job_begin(&crew->job, tools, account, crew->sweep,
			 wish && wish->ranged ? &wish->range : NULL, now, verdict, err);
}

/* The secret that was refused is not shown any more: nobody waits for its sake. */
static int ask_again(struct crew *crew, struct verdict *verdict, struct error *err)
{
	struct sweeper *sweeper = crew->sweeper;
	struct held held;

	holds_key(HOLD_TOKEN, crew->member->account, NULL, &held);
	held.until = 0;
	if (verdict->outcome == JOB_WAIT)
		verdict->until = clock_now();
	return holds_put(&sweeper->holds, sweeper->store, &held, err);
}

/* What came of a request shows what its token is worth. */
static int hear_of_token(struct crew *crew, struct verdict *verdict, struct error *err)
{
	struct sweeper *sweeper = crew->sweeper;
	enum hold_scope scope = crew->job.view.hold.scope;
	int64_t now = clock_now();

	if (crew->step != STEP_ANSWER && crew->step != STEP_FAILURE)
		return 0;
	if (verdict->cause.class == ERROR_TOKEN) {
		auth_forget(sweeper->auth, crew->member->account->token, &crew->job.request);
		/* that of one account is a matter of its role */
		if ((scope == HOLD_NONE || scope == HOLD_TOKEN) &&
		    tokens_refused(sweeper->tokens, &crew->carry, verdict->cause.text, now))
			return ask_again(crew, verdict, err);
	} else if (crew->step == STEP_ANSWER && verdict->outcome == JOB_ASK && crew->carry.token) {
		tokens_accepted(sweeper->tokens, &crew->carry, crew->sweep == SWEEP_CHECK, now);
	}
	return 0;
}

static int take_step(struct crew *crew, const struct response *response, struct error *err)
{
	struct sweeper *sweeper = crew->sweeper;
	struct verdict verdict = { .outcome = JOB_ASK };
	int64_t now = clock_now();
	int result = 0;

	switch (crew->step) {
	case STEP_BEGIN:
		result = begin(crew, &verdict, err);
		break;
	case STEP_ANSWER:
		result = job_answer(&crew->job, &sweeper->tools, response, now, &verdict, err);
		break;
	case STEP_FAILURE:
		result = job_failed(&crew->job, &sweeper->tools, &crew->cause, now, &verdict, err);
		break;
	case STEP_RETRY:
		break;
	}
	if (result < 0)
		return -1;
	if (crew->step != STEP_RETRY && crew->step != STEP_BEGIN && !verdict.again)
		sweeper->wrote = true;
	if (hear_of_token(crew, &verdict, err) < 0)
		return -1;
	return follow(crew, &verdict, err);
}

/* The store is locked: the step waits, its answer kept. */
static void block(struct crew *crew, const struct response *response)
{
	struct sweeper *sweeper = crew->sweeper;

	if (response) {
		crew->status = response->status;
		crew->ended = response->ended;
		crew->of_exchange = response->of_exchange;
		crew->body.max = response->length + 1;
		text_reset(&crew->body);
		text_add_n(&crew->body, response->body, response->length);
		text_set(&crew->headers, response->headers);
	}
	if (!sweeper->blocked) {
		sweeper->last_blocked = &sweeper->blocked;
		sweeper->blocked_since = clock_now();
		sweeper->blocked_told = false;
	}
	crew->blocked = true;
	crew->next_blocked = NULL;
	*sweeper->last_blocked = crew;
	sweeper->last_blocked = &crew->next_blocked;
	if (!ev_is_active(&sweeper->busy)) {
		ev_timer_set(&sweeper->busy, BUSY_MS / 1000., 0.);
		ev_timer_start(sweeper->loop, &sweeper->busy);
	}
}

/* Takes the crew's step, or leaves it to wait for the store. The crew may be gone afterwards. */
static void step(struct crew *crew, enum step step, const struct response *response)
{
	struct sweeper *sweeper = crew->sweeper;
	struct error err;

	crew->step = step;
	if (open_batch(sweeper, &err) < 0) {
		if (err.class == ERROR_BUSY)
			block(crew, response);
		else
			store_trouble(sweeper, &err);
		return;
	}
	sweeper->steps++;
	if (take_step(crew, response, &err) < 0)
		store_trouble(sweeper, &err);
}

static void on_answer(void *data, const struct response *response, const struct error *cause)
{
	struct crew *crew = data;
	struct sweeper *sweeper = crew->sweeper;

	crew->sent = false;
	if (response) {
		step(crew, STEP_ANSWER, response);
	} else {
		crew->cause = *cause;
		step(crew, STEP_FAILURE, NULL);
	}
	settle(sweeper);
}

static void on_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct crew *crew = timer->data;
	struct sweeper *sweeper = crew->sweeper;

	(void)loop;
	(void)events;
	step(crew, STEP_RETRY, NULL);
	settle(sweeper);
}

/* Looks whether the lock is gone, and takes the steps that waited, in their order. */
static void on_busy(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct sweeper *sweeper = timer->data;
	struct crew *crew;

	(void)loop;
	(void)events;
	sweeper->paused = false;
	while ((crew = sweeper->blocked)) {
		struct response response = {
			.status = crew->status,
			.of_exchange = crew->of_exchange,
			.body = text_str(&crew->body),
			.length = crew->body.length,
			.headers = text_str(&crew->headers),
			.ended = crew->ended,
		};
		struct error err;

		if (open_batch(sweeper, &err) < 0) {
			if (err.class != ERROR_BUSY)
				store_trouble(sweeper, &err);
			break;
		}
		unblock(crew);
		step(crew, crew->step, crew->step == STEP_ANSWER ? &response : NULL);
	}
	if (sweeper->blocked) {
		if (!sweeper->blocked_told && clock_now() - sweeper->blocked_since >= BUSY_TOLD_S) {
			sweeper->blocked_told = true;
			log_warning("store: locked by another program for %d s; waiting",
				    BUSY_TOLD_S);
		}
		if (!ev_is_active(&sweeper->busy)) {
			ev_timer_set(&sweeper->busy, BUSY_MS / 1000., 0.);
			ev_timer_start(sweeper->loop, &sweeper->busy);
		}
	}
	settle(sweeper);
}

/* --- beginning and settling --- */

static struct crew *new_crew(struct sweeper *sweeper, struct member *member, int64_t now)
{
	struct crew *crew = memory_new(1, sizeof(*crew));

	crew->sweeper = sweeper;
	crew->member = member;
	crew->headers.max = HEADERS_MAX;
	ev_init(&crew->retry, on_retry);
	crew->retry.data = crew;
	ev_init(&crew->local, on_local);
	crew->local.data = crew;
	crew->door = (struct file_door){ .directory = sweeper->config->state_directory,
					 .entity = member->account->entity->id,
					 .account = member->account->id,
					 .renamed_from = member->account->renamed_from,
					 .store = sweeper->store };
	crew->next = sweeper->crews;
	if (crew->next)
		crew->next->previous = crew;
	sweeper->crews = crew;
	sweeper->crew_count++;
	crew->wish = member->wishes;
	if (crew->wish) {
		member->wishes = crew->wish->next;
		crew->sweep = crew->wish->sweep;
	} else {
		crew->sweep = member->due[SWEEP_DAILY] <= now ? SWEEP_DAILY : SWEEP_WATCH;
	}
	return crew;
}

/* After a pause one is asked, and all others when what came of it is on disk. */
static bool may_begin(const struct sweeper *sweeper, int64_t now)
{
	size_t most =
		sweeper->suspend_s > 0 ? 1 : (size_t)sweeper->config->http.in_flight + CREWS_BEYOND;

	return sweeper->crew_count < most && sweeper->heap_count > 0 && !sweeper->blocked &&
	       now >= sweeper->suspended_until && due_of(sweeper->heap[0]) <= now;
}

static void begin_due(struct sweeper *sweeper, int64_t now)
{
	while (may_begin(sweeper, now) && sweeper->steps < BATCH_STEPS)
		step(new_crew(sweeper, heap_take(sweeper), now), STEP_BEGIN, NULL);
}

/* --- the wall clock --- */

/* libev asks when `due` fires next, after it did and whenever the wall clock was set: a clock that
 * went back wakes us at once, to see who is due by it. */
static ev_tstamp when_due(ev_periodic *due, ev_tstamp now)
{
	const struct sweeper *sweeper = due->data;

	if (now < sweeper->armed - JUMP_S || sweeper->wake <= now)
		return now + 1.;
	return sweeper->wake;
}

/* A periodic, since the wall clock may be set, and since libev with one of them asleep does not
 * wake every minute. */
static void arm(struct sweeper *sweeper, int64_t now)
{
	int64_t next = sweeper_next(sweeper);

	if (next > tokens_next(sweeper->tokens))
		next = tokens_next(sweeper->tokens);
	if (next < sweeper->suspended_until)
		next = sweeper->suspended_until;
	if (next > now + LOOK_S)
		next = now + LOOK_S;
	if (next <= now)
		next = now + 60; /* there was no room for it: an end will make some, and settle */
	sweeper->armed = ev_now(sweeper->loop);
	/* time() lags behind libev's clock by up to a tick of the kernel: woken on the second
	 * itself we would take it for the one before, and sleep once more */
	sweeper->wake = (double)(time(NULL) + (next - now)) + WAKE_LATE_S;
	ev_periodic_again(sweeper->loop, &sweeper->due);
}

static int reckon_due(struct sweeper *sweeper, struct member *member, int64_t now,
		      struct error *err)
{
	int64_t due[2] = { INT64_MAX, INT64_MAX };

	for (enum sweep sweep = SWEEP_DAILY; sweeper->by_itself && sweep <= SWEEP_WATCH; sweep++)
		if (job_due(&sweeper->tools, member->account, sweep, now, &due[sweep], err) < 0)
			return -1;
	memcpy(member->due, due, sizeof(due));
	return 0;
}

/* Whose hold was told by a clock that ran ahead waits as long as was meant. */
static int shift_holds(struct sweeper *sweeper, int64_t back_s, struct error *err)
{
	for (size_t i = 0; i < sweeper->holds.count; i++) {
		struct held held = sweeper->holds.items[i];

		if (held.until == INT64_MAX)
			continue;
		held.until -= back_s;
		if (holds_put(&sweeper->holds, sweeper->store, &held, err) < 0)
			return -1;
	}
	return 0;
}

/* When those with a token (NULL: everybody) are due, reckoned anew. */
static int reckon_anew(struct sweeper *sweeper, const struct token *token, int64_t now,
		       struct error *err)
{
	int result = 0;

	sweeper->heap_count = 0;
	for (size_t i = 0; i < sweeper->member_count; i++) {
		struct member *member = &sweeper->members[i];
		bool meant = !token || member->account->token == token;

		if (result == 0 && meant && !member->unnamed)
			result = reckon_due(sweeper, member, now, err);
		if (member->place != NOT_IN_HEAP)
			heap_add(sweeper, member);
	}
	return result;
}

/* Everybody's times were told by a clock that ran ahead: they are reckoned anew. */
static int follow_clock_back(struct sweeper *sweeper, int64_t now, struct error *err)
{
	int64_t back_s = sweeper->seen - now;
	int result;

	sweeper->mishaps.count = 0; /* dated by the clock that ran ahead */
	sweeper->trouble = (struct lapse){ 0 };
	if (open_batch(sweeper, err) < 0 || shift_holds(sweeper, back_s, err) < 0 ||
	    store_lapses_set_back(sweeper->store, now, err) < 0)
		return -1;
	result = reckon_anew(sweeper, NULL, now, err);
	if (result == 0)
		log_notice("the clock was set back by %lld s: who is due was reckoned anew",
			   (long long)back_s);
	return result;
}

/* The loop looks every hour, unless the machine slept. */
static void look_for_sleep(struct sweeper *sweeper, int64_t now)
{
	int64_t elapsed = clock_elapsed();
	int64_t slept = elapsed - sweeper->elapsed;

	sweeper->elapsed = elapsed;
	if (slept > DOWN_S)
		note_silence(sweeper, now - slept, now);
}

/* Once an hour while nothing else is to be stored, so that a later start knows since when nobody
 * ran. */
static void show_life(struct sweeper *sweeper, int64_t now)
{
	struct error err;

	if (now < sweeper->suspended_until || !is_life_due(sweeper, now, LOOK_S))
		return;
	if (open_batch(sweeper, &err) < 0) {
		if (err.class != ERROR_BUSY) /* else with the next batch */
			store_trouble(sweeper, &err);
		return;
	}
	if (say_alive(sweeper, now, LOOK_S, &err) < 0)
		store_trouble(sweeper, &err);
}

static void look_at_clock(struct sweeper *sweeper, int64_t now)
{
	struct error err;

	look_for_sleep(sweeper, now);
	if (now < sweeper->seen - JUMP_S) {
		if (sweeper->suspended_until > now + SUSPEND_MAX_S)
			sweeper->suspended_until = now + sweeper->suspend_s;
		if (now < sweeper->suspended_until)
			return;
		if (follow_clock_back(sweeper, now, &err) < 0) {
			if (err.class != ERROR_BUSY) /* else the next look finds it again */
				store_trouble(sweeper, &err);
			return;
		}
	}
	sweeper->seen = now;
}

/* Those who waited for another secret need not wait any longer. */
static int wake_replaced(struct sweeper *sweeper, int64_t now, struct error *err)
{
	const struct token *token;

	while ((token = tokens_replaced(sweeper->tokens)))
		if (reckon_anew(sweeper, token, now, err) < 0)
			return -1;
	return 0;
}

static void store_tokens_state(struct sweeper *sweeper)
{
	struct error err;

	if (!tokens_unwritten(sweeper->tokens))
		return;
	if (open_batch(sweeper, &err) == 0 && tokens_write(sweeper->tokens, &err) == 0) {
		sweeper->steps++;
	} else if (err.class != ERROR_BUSY || sweeper->in_batch) {
		store_trouble(sweeper, &err);
	} else if (!ev_is_active(&sweeper->busy)) {
		ev_timer_set(&sweeper->busy, BUSY_MS / 1000., 0.);
		ev_timer_start(sweeper->loop, &sweeper->busy);
	}
}

/* Tokens are asked about; what was learnt of them is stored with the rest of the batch. */
static void look_at_tokens(struct sweeper *sweeper, int64_t now)
{
	struct error err;

	tokens_look(sweeper->tokens, now);
	if (now < sweeper->suspended_until)
		return;
	store_tokens_state(sweeper); /* which takes off what they waited for */
	if (now < sweeper->suspended_until)
		return;
	if (wake_replaced(sweeper, now, &err) < 0)
		store_trouble(sweeper, &err);
}

/* What follows whatever happened: who is due is begun, a full batch committed. The one place for
 * it, at the end of every callback, so that nothing of it happens within another. */
static void settle(struct sweeper *sweeper)
{
	int64_t now = clock_now();

	if (sweeper->settling)
		return;
	sweeper->settling = true;
	look_at_clock(sweeper, now);
	show_life(sweeper, now);
	look_at_tokens(sweeper, now);
	do {
		begin_due(sweeper, now);
		if (batch_is_full(sweeper))
			commit_batch(sweeper);
	} while (may_begin(sweeper, now) || batch_is_full(sweeper));
	sweeper->settling = false;
	if (sweeper->crew_count == 0 && !ev_is_active(&sweeper->rest)) {
		ev_timer_set(&sweeper->rest, 1., 0.);
		ev_timer_start(sweeper->loop, &sweeper->rest);
	}
	arm(sweeper, now);
	if (sweeper->changed)
		sweeper->changed(sweeper->changed_data);
}

static void on_due(struct ev_loop *loop, ev_periodic *periodic, int events)
{
	(void)loop;
	(void)events;
	settle(periodic->data);
}

/* A sweep is over and nothing is due for a while: connections and memory are given back. */
static void on_rest(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct sweeper *sweeper = timer->data;

	(void)loop;
	(void)events;
	if (sweeper->crew_count > 0 || sweeper_next(sweeper) < clock_now() + REST_S)
		return;
	fetcher_rest(sweeper->fetcher);
	findings_clear(&sweeper->tools.findings);
	(void)malloc_trim(0);
}

/* --- errands --- */

void sweeper_ask(struct sweeper *sweeper, const struct account *account, enum sweep sweep,
		 const struct window *range, struct errand *errand)
{
	struct wish *wish = memory_new(1, sizeof(*wish));
	struct member *member = sweeper->members;
	struct wish **last;

	while (member->account != account)
		member++;
	*wish = (struct wish){ .sweep = sweep, .ranged = range != NULL, .errand = errand };
	if (range)
		wish->range = *range;
	for (last = &member->wishes; *last; last = &(*last)->next)
		continue;
	*last = wish;
	errand->open++;
	if (member->place != NOT_IN_HEAP)
		heap_up(sweeper, member);
	/* begun from the loop: whoever asks may ask for more first */
	ev_feed_event(sweeper->loop, &sweeper->due, EV_PERIODIC);
}

int sweeper_past(struct sweeper *sweeper, const struct account *account, struct window *ret,
		 struct error *err)
{
	const char *name = account->collector->zone ? account->collector->zone : account->zone;
	struct zone *zone;

	if (zones_get(&sweeper->zones, name, &zone, err) < 0)
		return -1;
	*ret = schedule_kept(account, zone_day(zone, clock_now()));
	return 0;
}

void sweeper_ask_token(struct sweeper *sweeper, const struct token *token, struct errand *errand)
{
	tokens_ask(sweeper->tokens, token, errand);
}

bool sweeper_describe_token(struct sweeper *sweeper, const struct token *token, char *ret,
			    size_t room)
{
	return tokens_describe(sweeper->tokens, token, clock_now(), ret, room);
}

/* --- what it says of itself --- */

size_t sweeper_running(const struct sweeper *sweeper)
{
	return sweeper->crew_count;
}

int64_t sweeper_next(const struct sweeper *sweeper)
{
	return sweeper->heap_count > 0 ? due_of(sweeper->heap[0]) : INT64_MAX;
}

bool sweeper_writing(const struct sweeper *sweeper)
{
	return sweeper->in_batch;
}

const char *sweeper_trouble(const struct sweeper *sweeper, int64_t *since)
{
	if (sweeper->suspend_s == 0)
		return NULL;
	*since = sweeper->trouble.since;
	return sweeper->trouble.words;
}

void sweeper_on_change(struct sweeper *sweeper, void (*changed)(void *data), void *data)
{
	sweeper->changed = changed;
	sweeper->changed_data = data;
}

static const char *scope_name(enum hold_scope scope)
{
	switch (scope) {
	case HOLD_NONE:
		return "none";
	case HOLD_REQUEST:
		return "request";
	case HOLD_ACCOUNT:
		return "account";
	case HOLD_TOKEN:
		return "token";
	case HOLD_APP:
		return "app";
	case HOLD_HOST:
		return "host";
	}
	return "none";
}

static cJSON *describe_hold(const struct held *held)
{
	cJSON *entry = cJSON_CreateObject();

	cJSON_AddStringToObject(entry, "scope", scope_name(held->scope));
	cJSON_AddStringToObject(entry, "key", held->key);
	/* cJSON's numbers are doubles: without an end is null */
	if (held->until == INT64_MAX)
		cJSON_AddNullToObject(entry, "until");
	else
		cJSON_AddNumberToObject(entry, "until", (double)held->until);
	cJSON_AddStringToObject(entry, "why", held->why);
	return entry;
}

/* Adds the entry if it fits into what is left of `room` bytes. */
static bool add_if_it_fits(cJSON *array, cJSON *entry, size_t *room)
{
	char *bytes = cJSON_PrintUnformatted(entry);
	size_t length = bytes ? strlen(bytes) + 1 : SIZE_MAX;

	cJSON_free(bytes);
	if (length > *room) {
		cJSON_Delete(entry);
		return false;
	}
	*room -= length;
	cJSON_AddItemToArray(array, entry);
	return true;
}

void sweeper_describe(const struct sweeper *sweeper, cJSON *object)
{
	cJSON *running = cJSON_AddArrayToObject(object, "running");
	cJSON *held = cJSON_AddArrayToObject(object, "held");
	int64_t now = clock_now();
	size_t room = STATUS_BYTES;
	size_t unsaid_running = 0, unsaid_held = 0;
	char name[ACCOUNT_NAME];

	cJSON_AddNumberToObject(object, "in_flight", (double)fetcher_busy(sweeper->fetcher));
	if (sweeper->suspend_s > 0)
		cJSON_AddStringToObject(object, "store_trouble", sweeper->trouble.words);
	for (size_t i = 0; i < sweeper->holds.count; i++) {
		const struct held *item = &sweeper->holds.items[i];

		if (item->until > now && !add_if_it_fits(held, describe_hold(item), &room))
			unsaid_held++;
	}
	for (const struct crew *crew = sweeper->crews; crew; crew = crew->next) {
		cJSON *entry =
			cJSON_CreateString(name_of(crew->member->account, name, sizeof(name)));

		if (!add_if_it_fits(running, entry, &room))
			unsaid_running++;
	}
	if (unsaid_running > 0)
		cJSON_AddNumberToObject(object, "running_more", (double)unsaid_running);
	if (unsaid_held > 0)
		cJSON_AddNumberToObject(object, "held_more", (double)unsaid_held);
}

/* --- the configuration --- */

static int64_t secret_time(void *data, const struct token *token)
{
	struct sweeper *sweeper = data;

	return keys_time(auth_keys(sweeper->auth), token);
}

static void on_token(void *data)
{
	struct sweeper *sweeper = data;

	ev_feed_event(sweeper->loop, &sweeper->due, EV_PERIODIC);
}

static struct tokens *new_tokens(struct sweeper *sweeper, struct error *err)
{
	struct tokens_context context = {
		.auth = sweeper->auth,
		.store = sweeper->store,
		.holds = &sweeper->holds,
		.by_itself = sweeper->by_itself,
		.wake = on_token,
		.data = sweeper,
	};

	return tokens_new(&context, err);
}

/* Its numbers get its new name, else it waits: what is collected under a name that has nothing yet
 * would keep the numbers from it for good. */
static void rename_member(struct sweeper *sweeper, struct member *member)
{
	const struct account *account = member->account;
	char name[ACCOUNT_NAME];
	struct error err;
	bool waited = member->unnamed;

	member->unnamed = false;
	if (!account->renamed_from)
		return;
	(void)name_of(account, name, sizeof(name));
	if (store_rename(sweeper->store, account->entity->id, account->renamed_from, account->id,
			 &err) == 0) {
		if (waited)
			log_notice("%s: renamed_from \"%s\": done", name, account->renamed_from);
		return;
	}
	if (err.class == ERROR_INPUT) {
		log_error("%s: renamed_from \"%s\": %s; its numbers stay where they are", name,
			  account->renamed_from, err.text);
		return;
	}
	member->unnamed = true;
	if (!waited)
		log_warning("%s: renamed_from \"%s\": %s; not visited until that is done", name,
			    account->renamed_from, err.text);
}

/* Those whose rename could not be written are tried again; who has its numbers is due. */
static void on_rename(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct sweeper *sweeper = timer->data;
	int64_t now = clock_now();
	bool waiting = false;

	(void)loop;
	(void)events;
	commit_batch(sweeper); /* a rename is a transaction of its own */
	for (size_t i = 0; i < sweeper->member_count; i++) {
		struct member *member = &sweeper->members[i];
		struct error err;

		if (!member->unnamed)
			continue;
		rename_member(sweeper, member);
		if (!member->unnamed && reckon_due(sweeper, member, now, &err) < 0)
			member->unnamed = true;
		if (!member->unnamed)
			heap_add(sweeper, member);
		waiting |= member->unnamed;
	}
	if (waiting) {
		ev_timer_set(timer, RENAME_S, 0.);
		ev_timer_start(loop, timer);
	}
	settle(sweeper);
}

/* Who was configured until now. */
struct crowd {
	struct member *members;
	size_t count;
};

static const struct member *find_as(const struct crowd *crowd, const struct account *account,
				    const char *id)
{
	uint32_t hash = schedule_hash(account->entity->id, id);

	for (size_t i = 0; i < crowd->count; i++) {
		const struct account *other = crowd->members[i].account;

		if (crowd->members[i].hash == hash && strcmp(other->id, id) == 0 &&
		    strcmp(other->entity->id, account->entity->id) == 0)
			return &crowd->members[i];
	}
	return NULL;
}

/* As what it was configured until now; NULL: it was not. */
static const struct member *find_before(const struct crowd *before, const struct account *account)
{
	const struct member *was = find_as(before, account, account->id);

	return was || !account->renamed_from ? was
					     : find_as(before, account, account->renamed_from);
}

/* Somebody ran long after it was due, and did not sweep it: it was not in the configuration. */
static int look_for_absence(struct sweeper *sweeper, struct member *member, struct error *err)
{
	const struct account *account = member->account;
	struct sweep_state state = { 0 };

	if (!sweeper->by_itself || !is_collected(account) || sweeper->last_alive == 0)
		return 0;
	if (store_sweep_load(sweeper->store, account->entity->id, account->id, SWEEP_DAILY, &state,
			     err) < 0)
		return -1;
	if (state.due != 0 && state.due < sweeper->last_alive - ABSENT_S) {
		member->absent = state.due;
		sweeper->mishaps.absent = true;
	}
	sweep_state_clear(&state);
	return 0;
}

static int load_member(struct sweeper *sweeper, struct member *member,
		       const struct account *account, const struct crowd *before, int64_t now,
		       struct error *err)
{
	const struct member *was = find_before(before, account);

	*member = (struct member){ .account = account,
				   .due = { INT64_MAX, INT64_MAX },
				   .place = NOT_IN_HEAP,
				   .put_off = was && was->put_off,
				   .hash = schedule_hash(account->entity->id, account->id) };
	rename_member(sweeper, member);
	if (member->unnamed) {
		if (!ev_is_active(&sweeper->rename)) {
			ev_timer_set(&sweeper->rename, RENAME_S, 0.);
			ev_timer_start(sweeper->loop, &sweeper->rename);
		}
		return 0;
	}
	/* who was there has only not had its turn yet */
	if (!was && look_for_absence(sweeper, member, err) < 0)
		return -1;
	return reckon_due(sweeper, member, now, err);
}

/* Missed sweeps begin one after the other, not all in one second, in the order of their hashes. */
static void spread_missed(struct sweeper *sweeper, int64_t now)
{
	int64_t missed = 0;
	int64_t spread;

	for (size_t i = 0; i < sweeper->member_count; i++)
		missed += due_of(&sweeper->members[i]) <= now;
	spread = missed / MISSED_A_SECOND;
	if (missed <= sweeper->config->http.in_flight || spread == 0)
		return;
	if (spread > MISSED_SPREAD_S)
		spread = MISSED_SPREAD_S;
	for (size_t i = 0; i < sweeper->member_count; i++) {
		struct member *member = &sweeper->members[i];

		for (size_t j = 0; j < 2; j++)
			if (member->due[j] <= now)
				member->due[j] = now + (spread * member->hash >> 32);
	}
}

static int load_members(struct sweeper *sweeper, struct error *err)
{
	const struct config *config = sweeper->config;
	struct crowd before = { sweeper->members, sweeper->member_count };
	int64_t now = clock_now();
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < config->entity_count; i++)
		count += config->entities[i].account_count;
	free(sweeper->heap);
	sweeper->members = memory_new(count, sizeof(*sweeper->members));
	sweeper->heap = memory_new(count, sizeof(struct member *));
	sweeper->member_count = 0;
	sweeper->heap_count = 0;
	for (size_t i = 0; i < config->entity_count; i++) {
		const struct entity *entity = &config->entities[i];

		for (size_t j = 0; result == 0 && j < entity->account_count; j++)
			result = load_member(sweeper, &sweeper->members[sweeper->member_count++],
					     &entity->accounts[j], &before, now, err);
	}
	free(before.members);
	if (result < 0)
		return -1;
	spread_missed(sweeper, now);
	for (size_t i = 0; i < sweeper->member_count; i++)
		if (!sweeper->members[i].unnamed)
			heap_add(sweeper, &sweeper->members[i]);
	sweeper->seen = now;
	return holds_load(&sweeper->holds, sweeper->store, now, err);
}

static struct fetcher *new_fetcher(const struct sweeper *sweeper)
{
	const struct config *config = sweeper->config;
	struct fetch_limits limits = {
		.in_flight = config->http.in_flight,
		.per_host = config->http.per_host,
		.per_token = config->http.per_token,
		.connect_timeout_ms = config->http.connect_timeout_ms,
		.timeout_ms = config->http.timeout_ms,
		.body_max = config->http.body_max,
		.ca_file = config->http.ca_file,
	};

	return fetcher_new(sweeper->loop, &limits);
}

struct sweeper *sweeper_new(struct ev_loop *loop, struct store *store, const struct config *config,
			    bool by_itself, struct error *err)
{
	struct sweeper *sweeper = memory_new(1, sizeof(*sweeper));

	sweeper->loop = loop;
	sweeper->store = store;
	sweeper->config = config;
	sweeper->by_itself = by_itself;
	sweeper->last_blocked = &sweeper->blocked;
	sweeper->last_ending = &sweeper->endings;
	sweeper->fetcher = new_fetcher(sweeper);
	sweeper->auth = auth_new(sweeper->fetcher);
	sweeper->tools.store = store;
	sweeper->tools.config = config;
	sweeper->tools.zones = &sweeper->zones;
	sweeper->tools.holds = &sweeper->holds;
	sweeper->tools.secret_time = secret_time;
	sweeper->tools.data = sweeper;
	keys_keep_in(auth_keys(sweeper->auth), config->state_directory);
	ev_periodic_init(&sweeper->due, on_due, 0., 0., when_due);
	ev_init(&sweeper->batch, on_batch);
	ev_init(&sweeper->busy, on_busy);
	ev_init(&sweeper->rest, on_rest);
	ev_init(&sweeper->rename, on_rename);
	sweeper->due.data = sweeper->batch.data = sweeper->busy.data = sweeper->rest.data =
		sweeper->rename.data = sweeper;
	sweeper->elapsed = clock_elapsed();
	sweeper->tokens = new_tokens(sweeper, err);
	if (!sweeper->tokens || store_last_alive(store, &sweeper->last_alive, err) < 0 ||
	    load_members(sweeper, err) < 0) {
		sweeper_free(sweeper);
		return NULL;
	}
	tokens_use(sweeper->tokens, config, clock_now());
	if (sweeper->last_alive && sweeper->seen - sweeper->last_alive > DOWN_S)
		note_silence(sweeper, sweeper->last_alive, sweeper->seen);
	sweeper->mishaps.ahead = sweeper->last_alive > sweeper->seen;
	ev_periodic_start(loop, &sweeper->due);
	ev_feed_event(loop, &sweeper->due, EV_PERIODIC);
	return sweeper;
}

/* Until when it ran, for the next start. */
static void say_goodbye(struct sweeper *sweeper)
{
	struct error err;

	if (sweeper->alive == 0 || sweeper->suspend_s > 0)
		return;
	sweeper->paused = false; /* nobody comes after */
	if (open_batch(sweeper, &err) == 0)
		(void)say_alive(sweeper, clock_now(), 1, &err);
}

void sweeper_free(struct sweeper *sweeper)
{
	struct crew *next_crew;

	if (!sweeper)
		return;
	sweeper->settling = true;
	say_goodbye(sweeper);
	commit_batch(sweeper);
	for (struct crew *crew = sweeper->crews; crew; crew = next_crew) {
		next_crew = crew->next;
		free(crew->wish);
		free_crew(crew);
	}
	for (size_t i = 0; i < sweeper->member_count; i++) {
		struct wish *wish = sweeper->members[i].wishes;

		while (wish) {
			struct wish *next = wish->next;

			free(wish);
			wish = next;
		}
	}
	ev_periodic_stop(sweeper->loop, &sweeper->due);
	ev_timer_stop(sweeper->loop, &sweeper->batch);
	ev_timer_stop(sweeper->loop, &sweeper->busy);
	ev_timer_stop(sweeper->loop, &sweeper->rest);
	ev_timer_stop(sweeper->loop, &sweeper->rename);
	tokens_free(sweeper->tokens);
	auth_free(sweeper->auth);
	fetcher_free(sweeper->fetcher);
	job_tools_clear(&sweeper->tools);
	holds_clear(&sweeper->holds);
	zones_clear(&sweeper->zones);
	free(sweeper->members);
	free(sweeper->heap);
	free(sweeper);
}

/* A wish and whose it was, while the members are built anew. */
struct carried {
	char entity[ACCOUNT_NAME], account[ACCOUNT_NAME];
	struct wish *wish;
};

static struct carried *gather_wishes(struct sweeper *sweeper, size_t *count)
{
	struct carried *carried = NULL;
	size_t room = 0;

	*count = 0;
	for (size_t i = 0; i < sweeper->member_count; i++) {
		struct member *member = &sweeper->members[i];

		while (member->wishes) {
			struct carried *one;

			carried = memory_grow(carried, *count, &room, sizeof(*carried));
			one = &carried[(*count)++];
			(void)snprintf(one->entity, sizeof(one->entity), "%s",
				       member->account->entity->id);
			(void)snprintf(one->account, sizeof(one->account), "%s",
				       member->account->id);
			one->wish = member->wishes;
			member->wishes = one->wish->next;
			one->wish->next = NULL;
		}
	}
	return carried;
}

static void hand_back(struct sweeper *sweeper, const struct carried *carried)
{
	struct wish *wish = carried->wish;
	const struct account *account;
	struct error err;
	char words[WORDS];

	if (config_account(sweeper->config, carried->entity, carried->account, &account, &err) <
	    0) {
		(void)snprintf(words, sizeof(words), "%s/%s: no longer configured", carried->entity,
			       carried->account);
		wish->errand->progress(wish->errand, words);
		end_wish(wish, true);
		return;
	}
	wish->errand->open--; /* asked for anew */
	sweeper_ask(sweeper, account, wish->sweep, wish->ranged ? &wish->range : NULL,
		    wish->errand);
	free(wish);
}

int sweeper_use(struct sweeper *sweeper, const struct config *config, struct error *err)
{
	struct carried *carried;
	struct crew *next;
	size_t count;
	int result;

	sweeper->settling = true;
	commit_batch(sweeper);
	for (struct crew *crew = sweeper->crews; crew; crew = next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): who is freed left the list */
		next = crew->next;
		if (crew->wish) {
			crew->wish->next = crew->member->wishes;
			crew->member->wishes = crew->wish;
		}
		free_crew(crew);
	}
	carried = gather_wishes(sweeper, &count);
	/* while the store is in trouble everybody is overdue */
	sweeper->last_alive = sweeper->suspend_s > 0 ? 0 : clock_now();
	sweeper->config = config;
	sweeper->tools.config = config;
	tokens_drop(sweeper->tokens);
	auth_use(sweeper->auth, NULL);
	fetcher_free(sweeper->fetcher);
	sweeper->fetcher = new_fetcher(sweeper);
	auth_use(sweeper->auth, sweeper->fetcher);
	tokens_use(sweeper->tokens, config, clock_now());
	result = load_members(sweeper, err);
	for (size_t i = 0; i < count; i++) {
		if (result < 0) { /* not all members are there, and the store is in trouble */
			carried[i].wish->errand->store_failed = true;
			end_wish(carried[i].wish, true);
		} else {
			hand_back(sweeper, &carried[i]);
		}
	}
	free(carried);
	if (result < 0)
		return -1; /* still settling: it can only be freed */
	sweeper->settling = false;
	ev_feed_event(sweeper->loop, &sweeper->due, EV_PERIODIC);
	return result;
}
