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

/* What was wrong, from when to when (world_trouble.h). */
enum mishap_kind {
	MISHAP_DOWN,
	MISHAP_STORE,  /* nothing can be written: of a disk, or as it knows of a later day */
	MISHAP_TOKEN,  /* it, or its file, is not what it should be */
	MISHAP_ABSENT, /* not in the configuration */
	MISHAP_LOG,
	MISHAP_CLOCK,
	MISHAP_FULL,    /* the disk: nothing can grow */
	MISHAP_REFUSED, /* there is no secret that opens anything */
	MISHAP_MAIL,    /* the mail server refuses */
};
enum { MISHAP_KINDS = 9 };
struct mishap {
	enum mishap_kind kind;
	size_t whom;          /* token or channel; 0: nobody's own */
	int64_t since, until; /* true time; until 0: it lasts */
	/* a clock's seconds ahead; a log's enum file_trouble; how often a disk that was full
	 * refused to write; 0 of all others */
	int64_t how;
};

/* A token that ends at a time its provider says, unless it is replaced. */
struct ending {
	size_t token;
	int64_t issued, ends;
	int64_t until;   /* when it was replaced, 0: it is in use */
	unsigned warned; /* bits of the stages the log told of it */
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
	struct ending *endings;
	size_t ending_count, ending_room;
	bool failed;
};

/* What is wrong, once: the first counts. */
__attribute__((format(printf, 2, 3))) void life_fail(struct life *life, const char *format, ...);

/* world_judge.c: holds every figure that can be asked for now against the truth. `last`: nothing
 * went wrong for long, so what could be had has to be there. */
void life_judge(struct life *life, bool last);

/* world_alerts.c: whether people were told in time of whatever lasted, and that it was over. */
int life_judge_alerts(struct life *life, struct store *store, struct error *err);

#endif
