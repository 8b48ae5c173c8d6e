/*
 * Preloaded into metricsd and metricsctl: calls that touch files below one directory fail as the
 * page says, a file that the driver maps too and changes while they run.
 *
 *   DISK_PAGE   the page
 *   DISK_UNDER  the directory; a path that begins with it is meant
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What goes wrong; the numbers are the driver's, too. */
enum trouble {
	NOTHING,
	FULL,        /* no file grows and none comes to be: ENOSPC */
	BROKEN,      /* a read, write, sync or truncation in so many fails: EIO */
	SHORT,       /* a write in so many writes a part only */
	UNSYNCED,    /* no sync succeeds: EIO */
	DESCRIPTORS, /* no file is opened: EMFILE */
	FILES,       /* no file is opened: ENFILE */
	READ_ONLY,   /* nothing is written: EROFS */
};

struct page {
	_Atomic int64_t trouble;
	_Atomic int64_t after;    /* calls that change something until it begins */
	_Atomic int64_t permille; /* how many fail, of BROKEN and SHORT */
	_Atomic int64_t seed;
	_Atomic int64_t calls; /* that change something, all told */
	_Atomic int64_t hits;  /* calls that failed, or did a part only */
};

enum { DESCRIPTOR_MAX = 4096 };

static struct {
	struct page *page;
	const char *under;
	_Atomic bool meant[DESCRIPTOR_MAX]; /* by descriptor */
} shim;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("DISK_PAGE");
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
	void *page;

	if (fd < 0)
		return;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)syscall(SYS_close, fd);
	shim.under = getenv("DISK_UNDER");
	if (page != MAP_FAILED && shim.under)
		shim.page = page;
}

static bool is_meant(int fd)
{
	return shim.page && fd >= 0 && fd < DESCRIPTOR_MAX && shim.meant[fd];
}

static bool is_below(const char *path)
{
	return shim.page && strncmp(path, shim.under, strlen(shim.under)) == 0;
}

static uint64_t draw(void)
{
	uint64_t x = (uint64_t)atomic_fetch_add(&shim.page->seed, 1) * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static bool drawn(void)
{
	return draw() % 1000 < (uint64_t)shim.page->permille;
}

static int refuse(int error)
{
	atomic_fetch_add(&shim.page->hits, 1);
	errno = error;
	return -1;
}

/* The trouble there is for one more call; those that change something are counted first. */
static enum trouble trouble(bool changes)
{
	if (changes) {
		atomic_fetch_add(&shim.page->calls, 1);
		if (shim.page->after > 0) {
			atomic_fetch_sub(&shim.page->after, 1);
			return NOTHING;
		}
	}
	return shim.page->after > 0 ? NOTHING : (enum trouble)shim.page->trouble;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's names are its own */

/* --- what opens and names --- */

static int opened(int directory, const char *path, int flags, mode_t mode)
{
	bool below = is_below(path);
	bool changes = (flags & O_ACCMODE) != O_RDONLY;
	enum trouble now = below ? trouble(false) : NOTHING;
	int fd;

	if (now == DESCRIPTORS || now == FILES)
		return refuse(now == FILES ? ENFILE : EMFILE);
	if (now == READ_ONLY && (changes || flags & O_CREAT))
		return refuse(EROFS);
	if (now == FULL && flags & O_CREAT && faccessat(directory, path, F_OK, 0) < 0)
		return refuse(ENOSPC);
	fd = (int)syscall(SYS_openat, directory, path, flags | O_LARGEFILE, mode);
	if (fd >= 0 && fd < DESCRIPTOR_MAX)
		shim.meant[fd] = below;
	return fd;
}

#define WITH_MODE(last)                           \
	mode_t mode = 0;                          \
                                                  \
	if (flags & (O_CREAT | O_TMPFILE)) {      \
		va_list arguments;                \
                                                  \
		va_start(arguments, last);        \
		mode = va_arg(arguments, mode_t); \
		va_end(arguments);                \
	}

int open(const char *path, int flags, ...)
{
	WITH_MODE(flags)
	return opened(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	WITH_MODE(flags)
	return opened(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
	WITH_MODE(flags)
	return opened(directory, path, flags, mode);
}

int close(int fd)
{
	if (fd >= 0 && fd < DESCRIPTOR_MAX)
		shim.meant[fd] = false;
	return (int)syscall(SYS_close, fd);
}

int unlink(const char *path)
{
	if (is_below(path)) {
		enum trouble now = trouble(true);

		if (now == READ_ONLY)
			return refuse(EROFS);
		if (now == BROKEN && drawn())
			return refuse(EIO);
	}
	return (int)syscall(SYS_unlink, path);
}

/* --- what writes --- */

static off_t size_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_size : 0;
}

/* Bytes that may be written at `offset`; -1: none, errno says why. */
static ssize_t allowed(int fd, size_t length, off_t offset)
{
	switch (trouble(true)) {
	case FULL:
		return offset + (off_t)length > size_of(fd) ? refuse(ENOSPC) : (ssize_t)length;
	case READ_ONLY:
		return refuse(EROFS);
	case BROKEN:
		return drawn() ? refuse(EIO) : (ssize_t)length;
	case SHORT:
		if (!drawn() || length < 2)
			return (ssize_t)length;
		(void)refuse(0);
		return (ssize_t)(1 + draw() % (length - 1));
	case NOTHING:
	case UNSYNCED:
	case DESCRIPTORS:
	case FILES:
		break;
	}
	return (ssize_t)length;
}

static ssize_t written(int fd, const void *bytes, size_t length, off_t offset)
{
	ssize_t most = is_meant(fd) ? allowed(fd, length, offset) : (ssize_t)length;

	if (most >= 0)
		return syscall(SYS_pwrite64, fd, bytes, (size_t)most, offset);
	if (errno == EIO) { /* torn: a part of it is there all the same */
		(void)!syscall(SYS_pwrite64, fd, bytes, draw() % length, offset);
		errno = EIO;
	}
	return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	return written(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
	return written(fd, bytes, length, offset);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	ssize_t most = is_meant(fd) ? allowed(fd, length, lseek(fd, 0, SEEK_CUR)) : (ssize_t)length;

	return most < 0 ? -1 : syscall(SYS_write, fd, bytes, (size_t)most);
}

/* --- what reads, cuts and syncs --- */

static bool breaks(int fd, bool changes)
{
	return is_meant(fd) && trouble(changes) == BROKEN && drawn();
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset)
{
	return breaks(fd, false) ? refuse(EIO) : syscall(SYS_pread64, fd, bytes, length, offset);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset)
{
	return breaks(fd, false) ? refuse(EIO) : syscall(SYS_pread64, fd, bytes, length, offset);
}

ssize_t read(int fd, void *bytes, size_t length)
{
	return breaks(fd, false) ? refuse(EIO) : syscall(SYS_read, fd, bytes, length);
}

static int cut(int fd, off_t size)
{
	if (is_meant(fd)) {
		enum trouble now = trouble(true);

		if (now == READ_ONLY)
			return refuse(EROFS);
		if (now == FULL && size > size_of(fd))
			return refuse(ENOSPC);
		if (now == BROKEN && drawn())
			return refuse(EIO);
	}
	return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size)
{
	return cut(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return cut(fd, size);
}

static int synced(int fd, long call)
{
	if (is_meant(fd)) {
		enum trouble now = trouble(true);

		if (now == UNSYNCED || (now == BROKEN && drawn()))
			return refuse(EIO);
	}
	return (int)syscall(call, fd);
}

int fsync(int fd)
{
	return synced(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return synced(fd, SYS_fdatasync);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
