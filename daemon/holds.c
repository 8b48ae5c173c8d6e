#include "holds.h"

#include "metricsd/config.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int holds_load(struct holds *holds, struct store *store, int64_t now, struct error *err)
{
	struct held *items = NULL;
	size_t count = 0;

	if (store_holds(store, now, &items, &count, err) < 0)
		return -1;
	free(holds->items);
	*holds = (struct holds){ items, count, count };
	return 0;
}

void holds_clear(struct holds *holds)
{
	free(holds->items);
	*holds = (struct holds){ 0 };
}

static struct held *find(const struct holds *holds, enum hold_scope scope, const char *key)
{
	for (size_t i = 0; i < holds->count; i++)
		if (holds->items[i].scope == scope && strcmp(holds->items[i].key, key) == 0)
			return &holds->items[i];
	return NULL;
}

int holds_reload(struct holds *holds, struct store *store, int64_t now, struct error *err)
{
	struct holds kept = { 0 };

	if (holds_load(&kept, store, now, err) < 0)
		return -1;
	for (size_t i = 0; i < holds->count; i++) {
		const struct held *held = &holds->items[i];
		struct held *known = find(&kept, held->scope, held->key);

		if (held->until <= now || (known && known->until >= held->until))
			continue;
		if (known) {
			*known = *held;
			continue;
		}
		kept.items = memory_grow(kept.items, kept.count, &kept.room, sizeof(*held));
		kept.items[kept.count++] = *held;
	}
	holds_clear(holds);
	*holds = kept;
	return 0;
}

int holds_put(struct holds *holds, struct store *store, const struct held *held, struct error *err)
{
	struct held *known = find(holds, held->scope, held->key);

	/* known here even where it cannot be written down */
	if (known && held->until == 0) {
		*known = holds->items[--holds->count];
	} else if (known) {
		*known = *held;
	} else if (held->until != 0) {
		holds->items = memory_grow(holds->items, holds->count, &holds->room, sizeof(*held));
		holds->items[holds->count++] = *held;
	}
	return store_hold(store, held, err);
}

/* "graph.facebook.com:443" of "https://graph.facebook.com:443/v25.0/…" */
static void host_of(const char *url, char *ret, size_t room)
{
	const char *host = strstr(url, "://");
	size_t length;

	host = host ? host + 3 : url;
	length = strcspn(host, "/?#");
	(void)snprintf(ret, room, "%.*s", (int)(length < room ? length : room - 1), host);
}

/* A provider counts the calls of an app whatever is asked with them, so Facebook and Instagram wait
 * together, and another app's accounts do not. A token whose app is not told is an app of its own.
 */
static const char *app_of(const struct account *account)
{
	if (!account->token)
		return account->collector->name;
	return account->token->app_id ? account->token->app_id : account->token->id;
}

void holds_key(enum hold_scope scope, const struct account *account, const char *url,
	       struct held *ret)
{
	*ret = (struct held){ .scope = scope };
	if (scope == HOLD_TOKEN && account->token) {
		(void)snprintf(ret->key, sizeof(ret->key), "%s", account->token->id);
	} else if (scope == HOLD_APP) {
		(void)snprintf(ret->key, sizeof(ret->key), "%s", app_of(account));
	} else if (scope == HOLD_HOST && url) {
		host_of(url, ret->key, sizeof(ret->key));
	} else {
		ret->scope = HOLD_ACCOUNT;
		(void)snprintf(ret->key, sizeof(ret->key), "%s/%s", account->entity->id,
			       account->id);
	}
}

const struct held *holds_of(const struct holds *holds, const struct account *account,
			    const char *url, int64_t now)
{
	static const enum hold_scope scopes[] = { HOLD_ACCOUNT, HOLD_TOKEN, HOLD_APP, HOLD_HOST };
	const struct held *longest = NULL;

	for (size_t i = 0; holds->count > 0 && i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		const struct held *held;
		struct held key;

		holds_key(scopes[i], account, url, &key);
		held = find(holds, key.scope, key.key);
		if (held && held->until > now && (!longest || held->until > longest->until))
			longest = held;
	}
	return longest;
}

const struct held *holds_of_token(const struct holds *holds, const struct token *token, int64_t now)
{
	const struct held *held = find(holds, HOLD_TOKEN, token->id);

	return held && held->until > now ? held : NULL;
}
