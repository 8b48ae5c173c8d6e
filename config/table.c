#include "table.h"

/* A text without which nothing can be done; an id that may be absent. */
#define NEEDED_TEXT(type_, member, help_)                                                 \
	{                                                                                 \
		.name = #member, .type = SETTING_TEXT, .offset = offsetof(type_, member), \
		.required = true, .help = (help_)                                         \
	}
#define OPTIONAL_ID(type_, member, help_)                                               \
	{                                                                               \
		.name = #member, .type = SETTING_ID, .offset = offsetof(type_, member), \
		.help = (help_)                                                         \
	}
#define NEEDED_NAMES(type_, member, help_)                                                 \
	{                                                                                  \
		.name = #member, .type = SETTING_NAMES, .offset = offsetof(type_, member), \
		.required = true, .help = (help_)                                          \
	}

const struct setting global_settings[] = {
	TEXT_SETTING(struct written_global, state_directory, "/var/lib/metricsd",
		     "directory of the database; the daemon's user owns it"),
	TEXT_SETTING(struct written_global, control, "/run/metricsd/control",
		     "socket over which metricsctl speaks to the daemon"),
	TEXT_SETTING(struct written_global, log_level, "info",
		     "least important lines of the log: error, warning, notice, info or debug"),
	{ 0 },
};

const struct setting schedule_settings[] = {
	TEXT_SETTING(struct written_schedule, at, "06:00",
		     "when the daily collection begins, on the clock of each entity"),
	NUMBER_SETTING(struct written_schedule, spread_minutes, 0, 720, 60,
		       "minutes over which the accounts' starts are spread"),
	NUMBER_SETTING(struct written_schedule, watch_hours, 1, 24, 6,
		       "hours between looks at what lives for hours only, like stories"),
	{ 0 },
};

const struct setting http_settings[] = {
	NUMBER_SETTING(struct written_http, in_flight, 1, 1024, 64, "requests at once in all"),
	NUMBER_SETTING(struct written_http, per_host, 1, 1024, 16, "requests at once to one host"),
	NUMBER_SETTING(struct written_http, per_token, 1, 1024, 8,
		       "requests at once with one token"),
	NUMBER_SETTING(struct written_http, connect_timeout_ms, 100, 120000, 10000,
		       "milliseconds in which a connection must be made"),
	NUMBER_SETTING(struct written_http, timeout_ms, 1000, 600000, 60000,
		       "milliseconds in which an answer must be complete"),
	NUMBER_SETTING(struct written_http, body_max, 65536, 67108864, 4194304,
		       "bytes of the largest answer that is read"),
	TEXT_SETTING(struct written_http, ca_file, NULL,
		     "certificates trusted instead of the system's, a PEM file"),
	{ 0 },
};

const struct setting token_settings[] = {
	NEEDED_TEXT(struct written_token, id, "the name accounts use it by"),
	TEXT_SETTING(struct written_token, kind, "bearer",
		     "bearer (shown as it is), or of Meta: page, user or system-user"),
	TEXT_SETTING(struct written_token, file, NULL,
		     "path of the file that holds the secret, mode 0600 or 0640"),
	TEXT_SETTING(struct written_token, credential, NULL,
		     "name of the systemd credential that holds the secret (LoadCredential=)"),
	OPTIONAL_ID(struct written_token, app_id,
		    "Meta's id of the app, to ask when the token expires"),
	TEXT_SETTING(struct written_token, app_secret_file, NULL,
		     "path of the file that holds the app's secret, to sign requests"),
	TEXT_SETTING(struct written_token, app_secret_credential, NULL,
		     "name of the systemd credential that holds the app's secret"),
	{ 0 },
};

const struct setting entity_settings[] = {
	NEEDED_TEXT(struct written_entity, id, "short name of the institution, for commands"),
	TEXT_SETTING(struct written_entity, name, NULL,
		     "its name as reports print it; its id when absent"),
	NEEDED_TEXT(struct written_entity, zone, "its time zone, like America/Bogota"),
	TEXT_SETTING(struct written_entity, language, "es-CO",
		     "language of its reports: es or en, with a country like es-CO or en-US"),
	TEXT_SETTING(struct written_entity, notice, NULL, "words put above every table of it"),
	{ 0 },
};

const struct setting metric_settings[] = {
	NEEDED_TEXT(struct written_metric, id,
		    "lower-case letters, digits and \"_\"; a known one to give it another label"),
	TEXT_SETTING(
		struct written_metric, kind, NULL,
		"flow (adds up over days), stock (a level) or unique (people, never added up)"),
	TEXT_SETTING(struct written_metric, label, NULL,
		     "what reports call it; its id when absent"),
	{ 0 },
};

const struct setting account_settings[] = {
	NEEDED_TEXT(struct written_account, id,
		    "short name of the channel; its series keep it for ever"),
	TEXT_SETTING(struct written_account, title, NULL,
		     "its name as reports print it; its id when absent"),
	NEEDED_TEXT(struct written_account, collector, "what knows the platform"),
	TEXT_SETTING(struct written_account, token, NULL, "id of one of the tokens"),
	TEXT_SETTING(struct written_account, zone, NULL, "its time zone; the entity's when absent"),
	TEXT_SETTING(struct written_account, since, NULL,
		     "first day it exists: days before are not missing"),
	TEXT_SETTING(struct written_account, until, NULL,
		     "last day it existed: it is no longer collected after it"),
	TEXT_SETTING(struct written_account, collect_from, NULL,
		     "first day asked for; the month before it was first seen when absent"),
	NAMES_SETTING(struct written_account, without, "metrics of the collector to leave out"),
	NAMES_SETTING(struct written_account, entered, "metrics people enter for it"),
	TEXT_SETTING(struct written_account, renamed_from, NULL,
		     "the id it had before: its series are carried over"),
	{ 0 },
};

const struct setting group_settings[] = {
	NEEDED_TEXT(struct written_group, id, "short name of the group"),
	TEXT_SETTING(struct written_group, title, NULL,
		     "its name as reports print it; its id when absent"),
	NEEDED_NAMES(struct written_group, accounts, "ids of accounts of the entity"),
	{ 0 },
};

const struct setting derived_settings[] = {
	NEEDED_TEXT(struct written_derived, id, "name.metric it is shown under"),
	TEXT_SETTING(struct written_derived, title, NULL, "its name as reports print it"),
	NEEDED_TEXT(struct written_derived, formula,
		    "account.metric or group.metric, joined by + and -"),
	{ 0 },
};

const struct section config_sections[] = {
	{ "global", "at the top of the file", global_settings },
	{ "schedule", "when is collected: schedule: { … };", schedule_settings },
	{ "http", "limits of the requests: http: { … };", http_settings },
	{ "tokens", "where the secrets are: tokens: ( { … }, … );", token_settings },
	{ "entities", "the institutions: entities: ( { … }, … );", entity_settings },
	{ "entities.metrics", "an office's own counters and labels", metric_settings },
	{ "entities.accounts", "the channels of an entity, with its collector's settings",
	  account_settings },
	{ "entities.groups", "accounts seen together", group_settings },
	{ "entities.derived", "sums of other metrics", derived_settings },
	{ 0 },
};
