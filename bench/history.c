/*
 * Writes years of numbers as the daemon would have: day after day, the accounts in the schedule's
 * order on the first and in another one on each day after it, every answer with its origin and the
 * sweep's cursor, every sweep with the days it read.
 *
 *   bench_history CONFIG DATABASE READ DAYS [CORRECTIONS]
 *
 * READ is the time of the last sweep; DAYS how many days before it are there. Each metric that the
 * accounts sample, and each that people enter for them, gets a number a day. CORRECTIONS (0) is how
 * often each number was corrected by a later sweep. Prints what was written as JSON.
 */
#include "bench.h"

#include "daemon/schedule.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DAY_S = 86400,
	METRICS_A_CALL = 5,
	SWEEPS_A_COMMIT = 16, /* answers that come in one turn of the loop share a transaction */
	FRESH_DAYS = 7,
};

struct history_writer {
	struct store *store;
	struct zone *zone;
	struct metric metrics[METRICS_MAX + 1]; /* ends with a NULL id */
	size_t metric_count;
	int corrections;
	struct findings findings;
	int64_t samples, revisions;
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	x = (x ^ (x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ (x >> 33);
}

/* A level drifts upwards, everything else goes up and down, small channels and big ones. */
static int64_t value_of(const struct metric *metric, size_t account, size_t place, int32_t day)
{
	uint64_t series = account * METRICS_MAX + place;
	int64_t scale = (int64_t)(20 + (mix(series) % 1000) * (mix(series) % 50));
	int64_t chance = (int64_t)(mix(series << 32 ^ (uint64_t)day) % 1000);

	if (metric->kind == METRIC_STOCK)
		return scale * 40 + (day - 18000) * (scale / 200 + 1) + chance / 100;
	return scale / 2 + scale * chance / 1000;
}

/* What one answer says of the days from `first` on; the last `corrections` days but the newest are
 * not yet what they will be. */
static void find(struct history_writer *writer, size_t account, size_t place, int32_t yesterday)
{
	const struct metric *metric = &writer->metrics[place];

	for (int age = writer->corrections; age >= 0; age--) {
		int32_t day = yesterday - age;
		int64_t value = value_of(metric, account, place, day);

		findings_sample(&writer->findings, metric, (struct window){ day, 1 },
				value - value * (writer->corrections - age) / 20, 0);
	}
}

static void sweep(struct history_writer *writer, const struct account *account, size_t index,
		  int64_t now)
{
	int32_t today = zone_day(writer->zone, now);
	struct days wanted = { .ranges = { { today - FRESH_DAYS, FRESH_DAYS } }, .count = 1 };
	struct sweep_state state = { .wanted = wanted, .started = now, .due = now + DAY_S };
	char subject[128], what[192], cursor[32];
	struct answer answer = {
		.channel = bench_channel(account, subject),
		.findings = &writer->findings,
		.origin = { .kind = ORIGIN_REQUEST, .at = now, .what = what },
		.sweep = SWEEP_DAILY,
		.state = &state,
	};
	struct changes changes;
	struct error err;

	answer.channel.metrics = writer->metrics;
	for (size_t first = 0; first < writer->metric_count; first += METRICS_A_CALL) {
		findings_reset(&writer->findings);
		(void)snprintf(what, sizeof(what), "insights day %zu", first);
		(void)snprintf(cursor, sizeof(cursor), "%zu", first);
		state.running = true;
		text_set(&state.cursor, cursor);
		for (size_t i = first; i < first + METRICS_A_CALL && i < writer->metric_count; i++)
			find(writer, index, i, today - 1);
		if (store_answer(writer->store, &answer, &changes, &err) < 0)
			die("%s: %s", account->id, err.text);
		writer->samples += (int64_t)changes.samples;
		writer->revisions += (int64_t)changes.revisions;
	}
	state.running = false;
	state.last_success = now;
	text_reset(&state.cursor);
	if (store_sweep_done(writer->store, &answer.channel, SWEEP_DAILY, &state, &wanted, now,
			     &err) < 0)
		die("%s: %s", account->id, err.text);
	sweep_state_clear(&state);
}

/* The order of the first sweep, which gives the series their numbers. */
static int by_hash(const void *left, const void *right, void *entity_)
{
	const struct entity *entity = entity_;
	const struct account *a = &entity->accounts[*(const size_t *)left];
	const struct account *b = &entity->accounts[*(const size_t *)right];
	uint32_t hash = schedule_hash(entity->id, a->id), other = schedule_hash(entity->id, b->id);

	return (hash > other) - (hash < other);
}

/* Then another one each day. */
static void shuffle(size_t *order, size_t count, int64_t day)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = mix((uint64_t)day << 20 ^ i) % i;
		size_t kept = order[i - 1];

		order[i - 1] = order[j];
		order[j] = kept;
	}
}

static void write_day(struct history_writer *writer, const struct entity *entity, size_t *order,
		      int64_t now)
{
	struct error err;

	for (size_t i = 0; i < entity->account_count; i++) {
		if (i % SWEEPS_A_COMMIT == 0 && store_begin(writer->store, &err) < 0)
			die("%s", err.text);
		sweep(writer, &entity->accounts[order[i]], order[i], now);
		if ((i % SWEEPS_A_COMMIT == SWEEPS_A_COMMIT - 1 ||
		     i + 1 == entity->account_count) &&
		    store_commit(writer->store, &err) < 0)
			die("%s", err.text);
	}
}

static void choose_metrics(struct history_writer *writer, const struct account *account)
{
	const struct metric *metric;

	for (metric = account->collector->metrics; metric->id; metric++)
		if (metric->items == ITEM_NONE && !account_lacks(account, metric->id))
			writer->metrics[writer->metric_count++] = *metric;
	for (metric = account->entered; metric->id && writer->metric_count < METRICS_MAX; metric++)
		writer->metrics[writer->metric_count++] = *metric;
}

int main(int count, char **arguments)
{
	struct history_writer writer = { 0 };
	struct config *config;
	const struct entity *entity;
	struct channel channel;
	size_t *order;
	char subject[128];
	struct stat file;
	struct error err;
	int64_t read, days;

	if (count < 5 || count > 6)
		die("usage: bench_history CONFIG DATABASE READ DAYS [CORRECTIONS]");
	config = bench_config(arguments[1]);
	entity = bench_entity(config);
	read = strtoll(arguments[3], NULL, 10);
	days = strtoll(arguments[4], NULL, 10);
	if (count == 6)
		writer.corrections = (int)strtol(arguments[5], NULL, 10);
	channel = bench_channel(&entity->accounts[0], subject);
	choose_metrics(&writer, &entity->accounts[0]);
	if (zone_open(channel.zone, &writer.zone, &err) < 0 ||
	    store_open(arguments[2], STORE_COLLECT, &writer.store, &err) < 0)
		die("%s", err.text);
	order = memory_new(entity->account_count, sizeof(*order));
	for (size_t i = 0; i < entity->account_count; i++)
		order[i] = i;
	qsort_r(order, entity->account_count, sizeof(*order), by_hash, (void *)(uintptr_t)entity);
	for (int64_t day = days - 1; day >= 0; day--) {
		write_day(&writer, entity, order, read - day * DAY_S);
		shuffle(order, entity->account_count, day);
	}
	if (store_begin(writer.store, &err) < 0)
		die("%s", err.text);
	for (size_t i = 0; i < entity->account_count; i++)
		bench_mark_read(writer.store, &entity->accounts[i], writer.zone,
				days < BENCH_KEPT_DAYS ? (int32_t)days : BENCH_KEPT_DAYS, read);
	if (store_commit(writer.store, &err) < 0)
		die("%s", err.text);
	store_close(writer.store);
	zone_close(writer.zone);
	findings_clear(&writer.findings);
	free(order);
	config_free(config);
	if (stat(arguments[2], &file) < 0)
		die("%s: is not there", arguments[2]);
	printf("{\"samples\":%" PRId64 ",\"revisions\":%" PRId64 ",\"bytes\":%" PRId64 "}\n",
	       writer.samples, writer.revisions, (int64_t)file.st_size);
	return 0;
}
