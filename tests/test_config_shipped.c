/* What is shipped beside the code: the example, the manual. With the collectors there really are.
 */
#include "test.h"

#include "../config/table.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/definition.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char *read_whole(const char *path)
{
	SCOPED(file)
	FILE *file = fopen(path, "r");
	struct text text = TEXT_UP_TO(1 << 20);
	char bytes[4096];
	size_t count;

	assert_non_null(file);
	while ((count = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_add_n(&text, bytes, count);
	assert_false(text.failed);
	return text_take(&text);
}

static void shipped_example_is_right_but_for_credentials_only_the_service_sees(void **state)
{
	static const char *const warnings[] = {
		"warning: credential \"secret_meta\" can be looked at by the service alone\n",
		"warning: credential \"secret_matomo\" can be looked at by the service alone\n",
	};
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	const struct account *account = NULL;
	const char *rest;
	struct error err;

	(void)state;
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	if (config_load(METRICSD_SOURCE "/etc/metricsd.conf", &config, &complaints) < 0)
		print_error("%s", text_str(&complaints));
	assert_non_null(config);
	rest = text_str(&complaints);
	for (size_t i = 0; i < 2; i++) {
		rest = strstr(rest, "warning: ");
		assert_non_null(rest);
		assert_memory_equal(rest, warnings[i], strlen(warnings[i]));
		rest += strlen(warnings[i]);
	}
	assert_string_equal(rest, "");
	assert_int_equal(config_account(config, NULL, "sede-electronica", &account, &err), 0);
	assert_string_equal(account->token->id, "matomo");
	assert_string_equal(metric_label(account_metric(account, "news")), "Noticias publicadas");
	assert_int_equal(config->entities[0].derived[0].count, 2);
}

static struct config *load_example(const char *path)
{
	SCOPED(text)
	struct text complaints = { 0 };
	struct config *config = NULL;

	(void)config_load(path, &config, &complaints);
	assert_string_equal(text_str(&complaints), "");
	assert_non_null(config);
	return config;
}

static void example_of_a_quarter_has_its_registers(void **state)
{
	static const char *const registers[] = { "eventos", "campanas", "riesgos" };
	static const char *const keeps[] = { RECORD_EVENTS, RECORD_CAMPAIGNS, RECORD_RISKS };
	SCOPED(config)
	struct config *config = load_example(METRICSD_SOURCE "/examples/itagui.conf");
	struct error err;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct account *account = NULL;

		assert_int_equal(config_account(config, "itagui", registers[i], &account, &err), 0);
		assert_string_equal(account->collector->keeps, keeps[i]);
	}
	assert_int_equal(config->entities[0].derived[0].count, 2);
}

/* Eleven budgets were published, in three notations and without a total. */
static void example_plan_of_a_council_has_its_thirteen_activities(void **state)
{
	SCOPED(config)
	struct config *config = load_example(METRICSD_SOURCE "/examples/plans.conf");
	const struct entity *entity = config_entity(config, "concejo-medellin");
	const struct plan *plan = config_plan(entity, "plan-2026");
	int64_t budget = 0;
	size_t budgets = 0, followed_up = 0;

	(void)state;
	assert_non_null(plan);
	assert_int_equal(plan->count, 13);
	assert_int_equal(plan->goal, 900);
	assert_int_equal(plan->formula, PLAN_MEAN);
	assert_true(plan->cap);
	for (size_t i = 0; i < plan->count; i++) {
		const struct activity *activity = &plan->activities[i];

		budgets += activity->budget >= 0;
		budget += activity->budget >= 0 ? activity->budget : 0;
		followed_up += !activity->computed;
		assert_int_equal(activity->due, day_of(2026, 12, 31));
		assert_non_null(activity->responsible);
		assert_true(activity->computed || account_metric(plan->account, activity->id));
	}
	assert_int_equal(budgets, 11);
	assert_int_equal(budget, 2500000000);
	assert_int_equal(followed_up, 11);
	assert_int_equal(plan->activities[0].target.kind, TARGET_NONE);
	assert_int_equal(plan->activities[2].target.kind, TARGET_NUMBER);
	assert_int_equal(plan->activities[2].target.value, 4);
	assert_int_equal(plan->activities[7].target.kind, TARGET_PERCENT);
}

/* Fourteen actions, one of whose indicators holds two numbers; none has a target. */
static void example_plan_of_a_town_has_its_indicators(void **state)
{
	SCOPED(config)
	struct config *config = load_example(METRICSD_SOURCE "/examples/plans.conf");
	const struct plan *plan =
		config_plan(config_entity(config, "segovia"), "gobierno-en-linea");

	(void)state;
	assert_non_null(plan);
	assert_int_equal(plan->count, 15);
	for (size_t i = 0; i < plan->count; i++)
		assert_int_equal(plan->activities[i].target.kind, TARGET_NONE);
}

static void shipped_reports_are_right(void **state)
{
	static const char *const names[] = { "trimestral", "mensual", "semestral", "resumen" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		SCOPED(text)
		struct text path = { 0 };
		SCOPED(text)
		struct text complaints = { 0 };
		SCOPED(definition)
		struct definition *definition = NULL;

		text_addf(&path, METRICSD_SOURCE "/etc/reports/%s.conf", names[i]);
		(void)definition_load(text_str(&path), &definition, &complaints);
		assert_string_equal(text_str(&complaints), "");
		assert_non_null(definition);
		assert_true(definition->count > 0);
	}
}

/* What the manual's row of a setting must hold beside its name. */
static void add_facts(const struct setting *setting, struct text *out)
{
	if (setting->type == SETTING_NUMBER && setting->number < setting->low)
		text_addf(out, "| %" PRId64 " to %" PRId64 " | |", setting->low, setting->high);
	else if (setting->type == SETTING_NUMBER)
		text_addf(out, "| %" PRId64 " to %" PRId64 " | `%" PRId64 "` |", setting->low,
			  setting->high, setting->number);
	else if (setting->type == SETTING_SWITCH)
		text_addf(out, "| `%s` |", setting->number ? "true" : "false");
	else if (setting->text)
		text_addf(out, "| `%s` |", setting->text);
}

static bool line_holds(const char *line, const char *words)
{
	const char *found = strstr(line, words);

	return found && found < line + strcspn(line, "\n");
}

/* The row of a setting below the heading of its section, or NULL. */
static const char *row_of(const char *manual, const char *heading, const char *name)
{
	SCOPED(text)
	struct text title = { 0 };
	SCOPED(text)
	struct text cell = { 0 };
	const char *line;

	text_addf(&title, "# %s\n", heading);
	text_addf(&cell, "| `%s` |", name);
	line = strstr(manual, text_str(&title));
	while (line && (line = strchr(line, '\n')) != NULL) {
		line++;
		if (*line == '#')
			break;
		if (strncmp(line, text_str(&cell), cell.length) == 0)
			return line;
	}
	return NULL;
}

static void assert_documented(const char *manual, const char *heading, const struct setting *table)
{
	for (const struct setting *setting = table; setting->name; setting++) {
		SCOPED(text)
		struct text facts = { 0 };
		const char *row = row_of(manual, heading, setting->name);

		add_facts(setting, &facts);
		if (!row || !line_holds(row, text_str(&facts)) ||
		    (setting->required && !line_holds(row, "| required |")))
			fail_msg("docs/configuration.md, \"%s\": %s needs a row with \"%s\"",
				 heading, setting->name,
				 setting->required ? "| required |" : text_str(&facts));
	}
}

static void manual_tells_every_setting_with_its_range_and_default(void **state)
{
	static const char *const headings[] = { "The top of the file",
						"schedule",
						"http",
						"alerts",
						"alerts: mail",
						"tokens",
						"entities",
						"entities: periods",
						"entities: metrics",
						"entities: accounts",
						"entities: groups",
						"entities: derived",
						"plans",
						"plans: activities",
						"plans: targets",
						"reports",
						"reports: parts" };
	SCOPED(memory)
	char *manual = read_whole(METRICSD_SOURCE "/docs/configuration.md");
	size_t i;

	(void)state;
	for (i = 0; config_sections[i].title; i++) {
		assert_true(i < sizeof(headings) / sizeof(headings[0]));
		assert_documented(manual, headings[i], config_sections[i].settings);
	}
	assert_int_equal(i, sizeof(headings) / sizeof(headings[0]));
	for (i = 0; collectors[i]; i++) {
		SCOPED(text)
		struct text heading = { 0 };

		text_addf(&heading, "\n### %s\n", collectors[i]->name);
		assert_non_null(strstr(manual, text_str(&heading)));
		if (collectors[i]->settings)
			assert_documented(manual, collectors[i]->name, collectors[i]->settings);
	}
}

/* "Settled after 3 days, final after 28." of what the provider tells late, or "". */
static void add_settling(const struct metric *metrics, struct text *out)
{
	while (metrics->id && metrics->settles_days == 0)
		metrics++;
	if (metrics->id)
		text_addf(out, "Settled after %d day%s, final after %d.", metrics->settles_days,
			  metrics->settles_days == 1 ? "" : "s", metrics->revisable_days);
}

static void assert_metrics_told(const char *manual, const struct collector *collector)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(memory)
	char *section = NULL;
	char *at;

	text_addf(&words, "\n### %s\n", collector->name);
	section = memory_text(strstr(manual, text_str(&words)) + 1);
	if ((at = strstr(section, "\n### ")) != NULL)
		*at = '\0';
	for (const struct metric *metric = collector->metrics; metric->id; metric++) {
		for (int i = 0; i < 2; i++) {
			const char *name = i == 0 ? metric->id : metric->provider;

			text_reset(&words);
			if (name)
				text_addf(&words, "`%s`", name);
			if (!strstr(section, text_str(&words)))
				fail_msg("docs/configuration.md, \"%s\": no metric %s",
					 collector->name, text_str(&words));
		}
	}
	text_reset(&words);
	add_settling(collector->metrics, &words);
	if (!strstr(section, text_str(&words)))
		fail_msg("docs/configuration.md, \"%s\": say \"%s\"", collector->name,
			 text_str(&words));
}

static void manual_tells_what_each_collector_counts(void **state)
{
	SCOPED(memory)
	char *manual = read_whole(METRICSD_SOURCE "/docs/configuration.md");

	(void)state;
	for (size_t i = 0; collectors[i]; i++)
		if (collectors[i]->metrics)
			assert_metrics_told(manual, collectors[i]);
}

static void assert_in_page(const char *page, const char *name, const struct setting *table)
{
	for (const struct setting *setting = table; setting->name; setting++) {
		SCOPED(text)
		struct text words = { 0 };

		text_addf(&words, "\n.It Ic %s", setting->name);
		if (!strstr(page, text_str(&words)))
			fail_msg("docs/man/%s: no item %s", name, setting->name);
	}
}

static void man_pages_have_an_item_for_every_setting(void **state)
{
	static const char *const names[] = { "metricsd.conf.5", "metricsd-report.conf.5" };
	SCOPED(memory)
	char *page = read_whole(METRICSD_SOURCE "/docs/man/metricsd.conf.5");
	SCOPED(memory)
	char *of_reports = read_whole(METRICSD_SOURCE "/docs/man/metricsd-report.conf.5");

	(void)state;
	for (size_t i = 0; config_sections[i].title; i++) {
		bool report = strncmp(config_sections[i].title, "report", 6) == 0;

		assert_in_page(report ? of_reports : page, names[report],
			       config_sections[i].settings);
	}
	for (size_t i = 0; collectors[i]; i++)
		if (collectors[i]->settings)
			assert_in_page(page, names[0], collectors[i]->settings);
}

/* The settings of an account and those of its collector stand in one group. */
static void no_collector_takes_the_name_of_an_accounts_setting(void **state)
{
	(void)state;
	for (size_t i = 0; collectors[i]; i++)
		for (const struct setting *own = collectors[i]->settings; own && own->name; own++)
			for (const struct setting *all = account_settings; all->name; all++)
				assert_string_not_equal(own->name, all->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			shipped_example_is_right_but_for_credentials_only_the_service_sees),
		cmocka_unit_test(example_of_a_quarter_has_its_registers),
		cmocka_unit_test(example_plan_of_a_council_has_its_thirteen_activities),
		cmocka_unit_test(example_plan_of_a_town_has_its_indicators),
		cmocka_unit_test(shipped_reports_are_right),
		cmocka_unit_test(manual_tells_every_setting_with_its_range_and_default),
		cmocka_unit_test(manual_tells_what_each_collector_counts),
		cmocka_unit_test(man_pages_have_an_item_for_every_setting),
		cmocka_unit_test(no_collector_takes_the_name_of_an_accounts_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
