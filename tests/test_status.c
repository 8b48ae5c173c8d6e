/* status for people, programs, Nagios and Prometheus; gaps and why. The clock stands at noon of
 * 2026-01-15 in Bogotá. */
#include "test.h"

#include "run.h"

#include "metricsd/collector.h"
#include "metricsd/error.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)

#define ALIVE "{\"done\":true,\"exit\":0,\"pid\":7,\"in_flight\":2}\n"
#define TROUBLED                                               \
	"{\"done\":true,\"exit\":0,\"pid\":7,\"in_flight\":0," \
	"\"store_trouble\":\"the disk is full\"}\n"

/* A Page, an Instagram account with the same token, and one people enter. */
static void write_config(const struct place *place, const char *secret)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "tokens: ( { id = \"meta\"; kind = \"user\"; %s; } );\n"
		  "entities: ( { id = \"itagui\"; name = \"Personería\"; zone = "
		  "\"America/Bogota\";\n"
		  "  language = \"en\";\n"
		  "  accounts: (\n"
		  "  { id = \"facebook\"; title = \"Facebook\"; collector = \"facebook\";\n"
		  "    page = \"104000000000001\"; token = \"meta\"; },\n"
		  "  { id = \"instagram\"; title = \"Instagram\"; collector = \"instagram\";\n"
		  "    user = \"178400000000001\"; token = \"meta\"; },\n"
		  "  { id = \"x\"; title = \"X\"; collector = \"manual\"; entered = [\"posts\"]; } "
		  "); } );\n",
		  place->path, place->control, secret);
	write_file(place->config, text_str(&config));
}

static int set_up(void **state)
{
	if (make_place(state) < 0)
		return -1;
	write_config(*state, "file = \"/etc/metricsd/meta\"");
	return 0;
}

/* --- what is kept of them */

struct kept {
	int failures;
	enum error_class class;
	const char *words;
	int64_t success; /* hours ago, 0: never */
};

static void keep(const struct place *place, const char *account, const struct kept *kept)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	struct sweep_state state = {
		.started = now() - HOUR,
		.due = now() + HOUR,
		.last_success = kept->success ? now() - kept->success * HOUR : 0,
		.last_failure = kept->failures ? now() - HOUR : 0,
		.failures = kept->failures,
		.class = kept->class,
	};
	struct error err;

	text_set(&state.words, kept->words ? kept->words : "");
	if (store_sweep_save(store, "itagui", account, SWEEP_DAILY, &state, &err) < 0)
		fail_msg("%s", err.text);
	sweep_state_clear(&state);
}

static void keep_both_well(const struct place *place)
{
	keep(place, "facebook", &(struct kept){ .success = 8 });
	keep(place, "instagram", &(struct kept){ .success = 9 });
}

static void keep_token(const struct place *place, const struct token_health *health)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	struct token_health state = *health;
	struct error err;

	(void)snprintf(state.name, sizeof(state.name), "meta");
	state.checked = now() - HOUR;
	if (store_token_save(store, &state, &err) < 0)
		fail_msg("%s", err.text);
}

static struct token_health ends_in(int days)
{
	return (struct token_health){
		.verdict = TOKEN_VALID,
		.expires = now() + days * DAY + HOUR,
		.data_access_ends = 0,
	};
}

/* --- a daemon */

/* Answers one request. */
static pid_t play_daemon(const struct place *place, const char *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int door = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t child;

	(void)unlink(place->control);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", place->control);
	assert_int_equal(bind(door, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(door, 1), 0);
	child = fork();
	if (child == 0) {
		char bytes[1024];
		int guest = accept(door, NULL, NULL);

		if (read(guest, bytes, sizeof(bytes)) > 0)
			(void)!write(guest, answer, strlen(answer));
		_exit(0);
	}
	(void)close(door);
	return child;
}

static void run_beside(const struct place *place, const char *answer, const char *words,
		       struct said *said)
{
	pid_t daemon = play_daemon(place, answer);

	run(place, words, said);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
}

static void expect_words(const struct said *said, const char *words)
{
	if (!strstr(text_str(&said->out), words))
		fail_msg("\"%s\" is not in %s", words, text_str(&said->out));
}

/* --- for people */

static void table_says_month_token_and_database(void **state)
{
	const struct place *place = *state;
	const struct token_health token = ends_in(40);
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	keep_token(place, &token);
	run_beside(place, ALIVE, "status", &said);
	assert_int_equal(said.ends, 0);
	expect_words(&said,
		     "account           collector  state    last success      next run       "
		     "   30 days  month  token\n");
	expect_words(&said, "itagui/facebook   facebook   ok       2026-01-15 04:00  2026-01-15 "
			    "13:00     0/30   0/14  valid\n");
	expect_words(&said, "itagui/x          manual     by hand  —                 —             "
			    "       0/30   0/14  —\n");
	expect_words(&said, "\nThe database has 0.");
	expect_words(&said, " MB are free on its disk.\n");
}

static void failure_says_what_to_do(void **state)
{
	static const struct {
		enum error_class class;
		const char *advice;
	} rows[] = {
		{ ERROR_TOKEN, "→ put a valid token into " },
		{ ERROR_TRANSIENT, "→ it passes by itself; when it lasts for days look at" },
		{ ERROR_THROTTLED, "→ it passes by itself: the provider lets" },
		{ ERROR_PERMISSION, "→ give the token what it lacks" },
		{ ERROR_REQUEST, "→ look whether its id and settings are right: metricsctl check "
				 "--online --account itagui/facebook" },
		{ ERROR_MALFORMED, "→ look whether its address is right" },
		{ ERROR_INPUT, "→ put right what it names, then metricsctl collect" },
		{ ERROR_OURS, "→ put this machine right as it says" },
	};
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keep(place, "facebook",
		     &(struct kept){ 1, rows[i].class, "said the provider", 26 });
		run(place, "status", &said);
		assert_int_equal(said.ends, 1);
		expect_words(&said, "said the provider");
		expect_words(&said, rows[i].advice);
	}
}

static void what_a_credential_needs_is_said(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	keep(place, "facebook", &(struct kept){ 1, ERROR_TOKEN, "said the provider", 26 });
	write_config(place, "credential = \"secret_meta\"");
	run(place, "status", &said);
	expect_words(&said, "\"secret_meta\" a valid token, then systemctl reload metricsd");
	/* one of a unit of the administrator's own */
	write_config(place, "credential = \"sealed_meta\"");
	run(place, "status", &said);
	expect_words(&said, "\"sealed_meta\" a valid token, then systemctl restart metricsd");
}

static void token_that_ends_is_said_and_needs_a_person(void **state)
{
	static const struct {
		struct token_health token;
		const char *cell, *line;
		int ends;
	} rows[] = {
		{ { .verdict = TOKEN_VALID, .expires = 13 * DAY },
		  "ends in 13 days",
		  "valid; its life ends in 13 days (2026-01-28)\n",
		  1 },
		{ { .verdict = TOKEN_VALID, .expires = DAY }, "ends in 1 day\n", "", 1 },
		{ { .verdict = TOKEN_VALID, .expires = -HOUR }, "has ended", "", 1 },
		{ { .verdict = TOKEN_VALID, .data_access_ends = 3 * DAY },
		  "may read no data in 3 days",
		  "; its access to data ends in 3 days (2026-01-18)\n",
		  1 },
		{ { .verdict = TOKEN_VALID, .lacks = "read_insights" },
		  "lacks read_insights",
		  "\ntoken meta (user): valid; its life never ends; lacks read_insights\n",
		  1 },
		{ { .verdict = TOKEN_INVALID, .words = "the session was closed" },
		  "invalid",
		  "\ntoken meta (user): invalid; its life never ends; the session was closed\n",
		  1 },
		{ { .verdict = TOKEN_UNKNOWN, .words = "timeout" },
		  "not known",
		  "\ntoken meta (user): not known; its life never ends; timeout\n",
		  0 },
		{ { .verdict = TOKEN_VALID, .expires = 15 * DAY }, "valid", "", 0 },
	};
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token_health token = rows[i].token;

		token.expires += token.expires ? now() + 60 : 0;
		token.data_access_ends += token.data_access_ends ? now() + 60 : 0;
		keep_token(place, &token);
		run_beside(place, ALIVE, "status", &said);
		expect_words(&said, rows[i].cell);
		expect_words(&said, rows[i].line);
		assert_int_equal(said.ends, rows[i].ends);
	}
}

static void database_the_daemon_cannot_write_is_said(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	run_beside(place, TROUBLED, "status", &said);
	expect_words(&said, "The database cannot be written: the disk is full\n");
	assert_int_equal(said.ends, 1);
}

static void keep_backup(const struct place *place, int64_t hours)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_PERSON);
	struct error err;

	if (store_backup_keep(store, now() - hours * HOUR, "/srv/backups/metrics.db", &err) < 0)
		fail_msg("%s", err.text);
}

static void last_backup_is_told_and_that_there_is_none(void **state)
{
	const struct place *place = *state;
	char words[192], line[192];
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	run_beside(place, ALIVE, "status", &said);
	assert_int_equal(said.ends, 0);
	expect_words(&said, "\nNo backup of the database was made yet: systemctl enable --now "
			    "metricsd-backup.timer, or metricsctl backup FILE.\n");
	run_beside(place, ALIVE, "status --format json", &said);
	expect_words(&said, "\"last_backup\":null,\"last_backup_file\":null,");

	(void)snprintf(words, sizeof(words), "backup %s/copy.db", place->path);
	run(place, words, &said);
	assert_int_equal(said.ends, 0);
	assert_string_equal(text_str(&said.err), "");
	run_beside(place, ALIVE, "status", &said);
	assert_int_equal(said.ends, 0);
	(void)snprintf(line, sizeof(line), "\nThe last backup is of 2026-01-15 12:00: %s/copy.db\n",
		       place->path);
	expect_words(&said, line);
	run_beside(place, ALIVE, "status --format json", &said);
	expect_words(&said, "\"last_backup\":\"2026-01-15T17:00:0");
	(void)snprintf(line, sizeof(line), ",\"last_backup_file\":\"%s/copy.db\",", place->path);
	expect_words(&said, line);

	/* the copy, when it is looked at, has no say in this; and is no backup of its own */
	(void)snprintf(words, sizeof(words), "status --database %s/copy.db", place->path);
	run_beside(place, ALIVE, words, &said);
	assert_null(strstr(text_str(&said.out), "backup"));
}

static void backup_that_is_late_is_warned_of_in_words(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	keep_backup(place, 47);
	run_beside(place, ALIVE, "status", &said);
	expect_words(&said, "\nThe last backup is of 2026-01-13 13:00: /srv/backups/metrics.db\n");
	keep_backup(place, 49);
	run_beside(place, ALIVE, "status", &said);
	expect_words(&said,
		     "\nThe last backup is 2 days old (2026-01-13 11:00, "
		     "/srv/backups/metrics.db): look at systemctl status metricsd-backup, or "
		     "make one with metricsctl backup.\n");
	assert_int_equal(said.ends, 0);
	keep_backup(place, -3); /* the clock was ahead */
	run_beside(place, ALIVE, "status", &said);
	expect_words(&said, "\nThe last backup is of 2026-01-15 15:00: /srv/backups/metrics.db\n");
}

/* --- for programs */

static void records_are_documented(void **state)
{
	const struct place *place = *state;

	keep_both_well(place);
	assert_documented(place, "status --format csv", "## metricsd.status");
	assert_documented(place, "gaps --format csv", "## metricsd.gaps");
}

static void json_has_the_token_the_month_and_what_to_do(void **state)
{
	const struct place *place = *state;
	const struct token_health token = ends_in(12);
	SCOPED(said)
	struct said said = { 0 };

	keep(place, "facebook", &(struct kept){ 2, ERROR_TRANSIENT, "timeout", 30 });
	keep_token(place, &token);
	run(place, "status --format json", &said);
	assert_int_equal(said.ends, 1);
	expect_words(&said, "{\"format\":\"metricsd.status\",\"version\":1,");
	expect_words(&said,
		     "\"month_known_days\":0,\"month_days\":14,\"lapse_seconds\":0,\"advice\":"
		     "\"it passes by itself");
	expect_words(&said,
		     "\"token\":\"meta\",\"token_state\":\"valid\",\"token_checked\":\"2026-01-"
		     "15T16:00:00Z\",\"token_expires\":\"2026-01-27T18:00:00Z\",\"token_data_"
		     "access_ends\":null,\"token_lacks\":[],\"token_words\":null,\"store_"
		     "trouble\":null,\"last_backup\":null,\"last_backup_file\":null,"
		     "\"token_new_secret_refused\":null}");
}

/* --- for Nagios */

static void expect_line(const struct said *said, int code, const char *begins)
{
	const char *line = text_str(&said->out);

	if (strncmp(line, begins, strlen(begins)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", line, begins);
	assert_int_equal(said->ends, code);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	if (strchr(line, '|'))
		assert_ptr_equal(strchr(line, '|'), strrchr(line, '|'));
}

static void nagios_is_fine_when_all_is_well(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 0,
		    "METRICSD OK - 3 accounts, nothing needs a person | accounts=3;;;0 "
		    "needing=0;;0;0 ok=2;;;0 manual=1;;;0 ");
	expect_words(&said, " coverage=0%;;;0;100 oldest_success=32400s;;;0 database=");
}

static void nagios_warns_of_what_can_wait_and_cries_of_what_cannot(void **state)
{
	const struct place *place = *state;
	struct token_health token = ends_in(10);
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	keep_token(place, &token);
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 1, "METRICSD WARNING - token meta ends in 10 days |");
	keep(place, "facebook", &(struct kept){ 0, ERROR_PERMISSION, "read_insights", 8 });
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 1,
		    "METRICSD WARNING - token meta ends in 10 days; itagui/facebook partial "
		    "(permission) |");
	keep(place, "instagram", &(struct kept){ 1, ERROR_TOKEN, "code 190 | x\ny", 8 });
	run_beside(place, ALIVE, "status --nagios", &said);
	/* the worst first */
	expect_line(&said, 2,
		    "METRICSD CRITICAL - itagui/instagram failing (token); token meta ends in 10 "
		    "days; itagui/facebook ");
	token = (struct token_health){ .verdict = TOKEN_INVALID };
	keep_both_well(place);
	keep_token(place, &token);
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 2, "METRICSD CRITICAL - token meta invalid |");
}

/* Six Pages of one token, each with these settings. */
static void write_many(const struct place *place, const char *life)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(
		&config,
		"state_directory = \"%s\";\ncontrol = \"%s\";\n"
		"tokens: ( { id = \"meta\"; kind = \"user\"; file = \"/etc/metricsd/meta\"; } );\n"
		"entities: ( { id = \"sim\"; name = \"Sim\"; zone = \"America/Bogota\";\n"
		"  language = \"en\"; accounts: (",
		place->path, place->control);
	for (int i = 1; i <= 6; i++)
		text_addf(&config,
			  "%s\n  { id = \"web%d\"; title = \"Web %d\"; collector = \"facebook\";\n"
			  "    page = \"10400000000000%d\"; token = \"meta\"; %s }",
			  i > 1 ? "," : "", i, i, i, life);
	text_addf(&config, " ); } );\n");
	write_file(place->config, text_str(&config));
}

static void keep_many(const struct place *place, const struct sweep_state *daily)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	char name[16];
	struct error err;

	for (int i = 1; i <= 6; i++) {
		(void)snprintf(name, sizeof(name), "web%d", i);
		if (store_sweep_save(store, "sim", name, SWEEP_DAILY, daily, &err) < 0)
			fail_msg("%s", err.text);
	}
}

static void nagios_names_the_cause_that_explains_the_others_first(void **state)
{
	const struct place *place = *state;
	const struct sweep_state late = {
		.last_success = now() - 30 * HOUR,
		.due = now() - 7 * HOUR,
	};
	const struct token_health invalid = { .verdict = TOKEN_INVALID };
	SCOPED(said)
	struct said said = { 0 };

	write_many(place, "");
	keep_many(place, &late);
	run(place, "status --nagios", &said);
	expect_line(&said, 2,
		    "METRICSD CRITICAL - metricsd does not answer; sim/web1 overdue; sim/web2 "
		    "overdue; sim/web3 overdue; sim/web4 overdue; 2 more | ");
	keep_token(place, &invalid);
	run_beside(place, TROUBLED, "status --nagios", &said);
	expect_line(&said, 2,
		    "METRICSD CRITICAL - the disk is full; token meta invalid; sim/web1 overdue; "
		    "sim/web2 overdue; sim/web3 overdue; 3 more | ");
}

static void nagios_hides_nothing_critical_behind_warnings(void **state)
{
	const struct place *place = *state;
	const struct sweep_state partial = {
		.last_success = now() - HOUR,
		.due = now() + HOUR,
		.class = ERROR_PERMISSION,
	};
	const struct sweep_state failing = {
		.last_success = now() - 30 * HOUR,
		.due = now() + HOUR,
		.failures = 1,
		.class = ERROR_REQUEST,
	};
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(said)
	struct said said = { 0 };
	struct error err;

	write_many(place, "");
	keep_many(place, &partial);
	store = open_store(place, STORE_COLLECT);
	assert_int_equal(store_sweep_save(store, "sim", "web6", SWEEP_DAILY, &failing, &err), 0);
	assert_int_equal(store_sweep_save(store, "sim", "web2", SWEEP_DAILY, &failing, &err), 0);
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 2,
		    "METRICSD CRITICAL - sim/web2 failing (request); sim/web6 failing (request); "
		    "sim/web1 partial (permission); sim/web3 partial (permission); sim/web4 "
		    "partial (permission); 1 more | ");
}

static void account_whose_first_day_is_today_is_not_over(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	write_many(place, "since = \"2026-01-15\";");
	keep_many(place, &(struct sweep_state){ .last_success = now() - 30 * HOUR,
						.due = now() - 7 * HOUR });
	run(place, "status --nagios", &said);
	assert_int_equal(said.ends, 2);
	expect_words(&said, "METRICSD CRITICAL - metricsd does not answer; sim/web1 overdue;");
	expect_words(&said, " ended=0;");
	run(place, "status", &said);
	assert_int_equal(said.ends, 1);
}

static void account_that_is_over_needs_nobody_nor_does_its_token(void **state)
{
	const struct place *place = *state;
	const struct token_health invalid = { .verdict = TOKEN_INVALID, .words = "closed" };
	const struct sweep_state failing = {
		.last_success = now() - 9 * DAY,
		.due = now() + HOUR,
		.failures = 40,
		.class = ERROR_TOKEN,
	};
	SCOPED(said)
	struct said said = { 0 };

	write_many(place, "until = \"2026-01-12\";");
	keep_many(place, &failing);
	keep_token(place, &invalid);
	run(place, "status --nagios", &said);
	expect_line(&said, 0, "METRICSD OK - 6 accounts, nothing needs a person | ");
	expect_words(&said, " ended=6;");
	run(place, "status", &said);
	assert_int_equal(said.ends, 0);
	assert_null(strstr(text_str(&said.out), "\ntoken meta"));
	run(place, "status --format prometheus", &said);
	assert_null(strstr(text_str(&said.out), "metricsd_token_valid{"));
	/* for a day its last figures may still be had */
	write_many(place, "until = \"2026-01-14\";");
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 2, "METRICSD CRITICAL - token meta invalid; sim/web1 failing (token); ");
}

/* Another sweep met it: that of the day was fine. */
static void token_that_waits_for_a_person_says_what_to_do_whatever_the_last_run_met(void **state)
{
	const struct place *place = *state;
	struct held held = {
		.scope = HOLD_TOKEN, .key = "meta", .until = INT64_MAX, .why = "code 190"
	};
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(said)
	struct said said = { 0 };
	struct error err;

	keep_both_well(place);
	store = open_store(place, STORE_COLLECT);
	assert_int_equal(store_hold(store, &held, &err), 0);
	run_beside(place, ALIVE, "status --account facebook", &said);
	assert_int_equal(said.ends, 1);
	expect_words(&said, "→ put a valid token into ");
	run_beside(place, ALIVE, "status --account facebook --format json", &said);
	expect_words(&said, "\"advice\":\"put a valid token into ");
	run_beside(place, ALIVE, "status --account facebook --nagios", &said);
	expect_line(&said, 2, "METRICSD CRITICAL - itagui/facebook waiting (token) |");
}

static void account_that_waits_for_a_person_says_what_to_do(void **state)
{
	const struct place *place = *state;
	struct held held = { .scope = HOLD_ACCOUNT,
			     .key = "itagui/facebook",
			     .until = INT64_MAX,
			     .why = "code 100" };
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(said)
	struct said said = { 0 };
	struct error err;

	keep_both_well(place);
	store = open_store(place, STORE_COLLECT);
	assert_int_equal(store_hold(store, &held, &err), 0);
	run_beside(place, ALIVE, "status --account facebook", &said);
	expect_words(&said, "→ look whether its id and settings are right: metricsctl check ");
}

/* It is used no longer than until the next start, so somebody must know before. */
static void new_secret_that_is_refused_is_told_everywhere(void **state)
{
	const struct place *place = *state;
	struct token_health token = { .verdict = TOKEN_VALID, .refused = "code 190: no such" };
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	keep_token(place, &token);
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 1, "METRICSD WARNING - the new secret of token meta is refused |");
	run_beside(place, ALIVE, "status", &said);
	assert_int_equal(said.ends, 1);
	expect_words(&said, "/14  new secret refused\n");
	expect_words(&said, ": valid; its life never ends; the new secret is "
			    "refused (code 190: no such): the one before is used until the next "
			    "start\n");
	run_beside(place, ALIVE, "status --format prometheus", &said);
	expect_words(&said, "metricsd_token_valid{token=\"meta\"} 1\n");
	expect_words(&said, "metricsd_token_new_secret_refused{token=\"meta\"} 1\n");
	run_beside(place, ALIVE, "status --format json", &said);
	expect_words(&said, "\"token_new_secret_refused\":\"code 190: no such\"}");
	token.verdict = TOKEN_INVALID;
	keep_token(place, &token);
	run_beside(place, ALIVE, "status", &said);
	expect_words(&said, "; the new secret is refused, too (code 190: no such)\n");
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 2,
		    "METRICSD CRITICAL - token meta invalid; the new secret of token meta is "
		    "refused |");
	token = (struct token_health){ .verdict = TOKEN_VALID };
	keep_token(place, &token);
	run_beside(place, ALIVE, "status --format prometheus", &said);
	expect_words(&said, "metricsd_token_new_secret_refused{token=\"meta\"} 0\n");
	/* that the provider cannot be asked about the one in use changes nothing of it */
	token = (struct token_health){ .verdict = TOKEN_UNKNOWN, .refused = "code 190: no such" };
	keep_token(place, &token);
	run_beside(place, ALIVE, "status --format prometheus", &said);
	expect_words(&said, "metricsd_token_new_secret_refused{token=\"meta\"} 1\n");
	assert_null(strstr(text_str(&said.out), "metricsd_token_valid{"));
	assert_null(strstr(text_str(&said.out), "metricsd_token_lacking_permissions{"));
}

static void nagios_warns_of_a_backup_that_is_no_longer_made(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 0, "METRICSD OK - "); /* whoever never made one has other ways */
	assert_null(strstr(text_str(&said.out), "backup"));
	keep_backup(place, 8 * 24 - 1);
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 0, "METRICSD OK - ");
	expect_words(&said, " last_backup=6876");
	expect_words(&said, "s;691200;;0 database=");
	keep_backup(place, 8 * 24 + 1);
	run_beside(place, ALIVE, "status --nagios", &said);
	expect_line(&said, 1, "METRICSD WARNING - the last backup is 8 days old |");
	run_beside(place, TROUBLED, "status --nagios", &said);
	expect_line(&said, 2,
		    "METRICSD CRITICAL - the disk is full; the last backup is 8 days old |");
}

static void nagios_cries_when_nothing_is_collected_or_kept(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	run(place, "status --nagios", &said);
	expect_line(&said, 2, "METRICSD CRITICAL - metricsd does not answer |");
	run_beside(place, TROUBLED, "status --nagios", &said);
	expect_line(&said, 2, "METRICSD CRITICAL - the disk is full |");
}

static void nagios_has_an_answer_whatever_is_wrong(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	run(place, "status --nagios", &said); /* no database yet */
	expect_line(&said, 3, "METRICSD UNKNOWN - ");
	keep_both_well(place);
	write_file(place->database, "no database at all, and long enough to be looked at");
	run(place, "status --nagios", &said);
	expect_line(&said, 2, "METRICSD CRITICAL - ");
	run(place, "status --nagios --nonsense", &said);
	expect_line(&said, 3, "METRICSD UNKNOWN - ");
	run(place, "status --nagios --format json", &said);
	expect_line(&said, 3, "METRICSD UNKNOWN - ");
	run(place, "status --nagios --account nowhere", &said);
	expect_line(&said, 3, "METRICSD UNKNOWN - ");
	write_file(place->config, "entities = nonsense");
	run(place, "status --nagios", &said);
	expect_line(&said, 3, "METRICSD UNKNOWN - ");
	run(place, "status --nonsense", &said); /* of others the codes are the usual ones */
	assert_int_equal(said.ends, 2);
}

/* --- for Prometheus */

static void read_file(const char *path, struct text *ret)
{
	SCOPED(file)
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	read_all(fileno(file), ret);
}

static void prometheus_is_told_each_account_and_token(void **state)
{
	const struct place *place = *state;
	const struct token_health token = ends_in(10);
	SCOPED(said)
	struct said said = { 0 };

	keep_both_well(place);
	keep(place, "instagram", &(struct kept){ 3, ERROR_TRANSIENT, "timeout", 60 });
	keep_token(place, &token);
	run_beside(place, ALIVE, "status --format prometheus", &said);
	assert_int_equal(said.ends, 0);
	assert_string_equal(text_str(&said.err), "");
	expect_words(&said, "# HELP metricsd_daemon_up Whether metricsd answers.\n"
			    "# TYPE metricsd_daemon_up gauge\nmetricsd_daemon_up 1\n");
	expect_words(&said, "\nmetricsd_store_up 1\n");
	expect_words(&said, "\nmetricsd_schema_version 2\n");
	expect_words(&said, "metricsd_account_last_success_timestamp_seconds{entity=\"itagui\","
			    "account=\"facebook\",collector=\"facebook\"} 1768467600\n");
	expect_words(&said, "metricsd_account_consecutive_failures{entity=\"itagui\",account="
			    "\"instagram\",collector=\"instagram\"} 3\n");
	expect_words(&said, "metricsd_account_needs_person{entity=\"itagui\",account=\"instagram\","
			    "collector=\"instagram\"} 1\n");
	expect_words(&said, "metricsd_account_state{entity=\"itagui\",account=\"x\",collector="
			    "\"manual\",state=\"manual\"} 1\n");
	expect_words(&said,
		     "metricsd_account_coverage_ratio{entity=\"itagui\",account=\"facebook\","
		     "collector=\"facebook\",window=\"30d\"} 0.0000\n");
	expect_words(&said, "metricsd_account_lacking{entity=\"itagui\",account=\"facebook\","
			    "collector=\"facebook\",window=\"month\"} 14\n");
	expect_words(&said, "metricsd_token_expiry_timestamp_seconds{token=\"meta\"} 1769364000\n");
	expect_words(&said, "metricsd_token_valid{token=\"meta\"} 1\n");
	/* what never was has no time */
	assert_null(strstr(text_str(&said.out), "data_access_expiry_timestamp_seconds{"));
	assert_null(strstr(text_str(&said.out), "backup"));
	keep_backup(place, 5);
	run_beside(place, ALIVE, "status --format prometheus", &said);
	expect_words(&said, "# TYPE metricsd_last_backup_timestamp_seconds gauge\n"
			    "metricsd_last_backup_timestamp_seconds 1768478400\n");
}

static void prometheus_file_is_whole_and_readable_by_all(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(text)
	struct text file = { 0 };
	char words[192], path[128], fresh[136];
	struct stat status;

	keep_both_well(place);
	(void)snprintf(path, sizeof(path), "%s/metricsd.prom", place->path);
	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)snprintf(words, sizeof(words), "status --format prometheus -o %s", path);
	run(place, words, &said);
	assert_int_equal(said.ends, 0);
	assert_string_equal(text_str(&said.out), "");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_int_equal(access(fresh, F_OK), -1);
	read_file(path, &file);
	assert_non_null(strstr(text_str(&file), "\nmetricsd_daemon_up 0\n"));
	/* what cannot be told is told as such */
	write_file(place->database, "no database at all, and long enough to be looked at");
	run(place, words, &said);
	assert_int_equal(said.ends, 3);
	text_reset(&file);
	read_file(path, &file);
	assert_non_null(strstr(text_str(&file), "\nmetricsd_store_up 0\n"));
	assert_null(strstr(text_str(&file), "metricsd_account_"));
	/* and where nothing can be written the file before stays */
	run(place, "status --format prometheus -o /nowhere/metricsd.prom", &said);
	assert_int_equal(said.ends, 3);
	assert_non_null(strstr(text_str(&said.err), "/nowhere/metricsd.prom"));
	run(place, "status -o x", &said);
	assert_int_equal(said.ends, 2);
}

static void promtool_has_no_complaint(void **state)
{
	const struct place *place = *state;
	const struct token_health token = {
		.verdict = TOKEN_VALID,
		.expires = now() + DAY,
		.data_access_ends = now() + 90 * DAY,
		.lacks = "a b",
	};
	SCOPED(said)
	struct said said = { 0 };
	char path[128], command[384];

	if (system("promtool --version >/dev/null 2>&1") != 0) {
		print_message("skipped: promtool (Debian's prometheus) is not installed\n");
		skip();
	}
	keep_both_well(place);
	keep_token(place, &token);
	(void)snprintf(path, sizeof(path), "%s/metricsd.prom", place->path);
	(void)snprintf(command, sizeof(command), "status --format prometheus -o %s", path);
	run_beside(place, ALIVE, command, &said);
	(void)snprintf(command, sizeof(command),
		       "promtool check metrics <%s >%s/complaints 2>&1 && test ! -s %s/complaints",
		       path, place->path, place->path);
	assert_int_equal(system(command), 0);
}

/* --- why days lack */

static void read_days(const struct place *place, const char *account, int32_t first, int32_t last)
{
	static const struct metric metrics[] = {
		{ .id = "visits", .provider = "page_views_total", .kind = METRIC_FLOW },
		{ 0 },
	};
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	SCOPED(findings)
	struct findings findings = { 0 };
	const struct answer answer = {
		.channel = { .entity = "itagui",
			     .account = account,
			     .source = "facebook",
			     .zone = "America/Los_Angeles",
			     .metrics = metrics },
		.findings = &findings,
		.origin = { .at = now(), .what = "insights" },
	};
	struct days days = { 0 };
	struct error err;

	days_add(&days, (struct window){ first, last - first + 1 });
	/* of the second day nothing was told */
	for (int32_t day = first; day <= last; day++)
		if (day != first + 1)
			findings_sample(&findings, &metrics[0], (struct window){ day, 1 }, 5, 0);
	if (store_answer(store, &answer, NULL, &err) < 0 ||
	    store_sweep_done(store, &answer.channel, SWEEP_DAILY, NULL, &days, now(), &err) < 0)
		fail_msg("%s", err.text);
}

static void down(const struct place *place, const char *account, int64_t since, int64_t until)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	const struct lapse lapse = { .cause = LAPSE_DOWN, .since = since, .until = until };
	struct error err;

	if (store_lapse_add(store, "itagui", account, &lapse, 0, &err) < 0)
		fail_msg("%s", err.text);
}

static void gaps_say_why_each_day_lacks(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	const int32_t january = day_of(2026, 1, 1);

	keep(place, "facebook", &(struct kept){ .success = 120 });
	read_days(place, "facebook", january, january + 8);
	down(place, "facebook", now() - 119 * HOUR, now() - HOUR);
	run(place, "gaps 2026-01 --account facebook", &said);
	assert_int_equal(said.ends, 0);
	expect_words(&said, "account   days                    metrics  why\n");
	expect_words(&said,
		     "facebook  2026-01-02              visits   asked and read: the provider "
		     "told no number\n");
	expect_words(&said,
		     "          2026-01-10..2026-01-14  visits   metricsd did not run, or could "
		     "not write that it did (2026-01-10 13:00 to 2026-01-15 11:00)\n");
	run(place, "gaps 2026-01 --account facebook --format csv", &said);
	expect_words(&said, "1,itagui,,facebook,visits,2026-01-10,2026-01-14,down,2026-01-10T18:00:"
			    "00Z,2026-01-15T16:00:00Z,,,backfill\r\n");
}

static void account_of_which_nothing_was_ever_read_lacks_everything(void **state)
{
	const struct place *place = *state;
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(said)
	struct said said = { 0 };
	struct error err;

	keep(place, "facebook", &(struct kept){ 4, ERROR_TOKEN, "code 190", 0 });
	store = open_store(place, STORE_COLLECT);
	assert_int_equal(store_lapse_begin(store, "itagui", "facebook", SWEEP_DAILY, ERROR_TOKEN,
					   "code 190", now() - 50 * HOUR, &err),
			 0);
	store_close(store);
	store = NULL;
	run(place, "gaps --account facebook", &said);
	expect_words(&said, "2025-10-01..2025-11-30");
	expect_words(&said, "before it was collected\n");
	expect_words(&said, "2025-12-01..2026-01-14");
	expect_words(&said, " and ");
	expect_words(&said, "the token was refused (since 2026-01-13 10:00): code 190\n");
}

static void what_people_enter_lacks_until_they_do(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	run(place, "enter x posts 2025-12 7", &said);
	assert_int_equal(said.ends, 0);
	expect(place, "gaps 2025-12 --account x", 0, "Personería\n\nNo day lacks.\n", "");
	run(place, "gaps 2025-B6 --account x", &said);
	expect_words(&said, "x        2025-11-01..2025-11-30  posts    nobody entered it\n");
}

static void explain_says_why_too(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	const int32_t january = day_of(2026, 1, 1);

	keep(place, "facebook", &(struct kept){ .success = 120 });
	read_days(place, "facebook", january, january + 8);
	down(place, "facebook", now() - 119 * HOUR, now() - HOUR);
	run(place, "explain facebook visits 2026-01", &said);
	expect_words(&said,
		     "\nWhy days lack\n  2026-01-02              asked and read: the provider "
		     "told no number\n  2026-01-10..2026-01-14  metricsd did not run");
	run(place, "explain facebook visits 2026-01 --format json", &said);
	expect_words(&said, "\"gaps\":\t[{\n");
	expect_words(&said, "\"why\":\t\"silent\"");
	expect_words(&said, "\"why\":\t\"down\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(table_says_month_token_and_database),
		TEST(failure_says_what_to_do),
		TEST(what_a_credential_needs_is_said),
		TEST(token_that_ends_is_said_and_needs_a_person),
		TEST(database_the_daemon_cannot_write_is_said),
		TEST(last_backup_is_told_and_that_there_is_none),
		TEST(backup_that_is_late_is_warned_of_in_words),
		TEST(records_are_documented),
		TEST(json_has_the_token_the_month_and_what_to_do),
		TEST(nagios_is_fine_when_all_is_well),
		TEST(nagios_warns_of_what_can_wait_and_cries_of_what_cannot),
		TEST(nagios_names_the_cause_that_explains_the_others_first),
		TEST(nagios_hides_nothing_critical_behind_warnings),
		TEST(account_whose_first_day_is_today_is_not_over),
		TEST(account_that_is_over_needs_nobody_nor_does_its_token),
		TEST(token_that_waits_for_a_person_says_what_to_do_whatever_the_last_run_met),
		TEST(account_that_waits_for_a_person_says_what_to_do),
		TEST(nagios_warns_of_a_backup_that_is_no_longer_made),
		TEST(nagios_cries_when_nothing_is_collected_or_kept),
		TEST(nagios_has_an_answer_whatever_is_wrong),
		TEST(new_secret_that_is_refused_is_told_everywhere),
		TEST(prometheus_is_told_each_account_and_token),
		TEST(prometheus_file_is_whole_and_readable_by_all),
		TEST(promtool_has_no_complaint),
		TEST(gaps_say_why_each_day_lacks),
		TEST(account_of_which_nothing_was_ever_read_lacks_everything),
		TEST(what_people_enter_lacks_until_they_do),
		TEST(explain_says_why_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
