#include "build.h"
#include "table.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THOUSANDTHS_PER_PERCENT = SHARE_WHOLE / 100 };

/* --- what all parts need */

void names_add(struct names *names, const char *name)
{
	names->items =
		memory_grow(names->items, names->count + 1, &names->room, sizeof(*names->items));
	names->items[names->count++] = name;
	names->items[names->count] = NULL;
}

void names_clear(struct names *names)
{
	free(names->items);
	*names = (struct names){ 0 };
}

bool is_id(struct builder *builder, const config_setting_t *group, const char *name, const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

	if (!id)
		return false;
	if (strspn(id, allowed) == strlen(id) && *id != '-' && *id != '_' && strlen(id) <= ID_MAX)
		return true;
	complain(
		builder->reader.complaints, line_of(group, name),
		"%s is \"%s\", expected lower-case letters, digits, \"-\" and \"_\", at most %d, a "
		"letter or digit first",
		name, shown(id).text, ID_MAX);
	return false;
}

void complain_taken(struct builder *builder, const config_setting_t *group, const char *id,
		    size_t line)
{
	struct place place = source_place(builder->source, line);

	complain(builder->reader.complaints, line_of(group, "id"), "id \"%s\" is taken: see %s:%d",
		 shown(id).text, place.file, place.line);
}

const char *checked_zone(struct builder *builder, const config_setting_t *group, const char *zone)
{
	SCOPED(zone)
	struct zone *opened = NULL;
	struct error err;

	if (!zone)
		return NULL;
	if (zone_open(zone, &opened, &err) == 0)
		return zone;
	complain(builder->reader.complaints, line_of(group, "zone"),
		 "zone is \"%s\", expected the name of a time zone like America/Bogota",
		 shown(zone).text);
	return NULL;
}

int32_t read_day(struct builder *builder, const config_setting_t *group, const char *name,
		 const char *text)
{
	struct error err;
	int32_t day;

	if (!text)
		return DAY_NONE;
	if (day_parse(text, &day, &err) == 0)
		return day;
	complain(builder->reader.complaints, line_of(group, name),
		 "%s is \"%s\", expected a date like \"2025-10-01\"", name, shown(text).text);
	return DAY_NONE;
}

/* --- the entity itself */

/* "es", "es-CO", "en-US": what ICU and the catalogues have. Plain Spanish is Colombia's. */
const char *checked_language(struct builder *builder, const config_setting_t *group,
			     const char *language)
{
	const char *rest = language + 2;
	size_t part;

	if (strcmp(language, "es") == 0)
		return "es-CO";
	if (strncmp(language, "es", 2) != 0 && strncmp(language, "en", 2) != 0)
		goto wrong;
	while (*rest == '-') {
		part = strspn(rest + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789");
		if (part < 2 || part > 8)
			goto wrong;
		rest += 1 + part;
	}
	if (*rest == '\0' && strlen(language) < ID_MAX)
		return language;
wrong:
	complain(builder->reader.complaints, line_of(group, "language"),
		 "language is \"%s\", expected es or en, with a country like es-CO or en-US",
		 shown(language).text);
	return language;
}

bool is_metric_id(struct builder *builder, const config_setting_t *group, const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (!id)
		return false;
	if (strspn(id, allowed) == strlen(id) && *id >= 'a' && *id <= 'z' && strlen(id) <= ID_MAX)
		return true;
	complain(
		builder->reader.complaints, line_of(group, "id"),
		"id is \"%s\", expected lower-case letters, digits and \"_\", at most %d, a letter "
		"first",
		shown(id).text, ID_MAX);
	return false;
}

/* A counter's kind: a known metric keeps the one it has. */
static enum metric_kind kind_of(struct builder *builder, const config_setting_t *group,
				const struct written_metric *written)
{
	static const char *const kinds[] = { "flow", "stock", "unique", NULL };
	const struct metric *known = metric_find(metric_catalogue, written->id);
	enum metric_kind kind = METRIC_FLOW;

	if (!written->kind && known)
		return known->kind;
	if (!written->kind) {
		if (!member_of(group, "kind"))
			complain(builder->reader.complaints, line_of(group, NULL),
				 "kind is missing: flow (adds up over days), stock (a level) or "
				 "unique (people, never added up)");
	} else if (metric_kind_parse(written->kind, &kind) < 0 || kind == METRIC_RATIO) {
		complain(builder->reader.complaints, line_of(group, "kind"),
			 "kind is \"%s\", expected flow, stock or unique%s",
			 shown(written->kind).text, suggestion(written->kind, kinds).text);
	} else if (known && known->kind != kind) {
		complain(
			builder->reader.complaints, line_of(group, "kind"),
			"kind is \"%s\", but %s is known to be %s: leave it out or take another id",
			written->kind, known->id, metric_kind_name(known->kind));
	}
	return kind;
}

static void build_metric(struct builder *builder, struct metric *metric,
			 const config_setting_t *group)
{
	static const struct setting *const tables[] = { metric_settings, NULL };
	static const char *const parts[] = { NULL };
	struct written_metric written = { 0 };

	refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, metric_settings, &written);
	/* what has no id of its own ends no table: only this reading, which has failed */
	metric->id = "";
	if (!is_metric_id(builder, group, written.id))
		return;
	metric->id = written.id;
	metric->kind = kind_of(builder, group, &written);
	metric->label = written.label;
	metric->one = written.one;
	metric->many = written.many;
	if (!written.one != !written.many)
		complain(builder->reader.complaints, line_of(group, written.one ? "one" : "many"),
			 "%s stands without %s: sentences need both", written.one ? "one" : "many",
			 written.one ? "many" : "one");
	if (!metric->label && !metric_find(metric_catalogue, metric->id))
		metric->label = metric->id;
}

static void build_metrics(struct builder *builder, struct entity *entity,
			  const config_setting_t *group)
{
	const config_setting_t *list = list_of_groups(&builder->reader, group, "metrics");
	size_t count = list_count(list);
	struct metric *metrics = keep_new(&builder->reader, count + 1, sizeof(*metrics));

	for (size_t i = 0; i < count; i++) {
		build_metric(builder, &metrics[i], list_item(list, i));
		for (size_t j = 0; *metrics[i].id && j < i; j++)
			if (strcmp(metrics[j].id, metrics[i].id) == 0)
				complain_taken(builder, list_item(list, i), metrics[i].id,
					       line_of(list_item(list, j), "id"));
	}
	entity->metrics = metrics;
}

/* The days from the first to the last, DAY_NONE where one was complained about. */
static bool read_days(struct builder *builder, const config_setting_t *group,
		      const struct written_period *written, struct period *ret)
{
	int32_t first = read_day(builder, group, "from", written->from);
	int32_t last = read_day(builder, group, "to", written->to);
	char text[WINDOW_TEXT];
	struct error err;

	if (first == DAY_NONE || last == DAY_NONE)
		return false;
	if (last < first) {
		complain(builder->reader.complaints, line_of(group, "to"),
			 "to is \"%s\", which is before from: its last day", written->to);
		return false;
	}
	/* within the years a period may have */
	if (period_parse(window_text((struct window){ first, last - first + 1 }, text), ret, &err) <
	    0) {
		complain(builder->reader.complaints, line_of(group, "to"), "%s", err.text);
		return false;
	}
	return true;
}

static void build_period(struct builder *builder, struct period *period,
			 const config_setting_t *group)
{
	static const struct setting *const tables[] = { period_settings, NULL };
	static const char *const parts[] = { NULL };
	struct written_period written = { 0 };
	struct period understood;
	struct error err;

	refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, period_settings, &written);
	(void)read_days(builder, group, &written, period);
	period->kind = PERIOD_NAMED;
	period->name[0] = '\0';
	if (!is_id(builder, group, "id", written.id))
		return;
	if (strlen(written.id) >= PERIOD_TEXT)
		complain(builder->reader.complaints, line_of(group, "id"),
			 "id is \"%s\", expected a name of at most %d letters",
			 shown(written.id).text, PERIOD_TEXT - 1);
	else if (period_parse(written.id, &understood, &err) == 0)
		complain(builder->reader.complaints, line_of(group, "id"),
			 "id is \"%s\", which is a period already: take a name", written.id);
	else
		(void)snprintf(period->name, sizeof(period->name), "%s", written.id);
}

static void build_periods(struct builder *builder, struct entity *entity,
			  const config_setting_t *group)
{
	const config_setting_t *list = list_of_groups(&builder->reader, group, "periods");

	entity->period_count = list_count(list);
	entity->periods =
		keep_new(&builder->reader, entity->period_count, sizeof(*entity->periods));
	for (size_t i = 0; i < entity->period_count; i++) {
		struct period *period = &entity->periods[i];

		build_period(builder, period, list_item(list, i));
		for (size_t j = 0; *period->name && j < i; j++)
			if (strcmp(entity->periods[j].name, period->name) == 0)
				complain_taken(builder, list_item(list, i), period->name,
					       line_of(list_item(list, j), "id"));
	}
}

static void build_entity(struct builder *builder, struct entity *entity,
			 const config_setting_t *group)
{
	static const struct setting *const tables[] = { entity_settings, NULL };
	static const char *const parts[] = { "periods", "metrics", "accounts",
					     "groups",  "derived", NULL };
	struct written_entity written = { 0 };

	refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, entity_settings, &written);
	if (is_id(builder, group, "id", written.id))
		entity->id = written.id;
	entity->name = written.name ? written.name : entity->id;
	entity->zone = checked_zone(builder, group, written.zone);
	entity->language = checked_language(builder, group, written.language);
	entity->notice = written.notice;
	entity->tolerance = written.tolerance * THOUSANDTHS_PER_PERCENT;
	build_periods(builder, entity, group);
	build_metrics(builder, entity, group);
	build_accounts(builder, entity, group);
	build_groups(builder, entity, group);
	build_derived(builder, entity, group);
	build_plans(builder, entity, group, written.plans);
}

void build_entities(struct builder *builder, const config_setting_t *root)
{
	const config_setting_t *list = list_of_groups(&builder->reader, root, "entities");
	struct config *config = builder->config;

	builder->reader.loaded->blank =
		!member_of(root, "entities") || (list && list_count(list) == 0);
	if (!member_of(root, "entities"))
		complain(builder->reader.complaints, 0,
			 "entities is missing: the institutions whose channels are counted");
	else if (list && list_count(list) == 0)
		complain(builder->reader.complaints, line_of(root, "entities"),
			 "entities is empty: write the institutions whose channels are counted, "
			 "like "
			 "entities: ( { id = \"personeria\"; zone = \"America/Bogota\"; accounts: "
			 "( … "
			 "); } );");
	config->entity_count = list_count(list);
	config->entities =
		keep_new(&builder->reader, config->entity_count, sizeof(*config->entities));
	for (size_t i = 0; i < config->entity_count; i++) {
		struct entity *entity = &config->entities[i];

		build_entity(builder, entity, list_item(list, i));
		for (size_t j = 0; entity->id && j < i; j++)
			if (config->entities[j].id &&
			    strcmp(config->entities[j].id, entity->id) == 0)
				complain_taken(builder, list_item(list, i), entity->id,
					       line_of(list_item(list, j), "id"));
	}
}
