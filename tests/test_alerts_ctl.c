/* `metricsctl alerts`, and `pending --tell`. */
#include "test.h"

#include "run.h"

#include <string.h>
#include <unistd.h>

enum { DAY = 86400 };

static const char *const by_mail[] = { "mail", NULL };

static int64_t begin(struct store *store, const char *cause, int64_t since)
{
	int64_t id;

	assert_int_equal(store_alert_raise(store,
					   &(struct alert){ .cause = cause,
							    .entity = "itagui",
							    .subject = "the token meta is refused",
							    .words = "words\n",
							    .since = since,
							    .ways = by_mail },
					   &id, NULL),
			 0);
	assert_true(id > 0);
	return id;
}

static void fill(const struct place *place)
{
	struct store *store = open_store(place, STORE_PERSON);
	struct delivery delivery = { .alert = begin(store, "token:meta", place->now - DAY),
				     .way = "mail",
				     .due = place->now + 3600,
				     .tries = 3,
				     .words = "refused: 451 later" };
	bool ended;

	assert_int_equal(store_delivery_save(store, &delivery, NULL), 0);
	(void)begin(store, "store", place->now - 40 * DAY);
	assert_int_equal(
		store_alert_end(store, "store", place->now - 35 * DAY, by_mail, &ended, NULL), 0);
	(void)begin(store, "clock", place->now - 3 * DAY);
	assert_int_equal(
		store_alert_end(store, "clock", place->now - 2 * DAY, by_mail, &ended, NULL), 0);
	store_close(store);
}

static void it_lists_what_lasts_and_what_ended_lately(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	fill(place);
	run(place, "alerts --lang en", &said);
	assert_int_equal(said.ends, 1);
	assert_non_null(strstr(text_str(&said.out), "the token meta is refused"));
	assert_non_null(strstr(text_str(&said.out), "tried 3 times, again at "));
	assert_non_null(strstr(text_str(&said.out), "451 later"));
	assert_non_null(strstr(text_str(&said.out), "not told: over before it was told"));
	/* the one of forty days ago is not in it: two with five tellings */
	assert_non_null(strstr(text_str(&said.out), "lasts"));
}

static void machines_read_the_documented_fields(void **state)
{
	const struct place *place = *state;
	SCOPED(said)
	struct said said = { 0 };

	fill(place);
	assert_documented(place, "alerts --format csv", "metricsd.alerts, version 1");
	run(place, "alerts --format json", &said);
	assert_int_equal(said.ends, 1);
	assert_non_null(strstr(text_str(&said.out), "\"cause\":\"token:meta\""));
	assert_non_null(strstr(text_str(&said.out), "\"failure\":\"refused: 451 later\""));
	assert_null(strstr(text_str(&said.out), "\"cause\":\"store\""));
}

static void where_nothing_lasts_it_ends_well(void **state)
{
	const struct place *place = *state;

	store_close(open_store(place, STORE_PERSON));
	expect(place, "alerts --lang en", 0, "No alert lasts, none ended lately.\n", "");
}

static void alerts_of_others_are_none(void **state)
{
	const struct place *place = *state;
	struct store *store = open_store(place, STORE_PERSON);
	int64_t id;

	assert_int_equal(store_alert_raise(store,
					   &(struct alert){ .cause = "token:theirs",
							    .entity = "alcaldia",
							    .subject = "the token is refused",
							    .words = "words\n",
							    .since = place->now - DAY,
							    .ways = by_mail },
					   &id, NULL),
			 0);
	store_close(store);
	expect(place, "alerts --lang en --entity itagui", 0, "No alert lasts, none ended lately.\n",
	       "");
	expect(place, "alerts --account itagui/x", 2, "",
	       "metricsctl: alerts has no --account: it is of whole institutions; see metricsctl "
	       "alerts --help\n");
}

static void a_trial_wants_a_daemon(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	run(*state, "alerts --test", &said);
	assert_int_equal(said.ends, 3);
	assert_non_null(strstr(text_str(&said.err), "it is the daemon that tells"));
}

/* The place's configuration names nobody who is told. */
static void what_lacks_is_a_note_once_a_month(void **state)
{
	const struct place *place = *state;
	struct store *store;
	struct kept_alert *alerts;
	size_t count;
	SCOPED(said)
	struct said first = { 0 };
	SCOPED(said)
	struct said again = { 0 };

	run(place, "pending --tell --entity itagui --lang en", &first);
	assert_int_equal(first.ends, 0);
	assert_non_null(strstr(text_str(&first.out), "is told.\n"));
	assert_non_null(strstr(text_str(&first.err), "nobody is told"));
	run(place, "pending --tell --entity itagui --lang en", &again);
	assert_int_equal(again.ends, 0);
	assert_non_null(strstr(text_str(&again.out), "was told this month.\n"));
	store = open_store(place, STORE_READ);
	assert_int_equal(store_alerts(store, 0, &alerts, &count, NULL), 0);
	store_close(store);
	assert_int_equal(count, 1);
	/* it is the 15th of January: the quarter before is signed until then */
	assert_string_equal(alerts[0].cause, "pending:itagui:2025-Q4:2026-01");
	assert_int_equal(alerts[0].kind, ALERT_NOTE);
	assert_non_null(strstr(alerts[0].words, "→ metricsctl "));
	assert_true(alerts[0].ended > 0);
	kept_alerts_free(alerts, count);
}

static void telling_goes_with_no_format(void **state)
{
	SCOPED(said)
	struct said said = { 0 };

	run(*state, "pending --tell --format json", &said);
	assert_int_equal(said.ends, 2);
}

int main(void)
{
#define PLACED(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)
	const struct CMUnitTest tests[] = {
		PLACED(it_lists_what_lasts_and_what_ended_lately),
		PLACED(machines_read_the_documented_fields),
		PLACED(where_nothing_lasts_it_ends_well),
		PLACED(alerts_of_others_are_none),
		PLACED(a_trial_wants_a_daemon),
		PLACED(what_lacks_is_a_note_once_a_month),
		PLACED(telling_goes_with_no_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
