/*
 * What an office published against its data: the real quarter of examples/, and small quarters of
 * our own; and its sources against each other.
 */
#include "run.h"
#include "test.h"

#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/metric.h"

#include <stdio.h>
#include <string.h>

#define EXAMPLES METRICSD_SOURCE "/examples"

/* Runs it, which must say nothing on stderr, and returns its JSON. */
static cJSON *run_json(const struct place *place, const char *words, int ends)
{
	SCOPED(said)
	struct said said = { 0 };
	cJSON *root = NULL;

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, ends);
	assert_int_equal(json_parse(text_str(&said.out), said.out.length, &root, NULL), 0);
	return root;
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
	do_quietly(place, "record risks --from " EXAMPLES "/risks.csv");
}

/* A file of that name in the place; `ret` is its path. */
static void write_published(const struct place *place, const char *bytes, char ret[128])
{
	(void)snprintf(ret, 128, "%s/published.csv", place->path);
	write_file(ret, bytes);
}

static const char *member(const cJSON *object, const char *name)
{
	const char *text = json_text(object, name);

	return text ? text : "";
}

/* --- the real quarter */

static void the_published_quarter_gets_the_verdict_of_each_of_its_lines(void **state)
{
	static const struct {
		const char *account, *metric, *verdict, *form;
		const char *against; /* lines */
		int line;
		int low; /* of the figure, rounded down */
	} rows[] = {
		{ "redes", "posts", "right", "exact", "", 2, 134 },
		{ "redes", "posts", "right", "exact", "", 3, 65 },
		{ "redes", "posts", "right", "exact", "", 4, 74 },
		{ "redes", "posts", "right", "exact", "", 5, 273 },
		{ "whatsapp", "posts", "wrong", "exact", "", 6, 37 },
		{ "whatsapp", "wallpapers", "right", "exact", "", 7, 2 },
		{ "facebook", "posts", "right", "exact", "", 8, 94 },
		{ "instagram", "posts", "right", "exact", "", 9, 89 },
		{ "x", "posts", "wrong", "exact", "", 10, 90 },
		{ "sede-electronica", "news", "right", "exact", "", 11, 6 },
		{ "sede-electronica", "news", "wrong", "exact", "", 12, 6 },
		{ "publicaciones", "posts", "wrong", "exact", "", 13, 279 },
		{ "instagram", "reach", "not-provable", "at-least", "", 14, 5650 },
		{ "instagram", "visits", "not-provable", "at-least", "", 15, 996 },
		{ "instagram", "followers_gained", "not-provable", "at-least", "", 16, 69 },
		{ "instagram", "views", "not-provable", "at-least", "", 17, 83800 },
		{ "eventos", "events", "wrong", "exact", "", 18, 6 },
		{ "eventos", "attendees", "not-provable", "at-least", "", 19, 101 },
		{ "eventos", "attendees_per_event", "not-provable", "at-least", "19 18", 20, 16 },
		{ "comunicaciones", "accompaniments", "right", "exact", "", 21, 72 },
		{ "comunicaciones", "designs", "right", "exact", "", 22, 77 },
		{ "eventos", "attendees_max", "not-provable", "at-least", "", 23, 45 },
		{ "campanas", "campaigns", "wrong", "exact", "", 24, 2 },
	};
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;
	size_t i = 0;

	import_the_quarter(*state);
	root = run_json(*state, "verify " EXAMPLES "/published.csv --format json", 1);
	cJSON_ArrayForEach (record, json_array(root, "records")) {
		const cJSON *inconsistent = json_member(record, "inconsistent");
		int64_t line;

		assert_true(i < sizeof(rows) / sizeof(rows[0]));
		assert_int_equal(json_int(record, "line", &line, NULL), 0);
		assert_int_equal(line, rows[i].line);
		assert_string_equal(member(record, "account"), rows[i].account);
		assert_string_equal(member(record, "metric"), rows[i].metric);
		assert_string_equal(member(record, "verdict"), rows[i].verdict);
		assert_string_equal(member(record, "form"), rows[i].form);
		assert_int_equal((int)json_member(record, "low")->valuedouble, rows[i].low);
		assert_string_equal(member(record, "inconsistent_with"), rows[i].against);
		assert_int_equal(cJSON_IsTrue(inconsistent), *rows[i].against != '\0');
		i++;
	}
	assert_int_equal(i, sizeof(rows) / sizeof(rows[0]));
}

static void a_wrong_line_shows_the_right_number_and_how_it_is_made(void **state)
{
	import_the_quarter(*state);
	expect_fixture(*state, "verify " EXAMPLES "/published.csv --lang en", 1,
		       "ctl/verify_en.txt");
}

static void the_exit_status_is_for_what_is_wrong_and_with_strict_for_what_is_open(void **state)
{
	static const char head[] = "period,account,metric,value,where\n";
	static const struct {
		const char *lines, *options;
		int ends;
	} rows[] = {
		{ "2025-Q4,facebook,posts,94,Resumen\n", "", 0 },
		{ "2025-Q4,facebook,posts,94,Resumen\n", " --strict", 0 },
		{ "2025-Q4,instagram,visits,2215,TOTAL\n", "", 0 },
		{ "2025-Q4,instagram,visits,2215,TOTAL\n", " --strict", 1 },
		{ "2025-Q4,whatsapp,posts,36,TOTAL\n", "", 1 },
		/* below what is known already */
		{ "2025-Q4,instagram,visits,995,TOTAL\n", "", 1 },
		{ "2025-Q4,whatsapp,posts,36,a\n2025-Q4,facebook,posts,94,b\n",
		  " --account facebook", 0 },
	};

	import_the_quarter(*state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text words = { 0 };
		SCOPED(said)
		struct said said = { 0 };
		SCOPED(text)
		struct text file = { 0 };
		char path[128];

		text_addf(&file, "%s%s", head, rows[i].lines);
		write_published(*state, text_str(&file), path);
		text_addf(&words, "verify %s%s", path, rows[i].options);
		run(*state, text_str(&words), &said);
		assert_string_equal(text_str(&said.err), "");
		assert_int_equal(said.ends, rows[i].ends);
	}
}

/* --- numbers as they are printed */

static void every_mistake_of_a_file_is_named_with_its_line_and_nothing_is_verified(void **state)
{
	SCOPED(text)
	struct text expected = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	char path[128];

	import_the_quarter(*state);
	write_published(*state,
			"period,account,metric,value,uncertainty,where\n"
			"2025-10,x,views,2.106,,Plataforma X\n"
			"2025-10,x,views,\"2,106\",,\n"
			"2025-Q4,eventos,attendees_per_event,\"33,7\",,\n"
			"2025-Q5,x,views,1,,\n"
			"2025-10,x,vews,1,,\n"
			"2025-10,rdes,posts,1,,\n"
			"2025-10,x,views,,,\n"
			"2025-10,x,views,1,0.5,\n"
			"2025-10,x,views\n",
			path);
	text_addf(&words, "verify %s", path);
	text_addf(&expected,
		  "%1$s:2: value \"2.106\" can be read in two ways: write whole numbers without "
		  "separators, 2106 if that is meant\n"
		  "%1$s:3: value \"2,106\" can be read in two ways: write whole numbers without "
		  "separators, 2106 if that is meant\n"
		  "%1$s:4: value \"33,7\" has a decimal comma: write 33.7\n",
		  path);
	{
		SCOPED(said)
		struct said said = { 0 };
		static const int lines[] = { 5, 6, 7, 8, 9, 10 };

		run(*state, text_str(&words), &said);
		assert_int_equal(said.ends, 3);
		assert_string_equal(text_str(&said.out), "");
		assert_non_null(strstr(text_str(&said.err), text_str(&expected)));
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
			text_reset(&words);
			text_addf(&words, "%s:%d: ", path, lines[i]);
			assert_non_null(strstr(text_str(&said.err), text_str(&words)));
		}
		assert_non_null(strstr(text_str(&said.err), "did you mean \"views\"?"));
		assert_non_null(strstr(text_str(&said.err), "did you mean \"redes\"?"));
		assert_non_null(strstr(text_str(&said.err), "nothing was verified"));
	}
}

static void stated_rounding_and_the_printed_digits_are_allowed_for(void **state)
{
	static const struct {
		const char *line, *verdict;
	} rows[] = {
		{ "2025-10,facebook,visits,3400,50", "right" },
		{ "2025-10,facebook,visits,3420,", "right" },
		{ "2025-10,facebook,visits,3500,40", "wrong" },
		{ "2025-Q4,sede-electronica,visits,94196,", "right" },
		{ "2025-Q4,sede-electronica,visits,94200,", "wrong" },
		{ "2025-Q4,sede-electronica,visits,94200,50", "right" },
		{ "2025-Q4,sede-electronica,visits,94196.0,", "right" },
	};
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;
	char path[128];
	size_t i = 0;

	import_the_quarter(*state);
	text_add(&file, "period,account,metric,value,uncertainty\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		text_addf(&file, "%s\n", rows[i].line);
	write_published(*state, text_str(&file), path);
	text_addf(&words, "verify %s --format json", path);
	root = run_json(*state, text_str(&words), 1);
	i = 0;
	cJSON_ArrayForEach (record, json_array(root, "records")) {
		assert_string_equal(member(record, "verdict"), rows[i].verdict);
		i++;
	}
	assert_int_equal(i, sizeof(rows) / sizeof(rows[0]));
}

/* --- lines against lines */

/* Verifies these lines; each must be inconsistent with the lines named ("" none). */
static void assert_against(const struct place *place, const char *const *lines,
			   const char *const *against, int ends)
{
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;
	char path[128];
	size_t i = 0;

	text_add(&file, "period,account,metric,value\n");
	for (size_t k = 0; lines[k]; k++)
		text_addf(&file, "%s\n", lines[k]);
	write_published(place, text_str(&file), path);
	text_addf(&words, "verify %s --format json", path);
	root = run_json(place, text_str(&words), ends);
	cJSON_ArrayForEach (record, json_array(root, "records")) {
		assert_non_null(lines[i]);
		assert_string_equal(member(record, "inconsistent_with"), against[i]);
		i++;
	}
	assert_null(lines[i]);
}

static void a_quarter_that_is_not_its_months_is_inconsistent_with_them(void **state)
{
	static const char *const lines[] = { "2025-10,instagram,visits,557",
					     "2025-11,instagram,visits,439",
					     "2025-12,instagram,visits,500",
					     "2025-Q4,instagram,visits,2215", NULL };
	static const char *const against[] = { "", "", "", "2 3 4" };

	import_the_quarter(*state);
	assert_against(*state, lines, against, 1);
}

static void a_quarter_that_is_its_months_is_merely_not_provable(void **state)
{
	static const char *const lines[] = { "2025-10,instagram,visits,557",
					     "2025-11,instagram,visits,439",
					     "2025-12,instagram,visits,1219",
					     "2025-Q4,instagram,visits,2215", NULL };
	static const char *const against[] = { "", "", "", "" };

	import_the_quarter(*state);
	assert_against(*state, lines, against, 0);
}

static void people_of_a_quarter_lie_between_the_largest_month_and_the_sum(void **state)
{
	static const char *const beyond[] = { "2025-10,instagram,reach,5700",
					      "2025-11,instagram,reach,3400",
					      "2025-12,instagram,reach,6000",
					      "2025-Q4,instagram,reach,37764", NULL };
	static const char *const inside[] = { "2025-10,instagram,reach,5700",
					      "2025-11,instagram,reach,3400",
					      "2025-12,instagram,reach,28664",
					      "2025-Q4,instagram,reach,37764", NULL };
	static const char *const against[] = { "", "", "", "2 3 4" };
	static const char *const nothing[] = { "", "", "", "" };

	import_the_quarter(*state);
	assert_against(*state, beyond, against, 1);
	assert_against(*state, inside, nothing, 0);
}

static void
a_group_is_held_against_its_accounts_and_a_derived_number_against_its_terms(void **state)
{
	static const char *const group[] = { "2025-12,facebook,visits,1000",
					     "2025-12,instagram,visits,500",
					     "2025-12,redes,visits,1600", NULL };
	static const char *const group_against[] = { "", "", "2 3" };
	/* January still runs: nothing of it can be proven */
	static const char *const derived[] = { "2026-01,redes,posts,100",
					       "2026-01,sede-electronica,news,5",
					       "2026-01,publicaciones,posts,110", NULL };
	static const char *const derived_against[] = { "", "", "2 3" };

	import_the_quarter(*state);
	assert_against(*state, group, group_against, 1);
	assert_against(*state, derived, derived_against, 1);
}

static void what_the_data_settle_is_not_held_against_other_lines(void **state)
{
	/* 94 + 89 + 179 is not 273, yet 273 is right */
	static const char *const lines[] = { "2025-Q4,facebook,posts,94",
					     "2025-Q4,instagram,posts,89", "2025-Q4,x,posts,179",
					     "2025-Q4,redes,posts,273", NULL };
	static const char *const against[] = { "", "", "", "" };

	import_the_quarter(*state);
	assert_against(*state, lines, against, 1);
}

static void a_part_that_was_printed_twice_contradicts_only_when_neither_fits(void **state)
{
	static const char *const fits[] = { "2025-12,facebook,visits,1000",
					    "2025-12,facebook,visits,1100",
					    "2025-12,instagram,visits,500",
					    "2025-12,redes,visits,1600", NULL };
	static const char *const against_fits[] = { "", "", "", "" };
	static const char *const neither[] = { "2025-12,facebook,visits,1000",
					       "2025-12,facebook,visits,1200",
					       "2025-12,instagram,visits,500",
					       "2025-12,redes,visits,1600", NULL };
	static const char *const against_neither[] = { "", "", "", "2 4" };

	import_the_quarter(*state);
	assert_against(*state, fits, against_fits, 0);
	assert_against(*state, neither, against_neither, 1);
}

static void the_mean_of_a_register_is_its_sum_by_its_count_as_they_were_printed(void **state)
{
	static const char *const lines[] = { "2025-Q4,eventos,attendees,659",
					     "2025-Q4,eventos,events,6",
					     "2025-Q4,eventos,attendees_per_event,109.8",
					     "2025-Q4,eventos,attendees_max,660", NULL };
	static const char *const against[] = { "", "", "", "2" };

	import_the_quarter(*state);
	assert_against(*state, lines, against, 1);
}

/* --- the report's own rules */

/* A figure of `summary`, or NULL. */
static const cJSON *figure_of_summary(const cJSON *root, const char *account, const char *metric,
				      const char *period)
{
	const cJSON *record;

	cJSON_ArrayForEach (record, json_array(root, "records")) {
		if (strcmp(member(record, "account"), account) == 0 &&
		    strcmp(member(record, "metric"), metric) == 0 &&
		    strcmp(member(record, "period"), period) == 0)
			return record;
	}
	return NULL;
}

static void the_quarter_gives_every_derived_figure_of_the_report(void **state)
{
	static const struct {
		const char *account, *metric, *period, *form;
		double low;
	} rows[] = {
		{ "sede-electronica", "visits", "2025-Q4", "exact", 94196 },
		{ "sede-electronica", "news", "2025-Q4", "exact", 6 },
		{ "whatsapp", "posts", "2025-Q4", "exact", 37 },
		{ "whatsapp", "wallpapers", "2025-Q4", "exact", 2 },
		{ "facebook", "posts", "2025-Q4", "exact", 94 },
		{ "instagram", "posts", "2025-Q4", "exact", 89 },
		{ "x", "posts", "2025-Q4", "exact", 90 },
		{ "redes", "posts", "2025-10", "exact", 134 },
		{ "redes", "posts", "2025-11", "exact", 65 },
		{ "redes", "posts", "2025-12", "exact", 74 },
		{ "redes", "posts", "2025-Q4", "exact", 273 },
		{ "publicaciones", "posts", "2025-Q4", "exact", 279 },
		{ "facebook", "viewers", "2025-Q4", "at-least", 73250 },
		{ "facebook", "visits", "2025-Q4", "at-least", 4700 },
		{ "facebook", "followers_gained", "2025-Q4", "at-least", 148 },
		{ "facebook", "views", "2025-Q4", "at-least", 275500 },
		{ "instagram", "visits", "2025-Q4", "at-least", 996 },
		{ "instagram", "followers_gained", "2025-Q4", "at-least", 69 },
		{ "instagram", "views", "2025-Q4", "at-least", 83800 },
		{ "x", "views", "2025-Q4", "at-least", 3936 },
		/* a month nobody said anything of is no zero */
		{ "facebook", "visits", "2025-12", "none", 0 },
		{ "x", "views", "2025-12", "none", 0 },
		{ "eventos", "events", "2025-Q4", "exact", 6 },
		{ "eventos", "attendees", "2025-Q4", "at-least", 101 },
		{ "eventos", "attendees_max", "2025-Q4", "at-least", 45 },
		/* of seven campaigns two have days in the quarter */
		{ "campanas", "campaigns", "2025-Q4", "exact", 2 },
		{ "riesgos", "risks", "2025-Q4", "exact", 3 },
		/* all three were stated in July */
		{ "riesgos", "materialised", "2025-Q4", "between", 0 },
	};
	SCOPED(json)
	cJSON *root = NULL;

	import_the_quarter(*state);
	root = run_json(*state, "summary 2025-Q4 --format json", 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const cJSON *figure =
			figure_of_summary(root, rows[i].account, rows[i].metric, rows[i].period);
		const cJSON *low;

		assert_non_null(figure);
		assert_string_equal(member(figure, "form"), rows[i].form);
		low = json_member(figure, "low");
		if (strcmp(rows[i].form, "none") == 0)
			assert_null(low);
		else
			assert_true(low && low->valuedouble == rows[i].low);
	}
}

static void a_month_is_compared_with_the_one_before_it(void **state)
{
	static const struct {
		const char *words, *period;
		double percent;
	} rows[] = {
		{ "summary 2025-11 --compare --format json", "2025-11", -1.4 },
		{ "summary 2025-12 --compare --format json", "2025-12", -27.0 },
	};

	import_the_quarter(*state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(json)
		cJSON *root = run_json(*state, rows[i].words, 0);
		const cJSON *figure =
			figure_of_summary(root, "sede-electronica", "visits", rows[i].period);

		assert_non_null(figure);
		assert_string_equal(member(figure, "before_comparable"), "comparable");
		assert_true(json_member(figure, "before_percent")->valuedouble == rows[i].percent);
	}
}

static void what_x_shows_of_a_post_is_called_views_and_not_reach(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;

	import_the_quarter(*state);
	root = run_json(*state, "summary 2025-Q4 --format json", 0);
	assert_string_equal(member(figure_of_summary(root, "x", "views", "2025-Q4"), "label"),
			    "Visualizaciones");
}

static void people_of_two_months_lie_between_the_larger_and_their_sum(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *figure;

	import_the_quarter(*state);
	root = run_json(*state, "summary 2025-10-01..2025-11-30 --format json", 0);
	figure = figure_of_summary(root, "facebook", "viewers", "2025-10-01..2025-11-30");
	assert_non_null(figure);
	assert_string_equal(member(figure, "form"), "between");
	assert_int_equal(json_member(figure, "low")->valueint, 73250);
	assert_int_equal(json_member(figure, "high")->valueint, 100100);
}

static void a_quarter_without_its_last_month_never_reads_as_complete(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *figure;

	import_the_quarter(*state);
	root = run_json(*state, "summary 2025-Q4 --format json", 0);
	figure = figure_of_summary(root, "facebook", "visits", "2025-Q4");
	assert_int_equal(json_member(figure, "known_days")->valueint, 61);
	assert_int_equal(json_member(figure, "period_days")->valueint, 92);
	assert_true(cJSON_IsFalse(json_member(figure, "complete")));
	figure = figure_of_summary(root, "eventos", "attendees", "2025-Q4");
	assert_int_equal(json_member(figure, "known_days")->valueint, 3);
	assert_int_equal(json_member(figure, "period_days")->valueint, 6);
}

static void the_period_is_named_by_its_days_and_no_text_of_another_quarter_stays(void **state)
{
	SCOPED(said)
	struct said said = { 0 };
	char path[128];
	SCOPED(text)
	struct text words = { 0 };

	import_the_quarter(*state);
	write_published(*state, "period,account,metric,value\n2025-Q4,facebook,posts,94\n", path);
	text_addf(&words, "verify %s", path);
	run(*state, text_str(&words), &said);
	assert_non_null(strstr(text_str(&said.out), "IV trim. 2025"));
	assert_null(strstr(text_str(&said.out), "II trim. 2025"));
}

static void events_are_listed_by_their_dates_whatever_the_order_of_the_file(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	SCOPED(text)
	struct text words = { 0 };
	char path[128];

	write_published(*state,
			"date,event,responsible,attendees\n"
			"2025-11-19,Capacitación,Vigilancia,40\n"
			"2025-10-28,Rendición de cuentas,Secretaría,\n"
			"2025-10-06,Charla,Derechos Humanos,45\n"
			"2025-12-10,Conmemoración,Derechos Humanos,\n",
			path);
	text_addf(&words, "record events --from %s", path);
	do_quietly(*state, text_str(&words));
	write_published(*state,
			"period,account,metric,value\n2025-Q4,eventos,events,4\n"
			"2025-Q4,eventos,attendees_max,232\n",
			path);
	text_reset(&words);
	text_addf(&words, "verify %s --format json --lang en", path);
	root = run_json(*state, text_str(&words), 0);
	assert_string_equal(member(cJSON_GetArrayItem(json_array(root, "records"), 0), "formula"),
			    "4 records: 2025-10-06, 2025-10-28, 2025-11-19, 2025-12-10");
	assert_string_equal(member(cJSON_GetArrayItem(json_array(root, "records"), 1), "formula"),
			    "45: Charla (2025-10-06)");
}

/* --- sources against each other */

/* A Page that an API reads and people know, too. */
static void write_collected(const struct place *place)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(
		&config,
		"state_directory = \"%s\";\ncontrol = \"%s\";\n"
		"tokens: ( { id = \"meta\"; kind = \"page\"; file = \"%s/token\"; } );\n"
		"entities: ( { id = \"real\"; name = \"Personería\"; zone = \"America/Bogota\";\n"
		"  language = \"en\";\n"
		"  accounts: ( { id = \"facebook\"; title = \"Facebook\"; collector = "
		"\"facebook\";\n"
		"    page = \"104000000000001\"; token = \"meta\"; entered = [\"visits\", "
		"\"viewers\"]; },\n"
		"  { id = \"whatsapp\"; title = \"WhatsApp\"; collector = \"manual\";\n"
		"    entered = [\"wallpapers\"]; } );\n"
		"  metrics: ( { id = \"wallpapers\"; kind = \"flow\"; label = \"Wallpapers\"; } );"
		" } );\n",
		place->path, place->control, place->path);
	write_file(place->config, text_str(&config));
}

/* What the API says of the Page's visits: so many days from `first` on, `each` a day. */
static void store_days(const struct place *place, const char *first, int days, int64_t each)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_PERSON);
	const struct metric visits = { .id = "visits", .kind = METRIC_FLOW };
	struct entry entries[40];
	const struct origin origin = { .kind = ORIGIN_REQUEST,
				       .at = place->now,
				       .what = "insights day page_views_total" };
	struct changes changes;
	int32_t day;

	assert_int_equal(day_parse(first, &day, NULL), 0);
	assert_true(days <= 40);
	for (int i = 0; i < days; i++)
		entries[i] = (struct entry){
			.entity = "real",
			.account = "facebook",
			.source = "facebook",
			.zone = "America/Los_Angeles",
			.metric = &visits,
			.window = { day + i, 1 },
			.value = each,
		};
	assert_int_equal(
		store_enter(store, entries, (size_t)days, &origin, &changes, &(struct error){ 0 }),
		0);
}

static void
a_month_a_person_knows_wholly_is_shown_and_the_api_with_a_day_less_is_listed(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	SCOPED(json)
	cJSON *summary = NULL;
	const cJSON *shown, *other;

	write_collected(*state);
	store_days(*state, "2025-10-01", 30, 110);
	do_quietly(*state, "enter facebook visits 2025-10 3400 --uncertainty 50");
	root = run_json(*state, "reconcile 2025-10 --format json", 1);
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 2);
	shown = cJSON_GetArrayItem(json_array(root, "records"), 0);
	other = cJSON_GetArrayItem(json_array(root, "records"), 1);
	assert_string_equal(member(shown, "source"), "manual");
	assert_string_equal(member(shown, "reason"), "shown");
	assert_int_equal(json_member(shown, "value")->valueint, 3400);
	assert_string_equal(member(other, "source"), "facebook");
	assert_string_equal(member(other, "reason"), "fewer-days");
	assert_string_equal(member(other, "finding"), "differs");
	assert_int_equal(json_member(other, "low")->valueint, 3300);
	assert_int_equal(json_member(other, "difference")->valueint, -100);
	summary = run_json(*state, "summary 2025-10 --account facebook --format json", 0);
	shown = figure_of_summary(summary, "facebook", "visits", "2025-10");
	assert_int_equal(json_member(shown, "value")->valueint, 3400);
	/* 50 lie between what the two can be: 1.5 % of the larger */
	cJSON_Delete(run_json(*state, "reconcile 2025-10 --tolerance 1.4 --format json", 1));
	cJSON_Delete(run_json(*state, "reconcile 2025-10 --tolerance 1.5 --format json", 0));
}

static void
months_of_an_api_and_one_of_a_person_are_a_complete_quarter_that_says_mixed(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	SCOPED(json)
	cJSON *summary = NULL;
	const cJSON *quarter;

	write_collected(*state);
	store_days(*state, "2025-10-01", 31, 100);
	store_days(*state, "2025-12-01", 31, 10);
	do_quietly(*state, "enter facebook visits 2025-11 1400");
	summary = run_json(*state, "summary 2025-Q4 --account facebook --format json", 0);
	quarter = figure_of_summary(summary, "facebook", "visits", "2025-Q4");
	assert_int_equal(json_member(quarter, "value")->valueint, 3100 + 1400 + 310);
	assert_true(cJSON_IsTrue(json_member(quarter, "complete")));
	assert_true(cJSON_IsTrue(json_member(quarter, "mixed")));
	root = run_json(*state, "reconcile 2025-Q4 --format json", 0);
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 0);
}

static void a_month_below_its_own_known_days_is_a_conflict(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;

	write_collected(*state);
	store_days(*state, "2025-10-01", 30, 110);
	do_quietly(*state, "enter facebook visits 2025-10 3000");
	cJSON_Delete(run_json(*state, "reconcile 2025-10 --tolerance 50 --format json", 0));
	root = run_json(*state, "reconcile 2025-10 --format json", 1);
	cJSON_ArrayForEach (record, json_array(root, "records"))
		assert_string_equal(member(record, "finding"), "conflict");
}

static void a_quarter_that_was_typed_is_held_against_the_sum_of_its_months(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *entry, *sum;

	import_the_quarter(*state);
	do_quietly(*state, "enter sede-electronica visits 2025-Q4 94190");
	root = run_json(*state, "reconcile 2025-Q4 --format json", 1);
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 2);
	entry = cJSON_GetArrayItem(json_array(root, "records"), 0);
	sum = cJSON_GetArrayItem(json_array(root, "records"), 1);
	assert_string_equal(member(entry, "finding"), "longer");
	assert_string_equal(member(entry, "source"), "manual");
	assert_int_equal(json_member(entry, "value")->valueint, 94190);
	assert_true(cJSON_IsTrue(json_member(sum, "sum")));
	assert_int_equal(json_member(sum, "value")->valueint, 94196);
	cJSON_Delete(run_json(*state, "reconcile 2025-Q4 --tolerance 1 --format json", 0));
}

static void long_and_short_windows_of_one_source_that_differ_are_listed(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;

	do_quietly(*state, "enter x posts 2025-10 46");
	do_quietly(*state, "enter x posts 2025-10-01..2025-10-15 20");
	do_quietly(*state, "enter x posts 2025-10-16..2025-10-31 20");
	root = run_json(*state, "reconcile 2025-10 --format json", 1);
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 2);
	cJSON_ArrayForEach (record, json_array(root, "records"))
		assert_string_equal(member(record, "finding"), "windows");
}

static void what_was_recorded_one_by_one_is_held_against_the_number_in_the_table(void **state)
{
	static const char *const words[] = {
		"record",  "wallpapers",           "--account", "whatsapp", "--date", "2025-12-09",
		"--title", "Código de Integridad", "--count",   "5",        NULL
	};
	SCOPED(json)
	cJSON *root = NULL;
	SCOPED(said)
	struct said said = { 0 };
	const cJSON *typed, *recorded;

	import_the_quarter(*state);
	run_words(*state, words, &said);
	assert_int_equal(said.ends, 0);
	root = run_json(*state, "reconcile 2025-Q4 --account whatsapp --format json", 1);
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 2);
	typed = cJSON_GetArrayItem(json_array(root, "records"), 0);
	recorded = cJSON_GetArrayItem(json_array(root, "records"), 1);
	assert_string_equal(member(typed, "window"), "2025-12-01..2025-12-31");
	assert_int_equal(json_member(typed, "value")->valueint, 2);
	assert_string_equal(member(recorded, "source"), "register");
	assert_int_equal(json_member(recorded, "value")->valueint, 5);
}

static void reconcile_says_what_is_shown_and_why(void **state)
{
	write_collected(*state);
	store_days(*state, "2025-10-01", 30, 110);
	do_quietly(*state, "enter facebook visits 2025-10 3400 --uncertainty 50");
	do_quietly(*state, "enter facebook visits 2025-Q4 3200");
	expect_fixture(*state, "reconcile 2025-Q4", 1, "ctl/reconcile_en.txt");
	expect(*state, "reconcile 2025-10 --tolerance abc", 2, "",
	       "metricsctl: --tolerance is \"abc\", expected percent from 0 to 100, like 5 or "
	       "2.5\n");
}

static void the_layouts_are_documented_in_their_order(void **state)
{
	import_the_quarter(*state);
	do_quietly(*state, "enter sede-electronica visits 2025-Q4 94190");
	assert_documented(*state, "verify " EXAMPLES "/published.csv --format csv",
			  "## metricsd.verify");
	assert_documented(*state, "reconcile 2025-Q4 --format csv", "## metricsd.reconcile");
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, clear_place)
	const struct CMUnitTest tests[] = {
		IN_PLACE(the_published_quarter_gets_the_verdict_of_each_of_its_lines),
		IN_PLACE(a_wrong_line_shows_the_right_number_and_how_it_is_made),
		IN_PLACE(the_exit_status_is_for_what_is_wrong_and_with_strict_for_what_is_open),
		IN_PLACE(every_mistake_of_a_file_is_named_with_its_line_and_nothing_is_verified),
		IN_PLACE(stated_rounding_and_the_printed_digits_are_allowed_for),
		IN_PLACE(a_quarter_that_is_not_its_months_is_inconsistent_with_them),
		IN_PLACE(a_quarter_that_is_its_months_is_merely_not_provable),
		IN_PLACE(people_of_a_quarter_lie_between_the_largest_month_and_the_sum),
		IN_PLACE(
			a_group_is_held_against_its_accounts_and_a_derived_number_against_its_terms),
		IN_PLACE(what_the_data_settle_is_not_held_against_other_lines),
		IN_PLACE(a_part_that_was_printed_twice_contradicts_only_when_neither_fits),
		IN_PLACE(the_mean_of_a_register_is_its_sum_by_its_count_as_they_were_printed),
		IN_PLACE(the_quarter_gives_every_derived_figure_of_the_report),
		IN_PLACE(a_month_is_compared_with_the_one_before_it),
		IN_PLACE(what_x_shows_of_a_post_is_called_views_and_not_reach),
		IN_PLACE(people_of_two_months_lie_between_the_larger_and_their_sum),
		IN_PLACE(a_quarter_without_its_last_month_never_reads_as_complete),
		IN_PLACE(the_period_is_named_by_its_days_and_no_text_of_another_quarter_stays),
		IN_PLACE(events_are_listed_by_their_dates_whatever_the_order_of_the_file),
		IN_PLACE(
			a_month_a_person_knows_wholly_is_shown_and_the_api_with_a_day_less_is_listed),
		IN_PLACE(
			months_of_an_api_and_one_of_a_person_are_a_complete_quarter_that_says_mixed),
		IN_PLACE(a_month_below_its_own_known_days_is_a_conflict),
		IN_PLACE(a_quarter_that_was_typed_is_held_against_the_sum_of_its_months),
		IN_PLACE(long_and_short_windows_of_one_source_that_differ_are_listed),
		IN_PLACE(what_was_recorded_one_by_one_is_held_against_the_number_in_the_table),
		IN_PLACE(reconcile_says_what_is_shown_and_why),
		IN_PLACE(the_layouts_are_documented_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
