#include "metricsd/access.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"
#include "metricsd/text.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	GROUP_MAY = S_IRGRP | S_IWGRP,
	FIRST_PERSON = 1000, /* users below it are services, login.defs(5) SYS_UID_MAX */
	LAST_PERSON = 60000,
};

/* --- who */

static void add_user(uid_t uid, struct text *out)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		text_add(out, user->pw_name);
	else
		text_addf(out, "%ld", (long)uid);
}

static void add_group(gid_t gid, struct text *out)
{
	const struct group *group = getgrgid(gid);

	if (group)
		text_add(out, group->gr_name);
	else
		text_addf(out, "%ld", (long)gid);
}

static bool is_member(gid_t group)
{
	int count = getgroups(0, NULL);
	SCOPED(memory)
	gid_t *groups = memory_new(count > 0 ? (size_t)count : 1, sizeof(*groups));
	bool found = getegid() == group;

	count = getgroups(count, groups);
	for (int i = 0; i < count; i++)
		found = found || groups[i] == group;
	return found;
}

/* --- what to do */

/* What root made while the directory did not hand its group on: whoever should use it is of the
 * directory's group already, or is its owner. */
static int refuse_strays(const char *path, const struct stat *about, const struct stat *directory,
			 struct error *err)
{
	SCOPED(memory)
	char *in = directory_of(path);
	SCOPED(text)
	struct text is = { 0 };
	SCOPED(text)
	struct text should = { 0 };

	add_user(about->st_uid, &is);
	text_add(&is, ":");
	add_group(about->st_gid, &is);
	add_user(directory->st_uid, &should);
	text_add(&should, ":");
	add_group(directory->st_gid, &should);
	return error_set(err, ERROR_OURS,
			 "%s belongs to %s, not to %s as its directory does: as root, chown %s "
			 "%s* and chmod 2770 %s, by which what others make there is the group's",
			 path, text_str(&is), text_str(&should), text_str(&should), path, in);
}

static int refuse_stranger(const char *path, gid_t group, struct error *err)
{
	bool person = geteuid() >= FIRST_PERSON && geteuid() <= LAST_PERSON;
	SCOPED(text)
	struct text members = { 0 };
	SCOPED(text)
	struct text user = { 0 };

	add_group(group, &members);
	add_user(geteuid(), &user);
	return error_set(err, ERROR_OURS,
			 "%s: only members of its group may read and write it: as root, usermod "
			 "-aG %s %s, then %s",
			 path, text_str(&members), text_str(&user),
			 person ? "log in again" : "start again what runs as that user");
}

static int refuse_all_but_owner(const char *path, const struct stat *about, struct error *err)
{
	bool directory = S_ISDIR(about->st_mode);
	SCOPED(text)
	struct text owner = { 0 };

	add_user(about->st_uid, &owner);
	return error_set(
		err, ERROR_OURS,
		"%s: only its owner, %s, may read and write it (mode %04o). If it is "
		"metricsd's, as root: chown metricsd:metricsd %s and chmod %s %s; else name "
		"a state_directory of your own",
		path, text_str(&owner), (unsigned)about->st_mode & 07777U, path,
		directory ? "2770" : "0660", path);
}

int access_refused(const char *path, struct error *err)
{
	SCOPED(memory)
	char *in = directory_of(path);
	struct stat about, directory;

	if (stat(path, &about) < 0 || stat(in, &directory) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	if (!S_ISDIR(about.st_mode) && about.st_gid != directory.st_gid &&
	    (directory.st_uid == geteuid() || is_member(directory.st_gid)))
		return refuse_strays(path, &about, &directory, err);
	if ((about.st_mode & GROUP_MAY) != GROUP_MAY)
		return refuse_all_but_owner(path, &about, err);
	if (!is_member(about.st_gid))
		return refuse_stranger(path, about.st_gid, err);
	return error_set(err, ERROR_OURS, "%s: %s", path, system_words(EACCES));
}

int access_no_directory(const char *directory, struct error *err)
{
	return error_set(err, ERROR_OURS,
			 "%s is not there: create it: install -d -m 2770 -o metricsd -g metricsd "
			 "%s",
			 directory, directory);
}

int access_directory(const char *directory, struct error *err)
{
	struct stat about;

	if (stat(directory, &about) < 0 && errno == ENOENT)
		return access_no_directory(directory, err);
	if (stat(directory, &about) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", directory, system_words(errno));
	if (!S_ISDIR(about.st_mode))
		return error_set(err, ERROR_OURS, "%s is not a directory", directory);
	if (faccessat(AT_FDCWD, directory, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	if (errno == EACCES)
		return access_refused(directory, err);
	return error_set(err, ERROR_OURS, "%s: %s", directory, system_words(errno));
}
