/* What the control socket's requests mean: metricsd/control.h, carried out by the sweeper. */
#ifndef METRICSD_DAEMON_ORDERS_H
#define METRICSD_DAEMON_ORDERS_H

#include "metricsd/collector.h"

struct account;
struct alerts;
struct config;
struct control_handler;
struct errand;
struct orders;
struct sweeper;
struct text;

struct orders_context {
	struct sweeper *sweeper;
	struct alerts *alerts;
	/* The configuration in use. */
	const struct config *(*config)(void *data);
	/* Reads it again: 0, or -1 with the complaints. */
	int (*reload)(void *data, struct text *complaints);
	void *data;
};

struct orders *orders_new(const struct orders_context *context);
void orders_free(struct orders *orders);

/* What a control socket calls; borrowed from `orders`. */
struct control_handler orders_handler(struct orders *orders);

/* Asks for everything an account can be asked for now: publications, insights, stories. False when
 * it is one that people enter. */
bool orders_collect(struct sweeper *sweeper, const struct account *account, struct errand *errand);

#endif
