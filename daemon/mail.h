/*
 * The head of a mail (RFC 5322) about an alert. Pure; the same alert gives the same head, its
 * Message-ID too, so that a mail that was sent and not written down as sent is known again by
 * whoever gets it twice.
 */
#ifndef METRICSD_DAEMON_MAIL_H
#define METRICSD_DAEMON_MAIL_H

#include "tidings.h"

#include "metricsd/text.h"

enum { MAIL_HEADERS = 9 };

struct mail {
	struct text lines[MAIL_HEADERS];       /* "Subject: …", without ends of lines */
	const char *headers[MAIL_HEADERS + 1]; /* the same, ends with NULL */
	struct text body;
};

/* `from` and `to` are addresses as the configuration checked them. */
void mail_make(const struct tidings *tidings, const char *from, const char *const *to,
	       struct mail *ret);
void mail_clear(struct mail *mail);

/* A header's text for all that it may hold (RFC 2047): as it is while that is plain ASCII, else in
 * encoded words of whole characters. `used`: bytes of its line already. */
void mail_encode(const char *text, size_t used, struct text *out);

/* "Sun, 22 Nov 2026 20:35:55 +0000". */
void mail_date(int64_t time, struct text *out);

static inline void scoped_mail(struct mail *mail)
{
	mail_clear(mail);
}

#endif
