/* A backup in the place of the database, and what was lost by that. */
#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HOUR = 3600 };

/* What FILE is: itself and a log that belongs to it. */
struct source {
	int file, log;
};

static void scoped_source(const struct source *source)
{
	if (source->file >= 0)
		(void)close(source->file);
	if (source->log >= 0)
		(void)close(source->log);
}

/* The log or journal of a database that was not closed. */
static int open_end(const char *file, const char *end)
{
	SCOPED(text)
	struct text path = { 0 };
	struct stat status;

	text_addf(&path, "%s%s", file, end);
	if (stat(text_str(&path), &status) < 0 || status.st_size == 0)
		return -1;
	return open(text_str(&path), O_RDONLY | O_CLOEXEC);
}

static int open_source(const char *file, const char *database, struct source *ret)
{
	struct stat status, current;
	int journal;

	ret->file = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (ret->file < 0 || fstat(ret->file, &status) < 0)
		return ctl_say(ENDS_USAGE, "%s: %s", file, system_words(errno));
	if (!S_ISREG(status.st_mode))
		return ctl_say(ENDS_USAGE, "%s is no backup of metricsd", file);
	if (stat(database, &current) == 0 && current.st_ino == status.st_ino &&
	    current.st_dev == status.st_dev)
		return ctl_say(ENDS_USAGE, "%s is the database itself: name a backup", file);
	journal = open_end(file, "-journal");
	if (journal >= 0) {
		(void)close(journal);
		return ctl_say(ENDS_FAILURE,
			       "%s was copied while it was being written (there is a %s-journal): "
			       "take another backup",
			       file, file);
	}
	ret->log = open_end(file, "-wal");
	return ENDS_FINE;
}

/* --- what was lost -------------------------------------------------------------------------- */

static void say_entries(const struct ctl *ctl, const struct store_restored *restored)
{
	char newest[TIME_TEXT];

	(void)time_text(restored->contents.newest, newest);
	if (restored->entries < 0) {
		(void)fprintf(ctl->out,
			      say("LOST: whatever people entered, recorded or signed after %s. "
				  "The old database cannot be read.\n"),
			      newest);
		return;
	}
	if (restored->entries > 0)
		(void)fprintf(
			ctl->out,
			say_count("LOST: %lld entry of people or files made after %s; enter "
				  "it again.\n",
				  "LOST: %lld entries of people or files made after %s; enter "
				  "them again.\n",
				  restored->entries),
			(long long)restored->entries, newest);
	if (restored->closings > 0)
		(void)fprintf(ctl->out,
			      say_count("LOST: %lld signed period; sign it again.\n",
					"LOST: %lld signed periods; sign them again.\n",
					restored->closings),
			      (long long)restored->closings);
	if (restored->kept && (restored->entries > 0 || restored->closings > 0))
		(void)fprintf(ctl->out,
			      say("They can be read in the old database:\n"
				  "  metricsctl entries --database %s\n"
				  "  metricsctl record --list --database %s\n"),
			      restored->kept, restored->kept);
}

static void say_days(const struct ctl *ctl, const struct store_restored *restored)
{
	int64_t hours = (ctl->now - restored->contents.newest) / HOUR;
	int64_t days = (hours + 12) / 24;
	char newest[TIME_TEXT];

	if (!restored->contents.newest || hours < 1)
		return;
	(void)time_text(restored->contents.newest, newest);
	if (hours < 48)
		(void)fprintf(ctl->out,
			      say_count("%lld hour lies between the backup (%s) and now.\n",
					"%lld hours lie between the backup (%s) and now.\n", hours),
			      (long long)hours, newest);
	else
		(void)fprintf(ctl->out,
			      say_count("%lld day lies between the backup (%s) and now.\n",
					"%lld days lie between the backup (%s) and now.\n", days),
			      (long long)days, newest);
	(void)fputs(say("What the providers still have of them is asked for again by itself; what "
			"they no longer have lacks, with the reason \"restored\".\n"),
		    ctl->out);
}

/* Logs whose reading is in the backup. */
static int say_logs(struct ctl *ctl, const struct store_restored *restored)
{
	char newest[TIME_TEXT];

	(void)time_text(restored->contents.newest, newest);
	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		for (size_t i = 0; i < entity->account_count; i++) {
			const struct account *account = &entity->accounts[i];
			SCOPED(text)
			struct text name = { 0 };
			SCOPED(text)
			struct text bytes = { 0 };
			struct error err;
			int more;

			if (strcmp(account->collector->name, "accesslog") != 0)
				continue;
			more = store_part_next(ctl->store, entity->id, account->id, "live/", "",
					       &name, &bytes, &err);
			if (more < 0)
				return ctl_fail(&err);
			if (more > 0)
				(void)fprintf(
					ctl->out,
					say("%s/%s: the month %.7s of its access log is "
					    "incomplete: its visitors, and the days since the "
					    "backup, are \"at least\" (≥) so many, unless the "
					    "log and the key of that month are still on this "
					    "machine.\n"),
					entity->id, account->id, newest);
		}
	}
	return ENDS_FINE;
}

static int report(struct ctl *ctl, const char *file, const char *database,
		  const struct store_restored *restored)
{
	const struct store_contents *contents = &restored->contents;
	char first[DAY_TEXT], last[DAY_TEXT];
	int ends;

	(void)fprintf(ctl->out, say("%s is restored from %s"), database, file);
	if (contents->first != DAY_NONE)
		(void)fprintf(ctl->out, say(": figures of %s to %s"),
			      day_text(contents->first, first), day_text(contents->last, last));
	(void)fputs(".\n", ctl->out);
	if (restored->kept)
		(void)fprintf(ctl->out, say("The old database is kept as %s.\n"), restored->kept);
	say_days(ctl, restored);
	say_entries(ctl, restored); /* first of all, for what follows may fail */
	if ((ends = ctl_open(ctl, STORE_READ)) || (ends = say_logs(ctl, restored)))
		return ends;
	(void)fputs(say("Start the daemon again: systemctl start metricsd\n"), ctl->out);
	return restored->entries || restored->closings ? ENDS_PERSON : ENDS_FINE;
}

static int restore_from(struct ctl *ctl, const char *file)
{
	SCOPED(memory)
	char *database = config_database(ctl->config);
	SCOPED(memory)
	char *origin = realpath(file, NULL); /* while it may be looked at */
	SCOPED(text)
	struct text published = { 0 };
	SCOPED(source)
	struct source source = { -1, -1 };
	struct store_restored restored = { 0 };
	struct error err;
	int ends;

	if ((ends = open_source(file, database, &source)))
		return ends;
	if (owner_become(ctl->config->state_directory, NULL, &err) < 0)
		return ctl_fail(&err);
	text_addf(&published, "%s/published.db", ctl->config->state_directory);
	if (store_restore(&(struct store_restoring){ .path = database,
						     .published = text_str(&published),
						     .name = file,
						     .origin = origin,
						     .file = source.file,
						     .log = source.log,
						     .now = ctl->now },
			  &restored, &err) < 0)
		return ctl_fail(&err);
	ends = report(ctl, file, database, &restored);
	free(restored.kept);
	return ends;
}

static int restore(struct ctl *ctl, int argc, char **argv)
{
	int ends;

	if (ctl_options(ctl, &argc, &argv, NULL, 1, 1, &ends) < 0)
		return ends;
	if (ctl->entity)
		return ctl_say(ENDS_USAGE, "a backup is restored as a whole: leave --entity out");
	if ((ends = ctl_load(ctl)) || (ends = ctl_speak(ctl, NULL)))
		return ends;
	language_use(ctl->language);
	return restore_from(ctl, argv[0]);
}

const struct command restore_command = {
	.name = "restore",
	.arguments = "FILE",
	.purpose = "put a backup in the place of the database, and say what is lost",
	.help = "Stop metricsd first. FILE is checked before anything is changed; the old "
		"database\n"
		"is kept beside the new one with the time in its name. Says what people entered "
		"since\n"
		"the backup and must enter again (exit status 1); what was collected since is "
		"asked for\n"
		"again by the daemon.\n\n"
		"example:\n"
		"  systemctl stop metricsd\n"
		"  metricsctl restore /var/lib/metricsd/backups/metrics-20261122T031000Z.db\n"
		"  systemctl start metricsd\n",
	.run = restore,
};
