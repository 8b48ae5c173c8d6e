/*
 * Whose files are. Root at work in a directory of another user's leaves what is that user's, who
 * could not go on with it else; and secrets lie where nobody else can lay any.
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

/*
 * Whether what `fd` is open of is the user's who asks, and nobody else may write it: the members of
 * the service's group may rename what lies in its state directory, and lay another in its place.
 * -1, ERROR_OURS: it is not; `path` names it.
 */
int owner_only(int fd, const char *path, struct error *err);

#endif
