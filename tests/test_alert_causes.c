/* What needs a person, and how many alerts that is. */
#include "test.h"

#include "daemon/alert_causes.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <string.h>

enum { ACCOUNTS = 20, HOUR = 3600, DAY = 86400 };
static const int64_t now = INT64_C(1795379755);

static void subject(const void *settings, char *ret, size_t room)
{
	(void)settings;
	(void)snprintf(ret, room, "page 1");
}

static const struct metric page_metrics[] = {
	{ .id = "viewers", .kind = METRIC_UNIQUE, .successor = "watchers" },
	{ .id = "visits", .kind = METRIC_FLOW },
	{ 0 },
};

static const struct collector page = {
	.name = "page",
	.title = "Page",
	.metrics = page_metrics,
	.subject = subject,
};

static const struct collector by_hand = { .name = "manual", .title = "By hand" };

/* Two offices with one token for all their accounts, but one that needs none. */
struct world {
	struct config config;
	struct token token;
	struct entity entities[2];
	struct account accounts[2][ACCOUNTS];
	char names[ACCOUNTS][16];
	struct sweep_state daily[2][ACCOUNTS];
	struct metric_states metrics[2][ACCOUNTS];
	struct token_health health;
	struct held holds[4];
	size_t hold_count;
	struct kept_alert lasting[2];
	size_t lasting_count;
	bool asked; /* the provider was, about the token */
	const char *store;
	struct causes causes;
};

static int set_up(void **state)
{
	struct world *world = memory_new(1, sizeof(*world));

	world->token = (struct token){ .id = "meta" };
	world->config = (struct config){ .tokens = &world->token,
					 .token_count = 1,
					 .entities = world->entities,
					 .entity_count = 2 };
	for (size_t i = 0; i < ACCOUNTS; i++)
		(void)snprintf(world->names[i], sizeof(world->names[i]), "page%zu", i);
	for (size_t e = 0; e < 2; e++) {
		world->entities[e] = (struct entity){ .id = e ? "bello" : "itagui",
						      .accounts = world->accounts[e],
						      .account_count = ACCOUNTS };
		for (size_t i = 0; i < ACCOUNTS; i++) {
			world->accounts[e][i] = (struct account){ .id = world->names[i],
								  .entity = &world->entities[e],
								  .collector = &page,
								  .token = &world->token,
								  .until = DAY_NONE };
			world->daily[e][i] = (struct sweep_state){ .last_success = now - HOUR,
								   .due = now + HOUR };
		}
	}
	world->accounts[0][1].token = NULL;
	world->accounts[0][2].collector = &by_hand;
	world->health = (struct token_health){
		.name = "meta", .verdict = TOKEN_VALID, .expires = 0, .data_access_ends = -1
	};
	*state = world;
	return 0;
}

static int clear_up(void **state)
{
	struct world *world = *state;

	for (size_t e = 0; e < 2; e++)
		for (size_t i = 0; i < ACCOUNTS; i++)
			sweep_state_clear(&world->daily[e][i]);
	causes_clear(&world->causes);
	free(world);
	return 0;
}

/* Every cause there is, apart by blanks; those that only visits will decide in brackets. */
static void judge(struct world *world, struct text *ret)
{
	struct causes *causes = &world->causes;

	causes_clear(causes);
	causes_begin(causes, &world->config, now);
	causes_lasting(causes, world->lasting, world->lasting_count);
	causes_tokens(causes, &world->health, world->asked, world->holds, world->hold_count);
	for (size_t e = 0; e < 2; e++)
		for (size_t i = 0; i < ACCOUNTS; i++)
			causes_account(causes, &world->accounts[e][i], &world->daily[e][i],
				       &world->metrics[e][i]);
	if (world->store)
		causes_store(causes, world->store);
	causes_end(causes);
	for (size_t i = 0; i < causes->count; i++)
		text_addf(ret, "%s%s%s%s", ret->length ? " " : "",
			  causes->items[i].holds ? "" : "(", causes->items[i].key,
			  causes->items[i].holds ? "" : ")");
}

static void assert_causes(struct world *world, const char *expected)
{
	SCOPED(text)
	struct text found = { 0 };

	judge(world, &found);
	assert_string_equal(text_str(&found), expected);
}

static void break_down(struct sweep_state *daily, enum error_class class, int failures,
		       const char *words)
{
	daily->class = class;
	daily->failures = failures;
	daily->last_failure = now - HOUR;
	text_set(&daily->words, words);
}

static void hold(struct world *world, enum hold_scope scope, const char *key, int64_t until)
{
	struct held *held = &world->holds[world->hold_count++];

	*held = (struct held){ .scope = scope, .until = until };
	(void)snprintf(held->key, sizeof(held->key), "%s", key);
	(void)snprintf(held->why, sizeof(held->why), "code 190: expired");
}

static void nothing_is_wrong_where_all_goes_well(void **state)
{
	assert_causes(*state, "");
}

static void a_dead_token_of_39_accounts_is_one_cause(void **state)
{
	struct world *world = *state;
	const struct cause *cause;

	for (size_t e = 0; e < 2; e++)
		for (size_t i = 0; i < ACCOUNTS; i++)
			if (world->accounts[e][i].token)
				break_down(&world->daily[e][i], ERROR_TOKEN, 1, "held: code 190");
	hold(world, HOLD_TOKEN, "meta", INT64_MAX);
	assert_causes(world, "token:meta");
	cause = causes_find(&world->causes, "token:meta");
	assert_non_null(cause);
	assert_null(cause->entity); /* of both */
	assert_string_equal(cause->subject, "the token meta is refused");
	assert_non_null(strstr(cause->words, "What was said: code 190: expired\n"));
	assert_non_null(strstr(cause->words, "It hits 39 accounts: itagui/page0, itagui/page2, "));
	assert_non_null(strstr(cause->words, ", …\n"));
}

static void a_token_the_provider_calls_invalid_is_the_same_cause(void **state)
{
	struct world *world = *state;

	world->asked = true;
	world->health.verdict = TOKEN_INVALID;
	(void)snprintf(world->health.words, sizeof(world->health.words), "the password changed");
	assert_causes(world, "token:meta");
	assert_non_null(strstr(world->causes.items[0].words, "the password changed"));
	/* nobody waits for another one: it is not said that nothing is collected */
	assert_non_null(strstr(world->causes.items[0].words, "may still be answered"));
	hold(world, HOLD_TOKEN, "meta", now + HOUR);
	assert_causes(world, "token:meta");
	assert_non_null(strstr(world->causes.items[0].words, "Nothing is collected with it"));
}

static void a_new_secret_that_is_refused_is_a_cause_of_its_own(void **state)
{
	struct world *world = *state;

	world->asked = true;
	(void)snprintf(world->health.refused, sizeof(world->health.refused), "code 190: no such");
	assert_causes(world, "token-new:meta");
	assert_string_equal(world->causes.items[0].subject,
			    "the new secret of the token meta is refused");
	assert_non_null(strstr(world->causes.items[0].words, "code 190: no such"));
	assert_non_null(strstr(world->causes.items[0].words, "The one before is still used, but"));
	world->health.verdict = TOKEN_INVALID;
	assert_causes(world, "token:meta token-new:meta");
	assert_null(strstr(world->causes.items[1].words, "is still used"));
	world->health.refused[0] = '\0';
	world->health.verdict = TOKEN_VALID;
	assert_causes(world, "");
}

static void a_replaced_token_is_over_once_all_its_accounts_were_visited(void **state)
{
	struct world *world = *state;

	/* one found it replaced and took its hold off; the others have not been visited since */
	break_down(&world->daily[1][3], ERROR_TOKEN, 1, "held: code 190");
	assert_causes(world, "(token:meta)");
	world->daily[1][3].failures = 0;
	world->daily[1][3].class = ERROR_NONE;
	assert_causes(world, "");
}

static void a_page_that_refuses_a_good_token_is_its_own_cause(void **state)
{
	struct world *world = *state;

	break_down(&world->daily[1][3], ERROR_TOKEN, 1, "code 190 of this Page");
	hold(world, HOLD_ACCOUNT, "bello/page3", now + DAY);
	assert_causes(world, "account:bello/page3");
	assert_ptr_equal(world->causes.items[0].entity, &world->entities[1]);
}

static void an_end_is_told_by_its_stages(void **state)
{
	static const struct {
		int64_t left;
		int part;
		const char *subject;
	} rows[] = {
		{ 14 * DAY, ALERT_BEGAN, "the token meta ends in 14 days" },
		{ 9 * DAY + HOUR, ALERT_BEGAN, "the token meta ends in 9 days" },
		{ 7 * DAY, ALERT_WORSE, "the token meta ends in 7 days" },
		{ 3 * DAY, ALERT_WORSE + 1, "the token meta ends in 3 days" },
		{ DAY, ALERT_WORSE + 2, "the token meta ends in 1 day" },
		{ -HOUR, ALERT_WORSE + 2, "the token meta has ended" },
	};
	struct world *world = *state;

	world->asked = true;
	world->health.expires = now + 15 * DAY;
	assert_causes(world, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world->health.expires = now + rows[i].left;
		assert_causes(world, "token-ends:meta");
		assert_int_equal(world->causes.items[0].part, rows[i].part);
		assert_string_equal(world->causes.items[0].subject, rows[i].subject);
	}
}

static void access_to_data_that_ends_is_told_as_such(void **state)
{
	struct world *world = *state;

	world->asked = true;
	world->health.expires = now + 10 * DAY;
	world->health.data_access_ends = now + 2 * DAY;
	assert_causes(world, "token-ends:meta");
	assert_string_equal(world->causes.items[0].subject,
			    "the token meta loses its access to data in 2 days");
}

static void permissions_a_token_lacks_are_one_cause_of_all_its_accounts(void **state)
{
	struct world *world = *state;

	world->asked = true;
	(void)snprintf(world->health.lacks, sizeof(world->health.lacks), "read_insights");
	world->daily[0][3].class = world->daily[1][4].class = ERROR_PERMISSION;
	assert_causes(world, "permissions:meta");
	assert_non_null(strstr(world->causes.items[0].words, "read_insights"));
}

static void a_permission_nobody_was_asked_about_is_the_accounts(void **state)
{
	struct world *world = *state;

	world->daily[0][3].class = ERROR_PERMISSION;
	text_set(&world->daily[0][3].words, "code 200: (#200) requires pages_read_engagement");
	assert_causes(world, "account:itagui/page3");
}

static void what_passes_by_itself_needs_nobody_for_two_days(void **state)
{
	struct world *world = *state;

	for (size_t i = 3; i < ACCOUNTS; i++)
		break_down(&world->daily[0][i], ERROR_TRANSIENT, 8, "timeout");
	assert_causes(world, "");
	for (size_t i = 3; i < ACCOUNTS; i++)
		world->daily[0][i].last_success = now - 3 * DAY;
	assert_causes(world, "provider:page/meta"); /* one, not 17 */
	assert_non_null(strstr(world->causes.items[0].words, "It hits 17 accounts"));
	break_down(&world->daily[0][1], ERROR_TRANSIENT, 8, "timeout"); /* of a host of its own */
	world->daily[0][1].last_success = now - 3 * DAY;
	assert_causes(world, "account:itagui/page1 provider:page/meta");
}

static void a_garbled_answer_may_be_alone(void **state)
{
	struct world *world = *state;

	break_down(&world->daily[0][3], ERROR_MALFORMED, 1, "not JSON");
	assert_causes(world, "");
	world->daily[0][3].failures = 2;
	assert_causes(world, "account:itagui/page3");
}

static void who_is_about_to_be_visited_begins_and_ends_nothing(void **state)
{
	struct world *world = *state;

	break_down(&world->daily[0][3], ERROR_REQUEST, 1, "code 100");
	world->daily[0][3].due = now;
	assert_causes(world, "(account:itagui/page3)");
	world->daily[0][3].due = now + HOUR;
	assert_causes(world, "account:itagui/page3");
}

static void last(struct world *world, char *cause)
{
	world->lasting[world->lasting_count++] = (struct kept_alert){ .cause = cause };
}

static void who_is_being_visited_ends_nothing(void **state)
{
	static char cause[] = "account:itagui/page3";
	struct world *world = *state;

	/* some of its calls were refused; that is forgotten when the next visit begins */
	world->daily[0][3].class = ERROR_PERMISSION;
	assert_causes(world, "account:itagui/page3");
	last(world, cause);
	world->daily[0][3].class = ERROR_NONE;
	world->daily[0][3].running = true;
	assert_causes(world, "(account:itagui/page3)");
	world->daily[0][3].running = false;
	assert_causes(world, "");
}

static void who_may_not_be_visited_ends_nothing(void **state)
{
	static char cause[] = "account:itagui/page3";
	struct world *world = *state;

	last(world, cause);
	world->daily[0][3].class = ERROR_PERMISSION;
	hold(world, HOLD_ACCOUNT, "itagui/page3", now + HOUR); /* another sweep was throttled */
	assert_causes(world, "(account:itagui/page3)");
}

static void what_an_account_suffers_from_is_not_over_when_it_fails_otherwise(void **state)
{
	static char cause[] = "account:itagui/page3";
	struct world *world = *state;

	/* a wrong id for three weeks, and now the network is away */
	break_down(&world->daily[0][3], ERROR_TRANSIENT, 22, "timeout");
	world->daily[0][3].last_success = now - 21 * DAY;
	assert_causes(world, "provider:page/meta");
	last(world, cause);
	assert_causes(world, "(account:itagui/page3)");
	break_down(&world->daily[0][3], ERROR_OURS, 23, "the server's clock says Mon");
	assert_causes(world, "(account:itagui/page3) clock");
	break_down(&world->daily[0][3], ERROR_TOKEN, 24, "code 190");
	assert_causes(world, "(account:itagui/page3) (token:meta)");
	break_down(&world->daily[0][3], ERROR_NONE, 0, "");
	assert_causes(world, "");
}

static void a_log_that_cannot_be_read_once_needs_a_look_all_the_same(void **state)
{
	static char cause[] = "log:itagui/page1";
	struct world *world = *state;

	last(world, cause);
	break_down(&world->daily[0][1], ERROR_TRANSIENT, 1, "access.log: no such file");
	assert_causes(world, "(log:itagui/page1)");
	break_down(&world->daily[0][1], ERROR_NONE, 0, "12 lines read");
	assert_causes(world, "");
}

static void a_metric_no_page_gets_any_more_is_one_cause(void **state)
{
	static const char *const without[] = { "viewers", NULL };
	struct world *world = *state;

	for (size_t i = 3; i < 8; i++) {
		world->metrics[1][i].items[0].life = METRIC_RETIRED;
		(void)snprintf(world->metrics[1][i].items[0].words, 160, "code 100: no metric");
	}
	world->accounts[1][7].without = without;
	assert_causes(world, "metric:page/viewers");
	assert_non_null(strstr(world->causes.items[0].words, "Its successor is watchers.\n"));
	assert_non_null(strstr(world->causes.items[0].words, "It hits 4 accounts"));
}

static void a_wrong_clock_is_one_cause_once_it_was_seen_twice(void **state)
{
	struct world *world = *state;

	for (size_t i = 3; i < ACCOUNTS; i++) {
		break_down(
			&world->daily[0][i], ERROR_OURS, 1,
			"the server's clock says Mon, more than a day from ours: nothing stored");
		world->daily[0][i].due = now - HOUR; /* the sweep stays as it was */
	}
	assert_causes(world, "");
	world->daily[0][5].failures = 2;
	assert_causes(world, "clock");
	world->daily[0][5].failures = 0;
	world->store = "the clock went back: it is 2020-01-01";
	assert_causes(world, "clock");
	world->store = "/var/lib/metricsd/metrics.db: the disk is full: make room";
	assert_causes(world, "store");
	assert_non_null(strstr(world->causes.items[0].words, "the disk is full"));
}

static void a_log_that_warns_needs_a_look(void **state)
{
	struct world *world = *state;

	text_set(&world->daily[0][1].words,
		 "12 lines read\nwarning: nearly all lines have one address\nlines of 1 to 2\n"
		 "warning: 3 rotated files may not be read");
	assert_causes(world, "log:itagui/page1");
	assert_non_null(strstr(world->causes.items[0].words,
			       "What was said: nearly all lines have one address; 3 rotated files "
			       "may not be read\n"));
}

static void accounts_that_are_over_need_nobody(void **state)
{
	struct world *world = *state;

	break_down(&world->daily[0][3], ERROR_REQUEST, 4, "code 100");
	world->accounts[0][3].until = (int32_t)(now / DAY) - 3;
	assert_causes(world, "");
	/* nor for a token that none but they use */
	world->asked = true;
	world->health.verdict = TOKEN_INVALID;
	assert_causes(world, "token:meta");
	for (size_t e = 0; e < 2; e++)
		for (size_t i = 0; i < ACCOUNTS; i++)
			world->accounts[e][i].until = (int32_t)(now / DAY) - 3;
	world->accounts[1][4].until = (int32_t)(now / DAY) - 1;
	assert_causes(world, "token:meta");
	assert_int_equal(world->causes.items[0].account_count, 1);
	world->accounts[1][4].until = (int32_t)(now / DAY) - 3;
	assert_causes(world, "");
}

static void what_could_not_be_told_is_tried_for_a_week(void **state)
{
	int64_t sum = 0;
	int tries = 1;

	(void)state;
	assert_int_equal(alert_retry(1), 60);
	assert_int_equal(alert_retry(2), 120);
	assert_int_equal(alert_retry(20), 6 * HOUR);
	for (; alert_retry(tries); tries++)
		sum += alert_retry(tries);
	assert_true(sum > 6 * DAY && sum < 8 * DAY);
}

int main(void)
{
#define JUDGED(name) cmocka_unit_test_setup_teardown(name, set_up, clear_up)
	const struct CMUnitTest tests[] = {
		JUDGED(nothing_is_wrong_where_all_goes_well),
		JUDGED(a_dead_token_of_39_accounts_is_one_cause),
		JUDGED(a_token_the_provider_calls_invalid_is_the_same_cause),
		JUDGED(a_replaced_token_is_over_once_all_its_accounts_were_visited),
		JUDGED(a_page_that_refuses_a_good_token_is_its_own_cause),
		JUDGED(an_end_is_told_by_its_stages),
		JUDGED(access_to_data_that_ends_is_told_as_such),
		JUDGED(a_new_secret_that_is_refused_is_a_cause_of_its_own),
		JUDGED(permissions_a_token_lacks_are_one_cause_of_all_its_accounts),
		JUDGED(a_permission_nobody_was_asked_about_is_the_accounts),
		JUDGED(what_passes_by_itself_needs_nobody_for_two_days),
		JUDGED(a_garbled_answer_may_be_alone),
		JUDGED(who_is_about_to_be_visited_begins_and_ends_nothing),
		JUDGED(who_is_being_visited_ends_nothing),
		JUDGED(who_may_not_be_visited_ends_nothing),
		JUDGED(what_an_account_suffers_from_is_not_over_when_it_fails_otherwise),
		JUDGED(a_log_that_cannot_be_read_once_needs_a_look_all_the_same),
		JUDGED(a_metric_no_page_gets_any_more_is_one_cause),
		JUDGED(a_wrong_clock_is_one_cause_once_it_was_seen_twice),
		JUDGED(a_log_that_warns_needs_a_look),
		JUDGED(accounts_that_are_over_need_nobody),
		cmocka_unit_test(what_could_not_be_told_is_tried_for_a_week),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
