/*
 * Channels nobody can be asked about: X, WhatsApp, the office itself. Their figures are entered by
 * people or come from files; what an account of this kind counts is declared in the configuration.
 */
#include "metricsd/collector.h"
#include "metricsd/error.h"

static const struct metric manual_metrics[] = { { 0 } };
static const struct setting manual_settings[] = { { 0 } };

static int manual_next(const struct job *job, struct request *request, struct error *err)
{
	(void)job;
	(void)request;
	(void)err;
	return 0;
}

static int manual_take(struct job *job, const struct response *response, struct findings *findings,
		       struct error *err)
{
	(void)job;
	(void)response;
	(void)findings;
	return error_set(err, ERROR_REQUEST, "an answer nobody waits for");
}

const struct collector manual_collector = {
	.name = "manual",
	.title = "Manual",
	.metrics = manual_metrics,
	.settings = manual_settings,
	.next = manual_next,
	.take = manual_take,
};
