#include "bench.h"

#include "metricsd/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };

void die(const char *format, ...)
{
	va_list arguments;

	(void)fflush(stdout);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	(void)fputc('\n', stderr);
	exit(1);
}

struct config *bench_config(const char *path)
{
	SCOPED(text)
	struct text complaints = { 0 };
	struct config *config = NULL;

	if (config_load(path, &config, &complaints) < 0)
		die("%s", text_str(&complaints));
	return config;
}

const struct entity *bench_entity(const struct config *config)
{
	if (config->entity_count != 1)
		die("%s: one entity is expected", config->path);
	return &config->entities[0];
}

struct channel bench_channel(const struct account *account, char subject[128])
{
	account->collector->subject(account->settings, subject, 128);
	return (struct channel){
		.entity = account->entity->id,
		.account = account->id,
		.source = account->collector->name,
		.zone = account->collector->zone ? account->collector->zone : account->zone,
		.subject = subject,
		.metrics = account->collector->metrics,
	};
}

const char *bench_setting(const struct account *account, const char *name)
{
	const struct setting *setting = account->collector->settings;

	for (; setting->name; setting++)
		if (strcmp(setting->name, name) == 0)
			return *(const char *const *)((const char *)account->settings +
						      setting->offset);
	die("the collector %s has no setting \"%s\"", account->collector->name, name);
}

void bench_mark_read(struct store *store, const struct account *account, struct zone *zone,
		     int32_t days, int64_t now)
{
	int32_t today = zone_day(zone, now);
	struct days wanted = { .ranges = { { today - days, days } }, .count = 1 };
	struct sweep_state state = { .started = now, .last_success = now, .due = now + DAY_S };
	char subject[128];
	struct channel channel = bench_channel(account, subject);
	struct error err;

	if (store_sweep_done(store, &channel, SWEEP_DAILY, &state, &wanted, now, &err) < 0)
		die("%s: %s", account->id, err.text);
}
