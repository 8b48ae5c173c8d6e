/*
 * The files of the simulated machine that are its web servers': daemon/file.c itself reads them,
 * compiled so that what it opens and reads comes through here (see world_shim.h), where a log's
 * directory is gone, shut, or rotated between two reads.
 */
#ifndef METRICSD_SIM_WORLD_FILES_H
#define METRICSD_SIM_WORLD_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct files;
struct weblog;

/* What can be wrong with a log. */
enum file_trouble {
	FILE_FINE,
	FILE_GONE,    /* its directory: a share that is not mounted */
	FILE_SHUT,    /* nobody but the server may read it */
	FILE_ROTATED, /* those that were rotated may not be read, the log itself may */
	FILE_ERRORS,  /* every other read fails */
};
enum { FILE_TROUBLES = 5 };

/* One at a time. */
struct files *files_new(struct ev_loop *loop, uint64_t seed);
void files_free(struct files *files);

/* A log under a path that has `/name/` in it; taken over. */
void files_add(struct files *files, const char *name, struct weblog *log);
struct weblog *files_find(const struct files *files, const char *name);

void files_trouble(struct files *files, const char *name, enum file_trouble trouble);

/* It is rotated before the so-manieth read from now on, while somebody is at it. */
void files_rotate(struct files *files, const char *name, int reads);

struct file_counts {
	uint64_t asked;   /* requests of the machine's own */
	uint64_t refused; /* directories and files that could not be opened, reads that failed */
	uint64_t rotated; /* between two reads */
};
struct file_counts file_counts(const struct files *files);

#endif
