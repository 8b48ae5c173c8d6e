/*
 * Closing a period: its figures are frozen as canonical JSON and signed by its SHA-256. What is
 * said of them later is kept beside them, until somebody reopens the period and says why.
 */
#include "board.h"
#include "record.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
	CLOSINGS_VERSION = 1,
	SHA256_BYTES = 32,
	LISTED_MAX = 10, /* of what hinders closing, in words */
};

/* What was asked on the command line. */
struct wish {
	const char *by, *note, *output;
	bool show, list, anyway;
};

static int digest(const char *bytes, size_t length, char ret[2 * SHA256_BYTES + 1],
		  struct error *err)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (!EVP_Digest(bytes, length, hash, &size, EVP_sha256(), NULL) || size != SHA256_BYTES)
		return error_set(err, ERROR_OURS, "SHA-256 of the figures failed");
	for (size_t i = 0; i < SHA256_BYTES; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

/* Exactly the bytes that were hashed: no line end behind them. */
static int write_output(const char *path, const char *json, struct error *err)
{
	return draft_write(&(struct draft){ .path = path, .mode = 0666, .special = true }, json,
			   strlen(json), err);
}

/* --- whether it can be closed */

/* Things that are said of a period before it is closed. */
struct obstacles {
	struct text lines; /* why not, one line each */
	size_t count;
	size_t revisable, incomplete; /* figures: said, no hindrance */
};

static void scoped_obstacles(struct obstacles *obstacles)
{
	text_clear(&obstacles->lines);
}

static void add_obstacle(struct obstacles *obstacles, const char *line)
{
	if (obstacles->count++ < LISTED_MAX)
		text_addf(&obstacles->lines, "  %s\n", line);
}

/* The figures that may still change by themselves. */
static void look_at_figures(const struct sheet *sheet, struct obstacles *obstacles)
{
	for (size_t i = 0; i < sheet->row_count; i++) {
		const struct sheet_row *row = &sheet->rows[i];
		const struct figure *figure;
		SCOPED(text)
		struct text line = { 0 };

		if (!row->metric)
			continue;
		figure = &row->figures[sheet->column_count - 1];
		obstacles->revisable += figure->revisable && !figure->provisional;
		obstacles->incomplete += !figure->complete;
		if (!figure->provisional || figure->form == FIGURE_NONE)
			continue;
		text_addf(&line, "%s %s is provisional: its days still run or settle", row->account,
			  row->metric);
		add_obstacle(obstacles, text_str(&line));
	}
}

/* Risks of which nobody has said, since their period began, whether they came true. */
static void look_at_risks(const struct board *board, const struct account *account,
			  const struct period *period, struct obstacles *obstacles)
{
	const struct record *records;
	size_t count = board_records(board, account, RECORD_RISKS, &records);

	for (size_t i = 0; i < count; i++) {
		const struct record *risk = &records[i];
		SCOPED(text)
		struct text line = { 0 };
		char day[DAY_TEXT];

		if (risk->none || (risk->known && !record_stale(risk)) ||
		    window_common(risk->window, period->window).days == 0)
			continue;
		text_addf(&line, "%s \"%s\": ", account->id, risk->title);
		if (risk->known)
			text_addf(&line, "its verdict is of %s, before its period began",
				  day_text(risk->noted, day));
		else
			text_add(&line, "nobody said whether it came true");
		add_obstacle(obstacles, text_str(&line));
	}
}

static void look_at_verdicts(const struct board *board, const struct period *period,
			     struct obstacles *obstacles)
{
	const struct entity *entity = board_entity(board);

	for (size_t i = 0; i < entity->account_count; i++) {
		const char *keeps = entity->accounts[i].collector->keeps;

		if (keeps && strcmp(keeps, RECORD_RISKS) == 0)
			look_at_risks(board, &entity->accounts[i], period, obstacles);
	}
}

/* --- the closings there are */

struct closings {
	struct closing *items;
	size_t count;
};

static void scoped_closings(struct closings *closings)
{
	closings_free(closings->items, closings->count);
}

/* The closing of that period that stands, or NULL. */
static const struct closing *standing(const struct closings *closings, const struct period *period)
{
	for (size_t i = 0; i < closings->count; i++)
		if (!closings->items[i].reopened_at &&
		    strcmp(closings->items[i].period, period->name) == 0)
			return &closings->items[i];
	return NULL;
}

/* "15 ene 2026, ana" */
static void add_when(const struct ctl *ctl, const struct entity *entity, int64_t time,
		     const char *by, struct text *out)
{
	SCOPED(zone)
	struct zone *zone = NULL;

	if (zone_open(entity->zone, &zone, NULL) == 0)
		language_date(ctl->language, zone_day(zone, time), out);
	if (by)
		text_addf(out, ", %s", by);
}

static void record_closing(struct records *records, const struct entity *entity,
			   const struct closing *closing)
{
	records_next(records);
	records_text(records, "entity", entity->id);
	records_text(records, "notice", entity->notice);
	records_number(records, "closing", closing->id);
	records_text(records, "period", closing->period);
	records_day(records, "first_day", closing->window.first);
	records_day(records, "last_day", window_end(closing->window) - 1);
	records_time(records, "at", closing->at);
	records_text(records, "by", closing->by);
	records_text(records, "note", closing->note);
	records_text(records, "sha256", closing->sha256);
	records_time(records, "reopened_at", closing->reopened_at);
	records_text(records, "reopened_by", closing->reopened_by);
	records_text(records, "reopened_why", closing->reopened_why);
}

static void print_closing(const struct ctl *ctl, const struct entity *entity,
			  const struct closing *closing)
{
	SCOPED(text)
	struct text when = { 0 };
	SCOPED(text)
	struct text lines = { 0 };

	add_when(ctl, entity, closing->at, closing->by, &when);
	/* TRANSLATORS: period, then day and person */
	text_addf(&lines, say("%s: closed %s"), closing->period, text_str(&when));
	if (closing->note)
		text_addf(&lines, " · %s", closing->note);
	text_addf(&lines, "\n  SHA-256 %s\n", closing->sha256);
	if (closing->reopened_at) {
		text_reset(&when);
		add_when(ctl, entity, closing->reopened_at, closing->reopened_by, &when);
		/* TRANSLATORS: day and person, then why */
		text_addf(&lines, say("  reopened %s: %s\n"), text_str(&when),
			  closing->reopened_why ? closing->reopened_why : "");
	}
	print_tame(&lines, ctl->out);
}

static void show_closings(const struct ctl *ctl, const struct entity *entity,
			  const struct closing *closings, size_t count, bool *first,
			  struct records *records)
{
	if (ctl->format != REPORT_TABLE) {
		for (size_t i = 0; i < count; i++)
			record_closing(records, entity, &closings[i]);
		return;
	}
	print_entity(ctl, entity, first);
	for (size_t i = 0; i < count; i++)
		print_closing(ctl, entity, &closings[i]);
	if (count == 0)
		(void)fprintf(ctl->out, "%s\n", say("No period was closed."));
}

static void begin_closings(const struct ctl *ctl, struct records *records)
{
	if (ctl->format != REPORT_TABLE)
		records_begin(records, ctl->format, "metricsd.closings", CLOSINGS_VERSION,
			      ctl->out);
}

static void end_closings(const struct ctl *ctl, struct records *records)
{
	if (ctl->format != REPORT_TABLE)
		records_end(records);
}

static void show_closing(const struct ctl *ctl, const struct entity *entity,
			 const struct closing *closing)
{
	struct records records = { 0 };
	bool first = true;

	begin_closings(ctl, &records);
	show_closings(ctl, entity, closing, 1, &first, &records);
	end_closings(ctl, &records);
}

/* Every period that was closed, of the entities asked for. */
static int list_closings(struct ctl *ctl)
{
	struct records records = { 0 };
	bool first = true;
	struct error err;
	int ends = ENDS_FINE;

	begin_closings(ctl, &records);
	for (size_t e = 0; ends == ENDS_FINE && e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];
		SCOPED(closings)
		struct closings closings = { 0 };

		if (!ctl_wants(ctl, entity))
			continue;
		if (store_closings(ctl->store, entity->id, &closings.items, &closings.count, &err) <
		    0)
			ends = ctl_fail(&err);
		else if ((ends = ctl_speak(ctl, entity)) == ENDS_FINE)
			show_closings(ctl, entity, closings.items, closings.count, &first,
				      &records);
	}
	end_closings(ctl, &records);
	return ends;
}

/* --- closing */

/* Whether the obstacles let it pass; says what is to be known. */
static int weigh(const struct ctl *ctl, const struct period *period,
		 const struct obstacles *obstacles, bool anyway)
{
	if (obstacles->count) {
		SCOPED(text)
		struct text words = TEXT_UP_TO(1 << 20);

		text_addf(&words, "metricsctl: %s is not settled:\n%s", period->name,
			  text_str(&obstacles->lines));
		print_tame(&words, stderr);
		if (obstacles->count > LISTED_MAX)
			(void)fprintf(stderr, "  … %zu more\n", obstacles->count - LISTED_MAX);
		if (!anyway)
			return ctl_say(ENDS_PERSON,
				       "%s was not closed: wait until it is settled, or close "
				       "it --anyway",
				       period->name);
	}
	if (ctl->format != REPORT_TABLE)
		return ENDS_FINE;
	if (obstacles->incomplete)
		(void)fprintf(ctl->out,
			      say_count("%zu figure is incomplete and is closed as it is.\n",
					"%zu figures are incomplete and are closed as they are.\n",
					(int64_t)obstacles->incomplete),
			      obstacles->incomplete);
	if (obstacles->revisable)
		(void)fprintf(
			ctl->out,
			say_count(
				"%zu figure may still be revised by its provider: what changes is "
				"shown beside it.\n",
				"%zu figures may still be revised by their providers: what "
				"changes is shown beside them.\n",
				(int64_t)obstacles->revisable),
			obstacles->revisable);
	return ENDS_FINE;
}

static int check_over(const struct ctl *ctl, const struct entity *entity,
		      const struct period *period, bool anyway)
{
	struct error err;
	int32_t today;
	char day[DAY_TEXT];

	if (ctl_today(ctl, entity->zone, &today, &err) < 0)
		return ctl_fail(&err);
	if (period->window.first > today)
		return ctl_say(ENDS_USAGE, "%s has not begun: it begins on %s", period->name,
			       day_text(period->window.first, day));
	if (window_end(period->window) > today && !anyway)
		return ctl_say(ENDS_PERSON,
			       "%s still runs: close it when it is over, from %s on, or close it "
			       "--anyway",
			       period->name, day_text(window_end(period->window), day));
	return ENDS_FINE;
}

/* The figures of the period as they are signed, and what is to be said of them. */
static int freeze(struct ctl *ctl, const struct entity *entity, const struct period *period,
		  struct text *json, struct obstacles *obstacles)
{
	SCOPED(board)
	struct board *board = NULL;
	struct period columns[SHEET_COLUMNS];
	const struct sheet *sheet;
	struct error err;

	if (board_open(ctl, entity, NULL, period->window, &board, &err) < 0)
		return ctl_fail(&err);
	sheet = board_sheet(board, NULL, period, columns, board_columns(period, columns));
	sheet_canonical(sheet, json);
	if (json->failed)
		return ctl_say(ENDS_FAILURE, "%s: too many figures to close at once", period->name);
	look_at_figures(sheet, obstacles);
	look_at_verdicts(board, period, obstacles);
	return ENDS_FINE;
}

/* Says what was closed; a file that cannot be written is said after what is stored. */
static int report(const struct ctl *ctl, const struct entity *entity, const struct closing *closing,
		  const char *json, const char *output)
{
	struct error err;

	show_closing(ctl, entity, closing);
	if (!output)
		return ENDS_FINE;
	if (write_output(output, json, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	if (ctl->format == REPORT_TABLE)
		(void)fprintf(ctl->out, "  %s\n", output);
	return ENDS_FINE;
}

static int close_period(struct ctl *ctl, const struct entity *entity, const struct period *period,
			const struct wish *wish)
{
	SCOPED(text)
	struct text json = { 0 };
	SCOPED(obstacles)
	struct obstacles obstacles = { 0 };
	SCOPED(memory)
	char *by = memory_text(ctl_person(wish->by));
	SCOPED(memory)
	char *note = wish->note ? memory_text(wish->note) : NULL;
	SCOPED(memory)
	char *name = memory_text(period->name);
	SCOPED(memory)
	char *owner = memory_text(entity->id);
	struct closing closing = {
		.entity = owner,
		.period = name,
		.window = period->window,
		.at = ctl->now,
		.by = by,
		.note = note,
	};
	struct error err;
	int ends = check_over(ctl, entity, period, wish->anyway);

	/* what is entered meanwhile comes after the closing, and is shown as a difference */
	if (ends == ENDS_FINE && store_begin(ctl->store, &err) < 0)
		return ctl_fail(&err);
	if (ends || (ends = freeze(ctl, entity, period, &json, &obstacles)) ||
	    (ends = weigh(ctl, period, &obstacles, wish->anyway)))
		return ends;
	closing.json = json.bytes;
	if (digest(text_str(&json), json.length, closing.sha256, &err) < 0 ||
	    store_closing_add(ctl->store, &closing, &closing.id, &err) < 0 ||
	    store_commit(ctl->store, &err) < 0)
		return ctl_fail(&err);
	return report(ctl, entity, &closing, text_str(&json), wish->output);
}

/* What is kept of a closed period; changes nothing. */
static int show_one(struct ctl *ctl, const struct entity *entity, const struct closing *closing,
		    const struct wish *wish)
{
	SCOPED(memory)
	char *json = NULL;
	struct error err;

	if (store_closing_json(ctl->store, closing->id, &json, &err) < 0)
		return ctl_fail(&err);
	return report(ctl, entity, closing, json, wish->output);
}

static int close_or_show(struct ctl *ctl, const struct entity *entity, const char *word,
			 const struct wish *wish)
{
	SCOPED(closings)
	struct closings closings = { 0 };
	const struct closing *closing;
	struct period period;
	struct error err;

	if (store_closings(ctl->store, entity->id, &closings.items, &closings.count, &err) < 0)
		return ctl_fail(&err);
	if (config_period(entity, word, &period, &err) < 0)
		return ctl_fail(&err);
	closing = standing(&closings, &period);
	if (wish->show)
		return closing ? show_one(ctl, entity, closing, wish)
			       : ctl_say(ENDS_USAGE, "%s is not closed", period.name);
	if (closing)
		return ctl_say(ENDS_USAGE,
			       "%s is closed already: `metricsctl close %s --show` shows it, "
			       "`metricsctl reopen %s --why TEXT` opens it again",
			       period.name, period.name, period.name);
	return close_period(ctl, entity, &period, wish);
}

/* The entity whose period it is; NULL after words. */
static const struct entity *whose(const struct ctl *ctl)
{
	const struct entity *entity = ctl_entity(ctl);

	if (!entity)
		(void)ctl_say(ENDS_USAGE, "whose period is it? Say --entity");
	return entity;
}

/* Where there is no database yet, there is nothing to close: reading says so. */
static bool writes(const struct ctl *ctl, const struct wish *wish)
{
	return !wish->show && ctl_has_store(ctl);
}

/* What has no use beside --list and --show, which change nothing. */
static int refuse_beside(const struct wish *wish)
{
	const char *way = wish->list ? "--list" : "--show";
	const struct {
		const char *option;
		bool given, of_show;
	} options[] = {
		{ "--show", wish->list && wish->show, false },
		{ "--output", wish->output, true },
		{ "--anyway", wish->anyway, false },
		{ "--by", wish->by, false },
		{ "--note", wish->note, false },
	};

	for (size_t i = 0; (wish->list || wish->show) && i < sizeof(options) / sizeof(options[0]);
	     i++)
		if (options[i].given && (wish->list || !options[i].of_show))
			return ctl_say(ENDS_USAGE,
				       "close %s only shows what was closed: leave %s out", way,
				       options[i].option);
	return ENDS_FINE;
}

static int close_run(struct ctl *ctl, int argc, char **argv)
{
	struct wish wish = { 0 };
	const struct flag flags[] = {
		{ "by", &wish.by, NULL },         { "note", &wish.note, NULL },
		{ "o", &wish.output, NULL },      { "output", &wish.output, NULL },
		{ "show", NULL, &wish.show },     { "list", NULL, &wish.list },
		{ "anyway", NULL, &wish.anyway }, { 0 },
	};
	const struct entity *entity;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 1, &ends) < 0)
		return ends;
	if (argc == (wish.list ? 1 : 0))
		return ctl_say(ENDS_USAGE, "%s",
			       wish.list ? "close --list takes no period"
					 : "close wants PERIOD, or --list; see "
					   "metricsctl close --help");
	if ((ends = refuse_beside(&wish)) ||
	    (ends = check_words("--by", ctl_person(wish.by), BY_MAX)) ||
	    (ends = check_words("--note", wish.note, NOTE_MAX)) || (ends = ctl_load(ctl)))
		return ends;
	if (wish.list)
		return (ends = ctl_open(ctl, STORE_READ)) ? ends : list_closings(ctl);
	if (!(entity = whose(ctl)))
		return ENDS_USAGE;
	if ((ends = ctl_speak(ctl, entity)) ||
	    (ends = ctl_open(ctl, writes(ctl, &wish) ? STORE_PERSON : STORE_READ)))
		return ends;
	return close_or_show(ctl, entity, argv[0], &wish);
}

const struct command close_command = {
	.name = "close",
	.arguments = "PERIOD",
	.purpose = "freeze the figures of a period, and sign them with their SHA-256",
	.help = "The figures of the period and of its months are kept as they are now; summary "
		"shows what\n"
		"differs later beside them. A period that still runs, has provisional figures or "
		"risks\n"
		"whose verdict is older than it is refused. The same data give the same "
		"SHA-256.\n\n"
		"  -o, --output FILE   the figures as canonical JSON: what sha256sum reproduces\n"
		"  --show              of a closed period: its SHA-256, with -o its figures\n"
		"  --list              every period that was closed, the reopened ones too; of all "
		"institutions\n"
		"                      without --entity\n"
		"  --anyway            close it although not all is settled\n"
		"  --by NAME           who says so (default: who runs this)\n"
		"  --note TEXT\n\n"
		"example:\n"
		"  metricsctl close 2025-Q4 --by 'Ana Gómez' --note 'acta 12' -o 2025-Q4.json\n",
	.run = close_run,
	.for_machines = true,
	.takes_database = true,
};

/* --- reopening */

static int reopen_period(struct ctl *ctl, const struct entity *entity, const char *word,
			 const char *by, const char *why)
{
	SCOPED(closings)
	struct closings closings = { 0 };
	const struct closing *closing;
	struct period period;
	struct error err;

	if (config_period(entity, word, &period, &err) < 0 ||
	    store_closings(ctl->store, entity->id, &closings.items, &closings.count, &err) < 0)
		return ctl_fail(&err);
	closing = standing(&closings, &period);
	if (!closing)
		return ctl_say(ENDS_USAGE, "%s is not closed", period.name);
	if (store_closing_end(ctl->store, closing->id, by, why, ctl->now, &err) < 0)
		return ctl_fail(&err);
	(void)fprintf(ctl->out,
		      say("%s is open again; what was closed is kept (metricsctl close --list).\n"),
		      period.name);
	return ENDS_FINE;
}

static int reopen(struct ctl *ctl, int argc, char **argv)
{
	const char *by = NULL;
	const char *why = NULL;
	const struct flag flags[] = { { "by", &by, NULL }, { "why", &why, NULL }, { 0 } };
	const struct entity *entity;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 1, 1, &ends) < 0)
		return ends;
	if (!why || !*why)
		return ctl_say(ENDS_USAGE, "reopen wants --why TEXT: it is kept with what was "
					   "closed");
	if ((ends = check_words("--by", ctl_person(by), BY_MAX)) ||
	    (ends = check_words("--why", why, NOTE_MAX)) || (ends = ctl_load(ctl)))
		return ends;
	if (!(entity = whose(ctl)))
		return ENDS_USAGE;
	if ((ends = ctl_speak(ctl, entity)) || (ends = ctl_open(ctl, STORE_PERSON)))
		return ends;
	return reopen_period(ctl, entity, argv[0], ctl_person(by), why);
}

const struct command reopen_command = {
	.name = "reopen",
	.arguments = "PERIOD",
	.purpose = "open a closed period again, saying why",
	.help = "What was closed is kept with who reopened it and why; close it again when it is "
		"right.\n\n"
		"  --why TEXT   needed\n"
		"  --by NAME    who says so (default: who runs this)\n\n"
		"example:\n"
		"  metricsctl reopen 2025-Q4 --by 'Ana Gómez' --why 'llegaron los datos de "
		"diciembre'\n",
	.run = reopen,
};
