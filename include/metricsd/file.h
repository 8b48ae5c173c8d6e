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
	uint32_t inflated;      /* what a compressed file says of its size, modulo 2^32 */
	uint32_t head_length;   /* bytes of what it holds, at most FILE_HEAD */
	bool packed;            /* compressed */
	bool refused;           /* may not be read */
	bool unfinished;        /* compressed: it ends before its time, within its head */
};

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

#endif
