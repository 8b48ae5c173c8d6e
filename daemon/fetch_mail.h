/*
 * Mails, sent by libcurl.
 *
 * libcurl's SMTP waits for the server's last words without letting go, in the multi interface too
 * (smtp.c, 7.88: smtp_done(), smtp_disconnect()), and servers that look for spam take their time.
 * So each mail has a thread of its own while it is on its way, which touches nothing but its order;
 * whoever sent it hears of the end from the loop, and nobody waits.
 */
#ifndef METRICSD_DAEMON_FETCH_MAIL_H
#define METRICSD_DAEMON_FETCH_MAIL_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct ev_loop;
struct mailing;

/* All of it is borrowed for the call of mailing_start(). */
struct mail_order {
	const char *server;   /* "smtp://host:587", "smtps://host:465" */
	bool tls;             /* a must; without it this machine only */
	const char *ca_file;  /* NULL: the system's bundle */
	const char *user;     /* NULL: no login */
	const char *password; /* a secret */
	const char *from;
	const char *const *to;      /* ends with NULL */
	const char *const *headers; /* "Subject: …" without ends of lines; ends with NULL. Those of
				     * MIME come by themselves */
	const char *body;           /* UTF-8, lines end with \n */
	int64_t timeout_ms;         /* of the whole */
};

/* How it ended: the server took it, and said these lines (of several recipients one that is taken
 * is enough); or it did not, and why (then `lines` is NULL). Both are borrowed for the call. */
typedef void mailing_done(void *data, const char *lines, const struct error *err);

/* Ends exactly once, from the loop. */
struct mailing *mailing_start(struct ev_loop *loop, const struct mail_order *order,
			      mailing_done *done, void *data);

/* Drops it: its callback is not called. Waits for its thread, a second at most. */
void mailing_drop(struct mailing *mailing);

#endif
