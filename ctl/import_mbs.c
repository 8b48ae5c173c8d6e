/*
 * Meta Business Suite's files of a metric ("Visitas.csv"): sections of a title, a header and a line
 * a day, of Facebook, of Instagram, or first one and then the other. Their days are those of
 * Meta's insights.
 */
#include "import.h"

#include "metricsd/cleanup.h"
#include "metricsd/encoding.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 1200 };

static const char layout[] = "mbs-metric";

/* A section while it is read. */
struct section {
	const struct import_name *title;
	bool sparse; /* days without a line are 0 within the exported days */
	bool left_out;
	int line;       /* of its title */
	int day, value; /* columns */
	size_t count;   /* of the header */
	size_t lane;
	int32_t *days; /* that have a line */
	size_t day_count, day_room;
};

struct reading {
	struct import_work *work;
	struct section section;
	const struct import_name **taken; /* titles of sections that were kept */
	size_t taken_count, taken_room;
	const char *platform; /* of the account, NULL: not known */
	const char *first_of; /* the first platform a title named */
	size_t sections;
};

static const char *metric_named(const struct import_name *title)
{
	const char *colon = strchr(title->means, ':');

	return colon ? colon + 1 : "";
}

/* What kind of account it is: its collector says, or its own name. */
static const char *platform_of(const struct account *account)
{
	static const char *const platforms[] = { "facebook", "instagram" };
	SCOPED(text)
	struct text name = { 0 };

	text_addf(&name, "%s %s ", account->collector->name, account->id);
	text_add_folded(&name, account->title);
	for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++)
		if (strstr(text_str(&name), platforms[i]))
			return platforms[i];
	return NULL;
}

static void unknown_title(struct import_work *work, const char *title)
{
	SCOPED(text)
	struct text known = TEXT_UP_TO(LIST_MAX);

	import_names_list(work->names, layout, "title:", &known);
	text_add(&known, ", ");
	import_names_list(work->names, layout, "sparse:", &known);
	import_mistake(work,
		       "unknown metric \"%.60s\": expected one of %s%s; a new title is added to "
		       "import-names.csv",
		       title, text_str(&known), known.failed ? ", …" : "");
}

/* Whether the section is of the account; what is not is left out with a note, or refused. */
static bool is_ours(struct reading *reading)
{
	struct import_work *work = reading->work;
	const struct import_name *title = reading->section.title;

	if (!*title->of)
		return true;
	if (!reading->first_of)
		reading->first_of = title->of;
	if (reading->platform) {
		if (strcmp(reading->platform, title->of) == 0)
			return true;
		import_note(work, say("line %d: \"%s\" is of %s, left out"), reading->section.line,
			    title->shown, title->of);
		return false;
	}
	if (strcmp(reading->first_of, title->of) == 0)
		return true;
	import_mistake(work,
		       "the file is of %s and of %s, and which of them %s is cannot be told: name "
		       "it in the account's title",
		       reading->first_of, title->of, work->account->id);
	return false;
}

/* A metric twice: once of Facebook and once of Instagram, and the titles do not say. */
static void refuse_twice(struct reading *reading)
{
	const struct import_name *title = reading->section.title;

	for (size_t i = 0; i < reading->taken_count; i++)
		if (strcmp(metric_named(reading->taken[i]), metric_named(title)) == 0)
			import_mistake(reading->work,
				       "\"%s\" comes a second time, of another account? The title "
				       "does not say of which: put each into a file of its own",
				       title->shown);
}

static void begin_section(struct reading *reading)
{
	struct import_work *work = reading->work;
	struct section *section = &reading->section;
	const char *title = import_field(work, 0);
	const struct metric *metric;

	*section = (struct section){
		.title = import_name_find(work->names, layout, title),
		.line = work->table.record.line,
		.left_out = true,
		.day = -1,
		.value = -1,
		.days = section->days,
		.day_room = section->day_room,
	};
	reading->sections++;
	if (section->title && strcmp(section->title->means, "audience") == 0) {
		import_mistake(work,
			       "\"%.60s\": a file of the audience has shares of today's followers "
			       "and no days, and the follows in it are those of the follows file: "
			       "import that one",
			       title);
		work->table.csv.at = work->table.csv.length;
		section->title = NULL;
		return;
	}
	if (!section->title || !*metric_named(section->title)) {
		unknown_title(work, title);
		section->title = NULL;
		return;
	}
	section->sparse = strncmp(section->title->means, "sparse:", 7) == 0;
	if (!is_ours(reading))
		return;
	metric = account_metric(work->account, metric_named(section->title));
	if (!metric) {
		import_note(work, say("%s has no such metric, left out: %s%s"), work->account->id,
			    section->title->shown, "");
		return;
	}
	refuse_twice(reading);
	section->left_out = false;
	section->lane = import_lane(work, work->account, metric);
	reading->taken = memory_grow(reading->taken, reading->taken_count, &reading->taken_room,
				     sizeof(struct import_name *));
	reading->taken[reading->taken_count++] = section->title;
}

/* "Fecha","Primary" and what may stand behind them. */
static void read_header(struct reading *reading)
{
	struct import_work *work = reading->work;
	struct section *section = &reading->section;
	SCOPED(text)
	struct text others = TEXT_UP_TO(LIST_MAX);

	section->count = work->table.record.count;
	for (size_t i = 0; i < section->count; i++) {
		const char *name = import_field(work, i);

		if (import_name_meaning(work->names, layout, "day", name))
			section->day = (int)i;
		else if (import_name_meaning(work->names, layout, "value", name))
			section->value = (int)i;
		else
			text_addf(&others, "%s%.60s", others.length ? ", " : "", name);
	}
	if (section->day < 0 || section->value < 0) {
		import_mistake(work, "expected a header like \"Date\",\"Primary\" below the title");
		section->left_out = true;
		section->day = section->value = 0;
	} else if (others.length && !section->left_out) {
		import_note(work, say("columns that are not known, left out: %s%s"),
			    text_str(&others), "");
	}
}

static void read_day(struct reading *reading)
{
	struct import_work *work = reading->work;
	struct section *section = &reading->section;
	struct import_number number;
	struct import_date date;
	struct error err;

	if (section->left_out)
		return;
	if (work->table.record.count != section->count) {
		import_mistake(work, "%zu fields, expected %zu as in the header",
			       work->table.record.count, section->count);
		return;
	}
	if (import_take_date(work, import_field(work, (size_t)section->day), &date) < 0)
		return;
	if (import_number(work->names, import_field(work, (size_t)section->value), &number, &err) <
	    0) {
		import_mistake(work, "%s", err.text);
		return;
	}
	section->days = memory_grow(section->days, section->day_count, &section->day_room,
				    sizeof(*section->days));
	section->days[section->day_count++] = date.day;
	if (!number.none)
		import_add(work, section->lane, (struct window){ date.day, 1 }, &number, 0);
}

static int by_day(const void *left, const void *right)
{
	int32_t a = *(const int32_t *)left;
	int32_t b = *(const int32_t *)right;

	return (a > b) - (a < b);
}

static const char no_range[] = "\"%s\" lists only days with a new follower: say which days were "
			       "exported (--from 2025-10-01 "
			       "--to 2025-10-31), the others among them are 0";

/* The days a sparse section does not list: 0 within those that were exported, else not known. */
static void end_section(struct reading *reading)
{
	struct import_work *work = reading->work;
	struct section *section = &reading->section;
	const struct import_number zero = { 0 };
	char days[WINDOW_TEXT];
	size_t next = 0;

	if (!section->title || section->left_out)
		return;
	if (section->day < 0)
		csv_table_mistake(&work->table, section->line, "\"%s\": no header and no days",
				  section->title->shown);
	if (!section->sparse)
		return;
	if (section->day_count)
		qsort(section->days, section->day_count, sizeof(*section->days), by_day);
	if (!import_name_range(work)) {
		csv_table_mistake(&work->table, section->line, no_range, section->title->shown);
		return;
	}
	if (!work->note.length)
		text_addf(&work->note, "exported for %s: days without a line are 0",
			  window_text(work->range, days));
	work->table.record.line = section->line;
	for (int32_t day = work->range.first; day < window_end(work->range); day++) {
		while (next < section->day_count && section->days[next] < day)
			next++;
		if (next == section->day_count || section->days[next] != day)
			import_add(work, section->lane, (struct window){ day, 1 }, &zero,
				   SAMPLE_DERIVED);
	}
}

static void read_record(struct reading *reading)
{
	struct import_work *work = reading->work;
	struct section *section = &reading->section;
	struct import_date date;
	struct error err;

	if (work->table.record.count == 1 && *import_field(work, 0) &&
	    import_date(work->names, import_field(work, 0), ORDER_MONTH_FIRST, &date, &err) < 0) {
		if (reading->sections)
			end_section(reading);
		begin_section(reading);
		return;
	}
	if (!reading->sections)
		import_mistake(work, "expected a title like \"Visitas\" first");
	else if (section->title && section->day < 0)
		read_header(reading);
	else if (section->title)
		read_day(reading);
}

static void read_metric(struct import_work *work)
{
	struct reading reading = { .work = work, .platform = platform_of(work->account) };

	while (import_next(work))
		read_record(&reading);
	if (reading.sections)
		end_section(&reading);
	if (!work->table.mistakes && !reading.taken_count)
		import_mistake(work, "nothing in it is of %s", work->account->id);
	else if (!work->table.mistakes && !work->row_count && !work->unfinished && !work->outside)
		import_mistake(work, "no day with a number");
	free(reading.taken);
	free(reading.section.days);
}

/* A known title, or a title above a header of days. */
static bool is_metric(const struct import_names *names, const struct import_head *head)
{
	const struct csv_record *first = &head->records[0];

	if (first->count != 1)
		return false;
	if (import_name_find(names, layout, text_str(&first->fields[0])))
		return true;
	return head->count > 1 &&
	       import_count_meaning(names, layout, &head->records[1], "day") == 1 &&
	       import_count_meaning(names, layout, &head->records[1], "value") == 1;
}

const struct import_layout import_mbs_metric = {
	.name = "mbs-metric",
	.source = "mbs-metric",
	.title = "Meta Business Suite, days of a metric",
	.zone = "America/Los_Angeles",
	.recognise = is_metric,
	.read = read_metric,
};
