/* How people name things on the command line, and what hears who names them otherwise: the built
 * program in a directory of its own, with two institutions. */
#include "run.h"
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int make_two(void **state)
{
	const struct place *place;
	SCOPED(text)
	struct text config = { 0 };

	if (make_place(state) < 0)
		return -1;
	place = *state;
	text_addf(&config,
		  "state_directory = \"%s\"; control = \"%s\";\n"
		  "entities: (\n"
		  "{ id = \"una\"; zone = \"America/Bogota\"; language = \"en\"; accounts: (\n"
		  "{ id = \"x\"; collector = \"manual\"; entered = [\"posts\", \"views\"]; },\n"
		  "{ id = \"fb\"; collector = \"manual\"; entered = [\"posts\"]; },\n"
		  "{ id = \"eventos\"; collector = \"events\"; } );\n"
		  "groups: ( { id = \"redes\"; accounts = [\"x\", \"fb\"]; } );\n"
		  "derived: ( { id = \"publicaciones.posts\"; formula = \"redes.posts + x.posts\"; "
		  "} ); },\n"
		  "{ id = \"otra\"; zone = \"America/Bogota\"; language = \"en\"; accounts: (\n"
		  "{ id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } ); } );\n",
		  place->path, place->control);
	write_file(place->config, text_str(&config));
	return 0;
}

static void assert_says(const struct place *place, const char *words, int ends, const char *part)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_int_equal(said.ends, ends);
	if (!strstr(text_str(&said.out), part) && !strstr(text_str(&said.err), part))
		print_error("%s: %s%s", words, text_str(&said.out), text_str(&said.err));
	assert_true(strstr(text_str(&said.out), part) || strstr(text_str(&said.err), part));
}

/* --- account.metric */

static void account_and_metric_may_be_one_word(void **state)
{
	const struct place *place = *state;

	expect(place, "enter fb.posts 2025-10 5", 0, "una/fb posts 2025-10: 5 (manual)\nEntry 1.\n",
	       "");
	expect(place, "enter una/x.posts 2025-10 4", 0,
	       "una/x posts 2025-10: 4 (manual)\nEntry 2.\n", "");
	assert_says(place, "series fb.posts 2025-10", 0, "2025-10-01..2025-10-31  5  31 days");
	assert_says(place, "series fb.posts", 0, "fb · Posts");
	assert_says(place, "explain fb.posts 2025-10", 0, "5 · 31/31 days");
	assert_says(place, "explain redes.posts 2025-10", 0, "9 · 62/62 days");
	assert_says(place, "explain publicaciones.posts 2025-10", 0, "13 · 93/93 days");
	assert_says(place, "explain publicaciones.posts posts 2025-10", 0, "13 · 93/93 days");
	assert_says(place, "explain publicaciones posts 2025-10", 0, "13 · 93/93 days");
	assert_says(place, "enter fb.views 2025-10 5", 2, "fb has no metric \"views\"");
	assert_says(place, "enter fb. 2025-10 5", 2, "enter wants ACCOUNT METRIC PERIOD VALUE");
}

static void who_enters_for_a_group_hears_its_channels(void **state)
{
	const struct place *place = *state;

	expect(place, "enter redes posts 2025-10 5", 2, "",
	       "metricsctl: \"redes\" is a group: a figure is entered of one channel. It is made "
	       "of "
	       "x, fb; `metricsctl explain` and `summary --account` show all of it\n");
	expect(place, "series redes.posts 2025-10", 2, "",
	       "metricsctl: \"redes\" is a group: what is stored is stored of one channel. It is "
	       "made of x, fb; `metricsctl explain` and `summary --account` show all of it\n");
	assert_says(place, "series publicaciones posts", 2,
		    "\"publicaciones\" is a derived metric: what is stored is stored of one "
		    "channel. It is made of redes.posts, x.posts;");
	assert_says(place, "series rdes posts", 2, "there is no account \"rdes\"");
}

/* --- --database */

static void database_stands_where_it_is_read_and_is_refused_elsewhere(void **state)
{
	static const char *const refuse[] = {
		"enter fb posts 2025-10 5",
		"withdraw 1",
		"import f.csv",
		"reopen 2025-10 --why x",
		"check",
		"collect",
		"backfill fb 2025-01-01 2025-01-02",
		"replay fb f",
		"restore f",
	};
	static const char *const take[] = { "summary", "series", "explain", "status", "gaps",
					    "close",   "record", "entries", "alerts", "accounts" };
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(refuse) / sizeof(refuse[0]); i++) {
		char words[96], help[96];
		SCOPED(said)
		struct said said = { 0 };

		(void)snprintf(words, sizeof(words), "%s --database /nope", refuse[i]);
		assert_says(place, words, 2, " has no --database: ");
		(void)snprintf(help, sizeof(help), "%.*s --help", (int)strcspn(refuse[i], " "),
			       refuse[i]);
		run(place, help, &said);
		assert_null(strstr(text_str(&said.out), "--database"));
	}
	for (size_t i = 0; i < sizeof(take) / sizeof(take[0]); i++) {
		char help[96];

		(void)snprintf(help, sizeof(help), "%s --help", take[i]);
		assert_says(place, help, 0, "--database FILE");
	}
	assert_says(place, "alerts --test --database /nope", 2, "alerts --test has no --database");
	assert_says(place, "accounts --database /nope/metrics.db", 3, "/nope is not there");
}

static void database_that_is_something_else_sends_nobody_to_the_state_directory(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text told = { 0 };

	text_addf(&words, "entries --database %s", place->config);
	text_addf(&told,
		  "metricsctl: --database: %s is not a database of metricsd: name a backup\n",
		  place->config);
	expect(place, text_str(&words), 3, "", text_str(&told));
}

/* --- options that would be passed over */

/* Its --help does not have the option either. */
static void assert_refuses(const struct place *place, const char *words, const char *option,
			   const char *said_so)
{
	char help[96];
	SCOPED(said)
	struct said said = { 0 };

	assert_says(place, words, 2, said_so);
	(void)snprintf(help, sizeof(help), "%.*s --help", (int)strcspn(words, " "), words);
	run(place, help, &said);
	assert_int_equal(said.ends, 0);
	if (strstr(text_str(&said.out), option))
		fail_msg("%s has %s", help, option);
}

static void account_stands_where_one_is_meant_and_is_refused_elsewhere(void **state)
{
	static const char *const whole[] = {
		"alerts --account otra/x",   "backup f --account x",
		"close 2025-10 --account x", "close --list --account x",
		"export 2025 --account x",   "plan --account x",
		"publish --account x",       "reopen 2025-10 --account x",
		"report --account fb",       "restore f --account x",
	};
	static const char *const itself[] = {
		"backfill x 2025-01-01 2025-01-02 --account fb",
		"chart x posts 2025 --account fb",
		"enter x posts 2025-10 5 --account fb",
		"explain x posts 2025-10 --account fb",
		"replay x f --account fb",
		"series fb posts --account una/x",
	};
	static const char *const take[] = { "accounts", "check",   "collect",   "entries", "gaps",
					    "import",   "pending", "reconcile", "record",  "status",
					    "summary",  "verify",  "withdraw" };
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		assert_refuses(place, whole[i], "      --account ",
			       " has no --account: it is of whole institutions; see metricsctl ");
	for (size_t i = 0; i < sizeof(itself) / sizeof(itself[0]); i++)
		assert_refuses(place, itself[i], "      --account ",
			       " names the account itself: leave --account out\n");
	for (size_t i = 0; i < sizeof(take) / sizeof(take[0]); i++) {
		char help[96];

		(void)snprintf(help, sizeof(help), "%s --help", take[i]);
		assert_says(place, help, 0, "  --account ACCOUNT ");
	}
	assert_says(place, "summary --help", 0, "only this channel, group or derived metric;");
	expect(place, "collect x --account fb", 2, "",
	       "metricsctl: which account? x and --account both name one\n");
	expect(place, "check --account una/x", 2, "",
	       "metricsctl: --account is for check --online: the configuration is checked as a "
	       "whole\n");
}

static void what_only_shows_closings_refuses_what_closing_takes(void **state)
{
	const struct place *place = *state;

	expect(place, "close --list -o f.json", 2, "",
	       "metricsctl: close --list only shows what was closed: leave --output out\n");
	expect(place, "close --list --anyway", 2, "",
	       "metricsctl: close --list only shows what was closed: leave --anyway out\n");
	expect(place, "close --list --show", 2, "",
	       "metricsctl: close --list only shows what was closed: leave --show out\n");
	expect(place, "close 2025-10 --show --anyway", 2, "",
	       "metricsctl: close --show only shows what was closed: leave --anyway out\n");
	expect(place, "close 2025-10 --show --note acta", 2, "",
	       "metricsctl: close --show only shows what was closed: leave --note out\n");
	expect(place, "close 2025-10 --show --by Ana", 2, "",
	       "metricsctl: close --show only shows what was closed: leave --by out\n");
}

static void option_that_is_not_known_is_named_be_it_a_letter_among_others(void **state)
{
	const struct place *place = *state;
	const char *see = "; see metricsctl summary --help\n";
	static const char *const rows[][2] = {
		{ "summary -zc 2025", "-z" },
		{ "summary --compare -zc 2025", "-z" },
		{ "summary 2025 -z", "-z" },
		{ "summary -zz", "-z" },
		{ "summary --compar=1 -o", "--compar=1" },
		{ "summary --zcompare -c", "--zcompare" },
		{ "summary -ñ 2025", "-ñ" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char said[128];

		(void)snprintf(said, sizeof(said), "metricsctl: unknown option %s%s", rows[i][1],
			       see);
		expect(place, rows[i][0], 2, "", said);
	}
	expect(place, "summary 2025 -o", 2, "",
	       "metricsctl: -o wants a value; see metricsctl summary --help\n");
	expect(place, "summary 2025 --output", 2, "",
	       "metricsctl: --output wants a value; see metricsctl summary --help\n");
}

/* --- days and years */

static void day_hears_the_form_of_a_day(void **state)
{
	const struct place *place = *state;

	expect(place, "record event --date 15/10/2025 --title Charla", 2, "",
	       "metricsctl: date: \"15/10/2025\": expected a day like 2025-10-06, or days like "
	       "2025-10-06..2025-10-08\n");
	expect(place, "record event --date 2025-02-30 --title Charla", 2, "",
	       "metricsctl: date: \"2025-02-30\" is not a date like 2025-10-01\n");
	assert_says(place, "record event --date 2025-10-06..2025-10-08 --title Charla", 0,
		    "2025-10-06..2025-10-08: Charla");
}

static void years_before_1970_are_no_years_for_anybody(void **state)
{
	const struct place *place = *state;

	expect(place, "record event --date 1900-01-01 --title Charla", 2, "",
	       "metricsctl: date: \"1900-01-01\": years go from 1970 to 2999\n");
	expect(place, "enter fb posts 1900-01 5", 2, "",
	       "metricsctl: \"1900-01\": years go from 1970 to 2999\n");
	assert_says(place, "record event --date 1999-01-01 --title Charla", 0,
		    "1999-01-01: Charla");
	assert_says(place, "enter fb posts 1999-01 5", 0, "1999-01: 5");
}

/* --- lists of all institutions */

static void closings_of_all_institutions_are_listed(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	expect(place, "enter fb posts 2025-10 5", 0, "una/fb posts 2025-10: 5 (manual)\nEntry 1.\n",
	       "");
	assert_says(place, "close 2025-10", 2, "whose period is it? Say --entity");
	assert_says(place, "close 2025-10 --entity una --anyway", 0, "2025-10");
	assert_says(place, "close 2025-10 --entity otra --anyway", 0, "2025-10");
	run(place, "close --list --format csv", &said);
	assert_int_equal(said.ends, 0);
	assert_non_null(strstr(text_str(&said.out), "\r\n1,una,"));
	assert_non_null(strstr(text_str(&said.out), "\r\n1,otra,"));
	assert_says(place, "close --list", 0, "\n\notra\n\n2025-10: closed");
	text_reset(&said.out);
	run(place, "close --list --entity otra", &said);
	assert_null(strstr(text_str(&said.out), "una"));
}

static void plans_are_listed_apart_from_channels(void **state)
{
	const struct place *place = *state;
	char plan[128];
	SCOPED(text)
	struct text config = { 0 };

	(void)snprintf(plan, sizeof(plan), "%s/plan.conf", place->path);
	write_file(plan,
		   "id = \"plan-2026\"; title = \"Plan\"; period = \"2026\"; activities: ( { id "
		   "= \"a01\"; title = \"Hecho\"; kind = \"yes-no\"; } );\n");
	text_addf(&config,
		  "state_directory = \"%s\"; entities: ( { id = \"una\"; zone = \"UTC\"; plans = "
		  "[\"plan.conf\"]; accounts: ( { id = \"x\"; collector = \"manual\"; entered = "
		  "[\"posts\"]; } ); } );\n",
		  place->path);
	write_file(place->config, text_str(&config));
	expect(place, "accounts --plans --format csv", 0,
	       "version,entity,account,title,collector,zone,since,until,first_stored,entered\r\n"
	       "1,una,plan-2026,Plan,manual,UTC,,,,a01\r\n",
	       "");
	expect(place, "accounts --format csv", 0,
	       "version,entity,account,title,collector,zone,since,until,first_stored,entered\r\n"
	       "1,una,x,x,manual,UTC,,,,posts\r\n",
	       "");
}

/* --- files */

static void write_csv(const struct place *place, const char *bytes, char path[128])
{
	(void)snprintf(path, 128, "%s/f.csv", place->path);
	write_file(path, bytes);
}

static void own_layout_is_read_in_spanish(void **state)
{
	const struct place *place = *state;
	char path[128], words[160];

	write_csv(place,
		  "Entidad;Periodo;Cuenta;Métrica;Valor;Nota\n"
		  "una;2025-10;x;views;2106;captura\n"
		  "otra;2025-10;x;posts;46;\n",
		  path);
	(void)snprintf(words, sizeof(words), "import %s", path);
	assert_says(place, words, 0, "2 new figures");
	assert_says(place, "explain una/x.views 2025-10", 0, "2,106");
	(void)snprintf(words, sizeof(words), "import %s --entity una", path);
	assert_says(place, words, 3, "f.csv:3: the line is of entity otra, and --entity names una");
	write_csv(place, "fecha,cuenta,metrica,valor\n2025-10-01,fb,posts,1\n", path);
	(void)snprintf(words, sizeof(words), "import %s", path);
	assert_says(place, words, 0, "1 new figure");
	/* a date and a number are what they were: of the metric that is named */
	write_csv(place, "fecha,valor\n2025-10-02,7\n", path);
	(void)snprintf(words, sizeof(words), "import %s --account fb --metric posts", path);
	assert_says(place, words, 0, "1 new figure");
}

static void metric_is_refused_for_a_file_that_names_its_own(void **state)
{
	const struct place *place = *state;
	char path[128], words[160];

	write_csv(place, "period,account,metric,value\n2025-10,fb,posts,5\n", path);
	(void)snprintf(words, sizeof(words), "import %s --metric views", path);
	assert_says(place, words, 2,
		    "f.csv (period,account,metric,value) names its metrics itself: --metric is for "
		    "files of date,value alone\n");
	assert_says(place, "entries", 3, "metrics.db is not there yet");
}

static void file_of_a_register_is_sent_to_record(void **state)
{
	static const char *const files[][2] = {
		{ "date,event,responsible,attendees\n2025-10-06,Charla,DDHH,45\n", "event" },
		{ "start,end,campaign\n2025-07-01,2025-07-31,Salud\n", "campaign" },
		{ "period;risk;materialised\n2025-Q4;Error;no\n", "risk" },
	};
	const struct place *place = *state;
	char path[128], words[160];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		SCOPED(text)
		struct text told = { 0 };

		write_csv(place, files[i][0], path);
		(void)snprintf(words, sizeof(words), "import %s", path);
		text_addf(&told,
			  "metricsctl: %s has records, not figures: metricsctl record %s --from "
			  "%s\n",
			  path, files[i][1], path);
		expect(place, words, 3, "", text_str(&told));
	}
}

static void groups_and_derived_metrics_are_listed_with_what_they_are_made_of(void **state)
{
	const struct place *place = *state;

	expect(place, "accounts --groups --format csv", 0,
	       "version,entity,name,title,kind,of\r\n"
	       "1,una,redes,redes,group,x fb\r\n"
	       "1,una,publicaciones.posts,publicaciones,derived,redes.posts x.posts\r\n",
	       "");
	assert_documented(place, "accounts --groups --format csv", "## metricsd.groups");
	expect(place, "accounts --groups --entity una", 0,
	       "una\n\n"
	       "group or derived metric  title          made of\n"
	       "una/redes                redes          x, fb\n"
	       "una/publicaciones.posts  publicaciones  redes.posts, x.posts\n",
	       "");
	expect(place, "accounts --groups --plans", 2, "",
	       "metricsctl: accounts --groups is of the configuration alone: leave --plans out\n");
}

static void file_of_no_layout_hears_the_nearest_and_what_lacks(void **state)
{
	const struct place *place = *state;
	char path[128], words[160];

	write_csv(place, "periodo,valor\n2025-10,5\n", path);
	(void)snprintf(words, sizeof(words), "import %s", path);
	assert_says(place, words, 3,
		    "is of no layout that is known; the nearest is period,account,metric,value "
		    "(csv), of which it lacks account, metric. New names of columns are added in "
		    "import-names.csv");
	write_csv(place, "foo,bar\n1,2\n", path);
	assert_says(place, words, 3,
		    "is of no layout that is known; there are csv, mbs-metric, mbs-content,");
}

/* What stands twice is found when all is read. */
static void mistakes_of_a_file_are_told_by_their_lines(void **state)
{
	const struct place *place = *state;
	char path[128], words[160];
	SCOPED(text)
	struct text err = { 0 };

	write_csv(place,
		  "period,account,metric,value\n"
		  "2025-10,fb,posts,1\n2025-10,fb,posts,2\n2025-11,fb,posts,a\n",
		  path);
	(void)snprintf(words, sizeof(words), "import %s", path);
	text_addf(&err,
		  "%s:3: fb posts 2025-10 stands already in line 2\n"
		  "%s:4: value \"a\" is not a whole number of 0 or more, like 2106\n"
		  "metricsctl: %s: nothing was imported\n",
		  path, path, path);
	expect(place, words, 3, "", text_str(&err));
}

/* --- taking back */

static void taking_back_wants_no_words_wherever_it_is_done(void **state)
{
	const struct place *place = *state;

	assert_says(place, "enter fb posts 2025-10 5", 0, "Entry 1.");
	assert_says(place, "withdraw 1", 0, "withdrawn");
	assert_says(place, "record event --date 2025-10-06 --title Charla", 0, "Record 1.");
	assert_says(place, "record --withdraw 1", 0, "withdrawn");
	assert_says(place, "record --help", 0,
		    "--withdraw ID            its trace stays; --note TEXT");
}

static void output_has_both_names_wherever_it_is_written(void **state)
{
	const struct place *place = *state;
	char words[200], path[128];

	assert_says(place, "enter fb posts 2025-10 5", 0, "Entry 1.");
	(void)snprintf(path, sizeof(path), "%s/m.prom", place->path);
	(void)snprintf(words, sizeof(words), "status --format prometheus --output %s", path);
	assert_says(place, words, 0, "");
	assert_int_equal(access(path, F_OK), 0);
}

#define ARGUMENTS_TEST(name) cmocka_unit_test_setup_teardown(name, make_two, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ARGUMENTS_TEST(account_and_metric_may_be_one_word),
		ARGUMENTS_TEST(who_enters_for_a_group_hears_its_channels),
		ARGUMENTS_TEST(database_stands_where_it_is_read_and_is_refused_elsewhere),
		ARGUMENTS_TEST(database_that_is_something_else_sends_nobody_to_the_state_directory),
		ARGUMENTS_TEST(account_stands_where_one_is_meant_and_is_refused_elsewhere),
		ARGUMENTS_TEST(what_only_shows_closings_refuses_what_closing_takes),
		ARGUMENTS_TEST(option_that_is_not_known_is_named_be_it_a_letter_among_others),
		ARGUMENTS_TEST(day_hears_the_form_of_a_day),
		ARGUMENTS_TEST(years_before_1970_are_no_years_for_anybody),
		ARGUMENTS_TEST(closings_of_all_institutions_are_listed),
		ARGUMENTS_TEST(plans_are_listed_apart_from_channels),
		ARGUMENTS_TEST(own_layout_is_read_in_spanish),
		ARGUMENTS_TEST(metric_is_refused_for_a_file_that_names_its_own),
		ARGUMENTS_TEST(file_of_a_register_is_sent_to_record),
		ARGUMENTS_TEST(groups_and_derived_metrics_are_listed_with_what_they_are_made_of),
		ARGUMENTS_TEST(file_of_no_layout_hears_the_nearest_and_what_lacks),
		ARGUMENTS_TEST(mistakes_of_a_file_are_told_by_their_lines),
		ARGUMENTS_TEST(taking_back_wants_no_words_wherever_it_is_done),
		ARGUMENTS_TEST(output_has_both_names_wherever_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
