/*
 * Tables with a line a day: X's account overview, Search Console, Matomo, Plausible, and the plain
 * "date,value". What their columns mean is data.
 */
#include "import.h"

#include "metricsd/cleanup.h"

#include <string.h>

enum { LIST_MAX = 1200, SHOWN_MAX = 60 };

/* --- columns */

static bool is_role(const struct import_name *name, const char *role)
{
	return name && strcmp(name->means, role) == 0;
}

/* The first name of the table goes before others that mean the same metric. */
static bool is_better(const struct import_name *a, const struct import_name *b)
{
	return a < b;
}

static void list_add(struct text *list, const char *name)
{
	text_addf(list, "%s%.*s", list->length ? ", " : "", SHOWN_MAX, name);
}

/* Names of columns that are left out. */
struct left_out {
	struct text without; /* the account has no such metric */
	struct text doubles; /* a better one of the same metric is there */
	struct text others;  /* nobody knows them */
};

static void scoped_left_out(struct left_out *left)
{
	text_clear(&left->without);
	text_clear(&left->doubles);
	text_clear(&left->others);
}

/* A column of a metric: another one that means the same may stand there already. */
static void place_metric(struct import_work *work, struct import_column *columns, size_t place,
			 struct left_out *left)
{
	struct import_column *column = &columns[place];
	const struct metric *metric = account_metric(work->account, column->name->means);

	if (!metric) {
		text_addf(&left->without, "%s%.*s (%s)", left->without.length ? ", " : "",
			  SHOWN_MAX, import_field(work, place), column->name->means);
		return;
	}
	column->lane = import_lane(work, work->account, metric);
	column->flags = metric->estimated || strcmp(column->name->of, "estimate") == 0
				? SAMPLE_ESTIMATE
				: 0;
	for (size_t i = 0; i < place; i++) {
		if (columns[i].what != COLUMN_METRIC || columns[i].lane != column->lane)
			continue;
		if (columns[i].name == column->name) {
			import_mistake(work, "column \"%.60s\" stands there twice",
				       import_field(work, place));
			return;
		}
		list_add(&left->doubles, is_better(columns[i].name, column->name)
						 ? column->name->shown
						 : columns[i].name->shown);
		if (is_better(columns[i].name, column->name))
			return;
		columns[i].what = COLUMN_LEFT_OUT;
	}
	column->what = COLUMN_METRIC;
}

static bool place_day(struct import_column *column)
{
	if (is_role(column->name, "day"))
		column->what = COLUMN_DAY;
	else if (is_role(column->name, "nth-day"))
		column->what = COLUMN_NTH_DAY;
	else if (is_role(column->name, "nth-month"))
		column->what = COLUMN_NTH_MONTH;
	else
		return false;
	return true;
}

static void refuse_unknown(struct import_work *work, size_t place)
{
	SCOPED(text)
	struct text known = TEXT_UP_TO(LIST_MAX);

	if (work->table.mistakes) {
		import_mistake(work, "unknown column \"%.60s\"", import_field(work, place));
		return;
	}
	import_names_list(work->names, work->layout->name, "", &known);
	import_mistake(work,
		       "unknown column \"%.60s\" (%s): expected names of %s, as in %s%s; a new "
		       "one is added to import-names.csv",
		       import_field(work, place), work->layout->name, work->layout->title,
		       text_str(&known), known.failed ? ", …" : "");
}

/* What one column is; *days becomes its place when it is that of the days. */
static void place_column(struct import_work *work, enum import_unknown unknown,
			 struct import_column *columns, size_t place, int *days,
			 struct left_out *left)
{
	struct import_column *column = &columns[place];
	const char *name = import_field(work, place);

	*column = (struct import_column){
		.name = import_name_find(work->names, work->layout->name, name),
	};
	if (place_day(column)) {
		if (*days >= 0)
			import_mistake(work, "two columns of days");
		*days = (int)place;
	} else if (column->name) {
		if (!is_role(column->name, "-"))
			place_metric(work, columns, place, left);
	} else if (*name && unknown == UNKNOWN_IS_REFUSED) {
		refuse_unknown(work, place);
	} else if (*name) {
		list_add(&left->others, name);
	}
}

static void say_left_out(struct import_work *work, bool kept, const struct left_out *left)
{
	const char *without = text_str(&left->without);
	const char *others = text_str(&left->others);
	const char *missing = "there is no column with numbers";

	if (*without || *others)
		missing = *without ? without : others;
	if (!kept)
		import_mistake(work,
			       "%s has none of these metrics: %s; `entered` of the configuration "
			       "names those a channel has",
			       work->account->id, missing);
	else if (*without)
		import_note(work, say("%s has no such metric, left out: %s%s"), work->account->id,
			    without, left->without.failed ? ", …" : "");
	if (left->doubles.length)
		import_note(work, say("another column has the same metric, left out: %s%s"),
			    text_str(&left->doubles), left->doubles.failed ? ", …" : "");
	if (*others)
		import_note(work, say("columns that are not known, left out: %s%s"), others,
			    left->others.failed ? ", …" : "");
}

int import_columns(struct import_work *work, enum import_unknown unknown,
		   struct import_column columns[CSV_FIELDS])
{
	SCOPED(left_out)
	struct left_out left = { TEXT_UP_TO(LIST_MAX), TEXT_UP_TO(LIST_MAX), TEXT_UP_TO(LIST_MAX) };
	bool kept = false;
	int days = -1;

	for (size_t i = 0; i < work->table.record.count; i++)
		place_column(work, unknown, columns, i, &days, &left);
	for (size_t i = 0; i < work->table.record.count; i++)
		kept = kept || columns[i].what == COLUMN_METRIC;
	if (days >= 0)
		say_left_out(work, kept, &left);
	return days;
}

void import_take_numbers(struct import_work *work, const struct import_column *columns,
			 size_t count, struct window window)
{
	for (size_t i = 0; i < count; i++) {
		struct import_number number;
		struct error err;

		if (columns[i].what != COLUMN_METRIC)
			continue;
		if (import_number(work->names, import_field(work, i), &number, &err) < 0)
			import_mistake(work, "%.60s: %s", columns[i].name->shown, err.text);
		else if (!number.none)
			import_add(work, columns[i].lane, window, &number, columns[i].flags);
	}
}

/* --- a whole file that is one table */

static bool is_empty(const struct import_work *work)
{
	for (size_t i = 0; i < work->table.record.count; i++)
		if (*import_field(work, i))
			return false;
	return true;
}

static void read_line(struct import_work *work, const struct import_column *columns, size_t count,
		      size_t days)
{
	struct import_date date;
	struct window window;

	if (is_empty(work))
		return;
	if (work->table.record.count != count) {
		import_mistake(work, "%zu fields, expected %zu as in the header",
			       work->table.record.count, count);
		return;
	}
	if (import_take_date(work, import_field(work, days), &date) < 0)
		return;
	window = date.months ? month_of(date.day) : (struct window){ date.day, 1 };
	import_take_numbers(work, columns, count, window);
}

static void read_table(struct import_work *work, enum import_unknown unknown)
{
	struct import_column columns[CSV_FIELDS];
	size_t count;
	int days;

	if (!import_next(work))
		return;
	count = work->table.record.count;
	days = import_columns(work, unknown, columns);
	if (days < 0) {
		SCOPED(text)
		struct text known = TEXT_UP_TO(LIST_MAX);

		import_names_list(work->names, work->layout->name, "day", &known);
		import_mistake(work, "no column of days: expected one of %s", text_str(&known));
	}
	if (work->table.mistakes)
		return;
	import_find_order(work, (size_t)days);
	while (import_next(work))
		read_line(work, columns, count, (size_t)days);
	if (!work->row_count && !work->unfinished && !work->outside && !work->table.mistakes)
		import_mistake(work, "no line with a number behind the header");
}

static void read_strict(struct import_work *work)
{
	read_table(work, UNKNOWN_IS_REFUSED);
}

static void read_open(struct import_work *work)
{
	read_table(work, UNKNOWN_IS_LEFT_OUT);
}

/* Whether the first line is a header of the layout: its day, and so many names of its own. */
static bool has_header(const struct import_names *names, const struct import_head *head,
		       const char *layout, size_t least)
{
	const struct csv_record *first = &head->records[0];
	size_t known = 0;

	for (size_t i = 0; i < first->count; i++)
		known += import_name_find(names, layout, text_str(&first->fields[i])) != NULL;
	return import_count_meaning(names, layout, first, "day") == 1 && known > least;
}

/* --- X, account overview */

static bool is_overview(const struct import_names *names, const struct import_head *head)
{
	const struct csv_record *first = &head->records[0];

	return has_header(names, head, import_x_overview.name, 4) &&
	       import_count_meaning(names, import_x_overview.name, first, "views") == 1 &&
	       import_count_meaning(names, import_x_overview.name, first, "interactions") == 1;
}

const struct import_layout import_x_overview = {
	.name = "x-overview",
	.source = "x-overview",
	.title = "X account overview",
	.zone = "UTC",
	.recognise = is_overview,
	.read = read_strict,
};

/* --- Search Console: its days are those of California; rates are never added up, so never kept */

static bool is_search_console(const struct import_names *names, const struct import_head *head)
{
	const struct csv_record *first = &head->records[0];

	return first->count <= 5 && has_header(names, head, import_search_console.name, 2) &&
	       import_count_meaning(names, import_search_console.name, first, "search_clicks") == 1;
}

const struct import_layout import_search_console = {
	.name = "search-console",
	.source = "search-console",
	.title = "Search Console dates",
	.zone = "America/Los_Angeles",
	.recognise = is_search_console,
	.read = read_strict,
};

/* --- Matomo */

static bool is_matomo(const struct import_names *names, const struct import_head *head)
{
	const struct csv_record *first = &head->records[0];

	return has_header(names, head, import_matomo.name, 1) &&
	       (import_count_meaning(names, import_matomo.name, first, "visits") ||
		import_count_meaning(names, import_matomo.name, first, "views"));
}

const struct import_layout import_matomo = {
	.name = "matomo-csv",
	.source = "matomo-csv",
	.title = "Matomo report",
	.recognise = is_matomo,
	.read = read_open,
};

/* --- Plausible */

static bool is_plausible(const struct import_names *names, const struct import_head *head)
{
	const struct csv_record *first = &head->records[0];

	return has_header(names, head, import_plausible.name, 2) &&
	       import_count_meaning(names, import_plausible.name, first, "visitors") == 1 &&
	       import_count_meaning(names, import_plausible.name, first, "views") == 1;
}

const struct import_layout import_plausible = {
	.name = "plausible-csv",
	.source = "plausible-csv",
	.title = "Plausible visitors",
	.recognise = is_plausible,
	.read = read_strict,
};

/* --- a date and a number, of the metric --metric names */

static bool is_plain(const struct import_names *names, const struct import_head *head)
{
	const struct csv_record *first = &head->records[0];

	return first->count == 2 && import_count_meaning(names, "plain", first, "day") == 1 &&
	       import_count_meaning(names, "plain", first, "value") == 1;
}

static void read_plain_line(struct import_work *work, size_t lane, size_t day, size_t value)
{
	struct import_number number;
	struct import_date date;
	struct error err;

	if (is_empty(work))
		return;
	if (work->table.record.count != 2)
		import_mistake(work, "%zu fields, expected 2 as in the header",
			       work->table.record.count);
	else if (import_take_date(work, import_field(work, day), &date) < 0)
		return;
	else if (import_number(work->names, import_field(work, value), &number, &err) < 0)
		import_mistake(work, "%s", err.text);
	else if (!number.none)
		import_add(work, lane,
			   date.months ? month_of(date.day) : (struct window){ date.day, 1 },
			   &number, 0);
}

static void read_plain(struct import_work *work)
{
	const struct metric *metric = NULL;
	struct error err;
	size_t day, lane;

	if (!import_next(work))
		return;
	if (!import_count_meaning(work->names, "plain", &work->table.record, "day") ||
	    work->table.record.count != 2) {
		import_mistake(work, "expected the header date,value");
		return;
	}
	if (!work->options->metric) {
		import_mistake(work, "the file does not say of what its numbers are: --metric");
		return;
	}
	if (metric_of(work->account, work->options->metric, &metric, &err) < 0) {
		import_mistake(work, "%s", err.text);
		return;
	}
	day = import_name_meaning(work->names, "plain", "day", import_field(work, 0)) ? 0 : 1;
	lane = import_lane(work, work->account, metric);
	import_find_order(work, day);
	while (import_next(work))
		read_plain_line(work, lane, day, 1 - day);
	if (!work->row_count && !work->unfinished && !work->outside && !work->table.mistakes)
		import_mistake(work, "no line with a number behind the header");
}

const struct import_layout import_plain = {
	.name = "plain",
	.source = "csv",
	.title = "date,value",
	.recognise = is_plain,
	.read = read_plain,
};
