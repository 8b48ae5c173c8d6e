/* The project's own layout: one number a line, of any account, metric and period. */
#include "import.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum column { PERIOD, ACCOUNT, METRIC, VALUE, UNCERTAINTY, EVIDENCE, NOTE, ENTITY, COLUMNS };

static const char *const column_names[COLUMNS + 1] = {
	"period", "account", "metric", "value", "uncertainty", "evidence", "note", "entity", NULL,
};

static const char *const needed[] = { "period", "account", "metric", "value", NULL };

/* What the lines before named: the next one mostly names it too. */
struct place {
	char name[160], within[80];
	const struct account *account;
	char day[PERIOD_TEXT];
	const struct entity *of; /* whose period it is */
	struct period period;
};

static const char *field(const struct import_work *work, enum column column)
{
	return csv_table_field(&work->table, column);
}

static char *copy_of(const char *text)
{
	return *text ? memory_text(text) : NULL;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The origin's own SHA-256 is that of the file that is imported, so evidence has its beside it. */
static int read_evidence(struct import_work *work, struct text *ret)
{
	const char *given = field(work, EVIDENCE);
	struct evidence evidence;
	struct error err;

	if (words_check("evidence", given, EVIDENCE_MAX, &err) < 0 ||
	    evidence_read(given, work->folder, &evidence, &err) < 0) {
		import_mistake(work, "%s", err.text);
		return -1;
	}
	if (!evidence.words)
		return 0;
	text_add(ret, evidence.words);
	if (evidence_hash(&evidence))
		text_addf(ret, " (SHA-256 %s)", evidence_hash(&evidence));
	work->local += evidence.local;
	return 0;
}

/* The number of the line's note and evidence: lines that follow each other often share them. */
static uint32_t read_words(struct import_work *work)
{
	SCOPED(text)
	struct text evidence = { 0 };
	const char *note = field(work, NOTE);
	const struct import_words *last = &work->words[work->words_count - 1];

	if (!*note && !*field(work, EVIDENCE) && !last->note && !last->evidence)
		return (uint32_t)work->words_count - 1;
	if (strlen(note) > NOTE_MAX) {
		import_mistake(work, "note is longer than %d bytes", NOTE_MAX);
		return 0;
	}
	if (read_evidence(work, &evidence) < 0)
		return 0;
	if (same_text(last->note, note) && same_text(last->evidence, text_str(&evidence)))
		return (uint32_t)work->words_count - 1;
	work->words = memory_grow(work->words, work->words_count, &work->words_room,
				  sizeof(*work->words));
	work->words[work->words_count] = (struct import_words){
		.note = copy_of(note),
		.evidence = copy_of(text_str(&evidence)),
	};
	return (uint32_t)work->words_count++;
}

/* The entry's number; what is wrong with value and uncertainty is said of each. */
static void read_number(struct import_work *work, const struct account *account,
			const struct metric *metric, const struct period *period, struct entry *ret)
{
	const char *value = field(work, VALUE);
	const char *uncertainty = field(work, UNCERTAINTY);
	struct error err;
	int64_t number;
	int read;

	if (*uncertainty && value_parse(uncertainty, "uncertainty", &number, &err) < 0) {
		import_mistake(work, "%s", err.text);
		uncertainty = "";
	}
	if (!*value) {
		import_mistake(work,
			       "value is missing: leave the line out when the figure is not known");
		return;
	}
	read = metric ? entry_make(account, metric, period, value, uncertainty, "csv", ret, &err)
		      : value_parse(value, "value", &number, &err);
	if (read < 0)
		import_mistake(work, "%s", err.text);
}

static const struct account *find_account(struct import_work *work, struct place *place)
{
	const char *name = field(work, ACCOUNT);
	const char *within = field(work, ENTITY);
	const char *entity = *within ? within : work->ctl->entity;
	struct error err;

	if (place->account && strcmp(place->name, name) == 0 && strcmp(place->within, within) == 0)
		return place->account;
	place->account = NULL;
	if (work->ctl->entity && strcmp(entity, work->ctl->entity) != 0) {
		import_mistake(work, "the line is of entity %.60s, and --entity names %s", entity,
			       work->ctl->entity);
		return NULL;
	}
	if (config_account(work->ctl->config, entity, name, &place->account, &err) < 0) {
		import_mistake(work, "%s", err.text);
		return NULL;
	}
	if (work->account && place->account != work->account) {
		import_mistake(work, "the line is of %s, and --account names %s",
			       place->account->id, work->account->id);
		place->account = NULL;
		return NULL;
	}
	(void)snprintf(place->name, sizeof(place->name), "%s", name);
	(void)snprintf(place->within, sizeof(place->within), "%s", within);
	return place->account;
}

static int find_period(struct import_work *work, const struct account *account, struct place *place)
{
	const char *word = field(work, PERIOD);
	const struct entity *entity = account ? account->entity : NULL;
	struct error err;

	if (!*place->day || strcmp(place->day, word) != 0 || place->of != entity) {
		*place->day = '\0';
		if (config_period(entity, word, &place->period, &err) < 0) {
			import_mistake(work, "%s", err.text);
			return -1;
		}
		(void)snprintf(place->day, sizeof(place->day), "%s", word);
		place->of = entity;
	}
	return 0;
}

/* Every mistake of one line, or the line. */
static void read_line(struct import_work *work, struct place *place)
{
	size_t before = work->table.mistakes;
	const struct account *account = find_account(work, place);
	const struct metric *metric = NULL;
	struct entry entry = { 0 };
	struct error err;
	uint32_t words;
	size_t lane = 0;

	if (account && metric_of(account, field(work, METRIC), &metric, &err) < 0)
		import_mistake(work, "%s", err.text);
	if (metric)
		lane = import_lane(work, account, metric);
	if (find_period(work, account, place) == 0 && metric &&
	    check_entry_period(account, &place->period, work->todays[lane], &err) < 0)
		import_mistake(work, "%s", err.text);
	read_number(work, account, metric, &place->period, &entry);
	words = read_words(work);
	if (work->table.mistakes != before || !metric)
		return;
	import_add_row(work, &(struct import_row){
				     .window = entry.window,
				     .value = entry.value,
				     .below = entry.below,
				     .above = entry.above,
				     .lane = (uint32_t)lane,
				     .line = work->table.record.line,
				     .words = words,
			     });
}

/* What a column is called in another language. */
static const char *plain_name(const void *names, const char *name)
{
	const struct import_name *found = import_name_find(names, "csv", name);

	return found ? found->means : NULL;
}

static void read_long(struct import_work *work)
{
	struct place place = { .account = NULL };
	struct csv_table *table = &work->table;
	/* what stands before it, a mark or "sep=,", was skipped */
	size_t skipped = table->csv.at;
	int lines = table->csv.line - 1;

	table->plain_name = plain_name;
	table->data = work->names;
	csv_table_begin(table, column_names, UNCERTAINTY, table->csv.bytes + skipped,
			table->csv.length - skipped);
	table->csv.line += lines;
	work->words = memory_grow(work->words, 0, &work->words_room, sizeof(*work->words));
	work->words[0] = (struct import_words){ 0 };
	work->words_count = 1;
	while (csv_table_next(table)) {
		read_line(work, &place);
		import_progress(work);
	}
}

/* The column a name means, COLUMNS: none. */
static enum column column_of(const struct import_names *names, const char *name)
{
	const char *plain = plain_name(names, name);
	enum column column = PERIOD;

	while (column < COLUMNS && strcmp(plain ? plain : name, column_names[column]) != 0)
		column++;
	return column;
}

/* Its header, or one that means to be it: a date and a number alone are no line of ours. */
static bool is_long(const struct import_names *names, const struct import_head *head)
{
	const struct csv_record *first = &head->records[0];
	size_t known = 0;
	bool whose = false;

	for (size_t i = 0; i < first->count; i++) {
		enum column column = column_of(names, text_str(&first->fields[i]));

		known += column < COLUMNS;
		whose = whose || column == ACCOUNT || column == METRIC;
	}
	return known >= 2 && whose;
}

const struct import_layout import_long = {
	.name = "csv",
	.source = "csv",
	.title = "period,account,metric,value",
	.names_accounts = true,
	.needed = needed,
	.recognise = is_long,
	.read = read_long,
};
