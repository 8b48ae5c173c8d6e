/*
 * What a person must still say before the figures of a period can be signed: what lacks, what was
 * carried over from another period, what nobody can look at.
 */
#include "pending.h"

#include "record.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	PENDING_VERSION = 1,
	MONTH_DAYS_MIN = 28,
	INDENT = 2,
	WIDTH = 100,
};

static const char *const lack_names[LACKS] = {
	"figure", "records", "attendance", "statement", "follow-up",
	"days",   "repair",  "evidence",   "lost",
};

static const char *const lack_heads[LACKS] = {
	N_("Figures nobody has entered"),
	N_("Registers with nothing recorded"),
	N_("Events whose attendance nobody said"),
	N_("Risks to be stated"),
	N_("Activities without follow-up"),
	N_("Days the collection lacks"),
	N_("Days that lack while something is in the way"),
	N_("Entered without evidence"),
	N_("What cannot be had any more (nothing is left to do)"),
};

/* What to type; the words in capitals are for people. */
static const char *const lack_ways[LACKS] = {
	N_("metricsctl enter ACCOUNT METRIC PERIOD VALUE"),
	N_("metricsctl record LIST …   /   metricsctl record LIST --none MONTH"),
	N_("metricsctl record --correct RECORD --attendees N"),
	N_("metricsctl record risk --period PERIOD --title TEXT --materialised yes|no --noted DAY"),
	N_("metricsctl enter PLAN ACTIVITY SEMESTER VALUE --evidence WHERE"),
	N_("metricsctl backfill ACCOUNT FROM TO   /   metricsctl import FILE"),
	N_("metricsctl status"),
	N_("metricsctl enter … --evidence WHERE   /   record --correct RECORD --evidence WHERE"),
	NULL,
};

static void scoped_pending(struct pending *pending)
{
	for (size_t i = 0; i < pending->count; i++) {
		free(pending->items[i].what);
		free(pending->items[i].when);
		free(pending->items[i].why);
	}
	free(pending->items);
	free(pending->units);
	board_close(pending->board);
}

/* --- words */

/* A month as a table's head says it, with its year where several are asked for. */
static char *name_of(const struct pending *pending, const struct period *period)
{
	struct language *language = pending->ctl->language;
	struct text name = { 0 };

	if (period->kind != PERIOD_MONTH)
		language_period(language, period, &name);
	else if (pending->period.window.days > 184)
		language_month_year(language, period->window.first, &name);
	else
		language_month(language, period->window.first, &name);
	return text_take(&name);
}

static char *date_of(const struct pending *pending, int32_t day)
{
	struct text date = { 0 };

	language_date(pending->ctl->language, day, &date);
	return text_take(&date);
}

/* The window as a person would call it: 2025-Q4 where it is one. */
static const char *window_name(const struct entity *entity, struct window window,
			       char ret[PERIOD_TEXT])
{
	int year, month, mday;
	char names[5][PERIOD_TEXT];
	struct period period;

	for (size_t i = 0; i < entity->period_count; i++)
		if (entity->periods[i].window.first == window.first &&
		    entity->periods[i].window.days == window.days)
			return memcpy(ret, entity->periods[i].name, PERIOD_TEXT);
	day_split(window.first, &year, &month, &mday);
	(void)snprintf(names[0], PERIOD_TEXT, "%04d-%02d", year, month);
	(void)snprintf(names[1], PERIOD_TEXT, "%04d-B%d", year, (month + 1) / 2);
	(void)snprintf(names[2], PERIOD_TEXT, "%04d-Q%d", year, (month + 2) / 3);
	(void)snprintf(names[3], PERIOD_TEXT, "%04d-S%d", year, (month + 5) / 6);
	(void)snprintf(names[4], PERIOD_TEXT, "%04d", year);
	for (size_t i = 0; i < 5; i++)
		if (period_parse(names[i], &period, NULL) == 0 &&
		    period.window.first == window.first && period.window.days == window.days)
			return memcpy(ret, names[i], PERIOD_TEXT);
	return window_text(window, ret);
}

/* --- finding */

struct missing *pending_add(struct pending *pending, enum lack lack, const struct account *account,
			    const char *metric, struct window window)
{
	struct missing *item;

	pending->items = memory_grow(pending->items, pending->count, &pending->room, sizeof(*item));
	item = &pending->items[pending->count++];
	*item = (struct missing){
		.lack = lack,
		.account = account,
		.metric = metric,
		.window = window,
	};
	return item;
}

/* Whether somebody has said what there is to say of it. */
static bool is_said(const struct figure *figure)
{
	if (figure->period_days == 0) /* it did not exist then */
		return true;
	switch (figure->kind) {
	case METRIC_FLOW:
		return figure->complete;
	case METRIC_UNIQUE:
		return figure->form == FIGURE_EXACT || figure->form == FIGURE_BETWEEN;
	case METRIC_STOCK:
	case METRIC_RATIO:
		return figure->form != FIGURE_NONE;
	}
	return false;
}

struct figure pending_figure(const struct pending *pending, const struct account *account,
			     const char *metric, const struct period *period)
{
	struct subject subject;

	if (board_find(pending->board, account->id, metric, &subject, NULL) < 0)
		return (struct figure){ 0 };
	return board_figure(pending->board, &subject, period, NULL);
}

/* A level is wanted of each month; what adds up may have been said of the whole. */
static void find_figure(struct pending *pending, const struct account *account,
			const struct metric *metric)
{
	struct figure whole = pending_figure(pending, account, metric->id, &pending->period);

	if (metric->kind != METRIC_STOCK && is_said(&whole))
		return;
	for (size_t i = 0; i < pending->unit_count; i++) {
		const struct period *unit = &pending->units[i];
		struct figure figure = pending_figure(pending, account, metric->id, unit);
		struct missing *item;

		if (is_said(&figure))
			continue;
		item = pending_add(pending, LACKS_FIGURE, account, metric->id, unit->window);
		item->what = memory_text(say(metric_label(metric)));
		item->when = name_of(pending, unit);
		if (figure.form != FIGURE_NONE)
			item->days = figure.lacking;
	}
}

/* Months of a register nobody kept: that there was nothing has to be said. */
static void find_records(struct pending *pending, const struct account *account)
{
	const struct metric *metric = account->collector->metrics;

	for (size_t i = 0; i < pending->unit_count; i++) {
		const struct period *unit = &pending->units[i];
		struct figure figure = pending_figure(pending, account, metric->id, unit);
		struct missing *item;

		if (figure.known_days >= figure.period_days)
			continue;
		item = pending_add(pending, LACKS_RECORDS, account, account->collector->keeps,
				   unit->window);
		item->what = memory_text(say(metric_label(metric)));
		item->when = name_of(pending, unit);
	}
}

static void find_attendance(struct pending *pending, const struct account *account)
{
	const struct record *records;
	size_t count = board_records(pending->board, account, RECORD_EVENTS, &records);

	for (size_t i = 0; i < count; i++) {
		const struct record *record = &records[i];
		struct missing *item;

		if (record->none || record->known || record->window.first >= pending->today ||
		    !window_holds(pending->period.window,
				  (struct window){ record->window.first, 1 }))
			continue;
		item = pending_add(pending, LACKS_ATTENDANCE, account, RECORD_EVENTS,
				   record->window);
		item->what = memory_text(record->title);
		item->when = date_of(pending, record->window.first);
		item->record = record->id;
	}
}

/* What is wrong with a statement, NULL when nothing is. */
static const char *statement_lacks(const struct pending *pending, const struct record *record,
				   char *ret, size_t room)
{
	char name[PERIOD_TEXT], day[DAY_TEXT];

	if (record_stale(record)) {
		(void)snprintf(ret, room, say("noted %s, outside %s: state it again"),
			       day_text(record->noted, day),
			       window_name(pending->entity, record->window, name));
		return ret;
	}
	if (!record->known)
		return say("it is not said whether it came true");
	return record->noted == DAY_NONE ? say("it is not said on which day that was stated")
					 : NULL;
}

static void add_statement(struct pending *pending, const struct account *account,
			  const struct record *record, const char *words)
{
	struct missing *item =
		pending_add(pending, LACKS_STATEMENT, account, RECORD_RISKS, record->window);
	struct text what = { 0 };

	text_addf(&what, "%s: %s", record->title, words);
	item->what = text_take(&what);
	item->when = name_of(pending, &pending->period);
	item->record = record->id;
}

/* Whether a later record of the same risk speaks of the period, or this one is not the last. */
static bool stated_again(const struct pending *pending, const struct record *records, size_t count,
			 const struct record *record)
{
	for (size_t i = 0; i < count; i++)
		if (&records[i] != record && !records[i].none &&
		    strcmp(records[i].title, record->title) == 0 &&
		    (window_common(records[i].window, pending->period.window).days ||
		     (records[i].window.first > record->window.first &&
		      records[i].window.first < window_end(pending->period.window))))
			return true;
	return false;
}

/* Whether it was said of the whole period that there was no risk. */
static bool no_risks(const struct pending *pending, const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (records[i].none && window_holds(records[i].window, pending->period.window))
			return true;
	return false;
}

static int find_statements(struct pending *pending, const struct account *account,
			   struct error *err)
{
	struct record *records = NULL;
	size_t count = 0;

	if (store_records(pending->ctl->store, pending->entity->id, account->id, RECORD_RISKS,
			  (struct window){ 0 }, &records, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct record *record = &records[i];
		bool inside = window_common(record->window, pending->period.window).days > 0;
		const char *words;
		char room[200];

		if (record->none || record->window.first >= window_end(pending->period.window))
			continue;
		if (inside)
			words = statement_lacks(pending, record, room, sizeof(room));
		else if (stated_again(pending, records, count, record) ||
			 no_risks(pending, records, count))
			words = NULL;
		else
			words = say("not stated in this period");
		if (words)
			add_statement(pending, account, record, words);
	}
	records_free(records, count);
	return 0;
}

/* --- plans */

static int semester_of(int32_t day, struct period *ret)
{
	char name[PERIOD_TEXT];
	int year, month, mday;

	day_split(day, &year, &month, &mday);
	(void)snprintf(name, sizeof(name), "%04d-S%d", year, (month + 5) / 6);
	return period_parse(name, ret, NULL);
}

static void find_semester(struct pending *pending, const struct plan *plan,
			  const struct period *semester)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct activity *activity = &plan->activities[i];
		struct figure figure;
		struct missing *item;

		if (activity->computed)
			continue;
		figure = pending_figure(pending, plan->account, activity->id, semester);
		if (figure.form != FIGURE_NONE)
			continue;
		item = pending_add(pending, LACKS_FOLLOW_UP, plan->account, activity->id,
				   semester->window);
		item->what = memory_text(activity->title);
		item->when = name_of(pending, semester);
	}
}

/* Follow-up is wanted of each semester that is over and in which the plan runs. */
static void find_follow_up(struct pending *pending, const struct plan *plan)
{
	int32_t end = window_end(pending->period.window);
	struct period semester;

	for (int32_t day = pending->period.window.first;
	     day < end && semester_of(day, &semester) == 0; day = window_end(semester.window))
		if (window_end(semester.window) <= pending->today &&
		    window_common(semester.window, plan->period.window).days)
			find_semester(pending, plan, &semester);
}

/* The days of the period and of the semesters it lies in. */
static struct window wanted_window(const struct pending *pending)
{
	struct window window = pending->period.window;
	int32_t end = window_end(window);
	struct period semester;

	if (semester_of(window.first, &semester) == 0)
		window.first = semester.window.first;
	if (semester_of(end - 1, &semester) == 0)
		end = window_end(semester.window);
	return (struct window){ window.first, end - window.first };
}

/* --- evidence */

static bool asks_for(const struct pending *pending, const struct account *account)
{
	return account && ctl_wants_account(pending->ctl, account);
}

static void add_unseen_entry(struct pending *pending, const struct kept_entry *entry)
{
	const struct account *account = entity_account(pending->entity, entry->account);
	const struct metric *metric = account ? account_metric(account, entry->metric) : NULL;
	char days[WINDOW_TEXT];
	struct missing *item;

	if (!asks_for(pending, account) || !metric || entry->evidence ||
	    !window_common(entry->window, pending->period.window).days)
		return;
	item = pending_add(pending, LACKS_EVIDENCE, account, metric->id, entry->window);
	item->what = memory_text(say(metric_label(metric)));
	item->when = memory_text(window_text(entry->window, days));
	item->entry = entry->origin;
}

static void add_unseen_record(struct pending *pending, const struct record *record)
{
	const struct account *account = entity_account(pending->entity, record->account);
	const struct metric *metric;
	char days[WINDOW_TEXT];
	struct missing *item;

	if (!asks_for(pending, account) || record->none || record->evidence ||
	    !window_common(record->window, pending->period.window).days)
		return;
	metric = account_metric(account, record->list);
	item = pending_add(pending, LACKS_EVIDENCE, account,
			   metric ? metric->id : account->collector->keeps, record->window);
	item->what = memory_text(record->title);
	item->when = memory_text(window_text(record->window, days));
	item->record = record->id;
}

static int find_unseen(struct pending *pending, struct error *err)
{
	struct store *store = pending->ctl->store;
	struct kept_entry *entries = NULL;
	struct record *records = NULL;
	size_t count = 0;

	if (store_entries(store, pending->entity->id, NULL, &entries, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		add_unseen_entry(pending, &entries[i]);
	entries_free(entries, count);
	if (store_records(store, pending->entity->id, NULL, NULL, pending->period.window, &records,
			  &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		add_unseen_record(pending, &records[i]);
	records_free(records, count);
	return 0;
}

/* --- all of it */

static void find_entered(struct pending *pending, const struct account *account)
{
	for (const struct metric *metric = account->entered; metric->id; metric++)
		if (!account_lacks(account, metric->id))
			find_figure(pending, account, metric);
}

static int find_of_account(struct pending *pending, const struct account *account,
			   struct error *err)
{
	const char *keeps = account->collector->keeps;

	if (account->plan) {
		find_follow_up(pending, account->plan);
		return 0;
	}
	find_entered(pending, account);
	if (!keeps)
		return pending_gaps(pending, account, err);
	find_records(pending, account);
	if (strcmp(keeps, RECORD_EVENTS) == 0)
		find_attendance(pending, account);
	return strcmp(keeps, RECORD_RISKS) == 0 ? find_statements(pending, account, err) : 0;
}

/* The months that are over, or the period itself where it is not made of months. */
static void find_units(struct pending *pending)
{
	size_t room = (size_t)pending->period.window.days / MONTH_DAYS_MIN + 1;
	struct period *months = memory_new(room, sizeof(*months));
	size_t count = period_months(&pending->period, months, room);
	int32_t days = 0;

	for (size_t i = 0; i < count; i++)
		days += months[i].window.days;
	if (days != pending->period.window.days) {
		months[0] = pending->period;
		count = 1;
	}
	while (count && window_end(months[count - 1].window) > pending->today)
		count--;
	pending->units = months;
	pending->unit_count = count;
}

static int find_all(struct pending *pending, struct error *err)
{
	const struct entity *entity = pending->entity;

	find_units(pending);
	if (board_open(pending->ctl, entity, pending->ctl->only, wanted_window(pending),
		       &pending->board, err) < 0)
		return -1;
	for (size_t i = 0; i < entity->account_count; i++)
		if (asks_for(pending, &entity->accounts[i]) &&
		    find_of_account(pending, &entity->accounts[i], err) < 0)
			return -1;
	return 0;
}

/* --- showing */

static void record_item(const struct pending *pending, const struct missing *item,
			struct records *records)
{
	records_next(records);
	records_text(records, "entity", pending->entity->id);
	records_text(records, "notice", pending->entity->notice);
	records_text(records, "period", pending->period.name);
	records_text(records, "lacks", lack_names[item->lack]);
	records_text(records, "account", item->account->id);
	records_text(records, "title", item->account->title);
	records_text(records, "metric", item->metric);
	records_text(records, "what", item->what);
	records_day(records, "first_day", item->window.first);
	records_day(records, "last_day", window_end(item->window) - 1);
	records_days(records, "lacking", &item->days);
	if (item->record)
		records_number(records, "record", item->record);
	else
		records_none(records, "record");
	if (item->entry)
		records_number(records, "entry", item->entry);
	else
		records_none(records, "entry");
	records_text(records, "why", item->reason);
}

/* "dic", "dic (2025-12-11..2025-12-31)", "17 oct 2025". */
static void add_when(const struct missing *item, struct text *when)
{
	text_add(when, item->when);
	if (item->lack != LACKS_FIGURE || !item->days.count)
		return;
	text_add(when, " (");
	days_print(&item->days, when);
	text_add_char(when, ')');
}

/* Months of one metric stand in one row; returns the first item behind them. */
static size_t take_months(const struct pending *pending, size_t first, struct text *when)
{
	const struct missing *items = pending->items;
	size_t i = first;

	for (; i < pending->count; i++) {
		if (i > first &&
		    (items[i].lack > LACKS_RECORDS || items[i].lack != items[first].lack ||
		     items[i].account != items[first].account ||
		     strcmp(items[i].metric, items[first].metric) != 0))
			break;
		if (i > first)
			text_add(when, ", ");
		add_when(&items[i], when);
	}
	return i;
}

static void add_number(const struct missing *item, struct text *out)
{
	if (item->record)
		text_addf(out, "%lld", (long long)item->record);
	else if (item->entry)
		text_addf(out, "%lld", (long long)item->entry);
}

static void add_row(struct grid *grid, const struct missing *item, const char *when,
		    const char *what)
{
	SCOPED(text)
	struct text cell = { 0 };

	text_addf(&cell, "%*s%s", INDENT, "", item->account->title);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, when);
	text_reset(&cell);
	add_number(item, &cell);
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, what);
	grid_end_row(grid);
}

/* What has a title of its own is a paragraph: offices name things in whole sentences. */
static bool is_titled(enum lack lack)
{
	return lack == LACKS_ATTENDANCE || lack == LACKS_STATEMENT || lack == LACKS_FOLLOW_UP ||
	       lack == LACKS_FOR_GOOD;
}

static void print_titled(const struct pending *pending, const struct missing *item)
{
	const struct ctl *ctl = pending->ctl;
	int width = ctl->look.width ? ctl->look.width : WIDTH;
	SCOPED(text)
	struct text line = { 0 };

	text_addf(&line, "%s · %s", item->account->title, item->when);
	if (item->record)
		text_addf(&line, " · %s ", say("record"));
	add_number(item, &line);
	text_addf(&line, ": %s", item->what);
	if (item->why)
		text_addf(&line, ": %s", item->why);
	(void)fprintf(ctl->out, "%*s", INDENT, "");
	print_wrapped(text_str(&line), width - INDENT, 2 * INDENT, ctl->out);
}

/* Metrics of one account that lack the same months share a row. */
static size_t add_rows(const struct pending *pending, size_t first, struct grid *grid)
{
	const struct missing *item = &pending->items[first];
	SCOPED(text)
	struct text when = { 0 };
	SCOPED(text)
	struct text what = { 0 };
	size_t next = take_months(pending, first, &when);

	text_add(&what, item->what);
	while (item->lack == LACKS_FIGURE && next < pending->count &&
	       pending->items[next].lack == item->lack &&
	       pending->items[next].account == item->account) {
		SCOPED(text)
		struct text other = { 0 };
		size_t after = take_months(pending, next, &other);

		if (strcmp(text_str(&other), text_str(&when)) != 0)
			break;
		text_addf(&what, ", %s", pending->items[next].what);
		next = after;
	}
	add_row(grid, item, text_str(&when), text_str(&what));
	return next;
}

/* What somebody can still do something about. */
static size_t open_count(const struct pending *pending)
{
	size_t count = 0;

	for (size_t i = 0; i < pending->count; i++)
		count += pending->items[i].lack != LACKS_FOR_GOOD;
	return count;
}

/* Stable: within a kind they stay as they were found. */
static void sort_items(struct pending *pending)
{
	struct missing *sorted = memory_new(pending->count + 1, sizeof(*sorted));
	size_t count = 0;

	for (enum lack lack = 0; lack < LACKS; lack++)
		for (size_t i = 0; i < pending->count; i++)
			if (pending->items[i].lack == lack)
				sorted[count++] = pending->items[i];
	free(pending->items);
	pending->items = sorted;
	pending->room = pending->count + 1;
}

static void print_section(const struct pending *pending, size_t first, size_t end)
{
	const struct ctl *ctl = pending->ctl;
	SCOPED(grid)
	struct grid grid = { 0 };
	enum lack lack = pending->items[first].lack;

	(void)fprintf(ctl->out, "\n%s%s%s\n", ctl->look.colour ? "\033[1m" : "",
		      say(lack_heads[lack]), ctl->look.colour ? "\033[0m" : "");
	grid_begin(&grid, "llrl");
	while (first < end) {
		if (is_titled(lack))
			print_titled(pending, &pending->items[first++]);
		else
			first = add_rows(pending, first, &grid);
	}
	grid_print(&grid, &ctl->look, ctl->out);
	if (lack_ways[lack])
		(void)fprintf(ctl->out, "%*s→ %s\n", INDENT, "", say(lack_ways[lack]));
}

static void print_items(const struct pending *pending, bool *first)
{
	const struct ctl *ctl = pending->ctl;
	SCOPED(text)
	struct text period = { 0 };
	size_t end;

	if (!*first)
		(void)fputc('\n', ctl->out);
	*first = false;
	if (pending->entity->notice)
		(void)fprintf(ctl->out, "*** %s ***\n", pending->entity->notice);
	language_period(ctl->language, &pending->period, &period);
	(void)fprintf(ctl->out, "%s · %s\n", pending->entity->name, text_str(&period));
	if (!open_count(pending))
		(void)fprintf(ctl->out, "%s\n", say("Nothing is pending."));
	for (size_t i = 0; i < pending->count; i = end) {
		for (end = i; end < pending->count; end++)
			if (pending->items[end].lack != pending->items[i].lack)
				break;
		print_section(pending, i, end);
	}
}

struct wish {
	const char *period; /* NULL: the last month that is over */
	bool evidence;
	bool tells; /* into the alerts, not to whoever asks */
	struct records *records;
	bool first;
	size_t count; /* found so far */
};

/* --- telling */

enum {
	CUT_DAYS = 15, /* the quarter before is signed in the first half of the next */
	MAIL_WIDTH = 78,
};

/* The quarter that is signed next: until the middle of a quarter's first month the one before. */
static int next_cut(const struct ctl *ctl, const struct entity *entity, struct period *ret,
		    struct error *err)
{
	char name[PERIOD_TEXT];
	int year, month, mday;
	int32_t today;

	if (ctl_today(ctl, entity->zone, &today, err) < 0)
		return -1;
	day_split(today - CUT_DAYS, &year, &month, &mday);
	(void)snprintf(name, sizeof(name), "%04d-Q%d", year, (month + 2) / 3);
	return period_parse(name, ret, err);
}

/* What would be printed, as the text of a note. */
static char *words_of(const struct pending *pending)
{
	struct ctl *ctl = pending->ctl;
	FILE *out = ctl->out;
	const struct look look = ctl->look;
	char *words = NULL;
	size_t length = 0;
	bool first = true;

	ctl->out = open_memstream(&words, &length);
	if (ctl->out) {
		ctl->look = (struct look){ .width = MAIL_WIDTH };
		print_items(pending, &first);
		(void)fclose(ctl->out);
	}
	ctl->out = out;
	ctl->look = look;
	return words;
}

/* One note an entity, period and month: told twice it is told once. */
static int tell(const struct pending *pending, struct error *err)
{
	struct ctl *ctl = pending->ctl;
	SCOPED(memory)
	char *words = words_of(pending);
	SCOPED(text)
	struct text cause = { 0 };
	SCOPED(text)
	struct text subject = { 0 };
	SCOPED(text)
	struct text period = { 0 };
	int year, month, mday;
	int64_t id;

	if (!words)
		return error_set(err, ERROR_OURS, "no memory for the note");
	day_split(pending->today, &year, &month, &mday);
	language_period(ctl->language, &pending->period, &period);
	text_addf(&cause, "pending:%s:%s:%04d-%02d", pending->entity->id, pending->period.name,
		  year, month);
	text_addf(&subject, say("what still lacks of %s"), text_str(&period));
	if (store_alert_raise(ctl->store,
			      &(struct alert){ .kind = ALERT_NOTE,
					       .cause = text_str(&cause),
					       .entity = pending->entity->id,
					       .subject = text_str(&subject),
					       .words = words,
					       .since = ctl->now,
					       .ways = ctl->config->alerts.ways },
			      &id, err) < 0)
		return -1;
	(void)fprintf(ctl->out,
		      id ? say("%s: what still lacks of %s is told.\n")
			 : say("%s: what still lacks of %s was told this month.\n"),
		      pending->entity->name, text_str(&period));
	return 0;
}

static int tell_entity(struct pending *pending)
{
	struct error err;

	if (!open_count(pending)) {
		(void)fprintf(pending->ctl->out, "%s: %s\n", pending->entity->name,
			      say("Nothing is pending."));
		return ENDS_FINE;
	}
	return tell(pending, &err) < 0 ? ctl_fail(&err) : ENDS_FINE;
}

static int show_entity(struct ctl *ctl, const struct entity *entity, struct wish *wish)
{
	SCOPED(pending)
	struct pending pending = { .ctl = ctl, .entity = entity };
	struct error err;
	int ends = ctl_speak(ctl, entity);
	int found;

	if (ends)
		return ends;
	if ((wish->tells && !wish->period
		     ? next_cut(ctl, entity, &pending.period, &err)
		     : ctl_period(ctl, entity, wish->period, &pending.period, &err)) < 0 ||
	    ctl_today(ctl, entity->zone, &pending.today, &err) < 0)
		return ctl_fail(&err);
	found = wish->evidence ? find_unseen(&pending, &err) : find_all(&pending, &err);
	if (found < 0)
		return ctl_fail(&err);
	sort_items(&pending);
	wish->count += open_count(&pending);
	if (wish->tells)
		return tell_entity(&pending);
	if (ctl->format == REPORT_TABLE)
		print_items(&pending, &wish->first);
	for (size_t i = 0; ctl->format != REPORT_TABLE && i < pending.count; i++)
		record_item(&pending, &pending.items[i], wish->records);
	return ENDS_FINE;
}

/* Where nothing has been stored yet, everything is pending. */
static int open_store(struct ctl *ctl)
{
	struct error err;

	if (ctl_has_store(ctl))
		return ctl_open(ctl, STORE_READ);
	if (store_open(":memory:", STORE_PERSON, &ctl->store, &err) < 0)
		return ctl_fail(&err);
	return ENDS_FINE;
}

/* The note is the daemon's to tell: now, or once it runs. */
static int end_telling(struct ctl *ctl, const struct wish *wish)
{
	if (wish->count == 0)
		return ENDS_FINE;
	if (!ctl->config->alerts.ways[0])
		(void)ctl_say(0, "nobody is told: metricsd.conf has no `alerts` with mail or "
				 "hooks; `metricsctl alerts` lists the note");
	else if (!daemon_nudge_alerts(ctl))
		(void)ctl_say(0, "no metricsd answers at %s: it is told once one runs",
			      ctl->config->control);
	return ENDS_FINE;
}

static int pending(struct ctl *ctl, int argc, char **argv)
{
	struct records records = { 0 };
	struct wish wish = { .records = &records, .first = true };
	const struct flag flags[] = { { "evidence", NULL, &wish.evidence },
				      { "tell", NULL, &wish.tells },
				      { 0 } };
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 1, &ends) < 0)
		return ends;
	wish.period = argc ? argv[0] : NULL;
	if (wish.tells && (wish.evidence || ctl->format_given || ctl->account))
		return ctl_say(ENDS_USAGE,
			       "--tell goes with neither --evidence nor --format nor --account");
	if ((ends = ctl_load(ctl)) ||
	    (ends = wish.tells ? ctl_open(ctl, STORE_PERSON) : open_store(ctl)))
		return ends;
	if (ctl->format != REPORT_TABLE)
		records_begin(&records, ctl->format, "metricsd.pending", PENDING_VERSION, ctl->out);
	for (size_t e = 0; ends == ENDS_FINE && e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		if (ctl_wants(ctl, entity) && (!ctl->account || ctl->chosen_entity == entity))
			ends = show_entity(ctl, entity, &wish);
	}
	if (ctl->format != REPORT_TABLE)
		records_end(&records);
	if (ends)
		return ends;
	if (wish.tells)
		return end_telling(ctl, &wish);
	return wish.count ? ENDS_PERSON : ENDS_FINE;
}

const struct command pending_command = {
	.name = "pending",
	.arguments = "[PERIOD] [--tell]",
	.purpose = "what a person must still enter before the cut",
	.help = "Figures nobody has entered, months of registers without a record, events without\n"
		"attendance, risks that were not stated or carried over, activities without\n"
		"follow-up, days the collection lacks. PERIOD: the last month that is over, or "
		"any\n"
		"other. Something pending makes the exit status 1; what cannot be had any more "
		"stands\n"
		"apart, with the reason, and does not.\n\n"
		"  --evidence   instead: what was entered without a link or file to look at\n"
		"  --tell       instead: tell those whom `alerts` of the configuration names, once "
		"a\n"
		"               month; PERIOD is then the quarter that is signed next\n\n"
		"example: before the quarter is signed\n"
		"  metricsctl pending 2025-Q4 --entity itagui\n",
	.run = pending,
	.takes_account = true,
	.for_machines = true,
	.takes_database = true,
};
