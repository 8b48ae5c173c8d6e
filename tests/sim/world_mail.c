#include "world_mail.h"

#include "hash.h"
#include "world_loop.h"
#include "world_plan.h"

#include "daemon/fetch_mail.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX_LENGTH = 160 };

/* A mail that was taken. */
struct letter {
	char id[ID_MAX_LENGTH];
	uint64_t turn; /* how often it was forgiven by then */
};

struct mailing {
	struct ev_loop *loop;
	ev_timer timer;
	char id[ID_MAX_LENGTH];
	bool refused;
	mailing_done *done;
	void *data;
};

struct post {
	struct ev_loop *loop;
	uint64_t seed, drawn, turn;
	bool refusing;
	struct letter *letters;
	size_t count, room;
	struct post_counts counts;
	char violation[512];
};

/* A process has one. */
static struct post *server;

struct post *post_new(struct ev_loop *loop, uint64_t seed)
{
	struct post *post = memory_new(1, sizeof(*post));

	post->loop = loop;
	post->seed = hash_two(seed, 0x3A11);
	server = post;
	return post;
}

void post_free(struct post *post)
{
	if (!post)
		return;
	if (server == post)
		server = NULL;
	free(post->letters);
	free(post);
}

void post_refuse(struct post *post, bool refused)
{
	post->refusing = refused;
}

void post_forgive(struct post *post)
{
	post->turn++;
}

const char *post_violation(const struct post *post)
{
	return post->violation[0] ? post->violation : NULL;
}

struct post_counts post_counts(const struct post *post)
{
	return post->counts;
}

static void violate(const char *what, const char *words)
{
	if (!server->violation[0])
		(void)snprintf(server->violation, sizeof(server->violation), "%s: %.400s", what,
			       words);
}

/* It is in somebody's mailbox. */
static void take(const char *id)
{
	for (size_t i = 0; i < server->count; i++) {
		struct letter *letter = &server->letters[i];

		if (strcmp(letter->id, id) != 0)
			continue;
		server->counts.again++;
		if (letter->turn == server->turn)
			violate("an alert was told twice", id);
		letter->turn = server->turn;
		return;
	}
	server->letters = memory_grow(server->letters, server->count, &server->room,
				      sizeof(*server->letters));
	(void)snprintf(server->letters[server->count].id, ID_MAX_LENGTH, "%s", id);
	server->letters[server->count++].turn = server->turn;
	server->counts.taken++;
}

static void on_over(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct mailing *mailing = timer->data;
	struct error cause = { 0 };

	(void)loop;
	(void)events;
	if (mailing->refused) {
		server->counts.refused++;
		(void)error_set(&cause, ERROR_TRANSIENT, "451 4.3.0 try again later");
		mailing->done(mailing->data, NULL, &cause);
	} else {
		take(mailing->id);
		mailing->done(mailing->data, "250 taken\r\n", NULL);
	}
	free(mailing);
}

static void look_for_secrets(const char *text)
{
	for (size_t i = 0; plan_secret_marks[i]; i++)
		if (strstr(text, plan_secret_marks[i]))
			violate("a secret in a mail", text);
}

struct mailing *mailing_start(struct ev_loop *loop, const struct mail_order *order,
			      mailing_done *done, void *data)
{
	static const char mark[] = "Message-ID: ";
	struct mailing *mailing = memory_new(1, sizeof(*mailing));

	mailing->loop = loop;
	mailing->done = done;
	mailing->data = data;
	mailing->refused = server->refusing;
	look_for_secrets(order->body);
	for (size_t i = 0; order->headers[i]; i++) {
		look_for_secrets(order->headers[i]);
		if (strncmp(order->headers[i], mark, sizeof(mark) - 1) == 0)
			(void)snprintf(mailing->id, sizeof(mailing->id), "%s",
				       order->headers[i] + sizeof(mark) - 1);
	}
	ev_timer_init(&mailing->timer, on_over, 1., 0.);
	mailing->timer.data = mailing;
	ev_timer_start(loop, &mailing->timer);
	return mailing;
}

/* Whoever lets go of it does not know whether it arrived. */
void mailing_drop(struct mailing *mailing)
{
	if (!mailing)
		return;
	ev_timer_stop(mailing->loop, &mailing->timer);
	if (!mailing->refused && hash_two(server->seed, server->drawn++) % 2) {
		take(mailing->id);
		server->turn++;
	}
	free(mailing);
}
