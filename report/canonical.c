/*
 * Figures as they are signed: the same figures are the same bytes, whatever the language, the
 * order of the configuration or the titles. docs/formats.md, "Canonical figures".
 */
#include "sheet_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CANONICAL_MAX = 256 << 20, DECIMALS_MAX = 3 };

/* A figure and where it stands. */
struct place {
	const struct sheet_row *row;
	const struct period *period;
	const struct figure *figure;
};

static int compare_names(const char *a[4], const char *b[4])
{
	for (int i = 0; i < 4; i++) {
		int order = strcmp(a[i], b[i]);

		if (order)
			return order;
	}
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct place *a = left;
	const struct place *b = right;
	const char *one[] = { sheet_section_name(a->row->section), a->row->account, a->row->metric,
			      a->period->name };
	const char *other[] = { sheet_section_name(b->row->section), b->row->account,
				b->row->metric, b->period->name };

	return compare_names(one, other);
}

/* --- writing */

static void add_name(struct text *out, const char *name)
{
	if (out->length && out->bytes[out->length - 1] != '{')
		text_add_char(out, ',');
	json_quote(out, name);
	text_add_char(out, ':');
}

static void add_text(struct text *out, const char *name, const char *text)
{
	add_name(out, name);
	if (text && *text)
		json_quote(out, text);
	else
		text_add(out, "null");
}

static void add_flag(struct text *out, const char *name, bool flag)
{
	add_name(out, name);
	text_add(out, flag ? "true" : "false");
}

static void add_number(struct text *out, const char *name, bool known, int64_t number, int decimals)
{
	add_name(out, name);
	if (known)
		decimal_spell(number, decimals, out);
	else
		text_add(out, "null");
}

static void add_day(struct text *out, const char *name, int32_t day)
{
	char text[DAY_TEXT];

	add_text(out, name, day == DAY_NONE ? NULL : day_text(day, text));
}

static void add_days(struct text *out, const char *name, const struct days *days)
{
	add_name(out, name);
	text_add_char(out, '[');
	for (size_t i = 0; i < days->count; i++) {
		char first[DAY_TEXT], last[DAY_TEXT];

		text_addf(out, "%s{\"first\":\"%s\",\"last\":\"%s\"}", i ? "," : "",
			  day_text(days->ranges[i].first, first),
			  day_text(window_end(days->ranges[i]) - 1, last));
	}
	text_add_char(out, ']');
}

/* The fields of metricsd.summary that depend on no language and no title, by their names. */
static void add_figure(const struct sheet *sheet, const struct place *place, struct text *out)
{
	const struct figure *figure = place->figure;
	bool known = figure->form != FIGURE_NONE;

	text_add_char(out, '{');
	add_text(out, "account", place->row->account);
	add_day(out, "as_of", figure->kind == METRIC_STOCK && known ? figure->as_of : DAY_NONE);
	if (figure->kind == METRIC_STOCK && known && figure->as_of_last > figure->as_of)
		add_day(out, "as_of_last", figure->as_of_last);
	add_flag(out, "broken", figure->broken);
	add_flag(out, "complete", figure->complete);
	add_text(out, "entity", sheet->entity);
	add_flag(out, "estimate", known && figure->estimate);
	add_day(out, "first_day", place->period->window.first);
	add_text(out, "form", figure_form_name(figure->form));
	add_number(out, "high", known && figure->form != FIGURE_AT_LEAST, figure->high,
		   figure->decimals);
	add_flag(out, "inconsistent", figure->inconsistent);
	add_text(out, "kind", metric_kind_name(figure->kind));
	add_number(out, "known_days", true, figure->known_days, 0);
	add_days(out, "lacking", &figure->lacking);
	add_flag(out, "lacking_more", figure->lacking_more);
	add_day(out, "last_day", window_end(place->period->window) - 1);
	add_number(out, "low", known, figure->low, figure->decimals);
	add_text(out, "metric", place->row->metric);
	add_flag(out, "mixed", figure->mixed);
	add_flag(out, "of_records", figure->of_records);
	add_number(out, "percent", true, figure_percent(figure), 0);
	add_text(out, "period", place->period->name);
	add_number(out, "period_days", true, figure->period_days, 0);
	add_flag(out, "rounded", known && figure->rounded);
	add_text(out, "section", sheet_section_name(place->row->section));
	add_text(out, "source", figure->source);
	add_text(out, "state", figure_state_name(figure));
	add_flag(out, "sum_of_levels", figure->sum_of_levels);
	add_text(out, "unit", metric_unit_name(place->row->unit));
	/* of "≥ 275.600 ± 100" the known part's number, too, or nobody could print it again */
	add_number(out, "value", figure_has_value(figure) || figure_is_rounded_part(figure),
		   figure->value, figure->decimals);
	add_text(out, "zone", figure->zone);
	text_add_char(out, '}');
}

void sheet_canonical(const struct sheet *sheet, struct text *out)
{
	SCOPED(memory)
	struct place *places = memory_new(sheet->row_count * sheet->column_count, sizeof(*places));
	size_t count = 0;

	if (!out->max)
		out->max = CANONICAL_MAX;
	for (size_t i = 0; i < sheet->row_count; i++)
		for (size_t k = 0; sheet->rows[i].metric && k < sheet->column_count; k++)
			places[count++] = (struct place){ &sheet->rows[i], &sheet->columns[k],
							  &sheet->rows[i].figures[k] };
	qsort(places, count, sizeof(*places), by_name);
	text_add(out, "{");
	add_text(out, "entity", sheet->entity);
	text_add(out, ",\"figures\":[");
	for (size_t i = 0; i < count; i++) {
		if (i)
			text_add_char(out, ',');
		add_figure(sheet, &places[i], out);
	}
	text_add(out, "],");
	json_quote(out, "period");
	text_add_char(out, ':');
	json_quote(out, sheet->period.name);
	text_add_char(out, '}');
}

/* --- reading */

/* A number with as many decimals as it needs; false for null. */
static bool read_number(const cJSON *object, const char *name, int decimals, int64_t *ret)
{
	const cJSON *number = json_member(object, name);

	if (!cJSON_IsNumber(number))
		return false;
	*ret = llround(number->valuedouble * pow(10, decimals));
	return true;
}

static int decimals_of(const cJSON *object, enum metric_kind kind)
{
	static const char *const names[] = { "low", "high", "value" };
	int decimals = kind == METRIC_RATIO; /* 34 is 34.0 */

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const cJSON *number = json_member(object, names[i]);

		while (cJSON_IsNumber(number) && decimals < DECIMALS_MAX &&
		       fabs(number->valuedouble * pow(10, decimals) -
			    round(number->valuedouble * pow(10, decimals))) > 1e-6)
			decimals++;
	}
	return decimals;
}

static bool flag(const cJSON *object, const char *name)
{
	return cJSON_IsTrue(json_member(object, name));
}

static int read_form(const cJSON *object, enum figure_form *ret, struct error *err)
{
	static const enum figure_form forms[] = { FIGURE_NONE, FIGURE_EXACT, FIGURE_BETWEEN,
						  FIGURE_AT_LEAST };
	const char *word = json_text(object, "form");

	for (size_t i = 0; word && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(figure_form_name(forms[i]), word) == 0) {
			*ret = forms[i];
			return 0;
		}
	}
	return error_set(err, ERROR_MALFORMED, "a frozen figure has no form");
}

static void read_lacking(const cJSON *object, struct days *ret)
{
	const cJSON *range;

	cJSON_ArrayForEach (range, json_array(object, "lacking")) {
		const char *first = json_text(range, "first");
		const char *last = json_text(range, "last");
		int32_t from, to;

		if (first && last && day_parse(first, &from, NULL) == 0 &&
		    day_parse(last, &to, NULL) == 0 && from <= to)
			days_add(ret, (struct window){ from, to - from + 1 });
	}
}

static int read_figure(const cJSON *object, struct figure *ret, struct error *err)
{
	const char *state = json_text(object, "state");
	const char *as_of = json_text(object, "as_of");
	const char *as_of_last = json_text(object, "as_of_last");
	const char *kind = json_text(object, "kind");
	struct figure figure = {
		.rounded = flag(object, "rounded"),
		.estimate = flag(object, "estimate"),
		.complete = flag(object, "complete"),
		.of_records = flag(object, "of_records"),
		.provisional = state && strcmp(state, "provisional") == 0,
		.revisable = state && strcmp(state, "revisable") == 0,
		.mixed = flag(object, "mixed"),
		.inconsistent = flag(object, "inconsistent"),
		.broken = flag(object, "broken"),
		.sum_of_levels = flag(object, "sum_of_levels"),
		.lacking_more = flag(object, "lacking_more"),
		.definition = DAY_NONE,
		.as_of = DAY_NONE,
	};
	int64_t known = 0;
	int64_t days = 0;

	if (!kind || metric_kind_parse(kind, &figure.kind) < 0)
		return error_set(err, ERROR_MALFORMED, "a frozen figure has no kind");
	if (read_form(object, &figure.form, err) < 0)
		return -1;
	figure.decimals = decimals_of(object, figure.kind);
	(void)read_number(object, "low", figure.decimals, &figure.low);
	if (!read_number(object, "high", figure.decimals, &figure.high))
		figure.high = figure.low;
	if (!read_number(object, "value", figure.decimals, &figure.value))
		figure.value = figure.low;
	else if (figure.form == FIGURE_AT_LEAST && figure.kind != METRIC_RATIO)
		figure.high = 2 * figure.value - figure.low; /* as far above as below */
	(void)read_number(object, "known_days", 0, &known);
	(void)read_number(object, "period_days", 0, &days);
	figure.known_days = (int32_t)known;
	figure.period_days = (int32_t)days;
	if (as_of)
		(void)day_parse(as_of, &figure.as_of, NULL);
	figure.as_of_last = figure.as_of;
	if (as_of_last)
		(void)day_parse(as_of_last, &figure.as_of_last, NULL);
	read_lacking(object, &figure.lacking);
	*ret = figure;
	return 0;
}

static int read_frozen(const cJSON *object, struct frozen_list *list, struct error *err)
{
	const char *names[] = { json_text(object, "section"), json_text(object, "account"),
				json_text(object, "metric"), json_text(object, "period") };
	struct frozen *frozen;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!names[i])
			return error_set(err, ERROR_MALFORMED, "a frozen figure has no name");
	list->items = memory_grow(list->items, list->count, &list->room, sizeof(*list->items));
	frozen = &list->items[list->count];
	if (read_figure(object, &frozen->figure, err) < 0)
		return -1;
	frozen->section = memory_text(names[0]);
	frozen->account = memory_text(names[1]);
	frozen->metric = memory_text(names[2]);
	frozen->period = memory_text(names[3]);
	frozen->source =
		json_text(object, "source") ? memory_text(json_text(object, "source")) : NULL;
	frozen->zone = json_text(object, "zone") ? memory_text(json_text(object, "zone")) : NULL;
	frozen->figure.source = frozen->source;
	frozen->figure.zone = frozen->zone;
	list->count++;
	return 0;
}

int canonical_read(const char *json, struct frozen_list *ret, struct error *err)
{
	SCOPED(json)
	cJSON *root = NULL;
	const cJSON *object;

	if (json_parse(json, strlen(json), &root, err) < 0)
		return -1;
	if (!json_array(root, "figures"))
		return error_set(err, ERROR_MALFORMED, "no frozen figures");
	cJSON_ArrayForEach (object, json_array(root, "figures")) {
		if (read_frozen(object, ret, err) < 0)
			return -1;
	}
	return 0;
}

void frozen_clear(struct frozen_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].section);
		free(list->items[i].account);
		free(list->items[i].metric);
		free(list->items[i].period);
		free(list->items[i].source);
		free(list->items[i].zone);
	}
	free(list->items);
	*list = (struct frozen_list){ 0 };
}

const struct frozen *frozen_find(const struct frozen_list *list, enum sheet_section section,
				 const char *account, const char *metric, const char *period)
{
	const char *wanted[] = { sheet_section_name(section), account, metric, period };
	size_t first = 0;
	size_t end = list->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		const struct frozen *frozen = &list->items[middle];
		const char *names[] = { frozen->section, frozen->account, frozen->metric,
					frozen->period };
		int order = compare_names(names, wanted);

		if (order == 0)
			return frozen;
		if (order < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return NULL;
}

static int64_t with_decimals(int64_t number, int from, int to)
{
	for (; from < to; from++)
		number *= 10;
	return number;
}

bool figure_same(const struct figure *a, const struct figure *b)
{
	int decimals = a->decimals > b->decimals ? a->decimals : b->decimals;
	bool low = with_decimals(a->low, a->decimals, decimals) ==
		   with_decimals(b->low, b->decimals, decimals);
	bool high = with_decimals(a->high, a->decimals, decimals) ==
		    with_decimals(b->high, b->decimals, decimals);
	bool value = with_decimals(a->value, a->decimals, decimals) ==
		     with_decimals(b->value, b->decimals, decimals);

	if (a->form != b->form)
		return false;
	if (a->form == FIGURE_NONE)
		return true;
	if (figure_has_value(a) != figure_has_value(b) || (figure_has_value(a) && !value))
		return false;
	return low && (a->form == FIGURE_AT_LEAST || high);
}
