#include "smtp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE = 4096, MAIL = 256 << 10 };

/* One connection. */
struct talk {
	const struct smtp_wishes *wishes;
	SSL_CTX *context;
	int fd;
	SSL *tls; /* NULL: plain */
	char buffer[LINE];
	size_t held;
	bool in; /* logged in, or nobody needs to */
	char envelope[LINE];
	char mail[MAIL];
};

static void hang(void)
{
	for (;;)
		(void)pause();
}

static int get(struct talk *talk, char *bytes, size_t room)
{
	if (talk->tls)
		return SSL_read(talk->tls, bytes, (int)room);
	return (int)recv(talk->fd, bytes, room, 0);
}

/* A line without its end: false when there is none any more. */
static bool listen_line(struct talk *talk, char ret[LINE])
{
	for (;;) {
		char *end = memchr(talk->buffer, '\n', talk->held);
		int got;

		if (end) {
			size_t length = (size_t)(end - talk->buffer);

			memcpy(ret, talk->buffer, length);
			ret[length] = '\0';
			ret[strcspn(ret, "\r")] = '\0';
			talk->held -= length + 1;
			memmove(talk->buffer, end + 1, talk->held);
			return true;
		}
		if (talk->held == LINE)
			return false;
		got = get(talk, talk->buffer + talk->held, LINE - talk->held);
		if (got <= 0)
			return false;
		talk->held += (size_t)got;
	}
}

static void reply(struct talk *talk, const char *words)
{
	char line[LINE];
	int length = snprintf(line, sizeof(line), "%s\r\n", words);

	if (talk->tls)
		(void)SSL_write(talk->tls, line, length);
	else
		(void)send(talk->fd, line, (size_t)length, MSG_NOSIGNAL);
}

static bool start_tls(struct talk *talk)
{
	talk->tls = SSL_new(talk->context);
	(void)SSL_set_fd(talk->tls, talk->fd);
	talk->held = 0; /* nothing that was said before counts */
	return SSL_accept(talk->tls) == 1;
}

__attribute__((format(printf, 2, 3))) static void append(const char *path, const char *format, ...)
{
	FILE *file = path ? fopen(path, "a") : NULL;
	va_list arguments;

	if (!file)
		return;
	va_start(arguments, format);
	(void)vfprintf(file, format, arguments);
	va_end(arguments);
	(void)fclose(file);
}

static void take_text(struct talk *talk)
{
	char line[LINE];
	size_t length = 0;

	reply(talk, "354 go on");
	while (listen_line(talk, line) && strcmp(line, ".") != 0) {
		const char *text = *line == '.' ? line + 1 : line;

		if (length + strlen(text) + 2 < MAIL)
			length += (size_t)sprintf(talk->mail + length, "%s\n", text);
	}
	if (talk->wishes->hang_data)
		hang();
	if (talk->wishes->refuse_data) {
		reply(talk, talk->wishes->refuse_data);
		return;
	}
	append(talk->wishes->mails, "%s\n%.*s=====\n", talk->envelope, (int)length, talk->mail);
	reply(talk, "250 2.0.0 taken");
}

/* As servers do that say again what they were told. */
static void refuse_login(struct talk *talk, const char *given)
{
	char words[LINE + 32];

	(void)snprintf(words, sizeof(words), "535 5.7.8 who is %s?", given);
	reply(talk, words);
}

/* "PLAIN base64(NUL user NUL password)" in one line or two. */
static void log_in(struct talk *talk, const char *line)
{
	const struct smtp_wishes *wishes = talk->wishes;
	char wanted[256], coded[512], given[LINE];
	int length =
		snprintf(wanted, sizeof(wanted), "%c%s%c%s", 0, wishes->user, 0, wishes->password);

	if (strlen(line) > 11) {
		(void)snprintf(given, sizeof(given), "%s", line + 11);
	} else {
		reply(talk, "334 ");
		if (!listen_line(talk, given))
			return;
	}
	(void)EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)wanted, length);
	talk->in = strcmp(given, coded) == 0;
	if (talk->in)
		reply(talk, "235 2.7.0 welcome");
	else
		refuse_login(talk, given);
}

static void greet(struct talk *talk)
{
	const struct smtp_wishes *wishes = talk->wishes;

	reply(talk, "250-localhost");
	if (wishes->certificate && !talk->tls)
		reply(talk, "250-STARTTLS");
	if (wishes->user && (talk->tls || !wishes->certificate))
		reply(talk, "250-AUTH PLAIN");
	reply(talk, "250 8BITMIME");
}

static void take_recipient(struct talk *talk, const char *line)
{
	const char *refused = talk->wishes->refuse_to;
	size_t length = strlen(talk->envelope);

	if (refused && strcasestr(line, refused)) {
		reply(talk, "550 5.1.1 nobody of that name");
		return;
	}
	(void)snprintf(talk->envelope + length, sizeof(talk->envelope) - length, "%s\n", line);
	reply(talk, "250 2.1.5 fine");
}

/* False: the connection ends. */
static bool answer(struct talk *talk, const char *line)
{
	const struct smtp_wishes *wishes = talk->wishes;

	append(wishes->commands, "%s\n", line);
	if (strncasecmp(line, "EHLO", 4) == 0) {
		greet(talk);
	} else if (strcasecmp(line, "STARTTLS") == 0 && wishes->certificate) {
		reply(talk, "220 go on");
		return start_tls(talk);
	} else if (strncasecmp(line, "AUTH PLAIN", 10) == 0 && wishes->user) {
		log_in(talk, line);
	} else if (strncasecmp(line, "MAIL FROM:", 10) == 0) {
		if (!talk->in)
			reply(talk, "530 5.7.0 log in first");
		else
			reply(talk, wishes->refuse_mail ? wishes->refuse_mail : "250 2.1.0 fine");
		(void)snprintf(talk->envelope, sizeof(talk->envelope), "%s\n", line);
	} else if (strncasecmp(line, "RCPT TO:", 8) == 0) {
		take_recipient(talk, line);
	} else if (strcasecmp(line, "DATA") == 0) {
		take_text(talk);
	} else if (strcasecmp(line, "QUIT") == 0) {
		if (wishes->hang_quit)
			hang();
		reply(talk, "221 2.0.0 bye");
		return false;
	} else {
		reply(talk, "502 5.5.2 what?");
	}
	return true;
}

static void serve(int fd, SSL_CTX *context, const struct smtp_wishes *wishes)
{
	struct talk *talk = calloc(1, sizeof(*talk));
	char line[LINE];

	assert(talk);
	talk->wishes = wishes;
	talk->context = context;
	talk->fd = fd;
	talk->in = wishes->user == NULL;
	if (wishes->hang_greeting)
		hang();
	if (!wishes->implicit || start_tls(talk)) {
		reply(talk, "220 localhost ready");
		while (listen_line(talk, line) && answer(talk, line))
			continue;
	}
	SSL_free(talk->tls);
	free(talk);
	(void)close(fd);
}

int smtp_listen(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int failed;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	failed = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		 listen(fd, 64) < 0 || getsockname(fd, (struct sockaddr *)&address, &length) < 0;
	assert(!failed);
	(void)failed;
	*port = ntohs(address.sin_port);
	return fd;
}

void smtp_serve(int listener, const struct smtp_wishes *wishes)
{
	SSL_CTX *context = NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	if (wishes->certificate) {
		context = SSL_CTX_new(TLS_server_method());
		if (SSL_CTX_use_certificate_file(context, wishes->certificate, SSL_FILETYPE_PEM) !=
			    1 ||
		    SSL_CTX_use_PrivateKey_file(context, wishes->certificate, SSL_FILETYPE_PEM) !=
			    1)
			_exit(1);
	}
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			serve(fd, context, wishes);
	}
}

int smtp_start(const struct smtp_wishes *wishes, int *port)
{
	int listener = smtp_listen(port);
	pid_t child = fork();

	assert(child >= 0);
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* no longer than the test */
		smtp_serve(listener, wishes);
	}
	(void)close(listener);
	return child;
}

void smtp_stop(int child)
{
	if (child <= 0)
		return;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

static void name_it(X509 *certificate)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_EXTENSION *names =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");

	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					 (const unsigned char *)"localhost", -1, -1, 0);
	(void)X509_set_issuer_name(certificate, name);
	(void)X509_add_ext(certificate, names, -1);
	X509_EXTENSION_free(names);
}

void smtp_certificate(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	FILE *file = fopen(path, "w");

	assert(key && certificate && file);
	(void)X509_set_version(certificate, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
	(void)X509_gmtime_adj(X509_getm_notAfter(certificate), 10L * 365 * 86400);
	(void)X509_set_pubkey(certificate, key);
	name_it(certificate);
	(void)X509_sign(certificate, key, EVP_sha256());
	(void)PEM_write_X509(file, certificate);
	(void)PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	(void)fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}
