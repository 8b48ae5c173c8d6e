/* What was published of closed periods: a report made again says what was signed. */
#include "report_closed.h"

#include "subject.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

/* One closed period and its figures. */
struct closed {
	const struct closing *closing;
	struct frozen_list frozen;
};

struct closed_periods {
	struct closing *closings;
	size_t closing_count;
	struct closed *items; /* those that stand, oldest first */
	size_t count;
};

static int read_closed(struct ctl *ctl, const struct closing *closing, struct closed *ret,
		       struct error *err)
{
	SCOPED(memory)
	char *json = NULL;

	ret->closing = closing;
	if (store_closing_json(ctl->store, closing->id, &json, err) < 0)
		return -1;
	if (canonical_read(json, &ret->frozen, err) < 0)
		return error_within(err, "what was closed of %s", closing->period);
	return 0;
}

int closed_open(struct ctl *ctl, const struct entity *entity, struct window window,
		struct closed_periods **ret, struct error *err)
{
	struct closed_periods *periods = memory_new(1, sizeof(*periods));

	if (store_closings(ctl->store, entity->id, &periods->closings, &periods->closing_count,
			   err) < 0)
		goto fail;
	periods->items = memory_new(periods->closing_count, sizeof(*periods->items));
	for (size_t i = 0; i < periods->closing_count; i++) {
		const struct closing *closing = &periods->closings[i];

		if (closing->reopened_at || window_common(closing->window, window).days == 0)
			continue;
		if (read_closed(ctl, closing, &periods->items[periods->count++], err) < 0)
			goto fail;
	}
	*ret = periods;
	return 0;

fail:
	closed_close(periods);
	return -1;
}

void closed_close(struct closed_periods *periods)
{
	if (!periods)
		return;
	for (size_t i = 0; i < periods->count; i++)
		frozen_clear(&periods->items[i].frozen);
	free(periods->items);
	closings_free(periods->closings, periods->closing_count);
	free(periods);
}

/* Of the shortest closed period that has it; of two the last. */
static const struct frozen *find(const struct closed_periods *periods,
				 const struct subject *subject, const struct period *period)
{
	const struct closed *found = NULL;
	const struct frozen *ret = NULL;

	for (size_t i = 0; i < periods->count; i++) {
		const struct closed *closed = &periods->items[i];
		struct window window = closed->closing->window;
		const struct frozen *frozen;

		if (!window_holds(window, period->window) ||
		    (found && window.days > found->closing->window.days))
			continue;
		frozen = frozen_find(&closed->frozen, subject_section(subject), subject_id(subject),
				     subject->metric, period->name);
		if (!frozen)
			continue;
		found = closed;
		ret = frozen;
	}
	return ret;
}

bool closed_figure(const struct closed_periods *periods, const struct subject *subject,
		   const struct period *period, const struct figure *today, struct figure *ret)
{
	const struct frozen *frozen = find(periods, subject, period);

	*ret = *today;
	if (!frozen)
		return false;
	*ret = frozen->figure;
	/* what makes it comparable is not published, and is the same counting as far as is known */
	ret->said_by = today->said_by;
	ret->counted_by = today->counted_by;
	ret->definition = today->definition;
	ret->negative = today->negative;
	if (!figure_same(&frozen->figure, today))
		return true;
	/* how far a known part was rounded is not published: what is the same is printed alike */
	ret->value = today->value;
	ret->high = today->high;
	return false;
}

const struct closing *closed_of(const struct closed_periods *periods, const struct period *period)
{
	for (size_t i = 0; i < periods->count; i++)
		if (strcmp(periods->items[i].closing->period, period->name) == 0)
			return periods->items[i].closing;
	return NULL;
}
