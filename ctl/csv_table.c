#include "csv_table.h"

#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 16 << 20,
	FILE_ROOM = 64 << 10,
	MISTAKES_SHOWN = 100,
};

void csv_table_mistake(struct csv_table *table, int line, const char *format, ...)
{
	struct text words = { 0 };
	va_list arguments;

	if (++table->mistakes > MISTAKES_SHOWN || table->quiet)
		return;
	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	table->found = memory_grow(table->found, table->found_count, &table->found_room,
				   sizeof(*table->found));
	table->found[table->found_count] =
		(struct csv_mistake){ line, table->found_count, text_take(&words) };
	table->found_count++;
}

static int by_line(const void *left, const void *right)
{
	const struct csv_mistake *a = left;
	const struct csv_mistake *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void csv_table_say(struct csv_table *table)
{
	if (table->found_count)
		qsort(table->found, table->found_count, sizeof(*table->found), by_line);
	for (size_t i = 0; i < table->found_count; i++) {
		SCOPED(text)
		struct text line = { 0 };

		text_addf(&line, "%s:%d: %s\n", table->path, table->found[i].line,
			  table->found[i].words);
		print_tame(&line, stderr);
		free(table->found[i].words);
	}
	table->found_count = 0;
	if (table->mistakes > MISTAKES_SHOWN && !table->quiet)
		(void)fprintf(stderr, "%s: %zu more mistakes\n", table->path,
			      table->mistakes - MISTAKES_SHOWN);
}

int csv_file_read(const char *path, size_t most, char **ret, size_t *length, struct error *err)
{
	SCOPED(file)
	FILE *file = NULL;
	size_t room = FILE_ROOM;
	size_t got, count = 0;
	SCOPED(memory)
	char *bytes = NULL;

	/* it is shown, and kept with what came out of it */
	if (words_check("the file's name", path, PATH_MAX, err) < 0)
		return -1;
	file = fopen(path, "rb");
	if (!file)
		return error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
	bytes = memory_new(room, 1);
	while ((got = fread(bytes + count, 1, room - count, file)) > 0) {
		count += got;
		if (count > most)
			return error_set(err, ERROR_INPUT, "%s: more than %zu MiB", path,
					 most >> 20);
		if (count == room) {
			room *= 2;
			bytes = memory_resize(bytes, room, 1);
		}
	}
	if (ferror(file))
		return error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
	*ret = bytes;
	*length = count;
	bytes = NULL;
	return 0;
}

/* "period,account,metric,value[,uncertainty,where]" */
static void describe(const struct csv_table *table, struct text *out)
{
	for (size_t c = 0; table->names[c]; c++) {
		if (c == table->required)
			text_add_char(out, '[');
		text_addf(out, "%s%s", c ? "," : "", table->names[c]);
		if (c >= table->required && !table->names[c + 1])
			text_add_char(out, ']');
	}
}

static void place_column(struct csv_table *table, size_t field, const char *expected)
{
	const char *name = text_str(&table->record.fields[field]);
	const char *near = nearest_name(name, table->names);
	const char *plain = table->plain_name ? table->plain_name(table->data, name) : NULL;
	size_t c = 0;

	while (table->names[c] && strcmp(plain ? plain : name, table->names[c]) != 0)
		c++;
	if (!table->names[c])
		csv_table_mistake(table, table->record.line,
				  "unknown column \"%.60s\"%s%s%s expected %s", name,
				  near ? ", did you mean \"" : "", near ? near : "",
				  near ? "\"?" : ";", expected);
	else if (table->places[c] >= 0)
		csv_table_mistake(table, table->record.line, "column \"%s\" stands there twice",
				  name);
	else
		table->places[c] = (int)field;
}

static void read_header(struct csv_table *table, const char *bytes, size_t length)
{
	SCOPED(text)
	struct text expected = { 0 };
	struct error err;
	int got;

	describe(table, &expected);
	csv_begin(&table->csv, bytes, length);
	got = csv_next(&table->csv, &table->record, &err);
	if (got < 0)
		csv_table_mistake(table, table->record.line, "%s", err.text);
	else if (got == 0)
		csv_table_mistake(table, 1, "empty file; expected the header %s",
				  text_str(&expected));
	if (got <= 0)
		return;
	table->fields = table->record.count;
	for (size_t i = 0; i < table->fields; i++)
		place_column(table, i, text_str(&expected));
	for (size_t c = 0; c < table->required; c++)
		if (table->places[c] < 0)
			csv_table_mistake(table, table->record.line, "column \"%s\" is missing",
					  table->names[c]);
}

void csv_table_begin(struct csv_table *table, const char *const *names, size_t required,
		     const char *bytes, size_t length)
{
	table->names = names;
	table->required = required;
	for (size_t c = 0; c < CSV_COLUMNS; c++)
		table->places[c] = -1;
	read_header(table, bytes, length);
	if (table->mistakes)
		table->csv.at = table->csv.length; /* no line can be read by it */
}

int csv_table_open(const char *path, const char *const *names, size_t required,
		   struct csv_table *ret, struct error *err)
{
	*ret = (struct csv_table){ .path = path };
	if (csv_file_read(path, FILE_MAX, &ret->bytes, &ret->length, err) < 0)
		return -1;
	csv_table_begin(ret, names, required, ret->bytes, ret->length);
	return 0;
}

void csv_table_clear(struct csv_table *table)
{
	for (size_t i = 0; i < table->found_count; i++)
		free(table->found[i].words);
	free(table->found);
	table->found = NULL;
	table->found_count = 0;
	csv_record_clear(&table->record);
	free(table->bytes);
	table->bytes = NULL;
}

bool csv_table_next(struct csv_table *table)
{
	struct error err;
	int got;

	while ((got = csv_next(&table->csv, &table->record, &err)) != 0) {
		table->lines++;
		if (got < 0) {
			csv_table_mistake(table, table->record.line, "%s", err.text);
		} else if (table->record.count != table->fields) {
			csv_table_mistake(table, table->record.line,
					  "%zu fields, expected %zu as in the header",
					  table->record.count, table->fields);
		} else {
			return true;
		}
	}
	if (table->lines == 0 && table->mistakes == 0)
		csv_table_mistake(table, table->csv.line, "no line behind the header");
	return false;
}

const char *csv_table_field(const struct csv_table *table, size_t column)
{
	int place = table->places[column];

	return place < 0 ? "" : text_str(&table->record.fields[place]);
}
