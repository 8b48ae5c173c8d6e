/*
 * Writes what the benchmark's web server serves: the answers to every request a daily sweep of each
 * account makes at each of the times given. The requests are the daemon's own, from its jobs over a
 * store in memory, the answers the simulated world's.
 *
 *   bench_documents CONFIG DIRECTORY READ NOW...
 *
 * READ is the time by which everything before it was read; NOW... are the days' sweeps after it, in
 * order. Leaves in DIRECTORY the documents (1.json, …), `map` for nginx (address to document) and a
 * list of addresses for each NOW (1.list, …), an account's requests in a row.
 */
#include "bench.h"

#include "daemon/job.h"
#include "metricsd/cleanup.h"
#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SETTLE_DAYS: numbers arrive late and are whole when figures stop being provisional. */
enum { SEED = 2026, PEOPLE = 300, PAST_DAYS = 45, SETTLE_DAYS = 3 };

struct bench {
	struct store *store;
	struct job_tools tools;
	struct zones zones;
	struct holds holds;
	struct world *world;
	const char *directory;
	FILE *map;
	FILE *list;
	int documents;
};

static FILE *create(const struct bench *bench, const char *name)
{
	SCOPED(text)
	struct text path = { 0 };
	FILE *file;

	text_addf(&path, "%s/%s", bench->directory, name);
	file = fopen(text_str(&path), "w");
	if (!file)
		die("%s: cannot be written", text_str(&path));
	return file;
}

static void write_document(struct bench *bench, const char *url, const struct sim_response *answer)
{
	char name[32];
	const char *path = strchr(strstr(url, "//") + 2, '/');
	FILE *file;

	if (answer->status != 200)
		die("%s: status %d: %s", url, answer->status, text_str(&answer->body));
	(void)snprintf(name, sizeof(name), "%d.json", ++bench->documents);
	file = create(bench, name);
	(void)fwrite(answer->body.bytes, 1, answer->body.length, file);
	if (fclose(file) != 0)
		die("%s: cannot be written", name);
	(void)fprintf(bench->map, "\"%s\" \"/%s\";\n", path, name);
	(void)fprintf(bench->list, "%s\n", path);
}

/* One answer, from the world into a file and back to the job. */
static void give_answer(struct bench *bench, struct sweep_job *job, int64_t now,
			struct verdict *verdict)
{
	SCOPED(sim_response)
	struct sim_response answer = { 0 };
	struct response response;
	struct error err;

	world_carry_out(bench->world, &job->request, "bench", now, &answer);
	write_document(bench, text_str(&job->request.url), &answer);
	response = (struct response){ .status = answer.status,
				      .body = text_str(&answer.body),
				      .length = answer.body.length,
				      .headers = "" };
	if (job_answer(job, &bench->tools, &response, now, verdict, &err) < 0)
		die("%s: %s", job->account->id, err.text);
}

static void sweep(struct bench *bench, const struct account *account, int64_t now)
{
	struct sweep_job job;
	struct verdict verdict;
	struct error err;

	if (job_begin(&job, &bench->tools, account, SWEEP_DAILY, NULL, now, &verdict, &err) < 0)
		die("%s: %s", account->id, err.text);
	while (verdict.outcome == JOB_ASK) {
		if (job_next(&job, &bench->tools, now, &verdict, &err) < 0)
			die("%s: %s", account->id, err.text);
		if (verdict.outcome == JOB_SEND)
			give_answer(bench, &job, now, &verdict);
	}
	if (verdict.outcome != JOB_DONE)
		die("%s: %s", account->id, verdict.cause.text);
	if (job_done(&job, &bench->tools, now, &err) < 0)
		die("%s: %s", account->id, err.text);
	job_clear(&job);
}

static void prepare(struct bench *bench, const struct account *account, int64_t read)
{
	struct zone *zone;
	struct error err;
	char subject[128];
	struct channel channel = bench_channel(account, subject);
	struct sim_account simulated = { .kind = SIM_PAGE,
					 .id = bench_setting(account, "page"),
					 .people = PEOPLE };

	if (zones_get(&bench->zones, channel.zone, &zone, &err) < 0)
		die("%s", err.text);
	simulated.since = zone_day(zone, read) - PAST_DAYS;
	if (world_add(bench->world, &simulated, &err) < 0)
		die("%s", err.text);
	bench_mark_read(bench->store, account, zone, BENCH_KEPT_DAYS, read);
}

int main(int count, char **arguments)
{
	struct bench bench = { 0 };
	struct config *config;
	const struct entity *entity;
	struct error err;

	if (count < 5)
		die("usage: bench_documents CONFIG DIRECTORY READ NOW...");
	config = bench_config(arguments[1]);
	entity = bench_entity(config);
	bench.directory = arguments[2];
	bench.world = world_new(SEED);
	world_quirks(bench.world)->empty_pages = 0; /* three requests an account, no more */
	world_quirks(bench.world)->settle_days = SETTLE_DAYS;
	bench.map = create(&bench, "map");
	if (store_open(":memory:", STORE_COLLECT, &bench.store, &err) < 0)
		die("%s", err.text);
	bench.tools = (struct job_tools){
		.store = bench.store, .config = config, .zones = &bench.zones, .holds = &bench.holds
	};
	for (size_t i = 0; i < entity->account_count; i++)
		prepare(&bench, &entity->accounts[i], strtoll(arguments[3], NULL, 10));
	for (int day = 4; day < count; day++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "%d.list", day - 3);
		bench.list = create(&bench, name);
		for (size_t i = 0; i < entity->account_count; i++)
			sweep(&bench, &entity->accounts[i], strtoll(arguments[day], NULL, 10));
		if (fclose(bench.list) != 0)
			die("%s: cannot be written", name);
	}
	if (fclose(bench.map) != 0)
		die("map: cannot be written");
	job_tools_clear(&bench.tools);
	holds_clear(&bench.holds);
	zones_clear(&bench.zones);
	store_close(bench.store);
	world_free(bench.world);
	config_free(config);
	return 0;
}
