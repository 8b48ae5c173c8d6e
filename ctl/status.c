/*
 * How every account does. Read from the store, so that it works while the daemon is down; what only
 * the running daemon knows (who is being collected now) is asked for when it answers.
 */
#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/figure.h"
#include "metricsd/health.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	STATUS_VERSION = 1,
	LOOK_BACK = 30,  /* days */
	STORY_S = 86400, /* a story is seen by whoever looks so soon */
};

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

/* What is known of one account. */
struct checkup {
	const struct account *account;
	struct sweep_state daily;
	struct metric_states metrics;
	const struct held *held; /* the hold that keeps it waiting, or NULL */
	struct watch *gaps;      /* stretches in which stories could have gone unseen */
	size_t gap_count;
	int32_t known_days, days; /* of the last 30 */
	struct health health;
};

struct status {
	struct ctl *ctl;
	struct held *holds;
	size_t hold_count;
	const cJSON *daemon; /* its answer, NULL: none runs */
	struct zones zones;
	struct grid grid;
	struct records records;
	size_t needing;   /* accounts that need a person */
	size_t collected; /* accounts that need a daemon */
};

static void checkup_clear(struct checkup *checkup)
{
	sweep_state_clear(&checkup->daily);
	free(checkup->gaps);
}

static void scoped_checkup(struct checkup *checkup)
{
	checkup_clear(checkup);
}

/* Nobody is asked for its figures: people enter or record them. */
static bool is_manual(const struct account *account)
{
	return account->collector->keeps || strcmp(account->collector->name, "manual") == 0;
}

/* --- reading */

static bool holds_account(const struct held *held, const struct account *account, const char *id)
{
	switch (held->scope) {
	case HOLD_NONE:
	case HOLD_HOST: /* whose host it is, only the daemon knows */
		return false;
	case HOLD_REQUEST:
	case HOLD_ACCOUNT:
		return strcmp(held->key, id) == 0;
	case HOLD_TOKEN:
		return account->token && strcmp(held->key, account->token->id) == 0;
	case HOLD_APP:
		return strcmp(held->key, account->collector->name) == 0;
	}
	return false;
}

/* The longest hold on the account; one on a single call leaves the others running. */
static const struct held *hold_of(const struct status *status, const struct account *account)
{
	SCOPED(text)
	struct text id = { 0 };
	const struct held *longest = NULL;

	text_addf(&id, "%s/%s", account->entity->id, account->id);
	for (size_t i = 0; i < status->hold_count; i++) {
		const struct held *held = &status->holds[i];

		if (holds_account(held, account, text_str(&id)) &&
		    (!longest || held->until > longest->until))
			longest = held;
	}
	return longest;
}

static bool has_stories(const struct collector *collector)
{
	for (const struct metric *metric = collector->metrics; metric && metric->id; metric++)
		if (metric->items == ITEM_STORY)
			return collector->watch_hours > 0;
	return false;
}

/* Days of the months in which something is recorded, or in which there was nothing. */
static int add_recorded(struct status *status, const struct account *account, struct window window,
			struct days *days, struct error *err)
{
	struct window last = month_of(window_end(window) - 1);
	struct window months = { .first = month_of(window.first).first };
	struct record *records = NULL;
	SCOPED(memory)
	struct sample *samples = NULL;
	size_t count = 0;
	size_t sample_count = 0;

	months.days = window_end(last) - months.first;
	if (store_records(status->ctl->store, account->entity->id, account->id, NULL, months,
			  &records, &count, err) < 0)
		return -1;
	register_samples(records, count, window, &samples, &sample_count);
	for (size_t i = 0; i < sample_count; i++)
		days_add(days, samples[i].window);
	records_free(records, count);
	return 0;
}

/* Days somebody entered something for. */
static int count_entered(struct status *status, struct zone *zone, struct window window,
			 struct checkup *checkup, struct error *err)
{
	SCOPED(history)
	struct history history = { 0 };
	const struct store_account account = {
		.entity = checkup->account->entity->id,
		.account = checkup->account->id,
		.zone = zone,
	};
	struct days days = { 0 };

	if (store_history(status->ctl->store, &account, 1, NULL, window, &history, err) < 0)
		return -1;
	for (size_t i = 0; i < history.count; i++)
		for (size_t k = 0; k < history.series[i].count; k++)
			days_add(&days, window_common(history.series[i].samples[k].window, window));
	if (add_recorded(status, checkup->account, window, &days, err) < 0)
		return -1;
	checkup->known_days = (int32_t)days_count(&days);
	return 0;
}

static int count_read(struct status *status, struct window window, struct checkup *checkup,
		      struct error *err)
{
	int64_t read[LOOK_BACK] = { 0 };

	if (store_readings(status->ctl->store, checkup->account->entity->id, checkup->account->id,
			   window, read, err) < 0)
		return -1;
	for (int32_t i = 0; i < window.days; i++)
		checkup->known_days += read[i] != 0;
	return 0;
}

/* The last 30 days, as far as the account lived in them. */
static struct window recent_days(const struct account *account, int32_t today)
{
	struct window window = { today - LOOK_BACK, LOOK_BACK };

	if (account->since != DAY_NONE && account->since > window.first) {
		window.days = today - account->since;
		window.first = account->since;
	}
	if (account->until != DAY_NONE && account->until < today - 1)
		window.days = account->until + 1 - window.first;
	if (window.days < 0)
		window.days = 0;
	return window;
}

static int read_coverage(struct status *status, struct checkup *checkup, struct error *err)
{
	const struct account *account = checkup->account;
	const char *name = account->collector->zone ? account->collector->zone : account->zone;
	struct window window;
	struct zone *zone;

	if (zones_get(&status->zones, name, &zone, err) < 0)
		return -1;
	window = recent_days(account, zone_day(zone, status->ctl->now));
	checkup->days = window.days;
	if (window.days == 0)
		return 0;
	return is_manual(account) ? count_entered(status, zone, window, checkup, err)
				  : count_read(status, window, checkup, err);
}

/* Gaps of the last days between two looks at it, or since the last: what came before the first
 * look nobody meant to see, and what is younger than a story's life will still be seen. */
static int read_gaps(struct status *status, struct checkup *checkup, struct error *err)
{
	const struct account *account = checkup->account;
	int64_t since = status->ctl->now - (int64_t)LOOK_BACK * 86400;
	int64_t until = status->ctl->now - STORY_S;
	size_t kept = 0;
	struct zone *zone;

	if (!has_stories(account->collector))
		return 0;
	if (zones_get(&status->zones, account->zone, &zone, err) < 0)
		return -1;
	if (account->until != DAY_NONE && zone_midnight(zone, account->until + 1) < until)
		until = zone_midnight(zone, account->until + 1);
	if (store_unwatched(status->ctl->store, account->entity->id, account->id,
			    account->collector->name, ITEM_STORY, 0, until, &checkup->gaps,
			    &checkup->gap_count, err) < 0)
		return -1;
	for (size_t i = 0; i < checkup->gap_count; i++) {
		struct watch gap = checkup->gaps[i];

		if (gap.since == 0 || gap.until <= since)
			continue;
		if (gap.since < since)
			gap.since = since;
		checkup->gaps[kept++] = gap;
	}
	checkup->gap_count = kept;
	return 0;
}

static void judge(const struct status *status, struct checkup *checkup)
{
	const struct sweep_state *daily = &checkup->daily;
	const struct held *held = checkup->held;

	checkup->health = health_judge(&(struct health_facts){
		.manual = is_manual(checkup->account),
		.ended = checkup->days == 0,
		.now = status->ctl->now,
		.last_success = daily->last_success,
		.due = daily->due,
		.failures = daily->failures,
		.class = daily->class,
		.held = held != NULL,
		.held_for_person = held && held->until == INT64_MAX,
	});
}

static int read_checkup(struct status *status, struct checkup *checkup, struct error *err)
{
	const struct account *account = checkup->account;
	struct store *store = status->ctl->store;

	if (read_coverage(status, checkup, err) < 0)
		return -1;
	if (!is_manual(account)) {
		if (store_sweep_load(store, account->entity->id, account->id, SWEEP_DAILY,
				     &checkup->daily, err) < 0 ||
		    store_metric_states(store, account->entity->id, account->id,
					account->collector->metrics, &checkup->metrics, err) < 0)
			return -1;
		checkup->held = hold_of(status, account);
	}
	judge(status, checkup);
	return read_gaps(status, checkup, err);
}

/* --- table */

static void add_time(struct status *status, const struct account *account, int64_t time)
{
	char clock[TIME_TEXT];
	struct zone *zone;

	if (time == 0 || zones_get(&status->zones, account->entity->zone, &zone, NULL) < 0)
		grid_cell(&status->grid, PAINT_DIM, time ? "?" : "—");
	else
		grid_cell(&status->grid, PAINT_PLAIN, zone_clock(zone, time, clock));
}

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

static int64_t gap_seconds(const struct checkup *checkup)
{
	int64_t sum = 0;

	for (size_t i = 0; i < checkup->gap_count; i++)
		sum += checkup->gaps[i].until - checkup->gaps[i].since;
	return sum;
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
		checkup->gap_count, LOOK_BACK, (long long)((gap_seconds(checkup) + 3599) / 3600));
	add_remark(status, PAINT_WARN, text_str(&line));
}

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
	text_reset(&cell);
	text_addf(&cell, "%d/%d", (int)checkup->known_days, (int)checkup->days);
	grid_cell(grid, checkup->known_days < checkup->days ? PAINT_WARN : PAINT_PLAIN,
		  text_str(&cell));
	grid_end_row(grid);
	remark_failure(status, checkup);
	remark_report(status, checkup);
	remark_hold(status, checkup);
	remark_retired(status, checkup);
	remark_gaps(status, checkup);
}

static void begin_table(struct status *status)
{
	const char *const heads[] = {
		N_("account"),      N_("collector"), N_("state"),
		N_("last success"), N_("next run"),  N_("30 days"),
	};

	grid_begin(&status->grid, "lllllr");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(&status->grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(&status->grid);
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

static void print_end(const struct status *status)
{
	const struct ctl *ctl = status->ctl;

	(void)fputc('\n', ctl->out);
	print_daemon(status);
	if (status->needing)
		(void)fprintf(ctl->out,
			      say_count("%zu account needs a person.\n",
					"%zu accounts need a person.\n", (int64_t)status->needing),
			      status->needing);
}

/* --- records */

static void record(struct status *status, const struct checkup *checkup)
{
	const struct account *account = checkup->account;
	const struct metric *metrics = account->collector->metrics;
	struct records *records = &status->records;
	const char *retired[METRICS_MAX + 1] = { 0 };
	size_t count = 0;

	for (size_t i = 0; metrics && metrics[i].id && i < METRICS_MAX; i++)
		if (checkup->metrics.items[i].life == METRIC_RETIRED)
			retired[count++] = metrics[i].id;
	records_next(records);
	records_text(records, "entity", account->entity->id);
	records_text(records, "account", account->id);
	records_text(records, "collector", account->collector->name);
	records_text(records, "state", condition_name(checkup->health.condition));
	records_flag(records, "needs_person", checkup->health.person);
	records_time(records, "last_success", checkup->daily.last_success);
	records_time(records, "last_failure", checkup->daily.last_failure);
	records_time(records, "next_run", checkup->daily.due);
	records_number(records, "failures", checkup->daily.failures);
	records_text(records, "failure_class",
		     checkup->daily.failures ? error_class_name(checkup->daily.class) : NULL);
	records_text(records, "words", text_str(&checkup->daily.words));
	records_number(records, "known_days", checkup->known_days);
	records_number(records, "days", checkup->days);
	records_time(records, "held_until",
		     checkup->held && checkup->held->until != INT64_MAX ? checkup->held->until : 0);
	records_text(records, "held_why", checkup->held ? checkup->held->why : NULL);
	records_names(records, "retired", retired);
	records_number(records, "story_gaps", (int64_t)checkup->gap_count);
	records_number(records, "story_gap_seconds", gap_seconds(checkup));
	records_flag(records, "daemon_answers", status->daemon != NULL);
}

/* --- all of it */

static int show_account(struct status *status, const struct account *account, struct error *err)
{
	SCOPED(checkup)
	struct checkup checkup = { .account = account };

	if (read_checkup(status, &checkup, err) < 0)
		return -1;
	if (checkup.health.person)
		status->needing++;
	if (!is_manual(account) && checkup.health.condition != CONDITION_ENDED)
		status->collected++;
	if (status->ctl->format == REPORT_TABLE)
		add_rows(status, &checkup);
	else
		record(status, &checkup);
	return 0;
}

/* A table for each entity, in its language: nothing of two stands in one. */
static int show_entity(struct status *status, const struct entity *entity, bool *first)
{
	struct ctl *ctl = status->ctl;
	struct error err;
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	begin_table(status);
	for (size_t i = 0; i < entity->account_count; i++)
		if (ctl_wants_account(ctl, &entity->accounts[i]) && !entity->accounts[i].plan &&
		    show_account(status, &entity->accounts[i], &err) < 0)
			return ctl_fail(&err);
	if (ctl->format == REPORT_TABLE) {
		print_entity(ctl, entity, first);
		grid_print(&status->grid, &ctl->look, ctl->out);
	}
	return ENDS_FINE;
}

static int show_entities(struct status *status)
{
	struct ctl *ctl = status->ctl;
	bool first = true;
	int ends = ENDS_FINE;

	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];

		if (ctl_wants(ctl, entity) && (!ctl->account || ctl->chosen_entity == entity))
			ends = show_entity(status, entity, &first);
	}
	/* what is said of all of them */
	return ends ? ends : ctl_speak(ctl, ctl_entity(ctl));
}

static int show_all(struct status *status)
{
	struct ctl *ctl = status->ctl;
	struct error err;
	int ends;

	if (store_holds(ctl->store, ctl->now, &status->holds, &status->hold_count, &err) < 0)
		return ctl_fail(&err);
	if (ctl->format != REPORT_TABLE)
		records_begin(&status->records, ctl->format, "metricsd.status", STATUS_VERSION,
			      ctl->out);
	ends = show_entities(status);
	if (ends)
		return ends;
	if (ctl->format == REPORT_TABLE)
		print_end(status);
	else
		records_end(&status->records);
	return status->needing || (status->collected && !status->daemon) ? ENDS_PERSON : ENDS_FINE;
}

static int status_run(struct ctl *ctl, int argc, char **argv)
{
	SCOPED(json)
	cJSON *daemon = NULL;
	struct status status = { .ctl = ctl };
	int ends;

	if (ctl_options(ctl, &argc, &argv, NULL, 0, 0, &ends) < 0)
		return ends;
	if ((ends = ctl_load(ctl)) || (ends = ctl_refuse_plan(ctl)) ||
	    (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	daemon = daemon_status(ctl);
	status.daemon = daemon;
	ends = show_all(&status);
	free(status.holds);
	grid_clear(&status.grid);
	zones_clear(&status.zones);
	return ends;
}

const struct command status_command = {
	.name = "status",
	.arguments = "",
	.purpose = "the health of every account",
	.help = "State, last success, next run, how many of the last 30 days were read (or "
		"entered),\n"
		"what waits and why, retired metrics, gaps in which stories could have gone "
		"unseen.\n"
		"Exit status 1 when an account needs a person, or when accounts are to be "
		"collected "
		"and no\n"
		"metricsd answers.\n\n"
		"example:\n"
		"  metricsctl status --format json\n",
	.run = status_run,
	.for_machines = true,
};
