/*
 * Registers: figures of dated things that people record (metricsd/record.h).
 *
 * Two things may lack: months nobody kept the register in, and numbers of records. The worse of the
 * two is the figure's coverage.
 */
#include "metricsd/figure.h"

#include "parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

/* What the records of a period add up to. */
struct count {
	int64_t records;
	int64_t known; /* with a number */
	wide sum;      /* of the numbers */
	int64_t most;  /* the largest of them */
	int64_t yes;   /* that are not 0 */
	bool told;     /* a record, or a month that is known, says something of the period */
};

/* Whether a record belongs to each day it has, or to its first alone. */
static bool lasts(enum measure measure)
{
	return measure == MEASURE_PRESENT || measure == MEASURE_TRUE;
}

static enum metric_kind kind_of(enum measure measure)
{
	switch (measure) {
	case MEASURE_NONE:
	case MEASURE_COUNT:
	case MEASURE_SUM:
		return METRIC_FLOW;
	case MEASURE_MEAN:
		return METRIC_RATIO;
	case MEASURE_MAX:
	case MEASURE_PRESENT:
	case MEASURE_TRUE:
		return METRIC_UNIQUE;
	}
	return METRIC_FLOW;
}

static bool needs_numbers(enum measure measure)
{
	switch (measure) {
	case MEASURE_NONE:
	case MEASURE_COUNT:
	case MEASURE_PRESENT:
		return false;
	case MEASURE_SUM:
	case MEASURE_MEAN:
	case MEASURE_MAX:
	case MEASURE_TRUE:
		return true;
	}
	return false;
}

/* The days by which a record counts, cut to the account's life. .days 0: it does not. */
static struct window days_of(const struct record *record, bool lasting, const struct span *span)
{
	struct window days = record->window;

	if (!lasting && !record->none && days.days > 0)
		days.days = 1;
	if (days.first > span->today) /* it has not happened */
		days.days = 0;
	return span->exists.days > 0 ? window_common(days, span->exists) : days;
}

/* Whether a month of the register is known: of one the account began or ended in, its own days. */
static bool month_known(const struct record *records, size_t count, bool lasting,
			const struct span *span, struct window month)
{
	struct window own = span->exists.days > 0 ? window_common(month, span->exists) : month;

	for (size_t i = 0; i < count; i++) {
		struct window days = days_of(&records[i], lasting, span);

		if (days.days == 0)
			continue;
		if (records[i].none ? window_holds(days, own) : window_common(days, own).days > 0)
			return true;
	}
	return false;
}

/* Days of known months are known, those of the others lack. */
static void tally_months(struct tally *tally, const struct record *records, size_t count,
			 bool lasting)
{
	const struct span *span = tally->span;

	for (struct window month = month_of(span->period.first);
	     month.first < window_end(span->elapsed); month = month_after(month, 1))
		if (month_known(records, count, lasting, span, month))
			tally_days(tally, window_common(month, span->period));
}

static struct count count_records(const struct record *records, size_t count, bool lasting,
				  const struct span *span)
{
	struct count ret = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct record *record = &records[i];
		struct window days = days_of(record, lasting, span);

		if (record->none || window_common(days, span->period).days == 0)
			continue;
		ret.records++;
		if (!record->known || record->number < 0 || record_stale(record))
			continue;
		ret.most = ret.known == 0 || record->number > ret.most ? record->number : ret.most;
		ret.known++;
		ret.sum += record->number;
		ret.yes += record->number != 0;
	}
	ret.told = ret.records > 0;
	return ret;
}

enum { MEAN_DECIMALS = 1, MEAN_UNIT = 10 };

/* The mean of the numbers there are. `months`: no record lacks, so that it is at least their sum
 * over all records. */
static void set_mean(struct tally *tally, const struct count *count, bool months)
{
	struct figure *figure = &tally->figure;

	const wide tenths = count->sum * MEAN_UNIT, known = count->known;

	/* to the nearest; the bound down */
	figure->value = bounded((2 * tenths + known) / (2 * known));
	figure->over = bounded(count->sum);
	figure->under = count->known;
	figure->low = figure->high = figure->value;
	if (tally->open)
		figure->low = months ? bounded(tenths / count->records) : 0;
}

/* Whether the numbers there are say anything: of records none of which has one, nothing. */
static bool says_something(enum measure measure, const struct count *count)
{
	switch (measure) {
	case MEASURE_NONE:
		return false;
	case MEASURE_COUNT:
	case MEASURE_PRESENT:
	case MEASURE_TRUE:
		return count->told;
	case MEASURE_SUM:
	case MEASURE_MAX:
		return count->told && (count->known > 0 || count->records == 0);
	case MEASURE_MEAN:
		return count->known > 0;
	}
	return false;
}

static void set_numbers(enum measure measure, const struct count *count, bool months,
			struct tally *tally)
{
	struct figure *figure = &tally->figure;

	switch (measure) {
	case MEASURE_NONE:
		break;
	case MEASURE_COUNT:
	case MEASURE_PRESENT:
		figure->low = figure->high = count->records;
		break;
	case MEASURE_SUM:
		figure->low = figure->high = bounded(count->sum);
		break;
	case MEASURE_MAX:
		figure->low = figure->high = count->most;
		break;
	case MEASURE_TRUE: /* one that nothing was said of came true or did not */
		figure->low = count->yes;
		figure->high = count->yes + (tally->open ? 0 : count->records - count->known);
		break;
	case MEASURE_MEAN:
		set_mean(tally, count, months);
		return;
	}
	figure->value = figure->low;
}

/* Records with a number against all of them, where that is the worse coverage. */
static void cover_records(struct figure *figure, const struct count *count)
{
	if (count->known == count->records ||
	    count->known * figure->period_days >= figure->known_days * count->records)
		return;
	figure->of_records = true;
	figure->known_days = (int32_t)count->known;
	figure->period_days = (int32_t)count->records;
}

struct figure register_figure(enum measure measure, const struct record *records, size_t count,
			      const char *source, const struct scope *scope)
{
	const struct span span = span_of(scope, scope->period);
	const bool lasting = lasts(measure), numbers = needs_numbers(measure);
	struct tally tally = tally_start(NULL, &span);
	struct figure *figure = &tally.figure;
	struct count counted = { 0 };
	bool months, known;

	figure->kind = kind_of(measure);
	figure->decimals = measure == MEASURE_MEAN ? MEAN_DECIMALS : 0;
	if (span.period.days > 0 && measure != MEASURE_NONE) {
		tally_months(&tally, records, count, lasting);
		counted = count_records(records, count, lasting, &span);
		counted.told = counted.told || figure->known_days > 0;
	}
	months = figure->known_days == figure->period_days;
	known = !numbers || counted.known == counted.records;
	if (says_something(measure, &counted)) {
		/* the days to come may bring more of what is there, or a larger one */
		bool closed = months && !(span.running && figure->kind == METRIC_UNIQUE);

		tally.open = !closed || (!known && measure != MEASURE_TRUE);
		set_numbers(measure, &counted, months, &tally);
		(void)tally_figure(&tally);
		figure->complete = closed && known;
		figure->source = source;
		figure->said_by = source_hash(source);
		figure->counted_by = definition_hash(source, DAY_NONE);
	} else {
		(void)tally_none(&tally);
	}
	if (numbers)
		cover_records(figure, &counted);
	return *figure;
}

/* --- as samples */

/* What the records of one day add up to. */
static void add_to_day(struct sample *sample, const struct record *record, bool first)
{
	sample->value = plus(sample->value, record->known ? record->number : 1);
	if (first)
		sample->origin = record->origin;
	else if (sample->origin != record->origin)
		sample->origin = 0;
}

/* The days of a known month in the window, each with 0; a `none` gives them its origin. */
static void mark_month(struct sample *days, bool *known, struct window window, struct window month,
		       int64_t origin)
{
	struct window common = window_common(window, month);

	for (int32_t day = common.first; day < window_end(common); day++) {
		known[day - window.first] = true;
		if (origin)
			days[day - window.first].origin = origin;
	}
}

/* Marks the months a record makes known. */
static void mark_months(struct sample *days, bool *known, struct window window,
			const struct record *record)
{
	struct window month = month_of(record->window.first);

	if (!record->none) {
		mark_month(days, known, window, month, 0);
		return;
	}
	for (; month.first < window_end(record->window); month = month_after(month, 1))
		if (window_holds(record->window, month))
			mark_month(days, known, window, month, record->origin);
}

void register_samples(const struct record *records, size_t count, struct window window,
		      struct sample **ret, size_t *ret_count)
{
	size_t length = window.days > 0 ? (size_t)window.days : 0, kept = 0;
	struct sample *days = memory_new(length + 1, sizeof(*days));
	SCOPED(memory)
	bool *known = memory_new(length + 1, sizeof(*known));
	SCOPED(memory)
	bool *told = memory_new(length + 1, sizeof(*told));

	for (size_t i = 0; i < count; i++)
		if (records[i].window.days > 0)
			mark_months(days, known, window, &records[i]);
	for (size_t i = 0; i < count; i++) {
		int64_t day = (int64_t)records[i].window.first - window.first;

		if (records[i].none || records[i].window.days <= 0 || day < 0 ||
		    day >= (int64_t)length)
			continue;
		add_to_day(&days[day], &records[i], !told[day]);
		told[day] = true;
	}
	for (size_t i = 0; i < length; i++) {
		if (!known[i])
			continue;
		days[kept] = days[i];
		days[kept++].window = (struct window){ window.first + (int32_t)i, 1 };
	}
	*ret = days;
	*ret_count = kept;
}
