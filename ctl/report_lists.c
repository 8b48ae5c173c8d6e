/* The parts of a report that are lists of records. */
#include "report_parts.h"

#include "record.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/prose.h"

#include <stdlib.h>
#include <string.h>

/* --- registers */

/* A column of a register: what it shows of a record. */
enum field {
	FIELD_DATE,
	FIELD_END,
	FIELD_TITLE,
	FIELD_RESPONSIBLE,
	FIELD_NUMBER,
	FIELD_NOTED,
	FIELD_NOTE,
	FIELD_EVIDENCE,
	FIELD_DURATION,
	FIELD_DETAIL
};

static const struct field_words {
	const char *name;
	enum field field;
	const char *title;
} field_words[] = {
	{ "date", FIELD_DATE, N_("Date") },
	{ "end", FIELD_END, N_("Until") },
	{ "title", FIELD_TITLE, N_("What") },
	{ "responsible", FIELD_RESPONSIBLE, N_("Responsible") },
	{ "number", FIELD_NUMBER, N_("Number") },
	{ "noted", FIELD_NOTED, N_("Stated on") },
	{ "note", FIELD_NOTE, N_("Note") },
	{ "evidence", FIELD_EVIDENCE, N_("Evidence") },
	{ "duration", FIELD_DURATION, N_("Duration") },
	{ "audience", FIELD_DETAIL, N_("Audience") },
	{ "channels", FIELD_DETAIL, N_("Channels") },
	{ "coordination", FIELD_DETAIL, N_("Coordination") },
	{ "objective", FIELD_DETAIL, N_("Objective") },
	{ "products", FIELD_DETAIL, N_("Products") },
};
enum { FIELD_WORDS = sizeof(field_words) / sizeof(field_words[0]) };

static const char *const event_fields[] = { "date", "title", "responsible", "number", NULL };
static const char *const campaign_fields[] = {
	"objective",   "audience", "channels", "coordination", "duration",
	"responsible", "products", "note",     "evidence",     NULL
};
static const char *const risk_fields[] = { "title", "number", "noted", "note", NULL };
static const char *const counter_fields[] = { "date", "title", "number", "evidence", NULL };

static const char *const *usual_fields(const char *list)
{
	if (strcmp(list, RECORD_EVENTS) == 0)
		return event_fields;
	if (strcmp(list, RECORD_CAMPAIGNS) == 0)
		return campaign_fields;
	return strcmp(list, RECORD_RISKS) == 0 ? risk_fields : counter_fields;
}

/* What the number is called depends on what is recorded. */
static const char *number_title(const char *list)
{
	if (strcmp(list, RECORD_EVENTS) == 0)
		return say("Attendees");
	return strcmp(list, RECORD_RISKS) == 0 ? say("Came true") : say("Number");
}

static const char *title_title(const char *list)
{
	if (strcmp(list, RECORD_EVENTS) == 0)
		return say("Event");
	if (strcmp(list, RECORD_CAMPAIGNS) == 0)
		return say("Campaign");
	return strcmp(list, RECORD_RISKS) == 0 ? say("Risk") : say("What");
}

static const char *column_title(const struct field_words *words, const char *list)
{
	if (words->field == FIELD_NUMBER)
		return number_title(list);
	return words->field == FIELD_TITLE ? title_title(list) : say(words->title);
}

static struct field_words words_of(const char *name)
{
	for (size_t i = 0; i < FIELD_WORDS; i++)
		if (strcmp(field_words[i].name, name) == 0)
			return field_words[i];
	return (struct field_words){ name, FIELD_DETAIL, name }; /* an office's own column */
}

static void put_number(struct cell *cell, const struct record *record)
{
	if (!record->known)
		cell_text(cell, say("not recorded"));
	else if (strcmp(record->list, RECORD_RISKS) == 0)
		cell_text(cell, record->number ? say("yes") : say("no"));
	else
		cell_number(cell, record->number, 0);
}

static void put_text(struct cell *cell, const char *text)
{
	if (text && *text)
		cell_text(cell, text);
}

static void put_duration(const struct maker *maker, struct cell *cell, const struct record *record)
{
	const struct period days = { .kind = PERIOD_DAYS, .window = record->window };
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text sentence = { 0 };

	prose_period(maker->ctl->language, &days, &words);
	language_sentence(maker->ctl->language, text_str(&words), &sentence);
	cell_text(cell, text_str(&sentence));
}

static void put_field(const struct maker *maker, struct cell *cell, const struct record *record,
		      const struct field_words *words)
{
	cJSON *details;

	switch (words->field) {
	case FIELD_DURATION:
		put_duration(maker, cell, record);
		return;
	case FIELD_DATE:
		cell_day(cell, record->window.first);
		return;
	case FIELD_END:
		cell_day(cell, window_end(record->window) - 1);
		return;
	case FIELD_TITLE:
		put_text(cell, record->title);
		return;
	case FIELD_RESPONSIBLE:
		put_text(cell, record->responsible);
		return;
	case FIELD_NUMBER:
		put_number(cell, record);
		return;
	case FIELD_NOTED:
		if (record->noted != DAY_NONE)
			cell_day(cell, record->noted);
		return;
	case FIELD_NOTE:
		put_text(cell, record->note);
		return;
	case FIELD_EVIDENCE:
		put_text(cell, record->evidence);
		return;
	case FIELD_DETAIL:
		details = record_details(record);
		put_text(cell, cJSON_GetStringValue(
				       cJSON_GetObjectItemCaseSensitive(details, words->name)));
		cJSON_Delete(details);
		return;
	}
}

/* Whether a month of the period has a record in it, or one that says there was nothing. */
static bool month_known(const struct record *records, size_t count, struct window month)
{
	for (size_t i = 0; i < count; i++)
		if (window_common(records[i].window, month).days > 0)
			return true;
	return false;
}

static void add_silence(const struct maker *maker, struct window *silent, struct lines *months)
{
	struct text words = { 0 };

	if (silent->days == 0)
		return;
	prose_days(maker->ctl->language, *silent, &words);
	lines_add(months, &words);
	silent->days = 0;
}

/* Months nothing was recorded of: nobody knows whether there was nothing. Those that follow each
 * other are one line. */
static void find_silent_months(const struct maker *maker, const struct record *records,
			       size_t count, struct lines *months)
{
	struct window rest = maker->period->window;
	struct window silent = { 0 };
	int32_t today = board_today(maker->board);

	while (rest.days > 0 && rest.first < today) {
		struct window month = window_common(month_of(rest.first), rest);

		if (month_known(records, count, month))
			add_silence(maker, &silent, months);
		else if (silent.days == 0)
			silent = month_of(rest.first);
		else
			silent.days = window_end(month_of(rest.first)) - silent.first;
		rest = (struct window){ window_end(month), rest.days - month.days };
	}
	add_silence(maker, &silent, months);
}

/* "Nothing is recorded for October 2025, nor that there was nothing." */
static bool silence_add(const struct maker *maker, const struct record *records, size_t count,
			struct text *out)
{
	struct lines months = { 0 };
	SCOPED(text)
	struct text list = { 0 };
	bool silent;

	find_silent_months(maker, records, count, &months);
	silent = months.count > 0;
	prose_list(maker->ctl->language, (const char *const *)months.items, months.count, &list);
	lines_clear(&months);
	if (silent)
		/* TRANSLATORS: a list of months */
		text_addf(out, say("nothing is recorded for %s, nor that there was nothing"),
			  text_str(&list));
	return silent;
}

static void note_silence(const struct maker *maker, const struct record *records, size_t count,
			 struct table *table)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text note = { 0 };

	if (!silence_add(maker, records, count, &words))
		return;
	language_sentence(maker->ctl->language, text_str(&words), &note);
	text_add_char(&note, '.');
	(void)table_note(table, text_str(&note));
}

static bool is_shown(const struct maker *maker, const struct record *record)
{
	return !record->none && window_common(record->window, maker->period->window).days > 0;
}

const char *register_largest(const struct maker *maker, const struct account *account,
			     int64_t number)
{
	const struct record *records;
	size_t count = board_records(maker->board, account, account->collector->keeps, &records);
	const struct record *found = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct record *record = &records[i];

		if (!is_shown(maker, record) || !record->known || record->number < number)
			continue;
		if (found || record->number > number)
			return NULL; /* not the only one, or not the largest any more */
		found = record;
	}
	return found ? found->title : NULL;
}

static size_t count_stale(const struct maker *maker, const struct record *records, size_t count)
{
	size_t stale = 0;

	for (size_t i = 0; i < count; i++)
		stale += is_shown(maker, &records[i]) && record_stale(&records[i]);
	return stale;
}

static void list_lacks(const struct maker *maker, const struct account *account, const char *list,
		       struct lines *lines)
{
	const struct record *records;
	size_t count = board_records(maker->board, account, list, &records);
	size_t stale = count_stale(maker, records, count);
	SCOPED(text)
	struct text words = { 0 };

	if (silence_add(maker, records, count, &words)) {
		struct text line = { 0 };

		text_addf(&line, say("%s: %s."), account->title, text_str(&words));
		lines_add(lines, &line);
	}
	if (stale) {
		struct text line = { 0 };

		text_reset(&words);
		text_addf(&words,
			  say_count("%zu statement is older than its period",
				    "%zu statements are older than their period", (int64_t)stale),
			  stale);
		text_addf(&line, say("%s: %s."), account->title, text_str(&words));
		lines_add(lines, &line);
	}
}

static void note_late(const struct maker *maker, struct table *table, const struct record *record,
		      struct cell *cell)
{
	const struct closing *closing = closed_of(maker->closed, maker->period);

	if (closing && record->at > closing->at)
		cell->note = table_note(
			table, say("Recorded after the period was closed: it is not in the figures "
				   "that were published."));
}

static void add_record(struct maker *maker, struct table *table, const struct record *record,
		       const char *const *fields)
{
	struct cell *cells = table_row(table, ROW_PLAIN)->cells;

	for (size_t f = 0; fields[f]; f++) {
		struct field_words words = words_of(fields[f]);

		put_field(maker, &cells[f], record, &words);
		if (words.field == FIELD_NOTED && record_stale(record))
			cells[f].note = table_note(table, say("Stated before its period began: it "
							      "is to be stated again."));
	}
	note_late(maker, table, record, &cells[0]);
}

/* A campaign is a few short texts and some long ones: a line each below its title. */
static void add_card(struct maker *maker, struct table *table, const struct record *record)
{
	struct cell *head = &table_row(table, ROW_HEAD)->cells[0];

	cell_text(head, record->title);
	note_late(maker, table, record, head);
	for (const char *const *field = campaign_fields; *field; field++) {
		struct field_words words = words_of(*field);
		struct cell value = { 0 };
		struct cell *cells;

		put_field(maker, &value, record, &words);
		if (value.kind == CELL_EMPTY)
			continue;
		cells = table_row(table, ROW_PLAIN)->cells;
		cell_text(&cells[0], say(words.title));
		cells[1] = value;
	}
}

static void add_columns(struct table *table, const char *list, const char *const *fields)
{
	for (; *fields; fields++) {
		struct field_words words = words_of(*fields);

		table_column(table, column_title(&words, list),
			     words.field == FIELD_NUMBER && strcmp(list, RECORD_RISKS) != 0);
	}
}

/* The records of one list that have a day in the period. `none` records are no line of it. */
static void make_list(struct maker *maker, const struct part *part, const struct account *account,
		      const char *list, const char *caption)
{
	const char *const *fields = *part->fields ? part->fields : usual_fields(list);
	bool cards = !*part->fields && strcmp(list, RECORD_CAMPAIGNS) == 0;
	const struct record *records;
	size_t all = board_records(maker->board, account, list, &records);
	struct table *table = next_table(maker, caption);

	if (cards) {
		table_column(table, "", false); /* each row says itself what it is */
		table_column(table, "", false);
	} else {
		add_columns(table, list, fields);
	}
	for (size_t i = 0; i < all; i++) {
		if (is_shown(maker, &records[i]) && cards)
			add_card(maker, table, &records[i]);
		else if (is_shown(maker, &records[i]))
			add_record(maker, table, &records[i], fields);
	}
	if (table->row_count == 0)
		cell_text(&table_row(table, ROW_HEAD)->cells[0], say("No records."));
	note_silence(maker, records, all, table);
}

/* The list of an account a part speaks of, or NULL. */
static const char *list_of(const struct part *part, const struct account *account)
{
	const char *list = part->list ? part->list : account->collector->keeps;

	return part->account && strcmp(part->account, account->id) != 0 ? NULL : list;
}

void make_register(struct maker *maker, const struct part *part, const char *caption)
{
	for (size_t i = 0; i < maker->entity->account_count; i++) {
		const struct account *account = &maker->entity->accounts[i];
		const char *list = list_of(part, account);

		if (list)
			make_list(maker, part, account, list, caption ? caption : account->title);
	}
}

void register_lacks(const struct maker *maker, const struct part *part, struct lines *lines)
{
	for (size_t i = 0; i < maker->entity->account_count; i++) {
		const struct account *account = &maker->entity->accounts[i];
		const char *list = list_of(part, account);

		if (list)
			list_lacks(maker, account, list, lines);
	}
}
