/* What providers say of tokens: names and times, never a token. */
#include "internal.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdicts[] = {
	[TOKEN_UNKNOWN] = "unknown",
	[TOKEN_VALID] = "valid",
	[TOKEN_INVALID] = "invalid",
};

/* -1 is nothing said. */
static void bind_time(sqlite3_stmt *statement, int place, int64_t time)
{
	if (time < 0)
		(void)sqlite3_bind_null(statement, place);
	else
		(void)sqlite3_bind_int64(statement, place, time);
}

static int64_t column_time(sqlite3_stmt *statement, int place, int64_t none)
{
	if (sqlite3_column_type(statement, place) == SQLITE_NULL)
		return none;
	return sqlite3_column_int64(statement, place);
}

int store_token_save(struct store *store, const struct token_health *state, struct error *err)
{
	static const char sql[] =
		"INSERT INTO token (checked, expires, data_access_ends, renewed, name, state, "
		"lacks,"
		" words, refused) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		" ON CONFLICT DO UPDATE SET checked = ?1, expires = ?2, data_access_ends = ?3,"
		" renewed = ?4, state = ?6, lacks = ?7, words = ?8, refused = ?9";
	sqlite3_stmt *statement;
	int result = -1;

	if (!*state->name)
		return error_set(err, ERROR_INPUT, "a token without a name");
	if (change_begin(store, err) < 0)
		return -1;
	store->writing = true;
	statement = query(store, sql, INTS(state->checked), err);
	if (statement) {
		bind_time(statement, 2, state->expires);
		bind_time(statement, 3, state->data_access_ends);
		bind_time(statement, 4, state->renewed > 0 ? state->renewed : -1);
		bind_text(statement, 5, state->name);
		bind_text(statement, 6, verdicts[state->verdict]);
		bind_text(statement, 7, state->lacks);
		bind_text(statement, 8, state->words);
		bind_text(statement, 9, state->refused);
		result = query_run(store, statement, err);
	}
	return change_end(store, result, err);
}

int store_token_drop(struct store *store, const char *name, struct error *err)
{
	sqlite3_stmt *statement;
	int result = -1;

	if (change_begin(store, err) < 0)
		return -1;
	store->writing = true;
	statement = query(store, "DELETE FROM token WHERE name = ?1", NULL, 0, err);
	if (statement) {
		bind_text(statement, 1, name);
		result = query_run(store, statement, err);
	}
	return change_end(store, result, err);
}

static enum token_verdict verdict_of(const char *name)
{
	for (enum token_verdict verdict = TOKEN_UNKNOWN; verdict <= TOKEN_INVALID; verdict++)
		if (strcmp(name, verdicts[verdict]) == 0)
			return verdict;
	return TOKEN_UNKNOWN;
}

static void read_token(sqlite3_stmt *statement, void *item)
{
	struct token_health *token = item;

	*token = (struct token_health){
		.verdict = verdict_of(column_text(statement, 1)),
		.checked = sqlite3_column_int64(statement, 2),
		.expires = column_time(statement, 3, -1),
		.data_access_ends = column_time(statement, 4, -1),
		.renewed = column_time(statement, 5, 0),
	};
	(void)snprintf(token->name, sizeof(token->name), "%s", column_text(statement, 0));
	(void)snprintf(token->lacks, sizeof(token->lacks), "%s", column_text(statement, 6));
	(void)snprintf(token->words, sizeof(token->words), "%s", column_text(statement, 7));
	(void)snprintf(token->refused, sizeof(token->refused), "%s", column_text(statement, 8));
}

int store_tokens(struct store *store, struct token_health **ret, size_t *count, struct error *err)
{
	sqlite3_stmt *statement =
		query(store,
		      "SELECT name, state, checked, expires, data_access_ends, renewed, lacks,"
		      " words, refused FROM token ORDER BY name",
		      NULL, 0, err);
	struct list list;

	if (query_list(store, statement, sizeof(struct token_health), read_token, &list, err) < 0) {
		free(list.items);
		return -1;
	}
	*ret = list.items;
	*count = list.count;
	return 0;
}
