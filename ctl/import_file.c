/* A file as text and records, and whose layout it is. */
#include "import.h"

#include "record.h"

#include "metricsd/cleanup.h"
#include "metricsd/encoding.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	PROGRESS_STEP = 4 << 20,
	FIRST_LINE_SHOWN = 60,
	UNKNOWN_SHOWN = 200,
	NOTES_MAX = 1 << 20,
	DATE_ROOM = 16,
};

const struct import_layout *const import_layouts[] = {
	&import_long,     &import_mbs_metric,     &import_mbs_content, &import_x_content,
	&import_x_legacy, &import_x_overview,     &import_ga4,         &import_plausible,
	&import_matomo,   &import_search_console, &import_plain,       NULL,
};

/* --- reading records */

void import_mistake(struct import_work *work, const char *format, ...)
{
	SCOPED(text)
	struct text words = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	csv_table_mistake(&work->table, work->table.record.line, "%s", text_str(&words));
}

void import_note(struct import_work *work, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_addv(&work->notes, format, arguments);
	va_end(arguments);
	text_add_char(&work->notes, '\n');
}

void import_read_from(struct import_work *work, size_t at, int line)
{
	struct csv_file *csv = &work->table.csv;
	const char *end = memchr(csv->bytes + at, '\n', csv->length - at);

	csv->at = at;
	csv->line = line;
	csv->separator = csv_separator(csv->bytes + at,
				       end ? (size_t)(end - csv->bytes) - at : csv->length - at);
}

bool import_blank_next(const struct import_work *work)
{
	const struct csv_file *csv = &work->table.csv;
	size_t at = csv->at;

	if (at < csv->length && csv->bytes[at] == '\r')
		at++;
	return at == csv->length || csv->bytes[at] == '\n';
}

void import_progress(struct import_work *work)
{
	const struct csv_file *csv = &work->table.csv;

	if (!work->progress || (csv->at - work->shown < PROGRESS_STEP && csv->at < csv->length))
		return;
	work->shown = csv->at;
	(void)fprintf(stderr, "\r%s: %zu %%", base_name(work->table.path),
		      csv->at * 100 / csv->length);
	if (csv->at == csv->length)
		(void)fputs("\r\x1b[K", stderr);
	(void)fflush(stderr);
}

bool import_next(struct import_work *work)
{
	struct csv_table *table = &work->table;
	struct error err;
	int got;

	while ((got = csv_next(&table->csv, &table->record, &err)) < 0)
		csv_table_mistake(table, table->record.line, "%s", err.text);
	import_progress(work);
	return got > 0;
}

const char *import_field(const struct import_work *work, size_t field)
{
	const struct csv_record *record = &work->table.record;

	return field < record->count ? text_str(&record->fields[field]) : "";
}

size_t import_count_meaning(const struct import_names *names, const char *layout,
			    const struct csv_record *record, const char *means)
{
	size_t count = 0;

	for (size_t i = 0; i < record->count; i++)
		count += import_name_meaning(names, layout, means, text_str(&record->fields[i])) !=
			 NULL;
	return count;
}

/* --- dates in an order that has to be found */

int import_take_date(struct import_work *work, const char *text, struct import_date *ret)
{
	struct error err;

	if (import_date(work->names, text, work->order, ret, &err) == 0)
		return 0;
	import_mistake(work, "%s", err.text);
	return -1;
}

void import_find_order(struct import_work *work, size_t field)
{
	struct csv_table *table = &work->table;
	struct csv_file back = table->csv;
	int first = 0, second = 0; /* lines that show which number is the day */
	int either = 0;            /* a line that may be read both ways */
	struct error err;

	work->order = work->options->order;
	while (work->order == ORDER_NONE && !import_blank_next(work)) {
		struct import_date date;
		int got = csv_next(&table->csv, &table->record, &err);

		if (got == 0)
			break;
		if (got < 0 ||
		    import_date(work->names, import_field(work, field), ORDER_NONE, &date, &err) <
			    0 ||
		    !date.ordered)
			continue;
		if (date.a > 12)
			first = table->record.line;
		else if (date.b > 12)
			second = table->record.line;
		else if (date.a != date.b)
			either = table->record.line;
	}
	table->csv = back;
	if (work->order != ORDER_NONE)
		return;
	if (first && second)
		csv_table_mistake(table, second,
				  "the day comes second here and first in line %d: two files have "
				  "been put together?",
				  first);
	else if (either && !first && !second)
		csv_table_mistake(table, either,
				  "no date of the file tells the day from the month: say --dates "
				  "day-first or --dates month-first");
	if (table->mistakes)
		table->csv.at = table->csv.length;
	work->order = first ? ORDER_DAY_FIRST : ORDER_MONTH_FIRST;
}

/* --- the days a file's name says */

/* "Oct-01-2025", "2026-06-01" within the file's name. */
static bool date_of_name(const struct import_work *work, const char *word, size_t length,
			 int32_t *ret)
{
	char copy[DATE_ROOM];
	struct import_date date;
	struct error err;

	if (length < 8 || length >= sizeof(copy))
		return false;
	memcpy(copy, word, length);
	copy[length] = '\0';
	for (char *at = copy; isalpha((unsigned char)*copy) && *at; at++)
		if (*at == '-')
			*at = ' ';
	if (import_date(work->names, copy, ORDER_NONE, &date, &err) < 0 || date.ordered)
		return false;
	*ret = date.day;
	return true;
}

bool import_name_range(struct import_work *work)
{
	int32_t first = DAY_NONE;

	if (work->range.days)
		return true;
	for (const char *at = base_name(work->table.path); *at;) {
		size_t length = strcspn(at, "_. ");
		int32_t day;

		if (date_of_name(work, at, length, &day)) {
			if (first != DAY_NONE && day >= first) {
				work->range = (struct window){ first, day - first + 1 };
				return true;
			}
			first = day;
		}
		at += length;
		at += *at != '\0';
	}
	return false;
}

/* --- which layout */

static void head_clear(struct import_head *head)
{
	for (size_t i = 0; i < head->count; i++)
		csv_record_clear(&head->records[i]);
	free(head->records);
}

/* The first lines, each by its own separator: comments and titles come before the table. -1 when
 * not even the first can be read. */
static int head_read(struct import_work *work, struct import_head *head, struct error *err)
{
	struct csv_file back = work->table.csv;
	struct csv_file *csv = &work->table.csv;
	struct error why;
	int result = 0;
	int got = 1;

	head->records = memory_new(HEAD_RECORDS, sizeof(*head->records));
	while (got && head->count < HEAD_RECORDS) {
		import_read_from(work, csv->at, csv->line);
		got = csv_next(csv, &head->records[head->count], &why);
		if (got < 0) {
			head->records[head->count].count = 0;
			if (head->count == 0 && *csv->bytes != '#')
				result = error_set(err, ERROR_INPUT, "%s:%d: %s", work->table.path,
						   head->records[0].line, why.text);
		}
		head->count += got != 0;
	}
	*csv = back;
	return result;
}

/* How many names of a line a layout knows; those it does not know are listed. */
static size_t count_known(const struct import_work *work, const struct csv_record *record,
			  const struct import_layout *layout, struct text *unknown)
{
	size_t known = 0;

	for (size_t i = 0; i < record->count; i++) {
		const char *name = text_str(&record->fields[i]);

		if (import_name_find(work->names, layout->name, name))
			known++;
		else
			text_addf(unknown, "%s\"%.*s\"", unknown->length ? ", " : "",
				  FIRST_LINE_SHOWN, name);
	}
	return known;
}

static void add_lacking(const struct import_work *work, const struct csv_record *record,
			const struct import_layout *layout, struct text *out)
{
	for (const char *const *means = layout->needed; means && *means; means++)
		if (import_count_meaning(work->names, layout->name, record, *means) == 0)
			text_addf(out, "%s%s", out->length ? ", " : "", *means);
}

/* The layout that knows most of the line, and what is wrong with it there; else all of them. Of our
 * own a word or two of everybody's, "date", are no sign. */
static void say_nearest(const struct import_work *work, const struct csv_record *record,
			struct text *ret)
{
	size_t most = 0;

	for (size_t i = 0; import_layouts[i]; i++) {
		const struct import_layout *layout = import_layouts[i];
		SCOPED(text)
		struct text unknown = TEXT_UP_TO(UNKNOWN_SHOWN);
		SCOPED(text)
		struct text lacking = { 0 };
		size_t known = count_known(work, record, layout, &unknown);

		if (known <= most || (layout == &import_long && known < 2))
			continue;
		most = known;
		add_lacking(work, record, layout, &lacking);
		text_reset(ret);
		text_addf(ret, "the nearest is %s (%s)", layout->title, layout->name);
		if (lacking.length)
			text_addf(ret, ", of which it lacks %s", text_str(&lacking));
		if (unknown.length)
			text_addf(ret, ", which does not know %s%s", text_str(&unknown),
				  unknown.failed ? ", …" : "");
	}
	for (size_t i = 0; most == 0 && import_layouts[i]; i++)
		text_addf(ret, "%s%s", i ? ", " : "there are ", import_layouts[i]->name);
}

/* Whose register's file a line is the first of, or NULL. */
static const char *register_of(const struct csv_record *record)
{
	SCOPED(memory)
	const char **columns = memory_new(record->count + 1, sizeof(*columns));

	for (size_t i = 0; i < record->count; i++)
		columns[i] = text_str(&record->fields[i]);
	return record_file_of(columns);
}

static int unknown_layout(const struct import_work *work, const struct import_head *head,
			  struct error *err)
{
	const struct csv_record *first = &head->records[0];
	const char *of_register = register_of(first);
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text rest = { 0 };

	if (of_register)
		return error_set(err, ERROR_INPUT,
				 "%s has records, not figures: metricsctl record %s --from %s",
				 work->table.path, of_register, work->table.path);
	for (size_t i = 0; i < first->count; i++)
		text_addf(&line, "%s%.*s", i ? "," : "", FIRST_LINE_SHOWN,
			  text_str(&first->fields[i]));
	say_nearest(work, first, &rest);
	return error_set(
		err, ERROR_INPUT,
		"%s: its first line, \"%.60s\", is of no layout that is known; %s. New names "
		"of columns are added in import-names.csv (docs/importing.md)",
		work->table.path, text_str(&line), text_str(&rest));
}

static int find_layout(struct import_work *work, struct error *err)
{
	const char *wanted = work->options->format;
	struct import_head head = { 0 };
	bool readable;

	for (size_t i = 0; wanted && import_layouts[i]; i++)
		if (strcmp(import_layouts[i]->name, wanted) == 0)
			work->layout = import_layouts[i];
	if (work->layout)
		return 0;
	readable = head_read(work, &head, err) == 0;
	for (size_t i = 0; readable && !work->layout && import_layouts[i]; i++)
		if (import_layouts[i]->recognise && head.count &&
		    import_layouts[i]->recognise(work->names, &head))
			work->layout = import_layouts[i];
	if (readable && !work->layout)
		(void)unknown_layout(work, &head, err);
	head_clear(&head);
	return work->layout ? 0 : -1;
}

/* --- the bytes */

static int check_packed(const struct csv_table *table, struct error *err)
{
	if (table->length >= 4 && memcmp(table->bytes, "PK\x03\x04", 4) == 0)
		return error_set(err, ERROR_INPUT,
				 "%s is a ZIP archive or a workbook: unpack it and give the CSV "
				 "file in it, or save the sheet as CSV UTF-8",
				 table->path);
	if (table->length >= 2 && memcmp(table->bytes, "\x1f\x8b", 2) == 0)
		return error_set(err, ERROR_INPUT, "%s is packed: gunzip it first", table->path);
	if (!table->length)
		return error_set(err, ERROR_INPUT, "%s is empty", table->path);
	return 0;
}

/* "sep=," is for spreadsheets alone. */
static void skip_separator_line(struct import_work *work)
{
	struct csv_file *csv = &work->table.csv;
	const char *line = csv->bytes + csv->at;
	const char *end = memchr(line, '\n', csv->length - csv->at);

	if (end && end - line <= 6 && strncmp(line, "sep=", 4) == 0) {
		csv->at += (size_t)(end - line) + 1;
		csv->line++;
	}
}

int import_begin(struct import_work *work, struct error *err)
{
	struct csv_table *table = &work->table;
	const char *text = table->bytes;
	size_t length = table->length;

	work->notes.max = NOTES_MAX;
	work->order = work->options->order;
	work->range = work->options->range;
	if (check_packed(table, err) < 0)
		return -1;
	if (is_utf16(text, length)) {
		if (utf16_decode(text, length, &work->text, &length, err) < 0)
			return error_within(err, "%s", table->path);
		text = work->text;
	}
	csv_begin(&table->csv, text, length);
	skip_separator_line(work);
	import_read_from(work, table->csv.at, table->csv.line);
	return find_layout(work, err);
}

int import_open(struct import_work *work, const char *path, struct error *err)
{
	struct csv_table *table = &work->table;
	struct stat about;

	table->path = path;
	work->folder = directory_of(path);
	if (stat(path, &about) == 0)
		work->modified = (int64_t)about.st_mtime;
	if (csv_file_read(path, IMPORT_FILE_MAX, &table->bytes, &table->length, err) < 0 ||
	    bytes_digest(table->bytes, table->length, work->sha256, err) < 0)
		return -1;
	return import_begin(work, err);
}

void import_clear(struct import_work *work)
{
	for (size_t i = 0; i < work->words_count; i++) {
		free(work->words[i].note);
		free(work->words[i].evidence);
	}
	for (size_t i = 0; i < work->counter_count; i++)
		free(work->counters[i].id);
	free(work->words);
	free(work->lanes);
	free(work->lane_slots);
	free(work->accounts);
	free(work->todays);
	free(work->rows);
	free(work->counters);
	findings_clear(&work->findings);
	text_clear(&work->note);
	text_clear(&work->notes);
	csv_table_clear(&work->table);
	free(work->text);
	free(work->folder);
	work->text = NULL;
	work->folder = NULL;
}
