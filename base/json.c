#include "metricsd/json.h"

#include "metricsd/error.h"
#include "metricsd/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this a double no longer holds every integer. */
#define EXACT_MAX 9007199254740992.0

int json_parse(const char *bytes, size_t length, cJSON **ret, struct error *err)
{
	const char *end = NULL;
	cJSON *root;

	root = cJSON_ParseWithLengthOpts(bytes, length, &end, false);
	if (!root)
		return error_set(err, ERROR_MALFORMED, "not JSON (%zu bytes)", length);
	for (; end < bytes + length; end++) {
		if (strchr(" \t\r\n", *end) == NULL || *end == '\0') {
			cJSON_Delete(root);
			return error_set(err, ERROR_MALFORMED, "something behind the JSON text");
		}
	}
	*ret = root;
	return 0;
}

const cJSON *json_member(const cJSON *object, const char *name)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNull(member) ? NULL : member;
}

const cJSON *json_array(const cJSON *object, const char *name)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsArray(member) ? member : NULL;
}

const char *json_text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static int from_digits(const char *digits, const char *what, int64_t *ret, struct error *err)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(digits, &end, 10);
	if (errno || number > (long long)EXACT_MAX || number < -(long long)EXACT_MAX)
		return error_set(err, ERROR_MALFORMED, "%s is beyond 2^53", what);
	if (end == digits || *end || strspn(digits, "-0123456789") != strlen(digits))
		return error_set(err, ERROR_MALFORMED, "%s is not a whole number", what);
	*ret = number;
	return 0;
}

int json_int_value(const cJSON *value, const char *what, int64_t *ret, struct error *err)
{
	if (cJSON_IsString(value))
		return from_digits(value->valuestring, what, ret, err);
	if (!cJSON_IsNumber(value))
		return error_set(err, ERROR_MALFORMED, "%s is not a number", what);
	if (fabs(value->valuedouble) > EXACT_MAX)
		return error_set(err, ERROR_MALFORMED, "%s is beyond 2^53", what);
	if (value->valuedouble != floor(value->valuedouble))
		return error_set(err, ERROR_MALFORMED, "%s is not a whole number", what);
	*ret = (int64_t)value->valuedouble;
	return 0;
}

int json_int(const cJSON *object, const char *name, int64_t *ret, struct error *err)
{
	const cJSON *member = json_member(object, name);

	if (!member)
		return error_set(err, ERROR_MALFORMED, "no \"%s\"", name);
	return json_int_value(member, name, ret, err);
}

void json_quote(struct text *out, const char *string)
{
	text_add_char(out, '"');
	for (; *string; string++) {
		switch (*string) {
		case '"':
			text_add(out, "\\\"");
			break;
		case '\\':
			text_add(out, "\\\\");
			break;
		case '\n':
			text_add(out, "\\n");
			break;
		case '\t':
			text_add(out, "\\t");
			break;
		default:
			if ((unsigned char)*string < 0x20)
				text_addf(out, "\\u%04x", (unsigned char)*string);
			else
				text_add_char(out, *string);
		}
	}
	text_add_char(out, '"');
}
