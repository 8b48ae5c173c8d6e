/* What --account names: an account, and where a subcommand takes them a group or a derived metric.
 */
#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 400 };

/* All that could have been meant. */
struct names {
	char **items; /* ends with NULL */
	size_t count, room;
	struct text list; /* for people */
};

static void scoped_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	text_clear(&names->list);
}

static void names_add(struct names *names, char *name)
{
	text_addf(&names->list, "%s%s", names->count ? ", " : "", name);
	names->items =
		memory_grow(names->items, names->count + 1, &names->room, sizeof(*names->items));
	names->items[names->count++] = name;
	names->items[names->count] = NULL;
}

static void add_names_of(const struct entity *entity, struct names *names)
{
	for (size_t i = 0; i < entity->account_count; i++)
		names_add(names, memory_text(entity->accounts[i].id));
	for (size_t i = 0; i < entity->group_count; i++)
		names_add(names, memory_text(entity->groups[i].id));
	for (size_t i = 0; i < entity->derived_count; i++) {
		struct text name = { 0 };

		text_addf(&name, "%s.%s", entity->derived[i].account, entity->derived[i].metric);
		names_add(names, text_take(&name));
	}
}

bool names_derived(const char *account, const char *metric, const char *name)
{
	size_t length = strlen(account);

	if (strncmp(name, account, length) != 0)
		return false;
	return name[length] == '\0' ||
	       (name[length] == '.' && strcmp(name + length + 1, metric) == 0);
}

bool entity_has_channel(const struct entity *entity, const char *name)
{
	if (entity_account(entity, name))
		return true;
	for (size_t i = 0; i < entity->group_count; i++)
		if (strcmp(entity->groups[i].id, name) == 0)
			return true;
	for (size_t i = 0; i < entity->derived_count; i++)
		if (names_derived(entity->derived[i].account, entity->derived[i].metric, name))
			return true;
	return false;
}

static int nothing_of_that_name(const struct ctl *ctl, struct error *err)
{
	SCOPED(names)
	struct names names = { .list = TEXT_UP_TO(LIST_MAX) };
	const char *near;

	for (size_t i = 0; i < ctl->config->entity_count; i++)
		if (ctl_wants(ctl, &ctl->config->entities[i]))
			add_names_of(&ctl->config->entities[i], &names);
	near = names.count ? nearest_name(ctl->account, (const char *const *)names.items) : NULL;
	if (near)
		return error_set(err, ERROR_INPUT,
				 "there is no account, group or derived metric \"%.60s\", did you "
				 "mean \"%s\"?",
				 ctl->account, near);
	return error_set(err, ERROR_INPUT,
			 "there is no account, group or derived metric \"%.60s\": there are %s%s",
			 ctl->account, text_str(&names.list), names.list.failed ? ", …" : "");
}

static const struct group *group_of(const struct entity *entity, const char *name)
{
	for (size_t i = 0; i < entity->group_count; i++)
		if (strcmp(entity->groups[i].id, name) == 0)
			return &entity->groups[i];
	return NULL;
}

/* The channels of a group, or of a formula's terms, "facebook, x". */
static void list_channels(const struct entity *entity, const char *name, struct text *out)
{
	const struct group *group = group_of(entity, name);

	for (size_t i = 0; group && i < group->count; i++)
		text_addf(out, "%s%s", i ? ", " : "", group->accounts[i]->id);
	for (size_t d = 0; !group && d < entity->derived_count; d++) {
		const struct derived *derived = &entity->derived[d];

		for (size_t i = 0;
		     names_derived(derived->account, derived->metric, name) && i < derived->count;
		     i++) {
			const struct term *term = &derived->terms[i];

			text_addf(out, "%s%s.%s", out->length ? ", " : "",
				  term->account ? term->account->id : term->group->id,
				  term->metric);
		}
	}
}

int ctl_account(const struct ctl *ctl, const char *name, const char *doing,
		const struct account **ret, struct error *err)
{
	const char *slash = strchr(name, '/');
	const char *id = slash ? slash + 1 : name;
	SCOPED(text)
	struct text channels = TEXT_UP_TO(LIST_MAX);

	if (config_account(ctl->config, ctl->entity, name, ret, err) == 0)
		return 0;
	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];

		if (!ctl_wants(ctl, entity) || !entity_has_channel(entity, id))
			continue;
		list_channels(entity, id, &channels);
		return error_set(err, ERROR_INPUT,
				 "\"%.60s\" is %s: %s one channel. It is made of %s; `metricsctl "
				 "explain` and `summary --account` show all of it",
				 id, group_of(entity, id) ? "a group" : "a derived metric", doing,
				 text_str(&channels));
	}
	return -1;
}

/* A group or a derived metric, "entity/name" where two entities have one of that name. */
static int choose_more(struct ctl *ctl, struct error *err)
{
	const char *slash = strchr(ctl->account, '/');
	size_t prefix = slash ? (size_t)(slash - ctl->account) : 0;
	const char *name = slash ? slash + 1 : ctl->account;

	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];

		if (!ctl_wants(ctl, entity) || !entity_has_channel(entity, name) ||
		    (slash && (strlen(entity->id) != prefix ||
			       strncmp(entity->id, ctl->account, prefix) != 0)))
			continue;
		if (ctl->chosen_entity)
			return error_set(err, ERROR_INPUT,
					 "%s and %s both have \"%s\": say --entity",
					 ctl->chosen_entity->id, entity->id, name);
		ctl->chosen_entity = entity;
	}
	if (!ctl->chosen_entity)
		return nothing_of_that_name(ctl, err);
	ctl->only = name;
	return 0;
}

int ctl_choose(struct ctl *ctl, struct error *err)
{
	if (!ctl->account)
		return 0;
	if (config_account(ctl->config, ctl->entity, ctl->account, &ctl->chosen, err) == 0) {
		ctl->chosen_entity = ctl->chosen->entity;
		ctl->only = ctl->chosen->id;
		return 0;
	}
	return ctl->command->takes_groups ? choose_more(ctl, err) : -1;
}
