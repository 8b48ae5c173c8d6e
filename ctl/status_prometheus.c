/*
 * status for Prometheus: text format 0.0.4, for node_exporter's textfile directory. A metric's
 * lines stand together, so accounts are read first and told metric by metric.
 */
#include "status.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What of an account is told; borrows from the configuration. */
struct told_account {
	const struct account *account;
	int64_t success, failure, due;
	int32_t failures;
	struct health health;
	bool held;
	struct coverage recent, month;
	int64_t gap_s, lapse_s;
	bool collected;
};

struct exposition {
	struct status *status;
	FILE *out;
	struct told_account *accounts;
	size_t count, room;
};

static int keep(void *data, const struct checkup *checkup)
{
	struct exposition *it = data;

	it->accounts = memory_grow(it->accounts, it->count, &it->room, sizeof(*it->accounts));
	it->accounts[it->count++] = (struct told_account){
		.account = checkup->account,
		.success = checkup->daily.last_success,
		.failure = checkup->daily.last_failure,
		.due = checkup->daily.due,
		.failures = checkup->daily.failures,
		.health = checkup->health,
		.held = checkup->held != NULL,
		.recent = checkup->recent,
		.month = checkup->month,
		.gap_s = checkup_gap_seconds(checkup),
		.lapse_s = checkup->lapse_s,
		.collected = !is_manual(checkup->account),
	};
	return 0;
}

/* --- lines */

static void head(const struct exposition *it, const char *name, const char *help)
{
	(void)fprintf(it->out, "# HELP metricsd_%s %s\n# TYPE metricsd_%s gauge\n", name, help,
		      name);
}

/* A label's value: what would end it is escaped. */
static void print_value(const char *value, FILE *out)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			(void)fprintf(out, "\\%c", *value);
		else if (*value == '\n')
			(void)fputs("\\n", out);
		else
			(void)fputc(*value, out);
	}
}

/* The name and labels of an account's line; `label` (NULL: none) is one more. */
static void begin_line(const struct exposition *it, const char *name, const struct account *account,
		       const char *label, const char *value)
{
	(void)fprintf(it->out, "metricsd_%s{entity=\"", name);
	print_value(account->entity->id, it->out);
	(void)fputs("\",account=\"", it->out);
	print_value(account->id, it->out);
	(void)fprintf(it->out, "\",collector=\"%s\"", account->collector->name);
	if (label) {
		(void)fprintf(it->out, ",%s=\"", label);
		print_value(value, it->out);
		(void)fputc('"', it->out);
	}
	(void)fputs("} ", it->out);
}

static void plain(const struct exposition *it, const char *name, const char *help, int64_t value)
{
	head(it, name, help);
	(void)fprintf(it->out, "metricsd_%s %" PRId64 "\n", name, value);
}

/* --- accounts */

static int64_t success_of(const struct told_account *told)
{
	return told->success;
}

static int64_t failure_of(const struct told_account *told)
{
	return told->failure;
}

static int64_t due_of(const struct told_account *told)
{
	return told->due;
}

static int64_t failures_of(const struct told_account *told)
{
	return told->failures;
}

static int64_t person_of(const struct told_account *told)
{
	return told->health.person;
}

static int64_t held_of(const struct told_account *told)
{
	return told->held;
}

static int64_t gap_of(const struct told_account *told)
{
	return told->gap_s;
}

static int64_t lapse_of(const struct told_account *told)
{
	return told->lapse_s;
}

/* One number of each account that is collected. */
static const struct {
	const char *name, *help;
	int64_t (*of)(const struct told_account *told);
	bool time; /* 0: never, and not told */
} numbers[] = {
	{ "account_last_success_timestamp_seconds",
	  "When the account was last read without failure.", success_of, true },
	{ "account_last_failure_timestamp_seconds", "When reading the account last failed.",
	  failure_of, true },
	{ "account_next_run_timestamp_seconds", "When the account is due to be read.", due_of,
	  true },
	{ "account_consecutive_failures", "How often in a row reading the account failed.",
	  failures_of, false },
	{ "account_needs_person", "Whether somebody must act for the account.", person_of, false },
	{ "account_held", "Whether the account waits for what somebody was told.", held_of, false },
	{ "account_lapse_seconds",
	  "How long of the last 30 days the account was not read, whatever the reason.", lapse_of,
	  false },
	{ "account_story_gap_seconds",
	  "How long of the last 30 days stories could have come and gone unseen.", gap_of, false },
};

static void print_numbers(const struct exposition *it)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		head(it, numbers[i].name, numbers[i].help);
		for (size_t k = 0; k < it->count; k++) {
			int64_t number = numbers[i].of(&it->accounts[k]);

			if (!it->accounts[k].collected || (numbers[i].time && !number))
				continue;
			begin_line(it, numbers[i].name, it->accounts[k].account, NULL, NULL);
			(void)fprintf(it->out, "%" PRId64 "\n", number);
		}
	}
}

static void print_states(const struct exposition *it)
{
	head(it, "account_state", "1 for the state the account is in, 0 for the others.");
	for (size_t i = 0; i < it->count; i++) {
		for (enum condition state = CONDITION_OK; state <= CONDITION_ENDED; state++) {
			begin_line(it, "account_state", it->accounts[i].account, "state",
				   condition_name(state));
			(void)fprintf(it->out, "%d\n", it->accounts[i].health.condition == state);
		}
	}
}

static void print_covered(const struct exposition *it, const char *name, size_t which)
{
	static const char *const windows[] = { "30d", "month" };
	const struct told_account *told = &it->accounts[which];
	const struct coverage *coverages[] = { &told->recent, &told->month };
	bool ratio = strcmp(name, "account_coverage_ratio") == 0;

	for (size_t i = 0; i < 2; i++) {
		if (!coverages[i]->days)
			continue;
		begin_line(it, name, told->account, "window", windows[i]);
		if (ratio)
			(void)fprintf(it->out, "%.4f\n",
				      (double)coverages[i]->known / coverages[i]->days);
		else
			(void)fprintf(it->out, "%d\n",
				      (int)(coverages[i]->days - coverages[i]->known));
	}
}

static void print_coverage(const struct exposition *it)
{
	static const struct {
		const char *name, *help;
	} both[] = {
		{ "account_coverage_ratio",
		  "Days read, or entered, of the last 30 and of those of the open month." },
		{ "account_lacking", "How many of these days lack." },
	};

	for (size_t i = 0; i < 2; i++) {
		head(it, both[i].name, both[i].help);
		for (size_t k = 0; k < it->count; k++)
			print_covered(it, both[i].name, k);
	}
}

/* --- tokens */

static int64_t expiry_of(const struct token_health *token)
{
	return token->expires > 0 ? token->expires : 0;
}

static int64_t access_of(const struct token_health *token)
{
	return token->data_access_ends > 0 ? token->data_access_ends : 0;
}

static int64_t checked_of(const struct token_health *token)
{
	return token->checked;
}

static int64_t valid_of(const struct token_health *token)
{
	return token->verdict == TOKEN_VALID;
}

static int64_t refused_of(const struct token_health *token)
{
	return token->refused[0] != '\0';
}

static int64_t lacking_of(const struct token_health *token)
{
	int64_t count = 0;

	for (const char *at = token->lacks; *at; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		count += *at != '\0';
	}
	return count;
}

static const struct {
	const char *name, *help;
	int64_t (*of)(const struct token_health *token);
	enum {
		IS_TIME,
		IS_VERDICT,
		IS_KNOWN
	} is; /* 0 of a time is none; a verdict may be unknown */
} token_numbers[] = {
	{ "token_expiry_timestamp_seconds", "When the token ends.", expiry_of, IS_TIME },
	{ "token_data_access_expiry_timestamp_seconds", "When the token may read no data any more.",
	  access_of, IS_TIME },
	{ "token_checked_timestamp_seconds", "When the provider was last asked about the token.",
	  checked_of, IS_TIME },
	{ "token_valid", "Whether the provider says that the token is valid.", valid_of,
	  IS_VERDICT },
	{ "token_lacking_permissions", "How many permissions its accounts need the token lacks.",
	  lacking_of, IS_VERDICT },
	{ "token_new_secret_refused",
	  "Whether another secret stands in the token's place and is "
	  "refused.",
	  refused_of, IS_KNOWN },
};

static void print_tokens(const struct exposition *it)
{
	const struct config *config = it->status->ctl->config;

	for (size_t i = 0; i < sizeof(token_numbers) / sizeof(token_numbers[0]); i++) {
		head(it, token_numbers[i].name, token_numbers[i].help);
		for (size_t k = 0; k < config->token_count; k++) {
			const struct token_health *token =
				status_token(it->status, &config->tokens[k]);
			int64_t number = token ? token_numbers[i].of(token) : 0;

			if (!token || !status_uses(it->status, &config->tokens[k]) ||
			    (token_numbers[i].is == IS_TIME && !number) ||
			    (token_numbers[i].is == IS_VERDICT && token->verdict == TOKEN_UNKNOWN))
				continue;
			(void)fprintf(it->out, "metricsd_%s{token=\"", token_numbers[i].name);
			print_value(token->name, it->out);
			(void)fprintf(it->out, "\"} %" PRId64 "\n", number);
		}
	}
}

/* --- all of it */

static void print_machine(const struct exposition *it)
{
	const struct status *status = it->status;

	head(it, "build_info", "The version of the program that says so.");
	(void)fputs("metricsd_build_info{version=\"" METRICSD_VERSION "\"} 1\n", it->out);
	plain(it, "daemon_up", "Whether metricsd answers.", status->daemon != NULL);
	plain(it, "store_up", "Whether the database can be read, and metricsd can write it.",
	      status->store.opened && !status->store.trouble);
	if (status->store.opened)
		plain(it, "schema_version", "Version of the database's schema.",
		      status->store.version);
	if (status->store.bytes >= 0)
		plain(it, "database_size_bytes", "Size of the database with its log.",
		      status->store.bytes);
	if (status->store.backup.at)
		plain(it, "last_backup_timestamp_seconds",
		      "As of when the last backup of the database is.", status->store.backup.at);
	if (status->store.free >= 0)
		plain(it, "database_disk_free_bytes", "Room on the disk of the database.",
		      status->store.free);
}

int status_prometheus(struct status *status, FILE *out, struct error *err)
{
	struct exposition it = { .status = status, .out = out };
	int result = status->store.opened ? status_each(status, keep, &it, err) : 0;

	if (result == 0) {
		print_machine(&it);
		if (status->store.opened) {
			print_states(&it);
			print_numbers(&it);
			print_coverage(&it);
			print_tokens(&it);
		}
	}
	free(it.accounts);
	return result;
}
