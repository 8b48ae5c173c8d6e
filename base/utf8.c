#include "metricsd/utf8.h"

#include <stdbool.h>
#include <string.h>

/* Whether `lead` begins a character whose second byte may be `second` (Unicode 15, table 3-7). */
static bool second_fits(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xE0:
		return second >= 0xA0 && second <= 0xBF;
	case 0xED: /* surrogates */
		return second >= 0x80 && second <= 0x9F;
	case 0xF0:
		return second >= 0x90 && second <= 0xBF;
	case 0xF4:
		return second >= 0x80 && second <= 0x8F;
	default:
		return second >= 0x80 && second <= 0xBF;
	}
}

size_t utf8_size(const char *bytes, size_t left)
{
	unsigned char lead = (unsigned char)bytes[0];
	size_t length;

	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		length = 2;
	else if (lead >= 0xE0 && lead <= 0xEF)
		length = 3;
	else if (lead >= 0xF0 && lead <= 0xF4)
		length = 4;
	else
		return 0;
	if (length > left || !second_fits(lead, (unsigned char)bytes[1]))
		return 0;
	for (size_t i = 2; i < length; i++)
		if (((unsigned char)bytes[i] & 0xC0) != 0x80)
			return 0;
	return length;
}

uint32_t utf8_character(const char *bytes, size_t length)
{
	static const unsigned char lead_bits[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	uint32_t character = (unsigned char)bytes[0] & lead_bits[length];

	for (size_t i = 1; i < length; i++)
		character = character << 6 | ((unsigned char)bytes[i] & 0x3F);
	return character;
}

static bool steers(uint32_t character)
{
	return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0x2028 ||
	       character == 0x2029 || (character >= 0x202A && character <= 0x202E) ||
	       (character >= 0x2066 && character <= 0x2069) || character == 0xFFFE ||
	       character == 0xFFFF;
}

size_t utf8_shown(const char *bytes, size_t left)
{
	size_t size = utf8_size(bytes, left);

	return size && !steers(utf8_character(bytes, size)) ? size : 0;
}

void utf8_tame(char *text, const char *kept)
{
	size_t left = strlen(text);
	char *to = text;

	while (left) {
		size_t size = strchr(kept, *text) ? 1 : utf8_shown(text, left);
		size_t used = size ? size : utf8_size(text, left);

		if (size) {
			memmove(to, text, size);
			to += size;
		} else {
			*to++ = '?';
		}
		used = used ? used : 1;
		text += used;
		left -= used;
	}
	*to = '\0';
}
