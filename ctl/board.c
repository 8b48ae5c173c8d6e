#include "board_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FAR_FUTURE = 120000 /* a day beyond every period */ };

int source_precedence(const struct account *account, const char *source)
{
	int named = 0;

	for (; account->precedence && account->precedence[named]; named++)
		if (strcmp(account->precedence[named], source) == 0)
			return named;
	if (strcmp(source, "manual") == 0)
		return named + 3;
	if (strcmp(source, RECORD_SOURCE) == 0)
		return named + 2;
	return strcmp(source, account->collector->name) == 0 ? named : named + 1;
}

/* Whether people or files say it, whatever the precedence: no provider changes it any more. */
static bool is_stated(const struct account *account, const char *source)
{
	return strcmp(source, "manual") == 0 || strcmp(source, account->collector->name) != 0;
}

struct window account_life(const struct account *account)
{
	int32_t first = account->since == DAY_NONE ? 0 : account->since;
	int32_t end = account->until == DAY_NONE ? FAR_FUTURE : account->until + 1;

	if (account->since == DAY_NONE && account->until == DAY_NONE)
		return (struct window){ 0 };
	return (struct window){ first, end > first ? end - first : 1 };
}

struct window board_window(const struct board *board)
{
	return board->window;
}

int32_t board_today(const struct board *board)
{
	return board->today;
}

const struct entity *board_entity(const struct board *board)
{
	return board->entity;
}

/* --- which accounts */

static bool in_group(const struct group *group, const struct account *account)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->accounts[i] == account)
			return true;
	return false;
}

static bool in_derived(const struct derived *derived, const struct account *account)
{
	for (size_t i = 0; i < derived->count; i++) {
		const struct term *term = &derived->terms[i];

		if (term->account == account || (term->group && in_group(term->group, account)) ||
		    (term->derived && in_derived(term->derived, account)))
			return true;
	}
	return false;
}

static bool in_term(const struct term *term, const struct account *account)
{
	return term->account == account || (term->group && in_group(term->group, account)) ||
	       (term->derived && in_derived(term->derived, account));
}

/* Whether an activity of the plan is computed from the account. */
static bool in_plan(const struct plan *plan, const struct account *account)
{
	for (size_t i = 0; plan && i < plan->count; i++)
		if (plan->activities[i].computed && in_term(&plan->activities[i].from, account))
			return true;
	return false;
}

/* Whether what `only` names needs the account; `own` is the account of that name, which goes before
 * others of it, or NULL. */
static bool is_needed(const struct entity *entity, const char *only, const struct account *own,
		      const struct account *account)
{
	if (!only || own)
		return !only || own == account || in_plan(own->plan, account);
	for (size_t i = 0; i < entity->group_count; i++)
		if (strcmp(entity->groups[i].id, only) == 0 &&
		    in_group(&entity->groups[i], account))
			return true;
	for (size_t i = 0; i < entity->derived_count; i++) {
		const struct derived *derived = &entity->derived[i];

		if (names_derived(derived->account, derived->metric, only) &&
		    in_derived(derived, account))
			return true;
	}
	return false;
}

static int choose_accounts(struct board *board, struct error *err)
{
	const struct entity *entity = board->entity;
	const struct account *own = board->only ? entity_account(entity, board->only) : NULL;

	board->places = memory_new(entity->account_count, sizeof(*board->places));
	for (size_t i = 0; i < entity->account_count; i++) {
		const struct account *account = &entity->accounts[i];
		const char *zone = account->collector->zone;
		struct place *place = &board->places[i];

		place->account = account;
		place->read = is_needed(entity, board->only, own, account);
		if (zones_get(&board->zones, zone ? zone : account->zone, &place->reader, err) < 0)
			return -1;
	}
	return 0;
}

/* --- reading */

static int by_account(const void *left, const void *right)
{
	const struct series *a = *(const struct series *const *)left;
	const struct series *b = *(const struct series *const *)right;
	int metrics;

	if (a->account != b->account)
		return a->account < b->account ? -1 : 1;
	metrics = strcmp(a->metric, b->metric);
	return metrics || !a->source || !b->source ? metrics : strcmp(a->source, b->source);
}

static int read_history(struct board *board, struct error *err)
{
	size_t most = board->entity->account_count;
	SCOPED(memory)
	struct store_account *accounts = memory_new(most, sizeof(*accounts));
	size_t count = 0;

	for (size_t i = 0; i < most; i++) {
		struct place *place = &board->places[i];

		if (!place->read)
			continue;
		place->history = count;
		accounts[count].entity = board->entity->id;
		accounts[count].account = place->account->id;
		if (zones_get(&board->zones, place->account->zone, &accounts[count].zone, err) < 0)
			return -1;
		count++;
	}
	if (store_history(board->ctl->store, accounts, count, NULL, board->window, &board->history,
			  err) < 0)
		return -1;
	board->series = memory_new(board->history.count, sizeof(struct series *));
	for (size_t i = 0; i < board->history.count; i++)
		board->series[i] = &board->history.series[i];
	qsort(board->series, board->history.count, sizeof(struct series *), by_account);
	return 0;
}

/* --- records */

/* The window in whole months: whether a month of a register is known, its own records say. */
static struct window whole_months(struct window window)
{
	struct window last = month_of(window_end(window) - 1);
	int32_t first = month_of(window.first).first;

	return (struct window){ first, window_end(last) - first };
}

static int compare_records(const struct record *a, const struct record *b, bool lists)
{
	int accounts = strcmp(a->account, b->account);
	int names = lists && accounts == 0 ? strcmp(a->list, b->list) : accounts;

	if (names)
		return names;
	if (a->window.first != b->window.first)
		return a->window.first < b->window.first ? -1 : 1;
	if (a->title && b->title && strcmp(a->title, b->title) != 0)
		return strcmp(a->title, b->title);
	if (!a->title != !b->title)
		return a->title ? 1 : -1;
	return (a->id > b->id) - (a->id < b->id);
}

static int by_list(const void *left, const void *right)
{
	return compare_records(left, right, true);
}

static int by_day(const void *left, const void *right)
{
	return compare_records(left, right, false);
}

/* The stretch of `records` that is the account's (and `list`'s, unless NULL). */
static size_t records_of(const struct record *records, size_t count, const char *account,
			 const char *list, const struct record **ret)
{
	size_t first = 0;
	size_t end;

	for (size_t step = count; step > 0;) { /* the first that is not before it */
		size_t half = step / 2;
		const struct record *record = &records[first + half];
		int order = strcmp(record->account, account);

		if (order == 0 && list)
			order = strcmp(record->list, list);
		if (order < 0) {
			first += half + 1;
			step -= half + 1;
		} else {
			step = half;
		}
	}
	for (end = first; end < count && strcmp(records[end].account, account) == 0 &&
			  (!list || strcmp(records[end].list, list) == 0);)
		end++;
	*ret = records + first;
	return end - first;
}

/* In the orders they are looked for; others see those of the window. */
static void sort_records(struct board *board)
{
	size_t size = sizeof(*board->read);

	board->by_month = memory_new(board->read_count, size);
	board->by_list = memory_new(board->read_count, size);
	board->by_account = memory_new(board->read_count, size);
	if (board->read_count == 0)
		return;
	memcpy(board->by_month, board->read, board->read_count * size);
	qsort(board->by_month, board->read_count, size, by_list);
	for (size_t i = 0; i < board->read_count; i++)
		if (window_common(board->by_month[i].window, board->window).days > 0)
			board->by_list[board->record_count++] = board->by_month[i];
	memcpy(board->by_account, board->by_list, board->record_count * size);
	qsort(board->by_account, board->record_count, size, by_day);
}

size_t board_month_records(const struct board *board, const struct account *account,
			   const char *list, const struct record **ret)
{
	return records_of(board->by_month, board->read_count, account->id, list, ret);
}

static int read_records(struct board *board, struct error *err)
{
	const char *account = NULL;
	size_t wanted = 0;

	for (size_t i = 0; i < board->entity->account_count; i++) {
		if (!board->places[i].read)
			continue;
		account = board->places[i].account->id;
		wanted++;
	}
	if (wanted == 0)
		return 0;
	if (store_records(board->ctl->store, board->entity->id, wanted == 1 ? account : NULL, NULL,
			  whole_months(board->window), &board->read, &board->read_count, err) < 0)
		return -1;
	sort_records(board);
	return 0;
}

size_t board_records(const struct board *board, const struct account *account, const char *list,
		     const struct record **ret)
{
	return records_of(list ? board->by_list : board->by_account, board->record_count,
			  account->id, list, ret);
}

/* --- cells */

/* The place of a metric among the account's: its collector's table, then what is entered. */
static size_t order_of(const struct account *account, const char *id)
{
	size_t order = 0;

	for (const struct metric *metric = account->collector->metrics; metric && metric->id;
	     metric++, order++)
		if (strcmp(metric->id, id) == 0)
			return order;
	for (const struct metric *metric = account->entered; metric->id; metric++, order++)
		if (strcmp(metric->id, id) == 0)
			return order;
	return order;
}

static struct cell *find_cell(const struct place *place, const char *id)
{
	for (size_t i = 0; i < place->count; i++)
		if (strcmp(place->cells[i]->metric->id, id) == 0)
			return place->cells[i];
	return NULL;
}

/* The cell of a metric, made where it is missing, behind those that come before it in the tables.
 */
static struct cell *cell_for(struct place *place, size_t *room, const char *id,
			     enum metric_kind kind)
{
	struct cell *cell = find_cell(place, id);
	size_t at = place->count;

	if (cell)
		return cell;
	cell = memory_new(1, sizeof(*cell));
	cell->metric = account_metric(place->account, id);
	cell->order = order_of(place->account, id);
	if (!cell->metric) {
		cell->unknown = (struct metric){ .id = id, .kind = kind };
		cell->metric = &cell->unknown;
	}
	place->cells = memory_grow(place->cells, place->count, room, sizeof(struct cell *));
	for (; at > 0 && place->cells[at - 1]->order > cell->order; at--)
		place->cells[at] = place->cells[at - 1];
	place->cells[at] = cell;
	place->count++;
	return cell;
}

static struct track *new_track(struct cell *cell, const struct series *series)
{
	size_t room = cell->room;

	cell->tracks = memory_grow(cell->tracks, cell->count, &cell->room, sizeof(*cell->tracks));
	cell->series = memory_grow(cell->series, cell->count, &room, sizeof(struct series *));
	cell->series[cell->count] = series;
	return &cell->tracks[cell->count++];
}

static void add_series(struct place *place, size_t *room, const struct series *series)
{
	struct cell *cell = cell_for(place, room, series->metric, series->kind);

	if (cell->count == 0 &&
	    (cell->metric == &cell->unknown || cell->metric->kind != series->kind)) {
		/* no longer configured, or as another kind: what is stored is shown as it was */
		cell->unknown = (struct metric){
			.id = series->metric,
			.label = cell->metric->label,
			.kind = series->kind,
			.items = series->items,
		};
		cell->metric = &cell->unknown;
	}
	if (cell->metric->kind != series->kind)
		return;
	*new_track(cell, series) = (struct track){
		.metric = cell->metric,
		.source = series->source,
		.precedence = source_precedence(place->account, series->source),
		.stated = is_stated(place->account, series->source),
		.zone = series->zone,
		.samples = series->samples,
		.count = series->count,
		.breaks = series->breaks,
		.break_count = series->definition_count,
	};
}

/* What an office counts one by one: records of a list that bears the metric's name. */
static void add_counted(struct board *board, struct cell *cell, const struct place *place)
{
	const struct account *account = place->account;
	const struct record *records;
	struct sample *samples;
	struct window window = board->window;
	size_t count = records_of(board->by_month, board->read_count, account->id, cell->metric->id,
				  &records);
	size_t sample_count;

	if (count == 0 || cell->metric->kind != METRIC_FLOW)
		return;
	if (window_end(window) > board->today + 1) /* what is to come has not happened */
		window.days = board->today + 1 - window.first;
	register_samples(records, count, window, &samples, &sample_count);
	board->counted = memory_grow(board->counted, board->counted_count, &board->counted_room,
				     sizeof(struct sample *));
	board->counted[board->counted_count++] = samples;
	*new_track(cell, NULL) = (struct track){
		.metric = cell->metric,
		.source = RECORD_SOURCE,
		.precedence = source_precedence(account, RECORD_SOURCE),
		.stated = true,
		.zone = account->entity->zone,
		.samples = samples,
		.count = sample_count,
	};
}

/* Whether the account still collects the series: then a period it knows nothing of says so. */
static bool is_collected(const struct account *account, const struct series *series)
{
	return strcmp(series->source, account->collector->name) == 0 &&
	       metric_find(account->collector->metrics, series->metric) &&
	       !account_lacks(account, series->metric);
}

static void make_cells(struct board *board, struct place *place, size_t first, size_t end)
{
	const struct account *account = place->account;
	const struct metric *own = account->collector->keeps ? account->collector->metrics : NULL;
	size_t room = 0;

	for (; own && own->id; own++)
		if (!account_lacks(account, own->id))
			(void)cell_for(place, &room, own->id, own->kind);
	for (const struct metric *metric = account->entered; metric->id; metric++)
		(void)cell_for(place, &room, metric->id, metric->kind);
	for (size_t i = first; i < end; i++) {
		const struct series *series = board->series[i];

		if (board_measure(account, series->metric) != MEASURE_NONE)
			continue; /* what a register counts, its records say */
		if (series->count || is_collected(account, series))
			add_series(place, &room, series);
	}
	for (size_t i = 0; board->read_count && i < place->count; i++)
		if (metric_find(account->entered, place->cells[i]->metric->id))
			add_counted(board, place->cells[i], place);
}

static void make_places(struct board *board)
{
	size_t at = 0;

	for (size_t i = 0; i < board->entity->account_count; i++) {
		struct place *place = &board->places[i];
		size_t first = at;

		if (!place->read)
			continue;
		while (at < board->history.count && board->series[at]->account == place->history)
			at++;
		make_cells(board, place, first, at);
	}
}

enum measure board_measure(const struct account *account, const char *metric)
{
	const struct metric *own =
		account->collector->keeps ? metric_find(account->collector->metrics, metric) : NULL;

	return own ? (enum measure)own->call : MEASURE_NONE;
}

struct cell *board_cell(const struct board *board, const struct account *account,
			const char *metric)
{
	return find_cell(place_of(board, account), metric);
}

bool board_has(const struct board *board, const struct account *account, const char *metric)
{
	const struct place *place = place_of(board, account);
	const struct series wanted = { .account = place->history, .metric = metric };
	const struct series *key = &wanted;

	if ((account_metric(account, metric) && !account_lacks(account, metric)) ||
	    find_cell(place, metric))
		return true;
	if (!place->read)
		return false;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): it is a list of pointers */
	return bsearch(&key, board->series, board->history.count, sizeof(key), by_account);
}

/* --- what was read, for those who look behind a figure */

size_t board_tracks(const struct board *board, const struct account *account, const char *metric,
		    const struct track **ret)
{
	const struct cell *cell = board_cell(board, account, metric);

	*ret = cell ? cell->tracks : NULL;
	return cell ? cell->count : 0;
}

const struct series *board_series(const struct board *board, const struct track *track)
{
	for (size_t i = 0; i < board->entity->account_count; i++) {
		const struct place *place = &board->places[i];

		for (size_t k = 0; k < place->count; k++)
			for (size_t t = 0; t < place->cells[k]->count; t++)
				if (&place->cells[k]->tracks[t] == track)
					return place->cells[k]->series[t];
	}
	return NULL;
}

/* The days, in the provider's zone, on which the days of the board were last read. */
static const int32_t *readings_of(const struct board *board, struct place *place)
{
	size_t days = (size_t)board->window.days;
	const int64_t *readings = board->history.readings + place->history * days;

	if (!place->read || place->read_on)
		return place->read_on;
	place->read_on = memory_new(days, sizeof(*place->read_on));
	for (size_t i = 0; i < days; i++)
		place->read_on[i] = readings[i] ? zone_day(place->reader, readings[i]) : DAY_NONE;
	return place->read_on;
}

struct scope board_scope(const struct board *board, const struct account *account,
			 struct window period)
{
	const int32_t *read_on = readings_of(board, place_of(board, account));

	assert(window_holds(board->window, period));
	return (struct scope){
		.period = period,
		.exists = account_life(account),
		.today = board->today,
		.read_on = read_on ? read_on + (period.first - board->window.first) : NULL,
		.combine = account->combine,
	};
}

/* --- all of it */

int board_open(struct ctl *ctl, const struct entity *entity, const char *only, struct window window,
	       struct board **ret, struct error *err)
{
	struct board *board = memory_new(1, sizeof(*board));

	board->ctl = ctl;
	board->entity = entity;
	board->only = only;
	board->window = window;
	if (ctl_today(ctl, entity->zone, &board->today, err) < 0 ||
	    choose_accounts(board, err) < 0 || read_history(board, err) < 0 ||
	    read_records(board, err) < 0) {
		board_close(board);
		return -1;
	}
	make_places(board);
	*ret = board;
	return 0;
}

int board_now(struct ctl *ctl, const struct entity *entity, struct board **ret, struct error *err)
{
	int32_t today;

	if (ctl_today(ctl, entity->zone, &today, err) < 0)
		return -1;
	return board_open(ctl, entity, NULL, (struct window){ today, 1 }, ret, err);
}

static void clear_place(struct place *place)
{
	for (size_t i = 0; i < place->count; i++) {
		free(place->cells[i]->tracks);
		free(place->cells[i]->series);
		free(place->cells[i]);
	}
	free(place->cells);
	free(place->read_on);
}

void board_close(struct board *board)
{
	if (!board)
		return;
	board_clear_sheet(board);
	for (size_t i = 0; board->places && i < board->entity->account_count; i++)
		clear_place(&board->places[i]);
	free(board->places);
	for (size_t i = 0; i < board->counted_count; i++)
		free(board->counted[i]);
	free(board->counted);
	free(board->figures);
	free(board->rows);
	free(board->subjects);
	free(board->by_month);
	free(board->by_list);
	free(board->by_account);
	if (board->closings)
		closings_free(board->closings, board->closing_count);
	records_free(board->read, board->read_count);
	free(board->series);
	history_clear(&board->history);
	zones_clear(&board->zones);
	free(board);
}
