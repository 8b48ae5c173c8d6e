/* Registers, named periods, the choice of sources and plans, with the collectors there really are.
 */
#include "test.h"

#include "../config/parse.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/record.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a directory with a configuration and its plans */

struct place {
	char directory[64];
};

static const char *const files[] = { "m.conf",    "p.conf",     "q.conf",
				     "part.conf", "sub/p.conf", "sub/part.conf" };

static void path_in(const struct place *place, const char *name, char ret[128])
{
	(void)snprintf(ret, 128, "%s/%s", place->directory, name);
}

static int make_place(void **state)
{
	struct place *place = memory_new(1, sizeof(*place));
	char path[128];

	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/metricsd-plans-XXXXXX");
	*state = place;
	if (!mkdtemp(place->directory))
		return -1;
	path_in(place, "sub", path);
	return mkdir(path, 0700);
}

static int remove_place(void **state)
{
	struct place *place = *state;
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path_in(place, files[i], path);
		(void)unlink(path);
	}
	path_in(place, "sub", path);
	(void)rmdir(path);
	(void)rmdir(place->directory);
	free(place);
	return 0;
}

static void write_file(const struct place *place, const char *name, const char *bytes)
{
	char path[128];
	SCOPED(file)
	FILE *file = NULL;

	path_in(place, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
}

/* Loads m.conf of the place: what is said, without the directory's name, which is another each
 * time. */
static struct config *load(const struct place *place, const char *expected)
{
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(text)
	struct text plain = { 0 };
	struct config *config = NULL;
	char path[128];

	path_in(place, "m.conf", path);
	(void)config_load(path, &config, &complaints);
	for (const char *rest = text_str(&complaints); *rest;) {
		if (strncmp(rest, place->directory, strlen(place->directory)) == 0)
			rest += strlen(place->directory) + 1;
		else
			text_add_char(&plain, *rest++);
	}
	assert_string_equal(text_str(&plain), expected);
	return config;
}

static void assert_complaints(const struct place *place, const char *expected)
{
	struct config *config = load(place, expected);

	assert_null(config);
}

/* An office whose plan is p.conf; it begins in line 5. */
#define OFFICE                                                                               \
	"entities: ( { id = \"o\"; zone = \"America/Bogota\";\n"                             \
	"accounts: ( { id = \"oficina\"; collector = \"manual\"; entered = [\"trainings\", " \
	"\"bulletins\", \"videos\"]; },\n"                                                   \
	"{ id = \"eventos\"; collector = \"events\"; } );\n"                                 \
	"groups: ( { id = \"redes\"; accounts = [\"oficina\"]; } );\n"                       \
	"derived: ( { id = \"produccion.contents\"; formula = \"oficina.bulletins + "        \
	"oficina.videos\"; } );\n"                                                           \
	"periods: ( { id = \"cuatrienio\"; from = \"2024-01-01\"; to = \"2027-12-31\"; } );\n"
#define END "} );\n"
#define WITH_PLAN OFFICE "plans = [\"p.conf\"];\n" END
#define HEAD "id = \"plan\"; title = \"Plan\"; period = \"2026\";\n"
#define ONE "activities: ( { id = \"a01\"; title = \"Uno\"; } );\n"

/* What is said of an office without plans with these settings in its line 7. */
static void assert_office(const char *settings, const char *expected)
{
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;

	text_addf(&file, OFFICE "%s" END, settings);
	(void)config_parse("m.conf", file.bytes, file.length, &config, &complaints);
	assert_string_equal(text_str(&complaints), expected);
	assert_int_equal(config == NULL, *expected != '\0');
}

/* --- registers */

static void register_is_an_account_that_needs_nothing_but_its_collector(void **state)
{
	static const char file[] =
		"entities: ( { id = \"o\"; zone = \"UTC\"; accounts: (\n"
		"{ id = \"eventos\"; collector = \"events\"; },\n"
		"{ id = \"campanas\"; collector = \"campaigns\"; entered = [\"designs\"]; },\n"
		"{ id = \"riesgos\"; collector = \"risks\"; } ); } );\n";
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	const struct account *accounts;

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), 0);
	assert_string_equal(text_str(&complaints), "");
	accounts = config->entities[0].accounts;
	assert_string_equal(accounts[0].collector->keeps, RECORD_EVENTS);
	assert_null(accounts[0].entered[0].id);
	assert_int_equal(account_metric(&accounts[0], "attendees")->call, MEASURE_SUM);
	assert_string_equal(accounts[1].collector->keeps, RECORD_CAMPAIGNS);
	assert_int_equal(account_metric(&accounts[1], "campaigns")->call, MEASURE_PRESENT);
	assert_int_equal(account_metric(&accounts[1], "designs")->kind, METRIC_FLOW);
	assert_string_equal(accounts[2].collector->keeps, RECORD_RISKS);
	assert_int_equal(account_metric(&accounts[2], "materialised")->call, MEASURE_TRUE);
}

static void register_takes_no_token(void **state)
{
	static const char file[] = "entities: ( { id = \"o\"; zone = \"UTC\"; accounts: (\n"
				   "{ id = \"eventos\"; collector = \"events\"; token = \"t\"; } "
				   "); } );\n"
				   "tokens: ( { id = \"t\"; file = \"/no/such\"; } );\n";
	SCOPED(text)
	struct text complaints = { 0 };
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), -1);
	assert_string_equal(text_str(&complaints),
			    "m.conf:2: token has no use: collector events asks nobody\n"
			    "m.conf:3: /no/such cannot be read: No such file or directory\n");
}

static void offices_counters_are_known_with_a_label(void **state)
{
	static const char *const known[] = { "bulletins",
					     "press_conferences",
					     "interviews",
					     "designs",
					     "accompaniments",
					     "trainings",
					     "news",
					     "wallpapers",
					     "media_mentions",
					     "citizens_served",
					     "people_trained",
					     "comments",
					     "forums",
					     "surveys",
					     "events",
					     "attendees",
					     "attendees_per_event",
					     "attendees_max",
					     "campaigns",
					     "risks",
					     "materialised" };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct metric *metric = metric_find(metric_catalogue, known[i]);

		assert_non_null(metric);
		assert_string_not_equal(metric_label(metric), known[i]);
	}
	for (const struct metric *metric = metric_catalogue; metric->id; metric++)
		assert_ptr_equal(metric_find(metric_catalogue, metric->id), metric);
}

/* --- periods */

static void named_period_is_found_by_its_name(void **state)
{
	static const char file[] = OFFICE "tolerance = 5;\n" END "publish = false;\n";
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	const struct entity *entity;
	struct period period;
	struct error err;

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), 0);
	assert_false(config->publish);
	entity = &config->entities[0];
	assert_int_equal(entity->tolerance, 50);
	assert_int_equal(config_period(entity, "cuatrienio", &period, &err), 0);
	assert_int_equal(period.kind, PERIOD_NAMED);
	assert_string_equal(period.name, "cuatrienio");
	assert_int_equal(period.window.first, day_of(2024, 1, 1));
	assert_int_equal(window_end(period.window), day_of(2028, 1, 1));
	assert_int_equal(config_period(entity, "Cuatrienio", &period, &err), 0);
	assert_string_equal(period.name, "cuatrienio");
	assert_int_equal(config_period(entity, "2025-q4", &period, &err), 0);
	assert_string_equal(period.name, "2025-Q4");
	assert_int_equal(config_period(NULL, "2025", &period, &err), 0);
}

static void period_nobody_knows_hears_the_forms_and_the_names(void **state)
{
	static const char file[] = OFFICE END;
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	const struct entity *entity;
	struct period period;
	struct error err;

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), 0);
	assert_true(config->publish);
	entity = &config->entities[0];
	assert_int_equal(entity->tolerance, 0);
	assert_int_equal(config_period(entity, "cuatrieno", &period, &err), -1);
	assert_int_equal(err.class, ERROR_INPUT);
	assert_string_equal(err.text,
			    "there is no period \"cuatrieno\", did you mean \"cuatrienio\"?");
	assert_int_equal(config_period(entity, "trimestre", &period, &err), -1);
	assert_non_null(strstr(err.text, "\"trimestre\" is not a period: expected 2025-10"));
	assert_non_null(strstr(err.text, ", or a name of o: cuatrienio"));
	assert_int_equal(config_period(entity, "2025-13", &period, &err), -1);
	assert_string_equal(err.text, "\"2025-13\": a year has months 01 to 12");
	assert_int_equal(config_period(NULL, "cuatrienio", &period, &err), -1);
	assert_null(strstr(err.text, "a name of"));
	assert_int_equal(config_period(entity, "nothing", &period, NULL), -1);
}

static void period_with_a_name_hears_all_that_is_wrong_with_it(void **state)
{
	static const char file[] =
		"entities: ( { id = \"o\"; zone = \"UTC\";\n"
		"accounts: ( { id = \"e\"; collector = \"events\"; } );\n"
		"periods: (\n"
		"{ id = \"2026-s1\"; from = \"2026-01-01\"; to = \"2026-06-30\"; },\n"
		"{ id = \"Plan\"; from = \"2026-13-01\"; },\n"
		"{ id = \"a\"; from = \"2026-02-01\"; to = \"2026-01-01\"; },\n"
		"{ id = \"a\"; from = \"2026-02-01\"; to = \"2026-03-01\"; until = 1; },\n"
		"{ id = \"a-name-that-is-longer-than-any-period\"; from = \"2026-02-01\"; to = "
		"\"3026-03-01\"; } ); } );\n";
	SCOPED(text)
	struct text complaints = { 0 };
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), -1);
	assert_string_equal(
		text_str(&complaints),
		"m.conf:4: id is \"2026-s1\", which is a period already: take a name\n"
		"m.conf:5: id is \"Plan\", expected lower-case letters, digits, \"-\" and \"_\", "
		"at most 64, a letter or digit first\n"
		"m.conf:5: from is \"2026-13-01\", expected a date like \"2025-10-01\"\n"
		"m.conf:5: to is missing: its last day, like \"2027-12-31\"\n"
		"m.conf:6: to is \"2026-01-01\", which is before from: its last day\n"
		"m.conf:7: id \"a\" is taken: see m.conf:6\n"
		"m.conf:7: unknown setting \"until\"\n"
		"m.conf:8: id is \"a-name-that-is-longer-than-any-period\", expected a name of at "
		"most 31 letters\n"
		"m.conf:8: \"3026-03-01\": years go from 1970 to 2999\n");
}

/* --- sources */

static void account_says_whom_it_believes(void **state)
{
	static const char file[] =
		"entities: ( { id = \"o\"; zone = \"UTC\"; accounts: (\n"
		"{ id = \"a\"; collector = \"manual\"; entered = [\"posts\"]; combine = true; "
		"precedence = [\"manual\", \"mbs-metric\", \"csv\", \"register\"]; },\n"
		"{ id = \"b\"; collector = \"events\"; } ); } );\n";
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	const struct account *account;

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), 0);
	account = &config->entities[0].accounts[0];
	assert_true(account->combine);
	assert_string_equal(account->precedence[0], "manual");
	assert_string_equal(account->precedence[1], "mbs-metric");
	assert_null(account->precedence[4]);
	assert_null(account->plan);
	assert_false(account[1].combine);
	assert_null(account[1].precedence);
}

static void source_that_is_nearly_a_known_one_is_a_slip(void **state)
{
	static const char file[] =
		"entities: ( { id = \"o\"; zone = \"UTC\"; tolerance = 101;\n"
		"accounts: ( { id = \"a\"; collector = \"manual\"; entered = [\"posts\"];\n"
		"precedence = [\"manul\", \"cvs\", \"Excel\", \"ga4\"];\ncombine = \"yes\"; } ); } "
		");\n";
	SCOPED(text)
	struct text complaints = { 0 };
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_parse("m.conf", file, strlen(file), &config, &complaints), -1);
	assert_string_equal(
		text_str(&complaints),
		"m.conf:1: tolerance is 101, expected 0 to 100: percent by which sources may "
		"differ "
		"before reconcile lists them\n"
		"m.conf:3: precedence names the source \"manul\", did you mean \"manual\"?\n"
		"m.conf:3: precedence names the source \"cvs\", did you mean \"csv\"?\n"
		"m.conf:3: precedence is \"Excel\", expected lower-case letters, digits, \"-\" and "
		"\"_\", at most 64, a letter or digit first\n"
		"m.conf:4: combine is text, expected true or false: days of several sources may "
		"meet "
		"within a month\n");
}

/* --- a good plan */

static const char good_plan[] =
	HEAD "objective = \"O\"; area = \"A\"; indicator = \"I\"; code = \"F-GEP-001\"; version = "
	     "\"9\";\n"
	     "goal = 85; formula = \"budget\"; cap = false;\n"
	     "activities: (\n"
	     "{ id = \"a01\"; title = \"Plan implementado\"; kind = \"yes-no\"; strategy = \"E\"; "
	     "responsible = \"R\"; resources = \"S\"; note = \"N\"; budget = 700000000; due = "
	     "\"2026-12-31\"; },\n"
	     "{ id = \"a02\"; title = \"Capacitaciones\"; target = 4; from = "
	     "\"oficina.trainings\"; "
	     "weight = 3; targets: ( { period = \"2026-S1\"; value = 2; }, { period = "
	     "\"2026-09\"; "
	     "value = 3; } ); },\n"
	     "{ id = \"a03\"; title = \"Medios\"; kind = \"percent\"; targets: ( { period = "
	     "\"2026-S1\"; value = 40; } ); },\n"
	     "{ id = \"a04\"; title = \"Contenidos\"; from = \"produccion.contents\"; },\n"
	     "{ id = \"a05\"; title = \"Por redes\"; kind = \"none\"; from = "
	     "\"redes.bulletins\"; },\n"
	     "{ id = \"a06\"; title = \"Protocolos\"; kind = \"number\"; target = 7; } );\n";

static void plan_is_what_its_file_says(void **state)
{
	const struct place *place = *state;
	SCOPED(config)
	struct config *config = NULL;
	const struct plan *plan;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf", good_plan);
	config = load(place, "");
	assert_non_null(config);
	plan = config_plan(&config->entities[0], "plan");
	assert_non_null(plan);
	assert_null(config_plan(&config->entities[0], "oficina"));
	assert_string_equal(plan->title, "Plan");
	assert_string_equal(plan->objective, "O");
	assert_string_equal(plan->area, "A");
	assert_string_equal(plan->indicator, "I");
	assert_string_equal(plan->code, "F-GEP-001");
	assert_string_equal(plan->version, "9");
	assert_int_equal(plan->period.kind, PERIOD_YEAR);
	assert_int_equal(plan->goal, 850);
	assert_int_equal(plan->formula, PLAN_BUDGET);
	assert_false(plan->cap);
	assert_int_equal(plan->count, 6);
	assert_string_equal(strrchr(plan->path, '/'), "/p.conf");
}

static void activity_is_what_its_file_says(void **state)
{
	const struct place *place = *state;
	SCOPED(config)
	struct config *config = NULL;
	const struct activity *activities;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf", good_plan);
	config = load(place, "");
	assert_non_null(config);
	activities = config->entities[0].plans[0].activities;
	assert_string_equal(activities[0].id, "a01");
	assert_string_equal(activities[0].title, "Plan implementado");
	assert_string_equal(activities[0].strategy, "E");
	assert_string_equal(activities[0].responsible, "R");
	assert_string_equal(activities[0].resources, "S");
	assert_string_equal(activities[0].note, "N");
	assert_int_equal(activities[0].target.kind, TARGET_YES_NO);
	assert_int_equal(activities[0].target.value, 1);
	assert_int_equal(activities[0].budget, 700000000);
	assert_int_equal(activities[0].weight, 0);
	assert_int_equal(activities[0].due, day_of(2026, 12, 31));
	assert_int_equal(activities[0].line, 5);
	assert_false(activities[0].computed);
	assert_int_equal(activities[1].target.kind, TARGET_NUMBER);
	assert_int_equal(activities[1].target.value, 4);
	assert_int_equal(activities[1].budget, -1);
	assert_int_equal(activities[1].weight, 3);
	assert_int_equal(activities[1].due, DAY_NONE);
	assert_int_equal(activities[1].period_target_count, 2);
	assert_string_equal(activities[1].period_targets[1].period.name, "2026-09");
	assert_int_equal(activities[1].period_targets[1].target.value, 3);
	assert_int_equal(activities[1].period_targets[1].target.kind, TARGET_NUMBER);
	assert_null(activities[1].note);
	assert_int_equal(activities[2].target.kind, TARGET_PERCENT);
	assert_int_equal(activities[2].target.value, 100);
	assert_int_equal(activities[2].period_targets[0].target.value, 40);
	assert_int_equal(activities[3].target.kind, TARGET_NONE);
}

static void activity_is_computed_from_an_account_a_group_or_what_is_derived(void **state)
{
	const struct place *place = *state;
	SCOPED(config)
	struct config *config = NULL;
	const struct entity *entity;
	const struct activity *activities;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf", good_plan);
	config = load(place, "");
	assert_non_null(config);
	entity = &config->entities[0];
	activities = entity->plans[0].activities;
	assert_true(activities[1].computed);
	assert_ptr_equal(activities[1].from.account, &entity->accounts[0]);
	assert_string_equal(activities[1].from.metric, "trainings");
	assert_int_equal(activities[1].from.sign, 1);
	assert_true(activities[3].computed);
	assert_ptr_equal(activities[3].from.derived, &entity->derived[0]);
	assert_string_equal(activities[3].from.metric, "contents");
	assert_null(activities[3].from.account);
	assert_ptr_equal(activities[4].from.group, &entity->groups[0]);
	assert_null(activities[4].from.derived);
}

static void what_people_follow_up_is_entered_for_the_plans_account(void **state)
{
	const struct place *place = *state;
	SCOPED(config)
	struct config *config = NULL;
	const struct account *account = NULL;
	const struct plan *plan;
	struct error err;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf", good_plan);
	config = load(place, "");
	assert_non_null(config);
	plan = &config->entities[0].plans[0];
	assert_int_equal(config_account(config, NULL, "plan", &account, &err), 0);
	assert_ptr_equal(account, plan->account);
	assert_ptr_equal(account->plan, plan);
	assert_ptr_equal(account->entity, &config->entities[0]);
	assert_string_equal(account->title, "Plan");
	assert_string_equal(account->zone, "America/Bogota");
	assert_string_equal(account->collector->name, "manual");
	assert_int_equal(account->since, DAY_NONE);
	assert_int_equal(config->entities[0].account_count, 3);
	assert_int_equal(account_metric(account, "a01")->kind, METRIC_STOCK);
	assert_int_equal(account_metric(account, "a01")->unit, UNIT_YES_NO);
	assert_string_equal(metric_label(account_metric(account, "a01")), "Plan implementado");
	assert_null(account_metric(account, "a02"));
	assert_int_equal(account_metric(account, "a03")->unit, UNIT_PERCENT);
	assert_int_equal(account_metric(account, "a06")->unit, UNIT_COUNT);
	assert_null(account->entered[3].id);
	assert_null(config->entities[0].accounts[0].plan);
}

static void plan_has_defaults_and_may_run_for_a_period_with_a_name(void **state)
{
	const struct place *place = *state;
	SCOPED(config)
	struct config *config = NULL;
	const struct plan *plan;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf",
		   "id = \"plan\"; title = \"Plan\"; period = \"cuatrienio\";\n"
		   "activities: ( { id = \"a01\"; title = \"Uno\"; target = 9; targets: ( { period "
		   "= \"2025\"; value = 3; } ); } );\n");
	config = load(place, "");
	assert_non_null(config);
	plan = &config->entities[0].plans[0];
	assert_int_equal(plan->period.kind, PERIOD_NAMED);
	assert_int_equal(plan->goal, 900);
	assert_int_equal(plan->formula, PLAN_MEAN);
	assert_true(plan->cap);
	assert_null(plan->objective);
}

static void files_of_plans_are_found_beside_the_file_that_names_them(void **state)
{
	const struct place *place = *state;
	SCOPED(config)
	struct config *config = NULL;
	SCOPED(text)
	struct text office = { 0 };
	const struct entity *entity;

	/* one beside it, one below, one by its whole path; each with an account of its own */
	text_addf(&office, OFFICE "plans = [\"p.conf\",\n\"sub/p.conf\",\n\"%s/q.conf\"];\n" END,
		  place->directory);
	write_file(place, "m.conf", text_str(&office));
	write_file(place, "p.conf", HEAD "@include \"part.conf\"\n" ONE);
	write_file(place, "part.conf", "objective = \"O\";\n");
	write_file(place, "sub/p.conf", "id = \"b\"; title = \"B\"; period = \"2025\";\n" ONE);
	write_file(place, "q.conf", "id = \"c\"; title = \"C\"; period = \"2024\";\n" ONE);
	config = load(place, "");
	assert_non_null(config);
	entity = &config->entities[0];
	assert_int_equal(entity->plan_count, 3);
	assert_string_equal(entity->plans[0].objective, "O");
	assert_string_equal(entity->plans[2].id, "c");
	assert_ptr_equal(entity->accounts[4].plan, &entity->plans[2]);
	/* lines are those of the plan's own file */
	assert_int_equal(entity->accounts[3].line, 1);
	assert_int_equal(entity->plans[0].activities[0].line, 3);
}

static void included_file_names_plans_beside_itself(void **state)
{
	const struct place *place = *state;
	SCOPED(config)
	struct config *config = NULL;

	write_file(place, "m.conf", OFFICE "@include \"sub/part.conf\"\n" END);
	write_file(place, "sub/part.conf", "plans = [\"p.conf\"];\n");
	write_file(place, "sub/p.conf", HEAD ONE);
	config = load(place, "");
	assert_non_null(config);
	assert_non_null(strstr(config->entities[0].plans[0].path, "/sub/p.conf"));
}

/* --- what a bad plan hears */

static void mistakes_of_all_files_are_named_at_once_each_in_its_own(void **state)
{
	const struct place *place = *state;

	write_file(place, "m.conf",
		   "log_level = \"x\";\n" OFFICE
		   "plans = [\"p.conf\",\n\"no.conf\",\n\"q.conf\"];\n" END);
	write_file(place, "p.conf", HEAD "gaol = 90;\n\ngoal = 101;\n" ONE);
	write_file(place, "q.conf", "\nid = \"q\";\nperiod = ;\n");
	assert_complaints(
		place,
		"m.conf:1: log_level is \"x\", expected error, warning, notice, info or debug\n"
		"m.conf:9: no.conf cannot be read: No such file or directory\n"
		"p.conf:2: unknown setting \"gaol\", did you mean \"goal\"?\n"
		"p.conf:4: goal is 101, expected 1 to 100: percent of compliance it is to reach\n"
		"q.conf:3: syntax error near \";\", expected a value: text in quotes, a number, "
		"true, false, {, ( or [\n");
}

static void plan_hears_what_it_lacks(void **state)
{
	const struct place *place = *state;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf", "");
	assert_complaints(
		place,
		"p.conf: id is missing: short name of the plan, for commands\n"
		"p.conf: title is missing: its name as reports print it\n"
		"p.conf: period is missing: what it runs for: like \"2026\", \"2026-S1\" or one of "
		"the entity's periods\n"
		"p.conf: activities is missing: what is to be done, like activities: ( { id = "
		"\"a01\"; title = \"…\"; kind = \"yes-no\"; } );\n");
	write_file(place, "p.conf",
		   HEAD "version = 9;\nactivities: ();\nformula = \"men\";\nperiod = \"2025\";\n");
	assert_complaints(
		place, "p.conf:2: version is a number, expected text in quotes: version of that "
		       "form\n"
		       "p.conf:3: activities is empty: what is to be done, like activities: ( { "
		       "id = \"a01\"; title = \"…\"; kind = \"yes-no\"; } );\n"
		       "p.conf:4: formula is \"men\", expected mean, weighted or budget, did you "
		       "mean \"mean\"?\n"
		       "p.conf:5: period is given twice, first in line 1\n");
	write_file(place, "p.conf", "id = \"plan\"; title = \"P\"; period = \"2026-S3\";\n" ONE);
	assert_complaints(place, "p.conf:1: period: \"2026-S3\": a year has semesters S1 and S2\n");
}

static void activity_hears_all_that_is_wrong_with_it(void **state)
{
	const struct place *place = *state;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf",
		   HEAD
		   "activities: (\n"
		   "{ id = \"a-1\"; title = \"A\"; },\n"
		   "{ id = \"a2\"; title = \"A\"; kind = \"number\"; due = \"31/12/2026\"; },\n"
		   "{ id = \"a2\"; titel = \"A\"; kind = \"yesno\"; target = 1; },\n"
		   "{ id = \"a4\"; title = \"A\"; kind = \"yes-no\"; target = 2; },\n"
		   "{ id = \"a5\"; title = \"A\"; kind = \"percent\"; target = 120; },\n"
		   "{ id = \"a6\"; title = \"A\"; kind = \"none\"; target = 3; targets: ( { } ); "
		   "},\n"
		   "{ id = \"a7\"; title = \"A\"; target = 0; weight = -1; },\n"
		   "{ id = \"a8\"; title = \"A\"; kind = \"percent\"; targets: ( { period = "
		   "\"2026-S1\"; } ); },\n"
		   "{ id = \"a9\"; title = \"A\"; kind = \"yes-no\"; targets: ( { period = "
		   "\"2026-S1\"; } ); } );\n");
	assert_complaints(
		place,
		"p.conf:3: id is \"a-1\", expected lower-case letters, digits and \"_\", at most "
		"64, a letter first\n"
		"p.conf:4: due is \"31/12/2026\", expected a date like \"2025-10-01\"\n"
		"p.conf:4: target is missing: what is to be reached\n"
		"p.conf:5: id \"a2\" is taken: see p.conf:4\n"
		"p.conf:5: unknown setting \"titel\", did you mean \"title\"?\n"
		"p.conf:5: kind is \"yesno\", expected number, yes-no, percent or none, did you "
		"mean \"yes-no\"?\n"
		"p.conf:5: title is missing: what is to be done\n"
		"p.conf:6: target is 2, but what is done or not is reached with 1: leave it out\n"
		"p.conf:7: target is 120, expected 1 to 100 percent\n"
		"p.conf:8: target has no use: the kind is none\n"
		"p.conf:8: targets has no use: the kind is none\n"
		"p.conf:9: target is 0, expected 1 to 1000000000000000: what is to be reached by "
		"the end; 100 for percent\n"
		"p.conf:9: weight is -1, expected 1 to 1000000: its share in a weighted plan; "
		"without one it is left out\n"
		"p.conf:10: value is missing: what is to be reached\n");
}

static void targets_of_periods_lie_within_the_plan(void **state)
{
	const struct place *place = *state;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf",
		   HEAD "activities: ( { id = \"a\"; title = \"A\"; target = 4; targets: (\n"
			"{ period = \"2027-S1\"; value = 2; },\n"
			"{ period = \"2026-S1\"; value = 2; },\n"
			"{ period = \"2026-s1\"; value = 0; },\n"
			"{ period = \"cuatrienio\"; value = 2; },\n"
			"{ period = \"S1\"; },\n"
			"{ value = 3; } ); } );\n");
	assert_complaints(
		place,
		"p.conf:3: period is \"2027-S1\", which is not within the plan's 2026\n"
		"p.conf:5: period is \"2026-S1\", as it is of another target\n"
		"p.conf:5: value is 0, expected 1 to 1000000000000000: what is to be reached by "
		"its end; 1 for yes-no\n"
		"p.conf:6: period is \"cuatrienio\", which is not within the plan's 2026\n"
		"p.conf:7: period: \"S1\" is not a period: expected 2025-10 (month), 2025-B5 "
		"(bimester), 2025-Q4 (quarter), 2026-S1 (semester), 2025 (year), 2024..2027 "
		"(years), 2025-10-01 or 2025-10-01..2025-11-15 (days), or a name of o: "
		"cuatrienio\n"
		"p.conf:7: value is missing: what is to be reached\n"
		"p.conf:8: period is missing: a period within the plan's, like \"2026-S1\"\n");
}

static void what_an_activity_is_computed_from_must_be_there(void **state)
{
	const struct place *place = *state;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf",
		   HEAD
		   "activities: (\n"
		   "{ id = \"a1\"; title = \"A\"; from = \"oficina\"; },\n"
		   "{ id = \"a2\"; title = \"A\"; from = \"ofcina.trainings\"; },\n"
		   "{ id = \"a3\"; title = \"A\"; from = \"oficina.training\"; },\n"
		   "{ id = \"a4\"; title = \"A\"; from = \"produccion.content\"; },\n"
		   "{ id = \"a5\"; title = \"A\"; from = \"oficina.videos + oficina.trainings\"; "
		   "},\n"
		   "{ id = \"a6\"; title = \"A\"; from = \"plan.a7\"; },\n"
		   "{ id = \"a7\"; title = \"A\"; kind = \"percent\"; from = "
		   "\"oficina.trainings\"; "
		   "},\n"
		   "{ id = \"a8\"; title = \"A\"; from = \"eventos.attendees_per_event\"; target "
		   "= 30; } );\n");
	assert_complaints(
		place,
		"p.conf:3: from is \"oficina\", expected account.metric, group.metric or the name "
		"of a derived metric\n"
		"p.conf:4: from names \"ofcina\", which is no account and no group, did you mean "
		"\"oficina\"?\n"
		"p.conf:5: from names \"oficina.training\", but oficina has no metric "
		"\"training\", did you mean \"trainings\"?\n"
		"p.conf:6: from names \"produccion.content\", but produccion has no metric "
		"\"content\", did you mean \"contents\"?\n"
		"p.conf:7: from is \"oficina.videos + oficina.trainings\", expected "
		"account.metric, group.metric or the name of a derived metric\n"
		"p.conf:8: from names \"plan\", which is no account and no group\n"
		"p.conf:9: kind is \"percent\", but what comes `from` a metric is a number: "
		"expected number or none\n");
}

static void budget_in_an_offices_notation_hears_how_to_write_it(void **state)
{
	const struct place *place = *state;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf",
		   HEAD "activities: (\n"
			"{ id = \"a1\"; title = \"A\"; budget = \"$700.000.000\"; },\n"
			"{ id = \"a2\"; title = \"A\"; budget = \"80,000,000\"; },\n"
			"{ id = \"a3\"; title = \"A\"; budget = \"450.000.000\"; },\n"
			"{ id = \"a4\"; title = \"A\"; budget = \"Por definir\"; },\n"
			"{ id = \"a5\"; title = \"A\"; budget = 450.000; },\n"
			"{ id = \"a6\"; title = \"A\"; budget = \"80.000,00\"; },\n"
			"{ id = \"a7\"; title = \"A\"; budget = -5; } );\n");
	assert_complaints(
		place,
		"p.conf:3: budget is \"$700.000.000\", write budget = 700000000: whole pesos, "
		"digits only; left out while none is said\n"
		"p.conf:4: budget is \"80,000,000\", write budget = 80000000: whole pesos, digits "
		"only; left out while none is said\n"
		"p.conf:5: budget is \"450.000.000\", write budget = 450000000: whole pesos, "
		"digits only; left out while none is said\n"
		"p.conf:6: budget is text, expected a whole number: whole pesos, digits only; left "
		"out while none is said\n"
		"p.conf:7: budget is a number with a fraction, expected a whole number: whole "
		"pesos, digits only; left out while none is said\n"
		"p.conf:8: budget is text, expected a whole number: whole pesos, digits only; left "
		"out while none is said\n"
		"p.conf:9: budget is -5, expected 0 to 1000000000000000: whole pesos, digits only; "
		"left out while none is said\n");
}

static void budget_without_quotes_hears_how_to_write_it(void **state)
{
	static const struct {
		const char *budget, *near;
	} rows[] = { { "$700.000.000", "$700.000.000; } );" },
		     { "450.000.000", "450.000.000; } );" },
		     { "80,000,000", "000,000; } );" } };
	const struct place *place = *state;

	write_file(place, "m.conf", WITH_PLAN);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text file = { 0 };
		SCOPED(text)
		struct text expected = { 0 };

		text_addf(&file,
			  HEAD "activities: ( { id = \"a\"; title = \"A\";\nbudget = %s; } );",
			  rows[i].budget);
		text_addf(&expected,
			  "p.conf:3: syntax error near \"%s\", expected a whole number of digits "
			  "only, like 700000000\n",
			  rows[i].near);
		write_file(place, "p.conf", text_str(&file));
		assert_complaints(place, text_str(&expected));
	}
}

static void plans_id_is_nobody_elses(void **state)
{
	static const struct {
		const char *id, *complaint;
	} rows[] = { { "oficina", "id \"oficina\" is taken: see m.conf:2" },
		     { "redes", "id is \"redes\", but it is a group: take another name" },
		     { "produccion",
		       "id is \"produccion\", but derived metrics have it: take another name" },
		     { "Plan", "id is \"Plan\", expected lower-case letters, digits, \"-\" and "
			       "\"_\", at most 64, a letter or digit first" } };
	const struct place *place = *state;

	write_file(place, "m.conf", WITH_PLAN);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text file = { 0 };
		SCOPED(text)
		struct text expected = { 0 };

		text_addf(&file, "\nid = \"%s\"; title = \"P\"; period = \"2026\";\n" ONE,
			  rows[i].id);
		text_addf(&expected, "p.conf:2: %s\n", rows[i].complaint);
		write_file(place, "p.conf", text_str(&file));
		assert_complaints(place, text_str(&expected));
	}
	write_file(place, "m.conf", OFFICE "plans = [\"p.conf\", \"q.conf\"];\n" END);
	write_file(place, "p.conf", "\n" HEAD ONE);
	write_file(place, "q.conf", HEAD ONE);
	assert_complaints(place, "q.conf:1: id \"plan\" is taken: see p.conf:2\n");
	write_file(place, "m.conf",
		   "entities: ( { id = \"o\"; zone = \"UTC\"; plans = [\"p.conf\"];\n"
		   "accounts: ( { id = \"e\"; collector = \"events\"; renamed_from = \"plan\"; } "
		   "); } );\n");
	assert_complaints(place, "p.conf:2: id is \"plan\", but an account was renamed from it: "
				 "take another name\n");
}

static void formula_without_anything_to_weigh_by_is_refused(void **state)
{
	const struct place *place = *state;

	write_file(place, "m.conf", WITH_PLAN);
	write_file(place, "p.conf", HEAD "formula = \"weighted\";\n" ONE);
	assert_complaints(place,
			  "p.conf:2: formula is \"weighted\", but no activity has a weight\n");
	write_file(place, "p.conf", HEAD "formula = \"budget\";\n" ONE);
	assert_complaints(place, "p.conf:2: formula is \"budget\", but no activity has a budget\n");
}

static void plans_are_files_of_the_entity(void **state)
{
	(void)state;
	assert_office("plans = \"p.conf\";\n",
		      "m.conf:7: plans is text, expected names: [\"…\", \"…\"]: files of its plans "
		      "of action\n");
	assert_office("plans = [\"/\"];\n", "m.conf:7: / cannot be read: it is not a file\n");
	assert_office("plans = [\"no.conf\"];\n",
		      "m.conf:7: no.conf cannot be read: No such file or directory\n");
	assert_office("plans = ( { id = \"p\"; } );\n",
		      "m.conf:7: plans holds a group { }, expected names: [\"…\", \"…\"]: files of "
		      "its plans of action\n");
	assert_office("plans = [];\n", "");
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(register_is_an_account_that_needs_nothing_but_its_collector),
		cmocka_unit_test(register_takes_no_token),
		cmocka_unit_test(offices_counters_are_known_with_a_label),
		cmocka_unit_test(named_period_is_found_by_its_name),
		cmocka_unit_test(period_nobody_knows_hears_the_forms_and_the_names),
		cmocka_unit_test(period_with_a_name_hears_all_that_is_wrong_with_it),
		cmocka_unit_test(account_says_whom_it_believes),
		cmocka_unit_test(source_that_is_nearly_a_known_one_is_a_slip),
		WITH_PLACE(plan_is_what_its_file_says),
		WITH_PLACE(activity_is_what_its_file_says),
		WITH_PLACE(activity_is_computed_from_an_account_a_group_or_what_is_derived),
		WITH_PLACE(what_people_follow_up_is_entered_for_the_plans_account),
		WITH_PLACE(plan_has_defaults_and_may_run_for_a_period_with_a_name),
		WITH_PLACE(files_of_plans_are_found_beside_the_file_that_names_them),
		WITH_PLACE(included_file_names_plans_beside_itself),
		WITH_PLACE(mistakes_of_all_files_are_named_at_once_each_in_its_own),
		WITH_PLACE(plan_hears_what_it_lacks),
		WITH_PLACE(activity_hears_all_that_is_wrong_with_it),
		WITH_PLACE(targets_of_periods_lie_within_the_plan),
		WITH_PLACE(what_an_activity_is_computed_from_must_be_there),
		WITH_PLACE(budget_in_an_offices_notation_hears_how_to_write_it),
		WITH_PLACE(budget_without_quotes_hears_how_to_write_it),
		WITH_PLACE(plans_id_is_nobody_elses),
		WITH_PLACE(formula_without_anything_to_weigh_by_is_refused),
		cmocka_unit_test(plans_are_files_of_the_entity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
