/*
 * Refreshing the published figures. What was made before is kept where nothing it was made of can
 * have changed; the rest is forgotten and made anew by the same code, so that the file is that of a
 * full rebuild, row for row.
 */
#include "publish.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What was made of the store, and what it is made of now. */
struct publishing {
	struct ctl *ctl;
	struct published *published;
	struct published_since since, now;
	struct touched *touched;
	size_t touched_count;
	bool all;
	size_t figures;
};

/* The earliest today of the entities: what is young for one of them is young. */
static int find_today(struct ctl *ctl, int32_t *ret, struct error *err)
{
	*ret = INT32_MAX;
	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		int32_t today;

		if (ctl_today(ctl, ctl->config->entities[i].zone, &today, err) < 0)
			return -1;
		if (today < *ret)
			*ret = today;
	}
	return 0;
}

static int publish_entity(struct publishing *publishing, const struct entity *entity)
{
	struct ctl *ctl = publishing->ctl;
	struct publisher publisher = {
		.ctl = ctl,
		.entity = entity,
		.published = publishing->published,
	};
	struct error err;
	int ends = ctl_speak(ctl, entity);

	if (ends)
		return ends;
	language_use(ctl->language);
	if (publisher_open(&publisher, &publishing->since, publishing->all, publishing->touched,
			   publishing->touched_count, &err) < 0 ||
	    publish_figures(&publisher, &err) < 0 || publish_plans(&publisher, &err) < 0)
		ends = ctl_fail(&err);
	publishing->figures += publisher.figures;
	publisher_close(&publisher);
	return ends;
}

static int publish_all(struct publishing *publishing, const char *path, const char *made_from)
{
	struct ctl *ctl = publishing->ctl;
	struct error err;
	int ends = ENDS_FINE;

	/* asked for first: what comes while figures are made is of the next time */
	if (store_last_origin(ctl->store, &publishing->now.origin, &err) < 0 ||
	    find_today(ctl, &publishing->now.today, &err) < 0 ||
	    published_open(path, made_from, &publishing->since, &publishing->published, &err) < 0 ||
	    store_touched(ctl->store, publishing->since.origin, publishing->since.at,
			  &publishing->touched, &publishing->touched_count, &err) < 0)
		return ctl_fail(&err);
	for (size_t i = 0; ends == ENDS_FINE && i < ctl->config->entity_count; i++)
		ends = publish_entity(publishing, &ctl->config->entities[i]);
	if (ends == ENDS_FINE &&
	    published_commit(publishing->published, &publishing->now, &err) < 0)
		return ctl_fail(&err);
	return ends;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat one, other;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_ino == other.st_ino &&
	       one.st_dev == other.st_dev;
}

/* The configured file is of the configured database: a backup's figures have no place in it. */
static int check_output(const struct ctl *ctl, const char *configured, const char *output)
{
	if (!ctl->database)
		return ENDS_FINE;
	if (!output)
		return ctl_say(ENDS_USAGE,
			       "publish --database wants -o FILE: %s is of the configured database",
			       configured);
	if (is_same_file(configured, output))
		return ctl_say(ENDS_USAGE, "%s is of the configured database: name another file",
			       output);
	return ENDS_FINE;
}

static int publish(struct ctl *ctl, int argc, char **argv)
{
	struct publishing publishing = { .ctl = ctl, .now.at = ctl->now };
	const char *output = NULL;
	const struct flag flags[] = { { "all", NULL, &publishing.all },
				      { "o", &output, NULL },
				      { "output", &output, NULL },
				      { 0 } };
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(memory)
	char *made_from = NULL;
	struct error err;
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 0, 0, &ends) < 0)
		return ends;
	if (ctl->entity)
		return ctl_say(ENDS_USAGE, "publish makes the figures of all institutions: leave "
					   "--entity out");
	if ((ends = ctl_load(ctl)) || (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	text_addf(&path, "%s/published.db", ctl->config->state_directory);
	if ((ends = check_output(ctl, text_str(&path), output)))
		return ends;
	if (output)
		text_set(&path, output);
	if (publish_made_from(ctl, &made_from, &err) < 0)
		return ctl_fail(&err);
	ends = publish_all(&publishing, text_str(&path), made_from);
	published_close(publishing.published);
	touched_free(publishing.touched, publishing.touched_count);
	if (ends == ENDS_FINE)
		(void)fprintf(ctl->out,
			      say_count("%s: %zu figure made\n", "%s: %zu figures made\n",
					(int64_t)publishing.figures),
			      text_str(&path), publishing.figures);
	return ends;
}

const struct command publish_command = {
	.name = "publish",
	.arguments = "",
	.purpose = "refresh the tables other tools read",
	.help = "Writes the figures of every day, month, bimester, quarter, semester and year "
		"from\n"
		"the first that is stored on, and the plans, to published.db in the state "
		"directory,\n"
		"a SQLite file with documented views (v_monthly, v_quarterly, v_plan, …). Only "
		"what\n"
		"may have changed is made anew. A reader sees the figures before or after it.\n\n"
		"  --all               make everything anew\n"
		"  -o, --output FILE   another file; with --database it is wanted, and made "
		"anew\n\n"
		"example: then read by any program that knows SQLite\n"
		"  metricsctl publish -o published.db && sqlite3 published.db 'SELECT * FROM "
		"v_monthly'\n",
	.run = publish,
	.takes_database = true,
};
