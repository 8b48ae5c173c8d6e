#include "world_files.h"

#include "hash.h"
#include "weblog.h"
#include "world_loop.h"

#include "daemon/file.h"

#include "metricsd/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { NAME = 48, ENTRIES_MAX = 512 };

struct place {
	char name[NAME], mark[NAME]; /* "log-6", "/log-6/" */
	struct weblog *log;
	enum file_trouble trouble;
	int rotate_in; /* reads; 0: not at all */
};

struct files {
	struct ev_loop *loop;
	uint64_t seed, drawn;
	struct place *places;
	size_t count, room;
	struct place *current; /* whose request is carried out; NULL: none of a log */
	/* the directory that is being listed, in the order of names: the file system's own differs
	 * from machine to machine */
	struct dirent *entries;
	size_t entry_count, entry_at;
	DIR *listed;
	struct file_counts counts;
};

/* A process has one machine. */
static struct files *machine;

struct files *files_new(struct ev_loop *loop, uint64_t seed)
{
	struct files *files = memory_new(1, sizeof(*files));

	files->loop = loop;
	files->seed = hash_two(seed, 0xF11E);
	files->entries = memory_new(ENTRIES_MAX, sizeof(*files->entries));
	machine = files;
	return files;
}

void files_free(struct files *files)
{
	if (!files)
		return;
	if (machine == files)
		machine = NULL;
	for (size_t i = 0; i < files->count; i++)
		weblog_free(files->places[i].log);
	free(files->places);
	free(files->entries);
	free(files);
}

void files_add(struct files *files, const char *name, struct weblog *log)
{
	struct place *place;

	files->places =
		memory_grow(files->places, files->count, &files->room, sizeof(*files->places));
	place = &files->places[files->count++];
	*place = (struct place){ .log = log };
	(void)snprintf(place->name, sizeof(place->name), "%s", name);
	(void)snprintf(place->mark, sizeof(place->mark), "/%s/", name);
}

static struct place *find(const struct files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->places[i].name, name) == 0)
			return &files->places[i];
	return NULL;
}

struct weblog *files_find(const struct files *files, const char *name)
{
	const struct place *place = find(files, name);

	return place ? place->log : NULL;
}

void files_trouble(struct files *files, const char *name, enum file_trouble trouble)
{
	struct place *place = find(files, name);

	if (place)
		place->trouble = trouble;
}

void files_rotate(struct files *files, const char *name, int reads)
{
	struct place *place = find(files, name);

	if (place)
		place->rotate_in = reads;
}

struct file_counts file_counts(const struct files *files)
{
	return files->counts;
}

/* --- requests ------------------------------------------------------------------------------- */

int file_answer_real(struct file_door *door, const struct request *request, struct response *ret,
		     struct error *err);

/* In daemon/file.c's place, which does it: but first the server writes what it has to. */
int file_answer(struct file_door *door, const struct request *request, struct response *ret,
		struct error *err)
{
	int64_t now = loop_now(machine->loop);
	struct place *place = NULL;
	int result;

	machine->counts.asked++;
	for (size_t i = 0; i < machine->count && !place; i++)
		if (strstr(text_str(&request->url), machine->places[i].mark))
			place = &machine->places[i];
	if (place)
		weblog_advance(place->log, now);
	if (place && request->kind == REQUEST_BYTES && place->rotate_in > 0 &&
	    --place->rotate_in == 0) {
		machine->counts.rotated++;
		weblog_rotate(place->log, now);
	}
	machine->current = place;
	result = file_answer_real(door, request, ret, err);
	machine->current = NULL;
	return result;
}

/* --- the system's calls --------------------------------------------------------------------- */

static bool refuse(int number)
{
	machine->counts.refused++;
	errno = number;
	return true;
}

static bool is_gone(void)
{
	return machine->current && machine->current->trouble == FILE_GONE && refuse(ENOENT);
}

DIR *world_opendir(const char *path);
DIR *world_fdopendir(int fd);
struct dirent *world_readdir(DIR *directory);
int world_closedir(DIR *directory);
int world_openat(int directory, const char *name, int flags, ...);
ssize_t world_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t world_getrandom(void *bytes, size_t length, unsigned flags);

DIR *world_opendir(const char *path)
{
	return is_gone() ? NULL : opendir(path);
}

DIR *world_fdopendir(int fd)
{
	return fdopendir(fd);
}

static int by_name(const void *left, const void *right)
{
	const struct dirent *a = left, *b = right;

	return strcmp(a->d_name, b->d_name);
}

struct dirent *world_readdir(DIR *directory)
{
	if (machine->listed != directory) {
		const struct dirent *entry;

		machine->entry_count = machine->entry_at = 0;
		while ((entry = readdir(directory)) && machine->entry_count < ENTRIES_MAX)
			machine->entries[machine->entry_count++] = *entry;
		qsort(machine->entries, machine->entry_count, sizeof(*machine->entries), by_name);
		machine->listed = directory;
	}
	if (machine->entry_at == machine->entry_count)
		return NULL;
	return &machine->entries[machine->entry_at++];
}

int world_closedir(DIR *directory)
{
	if (machine->listed == directory)
		machine->listed = NULL;
	return closedir(directory);
}

int world_openat(int directory, const char *name, int flags, ...)
{
	const char *slash = strrchr(name, '/');
	bool live = strcmp(slash ? slash + 1 : name, "access.log") == 0;
	mode_t mode = 0;
	va_list arguments;

	va_start(arguments, flags);
	if (flags & O_CREAT)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (is_gone())
		return -1;
	if (machine->current &&
	    (machine->current->trouble == FILE_SHUT ||
	     (machine->current->trouble == FILE_ROTATED && !live)) &&
	    refuse(EACCES))
		return -1;
	return openat(directory, name, flags, mode);
}

ssize_t world_pread(int fd, void *bytes, size_t length, off_t offset)
{
	if (machine->current && machine->current->trouble == FILE_ERRORS &&
	    hash_two(machine->seed, machine->drawn++) % 2 && refuse(EIO))
		return -1;
	return pread(fd, bytes, length, offset);
}

/* Keys that are the seed's, so that what is kept with them has the same size in every run. */
ssize_t world_getrandom(void *bytes, size_t length, unsigned flags)
{
	unsigned char *at = bytes;

	(void)flags;
	for (size_t i = 0; i < length; i++)
		at[i] = (unsigned char)hash_two(machine->seed ^ 0x4E1, machine->drawn++);
	return (ssize_t)length;
}
