/* Who is told what needs a person: by mail, by hooks. */
#include "build.h"
#include "table.h"

#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ADDRESS_MAX = 254, /* RFC 5321 §4.5.3.1 */
	LOCAL_MAX = 64,
	RECIPIENTS_MAX = 50,
	HOOKS_MAX = 8,
	PORT_MAX = 65535,
};

/* --- mail */

/* What stands after the host: nothing, or ":587". */
static bool is_port(const char *text)
{
	size_t digits;
	long port;

	if (!*text)
		return true;
	if (*text != ':')
		return false;
	digits = strspn(++text, "0123456789");
	if (digits == 0 || digits > 5 || text[digits])
		return false;
	port = strtol(text, NULL, 10);
	return port > 0 && port <= PORT_MAX;
}

/* Looks at the server's address and sets whether TLS is a must. */
static void check_server(struct builder *builder, const config_setting_t *group, const char *server,
			 struct alert_mail *mail)
{
	struct complaints *complaints = builder->reader.complaints;
	size_t line = line_of(group, "server");
	bool implicit = strncmp(server, "smtps://", 8) == 0;
	const char *host = server + (implicit ? 8 : 7);
	size_t length;

	mail->tls = true;
	if (strchr(server, '@')) {
		complain(complaints, line,
			 "server holds a user name or a password, which has no place in an "
			 "address: see user and password_file");
		return;
	}
	if (!implicit && strncmp(server, "smtp://", 7) != 0) {
		complain(complaints, line,
			 "server is \"%s\", expected smtp://host:587 or smtps://host:465",
			 shown(server).text);
		return;
	}
	length = host_length(host);
	if (length == 0 || !is_port(host + length)) {
		complain(complaints, line,
			 "server is \"%s\", expected an address like smtp://mail.example.org:587",
			 shown(server).text);
		return;
	}
	mail->tls = implicit || !is_loopback(host, length);
}

/* An address as it may stand between "<" and ">": nothing that would need quotes, nothing that
 * could end a line. */
static bool is_mail_address(const char *address)
{
	static const char local_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789.!#$%&'*+/=?^_`{|}~-";
	const char *at = strchr(address, '@');
	size_t local = at ? (size_t)(at - address) : 0;

	return local > 0 && local <= LOCAL_MAX && strlen(address) <= ADDRESS_MAX &&
	       strspn(address, local_bytes) == local && *address != '.' && at[-1] != '.' && at[1] &&
	       at[1] != '.' && at[1] != '[' && host_length(at + 1) == strlen(at + 1);
}

static void check_address(struct builder *builder, const config_setting_t *group, const char *name,
			  const char *address)
{
	if (!is_mail_address(address))
		complain(builder->reader.complaints, line_of(group, name),
			 "%s is \"%s\", expected a plain mail address like "
			 "comunicaciones@example.org",
			 name, shown(address).text);
}

static void check_recipients(struct builder *builder, const config_setting_t *group,
			     const char *const *to)
{
	size_t count = 0;

	for (; to[count]; count++)
		check_address(builder, group, "to", to[count]);
	if (count == 0)
		complain(builder->reader.complaints, line_of(group, "to"),
			 "to names nobody: expected addresses: [\"…\", \"…\"]");
	else if (count > RECIPIENTS_MAX)
		complain(builder->reader.complaints, line_of(group, "to"),
			 "to names %zu people, at most %d: use the address of a list", count,
			 RECIPIENTS_MAX);
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return false;
	return true;
}

/* A name without a password would be refused by the server, each time, for a week. */
static void check_login(struct builder *builder, const config_setting_t *group,
			const struct alert_mail *mail)
{
	struct complaints *complaints = builder->reader.complaints;
	bool secret = mail->password.file || mail->password.credential;

	if (mail->user && !secret && !member_of(group, "password_file") &&
	    !member_of(group, "password_credential"))
		complain(complaints, line_of(group, "user"),
			 "password_file or password_credential is missing: where the password of "
			 "user is");
	if (!mail->user && secret)
		complain(complaints,
			 line_of(group,
				 mail->password.file ? "password_file" : "password_credential"),
			 "user is missing: the name to log in with");
	if (mail->user && (!*mail->user || !is_printable(mail->user)))
		complain(complaints, line_of(group, "user"), "user is not a name to log in with");
}

static void build_mail(struct builder *builder, const config_setting_t *alerts)
{
	static const struct setting *const tables[] = { mail_settings, NULL };
	static const char *const parts[] = { NULL };
	static const char *const password_names[] = { "password_file", "password_credential" };
	const config_setting_t *group = group_of(&builder->reader, alerts, "mail");
	struct alert_mail *mail = &builder->config->alerts.mail;
	struct written_mail written = { 0 };

	if (!group)
		return;
	refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, mail_settings, &written);
	mail->server = written.server;
	mail->from = written.from;
	mail->to = (const char *const *)written.to;
	mail->user = written.user;
	mail->ca_file = written.ca_file;
	mail->password = secret_at(
		builder, group, password_names,
		(const char *const[]){ written.password_file, written.password_credential });
	if (mail->server)
		check_server(builder, group, mail->server, mail);
	if (mail->from)
		check_address(builder, group, "from", mail->from);
	if (mail->to)
		check_recipients(builder, group, mail->to);
	check_login(builder, group, mail);
	if (mail->ca_file && is_path(builder, group, "ca_file", mail->ca_file) &&
	    access(mail->ca_file, R_OK) < 0)
		complain_of_trouble(builder->reader.complaints, line_of(group, "ca_file"),
				    "ca_file %s cannot be read", shown(mail->ca_file).text);
}

/* --- hooks */

/* A hook's name is that of a directory, of a program and of a unit. */
static bool is_hook_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return length > 0 && !name[length] && length <= ID_MAX && *name != '-';
}

static void check_hooks(struct builder *builder, const config_setting_t *group,
			const char *const *hooks)
{
	struct complaints *complaints = builder->reader.complaints;
	size_t line = line_of(group, "hooks");
	size_t count = 0;

	for (; hooks[count]; count++)
		if (!is_hook_name(hooks[count]))
			complain(complaints, line,
				 "hooks has \"%s\", expected a name of lower-case letters, digits, "
				 "\"-\" and \"_\", which is that of a program in "
				 "/etc/metricsd/alert.d",
				 shown(hooks[count]).text);
	if (count > HOOKS_MAX)
		complain(complaints, line, "hooks names %zu programs, at most %d", count,
			 HOOKS_MAX);
}

/* --- all of it */

static const char *const *ways_of(struct builder *builder)
{
	const struct config *config = builder->config;
	size_t count = 0;
	const char **ways;

	while (config->alerts.hooks[count])
		count++;
	ways = keep_new(&builder->reader, count + 2, sizeof(*ways));
	count = 0;
	if (config->alerts.mail.server)
		ways[count++] = "mail";
	for (const char *const *hook = config->alerts.hooks; *hook; hook++) {
		struct text way = { 0 };

		text_addf(&way, "hook:%s", *hook);
		ways[count++] = keep_text(&builder->reader, text_str(&way));
		text_clear(&way);
	}
	return ways;
}

void build_alerts(struct builder *builder, const config_setting_t *root)
{
	static const struct setting *const tables[] = { alerts_settings, NULL };
	static const char *const parts[] = { "mail", NULL };
	static const char *const none[] = { NULL };
	const config_setting_t *group = group_of(&builder->reader, root, "alerts");
	struct config *config = builder->config;
	struct written_alerts written = { 0 };
	size_t errors;

	config->alerts.hooks = none;
	config->alerts.ways = none;
	if (!group)
		return;
	refuse_unknown(&builder->reader, group, tables, parts);
	read_settings(&builder->reader, group, NULL, alerts_settings, &written);
	errors = builder->reader.complaints->errors;
	if (written.hooks) {
		config->alerts.hooks = (const char *const *)written.hooks;
		check_hooks(builder, group, config->alerts.hooks);
		if (builder->looks)
			check_hook_programs(builder, group);
	}
	/* whoever tells that the file has mistakes tells nobody by what is one */
	if (builder->reader.complaints->errors > errors)
		config->alerts.hooks = none;
	errors = builder->reader.complaints->errors;
	build_mail(builder, group);
	if (builder->reader.complaints->errors > errors)
		config->alerts.mail = (struct alert_mail){ 0 };
	if (written.language)
		config->alerts.language = checked_language(builder, group, written.language);
	config->alerts.ways = ways_of(builder);
}
