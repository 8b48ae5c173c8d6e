/* What the configuration names on disk, looked at as whoever runs this. What the service alone may
 * look at is left to it (metricsctl check --online). */
#include "build.h"

#include "metricsd/access.h"
#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/file.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOOK_PATH_MAX = 1024 };

static const char hook_directory[] = METRICSD_SYSCONFDIR "/metricsd/alert.d";
static const char installed_file[] = METRICSD_SYSCONFDIR "/metricsd/metricsd.conf";
static const char installed_state[] = "/var/lib/metricsd";

/* --- files of collectors */

/* What there is instead of a file that is not there: whether a rotated one; the nearest name, the
 * caller's, or NULL. */
static bool look_beside(const char *path, bool rotated, char **near)
{
	SCOPED(memory)
	char *in = directory_of(path);
	const char *base = base_name(path);
	DIR *directory = opendir(in);
	bool found = false;

	*near = NULL;
	if (!directory)
		return false;
	for (const struct dirent *entry; (entry = readdir(directory));) {
		const char *const both[] = { *near ? *near : entry->d_name, entry->d_name, NULL };

		found = found || (rotated && file_is_of_log(base, entry->d_name));
		if (nearest_name(base, both) == entry->d_name) {
			char *name = memory_text(entry->d_name);

			free(*near);
			*near = name;
		}
	}
	(void)closedir(directory);
	return found;
}

static void complain_of_file(struct builder *builder, size_t line, const struct named_file *file)
{
	struct complaints *complaints = builder->reader.complaints;
	const char *path = text_str(&file->path);
	SCOPED(memory)
	char *in = directory_of(path);
	SCOPED(memory)
	char *near = NULL;

	if (access(in, F_OK) < 0 && errno == ENOENT)
		complain_of_lack(complaints, line,
				 "%s: %s is not there, for there is no directory %s: %s",
				 file->setting, shown(path).text, shown(in).text, file->remedy);
	else if (look_beside(path, file->rotated, &near))
		return;
	else if (near)
		complain_of_lack(complaints, line, "%s: %s is not there, did you mean \"%s\"?",
				 file->setting, shown(path).text, shown(near).text);
	else
		complain_of_lack(complaints, line, "%s: %s is not there: %s", file->setting,
				 shown(path).text, file->remedy);
}

static void check_file(struct builder *builder, size_t line, const struct named_file *file)
{
	struct complaints *complaints = builder->reader.complaints;
	const char *path = text_str(&file->path);
	struct stat about;

	if (stat(path, &about) < 0 && errno == ENOENT)
		complain_of_file(builder, line, file);
	else if (stat(path, &about) < 0 && errno == EACCES)
		complain_softly(complaints, line, "%s: %s cannot be looked at from here",
				file->setting, shown(path).text);
	else if (stat(path, &about) < 0)
		complain_of_lack(complaints, line, "%s: %s cannot be read: %s", file->setting,
				 shown(path).text, system_words(errno));
	else if (!S_ISREG(about.st_mode))
		complain_of_lack(complaints, line, "%s: %s is not a file: %s", file->setting,
				 shown(path).text, file->remedy);
	else if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0)
		complain_softly(complaints, line,
				"%s: %s cannot be read from here; the service has to be able to",
				file->setting, shown(path).text);
}

void check_named_files(struct builder *builder, const struct account *account,
		       const config_setting_t *group, const config_setting_t *defaults)
{
	const struct collector *collector = account->collector;
	struct named_file file;

	for (size_t i = 0;
	     collector->names_file && collector->names_file(account->settings, i, &file); i++) {
		bool shared = !member_of(group, file.setting) && member_of(defaults, file.setting);

		check_file(builder, line_of(shared ? defaults : group, file.setting), &file);
		text_clear(&file.path);
	}
}

/* --- directories */

/* The units of the package know one place: in another no timer finds what it is for, and says so
 * nowhere. */
static bool is_beside_its_units(const struct builder *builder)
{
	return strcmp(builder->source->names[0], installed_file) == 0 &&
	       strcmp(builder->config->state_directory, installed_state) != 0 &&
	       access(installed_state, F_OK) == 0;
}

void check_state_directory(struct builder *builder, const config_setting_t *root)
{
	struct error err;

	if (is_beside_its_units(builder))
		complain_softly(builder->reader.complaints, line_of(root, "state_directory"),
				"state_directory: the units of backups, reports and alerts know %s "
				"alone: leave it out, and mount the other disk there",
				installed_state);
	if (access_directory(builder->config->state_directory, &err) < 0)
		complain_of_lack(builder->reader.complaints, line_of(root, "state_directory"),
				 "state_directory: %s", err.text);
}

/* The one of /run is made when the service starts. */
void check_control(struct builder *builder, const config_setting_t *root)
{
	SCOPED(memory)
	char *directory = directory_of(builder->config->control);

	if (strncmp(directory, "/run/", 5) == 0 || access(directory, F_OK) == 0 || errno != ENOENT)
		return;
	complain_of_lack(builder->reader.complaints, line_of(root, "control"),
			 "control: there is no directory %s: leave control out, or create it: "
			 "install -d -m 0750 -o metricsd -g metricsd %s",
			 shown(directory).text, shown(directory).text);
}

/* --- programs of alerts */

static void check_hook_program(struct builder *builder, size_t line, const char *path)
{
	struct complaints *complaints = builder->reader.complaints;
	struct stat about;

	if (stat(path, &about) == 0) {
		if (!S_ISREG(about.st_mode) || (about.st_mode & 0111) == 0)
			complain_of_lack(complaints, line,
					 "hooks: %s is not a program: chmod 0755 %s", path, path);
	} else if (errno == EACCES) {
		complain_softly(complaints, line, "hooks: %s cannot be looked at from here", path);
	} else {
		complain_of_lack(complaints, line,
				 "hooks: %s is not there: put the program in that place, or take "
				 "its name out of hooks",
				 path);
	}
}

void check_hook_programs(struct builder *builder, const config_setting_t *group)
{
	char path[HOOK_PATH_MAX];

	for (const char *const *hook = builder->config->alerts.hooks; *hook; hook++) {
		(void)snprintf(path, sizeof(path), "%s/%.*s", hook_directory, ID_MAX, *hook);
		check_hook_program(builder, line_of(group, "hooks"), path);
	}
}
