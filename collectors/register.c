/*
 * Registers: what an office writes down with its date. Nobody is asked; an account of one of these
 * keeps the register, and its figures are made of the records in it (metricsd/record.h).
 */
#include "metricsd/record.h"

#include "metricsd/collector.h"
#include "metricsd/error.h"

static const struct metric event_metrics[] = {
	{ .id = "events", .kind = METRIC_FLOW, .call = MEASURE_COUNT },
	{ .id = "attendees", .kind = METRIC_FLOW, .call = MEASURE_SUM },
	{ .id = "attendees_per_event", .kind = METRIC_RATIO, .call = MEASURE_MEAN },
	{ .id = "attendees_max", .kind = METRIC_UNIQUE, .call = MEASURE_MAX },
	{ 0 },
};

/* a campaign or a risk that spans two months is one of each: never added up over them */
static const struct metric campaign_metrics[] = {
	{ .id = "campaigns", .kind = METRIC_UNIQUE, .call = MEASURE_PRESENT },
	{ 0 },
};

static const struct metric risk_metrics[] = {
	{ .id = "risks", .kind = METRIC_UNIQUE, .call = MEASURE_PRESENT },
	{ .id = "materialised", .kind = METRIC_UNIQUE, .call = MEASURE_TRUE },
	{ 0 },
};

static const struct setting no_settings[] = { { 0 } };

static int register_next(const struct job *job, struct request *request, struct error *err)
{
	(void)job;
	(void)request;
	(void)err;
	return 0;
}

static int register_take(struct job *job, const struct response *response,
			 struct findings *findings, struct error *err)
{
	(void)job;
	(void)response;
	(void)findings;
	return error_set(err, ERROR_REQUEST, "an answer nobody waits for");
}

const struct collector events_collector = {
	.name = "events",
	.title = "Events",
	.metrics = event_metrics,
	.settings = no_settings,
	.keeps = RECORD_EVENTS,
	.next = register_next,
	.take = register_take,
};

const struct collector campaigns_collector = {
	.name = "campaigns",
	.title = "Campaigns",
	.metrics = campaign_metrics,
	.settings = no_settings,
	.keeps = RECORD_CAMPAIGNS,
	.next = register_next,
	.take = register_take,
};

const struct collector risks_collector = {
	.name = "risks",
	.title = "Risks",
	.metrics = risk_metrics,
	.settings = no_settings,
	.keeps = RECORD_RISKS,
	.next = register_next,
	.take = register_take,
};
