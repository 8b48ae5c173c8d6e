/* status as CSV and JSON: docs/formats.md. */
#include "status.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

static void record_retired(struct records *records, const struct checkup *checkup)
{
	const struct metric *metrics = checkup->account->collector->metrics;
	const char *retired[METRICS_MAX + 1] = { 0 };
	size_t count = 0;

	for (size_t i = 0; metrics && metrics[i].id && i < METRICS_MAX; i++)
		if (checkup->metrics.items[i].life == METRIC_RETIRED)
			retired[count++] = metrics[i].id;
	records_names(records, "retired", retired);
}

/* Permissions stand apart by blanks. */
static void record_lacks(struct records *records, const char *lacks)
{
	enum { LACKS_MAX = 32 };
	SCOPED(memory)
	char *copy = memory_text(lacks);
	const char *names[LACKS_MAX + 1] = { 0 };
	char *rest = copy;
	size_t count = 0;

	for (char *name; (name = strsep(&rest, " ")) && count < LACKS_MAX;)
		if (*name)
			names[count++] = name;
	records_names(records, "token_lacks", names);
}

static const char *verdict_name(const struct token_health *token)
{
	switch (token->verdict) {
	case TOKEN_UNKNOWN:
		return "unknown";
	case TOKEN_VALID:
		return "valid";
	case TOKEN_INVALID:
		return "invalid";
	}
	return "unknown";
}

static void record_token(struct records *records, const struct checkup *checkup)
{
	const struct token_health *token = checkup->token;
	const struct token *configured = checkup->account->token;

	records_text(records, "token", configured ? configured->id : NULL);
	records_text(records, "token_state", token ? verdict_name(token) : NULL);
	records_time(records, "token_checked", token ? token->checked : 0);
	records_time(records, "token_expires", token && token->expires > 0 ? token->expires : 0);
	records_time(records, "token_data_access_ends",
		     token && token->data_access_ends > 0 ? token->data_access_ends : 0);
	record_lacks(records, token ? token->lacks : "");
	records_text(records, "token_words", token ? token->words : NULL);
}

void status_record(struct status *status, const struct checkup *checkup)
{
	const struct account *account = checkup->account;
	struct records *records = &status->records;
	SCOPED(text)
	struct text advice = { 0 };

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
	records_number(records, "known_days", checkup->recent.known);
	records_number(records, "days", checkup->recent.days);
	records_time(records, "held_until",
		     checkup->held && checkup->held->until != INT64_MAX ? checkup->held->until : 0);
	records_text(records, "held_why", checkup->held ? checkup->held->why : NULL);
	record_retired(records, checkup);
	records_number(records, "story_gaps", (int64_t)checkup->gap_count);
	records_number(records, "story_gap_seconds", checkup_gap_seconds(checkup));
	records_flag(records, "daemon_answers", status->daemon != NULL);
	records_number(records, "month_known_days", checkup->month.known);
	records_number(records, "month_days", checkup->month.days);
	records_number(records, "lapse_seconds", checkup->lapse_s);
	checkup_advise(checkup, &advice);
	records_text(records, "advice", text_str(&advice));
	record_token(records, checkup);
	records_text(records, "store_trouble", status->store.trouble);
	records_time(records, "last_backup", status->store.backup.at);
	records_text(records, "last_backup_file", status->store.backup.path);
	records_text(records, "token_new_secret_refused",
		     checkup->token && checkup->token->refused[0] ? checkup->token->refused : NULL);
}
