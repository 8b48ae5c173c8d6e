/* The days that lack in collected figures: those somebody can still bring, and those nobody can. */
#include "pending.h"

#include "gap_list.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	LATE_DAYS = 3, /* the daemon may still bring the days before today */
};

/* Days of a metric of which the same is to be said. */
struct cause {
	enum lack lack;
	const char *reason;
	char *why; /* of what lacks for good */
	struct days days;
};

struct causes {
	struct cause *items;
	size_t count, room;
};

static void scoped_causes(struct causes *causes)
{
	for (size_t i = 0; i < causes->count; i++)
		free(causes->items[i].why);
	free(causes->items);
}

/* False: nobody has to know. */
static bool lack_of(const struct account *account, const struct listed_gap *gap, enum lack *ret)
{
	switch (gap->gap.remedy) {
	case REMEDY_WAIT:
		return false;
	case REMEDY_NONE:
		*ret = LACKS_FOR_GOOD;
		return true;
	case REMEDY_REPAIR:
		*ret = LACKS_REPAIR;
		return true;
	case REMEDY_BACKFILL:
		*ret = LACKS_DAYS;
		return true;
	case REMEDY_ENTER: /* what people enter is asked for by month */
		*ret = LACKS_DAYS;
		return !metric_find(account->entered, gap->metric);
	}
	return false;
}

static bool same_why(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct cause *cause_of(struct causes *causes, enum lack lack, const char *why)
{
	for (size_t i = 0; i < causes->count; i++)
		if (causes->items[i].lack == lack && same_why(causes->items[i].why, why))
			return &causes->items[i];
	causes->items =
		memory_grow(causes->items, causes->count, &causes->room, sizeof(*causes->items));
	causes->items[causes->count] = (struct cause){
		.lack = lack,
		.why = why ? memory_text(why) : NULL,
	};
	return &causes->items[causes->count++];
}

static void add_gap(const struct pending *pending, const struct listed_gap *gap, struct zone *zone,
		    struct causes *causes)
{
	const struct window settled = { INT32_MIN / 2, pending->today - LATE_DAYS - INT32_MIN / 2 };
	struct window days = window_common(gap->gap.days, settled);
	SCOPED(text)
	struct text why = { 0 };
	struct cause *cause;
	enum lack lack;

	if (days.days == 0 || !lack_of(gap->account, gap, &lack))
		return;
	if (lack == LACKS_FOR_GOOD)
		gap_say(&gap->gap, zone, &why);
	cause = cause_of(causes, lack, lack == LACKS_FOR_GOOD ? text_str(&why) : NULL);
	cause->reason = gap_name(gap->gap.why);
	days_add(&cause->days, days);
}

static bool same_days(const struct days *a, const struct days *b)
{
	return a->count == b->count &&
	       memcmp(a->ranges, b->ranges, a->count * sizeof(a->ranges[0])) == 0;
}

/* The row of the account of which the same is said already. */
static struct missing *row_of(struct pending *pending, const struct account *account,
			      const struct cause *cause)
{
	for (size_t i = 0; i < pending->count; i++) {
		struct missing *item = &pending->items[i];

		if (item->lack == cause->lack && item->account == account &&
		    same_days(&item->days, &cause->days) && same_why(item->why, cause->why))
			return item;
	}
	return NULL;
}

static void add_row(struct pending *pending, const struct account *account,
		    const struct metric *metric, struct cause *cause)
{
	struct missing *item = row_of(pending, account, cause);
	struct text text = { 0 };

	if (item) {
		text_addf(&text, "%s, %s", item->what, say(metric_label(metric)));
		free(item->what);
		item->what = text_take(&text);
		return;
	}
	item = pending_add(pending, cause->lack, account, metric->id, pending->period.window);
	item->what = memory_text(say(metric_label(metric)));
	item->days = cause->days;
	item->reason = cause->reason;
	item->why = cause->why;
	cause->why = NULL;
	days_print(&item->days, &text);
	item->when = text_take(&text);
}

/* The metric's stretches; what was said of the whole period leaves none open. */
static void take_metric(struct pending *pending, const struct account *account,
			const struct metric *metric, const struct gap_list *list, struct zone *zone)
{
	struct figure whole = pending_figure(pending, account, metric->id, &pending->period);
	SCOPED(causes)
	struct causes causes = { 0 };

	if (whole.complete)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].metric, metric->id) == 0)
			add_gap(pending, &list->items[i], zone, &causes);
	for (size_t i = 0; i < causes.count; i++)
		add_row(pending, account, metric, &causes.items[i]);
}

int pending_gaps(struct pending *pending, const struct account *account, struct error *err)
{
	const struct metric *metric = account->collector->metrics;
	SCOPED(gap_list)
	struct gap_list list = { .ctl = pending->ctl, .window = pending->period.window };
	SCOPED(zone)
	struct zone *zone = NULL;

	if (zone_open(pending->entity->zone, &zone, err) < 0 ||
	    gap_list_collected(&list, pending->board, account, &pending->period, err) < 0)
		return -1;
	gap_list_join(&list);
	for (; metric && metric->id; metric++)
		take_metric(pending, account, metric, &list, zone);
	return 0;
}
