#include "accesslog_rules.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const usual_methods[] = { "GET", "POST", NULL };
static const char *const usual_statuses[] = { "2xx", "304", NULL };
static const char *const usual_suffixes[] = {
	"css", "js",  "png", "jpg",  "jpeg", "gif", "ico", "svg", "woff", "woff2",
	"ttf", "eot", "map", "webp", "bmp",  "txt", "xml", "swf", NULL,
};

static const char *const *given(const char **names, const char *const *usual)
{
	return names ? (const char *const *)names : usual;
}

/* --- addresses ------------------------------------------------------------------------------ */

/* "10.0.0.1" into the last four bytes. */
static bool read_ipv4(const char *text, size_t length, unsigned char *ret)
{
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		size_t start = at;
		int number = 0;

		while (at < length && text[at] >= '0' && text[at] <= '9' && at - start < 3)
			number = number * 10 + (text[at++] - '0');
		if (at == start || number > 255)
			return false;
		ret[i] = (unsigned char)number;
		if (i < 3 && (at == length || text[at++] != '.'))
			return false;
	}
	return at == length;
}

static int hex_digit(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	if (letter >= 'a' && letter <= 'f')
		return letter - 'a' + 10;
	return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

/* The groups of half an IPv6 address, up to its end or "::"; how many bytes, -1: wrong. */
static int read_groups(const char *text, size_t length, unsigned char ret[16])
{
	int count = 0;
	size_t at = 0;

	while (at < length) {
		size_t stop = at;
		int number = 0;

		while (stop < length && text[stop] != ':')
			stop++;
		if (memchr(text + at, '.', stop - at)) {
			if (stop != length || count > 12 ||
			    !read_ipv4(text + at, stop - at, ret + count))
				return -1;
			return count + 4;
		}
		if (stop == at || stop - at > 4 || count > 14)
			return -1;
		for (; at < stop; at++) {
			int digit = hex_digit(text[at]);

			if (digit < 0)
				return -1;
			number = number << 4 | digit;
		}
		ret[count++] = (unsigned char)(number >> 8);
		ret[count++] = (unsigned char)number;
		at = stop + (stop < length);
		if (at == length && stop < length)
			return -1;
	}
	return count;
}

static bool read_ipv6(const char *text, size_t length, unsigned char ret[16])
{
	const char *gap = memmem(text, length, "::", 2);
	unsigned char head[16], tail[16];
	int before, after;

	memset(ret, 0, 16);
	if (!gap)
		return read_groups(text, length, ret) == 16;
	before = read_groups(text, (size_t)(gap - text), head);
	after = read_groups(gap + 2, length - (size_t)(gap - text) - 2, tail);
	if (before < 0 || after < 0 || before + after > 14)
		return false;
	memcpy(ret, head, (size_t)before);
	memcpy(ret + 16 - after, tail, (size_t)after);
	return true;
}

static bool read_address(const char *text, size_t length, unsigned char ret[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (read_ipv4(text, length, ret + 12)) {
		memcpy(ret, mapped, sizeof(mapped));
		return true;
	}
	return length > 1 && memchr(text, ':', length) && read_ipv6(text, length, ret);
}

/* "10.0.0.0/8", "2001:db8::/32", or one address. */
static bool read_network(const char *text, struct network *ret)
{
	size_t length = strcspn(text, "/");
	char *end;
	long bits;

	if (!read_address(text, length, ret->bytes))
		return false;
	ret->bits = 128;
	if (!text[length])
		return true;
	bits = strtol(text + length + 1, &end, 10);
	if (*end || end == text + length + 1 || bits < 0)
		return false;
	if (!memchr(text, ':', length))
		bits += 96;
	ret->bits = (int)bits;
	return bits <= 128;
}

static bool in_network(const struct network *network, const unsigned char address[16])
{
	int whole = network->bits / 8;
	int rest = network->bits % 8;

	if (memcmp(network->bytes, address, (size_t)whole) != 0)
		return false;
	return rest == 0 || (network->bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
}

/* --- lists ---------------------------------------------------------------------------------- */

static void read_list(const char **names, struct name_list *ret)
{
	size_t count = 0;

	while (names && names[count])
		count++;
	if (count == 0)
		return;
	ret->networks = memory_new(count, sizeof(*ret->networks));
	ret->agents = memory_new(count, sizeof(*ret->agents));
	for (size_t i = 0; i < count; i++) {
		if (read_network(names[i], &ret->networks[ret->network_count]))
			ret->network_count++;
		else
			ret->agents[ret->agent_count++] = names[i];
	}
}

static bool names_address(const struct name_list *list, struct log_text address)
{
	unsigned char bytes[16];

	if (list->network_count == 0 || !read_address(address.bytes, address.length, bytes))
		return false;
	for (size_t i = 0; i < list->network_count; i++)
		if (in_network(&list->networks[i], bytes))
			return true;
	return false;
}

static bool names_agent(const struct name_list *list, struct log_text agent)
{
	for (size_t i = 0; i < list->agent_count; i++)
		if (memmem(agent.bytes, agent.length, list->agents[i], strlen(list->agents[i])))
			return true;
	return false;
}

/* --- words ---------------------------------------------------------------------------------- */

/* Up to eight bytes as a number, in small letters when `folded`. */
static inline uint64_t word_of(const char *bytes, size_t length, bool folded)
{
	uint64_t word = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (folded && byte >= 'A' && byte <= 'Z')
			byte |= 0x20;
		word = word << 8 | byte;
	}
	return word;
}

static bool has_word(const uint64_t *words, size_t count, uint64_t word)
{
	for (size_t i = 0; i < count; i++)
		if (words[i] == word)
			return true;
	return false;
}

static int read_words(const char *const *names, const char *setting, bool folded, uint64_t *ret,
		      size_t *count, struct error *err)
{
	for (; *names; names++) {
		const char *name = *names + (folded && **names == '.');
		size_t length = strlen(name);

		if (length == 0 || length > 8)
			return error_set(err, ERROR_INPUT,
					 "%s: \"%.40s\" is not 1 to 8 characters long", setting,
					 name);
		if (*count == WORDS_MAX)
			return error_set(err, ERROR_INPUT, "%s: more than %d", setting, WORDS_MAX);
		ret[(*count)++] = word_of(name, length, folded);
	}
	return 0;
}

/* "200", "2xx" */
static int read_statuses(const char *const *names, struct rules *rules, struct error *err)
{
	for (; *names; names++) {
		const char *name = *names;
		bool class = strlen(name) == 3 && strcasecmp(name + 1, "xx") == 0;
		long low = class ? (name[0] - '0') * 100L : strtol(name, NULL, 10);

		if (strlen(name) != 3 || name[0] < '0' || name[0] > '9' ||
		    (!class && strspn(name, "0123456789") != 3))
			return error_set(err, ERROR_INPUT,
					 "statuses: \"%.40s\" is neither a status like \"304\" nor "
					 "a class like \"2xx\"",
					 name);
		for (long status = low; status < low + (class ? 100 : 1); status++)
			rules->statuses[status / 64] |= 1ULL << (status % 64);
	}
	return 0;
}

/* --- all of them ---------------------------------------------------------------------------- */

static int read_client(const char *client, struct rules *rules, struct error *err)
{
	rules->by_address = strcmp(client, "address") == 0;
	if (!rules->by_address && strcmp(client, "address+agent") != 0)
		return error_set(err, ERROR_INPUT,
				 "client is \"%.40s\", expected \"address\" or \"address+agent\"",
				 client);
	if (!rules->format.has[LOG_AGENT]) { /* nothing can be asked of what is not there */
		rules->by_address = true;
		rules->empty_agents = true;
	}
	return 0;
}

static int check_rules(const struct accesslog *settings, const struct rules *rules,
		       struct error *err)
{
	if (settings->hosts && !rules->format.has[LOG_HOST])
		return error_set(err, ERROR_INPUT, "hosts: the format has no host");
	return 0;
}

int rules_new(const struct accesslog *settings, struct rules **ret, struct error *err)
{
	struct rules *rules = memory_new(1, sizeof(*rules));

	rules->settings = settings;
	rules->gap_s = settings->gap_minutes * 60;
	rules->forwarded_hops = (int)settings->forwarded_hops;
	rules->cut_at_midnight = settings->cut_at_midnight;
	rules->empty_agents = settings->empty_agents;
	rules->without_robots_txt = settings->without_robots_txt;
	rules->without_errors_only = settings->without_errors_only;
	read_list(settings->allow, &rules->allow);
	read_list(settings->deny, &rules->deny);
	if (log_format_parse(settings->format, settings->forwarded, &rules->format, err) < 0) {
		(void)error_within(err, "format");
		goto failed;
	}
	if (read_client(settings->client, rules, err) < 0 ||
	    check_rules(settings, rules, err) < 0 ||
	    read_statuses(given(settings->statuses, usual_statuses), rules, err) < 0 ||
	    read_words(given(settings->methods, usual_methods), "methods", false, rules->methods,
		       &rules->method_count, err) < 0 ||
	    read_words(given(settings->static_suffixes, usual_suffixes), "static_suffixes", true,
		       rules->suffixes, &rules->suffix_count, err) < 0)
		goto failed;
	*ret = rules;
	return 0;

failed:
	rules_free(rules);
	return -1;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	free(rules->allow.networks);
	free(rules->allow.agents);
	free(rules->deny.networks);
	free(rules->deny.agents);
	free(rules);
}

const struct log_format *rules_format(const struct rules *rules)
{
	return &rules->format;
}

static uint32_t mark_add(uint32_t mark, const char *text)
{
	for (; *text; text++)
		mark = (mark ^ (unsigned char)*text) * 16777619U;
	return (mark ^ 0xff) * 16777619U;
}

static uint32_t mark_names(uint32_t mark, const char *setting, const char **names)
{
	if (!names)
		return mark;
	mark = mark_add(mark, setting);
	for (; *names; names++)
		mark = mark_add(mark, *names);
	return mark;
}

uint32_t rules_mark(const struct accesslog *settings)
{
	static const uint32_t nothing = 2166136261U;
	uint32_t mark = nothing;

	mark = mark_names(mark, "hosts", settings->hosts);
	mark = mark_names(mark, "methods", settings->methods);
	mark = mark_names(mark, "statuses", settings->statuses);
	mark = mark_names(mark, "static", settings->static_suffixes);
	mark = mark_names(mark, "paths", settings->ignore_paths);
	mark = mark_names(mark, "allow", settings->allow);
	mark = mark_names(mark, "deny", settings->deny);
	if (settings->forwarded)
		mark = mark_add(mark_add(mark, "forwarded"), settings->forwarded);
	if (settings->empty_agents)
		mark = mark_add(mark, "empty agents");
	if (settings->without_robots_txt)
		mark = mark_add(mark, "robots.txt");
	if (settings->without_errors_only)
		mark = mark_add(mark, "errors only");
	return mark == nothing ? 0 : mark;
}

/* --- lines ---------------------------------------------------------------------------------- */

/* "client, proxy": each proxy adds whom it heard from at the end, so the trusted ones' words are
 * the last. */
struct log_text rules_client(const struct rules *rules, const struct log_line *line)
{
	const char *begin = line->forwarded.bytes;
	const char *end;

	if (line->forwarded.length == 0 || (line->forwarded.length == 1 && *begin == '-'))
		return line->address;
	end = begin + line->forwarded.length;
	for (int hop = 1;; hop++) {
		const char *comma = memrchr(begin, ',', (size_t)(end - begin));
		const char *at = comma ? comma + 1 : begin;

		if (hop >= rules->forwarded_hops || !comma) {
			while (at < end && *at == ' ')
				at++;
			while (end > at && end[-1] == ' ')
				end--;
			return at < end ? (struct log_text){ at, (size_t)(end - at) }
					: line->address;
		}
		end = comma;
	}
}

static bool is_of_host(const struct rules *rules, struct log_text host)
{
	const char **names = rules->settings->hosts;

	for (; *names; names++)
		if (strlen(*names) == host.length &&
		    strncasecmp(*names, host.bytes, host.length) == 0)
			return true;
	return false;
}

static bool is_ignored(const struct rules *rules, struct log_text path)
{
	const char **names = rules->settings->ignore_paths;

	for (; *names; names++) {
		size_t length = strlen(*names);

		if (path.length >= length && memcmp(path.bytes, *names, length) == 0)
			return true;
	}
	return false;
}

static bool is_empty(struct log_text agent)
{
	return agent.length == 0 || (agent.length == 1 && agent.bytes[0] == '-');
}

enum reason rules_check(const struct rules *rules, const struct log_line *line,
			struct log_text address)
{
	int status = line->status;

	if (rules->settings->hosts && !is_of_host(rules, line->host))
		return REASON_HOST;
	if (names_address(&rules->deny, address) || names_agent(&rules->deny, line->agent))
		return REASON_DENIED;
	if (line->method.length > 8 ||
	    !has_word(rules->methods, rules->method_count,
		      word_of(line->method.bytes, line->method.length, false)))
		return REASON_METHOD;
	if (!(rules->statuses[status / 64] >> (status % 64) & 1))
		return REASON_STATUS;
	if (rules->settings->ignore_paths && is_ignored(rules, line->path))
		return REASON_PATH;
	if (!rules->empty_agents && is_empty(line->agent))
		return REASON_AGENT;
	return REASON_NONE;
}

enum rule_hit rules_allow_agent(const struct rules *rules, struct log_text agent)
{
	return names_agent(&rules->allow, agent) ? RULE_HIT : RULE_NONE;
}

static size_t without_query(struct log_text path)
{
	const char *query = memchr(path.bytes, '?', path.length);

	return query ? (size_t)(query - path.bytes) : path.length;
}

bool rules_is_static(const struct rules *rules, struct log_text path)
{
	size_t length = without_query(path);
	size_t at = length;

	while (at > 0 && length - at <= 8 && path.bytes[at - 1] != '.')
		at--;
	if (at == 0 || at == length || length - at > 8)
		return false;
	return has_word(rules->suffixes, rules->suffix_count,
			word_of(path.bytes + at, length - at, true));
}

bool rules_is_robots_txt(struct log_text path)
{
	static const char name[] = "/robots.txt";

	return without_query(path) == sizeof(name) - 1 &&
	       memcmp(path.bytes, name, sizeof(name) - 1) == 0;
}
