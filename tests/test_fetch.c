#include "test.h"

#include "loopback.h"

#include "daemon/fetch.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/text.h"

#include <dlfcn.h>
#include <ev.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 64 << 10 };

/* --- a resolver that does not answer: libcurl's own thread asks this one --- */

#define DEAD_NAME "dead.example"

static atomic_bool resolver_waits, resolver_let_go;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs begin with __ */
int getaddrinfo(const char *restrict name, const char *restrict service,
		const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

	if (name && strcmp(name, DEAD_NAME) == 0) {
		atomic_store(&resolver_waits, true);
		for (int i = 0; i < 2000 && !atomic_load(&resolver_let_go); i++)
			(void)usleep(1000);
		atomic_store(&resolver_waits, false);
		return EAI_AGAIN;
	}
	memcpy(&real, &symbol, sizeof(real));
	return real(name, service, hints, ret);
}

/* One end of a fetch, as its callback saw it. */
struct result {
	struct world *world;
	int ends;
	bool answered;
	int status;
	struct text body;
	struct text headers;
	char header[64];
	struct error err;
};

struct world {
	struct ev_loop *loop;
	struct loopback *server;
	struct fetcher *fetcher;
	struct fetch_limits limits;
	struct text asked; /* the last request the server got */
	struct text long_answer;
	int expected; /* ends to come */
	struct result results[16];
};

static const char *answer(void *data, const char *request)
{
	struct world *world = data;

	text_set(&world->asked, request);
	if (strstr(request, " /silent"))
		return NULL;
	if (strstr(request, " /missing"))
		return "HTTP/1.1 404 Not Found\r\nContent-Length: 15\r\n\r\n{\"error\":\"no\"}\n";
	if (strstr(request, " /moved"))
		return "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n";
	if (strstr(request, " /cut"))
		return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";
	if (strstr(request, " /long") || strstr(request, " /wordy"))
		return text_str(&world->long_answer);
	return "HTTP/1.1 200 OK\r\nX-App-Usage: {\"call_count\":28}\r\nContent-Length: "
	       "2\r\n\r\nok";
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	world->loop = ev_loop_new(EVFLAG_AUTO);
	world->server = loopback_new(world->loop, answer, world);
	world->long_answer.max = 1 << 20;
	world->limits = (struct fetch_limits){ .in_flight = 8,
					       .per_host = 8,
					       .per_token = 8,
					       .connect_timeout_ms = 2000,
					       .timeout_ms = 2000,
					       .body_max = BODY_MAX };
	world->fetcher = fetcher_new(world->loop, &world->limits);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	fetcher_free(world->fetcher);
	loopback_free(world->server);
	ev_loop_destroy(world->loop);
	text_clear(&world->asked);
	text_clear(&world->long_answer);
	for (size_t i = 0; i < 16; i++) {
		text_clear(&world->results[i].body);
		text_clear(&world->results[i].headers);
	}
	free(world);
	return 0;
}

static void limit(struct world *world)
{
	fetcher_free(world->fetcher);
	world->fetcher = fetcher_new(world->loop, &world->limits);
}

static void on_end(void *data, const struct response *response, const struct error *err)
{
	struct result *result = data;

	result->ends++;
	result->answered = response != NULL;
	if (response) {
		result->status = response->status;
		text_reset(&result->body);
		result->body.max = BODY_MAX;
		text_add_n(&result->body, response->body, response->length);
		text_set(&result->headers, response->headers);
		(void)response_header(response, "x-app-usage", result->header,
				      sizeof(result->header));
	} else {
		result->err = *err;
	}
	if (--result->world->expected == 0)
		ev_break(result->world->loop, EVBREAK_ALL);
}

static struct fetch *start(struct world *world, size_t number, const char *path, const char *token)
{
	SCOPED(text)
	struct text url = { 0 };
	struct fetch_order order = { .token = token,
				     .done = on_end,
				     .data = &world->results[number] };

	if (path[0] == '/')
		text_set(&url, loopback_address(world->server));
	text_add(&url, path);
	order.url = text_str(&url);
	world->results[number].world = world;
	world->expected++;
	return fetch_start(world->fetcher, &order);
}

static struct result *fetch(struct world *world, const char *path)
{
	(void)start(world, 0, path, NULL);
	assert_int_equal(world->results[0].ends, 0);
	ev_run(world->loop, 0);
	assert_int_equal(world->results[0].ends, 1);
	assert_int_equal(fetcher_busy(world->fetcher), 0);
	return &world->results[0];
}

static void on_moment(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* Lets the loop turn for a moment. */
static void turn(struct world *world)
{
	ev_timer moment;

	ev_timer_init(&moment, on_moment, 0.01, 0.);
	ev_timer_start(world->loop, &moment);
	ev_run(world->loop, 0);
	ev_timer_stop(world->loop, &moment);
}

/* Lets it turn until `count` connections are open, but not for ever. */
static void until_open(struct world *world, size_t count)
{
	for (int i = 0; i < 200 && loopback_open(world->server) < count; i++)
		turn(world);
}

static void answer_comes_with_status_body_and_headers(void **state)
{
	const struct result *result = fetch(*state, "/ok");
	const struct world *world = *state;

	assert_int_equal(result->status, 200);
	assert_string_equal(text_str(&result->body), "ok");
	assert_string_equal(result->header, "{\"call_count\":28}");
	assert_null(strstr(text_str(&result->headers), "HTTP/"));
	assert_non_null(strstr(text_str(&world->asked), "User-Agent: metricsd/"));
	assert_null(strstr(text_str(&world->asked), "Authorization"));
}

static void error_status_is_an_answer_with_its_body(void **state)
{
	const struct result *result = fetch(*state, "/missing");

	assert_int_equal(result->status, 404);
	assert_string_equal(text_str(&result->body), "{\"error\":\"no\"}\n");
}

static void redirect_is_not_followed(void **state)
{
	const struct result *result = fetch(*state, "/moved");
	const struct world *world = *state;

	assert_int_equal(result->status, 302);
	assert_non_null(strstr(text_str(&world->asked), "GET /moved"));
}

static void connection_that_is_cut_is_no_answer(void **state)
{
	const struct result *result = fetch(*state, "/cut");

	assert_false(result->answered);
	assert_int_equal(result->err.class, ERROR_TRANSIENT);
}

static void silent_server_times_out(void **state)
{
	struct world *world = *state;
	const struct result *result;

	world->limits.timeout_ms = 60;
	limit(world);
	result = fetch(world, "/silent");
	assert_false(result->answered);
	assert_int_equal(result->err.class, ERROR_TRANSIENT);
	/* a handle that failed is not used again: the next one answers */
	world->results[0].ends = 0;
	assert_int_equal(fetch(world, "/ok")->status, 200);
}

static void answer_over_the_ceiling_is_refused(void **state)
{
	struct world *world = *state;
	const struct result *result;

	text_set(&world->long_answer, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < BODY_MAX / 64 + 1; i++)
		text_add(&world->long_answer,
			 "0123456789012345678901234567890123456789012345678901234567890123");
	result = fetch(world, "/long");
	assert_false(result->answered);
	assert_int_equal(result->err.class, ERROR_MALFORMED);
	assert_non_null(strstr(result->err.text, "an answer of more than 65536 bytes"));
}

static void headers_stop_at_their_ceiling_and_the_answer_comes(void **state)
{
	struct world *world = *state;
	const struct result *result;

	text_set(&world->long_answer, "HTTP/1.1 200 OK\r\nX-App-Usage: early\r\n");
	for (int i = 0; i < 400; i++)
		text_addf(&world->long_answer,
			  "X-Filler-%d: 01234567890123456789012345678901234567890123456789\r\n", i);
	text_add(&world->long_answer, "Content-Length: 2\r\n\r\nok");
	result = fetch(world, "/wordy");
	assert_int_equal(result->status, 200);
	assert_string_equal(result->header, "early");
	assert_in_range(result->headers.length, HEADERS_MAX - 200, HEADERS_MAX);
}

static void plain_http_to_another_machine_is_refused(void **state)
{
	/* a name, so that only what it is resolved to tells */
	const struct result *result = fetch(*state, "http://192.0.2.1:9/");

	assert_false(result->answered);
	assert_int_equal(result->err.class, ERROR_REQUEST);
	assert_string_equal(result->err.text,
			    "192.0.2.1:9: plain http is for this machine only, use https");
}

static void other_protocols_end_from_the_loop_too(void **state)
{
	struct world *world = *state;
	static const char *const urls[] = { "file:///etc/passwd", "ftp://127.0.0.1/", "http://",
					    "http://user:secret@127.0.0.1/" };

	for (size_t i = 0; i < 4; i++) {
		const struct result *result = fetch(world, urls[i]);

		assert_int_equal(result->err.class, ERROR_REQUEST);
		assert_null(strstr(result->err.text, "secret"));
		world->results[0].ends = 0;
	}
}

static void credentials_go_where_they_belong(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text url = { 0 };
	struct fetch_order order = { .method = HTTP_POST,
				     .body = "period=day",
				     .secret = "token_auth=s3cret",
				     .query = "appsecret_proof=abc",
				     .bearer = "b3arer",
				     .done = on_end,
				     .data = &world->results[0] };

	text_addf(&url, "%s/index.php?module=API", loopback_address(world->server));
	order.url = text_str(&url);
	world->results[0].world = world;
	world->expected = 1;
	(void)fetch_start(world->fetcher, &order);
	ev_run(world->loop, 0);
	assert_non_null(strstr(text_str(&world->asked),
			       "POST /index.php?module=API&appsecret_proof=abc HTTP/1.1\r\n"));
	assert_non_null(strstr(text_str(&world->asked), "Authorization: Bearer b3arer\r\n"));
	assert_non_null(strstr(text_str(&world->asked), "\r\n\r\nperiod=day&token_auth=s3cret"));

	/* the handle is used again: nothing of it stays */
	world->results[0].ends = 0;
	(void)fetch(world, "/ok");
	assert_non_null(strstr(text_str(&world->asked), "GET /ok HTTP/1.1\r\n"));
	assert_null(strstr(text_str(&world->asked), "b3arer"));
	assert_null(strstr(text_str(&world->asked), "s3cret"));
}

/* As Graph does in paging.next, and gateways in their complaints. */
static void secret_that_an_answer_echoes_is_starred_out(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text url = { 0 };
	struct fetch_order order = { .method = HTTP_POST,
				     .secret = "token_auth=matomo%2Btoken%2F1&x=another-secret",
				     .query = "appsecret_proof=0123456789abcdef",
				     .bearer = "EAAB/bearer-1",
				     .done = on_end,
				     .data = &world->results[0] };
	static const char *const parts[] = { "matomo",  "EAAB",           "bearer-1",
					     "another", "0123456789abcd", "token%2F" };

	text_set(&world->long_answer,
		 "HTTP/1.1 503 EAAB/bearer-1\r\nX-Echo: Bearer EAAB/bearer-1\r\n\r\n"
		 "{\"next\":\"https:\\/\\/g?access_token=EAAB\\/bearer-1&a=EAAB%2fbearer-1\","
		 "\"a\":\"matomo+token/1 matomo%2Btoken%2F1 matomo\\u002btoken\\u002F1\","
		 "\"b\":\"another-secretappsecret_proof=0123456789abcdef\",\"n\":14820}");
	text_addf(&url, "%s/long", loopback_address(world->server));
	order.url = text_str(&url);
	world->results[0].world = world;
	world->expected = 1;
	(void)fetch_start(world->fetcher, &order);
	ev_run(world->loop, 0);
	assert_int_equal(world->results[0].status, 503);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		assert_null(strstr(text_str(&world->results[0].body), parts[i]));
		assert_null(strstr(text_str(&world->results[0].headers), parts[i]));
	}
	assert_non_null(strstr(text_str(&world->results[0].body), "\"n\":14820}"));
	assert_non_null(strstr(text_str(&world->results[0].body), "access_token=*************"));
	assert_non_null(strstr(text_str(&world->results[0].headers), "X-Echo: Bearer ****"));
}

static void secret_that_an_answer_was_cut_off_in_is_starred_out(void **state)
{
	static const char *const ends[] = { "EAAB\\/bearer", "EAAB%2fbear", "EAAB/be\\u00" };
	struct world *world = *state;
	SCOPED(text)
	struct text url = { 0 };
	struct fetch_order order = { .bearer = "EAAB/bearer-1",
				     .done = on_end,
				     .data = &world->results[0] };

	text_addf(&url, "%s/long", loopback_address(world->server));
	order.url = text_str(&url);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		text_reset(&world->long_answer);
		text_addf(&world->long_answer,
			  "HTTP/1.1 200 OK\r\n\r\n{\"next\":\"https://g?access_token=%s", ends[i]);
		world->results[0].world = world;
		world->results[0].ends = 0;
		world->expected = 1;
		(void)fetch_start(world->fetcher, &order);
		ev_run(world->loop, 0);
		assert_int_equal(world->results[0].status, 200);
		assert_null(strstr(text_str(&world->results[0].body), "EAAB"));
		assert_non_null(strstr(text_str(&world->results[0].body), "access_token=***"));
	}
}

/* Joining libcurl's thread would keep the whole loop waiting for a dead DNS. */
static void dead_resolver_does_not_stop_the_loop(void **state)
{
	struct world *world = *state;

	world->limits.connect_timeout_ms = 60;
	limit(world);
	atomic_store(&resolver_let_go, false);
	assert_false(fetch(world, "https://" DEAD_NAME "/")->answered);
	assert_true(atomic_load(&resolver_waits));
	fetcher_free(world->fetcher);
	world->fetcher = NULL;
	assert_true(atomic_load(&resolver_waits));
	atomic_store(&resolver_let_go, true);
	while (atomic_load(&resolver_waits))
		(void)usleep(1000);
	(void)usleep(20000); /* its thread frees what it had */
}

static void no_more_run_at_once_than_may(void **state)
{
	static const struct {
		int64_t in_flight, per_host, per_token;
	} rows[] = { { 3, 8, 8 }, { 8, 3, 8 }, { 8, 8, 3 } };
	struct world *world = *state;

	for (size_t row = 0; row < 3; row++) {
		world->limits.in_flight = rows[row].in_flight;
		world->limits.per_host = rows[row].per_host;
		world->limits.per_token = rows[row].per_token;
		limit(world);
		world->expected = 0;
		for (size_t i = 0; i < 7; i++) {
			world->results[i].ends = 0;
			(void)start(world, i, "/silent", "meta");
		}
		until_open(world, 3);
		assert_int_equal(loopback_open(world->server), 3);
		assert_int_equal(fetcher_busy(world->fetcher), 7);
		while (world->expected > 0) {
			loopback_release(world->server,
					 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
			turn(world);
		}
		assert_int_equal(loopback_most(world->server), 3);
		for (size_t i = 0; i < 7; i++)
			assert_int_equal(world->results[i].ends, 1);
	}
}

static void dropped_fetch_never_ends(void **state)
{
	struct world *world = *state;
	struct fetch *running, *waiting;

	world->limits.in_flight = 1;
	limit(world);
	running = start(world, 0, "/silent", NULL);
	waiting = start(world, 1, "/ok", NULL);
	(void)start(world, 2, "/ok", NULL);
	until_open(world, 1);
	fetch_drop(running);
	fetch_drop(waiting);
	assert_int_equal(fetcher_busy(world->fetcher), 1);
	world->expected = 1;
	ev_run(world->loop, 0);
	assert_int_equal(world->results[0].ends, 0);
	assert_int_equal(world->results[1].ends, 0);
	assert_int_equal(world->results[2].ends, 1);
}

static void rested_fetcher_fetches_again(void **state)
{
	struct world *world = *state;

	(void)fetch(world, "/ok");
	fetcher_rest(world->fetcher);
	world->results[0].ends = 0;
	assert_int_equal(fetch(world, "/ok")->status, 200);
}

static void connection_that_is_kept_is_used_again(void **state)
{
	struct world *world = *state;

	loopback_keep(world->server);
	(void)fetch(world, "/ok");
	world->results[0].ends = 0;
	assert_string_equal(text_str(&fetch(world, "/missing")->body), "{\"error\":\"no\"}\n");
	assert_int_equal(loopback_most(world->server), 1);
}

static void answer_nobody_asked_for_is_not_taken_for_the_next_ones(void **state)
{
	struct world *world = *state;

	loopback_keep(world->server);
	(void)fetch(world, "/ok");
	loopback_blurt(world->server, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
	world->results[0].ends = 0;
	assert_string_equal(text_str(&fetch(world, "/missing")->body), "{\"error\":\"no\"}\n");
	assert_int_equal(world->results[0].status, 404);
	turn(world);
	assert_int_equal(loopback_open(world->server), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(answer_comes_with_status_body_and_headers),
		TEST(error_status_is_an_answer_with_its_body),
		TEST(redirect_is_not_followed),
		TEST(connection_that_is_cut_is_no_answer),
		TEST(silent_server_times_out),
		TEST(answer_over_the_ceiling_is_refused),
		TEST(headers_stop_at_their_ceiling_and_the_answer_comes),
		TEST(plain_http_to_another_machine_is_refused),
		TEST(other_protocols_end_from_the_loop_too),
		TEST(credentials_go_where_they_belong),
		TEST(secret_that_an_answer_echoes_is_starred_out),
		TEST(secret_that_an_answer_was_cut_off_in_is_starred_out),
		TEST(dead_resolver_does_not_stop_the_loop),
		TEST(no_more_run_at_once_than_may),
		TEST(dropped_fetch_never_ends),
		TEST(rested_fetcher_fetches_again),
		TEST(connection_that_is_kept_is_used_again),
		TEST(answer_nobody_asked_for_is_not_taken_for_the_next_ones),
	};

	if (fetch_begin() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
