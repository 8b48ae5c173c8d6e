#include "test.h"

#include "metricsd/error.h"
#include "metricsd/period.h"

#include <string.h>

static void every_form_is_read_and_named_canonically(void **state)
{
	static const struct {
		const char *text, *name, *window;
		enum period_kind kind;
	} rows[] = {
		{ "2025-10", "2025-10", "2025-10-01..2025-10-31", PERIOD_MONTH },
		{ "2024-02", "2024-02", "2024-02-01..2024-02-29", PERIOD_MONTH },
		{ "2025-02", "2025-02", "2025-02-01..2025-02-28", PERIOD_MONTH },
		{ "2000-02", "2000-02", "2000-02-01..2000-02-29", PERIOD_MONTH },
		{ "2100-02", "2100-02", "2100-02-01..2100-02-28", PERIOD_MONTH },
		{ "2025-12", "2025-12", "2025-12-01..2025-12-31", PERIOD_MONTH },
		{ "2025-B1", "2025-B1", "2025-01-01..2025-02-28", PERIOD_BIMESTER },
		{ "2025-B5", "2025-B5", "2025-09-01..2025-10-31", PERIOD_BIMESTER },
		{ "2025-b6", "2025-B6", "2025-11-01..2025-12-31", PERIOD_BIMESTER },
		{ "2025-Q1", "2025-Q1", "2025-01-01..2025-03-31", PERIOD_QUARTER },
		{ "2025-q4", "2025-Q4", "2025-10-01..2025-12-31", PERIOD_QUARTER },
		{ "2026-S1", "2026-S1", "2026-01-01..2026-06-30", PERIOD_SEMESTER },
		{ "2026-s2", "2026-S2", "2026-07-01..2026-12-31", PERIOD_SEMESTER },
		{ "2025", "2025", "2025-01-01..2025-12-31", PERIOD_YEAR },
		{ "1970", "1970", "1970-01-01..1970-12-31", PERIOD_YEAR },
		{ "2999", "2999", "2999-01-01..2999-12-31", PERIOD_YEAR },
		{ "2024..2027", "2024..2027", "2024-01-01..2027-12-31", PERIOD_YEARS },
		{ "2025..2025", "2025", "2025-01-01..2025-12-31", PERIOD_YEAR },
		{ "2025-10-01", "2025-10-01", "2025-10-01", PERIOD_DAYS },
		{ "2025-10-01..2025-10-01", "2025-10-01", "2025-10-01", PERIOD_DAYS },
		{ "2025-10-01..2025-11-15", "2025-10-01..2025-11-15", "2025-10-01..2025-11-15",
		  PERIOD_DAYS },
		{ "2999-12-31", "2999-12-31", "2999-12-31", PERIOD_DAYS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char window[WINDOW_TEXT];
		struct period period, again;
		struct error err = { 0 };

		assert_int_equal(period_parse(rows[i].text, &period, &err), 0);
		assert_string_equal(period.name, rows[i].name);
		assert_string_equal(window_text(period.window, window), rows[i].window);
		assert_int_equal(period.kind, rows[i].kind);
		assert_int_equal(period_parse(period.name, &again, &err), 0);
		assert_memory_equal(&again, &period, sizeof(period));
	}
}

#define FORMS                                                                                   \
	"expected 2025-10 (month), 2025-B5 (bimester), 2025-Q4 (quarter), 2026-S1 (semester), " \
	"2025 (year), 2024..2027 (years), 2025-10-01 or 2025-10-01..2025-11-15 (days)"

static void what_is_no_period_is_refused_with_the_forms_there_are(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "", "\"\" is not a period: " FORMS },
		{ "last month", "\"last month\" is not a period: " FORMS },
		{ "octubre", "\"octubre\" is not a period: " FORMS },
		{ "2025-1", "\"2025-1\" is not a period: " FORMS },
		{ "2025-X1", "\"2025-X1\" is not a period: " FORMS },
		{ "2025/10", "\"2025/10\" is not a period: " FORMS },
		{ "2025-1x", "\"2025-1x\" is not a period: " FORMS },
		{ "1969", "\"1969\": years go from 1970 to 2999" },
		{ "3000", "\"3000\": years go from 1970 to 2999" },
		{ "1969-10", "\"1969-10\": years go from 1970 to 2999" },
		{ "+202", "\"+202\" is not a period: " FORMS },
		{ "2024..27", "\"2024..27\" is not a period: " FORMS },
		{ "2024..", "\"2024..\" is not a period: " FORMS },
		{ "..2024", "\"..2024\" is not a period: " FORMS },
		{ "2025-10-01 00:00..2025-11-15",
		  "\"2025-10-01 00:00..2025-11-15\" is not a period: " FORMS },
		{ "2027..2024", "\"2027..2024\" ends before it begins" },
		{ "2025-11-15..2025-10-01", "\"2025-11-15..2025-10-01\" ends before it begins" },
		{ "2025-13", "\"2025-13\": a year has months 01 to 12" },
		{ "2025-00", "\"2025-00\": a year has months 01 to 12" },
		{ "2025-Q5", "\"2025-Q5\": a year has quarters Q1 to Q4" },
		{ "2025-Q0", "\"2025-Q0\": a year has quarters Q1 to Q4" },
		{ "2025-B7", "\"2025-B7\": a year has bimesters B1 to B6" },
		{ "2026-s3", "\"2026-s3\": a year has semesters S1 and S2" },
		{ "2025-02-29", "\"2025-02-29\" is not a date like 2025-10-01" },
		{ "2025-10-01..2025-11-31", "\"2025-11-31\" is not a date like 2025-10-01" },
		{ "2025-10-01..2025-11", "\"2025-11\" is not a date like 2025-10-01" },
		{ "2025-10-01..3000-01-01", "\"3000-01-01\": years go from 1970 to 2999" },
		{ "1900-01-01", "\"1900-01-01\": years go from 1970 to 2999" },
		{ "1969..2027", "\"1969..2027\": years go from 1970 to 2999" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct period period = { .kind = PERIOD_YEAR };
		struct error err = { 0 };

		assert_int_equal(period_parse(rows[i].text, &period, &err), -1);
		assert_int_equal(err.class, ERROR_INPUT);
		assert_string_equal(err.text, rows[i].words);
		assert_int_equal(period.kind, PERIOD_YEAR); /* untouched */
	}
}

static void last_month_is_the_one_that_is_over(void **state)
{
	(void)state;
	assert_string_equal(period_last_month(day_of(2026, 1, 1)).name, "2025-12");
	assert_string_equal(period_last_month(day_of(2025, 12, 31)).name, "2025-11");
	assert_string_equal(period_last_month(day_of(2024, 3, 31)).name, "2024-02");
	assert_int_equal(period_last_month(day_of(2024, 3, 31)).window.days, 29);
	assert_int_equal(period_last_month(day_of(2024, 3, 31)).kind, PERIOD_MONTH);
}

static void months_of_a_period_are_those_wholly_inside_it(void **state)
{
	static const struct {
		const char *period, *first, *last;
		size_t count;
	} rows[] = {
		{ "2025-Q4", "2025-10", "2025-12", 3 },
		{ "2025-B5", "2025-09", "2025-10", 2 },
		{ "2026-S1", "2026-01", "2026-06", 6 },
		{ "2024..2025", "2024-01", "2025-12", 24 },
		{ "2025-10-02..2026-01-30", "2025-11", "2025-12", 2 },
		{ "2025-10", "2025-10", "2025-10", 1 },
		{ "2025-10-01..2025-10-30", "", "", 0 },
		{ "2025-10-02..2025-11-29", "", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct period period, months[30];
		struct error err;

		assert_int_equal(period_parse(rows[i].period, &period, &err), 0);
		assert_int_equal(period_months(&period, months, 30), rows[i].count);
		if (rows[i].count == 0)
			continue;
		assert_string_equal(months[0].name, rows[i].first);
		assert_string_equal(months[rows[i].count - 1].name, rows[i].last);
	}
}

static void months_stop_where_the_room_ends(void **state)
{
	struct period year, months[5];
	struct error err;

	(void)state;
	assert_int_equal(period_parse("2025", &year, &err), 0);
	memset(months, 0, sizeof(months));
	assert_int_equal(period_months(&year, months, 4), 4);
	assert_string_equal(months[3].name, "2025-04");
	assert_string_equal(months[4].name, "");
}

static void period_has_one_before_it_and_one_a_year_before(void **state)
{
	static const struct {
		const char *period, *before, *year_before; /* NULL: none */
	} rows[] = {
		{ "2025-10", "2025-09", "2024-10" },
		{ "2026-01", "2025-12", "2025-01" },
		{ "2024-03", "2024-02", "2023-03" },
		{ "2024-02", "2024-01", "2023-02" },
		{ "2025-B1", "2024-B6", "2024-B1" },
		{ "2025-B5", "2025-B4", "2024-B5" },
		{ "2026-Q1", "2025-Q4", "2025-Q1" },
		{ "2025-Q4", "2025-Q3", "2024-Q4" },
		{ "2026-S1", "2025-S2", "2025-S1" },
		{ "2026-S2", "2026-S1", "2025-S2" },
		{ "2025", "2024", "2024" },
		{ "2024..2027", "2020..2023", "2023..2026" },
		{ "2025-10-01..2025-10-31", "2025-08-31..2025-09-30", "2024-10-01..2024-10-31" },
		{ "2025-10-01", "2025-09-30", "2024-10-01" },
		{ "2024-03-01..2024-03-02", "2024-02-28..2024-02-29", "2023-03-01..2023-03-02" },
		{ "2024-02-29", "2024-02-28", "2023-02-28" },
		{ "2024-02-01..2024-02-29", "2024-01-03..2024-01-31", "2023-02-01..2023-02-28" },
		{ "2025-02-01..2025-02-28", "2025-01-04..2025-01-31", "2024-02-01..2024-02-28" },
		{ "2024-12-31..2025-01-01", "2024-12-29..2024-12-30", "2023-12-31..2024-01-01" },
		{ "1970", NULL, NULL },
		{ "1970-01", NULL, NULL },
		{ "1970-12", "1970-11", NULL },
		{ "1970-Q1", NULL, NULL },
		{ "1971..1972", NULL, "1970..1971" },
		{ "1970-01-02", "1970-01-01", NULL },
		{ "1970-01-01", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct period period, moved = { .name = "untouched" }, parsed;
		struct error err;

		assert_int_equal(period_parse(rows[i].period, &period, &err), 0);
		for (int k = 0; k < 2; k++) {
			const char *name = k ? rows[i].year_before : rows[i].before;
			int result = k ? period_year_before(&period, &moved)
				       : period_before(&period, &moved);

			assert_int_equal(result, name ? 0 : -1);
			if (!name)
				continue;
			assert_string_equal(moved.name, name);
			/* it is the period of that name */
			assert_int_equal(period_parse(name, &parsed, &err), 0);
			assert_int_equal(moved.kind, parsed.kind);
			assert_int_equal(moved.window.first, parsed.window.first);
			assert_int_equal(moved.window.days, parsed.window.days);
		}
	}
}

static void named_period_has_months_and_none_before_it(void **state)
{
	struct period named = { PERIOD_NAMED,
				{ day_of(2025, 8, 20), day_of(2025, 11, 1) - day_of(2025, 8, 20) },
				"feria" };
	struct period months[4], moved = { .name = "untouched" };

	(void)state;
	assert_int_equal(period_before(&named, &moved), -1);
	assert_int_equal(period_year_before(&named, &moved), -1);
	assert_string_equal(moved.name, "untouched");
	assert_int_equal(period_months(&named, months, 4), 2);
	assert_string_equal(months[0].name, "2025-09");
	assert_string_equal(months[1].name, "2025-10");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read_and_named_canonically),
		cmocka_unit_test(what_is_no_period_is_refused_with_the_forms_there_are),
		cmocka_unit_test(last_month_is_the_one_that_is_over),
		cmocka_unit_test(months_of_a_period_are_those_wholly_inside_it),
		cmocka_unit_test(months_stop_where_the_room_ends),
		cmocka_unit_test(period_has_one_before_it_and_one_a_year_before),
		cmocka_unit_test(named_period_has_months_and_none_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
