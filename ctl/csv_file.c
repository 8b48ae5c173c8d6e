#include "csv_file.h"

#include "metricsd/error.h"
#include "metricsd/utf8.h"

#include <csv.h>
#include <string.h>

enum { GROWTH = 64 << 10 };

void csv_begin(struct csv_file *csv, const char *bytes, size_t length)
{
	static const char bom[] = "\xEF\xBB\xBF";
	const char *end;

	*csv = (struct csv_file){ .bytes = bytes, .length = length, .line = 1, .separator = ',' };
	if (length >= 3 && memcmp(bytes, bom, 3) == 0)
		csv->at = 3;
	end = memchr(bytes + csv->at, '\n', length - csv->at);
	length = end ? (size_t)(end - bytes) : length;
	csv->separator = csv_separator(bytes + csv->at, length - csv->at);
}

char csv_separator(const char *line, size_t length)
{
	if (memchr(line, ',', length))
		return ',';
	if (memchr(line, ';', length))
		return ';';
	return memchr(line, '\t', length) ? '\t' : ',';
}

void csv_record_clear(struct csv_record *record)
{
	for (size_t i = 0; i < CSV_FIELDS; i++)
		text_clear(&record->fields[i]);
}

/* libcsv passes any bytes on; what is not text is refused before it sees it. */
static int check_text(const char *bytes, size_t length, struct error *err)
{
	for (size_t i = 0; i < length;) {
		size_t size = utf8_size(bytes + i, length - i);

		if (size == 0)
			return error_set(err, ERROR_INPUT,
					 "not UTF-8 (byte 0x%02X): save the file as CSV UTF-8",
					 (unsigned char)bytes[i]);
		if (bytes[i] == '\0')
			return error_set(err, ERROR_INPUT, "a NUL byte: this is no text file");
		if (bytes[i] == '\r' && (i + 1 == length || bytes[i + 1] != '\n'))
			return error_set(
				err, ERROR_INPUT,
				"a carriage return that ends no line: end lines in CRLF or LF");
		i += size;
	}
	return 0;
}

/* A record while libcsv reads it. */
struct reading {
	struct csv_record *record;
	bool ended, too_many;
};

static void on_field(void *bytes, size_t length, void *data)
{
	struct reading *reading = data;
	struct text *field;

	if (reading->record->count == CSV_FIELDS) {
		reading->too_many = true;
		return;
	}
	field = &reading->record->fields[reading->record->count++];
	field->max = CSV_FIELD_MAX;
	text_reset(field);
	for (const char *at = bytes, *end = at + length; at < end; at++)
		if (*at != '\r') /* of a line end within quotes: stored as one byte */
			text_add_char(field, *at);
}

static void on_record(int end, void *data)
{
	struct reading *reading = data;

	(void)end;
	reading->ended = true;
}

static int check_fields(const struct reading *reading, struct error *err)
{
	if (reading->too_many)
		return error_set(err, ERROR_INPUT, "more than %d fields", CSV_FIELDS);
	for (size_t i = 0; i < reading->record->count; i++)
		if (reading->record->fields[i].failed)
			return error_set(err, ERROR_INPUT, "a field of more than %d bytes",
					 CSV_FIELD_MAX);
	return 0;
}

/* Line after line into libcsv until a record is whole; the reader moves on with them. */
static int read_record(struct csv_file *csv, struct csv_parser *parser, struct reading *reading,
		       struct error *err)
{
	while (!reading->ended && csv->at < csv->length) {
		const char *line = csv->bytes + csv->at;
		const char *end = memchr(line, '\n', csv->length - csv->at);
		size_t size = end ? (size_t)(end - line) + 1 : csv->length - csv->at;

		if (check_text(line, size, err) < 0)
			return -1;
		if (csv_parse(parser, line, size, on_field, on_record, reading) != size)
			return error_set(err, ERROR_INPUT,
					 "a quote where none may stand: quote the whole field, and "
					 "write a quote within it twice");
		csv->at += size;
		csv->line++;
	}
	if (!reading->ended && csv_fini(parser, on_field, on_record, reading) != 0)
		return error_set(err, ERROR_INPUT, "a quote that is never closed");
	return check_fields(reading, err);
}

/* After a mistake: behind the end of the line the record begins on. */
static void skip_line(struct csv_file *csv, size_t start, int line)
{
	const char *end = memchr(csv->bytes + start, '\n', csv->length - start);

	csv->at = end ? (size_t)(end - csv->bytes) + 1 : csv->length;
	csv->line = line + 1;
}

static bool line_is_empty(const struct csv_file *csv)
{
	const char *line = csv->bytes + csv->at;
	size_t left = csv->length - csv->at;

	return (left >= 1 && line[0] == '\n') || (left >= 2 && line[0] == '\r' && line[1] == '\n');
}

int csv_next(struct csv_file *csv, struct csv_record *ret, struct error *err)
{
	struct reading reading = { .record = ret };
	struct csv_parser parser;
	size_t start;
	int result;

	while (csv->at < csv->length && line_is_empty(csv))
		skip_line(csv, csv->at, csv->line);
	if (csv->at == csv->length)
		return 0;
	start = csv->at;
	ret->line = csv->line;
	ret->count = 0;
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return error_set(err, ERROR_OURS, "libcsv does not start");
	csv_set_delim(&parser, (unsigned char)csv->separator);
	csv_set_blk_size(&parser, GROWTH); /* its own 128 bytes make a long field quadratic */
	result = read_record(csv, &parser, &reading, err);
	csv_free(&parser);
	if (result == 0)
		return 1;
	skip_line(csv, start, ret->line);
	return -1;
}
