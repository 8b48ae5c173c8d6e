/*
 * What is stored is not always what is shown: another source may go before it (figure.h). Whoever
 * enters a number hears so at once, not when the report is out.
 */
#include "board.h"

#include "metricsd/cleanup.h"

#include <string.h>

enum { OVERRULES_SHOWN = 10 };

struct overrule {
	struct ctl *ctl;
	const struct stored *stored;
	const struct figure *figure; /* what summary shows instead */
};

static bool comes_from(const struct figure *figure, const struct entry *entry)
{
	return figure->form != FIGURE_NONE && figure->source &&
	       strcmp(figure->source, entry->source) == 0 && figure->value == entry->value;
}

/* Whether another source says the very same: then there is nothing to choose. */
static bool agrees(const struct figure *figure, const struct entry *entry)
{
	return figure->form != FIGURE_NONE && figure->form != FIGURE_AT_LEAST &&
	       figure->value == entry->value && figure->low == entry->value - entry->below &&
	       figure->high == entry->value + entry->above;
}

static bool same_window(struct window a, struct window b)
{
	return a.first == b.first && a.days == b.days;
}

/* The entry a figure comes from. */
struct behind {
	int64_t number; /* 0: it comes from none, or from several */
	size_t figures; /* all that it brought and that stand */
};

static void find_behind(const struct overrule *overrule, struct behind *ret)
{
	const struct entry *entry = overrule->stored->entry;
	struct kept_entry *kept = NULL;
	size_t count = 0;
	struct error err; /* then the words are those for none */

	*ret = (struct behind){ 0 };
	if (!overrule->figure->source || strcmp(overrule->figure->source, entry->source) == 0 ||
	    store_entries(overrule->ctl->store, NULL, NULL, &kept, &count, &err) < 0)
		return;
	for (size_t i = 0; i < count && !ret->number; i++)
		if (strcmp(kept[i].entity, entry->entity) == 0 &&
		    strcmp(kept[i].account, entry->account) == 0 &&
		    strcmp(kept[i].metric, entry->metric->id) == 0 &&
		    strcmp(kept[i].source, overrule->figure->source) == 0 &&
		    same_window(kept[i].window, entry->window))
			ret->number = kept[i].origin;
	for (size_t i = 0; i < count; i++)
		ret->figures += kept[i].origin == ret->number;
	entries_free(kept, count);
}

/* What to do about it. */
static void print_advice(const struct overrule *overrule)
{
	const struct entry *entry = overrule->stored->entry;
	FILE *out = overrule->ctl->out;
	struct behind behind;

	if (entry->metric->kind == METRIC_STOCK && overrule->figure->source &&
	    strcmp(overrule->figure->source, entry->source) == 0) {
		(void)fputc('\n', out); /* a later level, or one of the same day, which is told */
		return;
	}
	find_behind(overrule, &behind);
	if (behind.figures == 1)
		(void)fprintf(out,
			      say("; leave it so if that one is right, else take it back: "
				  "metricsctl withdraw %lld\n"),
			      (long long)behind.number);
	else if (behind.figures && strcmp(overrule->figure->source, "csv") == 0)
		(void)fprintf(out,
			      say("; leave it so if that one is right, else correct it: "
				  "metricsctl enter %s/%s %s %s VALUE --source %s\n"),
			      entry->entity, entry->account, entry->metric->id,
			      overrule->stored->period->name, overrule->figure->source);
	else
		(void)fprintf(
			out, "; %s\n",
			say("that is meant to be so: complete months go before what was said "
			    "of them together, more days known before fewer, then the sources "
			    "in their order (collector, imported, register, manual, or as the "
			    "configuration says)"));
}

static void print_overrule(const struct overrule *overrule)
{
	const struct entry *entry = overrule->stored->entry;
	const struct figure *figure = overrule->figure;
	struct ctl *ctl = overrule->ctl;
	SCOPED(text)
	struct text value = { 0 };

	figure_print(figure, ctl->language, &value);
	if (figure->mixed)
		text_addf(&value, " (%s)", say("mixed"));
	else if (figure->source)
		text_addf(&value, " (%s)", figure->source);
	(void)fprintf(ctl->out, "%s/%s %s %s: ", entry->entity, entry->account, entry->metric->id,
		      overrule->stored->period->name);
	(void)fprintf(ctl->out, say("the summary shows %s"), text_str(&value));
	print_advice(overrule);
}

/* Lines of a file that follow each other often share account and period: so do their boards. */
static int open_board(struct ctl *ctl, const struct stored *stored, const struct stored *before,
		      struct board **board, struct error *err)
{
	const struct entry *entry = stored->entry;

	if (before && strcmp(before->entry->entity, entry->entity) == 0 &&
	    strcmp(before->entry->account, entry->account) == 0 &&
	    same_window(before->period->window, stored->period->window))
		return 0;
	board_close(*board);
	*board = NULL;
	return board_open(ctl, config_entity(ctl->config, entry->entity), entry->account,
			  stored->period->window, board, err);
}

/* What the summary shows of the whole period. */
static int figure_shown(struct ctl *ctl, const struct stored *stored, const struct stored *before,
			struct board **board, struct figure *ret, struct error *err)
{
	const struct entry *entry = stored->entry;
	struct subject subject;

	if (open_board(ctl, stored, before, board, err) < 0 ||
	    board_find(*board, entry->account, entry->metric->id, &subject, err) < 0)
		return -1;
	*ret = board_figure(*board, &subject, stored->period, NULL);
	return 0;
}

void say_overruled(struct ctl *ctl, const struct stored *stored, size_t count)
{
	SCOPED(board)
	struct board *board = NULL;
	size_t overruled = 0;
	struct error err;

	for (size_t i = 0; i < count; i++) {
		struct figure figure;
		struct overrule overrule = {
			.ctl = ctl,
			.stored = &stored[i],
			.figure = &figure,
		};

		if (figure_shown(ctl, &stored[i], i ? &stored[i - 1] : NULL, &board, &figure,
				 &err) < 0) {
			(void)ctl_say(0, "what the summary shows cannot be told: %s", err.text);
			return;
		}
		if (comes_from(&figure, stored[i].entry) || agrees(&figure, stored[i].entry))
			continue;
		if (++overruled <= OVERRULES_SHOWN)
			print_overrule(&overrule);
	}
	if (overruled > OVERRULES_SHOWN)
		(void)fprintf(
			ctl->out,
			say_count("and %zu more figure that the summary takes from elsewhere\n",
				  "and %zu more figures that the summary takes from "
				  "elsewhere\n",
				  (int64_t)(overruled - OVERRULES_SHOWN)),
			overruled - OVERRULES_SHOWN);
}
