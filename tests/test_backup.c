/*
 * Copies of the database: while others write, when the disk is full, killed at any moment; a backup
 * in the database's place; and what a program of the first schema left, brought up to this one's.
 */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 10000, TOGETHER = 5, ANSWERS_MAX = 200000, BACKUPS = 10, KILLS = 20 };
static const int64_t now = (int64_t)20000 * 86400;

static const struct metric metrics[] = {
	{ .id = "visits", .provider = "page_views_total", .kind = METRIC_FLOW },
	{ 0 },
};

/* A directory with a database. */
struct place {
	char directory[64];
	char path[96], file[96], temporary[96];
	uint32_t seed;
};

static int make_place(void **state)
{
	struct place *place = memory_new(1, sizeof(*place));

	/* in memory where there is such a directory: here nothing depends on what a disk does */
	(void)snprintf(place->directory, sizeof(place->directory), "%s/test-backup-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->path, sizeof(place->path), "%s/metrics.db", place->directory);
	(void)snprintf(place->file, sizeof(place->file), "%s/backup.db", place->directory);
	(void)snprintf(place->temporary, sizeof(place->temporary), "%s/backup.db.new",
		       place->directory);
	place->seed = 7;
	*state = place;
	return 0;
}

static void empty(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		(void)closedir(directory);
}

static int clear_place(void **state)
{
	struct place *place = *state;

	empty(place->directory);
	(void)rmdir(place->directory);
	free(place);
	return 0;
}

/* The only file of the directory whose name holds `part`; "" when there is none. */
static const char *find(const struct place *place, const char *part)
{
	static char path[512];
	DIR *directory = opendir(place->directory);
	const struct dirent *entry;

	path[0] = '\0';
	assert_non_null(directory);
	while ((entry = readdir(directory)))
		if (strstr(entry->d_name, part))
			(void)snprintf(path, sizeof(path), "%s/%s", place->directory,
				       entry->d_name);
	(void)closedir(directory);
	return path;
}

static uint32_t draw(struct place *place, uint32_t below)
{
	place->seed = place->seed * 1103515245 + 12345;
	return (place->seed >> 16) % below;
}

static void write_bytes(const char *path, const char *bytes, size_t length)
{
	SCOPED(file)
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
}

/* --- what is in it ---------------------------------------------------------------------------- */

/* Answer n: a sample, of a day that later ones speak of again. */
static int tell(struct store *store, int n, struct error *err)
{
	SCOPED(findings)
	struct findings findings = { 0 };
	struct sweep_state state = { .running = true, .started = now, .last_success = now };
	struct answer answer = {
		.channel = { "itagui", "facebook", "facebook", "UTC", "page 1", metrics },
		.findings = &findings,
		.origin = { .at = now, .what = "insights" },
		.state = &state,
	};
	int32_t day = FIRST + n % 9000;
	char id[16];
	int result;

	(void)snprintf(id, sizeof(id), "%d", n);
	text_set(&state.cursor, id);
	findings_sample(&findings, &metrics[0], (struct window){ day, 1 }, n, 0);
	result = store_answer(store, &answer, NULL, err);
	sweep_state_clear(&state);
	return result;
}

/* TOGETHER answers a transaction, from n on to `last`. */
static int collect(const char *path, int n, int last)
{
	struct store *store;
	struct error err;
	int result = 0;

	if (store_open(path, STORE_COLLECT, &store, &err) < 0)
		return -1;
	while (result == 0 && n < last) {
		result = store_begin(store, &err);
		if (result < 0 && err.class == ERROR_BUSY) { /* a person: it never waits */
			result = 0;
			continue;
		}
		for (int i = 0; result == 0 && i < TOGETHER; i++)
			result = tell(store, ++n, &err);
		if (result == 0)
			result = store_commit(store, &err);
	}
	store_close(store);
	return result;
}

static int enter(const char *path, int32_t month, int64_t value)
{
	static const struct metric entered = { .id = "views", .kind = METRIC_FLOW };
	SCOPED(store)
	struct store *store = NULL;
	struct error err;

	if (store_open(path, STORE_PERSON, &store, &err) < 0)
		return -1;
	return store_enter(
		store,
		&(struct entry){ .entity = "itagui",
				 .account = "x",
				 .source = "manual",
				 .zone = "UTC",
				 .metric = &entered,
				 .window = { month, 28 },
				 .value = value },
		1, &(struct origin){ .kind = ORIGIN_PERSON, .at = now + value, .by = "ana" }, NULL,
		&err);
}

static int64_t count(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	int64_t number;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
	return number;
}

/* The cursor's number, once every answer up to it is there whole and nothing beyond. */
static int look(const char *path, enum store_mode mode)
{
	SCOPED(store)
	struct store *store = NULL;
	struct sweep_state state = { 0 };
	struct error err;
	int n;

	if (store_open(path, mode, &store, &err) < 0 || store_verify(store, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(store_sweep_load(store, "itagui", "facebook", SWEEP_DAILY, &state, &err),
			 0);
	n = atoi(text_str(&state.cursor));
	sweep_state_clear(&state);
	assert_int_equal(n % TOGETHER, 0);
	store_close(store);
	store = NULL;
	assert_int_equal(count(path, "SELECT count(*) FROM origin WHERE kind = 0"), n);
	assert_int_equal(count(path, "SELECT (SELECT count(*) FROM sample WHERE days = 1)"
				     " + (SELECT count(*) FROM revision WHERE days = 1)"),
			 n);
	return n;
}

static int back_up(const struct place *place, bool replace, struct error *err)
{
	SCOPED(store)
	struct store *store = NULL;
	struct store_contents contents;

	if (store_open(place->path, STORE_READ, &store, err) < 0)
		return -1;
	return store_backup(store,
			    &(struct store_copy){ .file = place->file,
						  .temporary = place->temporary,
						  .mode = 0600,
						  .replace = replace },
			    &contents, err);
}

static int restore(const struct place *place, const char *file, struct store_restored *ret,
		   struct error *err)
{
	SCOPED(descriptor)
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return store_restore(&(struct store_restoring){ .path = place->path,
							.name = "backup.db",
							.origin = file,
							.file = fd,
							.log = -1,
							.now = now + (int64_t)3 * 86400 },
			     ret, err);
}

/* --- under load ------------------------------------------------------------------------------- */

static pid_t run_apart(void (*work)(struct place *), struct place *place)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		work(place);
		_exit(0);
	}
	return child;
}

static void kill_it(pid_t child)
{
	int status;

	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
}

static void collect_for_ever(struct place *place)
{
	if (collect(place->path, 1000, ANSWERS_MAX) < 0)
		_exit(1);
}

static void enter_for_ever(struct place *place)
{
	for (int64_t value = 1; value < ANSWERS_MAX; value++)
		if (enter(place->path, FIRST, value) < 0)
			_exit(1);
}

static void a_backup_under_load_holds_every_transaction_wholly_or_not_at_all(void **state)
{
	struct place *place = *state;
	pid_t collector, person;
	struct error err;
	int first = 0;
	int n = 0;

	assert_int_equal(collect(place->path, 0, 1000), 0);
	collector = run_apart(collect_for_ever, place);
	person = run_apart(enter_for_ever, place);
	for (int i = 0; i < BACKUPS; i++) {
		int more;

		if (back_up(place, true, &err) < 0)
			fail_msg("%s", err.text);
		more = look(place->file, STORE_READ);
		assert_true(more >= n);
		n = more;
		first = first ? first : n;
	}
	assert_true(n > first); /* who collects was not held up */
	kill_it(collector);
	kill_it(person);
	assert_true(look(place->path, STORE_COLLECT) >= n);
	assert_string_equal(find(place, ".new"), "");
}

static void a_backup_says_what_it_holds_and_belongs_to_its_maker(void **state)
{
	struct place *place = *state;
	struct store_contents contents;
	struct stat status;
	struct error err;

	assert_int_equal(collect(place->path, 0, 100), 0);
	assert_int_equal(enter(place->path, FIRST - 200, 7), 0);
	assert_int_equal(back_up(place, false, &err), 0);
	assert_int_equal(store_inspect(place->file, &contents, &err), 0);
	assert_int_equal(contents.first, FIRST - 200);
	assert_int_equal(contents.last, FIRST + 100);
	assert_int_equal(contents.newest, now + 7);
	assert_int_equal(contents.origin, 101);
	assert_int_equal(stat(place->file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(contents.size, status.st_size);
	/* a second one is refused, and leaves the first */
	assert_int_equal(collect(place->path, 100, 200), 0);
	assert_int_equal(back_up(place, false, &err), -1);
	assert_int_equal(look(place->file, STORE_READ), 100);
	assert_string_equal(find(place, ".new"), "");
}

static void what_was_deleted_is_in_no_backup(void **state)
{
	static const char hashes[] = "hashes of who came, to be forgotten with the month";
	struct place *place = *state;
	SCOPED(findings)
	struct findings keep = { 0 };
	SCOPED(findings)
	struct findings drop = { 0 };
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(memory)
	char *bytes = memory_new(1, 4 << 20);
	struct answer answer = {
		.channel = { "itagui", "facebook", "facebook", "UTC", "page 1", metrics },
		.origin = { .at = now, .what = "log" },
	};
	struct error err;
	size_t length;
	FILE *file;

	assert_int_equal(store_open(place->path, STORE_COLLECT, &store, &err), 0);
	findings_keep(&keep, "live/2visitors/2026-10/000000", hashes, strlen(hashes));
	answer.findings = &keep;
	assert_int_equal(store_answer(store, &answer, NULL, &err), 0);
	findings_drop(&drop, "live/");
	answer.findings = &drop;
	assert_int_equal(store_answer(store, &answer, NULL, &err), 0);
	assert_int_equal(back_up(place, false, &err), 0);
	file = fopen(place->file, "r");
	assert_non_null(file);
	length = fread(bytes, 1, 4 << 20, file);
	(void)fclose(file);
	assert_true(length > 0);
	assert_null(memmem(bytes, length, "hashes of who came", 18));
}

static void a_backup_that_was_killed_leaves_the_one_before_or_a_whole_one(void **state)
{
	struct place *place = *state;
	struct error err;

	assert_int_equal(collect(place->path, 0, 2000), 0);
	for (int i = 0; i < KILLS; i++) {
		struct store_contents contents;
		pid_t child = fork();

		if (child == 0)
			_exit(back_up(place, true, &err) < 0);
		(void)usleep(draw(place, 12000));
		kill_it(child);
		if (access(place->file, F_OK) == 0 &&
		    store_inspect(place->file, &contents, &err) < 0)
			fail_msg("%s", err.text);
	}
	/* what they left is no hindrance */
	assert_int_equal(back_up(place, true, &err), 0);
	assert_int_equal(look(place->file, STORE_READ), 2000);
	assert_string_equal(find(place, ".new"), "");
}

/* --- in its place ----------------------------------------------------------------------------- */

static void assert_refused(const struct place *place, const char *file, const char *words)
{
	struct store_restored restored;
	struct error err;

	assert_int_equal(restore(place, file, &restored, &err), -1);
	assert_string_equal(err.text, words);
	assert_string_equal(find(place, "replaced"), "");
	assert_string_equal(find(place, ".restor"), "");
}

static void a_restored_backup_takes_the_place_and_the_old_one_is_kept(void **state)
{
	struct place *place = *state;
	struct store_restored restored;
	struct lapse *lapses;
	size_t count;
	struct stat status;
	struct store *store;
	struct error err;

	assert_int_equal(collect(place->path, 0, 100), 0);
	assert_int_equal(back_up(place, false, &err), 0);
	assert_int_equal(collect(place->path, 100, 300), 0);
	assert_int_equal(enter(place->path, FIRST, 3), 0);
	assert_int_equal(enter(place->path, FIRST, 4), 0);
	assert_int_equal(restore(place, place->file, &restored, &err), 0);
	assert_int_equal(restored.entries, 2);
	assert_int_equal(restored.closings, 0);
	assert_int_equal(restored.contents.newest, now);
	assert_int_equal(look(restored.kept, STORE_READ), 300);
	assert_int_equal(look(place->path, STORE_COLLECT), 100);
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0660);
	assert_string_equal(find(place, ".restor"), "");
	/* why a day lacks that was read before */
	assert_int_equal(store_open(place->path, STORE_READ, &store, &err), 0);
	assert_int_equal(
		store_lapses(store, "itagui", "facebook", now, now + 86400, &lapses, &count, &err),
		0);
	assert_int_equal(count, 1);
	assert_int_equal(lapses[0].cause, LAPSE_RESTORED);
	assert_int_equal(lapses[0].since, now);
	assert_int_equal(lapses[0].until, now + (int64_t)3 * 86400);
	free(lapses);
	store_close(store);
	free(restored.kept);
}

static int64_t last_backup(const char *path, const char *expected)
{
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(memory)
	char *file = NULL;
	struct error err;
	int64_t at;

	assert_int_equal(store_open(path, STORE_READ, &store, &err), 0);
	assert_int_equal(store_backup_last(store, &at, &file, &err), 0);
	if (expected)
		assert_string_equal(file, expected);
	else
		assert_null(file);
	return at;
}

static void keep_backup(const char *path, int64_t at, const char *file)
{
	SCOPED(store)
	struct store *store = NULL;
	struct error err;

	assert_int_equal(store_open(path, STORE_PERSON, &store, &err), 0);
	assert_int_equal(store_backup_keep(store, at, file, &err), 0);
}

static void a_database_knows_its_last_backup_and_the_copy_the_one_before(void **state)
{
	struct place *place = *state;
	struct error err;

	assert_int_equal(collect(place->path, 0, 10), 0);
	assert_int_equal(last_backup(place->path, NULL), 0);
	keep_backup(place->path, now, "/media/usb/first.db");
	assert_int_equal(back_up(place, false, &err), 0);
	keep_backup(place->path, now + 60, place->file);
	assert_int_equal(last_backup(place->path, place->file), now + 60);
	assert_int_equal(last_backup(place->file, "/media/usb/first.db"), now);
	/* a clock that was ahead does not stay the last for ever */
	keep_backup(place->path, now + 30, "/media/usb/third.db");
	assert_int_equal(last_backup(place->path, "/media/usb/third.db"), now + 30);
}

static void what_is_restored_has_a_backup_where_it_came_from(void **state)
{
	struct place *place = *state;
	struct store_restored restored;
	struct error err;

	assert_int_equal(collect(place->path, 0, 10), 0);
	keep_backup(place->path, now - 86400, "/media/usb/first.db");
	assert_int_equal(back_up(place, false, &err), 0);
	assert_int_equal(restore(place, place->file, &restored, &err), 0);
	assert_int_equal(last_backup(place->path, place->file), now); /* as of what it holds */
	free(restored.kept);
	/* nothing was kept since the one before it was made */
	keep_backup(place->path, now + (int64_t)9 * 86400, "/media/usb/later.db");
	assert_int_equal(back_up(place, true, &err), 0);
	assert_int_equal(restore(place, place->file, &restored, &err), 0);
	assert_int_equal(last_backup(place->path, place->file), now + (int64_t)9 * 86400);
	free(restored.kept);
}

static void a_backup_is_restored_where_there_was_no_database(void **state)
{
	struct place *place = *state;
	struct store_restored restored;
	struct error err;

	assert_int_equal(collect(place->path, 0, 100), 0);
	assert_int_equal(back_up(place, false, &err), 0);
	assert_int_equal(unlink(place->path), 0);
	(void)unlink(find(place, "-wal"));
	(void)unlink(find(place, "-shm"));
	assert_int_equal(restore(place, place->file, &restored, &err), 0);
	assert_null(restored.kept);
	assert_int_equal(restored.entries, 0);
	assert_int_equal(look(place->path, STORE_COLLECT), 100);
}

/* The usual reason to restore: nothing of the old one is thrown away. */
static void a_damaged_database_is_replaced_and_kept_with_its_log(void **state)
{
	struct place *place = *state;
	struct store_restored restored;
	char log[256];
	struct error err;

	assert_int_equal(collect(place->path, 0, 100), 0);
	assert_int_equal(back_up(place, false, &err), 0);
	(void)unlink(find(place, "-shm"));
	write_bytes(place->path, "no database any more", 20);
	(void)snprintf(log, sizeof(log), "%s-wal", place->path);
	write_bytes(log, "nor is this its log", 19);
	assert_int_equal(restore(place, place->file, &restored, &err), 0);
	assert_int_equal(restored.entries, -1);
	assert_int_equal(look(place->path, STORE_COLLECT), 100);
	(void)snprintf(log, sizeof(log), "%s-wal", restored.kept);
	assert_int_equal(access(restored.kept, F_OK), 0);
	assert_int_equal(access(log, F_OK), 0);
	free(restored.kept);
}

static void no_backup_is_refused_with_words_and_changes_nothing(void **state)
{
	struct place *place = *state;
	SCOPED(memory)
	char *bytes = memory_new(1, 1 << 20);
	struct error err;
	sqlite3 *db;
	size_t length;
	FILE *file;

	assert_int_equal(collect(place->path, 0, 500), 0);
	assert_int_equal(back_up(place, false, &err), 0);
	assert_int_equal(collect(place->path, 500, 600), 0);
	file = fopen(place->file, "r");
	assert_non_null(file);
	length = fread(bytes, 1, 1 << 20, file);
	(void)fclose(file);

	write_bytes(place->temporary, "", 0);
	assert_refused(place, place->temporary, "backup.db is no backup of metricsd");
	write_bytes(place->temporary, "hello", 5);
	assert_refused(place, place->temporary, "backup.db is no backup of metricsd");
	write_bytes(place->temporary, bytes, length / 2 / 4096 * 4096);
	assert_refused(place, place->temporary,
		       "backup.db is damaged (database disk image is malformed): take another "
		       "backup");
	write_bytes(place->temporary, bytes, length);
	assert_int_equal(sqlite3_open(place->temporary, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	assert_int_equal(restore(place, place->temporary, &(struct store_restored){ 0 }, &err), -1);
	assert_non_null(strstr(err.text, "backup.db has schema version 99 and this program knows"));
	write_bytes(place->temporary, bytes, length);
	assert_int_equal(sqlite3_open(place->temporary, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM account", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	assert_int_equal(restore(place, place->temporary, &(struct store_restored){ 0 }, &err), -1);
	assert_non_null(strstr(err.text, "a row names another that is not there"));
	(void)unlink(place->temporary);
	assert_int_equal(sqlite3_open(place->temporary, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (a)", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	assert_refused(place, place->temporary, "backup.db is no backup of metricsd");
	assert_int_equal(look(place->path, STORE_COLLECT), 600);
}

static void nothing_is_restored_while_somebody_has_the_database_open(void **state)
{
	struct place *place = *state;
	struct store *store;
	struct error err;
	char words[256];
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(collect(place->path, 0, 100), 0);
	assert_int_equal(back_up(place, false, &err), 0);
	assert_int_equal(store_open(place->path, STORE_COLLECT, &store, &err), 0);
	(void)snprintf(words, sizeof(words),
		       "metricsd is running and has %s open: stop it first (systemctl stop "
		       "metricsd)",
		       place->path);
	assert_refused(place, place->file, words);
	store_close(store);
	/* a program that is not ours */
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		sqlite3 *db;

		(void)close(ready[0]);
		if (sqlite3_open(place->path, &db) != SQLITE_OK ||
		    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM sample", NULL, NULL, NULL) !=
			    SQLITE_OK ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	assert_int_equal(restore(place, place->file, &(struct store_restored){ 0 }, &err), -1);
	assert_non_null(strstr(err.text, "has it open: end that first"));
	kill_it(child);
	assert_int_equal(look(place->path, STORE_COLLECT), 100);
}

/* Every moment between two renames, as a kill or a power cut would leave it. */
static void an_interrupted_restore_is_brought_to_its_end_by_whoever_comes_next(void **state)
{
	static const enum store_mode modes[] = { STORE_READ, STORE_PERSON, STORE_COLLECT };
	struct place *place = *state;
	struct error err;

	for (int step = 0; step < 3; step++) {
		char from[160], to[160];
		pid_t child;
		int status;

		empty(place->directory);
		assert_int_equal(collect(place->path, 0, 100), 0);
		assert_int_equal(back_up(place, false, &err), 0);
		/* one that is killed: its last transactions are in the log alone */
		child = fork();
		if (child == 0) {
			struct store *store;

			if (store_open(place->path, STORE_COLLECT, &store, &err) < 0 ||
			    store_begin(store, &err) < 0)
				_exit(1);
			for (int n = 101; n <= 105; n++)
				if (tell(store, n, &err) < 0)
					_exit(1);
			_exit(store_commit(store, &err) < 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		(void)snprintf(to, sizeof(to), "%s.restoring", place->path);
		assert_int_equal(rename(place->file, to), 0);
		assert_int_equal(
			utimensat(AT_FDCWD, to,
				  (const struct timespec[]){ { .tv_sec = now }, { .tv_sec = now } },
				  0),
			0);
		if (step > 0) {
			(void)snprintf(from, sizeof(from), "%s-wal", place->path);
			(void)snprintf(to, sizeof(to), "%s.replaced-20241004T000000Z-wal",
				       place->path);
			assert_int_equal(rename(from, to), 0);
		}
		if (step > 1) {
			(void)snprintf(to, sizeof(to), "%s.replaced-20241004T000000Z", place->path);
			assert_int_equal(rename(place->path, to), 0);
		}
		assert_int_equal(look(place->path, modes[step]), 100);
		(void)snprintf(to, sizeof(to), "%s.replaced-20241004T000000Z", place->path);
		assert_int_equal(look(to, STORE_PERSON), 105);
		assert_string_equal(find(place, ".restor"), "");
	}
}

static void a_restore_that_was_killed_leaves_the_old_database_or_the_new_one(void **state)
{
	struct place *place = *state;
	struct store_restored restored = { 0 };
	struct error err;
	int replaced = 0;

	for (int i = 0; i < KILLS; i++) {
		pid_t child;
		int n;

		empty(place->directory);
		assert_int_equal(collect(place->path, 0, 100), 0);
		assert_int_equal(back_up(place, false, &err), 0);
		assert_int_equal(collect(place->path, 100, 150), 0);
		child = fork();
		if (child == 0)
			_exit(restore(place, place->file, &restored, &err) < 0);
		(void)usleep(draw(place, 9000));
		kill_it(child);
		n = look(place->path, STORE_COLLECT);
		assert_true(n == 100 || n == 150);
		if (n == 100)
			assert_int_equal(look(find(place, "replaced"), STORE_PERSON), 150);
		replaced += n == 100;
	}
	assert_true(replaced < KILLS);
}

/* --- a full disk ------------------------------------------------------------------------------ */

/* Does `work` where the directory is a disk of so many KiB; 0: it did as it should; 77: this
 * machine lets nobody mount one. */
static int on_small_disk(struct place *place, int kib, int (*work)(struct place *))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		char options[32];

		(void)snprintf(options, sizeof(options), "size=%dk", kib);
		if ((unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("tmpfs", place->directory, "tmpfs", 0, options) < 0)
			_exit(77);
		_exit(work(place));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int count_of(const char *path)
{
	SCOPED(store)
	struct store *store = NULL;
	struct store_totals totals;
	struct error err;

	if (store_open(path, STORE_READ, &store, &err) < 0 || store_verify(store, &err) < 0 ||
	    store_totals(store, &totals, &err) < 0)
		return -1;
	return (int)totals.origins;
}

static int fills(struct place *place)
{
	struct store_restored restored;
	struct statvfs disk;
	struct stat status;
	struct error err;
	int n = 0;

	do {
		if (collect(place->path, n, n + 100) < 0 || statvfs(place->path, &disk) < 0 ||
		    stat(place->path, &status) < 0)
			return 1;
		n += 100;
	} while ((off_t)(disk.f_bavail * disk.f_bsize) * 2 > status.st_size);
	if (back_up(place, true, &err) == 0 || !strstr(err.text, "the disk is full"))
		return 2;
	if (*find(place, "backup"))
		return 3;
	if (collect(place->path, n, n + 5) < 0 || count_of(place->path) != n + 5)
		return 4;
	/* a backup from elsewhere does not fit beside it */
	write_bytes(place->temporary, "", 0);
	if (restore(place, "/proc/self/exe", &restored, &err) == 0)
		return 5;
	if (!strstr(err.text, "the disk is full") && !strstr(err.text, "no backup"))
		return 6;
	if (*find(place, ".restor") || count_of(place->path) != n + 5)
		return 7;
	return 0;
}

static void a_full_disk_refuses_a_backup_and_leaves_nothing(void **state)
{
	int result = on_small_disk(*state, 2048, fills);

	if (result == 77)
		skip();
	assert_int_equal(result, 0);
}

/* --- the first schema ------------------------------------------------------------------------- */

static void make_first(const char *path)
{
	SCOPED(memory)
	char *script = memory_new(1, 1 << 20);
	SCOPED(file)
	FILE *file = fopen(METRICSD_FIXTURES "/store/v1.sql", "r");
	sqlite3 *db;
	char *words;

	assert_non_null(file);
	assert_true(fread(script, 1, (1 << 20) - 1, file) > 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, script, NULL, NULL, &words) != SQLITE_OK)
		fail_msg("%s", words);
	(void)sqlite3_close(db);
}

static int version_of(const char *path)
{
	struct store_contents contents;
	struct error err;

	if (store_inspect(path, &contents, &err) < 0)
		fail_msg("%s", err.text);
	return contents.version;
}

static void a_database_of_the_first_schema_is_kept_before_it_is_brought_up(void **state)
{
	struct place *place = *state;
	struct store_totals before, after;
	struct stat status;
	struct store *store;
	struct error err;

	make_first(place->path);
	assert_int_equal(store_open(place->path, STORE_READ, &store, &err), -1);
	assert_non_null(strstr(err.text, "start metricsd once, it brings it up to date"));
	assert_int_equal(store_open(place->path, STORE_PERSON, &store, &err), 0);
	assert_int_equal(store_verify(store, &err), 0);
	assert_int_equal(store_totals(store, &after, &err), 0);
	store_close(store);
	/* as of the newest thing in it */
	assert_string_equal(strrchr(find(place, ".v1"), '/'), "/metrics.db.v1-2026-10-12");
	assert_int_equal(version_of(find(place, ".v1")), 1);
	assert_int_equal(stat(find(place, ".v1"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	/* the kept one is whole: brought up it is the same again */
	assert_int_equal(rename(find(place, ".v1"), place->file), 0);
	assert_int_equal(store_open(place->file, STORE_PERSON, &store, &err), 0);
	assert_int_equal(store_totals(store, &before, &err), 0);
	store_close(store);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_true(after.samples > 1000);
}

static void a_new_database_keeps_no_copy_of_nothing(void **state)
{
	struct place *place = *state;

	assert_int_equal(collect(place->path, 0, 5), 0);
	assert_string_equal(find(place, ".v"), "");
}

/* Whoever made it was killed between two of its steps. */
static void a_first_schema_in_which_nothing_is_leaves_no_copy(void **state)
{
	struct place *place = *state;
	struct store *store;
	struct error err;
	sqlite3 *db;

	make_first(place->path);
	assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "DELETE FROM origin; DELETE FROM account", NULL, NULL, NULL),
		SQLITE_OK);
	(void)sqlite3_close(db);
	assert_int_equal(store_open(place->path, STORE_PERSON, &store, &err), 0);
	store_close(store);
	assert_string_equal(find(place, ".v1"), "");
}

static void what_another_user_laid_there_is_no_place_for_a_copy(void **state)
{
	struct place *place = *state;
	struct stat status;
	struct error err;

	if (geteuid() != 0)
		skip();
	assert_int_equal(collect(place->path, 0, 300), 0);
	write_bytes(place->temporary, "", 0);
	assert_int_equal(chown(place->temporary, 65534, 65534), 0);
	assert_int_equal(back_up(place, false, &err), -1);
	assert_non_null(strstr(err.text, "somebody else's: remove it"));
	assert_int_equal(stat(place->temporary, &status), 0);
	assert_int_equal(status.st_size, 0);
	assert_int_not_equal(access(place->file, F_OK), 0);
}

static void what_a_migration_that_was_cut_off_left_is_in_nobodys_way(void **state)
{
	struct place *place = *state;
	char path[PATH_MAX];
	struct store *store;
	struct error err;

	make_first(place->path);
	(void)snprintf(path, sizeof(path), "%s.kept.new", place->path);
	write_bytes(path, "half", 4);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(store_open(place->path, STORE_PERSON, &store, &err), 0);
	store_close(store);
	assert_int_equal(version_of(find(place, ".v1")), 1);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void a_migration_that_was_killed_leaves_the_first_schema_or_the_newest(void **state)
{
	struct place *place = *state;
	struct store_totals totals;
	struct store *store;
	struct error err;

	for (int i = 0; i < KILLS; i++) {
		pid_t child;

		empty(place->directory);
		make_first(place->path);
		child = fork();
		if (child == 0)
			_exit(store_open(place->path, STORE_PERSON, &store, &err) < 0);
		(void)usleep(draw(place, 15000));
		kill_it(child);
		if (*find(place, ".v1"))
			assert_int_equal(version_of(find(place, ".v1")), 1);
		if (store_open(place->path, STORE_PERSON, &store, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(store_verify(store, &err), 0);
		assert_int_equal(store_totals(store, &totals, &err), 0);
		assert_true(totals.samples > 1000);
		store_close(store);
		assert_string_not_equal(find(place, ".v1"), "");
		assert_string_equal(find(place, ".new"), "");
	}
}

static bool lasts_on(void *data)
{
	int *left = data;

	return --*left > 0;
}

static void a_migration_that_is_told_to_end_leaves_the_first_schema_or_the_newest(void **state)
{
	struct place *place = *state;
	struct store *store;
	struct error err;
	int asked = 0;

	for (int result = -1; result < 0; asked++) {
		int left = asked + 1;

		empty(place->directory);
		make_first(place->path);
		result = store_open_patiently(place->path, STORE_COLLECT,
					      &(struct store_patience){ lasts_on, &left }, &store,
					      &err);
		if (result == 0)
			store_close(store);
		else
			assert_non_null(strstr(err.text, "interrupted"));
		assert_string_equal(find(place, ".new"), "");
		assert_true(version_of(place->path) == 1 || *find(place, ".v1"));
		if (store_open(place->path, STORE_PERSON, &store, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(store_verify(store, &err), 0);
		store_close(store);
	}
	assert_true(asked > 3); /* while it was copied and looked at */
}

static int stays_first(struct place *place)
{
	struct store *store;
	struct error err;

	make_first(place->path);
	if (store_open(place->path, STORE_PERSON, &store, &err) == 0 ||
	    !strstr(err.text, "no copy of it could be kept, so it stays as it is") ||
	    !strstr(err.text, "the disk is full: make room"))
		return 1;
	if (*find(place, ".v1") || *find(place, ".new") || version_of(place->path) != 1)
		return 2;
	return 0;
}

static void a_full_disk_refuses_the_migration_and_the_first_schema_stays_usable(void **state)
{
	int result = on_small_disk(*state, 400, stays_first);

	if (result == 77)
		skip();
	assert_int_equal(result, 0);
}

static void a_backup_of_the_first_schema_is_brought_up_when_it_is_restored(void **state)
{
	struct place *place = *state;
	struct store_restored restored;
	struct error err;

	make_first(place->file);
	assert_int_equal(restore(place, place->file, &restored, &err), 0);
	assert_int_equal(restored.contents.version, 1);
	assert_true(version_of(place->path) > 1);
	assert_int_equal(version_of(place->file), 1);
	assert_string_equal(find(place, ".v1"), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_under_load_holds_every_transaction_wholly_or_not_at_all),
		TEST(a_backup_says_what_it_holds_and_belongs_to_its_maker),
		TEST(what_was_deleted_is_in_no_backup),
		TEST(a_backup_that_was_killed_leaves_the_one_before_or_a_whole_one),
		TEST(a_restored_backup_takes_the_place_and_the_old_one_is_kept),
		TEST(a_database_knows_its_last_backup_and_the_copy_the_one_before),
		TEST(what_is_restored_has_a_backup_where_it_came_from),
		TEST(a_backup_is_restored_where_there_was_no_database),
		TEST(a_damaged_database_is_replaced_and_kept_with_its_log),
		TEST(no_backup_is_refused_with_words_and_changes_nothing),
		TEST(nothing_is_restored_while_somebody_has_the_database_open),
		TEST(an_interrupted_restore_is_brought_to_its_end_by_whoever_comes_next),
		TEST(a_restore_that_was_killed_leaves_the_old_database_or_the_new_one),
		TEST(a_full_disk_refuses_a_backup_and_leaves_nothing),
		TEST(a_database_of_the_first_schema_is_kept_before_it_is_brought_up),
		TEST(a_new_database_keeps_no_copy_of_nothing),
		TEST(what_another_user_laid_there_is_no_place_for_a_copy),
		TEST(what_a_migration_that_was_cut_off_left_is_in_nobodys_way),
		TEST(a_first_schema_in_which_nothing_is_leaves_no_copy),
		TEST(a_migration_that_was_killed_leaves_the_first_schema_or_the_newest),
		TEST(a_migration_that_is_told_to_end_leaves_the_first_schema_or_the_newest),
		TEST(a_full_disk_refuses_the_migration_and_the_first_schema_stays_usable),
		TEST(a_backup_of_the_first_schema_is_brought_up_when_it_is_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
