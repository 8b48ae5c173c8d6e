#include "clash.h"
#include "evidence.h"

#include "metricsd/cleanup.h"

#include <inttypes.h>
#include <string.h>

/* What was asked on the command line. */
struct wish {
	const char *uncertainty, *by, *evidence, *note, *source;
};

static int make(const struct ctl *ctl, char **argv, const struct wish *wish, struct entry *entry,
		struct period *period, struct error *err)
{
	const struct account *account;
	const struct metric *metric;
	int32_t today;

	if (ctl_account(ctl, argv[0], "a figure is entered of", &account, err) < 0 ||
	    metric_of(account, argv[1], &metric, err) < 0 ||
	    ctl_period(ctl, account->entity, argv[2], period, err) < 0 ||
	    ctl_today(ctl, account->entity->zone, &today, err) < 0 ||
	    check_entry_period(account, period, today, err) < 0)
		return -1;
	return entry_make(account, metric, period, argv[3], wish->uncertainty, wish->source, entry,
			  err);
}

/* "2.106", "yes", "50 %". */
static void print_value(const struct ctl *ctl, const struct entry *entry, struct text *out)
{
	const struct sample sample = {
		.value = entry->value,
		.below = entry->below,
		.above = entry->above,
	};
	SCOPED(text)
	struct text number = { 0 };

	switch (entry->metric->unit) {
	case UNIT_YES_NO:
		text_add(out, entry->value ? say("yes") : say("no"));
		return;
	case UNIT_COUNT:
	case UNIT_PERCENT:
		sample_print(&sample, ctl->language, &number);
		if (entry->metric->unit == UNIT_PERCENT)
			percent_print(text_str(&number), out);
		else
			text_add(out, text_str(&number));
		return;
	}
}

static void print_stored(struct ctl *ctl, const struct entry *entry, const struct period *period,
			 const struct changes *changes)
{
	SCOPED(text)
	struct text value = { 0 };

	print_value(ctl, entry, &value);
	(void)fprintf(ctl->out, "%s/%s %s %s: %s (%s)\n", entry->entity, entry->account,
		      entry->metric->id, period->name, text_str(&value), entry->source);
	if (changes->origin == 0)
		(void)fprintf(ctl->out, "%s\n",
			      say("Nothing new: that is what is stored already."));
	else if (changes->revisions)
		(void)fprintf(ctl->out,
			      say("Entry %lld; what was said before is kept as a revision.\n"),
			      (long long)changes->origin);
	else
		(void)fprintf(ctl->out, say("Entry %lld.\n"), (long long)changes->origin);
}

/* A count has no less than nothing, a share no more than all: rounding goes no further. */
static void say_cut(const struct ctl *ctl, const struct entry *entry)
{
	SCOPED(text)
	struct text low = { 0 };
	SCOPED(text)
	struct text high = { 0 };

	if (entry->below == entry->above)
		return;
	language_number(ctl->language, entry->value - entry->below, &low);
	language_number(ctl->language, entry->value + entry->above, &high);
	/* TRANSLATORS: two numbers */
	(void)fprintf(ctl->out,
		      say("The uncertainty is more than there can be: kept as %s to %s.\n"),
		      text_str(&low), text_str(&high));
}

/* --- what was said before and does not go with it */

/* "2026-08-01..2026-08-31 says 4, and what is known of its days is 40: …" */
static void say_parts(const struct ctl *ctl, const struct track *track, const struct sample *sample)
{
	struct figure whole = sample_figure(sample, track->metric->kind);
	struct figure parts = parts_figure(track, sample->window);
	SCOPED(text)
	struct text said = { 0 };
	SCOPED(text)
	struct text known = { 0 };
	char days[WINDOW_TEXT];

	if (changes_inside(track, sample->window) ||
	    clash_of(track, &whole, &parts, 0) == CLASH_NONE)
		return;
	sample_print(sample, ctl->language, &said);
	figure_print(&parts, ctl->language, &known);
	(void)window_text(sample->window, days);
	/* TRANSLATORS: days, two numbers, the days again */
	(void)fprintf(ctl->out,
		      say("%s says %s, but what was said of its days comes to %s: one of them is "
			  "wrong (metricsctl reconcile %s).\n"),
		      days, text_str(&said), text_str(&known), days);
}

static void say_level(const struct ctl *ctl, const struct track *track, const struct sample *sample)
{
	const struct sample *other = other_level(track, sample, 0);
	SCOPED(text)
	struct text said = { 0 };
	char days[WINDOW_TEXT];

	if (!other)
		return;
	sample_print(other, ctl->language, &said);
	/* TRANSLATORS: days, the number, twice the number of an entry */
	(void)fprintf(ctl->out,
		      say("%s says %s of the same day (entry %lld), and only one is shown: take "
			  "back the one that is wrong (metricsctl withdraw %lld).\n"),
		      window_text(other->window, days), text_str(&said), (long long)other->origin,
		      (long long)other->origin);
}

static void say_clashes_of(const struct ctl *ctl, const struct track *track, struct window entered)
{
	for (size_t i = 0; i < track->count; i++) {
		const struct sample *sample = &track->samples[i];
		bool same = sample->window.first == entered.first &&
			    sample->window.days == entered.days;

		if (track->metric->kind == METRIC_STOCK && same)
			say_level(ctl, track, sample);
		else if (track->metric->kind != METRIC_STOCK &&
			 track->metric->kind != METRIC_RATIO &&
			 window_holds(sample->window, entered) && sample->window.days > 1)
			say_parts(ctl, track, sample);
	}
}

/* Both stand: the summary shows one of them, and `reconcile` lists them from now on. */
static void say_clashes(struct ctl *ctl, const struct entity *entity, const struct entry *entry)
{
	struct window last = month_of(window_end(entry->window) - 1);
	struct window days = { month_of(entry->window.first).first, 0 };
	SCOPED(board)
	struct board *board = NULL;
	struct subject subject;
	const struct track *tracks;
	struct error err;
	size_t count;

	days.days = window_end(last) - days.first;
	if (board_open(ctl, entity, entry->account, days, &board, &err) < 0 ||
	    board_find(board, entry->account, entry->metric->id, &subject, &err) < 0) {
		(void)ctl_say(0, "whether other entries contradict it cannot be told: %s",
			      err.text);
		return;
	}
	count = board_tracks(board, subject.account, entry->metric->id, &tracks);
	for (size_t i = 0; i < count; i++)
		if (strcmp(tracks[i].source, entry->source) == 0)
			say_clashes_of(ctl, &tracks[i], entry->window);
}

static int enter(struct ctl *ctl, int argc, char **argv)
{
	struct wish wish = { .source = "manual" };
	const struct flag flags[] = {
		{ "uncertainty", &wish.uncertainty, NULL }, { "by", &wish.by, NULL },
		{ "evidence", &wish.evidence, NULL },       { "note", &wish.note, NULL },
		{ "source", &wish.source, NULL },           { 0 },
	};
	const struct entity *entity;
	struct changes changes = { 0 };
	struct evidence evidence;
	struct origin origin;
	struct period period;
	struct entry entry;
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 4, 4, &ends) < 0)
		return ends;
	if (strcmp(wish.source, "manual") != 0 && strcmp(wish.source, "csv") != 0)
		return ctl_say(ENDS_USAGE,
			       "--source %s: expected manual or csv; what a provider says is never "
			       "entered by hand",
			       wish.source);
	if ((ends = check_words("--by", ctl_person(wish.by), BY_MAX)) ||
	    (ends = check_words("--evidence", wish.evidence, EVIDENCE_MAX)) ||
	    (ends = check_words("--note", wish.note, NOTE_MAX)) || (ends = ctl_load(ctl)))
		return ends;
	if (make(ctl, argv, &wish, &entry, &period, &err) < 0 ||
	    evidence_read(wish.evidence, NULL, &evidence, &err) < 0)
		return ctl_fail(&err);
	entity = config_entity(ctl->config, entry.entity);
	if ((ends = ctl_speak(ctl, entity)) || (ends = ctl_open(ctl, STORE_PERSON)))
		return ends;
	origin = (struct origin){
		.kind = ORIGIN_PERSON,
		.at = ctl->now,
		.by = ctl_person(wish.by),
		.note = wish.note,
		.evidence = evidence.words,
		.sha256 = evidence_hash(&evidence),
	};
	if (store_enter(ctl->store, &entry, 1, &origin, &changes, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	print_stored(ctl, &entry, &period, &changes);
	say_cut(ctl, &entry);
	if (evidence.local)
		say_local(ctl, evidence.words);
	if (changes.origin)
		say_closed(ctl, entity, &entry.window, 1);
	say_overruled(ctl, &(struct stored){ &entry, &period }, 1);
	say_clashes(ctl, entity, &entry);
	return ENDS_FINE;
}

const struct command enter_command = {
	.name = "enter",
	.arguments = "ACCOUNT METRIC PERIOD VALUE",
	.purpose = "enter a figure that no API gives",
	.help = "The number is on disk when the command returns. A period is 2025-10, 2025-Q4,\n"
		"2025-S2, 2025, a day or days (2025-10-01..2025-10-15) or a name of the\n"
		"configuration, and must be over.\n"
		"Entering the same again changes nothing; another number leaves a revision.\n"
		"Where the summary shows another figure for the period, it is said.\n"
		"Follow-up of a plan is entered like a figure: yes, no, or 0 to 100 percent.\n\n"
		"  --uncertainty N   half the step it was rounded to: 73,3 mil is 73300 and 50\n"
		"  --by NAME         who says so (default: who runs this)\n"
		"  --evidence WHERE  where it can be seen: a link, or a file, whose SHA-256 is "
		"kept\n"
		"  --note TEXT\n"
		"  --source SOURCE   manual (default) or csv\n\n"
		"example: what X showed for October, with where it was seen\n"
		"  metricsctl enter x views 2025-10 2106 --evidence captura-x-2025-10.png\n"
		"example: how far an activity of the plan was at the end of the semester\n"
		"  metricsctl enter plan-2026 a08 2026-S1 50 --note '2 of 4 tenders'\n",
	.run = enter,
};
