/*
 * The platforms' own export files, and the project's long layout. A file is checked whole before
 * anything is stored, and stored whole or not at all.
 */
#include "import.h"

#include "metricsd/cleanup.h"

#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 256 };

/* The options as they were written. */
struct given {
	const char *format, *from, *to, *dates, *zone, *metric, *as_of, *by;
	bool dry;
};

static int read_days(const struct given *given, struct import_options *options)
{
	struct error err;
	int32_t first, last;

	options->as_of = DAY_NONE;
	if (given->as_of && day_parse(given->as_of, &options->as_of, &err) < 0)
		return ctl_say(ENDS_USAGE, "--as-of: %s", err.text);
	if (!given->from && !given->to)
		return ENDS_FINE;
	if (!given->from || !given->to)
		return ctl_say(ENDS_USAGE,
			       "--from and --to go together: the first and the last day "
			       "the file was exported for");
	if (day_parse(given->from, &first, &err) < 0)
		return ctl_say(ENDS_USAGE, "--from: %s", err.text);
	if (day_parse(given->to, &last, &err) < 0)
		return ctl_say(ENDS_USAGE, "--to: %s", err.text);
	if (last < first)
		return ctl_say(ENDS_USAGE, "--to %s is before --from %s", given->to, given->from);
	options->range = (struct window){ first, last - first + 1 };
	return ENDS_FINE;
}

static int read_order(const char *word, enum date_order *ret)
{
	if (!word)
		*ret = ORDER_NONE;
	else if (strcmp(word, "day-first") == 0)
		*ret = ORDER_DAY_FIRST;
	else if (strcmp(word, "month-first") == 0)
		*ret = ORDER_MONTH_FIRST;
	else
		return ctl_say(ENDS_USAGE, "--dates %.40s: expected day-first or month-first",
			       word);
	return ENDS_FINE;
}

static int check_format(const char *format)
{
	SCOPED(text)
	struct text known = { 0 };

	if (!format)
		return ENDS_FINE;
	for (size_t i = 0; import_layouts[i]; i++) {
		if (strcmp(import_layouts[i]->name, format) == 0)
			return ENDS_FINE;
		text_addf(&known, ", %s", import_layouts[i]->name);
	}
	return ctl_say(ENDS_USAGE, "--format %.40s: expected auto%s", format, text_str(&known));
}

static int read_options(const struct given *given, struct import_options *options)
{
	SCOPED(zone)
	struct zone *zone = NULL;
	struct error err;
	int ends;

	*options = (struct import_options){
		.format =
			given->format && strcmp(given->format, "auto") != 0 ? given->format : NULL,
		.metric = given->metric,
		.zone = given->zone,
		.by = ctl_person(given->by),
		.dry = given->dry,
	};
	if ((ends = check_format(options->format)) ||
	    (ends = read_order(given->dates, &options->order)) ||
	    (ends = read_days(given, options)) || (ends = check_words("--by", options->by, BY_MAX)))
		return ends;
	if (given->zone && zone_open(given->zone, &zone, &err) < 0)
		return ctl_say(ENDS_USAGE, "--zone: %s", err.text);
	return ENDS_FINE;
}

/* A dry run makes no database where there is none. */
static int open_store(struct ctl *ctl, bool dry)
{
	struct error err;

	if (ctl->store)
		return ENDS_FINE;
	if (!dry || ctl_has_store(ctl))
		return ctl_open(ctl, STORE_PERSON);
	if (store_open(":memory:", STORE_PERSON, &ctl->store, &err) < 0)
		return ctl_fail(&err);
	return ENDS_FINE;
}

static int check_account(const struct import_work *work)
{
	if (work->layout->names_accounts)
		return ENDS_FINE;
	if (!work->account)
		return ctl_say(ENDS_USAGE,
			       "%s (%s) does not say whose numbers it has: name the channel with "
			       "--account",
			       work->table.path, work->layout->title);
	if (work->account->plan || work->account->collector->keeps)
		return ctl_say(ENDS_USAGE, "%s is no channel of a platform: its figures are %s",
			       work->account->id,
			       work->account->plan ? "entered" : "made of what is recorded");
	return ENDS_FINE;
}

/* Of a layout that names its metrics --metric would be passed over without a word. */
static int check_metric(const struct import_work *work)
{
	if (!work->options->metric || work->layout == &import_plain)
		return ENDS_FINE;
	return ctl_say(ENDS_USAGE,
		       "%s (%s) names its metrics itself: --metric is for files of date,value "
		       "alone",
		       work->table.path, work->layout->title);
}

static int import_file(struct ctl *ctl, const struct import_options *options,
		       const struct import_names *names, const char *path)
{
	SCOPED(import_work)
	struct import_work work = {
		.ctl = ctl,
		.options = options,
		.names = names,
		.account = ctl->chosen,
		.progress = isatty(STDERR_FILENO) == 1,
	};
	struct error err;
	int ends;

	if (import_open(&work, path, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	if ((ends = check_account(&work)) || (ends = check_metric(&work)))
		return ends;
	work.layout->read(&work);
	import_sort(&work);
	csv_table_say(&work.table);
	if (work.table.mistakes)
		return ctl_say(ENDS_FAILURE, "%s: nothing was imported", path);
	if ((ends = open_store(ctl, options->dry)))
		return ends;
	return import_keep(&work);
}

static int import_run(struct ctl *ctl, int argc, char **argv)
{
	SCOPED(import_names)
	struct import_names names = { 0 };
	struct given given = { 0 };
	const struct flag flags[] = {
		{ "format", &given.format, NULL }, { "from", &given.from, NULL },
		{ "to", &given.to, NULL },         { "dates", &given.dates, NULL },
		{ "zone", &given.zone, NULL },     { "metric", &given.metric, NULL },
		{ "as-of", &given.as_of, NULL },   { "by", &given.by, NULL },
		{ "dry-run", NULL, &given.dry },   { 0 },
	};
	struct import_options options;
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 1, FILES_MAX, &ends) < 0)
		return ends;
	if ((ends = read_options(&given, &options)) || (ends = ctl_load(ctl)) ||
	    (ends = ctl_speak(ctl, ctl->chosen ? ctl->chosen_entity : ctl_entity(ctl))))
		return ends;
	if (import_names_load(&names, ctl->config->path, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	for (int i = 0; i < argc; i++) {
		int one = import_file(ctl, &options, &names, argv[i]);

		if (one > ends)
			ends = one;
	}
	return ends;
}

const struct command import_command = {
	.name = "import",
	.arguments = "FILE…",
	.purpose = "import files of figures, each of them whole or not at all",
	.help = "Reads what the platforms export: Meta Business Suite (a metric's days; "
		"publications), "
		"X\n(account overview, posts), Google Analytics 4, Search Console, Matomo, "
		"Plausible; "
		"also\nperiod,account,metric,value[,uncertainty,evidence,note,entity], in Spanish "
		"too, and\ndate,value. The layout is found by what stands in the file. Every "
		"mistake is named\nwith its line. Importing a file again changes nothing; a "
		"corrected one leaves\nrevisions. Figures that the summary takes from elsewhere "
		"are named.\n\n"
		"  --account ACCOUNT  whose numbers they are, where the file does not say\n"
		"  --format LAYOUT    auto (default), csv, mbs-metric, mbs-content, x-overview,\n"
		"                     x-content, x-legacy, ga4-csv, plausible-csv, matomo-csv,\n"
		"                     search-console, plain\n"
		"  --from, --to DAY   the days the file was exported for, where it does not say\n"
		"  --dates ORDER      day-first or month-first, where 03/04/2026 does not tell\n"
		"  --zone ZONE        whose clock its times are (default: the account's)\n"
		"  --as-of DAY        when it was exported (default: when the file was written)\n"
		"  --metric METRIC    of date,value\n"
		"  --dry-run          show what would change, store nothing\n"
		"  --by NAME          who says so (default: who runs this)\n\n"
		"example:\n"
		"  metricsctl import Visitas.csv --account facebook --dry-run\n",
	.run = import_run,
	.takes_account = true,
};
