#include "import_names.h"

#include "csv_table.h"
#include "evidence.h"

#include "metricsd/cleanup.h"
#include "metricsd/encoding.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"
#include "metricsd/text.h"

#include <string.h>
#include <unistd.h>

enum { NAMES_FILE_MAX = 1 << 20, LAYOUT = 0, MEANS, NAME, OF, NAMES_COLUMNS };

static const char file_name[] = "import-names.csv";

static const char *keep(struct import_names *names, const char *text)
{
	names->texts =
		memory_grow(names->texts, names->text_count, &names->text_room, sizeof(char *));
	return names->texts[names->text_count++] = memory_text(text);
}

static void add(struct import_names *names, const struct csv_record *record)
{
	SCOPED(text)
	struct text folded = { 0 };

	text_add_folded(&folded, text_str(&record->fields[NAME]));
	names->items = memory_grow(names->items, names->count, &names->room, sizeof(*names->items));
	names->items[names->count++] = (struct import_name){
		.layout = keep(names, text_str(&record->fields[LAYOUT])),
		.means = keep(names, text_str(&record->fields[MEANS])),
		.name = keep(names, text_str(&folded)),
		.shown = keep(names, text_str(&record->fields[NAME])),
		.of = record->count > OF ? keep(names, text_str(&record->fields[OF])) : "",
	};
}

static int read_names(struct import_names *names, const char *path, struct error *err)
{
	SCOPED(csv_record)
	struct csv_record record = { 0 };
	SCOPED(memory)
	char *bytes = NULL;
	struct csv_file csv;
	size_t length;
	int got;

	if (csv_file_read(path, NAMES_FILE_MAX, &bytes, &length, err) < 0)
		return -1;
	csv_begin(&csv, bytes, length);
	while ((got = csv_next(&csv, &record, err)) > 0) {
		const char *first = text_str(&record.fields[LAYOUT]);

		if (*first == '#' || (record.line == 1 && strcmp(first, "layout") == 0))
			continue;
		if (record.count < OF || record.count > NAMES_COLUMNS || !*first ||
		    !*text_str(&record.fields[MEANS]) || !*text_str(&record.fields[NAME]))
			return error_set(err, ERROR_INPUT,
					 "%s:%d: expected layout,means,name,of: the last may be "
					 "empty",
					 path, record.line);
		add(names, &record);
	}
	return got < 0 ? error_within(err, "%s:%d", path, record.line) : 0;
}

/* ../share/metricsd beside the directory of the running program. */
static int shipped(struct text *path, struct error *err)
{
	SCOPED(memory)
	char *root = program_root(err);

	if (!root)
		return -1;
	text_addf(path, "%s/share/metricsd/%s", root, file_name);
	return 0;
}

int import_names_load(struct import_names *names, const char *config, struct error *err)
{
	SCOPED(text)
	struct text own = { 0 };
	SCOPED(text)
	struct text path = { 0 };

	if (config) {
		SCOPED(memory)
		char *folder = directory_of(config);

		text_addf(&own, "%s/%s", folder, file_name);
		if (access(text_str(&own), F_OK) == 0 && read_names(names, text_str(&own), err) < 0)
			return -1;
	}
	if (shipped(&path, err) < 0)
		return -1;
	return read_names(names, text_str(&path), err);
}

void import_names_clear(struct import_names *names)
{
	for (size_t i = 0; i < names->text_count; i++)
		free(names->texts[i]);
	free(names->texts);
	free(names->items);
	*names = (struct import_names){ 0 };
}

static bool speaks_of(const struct import_name *name, const char *layout)
{
	return strcmp(name->layout, layout) == 0;
}

const struct import_name *import_name_find(const struct import_names *names, const char *layout,
					   const char *name)
{
	return import_name_meaning(names, layout, NULL, name);
}

const struct import_name *import_name_meaning(const struct import_names *names, const char *layout,
					      const char *means, const char *name)
{
	SCOPED(text)
	struct text folded = { 0 };

	text_add_folded(&folded, name);
	for (size_t i = 0; i < names->count; i++) {
		const struct import_name *item = &names->items[i];

		if (speaks_of(item, layout) && (!means || strcmp(item->means, means) == 0) &&
		    strcmp(item->name, text_str(&folded)) == 0)
			return item;
	}
	return NULL;
}

void import_names_list(const struct import_names *names, const char *layout, const char *means,
		       struct text *out)
{
	size_t length = strlen(means);
	size_t listed = 0;

	for (size_t i = 0; i < names->count; i++) {
		const struct import_name *item = &names->items[i];

		if (speaks_of(item, layout) && strncmp(item->means, means, length) == 0)
			text_addf(out, "%s\"%s\"", listed++ ? ", " : "", item->shown);
	}
}
