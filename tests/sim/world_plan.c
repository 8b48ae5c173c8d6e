#include "world_plan.h"

#include "hash.h"
#include "sim.h"
#include "weblog.h"

#include "metricsd/collector.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MINUTE = 60,
	HOUR = 3600,
	DAY = 86400,
	CALM_DAYS = 45,
	CHANNELS_EACH = 10,
	PEOPLE = 300,
	FORGOTTEN_DAYS = 40, /* a metric that was refused is asked for again */
};

const char *const plan_secret_marks[] = {
	"Zq7Secret",  "EAASimPage", "appsecret_proof=", "PRIVATE KEY", "ya29.sim-",
	"assertion=", "umami.sim-", "EAASimLong",       NULL
};

uint64_t chance_draw(struct chance *chance)
{
	return hash_two(chance->seed, chance->drawn++);
}

int64_t chance_below(struct chance *chance, int64_t below)
{
	return (int64_t)(chance_draw(chance) % (uint64_t)below);
}

int64_t chance_between(struct chance *chance, int64_t from, int64_t to)
{
	return from + chance_below(chance, to - from + 1);
}

const char *plan_zone(int entity)
{
	static const char *const zones[] = { "America/Bogota",      "America/Santiago",
					     "Europe/Madrid",       "Pacific/Auckland",
					     "America/New_York",    "Asia/Kolkata",
					     "America/Los_Angeles", "Pacific/Kiritimati" };

	return zones[(size_t)entity % (sizeof(zones) / sizeof(zones[0]))];
}

const struct collector *plan_collector(enum channel_kind kind)
{
	static const char *const names[CHANNEL_KINDS] = {
		[CHANNEL_PAGE] = "facebook", [CHANNEL_INSTAGRAM] = "instagram",
		[CHANNEL_MATOMO] = "matomo", [CHANNEL_MANUAL] = "manual",
		[CHANNEL_GA4] = "ga4",       [CHANNEL_PLAUSIBLE] = "plausible",
		[CHANNEL_UMAMI] = "umami",   [CHANNEL_LOG] = "accesslog",
	};

	return collector_find(names[kind]);
}

/* --- who is in it --- */

/* Every other office has all kinds of websites, those between them more of Meta's. */
static enum channel_kind kind_of(size_t i)
{
	static const enum channel_kind kinds[2 * CHANNELS_EACH] = {
		CHANNEL_PAGE,   CHANNEL_INSTAGRAM, CHANNEL_MATOMO, CHANNEL_MANUAL,
		CHANNEL_PAGE,   CHANNEL_LOG,       CHANNEL_GA4,    CHANNEL_PLAUSIBLE,
		CHANNEL_UMAMI,  CHANNEL_LOG,

		CHANNEL_PAGE,   CHANNEL_INSTAGRAM, CHANNEL_MATOMO, CHANNEL_MANUAL,
		CHANNEL_PAGE,   CHANNEL_INSTAGRAM, CHANNEL_PAGE,   CHANNEL_INSTAGRAM,
		CHANNEL_MATOMO, CHANNEL_PAGE,
	};

	return kinds[i % (sizeof(kinds) / sizeof(kinds[0]))];
}

/* Whose token opens it; what needs none is its own. */
static enum channel_kind opened_by(enum channel_kind kind)
{
	return kind == CHANNEL_INSTAGRAM ? CHANNEL_PAGE : kind;
}

static const char *token_name(enum channel_kind kind)
{
	static const char *const names[CHANNEL_KINDS] = {
		[CHANNEL_PAGE] = "meta",           [CHANNEL_INSTAGRAM] = "meta",
		[CHANNEL_MATOMO] = "matomo",       [CHANNEL_GA4] = "ga4",
		[CHANNEL_PLAUSIBLE] = "plausible", [CHANNEL_UMAMI] = "umami",
	};

	return names[kind];
}

static void make_channel(struct plan_of_run *plan, size_t i)
{
	struct outlet *channel = &plan->channels[i];
	int place = (int)(i % CHANNELS_EACH);

	channel->kind = kind_of(i);
	channel->entity = (int)(i / CHANNELS_EACH);
	if (token_name(channel->kind))
		(void)snprintf(channel->token, sizeof(channel->token), "%s-%d",
			       token_name(channel->kind), channel->entity);
	switch (channel->kind) {
	case CHANNEL_PAGE:
		(void)snprintf(channel->id, sizeof(channel->id), "fb-%d", place);
		(void)snprintf(channel->provider, sizeof(channel->provider), "104%012zu", i + 1);
		break;
	case CHANNEL_INSTAGRAM:
		(void)snprintf(channel->id, sizeof(channel->id), "ig-%d", place);
		(void)snprintf(channel->provider, sizeof(channel->provider), "178414%011zu", i + 1);
		break;
	case CHANNEL_MATOMO:
		(void)snprintf(channel->id, sizeof(channel->id), "web-%d", place);
		(void)snprintf(channel->provider, sizeof(channel->provider), "%zu", i + 1);
		break;
	case CHANNEL_MANUAL:
		(void)snprintf(channel->id, sizeof(channel->id), "x-%d", place);
		break;
	case CHANNEL_GA4:
		(void)snprintf(channel->id, sizeof(channel->id), "ga-%d", place);
		(void)snprintf(channel->provider, sizeof(channel->provider), "3%08zu", i + 1);
		break;
	case CHANNEL_PLAUSIBLE:
		(void)snprintf(channel->id, sizeof(channel->id), "pl-%d", place);
		(void)snprintf(channel->provider, sizeof(channel->provider), "sede-%zu.example",
			       i + 1);
		break;
	case CHANNEL_UMAMI:
		(void)snprintf(channel->id, sizeof(channel->id), "um-%d", place);
		(void)snprintf(channel->provider, sizeof(channel->provider),
			       "22222222-3333-4444-8555-%012zu", i + 1);
		break;
	case CHANNEL_LOG:
		(void)snprintf(channel->id, sizeof(channel->id), "log-%d", place);
		(void)snprintf(channel->provider, sizeof(channel->provider), "log-%zu", i + 1);
		break;
	}
}

static void make_token(struct plan_of_run *plan, const struct outlet *channel)
{
	struct held_token *token = &plan->tokens[plan->token_count];

	for (size_t i = 0; i < plan->token_count; i++)
		if (strcmp(plan->tokens[i].id, channel->token) == 0)
			return;
	(void)snprintf(token->id, sizeof(token->id), "%s", channel->token);
	token->of = opened_by(channel->kind);
	if (token->of == CHANNEL_PAGE) {
		token->kind = hash_two(plan->options.seed, (uint64_t)channel->entity) % 3 == 0
				      ? "user"
				      : "system-user";
		token->app_secret = true; /* the providers ask for a proof, or do not, as one */
	} else if (token->of == CHANNEL_GA4) {
		token->kind = "service-account";
	} else if (token->of == CHANNEL_UMAMI) {
		token->kind = "login";
	}
	plan->token_count++;
}

static void make_tokens(struct plan_of_run *plan)
{
	plan->tokens = memory_new(plan->channel_count, sizeof(*plan->tokens));
	for (size_t i = 0; i < plan->channel_count; i++)
		if (plan->channels[i].token[0])
			make_token(plan, &plan->channels[i]);
}

/* --- what happens --- */

static void plan_event(struct plan_of_run *plan, int64_t at, enum run_event event, int64_t a,
		       int64_t b)
{
	plan->events = memory_grow(plan->events, plan->event_count, &plan->event_room,
				   sizeof(*plan->events));
	plan->events[plan->event_count] = (struct planned){
		.at = at, .order = (int)plan->event_count, .event = event, .a = a, .b = b
	};
	plan->event_count++;
}

static int by_time(const void *a, const void *b)
{
	const struct planned *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

/* How often something happens that happens so often in a year; at least once. */
static int times(const struct plan_of_run *plan, int a_year)
{
	int64_t many = (int64_t)a_year * (plan->calm - plan->start) / ((int64_t)365 * DAY);

	return many < 1 ? 1 : (int)many;
}

/* Any time before the calm, `lasting` seconds of which fit in. */
static int64_t some_time(struct plan_of_run *plan, int64_t lasting)
{
	int64_t room = plan->calm - plan->start - lasting;

	return plan->start + HOUR + chance_below(&plan->chance, room > HOUR ? room - HOUR : 1);
}

static void plan_stretches(struct plan_of_run *plan, enum run_event event, int a_year,
			   int64_t least, int64_t most, int64_t low, int64_t high)
{
	int64_t whole = (plan->calm - plan->start) / 3;

	if (most > whole)
		most = whole;
	if (least > most)
		least = most;
	for (int i = times(plan, a_year); i > 0; i--) {
		int64_t lasting = chance_between(&plan->chance, least, most);
		int64_t at = some_time(plan, lasting);

		plan_event(plan, at, event, chance_between(&plan->chance, low, high), lasting);
	}
}

static void plan_clock(struct plan_of_run *plan)
{
	for (int i = times(plan, 8); i > 0; i--) {
		int64_t lasting = chance_between(&plan->chance, 10 * MINUTE, 2 * DAY);
		int64_t at = some_time(plan, lasting);
		int64_t ahead = chance_below(&plan->chance, 2)
					? chance_between(&plan->chance, 3 * MINUTE, 50 * MINUTE)
					: chance_between(&plan->chance, 26 * HOUR, 20 * DAY);

		if (chance_below(&plan->chance, 2))
			ahead = -ahead;
		plan_event(plan, at, RUN_CLOCK, ahead, 0);
		plan_event(plan, at + lasting, RUN_CLOCK, 0, 0);
	}
}

static void plan_tokens(struct plan_of_run *plan)
{
	for (size_t i = 0; i < plan->token_count; i++) {
		for (int j = times(plan, 2); j > 0; j--) {
			int64_t lasting = chance_between(&plan->chance, HOUR, 12 * DAY);
			int64_t at = some_time(plan, lasting);

			plan_event(plan, at, RUN_TOKEN, (int64_t)i,
				   chance_between(&plan->chance, TOKEN_REFUSED, TOKEN_GONE));
			plan_event(plan, at + lasting, RUN_TOKEN, (int64_t)i, TOKEN_GOOD);
		}
		if (plan->tokens[i].of == CHANNEL_PAGE) {
			int64_t at = some_time(plan, (int64_t)25 * DAY);

			plan_event(plan, at, RUN_TOKEN, (int64_t)i, TOKEN_ENDING);
			plan_event(plan,
				   at + chance_between(&plan->chance, (int64_t)10 * DAY,
						       (int64_t)25 * DAY),
				   RUN_TOKEN, (int64_t)i, TOKEN_GOOD);
		}
		/* somebody has looked at all of them by then */
		plan_event(plan, plan->calm, RUN_TOKEN, (int64_t)i, TOKEN_GOOD);
	}
}

/* Meta blocks one whose owner has to log in; then the same is good again. */
static void plan_blocks(struct plan_of_run *plan)
{
	struct chance before = plan->chance;

	plan->chance = (struct chance){ .seed = hash_two(plan->options.seed, 0xB10C) };
	for (size_t i = 0; i < plan->token_count; i++) {
		int64_t lasting = chance_between(&plan->chance, HOUR, (int64_t)8 * DAY);
		int64_t at = some_time(plan, lasting);

		if (plan->tokens[i].of != CHANNEL_PAGE)
			continue;
		plan_event(plan, at, RUN_TOKEN, (int64_t)i, TOKEN_BLOCKED);
		plan_event(plan, at + lasting, RUN_TOKEN, (int64_t)i, TOKEN_FORGIVEN);
	}
	plan->chance = before;
}

static void plan_people(struct plan_of_run *plan)
{
	for (size_t i = 0; i < plan->channel_count; i++) {
		if (plan->channels[i].kind != CHANNEL_MANUAL)
			continue;
		for (int j = times(plan, 40); j > 0; j--)
			plan_event(plan, some_time(plan, 0), RUN_ENTRY, (int64_t)i, 0);
	}
	plan_stretches(plan, RUN_LOCK, 30, 1, 20, 0, 0);
	for (int i = times(plan, 40); i > 0; i--)
		plan_event(plan, some_time(plan, 0), RUN_ERRAND,
			   chance_below(&plan->chance, (int64_t)plan->channel_count),
			   chance_below(&plan->chance, 3));
}

static void plan_logs(struct plan_of_run *plan)
{
	for (size_t i = 0; i < plan->channel_count; i++) {
		if (plan->channels[i].kind != CHANNEL_LOG)
			continue;
		for (int j = times(plan, 6); j > 0; j--) {
			int64_t lasting = chance_between(&plan->chance, HOUR, (int64_t)6 * DAY);
			int64_t at = some_time(plan, lasting);

			plan_event(plan, at, RUN_LOG, (int64_t)i,
				   chance_between(&plan->chance, FILE_GONE, FILE_ERRORS));
			plan_event(plan, at + lasting, RUN_LOG, (int64_t)i, FILE_FINE);
		}
		for (int j = times(plan, 40); j > 0; j--)
			plan_event(plan, some_time(plan, 0), RUN_ROTATION, (int64_t)i,
				   chance_between(&plan->chance, 1, 4));
	}
}

static void plan_events(struct plan_of_run *plan)
{
	unsigned troubles = plan->options.troubles;

	if (troubles & TROUBLE_CONFIG)
		plan_stretches(plan, RUN_RELOAD, 24, 0, 0, 0, 3);
	if (troubles & TROUBLE_DOWN) {
		plan_stretches(plan, RUN_RESTART, 12, 1, 30, 0, 0);
		plan_stretches(plan, RUN_DOWN, 4, 2 * HOUR, 3 * DAY, 0, 0);
		plan_stretches(plan, RUN_DOWN, 2, 5 * DAY, 40 * DAY, 0, 0);
	}
	if (troubles & TROUBLE_KILL) {
		plan_stretches(plan, RUN_KILL, 24, 1, 30, 0, 400);
		plan_stretches(plan, RUN_POWER_CUT, 12, 1, 600, 0, 400);
	}
	if (troubles & TROUBLE_DISK) {
		plan_stretches(plan, RUN_DISK_FULL, 4, 10 * MINUTE, 2 * DAY, 0, 0);
		plan_stretches(plan, RUN_DISK_ERRORS, 6, 10 * MINUTE, DAY, 2, 300);
	}
	if (troubles & TROUBLE_CLOCK)
		plan_clock(plan);
	if (troubles & TROUBLE_TOKEN) {
		plan_tokens(plan);
		plan_blocks(plan);
	}
	if (troubles & TROUBLE_PEOPLE)
		plan_people(plan);
	if (troubles & TROUBLE_LOGS)
		plan_logs(plan);
	if (troubles & TROUBLE_NET)
		plan_stretches(plan, RUN_MAIL, 6, HOUR, 5 * DAY, 0, 0);
	/* whatever was taken out is there again */
	plan_event(plan, plan->calm, RUN_RELOAD, 4, 0);
	qsort(plan->events, plan->event_count, sizeof(*plan->events), by_time);
}

void plan_make(struct plan_of_run *plan, const struct run_options *options)
{
	int calm = options->days > 2 * CALM_DAYS ? CALM_DAYS : options->days / 2;

	*plan = (struct plan_of_run){ .options = *options };
	plan->chance.seed = hash_two(options->seed, 0x914A);
	plan->channel_count = (size_t)options->accounts;
	plan->channels = memory_new(plan->channel_count, sizeof(*plan->channels));
	plan->entity_count = (options->accounts + CHANNELS_EACH - 1) / CHANNELS_EACH;
	for (size_t i = 0; i < plan->channel_count; i++)
		make_channel(plan, i);
	make_tokens(plan);
	/* some day of 2026 or 2027, so that runs begin at all times of the year */
	plan->start =
		(int64_t)day_of(2026, 1, 1) * DAY + chance_below(&plan->chance, (int64_t)500 * DAY);
	plan->end = plan->start + (int64_t)options->days * DAY;
	plan->calm = plan->end - (int64_t)calm * DAY;
	plan_events(plan);
}

void plan_clear(struct plan_of_run *plan)
{
	free(plan->channels);
	free(plan->tokens);
	free(plan->events);
	free(plan->blemishes);
	free(plan->storms);
	*plan = (struct plan_of_run){ 0 };
}

/* --- the world it happens in --- */

static void add_channel(struct plan_of_run *plan, struct world *world, size_t i)
{
	const struct outlet *channel = &plan->channels[i];
	struct sim_account account = {
		.id = channel->provider,
		.people = PEOPLE + (int)(i % 7) * 20,
		.followers = 400 + (int64_t)i,
		.zone = plan_zone(channel->entity),
	};
	struct error err;
	int added;

	switch (channel->kind) {
	case CHANNEL_PAGE:
		account.kind = SIM_PAGE;
		break;
	case CHANNEL_INSTAGRAM:
		account.kind = SIM_INSTAGRAM;
		account.page = plan->channels[i - 1].provider; /* kind_of() puts it before */
		break;
	case CHANNEL_MATOMO:
		account.kind = SIM_MATOMO;
		break;
	case CHANNEL_GA4:
		account.kind = SIM_GA4;
		break;
	case CHANNEL_PLAUSIBLE:
		account.kind = SIM_PLAUSIBLE;
		break;
	case CHANNEL_UMAMI:
		account.kind = SIM_UMAMI;
		break;
	case CHANNEL_MANUAL:
	case CHANNEL_LOG:
		return;
	}
	added = world_add(world, &account, &err);
	assert(added == 0);
	(void)added;
}

static void blemish(struct plan_of_run *plan, const char *provider, const char *metric,
		    int32_t since, int32_t until)
{
	struct blemish *one;

	plan->blemishes = memory_grow(plan->blemishes, plan->blemish_count, &plan->blemish_room,
				      sizeof(*plan->blemishes));
	one = &plan->blemishes[plan->blemish_count++];
	(void)snprintf(one->provider, sizeof(one->provider), "%s", provider);
	(void)snprintf(one->metric, sizeof(one->metric), "%s", metric);
	one->since = since;
	one->until = until;
}

const struct blemish *plan_blemish(const struct plan_of_run *plan, const char *provider,
				   const char *metric, struct window days)
{
	const struct blemish *first = NULL;

	for (size_t i = 0; i < plan->blemish_count; i++) {
		const struct blemish *one = &plan->blemishes[i];

		if (strcmp(one->provider, provider) == 0 && strcmp(one->metric, metric) == 0 &&
		    days.first < one->until && window_end(days) > one->since &&
		    (!first || one->since < first->since))
			first = one;
	}
	return first;
}

static void storm(struct plan_of_run *plan, const struct storm *one)
{
	plan->storms = memory_grow(plan->storms, plan->storm_count, &plan->storm_room,
				   sizeof(*plan->storms));
	plan->storms[plan->storm_count++] = *one;
}

struct named {
	const char *provider, *id;
};
static const struct named page_names[] = {
	{ "page_video_views", "video_views" },
	{ "page_total_actions", "clicks" },
	{ "page_post_engagements", "interactions" },
	{ "page_views_total", "visits" },
	{ "page_media_view", "views" },
};
static const struct named instagram_names[] = {
	{ "website_clicks", "clicks" },
	{ "profile_views", "visits" },
	{ "total_interactions", "interactions" },
	{ "accounts_engaged", "accounts_engaged" },
	{ "views", "views" },
};

static const struct named *some_metric(struct plan_of_run *plan, const struct outlet *channel)
{
	return channel->kind == CHANNEL_PAGE ? &page_names[chance_below(&plan->chance, 5)]
					     : &instagram_names[chance_below(&plan->chance, 5)];
}

static bool is_graph(const struct outlet *channel)
{
	return channel->kind == CHANNEL_PAGE || channel->kind == CHANNEL_INSTAGRAM;
}

/* A channel of the Graph API, or any with a provider. */
static const struct outlet *some_channel(struct plan_of_run *plan, bool graph)
{
	for (;;) {
		const struct outlet *channel =
			&plan->channels[chance_below(&plan->chance, (int64_t)plan->channel_count)];

		if (is_graph(channel) || (!graph && channel->kind == CHANNEL_MATOMO))
			return channel;
	}
}

static void retire_metrics(struct plan_of_run *plan, struct world *world)
{
	for (size_t i = 0; i <= plan->channel_count / 8; i++) {
		const struct outlet *channel = some_channel(plan, true);
		const struct named *name = some_metric(plan, channel);
		int64_t lasting = chance_between(&plan->chance, 2 * HOUR, 20 * DAY);
		int64_t from = some_time(plan, lasting);

		world_fault(world, &(struct sim_fault){ .kind = SIM_FAULT_METRIC,
							.from = from,
							.until = i % 2 ? from + lasting : 0,
							.account = channel->provider,
							.metric = name->provider });
		/* who was refused is asked again after weeks */
		blemish(plan, channel->provider, name->id, (int32_t)(from / DAY),
			i % 2 ? (int32_t)((from + lasting) / DAY) + FORGOTTEN_DAYS : INT32_MAX);
		plan->counts[RUN_RETIRED]++;
	}
}

static void take_days_away(struct plan_of_run *plan, struct world *world)
{
	for (size_t i = 0; i <= plan->channel_count / 6; i++) {
		const struct outlet *channel = some_channel(plan, true);
		const struct named *name = some_metric(plan, channel);
		int32_t day = (int32_t)(some_time(plan, 0) / DAY);
		int32_t days = (int32_t)chance_between(&plan->chance, 1, 6);

		world_fault(world, &(struct sim_fault){ .kind = SIM_FAULT_DAY,
							.account = channel->provider,
							.metric = name->provider,
							.days = { day, days } });
		blemish(plan, channel->provider, name->id, day, day + days);
		plan->counts[RUN_MISSING]++;
	}
}

static void add_storms(struct plan_of_run *plan, struct world *world)
{
	static const int codes[] = { 4, 17, 32, 613, 0 };

	for (int i = times(plan, 12); i > 0; i--) {
		int64_t lasting = chance_between(&plan->chance, 5 * MINUTE, 2 * DAY);
		int64_t from = some_time(plan, lasting);

		int percent = (int)chance_between(&plan->chance, 5, 100);

		world_fault(world, &(struct sim_fault){ .kind = SIM_FAULT_SERVER,
							.from = from,
							.until = from + lasting,
							.percent = percent });
		storm(plan,
		      &(struct storm){ .from = from, .until = from + lasting, .percent = percent });
		plan->counts[RUN_STORM]++;
	}
	for (int i = times(plan, 12); i > 0; i--) {
		const struct outlet *channel = some_channel(plan, true);
		int64_t lasting = chance_between(&plan->chance, 10 * MINUTE, DAY);
		int64_t from = some_time(plan, lasting);

		world_fault(world, &(struct sim_fault){ .kind = SIM_FAULT_THROTTLE,
							.from = from,
							.until = from + lasting,
							.account = channel->provider,
							.code = codes[i % 5] });
		storm(plan, &(struct storm){ .from = from,
					     .until = from + lasting,
					     .provider = channel->provider,
					     .percent = 100 });
		plan->counts[RUN_THROTTLE]++;
	}
}

static void add_net_troubles(struct plan_of_run *plan, struct net *net)
{
	/* a little of everything all the time */
	storm(plan, &(struct storm){ .from = plan->start, .until = plan->calm, .seldom = true });
	for (int kind = 0; kind < NET_TROUBLES; kind++)
		if (chance_below(&plan->chance, 2))
			net_trouble(net, &(struct net_trouble){ .kind = (enum net_trouble_kind)kind,
								.from = plan->start,
								.until = plan->calm,
								.percent = 1 });
	for (int i = times(plan, 60); i > 0; i--) {
		static const char *const hosts[] = { "graph.facebook.com",
						     "matomo.example",
						     NULL,
						     "graph.facebook.com",
						     "analyticsdata.googleapis.com",
						     "oauth2.googleapis.com",
						     "plausible.example",
						     "umami.example" };
		int64_t lasting = chance_between(&plan->chance, 2 * MINUTE, DAY);
		int64_t from = some_time(plan, lasting);
		struct net_trouble trouble = {
			.kind = (enum net_trouble_kind)chance_below(&plan->chance, NET_TROUBLES),
			.from = from,
			.until = from + lasting,
			.host = hosts[chance_below(&plan->chance, 8)],
			.percent = (int)chance_between(&plan->chance, 5, 100),
		};

		net_trouble(net, &trouble);
		storm(plan, &(struct storm){ .from = from,
					     .until = trouble.until,
					     .host = trouble.host,
					     .percent = trouble.percent });
	}
}

void plan_people_world(struct plan_of_run *plan, struct world *world, struct net *net)
{
	struct sim_quirks *quirks = world_quirks(world);

	for (size_t i = 0; i < plan->channel_count; i++)
		add_channel(plan, world, i);
	quirks->page_limit = (int)chance_between(&plan->chance, 10, 100);
	quirks->empty_pages = (int)chance_below(&plan->chance, 8);
	quirks->cursor_size = (int)chance_between(&plan->chance, 60, 1500);
	quirks->ignore_since = chance_below(&plan->chance, 6) == 0;
	quirks->reels_in_posts = chance_below(&plan->chance, 2) != 0;
	quirks->no_video_reels = chance_below(&plan->chance, 4) == 0;
	quirks->story_archive = chance_below(&plan->chance, 2) != 0;
	quirks->no_month_unique = chance_below(&plan->chance, 4) == 0;
	if (plan->options.troubles & TROUBLE_PROVIDER) {
		if (chance_below(&plan->chance, 3) == 0)
			quirks->hourly_quota = (int)chance_between(&plan->chance, 60, 400);
		retire_metrics(plan, world);
		take_days_away(plan, world);
		add_storms(plan, world);
	}
	quirks->ga4_withholds = chance_below(&plan->chance, 4) == 0;
	quirks->umami_version = (int[]){ 0, 0, 210, 211, 212 }[chance_below(&plan->chance, 5)];
	if (plan->options.troubles & TROUBLE_NET)
		add_net_troubles(plan, net);
}

/* --- its configuration --- */

static void write_tokens(const struct plan_of_run *plan, const char *directory, struct text *out)
{
	text_add(out, "tokens: (\n");
	for (size_t i = 0; i < plan->token_count; i++) {
		const struct held_token *token = &plan->tokens[i];

		text_addf(out, "%s  { id = \"%s\"; file = \"%s/%s\";", i ? ",\n" : "", token->id,
			  directory, token->id);
		if (token->kind)
			text_addf(out, " kind = \"%s\";", token->kind);
		if (token->app_secret)
			text_addf(out,
				  " app_id = \"" SIM_APP "\"; app_secret_file = \"%s/app-secret\";",
				  directory);
		text_add(out, " }");
	}
	text_add(out, "\n);\n");
}

static void write_channel(const struct outlet *channel, uint64_t seed, const char *directory,
			  struct text *out)
{
	text_addf(out, "      { id = \"%s\"; ", channel->id);
	if (channel->before[0])
		text_addf(out, "renamed_from = \"%s\"; ", channel->before);
	switch (channel->kind) {
	case CHANNEL_PAGE:
		text_addf(out, "collector = \"facebook\"; page = \"%s\";", channel->provider);
		break;
	case CHANNEL_INSTAGRAM:
		text_addf(out, "collector = \"instagram\"; user = \"%s\";", channel->provider);
		break;
	case CHANNEL_MATOMO:
		text_addf(out,
			  "collector = \"matomo\"; base = \"https://matomo.example\"; site = "
			  "\"%s\";",
			  channel->provider);
		break;
	case CHANNEL_MANUAL:
		text_add(out, "collector = \"manual\"; entered = [\"posts\"];");
		break;
	case CHANNEL_GA4:
		text_addf(out, "collector = \"ga4\"; property = \"%s\";", channel->provider);
		break;
	case CHANNEL_PLAUSIBLE:
		text_addf(out,
			  "collector = \"plausible\"; base = \"https://plausible.example\"; "
			  "site = \"%s\";",
			  channel->provider);
		break;
	case CHANNEL_UMAMI:
		text_addf(out,
			  "collector = \"umami\"; base = \"https://umami.example\"; site = "
			  "\"%s\";",
			  channel->provider);
		break;
	case CHANNEL_LOG:
		text_addf(out, "collector = \"accesslog\"; log = \"%s/%s/access.log\"; ", directory,
			  channel->provider);
		weblog_settings(seed, channel->provider, out);
		break;
	}
	if (channel->token[0])
		text_addf(out, " token = \"%s\";", channel->token);
	text_add(out, " }");
}

void plan_write(const struct plan_of_run *plan, const char *directory, bool everybody,
		struct text *out)
{
	text_addf(out, "state_directory = \"%s\";\ncontrol = \"%s/control\";\n", directory,
		  directory);
	write_tokens(plan, directory, out);
	text_add(out, "alerts: { mail: { server = \"smtp://mail.example:587\"; from = "
		      "\"metricsd@office.example\"; to = [\"ana@office.example\"]; }; };\n");
	text_add(out, "entities: (\n");
	for (int entity = 0; entity < plan->entity_count; entity++) {
		bool first = true;

		text_addf(out,
			  "%s  { id = \"e%d\"; name = \"Simulada\"; zone = \"%s\"; language = "
			  "\"es-CO\";\n    accounts: (\n",
			  entity ? ",\n" : "", entity, plan_zone(entity));
		for (size_t i = 0; i < plan->channel_count; i++) {
			const struct outlet *channel = &plan->channels[i];

			if (channel->entity != entity || (channel->absent && !everybody))
				continue;
			text_add(out, first ? "" : ",\n");
			write_channel(channel, plan->options.seed, directory, out);
			first = false;
		}
		text_add(out, "\n    );\n  }");
	}
	text_add(out, "\n);\n");
}
