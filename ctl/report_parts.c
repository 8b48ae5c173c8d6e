/*
 * A report definition and an entity's figures, as a document: names are looked up, then each part
 * becomes blocks.
 */
#include "report_parts.h"

#include "subject.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/prose.h"

#include <stdlib.h>
#include <string.h>

enum { LEVELS = 3 };

/* --- names */

static void named_add(struct named_list *list, const struct subject *subject)
{
	struct named *named;
	struct text name = { 0 };

	list->items = memory_grow(list->items, list->count, &list->room, sizeof(*list->items));
	named = &list->items[list->count++];
	named->subject = *subject;
	named->title = memory_text(subject_title(subject));
	named->label = NULL;
	if (strcmp(named->title, say(subject->label)) == 0)
		text_add(&name, named->title);
	else
		text_addf(&name, "%s: %s", named->title, say(subject->label));
	named->name = text_take(&name);
}

static void named_clear(struct named_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].title);
		free(list->items[i].name);
	}
	free(list->items);
}

static void use(struct maker *maker, const struct subject *subject)
{
	for (size_t i = 0; i < maker->used.count; i++)
		if (subject_same(&maker->used.items[i].subject, subject))
			return;
	named_add(&maker->used, subject);
}

static struct named *add_figure(struct maker *maker, const struct subject *subject,
				struct named_list *list)
{
	named_add(list, subject);
	use(maker, subject);
	return &list->items[list->count - 1];
}

/* "*.posts": of every channel and register that counts them, whatever they are. */
static void resolve_accounts_with(struct maker *maker, const char *metric, struct named_list *list)
{
	const struct entity *entity = maker->entity;

	for (size_t i = 0; i < entity->account_count; i++) {
		struct subject subject;

		if (!entity->accounts[i].plan &&
		    board_find(maker->board, entity->accounts[i].id, metric, &subject, NULL) == 0)
			(void)add_figure(maker, &subject, list);
	}
}

/* The same among totals: of every group, under its own title, since channels may be in none. */
static void resolve_groups_with(struct maker *maker, const char *metric, struct named_list *list)
{
	const struct entity *entity = maker->entity;

	for (size_t i = 0; i < entity->group_count; i++) {
		struct subject subject;

		if (board_find(maker->board, entity->groups[i].id, metric, &subject, NULL) == 0 &&
		    subject.group)
			add_figure(maker, &subject, list)->label = entity->groups[i].title;
	}
}

/* "account.metric" of the definition; `label` as it calls the row, or NULL. */
static void resolve(struct maker *maker, const struct part *part, const char *name,
		    const char *label, struct named_list *list)
{
	const char *dot = strchr(name, '.'); /* a definition without one was refused */
	SCOPED(memory)
	char *account = memory_text_n(name, (size_t)(dot - name));
	struct subject subject;
	struct error err;

	if (board_find(maker->board, account, dot + 1, &subject, &err) == 0)
		add_figure(maker, &subject, list)->label = label;
	else
		absences_add(maker->absences, ABSENT_FIGURE, part, name, maker->entity, err.text);
}

/* What a definition calls figures beside each other; `wild`: what a name of the kind "*.posts"
 * stands for. */
struct naming {
	const char *const *names;
	const char *const *labels; /* in their order; fewer are fine */
	void (*wild)(struct maker *maker, const char *metric, struct named_list *list);
};

bool is_wild(const char *name)
{
	return strncmp(name, "*.", 2) == 0;
}

bool has_rows_by_channel(const struct part *part)
{
	return *part->rows && is_wild(*part->rows) && !part->rows[1];
}

/* "*.posts" of whoever has it. */
static void resolve_wild(struct maker *maker, const struct part *part, const struct naming *naming,
			 const char *name, struct named_list *list)
{
	size_t before = list->count;

	naming->wild(maker, name + 2, list);
	if (list->count == before)
		absences_add_metric(maker->absences, part, name, maker->entity);
}

static void resolve_all(struct maker *maker, const struct part *part, const struct naming *naming,
			struct named_list *list)
{
	const char *const *label = naming->labels;

	for (const char *const *name = naming->names; *name; name++) {
		if (is_wild(*name))
			resolve_wild(maker, part, naming, *name, list);
		else
			resolve(maker, part, *name, *label, list);
		label += *label != NULL;
	}
}

/* Rows that are a metric of every channel, be it a single one. */
static void call_by_channel(struct named_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->items[i].label = list->items[i].title;
}

/* The labels behind those of the rows. */
static const char *const *labels_of_totals(const struct part *part)
{
	const char *const *label = part->labels;

	for (size_t i = 0; part->rows[i] && *label; i++)
		label++;
	return label;
}

static void resolve_figures(struct maker *maker, struct resolved *resolved)
{
	static const char *const none[] = { NULL };
	const struct part *part = resolved->part;
	const char *const total[] = { part->total, NULL };
	const struct naming rows = { part->rows, part->labels, resolve_accounts_with };
	const struct naming totals = { part->totals, labels_of_totals(part), resolve_groups_with };
	const struct naming lead = { part->lead, none, resolve_accounts_with };
	const struct naming listed = { part->listed, none, resolve_accounts_with };
	const struct naming last = { total, none, resolve_groups_with };

	resolve_all(maker, part, &rows, &resolved->rows);
	if (has_rows_by_channel(part))
		call_by_channel(&resolved->rows);
	resolve_all(maker, part, &totals, &resolved->totals);
	resolve_all(maker, part, &lead, &resolved->lead);
	resolve_all(maker, part, &listed, &resolved->listed);
	resolve_all(maker, part, &last, &resolved->total);
}

/* All metrics of the channels, as a sheet has them. */
static void resolve_accounts(struct maker *maker, const struct part *part, struct named_list *list)
{
	const struct sheet *sheet =
		board_sheet(maker->board, part->account, maker->period, maker->period, 1);

	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];
		struct subject subject;

		if (!row->metric ||
		    board_find(maker->board, row->account, row->metric, &subject, NULL) < 0)
			continue;
		if (subject.account && subject.account->collector->keeps)
			continue; /* a register is a part of its own */
		named_add(list, &subject);
		use(maker, &subject);
	}
}

/* The activities of the plans the part shows: their follow-up, and what they are computed from. */
static void use_plans(struct maker *maker, const struct part *part)
{
	for (size_t i = 0; i < maker->entity->plan_count; i++) {
		const struct plan *plan = &maker->entity->plans[i];

		if (!plan_shown(maker, part, plan))
			continue;
		for (size_t k = 0; k < plan->count; k++) {
			const struct activity *activity = &plan->activities[k];
			struct subject subject;

			if (activity->computed)
				subject = board_subject(maker->board, &activity->from);
			else if (board_find(maker->board, plan->id, activity->id, &subject, NULL) <
				 0)
				continue;
			use(maker, &subject);
		}
	}
}

static void resolve_part(struct maker *maker, struct resolved *resolved)
{
	const struct part *part = resolved->part;

	if (part->account && !entity_has_channel(maker->entity, part->account))
		absences_add(maker->absences, ABSENT_ACCOUNT, part, part->account, maker->entity,
			     NULL);
	if (part->plan && !config_plan(maker->entity, part->plan))
		absences_add(maker->absences, ABSENT_PLAN, part, part->plan, maker->entity, NULL);
	if (part->kind == PART_PLAN)
		use_plans(maker, part);
	if (part->kind == PART_ACCOUNTS)
		resolve_accounts(maker, part, &resolved->rows);
	resolve_figures(maker, resolved);
}

/* --- texts */

/* What may stand in braces. */
enum placeholder { NAME_ENTITY, NAME_PERIOD, NAME_THE_PERIOD, NAME_YEAR, NAME_DATE, NAMES };

static void add_name(struct language *language, const struct entity *entity,
		     const struct period *period, int32_t date, enum placeholder which,
		     struct text *out)
{
	int year, month, mday;

	switch (which) {
	case NAME_ENTITY:
		text_add(out, entity ? entity->name : "");
		return;
	case NAME_PERIOD:
		prose_period(language, period, out);
		return;
	case NAME_THE_PERIOD:
		prose_the_period(language, period, out);
		return;
	case NAME_YEAR:
		day_split(window_end(period->window) - 1, &year, &month, &mday);
		text_addf(out, "%d", year);
		return;
	case NAME_DATE:
		if (date != DAY_NONE)
			language_date(language, date, out);
		return;
	case NAMES:
		return;
	}
}

/* The placeholder `text` begins with: its length, and what it stands for. 0: it begins with none.
 */
static size_t placeholder(struct language *language, const struct entity *entity,
			  const struct period *period, int32_t date, const char *text,
			  struct text *out)
{
	static const char *const names[NAMES] = { "{entity}", "{period}", "{the_period}", "{year}",
						  "{date}" };

	for (int i = 0; i < NAMES; i++) {
		if (strncmp(text, names[i], strlen(names[i])) != 0)
			continue;
		add_name(language, entity, period, date, (enum placeholder)i, out);
		return strlen(names[i]);
	}
	return 0;
}

char *report_text(struct language *language, const struct entity *entity,
		  const struct period *period, int32_t date, const char *text)
{
	struct text out = { 0 };

	while (*text) {
		size_t length =
			*text == '{' ? placeholder(language, entity, period, date, text, &out) : 0;

		if (length == 0) {
			text_add_char(&out, *text);
			length = 1;
		}
		text += length;
	}
	return text_take(&out);
}

static char *text_of(const struct maker *maker, const char *text)
{
	return report_text(maker->ctl->language, maker->entity, maker->period,
			   maker->document->head.date, text);
}

/* --- parts */

static bool keeps_register(const struct maker *maker, const struct part *part)
{
	for (size_t i = 0; i < maker->entity->account_count; i++) {
		const struct account *account = &maker->entity->accounts[i];

		if ((!part->account || strcmp(part->account, account->id) == 0) &&
		    (part->list || account->collector->keeps))
			return true;
	}
	return false;
}

/* Whether the entity has anything of what the part shows. */
static bool shows_something(const struct maker *maker, const struct resolved *resolved)
{
	switch (resolved->part->kind) {
	case PART_TABLE:
		return resolved->rows.count + resolved->totals.count > 0;
	case PART_ACCOUNTS:
		return resolved->rows.count > 0;
	case PART_PROSE:
		return resolved->lead.count > 0;
	case PART_REGISTER:
		return keeps_register(maker, resolved->part);
	case PART_SOURCES:
		return maker->used.count > 0;
	case PART_HEADING:
	case PART_TEXT:
	case PART_PLAN:
	case PART_LACKING:
		return true;
	}
	return true;
}

/* Whether nothing stands below the heading: the entity has none of it. An office's own text alone
 * is something. */
static bool heads_nothing(const struct maker *maker, const struct resolved *heading)
{
	const struct resolved *end = maker->parts + maker->definition->count;

	for (const struct resolved *next = heading + 1; next < end; next++) {
		if (next->part->kind == PART_HEADING)
			return next->part->level <= heading->part->level;
		if (shows_something(maker, next))
			return false;
	}
	return true;
}

static int make_part(struct maker *maker, const struct resolved *resolved)
{
	const struct part *part = resolved->part;
	SCOPED(memory)
	char *text = part->text ? text_of(maker, part->text) : NULL;
	SCOPED(memory)
	char *caption = part->caption ? text_of(maker, part->caption) : NULL;
	int level = part->level + maker->depth;

	if (part->page)
		document_page(maker->document);
	switch (part->kind) {
	case PART_HEADING:
		if (heads_nothing(maker, resolved))
			return 0;
		document_heading(maker->document, level < LEVELS ? level : LEVELS, text);
		return 0;
	case PART_TEXT:
		document_paragraph(maker->document, text);
		return 0;
	case PART_TABLE:
		make_table(maker, part, caption, &resolved->rows, &resolved->totals);
		return 0;
	case PART_ACCOUNTS:
		make_accounts(maker, resolved);
		return 0;
	case PART_REGISTER:
		make_register(maker, part, caption);
		return 0;
	case PART_PLAN:
		return make_plan(maker, part, caption);
	case PART_PROSE:
		make_prose(maker, resolved);
		return 0;
	case PART_LACKING:
		return make_lacking(maker);
	case PART_SOURCES:
		make_sources(maker, caption);
		return 0;
	}
	return 0;
}

/* All days a part may ask of: the periods it compares with, a plan from its first day. */
static struct window days_needed(const struct maker *maker)
{
	struct window window = maker->period->window;
	int32_t first = window.first, end = window_end(window);

	for (size_t i = 0; i < maker->definition->count; i++) {
		const struct part *part = &maker->definition->parts[i];
		struct period other;

		if ((part->compare || part->columns == COLUMNS_COMPARE) &&
		    period_before(maker->period, &other) == 0 && other.window.first < first)
			first = other.window.first;
		if (part->columns == COLUMNS_COMPARE &&
		    period_year_before(maker->period, &other) == 0 && other.window.first < first)
			first = other.window.first;
		for (size_t k = 0; part->kind == PART_PLAN && k < maker->entity->plan_count; k++) {
			struct window plan = maker->entity->plans[k].period.window;

			if (window_common(plan, maker->period->window).days && plan.first < first)
				first = plan.first;
		}
	}
	return (struct window){ first, end - first };
}

static void resolve_parts(struct maker *maker)
{
	for (size_t i = 0; i < maker->definition->count; i++) {
		maker->parts[i].part = &maker->definition->parts[i];
		resolve_part(maker, &maker->parts[i]);
	}
}

static int open_figures(struct maker *maker)
{
	struct window window = days_needed(maker);

	if (board_open(maker->ctl, maker->entity, NULL, window, &maker->board, maker->err) < 0)
		return -1;
	return closed_open(maker->ctl, maker->entity, window, &maker->closed, maker->err);
}

/* The lists of figures first: what lacks may be told before the tables it lacks in. */
static int make_all(struct maker *maker)
{
	if (open_figures(maker) < 0)
		return -1;
	resolve_parts(maker);
	if (maker->several && maker->document->count)
		document_page(maker->document);
	if (maker->several)
		document_heading(maker->document, 1, maker->entity->name);
	for (size_t i = 0; i < maker->definition->count; i++)
		if (make_part(maker, &maker->parts[i]) < 0)
			return -1;
	return 0;
}

int report_make(struct ctl *ctl, const struct definition *definition, const struct entity *entity,
		const struct period *period, bool several, struct document *document,
		struct absences *absences, struct error *err)
{
	struct maker maker = {
		.ctl = ctl,
		.definition = definition,
		.entity = entity,
		.period = period,
		.document = document,
		.depth = several ? 1 : 0,
		.absences = absences,
		.several = several,
		.tables = document->count, /* ids go on where the entity before ended */
		.err = err,
	};
	int result;

	maker.parts = memory_new(definition->count, sizeof(*maker.parts));
	result = make_all(&maker);
	for (size_t i = 0; i < definition->count; i++) {
		named_clear(&maker.parts[i].rows);
		named_clear(&maker.parts[i].totals);
		named_clear(&maker.parts[i].lead);
		named_clear(&maker.parts[i].listed);
		named_clear(&maker.parts[i].total);
	}
	named_clear(&maker.used);
	free(maker.parts);
	closed_close(maker.closed);
	board_close(maker.board);
	return result;
}
