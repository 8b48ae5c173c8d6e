/*
 * Files with a line a publication: Meta Business Suite's content, X's content, Twitter's older one.
 * Kept are kind, id, time of creation and what the publication had gathered by the day of the
 * export; never its words.
 */
#include "import.h"

#include "metricsd/cleanup.h"
#include "metricsd/encoding.h"
#include "metricsd/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	LIST_MAX = 400,
	EXACT_DIGITS = 15, /* what a spreadsheet keeps of a number */
	NOON = 12 * 3600,
	SMALL_HOURS = 3 * 3600,
	DAY_SECONDS = 86400,
};

const struct metric import_item_metrics[] = {
	{ .id = "posts", .kind = METRIC_FLOW, .items = ITEM_POST },
	{ .id = "reels", .kind = METRIC_FLOW, .items = ITEM_REEL },
	{ .id = "stories", .kind = METRIC_FLOW, .items = ITEM_STORY },
	{ 0 },
};

struct reading {
	struct import_work *work;
	struct zone *zone;                             /* whose clock the times are */
	struct zone *days;                             /* whose days they are counted by */
	const struct import_name *columns[CSV_FIELDS]; /* NULL: not known, or a role */
	int id, time, type, link, text, span;          /* columns, -1: there is none */
	size_t count;                                  /* of the header */
	size_t parts, replies, without[ITEM_STORY + 1];
	size_t long_ids, round_ids;
	bool assumed; /* a time without an offset was read */
};

/* --- the header */

static void read_header(struct reading *reading)
{
	struct import_work *work = reading->work;
	const struct {
		const char *role;
		int *place;
	} roles[] = {
		{ "id", &reading->id },     { "time", &reading->time }, { "type", &reading->type },
		{ "link", &reading->link }, { "text", &reading->text }, { "span", &reading->span },
	};
	enum { ROLES = sizeof(roles) / sizeof(roles[0]) };

	for (size_t r = 0; r < ROLES; r++)
		*roles[r].place = -1;
	reading->count = work->table.record.count;
	for (size_t i = 0; i < reading->count; i++) {
		const char *field = import_field(work, i);
		const struct import_name *name = NULL;

		for (size_t r = 0; r < ROLES; r++) {
			name = import_name_meaning(work->names, work->layout->name, roles[r].role,
						   field);
			if (name && *roles[r].place < 0)
				*roles[r].place = (int)i;
			if (name)
				break;
		}
		if (!name)
			reading->columns[i] =
				import_name_find(work->names, work->layout->name, field);
	}
}

static void expect_column(struct reading *reading, int place, const char *role)
{
	struct import_work *work = reading->work;
	SCOPED(text)
	struct text known = TEXT_UP_TO(LIST_MAX);

	if (place >= 0)
		return;
	import_names_list(work->names, work->layout->name, role, &known);
	import_mistake(work,
		       "no column of its %s: expected one of %.400s; a new name is added to "
		       "import-names.csv",
		       role, text_str(&known));
}

/* --- a line */

static const char *field_at(const struct reading *reading, int place)
{
	return place < 0 ? "" : import_field(reading->work, (size_t)place);
}

/* The digits behind "/status/". */
static bool id_of_link(const char *link, char ret[ITEM_ID])
{
	const char *status = strstr(link, "/status/");
	size_t length = status ? strspn(status + 8, "0123456789") : 0;

	if (!length || length >= ITEM_ID)
		return false;
	memcpy(ret, status + 8, length);
	ret[length] = '\0';
	return true;
}

static bool is_id(const char *id)
{
	size_t length = strlen(id);

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)id[i]) && id[i] != '_' && id[i] != '-')
			return false;
	return length > 0 && length < ITEM_ID;
}

/* Spreadsheets keep fifteen digits and write zeros for the others. */
static void look_at_id(struct reading *reading, const char *id)
{
	size_t length = strlen(id);

	if (length <= EXACT_DIGITS + 1 || id[strspn(id, "0123456789")] != '\0')
		return;
	reading->long_ids++;
	reading->round_ids += strspn(id + EXACT_DIGITS, "0") == length - EXACT_DIGITS;
}

static int take_id(struct reading *reading, char ret[ITEM_ID])
{
	const char *id = field_at(reading, reading->id);

	if (id_of_link(field_at(reading, reading->link), ret))
		return 0;
	if (!is_id(id)) {
		import_mistake(reading->work,
			       "the id \"%.40s\" was damaged by a spreadsheet: export the file "
			       "again and import it as it comes",
			       id);
		return -1;
	}
	look_at_id(reading, id);
	(void)snprintf(ret, ITEM_ID, "%s", id);
	return 0;
}

/* The time a clock of the zone showed. Where clocks change they do so in the small hours: what
 * comes after is counted back from the day's end. */
static int64_t clock_time(struct zone *zone, int32_t day, int32_t seconds)
{
	if (seconds < SMALL_HOURS)
		return zone_midnight(zone, day) + seconds;
	return zone_midnight(zone, day + 1) - (DAY_SECONDS - seconds);
}

static int take_time(struct reading *reading, int64_t *ret)
{
	struct import_work *work = reading->work;
	struct import_date date;

	if (import_take_date(work, field_at(reading, reading->time), &date) < 0)
		return -1;
	if (date.utc)
		*ret = (int64_t)date.day * DAY_SECONDS + date.seconds;
	else if (!date.timed) /* only the day is said: it is the account's */
		*ret = zone_midnight(reading->days, date.day) + NOON;
	else
		*ret = clock_time(reading->zone, date.day, date.seconds);
	reading->assumed |= date.timed && !date.utc;
	return 0;
}

/* The type is one of those known, or holds a word that tells. */
static int kind_of(struct reading *reading, const char *type, enum item_kind *ret)
{
	struct import_work *work = reading->work;
	SCOPED(text)
	struct text folded = { 0 };
	SCOPED(text)
	struct text known = TEXT_UP_TO(LIST_MAX);
	char means[24];

	for (*ret = ITEM_POST; *ret <= ITEM_STORY; (*ret)++) {
		(void)snprintf(means, sizeof(means), "type:%s", item_kind_name(*ret));
		if (import_name_meaning(work->names, work->layout->name, means, type))
			return 0;
	}
	text_add_folded(&folded, type);
	for (*ret = ITEM_STORY; *ret >= ITEM_POST; (*ret)--) {
		(void)snprintf(means, sizeof(means), "part:%s", item_kind_name(*ret));
		for (size_t i = 0; i < work->names->count; i++) {
			const struct import_name *name = &work->names->items[i];

			if (strcmp(name->layout, work->layout->name) == 0 &&
			    strcmp(name->means, means) == 0 &&
			    strstr(text_str(&folded), name->name))
				return 0;
		}
	}
	import_names_list(work->names, work->layout->name, "type:", &known);
	import_mistake(work,
		       "unknown type of publication \"%.60s\": expected one of %.400s%s; a new one "
		       "is added to import-names.csv",
		       type, text_str(&known), known.failed ? ", …" : "");
	return -1;
}

static const struct metric *metric_counting(enum item_kind kind)
{
	const struct metric *metric = import_item_metrics;

	while (metric->items != kind)
		metric++;
	return metric;
}

static void add_counters(struct reading *reading, enum item_kind kind, const char *id)
{
	struct import_work *work = reading->work;

	for (size_t i = 0; i < reading->count; i++) {
		const struct import_name *name = reading->columns[i];
		struct import_number number;
		struct error err;

		/* a colon: a word within cells, not a counter */
		if (!name || !isalpha((unsigned char)*name->means) || strchr(name->means, ':') ||
		    strcmp(name->means, "total") == 0 || strcmp(name->means, "lifetime") == 0)
			continue;
		if (import_number(work->names, import_field(work, i), &number, &err) < 0 ||
		    (number.half &&
		     error_set(&err, ERROR_INPUT, "rounded: export the number in full") < 0)) {
			import_mistake(work, "%.60s: %s", name->shown, err.text);
			continue;
		}
		if (number.none)
			continue;
		work->counters = memory_grow(work->counters, work->counter_count,
					     &work->counter_room, sizeof(*work->counters));
		work->counters[work->counter_count++] = (struct import_counter){
			.id = memory_text(id),
			.metric = name->means,
			.kind = kind,
			.value = number.value,
		};
	}
}

/* Whether the line counts: not a part of a story, not a reply. */
static bool counts(struct reading *reading)
{
	struct import_work *work = reading->work;
	const char *span = field_at(reading, reading->span);

	if (*span && !import_name_meaning(work->names, work->layout->name, "lifetime", span)) {
		reading->parts++;
		return false;
	}
	if (reading->text >= 0 && *field_at(reading, reading->text) == '@') {
		reading->replies++;
		return false;
	}
	return true;
}

static void check_range(struct reading *reading, int64_t created)
{
	struct import_work *work = reading->work;
	int32_t day = zone_day(reading->days, created);
	char text[DAY_TEXT], range[WINDOW_TEXT];

	if (work->range.days && !window_holds(work->range, (struct window){ day, 1 }))
		import_mistake(work, "%s is not among the days of the file, %s",
			       day_text(day, text), window_text(work->range, range));
}

static void read_line(struct reading *reading)
{
	struct import_work *work = reading->work;
	enum item_kind kind = ITEM_POST;
	char id[ITEM_ID];
	int64_t created;

	if (work->table.record.count != reading->count) {
		import_mistake(work, "%zu fields, expected %zu as in the header",
			       work->table.record.count, reading->count);
		return;
	}
	if (!counts(reading) || take_id(reading, id) < 0 || take_time(reading, &created) < 0 ||
	    (reading->type >= 0 && kind_of(reading, field_at(reading, reading->type), &kind) < 0))
		return;
	if (!account_metric(work->account, metric_counting(kind)->id)) {
		reading->without[kind]++;
		return;
	}
	check_range(reading, created);
	findings_item(&work->findings, kind, id, created);
	add_counters(reading, kind, id);
	if (work->findings.failed) {
		import_mistake(work, "more than %d publications: export fewer months at a time",
			       FINDINGS_MAX);
		work->table.csv.at = work->table.csv.length;
	}
}

/* --- which days the file is about */

static void find_range(struct import_work *work)
{
	if (import_name_range(work))
		return;
	csv_table_mistake(&work->table, 1,
			  "which days was it exported for? Say --from 2025-10-01 --to 2025-10-31: "
			  "within them a day without a publication is 0");
}

/* --- the whole */

static void say_left_out(struct reading *reading)
{
	struct import_work *work = reading->work;

	if (reading->round_ids >= 3 && reading->round_ids == reading->long_ids)
		import_mistake(work,
			       "the ids were damaged by a spreadsheet (%zu end in zeros): "
			       "export the file again and import it as it comes",
			       reading->round_ids);
	if (reading->parts)
		import_note(work,
			    say_count("%zu line that is a part of another, left out",
				      "%zu lines that are parts of others, left out",
				      (int64_t)reading->parts),
			    reading->parts);
	if (reading->replies)
		import_note(work,
			    say_count("%zu reply, not counted", "%zu replies, not counted",
				      (int64_t)reading->replies),
			    reading->replies);
	for (enum item_kind kind = ITEM_POST; kind <= ITEM_STORY; kind++)
		if (reading->without[kind])
			import_note(work,
				    say_count("%zu publication left out: %s has no metric %s",
					      "%zu publications left out: %s has no metric %s",
					      (int64_t)reading->without[kind]),
				    reading->without[kind], work->account->id,
				    metric_counting(kind)->id);
	if (!reading->assumed)
		return;
	text_addf(&work->note, "times read as those of %s%s", zone_name(reading->zone),
		  work->options->zone ? "" : ", which the file does not say");
	if (!work->options->zone)
		import_note(work,
			    say("The file does not say whose clock its times are: read as %s "
				"(--zone)."),
			    zone_name(reading->zone));
}

/* Posts and reels are exported together, stories on their own. */
static void watch_kinds(struct import_work *work)
{
	bool kinds[ITEM_STORY + 1] = { false };

	for (size_t i = 0; i < work->findings.item_count; i++)
		kinds[work->findings.items[i].kind] = true;
	if (kinds[ITEM_POST] || kinds[ITEM_REEL] || !kinds[ITEM_STORY])
		kinds[ITEM_POST] = kinds[ITEM_REEL] = true;
	if (work->layout != &import_mbs_content)
		kinds[ITEM_REEL] = false;
	for (enum item_kind kind = ITEM_POST; kind <= ITEM_STORY; kind++)
		if (kinds[kind] && account_metric(work->account, metric_counting(kind)->id))
			findings_watch(&work->findings, kind, 0, 1); /* import_settle() says when */
	work->listed = work->range;
}

static void read_lines(struct reading *reading)
{
	struct import_work *work = reading->work;
	char days[WINDOW_TEXT];
	size_t lines = 0;

	read_header(reading);
	expect_column(reading, reading->id, "id");
	expect_column(reading, reading->time, "time");
	if (work->layout == &import_mbs_content)
		expect_column(reading, reading->type, "type");
	find_range(work);
	if (work->table.mistakes)
		return;
	import_find_order(work, (size_t)reading->time);
	for (; import_next(work); lines++)
		read_line(reading);
	say_left_out(reading);
	if (!lines && !work->table.mistakes)
		import_mistake(work, "no line behind the header");
	if (work->table.mistakes)
		return;
	text_addf(&work->note, "%sexported for %s", work->note.length ? "; " : "",
		  window_text(work->range, days));
	watch_kinds(work);
}

static void read_content(struct import_work *work)
{
	SCOPED(zone)
	struct zone *zone = NULL;
	SCOPED(zone)
	struct zone *days = NULL;
	struct reading reading = { .work = work };
	struct error err;

	if (!import_next(work))
		return;
	if (zone_open(work->options->zone ? work->options->zone : work->account->zone, &zone,
		      &err) < 0 ||
	    zone_open(work->account->zone, &days, &err) < 0) {
		import_mistake(work, "%s", err.text);
		return;
	}
	reading.zone = zone;
	reading.days = days;
	read_lines(&reading);
}

static int by_time(const void *left, const void *right)
{
	const struct item *a = left;
	const struct item *b = right;

	if (a->created != b->created)
		return a->created < b->created ? -1 : 1;
	return strcmp(a->id, b->id);
}

int import_settle(struct import_work *work, struct error *err)
{
	SCOPED(zone)
	struct zone *zone = NULL;
	int32_t last = work->listed.first;
	int64_t since, until;
	int32_t today;

	if (!work->listed.days)
		return 0;
	if (zone_open(work->account->zone, &zone, err) < 0)
		return -1;
	today = zone_day(zone, work->ctl->now);
	if (work->findings.item_count) {
		qsort(work->findings.items, work->findings.item_count,
		      sizeof(*work->findings.items), by_time);
		last = zone_day(zone, work->findings.items[work->findings.item_count - 1].created);
	}
	work->as_of = work->options->as_of;
	if (work->as_of == DAY_NONE &&
	    store_import_day(work->ctl->store, work->sha256, &work->as_of, err) < 0)
		return -1;
	if (work->as_of == DAY_NONE)
		work->as_of = zone_day(zone, work->modified);
	if (work->as_of < last || work->as_of > today)
		work->as_of = today;
	/* the day it was exported was not over then */
	if (window_end(work->listed) > work->as_of)
		work->listed.days = work->as_of - work->listed.first;
	if (work->listed.days < 1)
		return error_set(err, ERROR_INPUT, "%s: none of its days is over",
				 work->table.path);
	since = zone_midnight(zone, work->listed.first);
	until = zone_midnight(zone, window_end(work->listed));
	for (size_t i = 0; i < work->findings.watch_count; i++) {
		work->findings.watches[i].since = since;
		work->findings.watches[i].until = until;
	}
	return 0;
}

static bool has_roles(const struct import_names *names, const struct import_head *head,
		      const char *layout, const char *third)
{
	const struct csv_record *first = &head->records[0];

	return import_count_meaning(names, layout, first, "id") == 1 &&
	       import_count_meaning(names, layout, first, "time") == 1 &&
	       import_count_meaning(names, layout, first, third) >= 1;
}

static bool is_mbs(const struct import_names *names, const struct import_head *head)
{
	return has_roles(names, head, import_mbs_content.name, "type");
}

static bool is_x(const struct import_names *names, const struct import_head *head)
{
	return has_roles(names, head, import_x_content.name, "text");
}

static bool is_legacy(const struct import_names *names, const struct import_head *head)
{
	return has_roles(names, head, import_x_legacy.name, "text");
}

const struct import_layout import_mbs_content = {
	.name = "mbs-content",
	.source = "mbs-content",
	.title = "Meta Business Suite, publications",
	.recognise = is_mbs,
	.read = read_content,
};

const struct import_layout import_x_content = {
	.name = "x-content",
	.source = "x-content",
	.title = "X posts",
	.recognise = is_x,
	.read = read_content,
};

const struct import_layout import_x_legacy = {
	.name = "x-legacy",
	.source = "x-content",
	.title = "Twitter's older file of tweets",
	.recognise = is_legacy,
	.read = read_content,
};
