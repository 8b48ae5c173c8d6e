/*
 * What summary makes of registers, earlier periods, closed ones, and of an account's own way of
 * choosing between sources.
 */
#include "run.h"
#include "test.h"

#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/json.h"

#include <stdio.h>
#include <string.h>

#define EXAMPLES METRICSD_SOURCE "/examples"

static void do_quietly(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
}

static void fill(const struct place *place)
{
	do_quietly(place, "import " EXAMPLES "/monthly.csv");
	do_quietly(place, "record events --from " EXAMPLES "/events.csv");
	do_quietly(place, "record campaigns --from " EXAMPLES "/campaigns.csv");
}

/* One entity whose accounts are those of `accounts`, with `more` of its own. */
static void write_config(const struct place *place, const char *accounts, const char *more)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "entities: ( { id = \"una\"; name = \"Entity\"; zone = \"America/Bogota\";\n"
		  "  language = \"en\"; %s accounts: ( %s ); } );\n",
		  place->path, place->control, more, accounts);
	write_file(place->config, text_str(&config));
}

/* A record of the command's JSON. */
static const cJSON *find(const cJSON *root, const char *account, const char *metric,
			 const char *period)
{
	const cJSON *record;

	cJSON_ArrayForEach (record, json_array(root, "records")) {
		if (strcmp(json_text(record, "account"), account) == 0 &&
		    strcmp(json_text(record, "metric"), metric) == 0 &&
		    strcmp(json_text(record, "period"), period) == 0)
			return record;
	}
	fail_msg("no %s/%s of %s", account, metric, period);
	return NULL;
}

static cJSON *ask(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };
	cJSON *root = NULL;
	struct error err;

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	if (json_parse(text_str(&said.out), said.out.length, &root, &err) < 0)
		fail_msg("%s", err.text);
	return root;
}

static void assert_number(const cJSON *record, const char *name, double number)
{
	const cJSON *member = json_member(record, name);

	assert_true(cJSON_IsNumber(member));
	assert_true(member->valuedouble > number - 1e-6 && member->valuedouble < number + 1e-6);
}

static void assert_text(const cJSON *record, const char *name, const char *text)
{
	const char *said = json_text(record, name);

	if (!text) {
		assert_null(said);
		return;
	}
	assert_non_null(said);
	assert_string_equal(said, text);
}

/* --- registers */

static void a_register_gives_its_figures_and_says_how_many_lack_a_number(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *mean, *events;

	fill(*state);
	root = ask(*state, "summary 2025-Q4 --format json");
	events = find(root, "eventos", "events", "2025-Q4");
	assert_number(events, "value", 6);
	assert_text(events, "source", "register");
	mean = find(root, "eventos", "attendees_per_event", "2025-Q4");
	assert_text(mean, "kind", "ratio");
	assert_text(mean, "form", "at-least");
	assert_number(mean, "value", 33.7);
	assert_number(mean, "known_days", 3);
	assert_number(mean, "period_days", 6);
	assert_true(cJSON_IsTrue(json_member(mean, "of_records")));
	assert_number(find(root, "eventos", "attendees", "2025-Q4"), "low", 101);
	assert_number(find(root, "campanas", "campaigns", "2025-Q4"), "value", 2);
	expect_fixture(*state, "summary 2025-Q4 --account eventos --lang en", 0,
		       "ctl/register_en.txt");
}

static void a_month_nobody_recorded_is_unknown_until_somebody_says_there_was_nothing(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *before = NULL;
	SCOPED(json)
	cJSON *after = NULL;

	fill(place);
	before = ask(place, "summary 2025-09 --account eventos --format json");
	assert_text(find(before, "eventos", "events", "2025-09"), "form", "none");
	do_quietly(place, "record events --none 2025-09");
	after = ask(place, "summary 2025-09 --account eventos --format json");
	assert_number(find(after, "eventos", "events", "2025-09"), "value", 0);
	assert_text(find(after, "eventos", "attendees_per_event", "2025-09"), "form", "none");
}

static void what_is_recorded_one_by_one_stands_beside_what_is_entered(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *october, *november;

	write_config(place,
		     "{ id = \"prensa\"; collector = \"manual\"; entered = [\"bulletins\"]; }",
		     "metrics: ( { id = \"bulletins\"; kind = \"flow\"; } );");
	do_quietly(place, "record bulletins --date 2025-10-03 --title Uno");
	do_quietly(place, "record bulletins --date 2025-10-03 --title Dos --count 2");
	do_quietly(place, "enter prensa bulletins 2025-10 9");
	do_quietly(place, "enter prensa bulletins 2025-11 4");
	root = ask(place, "summary 2025-Q4 --format json");
	october = find(root, "prensa", "bulletins", "2025-10");
	november = find(root, "prensa", "bulletins", "2025-11");
	/* the register goes before what was typed */
	assert_number(october, "value", 3);
	assert_text(october, "source", "register");
	assert_number(november, "value", 4);
	assert_text(november, "source", "manual");
}

/* --- which source is shown */

static void an_account_may_say_whom_it_believes(void **state)
{
	const struct place *place = *state;
	static const struct {
		const char *precedence, *source;
		double value;
	} rows[] = {
		{ "", "csv", 5 },
		{ "precedence = [\"manual\"];", "manual", 7 },
		{ "precedence = [\"csv\", \"manual\"];", "csv", 5 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text account = { 0 };
		SCOPED(json)
		cJSON *root = NULL;
		const cJSON *record;

		text_addf(&account,
			  "{ id = \"x\"; collector = \"manual\"; entered = [\"views\"]; %s }",
			  rows[i].precedence);
		write_config(place, text_str(&account), "");
		do_quietly(place, "enter x views 2025-10 5 --source csv");
		do_quietly(place, "enter x views 2025-10 7");
		root = ask(place, "summary 2025-10 --format json");
		record = find(root, "x", "views", "2025-10");
		assert_text(record, "source", rows[i].source);
		assert_number(record, "value", rows[i].value);
	}
}

static void days_of_several_sources_meet_only_where_the_account_says_so(void **state)
{
	const struct place *place = *state;

	for (int combine = 0; combine < 2; combine++) {
		SCOPED(text)
		struct text account = { 0 };
		SCOPED(json)
		cJSON *root = NULL;
		const cJSON *record;

		text_addf(&account,
			  "{ id = \"x\"; collector = \"manual\"; entered = [\"views\"]; "
			  "combine = %s; }",
			  combine ? "true" : "false");
		write_config(place, text_str(&account), "");
		do_quietly(place, "enter x views 2025-10-01..2025-10-20 5 --source csv");
		do_quietly(place, "enter x views 2025-10-21..2025-10-31 7");
		root = ask(place, "summary 2025-10 --format json");
		record = find(root, "x", "views", "2025-10");
		assert_text(record, "form", combine ? "exact" : "at-least");
		assert_number(record, "low", combine ? 12 : 5);
		assert_true(cJSON_IsTrue(json_member(record, "mixed")) == combine);
	}
}

/* --- periods */

static void a_period_may_have_a_name_of_the_entity(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;

	write_config(place, "{ id = \"x\"; collector = \"manual\"; entered = [\"views\"]; }",
		     "periods: ( { id = \"campania\"; from = \"2025-10-05\"; to = "
		     "\"2025-10-20\"; } );");
	do_quietly(place, "enter x views campania 30");
	root = ask(place, "summary campania --format json");
	assert_number(find(root, "x", "views", "campania"), "value", 30);
	assert_text(find(root, "x", "views", "campania"), "last_day", "2025-10-20");
}

static void a_period_stands_beside_those_before_it(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *views, *posts;

	write_config(place,
		     "{ id = \"x\"; collector = \"manual\"; entered = [\"views\", \"posts\"]; }",
		     "");
	do_quietly(place, "enter x views 2024-11 80");
	do_quietly(place, "enter x views 2025-10 200");
	do_quietly(place, "enter x views 2025-11 110");
	do_quietly(place, "enter x posts 2025-11 3");
	do_quietly(place, "enter x posts 2025-10-01..2025-10-15 3");
	root = ask(place, "summary 2025-11 --compare --format json");
	views = find(root, "x", "views", "2025-11");
	assert_text(views, "before_period", "2025-10");
	assert_text(views, "before_comparable", "comparable");
	assert_number(views, "before_difference_low", -90);
	assert_number(views, "before_percent", -45);
	assert_text(views, "year_before_period", "2024-11");
	assert_number(views, "year_before_difference_high", 30);
	assert_number(views, "year_before_percent", 37.5);
	posts = find(root, "x", "posts", "2025-11");
	assert_text(posts, "before_comparable", "incomplete");
	assert_null(json_member(posts, "before_difference_low"));
	assert_text(posts, "year_before_comparable", "nothing");
	expect_fixture(place, "summary 2025-11 --compare", 0, "ctl/compare_en.txt");
}

static void series_shows_what_was_recorded_beside_what_was_entered(void **state)
{
	const struct place *place = *state;

	write_config(place,
		     "{ id = \"prensa\"; collector = \"manual\"; entered = [\"bulletins\"]; }, "
		     "{ id = \"eventos\"; collector = \"events\"; }",
		     "metrics: ( { id = \"bulletins\"; kind = \"flow\"; } );");
	do_quietly(place, "enter prensa bulletins 2025-10-01..2025-10-04 9");
	do_quietly(place, "record bulletins --date 2025-10-02 --title Uno");
	expect(place, "series prensa bulletins 2025-10-01..2025-10-04", 0,
	       "Entity · prensa · Press bulletins (2025-10-01..2025-10-04)\n"
	       "\n"
	       "source manual, days of America/Bogota\n"
	       "2025-10-01..2025-10-04  9  4 days\n"
	       "\n"
	       "source register, days of America/Bogota\n"
	       "2025-10-01              0\n"
	       "2025-10-02              1\n"
	       "2025-10-03              0\n"
	       "2025-10-04              0\n",
	       "");
	expect(place, "series eventos events 2025-10", 0,
	       "Entity · eventos · Events (2025-10-01..2025-10-31)\n"
	       "\n"
	       "It is counted over records: metricsctl record --list events\n",
	       "");
}

/* --- what is closed */

static void a_closed_period_says_what_was_published_and_what_changed_when(void **state)
{
	struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *views, *posts, *whole;

	fill(place);
	do_quietly(place, "close 2025-Q4 --by ana --anyway");
	place->now += (int64_t)5 * 86400; /* 2026-01-20 */
	do_quietly(place, "enter facebook views 2025-10 209412 --by luis");
	do_quietly(place, "record events --date 2025-12-20 --title Posada --attendees 12");
	root = ask(place, "summary 2025-Q4 --format json");
	views = find(root, "facebook", "views", "2025-10");
	assert_text(views, "closed_at", NOW);
	assert_text(views, "published_form", "between");
	assert_number(views, "published_value", 208800);
	assert_number(views, "published_low", 208750);
	assert_number(views, "published_high", 208850);
	posts = find(root, "facebook", "posts", "2025-10");
	assert_number(posts, "published_value", 44);
	whole = find(root, "eventos", "events", "2025-Q4");
	assert_number(whole, "value", 7);
	assert_number(whole, "published_value", 6);
	expect_fixture(place, "summary 2025-Q4 --account facebook --lang en", 0,
		       "ctl/closed_en.txt");
	expect_fixture(place, "summary 2025-12 --account eventos --lang en", 0,
		       "ctl/closed_month_en.txt");
}

static void a_reopened_period_is_like_any_other(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;

	fill(place);
	do_quietly(place, "close 2025-Q4 --by ana --anyway");
	do_quietly(place, "reopen 2025-Q4 --by ana --why error");
	root = ask(place, "summary 2025-Q4 --format json");
	assert_text(find(root, "facebook", "posts", "2025-10"), "closed_at", NULL);
	assert_text(find(root, "facebook", "posts", "2025-10"), "published_form", NULL);
}

/* --- plans are not channels */

static void a_plan_stands_in_no_list_of_channels(void **state)
{
	const struct place *place = *state;
	static const char *const lists[] = { "summary 2025", "accounts", "status" };
	char plan[96];

	(void)snprintf(plan, sizeof(plan), "%s/plan.conf", place->path);
	write_file(
		plan,
		"id = \"plan\"; title = \"El plan\"; period = \"2025\"; goal = 90;\n"
		"activities: ( { id = \"media\"; title = \"Medios\"; kind = \"percent\"; } );\n");
	write_config(place, "{ id = \"x\"; collector = \"manual\"; entered = [\"views\"]; }",
		     "plans = [\"plan.conf\"];");
	do_quietly(place, "enter plan media 2025-S1 40");
	do_quietly(place, "enter x views 2025-10 4");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		SCOPED(said)
		struct said said = { 0 };
		SCOPED(text)
		struct text words = { 0 };

		run(place, lists[i], &said);
		assert_int_equal(said.ends, 0);
		assert_null(strstr(text_str(&said.out), "plan"));
		text_addf(&words, "%s --account plan", lists[i]);
		expect(place, text_str(&words), 2, "",
		       "metricsctl: \"plan\" is a plan of action: metricsctl plan --plan plan "
		       "shows "
		       "it\n");
	}
}

static void a_register_is_never_overdue(void **state)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;

	fill(*state);
	root = ask(*state, "status --format json");
	cJSON_ArrayForEach (record, json_array(root, "records")) {
		assert_text(record, "state", "manual");
		assert_true(cJSON_IsFalse(json_member(record, "needs_person")));
		/* the last 30 days: December 16th to 31st is in a month with an event */
		if (strcmp(json_text(record, "account"), "eventos") == 0)
			assert_number(record, "known_days", 16);
	}
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(a_register_gives_its_figures_and_says_how_many_lack_a_number),
		WITH_PLACE(
			a_month_nobody_recorded_is_unknown_until_somebody_says_there_was_nothing),
		WITH_PLACE(what_is_recorded_one_by_one_stands_beside_what_is_entered),
		WITH_PLACE(an_account_may_say_whom_it_believes),
		WITH_PLACE(days_of_several_sources_meet_only_where_the_account_says_so),
		WITH_PLACE(a_period_may_have_a_name_of_the_entity),
		WITH_PLACE(a_period_stands_beside_those_before_it),
		WITH_PLACE(series_shows_what_was_recorded_beside_what_was_entered),
		WITH_PLACE(a_closed_period_says_what_was_published_and_what_changed_when),
		WITH_PLACE(a_reopened_period_is_like_any_other),
		WITH_PLACE(a_plan_stands_in_no_list_of_channels),
		WITH_PLACE(a_register_is_never_overdue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
