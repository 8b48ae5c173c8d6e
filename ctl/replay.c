/*
 * What a saved answer would store. The collector is asked for its requests as in a sweep; each is
 * answered with the file until one makes samples or items of it. A request the file does not fit is
 * passed with an empty answer. Nothing is stored and nobody is asked.
 */
#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/http.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	BODY_MAX = 16 << 20,
	STEPS_MAX = 300,
	LOOK_BACK = 93, /* days a sweep wants here, unless --from says more */
	ROWS_SHOWN = 400,
};

struct replay {
	struct ctl *ctl;
	const struct account *account;
	struct zone *zone;
	struct job job;
	struct metric_states states;
	struct response response;
	struct findings findings;
	struct request request;
	int64_t step;      /* requests passed */
	int64_t only_step; /* 0: the first that fits */
	struct error last; /* what the last request said of the file */
	struct text notes;
};

/* Where a sweep stands, to go back to. */
struct mark {
	char *cursor;
	struct metric_states states;
};

static struct mark mark_set(const struct replay *replay)
{
	return (struct mark){ memory_text(text_str(&replay->job.cursor)), replay->states };
}

static void mark_return(struct replay *replay, const struct mark *mark)
{
	text_set(&replay->job.cursor, mark->cursor);
	replay->states = mark->states;
	replay->job.hold = (struct hold){ 0 };
	findings_reset(&replay->findings);
}

static bool moved(const struct replay *replay, const struct mark *mark)
{
	return strcmp(text_str(&replay->job.cursor), mark->cursor) != 0;
}

static bool found_something(const struct replay *replay)
{
	return replay->findings.sample_count || replay->findings.item_count;
}

/* The file as the answer to the request at hand: true when it says something. */
static bool try_file(struct replay *replay, const struct mark *mark)
{
	struct error err = { 0 };
	int taken = replay->account->collector->take(&replay->job, &replay->response,
						     &replay->findings, &err);

	if (taken == 0 && (found_something(replay) || replay->only_step))
		return true;
	if (taken < 0)
		replay->last = err;
	if (replay->findings.notes.length) {
		text_reset(&replay->notes);
		text_add(&replay->notes, text_str(&replay->findings.notes));
	}
	if (replay->only_step)
		return true;
	mark_return(replay, mark);
	return false;
}

/* Goes on behind the request with an answer that has nothing in it. */
static bool pass(struct replay *replay, const struct mark *mark)
{
	static const char *const empty[] = { "{\"data\":[]}",
					     "[]",
					     "{}",
					     "{\"value\":0}",
					     "{\"id\":\"0\",\"name\":\"\"}",
					     "{\"results\":[]}",
					     "{\"pageviews\":1}",
					     "{\"pageviews\":[],\"sessions\":[]}" };

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		const struct response response = {
			.status = 200,
			.body = empty[i],
			.length = strlen(empty[i]),
			.headers = "",
		};
		struct error err;

		(void)replay->account->collector->take(&replay->job, &response, &replay->findings,
						       &err);
		findings_reset(&replay->findings);
		replay->job.hold = (struct hold){ 0 };
		if (moved(replay, mark))
			return true;
	}
	return false;
}

/* One sweep from its beginning: true when the file found its request. */
static bool try_sweep(struct replay *replay, enum sweep sweep)
{
	text_reset(&replay->job.cursor);
	replay->states = (struct metric_states){ 0 };
	replay->job.sweep = sweep;
	for (int i = 0; i < STEPS_MAX; i++) {
		struct mark mark;
		bool fits = false;
		bool passed;

		request_reset(&replay->request);
		if (replay->account->collector->next(&replay->job, &replay->request,
						     &replay->last) <= 0)
			return false;
		replay->step++;
		mark = mark_set(replay);
		if (!replay->only_step || replay->only_step == replay->step)
			fits = try_file(replay, &mark);
		passed = fits || pass(replay, &mark);
		free(mark.cursor);
		if (fits || !passed)
			return fits;
	}
	return false;
}

static bool run_sweeps(struct replay *replay)
{
	for (int sweep = 0; sweep < SWEEPS; sweep++)
		if (try_sweep(replay, (enum sweep)sweep))
			return true;
	return false;
}

/* --- printing */

static void add_sample(struct replay *replay, const struct finding *finding, struct grid *grid)
{
	SCOPED(text)
	struct text cell = { 0 };
	char window[WINDOW_TEXT];

	sample_print(&finding->sample, replay->ctl->language, &cell);
	grid_cell(grid, PAINT_PLAIN, finding->metric->id);
	grid_cell(grid, PAINT_PLAIN, window_text(finding->sample.window, window));
	grid_cell(grid, PAINT_PLAIN, text_str(&cell));
	grid_end_row(grid);
}

static void add_item(struct replay *replay, const struct item *item, struct grid *grid)
{
	char clock[TIME_TEXT];

	grid_cell(grid, PAINT_PLAIN, item_kind_name(item->kind));
	grid_cell(grid, PAINT_PLAIN, zone_clock(replay->zone, item->created, clock));
	grid_cell(grid, PAINT_DIM, item->id);
	grid_end_row(grid);
}

static void print_findings(struct replay *replay)
{
	const struct findings *findings = &replay->findings;
	struct ctl *ctl = replay->ctl;
	SCOPED(grid)
	struct grid grid = { 0 };
	size_t rows = 0;

	(void)fprintf(ctl->out, say("as the answer to: %s (step %lld)\n"),
		      text_str(&replay->request.what), (long long)replay->step);
	grid_begin(&grid, "llr");
	for (size_t i = 0; i < findings->sample_count && rows < ROWS_SHOWN; i++, rows++)
		add_sample(replay, &findings->samples[i], &grid);
	for (size_t i = 0; i < findings->item_count && rows < ROWS_SHOWN; i++, rows++)
		add_item(replay, &findings->items[i], &grid);
	grid_print(&grid, &ctl->look, ctl->out);
	if (rows < findings->sample_count + findings->item_count)
		(void)fprintf(ctl->out, "…\n");
	if (findings->notes.length)
		(void)fprintf(ctl->out, "%s\n", text_str(&findings->notes));
	(void)fprintf(ctl->out, say("%zu samples, %zu items; nothing was stored.\n"),
		      findings->sample_count, findings->item_count);
}

static int report(struct replay *replay, bool fits)
{
	if (fits && found_something(replay)) {
		print_findings(replay);
		return ENDS_FINE;
	}
	if (replay->step == 0)
		return ctl_say(ENDS_USAGE,
			       "%s asks nobody anything: what it counts is entered or imported",
			       replay->account->id);
	if (replay->notes.length)
		(void)fprintf(replay->ctl->out, "%s\n", text_str(&replay->notes));
	return ctl_say(ENDS_FAILURE,
		       "nothing of it would be stored as the answer to any of %lld requests%s%s; "
		       "--from and --to say which days it speaks of",
		       (long long)replay->step, *replay->last.text ? "; the last said: " : "",
		       replay->last.text);
}

/* --- preparing */

struct wish {
	const char *from, *to, *at, *step, *status;
};

static int read_body(const char *path, struct text *body, int64_t *changed, struct error *err)
{
	SCOPED(file)
	FILE *file = fopen(path, "rb");
	char bytes[8192];
	struct stat about;
	size_t got;

	if (!file || fstat(fileno(file), &about) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_add_n(body, bytes, got);
	if (ferror(file))
		return error_set(err, ERROR_OURS, "%s: %s", path, system_words(errno));
	if (body->failed)
		return error_set(err, ERROR_OURS, "%s: more than %d MiB", path, BODY_MAX >> 20);
	*changed = about.st_mtime;
	return 0;
}

static int prepare(struct replay *replay, const struct wish *wish, int64_t changed,
		   struct error *err)
{
	const struct account *account = replay->account;
	const char *name = account->collector->zone ? account->collector->zone : account->zone;
	struct job *job = &replay->job;
	int64_t status = 200;
	int32_t first, last;

	if (zone_open(name, &replay->zone, err) < 0)
		return -1;
	job->now = changed;
	if (wish->at && time_parse(wish->at, &job->now, err) < 0) {
		err->class = ERROR_INPUT;
		return -1;
	}
	if ((wish->step && value_parse(wish->step, "--step", &replay->only_step, err) < 0) ||
	    (wish->status && value_parse(wish->status, "--status", &status, err) < 0))
		return -1;
	last = zone_day(replay->zone, job->now) - 1;
	if (wish->to && day_parse(wish->to, &last, err) < 0)
		return -1;
	first = last - LOOK_BACK + 1;
	if (wish->from && day_parse(wish->from, &first, err) < 0)
		return -1;
	if (last < first)
		return error_set(err, ERROR_INPUT, "the last day is before the first");
	/* days that are complete at the time it is told */
	if (!wish->at && zone_midnight(replay->zone, last + 1) > job->now)
		job->now = zone_midnight(replay->zone, last + 1);
	days_add(&job->wanted, (struct window){ first, last - first + 1 });
	job->settings = account->settings;
	job->zone = replay->zone;
	job->cursor.max = CURSOR_MAX;
	job->states = &replay->states;
	replay->response.status = (int)status;
	replay->response.headers = "";
	return 0;
}

static void scoped_replay(struct replay *replay)
{
	zone_close(replay->zone);
	text_clear(&replay->job.cursor);
	text_clear(&replay->notes);
	request_clear(&replay->request);
	findings_clear(&replay->findings);
}

static int replay_run(struct ctl *ctl, int argc, char **argv)
{
	SCOPED(replay)
	struct replay replay = { .ctl = ctl };
	SCOPED(text)
	struct text body = TEXT_UP_TO(BODY_MAX);
	struct wish wish = { 0 };
	const struct flag flags[] = {
		{ "from", &wish.from, NULL },     { "to", &wish.to, NULL },
		{ "at", &wish.at, NULL },         { "step", &wish.step, NULL },
		{ "status", &wish.status, NULL }, { 0 },
	};
	struct error err;
	int64_t changed = 0;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 2, 2, &ends) < 0)
		return ends;
	if ((ends = ctl_load(ctl)))
		return ends;
	if (config_account(ctl->config, ctl->entity, argv[0], &replay.account, &err) < 0)
		return ctl_fail(&err);
	if ((ends = ctl_speak(ctl, replay.account->entity)))
		return ends;
	if (read_body(argv[1], &body, &changed, &err) < 0 ||
	    prepare(&replay, &wish, changed, &err) < 0)
		return ctl_fail(&err);
	replay.response.body = text_str(&body);
	replay.response.length = body.length;
	return report(&replay, run_sweeps(&replay));
}

const struct command replay_command = {
	.name = "replay",
	.arguments = "ACCOUNT FILE",
	.purpose = "what a saved answer would store, storing nothing",
	.help = "FILE is the body of an answer. The collector's requests are gone through until "
		"one\n"
		"understands it.\n\n"
		"  --from DAY, --to DAY   days that are asked for (default: the 93 before the "
		"file)\n"
		"  --at TIME              when it was answered (default: when the file changed)\n"
		"  --step N               as the answer to the Nth request\n"
		"  --status CODE          HTTP status of the answer (default: 200)\n\n"
		"example:\n"
		"  metricsctl replay facebook answer.json --from 2026-10-01 --to 2026-10-31\n",
	.run = replay_run,
};
