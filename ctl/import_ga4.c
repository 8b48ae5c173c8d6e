/*
 * Google Analytics 4: reports and explorations. Comments say what and when; tables follow each
 * other with an empty line between. Only those with days are taken.
 */
#include "import.h"

#include "metricsd/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { COMMENT_MAX = 512 };

static const char layout[] = "ga4-csv";

struct reading {
	struct import_work *work;
	int32_t start, end; /* of the report, DAY_NONE: not said */
	size_t tables;      /* with days */
};

/* "20260723-20260922", as explorations say it. */
static bool take_range(struct reading *reading, const char *words)
{
	char first[9];
	struct import_date from, to;
	struct error err;

	if (strlen(words) != 17 || words[8] != '-' || strspn(words, "0123456789") != 8)
		return false;
	(void)snprintf(first, sizeof(first), "%.8s", words);
	if (import_date(reading->work->names, first, ORDER_NONE, &from, &err) < 0 ||
	    import_date(reading->work->names, words + 9, ORDER_NONE, &to, &err) < 0)
		return false;
	reading->start = from.day;
	reading->end = to.day;
	return true;
}

/* "# Start date: 20260101" */
static void take_comment(struct reading *reading, const char *line)
{
	const struct import_names *names = reading->work->names;
	char words[COMMENT_MAX];
	struct import_date date;
	struct error err;
	char *colon;

	line += strspn(line, "# ");
	(void)snprintf(words, sizeof(words), "%s", line);
	if (take_range(reading, words))
		return;
	colon = strchr(words, ':');
	if (!colon)
		return;
	*colon++ = '\0';
	colon += strspn(colon, " ");
	if (import_name_meaning(names, layout, "start", words) &&
	    import_date(names, colon, ORDER_NONE, &date, &err) == 0)
		reading->start = date.day;
	if (import_name_meaning(names, layout, "end", words) &&
	    import_date(names, colon, ORDER_NONE, &date, &err) == 0)
		reading->end = date.day;
}

/* Comments are no CSV: they may hold anything. */
static bool next_is_comment(struct reading *reading)
{
	struct csv_file *csv = &reading->work->table.csv;
	const char *line = csv->bytes + csv->at;
	const char *end;
	char words[COMMENT_MAX];
	size_t length;

	if (csv->at == csv->length || *line != '#')
		return false;
	end = memchr(line, '\n', csv->length - csv->at);
	length = end ? (size_t)(end - line) : csv->length - csv->at;
	csv->at += length + (end != NULL);
	csv->line++;
	while (length && (line[length - 1] == '\r' || line[length - 1] == ','))
		length--; /* a spreadsheet fills lines up with commas */
	(void)snprintf(words, sizeof(words), "%.*s",
		       length < sizeof(words) ? (int)length : (int)sizeof(words) - 1, line);
	take_comment(reading, words);
	return true;
}

static bool is_total(const struct import_work *work, size_t days)
{
	if (!*import_field(work, days))
		return true;
	for (size_t i = 0; i < work->table.record.count; i++)
		if (import_name_meaning(work->names, layout, "total", import_field(work, i)))
			return true;
	return false;
}

/* The window of "0023" in a column of numbered days or months. */
static int numbered(struct reading *reading, bool months, const char *text, struct window *ret)
{
	struct import_work *work = reading->work;
	struct window whole = { 0 };
	char *end;
	long number = strtol(text, &end, 10);

	if (*end || end == text || number < 0 || number > 9999) {
		import_mistake(work, "\"%.40s\" numbers no day", text);
		return -1;
	}
	if (reading->start == DAY_NONE) {
		import_mistake(work,
			       "days are numbered and the file does not say from when: --from "
			       "and --to");
		return -1;
	}
	if (!months) {
		*ret = (struct window){ reading->start + (int32_t)number, 1 };
		return 0;
	}
	/* the first and last month are those parts of them that were asked for */
	*ret = month_after(month_of(reading->start), (int)number);
	whole = (struct window){ reading->start, reading->end == DAY_NONE
							 ? INT16_MAX
							 : reading->end - reading->start + 1 };
	*ret = window_common(*ret, whole);
	return ret->days ? 0 : -1;
}

static int window_of(struct reading *reading, const struct import_column *columns, size_t days,
		     struct window *ret)
{
	struct import_work *work = reading->work;
	const char *text = import_field(work, days);
	struct import_date date;

	if (columns[days].what != COLUMN_DAY)
		return numbered(reading, columns[days].what == COLUMN_NTH_MONTH, text, ret);
	if (import_take_date(work, text, &date) < 0)
		return -1;
	*ret = date.months ? month_of(date.day) : (struct window){ date.day, 1 };
	return 0;
}

static bool has_days(const struct import_work *work)
{
	static const char *const roles[] = { "day", "nth-day", "nth-month" };
	size_t count = 0;

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		count += import_count_meaning(work->names, layout, &work->table.record, roles[i]);
	return count > 0;
}

/* A table to its end: an empty line, a comment, the end of the file. */
static void read_table(struct reading *reading)
{
	struct import_work *work = reading->work;
	struct csv_file *csv = &work->table.csv;
	struct import_column columns[CSV_FIELDS];
	bool kept;
	size_t count;
	int days = -1;

	import_read_from(work, csv->at, csv->line);
	if (!import_next(work))
		return;
	count = work->table.record.count;
	kept = has_days(work);
	if (kept) {
		reading->tables++;
		days = import_columns(work, UNKNOWN_IS_LEFT_OUT, columns);
	} else {
		import_note(work, say("line %d: the table \"%.60s\" has no days, left out"),
			    work->table.record.line, import_field(work, 0));
	}
	if (days >= 0)
		import_find_order(work, (size_t)days);
	while (!import_blank_next(work) && csv->bytes[csv->at] != '#' && import_next(work)) {
		struct window window;

		if (days < 0 || is_total(work, (size_t)days))
			continue;
		if (work->table.record.count > count)
			import_mistake(work, "%zu fields, expected %zu as in the header",
				       work->table.record.count, count);
		else if (window_of(reading, columns, (size_t)days, &window) == 0)
			import_take_numbers(work, columns, work->table.record.count, window);
	}
}

static void skip_blanks(struct import_work *work)
{
	struct csv_file *csv = &work->table.csv;

	while (csv->at < csv->length && import_blank_next(work)) {
		csv->at += csv->bytes[csv->at] == '\r';
		csv->at += csv->at < csv->length;
		csv->line++;
	}
}

static void read_report(struct import_work *work)
{
	struct reading reading = { .work = work, .start = DAY_NONE, .end = DAY_NONE };

	if (work->range.days) {
		reading.start = work->range.first;
		reading.end = window_end(work->range) - 1;
	}
	for (;;) {
		skip_blanks(work);
		if (work->table.csv.at >= work->table.csv.length)
			break;
		if (!next_is_comment(&reading))
			read_table(&reading);
	}
	if (!reading.tables && !work->table.mistakes)
		import_mistake(work,
			       "no table of the report has days: add the dimension Date to it "
			       "and export it again");
	else if (!work->row_count && !work->unfinished && !work->outside && !work->table.mistakes)
		import_mistake(work, "no line with a number");
}

static bool is_report(const struct import_names *names, const struct import_head *head)
{
	(void)names;
	return head->records[0].count && *text_str(&head->records[0].fields[0]) == '#';
}

const struct import_layout import_ga4 = {
	.name = "ga4-csv",
	.source = "ga4-csv",
	.title = "Google Analytics 4 report or exploration",
	.recognise = is_report,
	.read = read_report,
};
