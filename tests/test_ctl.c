/*
 * metricsctl from end to end: the built program, a directory of its own, an empty environment but
 * for a clock that stands in January 2026.
 */
#include "run.h"
#include "test.h"

#include "ctl/csv_file.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

/* The same with a collected entity beside a typed one. */
static void write_two_entities(const struct place *place)
{
	SCOPED(text)
	struct text config = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "tokens: ( { id = \"meta\"; kind = \"page\"; file = \"%s/token\"; } );\n"
		  "entities: (\n"
		  "{ id = \"simulada\"; name = \"Entidad simulada\"; zone = \"America/Bogota\";\n"
		  "  language = \"en\"; notice = \"SIMULADO\";\n"
		  "  accounts: ( { id = \"facebook\"; title = \"Facebook\"; collector = "
		  "\"facebook\";\n"
		  "    page = \"104000000000001\"; token = \"meta\"; } ); },\n"
		  "{ id = \"real\"; name = \"Personería\"; zone = \"America/Bogota\";\n"
		  "  language = \"es-CO\";\n"
		  "  accounts: ( { id = \"x\"; title = \"X\"; collector = \"manual\";\n"
		  "    entered = [\"posts\", \"views\"]; } ); } );\n",
		  place->path, place->control, place->path);
	write_file(place->config, text_str(&config));
}

static void import_the_quarter(const struct place *place)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, "import " METRICSD_SOURCE "/examples/monthly.csv", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_string_equal(
		text_str(&said.out),
		"monthly.csv: 45 cifras nuevas, 0 cambiadas, 0 sin cambio; entrada 1\n");
	assert_int_equal(said.ends, 0);
}

/* --- help and usage */

static void every_subcommand_helps_with_an_example(void **state)
{
	static const char *const names[] = {
		"summary", "series", "enter",   "withdraw", "entries", "import",  "accounts",
		"status",  "check",  "collect", "backfill", "replay",  "publish",
	};
	SCOPED(said)
	struct said all = { 0 };

	run(*state, "--help", &all);
	assert_int_equal(all.ends, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		SCOPED(said)
		struct said said = { 0 };
		SCOPED(text)
		struct text words = { 0 };

		assert_non_null(strstr(text_str(&all.out), names[i]));
		text_addf(&words, "%s --help", names[i]);
		run(*state, text_str(&words), &said);
		assert_int_equal(said.ends, 0);
		assert_string_equal(text_str(&said.err), "");
		text_reset(&words);
		text_addf(&words, "usage: metricsctl %s", names[i]);
		assert_memory_equal(text_str(&said.out), text_str(&words), words.length);
		text_reset(&words);
		text_addf(&words, "\n  metricsctl %s", names[i]);
		assert_non_null(strstr(text_str(&said.out), "example:"));
		assert_non_null(strstr(text_str(&said.out), text_str(&words)));
	}
}

static void what_is_misspelt_is_a_usage_error_that_says_what_to_do(void **state)
{
	static const struct {
		const char *words, *err;
	} rows[] = {
		{ "summari",
		  "metricsctl: unknown subcommand \"summari\", did you mean \"summary\"? "
		  "metricsctl --help lists them\n" },
		{ "summary --fromat csv",
		  "metricsctl: unknown option --fromat; see metricsctl summary --help\n" },
		{ "summary --format pdf",
		  "metricsctl: --format pdf: expected table, csv or json\n" },
		{ "summary --lang fr",
		  "metricsctl: --lang fr: expected es or en, with a country like es-CO or "
		  "en-US\n" },
		{ "summary --lang estonian",
		  "metricsctl: --lang estonian: expected es or en, with a country like es-CO or "
		  "en-US\n" },
		{ "import monthly.csv --format json",
		  "metricsctl: --format json: expected auto, csv, mbs-metric, mbs-content, "
		  "x-content, x-legacy, x-overview, ga4-csv, plausible-csv, matomo-csv, "
		  "search-console, plain\n" },
		{ "--format csv check",
		  "metricsctl: check has no --format; see metricsctl check --help\n" },
		{ "summary --account publicaciones.post",
		  "metricsctl: there is no account, group or derived metric "
		  "\"publicaciones.post\", did you mean \"publicaciones.posts\"?\n" },
		{ "summary --account rdes",
		  "metricsctl: there is no account, group or derived metric \"rdes\", did you mean "
		  "\"redes\"?\n" },
		{ "summary --account television",
		  "metricsctl: there is no account, group or derived metric \"television\": there "
		  "are facebook, instagram, x, whatsapp, sede-electronica, comunicaciones, "
		  "eventos, campanas, riesgos, redes, publicaciones.posts\n" },
		{ "enter x views 2025-10 5 --by a\x1b[31mb",
		  "metricsctl: --by has a control character (0x1B): write it in one line\n" },
		{ "enter x views 2025-10 5 --note \xF1",
		  "metricsctl: --note is not UTF-8 (byte 0xF1)\n" },
		{ "summary --lang",
		  "metricsctl: --lang wants a value; see metricsctl summary --help\n" },
		{ "enter x views",
		  "metricsctl: enter wants ACCOUNT METRIC PERIOD VALUE; see metricsctl "
		  "enter --help\n" },
		{ "accounts x",
		  "metricsctl: accounts: what is \"x\"? See metricsctl accounts --help\n" },
		{ "accounts --entity itagi",
		  "metricsctl: no entity \"itagi\"; there are: itagui\n" },
		{ "enter x views 2025-10 2.106", "metricsctl: value \"2.106\" can be read in two "
						 "ways: write whole numbers without "
						 "separators, 2106 if that is meant\n" },
		{ "enter x views 2025-10 73,3_mil", "metricsctl: value \"73,3_mil\" is not a whole "
						    "number of 0 or more, like 2106\n" },
		{ "enter x views 2026-01 5", "metricsctl: 2026-01 still runs: enter it when it is "
					     "over, from 2026-02-01 on, or "
					     "enter the days that are over\n" },
		{ "enter x views 2026-02 5",
		  "metricsctl: 2026-02 has not been yet: enter it when it is "
		  "over, from 2026-03-01 on\n" },
		{ "enter x vews 2025-10 5",
		  "metricsctl: x has no metric \"vews\", did you mean \"views\"?\n" },
		{ "enter whatsap posts 2025-10 5",
		  "metricsctl: there is no account \"whatsap\", did you mean \"whatsapp\"?\n" },
		{ "enter x views 2025-10 5 --source facebook",
		  "metricsctl: --source facebook: expected manual or csv; what a provider says is "
		  "never entered by hand\n" },
		{ "backfill facebook 2025-02-01 2025-01-01",
		  "metricsctl: 2025-01-01 is before 2025-02-01: say the first day, then the "
		  "last\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(*state, rows[i].words, 2, "", rows[i].err);
}

static void a_misspelt_account_is_refused_by_every_subcommand_that_has_one(void **state)
{
	static const char *const words[] = {
		"accounts",       "status",     "entries",
		"check --online", "withdraw 1", "import semicolons.csv",
		"collect",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		SCOPED(text)
		struct text all = { 0 };

		text_addf(&all, "%s --account whatsap", words[i]);
		expect(*state, text_str(&all), 2, "",
		       "metricsctl: there is no account \"whatsap\", did you mean "
		       "\"whatsapp\"?\n");
	}
}

static void words_kept_with_an_entry_have_a_length(void **state)
{
	static const struct {
		const char *option;
		int most;
	} rows[] = { { "--by", 200 }, { "--note", 2000 }, { "--evidence", 500 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text words = { 0 };
		SCOPED(text)
		struct text err = { 0 };

		text_addf(&words, "enter x views 2025-10 5 %s ", rows[i].option);
		for (int k = 0; k <= rows[i].most; k++)
			text_add_char(&words, 'a');
		text_addf(&err, "metricsctl: %s is %d bytes long, at most %d are kept\n",
			  rows[i].option, rows[i].most + 1, rows[i].most);
		expect(*state, text_str(&words), 2, "", text_str(&err));
	}
}

static void a_long_name_does_not_stretch_the_table_of_entries(void **state)
{
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(text)
	struct text words = { 0 };

	text_add(&words, "enter x views 2025-10 5 --by ");
	for (int k = 0; k < 100; k++)
		text_add(&words, "ñ");
	run(*state, text_str(&words), &said);
	assert_int_equal(said.ends, 0);
	scoped_said(&said);
	run(*state, "entries", &said);
	assert_non_null(strstr(text_str(&said.out), "2026-01-15 ññññññññññññññññññññññññ…\n"));
}

static void without_a_database_it_says_where_to_begin(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	run(*state, "summary", &said);
	assert_int_equal(said.ends, 3);
	assert_non_null(
		strstr(text_str(&said.err),
		       "metrics.db is not there yet: nothing was collected or entered. Start "
		       "metricsd, or begin with `metricsctl enter` or `import`\n"));
}

static void a_configuration_with_mistakes_is_refused_with_all_of_them(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	write_file(place->config,
		   "entities: ( { id = \"a\"; zone = \"Nowhere\"; langage = \"es\"; } );\n");
	run(place, "check", &said);
	assert_int_equal(said.ends, 3);
	assert_non_null(strstr(text_str(&said.err), "metricsd.conf:1: "));
	assert_non_null(strstr(text_str(&said.err), "did you mean \"language\"?"));
	assert_non_null(strstr(text_str(&said.err), "cannot be used as it is\n"));
}

static void check_counts_what_it_read(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text out = { 0 };

	text_addf(&out,
		  "%s: correcto (entidades: 1, cuentas: 9, grupos: 1, métricas derivadas: 1)\n",
		  place->config);
	expect(place, "check", 0, text_str(&out), "");
}

static void trouble_with_secrets_is_told_by_check_and_keeps_nobody_from_figures(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text err = { 0 };
	SCOPED(text)
	struct text token = { 0 };

	write_two_entities(place);
	text_addf(&err,
		  "%s:3: %s/token is open to everybody (mode 0604): run chmod 0640 '%s/token'\n"
		  "metricsctl: metricsd does not collect everything with %s as it is: see above\n",
		  place->config, place->path, place->path, place->config);
	text_addf(&token, "%s/token", place->path);
	assert_int_equal(chmod(text_str(&token), 0604), 0);
	expect(place, "check", 1, "", text_str(&err));
	for (size_t i = 0; i < 2; i++) {
		SCOPED(said)
		struct said said = { 0 };

		run(place, i ? "summary 2025-10" : "enter real/x posts 2025-10 46", &said);
		assert_string_equal(text_str(&said.err), "");
		assert_int_equal(said.ends, 0);
	}
}

/* --- summary */

static void october_of_x_prints_46_posts_and_2106_views(void **state)
{
	import_the_quarter(*state);
	expect(*state, "summary 2025-10 --account x", 0,
	       "Personería de Itagüí · octubre de 2025 (2025-10-01..2025-10-31, America/Bogota)\n"
	       "\n"
	       "                   oct 2025   cobertura  fuente\n"
	       "X\n"
	       "  Publicaciones          46  31/31 días  csv\n"
	       "  Visualizaciones     2.106  31/31 días  csv\n"
	       "\n"
	       "Fuentes: csv = importado de un archivo\n",
	       "");
}

static void the_real_quarter_is_printed_in_spanish_and_english(void **state)
{
	import_the_quarter(*state);
	expect_fixture(*state, "summary 2025-Q4", 0, "ctl/quarter_es.txt");
	expect_fixture(*state, "summary 2025-Q4 --lang en", 0, "ctl/quarter_en.txt");
	expect_fixture(*state, "summary 2025", 0, "ctl/year_es.txt");
}

static void the_last_full_month_is_what_summary_shows_by_itself(void **state)
{
	import_the_quarter(*state);
	expect_fixture(*state, "summary", 0, "ctl/december_es.txt");
}

static void a_period_that_has_not_begun_is_one_line(void **state)
{
	import_the_quarter(*state);
	expect(*state, "summary 2026-Q2", 0,
	       "Personería de Itagüí · II trim. 2026 aún no comienza: empieza el 1 abr 2026.\n",
	       "");
}

static void a_derived_metric_is_found_by_its_full_id_too(void **state)
{
	static const char *const names[] = {
		"publicaciones",
		"publicaciones.posts",
		"itagui/publicaciones.posts",
	};

	import_the_quarter(*state);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		SCOPED(text)
		struct text words = { 0 };

		text_addf(&words, "summary 2025-10 --account %s", names[i]);
		expect(*state, text_str(&words), 0,
		       "Personería de Itagüí · octubre de 2025 (2025-10-01..2025-10-31, "
		       "America/Bogota)\n"
		       "\n"
		       "                 oct 2025     cobertura  fuente\n"
		       "publicaciones (derivada)\n"
		       "  Publicaciones       137  124/124 días\n"
		       "\n"
		       "La cobertura de un grupo cuenta los días de cada cuenta.\n",
		       "");
	}
}

static void the_layouts_are_documented_in_their_order(void **state)
{
	import_the_quarter(*state);
	assert_documented(*state, "summary 2025-10 --format csv", "## metricsd.summary");
	assert_documented(*state, "series x views 2025-10 --format csv", "## metricsd.series");
	assert_documented(*state, "entries --format csv", "## metricsd.entries");
	assert_documented(*state, "accounts --format csv", "## metricsd.accounts");
	assert_documented(*state, "status --format csv", "## metricsd.status");
}

static void machines_get_the_same_figures(void **state)
{
	import_the_quarter(*state);
	expect_fixture(*state, "summary 2025-Q4 --format csv", 0, "ctl/quarter.csv");
	expect_fixture(*state, "summary 2025-Q4 --account facebook --format json", 0,
		       "ctl/facebook.json");
	expect_fixture(*state, "series facebook viewers 2025-Q4 --format json", 0,
		       "ctl/series.json");
	expect_fixture(*state, "accounts --format json", 0, "ctl/accounts.json");
}

static void figures_of_two_entities_never_stand_in_one_table(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	const char *real;

	write_two_entities(place);
	expect(place, "enter x posts 2025-12 7", 0,
	       "real/x posts 2025-12: 7 (manual)\nEntrada 1.\n", "");
	run(place, "summary", &said);
	assert_int_equal(said.ends, 0);
	real = strstr(text_str(&said.out), "Personería · diciembre de 2025");
	assert_non_null(real);
	assert_null(strstr(real, "SIMULADO"));
	assert_memory_equal(text_str(&said.out),
			    "*** SIMULADO ***\nEntidad simulada · December 2025", 48);
	assert_non_null(strstr(text_str(&said.out), "Facebook\n  nothing stored\n"));
}

/* --- entering */

static void a_number_is_entered_changed_and_withdrawn(void **state)
{
	expect(*state, "enter x views 2025-10 2106 --by Ana --evidence captura.png", 0,
	       "itagui/x views 2025-10: 2.106 (manual)\nEntrada 1.\n", "");
	expect(*state, "enter x views 2025-10 2106", 0,
	       "itagui/x views 2025-10: 2.106 (manual)\n"
	       "Nada nuevo: eso es lo que ya está guardado.\n",
	       "");
	expect(*state, "enter x views 2025-10 2200 --uncertainty 50 --note leído", 0,
	       "itagui/x views 2025-10: 2.200 ± 50 (manual)\n"
	       "Entrada 2; lo que decía antes queda como revisión.\n",
	       "");
	expect(*state, "series x views 2025-10", 0,
	       "Personería de Itagüí · X · Visualizaciones (2025-10-01..2025-10-31)\n\n"
	       "fuente manual, días de America/Bogota\n"
	       "2025-10-01..2025-10-31  2.200 ± 50  31 días\n",
	       "");
	expect(*state, "entries", 0,
	       "Personería de Itagüí\n\n"
	       "entrada  cuenta    métrica  días                         valor  fuente  ingresado  "
	       "     evidencia\n"
	       "      2  itagui/x  views    2025-10-01..2025-10-31  2.200 ± 50  manual  "
	       "2026-01-15 ana\n",
	       "");
	expect(*state, "withdraw 2 --note error", 0,
	       "La entrada 2 queda retirada; su rastro permanece.\n"
	       "itagui/x views 2025-10-01..2025-10-31: no queda ninguna cifra (manual); la que "
	       "hubiera corregido no vuelve: ingrésela de nuevo si era la correcta.\n",
	       "");
	expect(*state, "entries", 0, "No hay entradas.\n", "");
}

#define MEANT_SO                                                                                 \
	"así está previsto: los meses completos van antes que lo dicho de todos juntos, más " \
	"días conocidos antes que menos; luego las fuentes en su orden (colector, importado, "  \
	"registro, manual, o el que diga la configuración)"

static void import_the_quarter_again(const struct place *place)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, "import " METRICSD_SOURCE "/examples/monthly.csv", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
}

static void who_enters_hears_that_the_summary_shows_another_figure(void **state)
{
	expect(*state, "enter x views 2025-10 3 --source csv", 0,
	       "itagui/x views 2025-10: 3 (csv)\nEntrada 1.\n", "");
	expect(*state, "enter x views 2025-10 2106", 0,
	       "itagui/x views 2025-10: 2.106 (manual)\nEntrada 2.\n"
	       "itagui/x views 2025-10: el resumen muestra 3 (csv); déjelo así si esa es la "
	       "correcta; si no, retírela: metricsctl withdraw 1\n",
	       "");
	expect(*state, "enter x views 2025-11 5", 0,
	       "itagui/x views 2025-11: 5 (manual)\nEntrada 3.\n", "");
	import_the_quarter_again(*state);
	expect(*state, "enter x views 2025-11 5", 0,
	       "itagui/x views 2025-11: 5 (manual)\n"
	       "Nada nuevo: eso es lo que ya está guardado.\n"
	       "itagui/x views 2025-11: el resumen muestra 1.830 (csv); déjelo así si esa es la "
	       "correcta; si no, corríjala: metricsctl enter itagui/x views 2025-11 VALOR "
	       "--source csv\n",
	       "");
	expect(*state, "enter x posts 2025-Q4 7", 0,
	       "itagui/x posts 2025-Q4: 7 (manual)\nEntrada 5.\n"
	       "itagui/x posts 2025-Q4: el resumen muestra 90 (csv); " MEANT_SO "\n",
	       "");
}

/* A year of months, and bimesters that say something else. */
static void an_import_names_ten_figures_the_summary_takes_from_elsewhere(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text out = { 0 };

	text_add(&file, "period,account,metric,value\n");
	for (int i = 0; i < 24; i++)
		text_addf(&file, "2024-%02d,x,%s,1\n", i % 12 + 1, i < 12 ? "posts" : "views");
	for (int i = 0; i < 12; i++)
		text_addf(&file, "2024-B%d,x,%s,9\n", i % 6 + 1, i < 6 ? "posts" : "views");
	text_addf(&words, "%s/year.csv", place->path);
	write_file(text_str(&words), text_str(&file));
	text_add(&out, "year.csv: 36 cifras nuevas, 0 cambiadas, 0 sin cambio; entrada 1\n");
	for (int i = 0; i < 10; i++)
		text_addf(&out, "itagui/x %s 2024-B%d: el resumen muestra 2 (csv); " MEANT_SO "\n",
			  i < 6 ? "posts" : "views", i % 6 + 1);
	text_add(&out, "y 2 cifras más que el resumen toma de otra parte\n");
	text_reset(&words);
	text_addf(&words, "import %s/year.csv", place->path);
	expect(place, text_str(&words), 0, text_str(&out), "");
}

static void withdrawing_what_does_not_stand_is_refused(void **state)
{
	import_the_quarter(*state);
	expect(*state, "withdraw 99", 2, "",
	       "metricsctl: there is no entry 99; `metricsctl entries` lists those that stand\n");
	expect(*state, "withdraw x", 2, "",
	       "metricsctl: entry number \"x\" is not a whole number of 0 or more, like 2106\n");
}

/* --- importing */

static void importing_a_file_again_changes_nothing(void **state)
{
	struct store_totals before, after;

	import_the_quarter(*state);
	before = totals(*state);
	expect(*state, "import " METRICSD_SOURCE "/examples/monthly.csv --by otro", 0,
	       "monthly.csv: 0 cifras nuevas, 0 cambiadas, 45 sin cambio; nada nuevo\n", "");
	after = totals(*state);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void a_file_with_mistakes_names_them_all_and_stores_nothing(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	run(place, "import mistakes.csv", &said);
	assert_int_equal(said.ends, 3);
	assert_string_equal(text_str(&said.out), "");
	assert_fixture("csv/mistakes.txt", text_str(&said.err));
	assert_int_equal(access(place->database, F_OK), -1);
}

static void a_header_with_mistakes_is_not_read_past(void **state)
{
	expect(*state, "import header.csv", 3, "",
	       "header.csv:1: unknown column \"perido\", did you mean \"period\"? expected "
	       "period,account,metric,value[,uncertainty,evidence,note,entity]\n"
	       "header.csv:1: column \"metric\" stands there twice\n"
	       "header.csv:1: column \"period\" is missing\n"
	       "header.csv:1: column \"value\" is missing\n"
	       "metricsctl: header.csv: nothing was imported\n");
}

static void semicolons_a_bom_and_quoted_line_ends_are_read(void **state)
{
	expect(*state, "import semicolons.csv", 0,
	       "semicolons.csv: 2 cifras nuevas, 0 cambiadas, 0 sin cambio; entradas 1 a 2\n", "");
	expect_fixture(*state, "entries --format json", 0, "ctl/entries.json");
}

static void a_dry_run_shows_what_would_change_and_stores_nothing(void **state)
{
	const struct place *place = *state;
	struct store_totals before, after;

	expect(place, "import semicolons.csv --dry-run", 0,
	       "Personería de Itagüí\n\n"
	       "itagui/x  views  2025-10  2.106  nuevo\n"
	       "itagui/x  views  2025-11  1.830  nuevo\n\n"
	       "semicolons.csv: 2 cifras nuevas, 0 cambiadas, 0 sin cambio; no se guardó nada "
	       "(--dry-run)\n",
	       "");
	assert_int_equal(access(place->database, F_OK), -1);
	expect(place, "enter x views 2025-10 9 --source csv", 0,
	       "itagui/x views 2025-10: 9 (csv)\nEntrada 1.\n", "");
	before = totals(place);
	expect(place, "import semicolons.csv --dry-run", 0,
	       "Personería de Itagüí\n\n"
	       "itagui/x  views  2025-10  9 → 2.106  cambia\n"
	       "itagui/x  views  2025-11      1.830  nuevo\n\n"
	       "semicolons.csv: 1 cifra nueva, 1 cambiada, 0 sin cambio; no se guardó nada "
	       "(--dry-run)\n",
	       "");
	after = totals(place);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void a_file_that_is_not_there_is_a_failure(void **state)
{
	expect(*state, "import nowhere.csv", 3, "",
	       "metricsctl: nowhere.csv: No such file or directory\n");
}

/* --- the CSV reader */

static void records_end_where_rfc_4180_says(void **state)
{
	static const char bytes[] = "a,\"b\r\nc\",\"d\"\"e\"\r\n\r\n,\nlast";
	SCOPED(csv_record)
	struct csv_record record = { 0 };
	struct error err;
	struct csv_file csv;

	(void)state;
	csv_begin(&csv, bytes, sizeof(bytes) - 1);
	assert_int_equal(csv_next(&csv, &record, &err), 1);
	assert_int_equal(record.line, 1);
	assert_int_equal(record.count, 3);
	assert_string_equal(text_str(&record.fields[1]), "b\nc");
	assert_string_equal(text_str(&record.fields[2]), "d\"e");
	assert_int_equal(csv_next(&csv, &record, &err), 1);
	assert_int_equal(record.line, 4);
	assert_int_equal(record.count, 2);
	assert_string_equal(text_str(&record.fields[0]), "");
	assert_int_equal(csv_next(&csv, &record, &err), 1);
	assert_int_equal(record.line, 5);
	assert_string_equal(text_str(&record.fields[0]), "last");
	assert_int_equal(csv_next(&csv, &record, &err), 0);
}

#define A_QUOTE \
	"a quote where none may stand: quote the whole field, and write a quote within it twice"

static void the_reader_goes_on_behind_a_line_it_refuses(void **state)
{
	static const struct {
		const char *bytes;
		const char *err;
	} rows[] = {
		{ "a\rb\nok", "a carriage return that ends no line: end lines in CRLF or LF" },
		{ "a\xF1\nok", "not UTF-8 (byte 0xF1): save the file as CSV UTF-8" },
		{ "\xED\xA0\x80\nok", "not UTF-8 (byte 0xED): save the file as CSV UTF-8" },
		{ "\"a\"b\nok", A_QUOTE },
		{ "a\"b\nok", A_QUOTE },
		{ "\"a\nok", "a quote that is never closed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(csv_record)
		struct csv_record record = { 0 };
		struct error err;
		struct csv_file csv;

		csv_begin(&csv, rows[i].bytes, strlen(rows[i].bytes));
		assert_int_equal(csv_next(&csv, &record, &err), -1);
		assert_string_equal(err.text, rows[i].err);
		assert_int_equal(err.class, ERROR_INPUT);
		assert_int_equal(record.line, 1);
		assert_int_equal(csv_next(&csv, &record, &err), 1);
		assert_int_equal(record.line, 2);
		assert_string_equal(text_str(&record.fields[0]), "ok");
		assert_int_equal(csv_next(&csv, &record, &err), 0);
	}
}

/* --- status */

static void save_daily(const struct place *place, int failures, enum error_class class,
		       const char *words)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	struct sweep_state state = {
		.started = now() - 3600,
		.due = now() + 3600,
		.last_success = now() - 86400,
		.last_failure = failures ? now() - 3600 : 0,
		.failures = failures,
		.class = class,
	};
	struct error err;

	text_set(&state.words, words);
	if (store_sweep_save(store, "simulada", "facebook", SWEEP_DAILY, &state, &err) < 0)
		fail_msg("%s", err.text);
	sweep_state_clear(&state);
}

static void status_asks_for_a_person_when_a_token_is_refused(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	write_two_entities(place);
	save_daily(place, 1, ERROR_TOKEN, "code 190: Error validating access token");
	run(place, "status --lang en", &said);
	assert_int_equal(said.ends, 1);
	assert_non_null(strstr(text_str(&said.out),
			       "simulada/facebook  facebook   failing  2026-01-14 12:00  "
			       "2026-01-15 13:00     0/30   0/14  —\n"));
	assert_non_null(strstr(text_str(&said.out),
			       "\n  1 failure (token): code 190: Error validating access token\n"));
	assert_non_null(strstr(text_str(&said.out), "\n1 account needs a person.\n"));
	assert_non_null(strstr(text_str(&said.out), "metricsd does not answer at "));
}

/* A daemon for one request: keeps it in `file`, answers with `answer`. */
static pid_t play_daemon(const struct place *place, const char *file, const char *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int door = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t child;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", place->control);
	assert_int_equal(bind(door, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(door, 1), 0);
	child = fork();
	if (child == 0) {
		char bytes[1024];
		int guest = accept(door, NULL, NULL);
		ssize_t got = read(guest, bytes, sizeof(bytes) - 1);
		FILE *kept = fopen(file, "w");

		if (got > 0 && kept && fwrite(bytes, 1, (size_t)got, kept) == (size_t)got &&
		    fclose(kept) == 0)
			(void)!write(guest, answer, strlen(answer));
		_exit(0);
	}
	(void)close(door);
	return child;
}

#define AT_WORK "{\"done\":true,\"exit\":0,\"pid\":7,\"in_flight\":2}\n"

/* `metricsctl words…` while a daemon answers. */
static void run_beside_daemon(const struct place *place, const char *words, struct said *said)
{
	char file[96];
	pid_t daemon;

	(void)snprintf(file, sizeof(file), "%s/request", place->path);
	daemon = play_daemon(place, file, AT_WORK);
	run(place, words, said);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
}

static void status_is_patient_with_what_passes_by_itself(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	write_two_entities(place);
	save_daily(place, 2, ERROR_TRANSIENT, "timeout");
	run_beside_daemon(place, "status --lang en", &said);
	assert_int_equal(said.ends, 0);
	assert_non_null(strstr(text_str(&said.out), "2 failures in a row (transient): timeout"));
	assert_non_null(
		strstr(text_str(&said.out), "metricsd runs (process 7, 2 requests in flight).\n"));
}

static void status_is_fine_when_all_is_well(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	write_two_entities(place);
	save_daily(place, 0, ERROR_NONE, "");
	run_beside_daemon(place, "status --format json", &said);
	assert_int_equal(said.ends, 0);
	assert_string_equal(text_str(&said.err), "");
	assert_fixture("ctl/status.json", text_str(&said.out));
}

static void status_asks_for_a_person_when_no_daemon_collects(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said all = { 0 }, typed = { 0 };

	write_two_entities(place);
	save_daily(place, 0, ERROR_NONE, "");
	run(place, "status --format csv", &all);
	assert_int_equal(all.ends, 1);
	assert_non_null(strstr(text_str(&all.out), ",daemon_answers,"));
	assert_non_null(strstr(text_str(&all.out), ",0,0,false,"));
	run(place, "status --entity real", &typed);
	assert_int_equal(typed.ends, 0);
	scoped_said(&typed);
}

/* Stories of the simulated Page were listed from so many hours ago until so many. */
static void watch_stories(const struct place *place, int from, int until)
{
	SCOPED(store)
	struct store *store = open_store(place, STORE_COLLECT);
	static const struct metric metrics[] = {
		{ .id = "stories", .kind = METRIC_FLOW, .items = ITEM_STORY },
		{ 0 },
	};
	SCOPED(findings)
	struct findings findings = { 0 };
	const struct answer answer = {
		.channel = { .entity = "simulada",
			     .account = "facebook",
			     .source = "facebook",
			     .zone = "America/Los_Angeles",
			     .metrics = metrics },
		.findings = &findings,
		.origin = { .at = now(), .what = "stories" },
		.sweep = SWEEP_WATCH,
	};
	struct error err;

	findings_watch(&findings, ITEM_STORY, now() - from * 3600LL, now() - until * 3600LL);
	if (store_answer(store, &answer, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void expect_gaps(const struct place *place, const char *gaps)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, "status --entity simulada --format json", &said);
	if (!strstr(text_str(&said.out), gaps))
		fail_msg("%s is not in %s", gaps, text_str(&said.out));
}

static void story_gaps_are_those_between_two_looks(void **state)
{
	const struct place *place = *state;

	write_two_entities(place);
	save_daily(place, 0, ERROR_NONE, "");
	expect_gaps(place, "\"story_gaps\":0,\"story_gap_seconds\":0,");
	/* looked at for the first time an hour ago, two days back: nothing was missed */
	watch_stories(place, 49, 1);
	expect_gaps(place, "\"story_gaps\":0,\"story_gap_seconds\":0,");
	/* a look five days ago: the day between the two may have had stories */
	watch_stories(place, 121, 73);
	expect_gaps(place, "\"story_gaps\":1,\"story_gap_seconds\":86400,");
	/* one long ago: only the last thirty days count */
	watch_stories(place, 60 * 24, 59 * 24);
	expect_gaps(place, "\"story_gaps\":2,\"story_gap_seconds\":2242800,");
}

static void nobody_looked_for_two_days_is_a_gap_but_for_the_last_24_hours(void **state)
{
	const struct place *place = *state;

	write_two_entities(place);
	save_daily(place, 0, ERROR_NONE, "");
	watch_stories(place, 96, 23);
	expect_gaps(place, "\"story_gaps\":0,\"story_gap_seconds\":0,");
	remove_database(place);
	save_daily(place, 0, ERROR_NONE, "");
	watch_stories(place, 96, 48);
	expect_gaps(place, "\"story_gaps\":1,\"story_gap_seconds\":86400,");
}

static void lists_of_two_entities_are_two_tables(void **state)
{
	static const struct {
		const char *words, *simulated, *real;
	} rows[] = {
		{ "accounts", "*** SIMULADO ***\nEntidad simulada\n\naccount ",
		  "\n\nPersonería\n\ncuenta " },
		{ "status", "*** SIMULADO ***\nEntidad simulada\n\naccount ",
		  "\n\nPersonería\n\ncuenta " },
		{ "entries", "*** SIMULADO ***\nEntidad simulada\n\nentry ",
		  "\n\nPersonería\n\nentrada " },
	};
	const struct place *place = *state;

	write_two_entities(place);
	expect(place, "enter x posts 2025-12 7", 0,
	       "real/x posts 2025-12: 7 (manual)\nEntrada 1.\n", "");
	expect(place, "enter simulada/facebook visits 2025-12 7", 0,
	       "simulada/facebook visits 2025-12: 7 (manual)\nEntry 2.\n", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(said)
		struct said said = { 0 };
		const char *real;

		run(place, rows[i].words, &said);
		assert_memory_equal(text_str(&said.out), rows[i].simulated,
				    strlen(rows[i].simulated));
		real = strstr(text_str(&said.out), rows[i].real);
		assert_non_null(real);
		assert_null(strstr(real, "simulada/"));
	}
}

static void a_hold_without_end_needs_a_person(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	struct held held = {
		.scope = HOLD_TOKEN,
		.key = "meta",
		.until = INT64_MAX,
		.why = "the token was revoked",
	};

	write_two_entities(place);
	save_daily(place, 0, ERROR_NONE, "");
	{
		SCOPED(store)
		struct store *store = open_store(place, STORE_COLLECT);

		assert_int_equal(store_hold(store, &held, NULL), 0);
	}
	run(place, "status", &said);
	assert_int_equal(said.ends, 1);
	assert_non_null(strstr(text_str(&said.out),
			       "\n  its token waits until a person acts: the token was revoked\n"));
}

/* The state directory is closed to whoever runs the test; root becomes nobody for it. */
static void who_may_not_read_the_directory_hears_which_group_may(void **state)
{
	const struct place *place = *state;
	SCOPED(file)
	FILE *err = tmpfile();
	SCOPED(text)
	struct text said = { 0 };
	char *const argv[] = { (char[]){ "metricsctl" }, (char[]){ "entries" }, NULL };
	int program = open(METRICSD_BIN "/metricsctl", O_RDONLY | O_CLOEXEC);
	char config[128];
	int status;
	pid_t child;

	write_two_entities(place);
	save_daily(place, 0, ERROR_NONE, "");
	assert_int_equal(chmod(place->database, 0600), 0);
	assert_int_equal(chmod(place->path, geteuid() ? 0500 : 0755), 0);
	if (geteuid())
		assert_int_equal(chmod(place->database, 0), 0);
	(void)snprintf(config, sizeof(config), "METRICSD_CONFIG=%s", place->config);
	child = fork();
	if (child == 0) {
		char *const environment[] = { config, NULL };

		(void)dup2(fileno(err), STDERR_FILENO);
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(127);
		(void)fexecve(program, argv, environment);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	(void)close(program);
	assert_int_equal(chmod(place->path, 0700), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	read_all(fileno(err), &said);
	assert_non_null(strstr(text_str(&said), "may read and write it"));
	assert_null(strstr(text_str(&said), "not there yet"));
}

/* --- the daemon */

static void without_a_daemon_it_names_what_to_do_by_hand(void **state)
{
	const struct place *place = *state;
	static const struct {
		const char *words, *account;
	} rows[] = {
		{ "collect facebook", "itagui/facebook" },
		{ "collect", "ACCOUNT" },
		{ "backfill itagui/x 2025-01-01 2025-03-31", "itagui/x" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text err = { 0 };

		text_addf(
			&err,
			"metricsctl: no metricsd answers at %s (No such file or directory): start "
			"it "
			"(systemctl start metricsd), or do it by hand with `metricsd --once %s`\n",
			place->control, rows[i].account);
		expect(place, rows[i].words, 3, "", text_str(&err));
	}
}

static void what_the_daemon_says_is_passed_on_with_its_exit_status(void **state)
{
	const struct place *place = *state;
	SCOPED(memory)
	char *request = memory_new(1024, 1);
	SCOPED(file)
	FILE *kept = NULL;
	char file[96];
	pid_t daemon;

	(void)snprintf(file, sizeof(file), "%s/request", place->path);
	daemon = play_daemon(place, file,
			     "{\"progress\":\"itagui/facebook: 3 answers\"}\n"
			     "{\"done\":true,\"exit\":1,\"text\":\"one account failed\"}\n");
	expect(place, "backfill facebook 2025-01-01 2025-03-31", 1,
	       "itagui/facebook: 3 answers\none account failed\n", "");
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
	kept = fopen(file, "r");
	assert_non_null(kept);
	assert_non_null(fgets(request, 1024, kept));
	assert_string_equal(request, "{\"command\":\"backfill\",\"account\":\"itagui/facebook\","
				     "\"from\":\"2025-01-01\",\"to\":\"2025-03-31\"}\n");
}

static void a_daemon_that_goes_away_is_told(void **state)
{
	const struct place *place = *state;
	char file[96];
	pid_t daemon;

	(void)snprintf(file, sizeof(file), "%s/request", place->path);
	daemon = play_daemon(place, file, "{\"progress\":\"one\"}\n{\"prog");
	expect(place, "collect", 3, "one\n",
	       "metricsctl: metricsd went away before it was done; what it had stored stays, its "
	       "log says more\n");
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
}

/* --- replay */

static void replay_shows_what_an_answer_would_store(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	write_two_entities(place);
	run(place,
	    "replay facebook ../meta/fb_page_insights_day.json --from 2026-11-01 --to 2026-11-19",
	    &said);
	assert_fixture("ctl/replay.txt", text_str(&said.out));
	assert_int_equal(said.ends, 0);
	assert_int_equal(access(place->database, F_OK), -1);
}

static void replay_of_an_error_says_what_the_provider_said(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	write_two_entities(*state);
	run(*state, "replay facebook ../meta/error_190_463_expired.json --status 400", &said);
	assert_int_equal(said.ends, 3);
	assert_non_null(strstr(text_str(&said.err), "nothing of it would be stored"));
	assert_non_null(strstr(text_str(&said.err), "the last said: "));
}

int main(void)
{
#define CTL_TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)
	const struct CMUnitTest tests[] = {
		CTL_TEST(every_subcommand_helps_with_an_example),
		CTL_TEST(what_is_misspelt_is_a_usage_error_that_says_what_to_do),
		CTL_TEST(a_misspelt_account_is_refused_by_every_subcommand_that_has_one),
		CTL_TEST(words_kept_with_an_entry_have_a_length),
		CTL_TEST(a_long_name_does_not_stretch_the_table_of_entries),
		CTL_TEST(without_a_database_it_says_where_to_begin),
		CTL_TEST(a_configuration_with_mistakes_is_refused_with_all_of_them),
		CTL_TEST(check_counts_what_it_read),
		CTL_TEST(trouble_with_secrets_is_told_by_check_and_keeps_nobody_from_figures),
		CTL_TEST(october_of_x_prints_46_posts_and_2106_views),
		CTL_TEST(the_real_quarter_is_printed_in_spanish_and_english),
		CTL_TEST(the_last_full_month_is_what_summary_shows_by_itself),
		CTL_TEST(a_period_that_has_not_begun_is_one_line),
		CTL_TEST(a_derived_metric_is_found_by_its_full_id_too),
		CTL_TEST(the_layouts_are_documented_in_their_order),
		CTL_TEST(machines_get_the_same_figures),
		CTL_TEST(figures_of_two_entities_never_stand_in_one_table),
		CTL_TEST(a_number_is_entered_changed_and_withdrawn),
		CTL_TEST(who_enters_hears_that_the_summary_shows_another_figure),
		CTL_TEST(an_import_names_ten_figures_the_summary_takes_from_elsewhere),
		CTL_TEST(withdrawing_what_does_not_stand_is_refused),
		CTL_TEST(importing_a_file_again_changes_nothing),
		CTL_TEST(a_file_with_mistakes_names_them_all_and_stores_nothing),
		CTL_TEST(a_header_with_mistakes_is_not_read_past),
		CTL_TEST(semicolons_a_bom_and_quoted_line_ends_are_read),
		CTL_TEST(a_dry_run_shows_what_would_change_and_stores_nothing),
		CTL_TEST(a_file_that_is_not_there_is_a_failure),
		cmocka_unit_test(records_end_where_rfc_4180_says),
		cmocka_unit_test(the_reader_goes_on_behind_a_line_it_refuses),
		CTL_TEST(status_asks_for_a_person_when_a_token_is_refused),
		CTL_TEST(status_is_patient_with_what_passes_by_itself),
		CTL_TEST(status_is_fine_when_all_is_well),
		CTL_TEST(status_asks_for_a_person_when_no_daemon_collects),
		CTL_TEST(lists_of_two_entities_are_two_tables),
		CTL_TEST(story_gaps_are_those_between_two_looks),
		CTL_TEST(nobody_looked_for_two_days_is_a_gap_but_for_the_last_24_hours),
		CTL_TEST(who_may_not_read_the_directory_hears_which_group_may),
		CTL_TEST(a_hold_without_end_needs_a_person),
		CTL_TEST(without_a_daemon_it_names_what_to_do_by_hand),
		CTL_TEST(what_the_daemon_says_is_passed_on_with_its_exit_status),
		CTL_TEST(a_daemon_that_goes_away_is_told),
		CTL_TEST(replay_shows_what_an_answer_would_store),
		CTL_TEST(replay_of_an_error_says_what_the_provider_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
