#include "test.h"

#include "../config/parse.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a registry of our own, with a setting of every type, so that the rows below hold whatever the
 * platforms need */

struct page {
	const char *page;
	const char *base;
	const char *version;
	int64_t lookback;
	bool slow;
	const char **tags;
};

static const struct setting page_settings[] = {
	ID_SETTING(struct page, page, "numeric id of the Page"),
	URL_SETTING(struct page, base, "https://graph.example", "address of the API"),
	TEXT_SETTING(struct page, version, "v1", "version of the API"),
	NUMBER_SETTING(struct page, lookback, 1, 90, 7, "days read again"),
	SWITCH_SETTING(struct page, slow, false, "one request after another"),
	NAMES_SETTING(struct page, tags, "tags to look at"),
	{ 0 },
};

static const struct metric page_metrics[] = {
	{ .id = "followers", .kind = METRIC_STOCK },
	{ .id = "viewers", .kind = METRIC_UNIQUE },
	{ .id = "visits", .kind = METRIC_FLOW },
	{ .id = "posts", .kind = METRIC_FLOW, .items = ITEM_POST },
	{ 0 },
};

struct site {
	const char *base;
	const char *site;
};

static const struct setting site_settings[] = {
	REQUIRED_URL_SETTING(struct site, base, "address of the statistics"),
	ID_SETTING(struct site, site, "number of the site"),
	{ 0 },
};

static const struct metric site_metrics[] = {
	{ .id = "visits", .kind = METRIC_FLOW },
	{ 0 },
};

static void subject(const void *settings, char *ret, size_t room)
{
	(void)settings;
	(void)snprintf(ret, room, "a thing");
}

static const struct collector page_collector = {
	.name = "page",
	.title = "Page",
	.metrics = page_metrics,
	.settings = page_settings,
	.settings_size = sizeof(struct page),
	.needs_token = true,
	.derives_token = true,
	.subject = subject,
};

static const struct collector site_collector = {
	.name = "site",
	.title = "Site",
	.metrics = site_metrics,
	.settings = site_settings,
	.settings_size = sizeof(struct site),
	.subject = subject,
};

static const struct collector manual_collector = { .name = "manual", .title = "By hand" };

const struct collector *const collectors[] = { &page_collector, &site_collector, &manual_collector,
					       NULL };

const struct collector *collector_find(const char *name)
{
	for (size_t i = 0; collectors[i]; i++)
		if (strcmp(collectors[i]->name, name) == 0)
			return collectors[i];
	return NULL;
}

/* --- what rows are made of */

#define OFFICE "entities: ( { id = \"o\"; zone = \"UTC\";\n"
#define END "} );\n"
#define X_ACCOUNT "{ id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; }"
#define ACCOUNTS "accounts: ( " X_ACCOUNT " );\n"
#define FINE OFFICE ACCOUNTS END

struct row {
	const char *file;
	const char *complaints;
};

static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		SCOPED(text)
		struct text complaints = { 0 };
		struct config *config = NULL;
		int result = config_parse("m.conf", rows[i].file, strlen(rows[i].file), &config,
					  &complaints);

		assert_string_equal(text_str(&complaints), rows[i].complaints);
		assert_int_equal(result, *rows[i].complaints ? -1 : 0);
		config_free(config);
	}
}

#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static struct config *load_office(void)
{
	SCOPED(text)
	struct text complaints = { 0 };
	struct config *config = NULL;
	int result = config_load(METRICSD_FIXTURES "/config/office.conf", &config, &complaints);

	if (result < 0)
		print_error("%s", text_str(&complaints));
	assert_int_equal(result, 0);
	return config;
}

/* --- what a good file says */

static void globals_are_what_the_file_says(void **state)
{
	SCOPED(config)
	struct config *config = load_office();
	SCOPED(memory)
	char *database = config_database(config);

	(void)state;
	assert_string_equal(config->path, METRICSD_FIXTURES "/config/office.conf");
	assert_string_equal(config->state_directory, "/srv/metricsd");
	assert_string_equal(database, "/srv/metricsd/metrics.db");
	assert_string_equal(config->control, "/run/office/control");
	assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(config->schedule.at_minute, 330);
	assert_int_equal(config->schedule.spread_minutes, 0);
	assert_int_equal(config->schedule.watch_hours, 3);
	assert_int_equal(config->http.in_flight, 32);
	assert_int_equal(config->http.per_host, 4);
	assert_int_equal(config->http.per_token, 2);
	assert_int_equal(config->http.connect_timeout_ms, 5000);
	assert_int_equal(config->http.timeout_ms, 30000);
	assert_int_equal(config->http.body_max, 65536);
	assert_null(config->http.ca_file);
}

static void globals_have_defaults(void **state)
{
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_parse("m.conf", FINE, strlen(FINE), &config, &complaints), 0);
	assert_string_equal(text_str(&complaints), "");
	assert_string_equal(config->state_directory, "/var/lib/metricsd");
	assert_string_equal(config->control, "/run/metricsd/control");
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_int_equal(config->schedule.at_minute, 360);
	assert_int_equal(config->schedule.spread_minutes, 60);
	assert_int_equal(config->schedule.watch_hours, 6);
	assert_int_equal(config->http.in_flight, 64);
	assert_int_equal(config->http.per_host, 16);
	assert_int_equal(config->http.per_token, 8);
	assert_int_equal(config->http.connect_timeout_ms, 10000);
	assert_int_equal(config->http.timeout_ms, 60000);
	assert_int_equal(config->http.body_max, 4 << 20);
}

static void tokens_say_where_the_secret_is(void **state)
{
	SCOPED(config)
	struct config *config = load_office();

	(void)state;
	assert_int_equal(config->token_count, 2);
	assert_string_equal(config->tokens[0].id, "meta");
	assert_int_equal(config->tokens[0].kind, TOKEN_SYSTEM_USER);
	assert_string_equal(config->tokens[0].secret.credential, "meta");
	assert_null(config->tokens[0].secret.file);
	assert_string_equal(config->tokens[0].app_secret.credential, "app");
	assert_string_equal(config->tokens[0].app_id, "123456789012345");
	assert_int_equal(config->tokens[0].line, 13);
	assert_int_equal(config->tokens[1].kind, TOKEN_BEARER);
	assert_null(config->tokens[1].app_secret.file);
	assert_null(config->tokens[1].app_secret.credential);
}

static void entity_is_what_the_file_says(void **state)
{
	SCOPED(config)
	struct config *config = load_office();
	const struct entity *entity = config_entity(config, "itagui");

	(void)state;
	assert_int_equal(config->entity_count, 2);
	assert_ptr_equal(entity, &config->entities[0]);
	assert_string_equal(entity->name, "Personería de Itagüí");
	assert_string_equal(entity->zone, "America/Bogota");
	assert_string_equal(entity->language, "es-CO");
	assert_null(entity->notice);
	assert_string_equal(entity->metrics[0].id, "news");
	assert_string_equal(entity->metrics[0].label, "Noticias");
	assert_int_equal(entity->metrics[1].kind, METRIC_FLOW);
	assert_string_equal(entity->metrics[1].label, "Visualizaciones");
	assert_null(entity->metrics[2].id);
	assert_string_equal(config->entities[1].notice, "SIMULADO");
	assert_string_equal(config->entities[1].name, "simulada");
	assert_string_equal(config->entities[1].language, "en-US");
	assert_null(config_entity(config, "otra"));
}

static void account_is_what_the_file_says(void **state)
{
	SCOPED(config)
	struct config *config = load_office();
	const struct account *account = &config->entities[0].accounts[0];
	const struct page *page = account->settings;

	(void)state;
	assert_int_equal(config->entities[0].account_count, 4);
	assert_string_equal(account->id, "facebook");
	assert_string_equal(account->title, "Facebook");
	assert_ptr_equal(account->entity, &config->entities[0]);
	assert_ptr_equal(account->collector, &page_collector);
	assert_ptr_equal(account->token, &config->tokens[0]);
	assert_string_equal(account->zone, "America/Bogota");
	assert_string_equal(account->renamed_from, "fb");
	assert_int_equal(account->since, day_of(2025, 1, 1));
	assert_int_equal(account->until, DAY_NONE);
	assert_int_equal(account->collect_from, day_of(2025, 3, 1));
	assert_int_equal(account->line, 28);
	assert_string_equal(page->page, "104000000000001");
	assert_string_equal(page->version, "v1");
	assert_true(page->slow);
	assert_string_equal(page->tags[1], "b");
	assert_null(page->tags[2]);
	assert_true(account_lacks(account, "visits"));
	assert_false(account_lacks(account, "posts"));
}

static void accounts_value_wins_over_the_collectors_and_that_over_the_default(void **state)
{
	SCOPED(config)
	struct config *config = load_office();
	const struct page *first = config->entities[0].accounts[0].settings;
	const struct page *second = config->entities[0].accounts[1].settings;

	(void)state;
	assert_int_equal(first->lookback, 28);
	assert_int_equal(second->lookback, 3);
	assert_string_equal(first->base, "http://127.0.0.1:8080/graph");
	assert_string_equal(second->base, "https://graph.example:8443");
	assert_string_equal(config->entities[0].accounts[1].zone, "America/Caracas");
	assert_string_equal(config->entities[0].accounts[1].title, "fb-2");
	assert_false(second->slow);
	assert_null(second->tags);
}

static void entered_metrics_have_the_kind_and_label_they_are_known_by(void **state)
{
	SCOPED(config)
	struct config *config = load_office();
	const struct account *facebook = &config->entities[0].accounts[0];
	const struct account *x = &config->entities[0].accounts[3];

	(void)state;
	assert_string_equal(metric_label(account_metric(facebook, "news")), "Noticias");
	assert_string_equal(metric_label(account_metric(facebook, "views")), "Visualizaciones");
	assert_string_equal(metric_label(account_metric(x, "posts")), "Posts");
	assert_int_equal(account_metric(x, "viewers")->kind, METRIC_UNIQUE);
	assert_int_equal(account_metric(x, "posts")->items, ITEM_NONE);
	assert_ptr_equal(account_metric(facebook, "posts"), &page_metrics[3]);
	assert_null(account_metric(x, "news"));
	assert_null(config->entities[0].accounts[1].entered[0].id);
}

static void groups_and_formulas_point_at_their_accounts(void **state)
{
	SCOPED(config)
	struct config *config = load_office();
	const struct entity *entity = &config->entities[0];
	const struct derived *derived = &entity->derived[0];

	(void)state;
	assert_int_equal(entity->group_count, 1);
	assert_string_equal(entity->groups[0].title, "Redes sociales");
	assert_int_equal(entity->groups[0].count, 3);
	assert_ptr_equal(entity->groups[0].accounts[2], &entity->accounts[3]);
	assert_int_equal(entity->derived_count, 2);
	assert_string_equal(derived->account, "publicaciones");
	assert_string_equal(derived->metric, "posts");
	assert_string_equal(derived->title, "Publicaciones");
	assert_int_equal(derived->count, 3);
	assert_ptr_equal(derived->terms[0].group, &entity->groups[0]);
	assert_null(derived->terms[0].account);
	assert_int_equal(derived->terms[0].sign, 1);
	assert_ptr_equal(derived->terms[1].account, &entity->accounts[2]);
	assert_string_equal(derived->terms[1].metric, "news");
	assert_int_equal(derived->terms[2].sign, -1);
	assert_null(entity->derived[1].title);
}

static void warnings_of_a_good_file_come_in_its_order(void **state)
{
	static const char expected[] =
		"m.conf:3: warning: credential \"b\" can be looked at by the service alone\n"
		"m.conf:4: warning: credential \"c\" can be looked at by the service alone\n"
		"m.conf:4: warning: no account uses token \"c\"\n";
	static const char file[] = "collectors: { page: { lookback = 1; }; };\n"
				   "tokens: (\n"
				   "{ id = \"b\"; kind = \"user\"; credential = \"b\"; },\n"
				   "{ id = \"c\"; credential = \"c\"; } );\n" OFFICE
				   "accounts: ( { id = \"f\"; collector = \"page\"; page = \"1\"; "
				   "token = \"b\"; } );\n" END;
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), 0);
	assert_string_equal(text_str(&complaints), expected);
}

/* --- what a bad file hears */

static void syntax_error_names_the_line_and_the_text_that_stands_there(void **state)
{
	static const struct row rows[] = {
		{ "log_level = \"info\";\nschedule { at = \"06:00\"; };\n",
		  "m.conf:2: syntax error near \"{ at = \"06:00\"; };\", expected \"=\" after the "
		  "name\n" },
		{ "log_level = ;\n", "m.conf:1: syntax error near \";\", expected a value: text in "
				     "quotes, a number, true, false, {, ( or [\n" },
		{ "log_level = \"info;\nx = 1;\n",
		  "m.conf:1: syntax error near \"\"info;\", expected a closing quote on the same "
		  "line\n" },
		{ "http: {\n in_flight = 3;\n",
		  "m.conf:3: syntax error at the end of the file, expected a setting or the \"}\" "
		  "that closes what line 1 opens\n" },
		{ "entities: (\n { id = \"a\"; }\n { id = \"b\"; } );\n",
		  "m.conf:3: syntax error near \"{ id = \"b\"; } );\", expected a \",\" or the "
		  "\")\" that closes what line 1 opens\n" },
		{ "a = (1,);\n", "m.conf:1: syntax error near \");\", expected another value after "
				 "the \",\"\n" },
		{ "a = [1, \"b\"];\n", "m.conf:1: syntax error near \"\"b\"];\", expected a value "
				       "like the others between [ and ]\n" },
		{ "a = [{ }];\n", "m.conf:1: syntax error near \"{ }];\", expected a plain "
				  "value\n" },
		{ "}\n",
		  "m.conf:1: syntax error near \"}\", expected a setting like name = value;\n" },
		{ "señal = 1;\n", "m.conf:1: syntax error near \"ñal = 1;\", expected \"=\" after "
				  "the name\n" },
		{ "since = 2025-01-01;\n", "m.conf:1: syntax error near \"2025-01-01;\", expected "
					   "a value: text in quotes, a "
					   "number, true, false, {, ( or [\n" },
		{ "# fine\n\n/* a\n comment\n",
		  "m.conf:3: syntax error: the comment that begins here has no */\n" },
		{ "a={a={a={a={a={a={a={a={a={a={a={a={a=1;}}}}}}}}}}}};",
		  "m.conf:1: syntax error near \"1;}}}}}}}}}}}};\", expected no more than 12 "
		  "levels of brackets\n" },
		{ "a = \"x\\x00y\";", "m.conf:1: syntax error near \"\"x\\x00y\";\", expected a "
				      "closing quote on the same line\n" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void secret_in_a_broken_line_is_not_shown(void **state)
{
	static const struct row rows[] = {
		{ "file = EAABsbCS1iHgBAOsecretsecretsecretsecret\n",
		  "m.conf:1: syntax error near \"…\", expected a value: text in quotes, a number, "
		  "true, false, {, ( or [\n" },
		{ "a b c d e f g h EAABsbCS1iHgBAOsecretsecretsecretsecretsecret = 1;\n",
		  "m.conf:1: syntax error near \"b c d e f g h … = 1;\", expected \"=\" after the "
		  "name\n" },
		{ "tokens: ( { id = \"t\"; kind = \"page\"; file = "
		  "\"EAABsbCS1iHgBAOsecretsecretsecret\"; },\n"
		  "{ id = \"u\"; kind = \"page\"; credential = "
		  "\"EAABsbCS1iHgBAOsecretsecretsecretsecretsecretsecret"
		  "secretsecret\"; } );\n" OFFICE
		  "accounts: (\n{ id = \"f\"; collector = \"page\"; "
		  "page = \"1\"; token = \"EAABsbCS1iHgBAOsecretsecretsecret\"; },\n"
		  "{ id = \"g\"; collector = \"page\"; page = \"1\"; token = \"t\"; base = "
		  "\"https://me:word@host.example\"; },\n"
		  "{ id = \"h\"; collector = \"page\"; page = \"1\"; token = \"u\"; } );\n" END,
		  "m.conf:1: file is not a path that begins with \"/\"; a secret itself has no "
		  "place in this file\n"
		  "m.conf:2: credential is not the name of a credential; a secret itself has no "
		  "place in this file\n"
		  "m.conf:5: token is \"…\", which is none of the tokens of this file\n"
		  "m.conf:6: base holds a user name or a password, which has no place in an "
		  "address: address of the API\n" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void byte_that_is_not_utf8_is_named_with_its_line(void **state)
{
	static const struct row rows[] = {
		{ "# fine\nname = \"Personer\xed"
		  "a\";\n",
		  "m.conf:2: byte 0xED is not UTF-8: save the file as UTF-8, not as Latin-1 or "
		  "Windows-1252\n" },
		{ OFFICE ACCOUNTS "name = \"Personer\\xeda\";" END,
		  "m.conf:3: name holds a line break or another control character: its name as "
		  "reports print it; its id when absent\n" },
	};
	static const char with_nul[] = "log_level\0 = 1;";
	SCOPED(text)
	struct text complaints = { 0 };
	struct config *config = NULL;

	(void)state;
	ASSERT_ROWS(rows);
	assert_int_equal(
		config_parse("m.conf", with_nul, sizeof(with_nul) - 1, &config, &complaints), -1);
	assert_string_equal(text_str(&complaints),
			    "m.conf:1: a NUL byte: this is not a text file\n");
}

static void files_of_other_editors_are_read(void **state)
{
	static const struct row rows[] = {
		{ "\xef\xbb\xbf" FINE, "" },
		{ "log_level = \"info\";\r\n// two\r\n" FINE, "" },
		{ "log_level = \"in\" \"fo\" http = { in_flight = 0x10L } " FINE, "" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void setting_given_twice_is_named_with_its_first_line(void **state)
{
	static const struct row rows[] = {
		{ "log_level = \"info\";\nhttp: { in_flight = 1;\n in_flight = 2; };\nlog_level = "
		  "{ x = 1; };\n" FINE,
		  "m.conf:3: in_flight is given twice, first in line 2\n"
		  "m.conf:4: log_level is given twice, first in line 1\n" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void every_section_refuses_names_it_does_not_know(void **state)
{
	static const struct row rows[] = {
		{ "log_levle = \"info\";\n" FINE,
		  "m.conf:1: unknown setting \"log_levle\", did you mean \"log_level\"?\n" },
		{ "schedule: { a = \"06:00\"; };\n" FINE, "m.conf:1: unknown setting \"a\"\n" },
		{ "http: { inflight = 3; };\n" FINE,
		  "m.conf:1: unknown setting \"inflight\", did you mean \"in_flight\"?\n" },
		{ "collectors: { pag: { }; };\n" FINE,
		  "m.conf:1: unknown collector \"pag\", did you mean \"page\"?\n" },
		{ "collectors: { page: { lokback = 3; }; };\n" FINE,
		  "m.conf:1: unknown setting \"lokback\", did you mean \"lookback\"?\n" },
		{ "tokens: ( { id = \"t\"; credential = \"t\"; kind = \"user\"; knd = \"page\"; } "
		  ");\n" OFFICE
		  "accounts: ( { id = \"f\"; collector = \"page\"; page = \"1\"; token = \"t\"; } "
		  ");\n" END,
		  "m.conf:1: unknown setting \"knd\", did you mean \"kind\"?\n" },
		{ OFFICE ACCOUNTS "zones = \"UTC\";" END,
		  "m.conf:3: unknown setting \"zones\", did you mean \"zone\"?\n" },
		{ OFFICE ACCOUNTS
		  "metrics: ( { id = \"a\"; kind = \"flow\"; lable = \"A\"; } );" END,
		  "m.conf:3: unknown setting \"lable\", did you mean \"label\"?\n" },
		{ OFFICE "accounts: (\n{ id = \"x\"; collector = \"manual\"; enterd = [\"posts\"]; "
			 "entered = [\"posts\"]; } );\n" END,
		  "m.conf:3: unknown setting \"enterd\", did you mean \"entered\"?\n" },
		{ OFFICE ACCOUNTS "groups: ( { id = \"a\"; acounts = [\"x\"]; } );" END,
		  "m.conf:3: unknown setting \"acounts\", did you mean \"accounts\"?\n"
		  "m.conf:3: accounts is missing: ids of accounts of the entity\n" },
		{ OFFICE ACCOUNTS
		  "derived: ( { id = \"a.b\"; formula = \"x.posts\"; titel = \"\"; } );" END,
		  "m.conf:3: unknown setting \"titel\", did you mean \"title\"?\n" },
	};

	/* every token row leaves a warning where nothing can be looked at */
	(void)state;
	(void)setenv("CREDENTIALS_DIRECTORY", METRICSD_FIXTURES "/config/credentials", 1);
	ASSERT_ROWS(rows);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

static void value_of_another_type_or_range_hears_what_was_expected(void **state)
{
	static const struct row rows[] = {
		{ "log_level = \"inof\";\n" FINE,
		  "m.conf:1: log_level is \"inof\", expected error, warning, notice, info or "
		  "debug, did you mean \"info\"?\n" },
		{ "log_level = \"warnin\";\n" FINE,
		  "m.conf:1: log_level is \"warnin\", expected error, warning, notice, info or "
		  "debug, did you mean \"warning\"?\n" },
		{ "state_directory = 5;\n" FINE, "m.conf:1: state_directory is a number, expected "
						 "text in quotes: directory of the "
						 "database; the daemon's user owns it\n" },
		{ "state_directory = \"var/lib\";\n" FINE,
		  "m.conf:1: state_directory is not a path that begins with \"/\"; a secret itself "
		  "has no place in this file\n" },
		{ "control = \"\";\n" FINE, "m.conf:1: control is empty: socket over which "
					    "metricsctl speaks to the daemon\n" },
		{ "schedule = 5;\n" FINE,
		  "m.conf:1: schedule is a number, expected a group: schedule: { … };\n" },
		{ "tokens: { };\n" FINE, "m.conf:1: tokens is a group { }, expected a list of "
					 "groups: tokens = ( { … }, { … } );\n" },
		{ "tokens: ( 1 );\n" FINE, "m.conf:1: tokens holds a number, expected a list of "
					   "groups: tokens = ( { … }, { … } );\n" },
		{ "schedule: { at = \"6:00\"; };\n" FINE,
		  "m.conf:1: at is \"6:00\", expected a time of day like \"06:00\"\n" },
		{ "schedule: { at = \"24:00\"; watch_hours = 0; };\n" FINE,
		  "m.conf:1: at is \"24:00\", expected a time of day like \"06:00\"\n"
		  "m.conf:1: watch_hours is 0, expected 1 to 24: hours between looks at what lives "
		  "for hours only, like stories\n" },
		{ "schedule: { at = \"24:00\"; spread = 5; };\n" FINE,
		  "m.conf:1: at is \"24:00\", expected a time of day like \"06:00\"\n"
		  "m.conf:1: unknown setting \"spread\"\n" },
		{ "http: { timeout_ms = 104000000000001; };\n" FINE,
		  "m.conf:1: timeout_ms is 104000000000001, expected 1000 to 600000: milliseconds "
		  "in which an answer must be complete\n" },
		{ "http: { per_host = 1.5; per_token = true;\n ca_file = \"/no/such.pem\"; "
		  "};\n" FINE,
		  "m.conf:1: per_host is a number with a fraction, expected a whole number: "
		  "requests at once to one host\n"
		  "m.conf:1: per_token is true or false, expected a whole number: requests at once "
		  "with one token\n"
		  "m.conf:2: ca_file /no/such.pem cannot be read\n" },
		{ "collectors: { page: { lookback = 365; slow = 1; tags = \"a\"; }; };\n" FINE,
		  "m.conf:1: lookback is 365, expected 1 to 90: days read again\n"
		  "m.conf:1: slow is a number, expected true or false: one request after another\n"
		  "m.conf:1: tags is text, expected names: [\"…\", \"…\"]: tags to look at\n" },
		{ "collectors: { page: { tags = [\"a\", \"a\"]; }; };\n" FINE,
		  "m.conf:1: tags names \"a\" twice: tags to look at\n" },
		{ "",
		  "m.conf: entities is missing: the institutions whose channels are counted\n" },
		{ "log_level = \"info\";\nentities: ();\n",
		  "m.conf:2: entities is empty: write the institutions whose channels are counted, "
		  "like entities: ( { id = \"personeria\"; zone = \"America/Bogota\"; accounts: ( "
		  "… ); } );\n" },
		{ OFFICE "accounts: ( );\n" END,
		  "m.conf:2: accounts is empty: write the channels of the institution, like "
		  "accounts: ( { id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } "
		  ");\n" },
		{ "entities: ( { } );\n",
		  "m.conf:1: id is missing: short name of the institution, for commands\n"
		  "m.conf:1: zone is missing: its time zone, like America/Bogota\n"
		  "m.conf:1: accounts is missing: the channels of the institution\n" },
		{ "entities: ( { id = \"A b\";\nzone = \"America/Bogta\";\nlanguage = "
		  "\"fr\";\n" ACCOUNTS "} );\n",
		  "m.conf:1: id is \"A b\", expected lower-case letters, digits, \"-\" and \"_\", "
		  "at most 64, a letter or digit first\n"
		  "m.conf:2: zone is \"America/Bogta\", expected the name of a time zone like "
		  "America/Bogota\n"
		  "m.conf:3: language is \"fr\", expected es or en, with a country like es-CO or "
		  "en-US\n" },
		{ OFFICE ACCOUNTS "metrics: ( { id = \"no-dash\"; kind = \"flow\"; },\n"
				  "{ id = \"calls\"; },\n{ id = \"calls\"; kind = \"flwo\"; },\n"
				  "{ id = \"rate\"; kind = \"ratio\"; },\n"
				  "{ id = \"viewers\"; kind = \"flow\"; } );" END,
		  "m.conf:3: id is \"no-dash\", expected lower-case letters, digits and \"_\", at "
		  "most 64, a letter first\n"
		  "m.conf:4: kind is missing: flow (adds up over days), stock (a level) or unique "
		  "(people, never added up)\n"
		  "m.conf:5: id \"calls\" is taken: see m.conf:4\n"
		  "m.conf:5: kind is \"flwo\", expected flow, stock or unique, did you mean "
		  "\"flow\"?\n"
		  "m.conf:6: kind is \"ratio\", expected flow, stock or unique\n"
		  "m.conf:7: kind is \"flow\", but viewers is known to be unique: leave it out or "
		  "take another id\n" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void id_without_quotes_hears_to_put_them(void **state)
{
	static const struct row rows[] = {
		{ OFFICE "accounts: (\n"
			 "{ id = \"a\"; collector = \"site\"; base = \"https://a.example\"; site = "
			 "104000000000001; },\n"
			 "{ id = \"b\"; collector = \"site\"; base = \"https://a.example\"; site = "
			 "7; },\n"
			 "{ id = \"c\"; collector = \"site\"; base = \"https://a.example\"; site = "
			 "99999999999999999999; },\n"
			 "{ id = \"d\"; collector = \"site\"; base = \"https://a.example\"; site = "
			 "\"7a\"; } );\n" END,
		  "m.conf:3: site is a number without quotes, write site = \"104000000000001\": "
		  "number of the site\n"
		  "m.conf:4: site is a number without quotes, write site = \"7\": number of the "
		  "site\n"
		  "m.conf:5: site is a number without quotes, put them around it: number of the "
		  "site\n"
		  "m.conf:6: site \"7a\" is not made of digits alone: number of the site\n" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* The complaint about an address, "" when it is accepted. */
static void assert_address(const char *address, const char *complaint)
{
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text expected = { 0 };
	struct row row;

	text_addf(&file,
		  OFFICE "accounts: ( { id = \"a\"; collector = \"site\"; site = \"1\"; base = "
			 "\"%s\"; } );\n" END,
		  address);
	if (*complaint)
		text_addf(&expected, "m.conf:2: %s: address of the statistics\n", complaint);
	row = (struct row){ text_str(&file), text_str(&expected) };
	assert_rows(&row, 1);
}

static void plain_http_is_for_this_machine_alone(void **state)
{
	static const char *const fine[] = { "https://stats.example/matomo/",
					    "https://[2001:db8::1]:8443",
					    "http://127.0.0.1:8080",
					    "http://127.255.0.9/x",
					    "http://localhost",
					    "http://[::1]:80/a" };
	static const char *const plain[] = { "http://stats.example",  "http://127.0.0.1.example",
					     "http://localhost.evil", "http://127.1",
					     "http://127.0.0.256",    "http://127.0.0.01",
					     "http://10.0.0.1",       "http://[::2]",
					     "http://0.0.0.0" };

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_address(fine[i], "");
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		SCOPED(text)
		struct text complaint = { 0 };

		text_addf(&complaint,
			  "base \"%s\" is plain http, which is accepted for this machine only "
			  "(127.0.0.1, localhost, [::1]): expected https://",
			  plain[i]);
		assert_address(plain[i], text_str(&complaint));
	}
}

static void address_is_scheme_host_and_path(void **state)
{
	(void)state;
	assert_address("ftp://a.example",
		       "base \"ftp://a.example\" is not an address that begins with https://");
	assert_address("https://user:word@a.example",
		       "base holds a user name or a password, which has no place in an address");
	assert_address("https://a.example/?token_auth=1",
		       "base \"https://a.example/?token_auth=1\" holds a \"?\" or \"#\", expected "
		       "an address without a query");
	assert_address("https://",
		       "base \"https://\" is not an address like https://host.example/path");
	assert_address("https://a.example:0", "base \"https://a.example:0\" is not an address like "
					      "https://host.example/path");
	assert_address("https://a.example:70000",
		       "base \"https://a.example:70000\" is not an address like "
		       "https://host.example/path");
	assert_address("https://a b.example", "base \"https://a b.example\" is not an address like "
					      "https://host.example/path");
}

static void account_hears_all_that_is_wrong_with_it(void **state)
{
	static const struct row rows[] = {
		{ OFFICE "accounts: (\n{ id = \"a\"; collector = \"page\"; },\n"
			 "{ id = \"a\"; collector = \"pages\"; zone = \"X\"; },\n"
			 "{ collector = \"manual\"; token = \"t\"; } );\n" END,
		  "m.conf:3: page is missing: numeric id of the Page\n"
		  "m.conf:3: token is missing: id of one of the tokens, which collector page "
		  "needs\n"
		  "m.conf:4: id \"a\" is taken: see m.conf:3\n"
		  "m.conf:4: collector is \"pages\", did you mean \"page\"?\n"
		  "m.conf:4: zone is \"X\", expected the name of a time zone like America/Bogota\n"
		  "m.conf:4: page is missing: numeric id of the Page\n"
		  "m.conf:4: token is missing: id of one of the tokens, which collector page "
		  "needs\n"
		  "m.conf:5: token is \"t\", which is none of the tokens of this file\n"
		  "m.conf:5: token has no use: collector manual asks nobody\n"
		  "m.conf:5: id is missing: short name of the channel; its series keep it for "
		  "ever\n"
		  "m.conf:5: entered is missing: metrics people enter for it, for collector manual "
		  "asks nobody\n" },
		/* nobody knows what a collector would have wanted that nobody knows */
		{ OFFICE "accounts: (\n{ id = \"a\"; titel = \"A\"; collector = \"tiktok\"; page "
			 "= \"1\"; token = \"t\"; } );\n" END,
		  "m.conf:3: unknown setting \"titel\", did you mean \"title\"?\n"
		  "m.conf:3: collector is \"tiktok\", expected one of page, site, manual\n"
		  "m.conf:3: token is \"t\", which is none of the tokens of this file\n" },
		/* nearly one that is known: by that one the rest is looked at */
		{ OFFICE "accounts: (\n{ id = \"a\"; titel = \"A\"; collector = \"manuel\"; "
			 "entered = [\"postss\"]; } );\n" END,
		  "m.conf:3: unknown setting \"titel\", did you mean \"title\"?\n"
		  "m.conf:3: collector is \"manuel\", did you mean \"manual\"?\n"
		  "m.conf:3: entered names \"postss\", which nobody declared: a known metric or "
		  "one of the entity's metrics, did you mean \"posts\"?\n" },
		{ OFFICE "accounts: (\n{ id = \"a\"; collector = \"manual\"; entered = "
			 "[\"postss\", \"nothing\"];\n"
			 "since = \"2025-02-29\";\nuntil = \"x\"; },\n"
			 "{ id = \"b\"; collector = \"manual\"; entered = [\"posts\"]; since = "
			 "\"2025-03-01\";\nuntil = \"2025-02-01\"; },\n"
			 "{ id = \"c\"; collector = \"manual\"; entered = []; },\n"
			 "{ id = \"d\"; collector = \"site\"; base = \"https://a.example\"; site = "
			 "\"1\"; without = [\"visit\"]; } );\n" END,
		  "m.conf:3: entered names \"postss\", which nobody declared: a known metric or "
		  "one "
		  "of the entity's metrics, did you mean \"posts\"?\n"
		  "m.conf:3: entered names \"nothing\", which nobody declared: a known metric or "
		  "one of the entity's metrics\n"
		  "m.conf:4: since is \"2025-02-29\", expected a date like \"2025-10-01\"\n"
		  "m.conf:5: until is \"x\", expected a date like \"2025-10-01\"\n"
		  "m.conf:7: until is \"2025-02-01\", which is before since: the last day it "
		  "existed\n"
		  "m.conf:8: entered is missing: metrics people enter for it, for collector manual "
		  "asks nobody\n"
		  "m.conf:9: without names \"visit\", which collector site does not count, did you "
		  "mean \"visits\"?\n" },
		{ OFFICE "accounts: (\n" X_ACCOUNT ",\n"
			 "{ id = \"y\"; collector = \"manual\"; entered = [\"posts\"]; "
			 "renamed_from = \"x\"; },\n"
			 "{ id = \"z\"; collector = \"manual\"; entered = [\"posts\"]; "
			 "renamed_from = \"w\"; },\n"
			 "{ id = \"v\"; collector = \"manual\"; entered = [\"posts\"]; "
			 "renamed_from = \"w\"; },\n"
			 "{ id = \"u\"; collector = \"manual\"; entered = [\"posts\"]; "
			 "renamed_from = \"u\"; } );\n" END,
		  "m.conf:4: renamed_from is \"x\", which is still an account\n"
		  "m.conf:6: renamed_from is \"w\", as it is of another account\n"
		  "m.conf:7: renamed_from is \"u\", which is still an account\n" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void tokens_kind_suits_the_collector_that_shows_it(void **state)
{
	static const struct row rows[] = {
		{ "tokens: ( { id = \"plain\"; credential = \"present\"; },\n"
		  "{ id = \"said\"; kind = \"bearer\"; credential = \"present\"; },\n"
		  "{ id = \"user\"; kind = \"user\"; credential = \"present\"; },\n"
		  "{ id = \"odd\"; kind = \"usr\"; credential = \"present\"; } );\n" OFFICE
		  "accounts: ( { id = \"a\"; collector = \"page\"; page = \"1\";\n"
		  "token = \"plain\"; },\n"
		  "{ id = \"b\"; collector = \"page\"; page = \"1\"; token = \"said\"; },\n"
		  "{ id = \"c\"; collector = \"page\"; page = \"1\"; token = \"user\"; },\n"
		  "{ id = \"d\"; collector = \"page\"; page = \"1\"; token = \"odd\"; },\n"
		  "{ id = \"e\"; collector = \"site\"; base = \"https://a.example\"; site = "
		  "\"1\"; token = \"user\"; },\n"
		  "{ id = \"f\"; collector = \"site\"; base = \"https://a.example\"; site = "
		  "\"1\"; token = \"said\"; } );\n" END,
		  "m.conf:4: kind is \"usr\", expected bearer, page, user, system-user, "
		  "service-account or login, did you mean \"user\"?\n"
		  "m.conf:7: token \"plain\" needs a kind: \"system-user\", \"user\" or \"page\" "
		  "(docs/meta-tokens.md)\n"
		  "m.conf:8: token \"said\" needs a kind: \"system-user\", \"user\" or \"page\" "
		  "(docs/meta-tokens.md)\n"
		  "m.conf:11: token \"user\" is of a kind only Meta knows, but collector site "
		  "shows it as it is: leave its kind out, or take another token\n" },
		{ "tokens: ( { id = \"signs\"; kind = \"service-account\"; "
		  "credential = \"present\"; },\n"
		  "{ id = \"logs-in\"; kind = \"login\"; credential = \"present\"; } );\n" OFFICE
		  "accounts: ( { id = \"a\"; collector = \"page\"; page = \"1\";\n"
		  "token = \"signs\"; },\n"
		  "{ id = \"b\"; collector = \"site\"; base = \"https://a.example\"; site = "
		  "\"1\"; token = \"logs-in\"; } );\n" END,
		  "m.conf:5: token \"signs\" is a service account's key, of use to ga4 only, not "
		  "to "
		  "collector page\n"
		  "m.conf:6: token \"logs-in\" is a user and password, of use to umami only, not "
		  "to "
		  "collector site\n" },
	};

	(void)state;
	(void)setenv("CREDENTIALS_DIRECTORY", METRICSD_FIXTURES "/config/credentials", 1);
	ASSERT_ROWS(rows);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

static void trouble_with_secrets_keeps_nobody_from_figures(void **state)
{
	static const char file[] =
		"tokens: ( { id = \"a\"; kind = \"page\"; file = \"/no/such\"; },\n"
		"{ id = \"b\"; credential = \"absent\"; },\n"
		"{ id = \"c\"; credential = \"present\"; } );\n"
		"http: { ca_file = \"/no/such.pem\"; };\n" OFFICE "accounts: (\n" X_ACCOUNT ",\n"
		"{ id = \"a\"; collector = \"page\"; page = \"1\"; token = \"a\"; },\n"
		"{ id = \"b\"; collector = \"site\"; base = \"https://a.example\"; site = \"1\"; "
		"token = \"b\"; } );\n" END;
	static const char expected[] =
		"m.conf:1: /no/such cannot be read: No such file or directory\n"
		"m.conf:2: credential \"absent\" is not there: add "
		"LoadCredential=absent:/path/of/its/file to the service\n"
		"m.conf:3: warning: no account uses token \"c\"\n"
		"m.conf:4: ca_file /no/such.pem cannot be read\n";
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	const struct account *account = NULL;
	int result;

	(void)state;
	(void)setenv("CREDENTIALS_DIRECTORY", METRICSD_FIXTURES "/config/credentials", 1);
	result = config_parse("m.conf", file, strlen(file), &config, &complaints);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	assert_string_equal(text_str(&complaints), expected);
	assert_int_equal(result, 0);
	assert_int_equal(config->troubles, 3);
	assert_int_equal(config_account(config, NULL, "x", &account, NULL), 0);
	assert_non_null(account_metric(account, "posts"));
}

static void ids_are_unique_in_their_place(void **state)
{
	static const struct row rows[] = {
		{ "tokens: ( { id = \"t\"; kind = \"page\"; credential = \"t\"; },\n{ id = \"t\"; "
		  "credential = "
		  "\"t\"; } );\n" OFFICE "accounts: ( { id = \"f\"; collector = \"page\"; page = "
		  "\"1\"; token = \"t\"; } );\n" END,
		  "m.conf:2: id \"t\" is taken: see m.conf:1\n"
		  "m.conf:2: warning: no account uses token \"t\"\n" },
		{ "entities: ( { id = \"o\"; zone = \"UTC\"; " ACCOUNTS "},\n"
		  "{ id = \"o\"; zone = \"UTC\"; " ACCOUNTS "} );\n",
		  "m.conf:3: id \"o\" is taken: see m.conf:1\n" },
		{ OFFICE ACCOUNTS "groups: ( { id = \"x\"; accounts = [\"x\"]; },\n"
				  "{ id = \"g\"; accounts = [\"xx\", \"facebok\"]; },\n"
				  "{ id = \"g\"; accounts = []; } );\n" END,
		  "m.conf:3: id \"x\" is taken: see m.conf:2\n"
		  "m.conf:4: accounts names \"xx\", which is no account of the entity\n"
		  "m.conf:4: accounts names \"facebok\", which is no account of the entity\n"
		  "m.conf:5: id \"g\" is taken: see m.conf:4\n"
		  "m.conf:5: accounts is empty: ids of accounts of the entity\n" },
	};

	(void)state;
	(void)setenv("CREDENTIALS_DIRECTORY", METRICSD_FIXTURES "/config/credentials", 1);
	ASSERT_ROWS(rows);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

/* The complaint about a formula of an office with accounts facebook and x and the group redes. */
static void assert_formula(const char *formula, const char *complaint)
{
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text expected = { 0 };
	struct row row;

	text_addf(&file,
		  OFFICE "accounts: ( { id = \"face-book\"; collector = \"site\"; base = "
			 "\"https://a.example\"; site = \"1\"; without = [\"visits\"]; },\n"
			 "{ id = \"x\"; collector = \"manual\"; entered = [\"posts\", \"reels\", "
			 "\"followers\", \"viewers\"]; } );\n"
			 "groups: ( { id = \"redes\"; accounts = [\"face-book\", \"x\"]; } );\n"
			 "derived: ( { id = \"all.posts\"; formula = \"x.posts\"; },\n"
			 "{ id = \"all.sum\"; formula = \"%s\"; } );\n" END,
		  formula);
	if (*complaint)
		text_addf(&expected, "m.conf:6: %s\n", complaint);
	row = (struct row){ text_str(&file), text_str(&expected) };
	assert_rows(&row, 1);
}

static void formula_names_what_is_there_and_adds_up(void **state)
{
	(void)state;
	assert_formula("x.posts+x.reels", "");
	assert_formula("x.posts-redes.reels", "");
	assert_formula("- x.posts + redes.posts", "");
	assert_formula("x.viewers", "");
	assert_formula("redess.posts", "formula names \"redess\", which is no account and no "
				       "group, did you mean \"redes\"?");
	assert_formula("x.pots", "formula names \"x.pots\", but x has no metric \"pots\", did you "
				 "mean \"posts\"?");
	assert_formula("redes.clicks",
		       "formula names \"redes.clicks\", but redes has no metric \"clicks\"");
	assert_formula("face-book.visits",
		       "formula names face-book.visits, which `without` leaves out");
	assert_formula("all.posts + x.posts", "formula names all, which is derived itself: a "
					      "formula is made of accounts and groups");
	assert_formula("x.posts x.reels", "formula near \"x.reels\": expected + or -");
	assert_formula("x.posts +", "formula near \"\": expected account.metric or group.metric");
	assert_formula("3 * x.posts",
		       "formula near \"3 * x.posts\": expected account.metric or group.metric");
	assert_formula("x.posts + x.followers", "formula mixes posts (flow) and followers (stock): "
						"they do not add up");
	assert_formula("x.viewers + x.viewers",
		       "formula adds viewers, which counts people: they are never added up");
}

static void derived_metric_has_a_name_of_its_own(void **state)
{
	static const struct row rows[] = {
		{ OFFICE ACCOUNTS "derived: ( { id = \"x.sum\"; formula = \"x.posts\"; },\n"
				  "{ id = \"posts\"; formula = \"x.posts\"; },\n"
				  "{ id = \"a.b\"; },\n"
				  "{ id = \"a.b\"; formula = \"x.posts\"; } );\n" END,
		  "m.conf:3: id is \"x.sum\", but x is an account: take another name\n"
		  "m.conf:4: id is \"posts\", expected name.metric like publicaciones.posts\n"
		  "m.conf:5: formula is missing: account.metric or group.metric, joined by + and "
		  "-\n"
		  "m.conf:6: id \"a.b\" is taken: see m.conf:5\n" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* --- files of secrets */

struct place {
	char directory[64];
	char path[96];
};

static int make_place(void **state)
{
	struct place *place = memory_new(1, sizeof(*place));

	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/metricsd-config-XXXXXX");
	*state = place;
	if (!mkdtemp(place->directory))
		return -1;
	(void)snprintf(place->path, sizeof(place->path), "%s/t", place->directory);
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;
	static const char *const files[] = { "t", "m.conf", "part.conf", "deep.conf" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[96];

		(void)snprintf(path, sizeof(path), "%s/%s", place->directory, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(place->directory);
	free(place);
	return 0;
}

static void write_file(const struct place *place, const char *name, const char *bytes, mode_t mode)
{
	char path[96];
	SCOPED(file)
	FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* What is said of a token whose secret is in the file of the place; `%s` stands for its path. */
static void assert_token(const struct place *place, const char *complaint)
{
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(text)
	struct text expected = { 0 };
	struct config *config = NULL;

	text_addf(&file,
		  "tokens: ( { id = \"t\"; kind = \"page\"; file = \"%s\"; } );\n" OFFICE
		  "accounts: ( { id = \"f\"; collector = \"page\"; page = \"1\"; token = \"t\"; } "
		  ");\n" END,
		  place->path);
	if (*complaint)
		text_addf(&expected, "m.conf:1: %s%s\n", place->path, complaint);
	assert_int_equal(config_parse("m.conf", file.bytes, file.length, &config, &complaints), 0);
	assert_int_equal(config->troubles, *complaint ? 1 : 0);
	/* the path stands in it twice where a command is shown */
	assert_memory_equal(text_str(&complaints), text_str(&expected),
			    expected.length ? expected.length - 1 : 1);
	config_free(config);
}

static void file_of_a_secret_is_for_few(void **state)
{
	const struct place *place = *state;

	assert_token(place, " cannot be read: No such file or directory");
	write_file(place, "t", "", 0600);
	assert_token(place, " is empty");
	write_file(place, "t", "secret", 0600);
	assert_token(place, "");
	assert_int_equal(chmod(place->path, 0640), 0);
	assert_token(place, "");
	assert_int_equal(chmod(place->path, 0644), 0);
	assert_token(place, " is open to everybody (mode 0644): run chmod 0640 '");
	assert_int_equal(chmod(place->path, 0601), 0);
	assert_token(place, " is open to everybody (mode 0601): run chmod 0640 '");
	assert_int_equal(chmod(place->path, 0660), 0);
	assert_token(place, " can be changed by its group (mode 0660): run chmod 0640 '");
	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(mkdir(place->path, 0700), 0);
	assert_token(place, " is not a file");
	assert_int_equal(rmdir(place->path), 0);
}

static void file_that_cannot_be_looked_at_from_here_is_a_warning(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text expected = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	uid_t before = geteuid();
	int result;

	text_addf(&file,
		  "tokens: ( { id = \"t\"; kind = \"page\"; file = \"%s\"; } );\n" OFFICE
		  "accounts: ( { id = \"f\"; collector = \"page\"; page = \"1\"; token = \"t\"; } "
		  ");\n" END,
		  place->path);
	text_addf(&expected, "m.conf:1: warning: %s cannot be looked at from here\n", place->path);
	assert_int_equal(chmod(place->directory, 0), 0);
	/* root looks everywhere: be nobody for a moment */
	assert_int_equal(before == 0 ? seteuid(65534) : 0, 0);
	result = config_parse("m.conf", file.bytes, file.length, &config, &complaints);
	assert_int_equal(seteuid(before), 0);
	assert_int_equal(chmod(place->directory, 0700), 0);
	assert_int_equal(result, 0);
	assert_string_equal(text_str(&complaints), text_str(&expected));
}

static void secret_has_exactly_one_place(void **state)
{
	static const struct row rows[] = {
		{ "tokens: ( { id = \"a\"; },\n{ id = \"b\"; file = \"/no/such\"; credential = "
		  "\"present\"; },\n{ id = \"c\"; credential = \"absent\"; },\n"
		  "{ id = \"d\"; credential = \"present\"; app_secret_file = \"x\"; kind = "
		  "\"user\"; app_id = 12; },\n{ id = \"e\"; file = 5; kind = \"sistem-user\"; } "
		  ");\n" FINE,
		  "m.conf:1: file or credential is missing: where the secret is\n"
		  "m.conf:1: warning: no account uses token \"a\"\n"
		  "m.conf:2: file and credential are both given: one secret has one place\n"
		  "m.conf:2: warning: no account uses token \"b\"\n"
		  "m.conf:3: credential \"absent\" is not there: add "
		  "LoadCredential=absent:/path/of/its/file to the service\n"
		  "m.conf:3: warning: no account uses token \"c\"\n"
		  "m.conf:4: app_secret_file is not a path that begins with \"/\"; a secret itself "
		  "has no place in this file\n"
		  "m.conf:4: app_id is a number without quotes, write app_id = \"12\": Meta's id "
		  "of the app, to ask when the token expires\n"
		  "m.conf:4: warning: no account uses token \"d\"\n"
		  "m.conf:5: file is a number, expected text in quotes: path of the file that "
		  "holds "
		  "the secret, mode 0600 or 0640\n"
		  "m.conf:5: kind is \"sistem-user\", expected bearer, page, user, system-user, "
		  "service-account or login, did you mean \"system-user\"?\n"
		  "m.conf:5: warning: no account uses token \"e\"\n" },
	};

	(void)state;
	(void)setenv("CREDENTIALS_DIRECTORY", METRICSD_FIXTURES "/config/credentials", 1);
	ASSERT_ROWS(rows);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

/* --- files that include others */

static void assert_load(const struct place *place, const char *expected)
{
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(text)
	struct text plain = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	const char *rest;

	text_addf(&path, "%s/m.conf", place->directory);
	(void)config_load(text_str(&path), &config, &complaints);
	/* the directory has another name in every run */
	for (rest = text_str(&complaints); *rest;) {
		if (strncmp(rest, place->directory, strlen(place->directory)) == 0)
			rest += strlen(place->directory) + 1;
		else
			text_add_char(&plain, *rest++);
	}
	assert_string_equal(text_str(&plain), expected);
}

static void included_file_is_found_beside_its_own_and_complains_as_itself(void **state)
{
	const struct place *place = *state;

	write_file(place, "m.conf",
		   "log_level = \"x\";\n# @include \"no.conf\"\n@include \"part.conf\" schedule: { "
		   "at = \"y\"; };\n" FINE "state_directory = 1;\n",
		   0600);
	write_file(place, "part.conf",
		   "http: {\n per_hos = 1;\n @include \"deep.conf\"\n};\nlog_level = \"info\";",
		   0600);
	write_file(place, "deep.conf", "\nin_flight = 0;\n", 0600);
	assert_load(place,
		    "m.conf:1: log_level is \"x\", expected error, warning, notice, info or "
		    "debug\n"
		    "part.conf:2: unknown setting \"per_hos\", did you mean \"per_host\"?\n"
		    "deep.conf:2: in_flight is 0, expected 1 to 1024: requests at once in all\n"
		    "part.conf:5: log_level is given twice, first in m.conf:1\n"
		    "m.conf:3: at is \"y\", expected a time of day like \"06:00\"\n"
		    "m.conf:7: state_directory is a number, expected text in quotes: directory of "
		    "the database; the daemon's user owns it\n");
}

static void include_that_cannot_be_read_ends_with_a_complaint(void **state)
{
	const struct place *place = *state;

	assert_load(place, "m.conf cannot be read: No such file or directory\n");
	write_file(place, "m.conf", "\n@include \"part.conf\"\n", 0600);
	assert_load(place, "m.conf:2: part.conf cannot be read: No such file or directory\n");
	write_file(place, "m.conf", "@include \"/\"\n", 0600);
	assert_load(place, "m.conf:1: / cannot be read: it is not a file\n");
	write_file(place, "m.conf", "@include \"m.conf\"\n", 0600);
	assert_load(place, "m.conf:1: m.conf cannot be read: too many files include one "
			   "another\n");
	write_file(place, "m.conf", "@include \"part.conf\"\n", 0600);
	write_file(place, "part.conf", "a = \"\xf1\";", 0600);
	assert_load(place, "part.conf:1: byte 0xF1 is not UTF-8: save the file as UTF-8, not as "
			   "Latin-1 or Windows-1252\n");
}

static void file_over_its_ceiling_is_refused(void **state)
{
	const struct place *place = *state;
	SCOPED(memory)
	char *blanks = memory_new((1 << 20) + 2, 1);

	memset(blanks, '\n', (1 << 20) + 1);
	write_file(place, "m.conf", blanks, 0600);
	assert_load(place, "m.conf cannot be read: it is larger than 1 MiB\n");
}

static void more_complaints_than_fit_are_counted(void **state)
{
	SCOPED(text)
	struct text complaints = TEXT_UP_TO(300);
	struct config *config = NULL;
	static const char file[] = "a = 1; b = 1; c = 1; d = 1; e = 1; f = 1; g = 1; h = 1;";

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), -1);
	assert_false(complaints.failed);
	assert_non_null(strstr(text_str(&complaints), " more\n"));
}

/* --- names */

static void account_is_found_by_its_name_or_the_error_says_what_there_is(void **state)
{
	SCOPED(config)
	struct config *config = load_office();
	const struct account *account = NULL;
	struct error err;

	(void)state;
	assert_int_equal(config_account(config, NULL, "facebook", &account, &err), 0);
	assert_ptr_equal(account, &config->entities[0].accounts[0]);
	assert_int_equal(config_account(config, NULL, "simulada/x", &account, &err), 0);
	assert_ptr_equal(account, &config->entities[1].accounts[0]);
	assert_int_equal(config_account(config, "itagui", "x", &account, &err), 0);
	assert_ptr_equal(account, &config->entities[0].accounts[3]);
	assert_int_equal(config_account(config, NULL, "x", &account, &err), -1);
	assert_int_equal(err.class, ERROR_INPUT);
	assert_string_equal(err.text, "\"x\" is an account of itagui and of simulada: say which, "
				      "like itagui/x");
	assert_int_equal(config_account(config, NULL, "facebok", &account, &err), -1);
	assert_string_equal(err.text,
			    "there is no account \"facebok\", did you mean \"facebook\"?");
	assert_int_equal(config_account(config, NULL, "simulda/x", &account, &err), -1);
	assert_string_equal(err.text, "there is no entity \"simulda\", did you mean \"simulada\"?");
	assert_int_equal(config_account(config, "simulada", "tiktok", &account, &err), -1);
	assert_string_equal(err.text, "there is no account \"tiktok\": there are simulada/x");
	assert_int_equal(config_account(config, "simulada", "itagui/x", &account, &err), -1);
	assert_string_equal(err.text, "itagui/x is no account of entity simulada");
}

static void nearest_name_is_at_most_a_third_away(void **state)
{
	static const char *const names[] = { "lookback", "page", "base", NULL };

	(void)state;
	assert_string_equal(nearest_name("lokback", names), "lookback");
	assert_string_equal(nearest_name("pages", names), "page");
	assert_string_equal(nearest_name("lookbakc", names), "lookback");
	assert_string_equal(nearest_name("olokbakc", names), "lookback");
	assert_string_equal(nearest_name("apge", names), "page");
	assert_string_equal(nearest_name("bsae", names), "base");
	assert_null(nearest_name("esab", names));
	assert_null(nearest_name("lkbk", names));
	assert_null(nearest_name("", names));
	assert_null(nearest_name("ab", names));
}

static void path_is_given_or_of_the_environment_or_installed(void **state)
{
	(void)state;
	(void)unsetenv("METRICSD_CONFIG");
	assert_string_equal(config_path("/a.conf"), "/a.conf");
	assert_non_null(strstr(config_path(NULL), "/metricsd/metricsd.conf"));
	(void)setenv("METRICSD_CONFIG", "/b.conf", 1);
	assert_string_equal(config_path(NULL), "/b.conf");
	assert_string_equal(config_path("/a.conf"), "/a.conf");
	(void)unsetenv("METRICSD_CONFIG");
}

static void reference_names_every_type_with_its_default(void **state)
{
	SCOPED(text)
	struct text out = { 0 };

	(void)state;
	config_describe(&out);
	assert_false(out.failed);
	assert_non_null(strstr(text_str(&out), "\n  watch_hours (1 to 24, default 6)\n"));
	assert_non_null(strstr(text_str(&out), "\ncollectors.page: for all accounts of Page; "));
	assert_non_null(strstr(text_str(&out), "\n  page (digits in quotes, required)\n      "
					       "numeric id of the Page\n"));
	assert_non_null(strstr(text_str(&out), "\n  base (address, default "
					       "\"https://graph.example\")\n"));
	assert_non_null(strstr(text_str(&out), "\n  slow (true or false, default false)\n"));
	assert_non_null(strstr(text_str(&out), "\ncollectors.manual: for all accounts of By hand; "
					       "an account's own value wins\n  no settings\n"));
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globals_are_what_the_file_says),
		cmocka_unit_test(globals_have_defaults),
		cmocka_unit_test(tokens_say_where_the_secret_is),
		cmocka_unit_test(entity_is_what_the_file_says),
		cmocka_unit_test(account_is_what_the_file_says),
		cmocka_unit_test(accounts_value_wins_over_the_collectors_and_that_over_the_default),
		cmocka_unit_test(entered_metrics_have_the_kind_and_label_they_are_known_by),
		cmocka_unit_test(groups_and_formulas_point_at_their_accounts),
		cmocka_unit_test(warnings_of_a_good_file_come_in_its_order),
		cmocka_unit_test(syntax_error_names_the_line_and_the_text_that_stands_there),
		cmocka_unit_test(secret_in_a_broken_line_is_not_shown),
		cmocka_unit_test(byte_that_is_not_utf8_is_named_with_its_line),
		cmocka_unit_test(files_of_other_editors_are_read),
		cmocka_unit_test(setting_given_twice_is_named_with_its_first_line),
		cmocka_unit_test(every_section_refuses_names_it_does_not_know),
		cmocka_unit_test(value_of_another_type_or_range_hears_what_was_expected),
		cmocka_unit_test(id_without_quotes_hears_to_put_them),
		cmocka_unit_test(plain_http_is_for_this_machine_alone),
		cmocka_unit_test(address_is_scheme_host_and_path),
		cmocka_unit_test(account_hears_all_that_is_wrong_with_it),
		cmocka_unit_test(tokens_kind_suits_the_collector_that_shows_it),
		cmocka_unit_test(trouble_with_secrets_keeps_nobody_from_figures),
		cmocka_unit_test(ids_are_unique_in_their_place),
		cmocka_unit_test(formula_names_what_is_there_and_adds_up),
		cmocka_unit_test(derived_metric_has_a_name_of_its_own),
		WITH_PLACE(file_of_a_secret_is_for_few),
		WITH_PLACE(file_that_cannot_be_looked_at_from_here_is_a_warning),
		cmocka_unit_test(secret_has_exactly_one_place),
		WITH_PLACE(included_file_is_found_beside_its_own_and_complains_as_itself),
		WITH_PLACE(include_that_cannot_be_read_ends_with_a_complaint),
		WITH_PLACE(file_over_its_ceiling_is_refused),
		cmocka_unit_test(more_complaints_than_fit_are_counted),
		cmocka_unit_test(account_is_found_by_its_name_or_the_error_says_what_there_is),
		cmocka_unit_test(nearest_name_is_at_most_a_third_away),
		cmocka_unit_test(path_is_given_or_of_the_environment_or_installed),
		cmocka_unit_test(reference_names_every_type_with_its_default),
	};

	(void)unsetenv("CREDENTIALS_DIRECTORY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
