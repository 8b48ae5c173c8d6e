#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

int ctl_load(struct ctl *ctl)
{
	SCOPED(text)
	struct text complaints = TEXT_UP_TO(1 << 20);
	SCOPED(text)
	struct text known = { 0 };
	const char *path = config_path(ctl->config_path);
	int loaded = config_load(path, &ctl->config, &complaints);

	(void)fputs(text_str(&complaints), stderr);
	if (loaded < 0)
		return ctl_say(ENDS_FAILURE, "the configuration %s cannot be used as it is", path);
	if (!ctl->entity || config_entity(ctl->config, ctl->entity))
		return ENDS_FINE;
	for (size_t i = 0; i < ctl->config->entity_count; i++)
		text_addf(&known, "%s%s", i ? ", " : "", ctl->config->entities[i].id);
	return ctl_say(ENDS_USAGE, "no entity \"%s\"; there are: %s", ctl->entity,
		       text_str(&known));
}

int ctl_open(struct ctl *ctl, enum store_mode mode)
{
	SCOPED(memory)
	char *path = config_database(ctl->config);
	struct error err;

	if (mode == STORE_READ && access(path, F_OK) != 0)
		return ctl_say(
			ENDS_FAILURE,
			"%s is not there yet: nothing was collected or entered. Start metricsd, "
			"or begin with `metricsctl enter` or `import`",
			path);
	if (store_open(path, mode, &ctl->store, &err) < 0)
		return ctl_fail(&err);
	return ENDS_FINE;
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
	const struct account *wanted;

	if (!ctl_wants(ctl, account->entity))
		return false;
	if (!ctl->account)
		return true;
	return config_account(ctl->config, ctl->entity, ctl->account, &wanted, NULL) == 0 &&
	       wanted == account;
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
