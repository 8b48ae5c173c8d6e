/* metricsd(8): builds everything, runs the loop, takes everything down; decides nothing. */
#include "alerts.h"
#include "auth.h"
#include "control.h"
#include "fetch.h"
#include "last_words.h"
#include "notify.h"
#include "orders.h"
#include "publisher.h"
#include "sweeper.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/log.h"
#include "metricsd/owner.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	EXIT_PERSON = 1,
	EXIT_USAGE = 2,
	EXIT_FAILED = 3,
	EXIT_BLANK = 6, /* as systemd.exec(5) has it: not configured */
};

enum { PUBLISH_QUIET_S = 60 };

static const char usage[] =
	"usage: metricsd [-c FILE]\n"
	"       metricsd [-c FILE] --once [ENTITY/]ACCOUNT\n"
	"       metricsd [-c FILE] --configured\n"
	"\n"
	"Collects how many people an institution reaches on its channels, unattended.\n"
	"\n"
	"  -c, --config FILE   the configuration, else $METRICSD_CONFIG, else the installed one\n"
	"      --once ACCOUNT  collect this account now, say what came of it, and end\n"
	"      --configured    whether institutions are named already: ends with 0, or 6\n"
	"      --version       the version, and that of the libraries\n"
	"  -h, --help          this\n"
	"\n"
	"Stays in the foreground. SIGHUP reads the configuration again, SIGTERM ends.\n"
	"Example: metricsd -c ./metricsd.conf --once itagui/facebook\n";

struct daemon {
	struct ev_loop *loop;
	const char *path; /* of the configuration */
	struct config *config;
	struct store *store;
	struct sweeper *sweeper;
	struct orders *orders;
	struct control *control;
	struct notifier *notifier;
	struct publisher *publisher;
	struct alerts *alerts;
	bool swept; /* accounts were under way when it was last looked */
	bool ends;  /* it was told to */
	ev_signal term, interrupt, hang_up;
};

/* --- the configuration --- */

/* Each complaint at its own level, which says "warning" already. */
static void log_complaints(const struct text *complaints)
{
	static const char mark[] = ": warning: ";
	const char *line = text_str(complaints);

	while (*line) {
		size_t length = strcspn(line, "\n");
		const char *words = memmem(line, length, mark, sizeof(mark) - 1);

		if (words) {
			int place = (int)(words - line);

			words += sizeof(mark) - 1;
			log_warning("%.*s: %.*s", place, line, (int)(line + length - words), words);
		} else {
			log_error("%.*s", (int)length, line);
		}
		line += length;
		line += *line == '\n';
	}
}

/* A secret that is missing keeps the accounts of its token waiting, and nobody else. */
static int load_config(const char *path, struct config **ret, struct text *complaints)
{
	SCOPED(config)
	struct config *config = NULL;
	int result = config_load(path, &config, complaints);

	log_complaints(complaints);
	if (result < 0)
		return -1;
	*ret = config;
	config = NULL;
	return 0;
}

static const struct config *config_now(void *data)
{
	const struct daemon *daemon = data;

	return daemon->config;
}

/* A file with a single complaint changes nothing. */
static int reload(void *data, struct text *complaints)
{
	struct daemon *daemon = data;
	struct config *fresh = NULL;
	struct error err;
	int result = 0;

	notify_reloading(daemon->notifier);
	if (load_config(daemon->path, &fresh, complaints) < 0) {
		log_error("%s: not used, the configuration before it goes on", daemon->path);
		result = -1;
	} else if (strcmp(fresh->state_directory, daemon->config->state_directory) != 0 ||
		   strcmp(fresh->control, daemon->config->control) != 0) {
		text_add(complaints, "another state_directory or control needs a restart\n");
		log_error("%s: not used: another state_directory or control needs a restart",
			  daemon->path);
		config_free(fresh);
		result = -1;
	} else if (sweeper_use(daemon->sweeper, fresh, &err) < 0) {
		log_error("store: %s; ending", err.text);
		exit(EXIT_FAILED); /* systemd starts us again */
	} else {
		alerts_use(daemon->alerts, fresh);
		config_free(daemon->config);
		daemon->config = fresh;
		log_setup(fresh->log_level, getenv("JOURNAL_STREAM") != NULL);
		log_notice("%s: read again", daemon->path);
	}
	notify_ready(daemon->notifier);
	return result;
}

/* --- signals --- */

static void on_stop(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct daemon *daemon = signal->data;

	(void)events;
	daemon->ends = true;
	if (daemon->notifier)
		notify_stopping(daemon->notifier);
	ev_break(loop, EVBREAK_ALL);
}

static void on_hang_up(struct ev_loop *loop, ev_signal *signal, int events)
{
	SCOPED(text)
	struct text complaints = { 0 };

	(void)loop;
	(void)events;
	(void)reload(signal->data, &complaints);
}

static void on_change(void *data)
{
	struct daemon *daemon = data;
	size_t running = sweeper_running(daemon->sweeper);

	notify_state(daemon->notifier, running, sweeper_next(daemon->sweeper));
	if (running == 0 && daemon->swept && daemon->config->publish)
		publisher_nudge(daemon->publisher);
	daemon->swept = running > 0;
	alerts_look(daemon->alerts);
}

static void watch_signals(struct daemon *daemon)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like others */
	ev_signal_init(&daemon->term, on_stop, SIGTERM);
	ev_signal_init(&daemon->interrupt, on_stop, SIGINT);
	ev_signal_init(&daemon->hang_up, on_hang_up, SIGHUP);
	daemon->term.data = daemon->interrupt.data = daemon->hang_up.data = daemon;
	ev_signal_start(daemon->loop, &daemon->term);
	ev_signal_start(daemon->loop, &daemon->interrupt);
}

/* --- the two ways to run --- */

/* Whether no file can be opened just now, which is no mistake of the configuration's: the next
 * start may find it otherwise. */
static bool lacks_descriptors(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == EMFILE || errno == ENFILE;
	(void)close(fd);
	return false;
}

/* While a database is opened, which of an older schema takes long: whoever started us hears that we
 * are at it, and we hear who ends us. */
static bool still_opening(void *data)
{
	struct daemon *daemon = data;

	if (daemon->notifier)
		notify_opening(daemon->notifier);
	ev_run(daemon->loop, EVRUN_NOWAIT);
	return !daemon->ends;
}

/* What both begin with: configuration, store, sweeper. */
static int set_up(struct daemon *daemon, bool by_itself, struct text *complaints, struct error *err)
{
	SCOPED(memory)
	char *database = NULL;

	if (load_config(daemon->path, &daemon->config, complaints) < 0)
		return error_set(err, lacks_descriptors() ? ERROR_OURS : ERROR_INPUT,
				 "%s is wrong: nothing is collected", daemon->path);
	log_setup(daemon->config->log_level, getenv("JOURNAL_STREAM") != NULL);
	/* run by root it leaves nothing that the service could not go on with */
	if (owner_become(daemon->config->state_directory, NULL, err) < 0)
		return -1;
	auth_guard_process(); /* another user's process is not guarded any more */
	database = config_database(daemon->config);
	if (store_open_patiently(database, STORE_COLLECT,
				 &(struct store_patience){ still_opening, daemon }, &daemon->store,
				 err) < 0)
		return -1;
	daemon->sweeper = sweeper_new(daemon->loop, daemon->store, daemon->config, by_itself, err);
	return daemon->sweeper ? 0 : -1;
}

static void take_down(struct daemon *daemon)
{
	control_close(daemon->control);
	publisher_free(daemon->publisher);
	sweeper_free(daemon->sweeper);
	alerts_free(daemon->alerts); /* which writes when the sweeper has written */
	orders_free(daemon->orders);
	notifier_free(daemon->notifier);
	store_close(daemon->store);
	config_free(daemon->config);
}

static int run(struct daemon *daemon)
{
	struct orders_context context = { .config = config_now, .reload = reload, .data = daemon };
	struct control_handler handler;
	SCOPED(text)
	struct text complaints = { 0 };
	struct error err;

	daemon->notifier = notifier_new(daemon->loop);
	if (set_up(daemon, true, &complaints, &err) < 0) {
		if (daemon->ends) {
			log_notice("metricsd ends: %s", err.text);
			return 0;
		}
		if (daemon->config && err.class == ERROR_OURS)
			last_words(daemon->loop, daemon->config, err.text);
		else if (!daemon->config && err.class == ERROR_INPUT)
			last_words_of_config(daemon->loop, daemon->path, text_str(&complaints));
		goto failed;
	}
	daemon->alerts = alerts_new(daemon->loop, daemon->store, daemon->sweeper, daemon->config);
	context.alerts = daemon->alerts;
	context.sweeper = daemon->sweeper;
	daemon->orders = orders_new(&context);
	handler = orders_handler(daemon->orders);
	if (control_open(daemon->loop, daemon->config->control, &handler, &daemon->control, &err) <
	    0)
		goto failed;
	daemon->publisher =
		publisher_new(daemon->loop, daemon->store, daemon->path, PUBLISH_QUIET_S);
	sweeper_on_change(daemon->sweeper, on_change, daemon);
	ev_signal_start(daemon->loop, &daemon->hang_up);
	log_notice("metricsd %s collects, by %s", METRICSD_VERSION, daemon->path);
	notify_ready(daemon->notifier);
	if (!daemon->ends)
		ev_run(daemon->loop, 0);
	log_notice("metricsd ends");
	return 0;

failed:
	log_error("%s", err.text);
	return err.class == ERROR_INPUT ? EXIT_PERSON : EXIT_FAILED;
}

/* --once: an errand whose end ends the loop. */
struct once {
	struct errand errand; /* first: an errand's once is at its address */
	struct ev_loop *loop;
	bool finished;
};

static void on_progress(struct errand *errand, const char *words)
{
	(void)errand;
	(void)words; /* logged already */
}

static void on_finished(struct errand *errand)
{
	struct once *once = (struct once *)errand;

	once->finished = true;
	ev_break(once->loop, EVBREAK_ALL);
}

static int report(const struct once *once, const char *name)
{
	const struct errand *errand = &once->errand;

	printf("%s: %d answers, %zu new and %zu changed numbers, %zu new publications%s\n", name,
	       errand->answers, errand->changes.samples, errand->changes.revisions,
	       errand->changes.items,
	       errand->failed == 0 ? "" : "; not everything could be collected");
	if (!once->finished || errand->store_failed)
		return EXIT_FAILED;
	return errand->failed > 0 ? EXIT_PERSON : 0;
}

static int run_once(struct daemon *daemon, const char *name)
{
	struct once once = { .errand = { .progress = on_progress, .finished = on_finished },
			     .loop = daemon->loop };
	const struct account *account;
	SCOPED(text)
	struct text complaints = { 0 };
	struct error err;

	if (set_up(daemon, false, &complaints, &err) < 0)
		goto failed;
	if (config_account(daemon->config, NULL, name, &account, &err) < 0) {
		(void)fprintf(stderr, "metricsd: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (!orders_collect(daemon->sweeper, account, &once.errand)) {
		printf("%s: nothing to ask: people enter its figures\n", name);
		return 0;
	}
	ev_run(daemon->loop, 0);
	sweeper_free(daemon->sweeper);
	daemon->sweeper = NULL;
	return report(&once, name);

failed:
	log_error("%s", err.text);
	return err.class == ERROR_INPUT ? EXIT_PERSON : EXIT_FAILED;
}

/* --configured: what is wrong with a configuration that somebody has begun is said by the start. */
static int say_configured(const char *path)
{
	if (!config_is_blank(path))
		return 0;
	log_notice("not configured yet: write your institutions (entities) into %s, ask metricsctl "
		   "check, then systemctl start metricsd",
		   path);
	return EXIT_BLANK;
}

/* --- arguments --- */

enum { OPTION_ONCE = 256, OPTION_CONFIGURED, OPTION_VERSION };

struct arguments {
	const char *config;
	const char *once;
	bool configured;
	bool ends; /* everything was said already */
};

static int read_arguments(int count, char **words, struct arguments *ret)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "once", required_argument, NULL, OPTION_ONCE },
		{ "configured", no_argument, NULL, OPTION_CONFIGURED },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(count, words, "c:h", options, NULL)) != -1) {
		if (option == 'c') {
			ret->config = optarg;
		} else if (option == OPTION_ONCE) {
			ret->once = optarg;
		} else if (option == OPTION_CONFIGURED) {
			ret->configured = true;
		} else if (option == OPTION_VERSION) {
			printf("metricsd %s (%s)\n", METRICSD_VERSION, fetch_libraries());
			ret->ends = true;
		} else if (option == 'h') {
			(void)fputs(usage, stdout);
			ret->ends = true;
		} else {
			(void)fputs(usage, stderr);
			return -1;
		}
	}
	if (optind < count) {
		(void)fprintf(stderr, "metricsd: what is \"%s\" for?\n%s", words[optind], usage);
		return -1;
	}
	return 0;
}

/* Many transfers want many descriptors; where it may not be, the limit stays as it is. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* libev would abort(). */
static void on_loop_trouble(const char *words)
{
	log_error("%s: %s; ending", words, system_words(errno));
	exit(EXIT_FAILED);
}

int main(int count, char **words)
{
	struct arguments arguments = { 0 };
	struct daemon daemon = { 0 };
	int status;

	if (read_arguments(count, words, &arguments) < 0)
		return EXIT_USAGE;
	if (arguments.ends)
		return 0;
	auth_guard_process();
	raise_descriptors();
	(void)mallopt(M_ARENA_MAX, 1); /* resolver threads get no heaps of their own */
	(void)umask(0007);
	log_setup(LOG_LEVEL_INFO, getenv("JOURNAL_STREAM") != NULL);
	daemon.path = config_path(arguments.config);
	if (arguments.configured)
		return say_configured(daemon.path);
	if (fetch_begin() < 0) {
		log_error("libcurl cannot be used");
		return EXIT_FAILED;
	}
	ev_set_syserr_cb(on_loop_trouble);
	daemon.loop = ev_default_loop(EVFLAG_AUTO);
	if (!daemon.loop) {
		log_error("no event loop can be made: %s", system_words(errno));
		return EXIT_FAILED;
	}
	watch_signals(&daemon);
	status = arguments.once ? run_once(&daemon, arguments.once) : run(&daemon);
	take_down(&daemon);
	ev_loop_destroy(daemon.loop);
	fetch_end();
	return status;
}
