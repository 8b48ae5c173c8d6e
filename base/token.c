#include "metricsd/token.h"

const char *token_kind_name(enum token_kind kind)
{
	static const char *const names[] = {
		[TOKEN_BEARER] = "bearer",
		[TOKEN_PAGE] = "page",
		[TOKEN_USER] = "user",
		[TOKEN_SYSTEM_USER] = "system-user",
		[TOKEN_SERVICE_ACCOUNT] = "service-account",
		[TOKEN_LOGIN] = "login",
	};

	return names[kind];
}
