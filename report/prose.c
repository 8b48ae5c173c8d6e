#include "metricsd/prose.h"

#include "metricsd/cleanup.h"
#include "metricsd/language.h"
#include "metricsd/memory.h"
#include "metricsd/report.h"
#include "metricsd/text.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ulistformatter.h>
#include <unicode/ustring.h>

/* Both for the catalogue: say_count() chooses where it is printed. */
#define NN_(one, many) one, many

/* --- periods */

/* The words of one part of a year, with and without article. */
struct part_words {
	const char *bare, *definite;
};

static const struct part_words quarters[] = {
	{ N_("first quarter"), N_("the first quarter") },
	{ N_("second quarter"), N_("the second quarter") },
	{ N_("third quarter"), N_("the third quarter") },
	{ N_("fourth quarter"), N_("the fourth quarter") },
};

static const struct part_words semesters[] = {
	{ N_("first half"), N_("the first half") },
	{ N_("second half"), N_("the second half") },
};

static const struct part_words bimesters[] = {
	{ N_("first bimester"), N_("the first bimester") },
	{ N_("second bimester"), N_("the second bimester") },
	{ N_("third bimester"), N_("the third bimester") },
	{ N_("fourth bimester"), N_("the fourth bimester") },
	{ N_("fifth bimester"), N_("the fifth bimester") },
	{ N_("sixth bimester"), N_("the sixth bimester") },
};

static void add_part(const struct part_words *words, bool definite, int year, struct text *out)
{
	/* TRANSLATORS: "the fourth quarter of 2025" */
	text_addf(out, say("%s of %d"), say(definite ? words->definite : words->bare), year);
}

static void add_days(struct language *language, const struct period *period, bool definite,
		     struct text *out)
{
	SCOPED(text)
	struct text first = { 0 };
	SCOPED(text)
	struct text last = { 0 };

	language_date(language, period->window.first, &first);
	language_date(language, window_end(period->window) - 1, &last);
	if (period->window.days == 1)
		text_add(out, text_str(&first));
	else if (definite)
		/* TRANSLATORS: behind "in", "of": "the days from 1 oct 2025 to 15 nov 2025" */
		text_addf(out, say("the days from %s to %s"), text_str(&first), text_str(&last));
	else
		/* TRANSLATORS: days: "from 1 oct 2025 to 15 nov 2025" */
		text_addf(out, say("from %s to %s"), text_str(&first), text_str(&last));
}

static void add_period(struct language *language, const struct period *period, bool definite,
		       struct text *out)
{
	int year, month, mday, last_year;

	day_split(period->window.first, &year, &month, &mday);
	day_split(window_end(period->window) - 1, &last_year, &(int){ 0 }, &(int){ 0 });
	switch (period->kind) {
	case PERIOD_QUARTER:
		add_part(&quarters[(month - 1) / 3], definite, year, out);
		return;
	case PERIOD_SEMESTER:
		add_part(&semesters[(month - 1) / 6], definite, year, out);
		return;
	case PERIOD_BIMESTER:
		add_part(&bimesters[(month - 1) / 2], definite, year, out);
		return;
	case PERIOD_YEARS:
		text_addf(out, definite ? say("the years %d to %d") : say("years %d to %d"), year,
			  last_year);
		return;
	case PERIOD_NAMED:
		text_addf(out, "%s (", period->name);
		add_days(language, period, false, out);
		text_add_char(out, ')');
		return;
	case PERIOD_DAYS:
		add_days(language, period, definite, out);
		return;
	case PERIOD_MONTH:
	case PERIOD_YEAR:
		language_period(language, period, out);
		return;
	}
}

void prose_period(struct language *language, const struct period *period, struct text *out)
{
	add_period(language, period, false, out);
}

void prose_the_period(struct language *language, const struct period *period, struct text *out)
{
	add_period(language, period, true, out);
}

/* --- lists */

static UChar *widen(const char *string, int32_t *length)
{
	UErrorCode status = U_ZERO_ERROR;
	size_t room = strlen(string) + 1; /* a byte is never more than one unit */
	UChar *wide = memory_new(room, sizeof(*wide));

	(void)u_strFromUTF8WithSub(wide, (int32_t)room, length, string, -1, 0xFFFD, NULL, &status);
	return wide;
}

static void add_narrow(const UChar *wide, int32_t length, struct text *out)
{
	UErrorCode status = U_ZERO_ERROR;
	size_t room = (size_t)length * 3 + 1;
	SCOPED(memory)
	char *narrow = memory_new(room, 1);
	int32_t bytes = 0;

	(void)u_strToUTF8(narrow, (int32_t)room, &bytes, wide, length, &status);
	if (U_SUCCESS(status))
		text_add_n(out, narrow, (size_t)bytes);
}

void prose_list(struct language *language, const char *const *items, size_t count, struct text *out)
{
	UErrorCode status = U_ZERO_ERROR;
	UListFormatter *form = ulistfmt_open(language_name(language), &status);
	UChar **wide = memory_new(count, sizeof(*wide));
	int32_t *lengths = memory_new(count, sizeof(*lengths));
	int32_t room = 1, length;
	SCOPED(memory)
	UChar *joined = NULL;

	for (size_t i = 0; i < count; i++) {
		wide[i] = widen(items[i], &lengths[i]);
		room += lengths[i] + 16; /* " and ", ", " */
	}
	joined = memory_new((size_t)room, sizeof(*joined));
	length = ulistfmt_format(form, (const UChar *const *)wide, lengths, (int32_t)count, joined,
				 room, &status);
	if (U_SUCCESS(status))
		add_narrow(joined, length, out);
	for (size_t i = 0; i < count; i++)
		free(wide[i]);
	free(wide);
	free(lengths);
	ulistfmt_close(form);
}

/* --- figures */

/* What the metrics every institution knows are called when they are counted. */
static const struct noun {
	const char *metric, *one, *many;
} nouns[] = {
	{ "posts", NN_("post", "posts") },
	{ "reels", NN_("reel", "reels") },
	{ "stories", NN_("story", "stories") },
	{ "views", NN_("view", "views") },
	{ "visits", NN_("visit", "visits") },
	{ "visitors", NN_("unique visitor", "unique visitors") },
	{ "viewers", NN_("viewer", "viewers") },
	{ "reach", NN_("person reached", "people reached") },
	{ "accounts_engaged", NN_("account engaged", "accounts engaged") },
	{ "followers", NN_("follower", "followers") },
	{ "followers_gained", NN_("follower gained", "followers gained") },
	{ "followers_lost", NN_("follower lost", "followers lost") },
	{ "interactions", NN_("interaction", "interactions") },
	{ "clicks", NN_("click", "clicks") },
	{ "video_views", NN_("video view", "video views") },
	{ "messages", NN_("message", "messages") },
	{ "members", NN_("member", "members") },
	{ "news", NN_("news item", "news items") },
	{ "wallpapers", NN_("wallpaper", "wallpapers") },
	{ "bulletins", NN_("bulletin", "bulletins") },
	{ "press_conferences", NN_("press conference", "press conferences") },
	{ "interviews", NN_("interview", "interviews") },
	{ "designs", NN_("design", "designs") },
	{ "accompaniments", NN_("accompaniment", "accompaniments") },
	{ "trainings", NN_("training", "trainings") },
	{ "events", NN_("event", "events") },
	{ "attendees", NN_("attendee", "attendees") },
	{ "campaigns", NN_("campaign", "campaigns") },
};

/* The noun for so many, NULL when there is none: the office's own, else ours. */
static const char *noun_for(const struct metric *metric, int64_t count)
{
	if (metric->one && metric->many)
		return count == 1 ? metric->one : metric->many;
	for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++)
		if (strcmp(nouns[i].metric, metric->id) == 0)
			return say_count(nouns[i].one, nouns[i].many, count);
	return NULL;
}

/* The number in words, without what it counts. */
static void add_number(struct language *language, const struct figure *figure, struct text *out)
{
	SCOPED(text)
	struct text low = { 0 };
	SCOPED(text)
	struct text high = { 0 };

	if (figure->form == FIGURE_AT_LEAST && figure->kind != METRIC_RATIO) {
		language_decimal(language, figure->low, figure->decimals, &low);
		text_addf(out, say("at least %s"), text_str(&low));
	} else if (figure->form == FIGURE_BETWEEN && !figure->rounded) {
		language_decimal(language, figure->low, figure->decimals, &low);
		language_decimal(language, figure->high, figure->decimals, &high);
		text_addf(out, say("between %s and %s"), text_str(&low), text_str(&high));
	} else if (figure->estimate) {
		language_decimal(language, figure->value, figure->decimals, &low);
		text_addf(out, say("about %s"), text_str(&low));
	} else {
		figure_print(figure, language, out);
	}
}

/* Whether the last number that is printed is 1: "al menos 1 noticia", but "entre 0 y 1 noticias".
 */
static bool says_one(const struct figure *figure)
{
	if (figure->decimals || figure->value != 1)
		return false;
	return figure->form == FIGURE_EXACT ||
	       (figure->form == FIGURE_AT_LEAST && figure->low == 1);
}

void prose_figure(struct language *language, const struct metric *metric,
		  const struct figure *figure, struct text *out)
{
	const char *noun = noun_for(metric, says_one(figure) ? 1 : 2);
	SCOPED(text)
	struct text number = { 0 };

	if (figure->form == FIGURE_NONE) {
		/* TRANSLATORS: "no data of posts", "no data of Designs" */
		text_addf(out, say("no data of %s"), noun ? noun : say(metric_label(metric)));
		return;
	}
	add_number(language, figure, &number);
	if (noun)
		/* TRANSLATORS: a number and what it counts: "273 posts" */
		text_addf(out, say("%s %s"), text_str(&number), noun);
	else
		/* TRANSLATORS: what is counted and its number: "Designs: 32" */
		text_addf(out, say("%s: %s"), say(metric_label(metric)), text_str(&number));
}

/* --- comparisons */

static const char *why_not(enum comparability how)
{
	switch (how) {
	case COMPARABLE:
	case COMPARABLE_SOURCES:
		break;
	case COMPARE_NOTHING:
		return say("nothing is known of one of the two");
	case COMPARE_INCOMPLETE:
		return say("one of the two is not complete");
	case COMPARE_BROKEN:
		return say("what is counted changed between them");
	case COMPARE_INCONSISTENT:
		return say("the provider's numbers contradict each other");
	}
	return "";
}

/* "12,5 %", of thousandths and without their sign. */
static void add_share(struct language *language, int64_t share, struct text *out)
{
	SCOPED(text)
	struct text number = { 0 };

	language_decimal(language, llabs(share), 1, &number);
	/* TRANSLATORS: a share, "45.3%"; some languages want a (no-break) blank before the sign */
	text_addf(out, say("%s%%"), text_str(&number));
}

/* "12,5 %", or "entre 12,4 % y 12,6 %" where the figures have bounds. */
static void add_shares(struct language *language, const struct comparison *comparison,
		       struct text *out)
{
	bool less = comparison->high < 0;
	SCOPED(text)
	struct text low = { 0 };
	SCOPED(text)
	struct text high = { 0 };

	if (comparison->low == comparison->high) {
		add_share(language, comparison->share, out);
		return;
	}
	add_share(language, less ? comparison->high_share : comparison->low_share, &low);
	add_share(language, less ? comparison->low_share : comparison->high_share, &high);
	/* TRANSLATORS: two numbers */
	text_addf(out, say("between %s and %s"), text_str(&low), text_str(&high));
}

/* `then`: the period before in words, with what it said. */
static void add_difference(struct language *language, const struct comparison *comparison,
			   const char *then, struct text *out)
{
	SCOPED(text)
	struct text share = { 0 };

	add_shares(language, comparison, &share);
	if (comparison->low == 0 && comparison->high == 0)
		/* TRANSLATORS: %s is "the third quarter of 2025 (273 posts)" */
		text_addf(out, say("That is as many as in %s."), then);
	else if (comparison->low > 0 && comparison->relative)
		/* TRANSLATORS: "12.5%" or "between 12.4% and 12.6%", and the same as above */
		text_addf(out, say("That is %s more than in %s."), text_str(&share), then);
	else if (comparison->low > 0)
		text_addf(out, say("That is more than in %s."), then);
	else if (comparison->high < 0 && comparison->relative)
		text_addf(out, say("That is %s less than in %s."), text_str(&share), then);
	else if (comparison->high < 0)
		text_addf(out, say("That is less than in %s."), then);
	else
		text_addf(out,
			  say("Whether that is more or less than in %s, the bounds do not tell."),
			  then);
}

void prose_comparison(struct language *language, const struct metric *metric,
		      const struct comparison *comparison, const struct figure *before,
		      const struct period *period, struct text *out)
{
	bool comparable = comparison->how == COMPARABLE || comparison->how == COMPARABLE_SOURCES;
	SCOPED(text)
	struct text name = { 0 };
	SCOPED(text)
	struct text number = { 0 };

	prose_the_period(language, period, &name);
	if (!comparable) {
		/* TRANSLATORS: "the third quarter of 2025", and why */
		text_addf(out, say("In %s there is no comparable figure: %s."), text_str(&name),
			  why_not(comparison->how));
		return;
	}
	prose_figure(language, metric, before, &number);
	text_addf(&name, " (%s)", text_str(&number));
	add_difference(language, comparison, text_str(&name), out);
	if (comparison->how == COMPARABLE_SOURCES)
		text_addf(out, " %s", say("The two come from different sources."));
}

/* --- cautions */

/* "enero a septiembre de 2025", "octubre de 2025 a enero de 2026" */
static void add_months(struct language *language, struct window first, struct window last,
		       struct text *out)
{
	const struct period from = period_month(first);
	const struct period to = period_month(last);
	int year, last_year;
	SCOPED(text)
	struct text begin = { 0 };
	SCOPED(text)
	struct text end = { 0 };

	day_split(first.first, &year, &(int){ 0 }, &(int){ 0 });
	day_split(last.first, &last_year, &(int){ 0 }, &(int){ 0 });
	if (year == last_year)
		language_month_name(language, first.first, &begin);
	else
		add_period(language, &from, true, &begin);
	add_period(language, &to, true, &end);
	/* TRANSLATORS: months, or the bounds of a difference: "January to March 2025" */
	text_addf(out, say("%s to %s"), text_str(&begin), text_str(&end));
}

void prose_days(struct language *language, struct window days, struct text *out)
{
	struct window first = month_of(days.first);
	struct window last = month_of(window_end(days) - 1);
	struct period period = { .kind = PERIOD_DAYS, .window = days };

	if (first.first != days.first || window_end(last) != window_end(days)) {
		add_period(language, &period, true, out);
	} else if (first.first != last.first) {
		add_months(language, first, last, out);
	} else {
		period = period_month(first);
		add_period(language, &period, true, out);
	}
}

static char *range_words(struct language *language, struct window range)
{
	struct text words = { 0 };

	prose_days(language, range, &words);
	return text_take(&words);
}

/* The days that lack, as a sentence names them. */
static void add_lacking(struct language *language, const struct days *days, bool more,
			struct text *out)
{
	char **items = memory_new(days->count + 1, sizeof(*items));
	size_t count = 0;

	for (size_t i = 0; i < days->count; i++)
		items[count++] = range_words(language, days->ranges[i]);
	if (more)
		items[count++] = memory_text(say("other days"));
	prose_list(language, (const char *const *)items, count, out);
	for (size_t i = 0; i < count; i++)
		free(items[i]);
	free(items);
}

/* What lacks in it; nothing of a complete one. */
static void add_lack(struct language *language, const struct figure *figure, struct text *out)
{
	SCOPED(text)
	struct text days = { 0 };

	if (figure->of_records && figure->known_days < figure->period_days) {
		/* TRANSLATORS: two numbers */
		text_addf(out,
			  say_count("%d of %d record has a number",
				    "%d of %d records have a number", figure->period_days),
			  figure->known_days, figure->period_days);
	} else if (figure->form == FIGURE_NONE && figure->period_days > 0) {
		text_add(out, say("no data for the whole period"));
	} else if (figure->kind == METRIC_STOCK && figure->form != FIGURE_NONE &&
		   !figure->complete && figure->as_of != DAY_NONE) {
		level_day_print(figure, language, &days);
		/* TRANSLATORS: of a number of followers: the last day, or days, it was read on */
		text_addf(out, say("the last level known is of %s"), text_str(&days));
	} else if (figure->lacking.count) {
		add_lacking(language, &figure->lacking, figure->lacking_more, &days);
		/* TRANSLATORS: a list of days and months: "December 2025 and 3 Jan 2026" */
		text_addf(out, say("no data for %s"), text_str(&days));
	} else if (!figure->complete && figure->form != FIGURE_NONE) {
		text_add(out, say("not complete"));
	}
}

void prose_caution(struct language *language, const char *title, const struct figure *figure,
		   struct text *out)
{
	const char *state = NULL;
	SCOPED(text)
	struct text words = { 0 };

	add_lack(language, figure, &words);
	if (figure->form != FIGURE_NONE && figure->provisional)
		state = say("provisional");
	else if (figure->form != FIGURE_NONE && figure->revisable)
		state = say("may still be revised by the provider");
	if (state)
		text_addf(&words, "%s%s", words.length ? "; " : "", state);
	if (!words.length)
		return;
	if (title)
		/* TRANSLATORS: whose figure, and what is to be said of it */
		text_addf(out, say("%s: %s."), title, text_str(&words));
	else
		text_add(out, text_str(&words));
}
