/* metricsctl report and chart: the real quarter in every format, closed periods, plans, many
 * entities, and what is said of mistakes. */
#include "test.h"

#include "run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_ROOM = 4 << 20 };

static const char *const formats[] = { "html", "md", "xlsx", "json", "csv" };
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

static void read_file(const char *path, struct text *ret)
{
	SCOPED(file)
	FILE *file = fopen(path, "rb");
	char bytes[4096];
	size_t got;

	if (!file)
		fail_msg("%s is not there", path);
	ret->max = FILE_ROOM;
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_add_n(ret, bytes, got);
	assert_false(ret->failed);
}

/* The definitions that are shipped, and the real office's quarter in place of theirs. */
static void add_definitions(const struct place *place)
{
	static const char *const names[][2] = {
		{ "/examples/reports/trimestral.conf", "trimestral" },
		{ "/etc/reports/mensual.conf", "mensual" },
		{ "/etc/reports/semestral.conf", "semestral" },
		{ "/etc/reports/resumen.conf", "resumen" },
	};
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/reports", place->path);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		SCOPED(text)
		struct text source = { 0 };

		text_addf(&source, METRICSD_SOURCE "%s", names[i][0]);
		(void)snprintf(path, sizeof(path), "%s/reports/%s.conf", place->path, names[i][1]);
		assert_int_equal(symlink(text_str(&source), path), 0);
	}
}

static void run_well(const struct place *place, const char *words, struct said *said)
{
	run(place, words, said);
	if (said->ends != 0)
		print_error("%s: %s", words, text_str(&said->err));
	assert_int_equal(said->ends, 0);
}

static void do_well(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };

	run_well(place, words, &said);
}

/* What the office has of its last quarter of 2025. */
static int make_quarter(void **state)
{
	const struct place *place;

	assert_int_equal(make_place(state), 0);
	place = *state;
	add_definitions(place);
	do_well(place, "import " METRICSD_SOURCE "/examples/monthly.csv");
	do_well(place, "record event --from " METRICSD_SOURCE "/examples/events.csv");
	do_well(place, "record campaign --from " METRICSD_SOURCE "/examples/campaigns.csv");
	do_well(place, "record risk --from " METRICSD_SOURCE "/examples/risks.csv");
	return 0;
}

/* The report of those words as a file of that end. */
static void make_report(const struct place *place, const char *words, const char *end,
			struct text *ret)
{
	SCOPED(text)
	struct text line = { 0 };
	SCOPED(text)
	struct text path = { 0 };

	text_addf(&path, "%s/report.%s", place->path, end);
	text_addf(&line, "report %s --date none -o %s", words, text_str(&path));
	do_well(place, text_str(&line));
	read_file(text_str(&path), ret);
}

static void assert_says(const struct text *report, const char *words)
{
	if (!strstr(text_str(report), words))
		fail_msg("the report does not say \"%s\"", words);
}

static void assert_silent(const struct text *report, const char *words)
{
	if (strstr(text_str(report), words))
		fail_msg("the report says \"%s\"", words);
}

/* --- the real quarter */

/* METRICSD_REWRITE=1 writes the example anew, to be looked at. */
static void real_quarter_is_the_example_in_every_format(void **state)
{
	const struct place *place = *state;

	for (size_t i = 0; i < FORMATS; i++) {
		SCOPED(text)
		struct text made = { 0 };
		SCOPED(text)
		struct text kept = { 0 };
		SCOPED(text)
		struct text path = { 0 };

		make_report(place, "2025-Q4", formats[i], &made);
		text_addf(&path, METRICSD_SOURCE "/docs/example-report/informe-2025-Q4.%s",
			  formats[i]);
		if (getenv("METRICSD_REWRITE")) {
			SCOPED(file)
			FILE *file = fopen(text_str(&path), "wb");

			assert_non_null(file);
			assert_int_equal(fwrite(made.bytes, 1, made.length, file), made.length);
			continue;
		}
		read_file(text_str(&path), &kept);
		if (made.length != kept.length || memcmp(made.bytes, kept.bytes, made.length) != 0)
			fail_msg("the report is another than %s", text_str(&path));
	}
}

/* The columns of the list of figures: "account", "metric", "period", "form", "value", "low". */
enum {
	COLUMN_ACCOUNT = 4,
	COLUMN_METRIC = 6,
	COLUMN_PERIOD = 10,
	COLUMN_FORM = 13,
	COLUMN_VALUE,
	COLUMN_LOW
};

static const char *field(const char *line, int column, char ret[64])
{
	for (; column > 0; column--) {
		line = strchr(line, ',');
		assert_non_null(line);
		line++;
	}
	(void)snprintf(ret, 64, "%.*s", (int)strcspn(line, ","), line);
	return ret;
}

/* The line of a figure, or NULL. */
static const char *figure_line(const char *csv, const char *account, const char *metric,
			       const char *period)
{
	for (const char *line = strchr(csv, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		char text[64];

		if (strcmp(field(line + 1, COLUMN_ACCOUNT, text), account) == 0 &&
		    strcmp(field(line + 1, COLUMN_METRIC, text), metric) == 0 &&
		    strcmp(field(line + 1, COLUMN_PERIOD, text), period) == 0)
			return line + 1;
	}
	return NULL;
}

/* What the office's own report prints, and what follows from it where that was wrong: 37 and not
 * 36, 90 and not 179, 279 and not 278. */
static void every_table_of_the_real_report_is_in_it(void **state)
{
	static const struct {
		const char *account, *metric, *figures[4]; /* months, then the quarter */
	} rows[] = {
		{ "sede-electronica", "visits", { "34811", "34326", "25059", "94196" } },
		{ "sede-electronica", "news", { "3", "1", "2", "6" } },
		{ "whatsapp", "posts", { "10", "13", "14", "37" } },
		{ "whatsapp", "wallpapers", { "0", "0", "2", "2" } },
		{ "facebook", "posts", { "44", "24", "26", "94" } },
		{ "instagram", "posts", { "44", "22", "23", "89" } },
		{ "x", "posts", { "46", "19", "25", "90" } },
		{ "redes", "posts", { "134", "65", "74", "273" } },
		{ "facebook", "viewers", { "73300", "26700", NULL, ">73250" } },
		{ "facebook", "visits", { "3400", "1400", NULL, ">4700" } },
		{ "facebook", "followers_gained", { "111", "37", NULL, ">148" } },
		{ "facebook", "views", { "208800", "66800", NULL, ">275500" } },
		{ "instagram", "reach", { "5700", "3400", NULL, ">5650" } },
		{ "instagram", "visits", { "557", "439", NULL, ">996" } },
		{ "instagram", "followers_gained", { "34", "35", NULL, ">69" } },
		{ "instagram", "views", { "44600", "39300", NULL, ">83800" } },
		{ "x", "views", { "2106", "1830", NULL, ">3936" } },
		{ "eventos", "events", { "4", "1", "1", "6" } },
		{ "eventos", "attendees", { ">61", "40", NULL, ">101" } },
		{ "eventos", "attendees_max", { ">45", "40", NULL, ">45" } },
		{ "campanas", "campaigns", { "1", "1", "1", "2" } },
		{ "comunicaciones", "accompaniments", { NULL, NULL, NULL, NULL } },
		{ "comunicaciones", "designs", { NULL, NULL, NULL, NULL } },
	};
	static const char *const periods[] = { "2025-10", "2025-11", "2025-12", "2025-Q4" };
	SCOPED(text)
	struct text csv = { 0 };

	make_report(*state, "2025-Q4", "csv", &csv);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int k = 0; k < 4; k++) {
			const char *wanted = rows[i].figures[k];
			const char *line =
				figure_line(csv.bytes, rows[i].account, rows[i].metric, periods[k]);
			char form[64], number[64];

			if (!line)
				fail_msg("no %s %s of %s", rows[i].account, rows[i].metric,
					 periods[k]);
			(void)field(line, COLUMN_FORM, form);
			if (!wanted) {
				assert_string_equal(form, "none");
				continue;
			}
			if (*wanted == '>') {
				assert_string_equal(form, "at-least");
				wanted++;
				(void)field(line, COLUMN_LOW, number);
			} else {
				(void)field(line, COLUMN_VALUE, number);
			}
			assert_string_equal(number, wanted);
		}
	}
}

static void sentences_and_tables_say_the_same(void **state)
{
	SCOPED(text)
	struct text report = { 0 };

	make_report(*state, "2025-Q4", "md", &report);
	assert_says(&report, "cuarto trimestre de 2025");
	assert_silent(&report, "IV trimestre");
	assert_says(&report, "273 publicaciones (Redes sociales) y 6 noticias (Sede electrónica).");
	assert_says(&report, "- X: 90 publicaciones\n");
	assert_says(&report, "| X | 46 | 19 | 25 | 90 |");
	assert_says(&report, "279 publicaciones");
	assert_says(&report, "| **Total por mes** | **134** | **65** | **74** | **273** |");
	assert_says(&report, "| 17 oct 2025 | Capacitación Red Nacional de Veedurías |");
	assert_says(&report, "- Mapa de riesgos: 3 ");
}

static void campaigns_are_told_as_the_form_tells_them(void **state)
{
	SCOPED(text)
	struct text report = { 0 };

	make_report(*state, "2025-Q4", "md", &report);
	assert_says(&report, "| **Efemérides DDHH** |  |\n| Objetivo | Difundir y conmemorar ");
	assert_says(&report, "| Duración | Del 9 dic 2025 al 15 dic 2025 |\n");
}

static void events_are_told_in_a_sentence(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text report = { 0 };
	SCOPED(text)
	struct text later = { 0 };

	make_report(place, "2025-Q4", "md", &report);
	assert_says(&report, "se registraron 6 eventos y al menos 101 asistentes.\n");
	assert_says(&report, "- Asistentes por evento: 33,7");
	assert_says(&report, "- Mayor asistencia: al menos 45 (Charla sobre orientación ");
	/* of two that are as large none is the largest */
	do_well(place, "record event --date 2025-11-30 --title Foro --attendees 45");
	make_report(place, "2025-Q4", "md", &later);
	assert_says(&later, "- Mayor asistencia: al menos 45\n");
}

static void sources_are_called_as_people_call_them(void **state)
{
	SCOPED(text)
	struct text report = { 0 };

	make_report(*state, "2025-Q4", "md", &report);
	assert_says(&report, "\nFuente: archivo importado; días según la hora de Bogotá.\n");
	assert_says(&report, "\nFuente: registros propios.\n");
	assert_silent(&report, "America/Bogota");
	assert_silent(&report, "register");
}

/* October has nothing before it: a line says so, no column of dashes does. */
static void what_nothing_is_known_of_has_no_column(void **state)
{
	SCOPED(text)
	struct text october = { 0 };
	SCOPED(text)
	struct text november = { 0 };

	make_report(*state, "2025-10", "md", &october);
	assert_says(&october, "| Cifra | Octubre de 2025 |\n");
	assert_says(&october, "\nSin datos con qué comparar: septiembre de 2025 y octubre de "
			      "2024.\n");
	make_report(*state, "2025-11", "md", &november);
	assert_says(&november, "| Cifra | Octubre de 2025 | Noviembre de 2025 | Variación frente "
			       "al periodo anterior |\n");
	assert_says(&november, "\nSin datos con qué comparar: noviembre de 2024.\n");
	/* a difference of bounds is no row of dashes and signs */
	assert_says(&november, "-46.700 a -46.500 (-63,7 a -63,4 %)");
}

static void one_item_is_not_many(void **state)
{
	SCOPED(text)
	struct text report = { 0 };

	make_report(*state, "2025-11 --definition trimestral", "md", &report);
	assert_says(&report, " 1 noticia (Sede electrónica)");
	assert_says(&report, "- Sede electrónica: 1 noticia\n");
	assert_says(&report, "noviembre de 2025");
}

/* October and November are both complete: 3 news against 1. */
static void comparison_is_made_where_both_are_complete(void **state)
{
	SCOPED(text)
	struct text report = { 0 };

	make_report(*state, "2025-11 --definition trimestral", "md", &report);
	assert_says(&report, "137 publicaciones"); /* October's 134 + 3 */
	assert_says(&report, "51,8");              /* 66 is that much less than 137 */
}

static void english_is_spoken_when_asked_for(void **state)
{
	SCOPED(text)
	struct text report = { 0 };

	make_report(*state, "2025-Q4 --lang en", "md", &report);
	assert_says(&report, "In the fourth quarter of 2025 there were 273 posts (Redes sociales)");
	assert_says(&report, "no data for December 2025.");
	assert_says(&report, "| X | 46 | 19 | 25 | 90 |");
	assert_says(&report, "Mapa de riesgos: 3 statements are older than their period.");
}

static void what_nobody_recorded_is_said(void **state)
{
	SCOPED(text)
	struct text report = { 0 };

	make_report(*state, "2025-Q3 --lang en", "md", &report);
	assert_says(&report, "Eventos: nothing is recorded for July to September 2025, nor that "
			     "there was nothing.");
	assert_says(&report, "In the third quarter of 2025 there is no data of posts (Redes "
			     "sociales) and no data of noticias (Sede electrónica).");
	assert_silent(&report, "there were 0");
}

static void every_file_bears_the_notice_of_its_entity(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text config = { 0 };

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
	for (size_t i = 0; i < FORMATS; i++) {
		SCOPED(text)
		struct text report = { 0 };

		make_report(place, "2025-10 --entity ensayo", formats[i], &report);
		if (strcmp(formats[i], "md") == 0 || strcmp(formats[i], "html") == 0)
			assert_says(&report, "SIMULADO");
	}
	expect(place, "report 2025-10 -o /dev/null.md", 2, "",
	       "metricsctl: ensayo and real do not belong together (SIMULADO): choose with "
	       "--entity\n");
}

/* --- a closed quarter */

static void closed_quarter_prints_what_was_published(void **state)
{
	const struct place *place = *state;
	struct place later = *place;
	SCOPED(text)
	struct text report = { 0 };

	do_well(place, "close 2025-Q4 --anyway --by ana --note approved");
	later.now += (int64_t)5 * 86400;
	do_well(&later, "enter facebook visits 2025-12 1200 --by ana");
	do_well(&later, "record event --date 2025-11-30 --title Concurso --attendees 232");
	make_report(&later, "2025-Q4 --lang en", "md", &report);
	assert_says(&report, "closed on Jan 15, 2026 by ana, SHA-256 ");
	assert_says(
		&report,
		"| Visitas | 3,400 ± 50 | 1,400 ± 50 | — (no data, today 1,200) | ≥ 4,800 ± 100 "
		"(incomplete, today 6,000 ± 100)");
	assert_says(&report, "| Facebook: Visits | December 2025 | — | 1,200 | Jan 20, 2026 |\n");
	assert_says(&report, "| Nov 30, 2025 \\[1\\] | Concurso |");
	assert_says(&report, "Recorded after the period was closed");
}

/* --- plans */

static int make_plans(void **state)
{
	struct place *place;
	SCOPED(text)
	struct text config = { 0 };

	assert_int_equal(make_place(state), 0);
	place = *state;
	add_definitions(place);
	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "@include \"" METRICSD_SOURCE "/examples/plans.conf\"\n",
		  place->path, place->control);
	write_file(place->config, text_str(&config));
	place->now += (int64_t)200 * 86400; /* August 2026 */
	return 0;
}

static void semester_has_the_columns_of_the_form(void **state)
{
	const struct place *place = *state;
	const char *const enter[] = { "enter",
				      "plan-2026",
				      "a08",
				      "2026-S1",
				      "40%",
				      "--entity",
				      "concejo-medellin",
				      "--note",
				      "falta la segunda pauta",
				      NULL };
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(text)
	struct text report = { 0 };

	run_words(place, enter, &said);
	assert_int_equal(said.ends, 0);
	make_report(place, "2026-S1 --entity concejo-medellin --lang en", "md", &report);
	assert_says(&report,
		    "| Strategy | Activity | Target | Budget | Resources | Responsible | Due | "
		    "Remarks | first half of 2026 | second half of 2026 | Progress | Remarks "
		    "on the follow-up |");
	assert_says(&report, "| Plan de medios ejecutado | 100% | 400,000,000 |");
	assert_says(&report, "| 40% |  | 40.0% | falta la segunda pauta |");
	/* the plan's form is the report's */
	assert_says(&report, "- Code: F-GEP-001\n- Version: 9\n");
	assert_says(&report, "| **Total** |  |  | **2,500,000,000**");
	assert_says(&report, "11 of 13 activities have a budget.");
}

/* --- many entities */

static void sixty_entities_are_one_document(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text config = { .max = FILE_ROOM };
	SCOPED(text)
	struct text report = { 0 };
	char last[64];

	text_addf(&config, "state_directory = \"%s\";\ncontrol = \"%s\";\nentities: (\n",
		  place->path, place->control);
	for (int i = 0; i < 60; i++)
		text_addf(&config,
			  "%s{ id = \"e%d\"; name = \"Entidad %d\"; zone = \"America/Bogota\"; "
			  "accounts: ( { id = \"x\"; collector = \"manual\"; entered = "
			  "[\"posts\"]; } ); }\n",
			  i ? "," : "", i, i);
	text_add(&config, ");\n");
	write_file(place->config, text_str(&config));
	do_well(place, "enter x posts 2025-10 7 --entity e59");
	make_report(place, "2025-10", "html", &report);
	for (int i = 0; i < 60; i++) {
		(void)snprintf(last, sizeof(last), "Entidad %d<", i);
		assert_says(&report, last);
	}
	/* nobody has a register: nothing is headed by it */
	assert_silent(&report, ">Registros<");
	assert_says(&report, ">Fuentes y cobertura<");
}

/* --- offices whose channels are not those of the example */

/* Besides the real office one that has other channels, and a register; without definitions of its
 * own. */
static int make_two(void **state)
{
	const struct place *place;
	SCOPED(text)
	struct text config = { 0 };
	SCOPED(text)
	struct text example = { 0 };
	char *end = NULL;

	assert_int_equal(make_place(state), 0);
	place = *state;
	read_file(METRICSD_SOURCE "/examples/itagui.conf", &example);
	for (char *at = strstr(example.bytes, ");"); at; at = strstr(at + 1, ");"))
		end = at; /* of the list of entities */
	if (!end)
		fail_msg("examples/itagui.conf has no list of entities");
	else
		*end = '\0';
	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n%s"
		  ", { id = \"alcaldia\"; name = \"Alcaldía\"; zone = \"America/Bogota\";\n"
		  "language = \"es-CO\"; accounts: (\n"
		  "{ id = \"facebook\"; title = \"La página\"; collector = \"manual\";\n"
		  "  entered = [\"posts\", \"viewers\"]; },\n"
		  "{ id = \"portal\"; title = \"Portal\"; collector = \"manual\";\n"
		  "  entered = [\"visits\"]; },\n"
		  "{ id = \"foros\"; title = \"Foros\"; collector = \"events\"; } ); } );\n",
		  place->path, place->control, text_str(&example));
	write_file(place->config, text_str(&config));
	do_well(place, "import " METRICSD_SOURCE "/examples/monthly.csv --entity itagui");
	do_well(place, "enter facebook posts 2025-10 7 --entity alcaldia");
	do_well(place, "enter portal visits 2025-10 900 --entity alcaldia");
	return 0;
}

static void shipped_definitions_serve_any_office(void **state)
{
	static const char *const asked[] = {
		"2025-Q4",
		"2025",
		"2025-S2",
		"2025-B5",
		"2025-10",
		"2024..2025",
		"2025-Q4 --definition resumen",
	};
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		for (int all = 0; all < 2; all++) {
			SCOPED(text)
			struct text words = { 0 };
			SCOPED(text)
			struct text path = { 0 };
			SCOPED(text)
			struct text report = { 0 };
			SCOPED(said)
			struct said said = { 0 };

			text_addf(&path, "%s/r.md", place->path);
			text_addf(&words, "report %s --date none -o %s%s", asked[i],
				  text_str(&path), all ? "" : " --entity alcaldia");
			run_well(place, text_str(&words), &said);
			assert_string_equal(text_str(&said.err), "");
			read_file(text_str(&path), &report);
			assert_says(&report, "La página");
			assert_says(&report, "Portal");
			/* another office's words, and platforms nobody said anything of */
			assert_silent(&report, "Proceso:");
			assert_silent(&report, "rocedimiento");
			assert_silent(&report, "Business Suite");
		}
	}
}

static void name_of_every_channel_is_each_that_has_it(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text real = { 0 };
	SCOPED(text)
	struct text other = { 0 };

	make_report(place, "2025-Q4 --entity itagui", "md", &real);
	assert_says(&real, "| WhatsApp | 10 | 13 | 14 | 37 |\n| **Redes sociales** | **134** |");
	make_report(place, "2025-Q4 --entity alcaldia", "md", &other);
	assert_says(&other, "**Publicaciones por canal**");
	assert_says(&other, "| La página | 7 | — (sin datos) |");
}

/* Writes a definition of that table; its path in `path`. */
static void define(const struct place *place, const char *parts, struct text *path)
{
	SCOPED(text)
	struct text bytes = { 0 };

	text_addf(path, "%s/mine.conf", place->path);
	text_addf(&bytes, "report: {\n  title = \"x\";\n  parts: ( %s );\n};\n", parts);
	write_file(text_str(path), text_str(&bytes));
}

static void what_one_office_lacks_is_left_out_and_told_once(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text told = { 0 };
	SCOPED(text)
	struct text out = { 0 };
	SCOPED(text)
	struct text report = { 0 };
	SCOPED(said)
	struct said said = { 0 };

	define(place,
	       "{ kind = \"table\"; rows = [\"x.posts\", \"facebook.posts\"];\n"
	       "totals = [\"redes.posts\"]; labels = [\"Equis\", \"Cara\", \"Todas\"]; },\n"
	       "{ kind = \"register\"; account = \"eventos\"; }",
	       &path);
	text_addf(&out, "%s/r.md", place->path);
	text_addf(&words, "report 2025-Q4 --definition %s -o %s --entity alcaldia", text_str(&path),
		  text_str(&out));
	text_addf(&told,
		  "metricsctl: %s: left out, as an institution lacks it: x.posts (line 3: "
		  "alcaldia), redes.posts (line 3: alcaldia), eventos (line 5: alcaldia)\n",
		  text_str(&path));
	run_well(place, text_str(&words), &said);
	assert_string_equal(text_str(&said.err), text_str(&told));
	read_file(text_str(&out), &report);
	/* labels stay with their rows */
	assert_says(&report, "| Cara | 7 |");
	assert_silent(&report, "Equis");
	assert_silent(&report, "Todas");
}

static void what_no_office_has_is_a_mistake_of_the_definition(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text told = { 0 };

	define(place,
	       "{ kind = \"table\"; rows = [\"facebook.posts\", \"portal.visit\"]; },\n"
	       "{ kind = \"register\"; account = \"evento\"; },\n"
	       "{ kind = \"plan\"; plan = \"plan-2026\"; },\n"
	       "{ kind = \"table\"; rows = [\"x.posts\", \"tiktok.posts\"]; }",
	       &path);
	text_addf(&words, "report 2025-Q4 --definition %s -o %s/r.md --entity alcaldia",
		  text_str(&path), place->path);
	text_addf(&told,
		  "%s:3: portal.visit: alcaldia/portal has no metric \"visit\", did you mean "
		  "\"visits\"?\n",
		  text_str(&path));
	text_addf(&told, "%s:4: evento: alcaldia has no account, group or register of that name\n",
		  text_str(&path));
	text_addf(&told, "%s:5: plan-2026: alcaldia has no plan of that name\n", text_str(&path));
	text_addf(
		&told,
		"%s:6: tiktok.posts: alcaldia has no account, group or derived metric \"tiktok\": "
		"there are facebook, portal, foros\n",
		text_str(&path));
	text_addf(&told,
		  "metricsctl: the report's definition %s names what no institution of the "
		  "configuration has\n",
		  text_str(&path));
	expect(place, text_str(&words), 2, "", text_str(&told));
}

static void metric_nobody_counts_is_a_mistake_wherever_it_stands(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text told = { 0 };

	define(place,
	       "{ kind = \"table\"; rows = [\"*.pots\"]; },\n"
	       "{ kind = \"table\"; rows = [\"*.posts\"]; totals = [\"*.postz\"]; },\n"
	       "{ kind = \"prose\"; lead = [\"*.vistas\"]; }",
	       &path);
	text_addf(&words, "report 2025-Q4 --definition %s -o %s/r.md --entity alcaldia",
		  text_str(&path), place->path);
	text_addf(&told,
		  "%s:3: *.pots: no channel of alcaldia has a metric \"pots\", did you mean "
		  "\"posts\"?\n",
		  text_str(&path));
	text_addf(&told,
		  "%s:4: *.postz: no channel of alcaldia has a metric \"postz\", did you mean "
		  "\"posts\"?\n",
		  text_str(&path));
	text_addf(&told,
		  "%s:5: *.vistas: no channel of alcaldia has a metric \"vistas\", did you mean "
		  "\"visits\"?\n",
		  text_str(&path));
	text_addf(&told,
		  "metricsctl: the report's definition %s names what no institution of the "
		  "configuration has\n",
		  text_str(&path));
	expect(place, text_str(&words), 2, "", text_str(&told));
}

static void metric_an_office_does_not_count_is_left_out_of_it_without_a_word(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text report = { 0 };
	SCOPED(said)
	struct said said = { 0 };

	/* the real office alone counts the first; every collector's table has the second */
	define(place,
	       "{ kind = \"table\"; rows = [\"*.accompaniments\"]; },\n"
	       "{ kind = \"table\"; rows = [\"*.stories\"]; },\n"
	       "{ kind = \"table\"; rows = [\"*.posts\"]; }",
	       &path);
	text_addf(&file, "%s/r.md", place->path);
	text_addf(&words, "report 2025-Q4 --definition %s -o %s --entity alcaldia", text_str(&path),
		  text_str(&file));
	run_well(place, text_str(&words), &said);
	assert_string_equal(text_str(&said.err), "");
	read_file(text_str(&file), &report);
	assert_says(&report, "La página");
}

static void made_caption_is_of_all_the_rows(void **state)
{
	static const char *const rows[][2] = {
		{ "rows = [\"facebook.posts\", \"x.posts\"]; totals = [\"redes.posts\"];",
		  "\n**Publicaciones**\n" },
		{ "rows = [\"*.posts\"];", "\n**Publicaciones**\n" },
		{ "rows = [\"*.posts\"]; totals = [\"*.posts\"];", "\n**Publicaciones**\n" },
		{ "rows = [\"*.news\"];", "\n**Noticias**\n" },
		{ "rows = [\"facebook.posts\", \"facebook.visits\"];", "\n**Facebook**\n" },
		{ "rows = [\"x.posts\"];", "\n**X**\n" },
	};
	const struct place *place = *state;
	SCOPED(text)
	struct text file = { 0 };

	text_addf(&file, "%s/r.md", place->path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text path = { 0 };
		SCOPED(text)
		struct text part = { 0 };
		SCOPED(text)
		struct text words = { 0 };
		SCOPED(text)
		struct text report = { 0 };
		SCOPED(said)
		struct said said = { 0 };

		text_addf(&part, "{ kind = \"table\"; %s }", rows[i][0]);
		define(place, text_str(&part), &path);
		text_addf(&words, "report 2025-Q4 --definition %s -o %s --entity itagui",
			  text_str(&path), text_str(&file));
		run_well(place, text_str(&words), &said);
		read_file(text_str(&file), &report);
		assert_says(&report, rows[i][1]);
	}
}

/* --- mistakes */

static void definition_there_is_not_is_told_with_those_there_are(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(said)
	struct said said = { 0 };

	text_addf(&words, "report 2025-Q4 --definition boletin -o %s/r.md", place->path);
	run(place, text_str(&words), &said);
	assert_int_equal(said.ends, 2);
	text_reset(&words);
	text_addf(&words,
		  "metricsctl: no report definition \"boletin\"; there are: mensual, resumen, "
		  "semestral, trimestral (looked for in %s/reports, ",
		  place->path);
	assert_memory_equal(text_str(&said.err), words.bytes, words.length);
}

/* The office is a Spanish one. */
static void system_speaks_english_in_errors(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&words, "report 2025-Q4 --definition /nowhere/mine.conf -o %s/r.md", place->path);
	expect(place, text_str(&words), 3, "",
	       "/nowhere/mine.conf cannot be read: No such file or directory\n"
	       "metricsctl: the report's definition /nowhere/mine.conf cannot be used as it is\n");
	expect(place, "summary 2025-Q4 -o /dev/full", 3, "",
	       "metricsctl: /dev/full cannot be written: the disk is full: make room\n");
}

static void words_in_braces_are_known_ones(void **state)
{
	const struct place *place = *state;

	expect(place, "summary 2025-Q4 -o x-{foo}.txt", 2, "",
	       "metricsctl: -o: unknown {foo}, there are {period} and {entity}\n");
	expect(place, "report 2025-Q4 -o x-{foo}.md", 2, "",
	       "metricsctl: -o: unknown {foo}, there are {period} and {entity}\n");
	expect(place, "chart redes posts 2025 -o {entity}-{Period}.svg", 2, "",
	       "metricsctl: -o: unknown {Period}, there are {period} and {entity}\n");
	expect(place, "export 2025 --open-data {entity}", 2, "",
	       "metricsctl: --open-data: unknown {entity}, there is {period}\n");
}

static void mistakes_of_a_definition_are_named_by_line(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };
	const char *name;

	text_addf(&path, "%s/mine.conf", place->path);
	write_file(text_str(&path), "report: {\n"
				    "  titel = \"x\";\n"
				    "  parts: (\n"
				    "    { kind = \"tabel\"; },\n"
				    "    { kind = \"heading\"; rows = [\"a.b\"]; },\n"
				    "    { kind = \"table\"; rows = [\"facebook\"];\n"
				    "      labels = [\"a\", \"b\"]; },\n"
				    "    { kind = \"table\"; rows = [\"a.visits\", \"b.news\"];\n"
				    "      chart = \"bars\"; },\n"
				    "    { kind = \"table\"; rows = [\"x.posts\", \"*.posts\"];\n"
				    "      labels = [\"Equis\", \"Todos\"]; }\n"
				    "  );\n"
				    "};\n");
	name = text_str(&path);
	text_addf(&complaints,
		  "%s:1: title is missing: what stands over the report; {period}, "
		  "{the_period}, {entity}, {year} and {date} stand for themselves here "
		  "and in texts\n",
		  name);
	text_addf(&complaints, "%s:2: unknown setting \"titel\", did you mean \"title\"?\n", name);
	text_addf(&complaints,
		  "%s:4: kind is \"tabel\", expected one of heading, text, table, "
		  "accounts, register, plan, prose, lacking, sources, did you mean "
		  "\"table\"?\n",
		  name);
	text_addf(&complaints, "%s:5: rows has no use in a part of kind heading\n", name);
	text_addf(&complaints, "%s:5: text is missing: a part of kind heading needs it\n", name);
	text_addf(&complaints,
		  "%s:6: rows has \"facebook\", expected account.metric, like "
		  "facebook.visits\n",
		  name);
	text_addf(&complaints, "%s:7: labels has 2 names for 1 rows\n", name);
	text_addf(&complaints,
		  "%s:9: chart: rows of several metrics (visits, news) do not belong in "
		  "one picture\n",
		  name);
	text_addf(&complaints,
		  "%s:11: labels has \"Todos\" for *.posts, which is called by its channels or "
		  "groups: labels end before it\n",
		  name);
	text_addf(&complaints, "metricsctl: the report's definition %s cannot be used as it is\n",
		  name);
	text_addf(&words, "report 2025-Q4 --definition %s -o %s/r.md", name, place->path);
	expect(place, text_str(&words), 3, "", text_str(&complaints));
}

static void name_that_is_no_figure_is_named_by_line(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(said)
	struct said said = { 0 };

	text_addf(&path, "%s/mine.conf", place->path);
	write_file(text_str(&path), "report: {\n"
				    "  title = \"x\";\n"
				    "  parts: ( { kind = \"table\";\n"
				    "    rows = [\"facebook.visit\"]; } );\n"
				    "};\n");
	text_addf(&words, "report 2025-Q4 --definition %s -o %s/r.md", text_str(&path),
		  place->path);
	run(place, text_str(&words), &said);
	assert_int_equal(said.ends, 2);
	assert_non_null(strstr(text_str(&said.err), "mine.conf:3: facebook.visit: "));
	assert_non_null(strstr(text_str(&said.err), "visits"));
	text_reset(&path);
	text_addf(&path, "%s/r.md", place->path);
	assert_int_equal(access(text_str(&path), F_OK), -1);
}

static void noun_of_one_wants_that_of_many(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text config = { 0 };
	SCOPED(text)
	struct text complaint = { 0 };

	text_addf(&config,
		  "state_directory = \"%s\";\n"
		  "entities: ( { id = \"e\"; zone = \"America/Bogota\";\n"
		  "metrics: ( { id = \"news\"; one = \"noticia\"; } );\n"
		  "accounts: ( { id = \"x\"; collector = \"manual\"; entered = [\"news\"]; } ); } "
		  ");\n",
		  place->path);
	write_file(place->config, text_str(&config));
	text_addf(&complaint,
		  "%s:3: one stands without many: sentences need both\n"
		  "metricsctl: the configuration %s cannot be used as it is\n",
		  place->config, place->config);
	expect(place, "check", 3, "", text_str(&complaint));
}

static void place_that_cannot_be_written_is_named(void **state)
{
	const struct place *place = *state;

	expect(place, "report 2025-Q4", 2, "",
	       "metricsctl: -o FILE is missing: its end says the format, .html, .xlsx, .md, .json "
	       "or "
	       ".csv\n");
	expect(place, "report 2025-Q4 -o informe.doc", 2, "",
	       "metricsctl: -o informe.doc: expected a name that ends in .html, .xlsx, .md, .json "
	       "or "
	       ".csv\n");
	expect(place, "report 2025-Q4 -o /nowhere/informe.md", 3, "",
	       "metricsctl: /nowhere/informe.md cannot be written: No such file or directory\n");
	expect(place, "chart facebook visits 2025 -o informe.gif", 2, "",
	       "metricsctl: -o FILE is missing, or does not end in .svg or .png\n");
}

static void report_that_fails_leaves_the_one_before(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text folder = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(text)
	struct text fresh = { 0 };

	/* a folder stands where the report is to stand: it cannot be put in its place */
	text_addf(&folder, "%s/r.md", place->path);
	text_addf(&fresh, "%s/r.md.new", place->path);
	assert_int_equal(mkdir(text_str(&folder), 0700), 0);
	text_addf(&words, "report 2025-Q4 -o %s", text_str(&folder));
	run(place, text_str(&words), &said);
	assert_int_equal(said.ends, 3);
	assert_int_equal(access(text_str(&fresh), F_OK), -1);
}

static void last_quarter_is_the_one_that_is_over(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text path = { 0 };

	text_addf(&words, "report last-quarter --date none -o %s/itagui-{period}.csv", place->path);
	do_well(place, text_str(&words));
	text_addf(&path, "%s/itagui-2025-Q4.csv", place->path);
	assert_int_equal(access(text_str(&path), F_OK), 0);
}

/* What a timer leaves: the last month of everybody, whatever their notice and language. */
static void each_entity_has_a_file_of_its_own(void **state)
{
	static const char *const commands[][2] = { { "summary", "txt" }, { "report", "md" } };
	static const struct {
		const char *file, *says, *silent;
	} rows[] = {
		{ "ensayo-2025-12.txt", "*** SIMULADO ***\nensayo · diciembre", "real" },
		{ "real-2025-12.txt", "real · December", "ensayo" },
		{ "ensayo-2025-12.md", "- Entidad: ensayo", "real" },
		{ "real-2025-12.md", "- Entity: real", "SIMULADO" },
	};
	const struct place *place = *state;
	SCOPED(text)
	struct text config = { 0 };

	text_addf(
		&config,
		"state_directory = \"%s\";\ncontrol = \"%s\";\n"
		"entities: ( { id = \"ensayo\"; zone = \"America/Bogota\"; notice = \"SIMULADO\";\n"
		"accounts: ( { id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } ); },\n"
		"{ id = \"real\"; zone = \"America/Bogota\"; language = \"en\";\n"
		"accounts: ( { id = \"x\"; collector = \"manual\"; entered = [\"posts\"]; } ); } "
		");\n",
		place->path, place->control);
	write_file(place->config, text_str(&config));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		SCOPED(text)
		struct text line = { 0 };

		text_addf(&line, "%s -o %s/{entity}-{period}.%s", commands[i][0], place->path,
			  commands[i][1]);
		do_well(place, text_str(&line));
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(text)
		struct text path = { 0 };
		SCOPED(text)
		struct text made = { 0 };

		text_addf(&path, "%s/%s", place->path, rows[i].file);
		read_file(text_str(&path), &made);
		assert_says(&made, rows[i].says);
		assert_silent(&made, rows[i].silent);
	}
}

static void summary_that_cannot_be_written_leaves_nothing(void **state)
{
	const struct place *place = *state;

	expect(place, "summary 2025-10 -o /no/such/summary.txt", 3, "",
	       "metricsctl: /no/such/summary.txt cannot be written: No such file or directory\n");
}

/* --- charts */

static void chart_has_one_width(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(said)
	struct said help = { 0 };
	const char *width;

	run_well(place, "chart --help", &help);
	width = strstr(text_str(&help.out), "--width");
	assert_non_null(width);
	assert_null(strstr(width + 1, "--width"));
	text_addf(&words, "chart redes posts 2025-Q4 -o %s/{entity}-{period}.svg --width 300",
		  place->path);
	do_well(place, text_str(&words));
	text_addf(&path, "%s/itagui-2025-Q4.svg", place->path);
	assert_int_equal(access(text_str(&path), F_OK), 0);
}

static void chart_is_a_picture_of_a_mean_with_its_decimals(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text picture = { 0 };

	text_addf(&path, "%s/c.svg", place->path);
	text_addf(&words, "chart eventos attendees_per_event 2025-Q4 -o %s", text_str(&path));
	do_well(place, text_str(&words));
	read_file(text_str(&path), &picture);
	assert_says(&picture, "<svg");
	assert_says(&picture, "30,5");
	assert_silent(&picture, ">305<");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(real_quarter_is_the_example_in_every_format,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(every_table_of_the_real_report_is_in_it,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(sentences_and_tables_say_the_same, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(campaigns_are_told_as_the_form_tells_them,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(events_are_told_in_a_sentence, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(sources_are_called_as_people_call_them,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(what_nothing_is_known_of_has_no_column,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(one_item_is_not_many, make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(comparison_is_made_where_both_are_complete,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(english_is_spoken_when_asked_for, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(what_nobody_recorded_is_said, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(every_file_bears_the_notice_of_its_entity,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(closed_quarter_prints_what_was_published,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(semester_has_the_columns_of_the_form, make_plans,
						clear_place),
		cmocka_unit_test_setup_teardown(sixty_entities_are_one_document, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(shipped_definitions_serve_any_office, make_two,
						clear_place),
		cmocka_unit_test_setup_teardown(name_of_every_channel_is_each_that_has_it, make_two,
						clear_place),
		cmocka_unit_test_setup_teardown(what_one_office_lacks_is_left_out_and_told_once,
						make_two, clear_place),
		cmocka_unit_test_setup_teardown(what_no_office_has_is_a_mistake_of_the_definition,
						make_two, clear_place),
		cmocka_unit_test_setup_teardown(
			metric_nobody_counts_is_a_mistake_wherever_it_stands, make_two,
			clear_place),
		cmocka_unit_test_setup_teardown(
			metric_an_office_does_not_count_is_left_out_of_it_without_a_word, make_two,
			clear_place),
		cmocka_unit_test_setup_teardown(made_caption_is_of_all_the_rows, make_two,
						clear_place),
		cmocka_unit_test_setup_teardown(
			definition_there_is_not_is_told_with_those_there_are, make_quarter,
			clear_place),
		cmocka_unit_test_setup_teardown(system_speaks_english_in_errors, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(words_in_braces_are_known_ones, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(chart_has_one_width, make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(mistakes_of_a_definition_are_named_by_line,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(name_that_is_no_figure_is_named_by_line,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(noun_of_one_wants_that_of_many, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(place_that_cannot_be_written_is_named, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(report_that_fails_leaves_the_one_before,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(last_quarter_is_the_one_that_is_over, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(each_entity_has_a_file_of_its_own, make_quarter,
						clear_place),
		cmocka_unit_test_setup_teardown(summary_that_cannot_be_written_leaves_nothing,
						make_quarter, clear_place),
		cmocka_unit_test_setup_teardown(chart_is_a_picture_of_a_mean_with_its_decimals,
						make_quarter, clear_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
