/* What a person or a file says, checked before it is an entry. */
#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { METRIC_NAMES = 2 * METRICS_MAX };

int words_check(const char *what, const char *words, size_t most, struct error *err)
{
	size_t length = words ? strlen(words) : 0;

	if (length > most)
		return error_set(err, ERROR_INPUT, "%s is %zu bytes long, at most %zu are kept",
				 what, length, most);
	for (size_t at = 0, bytes; at < length; at += bytes) {
		uint32_t character;

		bytes = utf8_size(words + at, length - at);
		if (bytes == 0)
			return error_set(err, ERROR_INPUT, "%s is not UTF-8 (byte 0x%02X)", what,
					 (unsigned char)words[at]);
		character = utf8_character(words + at, bytes);
		if (utf8_shown(words + at, bytes) == 0)
			return error_set(
				err, ERROR_INPUT,
				"%s has a control character (0x%02X): write it in one line", what,
				(unsigned)character);
	}
	return 0;
}

int check_words(const char *option, const char *words, size_t most)
{
	struct error err;

	return words_check(option, words, most, &err) < 0 ? ctl_fail(&err) : ENDS_FINE;
}

int yes_no_parse(const char *text, const char *what, int64_t *ret, struct error *err)
{
	static const char *const yes[] = { "yes", "sí", "si", "SÍ", "1" };
	static const char *const no[] = { "no", "0" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(text, yes[i]) == 0) {
			*ret = 1;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (strcasecmp(text, no[i]) == 0) {
			*ret = 0;
			return 0;
		}
	}
	return error_set(err, ERROR_INPUT, "%s \"%.40s\": expected yes or no", what, text);
}

/* "2.106" without its separators, when it is digits and separators only; else "". */
static void only_digits(const char *text, char *ret, size_t room)
{
	size_t count = 0;

	for (; *text; text++) {
		if (*text >= '0' && *text <= '9') {
			if (count + 1 < room)
				ret[count++] = *text;
		} else if (!strchr(".,' ", *text)) {
			count = 0;
			break;
		}
	}
	ret[count] = '\0';
}

int value_parse(const char *text, const char *what, int64_t *ret, struct error *err)
{
	char digits[32];
	char *end;
	long long number;

	if (!*text)
		return error_set(err, ERROR_INPUT, "%s is missing", what);
	if (text[strspn(text, "0123456789")] != '\0') {
		only_digits(text, digits, sizeof(digits));
		if (*digits && strcmp(digits, text) != 0)
			return error_set(
				err, ERROR_INPUT,
				"%s \"%.40s\" can be read in two ways: write whole numbers "
				"without separators, %s if that is meant",
				what, text, digits);
		return error_set(err, ERROR_INPUT,
				 "%s \"%.40s\" is not a whole number of 0 or more, like 2106", what,
				 text);
	}
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || number > 1000000000000000)
		return error_set(err, ERROR_INPUT, "%s \"%.40s\" is out of range: up to 10^15",
				 what, text);
	*ret = number;
	return 0;
}

/* The ids of the account's metrics; returns how many. */
static size_t metric_names(const struct account *account, const char *names[METRIC_NAMES + 1])
{
	const struct metric *const tables[] = { account->entered, account->collector->metrics };
	size_t count = 0;

	for (size_t t = 0; t < 2; t++)
		for (const struct metric *metric = tables[t];
		     metric && metric->id && count < METRIC_NAMES; metric++)
			names[count++] = metric->id;
	names[count] = NULL;
	return count;
}

static bool is_computed(const struct plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->activities[i].computed && strcmp(plan->activities[i].id, id) == 0)
			return true;
	return false;
}

int metric_of(const struct account *account, const char *id, const struct metric **ret,
	      struct error *err)
{
	const char *names[METRIC_NAMES + 1];
	SCOPED(text)
	struct text list = { 0 };
	const char *near;

	*ret = account_metric(account, id);
	if (*ret)
		return 0;
	if (account->plan && is_computed(account->plan, id))
		return error_set(err, ERROR_INPUT,
				 "%.60s of %s is computed, nobody enters it: metricsctl plan "
				 "--plan %s shows it",
				 id, account->id, account->id);
	for (size_t i = 0, count = metric_names(account, names); i < count; i++)
		text_addf(&list, "%s%s", i ? ", " : "", names[i]);
	near = nearest_name(id, names);
	if (near)
		return error_set(err, ERROR_INPUT,
				 "%s has no metric \"%.60s\", did you mean \"%s\"?", account->id,
				 id, near);
	return error_set(err, ERROR_INPUT,
			 "%s has no metric \"%.60s\"; it has: %.400s (more: `entered` in the "
			 "configuration)",
			 account->id, id, list.length ? text_str(&list) : "none");
}

int check_entry_period(const struct account *account, const struct period *period, int32_t today,
		       struct error *err)
{
	int32_t end = window_end(period->window);
	char day[DAY_TEXT];

	if (period->window.first >= today)
		return error_set(err, ERROR_INPUT,
				 "%s has not been yet: enter it when it is over, from %s on",
				 period->name, day_text(end, day));
	if (end > today)
		return error_set(
			err, ERROR_INPUT,
			"%s still runs: enter it when it is over, from %s on, or enter the "
			"days that are over",
			period->name, day_text(end, day));
	if (account->since != DAY_NONE && end <= account->since)
		return error_set(err, ERROR_INPUT, "%s is before %s begins, %s", period->name,
				 account->id, day_text(account->since, day));
	if (account->until != DAY_NONE && period->window.first > account->until)
		return error_set(err, ERROR_INPUT, "%s is after %s ends, %s", period->name,
				 account->id, day_text(account->until, day));
	return 0;
}

/* The number in the metric's unit. */
static int unit_parse(const struct metric *metric, const char *text, int64_t *ret,
		      struct error *err)
{
	size_t length = strlen(text);
	char number[8];

	switch (metric->unit) {
	case UNIT_COUNT:
		break;
	case UNIT_YES_NO:
		if (!*text)
			break; /* is missing */
		return yes_no_parse(text, "value", ret, err);
	case UNIT_PERCENT:
		if (length && length < sizeof(number) && text[length - 1] == '%') {
			(void)snprintf(number, sizeof(number), "%.*s", (int)length - 1, text);
			text = number;
		}
		if (value_parse(text, "value", ret, err) < 0)
			return -1;
		if (*ret > 100)
			return error_set(err, ERROR_INPUT,
					 "value %lld: %s is a percentage, 0 to 100",
					 (long long)*ret, metric->id);
		return 0;
	}
	return value_parse(text, "value", ret, err);
}

/* What a register makes of its records is never typed beside them. */
static int check_typed(const struct account *account, const struct metric *metric,
		       struct error *err)
{
	if (account->collector->keeps && !metric_find(account->entered, metric->id))
		return error_set(err, ERROR_INPUT,
				 "%s is counted from what %s records: metricsctl record %s …",
				 metric->id, account->id, account->collector->keeps);
	return 0;
}

/* What was stated as rounded, and how far the true number may be. */
static int take_rounding(const struct metric *metric, const char *uncertainty, struct entry *entry,
			 struct error *err)
{
	if (!uncertainty || !*uncertainty)
		return 0;
	if (value_parse(uncertainty, "uncertainty", &entry->above, err) < 0)
		return -1;
	if (metric->unit == UNIT_YES_NO && entry->above)
		return error_set(err, ERROR_INPUT, "yes or no has no uncertainty");
	/* what is counted is never below zero, and a share never beyond the whole, however it was
	 * rounded */
	entry->below = entry->above;
	if (!metric->negative && entry->below > entry->value)
		entry->below = entry->value;
	if (metric->unit == UNIT_PERCENT && entry->above > 100 - entry->value)
		entry->above = 100 - entry->value;
	return 0;
}

int entry_make(const struct account *account, const struct metric *metric,
	       const struct period *period, const char *value, const char *uncertainty,
	       const char *source, struct entry *ret, struct error *err)
{
	struct entry entry = {
		.entity = account->entity->id,
		.account = account->id,
		.source = source,
		.zone = account->entity->zone,
		.metric = metric,
		.window = period->window,
	};

	if (check_typed(account, metric, err) < 0 ||
	    unit_parse(metric, value, &entry.value, err) < 0 ||
	    take_rounding(metric, uncertainty, &entry, err) < 0)
		return -1;
	*ret = entry;
	return 0;
}
