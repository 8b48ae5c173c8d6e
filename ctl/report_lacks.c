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

void lacks_add(struct lacks *lacks, enum lack_kind kind, const struct part *part, const char *name,
	       const struct entity *entity, const char *words)
{
	for (size_t i = 0; i < lacks->count; i++) {
		struct lack *lack = &lacks->items[i];

		if (lack->line != part->line || lack->kind != kind || strcmp(lack->name, name) != 0)
			continue;
		lack->more += lack->first != entity; /* it may be named twice in one part */
		return;
	}
	lacks->items = memory_grow(lacks->items, lacks->count, &lacks->room, sizeof(*lacks->items));
	lacks->items[lacks->count++] = (struct lack){
		.kind = kind,
		.line = part->line,
		.name = name,
		.first = entity,
		.words = words ? memory_text(words) : NULL,
	};
}

void lacks_clear(struct lacks *lacks)
{
	for (size_t i = 0; i < lacks->count; i++)
		free(lacks->items[i].words);
	free(lacks->items);
	*lacks = (struct lacks){ 0 };
}

/* --- who has it after all */

bool entity_has_channel(const struct entity *entity, const char *id)
{
	for (size_t i = 0; i < entity->account_count; i++)
		if (strcmp(entity->accounts[i].id, id) == 0)
			return true;
	for (size_t i = 0; i < entity->group_count; i++)
		if (strcmp(entity->groups[i].id, id) == 0)
			return true;
	for (size_t i = 0; i < entity->derived_count; i++)
		if (names_derived(entity->derived[i].account, entity->derived[i].metric, id))
			return true;
	return false;
}

static bool has_figure(const struct board *board, const char *name)
{
	const char *dot = strchr(name, '.');
	SCOPED(memory)
	char *account = memory_text_n(name, (size_t)(dot - name));
	struct subject subject;

	return board_find(board, account, dot + 1, &subject, NULL) == 0;
}

static bool entity_has(const struct board *board, const struct entity *entity,
		       const struct lack *lack)
{
	switch (lack->kind) {
	case LACK_FIGURE:
		return has_figure(board, lack->name);
	case LACK_ACCOUNT:
		return entity_has_channel(entity, lack->name);
	case LACK_PLAN:
		return config_plan(entity, lack->name) != NULL;
	}
	return false;
}

/* Marks what the entity has. */
static int look_at(struct ctl *ctl, const struct entity *entity, const struct lacks *lacks,
		   bool *known, struct error *err)
{
	SCOPED(board)
	struct board *board = NULL;

	if (board_now(ctl, entity, &board, err) < 0)
		return -1;
	for (size_t i = 0; i < lacks->count; i++)
		known[i] = known[i] || (lacks->items[i].first != entity &&
					entity_has(board, entity, &lacks->items[i]));
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
static int refuse(const struct definition *definition, const struct lacks *lacks, const bool *known,
		  struct error *err)
{
	SCOPED(text)
	struct text lines = TEXT_UP_TO(WORDS_ROOM);

	for (size_t i = 0; i < lacks->count; i++) {
		const struct lack *lack = &lacks->items[i];

		if (known[i])
			continue;
		text_addf(&lines, "%s:%d: %s: ", definition->path, lack->line, lack->name);
		if (lack->words)
			text_addf(&lines, "%s\n", lack->words);
		else
			text_addf(&lines, "%s has no %s of that name\n", lack->first->id,
				  lack->kind == LACK_PLAN ? "plan" : "account, group or register");
	}
	print_tame(&lines, stderr);
	return error_set(err, ERROR_INPUT,
			 "the report's definition %s names what no institution of the "
			 "configuration has",
			 definition->path);
}

/* "redes.posts (line 15: alcaldia), x.posts (line 20: alcaldia and 3 more)" */
static void tell(const struct definition *definition, const struct lacks *lacks)
{
	SCOPED(text)
	struct text list = { 0 };

	for (size_t i = 0; i < lacks->count && i < TOLD_MAX; i++) {
		const struct lack *lack = &lacks->items[i];

		text_addf(&list, "%s%s (line %d: %s", i ? ", " : "", lack->name, lack->line,
			  lack->first->id);
		if (lack->more)
			text_addf(&list, " and %zu more", lack->more);
		text_add(&list, ")");
	}
	if (lacks->count > TOLD_MAX)
		text_addf(&list, " and %zu more", lacks->count - TOLD_MAX);
	(void)ctl_say(ENDS_FINE, "%s: left out, as an institution lacks it: %s", definition->path,
		      text_str(&list));
}

int lacks_tell(struct ctl *ctl, const struct definition *definition, const struct lacks *lacks,
	       struct error *err)
{
	SCOPED(memory)
	bool *known = memory_new(lacks->count, sizeof(*known));

	for (size_t i = 0; i < ctl->config->entity_count && !all_known(known, lacks->count); i++)
		if (look_at(ctl, &ctl->config->entities[i], lacks, known, err) < 0)
			return -1;
	if (!all_known(known, lacks->count))
		return refuse(definition, lacks, known, err);
	if (lacks->count)
		tell(definition, lacks);
	return 0;
}
