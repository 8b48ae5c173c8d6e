#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/document.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { OCTOBER = 20362, FILE_ROOM = 1 << 20 }; /* 2025-10-01 */

/* fontconfig keeps what it has read until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig";
}

/* --- helpers */

static struct language *speak(const char *name)
{
	struct language *language = NULL;
	struct error err;

	assert_int_equal(language_open(name, NULL, &language, &err), 0);
	return language;
}

/* The whole file, NUL-terminated; the caller's. */
static char *read_file(const char *path, size_t *length)
{
	SCOPED(file)
	FILE *file = fopen(path, "r");
	char *all = memory_new(FILE_ROOM, 1);

	assert_non_null(file);
	*length = fread(all, 1, FILE_ROOM - 1, file);
	assert_true(*length > 0 && *length < FILE_ROOM - 1);
	return all;
}

static char *print(const struct document *document, enum document_format format, const char *name)
{
	SCOPED(language)
	struct language *language = speak(name);
	struct error err = { 0 };
	char *bytes = NULL;
	size_t length;
	FILE *out = open_memstream(&bytes, &length);

	assert_non_null(out);
	if (document_render(document, format, language, out, NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(fclose(out), 0);
	return bytes;
}

/* What was printed is what the file says. METRICSD_REWRITE=1 writes the files anew, to be looked
 * at. */
static void assert_fixture(const char *name, const char *printed)
{
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(memory)
	char *all = NULL;
	size_t length;

	text_addf(&path, METRICSD_FIXTURES "/document/%s", name);
	if (getenv("METRICSD_REWRITE")) {
		SCOPED(file)
		FILE *file = fopen(text_str(&path), "w");

		assert_non_null(file);
		assert_true(fputs(printed, file) >= 0);
		return;
	}
	all = read_file(text_str(&path), &length);
	assert_string_equal(printed, all);
}

/* A directory of the test's own. */
static void make_directory(char path[32])
{
	(void)snprintf(path, 32, "/tmp/metricsd-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static void remove_directory(const char *path)
{
	SCOPED(text)
	struct text command = { 0 };

	text_addf(&command, "rm -r '%s'", path);
	assert_int_equal(system(text_str(&command)), 0);
}

static struct period period_of(const char *text)
{
	struct period period;

	assert_int_equal(period_parse(text, &period, NULL), 0);
	return period;
}

/* --- figures of every kind */

static struct figure exact(int64_t value)
{
	return (struct figure){
		.kind = METRIC_FLOW,
		.form = FIGURE_EXACT,
		.value = value,
		.low = value,
		.high = value,
		.complete = true,
		.known_days = 31,
		.period_days = 31,
		.definition = DAY_NONE,
		.as_of = DAY_NONE,
		.source = "facebook",
		.zone = "America/Los_Angeles",
	};
}

static struct figure between(int64_t low, int64_t high)
{
	struct figure figure = exact(low);

	figure.kind = METRIC_UNIQUE;
	figure.form = FIGURE_BETWEEN;
	figure.high = high;
	return figure;
}

static struct figure at_least(int64_t low)
{
	struct figure figure = exact(low);

	figure.form = FIGURE_AT_LEAST;
	figure.complete = false;
	figure.known_days = 61;
	figure.period_days = 92;
	days_add(&figure.lacking, (struct window){ OCTOBER + 61, 31 });
	return figure;
}

static struct figure nothing(void)
{
	struct figure figure = exact(0);

	figure.form = FIGURE_NONE;
	figure.complete = false;
	figure.known_days = 0;
	figure.source = NULL;
	figure.zone = NULL;
	return figure;
}

static struct figure rounded(int64_t value, int64_t half)
{
	struct figure figure = exact(value);

	figure.form = FIGURE_BETWEEN;
	figure.rounded = true;
	figure.low = value - half;
	figure.high = value + half;
	figure.source = "csv";
	return figure;
}

static struct figure_name name_of(const char *account, const char *metric, const char *label,
				  const char *period)
{
	return (struct figure_name){
		.entity = "itagui",
		.section = "account",
		.account = account,
		.metric = metric,
		.title = "Facebook",
		.label = label,
		.period = period_of(period),
	};
}

static void put(struct document *document, struct cell *cell, struct figure figure,
		const char *metric, const char *period, const char *mark)
{
	struct figure_name name = name_of("personeria-fb", metric, "=Visits, \"all\"", period);

	cell_figure(document, cell, &figure, &name, mark);
}

/* --- a document with everything in it */

static const char *const months[] = { "2025-10", "2025-11", "2025-12", "2025-Q4" };

static void fill(struct document *document, struct row *row, const char *head, const char *metric,
		 const struct figure figures[4])
{
	cell_text(&row->cells[0], head);
	for (size_t i = 0; i < 4; i++)
		put(document, &row->cells[i + 1], figures[i], metric, months[i], NULL);
}

static struct table *add_figures(struct document *document)
{
	struct table *table = document_table(document, "redes", "Reach & <visits> | per month");
	struct figure provisional = exact(1400);
	struct figure level = exact(34811);
	struct figure estimate = exact(12200);
	struct figure mean = at_least(333);
	struct row *row;

	provisional.provisional = true;
	level.kind = METRIC_STOCK;
	level.as_of = OCTOBER + 14;
	level.complete = false;
	level.sum_of_levels = true;
	estimate.estimate = true;
	estimate.revisable = true;
	mean.kind = METRIC_RATIO;
	mean.value = 337;
	mean.decimals = 1;
	mean.of_records = true;
	mean.known_days = 3;
	mean.period_days = 6;
	table_column(table, "", false);
	table_column(table, "oct", true);
	table_column(table, "nov", true);
	table_column(table, "dec", true);
	table_column(table, "Q4 2025", true);
	cell_text(&table_row(table, ROW_HEAD)->cells[0], "Facebook");
	fill(document, table_row(table, ROW_PLAIN), "Visits", "visits",
	     (struct figure[]){ exact(3400), provisional, nothing(), at_least(4800) });
	fill(document, table_row(table, ROW_PLAIN), "Viewers", "viewers",
	     (struct figure[]){ rounded(73300, 50), between(26700, 31050), nothing(),
				between(73250, 100100) });
	fill(document, table_row(table, ROW_PLAIN), "Followers", "followers",
	     (struct figure[]){ level, estimate, exact(0), exact(-12) });
	cell_text(&table_row(table, ROW_HEAD)->cells[0], "=cmd()|' /C calc'!A0");
	row = table_row(table, ROW_TOTAL);
	fill(document, row, "+Mean", "attendees_per_event",
	     (struct figure[]){ mean, exact(1), exact(2), exact(3) });
	put(document, &row->cells[4], exact(208800), "visits", "2025", "published 209412");
	row->cells[4].note = table_note(table, "Days of America/Los_Angeles.");
	row->cells[1].note = table_note(table, "*Nothing* of December | <b>is</b> known.");
	assert_int_equal(table_note(table, "Days of America/Los_Angeles."), 1);
	return table;
}

static void add_plan(struct document *document)
{
	struct table *table = document_table(document, "plan", "Plan");
	struct figure_name name = name_of("plan-2026", "boletines", "Bulletins", "2026-S1");
	struct figure done = exact(50);
	struct row *row;

	for (int i = 0; i < 9; i++)
		table_column(table,
			     (const char *[]){ "Activity", "Target", "Reached", "Due", "Follow-up",
					       "Budget", "Done", "Words", "More" }[i],
			     i > 0 && i < 7);
	row = table_row(table, ROW_PLAIN);
	cell_text(&row->cells[0], "Bulletins\nfor the press: 日本語");
	cell_number(&row->cells[1], 24, 0);
	cell_share(&row->cells[2], 453, 453);
	cell_day(&row->cells[3], OCTOBER + 91);
	name.unit = UNIT_PERCENT;
	done.kind = METRIC_STOCK;
	cell_figure(document, &row->cells[4], &done, &name, NULL);
	cell_number(&row->cells[5], 123456789, 2);
	name.unit = UNIT_YES_NO;
	name.metric = "acto";
	done.value = done.low = done.high = 1;
	cell_figure(document, &row->cells[6], &done, &name, NULL);
	cell_text(&row->cells[7], "@SUM(1+1)*cmd|' /C calc'!A0");
	row = table_row(table, ROW_TOTAL);
	cell_text(&row->cells[0], "All");
	cell_share(&row->cells[2], 453, 500);
	cell_share(&row->cells[4], 1000, CELL_OPEN);
	cell_day(&row->cells[3], DAY_NONE);
	cell_text(&row->cells[7], "bytes that are none: \xFF\x01 and \x7F");
}

static void add_charts(struct document *document, const struct table *table)
{
	struct chart *bars =
		document_chart(document, CHART_BARS, "=Visits \"per\" <month>", "visits", 0, table);
	struct chart *lines = document_chart(document, CHART_LINES, "Followers", "people", 0, NULL);
	struct chart_series *series;

	for (size_t i = 0; i < 3; i++)
		chart_category(bars, months[i]);
	series = chart_series_add(bars, "Facebook & co");
	series->points[0] = chart_point_of(&(struct figure[]){ exact(3400) }[0]);
	series->points[1] = chart_point_of(&(struct figure[]){ at_least(1400) }[0]);
	series = chart_series_add(bars, "=Instagram");
	series->points[0] = chart_point_of(&(struct figure[]){ rounded(2000, 500) }[0]);
	series->points[2] = (struct chart_point){ true, 900, 900, 900, .provisional = true };
	for (int i = 0; i < 24; i++) {
		char day[DAY_TEXT];

		chart_category(lines, day_text(OCTOBER + i, day));
	}
	series = chart_series_add(lines, "Facebook");
	for (int i = 0; i < 24; i++) {
		int64_t value = 34811 + (int64_t)i * 3;

		series->points[i] = (struct chart_point){ i != 7 && i != 20, value, value, value,
							  .provisional = i > 21 };
	}
}

static struct document *everything(void)
{
	struct document *document = document_new("en");
	struct table *table, *sources;
	struct row *row;

	document_head_text(&document->head.title, "<script>alert(\"1\")</script> & the report");
	document_head_text(&document->head.entity, "Personería de Itagüí");
	document_head_text(&document->head.period, "Q4 2025");
	document_head_text(&document->head.process, "Communications \"</style>\" \\ & more");
	document_head_text(&document->head.code, "FCO-07");
	document_head_text(&document->head.version, "3");
	document_head_text(&document->head.notice, "SIMULATED");
	document_head_text(&document->head.closed, "never");
	document_head_text(&document->head.closed, "on Jan 15, 2026");
	document_heading(document, 1, "Results");
	document_paragraph(document, "*273* posts, <b>not</b> 278.\n# no heading\n12. no list $1$");
	document_heading(document, 2, "Networks");
	table = add_figures(document);
	add_charts(document, table);
	document_page(document);
	document_heading(document, 1, "Plan");
	document_list(document, (const char *const[]){ "one", "- two", "=three()" }, 3);
	add_plan(document);
	document_heading(document, 2, "Follow-up");
	document_heading(document, 3, "Sources");
	sources = document_table(document, "fuentes", "Sources");
	sources->sources = true;
	table_column(sources, "Account", false);
	table_column(sources, "Coverage", true);
	row = table_row(sources, ROW_PLAIN);
	cell_text(&row->cells[0], "personeria-fb");
	cell_text(&row->cells[1], "61/92 days");
	return document;
}

static void a_document_is_printed_as_it_was_looked_at(void **state)
{
	static const struct {
		enum document_format format;
		const char *fixture;
	} rows[] = {
		{ DOCUMENT_HTML, "everything.html" },
		{ DOCUMENT_MARKDOWN, "everything.md" },
		{ DOCUMENT_JSON, "everything.json" },
		{ DOCUMENT_CSV, "everything.csv" },
	};
	SCOPED(document)
	struct document *document = everything();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(memory)
		char *printed = print(document, rows[i].format, "en");

		assert_fixture(rows[i].fixture, printed);
	}
}

/* --- XLSX */

static void render_book(const struct document *document, const char *directory, const char *name,
			struct text *path)
{
	SCOPED(language)
	struct language *language = speak("en");
	struct error err = { 0 };

	text_reset(path);
	text_addf(path, "%s/%s", directory, name);
	if (document_render(document, DOCUMENT_XLSX, language, NULL, text_str(path), &err) < 0)
		fail_msg("%s", err.text);
}

static void a_workbook_has_the_same_bytes_whenever_it_is_made(void **state)
{
	SCOPED(document)
	struct document *document = everything();
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(memory)
	char *first = NULL;
	SCOPED(memory)
	char *second = NULL;
	size_t first_length, second_length;
	char directory[32];

	(void)state;
	make_directory(directory);
	render_book(document, directory, "a.xlsx", &path);
	first = read_file(text_str(&path), &first_length);
	render_book(document, directory, "b.xlsx", &path);
	second = read_file(text_str(&path), &second_length);
	assert_int_equal(first_length, second_length);
	assert_memory_equal(first, second, first_length);
	remove_directory(directory);
}

static void a_workbook_that_cannot_be_written_is_an_error_with_its_name(void **state)
{
	SCOPED(document)
	struct document *document = everything();
	SCOPED(language)
	struct language *language = speak("en");
	struct error err = { 0 };

	(void)state;
	assert_int_equal(document_render(document, DOCUMENT_XLSX, language, NULL,
					 "/nowhere/at/all.xlsx", &err),
			 -1);
	assert_int_equal(err.class, ERROR_OURS);
	assert_non_null(strstr(err.text, "/nowhere/at/all.xlsx"));
}

/* Other people's readers: Python's html.parser, json, csv, zipfile and ElementTree. */
static void other_programs_read_what_was_rendered(void **state)
{
	static const struct {
		enum document_format format;
		const char *name;
	} rows[] = {
		{ DOCUMENT_HTML, "r.html" },
		{ DOCUMENT_JSON, "r.json" },
		{ DOCUMENT_CSV, "r.csv" },
	};
	SCOPED(document)
	struct document *document = everything();
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text command = { 0 };
	char directory[32];

	(void)state;
	make_directory(directory);
	render_book(document, directory, "r.xlsx", &path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(memory)
		char *printed = print(document, rows[i].format, "en");
		SCOPED(file)
		FILE *file = NULL;

		text_reset(&path);
		text_addf(&path, "%s/%s", directory, rows[i].name);
		file = fopen(text_str(&path), "w");
		assert_non_null(file);
		assert_true(fputs(printed, file) >= 0);
	}
	text_addf(&command, "python3 " METRICSD_SOURCE "/tests/check_document.py '%s'", directory);
	assert_int_equal(system(text_str(&command)), 0);
	remove_directory(directory);
}

/* --- languages */

static void a_spanish_report_groups_its_numbers_as_colombia_does(void **state)
{
	SCOPED(document)
	struct document *document = everything();
	SCOPED(memory)
	char *html = print(document, DOCUMENT_HTML, "es");
	SCOPED(memory)
	char *markdown = print(document, DOCUMENT_MARKDOWN, "es");

	(void)state;
	assert_non_null(strstr(markdown, "≥ 4.800"));
	assert_non_null(strstr(markdown, "73.300 ± 50"));
	assert_non_null(strstr(markdown, "1.234.567,89"));
	assert_non_null(strstr(html, "208.800"));
	assert_null(strstr(html, "208,800"));
}

/* --- building */

static void a_document_without_anything_is_still_one(void **state)
{
	static const enum document_format formats[] = { DOCUMENT_HTML, DOCUMENT_MARKDOWN,
							DOCUMENT_JSON };
	SCOPED(document)
	struct document *document = document_new("en");
	SCOPED(memory)
	char *csv = print(document, DOCUMENT_CSV, "en");

	(void)state;
	assert_string_equal(csv, "");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		SCOPED(memory)
		char *printed = print(document, formats[i], "en");

		assert_true(strlen(printed) >= strlen("# Report"));
	}
}

static void bytes_that_no_page_may_hold_become_replacement_characters(void **state)
{
	SCOPED(document)
	struct document *document = document_new("en");

	(void)state;
	document_paragraph(document, "a\x01"
				     "b\xFF"
				     "c\xC2\x85"
				     "d\xEF\xBF\xBF"
				     "e\tf\ng ñ");
	assert_string_equal(document->blocks[0].text, "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\tf\ng ñ");
}

static void a_figure_keeps_its_own_copy_of_source_and_zone(void **state)
{
	SCOPED(document)
	struct document *document = document_new("en");
	struct table *table = document_table(document, "t", "T");
	struct figure figure = exact(1);
	char source[] = "facebook";
	char entity[] = "itagui";
	struct figure_name name = name_of("a", "visits", "V", "2025-10");
	struct row *row;

	(void)state;
	table_column(table, "", false);
	row = table_row(table, ROW_PLAIN);
	figure.source = source;
	name.entity = entity;
	cell_figure(document, &row->cells[0], &figure, &name, NULL);
	memset(source, 'x', sizeof(source) - 1);
	memset(entity, 'x', sizeof(entity) - 1);
	assert_string_equal(row->cells[0].figure->source, "facebook");
	assert_string_equal(row->cells[0].name->entity, "itagui");
}

static void the_format_is_told_by_the_name(void **state)
{
	static const struct {
		const char *path;
		enum document_format format;
	} rows[] = {
		{ "a.html", DOCUMENT_HTML },   { "b/c.HTM", DOCUMENT_HTML },
		{ "x.xlsx", DOCUMENT_XLSX },   { "r.md", DOCUMENT_MARKDOWN },
		{ "r.2.json", DOCUMENT_JSON }, { "r.csv", DOCUMENT_CSV },
	};
	enum document_format format;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(document_format_of(rows[i].path, &format), 0);
		assert_int_equal(format, rows[i].format);
	}
	assert_int_equal(document_format_of("report.pdf", &format), -1);
	assert_int_equal(document_format_of("report", &format), -1);
}

/* --- pictures */

static struct chart *a_chart(void)
{
	struct chart *chart = chart_new(CHART_LINES, "Visits <&>", "visits", 0);
	struct chart_series *series;

	chart_category(chart, "oct");
	chart_category(chart, "nov");
	chart_category(chart, "dec");
	series = chart_series_add(chart, "Facebook");
	series->points[0] = (struct chart_point){ true, 10, 10, 10, .open = true };
	series->points[2] = (struct chart_point){ true, 30, 20, 40, .provisional = true };
	return chart;
}

static void a_chart_is_drawn_as_it_was_looked_at(void **state)
{
	SCOPED(chart)
	struct chart *chart = a_chart();
	SCOPED(language)
	struct language *language = speak("en");
	SCOPED(text)
	struct text svg = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(chart_svg(chart, language, 800, 400, &svg, &err), 0);
	assert_fixture("chart.svg", text_str(&svg));
}

static void a_picture_has_the_size_that_was_asked_for(void **state)
{
	static const unsigned char head[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n' };
	SCOPED(chart)
	struct chart *chart = a_chart();
	SCOPED(language)
	struct language *language = speak("en");
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(memory)
	char *bytes = NULL;
	struct error err;
	char directory[32];
	size_t length;

	(void)state;
	make_directory(directory);
	text_addf(&path, "%s/x.png", directory);
	assert_int_equal(chart_png(chart, language, 1200, 600, text_str(&path), &err), 0);
	bytes = read_file(text_str(&path), &length);
	assert_memory_equal(bytes, head, sizeof(head));
	assert_memory_equal(bytes + 16, "\0\0\x04\xB0\0\0\x02\x58", 8);
	assert_true(length > 2000); /* something is drawn on it */
	remove_directory(directory);
}

static void a_picture_of_a_mad_size_is_refused(void **state)
{
	SCOPED(chart)
	struct chart *chart = a_chart();
	SCOPED(language)
	struct language *language = speak("en");
	SCOPED(text)
	struct text svg = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(chart_svg(chart, language, 100000, 10, &svg, &err), -1);
	assert_int_equal(err.class, ERROR_INPUT);
	assert_int_equal(chart_png(chart, language, 0, 0, "/nowhere/x.png", &err), -1);
	assert_int_equal(chart_png(chart, language, 640, 360, "/nowhere/x.png", &err), -1);
	assert_int_equal(err.class, ERROR_OURS);
}

/* Nothing known, one point, all the same, below zero, as large as numbers get, many names. */
static void odd_charts_are_drawn_too(void **state)
{
	static const int64_t values[] = { 0, 7, -5, INT64_C(9007199254740992), -1000000 };
	SCOPED(language)
	struct language *language = speak("en");
	struct error err;

	(void)state;
	for (int kind = CHART_BARS; kind <= CHART_LINES; kind++) {
		for (size_t i = 0; i <= 5; i++) {
			SCOPED(chart)
			struct chart *chart =
				chart_new((enum chart_kind)kind, "T", i ? "" : "unit", (int)i % 2);
			SCOPED(text)
			struct text svg = TEXT_UP_TO(4 << 20);

			for (size_t k = 0; k < i * 20; k++)
				chart_category(chart, "a rather long name of a dependency");
			if (i) {
				struct chart_series *series = chart_series_add(chart, "S");

				for (size_t k = 0; i < 5 && k < i * 20; k++)
					series->points[k] =
						(struct chart_point){ .known = true,
								      .value = values[i],
								      .low = values[i],
								      .high = values[i] };
			}
			assert_int_equal(chart_svg(chart, language, 640, 360, &svg, &err), 0);
			assert_null(strstr(text_str(&svg), "nan"));
			assert_null(strstr(text_str(&svg), "inf"));
			assert_null(strstr(text_str(&svg), "922337203685477580"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_printed_as_it_was_looked_at),
		cmocka_unit_test(a_workbook_has_the_same_bytes_whenever_it_is_made),
		cmocka_unit_test(a_workbook_that_cannot_be_written_is_an_error_with_its_name),
		cmocka_unit_test(other_programs_read_what_was_rendered),
		cmocka_unit_test(a_spanish_report_groups_its_numbers_as_colombia_does),
		cmocka_unit_test(a_document_without_anything_is_still_one),
		cmocka_unit_test(bytes_that_no_page_may_hold_become_replacement_characters),
		cmocka_unit_test(a_figure_keeps_its_own_copy_of_source_and_zone),
		cmocka_unit_test(the_format_is_told_by_the_name),
		cmocka_unit_test(a_chart_is_drawn_as_it_was_looked_at),
		cmocka_unit_test(a_picture_has_the_size_that_was_asked_for),
		cmocka_unit_test(a_picture_of_a_mad_size_is_refused),
		cmocka_unit_test(odd_charts_are_drawn_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
