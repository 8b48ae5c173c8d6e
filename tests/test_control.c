#include "test.h"

#include "daemon/control.h"

#include "metricsd/cleanup.h"
#include "metricsd/control.h"
#include "metricsd/error.h"
#include "metricsd/json.h"

#include <ev.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct world {
	char directory[64];
	char path[96];
	struct ev_loop *loop;
	struct control *control;
	struct control_client *client; /* whose request came and was not answered yet */
	int requests;
	int gone;
	char command[64];
	int peer; /* our end */
};

static void on_request(void *data, struct control_client *client, const cJSON *request)
{
	struct world *world = data;
	const char *command = json_text(request, "command");

	world->requests++;
	world->client = client;
	(void)snprintf(world->command, sizeof(world->command), "%s", command ? command : "");
	if (strcmp(world->command, "status") == 0) {
		cJSON *more = cJSON_CreateObject();

		cJSON_AddNumberToObject(more, "in_flight", 3);
		control_end(client, 0, NULL, more);
	}
}

static void on_gone(void *data, struct control_client *client)
{
	struct world *world = data;

	assert_ptr_equal(client, world->client);
	world->gone++;
	world->client = NULL;
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct control_handler handler = { .request = on_request, .gone = on_gone, .data = world };
	struct error err;

	if (!world)
		return -1;
	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/metricsd-ctl-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	(void)snprintf(world->path, sizeof(world->path), "%s/control", world->directory);
	world->loop = ev_loop_new(EVFLAG_AUTO);
	assert_int_equal(control_open(world->loop, world->path, &handler, &world->control, &err),
			 0);
	world->peer = -1;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	struct stat file;

	control_close(world->control);
	if (world->peer >= 0)
		(void)close(world->peer);
	ev_loop_destroy(world->loop);
	assert_int_equal(stat(world->path, &file), -1); /* it took its socket with it */
	assert_int_equal(rmdir(world->directory), 0);
	free(world);
	return 0;
}

static void dial(struct world *world)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->path);
	world->peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(world->peer, (const struct sockaddr *)&address, sizeof(address)),
			 0);
}

static void say(const struct world *world, const char *text)
{
	assert_int_equal(send(world->peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void turn(struct world *world)
{
	for (int i = 0; i < 8; i++)
		ev_run(world->loop, EVRUN_NOWAIT);
}

/* What came so far. */
static const char *heard(const struct world *world, char *ret, size_t room)
{
	ssize_t got = recv(world->peer, ret, room - 1, MSG_DONTWAIT);

	ret[got > 0 ? got : 0] = '\0';
	return ret;
}

/* Whether the daemon closed the connection. */
static bool is_closed(const struct world *world)
{
	char byte;

	return recv(world->peer, &byte, 1, MSG_DONTWAIT) == 0;
}

static void progress_comes_line_by_line_and_one_last_line_closes(void **state)
{
	struct world *world = *state;
	char text[512];

	dial(world);
	say(world, "{\"command\":\"collect\",\"account\":\"itagui/facebook\"}\n");
	turn(world);
	assert_string_equal(world->command, "collect");
	control_progress(world->client, "itagui/facebook: %d answers", 3);
	turn(world);
	assert_string_equal(heard(world, text, sizeof(text)),
			    "{\"progress\":\"itagui/facebook: 3 answers\"}\n");
	assert_false(is_closed(world));
	control_progress(world->client, "a \"quoted\" word");
	control_end(world->client, 1, "collected 1 account", NULL);
	turn(world);
	assert_string_equal(heard(world, text, sizeof(text)),
			    "{\"progress\":\"a \\\"quoted\\\" word\"}\n"
			    "{\"done\":true,\"exit\":1,\"text\":\"collected 1 account\"}\n");
	assert_true(is_closed(world));
	assert_int_equal(world->gone, 0);
}

static void status_has_its_members_in_the_last_line(void **state)
{
	struct world *world = *state;
	char text[512];

	dial(world);
	say(world, "{\"command\":\"status\"}\n");
	turn(world);
	assert_string_equal(heard(world, text, sizeof(text)),
			    "{\"in_flight\":3,\"done\":true,\"exit\":0}\n");
	assert_true(is_closed(world));
}

static void request_may_come_in_pieces_but_only_one_counts(void **state)
{
	struct world *world = *state;

	dial(world);
	say(world, "{\"comm");
	turn(world);
	assert_int_equal(world->requests, 0);
	say(world, "and\":\"reload\"}\n{\"command\":\"collect\"}\n");
	turn(world);
	say(world, "{\"command\":\"collect\"}\n");
	turn(world);
	assert_int_equal(world->requests, 1);
	assert_string_equal(world->command, "reload");
}

static void what_is_no_request_is_refused_in_words(void **state)
{
	static const char *const wrong[] = { "collect\n", "[1]\n", "{\"a\":\n", "\n" };
	struct world *world = *state;
	char text[512];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		dial(world);
		say(world, wrong[i]);
		turn(world);
		assert_string_equal(
			heard(world, text, sizeof(text)),
			"{\"error\":\"expected one line with a JSON object\",\"exit\":2}\n");
		assert_true(is_closed(world));
		(void)close(world->peer);
	}
	assert_int_equal(world->requests, 0);
	world->peer = -1;
}

static void endless_line_is_refused(void **state)
{
	static char filler[4096];
	struct world *world = *state;
	char text[512];

	memset(filler, ' ', sizeof(filler) - 1);
	dial(world);
	for (int i = 0; i < CONTROL_LINE_MAX / 4096 + 1; i++) {
		say(world, filler);
		turn(world);
	}
	assert_string_equal(heard(world, text, sizeof(text)),
			    "{\"error\":\"the line is too long\",\"exit\":2}\n");
}

static void client_that_goes_is_lost_at_once(void **state)
{
	struct world *world = *state;

	dial(world);
	say(world, "{\"command\":\"collect\"}\n");
	turn(world);
	(void)close(world->peer);
	world->peer = -1;
	turn(world);
	assert_int_equal(world->gone, 1);
}

static void client_that_never_stops_talking_is_dropped(void **state)
{
	static char filler[4096];
	struct world *world = *state;
	size_t said = 0;

	memset(filler, ' ', sizeof(filler));
	dial(world);
	say(world, "{\"command\":\"collect\"}\n");
	turn(world);
	for (int i = 0; i < CONTROL_LINE_MAX / 4096; i++) {
		assert_int_equal(send(world->peer, filler, sizeof(filler), MSG_NOSIGNAL),
				 sizeof(filler));
		said += sizeof(filler);
		turn(world);
	}
	assert_int_equal(said, CONTROL_LINE_MAX);
	assert_int_equal(world->gone, 0);
	say(world, "!");
	turn(world);
	assert_int_equal(world->gone, 1);
}

static void refused_client_that_says_no_more_still_hears(void **state)
{
	struct world *world = *state;
	char text[512];

	dial(world);
	say(world, "collect\n");
	assert_int_equal(shutdown(world->peer, SHUT_WR), 0);
	turn(world);
	assert_string_equal(heard(world, text, sizeof(text)),
			    "{\"error\":\"expected one line with a JSON object\",\"exit\":2}\n");
	assert_true(is_closed(world));
}

static void nobody_is_accepted_for_a_while_when_descriptors_are_used_up(void **state)
{
	struct world *world = *state;
	struct rlimit before, none;

	dial(world);
	say(world, "{\"command\":\"collect\"}\n");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)world->peer; /* the youngest descriptor, so that none is left */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	turn(world);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	turn(world); /* or the loop would have spun over it */
	assert_int_equal(world->requests, 0);
	while (world->requests == 0)
		ev_run(world->loop, EVRUN_ONCE);
	assert_string_equal(world->command, "collect");
}

static void client_that_says_no_more_still_hears(void **state)
{
	struct world *world = *state;
	char text[512];

	dial(world);
	say(world, "{\"command\":\"collect\"}\n");
	assert_int_equal(shutdown(world->peer, SHUT_WR), 0);
	turn(world);
	control_error(world->client, 3, "disk full");
	turn(world);
	assert_string_equal(heard(world, text, sizeof(text)),
			    "{\"error\":\"disk full\",\"exit\":3}\n");
	assert_int_equal(world->gone, 0);
}

static void client_that_does_not_read_is_dropped(void **state)
{
	struct world *world = *state;
	char words[2000];

	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	dial(world);
	say(world, "{\"command\":\"collect\"}\n");
	turn(world);
	for (int i = 0; i < 2000 && world->client; i++) {
		control_progress(world->client, "%s", words);
		turn(world);
	}
	assert_int_equal(world->gone, 1);
}

static void socket_is_for_the_group_alone(void **state)
{
	struct world *world = *state;
	struct stat file;

	assert_int_equal(stat(world->path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0660);
}

static void second_daemon_is_refused_and_a_dead_ones_socket_replaced(void **state)
{
	struct world *world = *state;
	struct control_handler handler = { .request = on_request, .gone = on_gone, .data = world };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct control *second = NULL;
	struct error err;
	char expected[256];
	int dead;

	assert_int_equal(control_open(world->loop, world->path, &handler, &second, &err), -1);
	assert_int_equal(err.class, ERROR_BUSY); /* no mistake of the configuration */
	(void)snprintf(expected, sizeof(expected), "%s: another metricsd listens there",
		       world->path);
	assert_string_equal(err.text, expected);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/dead", world->directory);
	dead = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(dead);
	assert_int_equal(control_open(world->loop, address.sun_path, &handler, &second, &err), 0);
	control_close(second);
}

static void no_more_clients_than_there_is_room_for(void **state)
{
	struct world *world = *state;
	char text[512];
	int others[16];

	for (size_t i = 0; i < 16; i++) {
		dial(world);
		others[i] = world->peer;
		turn(world);
	}
	dial(world);
	turn(world);
	assert_string_equal(heard(world, text, sizeof(text)),
			    "{\"error\":\"too many clients\",\"exit\":3}\n");
	for (size_t i = 0; i < 16; i++)
		(void)close(others[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(progress_comes_line_by_line_and_one_last_line_closes),
		TEST(status_has_its_members_in_the_last_line),
		TEST(request_may_come_in_pieces_but_only_one_counts),
		TEST(what_is_no_request_is_refused_in_words),
		TEST(endless_line_is_refused),
		TEST(client_that_goes_is_lost_at_once),
		TEST(client_that_never_stops_talking_is_dropped),
		TEST(refused_client_that_says_no_more_still_hears),
		TEST(nobody_is_accepted_for_a_while_when_descriptors_are_used_up),
		TEST(client_that_says_no_more_still_hears),
		TEST(client_that_does_not_read_is_dropped),
		TEST(socket_is_for_the_group_alone),
		TEST(second_daemon_is_refused_and_a_dead_ones_socket_replaced),
		TEST(no_more_clients_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
