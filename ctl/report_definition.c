/* Where the definition of a report is found: beside the configuration, else among those that came
 * with the program. */
#include "evidence.h"
#include "report.h"

#include "metricsd/cleanup.h"
#include "metricsd/definition.h"
#include "metricsd/memory.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 3, NAMES_MAX = 200 };
#define SUFFIX ".conf"

/* Folders, the first is looked in first. */
struct places {
	char *items[PLACES];
	size_t count;
};

static void scoped_places(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->items[i]);
}

/* Whether there is anything to follow up. */
static bool has_plans(const struct ctl *ctl)
{
	for (size_t i = 0; i < ctl->config->entity_count; i++)
		if (ctl_wants(ctl, &ctl->config->entities[i]) &&
		    ctl->config->entities[i].plan_count)
			return true;
	return false;
}

/* The one a period of this kind usually has. */
static const char *usual_definition(const struct ctl *ctl, const struct period *period)
{
	switch (period->kind) {
	case PERIOD_MONTH:
	case PERIOD_DAYS:
		return "mensual";
	case PERIOD_SEMESTER:
		return has_plans(ctl) ? "semestral" : "trimestral";
	case PERIOD_BIMESTER:
	case PERIOD_QUARTER:
	case PERIOD_YEAR:
	case PERIOD_YEARS:
	case PERIOD_NAMED:
		return "trimestral";
	}
	return "trimestral";
}

static void add_place(struct places *places, struct text *path)
{
	bool known = false;

	for (size_t i = 0; i < places->count; i++)
		known = known || strcmp(places->items[i], text_str(path)) == 0;
	if (!known)
		places->items[places->count++] = text_take(path);
	text_clear(path);
}

/* A program that was moved, or never installed, has its own beside itself. */
static void find_places(const struct ctl *ctl, struct places *ret)
{
	const char *config = ctl->config->path;
	const char *slash = strrchr(config, '/');
	struct text path = { 0 };
	SCOPED(memory)
	char *root = program_root(NULL);

	text_addf(&path, "%.*sreports", slash ? (int)(slash - config + 1) : 0, config);
	add_place(ret, &path);
	text_add(&path, METRICSD_REPORTS);
	add_place(ret, &path);
	if (!root)
		return;
	text_addf(&path, "%s/etc/metricsd/reports", root);
	add_place(ret, &path);
}

/* --- those there are */

struct names {
	char *items[NAMES_MAX + 1]; /* ends with NULL */
	size_t count;
};

static void scoped_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(struct names *names, const char *file)
{
	size_t length = strlen(file), end = strlen(SUFFIX);

	if (names->count == NAMES_MAX || length <= end || *file == '.' ||
	    strcmp(file + length - end, SUFFIX) != 0)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (strncmp(names->items[i], file, length - end) == 0 &&
		    !names->items[i][length - end])
			return;
	names->items[names->count++] = memory_text_n(file, length - end);
}

static void add_names(struct names *names, const char *folder)
{
	DIR *opened = opendir(folder);
	const struct dirent *entry;

	if (!opened)
		return;
	while ((entry = readdir(opened)) != NULL)
		add_name(names, entry->d_name);
	(void)closedir(opened);
}

/* What there is, and where it was looked for. */
static int refuse(const struct places *places, const char *name)
{
	SCOPED(names)
	struct names names = { 0 };
	SCOPED(text)
	struct text list = { 0 };
	SCOPED(text)
	struct text folders = { 0 };

	for (size_t i = 0; i < places->count; i++) {
		add_names(&names, places->items[i]);
		text_addf(&folders, "%s%s", i ? ", " : "", places->items[i]);
	}
	qsort(names.items, names.count, sizeof(names.items[0]), by_name);
	for (size_t i = 0; i < names.count; i++)
		text_addf(&list, "%s%s", i ? ", " : "", names.items[i]);
	return ctl_say(ENDS_USAGE,
		       "no report definition \"%s\"; there are: %s (looked for in %s; --definition "
		       "FILE names a file, by a path or with its " SUFFIX ")",
		       name, names.count ? text_str(&list) : "none", text_str(&folders));
}

/* A name with a slash or a suffix is a file's; the caller's. NULL: there is none. */
static char *definition_path(const struct places *places, const char *name)
{
	if (strchr(name, '/') || strchr(name, '.'))
		return memory_text(name);
	for (size_t i = 0; i < places->count; i++) {
		struct text path = { 0 };

		text_addf(&path, "%s/%s" SUFFIX, places->items[i], name);
		if (access(text_str(&path), F_OK) == 0)
			return text_take(&path);
		text_clear(&path);
	}
	return NULL;
}

int report_definition(const struct ctl *ctl, const char *name, const struct period *period,
		      struct definition **ret)
{
	SCOPED(places)
	struct places places = { 0 };
	SCOPED(memory)
	char *path = NULL;
	SCOPED(text)
	struct text complaints = TEXT_UP_TO(1 << 20);

	if (!name)
		name = usual_definition(ctl, period);
	find_places(ctl, &places);
	path = definition_path(&places, name);
	if (!path)
		return refuse(&places, name);
	if (definition_load(path, ret, &complaints) == 0)
		return ENDS_FINE;
	print_tame(&complaints, stderr);
	return ctl_say(ENDS_FAILURE, "the report's definition %s cannot be used as it is", path);
}
