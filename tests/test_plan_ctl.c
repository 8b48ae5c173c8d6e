/*
 * Plans of action as `metricsctl plan` says them: the shipped ones, and small ones of our own.
 */
#include "run.h"
#include "test.h"

#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/json.h"

#include <stdio.h>
#include <string.h>

/* The shipped plans, in July 2026. */
static int make_plans(void **state)
{
	SCOPED(text)
	struct text config = { 0 };
	struct place *place;

	assert_int_equal(make_place(state), 0);
	place = *state;
	assert_int_equal(time_parse("2026-07-15T17:00:00Z", &place->now, NULL), 0);
	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "@include \"" METRICSD_SOURCE "/examples/plans.conf\"\n",
		  place->path, place->control);
	write_file(place->config, text_str(&config));
	return 0;
}

/* An office with one plan, whose file says `plan`. */
static void write_plan(const struct place *place, const char *plan)
{
	SCOPED(text)
	struct text config = { 0 };
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/plan.conf", place->path);
	write_file(path, plan);
	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "entities: ( { id = \"office\"; name = \"Office\"; zone = \"America/Bogota\";\n"
		  "  language = \"en\"; plans = [\"plan.conf\"];\n"
		  "  accounts: ( { id = \"press\"; title = \"Press\"; collector = \"manual\";\n"
		  "    entered = [\"posts\", \"trainings\"]; } ); } );\n",
		  place->path, place->control);
	write_file(place->config, text_str(&config));
}

static void do_quietly(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
}

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

static const cJSON *activity(const cJSON *root, const char *id)
{
	const cJSON *record;

	cJSON_ArrayForEach (record, json_array(root, "records")) {
		if (strcmp(json_text(record, "activity"), id) == 0)
			return record;
	}
	fail_msg("no activity %s", id);
	return NULL;
}

static double number(const cJSON *record, const char *name)
{
	const cJSON *value = json_member(record, name);

	if (!cJSON_IsNumber(value))
		fail_msg("%s is no number", name);
	return value->valuedouble;
}

static void assert_text(const cJSON *record, const char *name, const char *expected)
{
	const char *text = json_text(record, name);

	assert_string_equal(text ? text : "", expected);
}

/* --- the shipped plan of a council */

static void enter_first_semester(const struct place *place)
{
	static const char *const media[] = { "enter",
					     "plan-2026",
					     "a08",
					     "2026-S1",
					     "50",
					     "--evidence",
					     "https://example.gov/acta-3.pdf",
					     "--by",
					     "Ana Gómez",
					     NULL };
	static const char *const design[] = { "enter", "plan-2026", "a02",       "2026-S1",
					      "no",    "--note",    "en diseño", NULL };
	static const char *const *const entries[] = { media, design };

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		SCOPED(said)
		struct said said = { 0 };

		run_words(place, entries[i], &said);
		assert_string_equal(text_str(&said.err), "");
		assert_int_equal(said.ends, 0);
	}
	do_quietly(place, "enter plan-2026 a05 2026-S1 yes");
	do_quietly(place, "enter comunicaciones trainings 2026-S1 2");
}

static void the_budget_of_thirteen_lines_is_that_of_the_eleven_that_have_one(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *first;

	do_quietly(*state, "enter comunicaciones trainings 2026-S1 2");
	root = run_json(*state, "plan 2026-S1 --plan plan-2026 --format json");
	assert_int_equal(cJSON_GetArraySize(json_array(root, "records")), 13);
	first = cJSON_GetArrayItem(json_array(root, "records"), 0);
	assert_true(number(first, "budget_total") == 2500000000.0);
	assert_true(number(first, "budget_lines") == 11);
	assert_null(json_member(activity(root, "a13"), "budget"));
}

static void what_is_not_known_of_some_activities_makes_the_compliance_an_interval(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;

	enter_first_semester(*state);
	root = run_json(*state, "plan 2026-S1 --plan plan-2026 --format json");
	/* 0 + 50 + 100 + 50 of twelve, and nothing known of eight; the first has no target */
	record = activity(root, "a01");
	assert_text(record, "target_kind", "none");
	assert_text(record, "state", "no-target");
	assert_true(cJSON_IsFalse(json_member(record, "counts")));
	assert_true(number(record, "compliance_low") == 16.6);
	assert_true(number(record, "compliance_high") == 83.4);
	assert_true(cJSON_IsFalse(json_member(record, "compliance_exact")));
	assert_true(number(record, "activities_counted") == 12);
	assert_true(number(record, "activities_left_out") == 1);
	assert_text(record, "goal_state", "not-reached");
	record = activity(root, "a03");
	assert_true(number(record, "progress") == 50);
	assert_true(number(record, "value") == 2);
	assert_true(cJSON_IsTrue(json_member(record, "computed")));
	assert_text(record, "state", "under-way");
	record = activity(root, "a08");
	assert_true(number(record, "first_semester") == 50);
	assert_null(json_member(record, "second_semester"));
	assert_text(record, "evidence", "https://example.gov/acta-3.pdf");
	assert_text(record, "by", "Ana Gómez");
	record = activity(root, "a02");
	assert_text(record, "note", "en diseño");
	assert_true(number(record, "progress") == 0);
	assert_text(activity(root, "a05"), "state", "reached");
	assert_text(activity(root, "a06"), "state", "unknown");
}

static void the_plan_is_printed_with_head_follow_up_formula_and_goal(void **state)
{
	enter_first_semester(*state);
	expect_fixture(*state, "plan 2026-S1 --plan plan-2026 --lang en", 0, "ctl/plan_en.txt");
}

static void without_a_period_it_is_the_semester_that_is_over_last(void **state)
{
	struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	SCOPED(said)
	struct said early = { 0 };

	enter_first_semester(place);
	root = run_json(place, "plan --plan plan-2026 --format json");
	assert_text(activity(root, "a01"), "period", "2026-S1");
	cJSON_Delete(root);
	assert_int_equal(time_parse("2027-01-02T17:00:00Z", &place->now, NULL), 0);
	root = run_json(place, "plan --plan plan-2026 --format json");
	assert_text(activity(root, "a01"), "period", "2026-S2");
	run(place, "plan 2025-S2 --plan plan-2026 --lang en", &early);
	assert_int_equal(early.ends, 0);
	assert_string_equal(text_str(&early.out),
			    "Concejo Distrital de Medellín · Plan de acción de comunicaciones 2026 "
			    "is for 2026: it has no day of H2 2025.\n");
}

static void what_is_not_done_when_it_was_due_is_late(void **state)
{
	struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;

	enter_first_semester(place);
	do_quietly(place, "enter comunicaciones trainings 2026-07-01..2026-07-10 2");
	assert_int_equal(time_parse("2027-01-02T17:00:00Z", &place->now, NULL), 0);
	root = run_json(place, "plan 2026 --plan plan-2026 --format json");
	assert_text(activity(root, "a06"), "state", "late");
	assert_text(activity(root, "a08"), "state", "late");
	/* four are known, though not of all days: it is reached */
	assert_text(activity(root, "a03"), "state", "reached");
	assert_text(activity(root, "a05"), "state", "reached");
}

static void the_year_ends_with_what_the_second_semester_said(void **state)
{
	struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;

	enter_first_semester(place);
	assert_int_equal(time_parse("2027-01-02T17:00:00Z", &place->now, NULL), 0);
	do_quietly(place, "enter plan-2026 a08 2026-S2 100");
	do_quietly(place, "enter plan-2026 a02 2026-S2 yes");
	root = run_json(place, "plan 2026 --plan plan-2026 --format json");
	record = activity(root, "a08");
	assert_true(number(record, "first_semester") == 50);
	assert_true(number(record, "second_semester") == 100);
	assert_true(number(record, "progress") == 100);
	assert_text(record, "state", "reached");
	/* the first semester stays what it was */
	cJSON_Delete(root);
	root = run_json(place, "plan 2026-S1 --plan plan-2026 --format json");
	assert_true(number(activity(root, "a08"), "progress") == 50);
}

static void semester_of_which_nobody_said_anything_repeats_no_other_one(void **state)
{
	struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	SCOPED(said)
	struct said table = { 0 };
	const cJSON *record;

	enter_first_semester(place);
	assert_int_equal(time_parse("2027-01-02T17:00:00Z", &place->now, NULL), 0);
	root = run_json(place, "plan 2026 --plan plan-2026 --format json");
	record = activity(root, "a08");
	assert_true(number(record, "first_semester") == 50);
	assert_null(json_member(record, "second_semester"));
	/* half was done in June, and nobody said how much more by December */
	assert_true(number(record, "progress_low") == 50);
	assert_true(number(record, "progress_high") == 100);
	/* what nobody has said may still bring it to the goal */
	assert_text(record, "goal_state", "open");
	run(place, "plan 2026 --plan plan-2026 --lang en", &table);
	assert_non_null(strstr(text_str(&table.out), "50% (Jun 30)"));
}

static void assert_prints(const struct place *place, const char *words, const char *part)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
	if (!strstr(text_str(&said.out), part))
		fail_msg("%s: \"%s\" does not say \"%s\"", words, text_str(&said.out), part);
}

/* What the report of a semester says, as Markdown. */
static void assert_reports(const struct place *place, const char *part)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text report = { 0 };
	char buffer[4096];
	size_t length;
	FILE *file;

	text_addf(&path, "%s/report.md", place->path);
	text_addf(&words,
		  "report 2026-S2 --entity concejo-medellin --date none --lang en "
		  "--definition " METRICSD_SOURCE "/etc/reports/semestral.conf -o %s",
		  text_str(&path));
	do_quietly(place, text_str(&words));
	file = fopen(text_str(&path), "r");
	assert_non_null(file);
	while ((length = fread(buffer, 1, sizeof(buffer) - 1, file)) > 0) {
		buffer[length] = '\0';
		text_add(&report, buffer);
	}
	(void)fclose(file);
	if (!strstr(text_str(&report), part))
		fail_msg("\"%s\" does not say \"%s\"", text_str(&report), part);
}

static void what_was_done_in_june_is_done_in_december_wherever_it_is_said(void **state)
{
	struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	SCOPED(json)
	cJSON *explained = NULL;
	const cJSON *record;

	enter_first_semester(place);
	assert_int_equal(time_parse("2027-01-02T17:00:00Z", &place->now, NULL), 0);
	root = run_json(place, "plan 2026-S2 --plan plan-2026 --format json");
	record = activity(root, "a05");
	assert_true(number(record, "progress_low") == 100);
	assert_true(number(record, "progress_high") == 100);
	assert_text(record, "as_of", "2026-06-30");
	assert_text(record, "state", "reached");
	assert_true(cJSON_IsTrue(json_member(record, "complete")));
	assert_prints(place, "plan 2026-S2 --plan plan-2026 --lang en", "yes (Jun 30)");
	assert_prints(place, "explain plan-2026 a05 2026-S2 --lang en",
		      "  yes (Jun 30, 2026) · as of Jun 30 · manual · final\n"
		      "  what was reached in 2026-01-01..2026-12-31; progress 100%\n");
	explained = run_json(place, "explain plan-2026 a05 2026-S2 --format json");
	assert_int_equal(cJSON_GetArraySize(json_array(explained, "windows")), 1);
	assert_int_equal(cJSON_GetArraySize(json_array(explained, "origins")), 1);
	assert_int_equal(cJSON_GetArraySize(json_array(explained, "gaps")), 0);
	assert_true(number(json_member(explained, "plan"), "progress_low") == 100);
	assert_reports(place, ": Chat corporativo implementado y funcional | yes (of Jun 30) | "
			      "as of Jun 30 | final |");
}

static void what_was_half_done_in_june_may_be_more_in_december(void **state)
{
	struct place *place = *state;

	enter_first_semester(place);
	assert_int_equal(time_parse("2027-01-02T17:00:00Z", &place->now, NULL), 0);
	assert_prints(place, "explain plan-2026 a08 2026-S2 --lang en",
		      "  50% (Jun 30, 2026) · as of Jun 30; 184 days lack · manual · incomplete\n"
		      "  what was reached in 2026-01-01..2026-12-31; progress 50%–100%\n");
}

static void progress_that_goes_back_is_said_and_not_refused(void **state)
{
	struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;

	enter_first_semester(place);
	assert_int_equal(time_parse("2027-01-02T17:00:00Z", &place->now, NULL), 0);
	do_quietly(place, "enter plan-2026 a08 2026-10 3");
	root = run_json(place, "plan 2026-S2 --plan plan-2026 --format json");
	record = activity(root, "a08");
	assert_true(number(record, "fell_from") == 50);
	assert_text(record, "fell_from_day", "2026-06-30");
	assert_true(number(record, "progress_low") == 3);
	assert_null(json_member(activity(root, "a05"), "fell_from"));
	assert_prints(place, "plan 2026-S2 --plan plan-2026 --lang en",
		      "it went back: 50% (Jun 30) to 3% (Oct 31)");
	assert_reports(place, "it went back: 50% (Jun 30) to 3% (Oct 31)");
}

static void computed_activity_takes_no_number(void **state)
{
	expect(*state, "enter plan-2026 a03 2025-S2 3", 2, "",
	       "metricsctl: a03 of plan-2026 is computed, nobody enters it: metricsctl plan "
	       "--plan plan-2026 shows it\n");
}

static void indicators_without_a_target_are_counted_and_no_part_of_a_compliance(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *first;

	do_quietly(*state, "enter sitio-web surveys 2026-03 2");
	root = run_json(*state, "plan 2026-S1 --plan gobierno-en-linea --format json");
	first = cJSON_GetArrayItem(json_array(root, "records"), 0);
	assert_null(json_member(first, "compliance_low"));
	assert_text(first, "goal_state", "unknown");
	assert_true(number(activity(root, "e05"), "low") == 2);
	assert_text(activity(root, "e05"), "form", "at-least");
}

static void a_plan_that_is_not_there_is_a_usage_error_that_names_those_there_are(void **state)
{
	do_quietly(*state, "enter comunicaciones trainings 2026-S1 2");
	expect(*state, "plan --plan nope", 2, "",
	       "metricsctl: no plan \"nope\"; there are: plan-2026, gobierno-en-linea\n");
}

static void the_layout_is_documented_in_its_order(void **state)
{
	enter_first_semester(*state);
	assert_documented(*state, "plan 2026-S1 --format csv", "## metricsd.plan");
}

/* --- formulas */

static const char activities[] =
	"activities: (\n"
	"  { id = \"a1\"; title = \"First\"; kind = \"number\"; target = 10; from = "
	"\"press.posts\"; weight = 3; budget = 100; due = \"2025-06-30\"; },\n"
	"  { id = \"a2\"; title = \"Second\"; kind = \"percent\"; weight = 1; budget = 300; },\n"
	"  { id = \"a3\"; title = \"Third\"; kind = \"yes-no\"; } );\n";

static void write_formula(const struct place *place, const char *formula, bool cap)
{
	SCOPED(text)
	struct text plan = { 0 };

	text_addf(&plan,
		  "id = \"plan\"; title = \"Plan\"; period = \"2025\"; goal = 90; formula = "
		  "\"%s\"; cap = %s;\n%s",
		  formula, cap ? "true" : "false", activities);
	write_plan(place, text_str(&plan));
}

static void the_compliance_follows_the_formula_of_the_plan(void **state)
{
	static const struct {
		const char *formula;
		bool cap;
		double share;
	} rows[] = {
		{ "mean", true, 50 },       /* (100 + 50 + 0) / 3 */
		{ "mean", false, 66.6 },    /* (150 + 50 + 0) / 3 */
		{ "weighted", true, 87.5 }, /* (3 × 100 + 50) / 4; what has no weight is left out */
		{ "weighted", false, 125 },
		{ "budget", true, 62.5 }, /* (100 × 100 + 300 × 50) / 400 */
	};

	write_formula(*state, "mean", true);
	do_quietly(*state, "enter press posts 2025 15");
	do_quietly(*state, "enter plan a2 2025-S2 50");
	do_quietly(*state, "enter plan a3 2025-S2 no");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(json)
		cJSON *root = NULL;
		const cJSON *first;

		write_formula(*state, rows[i].formula, rows[i].cap);
		root = run_json(*state, "plan 2025 --format json");
		first = activity(root, "a1");
		assert_text(first, "formula", rows[i].formula);
		assert_true(number(first, "progress") == 150);
		assert_true(number(first, "compliance_low") == rows[i].share);
	}
}

static void the_formula_and_what_it_weighs_are_said_in_words(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	write_formula(*state, "weighted", true);
	do_quietly(*state, "enter press posts 2025 10");
	do_quietly(*state, "enter plan a2 2025-S2 100");
	run(*state, "plan 2025 --width 200", &said);
	assert_int_equal(said.ends, 0);
	assert_non_null(strstr(text_str(&said.out), "Compliance of the plan: 100% · goal 90%: "
						    "reached\n"));
	assert_non_null(
		strstr(text_str(&said.out),
		       "Formula: the activities' progress times their weight, by the sum of "
		       "weights; what is beyond 100 % counts as 100 %; 2 activities count, 1 "
		       "is left out (without target or weight).\n"));
}

static void a_target_of_one_of_its_periods_goes_before_that_of_the_whole_plan(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;

	write_plan(*state,
		   "id = \"plan\"; title = \"Plan\"; period = \"2025\";\n"
		   "activities: ( { id = \"a1\"; title = \"First\"; kind = \"number\"; target = 10;"
		   " from = \"press.posts\"; targets: ( { period = \"2025-S1\"; value = 4; } ); } "
		   ");\n");
	do_quietly(*state, "enter press posts 2025-S1 4");
	do_quietly(*state, "enter press posts 2025-S2 1");
	root = run_json(*state, "plan 2025-S1 --format json");
	assert_true(number(activity(root, "a1"), "target") == 4);
	assert_text(activity(root, "a1"), "state", "reached");
	cJSON_Delete(root);
	root = run_json(*state, "plan 2025 --format json");
	assert_true(number(activity(root, "a1"), "target") == 10);
	assert_true(number(activity(root, "a1"), "value") == 5);
	assert_true(number(activity(root, "a1"), "progress") == 50);
}

static void without_a_plan_the_configuration_is_said_to_have_none(void **state)
{
	do_quietly(*state, "enter x views 2025-10 1");
	expect(*state, "plan", 2, "",
	       "metricsctl: no plan is configured: `plans` of an entity names their files\n");
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, clear_place)
#define SHIPPED(test) cmocka_unit_test_setup_teardown(test, make_plans, clear_place)
	const struct CMUnitTest tests[] = {
		SHIPPED(the_budget_of_thirteen_lines_is_that_of_the_eleven_that_have_one),
		SHIPPED(what_is_not_known_of_some_activities_makes_the_compliance_an_interval),
		SHIPPED(the_plan_is_printed_with_head_follow_up_formula_and_goal),
		SHIPPED(without_a_period_it_is_the_semester_that_is_over_last),
		SHIPPED(what_is_not_done_when_it_was_due_is_late),
		SHIPPED(the_year_ends_with_what_the_second_semester_said),
		SHIPPED(semester_of_which_nobody_said_anything_repeats_no_other_one),
		SHIPPED(what_was_done_in_june_is_done_in_december_wherever_it_is_said),
		SHIPPED(what_was_half_done_in_june_may_be_more_in_december),
		SHIPPED(progress_that_goes_back_is_said_and_not_refused),
		SHIPPED(computed_activity_takes_no_number),
		SHIPPED(indicators_without_a_target_are_counted_and_no_part_of_a_compliance),
		SHIPPED(a_plan_that_is_not_there_is_a_usage_error_that_names_those_there_are),
		SHIPPED(the_layout_is_documented_in_its_order),
		IN_PLACE(the_compliance_follows_the_formula_of_the_plan),
		IN_PLACE(the_formula_and_what_it_weighs_are_said_in_words),
		IN_PLACE(a_target_of_one_of_its_periods_goes_before_that_of_the_whole_plan),
		IN_PLACE(without_a_plan_the_configuration_is_said_to_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
