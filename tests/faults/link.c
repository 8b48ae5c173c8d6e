#include "page.h"
#include "proxy.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t link_read(struct link *link, char *bytes, size_t room)
{
	int got;

	if (link->ssl) {
		ERR_clear_error();
		got = SSL_read(link->ssl, bytes, (int)room);
		if (got <= 0)
			return SSL_get_error(link->ssl, got) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
		door_saw(link->door, bytes, (size_t)got);
		return got;
	}
	do
		got = (int)recv(link->fd, bytes, room, 0);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		door_saw(link->door, bytes, (size_t)got);
	return got;
}

int link_write(struct link *link, const char *bytes, size_t length)
{
	while (length > 0) {
		int sent;

		if (link->ssl) {
			ERR_clear_error();
			sent = SSL_write(link->ssl, bytes,
					 length > (1 << 20) ? 1 << 20 : (int)length);
		} else {
			sent = (int)send(link->fd, bytes, length, MSG_NOSIGNAL);
		}
		if (sent <= 0)
			return -1;
		bytes += sent;
		length -= (size_t)sent;
	}
	return 0;
}

void link_busy(struct link *link, bool busy)
{
	struct faults_page *page = faults_page();

	if (page && link->busy != busy)
		atomic_fetch_add(&page->busy, busy ? 1 : -1);
	link->busy = busy;
}

void link_close(struct link *link)
{
	link_busy(link, false);
	if (link->ssl)
		SSL_free(link->ssl);
	if (link->fd >= 0)
		(void)close(link->fd);
	link->ssl = NULL;
	link->fd = -1;
}

void link_reset(struct link *link)
{
	struct linger at_once = { .l_onoff = 1 };

	(void)setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	if (link->ssl) /* without its goodbye */
		SSL_set_quiet_shutdown(link->ssl, 1);
	link_close(link);
}

static int64_t monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int link_wait(struct link *link, int64_t ms)
{
	int64_t end = monotonic_ms() + ms;
	struct pollfd watched = { .fd = link->fd, .events = POLLRDHUP };

	for (;;) {
		int64_t left = end - monotonic_ms();

		if (left <= 0)
			return 0;
		if (poll(&watched, 1, (int)left) > 0)
			return -1;
	}
}

void link_hold(struct link *link)
{
	link_busy(link, false);
	(void)link_wait(link, INT64_C(1000) * HOLD_S);
}
