/* Figures of a file in memory, until all of them are known to be right. */
#include "import.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

/* 2005: files that claim to be older have lost their time. */
#define FILES_BEGAN INT64_C(1104537600)

/* Where the lane of an account's metric is, or belongs. */
static size_t slot_of(struct import_work *work, const struct account *account,
		      const struct metric *metric)
{
	uint64_t mixed = ((uintptr_t)account ^ (uintptr_t)metric << 7) * 11400714819323198485U;
	size_t slot = (size_t)(mixed >> 40) % IMPORT_LANE_SLOTS;

	if (!work->lane_slots)
		work->lane_slots = memory_new(IMPORT_LANE_SLOTS, sizeof(*work->lane_slots));
	for (;; slot = (slot + 1) % IMPORT_LANE_SLOTS) {
		uint32_t number = work->lane_slots[slot];

		if (!number || (work->accounts[number - 1] == account &&
				work->lanes[number - 1].metric == metric))
			return slot;
	}
}

/* The first day that was not over when the file was exported: it cannot know more than that. What
 * an office writes itself speaks of now. */
static int find_today(const struct import_work *work, const char *name, int32_t *ret,
		      struct error *err)
{
	SCOPED(zone)
	struct zone *zone = NULL;
	int32_t exported = work->options->as_of;

	if (ctl_today(work->ctl, name, ret, err) < 0)
		return -1;
	if (work->layout->names_accounts || zone_open(name, &zone, err) < 0)
		return work->layout->names_accounts ? 0 : -1;
	if (exported == DAY_NONE && work->modified > FILES_BEGAN)
		exported = zone_day(zone, work->modified);
	if (exported != DAY_NONE && exported < *ret)
		*ret = exported;
	return 0;
}

size_t import_lane(struct import_work *work, const struct account *account,
		   const struct metric *metric)
{
	const char *zone = work->layout->zone ? work->layout->zone : account->entity->zone;
	size_t room = work->lane_room;
	size_t slot = slot_of(work, account, metric);
	struct error err;

	if (work->lane_slots[slot])
		return work->lane_slots[slot] - 1;
	if (work->lane_count == IMPORT_LANES_MAX) {
		import_mistake(work, "more than %d series: split the file", IMPORT_LANES_MAX);
		return 0;
	}
	work->lanes =
		memory_grow(work->lanes, work->lane_count, &work->lane_room, sizeof(*work->lanes));
	if (work->lane_room != room) {
		work->accounts =
			memory_resize(work->accounts, work->lane_room, sizeof(struct account *));
		work->todays = memory_resize(work->todays, work->lane_room, sizeof(*work->todays));
	}
	work->lanes[work->lane_count] = (struct import_lane){
		.entity = account->entity->id,
		.account = account->id,
		.zone = zone,
		.metric = metric,
	};
	work->accounts[work->lane_count] = account;
	work->todays[work->lane_count] = 0;
	if (find_today(work, zone, &work->todays[work->lane_count], &err) < 0)
		import_mistake(work, "%s", err.text);
	work->lane_slots[slot] = (uint32_t)++work->lane_count;
	return work->lane_count - 1;
}

bool import_is_over(const struct import_work *work, size_t lane, struct window window)
{
	return window_end(window) <= work->todays[lane];
}

void import_add_row(struct import_work *work, const struct import_row *row)
{
	if (work->row_count == IMPORT_ROWS_MAX) {
		csv_table_mistake(&work->table, row->line, "more than %d figures: split the file",
				  IMPORT_ROWS_MAX);
		work->table.csv.at = work->table.csv.length;
		return;
	}
	work->rows = memory_grow(work->rows, work->row_count, &work->row_room, sizeof(*work->rows));
	work->rows[work->row_count++] = *row;
}

/* Counts are never below zero, however they were rounded. */
static int64_t below_of(const struct metric *metric, const struct import_number *number)
{
	return !metric->negative && number->half > number->value ? number->value : number->half;
}

void import_add(struct import_work *work, size_t lane, struct window window,
		const struct import_number *number, uint32_t flags)
{
	const struct account *account = work->accounts[lane];
	char day[DAY_TEXT], range[WINDOW_TEXT];

	if (work->range.days && !window_holds(work->range, window)) {
		import_mistake(work, "%s is not among the days of the file, %s",
			       day_text(window.first, day), window_text(work->range, range));
		return;
	}
	if (!import_is_over(work, lane, window)) {
		work->unfinished++;
		return;
	}
	if ((account->since != DAY_NONE && window.first < account->since) ||
	    (account->until != DAY_NONE && window_end(window) - 1 > account->until)) {
		work->outside++;
		return;
	}
	import_add_row(work, &(struct import_row){
				     .window = window,
				     .value = number->value,
				     .below = below_of(work->lanes[lane].metric, number),
				     .above = number->half,
				     .flags = flags,
				     .lane = (uint32_t)lane,
				     .line = work->table.record.line,
			     });
}

static int compare_places(const struct import_row *a, const struct import_row *b)
{
	if (a->window.first != b->window.first)
		return a->window.first < b->window.first ? -1 : 1;
	if (a->lane != b->lane)
		return a->lane < b->lane ? -1 : 1;
	return (a->window.days > b->window.days) - (a->window.days < b->window.days);
}

static int compare_rows(const void *left, const void *right)
{
	const struct import_row *a = left;
	const struct import_row *b = right;
	int order = compare_places(a, b);

	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static bool is_sorted(const struct import_work *work)
{
	for (size_t i = 1; i < work->row_count; i++)
		if (compare_rows(&work->rows[i - 1], &work->rows[i]) > 0)
			return false;
	return true;
}

struct period import_period(struct window window)
{
	static const struct {
		const char *letter; /* NULL: there is no number behind it */
		int months;
	} forms[] = { { "0", 1 }, { "B", 2 }, { "Q", 3 }, { "S", 6 }, { NULL, 12 } };
	char days[WINDOW_TEXT];
	struct period period = { .kind = PERIOD_DAYS, .window = window };
	int year, month, day;

	day_split(window.first, &year, &month, &day);
	for (size_t i = 0; day == 1 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		int number = (month - 1) / forms[i].months + 1;
		char name[PERIOD_TEXT];

		if ((month - 1) % forms[i].months != 0)
			continue;
		if (forms[i].letter)
			(void)snprintf(name, sizeof(name), "%04d-%s%d", year,
				       number > 9 ? "" : forms[i].letter, number);
		else
			(void)snprintf(name, sizeof(name), "%04d", year);
		if (period_parse(name, &period, NULL) == 0 && period.window.days == window.days)
			return period;
	}
	if (period_parse(window_text(window, days), &period, NULL) < 0)
		(void)snprintf(period.name, sizeof(period.name), "%s", days);
	period.window = window;
	return period;
}

static void say_twice(struct import_work *work, const struct import_row *row, int first)
{
	const struct import_lane *lane = &work->lanes[row->lane];

	csv_table_mistake(&work->table, row->line, "%s %s %s stands already in line %d",
			  lane->account, lane->metric->id, import_period(row->window).name, first);
}

void import_sort(struct import_work *work)
{
	if (!is_sorted(work))
		qsort(work->rows, work->row_count, sizeof(*work->rows), compare_rows);
	for (size_t i = 1; i < work->row_count; i++)
		if (compare_places(&work->rows[i - 1], &work->rows[i]) == 0)
			say_twice(work, &work->rows[i], work->rows[i - 1].line);
}
