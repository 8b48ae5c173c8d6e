/*
 * How every account does. Read from the store, so that it works while the daemon is down; what only
 * the running daemon knows (who is being collected now) is asked for when it answers.
 */
#include "status.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { ENDS_UNKNOWN = 3 /* Nagios' */ };

/* --- what machines watch */

/* Whole or not at all: whoever collects the directory reads it at any moment, as another user. */
static int write_prometheus(struct status *status, const char *path, struct error *err)
{
	SCOPED(draft)
	struct draft draft = { .path = path, .mode = 0644, .exact = true, .special = true };

	if (draft_open(&draft, err) < 0 || status_prometheus(status, draft_stream(&draft), err) < 0)
		return -1;
	return draft_commit(&draft, err);
}

static int expose(struct status *status, const char *path)
{
	struct error err;

	if ((path ? write_prometheus(status, path, &err)
		  : status_prometheus(status, status->ctl->out, &err)) < 0)
		return ctl_fail(&err);
	return status->store.opened ? ENDS_FINE
				    : ctl_say(ENDS_FAILURE, "%s", status->store.why.text);
}

/* --- all of it */

static void look_at_file(struct status *status, const char *path)
{
	SCOPED(text)
	struct text log = { 0 };
	struct statvfs disk;
	struct stat file, wal;

	text_addf(&log, "%s-wal", path);
	if (stat(path, &file) == 0)
		status->store.bytes =
			file.st_size + (stat(text_str(&log), &wal) == 0 ? wal.st_size : 0);
	if (statvfs(status->ctl->config->state_directory, &disk) == 0)
		status->store.free = (int64_t)(disk.f_bavail * disk.f_frsize);
}

/* Whoever watches is told what is wrong rather than sent away. ERROR_INPUT: that cannot be known
 * from here. */
static int open_watched(struct status *status, const char *path)
{
	struct ctl *ctl = status->ctl;
	struct error *why = &status->store.why;

	if (store_open(path, STORE_READ, &ctl->store, why) == 0 && status_read(status, why) == 0)
		return 0;
	if (access(path, R_OK | W_OK) != 0)
		why->class = ERROR_INPUT; /* of others, or not there yet */
	return -1;
}

static int open_for_people(struct status *status)
{
	int ends = ctl_open(status->ctl, STORE_READ);
	struct error err;

	if (ends)
		return ends;
	return status_read(status, &err) < 0 ? ctl_fail(&err) : ENDS_FINE;
}

/* Whether the one asking wants Nagios' codes, also of words that are not understood. */
static bool asks_for_nagios(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--nagios") == 0)
			return true;
	return false;
}

struct options {
	bool nagios, prometheus;
	const char *file;
};

static int read_options(struct ctl *ctl, int *argc, char ***argv, struct options *ret)
{
	const char *format = NULL;
	const struct flag flags[] = {
		{ "nagios", NULL, &ret->nagios },
		{ "format", &format, NULL },
		{ "o", &ret->file, NULL },
		{ "output", &ret->file, NULL },
		{ 0 },
	};
	int ends;

	if (ctl_options(ctl, argc, argv, flags, 0, 0, &ends) < 0)
		return ends == ENDS_FINE ? -1 : ends;
	ret->prometheus = format && strcmp(format, "prometheus") == 0;
	if (format && !ret->prometheus && report_format_parse(format, &ctl->format) < 0)
		return ctl_say(ENDS_USAGE, "--format %s: expected table, csv, json or prometheus",
			       format);
	if (ret->file && !ret->prometheus)
		return ctl_say(ENDS_USAGE, "-o goes with --format prometheus");
	if (ret->nagios && format)
		return ctl_say(ENDS_USAGE, "--nagios has no --format");
	return ENDS_FINE;
}

static int run_with(struct status *status, const struct options *options)
{
	struct ctl *ctl = status->ctl;
	SCOPED(memory)
	char *path = NULL;
	SCOPED(json)
	cJSON *daemon = NULL;
	int ends;

	if ((ends = ctl_load(ctl)) || (ends = ctl_refuse_plan(ctl)))
		return ends;
	path = ctl->database ? memory_text(ctl->database) : config_database(ctl->config);
	look_at_file(status, path);
	status->daemon = daemon = daemon_status(ctl);
	if (daemon)
		status->store.trouble = json_text(daemon, "store_trouble");
	if (options->nagios || options->prometheus)
		status->store.opened = open_watched(status, path) == 0;
	else if ((ends = open_for_people(status)))
		return ends;
	ends = options->nagios       ? status_nagios(status)
	       : options->prometheus ? expose(status, options->file)
				     : status_show(status);
	status->daemon = NULL;
	return ends;
}

static int status_run(struct ctl *ctl, int argc, char **argv)
{
	struct status status = { .ctl = ctl, .store = { .bytes = -1, .free = -1 } };
	struct options options = { 0 };
	bool nagios = asks_for_nagios(argc, argv);
	int ends = read_options(ctl, &argc, &argv, &options);

	if (ends < 0)
		return ENDS_FINE; /* --help */
	if (ends == ENDS_FINE)
		ends = run_with(&status, &options);
	free(status.holds);
	free(status.tokens);
	free(status.store.backup.path);
	grid_clear(&status.grid);
	zones_clear(&status.zones);
	if (!nagios || status.told)
		return ends;
	(void)fputs("METRICSD UNKNOWN - metricsctl could not look: see metricsctl check\n",
		    ctl->out);
	return ENDS_UNKNOWN;
}

const struct command status_command = {
	.name = "status",
	.arguments = "",
	.purpose = "the health of every account",
	.help = "State, last success, next run, how many of the last 30 days and of the open "
		"month were\n"
		"read (or entered), the token; what failed and what to do, what waits and why, "
		"retired\n"
		"metrics, gaps in which stories could have gone unseen; the daemon and the "
		"database.\n"
		"Exit status 1 when an account or a token needs a person, when metricsd cannot "
		"write the\n"
		"database, or when accounts are to be collected and it does not answer.\n\n"
		"  --nagios             one line and Nagios' exit status: 0 OK, 1 WARNING, 2 "
		"CRITICAL,\n"
		"                       3 UNKNOWN\n"
		"  --format prometheus  for Prometheus, text format 0.0.4\n"
		"  -o, --output FILE    written there, whole or not at all: node_exporter's "
		"textfile\n"
		"                       directory\n\n"
		"example:\n"
		"  metricsctl status --format json\n"
		"  metricsctl status --format prometheus -o "
		"/var/lib/prometheus/node-exporter/metricsd.prom\n",
	.run = status_run,
	.takes_account = true,
	.formats = "table, csv, json or prometheus",
	.for_machines = true,
	.takes_database = true,
};
