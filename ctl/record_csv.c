/* A file of records: checked whole before anything is stored, and stored whole or not at all. */
#include "csv_table.h"
#include "record.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 20000 };

struct file {
	struct ctl *ctl;
	const struct record_place *place;
	struct csv_table table;
	const char *names[RECORD_FIELDS + 1];
	enum record_field fields[RECORD_FIELDS]; /* of the names */
	size_t required;
	char *folder;
	char sha256[SHA256_TEXT];
	struct record *standing;
	size_t standing_count;
	struct record *records; /* one a line */
	int *lines;             /* their numbers */
	size_t count, room, line_room;
	size_t local; /* evidence nobody outside can look at */
};

static void scoped_records_file(struct file *file)
{
	csv_table_clear(&file->table);
	records_free(file->standing, file->standing_count);
	for (size_t i = 0; i < file->count; i++)
		record_clear(&file->records[i]);
	free(file->records);
	free(file->lines);
	free(file->folder);
}

/* Columns that must be there stand first. */
static void name_columns(struct file *file)
{
	const struct record_shape *shape = file->place->shape;
	size_t count = 0;

	for (int needed = 1; needed >= 0; needed--) {
		for (enum record_field field = 0; field < RECORD_FIELDS; field++) {
			if (!shape->fields[field].column || shape->fields[field].needed != needed)
				continue;
			file->fields[count] = field;
			file->names[count++] = shape->fields[field].column;
		}
		if (needed)
			file->required = count;
	}
}

/* The line before it that has the same days and title, 0: none. */
static int line_before(const struct file *file, const struct record *record)
{
	const struct record *same = record_same(record, file->records, file->count);

	return same ? file->lines[same - file->records] : 0;
}

/* What the line says, over what stands of it. */
static int put_line(struct file *file, const struct record_words *words, struct record *record,
		    struct error *err)
{
	const struct record *same;
	bool local;

	if (record_put(file->place, words, record, &local, err) < 0)
		return -1;
	same = record_same(record, file->standing, file->standing_count);
	if (same) {
		record_clear(record);
		*record = record_copy(same);
		if (record_put(file->place, words, record, &local, err) < 0)
			return -1;
	}
	file->local += local;
	if (record_check(file->place, record, err) < 0)
		return -1;
	return record_agrees(record, file->standing, file->standing_count, err);
}

/* A cell with a line end in it, as spreadsheets have them, is kept in one line. */
static const char *one_line(const char *said, struct text *room)
{
	room->max = CSV_FIELD_MAX;
	if (!strpbrk(said, "\n\t"))
		return said;
	text_add(room, said);
	for (char *at = room->bytes; (at = strpbrk(at, "\n\t"));)
		*at = ' ';
	return text_str(room);
}

static void keep_line(struct file *file, struct record *record)
{
	file->records =
		memory_grow(file->records, file->count, &file->room, sizeof(*file->records));
	file->lines = memory_grow(file->lines, file->count, &file->line_room, sizeof(*file->lines));
	file->lines[file->count] = file->table.record.line;
	file->records[file->count++] = *record;
	*record = (struct record){ 0 };
}

/* One line as a record, or what is wrong with it. */
static void take_line(struct file *file, const struct record_words *words)
{
	SCOPED(record)
	struct record record = record_new(file->place);
	struct csv_table *table = &file->table;
	int line = table->record.line;
	struct error err;
	int earlier;

	if (put_line(file, words, &record, &err) < 0) {
		csv_table_mistake(table, line, "%s", err.text);
		return;
	}
	earlier = line_before(file, &record);
	if (earlier)
		csv_table_mistake(table, line,
				  "\"%.100s\" of the same days stands already in line %d",
				  record.title, earlier);
	else if (file->count == LINES_MAX)
		csv_table_mistake(table, line, "more than %d lines: split the file", LINES_MAX);
	else
		keep_line(file, &record);
}

static void read_line(struct file *file)
{
	struct record_words words = { .folder = file->folder };
	struct text cells[RECORD_FIELDS] = { 0 };
	struct csv_table *table = &file->table;
	size_t before = table->mistakes;

	for (size_t i = 0; file->names[i]; i++) {
		const char *said = one_line(csv_table_field(table, i), &cells[i]);

		words.fields[file->fields[i]] = said;
		if (i < file->required && !*said)
			csv_table_mistake(table, table->record.line, "%s is missing",
					  file->names[i]);
	}
	if (table->mistakes == before)
		take_line(file, &words);
	for (size_t i = 0; i < RECORD_FIELDS; i++)
		text_clear(&cells[i]);
}

static void print_total(const struct file *file, const struct changes *changes)
{
	FILE *out = file->ctl->out;
	size_t same = file->count - changes->items - changes->revisions;

	(void)fprintf(out, "%s: ", base_name(file->table.path));
	(void)fprintf(out,
		      say_count("%zu new record, ", "%zu new records, ", (int64_t)changes->items),
		      changes->items);
	(void)fprintf(out,
		      say_count("%zu corrected, ", "%zu corrected, ", (int64_t)changes->revisions),
		      changes->revisions);
	(void)fprintf(out, say_count("%zu as it was", "%zu as they were", (int64_t)same), same);
	(void)fputs(".\n", out);
	if (file->local)
		(void)fprintf(out,
			      say_count("%zu line gives a path of the office's own network as "
					"evidence: nobody outside can look at it, and no SHA-256 "
					"of it is kept\n",
					"%zu lines give a path of the office's own network as "
					"evidence: nobody outside can look at it, and no SHA-256 "
					"of it is kept\n",
					(int64_t)file->local),
			      file->local);
	record_cautions(file->ctl, file->place, file->records, changes->origin ? file->count : 0);
}

static int store_file(struct file *file, const char *by)
{
	struct ctl *ctl = file->ctl;
	const struct origin origin = {
		.kind = ORIGIN_FILE,
		.at = ctl->now,
		.what = base_name(file->table.path),
		.sha256 = file->sha256,
		.by = by,
	};
	struct changes changes = { 0 };
	struct error err;

	if (store_record(ctl->store, file->place->account->entity->id, file->records, file->count,
			 &origin, &changes, &err) < 0 ||
	    store_commit(ctl->store, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	print_total(file, &changes);
	return ENDS_FINE;
}

/* The file was read before there was a database: nobody else may have made it since. */
static int open_new(struct file *file)
{
	struct error err;
	int ends = record_open(file->ctl);

	if (ends)
		return ends;
	if (record_standing(file->ctl, file->place, &file->standing, &file->standing_count, &err) <
	    0)
		return ctl_fail(&err);
	if (file->standing_count)
		return ctl_say(ENDS_FAILURE,
			       "%s: somebody else recorded at the same time; nothing was "
			       "recorded, do it again",
			       file->table.path);
	return ENDS_FINE;
}

int record_file(struct ctl *ctl, const struct record_place *place, const char *path, const char *by)
{
	SCOPED(records_file)
	struct file file = { .ctl = ctl, .place = place };
	struct error err;
	int ends;

	name_columns(&file);
	file.folder = directory_of(path);
	if (csv_table_open(path, file.names, file.required, &file.table, &err) < 0 ||
	    bytes_digest(file.table.bytes, file.table.length, file.sha256, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	/* a database is made by the first file without mistakes */
	if (ctl_has_store(ctl)) {
		if ((ends = record_open(ctl)))
			return ends;
		if (record_standing(ctl, place, &file.standing, &file.standing_count, &err) < 0)
			return ctl_fail(&err);
	}
	while (csv_table_next(&file.table))
		read_line(&file);
	csv_table_say(&file.table);
	if (file.table.mistakes)
		return ctl_say(ENDS_FAILURE, "%s: nothing was recorded", path);
	if (!ctl->store && (ends = open_new(&file)))
		return ends;
	return store_file(&file, by);
}
