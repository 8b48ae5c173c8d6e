#include "publisher.h"

#include "metricsd/clock.h"
#include "metricsd/error.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	QUIET_S = 60,  /* after the last sweep: others may follow */
	EVERY_S = 900, /* not more often */
	DAY_S = 86400, /* what was provisional becomes final without a new number */
	NAMES_MAX = 4096,
};

struct publisher {
	struct ev_loop *loop;
	struct store *store;
	const char *config;
	int64_t quiet_s;
	char program[NAMES_MAX]; /* metricsctl */
	ev_timer timer;
	ev_child child;
	bool running;
	bool wanted;    /* something happened while it ran */
	int64_t origin; /* the newest that was published */
	int64_t at;     /* time it was last begun; 0: never */
};

static void wait_for(struct publisher *publisher, int64_t now)
{
	int64_t earliest = publisher->at ? publisher->at + EVERY_S : 0;
	int64_t due = now + publisher->quiet_s;

	if (due < earliest)
		due = earliest;

	ev_timer_stop(publisher->loop, &publisher->timer);
	ev_timer_set(&publisher->timer, (double)(due - now), 0.);
	ev_timer_start(publisher->loop, &publisher->timer);
}

static void on_ended(struct ev_loop *loop, ev_child *child, int events)
{
	struct publisher *publisher = child->data;

	(void)events;
	ev_child_stop(loop, child);
	publisher->running = false;
	if (!WIFEXITED(child->rstatus) || WEXITSTATUS(child->rstatus) != 0) {
		log_warning("the published figures are not up to date: metricsctl publish failed "
			    "(%s %d); they will be tried again after the next sweep",
			    WIFEXITED(child->rstatus) ? "status" : "signal",
			    WIFEXITED(child->rstatus) ? WEXITSTATUS(child->rstatus)
						      : WTERMSIG(child->rstatus));
		publisher->origin = -1;
	}
	if (publisher->wanted)
		publisher_nudge(publisher);
}

static int start(struct publisher *publisher)
{
	static const char *const words[] = { "metricsctl", "--config", NULL, "publish", NULL };
	/* nothing of ours but the clock: no secret is in reach of the process */
	char path[] = "PATH=/usr/bin:/bin", clock[64];
	char *variables[] = { path, NULL, NULL };
	const char *offset = getenv("METRICSD_CLOCK_OFFSET");
	char *argv[sizeof(words) / sizeof(words[0])] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid;
	int failed;

	for (size_t i = 0; i + 1 < sizeof(words) / sizeof(words[0]); i++)
		argv[i] = memory_text(words[i] ? words[i] : publisher->config);
	if (offset) {
		(void)snprintf(clock, sizeof(clock), "METRICSD_CLOCK_OFFSET=%s", offset);
		variables[1] = clock;
	}
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	failed = posix_spawn(&pid, publisher->program, &files, &attributes, argv, variables);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	if (failed) {
		log_warning("the published figures are not up to date: %s cannot be run: %s",
			    publisher->program, system_words(failed));
		return -1;
	}
	ev_child_set(&publisher->child, pid, 0);
	ev_child_start(publisher->loop, &publisher->child);
	publisher->running = true;
	publisher->wanted = false;
	return 0;
}

static void on_time(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct publisher *publisher = timer->data;
	int64_t now = clock_now();
	int64_t newest = 0;
	struct error err;

	(void)loop;
	(void)events;
	if (store_last_origin(publisher->store, &newest, &err) < 0) {
		log_warning("the published figures are not up to date: %s", err.text);
		return;
	}
	if (newest == publisher->origin && now < publisher->at + DAY_S)
		return;
	publisher->at = now;
	if (start(publisher) == 0)
		publisher->origin = newest;
}

/* metricsctl of the build this metricsd is of, else the installed one. */
static void find_program(char ret[NAMES_MAX])
{
	char own[NAMES_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (length > 0) {
		own[length] = '\0';
		(void)snprintf(ret, NAMES_MAX, "%s/metricsctl", dirname(own));
		if (access(ret, X_OK) == 0)
			return;
	}
	(void)snprintf(ret, NAMES_MAX, "%s/metricsctl", METRICSD_BINDIR);
}

struct publisher *publisher_new(struct ev_loop *loop, struct store *store, const char *config,
				int64_t quiet_s)
{
	struct publisher *publisher = memory_new(1, sizeof(*publisher));

	publisher->loop = loop;
	publisher->store = store;
	publisher->config = config;
	publisher->quiet_s = quiet_s;
	publisher->origin = -1;
	find_program(publisher->program);
	ev_init(&publisher->timer, on_time);
	ev_init(&publisher->child, on_ended);
	publisher->timer.data = publisher->child.data = publisher;
	return publisher;
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	ev_timer_stop(publisher->loop, &publisher->timer);
	ev_child_stop(publisher->loop, &publisher->child);
	free(publisher);
}

void publisher_nudge(struct publisher *publisher)
{
	if (publisher->running)
		publisher->wanted = true;
	else if (!ev_is_active(&publisher->timer))
		wait_for(publisher, clock_now());
}
