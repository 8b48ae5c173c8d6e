/*
 * Websites measured by Plausible (Stats API v2), at plausible.io or on a server of one's own.
 *
 * Days are those of the site's zone, which the answer echoes with its offset. A day that is named
 * in `time_labels` and has no row is zero; one that is not named is not known. Who visits is
 * another person every day to Plausible, so unique visitors of a month are asked for as a month,
 * and are close to the sum of its days.
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
	RANGE_DAYS = 366,
	REACH_DAYS = 3650, /* until its owner deletes it */
	THROTTLE_WAIT_S = 900,
	WAIT_MAX_S = 86400,
	WORDS_MAX = 300,
};

/* In the order they are asked for, which is that of the values. */
enum { VISITORS, VISITS, VIEWS, METRICS };

static const struct metric plausible_metrics[METRICS + 1] = {
	[VISITORS] = { .id = "visitors",
		       .provider = "visitors",
		       .kind = METRIC_UNIQUE,
		       .settles_days = SETTLES,
		       .revisable_days = REVISABLE },
	[VISITS] = { .id = "visits",
		     .provider = "visits",
		     .kind = METRIC_FLOW,
		     .settles_days = SETTLES,
		     .revisable_days = REVISABLE },
	[VIEWS] = { .id = "views",
		    .provider = "pageviews",
		    .kind = METRIC_FLOW,
		    .settles_days = SETTLES,
		    .revisable_days = REVISABLE },
};

struct plausible {
	const char *site;
	const char *base;
};

static const struct setting plausible_settings[] = {
	{ .name = "site",
	  .type = SETTING_TEXT,
	  .offset = offsetof(struct plausible, site),
	  .required = true,
	  .help = "the site as Plausible names it: its domain" },
	URL_SETTING(struct plausible, base, "https://plausible.io", "address of Plausible"),
	{ 0 },
};

/* In the order they are taken. The numbers stand in cursors: never renumber. */
enum step {
	STEP_DAYS = 0,    /* all metrics by the day */
	STEP_PERIODS = 1, /* visitors of a whole month, quarter, semester or year */
	STEP_END = 2,
};

/* One request: what `next` asks and `take` reads. The cursor says before which day all have been
 * asked, or up to which period (span_period()). */
struct place {
	enum step step;
	int64_t at;
	int64_t after; /* where the cursor goes once it was taken */
	struct window asked;
	struct days days;
};

/* --- what comes next ------------------------------------------------------------------------ */

static bool stands(const struct job *job, struct place *place)
{
	static const struct span_limit limit = { RANGE_DAYS, 0 };
	int32_t earliest = zone_day(job->zone, job->now) - REACH_DAYS;
	int32_t from = place->at < 0 ? DAY_NONE : (int32_t)place->at;

	place->after = place->at;
	switch (place->step) {
	case STEP_DAYS:
		if (!metric_lives(job, VISITORS) && !metric_lives(job, VISITS) &&
		    !metric_lives(job, VIEWS))
			return false;
		if (!span_next(&place->days, job->zone, from, limit, &place->asked))
			return false;
		place->after = window_end(place->asked);
		return true;
	case STEP_PERIODS:
		return job->sweep == SWEEP_DAILY && metric_lives(job, VISITORS) &&
		       span_period(&place->days, earliest, &place->after, &place->asked);
	case STEP_END:
		return false;
	}
	return false;
}

/* Where the sweep is: 1, or 0 when it is over. */
static int find_place(const struct job *job, struct place *ret, struct error *err)
{
	const char *cursor = text_str(&job->cursor);
	int64_t n[2] = { STEP_DAYS, TURN_NONE };

	if (*cursor && (!cursor_numbers(cursor, n, 2) || n[0] < STEP_DAYS || n[0] > STEP_END ||
			n[1] < TURN_NONE || n[1] > INT32_MAX))
		return error_set(err, ERROR_REQUEST, "the sweep's cursor makes no sense");
	*ret = (struct place){ .step = (enum step)n[0],
			       .at = n[1],
			       .days = span_wanted(job, REACH_DAYS, SETTLES, 1) };
	if (job->sweep == SWEEP_WATCH)
		return 0;
	for (; ret->step < STEP_END; ret->step++, ret->at = TURN_NONE)
		if (stands(job, ret))
			return 1;
	return 0;
}

/* --- asking --------------------------------------------------------------------------------- */

static int plausible_next(const struct job *job, struct request *request, struct error *err)
{
	const struct plausible *plausible = job->settings;
	struct place place = { 0 };
	char first[DAY_TEXT], last[DAY_TEXT];
	int more = find_place(job, &place, err);

	if (more <= 0)
		return more;
	request_reset(request);
	request->method = HTTP_POST;
	request->form = CREDENTIAL_BEARER;
	request->json = true;
	text_addf(&request->url, "%s/api/v2/query", plausible->base);
	text_add(&request->body, "{\"site_id\":");
	json_quote(&request->body, plausible->site);
	text_addf(&request->body,
		  ",\"metrics\":[\"visitors\",\"visits\",\"pageviews\"],"
		  "\"date_range\":[\"%s\",\"%s\"]",
		  day_text(place.asked.first, first), day_text(window_end(place.asked) - 1, last));
	if (place.step == STEP_DAYS)
		text_add(&request->body,
			 ",\"dimensions\":[\"time:day\"],\"include\":{\"time_labels\":true}");
	text_add_char(&request->body, '}');
	text_add(&request->what, place.step == STEP_DAYS ? "query by day" : "query of a period");
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

/* 401 is said of a bad key and of a site that is unknown to a good one: other sites of the key go
 * on, and this one is asked again the next day. */
static int refuse_key(struct job *job, const char *words, struct error *err)
{
	const struct plausible *plausible = job->settings;

	if (strstr(words, "Missing API key")) {
		hold(job, HOLD_TOKEN, INT64_MAX, words);
		return error_set(err, ERROR_TOKEN, "%s", words);
	}
	return error_set(err, ERROR_PERMISSION,
			 "Plausible knows no site \"%.80s\" that this key may read: check the "
			 "site's name (its domain, as Plausible writes it) and the key (%s)",
			 plausible->site, words);
}

/* A plan without the Stats API, or a site locked for want of one. */
static int refuse_plan(const char *words, struct error *err)
{
	return error_set(err, ERROR_PERMISSION, "the Plausible subscription does not allow it: %s",
			 words);
}

static int refuse_throttled(struct job *job, const struct response *response, const char *words,
			    struct error *err)
{
	char value[16];
	long wait = 0;

	if (response_header(response, "Retry-After", value, sizeof(value)) == 0)
		wait = strtol(value, NULL, 10);
	if (wait <= 0 || wait > WAIT_MAX_S)
		wait = THROTTLE_WAIT_S;
	hold(job, HOLD_TOKEN, job->now + wait, words);
	return error_set(err, ERROR_THROTTLED, "%s", words);
}

static int refuse(struct job *job, const struct response *response, const cJSON *root,
		  struct error *err)
{
	int status = response->status;
	char words[WORDS_MAX];

	words_of(root ? json_text(root, "error") : "a page, not JSON", words);
	if (root && status == 401)
		return refuse_key(job, words, err);
	if (root && status == 402)
		return refuse_plan(words, err);
	if (status == 429)
		return refuse_throttled(job, response, words, err);
	if (status == 401 || status == 403)
		return error_set(err, ERROR_PERMISSION, "HTTP %d: %s", status, words);
	if (status >= 500)
		return error_set(err, ERROR_TRANSIENT, "HTTP %d: %s", status, words);
	return error_set(err, ERROR_REQUEST, "HTTP %d: %s", status, words);
}

/* --- numbers -------------------------------------------------------------------------------- */

static int take_row(struct job *job, const struct place *place, const cJSON *row,
		    struct window window, struct findings *findings, struct error *err)
{
	const cJSON *values = json_array(row, "metrics");
	char days[WINDOW_TEXT];

	if (cJSON_GetArraySize(values) != METRICS)
		return error_set(err, ERROR_MALFORMED, "%s: %d values for %d metrics",
				 window_text(window, days), cJSON_GetArraySize(values), METRICS);
	for (int i = 0; i < METRICS; i++) {
		const cJSON *value = cJSON_GetArrayItem(values, i);
		const char *name = plausible_metrics[i].provider;
		int64_t number;

		if (cJSON_IsNull(value) || !metric_lives(job, i) ||
		    (place->step == STEP_PERIODS && i != VISITORS))
			continue;
		if (json_int_value(value, name, &number, err) < 0)
			return error_within(err, "%s", window_text(window, days));
		if (number < 0)
			return error_set(err, ERROR_MALFORMED, "%s: %s is below zero",
					 window_text(window, days), name);
		findings_sample(findings, &plausible_metrics[i], window, number, 0);
	}
	return 0;
}

/* The day a text names; ERROR_MALFORMED for anything else. */
static int read_date(const cJSON *text, int32_t *ret, struct error *err)
{
	if (!cJSON_IsString(text))
		return error_set(err, ERROR_MALFORMED, "a day without its date");
	if (day_parse(text->valuestring, ret, err) < 0) {
		err->class = ERROR_MALFORMED;
		return -1;
	}
	return 0;
}

static bool is_wanted(const struct place *place, int32_t day)
{
	return window_holds(place->asked, (struct window){ day, 1 }) &&
	       days_hold(&place->days, day);
}

/* Days that were counted and have no row: nobody came. */
static int take_labels(const struct job *job, const struct place *place, const cJSON *root,
		       bool seen[RANGE_DAYS], struct findings *findings, struct error *err)
{
	const cJSON *label;

	cJSON_ArrayForEach (label, json_array(json_member(root, "meta"), "time_labels")) {
		int32_t day = 0;

		if (read_date(label, &day, err) < 0)
			return -1;
		if (!is_wanted(place, day) || seen[day - place->asked.first])
			continue;
		seen[day - place->asked.first] = true;
		for (int i = 0; i < METRICS; i++)
			if (metric_lives(job, i))
				findings_sample(findings, &plausible_metrics[i],
						(struct window){ day, 1 }, 0, 0);
	}
	return 0;
}

static int take_days(struct job *job, const struct place *place, const cJSON *root,
		     struct findings *findings, struct error *err)
{
	bool seen[RANGE_DAYS] = { false };
	const cJSON *row;

	cJSON_ArrayForEach (row, json_array(root, "results")) {
		const cJSON *date = cJSON_GetArrayItem(json_array(row, "dimensions"), 0);
		int32_t day = 0;

		if (read_date(date, &day, err) < 0)
			return -1;
		if (!is_wanted(place, day))
			continue;
		if (seen[day - place->asked.first])
			return error_set(err, ERROR_MALFORMED, "%s comes twice", date->valuestring);
		seen[day - place->asked.first] = true;
		if (take_row(job, place, row, (struct window){ day, 1 }, findings, err) < 0)
			return -1;
	}
	return take_labels(job, place, root, seen, findings, err);
}

static int take_period(struct job *job, const struct place *place, const cJSON *root,
		       struct findings *findings, struct error *err)
{
	const cJSON *row = cJSON_GetArrayItem(json_array(root, "results"), 0);
	char days[WINDOW_TEXT];

	if (cJSON_GetArraySize(json_array(root, "results")) != 1 ||
	    cJSON_GetArraySize(json_array(row, "dimensions")) != 0)
		return error_set(err, ERROR_MALFORMED, "%s: not one total in the answer",
				 window_text(place->asked, days));
	return take_row(job, place, row, place->asked, findings, err);
}

/* --- what an answer says -------------------------------------------------------------------- */

/* "query":{"date_range":["2026-10-01T00:00:00+02:00",…]}: the midnight the site's first day began
 * at. Servers that echo the plain date do not say. */
static int check_zone(const struct job *job, const struct place *place, const cJSON *root,
		      struct error *err)
{
	const struct plausible *plausible = job->settings;
	const cJSON *range = json_array(json_member(root, "query"), "date_range");
	const cJSON *begin = cJSON_GetArrayItem(range, 0);
	int64_t time;

	if (!cJSON_IsString(begin) || !strchr(begin->valuestring, 'T') ||
	    time_parse(begin->valuestring, &time, NULL) < 0 ||
	    time == zone_midnight(job->zone, place->asked.first))
		return 0;
	return error_set(
		err, ERROR_REQUEST,
		"site %.80s begins its days at %.30s, which is no midnight in %s: set zone "
		"to the site's own (Plausible: Site settings, General)",
		plausible->site, begin->valuestring, zone_name(job->zone));
}

/* What a check says of a day, in place of storing it. */
static void note_check(const struct job *job, const struct place *place, struct findings *findings)
{
	const struct plausible *plausible = job->settings;
	char date[DAY_TEXT];

	findings_note(findings, "site %.80s answers, its days are %s's", plausible->site,
		      zone_name(job->zone));
	for (size_t i = 0; i < findings->sample_count; i++)
		findings_note(findings, "%s answers", findings->samples[i].metric->id);
	if (findings->sample_count == 0)
		findings_note(findings, "no numbers for %s yet",
			      day_text(place->asked.first, date));
	findings->sample_count = 0;
}

static int take_answer(struct job *job, const struct place *place, const cJSON *root,
		       struct findings *findings, struct error *err)
{
	if (!json_array(root, "results"))
		return error_set(err, ERROR_MALFORMED, "no results in the answer");
	if (check_zone(job, place, root, err) < 0)
		return -1;
	return place->step == STEP_DAYS ? take_days(job, place, root, findings, err)
					: take_period(job, place, root, findings, err);
}

static int plausible_take(struct job *job, const struct response *response,
			  struct findings *findings, struct error *err)
{
	SCOPED(json)
	cJSON *root = NULL;
	struct place place = { 0 };
	bool fine = response->status >= 200 && response->status < 300;
	int more = find_place(job, &place, err);

	if (more <= 0)
		return more < 0 ? -1 : error_set(err, ERROR_REQUEST, "an answer nobody waits for");
	if (json_parse(response->body, response->length, &root, err) < 0 && fine)
		return error_within(err, "no answer of Plausible's");
	if (!fine)
		return refuse(job, response, root, err);
	if (take_answer(job, &place, root, findings, err) < 0)
		return -1;
	if (job->sweep == SWEEP_CHECK)
		note_check(job, &place, findings);
	text_reset(&job->cursor);
	text_addf(&job->cursor, "%d %" PRId64, (int)place.step, place.after);
	return 0;
}

static void plausible_subject(const void *settings, char *ret, size_t room)
{
	const struct plausible *plausible = settings;

	(void)snprintf(ret, room, "site %s", plausible->site);
}

const struct collector plausible_collector = {
	.name = "plausible",
	.title = "Plausible",
	.metrics = plausible_metrics,
	.settings = plausible_settings,
	.settings_size = sizeof(struct plausible),
	.needs_token = true,
	.reach_days = REACH_DAYS,
	.subject = plausible_subject,
	.next = plausible_next,
	.take = plausible_take,
};
