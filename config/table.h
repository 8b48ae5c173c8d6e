/*
 * Every setting that is no collector's own: where it stands, its range, default and help. Each
 * section of the file fills one of these structs as it was written; what it means is looked at
 * afterwards.
 */
#ifndef METRICSD_CONFIG_TABLE_H
#define METRICSD_CONFIG_TABLE_H

#include "metricsd/setting.h"

#include <stdint.h>

struct written_global {
	const char *state_directory, *control, *log_level;
};

struct written_schedule {
	const char *at;
	int64_t spread_minutes, watch_hours;
};

struct written_http {
	int64_t in_flight, per_host, per_token, connect_timeout_ms, timeout_ms, body_max;
	const char *ca_file;
};

struct written_token {
	const char *id, *kind, *file, *credential, *app_id, *app_secret_file,
		*app_secret_credential;
};

struct written_entity {
	const char *id, *name, *zone, *language, *notice;
};

struct written_metric {
	const char *id, *kind, *label;
};

struct written_account {
	const char *id, *title, *collector, *token, *zone, *since, *until, *collect_from,
		*renamed_from;
	const char **without, **entered;
};

struct written_group {
	const char *id, *title;
	const char **accounts;
};

struct written_derived {
	const char *id, *title, *formula;
};

extern const struct setting global_settings[];
extern const struct setting schedule_settings[];
extern const struct setting http_settings[];
extern const struct setting token_settings[];
extern const struct setting entity_settings[];
extern const struct setting metric_settings[];
extern const struct setting account_settings[];
extern const struct setting group_settings[];
extern const struct setting derived_settings[];

/* All of them with the name of their section, for the manual. Ends with a NULL title. */
struct section {
	const char *title; /* "schedule", "entities.accounts" */
	const char *about;
	const struct setting *settings;
};
extern const struct section config_sections[];

#endif
