/* The folder of an export. It is made beside its place and then moved there: nobody ever finds half
 * of one, and what stands there already goes only when all of it was made by an export. */
#include "export.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SUMS_MAX = 16 << 20, DESCRIPTION_MAX = 1 << 20, WALK_DEPTH = 16, EXPORT_VERSION = 1 };
#define SUMS "SHA256SUMS"
#define DESCRIPTION "export.json"
#define EXPORT_FORMAT "metricsd.export"

static int failed(const char *path, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
}

static char *joined(const char *folder, const char *name)
{
	struct text path = { 0 };

	text_addf(&path, "%s/%s", folder, name);
	return text_take(&path);
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_all(const char *path)
{
	(void)nftw(path, remove_one, WALK_DEPTH, FTW_DEPTH | FTW_PHYS);
}

/* A whole small file, the caller's; NULL when it cannot be read or is larger. */
static char *read_small(const char *path, size_t most)
{
	SCOPED(file)
	FILE *file = fopen(path, "re");
	struct text bytes = { .max = most };
	char piece[4096];
	size_t got;

	if (!file)
		return NULL;
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
		text_add_n(&bytes, piece, got);
	if (!ferror(file) && !bytes.failed)
		return text_take(&bytes);
	text_clear(&bytes);
	return NULL;
}

/* --- what stands there already */

/* What the folder says of itself, the caller's; NULL: it is no export of this kind. */
static cJSON *read_description(const char *path, const char *kind)
{
	SCOPED(memory)
	char *name = joined(path, DESCRIPTION);
	SCOPED(memory)
	char *bytes = read_small(name, DESCRIPTION_MAX);
	cJSON *root = NULL;
	const char *format, *what;

	if (!bytes || json_parse(bytes, strlen(bytes), &root, NULL) < 0)
		return NULL;
	format = json_text(root, "format");
	what = json_text(root, "kind");
	if (format && what && strcmp(format, EXPORT_FORMAT) == 0 && strcmp(what, kind) == 0)
		return root;
	cJSON_Delete(root);
	return NULL;
}

/* What stands there is of the same entities and the same period. */
static int check_selection(const struct folder *folder, const cJSON *old, struct error *err)
{
	const struct selection *selection = &folder->selection;
	const char *period = json_text(old, "period");
	const char *entity = json_text(old, "entity");
	bool all = cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(old, "entity"));

	if (period && strcmp(period, selection->period) == 0 &&
	    (selection->entity ? entity && strcmp(entity, selection->entity) == 0 : all))
		return 0;
	return error_set(err, ERROR_INPUT,
			 "%s holds %.40s of %.100s: name a new folder, or replace it with --force",
			 folder->path, period ? period : "a period",
			 entity ? entity
			 : all  ? "all institutions"
				: "an institution it does not name");
}

/* Whether SHA256SUMS lists the file `name`. */
static bool is_listed(const char *sums, const char *name)
{
	size_t length = strlen(name);

	while (*sums) {
		size_t line = strcspn(sums, "\n");

		/* 64 digits, two blanks, the name */
		if (line == 66 + length && memcmp(sums + 66, name, length) == 0)
			return true;
		sums += line + (sums[line] == '\n');
	}
	return false;
}

/* The first file below `path` that no export put there, the caller's; NULL: there is none. */
static char *find_stranger(const char *path, const char *sums)
{
	char *const roots[] = { (char[PATH_TEXT]){ 0 }, NULL };
	char *found = NULL;
	const FTSENT *entry;
	FTS *walk;

	(void)snprintf(roots[0], PATH_TEXT, "%s", path);
	walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (walk && !found && (entry = fts_read(walk)) != NULL) {
		const char *name = entry->fts_path + strlen(path);

		name += *name == '/';
		if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP ||
		    strcmp(name, SUMS) == 0)
			continue;
		if (entry->fts_info != FTS_F || !is_listed(sums, name))
			found = memory_text(name);
	}
	if (walk)
		(void)fts_close(walk);
	return found;
}

/* 1, 0, or -1 with errno. */
static int is_empty(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int empty = 1;

	if (!folder)
		return -1;
	while (empty && (entry = readdir(folder)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	(void)closedir(folder);
	return empty;
}

/* 0: what stands there may go; -1 with words. */
static int check_old(const struct folder *folder, struct error *err)
{
	const char *path = folder->path;
	SCOPED(json)
	cJSON *old = NULL;
	SCOPED(memory)
	char *name = joined(path, SUMS);
	SCOPED(memory)
	char *sums = NULL;
	SCOPED(memory)
	char *stranger = NULL;
	int empty = is_empty(path);

	if (empty < 0)
		return errno == ENOENT ? 0 : failed(path, err);
	if (empty)
		return 0;
	old = read_description(path, folder->selection.kind);
	if (!old)
		return error_set(err, ERROR_INPUT,
				 "%s is not empty, and no export of this kind made it: name a new "
				 "folder",
				 path);
	sums = read_small(name, SUMS_MAX);
	stranger = find_stranger(path, sums ? sums : "");
	if (stranger)
		return error_set(err, ERROR_INPUT,
				 "%s holds %.200s, which no export put there: take it out, or name "
				 "a new folder",
				 path, stranger);
	return folder->force ? 0 : check_selection(folder, old, err);
}

/* --- a new one */

int folder_begin(struct folder *folder, const char *path, const struct selection *selection,
		 bool force, struct error *err)
{
	size_t length = strlen(path);
	mode_t mask = umask(0);
	struct text fresh = { 0 };

	(void)umask(mask);
	while (length > 1 && path[length - 1] == '/')
		length--;
	*folder = (struct folder){ .path = memory_text_n(path, length),
				   .selection = *selection,
				   .force = force };
	if (check_old(folder, err) < 0)
		return -1;
	text_addf(&fresh, "%s.XXXXXX", folder->path);
	folder->fresh = text_take(&fresh);
	if (!mkdtemp(folder->fresh)) {
		free(folder->fresh);
		folder->fresh = NULL;
		return failed(folder->path, err);
	}
	if (chmod(folder->fresh, 0777 & ~mask) < 0)
		return failed(folder->fresh, err);
	return 0;
}

char *folder_path(const struct folder *folder, const char *name, struct error *err)
{
	const char *slash = strchr(name, '/');
	char *path = joined(folder->fresh, name);

	if (slash) {
		SCOPED(memory)
		char *above =
			memory_text_n(path, strlen(folder->fresh) + 1 + (size_t)(slash - name));

		if (mkdir(above, 0777) < 0 && errno != EEXIST) {
			(void)failed(above, err);
			free(path);
			return NULL;
		}
	}
	return path;
}

int folder_add(struct folder *folder, const char *name, struct error *err)
{
	SCOPED(memory)
	char *path = joined(folder->fresh, name);
	struct exported *file;
	struct stat about;

	folder->files =
		memory_grow(folder->files, folder->count, &folder->room, sizeof(*folder->files));
	file = &folder->files[folder->count];
	*file = (struct exported){ 0 };
	if (file_digest(path, file->sha256, err) < 0)
		return -1;
	if (stat(path, &about) < 0)
		return failed(path, err);
	file->size = about.st_size;
	file->name = memory_text(name);
	folder->count++;
	return 0;
}

int folder_drop(struct folder *folder, const char *name, struct error *err)
{
	SCOPED(memory)
	char *path = joined(folder->fresh, name);
	SCOPED(memory)
	char *above = directory_of(path);

	if (unlink(path) < 0)
		return failed(path, err);
	(void)rmdir(above); /* when nothing else is in it */
	return 0;
}

static int write_bytes(const char *path, const char *bytes, struct error *err)
{
	FILE *file = fopen(path, "we");
	bool written;

	if (!file)
		return failed(path, err);
	written = fputs(bytes, file) >= 0;
	if (fclose(file) != 0 || !written)
		return failed(path, err);
	return 0;
}

int folder_write(struct folder *folder, const char *name, const char *bytes, struct error *err)
{
	SCOPED(memory)
	char *path = folder_path(folder, name, err);

	if (!path || write_bytes(path, bytes, err) < 0)
		return -1;
	return folder_add(folder, name, err);
}

static int write_description(struct folder *folder, struct error *err)
{
	const struct selection *selection = &folder->selection;
	SCOPED(text)
	struct text json = TEXT_UP_TO(DESCRIPTION_MAX);

	text_addf(&json, "{\"format\":\"" EXPORT_FORMAT "\",\"version\":%d,\"kind\":\"%s\"",
		  EXPORT_VERSION, selection->kind);
	text_add(&json, ",\"entity\":");
	if (selection->entity)
		json_quote(&json, selection->entity);
	else
		text_add(&json, "null");
	text_add(&json, ",\"period\":");
	json_quote(&json, selection->period);
	text_add(&json, "}\n");
	return folder_write(folder, DESCRIPTION, text_str(&json), err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct exported *)a)->name, ((const struct exported *)b)->name);
}

static int write_sums(struct folder *folder, struct error *err)
{
	SCOPED(text)
	struct text sums = TEXT_UP_TO(SUMS_MAX);
	SCOPED(memory)
	char *path = joined(folder->fresh, SUMS);

	qsort(folder->files, folder->count, sizeof(*folder->files), by_name);
	for (size_t i = 0; i < folder->count; i++)
		text_addf(&sums, "%s  %s\n", folder->files[i].sha256, folder->files[i].name);
	if (sums.failed)
		return error_set(err, ERROR_OURS, "%s: too many files", folder->path);
	return write_bytes(path, text_str(&sums), err);
}

/* Where a file system cannot exchange two names: the old folder steps aside first. */
static int step_aside(const struct folder *folder)
{
	struct text aside = { 0 };
	SCOPED(memory)
	char *name = NULL;
	int number;

	text_addf(&aside, "%s.old", folder->fresh);
	name = text_take(&aside);
	if (rename(folder->path, name) < 0)
		return -1;
	if (rename(folder->fresh, folder->path) < 0) {
		number = errno;
		(void)rename(name, folder->path);
		errno = number;
		return -1;
	}
	remove_all(name);
	return 0;
}

/* Whoever looks finds the old folder or the new one, whole. */
static int put_in_place(const struct folder *folder)
{
	const char *fresh = folder->fresh, *path = folder->path;

	if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
		remove_all(fresh); /* what stood there */
		return 0;
	}
	if (errno == EINVAL && access(path, F_OK) == 0)
		return step_aside(folder);
	return rename(fresh, path);
}

/* On disk before it has its name: a power cut would leave empty files under it, and the old folder
 * is gone by then. */
static int put_on_disk(const struct folder *folder, struct error *err)
{
	SCOPED(descriptor)
	int fd = open(folder->fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || syncfs(fd) < 0 ? failed(folder->fresh, err) : 0;
}

int folder_end(struct folder *folder, struct error *err)
{
	if (write_description(folder, err) < 0 || write_sums(folder, err) < 0 ||
	    check_old(folder, err) < 0 || /* somebody may have put something there */
	    put_on_disk(folder, err) < 0)
		return -1;
	if (put_in_place(folder) < 0)
		return failed(folder->path, err);
	free(folder->fresh);
	folder->fresh = NULL;
	return directory_sync(folder->path, err);
}

void folder_clear(struct folder *folder)
{
	if (folder->fresh)
		remove_all(folder->fresh);
	for (size_t i = 0; i < folder->count; i++)
		free(folder->files[i].name);
	free(folder->files);
	free(folder->fresh);
	free(folder->path);
	*folder = (struct folder){ 0 };
}
