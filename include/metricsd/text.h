/*
 * A string that grows up to a maximum it is born with.
 *
 * `struct text t = { 0 };` is empty, usable and may grow to TEXT_MAX_DEFAULT bytes; TEXT_UP_TO(n)
 * sets another ceiling. A write that would pass it leaves the text as it was and sets `failed`,
 * which whoever uses the result asks for once.
 */
#ifndef METRICSD_TEXT_H
#define METRICSD_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum { TEXT_MAX_DEFAULT = 64 << 10 };

struct text {
	char *bytes; /* NUL-terminated once anything was written; see text_str() */
	size_t length;
	size_t room;
	size_t max; /* 0: TEXT_MAX_DEFAULT */
	bool failed;
	bool secret; /* no copy of it stays in memory: overwritten where it stood when it moves and
			when it goes */
};

#define TEXT_UP_TO(n) ((struct text){ .max = (n) })
#define TEXT_SECRET ((struct text){ .secret = true })

/* Frees what it holds; the text is empty and usable again, with the same ceiling. */
void text_clear(struct text *text);

/* Empties the text but keeps its memory, for the next use. */
void text_reset(struct text *text);

/* Its bytes as a C string, "" while nothing was written. Borrowed until the next change. */
const char *text_str(const struct text *text);

/* Its bytes, the caller's to free(); the text is empty afterwards. Never NULL. */
char *text_take(struct text *text);

void text_set(struct text *text, const char *string);
void text_add(struct text *text, const char *string);
void text_add_n(struct text *text, const char *bytes, size_t length);
void text_add_char(struct text *text, char byte);
__attribute__((format(printf, 2, 3))) void text_addf(struct text *text, const char *format, ...);
__attribute__((format(printf, 2, 0))) void text_addv(struct text *text, const char *format,
						     va_list arguments);

/* Adds `string` percent-encoded (RFC 3986): everything but letters, digits, "-._~". */
void text_add_url(struct text *text, const char *string);

static inline void scoped_text(struct text *text)
{
	text_clear(text);
}

#endif
