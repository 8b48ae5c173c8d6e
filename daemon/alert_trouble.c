#include "alert_trouble.h"

#include "alert_causes.h"
#include "alert_ways.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOUR_S = 3600, DAY_S = 86400, PATH_ROOM = 1200 };

/* --- the files that say over restarts what was told --- */

/* Stands where a way's name does: since when the last one was that was told. Stays for a day. */
static const char last_mark[] = "last";

static void marker_path(const struct config *config, const char *name, bool of_config,
			char ret[PATH_ROOM])
{
	(void)snprintf(ret, PATH_ROOM, "%s/alerts/.%s-trouble-%s", config->state_directory,
		       of_config ? "config" : "store", name);
}

/* An empty file can be made even where no row fits; its time says since when. */
static void put_file(const char *path, int64_t since)
{
	const struct timespec times[2] = { { .tv_sec = since }, { .tv_sec = since } };
	SCOPED(descriptor)
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);

	if (fd >= 0)
		(void)futimens(fd, times);
}

static void put_marker(struct way *way, bool of_config, int64_t since)
{
	const struct config *config = way->ways->config;
	char path[PATH_ROOM], *slash;

	way->trouble.marked = true;
	marker_path(config, way->name, of_config, path);
	slash = strrchr(path, '/');
	*slash = '\0';
	(void)mkdir(path, 0770); /* set-group-id as the one it is in */
	*slash = '/';
	put_file(path, since);
	marker_path(config, last_mark, of_config, path);
	put_file(path, since);
}

static void drop_marker(const struct config *config, struct way *way)
{
	char path[PATH_ROOM];

	for (int of_config = 0; way->trouble.marked && of_config <= 1; of_config++) {
		marker_path(config, way->name, of_config, path);
		(void)unlink(path);
	}
	way->trouble.marked = false;
}

/* The time of a marker, 0: there is none. */
static int64_t marker_time(const struct config *config, const char *name, bool of_config)
{
	char path[PATH_ROOM];
	struct stat file;

	marker_path(config, name, of_config, path);
	return lstat(path, &file) == 0 ? file.st_mtim.tv_sec : 0;
}

static void find_last(struct trouble *trouble, const struct config *config, bool of_config,
		      int64_t now)
{
	int64_t last = marker_time(config, last_mark, of_config);
	char path[PATH_ROOM];

	if (last && now - last > DAY_S) {
		marker_path(config, last_mark, of_config, path);
		(void)unlink(path);
	} else {
		trouble->last[of_config] = last;
	}
}

void trouble_find(struct trouble *trouble, struct ways *ways, int64_t now)
{
	find_last(trouble, ways->config, false, now);
	find_last(trouble, ways->config, true, now);
	for (size_t i = 0; i < ways->count; i++) {
		struct way *way = &ways->items[i];
		int64_t told = marker_time(ways->config, way->name, false);
		bool of_config = !told;

		if (of_config)
			told = marker_time(ways->config, way->name, true);
		if (!told)
			continue;
		trouble->config = of_config;
		trouble->last[of_config] = told;
		way->trouble.marked = true;
		way->trouble.told = trouble->since = told;
	}
}

void trouble_is_of(struct trouble *trouble, struct ways *ways, bool config)
{
	if (trouble->since && trouble->config != config)
		trouble_forget(trouble, ways);
	trouble->config = config;
}

void trouble_leave(struct ways *ways, const struct config *config)
{
	for (size_t i = 0; i < ways->count; i++) {
		const char *const *name = ways_names(config);

		while (*name && strcmp(*name, ways->items[i].name) != 0)
			name++;
		if (!*name)
			drop_marker(config, &ways->items[i]);
	}
}

/* --- while it lasts --- */

void trouble_begin(struct trouble *trouble, const char *words, int64_t since)
{
	if (!trouble->since) {
		trouble->since = since ? since : clock_now();
		trouble->words[0] = '\0';
	}
	if (*words)
		(void)snprintf(trouble->words, sizeof(trouble->words), "%s", words);
}

void trouble_follow_clock_back(struct trouble *trouble, struct ways *ways, int64_t now)
{
	if (trouble->since > now)
		trouble->since = now;
	for (size_t i = 0; i < ways->count; i++)
		ways->items[i].trouble.due = 0;
}

static void gather(const struct trouble *trouble, const struct config *config,
		   struct causes *causes, int64_t now)
{
	causes_begin(causes, config, now);
	if (trouble->config)
		causes_config(causes, trouble->words);
	else
		causes_store(causes, trouble->words);
	causes_end(causes);
}

/* Whether one that began within a day was told: this one is only told when it outlasts that. */
static bool is_held_back(const struct trouble *trouble, int64_t now)
{
	int64_t last = trouble->last[trouble->config];

	return last != trouble->since && last > now - DAY_S && last <= now;
}

bool trouble_is_told(const struct trouble *trouble, const struct ways *ways, int64_t now)
{
	if (is_held_back(trouble, now))
		return true;
	for (size_t i = 0; i < ways->count; i++)
		if (!ways->items[i].trouble.marked)
			return false;
	return true;
}

/* What is to be told of it; NULL: nothing, or not yet. */
static struct cause *cause_of(const struct trouble *trouble, const struct config *config,
			      struct causes *causes, int64_t now)
{
	if (!trouble->since || !trouble->words[0] || now - trouble->since < STORE_PATIENCE_S ||
	    is_held_back(trouble, now))
		return NULL;
	gather(trouble, config, causes, now);
	return &causes->items[0];
}

static void begin_telling(struct trouble *trouble, struct way *way, const struct cause *cause)
{
	way->task = WAY_TROUBLE;
	way->alert = (struct kept_alert){
		.kind = ALERT_TROUBLE,
		.cause = memory_text(cause->key),
		.entity = memory_text(""),
		.subject = memory_text(cause->subject),
		.words = memory_text(cause->words),
		.since = trouble->since,
	};
	way->delivery = (struct delivery){ .part = ALERT_BEGAN, .tries = way->trouble.tries };
	trouble->last[trouble->config] = trouble->since;
	way_tell(way);
}

int64_t trouble_tell(struct trouble *trouble, struct ways *ways, int64_t now)
{
	SCOPED(causes)
	struct causes causes = { 0 };
	const struct cause *cause = cause_of(trouble, ways->config, &causes, now);
	int64_t next = trouble->since && !cause ? trouble->since + STORE_PATIENCE_S : INT64_MAX;

	if (next <= now)
		next = now + HOUR_S;
	for (size_t i = 0; cause && i < ways->count; i++) {
		struct way *way = &ways->items[i];

		if (way->trouble.told && !way->trouble.marked)
			put_marker(way, trouble->config, trouble->since);
		if (way->trouble.told || way->task != WAY_RESTS)
			continue;
		if (way->trouble.due <= now)
			begin_telling(trouble, way, cause);
		else if (way->trouble.due < next)
			next = way->trouble.due;
	}
	return next;
}

/* It may be over meanwhile: then its end is to be told, too. */
void trouble_telling_ended(struct trouble *trouble, struct way *way, int64_t now)
{
	if (!trouble->since && !way->delivery.told)
		return;
	way->trouble.tries = way->delivery.tries;
	way->trouble.due = way->delivery.due;
	way->trouble.told = way->delivery.over ? now : 0;
	if (!trouble->since)
		trouble->since = way->alert.since;
}

/* --- when it is over --- */

static bool was_told(const struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++)
		if (ways->items[i].trouble.told)
			return true;
	return false;
}

static int save_told(const struct trouble *trouble, const struct ways *ways, struct store *store,
		     int64_t id, struct error *err)
{
	for (size_t i = 0; i < ways->count; i++) {
		const struct way *way = &ways->items[i];
		struct delivery delivery = { .alert = id,
					     .part = ALERT_BEGAN,
					     .due = trouble->since,
					     .tries = way->trouble.tries,
					     .over = true,
					     .told = way->trouble.told };

		if (!way->trouble.told)
			continue;
		memcpy(delivery.way, way->name, sizeof(delivery.way));
		if (store_delivery_save(store, &delivery, err) < 0)
			return -1;
	}
	return 0;
}

int trouble_keep(const struct trouble *trouble, const struct ways *ways, struct store *store,
		 int64_t now, struct error *err)
{
	SCOPED(causes)
	struct causes causes = { 0 };
	int64_t id;
	bool ended;

	/* what nobody could be told while it lasted is told, and listed, with its end */
	if (!was_told(ways) && (!trouble->since || now - trouble->since < STORE_PATIENCE_S))
		return 0;
	gather(trouble, ways->config, &causes, now);
	if (store_alert_raise(store,
			      &(struct alert){ .kind = ALERT_TROUBLE,
					       .cause = causes.items[0].key,
					       .entity = "",
					       .subject = causes.items[0].subject,
					       .words = causes.items[0].words,
					       .since = trouble->since,
					       .told = was_told(ways),
					       .ways = ways_names(ways->config) },
			      &id, err) < 0)
		return -1;
	if (!id)
		return 0;
	if (save_told(trouble, ways, store, id, err) < 0)
		return -1;
	return store_alert_end(store, causes.items[0].key, now, ways_names(ways->config), &ended,
			       err);
}

void trouble_forget(struct trouble *trouble, struct ways *ways)
{
	if (!trouble->since)
		return;
	trouble->since = 0; /* its words stay, for what is still being told of it */
	for (size_t i = 0; i < ways->count; i++) {
		drop_marker(ways->config, &ways->items[i]);
		ways->items[i].trouble = (struct way_trouble){ 0 };
	}
}
