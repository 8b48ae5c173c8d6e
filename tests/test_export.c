/* metricsctl export: folders that prove themselves, read by the programs people have. */
#include "test.h"

#include "run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_ROOM = 4 << 20 };

static void do_well(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	if (said.ends != 0)
		print_error("%s: %s", words, text_str(&said.err));
	assert_int_equal(said.ends, 0);
}

static int make_quarter(void **state)
{
	const struct place *place;

	assert_int_equal(make_place(state), 0);
	place = *state;
	do_well(place, "import " METRICSD_SOURCE "/examples/monthly.csv");
	do_well(place, "record event --from " METRICSD_SOURCE "/examples/events.csv");
	do_well(place, "record campaign --from " METRICSD_SOURCE "/examples/campaigns.csv");
	do_well(place, "record risk --from " METRICSD_SOURCE "/examples/risks.csv");
	return 0;
}

static void do_there(const struct place *place, const char *command)
{
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&words, "cd '%s' && %s", place->path, command);
	if (system(text_str(&words)) !=
	    0) /* NOLINT(cert-env33-c): the programs people check with */
		fail_msg("%s", command);
}

static void export_to(const struct place *place, const char *period, const char *kind,
		      const char *more, int ends, struct said *said)
{
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&words, "export %s --%s %s/%s --date none%s", period, kind, place->path, kind,
		  more);
	run(place, text_str(&words), said);
	if (said->ends != ends)
		print_error("%s: %s", text_str(&words), text_str(&said->err));
	assert_int_equal(said->ends, ends);
}

static void read_there(const struct place *place, const char *name, struct text *ret)
{
	SCOPED(text)
	struct text path = { 0 };
	FILE *file;
	char bytes[4096];
	size_t got;

	text_addf(&path, "%s/%s", place->path, name);
	file = fopen(text_str(&path), "rb");
	if (!file)
		fail_msg("%s is not there", name);
	ret->max = FILE_ROOM;
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_add_n(ret, bytes, got);
	(void)fclose(file);
}

static bool stands_there(const struct place *place, const char *name)
{
	SCOPED(text)
	struct text path = { 0 };

	text_addf(&path, "%s/%s", place->path, name);
	return access(text_str(&path), F_OK) == 0;
}

static void write_there(const struct place *place, const char *name, const char *bytes)
{
	SCOPED(text)
	struct text path = { 0 };

	text_addf(&path, "%s/%s", place->path, name);
	write_file(text_str(&path), bytes);
}

/* --- open data */

static void open_data_pass_the_check_of_their_digests(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	export_to(place, "2025-Q4", "open-data", "", 0, &said);
	do_there(place, "cd open-data && sha256sum --quiet --strict -c SHA256SUMS");
	/* nothing is there that has no digest */
	do_there(place, "test $(ls open-data | wc -l) = $(($(wc -l <open-data/SHA256SUMS) + 1))");
}

static void open_data_are_read_by_the_programs_people_have(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	export_to(place, "2025-Q4", "open-data", " --license https://example.org/by/4.0/", 0,
		  &said);
	write_there(
		place, "check.py",
		"import csv, hashlib, json\n"
		"rows = list(csv.DictReader(open('open-data/figures.csv', encoding='utf-8')))\n"
		"records = json.load(open('open-data/figures.json', encoding='utf-8'))['records']\n"
		"assert len(rows) == len(records) > 100\n"
		"meanings = list(csv.DictReader(open('open-data/dictionary.csv', "
		"encoding='utf-8')))\n"
		"assert [m['field'] for m in meanings] == list(rows[0])\n"
		"assert all(m['meaning'] and m['type'] for m in meanings)\n"
		"for row, record in zip(rows, records):\n"
		"    assert row['account'] == record['account'] and row['period'] == "
		"record['period']\n"
		"    assert row['value'] == ('' if record['value'] is None else "
		"str(record['value'])), row\n"
		"posts = [r for r in rows if r['account'] == 'redes' and r['metric'] == 'posts']\n"
		"assert [r['value'] for r in posts] == ['134', '65', '74', '273']\n"
		"d = json.load(open('open-data/dataset.jsonld', encoding='utf-8'))\n"
		"c = d['@context']\n"
		"assert c['dcat'] == 'http://www.w3.org/ns/dcat#' and c['dct'] == "
		"'http://purl.org/dc/terms/'\n"
		"def prefixes(v):\n"
		"    if isinstance(v, dict):\n"
		"        for k, w in v.items():\n"
		"            if k == '@context': continue\n"
		"            if not k.startswith('@'): assert k.split(':')[0] in c, k\n"
		"            if k == '@type': assert w.split(':')[0] in c, w\n"
		"            prefixes(w)\n"
		"    elif isinstance(v, list):\n"
		"        for w in v: prefixes(w)\n"
		"prefixes(d)\n"
		"assert d['@type'] == 'dcat:Dataset'\n"
		"for term in ('dct:title', 'dct:description', 'dct:publisher', 'dct:identifier',\n"
		"             'dct:license', 'dct:language', 'dct:temporal', "
		"'dcat:distribution'):\n"
		"    assert d[term], term\n"
		"assert 'dct:issued' not in d\n"
		"assert d['dct:temporal']['dcat:startDate']['@value'] == '2025-10-01'\n"
		"assert d['dct:temporal']['dcat:endDate']['@value'] == '2025-12-31'\n"
		"for one in d['dcat:distribution']:\n"
		"    data = open('open-data/' + one['dcat:downloadURL']['@id'], 'rb').read()\n"
		"    assert int(one['dcat:byteSize']['@value']) == len(data)\n"
		"    assert one['spdx:checksum']['spdx:checksumValue']['@value'] == "
		"hashlib.sha256(data).hexdigest()\n");
	do_there(place, "python3 check.py");
}

static void open_data_name_the_address_they_will_have(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(text)
	struct text record = { 0 };

	export_to(place, "2025-Q4", "open-data", " --url https://datos.example.gov/2025-Q4", 0,
		  &said);
	read_there(place, "open-data/dataset.jsonld", &record);
	assert_non_null(strstr(text_str(&record), "https://datos.example.gov/2025-Q4/figures.csv"));
}

static void page_of_open_data_is_accessible_and_runs_nothing(void **state)
{
	static const char *const wanted[] = { "<html lang=\"es-CO\">",
					      "<main>",
					      "<caption>",
					      "<th scope=\"col\">",
					      "<th scope=\"row\">",
					      "<title>Cifras",
					      "href=\"figures.csv\"",
					      "</html>" };
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(text)
	struct text page = { 0 };

	export_to(place, "2025-Q4", "open-data", "", 0, &said);
	read_there(place, "open-data/index.html", &page);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strstr(text_str(&page), wanted[i]))
			fail_msg("the page has no %s", wanted[i]);
	assert_null(strstr(text_str(&page), "<script"));
	write_there(place, "page.py",
		    "from html.parser import HTMLParser\n"
		    "class P(HTMLParser):\n"
		    "    open = []\n"
		    "    def handle_starttag(self, tag, attrs):\n"
		    "        if tag not in ('meta', 'link'): self.open.append(tag)\n"
		    "    def handle_endtag(self, tag):\n"
		    "        assert self.open.pop() == tag, tag\n"
		    "p = P(); p.feed(open('open-data/index.html', encoding='utf-8').read())\n"
		    "assert not p.open\n");
	do_there(place, "python3 page.py");
}

static void open_data_name_nobody(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	do_well(place, "enter facebook visits 2025-12 1200 --by zulma --note secreto");
	export_to(place, "2025-Q4", "open-data", "", 0, &said);
	do_there(place, "! grep -rqi 'zulma\\|secreto\\|Derechos Humanos\\|not-a-token' open-data");
}

static void closed_period_is_exported_as_it_was_published(void **state)
{
	const struct place *place = *state;
	struct place later = *place;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(text)
	struct text csv = { 0 };

	do_well(place, "close 2025-Q4 --anyway --by ana");
	later.now += 86400;
	do_well(&later, "enter facebook visits 2025-12 1200 --by ana");
	export_to(&later, "2025-Q4", "open-data", "", 0, &said);
	read_there(place, "open-data/figures.csv", &csv);
	assert_non_null(strstr(text_str(&csv),
			       "facebook,Facebook,visits,Visitas,flow,count,2025-12,"
			       "2025-12-01,2025-12-31,none,,"));
}

/* --- the folder */

static void export_again_replaces_its_own_folder(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said first = { 0 };
	SCOPED(said)
	struct said again = { 0 };

	export_to(place, "2025-Q4", "open-data", "", 0, &first);
	do_there(place, "cp -r open-data before");
	export_to(place, "2025-Q4", "open-data", "", 0, &again);
	do_there(place, "diff -r before open-data");
}

static void folder_of_somebody_else_is_left_alone(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(said)
	struct said strange = { 0 };
	SCOPED(said)
	struct said other = { 0 };

	do_there(place, "mkdir open-data && echo mine >open-data/notes.txt");
	export_to(place, "2025-Q4", "open-data", "", 2, &said);
	assert_non_null(strstr(text_str(&said.err), "is not empty"));
	do_there(place, "grep -q mine open-data/notes.txt && rm -r open-data");
	/* an export's own, with a file somebody put there */
	export_to(place, "2025-Q4", "open-data", "", 0, &other);
	do_there(place, "echo mine >open-data/notes.txt");
	export_to(place, "2025-Q4", "open-data", "", 2, &strange);
	assert_non_null(strstr(text_str(&strange.err), "holds notes.txt"));
	do_there(place, "grep -q mine open-data/notes.txt");
	do_there(place, "test -z \"$(ls -d open-data.* 2>/dev/null)\"");
}

static void folder_of_another_period_is_replaced_by_force_alone(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said first = { 0 };
	SCOPED(said)
	struct said other = { 0 };
	SCOPED(said)
	struct said forced = { 0 };
	SCOPED(text)
	struct text words = { 0 };

	export_to(place, "2025-Q4", "evidence", "", 0, &first);
	do_there(place, "cp -r evidence before");
	export_to(place, "2025-10", "evidence", "", 2, &other);
	text_addf(&words,
		  "metricsctl: %s/evidence holds 2025-Q4 of itagui: name a new folder, or replace "
		  "it with --force\n",
		  place->path);
	assert_string_equal(text_str(&other.err), text_str(&words));
	do_there(place, "diff -r before evidence");
	export_to(place, "2025-10", "evidence", " --force", 0, &forced);
	do_there(place, "cd evidence && sha256sum --quiet --strict -c SHA256SUMS && "
			"grep -q '\"entity\":\"itagui\",\"period\":\"2025-10\"' export.json && "
			"test ! -e figures/redes.posts.json.old && test -z \"$(ls -d ../evidence.* "
			"2>/dev/null)\"");
}

static void folder_of_another_entity_is_replaced_by_force_alone(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text config = { 0 };
	SCOPED(said)
	struct said first = { 0 };
	SCOPED(said)
	struct said other = { 0 };
	SCOPED(said)
	struct said all = { 0 };
	SCOPED(said)
	struct said forced = { 0 };
	SCOPED(said)
	struct said strange = { 0 };

	text_addf(
		&config,
		"state_directory = \"%s\";\ncontrol = \"%s\";\n"
		"entities: ( { id = \"una\"; zone = \"America/Bogota\";\n"
		"accounts: ( { id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } ); },\n"
		"{ id = \"otra\"; zone = \"America/Bogota\";\n"
		"accounts: ( { id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } ); } "
		");\n",
		place->path, place->control);
	write_file(place->config, text_str(&config));
	export_to(place, "2025-Q4", "open-data", " --entity una", 0, &first);
	export_to(place, "2025-Q4", "open-data", " --entity otra", 2, &other);
	assert_non_null(strstr(text_str(&other.err), "holds 2025-Q4 of una: "));
	export_to(place, "2025-Q4", "open-data", "", 2, &all);
	assert_non_null(strstr(text_str(&all.err), "holds 2025-Q4 of una: "));
	export_to(place, "2025-Q4", "open-data", " --force", 0, &forced);
	do_there(place, "grep -q '\"entity\":null' open-data/export.json");
	/* force takes nothing away that no export made */
	do_there(place, "echo mine >open-data/notes.txt");
	export_to(place, "2025-Q4", "open-data", " --force", 2, &strange);
	do_there(place, "grep -q mine open-data/notes.txt");
}

static void addresses_of_the_record_are_web_addresses(void **state)
{
	const struct place *place = *state;
	static const char *const wrong[][2] = {
		{ "--license", "no es url" },
		{ "--license", "CC-BY-4.0" },
		{ "--license", "https://" },
		{ "--license", "https:///by/4.0" },
		{ "--license", "ftp://example.org/by" },
		{ "--license", "https://example.org/a\"b" },
		{ "--url", "datos.example.gov" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const words[] = { "export",      "2025-Q4",   "--open-data",
					      "/nowhere/od", wrong[i][0], wrong[i][1],
					      NULL };
		SCOPED(said)
		struct said said = { 0 };

		run_words(place, words, &said);
		assert_int_equal(said.ends, 2);
		assert_non_null(strstr(text_str(&said.err), wrong[i][0]));
		assert_non_null(strstr(text_str(&said.err), "expected a web address, like "));
	}
}

static void real_and_simulated_never_meet(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text config = { 0 };
	SCOPED(said)
	struct said said = { 0 };

	text_addf(
		&config,
		"state_directory = \"%s\";\ncontrol = \"%s\";\n"
		"entities: ( { id = \"ensayo\"; zone = \"America/Bogota\"; notice = \"SIMULADO\";\n"
		"accounts: ( { id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } ); },\n"
		"{ id = \"real\"; zone = \"America/Bogota\";\n"
		"accounts: ( { id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } ); } "
		");\n",
		place->path, place->control);
	write_file(place->config, text_str(&config));
	export_to(place, "2025-Q4", "open-data", "", 2, &said);
	assert_non_null(strstr(text_str(&said.err), "do not belong together"));
	assert_false(stands_there(place, "open-data"));
}

/* --- evidence */

static void enter_with_evidence(const struct place *place, const char *name)
{
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&words, "enter facebook visits 2025-12 1200 --by ana --evidence %s/%s",
		  place->path, name);
	do_well(place, text_str(&words));
}

static void evidence_is_the_report_its_figures_and_the_files(void **state)
{
	static const char *const files[] = {
		"report.html",
		"report.xlsx",
		"report.md",
		"report.json",
		"report.csv",
		"records.json",
		"evidence.csv",
		"figures/redes.posts.json",
		"figures/eventos.attendees.json",
	};
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	write_there(place, "captura.png", "a picture");
	enter_with_evidence(place, "captura.png");
	export_to(place, "2025-Q4", "evidence", "", 0, &said);
	do_there(place, "cd evidence && sha256sum --quiet --strict -c SHA256SUMS");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "evidence/%s", files[i]);
		if (!stands_there(place, name))
			fail_msg("%s is not there", name);
	}
	do_there(place, "cmp captura.png evidence/evidence/*-captura.png");
	do_there(place, "grep -q '\"by\":.*\"ana\"' evidence/figures/facebook.visits.json");
	do_there(place, "! grep -rqi not-a-token evidence");
	do_there(place,
		 "for f in evidence/figures/*.json; do python3 -m json.tool $f >/dev/null || "
		 "exit 1; done");
}

static void evidence_that_changed_or_is_gone_is_said_and_not_copied(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said changed = { 0 };
	SCOPED(said)
	struct said gone = { 0 };

	write_there(place, "captura.png", "a picture");
	enter_with_evidence(place, "captura.png");
	write_there(place, "captura.png", "another picture");
	export_to(place, "2025-Q4", "evidence", " --lang en", 1, &changed);
	assert_non_null(strstr(text_str(&changed.out),
			       "captura.png: changed since it was named, not "
			       "copied (facebook visits)\n"));
	do_there(place, "test ! -e evidence/evidence");
	do_there(place,
		 "grep -q 'captura.png,.*,changed since it was named,' evidence/evidence.csv");
	do_there(place, "rm captura.png");
	export_to(place, "2025-Q4", "evidence", " --lang en", 1, &gone);
	assert_non_null(strstr(text_str(&gone.out), "captura.png: not found, not copied"));
	do_there(place, "cd evidence && sha256sum --quiet --strict -c SHA256SUMS");
}

static void imported_files_go_along_where_they_are_at_hand(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	export_to(place, "2025-Q4", "evidence", " --files " METRICSD_SOURCE "/examples", 0, &said);
	do_there(place,
		 "cmp evidence/evidence/*-monthly.csv " METRICSD_SOURCE "/examples/monthly.csv");
}

static void evidence_holds_what_was_signed(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	do_well(place, "close 2025-Q4 --anyway --by ana");
	export_to(place, "2025-Q4", "evidence", "", 0, &said);
	do_there(place, "d=$(sha256sum evidence/closing.json | cut -d' ' -f1) && "
			"grep -q \"SHA-256 $d\" evidence/report.md");
}

static void options_that_do_not_belong_together_are_refused(void **state)
{
	expect(*state, "export 2025-Q4", 2, "",
	       "metricsctl: name one of --open-data DIR and --evidence DIR\n");
	expect(*state, "export 2025-Q4 --open-data a --evidence b", 2, "",
	       "metricsctl: name one of --open-data DIR and --evidence DIR\n");
	expect(*state, "export 2025-Q4 --evidence a --license x", 2, "",
	       "metricsctl: --license and --url are of --open-data\n");
	expect(*state, "export 2025-Q4 --open-data a --files x", 2, "",
	       "metricsctl: --files and --definition are of --evidence\n");
}

#define QUARTER_TEST(name) cmocka_unit_test_setup_teardown(name, make_quarter, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUARTER_TEST(open_data_pass_the_check_of_their_digests),
		QUARTER_TEST(open_data_are_read_by_the_programs_people_have),
		QUARTER_TEST(open_data_name_the_address_they_will_have),
		QUARTER_TEST(page_of_open_data_is_accessible_and_runs_nothing),
		QUARTER_TEST(open_data_name_nobody),
		QUARTER_TEST(closed_period_is_exported_as_it_was_published),
		QUARTER_TEST(export_again_replaces_its_own_folder),
		QUARTER_TEST(folder_of_somebody_else_is_left_alone),
		QUARTER_TEST(folder_of_another_period_is_replaced_by_force_alone),
		QUARTER_TEST(folder_of_another_entity_is_replaced_by_force_alone),
		QUARTER_TEST(addresses_of_the_record_are_web_addresses),
		QUARTER_TEST(real_and_simulated_never_meet),
		QUARTER_TEST(evidence_is_the_report_its_figures_and_the_files),
		QUARTER_TEST(evidence_that_changed_or_is_gone_is_said_and_not_copied),
		QUARTER_TEST(imported_files_go_along_where_they_are_at_hand),
		QUARTER_TEST(evidence_holds_what_was_signed),
		QUARTER_TEST(options_that_do_not_belong_together_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
