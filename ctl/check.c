#include "ctl.h"

#include "metricsd/cleanup.h"

static void print_counts(const struct ctl *ctl)
{
	size_t accounts = 0, groups = 0, derived = 0;

	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		accounts += ctl->config->entities[i].account_count;
		groups += ctl->config->entities[i].group_count;
		derived += ctl->config->entities[i].derived_count;
	}
	(void)fprintf(
		ctl->out,
		say("%s: ok (entities: %zu, accounts: %zu, groups: %zu, derived metrics: %zu)\n"),
		ctl->config->path, ctl->config->entity_count, accounts, groups, derived);
}

static int check(struct ctl *ctl, int argc, char **argv)
{
	bool online = false;
	bool settings = false;
	const struct flag flags[] = {
		{ "online", NULL, &online },
		{ "settings", NULL, &settings },
		{ 0 },
	};
	SCOPED(text)
	struct text complaints = TEXT_UP_TO(1 << 20);
	int ends, answered;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 0, &ends) < 0)
		return ends;
	if (ctl->account && !online)
		return ctl_say(ENDS_USAGE, "--account is for check --online: the configuration is "
					   "checked as a whole");
	if (settings) {
		SCOPED(text)
		struct text all = TEXT_UP_TO(1 << 20);

		config_describe(&all);
		(void)fputs(text_str(&all), ctl->out);
		return ENDS_FINE;
	}
	if ((ends = ctl_load_looking(ctl, &complaints)) || (ends = ctl_speak(ctl, NULL)))
		return ends;
	print_tame(&complaints, stderr);
	if (ctl->config->troubles)
		ends = ctl_say(ENDS_PERSON,
			       "metricsd does not collect everything with %s as it is: see above",
			       ctl->config->path);
	else if (ctl->config->lacks)
		ends = ctl_say(ENDS_PERSON,
			       "what %s names is not all on disk as it has to be: see above",
			       ctl->config->path);
	else
		print_counts(ctl);
	if (!online)
		return ends;
	answered = daemon_ask_account(ctl, "check", ctl->account, NULL, NULL);
	return answered > ends ? answered : ends;
}

const struct command check_command = {
	.name = "check",
	.arguments = "",
	.purpose = "is the configuration right",
	.help = "Names every mistake at once, each as file:line: message, and looks at the files "
		"and\ndirectories that are named as whoever runs it may. Ends with 3 when the "
		"configuration is\nwrong, with 1 when something it names is not as it has to be: "
		"a secret, a log, the state\ndirectory.\n\n"
		"  --online     let the daemon ask the providers whether tokens, ids and zones are "
		"right\n"
		"  --settings   describe every setting there is\n\n"
		"example:\n"
		"  metricsctl check -c /etc/metricsd/metricsd.conf --online\n",
	.run = check,
	.takes_account = true,
};
