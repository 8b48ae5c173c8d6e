/*
 * A small SMTP server on loopback, for tests: takes mails into a file, refuses, hangs, speaks TLS.
 * It runs as a process of its own, one connection after the other.
 */
#ifndef METRICSD_TESTS_SMTP_H
#define METRICSD_TESTS_SMTP_H

#include <stdbool.h>

struct smtp_wishes {
	const char *mails;           /* file that gets what is taken: envelope, empty line, mail */
	const char *commands;        /* file that gets every line it was told; NULL: none */
	const char *refuse_mail;     /* answer to MAIL FROM, like "451 4.3.0 later"; NULL: fine */
	const char *refuse_to;       /* an address that is refused: "550 5.1.1 unknown" */
	const char *refuse_data;     /* answer to the end of the text */
	const char *user, *password; /* wanted of whoever mails; NULL: nothing is */
	const char *certificate;     /* PEM with its key: TLS can be had; NULL: it cannot */
	bool implicit;               /* TLS from the first byte */
	bool hang_greeting, hang_data, hang_quit;
};

/* Binds a port of 127.0.0.1; the descriptor. */
int smtp_listen(int *port);

/* Serves for ever. */
void smtp_serve(int listener, const struct smtp_wishes *wishes);

/* The same in a child: its process id. smtp_stop() ends it. */
int smtp_start(const struct smtp_wishes *wishes, int *port);
void smtp_stop(int child);

/* A key and a certificate of 127.0.0.1 and localhost for ten years, written to a PEM file. */
void smtp_certificate(const char *path);

#endif
