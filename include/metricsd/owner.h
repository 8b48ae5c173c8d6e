/*
 * Root at work in a directory of another user's: what it leaves there must be that user's, who
 * could not go on with it else.
 */
#ifndef METRICSD_OWNER_H
#define METRICSD_OWNER_H

#include <stdbool.h>
#include <unistd.h>

struct error;

/* What is put back by owner_leave(). */
struct root {
	bool away;
	gid_t group;
};

/*
 * From now on root makes files as the owner of `directory`, with that user's rights, but reads what
 * root may (secrets, logs). Nothing is done for anybody else, nor where the directory is root's or
 * is not there. `ret` NULL: for good. -1, ERROR_OURS.
 */
int owner_become(const char *directory, struct root *ret, struct error *err);

/* Root again. One that is { 0 } is fine. */
void owner_leave(const struct root *root);

#endif
