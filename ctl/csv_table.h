/*
 * A CSV file with named columns, in any order: its header, its lines, and every mistake of both as
 * "file:line: words" on stderr, by line.
 */
#ifndef METRICSD_CTL_CSV_TABLE_H
#define METRICSD_CTL_CSV_TABLE_H

#include "csv_file.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

enum { CSV_COLUMNS = 16 };

struct csv_table {
	const char *path;         /* as given, for complaints */
	const char *const *names; /* of the columns, those that must be there first; ends with NULL
				   */
	size_t required;
	char *bytes;
	size_t length;
	struct csv_file csv;
	struct csv_record record; /* the line that was read last */
	size_t fields;            /* those of the header */
	int places[CSV_COLUMNS];  /* field of each column, -1: the file does not have it */
	/* what a column may also be called, by its name of `names`, or NULL; none: it may not */
	const char *(*plain_name)(const void *data, const char *name);
	const void *data; /* of plain_name */
	struct csv_mistake {
		int line;
		size_t order; /* in which they were found */
		char *words;
	} * found; /* those that will be printed */
	size_t found_count, found_room;
	size_t mistakes;
	bool quiet;   /* they are counted and not printed */
	size_t lines; /* read so far, without the header */
};

/*
 * Reads the file and its header. -1 with `err` when there is no such file; mistakes of the header
 * are counted, and then there are no lines. The caller clears the table, whatever came back.
 */
int csv_table_open(const char *path, const char *const *names, size_t required,
		   struct csv_table *ret, struct error *err);
/* The header of bytes that were read already: the table's own, or borrowed where it has none. */
void csv_table_begin(struct csv_table *table, const char *const *names, size_t required,
		     const char *bytes, size_t length);
/* Reads a whole file of at most `most` bytes into `ret`, the caller's. */
int csv_file_read(const char *path, size_t most, char **ret, size_t *length, struct error *err);
void csv_table_clear(struct csv_table *table);

/* The next line that can be read, false at the end. Lines that cannot are counted as mistakes; a
 * file without a line is one. */
bool csv_table_next(struct csv_table *table);

/* The field of a column in the line, "" where the file does not have it. Borrowed until the next
 * line. */
const char *csv_table_field(const struct csv_table *table, size_t column);

/* A mistake of line `line`; up to a number nobody reads any more they are kept for
 * csv_table_say(). */
__attribute__((format(printf, 3, 4))) void csv_table_mistake(struct csv_table *table, int line,
							     const char *format, ...);

/* Prints the mistakes, by line, and how many more there are. */
void csv_table_say(struct csv_table *table);

static inline void scoped_csv_table(struct csv_table *table)
{
	csv_table_clear(table);
}

#endif
