#include "test.h"

#include "../store/internal.h"
#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"

#include <string.h>

enum {
	DAY = 20000, /* 2024-10-04 */
};
#define HOUR INT64_C(3600)
static const int64_t now = (int64_t)(DAY + 40) * DAY_SECONDS + 15 * HOUR;

static const struct metric metrics[] = {
	{ .id = "visits", .provider = "page_views_total", .kind = METRIC_FLOW },
	{ .id = "viewers", .provider = "page_total_media_view_unique", .kind = METRIC_UNIQUE },
	{ .id = "posts", .kind = METRIC_FLOW, .items = ITEM_POST },
	{ 0 },
};
enum { VISITS, VIEWERS };

static const struct metric hand_metrics[] = {
	{ .id = "views", .kind = METRIC_FLOW },
	{ 0 },
};

struct world {
	struct store *store;
	struct origin origin; /* of what is told next: an hour later each time */
	struct error err;
};

static int set_up(void **state)
{
	struct world *world = memory_new(1, sizeof(*world));

	world->origin = (struct origin){
		.kind = ORIGIN_PERSON, .at = now, .by = "ana", .note = "by phone"
	};
	if (store_open(":memory:", STORE_PERSON, &world->store, &world->err) < 0)
		return -1;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	store_close(world->store);
	free(world);
	return 0;
}

static void verify(struct world *world)
{
	if (store_verify(world->store, &world->err) < 0)
		fail_msg("%s", world->err.text);
}

static int64_t by_sql(struct world *world, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(world->store->db, sql, -1, &statement, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

/* Literals are no const char in C, the fields no const char by contract: borrowed for the call. */
static char *words(const char *text)
{
	const union {
		const char *given;
		char *borrowed;
	} both = { text };

	return both.borrowed;
}

static struct record event(const char *title, int32_t day, int64_t people)
{
	return (struct record){ .account = words("eventos"),
				.list = words(RECORD_EVENTS),
				.window = { day, 1 },
				.title = words(title),
				.known = people >= 0,
				.number = people,
				.noted = DAY_NONE };
}

static int tell(struct world *world, const struct record *records, size_t count,
		struct changes *changes)
{
	world->origin.at += HOUR;
	return store_record(world->store, "itagui", records, count, &world->origin, changes,
			    &world->err);
}

static void told(struct world *world, struct record record, struct changes *changes)
{
	if (tell(world, &record, 1, changes) < 0)
		fail_msg("%s", world->err.text);
}

static int take_back(struct world *world, int64_t id, struct changes *changes)
{
	world->origin.at += HOUR;
	return store_record_withdraw(world->store, "itagui", id, &world->origin, changes,
				     &world->err);
}

/* The records that stand in a window, as "id title number; …" with ? for a number not known. */
static void assert_standing(struct world *world, struct window window, const char *expected)
{
	SCOPED(text)
	struct text out = { 0 };
	struct record *records = NULL;
	size_t count = 0;

	assert_int_equal(store_records(world->store, "itagui", NULL, NULL, window, &records, &count,
				       &world->err),
			 0);
	for (size_t i = 0; i < count; i++) {
		text_addf(&out, "%s%lld %s ", i ? "; " : "", (long long)records[i].id,
			  records[i].none ? "(none)" : records[i].title);
		if (records[i].known)
			text_addf(&out, "%lld", (long long)records[i].number);
		else
			text_add_char(&out, '?');
		assert_false(records[i].withdrawn);
	}
	records_free(records, count);
	assert_string_equal(text_str(&out), expected);
}

static const struct window always = { 0, 0 };

/* --- records */

static void same_record_again_changes_nothing(void **state)
{
	struct world *world = *state;
	struct record fair = event("Feria", DAY, 120);
	struct changes changes;

	told(world, fair, &changes);
	assert_int_equal(changes.items, 1);
	assert_int_equal(changes.revisions, 0);
	assert_int_equal(changes.origin, 1);
	told(world, fair, &changes);
	assert_int_equal(changes.items + changes.revisions, 0);
	assert_int_equal(changes.origin, 0);
	fair.note = words(""); /* nothing said is nothing said */
	told(world, fair, &changes);
	assert_int_equal(changes.origin, 0);
	assert_standing(world, always, "1 Feria 120");
	assert_int_equal(by_sql(world, "SELECT count(*) FROM origin"), 1);
	verify(world);
}

static void everything_said_of_a_record_comes_back(void **state)
{
	struct world *world = *state;
	struct record *records;
	struct record risk = {
		.account = words("riesgos"),
		.list = words(RECORD_RISKS),
		.window = { DAY, 90 },
		.title = words("Publicar información errada"),
		.responsible = words("Comunicaciones"),
		.known = true,
		.number = 0,
		.noted = DAY + 20,
		.details = words("{\"control\":\"doble revisión\"}"),
		.note = words("no ocurrió"),
		.evidence = words("acta-12.pdf"),
		.sha256 = words("00ff"),
	};
	size_t count;

	told(world, risk, NULL);
	assert_int_equal(store_records(world->store, "itagui", "riesgos", RECORD_RISKS, always,
				       &records, &count, &world->err),
			 0);
	assert_int_equal(count, 1);
	assert_int_equal(records[0].id, 1);
	assert_string_equal(records[0].account, "riesgos");
	assert_string_equal(records[0].list, "risks");
	assert_int_equal(records[0].window.first, DAY);
	assert_int_equal(records[0].window.days, 90);
	assert_string_equal(records[0].title, "Publicar información errada");
	assert_string_equal(records[0].responsible, "Comunicaciones");
	assert_true(records[0].known);
	assert_int_equal(records[0].number, 0);
	assert_int_equal(records[0].noted, DAY + 20);
	assert_string_equal(records[0].details, "{\"control\":\"doble revisión\"}");
	assert_string_equal(records[0].note, "no ocurrió");
	assert_string_equal(records[0].evidence, "acta-12.pdf");
	assert_string_equal(records[0].sha256, "00ff");
	assert_int_equal(records[0].origin, 1);
	assert_int_equal(records[0].at, now + HOUR);
	assert_string_equal(records[0].by, "ana");
	records_free(records, count);
}

static void record_of_the_same_days_and_title_corrects_the_one_there_is(void **state)
{
	struct world *world = *state;
	struct record *versions;
	struct changes changes;
	size_t count;

	told(world, event("Feria", DAY, -1), NULL);
	told(world, event("Feria", DAY, 120), &changes);
	assert_int_equal(changes.items, 0);
	assert_int_equal(changes.revisions, 1);
	told(world, event("Feria", DAY + 1, 80), &changes);
	assert_int_equal(changes.items, 1);
	assert_standing(world, always, "1 Feria 120; 2 Feria 80");

	assert_int_equal(
		store_record_history(world->store, "itagui", 1, &versions, &count, &world->err), 0);
	assert_int_equal(count, 2);
	assert_false(versions[0].known);
	assert_int_equal(versions[0].origin, 1);
	assert_int_equal(versions[1].number, 120);
	assert_int_equal(versions[1].origin, 2);
	records_free(versions, count);
	verify(world);
}

static void record_is_corrected_by_its_number_and_keeps_what_it_said(void **state)
{
	struct world *world = *state;
	struct record fair = event("Fería", DAY, 120);
	struct record *versions;
	struct changes changes;
	size_t count;

	told(world, fair, NULL);
	fair.id = 1;
	fair.title = words("Feria");
	fair.window.first = DAY + 2;
	told(world, fair, &changes);
	assert_int_equal(changes.revisions, 1);
	assert_standing(world, always, "1 Feria 120");
	assert_standing(world, (struct window){ DAY, 1 }, "");
	told(world, fair, &changes);
	assert_int_equal(changes.origin, 0);
	assert_int_equal(
		store_record_history(world->store, "itagui", 1, &versions, &count, &world->err), 0);
	assert_int_equal(count, 2);
	assert_string_equal(versions[0].title, "Fería");
	assert_string_equal(versions[1].title, "Feria");
	records_free(versions, count);
	verify(world);
}

static void withdrawn_record_leaves_its_trace(void **state)
{
	struct world *world = *state;
	struct record again = event("Feria", DAY, 120);
	struct kept_origin origin;
	struct record *versions;
	struct changes changes;
	size_t count;

	told(world, again, NULL);
	world->origin.note = "it rained";
	assert_int_equal(take_back(world, 1, &changes), 0);
	assert_int_equal(changes.revisions, 1);
	assert_int_equal(changes.origin, 2);
	assert_standing(world, always, "");
	assert_int_equal(
		store_record_history(world->store, "itagui", 1, &versions, &count, &world->err), 0);
	assert_int_equal(count, 2);
	assert_false(versions[0].withdrawn);
	assert_true(versions[1].withdrawn);
	assert_string_equal(versions[1].title, "Feria");
	assert_string_equal(versions[1].by, "ana");
	records_free(versions, count);
	assert_int_equal(store_origin(world->store, 2, &origin, &world->err), 0);
	assert_string_equal(origin.note, "it rained");
	kept_origin_clear(&origin);

	assert_int_equal(take_back(world, 1, NULL), -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_string_equal(world->err.text, "record 1 was withdrawn already");
	again.id = 1;
	assert_int_equal(tell(world, &again, 1, NULL), -1);
	assert_string_equal(world->err.text, "record 1 was withdrawn");

	/* the same event once more is another record */
	again.id = 0;
	told(world, again, &changes);
	assert_int_equal(changes.items, 1);
	assert_standing(world, always, "2 Feria 120");
	verify(world);
}

static void record_of_another_account_list_or_entity_is_not_corrected(void **state)
{
	struct world *world = *state;
	struct record fair = event("Feria", DAY, 120);

	told(world, fair, NULL);
	fair.id = 1;
	fair.account = words("otros");
	assert_int_equal(tell(world, &fair, 1, NULL), -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_string_equal(world->err.text,
			    "record 1 is one of eventos events, not of otros events");
	fair.account = words("eventos");
	fair.list = words("bulletins");
	assert_int_equal(tell(world, &fair, 1, NULL), -1);
	fair.list = words(RECORD_EVENTS);
	fair.id = 7;
	assert_int_equal(tell(world, &fair, 1, NULL), -1);
	assert_string_equal(world->err.text, "there is no record 7");
	assert_int_equal(
		store_record_withdraw(world->store, "bello", 1, &world->origin, NULL, &world->err),
		-1);
	assert_string_equal(world->err.text, "there is no record 1");
	assert_standing(world, always, "1 Feria 120");
	assert_int_equal(by_sql(world, "SELECT count(*) FROM account"), 1);
}

static void records_are_kept_all_or_none(void **state)
{
	struct world *world = *state;
	struct record records[] = {
		event("Feria", DAY, 120),
		event("Foro", DAY + 1, 40),
		event("", DAY + 2, 1),
	};
	struct changes changes;

	assert_int_equal(tell(world, records, 3, NULL), -1);
	assert_string_equal(world->err.text, "a record of eventos events has no title");
	records[2] = event("Cine", DAY + 2, 1);
	records[2].window.days = 0;
	assert_int_equal(tell(world, records, 3, NULL), -1);
	assert_string_equal(world->err.text, "a record of eventos events speaks of no days");
	records[2] = event("Cine", DAY + 2, 1);
	records[2].number = -3;
	assert_int_equal(tell(world, records, 3, NULL), -1);
	assert_string_equal(world->err.text, "eventos events 2024-10-06 Cine has a number below 0");
	assert_standing(world, always, "");
	records[2] = event("Cine", DAY + 2, 0);
	assert_int_equal(tell(world, records, 3, &changes), 0);
	assert_int_equal(changes.items, 3);
	assert_int_equal(by_sql(world, "SELECT count(*) FROM origin"), 1);
	assert_standing(world, always, "1 Feria 120; 2 Foro 40; 3 Cine 0");
	verify(world);
}

static void record_given_twice_counts_once_unless_it_differs(void **state)
{
	struct world *world = *state;
	struct record records[] = {
		event("Feria", DAY, 120),
		event("Foro", DAY, 40),
		event("Feria", DAY, 120),
		event("Feria", DAY, 120),
	};
	struct changes changes;

	assert_int_equal(tell(world, records, 4, &changes), 0);
	assert_int_equal(changes.items, 2);
	for (size_t i = 0; i < 4; i++)
		records[i].number++;
	assert_int_equal(tell(world, records, 4, &changes), 0);
	assert_int_equal(changes.revisions, 2);
	assert_standing(world, always, "1 Feria 121; 2 Foro 41");
	records[3].number = 7;
	assert_int_equal(tell(world, records, 4, NULL), -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_string_equal(world->err.text,
			    "eventos events 2024-10-04 Feria is given twice, differently");
	/* once by its number and once by its old title */
	records[0] = event("Bazar", DAY, 121);
	records[0].id = 1;
	records[1] = event("Feria", DAY, 122);
	assert_int_equal(tell(world, records, 2, NULL), -1);
	assert_standing(world, always, "1 Feria 121; 2 Foro 41");
	verify(world);
}

static void correction_does_not_make_two_records_one(void **state)
{
	struct world *world = *state;
	struct record records[] = { event("Feria", DAY, 1), event("Foro", DAY, 2) };
	struct changes changes;

	assert_int_equal(tell(world, records, 2, NULL), 0);
	records[0].id = 1;
	records[0].title = words("Foro");
	assert_int_equal(tell(world, records, 1, NULL), -1);
	assert_string_equal(
		world->err.text,
		"eventos events 2024-10-04 Foro is record 2 already: withdraw one of them");
	/* but both at once may change places */
	records[1].id = 2;
	records[1].title = words("Feria");
	assert_int_equal(tell(world, records, 2, &changes), 0);
	assert_int_equal(changes.revisions, 2);
	assert_standing(world, always, "2 Feria 2; 1 Foro 1");
	verify(world);
}

static void nothing_in_a_month_is_a_record_too(void **state)
{
	struct world *world = *state;
	struct record none = event("", DAY, -1);
	struct changes changes;

	none.none = true;
	none.title = NULL;
	none.window = (struct window){ DAY, 31 };
	told(world, none, NULL);
	told(world, none, &changes);
	assert_int_equal(changes.origin, 0);
	none.note = words("festivos");
	told(world, none, &changes);
	assert_int_equal(changes.revisions, 1);
	assert_standing(world, (struct window){ DAY + 30, 1 }, "1 (none) ?");
	assert_standing(world, (struct window){ DAY + 31, 1 }, "");
	verify(world);
}

static void list_is_of_the_account_the_list_and_the_days_asked_for(void **state)
{
	struct world *world = *state;
	struct record records[] = {
		event("Feria", DAY, 1),
		event("Campaña", DAY - 5, -1),
		event("Boletín 1", DAY + 1, -1),
	};
	struct record *kept;
	size_t count;

	records[1].account = words("campanas");
	records[1].list = words(RECORD_CAMPAIGNS);
	records[1].window.days = 10;
	records[2].account = words("oficina");
	records[2].list = words("bulletins");
	assert_int_equal(tell(world, records, 3, NULL), 0);
	assert_standing(world, always, "2 Campaña ?; 1 Feria 1; 3 Boletín 1 ?");
	assert_standing(world, (struct window){ DAY, 1 }, "2 Campaña ?; 1 Feria 1");
	assert_standing(world, (struct window){ DAY - 5, 5 }, "2 Campaña ?");
	assert_standing(world, (struct window){ DAY + 5, 1 }, "");
	assert_int_equal(store_records(world->store, "itagui", NULL, "bulletins", always, &kept,
				       &count, &world->err),
			 0);
	assert_int_equal(count, 1);
	records_free(kept, count);
	assert_int_equal(store_records(world->store, "itagui", "eventos", "bulletins", always,
				       &kept, &count, &world->err),
			 0);
	assert_int_equal(count, 0);
	records_free(kept, count);
	assert_int_equal(store_records(world->store, "bello", NULL, NULL, always, &kept, &count,
				       &world->err),
			 0);
	assert_int_equal(count, 0);
	records_free(kept, count);
	assert_int_equal(store_record_history(world->store, "bello", 1, &kept, &count, &world->err),
			 -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
}

static void clock_that_went_back_records_nothing_until_the_record_is_withdrawn(void **state)
{
	struct world *world = *state;
	struct record fair = event("Feria", DAY, 120);
	struct record forum = event("Foro", DAY, 40);
	struct changes changes;

	world->origin.at = now + INT64_C(3) * 365 * DAY_SECONDS - HOUR;
	told(world, fair, NULL);
	world->origin.at = now - HOUR;
	assert_int_equal(tell(world, &forum, 1, NULL), -1);
	assert_int_equal(world->err.class, ERROR_OURS);
	assert_string_equal(
		world->err.text,
		"the clock went back: it is 2024-11-13T15:00:00Z and record 1 was made at "
		"2027-11-13T15:00:00Z; nothing is stored until that is right: if the clock is slow "
		"now, set it; if it was fast then, `metricsctl record --withdraw 1` takes the "
		"record back");
	assert_int_equal(take_back(world, 1, NULL), 0);
	told(world, forum, &changes);
	assert_int_equal(changes.items, 1);
	verify(world);
}

static void number_is_refused_while_a_record_of_a_clock_ahead_stands(void **state)
{
	struct world *world = *state;
	const struct entry entry = {
		.entity = "itagui",
		.account = "twitter",
		.source = "manual",
		.zone = "America/Bogota",
		.metric = &hand_metrics[0],
		.window = { DAY, 30 },
		.value = 2106,
	};
	struct changes changes;

	world->origin.at = now + INT64_C(3) * 365 * DAY_SECONDS - HOUR;
	told(world, event("Feria", DAY, 120), NULL);
	world->origin.at = now;
	assert_int_equal(
		store_enter(world->store, &entry, 1, &world->origin, &changes, &world->err), -1);
	assert_string_equal(
		world->err.text,
		"the clock went back: it is 2024-11-13T15:00:00Z and record 1 was made at "
		"2027-11-13T15:00:00Z; nothing is stored until that is right: if the clock is slow "
		"now, set it; if it was fast then, `metricsctl record --withdraw 1` takes the "
		"record back");
	assert_int_equal(take_back(world, 1, NULL), 0);
	assert_int_equal(
		store_enter(world->store, &entry, 1, &world->origin, &changes, &world->err), 0);
	assert_int_equal(changes.samples, 1);
	verify(world);
}

static void records_share_a_transaction_with_others(void **state)
{
	struct world *world = *state;
	struct record bad = event("", DAY, 1);

	assert_int_equal(store_begin(world->store, &world->err), 0);
	told(world, event("Feria", DAY, 1), NULL);
	assert_int_equal(tell(world, &bad, 1, NULL), -1);
	told(world, event("Foro", DAY, 2), NULL);
	assert_int_equal(store_commit(world->store, &world->err), 0);
	assert_standing(world, always, "1 Feria 1; 2 Foro 2");
	assert_int_equal(store_begin(world->store, &world->err), 0);
	told(world, event("Cine", DAY, 3), NULL);
	store_rollback(world->store);
	assert_standing(world, always, "1 Feria 1; 2 Foro 2");
	verify(world);
}

static void renamed_account_takes_its_records_along(void **state)
{
	struct world *world = *state;
	struct record other = event("Foro", DAY, 2);
	struct record fair = event("Feria", DAY, 5);

	told(world, event("Feria", DAY, 1), NULL);
	other.account = words("agenda");
	told(world, other, NULL);
	fair.account = words("agenda");
	told(world, fair, NULL);
	assert_int_equal(store_rename(world->store, "itagui", "eventos", "agenda", &world->err),
			 -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_string_equal(world->err.text,
			    "itagui/agenda cannot take over the records of itagui/eventos: both "
			    "have eventos events 2024-10-04 Feria; withdraw one of them, take "
			    "renamed_from out, or give one of them another id");
	assert_standing(world, always, "1 Feria 1; 3 Feria 5; 2 Foro 2");
	assert_int_equal(take_back(world, 3, NULL), 0);
	if (store_rename(world->store, "itagui", "eventos", "agenda", &world->err) < 0)
		fail_msg("%s", world->err.text);
	assert_standing(world, always, "1 Feria 1; 2 Foro 2");
	assert_int_equal(by_sql(world, "SELECT count(*) FROM account"), 1);
	/* and known under the new name */
	fair.number = 1;
	told(world, fair, NULL);
	assert_standing(world, always, "1 Feria 1; 2 Foro 2");
	verify(world);
}

static void verification_finds_records_that_do_not_fit(void **state)
{
	struct world *world = *state;

	told(world, event("Feria", DAY, 1), NULL);
	told(world, event("Foro", DAY, 1), NULL);
	assert_int_equal(sqlite3_exec(world->store->db, "UPDATE record SET title = 'Feria'", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(store_verify(world->store, &world->err), -1);
	assert_non_null(strstr(world->err.text, "two records of the same days and title (1 2)"));
	assert_int_equal(sqlite3_exec(world->store->db,
				      "UPDATE record SET state = 'replaced' WHERE id = 2", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(store_verify(world->store, &world->err), -1);
	assert_non_null(
		strstr(world->err.text, "a record of which not the newest version stands (2 2)"));
}

/* --- closing */

static struct closing quarter(void)
{
	struct closing closing = { .entity = words("itagui"),
				   .period = words("2024-Q4"),
				   .window = { DAY - 3, 92 },
				   .at = now,
				   .by = words("ana"),
				   .note = words("informe 4"),
				   .json = words("{\"value\":208800}") };

	memset(closing.sha256, 'a', sizeof(closing.sha256) - 1);
	return closing;
}

static void closed_period_is_reopened_and_closed_again(void **state)
{
	struct world *world = *state;
	struct closing closing = quarter();
	struct closing *closings;
	int64_t first, second;
	size_t count;
	char *json;

	assert_int_equal(store_closing_add(world->store, &closing, &first, &world->err), 0);
	assert_int_equal(store_closing_add(world->store, &closing, &second, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_string_equal(world->err.text, "2024-Q4 is closed already: reopen it first");
	assert_int_equal(store_closing_end(world->store, first, "luis", "late data", now + HOUR,
					   &world->err),
			 0);
	assert_int_equal(
		store_closing_end(world->store, first, "luis", "again", now + HOUR, &world->err),
		-1);
	assert_string_equal(world->err.text, "closing 1 was reopened already");
	closing.json = words("{\"value\":209412}");
	closing.at += INT64_C(2) * HOUR;
	assert_int_equal(store_closing_add(world->store, &closing, &second, &world->err), 0);
	assert_int_not_equal(first, second);

	assert_int_equal(store_closings(world->store, "itagui", &closings, &count, &world->err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(closings[0].id, first);
	assert_string_equal(closings[0].period, "2024-Q4");
	assert_int_equal(closings[0].window.first, DAY - 3);
	assert_int_equal(closings[0].window.days, 92);
	assert_int_equal(closings[0].at, now);
	assert_string_equal(closings[0].by, "ana");
	assert_string_equal(closings[0].note, "informe 4");
	assert_string_equal(closings[0].sha256, closing.sha256);
	assert_null(closings[0].json);
	assert_int_equal(closings[0].reopened_at, now + HOUR);
	assert_string_equal(closings[0].reopened_by, "luis");
	assert_string_equal(closings[0].reopened_why, "late data");
	assert_int_equal(closings[1].reopened_at, 0);
	assert_null(closings[1].reopened_by);
	closings_free(closings, count);

	assert_int_equal(store_closing_json(world->store, first, &json, &world->err), 0);
	assert_string_equal(json, "{\"value\":208800}");
	free(json);
	assert_int_equal(store_closing_json(world->store, second, &json, &world->err), 0);
	assert_string_equal(json, "{\"value\":209412}");
	free(json);
	verify(world);
}

static void closings_of_entities_and_periods_do_not_meet(void **state)
{
	struct world *world = *state;
	struct closing closing = quarter();
	struct closing *closings;
	size_t count;
	char *json;

	assert_int_equal(store_closing_add(world->store, &closing, NULL, &world->err), 0);
	closing.entity = words("bello");
	assert_int_equal(store_closing_add(world->store, &closing, NULL, &world->err), 0);
	closing.period = words("2024-10");
	assert_int_equal(store_closing_add(world->store, &closing, NULL, &world->err), 0);
	assert_int_equal(store_closings(world->store, "bello", &closings, &count, &world->err), 0);
	assert_int_equal(count, 2);
	closings_free(closings, count);
	assert_int_equal(store_closings(world->store, "nobody", &closings, &count, &world->err), 0);
	assert_int_equal(count, 0);
	closings_free(closings, count);
	assert_int_equal(store_closing_json(world->store, 9, &json, &world->err), -1);
	assert_string_equal(world->err.text, "there is no closing 9");
	assert_int_equal(store_closing_end(world->store, 9, "a", "b", now, &world->err), -1);
	assert_string_equal(world->err.text, "there is no closing 9");
}

/* --- where numbers come from */

static int collect(struct world *world, const char *account, int metric, struct window window,
		   int64_t value, struct changes *changes)
{
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = {
		.channel = { .entity = "itagui",
			     .account = account,
			     .source = "facebook",
			     .zone = "America/Bogota",
			     .subject = "page 1",
			     .metrics = metrics },
		.findings = &findings,
		.origin = { .at = world->origin.at += HOUR, .what = "insights day" },
		.sweep = SWEEP_DAILY,
	};

	findings_sample(&findings, &metrics[metric], window, value, 0);
	return store_answer(world->store, &answer, changes, &world->err);
}

static void collected(struct world *world, const char *account, int metric, struct window window,
		      int64_t value)
{
	if (collect(world, account, metric, window, value, NULL) < 0)
		fail_msg("%s", world->err.text);
}

static int64_t enter(struct world *world, const char *const *accounts, size_t count, int64_t value)
{
	struct entry entries[2];
	struct changes changes = { 0 };

	world->origin.at += HOUR;
	for (size_t i = 0; i < count; i++)
		entries[i] = (struct entry){ .entity = "itagui",
					     .account = accounts[i],
					     .source = "manual",
					     .zone = "America/Bogota",
					     .metric = &hand_metrics[0],
					     .window = { DAY, 31 },
					     .value = value };
	assert_int_equal(
		store_enter(world->store, entries, count, &world->origin, &changes, &world->err),
		0);
	return changes.origin;
}

static void origin_tells_request_file_or_person(void **state)
{
	struct world *world = *state;
	const char *const x[] = { "x" };
	struct kept_origin origin;

	collected(world, "fb", VISITS, (struct window){ DAY, 1 }, 7);
	world->origin.kind = ORIGIN_FILE;
	world->origin.what = "x.csv";
	world->origin.sha256 = "00ff";
	world->origin.evidence = "https://example.org/acta";
	(void)enter(world, x, 1, 5);
	assert_int_equal(store_origin(world->store, 1, &origin, &world->err), 0);
	assert_int_equal(origin.id, 1);
	assert_int_equal(origin.kind, ORIGIN_REQUEST);
	assert_int_equal(origin.at, now + HOUR);
	assert_string_equal(origin.what, "insights day");
	assert_null(origin.by);
	assert_null(origin.sha256);
	kept_origin_clear(&origin);
	assert_int_equal(store_origin(world->store, 2, &origin, &world->err), 0);
	assert_int_equal(origin.kind, ORIGIN_FILE);
	assert_string_equal(origin.what, "x.csv");
	assert_string_equal(origin.sha256, "00ff");
	assert_string_equal(origin.by, "ana");
	assert_string_equal(origin.note, "by phone");
	assert_string_equal(origin.evidence, "https://example.org/acta");
	kept_origin_clear(&origin);
	assert_int_equal(store_origin(world->store, 3, &origin, &world->err), -1);
	assert_int_equal(world->err.class, ERROR_INPUT);
	assert_string_equal(world->err.text, "there is no origin 3");
}

static int64_t series_of(struct world *world, const char *metric)
{
	char sql[96];

	(void)snprintf(sql, sizeof(sql), "SELECT id FROM series WHERE metric = '%s'", metric);
	return by_sql(world, sql);
}

/* "value until origin; …" of the revisions that overlap. */
static void assert_revisions(struct world *world, const char *metric, struct window window,
			     const char *expected)
{
	SCOPED(text)
	struct text out = { 0 };
	struct kept_revision *revisions;
	size_t count;

	assert_int_equal(store_revisions(world->store, series_of(world, metric), window, &revisions,
					 &count, &world->err),
			 0);
	for (size_t i = 0; i < count; i++)
		text_addf(&out, "%s%lld of %lld until %lld", i ? "; " : "",
			  (long long)revisions[i].sample.value,
			  (long long)revisions[i].sample.origin,
			  (long long)revisions[i].replaced_by);
	free(revisions);
	assert_string_equal(text_str(&out), expected);
}

static void revisions_are_those_of_windows_that_overlap(void **state)
{
	struct world *world = *state;

	for (int64_t value = 1; value <= 3; value++) {
		collected(world, "fb", VIEWERS, (struct window){ DAY, 31 }, 100 * value);
		collected(world, "fb", VIEWERS, (struct window){ DAY + 10, 1 }, value);
	}
	assert_revisions(world, "viewers", (struct window){ DAY, 31 },
			 "100 of 1 until 3; 1 of 2 until 4; 200 of 3 until 5; 2 of 4 until 6");
	assert_revisions(world, "viewers", (struct window){ DAY + 10, 1 },
			 "100 of 1 until 3; 1 of 2 until 4; 200 of 3 until 5; 2 of 4 until 6");
	assert_revisions(world, "viewers", (struct window){ DAY + 30, 5 },
			 "100 of 1 until 3; 200 of 3 until 5");
	assert_revisions(world, "viewers", (struct window){ DAY + 31, 5 }, "");
	assert_revisions(world, "viewers", (struct window){ DAY - 5, 5 }, "");
}

static void revisions_tell_what_was_withdrawn(void **state)
{
	struct world *world = *state;
	const char *const x[] = { "x" };
	int64_t origin = enter(world, x, 1, 5);

	assert_int_equal(store_withdraw(world->store, origin, &world->origin, NULL, &world->err),
			 0);
	assert_revisions(world, "views", (struct window){ DAY + 3, 1 }, "5 of 1 until 2");
}

static void publications_of_a_span_are_told_with_their_origins(void **state)
{
	struct world *world = *state;
	SCOPED(findings)
	struct findings findings = { 0 };
	struct answer answer = {
		.channel = { .entity = "itagui",
			     .account = "fb",
			     .source = "facebook",
			     .zone = "America/Bogota",
			     .metrics = metrics },
		.findings = &findings,
		.origin = { .at = now, .what = "posts" },
		.sweep = SWEEP_DAILY,
	};
	int64_t noon = (int64_t)DAY * DAY_SECONDS + 12 * HOUR;
	struct kept_item *items;
	int64_t series;
	size_t count;

	findings_item(&findings, ITEM_POST, "c", noon + DAY_SECONDS);
	findings_item(&findings, ITEM_POST, "b", noon);
	findings_item(&findings, ITEM_POST, "a", noon);
	findings_watch(&findings, ITEM_POST, noon - HOUR, noon + INT64_C(2) * DAY_SECONDS);
	assert_int_equal(store_answer(world->store, &answer, NULL, &world->err), 0);
	series = series_of(world, "posts");
	assert_int_equal(store_items(world->store, series, noon, noon + DAY_SECONDS + 1, &items,
				     &count, &world->err),
			 0);
	assert_int_equal(count, 3);
	assert_string_equal(items[0].id, "a");
	assert_string_equal(items[1].id, "b");
	assert_string_equal(items[2].id, "c");
	assert_int_equal(items[2].created, noon + DAY_SECONDS);
	assert_int_equal(items[0].origin, 1);
	assert_int_equal(items[0].gone, 0);
	free(items);
	assert_int_equal(store_items(world->store, series, noon + 1, noon + DAY_SECONDS, &items,
				     &count, &world->err),
			 0);
	assert_int_equal(count, 0);
	free(items);
	assert_int_equal(store_items(world->store, series, INT64_MIN, INT64_MAX, &items, &count,
				     &world->err),
			 0);
	assert_int_equal(count, 3);
	free(items);
	assert_int_equal(
		store_items(world->store, series + 1, noon, INT64_MAX, &items, &count, &world->err),
		0);
	assert_int_equal(count, 0);
	free(items);
}

/* --- what changed */

/* "account from; …" with * for DAY_NONE and days counted from DAY. */
static void assert_touched(struct world *world, int64_t origin, int64_t at, const char *expected)
{
	SCOPED(text)
	struct text out = { 0 };
	struct touched *touched;
	size_t count;

	assert_int_equal(store_touched(world->store, origin, at, &touched, &count, &world->err), 0);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(touched[i].entity, "itagui");
		text_addf(&out, "%s%s ", i ? "; " : "", touched[i].account);
		if (touched[i].from == DAY_NONE)
			text_add_char(&out, '*');
		else
			text_addf(&out, "%d", touched[i].from - DAY);
	}
	touched_free(touched, count);
	assert_string_equal(text_str(&out), expected);
}

static int64_t last_origin(struct world *world)
{
	int64_t origin;

	assert_int_equal(store_last_origin(world->store, &origin, &world->err), 0);
	return origin;
}

static void sweep_ends(struct world *world, const char *account, enum sweep sweep,
		       struct window window)
{
	struct channel channel = { .entity = "itagui",
				   .account = account,
				   .source = "facebook",
				   .zone = "America/Bogota",
				   .metrics = metrics };
	struct sweep_state ended = { .last_success = world->origin.at += HOUR };
	struct days wanted = { 0 };

	days_add(&wanted, window);
	assert_int_equal(store_sweep_done(world->store, &channel, sweep, &ended, &wanted,
					  world->origin.at, &world->err),
			 0);
}

static void nothing_is_touched_when_nothing_changed(void **state)
{
	struct world *world = *state;
	const char *const x[] = { "x" };

	assert_int_equal(last_origin(world), 0);
	assert_touched(world, 0, 0, "");
	collected(world, "fb", VISITS, (struct window){ DAY, 1 }, 7);
	sweep_ends(world, "fb", SWEEP_DAILY, (struct window){ DAY, 7 });
	(void)enter(world, x, 1, 5);
	told(world, event("Feria", DAY, 1), NULL);
	assert_int_equal(last_origin(world), 3);
	assert_touched(world, 0, 0, "eventos *; fb *; x *");
	world->origin.at += HOUR;
	assert_touched(world, 3, world->origin.at, "");
	assert_touched(world, 2, world->origin.at, "eventos *");
	assert_touched(world, 1, world->origin.at, "eventos *; x *");
}

static void requests_touch_the_days_read_since_and_windows_that_end_there(void **state)
{
	struct world *world = *state;
	int64_t origin, at;

	collected(world, "fb", VISITS, (struct window){ DAY, 1 }, 7);
	sweep_ends(world, "fb", SWEEP_DAILY, (struct window){ DAY - 300, 301 });
	origin = last_origin(world);
	at = world->origin.at += HOUR;
	collected(world, "fb", VISITS, (struct window){ DAY + 5, 1 }, 7);
	/* not read yet: all of it may have changed */
	assert_touched(world, origin, at, "fb *");
	sweep_ends(world, "fb", SWEEP_DAILY, (struct window){ DAY, 7 });
	assert_touched(world, origin, at, "fb -30");
	/* what is confirmed changes coverage where nothing was new */
	at = world->origin.at += HOUR;
	sweep_ends(world, "fb", SWEEP_DAILY, (struct window){ DAY + 1, 7 });
	assert_touched(world, last_origin(world), at, "fb -29");
}

static void sweep_that_has_not_ended_touches_the_days_it_wants(void **state)
{
	struct world *world = *state;
	struct sweep_state state_now = { .running = true };
	int64_t origin, at;

	collected(world, "fb", VISITS, (struct window){ DAY, 1 }, 7);
	sweep_ends(world, "fb", SWEEP_DAILY, (struct window){ DAY, 1 });
	origin = last_origin(world);
	at = world->origin.at += HOUR;
	state_now.started = at + HOUR;
	days_add(&state_now.wanted, (struct window){ DAY + 2, 7 });
	assert_int_equal(store_sweep_save(world->store, "itagui", "fb", SWEEP_DAILY, &state_now,
					  &world->err),
			 0);
	collected(world, "fb", VISITS, (struct window){ DAY + 3, 1 }, 7);
	assert_touched(world, origin, at, "fb -28");
}

static void look_at_the_stories_touches_the_last_days(void **state)
{
	struct world *world = *state;
	int64_t at;

	collected(world, "ig", VISITS, (struct window){ DAY, 1 }, 7);
	sweep_ends(world, "ig", SWEEP_DAILY, (struct window){ DAY, 1 });
	at = world->origin.at += HOUR;
	assert_touched(world, last_origin(world), at, "");
	sweep_ends(world, "ig", SWEEP_WATCH, (struct window){ DAY, 1 });
	/* 18:00 UTC of the 40th day after DAY */
	assert_touched(world, last_origin(world), at, "ig 37");
}

static void file_of_several_accounts_touches_them_and_so_does_taking_it_back(void **state)
{
	struct world *world = *state;
	const char *const both[] = { "x", "whatsapp" };
	struct record records[] = { event("Feria", DAY, 1), event("Foro", DAY, 1) };
	const char *const other[] = { "tiktok" };
	int64_t origin, before;

	(void)enter(world, other, 1, 1);
	before = last_origin(world);
	origin = enter(world, both, 2, 5);
	assert_touched(world, before, world->origin.at, "whatsapp *; x *");
	assert_int_equal(store_withdraw(world->store, origin, &world->origin, NULL, &world->err),
			 0);
	assert_touched(world, origin, world->origin.at, "whatsapp *; x *");
	before = last_origin(world);
	records[1].account = words("agenda");
	assert_int_equal(tell(world, records, 2, NULL), 0);
	assert_touched(world, before, world->origin.at, "agenda *; eventos *");
	before = last_origin(world);
	assert_int_equal(take_back(world, 1, NULL), 0);
	assert_touched(world, before, world->origin.at, "eventos *");
}

static void renamed_account_is_touched_under_its_new_name(void **state)
{
	struct world *world = *state;
	const char *const x[] = { "x" };
	struct kept_origin origin;
	int64_t before;

	(void)enter(world, x, 1, 5);
	before = last_origin(world);
	assert_int_equal(store_rename(world->store, "itagui", "x", "equis", &world->err), 0);
	assert_touched(world, before, world->origin.at, "equis *");
	assert_int_equal(store_origin(world->store, last_origin(world), &origin, &world->err), 0);
	assert_string_equal(origin.what, "renamed_from x");
	assert_int_equal(origin.at, world->origin.at);
	kept_origin_clear(&origin);
	before = last_origin(world);
	assert_int_equal(store_rename(world->store, "itagui", "x", "equis", &world->err), 0);
	assert_int_equal(last_origin(world), before);
	/* into an account that is there already */
	told(world,
	     (struct record){ .account = words("twitter"),
			      .list = words("spaces"),
			      .title = words("Space 1"),
			      .window = { DAY, 1 },
			      .noted = DAY_NONE },
	     NULL);
	before = last_origin(world);
	assert_int_equal(store_rename(world->store, "itagui", "equis", "twitter", &world->err), 0);
	assert_touched(world, before, world->origin.at, "twitter *");
	verify(world);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(same_record_again_changes_nothing),
		WITH_WORLD(everything_said_of_a_record_comes_back),
		WITH_WORLD(record_of_the_same_days_and_title_corrects_the_one_there_is),
		WITH_WORLD(record_is_corrected_by_its_number_and_keeps_what_it_said),
		WITH_WORLD(withdrawn_record_leaves_its_trace),
		WITH_WORLD(record_of_another_account_list_or_entity_is_not_corrected),
		WITH_WORLD(records_are_kept_all_or_none),
		WITH_WORLD(record_given_twice_counts_once_unless_it_differs),
		WITH_WORLD(correction_does_not_make_two_records_one),
		WITH_WORLD(nothing_in_a_month_is_a_record_too),
		WITH_WORLD(list_is_of_the_account_the_list_and_the_days_asked_for),
		WITH_WORLD(clock_that_went_back_records_nothing_until_the_record_is_withdrawn),
		WITH_WORLD(number_is_refused_while_a_record_of_a_clock_ahead_stands),
		WITH_WORLD(records_share_a_transaction_with_others),
		WITH_WORLD(renamed_account_takes_its_records_along),
		WITH_WORLD(verification_finds_records_that_do_not_fit),
		WITH_WORLD(closed_period_is_reopened_and_closed_again),
		WITH_WORLD(closings_of_entities_and_periods_do_not_meet),
		WITH_WORLD(origin_tells_request_file_or_person),
		WITH_WORLD(revisions_are_those_of_windows_that_overlap),
		WITH_WORLD(revisions_tell_what_was_withdrawn),
		WITH_WORLD(publications_of_a_span_are_told_with_their_origins),
		WITH_WORLD(nothing_is_touched_when_nothing_changed),
		WITH_WORLD(requests_touch_the_days_read_since_and_windows_that_end_there),
		WITH_WORLD(sweep_that_has_not_ended_touches_the_days_it_wants),
		WITH_WORLD(look_at_the_stories_touches_the_last_days),
		WITH_WORLD(file_of_several_accounts_touches_them_and_so_does_taking_it_back),
		WITH_WORLD(renamed_account_is_touched_under_its_new_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
