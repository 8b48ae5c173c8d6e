/* What an administrator can do about what is wrong. */
#include "status.h"

#include "metricsd/cleanup.h"

#include <string.h>

/* Where the unit puts what lies in /etc/metricsd/secrets, anew with each reload. */
static const char reloaded[] = "secret_";

static void advise_credential(const char *name, struct text *out)
{
	if (strncmp(name, reloaded, sizeof(reloaded) - 1) == 0)
		text_addf(out,
			  say("give the systemd credential \"%s\" a valid token, then systemctl "
			      "reload metricsd"),
			  name);
	else
		text_addf(out,
			  say("give the systemd credential \"%s\" a valid token, then systemctl "
			      "restart metricsd"),
			  name);
}

/* Where the secret is: what is to be put right is named. */
static void advise_token(const struct account *account, struct text *out)
{
	const struct token *token = account->token;

	if (!token)
		text_add(out, say("metricsctl check --online says what the provider refuses"));
	else if (token->secret.file)
		text_addf(out,
			  say("put a valid token into %s; metricsd notices within the hour, or at "
			      "once with metricsctl collect %s/%s"),
			  token->secret.file, account->entity->id, account->id);
	else
		advise_credential(token->secret.credential ? token->secret.credential : token->id,
				  out);
}

static void advise_class(const struct account *account, enum error_class class, struct text *out)
{
	switch (class) {
	case ERROR_NONE:
		return;
	case ERROR_TRANSIENT:
		text_add(out, say("it passes by itself; when it lasts for days look at the "
				  "network, at DNS and at what the provider says of its service"));
		return;
	case ERROR_THROTTLED:
		text_add(out, say("it passes by itself: the provider lets an app or a token ask "
				  "only so often"));
		return;
	case ERROR_TOKEN:
		advise_token(account, out);
		return;
	case ERROR_PERMISSION:
		text_addf(out,
			  say("give the token what it lacks, or leave the metric out with "
			      "`without`; metricsctl check --online --account %s/%s says which"),
			  account->entity->id, account->id);
		return;
	case ERROR_METRIC:
	case ERROR_REQUEST:
		text_addf(out,
			  say("look whether its id and settings are right: metricsctl check "
			      "--online --account %s/%s"),
			  account->entity->id, account->id);
		return;
	case ERROR_MALFORMED:
		text_add(out, say("look whether its address is right and whether something stands "
				  "between (a proxy, a login page); the answer is kept for 30 "
				  "days"));
		return;
	case ERROR_INPUT:
		text_addf(out, say("put right what it names, then metricsctl collect %s/%s"),
			  account->entity->id, account->id);
		return;
	case ERROR_BUSY:
		text_add(out, say("another program writes into the database: it goes on when that "
				  "is done"));
		return;
	case ERROR_OURS:
		text_add(out, say("put this machine right as it says: room on the disk, the clock, "
				  "the files' owner; it goes on by itself"));
		return;
	}
}

bool checkup_awaits_token(const struct checkup *checkup)
{
	return checkup->held && checkup->held->scope == HOLD_TOKEN &&
	       checkup->held->until == INT64_MAX;
}

/* Another of its sweeps, or another account's, may have met what it waits for. */
static void advise_waiting(const struct checkup *checkup, struct text *out)
{
	enum error_class class = checkup->daily.class;

	if (checkup_awaits_token(checkup))
		advise_token(checkup->account, out);
	else if (class == ERROR_NONE && checkup->held->until == INT64_MAX)
		advise_class(checkup->account, ERROR_REQUEST, out);
	else
		advise_class(checkup->account, class, out);
}

void checkup_advise(const struct checkup *checkup, struct text *out)
{
	const struct sweep_state *daily = &checkup->daily;

	switch (checkup->health.condition) {
	case CONDITION_OK:
	case CONDITION_MANUAL:
	case CONDITION_NEVER:
	case CONDITION_ENDED:
		return;
	case CONDITION_OVERDUE:
		text_add(out, say("metricsd does not run, or not for this account: systemctl "
				  "status metricsd"));
		return;
	case CONDITION_WAITING:
		advise_waiting(checkup, out);
		return;
	case CONDITION_PARTIAL:
	case CONDITION_FAILING:
		advise_class(checkup->account, daily->class, out);
		return;
	}
}
