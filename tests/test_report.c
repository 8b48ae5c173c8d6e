#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"
#include "metricsd/report.h"

#include <stdio.h>
#include <string.h>

enum { OCTOBER = 20362 }; /* 2025-10-01 */

/* What is written to a stream, as text. */
struct capture {
	char *bytes;
	size_t length;
	FILE *out;
};

static void capture_begin(struct capture *capture)
{
	*capture = (struct capture){ 0 };
	capture->out = open_memstream(&capture->bytes, &capture->length);
	assert_non_null(capture->out);
}

static const char *capture_end(struct capture *capture)
{
	assert_int_equal(fclose(capture->out), 0);
	return capture->bytes;
}

static struct language *speak(const char *name)
{
	struct language *language = NULL;
	struct error err;

	assert_int_equal(language_open(name, NULL, &language, &err), 0);
	return language;
}

/* What was printed is what the file says. METRICSD_REWRITE=1 writes the files anew, to be looked
 * at. */
static void assert_fixture(const char *name, const char *printed)
{
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(file)
	FILE *file = NULL;
	SCOPED(memory)
	char *all = memory_new(1 << 20, 1);

	text_addf(&path, METRICSD_FIXTURES "/report/%s", name);
	if (getenv("METRICSD_REWRITE")) {
		file = fopen(text_str(&path), "w");
		assert_non_null(file);
		assert_true(fputs(printed, file) >= 0);
		return;
	}
	file = fopen(text_str(&path), "r");
	assert_non_null(file);
	assert_true(fread(all, 1, (1 << 20) - 1, file) > 0);
	assert_string_equal(printed, all);
}

/* --- languages */

static void numbers_are_grouped_as_colombia_does_and_as_english_does(void **state)
{
	static const struct {
		const char *language;
		int64_t number;
		const char *text;
	} rows[] = {
		{ "es", 2106, "2.106" },      { "es-CO", 34811, "34.811" },
		{ "en", 2106, "2,106" },      { "es-CO", 0, "0" },
		{ "es-CO", -1234, "-1.234" }, { "en", 1234567890123, "1,234,567,890,123" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(language)
		struct language *language = speak(rows[i].language);
		SCOPED(text)
		struct text text = { 0 };

		language_number(language, rows[i].number, &text);
		assert_string_equal(text_str(&text), rows[i].text);
	}
}

static void two_languages_in_one_process_keep_apart(void **state)
{
	SCOPED(language)
	struct language *spanish = speak("es");
	SCOPED(language)
	struct language *english = speak("en");

	(void)state;
	language_use(spanish);
	assert_string_equal(say("Viewers"), "Espectadores");
	language_use(english);
	assert_string_equal(say("Viewers"), "Viewers");
	language_use(spanish);
	assert_string_equal(say("Viewers"), "Espectadores");
	assert_string_equal(say("a text nobody translated"), "a text nobody translated");
}

static void periods_are_named_as_offices_name_them(void **state)
{
	static const struct {
		const char *language, *period, *text;
	} rows[] = {
		{ "es", "2025-10", "octubre de 2025" },
		{ "en", "2025-10", "October 2025" },
		{ "es", "2025-Q4", "IV trim. 2025" },
		{ "en", "2025-Q4", "Q4 2025" },
		{ "en", "2025-B5", "bimester 5, 2025" },
		{ "en", "2026-S1", "H1 2026" },
		{ "es", "2025-B5", "V bim. 2025" },
		{ "es", "2026-S1", "I sem. 2026" },
		{ "es", "2025", "2025" },
		{ "es", "2024..2027", "2024–2027" },
		{ "es", "2025-10-01..2025-11-15", "1 oct 2025 – 15 nov 2025" },
		{ "en", "2025-10-01..2025-11-15", "Oct 1, 2025 – Nov 15, 2025" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(language)
		struct language *language = speak(rows[i].language);
		SCOPED(text)
		struct text text = { 0 };
		struct period period;

		assert_int_equal(period_parse(rows[i].period, &period, NULL), 0);
		language_period(language, &period, &text);
		assert_string_equal(text_str(&text), rows[i].text);
	}
}

static void a_word_that_is_no_language_is_refused(void **state)
{
	static const char *const words[] = { "", "spanish", "ES", "es_CO", "es-", "../../etc" };
	struct language *language;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(language_open(words[i], NULL, &language, &err), -1);
	assert_string_equal(err.text, "\"../../etc\" is not a language: expected es-CO, es or en");
}

/* --- grids */

static void cells_are_aligned_by_what_they_take_on_a_screen(void **state)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	SCOPED(memory)
	char *bytes = NULL;
	struct capture capture;
	const struct look look = { 0 };

	(void)state;
	grid_begin(&grid, "lr");
	grid_cell(&grid, PAINT_PLAIN, "año");
	grid_cell(&grid, PAINT_PLAIN, "≥ 1 ± 2");
	grid_end_row(&grid);
	grid_cell(&grid, PAINT_PLAIN, "日本");
	grid_cell(&grid, PAINT_PLAIN, "—");
	grid_end_row(&grid);
	grid_cell(&grid, PAINT_PLAIN, "abcd");
	grid_cell(&grid, PAINT_PLAIN, "");
	grid_end_row(&grid);
	capture_begin(&capture);
	grid_print(&grid, &look, capture.out);
	(void)capture_end(&capture);
	bytes = capture.bytes;
	assert_string_equal(bytes, "año   ≥ 1 ± 2\n"
				   "日本        —\n"
				   "abcd\n");
}

static void what_would_steer_a_terminal_is_shown_as_question_marks(void **state)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	SCOPED(memory)
	char *bytes = NULL;
	struct capture capture;
	const struct look look = { 0 };

	(void)state;
	grid_begin(&grid, "l");
	grid_cell(&grid, PAINT_PLAIN,
		  "a\033[31mb\xC2\x9B"
		  "c\nd");
	grid_end_row(&grid);
	capture_begin(&capture);
	grid_print(&grid, &look, capture.out);
	(void)capture_end(&capture);
	bytes = capture.bytes;
	assert_string_equal(bytes, "a?[31mb?c?d\n");
}

static void colour_is_used_only_when_it_is_wanted(void **state)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	SCOPED(memory)
	char *bytes = NULL;
	struct capture capture;
	const struct look look = { .colour = true };

	(void)state;
	grid_begin(&grid, "l");
	grid_cell(&grid, PAINT_BAD, "x");
	grid_end_row(&grid);
	capture_begin(&capture);
	grid_print(&grid, &look, capture.out);
	(void)capture_end(&capture);
	bytes = capture.bytes;
	assert_string_equal(bytes, "\033[31mx\033[0m\n");
}

/* --- records */

static char *records_of(enum report_format format, const char *text)
{
	const struct days days = { .ranges = { { OCTOBER, 3 }, { OCTOBER + 5, 1 } }, .count = 2 };
	const char *const names[] = { "a", "b", NULL };
	struct records records;
	struct capture capture;

	capture_begin(&capture);
	records_begin(&records, format, "metricsd.test", 7, capture.out);
	for (int i = 0; i < 2; i++) {
		records_next(&records);
		records_text(&records, "text", text);
		records_number(&records, "number", -5);
		records_flag(&records, "flag", true);
		records_day(&records, "day", DAY_NONE);
		records_days(&records, "days", &days);
		records_names(&records, "names", names);
	}
	records_end(&records);
	(void)capture_end(&capture);
	return capture.bytes;
}

static void csv_quotes_what_rfc_4180_says_and_disarms_formulas(void **state)
{
	SCOPED(memory)
	char *plain = records_of(REPORT_CSV, "plain");
	SCOPED(memory)
	char *formula = records_of(REPORT_CSV, "=1+1,\"x\"\n");

	(void)state;
	assert_string_equal(plain,
			    "version,text,number,flag,day,days,names\r\n"
			    "7,plain,-5,true,,\"2025-10-01..2025-10-03,2025-10-06\",a b\r\n"
			    "7,plain,-5,true,,\"2025-10-01..2025-10-03,2025-10-06\",a b\r\n");
	assert_non_null(strstr(formula, "\r\n7,\"'=1+1,\"\"x\"\"\n\",-5,"));
}

static void json_is_strict_whatever_bytes_come(void **state)
{
	SCOPED(memory)
	char *bytes = records_of(REPORT_JSON, "\"\\\n\x01ñ\xF1\xED\xA0\x80");
	SCOPED(json)
	cJSON *root = NULL;
	struct error err;

	(void)state;
	assert_int_equal(json_parse(bytes, strlen(bytes), &root, &err), 0);
	assert_string_equal(json_text(root, "format"), "metricsd.test");
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 2);
	assert_string_equal(json_text(cJSON_GetArrayItem(json_array(root, "records"), 1), "text"),
			    "\"\\\n\x01ñ\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
	assert_non_null(strstr(bytes,
			       "\"days\":[{\"first\":\"2025-10-01\",\"last\":\"2025-10-03\"},"
			       "{\"first\":\"2025-10-06\",\"last\":\"2025-10-06\"}]"));
	assert_non_null(strstr(bytes, "\"names\":[\"a\",\"b\"]"));
}

/* --- figures */

static void a_figure_says_how_sure_it_is(void **state)
{
	static const struct {
		struct figure figure;
		const char *text;
	} rows[] = {
		{ { .form = FIGURE_NONE }, "—" },
		{ { .form = FIGURE_EXACT, .value = 2106, .low = 2106, .high = 2106 }, "2.106" },
		{ { .form = FIGURE_BETWEEN,
		    .value = 73300,
		    .low = 73250,
		    .high = 73350,
		    .rounded = true },
		  "73.300 ± 50" },
		{ { .form = FIGURE_BETWEEN,
		    .value = 73300,
		    .low = 73300,
		    .high = 73399,
		    .rounded = true },
		  "73.300–73.399" },
		{ { .form = FIGURE_BETWEEN,
		    .kind = METRIC_UNIQUE,
		    .value = 73250,
		    .low = 73250,
		    .high = 100100 },
		  "73.250–100.100" },
		{ { .form = FIGURE_AT_LEAST,
		    .kind = METRIC_UNIQUE,
		    .value = 73250,
		    .low = 73250,
		    .rounded = true },
		  "≥ 73.250" },
		{ { .form = FIGURE_AT_LEAST,
		    .value = 275600,
		    .low = 275500,
		    .high = 275700,
		    .rounded = true },
		  "≥ 275.600 ± 100" },
		{ { .form = FIGURE_AT_LEAST, .value = 148, .low = 148 }, "≥ 148" },
		{ { .form = FIGURE_EXACT, .value = 10, .low = 10, .high = 10, .estimate = true },
		  "≈ 10" },
		{ { .form = FIGURE_EXACT, .value = 0 }, "0" },
		{ { .form = FIGURE_EXACT, .kind = METRIC_RATIO, .value = 12345, .decimals = 1 },
		  "1.234,5" },
		{ { .form = FIGURE_EXACT, .kind = METRIC_RATIO, .value = 400, .decimals = 1 },
		  "40,0" },
		{ { .form = FIGURE_AT_LEAST,
		    .kind = METRIC_RATIO,
		    .value = 337,
		    .low = 168,
		    .decimals = 1,
		    .of_records = true,
		    .known_days = 3,
		    .period_days = 6 },
		  "33,7 (3/6)" },
		{ { .form = FIGURE_AT_LEAST,
		    .kind = METRIC_RATIO,
		    .value = 337,
		    .decimals = 1,
		    .known_days = 61,
		    .period_days = 92 },
		  "33,7 (61/92 días)" },
	};
	SCOPED(language)
	struct language *language = speak("es");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text text = { 0 };

		figure_print(&rows[i].figure, language, &text);
		assert_string_equal(text_str(&text), rows[i].text);
	}
}

/* One of each mark: a quarter asked on the 20th of its last month. */
static struct figure quarter[][4] = {
	/* visits: exact, exact, provisional, provisional sum */
	{ { .form = FIGURE_EXACT,
	    .revisable = true,
	    .value = 3400,
	    .low = 3400,
	    .high = 3400,
	    .known_days = 31,
	    .period_days = 31,
	    .source = "facebook",
	    .zone = "America/Los_Angeles" },
	  { .form = FIGURE_EXACT,
	    .value = 1400,
	    .low = 1400,
	    .high = 1400,
	    .known_days = 30,
	    .period_days = 30,
	    .source = "facebook",
	    .zone = "America/Los_Angeles" },
	  { .form = FIGURE_AT_LEAST,
	    .value = 912,
	    .low = 912,
	    .high = 912,
	    .known_days = 18,
	    .period_days = 19,
	    .provisional = true,
	    .source = "facebook",
	    .zone = "America/Los_Angeles" },
	  { .form = FIGURE_AT_LEAST,
	    .value = 5712,
	    .low = 5712,
	    .high = 5712,
	    .known_days = 79,
	    .period_days = 80,
	    .provisional = true,
	    .source = "facebook",
	    .zone = "America/Los_Angeles" } },
	/* followers: a level that is late, one that is not there */
	{ { .form = FIGURE_EXACT,
	    .kind = METRIC_STOCK,
	    .value = 12001,
	    .low = 12001,
	    .high = 12001,
	    .as_of = OCTOBER + 20,
	    .as_of_last = OCTOBER + 20,
	    .known_days = 21,
	    .period_days = 31,
	    .source = "facebook",
	    .zone = "America/Los_Angeles" },
	  { .form = FIGURE_NONE, .kind = METRIC_STOCK, .as_of = DAY_NONE, .period_days = 30 },
	  { .form = FIGURE_EXACT,
	    .kind = METRIC_STOCK,
	    .value = 12100,
	    .low = 12100,
	    .high = 12100,
	    .as_of = OCTOBER + 78,
	    .as_of_last = OCTOBER + 78,
	    .known_days = 10,
	    .period_days = 19,
	    .source = "manual",
	    .zone = "America/Bogota" },
	  { .form = FIGURE_EXACT,
	    .kind = METRIC_STOCK,
	    .value = 12100,
	    .low = 12100,
	    .high = 12100,
	    .as_of = OCTOBER + 78,
	    .as_of_last = OCTOBER + 78,
	    .lacking = { .ranges = { { OCTOBER + 79, 1 } }, .count = 1 },
	    .known_days = 10,
	    .period_days = 80,
	    .source = "manual",
	    .zone = "America/Bogota" } },
	/* viewers: bounds, contradiction, break, estimate */
	{ { .form = FIGURE_BETWEEN,
	    .kind = METRIC_UNIQUE,
	    .value = 73250,
	    .low = 73250,
	    .high = 100100,
	    .known_days = 31,
	    .period_days = 31,
	    .source = "csv",
	    .zone = "America/Bogota" },
	  { .form = FIGURE_BETWEEN,
	    .kind = METRIC_UNIQUE,
	    .value = 5,
	    .low = 5,
	    .high = 9,
	    .inconsistent = true,
	    .known_days = 30,
	    .period_days = 30,
	    .source = "csv",
	    .zone = "America/Bogota" },
	  { .form = FIGURE_EXACT,
	    .kind = METRIC_UNIQUE,
	    .value = 7,
	    .low = 7,
	    .high = 7,
	    .broken = true,
	    .estimate = true,
	    .known_days = 19,
	    .period_days = 19,
	    .source = "csv",
	    .zone = "America/Bogota" },
	  { .form = FIGURE_BETWEEN,
	    .kind = METRIC_UNIQUE,
	    .value = 26700,
	    .low = 26650,
	    .high = 26750,
	    .rounded = true,
	    .mixed = true,
	    .known_days = 80,
	    .period_days = 80,
	    .zone = "America/Bogota" } },
	/* followers of a group */
	{ { .form = FIGURE_EXACT,
	    .kind = METRIC_STOCK,
	    .value = 24001,
	    .low = 24001,
	    .high = 24001,
	    .as_of = OCTOBER + 30,
	    .as_of_last = OCTOBER + 30,
	    .sum_of_levels = true,
	    .known_days = 62,
	    .period_days = 62 },
	  { .form = FIGURE_NONE, .kind = METRIC_STOCK, .as_of = DAY_NONE, .period_days = 60 },
	  { .form = FIGURE_NONE, .kind = METRIC_STOCK, .as_of = DAY_NONE, .period_days = 38 },
	  { .form = FIGURE_EXACT,
	    .kind = METRIC_STOCK,
	    .value = 24001,
	    .low = 24001,
	    .high = 24001,
	    .as_of = OCTOBER + 30,
	    .as_of_last = OCTOBER + 78,
	    .sum_of_levels = true,
	    .known_days = 62,
	    .period_days = 160 } },
};

static struct sheet_row row(enum sheet_section section, const char *account, const char *title,
			    const char *metric, const char *label, const struct figure *figures)
{
	return (struct sheet_row){
		.section = section,
		.account = account,
		.title = title,
		.metric = metric,
		.label = label,
		.figures = figures,
	};
}

enum { QUARTER_ROWS = 5 };

static void make_rows(struct sheet_row rows[QUARTER_ROWS])
{
	rows[0] = row(SHEET_ACCOUNTS, "fb", "Página ñandú", "visits", "Visits", quarter[0]);
	rows[1] = row(SHEET_ACCOUNTS, "fb", "Página ñandú", "followers", "Followers", quarter[1]);
	rows[2] = row(SHEET_ACCOUNTS, "fb", "Página ñandú", "viewers", "Viewers", quarter[2]);
	rows[3] = row(SHEET_ACCOUNTS, "x", "X", NULL, NULL, NULL);
	rows[4] = row(SHEET_GROUPS, "redes", "Redes", "followers", "Followers", quarter[3]);
}

static void make_sheet(struct sheet *sheet, struct period columns[4],
		       struct sheet_row rows[QUARTER_ROWS])
{
	const char *const names[] = { "2025-10", "2025-11", "2025-12", "2025-Q4" };

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(period_parse(names[i], &columns[i], NULL), 0);
	make_rows(rows);
	*sheet = (struct sheet){
		.entity = "simulada",
		.name = "Entidad simulada",
		.notice = "SIMULADO",
		.zone = "America/Bogota",
		.today = OCTOBER + 80,
		.period = columns[3],
		.columns = columns,
		.column_count = 4,
		.rows = rows,
		.row_count = QUARTER_ROWS,
	};
}

static char *table(const char *name, int width)
{
	SCOPED(language)
	struct language *language = speak(name);
	const struct look look = { .width = width };
	struct sheet_row rows[QUARTER_ROWS];
	struct period columns[4];
	struct capture capture;
	struct sheet sheet;

	make_sheet(&sheet, columns, rows);
	capture_begin(&capture);
	sheet_print(&sheet, language, &look, capture.out);
	(void)capture_end(&capture);
	return capture.bytes;
}

static void a_table_with_every_mark_reads_well_in_spanish(void **state)
{
	SCOPED(memory)
	char *printed = table("es", 0);

	(void)state;
	assert_fixture("marks_es.txt", printed);
}

static void a_table_with_every_mark_reads_well_in_english(void **state)
{
	SCOPED(memory)
	char *printed = table("en", 0);

	(void)state;
	assert_fixture("marks_en.txt", printed);
}

static void a_table_that_is_too_wide_is_cut_into_bands(void **state)
{
	SCOPED(memory)
	char *printed = table("es", 72);

	(void)state;
	assert_fixture("marks_narrow.txt", printed);
}

/* One row, one column. */
static char *table_of(struct figure *figure)
{
	SCOPED(language)
	struct language *language = speak("en");
	const struct look look = { 0 };
	const struct sheet_row one =
		row(SHEET_ACCOUNTS, "fb", "Facebook", "visits", "Visits", figure);
	struct period month;
	struct capture capture;
	struct sheet sheet = {
		.entity = "a",
		.name = "A",
		.zone = "America/Bogota",
		.today = OCTOBER + 80,
		.columns = &month,
		.column_count = 1,
		.rows = &one,
		.row_count = 1,
	};

	assert_int_equal(period_parse("2025-10", &month, NULL), 0);
	sheet.period = month;
	capture_begin(&capture);
	sheet_print(&sheet, language, &look, capture.out);
	(void)capture_end(&capture);
	return capture.bytes;
}

static void rounding_is_explained_as_it_is_written(void **state)
{
	static const struct {
		struct figure figure;
		const char *cell, *note, *other;
	} rows[] = {
		{ { .form = FIGURE_BETWEEN, .rounded = true, .value = 50, .low = 40, .high = 60 },
		  " 50 ± 10 ",
		  "\n± stated as rounded",
		  "\na–b" },
		{ { .form = FIGURE_BETWEEN, .rounded = true, .value = 50, .low = 50, .high = 60 },
		  " 50–60 ",
		  "\na–b stated as rounded",
		  "\n±" },
		{ { .form = FIGURE_AT_LEAST, .rounded = true, .value = 50, .low = 50, .high = 60 },
		  " ≥ 50 ",
		  "\n≥ at least",
		  "\n±" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figure figure = rows[i].figure;
		SCOPED(memory)
		char *printed = table_of(&figure);

		assert_non_null(strstr(printed, rows[i].cell));
		assert_non_null(strstr(printed, rows[i].note));
		assert_null(strstr(printed, rows[i].other));
	}
}

static void records_of_a_sheet_keep_their_layout(void **state)
{
	SCOPED(language)
	struct language *language = speak("en");
	struct sheet_row rows[QUARTER_ROWS];
	struct period columns[4];
	struct sheet sheet;

	(void)state;
	make_sheet(&sheet, columns, rows);
	for (int json = 0; json < 2; json++) {
		SCOPED(memory)
		char *bytes = NULL;
		struct records records;
		struct capture capture;

		capture_begin(&capture);
		records_begin(&records, json ? REPORT_JSON : REPORT_CSV, SHEET_FORMAT,
			      SHEET_VERSION, capture.out);
		sheet_records(&sheet, language, &records);
		records_end(&records);
		(void)capture_end(&capture);
		bytes = capture.bytes;
		assert_fixture(json ? "marks.json" : "marks.csv", bytes);
	}
}

/* --- beside what was before */

static void differences_carry_their_sign_and_share(void **state)
{
	static const struct {
		struct comparison comparison;
		int decimals;
		const char *text;
	} rows[] = {
		{ { .low = 1200,
		    .high = 1200,
		    .relative = true,
		    .low_share = 51,
		    .high_share = 52,
		    .share = 52 },
		  0,
		  "+1.200 (+5,2 %)" },
		{ { .low = -20, .high = -20, .relative = true, .share = -455 },
		  0,
		  "-20 (-45,5 %)" },
		{ { .low = -100,
		    .high = 100,
		    .relative = true,
		    .low_share = -10,
		    .high_share = 11 },
		  0,
		  "-100 a +100 (-1,0 a +1,1 %)" },
		{ { .low = 5, .high = 5 }, 1, "+0,5" },
		{ { .low = 0, .high = 0 }, 0, "0" },
	};
	SCOPED(language)
	struct language *language = speak("es");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text text = { 0 };

		comparison_print(&rows[i].comparison, rows[i].decimals, language, &text);
		assert_string_equal(text_str(&text), rows[i].text);
	}
}

/* The quarter beside two others, and closed with another number of visits in October. */
struct beside_sheet {
	struct sheet sheet;
	struct sheet_row rows[QUARTER_ROWS];
	struct period columns[4];
	struct comparison compared[QUARTER_ROWS][BESIDES];
	struct figure october;
	const struct figure *published[QUARTER_ROWS][4];
	struct sheet_difference difference;
	struct sheet_closing closing;
};

static void make_beside(struct beside_sheet *beside)
{
	*beside = (struct beside_sheet){
		.compared = {
			{ { .how = COMPARABLE, .low = 100, .high = 100, .relative = true, .low_share = 17,
			    .high_share = 18, .share = 18 },
			  { .how = COMPARE_INCOMPLETE } },
			{ { .how = COMPARABLE_SOURCES, .low = -1, .high = -1 },
			  { .how = COMPARE_NOTHING } },
			{ { .how = COMPARE_BROKEN }, { .how = COMPARE_INCONSISTENT } },
		},
		.october = { .form = FIGURE_BETWEEN, .value = 3300, .low = 3250, .high = 3350,
			     .rounded = true },
	};
	make_sheet(&beside->sheet, beside->columns, beside->rows);
	for (size_t i = 0; i < QUARTER_ROWS; i++) {
		beside->rows[i].compared = beside->compared[i];
		beside->rows[i].published = beside->published[i];
	}
	beside->published[0][0] = &beside->october;
	beside->sheet.compares = true;
	assert_int_equal(period_parse("2025-Q3", &beside->sheet.beside[BESIDE_BEFORE], NULL), 0);
	assert_int_equal(period_parse("2024-Q4", &beside->sheet.beside[BESIDE_YEAR_BEFORE], NULL),
			 0);
	beside->difference = (struct sheet_difference){
		.title = "Página ñandú",
		.label = "Visits",
		.period = &beside->columns[0],
		.before = &beside->october,
		.today = &quarter[0][0],
		.changed = OCTOBER + 111,
	};
	beside->closing = (struct sheet_closing){
		.period = beside->columns[3],
		.at = 1768237200,
		.day = OCTOBER + 103,
		.by = "ana",
		.sha256 = "0123456789abcdef",
		.differences = &beside->difference,
		.count = 1,
	};
	beside->sheet.closing = &beside->closing;
}

static void a_period_stands_beside_earlier_ones_and_what_was_published(void **state)
{
	SCOPED(language)
	struct language *language = speak("en");
	struct beside_sheet beside;

	(void)state;
	make_beside(&beside);
	for (int form = 0; form < 3; form++) {
		static const char *const names[] = { "beside.txt", "beside.csv", "beside.json" };
		SCOPED(memory)
		char *bytes = NULL;
		struct capture capture;

		capture_begin(&capture);
		if (form == 0) {
			sheet_print(&beside.sheet, language, &(struct look){ .width = 140 },
				    capture.out);
		} else {
			struct records records;

			records_begin(&records, form == 1 ? REPORT_CSV : REPORT_JSON, SHEET_FORMAT,
				      SHEET_VERSION, capture.out);
			sheet_records(&beside.sheet, language, &records);
			records_end(&records);
		}
		(void)capture_end(&capture);
		bytes = capture.bytes;
		assert_fixture(names[form], bytes);
	}
}

/* --- as it is signed */

static void canonical_figures_have_one_order_and_sorted_names(void **state)
{
	struct sheet_row rows[QUARTER_ROWS], turned[QUARTER_ROWS];
	struct period columns[4];
	struct sheet sheet;
	SCOPED(text)
	struct text json = { 0 };
	SCOPED(text)
	struct text again = { 0 };

	(void)state;
	make_sheet(&sheet, columns, rows);
	sheet_canonical(&sheet, &json);
	assert_fixture("canonical.json", text_str(&json));
	for (size_t i = 0; i < QUARTER_ROWS; i++) {
		turned[i] = rows[QUARTER_ROWS - 1 - i];
		turned[i].title = "otro";
		turned[i].label = "otra";
	}
	sheet.rows = turned;
	sheet.notice = NULL;
	sheet_canonical(&sheet, &again);
	assert_string_equal(text_str(&again), text_str(&json));
}

static void what_was_signed_is_read_back_as_it_was(void **state)
{
	struct sheet_row rows[QUARTER_ROWS];
	struct period columns[4];
	struct sheet sheet;
	SCOPED(text)
	struct text json = { 0 };
	SCOPED(frozen)
	struct frozen_list list = { 0 };
	struct error err;

	(void)state;
	make_sheet(&sheet, columns, rows);
	sheet_canonical(&sheet, &json);
	assert_int_equal(canonical_read(text_str(&json), &list, &err), 0);
	assert_int_equal(list.count, 16);
	for (size_t i = 0; i < QUARTER_ROWS; i++) {
		for (size_t k = 0; rows[i].metric && k < 4; k++) {
			const struct frozen *frozen =
				frozen_find(&list, rows[i].section, rows[i].account, rows[i].metric,
					    columns[k].name);

			assert_non_null(frozen);
			assert_true(figure_same(&frozen->figure, &rows[i].figures[k]));
		}
	}
	assert_null(frozen_find(&list, SHEET_ACCOUNTS, "fb", "visits", "2025-09"));
	assert_null(frozen_find(&list, SHEET_GROUPS, "fb", "visits", "2025-10"));
}

static void means_keep_their_decimals_when_they_are_signed(void **state)
{
	static const struct figure means[] = {
		{ .form = FIGURE_EXACT,
		  .kind = METRIC_RATIO,
		  .decimals = 1,
		  .value = 400,
		  .low = 400,
		  .high = 400 },
		{ .form = FIGURE_AT_LEAST,
		  .kind = METRIC_RATIO,
		  .decimals = 1,
		  .value = 337,
		  .low = 168,
		  .high = 337,
		  .of_records = true,
		  .known_days = 3,
		  .period_days = 6 },
	};
	SCOPED(language)
	struct language *language = speak("es");

	(void)state;
	for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		const struct sheet_row one =
			row(SHEET_ACCOUNTS, "eventos", "Eventos", "mean", "Mean", &means[i]);
		struct period month;
		struct sheet sheet = {
			.entity = "a",
			.columns = &month,
			.column_count = 1,
			.rows = &one,
			.row_count = 1,
		};
		SCOPED(text)
		struct text json = { 0 };
		SCOPED(text)
		struct text printed = { 0 };
		SCOPED(frozen)
		struct frozen_list list = { 0 };
		struct figure other = means[i];
		struct error err;

		assert_int_equal(period_parse("2025-10", &month, NULL), 0);
		sheet.period = month;
		sheet_canonical(&sheet, &json);
		assert_int_equal(canonical_read(text_str(&json), &list, &err), 0);
		assert_int_equal(list.count, 1);
		assert_true(figure_same(&list.items[0].figure, &means[i]));
		other.value++;
		assert_false(figure_same(&list.items[0].figure, &other));
		figure_print(&list.items[0].figure, language, &printed);
		assert_string_equal(text_str(&printed), i ? "33,7 (3/6)" : "40,0");
	}
}

static void known_part_that_may_be_further_above_is_no_less_than_its_lower_end(void **state)
{
	/* 5 ± 50, of which nothing is below 0 */
	const struct figure part = {
		.form = FIGURE_AT_LEAST,
		.kind = METRIC_FLOW,
		.value = 5,
		.low = 0,
		.high = 55,
		.rounded = true,
	};
	SCOPED(language)
	struct language *language = speak("es");
	SCOPED(text)
	struct text printed = { 0 };

	(void)state;
	figure_print(&part, language, &printed);
	assert_string_equal(text_str(&printed), "≥ 0");
}

static void known_part_that_was_rounded_is_printed_as_it_was_signed(void **state)
{
	const struct figure part = {
		.form = FIGURE_AT_LEAST,
		.kind = METRIC_FLOW,
		.value = 275600,
		.low = 275500,
		.high = 275700,
		.rounded = true,
		.as_of = DAY_NONE,
	};
	const struct sheet_row one = row(SHEET_ACCOUNTS, "fb", "Facebook", "views", "Views", &part);
	struct period month;
	struct sheet sheet = {
		.entity = "a",
		.columns = &month,
		.column_count = 1,
		.rows = &one,
		.row_count = 1,
	};
	SCOPED(language)
	struct language *language = speak("es");
	SCOPED(text)
	struct text json = { 0 };
	SCOPED(text)
	struct text printed = { 0 };
	SCOPED(frozen)
	struct frozen_list list = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(period_parse("2025-10", &month, NULL), 0);
	sheet.period = month;
	sheet_canonical(&sheet, &json);
	assert_int_equal(canonical_read(text_str(&json), &list, &err), 0);
	figure_print(&list.items[0].figure, language, &printed);
	assert_string_equal(text_str(&printed), "≥ 275.600 ± 100");
	assert_true(figure_same(&list.items[0].figure, &part));
}

static void what_nobody_signed_is_refused(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"{\"figures\":[{}]}",
		"{\"figures\":[{\"kind\":\"flow\",\"form\":\"exact\"}]}",
		"{\"figures\":[{\"kind\":\"flow\",\"form\":\"sure\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(frozen)
		struct frozen_list list = { 0 };
		struct error err = { 0 };

		assert_int_equal(canonical_read(rows[i], &list, &err), -1);
		assert_int_equal(err.class, ERROR_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_grouped_as_colombia_does_and_as_english_does),
		cmocka_unit_test(two_languages_in_one_process_keep_apart),
		cmocka_unit_test(periods_are_named_as_offices_name_them),
		cmocka_unit_test(a_word_that_is_no_language_is_refused),
		cmocka_unit_test(cells_are_aligned_by_what_they_take_on_a_screen),
		cmocka_unit_test(what_would_steer_a_terminal_is_shown_as_question_marks),
		cmocka_unit_test(colour_is_used_only_when_it_is_wanted),
		cmocka_unit_test(csv_quotes_what_rfc_4180_says_and_disarms_formulas),
		cmocka_unit_test(json_is_strict_whatever_bytes_come),
		cmocka_unit_test(a_figure_says_how_sure_it_is),
		cmocka_unit_test(a_table_with_every_mark_reads_well_in_spanish),
		cmocka_unit_test(a_table_with_every_mark_reads_well_in_english),
		cmocka_unit_test(a_table_that_is_too_wide_is_cut_into_bands),
		cmocka_unit_test(rounding_is_explained_as_it_is_written),
		cmocka_unit_test(records_of_a_sheet_keep_their_layout),
		cmocka_unit_test(differences_carry_their_sign_and_share),
		cmocka_unit_test(a_period_stands_beside_earlier_ones_and_what_was_published),
		cmocka_unit_test(canonical_figures_have_one_order_and_sorted_names),
		cmocka_unit_test(what_was_signed_is_read_back_as_it_was),
		cmocka_unit_test(means_keep_their_decimals_when_they_are_signed),
		cmocka_unit_test(
			known_part_that_may_be_further_above_is_no_less_than_its_lower_end),
		cmocka_unit_test(known_part_that_was_rounded_is_printed_as_it_was_signed),
		cmocka_unit_test(what_nobody_signed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
