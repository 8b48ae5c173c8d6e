/* Report definitions: a file of parts, by the same grammar, tables and complaints as the
 * configuration. */
#include "metricsd/definition.h"

#include "reader.h"
#include "source.h"
#include "table.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

/* A definition with all the memory it owns. */
struct kept {
	struct definition definition;
	struct loaded loaded;
};

struct defining {
	struct reader reader;
	struct definition *definition;
};

static const char *const no_names[] = { NULL };

/* What each kind of part is made of: "" is what all have. */
static const struct part_rule {
	const char *word;
	enum part_kind kind;
	const char *settings[8]; /* that have a use in it, ends with NULL */
	const char *needed;      /* one of them that must be there, or NULL */
} rules[] = {
	{ "heading", PART_HEADING, { "text", "level", NULL }, "text" },
	{ "text", PART_TEXT, { "text", NULL }, "text" },
	{ "table",
	  PART_TABLE,
	  { "caption", "rows", "labels", "totals", "columns", "chart", NULL },
	  "rows" },
	{ "accounts", PART_ACCOUNTS, { "account", "columns", NULL }, NULL },
	{ "register", PART_REGISTER, { "account", "list", "fields", "caption", NULL }, NULL },
	{ "plan", PART_PLAN, { "plan", "caption", NULL }, NULL },
	{ "prose", PART_PROSE, { "lead", "listed", "total", "compare", NULL }, "lead" },
	{ "lacking", PART_LACKING, { NULL }, NULL },
	{ "sources", PART_SOURCES, { "caption", NULL }, NULL },
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

/* A word of a list of words, -1 after a complaint. */
static int word_of(struct defining *defining, const config_setting_t *group, const char *name,
		   const char *word, const char *const *words)
{
	SCOPED(text)
	struct text all = { 0 };

	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
		text_addf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	complain(defining->reader.complaints, line_of(group, name),
		 "%s is \"%s\", expected one of %s%s", name, shown(word).text, text_str(&all),
		 suggestion(word, words).text);
	return -1;
}

static const struct part_rule *rule_of(struct defining *defining, const config_setting_t *group,
				       const char *word)
{
	const char *words[RULES + 1] = { NULL };
	int found;

	if (!word)
		return NULL; /* complained about as missing */
	for (size_t i = 0; i < RULES; i++)
		words[i] = rules[i].word;
	found = word_of(defining, group, "kind", word, words);
	return found < 0 ? NULL : &rules[found];
}

/* What has no use in a part of this kind is a mistake: it would be left out without a word. */
static void refuse_useless(struct defining *defining, const config_setting_t *group,
			   const struct part_rule *rule)
{
	static const char *const common[] = { "kind", "page", NULL };

	for (const struct setting *setting = part_settings; setting->name; setting++) {
		bool useful = false;

		for (size_t i = 0; common[i]; i++)
			useful = useful || strcmp(common[i], setting->name) == 0;
		for (size_t i = 0; rule->settings[i]; i++)
			useful = useful || strcmp(rule->settings[i], setting->name) == 0;
		if (!useful && member_of(group, setting->name))
			complain(defining->reader.complaints, line_of(group, setting->name),
				 "%s has no use in a part of kind %s", setting->name, rule->word);
	}
	if (rule->needed && !member_of(group, rule->needed))
		complain(defining->reader.complaints, line_of(group, NULL),
			 "%s is missing: a part of kind %s needs it", rule->needed, rule->word);
}

/* "facebook.visits": a name, a dot, and a metric behind the last of them. */
static const char *metric_in(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && dot > name && dot[1] ? dot + 1 : NULL;
}

static void check_names(struct defining *defining, const config_setting_t *group,
			const char *setting, const char *const *names)
{
	for (; *names; names++)
		if (!metric_in(*names))
			complain(defining->reader.complaints, line_of(group, setting),
				 "%s has \"%s\", expected account.metric, like facebook.visits",
				 setting, shown(*names).text);
}

/* Visits beside news are a picture of visits. */
static void check_chart(struct defining *defining, const config_setting_t *group,
			const struct part *part)
{
	const char *first = *part->rows ? metric_in(*part->rows) : NULL;

	for (const char *const *name = part->rows; first && *name; name++) {
		const char *metric = metric_in(*name);

		if (!metric || strcmp(metric, first) == 0)
			continue;
		complain(defining->reader.complaints, line_of(group, "chart"),
			 "chart: rows of several metrics (%s, %s) do not belong in one picture",
			 shown(first).text, shown(metric).text);
		return;
	}
}

static size_t count_of(const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	return count;
}

/* The label in the place of "*.posts" would be shown nowhere. */
static void check_labels(struct defining *defining, const config_setting_t *group,
			 const struct part *part)
{
	size_t row_count = count_of(part->rows);
	size_t count = row_count + count_of(part->totals);
	size_t label_count = count_of(part->labels);

	if (label_count > count)
		complain(defining->reader.complaints, line_of(group, "labels"),
			 "labels has %zu names for %zu rows", label_count, count);
	for (size_t i = 0; i < count && i < label_count; i++) {
		const char *name = i < row_count ? part->rows[i] : part->totals[i - row_count];

		if (strncmp(name, "*.", 2) != 0)
			continue;
		complain(defining->reader.complaints, line_of(group, "labels"),
			 "labels has \"%s\" for %s, which is called by its channels or groups: "
			 "labels end before it",
			 shown(part->labels[i]).text, shown(name).text);
		return;
	}
}

static void check_part(struct defining *defining, const config_setting_t *group,
		       const struct part *part)
{
	const char *const total[] = { part->total, NULL };

	check_names(defining, group, "rows", part->rows);
	check_names(defining, group, "totals", part->totals);
	check_names(defining, group, "lead", part->lead);
	check_names(defining, group, "listed", part->listed);
	check_names(defining, group, "total", total);
	if (part->total && strncmp(part->total, "*.", 2) == 0)
		complain(defining->reader.complaints, line_of(group, "total"),
			 "total is \"%s\", expected one figure", shown(part->total).text);
	if (part->chart != CHART_NONE_WANTED)
		check_chart(defining, group, part);
	check_labels(defining, group, part);
}

static const char *const *names_or_none(const char **names)
{
	return names ? (const char *const *)names : no_names;
}

static void build_part(struct defining *defining, struct part *part, const config_setting_t *group)
{
	static const struct setting *const tables[] = { part_settings, NULL };
	static const char *const parts[] = { NULL };
	static const char *const columns[] = { "months", "whole", "compare", NULL };
	static const char *const charts[] = { "none", "bars", "lines", NULL };
	struct written_part written = { 0 };
	const struct part_rule *rule;
	int word;

	refuse_unknown(&defining->reader, group, tables, parts);
	read_settings(&defining->reader, group, NULL, part_settings, &written);
	*part = (struct part){
		.line = (int)line_of(group, NULL),
		.text = written.text,
		.caption = written.caption,
		.level = (int)written.level,
		.page = written.page,
		.rows = names_or_none(written.rows),
		.labels = names_or_none(written.labels),
		.totals = names_or_none(written.totals),
		.account = written.account,
		.list = written.list,
		.fields = names_or_none(written.fields),
		.plan = written.plan,
		.lead = names_or_none(written.lead),
		.listed = names_or_none(written.listed),
		.total = written.total,
		.compare = written.compare,
	};
	rule = rule_of(defining, group, written.kind);
	if (rule) {
		part->kind = rule->kind;
		refuse_useless(defining, group, rule);
	}
	word = word_of(defining, group, "columns", written.columns, columns);
	part->columns = word < 0 ? COLUMNS_MONTHS : (enum part_columns)word;
	word = word_of(defining, group, "chart", written.chart, charts);
	part->chart = word < 0 ? CHART_NONE_WANTED : (enum part_chart)word;
	check_part(defining, group, part);
}

static void build_definition(struct defining *defining, const config_setting_t *group)
{
	static const struct setting *const tables[] = { report_settings, NULL };
	static const char *const parts[] = { "parts", NULL };
	struct definition *definition = defining->definition;
	const config_setting_t *list = list_of_groups(&defining->reader, group, "parts");
	struct written_report written = { 0 };

	refuse_unknown(&defining->reader, group, tables, parts);
	read_settings(&defining->reader, group, NULL, report_settings, &written);
	definition->title = written.title;
	definition->process = written.process;
	definition->code = written.code;
	definition->version = written.version;
	definition->count = list_count(list);
	definition->parts =
		keep_new(&defining->reader, definition->count, sizeof(*definition->parts));
	if (definition->count == 0)
		complain(defining->reader.complaints, line_of(group, "parts"),
			 "parts is %s: what the report consists of, like parts: ( { kind = "
			 "\"accounts\"; } );",
			 list ? "empty" : "missing");
	for (size_t i = 0; i < definition->count; i++)
		build_part(defining, &definition->parts[i], list_item(list, i));
}

static void build(struct defining *defining, const struct source *source)
{
	static const struct setting *const tables[] = { NULL };
	static const char *const parts[] = { "report", NULL };
	struct complaints *complaints = defining->reader.complaints;
	SCOPED(tree)
	config_t tree;
	const config_setting_t *root, *group;

	config_init(&tree);
	if (config_read_string(&tree, text_str(&source->text)) != CONFIG_TRUE) {
		complain(complaints, (size_t)config_error_line(&tree), "libconfig: %s",
			 config_error_text(&tree));
		return;
	}
	root = config_root_setting(&tree);
	refuse_unknown(&defining->reader, root, tables, parts);
	group = group_of(&defining->reader, root, "report");
	if (group)
		build_definition(defining, group);
	else if (!member_of(root, "report"))
		complain(complaints, 0, "report is missing: report: { title = …; parts: ( … ); };");
	for (size_t i = 0; i < defining->definition->count; i++) {
		struct part *part = &defining->definition->parts[i];

		part->line = source_place(source, (size_t)part->line).line;
	}
}

int definition_load(const char *path, struct definition **ret, struct text *complaints)
{
	SCOPED(memory)
	char *bytes = NULL;
	SCOPED(complaints)
	struct complaints found = { 0 };
	SCOPED(source)
	struct source source = { 0 };
	struct kept *kept;
	struct defining defining;
	const char *why = NULL;
	size_t length = 0;

	if (source_load(path, &bytes, &length, &why) < 0) {
		text_addf(complaints, "%s cannot be read: %s\n", path, why);
		return -1;
	}
	kept = memory_new(1, sizeof(*kept));
	defining = (struct defining){ .reader = { &kept->loaded, &found },
				      .definition = &kept->definition };
	kept->definition.path = keep_text(&defining.reader, path);
	if (source_read(&source, path, bytes, length, &found) == 0)
		build(&defining, &source);
	complaints_print(&found, &source, complaints);
	if (found.errors) {
		definition_free(&kept->definition);
		return -1;
	}
	*ret = &kept->definition;
	return 0;
}

void definition_free(struct definition *definition)
{
	struct kept *kept = (struct kept *)definition; /* the definition is its first member */

	if (!kept)
		return;
	for (size_t i = 0; i < kept->loaded.owned_count; i++)
		free(kept->loaded.owned[i]);
	free(kept->loaded.owned);
	free(kept);
}
