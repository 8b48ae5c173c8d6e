#include "loopback.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 32 << 10 };

struct connection {
	struct loopback *server;
	struct connection *next;
	ev_io io;
	size_t length;
	bool asked;
	char request[REQUEST_MAX + 1];
};

struct loopback {
	struct ev_loop *loop;
	ev_io accept;
	struct connection *connections;
	size_t open, most;
	bool keeps;
	const char *(*answer)(void *data, const char *request);
	void *data;
	char address[64];
};

static void drop(struct connection *connection)
{
	struct connection **at = &connection->server->connections;

	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	connection->server->open--;
	ev_io_stop(connection->server->loop, &connection->io);
	(void)close(connection->io.fd);
	free(connection);
}

static void send_all(struct connection *connection, const char *bytes)
{
	size_t length = strlen(bytes);

	while (length > 0) {
		ssize_t sent = send(connection->io.fd, bytes, length, MSG_NOSIGNAL);

		if (sent <= 0)
			break;
		bytes += sent;
		length -= (size_t)sent;
	}
}

static void say(struct connection *connection, const char *answer)
{
	send_all(connection, answer);
	if (!connection->server->keeps) {
		drop(connection);
		return;
	}
	connection->asked = false;
	connection->length = 0;
}

/* Whether head and body are there. */
static bool is_whole(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strcasestr(request, "\r\nContent-Length:");

	if (!end)
		return false;
	return !length || strlen(end + 4) >= strtoul(length + 17, NULL, 10);
}

static void on_read(struct ev_loop *loop, ev_io *io, int events)
{
	struct connection *connection = io->data;
	const char *answer;
	ssize_t got = recv(io->fd, connection->request + connection->length,
			   REQUEST_MAX - connection->length, 0);

	(void)loop;
	(void)events;
	if (got <= 0) {
		drop(connection);
		return;
	}
	connection->length += (size_t)got;
	connection->request[connection->length] = '\0';
	if (connection->asked || !is_whole(connection->request))
		return;
	connection->asked = true;
	answer = connection->server->answer(connection->server->data, connection->request);
	if (answer)
		say(connection, answer);
}

static void on_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct loopback *server = io->data;
	struct connection *connection = calloc(1, sizeof(*connection));
	int fd = accept(io->fd, NULL, NULL);

	(void)events;
	assert(connection && fd >= 0);
	connection->server = server;
	connection->next = server->connections;
	server->connections = connection;
	if (++server->open > server->most)
		server->most = server->open;
	ev_io_init(&connection->io, on_read, fd, EV_READ);
	connection->io.data = connection;
	ev_io_start(loop, &connection->io);
}

struct loopback *loopback_new(struct ev_loop *loop,
			      const char *(*answer)(void *data, const char *request), void *data)
{
	struct loopback *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int failed;

	assert(server);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	failed = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		 listen(fd, 64) < 0 || getsockname(fd, (struct sockaddr *)&address, &length) < 0;
	assert(!failed);
	(void)failed;
	server->loop = loop;
	server->answer = answer;
	server->data = data;
	(void)snprintf(server->address, sizeof(server->address), "http://127.0.0.1:%d",
		       ntohs(address.sin_port));
	ev_io_init(&server->accept, on_accept, fd, EV_READ);
	server->accept.data = server;
	ev_io_start(loop, &server->accept);
	return server;
}

void loopback_free(struct loopback *server)
{
	while (server->connections)
		drop(server->connections);
	ev_io_stop(server->loop, &server->accept);
	(void)close(server->accept.fd);
	free(server);
}

const char *loopback_address(const struct loopback *server)
{
	return server->address;
}

size_t loopback_open(const struct loopback *server)
{
	return server->open;
}

size_t loopback_most(const struct loopback *server)
{
	return server->most;
}

void loopback_keep(struct loopback *server)
{
	server->keeps = true;
}

void loopback_blurt(struct loopback *server, const char *bytes)
{
	for (struct connection *at = server->connections; at; at = at->next)
		send_all(at, bytes);
}

void loopback_release(struct loopback *server, const char *answer)
{
	struct connection *connection = server->connections;

	while (connection) {
		struct connection *next = connection->next;

		if (connection->asked)
			say(connection, answer);
		connection = next;
	}
}
