/* What a line of an access log says, which lines count, and what they add up to. */
#include "test.h"

#include "accesslog_bots.h"
#include "accesslog_count.h"

#include "metricsd/cleanup.h"
#include "metricsd/collector.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Logs of others that the project does not carry. */
#define SHARED_LOGS METRICSD_SOURCE "/../shared/fixtures/accesslog/"

enum { LOG_ROOM = 4 << 20, NOW = 1900000000 };

/* A counter with settings, fed with lines. */
struct counting {
	struct accesslog settings;
	struct rules *rules;
	struct bots *bots;
	struct zone *zone;
	struct counter counter;
};

static void start(struct counting *it, const char *zone)
{
	struct error err;

	if (!it->settings.format)
		it->settings.format = "combined";
	if (!it->settings.client)
		it->settings.client = "address+agent";
	if (!it->settings.gap_minutes)
		it->settings.gap_minutes = 30;
	it->settings.forwarded_hops = it->settings.forwarded_hops ? it->settings.forwarded_hops : 1;
	if (rules_new(&it->settings, &it->rules, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(zone_open(zone, &it->zone, &err), 0);
	counter_start(&it->counter, it->rules, it->zone, NOW);
	it->counter.bots = it->bots;
}

static void stop(struct counting *it)
{
	counter_clear(&it->counter);
	rules_free(it->rules);
	bots_free(it->bots);
	zone_close(it->zone);
}

static void feed(struct counting *it, const char *bytes, size_t length)
{
	unsigned char key[SIPHASH_KEY] = "a key of tests..";

	while (!counter_line(&it->counter, bytes, length)) {
		struct month_count *idle = counter_idle_month(&it->counter);

		if (idle)
			counter_close_month(&it->counter, idle);
		(void)counter_open_month(&it->counter, it->counter.needed, key);
	}
}

/* A request of 10.0.0.1 by a browser. */
static void visit_at(struct counting *it, const char *time)
{
	char line[256];
	int length =
		snprintf(line, sizeof(line),
			 "10.0.0.1 - - [%s] \"GET / HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"", time);

	feed(it, line, (size_t)length);
}

static struct day_count total(const struct counting *it)
{
	struct day_count sum = { 0 };

	for (size_t i = 0; i < it->counter.day_count; i++) {
		sum.lines += it->counter.days[i].lines;
		sum.hits += it->counter.days[i].hits;
		sum.pages += it->counter.days[i].pages;
		sum.visits += it->counter.days[i].visits;
		sum.visitors += it->counter.days[i].visitors;
	}
	return sum;
}

static int64_t people(const struct counting *it)
{
	int64_t sum = 0;

	for (size_t i = 0; i < it->counter.month_count; i++)
		sum += it->counter.months[i].people;
	return sum;
}

static int64_t visits_of(const struct counting *it, const char *text)
{
	int32_t day;

	assert_int_equal(day_parse(text, &day, NULL), 0);
	for (size_t i = 0; i < it->counter.day_count; i++)
		if (it->counter.days[i].day == day)
			return it->counter.days[i].visits;
	return -1;
}

/* --- lines ---------------------------------------------------------------------------------- */

static enum log_fault read_line(const char *format, const char *text, struct log_line *line)
{
	static struct log_format parsed;
	struct log_clock clock = { 0 };
	struct error err;

	if (log_format_parse(format, NULL, &parsed, &err) < 0)
		fail_msg("%s", err.text);
	return log_line_read(&parsed, &clock, text, strlen(text), line);
}

static bool says(struct log_text text, const char *expected)
{
	return text.length == strlen(expected) && memcmp(text.bytes, expected, text.length) == 0;
}

static void a_combined_line_says_who_asked_for_what_when(void **state)
{
	struct log_line line;

	(void)state;
	assert_int_equal(
		read_line("combined",
			  "2001:db8::7 - maria del mar [22/Nov/2026:10:05:03 +0100] \"GET "
			  "/una pagina?x=1 HTTP/1.1\" 304 - \"http://e/\\\"q\\\"\" \"Mozilla "
			  "\\\"5\\\\\"",
			  &line),
		LOG_FINE);
	assert_true(says(line.address, "2001:db8::7"));
	assert_int_equal(line.time, 1795338303);
	assert_true(says(line.method, "GET"));
	assert_true(says(line.path, "/una pagina?x=1"));
	assert_int_equal(line.status, 304);
	assert_true(says(line.agent, "Mozilla \\\"5\\\\"));
}

static void the_notations_of_nginx_and_apache_are_both_read(void **state)
{
	static const struct {
		const char *format, *line;
	} cases[] = {
		{ "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
		  "\"$http_referer\" \"$http_user_agent\" $request_time",
		  "10.0.0.1 - - [22/Nov/2026:10:05:03 +0100] \"GET / HTTP/1.1\" 200 5 \"-\" \"A\" "
		  "0.1" },
		{ "%v:%p %h %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"",
		  "e.org:443 10.0.0.1 - - [22/Nov/2026:10:05:03 +0100] \"GET / HTTP/1.1\" 200 5 "
		  "\"-\" "
		  "\"A\"" },
		{ "${time_iso8601}|$host|$remote_addr|$request_method|$request_uri|$status|"
		  "$http_user_agent",
		  "2026-11-22T10:05:03+01:00|e.org|10.0.0.1|GET|/|200|A" },
		{ "%{sec}t %a %m %U %s \"%{User-agent}i\"", "1795338303 10.0.0.1 GET / 200 \"A\"" },
		{ "$msec $remote_addr \"$request\" $status \"$http_user_agent\"",
		  "1795338303.250 10.0.0.1 \"GET /\" 200 \"A\"" },
		{ "%{%d/%b/%Y:%T %z}t %h \"%r\" %s \"%{User-Agent}i\"",
		  "22/Nov/2026:10:05:03 +0100 10.0.0.1 \"GET / HTTP/2.0\" 200 \"A\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct log_line line;

		assert_int_equal(read_line(cases[i].format, cases[i].line, &line), LOG_FINE);
		assert_true(says(line.address, "10.0.0.1"));
		assert_int_equal(line.time, 1795338303);
		assert_true(says(line.method, "GET"));
		assert_true(says(line.path, "/"));
		assert_int_equal(line.status, 200);
		assert_true(says(line.agent, "A"));
	}
}

static void a_line_that_is_not_understood_says_why(void **state)
{
	static const struct {
		const char *line;
		enum log_fault fault;
	} cases[] = {
		{ "", LOG_FAULT_FORMAT },
		{ "rubbish", LOG_FAULT_FORMAT },
		{ "10.0.0.1 - - [22/Nov/2026:10:05:03 +0100] \"GET / HT", LOG_FAULT_FORMAT },
		{ "10.0.0.1 - - [32/Nov/2026:10:05:03 +0100] \"GET / HTTP/1.1\" 200 5 \"-\" \"A\"",
		  LOG_FAULT_TIME },
		{ "10.0.0.1 - - [-] \"GET / HTTP/1.1\" 200 5 \"-\" \"A\"", LOG_FAULT_TIME },
		{ "10.0.0.1 - - [22/Nov/2026:10:05:03 +0100] \"\" 400 0 \"-\" \"-\"",
		  LOG_FAULT_REQUEST },
		{ "10.0.0.1 - - [22/Nov/2026:10:05:03 +0100] \"-\" 408 - \"-\" \"-\"",
		  LOG_FAULT_REQUEST },
		{ "10.0.0.1 - - [22/Nov/2026:10:05:03 +0100] \"\\x16\\x03\\x01\" 400 0 \"-\" \"-\"",
		  LOG_FAULT_REQUEST },
		{ "10.0.0.1 - - [22/Nov/2026:10:05:03 +0100] \"GET /\" 200 5 \"-\" \"cut off",
		  LOG_FINE },
	};
	struct log_line line;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(read_line("combined", cases[i].line, &line), cases[i].fault);
}

static void a_format_that_lacks_what_is_needed_is_refused_in_words(void **state)
{
	static const struct {
		const char *format, *forwarded, *words;
	} cases[] = {
		{ "combine", NULL,
		  "\"combine\" is no format: combined, common, vhost_combined, or one in the "
		  "notation "
		  "of nginx ($remote_addr …) or Apache (%h …)" },
		{ "$time_local \"$request\" $status", NULL, "the format has no client address" },
		{ "%h \"%r\" %s", NULL, "the format has no time that is understood" },
		{ "%h %t %s", NULL, "the format has no request" },
		{ "%h %t \"%r\"", NULL, "the format has no status" },
		{ "%h%t \"%r\" %s", NULL, NULL },
		{ "$remote_addr$host [$time_local] \"$request\" $status", NULL,
		  "nothing stands between two fields: where one ends cannot be told" },
		{ "combined", "http_x_forwarded_for",
		  "the format has no field \"http_x_forwarded_for\", which is trusted to name the "
		  "client" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct log_format format;
		struct error err;
		int result = log_format_parse(cases[i].format, cases[i].forwarded, &format, &err);

		assert_int_equal(result, cases[i].words ? -1 : 0);
		if (cases[i].words)
			assert_string_equal(err.text, cases[i].words);
	}
}

/* --- clients -------------------------------------------------------------------------------- */

/* Of SipHash-1-3 with the key 00…0f: 00, 00 01, … as its authors' vectors have it for 0 and 8 bytes
 * (with the rounds of hashes for tables). */
static void a_hash_is_not_to_be_had_without_its_key(void **state)
{
	unsigned char key[SIPHASH_KEY], other[SIPHASH_KEY] = { 0 };
	unsigned char bytes[16];

	(void)state;
	for (int i = 0; i < SIPHASH_KEY; i++)
		key[i] = bytes[i] = (unsigned char)i;
	assert_int_equal(siphash(key, bytes, 0), 0xabac0158050fc4dcULL);
	assert_int_not_equal(siphash(key, bytes, 8), siphash(other, bytes, 8));
	assert_int_not_equal(siphash(key, bytes, 8), siphash(key, bytes, 9));
}

static void two_million_clients_are_told_apart_and_more_are_not_counted(void **state)
{
	struct visitors visitors = { 0 };
	unsigned char key[SIPHASH_KEY] = { 1 };

	(void)state;
	for (uint32_t i = 0; i < CLIENTS_MAX; i++)
		assert_int_equal(visitors_add(&visitors, siphash(key, &i, sizeof(i)), 3),
				 VISITOR_NEW);
	for (uint32_t i = 0; i < CLIENTS_MAX; i += 997)
		assert_int_equal(visitors_add(&visitors, siphash(key, &i, sizeof(i)), 3),
				 VISITOR_KNOWN);
	for (uint32_t i = CLIENTS_MAX; i < CLIENTS_MAX + 50; i++)
		assert_int_equal(visitors_add(&visitors, siphash(key, &i, sizeof(i)), 3),
				 VISITOR_NO_ROOM);
	assert_int_equal(visitors.count, CLIENTS_MAX);
	visitors_clear(&visitors);
}

static void a_visit_that_is_taken_out_hides_no_other(void **state)
{
	struct visits visits = { 0 };
	unsigned char key[SIPHASH_KEY] = { 2 };

	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		(void)visits_add(&visits, &(struct visit){ siphash(key, &i, 4), i + 1, i + 1 });
	for (uint32_t i = 0; i < 5000; i += 3)
		visits_remove(&visits, visits_first(&visits, siphash(key, &i, 4)));
	for (size_t i = 0; i < PIECES; i++)
		visits_forget(&visits, i, 2000, 4000);
	for (uint32_t i = 0; i < 5000; i++) {
		const struct visit *visit = visits_first(&visits, siphash(key, &i, 4));

		assert_int_equal(visit != NULL, i % 3 != 0 && i + 1 >= 2000 && i + 1 <= 4000);
		if (visit)
			assert_int_equal(visit->first, i + 1);
	}
	visits_clear(&visits);
}

/* --- visits --------------------------------------------------------------------------------- */

static void half_an_hour_of_silence_ends_a_visit(void **state)
{
	struct counting it = { 0 };

	(void)state;
	start(&it, "America/Bogota");
	visit_at(&it, "01/Oct/2026:10:00:00 -0500");
	visit_at(&it, "01/Oct/2026:10:30:00 -0500"); /* not over 30 minutes */
	visit_at(&it, "01/Oct/2026:11:00:01 -0500");
	assert_int_equal(total(&it).visits, 2);
	assert_int_equal(total(&it).visitors, 1);
	stop(&it);
}

static void a_line_that_comes_late_joins_or_is_a_visit_of_its_own(void **state)
{
	struct counting it = { 0 };

	(void)state;
	start(&it, "America/Bogota");
	visit_at(&it, "01/Oct/2026:10:00:00 -0500");
	visit_at(&it, "01/Oct/2026:09:45:00 -0500");
	assert_int_equal(total(&it).visits, 1);
	visit_at(&it, "01/Oct/2026:09:00:00 -0500");
	assert_int_equal(total(&it).visits, 2);
	visit_at(&it, "01/Oct/2026:10:29:00 -0500"); /* of the first one still */
	assert_int_equal(total(&it).visits, 2);
	visit_at(&it, "01/Oct/2026:09:20:00 -0500"); /* between the two: they are one */
	assert_int_equal(total(&it).visits, 1);
	stop(&it);
}

static void days_may_come_in_any_order(void **state)
{
	struct counting it = { 0 };

	(void)state;
	start(&it, "America/Bogota");
	for (int day = 22; day > 18; day--) {
		for (int i = 0; i < 200; i++) {
			char time[64];

			(void)snprintf(time, sizeof(time), "%02d/Oct/2026:%02d:%02d:00 -0500", day,
				       8 + i / 20, i % 20);
			visit_at(&it, time);
		}
	}
	assert_int_equal(total(&it).visits, 4 * 10);
	assert_int_equal(total(&it).visitors, 4);
	assert_int_equal(people(&it), 1);
	stop(&it);
}

static void a_line_of_a_month_that_is_closed_leaves_the_next_one_in_its_own(void **state)
{
	struct counting it = { 0 };

	(void)state;
	start(&it, "America/Bogota");
	visit_at(&it, "01/Jul/2026:10:00:00 -0500");
	visit_at(&it, "01/Aug/2026:10:00:00 -0500");
	visit_at(&it, "01/Sep/2026:10:00:00 -0500");
	visit_at(&it, "01/Oct/2026:10:00:00 -0500"); /* closes July */
	visit_at(&it, "02/Jul/2026:10:00:00 -0500");
	assert_int_equal(it.counter.reasons[REASON_LATE], 1);
	visit_at(&it, "01/Oct/2026:12:00:00 -0500");
	assert_int_equal(visits_of(&it, "2026-10-01"), 2);
	assert_int_equal(people(&it), 3); /* of August, September and October */
	stop(&it);
}

static void a_visit_over_midnight_is_of_its_first_day_unless_it_is_cut(void **state)
{
	for (int cut = 0; cut < 2; cut++) {
		struct counting it = { .settings = { .cut_at_midnight = cut } };

		(void)state;
		start(&it, "America/Bogota");
		visit_at(&it, "31/Oct/2026:23:50:00 -0500");
		visit_at(&it, "01/Nov/2026:00:10:00 -0500");
		visit_at(&it, "01/Nov/2026:00:35:00 -0500");
		assert_int_equal(visits_of(&it, "2026-10-31"), 1);
		assert_int_equal(visits_of(&it, "2026-11-01"), cut);
		assert_int_equal(total(&it).visitors, 2); /* it came on both days */
		stop(&it);
	}
}

static void a_late_line_before_midnight_takes_the_visit_to_its_day(void **state)
{
	struct counting it = { 0 };

	(void)state;
	start(&it, "America/Bogota");
	visit_at(&it, "31/Oct/2026:08:00:00 -0500"); /* so that October is open */
	visit_at(&it, "01/Nov/2026:00:10:00 -0500");
	visit_at(&it, "31/Oct/2026:23:55:00 -0500");
	assert_int_equal(visits_of(&it, "2026-10-31"), 2);
	assert_int_equal(visits_of(&it, "2026-11-01"), 0);
	stop(&it);
}

/* In Madrid 25 October 2026 has 25 hours; the offset in the lines changes within it. */
static void a_day_of_25_hours_is_one_day(void **state)
{
	struct counting it = { 0 };

	(void)state;
	start(&it, "Europe/Madrid");
	visit_at(&it, "25/Oct/2026:00:00:00 +0200");
	visit_at(&it, "25/Oct/2026:02:30:00 +0200");
	visit_at(&it, "25/Oct/2026:02:30:00 +0100"); /* an hour later */
	visit_at(&it, "25/Oct/2026:23:59:59 +0100");
	visit_at(&it, "25/Oct/2026:17:31:00 -0600"); /* 00:31 of the 26th */
	assert_int_equal(visits_of(&it, "2026-10-25"), 4);
	assert_int_equal(visits_of(&it, "2026-10-26"), 1);
	assert_int_equal(it.counter.days[0].hours, 1U | 1U << 2 | 1U << 3 | 1U << 24);
	stop(&it);
}

/* --- which requests count ------------------------------------------------------------------- */

static enum reason reason_for(struct counting *it, const char *address, const char *request,
			      int status, const char *agent)
{
	int64_t before[REASONS];
	char line[512];
	int length = snprintf(line, sizeof(line),
			      "%s - - [01/Oct/2026:10:00:00 -0500] \"%s\" %d 1 \"-\" \"%s\"",
			      address, request, status, agent);

	memcpy(before, it->counter.reasons, sizeof(before));
	feed(it, line, (size_t)length);
	for (int i = 0; i < REASONS; i++)
		if (it->counter.reasons[i] != before[i])
			return (enum reason)i;
	fail();
	return REASON_NONE;
}

static void each_line_that_does_not_count_has_its_reason(void **state)
{
	static const char *deny[] = { "10.9.0.0/16", "2001:db8:f::/48", "Uptime", NULL };
	static const char *ignore[] = { "/health", NULL };
	static const char *allow[] = { "Goodbot", NULL };
	static const char list[] = "# test 1\nbot\n";
	static const struct {
		const char *address, *request, *agent;
		int status;
		enum reason reason;
	} cases[] = {
		{ "10.0.0.1", "GET / HTTP/1.1", "A", 200, REASON_NONE },
		{ "10.0.0.1", "POST /pqrs HTTP/1.1", "A", 304, REASON_NONE },
		{ "10.0.0.1", "GET http://e.org/x.CSS?v=1.html HTTP/1.1", "A", 200, REASON_STATIC },
		{ "10.0.0.1", "GET /v1.css/page HTTP/1.1", "A", 200, REASON_NONE },
		{ "10.0.0.1", "GET /x?y=.css HTTP/1.1", "A", 200, REASON_NONE },
		{ "10.0.0.1", "HEAD / HTTP/1.1", "A", 200, REASON_METHOD },
		{ "10.0.0.1", "GET / HTTP/1.1", "A", 301, REASON_STATUS },
		{ "10.0.0.1", "GET / HTTP/1.1", "A", 499, REASON_STATUS },
		{ "10.0.0.1", "GET /healthz HTTP/1.1", "A", 200, REASON_PATH },
		{ "10.0.0.1", "GET / HTTP/1.1", "-", 200, REASON_AGENT },
		{ "10.0.0.1", "GET / HTTP/1.1", "Some bot", 200, REASON_BOT },
		{ "10.0.0.1", "GET / HTTP/1.1", "Goodbot bot", 200, REASON_NONE },
		{ "10.9.200.1", "GET / HTTP/1.1", "A", 200, REASON_DENIED },
		{ "2001:db8:f::1", "GET / HTTP/1.1", "A", 200, REASON_DENIED },
		{ "2001:db8:e::1", "GET / HTTP/1.1", "A", 200, REASON_NONE },
		{ "10.0.0.1", "GET / HTTP/1.1", "UptimeProbe/1", 200, REASON_DENIED },
		{ "www.host.example", "GET / HTTP/1.1", "A", 200, REASON_NONE },
	};
	struct counting it = { .settings = {
				       .deny = deny, .ignore_paths = ignore, .allow = allow } };
	struct error err;

	(void)state;
	assert_int_equal(bots_new(list, sizeof(list) - 1, &it.bots, &err), 0);
	start(&it, "America/Bogota");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(reason_for(&it, cases[i].address, cases[i].request,
					    cases[i].status, cases[i].agent),
				 cases[i].reason);
	stop(&it);
}

static void the_rules_on_robots_txt_and_errors_hold_from_then_on(void **state)
{
	static const char *statuses[] = { "2xx", "304", "404", NULL };
	struct counting it = { .settings = { .without_robots_txt = true,
					     .without_errors_only = true,
					     .statuses = statuses } };

	(void)state;
	start(&it, "America/Bogota");
	assert_int_equal(reason_for(&it, "10.0.0.1", "GET / HTTP/1.1", 200, "A"), REASON_NONE);
	assert_int_equal(reason_for(&it, "10.0.0.2", "GET /x HTTP/1.1", 404, "A"), REASON_ERRORS);
	assert_int_equal(reason_for(&it, "10.0.0.2", "GET / HTTP/1.1", 200, "A"), REASON_NONE);
	assert_int_equal(reason_for(&it, "10.0.0.2", "GET /x HTTP/1.1", 404, "A"), REASON_NONE);
	/* robots.txt is a static file by its suffix, and is looked at all the same */
	assert_int_equal(reason_for(&it, "10.0.0.1", "GET /robots.txt HTTP/1.1", 200, "A"),
			 REASON_ROBOTS_TXT);
	assert_int_equal(reason_for(&it, "10.0.0.1", "GET / HTTP/1.1", 200, "A"),
			 REASON_ROBOTS_TXT);
	assert_int_equal(reason_for(&it, "10.0.0.1", "GET / HTTP/1.1", 200, "B"), REASON_NONE);
	stop(&it);
}

static void a_trusted_proxy_says_whom_it_speaks_for(void **state)
{
	static const char line[] = "10.0.0.1 [01/Oct/2026:10:00:00 -0500] \"GET /\" 200 \"A\" "
				   "\"6.6.6.6, 203.0.113.7\"";
	struct counting it = { .settings = {
				       .format = "$remote_addr [$time_local] \"$request\" $status "
						 "\"$http_user_agent\" \"$http_x_forwarded_for\"",
				       .forwarded = "http_x_forwarded_for" } };
	static const char *deny[] = { "203.0.113.0/24", NULL };

	(void)state;
	it.settings.deny = deny;
	start(&it, "America/Bogota");
	feed(&it, line, strlen(line));
	assert_int_equal(it.counter.reasons[REASON_DENIED],
			 1); /* not 6.6.6.6, which anybody says */
	stop(&it);
}

static void one_address_with_nearly_all_lines_is_noticed(void **state)
{
	struct counting it = { 0 };
	char line[256];

	(void)state;
	start(&it, "America/Bogota");
	for (int i = 0; i < 2000; i++) {
		int length = snprintf(line, sizeof(line),
				      "10.0.0.%d - - [01/Oct/2026:10:%02d:00 -0500] \"GET / "
				      "HTTP/1.1\" 200 1 \"-\" \"A\"",
				      i % 20 ? 1 : i % 256, i / 40);

		feed(&it, line, (size_t)length);
	}
	assert_true(counter_is_proxied(&it.counter));
	stop(&it);
	it = (struct counting){ 0 };
	start(&it, "America/Bogota");
	for (int i = 0; i < 2000; i++) {
		int length = snprintf(line, sizeof(line),
				      "10.0.0.%d - - [01/Oct/2026:10:00:00 -0500] \"GET / "
				      "HTTP/1.1\" 200 1 \"-\" \"A\"",
				      i % 3 ? 1 : i % 256);

		feed(&it, line, (size_t)length);
	}
	assert_false(counter_is_proxied(&it.counter));
	stop(&it);
}

/* --- robots --------------------------------------------------------------------------------- */

static void a_list_of_robots_is_matched_as_regular_expressions_are(void **state)
{
	static const char list[] = "# test 1\n"
				   "Googlebot\\/\n"
				   "[wW]get\n"
				   "^curl\n"
				   "(^| )sentry\\/\n"
				   "AdsBot-Google([^-]|$)\n"
				   "Ahrefs(Bot|SiteAudit)\n"
				   "GoogleAssociationService$\n"
				   "BlogTraffic\\/\\d\\.\\d+ Feed\n"
				   "Current[\\s\\S]*RSS Reader\n"
				   "Chirp|gotosocial\n";
	static const struct {
		const char *agent;
		bool bot;
	} cases[] = {
		{ "Mozilla/5.0 (compatible; Googlebot/2.1)", true },
		{ "Googlebot", false },
		{ "Wget/1.21", true },
		{ "get", false },
		{ "curl/8", true },
		{ "libcurl/8", false },
		{ "sentry/1", true },
		{ "a sentry/1", true },
		{ "resentry/1", false },
		{ "AdsBot-Google", true },
		{ "AdsBot-Google (+http)", true },
		{ "AdsBot-Google-Mobile", false },
		{ "AhrefsSiteAudit/6", true },
		{ "Ahrefs", false },
		{ "x GoogleAssociationService", true },
		{ "GoogleAssociationService 2", false },
		{ "BlogTraffic/1.37 Feed-Fetcher", true },
		{ "BlogTraffic/x.37 Feed-Fetcher", false },
		{ "Current version of an RSS Reader", true },
		{ "an RSS Reader, Current", false },
		{ "gotosocial 0.1", true },
		{ "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", false },
		{ "", false },
	};
	struct bots *bots;
	struct error err;

	(void)state;
	assert_int_equal(bots_new(list, sizeof(list) - 1, &bots, &err), 0);
	assert_string_equal(bots_name(bots), "test 1");
	assert_int_equal(bots_count(bots), 10);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(bots_know(bots, cases[i].agent, strlen(cases[i].agent)),
				 cases[i].bot);
	bots_free(bots);
}

static void a_list_that_is_none_is_refused_in_words(void **state)
{
	static const struct {
		const char *list, *words;
	} cases[] = {
		{ "bot\n", "the first line does not say which list it is: # NAME VERSION" },
		{ "# a 1\n", "there is no pattern in it" },
		{ "# a 1\nbot\n(?<!x)bot\n",
		  "line 3: the pattern \"(?<!x)bot\" is not understood" },
		{ "# a 1\n.*\n", "line 2: the pattern \".*\" is not understood" },
		{ "# a 1\n[a-\n", "line 2: the pattern \"[a-\" is not understood" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bots *bots;
		struct error err;

		assert_int_equal(bots_new(cases[i].list, strlen(cases[i].list), &bots, &err), -1);
		assert_string_equal(err.text, cases[i].words);
	}
}

/* --- real logs ------------------------------------------------------------------------------ */

static char *read_whole(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *bytes = file ? malloc(LOG_ROOM) : NULL;

	*length = bytes ? fread(bytes, 1, LOG_ROOM, file) : 0;
	if (file)
		(void)fclose(file);
	return bytes;
}

/* Counts a log; false, and said aloud, when it is not there. */
static bool count_log(struct counting *it, const char *name)
{
	char path[512];
	size_t length;
	char *bytes;
	char *line;

	(void)snprintf(path, sizeof(path), "%s%s", SHARED_LOGS, name);
	line = bytes = read_whole(path, &length);
	if (!bytes) {
		print_message("SKIPPED: %s is not there\n", path);
		return false;
	}
	start(it, "UTC");
	while (line < bytes + length) {
		char *end = memchr(line, '\n', length - (size_t)(line - bytes));
		size_t size = end ? (size_t)(end - line) : length - (size_t)(line - bytes);

		feed(it, line, size);
		line += size + 1;
	}
	free(bytes);
	return true;
}

static void real_logs_have_the_counts_of_their_definition(void **state)
{
	static const struct {
		const char *name, *client;
		int64_t pages, visits, clients;
	} cases[] = {
		{ "semicomplete-2015-05.log", "address+agent", 4011, 2341, 1295 },
		{ "semicomplete-2015-05.log", "address", 4011, 2215, 1241 },
		{ "nginx-scanners-2021-11.log", "address+agent", 452, 193, 158 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct counting it = { .settings = { .client = cases[i].client,
						     .empty_agents = true } };

		if (!count_log(&it, cases[i].name))
			continue;
		assert_int_equal(total(&it).pages, cases[i].pages);
		assert_int_equal(total(&it).visits, cases[i].visits);
		assert_int_equal(people(&it), cases[i].clients);
		stop(&it);
	}
}

static void real_logs_without_robots_have_the_counts_of_the_list(void **state)
{
	static const struct {
		const char *name;
		int64_t visits, clients;
	} cases[] = {
		{ "semicomplete-2015-05.log", 1300, 1012 },
		{ "nginx-scanners-2021-11.log", 119, 96 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct counting it = { 0 };
		struct error err;
		size_t length;
		char *list = read_whole(METRICSD_BOTS_LIST, &length);

		if (!list) {
			print_message("SKIPPED: %s is not there\n", METRICSD_BOTS_LIST);
			return;
		}
		assert_int_equal(bots_new(list, length, &it.bots, &err), 0);
		free(list);
		assert_string_equal(bots_name(it.bots), "crawler-user-agents 1.60.0");
		if (!count_log(&it, cases[i].name)) {
			bots_free(it.bots);
			continue;
		}
		assert_int_equal(total(&it).visits, cases[i].visits);
		assert_int_equal(people(&it), cases[i].clients);
		stop(&it);
	}
}

static void garbled_logs_are_read_to_their_end(void **state)
{
	static const char *const names[] = { "nginx-latin1-2023-11.log", "dreamhost-2023-04.log" };
	static const int64_t lines[] = { 200, 130 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct counting it = { 0 };
		int64_t reasons = 0;

		if (!count_log(&it, names[i]))
			continue;
		for (int j = 0; j < REASONS; j++)
			reasons += it.counter.reasons[j];
		assert_int_equal(it.counter.lines, lines[i]);
		assert_int_equal(reasons, lines[i]);
		assert_true(it.counter.reasons[REASON_NONE] > 30);
		stop(&it);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_combined_line_says_who_asked_for_what_when),
		cmocka_unit_test(the_notations_of_nginx_and_apache_are_both_read),
		cmocka_unit_test(a_line_that_is_not_understood_says_why),
		cmocka_unit_test(a_format_that_lacks_what_is_needed_is_refused_in_words),
		cmocka_unit_test(a_hash_is_not_to_be_had_without_its_key),
		cmocka_unit_test(two_million_clients_are_told_apart_and_more_are_not_counted),
		cmocka_unit_test(a_visit_that_is_taken_out_hides_no_other),
		cmocka_unit_test(half_an_hour_of_silence_ends_a_visit),
		cmocka_unit_test(a_line_that_comes_late_joins_or_is_a_visit_of_its_own),
		cmocka_unit_test(days_may_come_in_any_order),
		cmocka_unit_test(a_line_of_a_month_that_is_closed_leaves_the_next_one_in_its_own),
		cmocka_unit_test(a_visit_over_midnight_is_of_its_first_day_unless_it_is_cut),
		cmocka_unit_test(a_late_line_before_midnight_takes_the_visit_to_its_day),
		cmocka_unit_test(a_day_of_25_hours_is_one_day),
		cmocka_unit_test(each_line_that_does_not_count_has_its_reason),
		cmocka_unit_test(the_rules_on_robots_txt_and_errors_hold_from_then_on),
		cmocka_unit_test(a_trusted_proxy_says_whom_it_speaks_for),
		cmocka_unit_test(one_address_with_nearly_all_lines_is_noticed),
		cmocka_unit_test(a_list_of_robots_is_matched_as_regular_expressions_are),
		cmocka_unit_test(a_list_that_is_none_is_refused_in_words),
		cmocka_unit_test(real_logs_have_the_counts_of_their_definition),
		cmocka_unit_test(real_logs_without_robots_have_the_counts_of_the_list),
		cmocka_unit_test(garbled_logs_are_read_to_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
