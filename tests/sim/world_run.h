/*
 * Some hundred days of an installation in one process: the daemon's own sweeper, jobs, credentials
 * and store on a clock, a network and a disk that a seed breaks; then every figure is held against
 * the truth.
 *
 * The same options give the same run, answer by answer, on every machine.
 */
#ifndef METRICSD_SIM_WORLD_RUN_H
#define METRICSD_SIM_WORLD_RUN_H

#include "disk.h"
#include "world_files.h"
#include "world_mail.h"
#include "world_net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may happen. */
enum {
	TROUBLE_NET = 1 << 0,      /* answers that do not come, or come broken */
	TROUBLE_PROVIDER = 1 << 1, /* storms of 503, throttling, days that are never told, metrics
				    * that retire */
	TROUBLE_TOKEN = 1 << 2,    /* refused, wrong, lost secrets, and their replacement */
	TROUBLE_CLOCK = 1 << 3,
	TROUBLE_DISK = 1 << 4,
	TROUBLE_KILL = 1 << 5,   /* kill -9 and power cuts, in the middle of a write */
	TROUBLE_DOWN = 1 << 6,   /* restarts, downtime of hours to weeks */
	TROUBLE_CONFIG = 1 << 7, /* reloads with accounts added, removed and renamed */
	TROUBLE_PEOPLE = 1 << 8, /* who enter, lock the store, ask for sweeps */
	TROUBLE_LOGS = 1 << 9,   /* access logs that are gone, shut, rotated while they are read */
	TROUBLE_ALL = (1 << 10) - 1,
};

struct run_options {
	uint64_t seed;
	int accounts;
	int days;
	unsigned troubles;
	bool loud; /* the log on stdout, with simulated times */
};

/* What was said of all figures that were held against the truth. */
struct run_tally {
	uint64_t exact;              /* final and equal */
	uint64_t bounded;            /* final, declared incomplete or an interval, and true */
	uint64_t unsettled;          /* provisional or revisable, and said so */
	uint64_t nothing;            /* n/d */
	uint64_t complete, expected; /* months that can be complete, and those that have to be */
	uint64_t alerts, warnings;   /* that somebody had to be told */
};

enum run_event {
	RUN_RELOAD,
	RUN_RESTART,
	RUN_KILL,
	RUN_POWER_CUT,
	RUN_DOWN,
	RUN_CLOCK,
	RUN_DISK_FULL,
	RUN_DISK_ERRORS,
	RUN_TOKEN,
	RUN_ENTRY,
	RUN_LOCK,
	RUN_ERRAND,
	RUN_LOG,
	RUN_ROTATION,
	RUN_MAIL,
	RUN_STORM,
	RUN_THROTTLE,
	RUN_RETIRED,
	RUN_MISSING,
	RUN_EVENTS,
};

struct run_result {
	bool passed;
	char words[1024]; /* what was wrong */
	struct run_tally tally;
	uint64_t events[RUN_EVENTS];
	struct net_counts net;
	struct file_counts files;
	struct post_counts mails;
	struct run_tokens {
		uint64_t warned, renewed, replaced; /* told of, by the daemon, by people */
	} tokens;
	uint64_t alerts; /* that began and ended */
	struct disk_counts disk;
	uint64_t calls; /* of callbacks */
	uint64_t log_lines;
	uint64_t starts, failed_starts;
	uint64_t entries; /* people's, acknowledged */
	uint64_t digest;  /* of all that was logged: the same run has the same */
};

/* All of them; but clocks for each third seed, for a wrong one excuses a lot. */
unsigned run_troubles(uint64_t seed);

void run_world(const struct run_options *options, struct run_result *ret);
const char *run_event_name(enum run_event event);

/* "seed 7, 20 accounts, 365 days" */
void run_command(const struct run_options *options, char *ret, size_t room);

#endif
