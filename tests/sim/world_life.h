/* Inside a run of the simulated world: the machine, the daemon on it, and who watches. */
#ifndef METRICSD_SIM_WORLD_LIFE_H
#define METRICSD_SIM_WORLD_LIFE_H

#include "world_plan.h"

#include "metricsd/error.h"

#include <stdarg.h>

struct alerts;
struct asked;
struct config;
struct ev_loop;
struct store;
struct sweeper;

/* What was wrong, from when to when; the judge holds reasons against it. */
enum mishap_kind { MISHAP_DOWN, MISHAP_STORE, MISHAP_TOKEN, MISHAP_ABSENT, MISHAP_LOG };
struct mishap {
	enum mishap_kind kind;
	size_t whom;          /* token or channel; 0: nobody's own */
	int64_t since, until; /* true time; until 0: it lasts */
};

/* All of one run. */
struct life {
	struct plan_of_run plan;
	struct run_result *result;
	char directory[64], database[96], path[96];
	struct ev_loop *loop;
	struct net *net;
	struct post *post;
	struct disk *disk;
	struct files *files;
	struct world *world;
	char *google_key, *google_public; /* PEM, of all service accounts */
	/* the daemon; NULL while it is not running */
	struct config *config;
	struct store *store;
	struct sweeper *sweeper;
	struct alerts *alerts;
	int64_t start_at; /* when it is started again; INT64_MAX: it runs */
	bool power_cut;   /* the death under way is one */
	int64_t die_by;   /* when it dies at the latest; 0: nobody dies */
	int disk_stretches;
	bool disk_full, disk_errs;
	int64_t clock_right_at; /* until then it was later already by a clock that ran ahead */
	struct entered *entered;
	size_t entered_count, entered_room;
	struct store *lock; /* of a person, in the middle of writing */
	struct asked *asked;
	int64_t day; /* of the log's counts */
	uint64_t lines_today, complaints_today;
	struct mishap *mishaps;
	size_t mishap_count, mishap_room;
	bool failed;
};

/* What is wrong, once: the first counts. */
__attribute__((format(printf, 2, 3))) void life_fail(struct life *life, const char *format, ...);

/* world_judge.c: holds every figure that can be asked for now against the truth. `last`: nothing
 * went wrong for long, so what could be had has to be there. */
void life_judge(struct life *life, bool last);

#endif
