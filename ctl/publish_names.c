/* Whose figures have to be made anew, and from which day on. */
#include "publish.h"

#include "board_parts.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
	SETTLES_DAYS = 28, /* Meta may revise a day so long after it */
	MARGIN_DAYS = 2,   /* zones, and the day that is read late */
	HASH_BYTES = 32,
	FILE_BYTES = 8192,
};

/* --- what figures are made by */

static int hash_file(EVP_MD_CTX *digest, const char *path, struct error *err)
{
	SCOPED(file)
	FILE *file = fopen(path, "re");
	char bytes[FILE_BYTES];
	size_t got;

	if (!file)
		return error_set(err, ERROR_OURS, "%s cannot be read", path);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		(void)EVP_DigestUpdate(digest, bytes, got);
	return ferror(file) ? error_set(err, ERROR_OURS, "%s cannot be read", path) : 0;
}

static void hash_text(EVP_MD_CTX *digest, const char *text)
{
	(void)EVP_DigestUpdate(digest, text, strlen(text) + 1);
}

/* The series the entity has, whatever they say. */
static int hash_series(struct ctl *ctl, const struct entity *entity, EVP_MD_CTX *digest,
		       struct error *err)
{
	SCOPED(board)
	struct board *board = NULL;

	if (board_now(ctl, entity, &board, err) < 0)
		return -1;
	hash_text(digest, entity->id);
	for (size_t i = 0; i < board->history.count; i++) {
		const struct series *series = board->series[i];

		hash_text(digest, entity->accounts[series->account].id);
		hash_text(digest, series->metric);
		hash_text(digest, series->source);
		hash_text(digest, metric_kind_name(series->kind));
	}
	return 0;
}

static int hash_all(struct ctl *ctl, EVP_MD_CTX *digest, struct error *err)
{
	hash_text(digest, METRICSD_VERSION);
	if (ctl->database) {
		/* of a backup: no row of another time or database is kept */
		char at[TIME_TEXT];

		hash_text(digest, ctl->database);
		hash_text(digest, time_text(ctl->now, at));
	}
	if (ctl->language_name) /* of labels */
		hash_text(digest, ctl->language_name);
	for (const char *const *file = ctl->config->files; *file; file++)
		if (hash_file(digest, *file, err) < 0)
			return -1;
	for (size_t i = 0; i < ctl->config->entity_count; i++)
		if (hash_series(ctl, &ctl->config->entities[i], digest, err) < 0)
			return -1;
	return 0;
}

int publish_made_from(struct ctl *ctl, char **ret, struct error *err)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char hash[EVP_MAX_MD_SIZE] = { 0 };
	struct text text = { 0 };
	int result = -1;

	if (!digest || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
		(void)error_set(err, ERROR_OURS, "SHA-256 cannot be computed");
	else
		result = hash_all(ctl, digest, err);
	if (result == 0 && EVP_DigestFinal_ex(digest, hash, NULL) != 1)
		result = error_set(err, ERROR_OURS, "SHA-256 cannot be computed");
	EVP_MD_CTX_free(digest);
	if (result < 0)
		return -1;
	for (int i = 0; i < HASH_BYTES; i++)
		text_addf(&text, "%02x", hash[i]);
	*ret = text_take(&text);
	return 0;
}

/* --- names */

static struct published_name *find_name(const struct publisher *publisher, const char *id)
{
	for (size_t i = 0; i < publisher->name_count; i++)
		if (strcmp(publisher->names[i].id, id) == 0)
			return &publisher->names[i];
	return NULL;
}

static void earliest(int32_t *day, int32_t other)
{
	if (other < *day)
		*day = other;
}

/* The same of a day that may not be known: DAY_NONE is then no day at all. */
static void earliest_known(int32_t *day, int32_t other)
{
	if (other != DAY_NONE && (*day == DAY_NONE || other < *day))
		*day = other;
}

static struct published_name *add_name(struct publisher *publisher, const char *id, int32_t from)
{
	struct published_name *name = find_name(publisher, id);

	if (name) {
		name->shared = true;
		return name;
	}
	name = &publisher->names[publisher->name_count++];
	*name = (struct published_name){ .id = id, .first = DAY_NONE, .from = from };
	return name;
}

/* What an account changes, changes what it is part of. */
static void take_over(struct published_name *name, const struct published_name *part)
{
	earliest(&name->from, part->from);
	earliest_known(&name->first, part->first);
}

static void take_account(const struct publisher *publisher, struct published_name *name,
			 const struct account *account)
{
	const struct published_name *part = find_name(publisher, account->id);

	if (part)
		take_over(name, part);
}

static void take_group(const struct publisher *publisher, struct published_name *name,
		       const struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		take_account(publisher, name, group->accounts[i]);
}

static void take_derived(const struct publisher *publisher, struct published_name *name,
			 const struct derived *derived)
{
	for (size_t i = 0; i < derived->count; i++) {
		const struct term *term = &derived->terms[i];

		if (term->account)
			take_account(publisher, name, term->account);
		if (term->group)
			take_group(publisher, name, term->group);
	}
}

/* Channels first: the others are made of them. */
static int find_names(struct publisher *publisher, int32_t from, struct error *err)
{
	const struct entity *entity = publisher->entity;

	for (size_t i = 0; i < entity->account_count; i++) {
		const struct account *account = &entity->accounts[i];
		struct published_name *name;

		if (account->plan)
			continue;
		name = add_name(publisher, account->id, from);
		if (ctl_first_day(publisher->ctl, account, &name->first, err) < 0)
			return -1;
	}
	return 0;
}

static void find_wholes(struct publisher *publisher, int32_t from)
{
	const struct entity *entity = publisher->entity;

	for (size_t i = 0; i < entity->group_count; i++)
		take_group(publisher, add_name(publisher, entity->groups[i].id, from),
			   &entity->groups[i]);
	for (size_t i = 0; i < entity->derived_count; i++) {
		struct published_name *name = find_name(publisher, entity->derived[i].account);

		if (i == 0 || !name ||
		    strcmp(entity->derived[i].account, entity->derived[i - 1].account) != 0)
			name = add_name(publisher, entity->derived[i].account, from);
		take_derived(publisher, name, &entity->derived[i]);
	}
}

/* The longest time after which a figure of the entity may still become final. */
static int32_t settling_days(const struct entity *entity)
{
	int days = SETTLES_DAYS;

	for (size_t i = 0; i < entity->account_count; i++) {
		const struct metric *metric = entity->accounts[i].collector->metrics;

		for (; metric && metric->id; metric++) {
			if (metric->settles_days > days)
				days = metric->settles_days;
			if (metric->revisable_days > days)
				days = metric->revisable_days;
		}
	}
	return days + MARGIN_DAYS;
}

/* The first day that may not have been final when the file was made. */
static int32_t first_young(const struct publisher *publisher, const struct published_since *since,
			   bool all)
{
	int32_t today = publisher->today;

	if (all || since->today == DAY_NONE)
		return DAY_NONE;
	if (since->today < today)
		today = since->today;
	return today - settling_days(publisher->entity);
}

int publisher_open(struct publisher *publisher, const struct published_since *since, bool all,
		   const struct touched *touched, size_t touched_count, struct error *err)
{
	const struct entity *entity = publisher->entity;
	int32_t from;

	publisher->names =
		memory_new(entity->account_count + entity->group_count + entity->derived_count,
			   sizeof(*publisher->names));
	publisher->first = DAY_NONE;
	if (ctl_today(publisher->ctl, entity->zone, &publisher->today, err) < 0)
		return -1;
	from = first_young(publisher, since, all);
	if (find_names(publisher, from, err) < 0)
		return -1;
	for (size_t i = 0; i < touched_count; i++) {
		struct published_name *name = strcmp(touched[i].entity, entity->id) == 0
						      ? find_name(publisher, touched[i].account)
						      : NULL;

		if (name)
			earliest(&name->from, touched[i].from);
	}
	for (size_t i = 0; i < publisher->name_count; i++)
		earliest_known(&publisher->first, publisher->names[i].first);
	find_wholes(publisher, from);
	return 0;
}

void publisher_close(struct publisher *publisher)
{
	free(publisher->names);
	publisher->names = NULL;
}
