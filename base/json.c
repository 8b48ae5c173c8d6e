#include "metricsd/json.h"

#include "metricsd/error.h"
#include "metricsd/text.h"
#include "metricsd/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this a double no longer holds every integer. */
#define EXACT_MAX 9007199254740992.0

/*
 * cJSON asks for a piece of memory for each value, each name and each text of a document, thousands
 * in all, and gives them back together. While it parses, they are cut from one block, which begins
 * anew when the last of them came back; what finds no room there is malloc()'s.
 *
 * This is state of the process, which no file should keep: but cJSON's hooks belong to the process
 * and are told no owner, so that a block handed in could not reach them. It is not seen outside of
 * this file, and nothing but speed depends on it. The address sanitizer must see each piece by
 * itself: under it there is no block.
 */
enum {
	BLOCK_BYTES = 256 << 10,
	PIECE_ALIGNED = 16,
	VALUES_MAX = 512 << 10, /* 64 bytes each, and their texts */
};

#if defined(__SANITIZE_ADDRESS__)
#define CUTS_PIECES false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CUTS_PIECES false
#endif
#endif
#ifndef CUTS_PIECES
#define CUTS_PIECES true
#endif

static struct {
	_Alignas(PIECE_ALIGNED) char bytes[BLOCK_BYTES];
	size_t used;
	size_t pieces;
	bool hooked;
	bool parsing;
} block;

static void *take_piece(size_t size)
{
	size_t taken = (size + PIECE_ALIGNED - 1) / PIECE_ALIGNED * PIECE_ALIGNED;
	void *piece = block.bytes + block.used;

	if (!block.parsing || size > BLOCK_BYTES || taken > BLOCK_BYTES - block.used)
		return malloc(size);
	block.used += taken;
	block.pieces++;
	return piece;
}

static void give_piece_back(void *piece)
{
	uintptr_t at = (uintptr_t)piece;
	uintptr_t first = (uintptr_t)block.bytes;

	if (at < first || at >= first + BLOCK_BYTES)
		free(piece);
	else if (--block.pieces == 0)
		block.used = 0;
}

static cJSON *parse(const char *bytes, size_t length, const char **end)
{
	cJSON *root;

	if (!block.hooked && CUTS_PIECES)
		cJSON_InitHooks(&(cJSON_Hooks){ take_piece, give_piece_back });
	block.hooked = true;
	block.parsing = true;
	root = cJSON_ParseWithLengthOpts(bytes, length, end, false);
	block.parsing = false;
	return root;
}

/* Nearly all of it is ASCII: eight bytes at a time. */
static bool is_utf8(const char *bytes, size_t length)
{
	for (size_t at = 0; at < length;) {
		uint64_t eight;
		size_t size;

		if (length - at >= sizeof(eight)) {
			memcpy(&eight, bytes + at, sizeof(eight));
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				at += sizeof(eight);
				continue;
			}
		}
		size = utf8_size(bytes + at, length - at);
		if (size == 0)
			return false;
		at += size;
	}
	return true;
}

/* Each value takes a piece of memory far larger than its bytes: what may become of a text is
 * bounded before it is parsed. A short one cannot hold too many. */
static bool is_too_wide(const char *bytes, size_t length)
{
	size_t values = 0;

	if (length <= VALUES_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		values += bytes[i] == ',' || bytes[i] == '[' || bytes[i] == '{';
	return values > VALUES_MAX;
}

/* A text that says NUL would end there for whoever reads it: another one's id, again. */
static bool says_nul(const char *bytes, size_t length)
{
	const char *end = bytes + length;
	const char *at = bytes;

	if (memchr(bytes, '\0', length)) /* cJSON minds no control characters */
		return true;
	while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
			return true;
		at += end - at >= 2 ? 2 : 1; /* with what it escapes */
	}
	return false;
}

int json_parse(const char *bytes, size_t length, cJSON **ret, struct error *err)
{
	const char *end = NULL;
	cJSON *root;

	/* cJSON takes any bytes for text: an id that was damaged would be another one's */
	if (!is_utf8(bytes, length))
		return error_set(err, ERROR_MALFORMED, "not UTF-8 (%zu bytes)", length);
	if (is_too_wide(bytes, length))
		return error_set(err, ERROR_MALFORMED, "more than %d values", VALUES_MAX);
	if (says_nul(bytes, length))
		return error_set(err, ERROR_MALFORMED, "a text with a NUL in it");
	root = parse(bytes, length, &end);
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

void json_add_shown(struct text *out, const char *json)
{
	size_t left = strlen(json);

	while (left) {
		size_t size = *json == '\n' || *json == '\t' ? 1 : utf8_shown(json, left);
		size_t used = size ? size : utf8_size(json, left);

		if (size)
			text_add_n(out, json, size);
		else
			text_addf(out, "\\u%04x",
				  used ? (unsigned)utf8_character(json, used) : 0xFFFDU);
		used = used ? used : 1;
		json += used;
		left -= used;
	}
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
