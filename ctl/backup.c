/* A copy of the database while it is in use, and the rotation of those a timer makes. */
#include "ctl.h"
#include "evidence.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/owner.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	KEEP_MAX = 100000,
	OWN_MODE = 0600,   /* FILE is for whoever made it */
	GROUP_MODE = 0640, /* of a directory for backups: its group may read them */
	NAME_TEXT = sizeof("metrics-20261122T031000Z.db"),
};

/* What backups in a directory are called; 0 stands for a digit. */
static const char pattern[NAME_TEXT] = "metrics-00000000T000000Z.db";

struct wish {
	const char *directory, *keep;
	bool force;
	int64_t keeps; /* 0: all */
};

/* --- names ---------------------------------------------------------------------------------- */

static void name_of(int64_t now, char ret[NAME_TEXT])
{
	char at[TIME_TEXT];
	const char *digit = time_text(now, at);

	for (size_t i = 0; i < NAME_TEXT; i++) {
		ret[i] = pattern[i];
		if (pattern[i] != '0')
			continue;
		digit += strcspn(digit, "0123456789");
		ret[i] = *digit++;
	}
}

static bool is_backup(const char *name)
{
	if (strlen(name) != NAME_TEXT - 1)
		return false;
	for (size_t i = 0; pattern[i]; i++)
		if (pattern[i] == '0' ? !strchr("0123456789", name[i]) : name[i] != pattern[i])
			return false;
	return true;
}

/* Whether the file is the database, or what belongs to it while it is open. */
static bool is_in_use(const struct ctl *ctl, const struct stat *file)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal", ".collector" };
	SCOPED(memory)
	char *path = config_database(ctl->config);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		SCOPED(text)
		struct text name = { 0 };
		struct stat status;

		text_addf(&name, "%s%s", path, ends[i]);
		if (stat(text_str(&name), &status) == 0 && status.st_ino == file->st_ino &&
		    status.st_dev == file->st_dev)
			return true;
	}
	return false;
}

static int check_target(const struct ctl *ctl, const char *file, bool force)
{
	struct stat status;

	if (lstat(file, &status) < 0)
		return errno == ENOENT ? ENDS_FINE
				       : ctl_say(ENDS_USAGE, "%s: %s", file, system_words(errno));
	if (is_in_use(ctl, &status))
		return ctl_say(ENDS_USAGE, "%s is the database itself: name another file", file);
	if (!S_ISREG(status.st_mode))
		return ctl_say(ENDS_USAGE,
			       S_ISDIR(status.st_mode)
				       ? "%s is a directory: --directory makes backups in it"
				       : "%s is no ordinary file",
			       file);
	if (!force)
		return ctl_say(ENDS_USAGE, "%s is there already: name another file, or --force",
			       file);
	return ENDS_FINE;
}

/* --- one backup ----------------------------------------------------------------------------- */

static void say_contents(const struct ctl *ctl, const char *file,
			 const struct store_contents *contents)
{
	char first[DAY_TEXT], last[DAY_TEXT], newest[TIME_TEXT];

	(void)fprintf(ctl->out, say("%s: %lld bytes, whole\n"), file, (long long)contents->size);
	if (contents->first == DAY_NONE)
		(void)fputs(say("no figures in it yet\n"), ctl->out);
	else
		(void)fprintf(ctl->out,
			      say_count("figures of %s to %s, %lld day\n",
					"figures of %s to %s, %lld days\n",
					contents->last - contents->first + 1),
			      day_text(contents->first, first), day_text(contents->last, last),
			      (long long)contents->last - contents->first + 1);
	if (contents->newest)
		(void)fprintf(ctl->out, say("last written to at %s\n"),
			      time_text(contents->newest, newest));
}

/* For status. It comes after the copy, which has nothing of it; without it the copy is as good. */
static void keep_fact(const struct ctl *ctl, const char *file)
{
	SCOPED(memory)
	char *database = config_database(ctl->config);
	SCOPED(memory)
	char *path = realpath(file, NULL);
	SCOPED(store)
	struct store *store = NULL;
	struct error err;

	if (ctl->database) /* another one was copied */
		return;
	if (store_open(database, STORE_PERSON, &store, &err) < 0 ||
	    store_backup_keep(store, ctl->now, path ? path : file, &err) < 0)
		(void)ctl_say(ENDS_FINE,
			      "the backup is whole, but `metricsctl status` does not know of it: "
			      "%s",
			      err.text);
}

/* In a `directory` (NULL: none) root makes it as the owner, whose timer goes on there. */
static int make_backup(struct ctl *ctl, const struct store_copy *copy, const char *directory)
{
	struct store_contents contents;
	char hash[SHA256_TEXT];
	struct root root = { 0 };
	struct error err;
	int result;

	if (directory && owner_become(directory, &root, &err) < 0)
		return ctl_fail(&err);
	result = store_backup(ctl->store, copy, &contents, &err);
	if (result == 0)
		result = file_digest(copy->file, hash, &err);
	owner_leave(&root);
	if (result < 0)
		return ctl_fail(&err);
	say_contents(ctl, copy->file, &contents);
	(void)fprintf(ctl->out, "SHA-256 %s\n", hash);
	keep_fact(ctl, copy->file);
	return ENDS_FINE;
}

static int backup_file(struct ctl *ctl, const char *file, bool force)
{
	SCOPED(text)
	struct text temporary = { 0 };
	int ends = check_target(ctl, file, force);

	if (ends)
		return ends;
	text_addf(&temporary, "%s.new", file);
	return make_backup(ctl,
			   &(struct store_copy){ .file = file,
						 .temporary = text_str(&temporary),
						 .mode = OWN_MODE,
						 .replace = force },
			   NULL);
}

/* --- a directory of them -------------------------------------------------------------------- */

struct backups {
	struct dirent **items;
	int count;
};

static void scoped_backups(struct backups *backups)
{
	for (int i = 0; i < backups->count; i++)
		free(backups->items[i]);
	free(backups->items);
}

static int only_backups(const struct dirent *entry)
{
	return is_backup(entry->d_name);
}

static int drop(struct ctl *ctl, const char *directory, const char *name)
{
	SCOPED(text)
	struct text path = { 0 };

	text_addf(&path, "%s/%s", directory, name);
	if (unlink(text_str(&path)) < 0)
		return ctl_say(ENDS_FAILURE, "%s: %s", text_str(&path), system_words(errno));
	(void)fprintf(ctl->out, say("%s removed\n"), text_str(&path));
	return ENDS_FINE;
}

/* The oldest go, by the times in their names; never the one just made, whatever the clock said. */
static int rotate(struct ctl *ctl, const struct wish *wish, const char *made)
{
	SCOPED(backups)
	struct backups backups = { 0 };
	int ends = ENDS_FINE;
	int64_t spare;

	backups.count = scandir(wish->directory, &backups.items, only_backups, alphasort);
	if (backups.count < 0)
		return ctl_say(ENDS_FAILURE, "%s: %s", wish->directory, system_words(errno));
	spare = backups.count - wish->keeps;
	for (int i = 0; ends == ENDS_FINE && i < backups.count && spare > 0; i++) {
		if (strcmp(backups.items[i]->d_name, made) == 0)
			continue;
		ends = drop(ctl, wish->directory, backups.items[i]->d_name);
		spare--;
	}
	return ends;
}

static int backup_directory(struct ctl *ctl, const struct wish *wish)
{
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text temporary = { 0 };
	char name[NAME_TEXT];
	struct stat status;
	int ends;

	if (stat(wish->directory, &status) < 0 || !S_ISDIR(status.st_mode))
		return ctl_say(ENDS_FAILURE, "%s is no directory that is there: create it",
			       wish->directory);
	name_of(ctl->now, name);
	text_addf(&file, "%s/%s", wish->directory, name);
	text_addf(&temporary, "%s/metrics.db.new", wish->directory);
	ends = make_backup(ctl,
			   &(struct store_copy){ .file = text_str(&file),
						 .temporary = text_str(&temporary),
						 .mode = GROUP_MODE },
			   wish->directory);
	return ends || !wish->keeps ? ends : rotate(ctl, wish, name);
}

/* --- all of it ------------------------------------------------------------------------------ */

static int check_wish(struct wish *wish, int argc)
{
	struct error err;

	if (argc == (wish->directory ? 1 : 0))
		return ctl_say(ENDS_USAGE, "backup wants FILE, or --directory DIR; see metricsctl "
					   "backup --help");
	if (wish->keep && !wish->directory)
		return ctl_say(ENDS_USAGE, "--keep says how many stay in a --directory");
	if (wish->force && wish->directory)
		return ctl_say(ENDS_USAGE, "--force is for a FILE that is there already");
	if (!wish->keep)
		return ENDS_FINE;
	if (value_parse(wish->keep, "--keep", &wish->keeps, &err) < 0)
		return ctl_fail(&err);
	if (wish->keeps < 1 || wish->keeps > KEEP_MAX)
		return ctl_say(ENDS_USAGE, "--keep is %s, expected 1 to %d", wish->keep, KEEP_MAX);
	return ENDS_FINE;
}

static int backup(struct ctl *ctl, int argc, char **argv)
{
	struct wish wish = { 0 };
	const struct flag flags[] = { { "directory", &wish.directory, NULL },
				      { "keep", &wish.keep, NULL },
				      { "force", NULL, &wish.force },
				      { 0 } };
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 1, &ends) < 0)
		return ends;
	if ((ends = check_wish(&wish, argc)) || (ends = ctl_load(ctl)) ||
	    (ends = ctl_open(ctl, STORE_READ)) || (ends = ctl_speak(ctl, NULL)))
		return ends;
	language_use(ctl->language);
	if (wish.directory)
		return backup_directory(ctl, &wish);
	return backup_file(ctl, argv[0], wish.force);
}

const struct command backup_command = {
	.name = "backup",
	.arguments = "FILE",
	.purpose = "copy the database while it is in use, checked and on disk",
	.help = "The copy is as of one moment; collecting and entering go on meanwhile. It is one\n"
		"file with every figure, entry, record and signature; no token and no key of an\n"
		"access log is in it. It has its name once it was checked.\n\n"
		"      --force          write over a FILE that is there\n"
		"      --directory DIR  instead of FILE: metrics-20261122T031000Z.db in DIR\n"
		"      --keep N         with --directory: remove the oldest but N\n\n"
		"examples:\n"
		"  metricsctl backup /media/usb/metrics.db\n"
		"  metricsctl backup --directory /var/lib/metricsd/backups --keep 14\n",
	.run = backup,
	.takes_database = true,
};
