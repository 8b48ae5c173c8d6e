/* Files that are whole or not there: what stands after each step, and after each failure. */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
	char directory[64], file[96], aside[96];
};

static int set_up(void **state)
{
	struct place *place = memory_new(1, sizeof(*place));

	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/metricsd-draft-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->file, sizeof(place->file), "%s/figures", place->directory);
	(void)snprintf(place->aside, sizeof(place->aside), "%s/figures.new", place->directory);
	(void)umask(0022);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char command[96];

	(void)snprintf(command, sizeof(command), "rm -rf %s", place->directory);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

static void lay(const char *path, const char *words)
{
	SCOPED(file)
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(words, file) >= 0);
}

static void assert_holds(const char *path, const char *words)
{
	char bytes[64] = "";
	SCOPED(file)
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
	assert_string_equal(bytes, words);
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

static int count_files(const struct place *place)
{
	DIR *directory = opendir(place->directory);
	int count = 0;

	assert_non_null(directory);
	for (const struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	(void)closedir(directory);
	return count;
}

static void assert_failed(const struct error *err, const char *format, const char *path)
{
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&words, "%s%s", path, format);
	assert_string_equal(err->text, text_str(&words));
	assert_int_equal(err->class, ERROR_OURS);
}

static void file_has_its_name_when_it_is_whole(void **state)
{
	const struct place *place = *state;
	struct draft draft = { .path = place->file, .mode = 0666 };
	struct error err;

	lay(place->file, "old");
	assert_int_equal(draft_open(&draft, &err), 0);
	assert_true(fputs("new", draft_stream(&draft)) >= 0);
	assert_holds(place->file, "old");
	assert_string_equal(draft.name, place->aside);
	assert_int_equal(draft_commit(&draft, &err), 0);
	assert_holds(place->file, "new");
	assert_int_equal(mode_of(place->file), 0644);
	assert_int_equal(count_files(place), 1);
	draft_drop(&draft); /* nothing: it was committed */
	assert_holds(place->file, "new");
}

static void draft_that_is_dropped_leaves_nothing(void **state)
{
	const struct place *place = *state;
	struct error err;

	lay(place->file, "old");
	{
		SCOPED(draft)
		struct draft draft = { .path = place->file, .mode = 0666 };

		assert_int_equal(draft_open(&draft, &err), 0);
		assert_true(fputs("half", draft_stream(&draft)) >= 0);
	}
	assert_holds(place->file, "old");
	assert_int_equal(count_files(place), 1);
	{
		SCOPED(draft)
		struct draft never = { .path = place->file, .mode = 0666 };

		(void)never;
	}
	assert_holds(place->file, "old");
}

static void library_may_write_it_by_its_name(void **state)
{
	const struct place *place = *state;
	struct draft draft = { .path = place->file, .mode = 0666 };
	struct error err;

	assert_int_equal(draft_open(&draft, &err), 0);
	lay(draft.name, "drawn");
	assert_int_equal(draft_commit(&draft, &err), 0);
	assert_holds(place->file, "drawn");
}

static void mode_is_never_wider_than_asked_for(void **state)
{
	const struct place *place = *state;
	struct draft secret = { .path = place->file, .mode = 0600 };
	struct error err;

	lay(place->aside, "left by who was killed");
	assert_int_equal(chmod(place->aside, 0666), 0);
	lay(place->file, "old");
	assert_int_equal(draft_open(&secret, &err), 0);
	assert_int_equal(mode_of(place->aside), 0600);
	assert_holds(place->aside, "");
	draft_drop(&secret);
	assert_int_equal(draft_write(&secret, "key", 3, &err), 0);
	assert_int_equal(mode_of(place->file), 0600);
	assert_holds(place->file, "key");
}

static void mode_is_exact_where_others_must_read(void **state)
{
	const struct place *place = *state;
	struct error err;

	(void)umask(0077);
	assert_int_equal(
		draft_write(&(struct draft){ .path = place->file, .mode = 0644 }, "x", 1, &err), 0);
	assert_int_equal(mode_of(place->file), 0600);
	assert_int_equal(
		draft_write(&(struct draft){ .path = place->file, .mode = 0644, .exact = true },
			    "x", 1, &err),
		0);
	assert_int_equal(mode_of(place->file), 0644);
}

static void nobody_else_writes_it_meanwhile(void **state)
{
	const struct place *place = *state;
	struct draft first = { .path = place->file, .mode = 0666 };
	struct draft second = { .path = place->file, .mode = 0666 };
	struct error err;
	char words[160];

	assert_int_equal(draft_open(&first, &err), 0);
	assert_true(fputs("first", draft_stream(&first)) >= 0);
	assert_int_equal(draft_open(&second, &err), -1);
	(void)snprintf(words, sizeof(words), "%s is being written by somebody else just now",
		       place->file);
	assert_string_equal(err.text, words);
	assert_int_equal(err.class, ERROR_BUSY);
	draft_drop(&second);
	assert_int_equal(draft_commit(&first, &err), 0);
	assert_holds(place->file, "first");
	assert_int_equal(draft_write(&second, "second", 6, &err), 0);
	assert_holds(place->file, "second");
}

static void what_somebody_laid_there_is_not_written_to(void **state)
{
	const struct place *place = *state;
	char victim[96];
	struct draft draft = { .path = place->file, .mode = 0666 };
	struct error err;

	(void)snprintf(victim, sizeof(victim), "%s/victim", place->directory);
	lay(victim, "precious");
	assert_int_equal(symlink(victim, place->aside), 0);
	assert_int_equal(draft_write(&draft, "x", 1, &err), -1);
	assert_failed(&err, " cannot be written: Too many levels of symbolic links", place->file);
	assert_int_equal(unlink(place->aside), 0);
	assert_int_equal(link(victim, place->aside), 0);
	assert_int_equal(draft_write(&draft, "x", 1, &err), -1);
	assert_failed(&err, " is there already and somebody else's: remove it", place->aside);
	assert_holds(victim, "precious");
	assert_int_equal(access(place->file, F_OK), -1);
}

static void name_that_was_taken_away_is_noticed(void **state)
{
	const struct place *place = *state;
	struct draft draft = { .path = place->file, .mode = 0666 };
	struct error err;

	lay(place->file, "old");
	assert_int_equal(draft_open(&draft, &err), 0);
	assert_int_equal(unlink(place->aside), 0);
	assert_int_equal(draft_commit(&draft, &err), -1);
	assert_failed(&err, " was taken away while it was written", place->aside);
	assert_holds(place->file, "old");
	/* what has the name by then is somebody else's */
	assert_int_equal(draft_open(&draft, &err), 0);
	assert_int_equal(unlink(place->aside), 0);
	lay(place->aside, "theirs");
	draft_drop(&draft);
	assert_holds(place->aside, "theirs");
}

static void file_that_is_there_can_be_kept(void **state)
{
	const struct place *place = *state;
	struct draft draft = { .path = place->file, .mode = 0666, .keep = true };
	struct error err;

	assert_int_equal(draft_write(&draft, "first", 5, &err), 0);
	assert_int_equal(draft_write(&draft, "second", 6, &err), -1);
	assert_failed(&err, " cannot be written: File exists", place->file);
	assert_holds(place->file, "first");
	assert_int_equal(count_files(place), 1);
}

static void other_name_can_be_in_another_directory(void **state)
{
	const struct place *place = *state;
	char inside[128];
	struct error err;

	(void)snprintf(inside, sizeof(inside), "%s/queue", place->directory);
	assert_int_equal(mkdir(inside, 0700), 0);
	(void)snprintf(inside, sizeof(inside), "%s/queue/one", place->directory);
	assert_int_equal(
		draft_write(&(struct draft){ .path = inside, .aside = place->aside, .mode = 0660 },
			    "tidings", 7, &err),
		0);
	assert_holds(inside, "tidings");
	assert_int_equal(access(place->aside, F_OK), -1);
}

static void what_is_special_is_written_to_as_it_is(void **state)
{
	const struct place *place = *state;
	struct draft draft = { .mode = 0666, .special = true };
	char path[32], bytes[8] = "";
	struct error err;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
	draft.path = path;
	assert_int_equal(draft_open(&draft, &err), 0);
	assert_true(fputs("line", draft_stream(&draft)) >= 0);
	assert_int_equal(draft_commit(&draft, &err), 0);
	assert_int_equal(read(ends[0], bytes, sizeof(bytes)), 4);
	assert_string_equal(bytes, "line");
	(void)close(ends[0]);
	(void)close(ends[1]);

	draft.path = place->directory;
	assert_int_equal(draft_open(&draft, &err), -1);
	assert_failed(&err, " cannot be written: Is a directory", place->directory);
}

static void errors_say_the_path(void **state)
{
	const struct place *place = *state;
	char path[128];
	struct error err;

	(void)snprintf(path, sizeof(path), "%s/no/such", place->directory);
	assert_int_equal(draft_write(&(struct draft){ .path = path, .mode = 0666 }, "x", 1, &err),
			 -1);
	assert_failed(&err, " cannot be written: No such file or directory", path);
	assert_int_equal(mkdir(place->file, 0700), 0);
	assert_int_equal(
		draft_write(&(struct draft){ .path = place->file, .mode = 0666 }, "x", 1, &err),
		-1);
	assert_failed(&err, " cannot be written: Is a directory", place->file);
	assert_int_equal(count_files(place), 1);
}

/* A limit on the size of files stands for a full disk; in a process of its own. */
static void run_out_of_room(const struct place *place, bool streamed)
{
	static const char bytes[8192];
	struct draft draft = { .path = place->file, .mode = 0666 };
	struct error err;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		(void)signal(SIGXFSZ, SIG_IGN);
		(void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 4096, 4096 });
		if (!streamed)
			_exit(draft_write(&draft, bytes, sizeof(bytes), &err) == -1 &&
					      strstr(err.text, "the disk is full: make room")
				      ? 0
				      : 1);
		if (draft_open(&draft, &err) < 0)
			_exit(2);
		(void)fwrite(bytes, 1, sizeof(bytes), draft_stream(&draft));
		_exit(draft_commit(&draft, &err) == -1 && strstr(err.text, place->file) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void full_disk_leaves_the_old_file_alone(void **state)
{
	const struct place *place = *state;

	lay(place->file, "old");
	run_out_of_room(place, false);
	run_out_of_room(place, true);
	assert_holds(place->file, "old");
	assert_int_equal(count_files(place), 1);
}

/* Two that begin again and again: a reader never finds a mixture, and nothing is left. */
static void readers_find_one_or_the_other(void **state)
{
	const struct place *place = *state;
	static const char *const words[] = { "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb" };
	struct draft draft = { .path = place->file, .mode = 0666 };
	struct error err;
	pid_t writers[2];
	int status;

	assert_int_equal(draft_write(&draft, words[0], 16, &err), 0);
	for (int i = 0; i < 2; i++) {
		writers[i] = fork();
		assert_true(writers[i] >= 0);
		if (writers[i] > 0)
			continue;
		for (int j = 0; j < 100; j++)
			if (draft_write(&draft, words[i], 16, &err) < 0 && err.class != ERROR_BUSY)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		while (waitpid(writers[i], &status, WNOHANG) == 0) {
			char bytes[32] = "";
			SCOPED(file)
			FILE *file = fopen(place->file, "r");

			assert_non_null(file);
			assert_int_equal(fread(bytes, 1, sizeof(bytes), file), 16);
			assert_true(strcmp(bytes, words[0]) == 0 || strcmp(bytes, words[1]) == 0);
		}
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_files(place), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_has_its_name_when_it_is_whole),
		TEST(draft_that_is_dropped_leaves_nothing),
		TEST(library_may_write_it_by_its_name),
		TEST(mode_is_never_wider_than_asked_for),
		TEST(mode_is_exact_where_others_must_read),
		TEST(nobody_else_writes_it_meanwhile),
		TEST(what_somebody_laid_there_is_not_written_to),
		TEST(name_that_was_taken_away_is_noticed),
		TEST(file_that_is_there_can_be_kept),
		TEST(other_name_can_be_in_another_directory),
		TEST(what_is_special_is_written_to_as_it_is),
		TEST(errors_say_the_path),
		TEST(full_disk_leaves_the_old_file_alone),
		TEST(readers_find_one_or_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
