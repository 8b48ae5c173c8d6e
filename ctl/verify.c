/*
 * Published numbers against the figures of the store, and against each other. The verdict is
 * figures/verdict.c's; here the file is read and what the numbers are made of is found.
 */
#include "board.h"
#include "csv_table.h"
#include "formula.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	VERIFY_VERSION = 1,
	LINES_MAX = 5000, /* each may be held against all others */
	WHERE_MAX = 500,
	PARTS_MAX = 64,   /* of one printed whole */
	CHOICES_MAX = 64, /* ways to take parts that were printed more than once */
	DECIMALS_MAX = 2, /* "2.106" are thousands to half of the world */
	NUMBER_MAX = 15,  /* digits before the point */
};

enum column { PERIOD, ACCOUNT, METRIC, VALUE, UNCERTAINTY, WHERE };

static const char *const column_names[] = {
	"period", "account", "metric", "value", "uncertainty", "where", NULL,
};

/* One published number. */
struct line {
	int number;
	struct period period;
	char *account, *metric, *where; /* as they stand there; where NULL: not said */
	struct printed printed;
	struct subject subject;
	struct figure figure;
	enum verdict verdict;
	/* Other lines it contradicts, and what they make; none unless the data cannot settle it. */
	const struct line *against[PARTS_MAX];
	int signs[PARTS_MAX];
	size_t against_count;
	struct printed made;
	enum relation { SUM, QUOTIENT, BOUNDS, NO_MORE } relation;
};

struct verification {
	struct ctl *ctl;
	const struct entity *entity;
	struct board *board;
	struct csv_table table;
	struct line *lines;
	size_t count, room;
};

static void scoped_verification(struct verification *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->lines[i].account);
		free(all->lines[i].metric);
		free(all->lines[i].where);
	}
	free(all->lines);
	csv_table_clear(&all->table);
	board_close(all->board);
}

/* --- numbers as they were printed */

/* "33,7": somebody's decimal comma. */
static bool is_decimal_comma(const char *text)
{
	size_t whole = strspn(text, "0123456789");
	size_t rest = text[whole] == ',' ? strspn(text + whole + 1, "0123456789") : 0;

	return whole > 0 && rest > 0 && rest <= DECIMALS_MAX && text[whole + 1 + rest] == '\0';
}

/* 37, 33.7, -12: whole numbers and decimal fractions of one or two digits. */
static int printed_parse(const char *text, const char *what, int64_t *ret, int *decimals,
			 struct error *err)
{
	bool below = *text == '-';
	const char *digits = text + below;
	size_t whole = strspn(digits, "0123456789");
	size_t rest = digits[whole] == '.' ? strspn(digits + whole + 1, "0123456789") : 0;
	char all[NUMBER_MAX + DECIMALS_MAX + 1];
	int64_t number;

	if (is_decimal_comma(text))
		return error_set(err, ERROR_INPUT,
				 "%s \"%.40s\" has a decimal comma: write %.*s.%s", what, text,
				 (int)whole, digits, digits + whole + 1);
	if (whole == 0 || (digits[whole] && (rest == 0 || digits[whole + 1 + rest])) ||
	    rest > DECIMALS_MAX) {
		if (value_parse(text, what, &number, err) < 0)
			return -1;
		return error_set(err, ERROR_INPUT, "%s \"%.40s\" is no number", what, text);
	}
	if (whole > NUMBER_MAX)
		return error_set(err, ERROR_INPUT, "%s \"%.40s\" is out of range: up to 10^15",
				 what, text);
	memcpy(all, digits, whole);
	if (rest)
		memcpy(all + whole, digits + whole + 1, rest);
	all[whole + rest] = '\0';
	number = strtoll(all, NULL, 10);
	*ret = below ? -number : number;
	*decimals = (int)rest;
	return 0;
}

static int64_t scaled(int64_t number, int places)
{
	while (places-- > 0)
		number *= 10;
	return number;
}

static int read_printed(const char *value, const char *uncertainty, struct printed *ret,
			struct error *err)
{
	int decimals = 0;

	*ret = (struct printed){ 0 };
	if (!*value)
		return error_set(err, ERROR_INPUT,
				 "value is missing: leave the line out when nothing was published");
	if (printed_parse(value, "value", &ret->value, &ret->decimals, err) < 0)
		return -1;
	if (!*uncertainty)
		return 0;
	if (printed_parse(uncertainty, "uncertainty", &ret->uncertainty, &decimals, err) < 0)
		return -1;
	if (ret->uncertainty < 0)
		return error_set(err, ERROR_INPUT, "uncertainty %.40s is below zero", uncertainty);
	if (decimals > ret->decimals)
		return error_set(err, ERROR_INPUT,
				 "uncertainty %.40s has more decimals than the value %.40s",
				 uncertainty, value);
	ret->uncertainty = scaled(ret->uncertainty, ret->decimals - decimals);
	return 0;
}

/* --- the file */

static void read_line(struct verification *all)
{
	struct csv_table *table = &all->table;
	const char *where = csv_table_field(table, WHERE);
	size_t before = table->mistakes;
	struct line line = { .number = table->record.line };
	struct error err;

	if (config_period(all->entity, csv_table_field(table, PERIOD), &line.period, &err) < 0)
		csv_table_mistake(table, line.number, "%s", err.text);
	if (read_printed(csv_table_field(table, VALUE), csv_table_field(table, UNCERTAINTY),
			 &line.printed, &err) < 0)
		csv_table_mistake(table, line.number, "%s", err.text);
	if (strlen(where) > WHERE_MAX)
		csv_table_mistake(table, line.number, "where is longer than %d bytes", WHERE_MAX);
	if (all->count == LINES_MAX)
		csv_table_mistake(table, line.number, "more than %d lines: split the file",
				  LINES_MAX);
	if (table->mistakes != before)
		return;
	line.account = memory_text(csv_table_field(table, ACCOUNT));
	line.metric = memory_text(csv_table_field(table, METRIC));
	line.where = *where ? memory_text(where) : NULL;
	all->lines = memory_grow(all->lines, all->count, &all->room, sizeof(*all->lines));
	all->lines[all->count++] = line;
}

/* From the first day of all periods to the last. */
static struct window all_days(const struct verification *all)
{
	struct window days = all->lines[0].period.window;

	for (size_t i = 1; i < all->count; i++) {
		struct window window = all->lines[i].period.window;
		int32_t end = window_end(window) > window_end(days) ? window_end(window)
								    : window_end(days);

		days.first = window.first < days.first ? window.first : days.first;
		days.days = end - days.first;
	}
	return days;
}

/* What the lines name, which only the board knows. */
static void find_subjects(struct verification *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct line *line = &all->lines[i];
		struct error err;

		if (board_find(all->board, line->account, line->metric, &line->subject, &err) < 0)
			csv_table_mistake(&all->table, line->number, "%s", err.text);
	}
}

/* Reads the file and opens the board over its periods. */
static int read_file(struct verification *all, const char *path)
{
	struct error err;

	if (csv_table_open(path, column_names, UNCERTAINTY, &all->table, &err) < 0)
		return ctl_say(ENDS_FAILURE, "%s", err.text);
	while (csv_table_next(&all->table))
		read_line(all);
	if (all->count) {
		if (board_open(all->ctl, all->entity, NULL, all_days(all), &all->board, &err) < 0)
			return ctl_fail(&err);
		find_subjects(all);
	}
	csv_table_say(&all->table);
	if (all->table.mistakes)
		return ctl_say(ENDS_FAILURE, "%s: nothing was verified", path);
	return ENDS_FINE;
}

/* --- one line against others */

/* The lines that print one part of a whole. */
struct part {
	const struct line *lines[CHOICES_MAX];
	size_t count;
	int sign;
};

struct whole {
	struct part parts[PARTS_MAX];
	size_t count;
	enum relation relation;
};

static bool same_window(struct window a, struct window b)
{
	return a.first == b.first && a.days == b.days;
}

/* Appends the part that is printed of `account`.`metric` in `window`; false when nothing is. */
static bool add_part(const struct verification *all, struct whole *whole, const char *account,
		     const char *metric, struct window window, int sign)
{
	struct part *part;

	if (whole->count == PARTS_MAX)
		return false;
	part = &whole->parts[whole->count];
	*part = (struct part){ .sign = sign };
	for (size_t i = 0; i < all->count && part->count < CHOICES_MAX; i++) {
		const struct line *line = &all->lines[i];

		if (same_window(line->period.window, window) &&
		    strcmp(line->subject.metric, metric) == 0 &&
		    strcmp(line->account, account) == 0)
			part->lines[part->count++] = line;
	}
	whole->count += part->count > 0;
	return part->count > 0;
}

/* How parts of the metric make a whole: people are not added up. */
static enum relation relation_of(const struct line *line)
{
	return line->figure.kind == METRIC_UNIQUE ? BOUNDS : SUM;
}

/* The months of a longer period. */
static bool from_months(const struct verification *all, const struct line *line,
			struct whole *whole)
{
	struct period months[PARTS_MAX];
	size_t count = period_months(&line->period, months, PARTS_MAX);
	int32_t days = 0;

	*whole = (struct whole){ .relation = relation_of(line) };
	if (count < 2 || line->figure.kind == METRIC_RATIO)
		return false;
	for (size_t i = 0; i < count; i++)
		days += months[i].window.days;
	if (days != line->period.window.days)
		return false;
	/* a level is that of the last month */
	for (size_t i = line->figure.kind == METRIC_STOCK ? count - 1 : 0; i < count; i++)
		if (!add_part(all, whole, line->account, line->subject.metric, months[i].window, 1))
			return false;
	return true;
}

/* The accounts of a group. */
static bool from_members(const struct verification *all, const struct line *line,
			 struct whole *whole)
{
	const struct group *group = line->subject.group;

	*whole = (struct whole){ .relation = relation_of(line) };
	for (size_t i = 0; group && i < group->count; i++) {
		const struct account *account = group->accounts[i];
		struct subject member;

		if (account_lacks(account, line->metric) ||
		    board_find(all->board, account->id, line->metric, &member, NULL) < 0)
			continue;
		if (!add_part(all, whole, account->id, line->metric, line->period.window, 1))
			return false;
	}
	return whole->count > 0;
}

/* The terms of a derived metric. */
static bool from_terms(const struct verification *all, const struct line *line, struct whole *whole)
{
	const struct derived *derived = line->subject.derived;

	*whole = (struct whole){ .relation = SUM };
	for (size_t i = 0; derived && i < derived->count; i++) {
		const struct term *term = &derived->terms[i];
		const char *name = term->group ? term->group->id : NULL;

		if (!name)
			name = term->account ? term->account->id : term->derived->account;
		if (!add_part(all, whole, name, term->metric, line->period.window, term->sign))
			return false;
	}
	return whole->count > 0;
}

/* The register's metric of a measure, or NULL. */
static const char *metric_of_measure(const struct account *account, enum measure measure)
{
	for (const struct metric *metric = account->collector->metrics; metric->id; metric++)
		if ((enum measure)metric->call == measure)
			return metric->id;
	return NULL;
}

/* A mean is the sum by the count; the largest is no more than the sum. */
static bool from_register(const struct verification *all, const struct line *line,
			  struct whole *whole)
{
	const struct account *account = line->subject.account;
	enum measure measure = subject_measure(&line->subject);
	const char *sum, *count;

	*whole = (struct whole){ .relation = measure == MEASURE_MEAN ? QUOTIENT : NO_MORE };
	if (measure != MEASURE_MEAN && measure != MEASURE_MAX)
		return false;
	sum = metric_of_measure(account, MEASURE_SUM);
	count = metric_of_measure(account, MEASURE_COUNT);
	if (!sum || !add_part(all, whole, line->account, sum, line->period.window, 1))
		return false;
	return measure == MEASURE_MAX ||
	       (count && add_part(all, whole, line->account, count, line->period.window, 1));
}

/* Whether `a` is more than `b` whatever was rounded. */
static bool is_more(const struct printed *a, const struct printed *b)
{
	int places = a->decimals > b->decimals ? a->decimals : b->decimals;
	int64_t least = scaled(a->value - a->uncertainty, places - a->decimals);
	int64_t most = scaled(b->value + b->uncertainty, places - b->decimals);

	return least > most;
}

/* Whether the whole contradicts its parts, each by its `chosen` line. */
static bool contradicts(const struct line *line, const struct whole *whole, const size_t *chosen,
			struct printed *made)
{
	struct printed parts[PARTS_MAX];
	int signs[PARTS_MAX];

	for (size_t i = 0; i < whole->count; i++) {
		parts[i] = whole->parts[i].lines[chosen[i]]->printed;
		signs[i] = whole->parts[i].sign;
	}
	switch (whole->relation) {
	case SUM:
		return printed_contradict(&line->printed, parts, signs, whole->count, false, made);
	case QUOTIENT:
		return printed_contradict(&line->printed, parts, signs, whole->count, true, made);
	case BOUNDS:
		return printed_beyond(&line->printed, parts, whole->count);
	case NO_MORE:
		return is_more(&line->printed, &parts[0]);
	}
	return false;
}

/* The next way to take a line for each part; false after the last one. */
static bool next_choice(const struct whole *whole, size_t *chosen)
{
	for (size_t i = 0; i < whole->count; i++) {
		if (++chosen[i] < whole->parts[i].count)
			return true;
		chosen[i] = 0;
	}
	return false;
}

/*
 * Marks the line when it contradicts its parts however they are taken: a part that was printed
 * twice, once wrong, leaves the whole in peace if it agrees with the other.
 */
static void hold_against(struct line *line, const struct whole *whole)
{
	size_t chosen[PARTS_MAX] = { 0 };
	struct printed made = { 0 };
	int choices = 0;

	if (!contradicts(line, whole, chosen, &line->made))
		return;
	while (next_choice(whole, chosen) && ++choices < CHOICES_MAX)
		if (!contradicts(line, whole, chosen, &made))
			return;
	line->relation = whole->relation;
	line->against_count = whole->count;
	for (size_t i = 0; i < whole->count; i++) {
		line->against[i] = whole->parts[i].lines[0];
		line->signs[i] = whole->parts[i].sign;
	}
}

static void hold_against_others(const struct verification *all, struct line *line)
{
	static bool (*const ways[])(const struct verification *, const struct line *,
				    struct whole *) = {
		from_members,
		from_terms,
		from_register,
		from_months,
	};
	SCOPED(memory)
	struct whole *whole = memory_new(1, sizeof(*whole));

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && !line->against_count; i++)
		if (ways[i](all, line, whole))
			hold_against(line, whole);
}

static void judge(struct verification *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct line *line = &all->lines[i];

		line->figure = board_figure(all->board, &line->subject, &line->period, NULL);
		line->verdict = verdict_of(&line->figure, &line->printed);
	}
	for (size_t i = 0; i < all->count; i++)
		if (all->lines[i].verdict == VERDICT_NOT_PROVABLE)
			hold_against_others(all, &all->lines[i]);
}

/* --- what is said of a line */

static void add_printed(const struct printed *printed, struct language *language, struct text *out)
{
	language_decimal(language, printed->value, printed->decimals, out);
	if (printed->uncertainty) {
		text_add(out, " ± ");
		language_decimal(language, printed->uncertainty, printed->decimals, out);
	}
}

/* "659 / 7 = 94,1" of the published numbers themselves. */
static void add_contradiction(const struct line *line, struct language *language, struct text *out)
{
	if (line->relation == BOUNDS)
		text_add(out, say("not between the largest and the sum of "));
	if (line->relation == NO_MORE)
		text_add(out, say("more than all together: "));
	for (size_t i = 0; i < line->against_count; i++) {
		const char *joint = line->signs[i] < 0 ? " − " : " + ";

		if (line->relation == QUOTIENT)
			joint = " / ";
		else if (line->relation == BOUNDS)
			joint = "; ";
		text_add(out, i ? joint : "");
		add_printed(&line->against[i]->printed, language, out);
	}
	if (line->relation == SUM || line->relation == QUOTIENT) {
		text_add(out, " = ");
		language_decimal(language, line->made.value, line->made.decimals, out);
	}
}

/* Numbers of the lines it contradicts: "18, 17". */
static void add_lines(const struct line *line, const char *between, struct text *out)
{
	for (size_t i = 0; i < line->against_count; i++)
		text_addf(out, "%s%d", i ? between : "", line->against[i]->number);
}

/* Why a figure that nothing lacks in settles nothing. */
static const char *unsettled(const struct figure *figure)
{
	if (figure->form == FIGURE_NONE)
		return say("nothing is known");
	if (figure->provisional)
		return say("still provisional");
	if (figure->estimate)
		return say("an estimate is no proof");
	if (figure->inconsistent)
		return say("the provider's own numbers contradict each other");
	if (figure->broken)
		return say("what is counted changed within the period");
	if (figure->revisable)
		return say("the provider may still revise it");
	return say("only its bounds are known");
}

static const char *verdict_words(const struct line *line)
{
	switch (line->verdict) {
	case VERDICT_RIGHT:
		return say("right");
	case VERDICT_WRONG:
		return say("WRONG");
	case VERDICT_NOT_PROVABLE:
		return line->against_count ? say("not provable, inconsistent")
					   : say("not provable");
	}
	return "";
}

static enum paint verdict_paint(const struct line *line)
{
	if (line->verdict == VERDICT_WRONG || line->against_count)
		return PAINT_BAD;
	return line->verdict == VERDICT_RIGHT ? PAINT_GOOD : PAINT_WARN;
}

static const char *title_of(const struct subject *subject)
{
	if (subject->account)
		return subject->account->title;
	return subject->group ? subject->group->title : subject->derived->account;
}

/* --- for people */

static void add_detail(struct grid *grid, const char *words)
{
	SCOPED(text)
	struct text cell = { 0 };

	if (!*words)
		return;
	text_addf(&cell, "      %s", words);
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	grid_end_row(grid);
}

/* Whether the formula is one side of an equation; records that are counted are listed. */
static bool is_equation(const struct subject *subject)
{
	enum measure measure = subject_measure(subject);

	return subject->kind != METRIC_UNIQUE &&
	       (measure == MEASURE_NONE || measure == MEASURE_SUM || measure == MEASURE_MEAN);
}

/* The formula of the figure and what lacks in it. */
static void add_reasons(const struct verification *all, const struct line *line, struct grid *grid)
{
	struct language *language = all->ctl->language;
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text lacking = { 0 };

	formula_add(all->board, &line->subject, &line->period, language, &words);
	if (words.length && line->verdict == VERDICT_WRONG && is_equation(&line->subject)) {
		text_add(&words, " = ");
		figure_print(&line->figure, language, &words);
	}
	add_detail(grid, text_str(&words));
	if (line->verdict == VERDICT_WRONG)
		return;
	lacking_add(all->board, &line->subject, &line->period, &lacking);
	text_reset(&words);
	if (lacking.length)
		text_addf(&words, say("lacking: %s"), text_str(&lacking));
	else
		text_add(&words, unsettled(&line->figure));
	add_detail(grid, text_str(&words));
}

static void add_inconsistency(const struct verification *all, const struct line *line,
			      struct grid *grid)
{
	SCOPED(text)
	struct text words = { 0 };
	SCOPED(text)
	struct text numbers = { 0 };
	SCOPED(text)
	struct text made = { 0 };

	if (!line->against_count)
		return;
	add_lines(line, ", ", &numbers);
	add_contradiction(line, all->ctl->language, &made);
	/* TRANSLATORS: numbers of lines, then what they make */
	text_addf(&words,
		  say_count("inconsistent with line %s: %s", "inconsistent with lines %s: %s",
			    (int64_t)line->against_count),
		  text_str(&numbers), text_str(&made));
	add_detail(grid, text_str(&words));
}

static void add_line(const struct verification *all, const struct line *line, struct grid *grid)
{
	struct language *language = all->ctl->language;
	SCOPED(text)
	struct text cell = { 0 };

	text_addf(&cell, "%d", line->number);
	grid_cell(grid, PAINT_DIM, text_str(&cell));
	text_reset(&cell);
	language_period(language, &line->period, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	text_reset(&cell);
	text_addf(&cell, "%s · %s", title_of(&line->subject), say(line->subject.label));
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	text_reset(&cell);
	add_printed(&line->printed, language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	text_reset(&cell);
	figure_print(&line->figure, language, &cell);
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_cell(grid, verdict_paint(line), verdict_words(line));
	grid_end_row(grid);
	if (line->verdict == VERDICT_RIGHT)
		return;
	if (line->where)
		add_detail(grid, line->where);
	add_reasons(all, line, grid);
	add_inconsistency(all, line, grid);
}

/* Whether the line is asked for by --account. */
static bool wanted(const struct verification *all, const struct line *line)
{
	const struct subject *subject = &line->subject;

	if (!all->ctl->only)
		return true;
	if (subject->derived)
		return names_derived(subject->derived->account, subject->derived->metric,
				     all->ctl->only);
	return strcmp(line->account, all->ctl->only) == 0;
}

struct tally {
	size_t lines, verdicts[VERDICT_NOT_PROVABLE + 1], inconsistent;
};

static struct tally tally_of(const struct verification *all)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < all->count; i++) {
		const struct line *line = &all->lines[i];

		if (!wanted(all, line))
			continue;
		tally.lines++;
		tally.verdicts[line->verdict]++;
		tally.inconsistent += line->against_count > 0;
	}
	return tally;
}

static void print_tally(const struct verification *all, const struct tally *tally)
{
	FILE *out = all->ctl->out;
	size_t right = tally->verdicts[VERDICT_RIGHT];
	size_t wrong = tally->verdicts[VERDICT_WRONG];
	size_t open = tally->verdicts[VERDICT_NOT_PROVABLE];

	(void)fputc('\n', out);
	(void)fprintf(out, say_count("%zu line: ", "%zu lines: ", (int64_t)tally->lines),
		      tally->lines);
	(void)fprintf(out, say_count("%zu right, ", "%zu right, ", (int64_t)right), right);
	(void)fprintf(out, say_count("%zu wrong, ", "%zu wrong, ", (int64_t)wrong), wrong);
	(void)fprintf(out, say_count("%zu not provable", "%zu not provable", (int64_t)open), open);
	if (tally->inconsistent)
		(void)fprintf(out,
			      say_count(" (%zu of them inconsistent)",
					" (%zu of them inconsistent)",
					(int64_t)tally->inconsistent),
			      tally->inconsistent);
	(void)fputs(".\n", out);
}

static void print_table(const struct verification *all, const struct tally *tally)
{
	static const char *const heads[] = {
		N_("line"), N_("period"), N_("figure"), N_("published"), N_("data"), N_("verdict"),
	};
	SCOPED(grid)
	struct grid grid = { 0 };
	bool first = true;

	print_entity(all->ctl, all->entity, &first);
	grid_begin(&grid, "rllrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		grid_cell(&grid, PAINT_BOLD, say(heads[i]));
	grid_end_row(&grid);
	for (size_t i = 0; i < all->count; i++)
		if (wanted(all, &all->lines[i]))
			add_line(all, &all->lines[i], &grid);
	grid_print(&grid, &all->ctl->look, all->ctl->out);
	print_tally(all, tally);
}

/* --- for programs */

static void record_figure(const struct figure *figure, struct records *records)
{
	records_bounds(records, figure);
	records_number(records, "known_days", figure->known_days);
	records_number(records, "period_days", figure->period_days);
	records_flag(records, "of_records", figure->of_records);
	records_flag(records, "complete", figure->complete);
	records_text(records, "state", figure_state_name(figure));
}

static void record_line(const struct verification *all, const struct line *line,
			struct records *records)
{
	struct language *language = all->ctl->language;
	SCOPED(text)
	struct text formula = { 0 };
	SCOPED(text)
	struct text lacking = { 0 };
	SCOPED(text)
	struct text against = { 0 };
	SCOPED(text)
	struct text made = { 0 };

	formula_add(all->board, &line->subject, &line->period, language, &formula);
	lacking_add(all->board, &line->subject, &line->period, &lacking);
	add_lines(line, " ", &against);
	if (line->against_count)
		add_contradiction(line, language, &made);
	records_next(records);
	records_number(records, "line", line->number);
	records_text(records, "entity", all->entity->id);
	records_text(records, "notice", all->entity->notice);
	records_text(records, "period", line->period.name);
	records_day(records, "first_day", line->period.window.first);
	records_day(records, "last_day", window_end(line->period.window) - 1);
	records_text(records, "account", line->account);
	records_text(records, "metric", line->subject.metric);
	records_text(records, "label", say(line->subject.label));
	records_text(records, "where", line->where);
	records_decimal(records, "published", line->printed.value, line->printed.decimals);
	records_decimal(records, "uncertainty", line->printed.uncertainty, line->printed.decimals);
	records_text(records, "verdict", verdict_name(line->verdict));
	record_figure(&line->figure, records);
	records_text(records, "formula", text_str(&formula));
	records_text(records, "lacks", text_str(&lacking));
	records_flag(records, "inconsistent", line->against_count > 0);
	records_text(records, "inconsistent_with", text_str(&against));
	records_text(records, "contradiction", text_str(&made));
}

static void print_records(const struct verification *all)
{
	struct records records;

	records_begin(&records, all->ctl->format, "metricsd.verify", VERIFY_VERSION, all->ctl->out);
	for (size_t i = 0; i < all->count; i++)
		if (wanted(all, &all->lines[i]))
			record_line(all, &all->lines[i], &records);
	records_end(&records);
}

/* --- the command */

static int show(const struct verification *all, bool strict)
{
	struct tally tally = tally_of(all);

	if (all->ctl->format == REPORT_TABLE)
		print_table(all, &tally);
	else
		print_records(all);
	if (tally.verdicts[VERDICT_WRONG] || tally.inconsistent)
		return ENDS_PERSON;
	return strict && tally.verdicts[VERDICT_NOT_PROVABLE] ? ENDS_PERSON : ENDS_FINE;
}

static int verify(struct ctl *ctl, int argc, char **argv)
{
	SCOPED(verification)
	struct verification all = { .ctl = ctl };
	bool strict = false;
	const struct flag flags[] = { { "strict", NULL, &strict }, { 0 } };
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 1, 1, &ends) < 0)
		return ends;
	if ((ends = ctl_load(ctl)))
		return ends;
	all.entity = ctl->chosen_entity ? ctl->chosen_entity : ctl_entity(ctl);
	if (!all.entity)
		return ctl_say(ENDS_USAGE, "whose figures are they? Say --entity");
	if ((ends = ctl_speak(ctl, all.entity)) || (ends = ctl_open(ctl, STORE_READ)) ||
	    (ends = read_file(&all, argv[0])))
		return ends;
	judge(&all);
	return show(&all, strict);
}

const struct command verify_command = {
	.name = "verify",
	.arguments = "FILE",
	.purpose = "published figures against the data and against each other",
	.help = "The file has the header\n"
		"  period,account,metric,value[,uncertainty,where]\n"
		"and one published number a line; an account may be a group, a derived name or a\n"
		"register. A number is right when the data prove it, wrong when it lies outside "
		"what\n"
		"they allow (the right one is shown, and how it is made), else not provable: what "
		"is\n"
		"known and what lacks is shown. What the data cannot settle is held against the "
		"other\n"
		"lines. Ends with 1 when a line is wrong or inconsistent.\n\n"
		"  --strict   ends with 1 for lines that are not provable, too\n\n"
		"example:\n"
		"  metricsctl verify published.csv --entity itagui\n",
	.run = verify,
	.takes_account = true,
	.for_machines = true,
	.takes_groups = true,
	.takes_database = true,
};
