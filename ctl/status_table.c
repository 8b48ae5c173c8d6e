/* status for people: a table for each entity, what there is to say of its accounts below them. */
#include "status.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/token.h"

#include <string.h>

enum { STATUS_VERSION = 1 };

static const struct {
	const char *word;
	enum paint paint;
} conditions[] = {
	[CONDITION_OK] = { N_("ok"), PAINT_GOOD },
	[CONDITION_MANUAL] = { N_("by hand"), PAINT_PLAIN },
	[CONDITION_NEVER] = { N_("not yet"), PAINT_WARN },
	[CONDITION_PARTIAL] = { N_("in part"), PAINT_WARN },
	[CONDITION_WAITING] = { N_("waiting"), PAINT_WARN },
	[CONDITION_FAILING] = { N_("failing"), PAINT_BAD },
	[CONDITION_OVERDUE] = { N_("overdue"), PAINT_BAD },
	[CONDITION_ENDED] = { N_("ended"), PAINT_DIM },
};

/* --- cells */

static void add_time(struct status *status, const struct account *account, int64_t time)
{
	char clock[TIME_TEXT];
	struct zone *zone;

	if (time == 0 || zones_get(&status->zones, account->entity->zone, &zone, NULL) < 0)
		grid_cell(&status->grid, PAINT_DIM, time ? "?" : "—");
	else
		grid_cell(&status->grid, PAINT_PLAIN, zone_clock(zone, time, clock));
}

static void add_coverage(struct status *status, const struct coverage *coverage)
{
	SCOPED(text)
	struct text cell = { 0 };

	if (coverage->days)
		text_addf(&cell, "%d/%d", (int)coverage->known, (int)coverage->days);
	grid_cell(&status->grid, coverage->known < coverage->days ? PAINT_WARN : PAINT_PLAIN,
		  coverage->days ? text_str(&cell) : "—");
}

/* "ends in 12 days", "its access to data ends in 12 days". */
static void add_end(const struct token_warning *warning, struct text *out)
{
	if (warning->stage == 0)
		text_add(out, warning->data_access ? say("may read no data any more")
						   : say("has ended"));
	else if (warning->data_access)
		text_addf(out,
			  say_count("may read no data in %lld day", "may read no data in %lld days",
				    warning->days),
			  (long long)warning->days);
	else
		text_addf(out, say_count("ends in %lld day", "ends in %lld days", warning->days),
			  (long long)warning->days);
}

static enum paint say_token(const struct token_health *token, int64_t now, struct text *out)
{
	struct token_warning warning = token_warn(token, now);

	if (token->verdict == TOKEN_INVALID) {
		text_add(out, say("invalid"));
		return PAINT_BAD;
	}
	if (warning.stage >= 0) {
		add_end(&warning, out);
		return warning.stage <= 3 ? PAINT_BAD : PAINT_WARN;
	}
	if (token->lacks[0]) {
		/* TRANSLATORS: a token lacks permissions; their names follow */
		text_addf(out, say("lacks %s"), token->lacks);
		return PAINT_WARN;
	}
	if (token->refused[0]) {
		/* TRANSLATORS: a token's, in a narrow column */
		text_add(out, say("new secret refused"));
		return PAINT_WARN;
	}
	if (token->verdict == TOKEN_UNKNOWN) {
		text_add(out, say("not known"));
		return PAINT_WARN;
	}
	text_add(out, say("valid"));
	return PAINT_GOOD;
}

static void add_token(struct status *status, const struct checkup *checkup)
{
	SCOPED(text)
	struct text cell = { 0 };
	enum paint paint = PAINT_DIM;

	if (checkup->token)
		paint = say_token(checkup->token, status->ctl->now, &cell);
	grid_cell(&status->grid, paint, checkup->token ? text_str(&cell) : "—");
}

/* --- remarks */

/* A line of its own below the account's. */
static void add_remark(struct status *status, enum paint paint, const char *words)
{
	SCOPED(text)
	struct text line = { 0 };

	text_addf(&line, "  %s", words);
	grid_cell(&status->grid, paint, text_str(&line));
	grid_end_row(&status->grid);
}

static const char *scope_words(enum hold_scope scope)
{
	switch (scope) {
	case HOLD_NONE:
		return "";
	case HOLD_REQUEST:
		return say("one call");
	case HOLD_ACCOUNT:
		return say("the account");
	case HOLD_TOKEN:
		return say("its token");
	case HOLD_APP:
		return say("the whole platform");
	case HOLD_HOST:
		return say("its host");
	}
	return "";
}

static void remark_hold(struct status *status, const struct checkup *checkup)
{
	const struct held *held = checkup->held;
	SCOPED(text)
	struct text line = { 0 };
	char clock[TIME_TEXT];
	struct zone *zone;

	if (!held)
		return;
	if (held->until == INT64_MAX)
		text_addf(&line, say("%s waits until a person acts: %s"), scope_words(held->scope),
			  held->why);
	else if (zones_get(&status->zones, checkup->account->entity->zone, &zone, NULL) == 0)
		text_addf(&line, say("%s waits until %s: %s"), scope_words(held->scope),
			  zone_clock(zone, held->until, clock), held->why);
	add_remark(status, PAINT_WARN, text_str(&line));
}

static void remark_failure(struct status *status, const struct checkup *checkup)
{
	const struct sweep_state *daily = &checkup->daily;
	SCOPED(text)
	struct text line = { 0 };

	if (checkup->health.condition == CONDITION_PARTIAL) {
		text_addf(&line, say("a permission lacks: %s"), text_str(&daily->words));
		add_remark(status, PAINT_WARN, text_str(&line));
	}
	if (daily->failures == 0)
		return;
	text_addf(
		&line,
		say_count("%d failure (%s): %s", "%d failures in a row (%s): %s", daily->failures),
		(int)daily->failures, error_class_name(daily->class), text_str(&daily->words));
	add_remark(status, PAINT_BAD, text_str(&line));
}

static void remark_advice(struct status *status, const struct checkup *checkup)
{
	SCOPED(text)
	struct text advice = { 0 };
	SCOPED(text)
	struct text line = { 0 };

	checkup_advise(checkup, &advice);
	if (!advice.length)
		return;
	text_addf(&line, "→ %s", text_str(&advice));
	add_remark(status, PAINT_PLAIN, text_str(&line));
}

/* What a collector that reads often says of how things stand, line by line. */
static void remark_report(struct status *status, const struct checkup *checkup)
{
	const char *line = text_str(&checkup->daily.words);

	if (!checkup->account->collector->every_minutes || checkup->daily.failures > 0 ||
	    checkup->health.condition == CONDITION_PARTIAL)
		return;
	while (*line) {
		size_t length = strcspn(line, "\n");
		SCOPED(memory)
		char *words = memory_text_n(line, length);

		add_remark(status, PAINT_DIM, words);
		line += length + (line[length] == '\n');
	}
}

static void remark_retired(struct status *status, const struct checkup *checkup)
{
	const struct metric *metrics = checkup->account->collector->metrics;

	for (size_t i = 0; metrics && metrics[i].id && i < METRICS_MAX; i++) {
		const struct metric_state *state = &checkup->metrics.items[i];
		SCOPED(text)
		struct text line = { 0 };
		char day[DAY_TEXT];

		if (state->life != METRIC_RETIRED)
			continue;
		text_addf(&line, say("%s: retired by the provider, %s"), metrics[i].id,
			  day_text(state->since, day));
		if (metrics[i].successor)
			text_addf(&line, say("; its successor is %s"), metrics[i].successor);
		add_remark(status, PAINT_WARN, text_str(&line));
	}
}

static void remark_gaps(struct status *status, const struct checkup *checkup)
{
	SCOPED(text)
	struct text line = { 0 };

	if (!checkup->gap_count)
		return;
	text_addf(
		&line,
		say_count("stories could have gone unseen in %zu gap of the last %d days (%lld h)",
			  "stories could have gone unseen in %zu gaps of the last %d days (%lld h)",
			  (int64_t)checkup->gap_count),
		checkup->gap_count, STATUS_LOOK_BACK,
		(long long)((checkup_gap_seconds(checkup) + 3599) / 3600));
	add_remark(status, PAINT_WARN, text_str(&line));
}

/* --- the table */

static void add_rows(struct status *status, const struct checkup *checkup)
{
	const struct account *account = checkup->account;
	struct grid *grid = &status->grid;
	SCOPED(text)
	struct text cell = { 0 };

	text_addf(&cell, "%s/%s", account->entity->id, account->id);
	grid_cell(grid, PAINT_BOLD, text_str(&cell));
	grid_cell(grid, PAINT_PLAIN, account->collector->name);
	grid_cell(grid, conditions[checkup->health.condition].paint,
		  say(conditions[checkup->health.condition].word));
	add_time(status, account, checkup->daily.last_success);
	add_time(status, account, checkup->daily.due);
	add_coverage(status, &checkup->recent);
	add_coverage(status, &checkup->month);
	add_token(status, checkup);
	grid_end_row(grid);
	remark_failure(status, checkup);
	remark_report(status, checkup);
	remark_hold(status, checkup);
	remark_retired(status, checkup);
	remark_gaps(status, checkup);
	remark_advice(status, checkup);
}

static void begin_table(struct status *status)
{
	const char *const heads[] = {
		N_("account"),  N_("collector"), N_("state"), N_("last success"),
		N_("next run"), N_("30 days"),   N_("month"), N_("token"),
	};

	grid_begin(&status->grid, "lllllrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(&status->grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(&status->grid);
}

/* --- below it */

static const char *date_of(int64_t time, char ret[DAY_TEXT])
{
	return day_text((int32_t)(time / 86400), ret);
}

static void add_life(int64_t end, int64_t now, struct text *out)
{
	char date[DAY_TEXT];
	int64_t days = (end - now) / 86400;

	if (end == 0)
		text_add(out, say("; its life never ends"));
	else if (end > now)
		/* TRANSLATORS: a token's; a date stands in brackets */
		text_addf(out,
			  say_count("; its life ends in %lld day (%s)",
				    "; its life ends in %lld days (%s)", days),
			  (long long)days, date_of(end, date));
	else if (end > 0)
		text_addf(out, say("; its life ended on %s"), date_of(end, date));
}

static void add_access(int64_t end, int64_t now, struct text *out)
{
	char date[DAY_TEXT];
	int64_t days = (end - now) / 86400;

	if (end > now)
		text_addf(out,
			  say_count("; its access to data ends in %lld day (%s)",
				    "; its access to data ends in %lld days (%s)", days),
			  (long long)days, date_of(end, date));
	else if (end > 0)
		text_addf(out, say("; its access to data ended on %s"), date_of(end, date));
}

static const char *verdict_words(enum token_verdict verdict)
{
	switch (verdict) {
	case TOKEN_UNKNOWN:
		return say("not known");
	case TOKEN_VALID:
		return say("valid");
	case TOKEN_INVALID:
		return say("invalid");
	}
	return "";
}

/* A line for each token that was asked about. */
static void print_tokens(struct status *status)
{
	const struct config *config = status->ctl->config;
	int64_t now = status->ctl->now;

	for (size_t i = 0; i < config->token_count; i++) {
		const struct token_health *token = status_token(status, &config->tokens[i]);
		SCOPED(text)
		struct text line = { 0 };

		if (!token || !status_uses(status, &config->tokens[i]))
			continue;
		/* TRANSLATORS: a token's name and kind; its state follows */
		text_addf(&line, say("token %s (%s): "), token->name,
			  token_kind_name(config->tokens[i].kind));
		text_add(&line, verdict_words(token->verdict));
		add_life(token->expires, now, &line);
		add_access(token->data_access_ends, now, &line);
		if (token->lacks[0])
			text_addf(&line, say("; lacks %s"), token->lacks);
		if (token->words[0])
			text_addf(&line, "; %s", token->words);
		if (token->refused[0])
			/* TRANSLATORS: why, in the provider's words */
			text_addf(&line,
				  token->verdict == TOKEN_INVALID
					  ? say("; the new secret is refused, too (%s)")
					  : say("; the new secret is refused (%s): the one before "
						"is used until the next start"),
				  token->refused);
		text_add_char(&line, '\n');
		print_tame(&line, status->ctl->out);
	}
}

static void print_daemon(const struct status *status)
{
	const struct ctl *ctl = status->ctl;
	int64_t pid, flying;

	if (!status->daemon && !status->collected)
		return;
	if (!status->daemon || json_int(status->daemon, "pid", &pid, NULL) < 0) {
		(void)fprintf(ctl->out,
			      say("metricsd does not answer at %s: nothing is collected "
				  "until it runs.\n"),
			      ctl->config->control);
		return;
	}
	if (json_int(status->daemon, "in_flight", &flying, NULL) < 0)
		flying = 0;
	(void)fprintf(ctl->out, say("metricsd runs (process %lld, %lld requests in flight).\n"),
		      (long long)pid, (long long)flying);
}

static void add_megabytes(const struct ctl *ctl, int64_t bytes, struct text *out)
{
	enum { TENTH_OF_A_MEGABYTE = 100000 };

	language_decimal(ctl->language, bytes / TENTH_OF_A_MEGABYTE, 1, out);
}

static void print_store(const struct status *status)
{
	const struct ctl *ctl = status->ctl;
	SCOPED(text)
	struct text size = { 0 };
	SCOPED(text)
	struct text room = { 0 };

	if (status->store.trouble)
		(void)fprintf(ctl->out, say("The database cannot be written: %s\n"),
			      status->store.trouble);
	if (status->store.bytes < 0 || status->store.free < 0)
		return;
	add_megabytes(ctl, status->store.bytes, &size);
	add_megabytes(ctl, status->store.free, &room);
	(void)fprintf(ctl->out, say("The database has %s MB; %s MB are free on its disk.\n"),
		      text_str(&size), text_str(&room));
}

static const char *backup_clock(struct status *status, char ret[TIME_TEXT])
{
	return ctl_clock(status->ctl, &status->zones, ctl_entity(status->ctl),
			 status->store.backup.at, ret);
}

static void print_backup(struct status *status)
{
	const struct store_health *store = &status->store;
	int64_t days = store->backup.age_s / 86400;
	char clock[TIME_TEXT];
	SCOPED(text)
	struct text line = { 0 };

	if (!store->backup.known)
		return;
	if (!store->backup.at) {
		text_add(&line,
			 say("No backup of the database was made yet: systemctl enable --now "
			     "metricsd-backup.timer, or metricsctl backup FILE.\n"));
	} else if (store->backup.age_s > STATUS_BACKUP_LATE) {
		text_addf(&line,
			  say_count("The last backup is %lld day old (%s, %s): look at systemctl "
				    "status metricsd-backup, or make one with metricsctl backup.\n",
				    "The last backup is %lld days old (%s, %s): look at systemctl "
				    "status metricsd-backup, or make one with metricsctl backup.\n",
				    days),
			  (long long)days, backup_clock(status, clock), store->backup.path);
	} else {
		/* TRANSLATORS: a time, and the name of a file */
		text_addf(&line, say("The last backup is of %s: %s\n"), backup_clock(status, clock),
			  store->backup.path);
	}
	print_tame(&line, status->ctl->out);
}

static void print_end(struct status *status)
{
	const struct ctl *ctl = status->ctl;

	(void)fputc('\n', ctl->out);
	print_tokens(status);
	print_daemon(status);
	print_store(status);
	print_backup(status);
	if (status->needing)
		(void)fprintf(ctl->out,
			      say_count("%zu account needs a person.\n",
					"%zu accounts need a person.\n", (int64_t)status->needing),
			      status->needing);
}

/* --- what people and programs ask for */

/* Tables are in the language of their entity: nothing of two stands in one. */
struct showing {
	struct status *status;
	const struct entity *entity; /* of the table at hand, NULL: none yet */
	bool first;
	int ends;
};

static void end_table(struct showing *showing)
{
	struct ctl *ctl = showing->status->ctl;

	if (!showing->entity)
		return;
	print_entity(ctl, showing->entity, &showing->first);
	grid_print(&showing->status->grid, &ctl->look, ctl->out);
}

static int show(void *data, const struct checkup *checkup)
{
	struct showing *showing = data;
	struct status *status = showing->status;
	bool table = status->ctl->format == REPORT_TABLE;

	if (showing->ends)
		return 0;
	if (showing->entity != checkup->account->entity) {
		if (table)
			end_table(showing);
		showing->entity = checkup->account->entity;
		showing->ends = ctl_speak(status->ctl, showing->entity);
		if (showing->ends)
			return 0;
		if (table)
			begin_table(status);
	}
	if (table)
		add_rows(status, checkup);
	else
		status_record(status, checkup);
	return 0;
}

int status_show(struct status *status)
{
	struct ctl *ctl = status->ctl;
	struct showing showing = { .status = status, .first = true };
	struct error err;

	if (ctl->format != REPORT_TABLE)
		records_begin(&status->records, ctl->format, "metricsd.status", STATUS_VERSION,
			      ctl->out);
	if (status_each(status, show, &showing, &err) < 0)
		return ctl_fail(&err);
	if (showing.ends)
		return showing.ends;
	if (ctl->format == REPORT_TABLE)
		end_table(&showing);
	/* what is said of all of them */
	if ((showing.ends = ctl_speak(ctl, ctl_entity(ctl))))
		return showing.ends;
	if (ctl->format == REPORT_TABLE)
		print_end(status);
	else
		records_end(&status->records);
	return status->needing || status->expiring || status->store.trouble ||
			       (status->collected && !status->daemon)
		       ? ENDS_PERSON
		       : ENDS_FINE;
}
