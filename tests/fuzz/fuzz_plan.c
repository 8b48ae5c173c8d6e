/* Any bytes as the file of a plan, beside a good configuration: the plan is there with its account,
 * or there is a complaint; nothing is lost on the way. */
#include "config/parse.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An office whose one plan is the file `path`. */
static void write_office(struct text *file, const char *path)
{
	text_addf(
		file,
		"entities: ( { id = \"o\"; zone = \"UTC\"; plans = [\"%s\"];\n"
		"periods: ( { id = \"cuatrienio\"; from = \"2024-01-01\"; to = \"2027-12-31\"; } "
		");\n"
		"accounts: ( { id = \"eventos\"; collector = \"events\"; },\n"
		"{ id = \"x\"; collector = \"manual\"; entered = [\"posts\", \"trainings\"]; } );\n"
		"groups: ( { id = \"redes\"; accounts = [\"x\"]; } );\n"
		"derived: ( { id = \"todo.posts\"; formula = \"redes.posts\"; } ); } );\n",
		path);
}

/* What is promised of a plan that was accepted. */
static void check(const struct entity *entity)
{
	const struct plan *plan = &entity->plans[0];

	if (entity->plan_count != 1 || !plan->account || plan->account->plan != plan ||
	    plan->count == 0 || plan->period.window.days <= 0)
		abort();
	for (size_t i = 0; i < plan->count; i++) {
		const struct activity *activity = &plan->activities[i];
		const struct metric *metric = account_metric(plan->account, activity->id);

		if (activity->computed ? metric || !activity->from.metric : !metric)
			abort();
		if ((activity->target.kind == TARGET_NONE) != (activity->target.value == 0))
			abort();
	}
}

/* Whether a complaint is about the configuration, which is right; or libconfig's own, which may
 * know of no mistake that was not found before it was asked. */
static bool complains_wrongly(const char *complaints, const char *path)
{
	for (const char *line = complaints; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "fuzz.conf:", 10) == 0)
			return true;
		if (strncmp(line, path, strlen(path)) == 0) {
			const char *words = line + strlen(path);

			words += strspn(words, ":0123456789");
			if (strncmp(words, " libconfig: ", 12) == 0)
				return true;
		}
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(text)
	struct text file = { 0 };
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	SCOPED(descriptor)
	int fd = memfd_create("plan", MFD_CLOEXEC);
	char path[32];
	int result;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	write_office(&file, path);
	result = config_parse("fuzz.conf", file.bytes, file.length, &config, &complaints);
	if (result < 0 && complaints.length == 0)
		abort();
	if (complains_wrongly(text_str(&complaints), path))
		abort();
	if (result == 0)
		check(&config->entities[0]);
	return 0;
}
