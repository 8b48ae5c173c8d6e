#include "file.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/error.h"
#include "metricsd/file.h"
#include "metricsd/memory.h"
#include "metricsd/owner.h"
#include "metricsd/path.h"
#include "metricsd/siphash.h"
#include "metricsd/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PACKED_ROOM = 128 << 10, /* compressed bytes in memory */
	PACKED_HEAD = 16 << 10,  /* of a file of which only the first ones are wanted */
	LIST_MAX = 32 << 20,
	FILES_MAX = 4096,
	KEY_BYTES = 16,
	KEY_MODE = 0600,
	KEYS_MODE = 0700,
};

/* An open file. The buffer holds what begins at `start` of what the file holds. */
struct file_reader {
	int fd;
	bool packed;
	bool ended;   /* compressed: nothing comes any more */
	bool damaged; /* it ended before its time */
	char *buffer;
	size_t room, length;
	int64_t start;
	struct inflate_state *inflate;
	unsigned char *input;
	size_t input_room;
};

/* --- reading -------------------------------------------------------------------------------- */

static void reader_close(struct file_reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		(void)close(reader->fd);
	free(reader->buffer);
	free(reader->inflate);
	free(reader->input);
	free(reader);
}

static void begin_packed(struct file_reader *reader)
{
	isal_inflate_init(reader->inflate);
	reader->inflate->crc_flag = ISAL_GZIP;
	(void)lseek(reader->fd, 0, SEEK_SET);
	reader->start = 0;
	reader->length = 0;
	reader->ended = reader->damaged = false;
}

/* Whether what is open is compressed: 1 or 0; -1: it cannot be read just now. */
static int is_packed(int fd)
{
	unsigned char magic[2];
	ssize_t got = pread(fd, magic, 2, 0);

	return got < 0 ? -1 : got == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
}

/* Takes over the descriptor; `room` bytes of what the file holds are in memory at once. */
static struct file_reader *reader_new(int fd, bool packed, size_t room)
{
	struct file_reader *reader = memory_new(1, sizeof(*reader));

	reader->fd = fd;
	reader->buffer = memory_resize(NULL, room, 1);
	reader->room = room;
	reader->packed = packed;
	if (packed) {
		reader->inflate = memory_new(1, sizeof(*reader->inflate));
		reader->input_room = room < FILE_SLICE ? PACKED_HEAD : PACKED_ROOM;
		reader->input = memory_resize(NULL, reader->input_room, 1);
		begin_packed(reader);
	}
	return reader;
}

/* More compressed bytes, when all that were there are used. */
static int fill_input(struct file_reader *reader)
{
	struct inflate_state *inflate = reader->inflate;
	ssize_t got;

	if (inflate->avail_in > 0)
		return 0;
	do
		got = read(reader->fd, reader->input, reader->input_room);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	inflate->next_in = reader->input;
	inflate->avail_in = (uint32_t)got;
	return 0;
}

/* Behind a member: whether another begins. What else stands there is nobody's concern. */
static bool begin_member(struct file_reader *reader)
{
	struct inflate_state *inflate = reader->inflate;

	if (fill_input(reader) < 0 || inflate->avail_in == 0 || inflate->next_in[0] != 0x1f)
		return false;
	isal_inflate_reset(inflate);
	inflate->crc_flag = ISAL_GZIP;
	return true;
}

/* Inflates behind what is in the buffer until that is full or nothing comes any more. */
static int inflate_more(struct file_reader *reader)
{
	struct inflate_state *inflate = reader->inflate;

	inflate->next_out = (uint8_t *)reader->buffer + reader->length;
	inflate->avail_out = (uint32_t)(reader->room - reader->length);
	while (inflate->avail_out > 0 && !reader->ended) {
		int result;

		if (fill_input(reader) < 0)
			return -1;
		if (inflate->block_state == ISAL_BLOCK_FINISH) {
			reader->ended = !begin_member(reader);
			continue;
		}
		if (inflate->avail_in == 0) { /* in the midst of a member */
			reader->ended = reader->damaged = true;
			break;
		}
		result = isal_inflate(inflate);
		if (result < 0)
			reader->ended = reader->damaged = true;
	}
	reader->length = reader->room - inflate->avail_out;
	return 0;
}

/* Moves the buffer on so that it begins at `offset`: 1; 0: not yet. */
static int read_packed(struct file_reader *reader, int64_t offset)
{
	int64_t end = reader->start + (int64_t)reader->length;

	if (offset < reader->start) {
		begin_packed(reader);
		end = 0;
	}
	if (offset >= end) { /* on the way: what is there is left out */
		reader->start = end;
		reader->length = 0;
		if (offset > end) {
			int64_t skip;

			if (inflate_more(reader) < 0)
				return -1;
			skip = offset - reader->start;
			if (skip >= (int64_t)reader->length) {
				if (!reader->ended)
					return 0;
				reader->start += (int64_t)reader->length;
				reader->length = 0;
				return 1;
			}
		}
	}
	if (offset > reader->start) {
		size_t skip = (size_t)(offset - reader->start);

		memmove(reader->buffer, reader->buffer + skip, reader->length - skip);
		reader->length -= skip;
		reader->start = offset;
	}
	return inflate_more(reader) < 0 ? -1 : 1;
}

static int read_plain(struct file_reader *reader, int64_t offset)
{
	ssize_t got;

	do
		got = pread(reader->fd, reader->buffer, reader->room, offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	reader->start = offset;
	reader->length = (size_t)got;
	reader->ended = reader->length < reader->room;
	return 1;
}

/* --- first bytes ---------------------------------------------------------------------------- */

/*
 * Where what the file holds begins. A server that was not told to append goes on where it was when
 * its file was truncated, and leaves a hole of nothing before it.
 */
static off_t begin_of(int fd)
{
	enum { PIECE = 4096 };
	char bytes[PIECE];
	off_t at = lseek(fd, 0, SEEK_DATA);
	ssize_t got;

	for (at = at < 0 ? 0 : at; (got = pread(fd, bytes, PIECE, at)) > 0; at += got)
		for (ssize_t i = 0; i < got; i++)
			if (bytes[i])
				return at + i;
	return 0;
}

/* The first bytes of what a compressed file holds. */
static int read_packed_head(int fd, const struct stat *status, struct file_entry *entry,
			    char head[FILE_HEAD])
{
	struct file_reader *reader;
	uint32_t size;
	int result = 0;

	entry->packed = true;
	if (status->st_size >= 18 && pread(fd, &size, 4, status->st_size - 4) == 4)
		entry->inflated = le32toh(size);
	reader = reader_new(dup(fd), true, FILE_HEAD);
	if (reader->fd < 0 || read_packed(reader, 0) < 0)
		result = -1;
	else
		entry->head_length = (uint32_t)reader->length;
	memcpy(head, reader->buffer, entry->head_length);
	entry->unfinished = entry->head_length < FILE_HEAD && reader->damaged;
	reader_close(reader);
	return result;
}

/* The first bytes of what the file holds. By them it is known again, so that one which cannot be
 * read just now may not be taken for an empty or another one: -1. */
static int read_head(int fd, const struct stat *status, struct file_entry *entry,
		     char head[FILE_HEAD])
{
	int packed = is_packed(fd);
	ssize_t got;

	if (packed != 0)
		return packed < 0 ? -1 : read_packed_head(fd, status, entry, head);
	got = pread(fd, head, FILE_HEAD, 0);
	if (got > 0 && !head[0])
		got = pread(fd, head, FILE_HEAD, begin_of(fd));
	if (got > 0)
		entry->head_length = (uint32_t)got;
	return got < 0 ? -1 : 0;
}

/* --- opening -------------------------------------------------------------------------------- */

/* A file that may be read like one: -1 with errno else. */
static int open_regular(int directory, const char *name, struct stat *status)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (fstat(fd, status) == 0 && S_ISREG(status->st_mode))
		return fd;
	(void)close(fd);
	errno = ENOENT;
	return -1;
}

/* One that is shorter than it was is another: copied away and begun anew. */
static bool is_in_its_place(const struct stat *status, const struct request_file *file)
{
	return file->inode == 0 ||
	       ((uint64_t)status->st_ino == file->inode &&
		(uint64_t)status->st_dev == file->device && status->st_size >= file->size);
}

/* Whether what is open is what was listed: in its place, and with its first bytes, for the place of
 * one that is gone is soon another's. 1 or 0; -1: it cannot be read just now. */
static int is_listed(int fd, const struct stat *status, const struct request_file *file)
{
	struct file_entry entry = { 0 };
	char head[FILE_HEAD];

	if (!is_in_its_place(status, file))
		return 0;
	if (file->inode == 0)
		return 1;
	if (read_head(fd, status, &entry, head) < 0)
		return -1;
	return entry.head_length >= file->head_length &&
	       file_head_hash(head, file->head_length) == file->head;
}

/* -1 with errno, ENOENT for another than what was listed. */
static int open_listed(int directory, const char *name, const struct request_file *file,
		       struct stat *status)
{
	int fd = open_regular(directory, name, status);
	int listed = fd < 0 ? -1 : is_listed(fd, status, file);
	int number = listed == 0 ? ENOENT : errno;

	if (listed > 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	errno = number;
	return -1;
}

static void scoped_directory(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

/* The file was renamed since it was listed: it is looked for by its inode. */
static int open_renamed(const char *path, const struct request_file *file, struct stat *status)
{
	SCOPED(memory)
	char *name = directory_of(path);
	SCOPED(directory)
	DIR *directory = opendir(name);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		int fd;

		if ((uint64_t)entry->d_ino != file->inode)
			continue;
		fd = open_listed(dirfd(directory), entry->d_name, file, status);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	errno = ENOENT;
	return -1;
}

/* A compressed one is not written to while it is read: its place is enough. */
static bool is_open(const struct file_reader *reader, const struct request_file *file)
{
	struct stat status;

	return reader && file->inode != 0 && fstat(reader->fd, &status) == 0 &&
	       is_in_its_place(&status, file) &&
	       (reader->packed || is_listed(reader->fd, &status, file) > 0);
}

/* 1: the door's reader is of that file; 0: there is none any more; -1. */
static int open_reader(struct file_door *door, const struct request *request, struct error *err)
{
	const char *path = text_str(&request->url);
	const struct request_file *file = &request->file;
	struct stat status;
	int packed = 0;
	int fd;

	if (is_open(door->reader, file))
		return 1;
	reader_close(door->reader);
	door->reader = NULL;
	fd = open_listed(AT_FDCWD, path, file, &status);
	if (fd < 0 && errno == ENOENT && file->inode != 0)
		fd = open_renamed(path, file, &status);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0)
		packed = is_packed(fd);
	if (fd < 0 || packed < 0) {
		(void)error_set(err, errno == EACCES ? ERROR_PERMISSION : ERROR_TRANSIENT, "%s: %s",
				path, system_words(errno));
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	door->reader = reader_new(fd, packed > 0, FILE_SLICE);
	return 1;
}

static int answer_bytes(struct file_door *door, const struct request *request, struct response *ret,
			struct error *err)
{
	struct file_reader *reader;
	int found = open_reader(door, request, err);
	int done;

	if (found < 0)
		return -1;
	if (found == 0) {
		ret->status = 404;
		return 1;
	}
	reader = door->reader;
	done = reader->packed ? read_packed(reader, request->file.offset)
			      : read_plain(reader, request->file.offset);
	if (done < 0)
		return error_set(err, ERROR_TRANSIENT, "%s: %s", text_str(&request->url),
				 system_words(errno));
	ret->body = reader->buffer;
	ret->length = reader->length;
	ret->ended = reader->ended;
	if (reader->ended && reader->damaged)
		ret->headers = "Damaged: yes\r\n";
	return done;
}

/* --- listing -------------------------------------------------------------------------------- */

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

static void describe(struct file_entry *entry, const struct stat *status)
{
	static const unsigned char key[SIPHASH_KEY] = { 0 };
	uint64_t words[] = { (uint64_t)status->st_dev, (uint64_t)status->st_ino,
			     (uint64_t)status->st_size, nanoseconds(&status->st_mtim),
			     nanoseconds(&status->st_ctim) };

	entry->device = (uint64_t)status->st_dev;
	entry->inode = (uint64_t)status->st_ino;
	entry->size = status->st_size;
	entry->modified = status->st_mtim.tv_sec;
	entry->changed = status->st_ctim.tv_sec;
	entry->mark = siphash(key, words, sizeof(words));
}

/* Whether the asker knows the file as it is. */
static bool is_untouched(struct file_entry *entry, int directory, const char *name,
			 const struct text *marks)
{
	struct stat status;

	if (marks->length == 0 || fstatat(directory, name, &status, 0) < 0 ||
	    !S_ISREG(status.st_mode))
		return false;
	describe(entry, &status);
	return file_marks_hold(marks, entry->mark);
}

static int look_into(struct file_entry *entry, int directory, const char *name,
		     char head[FILE_HEAD], struct error *err)
{
	struct stat status;
	SCOPED(descriptor)
	int fd = open_regular(directory, name, &status);

	entry->refused = fd < 0;
	if (fd < 0 && errno != EACCES && errno != ENOENT && errno != ELOOP)
		return error_set(err, ERROR_TRANSIENT, "%s: %s", name, system_words(errno));
	if (fd < 0)
		return errno == EACCES;
	describe(entry, &status);
	if (read_head(fd, &status, entry, head) < 0)
		return error_set(err, ERROR_TRANSIENT, "%s: %s", name, system_words(errno));
	return 1;
}

static int list_file(struct text *list, int directory, const char *name, const struct text *marks,
		     struct error *err)
{
	struct file_entry entry = { 0 };
	char head[FILE_HEAD];
	int found = 1;

	if (strlen(name) >= sizeof(entry.name))
		return 0;
	memcpy(entry.name, name, strlen(name) + 1);
	entry.untouched = is_untouched(&entry, directory, name, marks);
	if (!entry.untouched)
		found = look_into(&entry, directory, name, head, err);
	if (found > 0)
		file_list_add(list, &entry, head);
	return found < 0 ? -1 : 0;
}

static int answer_files(struct file_door *door, const struct request *request, struct response *ret,
			struct error *err)
{
	const char *base = base_name(text_str(&request->url));
	SCOPED(memory)
	char *name = directory_of(text_str(&request->url));
	SCOPED(directory)
	DIR *directory = opendir(name);
	const struct dirent *entry;
	int count = 0;

	if (!directory)
		return error_set(err, errno == EACCES ? ERROR_PERMISSION : ERROR_REQUEST,
				 "%s: %s%s", name, system_words(errno),
				 errno == EACCES ? ": make metricsd a member of its group (adm on "
						   "Debian)"
						 : "");
	door->body.max = LIST_MAX;
	text_reset(&door->body);
	while ((entry = readdir(directory))) {
		if (!file_is_of_log(base, entry->d_name))
			continue;
		if (count == FILES_MAX)
			return error_set(err, ERROR_REQUEST,
					 "%s: more than %d files of this log: move old ones away",
					 name, FILES_MAX);
		if (list_file(&door->body, dirfd(directory), entry->d_name, &request->body, err) <
		    0)
			return -1;
		count++;
	}
	if (door->body.failed)
		return error_set(err, ERROR_REQUEST, "%s: too many files of this log", name);
	ret->body = text_str(&door->body);
	ret->length = door->body.length;
	return 1;
}

/* --- keys ----------------------------------------------------------------------------------- */

/* `errno` says why. Keys are the service's alone: whoever else is refused may ask it. */
static int keys_failed(const struct file_door *door, const char *name, struct error *err)
{
	int number = errno;
	struct stat status;

	if (number != EACCES && number != EPERM)
		return error_set(err, ERROR_OURS, "%s/keys/%s: %s", door->directory, name,
				 system_words(number));
	if (stat(door->directory, &status) < 0 || status.st_uid != geteuid())
		return error_set(err, ERROR_OURS,
				 "%s/keys/%s: only the owner of %s may use it: ask the daemon, by "
				 "metricsctl collect",
				 door->directory, name, door->directory);
	return error_set(
		err, ERROR_OURS, "%s/keys/%s: %s: as root, chown -R --reference=%s %s/keys",
		door->directory, name, system_words(number), door->directory, door->directory);
}

static int open_keys(const struct file_door *door, struct error *err)
{
	SCOPED(text)
	struct text path = { 0 };
	int fd;

	text_addf(&path, "%s/keys", door->directory);
	if (mkdir(text_str(&path), KEYS_MODE) < 0 && errno != EEXIST)
		return keys_failed(door, "", err);
	fd = open(text_str(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return keys_failed(door, "", err);
	/* whoever chose a key knows who came */
	if (owner_only(fd, text_str(&path), err) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void key_name(struct text *ret, const struct file_door *door, const char *account,
		     const char *name, size_t length)
{
	text_reset(ret);
	text_addf(ret, "%s,%s,%.*s", door->entity, account, (int)length, name);
}

/* On disk, under its name, before anybody uses it. */
static int make_key(const struct file_door *door, const char *name, unsigned char key[KEY_BYTES],
		    struct error *err)
{
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text made = { 0 };

	if (getrandom(key, KEY_BYTES, 0) != KEY_BYTES)
		return keys_failed(door, name, err);
	text_addf(&path, "%s/keys/%s", door->directory, name);
	text_addf(&made, "%s/keys/.made", door->directory);
	return draft_write(&(struct draft){ .path = text_str(&path),
					    .aside = text_str(&made),
					    .mode = KEY_MODE },
			   key, KEY_BYTES, err);
}

/* 1: here it is; 0: it is not there. One that is there and cannot be read is no reason to make
 * another, by which nobody who was counted would be known again: -1. */
static int read_key(const struct file_door *door, int keys, const char *name,
		    unsigned char key[KEY_BYTES], struct error *err)
{
	SCOPED(descriptor)
	int fd = openat(keys, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT ? 0 : keys_failed(door, name, err);
	got = read(fd, key, KEY_BYTES);
	if (got < 0)
		return keys_failed(door, name, err);
	if (got < KEY_BYTES)
		return error_set(
			err, ERROR_OURS,
			"%s/keys/%s: damaged (%zd bytes of %d): remove it, which makes the "
			"visitors of its month \"at least\" so many",
			door->directory, name, got, KEY_BYTES);
	return 1;
}

/* The key of the account's former name becomes that of its new one: 1; 0: there is none. */
static int rename_key(const struct file_door *door, int keys, const char *name, const char *file,
		      struct error *err)
{
	SCOPED(text)
	struct text old = { 0 };

	if (!door->renamed_from)
		return 0;
	key_name(&old, door, door->renamed_from, name, strcspn(name, ","));
	if (renameat(keys, text_str(&old), keys, file) < 0)
		return errno == ENOENT ? 0 : keys_failed(door, text_str(&old), err);
	return fsync(keys) < 0 ? keys_failed(door, file, err) : 1;
}

/* `name`: up to a comma. */
static int take_key(const struct file_door *door, int keys, const char *name,
		    unsigned char key[KEY_BYTES], struct error *err)
{
	SCOPED(text)
	struct text file = { 0 };
	int found;

	key_name(&file, door, door->account, name, strcspn(name, ","));
	found = read_key(door, keys, text_str(&file), key, err);
	if (found == 0 && (found = rename_key(door, keys, name, text_str(&file), err)) > 0)
		found = read_key(door, keys, text_str(&file), key, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return make_key(door, text_str(&file), key, err);
}

/* Overwritten before it goes: in its place, where a draft would leave the old bytes on the disk. */
static void destroy_key(int keys, const char *name)
{
	static const unsigned char nothing[KEY_BYTES] = { 0 };
	SCOPED(descriptor)
	int fd = openat(keys, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && write(fd, nothing, sizeof(nothing)) == (ssize_t)sizeof(nothing))
		(void)fsync(fd);
	(void)unlinkat(keys, name, 0);
}

/* Whether the key `name` is one of "live-2026-10,live-2026-11". */
static bool is_named(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
			return true;
	return false;
}

static void destroy_others(const struct file_door *door, int keys, const char *names)
{
	SCOPED(text)
	struct text own = { 0 };
	SCOPED(directory)
	DIR *directory = fdopendir(dup(keys));
	const struct dirent *entry;

	text_addf(&own, "%s,%s,", door->entity, door->account);
	if (directory)
		rewinddir(directory);
	while (directory && (entry = readdir(directory)))
		if (strncmp(entry->d_name, text_str(&own), own.length) == 0 &&
		    !is_named(names, entry->d_name + own.length))
			destroy_key(keys, entry->d_name);
}

static int answer_keys(struct file_door *door, const struct request *request, struct response *ret,
		       struct error *err)
{
	const char *names = text_str(&request->url);
	SCOPED(descriptor)
	int keys = open_keys(door, err);

	if (keys < 0)
		return -1;
	text_reset(&door->body);
	for (const char *at = names; *at; at += strcspn(at, ","), at += *at == ',') {
		unsigned char key[KEY_BYTES];

		if (take_key(door, keys, at, key, err) < 0)
			return -1;
		text_add_n(&door->body, (const char *)key, sizeof(key));
	}
	if (request->only)
		destroy_others(door, keys, names);
	ret->body = text_str(&door->body);
	ret->length = door->body.length;
	return 1;
}

/* --- parts ---------------------------------------------------------------------------------- */

static int answer_part(struct file_door *door, const struct request *request, struct response *ret,
		       struct error *err)
{
	int more;

	door->body.max = PART_MAX + 1;
	text_reset(&door->body);
	more = store_part_next(door->store, door->entity, door->account, text_str(&request->body),
			       text_str(&request->url), &door->name, &door->body, err);
	if (more < 0)
		return -1;
	if (more == 0)
		ret->status = 404;
	ret->headers = text_str(&door->name);
	ret->body = text_str(&door->body);
	ret->length = door->body.length;
	return 1;
}

int file_answer(struct file_door *door, const struct request *request, struct response *ret,
		struct error *err)
{
	*ret = (struct response){ .status = 200, .body = "", .headers = "" };
	switch (request->kind) {
	case REQUEST_HTTP:
		break;
	case REQUEST_FILES:
		return answer_files(door, request, ret, err);
	case REQUEST_BYTES:
		return answer_bytes(door, request, ret, err);
	case REQUEST_KEYS:
		return answer_keys(door, request, ret, err);
	case REQUEST_PART:
		return answer_part(door, request, ret, err);
	}
	return error_set(err, ERROR_REQUEST, "not a request of this machine's");
}

void file_door_clear(struct file_door *door)
{
	reader_close(door->reader);
	door->reader = NULL;
	if (door->body.length > 0)
		explicit_bzero(door->body.bytes, door->body.length);
	text_clear(&door->body);
	text_clear(&door->name);
}
