#include "ctl.h"

static int backfill(struct ctl *ctl, int argc, char **argv)
{
	struct error err;
	int32_t from, to;
	int ends;

	if (ctl_options(ctl, &argc, &argv, NULL, 3, 3, &ends) < 0)
		return ends;
	if (day_parse(argv[1], &from, &err) < 0 || day_parse(argv[2], &to, &err) < 0)
		return ctl_fail(&err);
	if (to < from)
		return ctl_say(ENDS_USAGE, "%s is before %s: say the first day, then the last",
			       argv[2], argv[1]);
	if ((ends = ctl_load(ctl)))
		return ends;
	return daemon_ask_account(ctl, "backfill", argv[0], argv[1], argv[2]);
}

const struct command backfill_command = {
	.name = "backfill",
	.arguments = "ACCOUNT FROM TO",
	.purpose = "let the daemon read past days again, as far back as the provider keeps them",
	.help = "\nexample: the first quarter of 2025\n"
		"  metricsctl backfill facebook 2025-01-01 2025-03-31\n",
	.run = backfill,
};
