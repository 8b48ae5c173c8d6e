/* `alerts` of the configuration: who is told, and every mistake where it was written. */
#include "test.h"

#include "../config/parse.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char end[] = "entities: ( { id = \"e\"; zone = \"America/Bogota\"; accounts: ( { id = "
			  "\"a\"; collector = \"manual\"; entered = [\"followers\"]; } ); } );\n";

static struct config *parse(const char *alerts, struct text *complaints)
{
	SCOPED(text)
	struct text bytes = { 0 };
	struct config *config = NULL;

	text_addf(&bytes, "%s%s", alerts, end);
	if (config_parse("metricsd.conf", text_str(&bytes), bytes.length, &config, complaints) < 0)
		return NULL;
	return config;
}

static void assert_refused(const char *alerts, const char *expected)
{
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = parse(alerts, &complaints);

	assert_string_equal(text_str(&complaints), expected);
	assert_null(config);
}

static void without_alerts_there_is_no_way(void **state)
{
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = parse("", &complaints);

	(void)state;
	assert_string_equal(text_str(&complaints), "");
	assert_non_null(config);
	assert_null(config->alerts.mail.server);
	assert_null(config->alerts.hooks[0]);
	assert_null(config->alerts.ways[0]);
}

static void mail_and_hooks_are_ways(void **state)
{
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(text)
	struct text alerts = { 0 };
	char path[] = "/tmp/metricsd-alerts-XXXXXX";
	int fd = mkstemp(path);
	struct config *config;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "secret\n", 7), 7);
	(void)close(fd);
	assert_int_equal(chmod(path, 0600), 0);
	text_addf(&alerts,
		  "alerts: { language = \"es\"; hooks = [\"siren\", \"telegram\"]; mail: {\n"
		  "server = \"smtp://mail.example.org:587\"; from = \"metricsd@example.org\";\n"
		  "to = [\"ana@example.org\", \"luis@example.org\"]; user = \"metricsd\";\n"
		  "password_file = \"%s\"; }; };\n",
		  path);
	config = parse(text_str(&alerts), &complaints);
	(void)unlink(path);
	assert_string_equal(text_str(&complaints), "");
	assert_non_null(config);
	assert_string_equal(config->alerts.language, "es-CO");
	assert_true(config->alerts.mail.tls);
	assert_string_equal(config->alerts.mail.to[1], "luis@example.org");
	assert_string_equal(config->alerts.mail.password.file, path);
	assert_string_equal(config->alerts.ways[0], "mail");
	assert_string_equal(config->alerts.ways[1], "hook:siren");
	assert_string_equal(config->alerts.ways[2], "hook:telegram");
	assert_null(config->alerts.ways[3]);
	config_free(config);
}

/* The server of a row, and whether TLS is a must. */
static void tls_is_a_must_but_on_this_machine(void **state)
{
	static const struct {
		const char *server;
		bool tls;
	} rows[] = {
		{ "smtp://mail.example.org:587", true },
		{ "smtp://mail.example.org", true },
		{ "smtps://mail.example.org", true },
		{ "smtps://127.0.0.1:465", true },
		{ "smtp://127.0.0.1:25", false },
		{ "smtp://localhost", false },
		{ "smtp://[::1]:2525", false },
		{ "smtp://127.0.0.1.example.org:25", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text complaints = { 0 };
		SCOPED(text)
		struct text alerts = { 0 };
		SCOPED(config)
		struct config *config = NULL;

		text_addf(&alerts,
			  "alerts: { mail: { server = \"%s\"; from = \"a@b.co\"; to = "
			  "[\"c@d.co\"]; }; };\n",
			  rows[i].server);
		config = parse(text_str(&alerts), &complaints);
		assert_string_equal(text_str(&complaints), "");
		assert_non_null(config);
		assert_int_equal(config->alerts.mail.tls, rows[i].tls);
	}
}

static void every_mistake_is_named_at_its_line(void **state)
{
	(void)state;
	assert_refused(
		"alerts: {\n"
		"  hook = [\"x\"];\n"
		"  hooks = [\"Siren\", \"a\", \"a\", \"../b\"];\n"
		"  language = \"fr\";\n"
		"  mail: {\n"
		"    server = \"http://mail.example.org\";\n"
		"    from = \"metricsd\";\n"
		"    to = [ ];\n"
		"    user = \"metricsd\";\n"
		"  };\n"
		"};\n",
		"metricsd.conf:2: unknown setting \"hook\", did you mean \"hooks\"?\n"
		"metricsd.conf:3: hooks names \"a\" twice: programs of /etc/metricsd/alert.d that "
		"are told, by metricsd-alert@NAME\n"
		"metricsd.conf:3: hooks has \"Siren\", expected a name of lower-case "
		"letters, digits, \"-\" and \"_\", which is that of a program in "
		"/etc/metricsd/alert.d\n"
		"metricsd.conf:3: hooks has \"../b\", expected a name of lower-case "
		"letters, digits, \"-\" and \"_\", which is that of a program in "
		"/etc/metricsd/alert.d\n"
		"metricsd.conf:4: language is \"fr\", expected es or en, with a country like "
		"es-CO or en-US\n"
		"metricsd.conf:6: server is \"http://mail.example.org\", expected "
		"smtp://host:587 or smtps://host:465\n"
		"metricsd.conf:7: from is \"metricsd\", expected a plain mail address like "
		"comunicaciones@example.org\n"
		"metricsd.conf:8: to names nobody: expected addresses: [\"…\", \"…\"]\n"
		"metricsd.conf:9: password_file or password_credential is missing: where the "
		"password of user is\n");
}

static void what_is_missing_is_said_at_the_group(void **state)
{
	(void)state;
	assert_refused("alerts: {\n  mail: {\n  };\n};\n",
		       "metricsd.conf:2: server is missing: smtp://host:587 (STARTTLS) or "
		       "smtps://host:465; plain only to this machine\n"
		       "metricsd.conf:2: from is missing: address the mails come from\n"
		       "metricsd.conf:2: to is missing: addresses of those who are told\n");
}

static void an_address_cannot_carry_another_header(void **state)
{
	static const char *const rows[] = {
		"a@b.co\\nBcc: x@y.co",
		"<a@b.co>",
		"a b@c.co",
		"a@b@c.co",
		"\\\"a\\\"@b.co",
		"a@",
		"@b.co",
		"a..@b.co,",
		"a.@b.co",
		"ñ@b.co",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text complaints = { 0 };
		SCOPED(text)
		struct text alerts = { 0 };

		text_addf(&alerts,
			  "alerts: { mail: { server = \"smtps://m.co\"; from = \"%s\"; to = "
			  "[\"c@d.co\"]; }; };\n",
			  rows[i]);
		assert_null(parse(text_str(&alerts), &complaints));
		if (!strstr(text_str(&complaints), "metricsd.conf:1: from "))
			fail_msg("%s: %s", rows[i], text_str(&complaints));
	}
}

static void a_secret_has_no_place_in_the_file(void **state)
{
	(void)state;
	assert_refused(
		"alerts: { mail: {\n"
		"server = \"smtps://user:hunter22@m.co\"; from = \"a@b.co\"; to = "
		"[\"c@d.co\"];\n"
		"user = \"u\"; password_file = \"hunter22\"; }; };\n",
		"metricsd.conf:2: server holds a user name or a password, which has no place "
		"in an address: see user and password_file\n"
		"metricsd.conf:3: password_file is not a path that begins with \"/\"; a secret "
		"itself has no place in this file\n");
}

/* The ways told by a file of these words, apart by blanks; "-": nobody can be told. */
static void assert_told(const char *words, const char *language, const char *expected)
{
	SCOPED(text)
	struct text ways = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	char path[] = "/tmp/metricsd-alerts-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, words, strlen(words)), (ssize_t)strlen(words));
	(void)close(fd);
	config = config_told(path);
	(void)unlink(path);
	for (size_t i = 0; config && config->alerts.ways[i]; i++)
		text_addf(&ways, "%s%s", i ? " " : "", config->alerts.ways[i]);
	assert_string_equal(config ? text_str(&ways) : "-", expected);
	if (config)
		assert_string_equal(config->alerts.language, language);
}

#define MAIL "mail: { server = \"smtp://127.0.0.1:25\"; from = \"a@b.co\"; to = [\"c@d.co\"]; };"

static void who_is_told_is_known_of_a_file_with_mistakes(void **state)
{
	(void)state;
	assert_told("nonsense = 1; alerts: { hooks = [\"siren\"]; " MAIL " };\n"
		    "entities: ( { id = 7; language = \"en\"; } );\n",
		    "en", "mail hook:siren");
	assert_told("alerts: { hooks = [\"siren\"]; " MAIL " };\n"
		    "entities: ( { language = \"martian\"; } );\n",
		    "es-CO", "mail hook:siren");
	/* but by no way that is a mistake itself */
	assert_told("alerts: { language = \"en\"; hooks = [\"../siren\"]; " MAIL " };\n", "en",
		    "mail");
	assert_told("alerts: { hooks = [\"siren\"]; mail: { server = \"ftp://x\"; }; };\n", "es-CO",
		    "hook:siren");
	assert_told("alerts: { hooks = 5; };\n", "", "-");
	assert_told("state_directory = \"here\"; alerts: { hooks = [\"siren\"]; };\n", "", "-");
	assert_told("alerts: { hooks = [\"siren\"];\n", "", "-");
	assert_told("entities: ();\n", "", "-");
	assert_null(config_told("/nowhere/metricsd.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_alerts_there_is_no_way),
		cmocka_unit_test(mail_and_hooks_are_ways),
		cmocka_unit_test(tls_is_a_must_but_on_this_machine),
		cmocka_unit_test(every_mistake_is_named_at_its_line),
		cmocka_unit_test(what_is_missing_is_said_at_the_group),
		cmocka_unit_test(an_address_cannot_carry_another_header),
		cmocka_unit_test(a_secret_has_no_place_in_the_file),
		cmocka_unit_test(who_is_told_is_known_of_a_file_with_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
