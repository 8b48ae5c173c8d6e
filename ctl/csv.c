#include "csv.h"

#include "metricsd/error.h"
#include "metricsd/utf8.h"

#include <string.h>

void csv_begin(struct csv *csv, const char *bytes, size_t length)
{
	static const char bom[] = "\xEF\xBB\xBF";
	size_t end;

	*csv = (struct csv){ .bytes = bytes, .length = length, .line = 1, .separator = ',' };
	if (length >= 3 && memcmp(bytes, bom, 3) == 0)
		csv->at = 3;
	for (end = csv->at; end < length && bytes[end] != '\n';)
		end++;
	if (end > csv->at && memchr(bytes + csv->at, ';', end - csv->at) &&
	    !memchr(bytes + csv->at, ',', end - csv->at))
		csv->separator = ';';
}

void csv_record_clear(struct csv_record *record)
{
	for (size_t i = 0; i < CSV_FIELDS; i++)
		text_clear(&record->fields[i]);
}

/* Bytes of the line end at the reader, 0 when none stands there. */
static size_t line_end(const struct csv *csv)
{
	const char *bytes = csv->bytes + csv->at;
	size_t left = csv->length - csv->at;

	if (left && bytes[0] == '\n')
		return 1;
	return left > 1 && bytes[0] == '\r' && bytes[1] == '\n' ? 2 : 0;
}

static void pass_line_end(struct csv *csv)
{
	csv->at += line_end(csv);
	csv->line++;
}

/* One character into the field. */
static int take_character(struct csv *csv, struct text *field, struct error *err)
{
	size_t length = utf8_size(csv->bytes + csv->at, csv->length - csv->at);
	char byte = csv->bytes[csv->at];

	if (length == 0)
		return error_set(err, ERROR_INPUT,
				 "not UTF-8 (byte 0x%02X): save the file as CSV UTF-8",
				 (unsigned char)byte);
	if (byte == '\0')
		return error_set(err, ERROR_INPUT, "a NUL byte: this is no text file");
	if (byte == '\r')
		return error_set(err, ERROR_INPUT,
				 "a carriage return that ends no line: end lines in CRLF or LF");
	text_add_n(field, csv->bytes + csv->at, length);
	if (field->failed)
		return error_set(err, ERROR_INPUT, "a field of more than %d bytes", CSV_FIELD_MAX);
	csv->at += length;
	return 0;
}

static bool field_ends(const struct csv *csv)
{
	return csv->at == csv->length || csv->bytes[csv->at] == csv->separator || line_end(csv);
}

/* What stands between quotes; the reader is behind the first one. */
static int take_quoted(struct csv *csv, struct text *field, struct error *err)
{
	while (csv->at < csv->length) {
		size_t end = line_end(csv);

		if (csv->bytes[csv->at] == '"') {
			csv->at++;
			if (field_ends(csv))
				return 0;
			if (csv->bytes[csv->at] != '"')
				return error_set(
					err, ERROR_INPUT,
					"text behind a closing quote: write a quote within "
					"quotes twice");
			text_add_char(field, '"');
			csv->at++;
		} else if (end) {
			text_add_char(field, '\n');
			pass_line_end(csv);
		} else if (take_character(csv, field, err) < 0) {
			return -1;
		}
	}
	return error_set(err, ERROR_INPUT, "a quote that is never closed");
}

static int take_field(struct csv *csv, struct text *field, struct error *err)
{
	field->max = CSV_FIELD_MAX;
	text_reset(field);
	if (csv->at < csv->length && csv->bytes[csv->at] == '"') {
		csv->at++;
		return take_quoted(csv, field, err);
	}
	while (!field_ends(csv)) {
		if (csv->bytes[csv->at] == '"')
			return error_set(err, ERROR_INPUT,
					 "a quote within an unquoted field: quote the whole field");
		if (take_character(csv, field, err) < 0)
			return -1;
	}
	return 0;
}

/* After a mistake: behind the end of the line the record begins on. */
static void skip_line(struct csv *csv, size_t start, int line)
{
	const char *end = memchr(csv->bytes + start, '\n', csv->length - start);

	csv->at = end ? (size_t)(end - csv->bytes) + 1 : csv->length;
	csv->line = line + 1;
}

int csv_next(struct csv *csv, struct csv_record *ret, struct error *err)
{
	size_t start;

	while (csv->at < csv->length && line_end(csv))
		pass_line_end(csv);
	if (csv->at == csv->length)
		return 0;
	start = csv->at;
	ret->line = csv->line;
	ret->count = 0;
	for (;;) {
		if (ret->count == CSV_FIELDS) {
			(void)error_set(err, ERROR_INPUT, "more than %d fields", CSV_FIELDS);
			goto wrong;
		}
		if (take_field(csv, &ret->fields[ret->count++], err) < 0)
			goto wrong;
		if (csv->at == csv->length)
			return 1;
		if (line_end(csv)) {
			pass_line_end(csv);
			return 1;
		}
		csv->at++; /* the separator */
	}

wrong:
	skip_line(csv, start, ret->line);
	return -1;
}
