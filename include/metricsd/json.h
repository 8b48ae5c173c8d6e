/*
 * Reading and writing JSON with cJSON.
 *
 * cJSON keeps numbers as doubles: an integer beyond 2^53 is refused here rather than rounded, and
 * ids are read as strings. Members are matched with their case.
 */
#ifndef METRICSD_JSON_H
#define METRICSD_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct text;

/* Parses exactly `length` bytes of UTF-8 (trailing blanks allowed; cJSON itself refuses a depth
 * over 1,000). ERROR_MALFORMED else.
 */
int json_parse(const char *bytes, size_t length, cJSON **ret, struct error *err);

/* The member of an object, NULL when it is absent or `null`. Borrowed. */
const cJSON *json_member(const cJSON *object, const char *name);

/* The array `name`, NULL when absent or of another type (cJSON_ArrayForEach takes NULL). */
const cJSON *json_array(const cJSON *object, const char *name);

/* The string `name`, NULL when absent or of another type. Borrowed. */
const char *json_text(const cJSON *object, const char *name);

/* The whole number `name`; a string of digits counts too. ERROR_MALFORMED when it is absent, has a
 * fraction, or is beyond 2^53. */
int json_int(const cJSON *object, const char *name, int64_t *ret, struct error *err);

/* The same of a value itself. `what` names it in the error. */
int json_int_value(const cJSON *value, const char *what, int64_t *ret, struct error *err);

/* Adds a JSON text to `out`; what is not to be shown (utf8_shown()) stands in it as its number. */
void json_add_shown(struct text *out, const char *json);

/* A JSON string literal, quotes included, added to `out`. */
void json_quote(struct text *out, const char *string);

static inline void scoped_json(cJSON **json)
{
	cJSON_Delete(*json);
}

#endif
