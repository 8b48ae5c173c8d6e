/*
 * Words of others (titles, notes, error words of providers, names of files) that want to steer a
 * terminal, run in a page, be a formula or forge a line: they are refused where they come in, and
 * where some lie in the store all the same no output carries them on.
 */
#include "run.h"
#include "test.h"

#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/log.h"
#include "metricsd/utf8.h"

#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT "<script>alert(1)</script>"
#define PRINTABLE "=1+1 ;=1+1;" SCRIPT "\"'&|`*_[x](javascript:y)<img src=x onerror=y>"
#define BIDI "\xE2\x80\xAE"
#define ISOLATE "\xE2\x81\xA6"
#define C1 "\xC2\x9B"
#define LINE_SEPARATOR "\xE2\x80\xA8"

static const char printable[] = PRINTABLE;
static const char everything[] =
	PRINTABLE "\x1B[31m\x1B]0;x\x07" C1 "2J" BIDI ISOLATE LINE_SEPARATOR
		  "\xFF\x7F\r\n<3>metricsd: forged\t@";

/* In C's escapes, as libconfig reads them too. */
static const char printable_escaped[] =
	"=1+1 ;=1+1;" SCRIPT "\\\"'&|`*_[x](javascript:y)<img src=x onerror=y>";

/* --- what no output may have --- */

static void assert_steers_nothing(const char *what, const char *bytes, const char *kept)
{
	size_t left = strlen(bytes);

	for (const char *at = bytes; left;) {
		size_t size = strchr(kept, *at) ? 1 : utf8_shown(at, left);

		if (size == 0)
			fail_msg("%s: byte 0x%02x at %zu: %.60s", what, (unsigned char)*at,
				 (size_t)(at - bytes), at > bytes + 30 ? at - 30 : bytes);
		at += size;
		left -= size;
	}
}

/* One cell: what a spreadsheet would reckon is a number, or stands behind an apostrophe. */
static void assert_cell(const char *what, const char *cell)
{
	char *end;

	if (!*cell || !strchr("=+-@\t\r\n", *cell))
		return;
	(void)strtod(cell, &end);
	if (*end)
		fail_msg("%s: a cell begins a formula: %s", what, cell);
}

/* As a spreadsheet cuts it that takes `separator` for it; a quote that does not begin a cell is one
 * like any other character. */
static void assert_cells(const char *what, const char *bytes, char separator)
{
	SCOPED(text)
	struct text cell = TEXT_UP_TO(1 << 20);
	bool quoted = false;
	bool begins = true;

	for (const char *at = bytes; *at; at++) {
		if (*at == '"' && quoted && at[1] == '"') {
			text_add_char(&cell, *at++);
		} else if (*at == '"' && (quoted || begins)) {
			quoted = !quoted;
			begins = false;
		} else if (!quoted && (*at == separator || *at == '\r' || *at == '\n')) {
			assert_cell(what, text_str(&cell));
			text_reset(&cell);
			begins = true;
		} else {
			text_add_char(&cell, *at);
			begins = false;
		}
	}
	assert_false(quoted && separator == ',');
}

static void assert_csv(const char *what, const char *bytes)
{
	assert_cells(what, bytes, ',');
	assert_cells(what, bytes, ';');
	assert_cells(what, bytes, '\t');
}

static void assert_page(const char *what, const char *bytes)
{
	static const char *const bad[] = { SCRIPT, "<img src=x", "\"javascript:", "'&|" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strstr(bytes, bad[i]))
			fail_msg("%s has %s", what, bad[i]);
}

static void assert_markdown(const char *what, const char *bytes)
{
	if (strstr(bytes, "<script") || strstr(bytes, "<img") || strstr(bytes, "[x](") ||
	    strstr(bytes, "&|"))
		fail_msg("%s has words that Markdown takes for its own", what);
}

static void assert_json(const char *what, const char *bytes)
{
	SCOPED(json)
	cJSON *root = NULL;

	if (json_parse(bytes, strlen(bytes), &root, NULL) < 0)
		fail_msg("%s is no JSON", what);
}

/* By what the file or the words before it say it is. */
static void assert_harmless(const char *what, const char *bytes)
{
	size_t length = strlen(what);

	assert_steers_nothing(what, bytes, "\n\t\r");
	if (strstr(what, "csv"))
		assert_csv(what, bytes);
	if (strstr(what, ".html") || strstr(what, ".svg"))
		assert_page(what, bytes);
	if (strstr(what, ".md"))
		assert_markdown(what, bytes);
	if (length > 4 && strcmp(what + length - 4, "json") == 0)
		assert_json(what, bytes);
}

static void assert_file(const char *path)
{
	SCOPED(file)
	FILE *file = fopen(path, "r");
	SCOPED(text)
	struct text bytes = TEXT_UP_TO(16 << 20);
	char piece[4096];
	size_t got;

	assert_non_null(file);
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
		text_add_n(&bytes, piece, got);
	assert_true(bytes.length > 0);
	assert_harmless(path, text_str(&bytes));
}

/* --- an office of hostile words --- */

static void configure(const struct place *place)
{
	SCOPED(text)
	struct text config = { 0 };
	const char *words = printable_escaped;

	text_addf(
		&config,
		"state_directory = \"%s\";\ncontrol = \"%s\";\n"
		"tokens: ( { id = \"meta\"; kind = \"system-user\"; file = \"%s/token\"; } );\n"
		"entities: ( { id = \"o\"; name = \"%s\"; zone = \"America/Bogota\";"
		" language = \"en\"; notice = \"%s\";\n"
		"metrics: ( { id = \"news\"; kind = \"flow\"; label = \"%s\"; } );\n"
		"accounts: (\n"
		"{ id = \"facebook\"; title = \"%s\"; collector = \"facebook\"; page = \"1\";"
		" token = \"meta\"; },\n"
		"{ id = \"x\"; title = \"%s\"; collector = \"manual\";"
		" entered = [\"views\", \"news\"]; },\n"
		"{ id = \"events\"; title = \"%s\"; collector = \"events\"; } );\n"
		"groups: ( { id = \"all\"; title = \"%s\"; accounts = [\"facebook\", \"x\"]; } );\n"
		"derived: ( { id = \"sum.views\"; title = \"%s\"; formula = \"x.views\"; } ); } "
		");\n",
		place->path, place->control, place->path, words, words, words, words, words, words,
		words, words);
	write_file(place->config, text_str(&config));
}

static void must(const struct place *place, const char *const *words)
{
	SCOPED(said)
	struct said said = { 0 };

	run_words(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
}

#define MUST(place, ...) must(place, (const char *const[]){ __VA_ARGS__, NULL })

/* An account's state, a refused body, publications: as the daemon keeps them. */
static void collect(const struct place *place)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	const struct channel channel = {
		.entity = "o", .account = "facebook", .source = "facebook", .zone = "America/Bogota"
	};
	struct sweep_state state = { .started = place->now - 86400,
				     .last_failure = place->now - 60,
				     .failures = 3,
				     .class = ERROR_TOKEN,
				     .due = place->now + 600 };
	struct held held = { .scope = HOLD_TOKEN,
			     .key = "meta",
			     .until = place->now + 600,
			     .why = "asked too often" };
	struct error err;

	text_set(&state.words, "the token is not valid any more");
	assert_int_equal(store_sweep_save(store, "o", "facebook", SWEEP_DAILY, &state, &err), 0);
	assert_int_equal(store_refuse(store, &channel, place->now, "insights", 200, "not JSON",
				      everything, sizeof(everything) - 1, &err),
			 0);
	assert_int_equal(store_hold(store, &held, &err), 0);
	sweep_state_clear(&state);
}

/* All that people and providers wrote is hostile now, as no door would have let it in. */
static void poison(const struct place *place)
{
	static const char *const columns[][2] = {
		{ "detail", "person" },  { "detail", "note" },     { "detail", "evidence" },
		{ "phrase", "text" },    { "record", "title" },    { "record", "responsible" },
		{ "record", "note" },    { "record", "evidence" }, { "sweep", "words" },
		{ "hold", "why" },       { "refused", "what" },    { "refused", "words" },
		{ "closing", "person" }, { "closing", "note" },    { "definition", "text" },
		{ "token", "words" },    { "token", "refused" },   { "lapse", "words" },
		{ "alert", "subject" },  { "alert", "words" },     { "metric_state", "words" },
	};
	/* times: of the clock's January */
	static const char rows[] =
		"INSERT INTO token (name, state, checked, lacks, words, refused)"
		" VALUES ('meta', 'invalid', 1768400000, '', '', '');"
		"INSERT INTO lapse (account, sweep, since, class, words)"
		" SELECT id, 0, 1768000000, 'token', '' FROM account WHERE name = 'facebook';"
		"INSERT INTO alert (cause, kind, since, entity, subject, words)"
		" VALUES ('token meta', 'trouble', 1768000000, 'o', '', '');";
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(place->database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		sqlite3_stmt *statement = NULL;
		char sql[160];

		(void)snprintf(sql, sizeof(sql), "UPDATE %s SET %s = ?1 || rowid", columns[i][0],
			       columns[i][1]);
		if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
			(void)snprintf(sql, sizeof(sql), "UPDATE %s SET %s = ?1", columns[i][0],
				       columns[i][1]); /* it has no rowid */
			assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL),
					 SQLITE_OK);
		}
		assert_int_equal(sqlite3_bind_text(statement, 1, everything, -1, SQLITE_STATIC),
				 SQLITE_OK);
		assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
		assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int make_hostile_place(void **state)
{
	struct place *place;
	char file[128];

	assert_int_equal(make_place(state), 0);
	place = *state;
	configure(place);
	MUST(place, "enter", "x", "views", "2025-10", "2106", "--note", printable, "--by",
	     printable);
	MUST(place, "enter", "x", "views", "2025-09", "12");
	MUST(place, "enter", "x", "views", "2025-09", "13", "--note", printable);
	MUST(place, "record", "event", "--date", "2025-10-06", "--title", printable,
	     "--responsible", printable, "--attendees", "12");
	(void)snprintf(file, sizeof(file), "%s/=1+1<script>.csv", place->path);
	write_file(file, "period,account,metric,value,note\n2025-10,x,news,5,\"=1+1\"\n"
			 "2025-10,x,views,2000,\n");
	MUST(place, "import", file);
	MUST(place, "close", "2025-09", "--anyway", "--by", printable, "--note", printable);
	collect(place);
	poison(place);
	return 0;
}

/* --- the doors --- */

static void words_that_steer_are_refused_where_they_come_in(void **state)
{
	static const char *const hostile[] = { "a\x1B[31m",  "a" C1 "31m",
					       "a" BIDI "b", "a\nb",
					       "a\rb",       "a\x7F",
					       "a\xFF",      ("a" LINE_SEPARATOR) };
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		const char *commands[][9] = {
			{ "enter", "x", "views", "2025-11", "1", "--note", hostile[i], NULL },
			{ "enter", "x", "views", "2025-11", "1", "--by", hostile[i], NULL },
			{ "enter", "x", "views", "2025-11", hostile[i], NULL },
			{ "record", "event", "--date", "2025-11-01", "--title", hostile[i], NULL },
			{ "import", hostile[i], NULL },
			{ "verify", hostile[i], NULL },
			{ "summary", hostile[i], NULL },
			{ hostile[i], NULL },
			{ "summary", "--entity", hostile[i], NULL },
			{ "report", "2025-10", "--definition", hostile[i], "-o", "x.html", NULL },
		};

		for (size_t k = 0; k < sizeof(commands) / sizeof(commands[0]); k++) {
			SCOPED(said)
			struct said said = { 0 };

			run_words(place, commands[k], &said);
			assert_true(said.ends == 2 || said.ends == 3);
			assert_steers_nothing(commands[k][0], text_str(&said.err), "\n");
			assert_string_equal(text_str(&said.out), "");
		}
	}
}

static void a_title_that_steers_is_a_mistake_of_the_configuration(void **state)
{
	static const char *const hostile[] = { "a\\x1b[31m", "a" C1 "31m", "a" BIDI "b", "a\\nb" };
	const struct place *place = *state;
	char config[128];

	(void)snprintf(config, sizeof(config), "%s/other.conf", place->path);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		SCOPED(text)
		struct text bytes = { 0 };
		SCOPED(said)
		struct said said = { 0 };
		const char *const words[] = { "check", "-c", config, NULL };

		text_addf(&bytes,
			  "entities: ( { id = \"o\"; name = \"%s\"; zone = \"%s\"; accounts: ("
			  " { id = \"x\"; collector = \"manual\"; entered = [\"views\"]; } ); } );",
			  hostile[i], hostile[i]);
		write_file(config, text_str(&bytes));
		run_words(place, words, &said);
		assert_int_equal(said.ends, 3);
		assert_non_null(strstr(text_str(&said.err), "control character"));
		assert_steers_nothing("check", text_str(&said.err), "\n");
	}
}

static void what_a_file_says_wrongly_is_named_without_what_steers(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text bytes = { 0 };
	SCOPED(said)
	struct said said = { 0 };
	char file[128];
	const char *words[] = { "import", file, NULL };

	(void)snprintf(file, sizeof(file), "%s/wrong.csv", place->path);
	text_addf(&bytes, "period,account,metric,value\n\"%s\",x,views,1\n2025-10,\"%s\",views,1\n",
		  "\x1B[31m" C1 BIDI, "\x1B[31m" C1 BIDI);
	write_file(file, text_str(&bytes));
	run_words(place, words, &said);
	assert_true(said.ends > 0);
	assert_steers_nothing("import", text_str(&said.err), "\n");
}

static void words_of_an_error_and_of_the_log_steer_nothing(void **state)
{
	struct error err;
	char bytes[4096] = { 0 };
	int ends[2];
	int before = dup(STDERR_FILENO);

	(void)state;
	(void)error_set(&err, ERROR_REQUEST, "code 100: %s", everything);
	assert_steers_nothing("error", err.text, "");
	(void)error_within(&err, "%s", everything);
	assert_steers_nothing("error", err.text, "");
	assert_int_equal(pipe(ends), 0);
	(void)dup2(ends[1], STDERR_FILENO);
	log_warning("facebook: %s", everything);
	(void)dup2(before, STDERR_FILENO);
	(void)close(before);
	(void)close(ends[1]);
	assert_true(read(ends[0], bytes, sizeof(bytes) - 1) > 0);
	(void)close(ends[0]);
	assert_int_equal(strcspn(bytes, "\n") + 1, strlen(bytes));
	assert_steers_nothing("log", bytes, "\n");
}

static void assert_malformed(const char *bytes, size_t length)
{
	cJSON *root = NULL;
	struct error err;

	assert_int_equal(json_parse(bytes, length, &root, &err), -1);
	assert_int_equal(err.class, ERROR_MALFORMED);
	assert_null(root);
}

#define assert_text_malformed(text) assert_malformed(text, sizeof(text) - 1)

static void an_answer_too_deep_too_wide_or_cut_in_its_texts_is_refused(void **state)
{
	enum { MANY = 3 << 20 };
	SCOPED(memory)
	char *bytes = memory_new(MANY, 1);

	(void)state;
	memset(bytes, '[', MANY);
	assert_malformed(bytes, MANY);
	for (size_t i = 1; i < MANY; i++)
		bytes[i] = i % 2 ? '0' : ',';
	bytes[MANY - 1] = ']';
	assert_malformed(bytes, MANY);
	assert_text_malformed("{\"id\":\"12\\u00003\"}");
	assert_text_malformed("{\"id\":\"12\0003\"}");
	assert_text_malformed("{\"id\":\"12\xFF\"}");
	assert_text_malformed("{\"id\":12} x");
}

static void a_number_without_end_is_no_number(void **state)
{
	static const char bytes[] = "{\"a\":1e999,\"b\":9007199254740993,\"c\":1.5,"
				    "\"d\":\"99999999999999999999\"}";
	SCOPED(json)
	cJSON *root = NULL;
	struct error err;
	int64_t number;

	(void)state;
	assert_int_equal(json_parse(bytes, sizeof(bytes) - 1, &root, &err), 0);
	assert_int_equal(json_int(root, "a", &number, &err), -1);
	assert_int_equal(json_int(root, "c", &number, &err), -1);
	assert_int_equal(json_int(root, "d", &number, &err), -1);
}

/* --- the outputs --- */

static void no_output_carries_hostile_words_on(void **state)
{
	static const char *const commands[] = {
		"summary 2025-10",
		"summary 2025-09",
		"series x views 2025-10",
		"explain x views 2025-09",
		"explain x views 2025-10",
		"explain x news 2025-10",
		"explain facebook visits 2025-10",
		"explain sum.views 2025-10",
		"explain events events 2025-10",
		"explain all posts 2025-10",
		"entries",
		"pending 2025-10",
		"reconcile 2025-10",
		"status",
		"gaps 2026-01",
		"alerts",
		"accounts",
		"record --list",
		"record --history 1",
		"close --list",
		"check",
	};
	static const char *const formats[] = { "table", "csv", "json", "prometheus" };
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		for (size_t k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
			SCOPED(said)
			struct said said = { 0 };
			SCOPED(text)
			struct text words = { 0 };

			text_addf(&words, "%s --format %s", commands[i], formats[k]);
			run(place, text_str(&words), &said);
			assert_steers_nothing(commands[i], text_str(&said.err), "\n");
			if (said.out.length)
				assert_harmless(text_str(&words), text_str(&said.out));
			else if (said.ends != 2) /* it has no such format */
				fail_msg("%s says nothing", text_str(&words));
		}
	}
}

static void the_line_for_nagios_is_one_line(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	const char *line;

	run(place, "status --nagios", &said);
	line = text_str(&said.out);
	assert_steers_nothing("nagios", line, "\n");
	assert_int_equal(strcspn(line, "\n") + 1, strlen(line));
	assert_ptr_equal(strchr(line, '|'), strrchr(line, '|'));
}

static void no_report_carries_hostile_words_on(void **state)
{
	static const char definition[] = METRICSD_SOURCE "/etc/reports/mensual.conf";
	static const char *const names[] = { "o.html", "o.md", "o.csv", "o.json", "o.xlsx" };
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		SCOPED(said)
		struct said said = { 0 };
		char path[128];
		const char *words[] = { "report", "2025-10", "--definition", definition, "-o",
					path,     NULL };

		(void)snprintf(path, sizeof(path), "%s/%s", place->path, names[i]);
		run_words(place, words, &said);
		assert_string_equal(text_str(&said.err), "");
		if (!strstr(path, "xlsx"))
			assert_file(path);
	}
}

static void a_sheet_of_a_workbook_has_no_formula_but_its_own(void **state)
{
	const struct place *place = *state;
	char command[512], pattern[160];
	glob_t found = { 0 };

	(void)snprintf(command, sizeof(command), "python3 -m zipfile -e %s/o.xlsx %s/book",
		       place->path, place->path);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): our own words */
	(void)snprintf(pattern, sizeof(pattern), "%s/book/xl/worksheets/*.xml", place->path);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		SCOPED(file)
		FILE *file = fopen(found.gl_pathv[i], "r");
		SCOPED(memory)
		char *bytes = memory_new(4 << 20, 1);

		assert_non_null(file);
		assert_true(fread(bytes, 1, (4 << 20) - 1, file) > 0);
		assert_null(strstr(bytes, "<f>1+1"));
		assert_null(strstr(bytes, "<f>=1+1"));
		assert_null(strstr(bytes, SCRIPT));
		assert_steers_nothing(found.gl_pathv[i], bytes, "\r\n");
	}
	globfree(&found);
}

static void no_folder_and_no_picture_carries_hostile_words_on(void **state)
{
	const struct place *place = *state;
	char folder[128], picture[128], pattern[160];
	glob_t found = { 0 };

	(void)snprintf(folder, sizeof(folder), "%s/data", place->path);
	(void)snprintf(picture, sizeof(picture), "%s/x.svg", place->path);
	(void)snprintf(pattern, sizeof(pattern), "%s/*.*", folder);
	MUST(place, "export", "2025-10", "--open-data", folder);
	MUST(place, "chart", "x", "views", "2025-10", "-o", picture);
	assert_file(picture);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 4);
	for (size_t i = 0; i < found.gl_pathc; i++)
		assert_file(found.gl_pathv[i]);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_steer_are_refused_where_they_come_in),
		cmocka_unit_test(a_title_that_steers_is_a_mistake_of_the_configuration),
		cmocka_unit_test(what_a_file_says_wrongly_is_named_without_what_steers),
		cmocka_unit_test(words_of_an_error_and_of_the_log_steer_nothing),
		cmocka_unit_test(an_answer_too_deep_too_wide_or_cut_in_its_texts_is_refused),
		cmocka_unit_test(a_number_without_end_is_no_number),
		cmocka_unit_test(no_output_carries_hostile_words_on),
		cmocka_unit_test(the_line_for_nagios_is_one_line),
		cmocka_unit_test(no_report_carries_hostile_words_on),
		cmocka_unit_test(a_sheet_of_a_workbook_has_no_formula_but_its_own),
		cmocka_unit_test(no_folder_and_no_picture_carries_hostile_words_on),
	};

	return cmocka_run_group_tests(tests, make_hostile_place, clear_place);
}
