/*
 * Lists of publications, newest first. A cursor says after which item to go on, so that what is
 * published during a walk shifts nothing; around it stands a kilobyte that means nothing, as in the
 * real ones.
 */
#include "graph.h"

#include "hash.h"

#include "metricsd/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_DEFAULT = 25, LIMIT_MAX = 100, CURSOR_HEAD = 41, LETTERS_A_HASH = 10 };

struct edge {
	const char *name;
	enum sim_kind kind;
	unsigned kinds; /* of items */
	bool lives_a_day;
	const char *fields; /* when none are asked for */
	void (*describe)(const struct call *call, const struct published *item, const char *fields,
			 cJSON *object);
};

/* Where a walk stands: the last item given (none: INT64_MAX), and whether an empty page was. */
struct place {
	struct published last;
	bool emptied;
};

/* --- what the items look like --- */

static void add_text(cJSON *object, const char *fields, const char *name, const char *value)
{
	if (list_has(fields, name))
		(void)cJSON_AddStringToObject(object, name, value);
}

static void add_time(cJSON *object, const char *fields, const char *name, int64_t time)
{
	char text[GRAPH_TIME];

	graph_time_text(time, text);
	add_text(object, fields, name, text);
}

static void describe_post(const struct call *call, const struct published *item, const char *fields,
			  cJSON *object)
{
	char id[64], reel[64], address[160];

	published_id(call->object, item, id);
	if (item->kind == ITEM_REEL) {
		memcpy(reel, id, sizeof(reel));
		(void)snprintf(id, sizeof(id), "%.24s_%.36s", call->object->id, reel);
		(void)snprintf(address, sizeof(address), "https://www.facebook.com/reel/%s/", reel);
	} else {
		const char *number = strchr(id, '_');

		(void)snprintf(address, sizeof(address), "https://www.facebook.com/%s/posts/%s",
			       call->object->id, number ? number + 1 : id);
	}
	(void)cJSON_AddStringToObject(object, "id", id);
	add_time(object, fields, "created_time", item->created);
	add_text(object, fields, "status_type",
		 item->kind == ITEM_REEL || item->number % 3 == 0 ? "added_video" : "added_photos");
	add_text(object, fields, "permalink_url", address);
	if (list_has(fields, "shares") && item->number % 4) /* absent when 0 */
		(void)cJSON_AddNumberToObject(cJSON_AddObjectToObject(object, "shares"), "count",
					      (double)(item->number % 4));
}

static void describe_reel(const struct call *call, const struct published *item, const char *fields,
			  cJSON *object)
{
	char id[64], address[96];

	published_id(call->object, item, id);
	(void)snprintf(address, sizeof(address), "/reel/%s/", id);
	(void)cJSON_AddStringToObject(object, "id", id);
	add_time(object, fields, "created_time", item->created);
	add_time(object, fields, "updated_time", item->created);
	if (list_has(fields, "length"))
		(void)cJSON_AddNumberToObject(object, "length", 31.5);
	add_text(object, fields, "permalink_url", address);
}

static void describe_story(const struct call *call, const struct published *item,
			   const char *fields, cJSON *object)
{
	char id[64], created[24], address[128];

	(void)fields;
	published_id(call->object, item, id);
	(void)snprintf(created, sizeof(created), "%" PRId64, item->created);
	(void)snprintf(address, sizeof(address), "https://facebook.com/stories/%s", id);
	(void)cJSON_AddStringToObject(object, "post_id", id);
	(void)cJSON_AddStringToObject(object, "status",
				      call->now - item->created < DAY_S ? "PUBLISHED" : "ARCHIVED");
	(void)cJSON_AddStringToObject(object, "creation_time", created);
	(void)cJSON_AddStringToObject(object, "media_type", item->number % 2 ? "photo" : "video");
	(void)cJSON_AddStringToObject(object, "media_id", id + 1);
	(void)cJSON_AddStringToObject(object, "url", address);
}

static void describe_media(const struct call *call, const struct published *item,
			   const char *fields, cJSON *object)
{
	static const char *const types[] = { "IMAGE", "CAROUSEL_ALBUM", "VIDEO" };
	bool story = item->kind == ITEM_STORY;
	char id[64], address[128];

	published_id(call->object, item, id);
	(void)snprintf(address, sizeof(address),
		       story ? "https://instagram.com/stories/alcaldiasimulada/%s"
			     : "https://www.instagram.com/p/%s/",
		       id);
	(void)cJSON_AddStringToObject(object, "id", id);
	add_time(object, fields, "timestamp", item->created);
	add_text(object, fields, "media_type",
		 item->kind == ITEM_REEL ? "VIDEO" : types[item->number % 3]);
	add_text(object, fields, "media_product_type",
		 item->kind == ITEM_REEL ? "REELS"
		 : story                 ? "STORY"
					 : "FEED");
	add_text(object, fields, "permalink", address);
	if (list_has(fields, "comments_count"))
		(void)cJSON_AddNumberToObject(object, "comments_count", (double)(item->number % 7));
	if (list_has(fields, "like_count") && item->number % 5) /* absent when hidden */
		(void)cJSON_AddNumberToObject(object, "like_count", (double)(item->number % 90));
}

static const struct edge edges[] = {
	{ "published_posts", SIM_PAGE, 1U << ITEM_POST, false, "created_time", describe_post },
	{ "video_reels", SIM_PAGE, 1U << ITEM_REEL, false, "updated_time", describe_reel },
	{ "videos", SIM_PAGE, 1U << ITEM_REEL, false, "updated_time", describe_reel },
	{ "stories", SIM_PAGE, 1U << ITEM_STORY, true, "", describe_story },
	{ "media", SIM_INSTAGRAM, 1U << ITEM_POST | 1U << ITEM_REEL, false, "", describe_media },
	{ "stories", SIM_INSTAGRAM, 1U << ITEM_STORY, true, "", describe_media },
};

/* --- cursors --- */

static void add_filler(const struct call *call, struct text *out, size_t length)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint64_t key = hash_text(call->world->seed, text_str(out));

	while (out->length < length) {
		uint64_t chance = hash_two(key, out->length);
		char bytes[LETTERS_A_HASH];
		size_t count = length - out->length;

		for (size_t i = 0; i < LETTERS_A_HASH; i++, chance >>= 6)
			bytes[i] = letters[chance % 64];
		text_add_n(out, bytes, count < LETTERS_A_HASH ? count : LETTERS_A_HASH);
	}
}

static void write_cursor(const struct call *call, const struct place *place, struct text *out)
{
	int size = call->world->quirks.cursor_size;

	text_addf(out, "QVFIU%016" PRIx64 "x%016" PRIx64 "%c%02x", (uint64_t)place->last.created,
		  (uint64_t)place->last.number, place->emptied ? 'e' : 'f', place->last.kind);
	add_filler(call, out,
		   (size_t)(size > 4000          ? 4000
			    : size < CURSOR_HEAD ? CURSOR_HEAD
						 : size));
}

static int read_cursor(struct call *call, struct place *ret)
{
	const char *after = fields_get(&call->fields, "after");
	SCOPED(text)
	struct text again = { 0 };
	uint64_t created, number;
	unsigned kind;
	char emptied;

	*ret = (struct place){ .last = { .created = INT64_MAX, .number = INT64_MAX } };
	if (!after)
		return 0;
	/* NOLINTNEXTLINE(cert-err34-c): the cursor is written again and compared whole */
	if (sscanf(after, "QVFIU%16" SCNx64 "x%16" SCNx64 "%c%2x", &created, &number, &emptied,
		   &kind) == 4) {
		ret->last.created = (int64_t)created;
		ret->last.number = (int64_t)number;
		ret->last.kind = (enum item_kind)kind;
		ret->emptied = emptied == 'e';
		write_cursor(call, ret, &again);
		if (strcmp(text_str(&again), after) == 0)
			return 0;
	}
	graph_refuse(call, 0, 100, 0, "(#100) Invalid cursors values");
	return -1;
}

/* --- walking --- */

struct range {
	unsigned kinds;
	int64_t since, until; /* both inclusive */
};

/* Up to `limit` items after the place, newest first, and whether there are more. */
static size_t collect(const struct call *call, const struct range *range, const struct place *place,
		      struct published *ret, size_t limit, bool *more)
{
	struct published items[PUBLISHED_DAY_MAX];
	int64_t until = range->until < place->last.created ? range->until : place->last.created;
	size_t found = 0;

	*more = false;
	for (int32_t day = (int32_t)(until / DAY_S);
	     day >= call->object->since && (int64_t)day * DAY_S + DAY_S > range->since; day--) {
		size_t count = published_on(call->object, range->kinds, day, items);

		for (size_t i = 0; i < count; i++) {
			if (items[i].created > until || items[i].created < range->since ||
			    published_compare(&items[i], &place->last) <= 0)
				continue;
			if (found == limit) {
				*more = true;
				return found;
			}
			ret[found++] = items[i];
		}
	}
	return found;
}

static int range_of(struct call *call, const struct edge *edge, struct range *ret)
{
	const char *status = fields_get(&call->fields, "status");
	bool archive = edge->kind == SIM_PAGE && call->world->quirks.story_archive &&
		       (!status || strstr(status, "ARCHIVED"));
	int64_t since = 0, until = call->now;

	*ret = (struct range){ .kinds = edge->kinds, .since = 0, .until = call->now };
	if (call->world->quirks.reels_in_posts && edge->describe == describe_post)
		ret->kinds |= 1U << ITEM_REEL;
	if (graph_time(call, "since", &since) < 0 || graph_time(call, "until", &until) < 0)
		return -1;
	if (!call->world->quirks.ignore_since) {
		ret->since = since > 0 ? since : 0;
		ret->until = until < call->now ? until : call->now;
	}
	if (edge->lives_a_day && !archive && ret->since < call->now - DAY_S + 1)
		ret->since = call->now - DAY_S + 1;
	if (status && !strstr(status, "PUBLISHED") && ret->until > call->now - DAY_S)
		ret->until = call->now - DAY_S;
	return 0;
}

static size_t limit_of(const struct call *call)
{
	const char *asked = fields_get(&call->fields, "limit");
	long limit = asked ? strtol(asked, NULL, 10) : LIMIT_DEFAULT;
	long most = call->world->quirks.page_limit;

	if (most < 1 || most > LIMIT_MAX)
		most = LIMIT_MAX;
	return (size_t)(limit < 1 ? 1 : limit > most ? most : limit);
}

/* Now and then a page has no items and yet a next one. */
static bool is_empty_page(const struct call *call, const struct place *place)
{
	uint64_t chance = hash_two(call->object->key ^ 0xE0, (uint64_t)place->last.number);

	return call->world->quirks.empty_pages > 0 && !place->emptied &&
	       chance % (uint64_t)call->world->quirks.empty_pages == 0;
}

static void add_paging(const struct call *call, cJSON *root, const struct place *before,
		       const struct place *after, bool more)
{
	cJSON *paging = cJSON_AddObjectToObject(root, "paging");
	cJSON *cursors = cJSON_AddObjectToObject(paging, "cursors");
	SCOPED(text)
	struct text cursor = { 0 };
	SCOPED(text)
	struct text next = { 0 };

	write_cursor(call, before, &cursor);
	(void)cJSON_AddStringToObject(cursors, "before", text_str(&cursor));
	text_reset(&cursor);
	write_cursor(call, after, &cursor);
	(void)cJSON_AddStringToObject(cursors, "after", text_str(&cursor));
	if (!more)
		return;
	graph_address(call, &next,
		      (const char *const[]){ "pretty", "0", "after", text_str(&cursor), NULL });
	(void)cJSON_AddStringToObject(paging, "next", text_str(&next));
}

static void add_summary(const struct call *call, cJSON *root, const struct range *range)
{
	const char *summary = fields_get(&call->fields, "summary");

	if (summary && strcmp(summary, "total_count") == 0)
		(void)cJSON_AddNumberToObject(
			cJSON_AddObjectToObject(root, "summary"), "total_count",
			(double)published_count(call->object, range->kinds, range->since,
						range->until + 1));
}

static void answer_list(struct call *call, const struct edge *edge)
{
	const char *fields = fields_get(&call->fields, "fields");
	struct published items[LIMIT_MAX];
	struct range range;
	struct place place, after;
	size_t count = 0;
	bool more = true;
	cJSON *root, *data;

	if (read_cursor(call, &place) < 0 || range_of(call, edge, &range) < 0)
		return;
	after = place;
	if (is_empty_page(call, &place)) {
		after.emptied = true;
		/* an edge without anything has neither cursors nor pages */
		(void)collect(call, &range, &place, items, 0, &more);
	} else {
		count = collect(call, &range, &place, items, limit_of(call), &more);
		if (count)
			after = (struct place){ .last = items[count - 1] };
	}
	root = cJSON_CreateObject();
	data = cJSON_AddArrayToObject(root, "data");
	for (size_t i = 0; i < count; i++) {
		cJSON *object = cJSON_CreateObject();

		edge->describe(call, &items[i], fields ? fields : edge->fields, object);
		(void)cJSON_AddItemToArray(data, object);
	}
	add_summary(call, root, &range);
	if (count || more)
		add_paging(call, root, &place, &after, more);
	graph_give(call, root);
}

bool graph_list(struct call *call)
{
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		if (edges[i].kind != call->object->kind || strcmp(edges[i].name, call->edge) != 0)
			continue;
		if (call->world->quirks.no_video_reels && strcmp(call->edge, "video_reels") == 0)
			graph_refuse(call, 0, 100, 0,
				     "(#100) Tried accessing nonexisting field (video_reels) on "
				     "node type (Page)");
		else
			answer_list(call, &edges[i]);
		return true;
	}
	return false;
}
