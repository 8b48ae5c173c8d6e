/* Figures in sentences: the right number of things, periods with their names, comparisons only
 * where there is something to compare. */
#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/prose.h"
#include "metricsd/report.h"

#include <string.h>

static struct language *speak(const char *name)
{
	struct language *language = NULL;
	struct error err;

	assert_int_equal(language_open(name, NULL, &language, &err), 0);
	language_use(language);
	return language;
}

static struct figure exact(int64_t value)
{
	return (struct figure){ .kind = METRIC_FLOW,
				.form = FIGURE_EXACT,
				.value = value,
				.low = value,
				.high = value,
				.complete = true,
				.definition = DAY_NONE,
				.known_days = 92,
				.period_days = 92,
				.source = "csv",
				.said_by = 1,
				.counted_by = 1 };
}

static struct figure between(int64_t low, int64_t high)
{
	struct figure figure = exact(low);

	figure.form = FIGURE_BETWEEN;
	figure.high = high;
	return figure;
}

static const struct metric posts = { .id = "posts", .kind = METRIC_FLOW };
static const struct metric own = { .id = "prayers",
				   .kind = METRIC_FLOW,
				   .label = "Rogativas",
				   .one = "rogativa",
				   .many = "rogativas" };
static const struct metric nameless = { .id = "prayers",
					.kind = METRIC_FLOW,
					.label = "Rogativas" };

static void assert_figure(struct language *language, const struct metric *metric,
			  struct figure figure, const char *wanted)
{
	SCOPED(text)
	struct text words = { 0 };

	prose_figure(language, metric, &figure, &words);
	assert_string_equal(text_str(&words), wanted);
}

static void a_figure_agrees_with_what_it_counts(void **state)
{
	SCOPED(language)
	struct language *language = speak("es-CO");
	struct figure least = exact(1);
	struct figure rounded = between(73250, 73350);
	struct figure estimate = exact(1200);

	(void)state;
	least.form = FIGURE_AT_LEAST;
	rounded.rounded = true;
	rounded.value = 73300;
	estimate.estimate = true;
	assert_figure(language, &posts, exact(0), "0 publicaciones");
	assert_figure(language, &posts, exact(1), "1 publicación");
	assert_figure(language, &posts, exact(2), "2 publicaciones");
	assert_figure(language, &posts, exact(34811), "34.811 publicaciones");
	assert_figure(language, &posts, least, "al menos 1 publicación");
	assert_figure(language, &posts, between(0, 1), "entre 0 y 1 publicaciones");
	assert_figure(language, &posts, rounded, "73.300 ± 50 publicaciones");
	assert_figure(language, &posts, estimate, "cerca de 1.200 publicaciones");
	assert_figure(language, &own, exact(1), "1 rogativa");
	assert_figure(language, &own, exact(3), "3 rogativas");
	assert_figure(language, &nameless, exact(3), "Rogativas: 3");
}

static void a_figure_that_is_not_known_is_no_zero(void **state)
{
	SCOPED(language)
	struct language *language = speak("en");
	struct figure none = { .form = FIGURE_NONE, .period_days = 31 };

	(void)state;
	assert_figure(language, &posts, none, "no data of posts");
	assert_figure(language, &nameless, none, "no data of Rogativas");
	assert_figure(language, &posts, exact(1), "1 post");
}

static void assert_period(struct language *language, const char *name, const char *bare,
			  const char *definite)
{
	SCOPED(text)
	struct text words = { 0 };
	struct period period;
	struct error err;

	assert_int_equal(period_parse(name, &period, &err), 0);
	prose_period(language, &period, &words);
	assert_string_equal(text_str(&words), bare);
	text_reset(&words);
	prose_the_period(language, &period, &words);
	assert_string_equal(text_str(&words), definite);
}

static void a_period_has_its_name(void **state)
{
	(void)state;
	{
		SCOPED(language)
		struct language *language = speak("es-CO");

		assert_period(language, "2025-Q4", "cuarto trimestre de 2025",
			      "el cuarto trimestre de 2025");
		assert_period(language, "2025-Q1", "primer trimestre de 2025",
			      "el primer trimestre de 2025");
		assert_period(language, "2026-S2", "segundo semestre de 2026",
			      "el segundo semestre de 2026");
		assert_period(language, "2025-B6", "sexto bimestre de 2025",
			      "el sexto bimestre de 2025");
		assert_period(language, "2025-10", "octubre de 2025", "octubre de 2025");
		assert_period(language, "2025", "2025", "2025");
		assert_period(language, "2025-10-01..2025-11-15", "del 1 oct 2025 al 15 nov 2025",
			      "los días del 1 oct 2025 al 15 nov 2025");
	}
	{
		SCOPED(language)
		struct language *language = speak("en");

		assert_period(language, "2025-Q4", "fourth quarter of 2025",
			      "the fourth quarter of 2025");
		assert_period(language, "2024..2027", "years 2024 to 2027",
			      "the years 2024 to 2027");
	}
}

static void assert_days(struct language *language, const char *first, const char *last,
			const char *wanted)
{
	SCOPED(text)
	struct text words = { 0 };
	struct window days;
	struct error err;
	int32_t end;

	assert_int_equal(day_parse(first, &days.first, &err), 0);
	assert_int_equal(day_parse(last, &end, &err), 0);
	days.days = end + 1 - days.first;
	prose_days(language, days, &words);
	assert_string_equal(text_str(&words), wanted);
}

static void whole_months_are_called_by_their_names(void **state)
{
	SCOPED(language)
	struct language *language = speak("es-CO");

	(void)state;
	assert_days(language, "2025-12-01", "2025-12-31", "diciembre de 2025");
	assert_days(language, "2025-01-01", "2025-09-30", "enero a septiembre de 2025");
	assert_days(language, "2025-11-01", "2026-02-28", "noviembre de 2025 a febrero de 2026");
	assert_days(language, "2026-01-03", "2026-01-08", "los días del 3 ene 2026 al 8 ene 2026");
	assert_days(language, "2026-01-03", "2026-01-03", "3 ene 2026");
}

static void sources_zones_and_sentences_are_for_people(void **state)
{
	static const struct {
		const char *source, *words;
	} sources[] = {
		{ "csv", "archivo importado" },
		{ "register", "registros propios" },
		{ "manual", "cifras digitadas" },
		{ "mbs-metric", "archivo exportado de Meta Business Suite" },
		{ "ga4", "Google Analytics 4" },
		{ "otra", "otra" },
	};
	static const struct {
		const char *zone, *city;
	} zones[] = {
		{ "America/Bogota", "Bogotá" },
		{ "America/Los_Angeles", "Los Ángeles" },
		{ "Etc/UTC", "Etc/UTC" },
		{ "UTC", "UTC" },
	};
	SCOPED(language)
	struct language *language = speak("es-CO");
	SCOPED(text)
	struct text words = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		text_reset(&words);
		source_print(sources[i].source, &words);
		assert_string_equal(text_str(&words), sources[i].words);
	}
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		text_reset(&words);
		language_zone(language, zones[i].zone, &words);
		assert_string_equal(text_str(&words), zones[i].city);
	}
	text_reset(&words);
	language_sentence(language, "época", &words);
	assert_string_equal(text_str(&words), "Época");
	language_sentence(language, "", &words);
	assert_string_equal(text_str(&words), "Época");
}

static void assert_list(struct language *language, size_t count, const char *wanted)
{
	static const char *const items[] = { "a", "b", "c" };
	SCOPED(text)
	struct text words = { 0 };

	prose_list(language, items, count, &words);
	assert_string_equal(text_str(&words), wanted);
}

static void a_list_ends_as_its_language_says(void **state)
{
	SCOPED(language)
	struct language *spanish = speak("es-CO");
	SCOPED(language)
	struct language *english = speak("en");

	(void)state;
	assert_list(spanish, 0, "");
	assert_list(spanish, 1, "a");
	assert_list(spanish, 2, "a y b");
	assert_list(spanish, 3, "a, b y c");
	assert_list(english, 3, "a, b, and c");
}

static void assert_comparison(struct figure now, struct figure before, const char *wanted)
{
	SCOPED(language)
	struct language *language = speak("en");
	SCOPED(text)
	struct text words = { 0 };
	struct comparison comparison = figure_compare(&now, &before);
	struct period period;
	struct error err;

	assert_int_equal(period_parse("2025-Q3", &period, &err), 0);
	prose_comparison(language, &posts, &comparison, &before, &period, &words);
	assert_string_equal(text_str(&words), wanted);
}

static void figures_are_compared_only_where_that_says_something(void **state)
{
	struct figure none = { .form = FIGURE_NONE, .period_days = 92 };
	struct figure incomplete = exact(100);
	struct figure broken = exact(100);

	(void)state;
	incomplete.complete = false;
	incomplete.form = FIGURE_AT_LEAST;
	broken.broken = true;
	assert_comparison(exact(150), exact(100),
			  "That is 50.0% more than in the third quarter of 2025 (100 posts).");
	assert_comparison(exact(50), exact(100),
			  "That is 50.0% less than in the third quarter of 2025 (100 posts).");
	assert_comparison(exact(100), exact(100),
			  "That is as many as in the third quarter of 2025 (100 posts).");
	assert_comparison(exact(5), exact(0),
			  "That is more than in the third quarter of 2025 (0 posts).");
	assert_comparison(
		between(110, 120), exact(100),
		"That is between 10.0% and 20.0% more than in the third quarter of 2025 (100 "
		"posts).");
	assert_comparison(
		between(80, 90), exact(100),
		"That is between 10.0% and 20.0% less than in the third quarter of 2025 (100 "
		"posts).");
	assert_comparison(
		between(90, 110), exact(100),
		"Whether that is more or less than in the third quarter of 2025 (100 posts), "
		"the bounds do not tell.");
	assert_comparison(exact(5), none,
			  "In the third quarter of 2025 there is no comparable figure: nothing is "
			  "known of one of the two.");
	assert_comparison(
		exact(5), incomplete,
		"In the third quarter of 2025 there is no comparable figure: one of the two "
		"is not complete.");
	assert_comparison(
		exact(5), broken,
		"In the third quarter of 2025 there is no comparable figure: what is counted "
		"changed between them.");
}

static void assert_caution(const char *title, struct figure figure, const char *wanted)
{
	SCOPED(language)
	struct language *language = speak("en");
	SCOPED(text)
	struct text words = { 0 };

	prose_caution(language, title, &figure, &words);
	assert_string_equal(text_str(&words), wanted);
}

static void what_lacks_is_named(void **state)
{
	struct figure figure = exact(5);
	struct figure records = exact(5);
	struct figure none = { .form = FIGURE_NONE, .period_days = 92 };

	(void)state;
	assert_caution("X", figure, "");
	figure.provisional = true;
	assert_caution("X", figure, "X: provisional.");
	figure.complete = false;
	figure.form = FIGURE_AT_LEAST;
	days_add(&figure.lacking, (struct window){ day_of(2025, 12, 1), 31 });
	assert_caution("X", figure, "X: no data for December 2025; provisional.");
	days_add(&figure.lacking, (struct window){ day_of(2026, 1, 3), 1 });
	figure.lacking_more = true;
	assert_caution(NULL, figure,
		       "no data for December 2025, Jan 3, 2026, and other days; provisional");
	assert_caution("X", none, "X: no data for the whole period.");
	records.of_records = true;
	records.known_days = 3;
	records.period_days = 6;
	assert_caution("X", records, "X: 3 of 6 records have a number.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_figure_agrees_with_what_it_counts),
		cmocka_unit_test(a_figure_that_is_not_known_is_no_zero),
		cmocka_unit_test(a_period_has_its_name),
		cmocka_unit_test(whole_months_are_called_by_their_names),
		cmocka_unit_test(sources_zones_and_sentences_are_for_people),
		cmocka_unit_test(a_list_ends_as_its_language_says),
		cmocka_unit_test(figures_are_compared_only_where_that_says_something),
		cmocka_unit_test(what_lacks_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
