/*
 * The long CSV layout: one number a line. A file is checked whole before anything is stored, and
 * stored whole or not at all.
 */
#include "csv_file.h"
#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 16 << 20,
	LINES_MAX = 200000,
	SHA256_TEXT = 65,
	MISTAKES_SHOWN = 100,
};

enum column { PERIOD, ACCOUNT, METRIC, VALUE, UNCERTAINTY, EVIDENCE, NOTE, COLUMNS };

static const char *const column_names[COLUMNS + 1] = {
	"period", "account", "metric", "value", "uncertainty", "evidence", "note", NULL,
};

/* One line that is understood. */
struct line {
	int number;
	struct period period;
	struct entry entry;
	char *evidence, *note; /* NULL: none */
};

/* What became of all lines, and the entries they made. */
struct total {
	size_t samples, revisions;
	int64_t first, last; /* 0: none */
};

struct import {
	struct ctl *ctl;
	const char *path; /* as given, for complaints */
	const char *by;
	char sha256[SHA256_TEXT];
	char *bytes;
	size_t length;
	int places[COLUMNS]; /* field of each column, -1: the file does not have it */
	size_t fields;
	struct line *lines;
	size_t count, room;
	size_t mistakes;
};

static void import_clear(struct import *import)
{
	for (size_t i = 0; i < import->count; i++) {
		free(import->lines[i].evidence);
		free(import->lines[i].note);
	}
	free(import->lines);
	free(import->bytes);
}

static void scoped_import(struct import *import)
{
	import_clear(import);
}

/* "file:line: words" on stderr, up to a number nobody reads any more. */
__attribute__((format(printf, 3, 4))) static void mistake(struct import *import, int line,
							  const char *format, ...)
{
	va_list arguments;

	if (++import->mistakes > MISTAKES_SHOWN)
		return;
	(void)fprintf(stderr, "%s:%d: ", import->path, line);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	(void)fputc('\n', stderr);
}

static int read_file(struct import *import, struct error *err)
{
	SCOPED(file)
	FILE *file = fopen(import->path, "rb");
	size_t room = 64 << 10;

	if (!file)
		return error_set(err, ERROR_INPUT, "%s: %s", import->path, strerrordesc_np(errno));
	import->bytes = memory_new(room, 1);
	for (;;) {
		size_t got = fread(import->bytes + import->length, 1, room - import->length, file);

		import->length += got;
		if (got == 0)
			break;
		if (import->length > FILE_MAX)
			return error_set(err, ERROR_INPUT, "%s: more than %d MiB", import->path,
					 FILE_MAX >> 20);
		if (import->length == room) {
			room *= 2;
			import->bytes = memory_resize(import->bytes, room, 1);
		}
	}
	if (ferror(file))
		return error_set(err, ERROR_INPUT, "%s: %s", import->path, strerrordesc_np(errno));
	return 0;
}

static int digest(struct import *import, struct error *err)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (!EVP_Digest(import->bytes, import->length, bytes, &length, EVP_sha256(), NULL))
		return error_set(err, ERROR_OURS, "SHA-256 of %s failed", import->path);
	for (size_t i = 0; i < length && i < 32; i++)
		(void)snprintf(import->sha256 + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Which field is which column; every mistake of the header. */
static void read_header(struct import *import, const struct csv_record *header)
{
	for (size_t c = 0; c < COLUMNS; c++)
		import->places[c] = -1;
	import->fields = header->count;
	for (size_t i = 0; i < header->count; i++) {
		const char *name = text_str(&header->fields[i]);
		const char *near = nearest_name(name, column_names);
		size_t c = 0;

		while (c < COLUMNS && strcmp(name, column_names[c]) != 0)
			c++;
		if (c == COLUMNS)
			mistake(import, header->line,
				"unknown column \"%.60s\"%s%s%s expected "
				"period,account,metric,value[,uncertainty,evidence,note]",
				name, near ? ", did you mean \"" : "", near ? near : "",
				near ? "\"?" : ";");
		else if (import->places[c] >= 0)
			mistake(import, header->line, "column \"%s\" stands there twice", name);
		else
			import->places[c] = (int)i;
	}
	for (size_t c = PERIOD; c <= VALUE; c++)
		if (import->places[c] < 0)
			mistake(import, header->line, "column \"%s\" is missing", column_names[c]);
}

static const char *field(const struct import *import, const struct csv_record *record,
			 enum column column)
{
	int place = import->places[column];

	return place < 0 ? "" : text_str(&record->fields[place]);
}

static char *copy_of(const char *text)
{
	return *text ? memory_text(text) : NULL;
}

/* Every mistake of one line, or the line. */
static void read_line(struct import *import, const struct csv_record *record)
{
	const struct ctl *ctl = import->ctl;
	size_t before = import->mistakes;
	const char *uncertainty = field(import, record, UNCERTAINTY);
	const struct account *account = NULL;
	const struct metric *metric = NULL;
	struct period period = { 0 };
	struct line *line;
	struct entry entry = { 0 };
	struct error err;
	int32_t today;
	int64_t number;

	if (record->count != import->fields) {
		mistake(import, record->line, "%zu fields, expected %zu as in the header",
			record->count, import->fields);
		return;
	}
	if (period_parse(field(import, record, PERIOD), &period, &err) < 0)
		mistake(import, record->line, "%s", err.text);
	if (config_account(ctl->config, ctl->entity, field(import, record, ACCOUNT), &account,
			   &err) < 0 ||
	    metric_of(account, field(import, record, METRIC), &metric, &err) < 0)
		mistake(import, record->line, "%s", err.text);
	if (*field(import, record, VALUE) == '\0')
		mistake(import, record->line,
			"value is missing: leave the line out when the figure is not known");
	else if (value_parse(field(import, record, VALUE), "value", &number, &err) < 0)
		mistake(import, record->line, "%s", err.text);
	if (*uncertainty && value_parse(uncertainty, "uncertainty", &number, &err) < 0)
		mistake(import, record->line, "%s", err.text);
	if (strlen(field(import, record, EVIDENCE)) > EVIDENCE_MAX)
		mistake(import, record->line, "evidence is longer than %d bytes", EVIDENCE_MAX);
	if (strlen(field(import, record, NOTE)) > NOTE_MAX)
		mistake(import, record->line, "note is longer than %d bytes", NOTE_MAX);
	if (account && period.window.days &&
	    (ctl_today(ctl, account->entity->zone, &today, &err) < 0 ||
	     check_entry_period(account, &period, today, &err) < 0))
		mistake(import, record->line, "%s", err.text);
	if (import->mistakes != before)
		return;
	if (entry_make(account, metric, &period, field(import, record, VALUE), uncertainty, "csv",
		       &entry, &err) < 0) {
		mistake(import, record->line, "%s", err.text);
		return;
	}
	if (import->count == LINES_MAX) {
		mistake(import, record->line, "more than %d lines: split the file", LINES_MAX);
		return;
	}
	import->lines =
		memory_grow(import->lines, import->count, &import->room, sizeof(*import->lines));
	line = &import->lines[import->count++];
	*line = (struct line){
		.number = record->line,
		.period = period,
		.entry = entry,
		.evidence = copy_of(field(import, record, EVIDENCE)),
		.note = copy_of(field(import, record, NOTE)),
	};
}

/* The same account, metric and window side by side, in the order of the file. */
static int compare_lines(const void *left, const void *right)
{
	const struct line *a = *(const struct line *const *)left;
	const struct line *b = *(const struct line *const *)right;
	int order = strcmp(a->entry.entity, b->entry.entity);

	if (!order)
		order = strcmp(a->entry.account, b->entry.account);
	if (!order)
		order = strcmp(a->entry.metric->id, b->entry.metric->id);
	if (!order)
		order = (a->entry.window.first > b->entry.window.first) -
			(a->entry.window.first < b->entry.window.first);
	if (!order)
		order = (a->entry.window.days > b->entry.window.days) -
			(a->entry.window.days < b->entry.window.days);
	return order;
}

static int compare_places(const void *left, const void *right)
{
	const struct line *a = *(const struct line *const *)left;
	const struct line *b = *(const struct line *const *)right;
	int order = compare_lines(left, right);

	return order ? order : (a->number > b->number) - (a->number < b->number);
}

static void find_twice(struct import *import)
{
	SCOPED(memory)
	const struct line **sorted = memory_new(import->count, sizeof(struct line *));

	for (size_t i = 0; i < import->count; i++)
		sorted[i] = &import->lines[i];
	qsort(sorted, import->count, sizeof(struct line *), compare_places);
	for (size_t i = 1; i < import->count; i++) {
		const struct line *line = sorted[i];

		if (compare_lines(&sorted[i - 1], &sorted[i]) == 0)
			mistake(import, line->number, "%s %s %s stands already in line %d",
				line->entry.account, line->entry.metric->id, line->period.name,
				sorted[i - 1]->number);
	}
}

static void read_lines(struct import *import)
{
	SCOPED(csv_record)
	struct csv_record record = { 0 };
	bool header = false;
	struct csv_file csv;
	struct error err;
	int got;

	csv_begin(&csv, import->bytes, import->length);
	while ((got = csv_next(&csv, &record, &err)) != 0) {
		if (got < 0) {
			mistake(import, record.line, "%s", err.text);
			if (!header)
				return;
		} else if (!header) {
			header = true;
			read_header(import, &record);
			if (import->mistakes)
				return; /* no line can be read by it */
		} else {
			read_line(import, &record);
		}
	}
	if (!header)
		mistake(import, 1,
			"empty file; expected the header period,account,metric,value"
			"[,uncertainty,evidence,note]");
	else if (import->count == 0 && import->mistakes == 0)
		mistake(import, csv.line, "no line behind the header");
	if (import->count > 1)
		find_twice(import);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* A table for each entity: nothing of two stands in one. */
struct grids {
	struct grid *items;
	size_t count;
};

static struct grids make_grids(const struct config *config)
{
	struct grids grids = { .count = config->entity_count };

	grids.items = memory_new(grids.count, sizeof(*grids.items));
	for (size_t i = 0; i < grids.count; i++)
		grid_begin(&grids.items[i], "lllrl");
	return grids;
}

static void scoped_grids(struct grids *grids)
{
	for (size_t i = 0; i < grids->count; i++)
		grid_clear(&grids->items[i]);
	free(grids->items);
}

static void print_grids(const struct import *import, const struct grids *grids)
{
	const struct ctl *ctl = import->ctl;
	bool first = true;

	for (size_t i = 0; i < grids->count; i++) {
		if (!grids->items[i].count)
			continue;
		print_entity(ctl, &ctl->config->entities[i], &first);
		grid_print(&grids->items[i], &ctl->look, ctl->out);
	}
	if (!first)
		(void)fputc('\n', ctl->out);
}

static void say_all_overruled(const struct import *import)
{
	SCOPED(memory)
	struct stored *stored = memory_new(import->count, sizeof(*stored));

	for (size_t i = 0; i < import->count; i++)
		stored[i] = (struct stored){ &import->lines[i].entry, &import->lines[i].period };
	say_overruled(import->ctl, stored, import->count);
}

/* What one line would change, in words. */
static const char *change_words(const struct changes *changes)
{
	if (changes->revisions)
		return say("changed");
	return changes->samples ? say("new") : say("the same");
}

static void add_line(struct import *import, const struct line *line, const struct changes *changes,
		     struct grids *grids)
{
	const struct entity *entity = config_entity(import->ctl->config, line->entry.entity);
	struct grid *grid = &grids->items[entity - import->ctl->config->entities];
	const struct sample sample = {
		.value = line->entry.value,
		.below = line->entry.below,
		.above = line->entry.above,
	};
	SCOPED(text)
	struct text cell = { 0 };

	text_addf(&cell, "%s/%s", line->entry.entity, line->entry.account);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, line->entry.metric->id);
	grid_cell(grid, PAINT_PLAIN, line->period.name);
	text_reset(&cell);
	sample_print(&sample, import->ctl->language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, changes->revisions ? PAINT_WARN : PAINT_PLAIN, change_words(changes));
	grid_end_row(grid);
}

/* Lines `first` to `end` share evidence and note: one origin. */
static int store_lines(struct import *import, size_t first, size_t end, struct changes *ret,
		       struct error *err)
{
	const struct line *line = &import->lines[first];
	const struct origin origin = {
		.kind = ORIGIN_FILE,
		.at = import->ctl->now,
		.what = base_name(import->path),
		.sha256 = import->sha256,
		.by = import->by,
		.note = line->note,
		.evidence = line->evidence,
	};
	SCOPED(memory)
	struct entry *entries = memory_new(end - first, sizeof(*entries));

	for (size_t i = first; i < end; i++)
		entries[i - first] = import->lines[i].entry;
	return store_enter(import->ctl->store, entries, end - first, &origin, ret, err);
}

/* All lines within the transaction that is open; `each`: one by one, for what they would change. */
static int store_all(struct import *import, bool each, struct grids *grids, struct total *total,
		     struct error *err)
{
	for (size_t first = 0, end; first < import->count; first = end) {
		const struct line *line = &import->lines[first];
		struct changes changes = { 0 };

		end = first + 1;
		while (!each && end < import->count &&
		       same_text(line->note, import->lines[end].note) &&
		       same_text(line->evidence, import->lines[end].evidence))
			end++;
		if (store_lines(import, first, end, &changes, err) < 0)
			return error_within(err, "%s:%d", import->path, line->number);
		if (each)
			add_line(import, line, &changes, grids);
		total->samples += changes.samples;
		total->revisions += changes.revisions;
		if (changes.origin) {
			total->last = changes.origin;
			if (!total->first)
				total->first = changes.origin;
		}
	}
	return 0;
}

static void print_total(const struct import *import, const struct total *total, bool dry)
{
	struct ctl *ctl = import->ctl;
	size_t same = import->count - total->samples - total->revisions;

	(void)fprintf(ctl->out, "%s: ", base_name(import->path));
	(void)fprintf(ctl->out,
		      say_count("%zu new figure, ", "%zu new figures, ", (int64_t)total->samples),
		      total->samples);
	(void)fprintf(ctl->out,
		      say_count("%zu changed, ", "%zu changed, ", (int64_t)total->revisions),
		      total->revisions);
	(void)fprintf(ctl->out, say_count("%zu as it was", "%zu as they were", (int64_t)same),
		      same);
	if (dry)
		(void)fprintf(ctl->out, "; %s\n", say("nothing was stored (--dry-run)"));
	else if (!total->first)
		(void)fprintf(ctl->out, "; %s\n", say("nothing new"));
	else if (total->first == total->last)
		(void)fprintf(ctl->out, say("; entry %lld\n"), (long long)total->first);
	else
		(void)fprintf(ctl->out, say("; entries %lld to %lld\n"), (long long)total->first,
			      (long long)total->last);
}

static int store_file(struct import *import, bool dry)
{
	struct ctl *ctl = import->ctl;
	SCOPED(grids)
	struct grids grids = make_grids(ctl->config);
	struct total total = { 0 };
	struct error err;

	if (store_begin(ctl->store, &err) < 0)
		return ctl_fail(&err);
	if (store_all(import, dry, &grids, &total, &err) < 0) {
		store_rollback(ctl->store);
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	}
	if (!dry && store_commit(ctl->store, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	print_grids(import, &grids);
	print_total(import, &total, dry);
	say_all_overruled(import);
	if (dry)
		store_rollback(ctl->store);
	return ENDS_FINE;
}

/* A dry run makes no database where there is none. */
static int open_store(struct ctl *ctl, bool dry)
{
	struct error err;

	if (!dry || ctl_has_store(ctl))
		return ctl_open(ctl, STORE_PERSON);
	if (store_open(":memory:", STORE_PERSON, &ctl->store, &err) < 0)
		return ctl_fail(&err);
	return ENDS_FINE;
}

static int import_run(struct ctl *ctl, int argc, char **argv)
{
	SCOPED(import)
	struct import import = { .ctl = ctl };
	const char *by = NULL;
	bool dry = false;
	const struct flag flags[] = { { "by", &by, NULL }, { "dry-run", NULL, &dry }, { 0 } };
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 1, 1, &ends) < 0)
		return ends;
	import.path = argv[0];
	import.by = ctl_person(by);
	if ((ends = check_words("--by", import.by, BY_MAX)) || (ends = ctl_load(ctl)) ||
	    (ends = ctl_speak(ctl, ctl_entity(ctl))))
		return ends;
	if (read_file(&import, &err) < 0 || digest(&import, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	read_lines(&import);
	if (import.mistakes > MISTAKES_SHOWN)
		(void)fprintf(stderr, "%s: %zu more mistakes\n", import.path,
			      import.mistakes - MISTAKES_SHOWN);
	if (import.mistakes)
		return ctl_say(ENDS_FAILURE, "%s: nothing was imported", import.path);
	ends = open_store(ctl, dry);
	return ends ? ends : store_file(&import, dry);
}

const struct command import_command = {
	.name = "import",
	.arguments = "FILE",
	.purpose = "import a CSV file of figures, all of it or nothing",
	.help = "The file has the header\n"
		"  period,account,metric,value[,uncertainty,evidence,note]\n"
		"and one figure a line; UTF-8. Every mistake is named with its line. Importing a "
		"file\n"
		"again changes nothing. Figures that the summary takes from elsewhere are "
		"named.\n\n"
		"  --dry-run    show what would change, store nothing\n"
		"  --by NAME    who says so (default: who runs this)\n\n"
		"example:\n"
		"  metricsctl import monthly.csv --entity itagui --dry-run\n",
	.run = import_run,
};
