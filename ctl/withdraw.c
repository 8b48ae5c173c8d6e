#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <string.h>

/* What of the source is left where the entry stood: nothing. What was said before a correction is
 * kept as a revision and does not come back by itself. */
static void print_left(const struct ctl *ctl, int64_t number, const struct kept_entry *kept,
		       size_t count)
{
	const struct kept_entry *one = NULL;
	char days[WINDOW_TEXT];
	size_t taken = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept[i].origin != number)
			continue;
		one = &kept[i];
		taken++;
	}
	if (taken == 1)
		(void)fprintf(ctl->out,
			      say("%s/%s %s %s: no figure (%s) remains; one it had corrected does "
				  "not come back: enter it again if it was right.\n"),
			      one->entity, one->account, one->metric,
			      window_text(one->window, days), one->source);
	else if (taken)
		(void)fprintf(ctl->out,
			      say("%zu figures (%s) were taken back; those they had corrected do "
				  "not come back: enter them again if they were right.\n"),
			      taken, one->source);
}

/* Once for each entity the entry had figures of. */
static void say_all_closed(struct ctl *ctl, int64_t number, const struct kept_entry *kept,
			   size_t count)
{
	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];
		SCOPED(memory)
		struct window *windows = memory_new(count + 1, sizeof(*windows));
		size_t closed = 0;

		for (size_t i = 0; i < count; i++)
			if (kept[i].origin == number && strcmp(kept[i].entity, entity->id) == 0)
				windows[closed++] = kept[i].window;
		if (closed)
			say_closed(ctl, entity, windows, closed);
	}
}

/* An entry that also holds what --entity or --account do not name is not taken back by half. */
static int check_named(const struct ctl *ctl, int64_t number, const struct kept_entry *kept,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool named = (!ctl->entity || strcmp(kept[i].entity, ctl->entity) == 0) &&
			     (!ctl->only || strcmp(kept[i].account, ctl->only) == 0);

		if (kept[i].origin == number && !named)
			return ctl_say(ENDS_USAGE,
				       "entry %lld holds figures of %s/%s too: leave --entity and "
				       "--account out to take all of it back",
				       (long long)number, kept[i].entity, kept[i].account);
	}
	return ENDS_FINE;
}

/* A number that stands in a list of records is no entry: says how that is taken back. */
static bool brought_records(struct ctl *ctl, int64_t number)
{
	struct record *records = NULL;
	size_t count = 0;
	struct error err; /* then nothing is said of records */
	bool found = false;

	for (size_t e = 0; !found && e < ctl->config->entity_count; e++) {
		if (store_records(ctl->store, ctl->config->entities[e].id, NULL, NULL,
				  (struct window){ 0 }, &records, &count, &err) < 0)
			return false;
		for (size_t i = 0; !found && i < count; i++)
			found = records[i].origin == number;
		records_free(records, count);
	}
	return found;
}

static int withdraw(struct ctl *ctl, int argc, char **argv)
{
	const char *by = NULL;
	const char *note = NULL;
	const struct flag flags[] = { { "by", &by, NULL }, { "note", &note, NULL }, { 0 } };
	struct changes changes = { 0 };
	struct kept_entry *kept = NULL;
	struct origin origin;
	struct error err;
	size_t count = 0;
	int64_t number;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 1, 1, &ends) < 0)
		return ends;
	if (value_parse(argv[0], "entry number", &number, &err) < 0)
		return ctl_fail(&err);
	if ((ends = check_words("--by", ctl_person(by), BY_MAX)) ||
	    (ends = check_words("--note", note, NOTE_MAX)) || (ends = ctl_load(ctl)) ||
	    (ends = ctl_speak(ctl, ctl_entity(ctl))) || (ends = ctl_open(ctl, STORE_PERSON)))
		return ends;
	if (store_entries(ctl->store, NULL, NULL, &kept, &count, &err) < 0)
		return ctl_fail(&err);
	if ((ends = check_named(ctl, number, kept, count)) != ENDS_FINE) {
		entries_free(kept, count);
		return ends;
	}
	origin = (struct origin){
		.kind = ORIGIN_PERSON,
		.at = ctl->now,
		.by = ctl_person(by),
		.note = note,
	};
	if (store_withdraw(ctl->store, number, &origin, &changes, &err) == 0) {
		(void)fprintf(ctl->out, say("Entry %lld is withdrawn; its trace stays.\n"),
			      (long long)number);
		print_left(ctl, number, kept, count);
		say_all_closed(ctl, number, kept, count);
	} else if (err.class == ERROR_INPUT) {
		ends = ctl_say(ENDS_USAGE, "%s; %s", err.text,
			       brought_records(ctl, number)
				       ? "it brought records: `metricsctl record --list` has their "
					 "numbers, `record --withdraw` takes one back"
				       : "`metricsctl entries` lists those that stand");
	} else {
		ends = ctl_fail(&err);
	}
	entries_free(kept, count);
	return ends;
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
	.takes_account = true,
};
