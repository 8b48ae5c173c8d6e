/* Who may be spoken to, and what to do about a server that could not be spoken to in secret. */
#ifndef METRICSD_DAEMON_FETCH_TRUST_H
#define METRICSD_DAEMON_FETCH_TRUST_H

#include <curl/curl.h>
#include <stdbool.h>

struct sockaddr;

/* Whose signature counts, where the configuration names no other file. */
extern const char trust_bundle[];

/* This machine, the only one that is spoken to without TLS. */
bool trust_loopback(const struct sockaddr *address);

/* Words to add to libcurl's own, a sentence that begins with ": ", or "" where there is nothing to
 * add. The handle is the one the transfer failed with. */
const char *trust_advice(CURL *easy, CURLcode code);

#endif
