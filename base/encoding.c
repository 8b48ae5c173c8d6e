#include "metricsd/encoding.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

enum { LOOKED_AT = 64 /* bytes, to tell UTF-16 from others */ };

static bool has_mark(const char *bytes, size_t length, const char *mark)
{
	return length >= 2 && memcmp(bytes, mark, 2) == 0;
}

/* NULs at even or odd places alone: what letters of our languages look like in UTF-16. */
static bool nuls_in_turn(const char *bytes, size_t length, size_t *place)
{
	size_t nuls[2] = { 0 };
	size_t looked = length < LOOKED_AT ? length & ~(size_t)1 : LOOKED_AT;

	for (size_t i = 0; i < looked; i++)
		nuls[i & 1] += bytes[i] == '\0';
	*place = nuls[1] ? 1 : 0;
	return looked >= 2 && !nuls[1 - *place] && nuls[*place] * 4 > looked;
}

/* 1: the low byte first; 0: the high one; -1: not UTF-16. */
static int order_of(const char *bytes, size_t length)
{
	size_t place;

	if (has_mark(bytes, length, "\xFF\xFE"))
		return 1;
	if (has_mark(bytes, length, "\xFE\xFF"))
		return 0;
	return nuls_in_turn(bytes, length, &place) ? (int)place : -1;
}

bool is_utf16(const char *bytes, size_t length)
{
	return order_of(bytes, length) >= 0;
}

int utf16_decode(const char *bytes, size_t length, char **ret, size_t *ret_length,
		 struct error *err)
{
	bool low_first = order_of(bytes, length) != 0;
	size_t mark = has_mark(bytes, length, "\xFF\xFE") || has_mark(bytes, length, "\xFE\xFF");
	size_t count = length / 2 - mark;
	UChar *units;
	char *text;
	int32_t made = 0;
	UErrorCode status = U_ZERO_ERROR;

	if (length % 2 != 0)
		return error_set(err, ERROR_INPUT,
				 "UTF-16 that ends within a character: the file was cut; export or "
				 "copy it again");
	if (count > INT32_MAX / 3)
		return error_set(err, ERROR_INPUT, "more UTF-16 than can be read at once");
	units = memory_new(count + 1, sizeof(*units));
	for (size_t i = 0; i < count; i++) {
		const unsigned char *pair = (const unsigned char *)bytes + 2 * (i + mark);

		units[i] = (UChar)(low_first ? pair[0] | pair[1] << 8 : pair[0] << 8 | pair[1]);
	}
	text = memory_new(3 * count + 1, 1);
	(void)u_strToUTF8(text, (int32_t)(3 * count + 1), &made, units, (int32_t)count, &status);
	free(units);
	if (U_FAILURE(status)) {
		free(text);
		return error_set(err, ERROR_INPUT,
				 "not readable as UTF-16: half a character stands alone");
	}
	*ret = text;
	*ret_length = (size_t)made;
	return 0;
}

/* Any blanks as one, none at the ends. */
static int32_t squeeze(UChar *units, int32_t count)
{
	int32_t kept = 0;

	for (int32_t i = 0; i < count; i++) {
		if (!u_isUWhiteSpace(units[i]))
			units[kept++] = units[i];
		else if (kept && units[kept - 1] != ' ')
			units[kept++] = ' ';
	}
	return kept && units[kept - 1] == ' ' ? kept - 1 : kept;
}

void text_add_folded(struct text *text, const char *string)
{
	enum { ROOM = 512 };
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *folding = unorm2_getNFKCCasefoldInstance(&status);
	UChar units[ROOM], folded[ROOM];
	char bytes[3 * ROOM];
	int32_t count = 0;
	int32_t made = 0;

	(void)u_strFromUTF8(units, ROOM, &count, string, -1, &status);
	count = U_SUCCESS(status) ? unorm2_normalize(folding, units, count, folded, ROOM, &status)
				  : 0;
	if (U_SUCCESS(status))
		count = squeeze(folded, count);
	(void)u_strToUTF8(bytes, sizeof(bytes), &made, folded, count, &status);
	if (U_SUCCESS(status))
		text_add_n(text, bytes, (size_t)made);
}
