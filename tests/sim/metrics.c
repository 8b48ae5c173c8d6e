/* What each provider counts, by its own names, and how it may be asked. */
#include "world.h"

#include <string.h>

enum { ASK_USUAL = ASK_DAY | ASK_ROLLING };

#define FLOW(id_, provider_, of_, percent_, ask_, title_, description_)                     \
	{                                                                                   \
		.id = (id_), .provider = (provider_), .kind = METRIC_FLOW, .people = (of_), \
		.percent = (percent_), .ask = (ask_), .title = (title_),                    \
		.description = (description_)                                               \
	}
#define UNIQUE(id_, provider_, who_, ask_, title_, description_)                               \
	{                                                                                      \
		.id = (id_), .provider = (provider_), .kind = METRIC_UNIQUE, .people = (who_), \
		.ask = (ask_), .title = (title_), .description = (description_)                \
	}
#define ITEMS(id_, items_)                                                          \
	{                                                                           \
		.id = (id_), .kind = METRIC_FLOW, .items = (items_), .title = (id_) \
	}

static const struct sim_metric page_metrics[] = {
	FLOW("views", "page_media_view", PEOPLE_VIEWERS, 240, ASK_USUAL, "Page Media Views",
	     "The number of times your content was played or displayed. Content includes videos, "
	     "posts, stories and ads."),
	UNIQUE("viewers", "page_total_media_view_unique", PEOPLE_VIEWERS, ASK_USUAL | ASK_RANGE,
	       "Page Total Media View Unique",
	       "The number of total unique media viewers for FB page"),
	FLOW("visits", "page_views_total", PEOPLE_VIEWERS, 12, ASK_USUAL,
	     "Total views count per Page", "Total views count per Page"),
	{ .id = "followers",
	  .provider = "page_follows",
	  .kind = METRIC_STOCK,
	  .ask = ASK_DAY,
	  .title = "Page Follows",
	  .description = "The number of followers of your Facebook Page or profile." },
	FLOW("followers_gained", "page_daily_follows", PEOPLE_FOLLOWING, 110, ASK_USUAL,
	     "Page Follows", "The number of times people followed your Page"),
	UNIQUE("new_followers", "page_daily_follows_unique", PEOPLE_FOLLOWING, ASK_USUAL,
	       "Page Follows Unique", "The number of accounts that followed your Page"),
	UNIQUE("followers_lost", "page_daily_unfollows_unique", PEOPLE_LEAVING, ASK_USUAL,
	       "Page Unfollows Unique", "The number of accounts that unfollowed your Page"),
	FLOW("interactions", "page_post_engagements", PEOPLE_VIEWERS, 18, ASK_USUAL,
	     "Post Engagements",
	     "The number of times people have engaged with your posts through reactions, comments, "
	     "shares and more."),
	FLOW("video_views", "page_video_views", PEOPLE_VIEWERS, 60, ASK_USUAL, "Total Video Views",
	     "The number of times your Page's videos played for at least 3 seconds."),
	FLOW("clicks", "page_total_actions", PEOPLE_VIEWERS, 3, ASK_USUAL, "Total Actions on Page",
	     "The number of clicks on your Page's contact info and call-to-action button."),
	FLOW(NULL, "page_video_complete_views_30s", PEOPLE_VIEWERS, 9, ASK_USUAL,
	     "Total 30-Second Views",
	     "The number of times your Page's videos played for at least 30 seconds."),
	FLOW(NULL, "page_video_repeat_views", PEOPLE_VIEWERS, 4, ASK_USUAL, "Total Repeat Views",
	     "The number of times your Page's videos were replayed."),
	FLOW(NULL, "page_video_view_time", PEOPLE_VIEWERS, 720000, ASK_DAY, "Video View Time",
	     "The total time, in milliseconds, people viewed your Page's video."),
	FLOW(NULL, "page_actions_post_reactions_like_total", PEOPLE_VIEWERS, 10, ASK_USUAL,
	     "Total Like Reactions", "Total like reactions of a page."),
	UNIQUE(NULL, "page_messages_new_conversations_unique", PEOPLE_LEAVING, ASK_USUAL,
	       "New Conversations", "The number of new conversations with your Page"),
	ITEMS("posts", ITEM_POST),
	ITEMS("reels", ITEM_REEL),
	ITEMS("stories", ITEM_STORY),
	{ 0 },
};

static const struct sim_metric instagram_metrics[] = {
	FLOW("views", "views", PEOPLE_VIEWERS, 260, ASK_TOTAL | BREAK_FOLLOW | BREAK_PRODUCT,
	     "Views",
	     "The number of times your content was played or displayed. Content includes reels, "
	     "posts, stories."),
	UNIQUE("reach", "reach", PEOPLE_VIEWERS,
	       ASK_SERIES | ASK_TOTAL | BREAK_FOLLOW | BREAK_PRODUCT, "Accounts reached",
	       "The number of unique accounts that have seen your content, at least once, "
	       "including in ads. Content includes posts, stories, reels, videos and live videos. "
	       "Reach is different from impressions, which may include multiple views of your "
	       "content by the same accounts. This metric is estimated."),
	FLOW("visits", "profile_views", PEOPLE_VIEWERS, 9, ASK_TOTAL, "Profile views",
	     "The number of times that your profile was visited."),
	FLOW("clicks", "website_clicks", PEOPLE_VIEWERS, 2, ASK_TOTAL, "Website clicks",
	     "The number of taps on the website link in your profile."),
	FLOW(NULL, "profile_links_taps", PEOPLE_VIEWERS, 1, ASK_TOTAL | BREAK_CONTACT,
	     "Profile link taps", "The number of taps on the buttons of your profile."),
	UNIQUE("accounts_engaged", "accounts_engaged", PEOPLE_ENGAGED, ASK_TOTAL,
	       "Accounts engaged",
	       "The number of accounts that have interacted with your content, including in ads."),
	FLOW("interactions", "total_interactions", PEOPLE_VIEWERS, 30, ASK_TOTAL | BREAK_PRODUCT,
	     "Content interactions",
	     "The total number of post interactions, story interactions, reels interactions, video "
	     "interactions and live video interactions, including any interactions on boosted "
	     "content."),
	FLOW(NULL, "likes", PEOPLE_VIEWERS, 20, ASK_TOTAL | BREAK_PRODUCT, "Likes",
	     "The number of likes on your posts, reels and videos."),
	FLOW(NULL, "comments", PEOPLE_VIEWERS, 3, ASK_TOTAL | BREAK_PRODUCT, "Comments",
	     "The number of comments on your posts, reels, videos and live videos."),
	FLOW(NULL, "shares", PEOPLE_VIEWERS, 4, ASK_TOTAL | BREAK_PRODUCT, "Shares",
	     "The number of shares of your posts, stories, reels, videos and live videos."),
	FLOW(NULL, "saves", PEOPLE_VIEWERS, 3, ASK_TOTAL | BREAK_PRODUCT, "Saves",
	     "The number of saves of your posts, reels and videos."),
	FLOW(NULL, "reposts", PEOPLE_VIEWERS, 1, ASK_TOTAL, "Reposts",
	     "The number of times your content was reposted."),
	FLOW(NULL, "replies", PEOPLE_VIEWERS, 1, ASK_TOTAL, "Replies",
	     "The number of replies you received from your story."),
	{ .id = "followers_gained",
	  .provider = "follows_and_unfollows",
	  .kind = METRIC_FLOW,
	  .people = PEOPLE_FOLLOWING,
	  .percent = 100,
	  .ask = ASK_TOTAL | BREAK_FOLLOW | NEEDS_FOLLOWERS,
	  .later_hours = 48,
	  .title = "Follows and unfollows",
	  .description = "The number of accounts that followed you and the number of accounts that "
			 "unfollowed you or left Instagram in the selected time period." },
	{ .id = "followers_lost",
	  .provider = "follows_and_unfollows",
	  .kind = METRIC_FLOW,
	  .people = PEOPLE_LEAVING,
	  .percent = 100,
	  .ask = ASK_TOTAL | BREAK_FOLLOW | NEEDS_FOLLOWERS,
	  .later_hours = 48,
	  .title = "Follows and unfollows" },
	FLOW(NULL, "follower_count", PEOPLE_FOLLOWING, 100, ASK_SERIES | NEEDS_FOLLOWERS,
	     "Follower Count", "Total number of unique accounts following this profile"),
	{ .id = "followers", .kind = METRIC_STOCK, .title = "Followers" },
	ITEMS("posts", ITEM_POST),
	ITEMS("reels", ITEM_REEL),
	ITEMS("stories", ITEM_STORY),
	{ 0 },
};

static const struct sim_metric matomo_metrics[] = {
	UNIQUE("visitors", "nb_uniq_visitors", PEOPLE_VIEWERS, 0, "Unique visitors", NULL),
	FLOW("visits", "nb_visits", PEOPLE_VIEWERS, 122, 0, "Visits", NULL),
	FLOW("views", "nb_pageviews", PEOPLE_VIEWERS, 340, 0, "Pageviews", NULL),
	{ 0 },
};

/* Sessions are people's here, and a few more: like GA4's they are counted once per window. */
static const struct sim_metric ga4_metrics[] = {
	UNIQUE("visitors", "totalUsers", PEOPLE_VIEWERS, 0, "Total users", NULL),
	{ .id = "visits",
	  .provider = "sessions",
	  .kind = METRIC_UNIQUE,
	  .people = PEOPLE_VIEWERS,
	  .percent = 122,
	  .title = "Sessions" },
	FLOW("views", "screenPageViews", PEOPLE_VIEWERS, 340, 0, "Views", NULL),
	{ 0 },
};

static const struct sim_metric plausible_metrics[] = {
	UNIQUE("visitors", "visitors", PEOPLE_VIEWERS, 0, "Unique visitors", NULL),
	FLOW("visits", "visits", PEOPLE_VIEWERS, 122, 0, "Visits", NULL),
	FLOW("views", "pageviews", PEOPLE_VIEWERS, 340, 0, "Pageviews", NULL),
	{ 0 },
};

const struct sim_metric *sim_metrics(enum sim_kind kind)
{
	switch (kind) {
	case SIM_PAGE:
		return page_metrics;
	case SIM_INSTAGRAM:
		return instagram_metrics;
	case SIM_MATOMO:
		return matomo_metrics;
	case SIM_GA4:
		return ga4_metrics;
	case SIM_PLAUSIBLE:
	case SIM_UMAMI:
		return plausible_metrics;
	}
	return matomo_metrics;
}

const struct sim_metric *sim_metric_provider(enum sim_kind kind, const char *provider)
{
	for (const struct sim_metric *metric = sim_metrics(kind); metric->title; metric++)
		if (metric->provider && strcmp(metric->provider, provider) == 0)
			return metric;
	return NULL;
}

const struct sim_metric *sim_metric_find(enum sim_kind kind, const char *name)
{
	for (const struct sim_metric *metric = sim_metrics(kind); metric->title; metric++)
		if (metric->id && strcmp(metric->id, name) == 0)
			return metric;
	return sim_metric_provider(kind, name);
}
