/* Plans of action: each from a file of its own, with the account that holds its follow-up. */
#include "build.h"
#include "table.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLANS_MAX = 64, /* of one entity */
	PERCENT_WHOLE = 100,
	THOUSANDTHS_PER_PERCENT = SHARE_WHOLE / PERCENT_WHOLE,
};

/* One plan being built. */
struct planner {
	struct builder *builder;
	struct entity *entity;
	struct plan *plan;
	const config_setting_t *root; /* of its file */
};

/* --- targets */

static const char *const kind_names[] = { "none", "number", "yes-no", "percent", NULL };

static bool parse_kind(const char *word, enum target_kind *ret)
{
	for (size_t i = 0; kind_names[i]; i++)
		if (strcmp(word, kind_names[i]) == 0) {
			*ret = (enum target_kind)i;
			return true;
		}
	return false;
}

static enum target_kind kind_of(const struct planner *planner, const config_setting_t *group,
				const char *word)
{
	bool targeted = member_of(group, "target") || member_of(group, "targets");
	enum target_kind kind = targeted ? TARGET_NUMBER : TARGET_NONE;

	if (word && !parse_kind(word, &kind))
		complain(planner->builder->reader.complaints, line_of(group, "kind"),
			 "kind is \"%s\", expected number, yes-no, percent or none%s",
			 shown(word).text, suggestion(word, kind_names).text);
	return kind;
}

/* The target that stands at `name` of the group; `value` is 0 when none does, which means
 * `otherwise` (0: it must be there). */
static struct target target_at(const struct planner *planner, const config_setting_t *group,
			       const char *name, enum target_kind kind, int64_t value,
			       int64_t otherwise)
{
	struct complaints *complaints = planner->builder->reader.complaints;
	size_t line = line_of(group, name);

	if (kind == TARGET_NONE) {
		if (member_of(group, name))
			complain(complaints, line, "%s has no use: the kind is none", name);
		return (struct target){ .kind = kind };
	}
	if (kind == TARGET_YES_NO && value > 1)
		complain(complaints, line,
			 "%s is %" PRId64 ", but what is done or not is reached with 1: leave it "
			 "out",
			 name, value);
	if (kind == TARGET_PERCENT && value > PERCENT_WHOLE)
		complain(complaints, line, "%s is %" PRId64 ", expected 1 to 100 percent", name,
			 value);
	if (!otherwise && !member_of(group, name))
		complain(complaints, line, "%s is missing: what is to be reached", name);
	return (struct target){ .kind = kind, .value = value ? value : otherwise };
}

/* What a kind is reached with when the file does not say: 0 when it must. */
static int64_t whole_of(enum target_kind kind)
{
	switch (kind) {
	case TARGET_NONE:
	case TARGET_NUMBER:
		return 0;
	case TARGET_YES_NO:
		return 1;
	case TARGET_PERCENT:
		return PERCENT_WHOLE;
	}
	return 0;
}

/* A period the file names at `period` of the group, which may be one of the entity's. False after a
 * complaint. */
static bool read_period(const struct planner *planner, const config_setting_t *group,
			const char *text, struct period *ret)
{
	struct error err;

	if (!text)
		return false;
	if (config_period(planner->entity, text, ret, &err) == 0)
		return ret->window.days > 0; /* else complained about where it is declared */
	complain(planner->builder->reader.complaints, line_of(group, "period"), "period: %s",
		 err.text);
	return false;
}

static void read_period_target(const struct planner *planner, struct activity *activity,
			       const config_setting_t *group)
{
	static const struct setting *const tables[] = { target_settings, NULL };
	static const char *const parts[] = { NULL };
	struct reader *reader = &planner->builder->reader;
	struct period_target *target = &activity->period_targets[activity->period_target_count];
	const struct period *whole = &planner->plan->period;
	struct written_target written = { 0 };

	refuse_unknown(reader, group, tables, parts);
	read_settings(reader, group, NULL, target_settings, &written);
	target->target = target_at(planner, group, "value", activity->target.kind, written.value,
				   activity->target.kind == TARGET_YES_NO);
	if (!read_period(planner, group, written.period, &target->period))
		return;
	if (whole->window.days && !window_holds(whole->window, target->period.window))
		complain(reader->complaints, line_of(group, "period"),
			 "period is \"%s\", which is not within the plan's %s", target->period.name,
			 whole->name);
	for (size_t i = 0; i < activity->period_target_count; i++)
		if (strcmp(activity->period_targets[i].period.name, target->period.name) == 0)
			complain(reader->complaints, line_of(group, "period"),
				 "period is \"%s\", as it is of another target",
				 target->period.name);
	activity->period_target_count++;
}

static void read_period_targets(const struct planner *planner, struct activity *activity,
				const config_setting_t *group)
{
	struct reader *reader = &planner->builder->reader;
	const config_setting_t *list = list_of_groups(reader, group, "targets");

	activity->period_targets =
		keep_new(reader, list_count(list), sizeof(*activity->period_targets));
	if (activity->target.kind == TARGET_NONE && list) {
		complain(reader->complaints, line_of(group, "targets"),
			 "targets has no use: the kind is none");
		return;
	}
	for (size_t i = 0; i < list_count(list); i++)
		read_period_target(planner, activity, list_item(list, i));
}

/* --- activities */

/* What is computed counts something: a share of execution or a yes is what people say. */
static void read_origin(const struct planner *planner, struct activity *activity,
			const config_setting_t *group, const char *from)
{
	enum target_kind kind = activity->target.kind;

	activity->computed = true;
	(void)read_from(planner->builder, planner->entity, group, from, &activity->from);
	if (kind == TARGET_YES_NO || kind == TARGET_PERCENT)
		complain(planner->builder->reader.complaints, line_of(group, "kind"),
			 "kind is \"%s\", but what comes `from` a metric is a number: expected "
			 "number or none",
			 kind_names[kind]);
}

static void build_activity(const struct planner *planner, struct activity *activity,
			   const config_setting_t *group)
{
	static const struct setting *const tables[] = { activity_settings, NULL };
	static const char *const parts[] = { "targets", NULL };
	struct builder *builder = planner->builder;
	struct written_activity written = { 0 };
	enum target_kind kind;

	refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, activity_settings, &written);
	activity->line = (int)line_of(group, NULL);
	if (is_metric_id(builder, group, written.id))
		activity->id = written.id;
	activity->title = written.title;
	activity->strategy = written.strategy;
	activity->responsible = written.responsible;
	activity->resources = written.resources;
	activity->note = written.note;
	activity->weight = written.weight;
	activity->budget = written.budget;
	activity->due = read_day(builder, group, "due", written.due);
	kind = kind_of(planner, group, written.kind);
	activity->target =
		target_at(planner, group, "target", kind, written.target, whole_of(kind));
	read_period_targets(planner, activity, group);
	if (written.from)
		read_origin(planner, activity, group, written.from);
}

static void build_activities(const struct planner *planner)
{
	struct builder *builder = planner->builder;
	struct plan *plan = planner->plan;
	const config_setting_t *list =
		list_of_groups(&builder->reader, planner->root, "activities");

	if (!member_of(planner->root, "activities") || (list && list_count(list) == 0))
		complain(builder->reader.complaints, line_of(planner->root, "activities"),
			 "activities is %s: what is to be done, like activities: ( { id = \"a01\"; "
			 "title = \"…\"; kind = \"yes-no\"; } );",
			 list ? "empty" : "missing");
	plan->count = list_count(list);
	plan->activities = keep_new(&builder->reader, plan->count, sizeof(*plan->activities));
	for (size_t i = 0; i < plan->count; i++) {
		const struct activity *activity = &plan->activities[i];

		build_activity(planner, &plan->activities[i], list_item(list, i));
		for (size_t j = 0; activity->id && j < i; j++)
			if (plan->activities[j].id &&
			    strcmp(plan->activities[j].id, activity->id) == 0)
				complain_taken(builder, list_item(list, i), activity->id,
					       line_of(list_item(list, j), "id"));
	}
}

/* --- the plan's account */

static enum metric_unit unit_of(enum target_kind kind)
{
	switch (kind) {
	case TARGET_NONE:
	case TARGET_NUMBER:
		return UNIT_COUNT;
	case TARGET_YES_NO:
		return UNIT_YES_NO;
	case TARGET_PERCENT:
		return UNIT_PERCENT;
	}
	return UNIT_COUNT;
}

/* What people follow up, as metrics they enter. */
static const struct metric *followed_up(struct reader *reader, const struct plan *plan)
{
	struct metric *metrics = keep_new(reader, plan->count + 1, sizeof(*metrics));
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct activity *activity = &plan->activities[i];

		if (activity->computed || !activity->id)
			continue;
		metrics[count++] = (struct metric){ .id = activity->id,
						    .kind = METRIC_STOCK,
						    .label = activity->title,
						    .unit = unit_of(activity->target.kind) };
	}
	return metrics;
}

static void add_account(const struct planner *planner)
{
	struct entity *entity = planner->entity;
	struct plan *plan = planner->plan;
	struct account *account = &entity->accounts[entity->account_count++];

	*account = (struct account){
		.id = plan->id,
		.title = plan->title,
		.entity = entity,
		.collector = collector_find("manual"),
		.zone = entity->zone,
		.since = DAY_NONE,
		.until = DAY_NONE,
		.collect_from = DAY_NONE,
		.entered = followed_up(&planner->builder->reader, plan),
		.plan = plan,
		.line = (int)line_of(planner->root, "id"),
	};
	account->settings =
		keep_new(&planner->builder->reader, 1, account->collector->settings_size + 1);
	plan->account = account;
}

/* --- the plan itself */

static void complain_of_name(const struct planner *planner, const char *what)
{
	complain(planner->builder->reader.complaints, line_of(planner->root, "id"),
		 "id is \"%s\", but %s: take another name", planner->plan->id, what);
}

/* The id is that of an account, which no other account, group or derived metric of the entity has.
 */
static void check_id(const struct planner *planner)
{
	const struct entity *entity = planner->entity;
	const char *id = planner->plan->id;

	for (size_t i = 0; i < entity->account_count; i++) {
		const struct account *account = &entity->accounts[i];

		if (account->id && strcmp(account->id, id) == 0)
			complain_taken(planner->builder, planner->root, id, (size_t)account->line);
		if (account->renamed_from && strcmp(account->renamed_from, id) == 0)
			complain_of_name(planner, "an account was renamed from it");
	}
	if (group_named(entity, id))
		complain_of_name(planner, "it is a group");
	for (size_t i = 0; i < entity->derived_count; i++)
		if (entity->derived[i].account && strcmp(entity->derived[i].account, id) == 0) {
			complain_of_name(planner, "derived metrics have it");
			return;
		}
}

/* A formula by which no activity weighs anything says nothing. */
static void check_weights(const struct planner *planner)
{
	const struct plan *plan = planner->plan;
	const char *lacks = plan->formula == PLAN_WEIGHTED ? "weight" : "budget";

	if (plan->formula == PLAN_MEAN || plan->count == 0)
		return;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->formula == PLAN_WEIGHTED ? plan->activities[i].weight > 0
						   : plan->activities[i].budget > 0)
			return;
	complain(planner->builder->reader.complaints, line_of(planner->root, "formula"),
		 "formula is \"%s\", but no activity has a %s", plan_formula_name(plan->formula),
		 lacks);
}

static void read_head(const struct planner *planner)
{
	static const struct setting *const tables[] = { plan_settings, NULL };
	static const char *const parts[] = { "activities", NULL };
	static const char *const formulas[] = { "mean", "weighted", "budget", NULL };
	struct reader *reader = &planner->builder->reader;
	struct plan *plan = planner->plan;
	struct written_plan written = { 0 };

	refuse_unknown(reader, planner->root, tables, parts);
	read_settings(reader, planner->root, NULL, plan_settings, &written);
	if (is_id(planner->builder, planner->root, "id", written.id)) {
		plan->id = written.id;
		check_id(planner);
	}
	plan->title = written.title;
	plan->objective = written.objective;
	plan->area = written.area;
	plan->indicator = written.indicator;
	plan->code = written.code;
	plan->version = written.version;
	(void)read_period(planner, planner->root, written.period, &plan->period);
	plan->goal = written.goal * THOUSANDTHS_PER_PERCENT;
	plan->cap = written.cap;
	if (plan_formula_parse(written.formula, &plan->formula) < 0)
		complain(reader->complaints, line_of(planner->root, "formula"),
			 "formula is \"%s\", expected mean, weighted or budget%s",
			 shown(written.formula).text, suggestion(written.formula, formulas).text);
}

/* What the file says that is the source's text now. */
static void build_plan(struct planner *planner)
{
	struct builder *builder = planner->builder;
	SCOPED(tree)
	config_t tree;

	config_init(&tree);
	if (config_read_string(&tree, text_str(&builder->source->text)) != CONFIG_TRUE) {
		complain(builder->reader.complaints, (size_t)config_error_line(&tree),
			 "libconfig: %s", config_error_text(&tree));
		return;
	}
	planner->root = member_of(config_root_setting(&tree), "plan");
	read_head(planner);
	build_activities(planner);
	check_weights(planner);
	if (planner->plan->id)
		add_account(planner);
}

static void read_plan(struct builder *builder, struct entity *entity, size_t line, const char *path)
{
	struct planner planner = { .builder = builder,
				   .entity = entity,
				   .plan = &entity->plans[entity->plan_count] };
	SCOPED(memory)
	char *file = source_path(source_place(builder->source, line).file, path);
	SCOPED(memory)
	char *bytes = NULL;
	size_t length = 0;
	const char *why = NULL;

	if (source_load(file, &bytes, &length, &why) < 0) {
		complain(builder->reader.complaints, line, "%s cannot be read: %s",
			 shown(file).text, why);
		return;
	}
	if (source_read_more(builder->source, "plan", file, bytes, length,
			     builder->reader.complaints) < 0)
		return;
	planner.plan->path = keep_text(&builder->reader, file);
	entity->plan_count++;
	build_plan(&planner);
}

/* The line where the entity names the file, for a list may have many. */
static size_t line_of_path(const config_setting_t *group, const char *path)
{
	const config_setting_t *list = member_of(group, "plans");

	for (size_t i = 0; i < list_count(list); i++) {
		const config_setting_t *item = list_item(list, i);

		if (config_setting_type(item) == CONFIG_TYPE_STRING &&
		    strcmp(config_setting_get_string(item), path) == 0)
			return config_setting_source_line(item);
	}
	return line_of(group, "plans");
}

void build_plans(struct builder *builder, struct entity *entity, const config_setting_t *group,
		 const char *const *paths)
{
	size_t count = 0;

	while (paths && paths[count])
		count++;
	if (count > PLANS_MAX) {
		complain(builder->reader.complaints, line_of(group, "plans"),
			 "plans names %zu files, expected at most %d", count, PLANS_MAX);
		return;
	}
	entity->plans = keep_new(&builder->reader, count, sizeof(*entity->plans));
	for (size_t i = 0; i < count; i++)
		read_plan(builder, entity, line_of_path(group, paths[i]), paths[i]);
}
