/*
 * Secrets as they lie in files, and which of them is shown for a token: the one in use until
 * another one in its place has proved to be good. A file is looked at before every use.
 *
 * What the daemon renewed itself is kept below the state directory, tokens/ID, and is in use as
 * long as root's file holds what it held then.
 */
#ifndef METRICSD_DAEMON_AUTH_KEYS_H
#define METRICSD_DAEMON_AUTH_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct keys;
struct secret_place;
struct text;
struct token;

struct keys *keys_new(void);
void keys_free(struct keys *keys);

/* Where renewed secrets are kept; NULL: nowhere, none is read or written. */
void keys_keep_in(struct keys *keys, const char *state_directory);

/* Somebody asks about tokens that can be asked about before another secret of theirs is used
 * (keys_judge); else the first use decides of every one. */
void keys_inspected(struct keys *keys, bool inspected);

/* What stands at a place, on one line and fit for a header; borrowed until the next call. */
int keys_secret(struct keys *keys, const struct secret_place *place, const char **ret,
		struct error *err);

/* Which secret of a token: the one to be used, or the one that is to take its place. */
enum key_which { KEY_IN_USE, KEY_FRESH };

/* The secret and its number: another number, another secret. Borrowed until the next call.
 * ERROR_TOKEN says what is wrong with its file, ERROR_OURS that it could not be read just now. */
int keys_show(struct keys *keys, const struct token *token, enum key_which which, const char **ret,
	      unsigned *serial, struct error *err);

/* When what is used was written, put there or made readable, or the secret of the token's app was,
 * if that is later (time); 0: there is nothing. */
int64_t keys_time(struct keys *keys, const struct token *token);

struct key_view {
	unsigned serial;   /* of the secret in use, 0: there is none */
	int64_t renewed;   /* time the daemon renewed it, 0: it is root's */
	unsigned fresh;    /* of one that is to take its place and was not judged yet, 0: none */
	bool renewal;      /* that is a renewal of the one in use */
	bool tried;        /* its first use decides */
	bool refused;      /* root's file holds what was refused */
	const char *wrong; /* why nothing can be had from root's file, "" when all is well;
			    * borrowed until the next call */
};
/* `looks`: at root's file first. */
void keys_view(struct keys *keys, const struct token *token, bool looks, struct key_view *ret);

/* Whether the first use of some secret decides. */
bool keys_trying(const struct keys *keys);

/* Counts whatever keys_view() would say differently since. */
unsigned keys_news(const struct keys *keys);

/* Of the one that is to take a secret's place: it does (-1 and ERROR_OURS when a renewed one cannot
 * be written down), it does not, or its first use will tell. Another one than `serial`: nothing
 * happens. */
enum key_verdict { KEY_ADOPTED, KEY_REFUSED, KEY_TRIED };
int keys_judge(struct keys *keys, const struct token *token, unsigned serial,
	       enum key_verdict verdict, int64_t now, struct error *err);

/* Renewed secrets of other tokens than these go, on disk and in memory. */
void keys_keep_only(struct keys *keys, const struct token *tokens, size_t count);

/* What was given in place of the secret in use, to be judged; copied. ERROR_MALFORMED for what is
 * no secret, or the same. */
int keys_renew(struct keys *keys, const struct token *token, const char *value, struct error *err);

/* Bytes of a secret as base64 (RFC 4648 §4), appended to `ret`, which forgets what it holds. */
void keys_base64(const char *bytes, size_t length, struct text *ret);

#endif
