/*
 * The simulated world: Facebook Pages, Instagram accounts and websites at Matomo, Google Analytics
 * 4, Plausible and Umami that answer as the real APIs do, from a truth that a test can ask for.
 *
 * Everything follows from the seed: the same world, request and time give the same answer. No I/O,
 * no clock: time is an argument, and only requests are counted (for the hourly quota and for faults
 * that strike now and then). Texts handed in are borrowed for the world's life.
 */
#ifndef METRICSD_SIM_H
#define METRICSD_SIM_H

#include "metricsd/day.h"
#include "metricsd/http.h"
#include "metricsd/metric.h"
#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct world;

enum sim_kind { SIM_PAGE, SIM_INSTAGRAM, SIM_MATOMO, SIM_GA4, SIM_PLAUSIBLE, SIM_UMAMI };

enum { SIM_PEOPLE_MAX = 20000 };

struct sim_account {
	enum sim_kind kind;
	const char *id;    /* 104…, 1784…, idSite, property, domain, UUID */
	int people;        /* how many ever come by; 0: 1500 */
	int64_t followers; /* on the eve of `since`; 0: 5000. A site has none */
	int32_t since;     /* first day with anything; 0: 2024-01-01 */
	const char *zone;  /* a site's own; for Pages and Instagram that of the office, whose days
			    * count publications. NULL: America/Bogota */
	const char *page;  /* of an Instagram account: the Page it is linked to, or NULL */
};

/* What is odd about this world's providers. Change it at any time. */
struct sim_quirks {
	bool late; /* days appear 0 to 48 h after they end, then grow; false: at once, whole */
	int settle_days;            /* a day is whole at the latest so many days after it ended */
	int page_limit;             /* at most so many items in one page of a list */
	int empty_pages;            /* one page in so many is empty and has a next; 0: none */
	int cursor_size;            /* bytes of paging.cursors.after, at most 4000 */
	bool ignore_since;          /* lists answer everything, whatever since and until say */
	bool reels_in_posts;        /* published_posts has the Reels too, under /reel/ addresses */
	bool no_video_reels;        /* the video_reels edge is refused: only /videos answers */
	bool story_archive;         /* the Page's stories stay as ARCHIVED */
	bool no_month_unique;       /* Matomo without unique visitors of months */
	bool ga4_withholds;         /* GA4 says it withheld what few people did */
	bool ga4_disabled;          /* the Data API is not enabled */
	int umami_version;          /* 210, 211, 212: the shapes of 2.10, 2.11, 2.12; 0: of 3.x */
	const char *version_served; /* whatever was asked for; NULL: the version asked for */
	int hourly_quota;           /* calls an hour and object before 80001/80002; 0: none */
	int64_t data_access_until;  /* what debug_token says of a Page token; 0: never ends */
	bool renewal_stands_still;  /* a renewed token ends when the one before does */
};

enum sim_fault_kind {
	SIM_FAULT_TOKEN,    /* Graph tokens are refused: 190 with subcode `code` (0: 463) */
	SIM_FAULT_METRIC,   /* `metric` (its provider's name) is not known any more */
	SIM_FAULT_THROTTLE, /* Graph `code` (0: 80001/80002 by object), usage headers at 100 % */
	SIM_FAULT_SERVER,   /* HTTP `code` (0: 503) with an HTML page */
	SIM_FAULT_DAY,      /* the days of `days` have no point of their own, ever */
};
enum { SIM_FAULTS = 5 };

struct sim_fault {
	enum sim_fault_kind kind;
	int64_t from, until; /* time, [from, until); until 0: for ever. Not for SIM_FAULT_DAY */
	const char *account; /* id, NULL: all of them */
	const char *metric;  /* SIM_FAULT_METRIC; SIM_FAULT_DAY: provider's name, NULL: all */
	struct window days;  /* SIM_FAULT_DAY */
	int code;
	int percent; /* strikes so many requests in a hundred; 0: all of them */
};

struct sim_request {
	enum http_method method;
	const char *target;  /* "/v25.0/104…/insights?metric=…" */
	const char *body;    /* form fields of a POST, or NULL */
	const char *bearer;  /* token, or NULL */
	const char *api_key; /* x-umami-api-key, or NULL */
	bool json;           /* the body came as application/json */
};

/* `{ 0 }` is empty; world_answer() empties it first, sim_response_clear() frees it. */
struct sim_response {
	int status;
	struct text headers; /* "Name: value\r\n" lines */
	struct text body;
};
void sim_response_clear(struct sim_response *response);

struct world *world_new(uint64_t seed);
void world_free(struct world *world);

/* ERROR_INPUT for an id there is already, an unknown Page or zone, too many people. */
int world_add(struct world *world, const struct sim_account *account, struct error *err);

/* Secrets; each may be NULL: any root token, no app secret, any token_auth. */
void world_secrets(struct world *world, const char *root_token, const char *app_secret,
		   const char *matomo_token);

/* The app whose tokens these are; APPID|SECRET asks about them. */
#define SIM_APP "138483919580948"

/* A token of the Graph API beside the root token and the Pages' own. The texts are copied; one of
 * the same secret takes the place of the one before. */
struct sim_token {
	const char *secret;
	const char *type;         /* "USER", "PAGE", "SYSTEM_USER"; NULL: the last */
	const char *app_id;       /* whose it is; NULL: SIM_APP */
	const char *scopes;       /* apart by commas; NULL: all there are */
	const char *target;       /* the only object they were granted for; NULL: all */
	int64_t issued, expires;  /* times; expires 0: never */
	int64_t data_access_ends; /* time, 0: never */
	int64_t dead;             /* time from which it is refused, 0: it is not */
	int subcode;              /* of 190 then; 0: 460 */
	const char *family;       /* the one it was renewed from, and that from; NULL: itself */
};
void world_token(struct world *world, const struct sim_token *token);
/* It is refused from `now` on, and so is what was renewed from it. */
void world_token_die(struct world *world, const char *secret, int64_t now, int subcode);
/* Its owner logged in: the same is good again. */
void world_token_revive(struct world *world, const char *secret);

/* Those of the websites; each may be NULL: anything goes. */
struct sim_web_secrets {
	const char *google_key; /* PEM of the public key assertions are signed with */
	const char *plausible_key;
	const char *umami_user, *umami_password; /* of a server of one's own */
	const char *umami_key;                   /* of the Cloud */
};
void world_web_secrets(struct world *world, const struct sim_web_secrets *secrets);

/* What Google gives a service account now, for an hour. */
enum { SIM_GOOGLE_TOKEN = 64 };
void world_google_token(const struct world *world, int64_t now, char ret[SIM_GOOGLE_TOKEN]);

struct sim_quirks *world_quirks(struct world *world);
void world_fault(struct world *world, const struct sim_fault *fault);
/* The faults of a kind that strike just this account are over. */
void world_fault_end(struct world *world, enum sim_fault_kind kind, const char *account);

/* The Page's own token, as ?fields=access_token gives it. NULL for an unknown Page. */
const char *world_page_token(struct world *world, const char *page);

void world_answer(struct world *world, const struct sim_request *request, int64_t now,
		  struct sim_response *ret);

/*
 * Carries out a collector's request as the daemon would: the token exchanged and put on in the form
 * asked for, with its appsecret_proof.
 */
void world_carry_out(struct world *world, const struct request *request, const char *token,
		     int64_t now, struct sim_response *ret);

/* appsecret_proof: 64 hex digits and a NUL. */
enum { SIM_PROOF = 65 };
void sim_proof(const char *app_secret, const char *token, char ret[SIM_PROOF]);

/*
 * The truth. `metric` is a canonical id ("views", "reach") or the provider's name
 * ("page_media_view"). The window is in the days of the series: Pacific for insights, the site's
 * for Matomo, the account's zone for publications.
 *
 * METRIC_FLOW: the sum over the window's days; METRIC_STOCK: the level of its last day;
 * METRIC_UNIQUE: people in it, each once. TRUTH_NONE when there is no such account, metric or way
 * of counting, or (levels) the account did not exist yet.
 */
#define TRUTH_NONE INT64_MIN
int64_t truth_value(struct world *world, const char *account, const char *metric,
		    struct window window, enum metric_kind kind);

/* What the API can say of the same at `now`: at most the truth, TRUTH_NONE while it shows nothing.
 * SIM_FAULT_DAY is not looked at. Publications: those out by `now`. */
int64_t visible_value(struct world *world, const char *account, const char *metric,
		      struct window window, enum metric_kind kind, int64_t now);

/* How truth_value() counts this metric by nature; publications are flows. -1: no such metric. */
int truth_kind(struct world *world, const char *account, const char *metric, enum metric_kind *ret);

/* Publications created in [since, until): their number, and the first `room` of them, oldest first.
 */
struct sim_item {
	enum item_kind kind;
	int64_t created;
	char id[64]; /* as the lists name it */
};
size_t truth_items(struct world *world, const char *account, enum item_kind kind, int64_t since,
		   int64_t until, struct sim_item *ret, size_t room);

static inline void scoped_world(struct world **world)
{
	world_free(*world);
}

static inline void scoped_sim_response(struct sim_response *response)
{
	sim_response_clear(response);
}

#endif
