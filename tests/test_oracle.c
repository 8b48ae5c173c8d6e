/*
 * One entity over 90 simulated days, without a network or a clock: the daemon's own jobs against
 * the simulated providers, with downtime and late data. Then each figure is held against the truth:
 * a final one equals it, every other one says what it is.
 */
#include "test.h"

#include "sim/sim.h"

#include "job.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/figure.h"
#include "metricsd/memory.h"
#include "metricsd/period.h"
#include "metricsd/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE "104000000000001"
#define INSTAGRAM "17841400000000001"
#define SITE "1"

enum { HOUR = 3600, DAY = 86400 };

struct simulation {
	char directory[64];
	struct world *world;
	struct config *config;
	struct store *store;
	struct zones zones;
	struct holds holds;
	struct job_tools tools;
	int64_t now;
	int64_t first; /* the day the daemon was installed, as a time */
	size_t requests;
};

static void write_config(struct simulation *simulation, char *path, size_t room)
{
	SCOPED(file)
	FILE *file = NULL;
	char token[96];
	SCOPED(file)
	FILE *secret = NULL;

	(void)snprintf(token, sizeof(token), "%s/token", simulation->directory);
	secret = fopen(token, "w");
	assert_non_null(secret);
	(void)fputs("SIMULATED", secret);
	assert_int_equal(fchmod(fileno(secret), 0600), 0);
	(void)snprintf(path, room, "%s/metricsd.conf", simulation->directory);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(
		file,
		"state_directory = \"%s\";\ncontrol = \"%s/control\";\n"
		"tokens: ( { id = \"meta\"; kind = \"system-user\"; file = \"%s\"; },\n"
		"          { id = \"matomo\"; file = \"%s\"; } );\n"
		"entities: ( { id = \"simulada\"; name = \"Simulada\"; zone = \"America/Bogota\";\n"
		"  language = \"es-CO\"; notice = \"SIMULADO\";\n"
		"  accounts: (\n"
		"    { id = \"facebook\"; collector = \"facebook\"; page = \"" PAGE
		"\"; token = \"meta\"; },\n"
		"    { id = \"instagram\"; collector = \"instagram\"; user = \"" INSTAGRAM
		"\"; token = \"meta\"; },\n"
		"    { id = \"web\"; collector = \"matomo\"; base = \"https://matomo.example\";\n"
		"      site = \"" SITE "\"; token = \"matomo\"; }\n  );\n} );\n",
		simulation->directory, simulation->directory, token, token);
}

static int set_up(void **state)
{
	struct simulation *simulation = memory_new(1, sizeof(*simulation));
	SCOPED(text)
	struct text complaints = { 0 };
	char path[128], database[128];
	struct error err;

	(void)snprintf(simulation->directory, sizeof(simulation->directory), "%s",
		       "/tmp/metricsd-oracle-XXXXXX");
	assert_non_null(mkdtemp(simulation->directory));
	write_config(simulation, path, sizeof(path));
	if (config_load(path, &simulation->config, &complaints) < 0)
		fail_msg("%s", text_str(&complaints));
	(void)snprintf(database, sizeof(database), "%s/metrics.db", simulation->directory);
	if (store_open(database, STORE_COLLECT, &simulation->store, &err) < 0)
		fail_msg("%s", err.text);

	simulation->world = world_new(20260822);
	const struct sim_account accounts[] = {
		{ .kind = SIM_PAGE, .id = PAGE, .people = 900 },
		{ .kind = SIM_INSTAGRAM, .id = INSTAGRAM, .people = 700, .page = PAGE },
		{ .kind = SIM_MATOMO, .id = SITE, .people = 800, .zone = "America/Bogota" },
	};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(world_add(simulation->world, &accounts[i], &err), 0);
	world_secrets(simulation->world, "SIMULATED", NULL, "SIMULATED");
	struct sim_quirks *quirks = world_quirks(simulation->world);
	quirks->late = true;
	quirks->settle_days = 28;
	quirks->page_limit = 7;
	quirks->empty_pages = 5;
	quirks->cursor_size = 1500;

	simulation->tools = (struct job_tools){
		.store = simulation->store,
		.config = simulation->config,
		.zones = &simulation->zones,
		.holds = &simulation->holds,
	};
	*state = simulation;
	return 0;
}

static int tear_down(void **state)
{
	struct simulation *simulation = *state;
	char command[96];

	job_tools_clear(&simulation->tools);
	holds_clear(&simulation->holds);
	zones_clear(&simulation->zones);
	store_close(simulation->store);
	config_free(simulation->config);
	world_free(simulation->world);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", simulation->directory);
	assert_int_equal(system(command), 0);
	free(simulation);
	return 0;
}

static int64_t at(const char *text)
{
	struct error err;
	int64_t time;

	assert_int_equal(time_parse(text, &time, &err), 0);
	return time;
}

/* One request to the world and what the job makes of it. */
static void one_answer(struct simulation *simulation, struct sweep_job *job,
		       struct verdict *verdict)
{
	SCOPED(sim_response)
	struct sim_response answer = { 0 };
	struct response response;
	struct error err;

	world_carry_out(simulation->world, &job->request, "SIMULATED", simulation->now, &answer);
	simulation->requests++;
	simulation->now += 1;
	response = (struct response){ .status = answer.status,
				      .body = text_str(&answer.body),
				      .length = answer.body.length,
				      .headers = text_str(&answer.headers) };
	if (job_answer(job, &simulation->tools, &response, simulation->now, verdict, &err) < 0)
		fail_msg("%s: %s", job->account->id, err.text);
}

static void run_sweep(struct simulation *simulation, const struct account *account,
		      enum sweep sweep)
{
	struct sweep_job job = { 0 };
	struct verdict verdict = { 0 };
	struct error err;

	if (job_begin(&job, &simulation->tools, account, sweep, NULL, simulation->now, &verdict,
		      &err) < 0)
		fail_msg("%s: %s", account->id, err.text);
	for (int turns = 0; turns < 5000; turns++) {
		if (verdict.outcome == JOB_WAIT && !verdict.again)
			fail_msg("%s: %s", account->id, verdict.cause.text);
		if (verdict.outcome == JOB_WAIT && verdict.until > simulation->now)
			simulation->now = verdict.until;
		if (verdict.outcome == JOB_DONE)
			break;
		if (verdict.outcome == JOB_SEND)
			one_answer(simulation, &job, &verdict);
		else
			assert_int_equal(
				job_next(&job, &simulation->tools, simulation->now, &verdict, &err),
				0);
	}
	assert_int_equal(verdict.outcome, JOB_DONE);
	assert_int_equal(job_done(&job, &simulation->tools, simulation->now, &err), 0);
	job_clear(&job);
}

/* The account and sweep due first, and when. */
static int64_t first_due(struct simulation *simulation, const struct account **account,
			 enum sweep *sweep)
{
	const struct entity *entity = &simulation->config->entities[0];
	static const enum sweep sweeps[] = { SWEEP_DAILY, SWEEP_WATCH };
	int64_t first = INT64_MAX;
	struct error err;

	for (size_t i = 0; i < entity->account_count; i++) {
		for (size_t s = 0; s < 2; s++) {
			int64_t due;

			assert_int_equal(job_due(&simulation->tools, &entity->accounts[i],
						 sweeps[s], simulation->now, &due, &err),
					 0);
			if (due < first) {
				first = due;
				*account = &entity->accounts[i];
				*sweep = sweeps[s];
			}
		}
	}
	return first;
}

static void run_until(struct simulation *simulation, int64_t end)
{
	for (;;) {
		const struct account *account = NULL;
		enum sweep sweep = SWEEP_DAILY;
		int64_t due = first_due(simulation, &account, &sweep);

		if (due > end)
			break;
		if (due > simulation->now)
			simulation->now = due;
		run_sweep(simulation, account, sweep);
	}
	simulation->now = end;
}

/* --- holding figures against the truth
 * ---------------------------------------------------------------- */

struct tally {
	size_t final_right, provisional, revisable, partial, none;
};

static const char *truth_id(const struct account *account)
{
	if (strcmp(account->id, "facebook") == 0)
		return PAGE;
	return strcmp(account->id, "instagram") == 0 ? INSTAGRAM : SITE;
}

static void judge(struct simulation *simulation, const struct account *account,
		  const struct metric *metric, const struct period *period,
		  const struct figure *figure, struct tally *tally)
{
	int64_t truth = truth_value(simulation->world, truth_id(account), metric->id,
				    period->window, metric->kind);

	if (figure->form == FIGURE_NONE) {
		tally->none++;
		return;
	}
	if (truth == TRUTH_NONE)
		fail_msg("%s %s %s: a figure without a truth", account->id, metric->id,
			 period->name);
	/* what is known so far is never more than the truth: late data only grow */
	if (metric->kind != METRIC_STOCK && figure->low > truth)
		fail_msg("%s %s %s: %lld at least, the truth is %lld", account->id, metric->id,
			 period->name, (long long)figure->low, (long long)truth);
	if (figure->provisional) {
		tally->provisional++;
		return;
	}
	if (figure->revisable) {
		tally->revisable++;
		return;
	}
	if (figure->form == FIGURE_EXACT && metric->kind != METRIC_STOCK) {
		if (figure->value != truth)
			fail_msg("%s %s %s: final %lld, the truth is %lld", account->id, metric->id,
				 period->name, (long long)figure->value, (long long)truth);
		assert_int_equal(figure->known_days, figure->period_days);
		tally->final_right++;
		return;
	}
	if (metric->kind == METRIC_STOCK) {
		struct window day = { figure->as_of, 1 };

		truth = truth_value(simulation->world, truth_id(account), metric->id, day,
				    METRIC_STOCK);
		assert_in_range(figure->value, truth - 60,
				truth + 60); /* read in the course of the day */
		tally->final_right++;
		return;
	}
	/* an interval holds the truth and says why it is one */
	assert_true(figure->form == FIGURE_AT_LEAST || figure->high >= truth);
	assert_true(metric->kind == METRIC_UNIQUE || figure->known_days < figure->period_days);
	tally->partial++;
}

static void judge_series(struct simulation *simulation, const struct account *account,
			 const struct series *series, const struct period *period,
			 struct tally *tally)
{
	const struct metric *metric = account_metric(account, series->metric);
	SCOPED(zone)
	struct zone *zone = NULL;
	SCOPED(zone)
	struct zone *here = NULL;
	int64_t readings[400];
	int32_t read_on[400];
	struct error err;
	struct track track = {
		.metric = metric,
		.source = series->source,
		.zone = series->zone,
		.samples = series->samples,
		.count = series->count,
		.breaks = series->breaks,
		.break_count = series->definition_count,
	};
	struct figure figure;

	assert_non_null(metric);
	assert_int_equal(zone_open(series->zone, &zone, &err), 0);
	assert_int_equal(zone_open("America/Bogota", &here, &err), 0);
	assert_int_equal(store_readings(simulation->store, "simulada", account->id, period->window,
					readings, &err),
			 0);
	for (int32_t i = 0; i < period->window.days; i++)
		read_on[i] = readings[i] ? zone_day(zone, readings[i]) : DAY_NONE;
	figure = figure_of(&track, 1,
			   &(struct scope){ .period = period->window,
					    .today = zone_day(here, simulation->now),
					    .read_on = read_on });
	judge(simulation, account, metric, period, &figure, tally);
}

static void judge_all(struct simulation *simulation, const char *period_name, struct tally *tally)
{
	const struct entity *entity = &simulation->config->entities[0];
	SCOPED(zone)
	struct zone *zone = NULL;
	struct period period;
	struct error err;

	*tally = (struct tally){ 0 };
	assert_int_equal(period_parse(period_name, &period, &err), 0);
	assert_int_equal(zone_open("America/Bogota", &zone, &err), 0);
	for (size_t i = 0; i < entity->account_count; i++) {
		struct store_account wanted = { "simulada", entity->accounts[i].id, zone };
		SCOPED(history)
		struct history history = { 0 };

		if (store_history(simulation->store, &wanted, 1, NULL, period.window, &history,
				  &err) < 0)
			fail_msg("%s", err.text);
		for (size_t s = 0; s < history.count; s++)
			judge_series(simulation, &entity->accounts[i], &history.series[s], &period,
				     tally);
	}
}

static void every_final_figure_equals_the_truth_after_ninety_days(void **state)
{
	struct simulation *simulation = *state;
	struct store_totals before, after;
	struct tally tally;
	struct error err;

	simulation->now = simulation->first = at("2026-08-20T15:00:00Z");
	/* eleven days down in September, two hours of outage again and again in October */
	run_until(simulation, at("2026-09-08T12:00:00Z"));
	simulation->now = at("2026-09-19T16:20:00Z");
	run_until(simulation, at("2026-10-10T00:00:00Z"));
	for (int i = 0; i < 10; i++) {
		simulation->now += 14 * HOUR;
		run_until(simulation, simulation->now + 10 * HOUR);
	}
	/* on 25 October the month is not over and its last days may still change */
	judge_all(simulation, "2026-10", &tally);
	assert_int_equal(tally.final_right, 0);
	assert_true(tally.provisional > 0);

	run_until(simulation, at("2026-11-03T18:00:00Z"));
	judge_all(simulation, "2026-10", &tally);
	assert_true(tally.revisable + tally.provisional > 10); /* read, but Meta may revise it */

	run_until(simulation,
		  at("2026-11-29T20:00:00Z")); /* 90 days after 31 August, and two more */
	judge_all(simulation, "2026-09", &tally);
	/* Facebook 8 insights and 2 lists, Instagram 7 and 2, Matomo 3; what is not final: stories
	 * and followers that nobody could see while the daemon was down, Instagram's windows */
	assert_true(tally.final_right >= 17);
	assert_int_equal(tally.provisional, 0);
	assert_int_equal(tally.revisable, 0);
	assert_true(tally.partial >= 2); /* stories of eleven days, on both */
	judge_all(simulation, "2026-10", &tally);
	assert_true(tally.final_right >= 16);
	assert_true(tally.partial >= 2); /* 31 days are over Instagram's cap: an interval */
	assert_int_equal(tally.provisional + tally.revisable, 0);
	judge_all(simulation, "2026-Q4", &tally);
	assert_true(tally.provisional > 10);

	/* the same again changes nothing: no sample, no revision, no origin */
	assert_int_equal(store_totals(simulation->store, &before, &err), 0);
	run_sweep(simulation, &simulation->config->entities[0].accounts[0], SWEEP_DAILY);
	run_sweep(simulation, &simulation->config->entities[0].accounts[2], SWEEP_DAILY);
	assert_int_equal(store_totals(simulation->store, &after, &err), 0);
	run_sweep(simulation, &simulation->config->entities[0].accounts[0], SWEEP_DAILY);
	run_sweep(simulation, &simulation->config->entities[0].accounts[2], SWEEP_DAILY);
	assert_int_equal(store_totals(simulation->store, &before, &err), 0);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(store_verify(simulation->store, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_final_figure_equals_the_truth_after_ninety_days, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
