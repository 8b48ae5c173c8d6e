/*
 * How every account does, read once; what people, programs, Nagios and Prometheus are shown are
 * views of it.
 */
#ifndef METRICSD_CTL_STATUS_H
#define METRICSD_CTL_STATUS_H

#include "ctl.h"

#include "metricsd/figure.h"
#include "metricsd/health.h"
#include "metricsd/lapse.h"

enum {
	STATUS_LOOK_BACK = 30,          /* days */
	STATUS_BACKUP_LATE = 2 * 86400, /* seconds: the timer has missed a night */
};

/* Days known of those that could be. */
struct coverage {
	int32_t known, days;
};

/* What is known of one account. */
struct checkup {
	const struct account *account;
	struct sweep_state daily;
	struct metric_states metrics;
	const struct held *held; /* the hold that keeps it waiting, or NULL */
	struct watch *gaps;      /* stretches in which stories could have gone unseen */
	size_t gap_count;
	int64_t lapse_s;                  /* of the last 30 days in which it was not read */
	struct coverage recent, month;    /* the last 30 days, the open month */
	const struct token_health *token; /* NULL: it has none, or nothing is known of it */
	struct health health;
};

/* The file and its disk. */
struct store_health {
	bool opened;
	struct error why;    /* it is not */
	int64_t bytes, free; /* -1: not known */
	int64_t version;     /* of its schema */
	const char *trouble; /* why the daemon cannot write it, in its words; NULL: it can */
	struct {
		bool known; /* whether there is one: not of a database that was named */
		int64_t at; /* as of when it is, 0: none was made */
		char *path;
		int64_t age_s;
	} backup; /* the last one */
};

struct status {
	struct ctl *ctl;
	struct held *holds;
	size_t hold_count;
	struct token_health *tokens;
	size_t token_count;
	const cJSON *daemon; /* its answer, NULL: none runs */
	struct store_health store;
	struct zones zones;
	struct grid grid;
	struct records records;
	size_t needing;   /* accounts that need a person */
	size_t collected; /* accounts that need a daemon */
	size_t expiring;  /* tokens that need one */
	bool told;        /* Nagios has its line */
};

/* Nobody is asked for its figures: people enter or record them. */
bool is_manual(const struct account *account);

/* The caller clears it. */
int checkup_read(struct status *status, const struct account *account, struct checkup *ret,
		 struct error *err);
void checkup_clear(struct checkup *checkup);
int64_t checkup_gap_seconds(const struct checkup *checkup);

/* What is said of all accounts; the database is open. */
int status_read(struct status *status, struct error *err);

/* Calls `show` with each account asked for, having counted it; in the order of the configuration.
 */
int status_each(struct status *status, int (*show)(void *data, const struct checkup *checkup),
		void *data, struct error *err);

/* What is known of the configuration's token, NULL: nothing yet; whether an account asked for uses
 * it that is not over. */
const struct token_health *status_token(const struct status *status, const struct token *token);
bool status_uses(const struct status *status, const struct token *token);

/* Whether its token waits until a person acts, whatever its own last run met. */
bool checkup_awaits_token(const struct checkup *checkup);

/* What an administrator can do about it, in the language in use; nothing when nothing is to be
 * done. */
void checkup_advise(const struct checkup *checkup, struct text *out);

/* --- views */

/* Tables for people, records for programs; the exit status. */
int status_show(struct status *status);
void status_record(struct status *status, const struct checkup *checkup);
/* One line; returns Nagios' code. Whatever keeps it from being told is said in it. */
int status_nagios(struct status *status);
/* Prometheus' text format 0.0.4. */
int status_prometheus(struct status *status, FILE *out, struct error *err);

static inline void scoped_checkup(struct checkup *checkup)
{
	checkup_clear(checkup);
}

#endif
