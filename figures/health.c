/* How an account does: what passes by itself, and for how long that is believed. */
#include "metricsd/health.h"

enum {
	DAY_S = 86400,
	LATE_S = 6 * 3600,      /* a run that is overdue by more has nobody who does it */
	PATIENCE_S = 2 * DAY_S, /* failures that pass by themselves may last so long */
	PATIENCE_TIMES = 3,
};

const char *condition_name(enum condition condition)
{
	static const char *const names[] = {
		[CONDITION_OK] = "ok",           [CONDITION_MANUAL] = "manual",
		[CONDITION_NEVER] = "never",     [CONDITION_PARTIAL] = "partial",
		[CONDITION_WAITING] = "waiting", [CONDITION_FAILING] = "failing",
		[CONDITION_OVERDUE] = "overdue", [CONDITION_ENDED] = "ended",
	};

	return names[condition];
}

bool health_passes(enum error_class class)
{
	switch (class) {
	case ERROR_NONE:
	case ERROR_TRANSIENT:
	case ERROR_THROTTLED:
	case ERROR_BUSY:
		return true;
	case ERROR_TOKEN:
	case ERROR_PERMISSION:
	case ERROR_METRIC:
	case ERROR_REQUEST:
	case ERROR_MALFORMED:
	case ERROR_INPUT:
	case ERROR_OURS:
		return false;
	}
	return false;
}

bool health_is_overdue(int64_t due, int64_t now)
{
	return due && due < now - LATE_S;
}

static bool fails_for_a_person(const struct health_facts *facts)
{
	if (facts->failures == 0)
		return false;
	return !health_passes(facts->class) ||
	       (facts->failures >= PATIENCE_TIMES && facts->now - facts->last_success > PATIENCE_S);
}

struct health health_judge(const struct health_facts *facts)
{
	struct health health = { .condition = CONDITION_OK };

	if (facts->manual || facts->ended) {
		health.condition = facts->manual ? CONDITION_MANUAL : CONDITION_ENDED;
		return health;
	}
	if (facts->held) {
		health.condition = CONDITION_WAITING;
		health.person = facts->held_for_person;
	} else if (facts->failures > 0) {
		health.condition = CONDITION_FAILING;
	} else if (health_is_overdue(facts->due, facts->now)) {
		health.condition = CONDITION_OVERDUE;
		health.person = true;
	} else if (!facts->last_success) {
		health.condition = CONDITION_NEVER;
	} else if (facts->class == ERROR_PERMISSION) {
		health.condition = CONDITION_PARTIAL;
		health.person = true;
	}
	if (fails_for_a_person(facts))
		health.person = true;
	return health;
}

struct token_warning token_warn(const struct token_health *token, int64_t now)
{
	static const int stages[] = { 1, 3, 7, 14 };
	struct token_warning warning = { .stage = -1 };
	int64_t end = token->expires > 0 ? token->expires : INT64_MAX;

	if (token->data_access_ends > 0 && token->data_access_ends < end) {
		end = token->data_access_ends;
		warning.data_access = true;
	}
	if (end == INT64_MAX)
		return warning;
	warning.days = end > now ? (end - now) / DAY_S : 0;
	if (end <= now)
		warning.stage = 0;
	for (size_t i = 0; warning.stage < 0 && i < sizeof(stages) / sizeof(stages[0]); i++)
		if (end - now <= (int64_t)stages[i] * DAY_S)
			warning.stage = stages[i];
	return warning;
}

bool token_needs_person(const struct token_health *token, int64_t now)
{
	return token->verdict == TOKEN_INVALID || token->lacks[0] || token->refused[0] ||
	       token_warn(token, now).stage >= 0;
}
