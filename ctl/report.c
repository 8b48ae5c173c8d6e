/* The office's whole report, by a definition it can change, in the format its file's name says. */
#include "report.h"

#include "report_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/draft.h"
#include "metricsd/memory.h"
#include "metricsd/prose.h"

#include <assert.h>
#include <string.h>

/* What was asked on the command line. */
struct wish {
	const char *word; /* PERIOD, or NULL */
	const char *output, *definition, *date;
	enum document_format format;
};

/* --- the document */

/* Of the entity's day: "12 ene 2026". */
static int add_day(const struct ctl *ctl, const struct entity *entity, int64_t at, struct text *out,
		   struct error *err)
{
	struct zone *zone;

	if (zone_open(entity->zone, &zone, err) < 0)
		return -1;
	language_date(ctl->language, zone_day(zone, at), out);
	zone_close(zone);
	return 0;
}

/* "closed on 15 ene 2026 by ana, SHA-256 …": whether the period's figures are frozen. */
static int add_closed(struct ctl *ctl, const struct entity *entity, const struct period *period,
		      struct document *document, struct error *err)
{
	struct closing *closings = NULL;
	size_t count = 0;
	int result = store_closings(ctl->store, entity->id, &closings, &count, err);

	for (size_t i = 0; result == 0 && i < count; i++) {
		SCOPED(text)
		struct text words = { 0 };
		SCOPED(text)
		struct text day = { 0 };

		if (closings[i].reopened_at || strcmp(closings[i].period, period->name) != 0)
			continue;
		result = add_day(ctl, entity, closings[i].at, &day, err);
		/* TRANSLATORS: a date, a person, a hash */
		text_addf(&words, say("closed on %s by %s, SHA-256 %s"), text_str(&day),
			  closings[i].by, closings[i].sha256);
		document_head_text(&document->head.closed, text_str(&words));
	}
	closings_free(closings, count);
	return result;
}

static void fill_head(const struct ctl *ctl, const struct definition *definition,
		      const struct entity *entity, const struct period *period,
		      struct document *document)
{
	struct document_head *head = &document->head;
	SCOPED(memory)
	char *title = report_text(ctl->language, entity, period, head->date, definition->title);
	SCOPED(text)
	struct text name = { 0 };

	prose_period(ctl->language, period, &name);
	document_head_text(&head->title, title);
	document_head_text(&head->entity, entity ? entity->name : NULL);
	document_head_text(&head->period, text_str(&name));
	document_head_text(&head->process, definition->process);
	document_head_text(&head->code, definition->code);
	document_head_text(&head->version, definition->version);
	document_head_text(&head->notice, entity ? entity->notice : NULL);
}

static bool same_notice(const struct entity *a, const struct entity *b)
{
	if (!a->notice || !b->notice)
		return !a->notice && !b->notice;
	return strcmp(a->notice, b->notice) == 0;
}

int report_entities(const struct ctl *ctl, size_t *count, const struct entity **first,
		    struct error *err)
{
	*count = 0;
	*first = NULL;
	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];

		if (!ctl_wants(ctl, entity))
			continue;
		if (*first && !same_notice(*first, entity))
			return error_set(err, ERROR_INPUT,
					 "%s and %s do not belong together (%s): choose with "
					 "--entity",
					 (*first)->id, entity->id,
					 entity->notice ? entity->notice : (*first)->notice);
		if (!*first)
			*first = entity;
		(*count)++;
	}
	return 0;
}

static int make_entity(struct ctl *ctl, const struct definition *definition,
		       const struct entity *entity, const char *word, bool several,
		       struct document *document, struct absences *absences, struct error *err)
{
	struct period period;
	struct error ignored;

	/* a name an entity gave to days of its own is asked of those that have it */
	if (ctl_period(ctl, entity, word, &period, several ? &ignored : err) < 0)
		return several ? 0 : -1;
	return report_make(ctl, definition, entity, &period, several, document, absences, err);
}

/* "last-quarter" and the like: the last one that is over. */
static const struct {
	const char *word;
	enum period_kind kind;
	int months;
} relative[] = {
	{ "last-month", PERIOD_MONTH, 1 },
	{ "last-quarter", PERIOD_QUARTER, 3 },
	{ "last-semester", PERIOD_SEMESTER, 6 },
	{ "last-year", PERIOD_YEAR, 12 },
};
enum { RELATIVE = sizeof(relative) / sizeof(relative[0]) };

/* The name of the one whose first month is `month` of `year`. */
static void name_period(enum period_kind kind, int year, int month, char ret[PERIOD_TEXT])
{
	if (kind == PERIOD_MONTH)
		(void)snprintf(ret, PERIOD_TEXT, "%04d-%02d", year, month);
	else if (kind == PERIOD_QUARTER)
		(void)snprintf(ret, PERIOD_TEXT, "%04d-Q%d", year, (month - 1) / 3 + 1);
	else if (kind == PERIOD_SEMESTER)
		(void)snprintf(ret, PERIOD_TEXT, "%04d-S%d", year, (month - 1) / 6 + 1);
	else
		(void)snprintf(ret, PERIOD_TEXT, "%04d", year);
}

int report_word(const struct ctl *ctl, const struct entity *entity, const char *word,
		char ret[PERIOD_TEXT], const char **named, struct error *err)
{
	int year, month, mday;
	int32_t today;

	assert(entity); /* ctl_load() refuses a configuration without one */
	*named = word;
	for (size_t i = 0; word && i < RELATIVE; i++) {
		int months = relative[i].months;

		if (strcmp(word, relative[i].word) != 0)
			continue;
		if (ctl_today(ctl, entity->zone, &today, err) < 0)
			return -1;
		day_split(today, &year, &month, &mday);
		month -= (month - 1) % months + months;
		if (month < 1) {
			month += 12;
			year--;
		}
		name_period(relative[i].kind, year, month, ret);
		*named = ret;
	}
	return 0;
}

int report_period(struct ctl *ctl, const char *word, struct period *ret, struct error *err)
{
	for (size_t i = 0; i < ctl->config->entity_count; i++)
		if (ctl_wants(ctl, &ctl->config->entities[i]) &&
		    ctl_period(ctl, &ctl->config->entities[i], word, ret, err) == 0)
			return 0;
	return -1;
}

static int fill(struct ctl *ctl, const struct definition *definition, const char *word,
		struct document *document, struct error *err)
{
	const struct entity *first;
	SCOPED(absences)
	struct absences absences = { 0 };
	struct period period;
	size_t count;

	if (report_entities(ctl, &count, &first, err) < 0 ||
	    report_period(ctl, word, &period, err) < 0)
		return -1;
	assert(first);
	fill_head(ctl, definition, count == 1 ? first : NULL, &period, document);
	document_head_text(&document->head.notice, first->notice);
	if (count == 1 && add_closed(ctl, first, &period, document, err) < 0)
		return -1;
	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];

		if (ctl_wants(ctl, entity) && make_entity(ctl, definition, entity, word, count > 1,
							  document, &absences, err) < 0)
			return -1;
	}
	return absences_tell(ctl, definition, &absences, err);
}

int report_document(struct ctl *ctl, const struct definition *definition, const char *word,
		    int32_t date, struct document **ret, struct error *err)
{
	struct document *document = document_new(language_name(ctl->language));

	document->head.date = date;
	if (fill(ctl, definition, word, document, err) < 0) {
		document_free(document);
		return -1;
	}
	*ret = document;
	return 0;
}

/* --- the file */

int report_write(const struct ctl *ctl, const struct document *document, const char *path,
		 enum document_format format, struct error *err)
{
	SCOPED(draft)
	struct draft draft = { .path = path, .mode = 0666, .special = true };
	int result;

	if (draft_open(&draft, err) < 0)
		return -1;
	if (format == DOCUMENT_XLSX)
		result = document_render(document, format, ctl->language, NULL, draft.name, err);
	else
		result = document_render(document, format, ctl->language, draft_stream(&draft),
					 NULL, err);
	return result < 0 ? -1 : draft_commit(&draft, err);
}

/* "2026-01-15", "none", or today. */
static int date_of(const struct ctl *ctl, const struct entity *entity, const char *word,
		   int32_t *ret, struct error *err)
{
	assert(entity);
	if (!word)
		return ctl_today(ctl, entity->zone, ret, err);
	*ret = DAY_NONE;
	return strcmp(word, "none") == 0 ? 0 : day_parse(word, ret, err);
}

int report_path_check(const char *option, const char *path, bool by_entity)
{
	for (; (path = strchr(path, '{')) != NULL; path++) {
		size_t length = strcspn(path, "}/");

		if (path[length] != '}' || strncmp(path, "{period}", length + 1) == 0 ||
		    (by_entity && strncmp(path, "{entity}", length + 1) == 0))
			continue;
		return ctl_say(ENDS_USAGE, "%s: unknown %.*s, there %s {period}%s", option,
			       (int)(length < 40 ? length + 1 : 40), path, by_entity ? "are" : "is",
			       by_entity ? " and {entity}" : "");
	}
	return ENDS_FINE;
}

char *report_path(const char *path, const char *entity, const struct period *period)
{
	static const char of_period[] = "{period}", of_entity[] = "{entity}";
	struct text ret = { 0 };

	while (*path) {
		if (strncmp(path, of_period, sizeof(of_period) - 1) == 0) {
			text_add(&ret, period->name);
			path += sizeof(of_period) - 1;
		} else if (entity && strncmp(path, of_entity, sizeof(of_entity) - 1) == 0) {
			text_add(&ret, entity);
			path += sizeof(of_entity) - 1;
		} else {
			text_add_char(&ret, *path++);
		}
	}
	return text_take(&ret);
}

int report_for_each(struct ctl *ctl, const char *path, int (*make)(struct ctl *ctl, void *data),
		    void *data)
{
	const char *asked = ctl->entity;
	int worst = ENDS_FINE;

	if (!strstr(path, "{entity}"))
		return make(ctl, data);
	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		int ends;

		ctl->entity = asked;
		if (!ctl_wants(ctl, &ctl->config->entities[i]))
			continue;
		ctl->entity = ctl->config->entities[i].id;
		ends = make(ctl, data);
		if (ends > worst)
			worst = ends;
	}
	ctl->entity = asked;
	return worst;
}

static int make_report(struct ctl *ctl, void *data)
{
	const struct wish *wish = data;
	const char *word = wish->word;
	SCOPED(definition)
	struct definition *definition = NULL;
	SCOPED(document)
	struct document *document = NULL;
	const struct entity *entity;
	struct period period;
	char last[PERIOD_TEXT];
	SCOPED(memory)
	char *output = NULL;
	struct error err;
	size_t count;
	int32_t date;
	int ends;

	if (report_entities(ctl, &count, &entity, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_speak(ctl, entity)))
		return ends;
	if (report_word(ctl, entity, word, last, &word, &err) < 0 ||
	    report_period(ctl, word, &period, &err) < 0 ||
	    date_of(ctl, entity, wish->date, &date, &err) < 0)
		return ctl_fail(&err);
	if ((ends = report_definition(ctl, wish->definition, &period, &definition)))
		return ends;
	output = report_path(wish->output, entity->id, &period);
	if (report_document(ctl, definition, word, date, &document, &err) < 0 ||
	    report_write(ctl, document, output, wish->format, &err) < 0)
		return ctl_fail(&err);
	(void)fprintf(ctl->out, say("%s: written\n"), output);
	return ENDS_FINE;
}

static int report(struct ctl *ctl, int argc, char **argv)
{
	struct wish wish = { 0 };
	const struct flag flags[] = {
		{ "output", &wish.output, NULL },
		{ "o", &wish.output, NULL },
		{ "definition", &wish.definition, NULL },
		{ "date", &wish.date, NULL },
		{ 0 },
	};
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 1, &ends) < 0)
		return ends;
	wish.word = argc ? argv[0] : NULL;
	if (!wish.output)
		return ctl_say(ENDS_USAGE, "-o FILE is missing: its end says the format, .html, "
					   ".xlsx, .md, .json or .csv");
	if (document_format_of(wish.output, &wish.format) < 0)
		return ctl_say(ENDS_USAGE,
			       "-o %s: expected a name that ends in .html, .xlsx, .md, "
			       ".json or .csv",
			       wish.output);
	if ((ends = report_path_check("-o", wish.output, true)) || (ends = ctl_load(ctl)) ||
	    (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	return report_for_each(ctl, wish.output, make_report, &wish);
}

const struct command report_command = {
	.name = "report",
	.arguments = "[PERIOD] -o FILE",
	.purpose = "the office's whole report as a document",
	.help = "The end of the file's name says the format: .html, .xlsx, .md, .json, .csv.\n"
		"What the report consists of stands in a definition, a small file an office can\n"
		"change: trimestral, mensual, semestral, resumen, or one of its own.\n"
		"PERIOD may also be last-month (the default), last-quarter, last-semester or "
		"last-year.\n\n"
		"  -o, --output FILE      where it is written; {period} in it is the period's "
		"name,\n"
		"                         {entity} the id: then each entity has its own\n"
		"  --definition NAME      of those in reports/ beside the configuration (or "
		"FILE);\n"
		"                         default: by the kind of period\n"
		"  --date DAY             the date it bears, default today; none: it bears none\n\n"
		"example: the last quarter of 2025, for printing\n"
		"  metricsctl report 2025-Q4 --entity itagui -o informe.html\n",
	.run = report,
	.takes_database = true,
};
