/*
 * The configuration file as typed, checked structs. One run names every mistake, each where it was
 * written.
 *
 * Everything is owned by the `struct config` and borrowed until config_free(); pointers between its
 * parts (account to entity, token, collector) are always set.
 */
#ifndef METRICSD_CONFIG_H
#define METRICSD_CONFIG_H

#include "metricsd/collector.h"
#include "metricsd/log.h"
#include "metricsd/metric.h"
#include "metricsd/period.h"
#include "metricsd/plan.h"
#include "metricsd/text.h"
#include "metricsd/token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a secret is: never the secret itself. Exactly one of the two is set. */
struct secret_place {
	const char *file;       /* path; refused when others may read it */
	const char *credential; /* name below $RUNTIME_DIRECTORY/credentials, where root puts what
				 * it replaced since the start, else below systemd's
				 * $CREDENTIALS_DIRECTORY */
};

struct token {
	const char *id;
	enum token_kind kind;
	struct secret_place secret;
	struct secret_place app_secret; /* both NULL: no appsecret_proof */
	const char *app_id;             /* NULL: nobody is asked about the token */
	int line;
};

struct entity;

struct account {
	const char *id; /* unique within its entity; with it the identity of its series */
	const char *title;
	const struct entity *entity;
	const struct collector *collector;
	const void *settings;
	const struct token *token; /* NULL: none needed */
	const char *zone;          /* IANA name: the account's own, else the entity's */
	const char *renamed_from;  /* NULL: never renamed */
	int32_t since;             /* first day it exists, DAY_NONE: not said */
	int32_t until;             /* last day, DAY_NONE: lives */
	int32_t collect_from;      /* first day the daemon asks for by itself; default: first of the
				    * month before it was      first seen, DAY_NONE */
	const char *const *without; /* ids of metrics not to collect, ends with NULL; NULL: all */
	const struct metric
		*entered; /* what people enter for it, ends with a NULL id; never NULL */
	bool combine;     /* days of several sources may meet within a month */
	const char *const *precedence; /* sources, the most believed first, ends with NULL; those
					  not named follow in the usual order. NULL: collector,
					  import, register, manual */
	const struct plan *plan; /* holds the follow-up of this plan, whose id it bears and whose
				    activities are its `entered`: shown by `plan`, not by `summary`.
				    NULL: a channel */
	int line;
};

struct group {
	const char *id;
	const char *title;
	const struct account **accounts;
	size_t count;
};

/* One term of `publicaciones.posts = redes.posts + sede-electronica.news`: an account or a group.
 */
struct term {
	int sign;
	const struct account *account; /* or NULL */
	const struct group *group;     /* or NULL */
	const struct derived *derived; /* or NULL; only where an indicator names it */
	const char *metric;
};

struct derived {
	const char *account; /* the name it is shown under: "publicaciones" */
	const char *metric;
	const char *title; /* or NULL */
	struct term *terms;
	size_t count;
};

/* One line of a plan. */
struct activity {
	const char *id; /* unique in its plan, of the form of a metric's id */
	const char *title;
	const char *strategy, *responsible, *resources, *note; /* or NULL */
	struct target target;                                  /* by the end of the plan */
	struct period_target {
		struct period period;
		struct target target;
	} * period_targets; /* by the end of one of its periods, where the office says so */
	size_t period_target_count;
	int64_t weight; /* 0: none said */
	int64_t budget; /* whole pesos, -1: none said */
	int32_t due;    /* day, DAY_NONE: none said */
	bool computed;  /* from `from`; else people follow it up: a metric of plan->account */
	struct term from;
	int line;
};

/* A plan of action, from a file of its own. */
struct plan {
	const char *id;
	const char *title;
	const char *objective, *area, *indicator, *code, *version; /* its head, or NULL */
	struct period period;
	int64_t goal; /* share of compliance it is to reach, thousandths */
	enum plan_formula formula;
	bool cap;
	struct activity *activities;
	size_t count;
	const struct account *account; /* whose entries are its follow-up */
	const char *path;              /* of its file */
};

struct entity {
	const char *id;
	const char *name;
	const char *zone;
	const char *language; /* "es-CO", "en" */
	const char *notice;   /* put above every table of it ("SIMULADO"), or NULL */
	struct account *accounts;
	size_t account_count;
	struct group *groups;
	size_t group_count;
	struct derived *derived;
	size_t derived_count;
	const struct metric *metrics; /* the office's own, ends with a NULL id; labels as written */
	struct period *periods; /* those it has given a name; kind PERIOD_NAMED, name its id */
	size_t period_count;
	struct plan *plans;
	size_t plan_count;
	int64_t tolerance; /* sources may differ by so many thousandths before reconcile lists them
			    */
};

/* Who is told what needs a person. */
struct alert_mail {
	const char *server; /* "smtp://host:port" or "smtps://host:port"; NULL: nobody is mailed */
	bool tls;           /* without it nothing is sent; false only to this machine */
	const char *from;
	const char *const *to; /* ends with NULL */
	const char *user;      /* NULL: no login */
	struct secret_place password;
	const char *ca_file; /* NULL: the system's bundle */
};

struct config {
	const char *path;         /* of the file it came from */
	const char *const *files; /* it and all that were read with it, ends with NULL */
	size_t troubles; /* complaints about what accounts wait for, while others are collected:
			  * secrets that are missing, empty or open to others, a ca_file */
	size_t lacks;    /* those about what is named and is not on disk as it has to be; of
			  * config_check() alone */
	const char *state_directory;
	const char *control; /* path of the control socket */
	enum log_level log_level;
	struct {
		int64_t at_minute;      /* minute of the entity's day at which daily sweeps begin */
		int64_t spread_minutes; /* jitter: accounts start within so many minutes after it */
		int64_t watch_hours;    /* stories */
	} schedule;
	struct {
		int64_t in_flight, per_host, per_token;
		int64_t connect_timeout_ms, timeout_ms;
		int64_t body_max;
		const char *ca_file; /* NULL: the system's bundle */
	} http;
	struct {
		struct alert_mail mail;
		const char *const *hooks; /* names, ends with NULL; never NULL */
		const char *language;     /* NULL: the entity's, the first one's of several */
		const char *const *ways;  /* "mail", "hook:NAME": all there are, ends with NULL;
					   * never NULL */
	} alerts;
	bool publish; /* the daemon refreshes the published figures after sweeps */
	struct token *tokens;
	size_t token_count;
	struct entity *entities;
	size_t entity_count;
};

/*
 * Reads and checks a file. 0 and the configuration; or -1 with every complaint in `complaints`, one
 * line each, "file:line: message\n" in the file's order.
 *
 * With a result of 0 there may be lines too, all of them about collecting alone: warnings
 * ("file:line: warning: message"; a token file that cannot be looked at from here) and, counted in
 * `troubles`, what a person must put right before all is collected. Secrets are not read; only the
 * mode of their files is looked at.
 */
int config_load(const char *path, struct config **ret, struct text *complaints);

/*
 * The same for whoever wrote the file: what it names on disk (the state directory, logs, lists of
 * robots, programs of alerts) is looked at too. What is not there as it has to be is a complaint,
 * counted in `lacks`; what this user may not look at is a warning.
 */
int config_check(const char *path, struct config **ret, struct text *complaints);
void config_free(struct config *config);

/* Who is told, of a file with mistakes: the state directory, the language, and those ways of alerts
 * that have no mistake themselves. NULL: nobody can be. */
struct config *config_told(const char *path);

/* Whether nothing is wrong with the file, and with what it includes, but that no institution is
 * named yet: so it is installed. */
bool config_is_blank(const char *path);

/* The path: `given`, else $METRICSD_CONFIG, else the installed default. */
const char *config_path(const char *given);

/* state_directory "/metrics.db", the caller's to free. */
char *config_database(const struct config *config);

const struct entity *config_entity(const struct config *config, const char *id);

/*
 * The account `name`: "entity/account", or "account" when only one entity (or only `entity`, which
 * may be NULL) has it. ERROR_INPUT says what there is, with the nearest name.
 */
int config_account(const struct config *config, const char *entity, const char *name,
		   const struct account **ret, struct error *err);

/* A period by any form period_parse() knows or by a name of the entity's own (NULL: no entity).
 * ERROR_INPUT names the forms and the names there are. */
int config_period(const struct entity *entity, const char *text, struct period *ret,
		  struct error *err);

/* The plan `id` of an entity, or NULL. */
const struct plan *config_plan(const struct entity *entity, const char *id);

/* The account `id` of an entity, one that holds a plan's follow-up too, or NULL. */
const struct account *entity_account(const struct entity *entity, const char *id);

/* The metric `id` of an account: its collector's, those people enter for it. NULL: it has no such
 * metric. */
const struct metric *account_metric(const struct account *account, const char *id);

/* Whether the account's `without` names it. */
bool account_lacks(const struct account *account, const char *metric);

/* Whether its last day has been past for a day at least, whatever its zone: nobody has to act for
 * it any more. */
bool account_is_over(const struct account *account, int64_t now);

/* The nearest of `names` (ends with NULL) to a misspelt word, or NULL when none is near: letters
 * put in, left out, changed or swapped with their neighbour are at most a third of its length. */
const char *nearest_name(const char *word, const char *const *names);

/* Every setting there is, as reference text for the manual and `metricsctl check --settings`. */
void config_describe(struct text *out);

static inline void scoped_config(struct config **config)
{
	config_free(*config);
}

#endif
