/*
 * status for Nagios and what speaks its language (Icinga, Naemon, Checkmk): one line, performance
 * data behind a bar, the code as exit status (Nagios Plugin Development Guidelines).
 */
#include "status.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <stdlib.h>
#include <string.h>

enum nagios { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

enum {
	CAUSES_MAX = 5,       /* told; more are counted */
	FREE_LOW = 128 << 20, /* bytes on the disk: of WARNING */
	FREE_CRITICAL = 16 << 20,
	DAY_S = 86400,
	BACKUP_OLD = 8 * DAY_S, /* of WARNING: whoever makes one a week has missed one */
	CONDITIONS = CONDITION_ENDED + 1,
};

/* What a cause is of: of two as bad the one that explains the other is told first. */
enum about { ABOUT_MACHINE, ABOUT_TOKEN, ABOUT_ACCOUNT, ABOUTS };

struct nagios_cause {
	enum nagios level;
	enum about about;
	char *words;
};

struct nagios_line {
	const struct status *status;
	enum nagios worst;
	struct nagios_cause *causes;
	size_t cause_count, cause_room;
	size_t counts[CONDITIONS];
	size_t accounts;
	int64_t oldest; /* last success of whoever waits longest, 0: nobody */
	struct coverage recent;
};

static void scoped_nagios_line(struct nagios_line *line)
{
	for (size_t i = 0; i < line->cause_count; i++)
		free(line->causes[i].words);
	free(line->causes);
}

static void add_cause(struct nagios_line *line, enum nagios level, enum about about,
		      const char *words)
{
	if (level > line->worst)
		line->worst = level;
	line->causes = memory_grow(line->causes, line->cause_count, &line->cause_room,
				   sizeof(*line->causes));
	line->causes[line->cause_count++] = (struct nagios_cause){
		.level = level,
		.about = about,
		.words = memory_text(words),
	};
}

static enum nagios level_of(const struct health *health)
{
	if (!health->person)
		return NAGIOS_OK;
	return health->condition == CONDITION_PARTIAL ? NAGIOS_WARNING : NAGIOS_CRITICAL;
}

static int add_account(void *data, const struct checkup *checkup)
{
	struct nagios_line *line = data;
	const struct account *account = checkup->account;
	const struct sweep_state *daily = &checkup->daily;
	SCOPED(text)
	struct text words = { 0 };

	line->accounts++;
	line->counts[checkup->health.condition]++;
	if (is_manual(account))
		return 0;
	line->recent.known += checkup->recent.known;
	line->recent.days += checkup->recent.days;
	if (checkup->health.condition != CONDITION_ENDED && daily->last_success &&
	    (!line->oldest || daily->last_success < line->oldest))
		line->oldest = daily->last_success;
	if (level_of(&checkup->health) == NAGIOS_OK)
		return 0;
	text_addf(&words, "%s/%s %s", account->entity->id, account->id,
		  condition_name(checkup->health.condition));
	if (checkup_awaits_token(checkup))
		text_addf(&words, " (%s)", error_class_name(ERROR_TOKEN));
	else if (daily->failures || checkup->health.condition == CONDITION_PARTIAL)
		text_addf(&words, " (%s)", error_class_name(daily->class));
	add_cause(line, level_of(&checkup->health), ABOUT_ACCOUNT, text_str(&words));
	return 0;
}

static void add_token(struct nagios_line *line, const struct token_health *token)
{
	struct token_warning warning = token_warn(token, line->status->ctl->now);
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&words, "token %s ", token->name);
	if (token->verdict == TOKEN_INVALID) {
		text_add(&words, "invalid");
		add_cause(line, NAGIOS_CRITICAL, ABOUT_TOKEN, text_str(&words));
	} else if (warning.stage >= 0) {
		if (warning.stage == 0)
			text_add(&words,
				 warning.data_access ? "may read no data any more" : "has ended");
		else
			text_addf(&words, "%s in %lld days",
				  warning.data_access ? "may read no data" : "ends",
				  (long long)warning.days);
		add_cause(line, warning.stage == 0 ? NAGIOS_CRITICAL : NAGIOS_WARNING, ABOUT_TOKEN,
			  text_str(&words));
	} else if (token->lacks[0]) {
		text_addf(&words, "lacks %s", token->lacks);
		add_cause(line, NAGIOS_WARNING, ABOUT_TOKEN, text_str(&words));
	}
	if (!token->refused[0])
		return;
	text_reset(&words);
	text_addf(&words, "the new secret of token %s is refused", token->name);
	add_cause(line, NAGIOS_WARNING, ABOUT_TOKEN, text_str(&words));
}

/* Whoever never made one may copy the machine as a whole. */
static void add_old_backup(struct nagios_line *line)
{
	SCOPED(text)
	struct text words = { 0 };

	text_addf(&words, "the last backup is %lld days old",
		  (long long)(line->status->store.backup.age_s / DAY_S));
	add_cause(line, NAGIOS_WARNING, ABOUT_MACHINE, text_str(&words));
}

static void add_machine(struct nagios_line *line)
{
	const struct status *status = line->status;
	const struct store_health *store = &status->store;

	if (status->collected && !status->daemon)
		add_cause(line, NAGIOS_CRITICAL, ABOUT_MACHINE, "metricsd does not answer");
	if (store->trouble)
		add_cause(line, NAGIOS_CRITICAL, ABOUT_MACHINE, store->trouble);
	if (store->free >= 0 && store->free < FREE_LOW)
		add_cause(line, store->free < FREE_CRITICAL ? NAGIOS_CRITICAL : NAGIOS_WARNING,
			  ABOUT_MACHINE, "the disk is nearly full");
	if (store->backup.age_s > BACKUP_OLD)
		add_old_backup(line);
}

/* What would end the line or its words before their time is not printed. */
static void print_safe(const char *words, FILE *out)
{
	SCOPED(memory)
	char *shown = memory_text(words);

	utf8_tame(shown, "");
	for (char *at = shown; (at = strchr(at, '|')) != NULL;)
		*at = ' ';
	(void)fputs(shown, out);
}

static const char *level_name(enum nagios level)
{
	static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

	return names[level];
}

static void print_data(const struct nagios_line *line, FILE *out)
{
	const struct status *status = line->status;

	(void)fprintf(out, " | accounts=%zu;;;0 needing=%zu;;0;0", line->accounts, status->needing);
	for (enum condition condition = CONDITION_OK; condition <= CONDITION_ENDED; condition++)
		(void)fprintf(out, " %s=%zu;;;0", condition_name(condition),
			      line->counts[condition]);
	if (line->recent.days)
		(void)fprintf(out, " coverage=%d%%;;;0;100",
			      (int)((int64_t)100 * line->recent.known / line->recent.days));
	if (line->oldest)
		(void)fprintf(out, " oldest_success=%llds;;;0",
			      (long long)(status->ctl->now - line->oldest));
	if (status->store.backup.at)
		(void)fprintf(out, " last_backup=%llds;%d;;0",
			      (long long)status->store.backup.age_s, BACKUP_OLD);
	if (status->store.bytes >= 0)
		(void)fprintf(out, " database=%lldB;;;0", (long long)status->store.bytes);
	if (status->store.free >= 0)
		(void)fprintf(out, " disk_free=%lldB;%d:;%d:;0", (long long)status->store.free,
			      FREE_LOW, FREE_CRITICAL);
}

/* The worst first: at most so many, and the line may be cut as well. Returns how many. */
static size_t print_causes(const struct nagios_line *line, FILE *out)
{
	size_t printed = 0;

	for (enum nagios level = NAGIOS_CRITICAL; level > NAGIOS_OK; level--)
		for (enum about about = ABOUT_MACHINE; about < ABOUTS; about++)
			for (size_t i = 0; i < line->cause_count && printed < CAUSES_MAX; i++) {
				const struct nagios_cause *cause = &line->causes[i];

				if (cause->level != level || cause->about != about)
					continue;
				(void)fputs(printed++ ? "; " : "", out);
				print_safe(cause->words, out);
			}
	return printed;
}

static int print_line(const struct nagios_line *line, FILE *out)
{
	size_t printed;

	(void)fprintf(out, "METRICSD %s - ", level_name(line->worst));
	printed = print_causes(line, out);
	if (!line->cause_count)
		(void)fprintf(out, "%zu accounts, nothing needs a person", line->accounts);
	if (line->cause_count > printed)
		(void)fprintf(out, "; %zu more", line->cause_count - printed);
	print_data(line, out);
	(void)fputc('\n', out);
	return (int)line->worst;
}

int status_nagios(struct status *status)
{
	SCOPED(nagios_line)
	struct nagios_line line = { .status = status };
	const struct config *config = status->ctl->config;
	struct error err;

	status->told = true;
	if (!status->store.opened) {
		/* what this user may not open is not known to be wrong */
		line.worst =
			status->store.why.class == ERROR_INPUT ? NAGIOS_UNKNOWN : NAGIOS_CRITICAL;
		(void)fprintf(status->ctl->out, "METRICSD %s - ", level_name(line.worst));
		print_safe(status->store.why.text, status->ctl->out);
		(void)fputc('\n', status->ctl->out);
		return (int)line.worst;
	}
	if (status_each(status, add_account, &line, &err) < 0) {
		(void)fputs("METRICSD CRITICAL - ", status->ctl->out);
		print_safe(err.text, status->ctl->out);
		(void)fputc('\n', status->ctl->out);
		return NAGIOS_CRITICAL;
	}
	for (size_t i = 0; i < config->token_count; i++) {
		const struct token_health *token = status_token(status, &config->tokens[i]);

		if (token && status_uses(status, &config->tokens[i]))
			add_token(&line, token);
	}
	add_machine(&line);
	return print_line(&line, status->ctl->out);
}
