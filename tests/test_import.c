/*
 * The platforms' export files: every layout in its languages, what is refused and with which words,
 * and an imported month beside the same month collected.
 */
#include "run.h"
#include "test.h"

#include "ctl/import.h"
#include "ctl/import_names.h"
#include "ctl/import_value.h"

#include "metricsd/collector.h"
#include "metricsd/config.h"
#include "metricsd/day.h"
#include "metricsd/encoding.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/zones.h"

#include "sim/sim.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES METRICSD_FIXTURES "/import/"
#define PAGE "104000000000001"

static const char accounts[] =
	"entities: ( { id = \"itagui\"; name = \"Personería\"; zone = \"America/Bogota\";\n"
	"  language = \"en\"; accounts: (\n"
	"  { id = \"facebook\"; title = \"Facebook\"; collector = \"facebook\"; page = \"" PAGE
	"\"; token = \"meta\";\n"
	"    entered = [\"reach\", \"views\"]; },\n"
	"  { id = \"instagram\"; title = \"Instagram\"; collector = \"manual\"; entered =\n"
	"    [\"posts\", \"reels\", \"stories\", \"reach\", \"visits\", \"followers_gained\", "
	"\"views\"]; },\n"
	"  { id = \"x\"; title = \"X\"; collector = \"manual\"; entered = [\"posts\", \"views\", "
	"\"visits\",\n"
	"    \"followers_gained\"]; },\n"
	"  { id = \"web\"; title = \"Web\"; collector = \"manual\"; entered = [\"visits\", "
	"\"visitors\",\n"
	"    \"views\", \"search_clicks\", \"search_impressions\"]; },\n"
	"  { id = \"eventos\"; title = \"Eventos\"; collector = \"events\"; } ); } );\n";

static int set_up(void **state)
{
	SCOPED(text)
	struct text config = { 0 };
	struct place *place;

	if (make_place(state) < 0)
		return -1;
	place = *state;
	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "tokens: ( { id = \"meta\"; kind = \"page\"; file = \"%s/token\"; } );\n%s",
		  place->path, place->control, place->path, accounts);
	write_file(place->config, text_str(&config));
	return 0;
}

/* --- values */

static void numbers_are_read_with_their_rounding(void **state)
{
	static const struct {
		const char *text;
		int64_t value, half;
	} rows[] = {
		{ "0", 0, 0 },
		{ "12400", 12400, 0 },
		{ "12,400", 12400, 0 },
		{ "12.400", 12400, 0 },
		{ "1 234 567", 1234567, 0 },
		{ "1\u00a0234", 1234, 0 },
		{ "1.234.567", 1234567, 0 },
		{ "640.0", 640, 0 },
		{ "1,234.00", 1234, 0 },
		{ "73,3 mil", 73300, 50 },
		{ "4.4K", 4400, 50 },
		{ "4k", 4000, 500 },
		{ "1,25 M", 1250000, 5000 },
		{ "1,2 mi", 1200000, 50000 },
		{ "1000000000000000", 1000000000000000, 0 },
	};
	SCOPED(import_names)
	struct import_names names = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(import_names_load(&names, NULL, &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct import_number number;

		if (import_number(&names, rows[i].text, &number, &err) < 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_false(number.none);
		assert_int_equal(number.value, rows[i].value);
		assert_int_equal(number.half, rows[i].half);
	}
}

static void numbers_that_are_none_or_can_be_read_in_two_ways_are_refused(void **state)
{
	static const char *const refused[] = {
		"12.5",       "-5",
		"1.22E+05",   "1.234 mil",
		"12,40",      "1,2,3",
		"12%",        "1..2",
		"mil",        "4 x",
		"1.2.34",     "10000000000000000",
		"1.5.0",      "999999 mill. de",
		"2026-01-01",
	};
	static const char *const none[] = { "", "-", "--", "\u2014", "n/a" };
	SCOPED(import_names)
	struct import_names names = { 0 };
	struct import_number number;
	struct error err;

	(void)state;
	assert_int_equal(import_names_load(&names, NULL, &err), 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (import_number(&names, refused[i], &number, &err) == 0)
			fail_msg("%s was read as %lld", refused[i], (long long)number.value);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(import_number(&names, none[i], &number, &err), 0);
		assert_true(number.none);
	}
}

static void dates_of_three_languages_are_read(void **state)
{
	static const struct {
		const char *text;
		const char *day;
		enum date_order order;
		int32_t seconds;
	} rows[] = {
		{ "2026-03-10", "2026-03-10", ORDER_NONE, 0 },
		{ "2026-03-10T00:00:00", "2026-03-10", ORDER_NONE, 0 },
		{ "20260310", "2026-03-10", ORDER_NONE, 0 },
		{ "2026-03", "2026-03-01", ORDER_NONE, 0 },
		{ "Tue, Mar 10, 2026", "2026-03-10", ORDER_NONE, 0 },
		{ "mar, 10 mar 2026", "2026-03-10", ORDER_NONE, 0 },
		{ "10 de marzo de 2026", "2026-03-10", ORDER_NONE, 0 },
		{ "10 de março de 2026", "2026-03-10", ORDER_NONE, 0 },
		{ "03/10/2026 18:12", "2026-03-10", ORDER_MONTH_FIRST, 65520 },
		{ "10/03/2026 6:12 pm", "2026-03-10", ORDER_DAY_FIRST, 65520 },
		{ "2026-03-10 01:00 +0300", "2026-03-09", ORDER_NONE, 79200 },
		{ "2026-03-10T23:30:00-0100", "2026-03-11", ORDER_NONE, 1800 },
		{ "29/02/2028", "2028-02-29", ORDER_DAY_FIRST, 0 },
	};
	SCOPED(import_names)
	struct import_names names = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(import_names_load(&names, NULL, &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct import_date date;
		char day[DAY_TEXT];

		if (import_date(&names, rows[i].text, rows[i].order, &date, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(day_text(date.day, day), rows[i].day);
		assert_int_equal(date.seconds, rows[i].seconds);
	}
}

static void dates_that_are_none_are_refused(void **state)
{
	static const char *const refused[] = {
		"",          "2026",       "2026-02-30", "2026-13-01",
		"23 August", "10/03/26",   "31/02/2026", "45992",
		"Mar 2026",  "10 x 2026",  "2026-03-1",  "2026-03-10T25:00",
		"2026031",   "1/2/3/2026", "Total",      "2026-03-10x",
	};
	SCOPED(import_names)
	struct import_names names = { 0 };
	struct import_date date;
	struct error err;

	(void)state;
	assert_int_equal(import_names_load(&names, NULL, &err), 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (import_date(&names, refused[i], ORDER_DAY_FIRST, &date, &err) == 0)
			fail_msg("\"%s\" was taken for a date", refused[i]);
}

static void names_are_compared_without_case_width_or_blanks(void **state)
{
	static const char *const same[] = { "Tipo de publicación", "TIPO DE PUBLICACIÓN",
					    " tipo  de\tpublicación ",
					    "Tipo de publicacio\u0301n" };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		SCOPED(text)
		struct text folded = { 0 };

		text_add_folded(&folded, same[i]);
		assert_string_equal(text_str(&folded), "tipo de publicación");
	}
}

static void utf_16_is_read_in_both_orders_with_and_without_its_mark(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} rows[] = {
		{ "\xFF\xFE\"\0a\0\xF1\0\"\0", 10 },
		{ "\xFE\xFF\0\"\0a\0\xF1\0\"", 10 },
		{ "\"\0a\0\xF1\0\"\0", 8 },
		{ "\0\"\0a\0\xF1\0\"", 8 },
	};
	SCOPED(memory)
	char *none = NULL;
	struct error err;
	size_t made;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(memory)
		char *text = NULL;

		assert_true(is_utf16(rows[i].bytes, rows[i].length));
		assert_int_equal(utf16_decode(rows[i].bytes, rows[i].length, &text, &made, &err),
				 0);
		assert_int_equal(made, 5);
		assert_memory_equal(text, "\"a\u00F1\"", 5);
	}
	assert_false(is_utf16("\"Visitas\"\n", 10));
	assert_int_equal(utf16_decode("\xFF\xFE\0\xD8"
				      "a\0",
				      6, &none, &made, &err),
			 -1);
	assert_string_equal(err.text, "not readable as UTF-16: half a character stands alone");
}

/* --- layouts */

#define NO_CLOCK \
	"The file does not say whose clock its times are: read as America/Bogota (--zone).\n"

/* A file, how it is imported, and what is said of it. */
struct row {
	const char *file, *arguments, *said;
};

static const struct row good[] = {
	{ "Visitas.csv", "--account facebook",
	  "Visitas.csv: 31 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "Views_en.csv", "--account facebook",
	  "Views_en.csv: 31 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "Alcance_pt.csv", "--account instagram",
	  "Alcance_pt.csv: 31 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "Seguidores.csv", "--account facebook --from 2025-10-01 --to 2025-10-31",
	  "Seguidores.csv: 31 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "Follows_en.csv", "--account instagram --from 2025-10-01 --to 2025-10-31",
	  "Follows_en.csv: 31 new figures, 0 changed, 0 as they were; entry 1\n"
	  "line 2: \"Facebook follows\" is of facebook, left out\n" },
	{ "Monetisation_en.csv", "--account facebook",
	  "Monetisation_en.csv: 3 new figures, 0 changed, 0 as they were; entry 1\n"
	  "columns that are not known, left out: content_monetization, stars\n" },
	{ "Oct-01-2025_Oct-31-2025_100001.csv", "--account facebook",
	  "Oct-01-2025_Oct-31-2025_100001.csv: 24 new figures, 0 changed, 0 as they were, 4 new "
	  "publications; entry 1\n" NO_CLOCK },
	{ "Instagram_es.csv", "--account instagram --from 2025-10-01 --to 2025-10-31",
	  "Instagram_es.csv: 14 new figures, 0 changed, 0 as they were, 2 new publications; entry "
	  "1\n" NO_CLOCK },
	{ "Facebook_pt.csv", "--account facebook --from 2025-10-01 --to 2025-10-31",
	  "Facebook_pt.csv: 10 new figures, 0 changed, 0 as they were, 2 new publications; entry "
	  "1\n" NO_CLOCK },
	{ "Facebook_es.csv", "--account facebook --from 2025-10-01 --to 2025-10-31",
	  "Facebook_es.csv: 14 new figures, 0 changed, 0 as they were, 2 new publications; entry "
	  "1\n" NO_CLOCK },
	{ "Instagram_en.csv", "--account instagram --from 2025-10-01 --to 2025-10-31",
	  "Instagram_en.csv: 7 new figures, 0 changed, 0 as they were, 1 new publication; entry "
	  "1\n" NO_CLOCK },
	{ "Instagram_pt.csv", "--account instagram --from 2025-10-01 --to 2025-10-31",
	  "Instagram_pt.csv: 3 new figures, 0 changed, 0 as they were, 1 new publication; entry "
	  "1\n" NO_CLOCK },
	{ "Stories_en.csv", "--account instagram --from 2025-10-01 --to 2025-10-31",
	  "Stories_en.csv: 2 new figures, 0 changed, 0 as they were, 1 new publication; entry "
	  "1\n" NO_CLOCK },
	{ "Contenido_2025-10-01_2025-10-31.csv", "--account x",
	  "Contenido_2025-10-01_2025-10-31.csv: 4 new figures, 0 changed, 0 as they were, 1 new "
	  "publication; entry 1\n" },
	{ "Conteudo_2025-10-01_2025-10-31.csv", "--account x",
	  "Conteudo_2025-10-01_2025-10-31.csv: 4 new figures, 0 changed, 0 as they were, 1 new "
	  "publication; entry 1\n" },
	{ "tweets_pt.csv", "--account x --from 2025-10-01 --to 2025-10-31",
	  "tweets_pt.csv: 4 new figures, 0 changed, 0 as they were, 1 new publication; entry 1\n" },
	{ "matomo_pt.csv", "--account web",
	  "matomo_pt.csv: 2 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "Historias_es.csv",
	  "--account instagram --from 2025-10-01 --to 2025-10-31 --zone America/Los_Angeles",
	  "Historias_es.csv: 4 new figures, 0 changed, 0 as they were, 2 new publications; entry "
	  "1\n2 lines that are parts of others, left out\n" },
	{ "account_overview_analytics.csv", "--account x",
	  "account_overview_analytics.csv: 119 new figures, 0 changed, 0 as they were; entry 1\n"
	  "x has no such metric, left out: Likes (likes), Engagements (interactions), Bookmarks "
	  "(bookmarks), Shares (shares), Unfollows (followers_lost), Replies (replies), Reposts "
	  "(reposts), Video views (video_views), Media views (media_views)\n" },
	{ "Resumen_es.csv", "--account x",
	  "Resumen_es.csv: 20 new figures, 0 changed, 0 as they were; entry 1\n"
	  "x has no such metric, left out: Me gusta (likes), Interacciones (interactions), "
	  "Guardados (bookmarks), Dejaron de seguir (followers_lost), Respuestas (replies)\n" },
	{ "Resumo_pt.csv", "--account x",
	  "Resumo_pt.csv: 12 new figures, 0 changed, 0 as they were; entry 1\n"
	  "x has no such metric, left out: Curtidas (likes), Engajamentos (interactions)\n" },
	{ "account_analytics_content_2025-10-01_2025-10-31.csv", "--account x",
	  "account_analytics_content_2025-10-01_2025-10-31.csv: 20 new figures, 0 changed, 0 as "
	  "they were, 2 new publications; entry 1\n1 reply, not counted\n" },
	{ "tweets_en.csv", "--account x --from 2025-10-01 --to 2025-10-31",
	  "tweets_en.csv: 8 new figures, 0 changed, 0 as they were, 1 new publication; entry 1\n" },
	{ "tweets_es.csv", "--account x --from 2025-10-01 --to 2025-10-31",
	  "tweets_es.csv: 4 new figures, 0 changed, 0 as they were, 1 new publication; entry 1\n" },
	{ "ga4_report_en.csv", "--account web",
	  "ga4_report_en.csv: 10 new figures, 0 changed, 0 as they were; entry 1\n"
	  "line 20: the table \"Page path and screen class\" has no days, left out\n" },
	{ "ga4_exploracion_es.csv", "--account web",
	  "ga4_exploracion_es.csv: 6 new figures, 0 changed, 0 as they were; entry 1\n"
	  "columns that are not known, left out: Porcentaje de rebote\n" },
	{ "ga4_relatorio_pt.csv", "--account web",
	  "ga4_relatorio_pt.csv: 6 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "Fechas.csv", "--account web",
	  "Fechas.csv: 4 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "Dates.csv", "--account web",
	  "Dates.csv: 2 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "Datas.csv", "--account web",
	  "Datas.csv: 2 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "matomo_en.csv", "--account web",
	  "matomo_en.csv: 4 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "matomo_api.csv", "--account web",
	  "matomo_api.csv: 2 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "matomo_es.csv", "--account web",
	  "matomo_es.csv: 2 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "visitors.csv", "--account web",
	  "visitors.csv: 6 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "plain_es.csv", "--account web --metric views",
	  "plain_es.csv: 2 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "plain_en.csv", "--account web --metric views",
	  "plain_en.csv: 2 new figures, 0 changed, 0 as they were; entry 1\n" },
	{ "plain_pt.csv", "--account web --metric views --dates day-first",
	  "plain_pt.csv: 1 new figure, 0 changed, 0 as they were; entry 1\n" },
	{ "mixed_ends.csv", "--account facebook",
	  "mixed_ends.csv: 4 new figures, 0 changed, 0 as they were; entry 1\n" },
};

static void import_row(const struct place *place, const struct row *row, struct said *said)
{
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&words, "import " FILES "%s %s", row->file, row->arguments);
	run(place, text_str(&words), said);
}

static void each_layout_is_recognised_in_each_language_and_again_changes_nothing(void **state)
{
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		SCOPED(said)
		struct said first = { 0 };
		SCOPED(said)
		struct said second = { 0 };
		struct store_totals before, after;

		import_row(place, &good[i], &first);
		assert_string_equal(text_str(&first.err), "");
		assert_string_equal(text_str(&first.out), good[i].said);
		assert_int_equal(first.ends, 0);
		before = totals(place);
		import_row(place, &good[i], &second);
		assert_int_equal(second.ends, 0);
		assert_non_null(strstr(text_str(&second.out), "; nothing new\n"));
		after = totals(place);
		assert_memory_equal(&before, &after, sizeof(before));
		assert_int_equal(before.origins, 1);
		remove_database(place);
	}
}

static const struct row bad[] = {
	{ "Visitas.csv", "",
	  "(Meta Business Suite, days of a metric) does not say whose numbers it has: name the "
	  "channel with --account\n" },
	{ "Visitas.csv", "--account eventos",
	  "eventos is no channel of a platform: its figures are "
	  "made of what is recorded\n" },
	{ "Alcance_pt.csv", "--account facebook", ": nothing in it is of facebook\n" },
	{ "Seguidores.csv", "--account facebook",
	  ":2: \"Seguidores\" lists only days with a new follower: say which days were exported "
	  "(--from 2025-10-01 --to 2025-10-31), the others among them are 0\n" },
	{ "Seguidores.csv", "--account facebook --from 2025-10-02 --to 2025-10-31",
	  ":4: 2025-10-01 is not among the days of the file, 2025-10-02..2025-10-31\n" },
	{ "Publico.csv", "--account facebook",
	  ":2: \"Edad y sexo\": a file of the audience has shares of today's followers and no "
	  "days, "
	  "and the follows in it are those of the follows file: import that one\n" },
	{ "Viewers_en.csv", "--account facebook",
	  ": its first line, \"Date,Total Viewers,New Viewers,Returning Viewers\", is of no layout "
	  "that is known; the nearest is Meta Business Suite, days of a metric (mbs-metric), which "
	  "does not know \"Total Viewers\", \"New Viewers\", \"Returning Viewers\". New names" },
	{ "Unknown_title.csv", "--account facebook",
	  ":1: unknown metric \"Encuentros\": expected one of \"Visualizaciones\"" },
	{ "Ambiguous_en.csv", "--account instagram --from 2025-03-01 --to 2025-04-30",
	  ":2: no date of the file tells the day from the month: say --dates day-first or --dates "
	  "month-first\n" },
	{ "Instagram_es.csv", "--account instagram",
	  ":1: which days was it exported for? Say --from 2025-10-01 --to 2025-10-31: within them "
	  "a "
	  "day without a publication is 0\n" },
	{ "Damaged_ids_en.csv", "--account facebook --from 2025-10-01 --to 2025-10-31",
	  ":2: the id \"1.22158E+17\" was damaged by a spreadsheet" },
	{ "Rounded_ids_en.csv", "--account facebook --from 2025-10-01 --to 2025-10-31",
	  ":4: the ids were damaged by a spreadsheet (3 end in zeros)" },
	{ "ga4_pages_en.csv", "--account web",
	  "no table of the report has days: add the dimension Date" },
	{ "plain_es.csv", "--account web",
	  ":1: the file does not say of what its numbers are: --metric\n" },
	{ "Fechas.csv", "--account x",
	  ":1: x has none of these metrics: Clics (search_clicks), Impresiones "
	  "(search_impressions); `entered`" },
	{ "truncated_utf16.csv", "--account facebook",
	  ": UTF-16 that ends within a character: the file was cut; export or copy it again\n" },
	{ "truncated_line.csv", "--account facebook", ":7: a quote that is never closed\n" },
	{ "latin1.csv", "--account facebook",
	  "not UTF-8 (byte 0xE9): save the file as CSV UTF-8\n" },
	{ "old_mac_ends.csv", "--account facebook",
	  ":1: a carriage return that ends no line: end lines in CRLF or LF\n" },
	{ "nul_bytes.csv", "--account facebook", ":5: a NUL byte: this is no text file\n" },
};

static void what_is_wrong_with_a_file_is_said_and_nothing_of_it_is_kept(void **state)
{
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		SCOPED(said)
		struct said said = { 0 };

		import_row(place, &bad[i], &said);
		if (!strstr(text_str(&said.err), bad[i].said))
			fail_msg("%s %s said: %s", bad[i].file, bad[i].arguments,
				 text_str(&said.err));
		assert_string_equal(text_str(&said.out), "");
		assert_true(said.ends == 2 || said.ends == 3);
		assert_int_equal(access(place->database, F_OK), -1);
	}
}

static void options_that_make_no_sense_are_usage_errors(void **state)
{
	static const struct row rows[] = {
		{ "Visitas.csv", "--format xls", "--format xls: expected auto, csv, mbs-metric" },
		{ "Visitas.csv", "--from 2025-10-01", "--from and --to go together" },
		{ "Visitas.csv", "--from 2025-10-02 --to 2025-10-01",
		  "--to 2025-10-01 is before --from 2025-10-02" },
		{ "Visitas.csv", "--dates american",
		  "--dates american: expected day-first or month-first" },
		{ "Visitas.csv", "--zone Bogota", "--zone: " },
		{ "Visitas.csv", "--as-of yesterday", "--as-of: " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(said)
		struct said said = { 0 };

		import_row(*state, &rows[i], &said);
		assert_non_null(strstr(text_str(&said.err), rows[i].said));
		assert_int_equal(said.ends, 2);
	}
}

/* Writes a file of the test's own and imports it. */
static void import_text(const struct place *place, const char *name, const char *text,
			const char *arguments, struct said *said)
{
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&path, "%s/%s", place->path, name);
	write_file(text_str(&path), text);
	text_addf(&words, "import %s %s", text_str(&path), arguments);
	run(place, text_str(&words), said);
}

static void a_line_of_ten_megabytes_is_refused(void **state)
{
	enum { LONG = 10 << 20 };
	SCOPED(memory)
	char *text = memory_new(LONG + 64, 1);
	SCOPED(said)
	struct said said = { 0 };
	size_t at = (size_t)snprintf(text, 64, "\"Visitas\"\n\"Fecha\",\"Primary\"\n\"");

	memset(text + at, 'x', LONG);
	(void)snprintf(text + at + LONG, 32, "\",\"1\"\n");
	import_text(*state, "long.csv", text, "--account facebook", &said);
	assert_non_null(
		strstr(text_str(&said.err), "long.csv:3: a field of more than 262144 bytes"));
	assert_int_equal(said.ends, 3);
}

static void a_files_name_may_say_which_days_it_was_exported_for(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	import_text(*state, "Seguidores_Oct-01-2025_Oct-05-2025.csv",
		    "\"Seguidores\"\n\"Fecha\",\"Primary\"\n\"2025-10-02T00:00:00\",\"3\"\n",
		    "--account facebook", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_non_null(strstr(text_str(&said.out), ": 5 new figures, 0 changed"));
}

static void packed_and_empty_files_say_what_to_do(void **state)
{
	SCOPED(said)
	struct said zip = { 0 };
	SCOPED(said)
	struct said empty = { 0 };

	import_text(*state, "a.zip", "PK\x03\x04...", "--account web", &zip);
	assert_non_null(strstr(text_str(&zip.err), "is a ZIP archive or a workbook: unpack it"));
	import_text(*state, "empty.csv", "", "--account web", &empty);
	assert_non_null(strstr(text_str(&empty.err), "empty.csv is empty"));
}

static void every_layouts_source_is_known_to_be_a_file(void **state)
{
	(void)state;
	for (size_t i = 0; import_layouts[i]; i++)
		assert_true(source_is_file(import_layouts[i]->source));
	assert_false(source_is_file("facebook"));
	assert_false(source_is_file("manual"));
}

static void an_unknown_column_of_a_strict_layout_is_refused(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	import_text(*state, "overview.csv",
		    "Date,Impressions,Engagements,New follows,Profile visits,Create Post,Karma\n"
		    "2025-10-01,1,1,1,1,1,1\n",
		    "--account x", &said);
	assert_non_null(strstr(text_str(&said.err),
			       "overview.csv:1: unknown column \"Karma\" (x-overview): expected "
			       "names of X account overview, as in \"Date\", \"Fecha\""));
	assert_int_equal(said.ends, 3);
}

static void of_two_columns_with_one_metric_the_better_is_taken(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	import_text(*state, "users.csv",
		    "# Users\n# Start date: 20251001\n# End date: 20251001\n"
		    "Nth day,Active users,Total users\n0000,50,55\n",
		    "--account web", &said);
	assert_string_equal(text_str(&said.out),
			    "users.csv: 1 new figure, 0 changed, 0 as they were; entry 1\n"
			    "another column has the same metric, left out: Active users\n");
	text_clear(&said.out);
	run(*state, "entries", &said);
	assert_non_null(strstr(text_str(&said.out), "55"));
}

static void a_day_that_stands_twice_is_refused(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	import_text(*state, "twice.csv",
		    "\"Visitas\"\n\"Fecha\",\"Primary\"\n"
		    "\"2025-10-01T00:00:00\",\"5\"\n"
		    "\"2025-10-01T00:00:00\",\"6\"\n",
		    "--account facebook", &said);
	assert_non_null(strstr(text_str(&said.err),
			       "twice.csv:4: facebook visits 2025-10-01 stands "
			       "already in line 3\n"));
}

static void days_that_are_not_over_are_left_out_and_said(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	import_text(*state, "now.csv", "date,value\n2026-01-14,7\n2026-01-15,1\n2026-01-16,0\n",
		    "--account web --metric visits", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_string_equal(text_str(&said.out),
			    "now.csv: 1 new figure, 0 changed, 0 as they were; entry 1\n"
			    "2 figures left out: their days were not over when the file was "
			    "exported (--as-of)\n");
}

static void a_file_knows_no_more_than_when_it_was_exported(void **state)
{
	const struct place *place = *state;
	const struct timespec times[2] = { { .tv_sec = 1759428000 }, { .tv_sec = 1759428000 } };
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(said)
	struct said told = { 0 };

	/* written at noon on October 2nd */
	text_addf(&path, "%s/early.csv", place->path);
	write_file(text_str(&path), "date,value\n2025-10-01,7\n2025-10-02,1\n");
	assert_int_equal(utimensat(AT_FDCWD, text_str(&path), times, 0), 0);
	text_addf(&words, "import %s --account web --metric visits", text_str(&path));
	run(place, text_str(&words), &said);
	assert_string_equal(text_str(&said.out),
			    "early.csv: 1 new figure, 0 changed, 0 as they were; entry 1\n"
			    "1 figure left out: its days were not over when the file was exported "
			    "(--as-of)\n");
	text_add(&words, " --as-of 2025-10-03");
	run(place, text_str(&words), &told);
	assert_string_equal(text_str(&told.out),
			    "early.csv: 1 new figure, 0 changed, 1 as it was; entry 2\n");
}

static void an_office_adds_names_beside_its_configuration(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(said)
	struct said wrong = { 0 };
	SCOPED(text)
	struct text path = { 0 };

	text_addf(&path, "%s/import-names.csv", place->path);
	write_file(text_str(&path), "layout,means,name,of\n# new since May\n"
				    "mbs-metric,title:visits,Encuentros,facebook\n");
	import_row(place, &(struct row){ "Unknown_title.csv", "--account facebook", "" }, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
	write_file(text_str(&path), "layout,means,name,of\nmbs-metric,title:visits\n");
	import_row(place, &(struct row){ "Unknown_title.csv", "--account facebook", "" }, &wrong);
	assert_non_null(
		strstr(text_str(&wrong.err), "import-names.csv:2: expected layout,means,name,of"));
	assert_int_equal(wrong.ends, 3);
}

static void one_bad_file_of_several_does_not_keep_the_others_out(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	run(*state,
	    "import " FILES "Visitas.csv " FILES "nul_bytes.csv " FILES
	    "Views_en.csv --account facebook",
	    &said);
	assert_string_equal(text_str(&said.out),
			    "Visitas.csv: 31 new figures, 0 changed, 0 as they were; entry 1\n"
			    "Views_en.csv: 31 new figures, 0 changed, 0 as they were; entry 2\n");
	assert_non_null(strstr(text_str(&said.err), "nul_bytes.csv: nothing was imported"));
	assert_int_equal(said.ends, 3);
}

/* --- what becomes of it */

static cJSON *json_of(const struct place *place, const char *words)
{
	SCOPED(said)
	struct said said = { 0 };
	cJSON *root = NULL;

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(json_parse(text_str(&said.out), said.out.length, &root, NULL), 0);
	return root;
}

/* The month's value as summary prints it, -1: not known. */
static int64_t month_of_summary(const struct place *place, const char *account, const char *metric)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;
	int64_t value = -1;

	text_addf(&words, "summary 2025-10 --account %s --format json", account);
	root = json_of(place, text_str(&words));
	cJSON_ArrayForEach (record, json_array(root, "records"))
		if (strcmp(json_text(record, "metric"), metric) == 0 &&
		    json_int(record, "value", &value, NULL) < 0)
			value = -1;
	return value;
}

static void sparse_followers_are_zero_within_the_range_and_unknown_outside(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;
	size_t zeros = 0;
	size_t days = 0;

	run(place,
	    "import " FILES "Seguidores.csv --account facebook --from 2025-10-01 --to 2025-10-20",
	    &said);
	assert_int_equal(said.ends, 0);
	root = json_of(place, "series facebook followers_gained 2025-10 --format json");
	cJSON_ArrayForEach (record, json_array(root, "records")) {
		int64_t value;

		if (json_int(record, "value", &value, NULL) < 0)
			continue; /* not known */
		zeros += value == 0;
		days++;
	}
	assert_int_equal(days, 20);
	assert_int_equal(zeros, 15);
}

static void rounded_numbers_keep_their_uncertainty(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(said)
	struct said listed = { 0 };

	run(place, "import " FILES "plain_es.csv --account web --metric views", &said);
	assert_int_equal(said.ends, 0);
	run(place, "entries --account web", &listed);
	assert_non_null(strstr(text_str(&listed.out), "73,300 ± 50"));
}

static void a_corrected_file_leaves_revisions_and_can_be_taken_back(void **state)
{
	const struct place *place = *state;
	static const char header[] = "\"Visitas\"\n\"Fecha\",\"Primary\"\n";
	SCOPED(text)
	struct text first = { 0 };
	SCOPED(text)
	struct text second = { 0 };
	SCOPED(said)
	struct said dry = { 0 };
	SCOPED(said)
	struct said said = { 0 };

	text_addf(&first, "%s\"2025-10-01T00:00:00\",\"5\"\n\"2025-10-02T00:00:00\",\"6\"\n",
		  header);
	text_addf(&second,
		  "%s\"2025-10-01T00:00:00\",\"5\"\n\"2025-10-02T00:00:00\",\"9\"\n"
		  "\"2025-10-03T00:00:00\",\"1\"\n",
		  header);
	import_text(place, "a.csv", text_str(&first), "--account instagram", &said);
	assert_int_equal(said.ends, 0);
	import_text(place, "a.csv", text_str(&second), "--account instagram --dry-run", &dry);
	assert_string_equal(text_str(&dry.err), "");
	assert_string_equal(
		text_str(&dry.out),
		"Personería\n\n"
		"itagui/instagram  visits  2025-10-02  6 → 9  changed\n"
		"itagui/instagram  visits  2025-10-03      1  new\n\n"
		"a.csv: 1 new figure, 1 changed, 1 as it was; nothing was stored (--dry-run)\n");
	assert_int_equal(totals(place).revisions, 0);
	text_clear(&said.out);
	import_text(place, "a.csv", text_str(&second), "--account instagram", &said);
	assert_string_equal(text_str(&said.out),
			    "a.csv: 1 new figure, 1 changed, 1 as it was; entry 2\n");
	assert_int_equal(totals(place).revisions, 1);
	expect(place, "withdraw 2", 0,
	       "Entry 2 is withdrawn; its trace stays.\n2 figures (mbs-metric) were taken back; "
	       "those they had "
	       "corrected do not come back: enter them again if they were right.\n",
	       "");
	assert_int_equal(totals(place).samples, 1);
}

/* Half of a file, then a number collected into the same store, then the other half. */
static _Noreturn void write_and_collect(const struct place *place, const char *path)
{
	static const struct metric visits = { .id = "visits", .kind = METRIC_FLOW };
	const struct entry entry = { .entity = "itagui",
				     .account = "x",
				     .source = "collector",
				     .zone = "America/Bogota",
				     .metric = &visits,
				     .window = { 20000, 1 },
				     .value = 5 };
	const struct origin origin = { .kind = ORIGIN_REQUEST, .at = place->now, .what = "asked" };
	struct store *store = NULL;
	FILE *file = fopen(path, "w");

	if (!file)
		_exit(1);
	(void)fputs("date,value\n2025-10-01,7\n", file);
	(void)fflush(file);
	if (store_open(place->database, STORE_COLLECT, &store, NULL) < 0 ||
	    store_enter(store, &entry, 1, &origin, NULL, NULL) < 0)
		_exit(2);
	store_close(store);
	(void)fputs("2025-10-02,8\n", file);
	_exit(fclose(file) == 0 ? 0 : 3);
}

static void collecting_goes_on_while_a_file_is_read(void **state)
{
	const struct place *place = *state;
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(said)
	struct said said = { 0 };
	int status;
	pid_t child;

	text_addf(&path, "%s/slow.csv", place->path);
	assert_int_equal(mkfifo(text_str(&path), 0600), 0);
	text_addf(&words, "import %s --account web --metric visits", text_str(&path));
	child = fork();
	if (child == 0)
		write_and_collect(place, text_str(&path));
	run(place, text_str(&words), &said);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(text_str(&said.err), "");
	assert_string_equal(text_str(&said.out),
			    "slow.csv: 2 new figures, 0 changed, 0 as they were; entry 2\n");
	assert_int_equal(totals(place).samples, 3);
}

/* --- publications */

static void publications_are_counted_by_day_within_the_days_of_the_file(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;
	size_t days = 0;

	run(place,
	    "import " FILES "Instagram_es.csv --account instagram --from 2025-10-01 --to "
	    "2025-10-31",
	    &said);
	assert_int_equal(month_of_summary(place, "instagram", "posts"), 1);
	assert_int_equal(month_of_summary(place, "instagram", "reels"), 1);
	assert_int_equal(month_of_summary(place, "instagram", "stories"), -1);
	root = json_of(place, "series instagram posts 2025-09-15..2025-11-15 --format json");
	cJSON_ArrayForEach (record, json_array(root, "records")) {
		int64_t value;

		days += json_int(record, "value", &value, NULL) == 0;
	}
	assert_int_equal(days, 31);
}

static void times_of_a_day_on_which_clocks_change_are_right(void **state)
{
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *record;
	int64_t value = -1;

	/* 21:15 in Los Angeles, after its clocks went back, is 00:15 of the next day in Bogotá */
	import_text(*state, "late.csv",
		    "Post ID,Publish time,Permalink,Post type,Date,Views\n"
		    "18000000000000301,11/02/2025 21:15,https://i/1,IG image,Lifetime,5\n"
		    "18000000000000302,11/20/2025 08:00,https://i/2,IG image,Lifetime,5\n",
		    "--account instagram --zone America/Los_Angeles --from 2025-11-01 --to "
		    "2025-11-30",
		    &said);
	assert_string_equal(text_str(&said.err), "");
	root = json_of(*state, "series instagram posts 2025-11-03 --format json");
	cJSON_ArrayForEach (record, json_array(root, "records"))
		(void)json_int(record, "value", &value, NULL);
	assert_int_equal(value, 1);
}

static void stories_are_counted_by_their_total(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	run(*state,
	    "import " FILES "Historias_es.csv --account instagram --from 2025-10-01 --to "
	    "2025-10-31",
	    &said);
	assert_int_equal(month_of_summary(*state, "instagram", "stories"), 2);
	assert_int_equal(month_of_summary(*state, "instagram", "posts"), -1);
}

static void counters_are_kept_as_of_the_day_of_the_export(void **state)
{
	const struct place *place = *state;
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(memory)
	struct kept_counter *counters = NULL;
	SCOPED(said)
	struct said said = { 0 };
	size_t count = 0;
	char day[DAY_TEXT];

	run(place,
	    "import " FILES "Oct-01-2025_Oct-31-2025_100001.csv --account facebook --as-of "
	    "2025-11-03",
	    &said);
	run(place,
	    "import " FILES "Oct-01-2025_Oct-31-2025_100001.csv --account facebook --as-of "
	    "2025-12-03",
	    &said);
	assert_string_equal(text_str(&said.err), "");
	store = open_store(place, STORE_READ);
	assert_int_equal(store_counters(store, "itagui", "facebook", "mbs-content",
					"122158000000000012", &counters, &count, NULL),
			 0);
	assert_int_equal(count, 12);
	assert_string_equal(counters[count - 2].metric, "views");
	assert_int_equal(counters[count - 2].value, 12400);
	assert_string_equal(day_text(counters[count - 2].as_of, day), "2025-11-03");
	assert_string_equal(day_text(counters[count - 1].as_of, day), "2025-12-03");
}

static void the_words_of_a_publication_are_never_kept(void **state)
{
	static const char *const ends[] = { "", "-wal" };
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	run(place,
	    "import " FILES "Oct-01-2025_Oct-31-2025_100001.csv --account facebook --from "
	    "2025-10-01 --to 2025-10-31",
	    &said);
	assert_int_equal(said.ends, 0);
	for (size_t i = 0; i < 2; i++) {
		SCOPED(memory)
		char *bytes = memory_new(4 << 20, 1);
		SCOPED(file)
		FILE *file = NULL;
		char path[160];
		size_t length;

		(void)snprintf(path, sizeof(path), "%s%s", place->database, ends[i]);
		file = fopen(path, "rb");
		length = file ? fread(bytes, 1, 4 << 20, file) : 0;
		assert_null(memmem(bytes, length, "texto cualquiera", 16));
		assert_null(memmem(bytes, length, "comillas", 8));
	}
}

static void taking_a_file_of_publications_back_leaves_the_days_of_others(void **state)
{
	const struct place *place = *state;
	static const char header[] = "Post ID,Publish time,Permalink,Post type,Date,Views\n";
	SCOPED(text)
	struct text october = { 0 };
	SCOPED(text)
	struct text both = { 0 };
	SCOPED(said)
	struct said said = { 0 };

	text_addf(&october,
		  "%s18000000000000301,10/13/2025 08:00,https://i/1,IG image,Lifetime,5\n", header);
	text_addf(&both, "%s18000000000000302,09/13/2025 08:00,https://i/2,IG image,Lifetime,5\n",
		  text_str(&october));
	import_text(place, "october.csv", text_str(&october),
		    "--account instagram --from 2025-10-01 --to 2025-10-31", &said);
	import_text(place, "both.csv", text_str(&both),
		    "--account instagram --from 2025-09-01 --to 2025-10-31", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(totals(place).items, 2);
	expect(place, "withdraw 2", 0,
	       "Entry 2 is withdrawn; its trace stays.\n2 figures (mbs-content) were taken back; "
	       "those they had "
	       "corrected do not come back: enter them again if they were right.\n",
	       "");
	assert_int_equal(totals(place).items, 1);
	assert_int_equal(month_of_summary(place, "instagram", "posts"), 1);
	expect(place, "withdraw 2", 2, "",
	       "metricsctl: entry 2 does not stand any more: it was withdrawn or replaced by a "
	       "later "
	       "one; `metricsctl entries` lists those that stand\n");
	expect(place, "withdraw 1", 0,
	       "Entry 1 is withdrawn; its trace stays.\n2 figures (mbs-content) were taken back; "
	       "those they had "
	       "corrected do not come back: enter them again if they were right.\n",
	       "");
	assert_int_equal(totals(place).items, 0);
	assert_int_equal(month_of_summary(place, "instagram", "posts"), -1);
}

static void a_dry_run_of_publications_shows_days_and_counters(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	run(place,
	    "import " FILES "tweets_es.csv --account x --from 2025-10-01 --to 2025-10-31 "
	    "--as-of 2025-11-02 --dry-run",
	    &said);
	assert_string_equal(text_str(&said.err), "");
	assert_string_equal(text_str(&said.out),
			    "Personería\n\n"
			    "itagui/x  posts         2025-10-06                       +1  new\n"
			    "itagui/x  views         2025-11-02  1100000000000000099: 55  new\n"
			    "itagui/x  interactions  2025-11-02   1100000000000000099: 2  new\n"
			    "itagui/x  replies       2025-11-02   1100000000000000099: 0  new\n"
			    "itagui/x  likes         2025-11-02   1100000000000000099: 1  new\n\n"
			    "tweets_es.csv: 4 new figures, 0 changed, 0 as they were, 1 new "
			    "publication; nothing "
			    "was stored (--dry-run)\n");
	assert_int_equal(access(place->database, F_OK), -1);
}

/* --- an imported month beside the same month collected */

/* Sweeps October over the simulated Page and stores what it says, as the daemon would. */
static void collect_october(const struct place *place, struct world *world, struct window october)
{
	SCOPED(config)
	struct config *config = NULL;
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(store)
	struct store *store = NULL;
	SCOPED(zone)
	struct zone *zone = NULL;
	const struct account *account;
	struct metric_states states = { 0 };
	struct request request = { 0 };
	struct job job = { .now = place->now, .sweep = SWEEP_DAILY, .states = &states };
	char subject[160];
	struct error err;
	int got;

	assert_int_equal(config_load(place->config, &config, &complaints), 0);
	assert_int_equal(config_account(config, NULL, "facebook", &account, &err), 0);
	assert_int_equal(zone_open(account->collector->zone, &zone, &err), 0);
	store = open_store(place, STORE_COLLECT);
	job.settings = account->settings;
	job.zone = zone;
	days_add(&job.wanted, october);
	account->collector->subject(account->settings, subject, sizeof(subject));
	while ((got = account->collector->next(&job, &request, &err)) > 0) {
		SCOPED(sim_response)
		struct sim_response answer = { 0 };
		SCOPED(findings)
		struct findings findings = { 0 };
		struct response response;
		const struct answer kept = {
			.channel = { "itagui", "facebook", "facebook", zone_name(zone), subject,
				     account->collector->metrics },
			.findings = &findings,
			.origin = { .at = place->now, .what = "insights" },
		};

		world_carry_out(world, &request, "SIMULATED", place->now, &answer);
		response = (struct response){ .status = answer.status,
					      .body = text_str(&answer.body),
					      .length = answer.body.length,
					      .headers = text_str(&answer.headers) };
		if (account->collector->take(&job, &response, &findings, &err) < 0 ||
		    store_answer(store, &kept, NULL, &err) < 0)
			fail_msg("%s", err.text);
		request_reset(&request);
	}
	assert_int_equal(got, 0);
	request_clear(&request);
	text_clear(&job.cursor);
}

/* What Business Suite would export of the Page's month, `more` too many on its last day. */
static void export_october(struct world *world, struct window october, int64_t more,
			   struct text *out)
{
	text_add(out, "sep=,\n\"Visitas\"\n\"Fecha\",\"Primary\"\n");
	for (int32_t i = 0; i < october.days; i++) {
		struct window day = { october.first + i, 1 };
		char text[DAY_TEXT];

		text_addf(out, "\"%sT00:00:00\",\"%lld\"\n", day_text(day.first, text),
			  (long long)truth_value(world, PAGE, "visits", day, METRIC_FLOW) +
				  (i + 1 == october.days ? more : 0));
	}
}

static void an_imported_month_reconciles_with_the_same_month_collected(void **state)
{
	const struct place *place = *state;
	struct window october = month_of(day_of(2025, 10, 1));
	SCOPED(world)
	struct world *world = world_new(7);
	SCOPED(text)
	struct text same = { 0 };
	SCOPED(text)
	struct text other = { 0 };
	SCOPED(said)
	struct said said = { 0 };
	SCOPED(said)
	struct said agrees = { 0 };
	SCOPED(said)
	struct said differs = { 0 };
	int64_t truth;

	assert_int_equal(
		world_add(world, &(struct sim_account){ .kind = SIM_PAGE, .id = PAGE }, NULL), 0);
	world_quirks(world)->late = false;
	truth = truth_value(world, PAGE, "visits", october, METRIC_FLOW);
	assert_true(truth > 100);
	collect_october(place, world, october);
	export_october(world, october, 0, &same);
	import_text(place, "Visitas.csv", text_str(&same), "--account facebook", &said);
	assert_string_equal(text_str(&said.err), "");
	assert_non_null(
		strstr(text_str(&said.out), "31 new figures, 0 changed, 0 as they were; entry "));
	assert_int_equal(month_of_summary(place, "facebook", "visits"), truth);
	run(place, "reconcile 2025-10 --account facebook", &agrees);
	assert_int_equal(agrees.ends, 0);
	export_october(world, october, truth, &other);
	import_text(place, "Visitas.csv", text_str(&other), "--account facebook", &said);
	run(place, "reconcile 2025-10 --account facebook", &differs);
	assert_int_equal(differs.ends, 1);
	assert_non_null(strstr(text_str(&differs.out), "mbs-metric"));
	/* the collector goes before files */
	assert_int_equal(month_of_summary(place, "facebook", "visits"), truth);
}

#define IMPORT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_with_their_rounding),
		cmocka_unit_test(numbers_that_are_none_or_can_be_read_in_two_ways_are_refused),
		cmocka_unit_test(dates_of_three_languages_are_read),
		cmocka_unit_test(dates_that_are_none_are_refused),
		cmocka_unit_test(names_are_compared_without_case_width_or_blanks),
		cmocka_unit_test(utf_16_is_read_in_both_orders_with_and_without_its_mark),
		cmocka_unit_test(every_layouts_source_is_known_to_be_a_file),
		IMPORT_TEST(each_layout_is_recognised_in_each_language_and_again_changes_nothing),
		IMPORT_TEST(what_is_wrong_with_a_file_is_said_and_nothing_of_it_is_kept),
		IMPORT_TEST(options_that_make_no_sense_are_usage_errors),
		IMPORT_TEST(a_line_of_ten_megabytes_is_refused),
		IMPORT_TEST(a_files_name_may_say_which_days_it_was_exported_for),
		IMPORT_TEST(packed_and_empty_files_say_what_to_do),
		IMPORT_TEST(an_unknown_column_of_a_strict_layout_is_refused),
		IMPORT_TEST(of_two_columns_with_one_metric_the_better_is_taken),
		IMPORT_TEST(a_day_that_stands_twice_is_refused),
		IMPORT_TEST(days_that_are_not_over_are_left_out_and_said),
		IMPORT_TEST(a_file_knows_no_more_than_when_it_was_exported),
		IMPORT_TEST(an_office_adds_names_beside_its_configuration),
		IMPORT_TEST(one_bad_file_of_several_does_not_keep_the_others_out),
		IMPORT_TEST(sparse_followers_are_zero_within_the_range_and_unknown_outside),
		IMPORT_TEST(rounded_numbers_keep_their_uncertainty),
		IMPORT_TEST(a_corrected_file_leaves_revisions_and_can_be_taken_back),
		IMPORT_TEST(collecting_goes_on_while_a_file_is_read),
		IMPORT_TEST(publications_are_counted_by_day_within_the_days_of_the_file),
		IMPORT_TEST(times_of_a_day_on_which_clocks_change_are_right),
		IMPORT_TEST(stories_are_counted_by_their_total),
		IMPORT_TEST(counters_are_kept_as_of_the_day_of_the_export),
		IMPORT_TEST(the_words_of_a_publication_are_never_kept),
		IMPORT_TEST(taking_a_file_of_publications_back_leaves_the_days_of_others),
		IMPORT_TEST(a_dry_run_of_publications_shows_days_and_counters),
		IMPORT_TEST(an_imported_month_reconciles_with_the_same_month_collected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
