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
	{ .id = "hits", .kind = METRIC_FLOW, .label = N_("Hits") },
	{ .id = "viewers", .kind = METRIC_UNIQUE, .label = N_("Viewers") },
	{ .id = "reach", .kind = METRIC_UNIQUE, .label = N_("Reach") },
	{ .id = "accounts_engaged", .kind = METRIC_UNIQUE, .label = N_("Accounts engaged") },
	{ .id = "followers", .kind = METRIC_STOCK, .label = N_("Followers") },
	{ .id = "followers_gained", .kind = METRIC_FLOW, .label = N_("Followers gained") },
	{ .id = "followers_lost", .kind = METRIC_FLOW, .label = N_("Followers lost") },
	{ .id = "interactions", .kind = METRIC_FLOW, .label = N_("Interactions") },
	{ .id = "clicks", .kind = METRIC_FLOW, .label = N_("Clicks") },
	{ .id = "link_clicks", .kind = METRIC_FLOW, .label = N_("Link clicks") },
	{ .id = "search_clicks", .kind = METRIC_FLOW, .label = N_("Clicks in search results") },
	{ .id = "search_impressions",
	  .kind = METRIC_FLOW,
	  .label = N_("Impressions in search results") },
	{ .id = "video_views", .kind = METRIC_FLOW, .label = N_("Video views") },
	{ .id = "messages", .kind = METRIC_FLOW, .label = N_("Messages") },
	{ .id = "members", .kind = METRIC_STOCK, .label = N_("Members") },

	/* what an office counts itself */
	{ .id = "news", .kind = METRIC_FLOW, .label = N_("News items") },
	{ .id = "bulletins", .kind = METRIC_FLOW, .label = N_("Press bulletins") },
	{ .id = "press_conferences", .kind = METRIC_FLOW, .label = N_("Press conferences") },
	{ .id = "interviews", .kind = METRIC_FLOW, .label = N_("Interviews") },
	{ .id = "media_mentions", .kind = METRIC_FLOW, .label = N_("Mentions in the media") },
	{ .id = "live_broadcasts", .kind = METRIC_FLOW, .label = N_("Live broadcasts") },
	{ .id = "mailings", .kind = METRIC_FLOW, .label = N_("Mailings") },
	{ .id = "contents", .kind = METRIC_FLOW, .label = N_("Contents published") },
	{ .id = "videos", .kind = METRIC_FLOW, .label = N_("Videos") },
	{ .id = "podcasts", .kind = METRIC_FLOW, .label = N_("Podcasts") },
	{ .id = "audios", .kind = METRIC_FLOW, .label = N_("Audio pieces") },
	{ .id = "photographs", .kind = METRIC_FLOW, .label = N_("Photographs") },
	{ .id = "designs", .kind = METRIC_FLOW, .label = N_("Designs") },
	{ .id = "wallpapers", .kind = METRIC_FLOW, .label = N_("Wallpapers") },
	{ .id = "briefs", .kind = METRIC_FLOW, .label = N_("Briefs") },
	{ .id = "accompaniments", .kind = METRIC_FLOW, .label = N_("Accompaniments") },
	{ .id = "trainings", .kind = METRIC_FLOW, .label = N_("Trainings") },
	{ .id = "people_trained", .kind = METRIC_FLOW, .label = N_("People trained") },
	{ .id = "officials_trained", .kind = METRIC_FLOW, .label = N_("Officials trained") },
	{ .id = "citizens_trained", .kind = METRIC_FLOW, .label = N_("Citizens trained") },
	{ .id = "citizens_served", .kind = METRIC_FLOW, .label = N_("Citizens served") },
	/* an estimate of who was reached: the same people again the month after */
	{ .id = "citizens_reached", .kind = METRIC_UNIQUE, .label = N_("Citizens reached") },
	{ .id = "institution_visits", .kind = METRIC_FLOW, .label = N_("Visits to institutions") },
	{ .id = "forums", .kind = METRIC_FLOW, .label = N_("Forums") },
	{ .id = "comments", .kind = METRIC_FLOW, .label = N_("Comments") },
	{ .id = "surveys", .kind = METRIC_FLOW, .label = N_("Surveys") },

	/* of the registers */
	{ .id = "events", .kind = METRIC_FLOW, .label = N_("Events") },
	{ .id = "attendees", .kind = METRIC_FLOW, .label = N_("Attendees") },
	{ .id = "attendees_per_event", .kind = METRIC_RATIO, .label = N_("Attendees per event") },
	{ .id = "attendees_max", .kind = METRIC_UNIQUE, .label = N_("Largest attendance") },
	{ .id = "campaigns", .kind = METRIC_UNIQUE, .label = N_("Campaigns") },
	{ .id = "risks", .kind = METRIC_UNIQUE, .label = N_("Risks watched") },
	{ .id = "materialised", .kind = METRIC_UNIQUE, .label = N_("Risks that came true") },
	{ 0 },
};

bool source_is_file(const char *source)
{
	static const char *const layouts[] = {
		"csv",     "mbs-metric",     "mbs-content", "x-overview",    "x-content",
		"ga4-csv", "search-console", "matomo-csv",  "plausible-csv",
	};

	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (strcmp(source, layouts[i]) == 0)
			return true;
	return false;
}

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
