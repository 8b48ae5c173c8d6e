#include "ctl.h"

static int collect(struct ctl *ctl, int argc, char **argv)
{
	int ends;

	if (ctl_options(ctl, &argc, &argv, NULL, 0, 1, &ends) < 0)
		return ends;
	if (argc && ctl->account)
		return ctl_say(ENDS_USAGE, "which account? %s and --account both name one",
			       argv[0]);
	if ((ends = ctl_load(ctl)))
		return ends;
	return daemon_ask_account(ctl, "collect", argc ? argv[0] : ctl->account, NULL, NULL);
}

const struct command collect_command = {
	.name = "collect",
	.arguments = "[ACCOUNT]",
	.purpose = "let the daemon collect now, one account or all",
	.help = "\nexample:\n"
		"  metricsctl collect itagui/facebook\n",
	.run = collect,
	.takes_account = true,
};
