/* Tokens: where secrets are and who may read them. The secrets themselves are never looked at. */
#include "build.h"
#include "table.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_OTHERS = 0007, MODE_GROUP_WRITES = 0020, MODE_BITS = 07777 };

bool is_path(struct builder *builder, const config_setting_t *group, const char *name,
	     const char *path)
{
	if (!path || *path == '/')
		return true;
	/* not shown: it may be the secret, pasted where its place belongs */
	complain(builder->reader.complaints, line_of(group, name),
		 "%s is not a path that begins with \"/\"; a secret itself has no place in this "
		 "file",
		 name);
	return false;
}

static void check_file(struct builder *builder, const config_setting_t *group, const char *name,
		       const char *path)
{
	struct complaints *complaints = builder->reader.complaints;
	size_t line = line_of(group, name);
	struct stat about;

	if (stat(path, &about) < 0) {
		if (errno == EACCES)
			complain_softly(complaints, line, "%s cannot be looked at from here",
					shown(path).text);
		else
			complain_of_trouble(complaints, line, "%s cannot be read: %s",
					    shown(path).text, system_words(errno));
		return;
	}
	if (!S_ISREG(about.st_mode))
		complain_of_trouble(complaints, line, "%s is not a file", shown(path).text);
	else if (about.st_size == 0)
		complain_of_trouble(complaints, line, "%s is empty", shown(path).text);
	else if (about.st_mode & MODE_OTHERS)
		complain_of_trouble(complaints, line,
				    "%s is open to everybody (mode %04o): run chmod 0640 '%s'",
				    shown(path).text, (unsigned int)about.st_mode & MODE_BITS,
				    shown(path).text);
	else if (about.st_mode & MODE_GROUP_WRITES)
		complain_of_trouble(
			complaints, line,
			"%s can be changed by its group (mode %04o): run chmod 0640 '%s'",
			shown(path).text, (unsigned int)about.st_mode & MODE_BITS,
			shown(path).text);
	else if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0)
		complain_softly(complaints, line, "%s cannot be read from here", shown(path).text);
}

/* The credential as the service finds it: what a reload brought goes before what it was started
 * with. */
static bool find_credential(const char *credential, struct stat *ret)
{
	static const char *const places[][2] = {
		{ "RUNTIME_DIRECTORY", "/credentials" },
		{ "CREDENTIALS_DIRECTORY", "" },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *directory = getenv(places[i][0]);
		SCOPED(text)
		struct text path = TEXT_UP_TO(4096);

		if (!directory)
			continue;
		text_addf(&path, "%s%s/%s", directory, places[i][1], credential);
		if (stat(text_str(&path), ret) == 0)
			return true;
	}
	return false;
}

/* systemd(1) shows the credentials to the service alone: elsewhere nothing can be said. */
static void check_credential(struct builder *builder, const config_setting_t *group,
			     const char *name, const char *credential)
{
	struct stat about;

	if (strchr(credential, '/') || *credential == '.' || strlen(credential) > ID_MAX ||
	    looks_secret(credential)) {
		complain(builder->reader.complaints, line_of(group, name),
			 "%s is not the name of a credential; a secret itself has no place in this "
			 "file",
			 name);
		return;
	}
	if (!getenv("CREDENTIALS_DIRECTORY")) {
		complain_softly(builder->reader.complaints, line_of(group, name),
				"credential \"%s\" can be looked at by the service alone",
				shown(credential).text);
		return;
	}
	if (!find_credential(credential, &about))
		complain_of_trouble(
			builder->reader.complaints, line_of(group, name),
			"credential \"%s\" is not there: add LoadCredential=%s:/path/of/its/file "
			"to "
			"the service",
			shown(credential).text, shown(credential).text);
	else if (about.st_size == 0)
		complain_of_trouble(builder->reader.complaints, line_of(group, name),
				    "credential \"%s\" is empty: its file is empty or gone",
				    shown(credential).text);
}

struct secret_place secret_at(struct builder *builder, const config_setting_t *group,
			      const char *const names[2], const char *const values[2])
{
	if (values[0] && values[1]) {
		complain(builder->reader.complaints, line_of(group, names[1]),
			 "%s and %s are both given: one secret has one place", names[0], names[1]);
		return (struct secret_place){ 0 };
	}
	if (values[0] && is_path(builder, group, names[0], values[0]))
		check_file(builder, group, names[0], values[0]);
	if (values[1])
		check_credential(builder, group, names[1], values[1]);
	return (struct secret_place){ .file = values[0], .credential = values[1] };
}

/* Whether `word` is a kind of token; if not, it is complained about. */
static bool read_kind(struct builder *builder, const config_setting_t *group, const char *word,
		      enum token_kind *ret)
{
	const char *kinds[TOKEN_LOGIN + 2] = { NULL };

	for (size_t i = 0; i <= TOKEN_LOGIN; i++)
		kinds[i] = token_kind_name((enum token_kind)i);
	for (size_t i = 0; kinds[i]; i++)
		if (strcmp(word, kinds[i]) == 0) {
			*ret = (enum token_kind)i;
			return true;
		}
	complain(builder->reader.complaints, line_of(group, "kind"),
		 "kind is \"%s\", expected bearer, page, user, system-user, service-account or "
		 "login%s",
		 shown(word).text, suggestion(word, kinds).text);
	return false;
}

static void build_token(struct builder *builder, size_t i, const config_setting_t *group)
{
	static const char *const token_names[] = { "file", "credential" };
	static const char *const app_names[] = { "app_secret_file", "app_secret_credential" };
	static const struct setting *const tables[] = { token_settings, NULL };
	static const char *const parts[] = { NULL };
	struct complaints *complaints = builder->reader.complaints;
	struct token *token = &builder->config->tokens[i];
	struct written_token written = { 0 };

	refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, token_settings, &written);
	if (is_id(builder, group, "id", written.id))
		token->id = written.id;
	token->line = (int)config_setting_source_line(group);
	builder->tokens[i].kind_known = read_kind(builder, group, written.kind, &token->kind);
	token->app_id = written.app_id;
	if (!written.file && !written.credential && !member_of(group, "file") &&
	    !member_of(group, "credential"))
		complain(complaints, line_of(group, NULL),
			 "file or credential is missing: where the secret is");
	token->secret = secret_at(builder, group, token_names,
				  (const char *const[]){ written.file, written.credential });
	token->app_secret = secret_at(
		builder, group, app_names,
		(const char *const[]){ written.app_secret_file, written.app_secret_credential });
}

void build_tokens(struct builder *builder, const config_setting_t *root)
{
	const config_setting_t *list = list_of_groups(&builder->reader, root, "tokens");
	struct config *config = builder->config;

	config->token_count = list_count(list);
	config->tokens = keep_new(&builder->reader, config->token_count, sizeof(*config->tokens));
	builder->tokens = keep_new(&builder->reader, config->token_count, sizeof(*builder->tokens));
	for (size_t i = 0; i < config->token_count; i++) {
		struct token *token = &config->tokens[i];
		const config_setting_t *group = list_item(list, i);

		build_token(builder, i, group);
		for (size_t j = 0; token->id && j < i; j++)
			if (config->tokens[j].id && strcmp(config->tokens[j].id, token->id) == 0)
				complain_taken(builder, group, token->id,
					       (size_t)config->tokens[j].line);
	}
}

void complain_of_unused_tokens(struct builder *builder)
{
	const struct config *config = builder->config;

	for (size_t i = 0; i < config->token_count; i++)
		if (config->tokens[i].id && !builder->tokens[i].used)
			complain_softly(builder->reader.complaints, (size_t)config->tokens[i].line,
					"no account uses token \"%s\"", config->tokens[i].id);
}
