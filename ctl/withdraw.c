#include "ctl.h"

#include <inttypes.h>

static int withdraw(struct ctl *ctl, int argc, char **argv)
{
	const char *by = NULL;
	const char *note = NULL;
	const struct flag flags[] = { { "by", &by, NULL }, { "note", &note, NULL }, { 0 } };
	struct changes changes = { 0 };
	struct origin origin;
	struct error err;
	int64_t number;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 1, 1, &ends) < 0)
		return ends;
	if (value_parse(argv[0], "entry number", &number, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_load(ctl)) || (ends = ctl_speak(ctl, ctl_entity(ctl))) ||
	    (ends = ctl_open(ctl, STORE_PERSON)))
		return ends;
	origin = (struct origin){
		.kind = ORIGIN_PERSON,
		.at = ctl->now,
		.by = ctl_person(by),
		.note = note,
	};
	if (store_withdraw(ctl->store, number, &origin, &changes, &err) < 0) {
		if (err.class == ERROR_INPUT)
			return ctl_say(ENDS_USAGE,
				       "%s; `metricsctl entries` lists those that stand", err.text);
		return ctl_fail(&err);
	}
	(void)fprintf(ctl->out, say("Entry %lld is withdrawn; its trace stays.\n"),
		      (long long)number);
	return ENDS_FINE;
}

const struct command withdraw_command = {
	.name = "withdraw",
	.arguments = "ENTRY",
	.purpose = "take back what an entry brought",
	.help = "ENTRY is the number that `enter`, `import` and `entries` print. What it said is "
		"kept "
		"as a\nrevision, with who took it back.\n\n"
		"  --by NAME     who says so (default: who runs this)\n"
		"  --note TEXT   why\n\n"
		"example:\n"
		"  metricsctl withdraw 17 --note 'it was November'\n",
	.run = withdraw,
};
