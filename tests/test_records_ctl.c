/*
 * Registers as an office keeps them: recorded one by one and from files, corrected, taken back; and
 * what a person must still say before a quarter can be signed.
 */
#include "run.h"
#include "test.h"

#include "metricsd/error.h"
#include "metricsd/json.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Words that may hold blanks; what a person reads is asked for in English. */
#define RUN(place, said, ...) \
	run_words(place, (const char *const[]){ __VA_ARGS__, "--lang", "en", NULL }, said)

/* The command ends so, and says this on one of the two streams. */
#define EXPECT(place, ends_so, out_so, err_so, ...)                \
	do {                                                       \
		SCOPED(said)                                       \
		struct said said_ = { 0 };                         \
                                                                   \
		RUN(place, &said_, __VA_ARGS__);                   \
		assert_string_equal(text_str(&said_.err), err_so); \
		assert_string_equal(text_str(&said_.out), out_so); \
		assert_int_equal(said_.ends, ends_so);             \
	} while (0)

#define EXAMPLES METRICSD_SOURCE "/examples"

static const char events_csv[] = EXAMPLES "/events.csv";
static const char campaigns_csv[] = EXAMPLES "/campaigns.csv";
static const char risks_csv[] = EXAMPLES "/risks.csv";

/* How `text` would look if it had been printed as JSON by summary. */
static cJSON *summary_of(const struct place *place, const char *account)
{
	SCOPED(said)
	struct said said = { 0 };
	cJSON *root = NULL;

	RUN(place, &said, "summary", "2025-Q4", "--account", account, "--format", "json");
	assert_int_equal(said.ends, 0);
	assert_int_equal(json_parse(text_str(&said.out), said.out.length, &root, NULL), 0);
	return root;
}

static const cJSON *figure_in(const cJSON *summary, const char *metric, const char *period)
{
	const cJSON *record;

	cJSON_ArrayForEach (record, json_array(summary, "records")) {
		if (strcmp(json_text(record, "metric"), metric) == 0 &&
		    strcmp(json_text(record, "period"), period) == 0)
			return record;
	}
	fail_msg("no %s of %s", metric, period);
	return NULL;
}

/* A number of the quarter; -1: none. */
static double number_of(const struct place *place, const char *account, const char *metric,
			const char *field)
{
	SCOPED(json)
	cJSON *summary = summary_of(place, account);
	const cJSON *value = json_member(figure_in(summary, metric, "2025-Q4"), field);

	return value ? cJSON_GetNumberValue(value) : -1;
}

static void record_the_quarter(const struct place *place)
{
	EXPECT(place, 0, "events.csv: 6 new records, 0 corrected, 0 as they were.\n", "", "record",
	       "events", "--from", events_csv);
	EXPECT(place, 0, "campaigns.csv: 7 new records, 0 corrected, 0 as they were.\n", "",
	       "record", "campaigns", "--from", campaigns_csv);
	EXPECT(place, 0,
	       "risks.csv: 3 new records, 0 corrected, 0 as they were.\n"
	       "3 were stated before their period began: state them again when that is over.\n",
	       "", "record", "risks", "--from", risks_csv);
}

/* --- several at once */

/* Runs it in a process of its own. */
static pid_t run_beside(const struct place *place, const char *const *words)
{
	pid_t child = fork();

	if (child == 0) {
		struct said said = { 0 };

		run_words(place, words, &said);
		_exit(said.ends);
	}
	return child;
}

/* Whoever waits for the lock meets what was said meanwhile, and writes over nothing unread. */
static void what_two_say_of_a_record_at_once_is_kept_of_both(void **state)
{
	static const char *const correct[] = { "record", "--correct", "2",   "--responsible",
					       "Ana",    "--by",      "eva", NULL };
	const struct origin origin = { .kind = ORIGIN_PERSON, .at = now(), .by = "luz" };
	const struct place *place = *state;
	const struct record *second = NULL;
	struct record *records = NULL;
	struct store *store = NULL;
	struct error err;
	size_t count = 0;
	int status;
	pid_t child;

	record_the_quarter(place);
	assert_int_equal(store_open(place->database, STORE_PERSON, &store, &err), 0);
	assert_int_equal(store_begin(store, &err), 0);
	child = run_beside(place, correct);
	(void)usleep(200000); /* time to read, were nothing in its way */
	assert_int_equal(store_records(store, "itagui", "eventos", "events", (struct window){ 0 },
				       &records, &count, &err),
			 0);
	for (size_t i = 0; i < count; i++) {
		if (records[i].id != 2)
			continue;
		records[i].known = true;
		records[i].number = 21;
		second = &records[i];
	}
	assert_non_null(second);
	assert_int_equal(store_record(store, "itagui", second, 1, &origin, NULL, &err), 0);
	assert_int_equal(store_commit(store, &err), 0);
	records_free(records, count);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(store_record_history(store, "itagui", 2, &records, &count, &err), 0);
	assert_int_equal(count, 3);
	assert_true(records[2].known);
	assert_int_equal(records[2].number, 21);
	assert_string_equal(records[2].responsible, "Ana");
	records_free(records, count);
	store_close(store);
}

/* --- files */

static void the_registers_of_the_real_quarter_give_its_figures(void **state)
{
	const struct place *place = *state;

	record_the_quarter(place);
	assert_int_equal((int)number_of(place, "eventos", "events", "value"), 6);
	assert_int_equal((int)number_of(place, "eventos", "attendees", "low"), 101);
	assert_int_equal((int)number_of(place, "eventos", "attendees", "high"), -1);
	assert_int_equal((int)number_of(place, "eventos", "attendees_max", "low"), 45);
	assert_int_equal((int)number_of(place, "eventos", "attendees", "known_days"), 3);
	assert_int_equal((int)number_of(place, "eventos", "attendees", "period_days"), 6);
	assert_int_equal((int)number_of(place, "campanas", "campaigns", "value"), 2);
	assert_int_equal((int)number_of(place, "riesgos", "risks", "value"), 3);
	/* their verdicts are of before the quarter */
	assert_int_equal((int)number_of(place, "riesgos", "materialised", "low"), 0);
	assert_int_equal((int)number_of(place, "riesgos", "materialised", "high"), 3);
}

static void a_file_again_changes_nothing(void **state)
{
	const struct place *place = *state;
	struct store_totals before, after;

	record_the_quarter(place);
	before = totals(place);
	EXPECT(place, 0, "events.csv: 0 new records, 0 corrected, 6 as they were.\n", "", "record",
	       "event", "--from", events_csv);
	EXPECT(place, 0, "campaigns.csv: 0 new records, 0 corrected, 7 as they were.\n", "",
	       "record", "campanas", "--from", campaigns_csv);
	after = totals(place);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void an_empty_cell_never_makes_a_known_attendance_unknown(void **state)
{
	const struct place *place = *state;

	record_the_quarter(place);
	EXPECT(place, 0,
	       "itagui/eventos events 2025-10-28: Rendición Pública de Cuentas · 120\n"
	       "Record 4 is corrected; what it said before is kept.\n",
	       "", "record", "--correct", "4", "--attendees", "120");
	EXPECT(place, 0, "events.csv: 0 new records, 0 corrected, 6 as they were.\n", "", "record",
	       "events", "--from", events_csv);
	assert_int_equal((int)number_of(place, "eventos", "attendees", "low"), 221);
	EXPECT(place, 0,
	       "itagui/eventos events 2025-10-28: Rendición Pública de Cuentas · —\n"
	       "Record 4 is corrected; what it said before is kept.\n",
	       "", "record", "--correct", "4", "--attendees", "unknown");
	assert_int_equal((int)number_of(place, "eventos", "attendees", "low"), 101);
}

static void every_mistake_of_a_file_is_named_and_nothing_stored(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	RUN(place, &said, "record", "events", "--from", "events_mistakes.csv");
	assert_int_equal(said.ends, 3);
	assert_string_equal(text_str(&said.out), "");
	assert_fixture("csv/events_mistakes.txt", text_str(&said.err));
	assert_int_equal(access(place->database, F_OK), -1);
	EXPECT(place, 3, "",
	       "campaigns_backwards.csv:2: it ends (2025-12-01) before it begins (2025-12-09)\n"
	       "metricsctl: campaigns_backwards.csv: nothing was recorded\n",
	       "record", "campaigns", "--from", "campaigns_backwards.csv");
	EXPECT(place, 3, "",
	       "semicolons.csv:1: unknown column \"period\"; expected "
	       "date,event[,attendees,responsible,note,evidence]\n"
	       "semicolons.csv:1: unknown column \"account\"; expected "
	       "date,event[,attendees,responsible,note,evidence]\n"
	       "semicolons.csv:1: unknown column \"metric\"; expected "
	       "date,event[,attendees,responsible,note,evidence]\n"
	       "semicolons.csv:1: unknown column \"value\"; expected "
	       "date,event[,attendees,responsible,note,evidence]\n"
	       "semicolons.csv:1: unknown column \"uncertainty\"; expected "
	       "date,event[,attendees,responsible,note,evidence]\n"
	       "semicolons.csv:1: column \"date\" is missing\n"
	       "semicolons.csv:1: column \"event\" is missing\n"
	       "metricsctl: semicolons.csv: nothing was recorded\n",
	       "record", "events", "--from", "semicolons.csv");
	EXPECT(place, 3, "", "metricsctl: nowhere.csv: No such file or directory\n", "record",
	       "events", "--from", "nowhere.csv");
}

static void semicolons_a_bom_and_unknown_attendance_are_read(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *first, *second;

	EXPECT(place, 0, "events_semicolons.csv: 2 new records, 0 corrected, 0 as they were.\n", "",
	       "record", "events", "--from", "events_semicolons.csv");
	RUN(place, &said, "record", "--list", "events", "--format", "json");
	assert_int_equal(json_parse(text_str(&said.out), said.out.length, &root, NULL), 0);
	first = cJSON_GetArrayItem(json_array(root, "records"), 0);
	second = cJSON_GetArrayItem(json_array(root, "records"), 1);
	assert_string_equal(json_text(first, "title"), "Charla, con \"comas\"");
	assert_null(json_member(first, "number"));
	assert_string_equal(json_text(first, "evidence"), "captura.png");
	assert_string_equal(json_text(first, "sha256"),
			    "55550498a7123fe3be914505ddb4ab6c25d95a75baff52ce63d710f403d1d1d9");
	assert_int_equal((int)cJSON_GetNumberValue(json_member(second, "number")), 0);
	assert_string_equal(json_text(second, "evidence"), "https://entidad.example/foro");
	assert_null(json_member(second, "sha256"));
	assert_string_equal(json_text(second, "note"), "dos líneas");
}

/* --- one by one */

static void an_event_is_recorded_corrected_and_withdrawn_with_a_trace(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	EXPECT(place, 0, "itagui/eventos events 2025-10-06: Charla · —\nRecord 1.\n", "", "record",
	       "event", "--date", "2025-10-06", "--title", "Charla", "--by", "Ana");
	EXPECT(place, 0,
	       "itagui/eventos events 2025-10-06: Charla · —\n"
	       "Nothing new: record 1 says that already.\n",
	       "", "record", "event", "--date", "2025-10-06", "--title", "Charla");
	EXPECT(place, 0,
	       "itagui/eventos events 2025-10-06: Charla · 45\n"
	       "Record 1 is corrected; what it said before is kept.\n",
	       "", "record", "event", "--date", "2025-10-06", "--title", "Charla", "--attendees",
	       "45", "--responsible", "Derechos Humanos");
	EXPECT(place, 0,
	       "itagui/eventos events 2025-10-07: Charla · 45\n"
	       "Record 1 is corrected; what it said before is kept.\n",
	       "", "record", "--correct", "1", "--date", "2025-10-07", "--by", "Luz");
	EXPECT(place, 0, "Record 1 (Charla) is withdrawn; its trace stays.\n", "", "record",
	       "--withdraw", "1", "--note", "fue en noviembre");
	EXPECT(place, 0, "No records.\n", "", "record", "--list");
	RUN(place, &said, "record", "--history", "1");
	assert_string_equal(
		text_str(&said.out),
		"Personería de Itagüí\n\n"
		"2026-01-15 12:00  Ana  2025-10-06  Charla             —\n"
		"2026-01-15 12:00  ana  2025-10-06  Charla            45  Derechos Humanos\n"
		"2026-01-15 12:00  Luz  2025-10-07  Charla            45  Derechos Humanos\n"
		"2026-01-15 12:00  ana  withdrawn   fue en noviembre\n");
	EXPECT(place, 2, "", "metricsctl: record 1 is withdrawn: record it anew\n", "record",
	       "--correct", "1", "--title", "x");
}

static void a_campaign_and_a_risk_keep_what_is_said_of_them(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *campaign, *risk;

	EXPECT(place, 0,
	       "itagui/campanas campaigns 2025-12-09..2025-12-15: Integridad\nRecord 1.\n", "",
	       "record", "campaign", "--from", "2025-12-09", "--to", "2025-12-15", "--title",
	       "Integridad", "--audience", "funcionarios", "--products", "5 post", "--channels",
	       "WhatsApp");
	EXPECT(place, 0,
	       "itagui/campanas campaigns 2025-12-09..2025-12-16: Integridad\n"
	       "Record 1 is corrected; what it said before is kept.\n",
	       "", "record", "--correct", "1", "--to", "2025-12-16", "--coordination",
	       "Control Interno");
	EXPECT(place, 0, "itagui/riesgos risks 2025-10-01..2025-12-31: Retrasos · no\nRecord 2.\n",
	       "", "record", "risk", "--period", "2025-Q4", "--title", "Retrasos", "--materialised",
	       "no", "--noted", "2026-01-05", "--note", "ninguno");
	RUN(place, &said, "record", "--list", "2025-Q4", "--format", "json");
	assert_int_equal(json_parse(text_str(&said.out), said.out.length, &root, NULL), 0);
	risk = cJSON_GetArrayItem(json_array(root, "records"), 0);
	campaign = cJSON_GetArrayItem(json_array(root, "records"), 1);
	assert_string_equal(json_text(campaign, "audience"), "funcionarios");
	assert_string_equal(json_text(campaign, "channels"), "WhatsApp");
	assert_string_equal(json_text(campaign, "coordination"), "Control Interno");
	assert_string_equal(json_text(campaign, "products"), "5 post");
	assert_null(json_member(campaign, "number"));
	assert_string_equal(json_text(risk, "noted"), "2026-01-05");
	assert_string_equal(json_text(risk, "note"), "ninguno");
}

static void what_an_office_counts_one_by_one_adds_up(void **state)
{
	const struct place *place = *state;

	EXPECT(place, 0, "itagui/comunicaciones accompaniments 2025-10-05: Rueda · 1\nRecord 1.\n",
	       "", "record", "accompaniments", "--date", "2025-10-05", "--title", "Rueda");
	EXPECT(place, 0, "itagui/comunicaciones accompaniments 2025-11-05: Varios · 3\nRecord 2.\n",
	       "", "record", "accompaniments", "--date", "2025-11-05", "--title", "Varios",
	       "--count", "3");
	EXPECT(place, 0,
	       "itagui/comunicaciones accompaniments 2025-12-01..2025-12-31: nothing\nRecord 3.\n",
	       "", "record", "accompaniments", "--none", "2025-12");
	assert_int_equal((int)number_of(place, "comunicaciones", "accompaniments", "value"), 4);
}

static void a_month_the_summary_takes_from_elsewhere_is_named(void **state)
{
	const struct place *place = *state;

	EXPECT(place, 0, "itagui/comunicaciones designs 2025-10: 77 (csv)\nEntry 1.\n", "", "enter",
	       "comunicaciones", "designs", "2025-10", "77", "--source", "csv");
	EXPECT(place, 0,
	       "itagui/comunicaciones designs 2025-10-05: Afiche · 1\nRecord 1.\n"
	       "itagui/comunicaciones designs 2025-10: the summary shows 77 (csv); what is counted "
	       "one by one goes behind it: `metricsctl explain` shows both\n",
	       "", "record", "designs", "--date", "2025-10-05", "--title", "Afiche");
}

static void blanks_around_a_title_make_no_other_record(void **state)
{
	const struct place *place = *state;

	EXPECT(place, 0, "itagui/eventos events 2025-10-03: Feria del libro · 12\nRecord 1.\n", "",
	       "record", "event", "--date", "2025-10-03", "--title", "Feria del libro",
	       "--attendees", "12");
	EXPECT(place, 0,
	       "itagui/eventos events 2025-10-03: Feria del libro · 12\n"
	       "Nothing new: record 1 says that already.\n",
	       "", "record", "event", "--date", "2025-10-03", "--title",
	       " \u00a0Feria del libro \u00a0");
	EXPECT(place, 2, "", "metricsctl: event is missing\n", "record", "event", "--date",
	       "2025-10-03", "--title", "  ");
}

static void that_there_was_nothing_is_said_of_whole_months(void **state)
{
	const struct place *place = *state;

	EXPECT(place, 0, "itagui/eventos events 2025-11-01..2025-11-30: nothing\nRecord 1.\n", "",
	       "record", "event", "--none", "2025-11");
	EXPECT(place, 2, "",
	       "metricsctl: it is recorded that there was nothing in 2025-11-01..2025-11-30: take "
	       "that back first, metricsctl record --withdraw 1\n",
	       "record", "event", "--date", "2025-11-19", "--title", "Foro");
	EXPECT(place, 0, "itagui/eventos events 2025-10-06: Charla · —\nRecord 2.\n", "", "record",
	       "event", "--date", "2025-10-06", "--title", "Charla");
	EXPECT(place, 2, "", "metricsctl: there was something: record 2, 2025-10-06 Charla\n",
	       "record", "event", "--none", "2025-B5");
	EXPECT(place, 2, "",
	       "metricsctl: 2025-12-01..2025-12-10: that there was nothing is said of whole "
	       "months, like 2025-11\n",
	       "record", "event", "--none", "2025-12-01..2025-12-10");
	EXPECT(place, 2, "",
	       "metricsctl: 2026-01-01..2026-01-31 is not over: say that there was nothing when "
	       "it is\n",
	       "record", "event", "--none", "2026-01");
	EXPECT(place, 2, "",
	       "metricsctl: record 1 says that there was nothing: withdraw it and record what "
	       "there was\n",
	       "record", "--correct", "1", "--title", "Foro");
}

static void what_cannot_be_recorded_is_refused_in_clear_words(void **state)
{
	const struct place *place = *state;

	EXPECT(place, 2, "", "metricsctl: --date is missing: an event wants --date, --title\n",
	       "record", "event", "--title", "x");
	EXPECT(place, 2, "",
	       "metricsctl: 2027-01-01 has not been yet; today is 2026-01-15: record it when it "
	       "has\n",
	       "record", "event", "--date", "2027-01-01", "--title", "x");
	EXPECT(place, 2, "",
	       "metricsctl: date: \"2025-10\": expected a day like 2025-10-06, or days like "
	       "2025-10-06..2025-10-08\n",
	       "record", "event", "--date", "2025-10", "--title", "x");
	EXPECT(place, 2, "",
	       "metricsctl: an event has no --audience; it has --date, --title, --attendees, "
	       "--responsible, --note, --evidence\n",
	       "record", "event", "--date", "2025-10-05", "--title", "x", "--audience", "y");
	EXPECT(place, 2, "", "metricsctl: materialised \"maybe\": expected yes or no\n", "record",
	       "risk", "--period", "2025-Q4", "--title", "x", "--materialised", "maybe");
	EXPECT(place, 2, "", "metricsctl: noted 2026-02-01 has not been yet; today is 2026-01-15\n",
	       "record", "risk", "--period", "2025-Q4", "--title", "x", "--noted", "2026-02-01");
	EXPECT(place, 2, "", "metricsctl: nothing is called \"riks\", did you mean \"risks\"?\n",
	       "record", "riks", "--period", "2025-Q4", "--title", "x");
	EXPECT(place, 2, "",
	       "metricsctl: there is no record 9: metricsctl record --list has their numbers\n",
	       "record", "--correct", "9", "--title", "x");
	EXPECT(place, 2, "",
	       "metricsctl: say one of --list, --history, --correct, --withdraw, --none and "
	       "--from FILE\n",
	       "record", "event", "--none", "2025-11", "--list");
	EXPECT(place, 2, "", "metricsctl: --title is empty\n", "record", "event", "--date",
	       "2025-10-05", "--title", "");
	EXPECT(place, 2, "",
	       "metricsctl: events is counted from what eventos records: metricsctl record events "
	       "…\n",
	       "enter", "eventos", "events", "2025-10", "4");
}

static void without_a_register_it_says_what_to_configure(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text config = { 0 };
	SCOPED(text)
	struct text err = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\"; control = \"%s\"; entities: ( { id = \"e\"; name = "
		  "\"E\"; zone = \"America/Bogota\"; language = \"en\"; accounts: ( { id = \"x\"; "
		  "collector = \"manual\"; entered = [\"followers\"]; } ); } );\n",
		  place->path, place->control);
	write_file(place->config, text_str(&config));
	text_addf(&err,
		  "metricsctl: no account keeps events; write into the accounts of the entity in "
		  "%s: { id = \"events\"; title = \"events\"; collector = \"events\"; }\n",
		  place->config);
	EXPECT(place, 2, "", text_str(&err), "record", "event", "--date", "2025-10-06", "--title",
	       "x");
	EXPECT(place, 2, "",
	       "metricsctl: followers is not counted one by one: enter its figure, metricsctl "
	       "enter x followers PERIOD VALUE\n",
	       "record", "followers", "--date", "2025-10-06", "--title", "x");
}

/* --- evidence */

static void a_file_as_evidence_is_kept_with_its_hash(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	EXPECT(place, 0, "itagui/x views 2025-10: 2,106 (manual)\nEntry 1.\n", "", "enter", "x",
	       "views", "2025-10", "2106", "--evidence", "file:captura.png");
	EXPECT(place, 2, "",
	       "metricsctl: evidence: there is no file \"nada.png\": give a link (https://…), the "
	       "path of a file, or say it in the note\n",
	       "enter", "x", "views", "2025-11", "1", "--evidence", "nada.png");
	EXPECT(place, 0,
	       "itagui/x views 2025-11: 1,830 (manual)\nEntry 2.\n"
	       "\\\\192.168.2.6\\com\\x.png is a path of the office's own network: nobody outside "
	       "can look at it, and no SHA-256 of it is kept.\n",
	       "", "enter", "x", "views", "2025-11", "1830", "--evidence",
	       "\\\\192.168.2.6\\com\\x.png");
	RUN(place, &said, "entries", "--format", "csv");
	assert_non_null(strstr(text_str(&said.out), ",captura.png,"
						    "55550498a7123fe3"));
	assert_non_null(strstr(text_str(&said.out), ",\\\\192.168.2.6\\com\\x.png,\r\n"));
}

/* --- what is pending */

static void pending_lists_exactly_what_the_real_quarter_lacks(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	run(place, "import " EXAMPLES "/monthly.csv", &said);
	assert_int_equal(said.ends, 0);
	record_the_quarter(place);
	scoped_said(&said);
	RUN(place, &said, "pending", "2025-Q4");
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 1);
	assert_fixture("ctl/pending_en.txt", text_str(&said.out));
	scoped_said(&said);
	RUN(place, &said, "pending", "2025-Q4", "--format", "json");
	assert_int_equal(said.ends, 1);
	assert_fixture("ctl/pending.json", text_str(&said.out));
}

static void what_has_been_said_is_no_longer_pending(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	record_the_quarter(place);
	for (int risk = 14; risk <= 16; risk++) {
		char number[16];

		(void)snprintf(number, sizeof(number), "%d", risk);
		RUN(place, &said, "record", "--correct", number, "--noted", "2026-01-05");
		assert_int_equal(said.ends, 0);
		scoped_said(&said);
	}
	EXPECT(place, 0, "Personería de Itagüí · Q4 2025\nNothing is pending.\n", "", "pending",
	       "2025-Q4", "--account", "riesgos");
	/* the next quarter, nobody has stated them again */
	RUN(place, &said, "pending", "2026-01", "--account", "riesgos", "--format", "csv");
	assert_int_equal(said.ends, 1);
	assert_non_null(strstr(text_str(&said.out), ",statement,"));
	assert_non_null(strstr(text_str(&said.out), "not stated in this period"));
}

static void months_of_a_register_nobody_kept_are_pending(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	EXPECT(place, 0, "itagui/eventos events 2025-10-06: Charla · 5\nRecord 1.\n", "", "record",
	       "event", "--date", "2025-10-06", "--title", "Charla", "--attendees", "5");
	RUN(place, &said, "pending", "2025-Q4", "--account", "eventos");
	assert_int_equal(said.ends, 1);
	assert_string_equal(text_str(&said.out),
			    "Personería de Itagüí · Q4 2025\n\n"
			    "Registers with nothing recorded\n"
			    "  Eventos  Nov, Dec    Events\n"
			    "  → metricsctl record LIST …   /   metricsctl record LIST --none "
			    "MONTH\n");
	EXPECT(place, 0, "itagui/eventos events 2025-11-01..2025-12-31: nothing\nRecord 2.\n", "",
	       "record", "event", "--none", "2025-11-01..2025-12-31");
	EXPECT(place, 0, "Personería de Itagüí · Q4 2025\nNothing is pending.\n", "", "pending",
	       "2025-Q4", "--account", "eventos");
}

static void a_figure_of_the_whole_quarter_leaves_no_month_pending(void **state)
{
	const struct place *place = *state;

	EXPECT(place, 0, "itagui/comunicaciones designs 2025-Q4: 77 (manual)\nEntry 1.\n", "",
	       "enter", "comunicaciones", "designs", "2025-Q4", "77");
	EXPECT(place, 1,
	       "Personería de Itagüí · Q4 2025\n\n"
	       "Figures nobody has entered\n"
	       "  Comunicaciones  Oct, Nov, Dec    Acompañamientos\n"
	       "  → metricsctl enter ACCOUNT METRIC PERIOD VALUE\n",
	       "", "pending", "2025-Q4", "--account", "comunicaciones");
}

static void what_was_entered_without_evidence_is_a_list_of_its_own(void **state)
{
	const struct place *place = *state;

	EXPECT(place, 0, "itagui/x views 2025-10: 2,106 (manual)\nEntry 1.\n", "", "enter", "x",
	       "views", "2025-10", "2106");
	EXPECT(place, 0, "itagui/x posts 2025-10: 46 (manual)\nEntry 2.\n", "", "enter", "x",
	       "posts", "2025-10", "46", "--evidence", "https://x.example/perfil");
	EXPECT(place, 1,
	       "Personería de Itagüí · Q4 2025\n\n"
	       "Entered without evidence\n"
	       "  X  2025-10-01..2025-10-31  1  Views\n"
	       "  → metricsctl enter … --evidence WHERE   /   record --correct RECORD --evidence "
	       "WHERE\n",
	       "", "pending", "2025-Q4", "--evidence", "--account", "x");
}

/* --- plans */

static void write_plans(const struct place *place)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "@include \"" EXAMPLES "/plans.conf\"\n",
		  place->path, place->control);
	write_file(place->config, text_str(&config));
}

static void follow_up_is_entered_as_yes_no_or_percent(void **state)
{
	struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	write_plans(place);
	place->now += 181LL * 86400; /* July 2026 */
	EXPECT(place, 0, "concejo-medellin/plan-2026 a02 2026-S1: yes (manual)\nEntry 1.\n", "",
	       "enter", "plan-2026", "a02", "2026-S1", "sí");
	EXPECT(place, 0, "concejo-medellin/plan-2026 a08 2026-S1: 50% (manual)\nEntry 2.\n", "",
	       "enter", "plan-2026", "a08", "2026-S1", "50%");
	EXPECT(place, 2, "", "metricsctl: value 101: a08 is a percentage, 0 to 100\n", "enter",
	       "plan-2026", "a08", "2026-S1", "101");
	EXPECT(place, 2, "", "metricsctl: value \"quizás\": expected yes or no\n", "enter",
	       "plan-2026", "a02", "2026-S1", "quizás");
	RUN(place, &said, "pending", "2026-S1", "--account", "plan-2026", "--format", "csv");
	assert_int_equal(said.ends, 1);
	assert_non_null(strstr(text_str(&said.out), ",follow-up,plan-2026,"));
	assert_non_null(strstr(text_str(&said.out), ",a04,"));
	assert_null(strstr(text_str(&said.out), ",a02,"));
	assert_null(strstr(text_str(&said.out), ",a08,"));
}

/* --- closed periods */

static void what_comes_into_a_closed_period_is_kept_and_said_so(void **state)
{
	const struct place *place = *state;

	{
		SCOPED(store)
		struct store *store = open_store(place, STORE_PERSON);
		const struct closing closing = {
			.entity = (char[]){ "itagui" },
			.period = (char[]){ "2025-Q4" },
			.window = { day_of(2025, 10, 1), 92 },
			.at = now(),
			.by = (char[]){ "ana" },
			.sha256 =
				"0000000000000000000000000000000000000000000000000000000000000000",
			.json = (char[]){ "{}" },
		};
		int64_t id;

		assert_int_equal(store_closing_add(store, &closing, &id, NULL), 0);
	}
	EXPECT(place, 0,
	       "itagui/eventos events 2025-10-06: Charla · —\nRecord 1.\n"
	       "2025-Q4 is closed: its figures stay as they were published until it is reopened "
	       "(metricsctl reopen 2025-Q4).\n",
	       "", "record", "event", "--date", "2025-10-06", "--title", "Charla");
	EXPECT(place, 0,
	       "itagui/x views 2025-10: 2,106 (manual)\nEntry 2.\n"
	       "2025-Q4 is closed: its figures stay as they were published until it is reopened "
	       "(metricsctl reopen 2025-Q4).\n",
	       "", "enter", "x", "views", "2025-10", "2106");
	EXPECT(place, 0, "itagui/x views 2025-09: 2,000 (manual)\nEntry 3.\n", "", "enter", "x",
	       "views", "2025-09", "2000");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)
	const struct CMUnitTest tests[] = {
		TEST(the_registers_of_the_real_quarter_give_its_figures),
		TEST(what_two_say_of_a_record_at_once_is_kept_of_both),
		TEST(a_file_again_changes_nothing),
		TEST(an_empty_cell_never_makes_a_known_attendance_unknown),
		TEST(every_mistake_of_a_file_is_named_and_nothing_stored),
		TEST(semicolons_a_bom_and_unknown_attendance_are_read),
		TEST(an_event_is_recorded_corrected_and_withdrawn_with_a_trace),
		TEST(a_campaign_and_a_risk_keep_what_is_said_of_them),
		TEST(what_an_office_counts_one_by_one_adds_up),
		TEST(a_month_the_summary_takes_from_elsewhere_is_named),
		TEST(blanks_around_a_title_make_no_other_record),
		TEST(that_there_was_nothing_is_said_of_whole_months),
		TEST(what_cannot_be_recorded_is_refused_in_clear_words),
		TEST(without_a_register_it_says_what_to_configure),
		TEST(a_file_as_evidence_is_kept_with_its_hash),
		TEST(pending_lists_exactly_what_the_real_quarter_lacks),
		TEST(what_has_been_said_is_no_longer_pending),
		TEST(months_of_a_register_nobody_kept_are_pending),
		TEST(a_figure_of_the_whole_quarter_leaves_no_month_pending),
		TEST(what_was_entered_without_evidence_is_a_list_of_its_own),
		TEST(follow_up_is_entered_as_yes_no_or_percent),
		TEST(what_comes_into_a_closed_period_is_kept_and_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
