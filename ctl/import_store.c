/*
 * What a file would change, as a table, and keeping it: all of it in one transaction that begins
 * when everything has been read and checked, so that collecting goes on meanwhile.
 */
#include "board.h"
#include "import.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"

#include <stdlib.h>
#include <string.h>

enum {
	TABLE_ROWS = 2000,     /* printed together: their columns are aligned */
	OVERRULED_MAX = 20000, /* figures whose place in the summary is looked up */
	MONTHS_MAX = 4096,
};

/* What became of all of it. */
struct import_total {
	size_t samples, revisions, items;
	int64_t first, last; /* entries; 0: none */
};

static struct import import_of(const struct import_work *work)
{
	struct import import = {
		.source = work->layout->source,
		.lanes = work->lanes,
		.lane_count = work->lane_count,
		.rows = work->rows,
		.row_count = work->row_count,
		.findings = &work->findings,
		.listed = work->listed,
		.counters = work->counters,
		.counter_count = work->counter_count,
		.as_of = work->as_of,
		.origin = { .kind = ORIGIN_FILE,
			    .at = work->ctl->now,
			    .what = base_name(work->table.path),
			    .sha256 = work->sha256,
			    .by = work->options->by,
			    .note = work->note.length ? text_str(&work->note) : NULL },
	};

	if (work->listed.days)
		import.channel = (struct channel){
			.entity = work->account->entity->id,
			.account = work->account->id,
			.source = work->layout->source,
			.zone = work->account->zone,
			.metrics = import_item_metrics,
		};
	return import;
}

/* --- the table */

/* A table for each entity: nothing of two stands in one. */
struct grids {
	struct ctl *ctl;
	struct grid *items;
	size_t count;
	bool *named; /* its name stands above the first table of it */
	bool first;
};

static void grids_begin(struct grids *grids, struct ctl *ctl)
{
	*grids = (struct grids){ .ctl = ctl, .count = ctl->config->entity_count, .first = true };
	grids->items = memory_new(grids->count, sizeof(*grids->items));
	grids->named = memory_new(grids->count, sizeof(*grids->named));
	for (size_t i = 0; i < grids->count; i++)
		grid_begin(&grids->items[i], "lllrl");
}

static void scoped_grids(struct grids *grids)
{
	for (size_t i = 0; i < grids->count; i++)
		grid_clear(&grids->items[i]);
	free(grids->items);
	free(grids->named);
}

static void grid_out(struct grids *grids, size_t entity)
{
	struct ctl *ctl = grids->ctl;

	if (!grids->items[entity].count)
		return;
	if (!grids->named[entity])
		print_entity(ctl, &ctl->config->entities[entity], &grids->first);
	grids->named[entity] = true;
	grid_print(&grids->items[entity], &ctl->look, ctl->out);
	grid_begin(&grids->items[entity], "lllrl");
}

static void grids_out(struct grids *grids)
{
	for (size_t i = 0; i < grids->count; i++)
		grid_out(grids, i);
	if (!grids->first)
		(void)fputc('\n', grids->ctl->out);
}

/* One line: whose, what, when, the number, and what becomes of it. */
static void grid_line(struct grids *grids, const struct import_lane *lane, struct window window,
		      const char *value, enum paint paint, const char *words)
{
	const struct config *config = grids->ctl->config;
	size_t entity = (size_t)(config_entity(config, lane->entity) - config->entities);
	struct grid *grid = &grids->items[entity];
	const struct period period = import_period(window);
	SCOPED(text)
	struct text account = { 0 };

	text_addf(&account, "%s/%s", lane->entity, lane->account);
	grid_cell(grid, PAINT_PLAIN, text_str(&account));
	grid_cell(grid, PAINT_PLAIN, lane->metric->id);
	grid_cell(grid, PAINT_PLAIN, period.name);
	grid_cell(grid, PAINT_PLAIN, value);
	grid_cell(grid, paint, words);
	grid_end_row(grid);
	if (grid->count >= (size_t)TABLE_ROWS * grid->columns)
		grid_out(grids, entity);
}

static bool says_the_same(const struct sample *known, const struct import_row *row)
{
	return known->value == row->value && known->below == row->below &&
	       known->above == row->above && known->flags == row->flags;
}

static void row_line(const struct import_work *work, struct grids *grids,
		     const struct import_row *row, const struct sample *known)
{
	const struct sample sample = {
		.value = row->value,
		.below = row->below,
		.above = row->above,
		.flags = row->flags,
	};
	bool changes = known->window.days && !says_the_same(known, row);
	SCOPED(text)
	struct text value = { 0 };

	if (known->window.days && !changes)
		return;
	if (changes) {
		sample_print(known, work->ctl->language, &value);
		text_add(&value, " → ");
	}
	sample_print(&sample, work->ctl->language, &value);
	grid_line(grids, &work->lanes[row->lane], row->window, text_str(&value),
		  changes ? PAINT_WARN : PAINT_PLAIN, changes ? say("changed") : say("new"));
}

/* Publications of a kind, day by day, that are not known yet. */
static void item_lines(const struct import_work *work, struct grids *grids, const bool *known)
{
	const struct findings *findings = &work->findings;
	struct zone *zone = NULL;
	struct error err;

	if (!findings->item_count || zone_open(work->account->zone, &zone, &err) < 0)
		return;
	for (const struct metric *metric = import_item_metrics; metric->id; metric++) {
		const struct import_lane lane = { work->account->entity->id, work->account->id,
						  work->account->zone, metric };

		for (size_t i = 0; i < findings->item_count;) {
			int32_t day = zone_day(zone, findings->items[i].created);
			int64_t fresh = 0;
			SCOPED(text)
			struct text value = { 0 };

			for (; i < findings->item_count &&
			       zone_day(zone, findings->items[i].created) == day;
			     i++)
				fresh += findings->items[i].kind == metric->items && !known[i];
			if (!fresh)
				continue;
			text_add_char(&value, '+');
			language_number(work->ctl->language, fresh, &value);
			grid_line(grids, &lane, (struct window){ day, 1 }, text_str(&value),
				  PAINT_PLAIN, say("new"));
		}
	}
	zone_close(zone);
}

/* What publications had gathered by the day of the export. */
static void counter_lines(const struct import_work *work, struct grids *grids, const int64_t *known)
{
	for (size_t i = 0; i < work->counter_count; i++) {
		const struct import_counter *counter = &work->counters[i];
		const struct metric metric = { .id = counter->metric };
		const struct import_lane lane = { work->account->entity->id, work->account->id,
						  work->account->zone, &metric };
		SCOPED(text)
		struct text value = { 0 };

		if (known[i] == counter->value)
			continue;
		text_addf(&value, "%s: ", counter->id);
		if (known[i] != INT64_MIN) {
			language_number(work->ctl->language, known[i], &value);
			text_add(&value, " → ");
		}
		language_number(work->ctl->language, counter->value, &value);
		grid_line(grids, &lane, (struct window){ work->as_of, 1 }, text_str(&value),
			  known[i] == INT64_MIN ? PAINT_PLAIN : PAINT_WARN,
			  known[i] == INT64_MIN ? say("new") : say("changed"));
	}
}

static int print_table(const struct import_work *work)
{
	const struct import import = import_of(work);
	SCOPED(memory)
	struct sample *known = memory_new(work->row_count, sizeof(*known));
	SCOPED(memory)
	bool *items = memory_new(work->findings.item_count, sizeof(*items));
	SCOPED(memory)
	int64_t *counters = memory_new(work->counter_count, sizeof(*counters));
	SCOPED(grids)
	struct grids grids;
	struct error err;

	grids_begin(&grids, work->ctl);
	if (store_import_known(work->ctl->store, &import, known, items, counters, &err) < 0)
		return ctl_fail(&err);
	for (size_t i = 0; i < work->row_count; i++)
		row_line(work, &grids, &work->rows[i], &known[i]);
	item_lines(work, &grids, items);
	counter_lines(work, &grids, counters);
	grids_out(&grids);
	return ENDS_FINE;
}

/* --- keeping */

static void total_add(struct import_total *total, const struct changes *changes)
{
	total->samples += changes->samples;
	total->revisions += changes->revisions;
	total->items += changes->items;
	if (!changes->origin)
		return;
	total->last = changes->origin;
	if (!total->first)
		total->first = changes->origin;
}

static int compare_words(const void *left, const void *right)
{
	const struct import_row *a = left;
	const struct import_row *b = right;

	if (a->words != b->words)
		return a->words < b->words ? -1 : 1;
	if (a->window.first != b->window.first)
		return a->window.first < b->window.first ? -1 : 1;
	return (a->lane > b->lane) - (a->lane < b->lane);
}

/* Lines that share note and evidence are one origin. */
static int store_groups(struct import_work *work, struct import_total *total, struct error *err)
{
	struct import import = import_of(work);

	qsort(work->rows, work->row_count, sizeof(*work->rows), compare_words);
	for (size_t first = 0, end; first < work->row_count; first = end) {
		const struct import_words *words = &work->words[work->rows[first].words];
		struct changes changes = { 0 };

		for (end = first + 1;
		     end < work->row_count && work->rows[end].words == work->rows[first].words;)
			end++;
		import.rows = &work->rows[first];
		import.row_count = end - first;
		import.origin.note = words->note;
		import.origin.evidence = words->evidence;
		if (store_import(work->ctl->store, &import, &changes, err) < 0)
			return -1;
		total_add(total, &changes);
	}
	return 0;
}

static int store_all(struct import_work *work, struct import_total *total, struct error *err)
{
	struct import import = import_of(work);
	struct changes changes = { 0 };

	if (work->words_count > 1)
		return store_groups(work, total, err);
	if (store_import(work->ctl->store, &import, &changes, err) < 0)
		return -1;
	total_add(total, &changes);
	return 0;
}

/* --- what is said of it */

static void print_total(const struct import_work *work, const struct import_total *total)
{
	const struct ctl *ctl = work->ctl;
	size_t told = work->row_count + work->counter_count;
	size_t moved = total->samples + total->revisions;
	size_t same = told > moved ? told - moved : 0;

	(void)fprintf(ctl->out, "%s: ", base_name(work->table.path));
	(void)fprintf(ctl->out,
		      say_count("%zu new figure, ", "%zu new figures, ", (int64_t)total->samples),
		      total->samples);
	(void)fprintf(ctl->out,
		      say_count("%zu changed, ", "%zu changed, ", (int64_t)total->revisions),
		      total->revisions);
	(void)fprintf(ctl->out, say_count("%zu as it was", "%zu as they were", (int64_t)same),
		      same);
	if (work->listed.days)
		(void)fprintf(ctl->out,
			      say_count(", %zu new publication", ", %zu new publications",
					(int64_t)total->items),
			      total->items);
	if (work->options->dry)
		(void)fprintf(ctl->out, "; %s\n", say("nothing was stored (--dry-run)"));
	else if (!total->first)
		(void)fprintf(ctl->out, "; %s\n", say("nothing new"));
	else if (total->first == total->last)
		(void)fprintf(ctl->out, say("; entry %lld\n"), (long long)total->first);
	else
		(void)fprintf(ctl->out, say("; entries %lld to %lld\n"), (long long)total->first,
			      (long long)total->last);
}

static void say_all_closed(const struct import_work *work)
{
	struct ctl *ctl = work->ctl;

	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];
		SCOPED(memory)
		struct window *windows = memory_new(work->row_count + 1, sizeof(*windows));
		size_t count = 0;

		for (size_t i = 0; i < work->row_count; i++)
			if (work->accounts[work->rows[i].lane]->entity == entity)
				windows[count++] = work->rows[i].window;
		if (work->listed.days && work->account->entity == entity)
			windows[count++] = work->listed;
		if (count)
			say_closed(ctl, entity, windows, count);
	}
}

/* A month of a lane of days: whose figure may come from elsewhere. */
struct month {
	size_t lane;
	int32_t first;
};

/* The months in which days of lanes were brought, each once; rows are ascending by day. */
static size_t find_months(const struct import_work *work, struct month *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < work->row_count && count < MONTHS_MAX; i++) {
		const struct import_row *row = &work->rows[i];
		struct month month = { row->lane, month_of(row->window.first).first };
		bool there = false;

		for (size_t m = count; m > 0 && !there && ret[m - 1].first == month.first; m--)
			there = ret[m - 1].lane == month.lane;
		if (row->window.days == 1 && !there)
			ret[count++] = month;
	}
	return count;
}

/* Whether the summary takes the month from elsewhere. */
static int is_elsewhere(const struct import_work *work, const struct month *month,
			struct board *board, bool *ret, struct error *err)
{
	const struct account *account = work->accounts[month->lane];
	struct period period = period_month(month_of(month->first));
	struct subject subject;
	struct figure figure;

	if (board_find(board, account->id, work->lanes[month->lane].metric->id, &subject, err) < 0)
		return -1;
	figure = board_figure(board, &subject, &period, NULL);
	*ret = figure.form != FIGURE_NONE && !figure.mixed && figure.source &&
	       strcmp(figure.source, work->layout->source) != 0;
	return 0;
}

/* Months of days the file brought that the summary takes from another source. */
static void say_months(const struct import_work *work)
{
	SCOPED(memory)
	struct month *months = memory_new(MONTHS_MAX, sizeof(*months));
	size_t count = find_months(work, months);
	size_t elsewhere = 0;
	struct error err;

	for (size_t lane = 0; lane < work->lane_count; lane++) {
		const struct account *account = work->accounts[lane];
		SCOPED(board)
		struct board *board = NULL;
		struct window whole = { 0 };

		for (size_t m = 0; m < count; m++) {
			struct window month = month_of(months[m].first);

			if (months[m].lane != lane)
				continue;
			if (!whole.days)
				whole = month;
			whole.days = window_end(month) - whole.first;
		}
		if (!whole.days ||
		    board_open(work->ctl, account->entity, account->id, whole, &board, &err) < 0)
			continue;
		for (size_t m = 0; m < count; m++) {
			bool other = false;

			if (months[m].lane == lane &&
			    is_elsewhere(work, &months[m], board, &other, &err) == 0)
				elsewhere += other;
		}
	}
	if (elsewhere)
		(void)fprintf(work->ctl->out,
			      say_count("The summary takes %zu month of it from another source: "
					"metricsctl reconcile shows both.\n",
					"The summary takes %zu months of it from other sources: "
					"metricsctl reconcile shows both.\n",
					(int64_t)elsewhere),
			      elsewhere);
}

static int by_line(const void *left, const void *right)
{
	const struct import_row *a = left;
	const struct import_row *b = right;

	return (a->line > b->line) - (a->line < b->line);
}

/* Figures a person knows one by one, in the order of the file: periods, not days. */
static void say_periods(const struct import_work *work)
{
	SCOPED(memory)
	struct import_row *rows = memory_new(work->row_count, sizeof(*rows));
	SCOPED(memory)
	struct stored *stored = memory_new(work->row_count, sizeof(*stored));
	SCOPED(memory)
	struct entry *entries = memory_new(work->row_count, sizeof(*entries));
	SCOPED(memory)
	struct period *periods = memory_new(work->row_count, sizeof(*periods));
	size_t count = 0;

	for (size_t i = 0; i < work->row_count; i++)
		if (work->rows[i].window.days > 1 || work->layout->names_accounts)
			rows[count++] = work->rows[i];
	qsort(rows, count, sizeof(*rows), by_line);
	for (size_t i = 0; i < count; i++) {
		const struct import_lane *lane = &work->lanes[rows[i].lane];

		periods[i] = import_period(rows[i].window);
		entries[i] = (struct entry){
			.entity = lane->entity,
			.account = lane->account,
			.source = work->layout->source,
			.zone = lane->zone,
			.metric = lane->metric,
			.window = rows[i].window,
			.value = rows[i].value,
			.below = rows[i].below,
			.above = rows[i].above,
		};
		stored[i] = (struct stored){ &entries[i], &periods[i] };
	}
	say_overruled(work->ctl, stored, count);
}

static void say_cautions(const struct import_work *work, const struct import_total *total)
{
	struct ctl *ctl = work->ctl;

	if (work->local)
		(void)fprintf(ctl->out,
			      say_count("%zu line gives a path of the office's own network as "
					"evidence: nobody outside can look at it, and no SHA-256 "
					"of it is kept\n",
					"%zu lines give a path of the office's own network as "
					"evidence: nobody outside can look at it, and no SHA-256 "
					"of it is kept\n",
					(int64_t)work->local),
			      work->local);
	if (work->unfinished)
		(void)fprintf(ctl->out,
			      say_count("%zu figure left out: its days were not over when the "
					"file was exported (--as-of)\n",
					"%zu figures left out: their days were not over when the "
					"file was exported (--as-of)\n",
					(int64_t)work->unfinished),
			      work->unfinished);
	if (work->outside)
		(void)fprintf(ctl->out,
			      say_count("%zu figure left out: the account has no such day "
					"(since, until)\n",
					"%zu figures left out: the account has no such days "
					"(since, until)\n",
					(int64_t)work->outside),
			      work->outside);
	if (work->notes.length)
		print_tame(&work->notes, ctl->out);
	if (total->first)
		say_all_closed(work);
	if (work->row_count > OVERRULED_MAX)
		return;
	say_periods(work);
	if (!work->layout->names_accounts)
		say_months(work);
}

int import_keep(struct import_work *work)
{
	struct ctl *ctl = work->ctl;
	struct import_total total = { 0 };
	bool dry = work->options->dry;
	struct error err;
	int ends;

	if (import_settle(work, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	if (dry && (ends = print_table(work)))
		return ends;
	if (store_begin(ctl->store, &err) < 0)
		return ctl_fail(&err);
	if (store_all(work, &total, &err) < 0) {
		store_rollback(ctl->store);
		return ctl_say(ENDS_FAILURE, "%s: %s", work->table.path, err.text);
	}
	if (!dry && store_commit(ctl->store, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	print_total(work, &total);
	say_cautions(work, &total);
	if (dry)
		store_rollback(ctl->store);
	return ENDS_FINE;
}
