/*
 * A Google service account: the JSON file of its key, and what it signs to be given a token for an
 * hour (RFC 7523, "JWT bearer"; RS256).
 */
#ifndef METRICSD_DAEMON_AUTH_GOOGLE_H
#define METRICSD_DAEMON_AUTH_GOOGLE_H

#include <stdint.h>

struct error;
struct text;

/*
 * Out of the file's `document`: the address where tokens are given (its token_uri, of
 * googleapis.com only, or of loopback) and the signed assertion for `scope`, good for an hour from
 * `now`. Both are secrets' neighbours: forget the assertion. ERROR_TOKEN says what is wrong with
 * the file, without quoting it.
 */
int google_sign(const char *document, const char *scope, int64_t now, struct text *url,
		struct text *assertion, struct error *err);

#endif
