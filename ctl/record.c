/* Registers: one record at a time, as a person says it. */
#include "record.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <string.h>

/* Options that say something of a record. */
enum said {
	SAID_DATE,
	SAID_FROM,
	SAID_TO,
	SAID_PERIOD,
	SAID_TITLE,
	SAID_ATTENDEES,
	SAID_COUNT,
	SAID_MATERIALISED,
	SAID_RESPONSIBLE,
	SAID_NOTED,
	SAID_AUDIENCE,
	SAID_CHANNELS,
	SAID_COORDINATION,
	SAID_OBJECTIVE,
	SAID_PRODUCTS,
	SAID_NOTE,
	SAID_EVIDENCE,
	SAID_FIELDS,
};

static const char *const said_names[SAID_FIELDS] = {
	"date",         "from",         "to",          "period", "title",    "attendees",
	"count",        "materialised", "responsible", "noted",  "audience", "channels",
	"coordination", "objective",    "products",    "note",   "evidence",
};

/* What was asked on the command line. */
struct wish {
	const char *said[SAID_FIELDS];
	const char *none, *correct, *withdraw, *history, *by;
	bool list;
};

/* --from is a day of a campaign, or a file. */
static bool is_day(const char *word)
{
	return *word && word[strspn(word, "0123456789-/.")] == '\0';
}

/* "--date, --title, --responsible" */
static void add_options(const struct record_shape *shape, bool needed, struct text *out)
{
	for (enum record_field field = 0; field < RECORD_FIELDS; field++)
		if (shape->fields[field].option && (shape->fields[field].needed || !needed))
			text_addf(out, "%s--%s", out->length ? ", " : "",
				  shape->fields[field].option);
}

static int no_such_field(const struct record_shape *shape, const char *option, struct error *err)
{
	SCOPED(text)
	struct text list = { 0 };

	add_options(shape, false, &list);
	return error_set(err, ERROR_INPUT, "%s %s has no --%s; it has %s",
			 strchr("aeiou", shape->one[0]) ? "an" : "a", shape->one, option,
			 text_str(&list));
}

/* The options as the fields of the list. */
static int take_words(const struct record_shape *shape, const struct wish *wish,
		      struct record_words *ret, struct error *err)
{
	*ret = (struct record_words){ 0 };
	for (size_t i = 0; i < SAID_FIELDS; i++) {
		enum record_field field = 0;

		if (!wish->said[i])
			continue;
		while (field < RECORD_FIELDS &&
		       (!shape->fields[field].option ||
			strcmp(shape->fields[field].option, said_names[i]) != 0))
			field++;
		if (field == RECORD_FIELDS)
			return no_such_field(shape, said_names[i], err);
		if (!*wish->said[i])
			return error_set(err, ERROR_INPUT, "--%s is empty", said_names[i]);
		ret->fields[field] = wish->said[i];
	}
	return 0;
}

static int check_needed(const struct record_shape *shape, const struct record_words *words,
			struct error *err)
{
	SCOPED(text)
	struct text list = { 0 };

	add_options(shape, true, &list);
	for (enum record_field field = 0; field < RECORD_FIELDS; field++)
		if (shape->fields[field].needed && !words->fields[field])
			return error_set(err, ERROR_INPUT, "--%s is missing: %s %s wants %s",
					 shape->fields[field].option,
					 strchr("aeiou", shape->one[0]) ? "an" : "a", shape->one,
					 text_str(&list));
	return 0;
}

/* --- storing one */

static void print_record(struct ctl *ctl, const struct record_place *place,
			 const struct record *record)
{
	SCOPED(text)
	struct text number = { 0 };
	char days[WINDOW_TEXT];

	record_number(record, ctl->language, &number);
	(void)fprintf(ctl->out, "%s/%s %s %s: %s%s%s\n", place->account->entity->id,
		      record->account, record->list, window_text(record->window, days),
		      record->none ? say("nothing") : record->title, number.length ? " · " : "",
		      text_str(&number));
}

static void print_changes(struct ctl *ctl, int64_t id, const struct changes *changes)
{
	if (!changes->origin)
		(void)fprintf(ctl->out, say("Nothing new: record %lld says that already.\n"),
			      (long long)id);
	else if (changes->revisions)
		(void)fprintf(ctl->out,
			      say("Record %lld is corrected; what it said before is kept.\n"),
			      (long long)id);
	else
		(void)fprintf(ctl->out, say("Record %lld.\n"), (long long)id);
}

/* The number the store gave it. */
static int64_t id_of(struct ctl *ctl, const struct record_place *place, const struct record *record)
{
	struct record *standing = NULL;
	const struct record *same;
	size_t count = 0;
	struct error err;
	int64_t id = record->id;

	if (id || record_standing(ctl, place, &standing, &count, &err) < 0)
		return id;
	same = record_same(record, standing, count);
	id = same ? same->id : 0;
	records_free(standing, count);
	return id;
}

/* Ends the transaction in which was read what stands. */
static int store_one(struct ctl *ctl, const struct record_place *place, const struct record *record,
		     const struct wish *wish, bool local)
{
	const struct origin origin = {
		.kind = ORIGIN_PERSON,
		.at = ctl->now,
		.by = ctl_person(wish->by),
	};
	struct changes changes = { 0 };
	struct error err;

	if (store_record(ctl->store, place->account->entity->id, record, 1, &origin, &changes,
			 &err) < 0)
		return ctl_fail(&err);
	if (store_commit(ctl->store, &err) < 0)
		return ctl_fail(&err);
	print_record(ctl, place, record);
	print_changes(ctl, id_of(ctl, place, record), &changes);
	if (local)
		say_local(ctl, record->evidence);
	if (changes.origin)
		record_cautions(ctl, place, record, 1);
	return ENDS_FINE;
}

/* A new record, or what is said anew of one with the same days and title. */
static int make_one(const struct record_place *place, const struct record_words *words,
		    const struct record *standing, size_t count, struct record *ret, bool *local,
		    struct error *err)
{
	const struct record *same;

	*ret = record_new(place);
	if (record_put(place, words, ret, local, err) < 0)
		return -1;
	same = record_same(ret, standing, count);
	if (same) {
		record_clear(ret);
		*ret = record_copy(same);
		if (record_put(place, words, ret, local, err) < 0)
			return -1;
	}
	if (record_check(place, ret, err) < 0)
		return -1;
	return record_agrees(ret, standing, count, err);
}

static int open_and_speak(struct ctl *ctl, const struct entity *entity)
{
	int ends = ctl_speak(ctl, entity);

	return ends ? ends : record_open(ctl);
}

static int record_one(struct ctl *ctl, const char *word, const struct wish *wish)
{
	SCOPED(record)
	struct record record = { 0 };
	struct record *standing = NULL;
	struct record_words words;
	struct record_place place;
	size_t count = 0;
	struct error err;
	bool local = false;
	int made, ends;

	if (record_place_find(ctl, word, &place, &err) < 0 ||
	    take_words(place.shape, wish, &words, &err) < 0 ||
	    check_needed(place.shape, &words, &err) < 0)
		return ctl_fail(&err);
	if ((ends = open_and_speak(ctl, place.account->entity)))
		return ends;
	if (record_standing(ctl, &place, &standing, &count, &err) < 0)
		return ctl_fail(&err);
	made = make_one(&place, &words, standing, count, &record, &local, &err);
	records_free(standing, count);
	if (made < 0)
		return ctl_fail(&err);
	return store_one(ctl, &place, &record, wish, local);
}

/* "In November there was nothing": a statement, where silence is none. */
static int record_none(struct ctl *ctl, const char *word, const struct wish *wish)
{
	SCOPED(record)
	struct record record = { 0 };
	struct record *standing = NULL;
	struct record_place place;
	struct period period;
	size_t count = 0;
	struct error err;
	int agrees, ends;

	for (size_t i = 0; i < SAID_FIELDS; i++)
		if (wish->said[i] && i != SAID_NOTE)
			return ctl_say(ENDS_USAGE,
				       "--none says that there was nothing: --%s has no place "
				       "beside it",
				       said_names[i]);
	if (record_place_find(ctl, word, &place, &err) < 0 ||
	    config_period(place.account->entity, wish->none, &period, &err) < 0)
		return ctl_fail(&err);
	if ((ends = check_words("--note", wish->said[SAID_NOTE], NOTE_MAX)) ||
	    (ends = open_and_speak(ctl, place.account->entity)))
		return ends;
	record = record_new(&place);
	record.none = true;
	record.window = period.window;
	if (wish->said[SAID_NOTE])
		record.note = memory_text(wish->said[SAID_NOTE]);
	if (record_check(&place, &record, &err) < 0 ||
	    record_standing(ctl, &place, &standing, &count, &err) < 0)
		return ctl_fail(&err);
	agrees = record_agrees(&record, standing, count, &err);
	records_free(standing, count);
	return agrees < 0 ? ctl_fail(&err) : store_one(ctl, &place, &record, wish, false);
}

/* --- one that is stored */

/* The last version of a record, of whichever entity that is asked for; ERROR_INPUT for none. */
static int find_record(struct ctl *ctl, int64_t id, const struct entity **entity,
		       struct record *ret, struct error *err)
{
	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		struct record *versions = NULL;
		size_t count = 0;

		*entity = &ctl->config->entities[e];
		if (!ctl_wants(ctl, *entity))
			continue;
		if (store_record_history(ctl->store, (*entity)->id, id, &versions, &count, err) <
		    0) {
			if (err->class != ERROR_INPUT)
				return -1;
			continue;
		}
		if (count)
			*ret = record_copy(&versions[count - 1]);
		records_free(versions, count);
		if (!count)
			continue;
		if (!ret->withdrawn)
			return 0;
		return error_set(err, ERROR_INPUT, "record %lld is withdrawn: record it anew",
				 (long long)id);
	}
	return error_set(err, ERROR_INPUT,
			 "there is no record %lld: metricsctl record --list has their numbers",
			 (long long)id);
}

static int put_correction(const struct record_place *place, const struct wish *wish,
			  const struct record *standing, size_t count, struct record *record,
			  bool *local, struct error *err)
{
	const struct record *same;
	struct record_words words;

	if (take_words(place->shape, wish, &words, err) < 0)
		return -1;
	if (record->none)
		return error_set(err, ERROR_INPUT,
				 "record %lld says that there was nothing: withdraw it and record "
				 "what there was",
				 (long long)record->id);
	if (record_put(place, &words, record, local, err) < 0 ||
	    record_check(place, record, err) < 0)
		return -1;
	same = record_same(record, standing, count);
	if (same && same->id != record->id)
		return error_set(err, ERROR_INPUT,
				 "record %lld has those days and that title already: withdraw one "
				 "of the two",
				 (long long)same->id);
	return record_agrees(record, standing, count, err);
}

static int correct(struct ctl *ctl, const struct wish *wish)
{
	SCOPED(record)
	struct record record = { 0 };
	struct record *standing = NULL;
	const struct entity *entity = NULL;
	struct record_place place;
	size_t count = 0;
	struct error err;
	bool local = false;
	int64_t id;
	int put, ends;

	if (value_parse(wish->correct, "--correct", &id, &err) < 0)
		return ctl_fail(&err);
	if ((ends = record_open(ctl)))
		return ends;
	if (find_record(ctl, id, &entity, &record, &err) < 0 ||
	    record_place_of(ctl, entity, &record, &place, &err) < 0 ||
	    record_standing(ctl, &place, &standing, &count, &err) < 0)
		return ctl_fail(&err);
	put = put_correction(&place, wish, standing, count, &record, &local, &err);
	records_free(standing, count);
	if (put < 0)
		return ctl_fail(&err);
	ends = ctl_speak(ctl, entity);
	return ends ? ends : store_one(ctl, &place, &record, wish, local);
}

static int take_back(struct ctl *ctl, const struct wish *wish)
{
	SCOPED(record)
	struct record record = { 0 };
	const struct origin origin = {
		.kind = ORIGIN_PERSON,
		.at = ctl->now,
		.by = ctl_person(wish->by),
		.note = wish->said[SAID_NOTE],
	};
	const struct entity *entity;
	struct changes changes = { 0 };
	struct error err;
	int64_t id;
	int ends;

	for (size_t i = 0; i < SAID_FIELDS; i++)
		if (wish->said[i] && i != SAID_NOTE)
			return ctl_say(ENDS_USAGE, "--withdraw takes --note and --by, not --%s",
				       said_names[i]);
	if (value_parse(wish->withdraw, "--withdraw", &id, &err) < 0)
		return ctl_fail(&err);
	if ((ends = check_words("--note", origin.note, NOTE_MAX)) ||
	    (ends = ctl_open(ctl, STORE_PERSON)))
		return ends;
	if (find_record(ctl, id, &entity, &record, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_speak(ctl, entity)))
		return ends;
	if (store_record_withdraw(ctl->store, entity->id, id, &origin, &changes, &err) < 0)
		return ctl_fail(&err);
	(void)fprintf(ctl->out, say("Record %lld (%s) is withdrawn; its trace stays.\n"),
		      (long long)id, record.none ? say("nothing") : record.title);
	say_closed(ctl, entity, &record.window, 1);
	return ENDS_FINE;
}

/* --- the command */

static int check_wish(const struct ctl *ctl, int argc, const struct wish *wish, bool file)
{
	int ways = wish->list + (wish->history != NULL) + (wish->correct != NULL) +
		   (wish->withdraw != NULL) + (wish->none != NULL) + file;
	bool by_number = wish->history || wish->correct || wish->withdraw;

	if (ways > 1)
		return ctl_say(ENDS_USAGE, "say one of --list, --history, --correct, --withdraw, "
					   "--none and --from FILE");
	if (ctl->format_given && !wish->list && !wish->history)
		return ctl_say(ENDS_USAGE, "only record --list and record --history have --format");
	if (by_number && argc)
		return ctl_say(ENDS_USAGE, "the number says which record it is: leave LIST out");
	if (!by_number && !wish->list && argc != 1)
		return ctl_say(ENDS_USAGE,
			       "record wants LIST: events, campaigns, risks, or a metric that is "
			       "counted one by one; see metricsctl record --help");
	for (size_t i = 0; (wish->list || wish->history) && i < SAID_FIELDS; i++)
		if (wish->said[i])
			return ctl_say(ENDS_USAGE, "--%s says something of a record: leave it out",
				       said_names[i]);
	return check_words("--by", ctl_person(wish->by), BY_MAX);
}

/* `record --list`, with a list, a period, or both. */
static int list(struct ctl *ctl, int argc, char **argv)
{
	/* a period begins with a digit, but for those an entity has named */
	bool period_alone = argc == 1 && strchr("0123456789", argv[0][0]);

	return record_list(ctl, argc && !period_alone ? argv[0] : NULL,
			   argc > 1 ? argv[1] : (period_alone ? argv[0] : NULL));
}

static int from_file(struct ctl *ctl, const char *word, const struct wish *wish)
{
	struct record_place place;
	struct error err;
	int ends;

	for (size_t i = 0; i < SAID_FIELDS; i++)
		if (wish->said[i] && i != SAID_FROM)
			return ctl_say(ENDS_USAGE,
				       "--from %s: the file says it all, --%s has no place beside "
				       "it",
				       wish->said[SAID_FROM], said_names[i]);
	if (record_place_find(ctl, word, &place, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_speak(ctl, place.account->entity)))
		return ends;
	return record_file(ctl, &place, wish->said[SAID_FROM], ctl_person(wish->by));
}

static int record(struct ctl *ctl, int argc, char **argv)
{
	struct wish wish = { 0 };
	struct flag flags[SAID_FIELDS + 7] = {
		{ "none", &wish.none, NULL },
		{ "correct", &wish.correct, NULL },
		{ "withdraw", &wish.withdraw, NULL },
		{ "history", &wish.history, NULL },
		{ "by", &wish.by, NULL },
		{ "list", NULL, &wish.list },
	};
	bool file;
	int ends;

	for (size_t i = 0; i < SAID_FIELDS; i++)
		flags[6 + i] = (struct flag){ said_names[i], &wish.said[i], NULL };
	if (ctl_options(ctl, &argc, &argv, flags, 0, 2, &ends) < 0)
		return ends;
	file = wish.said[SAID_FROM] && !is_day(wish.said[SAID_FROM]);
	if ((ends = check_wish(ctl, argc, &wish, file)) || (ends = ctl_load(ctl)))
		return ends;
	if (wish.list)
		return list(ctl, argc, argv);
	if (wish.history)
		return record_history(ctl, wish.history);
	if (wish.correct)
		return correct(ctl, &wish);
	if (wish.withdraw)
		return take_back(ctl, &wish);
	if (wish.none)
		return record_none(ctl, argv[0], &wish);
	return file ? from_file(ctl, argv[0], &wish) : record_one(ctl, argv[0], &wish);
}

const struct command record_command = {
	.name = "record",
	.arguments = "LIST",
	.purpose = "registers: events, campaigns, risks, and what is counted one by one",
	.help = "LIST is events, campaigns, risks, or the id of a metric people enter "
		"(bulletins).\n"
		"A record with the days and title of one that stands corrects it; what is not "
		"said\n"
		"stays as it was. The same again changes nothing.\n\n"
		"  event     --date DAY --title TEXT [--responsible TEXT] [--attendees N|unknown]\n"
		"  campaign  --from DAY --to DAY --title TEXT [--audience TEXT] [--channels TEXT]\n"
		"            [--coordination TEXT] [--objective TEXT] [--products TEXT]\n"
		"  risk      --period PERIOD --title TEXT [--materialised yes|no] [--noted DAY]\n"
		"  a metric  --date DAY --title TEXT [--count N] [--responsible TEXT]\n"
		"  each of them: [--note TEXT] [--evidence LINK-or-FILE] [--by NAME]\n\n"
		"  LIST --none PERIOD       there was nothing in these months\n"
		"  LIST --from FILE         a CSV file of records, all of it or nothing\n"
		"  --correct ID …           with the options that change\n"
		"  --withdraw ID            its trace stays; --note TEXT says why\n"
		"  --list [LIST] [PERIOD]   those that stand, with their numbers\n"
		"  --history ID             what a record has said\n\n"
		"example: an event whose attendance nobody counted\n"
		"  metricsctl record event --date 2025-10-28 --title 'Rendición de cuentas'\n",
	.run = record,
	.takes_account = true,
	.for_machines = true,
	.takes_database = true,
};
