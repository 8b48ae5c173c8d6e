#include "sheet_parts.h"

#include "metricsd/day.h"
#include "metricsd/utf8.h"

#include <inttypes.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20 };

void records_begin(struct records *records, enum report_format format, const char *name,
		   int version, FILE *out)
{
	*records = (struct records){
		.out = out,
		.format = format,
		.version = version,
		.names = { .max = LINE_MAX_BYTES },
		.line = { .max = LINE_MAX_BYTES },
	};
	if (format == REPORT_JSON)
		(void)fprintf(out, "{\"format\":\"%s\",\"version\":%d,\"records\":[", name,
			      version);
}

/* Ends the record that was begun: its line, and before the first the names of its fields. */
static void flush(struct records *records)
{
	if (records->count == 0)
		return;
	if (records->format == REPORT_JSON) {
		(void)fprintf(records->out, "%s\n{%s}", records->count > 1 ? "," : "",
			      text_str(&records->line));
	} else {
		if (records->count == 1)
			(void)fprintf(records->out, "version%s\r\n", text_str(&records->names));
		(void)fprintf(records->out, "%d%s\r\n", records->version, text_str(&records->line));
	}
	text_reset(&records->line);
}

void records_next(struct records *records)
{
	flush(records);
	records->count++;
	records->first_field = true;
}

void records_end(struct records *records)
{
	flush(records);
	if (records->format == REPORT_JSON)
		(void)fputs("\n]}\n", records->out);
	text_clear(&records->line);
	text_clear(&records->names);
}

/* What stands before a field's value. */
static void begin_field(struct records *records, const char *name)
{
	if (records->format == REPORT_JSON) {
		text_addf(&records->line, "%s\"%s\":", records->first_field ? "" : ",", name);
	} else {
		if (records->count == 1)
			text_addf(&records->names, ",%s", name);
		text_add_char(&records->line, ',');
	}
	records->first_field = false;
}

/* Adds the character at *at, U+FFFD for a byte that is none. */
static void add_character(struct text *out, const char *text, size_t length, size_t *at)
{
	size_t bytes = utf8_size(text + *at, length - *at);

	if (bytes == 0)
		text_add(out, "\xEF\xBF\xBD");
	else
		text_add_n(out, text + *at, bytes);
	*at += bytes ? bytes : 1;
}

/* What is not to be shown is written as its number: the text stays what it is, and a terminal that
 * it is printed on, too. */
static void add_json_text(struct text *out, const char *text)
{
	size_t length = strlen(text);
	size_t at = 0;

	text_add_char(out, '"');
	while (at < length) {
		unsigned char byte = (unsigned char)text[at];
		size_t bytes = utf8_size(text + at, length - at);

		if (byte == '"' || byte == '\\') {
			text_addf(out, "\\%c", byte);
			at++;
		} else if (bytes && utf8_shown(text + at, bytes) == 0) {
			text_addf(out, "\\u%04x", (unsigned)utf8_character(text + at, bytes));
			at += bytes;
		} else {
			add_character(out, text, length, &at);
		}
	}
	text_add_char(out, '"');
}

/* Whether what stands there begins a formula, were it the first of a cell. It is where a
 * spreadsheet of a country that writes 1,5 takes semicolons for what separates: quotes in the midst
 * of its cells, and the lines within them, are nothing to it. */
static bool is_formula(const char *text, size_t at)
{
	if (at == 0)
		return text[0] && strchr("=+-@\t\r\n", text[0]);
	return text[at] && strchr("=+-@", text[at]) && strchr(";\t\r\n", text[at - 1]);
}

/*
 * Text that a spreadsheet would take for a formula stands behind an apostrophe. Lines and tabs stay
 * in their quotes; any other character that is not to be shown is U+FFFD.
 */
static void add_csv_text(struct text *out, const char *text)
{
	size_t length = strlen(text);
	bool quoted = strpbrk(text, ",\"\r\n") != NULL;
	size_t at = 0;

	if (quoted)
		text_add_char(out, '"');
	while (at < length) {
		size_t bytes = utf8_size(text + at, length - at);

		if (is_formula(text, at))
			text_add_char(out, '\'');
		if (text[at] == '"')
			text_add_char(out, '"');
		if (bytes && !strchr("\t\r\n", text[at]) && utf8_shown(text + at, bytes) == 0) {
			text_add(out, "\xEF\xBF\xBD");
			at += bytes;
		} else {
			add_character(out, text, length, &at);
		}
	}
	if (quoted)
		text_add_char(out, '"');
}

void records_none(struct records *records, const char *name)
{
	begin_field(records, name);
	if (records->format == REPORT_JSON)
		text_add(&records->line, "null");
}

void records_text(struct records *records, const char *name, const char *text)
{
	if (!text || !*text) { /* no words are no words */
		records_none(records, name);
		return;
	}
	begin_field(records, name);
	if (records->format == REPORT_JSON)
		add_json_text(&records->line, text);
	else
		add_csv_text(&records->line, text);
}

void records_number(struct records *records, const char *name, int64_t number)
{
	begin_field(records, name);
	text_addf(&records->line, "%" PRId64, number);
}

void decimal_spell(int64_t number, int decimals, struct text *out)
{
	uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	uint64_t unit = 1;

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	text_addf(out, "%s%" PRIu64, number < 0 ? "-" : "", size / unit);
	if (decimals > 0)
		text_addf(out, ".%0*" PRIu64, decimals, size % unit);
}

void records_decimal(struct records *records, const char *name, int64_t number, int decimals)
{
	begin_field(records, name);
	decimal_spell(number, decimals, &records->line);
}

void records_flag(struct records *records, const char *name, bool flag)
{
	begin_field(records, name);
	text_add(&records->line, flag ? "true" : "false");
}

void records_day(struct records *records, const char *name, int32_t day)
{
	char text[DAY_TEXT];

	records_text(records, name, day == DAY_NONE ? NULL : day_text(day, text));
}

void records_time(struct records *records, const char *name, int64_t time)
{
	char text[TIME_TEXT];

	records_text(records, name, time == 0 ? NULL : time_text(time, text));
}

void records_days(struct records *records, const char *name, const struct days *days)
{
	bool json = records->format == REPORT_JSON;

	begin_field(records, name);
	text_add_char(&records->line, json ? '[' : '"');
	if (!json)
		days_print(days, &records->line);
	for (size_t i = 0; json && i < days->count; i++) {
		char first[DAY_TEXT], last[DAY_TEXT];

		text_addf(&records->line, "%s{\"first\":\"%s\",\"last\":\"%s\"}", i ? "," : "",
			  day_text(days->ranges[i].first, first),
			  day_text(window_end(days->ranges[i]) - 1, last));
	}
	text_add_char(&records->line, json ? ']' : '"');
}

void records_names(struct records *records, const char *name, const char *const *names)
{
	bool json = records->format == REPORT_JSON;

	begin_field(records, name);
	if (json)
		text_add_char(&records->line, '[');
	for (size_t i = 0; names[i]; i++) {
		if (i)
			text_add_char(&records->line, json ? ',' : ' ');
		if (json)
			add_json_text(&records->line, names[i]);
		else
			text_add(&records->line, names[i]);
	}
	if (json)
		text_add_char(&records->line, ']');
}
