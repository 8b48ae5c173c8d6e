#include "alert_hook.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/error.h"
#include "metricsd/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PLACE_MAX = 1200 };

/* Set-group-id comes from the state directory: to ask for it is refused by RestrictSUIDSGID=. */
static int make_directory(const char *path, struct error *err)
{
	if (mkdir(path, 0770) == 0 || errno == EEXIST)
		return 0;
	return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
}

static int count_files(const char *path, size_t *ret, struct error *err)
{
	DIR *directory = opendir(path);
	size_t count = 0;

	if (!directory)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	for (const struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	(void)closedir(directory);
	*ret = count;
	return 0;
}

/* Under another name beside the directory first: whoever watches that sees whole files only. */
static int put_file(const char *parent, const char *directory, const char *file,
		    const struct text *bytes, struct error *err)
{
	char fresh[PLACE_MAX], place[PLACE_MAX];

	(void)snprintf(fresh, sizeof(fresh), "%s/.%s", parent, file);
	(void)snprintf(place, sizeof(place), "%s/%s", directory, file);
	return draft_write(&(struct draft){ .path = place, .aside = fresh, .mode = 0660 },
			   text_str(bytes), bytes->length, err);
}

int hook_put(const char *state_directory, const char *name, const struct tidings *tidings,
	     struct error *err)
{
	char parent[PLACE_MAX], directory[PLACE_MAX + 80], file[96];
	SCOPED(text)
	struct text json = { 0 };
	size_t waiting = 0;

	(void)snprintf(parent, sizeof(parent), "%s/alerts", state_directory);
	(void)snprintf(directory, sizeof(directory), "%s/%s", parent, name);
	if (make_directory(parent, err) < 0 || make_directory(directory, err) < 0 ||
	    count_files(directory, &waiting, err) < 0)
		return -1;
	if (waiting >= HOOK_FILES_MAX)
		return error_set(err, ERROR_BUSY,
				 "%s has %zu files that nobody took: look at the unit "
				 "metricsd-alert@%s.service",
				 directory, waiting, name);
	/* names in the order of events */
	(void)snprintf(file, sizeof(file), "%012lld-%06lld-%d-%s.json",
		       (long long)tidings_time(tidings), (long long)tidings->alert->id,
		       tidings->part, tidings_event(tidings));
	tidings_json(tidings, &json);
	return put_file(parent, directory, file, &json, err);
}
