#include "build.h"

#include "metricsd/config.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 64, LIST_MAX = 300 };

const char *config_path(const char *given)
{
	const char *chosen = given ? given : getenv("METRICSD_CONFIG");

	return chosen && *chosen ? chosen : METRICSD_SYSCONFDIR "/metricsd/metricsd.conf";
}

char *config_database(const struct config *config)
{
	struct text path = { 0 };

	text_addf(&path, "%s/metrics.db", config->state_directory);
	return text_take(&path);
}

const struct entity *config_entity(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->entity_count; i++)
		if (strcmp(config->entities[i].id, id) == 0)
			return &config->entities[i];
	return NULL;
}

const struct plan *config_plan(const struct entity *entity, const char *id)
{
	for (size_t i = 0; i < entity->plan_count; i++)
		if (strcmp(entity->plans[i].id, id) == 0)
			return &entity->plans[i];
	return NULL;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Damerau's distance of two words no longer than WORD_MAX, where no letter is moved twice. */
static size_t distance(const char *word, const char *other)
{
	size_t rows[3][WORD_MAX + 1] = { 0 }; /* of the letter at hand and the two before it */
	size_t width = strlen(other);
	size_t y;

	for (size_t i = 0; i <= width; i++)
		rows[0][i] = i;
	for (y = 0; word[y]; y++) {
		const size_t *before = rows[(y + 2) % 3], *above = rows[y % 3];
		size_t *row = rows[(y + 1) % 3];

		row[0] = y + 1;
		for (size_t x = 0; x < width; x++) {
			size_t changed = above[x] + (word[y] != other[x]);

			row[x + 1] = least(changed, least(above[x + 1], row[x]) + 1);
			if (x && y && word[y] == other[x - 1] && word[y - 1] == other[x])
				row[x + 1] = least(row[x + 1], before[x - 1] + 1);
		}
	}
	return rows[y % 3][width];
}

const char *nearest_name(const char *word, const char *const *names)
{
	size_t best = strlen(word) / 3 + 1; /* one more than is near */
	const char *nearest = NULL;

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (; *names; names++) {
		size_t far = strlen(*names) > WORD_MAX ? best : distance(word, *names);

		if (far < best) {
			best = far;
			nearest = *names;
		}
	}
	return nearest;
}

/* --- accounts by name */

const struct account *entity_account(const struct entity *entity, const char *id)
{
	for (size_t i = 0; i < entity->account_count; i++)
		if (strcmp(entity->accounts[i].id, id) == 0)
			return &entity->accounts[i];
	return NULL;
}

static int no_entity(const struct config *config, const char *id, struct error *err)
{
	SCOPED(names)
	struct names names = { 0 };
	SCOPED(text)
	struct text all = TEXT_UP_TO(LIST_MAX);

	for (size_t i = 0; i < config->entity_count; i++) {
		names_add(&names, config->entities[i].id);
		text_addf(&all, "%s%s", i ? ", " : "", config->entities[i].id);
	}
	if (names.count && nearest_name(id, names.items))
		return error_set(err, ERROR_INPUT, "there is no entity \"%s\"%s", shown(id).text,
				 suggestion(id, names.items).text);
	return error_set(err, ERROR_INPUT, "there is no entity \"%s\": there are %s%s",
			 shown(id).text, text_str(&all), all.failed ? ", …" : "");
}

/* None of `entity` (NULL: of any) has an account of that id. */
static int no_account(const struct config *config, const struct entity *entity, const char *id,
		      struct error *err)
{
	SCOPED(names)
	struct names names = { 0 };
	SCOPED(text)
	struct text all = TEXT_UP_TO(LIST_MAX);

	for (size_t i = 0; i < config->entity_count; i++) {
		const struct entity *one = &config->entities[i];

		if (entity && entity != one)
			continue;
		for (size_t j = 0; j < one->account_count; j++) {
			names_add(&names, one->accounts[j].id);
			text_addf(&all, "%s%s/%s", all.length ? ", " : "", one->id,
				  one->accounts[j].id);
		}
	}
	if (names.count == 0)
		return error_set(err, ERROR_INPUT,
				 "there is no account \"%s\": the configuration has none",
				 shown(id).text);
	if (nearest_name(id, names.items))
		return error_set(err, ERROR_INPUT, "there is no account \"%s\"%s", shown(id).text,
				 suggestion(id, names.items).text);
	return error_set(err, ERROR_INPUT, "there is no account \"%s\": there are %s%s",
			 shown(id).text, text_str(&all), all.failed ? ", …" : "");
}

static int several_accounts(const struct account *one, const struct account *other,
			    struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "\"%s\" is an account of %s and of %s: say which, like %s/%s", one->id,
			 one->entity->id, other->entity->id, one->entity->id, one->id);
}

int config_account(const struct config *config, const char *entity, const char *name,
		   const struct account **ret, struct error *err)
{
	const char *slash = strchr(name, '/');
	SCOPED(memory)
	char *prefix = slash ? memory_text_n(name, (size_t)(slash - name)) : NULL;
	const char *within = prefix ? prefix : entity;
	const char *id = slash ? slash + 1 : name;
	const struct entity *only = within ? config_entity(config, within) : NULL;
	const struct account *found = NULL;

	if (within && !only)
		return no_entity(config, within, err);
	if (prefix && entity && strcmp(entity, prefix) != 0)
		return error_set(err, ERROR_INPUT, "%s is no account of entity %s",
				 shown(name).text, shown(entity).text);
	for (size_t i = 0; i < config->entity_count; i++) {
		const struct account *account = entity_account(&config->entities[i], id);

		if (!account || (only && only != &config->entities[i]))
			continue;
		if (found)
			return several_accounts(found, account, err);
		found = account;
	}
	if (!found)
		return no_account(config, only, id, err);
	*ret = found;
	return 0;
}

/* --- periods */

/* No form of a period, and no name of the entity's: says both, once something looks like a name. */
static int no_period(const struct entity *entity, const char *text, struct error *err)
{
	SCOPED(names)
	struct names names = { 0 };
	SCOPED(text)
	struct text all = TEXT_UP_TO(LIST_MAX);
	struct error plain = *err;

	for (size_t i = 0; i < entity->period_count; i++) {
		names_add(&names, entity->periods[i].name);
		text_addf(&all, "%s%s", i ? ", " : "", entity->periods[i].name);
	}
	if (names.count == 0 || (*text >= '0' && *text <= '9'))
		return -1;
	if (nearest_name(text, names.items))
		return error_set(err, ERROR_INPUT, "there is no period \"%s\"%s", shown(text).text,
				 suggestion(text, names.items).text);
	return error_set(err, ERROR_INPUT, "%s, or a name of %s: %s%s", plain.text, entity->id,
			 text_str(&all), all.failed ? ", …" : "");
}

int config_period(const struct entity *entity, const char *text, struct period *ret,
		  struct error *err)
{
	struct error own;

	if (period_parse(text, ret, &own) == 0)
		return 0;
	for (size_t i = 0; entity && i < entity->period_count; i++)
		if (strcasecmp(entity->periods[i].name, text) == 0) {
			*ret = entity->periods[i];
			return 0;
		}
	if (err)
		*err = own;
	return entity && err ? no_period(entity, text, err) : -1;
}
