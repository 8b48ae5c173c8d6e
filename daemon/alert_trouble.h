/*
 * The store's own trouble: that nothing can be written there is an alert no row can hold. And the
 * configuration's, which nobody who runs can understand.
 *
 * It is kept in memory, and by which ways it was told also as empty files, so that whoever is
 * started again and again tells it once. When the store takes things again, it is written down
 * there with its end, and the ways tell that end as any other; but nothing is of one that nobody
 * was told of and that was short, or came within a day of another.
 */
#ifndef METRICSD_DAEMON_ALERT_TROUBLE_H
#define METRICSD_DAEMON_ALERT_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct error;
struct store;
struct way;
struct ways;

enum { STORE_PATIENCE_S = 120 /* a store that takes nothing for so long is worth an alert */ };

struct trouble {
	bool config;   /* it is the configuration's */
	int64_t since; /* 0: it can be written */
	/* since when the last one was that was told, of the store's and of the configuration's; 0:
	 * never. It is told once a day, over restarts too */
	int64_t last[2];
	char words[768];
};

/* Finds by which ways whoever ran before had told it already, and since when the last one was. */
void trouble_find(struct trouble *trouble, struct ways *ways, int64_t now);

/* It is there, for this reason ("": it is not known here), since then if it was not before. */
void trouble_begin(struct trouble *trouble, const char *words, int64_t since);

/* It is that of the configuration, or of the store; what was told of the other one is forgotten. */
void trouble_is_of(struct trouble *trouble, struct ways *ways, bool config);

/* Begins to tell it by all ways that are free and have not told it; when the next one is due. */
int64_t trouble_tell(struct trouble *trouble, struct ways *ways, int64_t now);

/* The telling of it by this way ended. */
void trouble_telling_ended(struct trouble *trouble, struct way *way, int64_t now);

/* The store takes things again: what was told of it is written down, and that it is over; forgotten
 * once that is committed. */
int trouble_keep(const struct trouble *trouble, const struct ways *ways, struct store *store,
		 int64_t now, struct error *err);
void trouble_forget(struct trouble *trouble, struct ways *ways);

/* Before `config` is used: ways it does not have leave no file behind. */
void trouble_leave(struct ways *ways, const struct config *config);

/* Times that were told by a clock which ran ahead keep nobody waiting. */
void trouble_follow_clock_back(struct trouble *trouble, struct ways *ways, int64_t now);

/* By all ways, and files say so; or it is not to be told yet, for one within a day was. */
bool trouble_is_told(const struct trouble *trouble, const struct ways *ways, int64_t now);

#endif
