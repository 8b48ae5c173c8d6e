/*
 * Files as a collector hears of them: the answer to REQUEST_FILES, an entry for each with the first
 * bytes of what it holds, by which it is known again under whatever name.
 */
#ifndef METRICSD_FILE_H
#define METRICSD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILE_NAME = 256, FILE_HEAD = 4096 };

struct file_entry {
	char name[FILE_NAME]; /* without its directory */
	uint64_t device, inode;
	int64_t size, modified; /* bytes on disk; time */
	int64_t changed;        /* time its place on the disk was changed last, which nobody sets */
	uint64_t mark;          /* of all that, to the nanosecond: while it stays nobody has touched
				   the file */
	uint32_t inflated;      /* what a compressed file says of its size, modulo 2^32 */
	uint32_t head_length;   /* bytes of what it holds, at most FILE_HEAD */
	bool packed;            /* compressed */
	bool refused;           /* may not be read */
	bool unfinished;        /* compressed: it ends before its time, within its head */
	bool untouched;         /* it bears a mark that was named: nobody looked into it */
};

/* Of so many first bytes: by it a file is known. */
uint64_t file_head_hash(const char *head, size_t length);

/* What an answer lists, entry by entry: { .bytes = …, .left = … }. */
struct file_list {
	const char *bytes;
	size_t left;
};

/* The next entry and its head (borrowed from the list): 1; 0: no more; -1: what is there is no
 * entry. */
int file_list_next(struct file_list *list, struct file_entry *ret, const char **head);

struct text;
void file_list_add(struct text *list, const struct file_entry *entry, const char *head);

/* Whether a name in the directory of the log `base` is its own or that of one rotated: access.log,
 * access.log.1, access.log.2.gz, access.log-20261101, access-20261101.log.gz. */
bool file_is_of_log(const char *base, const char *name);

/* Marks of files that need not be looked into: the body of REQUEST_FILES. */
void file_marks_add(struct text *marks, uint64_t mark);
bool file_marks_hold(const struct text *marks, uint64_t mark);

#endif
