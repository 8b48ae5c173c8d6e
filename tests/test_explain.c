/* From a figure down to where it came from, as people read it and as programs do. */
#include "run.h"
#include "test.h"

#include "metricsd/json.h"

#include <stdio.h>
#include <string.h>

/* Words that may hold blanks; what a person reads is asked for in English. */
#define RUN(place, said, ...) \
	run_words(place, (const char *const[]){ __VA_ARGS__, "--lang", "en", NULL }, said)

#define EXAMPLES METRICSD_SOURCE "/examples"

static void store_the_quarter(const struct place *place)
{
	static const char *const commands[] = {
		"import " EXAMPLES "/monthly.csv",
		"record events --from " EXAMPLES "/events.csv",
		"record campaigns --from " EXAMPLES "/campaigns.csv",
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		SCOPED(said)
		struct said said = { 0 };

		run(place, commands[i], &said);
		assert_string_equal(text_str(&said.err), "");
		assert_int_equal(said.ends, 0);
	}
}

static void assert_explained(const struct place *place, const char *account, const char *metric,
			     const char *period, const char *fixture)
{
	SCOPED(said)
	struct said said = { 0 };

	RUN(place, &said, "explain", account, metric, period);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
	assert_fixture(fixture, text_str(&said.out));
}

static cJSON *explained(const struct place *place, const char *account, const char *metric,
			const char *period)
{
	SCOPED(said)
	struct said said = { 0 };
	cJSON *root = NULL;

	RUN(place, &said, "explain", account, metric, period, "--format", "json", "--items");
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
	assert_int_equal(json_parse(text_str(&said.out), said.out.length, &root, NULL), 0);
	assert_string_equal(json_text(root, "format"), "metricsd.explain");
	return root;
}

static int64_t number(const cJSON *object, const char *name)
{
	int64_t value;

	assert_int_equal(json_int(object, name, &value, NULL), 0);
	return value;
}

static const cJSON *item(const cJSON *object, const char *list, int place)
{
	const cJSON *found = cJSON_GetArrayItem(json_array(object, list), place);

	assert_non_null(found);
	return found;
}

static int count(const cJSON *object, const char *list)
{
	return cJSON_GetArraySize(json_array(object, list));
}

/* --- what a file brought */

static void an_imported_figure_goes_down_to_its_file(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;

	store_the_quarter(place);
	assert_explained(place, "facebook", "visits", "2025-Q4", "ctl/explain_file_en.txt");
	root = explained(place, "facebook", "visits", "2025-Q4");
	assert_int_equal(number(json_member(root, "figure"), "low"), 4700);
	assert_null(json_member(json_member(root, "figure"), "high"));
	assert_string_equal(json_text(root, "formula"), "3,400 ± 50 + 1,400 ± 50 + —");
	assert_int_equal(count(root, "windows"), 2);
	assert_int_equal(number(item(root, "windows", 1), "value"), 1400);
	assert_int_equal(count(root, "origins"), 1);
	assert_string_equal(json_text(item(root, "origins", 0), "what"), "monthly.csv");
	assert_int_equal(strlen(json_text(item(root, "origins", 0), "sha256")), 64);
	assert_int_equal(count(root, "months"), 3);
	assert_string_equal(json_text(json_member(item(root, "months", 2), "figure"), "form"),
			    "none");
}

/* --- what a person said */

static void a_typed_figure_shows_who_said_what_and_when(void **state)
{
	struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *revision;

	RUN(place, &said, "enter", "x", "views", "2025-10", "2106", "--by", "Ana", "--evidence",
	    "captura.png");
	scoped_said(&said);
	place->now += 3600;
	RUN(place, &said, "enter", "x", "views", "2025-10", "2206", "--by", "Luz", "--note",
	    "leído otra vez");
	scoped_said(&said);
	RUN(place, &said, "enter", "x", "views", "2025-10", "2300", "--source", "csv");
	assert_explained(place, "x", "views", "2025-10", "ctl/explain_typed_en.txt");
	root = explained(place, "x", "views", "2025-10");
	assert_string_equal(json_text(json_member(root, "figure"), "source"), "csv");
	assert_int_equal(count(root, "sources"), 2);
	revision = item(root, "revisions", 0);
	assert_int_equal(number(revision, "value"), 2106);
	assert_int_equal(number(revision, "origin"), 1);
	assert_int_equal(number(revision, "replaced_by"), 2);
	assert_string_equal(json_text(item(root, "origins", 0), "evidence"), "captura.png");
	assert_int_equal(strlen(json_text(item(root, "origins", 0), "sha256")), 64);
	assert_string_equal(json_text(item(root, "origins", 1), "note"), "leído otra vez");
}

static void what_was_withdrawn_is_still_told(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;

	RUN(place, &said, "enter", "x", "views", "2025-10", "2106");
	scoped_said(&said);
	RUN(place, &said, "withdraw", "1", "--note", "era noviembre");
	assert_int_equal(said.ends, 0);
	root = explained(place, "x", "views", "2025-10");
	assert_string_equal(json_text(json_member(root, "figure"), "form"), "none");
	assert_int_equal(number(item(root, "revisions", 0), "value"), 2106);
	assert_string_equal(json_text(item(root, "origins", 1), "note"), "era noviembre");
}

/* --- what is made of others */

static void a_group_goes_down_to_its_accounts(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;

	store_the_quarter(place);
	assert_explained(place, "redes", "posts", "2025-Q4", "ctl/explain_group_en.txt");
	root = explained(place, "redes", "posts", "2025-Q4");
	assert_string_equal(json_text(root, "formula"), "94 + 89 + 90");
	assert_int_equal(count(root, "terms"), 3);
	assert_string_equal(json_text(item(root, "terms", 2), "account"), "x");
	assert_int_equal(number(json_member(item(root, "terms", 2), "figure"), "value"), 90);
}

static void a_derived_figure_goes_down_to_its_terms(void **state)
{
	const struct place *place = *state;
	static const char *const names[] = { "publicaciones", "publicaciones.posts" };

	store_the_quarter(place);
	for (size_t i = 0; i < 2; i++) {
		SCOPED(json)
		cJSON *root = explained(place, names[i], "posts", "2025-Q4");

		assert_int_equal(number(json_member(root, "figure"), "value"), 279);
		assert_string_equal(json_text(root, "formula"), "273 + 6");
		assert_string_equal(json_text(item(root, "terms", 0), "account"), "redes");
		assert_int_equal(number(item(root, "terms", 1), "sign"), 1);
	}
	assert_explained(place, "publicaciones", "posts", "2025-Q4", "ctl/explain_derived_en.txt");
}

static void a_register_figure_goes_down_to_its_records(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *figure;

	store_the_quarter(place);
	assert_explained(place, "eventos", "attendees_per_event", "2025-Q4",
			 "ctl/explain_register_en.txt");
	root = explained(place, "eventos", "attendees_per_event", "2025-Q4");
	figure = json_member(root, "figure");
	assert_int_equal(number(figure, "known_days"), 3);
	assert_int_equal(number(figure, "period_days"), 6);
	assert_string_equal(json_text(root, "formula"), "(45 + 16 + 40) / 3");
	assert_int_equal(count(root, "records"), 6);
	assert_null(json_member(item(root, "records", 1), "number"));
	assert_int_equal(number(item(root, "records", 2), "number"), 16);
	assert_string_equal(json_text(item(root, "origins", 0), "what"), "events.csv");
}

static void a_campaign_counts_in_each_month_it_has_a_day_in(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;

	store_the_quarter(place);
	root = explained(place, "campanas", "campaigns", "2025-Q4");
	assert_int_equal(number(json_member(root, "figure"), "value"), 2);
	assert_int_equal(count(root, "records"), 2);
	assert_string_equal(json_text(item(root, "records", 0), "first_day"), "2025-10-10");
	assert_string_equal(json_text(json_member(item(root, "records", 0), "details"), "products"),
			    "4 post");
}

/* --- what was collected */

static const struct metric page_metrics[] = {
	{ .id = "visits", .provider = "page_views_total", .kind = METRIC_FLOW },
	{ .id = "posts", .kind = METRIC_FLOW, .items = ITEM_POST },
	{ 0 },
};

static void write_collected(const struct place *place)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "tokens: ( { id = \"meta\"; kind = \"page\"; file = \"%s/token\"; } );\n"
		  "entities: ( { id = \"simulada\"; name = \"Entidad simulada\";\n"
		  "  zone = \"America/Bogota\"; language = \"en\"; notice = \"SIMULADO\";\n"
		  "  accounts: ( { id = \"facebook\"; title = \"Facebook\";\n"
		  "    collector = \"facebook\"; page = \"104000000000001\"; token = \"meta\";\n"
		  "    } ); } );\n",
		  place->path, place->control, place->path);
	write_file(place->config, text_str(&config));
}

/* What a sweep of October brought: 10 visits a day, one day changed later, and three posts. */
static void collect(const struct place *place, struct findings *findings, int64_t at)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	const struct answer answer = {
		.channel = {
			.entity = "simulada",
			.account = "facebook",
			.source = "facebook",
			.zone = "America/Los_Angeles",
			.subject = "page 104000000000001",
			.metrics = page_metrics,
		},
		.findings = findings,
		.origin = {
			.kind = ORIGIN_REQUEST,
			.at = at,
			.what = "insights day page_views_total",
		},
		.sweep = SWEEP_DAILY,
	};
	struct changes changes;
	struct error err;

	if (store_answer(store, &answer, &changes, &err) < 0)
		fail_msg("%s", err.text);
	findings_reset(findings);
}

static void collect_october(const struct place *place)
{
	SCOPED(findings)
	struct findings findings = { 0 };
	int32_t first = day_of(2025, 10, 1);
	int64_t since, until;

	assert_int_equal(time_parse("2025-10-01T05:00:00Z", &since, NULL), 0);
	assert_int_equal(time_parse("2025-11-01T05:00:00Z", &until, NULL), 0);
	for (int32_t day = 0; day < 31; day++)
		if (day != 20)
			findings_sample(&findings, &page_metrics[0],
					(struct window){ first + day, 1 }, 10, 0);
	findings_watch(&findings, ITEM_POST, since, until);
	findings_item(&findings, ITEM_POST, "104_1", since + 3600);
	findings_item(&findings, ITEM_POST, "104_2", since + 7200);
	findings_item(&findings, ITEM_POST, "104_3", since + 86400);
	collect(place, &findings, place->now - 86400);
	findings_sample(&findings, &page_metrics[0], (struct window){ first + 3, 1 }, 12, 0);
	collect(place, &findings, place->now - 3600);
}

static void daily_windows_are_folded_and_their_requests_named(void **state)
{
	const struct place *place = *state;
	SCOPED(json)
	cJSON *root = NULL;

	write_collected(place);
	collect_october(place);
	assert_explained(place, "facebook", "visits", "2025-10", "ctl/explain_collected_en.txt");
	root = explained(place, "facebook", "visits", "2025-10");
	assert_int_equal(number(json_member(root, "figure"), "low"), 302);
	assert_int_equal(count(root, "windows"), 30);
	assert_int_equal(number(item(root, "revisions", 0), "value"), 10);
	assert_string_equal(json_text(item(root, "origins", 0), "what"),
			    "insights day page_views_total");
	assert_string_equal(json_text(item(root, "origins", 0), "kind"), "request");
	assert_string_equal(json_text(item(root, "definitions", 0), "source"), "facebook");
	assert_string_equal(json_text(root, "notice"), "SIMULADO");
}

static void publications_are_listed_where_they_were_counted(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;

	write_collected(place);
	collect_october(place);
	root = explained(place, "facebook", "posts", "2025-10");
	assert_int_equal(number(json_member(root, "figure"), "value"), 3);
	assert_int_equal(count(root, "items"), 3);
	assert_string_equal(json_text(item(root, "items", 2), "id"), "104_3");
	assert_string_equal(json_text(item(root, "items", 2), "day"), "2025-10-02");
	RUN(place, &said, "explain", "facebook", "posts", "2025-10");
	assert_non_null(strstr(text_str(&said.out), "\nPublications\n"
						    "  2025-10-01  2\n"
						    "  2025-10-02  1\n"));
	scoped_said(&said);
	RUN(place, &said, "explain", "facebook", "posts", "2025-10", "--items");
	assert_non_null(strstr(text_str(&said.out), "  2025-10-01  01:00  104_1\n"));
}

/* --- mistakes */

static void what_cannot_be_explained_says_what_there_is(void **state)
{
	static const struct {
		const char *words, *err;
	} rows[] = {
		{ "explain facebok posts 2025-10",
		  "metricsctl: there is no account, group or derived metric \"facebok\", did you "
		  "mean \"facebook\"?\n" },
		{ "explain facebook reach 2025-10",
		  "metricsctl: itagui/facebook has no metric \"reach\": there are posts, viewers, "
		  "visits, followers_gained, views\n" },
		{ "explain facebook posts 2025-13",
		  "metricsctl: \"2025-13\": a year has months 01 to 12\n" },
		{ "explain facebook posts 2025-10 --format csv",
		  "metricsctl: explain has no csv: table or json\n" },
		{ "explain facebook posts 2025-10 --account x",
		  "metricsctl: explain names the account itself: leave --account out\n" },
	};
	const struct place *place = *state;

	store_the_quarter(place);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(place, rows[i].words, 2, "", rows[i].err);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)
	const struct CMUnitTest tests[] = {
		TEST(an_imported_figure_goes_down_to_its_file),
		TEST(a_typed_figure_shows_who_said_what_and_when),
		TEST(what_was_withdrawn_is_still_told),
		TEST(a_group_goes_down_to_its_accounts),
		TEST(a_derived_figure_goes_down_to_its_terms),
		TEST(a_register_figure_goes_down_to_its_records),
		TEST(a_campaign_counts_in_each_month_it_has_a_day_in),
		TEST(daily_windows_are_folded_and_their_requests_named),
		TEST(publications_are_listed_where_they_were_counted),
		TEST(what_cannot_be_explained_says_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
