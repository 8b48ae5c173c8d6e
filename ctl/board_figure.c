/* Figures of a board: those of accounts from their tracks or records, the others from those. */
#include "board_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

/* --- subjects */

struct subject board_account_subject(const struct board *board, const struct account *account,
				     const char *metric)
{
	const struct cell *cell = board_cell(board, account, metric);
	const struct metric *known = account_metric(account, metric);
	const struct metric *shown = cell ? cell->metric : known;

	return (struct subject){
		.account = account,
		.metric = cell ? cell->metric->id : metric,
		.known = known,
		.kind = shown ? shown->kind : METRIC_FLOW,
		.label = shown ? metric_label(shown) : metric,
	};
}

/* The first of the group's accounts that has the metric says what it is. */
static struct subject group_subject(const struct board *board, const struct group *group,
				    const char *metric)
{
	const struct metric unknown = { .id = metric };
	struct subject subject = { .metric = metric, .label = metric_label(&unknown) };

	for (size_t i = 0; i < group->count; i++) {
		if (!board_has(board, group->accounts[i], metric))
			continue;
		subject = board_account_subject(board, group->accounts[i], metric);
		break;
	}
	subject.account = NULL;
	subject.group = group;
	return subject;
}

static struct subject derived_subject(const struct board *board, const struct derived *derived)
{
	const struct metric metric = { .id = derived->metric };
	struct subject subject = {
		.derived = derived,
		.metric = derived->metric,
		.label = derived->title ? derived->title : metric_label(&metric),
	};

	if (derived->count)
		subject.kind = board_subject(board, &derived->terms[0]).kind;
	return subject;
}

struct subject board_subject(const struct board *board, const struct term *term)
{
	if (term->account)
		return board_account_subject(board, term->account, term->metric);
	if (term->group)
		return group_subject(board, term->group, term->metric);
	return derived_subject(board, term->derived);
}

size_t board_members(const struct board *board, const struct group *group, const char *metric)
{
	enum metric_kind kind = METRIC_FLOW;
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		struct subject member;

		if (!board_has(board, group->accounts[i], metric))
			continue;
		member = board_account_subject(board, group->accounts[i], metric);
		if (count++ && member.kind != kind)
			return 0;
		kind = member.kind;
	}
	return kind == METRIC_RATIO ? 0 : count;
}

/* --- figures */

/* The same figure was made for the sheet: groups and derived metrics ask for it again. */
static const struct figure *shown_figure(const struct board *board, const struct cell *cell,
					 struct window period)
{
	for (size_t k = 0; cell && cell->shown && k < board->sheet.column_count; k++)
		if (board->columns[k].window.first == period.first &&
		    board->columns[k].window.days == period.days)
			return &cell->shown[k];
	return NULL;
}

/* A register's own metric. It is given the records of whole months, for whether a month is known
 * does not depend on the days asked for. */
static struct figure measured_figure(const struct board *board, const struct subject *subject,
				     const struct scope *scope)
{
	const struct record *records;
	size_t count = board_month_records(board, subject->account,
					   subject->account->collector->keeps, &records);

	return register_figure(board_measure(subject->account, subject->metric), records, count,
			       RECORD_SOURCE, scope);
}

static struct figure account_figure(const struct board *board, const struct subject *subject,
				    struct window period, struct trace *trace)
{
	const struct cell *cell = board_cell(board, subject->account, subject->metric);
	const struct figure *shown = trace ? NULL : shown_figure(board, cell, period);
	struct scope scope;
	struct figure figure;

	if (shown)
		return *shown;
	scope = board_scope(board, subject->account, period);
	scope.trace = trace;
	if (board_measure(subject->account, subject->metric) != MEASURE_NONE)
		figure = measured_figure(board, subject, &scope);
	else
		figure = figure_of(cell ? cell->tracks : NULL, cell ? cell->count : 0, &scope);
	figure.kind = subject->kind;
	return figure;
}

static struct figure group_figure(const struct board *board, const struct subject *subject,
				  struct window period)
{
	const struct group *group = subject->group;
	SCOPED(memory)
	struct figure *parts = memory_new(group->count, sizeof(*parts));
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		struct subject part;

		if (!board_has(board, group->accounts[i], subject->metric))
			continue;
		part = board_account_subject(board, group->accounts[i], subject->metric);
		parts[count++] = account_figure(board, &part, period, NULL);
	}
	return figure_of_group(parts, count);
}

static struct figure derived_figure(const struct board *board, const struct derived *derived,
				    const struct period *period)
{
	struct figure sum = { 0 };

	for (size_t i = 0; i < derived->count; i++) {
		struct subject part = board_subject(board, &derived->terms[i]);
		struct figure figure = board_figure(board, &part, period, NULL);

		figure_add_term(&sum, &figure, derived->terms[i].sign, i == 0);
	}
	return sum;
}

struct figure board_figure(const struct board *board, const struct subject *subject,
			   const struct period *period, struct trace *trace)
{
	if (subject->account)
		return account_figure(board, subject, period->window, trace);
	if (subject->group)
		return group_figure(board, subject, period->window);
	return derived_figure(board, subject->derived, period);
}

/* --- by name */

/* The names there are, for whoever misspelt one. */
struct known_names {
	const char **items; /* ends with NULL */
	size_t count, room;
	struct text list; /* for people */
};

static void scoped_known_names(struct known_names *names)
{
	free(names->items);
	text_clear(&names->list);
}

static void add_name(struct known_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return;
	text_addf(&names->list, "%s%s", names->count ? ", " : "", name);
	names->items =
		memory_grow(names->items, names->count + 1, &names->room, sizeof(*names->items));
	names->items[names->count++] = name;
	names->items[names->count] = NULL;
}

static int nothing_called(const char *what, const char *of, const char *name,
			  const struct known_names *names, struct error *err)
{
	const char *near = names->count ? nearest_name(name, names->items) : NULL;

	if (near)
		return error_set(err, ERROR_INPUT, "%s no %s \"%.60s\", did you mean \"%s\"?", of,
				 what, name, near);
	return error_set(err, ERROR_INPUT, "%s no %s \"%.60s\": there are %s%s", of, what, name,
			 names->count ? text_str(&names->list) : "none",
			 names->list.failed ? ", …" : "");
}

/* The metrics of an account that was read and of the configuration's. */
static void add_metrics(const struct board *board, const struct account *account,
			struct known_names *names)
{
	const struct place *place = place_of(board, account);

	for (size_t i = 0; i < place->count; i++)
		add_name(names, place->cells[i]->metric->id);
	for (const struct metric *metric = account->collector->metrics; metric && metric->id;
	     metric++)
		if (!account_lacks(account, metric->id))
			add_name(names, metric->id);
	for (const struct metric *metric = account->entered; metric->id; metric++)
		add_name(names, metric->id);
}

/* What is called `name`: whether it is there, and with that metric. */
enum found { FOUND_NOTHING, FOUND_NAME, FOUND_ALL };

static enum found find_account(const struct board *board, const char *name, const char *metric,
			       struct subject *ret, struct known_names *metrics)
{
	const struct entity *entity = board->entity;

	for (size_t i = 0; i < entity->account_count; i++) {
		const struct account *account = &entity->accounts[i];

		if (strcmp(account->id, name) != 0)
			continue;
		add_metrics(board, account, metrics);
		if (!board_has(board, account, metric))
			return FOUND_NAME;
		*ret = board_account_subject(board, account, metric);
		return FOUND_ALL;
	}
	return FOUND_NOTHING;
}

static enum found find_group(const struct board *board, const char *name, const char *metric,
			     struct subject *ret, struct known_names *metrics)
{
	const struct entity *entity = board->entity;

	for (size_t i = 0; i < entity->group_count; i++) {
		const struct group *group = &entity->groups[i];

		if (strcmp(group->id, name) != 0)
			continue;
		for (size_t k = 0; k < group->count; k++)
			add_metrics(board, group->accounts[k], metrics);
		if (board_members(board, group, metric) == 0)
			return FOUND_NAME;
		*ret = group_subject(board, group, metric);
		return FOUND_ALL;
	}
	return FOUND_NOTHING;
}

static enum found find_derived(const struct board *board, const char *name, const char *metric,
			       struct subject *ret, struct known_names *metrics)
{
	const struct entity *entity = board->entity;
	enum found found = FOUND_NOTHING;

	for (size_t i = 0; i < entity->derived_count; i++) {
		const struct derived *derived = &entity->derived[i];

		if (strcmp(derived->account, name) != 0)
			continue;
		found = FOUND_NAME;
		add_name(metrics, derived->metric);
		if (strcmp(derived->metric, metric) != 0)
			continue;
		*ret = derived_subject(board, derived);
		return FOUND_ALL;
	}
	return found;
}

int board_find(const struct board *board, const char *name, const char *metric, struct subject *ret,
	       struct error *err)
{
	const struct entity *entity = board->entity;
	SCOPED(known_names)
	struct known_names names = { 0 };
	SCOPED(known_names)
	struct known_names metrics = { 0 };
	SCOPED(text)
	struct text of = { 0 };
	enum found account = find_account(board, name, metric, ret, &metrics);
	enum found group = account == FOUND_ALL ? FOUND_NOTHING
						: find_group(board, name, metric, ret, &metrics);
	enum found derived;

	if (account == FOUND_ALL || group == FOUND_ALL)
		return 0;
	derived = find_derived(board, name, metric, ret, &metrics);
	if (derived == FOUND_ALL)
		return 0;
	if (account || group || derived) {
		text_addf(&of, "%s/%s has", entity->id, name);
		return nothing_called("metric", text_str(&of), metric, &metrics, err);
	}
	for (size_t i = 0; i < entity->account_count; i++)
		add_name(&names, entity->accounts[i].id);
	for (size_t i = 0; i < entity->group_count; i++)
		add_name(&names, entity->groups[i].id);
	for (size_t i = 0; i < entity->derived_count; i++)
		add_name(&names, entity->derived[i].account);
	text_addf(&of, "%s has", entity->id);
	return nothing_called("account, group or derived metric", text_str(&of), name, &names, err);
}
