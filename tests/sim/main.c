/* metricsd-sim: the simulated providers as a program; see USAGE. */
#include "http_door.h"
#include "sim.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
	"usage: metricsd-sim [options]                          serve on 127.0.0.1\n"
	"       metricsd-sim [options] --render DIR --urls FILE  write answers to DIR/1, DIR/2, "
	"...\n"
	"       metricsd-sim [options] --truth ACCOUNT METRIC FROM..TO [METRIC FROM..TO ...]\n"
	"\n"
	"  --seed N               which world (default 1)\n"
	"  --page ID[+N]          a Facebook Page, or N of them with ascending ids\n"
	"  --instagram ID[+N]     an Instagram account, linked to the n-th Page\n"
	"  --matomo ID:ZONE       a site; so --ga4 PROPERTY:ZONE, --plausible DOMAIN:ZONE,\n"
	"                         --umami UUID:ZONE\n"
	"  --since DAY, --people N, --followers N, --zone NAME\n"
	"                         of the accounts that follow (zone: whose days count\n"
	"                         publications, default America/Bogota)\n"
	"  --token T, --matomo-token T, --app-secret-file FILE\n"
	"  --grant TYPE,AGE,DAYS,SECRET\n"
	"                         a Graph token (USER, PAGE, SYSTEM_USER) of so many days that "
	"ends in "
	"so\n"
	"                         many, 0: never\n"
	"  --google-key FILE      the public key (PEM) of the service account; POST /token gives\n"
	"                         tokens\n"
	"  --plausible-key K, --umami-login USER:PASSWORD, --umami-key K\n"
	"  --port N               0: any; \"listening on PORT\" says which\n"
	"  --clock-offset S       seconds added to the real clock\n"
	"  --now TIME             a clock that stands still: 2026-11-18T08:00:00Z or unix seconds\n"
	"  --latency-ms N, --tls-cert FILE, --tls-key FILE\n"
	"\n"
	"What goes wrong; a time is absolute, or +S seconds from the start:\n"
	"  --dead-metric NAME[,FROM]       not known any more\n"
	"  --throttle CODE,FROM,UNTIL      0: by use case\n"
	"  --failing STATUS,FROM,UNTIL[,PERCENT]\n"
	"  --dead-token SUBCODE,FROM[,UNTIL]\n"
	"  --missing ACCOUNT,FROM..TO      days that never get a point\n"
	"  --no-late, --settle-days N, --page-limit N, --empty-pages N, --hourly-quota N\n"
	"  --version-served V, --ignore-since, --reels-in-posts, --no-video-reels,\n"
	"  --story-archive, --no-month-unique, --ga4-withholds, --ga4-disabled,\n"
	"  --umami-version 210|211|212\n";

enum { ACCOUNTS_EACH_MAX = 100000, SECRET_MAX = 4096 };

struct program {
	struct door door;
	struct sim_account account; /* what the next ones are like */
	struct text pages;          /* ids so far, one line each */
	size_t linked;              /* how many Pages have an Instagram account */
	char **texts;               /* what the world borrows */
	size_t text_count, text_room;
	const char *token, *matomo_token, *app_secret;
	struct sim_web_secrets web;
	const char *render, *urls, *truth;
};

static int64_t door_now(const struct door *door)
{
	return door->fixed_now ? door->fixed_now : clock_now() + door->clock_offset;
}

/* Keeps a text as long as the world lives; takes it over. */
static const char *keep(struct program *program, char *text)
{
	program->texts = memory_grow(program->texts, program->text_count, &program->text_room,
				     sizeof(char *));
	program->texts[program->text_count++] = text;
	return text;
}

static int number(const char *text, int64_t low, int64_t high, int64_t *ret, struct error *err)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || end == text || *end || value < low || value > high)
		return error_set(err, ERROR_INPUT,
				 "\"%s\": expected a number from %" PRId64 " to %" PRId64, text,
				 low, high);
	*ret = value;
	return 0;
}

/* "2026-11-18T08:00:00Z", "+3600" from now on, unix seconds. */
static int moment(const struct program *program, const char *text, int64_t *ret, struct error *err)
{
	if (strchr(text, 'T'))
		return time_parse(text, ret, err);
	if (number(text + (*text == '+'), 0, INT64_MAX / 2, ret, err) < 0)
		return -1;
	if (*text == '+')
		*ret += door_now(&program->door);
	return 0;
}

/* "FROM..TO" or one day. */
static int window_parse(const char *text, struct window *ret, struct error *err)
{
	struct days days;

	if (days_parse(text, &days, err) < 0)
		return -1;
	if (days.count != 1)
		return error_set(err, ERROR_INPUT, "\"%s\": expected FROM..TO", text);
	*ret = days.ranges[0];
	return 0;
}

/* The nth line of the ids of Pages, NULL when there are fewer. */
static const char *next_page(struct program *program)
{
	const char *line = text_str(&program->pages);

	for (size_t i = 0; i < program->linked; i++) {
		line = strchrnul(line, '\n');
		line += *line == '\n';
	}
	if (!*line)
		return NULL;
	program->linked++;
	return keep(program, memory_text_n(line, strcspn(line, "\n")));
}

static int add_one(struct program *program, enum sim_kind kind, const char *id, struct error *err)
{
	struct sim_account account = program->account;

	account.kind = kind;
	account.id = id;
	if (kind == SIM_INSTAGRAM)
		account.page = next_page(program);
	if (kind == SIM_PAGE)
		text_addf(&program->pages, "%s\n", id);
	return world_add(program->door.world, &account, err);
}

/* "ID" or "ID+N" */
static int add_accounts(struct program *program, enum sim_kind kind, const char *argument,
			struct error *err)
{
	const char *plus = strchr(argument, '+');
	int64_t first, count = 0;
	int width;

	if (!plus)
		return add_one(program, kind, argument, err);
	if (number(plus + 1, 1, ACCOUNTS_EACH_MAX, &count, err) < 0)
		return -1;
	width = (int)(plus - argument);
	first = strtoll(argument, NULL, 10);
	for (int64_t i = 0; i < count; i++) {
		SCOPED(text)
		struct text id = { 0 };

		text_addf(&id, "%0*" PRId64, width, first + i);
		if (add_one(program, kind, keep(program, text_take(&id)), err) < 0)
			return -1;
	}
	return 0;
}

static int add_site(struct program *program, enum sim_kind kind, const char *argument,
		    struct error *err)
{
	const char *colon = strchr(argument, ':');
	struct sim_account site = program->account;

	if (!colon)
		return error_set(err, ERROR_INPUT, "\"%s\": expected ID:ZONE", argument);
	site.kind = kind;
	site.id = keep(program, memory_text_n(argument, (size_t)(colon - argument)));
	site.zone = colon + 1;
	return world_add(program->door.world, &site, err);
}

/* --- what goes wrong --- */

enum { WORDS_MAX = 4 };

/* Splits at commas into at most WORDS_MAX words, which live as long as the program. */
static size_t words_of(struct program *program, const char *argument, const char *ret[WORDS_MAX])
{
	size_t count = 0;

	while (count < WORDS_MAX) {
		size_t length = strcspn(argument, ",");

		ret[count++] = keep(program, memory_text_n(argument, length));
		if (!argument[length])
			break;
		argument += length + 1;
	}
	return count;
}

/* "CODE,FROM,UNTIL,PERCENT", the last ones may lack. */
static int add_outage(struct program *program, enum sim_fault_kind kind, const char *argument,
		      struct error *err)
{
	struct sim_fault fault = { .kind = kind };
	const char *words[WORDS_MAX];
	size_t count = words_of(program, argument, words);
	int64_t code = 0, percent = 0;

	if (number(words[0], 0, 100000, &code, err) < 0)
		return -1;
	if (count > 1 && moment(program, words[1], &fault.from, err) < 0)
		return -1;
	if (count > 2 && moment(program, words[2], &fault.until, err) < 0)
		return -1;
	if (count > 3 && number(words[3], 0, 100, &percent, err) < 0)
		return -1;
	fault.code = (int)code;
	fault.percent = (int)percent;
	world_fault(program->door.world, &fault);
	return 0;
}

static int add_dead_metric(struct program *program, const char *argument, struct error *err)
{
	struct sim_fault fault = { .kind = SIM_FAULT_METRIC };
	const char *words[WORDS_MAX];

	if (words_of(program, argument, words) > 1 &&
	    moment(program, words[1], &fault.from, err) < 0)
		return -1;
	fault.metric = words[0];
	world_fault(program->door.world, &fault);
	return 0;
}

static int add_missing(struct program *program, const char *argument, struct error *err)
{
	struct sim_fault fault = { .kind = SIM_FAULT_DAY };
	const char *words[WORDS_MAX];

	if (words_of(program, argument, words) != 2)
		return error_set(err, ERROR_INPUT, "\"%s\": expected ACCOUNT,FROM..TO", argument);
	if (window_parse(words[1], &fault.days, err) < 0)
		return -1;
	fault.account = words[0];
	world_fault(program->door.world, &fault);
	return 0;
}

/* A token beside the root token and the Pages' own. */
static int add_grant(struct program *program, const char *argument, struct error *err)
{
	const char *words[WORDS_MAX];
	int64_t now = door_now(&program->door);
	int64_t age, days;

	if (words_of(program, argument, words) != 4)
		return error_set(err, ERROR_INPUT, "\"%s\": expected TYPE,AGE,DAYS,SECRET",
				 argument);
	if (number(words[1], 0, 100000, &age, err) < 0 ||
	    number(words[2], 0, 100000, &days, err) < 0)
		return -1;
	world_token(program->door.world,
		    &(struct sim_token){ .type = words[0],
					 .secret = words[3],
					 .issued = now - age * 86400,
					 .expires = days ? now + days * 86400 : 0 });
	return 0;
}

/* --- options --- */

enum option_id {
	OPT_SEED = 256,
	OPT_PAGE,
	OPT_INSTAGRAM,
	OPT_MATOMO,
	OPT_GA4,
	OPT_PLAUSIBLE,
	OPT_UMAMI,
	OPT_SINCE,
	OPT_PEOPLE,
	OPT_FOLLOWERS,
	OPT_ZONE,
	OPT_TOKEN,
	OPT_MATOMO_TOKEN,
	OPT_APP_SECRET,
	OPT_GRANT,
	OPT_GOOGLE_KEY,
	OPT_PLAUSIBLE_KEY,
	OPT_UMAMI_LOGIN,
	OPT_UMAMI_KEY,
	OPT_PORT,
	OPT_OFFSET,
	OPT_NOW,
	OPT_LATENCY,
	OPT_CERT,
	OPT_KEY,
	OPT_DEAD_METRIC,
	OPT_THROTTLE,
	OPT_FAILING,
	OPT_DEAD_TOKEN,
	OPT_MISSING,
	OPT_NO_LATE,
	OPT_SETTLE,
	OPT_PAGE_LIMIT,
	OPT_EMPTY_PAGES,
	OPT_QUOTA,
	OPT_VERSION,
	OPT_IGNORE_SINCE,
	OPT_REELS_IN_POSTS,
	OPT_NO_VIDEO_REELS,
	OPT_STORY_ARCHIVE,
	OPT_NO_MONTH_UNIQUE,
	OPT_GA4_WITHHOLDS,
	OPT_GA4_DISABLED,
	OPT_UMAMI_VERSION,
	OPT_RENDER,
	OPT_URLS,
	OPT_TRUTH,
	OPT_HELP,
};

static const struct option options[] = {
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "page", required_argument, NULL, OPT_PAGE },
	{ "instagram", required_argument, NULL, OPT_INSTAGRAM },
	{ "matomo", required_argument, NULL, OPT_MATOMO },
	{ "ga4", required_argument, NULL, OPT_GA4 },
	{ "plausible", required_argument, NULL, OPT_PLAUSIBLE },
	{ "umami", required_argument, NULL, OPT_UMAMI },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "people", required_argument, NULL, OPT_PEOPLE },
	{ "followers", required_argument, NULL, OPT_FOLLOWERS },
	{ "zone", required_argument, NULL, OPT_ZONE },
	{ "token", required_argument, NULL, OPT_TOKEN },
	{ "matomo-token", required_argument, NULL, OPT_MATOMO_TOKEN },
	{ "app-secret-file", required_argument, NULL, OPT_APP_SECRET },
	{ "grant", required_argument, NULL, OPT_GRANT },
	{ "google-key", required_argument, NULL, OPT_GOOGLE_KEY },
	{ "plausible-key", required_argument, NULL, OPT_PLAUSIBLE_KEY },
	{ "umami-login", required_argument, NULL, OPT_UMAMI_LOGIN },
	{ "umami-key", required_argument, NULL, OPT_UMAMI_KEY },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "clock-offset", required_argument, NULL, OPT_OFFSET },
	{ "now", required_argument, NULL, OPT_NOW },
	{ "latency-ms", required_argument, NULL, OPT_LATENCY },
	{ "tls-cert", required_argument, NULL, OPT_CERT },
	{ "tls-key", required_argument, NULL, OPT_KEY },
	{ "dead-metric", required_argument, NULL, OPT_DEAD_METRIC },
	{ "throttle", required_argument, NULL, OPT_THROTTLE },
	{ "failing", required_argument, NULL, OPT_FAILING },
	{ "dead-token", required_argument, NULL, OPT_DEAD_TOKEN },
	{ "missing", required_argument, NULL, OPT_MISSING },
	{ "no-late", no_argument, NULL, OPT_NO_LATE },
	{ "settle-days", required_argument, NULL, OPT_SETTLE },
	{ "page-limit", required_argument, NULL, OPT_PAGE_LIMIT },
	{ "empty-pages", required_argument, NULL, OPT_EMPTY_PAGES },
	{ "hourly-quota", required_argument, NULL, OPT_QUOTA },
	{ "version-served", required_argument, NULL, OPT_VERSION },
	{ "ignore-since", no_argument, NULL, OPT_IGNORE_SINCE },
	{ "reels-in-posts", no_argument, NULL, OPT_REELS_IN_POSTS },
	{ "no-video-reels", no_argument, NULL, OPT_NO_VIDEO_REELS },
	{ "story-archive", no_argument, NULL, OPT_STORY_ARCHIVE },
	{ "no-month-unique", no_argument, NULL, OPT_NO_MONTH_UNIQUE },
	{ "ga4-withholds", no_argument, NULL, OPT_GA4_WITHHOLDS },
	{ "ga4-disabled", no_argument, NULL, OPT_GA4_DISABLED },
	{ "umami-version", required_argument, NULL, OPT_UMAMI_VERSION },
	{ "render", required_argument, NULL, OPT_RENDER },
	{ "urls", required_argument, NULL, OPT_URLS },
	{ "truth", required_argument, NULL, OPT_TRUTH },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static int small_number(const char *text, int high, int *ret, struct error *err)
{
	int64_t value = 0;

	if (number(text, 0, high, &value, err) < 0)
		return -1;
	*ret = (int)value;
	return 0;
}

/* The first line of a file. */
static int read_secret(struct program *program, const char *path, struct error *err)
{
	SCOPED(file)
	FILE *file = fopen(path, "re");
	char line[SECRET_MAX];

	if (!file || !fgets(line, sizeof(line), file))
		return error_set(err, ERROR_INPUT, "%s: %s", path,
				 file ? "is empty" : system_words(errno));
	line[strcspn(line, "\r\n")] = '\0';
	program->app_secret = keep(program, memory_text(line));
	explicit_bzero(line, sizeof(line));
	return 0;
}

/* Each of these takes the options that are its own: 1 when it was one of them, 0 not, -1 wrong. */

static int take_account(struct program *program, int option, const char *value, struct error *err)
{
	switch (option) {
	case OPT_PAGE:
		return add_accounts(program, SIM_PAGE, value, err) < 0 ? -1 : 1;
	case OPT_INSTAGRAM:
		return add_accounts(program, SIM_INSTAGRAM, value, err) < 0 ? -1 : 1;
	case OPT_MATOMO:
		return add_site(program, SIM_MATOMO, value, err) < 0 ? -1 : 1;
	case OPT_GA4:
		return add_site(program, SIM_GA4, value, err) < 0 ? -1 : 1;
	case OPT_PLAUSIBLE:
		return add_site(program, SIM_PLAUSIBLE, value, err) < 0 ? -1 : 1;
	case OPT_UMAMI:
		return add_site(program, SIM_UMAMI, value, err) < 0 ? -1 : 1;
	case OPT_SINCE:
		return day_parse(value, &program->account.since, err) < 0 ? -1 : 1;
	case OPT_PEOPLE:
		return small_number(value, SIM_PEOPLE_MAX, &program->account.people, err) < 0 ? -1
											      : 1;
	case OPT_FOLLOWERS:
		return number(value, 1, INT64_C(1) << 40, &program->account.followers, err) < 0 ? -1
												: 1;
	case OPT_ZONE:
		program->account.zone = value;
		return 1;
	default:
		return 0;
	}
}

static int take_fault(struct program *program, int option, const char *value, struct error *err)
{
	switch (option) {
	case OPT_DEAD_METRIC:
		return add_dead_metric(program, value, err) < 0 ? -1 : 1;
	case OPT_THROTTLE:
		return add_outage(program, SIM_FAULT_THROTTLE, value, err) < 0 ? -1 : 1;
	case OPT_FAILING:
		return add_outage(program, SIM_FAULT_SERVER, value, err) < 0 ? -1 : 1;
	case OPT_DEAD_TOKEN:
		return add_outage(program, SIM_FAULT_TOKEN, value, err) < 0 ? -1 : 1;
	case OPT_MISSING:
		return add_missing(program, value, err) < 0 ? -1 : 1;
	default:
		return 0;
	}
}

static int take_quirk(struct program *program, int option, const char *value, struct error *err)
{
	struct sim_quirks *quirks = world_quirks(program->door.world);

	switch (option) {
	case OPT_NO_LATE:
		quirks->late = false;
		return 1;
	case OPT_SETTLE:
		return small_number(value, 400, &quirks->settle_days, err) < 0 ? -1 : 1;
	case OPT_PAGE_LIMIT:
		return small_number(value, 100, &quirks->page_limit, err) < 0 ? -1 : 1;
	case OPT_EMPTY_PAGES:
		return small_number(value, 1000, &quirks->empty_pages, err) < 0 ? -1 : 1;
	case OPT_QUOTA:
		return small_number(value, 1000000, &quirks->hourly_quota, err) < 0 ? -1 : 1;
	case OPT_VERSION:
		quirks->version_served = value;
		return 1;
	case OPT_IGNORE_SINCE:
		quirks->ignore_since = true;
		return 1;
	case OPT_REELS_IN_POSTS:
		quirks->reels_in_posts = true;
		return 1;
	case OPT_NO_VIDEO_REELS:
		quirks->no_video_reels = true;
		return 1;
	case OPT_STORY_ARCHIVE:
		quirks->story_archive = true;
		return 1;
	case OPT_NO_MONTH_UNIQUE:
		quirks->no_month_unique = true;
		return 1;
	case OPT_GA4_WITHHOLDS:
		quirks->ga4_withholds = true;
		return 1;
	case OPT_GA4_DISABLED:
		quirks->ga4_disabled = true;
		return 1;
	case OPT_UMAMI_VERSION:
		return small_number(value, 212, &quirks->umami_version, err) < 0 ? -1 : 1;
	default:
		return 0;
	}
}

/* A whole file, as long as the program lives. */
static int read_file(struct program *program, const char *path, const char **ret, struct error *err)
{
	SCOPED(file)
	FILE *file = fopen(path, "re");
	char bytes[SECRET_MAX];
	size_t length;

	if (!file)
		return error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
	length = fread(bytes, 1, sizeof(bytes), file);
	*ret = keep(program, memory_text_n(bytes, length));
	return 0;
}

static int take_web_secret(struct program *program, int option, const char *value,
			   struct error *err)
{
	const char *colon;

	switch (option) {
	case OPT_GOOGLE_KEY:
		return read_file(program, value, &program->web.google_key, err) < 0 ? -1 : 1;
	case OPT_PLAUSIBLE_KEY:
		program->web.plausible_key = value;
		return 1;
	case OPT_UMAMI_LOGIN:
		colon = strchrnul(value, ':');
		program->web.umami_user =
			keep(program, memory_text_n(value, (size_t)(colon - value)));
		program->web.umami_password = *colon ? colon + 1 : "";
		return 1;
	case OPT_UMAMI_KEY:
		program->web.umami_key = value;
		return 1;
	default:
		return 0;
	}
}

static int take_door(struct program *program, int option, const char *value, struct error *err)
{
	struct door *door = &program->door;

	switch (option) {
	case OPT_SEED:
		return 1; /* read before the world was made */
	case OPT_TOKEN:
		program->token = value;
		return 1;
	case OPT_MATOMO_TOKEN:
		program->matomo_token = value;
		return 1;
	case OPT_APP_SECRET:
		return read_secret(program, value, err) < 0 ? -1 : 1;
	case OPT_GRANT:
		return add_grant(program, value, err) < 0 ? -1 : 1;
	case OPT_PORT:
		return small_number(value, 65535, &door->port, err) < 0 ? -1 : 1;
	case OPT_OFFSET:
		return number(value, INT64_MIN / 4, INT64_MAX / 4, &door->clock_offset, err) < 0
			       ? -1
			       : 1;
	case OPT_NOW:
		return moment(program, value, &door->fixed_now, err) < 0 ? -1 : 1;
	case OPT_LATENCY:
		return small_number(value, 600000, &door->latency_ms, err) < 0 ? -1 : 1;
	case OPT_CERT:
		door->tls_cert = value;
		return 1;
	case OPT_KEY:
		door->tls_key = value;
		return 1;
	default:
		return 0;
	}
}

static int take_task(struct program *program, int option, const char *value, struct error *err)
{
	switch (option) {
	case OPT_RENDER:
		program->render = value;
		return 1;
	case OPT_URLS:
		program->urls = value;
		return 1;
	case OPT_TRUTH:
		program->truth = value;
		return 1;
	default:
		return error_set(err, ERROR_INPUT, "see metricsd-sim --help");
	}
}

static int take_options(struct program *program, int argc, char **argv, struct error *err)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int taken = take_account(program, option, optarg, err);

		if (taken == 0)
			taken = take_fault(program, option, optarg, err);
		if (taken == 0)
			taken = take_quirk(program, option, optarg, err);
		if (taken == 0)
			taken = take_web_secret(program, option, optarg, err);
		if (taken == 0)
			taken = take_door(program, option, optarg, err);
		if (taken == 0)
			taken = take_task(program, option, optarg, err);
		if (taken < 0)
			return -1;
	}
	if (!program->door.tls_cert != !program->door.tls_key)
		return error_set(err, ERROR_INPUT, "--tls-cert and --tls-key go together");
	if (!program->render != !program->urls)
		return error_set(err, ERROR_INPUT, "--render and --urls go together");
	world_secrets(program->door.world, program->token, program->app_secret,
		      program->matomo_token);
	world_web_secrets(program->door.world, &program->web);
	return 0;
}

/* --- tasks --- */

static int print_truth(struct program *program, int count, char **words, struct error *err)
{
	struct world *world = program->door.world;

	if (count < 2 || count % 2)
		return error_set(err, ERROR_INPUT, "--truth ACCOUNT wants METRIC FROM..TO");
	for (int i = 0; i < count; i += 2) {
		enum metric_kind kind;
		struct window window = { 0 };
		int64_t value;

		if (truth_kind(world, program->truth, words[i], &kind) < 0)
			return error_set(err, ERROR_INPUT, "no metric %s of an account %s",
					 words[i], program->truth);
		if (window_parse(words[i + 1], &window, err) < 0)
			return -1;
		value = truth_value(world, program->truth, words[i], window, kind);
		if (value == TRUTH_NONE)
			(void)printf("-\n");
		else
			(void)printf("%" PRId64 "\n", value);
	}
	return 0;
}

static int write_answer(const struct program *program, int line, const struct text *body,
			struct error *err)
{
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(file)
	FILE *file = NULL;

	text_addf(&path, "%s/%d", program->render, line);
	file = fopen(text_str(&path), "we");
	if (!file || fwrite(text_str(body), 1, body->length, file) != body->length)
		return error_set(err, ERROR_OURS, "%s: %s", text_str(&path), system_words(errno));
	return 0;
}

/* A Page's insights want its own token: what a line asks for decides which is shown. */
static const char *token_for(struct program *program, const char *target)
{
	char id[64];
	const char *at = target[0] == '/' && target[1] == 'v' ? strchr(target + 1, '/') : target;
	const char *page = NULL;

	if (at) {
		(void)snprintf(id, sizeof(id), "%.*s", (int)strcspn(at + 1, "/?"), at + 1);
		page = world_page_token(program->door.world, id);
	}
	return page ? page : program->token ? program->token : "root";
}

static int render(struct program *program, struct error *err)
{
	SCOPED(file)
	FILE *file = fopen(program->urls, "re");
	SCOPED(memory)
	char *line = NULL;
	struct sim_response response = { 0 };
	size_t room = 0;
	int result = 0;

	if (!file)
		return error_set(err, ERROR_INPUT, "%s: %s", program->urls, system_words(errno));
	for (int i = 1; result == 0 && getline(&line, &room, file) > 0; i++) {
		const char *token;

		line[strcspn(line, "\r\n")] = '\0';
		token = token_for(program, line);
		world_answer(program->door.world,
			     &(struct sim_request){ .target = line, .bearer = token },
			     door_now(&program->door), &response);
		if (response.status != 200)
			(void)fprintf(stderr, "metricsd-sim: %s: line %d answers %d\n",
				      program->urls, i, response.status);
		result = write_answer(program, i, &response.body, err);
	}
	sim_response_clear(&response);
	return result;
}

static int run(struct program *program, int count, char **words, struct error *err)
{
	if (program->truth)
		return print_truth(program, count, words, err);
	if (count > 0)
		return error_set(err, ERROR_INPUT, "\"%s\": see metricsd-sim --help", words[0]);
	if (program->render)
		return render(program, err);
	return door_serve(&program->door, err);
}

/* The seed makes the world before any other option speaks of it. */
static int find_seed(int argc, char **argv, int64_t *ret, struct error *err)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			return number(argv[i + 1], 0, INT64_MAX, ret, err);
		if (strncmp(argv[i], "--seed=", 7) == 0)
			return number(argv[i] + 7, 0, INT64_MAX, ret, err);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct program program = { .door.now = door_now, .pages = TEXT_UP_TO(4 << 20) };
	struct error err = { 0 };
	int64_t seed = 1;
	int result;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(USAGE, stdout) < 0;
	result = find_seed(argc, argv, &seed, &err);
	program.door.world = world_new((uint64_t)seed);
	if (result == 0)
		result = take_options(&program, argc, argv, &err);
	if (result == 0)
		result = run(&program, argc - optind, argv + optind, &err);
	if (result < 0)
		(void)fprintf(stderr, "metricsd-sim: %s\n", err.text);
	world_free(program.door.world);
	for (size_t i = 0; i < program.text_count; i++)
		free(program.texts[i]);
	free(program.texts);
	text_clear(&program.pages);
	return result < 0 ? (err.class == ERROR_INPUT ? 2 : 3) : 0;
}
