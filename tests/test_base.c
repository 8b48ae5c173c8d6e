#include "test.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/http.h"
#include "metricsd/json.h"
#include "metricsd/metric.h"
#include "metricsd/text.h"

#include <errno.h>
#include <string.h>

static void text_stops_at_its_ceiling_and_remembers_it(void **state)
{
	SCOPED(text)
	struct text text = TEXT_UP_TO(5);

	(void)state;
	text_add(&text, "12345");
	assert_false(text.failed);
	text_add(&text, "6");
	assert_true(text.failed);
	assert_string_equal(text_str(&text), "12345");
}

static void address_is_percent_encoded_but_for_unreserved_bytes(void **state)
{
	SCOPED(text)
	struct text text = { 0 };

	(void)state;
	text_add_url(&text, "a b/ñ~");
	assert_string_equal(text_str(&text), "a%20b%2F%C3%B1~");
}

static void words_of_the_system_are_english_and_say_what_to_do_of_a_full_disk(void **state)
{
	(void)state;
	assert_string_equal(system_words(ENOENT), "No such file or directory");
	assert_string_equal(system_words(ENOSPC), "the disk is full: make room");
	assert_string_equal(system_words(EDQUOT), "the disk is full: make room");
	assert_string_equal(system_words(-1), "an error the system has no words for");
}

static void error_within_puts_where_before_what(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_set(&err, ERROR_METRIC, "gone"), -1);
	assert_int_equal(error_within(&err, "line %d", 3), -1);
	assert_string_equal(err.text, "line 3: gone");
	assert_int_equal(err.class, ERROR_METRIC);
}

static void json_refuses_what_a_double_would_round(void **state)
{
	static const char text[] =
		"{\"a\":9007199254740993000,\"b\":1.5,\"c\":\"42\",\"d\":\"4x\",\"e\":null}";
	SCOPED(json)
	cJSON *root = NULL;
	struct error err;
	int64_t number = 0;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &root, &err), 0);
	assert_int_equal(json_int(root, "a", &number, &err), -1);
	assert_string_equal(err.text, "a is beyond 2^53");
	assert_int_equal(json_int(root, "b", &number, &err), -1);
	assert_int_equal(json_int(root, "c", &number, &err), 0);
	assert_int_equal(number, 42);
	assert_int_equal(json_int(root, "d", &number, &err), -1);
	assert_int_equal(json_int(root, "e", &number, &err), -1);
	assert_string_equal(err.text, "no \"e\"");
	assert_null(json_member(root, "e"));
}

static void json_refuses_depth_and_trailing_bytes(void **state)
{
	char deep[4000];
	cJSON *root = NULL;
	struct error err;

	(void)state;
	memset(deep, '[', 2000);
	memset(deep + 2000, ']', 2000);
	assert_int_equal(json_parse(deep, sizeof(deep), &root, &err), -1);
	assert_string_equal(err.text, "not JSON (4000 bytes)");
	assert_int_equal(json_parse("{} x", 4, &root, &err), -1);
	assert_int_equal(json_parse("{\"id\":\"17\x80\x81\"}", 13, &root, &err), -1);
	assert_string_equal(err.text, "not UTF-8 (13 bytes)");
	assert_int_equal(json_parse("{} \n", 4, &root, &err), 0);
	cJSON_Delete(root);
}

static void day_goes_to_text_and_back_over_centuries(void **state)
{
	char text[DAY_TEXT];
	struct error err;
	int32_t back;

	(void)state;
	for (int32_t day = 0; day < 60000; day += 7) {
		assert_int_equal(day_parse(day_text(day, text), &back, &err), 0);
		assert_int_equal(back, day);
	}
	assert_int_equal(day_parse("2025-02-29", &back, &err), -1);
	assert_string_equal(err.text, "\"2025-02-29\" is not a date like 2025-10-01");
	assert_int_equal(day_parse("2025-10-1", &back, &err), -1);
}

static void months_know_their_length(void **state)
{
	struct window february = month_of(day_of(2024, 2, 29));

	(void)state;
	assert_int_equal(february.days, 29);
	assert_int_equal(month_after(february, 12).days, 28);
	assert_int_equal(month_after(february, -2).first, day_of(2023, 12, 1));
}

static void time_is_read_with_any_offset(void **state)
{
	struct error err;
	int64_t time;

	(void)state;
	assert_int_equal(time_parse("2026-11-18T08:00:00+0000", &time, &err), 0);
	assert_int_equal(time, 1794988800);
	assert_int_equal(time_parse("2026-11-18T03:00:00-05:00", &time, &err), 0);
	assert_int_equal(time, 1794988800);
	assert_int_equal(time_parse("2026-11-18T08:00:00Z", &time, &err), 0);
	assert_int_equal(time, 1794988800);
	assert_int_equal(time_parse("2026-11-18 08:00:00", &time, &err), -1);
	assert_int_equal(time_parse("2026-11-18T25:00:00Z", &time, &err), -1);
}

static void days_of_a_zone_have_23_24_or_25_hours(void **state)
{
	SCOPED(zone)
	struct zone *pacific = NULL;
	struct error err;
	int32_t end = day_of(2026, 11, 1), start = day_of(2027, 3, 14);

	(void)state;
	assert_int_equal(zone_open("America/Los_Angeles", &pacific, &err), 0);
	assert_int_equal(zone_midnight(pacific, end + 1) - zone_midnight(pacific, end), 25 * 3600);
	assert_int_equal(zone_midnight(pacific, start + 1) - zone_midnight(pacific, start),
			 23 * 3600);
	for (int32_t day = end - 400; day < end + 400; day++) {
		int64_t midnight = zone_midnight(pacific, day);

		assert_int_equal(zone_day(pacific, midnight), day);
		assert_int_equal(zone_day(pacific, midnight - 1), day - 1);
	}
}

static void midnight_that_the_clocks_skip_is_the_first_second_of_its_day(void **state)
{
	SCOPED(zone)
	struct zone *havana = NULL;
	struct error err;
	int32_t day = day_of(2026, 3, 8); /* from 0:00 straight to 1:00 */

	(void)state;
	assert_int_equal(zone_open("America/Havana", &havana, &err), 0);
	assert_int_equal(zone_midnight(havana, day + 1) - zone_midnight(havana, day), 23 * 3600);
	assert_int_equal(zone_day(havana, zone_midnight(havana, day)), day);
}

static void zone_that_nobody_knows_is_refused(void **state)
{
	struct zone *zone = NULL;
	struct error err;

	(void)state;
	assert_int_equal(zone_open("America/Bogta", &zone, &err), -1);
	assert_string_equal(
		err.text,
		"\"America/Bogta\" is not a time zone: expected a name like America/Bogota");
}

static void days_join_what_touches_and_keep_what_does_not(void **state)
{
	SCOPED(text)
	struct text text = { 0 };
	struct days days = { 0 }, back;
	struct error err;

	(void)state;
	days_add(&days, (struct window){ day_of(2025, 10, 5), 2 });
	days_add(&days, (struct window){ day_of(2025, 10, 1), 2 });
	days_add(&days, (struct window){ day_of(2025, 10, 20), 1 });
	days_add(&days, (struct window){ day_of(2025, 10, 3), 2 });
	days_print(&days, &text);
	assert_string_equal(text_str(&text), "2025-10-01..2025-10-06,2025-10-20");
	assert_int_equal(days_count(&days), 7);
	assert_int_equal(days_parse(text_str(&text), &back, &err), 0);
	assert_memory_equal(&back.ranges, &days.ranges, days.count * sizeof(struct window));
	assert_false(days_hold(&days, day_of(2025, 10, 7)));
}

static void too_many_ranges_ask_for_more_and_never_for_less(void **state)
{
	struct days days = { 0 };

	(void)state;
	for (int32_t i = 0; i < 3 * DAYS_MAX; i++)
		days_add(&days, (struct window){ i * 3, 1 });
	assert_true(days.count <= DAYS_MAX);
	for (int32_t i = 0; i < 3 * DAYS_MAX; i++)
		assert_true(days_hold(&days, i * 3));
}

static void header_is_found_in_any_case(void **state)
{
	struct response response = { .headers = "Date: x\r\nX-App-Usage:  {\"a\":1}\r\n" };
	char value[16];

	(void)state;
	assert_int_equal(response_header(&response, "x-app-usage", value, sizeof(value)), 0);
	assert_string_equal(value, "{\"a\":1}");
	assert_int_equal(response_header(&response, "x-app", value, sizeof(value)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stops_at_its_ceiling_and_remembers_it),
		cmocka_unit_test(address_is_percent_encoded_but_for_unreserved_bytes),
		cmocka_unit_test(words_of_the_system_are_english_and_say_what_to_do_of_a_full_disk),
		cmocka_unit_test(error_within_puts_where_before_what),
		cmocka_unit_test(json_refuses_what_a_double_would_round),
		cmocka_unit_test(json_refuses_depth_and_trailing_bytes),
		cmocka_unit_test(day_goes_to_text_and_back_over_centuries),
		cmocka_unit_test(months_know_their_length),
		cmocka_unit_test(time_is_read_with_any_offset),
		cmocka_unit_test(days_of_a_zone_have_23_24_or_25_hours),
		cmocka_unit_test(midnight_that_the_clocks_skip_is_the_first_second_of_its_day),
		cmocka_unit_test(zone_that_nobody_knows_is_refused),
		cmocka_unit_test(days_join_what_touches_and_keep_what_does_not),
		cmocka_unit_test(too_many_ranges_ask_for_more_and_never_for_less),
		cmocka_unit_test(header_is_found_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
