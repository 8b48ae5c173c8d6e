#include "orders.h"

#include "alerts.h"
#include "control.h"
#include "sweeper.h"

#include "metricsd/clock.h"
#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One client's request that takes a while. */
struct order {
	struct errand errand; /* first: an errand's order is at its address */
	struct orders *orders;
	struct order *next;
	struct control_client *client; /* NULL: gone; what was begun goes on */
	const char *verb;
	bool checks;
	size_t accounts;
	char account[160]; /* the one that is checked, "": all of them */
};

/* One client's trial of the ways alerts are told by. */
struct trial {
	struct alerts_trial trial; /* first: a trial is at its address */
	struct orders *orders;
	struct trial *next;
	struct control_client *client; /* NULL: gone */
};

struct orders {
	struct orders_context context;
	struct order *open;
	struct trial *trials;
	int64_t since;
};

struct orders *orders_new(const struct orders_context *context)
{
	struct orders *orders = memory_new(1, sizeof(*orders));

	orders->context = *context;
	orders->since = clock_now();
	return orders;
}

void orders_free(struct orders *orders)
{
	if (!orders)
		return;
	while (orders->open) {
		struct order *next = orders->open->next;

		free(orders->open);
		orders->open = next;
	}
	while (orders->trials) {
		struct trial *next = orders->trials->next;

		free(orders->trials);
		orders->trials = next;
	}
	free(orders);
}

/* --- an order's way --- */

static void on_progress(struct errand *errand, const char *words)
{
	struct order *order = (struct order *)errand;

	if (order->client)
		control_progress(order->client, "%s", words);
}

/* A check brings no numbers: who answers as it should, and how many tokens want somebody. */
static void say_checked(const struct order *order, size_t wanting, char *ret, size_t room)
{
	size_t failed = order->errand.failed;
	size_t used;

	if (order->accounts == 0)
		(void)snprintf(ret, room, "nothing to check");
	else if (order->accounts == 1)
		(void)snprintf(ret, room, "checked 1 account: %s",
			       failed ? "not in order" : "it answers");
	else if (failed > 0)
		(void)snprintf(ret, room, "checked %zu accounts: %zu of %zu in order",
			       order->accounts, order->accounts - failed, order->accounts);
	else
		(void)snprintf(ret, room, "checked %zu accounts: %s", order->accounts,
			       order->accounts == 2 ? "both answer" : "all answer");
	used = strlen(ret);
	if (wanting > 0)
		(void)snprintf(ret + used, room - used, "; %zu token%s somebody", wanting,
			       wanting == 1 ? " wants" : "s want");
}

static void say_brought(const struct order *order, char *ret, size_t room)
{
	const struct errand *errand = &order->errand;

	(void)snprintf(ret, room,
		       "%s %zu account%s: %d answers, %zu new and %zu changed numbers, %zu new "
		       "publications; %zu sweep%s failed",
		       order->verb, order->accounts, order->accounts == 1 ? "" : "s",
		       errand->answers, errand->changes.samples, errand->changes.revisions,
		       errand->changes.items, errand->failed, errand->failed == 1 ? "" : "s");
}

/* Whether the token opens an account that was checked. */
static bool is_checked(const struct config *config, const struct order *order,
		       const struct token *token)
{
	const struct account *account;
	struct error err;

	if (order->account[0])
		return config_account(config, NULL, order->account, &account, &err) == 0 &&
		       account->token == token;
	for (size_t i = 0; i < config->entity_count; i++)
		for (size_t j = 0; j < config->entities[i].account_count; j++)
			if (config->entities[i].accounts[j].token == token)
				return true;
	return false;
}

/* What is known of the tokens by now; how many of them want somebody. */
static size_t say_tokens(const struct order *order)
{
	const struct orders_context *context = &order->orders->context;
	const struct config *config = context->config(context->data);
	size_t wanting = 0;
	char words[1024];

	for (size_t i = 0; i < config->token_count; i++) {
		const struct token *token = &config->tokens[i];

		if (!is_checked(config, order, token))
			continue;
		wanting += !sweeper_describe_token(context->sweeper, token, words, sizeof(words));
		if (order->client)
			control_progress(order->client, "%s", words);
	}
	return wanting;
}

static void on_finished(struct errand *errand)
{
	struct order *order = (struct order *)errand;
	struct order **at = &order->orders->open;
	size_t wanting = order->checks ? say_tokens(order) : 0;
	int status = 0;
	char words[256];

	while (*at != order)
		at = &(*at)->next;
	*at = order->next;
	if (errand->store_failed)
		status = 3;
	else if (errand->failed > 0 || wanting > 0)
		status = 1;
	if (order->checks)
		say_checked(order, wanting, words, sizeof(words));
	else
		say_brought(order, words, sizeof(words));
	if (order->client)
		control_end(order->client, status, words, NULL);
	free(order);
}

static struct order *new_order(struct orders *orders, struct control_client *client,
			       const char *verb)
{
	struct order *order = memory_new(1, sizeof(*order));

	order->errand.progress = on_progress;
	order->errand.finished = on_finished;
	order->errand.open = 1; /* ours, until everything is asked for */
	order->orders = orders;
	order->client = client;
	order->verb = verb;
	order->next = orders->open;
	orders->open = order;
	return order;
}

/* Everything was asked for. */
static void order_given(struct order *order)
{
	if (--order->errand.open == 0)
		on_finished(&order->errand);
}

/* --- the commands --- */

bool orders_collect(struct sweeper *sweeper, const struct account *account, struct errand *errand)
{
	if (!account->collector->subject)
		return false;
	sweeper_ask(sweeper, account, SWEEP_DAILY, NULL, errand);
	if (account->collector->watch_hours > 0)
		sweeper_ask(sweeper, account, SWEEP_WATCH, NULL, errand);
	return true;
}

static bool check(struct sweeper *sweeper, const struct account *account, struct errand *errand)
{
	if (!account->collector->subject)
		return false;
	sweeper_ask(sweeper, account, SWEEP_CHECK, NULL, errand);
	return true;
}

typedef bool ask_account(struct sweeper *sweeper, const struct account *account,
			 struct errand *errand);

/* The account a request names: 0 and NULL when it names none, -1 when there is none of the name. */
static int named_account(struct orders *orders, struct control_client *client, const cJSON *request,
			 const struct account **ret)
{
	const char *name = json_text(request, "account");
	struct error err;

	*ret = NULL;
	if (!name)
		return 0;
	if (config_account(orders->context.config(orders->context.data), NULL, name, ret, &err) <
	    0) {
		control_error(client, 2, err.text);
		return -1;
	}
	return 0;
}

static void ask_many(struct orders *orders, struct order *order, ask_account *ask)
{
	const struct config *config = orders->context.config(orders->context.data);

	for (size_t i = 0; i < config->entity_count; i++) {
		const struct entity *entity = &config->entities[i];

		for (size_t j = 0; j < entity->account_count; j++)
			order->accounts +=
				ask(orders->context.sweeper, &entity->accounts[j], &order->errand);
	}
}

static void ask_tokens(struct orders *orders, struct order *order)
{
	const struct config *config = orders->context.config(orders->context.data);

	for (size_t i = 0; i < config->token_count; i++)
		if (is_checked(config, order, &config->tokens[i]))
			sweeper_ask_token(orders->context.sweeper, &config->tokens[i],
					  &order->errand);
}

static void ask_accounts(struct orders *orders, struct control_client *client, const cJSON *request,
			 const char *verb, ask_account *ask)
{
	const struct account *account;
	struct order *order;

	if (named_account(orders, client, request, &account) < 0)
		return;
	order = new_order(orders, client, verb);
	order->checks = ask == check;
	if (account)
		(void)snprintf(order->account, sizeof(order->account), "%s/%s", account->entity->id,
			       account->id);
	if (order->checks)
		ask_tokens(orders, order);
	if (!account)
		ask_many(orders, order, ask);
	else if (ask(orders->context.sweeper, account, &order->errand))
		order->accounts = 1;
	else
		control_progress(client, "%s/%s: nothing to ask: people enter its figures",
				 account->entity->id, account->id);
	order_given(order);
}

static void collect(struct orders *orders, struct control_client *client, const cJSON *request)
{
	ask_accounts(orders, client, request, "collected", orders_collect);
}

static void check_online(struct orders *orders, struct control_client *client, const cJSON *request)
{
	ask_accounts(orders, client, request, "checked", check);
}

static int read_range(const cJSON *request, struct window *ret, struct error *err)
{
	const char *from = json_text(request, "from");
	const char *to = json_text(request, "to");
	int32_t first, last;

	if (!from || !to)
		return error_set(err, ERROR_INPUT,
				 "backfill wants \"account\", \"from\" and \"to\"");
	if (day_parse(from, &first, err) < 0 || day_parse(to, &last, err) < 0)
		return -1;
	if (last < first)
		return error_set(err, ERROR_INPUT, "%s lies before %s", to, from);
	*ret = (struct window){ first, last - first + 1 };
	return 0;
}

/* The part of a range that can be had: what is left out of it is said. -1: there is none. */
static int clip_range(struct orders *orders, struct control_client *client,
		      const struct account *account, struct window *range)
{
	const char *title = account->collector->title;
	struct window past, possible;
	struct error err;
	char first[DAY_TEXT], last[DAY_TEXT], words[256];

	if (sweeper_past(orders->context.sweeper, account, &past, &err) < 0) {
		control_error(client, 1, err.text);
		return -1;
	}
	possible = window_common(*range, past);
	(void)day_text(past.first, first);
	(void)day_text(window_end(past) - 1, last);
	if (possible.days == 0) {
		if (range->first < past.first)
			(void)snprintf(words, sizeof(words), "%s keeps days only since %s", title,
				       first);
		else
			(void)snprintf(words, sizeof(words), "%s is the last day that is over",
				       last);
		control_error(client, 2, words);
		return -1;
	}
	if (range->first < past.first)
		control_progress(client, "%s keeps days only since %s: asked from there on", title,
				 first);
	if (window_end(*range) > window_end(past))
		control_progress(client, "%s is the last day that is over: asked up to it", last);
	*range = possible;
	return 0;
}

static void backfill(struct orders *orders, struct control_client *client, const cJSON *request)
{
	const struct account *account;
	struct window range = { 0 };
	struct order *order;
	struct error err;

	if (named_account(orders, client, request, &account) < 0)
		return;
	if (read_range(request, &range, &err) < 0 || !account) {
		control_error(client, 2, account ? err.text : "backfill wants an \"account\"");
		return;
	}
	if (!account->collector->subject) {
		control_error(client, 2, "nothing to ask: people enter its figures");
		return;
	}
	if (clip_range(orders, client, account, &range) < 0)
		return;
	order = new_order(orders, client, "backfilled");
	order->accounts = 1;
	sweeper_ask(orders->context.sweeper, account, SWEEP_DAILY, &range, &order->errand);
	order_given(order);
}

/* That it was, below what was said of it. */
static const char *reloaded(struct text *complaints)
{
	text_add(complaints, "the configuration was read again");
	return text_str(complaints);
}

static void reload(struct orders *orders, struct control_client *client, const cJSON *request)
{
	struct text complaints = TEXT_UP_TO(32 << 10);

	(void)request;
	if (orders->context.reload(orders->context.data, &complaints) < 0)
		control_error(client, 1, text_str(&complaints));
	else
		control_end(client, 0, reloaded(&complaints), NULL);
	text_clear(&complaints);
}

static void status(struct orders *orders, struct control_client *client, const cJSON *request)
{
	cJSON *more = cJSON_CreateObject();

	(void)request;
	cJSON_AddNumberToObject(more, "pid", getpid());
	cJSON_AddNumberToObject(more, "since", (double)orders->since);
	cJSON_AddStringToObject(more, "version", METRICSD_VERSION);
	sweeper_describe(orders->context.sweeper, more);
	control_end(client, 0, NULL, more);
}

/* --- alerts --- */

static void on_tried(struct alerts_trial *tried, const char *words)
{
	const struct trial *trial = (const struct trial *)tried;

	if (trial->client)
		control_progress(trial->client, "%s", words);
}

static void on_all_tried(struct alerts_trial *tried)
{
	struct trial *trial = (struct trial *)tried;
	struct trial **at = &trial->orders->trials;

	while (*at != trial)
		at = &(*at)->next;
	*at = trial->next;
	if (trial->client)
		control_end(trial->client, tried->failed > 0 ? 1 : 0, NULL, NULL);
	free(trial);
}

static void alerts(struct orders *orders, struct control_client *client, const cJSON *request)
{
	const struct config *config = orders->context.config(orders->context.data);
	struct trial *trial;

	if (!cJSON_IsTrue(json_member(request, "test"))) {
		alerts_nudge(orders->context.alerts);
		control_end(client, 0, NULL, NULL);
		return;
	}
	if (!config->alerts.ways[0]) {
		control_error(client, 1,
			      "nobody is told: metricsd.conf has no `alerts` with mail or hooks");
		return;
	}
	trial = memory_new(1, sizeof(*trial));
	trial->trial.progress = on_tried;
	trial->trial.finished = on_all_tried;
	trial->orders = orders;
	trial->client = client;
	trial->next = orders->trials;
	orders->trials = trial;
	alerts_test(orders->context.alerts, &trial->trial);
}

static const struct {
	const char *name;
	void (*run)(struct orders *orders, struct control_client *client, const cJSON *request);
} commands[] = {
	{ "collect", collect }, { "backfill", backfill }, { "check", check_online },
	{ "reload", reload },   { "status", status },     { "alerts", alerts },
};

static void on_request(void *data, struct control_client *client, const cJSON *request)
{
	const char *name = json_text(request, "command");

	for (size_t i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			commands[i].run(data, client, request);
			return;
		}
	}
	control_error(client, 2,
		      "unknown command: expected collect, backfill, check, reload, status or "
		      "alerts");
}

static void on_gone(void *data, struct control_client *client)
{
	struct orders *orders = data;

	for (struct order *order = orders->open; order; order = order->next)
		if (order->client == client)
			order->client = NULL;
	for (struct trial *trial = orders->trials; trial; trial = trial->next)
		if (trial->client == client)
			trial->client = NULL;
}

struct control_handler orders_handler(struct orders *orders)
{
	return (struct control_handler){ .request = on_request, .gone = on_gone, .data = orders };
}
