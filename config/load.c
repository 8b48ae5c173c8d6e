#include "build.h"
#include "parse.h"
#include "table.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MINUTES_PER_HOUR = 60,
	STATE_PATH_MAX = 1024,
	SOCKET_PATH_MAX = 107, /* unix(7): sun_path has 108 bytes with its NUL */
};

/* --- the file's own settings */

static void build_global(struct builder *builder, const config_setting_t *root)
{
	static const char *const levels[] = { "error", "warning", "notice", "info", "debug", NULL };
	static const struct setting *const tables[] = { global_settings, NULL };
	static const char *const parts[] = { "schedule", "http",   "collectors", "tokens",
					     "entities", "alerts", NULL };
	struct config *config = builder->config;
	struct written_global written = { 0 };

	refuse_unknown(&builder->reader, root, tables, parts);
	read_settings(&builder->reader, root, NULL, global_settings, &written);
	config->state_directory = written.state_directory;
	config->control = written.control;
	config->publish = written.publish;
	if (is_path(builder, root, "state_directory", written.state_directory) &&
	    strlen(written.state_directory) > STATE_PATH_MAX)
		complain(builder->reader.complaints, line_of(root, "state_directory"),
			 "state_directory is longer than %d bytes", STATE_PATH_MAX);
	else if (builder->looks)
		check_state_directory(builder, root);
	if (is_path(builder, root, "control", written.control) &&
	    strlen(written.control) > SOCKET_PATH_MAX)
		complain(builder->reader.complaints, line_of(root, "control"),
			 "control is longer than the %d bytes the path of a socket may have",
			 SOCKET_PATH_MAX);
	else if (builder->looks)
		check_control(builder, root);
	if (log_level_parse(written.log_level, &config->log_level) < 0)
		complain(builder->reader.complaints, line_of(root, "log_level"),
			 "log_level is \"%s\", expected error, warning, notice, info or debug%s",
			 shown(written.log_level).text, suggestion(written.log_level, levels).text);
}

/* "06:00" as a minute of the day, -1 when it is no time. */
static int64_t minute_of(const char *text)
{
	int hour, minute;

	if (strlen(text) != 5 || strspn(text, "0123456789:") != 5 || text[2] != ':' ||
	    strchr(text, ':') != text + 2 || strchr(text + 3, ':'))
		return -1;
	hour = (text[0] - '0') * 10 + text[1] - '0';
	minute = (text[3] - '0') * 10 + text[4] - '0';
	return hour < 24 && minute < MINUTES_PER_HOUR ? hour * MINUTES_PER_HOUR + minute : -1;
}

static void build_schedule(struct builder *builder, const config_setting_t *root)
{
	static const struct setting *const tables[] = { schedule_settings, NULL };
	static const char *const parts[] = { NULL };
	const config_setting_t *group = group_of(&builder->reader, root, "schedule");
	struct config *config = builder->config;
	struct written_schedule written = { 0 };

	if (group)
		refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, schedule_settings, &written);
	config->schedule.at_minute = minute_of(written.at);
	config->schedule.spread_minutes = written.spread_minutes;
	config->schedule.watch_hours = written.watch_hours;
	if (config->schedule.at_minute < 0)
		complain(builder->reader.complaints, line_of(group, "at"),
			 "at is \"%s\", expected a time of day like \"06:00\"",
			 shown(written.at).text);
}

static void build_http(struct builder *builder, const config_setting_t *root)
{
	static const struct setting *const tables[] = { http_settings, NULL };
	static const char *const parts[] = { NULL };
	const config_setting_t *group = group_of(&builder->reader, root, "http");
	struct config *config = builder->config;
	struct written_http written = { 0 };

	if (group)
		refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, http_settings, &written);
	config->http.in_flight = written.in_flight;
	config->http.per_host = written.per_host;
	config->http.per_token = written.per_token;
	config->http.connect_timeout_ms = written.connect_timeout_ms;
	config->http.timeout_ms = written.timeout_ms;
	config->http.body_max = written.body_max;
	config->http.ca_file = written.ca_file;
	if (written.ca_file && is_path(builder, group, "ca_file", written.ca_file) &&
	    access(written.ca_file, R_OK) < 0)
		complain_of_trouble(builder->reader.complaints, line_of(group, "ca_file"),
				    "ca_file %s cannot be read", shown(written.ca_file).text);
}

/* `collectors`: what holds for all accounts of a collector. */
static void check_defaults(struct builder *builder, const config_setting_t *root)
{
	SCOPED(names)
	struct names names = { 0 };
	static const char *const parts[] = { NULL };

	builder->defaults = group_of(&builder->reader, root, "collectors");
	for (size_t i = 0; collectors[i]; i++)
		names_add(&names, collectors[i]->name);
	for (size_t i = 0; i < list_count(builder->defaults); i++) {
		const char *name = config_setting_name(list_item(builder->defaults, i));
		const struct collector *collector = collector_find(name);
		const config_setting_t *group = group_of(&builder->reader, builder->defaults, name);

		if (!collector)
			complain(builder->reader.complaints, line_of(builder->defaults, name),
				 "unknown collector \"%s\"%s", shown(name).text,
				 names.count ? suggestion(name, names.items).text : "");
		else if (group && collector->settings) {
			const struct setting *const tables[] = { collector->settings, NULL };

			refuse_unknown(&builder->reader, group, tables, parts);
			check_settings(&builder->reader, group, collector->settings);
		}
	}
}

/* --- the whole */

/* From lines of the text that was parsed to lines of the files that were read. */
static void settle_line(int *line, const struct source *source)
{
	*line = source_place(source, (size_t)*line).line;
}

static void settle_lines(struct config *config, const struct source *source)
{
	for (size_t i = 0; i < config->token_count; i++)
		settle_line(&config->tokens[i].line, source);
	for (size_t i = 0; i < config->entity_count; i++) {
		struct entity *entity = &config->entities[i];

		for (size_t j = 0; j < entity->account_count; j++)
			settle_line(&entity->accounts[j].line, source);
		for (size_t j = 0; j < entity->plan_count; j++)
			for (size_t k = 0; k < entity->plans[j].count; k++)
				settle_line(&entity->plans[j].activities[k].line, source);
	}
}

/* What the text says, all of it looked at. */
static void build(struct loaded *loaded, struct source *source, bool looks,
		  struct complaints *complaints)
{
	struct builder builder = { .reader = { loaded, complaints },
				   .config = &loaded->config,
				   .source = source,
				   .looks = looks };
	SCOPED(tree)
	config_t tree;
	const config_setting_t *root;

	config_init(&tree);
	if (config_read_string(&tree, text_str(&source->text)) != CONFIG_TRUE) {
		complain(complaints, (size_t)config_error_line(&tree), "libconfig: %s",
			 config_error_text(&tree));
		return;
	}
	root = config_root_setting(&tree);
	build_global(&builder, root);
	build_schedule(&builder, root);
	build_http(&builder, root);
	check_defaults(&builder, root);
	build_tokens(&builder, root);
	build_entities(&builder, root);
	build_alerts(&builder, root);
	complain_of_unused_tokens(&builder);
	settle_lines(&loaded->config, source);
}

/* Every file that was read, ends with NULL. */
static const char *const *files_of(struct reader *reader, const struct source *source)
{
	const char **files = keep_new(reader, source->name_count + 1, sizeof(*files));

	for (size_t i = 0; i < source->name_count; i++)
		files[i] = keep_text(reader, source->names[i]);
	return files;
}

static int parse(const char *name, const char *bytes, size_t length, bool looks,
		 struct config **ret, struct text *complaints)
{
	SCOPED(complaints)
	struct complaints found = { 0 };
	SCOPED(source)
	struct source source = { 0 };
	struct loaded *loaded = memory_new(1, sizeof(*loaded));
	struct reader reader = { loaded, &found };

	loaded->config.path = keep_text(&reader, name);
	if (source_read(&source, name, bytes, length, &found) == 0)
		build(loaded, &source, looks, &found);
	complaints_print(&found, &source, complaints);
	if (found.errors) {
		config_free(&loaded->config);
		return -1;
	}
	loaded->config.troubles = found.troubles;
	loaded->config.lacks = found.lacks;
	loaded->config.files = files_of(&reader, &source);
	*ret = &loaded->config;
	return 0;
}

int config_parse(const char *name, const char *bytes, size_t length, struct config **ret,
		 struct text *complaints)
{
	return parse(name, bytes, length, false, ret, complaints);
}

static int load(const char *path, bool looks, struct config **ret, struct text *complaints)
{
	SCOPED(memory)
	char *bytes = NULL;
	size_t length = 0;
	const char *why = NULL;

	if (source_load(path, &bytes, &length, &why) < 0) {
		text_addf(complaints, "%s cannot be read: %s\n", path, why);
		return -1;
	}
	return parse(path, bytes, length, looks, ret, complaints);
}

int config_load(const char *path, struct config **ret, struct text *complaints)
{
	return load(path, false, ret, complaints);
}

int config_check(const char *path, struct config **ret, struct text *complaints)
{
	return load(path, true, ret, complaints);
}

/* The language of the first entity, as far as it can be read. */
static const char *first_language(struct builder *builder, const config_setting_t *root)
{
	const config_setting_t *list = list_of_groups(&builder->reader, root, "entities");
	const config_setting_t *group = list_count(list) > 0 ? list_item(list, 0) : NULL;
	const char *language = NULL;
	size_t errors = builder->reader.complaints->errors;

	if (!group || config_setting_lookup_string(group, "language", &language) != CONFIG_TRUE)
		return "es-CO";
	language = checked_language(builder, group, keep_text(&builder->reader, language));
	return builder->reader.complaints->errors > errors ? "es-CO" : language;
}

static void build_told(struct loaded *loaded, struct source *source, struct complaints *complaints)
{
	struct builder builder = { .reader = { loaded, complaints },
				   .config = &loaded->config,
				   .source = source };
	SCOPED(tree)
	config_t tree;
	const config_setting_t *root;

	config_init(&tree);
	if (config_read_string(&tree, text_str(&source->text)) != CONFIG_TRUE)
		return;
	root = config_root_setting(&tree);
	build_global(&builder, root);
	build_alerts(&builder, root);
	if (!loaded->config.alerts.language)
		loaded->config.alerts.language = first_language(&builder, root);
}

struct config *config_told(const char *path)
{
	SCOPED(memory)
	char *bytes = NULL;
	SCOPED(complaints)
	struct complaints found = { 0 };
	SCOPED(source)
	struct source source = { 0 };
	size_t length = 0;
	const char *why = NULL;
	struct loaded *loaded;
	const struct config *config;

	if (source_load(path, &bytes, &length, &why) < 0)
		return NULL;
	loaded = memory_new(1, sizeof(*loaded));
	config = &loaded->config;
	if (source_read(&source, path, bytes, length, &found) == 0)
		build_told(loaded, &source, &found);
	if (config->alerts.ways && config->alerts.ways[0] && config->state_directory &&
	    *config->state_directory == '/' && strlen(config->state_directory) <= STATE_PATH_MAX)
		return &loaded->config;
	config_free(&loaded->config);
	return NULL;
}

bool config_is_blank(const char *path)
{
	SCOPED(memory)
	char *bytes = NULL;
	SCOPED(complaints)
	struct complaints found = { 0 };
	SCOPED(source)
	struct source source = { 0 };
	size_t length = 0;
	const char *why = NULL;
	struct loaded *loaded;
	bool blank;

	if (source_load(path, &bytes, &length, &why) < 0)
		return false;
	loaded = memory_new(1, sizeof(*loaded));
	if (source_read(&source, path, bytes, length, &found) == 0)
		build(loaded, &source, false, &found);
	blank = loaded->blank && found.errors == 1; /* which that is */
	config_free(&loaded->config);
	return blank;
}

void config_free(struct config *config)
{
	struct loaded *loaded = (struct loaded *)config; /* the config is its first member */

	if (!loaded)
		return;
	for (size_t i = 0; i < loaded->owned_count; i++)
		free(loaded->owned[i]);
	free(loaded->owned);
	free(loaded);
}
