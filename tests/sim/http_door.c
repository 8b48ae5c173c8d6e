/*
 * libmicrohttpd without a thread of its own: its epoll descriptor and the signals are polled
 * together. With a latency a connection is suspended before its answer and resumed when its time
 * has come; the wait is the same for all, so they come due in the order they came in.
 */
#include "http_door.h"

#include "sim.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, IDLE_S = 120, TARGET_MAX = 64 << 10, FORM_MAX = 1 << 20 };

/* One request on its way, from its first byte to its last. */
struct visit {
	struct server *server;
	struct MHD_Connection *connection;
	struct text target;
	struct text form;
	struct sim_response response;
	bool begun;     /* its headers were seen */
	bool answered;  /* by the world; the answer is yet to be sent */
	int64_t due_ms; /* monotonic */
	struct visit *next;
};

struct server {
	const struct door *door;
	struct MHD_Daemon *daemon;
	struct visit *first, **last; /* those that wait, the earliest due first */
};

static int64_t monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Before the request line is taken apart: the target as it came, and our visit. */
static void *on_target(void *data, const char *uri, struct MHD_Connection *connection)
{
	struct visit *visit = memory_new(1, sizeof(*visit));

	visit->server = data;
	visit->connection = connection;
	visit->target.max = TARGET_MAX;
	visit->form.max = FORM_MAX;
	text_add(&visit->target, uri);
	return visit;
}

static void on_end(void *data, struct MHD_Connection *connection, void **context,
		   enum MHD_RequestTerminationCode code)
{
	struct visit *visit = *context;

	(void)data;
	(void)connection;
	(void)code;
	if (!visit)
		return;
	text_clear(&visit->target);
	text_clear(&visit->form);
	sim_response_clear(&visit->response);
	free(visit);
	*context = NULL;
}

static const char *header_of(struct visit *visit, const char *name)
{
	return MHD_lookup_connection_value(visit->connection, MHD_HEADER_KIND, name);
}

static void ask_world(struct visit *visit, const char *method)
{
	const char *authorization = header_of(visit, MHD_HTTP_HEADER_AUTHORIZATION);
	const char *type = header_of(visit, MHD_HTTP_HEADER_CONTENT_TYPE);
	const struct door *door = visit->server->door;
	struct sim_request request = {
		.method = strcmp(method, MHD_HTTP_METHOD_POST) == 0 ? HTTP_POST : HTTP_GET,
		.target = text_str(&visit->target),
		.body = visit->form.length ? text_str(&visit->form) : NULL,
		.api_key = header_of(visit, "x-umami-api-key"),
		.json = type && strncmp(type, "application/json", 16) == 0,
	};

	if (authorization && strncmp(authorization, "Bearer ", 7) == 0)
		request.bearer = authorization + 7;
	world_answer(door->world, &request, door->now(door), &visit->response);
	visit->answered = true;
}

/* "Name: value\r\n" lines into the answer. */
static void add_headers(struct MHD_Response *answer, const char *lines)
{
	while (*lines) {
		size_t length = strcspn(lines, "\r\n");
		const char *colon = memchr(lines, ':', length);

		if (colon) {
			char *name = memory_text_n(lines, (size_t)(colon - lines));
			char *value =
				memory_text_n(colon + 2, (size_t)(lines + length - colon - 2));

			(void)MHD_add_response_header(answer, name, value);
			free(name);
			free(value);
		}
		lines += length;
		lines += strspn(lines, "\r\n");
	}
}

static enum MHD_Result give(struct visit *visit)
{
	size_t length = visit->response.body.length;
	char *body = text_take(&visit->response.body);
	struct MHD_Response *answer =
		MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result queued;

	if (!answer) {
		free(body);
		return MHD_NO;
	}
	add_headers(answer, text_str(&visit->response.headers));
	queued =
		MHD_queue_response(visit->connection, (unsigned int)visit->response.status, answer);
	MHD_destroy_response(answer);
	return queued;
}

static void wait_in_line(struct visit *visit, int latency_ms)
{
	visit->due_ms = monotonic_ms() + latency_ms;
	visit->next = NULL;
	*visit->server->last = visit;
	visit->server->last = &visit->next;
	MHD_suspend_connection(visit->connection);
}

/* Called with the headers, with each piece of the form, at its end, and again once resumed. */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **context)
{
	struct server *server = data;
	struct visit *visit = *context;

	(void)connection;
	(void)url;
	(void)version;
	if (visit->answered)
		return give(visit);
	if (*upload_size) {
		text_add_n(&visit->form, upload, *upload_size);
		*upload_size = 0;
		return visit->form.failed ? MHD_NO : MHD_YES;
	}
	if (!visit->begun) {
		visit->begun = true; /* the headers alone: a form would come with the next calls */
		return MHD_YES;
	}
	ask_world(visit, method);
	if (server->door->latency_ms == 0)
		return give(visit);
	wait_in_line(visit, server->door->latency_ms);
	return MHD_YES;
}

/* Wakes whose time has come; -1 or how long until the next. */
static int resume_due(struct server *server)
{
	int64_t now = monotonic_ms();

	while (server->first && server->first->due_ms <= now) {
		struct visit *visit = server->first;

		server->first = visit->next;
		if (!server->first)
			server->last = &server->first;
		MHD_resume_connection(visit->connection);
	}
	return server->first ? (int)(server->first->due_ms - now) : -1;
}

static int shorter(int wait_ms, MHD_UNSIGNED_LONG_LONG other)
{
	if (other > INT32_MAX)
		other = INT32_MAX;
	return wait_ms < 0 || (int)other < wait_ms ? (int)other : wait_ms;
}

static int loop(struct server *server, int signals, struct error *err)
{
	const union MHD_DaemonInfo *epoll =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd watched[2] = { { .fd = epoll->epoll_fd, .events = POLLIN },
				     { .fd = signals, .events = POLLIN } };

	for (;;) {
		MHD_UNSIGNED_LONG_LONG timeout;
		int wait_ms = resume_due(server);

		if (MHD_run(server->daemon) != MHD_YES)
			return error_set(err, ERROR_OURS, "HTTP server failed");
		if (server->first)
			wait_ms = resume_due(server);
		if (MHD_get_timeout(server->daemon, &timeout) == MHD_YES)
			wait_ms = shorter(wait_ms, timeout);
		if (poll(watched, 2, wait_ms) < 0 && errno != EINTR)
			return error_set(err, ERROR_OURS, "poll: %s", system_words(errno));
		if (watched[1].revents)
			return 0;
	}
}

/* A whole file as text, the caller's to free. */
static int read_file(const char *path, char **ret, struct error *err)
{
	struct text content = TEXT_UP_TO(1 << 20);
	char piece[4096];
	FILE *file = fopen(path, "re");
	size_t got;

	if (!file)
		return error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
		text_add_n(&content, piece, got);
	(void)fclose(file);
	*ret = text_take(&content);
	return 0;
}

static int start(struct server *server, struct error *err)
{
	const struct door *door = server->door;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)door->port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	char *cert = NULL, *key = NULL;
	struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, NULL },
					{ MHD_OPTION_HTTPS_MEM_KEY, 0, NULL },
					{ MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_EPOLL | MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_ALLOW_SUSPEND_RESUME;

	if (door->tls_cert) {
		if (read_file(door->tls_cert, &cert, err) < 0)
			return -1;
		if (read_file(door->tls_key, &key, err) < 0) {
			free(cert);
			return -1;
		}
		tls[0].ptr_value = cert;
		tls[1].ptr_value = key;
		flags |= MHD_USE_TLS;
	} else {
		tls[0].option = MHD_OPTION_END;
	}
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, &address,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_end,
		server, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END);
	memory_forget(key);
	free(cert);
	if (!server->daemon)
		return error_set(err, ERROR_OURS, "cannot listen on 127.0.0.1:%d: %s", door->port,
				 system_words(errno));
	return 0;
}

int door_serve(const struct door *door, struct error *err)
{
	struct server server = { .door = door, .last = &server.first };
	const union MHD_DaemonInfo *bound;
	sigset_t stop;
	int signals, result;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &stop, SFD_CLOEXEC);
	if (signals < 0)
		return error_set(err, ERROR_OURS, "signalfd: %s", system_words(errno));
	if (start(&server, err) < 0) {
		(void)close(signals);
		return -1;
	}
	bound = MHD_get_daemon_info(server.daemon, MHD_DAEMON_INFO_BIND_PORT);
	(void)printf("listening on %d\n", bound->port);
	(void)fflush(stdout);
	result = loop(&server, signals, err);
	while (server.first) { /* no connection may stay suspended when the server stops */
		server.first->due_ms = 0;
		(void)resume_due(&server);
	}
	MHD_stop_daemon(server.daemon);
	(void)close(signals);
	return result;
}
