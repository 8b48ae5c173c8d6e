#include "control.h"

#include "metricsd/cleanup.h"
#include "metricsd/control.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <errno.h>
#include <ev.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	CLIENTS_MAX = 16,
	OUT_MAX = 256 << 10, /* a client that does not read so much is dropped */
	IDLE_S = 30,         /* for its request to come, and for its last line to be read */
	FULL_S = 1,          /* nobody is accepted when there was no descriptor left */
	GROUPS_MAX = 256,
	OVERFLOW_UID = 65534, /* shown for a user that has no number in our namespace */
};

struct control_client {
	struct control *control;
	struct control_client *next;
	ev_io in;  /* its request, later only its going */
	ev_io out; /* what could not be written at once */
	ev_timer idle;
	struct text line;
	struct text pending;
	size_t written; /* of pending */
	size_t surplus; /* bytes after its request */
	bool silent;    /* it says no more, but may still listen */
	bool asked;     /* its request was handed on */
	bool ended;     /* its last line is in pending */
};

struct control {
	struct ev_loop *loop;
	struct control_handler handler;
	char *path;
	dev_t device; /* of our socket: another daemon's is not removed */
	ino_t inode;
	ev_io accept;
	ev_timer full; /* accept rests */
	struct control_client *clients;
	size_t count;
};

/* --- clients --- */

static void drop(struct control_client *client)
{
	struct control *control = client->control;
	struct control_client **at = &control->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	control->count--;
	ev_io_stop(control->loop, &client->in);
	ev_io_stop(control->loop, &client->out);
	ev_timer_stop(control->loop, &client->idle);
	(void)close(client->in.fd);
	text_clear(&client->line);
	text_clear(&client->pending);
	free(client);
}

/* It went, or was thrown out. */
static void lose(struct control_client *client)
{
	if (client->asked && !client->ended)
		client->control->handler.gone(client->control->handler.data, client);
	drop(client);
}

/* Writes what can be written. -1: the client is lost or done, and gone. */
static int flush(struct control_client *client)
{
	struct ev_loop *loop = client->control->loop;

	if (client->pending.failed) { /* it does not read */
		lose(client);
		return -1;
	}
	while (client->written < client->pending.length) {
		ssize_t sent =
			send(client->in.fd, client->pending.bytes + client->written,
			     client->pending.length - client->written, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
			ev_io_start(loop, &client->out);
			return 0;
		}
		if (sent < 0) {
			lose(client);
			return -1;
		}
		client->written += (size_t)sent;
	}
	ev_io_stop(loop, &client->out);
	text_reset(&client->pending);
	client->written = 0;
	if (client->ended) {
		drop(client);
		return -1;
	}
	return 0;
}

static void on_out(struct ev_loop *loop, ev_io *out, int events)
{
	(void)loop;
	(void)events;
	(void)flush(out->data);
}

/* Whether it closed both ways: it hears nothing any more. */
static bool hung_up(const struct control_client *client)
{
	struct pollfd peer = { .fd = client->in.fd };

	return poll(&peer, 1, 0) == 1 && (peer.revents & (POLLHUP | POLLERR)) != 0;
}

static void on_idle(struct ev_loop *loop, ev_timer *idle, int events)
{
	struct control_client *client = idle->data;

	(void)loop;
	(void)events;
	/* one that only listens is looked at from time to time: nothing else tells when it goes */
	if (client->silent && !client->ended && !hung_up(client))
		return;
	lose(client);
}

static void send_object(struct control_client *client, const cJSON *object)
{
	char *bytes = cJSON_PrintUnformatted(object);

	if (bytes && strlen(bytes) < CONTROL_LINE_MAX) {
		text_add(&client->pending, bytes);
		text_add_char(&client->pending, '\n');
	} else {
		client->pending.failed = true;
	}
	cJSON_free(bytes);
}

void control_progress(struct control_client *client, const char *format, ...)
{
	SCOPED(json)
	cJSON *object = cJSON_CreateObject();
	SCOPED(text)
	struct text words = TEXT_UP_TO(4 << 10);
	va_list arguments;

	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	cJSON_AddStringToObject(object, "progress", text_str(&words));
	send_object(client, object);
	/* written by the loop: nobody who reports progress loses the client inside that call */
	ev_io_start(client->control->loop, &client->out);
	if (client->pending.failed)
		ev_feed_event(client->control->loop, &client->out, EV_WRITE);
}

/* Its last line; the loop sees to the rest. */
static void end(struct control_client *client, const cJSON *object)
{
	struct control *control = client->control;

	send_object(client, object);
	client->ended = true;
	ev_io_start(control->loop, &client->out);
	if (client->pending.failed)
		ev_feed_event(control->loop, &client->out, EV_WRITE);
	ev_timer_again(control->loop, &client->idle);
}

void control_end(struct control_client *client, int status, const char *text, cJSON *more)
{
	SCOPED(json)
	cJSON *object = more ? more : cJSON_CreateObject();

	cJSON_AddTrueToObject(object, "done");
	cJSON_AddNumberToObject(object, "exit", status);
	if (text)
		cJSON_AddStringToObject(object, "text", text);
	end(client, object);
}

void control_error(struct control_client *client, int status, const char *text)
{
	SCOPED(json)
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "error", text);
	cJSON_AddNumberToObject(object, "exit", status);
	end(client, object);
}

/* --- a request --- */

static void handle_line(struct control_client *client)
{
	struct control *control = client->control;
	SCOPED(json)
	cJSON *request = NULL;
	struct error err;

	if (json_parse(text_str(&client->line), client->line.length, &request, &err) < 0 ||
	    !cJSON_IsObject(request)) {
		control_error(client, 2, "expected one line with a JSON object");
		return;
	}
	client->asked = true;
	ev_timer_stop(control->loop, &client->idle);
	control->handler.request(control->handler.data, client, request);
}

/* It closed its side. Whoever waits for an answer may still listen. */
static void hear_end(struct control_client *client)
{
	struct ev_loop *loop = client->control->loop;

	if ((!client->asked && !client->ended) || hung_up(client)) {
		lose(client);
		return;
	}
	client->silent = true;
	ev_io_stop(loop, &client->in);
	if (!client->ended)
		ev_timer_again(loop, &client->idle);
}

static void hear(struct control_client *client, const char *bytes, size_t count)
{
	const char *end_of_line = memchr(bytes, '\n', count);

	text_add_n(&client->line, bytes, end_of_line ? (size_t)(end_of_line - bytes) : count);
	if (client->line.failed)
		control_error(client, 2, "the line is too long");
	else if (end_of_line)
		handle_line(client);
}

static void on_in(struct ev_loop *loop, ev_io *in, int events)
{
	struct control_client *client = in->data;
	char bytes[4096];
	ssize_t got = recv(in->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)loop;
	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0) {
		lose(client);
	} else if (got == 0) {
		hear_end(client);
	} else if (!client->asked && !client->ended) {
		hear(client, bytes, (size_t)got);
	} else { /* one request a client; what follows is nobody's */
		client->surplus += (size_t)got;
		if (client->surplus > CONTROL_LINE_MAX)
			lose(client);
	}
}

void control_serve(struct control *control, int fd)
{
	struct control_client *client = memory_new(1, sizeof(*client));

	client->control = control;
	client->line.max = CONTROL_LINE_MAX;
	client->pending.max = OUT_MAX;
	ev_io_init(&client->in, on_in, fd, EV_READ);
	ev_io_init(&client->out, on_out, fd, EV_WRITE);
	ev_init(&client->idle, on_idle);
	client->idle.repeat = IDLE_S;
	client->in.data = client->out.data = client->idle.data = client;
	client->next = control->clients;
	control->clients = client;
	control->count++;
	ev_io_start(control->loop, &client->in);
	ev_timer_again(control->loop, &client->idle);
}

/* --- who may --- */

/* Whether the user is in the group by the databases; its primary group came with the peer. */
static bool in_group(uid_t uid, gid_t primary, gid_t group)
{
	const struct passwd *user;
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (primary == group)
		return true;
	user = getpwuid(uid);
	if (!user || getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* In a user namespace (systemd's PrivateUsers=) all users but root and ours look the same. */
static bool sees_all_users(void)
{
	SCOPED(file)
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned long inside = 0, outside = 0, count = 0;

	if (!map || fscanf(map, "%lu %lu %lu", &inside, &outside, &count) != 3)
		return true;
	return count >= UINT32_MAX;
}

static bool may_speak(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return false;
	/* who cannot be told from in here was let in by the socket's own mode: it is in the group
	 */
	if (peer.uid == OVERFLOW_UID && !sees_all_users())
		return true;
	return peer.uid == 0 || peer.uid == geteuid() || in_group(peer.uid, peer.gid, getegid());
}

static void on_accept(struct ev_loop *loop, ev_io *accept, int events)
{
	struct control *control = accept->data;
	int fd = accept4(accept->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
		log_warning("control socket: %s; nobody is heard for %d s", system_words(errno),
			    FULL_S);
		ev_io_stop(loop, accept); /* who waits would wake us again and again */
		ev_timer_set(&control->full, FULL_S, 0.);
		ev_timer_start(loop, &control->full);
		return;
	}
	if (fd < 0)
		return;
	if (!may_speak(fd) || control->count >= CLIENTS_MAX) {
		static const char busy[] = "{\"error\":\"too many clients\",\"exit\":3}\n";
		static const char no[] =
			"{\"error\":\"you are not in the daemon's group\",\"exit\":3}\n";
		const char *words = control->count >= CLIENTS_MAX ? busy : no;

		(void)!send(fd, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT);
		(void)close(fd);
		return;
	}
	control_serve(control, fd);
}

static void on_full(struct ev_loop *loop, ev_timer *full, int events)
{
	struct control *control = full->data;

	(void)events;
	ev_io_start(loop, &control->accept);
}

/* --- the socket --- */

/* A socket file nobody listens on is what a killed daemon left behind. */
static int remove_stale(const struct sockaddr_un *address, struct error *err)
{
	SCOPED(descriptor)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat file;

	if (lstat(address->sun_path, &file) < 0)
		return 0;
	if (!S_ISSOCK(file.st_mode))
		return error_set(err, ERROR_INPUT, "%s is there and no socket", address->sun_path);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return error_set(err, ERROR_BUSY, "%s: another metricsd listens there",
				 address->sun_path);
	(void)unlink(address->sun_path);
	return 0;
}

static int bind_at(int fd, const struct sockaddr_un *address, struct error *err)
{
	mode_t before = umask(0117);
	int bound = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	(void)umask(before);
	if (bound < 0 || listen(fd, CLIENTS_MAX) < 0)
		return error_set(err, ERROR_OURS, "%s: %s", address->sun_path, system_words(errno));
	return 0;
}

/* The listening socket, or -1. */
static int listen_at(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, ERROR_INPUT, "%s is too long for a socket's path", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (remove_stale(&address, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set(err, ERROR_OURS, "control socket: %s", system_words(errno));
	if (bind_at(fd, &address, err) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int control_open(struct ev_loop *loop, const char *path, const struct control_handler *handler,
		 struct control **ret, struct error *err)
{
	struct control *control;
	struct stat file;
	int fd = listen_at(path, err);

	if (fd < 0)
		return -1;
	control = memory_new(1, sizeof(*control));
	control->loop = loop;
	control->handler = *handler;
	control->path = memory_text(path);
	if (lstat(path, &file) == 0) {
		control->device = file.st_dev;
		control->inode = file.st_ino;
	}
	ev_io_init(&control->accept, on_accept, fd, EV_READ);
	ev_init(&control->full, on_full);
	control->accept.data = control->full.data = control;
	ev_io_start(loop, &control->accept);
	*ret = control;
	return 0;
}

void control_close(struct control *control)
{
	struct control_client *next;
	struct stat file;

	if (!control)
		return;
	for (struct control_client *client = control->clients; client; client = next) {
		next = client->next;
		lose(client);
	}
	ev_io_stop(control->loop, &control->accept);
	ev_timer_stop(control->loop, &control->full);
	(void)close(control->accept.fd);
	if (lstat(control->path, &file) == 0 && file.st_dev == control->device &&
	    file.st_ino == control->inode)
		(void)unlink(control->path);
	free(control->path);
	free(control);
}
