#include "run.h"

#include "test.h"

#include "metricsd/day.h"
#include "metricsd/error.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_MAX = 4 << 20, ARGUMENTS_MAX = 24 };

int64_t now(void)
{
	int64_t time;

	assert_int_equal(time_parse(NOW, &time, NULL), 0);
	return time;
}

void write_file(const char *path, const char *bytes)
{
	SCOPED(file)
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
}

int make_place(void **state)
{
	struct place *place = memory_new(1, sizeof(*place));
	SCOPED(text)
	struct text config = { 0 };
	char token[96];

	(void)snprintf(place->path, sizeof(place->path), "/tmp/test-ctl-XXXXXX");
	place->now = now();
	assert_non_null(mkdtemp(place->path));
	(void)snprintf(place->config, sizeof(place->config), "%s/metricsd.conf", place->path);
	(void)snprintf(place->database, sizeof(place->database), "%s/metrics.db", place->path);
	(void)snprintf(place->control, sizeof(place->control), "%s/control", place->path);
	(void)snprintf(token, sizeof(token), "%s/token", place->path);
	write_file(token, "not-a-token\n");
	assert_int_equal(chmod(token, 0600), 0);
	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "@include \"" METRICSD_SOURCE "/examples/itagui.conf\"\n",
		  place->path, place->control);
	write_file(place->config, text_str(&config));
	*state = place;
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about;
	(void)type;
	(void)walk;
	return remove(path);
}

void remove_database(const struct place *place)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s%s", place->database, ends[i]);
		(void)unlink(path);
	}
}

int clear_place(void **state)
{
	struct place *place = *state;

	(void)nftw(place->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

void read_all(int fd, struct text *ret)
{
	char bytes[4096];
	ssize_t got;

	ret->max = OUTPUT_MAX;
	assert_true(lseek(fd, 0, SEEK_SET) == 0);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		text_add_n(ret, bytes, (size_t)got);
}

static _Noreturn void become(const struct place *place, char *const *argv, int out, int err)
{
	char config[128], offset[64];
	char *environment[] = { config, offset, (char[]){ "USER=ana" }, NULL };
	struct timespec now;

	(void)snprintf(config, sizeof(config), "METRICSD_CONFIG=%s", place->config);
	/* it begins with that second */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(offset, sizeof(offset), "METRICSD_CLOCK_OFFSET=%.3f",
		       (double)(place->now - (int64_t)now.tv_sec) - (double)now.tv_nsec / 1e9 +
			       0.001);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(err, STDERR_FILENO);
	if (chdir(METRICSD_FIXTURES "/csv") == 0)
		(void)execve(METRICSD_BIN "/metricsctl", argv, environment);
	_exit(127);
}

void run_words(const struct place *place, const char *const *words, struct said *said)
{
	SCOPED(file)
	FILE *out = tmpfile();
	SCOPED(file)
	FILE *err = tmpfile();
	char *argv[ARGUMENTS_MAX] = { (char[]){ "metricsctl" } };
	char *copies[ARGUMENTS_MAX] = { NULL };
	int status;
	pid_t child;

	for (int i = 0; words[i]; i++) {
		assert_true(i < ARGUMENTS_MAX - 2);
		copies[i] = memory_text(words[i]);
		argv[i + 1] = copies[i];
	}
	assert_non_null(out);
	assert_non_null(err);
	child = fork();
	if (child == 0)
		become(place, argv, fileno(out), fileno(err));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	scoped_said(said); /* of the run before */
	*said = (struct said){ .ends = WEXITSTATUS(status) };
	read_all(fileno(out), &said->out);
	read_all(fileno(err), &said->err);
	for (int i = 0; copies[i]; i++)
		free(copies[i]);
}

void run(const struct place *place, const char *words, struct said *said)
{
	SCOPED(memory)
	char *copy = memory_text(words);
	const char *list[ARGUMENTS_MAX] = { NULL };
	char *rest = copy;
	int count = 0;

	for (char *word; (word = strsep(&rest, " ")) && count < ARGUMENTS_MAX - 1; count++)
		list[count] = word;
	run_words(place, list, said);
}

void expect(const struct place *place, const char *words, int ends, const char *out,
	    const char *err)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), err);
	assert_string_equal(text_str(&said.out), out);
	assert_int_equal(said.ends, ends);
}

void assert_fixture(const char *name, const char *printed)
{
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(file)
	FILE *file = NULL;
	SCOPED(memory)
	char *all = memory_new(1 << 20, 1);

	text_addf(&path, METRICSD_FIXTURES "/%s", name);
	if (getenv("METRICSD_REWRITE")) {
		write_file(text_str(&path), printed);
		return;
	}
	file = fopen(text_str(&path), "r");
	assert_non_null(file);
	assert_true(fread(all, 1, (1 << 20) - 1, file) > 0);
	assert_string_equal(printed, all);
}

void expect_fixture(const struct place *place, const char *words, int ends, const char *name)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, ends);
	assert_fixture(name, text_str(&said.out));
}

void assert_documented(const struct place *place, const char *words, const char *section)
{
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(memory)
	char *all = memory_new(1 << 16, 1);
	SCOPED(file)
	FILE *file = fopen(METRICSD_SOURCE "/docs/formats.md", "r");
	char *at, *fields;

	assert_non_null(file);
	assert_true(fread(all, 1, (1 << 16) - 1, file) > 0);
	at = strstr(all, section);
	assert_non_null(at);
	run(place, words, &said);
	fields = memory_text(text_str(&said.out));
	fields[strcspn(fields, "\r")] = '\0';
	for (char *rest = fields, *field; (field = strsep(&rest, ","));) {
		char quoted[64];

		(void)snprintf(quoted, sizeof(quoted), "`%s`", field);
		if (strcmp(field, "version") == 0)
			continue;
		at = strstr(at, quoted);
		if (!at) {
			fail_msg("%s: %s is not where docs/formats.md has it", words, field);
			return;
		}
	}
	free(fields);
}

struct store *open_store(const struct place *place, enum store_mode mode)
{
	struct store *store = NULL;
	struct error err;

	if (store_open(place->database, mode, &store, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

struct store_totals totals(const struct place *place)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_READ);
	struct store_totals totals;

	assert_int_equal(store_totals(store, &totals, NULL), 0);
	return totals;
}
