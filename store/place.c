/*
 * Who is at a database while another one is put in its place.
 *
 * Whoever has it open holds a shared flock() on its directory; a restore wants it for itself. So
 * nobody has the old file open while its name goes over to the new one, and nobody opens a
 * write-ahead log that is of the other. What is to take the place is complete beside it as
 * PATH.restoring; from its name on the restore is decided, and whoever comes next brings it to its
 * end: any moment shows the old database or the new one.
 */
#include "internal.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/error.h"
#include "metricsd/path.h"
#include "metricsd/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	/* the bytes SQLite locks in a database that is open, sqlite.org/fileformat.html "The
	 * Lock-Byte Page" */
	LOCKED_FIRST = 0x40000000,
	LOCKED_BYTES = 512,
};

/* --- the end of a restore --------------------------------------------------------------------- */

static void restoring_name(const char *path, struct text *ret)
{
	text_set(ret, path);
	text_add(ret, ".restoring");
}

static bool is_restoring(const char *path)
{
	SCOPED(text)
	struct text restoring = { 0 };

	restoring_name(path, &restoring);
	return faccessat(AT_FDCWD, text_str(&restoring), F_OK, AT_EACCESS) == 0;
}

/* `from`END becomes `to`END, or is done without. */
static int move_end(const char *from, const char *to, const char *end, struct error *err)
{
	SCOPED(text)
	struct text old = { 0 };
	SCOPED(text)
	struct text new = { 0 };

	text_addf(&old, "%s%s", from, end);
	text_addf(&new, "%s%s", to, end);
	if (rename(text_str(&old), text_str(&new)) < 0 && errno != ENOENT)
		return error_set(err, ERROR_OURS, "%s: %s", text_str(&old), system_words(errno));
	return 0;
}

static int drop_shared_memory(const char *path, struct error *err)
{
	SCOPED(text)
	struct text name = { 0 };

	text_addf(&name, "%s-shm", path);
	if (unlink(text_str(&name)) < 0 && errno != ENOENT)
		return error_set(err, ERROR_OURS, "%s: %s", text_str(&name), system_words(errno));
	return 0;
}

void place_kept(const char *path, int64_t time, struct text *ret)
{
	struct tm tm = { 0 };

	(void)gmtime_r(&(time_t){ time }, &tm);
	text_set(ret, path);
	text_addf(ret, ".replaced-%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The database last: as long as the old one has its name, its log belongs to it alone by the name
 * it is kept under. */
int place_finish(const char *path, char **kept, struct error *err)
{
	SCOPED(text)
	struct text restoring = { 0 };
	SCOPED(text)
	struct text old = { 0 };
	struct stat status;

	restoring_name(path, &restoring);
	if (stat(text_str(&restoring), &status) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", text_str(&restoring),
				 system_words(errno));
	place_kept(path, status.st_mtim.tv_sec, &old);
	if (move_end(path, text_str(&old), "-wal", err) < 0 ||
	    move_end(path, text_str(&old), "-journal", err) < 0 ||
	    drop_shared_memory(path, err) < 0 || move_end(path, text_str(&old), "", err) < 0)
		return -1;
	if (rename(text_str(&restoring), path) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", text_str(&restoring),
				 system_words(errno));
	if (directory_sync(path, err) < 0)
		return -1;
	if (kept)
		*kept = faccessat(AT_FDCWD, text_str(&old), F_OK, AT_EACCESS) == 0 ? text_take(&old)
										   : NULL;
	return 0;
}

/* --- the lock --------------------------------------------------------------------------------- */

static int busy(const char *path, struct error *err)
{
	return error_set(err, ERROR_BUSY, "%s is being restored: try again in a moment", path);
}

/* 1: we are in; 0: not now; -1: its end cannot be brought about. */
static int try_enter(struct store *store, int fd, struct error *err)
{
	bool restoring = is_restoring(store->path);

	if (flock(fd, (restoring ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0)
		return errno != EWOULDBLOCK; /* a file system without locks has no restores */
	if (restoring) {
		/* somebody else may have brought it there before we had the lock */
		if (is_restoring(store->path) && place_finish(store->path, NULL, err) < 0)
			return error_within(err,
					    "a restore of it was interrupted and cannot be brought "
					    "to its end");
		(void)flock(fd, LOCK_SH);
		return 1;
	}
	if (!is_restoring(store->path))
		return 1;
	(void)flock(fd, LOCK_UN); /* it was decided meanwhile */
	return 0;
}

int place_enter(struct store *store, struct error *err)
{
	SCOPED(memory)
	char *directory = directory_of(store->path);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int in;

	if (fd < 0)
		return 0; /* what is wrong with it is said when the database is opened */
	for (int i = 0; (in = try_enter(store, fd, err)) == 0; i++) {
		if (store->mode == STORE_COLLECT || !wait_for_lock(NULL, i)) {
			(void)close(fd);
			return busy(store->path, err);
		}
	}
	if (in < 0) {
		(void)close(fd);
		return -1;
	}
	store->place = fd;
	return 0;
}

/* Whether a program that is not ours has it open (sqlite3, say). Asked of the file system: SQLite
 * itself might not get the file open. */
static int others_have_it(const char *path, struct error *err)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = LOCKED_FIRST,
		.l_len = LOCKED_BYTES,
	};
	SCOPED(descriptor)
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	if (lock.l_type == F_UNLCK)
		return 0;
	return error_set(err, ERROR_BUSY,
			 "%s: another program (process %ld) has it open: end that first", path,
			 (long)lock.l_pid);
}

int place_take(struct store *store, struct error *err)
{
	SCOPED(memory)
	char *directory = directory_of(store->path);

	store->place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->place < 0)
		return error_set(err, ERROR_OURS, "%s: %s", directory, system_words(errno));
	for (int i = 0; flock(store->place, LOCK_EX | LOCK_NB) < 0; i++)
		if (errno != EWOULDBLOCK || !wait_for_lock(NULL, i))
			return error_set(err, ERROR_BUSY,
					 "%s: somebody is reading or entering figures "
					 "(metricsctl): try again when that is done",
					 store->path);
	if (is_restoring(store->path) && place_finish(store->path, NULL, err) < 0)
		return -1;
	return others_have_it(store->path, err);
}
