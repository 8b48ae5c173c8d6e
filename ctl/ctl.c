#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

static int load(struct ctl *ctl, bool looks, struct text *complaints)
{
	SCOPED(text)
	struct text known = { 0 };
	const char *path = config_path(ctl->config_path);
	int loaded = looks ? config_check(path, &ctl->config, complaints)
			   : config_load(path, &ctl->config, complaints);
	struct error err;

	if (loaded < 0) {
		print_tame(complaints, stderr);
		return ctl_say(ENDS_FAILURE, "the configuration %s cannot be used as it is", path);
	}
	if (!ctl->entity || config_entity(ctl->config, ctl->entity))
		return ctl_choose(ctl, &err) < 0 ? ctl_fail(&err) : ENDS_FINE;
	for (size_t i = 0; i < ctl->config->entity_count; i++)
		text_addf(&known, "%s%s", i ? ", " : "", ctl->config->entities[i].id);
	return ctl_say(ENDS_USAGE, "no entity \"%s\"; there are: %s", ctl->entity,
		       text_str(&known));
}

int ctl_load(struct ctl *ctl)
{
	SCOPED(text)
	struct text unsaid = TEXT_UP_TO(1 << 20);

	return load(ctl, false, &unsaid);
}

int ctl_load_looking(struct ctl *ctl, struct text *complaints)
{
	return load(ctl, true, complaints);
}

/* The caller's to free. */
static char *database_path(const struct ctl *ctl)
{
	return ctl->database ? memory_text(ctl->database) : config_database(ctl->config);
}

bool ctl_has_store(const struct ctl *ctl)
{
	SCOPED(memory)
	char *path = database_path(ctl);

	return access(path, F_OK) == 0 || errno == EACCES;
}

/* Whether an account's numbers still stand under the name it had. */
static int rename_pending(struct ctl *ctl, const struct account *account, struct error *err)
{
	SCOPED(zone)
	struct zone *zone = NULL;
	int32_t first = DAY_NONE;

	if (!account->renamed_from)
		return 0;
	if (zone_open(account->zone, &zone, err) < 0 ||
	    store_first_day(ctl->store, account->entity->id, account->renamed_from, zone, &first,
			    err) < 0)
		return -1;
	return first != DAY_NONE;
}

/* `renamed_from` holds for who reads and enters as well: an office that only types figures runs no
 * daemon. Reading becomes writing for that once. */
static int carry_renamed_over(struct ctl *ctl, const char *path, enum store_mode mode)
{
	struct error err;

	for (size_t e = 0; e < ctl->config->entity_count; e++) {
		const struct entity *entity = &ctl->config->entities[e];

		for (size_t i = 0; i < entity->account_count; i++) {
			const struct account *account = &entity->accounts[i];
			int pending = rename_pending(ctl, account, &err);

			if (pending == 0)
				continue;
			if (pending > 0 && mode == STORE_READ) {
				store_close(ctl->store);
				ctl->store = NULL;
				mode = STORE_PERSON;
				pending = store_open(path, mode, &ctl->store, &err);
			}
			if (pending < 0 ||
			    store_rename(ctl->store, entity->id, account->renamed_from, account->id,
					 &err) < 0)
				return ctl_fail(&err);
		}
	}
	return ENDS_FINE;
}

int ctl_open(struct ctl *ctl, enum store_mode mode)
{
	SCOPED(memory)
	char *path = database_path(ctl);
	struct error err;

	if (ctl->database && mode != STORE_READ)
		return ctl_say(ENDS_USAGE,
			       "--database only reads: %s writes into the configured one",
			       ctl->command->name);
	if (mode == STORE_READ && !ctl->database && access(path, F_OK) != 0 && errno == ENOENT &&
	    access(ctl->config->state_directory, F_OK) == 0)
		return ctl_say(
			ENDS_FAILURE,
			"%s is not there yet: nothing was collected or entered. Start metricsd, "
			"or begin with `metricsctl enter` or `import`",
			path);
	if (store_open(path, mode, &ctl->store, &err) < 0)
		return ctl->database && store_is_foreign(path)
			       ? ctl_say(ENDS_FAILURE,
					 "--database: %s is not a database of metricsd: name a "
					 "backup",
					 path)
			       : ctl_fail(&err);
	return ctl->database ? ENDS_FINE : carry_renamed_over(ctl, path, mode);
}

int ctl_speak(struct ctl *ctl, const struct entity *entity)
{
	const char *name = ctl->language_name;
	struct error err;

	if (!entity && ctl->config->entity_count)
		entity = &ctl->config->entities[0];
	if (!name)
		name = entity ? entity->language : "en";
	if (strcmp(name, "es") == 0)
		name = "es-CO";
	if (ctl->language && strcmp(language_name(ctl->language), name) == 0)
		return ENDS_FINE;
	language_close(ctl->language);
	ctl->language = NULL;
	if (language_open(name, NULL, &ctl->language, &err) < 0)
		return ctl_fail(&err);
	return ENDS_FINE;
}

void ctl_close(struct ctl *ctl)
{
	store_close(ctl->store);
	config_free(ctl->config);
	language_close(ctl->language);
	free(ctl->words);
	free(ctl->first);
}

const struct entity *ctl_entity(const struct ctl *ctl)
{
	if (ctl->entity)
		return config_entity(ctl->config, ctl->entity);
	if (ctl->config->entity_count == 1)
		return &ctl->config->entities[0];
	return NULL;
}

bool ctl_wants(const struct ctl *ctl, const struct entity *entity)
{
	return !ctl->entity || strcmp(ctl->entity, entity->id) == 0;
}

bool ctl_wants_account(const struct ctl *ctl, const struct account *account)
{
	return ctl_wants(ctl, account->entity) && (!ctl->account || ctl->chosen == account);
}

void print_entity(const struct ctl *ctl, const struct entity *entity, bool *first)
{
	SCOPED(grid)
	struct grid grid = { 0 };
	SCOPED(text)
	struct text notice = { 0 };

	if (!*first)
		(void)fputc('\n', ctl->out);
	*first = false;
	grid_begin(&grid, "l");
	if (entity->notice) {
		text_addf(&notice, "*** %s ***", entity->notice);
		grid_cell(&grid, PAINT_WARN, text_str(&notice));
		grid_end_row(&grid);
	}
	grid_cell(&grid, PAINT_BOLD, entity->name);
	grid_end_row(&grid);
	grid_end_row(&grid);
	grid_print(&grid, &ctl->look, ctl->out);
}

int ctl_today(const struct ctl *ctl, const char *name, int32_t *ret, struct error *err)
{
	SCOPED(zone)
	struct zone *zone = NULL;

	if (zone_open(name, &zone, err) < 0)
		return -1;
	*ret = zone_day(zone, ctl->now);
	return 0;
}

const char *ctl_clock(const struct ctl *ctl, struct zones *zones, const struct entity *entity,
		      int64_t time, char ret[TIME_TEXT])
{
	struct zone *zone;

	if (!entity && ctl->config->entity_count)
		entity = &ctl->config->entities[0];
	if (!entity || zones_get(zones, entity->zone, &zone, NULL) < 0)
		return time_text(time, ret);
	return zone_clock(zone, time, ret);
}

int ctl_period(const struct ctl *ctl, const struct entity *entity, const char *text,
	       struct period *ret, struct error *err)
{
	int32_t today;

	if (text)
		return config_period(entity, text, ret, err);
	if (ctl_today(ctl, entity ? entity->zone : "UTC", &today, err) < 0)
		return -1;
	*ret = period_last_month(today);
	return 0;
}

int ctl_first_day(const struct ctl *ctl, const struct account *account, int32_t *ret,
		  struct error *err)
{
	const char *entity = account->entity->id;
	struct record *records = NULL;
	size_t count = 0;
	SCOPED(zone)
	struct zone *zone = NULL;
	int32_t first;

	if (zone_open(account->zone, &zone, err) < 0 ||
	    store_first_day(ctl->store, entity, account->id, zone, &first, err) < 0 ||
	    store_records(ctl->store, entity, account->id, NULL, (struct window){ 0 }, &records,
			  &count, err) < 0)
		return -1;
	if (count && (first == DAY_NONE || records[0].window.first < first))
		first = records[0].window.first; /* they ascend */
	records_free(records, count);
	*ret = first;
	return 0;
}

int ctl_refuse_plan(const struct ctl *ctl)
{
	if (!ctl->chosen || !ctl->chosen->plan)
		return ENDS_FINE;
	return ctl_say(ENDS_USAGE, "\"%s\" is a plan of action: metricsctl plan --plan %s shows it",
		       ctl->chosen->id, ctl->chosen->id);
}

const char *ctl_person(const char *given)
{
	const char *names[] = { given, getenv("SUDO_USER"), getenv("USER") };
	const struct passwd *user;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] && *names[i])
			return names[i];
	user = getpwuid(getuid());
	return user ? user->pw_name : "unknown";
}
