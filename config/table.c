#include "table.h"

/* Nothing an office counts or spends is more; its sums stay far below what 64 bits hold. */
#define NUMBER_TOP 1000000000000000

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
	SWITCH_SETTING(struct written_global, publish, true,
		       "the daemon refreshes the published figures after sweeps that changed some"),
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

const struct setting alerts_settings[] = {
	NAMES_SETTING(struct written_alerts, hooks,
		      "programs of /etc/metricsd/alert.d that are told, by metricsd-alert@NAME"),
	TEXT_SETTING(struct written_alerts, language, NULL,
		     "language of what is told: es or en, with a country like es-CO; that of the "
		     "first entity when absent"),
	{ 0 },
};

const struct setting mail_settings[] = {
	NEEDED_TEXT(struct written_mail, server,
		    "smtp://host:587 (STARTTLS) or smtps://host:465; plain only to this machine"),
	NEEDED_TEXT(struct written_mail, from, "address the mails come from"),
	NEEDED_NAMES(struct written_mail, to, "addresses of those who are told"),
	TEXT_SETTING(struct written_mail, user, NULL,
		     "name to log in with, which the server may not want"),
	TEXT_SETTING(struct written_mail, password_file, NULL,
		     "path of the file that holds its password, mode 0600 or 0640"),
	TEXT_SETTING(struct written_mail, password_credential, NULL,
		     "name of the systemd credential that holds its password"),
	TEXT_SETTING(struct written_mail, ca_file, NULL,
		     "certificates trusted instead of the system's, a PEM file"),
	{ 0 },
};

const struct setting token_settings[] = {
	NEEDED_TEXT(struct written_token, id, "the name accounts use it by"),
	TEXT_SETTING(struct written_token, kind, "bearer",
		     "bearer (shown as it is); of Meta: page, user or system-user; of Google: "
		     "service-account; user and password: login"),
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
	NUMBER_SETTING(struct written_entity, tolerance, 0, 100, 0,
		       "percent by which sources may differ before reconcile lists them"),
	NAMES_SETTING(struct written_entity, plans, "files of its plans of action"),
	{ 0 },
};

const struct setting period_settings[] = {
	NEEDED_TEXT(struct written_period, id, "the name commands and plans use it by"),
	NEEDED_TEXT(struct written_period, from, "its first day, like \"2024-01-01\""),
	NEEDED_TEXT(struct written_period, to, "its last day, like \"2027-12-31\""),
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
	TEXT_SETTING(struct written_metric, one, NULL,
		     "what sentences call one of it, like noticia; with many"),
	TEXT_SETTING(struct written_metric, many, NULL,
		     "what sentences call several of it, like noticias; with one"),
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
	SWITCH_SETTING(struct written_account, combine, false,
		       "days of several sources may meet within a month"),
	NAMES_SETTING(struct written_account, precedence,
		      "sources, the most believed first: the collector, csv, register, manual"),
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

const struct setting plan_settings[] = {
	NEEDED_TEXT(struct written_plan, id, "short name of the plan, for commands"),
	NEEDED_TEXT(struct written_plan, title, "its name as reports print it"),
	TEXT_SETTING(struct written_plan, objective, NULL, "the objective it serves"),
	TEXT_SETTING(struct written_plan, area, NULL, "who answers for it"),
	TEXT_SETTING(struct written_plan, indicator, NULL,
		     "name of the indicator it is measured by"),
	TEXT_SETTING(struct written_plan, code, NULL, "code of its form in the quality system"),
	TEXT_SETTING(struct written_plan, version, NULL, "version of that form"),
	NEEDED_TEXT(struct written_plan, period,
		    "what it runs for: like \"2026\", \"2026-S1\" or one of the entity's periods"),
	NUMBER_SETTING(struct written_plan, goal, 1, 100, 90,
		       "percent of compliance it is to reach"),
	TEXT_SETTING(
		struct written_plan, formula, "mean",
		"how its activities weigh: mean (all the same), weighted (by weight) or budget"),
	SWITCH_SETTING(struct written_plan, cap, true,
		       "what is beyond 100 percent of a target counts as 100"),
	{ 0 },
};

const struct setting activity_settings[] = {
	NEEDED_TEXT(struct written_activity, id,
		    "lower-case letters, digits and \"_\": the follow-up is entered under it"),
	NEEDED_TEXT(struct written_activity, title, "what is to be done"),
	TEXT_SETTING(struct written_activity, strategy, NULL, "the strategy it belongs to"),
	TEXT_SETTING(struct written_activity, responsible, NULL, "who answers for it"),
	TEXT_SETTING(struct written_activity, resources, NULL, "what it is done with"),
	TEXT_SETTING(struct written_activity, note, NULL, "a remark"),
	TEXT_SETTING(struct written_activity, kind, NULL,
		     "of the target: number (a count), yes-no (done), percent (of execution) or "
		     "none; number when a target is given, else none"),
	NUMBER_SETTING(struct written_activity, target, 1, NUMBER_TOP, 0,
		       "what is to be reached by the end; 100 for percent"),
	NUMBER_SETTING(struct written_activity, weight, 1, 1000000, 0,
		       "its share in a weighted plan; without one it is left out"),
	NUMBER_SETTING(struct written_activity, budget, 0, NUMBER_TOP, -1,
		       "whole pesos, digits only; left out while none is said"),
	TEXT_SETTING(struct written_activity, due, NULL, "day by which it is to be done"),
	TEXT_SETTING(struct written_activity, from, NULL,
		     "account.metric, group.metric or derived metric it is computed from; people "
		     "follow it up when absent"),
	{ 0 },
};

const struct setting target_settings[] = {
	NEEDED_TEXT(struct written_target, period, "a period within the plan's, like \"2026-S1\""),
	NUMBER_SETTING(struct written_target, value, 1, NUMBER_TOP, 0,
		       "what is to be reached by its end; 1 for yes-no"),
	{ 0 },
};

const struct setting report_settings[] = {
	NEEDED_TEXT(
		struct written_report, title,
		"what stands over the report; {period}, {the_period}, {entity}, {year} and {date} "
		"stand for themselves here and in texts"),
	TEXT_SETTING(struct written_report, process, NULL, "of the block of document control"),
	TEXT_SETTING(struct written_report, code, NULL, "of the block of document control"),
	TEXT_SETTING(struct written_report, version, NULL, "of the block of document control"),
	{ 0 },
};

const struct setting part_settings[] = {
	NEEDED_TEXT(struct written_part, kind,
		    "heading, text, table, accounts, register, plan, prose, lacking or sources"),
	TEXT_SETTING(struct written_part, text, NULL, "of a heading or a paragraph"),
	NUMBER_SETTING(struct written_part, level, 1, 3, 1, "of a heading, 1 the highest"),
	SWITCH_SETTING(struct written_part, page, false, "begins a new page on paper"),
	TEXT_SETTING(struct written_part, caption, NULL, "of a table, in place of a made one"),
	NAMES_SETTING(
		struct written_part, rows,
		"figures of a table: account.metric, group.metric or derived metrics; *.metric: "
		"of every channel that has it"),
	NAMES_SETTING(struct written_part, labels,
		      "what its rows and then its totals are called, in their order"),
	NAMES_SETTING(struct written_part, totals,
		      "rows at its end that are totals; *.metric: of every group that has it"),
	TEXT_SETTING(struct written_part, columns, "months",
		     "months (and the whole), whole, or compare (the whole, the period before, the "
		     "same a year before)"),
	TEXT_SETTING(struct written_part, chart, "none", "none, bars or lines"),
	TEXT_SETTING(struct written_part, account, NULL,
		     "whose register or channel; all of them when absent"),
	TEXT_SETTING(struct written_part, list, NULL,
		     "of a register: the metric whose records are listed"),
	NAMES_SETTING(struct written_part, fields,
		      "columns of a register: date, end, title, responsible, number, noted, note, "
		      "evidence or a detail's name"),
	TEXT_SETTING(struct written_part, plan, NULL,
		     "id of a plan; all that run in the period when absent"),
	NAMES_SETTING(struct written_part, lead, "figures of the first sentence"),
	NAMES_SETTING(struct written_part, listed, "figures listed below it"),
	TEXT_SETTING(struct written_part, total, NULL, "figure of the last sentence"),
	SWITCH_SETTING(struct written_part, compare, false,
		       "says how the total differs from the period before"),
	{ 0 },
};

const struct section config_sections[] = {
	{ "global", "at the top of the file", global_settings },
	{ "schedule", "when is collected: schedule: { … };", schedule_settings },
	{ "http", "limits of the requests: http: { … };", http_settings },
	{ "alerts", "who is told what needs a person: alerts: { … };", alerts_settings },
	{ "alerts.mail", "by mail: mail: { … };", mail_settings },
	{ "tokens", "where the secrets are: tokens: ( { … }, … );", token_settings },
	{ "entities", "the institutions: entities: ( { … }, … );", entity_settings },
	{ "entities.periods", "days that have a name: periods: ( { … }, … );", period_settings },
	{ "entities.metrics", "an office's own counters and labels", metric_settings },
	{ "entities.accounts", "the channels of an entity, with its collector's settings",
	  account_settings },
	{ "entities.groups", "accounts seen together", group_settings },
	{ "entities.derived", "sums of other metrics", derived_settings },
	{ "plan", "at the top of a file that `plans` names", plan_settings },
	{ "plan.activities", "its activities and indicators: activities: ( { … }, … );",
	  activity_settings },
	{ "plan.activities.targets", "what is to be reached on the way: targets: ( { … }, … );",
	  target_settings },
	{ "report", "at the top of a file that `metricsctl report --definition` names",
	  report_settings },
	{ "report.parts", "what the report consists of: parts: ( { … }, … );", part_settings },
	{ 0 },
};
