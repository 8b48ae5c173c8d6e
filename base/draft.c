#include "metricsd/draft.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"
#include "metricsd/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES_MAX = 10, ACCESS_BITS = 0777 };

static int failed(const char *path, struct error *err)
{
	return error_set(err, ERROR_OURS, "%s cannot be written: %s", path, system_words(errno));
}

/* --- the directory ---------------------------------------------------------------------------- */

/* `fd`: a file in it, or -1. Who may put files into a directory but not list it cannot open it;
 * then the file's whole file system is put on disk. Some cannot put a directory on disk by itself
 * (EINVAL) and have nothing to put. */
static int sync_directory(const char *path, int fd, struct error *err)
{
	SCOPED(memory)
	char *directory = directory_of(path);
	SCOPED(descriptor)
	int opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (opened < 0 && errno == EACCES && fd >= 0 && syncfs(fd) == 0)
		return 0;
	if (opened < 0 || (fsync(opened) < 0 && errno != EINVAL))
		return error_set(err, ERROR_OURS, "%s: %s", directory, system_words(errno));
	return 0;
}

int directory_sync(const char *path, struct error *err)
{
	return sync_directory(path, -1, err);
}

/* --- the other name --------------------------------------------------------------------------- */

static bool has_name(const struct draft *draft, const struct stat *file)
{
	struct stat named;

	return lstat(draft->name, &named) == 0 && named.st_ino == file->st_ino &&
	       named.st_dev == file->st_dev;
}

/* What somebody else laid there, to read along or to have a file of ours cut off, is not used. */
static int check_own(const struct draft *draft, const struct stat *file, struct error *err)
{
	if (S_ISREG(file->st_mode) && file->st_uid == geteuid() && file->st_nlink <= 1)
		return 0;
	return error_set(err, ERROR_OURS, "%s is there already and somebody else's: remove it",
			 draft->name);
}

/* It is ours as long as it is open: only who has the lock of the file that has the name empties,
 * renames or removes it. 1: it is; 0: it has just been given its name by somebody else, or taken
 * away. */
static int take(struct draft *draft, struct error *err)
{
	struct stat file;

	draft->fd = open(draft->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, draft->mode);
	if (draft->fd < 0 || fstat(draft->fd, &file) < 0)
		return failed(draft->path, err);
	if (check_own(draft, &file, err) < 0)
		return -1;
	/* a file system without locks does not keep anybody from writing */
	if (flock(draft->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return error_set(err, ERROR_BUSY, "%s is being written by somebody else just now",
				 draft->path);
	if (!has_name(draft, &file))
		return 0;
	if (ftruncate(draft->fd, 0) < 0 ||
	    fchmod(draft->fd,
		   draft->exact ? draft->mode : file.st_mode & ACCESS_BITS & draft->mode) < 0)
		return failed(draft->path, err);
	return 1;
}

static void close_all(struct draft *draft)
{
	if (draft->stream)
		(void)fclose(draft->stream);
	else if (draft->fd >= 0)
		(void)close(draft->fd);
	free(draft->name);
	draft->name = NULL;
	draft->stream = NULL;
	draft->fd = -1;
}

static int open_aside(struct draft *draft, struct error *err)
{
	struct text name = { 0 };
	int taken = 0;

	text_addf(&name, "%s%s", draft->aside ? draft->aside : draft->path,
		  draft->aside ? "" : ".new");
	draft->name = text_take(&name);
	for (int i = 0; (taken = take(draft, err)) == 0; i++) {
		(void)close(draft->fd);
		draft->fd = -1;
		if (i < TRIES_MAX)
			continue;
		taken = error_set(err, ERROR_BUSY, "%s is being written by somebody else just now",
				  draft->path);
		break;
	}
	if (taken > 0)
		return 0;
	close_all(draft);
	return -1;
}

static int open_straight(struct draft *draft, struct error *err)
{
	draft->fd = open(draft->path, O_WRONLY | O_CLOEXEC);
	if (draft->fd < 0)
		return failed(draft->path, err);
	draft->straight = true;
	draft->name = memory_text(draft->path);
	return 0;
}

int draft_open(struct draft *draft, struct error *err)
{
	struct stat status;

	draft->fd = -1;
	draft->stream = NULL;
	draft->straight = false;
	if (draft->special && stat(draft->path, &status) == 0 && !S_ISREG(status.st_mode))
		return open_straight(draft, err);
	return open_aside(draft, err);
}

FILE *draft_stream(struct draft *draft)
{
	if (!draft->stream)
		draft->stream = fdopen(draft->fd, "w");
	assert(draft->stream); /* without memory the process has ended */
	return draft->stream;
}

/* --- the end ---------------------------------------------------------------------------------- */

void draft_drop(struct draft *draft)
{
	struct stat file;

	if (!draft->name)
		return;
	/* the name may be somebody else's by now */
	if (!draft->straight && fstat(draft->fd, &file) == 0 && has_name(draft, &file))
		(void)unlink(draft->name);
	close_all(draft);
}

static int flush(const struct draft *draft)
{
	if (!draft->stream)
		return 0;
	if (fflush(draft->stream) != 0)
		return -1;
	errno = EIO; /* of a stream that failed and does no longer */
	return ferror(draft->stream) ? -1 : 0;
}

static int give_name(const struct draft *draft)
{
	struct stat status;

	if (!draft->keep)
		return rename(draft->name, draft->path);
	if (renameat2(AT_FDCWD, draft->name, AT_FDCWD, draft->path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL) /* which a file system says that cannot do it */
		return -1;
	if (lstat(draft->path, &status) < 0)
		return rename(draft->name, draft->path);
	errno = EEXIST;
	return -1;
}

static int put_in_place(struct draft *draft, struct error *err)
{
	struct stat file;

	if (fsync(draft->fd) < 0 || fstat(draft->fd, &file) < 0)
		return failed(draft->path, err);
	if (!has_name(draft, &file))
		return error_set(err, ERROR_OURS, "%s was taken away while it was written",
				 draft->name);
	return give_name(draft) < 0 ? failed(draft->path, err) : 0;
}

int draft_commit(struct draft *draft, struct error *err)
{
	int result = flush(draft) < 0 ? failed(draft->path, err) : 0;

	if (result == 0 && !draft->straight)
		result = put_in_place(draft, err);
	if (result < 0) {
		draft_drop(draft);
		return -1;
	}
	if (!draft->straight)
		result = sync_directory(draft->path, draft->fd, err);
	close_all(draft);
	return result;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(fd, bytes, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -1;
		bytes += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

int draft_write(struct draft *draft, const void *bytes, size_t length, struct error *err)
{
	if (draft_open(draft, err) < 0)
		return -1;
	if (write_all(draft->fd, bytes, length) < 0) {
		(void)failed(draft->path, err);
		draft_drop(draft);
		return -1;
	}
	return draft_commit(draft, err);
}
