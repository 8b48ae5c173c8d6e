/* What whoever enters something hears at once, not when the report is out. */
#include "ctl.h"

#include "metricsd/cleanup.h"

static bool touches(const struct closing *closing, const struct window *windows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (window_common(closing->window, windows[i]).days)
			return true;
	return false;
}

/* What is said of days whose figures have been closed is kept; they stay as they were signed. */
void say_closed(struct ctl *ctl, const struct entity *entity, const struct window *windows,
		size_t window_count)
{
	struct closing *closings = NULL;
	size_t count = 0;
	struct error err;

	if (store_closings(ctl->store, entity->id, &closings, &count, &err) < 0) {
		(void)ctl_say(0, "whether the period is closed cannot be told: %s", err.text);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct closing *closing = &closings[i];

		if (closing->reopened_at || !touches(closing, windows, window_count))
			continue;
		(void)fprintf(ctl->out,
			      say("%s is closed: its figures stay as they were published until it "
				  "is reopened (metricsctl reopen %s).\n"),
			      closing->period, closing->period);
	}
	closings_free(closings, count);
}

/* An auditor cannot open a path of the office's own network, nor tell whether it changed. */
void say_local(struct ctl *ctl, const char *evidence)
{
	(void)fprintf(ctl->out,
		      say("%s is a path of the office's own network: nobody outside can look at "
			  "it, and no SHA-256 of it is kept.\n"),
		      evidence);
}
