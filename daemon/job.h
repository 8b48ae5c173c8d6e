/*
 * One sweep over one account: what to ask next, what an answer does, when to wait. Knows no
 * transport and no clock, so the daemon drives it over HTTP and a simulation by calling functions.
 *
 *	job_begin(&job, tools, account, sweep, NULL, now, &verdict, &err)
 *	while (verdict.outcome == JOB_ASK) {
 *		job_next(…, &verdict)        job.request is what to ask
 *		job_answer(…, &verdict)      or job_failed() when no answer came
 *	}
 *	if (verdict.outcome == JOB_DONE)
 *		job_done(…)
 *	job_clear(&job)
 *
 * All of them but job_begin() may write to the store, within the transaction the caller opened.
 *They return -1 only when the store is at fault (ERROR_BUSY, ERROR_OURS): the caller rolls back and
 * drops the job, whose truth is then the cursor in the store. After a commit that failed it does
 *the same to every job that wrote since the begin.
 */
#ifndef METRICSD_DAEMON_JOB_H
#define METRICSD_DAEMON_JOB_H

#include "holds.h"

#include "metricsd/collector.h"
#include "metricsd/error.h"
#include "metricsd/http.h"
#include "metricsd/store.h"
#include "metricsd/zones.h"

#include <stdbool.h>
#include <stdint.h>

struct account;
struct config;
struct token;

/* What all jobs share. Borrowed, all but the scratch; job_tools_clear() frees that. */
struct job_tools {
	struct store *store;
	const struct config *config; /* its schedule */
	struct zones *zones;
	struct holds *holds;

	/* When the token's secret, or its app's, was last replaced (time), so that a hold on a
	 * refused token ends with it; NULL: such a hold ends only by job_forgive(). */
	int64_t (*secret_time)(void *data, const struct token *token);
	void *data;

	struct findings findings;    /* scratch from here on */
	struct metric_states before; /* the states a take began with */
	struct metric_states kept;   /* the states as they are stored */
	struct text cursor;
};
void job_tools_clear(struct job_tools *tools);

enum job_outcome {
	JOB_ASK,  /* go on with job_next(), at once */
	JOB_SEND, /* of job_next(): carry out job.request */
	JOB_DONE, /* nothing left: job_done() */
	JOB_WAIT, /* not before `until`; see `again` */
};

struct verdict {
	enum job_outcome outcome;
	int64_t until; /* JOB_WAIT: time */
	bool again;    /* JOB_WAIT: seconds only, keep the job and call job_next() then; else the
			* sweep is over for now, its state is stored, drop the job */
	bool held;     /* JOB_WAIT: for what somebody else was told, nothing was asked */
	struct error cause; /* of a JOB_WAIT, or of a JOB_ASK that went round something; class NONE:
			     * all is well */
};

struct sweep_job {
	const struct account *account;
	struct job view; /* what the collector sees */
	struct metric_states states;
	struct sweep_state state; /* its wanted and cursor are view's */
	struct text kept_cursor;  /* the cursor as it is stored */
	struct request request;
	struct text notes;
	struct text report; /* how things stand, for status */
	uint32_t hash;
	bool ranged;               /* wanted was given: a backfill */
	bool fresh;                /* began at the start, not at a stored cursor */
	bool restarted;            /* a cursor that made no sense was dropped */
	enum error_class troubled; /* how the sweep before it ended: told once, ended once */
	bool lapsed;               /* the one before it may not have ended well */
	bool clock_doubted;   /* the last success is of a later day; until a server's Date agrees */
	struct error lacking; /* why some of its calls were given up for good: its days stay wanted
			       * (class NONE: none were) */
	int tries;            /* of this request, failed in a row */
	int answers;
	struct changes changes; /* so far */
};

/*
 * Takes the sweep up where the store says it is, or begins it. `range` (NULL: what the schedule
 * wants) are the days of a backfill. JOB_ASK, or JOB_WAIT when it is held. The job must be cleared
 * whatever comes back.
 */
int job_begin(struct sweep_job *job, struct job_tools *tools, const struct account *account,
	      enum sweep sweep, const struct window *range, int64_t now, struct verdict *verdict,
	      struct error *err);

/* What to ask: JOB_SEND, JOB_DONE, or JOB_WAIT. */
int job_next(struct sweep_job *job, struct job_tools *tools, int64_t now, struct verdict *verdict,
	     struct error *err);

/* What an answer to job.request says is stored. JOB_ASK or JOB_WAIT. */
int job_answer(struct sweep_job *job, struct job_tools *tools, const struct response *response,
	       int64_t now, struct verdict *verdict, struct error *err);

/* No answer came: `cause` says why. JOB_WAIT. */
int job_failed(struct sweep_job *job, struct job_tools *tools, const struct error *cause,
	       int64_t now, struct verdict *verdict, struct error *err);

/* The sweep ended well: stored with its next due time, which is job->state.due then. */
int job_done(struct sweep_job *job, struct job_tools *tools, int64_t now, struct error *err);

void job_clear(struct sweep_job *job);

/* Takes off the holds on the account that wait for a person: a person asks. */
int job_forgive(struct job_tools *tools, const struct account *account, int64_t now,
		struct error *err);

/* Whether the hold waits for a person: another secret, or a role. */
bool job_waits_for_person(const struct held *held);

/* When the account's sweep is due, by what the store knows: at once (`now`) when it was never run,
 * was cut off, or was missed. INT64_MAX: never, the account asks nothing of the kind. */
int job_due(struct job_tools *tools, const struct account *account, enum sweep sweep, int64_t now,
	    int64_t *ret, struct error *err);

/* So long an account may go unread without losing anything for good. */
int64_t job_harmless_s(const struct job_tools *tools, const struct account *account);

/* "daily", "watch", "check". */
const char *sweep_name(enum sweep sweep);

#endif
