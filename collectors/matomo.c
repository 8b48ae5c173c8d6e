/*
 * Websites measured by Matomo (Reporting API 4 to 6).
 *
 * Days are those of the site's zone, which is compared with the account's first. A day without
 * visits is `[]` and means zero; a day that is not in the answer is not known. Unique visitors of a
 * month are asked for as a month: `period=range` leaves them out.
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
	SETTLES = 2,
	REVISABLE = 7, /* visits reported late, archives computed again */
	RANGE_DAYS = 93,
	REACH_DAYS = 3650, /* until its owner deletes it */
	THROTTLE_WAIT_S = 600,
	WAIT_MAX_S = 86400,
	SITE_WAIT_S = 86400,
	WORDS_MAX = 300,
};

enum { VISITS, VISITORS, VIEWS, METRICS };

/* By the method that gives them. */
enum call { CALL_SUMMARY, CALL_ACTIONS };

static const struct metric matomo_metrics[METRICS + 1] = {
	[VISITS] = { .id = "visits",
		     .provider = "nb_visits",
		     .kind = METRIC_FLOW,
		     .call = CALL_SUMMARY,
		     .settles_days = SETTLES,
		     .revisable_days = REVISABLE },
	[VISITORS] = { .id = "visitors",
		       .provider = "nb_uniq_visitors",
		       .kind = METRIC_UNIQUE,
		       .call = CALL_SUMMARY,
		       .settles_days = SETTLES,
		       .revisable_days = REVISABLE },
	[VIEWS] = { .id = "views",
		    .provider = "nb_pageviews",
		    .kind = METRIC_FLOW,
		    .call = CALL_ACTIONS,
		    .settles_days = SETTLES,
		    .revisable_days = REVISABLE },
};

struct matomo {
	const char *base;
	const char *site;
};

static const struct setting matomo_settings[] = {
	REQUIRED_URL_SETTING(struct matomo, base, "address of the Matomo installation"),
	ID_SETTING(struct matomo, site, "id of the site (idSite)"),
	{ 0 },
};

/* In the order they are taken. The numbers stand in cursors: never renumber. */
enum step {
	STEP_SITE = 0,    /* whose days are they? */
	STEP_SUMMARY = 1, /* visits and visitors by the day */
	STEP_ACTIONS = 2, /* page views by the day */
	STEP_MONTHS = 3,  /* visitors of a whole month */
	STEP_END = 4,
};

/* One request: what `next` asks and `take` reads. `day` is the cursor's second number: days before
 * it have been asked. */
struct place {
	enum step step;
	int32_t day;
	struct window asked;
	struct days days;
};

/* --- what comes next ------------------------------------------------------------------------ */

static bool stands(const struct job *job, struct place *place)
{
	static const struct span_limit limit = { RANGE_DAYS, 0 };
	int32_t earliest = zone_day(job->zone, job->now) - REACH_DAYS;

	switch (place->step) {
	case STEP_SITE:
		return true;
	case STEP_SUMMARY:
		return (metric_lives(job, VISITS) || metric_lives(job, VISITORS)) &&
		       span_next(&place->days, job->zone, place->day, limit, &place->asked);
	case STEP_ACTIONS:
		return metric_lives(job, VIEWS) &&
		       span_next(&place->days, job->zone, place->day, limit, &place->asked);
	case STEP_MONTHS:
		return job->sweep == SWEEP_DAILY && metric_lives(job, VISITORS) &&
		       span_month(&place->days, place->day, earliest, &place->asked);
	case STEP_END:
		return false;
	}
	return false;
}

/* Where the sweep is: 1, or 0 when it is over. */
static int find_place(const struct job *job, struct place *ret, struct error *err)
{
	const char *cursor = text_str(&job->cursor);
	int64_t n[2] = { STEP_SITE, DAY_NONE };

	if (*cursor && (!cursor_numbers(cursor, n, 2) || n[0] < STEP_SITE || n[0] > STEP_END ||
			n[1] < INT32_MIN || n[1] > INT32_MAX))
		return error_set(err, ERROR_REQUEST, "the sweep's cursor makes no sense");
	*ret = (struct place){ .step = (enum step)n[0],
			       .day = (int32_t)n[1],
			       .days = span_wanted(job, REACH_DAYS, SETTLES, 1) };
	if (job->sweep == SWEEP_WATCH)
		return 0;
	for (; ret->step < STEP_END; ret->step++, ret->day = DAY_NONE)
		if (stands(job, ret))
			return 1;
	return 0;
}

static void go_to(struct job *job, enum step step, int32_t day)
{
	text_reset(&job->cursor);
	text_addf(&job->cursor, "%d %" PRId32, (int)step, day);
}

/* --- asking --------------------------------------------------------------------------------- */

static void ask(const struct job *job, const char *method, struct request *request)
{
	const struct matomo *matomo = job->settings;

	request_reset(request);
	request->method = HTTP_POST;
	/* in the body only: an address ends up in logs, and strict tokens are refused there */
	request->form = CREDENTIAL_FIELD;
	request->credential_field = "token_auth";
	text_addf(&request->url, "%s/index.php", matomo->base);
	text_addf(&request->body, "module=API&format=JSON&method=%s&idSite=%s", method,
		  matomo->site);
	text_add(&request->what, method);
}

static void ask_days(const struct job *job, const char *method, struct window window,
		     struct request *request)
{
	char first[DAY_TEXT], last[DAY_TEXT];

	ask(job, method, request);
	text_addf(&request->body, "&period=day&date=%s,%s", day_text(window.first, first),
		  day_text(window_end(window) - 1, last));
	text_add(&request->what, " day");
}

static int matomo_next(const struct job *job, struct request *request, struct error *err)
{
	struct place place = { 0 };
	char first[DAY_TEXT];
	int more = find_place(job, &place, err);

	if (more <= 0)
		return more;
	switch (place.step) {
	case STEP_SITE:
		ask(job, "SitesManager.getSiteFromId", request);
		break;
	case STEP_SUMMARY:
		ask_days(job, "VisitsSummary.get", place.asked, request);
		break;
	case STEP_ACTIONS:
		ask_days(job, "Actions.get", place.asked, request);
		break;
	case STEP_MONTHS:
	case STEP_END:
		ask(job, "VisitsSummary.get", request);
		text_addf(&request->body, "&period=month&date=%s",
			  day_text(place.asked.first, first));
		text_add(&request->what, " month");
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

/* Twenty refused tokens within the hour block the caller's address: stop at the first. */
static int refuse_token(struct job *job, const char *words, struct error *err)
{
	job->hold = (struct hold){ .scope = HOLD_TOKEN, .until = INT64_MAX };
	(void)snprintf(job->hold.why, sizeof(job->hold.why), "%.150s", words);
	return error_set(err, ERROR_TOKEN, "%s", words);
}

/*
 * "requires 'view' access" is said of a token that may not see this site, and to one that Matomo no
 * longer knows and takes for nobody. Other sites of a good token go on; a day's wait keeps a bad
 * one far from the twenty refusals that block the address.
 */
static int refuse_site(struct job *job, const char *words, struct error *err)
{
	job->hold = (struct hold){ .scope = HOLD_ACCOUNT, .until = job->now + SITE_WAIT_S };
	(void)snprintf(job->hold.why, sizeof(job->hold.why), "%.150s", words);
	return error_set(err, ERROR_PERMISSION,
			 "%s (give the token's user \"view\" access to the site, or replace it)",
			 words);
}

static int refuse_throttled(struct job *job, const struct response *response, struct error *err)
{
	char value[16];
	long wait = 0;

	if (response_header(response, "Retry-After", value, sizeof(value)) == 0)
		wait = strtol(value, NULL, 10);
	if (wait <= 0 || wait > WAIT_MAX_S)
		wait = THROTTLE_WAIT_S;
	job->hold = (struct hold){ .scope = HOLD_HOST,
				   .until = job->now + wait,
				   .why = "HTTP 429: too many requests" };
	return error_set(err, ERROR_THROTTLED, "%s", job->hold.why);
}

static int refuse_status(struct job *job, const struct response *response, const char *words,
			 struct error *err)
{
	int status = response->status;

	if (strstr(words, "'view' access"))
		return refuse_site(job, words, err);
	if (status == 401)
		return refuse_token(job, words, err);
	if (status == 403)
		return error_set(err, ERROR_PERMISSION, "HTTP 403: %s", words);
	if (status == 429)
		return refuse_throttled(job, response, err);
	if (status >= 500)
		return error_set(err, ERROR_TRANSIENT, "HTTP %d: %s", status, words);
	return error_set(err, ERROR_REQUEST, "HTTP %d: %s", status, words);
}

/* An answer without an error in it. Errors come with 200 too, and pages of HTML with any status. */
static int read_answer(struct job *job, const struct response *response, cJSON **ret,
		       struct error *err)
{
	bool fine = response->status >= 200 && response->status < 300;
	char words[WORDS_MAX];
	const char *result;

	if (json_parse(response->body, response->length, ret, err) < 0)
		return fine ? error_within(err, "no answer of Matomo's")
			    : refuse_status(job, response, "a page, not JSON", err);
	result = json_text(*ret, "result");
	words_of(json_text(*ret, "message"), words);
	if (!fine)
		return refuse_status(job, response, words, err);
	if (!result || strcmp(result, "error") != 0)
		return 0;
	if (strstr(words, "'view' access"))
		return refuse_site(job, words, err);
	if (strstr(words, "authenticate"))
		return refuse_token(job, words, err);
	return error_set(err, ERROR_REQUEST, "Matomo refuses: %s", words);
}

/* --- numbers -------------------------------------------------------------------------------- */

static int take_number(struct job *job, const cJSON *row, int metric, struct window window,
		       struct findings *findings, struct error *err)
{
	const struct metric *known = &matomo_metrics[metric];
	char days[WINDOW_TEXT];
	int64_t number = 0;

	if (!metric_lives(job, metric))
		return 0;
	if (!cJSON_IsArray(row)) { /* `[]`: no visits that day */
		if (!json_member(row, known->provider))
			return 0; /* not known: an installation may have switched it off */
		if (json_int(row, known->provider, &number, err) < 0)
			return error_within(err, "%s", window_text(window, days));
	}
	if (number < 0)
		return error_set(err, ERROR_MALFORMED, "%s: %s is below zero",
				 window_text(window, days), known->provider);
	findings_sample(findings, known, window, number, 0);
	return 0;
}

static int take_row(struct job *job, const struct place *place, const cJSON *row,
		    struct window window, struct findings *findings, struct error *err)
{
	enum call call = place->step == STEP_ACTIONS ? CALL_ACTIONS : CALL_SUMMARY;
	char days[WINDOW_TEXT];

	if (!cJSON_IsObject(row) && !(cJSON_IsArray(row) && cJSON_GetArraySize(row) == 0))
		return error_set(err, ERROR_MALFORMED, "%s: neither numbers nor []",
				 window_text(window, days));
	for (int i = 0; i < METRICS; i++) {
		if (matomo_metrics[i].call != (int)call ||
		    (place->step == STEP_MONTHS && i != VISITORS))
			continue;
		if (take_number(job, row, i, window, findings, err) < 0)
			return -1;
	}
	return 0;
}

/* {"2026-10-01":{…},"2026-10-12":[]}; for a single day also the bare {…}. */
static int take_days(struct job *job, const struct place *place, const cJSON *root,
		     struct findings *findings, struct error *err)
{
	int32_t before = DAY_NONE;
	const cJSON *row;

	if (!cJSON_IsObject(root))
		return error_set(err, ERROR_MALFORMED, "no days in the answer");
	if (place->asked.days == 1 &&
	    (json_member(root, "nb_visits") || json_member(root, "nb_pageviews")))
		return take_row(job, place, root, place->asked, findings, err);
	cJSON_ArrayForEach (row, root) {
		int32_t day;

		if (day_parse(row->string, &day, err) < 0) {
			err->class = ERROR_MALFORMED;
			return -1;
		}
		if (before != DAY_NONE && day <= before)
			return error_set(err, ERROR_MALFORMED, "%s comes twice or out of order",
					 row->string);
		before = day;
		if (window_holds(place->asked, (struct window){ day, 1 }) &&
		    days_hold(&place->days, day) &&
		    take_row(job, place, row, (struct window){ day, 1 }, findings, err) < 0)
			return -1;
	}
	return 0;
}

static int take_month(struct job *job, const struct place *place, const cJSON *root,
		      struct findings *findings, struct error *err)
{
	char month[WINDOW_TEXT];
	size_t before = findings->sample_count;

	if (!cJSON_IsObject(root) || !json_member(root, "nb_visits"))
		return error_set(err, ERROR_MALFORMED, "%s: no month in the answer",
				 window_text(place->asked, month));
	if (take_row(job, place, root, place->asked, findings, err) < 0)
		return -1;
	if (findings->sample_count == before)
		findings_note(findings, "%s: Matomo does not count unique visitors of a month",
			      window_text(place->asked, month));
	return 0;
}

/* --- what an answer says -------------------------------------------------------------------- */

static int take_site(struct job *job, const cJSON *root, struct findings *findings,
		     struct error *err)
{
	const struct matomo *matomo = job->settings;
	const char *zone = json_text(root, "timezone");
	const char *name = json_text(root, "name");

	if (!zone)
		return error_set(err, ERROR_MALFORMED, "site %s: no \"timezone\" in the answer",
				 matomo->site);
	if (strcmp(zone, zone_name(job->zone)) != 0)
		return error_set(
			err, ERROR_REQUEST,
			"site %s counts in %.40s days, the account in %s: set zone = \"%.40s\"",
			matomo->site, zone, zone_name(job->zone), zone);
	if (job->sweep == SWEEP_CHECK)
		findings_note(findings, "site %s \"%.80s\" answers, its days are %s's",
			      matomo->site, name ? name : "", zone);
	return 0;
}

/* What a check says of a day, in place of storing it. */
static void note_check(const struct place *place, size_t before, struct findings *findings)
{
	char date[DAY_TEXT];

	for (size_t i = before; i < findings->sample_count; i++)
		findings_note(findings, "%s answers", findings->samples[i].metric->id);
	if (findings->sample_count == before)
		findings_note(findings, "no numbers for %s yet",
			      day_text(place->asked.first, date));
	findings->sample_count = before;
}

static int take_answer(struct job *job, const struct place *place, const cJSON *root,
		       struct findings *findings, struct error *err)
{
	size_t before = findings->sample_count;

	switch (place->step) {
	case STEP_SITE:
		if (take_site(job, root, findings, err) < 0)
			return -1;
		go_to(job, STEP_SUMMARY, DAY_NONE);
		return 0;
	case STEP_SUMMARY:
	case STEP_ACTIONS:
		if (take_days(job, place, root, findings, err) < 0)
			return -1;
		break;
	case STEP_MONTHS:
	case STEP_END:
		if (take_month(job, place, root, findings, err) < 0)
			return -1;
		break;
	}
	if (job->sweep == SWEEP_CHECK)
		note_check(place, before, findings);
	go_to(job, place->step, window_end(place->asked));
	return 0;
}

static int matomo_take(struct job *job, const struct response *response, struct findings *findings,
		       struct error *err)
{
	SCOPED(json)
	cJSON *root = NULL;
	struct place place = { 0 };
	int more = find_place(job, &place, err);

	if (more <= 0)
		return more < 0 ? -1 : error_set(err, ERROR_REQUEST, "an answer nobody waits for");
	if (read_answer(job, response, &root, err) == 0)
		return take_answer(job, &place, root, findings, err);
	/* the zone is a check more: an installation that does not tell it is collected all the
	 * same */
	if (place.step != STEP_SITE || job->hold.scope != HOLD_NONE ||
	    (err->class != ERROR_REQUEST && err->class != ERROR_PERMISSION))
		return -1;
	findings_note(findings, "the site's zone could not be compared: %s", err->text);
	go_to(job, STEP_SUMMARY, DAY_NONE);
	return 0;
}

static void matomo_subject(const void *settings, char *ret, size_t room)
{
	const struct matomo *matomo = settings;

	(void)snprintf(ret, room, "site %s", matomo->site);
}

const struct collector matomo_collector = {
	.name = "matomo",
	.title = "Matomo",
	.metrics = matomo_metrics,
	.settings = matomo_settings,
	.settings_size = sizeof(struct matomo),
	.needs_token = true,
	.reach_days = REACH_DAYS,
	.subject = matomo_subject,
	.next = matomo_next,
	.take = matomo_take,
};
