/*
 * Closing a period, what is kept of it, and opening it again.
 */
#include "run.h"
#include "test.h"

#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/json.h"

#include <stdio.h>
#include <string.h>

#define EXAMPLES METRICSD_SOURCE "/examples"

enum { FILE_MAX = 1 << 20, HASH = 64 };

/* What a file holds, byte for byte. */
static void read_file(const char *path, struct text *ret)
{
	SCOPED(file)
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	ret->max = FILE_MAX;
	read_all(fileno(file), ret);
}

static void do_quietly(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
}

static void import_the_quarter(const struct place *place)
{
	do_quietly(place, "import " EXAMPLES "/monthly.csv");
	do_quietly(place, "record events --from " EXAMPLES "/events.csv");
	do_quietly(place, "record campaigns --from " EXAMPLES "/campaigns.csv");
}

/* What sha256sum says of the file. */
static void sha256sum(const char *path, char ret[HASH + 1])
{
	char command[256];
	FILE *pipe;

	(void)snprintf(command, sizeof(command), "sha256sum '%s'", path);
	/* NOLINTNEXTLINE(cert-env33-c): the program an auditor runs */
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fread(ret, 1, HASH, pipe), HASH);
	ret[HASH] = '\0';
	assert_int_equal(pclose(pipe), 0);
}

/* The closings of `close --list`, or what closing printed. */
static cJSON *run_json(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };
	cJSON *root = NULL;

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
	assert_int_equal(json_parse(text_str(&said.out), said.out.length, &root, NULL), 0);
	return root;
}

static const cJSON *nth(const cJSON *root, int index)
{
	return cJSON_GetArrayItem(json_array(root, "records"), index);
}

/* Closes the quarter into a file of that name in the place; `ret` is the hash it prints. */
static void close_quarter(const struct place *place, const char *name, char ret[HASH + 1])
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(json)
	cJSON *root = NULL;

	text_addf(&words, "close 2025-Q4 --format json -o %s/%s", place->path, name);
	root = run_json(place, text_str(&words));
	assert_int_equal(strlen(json_text(nth(root, 0), "sha256")), HASH);
	memcpy(ret, json_text(nth(root, 0), "sha256"), HASH + 1);
}

static void the_file_is_what_sha256sum_hashes_byte_for_byte(void **state)
{
	const struct place *place = *state;
	char printed[HASH + 1], summed[HASH + 1], path[128];
	SCOPED(text)
	struct text bytes = { 0 };
	SCOPED(json)
	cJSON *root = NULL;

	import_the_quarter(place);
	close_quarter(place, "q4.json", printed);
	(void)snprintf(path, sizeof(path), "%s/q4.json", place->path);
	sha256sum(path, summed);
	assert_string_equal(printed, summed);
	read_file(path, &bytes);
	assert_int_equal(json_parse(text_str(&bytes), bytes.length, &root, NULL), 0);
	assert_string_equal(json_text(root, "period"), "2025-Q4");
	/* canonical: no line end, no blanks between, raw numbers */
	assert_int_equal(bytes.bytes[bytes.length - 1], '}');
	assert_null(strchr(text_str(&bytes), '\n'));
	assert_null(strstr(text_str(&bytes), "\": "));
	assert_non_null(strstr(text_str(&bytes), "\"low\":94196,"));
}

static void the_same_data_give_the_same_hash_in_another_store_and_another_order(void **state)
{
	const struct place *place = *state;
	char first[HASH + 1], second[HASH + 1];

	import_the_quarter(place);
	close_quarter(place, "a.json", first);
	remove_database(place);
	do_quietly(place, "record campaigns --from " EXAMPLES "/campaigns.csv");
	do_quietly(place, "record events --from " EXAMPLES "/events.csv");
	/* said wrong first: another origin, a revision, the same data */
	do_quietly(place, "enter x views 2025-10 2107 --source csv");
	do_quietly(place, "import " EXAMPLES "/monthly.csv --by Berta");
	close_quarter(place, "b.json", second);
	assert_string_equal(first, second);
}

static void another_number_gives_another_hash(void **state)
{
	char first[HASH + 1], second[HASH + 1];

	import_the_quarter(*state);
	close_quarter(*state, "a.json", first);
	remove_database(*state);
	import_the_quarter(*state);
	do_quietly(*state, "enter x views 2025-10 2107 --source csv");
	close_quarter(*state, "b.json", second);
	assert_string_not_equal(first, second);
}

static void later_entries_leave_what_was_closed_as_it_was(void **state)
{
	const struct place *place = *state;
	char before[HASH + 1], words[192], path[128], summed[HASH + 1];
	SCOPED(said)
	struct said said = { 0 };

	import_the_quarter(place);
	close_quarter(place, "q4.json", before);
	do_quietly(place, "enter instagram visits 2025-12 1219");
	(void)snprintf(path, sizeof(path), "%s/again.json", place->path);
	(void)snprintf(words, sizeof(words), "close 2025-Q4 --show -o %s", path);
	run(place, words, &said);
	assert_int_equal(said.ends, 0);
	assert_non_null(strstr(text_str(&said.out), before));
	sha256sum(path, summed);
	assert_string_equal(before, summed);
}

static void a_period_that_still_runs_or_has_not_begun_is_refused(void **state)
{
	import_the_quarter(*state);
	expect(*state, "close 2026-01", 1, "",
	       "metricsctl: 2026-01 still runs: close it when it is over, from 2026-02-01 on, or "
	       "close it --anyway\n");
	expect(*state, "close 2026-02 --anyway", 2, "",
	       "metricsctl: 2026-02 has not begun: it begins on 2026-02-01\n");
	do_quietly(*state, "enter x views 2026-01-01..2026-01-10 7");
	{
		SCOPED(said)
		struct said said = { 0 };

		run(*state, "close 2026-01 --anyway", &said);
		assert_int_equal(said.ends, 0);
		assert_non_null(strstr(text_str(&said.err), "x views is provisional"));
	}
}

static void risks_nobody_has_looked_at_since_the_period_began_hinder_closing(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	import_the_quarter(*state);
	do_quietly(*state, "record risks --from " EXAMPLES "/risks.csv");
	run(*state, "close 2025-Q4", &said);
	assert_int_equal(said.ends, 1);
	assert_string_equal(text_str(&said.out), "");
	assert_non_null(strstr(text_str(&said.err),
			       "riesgos \"Posibilidad de retrasos en la publicación de la "
			       "información interna y externa\": its verdict is of 2025-07-04, "
			       "before its period began\n"));
	assert_non_null(strstr(text_str(&said.err), "2025-Q4 was not closed"));
	expect(*state, "close 2025-Q4 --show", 2, "", "metricsctl: 2025-Q4 is not closed\n");
}

static void incomplete_figures_are_said_and_closed_as_they_are(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	import_the_quarter(*state);
	run(*state, "close 2025-Q4 --lang en", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
	assert_non_null(strstr(text_str(&said.out), "figures are incomplete and are closed as "
						    "they are.\n"));
}

/* A Page an API reads. */
static void write_collected(const struct place *place)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "tokens: ( { id = \"meta\"; kind = \"page\"; file = \"%s/token\"; } );\n"
		  "entities: ( { id = \"real\"; name = \"Personería\"; zone = \"America/Bogota\";\n"
		  "  language = \"en\";\n"
		  "  accounts: ( { id = \"facebook\"; title = \"Facebook\"; collector = "
		  "\"facebook\";\n"
		  "    page = \"104000000000001\"; token = \"meta\"; } ); } );\n",
		  place->path, place->control, place->path);
	write_file(place->config, text_str(&config));
}

/* Every day of December, as an API said it. */
static void store_december(const struct place *place)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_PERSON);
	/* as the collector has it */
	const struct metric visits = {
		.id = "visits",
		.kind = METRIC_FLOW,
		.settles_days = 3,
		.revisable_days = 28,
	};
	const struct origin origin = { .kind = ORIGIN_REQUEST, .at = place->now, .what = "x" };
	struct entry entries[31];
	struct changes changes;

	for (int i = 0; i < 31; i++)
		entries[i] = (struct entry){
			.entity = "real",
			.account = "facebook",
			.source = "facebook",
			.zone = "America/Los_Angeles",
			.metric = &visits,
			.window = { day_of(2025, 12, 1 + i), 1 },
			.value = 10,
		};
	assert_int_equal(store_enter(store, entries, 31, &origin, &changes, &(struct error){ 0 }),
			 0);
}

static void revisable_figures_are_said_and_may_be_closed_provisional_ones_may_not(void **state)
{
	struct place *place = *state;
	SCOPED(said)
	struct said early = { 0 };
	SCOPED(said)
	struct said later = { 0 };

	write_collected(place);
	assert_int_equal(time_parse("2026-01-02T17:00:00Z", &place->now, NULL), 0);
	store_december(place);
	run(place, "close 2025-12", &early);
	assert_int_equal(early.ends, 1);
	assert_non_null(strstr(text_str(&early.err), "facebook visits is provisional"));
	assert_int_equal(time_parse("2026-01-10T17:00:00Z", &place->now, NULL), 0);
	run(place, "close 2025-12", &later);
	assert_string_equal(text_str(&later.err), "");
	assert_int_equal(later.ends, 0);
	assert_non_null(strstr(text_str(&later.out), "may still be revised"));
}

static void closing_twice_is_refused_until_it_was_reopened_with_a_reason(void **state)
{
	char first[HASH + 1], second[HASH + 1];
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *old, *new;

	import_the_quarter(*state);
	close_quarter(*state, "a.json", first);
	expect(*state, "close 2025-Q4", 2, "",
	       "metricsctl: 2025-Q4 is closed already: `metricsctl close 2025-Q4 --show` shows it, "
	       "`metricsctl reopen 2025-Q4 --why TEXT` opens it again\n");
	expect(*state, "reopen 2025-Q4", 2, "",
	       "metricsctl: reopen wants --why TEXT: it is kept with what was closed\n");
	expect(*state, "reopen 2025-Q3 --why error", 2, "", "metricsctl: 2025-Q3 is not closed\n");
	do_quietly(*state, "reopen 2025-Q4 --by Berta --why diciembre");
	do_quietly(*state, "enter instagram visits 2025-12 1219");
	close_quarter(*state, "b.json", second);
	assert_string_not_equal(first, second);
	root = run_json(*state, "close --list --format json");
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 2);
	old = nth(root, 0);
	new = nth(root, 1);
	assert_string_equal(json_text(old, "sha256"), first);
	assert_string_equal(json_text(old, "by"), "ana");
	assert_string_equal(json_text(old, "reopened_by"), "Berta");
	assert_string_equal(json_text(old, "reopened_why"), "diciembre");
	assert_string_equal(json_text(old, "reopened_at"), NOW);
	assert_string_equal(json_text(new, "sha256"), second);
	assert_null(json_text(new, "reopened_at"));
}

static void what_was_closed_can_be_listed_and_shown(void **state)
{
	static const char *const words[] = {
		"close", "2025-Q4", "--by", "Ana Gómez", "--note", "acta 12", "--lang", "en", NULL,
	};
	SCOPED(said)
	struct said closed = { 0 };
	SCOPED(said)
	struct said listed = { 0 };

	import_the_quarter(*state);
	expect(*state, "close --list --lang en", 0,
	       "Personería de Itagüí\n\nNo period was closed.\n", "");
	run_words(*state, words, &closed);
	assert_int_equal(closed.ends, 0);
	run(*state, "close --list --lang en", &listed);
	assert_int_equal(listed.ends, 0);
	assert_non_null(strstr(text_str(&listed.out),
			       "2025-Q4: closed Jan 15, 2026, Ana Gómez · acta 12\n  SHA-256 "));
	expect(*state, "close", 2, "",
	       "metricsctl: close wants PERIOD, or --list; see metricsctl close --help\n");
	expect(*state, "close --list 2025-Q4", 2, "", "metricsctl: close --list takes no period\n");
}

static void an_empty_store_has_nothing_to_close(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	run(*state, "close 2025-Q4", &said);
	assert_int_equal(said.ends, 3);
	assert_non_null(strstr(text_str(&said.err), "is not there yet"));
}

static void a_file_that_cannot_be_written_is_said_and_the_figures_are_kept(void **state)
{
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;

	import_the_quarter(*state);
	run(*state, "close 2025-Q4 -o /nowhere/at/all.json", &said);
	assert_int_equal(said.ends, 3);
	assert_string_equal(text_str(&said.err),
			    "metricsctl: /nowhere/at/all.json cannot be written: No such file or "
			    "directory\n");
	root = run_json(*state, "close --list --format json");
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 1);
}

static void the_layout_is_documented_in_its_order(void **state)
{
	import_the_quarter(*state);
	assert_documented(*state, "close 2025-Q4 --format csv", "## metricsd.closings");
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, clear_place)
	const struct CMUnitTest tests[] = {
		IN_PLACE(the_file_is_what_sha256sum_hashes_byte_for_byte),
		IN_PLACE(the_same_data_give_the_same_hash_in_another_store_and_another_order),
		IN_PLACE(another_number_gives_another_hash),
		IN_PLACE(later_entries_leave_what_was_closed_as_it_was),
		IN_PLACE(a_period_that_still_runs_or_has_not_begun_is_refused),
		IN_PLACE(risks_nobody_has_looked_at_since_the_period_began_hinder_closing),
		IN_PLACE(incomplete_figures_are_said_and_closed_as_they_are),
		IN_PLACE(revisable_figures_are_said_and_may_be_closed_provisional_ones_may_not),
		IN_PLACE(closing_twice_is_refused_until_it_was_reopened_with_a_reason),
		IN_PLACE(what_was_closed_can_be_listed_and_shown),
		IN_PLACE(an_empty_store_has_nothing_to_close),
		IN_PLACE(a_file_that_cannot_be_written_is_said_and_the_figures_are_kept),
		IN_PLACE(the_layout_is_documented_in_its_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
