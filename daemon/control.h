/*
 * The control socket: who may connect, lines in, lines out. What the lines mean is the handler's
 * affair (orders.c). The protocol is metricsd/control.h.
 */
#ifndef METRICSD_DAEMON_CONTROL_H
#define METRICSD_DAEMON_CONTROL_H

#include <cjson/cJSON.h>

struct control;
struct control_client;
struct error;
struct ev_loop;

struct control_handler {
	/* A client's one request. It is answered by any number of control_progress() and one
	 * control_end() or control_error(), now or later. */
	void (*request)(void *data, struct control_client *client, const cJSON *request);
	/* The client went before its end: it must not be answered any more. */
	void (*gone)(void *data, struct control_client *client);
	void *data;
};

/* Listens at `path` (mode 0660; a socket nobody listens on any more is replaced; one that
 * another daemon listens on is ERROR_BUSY). */
int control_open(struct ev_loop *loop, const char *path, const struct control_handler *handler,
		 struct control **ret, struct error *err);

/* Clients are dropped without a word; the socket is removed. */
void control_close(struct control *control);

/* A client that is already connected, as after accept(); its identity is not looked at. */
void control_serve(struct control *control, int fd);

__attribute__((format(printf, 2, 3))) void control_progress(struct control_client *client,
							    const char *format, ...);

/* The last line: {"done":true,"exit":…,"text":…} and the members of `more` (an object, NULL: none;
 * taken over). The client is closed. */
void control_end(struct control_client *client, int status, const char *text, cJSON *more);

/* The last line: {"error":…,"exit":…}. The client is closed. */
void control_error(struct control_client *client, int status, const char *text);

#endif
