/* Groups of accounts, and metrics that are sums of others. */
#include "build.h"
#include "table.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

const struct account *account_named(const struct entity *entity, const char *id)
{
	for (size_t i = 0; i < entity->account_count; i++)
		if (entity->accounts[i].id && !entity->accounts[i].plan &&
		    strcmp(entity->accounts[i].id, id) == 0)
			return &entity->accounts[i];
	return NULL;
}

const struct group *group_named(const struct entity *entity, const char *id)
{
	for (size_t i = 0; i < entity->group_count; i++)
		if (entity->groups[i].id && strcmp(entity->groups[i].id, id) == 0)
			return &entity->groups[i];
	return NULL;
}

static void add_accounts(struct names *names, const struct entity *entity)
{
	for (size_t i = 0; i < entity->account_count; i++)
		if (entity->accounts[i].id && !entity->accounts[i].plan)
			names_add(names, entity->accounts[i].id);
}

/* --- groups */

static void read_members(struct builder *builder, const struct entity *entity, struct group *group,
			 const config_setting_t *at, const char *const *ids)
{
	SCOPED(names)
	struct names names = { 0 };
	size_t count = 0;

	add_accounts(&names, entity);
	while (ids && ids[count])
		count++;
	group->accounts = keep_new(&builder->reader, count, sizeof(const struct account *));
	for (size_t i = 0; i < count; i++) {
		const struct account *account = account_named(entity, ids[i]);

		if (account)
			group->accounts[group->count++] = account;
		else
			complain(builder->reader.complaints, line_of(at, "accounts"),
				 "accounts names \"%s\", which is no account of the entity%s",
				 shown(ids[i]).text,
				 names.count ? suggestion(ids[i], names.items).text : "");
	}
	if (ids && count == 0)
		complain(builder->reader.complaints, line_of(at, "accounts"),
			 "accounts is empty: ids of accounts of the entity");
}

static void build_group(struct builder *builder, struct entity *entity, struct group *group,
			const config_setting_t *at)
{
	static const struct setting *const tables[] = { group_settings, NULL };
	static const char *const parts[] = { NULL };
	struct written_group written = { 0 };
	const struct account *account;

	refuse_unknown(&builder->reader, at, tables, parts);
	read_settings(&builder->reader, at, NULL, group_settings, &written);
	if (is_id(builder, at, "id", written.id)) {
		account = account_named(entity, written.id);
		if (account)
			complain_taken(builder, at, written.id, (size_t)account->line);
		group->id = written.id;
	}
	group->title = written.title ? written.title : group->id;
	read_members(builder, entity, group, at, written.accounts);
}

void build_groups(struct builder *builder, struct entity *entity, const config_setting_t *group)
{
	const config_setting_t *list = list_of_groups(&builder->reader, group, "groups");
	size_t count = list_count(list);

	entity->groups = keep_new(&builder->reader, count, sizeof(*entity->groups));
	for (size_t i = 0; i < count; i++) {
		struct group *built = &entity->groups[i];

		build_group(builder, entity, built, list_item(list, i));
		for (size_t j = 0; built->id && j < i; j++)
			if (entity->groups[j].id && strcmp(entity->groups[j].id, built->id) == 0)
				complain_taken(builder, list_item(list, i), built->id,
					       line_of(list_item(list, j), "id"));
		entity->group_count++;
	}
}

/* --- formulas */

/* "redes.posts" cut at its dot. */
struct name {
	char *account;
	char *metric;
};

static void scoped_name(struct name *name)
{
	free(name->account);
	free(name->metric);
}

static size_t span_of(const char *text, bool account)
{
	return strspn(text, account ? "abcdefghijklmnopqrstuvwxyz0123456789_-"
				    : "abcdefghijklmnopqrstuvwxyz0123456789_");
}

/* The name `text` begins with: its length, 0 when it begins with none. */
static size_t name_at(const char *text, struct name *ret)
{
	size_t account = span_of(text, true);
	size_t metric;

	if (account == 0 || text[0] == '-' || text[account] != '.')
		return 0;
	metric = span_of(text + account + 1, false);
	if (metric == 0)
		return 0;
	ret->account = memory_text_n(text, account);
	ret->metric = memory_text_n(text + account + 1, metric);
	return account + 1 + metric;
}

struct formula {
	struct builder *builder;
	const struct entity *entity;
	const config_setting_t *at; /* the group of the derived metric, or of the activity */
	const char *setting;        /* that is read: "formula", "from" */
	struct derived *derived;
	const struct metric *first; /* the metric of the first term: the others are of its kind */
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void complain_of_formula(struct formula *formula,
								      const char *format, ...)
{
	SCOPED(text)
	struct text words = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	complain(formula->builder->reader.complaints, line_of(formula->at, formula->setting),
		 "%s %s", formula->setting, text_str(&words));
	formula->failed = true;
}

static void complain_of_channel(struct formula *formula, const char *name)
{
	const struct entity *entity = formula->entity;
	SCOPED(names)
	struct names names = { 0 };

	for (size_t i = 0; i < entity->derived_count; i++) {
		if (entity->derived[i].account && strcmp(entity->derived[i].account, name) == 0) {
			complain_of_formula(formula,
					    "names %s, which is derived itself: a formula "
					    "is made of accounts and groups",
					    name);
			return;
		}
	}
	add_accounts(&names, entity);
	for (size_t i = 0; i < entity->group_count; i++)
		if (entity->groups[i].id)
			names_add(&names, entity->groups[i].id);
	complain_of_formula(formula, "names \"%s\", which is no account and no group%s",
			    shown(name).text,
			    names.count ? suggestion(name, names.items).text : "");
}

static void add_metrics(struct names *names, const struct account *account)
{
	if (account->collector->metrics)
		for (const struct metric *m = account->collector->metrics; m->id; m++)
			names_add(names, m->id);
	for (const struct metric *m = account->entered; m->id; m++)
		names_add(names, m->id);
}

/* The metric a term speaks of; NULL after a complaint, or when an account is too broken to say. */
static const struct metric *metric_of(struct formula *formula, const struct name *name,
				      const struct account *const *accounts, size_t count)
{
	SCOPED(names)
	struct names names = { 0 };
	const struct metric *found = NULL;
	bool left_out = false;

	for (size_t i = 0; i < count; i++) {
		const struct metric *metric;

		if (!accounts[i]->collector)
			return NULL;
		add_metrics(&names, accounts[i]);
		metric = account_metric(accounts[i], name->metric);
		if (metric && account_lacks(accounts[i], name->metric) &&
		    !metric_find(accounts[i]->entered, name->metric))
			left_out = true;
		else if (metric && !found)
			found = metric;
	}
	if (!found && left_out)
		complain_of_formula(formula, "names %s.%s, which `without` leaves out",
				    name->account, name->metric);
	else if (!found && count)
		complain_of_formula(formula, "names \"%s.%s\", but %s has no metric \"%s\"%s",
				    shown(name->account).text, shown(name->metric).text,
				    name->account, shown(name->metric).text,
				    names.count ? suggestion(name->metric, names.items).text : "");
	return found;
}

/* What a name stands for, with the metric it speaks of; NULL after a complaint. */
static const struct metric *read_term(struct formula *formula, const struct name *name, int sign,
				      struct term *ret)
{
	const struct account *account = account_named(formula->entity, name->account);
	const struct group *group = group_named(formula->entity, name->account);
	const struct metric *metric;

	if (!account && !group) {
		complain_of_channel(formula, name->account);
		return NULL;
	}
	metric = group ? metric_of(formula, name, group->accounts, group->count)
		       : metric_of(formula, name, &account, 1);
	if (metric)
		*ret = (struct term){
			.sign = sign,
			.account = group ? NULL : account,
			.group = group,
			.metric = keep_text(&formula->builder->reader, name->metric),
		};
	return metric;
}

static void add_term(struct formula *formula, const struct name *name, int sign)
{
	struct derived *derived = formula->derived;
	struct term term;
	const struct metric *metric = read_term(formula, name, sign, &term);

	if (!metric)
		return;
	if (!formula->first)
		formula->first = metric;
	if (metric->kind != formula->first->kind)
		complain_of_formula(formula, "mixes %s (%s) and %s (%s): they do not add up",
				    formula->first->id, metric_kind_name(formula->first->kind),
				    metric->id, metric_kind_name(metric->kind));
	else if (derived->count && metric->kind == METRIC_UNIQUE)
		complain_of_formula(formula,
				    "adds %s, which counts people: they are never added up",
				    metric->id);
	derived->terms[derived->count++] = term;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

static void read_formula(struct formula *formula, const char *text)
{
	const char *rest = skip_blanks(text);
	int sign = 1;

	/* every term takes at least four bytes: "a.b+" */
	formula->derived->terms = keep_new(&formula->builder->reader, strlen(text) / 4 + 1,
					   sizeof(*formula->derived->terms));
	if (*rest == '-') {
		sign = -1;
		rest = skip_blanks(rest + 1);
	}
	for (;;) {
		SCOPED(name)
		struct name name = { 0 };
		size_t length = name_at(rest, &name);

		if (length == 0) {
			complain_of_formula(formula,
					    "near \"%s\": expected account.metric or "
					    "group.metric",
					    shown(rest).text);
			return;
		}
		add_term(formula, &name, sign);
		rest = skip_blanks(rest + length);
		if (*rest == '\0')
			return;
		if (*rest != '+' && *rest != '-') {
			complain_of_formula(formula, "near \"%s\": expected + or -",
					    shown(rest).text);
			return;
		}
		sign = *rest == '-' ? -1 : 1;
		rest = skip_blanks(rest + 1);
	}
}

/* --- what an activity is computed from */

static const struct derived *derived_named(struct formula *formula, const struct name *name)
{
	const struct entity *entity = formula->entity;
	SCOPED(names)
	struct names names = { 0 };

	for (size_t i = 0; i < entity->derived_count; i++) {
		const struct derived *derived = &entity->derived[i];

		if (!derived->account || strcmp(derived->account, name->account) != 0)
			continue;
		if (strcmp(derived->metric, name->metric) == 0)
			return derived;
		names_add(&names, derived->metric);
	}
	if (names.count)
		complain_of_formula(formula, "names \"%s.%s\", but %s has no metric \"%s\"%s",
				    shown(name->account).text, shown(name->metric).text,
				    name->account, shown(name->metric).text,
				    suggestion(name->metric, names.items).text);
	return NULL;
}

bool read_from(struct builder *builder, const struct entity *entity, const config_setting_t *group,
	       const char *from, struct term *ret)
{
	struct formula formula = {
		.builder = builder, .entity = entity, .at = group, .setting = "from"
	};
	SCOPED(name)
	struct name name = { 0 };
	size_t length = name_at(from, &name);
	const struct derived *derived;

	if (length == 0 || from[length]) {
		complain_of_formula(&formula,
				    "is \"%s\", expected account.metric, group.metric or the name "
				    "of a derived metric",
				    shown(from).text);
		return false;
	}
	derived = derived_named(&formula, &name);
	if (derived)
		*ret = (struct term){ .sign = 1, .derived = derived, .metric = derived->metric };
	return derived || (!formula.failed && read_term(&formula, &name, 1, ret));
}

/* --- derived metrics */

static void read_derived_id(struct builder *builder, const struct entity *entity,
			    struct derived *derived, const config_setting_t *at, const char *id)
{
	SCOPED(name)
	struct name name = { 0 };
	size_t length = name_at(id, &name);
	const struct account *account;

	if (length == 0 || id[length]) {
		complain(builder->reader.complaints, line_of(at, "id"),
			 "id is \"%s\", expected name.metric like publicaciones.posts",
			 shown(id).text);
		return;
	}
	account = account_named(entity, name.account);
	if (account || group_named(entity, name.account)) {
		complain(builder->reader.complaints, line_of(at, "id"),
			 "id is \"%s\", but %s is %s: take another name", shown(id).text,
			 name.account, account ? "an account" : "a group");
		return;
	}
	derived->account = keep_text(&builder->reader, name.account);
	derived->metric = keep_text(&builder->reader, name.metric);
}

static bool same_id(const struct derived *a, const struct derived *b)
{
	return a->account && b->account && strcmp(a->account, b->account) == 0 &&
	       strcmp(a->metric, b->metric) == 0;
}

void build_derived(struct builder *builder, struct entity *entity, const config_setting_t *group)
{
	static const struct setting *const tables[] = { derived_settings, NULL };
	static const char *const parts[] = { NULL };
	const config_setting_t *list = list_of_groups(&builder->reader, group, "derived");
	struct written_derived *written;

	entity->derived_count = list_count(list);
	entity->derived =
		keep_new(&builder->reader, entity->derived_count, sizeof(*entity->derived));
	written = keep_new(&builder->reader, entity->derived_count, sizeof(*written));
	for (size_t i = 0; i < entity->derived_count; i++) {
		const config_setting_t *at = list_item(list, i);
		struct derived *derived = &entity->derived[i];

		refuse_unknown(&builder->reader, at, tables, parts);
		read_settings(&builder->reader, at, NULL, derived_settings, &written[i]);
		derived->title = written[i].title;
		if (written[i].id)
			read_derived_id(builder, entity, derived, at, written[i].id);
		for (size_t j = 0; j < i; j++)
			if (same_id(&entity->derived[j], derived))
				complain_taken(builder, at, written[i].id,
					       line_of(list_item(list, j), "id"));
	}
	/* formulas last: a formula may not use what is derived, wherever that stands */
	for (size_t i = 0; i < entity->derived_count; i++) {
		struct formula formula = { .builder = builder,
					   .entity = entity,
					   .at = list_item(list, i),
					   .setting = "formula",
					   .derived = &entity->derived[i] };

		if (written[i].formula)
			read_formula(&formula, written[i].formula);
	}
}
