/*
 * Every setting that is no collector's own: where it stands, its range, default and help. Each
 * section of the file fills one of these structs as it was written; what it means is looked at
 * afterwards.
 */
#ifndef METRICSD_CONFIG_TABLE_H
#define METRICSD_CONFIG_TABLE_H

#include "metricsd/setting.h"

#include <stdbool.h>
#include <stdint.h>

struct written_global {
	const char *state_directory, *control, *log_level;
	bool publish;
};

struct written_schedule {
	const char *at;
	int64_t spread_minutes, watch_hours;
};

struct written_http {
	int64_t in_flight, per_host, per_token, connect_timeout_ms, timeout_ms, body_max;
	const char *ca_file;
};

struct written_alerts {
	const char *language;
	const char **hooks;
};

struct written_mail {
	const char *server, *from, *user, *password_file, *password_credential, *ca_file;
	const char **to;
};

struct written_token {
	const char *id, *kind, *file, *credential, *app_id, *app_secret_file,
		*app_secret_credential;
};

struct written_entity {
	const char *id, *name, *zone, *language, *notice;
	int64_t tolerance; /* percent */
	const char **plans;
};

struct written_period {
	const char *id, *from, *to;
};

struct written_metric {
	const char *id, *kind, *label, *one, *many;
};

struct written_account {
	const char *id, *title, *collector, *token, *zone, *since, *until, *collect_from,
		*renamed_from;
	const char **without, **entered, **precedence;
	bool combine;
};

struct written_group {
	const char *id, *title;
	const char **accounts;
};

struct written_derived {
	const char *id, *title, *formula;
};

struct written_plan {
	const char *id, *title, *objective, *area, *indicator, *code, *version, *period, *formula;
	int64_t goal; /* percent */
	bool cap;
};

struct written_activity {
	const char *id, *title, *strategy, *responsible, *resources, *note, *kind, *due, *from;
	int64_t target; /* 0: none said */
	int64_t weight, budget;
};

struct written_target {
	const char *period;
	int64_t value; /* 0: none said */
};

struct written_report {
	const char *title, *process, *code, *version;
};

struct written_part {
	const char *kind, *text, *caption, *columns, *chart, *account, *list, *plan, *total;
	const char **rows, **labels, **totals, **fields, **lead, **listed;
	int64_t level;
	bool page, compare;
};

extern const struct setting global_settings[];
extern const struct setting schedule_settings[];
extern const struct setting http_settings[];
extern const struct setting alerts_settings[];
extern const struct setting mail_settings[];
extern const struct setting token_settings[];
extern const struct setting entity_settings[];
extern const struct setting period_settings[];
extern const struct setting metric_settings[];
extern const struct setting account_settings[];
extern const struct setting group_settings[];
extern const struct setting derived_settings[];
extern const struct setting plan_settings[];
extern const struct setting activity_settings[];
extern const struct setting target_settings[];
extern const struct setting report_settings[];
extern const struct setting part_settings[];

/* All of them with the name of their section, for the manual. Ends with a NULL title. */
struct section {
	const char *title; /* "schedule", "entities.accounts" */
	const char *about;
	const struct setting *settings;
};
extern const struct section config_sections[];

#endif
