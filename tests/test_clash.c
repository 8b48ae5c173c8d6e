/* What one source is told twice: both stand, one is shown, and nobody has to find it out alone. */
#include "run.h"
#include "test.h"

#include <string.h>

#define RUN(place, said, ...) \
	run_words(place, (const char *const[]){ __VA_ARGS__, "--lang", "en", NULL }, said)

static int make_office(void **state)
{
	SCOPED(text)
	struct text config = { 0 };
	const struct place *place;

	assert_int_equal(make_place(state), 0);
	place = *state;
	text_addf(&config,
		  "state_directory = \"%s\";\ncontrol = \"%s\";\n"
		  "entities: ( { id = \"office\"; name = \"Office\"; zone = \"America/Bogota\";\n"
		  "  language = \"en\"; accounts: ( { id = \"x\"; title = \"X\";\n"
		  "    collector = \"manual\"; entered = [\"views\", \"followers\"]; } ); } );\n",
		  place->path, place->control);
	write_file(place->config, text_str(&config));
	return 0;
}

/* What is said when the number is entered, but for what was stored. */
static void expect_entered(const struct place *place, const char *words, const char *more)
{
	SCOPED(said)
	struct said said = { 0 };
	const char *rest;

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	assert_int_equal(said.ends, 0);
	rest = strstr(text_str(&said.out), "Entry ");
	assert_non_null(rest);
	assert_string_equal(strchr(rest, '\n') + 1, more);
}

static void expect_said(const struct place *place, const char *words, int ends, const char *part)
{
	SCOPED(said)
	struct said said = { 0 };

	run(place, words, &said);
	assert_string_equal(text_str(&said.err), "");
	if (!strstr(text_str(&said.out), part))
		fail_msg("%s: \"%s\" does not say \"%s\"", words, text_str(&said.out), part);
	assert_int_equal(said.ends, ends);
}

static void two_levels_of_a_day_are_said_listed_and_found_again(void **state)
{
	const struct place *place = *state;

	expect_entered(place, "enter x followers 2025-10 12", "");
	expect_entered(place, "enter x followers 2025-10-31 1200",
		       "2025-10-01..2025-10-31 says 12 of the same day (entry 1), and only one is "
		       "shown: take back the one that is wrong (metricsctl withdraw 1).\n");
	expect_said(place, "reconcile 2025-10", 1,
		    "X · Followers · Oct 31, 2025: two levels of the same day\n"
		    "  manual   1,200    1/1                    as it was stated\n"
		    "  manual      12  31/31  -1,188 (-99.0 %)  as it was stated\n");
	expect_said(place, "reconcile 2025-10 --format csv", 1, ",levels,manual,compared,");
	expect_said(place, "explain x followers 2025-10", 0,
		    "Also said, and not in it\n"
		    "  2025-10-01..2025-10-31  12  manual  31 days  origin 1\n");
	expect_said(place, "withdraw 1", 0, "");
	expect_said(place, "reconcile 2025-10", 0, "Nothing differs");
}

static void the_one_that_is_not_shown_hears_of_the_other(void **state)
{
	const struct place *place = *state;

	expect_entered(place, "enter x followers 2025-10-31 1200", "");
	expect_entered(place, "enter x followers 2025-10 12",
		       "office/x followers 2025-10: the summary shows 1,200 (manual)\n"
		       "2025-10-31 says 1,200 of the same day (entry 1), and only one is shown: "
		       "take back the one that is wrong (metricsctl withdraw 1).\n");
}

static void who_enters_what_a_file_says_too_hears_nothing_of_the_file(void **state)
{
	const struct place *place = *state;

	expect_entered(place, "enter x views 2025-10 25 --source csv", "");
	expect_entered(place, "enter x views 2025-10 25", "");
	expect_entered(place, "enter x views 2025-11 73300 --source csv --uncertainty 50", "");
	expect_entered(place, "enter x views 2025-11 73300 --uncertainty 50", "");
	/* another number, or the same less surely, is told of */
	expect_entered(place, "enter x views 2025-10 26",
		       "office/x views 2025-10: the summary shows 25 (csv); leave it so if that "
		       "one is right, else take it back: metricsctl withdraw 1\n");
	expect_entered(place, "enter x views 2025-12 80 --source csv", "");
	expect_entered(place, "enter x views 2025-12 80 --uncertainty 5",
		       "office/x views 2025-12: the summary shows 80 (csv); leave it so if that "
		       "one is right, else take it back: metricsctl withdraw 6\n");
}

static void a_month_below_one_of_its_days_is_said_whichever_comes_last(void **state)
{
	const struct place *place = *state;
	static const char words[] =
		"2025-10-01..2025-10-31 says 4, but what was said of its days comes to 40: one of "
		"them is wrong (metricsctl reconcile 2025-10-01..2025-10-31).\n";

	expect_entered(place, "enter x views 2025-10-01 40", "");
	expect_entered(place, "enter x views 2025-10 4", words);
	expect_said(place, "withdraw 1", 0, "");
	expect_entered(place, "enter x views 2025-10-01 40", words);
	expect_said(place, "explain x views 2025-10", 0,
		    "Also said, and not in it\n  2025-10-01  40  manual    origin ");
	expect_said(place, "explain x views 2025-10 --format json", 0, "\"unused\":");
	expect_said(place, "reconcile 2025-10", 1, "a whole cannot be less than what is known");
}

static void what_goes_together_is_entered_without_a_word(void **state)
{
	const struct place *place = *state;

	expect_entered(place, "enter x views 2025-10-01 40", "");
	expect_entered(place, "enter x views 2025-10 400", "");
	expect_entered(place, "enter x views 2025-11-01..2025-11-15 10", "");
	expect_entered(place, "enter x views 2025-11-16..2025-11-30 10", "");
	expect_entered(place, "enter x followers 2025-10 1200", "");
	expect_entered(place, "enter x followers 2025-10-31 1200", "");
	expect_entered(place, "enter x followers 2025-11 1300", "");
}

static void rounding_that_goes_below_nothing_is_cut_and_said_so(void **state)
{
	expect_entered(*state, "enter x views 2025-10 7300 --uncertainty 9000",
		       "The uncertainty is more than there can be: kept as 0 to 16,300.\n");
	expect_entered(*state, "enter x views 2025-11 7300 --uncertainty 50", "");
}

static void shares_are_rounded_and_not_cut_off(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	run(*state, "enter x views 2025-10 12", &said);
	scoped_said(&said);
	said = (struct said){ 0 };
	run(*state, "enter x views 2025-10 51 --source csv", &said);
	expect_said(*state, "reconcile 2025-10", 1, "-39 (-76.5 %)");
	expect_said(*state, "reconcile 2025-10 --format csv", 1, ",-39,-76.5,true\r\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_office, clear_place)
	const struct CMUnitTest tests[] = {
		TEST(two_levels_of_a_day_are_said_listed_and_found_again),
		TEST(the_one_that_is_not_shown_hears_of_the_other),
		TEST(who_enters_what_a_file_says_too_hears_nothing_of_the_file),
		TEST(a_month_below_one_of_its_days_is_said_whichever_comes_last),
		TEST(what_goes_together_is_entered_without_a_word),
		TEST(rounding_that_goes_below_nothing_is_cut_and_said_so),
		TEST(shares_are_rounded_and_not_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
