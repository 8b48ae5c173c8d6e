/*
 * What a report's definition names and an institution does not have. One definition serves many
 * institutions, so that is left out, and told; what none of them has is a slip of the pen.
 */
#include "report_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum { TOLD_MAX = 12, WORDS_ROOM = 1 << 20 };

void absences_add(struct absences *absences, enum absence_kind kind, const struct part *part,
		  const char *name, const struct entity *entity, const char *words)
{
	for (size_t i = 0; i < absences->count; i++) {
		struct absence *absence = &absences->items[i];

		if (absence->line != part->line || absence->kind != kind ||
		    strcmp(absence->name, name) != 0)
			continue;
		absence->more += absence->first != entity; /* it may be named twice in one part */
		return;
	}
	absences->items = memory_grow(absences->items, absences->count, &absences->room,
				      sizeof(*absences->items));
	absences->items[absences->count++] = (struct absence){
		.kind = kind,
		.line = part->line,
		.name = name,
		.first = entity,
		.words = words ? memory_text(words) : NULL,
	};
}

/* All names metrics have: of the entity's channels, of every collector, of what people enter. */
struct metric_names {
	const char **items; /* ends with NULL */
	size_t count, room;
};

static void scoped_metric_names(struct metric_names *names)
{
	free(names->items);
}

static void add_table(struct metric_names *names, const struct metric *table)
{
	for (; table && table->id; table++) {
		names->items = memory_grow(names->items, names->count + 1, &names->room,
					   sizeof(*names->items));
		names->items[names->count++] = table->id;
		names->items[names->count] = NULL;
	}
}

void absences_add_metric(struct absences *absences, const struct part *part, const char *name,
			 const struct entity *entity)
{
	const char *metric = name + 2;
	SCOPED(metric_names)
	struct metric_names names = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	const char *near;

	for (size_t i = 0; i < entity->account_count; i++)
		if (!entity->accounts[i].plan)
			add_table(&names, entity->accounts[i].entered);
	add_table(&names, metric_catalogue);
	for (size_t i = 0; collectors[i]; i++)
		add_table(&names, collectors[i]->metrics);
	for (size_t i = 0; i < names.count; i++)
		if (strcmp(names.items[i], metric) == 0)
			return; /* an office without it has the others of the definition */
	near = nearest_name(metric, names.items);
	text_addf(&words, "no channel of %s has a metric \"%.60s\"", entity->id, metric);
	if (near)
		text_addf(&words, ", did you mean \"%s\"?", near);
	absences_add(absences, ABSENT_METRIC, part, name, entity, text_str(&words));
}

void absences_clear(struct absences *absences)
{
	for (size_t i = 0; i < absences->count; i++)
		free(absences->items[i].words);
	free(absences->items);
	*absences = (struct absences){ 0 };
}

/* --- who has it after all */

static bool has_figure(const struct board *board, const char *name)
{
	const char *dot = strchr(name, '.');
	SCOPED(memory)
	char *account = memory_text_n(name, (size_t)(dot - name));
	struct subject subject;

	return board_find(board, account, dot + 1, &subject, NULL) == 0;
}

/* Whether a channel or register of the entity counts that: what was collected once, too. */
static bool has_metric(const struct board *board, const struct entity *entity, const char *metric)
{
	for (size_t i = 0; i < entity->account_count; i++) {
		struct subject subject;

		if (!entity->accounts[i].plan &&
		    board_find(board, entity->accounts[i].id, metric, &subject, NULL) == 0)
			return true;
	}
	return false;
}

static bool entity_has(const struct board *board, const struct entity *entity,
		       const struct absence *absence)
{
	switch (absence->kind) {
	case ABSENT_FIGURE:
		return has_figure(board, absence->name);
	case ABSENT_ACCOUNT:
		return entity_has_channel(entity, absence->name);
	case ABSENT_PLAN:
		return config_plan(entity, absence->name) != NULL;
	case ABSENT_METRIC:
		return has_metric(board, entity, absence->name + 2);
	}
	return false;
}

/* Marks what the entity has. */
static int look_at(struct ctl *ctl, const struct entity *entity, const struct absences *absences,
		   bool *known, struct error *err)
{
	SCOPED(board)
	struct board *board = NULL;

	if (board_now(ctl, entity, &board, err) < 0)
		return -1;
	for (size_t i = 0; i < absences->count; i++)
		known[i] = known[i] || (absences->items[i].first != entity &&
					entity_has(board, entity, &absences->items[i]));
	return 0;
}

static bool all_known(const bool *known, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!known[i])
			return false;
	return true;
}

/* --- words */

/* A line for each name nobody has. */
static int refuse(const struct definition *definition, const struct absences *absences,
		  const bool *known, struct error *err)
{
	SCOPED(text)
	struct text lines = TEXT_UP_TO(WORDS_ROOM);

	for (size_t i = 0; i < absences->count; i++) {
		const struct absence *absence = &absences->items[i];

		if (known[i])
			continue;
		text_addf(&lines, "%s:%d: %s: ", definition->path, absence->line, absence->name);
		if (absence->words)
			text_addf(&lines, "%s\n", absence->words);
		else
			text_addf(&lines, "%s has no %s of that name\n", absence->first->id,
				  absence->kind == ABSENT_PLAN ? "plan"
							       : "account, group or register");
	}
	print_tame(&lines, stderr);
	return error_set(err, ERROR_INPUT,
			 "the report's definition %s names what no institution of the "
			 "configuration has",
			 definition->path);
}

/* "redes.posts (line 15: alcaldia), x.posts (line 20: alcaldia and 3 more)" */
static void tell(const struct definition *definition, const struct absences *absences)
{
	SCOPED(text)
	struct text list = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < absences->count; i++) {
		const struct absence *absence = &absences->items[i];

		if (absence->kind == ABSENT_METRIC || ++count > TOLD_MAX)
			continue; /* the first stand for whoever has them */
		text_addf(&list, "%s%s (line %d: %s", count > 1 ? ", " : "", absence->name,
			  absence->line, absence->first->id);
		if (absence->more)
			text_addf(&list, " and %zu more", absence->more);
		text_add(&list, ")");
	}
	if (count > TOLD_MAX)
		text_addf(&list, " and %zu more", count - TOLD_MAX);
	if (count)
		(void)ctl_say(ENDS_FINE, "%s: left out, as an institution lacks it: %s",
			      definition->path, text_str(&list));
}

int absences_tell(struct ctl *ctl, const struct definition *definition,
		  const struct absences *absences, struct error *err)
{
	SCOPED(memory)
	bool *known = memory_new(absences->count, sizeof(*known));

	for (size_t i = 0; i < ctl->config->entity_count && !all_known(known, absences->count); i++)
		if (look_at(ctl, &ctl->config->entities[i], absences, known, err) < 0)
			return -1;
	if (!all_known(known, absences->count))
		return refuse(definition, absences, known, err);
	if (absences->count)
		tell(definition, absences);
	return 0;
}
