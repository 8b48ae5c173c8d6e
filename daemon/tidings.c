#include "tidings.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/json.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <string.h>

const char *tidings_event(const struct tidings *tidings)
{
	if (tidings->test)
		return "test";
	if (tidings->alert->kind == ALERT_NOTE)
		return "note";
	if (tidings->part == ALERT_ENDED)
		return "ended";
	return tidings->part >= ALERT_WORSE ? "worse" : "began";
}

static bool is_over(const struct tidings *tidings)
{
	return !tidings->test && tidings->alert->kind == ALERT_TROUBLE &&
	       tidings->part == ALERT_ENDED;
}

int64_t tidings_time(const struct tidings *tidings)
{
	return is_over(tidings) ? tidings->alert->ended : tidings->alert->since;
}

void tidings_clean(const char *text, bool lines, struct text *out)
{
	SCOPED(memory)
	char *clean = memory_text(text);

	for (char *at = clean; *at; at++)
		if (*at == '\t' || (*at == '\n' && !lines))
			*at = ' ';
	utf8_tame(clean, "\n");
	text_add(out, clean);
}

void tidings_subject(const struct tidings *tidings, struct text *out)
{
	SCOPED(text)
	struct text subject = { 0 };

	tidings_clean(tidings->alert->subject, false, &subject);
	if (is_over(tidings))
		text_addf(out, say("over: %s"), text_str(&subject));
	else
		text_add(out, text_str(&subject));
}

/* Each line behind "> ", as mail quotes. */
static void quote(const char *words, struct text *out)
{
	while (*words) {
		size_t length = strcspn(words, "\n");

		text_add(out, length ? "> " : ">");
		text_add_n(out, words, length);
		text_add_char(out, '\n');
		words += length;
		words += *words == '\n';
	}
}

void tidings_words(const struct tidings *tidings, struct text *out)
{
	SCOPED(text)
	struct text words = { 0 };
	char since[TIME_TEXT], ended[TIME_TEXT];

	tidings_clean(tidings->alert->words, true, &words);
	(void)zone_clock(tidings->zone, tidings->alert->since, since);
	(void)zone_clock(tidings->zone, tidings->alert->ended, ended);
	if (is_over(tidings)) {
		text_addf(out, say("This is over since %s. It had begun at %s.\n"), ended, since);
		text_add_char(out, '\n');
		quote(text_str(&words), out);
	} else {
		text_add(out, text_str(&words));
		if (tidings->alert->kind == ALERT_TROUBLE && !tidings->test)
			text_addf(out, say("Since %s.\n"), since);
	}
	text_add(out, "\n-- \n");
	text_addf(out, say("metricsd on %s. `metricsctl alerts` lists what lasts.\n"),
		  tidings->host);
}

static void add_member(struct text *out, const char *name, const char *value, bool lines)
{
	SCOPED(text)
	struct text clean = { 0 };

	tidings_clean(value, lines, &clean);
	text_addf(out, ",\"%s\":", name);
	if (clean.length > 0)
		json_quote(out, text_str(&clean));
	else
		text_add(out, "null");
}

static void add_time(struct text *out, const char *name, int64_t time)
{
	char text[TIME_TEXT];

	add_member(out, name, time ? time_text(time, text) : "", false);
}

void tidings_json(const struct tidings *tidings, struct text *out)
{
	const struct kept_alert *alert = tidings->alert;
	SCOPED(text)
	struct text subject = { 0 };
	SCOPED(text)
	struct text words = { 0 };

	tidings_subject(tidings, &subject);
	tidings_words(tidings, &words);
	text_add(out, "{\"format\":\"metricsd.alert\",\"version\":1");
	text_addf(out, ",\"id\":%lld", (long long)alert->id);
	add_member(out, "event", tidings_event(tidings), false);
	add_member(out, "cause", alert->cause, false);
	add_member(out, "entity", alert->entity, false);
	add_member(out, "subject", text_str(&subject), false);
	add_member(out, "words", text_str(&words), true);
	add_time(out, "since", alert->since);
	add_time(out, "ended", alert->kind == ALERT_TROUBLE ? alert->ended : 0);
	add_member(out, "host", tidings->host, false);
	text_add(out, "}\n");
}
