/* Alerts as they are kept: once a cause, told by each way, whatever happens in between. */
#include "test.h"

#include "../store/internal.h"
#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <string.h>

static const int64_t now = INT64_C(1795379755);
enum { HOUR = 3600 };

static const char *const both[] = { "mail", "hook:siren", NULL };
static const char *const by_mail[] = { "mail", NULL };
static const char *const nobody[] = { NULL };

static int set_up(void **state)
{
	struct error err;

	return store_open(":memory:", STORE_PERSON, (struct store **)state, &err);
}

static int clear_up(void **state)
{
	store_close(*state);
	return 0;
}

static int64_t begin(struct store *store, const char *cause, int64_t at, int part,
		     const char *const *ways)
{
	int64_t id;
	struct error err = { 0 };
	int result = store_alert_raise(store,
				       &(struct alert){ .cause = cause,
							.entity = "itagui",
							.subject = "a subject",
							.words = "words\n",
							.since = at,
							.part = part,
							.ways = ways },
				       &id, &err);

	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
	return id;
}

static bool end(struct store *store, const char *cause, int64_t at)
{
	bool ended;

	assert_int_equal(store_alert_end(store, cause, at, both, &ended, NULL), 0);
	return ended;
}

/* "0 mail, 1 mail": what a way owes, in its order, each marked as told. */
static void tell_all(struct store *store, const char *way, int64_t at, struct text *ret)
{
	struct delivery delivery;
	struct kept_alert alert = { 0 };

	while (store_delivery_due(store, way, at, &delivery, &alert, NULL) > 0) {
		text_addf(ret, "%s%s/%d", ret->length ? ", " : "", alert.cause, delivery.part);
		delivery.over = true;
		delivery.told = at;
		delivery.tries++;
		assert_int_equal(store_delivery_save(store, &delivery, NULL), 0);
		kept_alert_clear(&alert);
	}
}

static void assert_tells(struct store *store, const char *way, int64_t at, const char *expected)
{
	SCOPED(text)
	struct text told = { 0 };

	tell_all(store, way, at, &told);
	assert_string_equal(text_str(&told), expected);
}

static void a_cause_is_told_once_by_each_way_while_it_lasts(void **state)
{
	assert_true(begin(*state, "token:meta", now, 0, both) > 0);
	assert_int_equal(begin(*state, "token:meta", now + HOUR, 0, both), 0);
	assert_int_equal(begin(*state, "token:meta", now + 40 * DAY_SECONDS, 0, both), 0);
	assert_tells(*state, "mail", now + HOUR, "token:meta/0");
	assert_tells(*state, "mail", now + HOUR, "");
	assert_tells(*state, "hook:siren", now + HOUR, "token:meta/0");
	assert_true(end(*state, "token:meta", now + 2 * HOUR));
	assert_false(end(*state, "token:meta", now + 3 * HOUR));
	assert_tells(*state, "mail", now + 3 * HOUR, "token:meta/1");
	assert_tells(*state, "hook:siren", now + 3 * HOUR, "token:meta/1");
}

static void what_comes_and_goes_is_told_once_a_day(void **state)
{
	assert_true(begin(*state, "store", now, 0, by_mail) > 0);
	assert_true(end(*state, "store", now + HOUR));
	assert_int_equal(begin(*state, "store", now + 2 * HOUR, 0, by_mail), 0);
	assert_false(end(*state, "store", now + 3 * HOUR));
	assert_true(begin(*state, "store", now + DAY_SECONDS, 0, by_mail) > 0);
}

static void a_clock_that_was_ahead_keeps_nobody_silent(void **state)
{
	assert_true(begin(*state, "clock", now + 400 * DAY_SECONDS, 0, by_mail) > 0);
	assert_true(end(*state, "clock", now));
	assert_true(begin(*state, "clock", now, 0, by_mail) > 0);
	/* nor what was due by it */
	assert_tells(*state, "mail", now, "clock/1, clock/0");
	assert_true(begin(*state, "token:meta", now + 3 * DAY_SECONDS, 0, by_mail) > 0);
	assert_tells(*state, "mail", now, "token:meta/0");
}

static void what_is_over_before_it_was_told_is_told_in_one(void **state)
{
	struct delivery *deliveries;
	size_t count;
	int64_t id = begin(*state, "token:meta", now, 0, by_mail);

	assert_true(end(*state, "token:meta", now + HOUR));
	assert_tells(*state, "mail", now + HOUR, "token:meta/1");
	assert_int_equal(store_deliveries(*state, id, &deliveries, &count, NULL), 0);
	assert_int_equal(count, 5); /* the log's two, the hook's end, the mail's two */
	assert_string_equal(deliveries[3].way, "mail");
	assert_int_equal(deliveries[3].part, 0);
	assert_true(deliveries[3].over);
	assert_int_equal(deliveries[3].told, 0);
	assert_string_equal(deliveries[3].words, "over before it was told");
	free(deliveries);
}

static void what_gets_worse_is_told_anew_and_what_gets_better_is_not(void **state)
{
	assert_true(begin(*state, "token-ends:meta", now, ALERT_WORSE, by_mail) > 0);
	assert_int_equal(begin(*state, "token-ends:meta", now + HOUR, ALERT_WORSE, by_mail), 0);
	assert_int_equal(begin(*state, "token-ends:meta", now + HOUR, 0, by_mail), 0);
	assert_true(begin(*state, "token-ends:meta", now + 2 * HOUR, ALERT_WORSE + 1, by_mail) > 0);
	assert_int_equal(begin(*state, "token-ends:meta", now + 3 * HOUR, ALERT_WORSE, by_mail), 0);
	/* in one mail, for both would say the same */
	assert_tells(*state, "mail", now + 4 * HOUR, "token-ends:meta/3");
	assert_true(begin(*state, "token-ends:meta", now + 5 * HOUR, ALERT_WORSE + 2, by_mail) > 0);
	assert_tells(*state, "mail", now + 5 * HOUR, "token-ends:meta/4");
}

static void what_got_worse_while_it_was_being_told_is_not_owed_anew(void **state)
{
	struct delivery first;
	struct kept_alert alert = { 0 };

	assert_true(begin(*state, "token-ends:meta", now, 0, by_mail) > 0);
	assert_int_equal(store_delivery_due(*state, "mail", now, &first, &alert, NULL), 1);
	kept_alert_clear(&alert);
	assert_true(begin(*state, "token-ends:meta", now + HOUR, ALERT_WORSE, by_mail) > 0);
	first.tries = 1; /* the server was away */
	first.due = now + 60;
	assert_int_equal(store_delivery_save(*state, &first, NULL), 0);
	assert_tells(*state, "mail", now + HOUR, "token-ends:meta/2");
	first.over = true; /* it was not: that stays */
	first.told = now;
	assert_int_equal(store_delivery_save(*state, &first, NULL), 0);
	assert_tells(*state, "mail", now + HOUR, "");
}

static void what_was_told_before_it_could_be_written_down_keeps_its_end(void **state)
{
	struct alert second = { .cause = "store",
				.entity = "",
				.subject = "a subject",
				.words = "words\n",
				.since = now + 3 * HOUR,
				.told = true,
				.ways = by_mail };
	int64_t id;

	assert_true(begin(*state, "store", now, 0, by_mail) > 0);
	assert_true(end(*state, "store", now + HOUR));
	assert_int_equal(store_alert_raise(*state, &second, &id, NULL), 0);
	assert_true(id > 0);
	assert_true(end(*state, "store", now + 50 * HOUR));
	assert_int_equal(store_alert_raise(*state, &second, &id, NULL), 0);
	assert_int_equal(id, 0); /* the same one again */
}

static void without_a_way_it_is_known_all_the_same(void **state)
{
	struct kept_alert *alerts;
	size_t count;

	assert_true(begin(*state, "token-ends:meta", now, ALERT_WORSE, nobody) > 0);
	assert_int_equal(begin(*state, "token-ends:meta", now + HOUR, ALERT_WORSE, nobody), 0);
	assert_int_equal(store_alerts(*state, now, &alerts, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(alerts[0].cause, "token-ends:meta");
	assert_string_equal(alerts[0].entity, "itagui");
	assert_int_equal(alerts[0].since, now);
	assert_int_equal(alerts[0].ended, 0);
	kept_alerts_free(alerts, count);
}

static void a_way_that_is_new_is_told_what_lasts(void **state)
{
	assert_true(begin(*state, "token:meta", now, 0, by_mail) > 0);
	assert_true(begin(*state, "token:old", now - DAY_SECONDS, 0, by_mail) > 0);
	assert_true(end(*state, "token:old", now));
	assert_tells(*state, "hook:siren", now, "token:old/1"); /* end() has both */
	assert_int_equal(store_alert_ways(*state, now, both, NULL), 0);
	assert_int_equal(store_alert_ways(*state, now, both, NULL), 0);
	assert_tells(*state, "hook:siren", now, "token:meta/0");
}

static void a_way_that_is_gone_owes_nothing_any_more(void **state)
{
	int64_t due;

	assert_true(begin(*state, "token:meta", now, 0, both) > 0);
	assert_int_equal(store_alert_ways(*state, now, by_mail, NULL), 0);
	assert_tells(*state, "hook:siren", now, "");
	assert_int_equal(store_delivery_next(*state, "hook:siren", &due, NULL), 0);
	assert_true(due == INT64_MAX);
	assert_tells(*state, "mail", now, "token:meta/0");
}

static void a_way_that_is_back_is_told_what_lasts_unless_it_was(void **state)
{
	assert_true(begin(*state, "token:meta", now, 0, both) > 0);
	assert_true(begin(*state, "token-ends:old", now, 0, both) > 0);
	assert_tells(*state, "mail", now, "token:meta/0, token-ends:old/0");
	assert_true(begin(*state, "token-ends:old", now + HOUR, ALERT_WORSE, both) > 0);
	assert_int_equal(store_alert_ways(*state, now, nobody, NULL), 0);
	assert_int_equal(store_alert_ways(*state, now, both, NULL), 0);
	assert_tells(*state, "hook:siren", now + HOUR, "token:meta/0, token-ends:old/2");
	assert_tells(*state, "mail", now + HOUR, "token-ends:old/2");
	assert_int_equal(store_alert_ways(*state, now, nobody, NULL), 0);
	assert_int_equal(store_alert_ways(*state, now, both, NULL), 0);
	assert_tells(*state, "mail", now + HOUR, "");
	assert_tells(*state, "hook:siren", now + HOUR, "");
}

static void what_failed_is_due_again_when_that_was_said(void **state)
{
	struct delivery delivery;
	struct kept_alert alert = { 0 };
	int64_t due;

	assert_true(begin(*state, "token:meta", now, 0, by_mail) > 0);
	assert_int_equal(store_delivery_due(*state, "mail", now, &delivery, &alert, NULL), 1);
	kept_alert_clear(&alert);
	delivery.tries = 1;
	delivery.due = now + 60;
	(void)snprintf(delivery.words, sizeof(delivery.words), "refused");
	assert_int_equal(store_delivery_save(*state, &delivery, NULL), 0);
	assert_int_equal(store_delivery_due(*state, "mail", now + 59, &delivery, &alert, NULL), 0);
	assert_int_equal(store_delivery_next(*state, "mail", &due, NULL), 0);
	assert_int_equal(due, now + 60);
	assert_int_equal(store_delivery_due(*state, "mail", now + 60, &delivery, &alert, NULL), 1);
	assert_int_equal(delivery.tries, 1);
	assert_string_equal(delivery.words, "refused");
	kept_alert_clear(&alert);
}

static void a_note_is_told_once_for_ever(void **state)
{
	const struct alert note = { .kind = ALERT_NOTE,
				    .cause = "pending:itagui:2026-Q4:2026-11",
				    .entity = "itagui",
				    .subject = "what still lacks",
				    .words = "much\n",
				    .since = now,
				    .ways = by_mail };
	struct alert again = note;
	int64_t id;

	again.since = now + 20 * DAY_SECONDS;
	assert_int_equal(store_alert_raise(*state, &note, &id, NULL), 0);
	assert_true(id > 0);
	assert_int_equal(store_alert_raise(*state, &again, &id, NULL), 0);
	assert_int_equal(id, 0);
	assert_false(end(*state, note.cause, now)); /* it is over with its telling */
	assert_tells(*state, "mail", now, "pending:itagui:2026-Q4:2026-11/0");
}

static void after_a_year_nothing_of_it_stays(void **state)
{
	struct kept_alert *alerts;
	size_t count;
	int64_t id = begin(*state, "token:old", now, 0, both);
	struct delivery *deliveries;

	assert_true(begin(*state, "token:lasting", now, 0, both) > id);
	assert_true(end(*state, "token:old", now + HOUR));
	assert_true(begin(*state, "token:meta", now + 367 * DAY_SECONDS, 0, both) > 0);
	assert_int_equal(store_alerts(*state, 0, &alerts, &count, NULL), 0);
	assert_int_equal(count, 2);
	kept_alerts_free(alerts, count);
	assert_int_equal(store_deliveries(*state, id, &deliveries, &count, NULL), 0);
	assert_int_equal(count, 0);
	free(deliveries);
}

static void alerts_stand_or_fall_with_the_transaction(void **state)
{
	struct kept_alert *alerts;
	size_t count;

	assert_int_equal(store_begin(*state, NULL), 0);
	assert_true(begin(*state, "token:meta", now, 0, both) > 0);
	store_rollback(*state);
	assert_int_equal(store_alerts(*state, 0, &alerts, &count, NULL), 0);
	assert_int_equal(count, 0);
	kept_alerts_free(alerts, count);
	assert_true(begin(*state, "token:meta", now, 0, both) > 0);
}

int main(void)
{
#define KEPT(name) cmocka_unit_test_setup_teardown(name, set_up, clear_up)
	const struct CMUnitTest tests[] = {
		KEPT(a_cause_is_told_once_by_each_way_while_it_lasts),
		KEPT(what_comes_and_goes_is_told_once_a_day),
		KEPT(a_clock_that_was_ahead_keeps_nobody_silent),
		KEPT(what_is_over_before_it_was_told_is_told_in_one),
		KEPT(what_gets_worse_is_told_anew_and_what_gets_better_is_not),
		KEPT(what_got_worse_while_it_was_being_told_is_not_owed_anew),
		KEPT(what_was_told_before_it_could_be_written_down_keeps_its_end),
		KEPT(without_a_way_it_is_known_all_the_same),
		KEPT(a_way_that_is_new_is_told_what_lasts),
		KEPT(a_way_that_is_gone_owes_nothing_any_more),
		KEPT(a_way_that_is_back_is_told_what_lasts_unless_it_was),
		KEPT(what_failed_is_due_again_when_that_was_said),
		KEPT(a_note_is_told_once_for_ever),
		KEPT(after_a_year_nothing_of_it_stays),
		KEPT(alerts_stand_or_fall_with_the_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
