#include "world_net.h"

#include "hash.h"
#include "sim.h"
#include "world_loop.h"

#include "daemon/fetch.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <ev.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	NAME = 96,
	SAME_MAX = 24,      /* the same request so often in an hour: nobody who backs off does */
	REPEATED = 1 << 14, /* requests of an hour that are told apart */
	SECRETS = 4,
	ON_THE_WAY_S = 60,
	HOUR = 3600,
	DAY = 86400,
};

/* Who was told to wait: an object ("104…"), a token ("=meta") or a host ("matomo.example"). */
struct quiet {
	char key[NAME];
	double told, until;
};

struct known_secret {
	char token[NAME];
	char secret[NAME]; /* "": none is good */
};

struct net {
	struct ev_loop *loop;
	struct world *world;
	uint64_t seed, drawn;
	struct net_trouble *troubles;
	size_t trouble_count, trouble_room;
	struct known_secret *secrets;
	size_t secret_count, secret_room;
	struct quiet *quiets;
	size_t quiet_count, quiet_room;
	bool pardoned;
	int64_t hour;
	uint64_t in_hour;
	uint64_t turn; /* what was repeated before it is forgotten */
	struct repeated {
		uint64_t key, turn;
		unsigned count;
	} repeated[REPEATED];
	struct net_counts counts;
	char violation[512];
};

static const char google_tokens[] = "oauth2.googleapis.com";
static const char about_tokens[] = "about token";

/* A machine has one network, and fetcher_new() is not told which. */
static struct net *network;

struct net *net_new(struct ev_loop *loop, struct world *world, uint64_t seed)
{
	struct net *net = memory_new(1, sizeof(*net));

	net->loop = loop;
	net->world = world;
	net->seed = hash_two(seed, 0x4E37);
	network = net;
	return net;
}

void net_free(struct net *net)
{
	if (!net)
		return;
	if (network == net)
		network = NULL;
	free(net->troubles);
	free(net->secrets);
	free(net->quiets);
	free(net);
}

void net_trouble(struct net *net, const struct net_trouble *trouble)
{
	net->troubles = memory_grow(net->troubles, net->trouble_count, &net->trouble_room,
				    sizeof(*net->troubles));
	net->troubles[net->trouble_count++] = *trouble;
}

static struct known_secret *secret_of(const struct net *net, const char *token)
{
	for (size_t i = 0; i < net->secret_count; i++)
		if (strcmp(net->secrets[i].token, token) == 0)
			return &net->secrets[i];
	return NULL;
}

void net_secret(struct net *net, const char *token, const char *secret)
{
	struct known_secret *known = secret_of(net, token);

	if (!known) {
		net->secrets = memory_grow(net->secrets, net->secret_count, &net->secret_room,
					   sizeof(*net->secrets));
		known = &net->secrets[net->secret_count++];
		(void)snprintf(known->token, sizeof(known->token), "%s", token);
	}
	(void)snprintf(known->secret, sizeof(known->secret), "%s", secret ? secret : "");
}

static void forget_repeated(struct net *net)
{
	net->turn++;
}

void net_forgive(struct net *net)
{
	net->quiet_count = 0;
	forget_repeated(net);
}

void net_started(struct net *net)
{
	size_t kept = 0;

	for (size_t i = 0; i < net->quiet_count; i++)
		if (strncmp(net->quiets[i].key, about_tokens, sizeof(about_tokens) - 1) != 0)
			net->quiets[kept++] = net->quiets[i];
	net->quiet_count = kept;
}

void net_pardon(struct net *net, bool pardoned)
{
	net->pardoned = pardoned;
	net_forgive(net);
}

const char *net_violation(const struct net *net)
{
	return net->violation[0] ? net->violation : NULL;
}

struct net_counts net_counts(const struct net *net)
{
	return net->counts;
}

const char *net_trouble_name(enum net_trouble_kind kind)
{
	static const char *const names[NET_TROUBLES] = {
		[NET_TIMEOUT] = "timeout",
		[NET_DNS] = "DNS failure",
		[NET_REFUSED] = "connection refused",
		[NET_CUT] = "connection cut",
		[NET_DISTRUST] = "certificate not trusted",
		[NET_HUGE] = "body too long",
		[NET_SLOW] = "slow answer",
		[NET_TRUNCATED] = "truncated body",
		[NET_GARBAGE] = "HTML for JSON",
		[NET_DAMAGED] = "damaged bytes",
		[NET_DEEP] = "endless nesting",
		[NET_ABSURD] = "absurd numbers",
		[NET_EMPTY] = "empty body",
		[NET_SERVER] = "502 to 504",
		[NET_TRANSIENT] = "transient error",
		[NET_LIMIT] = "429 with Retry-After",
	};

	return names[kind];
}

static uint64_t draw(struct net *net)
{
	return hash_two(net->seed, net->drawn++);
}

/* --- a fetch --- */

enum phase { PHASE_WAITING, PHASE_RUNNING };

/* Those of a host, or of a token, that run. */
struct share {
	struct share *next;
	char name[NAME];
	int64_t running;
};

struct fetch {
	struct fetch *next;
	struct fetcher *fetcher;
	enum phase phase;
	ev_timer timer;
	fetch_done *done;
	void *data;
	bool refused; /* with `refusal`, from the loop */
	struct error refusal;
	enum http_method method;
	bool json;
	struct text target, body; /* with the secrets on */
	char *bearer;
	char *token; /* its name; NULL: none */
	char host[NAME];
	struct share *of_host, *of_token;
	char object[NAME]; /* whom the address names: 104…; "": nobody */
	bool exchange;     /* asks for a token only */
	char *secrets[SECRETS];
	const struct net_trouble *trouble;
};

struct fetcher {
	struct ev_loop *loop;
	struct fetch_limits limits;
	struct fetch *first, **last; /* in the order they came */
	size_t count;
	int64_t running;
	struct share *hosts, *tokens;
};

int fetch_begin(void)
{
	return 0;
}

void fetch_end(void)
{
}

const char *fetch_libraries(void)
{
	return "simulated";
}

struct fetcher *fetcher_new(struct ev_loop *loop, const struct fetch_limits *limits)
{
	struct fetcher *fetcher = memory_new(1, sizeof(*fetcher));

	fetcher->loop = loop;
	fetcher->limits = *limits;
	fetcher->last = &fetcher->first;
	return fetcher;
}

static void unlist(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	struct fetch **at = &fetcher->first;

	while (*at != fetch)
		at = &(*at)->next;
	*at = fetch->next;
	if (!*at)
		fetcher->last = at;
	fetcher->count--;
}

static void free_fetch(struct fetch *fetch)
{
	ev_timer_stop(fetch->fetcher->loop, &fetch->timer);
	text_clear(&fetch->target);
	text_clear(&fetch->body);
	free(fetch->bearer);
	free(fetch->token);
	for (size_t i = 0; i < SECRETS; i++)
		free(fetch->secrets[i]);
	free(fetch);
}

static void free_shares(struct share *share);

void fetcher_free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	while (fetcher->first) {
		struct fetch *fetch = fetcher->first;

		unlist(fetch);
		free_fetch(fetch);
	}
	free_shares(fetcher->hosts);
	free_shares(fetcher->tokens);
	free(fetcher);
}

size_t fetcher_busy(const struct fetcher *fetcher)
{
	return fetcher->count;
}

void fetcher_rest(struct fetcher *fetcher)
{
	(void)fetcher;
}

static bool may_run(const struct fetch *fetch)
{
	const struct fetch_limits *limits = &fetch->fetcher->limits;

	return fetch->refused ||
	       (fetch->fetcher->running < limits->in_flight &&
		fetch->of_host->running < limits->per_host &&
		(!fetch->of_token || fetch->of_token->running < limits->per_token));
}

/* One more (1) or one less (-1) that runs. */
static void count_running(struct fetch *fetch, int change)
{
	if (fetch->refused)
		return;
	fetch->fetcher->running += change;
	fetch->of_host->running += change;
	if (fetch->of_token)
		fetch->of_token->running += change;
}

static struct share *share_of(struct share **shares, const char *name)
{
	struct share *share = *shares;

	while (share && strcmp(share->name, name) != 0)
		share = share->next;
	if (share)
		return share;
	share = memory_new(1, sizeof(*share));
	(void)snprintf(share->name, sizeof(share->name), "%s", name);
	share->next = *shares;
	*shares = share;
	return share;
}

static void free_shares(struct share *share)
{
	while (share) {
		struct share *next = share->next;

		free(share);
		share = next;
	}
}

/* The trouble the request runs into, if any: the first that strikes. */
static const struct net_trouble *trouble_of(struct net *net, const struct fetch *fetch)
{
	double now = loop_true(net->loop);

	for (size_t i = 0; i < net->trouble_count; i++) {
		const struct net_trouble *trouble = &net->troubles[i];

		if (now >= (double)trouble->from && now < (double)trouble->until &&
		    (!trouble->host || strcmp(trouble->host, fetch->host) == 0) &&
		    (int)(draw(net) % 100) < trouble->percent)
			return trouble;
	}
	return NULL;
}

/* Seconds until it is over. */
static double duration_of(struct net *net, const struct fetch *fetch)
{
	double usual = 0.05 + (double)(draw(net) % 1000) / 1000.;
	const struct fetch_limits *limits = &fetch->fetcher->limits;

	if (!fetch->trouble)
		return usual;
	switch (fetch->trouble->kind) {
	case NET_TIMEOUT:
		return (double)limits->timeout_ms / 1000.;
	case NET_DNS:
		return (double)limits->connect_timeout_ms / 1000.;
	case NET_SLOW:
		return (double)limits->timeout_ms / 1000. - 0.5;
	case NET_REFUSED:
		return 0.001;
	case NET_CUT:
	case NET_DISTRUST:
	case NET_HUGE:
	case NET_TRUNCATED:
	case NET_GARBAGE:
	case NET_DAMAGED:
	case NET_DEEP:
	case NET_ABSURD:
	case NET_EMPTY:
	case NET_SERVER:
	case NET_TRANSIENT:
	case NET_LIMIT:
		return usual;
	}
	return usual;
}

static void run(struct fetch *fetch)
{
	fetch->phase = PHASE_RUNNING;
	count_running(fetch, 1);
	if (!fetch->refused)
		fetch->trouble = trouble_of(network, fetch);
	ev_timer_set(&fetch->timer, fetch->refused ? 0. : duration_of(network, fetch), 0.);
	ev_timer_start(fetch->fetcher->loop, &fetch->timer);
}

static void run_waiting(struct fetcher *fetcher)
{
	for (struct fetch *fetch = fetcher->first;
	     fetch && fetcher->running < fetcher->limits.in_flight; fetch = fetch->next)
		if (fetch->phase == PHASE_WAITING && may_run(fetch))
			run(fetch);
}

void fetch_drop(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	if (fetch->phase == PHASE_RUNNING)
		count_running(fetch, -1);
	unlist(fetch);
	free_fetch(fetch);
	run_waiting(fetcher);
}

/* --- who may ask --- */

__attribute__((format(printf, 2, 3))) static void violate(struct net *net, const char *format, ...)
{
	va_list arguments;

	if (net->violation[0])
		return;
	va_start(arguments, format);
	(void)vsnprintf(net->violation, sizeof(net->violation), format, arguments);
	va_end(arguments);
}

static void be_quiet(struct net *net, const char *mark, const char *key, double seconds)
{
	double now = loop_true(net->loop);
	struct quiet *quiet = NULL;
	char name[NAME];

	/* with a clock that is days wrong no answer is believed, its times least of all */
	if (net->pardoned || loop_wall_ahead(net->loop) > DAY || loop_wall_ahead(net->loop) < -DAY)
		return;
	(void)snprintf(name, sizeof(name), "%s%s", mark, key);
	for (size_t i = 0; i < net->quiet_count; i++)
		if (strcmp(net->quiets[i].key, name) == 0)
			quiet = &net->quiets[i];
	net->counts.told_to_wait++;
	if (!quiet) {
		net->quiets = memory_grow(net->quiets, net->quiet_count, &net->quiet_room,
					  sizeof(*net->quiets));
		quiet = &net->quiets[net->quiet_count++];
		memcpy(quiet->key, name, sizeof(name));
	}
	quiet->told = now;
	quiet->until = now + seconds;
}

/* FNV-1a: addresses are long, and only to be told apart. */
static uint64_t hash_words(uint64_t key, const char *words)
{
	for (; *words; words++)
		key = (key ^ (unsigned char)*words) * UINT64_C(0x100000001B3);
	return key;
}

static void look_at_asker(struct net *net, const struct fetch *fetch, const char *url)
{
	double now = loop_true(net->loop);
	uint64_t key =
		hash_mix(hash_words(hash_words(hash_words(net->seed, url), text_str(&fetch->body)),
				    fetch->token ? fetch->token : ""));
	struct repeated *repeated = &net->repeated[key % REPEATED];
	char token[NAME];

	(void)snprintf(token, sizeof(token), "=%s", fetch->token ? fetch->token : "");
	for (size_t i = 0; i < net->quiet_count; i++) {
		const struct quiet *quiet = &net->quiets[i];
		bool meant = strcmp(quiet->key, fetch->host) == 0 ||
			     (fetch->token && strcmp(quiet->key, token) == 0) ||
			     (!fetch->exchange && strcmp(quiet->key, fetch->object) == 0);

		/* whose token was still being exchanged when somebody else was told so is on his
		 * way */
		if (meant && now > quiet->told + ON_THE_WAY_S && now < quiet->until - 1)
			violate(net, "%s was asked %.0f s before the time told %.0f s ago: %s",
				quiet->key, quiet->until - now, now - quiet->told, url);
	}
	if (loop_now(net->loop) / HOUR != net->hour) {
		net->hour = loop_now(net->loop) / HOUR;
		net->in_hour = 0;
		forget_repeated(net);
	}
	if (++net->in_hour > net->counts.busiest_hour)
		net->counts.busiest_hour = net->in_hour;
	if (repeated->key != key || repeated->turn != net->turn)
		*repeated = (struct repeated){ .key = key, .turn = net->turn };
	if (++repeated->count > net->counts.most_repeated)
		net->counts.most_repeated = repeated->count;
	if (repeated->count > SAME_MAX)
		violate(net, "asked %u times within an hour: %s", repeated->count, url);
}

/* --- starting --- */

static void remember(struct fetch *fetch, const char *secret)
{
	for (size_t i = 0; i < SECRETS; i++) {
		if (fetch->secrets[i])
			continue;
		fetch->secrets[i] = memory_text(secret);
		return;
	}
}

static bool is_of(const struct fetch *fetch, const char *host)
{
	return strcmp(fetch->host, host) == 0;
}

/* "graph.facebook.com" and "104…" of "https://graph.facebook.com/v25.0/104…/insights?…" */
static void read_address(struct fetch *fetch, const char *url)
{
	const char *host = strstr(url, "://");
	const char *path;

	host = host ? host + 3 : url;
	path = host + strcspn(host, "/?#");
	(void)snprintf(fetch->host, sizeof(fetch->host), "%.*s", (int)(path - host), host);
	text_set(&fetch->target, path);
	if (path[0] == '/' && path[1] == 'v') {
		const char *object = strchr(path + 1, '/');

		if (object && strncmp(object, "/properties/", 12) == 0)
			object += 11;
		if (object)
			(void)snprintf(fetch->object, sizeof(fetch->object), "%.*s",
				       (int)strcspn(object + 1, "/?:"), object + 1);
	}
	fetch->exchange = strstr(path, "fields=access_token") || is_of(fetch, google_tokens) ||
			  strcmp(path, "/api/auth/login") == 0;
}

static bool is_about_token(const struct fetch *fetch)
{
	return strcmp(fetch->object, "debug_token") == 0 || strcmp(fetch->object, "oauth") == 0;
}

static void on_over(struct ev_loop *loop, ev_timer *timer, int events);

static struct fetch *new_fetch(struct fetcher *fetcher, fetch_done *done, void *data)
{
	struct fetch *fetch = memory_new(1, sizeof(*fetch));

	fetch->fetcher = fetcher;
	fetch->done = done;
	fetch->data = data;
	ev_init(&fetch->timer, on_over);
	fetch->timer.data = fetch;
	*fetcher->last = fetch;
	fetcher->last = &fetch->next;
	fetcher->count++;
	return fetch;
}

struct fetch *fetch_start(struct fetcher *fetcher, const struct fetch_order *order)
{
	struct fetch *fetch = new_fetch(fetcher, order->done, order->data);
	const char *value;

	fetch->method = order->method;
	fetch->json = order->json;
	fetch->token = order->token ? memory_text(order->token) : NULL;
	text_set(&fetch->body, order->body ? order->body : "");
	read_address(fetch, order->url);
	if (is_about_token(fetch)) { /* each has its own */
		char name[NAME];

		(void)snprintf(name, sizeof(name), "%s %.20s %.50s", about_tokens, fetch->object,
			       order->token ? order->token : "");
		memcpy(fetch->object, name, sizeof(name));
	}
	fetch->of_host = share_of(&fetcher->hosts, fetch->host);
	fetch->of_token = order->token ? share_of(&fetcher->tokens, order->token) : NULL;
	look_at_asker(network, fetch, order->url);
	if (order->query) {
		text_addf(&fetch->target, "%c%s", strchr(order->url, '?') ? '&' : '?',
			  order->query);
		value = strchr(order->query, '=');
		remember(fetch, value ? value + 1 : order->query);
	}
	if (order->secret) {
		text_addf(&fetch->body, "%s%s", fetch->body.length ? "&" : "", order->secret);
		value = strchr(order->secret, '=');
		remember(fetch, value ? value + 1 : order->secret);
	}
	if (order->hidden)
		remember(fetch, order->hidden);
	if (order->bearer) {
		fetch->bearer = memory_text(order->bearer);
		remember(fetch, order->bearer);
	}
	network->counts.requests++;
	if (may_run(fetch))
		run(fetch);
	return fetch;
}

struct fetch *fetch_refuse(struct fetcher *fetcher, const struct error *cause, fetch_done *done,
			   void *data)
{
	struct fetch *fetch = new_fetch(fetcher, done, data);

	fetch->refused = true;
	fetch->refusal = *cause;
	run(fetch);
	return fetch;
}

/* --- the providers' side --- */

static bool is_page_token(const char *bearer)
{
	return strncmp(bearer, "EAASimPage", 10) == 0;
}

/* Whether what is shown is what is good for the token just now. A Page token speaks for itself, and
 * so does Google's for its hour; Umami's ends with the password it was given for. */
static bool is_good(const struct net *net, const struct fetch *fetch, const char *shown)
{
	const struct known_secret *known = fetch->token ? secret_of(net, fetch->token) : NULL;

	if (is_page_token(shown) || strncmp(shown, "ya29.sim-", 9) == 0 ||
	    strncmp(shown, "EAASimLong", 10) == 0 ||
	    strncmp(shown, SIM_APP "|", sizeof(SIM_APP)) == 0)
		return true;
	if (!known || !*known->secret)
		return false;
	return strncmp(shown, "umami.sim-", 10) == 0 || strcmp(known->secret, shown) == 0;
}

/* Whose service account signed what is shown for the token, by the claims of the assertion. */
static bool is_signer(const struct net *net, const struct fetch *fetch, const char *assertion)
{
	const struct known_secret *known = fetch->token ? secret_of(net, fetch->token) : NULL;
	const char *claims = strchr(assertion, '.');
	size_t length = claims ? strcspn(claims + 1, ".") : 0;
	char code[1024], issuer[NAME + 16];
	unsigned char said[1024] = "";

	if (!known || !*known->secret || length == 0 || length + 4 > sizeof(code))
		return false;
	memset(code, '=', sizeof(code));
	for (size_t i = 0; i < length; i++)
		code[i] = (char)(claims[1 + i] == '-'   ? '+'
				 : claims[1 + i] == '_' ? '/'
							: claims[1 + i]);
	if (EVP_DecodeBlock(said, (unsigned char *)code, (int)((length + 3) / 4 * 4)) <= 0)
		return false;
	(void)snprintf(issuer, sizeof(issuer), "\"iss\":\"%s\"", known->secret);
	return strstr((char *)said, issuer) != NULL;
}

/* Whether the user and the password that log in are those of the token. */
static bool is_user(const struct net *net, const struct fetch *fetch)
{
	const struct known_secret *known = fetch->token ? secret_of(net, fetch->token) : NULL;
	const char *password = known ? strchr(known->secret, ':') : NULL;

	return password && strstr(text_str(&fetch->body), password + 1);
}

/* Stars where the answer echoes what is secret, or ends in the middle of it, as the real one puts
 * them. */
static void scrub(const struct fetch *fetch, struct text *text)
{
	enum { CUT_MIN = 6 };

	for (size_t i = 0; i < SECRETS && fetch->secrets[i] && text->length > 0; i++) {
		size_t length = strlen(fetch->secrets[i]);
		char *at = text->bytes;

		while (length > 0 && (at = memmem(at, text->length - (size_t)(at - text->bytes),
						  fetch->secrets[i], length)))
			memset(at, '*', length);
		for (size_t cut = CUT_MIN; cut < length && cut <= text->length; cut++)
			if (text->bytes[text->length - cut] == fetch->secrets[i][0] &&
			    memcmp(text->bytes + text->length - cut, fetch->secrets[i], cut) == 0)
				memset(text->bytes + text->length - cut, '*', cut);
	}
}

static void ask_provider(struct net *net, const struct fetch *fetch, struct sim_response *ret)
{
	struct sim_request request = { .method = fetch->method,
				       .target = text_str(&fetch->target),
				       .json = fetch->json };
	const char *field = strstr(text_str(&fetch->body), "token_auth=");
	const char *assertion = strstr(text_str(&fetch->body), "assertion=");

	if (fetch->method == HTTP_POST)
		request.body = text_str(&fetch->body);
	if (field && !is_good(net, fetch, field + strlen("token_auth=")))
		request.body = "method=API.getMatomoVersion";
	if (assertion && !is_signer(net, fetch, assertion)) /* the key was revoked */
		*strrchr(assertion, '.') = '-';
	if (fetch->exchange && is_of(fetch, "umami.example") && !is_user(net, fetch))
		request.body = "{}";
	if (fetch->bearer)
		request.bearer = is_good(net, fetch, fetch->bearer) ? fetch->bearer : "";
	world_answer(net->world, &request, loop_now(net->loop), ret);
}

static void add_date(const struct net *net, struct sim_response *answer)
{
	time_t now = (time_t)loop_now(net->loop);
	char date[64];
	struct tm tm;

	if (answer->headers.length > 0 && strstr(text_str(&answer->headers), "Date: "))
		return;
	(void)gmtime_r(&now, &tm);
	if (strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		text_addf(&answer->headers, "Date: %s\r\n", date);
}

static void set_page(struct sim_response *answer, int status)
{
	answer->status = status;
	text_reset(&answer->body);
	text_addf(&answer->body, "<html><head><title>%d</title></head><body>token=%s</body></html>",
		  status, "unknown");
}

/* Each number where a value stands becomes one nobody can have counted. */
static void make_absurd(struct net *net, struct sim_response *answer)
{
	static const char *const marks[] = {
		"\"value\":",     "nb_visits\":", "nb_pageviews\":", "followers_count\":",
		"\"pageviews\":", "\"visits\":",  "\"y\":",          "\"metrics\":[",
	};
	static const char *const numbers[] = { "99999999999999999999999",
					       "1e308",
					       "-17",
					       "123.456",
					       "\"many\"",
					       "null",
					       "[]",
					       "1e999" };
	struct text fresh = { .max = 8 << 20 };
	const char *at = text_str(&answer->body);

	while (*at) {
		size_t mark = 0;

		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && mark == 0; i++)
			if (strncmp(at, marks[i], strlen(marks[i])) == 0)
				mark = strlen(marks[i]);
		if (mark == 0 || strchr("{[", at[mark])) {
			text_add_char(&fresh, *at++);
			continue;
		}
		text_add_n(&fresh, at, mark);
		text_add(&fresh, numbers[draw(net) % (sizeof(numbers) / sizeof(numbers[0]))]);
		at += mark + strcspn(at + mark, ",}]");
	}
	text_clear(&answer->body);
	answer->body = fresh;
}

static void damage(struct net *net, struct sim_response *answer)
{
	size_t length = answer->body.length;
	size_t at = length > 8 ? draw(net) % (length - 8) : 0;

	for (size_t i = at; i < at + 8 && i < length; i++)
		answer->body.bytes[i] = (char)(0x80 | (draw(net) & 0x3f));
}

static void nest(struct sim_response *answer)
{
	text_reset(&answer->body);
	for (int i = 0; i < 10000; i++)
		text_add_char(&answer->body, i % 2 ? '{' : '[');
}

static void limit(struct net *net, const struct fetch *fetch, struct sim_response *answer)
{
	int seconds = (int)(60 + draw(net) % 7200);

	set_page(answer, 429);
	text_addf(&answer->headers, "Retry-After: %d\r\n", seconds);
	if (is_of(fetch, google_tokens) || is_of(fetch, "plausible.example") ||
	    is_of(fetch, "umami.example"))
		be_quiet(net, "=", fetch->token, seconds);
	else if (fetch->object[0])
		be_quiet(net, "", fetch->object, seconds);
	else
		be_quiet(net, "", fetch->host, seconds);
}

/* What the trouble makes of an answer that came. */
static void spoil(struct net *net, const struct fetch *fetch, struct sim_response *answer)
{
	const struct net_trouble *trouble = fetch->trouble;
	uint64_t chance = draw(net);

	switch (trouble->kind) {
	case NET_TRUNCATED:
		answer->body.length = answer->body.length ? chance % answer->body.length : 0;
		if (answer->body.bytes)
			answer->body.bytes[answer->body.length] = '\0';
		break;
	case NET_GARBAGE:
		set_page(answer, 200);
		break;
	case NET_DAMAGED:
		damage(net, answer);
		break;
	case NET_DEEP:
		nest(answer);
		break;
	case NET_ABSURD:
		make_absurd(net, answer);
		break;
	case NET_EMPTY:
		text_reset(&answer->body);
		break;
	case NET_SERVER:
		set_page(answer, 502 + (int)(chance % 3));
		break;
	case NET_TRANSIENT:
		answer->status = 500;
		text_reset(&answer->body);
		text_add(&answer->body,
			 "{\"error\":{\"message\":\"An unexpected error has occurred.\",\"code\":2,"
			 "\"type\":\"OAuthException\",\"is_transient\":true}}");
		break;
	case NET_LIMIT:
		limit(net, fetch, answer);
		break;
	case NET_TIMEOUT:
	case NET_DNS:
	case NET_REFUSED:
	case NET_CUT:
	case NET_DISTRUST:
	case NET_HUGE:
	case NET_SLOW:
		break;
	}
}

static bool fails(const struct fetch *fetch, struct error *cause)
{
	if (!fetch->trouble)
		return false;
	switch (fetch->trouble->kind) {
	case NET_TIMEOUT:
		return error_set(cause, ERROR_TRANSIENT, "%s: Operation timed out", fetch->host);
	case NET_DNS:
		return error_set(cause, ERROR_TRANSIENT, "%s: Could not resolve host", fetch->host);
	case NET_REFUSED:
		return error_set(cause, ERROR_TRANSIENT, "%s: Failed to connect", fetch->host);
	case NET_CUT:
		return error_set(cause, ERROR_TRANSIENT,
				 "%s: transfer closed with outstanding read data remaining",
				 fetch->host);
	case NET_HUGE:
		return error_set(cause, ERROR_MALFORMED, "%s: an answer of more than %lld bytes",
				 fetch->host, (long long)fetch->fetcher->limits.body_max);
	case NET_DISTRUST:
		(void)error_set(cause, ERROR_TRANSIENT,
				"%s: the server is not trusted: certificate has expired",
				fetch->host);
		cause->lasting = true;
		return true;
	case NET_SLOW:
	case NET_TRUNCATED:
	case NET_GARBAGE:
	case NET_DAMAGED:
	case NET_DEEP:
	case NET_ABSURD:
	case NET_EMPTY:
	case NET_SERVER:
	case NET_TRANSIENT:
	case NET_LIMIT:
		return false;
	}
	return false;
}

/* What an answer of the Graph API itself says of waiting. */
static void note_throttling(struct net *net, const struct fetch *fetch,
			    const struct sim_response *answer)
{
	const char *code =
		answer->status == 200 ? NULL : strstr(text_str(&answer->body), "\"code\":");
	const char *regain = answer->headers.length ? strstr(text_str(&answer->headers),
							     "estimated_time_to_regain_access\":")
						    : NULL;
	double seconds = 0;
	long number;

	if (!code || !fetch->object[0])
		return;
	number = strtol(code + 7, NULL, 10);
	if (regain)
		seconds = 60. * (double)strtol(strchr(regain, ':') + 1, NULL, 10);
	if (seconds <= 0)
		return;
	if (fetch->trouble) /* only the headers will come through, and they speak of the object */
		be_quiet(net, "", fetch->object, seconds);
	else if (number == 4 && fetch->token)
		be_quiet(net, "=", fetch->token, seconds);
	else if (number == 32 || number == 613 || (number >= 80000 && number <= 80014))
		be_quiet(net, "", fetch->object, seconds);
	else if (number == 17 && fetch->token)
		be_quiet(net, "=", fetch->token, seconds);
}

static void answer_fetch(struct net *net, struct fetch *fetch)
{
	SCOPED(sim_response)
	struct sim_response answer = { 0 };
	struct response response = { 0 };

	ask_provider(net, fetch, &answer);
	add_date(net, &answer);
	note_throttling(net, fetch, &answer);
	scrub(fetch, &answer.body); /* what is damaged at its sender is no secret any more */
	if (fetch->trouble)
		spoil(net, fetch, &answer);
	scrub(fetch, &answer.body);
	scrub(fetch, &answer.headers);
	net->counts.answers++;
	response.status = answer.status;
	response.body = text_str(&answer.body);
	response.length = answer.body.length;
	response.headers = text_str(&answer.headers);
	fetch->done(fetch->data, &response, NULL);
}

static void on_over(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct fetch *fetch = timer->data;
	struct fetcher *fetcher = fetch->fetcher;
	struct net *net = network;
	struct error cause = { 0 };

	(void)loop;
	(void)events;
	unlist(fetch);
	count_running(fetch, -1);
	if (fetch->trouble)
		net->counts.troubles[fetch->trouble->kind]++;
	if (fetch->refused)
		fetch->done(fetch->data, NULL, &fetch->refusal);
	else if (fails(fetch, &cause))
		fetch->done(fetch->data, NULL, &cause);
	else
		answer_fetch(net, fetch);
	free_fetch(fetch);
	run_waiting(fetcher);
}
