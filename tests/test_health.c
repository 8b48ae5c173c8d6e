/* How an account does, and what is to be warned of a token. */
#include "test.h"

#include "metricsd/health.h"

#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)
static const int64_t now = 20400 * DAY;

/* All is well. */
static struct health_facts well(void)
{
	return (struct health_facts){
		.now = now,
		.last_success = now - 5 * HOUR,
		.due = now + 19 * HOUR,
	};
}

static void expect(const struct health_facts *facts, const char *condition, bool person)
{
	struct health health = health_judge(facts);

	assert_string_equal(condition_name(health.condition), condition);
	assert_int_equal(health.person, person);
}

static void what_is_well_needs_nobody(void **state)
{
	struct health_facts facts = well();

	(void)state;
	expect(&facts, "ok", false);
	facts.manual = true;
	facts.failures = 9;
	expect(&facts, "manual", false);
	facts = (struct health_facts){ .now = now };
	expect(&facts, "never", false);
	facts.ended = true;
	expect(&facts, "ended", false);
	facts.class = ERROR_TOKEN; /* it was closed, and so was its token */
	facts.failures = 9;
	facts.held = facts.held_for_person = true;
	expect(&facts, "ended", false);
}

static void what_passes_by_itself_is_believed_for_two_days(void **state)
{
	static const enum error_class passing[] = { ERROR_TRANSIENT, ERROR_THROTTLED, ERROR_BUSY };

	(void)state;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		struct health_facts facts = well();

		facts.class = passing[i];
		facts.failures = 9;
		expect(&facts, "failing", false);
		facts.last_success = now - 2 * DAY - 1;
		expect(&facts, "failing", true);
		facts.failures = 2;
		expect(&facts, "failing", false);
	}
}

static void what_does_not_pass_needs_a_person_at_once(void **state)
{
	static const enum error_class lasting[] = {
		ERROR_TOKEN,     ERROR_PERMISSION, ERROR_METRIC, ERROR_REQUEST,
		ERROR_MALFORMED, ERROR_INPUT,      ERROR_OURS,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
		struct health_facts facts = well();

		facts.class = lasting[i];
		facts.failures = 1;
		expect(&facts, "failing", true);
	}
}

static void hold_needs_a_person_only_when_it_waits_for_one(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.held = true;
	expect(&facts, "waiting", false);
	facts.held_for_person = true;
	expect(&facts, "waiting", true);
}

static void run_that_nobody_does_is_overdue_after_six_hours(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.due = now - 6 * HOUR;
	expect(&facts, "ok", false);
	facts.due--;
	expect(&facts, "overdue", true);
}

static void success_that_lacked_a_permission_is_one_in_part(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.class = ERROR_PERMISSION;
	expect(&facts, "partial", true);
}

static void expect_warning(int64_t expires, int64_t access, int stage, int64_t days, bool data)
{
	const struct token_health token = {
		.verdict = TOKEN_VALID,
		.expires = expires,
		.data_access_ends = access,
	};
	struct token_warning warning = token_warn(&token, now);

	assert_int_equal(warning.stage, stage);
	if (stage >= 0)
		assert_int_equal(warning.days, days);
	assert_int_equal(warning.data_access, data);
}

static void token_that_ends_is_warned_of_in_stages(void **state)
{
	(void)state;
	expect_warning(0, 0, -1, 0, false);   /* never ends */
	expect_warning(-1, -1, -1, 0, false); /* not said */
	expect_warning(now + 14 * DAY + 1, 0, -1, 14, false);
	expect_warning(now + 14 * DAY, 0, 14, 14, false);
	expect_warning(now + 7 * DAY + 1, -1, 14, 7, false);
	expect_warning(now + 7 * DAY, -1, 7, 7, false);
	expect_warning(now + 3 * DAY, -1, 3, 3, false);
	expect_warning(now + DAY, -1, 1, 1, false);
	expect_warning(now + 1, -1, 1, 0, false);
	expect_warning(now, -1, 0, 0, false);
	expect_warning(now - DAY, -1, 0, 0, false);
}

static void whichever_end_comes_first_is_warned_of(void **state)
{
	(void)state;
	expect_warning(now + 60 * DAY, now + 2 * DAY, 3, 2, true);
	expect_warning(now + 2 * DAY, now + 60 * DAY, 3, 2, false);
	expect_warning(0, now + 13 * DAY, 14, 13, true);
	expect_warning(now + 30 * DAY, now + 90 * DAY, -1, 0, false);
}

static void token_needs_a_person_when_it_is_invalid_lacks_something_or_ends(void **state)
{
	struct token_health token = { .verdict = TOKEN_VALID, .expires = now + 60 * DAY };

	(void)state;
	assert_false(token_needs_person(&token, now));
	token.expires = now + 14 * DAY;
	assert_true(token_needs_person(&token, now));
	token = (struct token_health){ .verdict = TOKEN_VALID, .lacks = "read_insights" };
	assert_true(token_needs_person(&token, now));
	token = (struct token_health){ .verdict = TOKEN_VALID, .refused = "code 190" };
	assert_true(token_needs_person(&token, now));
	token = (struct token_health){ .verdict = TOKEN_INVALID };
	assert_true(token_needs_person(&token, now));
	token.verdict = TOKEN_UNKNOWN; /* the provider could not be asked: that passes */
	assert_false(token_needs_person(&token, now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_well_needs_nobody),
		cmocka_unit_test(what_passes_by_itself_is_believed_for_two_days),
		cmocka_unit_test(what_does_not_pass_needs_a_person_at_once),
		cmocka_unit_test(hold_needs_a_person_only_when_it_waits_for_one),
		cmocka_unit_test(run_that_nobody_does_is_overdue_after_six_hours),
		cmocka_unit_test(success_that_lacked_a_permission_is_one_in_part),
		cmocka_unit_test(token_that_ends_is_warned_of_in_stages),
		cmocka_unit_test(whichever_end_comes_first_is_warned_of),
		cmocka_unit_test(token_needs_a_person_when_it_is_invalid_lacks_something_or_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
