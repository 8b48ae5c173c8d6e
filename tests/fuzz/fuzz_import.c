/*
 * Any bytes are a file of some layout or a refusal: each layout reads them to the end, and what it
 * took is what it says it took.
 */
#include "ctl/import.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct metric entered[] = {
	{ .id = "posts", .kind = METRIC_FLOW },
	{ .id = "reels", .kind = METRIC_FLOW },
	{ .id = "stories", .kind = METRIC_FLOW },
	{ .id = "views", .kind = METRIC_FLOW },
	{ .id = "visits", .kind = METRIC_FLOW },
	{ .id = "reach", .kind = METRIC_UNIQUE },
	{ .id = "visitors", .kind = METRIC_UNIQUE },
	{ .id = "followers_gained", .kind = METRIC_FLOW },
	{ .id = "search_clicks", .kind = METRIC_FLOW },
	{ 0 },
};

static struct entity entity = {
	.id = "e", .name = "E", .zone = "America/Bogota", .language = "en", .account_count = 1
};
static struct account account = {
	.id = "facebook",
	.title = "Facebook",
	.entity = &entity,
	.zone = "America/Bogota",
	.since = DAY_NONE,
	.until = DAY_NONE,
	.entered = entered,
};
static struct config config = { .path = "x", .entities = &entity, .entity_count = 1 };

/* What was read can be stored: no window without days, no number below its uncertainty. */
static void check(const struct import_work *work)
{
	for (size_t i = 0; i < work->row_count; i++) {
		const struct import_row *row = &work->rows[i];

		assert(row->lane < work->lane_count);
		assert(row->window.days >= 1);
		assert(row->value >= 0 && row->below >= 0 && row->above >= 0);
		assert(row->below <= row->value);
		assert(window_end(row->window) <= work->todays[row->lane]);
	}
	for (size_t i = 0; i < work->findings.item_count; i++)
		assert(*work->findings.items[i].id);
	for (size_t i = 0; i < work->counter_count; i++)
		assert(work->counters[i].value >= 0);
}

static void read_as(const struct import_names *names, const char *format, const uint8_t *data,
		    size_t size)
{
	struct ctl ctl = { .now = INT64_C(1768496400), .config = &config };
	const struct import_options options = {
		.format = format,
		.metric = "views",
		.range = { 20362, 31 },
		.as_of = DAY_NONE,
		.by = "fuzz",
	};
	SCOPED(import_work)
	struct import_work work = {
		.ctl = &ctl, .options = &options, .names = names, .account = &account
	};
	struct error err;

	work.table.path = "fuzz_2025-10-01_2025-10-31.csv";
	work.table.quiet = true;
	work.table.bytes = memory_new(size + 1, 1);
	memcpy(work.table.bytes, data, size);
	work.table.length = size;
	work.folder = memory_text("/nowhere");
	if (import_begin(&work, &err) < 0)
		return;
	work.layout->read(&work);
	import_sort(&work);
	if (!work.table.mistakes)
		check(&work);
}

/* The first byte says which layout is forced, if any. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct import_names names;
	struct error err;
	size_t layouts = 0;
	size_t chosen;

	if (!names.count && import_names_load(&names, NULL, &err) < 0)
		abort();
	account.collector = collector_find("manual");
	entity.accounts = &account;
	if (!size)
		return 0;
	while (import_layouts[layouts])
		layouts++;
	chosen = data[0] % (layouts + 1);
	read_as(&names, chosen < layouts ? import_layouts[chosen]->name : NULL, data + 1, size - 1);
	return 0;
}
