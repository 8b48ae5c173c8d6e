/*
 * What the tokens are worth: each is asked about once a day where its platform can be asked
 * (metricsd/token.h), else it shows when it is used; one that was refused is asked about sooner,
 * and nobody waits for another one any longer than until it is found good; a secret that replaces
 * another is judged before it is used; a person's long-lived token is renewed at half of its life.
 *
 * Has no timer of its own: the sweeper looks at it whenever something happened and when it is due,
 * and stores what has changed within its own transactions.
 */
#ifndef METRICSD_DAEMON_TOKENS_H
#define METRICSD_DAEMON_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct auth;
struct carry;
struct config;
struct errand;
struct error;
struct holds;
struct store;
struct token;
struct tokens;

struct tokens_context {
	struct auth *auth;
	struct store *store;
	struct holds *holds;
	bool by_itself; /* asks providers; else only what use shows is known */
	/* An answer came: tokens_look() should be called, from the loop. */
	void (*wake)(void *data);
	void *data;
};

/* What the store knows of them. Everything is borrowed. */
struct tokens *tokens_new(const struct tokens_context *context, struct error *err);
void tokens_free(struct tokens *tokens);

/* Those of a configuration, borrowed until tokens_drop(), which also drops what is under way. */
void tokens_use(struct tokens *tokens, const struct config *config, int64_t now);
void tokens_drop(struct tokens *tokens);

/* Asks whatever is due. */
void tokens_look(struct tokens *tokens, int64_t now);

/* When something will be (time). */
int64_t tokens_next(const struct tokens *tokens);

/* What came of a request that was carried out with a token: it was taken (`checked`: for a person
 * who wants to know, whoever else waits), or refused for the token's sake. True: another secret is
 * shown from now on, so it can be asked again at once. */
void tokens_accepted(struct tokens *tokens, const struct carry *carry, bool checked, int64_t now);
bool tokens_refused(struct tokens *tokens, const struct carry *carry, const char *words,
		    int64_t now);

/* Tokens nobody has to wait for any more: their secret was replaced by one that proved to be good,
 * or did so itself after it was refused. Each once, NULL: no more. */
const struct token *tokens_replaced(struct tokens *tokens);

/* Whether there is something to store; stores it, within the caller's transaction; hears what
 * became of that. */
bool tokens_unwritten(const struct tokens *tokens);
int tokens_write(struct tokens *tokens, struct error *err);
void tokens_written(struct tokens *tokens, bool kept);

/* Somebody wants to know at once: the errand is one more open until that is over. */
void tokens_ask(struct tokens *tokens, const struct token *token, struct errand *errand);

/* "token meta (system-user): valid, never expires; lacks read_insights": true when nobody has to do
 * anything about it. */
bool tokens_describe(struct tokens *tokens, const struct token *token, int64_t now, char *ret,
		     size_t room);

#endif
