#include "gap_list.h"

#include "formula.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

void gap_list_clear(struct gap_list *list)
{
	free(list->items);
	gap_facts_clear(&list->facts);
	zones_clear(&list->zones);
	*list = (struct gap_list){ .ctl = list->ctl };
}

/* --- reading */

/* An account is asked about metric by metric: what is known of it is read once. */
static int read_facts(struct gap_list *list, const struct account *account, struct window window,
		      struct error *err)
{
	const char *name = account->collector->zone ? account->collector->zone : account->zone;
	struct zone *zone, *local;

	if (list->window.days == 0)
		list->window = window;
	if (list->read == account && window_holds(list->facts.window, window))
		return 0;
	gap_facts_clear(&list->facts);
	list->read = NULL;
	if (zones_get(&list->zones, name, &zone, err) < 0 ||
	    zones_get(&list->zones, account->zone, &local, err) < 0 ||
	    store_gap_facts(list->ctl->store, account->entity->id, account->id, account->collector,
			    zone, local, list->window, list->ctl->now, &list->facts, err) < 0)
		return -1;
	list->read = account;
	return 0;
}

/* The samples of the figure's source, or else of the collector's. */
static void find_samples(const struct board *board, const struct subject *subject,
			 const struct figure *figure, struct gap_subject *ret)
{
	const struct account *account = subject->account;
	const char *source = figure->source ? figure->source : account->collector->name;
	const struct track *tracks;
	size_t count = board_tracks(board, account, subject->metric, &tracks);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(tracks[i].source, source) != 0)
			continue;
		ret->samples = tracks[i].samples;
		ret->sample_count = tracks[i].count;
		if (tracks[i].break_count)
			ret->first = tracks[i].breaks[0];
	}
}

static void keep(struct gap_list *list, const struct subject *subject, const struct gaps *gaps)
{
	for (size_t i = 0; i < gaps->count; i++) {
		list->items =
			memory_grow(list->items, list->count, &list->room, sizeof(*list->items));
		list->items[list->count++] = (struct listed_gap){
			.account = subject->account,
			.metric = subject->metric,
			.gap = gaps->items[i],
		};
	}
	list->more |= gaps->more;
}

static int add_account(struct gap_list *list, const struct board *board,
		       const struct subject *subject, const struct period *period,
		       struct error *err)
{
	const struct account *account = subject->account;
	struct figure figure = board_figure(board, subject, period, NULL);
	SCOPED(gaps)
	struct gaps gaps = { 0 };
	struct gap_subject asked = {
		.collector = account->collector,
		.metric = subject->known,
		.without = account_lacks(account, subject->metric),
		.collect_from = account->collect_from,
		.first = DAY_NONE,
	};

	if (figure.lacking.count == 0)
		return 0;
	if (read_facts(list, account, period->window, err) < 0)
		return -1;
	find_samples(board, subject, &figure, &asked);
	gaps_of(&figure, &asked, &list->facts, &gaps);
	keep(list, subject, &gaps);
	return 0;
}

int gap_list_add(struct gap_list *list, const struct board *board, const struct subject *subject,
		 const struct period *period, struct error *err)
{
	const struct group *group = subject->group;
	const struct derived *derived = subject->derived;
	struct subject part;

	if (subject->account)
		return add_account(list, board, subject, period, err);
	for (size_t i = 0; group && i < group->count; i++)
		if (!account_lacks(group->accounts[i], subject->metric) &&
		    board_find(board, group->accounts[i]->id, subject->metric, &part, NULL) == 0 &&
		    gap_list_add(list, board, &part, period, err) < 0)
			return -1;
	for (size_t i = 0; derived && i < derived->count; i++) {
		part = board_subject(board, &derived->terms[i]);
		if (gap_list_add(list, board, &part, period, err) < 0)
			return -1;
	}
	return 0;
}

/* --- an account's */

int gap_list_metric(struct gap_list *list, const struct board *board, const struct account *account,
		    const char *metric, const struct period *period, struct error *err)
{
	struct window rest = period->window;
	struct subject subject;

	if (board_find(board, account->id, metric, &subject, NULL) < 0)
		return 0;
	/* month by month: that is how figures choose their source */
	while (rest.days > 0) {
		struct period month = { .kind = PERIOD_DAYS,
					.window = window_common(month_of(rest.first), rest) };
		struct figure figure = board_figure(board, &subject, &month, NULL);

		rest = (struct window){ window_end(month.window), rest.days - month.window.days };
		if (!figure.complete && gap_list_add(list, board, &subject, &month, err) < 0)
			return -1;
	}
	return 0;
}

static bool has_numbers(const struct board *board, const struct account *account,
			const char *metric)
{
	const struct track *tracks;

	return board_tracks(board, account, metric, &tracks) > 0;
}

int gap_list_collected(struct gap_list *list, const struct board *board,
		       const struct account *account, const struct period *period,
		       struct error *err)
{
	const struct metric *metrics = account->collector->metrics;
	bool some = account->collector->keeps != NULL;

	for (size_t i = 0; metrics && metrics[i].id; i++)
		some |= has_numbers(board, account, metrics[i].id);
	for (size_t i = 0; metrics && metrics[i].id; i++) {
		if (account_lacks(account, metrics[i].id) ||
		    (some && !account->collector->keeps &&
		     !has_numbers(board, account, metrics[i].id)))
			continue;
		if (gap_list_metric(list, board, account, metrics[i].id, period, err) < 0)
			return -1;
	}
	return 0;
}

void gap_list_join(struct gap_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct listed_gap *last = kept ? &list->items[kept - 1] : NULL;
		const struct listed_gap *next = &list->items[i];

		if (last && last->account == next->account &&
		    strcmp(last->metric, next->metric) == 0 &&
		    window_end(last->gap.days) == next->gap.days.first &&
		    gap_same_reason(&last->gap, &next->gap))
			last->gap.days.days += next->gap.days.days;
		else
			list->items[kept++] = *next;
	}
	list->count = kept;
}

/* --- words */

static const char *reason(enum gap_why why)
{
	switch (why) {
	case GAP_DOWN:
		return say("metricsd did not run, or could not write that it did");
	case GAP_STORE:
		return say("the store could not be written");
	case GAP_TOKEN:
		return say("the token was refused");
	case GAP_PERMISSION:
		return say("the token lacked a permission");
	case GAP_THROTTLED:
		return say("the provider asked to wait");
	case GAP_UNREACHABLE:
		return say("the provider could not be reached, or failed");
	case GAP_REFUSED:
		return say("the provider refused the question, or its answer made no sense");
	case GAP_ABSENT:
		return say("the account was not in the configuration");
	case GAP_RESTORED:
		return say("what was read was lost with the backup that was restored");
	case GAP_SILENT:
		return say("asked and read: the provider told no number");
	case GAP_UNWALKED:
		return say("the list of publications was not walked past it");
	case GAP_UNSEEN:
		return say("stories could have come and gone unseen");
	case GAP_BROKEN:
		return say("it was counted by another definition");
	case GAP_ACROSS:
		return say("known only within a longer stretch that reaches beyond the period");
	case GAP_DUE:
		return say("not read yet");
	case GAP_WITHOUT:
		return say("the configuration goes without it");
	case GAP_UNASKED:
		return say("nobody asked for it so far: metricsctl backfill does");
	case GAP_UNENTERED:
		return say("nobody entered it");
	case GAP_UNRECORDED:
		return say("nobody recorded anything, nor that there was nothing");
	case GAP_RETIRED:
	case GAP_BEFORE:
	case GAP_FORGOTTEN:
	case GAP_BORN:
		break; /* said with their day */
	}
	return "";
}

static void add_times(const struct gap *gap, struct zone *zone, struct text *out)
{
	char since[TIME_TEXT], until[TIME_TEXT];

	if (gap->why == GAP_DUE) {
		if (gap->until && gap->remedy == REMEDY_REPAIR)
			/* TRANSLATORS: after "not read yet": a time that is past */
			text_addf(out, say("; nobody did the run of %s"),
				  zone_clock(zone, gap->until, until));
		else if (gap->until)
			text_addf(out, say("; next run %s"), zone_clock(zone, gap->until, until));
		return;
	}
	if (!gap->since)
		return;
	text_add(out, " (");
	if (gap->until)
		text_addf(out, say("%s to %s"), zone_clock(zone, gap->since, since),
			  zone_clock(zone, gap->until, until));
	else
		text_addf(out, say("since %s"), zone_clock(zone, gap->since, since));
	text_add_char(out, ')');
}

/* Reasons that have a day in them. */
static bool say_dated(const struct gap *gap, struct text *out)
{
	char day[DAY_TEXT] = "";

	if (gap->day != DAY_NONE && gap->why != GAP_FORGOTTEN)
		(void)day_text(gap->day, day);
	if (gap->why == GAP_RETIRED)
		text_addf(out, say("the provider refuses the metric since %s"), day);
	else if (gap->why == GAP_BORN)
		/* TRANSLATORS: a day from which on, or before which, the provider has a metric */
		text_addf(out, say("the provider did not have the metric then: %s"), day);
	else if (gap->why == GAP_FORGOTTEN)
		text_addf(out, say("nobody asked in time: the provider keeps %d days"),
			  (int)gap->day);
	else if (gap->why == GAP_BEFORE && *day)
		text_addf(out, say("before it was collected; the first day is %s"), day);
	else if (gap->why == GAP_BEFORE)
		text_add(out, say("before it was collected"));
	else
		return false;
	return true;
}

void gap_say(const struct gap *gap, struct zone *zone, struct text *out)
{
	if (!say_dated(gap, out))
		text_add(out, reason(gap->why));
	add_times(gap, zone, out);
	if (gap->words[0] && gap->why != GAP_DOWN)
		text_addf(out, ": %s", gap->words);
}

void gap_record(struct records *records, const struct gap *gap)
{
	bool counts = gap->why == GAP_FORGOTTEN; /* its day is a number of days */

	records_day(records, "first_day", gap->days.first);
	records_day(records, "last_day", window_end(gap->days) - 1);
	records_text(records, "why", gap_name(gap->why));
	records_time(records, "since", gap->since);
	records_time(records, "until", gap->until);
	records_day(records, "day", counts ? DAY_NONE : gap->day);
	records_text(records, "words", gap->words);
	records_text(records, "remedy", gap_remedy_name(gap->remedy));
}
