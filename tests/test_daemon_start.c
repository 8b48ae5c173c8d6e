/* How metricsd(8) starts: what systemd hears while a database is brought up, who is told to wait
 * for a configuration, whose files root leaves. The real programs. */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SCRIPT_MAX = 1 << 20, NOBODY = 65534, DAY = 86400, WORDS_MAX = 16 };

struct place {
	char path[64], config[96], state[96], database[112];
	struct sockaddr_un address; /* of the socket that systemd would listen on */
	int socket;
	pid_t daemon;
};

static void write_file(const char *path, const char *bytes)
{
	SCOPED(file)
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
}

static int make_place(void **state)
{
	struct place *place = memory_new(1, sizeof(*place));
	SCOPED(text)
	struct text config = { 0 };

	*state = place;
	(void)snprintf(place->path, sizeof(place->path), "/tmp/test-daemon-start-XXXXXX");
	if (!mkdtemp(place->path) || chmod(place->path, 0755) < 0)
		return -1;
	(void)snprintf(place->config, sizeof(place->config), "%s/m.conf", place->path);
	(void)snprintf(place->state, sizeof(place->state), "%s/state", place->path);
	(void)snprintf(place->database, sizeof(place->database), "%s/metrics.db", place->state);
	assert_int_equal(mkdir(place->state, 0770), 0);
	text_addf(&config,
		  "state_directory = \"%s\"; control = \"%s/control\";\n"
		  "entities: ( { id = \"o\"; zone = \"UTC\"; accounts: (\n"
		  "{ id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; },\n"
		  "{ id = \"sede\"; collector = \"accesslog\"; bots = \"none\";\n"
		  "log = \"%s/access.log\"; } ); } );\n",
		  place->state, place->state, place->path);
	write_file(place->config, text_str(&config));
	place->address.sun_family = AF_UNIX;
	(void)snprintf(place->address.sun_path, sizeof(place->address.sun_path), "%s/notify",
		       place->path);
	place->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return bind(place->socket, (const struct sockaddr *)&place->address,
		    sizeof(place->address));
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
	(void)close(place->socket);
	(void)nftw(place->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

/* METRICSD_BIN/PROGRAM -c CONFIG LINE, whose words are apart by blanks. What it logs is nobody's
 * concern here. `user` 0: as whoever runs the test. */
static pid_t start(const struct place *place, uid_t user, const char *program, const char *line)
{
	pid_t child = fork();

	if (child == 0) {
		SCOPED(text)
		struct text path = { 0 };
		char *words[WORDS_MAX] = { memory_text(program), memory_text("-c"),
					   memory_text(place->config) };
		char *rest = memory_text(line);
		int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

		for (size_t i = 3; i < WORDS_MAX - 1 && (words[i] = strtok(rest, " ")); i++)
			rest = NULL;
		text_addf(&path, "%s/%s", METRICSD_BIN, program);
		(void)dup2(fd, STDOUT_FILENO);
		(void)dup2(fd, STDERR_FILENO);
		(void)unsetenv("JOURNAL_STREAM");
		(void)unsetenv("WATCHDOG_USEC");
		(void)setenv("NOTIFY_SOCKET", place->address.sun_path, 1);
		/* whoever becomes another may not be traced, which is how leaks are looked for */
		(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		if (user && (setgid(user) < 0 || setuid(user) < 0))
			_exit(126);
		(void)execv(text_str(&path), words);
		_exit(127);
	}
	return child;
}

static int end_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* --- a database of the first schema ----------------------------------------------------------- */

static void run_sql(sqlite3 *db, const char *script)
{
	char *words = NULL;

	if (sqlite3_exec(db, script, NULL, NULL, &words) != SQLITE_OK)
		fail_msg("%s", words);
}

/* With so much in it that to copy it and to look at it takes a while. */
static void make_first(const struct place *place)
{
	static const char fill[] =
		"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		"WITH RECURSIVE d (day) AS (SELECT -20000 UNION ALL SELECT day + 1 FROM d"
		" WHERE day < 0) INSERT INTO sample SELECT day, s.id, 1, day * day % 9973, 1, 0, "
		"0, 0"
		" FROM d CROSS JOIN (SELECT id FROM series WHERE items = 'none' LIMIT 10) s";
	SCOPED(memory)
	char *script = memory_new(1, SCRIPT_MAX);
	SCOPED(file)
	FILE *file = fopen(METRICSD_FIXTURES "/store/v1.sql", "r");
	sqlite3 *db;

	assert_non_null(file);
	assert_true(fread(script, 1, SCRIPT_MAX - 1, file) > 0);
	assert_int_equal(sqlite3_open(place->database, &db), SQLITE_OK);
	run_sql(db, script);
	run_sql(db, fill);
	(void)sqlite3_close(db);
}

static int version_of(const struct place *place)
{
	struct store_contents contents;
	struct error err;

	if (store_inspect(place->database, &contents, &err) < 0)
		fail_msg("%s", err.text);
	return contents.version;
}

static void start_daemon(struct place *place)
{
	place->daemon = start(place, 0, "metricsd", "");
}

/* What it tells systemd next. */
static const char *hear(struct place *place)
{
	static char message[512];
	const struct timeval limit = { .tv_sec = 30 };
	ssize_t got;

	assert_int_equal(setsockopt(place->socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)),
			 0);
	got = recv(place->socket, message, sizeof(message) - 1, 0);
	assert_true(got > 0);
	message[got] = '\0';
	return message;
}

static void systemd_hears_that_a_database_is_being_brought_up(void **state)
{
	struct place *place = *state;
	const char *message;
	int extensions = 0;

	make_first(place);
	start_daemon(place);
	while (!strstr(message = hear(place), "READY=1"))
		extensions += strstr(message, "EXTEND_TIMEOUT_USEC=600000000") != NULL;
	assert_true(extensions > 0);
	assert_int_equal(kill(place->daemon, SIGTERM), 0);
	assert_int_equal(end_of(place->daemon), 0);
	place->daemon = 0;
	assert_true(version_of(place) > 1);
}

static void who_is_told_to_end_while_it_brings_a_database_up_ends_well(void **state)
{
	struct place *place = *state;
	struct store *store;
	struct error err;

	make_first(place);
	start_daemon(place);
	assert_non_null(strstr(hear(place), "EXTEND_TIMEOUT_USEC="));
	assert_int_equal(kill(place->daemon, SIGTERM), 0);
	while (!strstr(hear(place), "STOPPING=1"))
		;
	assert_int_equal(end_of(place->daemon), 0);
	place->daemon = 0;
	/* the next one does it */
	if (store_open(place->database, STORE_PERSON, &store, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(store_verify(store, &err), 0);
	store_close(store);
}

/* --- a configuration nobody has written yet --------------------------------------------------- */

static void only_who_names_no_institution_is_not_configured(void **state)
{
	static const struct {
		const char *main, *included;
		int ends;
	} rows[] = {
		{ "", "", 6 },
		{ "# entities: (\n", "", 6 },
		{ "entities: ( );\n", "", 6 },
		{ "state_directory = \"/nowhere\";\n", "", 6 },
		{ "@include \"more.conf\"\n", "log_level = \"info\";\n", 6 },
		/* the entities of an included file are entities */
		{ "@include \"more.conf\"\n",
		  "entities: ( { id = \"o\"; zone = \"UTC\"; accounts: ( { id = \"x\"; collector = "
		  "\"manual\"; entered = [\"posts\"]; } ); } );\n",
		  0 },
		/* what somebody has begun is told by the start, with its line */
		{ "entites: ( );\n", "", 0 },
		{ "entities: (\n", "", 0 },
		{ "entities = 3;\n", "", 0 },
		{ "entities: ( { } );\n", "", 0 },
		{ "log_level = \"loud\";\n", "", 0 },
		{ "@include \"none.conf\"\n", "", 0 },
	};
	struct place *place = *state;
	char more[128];

	(void)snprintf(more, sizeof(more), "%s/more.conf", place->path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int ends;

		write_file(place->config, rows[i].main);
		write_file(more, rows[i].included);
		ends = end_of(start(place, 0, "metricsd", "--configured"));
		if (ends != rows[i].ends)
			fail_msg("%d for: %s%s", ends, rows[i].main, rows[i].included);
	}
	assert_int_equal(unlink(place->config), 0);
	assert_int_equal(end_of(start(place, 0, "metricsd", "--configured")), 0);
}

/* --- whose files ------------------------------------------------------------------------------ */

static int check_owner(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)type;
	(void)walk;
	if (about->st_uid != NOBODY)
		fail_msg("%s is user %u's", path, (unsigned)about->st_uid);
	return 0;
}

static void write_log(const struct place *place, mode_t mode)
{
	char path[128], line[256];
	SCOPED(text)
	struct text log = { 0 };

	(void)snprintf(path, sizeof(path), "%s/access.log", place->path);
	for (int ago = 3; ago > 0; ago--) {
		time_t then = time(NULL) - (time_t)ago * DAY;
		struct tm tm;

		(void)gmtime_r(&then, &tm);
		assert_true(strftime(line, sizeof(line),
				     "192.0.2.7 - - [%d/%b/%Y:%H:%M:%S +0000] \"GET / HTTP/1.1\" "
				     "200 512 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n",
				     &tm) > 0);
		text_add(&log, line);
	}
	write_file(path, text_str(&log));
	assert_int_equal(chmod(path, mode), 0);
}

static int once(const struct place *place, uid_t user)
{
	return end_of(start(place, user, "metricsd", "--once sede"));
}

static void what_root_leaves_belongs_to_the_owner_of_the_state_directory(void **state)
{
	struct place *place = *state;
	char keys[128], backups[128], backup[160];

	if (geteuid() != 0)
		skip();
	(void)snprintf(backups, sizeof(backups), "%s/backups", place->state);
	assert_int_equal(mkdir(backups, 0750), 0);
	assert_int_equal(chown(backups, NOBODY, NOBODY), 0);
	assert_int_equal(chown(place->state, NOBODY, NOBODY), 0);
	assert_int_equal(end_of(start(place, 0, "metricsctl", "enter x posts 2026-09 39")), 0);
	assert_int_equal(end_of(start(place, 0, "metricsctl", "publish")), 0);
	(void)snprintf(backup, sizeof(backup), "backup --directory %s", backups);
	assert_int_equal(end_of(start(place, 0, "metricsctl", backup)), 0);
	assert_int_equal(nftw(place->state, check_owner, 8, FTW_PHYS), 0);
	write_log(place, 0600); /* root's, who reads it */
	assert_int_equal(once(place, 0), 0);
	(void)snprintf(keys, sizeof(keys), "%s/keys", place->state);
	assert_int_equal(access(keys, F_OK), 0);
	assert_int_equal(nftw(place->state, check_owner, 8, FTW_PHYS), 0);
	/* the service goes on with it */
	write_log(place, 0644);
	assert_int_equal(once(place, NOBODY), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(systemd_hears_that_a_database_is_being_brought_up),
		TEST(who_is_told_to_end_while_it_brings_a_database_up_ends_well),
		TEST(only_who_names_no_institution_is_not_configured),
		TEST(what_root_leaves_belongs_to_the_owner_of_the_state_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
