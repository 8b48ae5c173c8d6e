#include "build.h"
#include "table.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/record.h"

#include <stdlib.h>
#include <string.h>

enum { COLLECTORS_MAX = 64, DAY_S = 86400 };

static const struct metric no_metrics[] = { { 0 } };
static const struct setting no_settings[] = { { 0 } };

static const struct metric *metrics_of(const struct collector *collector)
{
	return collector->metrics ? collector->metrics : no_metrics;
}

static const struct setting *settings_of(const struct collector *collector)
{
	return collector->settings ? collector->settings : no_settings;
}

/* --- the collector */

/* The account's collector. After a complaint the one that was meant, by which all else is looked at
 * in the same go; NULL: none is near. */
static const struct collector *collector_of(struct builder *builder, const config_setting_t *group,
					    const char *name)
{
	SCOPED(names)
	struct names names = { 0 };
	SCOPED(text)
	struct text all = { 0 };
	const struct collector *found;
	const char *near;

	if (!name)
		return NULL;
	found = collector_find(name);
	if (found)
		return found;
	for (size_t i = 0; collectors[i]; i++) {
		names_add(&names, collectors[i]->name);
		text_addf(&all, "%s%s", i ? ", " : "", collectors[i]->name);
	}
	near = names.count ? nearest_name(name, names.items) : NULL;
	if (near)
		complain(builder->reader.complaints, line_of(group, "collector"),
			 "collector is \"%s\", did you mean \"%s\"?", shown(name).text, near);
	else
		complain(builder->reader.complaints, line_of(group, "collector"),
			 "collector is \"%s\", expected one of %s", shown(name).text,
			 text_str(&all));
	return near ? collector_find(near) : NULL;
}

/* What is a setting of no account, whatever collects it. */
static void refuse_unknown_of_any(struct builder *builder, const config_setting_t *group)
{
	const struct setting *tables[COLLECTORS_MAX + 2] = { account_settings };
	static const char *const parts[] = { NULL };

	for (size_t i = 0; collectors[i] && i < COLLECTORS_MAX; i++)
		tables[i + 1] = settings_of(collectors[i]);
	refuse_unknown(&builder->reader, group, tables, parts);
}

/* The settings of the account's collector: its own, else those of `collectors`, else the defaults.
 */
static void read_collector(struct builder *builder, struct account *account,
			   const config_setting_t *group)
{
	const struct setting *const tables[] = { account_settings, settings_of(account->collector),
						 NULL };
	static const char *const parts[] = { NULL };
	const config_setting_t *defaults = member_of(builder->defaults, account->collector->name);
	void *settings = keep_new(&builder->reader, 1, account->collector->settings_size + 1);
	size_t before = builder->reader.complaints->count;
	struct error err;

	if (defaults && !config_setting_is_group(defaults))
		defaults = NULL; /* complained about where it stands */
	refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, defaults, settings_of(account->collector), settings);
	account->settings = settings;
	/* whether they make sense together is asked of those that make sense alone */
	if (account->collector->check && builder->reader.complaints->count == before &&
	    account->collector->check(settings, &err) < 0)
		complain(builder->reader.complaints, config_setting_source_line(group), "%s",
			 err.text);
	else if (builder->looks && builder->reader.complaints->count == before)
		check_named_files(builder, account, group, defaults);
}

/* --- the token */

static const struct token *token_named(struct builder *builder, const config_setting_t *group,
				       const char *id)
{
	SCOPED(names)
	struct names names = { 0 };
	const struct config *config = builder->config;

	for (size_t i = 0; i < config->token_count; i++) {
		if (!config->tokens[i].id)
			continue;
		if (strcmp(config->tokens[i].id, id) == 0) {
			builder->tokens[i].used = true;
			return &config->tokens[i];
		}
		names_add(&names, config->tokens[i].id);
	}
	complain(builder->reader.complaints, line_of(group, "token"),
		 "token is \"%s\", which is none of the tokens of this file%s", shown(id).text,
		 names.count ? suggestion(id, names.items).text : "");
	return NULL;
}

/* What an account's collector can do with a token: the words of its complaint, NULL when it fits.
 */
static const char *unfit(const struct collector *collector, enum token_kind kind)
{
	switch (kind) {
	case TOKEN_SERVICE_ACCOUNT:
		return collector->signs_token ? NULL
					      : "a service account's key, of use to ga4 only";
	case TOKEN_LOGIN:
		return collector->logs_in ? NULL : "a user and password, of use to umami only";
	case TOKEN_BEARER:
	case TOKEN_PAGE:
	case TOKEN_USER:
	case TOKEN_SYSTEM_USER:
		break;
	}
	return NULL;
}

/* Tokens that are not shown as they are say what they are, for what is shown is derived from them.
 */
static void check_kind(struct builder *builder, const struct account *account,
		       const config_setting_t *group)
{
	const struct token *token = account->token;
	const char *other = unfit(account->collector, token->kind);
	bool plain = token->kind == TOKEN_BEARER;

	if (!builder->tokens[token - builder->config->tokens].kind_known)
		return; /* complained about where it stands */
	if (other)
		complain(builder->reader.complaints, line_of(group, "token"),
			 "token \"%s\" is %s, not to collector %s", shown(token->id).text, other,
			 account->collector->name);
	else if (account->collector->signs_token && token->kind != TOKEN_SERVICE_ACCOUNT)
		complain(builder->reader.complaints, line_of(group, "token"),
			 "token \"%s\" needs kind = \"service-account\": the JSON file of a "
			 "service account's key (docs/website-analytics.md)",
			 shown(token->id).text);
	else if (token->kind == TOKEN_SERVICE_ACCOUNT || token->kind == TOKEN_LOGIN)
		return;
	else if (account->collector->derives_token && plain)
		complain(builder->reader.complaints, line_of(group, "token"),
			 "token \"%s\" needs a kind: \"system-user\", \"user\" or \"page\" "
			 "(docs/meta-tokens.md)",
			 shown(token->id).text);
	else if (!account->collector->derives_token && !plain)
		complain(builder->reader.complaints, line_of(group, "token"),
			 "token \"%s\" is of a kind only Meta knows, but collector %s shows it as "
			 "it "
			 "is: leave its kind out, or take another token",
			 shown(token->id).text, account->collector->name);
}

static void read_token(struct builder *builder, struct account *account,
		       const config_setting_t *group, const char *id)
{
	const struct collector *collector = account->collector;
	bool asks = collector->subject != NULL;

	if (id)
		account->token = token_named(builder, group, id);
	if (id && !asks)
		complain(builder->reader.complaints, line_of(group, "token"),
			 "token has no use: collector %s asks nobody", collector->name);
	else if (collector->needs_token && !member_of(group, "token"))
		complain(builder->reader.complaints, line_of(group, NULL),
			 "token is missing: id of one of the tokens, which collector %s needs",
			 collector->name);
	else if (account->token)
		check_kind(builder, account, group);
}

/* --- metrics */

static void add_names(struct names *names, const struct metric *table)
{
	for (; table->id; table++)
		if (*table->id)
			names_add(names, table->id);
}

static void check_without(struct builder *builder, const struct account *account,
			  const config_setting_t *group)
{
	const struct metric *metrics = metrics_of(account->collector);
	SCOPED(names)
	struct names names = { 0 };

	add_names(&names, metrics);
	for (const char *const *id = account->without; id && *id; id++)
		if (!metric_find(metrics, *id))
			complain(builder->reader.complaints, line_of(group, "without"),
				 "without names \"%s\", which collector %s does not count%s",
				 shown(*id).text, account->collector->name,
				 names.count ? suggestion(*id, names.items).text : "");
}

/* What people may enter under an id: with the collector's kind where it counts the same, and the
 * office's label where it has one. */
static bool find_entered(const struct account *account, const char *id, struct metric *ret)
{
	const struct metric *own = metric_find(account->entity->metrics, id);
	const struct metric *known = metric_find(metrics_of(account->collector), id);

	if (!known)
		known = own;
	if (!known)
		known = metric_find(metric_catalogue, id);
	if (!known)
		return false;
	*ret = (struct metric){
		.id = known->id,
		.kind = known->kind,
		.label = own && own->label ? own->label : known->label,
		.negative = known->negative,
		.one = own ? own->one : NULL,
		.many = own ? own->many : NULL,
	};
	return true;
}

static void complain_of_entered(struct builder *builder, const struct account *account,
				const config_setting_t *group, const char *id)
{
	SCOPED(names)
	struct names names = { 0 };

	add_names(&names, metrics_of(account->collector));
	add_names(&names, account->entity->metrics);
	add_names(&names, metric_catalogue);
	complain(builder->reader.complaints, line_of(group, "entered"),
		 "entered names \"%s\", which nobody declared: a known metric or one of the "
		 "entity's "
		 "metrics%s",
		 shown(id).text, suggestion(id, names.items).text);
}

static void read_entered(struct builder *builder, struct account *account,
			 const config_setting_t *group, const char *const *ids)
{
	struct metric *entered;
	size_t count = 0;

	while (ids && ids[count])
		count++;
	entered = keep_new(&builder->reader, count + 1, sizeof(*entered));
	account->entered = entered;
	for (size_t i = 0; i < count; i++)
		if (find_entered(account, ids[i], entered))
			entered++;
		else
			complain_of_entered(builder, account, group, ids[i]);
	if (account->collector->keeps)
		return; /* its figures are made of what is recorded */
	if (count == 0 && !account->collector->subject && (ids || !member_of(group, "entered")))
		complain(builder->reader.complaints, line_of(group, "entered"),
			 "entered is missing: metrics people enter for it, for collector %s asks "
			 "nobody",
			 account->collector->name);
}

/* --- sources */

/* Any source may be named, for files have layouts of many names; but one that is nearly a known one
 * is a slip of the pen. */
static void check_precedence(struct builder *builder, const struct account *account,
			     const config_setting_t *group)
{
	const char *const known[] = { account->collector->name, "csv", RECORD_SOURCE, "manual",
				      NULL };

	for (const char *const *source = account->precedence; source && *source; source++) {
		const char *nearest = nearest_name(*source, known);

		if (!is_id(builder, group, "precedence", *source) || !nearest ||
		    strcmp(nearest, *source) == 0)
			continue;
		complain(builder->reader.complaints, line_of(group, "precedence"),
			 "precedence names the source \"%s\", did you mean \"%s\"?",
			 shown(*source).text, nearest);
	}
}

/* --- the account itself */

static void read_days(struct builder *builder, struct account *account,
		      const config_setting_t *group, const struct written_account *written)
{
	account->since = read_day(builder, group, "since", written->since);
	account->until = read_day(builder, group, "until", written->until);
	account->collect_from = read_day(builder, group, "collect_from", written->collect_from);
	if (account->since != DAY_NONE && account->until != DAY_NONE &&
	    account->until < account->since)
		complain(builder->reader.complaints, line_of(group, "until"),
			 "until is \"%s\", which is before since: the last day it existed",
			 written->until);
}

static void build_account(struct builder *builder, struct account *account,
			  const config_setting_t *group)
{
	struct written_account written = { 0 };

	read_settings(&builder->reader, group, NULL, account_settings, &written);
	account->line = (int)config_setting_source_line(group);
	account->entered = no_metrics;
	if (is_id(builder, group, "id", written.id))
		account->id = written.id;
	account->title = written.title ? written.title : account->id;
	account->zone =
		written.zone ? checked_zone(builder, group, written.zone) : account->entity->zone;
	if (written.renamed_from && is_id(builder, group, "renamed_from", written.renamed_from))
		account->renamed_from = written.renamed_from;
	account->without = written.without;
	account->combine = written.combine;
	account->precedence = written.precedence;
	read_days(builder, account, group, &written);
	account->collector = collector_of(builder, group, written.collector);
	if (!account->collector) { /* nobody knows its metrics, nor what its settings mean */
		refuse_unknown_of_any(builder, group);
		if (written.token)
			(void)token_named(builder, group, written.token);
		return;
	}
	read_collector(builder, account, group);
	read_token(builder, account, group, written.token);
	check_without(builder, account, group);
	check_precedence(builder, account, group);
	read_entered(builder, account, group, written.entered);
}

/* An id that an account has, or had. */
struct called {
	const char *id;
	bool formerly;
	size_t account; /* its place */
};

/* By id, those who have it before those who had it, in the order of the file. */
static int by_id(const void *left, const void *right)
{
	const struct called *a = left;
	const struct called *b = right;
	int order = strcmp(a->id, b->id);

	if (order == 0)
		order = a->formerly - b->formerly;
	if (order == 0)
		order = (a->account > b->account) - (a->account < b->account);
	return order;
}

/* Complains when the id is another's too; `first`: who was called so before all others, or `called`
 * itself; `again`: the one before was called so as well, in the same way. */
static void check_called(struct builder *builder, const struct entity *entity,
			 const config_setting_t *list, const struct called *first,
			 const struct called *called, bool again)
{
	const config_setting_t *group = list_item(list, called->account);

	if (!called->formerly && again)
		complain_taken(builder, group, called->id,
			       (size_t)entity->accounts[first->account].line);
	if (called->formerly && !first->formerly)
		complain(builder->reader.complaints, line_of(group, "renamed_from"),
			 "renamed_from is \"%s\", which is still an account", called->id);
	if (called->formerly && again)
		complain(builder->reader.complaints, line_of(group, "renamed_from"),
			 "renamed_from is \"%s\", as it is of another account", called->id);
}

/* No two accounts of an entity have, or had, the same id. */
static void check_ids(struct builder *builder, const struct entity *entity,
		      const config_setting_t *list)
{
	SCOPED(memory)
	struct called *all = memory_new(entity->account_count * 2, sizeof(*all));
	size_t count = 0, first = 0;

	for (size_t i = 0; i < entity->account_count; i++) {
		const struct account *account = &entity->accounts[i];

		if (account->id)
			all[count++] = (struct called){ account->id, false, i };
		if (account->renamed_from)
			all[count++] = (struct called){ account->renamed_from, true, i };
	}
	qsort(all, count, sizeof(*all), by_id);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(all[i].id, all[first].id) != 0)
			first = i;
		check_called(builder, entity, list, &all[first], &all[i],
			     i > first && all[i].formerly == all[i - 1].formerly);
	}
}

void build_accounts(struct builder *builder, struct entity *entity, const config_setting_t *group)
{
	const config_setting_t *list = list_of_groups(&builder->reader, group, "accounts");
	size_t plans = list_count(member_of(group, "plans")); /* each is to be one more */

	if (!member_of(group, "accounts"))
		complain(builder->reader.complaints, line_of(group, NULL),
			 "accounts is missing: the channels of the institution");
	else if (list && list_count(list) == 0)
		complain(builder->reader.complaints, line_of(group, "accounts"),
			 "accounts is empty: write the channels of the institution, like accounts: "
			 "( { id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } );");
	entity->account_count = list_count(list);
	entity->accounts = keep_new(&builder->reader, entity->account_count + plans,
				    sizeof(*entity->accounts));
	for (size_t i = 0; i < entity->account_count; i++) {
		entity->accounts[i].entity = entity;
		build_account(builder, &entity->accounts[i], list_item(list, i));
	}
	check_ids(builder, entity, list);
}

bool account_is_over(const struct account *account, int64_t now)
{
	return account->until != DAY_NONE && ((int64_t)account->until + 2) * DAY_S < now;
}

bool account_lacks(const struct account *account, const char *metric)
{
	for (const char *const *id = account->without; id && *id; id++)
		if (strcmp(*id, metric) == 0)
			return true;
	return false;
}

const struct metric *account_metric(const struct account *account, const char *id)
{
	const struct metric *metric = metric_find(metrics_of(account->collector), id);

	return metric ? metric : metric_find(account->entered, id);
}
