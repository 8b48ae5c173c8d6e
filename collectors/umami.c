/*
 * Websites measured by Umami: on a server of one's own (2.x, 3.x), or Umami Cloud.
 *
 * Umami answers zeros to whatever it does not understand (another site's id, wrong times), so the
 * site is asked for first, and a stretch that is zero throughout is not known. Visits come from
 * `stats`, a day at a time; page views and visitors of days from `pageviews`, where a day without a
 * row is not known unless the rest leaves no room for it. Days are cut where the account's zone has
 * its midnights. Visitors are other people each month of the server's zone: of a month, never more.
 */
#include "metricsd/cleanup.h"
#include "metricsd/collector.h"
#include "metricsd/error.h"
#include "metricsd/json.h"

#include "span.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SETTLES = 1,
	REVISABLE = 3,
	RANGE_DAYS = 93, /* beyond seven months days become months without a word */
	REACH_DAYS = 3650,
	DAY_S = 86400,
	THROTTLE_WAIT_S = 20, /* Cloud: 50 calls in 15 s */
	CHECK_DAYS = 7,
	WORDS_MAX = 300,
};

enum { VISITS, VISITORS, VIEWS, METRICS };

static const struct metric umami_metrics[METRICS + 1] = {
	[VISITS] = { .id = "visits",
		     .provider = "visits",
		     .kind = METRIC_FLOW,
		     .settles_days = SETTLES,
		     .revisable_days = REVISABLE },
	[VISITORS] = { .id = "visitors",
		       .provider = "visitors",
		       .kind = METRIC_UNIQUE,
		       .settles_days = SETTLES,
		       .revisable_days = REVISABLE },
	[VIEWS] = { .id = "views",
		    .provider = "pageviews",
		    .kind = METRIC_FLOW,
		    .settles_days = SETTLES,
		    .revisable_days = REVISABLE },
};

struct umami {
	const char *site;
	const char *base;
};

static const struct setting umami_settings[] = {
	{ .name = "site",
	  .type = SETTING_TEXT,
	  .offset = offsetof(struct umami, site),
	  .required = true,
	  .help = "the website's id, like 22222222-3333-4444-8555-666666666666" },
	URL_SETTING(struct umami, base, "https://api.umami.is/v1",
		    "address of the Umami server; one that ends in /v1 is Umami Cloud's"),
	{ 0 },
};

/* In the order they are taken; TOTAL, ROWS and DAYS of one stretch after the other. The numbers
 * stand in cursors: never renumber. */
enum step {
	STEP_SITE = 0,   /* is there such a site? */
	STEP_TOTAL = 1,  /* of the whole stretch */
	STEP_ROWS = 2,   /* page views and visitors by the day */
	STEP_DAYS = 3,   /* visits of a day */
	STEP_MONTHS = 4, /* visitors of a month */
	STEP_END = 5,
};

/* One request: what `next` asks and `take` reads. All but the last two stand in the cursor. */
struct place {
	enum step step;
	int32_t day;                /* days before it have been asked */
	int32_t end;                /* of the stretch; STEP_DAYS */
	int64_t views;              /* of the whole stretch; STEP_ROWS */
	bool no_visits;             /* the server counts none */
	int32_t zero_from, zero_to; /* days for which nothing said is nothing there */
	struct window asked;
	struct days days;
};

enum { CURSOR_NUMBERS = 7 };

/* --- what comes next ------------------------------------------------------------------------ */

/* The next wanted day of the stretch. */
static bool find_day(const struct job *job, struct place *place)
{
	static const struct span_limit one = { 1, 0 };

	return metric_lives(job, VISITS) &&
	       span_next(&place->days, job->zone, place->day, one, &place->asked) &&
	       place->asked.first < place->end;
}

/* Whether there is something to ask at the place; if not, the place is moved on. */
static bool stands(const struct job *job, struct place *place)
{
	static const struct span_limit limit = { RANGE_DAYS, 0 };
	int32_t earliest = zone_day(job->zone, job->now) - REACH_DAYS;

	switch (place->step) {
	case STEP_SITE:
		return true;
	case STEP_TOTAL:
	case STEP_ROWS:
		if (span_next(&place->days, job->zone, place->day, limit, &place->asked))
			return true;
		place->day = DAY_NONE;
		place->step = STEP_MONTHS;
		return false;
	case STEP_DAYS:
		if (find_day(job, place))
			return true;
		place->day = place->end;
		place->step = STEP_TOTAL;
		return false;
	case STEP_MONTHS:
		if (job->sweep == SWEEP_DAILY && metric_lives(job, VISITORS) &&
		    span_month(&place->days, place->day, earliest, &place->asked))
			return true;
		place->step = STEP_END;
		return false;
	case STEP_END:
		return false;
	}
	return false;
}

static bool is_day(int64_t number)
{
	return number >= INT32_MIN && number <= INT32_MAX;
}

static int read_cursor(const char *cursor, struct place *ret, struct error *err)
{
	int64_t n[CURSOR_NUMBERS] = { STEP_SITE, DAY_NONE, DAY_NONE, 0, 0, 0, 0 };

	if (*cursor &&
	    (!cursor_numbers(cursor, n, CURSOR_NUMBERS) || n[0] < STEP_SITE || n[0] > STEP_END ||
	     !is_day(n[1]) || !is_day(n[2]) || n[3] < 0 || !is_day(n[5]) || !is_day(n[6])))
		return error_set(err, ERROR_REQUEST, "the sweep's cursor makes no sense");
	*ret = (struct place){ .step = (enum step)n[0],
			       .day = (int32_t)n[1],
			       .end = (int32_t)n[2],
			       .views = n[3],
			       .no_visits = n[4] != 0,
			       .zero_from = (int32_t)n[5],
			       .zero_to = (int32_t)n[6] };
	return 0;
}

/* Where the sweep is: 1, or 0 when it is over. */
static int find_place(const struct job *job, struct place *ret, struct error *err)
{
	if (read_cursor(text_str(&job->cursor), ret, err) < 0)
		return -1;
	ret->days = span_wanted(job, REACH_DAYS, 0, CHECK_DAYS);
	if (job->sweep == SWEEP_WATCH ||
	    (!metric_lives(job, VISITS) && !metric_lives(job, VISITORS) &&
	     !metric_lives(job, VIEWS)))
		return 0;
	while (ret->step != STEP_END)
		if (stands(job, ret))
			return 1;
	return 0;
}

static void go_on(struct job *job, const struct place *place)
{
	text_reset(&job->cursor);
	text_addf(&job->cursor, "%d %" PRId32 " %" PRId32 " %" PRId64 " %d %" PRId32 " %" PRId32,
		  (int)place->step, place->day, place->end, place->views, place->no_visits,
		  place->zero_from, place->zero_to);
}

/* --- asking --------------------------------------------------------------------------------- */

static bool is_cloud(const struct umami *umami)
{
	size_t length = strlen(umami->base);

	return length > 3 && strcmp(umami->base + length - 3, "/v1") == 0;
}

static void ask(const struct job *job, const char *path, struct request *request)
{
	const struct umami *umami = job->settings;

	request_reset(request);
	if (is_cloud(umami)) {
		request->form = CREDENTIAL_HEADER;
		request->credential_field = "x-umami-api-key";
		text_addf(&request->url, "%s/websites/", umami->base);
	} else {
		request->form = CREDENTIAL_BEARER;
		text_addf(&request->exchange, "%s/api/auth/login", umami->base);
		request->exchange_member = "token";
		text_addf(&request->url, "%s/api/websites/", umami->base);
	}
	text_add_url(&request->url, umami->site);
	text_add(&request->url, path);
}

/* Both ends are milliseconds and inclusive: up to the last before the next day begins. */
static void ask_window(const struct job *job, const char *path, struct window window,
		       struct request *request)
{
	ask(job, path, request);
	text_addf(&request->url, "?startAt=%" PRId64 "000&endAt=%" PRId64 "999",
		  zone_midnight(job->zone, window.first),
		  zone_midnight(job->zone, window_end(window)) - 1);
}

static int umami_next(const struct job *job, struct request *request, struct error *err)
{
	struct place place = { 0 };
	int more = find_place(job, &place, err);

	if (more <= 0)
		return more;
	switch (place.step) {
	case STEP_SITE:
		ask(job, "", request);
		text_add(&request->what, "website");
		break;
	case STEP_ROWS:
		ask_window(job, "/pageviews", place.asked, request);
		text_add(&request->url, "&unit=day&timezone=");
		text_add_url(&request->url, zone_name(job->zone));
		text_add(&request->what, "pageviews by day");
		break;
	case STEP_TOTAL:
	case STEP_DAYS:
	case STEP_MONTHS:
	case STEP_END:
		ask_window(job, "/stats", place.asked, request);
		text_add(&request->what, place.step == STEP_TOTAL  ? "stats"
					 : place.step == STEP_DAYS ? "stats of a day"
								   : "stats of a month");
		break;
	}
	return 1;
}

/* --- refusals ------------------------------------------------------------------------------- */

static void words_of(const char *message, char ret[WORDS_MAX])
{
	(void)snprintf(ret, WORDS_MAX, "%s", message ? message : "no words");
	for (char *byte = ret; *byte; byte++)
		if ((unsigned char)*byte < ' ')
			*byte = ' ';
}

static void hold(struct job *job, enum hold_scope scope, int64_t until, const char *why)
{
	job->hold = (struct hold){ .scope = scope, .until = until };
	(void)snprintf(job->hold.why, sizeof(job->hold.why), "%.150s", why);
}

static int refuse_login(struct job *job, const char *words, struct error *err)
{
	char why[WORDS_MAX + 60];

	(void)snprintf(why, sizeof(why), "Umami refuses user and password: %s", words);
	hold(job, HOLD_TOKEN, INT64_MAX, why);
	return error_set(err, ERROR_TOKEN, "%s", why);
}

/* Said of a site that the user may not see, and of a key that is none: other sites go on, and this
 * one is asked again the next day. */
static int refuse_site(const struct job *job, int status, const char *words, struct error *err)
{
	const struct umami *umami = job->settings;

	return error_set(err, ERROR_PERMISSION, "HTTP %d: %s (%s may not see site %.40s: %s)",
			 status, words, is_cloud(umami) ? "the key" : "the user", umami->site,
			 is_cloud(umami) ? "make a new key in the account that has it"
					 : "let the user see it, or its team");
}

static int refuse_throttled(struct job *job, const struct response *response, const char *words,
			    struct error *err)
{
	char value[16];
	long wait = 0;

	if (response_header(response, "Retry-After", value, sizeof(value)) == 0)
		wait = strtol(value, NULL, 10);
	if (wait <= 0 || wait > DAY_S)
		wait = THROTTLE_WAIT_S;
	hold(job, HOLD_TOKEN, job->now + wait, words);
	return error_set(err, ERROR_THROTTLED, "HTTP 429: %s", words);
}

static bool is_uuid(const char *text)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !text[i] || !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	}
	return text[36] == '\0';
}

/* {"error":{"message":…,"code":…}} (3.x), {"error":"…"} (2.19 on), plain text before. */
static int refuse(struct job *job, const struct response *response, const cJSON *root,
		  struct error *err)
{
	const struct umami *umami = job->settings;
	const cJSON *error = json_member(root, "error");
	const char *code = json_text(error, "code");
	int status = response->status;
	char words[WORDS_MAX];

	words_of(cJSON_IsString(error) ? error->valuestring
		 : error               ? json_text(error, "message")
				       : "a page, not JSON",
		 words);
	if ((code && strcmp(code, "incorrect-username-password") == 0) ||
	    (response->of_exchange && (status == 400 || status == 401 || status == 403)))
		return refuse_login(job, code ? code : words, err);
	if (status == 401 || status == 403)
		return refuse_site(job, status, words, err);
	if (status == 429)
		return refuse_throttled(job, response, words, err);
	if (status >= 500 && !is_uuid(umami->site))
		return error_set(err, ERROR_REQUEST,
				 "HTTP %d: site \"%.60s\" is no website id of Umami's, which looks "
				 "like 22222222-3333-4444-8555-666666666666",
				 status, umami->site);
	if (status >= 500)
		return error_set(err, ERROR_TRANSIENT, "HTTP %d: %s", status, words);
	if (status == 404)
		return error_set(err, ERROR_REQUEST,
				 "HTTP 404: %s (is base the address of the Umami server?)", words);
	return error_set(err, ERROR_REQUEST, "HTTP %d: %s", status, words);
}

/* --- numbers -------------------------------------------------------------------------------- */

/* The totals of a period, in any of the three shapes; -1: the server does not count it. */
struct stats {
	int64_t values[METRICS];
};

/* {"visits":1} (3.x), {"visits":{"value":1,"prev":1}} (2.12 on), with "change" before. */
static int read_stat(const cJSON *root, const char *name, int64_t *ret, struct error *err)
{
	const cJSON *member = json_member(root, name);

	*ret = -1;
	if (!member)
		return 0;
	if (cJSON_IsObject(member) ? json_int(member, "value", ret, err) < 0
				   : json_int_value(member, name, ret, err) < 0)
		return error_within(err, "%s", name);
	if (*ret < 0)
		return error_set(err, ERROR_MALFORMED, "%s is below zero", name);
	return 0;
}

static int read_stats(const cJSON *root, struct stats *ret, struct error *err)
{
	if (!json_member(root, "pageviews") || cJSON_IsArray(json_member(root, "pageviews")))
		return error_set(err, ERROR_MALFORMED, "no stats in the answer");
	if (read_stat(root, "pageviews", &ret->values[VIEWS], err) < 0 ||
	    read_stat(root, "visits", &ret->values[VISITS], err) < 0)
		return -1;
	/* up to 2.10 visitors were called so, and visits were not counted */
	return read_stat(root, json_member(root, "visitors") ? "visitors" : "uniques",
			 &ret->values[VISITORS], err);
}

static bool has_any(const struct stats *stats)
{
	for (int i = 0; i < METRICS; i++)
		if (stats->values[i] > 0)
			return true;
	return false;
}

static int take_total(struct job *job, struct place *place, const cJSON *root,
		      struct findings *findings, struct error *err)
{
	struct stats stats = { 0 };
	char days[WINDOW_TEXT];

	if (read_stats(root, &stats, err) < 0)
		return -1;
	for (int i = 0; job->sweep == SWEEP_CHECK && has_any(&stats) && i < METRICS; i++)
		if (stats.values[i] >= 0)
			findings_note(findings, "%s answers", umami_metrics[i].id);
	if (stats.values[VISITS] < 0)
		findings_note(findings, "this Umami counts no visits: it is older than 2.11");
	if (!has_any(&stats))
		findings_note(findings,
			      "%s: nothing but zeros, which Umami also answers when it does not "
			      "know: not stored",
			      window_text(place->asked, days));
	if (!has_any(&stats) || job->sweep == SWEEP_CHECK) {
		place->day = window_end(place->asked);
		return 0;
	}
	place->day = place->asked.first;
	place->end = window_end(place->asked);
	place->views = stats.values[VIEWS];
	place->no_visits = stats.values[VISITS] < 0;
	place->step = STEP_ROWS;
	return 0;
}

/* What the rows of one array say of the stretch. */
struct rows {
	bool seen[RANGE_DAYS];
	int64_t sum;
	int32_t first, last;
};

/* "2026-10-01 00:00:00" of the zone asked for; with T and Z the server has not understood it, and
 * its days are UTC's. */
static int read_day(const struct job *job, const cJSON *row, int32_t *ret, struct error *err)
{
	const char *text = json_text(row, "x");
	char date[DAY_TEXT];

	if (!text || strlen(text) < 10)
		return error_set(err, ERROR_MALFORMED, "a row without a date");
	(void)snprintf(date, sizeof(date), "%.10s", text);
	if (day_parse(date, ret, err) < 0) {
		err->class = ERROR_MALFORMED;
		return -1;
	}
	if (strchr(text, 'Z') && zone_midnight(job->zone, *ret) != (int64_t)*ret * DAY_S)
		return error_set(err, ERROR_MALFORMED, "%s: a day of UTC's, not of %s's", date,
				 zone_name(job->zone));
	return 0;
}

static int take_array(const struct job *job, const struct place *place, const cJSON *array,
		      int metric, struct rows *rows, struct findings *findings, struct error *err)
{
	const cJSON *row;

	*rows = (struct rows){ .first = DAY_NONE, .last = DAY_NONE };
	cJSON_ArrayForEach (row, array) {
		int64_t number = 0;
		int32_t day = 0;

		if (read_day(job, row, &day, err) < 0 || json_int(row, "y", &number, err) < 0)
			return -1;
		if (number < 0)
			return error_set(err, ERROR_MALFORMED, "%s is below zero",
					 umami_metrics[metric].provider);
		if (!window_holds(place->asked, (struct window){ day, 1 }))
			continue;
		if (rows->seen[day - place->asked.first])
			return error_set(err, ERROR_MALFORMED, "%s comes twice",
					 json_text(row, "x"));
		rows->seen[day - place->asked.first] = true;
		rows->sum += number;
		if (rows->first == DAY_NONE || day < rows->first)
			rows->first = day;
		if (day > rows->last)
			rows->last = day;
		if (metric_lives(job, metric) && days_hold(&place->days, day))
			findings_sample(findings, &umami_metrics[metric], (struct window){ day, 1 },
					number, 0);
	}
	return 0;
}

/* design.md §4.1: where the rows add up to the stretch's own total, a day without one, between days
 * that have one, had nothing. Before the first and after the last Umami may not have counted. */
static void conclude(const struct job *job, struct place *place, const struct rows *views,
		     const struct rows *visitors, struct findings *findings)
{
	const int metrics[] = { VIEWS, VISITORS };

	if (views->sum == 0 || views->sum != place->views)
		return;
	place->zero_from = views->first + 1;
	place->zero_to = views->last;
	for (int32_t day = place->zero_from; day < place->zero_to; day++) {
		int32_t at = day - place->asked.first;

		if (views->seen[at] || visitors->seen[at] || !days_hold(&place->days, day))
			continue;
		for (size_t i = 0; i < 2; i++)
			if (metric_lives(job, metrics[i]))
				findings_sample(findings, &umami_metrics[metrics[i]],
						(struct window){ day, 1 }, 0, SAMPLE_DERIVED);
	}
}

static int take_rows(const struct job *job, struct place *place, const cJSON *root,
		     struct findings *findings, struct error *err)
{
	struct rows views, visitors;

	if (!json_array(root, "pageviews") || !json_array(root, "sessions"))
		return error_set(err, ERROR_MALFORMED, "no days in the answer");
	if (take_array(job, place, json_array(root, "pageviews"), VIEWS, &views, findings, err) <
		    0 ||
	    take_array(job, place, json_array(root, "sessions"), VISITORS, &visitors, findings,
		       err) < 0)
		return -1;
	place->zero_from = place->zero_to = 0;
	conclude(job, place, &views, &visitors, findings);
	place->step = STEP_DAYS;
	place->end = window_end(place->asked);
	place->day = place->no_visits ? place->end : place->asked.first;
	return 0;
}

static int take_day(struct place *place, const cJSON *root, struct findings *findings,
		    struct error *err)
{
	int32_t day = place->asked.first;
	struct stats stats = { 0 };

	if (read_stats(root, &stats, err) < 0)
		return -1;
	if (stats.values[VISITS] > 0)
		findings_sample(findings, &umami_metrics[VISITS], place->asked,
				stats.values[VISITS], 0);
	else if (stats.values[VISITS] == 0 && !has_any(&stats) && day >= place->zero_from &&
		 day < place->zero_to)
		findings_sample(findings, &umami_metrics[VISITS], place->asked, 0, SAMPLE_DERIVED);
	place->day = day + 1;
	return 0;
}

/* Who comes is known by another name each month of the server's zone, mostly UTC: where the
 * account's month begins at another hour, some are counted twice. */
static int take_month(const struct job *job, struct place *place, const cJSON *root,
		      struct findings *findings, struct error *err)
{
	bool apart = zone_midnight(job->zone, place->asked.first) % DAY_S != 0;
	struct stats stats = { 0 };

	if (read_stats(root, &stats, err) < 0)
		return -1;
	if (stats.values[VISITORS] > 0)
		findings_sample(findings, &umami_metrics[VISITORS], place->asked,
				stats.values[VISITORS], apart ? SAMPLE_ESTIMATE : 0);
	place->day = window_end(place->asked);
	return 0;
}

/* --- what an answer says -------------------------------------------------------------------- */

static int take_site(const struct job *job, struct place *place, const cJSON *root,
		     struct findings *findings, struct error *err)
{
	const struct umami *umami = job->settings;
	const char *name = json_text(root, "name");
	const char *domain = json_text(root, "domain");

	if (cJSON_IsNull(root))
		return error_set(err, ERROR_REQUEST,
				 "there is no site %.40s at this Umami: check its id (Settings, "
				 "Websites, Edit)",
				 umami->site);
	if (!json_text(root, "id"))
		return error_set(err, ERROR_MALFORMED, "the answer is not the site's");
	if (json_member(root, "deletedAt"))
		findings_note(findings, "site %.40s was deleted at Umami", umami->site);
	if (job->sweep == SWEEP_CHECK)
		findings_note(findings, "site %.40s \"%.80s\" (%.80s) answers, its days are %s's",
			      umami->site, name ? name : "", domain ? domain : "no domain",
			      zone_name(job->zone));
	place->step = STEP_TOTAL;
	return 0;
}

static int take_answer(struct job *job, struct place *place, const cJSON *root,
		       struct findings *findings, struct error *err)
{
	switch (place->step) {
	case STEP_SITE:
		return take_site(job, place, root, findings, err);
	case STEP_TOTAL:
		return take_total(job, place, root, findings, err);
	case STEP_ROWS:
		return take_rows(job, place, root, findings, err);
	case STEP_DAYS:
		return take_day(place, root, findings, err);
	case STEP_MONTHS:
	case STEP_END:
		break;
	}
	return take_month(job, place, root, findings, err);
}

static int umami_take(struct job *job, const struct response *response, struct findings *findings,
		      struct error *err)
{
	SCOPED(json)
	cJSON *root = NULL;
	struct place place = { 0 };
	bool fine = response->status >= 200 && response->status < 300;
	int more = find_place(job, &place, err);

	if (more <= 0)
		return more < 0 ? -1 : error_set(err, ERROR_REQUEST, "an answer nobody waits for");
	if (json_parse(response->body, response->length, &root, err) < 0 && fine)
		return error_within(err, "no answer of Umami's");
	if (!fine || json_member(root, "error"))
		return refuse(job, response, root, err);
	if (take_answer(job, &place, root, findings, err) < 0)
		return -1;
	go_on(job, &place);
	return 0;
}

static void umami_subject(const void *settings, char *ret, size_t room)
{
	const struct umami *umami = settings;

	(void)snprintf(ret, room, "site %s", umami->site);
}

const struct collector umami_collector = {
	.name = "umami",
	.title = "Umami",
	.metrics = umami_metrics,
	.settings = umami_settings,
	.settings_size = sizeof(struct umami),
	.needs_token = true,
	.logs_in = true,
	.reach_days = REACH_DAYS,
	.subject = umami_subject,
	.next = umami_next,
	.take = umami_take,
};
