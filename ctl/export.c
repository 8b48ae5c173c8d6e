/* Figures to hand out: open data for everybody, or a period with all that proves it. */
#include "export.h"

#include "report.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <string.h>
#include <strings.h>

/* What was asked on the command line. */
struct wish {
	const char *open_data, *evidence, *date, *license, *url, *files, *definition;
	bool force;
};

/* They become IRIs of the DCAT record: a catalogue follows them. */
static int check_address(const char *option, const char *address)
{
	const char *host;
	bool fine;

	if (!address)
		return ENDS_FINE;
	host = strstr(address, "://");
	fine = (strncasecmp(address, "https://", 8) == 0 ||
		strncasecmp(address, "http://", 7) == 0) &&
	       host[3] && !strchr("/?#", host[3]) && !strpbrk(address, " <>\"{}|\\^`");
	if (fine)
		return check_words(option, address, EVIDENCE_MAX);
	return ctl_say(ENDS_USAGE,
		       "%s \"%.100s\": expected a web address, like "
		       "https://creativecommons.org/licenses/by/4.0/",
		       option, address);
}

static int check_wish(const struct wish *wish)
{
	if (!wish->open_data == !wish->evidence)
		return ctl_say(ENDS_USAGE, "name one of --open-data DIR and --evidence DIR");
	if (wish->evidence && (wish->license || wish->url))
		return ctl_say(ENDS_USAGE, "--license and --url are of --open-data");
	if (wish->open_data && (wish->files || wish->definition))
		return ctl_say(ENDS_USAGE, "--files and --definition are of --evidence");
	if (check_address("--license", wish->license) != ENDS_FINE ||
	    check_address("--url", wish->url) != ENDS_FINE)
		return ENDS_USAGE;
	return report_path_check(wish->evidence ? "--" EVIDENCE : "--" OPEN_DATA,
				 wish->evidence ? wish->evidence : wish->open_data, false);
}

static int prepare(struct export *export, const struct wish *wish, struct error *err)
{
	struct ctl *ctl = export->ctl;

	if (report_entities(ctl, &export->entities, &export->entity, err) < 0 ||
	    report_word(ctl, export->entity, export->word, export->last, &export->word, err) < 0 ||
	    report_period(ctl, export->word, &export->period, err) < 0)
		return -1;
	if (wish->evidence && export->entities > 1)
		return error_set(err, ERROR_INPUT,
				 "evidence is of one entity: choose with --entity");
	if (!wish->date)
		return ctl_today(ctl, export->entity->zone, &export->date, err);
	export->date = DAY_NONE;
	return strcmp(wish->date, "none") == 0 ? 0 : day_parse(wish->date, &export->date, err);
}

static int write_all(struct export *export, const struct wish *wish, struct error *err)
{
	const struct selection selection = {
		.kind = wish->evidence ? EVIDENCE : OPEN_DATA,
		.period = export->period.name,
		.entity = export->entities == 1 ? export->entity->id : NULL,
	};
	SCOPED(memory)
	char *path = report_path(wish->evidence ? wish->evidence : wish->open_data, NULL,
				 &export->period);
	int result;

	if (folder_begin(&export->folder, path, &selection, wish->force, err) < 0)
		return -1;
	result = wish->evidence ? export_evidence(export, err) : export_open_data(export, err);
	return result < 0 ? -1 : folder_end(&export->folder, err);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct export export = { .ctl = ctl };
	struct wish wish = { 0 };
	const struct flag flags[] = {
		{ OPEN_DATA, &wish.open_data, NULL },
		{ EVIDENCE, &wish.evidence, NULL },
		{ "date", &wish.date, NULL },
		{ "license", &wish.license, NULL },
		{ "url", &wish.url, NULL },
		{ "files", &wish.files, NULL },
		{ "definition", &wish.definition, NULL },
		{ "force", NULL, &wish.force },
		{ 0 },
	};
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 1, 1, &ends) < 0)
		return ends;
	export.word = argv[0];
	export.license = wish.license;
	export.url = wish.url;
	export.files = wish.files;
	export.definition = wish.definition;
	if ((ends = check_wish(&wish)) || (ends = ctl_load(ctl)) ||
	    (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	if (prepare(&export, &wish, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_speak(ctl, export.entity)))
		return ends;
	if (write_all(&export, &wish, &err) < 0) {
		folder_clear(&export.folder);
		return ctl_fail(&err);
	}
	(void)fprintf(ctl->out,
		      say_count("%s: %zu file; sha256sum -c SHA256SUMS checks it\n",
				"%s: %zu files; sha256sum -c SHA256SUMS checks them\n",
				(int64_t) export.folder.count),
		      export.folder.path, export.folder.count);
	folder_clear(&export.folder);
	return export.lost ? ENDS_PERSON : ENDS_FINE;
}

const struct command export_command = {
	.name = "export",
	.arguments = "PERIOD --open-data DIR | --evidence DIR",
	.purpose = "figures as open data, or a period with all that proves it",
	.help = "Writes a folder whose SHA256SUMS sha256sum -c checks. DIR is new, empty, or was "
		"made\n"
		"by the same export before, which is then replaced as a whole; {period} in it is\n"
		"the period's name. PERIOD may also be last-month, last-quarter, last-semester or\n"
		"last-year.\n\n"
		"  --open-data DIR     figures as CSV and JSON, what their fields mean, a DCAT "
		"record\n"
		"                      (dataset.jsonld) and a page about them: aggregates only\n"
		"    --license URL     under which they are published, https://…; said in the "
		"DCAT record\n"
		"    --url URL         where the folder will be found\n"
		"  --evidence DIR      the report in all formats, every figure with its "
		"explanation,\n"
		"                      the records of registers, and the files that were named as\n"
		"                      evidence and are still the same; of one entity. Ends with "
		"1\n"
		"                      where one is gone or has changed\n"
		"    --files DIR       where evidence with a relative path is looked for; default: "
		"here\n"
		"    --definition NAME of the report, as for report\n"
		"  --force             replace a folder of another period or institution, too\n"
		"  --date DAY          the date it bears, default today; none: it bears none\n\n"
		"example: the year 2025 for the transparency pages\n"
		"  metricsctl export 2025 --entity itagui --open-data datos-2025\n",
	.run = run,
	.takes_database = true,
};
