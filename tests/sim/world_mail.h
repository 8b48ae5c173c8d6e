/*
 * The mail server of the simulated world: what daemon/fetch_mail.h promises, without threads and
 * without a network. It refuses for days, is lost in the middle, and watches: what was told once is
 * not told again.
 */
#ifndef METRICSD_SIM_WORLD_MAIL_H
#define METRICSD_SIM_WORLD_MAIL_H

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct post;

/* One at a time. */
struct post *post_new(struct ev_loop *loop, uint64_t seed);
void post_free(struct post *post);

/* From now on mails are refused, or not any more. */
void post_refuse(struct post *post, bool refused);

/* What was told just now may not have been written down as told: it may come once more. */
void post_forgive(struct post *post);

/* The first thing that should not have been, or NULL. */
const char *post_violation(const struct post *post);

struct post_counts {
	uint64_t taken, refused, again;
};
struct post_counts post_counts(const struct post *post);

#endif
