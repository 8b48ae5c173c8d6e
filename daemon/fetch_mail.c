#include "fetch_mail.h"

#include "auth_keys.h"
#include "fetch_trust.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <curl/curl.h>
#include <ev.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	CONNECT_MS = 15000,
	REPLY_S = 60,  /* the server thinks about a line at most so long */
	GOODBYE_S = 2, /* about our going, when it took the mail */
	LATE_MS = 200, /* its own limit comes first, with its own words */
	LINES_MAX = 16 << 10,
	REFUSAL_MAX = 300,
};

struct mailing {
	struct ev_loop *loop;
	ev_async over; /* the thread says it is done */
	pthread_t thread;
	bool running;
	atomic_bool dropped;
	mailing_done *done;
	void *data;

	/* the order */
	struct text server, ca_file, user, password, from;
	struct curl_slist *to, *header;
	struct text body;
	bool tls;
	int64_t timeout_ms, end_ms;

	/* the thread's until it is over */
	CURL *easy;
	struct text lines; /* of the server */
	bool handed_over;
	bool off_loopback;
	char words[CURL_ERROR_SIZE];
	struct error err; /* class NONE: it was taken */
};

/* --- what libcurl calls, in the thread --- */

/*
 * A line of the server's. When it has taken the mail it is told that we go, and need not wait long
 * for its answer to that.
 */
static size_t on_line(char *bytes, size_t size, size_t count, void *data)
{
	struct mailing *mailing = data;
	size_t length = size * count;

	text_add_n(&mailing->lines, bytes, length);
	if (length < 4 || bytes[3] == '-')
		return length;
	if (strncmp(bytes, "354", 3) == 0)
		mailing->handed_over = true;
	else if (mailing->handed_over)
		curl_easy_setopt(mailing->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)GOODBYE_S);
	return length;
}

static size_t on_nothing(char *bytes, size_t size, size_t count, void *data)
{
	(void)bytes;
	(void)data;
	return size * count;
}

static int64_t elapsed_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Ends whatever libcurl waits for, once a second: what was dropped, and what takes too long, which
 * its own limit does not hold for when it says goodbye. */
static int on_progress(void *data, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
		       curl_off_t up)
{
	struct mailing *mailing = data;

	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	return atomic_load(&mailing->dropped) || elapsed_ms() > mailing->end_ms;
}

/* The one place that knows what a name was resolved to. */
static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct mailing *mailing = data;

	(void)purpose;
	if (!mailing->tls && !trust_loopback(&address->addr)) {
		mailing->off_loopback = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* --- the thread --- */

/* Mail's lines end in CR and LF; in quoted-printable a lone LF would be a byte of the text. */
static void add_lines(const char *body, struct text *out)
{
	for (; *body; body++) {
		if (*body == '\n')
			text_add_char(out, '\r');
		text_add_char(out, *body);
	}
}

static bool set_body(const struct mailing *mailing, curl_mime *mime)
{
	curl_mimepart *part = mime ? curl_mime_addpart(mime) : NULL;

	return part &&
	       curl_mime_data(part, text_str(&mailing->body), mailing->body.length) == CURLE_OK &&
	       curl_mime_type(part, "text/plain; charset=utf-8") == CURLE_OK &&
	       curl_mime_encoder(part, "quoted-printable") == CURLE_OK &&
	       curl_easy_setopt(mailing->easy, CURLOPT_MIMEPOST, mime) == CURLE_OK;
}

static void set_transport(struct mailing *mailing)
{
	CURL *easy = mailing->easy;
	const char *ca_file = text_str(&mailing->ca_file);

	curl_easy_setopt(easy, CURLOPT_URL, text_str(&mailing->server));
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* dropped while its name is still looked up, it leaves the resolver's thread to itself */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)mailing->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)REPLY_S);
	/* closed by this handle, whose limits hold then */
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 (long)(mailing->tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_CAINFO, *ca_file ? ca_file : trust_bundle);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, mailing);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, mailing);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_nothing);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, mailing);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, mailing->words);
}

static void set_envelope(struct mailing *mailing)
{
	CURL *easy = mailing->easy;

	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, text_str(&mailing->from));
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, mailing->to);
	/* one address that is gone keeps nobody else from being told: what the server said of it
	 * is among its lines */
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, mailing->header);
	if (mailing->user.length > 0) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, text_str(&mailing->user));
		curl_easy_setopt(easy, CURLOPT_PASSWORD, text_str(&mailing->password));
	}
}

/* The last line by which the server refused something; its length without its end, 0: none. */
static int refusal_in(const char *lines, const char **ret)
{
	int length;

	*ret = "";
	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (*lines == '4' || *lines == '5')
			*ret = lines;
	length = (int)strcspn(*ret, "\r\n");
	return length < REFUSAL_MAX ? length : REFUSAL_MAX;
}

static void say_why(struct mailing *mailing, CURLcode code)
{
	const char *host = strstr(text_str(&mailing->server), "://");
	const char *refusal;
	int length = refusal_in(text_str(&mailing->lines), &refusal);

	host = host ? host + 3 : text_str(&mailing->server);
	if (mailing->off_loopback)
		(void)error_set(&mailing->err, ERROR_REQUEST,
				"%s: mail without TLS is for this machine only", host);
	else
		(void)error_set(&mailing->err, ERROR_TRANSIENT, "%s: %s%s%.*s%s%s", host,
				mailing->words[0] ? mailing->words : curl_easy_strerror(code),
				length ? " (" : "", length, refusal, length ? ")" : "",
				trust_advice(mailing->easy, code));
}

static void *run(void *data)
{
	struct mailing *mailing = data;
	curl_mime *mime = NULL;
	CURLcode code = CURLE_OUT_OF_MEMORY;

	mailing->end_ms = elapsed_ms() + mailing->timeout_ms + LATE_MS;
	mailing->easy = curl_easy_init();
	if (mailing->easy) {
		set_transport(mailing);
		set_envelope(mailing);
		mime = curl_mime_init(mailing->easy);
		if (set_body(mailing, mime))
			code = curl_easy_perform(mailing->easy);
	}
	if (code != CURLE_OK)
		say_why(mailing, code);
	curl_easy_cleanup(mailing->easy);
	curl_mime_free(mime);
	ev_async_send(mailing->loop, &mailing->over);
	return NULL;
}

/* --- the loop --- */

static void free_mailing(struct mailing *mailing)
{
	ev_async_stop(mailing->loop, &mailing->over);
	curl_slist_free_all(mailing->to);
	curl_slist_free_all(mailing->header);
	text_clear(&mailing->server);
	text_clear(&mailing->ca_file);
	text_clear(&mailing->user);
	text_clear(&mailing->from);
	text_clear(&mailing->body);
	text_clear(&mailing->lines);
	text_clear(&mailing->password);
	free(mailing);
}

/* Stars in place of a secret wherever a server says it again. */
static void scrub(char *words, const char *secret)
{
	size_t length = strlen(secret);

	while (length > 0 && (words = strstr(words, secret))) {
		memset(words, '*', length);
		words += length;
	}
}

static void scrub_base64(char *words, const struct text *secret)
{
	SCOPED(text)
	struct text coded = TEXT_SECRET;

	keys_base64(text_str(secret), secret->length, &coded);
	scrub(words, text_str(&coded));
}

/* Servers repeat what they do not understand: the password, or a line of AUTH LOGIN or AUTH PLAIN
 * (RFC 4616 §2). */
static void hide_password(const struct mailing *mailing, char *words)
{
	SCOPED(text)
	struct text login = TEXT_SECRET;

	if (mailing->password.length == 0)
		return;
	text_add_n(&login, "", 1);
	text_add(&login, text_str(&mailing->user));
	text_add_n(&login, "", 1);
	text_add(&login, text_str(&mailing->password));
	scrub(words, text_str(&mailing->password));
	scrub_base64(words, &mailing->password);
	scrub_base64(words, &login);
}

static void on_over(struct ev_loop *loop, ev_async *over, int events)
{
	struct mailing *mailing = over->data;
	bool taken = mailing->err.class == ERROR_NONE;

	(void)loop;
	(void)events;
	if (mailing->running)
		(void)pthread_join(mailing->thread, NULL);
	if (mailing->lines.length > 0)
		hide_password(mailing, mailing->lines.bytes);
	hide_password(mailing, mailing->err.text);
	mailing->done(mailing->data, taken ? text_str(&mailing->lines) : NULL,
		      taken ? NULL : &mailing->err);
	free_mailing(mailing);
}

static bool append_all(struct curl_slist **list, const char *const *lines)
{
	for (; *lines; lines++) {
		struct curl_slist *longer = curl_slist_append(*list, *lines);

		if (!longer)
			return false;
		*list = longer;
	}
	return true;
}

/* Signals are the loop's. */
static int start_thread(struct mailing *mailing)
{
	sigset_t all, before;
	int failed;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&mailing->thread, NULL, run, mailing);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

struct mailing *mailing_start(struct ev_loop *loop, const struct mail_order *order,
			      mailing_done *done, void *data)
{
	struct mailing *mailing = memory_new(1, sizeof(*mailing));
	int failed;

	mailing->loop = loop;
	mailing->done = done;
	mailing->data = data;
	mailing->tls = order->tls;
	mailing->timeout_ms = order->timeout_ms;
	mailing->lines.max = LINES_MAX;
	text_set(&mailing->server, order->server);
	text_set(&mailing->ca_file, order->ca_file ? order->ca_file : "");
	text_set(&mailing->user, order->user ? order->user : "");
	mailing->password = TEXT_SECRET;
	text_set(&mailing->password, order->password ? order->password : "");
	text_addf(&mailing->from, "<%s>", order->from);
	mailing->body.max = 1 << 20;
	add_lines(order->body, &mailing->body);
	ev_async_init(&mailing->over, on_over);
	mailing->over.data = mailing;
	ev_async_start(loop, &mailing->over);
	if (!append_all(&mailing->to, order->to) || !append_all(&mailing->header, order->headers) ||
	    mailing->body.failed) {
		(void)error_set(&mailing->err, ERROR_OURS, "the mail is too long");
		ev_async_send(loop, &mailing->over);
		return mailing;
	}
	failed = start_thread(mailing);
	mailing->running = !failed;
	if (failed) {
		(void)error_set(&mailing->err, ERROR_OURS, "no thread for a mail: %s",
				system_words(failed));
		ev_async_send(loop, &mailing->over);
	}
	return mailing;
}

void mailing_drop(struct mailing *mailing)
{
	if (!mailing)
		return;
	atomic_store(&mailing->dropped, true);
	if (mailing->running)
		(void)pthread_join(mailing->thread, NULL);
	free_mailing(mailing);
}
