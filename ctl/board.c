#include "board.h"

#include "metricsd/cleanup.h"
#include "metricsd/figure.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	MONTHS_SHOWN = 24,   /* of a longer period its years */
	FAR_FUTURE = 120000, /* a day beyond every period */
	ORDERS = 2 * METRICS_MAX + 1,
	TRACKS_MAX = 32, /* sources of one account's metric */
};

/* An account's or a group's metric while the board is made. */
struct maker {
	struct ctl *ctl;
	const struct entity *entity;
	struct board *board;
	int32_t today;
	struct window window;            /* all days of the board */
	int32_t *read_on;                /* of the account whose rows are made */
	const struct account **accounts; /* those whose history was read */
	size_t account_count;
	const struct series **series; /* by account, then metric */
	size_t *first_rows; /* where the rows of each account begin; one more at the end */
};

int source_precedence(const struct account *account, const char *source)
{
	if (strcmp(source, "manual") == 0)
		return 2;
	return strcmp(source, account->collector->name) == 0 ? 0 : 1;
}

struct window account_life(const struct account *account)
{
	int32_t first = account->since == DAY_NONE ? 0 : account->since;
	int32_t end = account->until == DAY_NONE ? FAR_FUTURE : account->until + 1;

	if (account->since == DAY_NONE && account->until == DAY_NONE)
		return (struct window){ 0 };
	return (struct window){ first, end > first ? end - first : 1 };
}

/* --- columns */

static void add_column(struct board *board, const struct period *period)
{
	if (board->sheet.column_count < SHEET_COLUMNS)
		board->columns[board->sheet.column_count++] = *period;
}

static void add_years(struct board *board, const struct period *period)
{
	int year, last, month, mday;

	day_split(period->window.first, &year, &month, &mday);
	day_split(window_end(period->window) - 1, &last, &month, &mday);
	for (; year <= last && board->sheet.column_count < SHEET_COLUMNS - 1; year++) {
		struct period column;
		char name[16];

		(void)snprintf(name, sizeof(name), "%04d", year);
		if (period_parse(name, &column, NULL) == 0)
			add_column(board, &column);
	}
}

/* A period of several whole months shows them, a very long one its years; then the whole. */
static void make_columns(struct board *board, const struct period *period)
{
	struct period months[MONTHS_SHOWN];
	size_t count = period_months(period, months, MONTHS_SHOWN);
	int32_t days = 0;

	if (period->kind == PERIOD_YEARS) {
		add_years(board, period);
	} else if (count > 1) {
		for (size_t i = 0; i < count; i++)
			days += months[i].window.days;
		for (size_t i = 0; days == period->window.days && i < count; i++)
			add_column(board, &months[i]);
	}
	if (board->sheet.column_count == 0 || period->kind != PERIOD_MONTH)
		add_column(board, period);
}

/* --- rows */

static struct sheet_row *new_row(struct maker *maker, enum sheet_section section, const char *id,
				 const char *title)
{
	struct board *board = maker->board;
	struct sheet_row *row;

	board->rows =
		memory_grow(board->rows, board->row_count, &board->row_room, sizeof(*board->rows));
	row = &board->rows[board->row_count++];
	*row = (struct sheet_row){ .section = section, .account = id, .title = title ? title : id };
	return row;
}

/* Figures for a row, one a column; the board's. */
static struct figure *new_figures(struct maker *maker)
{
	struct board *board = maker->board;
	struct figure *figures = memory_new(board->sheet.column_count, sizeof(*figures));

	board->figures = memory_grow(board->figures, board->figure_count, &board->figure_room,
				     sizeof(struct figure *));
	board->figures[board->figure_count++] = figures;
	return figures;
}

/* A row's metric: what is known of it, and the series that have it. */
struct cell {
	const struct metric *metric;
	struct metric unknown; /* of a series whose metric is no longer configured */
	struct track tracks[TRACKS_MAX];
	size_t count;
	size_t order; /* place in the account's tables */
};

static struct scope scope_of(const struct maker *maker, const struct account *account,
			     size_t column)
{
	struct window period = maker->board->columns[column].window;
	const int32_t *read_on = maker->read_on;

	return (struct scope){
		.period = period,
		.exists = account_life(account),
		.today = maker->today,
		.read_on = read_on ? read_on + (period.first - maker->window.first) : NULL,
	};
}

/* The days, in the provider's zone, on which the days of the board were last read. */
static int know_readings(struct maker *maker, size_t place, struct error *err)
{
	const struct account *account = maker->accounts[place];
	const char *name = account->collector->zone ? account->collector->zone : account->zone;
	const int64_t *readings = maker->board->history.readings;
	size_t days = (size_t)maker->window.days;
	struct zone *zone;

	if (zones_get(&maker->board->zones, name, &zone, err) < 0)
		return -1;
	for (size_t i = 0; i < days; i++) {
		int64_t read = readings[place * days + i];

		maker->read_on[i] = read ? zone_day(zone, read) : DAY_NONE;
	}
	return 0;
}

static void add_account_row(struct maker *maker, const struct account *account,
			    const struct cell *cell)
{
	struct sheet_row *row = new_row(maker, SHEET_ACCOUNTS, account->id, account->title);
	struct figure *figures = new_figures(maker);

	row->metric = cell->metric->id;
	row->label = metric_label(cell->metric);
	row->figures = figures;
	for (size_t k = 0; k < maker->board->sheet.column_count; k++) {
		struct scope scope = scope_of(maker, account, k);

		figures[k] = figure_of(cell->tracks, cell->count, &scope);
		figures[k].kind = cell->metric->kind;
	}
}

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

static struct cell *cell_for(const struct account *account, struct cell *cells, size_t *count,
			     const char *id)
{
	struct cell *cell;

	for (size_t i = 0; i < *count; i++)
		if (strcmp(cells[i].metric->id, id) == 0)
			return &cells[i];
	if (*count == ORDERS)
		return NULL;
	cell = &cells[(*count)++];
	cell->metric = account_metric(account, id);
	cell->order = order_of(account, id);
	cell->count = 0;
	return cell;
}

static void add_track(const struct account *account, struct cell *cells, size_t *count,
		      const struct series *series)
{
	struct cell *cell = cell_for(account, cells, count, series->metric);

	if (!cell)
		return;
	if (!cell->metric || (cell->count == 0 && cell->metric->kind != series->kind)) {
		/* no longer configured, or as another kind: what is stored is shown as it was */
		cell->unknown = (struct metric){
			.id = series->metric,
			.label = cell->metric ? cell->metric->label : NULL,
			.kind = series->kind,
			.items = series->items,
		};
		cell->metric = &cell->unknown;
	}
	if (cell->count == TRACKS_MAX || cell->metric->kind != series->kind)
		return;
	cell->tracks[cell->count++] = (struct track){
		.metric = cell->metric,
		.source = series->source,
		.precedence = source_precedence(account, series->source),
		.zone = series->zone,
		.samples = series->samples,
		.count = series->count,
		.breaks = series->breaks,
		.break_count = series->definition_count,
	};
}

/* Whether the account still collects the series: then a period it knows nothing of says so. */
static bool is_collected(const struct account *account, const struct series *series)
{
	return strcmp(series->source, account->collector->name) == 0 &&
	       metric_find(account->collector->metrics, series->metric) &&
	       !account_lacks(account, series->metric);
}

/* The rows of one account from its series, [first, end) of the sorted list. */
static void make_account(struct maker *maker, const struct account *account, size_t first,
			 size_t end, struct cell *cells)
{
	size_t count = 0;

	for (const struct metric *metric = account->entered; metric->id; metric++)
		(void)cell_for(account, cells, &count, metric->id);
	for (size_t i = first; i < end; i++)
		if (maker->series[i]->count || is_collected(account, maker->series[i]))
			add_track(account, cells, &count, maker->series[i]);
	if (count == 0)
		(void)new_row(maker, SHEET_ACCOUNTS, account->id, account->title);
	/* places in the account's tables: few enough to go round */
	for (size_t order = 0; order <= ORDERS; order++)
		for (size_t i = 0; i < count; i++)
			if (cells[i].order == order)
				add_account_row(maker, account, &cells[i]);
}

static int by_account(const void *left, const void *right)
{
	const struct series *a = *(const struct series *const *)left;
	const struct series *b = *(const struct series *const *)right;

	if (a->account != b->account)
		return a->account < b->account ? -1 : 1;
	return strcmp(a->metric, b->metric);
}

static int make_accounts(struct maker *maker, struct error *err)
{
	const struct history *history = &maker->board->history;
	SCOPED(memory)
	struct cell *cells = memory_new(ORDERS, sizeof(*cells));
	size_t at = 0;

	for (size_t i = 0; i < history->count; i++)
		maker->series[i] = &history->series[i];
	qsort(maker->series, history->count, sizeof(struct series *), by_account);
	for (size_t i = 0; i < maker->account_count; i++) {
		size_t first = at;

		while (at < history->count && maker->series[at]->account == i)
			at++;
		maker->first_rows[i] = maker->board->row_count;
		if (know_readings(maker, i, err) < 0)
			return -1;
		make_account(maker, maker->accounts[i], first, at, cells);
	}
	maker->first_rows[maker->account_count] = maker->board->row_count;
	return 0;
}

/* --- groups and derived metrics */

/* The account's place among the accounts: all of them are here when groups are made. */
static size_t place_of(const struct maker *maker, const struct account *account)
{
	return (size_t)(account - maker->entity->accounts);
}

/* The account's row of a metric, NULL when it has none. */
static const struct sheet_row *account_row(const struct maker *maker, const struct account *account,
					   const char *metric)
{
	size_t place = place_of(maker, account);

	for (size_t r = maker->first_rows[place]; r < maker->first_rows[place + 1]; r++) {
		const struct sheet_row *row = &maker->board->rows[r];

		if (row->metric && strcmp(row->metric, metric) == 0)
			return row;
	}
	return NULL;
}

/* An account's figure, or that nothing is known of a metric it has. */
static struct figure account_figure(const struct maker *maker, const struct account *account,
				    const char *metric, size_t column)
{
	const struct sheet_row *row = account_row(maker, account, metric);
	const struct metric *known = account_metric(account, metric);
	struct scope scope = scope_of(maker, account, column);
	struct figure figure;

	if (row)
		return row->figures[column];
	figure = figure_of(NULL, 0, &scope);
	if (known)
		figure.kind = known->kind;
	return figure;
}

/* Whether anything was ever stored of it, in whatever period. */
static bool has_series(const struct maker *maker, const struct account *account, const char *metric)
{
	const struct series wanted = { .account = place_of(maker, account), .metric = metric };
	const struct series *key = &wanted;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): it is a list of pointers */
	return bsearch(&key, maker->series, maker->board->history.count, sizeof(key), by_account);
}

/* The same whatever the period: a group does not have other members in another month. */
static bool has_metric(const struct maker *maker, const struct account *account, const char *metric)
{
	return (account_metric(account, metric) && !account_lacks(account, metric)) ||
	       has_series(maker, account, metric);
}

static struct figure group_figure(const struct maker *maker, const struct group *group,
				  const char *metric, size_t column)
{
	SCOPED(memory)
	struct figure *parts = memory_new(group->count, sizeof(*parts));
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		if (has_metric(maker, group->accounts[i], metric))
			parts[count++] = account_figure(maker, group->accounts[i], metric, column);
	return figure_of_group(parts, count);
}

/* How many of the group's accounts have the metric; 0 when they do not mean the same by it. */
static size_t group_has(const struct maker *maker, const struct group *group, const char *metric)
{
	enum metric_kind kind = METRIC_FLOW;
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		struct figure figure;

		if (!has_metric(maker, group->accounts[i], metric))
			continue;
		figure = account_figure(maker, group->accounts[i], metric, 0);
		if (count++ && figure.kind != kind)
			return 0;
		kind = figure.kind;
	}
	return count;
}

static bool group_row_exists(const struct maker *maker, size_t first, const char *metric)
{
	for (size_t i = first; i < maker->board->row_count; i++)
		if (strcmp(maker->board->rows[i].metric, metric) == 0)
			return true;
	return false;
}

static void add_group_row(struct maker *maker, const struct group *group, const char *metric,
			  const char *label)
{
	struct sheet_row *row = new_row(maker, SHEET_GROUPS, group->id, group->title);
	struct figure *figures = new_figures(maker);

	row->metric = metric;
	row->label = label;
	row->figures = figures;
	for (size_t k = 0; k < maker->board->sheet.column_count; k++)
		figures[k] = group_figure(maker, group, metric, k);
}

/* A row for each metric that at least two of the accounts have: one alone says what it says above.
 */
static void make_group(struct maker *maker, const struct group *group)
{
	size_t first = maker->board->row_count;

	for (size_t i = 0; i < group->count; i++) {
		size_t place = place_of(maker, group->accounts[i]);

		for (size_t r = maker->first_rows[place]; r < maker->first_rows[place + 1]; r++) {
			const struct sheet_row row = maker->board->rows[r];

			if (row.metric && !group_row_exists(maker, first, row.metric) &&
			    group_has(maker, group, row.metric) > 1)
				add_group_row(maker, group, row.metric, row.label);
		}
	}
}

static void make_derived(struct maker *maker, const struct derived *derived)
{
	struct sheet_row *row = new_row(maker, SHEET_DERIVED, derived->account, derived->account);
	struct figure *figures = new_figures(maker);
	const struct metric metric = { .id = derived->metric };

	row->metric = derived->metric;
	row->label = derived->title ? derived->title : metric_label(&metric);
	row->figures = figures;
	for (size_t k = 0; k < maker->board->sheet.column_count; k++) {
		for (size_t i = 0; i < derived->count; i++) {
			const struct term *term = &derived->terms[i];
			struct figure figure =
				term->group ? group_figure(maker, term->group, term->metric, k)
					    : account_figure(maker, term->account, term->metric, k);

			figure_add_term(&figures[k], &figure, term->sign, i == 0);
		}
	}
}

/* --- all of it */

static int read_history(struct maker *maker, struct error *err)
{
	struct board *board = maker->board;
	SCOPED(memory)
	struct store_account *accounts = memory_new(maker->account_count, sizeof(*accounts));

	for (size_t i = 0; i < maker->account_count; i++) {
		const struct account *account = maker->accounts[i];

		accounts[i].entity = maker->entity->id;
		accounts[i].account = account->id;
		if (zones_get(&board->zones, account->zone, &accounts[i].zone, err) < 0)
			return -1;
	}
	return store_history(maker->ctl->store, accounts, maker->account_count, NULL,
			     board->sheet.period.window, &board->history, err);
}

static bool row_is(const struct sheet_row *row, const char *only)
{
	if (row->section == SHEET_DERIVED)
		return names_derived(row->account, row->metric, only);
	return strcmp(row->account, only) == 0;
}

/* Leaves the rows of `only`. */
static void keep_only(struct board *board, const char *only)
{
	size_t kept = 0;

	for (size_t i = 0; i < board->row_count; i++)
		if (row_is(&board->rows[i], only))
			board->rows[kept++] = board->rows[i];
	board->row_count = kept;
}

/* All accounts, or the one that is asked for. */
static void choose_accounts(struct maker *maker, const char *only)
{
	const struct entity *entity = maker->entity;

	maker->accounts = memory_new(entity->account_count, sizeof(struct account *));
	for (size_t i = 0; only && i < entity->account_count; i++)
		if (strcmp(entity->accounts[i].id, only) == 0)
			maker->accounts[maker->account_count++] = &entity->accounts[i];
	if (maker->account_count)
		return;
	for (size_t i = 0; i < entity->account_count; i++)
		maker->accounts[maker->account_count++] = &entity->accounts[i];
}

static int make_rows(struct maker *maker, const char *only, struct error *err)
{
	const struct entity *entity = maker->entity;

	if (make_accounts(maker, err) < 0)
		return -1;
	if (maker->account_count == entity->account_count) {
		for (size_t i = 0; i < entity->group_count; i++)
			make_group(maker, &entity->groups[i]);
		for (size_t i = 0; i < entity->derived_count; i++)
			make_derived(maker, &entity->derived[i]);
	}
	if (only)
		keep_only(maker->board, only);
	return 0;
}

int board_make(struct ctl *ctl, const struct entity *entity, const char *only,
	       const struct period *period, struct board *ret, struct error *err)
{
	struct maker maker = {
		.ctl = ctl, .entity = entity, .board = ret, .window = period->window
	};
	int result = -1;

	*ret = (struct board){ .sheet = {
				       .entity = entity->id,
				       .name = entity->name,
				       .notice = entity->notice,
				       .zone = entity->zone,
				       .period = *period,
			       } };
	make_columns(ret, period);
	choose_accounts(&maker, only);
	if (ctl_today(ctl, entity->zone, &maker.today, err) < 0 || read_history(&maker, err) < 0)
		goto out;
	maker.series = memory_new(ret->history.count, sizeof(struct series *));
	maker.first_rows = memory_new(maker.account_count + 1, sizeof(size_t));
	maker.read_on = memory_new((size_t)maker.window.days, sizeof(*maker.read_on));
	if (make_rows(&maker, only, err) < 0)
		goto out;
	ret->sheet.today = maker.today;
	ret->sheet.columns = ret->columns;
	ret->sheet.rows = ret->rows;
	ret->sheet.row_count = ret->row_count;
	result = 0;

out:
	free(maker.accounts);
	free(maker.series);
	free(maker.first_rows);
	free(maker.read_on);
	return result;
}

void board_clear(struct board *board)
{
	for (size_t i = 0; i < board->figure_count; i++)
		free(board->figures[i]);
	free(board->figures);
	free(board->rows);
	history_clear(&board->history);
	zones_clear(&board->zones);
	*board = (struct board){ 0 };
}
