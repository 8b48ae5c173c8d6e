/* The subcommands, in the order --help lists them. A new one is a file and a line here. */
#include "ctl.h"

const struct command *const commands[] = {
	&summary_command,
	&series_command,
	&enter_command,
	&withdraw_command,
	&entries_command,
	&import_command,
	&accounts_command,
	&status_command,
	&check_command,
	&collect_command,
	&backfill_command,
	&replay_command,
	NULL,
};
