#include "metricsd/metric.h"

#include <string.h>

/* xgettext collects what N_() marks; report/ translates it. */
#define N_(text) text

const struct metric metric_catalogue[] = {
	{ .id = "posts", .kind = METRIC_FLOW, .label = N_("Posts") },
	{ .id = "reels", .kind = METRIC_FLOW, .label = N_("Reels") },
	{ .id = "stories", .kind = METRIC_FLOW, .label = N_("Stories") },
	{ .id = "views", .kind = METRIC_FLOW, .label = N_("Views") },
	{ .id = "visits", .kind = METRIC_FLOW, .label = N_("Visits") },
	{ .id = "visitors", .kind = METRIC_UNIQUE, .label = N_("Unique visitors") },
	{ .id = "viewers", .kind = METRIC_UNIQUE, .label = N_("Viewers") },
	{ .id = "reach", .kind = METRIC_UNIQUE, .label = N_("Reach") },
	{ .id = "accounts_engaged", .kind = METRIC_UNIQUE, .label = N_("Accounts engaged") },
	{ .id = "followers", .kind = METRIC_STOCK, .label = N_("Followers") },
	{ .id = "followers_gained", .kind = METRIC_FLOW, .label = N_("Followers gained") },
	{ .id = "followers_lost", .kind = METRIC_FLOW, .label = N_("Followers lost") },
	{ .id = "interactions", .kind = METRIC_FLOW, .label = N_("Interactions") },
	{ .id = "clicks", .kind = METRIC_FLOW, .label = N_("Clicks") },
	{ .id = "video_views", .kind = METRIC_FLOW, .label = N_("Video views") },
	{ .id = "messages", .kind = METRIC_FLOW, .label = N_("Messages") },
	{ .id = "members", .kind = METRIC_STOCK, .label = N_("Members") },
	{ 0 },
};

static const char *const kind_names[] = { "flow", "stock", "unique", "ratio" };

const char *metric_kind_name(enum metric_kind kind)
{
	return kind_names[kind];
}

int metric_kind_parse(const char *word, enum metric_kind *ret)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
		if (strcmp(word, kind_names[i]) == 0) {
			*ret = (enum metric_kind)i;
			return 0;
		}
	}
	return -1;
}

const char *item_kind_name(enum item_kind kind)
{
	switch (kind) {
	case ITEM_NONE:
		return "none";
	case ITEM_POST:
		return "post";
	case ITEM_REEL:
		return "reel";
	case ITEM_STORY:
		return "story";
	}
	return "none";
}

const struct metric *metric_find(const struct metric *table, const char *id)
{
	for (; table->id; table++)
		if (strcmp(table->id, id) == 0)
			return table;
	return NULL;
}

const char *metric_label(const struct metric *metric)
{
	const struct metric *known;

	if (metric->label)
		return metric->label;
	known = metric_find(metric_catalogue, metric->id);
	return known ? known->label : metric->id;
}
