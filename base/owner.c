#include "metricsd/owner.h"

#include "metricsd/error.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Of what root may, this thread may still read; where the system keeps that from it, it says so
 * when something cannot be read. */
static void keep_reading(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets) < 0)
		return;
	sets[0].effective |= sets[0].permitted & CAP_TO_MASK(CAP_DAC_READ_SEARCH);
	(void)syscall(SYS_capset, &header, sets);
}

int owner_become(const char *directory, struct root *ret, struct error *err)
{
	struct root root = { .away = true, .group = getegid() };
	struct stat status;

	if (geteuid() != 0 || stat(directory, &status) < 0 || status.st_uid == 0)
		return 0;
	if (setegid(status.st_gid) < 0)
		return error_set(err, ERROR_OURS, "root cannot work as the owner of %s: %s",
				 directory, system_words(errno));
	if (seteuid(status.st_uid) < 0) {
		(void)error_set(err, ERROR_OURS, "root cannot work as the owner of %s: %s",
				directory, system_words(errno));
		(void)setegid(root.group);
		return -1;
	}
	keep_reading();
	if (ret)
		*ret = root;
	return 0;
}

void owner_leave(const struct root *root)
{
	if (!root->away)
		return;
	(void)!seteuid(0);
	(void)!setegid(root->group);
}

int owner_only(int fd, const char *path, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	if (status.st_uid != geteuid())
		return error_set(
			err, ERROR_OURS,
			"%s is not the service's, and whoever laid it there may know what is "
			"in it: look whose it is, and remove it",
			path);
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, ERROR_OURS, "others may write %s: chmod go-w %s", path, path);
	return 0;
}
