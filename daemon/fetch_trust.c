#include "fetch_trust.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

const char trust_bundle[] = "/etc/ssl/certs/ca-certificates.crt";

/* OpenSSL's X509_V_ERR_… as libcurl hands them on, without a name for them. */
enum {
	FINE = 0,
	UNSPECIFIED = 1, /* what libcurl begins with: the name was compared before */
	NO_ISSUER_CERTIFICATE = 2,
	NOT_YET_VALID = 9,
	EXPIRED = 10,
	SELF_SIGNED = 18,
	SELF_SIGNED_IN_CHAIN = 19,
	NO_LOCAL_ISSUER = 20,
	FIRST_NOT_VERIFIED = 21,
};

static const char *of_certificate(long verified)
{
	switch (verified) {
	case FINE: /* but not for this name */
	case UNSPECIFIED:
		return ": ask it by the name its certificate is for, or have the "
		       "certificate made for this name";
	case NOT_YET_VALID:
		return ": look whether the clock of this machine is right; if it is, the server "
		       "needs another certificate";
	case EXPIRED:
		return ": the server's certificate must be renewed; if it has been, look whether "
		       "the clock of this machine is right";
	case SELF_SIGNED:
		return ": nobody but itself has signed it; if it is meant to be so, put the "
		       "certificate into the file that ca_file names";
	case NO_ISSUER_CERTIFICATE:
	case SELF_SIGNED_IN_CHAIN:
	case NO_LOCAL_ISSUER:
	case FIRST_NOT_VERIFIED:
		return ": this machine does not know who signed it; put that authority's "
		       "certificate into the file that ca_file names, or have the server "
		       "send its whole chain";
	default:
		return ": the server needs another certificate";
	}
}

bool trust_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

const char *trust_advice(CURL *easy, CURLcode code)
{
	long verified = 0;

	switch ((int)code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		(void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
		return of_certificate(verified);
	case CURLE_SSL_CONNECT_ERROR:
		return ": no secure connection was agreed on; does TLS 1.2 or newer answer at "
		       "this port?";
	case CURLE_SSL_CACERT_BADFILE:
		return ": the file that ca_file names cannot be used";
	default:
		return "";
	}
}
