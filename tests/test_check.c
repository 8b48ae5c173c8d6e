/* What `check` says of the files and directories a configuration names: the built program in a
 * directory of its own. */
#include "run.h"
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST "crawler-user-agents-1.60.0.list"

static void path_in(const struct place *place, const char *name, char ret[160])
{
	(void)snprintf(ret, 160, "%s/%s", place->path, name);
}

/* A server's log and a list of robots, both in the place, as the settings name them. */
static void configure(const struct place *place, const char *state_directory, const char *log,
		      const char *bots_directory)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\n"
		  "control = \"%s\";\n"
		  "entities: ( { id = \"o\"; zone = \"America/Bogota\"; language = \"en\"; "
		  "accounts: (\n"
		  "{ id = \"sede\"; collector = \"accesslog\";\n"
		  "log = \"%s/%s\";\n"
		  "bots_directory = \"%s\"; } ); } );\n",
		  state_directory, place->control, place->path, log, bots_directory);
	write_file(place->config, text_str(&config));
}

static void fill(const struct place *place)
{
	char path[160];

	path_in(place, "access.log", path);
	write_file(path, "");
	path_in(place, LIST, path);
	write_file(path, "");
}

/* `check` ends with 1 and says this of line `line`. */
static void expect_lack(const struct place *place, int line, const char *words)
{
	SCOPED(text)
	struct text err = { 0 };

	text_addf(&err,
		  "%s:%d: %s\nmetricsctl: what %s names is not all on disk as it has to be: see "
		  "above\n",
		  place->config, line, words, place->config);
	expect(place, "check", 1, "", text_str(&err));
}

static void what_is_all_there_is_fine(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	fill(place);
	configure(place, place->path, "access.log", place->path);
	run(place, "check --lang en", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
}

static void log_that_is_not_there_hears_what_is(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text words = { 0 };

	fill(place);
	configure(place, place->path, "acces.log", place->path);
	text_addf(&words, "log: %s/acces.log is not there, did you mean \"access.log\"?",
		  place->path);
	expect_lack(place, 5, text_str(&words));
	configure(place, place->path, "nginx/otro.log", place->path);
	text_reset(&words);
	text_addf(&words,
		  "log: %s/nginx/otro.log is not there, for there is no directory %s/nginx: name "
		  "the file the web server writes now",
		  place->path, place->path);
	expect_lack(place, 5, text_str(&words));
}

/* Between the rotation and the first visit of the day there is none but the rotated ones. */
static void log_that_was_just_rotated_is_there(void **state)
{
	const struct place *place = *state;
	char path[160], rotated[160];
	SCOPED(said)
	struct said said = { 0 };

	fill(place);
	path_in(place, "access.log", path);
	path_in(place, "access.log.1", rotated);
	assert_int_equal(rename(path, rotated), 0);
	configure(place, place->path, "access.log", place->path);
	run(place, "check", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
}

static void list_of_robots_that_is_not_there_is_told(void **state)
{
	const struct place *place = *state;

	fill(place);
	configure(place, place->path, "access.log", "/nope");
	expect_lack(place, 6,
		    "bots_directory: /nope/" LIST " is not there, for there is no directory /nope: "
		    "leave bots_directory out to take the lists that were installed");
}

static void state_directory_that_is_not_there_hears_how_it_is_made(void **state)
{
	const struct place *place = *state;
	char path[160];
	SCOPED(text)
	struct text words = { 0 };

	fill(place);
	path_in(place, "none", path);
	configure(place, path, "access.log", place->path);
	text_addf(&words,
		  "state_directory: %s is not there: create it: install -d -m 2770 -o metricsd -g "
		  "metricsd %s",
		  path, path);
	expect_lack(place, 1, text_str(&words));
	write_file(path, "");
	text_reset(&words);
	text_addf(&words, "state_directory: %s is not a directory", path);
	expect_lack(place, 1, text_str(&words));
}

static void all_that_lacks_is_told_at_once_in_the_order_of_the_file(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	const char *at;

	configure(place, "/nope/state", "otro.log", "/nope");
	run(place, "check", &said);
	assert_int_equal(said.ends, 1);
	at = strstr(text_str(&said.err), ":1: state_directory: /nope/state is not there");
	assert_non_null(at);
	at = strstr(at, ":5: log: ");
	assert_non_null(at);
	assert_non_null(strstr(at, ":6: bots_directory: "));
}

/* Nothing else looks: figures are read and entered without the log of a web server. */
static void what_lacks_keeps_nobody_from_figures(void **state)
{
	const struct place *place = *state;

	configure(place, place->path, "otro.log", "/nope");
	expect(place, "enter sede views 2025-10 5", 0,
	       "o/sede views 2025-10: 5 (manual)\nEntry 1.\n", "");
}

/* Root may look everywhere, so this is for whoever is not. */
static void what_may_not_be_looked_at_from_here_is_a_warning(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text err = { 0 };
	SCOPED(said)
	struct said said = { 0 };
	char path[160];

	if (geteuid() == 0)
		skip();
	fill(place);
	path_in(place, "access.log", path);
	assert_int_equal(chmod(path, 0), 0);
	configure(place, place->path, "access.log", place->path);
	run(place, "check", &said);
	assert_int_equal(said.ends, 0);
	text_addf(
		&err,
		"%s:5: warning: log: %s cannot be read from here; the service has to be able to\n",
		place->config, path);
	assert_string_equal(text_str(&said.err), text_str(&err));
}

#define CHECK_TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_TEST(what_is_all_there_is_fine),
		CHECK_TEST(log_that_is_not_there_hears_what_is),
		CHECK_TEST(log_that_was_just_rotated_is_there),
		CHECK_TEST(list_of_robots_that_is_not_there_is_told),
		CHECK_TEST(state_directory_that_is_not_there_hears_how_it_is_made),
		CHECK_TEST(all_that_lacks_is_told_at_once_in_the_order_of_the_file),
		CHECK_TEST(what_lacks_keeps_nobody_from_figures),
		CHECK_TEST(what_may_not_be_looked_at_from_here_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
