#include "record.h"

#include "board.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
	TITLE_MAX = 500,
	RESPONSIBLE_MAX = 200,
	DETAIL_MAX = 1000,
	AHEAD_MAX = 366, /* days a campaign that runs may still go on */
	PLACES_MAX = 64,
};

static const struct record_shape shapes[] = {
	{
		.list = RECORD_EVENTS,
		.one = "event",
		.number = "attendees",
		.fields = {
			[RECORD_FIRST] = { "date", "date", true },
			[RECORD_TITLE] = { "title", "event", true },
			[RECORD_RESPONSIBLE] = { "responsible", "responsible", false },
			[RECORD_NUMBER] = { "attendees", "attendees", false },
			[RECORD_NOTE] = { "note", "note", false },
			[RECORD_EVIDENCE] = { "evidence", "evidence", false },
		},
	},
	{
		.list = RECORD_CAMPAIGNS,
		.one = "campaign",
		.fields = {
			[RECORD_FIRST] = { "from", "start", true },
			[RECORD_LAST] = { "to", "end", true },
			[RECORD_TITLE] = { "title", "campaign", true },
			[RECORD_RESPONSIBLE] = { "responsible", "responsible", false },
			[RECORD_AUDIENCE] = { "audience", "audience", false },
			[RECORD_CHANNELS] = { "channels", "channels", false },
			[RECORD_COORDINATION] = { "coordination", "coordination", false },
			[RECORD_OBJECTIVE] = { "objective", "objective", false },
			[RECORD_PRODUCTS] = { "products", "products", false },
			[RECORD_NOTE] = { "note", "note", false },
			[RECORD_EVIDENCE] = { "evidence", "evidence", false },
		},
	},
	{
		.list = RECORD_RISKS,
		.one = "risk",
		.number = "materialised",
		.yes_no = true,
		.fields = {
			[RECORD_FIRST] = { "period", "period", true },
			[RECORD_TITLE] = { "title", "risk", true },
			[RECORD_RESPONSIBLE] = { "responsible", "responsible", false },
			[RECORD_NUMBER] = { "materialised", "materialised", false },
			[RECORD_NOTED] = { "noted", "noted", false },
			[RECORD_NOTE] = { "note", "note", false },
			[RECORD_EVIDENCE] = { "evidence", "evidence", false },
		},
	},
	{
		.one = "record",
		.number = "count",
		.fields = {
			[RECORD_FIRST] = { "date", "date", true },
			[RECORD_TITLE] = { "title", "title", true },
			[RECORD_NUMBER] = { "count", "count", false },
			[RECORD_RESPONSIBLE] = { "responsible", "responsible", false },
			[RECORD_NOTE] = { "note", "note", false },
			[RECORD_EVIDENCE] = { "evidence", "evidence", false },
		},
	},
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static bool has_column(const char *const *columns, const char *wanted)
{
	for (; *columns; columns++)
		if (strcmp(*columns, wanted) == 0)
			return true;
	return false;
}

const char *record_file_of(const char *const *columns)
{
	for (size_t i = 0; i < SHAPES && shapes[i].list; i++) {
		bool all = true;

		for (enum record_field field = 0; field < RECORD_FIELDS; field++)
			all = all && (!shapes[i].fields[field].needed ||
				      has_column(columns, shapes[i].fields[field].column));
		if (all)
			return shapes[i].one;
	}
	return NULL;
}

/* --- where it is kept */

/* The shape a word names; that of counters for every other word. */
static const struct record_shape *shape_named(const char *word)
{
	size_t i = 0;

	while (i < SHAPES - 1 && strcmp(word, shapes[i].list) != 0 &&
	       strcmp(word, shapes[i].one) != 0)
		i++;
	return &shapes[i];
}

static const struct metric *counter_of(const struct account *account, const char *id)
{
	return account->plan ? NULL : metric_find(account->entered, id);
}

static bool keeps(const struct account *account, const struct record_shape *shape, const char *word)
{
	if (shape->list)
		return account->collector->keeps &&
		       strcmp(account->collector->keeps, shape->list) == 0;
	return counter_of(account, word) != NULL;
}

/* What could have been meant: the registers, and what somebody enters. */
static const char *nearest_list(const struct ctl *ctl, const char *word)
{
	SCOPED(memory)
	const char **names = memory_new(SHAPES + PLACES_MAX * (size_t)METRICS_MAX, sizeof(*names));
	size_t count = 0;
	size_t places = 0;

	for (size_t i = 0; i < SHAPES - 1; i++)
		names[count++] = shapes[i].list;
	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		for (size_t i = 0; i < entity->account_count && places < PLACES_MAX; i++) {
			const struct account *account = &entity->accounts[i];

			if (!ctl_wants_account(ctl, account) || account->plan)
				continue;
			places++;
			for (size_t m = 0; account->entered[m].id && m < METRICS_MAX - 1; m++)
				names[count++] = account->entered[m].id;
		}
	}
	names[count] = NULL;
	return nearest_name(word, names);
}

static int nobody_keeps(const struct ctl *ctl, const struct record_shape *shape, const char *word,
			struct error *err)
{
	const char *whose = ctl->account ? ctl->account : "no account";
	const char *near;

	if (shape->list)
		return error_set(err, ERROR_INPUT,
				 "%s keeps %s; write into the accounts of the entity in %s: "
				 "{ id = \"%s\"; title = \"%s\"; collector = \"%s\"; }",
				 whose, shape->list, ctl->config->path, shape->list, shape->list,
				 shape->list);
	near = nearest_list(ctl, word);
	if (near)
		return error_set(err, ERROR_INPUT,
				 "nothing is called \"%.60s\", did you mean "
				 "\"%s\"?",
				 word, near);
	if (metric_find(metric_catalogue, word))
		return error_set(err, ERROR_INPUT,
				 "%s has \"%.60s\" among what people enter; write into the account "
				 "that counts it, in %s: entered = [\"%.60s\"]",
				 whose, word, ctl->config->path, word);
	return error_set(err, ERROR_INPUT,
			 "\"%.60s\" is no register (events, campaigns, risks), and %s has it among "
			 "what people enter; to count it, declare it in %s: metrics: ( { id = "
			 "\"%.60s\"; kind = \"flow\"; label = \"…\"; } ) and entered = "
			 "[\"%.60s\"]",
			 word, whose, ctl->config->path, word, word);
}

static int several_keep(const struct account *one, const struct account *other, const char *word,
			struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s/%s and %s/%s both keep %s: say --account",
			 one->entity->id, one->id, other->entity->id, other->id, word);
}

/* A level or people are no list of things one after the other. */
static int check_counter(const struct account *account, const char *id, struct error *err)
{
	const struct metric *metric = counter_of(account, id);

	if (metric && (metric->kind != METRIC_FLOW || metric->unit != UNIT_COUNT))
		return error_set(err, ERROR_INPUT,
				 "%s is not counted one by one: enter its figure, metricsctl enter "
				 "%s %s PERIOD VALUE",
				 id, account->id, id);
	return 0;
}

static int place_at(const struct ctl *ctl, const struct account *account,
		    const struct record_shape *shape, const char *word, struct record_place *ret,
		    struct error *err)
{
	struct record_place place = { .account = account, .shape = shape, .list = shape->list };

	if (!shape->list) {
		const struct metric *metric = counter_of(account, word);

		if (check_counter(account, word, err) < 0)
			return -1;
		place.list = metric ? metric->id : NULL;
	}
	if (ctl_today(ctl, account->entity->zone, &place.today, err) < 0)
		return -1;
	*ret = place;
	return 0;
}

/* An office may call a register by its account's name. */
static const char *list_of_account(const struct ctl *ctl, const char *word)
{
	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		for (size_t i = 0; i < entity->account_count; i++)
			if (ctl_wants(ctl, entity) && strcmp(entity->accounts[i].id, word) == 0 &&
			    entity->accounts[i].collector->keeps)
				return entity->accounts[i].collector->keeps;
	}
	return word;
}

int record_place_find(const struct ctl *ctl, const char *word, struct record_place *ret,
		      struct error *err)
{
	const struct record_shape *shape = shape_named(word);
	const struct account *found = NULL;

	if (!shape->list) {
		word = list_of_account(ctl, word);
		shape = shape_named(word);
	}
	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		for (size_t i = 0; i < entity->account_count; i++) {
			const struct account *account = &entity->accounts[i];

			if (!ctl_wants_account(ctl, account) || !keeps(account, shape, word))
				continue;
			if (found)
				return several_keep(found, account, word, err);
			found = account;
		}
	}
	if (!found)
		return nobody_keeps(ctl, shape, word, err);
	return place_at(ctl, found, shape, word, ret, err);
}

int record_place_of(const struct ctl *ctl, const struct entity *entity, const struct record *record,
		    struct record_place *ret, struct error *err)
{
	const struct record_shape *shape = shape_named(record->list);
	const struct account *account;

	if (config_account(ctl->config, entity->id, record->account, &account, err) < 0)
		return -1;
	if (!keeps(account, shape, record->list))
		return error_set(err, ERROR_INPUT,
				 "record %lld is one of %s, which %s no longer keeps: put it back "
				 "into the configuration, or withdraw the record",
				 (long long)record->id, record->list, account->id);
	return place_at(ctl, account, shape, record->list, ret, err);
}

/* --- a record */

struct record record_new(const struct record_place *place)
{
	return (struct record){
		.account = memory_text(place->account->id),
		.list = memory_text(place->list),
		.noted = DAY_NONE,
	};
}

static char *text_or_null(const char *text)
{
	return text ? memory_text(text) : NULL;
}

struct record record_copy(const struct record *record)
{
	struct record copy = *record;

	copy.account = text_or_null(record->account);
	copy.list = text_or_null(record->list);
	copy.title = text_or_null(record->title);
	copy.responsible = text_or_null(record->responsible);
	copy.details = text_or_null(record->details);
	copy.note = text_or_null(record->note);
	copy.evidence = text_or_null(record->evidence);
	copy.sha256 = text_or_null(record->sha256);
	copy.by = text_or_null(record->by);
	return copy;
}

const struct record *record_same(const struct record *record, const struct record *standing,
				 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct record *other = &standing[i];

		if (other->window.first == record->window.first &&
		    other->window.days == record->window.days && other->none == record->none &&
		    strcmp(other->account, record->account) == 0 &&
		    strcmp(other->list, record->list) == 0 &&
		    (record->none || (record->title && strcmp(other->title, record->title) == 0)))
			return other;
	}
	return NULL;
}

int record_agrees(const struct record *record, const struct record *standing, size_t count,
		  struct error *err)
{
	char days[WINDOW_TEXT];

	for (size_t i = 0; i < count; i++) {
		const struct record *other = &standing[i];

		if (other->id == record->id || other->none == record->none ||
		    strcmp(other->account, record->account) != 0 ||
		    strcmp(other->list, record->list) != 0 ||
		    window_common(other->window, record->window).days == 0)
			continue;
		if (record->none)
			return error_set(err, ERROR_INPUT,
					 "there was something: record %lld, %s %.100s",
					 (long long)other->id, window_text(other->window, days),
					 other->title);
		return error_set(err, ERROR_INPUT,
				 "it is recorded that there was nothing in %s: take that back "
				 "first, metricsctl record --withdraw %lld",
				 window_text(other->window, days), (long long)other->id);
	}
	return 0;
}

int record_open(struct ctl *ctl)
{
	int ends = ctl_open(ctl, STORE_PERSON);
	struct error err;

	if (ends == ENDS_FINE && store_begin(ctl->store, &err) < 0)
		return ctl_fail(&err);
	return ends;
}

int record_standing(struct ctl *ctl, const struct record_place *place, struct record **ret,
		    size_t *count, struct error *err)
{
	return store_records(ctl->store, place->account->entity->id, place->account->id,
			     place->list, (struct window){ 0 }, ret, count, err);
}

/* --- what it says */

void record_number(const struct record *record, struct language *language, struct text *out)
{
	const struct record_shape *shape = shape_named(record->list);

	if (record->none || !shape->number)
		return;
	if (!record->known)
		text_add(out, "—");
	else if (shape->yes_no)
		text_add(out, record->number ? say("yes") : say("no"));
	else
		language_number(language, record->number, out);
}

cJSON *record_details(const struct record *record)
{
	cJSON *details = NULL;
	struct error err; /* then there are none to show */

	if (record->details &&
	    json_parse(record->details, strlen(record->details), &details, &err) < 0)
		return NULL;
	return details;
}

void record_fields(const struct entity *entity, const struct record *record,
		   struct records *records)
{
	SCOPED(json)
	cJSON *details = record_details(record);
	static const char *const names[] = {
		"audience", "channels", "coordination", "objective", "products",
	};

	records_number(records, "record", record->id);
	records_text(records, "entity", entity->id);
	records_text(records, "notice", entity->notice);
	records_text(records, "account", record->account);
	records_text(records, "list", record->list);
	records_day(records, "first_day", record->window.first);
	records_day(records, "last_day", window_end(record->window) - 1);
	records_flag(records, "none", record->none);
	records_text(records, "title", record->title);
	records_text(records, "responsible", record->responsible);
	if (record->known)
		records_number(records, "number", record->number);
	else
		records_none(records, "number");
	records_day(records, "noted", record->noted);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		records_text(records, names[i], json_text(details, names[i]));
	records_text(records, "note", record->note);
	records_text(records, "evidence", record->evidence);
	records_text(records, "sha256", record->sha256);
	records_number(records, "origin", record->origin);
	records_time(records, "at", record->at);
	records_text(records, "by", record->by);
}

/* A month of a counter whose figure another source says. */
static void say_month_overruled(struct ctl *ctl, const struct board *board,
				const struct record_place *place, struct window month)
{
	const struct period period = period_month(month);
	struct subject subject;
	struct figure figure;
	SCOPED(text)
	struct text value = { 0 };

	if (board_find(board, place->account->id, place->list, &subject, NULL) < 0)
		return;
	figure = board_figure(board, &subject, &period, NULL);
	if (figure.form == FIGURE_NONE || !figure.source ||
	    strcmp(figure.source, RECORD_SOURCE) == 0)
		return;
	figure_print(&figure, ctl->language, &value);
	text_addf(&value, " (%s)", figure.source);
	(void)fprintf(ctl->out, "%s/%s %s %s: ", place->account->entity->id, place->account->id,
		      place->list, period.name);
	(void)fprintf(ctl->out, say("the summary shows %s"), text_str(&value));
	(void)fprintf(ctl->out, "; %s\n",
		      say("what is counted one by one goes behind it: `metricsctl explain` shows "
			  "both"));
}

/* What is counted one by one stands beside what was imported or collected of the same month. */
static void say_overruled_months(struct ctl *ctl, const struct record_place *place,
				 const struct record *records, size_t count)
{
	SCOPED(board)
	struct board *board = NULL;
	int32_t first = place->today;
	int32_t end = 0;
	struct error err;

	for (size_t i = 0; i < count; i++) {
		first = records[i].window.first < first ? records[i].window.first : first;
		end = window_end(records[i].window) > end ? window_end(records[i].window) : end;
	}
	if (end <= first)
		return;
	first = month_of(first).first;
	end = window_end(month_of(end - 1));
	if (board_open(ctl, place->account->entity, place->account->id,
		       (struct window){ first, end - first }, &board, &err) < 0) {
		(void)ctl_say(0, "what the summary shows cannot be told: %s", err.text);
		return;
	}
	for (struct window month = month_of(first); month.first < end;
	     month = month_after(month, 1))
		for (size_t i = 0; i < count; i++)
			if (window_common(records[i].window, month).days) {
				say_month_overruled(ctl, board, place, month);
				break;
			}
}

void record_cautions(struct ctl *ctl, const struct record_place *place,
		     const struct record *records, size_t count)
{
	SCOPED(memory)
	struct window *windows = memory_new(count + 1, sizeof(*windows));
	size_t stale = 0;

	for (size_t i = 0; i < count; i++) {
		windows[i] = records[i].window;
		stale += record_stale(&records[i]);
	}
	if (stale)
		(void)fprintf(ctl->out,
			      say_count("%zu was stated before its period began: state it again "
					"when that is over.\n",
					"%zu were stated before their period began: state them "
					"again when that is over.\n",
					(int64_t)stale),
			      stale);
	say_closed(ctl, place->account->entity, windows, count);
	if (!place->shape->list)
		say_overruled_months(ctl, place, records, count);
}

/* --- what was said */

static const char *field_name(const struct record_place *place, enum record_field field)
{
	const char *column = place->shape->fields[field].column;

	return column ? column : "field";
}

/* Bytes of a blank, a no-break one too, 0: it is none. */
static size_t blank_size(const char *text)
{
	if (*text == ' ')
		return 1;
	return strncmp(text, "\u00a0", 2) == 0 ? 2 : 0;
}

/* One line of text, as it is kept: without blanks around it, which nobody sees and which would make
 * two records of one. Nothing but blanks says nothing. */
static int put_text(const char *said, const char *what, size_t most, char **ret, struct error *err)
{
	size_t end = 0;

	if (words_check(what, said, most, err) < 0)
		return -1;
	for (size_t blank; (blank = blank_size(said)); said += blank)
		;
	for (size_t at = 0, blank; said[at]; at += blank ? blank : 1)
		if (!(blank = blank_size(said + at)))
			end = at + 1;
	if (end == 0)
		return 0;
	free(*ret);
	*ret = memory_text(said);
	(*ret)[end] = '\0';
	return 0;
}

/* A day, or several in a row where it may last. */
static int take_days(const char *said, bool several, struct period *ret, struct error *err)
{
	struct error of_period;

	if (period_parse(said, ret, &of_period) == 0 && ret->kind == PERIOD_DAYS &&
	    (several || ret->window.days == 1))
		return 0;
	/* what looks like a day knows best what is wrong with it */
	if (strlen(said) == DAY_TEXT - 1 && said[4] == '-' && said[7] == '-') {
		*err = of_period;
		return -1;
	}
	return error_set(err, ERROR_INPUT, "\"%.40s\": expected a day like 2025-10-06%s", said,
			 several ? ", or days like 2025-10-06..2025-10-08" : "");
}

static int put_first(const struct record_place *place, const char *said, struct record *record,
		     struct error *err)
{
	const char *what = field_name(place, RECORD_FIRST);
	bool has_last = place->shape->fields[RECORD_LAST].option != NULL;
	struct period period;
	struct window window;

	if (place->shape->yes_no ? config_period(place->account->entity, said, &period, err) < 0
				 : take_days(said, !has_last, &period, err) < 0)
		return error_within(err, "%s", what);
	window = period.window;
	/* the last day has words of its own; of a correction it stays */
	if (has_last) {
		int32_t end = record->window.days ? window_end(record->window) : window.first + 1;

		window.days = end - window.first;
	}
	record->window = window;
	return 0;
}

static int put_last(const struct record_place *place, const char *said, struct record *record,
		    struct error *err)
{
	const char *what = field_name(place, RECORD_LAST);
	int32_t last;

	if (day_parse(said, &last, err) < 0)
		return error_within(err, "%s", what);
	record->window.days = last + 1 - record->window.first;
	return 0;
}

/* Ways an office writes that nobody counted. */
static bool says_unknown(const char *said)
{
	static const char *const words[] = { "unknown", "desconocido", "desconocida", "n/d",
					     "s/d",     "-",           "–",           "—" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(said, words[i]) == 0)
			return true;
	return false;
}

static int put_number(const struct record_place *place, const char *said, struct record *record,
		      struct error *err)
{
	const char *what = field_name(place, RECORD_NUMBER);
	int64_t number;

	if (says_unknown(said)) {
		record->known = false;
		record->number = 0;
		return 0;
	}
	if (place->shape->yes_no ? yes_no_parse(said, what, &number, err) < 0
				 : value_parse(said, what, &number, err) < 0)
		return -1;
	record->known = true;
	record->number = number;
	return 0;
}

static int put_noted(const struct record_place *place, const char *said, struct record *record,
		     struct error *err)
{
	char day[DAY_TEXT];

	if (day_parse(said, &record->noted, err) < 0)
		return error_within(err, "%s", field_name(place, RECORD_NOTED));
	if (record->noted > place->today)
		return error_set(err, ERROR_INPUT, "%s %s has not been yet; today is %s",
				 field_name(place, RECORD_NOTED), said,
				 day_text(place->today, day));
	return 0;
}

/* The details with one of them changed; sorted, as the fields are. */
static int put_details(const struct record_place *place, const struct record_words *words,
		       struct record *record, struct error *err)
{
	SCOPED(json)
	cJSON *before = NULL;
	SCOPED(text)
	struct text details = { 0 };

	if (record->details &&
	    json_parse(record->details, strlen(record->details), &before, err) < 0)
		return error_within(err, "details of record %lld", (long long)record->id);
	for (enum record_field field = RECORD_AUDIENCE; field <= RECORD_PRODUCTS; field++) {
		const char *name = place->shape->fields[field].column;
		const char *said = words->fields[field];

		if (!name)
			continue;
		if (said && words_check(name, said, DETAIL_MAX, err) < 0)
			return -1;
		if (!said || !*said)
			said = json_text(before, name);
		if (!said)
			continue;
		text_add_char(&details, details.length ? ',' : '{');
		json_quote(&details, name);
		text_add_char(&details, ':');
		json_quote(&details, said);
	}
	if (!details.length)
		return 0;
	text_add_char(&details, '}');
	free(record->details);
	record->details = text_take(&details);
	return 0;
}

static int put_evidence(const struct record_words *words, struct record *record, bool *local,
			struct error *err)
{
	struct evidence evidence;

	if (words_check("evidence", words->fields[RECORD_EVIDENCE], EVIDENCE_MAX, err) < 0 ||
	    evidence_read(words->fields[RECORD_EVIDENCE], words->folder, &evidence, err) < 0)
		return -1;
	free(record->evidence);
	free(record->sha256);
	record->evidence = text_or_null(evidence.words);
	record->sha256 = text_or_null(evidence_hash(&evidence));
	*local = evidence.local;
	return 0;
}

static int put_field(const struct record_place *place, const struct record_words *words,
		     enum record_field field, struct record *record, bool *local, struct error *err)
{
	const char *said = words->fields[field];
	const char *what = field_name(place, field);

	switch (field) {
	case RECORD_FIRST:
		return put_first(place, said, record, err);
	case RECORD_LAST:
		return put_last(place, said, record, err);
	case RECORD_TITLE:
		return put_text(said, what, TITLE_MAX, &record->title, err);
	case RECORD_NUMBER:
		return put_number(place, said, record, err);
	case RECORD_RESPONSIBLE:
		return put_text(said, what, RESPONSIBLE_MAX, &record->responsible, err);
	case RECORD_NOTED:
		return put_noted(place, said, record, err);
	case RECORD_NOTE:
		return put_text(said, what, NOTE_MAX, &record->note, err);
	case RECORD_EVIDENCE:
		return put_evidence(words, record, local, err);
	case RECORD_AUDIENCE:
	case RECORD_CHANNELS:
	case RECORD_COORDINATION:
	case RECORD_OBJECTIVE:
	case RECORD_PRODUCTS:
	case RECORD_FIELDS:
		return 0; /* put_details() */
	}
	return 0;
}

int record_put(const struct record_place *place, const struct record_words *words,
	       struct record *record, bool *local, struct error *err)
{
	*local = false;
	for (enum record_field field = 0; field < RECORD_FIELDS; field++)
		if (words->fields[field] && *words->fields[field] &&
		    put_field(place, words, field, record, local, err) < 0)
			return -1;
	if (!place->shape->list && !record->known && !words->fields[RECORD_NUMBER]) {
		record->known = true; /* what an office counts one by one is one */
		record->number = 1;
	}
	return put_details(place, words, record, err);
}

/* --- what makes it a record */

static int check_life(const struct record_place *place, const struct record *record,
		      struct error *err)
{
	const struct account *account = place->account;
	char day[DAY_TEXT];

	if (account->since != DAY_NONE && window_end(record->window) <= account->since)
		return error_set(err, ERROR_INPUT, "that is before %s begins, %s", account->id,
				 day_text(account->since, day));
	if (account->until != DAY_NONE && record->window.first > account->until)
		return error_set(err, ERROR_INPUT, "that is after %s ends, %s", account->id,
				 day_text(account->until, day));
	return 0;
}

static int check_none(const struct record_place *place, const struct record *record,
		      struct error *err)
{
	char days[WINDOW_TEXT];
	int32_t day = record->window.first;

	while (day < window_end(record->window) && month_of(day).first == day)
		day = window_end(month_of(day));
	if (day != window_end(record->window))
		return error_set(err, ERROR_INPUT,
				 "%s: that there was nothing is said of whole months, like 2025-11",
				 window_text(record->window, days));
	if (day > place->today)
		return error_set(err, ERROR_INPUT,
				 "%s is not over: say that there was nothing when it is",
				 window_text(record->window, days));
	return check_life(place, record, err);
}

int record_check(const struct record_place *place, const struct record *record, struct error *err)
{
	char first[DAY_TEXT], last[DAY_TEXT];
	int32_t end = window_end(record->window);
	/* what happened is over; a campaign may still go on, a risk is stated within its period */
	bool may_go_on = place->shape->yes_no || place->shape->fields[RECORD_LAST].option;

	if (record->none)
		return check_none(place, record, err);
	if (!record->title)
		return error_set(err, ERROR_INPUT, "%s is missing",
				 field_name(place, RECORD_TITLE));
	if (record->window.days < 1)
		return error_set(err, ERROR_INPUT, "it ends (%s) before it begins (%s)",
				 day_text(end - 1, last), day_text(record->window.first, first));
	if (record->window.first > place->today || (!may_go_on && end > place->today + 1))
		return error_set(err, ERROR_INPUT,
				 "%s has not been yet; today is %s: record it when it has",
				 day_text(end - 1, last), day_text(place->today, first));
	if (end > place->today + AHEAD_MAX)
		return error_set(err, ERROR_INPUT,
				 "it ends on %s, more than a year ahead of today, %s",
				 day_text(end - 1, last), day_text(place->today, first));
	return check_life(place, record, err);
}
