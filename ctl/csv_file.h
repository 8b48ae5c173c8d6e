/*
 * CSV files of an office, read strictly with libcsv: a line that could be read in two ways is
 * refused, and the reader goes on behind it, so that every mistake of a file is found in one run.
 *
 * UTF-8 with or without BOM; lines end in CRLF or LF; quoted fields may hold separators, quotes
 * (doubled) and line ends. The separator is the comma, or the semicolon when the first line has
 * semicolons and no comma (what spreadsheets write where the comma is the decimal sign), or the tab
 * when it has neither.
 */
#ifndef METRICSD_CTL_CSV_FILE_H
#define METRICSD_CTL_CSV_FILE_H

#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

enum { CSV_FIELDS = 64, CSV_FIELD_MAX = 256 << 10 };

struct csv_file {
	const char *bytes; /* borrowed */
	size_t length, at;
	int line; /* of the byte at `at`, from 1 */
	char separator;
};

struct csv_record {
	struct text fields[CSV_FIELDS]; /* unquoted, blanks around them dropped; kept for the next
					   record */
	size_t count;
	int line; /* its first */
};

void csv_begin(struct csv_file *csv, const char *bytes, size_t length);

/* What separates the fields of a first line. */
char csv_separator(const char *line, size_t length);

/*
 * The next record into `ret`: 1; 0 at the end; -1 for a record that cannot be read, ret->line says
 * where it begins: the next call goes on at the line behind it. Empty lines are skipped.
 */
int csv_next(struct csv_file *csv, struct csv_record *ret, struct error *err);

void csv_record_clear(struct csv_record *record);

static inline void scoped_csv_record(struct csv_record *record)
{
	csv_record_clear(record);
}

#endif
