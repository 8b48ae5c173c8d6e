/* Mails: their heads, and how they are sent, by a real SMTP server. */
#include "test.h"

#include "smtp.h"

#include "daemon/fetch.h"
#include "daemon/fetch_mail.h"
#include "daemon/mail.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <ev.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const people[] = { "ana@example.org", "luis@example.org", NULL };

/* --- heads --- */

static char cause[] = "token:meta";
static char entity[] = "itagui";
static char subject[] = "the token meta is refused";
static char words[] = "the token meta is refused\nAll is said.\n";
static char injected[] = "refused\r\nBcc: everybody@example.org";

static struct kept_alert alert(void)
{
	return (struct kept_alert){
		.id = 7,
		.kind = ALERT_TROUBLE,
		.cause = cause,
		.entity = entity,
		.subject = subject,
		.words = words,
		.since = INT64_C(1795379755),
	};
}

static void make(const struct kept_alert *it, int part, struct mail *ret)
{
	struct zone *zone = NULL;
	struct tidings tidings = { .alert = it, .part = part, .host = "office" };

	assert_int_equal(zone_open("America/Bogota", &zone, NULL), 0);
	tidings.zone = zone;
	mail_make(&tidings, "metricsd@example.org", people, ret);
	zone_close(zone);
}

static const char *header(const struct mail *mail, const char *name)
{
	for (size_t i = 0; mail->headers[i]; i++)
		if (strncmp(mail->headers[i], name, strlen(name)) == 0)
			return mail->headers[i];
	return NULL;
}

static void a_mail_says_when_who_to_whom_and_what(void **state)
{
	struct kept_alert it = alert();
	SCOPED(mail)
	struct mail mail;

	(void)state;
	make(&it, ALERT_BEGAN, &mail);
	assert_string_equal(header(&mail, "Date"), "Date: Sun, 22 Nov 2026 20:35:55 +0000");
	assert_string_equal(header(&mail, "From"), "From: metricsd <metricsd@example.org>");
	assert_string_equal(header(&mail, "To"), "To: <ana@example.org>,\r\n <luis@example.org>");
	assert_string_equal(header(&mail, "Subject"),
			    "Subject: metricsd: the token meta is refused");
	assert_string_equal(header(&mail, "Auto-Submitted"), "Auto-Submitted: auto-generated");
	assert_null(header(&mail, "References"));
	assert_string_equal(
		text_str(&mail.body),
		"the token meta is refused\nAll is said.\nSince 2026-11-22 15:35.\n\n-- \n"
		"metricsd on office. `metricsctl alerts` lists what lasts.\n");
}

static void the_same_telling_has_the_same_id_and_another_one_another(void **state)
{
	struct kept_alert it = alert();
	SCOPED(mail)
	struct mail once, again, end;
	SCOPED(text)
	struct text reference = { 0 };

	(void)state;
	make(&it, ALERT_BEGAN, &once);
	make(&it, ALERT_BEGAN, &again);
	it.ended = it.since + 3600;
	make(&it, ALERT_ENDED, &end);
	assert_string_equal(header(&once, "Message-ID"), header(&again, "Message-ID"));
	assert_string_not_equal(header(&once, "Message-ID"), header(&end, "Message-ID"));
	text_addf(&reference, "References: %s", header(&once, "Message-ID") + 12);
	assert_string_equal(header(&end, "References"), text_str(&reference));
	assert_string_equal(header(&end, "Subject"),
			    "Subject: metricsd: over: the token meta is refused");
	assert_non_null(strstr(text_str(&end.body), "This is over since 2026-11-22 16:35."));
	assert_non_null(strstr(text_str(&end.body), "> All is said.\n"));
	mail_clear(&again);
	mail_clear(&end);
}

static void nothing_that_was_said_makes_a_header_of_its_own(void **state)
{
	struct kept_alert it = alert();
	SCOPED(mail)
	struct mail mail;

	(void)state;
	it.subject = injected;
	make(&it, ALERT_BEGAN, &mail);
	assert_string_equal(header(&mail, "Subject"),
			    "Subject: metricsd: refused? Bcc: everybody@example.org");
	for (size_t i = 0; mail.headers[i]; i++)
		for (const char *at = mail.headers[i]; (at = strchr(at, '\n')); at++)
			assert_int_equal(at[1], ' '); /* only folded */
}

static void a_subject_of_any_script_is_encoded_in_whole_characters(void **state)
{
	static const char spanish[] = "metricsd: la clave «meta» de la Personería de Itagüí fue "
				      "rechazada por el proveedor desde ayer";
	SCOPED(text)
	struct text out = { 0 };
	const char *line;

	(void)state;
	mail_encode(spanish, 9, &out);
	assert_int_equal(strncmp(text_str(&out), "=?UTF-8?Q?metricsd=3A_la_clave_=C2=ABmeta", 40),
			 0);
	for (line = text_str(&out); *line;) {
		size_t length = strcspn(line, "\r");

		assert_true(length + (line == text_str(&out) ? 9 : 0) <= 78);
		assert_int_equal(strncmp(line + length - 2, "?=", 2), 0);
		/* no word begins in the middle of a character */
		assert_int_not_equal(strncmp(line + strspn(line, " ") + 10, "=B", 2), 0);
		line += length + (line[length] ? 2 : 0);
	}
}

static void bytes_that_are_no_text_are_shown_as_such(void **state)
{
	SCOPED(text)
	struct text out = { 0 };

	(void)state;
	tidings_clean("a\xff\x1b[31mb\xc3\xb1\n\x7f", false, &out);
	assert_string_equal(text_str(&out), "a??[31mb\xc3\xb1 ?");
}

static void a_hook_reads_json(void **state)
{
	struct kept_alert it = alert();
	struct zone *zone = NULL;
	struct tidings tidings = { .alert = &it, .host = "office" };
	SCOPED(text)
	struct text json = { 0 };

	(void)state;
	assert_int_equal(zone_open("America/Bogota", &zone, NULL), 0);
	tidings.zone = zone;
	tidings_json(&tidings, &json);
	zone_close(zone);
	assert_string_equal(
		text_str(&json),
		"{\"format\":\"metricsd.alert\",\"version\":1,\"id\":7,\"event\":\"began\","
		"\"cause\":\"token:meta\",\"entity\":\"itagui\",\"subject\":\"the token meta is "
		"refused\",\"words\":\"the token meta is refused\\nAll is said.\\nSince 2026-11-22 "
		"15:35.\\n\\n-- \\nmetricsd on office. `metricsctl alerts` lists what lasts.\\n\","
		"\"since\":\"2026-11-22T20:35:55Z\",\"ended\":null,\"host\":\"office\"}\n");
}

/* --- sending --- */

struct world {
	struct ev_loop *loop;
	char directory[64], mails[96], commands[96], certificate[96];
	struct smtp_wishes wishes;
	int server, port;
	const char *scheme, *host;
	const char *user, *password;
	bool tls;
	const char *ca_file;
	int ends, ticks;
	int64_t timeout_ms;
	bool taken;
	struct text lines;
	struct error err;
};

static int set_up(void **state)
{
	struct world *world = memory_new(1, sizeof(*world));

	world->loop = ev_loop_new(0);
	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/metricsd-mail-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	(void)snprintf(world->mails, sizeof(world->mails), "%s/mails", world->directory);
	(void)snprintf(world->commands, sizeof(world->commands), "%s/commands", world->directory);
	(void)snprintf(world->certificate, sizeof(world->certificate), "%s/server.pem",
		       world->directory);
	world->wishes.mails = world->mails;
	world->wishes.commands = world->commands;
	world->scheme = "smtp";
	world->timeout_ms = 20000;
	world->host = "127.0.0.1";
	*state = world;
	return fetch_begin();
}

static int clear_up(void **state)
{
	struct world *world = *state;

	smtp_stop(world->server);
	(void)unlink(world->mails);
	(void)unlink(world->commands);
	(void)unlink(world->certificate);
	(void)rmdir(world->directory);
	text_clear(&world->lines);
	ev_loop_destroy(world->loop);
	free(world);
	fetch_end();
	return 0;
}

static void on_done(void *data, const char *lines, const struct error *err)
{
	struct world *world = data;

	world->ends++;
	world->taken = lines != NULL;
	if (lines)
		text_set(&world->lines, lines);
	if (err)
		world->err = *err;
	ev_break(world->loop, EVBREAK_ALL);
}

/* The loop ticks on whatever the server does. */
static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct world *world = timer->data;

	(void)events;
	if (++world->ticks > 3000)
		ev_break(loop, EVBREAK_ALL);
}

/* A mail on its way to the server. */
static struct mailing *begin_mail(struct world *world)
{
	static const char *const headers[] = { "Date: Sun, 22 Nov 2026 20:35:55 +0000",
					       "From: metricsd <metricsd@example.org>",
					       "To: <ana@example.org>",
					       "Subject: =?UTF-8?Q?due=C3=B1o?=\r\n =?UTF-8?Q?!?=",
					       "Message-ID: <metricsd.1@example.org>",
					       NULL };
	char url[128];

	if (!world->port)
		world->server = smtp_start(&world->wishes, &world->port);
	(void)snprintf(url, sizeof(url), "%s://%s:%d", world->scheme, world->host, world->port);
	return mailing_start(world->loop,
			     &(struct mail_order){
				     .server = url,
				     .tls = world->tls,
				     .ca_file = world->ca_file,
				     .user = world->user,
				     .password = world->password,
				     .from = "metricsd@example.org",
				     .to = people,
				     .headers = headers,
				     .body = "ñandú = 1\n.a line with a dot\n\nthe end\n",
				     .timeout_ms = world->timeout_ms,
			     },
			     on_done, world);
}

/* Sends a mail to the server; it ends once, by a callback. */
static void send_mail(struct world *world)
{
	ev_timer tick;

	ev_timer_init(&tick, on_tick, 0.01, 0.01);
	tick.data = world;
	ev_timer_start(world->loop, &tick);
	(void)begin_mail(world);
	assert_int_equal(world->ends, 0);
	ev_run(world->loop, 0);
	ev_timer_stop(world->loop, &tick);
	assert_int_equal(world->ends, 1);
}

static void read_file(const char *path, struct text *ret)
{
	SCOPED(file)
	FILE *file = fopen(path, "r");
	char bytes[4096];
	size_t got;

	while (file && (got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_add_n(ret, bytes, got);
}

static void assert_taken(const struct world *world, const char *expected)
{
	SCOPED(text)
	struct text mails = { 0 };

	read_file(world->mails, &mails);
	if (!strstr(text_str(&mails), expected))
		fail_msg("\"%s\" is not in:\n%s", expected, text_str(&mails));
}

static void assert_nothing_taken(const struct world *world)
{
	assert_int_not_equal(access(world->mails, F_OK), 0);
}

static void a_mail_arrives_as_it_was_meant(void **state)
{
	struct world *world = *state;

	send_mail(world);
	assert_true(world->taken);
	assert_taken(world, "MAIL FROM:<metricsd@example.org>");
	assert_taken(world, "RCPT TO:<ana@example.org>\nRCPT TO:<luis@example.org>\n\n");
	assert_taken(world, "Subject: =?UTF-8?Q?due=C3=B1o?=\n =?UTF-8?Q?!?=\n");
	assert_taken(world, "Message-ID: <metricsd.1@example.org>\n");
	assert_taken(world, "Mime-Version: 1.0\n");
	assert_taken(world, "Content-Type: text/plain; charset=utf-8\n");
	assert_taken(world, "Content-Transfer-Encoding: quoted-printable\n");
	assert_taken(world, "\n=C3=B1and=C3=BA =3D 1\n.a line with a dot\n\nthe end\n");
}

static void one_address_that_is_gone_keeps_nobody_from_being_told(void **state)
{
	struct world *world = *state;

	world->wishes.refuse_to = "luis@example.org";
	send_mail(world);
	assert_true(world->taken);
	assert_taken(world, "RCPT TO:<ana@example.org>\n\n");
	assert_non_null(strstr(text_str(&world->lines), "550 5.1.1 nobody of that name"));
}

static void a_refusal_is_told_in_the_servers_words(void **state)
{
	struct world *world = *state;

	world->wishes.refuse_mail = "451 4.3.0 the disk is full";
	send_mail(world);
	assert_false(world->taken);
	assert_int_equal(world->err.class, ERROR_TRANSIENT);
	assert_non_null(strstr(world->err.text, "451 4.3.0 the disk is full"));
	assert_nothing_taken(world);
}

static void a_text_that_is_refused_was_not_told(void **state)
{
	struct world *world = *state;

	world->wishes.refuse_data = "554 5.7.1 spam";
	send_mail(world);
	assert_false(world->taken);
	assert_non_null(strstr(world->err.text, "554 5.7.1 spam"));
	assert_nothing_taken(world);
}

static void a_server_that_says_nothing_is_left(void **state)
{
	struct world *world = *state;

	world->wishes.hang_greeting = true;
	world->timeout_ms = 300;
	send_mail(world);
	assert_int_equal(world->err.class, ERROR_TRANSIENT);
	assert_nothing_taken(world);
}

static void a_server_that_takes_a_mail_and_says_nothing_did_not(void **state)
{
	struct world *world = *state;

	world->wishes.hang_data = true;
	world->timeout_ms = 300;
	send_mail(world);
	assert_false(world->taken);
	assert_int_equal(world->err.class, ERROR_TRANSIENT);
	assert_true(world->ticks > 10);
}

/* libcurl's own wait for these, in the loop, would let nothing tick. */
static void a_server_that_does_not_let_go_keeps_nobody_waiting(void **state)
{
	struct world *world = *state;

	world->wishes.hang_quit = true;
	world->timeout_ms = 300;
	send_mail(world);
	assert_true(world->taken); /* before that */
	assert_true(world->ticks > 10);
	assert_taken(world, "the end\n");
}

static void a_mail_can_be_dropped_at_any_moment(void **state)
{
	struct world *world = *state;

	world->wishes.hang_data = true;
	mailing_drop(begin_mail(world));
	mailing_drop(NULL);
	assert_int_equal(world->ends, 0);
}

static void without_tls_mail_goes_to_this_machine_only(void **state)
{
	struct world *world = *state;

	world->port = 9; /* nobody is asked */
	world->host = "192.0.2.1";
	send_mail(world);
	assert_false(world->taken);
}

static void a_server_without_tls_gets_neither_mail_nor_password(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text commands = { 0 };

	world->tls = true;
	world->user = "metricsd";
	world->password = "hunter22hunter22";
	world->wishes.user = "metricsd";
	world->wishes.password = "hunter22hunter22";
	send_mail(world);
	assert_false(world->taken);
	assert_nothing_taken(world);
	read_file(world->commands, &commands);
	assert_null(strstr(text_str(&commands), "AUTH"));
}

static void make_certificate(struct world *world)
{
	smtp_certificate(world->certificate);
	world->wishes.certificate = world->certificate;
	world->ca_file = world->certificate;
	world->tls = true;
}

static void a_mail_goes_by_starttls_with_its_login(void **state)
{
	struct world *world = *state;
	SCOPED(text)
	struct text commands = { 0 };

	make_certificate(world);
	world->user = world->wishes.user = "metricsd";
	world->password = world->wishes.password = "hunter22hunter22";
	send_mail(world);
	assert_string_equal(world->err.text, "");
	assert_true(world->taken);
	assert_taken(world, "the end\n");
	read_file(world->commands, &commands);
	assert_non_null(strstr(text_str(&commands), "STARTTLS\nEHLO"));
}

static void a_mail_goes_by_smtps(void **state)
{
	struct world *world = *state;

	make_certificate(world);
	world->wishes.implicit = true;
	world->scheme = "smtps";
	send_mail(world);
	assert_string_equal(world->err.text, "");
	assert_taken(world, "the end\n");
}

static void a_server_nobody_vouches_for_gets_nothing(void **state)
{
	struct world *world = *state;

	make_certificate(world);
	world->ca_file = NULL;
	send_mail(world);
	assert_false(world->taken);
	assert_nothing_taken(world);
}

static void a_wrong_password_stands_in_no_words(void **state)
{
	struct world *world = *state;

	world->user = world->wishes.user = "metricsd";
	world->wishes.password = "another";
	world->password = "hunter22hunter22";
	send_mail(world);
	assert_false(world->taken);
	assert_non_null(strstr(world->err.text, "535 5.7.8 who is ****"));
	assert_null(strstr(world->err.text, "hunter22"));
	/* nor as it goes over the line: NUL, user, NUL, password */
	assert_null(strstr(world->err.text, "AG1ldHJpY3Nk"));
	assert_nothing_taken(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_says_when_who_to_whom_and_what),
		cmocka_unit_test(the_same_telling_has_the_same_id_and_another_one_another),
		cmocka_unit_test(nothing_that_was_said_makes_a_header_of_its_own),
		cmocka_unit_test(a_subject_of_any_script_is_encoded_in_whole_characters),
		cmocka_unit_test(bytes_that_are_no_text_are_shown_as_such),
		cmocka_unit_test(a_hook_reads_json),
#define SENDING(name) cmocka_unit_test_setup_teardown(name, set_up, clear_up)
		SENDING(a_mail_arrives_as_it_was_meant),
		SENDING(one_address_that_is_gone_keeps_nobody_from_being_told),
		SENDING(a_refusal_is_told_in_the_servers_words),
		SENDING(a_text_that_is_refused_was_not_told),
		SENDING(a_server_that_says_nothing_is_left),
		SENDING(a_server_that_takes_a_mail_and_says_nothing_did_not),
		SENDING(a_server_that_does_not_let_go_keeps_nobody_waiting),
		SENDING(a_mail_can_be_dropped_at_any_moment),
		SENDING(without_tls_mail_goes_to_this_machine_only),
		SENDING(a_server_without_tls_gets_neither_mail_nor_password),
		SENDING(a_mail_goes_by_starttls_with_its_login),
		SENDING(a_mail_goes_by_smtps),
		SENDING(a_server_nobody_vouches_for_gets_nothing),
		SENDING(a_wrong_password_stands_in_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
