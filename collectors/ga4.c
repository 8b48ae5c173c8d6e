/*
 * Websites measured by Google Analytics 4 (Data API v1beta).
 *
 * One batch of reports a day. Visits and people are estimates that are counted once per window: a
 * month's, quarter's, semester's and year's own are asked for, and neither is ever added up. Days
 * are those of the property's zone, which stands in every answer and is compared with the
 * account's. A day without a row is not known, unless the rest of the answer leaves no room for it.
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
	SETTLES = 2, /* 24 to 48 hours of processing */
	REVISABLE = 3,
	RANGE_DAYS = 366, /* in one report: far from the 1000 rows asked for */
	REACH_DAYS = 3650,
	BATCH_MAX = 5,
	BATCH_TOKENS = 50, /* of the quota; most reports cost under ten */
	MINUTE_S = 60,
	HOUR_S = 3600,
	DAY_S = 86400,
	REFUSED_METRIC_S = 30 * 86400,
	WORDS_MAX = 300,
};

enum { VISITS, VISITORS, VIEWS, METRICS };

static const struct metric ga4_metrics[METRICS + 1] = {
	/* even sessions do not add up: HyperLogLog++, and one over midnight shows on both days */
	[VISITS] = { .id = "visits",
		     .provider = "sessions",
		     .kind = METRIC_UNIQUE,
		     .settles_days = SETTLES,
		     .revisable_days = REVISABLE,
		     .estimated = true },
	[VISITORS] = { .id = "visitors",
		       .provider = "totalUsers",
		       .kind = METRIC_UNIQUE,
		       .settles_days = SETTLES,
		       .revisable_days = REVISABLE,
		       .estimated = true },
	[VIEWS] = { .id = "views",
		    .provider = "screenPageViews",
		    .kind = METRIC_FLOW,
		    .settles_days = SETTLES,
		    .revisable_days = REVISABLE },
};

struct ga4 {
	const char *property;
	const char *base;
};

static const struct setting ga4_settings[] = {
	ID_SETTING(struct ga4, property,
		   "number of the property (Admin, Property details), not G-…"),
	URL_SETTING(struct ga4, base, "https://analyticsdata.googleapis.com",
		    "address of the Analytics Data API"),
	{ 0 },
};

enum report_kind {
	REPORT_DAYS,   /* a row a day */
	REPORT_TOTAL,  /* the same days in one row: says whether days without a row had nothing */
	REPORT_PERIOD, /* a month, quarter, semester or year in one row */
};

struct report {
	enum report_kind kind;
	struct window window;
};

/* One batch: what `next` asks and `take` reads. The cursor is where the next one begins: days
 * before `day` have been asked, and periods up to `turn`. */
struct batch {
	struct days days;
	struct report reports[BATCH_MAX];
	size_t count;
	int32_t day;
	int64_t turn;
};

/* --- what comes next ------------------------------------------------------------------------ */

static bool is_asked(const struct job *job, int metric)
{
	const struct metric_state *state = &job->states->items[metric];

	return state->life == METRIC_ALIVE || state->until <= job->now;
}

static bool asks_any(const struct job *job)
{
	return is_asked(job, VISITS) || is_asked(job, VISITORS) || is_asked(job, VIEWS);
}

static void add_report(struct batch *batch, enum report_kind kind, struct window window)
{
	batch->reports[batch->count++] = (struct report){ kind, window };
}

static void fill_batch(const struct job *job, struct batch *batch)
{
	static const struct span_limit limit = { RANGE_DAYS, 0 };
	int32_t earliest = zone_day(job->zone, job->now) - REACH_DAYS;
	struct window window;

	while (batch->count + 2 <= BATCH_MAX &&
	       span_next(&batch->days, job->zone, batch->day, limit, &window)) {
		add_report(batch, REPORT_DAYS, window);
		add_report(batch, REPORT_TOTAL, window);
		batch->day = window_end(window);
	}
	if (job->sweep != SWEEP_DAILY || (!is_asked(job, VISITS) && !is_asked(job, VISITORS)) ||
	    span_next(&batch->days, job->zone, batch->day, limit, &window))
		return;
	while (batch->count < BATCH_MAX &&
	       span_period(&batch->days, earliest, &batch->turn, &window))
		add_report(batch, REPORT_PERIOD, window);
}

/* The batch the sweep is at: 1, or 0 when it is over. */
static int find_batch(const struct job *job, struct batch *ret, struct error *err)
{
	const char *cursor = text_str(&job->cursor);
	int64_t n[2] = { DAY_NONE, TURN_NONE };

	if (*cursor && (!cursor_numbers(cursor, n, 2) || n[0] < INT32_MIN || n[0] > INT32_MAX ||
			n[1] < TURN_NONE || n[1] > INT32_MAX))
		return error_set(err, ERROR_REQUEST, "the sweep's cursor makes no sense");
	*ret = (struct batch){ .day = (int32_t)n[0],
			       .turn = n[1],
			       .days = span_wanted(job, REACH_DAYS, SETTLES, 1) };
	if (job->sweep == SWEEP_WATCH || !asks_any(job))
		return 0;
	fill_batch(job, ret);
	return ret->count > 0;
}

/* --- asking --------------------------------------------------------------------------------- */

static void add_json(const struct job *job, const struct report *report, struct text *out)
{
	char first[DAY_TEXT], last[DAY_TEXT];
	const char *comma = "";

	text_addf(out, "{\"dateRanges\":[{\"startDate\":\"%s\",\"endDate\":\"%s\"}],",
		  day_text(report->window.first, first),
		  day_text(window_end(report->window) - 1, last));
	if (report->kind == REPORT_DAYS)
		text_add(out, "\"dimensions\":[{\"name\":\"date\"}],"
			      "\"orderBys\":[{\"dimension\":{\"dimensionName\":\"date\","
			      "\"orderType\":\"ALPHANUMERIC\"}}],"
			      "\"keepEmptyRows\":true,\"limit\":\"1000\",");
	text_add(out, "\"metrics\":[");
	for (int i = 0; i < METRICS; i++) {
		if (!is_asked(job, i))
			continue;
		text_addf(out, "%s{\"name\":\"%s\"}", comma, ga4_metrics[i].provider);
		comma = ",";
	}
	text_add(out, "],\"returnPropertyQuota\":true}");
}

static int ga4_next(const struct job *job, struct request *request, struct error *err)
{
	const struct ga4 *ga4 = job->settings;
	struct batch batch = { 0 };
	int more = find_batch(job, &batch, err);

	if (more <= 0)
		return more;
	request_reset(request);
	request->method = HTTP_POST;
	request->form = CREDENTIAL_BEARER;
	request->scope = "https://www.googleapis.com/auth/analytics.readonly";
	request->json = true;
	text_addf(&request->url, "%s/v1beta/properties/%s:batchRunReports", ga4->base,
		  ga4->property);
	text_add(&request->body, "{\"requests\":[");
	for (size_t i = 0; i < batch.count; i++) {
		text_add(&request->body, i ? "," : "");
		add_json(job, &batch.reports[i], &request->body);
	}
	text_add(&request->body, "]}");
	text_add(&request->what, "batchRunReports");
	return 1;
}

/* --- refusals ------------------------------------------------------------------------------- */

static void hold(struct job *job, enum hold_scope scope, int64_t until, const char *why)
{
	job->hold = (struct hold){ .scope = scope, .until = until };
	(void)snprintf(job->hold.why, sizeof(job->hold.why), "%.150s", why);
}

static void words_of(const char *message, char ret[WORDS_MAX])
{
	(void)snprintf(ret, WORDS_MAX, "%s", message ? message : "no words");
	for (char *byte = ret; *byte; byte++)
		if ((unsigned char)*byte < ' ')
			*byte = ' ';
}

static int refuse_token(struct job *job, int64_t until, const char *words, struct error *err)
{
	hold(job, HOLD_TOKEN, until, words);
	return error_set(err, ERROR_TOKEN, "%s", words);
}

/* What who gives the token says instead: {"error":"invalid_grant","error_description":"…"}. A wrong
 * clock is no fault of the key's, and sets itself right without anybody telling us. */
static int refuse_grant(struct job *job, int status, const char *error, const char *description,
			struct error *err)
{
	char words[WORDS_MAX], said[WORDS_MAX + 100];

	words_of(description ? description : error, words);
	if (status >= 500 || strcmp(error, "internal_failure") == 0 ||
	    strcmp(error, "server_error") == 0 || strcmp(error, "temporarily_unavailable") == 0)
		return error_set(err, ERROR_TRANSIENT, "Google gives no token just now: %s", words);
	if (strstr(words, "reasonable timeframe") || strstr(words, "short-lived"))
		return error_set(err, ERROR_OURS,
				 "this machine's clock is wrong, so Google does not take what the "
				 "service account signs: set it (timedatectl); Google said: %s",
				 words);
	(void)snprintf(said, sizeof(said),
		       "Google refuses the service account's key (%.40s: %.160s): make a new key",
		       error, words);
	return refuse_token(job, INT64_MAX, said, err);
}

/* The reason of the first detail that has one: {"details":[{"reason":"SERVICE_DISABLED",…}]}. */
static const char *reason_of(const cJSON *error)
{
	const cJSON *detail;

	cJSON_ArrayForEach (detail, json_array(error, "details")) {
		const char *reason = json_text(detail, "reason");

		if (reason)
			return reason;
	}
	return "";
}

static int refuse_permission(const struct job *job, const cJSON *error, const char *words,
			     struct error *err)
{
	const struct ga4 *ga4 = job->settings;
	const char *reason = reason_of(error);

	if (strcmp(reason, "SERVICE_DISABLED") == 0 ||
	    strstr(words, "has not been used in project"))
		return error_set(err, ERROR_PERMISSION,
				 "the Google Analytics Data API is not enabled in the service "
				 "account's cloud project: enable it there (%s)",
				 words);
	if (strcmp(reason, "ACCESS_TOKEN_SCOPE_INSUFFICIENT") == 0)
		return error_set(err, ERROR_PERMISSION,
				 "the token lacks the scope analytics.readonly: %s", words);
	return error_set(err, ERROR_PERMISSION,
			 "the service account may not read property %s: give its e-mail the role "
			 "Viewer there (Admin, Property access management), or check the number "
			 "(%s)",
			 ga4->property, words);
}

/* The quota of a day comes back at midnight in California. */
static int64_t pacific_midnight(int64_t now)
{
	SCOPED(zone)
	struct zone *zone = NULL;

	if (zone_open("America/Los_Angeles", &zone, NULL) < 0)
		return now + 24 * (int64_t)HOUR_S;
	return zone_midnight(zone, zone_day(zone, now) + 1);
}

/* Quotas are the property's; who gives tokens counts by the key. What a gateway says of waiting
 * counts before what quotas usually are. */
static int refuse_throttled(struct job *job, const struct response *response, const char *words,
			    struct error *err)
{
	int64_t until = job->now + HOUR_S;
	char value[16];
	long wait = 0;

	if (response_header(response, "Retry-After", value, sizeof(value)) == 0)
		wait = strtol(value, NULL, 10);
	if (wait > 0 && wait <= DAY_S)
		until = job->now + wait;
	else if (strstr(words, "per day"))
		until = pacific_midnight(job->now);
	else if (strstr(words, "concurrent requests"))
		until = job->now + MINUTE_S;
	hold(job, response->of_exchange ? HOLD_TOKEN : HOLD_ACCOUNT, until, words);
	return error_set(err, ERROR_THROTTLED, "%s", words);
}

/* "Field visits is not a valid metric": it is set aside, the others go on. */
static int refuse_field(struct job *job, const char *words, struct error *err)
{
	for (int i = 0; i < METRICS; i++) {
		struct metric_state *state = &job->states->items[i];
		char field[80];

		(void)snprintf(field, sizeof(field), "Field %s is not a valid",
			       ga4_metrics[i].provider);
		if (!strstr(words, field) || !is_asked(job, i))
			continue;
		*state = (struct metric_state){ .life = METRIC_RETIRED,
						.since = zone_day(job->zone, job->now),
						.until = job->now + REFUSED_METRIC_S };
		(void)snprintf(state->words, sizeof(state->words), "%.150s", words);
		return error_set(err, ERROR_METRIC, "%s", words);
	}
	return error_set(err, ERROR_REQUEST, "Google refuses the request: %s", words);
}

static int refuse(struct job *job, const struct response *response, const cJSON *root,
		  struct error *err)
{
	int status = response->status;
	const cJSON *error = json_member(root, "error");
	char words[WORDS_MAX];

	if (cJSON_IsString(error))
		return refuse_grant(job, status, error->valuestring,
				    json_text(root, "error_description"), err);
	words_of(error ? json_text(error, "message") : "a page, not JSON", words);
	switch (status) {
	case 400:
		return refuse_field(job, words, err);
	case 401: /* one with a new token was refused as well */
		return refuse_token(job, job->now + HOUR_S, words, err);
	case 403:
		return refuse_permission(job, error, words, err);
	case 429:
		return refuse_throttled(job, response, words, err);
	default:
		break;
	}
	if (status >= 500)
		return error_set(err, ERROR_TRANSIENT, "HTTP %d: %s", status, words);
	return error_set(err, ERROR_REQUEST, "HTTP %d: %s", status, words);
}

/* --- what travels with the numbers ---------------------------------------------------------- */

/* One report of the answer on its way to samples. */
struct reading {
	const struct report *report;
	int columns[METRICS]; /* the place of each metric's values, -1: not there */
	uint32_t flags;       /* of all its numbers */
	bool whole;           /* nothing was left out of it */
	bool seen[RANGE_DAYS];
	int32_t first, last; /* days with a row; DAY_NONE: none */
	int64_t views;       /* of all rows */
};

static bool is_filled(const cJSON *array)
{
	return cJSON_GetArraySize(array) > 0;
}

static void note_sampling(const cJSON *samples, const char *days, struct findings *findings)
{
	const cJSON *first = cJSON_GetArrayItem(samples, 0);
	int64_t read = 0, all = 0;

	if (json_int(first, "samplesReadCount", &read, NULL) == 0 &&
	    json_int(first, "samplingSpaceSize", &all, NULL) == 0 && all > 0 && read >= 0 &&
	    read <= all)
		findings_note(findings, "%s: GA4 sampled %d %% of the events", days,
			      (int)((double)read * 100 / (double)all));
	else
		findings_note(findings, "%s: GA4 sampled the events", days);
}

/* What the answer says of itself; any of it may lack or be null. */
static void read_cautions(const cJSON *metadata, struct reading *reading, struct findings *findings)
{
	const cJSON *samples = json_array(metadata, "samplingMetadatas");
	const cJSON *cuts = json_array(metadata, "dataTruncationReasons");
	const char *empty = json_text(metadata, "emptyReason");
	bool thresholded = cJSON_IsTrue(json_member(metadata, "subjectToThresholding"));
	bool lost = cJSON_IsTrue(json_member(metadata, "dataLossFromOtherRow"));
	char days[WINDOW_TEXT], date[WORDS_MAX];

	(void)window_text(reading->report->window, days);
	reading->whole = !is_filled(samples) && !is_filled(cuts) && !thresholded && !lost;
	if (is_filled(samples)) {
		reading->flags |= SAMPLE_ESTIMATE;
		note_sampling(samples, days, findings);
	}
	if (thresholded || lost || is_filled(cuts))
		reading->flags |= SAMPLE_AT_LEAST;
	if (thresholded)
		findings_note(findings, "%s: GA4 withheld what few people did (thresholding)",
			      days);
	if (lost)
		findings_note(findings, "%s: GA4 put data under \"(other)\"", days);
	if (is_filled(cuts)) {
		const char *from = json_text(cJSON_GetArrayItem(cuts, 0), "dataTruncationDate");

		words_of(from ? from : "its retention", date);
		findings_note(findings, "%s: GA4 left out data before %.30s", days, date);
	}
	if (empty)
		findings_note(findings, "%s: GA4 is empty: %.60s", days, empty);
}

static int check_zone(const struct job *job, const cJSON *metadata, struct error *err)
{
	const struct ga4 *ga4 = job->settings;
	const char *zone = json_text(metadata, "timeZone");

	if (!zone || strcmp(zone, zone_name(job->zone)) == 0)
		return 0;
	return error_set(err, ERROR_REQUEST,
			 "property %s counts in %.40s days, the account in %s: set zone = "
			 "\"%.40s\"",
			 ga4->property, zone, zone_name(job->zone), zone);
}

/* What is left of a quota: when the next batch would go over it, the property waits. */
static void watch_quota(struct job *job, const cJSON *quota)
{
	static const struct {
		const char *name;
		int64_t least;
		bool day;
	} rows[] = {
		{ "tokensPerHour", BATCH_TOKENS, false },
		{ "tokensPerProjectPerHour", BATCH_TOKENS, false },
		{ "serverErrorsPerProjectPerHour", 1, false },
		{ "potentiallyThresholdedRequestsPerHour", 1, false },
		{ "tokensPerDay", BATCH_TOKENS, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const cJSON *left = json_member(quota, rows[i].name);
		int64_t remaining, until;
		char why[100];

		if (!left || json_int(left, "remaining", &remaining, NULL) < 0 ||
		    remaining >= rows[i].least)
			continue;
		until = rows[i].day ? pacific_midnight(job->now) : job->now + HOUR_S;
		(void)snprintf(why, sizeof(why), "the property's quota %s is nearly used up",
			       rows[i].name);
		hold(job, HOLD_ACCOUNT, until, why);
	}
}

/* --- numbers -------------------------------------------------------------------------------- */

static int find_columns(const struct job *job, const cJSON *answer, struct reading *reading,
			struct error *err)
{
	for (int i = 0; i < METRICS; i++) {
		const cJSON *header;
		int place = 0;

		reading->columns[i] = -1;
		cJSON_ArrayForEach (header, json_array(answer, "metricHeaders")) {
			const char *name = json_text(header, "name");

			if (name && strcmp(name, ga4_metrics[i].provider) == 0)
				reading->columns[i] = place;
			place++;
		}
		if (reading->columns[i] < 0 && job->states->items[i].life == METRIC_ALIVE)
			return error_set(err, ERROR_MALFORMED, "no column %s in the report",
					 ga4_metrics[i].provider);
	}
	return 0;
}

/* The row's numbers, -1 for those that are not there. */
static int read_row(const struct reading *reading, const cJSON *row, int64_t ret[METRICS],
		    struct error *err)
{
	const cJSON *values = json_array(row, "metricValues");

	for (int i = 0; i < METRICS; i++) {
		const cJSON *cell = cJSON_GetArrayItem(values, reading->columns[i]);

		ret[i] = -1;
		if (reading->columns[i] < 0)
			continue;
		if (!cell || json_int(cell, "value", &ret[i], err) < 0)
			return error_set(err, ERROR_MALFORMED, "%s is not a whole number",
					 ga4_metrics[i].provider);
		if (ret[i] < 0)
			return error_set(err, ERROR_MALFORMED, "%s is below zero",
					 ga4_metrics[i].provider);
	}
	return 0;
}

/* A metric the account may not see answers zeros, not an error; nobody views a page outside a
 * visit. */
static bool is_hidden(int metric, const int64_t values[METRICS])
{
	return metric != VIEWS && values[metric] == 0 && values[VIEWS] > 0;
}

static void keep(const struct job *job, const struct reading *reading, int metric, int64_t value,
		 struct window window, uint32_t flags, struct findings *findings)
{
	if (value < 0 || job->states->items[metric].life != METRIC_ALIVE)
		return;
	findings_sample(findings, &ga4_metrics[metric], window, value,
			flags | reading->flags |
				(ga4_metrics[metric].estimated ? SAMPLE_ESTIMATE : 0));
}

static void keep_row(const struct job *job, const struct reading *reading,
		     const int64_t values[METRICS], struct window window, struct findings *findings)
{
	char days[WINDOW_TEXT];

	for (int i = 0; i < METRICS; i++) {
		if (reading->report->kind == REPORT_PERIOD && i == VIEWS)
			continue; /* they add up over its days */
		if (is_hidden(i, values))
			findings_note(findings,
				      "%s: %s is 0 beside page views: the service account may not "
				      "see it",
				      window_text(window, days), ga4_metrics[i].provider);
		else
			keep(job, reading, i, values[i], window, 0, findings);
	}
}

/* "20261001" */
static int date_of(const cJSON *row, int32_t *ret, struct error *err)
{
	const char *text =
		json_text(cJSON_GetArrayItem(json_array(row, "dimensionValues"), 0), "value");
	char date[DAY_TEXT];

	if (!text || strlen(text) != 8)
		return error_set(err, ERROR_MALFORMED, "a row without a date");
	(void)snprintf(date, sizeof(date), "%.4s-%.2s-%.2s", text, text + 4, text + 6);
	if (day_parse(date, ret, err) < 0) {
		err->class = ERROR_MALFORMED;
		return -1;
	}
	return 0;
}

/* In whatever order: that of the first metric, descending, is the API's own. */
static int take_days(const struct job *job, const struct batch *batch, const cJSON *answer,
		     struct reading *reading, struct findings *findings, struct error *err)
{
	struct window asked = reading->report->window;
	const cJSON *row;

	cJSON_ArrayForEach (row, json_array(answer, "rows")) {
		int64_t values[METRICS] = { 0 };
		int32_t day = 0;
		char date[DAY_TEXT];

		if (date_of(row, &day, err) < 0)
			return -1;
		if (read_row(reading, row, values, err) < 0)
			return error_within(err, "%s", day_text(day, date));
		if (!window_holds(asked, (struct window){ day, 1 }))
			continue;
		if (reading->seen[day - asked.first])
			return error_set(err, ERROR_MALFORMED, "%s comes twice",
					 day_text(day, date));
		reading->seen[day - asked.first] = true;
		if (reading->first == DAY_NONE || day < reading->first)
			reading->first = day;
		if (day > reading->last)
			reading->last = day;
		reading->views += values[VIEWS] > 0 ? values[VIEWS] : 0;
		if (days_hold(&batch->days, day))
			keep_row(job, reading, values, (struct window){ day, 1 }, findings);
	}
	return 0;
}

/*
 * design.md §4.1: where the days' own total is exactly what the rows add up to, and nothing was
 * withheld, a day without a row had nothing; only between days that have one, for before the first
 * and after the last GA4 may not have counted at all, or not yet.
 */
static void conclude(const struct job *job, const struct batch *batch, const struct reading *days,
		     const struct reading *total, struct findings *findings)
{
	int32_t settled = zone_day(job->zone, job->now) - SETTLES;

	if (!days->whole || !total->whole || days->columns[VIEWS] < 0 || days->views == 0 ||
	    days->views != total->views)
		return;
	for (int32_t day = days->first + 1; day < days->last && day < settled; day++) {
		if (days->seen[day - days->report->window.first] || !days_hold(&batch->days, day))
			continue;
		for (int i = 0; i < METRICS; i++)
			keep(job, days, i, days->columns[i] < 0 ? -1 : 0, (struct window){ day, 1 },
			     SAMPLE_DERIVED, findings);
	}
}

/* One row, or none when there is nothing. */
static int take_total(const struct job *job, const cJSON *answer, struct reading *reading,
		      struct findings *findings, struct error *err)
{
	const cJSON *rows = json_array(answer, "rows");
	int64_t values[METRICS] = { 0 };
	char days[WINDOW_TEXT];

	(void)window_text(reading->report->window, days);
	if (cJSON_GetArraySize(rows) > 1)
		return error_set(err, ERROR_MALFORMED, "%s: %d rows for one total", days,
				 cJSON_GetArraySize(rows));
	if (!is_filled(rows))
		return 0;
	if (read_row(reading, cJSON_GetArrayItem(rows, 0), values, err) < 0)
		return error_within(err, "%s", days);
	reading->views = values[VIEWS] > 0 ? values[VIEWS] : 0;
	if (reading->report->kind == REPORT_PERIOD)
		keep_row(job, reading, values, reading->report->window, findings);
	return 0;
}

/* `rowCount` counts all that match, whatever was sent; absent when there is nothing. */
static int check_rows(const cJSON *answer, struct error *err)
{
	int rows = cJSON_GetArraySize(json_array(answer, "rows"));
	int64_t count = rows;

	if (!cJSON_IsObject(answer) || !json_array(answer, "metricHeaders"))
		return error_set(err, ERROR_MALFORMED, "no report in the answer");
	if (json_member(answer, "rowCount") && json_int(answer, "rowCount", &count, err) < 0)
		return -1;
	if (count != rows)
		return error_set(err, ERROR_MALFORMED, "%d of %" PRId64 " rows in the report", rows,
				 count);
	return 0;
}

static bool is_by_date(const cJSON *answer)
{
	const char *name =
		json_text(cJSON_GetArrayItem(json_array(answer, "dimensionHeaders"), 0), "name");

	return name && strcmp(name, "date") == 0;
}

static int take_report(struct job *job, const struct batch *batch, const cJSON *answer,
		       struct reading *reading, struct findings *findings, struct error *err)
{
	const cJSON *metadata = json_member(answer, "metadata");
	bool daily = reading->report->kind == REPORT_DAYS;

	if (check_rows(answer, err) < 0 || check_zone(job, metadata, err) < 0 ||
	    find_columns(job, answer, reading, err) < 0)
		return -1;
	/* without a single row the headers may lack */
	if (daily != is_by_date(answer) && is_filled(json_array(answer, "rows")))
		return error_set(err, ERROR_MALFORMED, "the reports are not those asked for");
	read_cautions(metadata, reading, findings);
	watch_quota(job, json_member(answer, "propertyQuota"));
	return daily ? take_days(job, batch, answer, reading, findings, err)
		     : take_total(job, answer, reading, findings, err);
}

/* --- what an answer says -------------------------------------------------------------------- */

/* The answer to the batch's report `number`. One report alone (as runReport answers, and as people
 * save it) is that of the days, or of the first period. */
static const cJSON *answer_to(const struct batch *batch, const cJSON *root, size_t number)
{
	const struct report *report = &batch->reports[number];

	if (json_array(root, "reports"))
		return cJSON_GetArrayItem(json_array(root, "reports"), (int)number);
	if (is_by_date(root) ? report->kind != REPORT_DAYS : report->kind != REPORT_PERIOD)
		return NULL;
	return number == 0 || batch->reports[number - 1].kind != report->kind ? root : NULL;
}

static int take_batch(struct job *job, const struct batch *batch, const cJSON *root,
		      struct findings *findings, struct error *err)
{
	const cJSON *reports = json_array(root, "reports");
	struct reading readings[BATCH_MAX];

	if (reports ? cJSON_GetArraySize(reports) != (int)batch->count
		    : !json_array(root, "metricHeaders"))
		return error_set(err, ERROR_MALFORMED, "%d reports in the answer to %zu",
				 cJSON_GetArraySize(reports), batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		const cJSON *answer = answer_to(batch, root, i);
		struct reading *reading = &readings[i];

		*reading = (struct reading){ .report = &batch->reports[i],
					     .first = DAY_NONE,
					     .last = DAY_NONE };
		if (!answer && !reports)
			continue;
		if (take_report(job, batch, answer, reading, findings, err) < 0)
			return -1;
		if (reading->report->kind == REPORT_TOTAL)
			conclude(job, batch, reading - 1, reading, findings);
	}
	return 0;
}

/* What was refused a month ago is known again: kept from the next sweep on. */
static void revive(struct job *job)
{
	for (int i = 0; i < METRICS; i++)
		if (job->states->items[i].life == METRIC_RETIRED && is_asked(job, i))
			job->states->items[i] = (struct metric_state){ 0 };
}

/* What a check says in place of storing it. */
static void note_check(const struct job *job, const struct batch *batch, struct findings *findings)
{
	const struct ga4 *ga4 = job->settings;
	char date[DAY_TEXT];

	findings_note(findings, "property %s answers, its days are %s's", ga4->property,
		      zone_name(job->zone));
	for (size_t i = 0; i < findings->sample_count; i++)
		findings_note(findings, "%s answers", findings->samples[i].metric->id);
	if (findings->sample_count == 0)
		findings_note(findings, "no numbers for %s yet",
			      day_text(batch->reports[0].window.first, date));
	findings->sample_count = 0;
}

static int ga4_take(struct job *job, const struct response *response, struct findings *findings,
		    struct error *err)
{
	SCOPED(json)
	cJSON *root = NULL;
	struct batch batch = { 0 };
	bool fine = response->status >= 200 && response->status < 300;
	int more = find_batch(job, &batch, err);

	if (more <= 0)
		return more < 0 ? -1 : error_set(err, ERROR_REQUEST, "an answer nobody waits for");
	if (json_parse(response->body, response->length, &root, err) < 0)
		return fine ? error_within(err, "no answer of Google's")
			    : refuse(job, response, NULL, err);
	if (!fine || json_member(root, "error"))
		return refuse(job, response, root, err);
	if (take_batch(job, &batch, root, findings, err) < 0)
		return -1;
	revive(job);
	if (job->sweep == SWEEP_CHECK)
		note_check(job, &batch, findings);
	text_reset(&job->cursor);
	text_addf(&job->cursor, "%" PRId32 " %" PRId64, batch.day, batch.turn);
	return 0;
}

static void ga4_subject(const void *settings, char *ret, size_t room)
{
	const struct ga4 *ga4 = settings;

	(void)snprintf(ret, room, "property %s", ga4->property);
}

const struct collector ga4_collector = {
	.name = "ga4",
	.title = "Google Analytics",
	.metrics = ga4_metrics,
	.settings = ga4_settings,
	.settings_size = sizeof(struct ga4),
	.needs_token = true,
	.signs_token = true,
	.reach_days = REACH_DAYS,
	.subject = ga4_subject,
	.next = ga4_next,
	.take = ga4_take,
};
