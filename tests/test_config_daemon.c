/* What metricsd(8) does with a configuration not all can be collected with: the real program. */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
	char path[64], config[96], token[96];
	pid_t daemon;
	FILE *log; /* what it writes on stderr */
};

static void write_file(const char *path, const char *bytes)
{
	SCOPED(file)
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* Its account lives no more, so that nobody is asked. */
static int make_place(void **state)
{
	struct place *place = memory_new(1, sizeof(*place));
	SCOPED(text)
	struct text config = { 0 };

	*state = place;
	(void)snprintf(place->path, sizeof(place->path), "/tmp/test-config-daemon-XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	(void)snprintf(place->config, sizeof(place->config), "%s/m.conf", place->path);
	(void)snprintf(place->token, sizeof(place->token), "%s/token", place->path);
	write_file(place->token, "not-a-token\n");
	text_addf(&config,
		  "state_directory = \"%s\"; control = \"%s/control\";\n"
		  "tokens: ( { id = \"t\"; file = \"%s\"; },\n"
		  "{ id = \"spare\"; file = \"%s\"; } );\n"
		  "entities: ( { id = \"o\"; zone = \"UTC\"; accounts: (\n"
		  "{ id = \"web\"; collector = \"matomo\"; base = \"https://127.0.0.1\"; site = "
		  "\"1\"; "
		  "token = \"t\"; until = \"2020-01-01\"; } ); } );\n",
		  place->path, place->path, place->token, place->token);
	write_file(place->config, text_str(&config));
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about;
	(void)type;
	(void)walk;
	return remove(path);
}

static int clear_place(void **state)
{
	struct place *place = *state;

	if (place->daemon > 0) {
		(void)kill(place->daemon, SIGKILL);
		(void)waitpid(place->daemon, NULL, 0);
	}
	if (place->log)
		(void)fclose(place->log);
	(void)nftw(place->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

static void start(struct place *place)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	place->daemon = fork();
	if (place->daemon == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)unsetenv("JOURNAL_STREAM");
		(void)unsetenv("NOTIFY_SOCKET");
		(void)execl(METRICSD_BIN "/metricsd", "metricsd", "-c", place->config,
			    (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	place->log = fdopen(ends[0], "r");
	assert_non_null(place->log);
}

static int end_of(struct place *place)
{
	int status;

	assert_int_equal(waitpid(place->daemon, &status, 0), place->daemon);
	place->daemon = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The log up to and with the line that holds `words`, or to its end. */
static void read_log(struct place *place, const char *words, struct text *ret)
{
	char line[2048];

	while (fgets(line, sizeof(line), place->log)) {
		text_add(ret, line);
		if (words && strstr(line, words))
			return;
	}
	if (words)
		fail_msg("no \"%s\" in the log:\n%s", words, text_str(ret));
}

static void assert_says(const struct text *log, const char *level, const struct place *place,
			int line, const char *words)
{
	SCOPED(text)
	struct text expected = { 0 };

	text_addf(&expected, "%s: %s:%d: %s", level, place->config, line, words);
	if (!strstr(text_str(log), text_str(&expected)))
		fail_msg("no \"%s\" in the log:\n%s", text_str(&expected), text_str(log));
}

static void end_well(struct place *place)
{
	SCOPED(text)
	struct text log = { 0 };

	assert_int_equal(kill(place->daemon, SIGTERM), 0);
	read_log(place, "metricsd ends", &log);
	assert_int_equal(end_of(place), 0);
}

/* Who needs it waits; the daemon does not use it. */
static void daemon_starts_where_a_secret_is_open_to_others(void **state)
{
	struct place *place = *state;
	SCOPED(text)
	struct text log = { 0 };

	assert_int_equal(chmod(place->token, 0644), 0);
	start(place);
	read_log(place, "token t: invalid: ", &log);
	assert_says(&log, "error", place, 2, place->token);
	assert_says(&log, "warning", place, 3, "no account uses token \"spare\"\n");
	assert_null(strstr(text_str(&log), "warning: warning"));
	assert_null(strstr(text_str(&log), ": warning: "));
	assert_non_null(strstr(text_str(&log), " may be read by others: "));
	end_well(place);
}

static void daemon_does_not_start_with_what_it_does_not_understand(void **state)
{
	struct place *place = *state;
	SCOPED(file)
	FILE *config = fopen(place->config, "a");
	SCOPED(text)
	struct text log = { 0 };

	assert_non_null(config);
	assert_true(fputs("nonsense = 1;\n", config) >= 0);
	assert_int_equal(fflush(config), 0);
	start(place);
	read_log(place, NULL, &log);
	assert_int_equal(end_of(place), 1);
	assert_says(&log, "error", place, 6, "unknown setting \"nonsense\"");
	assert_non_null(strstr(text_str(&log), " is wrong: nothing is collected\n"));
}

static void reload_with_a_secret_gone_goes_on_with_the_one_in_use(void **state)
{
	struct place *place = *state;
	SCOPED(text)
	struct text began = { 0 };
	SCOPED(text)
	struct text log = { 0 };

	start(place);
	read_log(place, "o/web: daily sweep done", &began); /* its secret was looked at before */
	assert_int_equal(unlink(place->token), 0);
	assert_int_equal(kill(place->daemon, SIGHUP), 0);
	read_log(place, "the one before stays in use", &log);
	assert_says(&log, "error", place, 2, place->token);
	assert_non_null(strstr(text_str(&log), ": read again\n"));
	end_well(place);
}

static void reload_that_is_not_understood_keeps_the_configuration_before_it(void **state)
{
	struct place *place = *state;
	SCOPED(text)
	struct text began = { 0 };
	SCOPED(text)
	struct text log = { 0 };

	start(place);
	read_log(place, " collects, by ", &began);
	write_file(place->config, "nonsense = 1;\n");
	assert_int_equal(kill(place->daemon, SIGHUP), 0);
	read_log(place, "not used, the configuration before it goes on", &log);
	end_well(place);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(daemon_starts_where_a_secret_is_open_to_others),
		WITH_PLACE(daemon_does_not_start_with_what_it_does_not_understand),
		WITH_PLACE(reload_with_a_secret_gone_goes_on_with_the_one_in_use),
		WITH_PLACE(reload_that_is_not_understood_keeps_the_configuration_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
