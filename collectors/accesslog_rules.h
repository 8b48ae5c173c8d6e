/* Which lines count: the settings of an access log in the form in which lines are held against
 * them. */
#ifndef METRICSD_COLLECTORS_ACCESSLOG_RULES_H
#define METRICSD_COLLECTORS_ACCESSLOG_RULES_H

#include "accesslog_count.h"

/* Addresses that have the first `bits` of 128 in common; IPv4 as ::ffff:a.b.c.d. */
struct network {
	unsigned char bytes[16];
	int bits;
};

/* An operator's list: networks, and parts of user agents. */
struct name_list {
	struct network *networks;
	size_t network_count;
	const char **agents;
	size_t agent_count;
};

enum { WORDS_MAX = 64 };

struct rules {
	struct log_format format;
	const struct accesslog *settings;
	int64_t gap_s;
	int forwarded_hops;
	bool cut_at_midnight, by_address, empty_agents, without_robots_txt, without_errors_only;
	uint64_t statuses[16];
	/* words of up to eight bytes, as numbers */
	uint64_t methods[WORDS_MAX], suffixes[WORDS_MAX];
	size_t method_count, suffix_count;
	struct name_list allow, deny;
};

enum rule_hit { RULE_NONE, RULE_HIT };

/* Whose request it is: the address, or whom a trusted proxy names. */
struct log_text rules_client(const struct rules *rules, const struct log_line *line);

/* What keeps the request from counting, but for the robots and static files. */
enum reason rules_check(const struct rules *rules, const struct log_line *line,
			struct log_text address);

/* Whether the operator says that the agent is no robot. */
enum rule_hit rules_allow_agent(const struct rules *rules, struct log_text agent);
bool rules_is_static(const struct rules *rules, struct log_text path);
bool rules_is_robots_txt(struct log_text path);

#endif
