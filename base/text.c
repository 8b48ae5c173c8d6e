#include "metricsd/text.h"

#include "metricsd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* realloc() would leave what was there to whoever gets that memory next. */
static void move_secret(struct text *text, size_t room)
{
	char *moved = memory_new(room, 1);

	if (text->bytes) {
		memcpy(moved, text->bytes, text->length + 1);
		explicit_bzero(text->bytes, text->room);
		free(text->bytes);
	}
	text->bytes = moved;
}

/* Room for `more` bytes and a NUL behind what is there; false and failed when that is over the
 * ceiling. */
static bool make_room(struct text *text, size_t more)
{
	size_t max = text->max ? text->max : TEXT_MAX_DEFAULT;
	size_t room;

	if (text->failed || more > max || text->length > max - more) {
		text->failed = true;
		return false;
	}
	if (text->length + more < text->room)
		return true;
	room = text->room ? text->room : 64;
	while (room <= text->length + more)
		room *= 2;
	if (text->secret)
		move_secret(text, room);
	else
		text->bytes = memory_resize(text->bytes, room, 1);
	text->room = room;
	return true;
}

void text_clear(struct text *text)
{
	if (text->secret && text->bytes)
		explicit_bzero(text->bytes, text->room);
	free(text->bytes);
	*text = (struct text){ .max = text->max, .secret = text->secret };
}

void text_reset(struct text *text)
{
	text->length = 0;
	text->failed = false;
	if (text->bytes)
		text->bytes[0] = '\0';
}

const char *text_str(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

char *text_take(struct text *text)
{
	char *bytes = text->bytes ? text->bytes : memory_text("");

	*text = (struct text){ .max = text->max, .secret = text->secret };
	return bytes;
}

void text_add_n(struct text *text, const char *bytes, size_t length)
{
	if (!make_room(text, length))
		return;
	if (length)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_n(text, string, strlen(string));
}

void text_add_char(struct text *text, char byte)
{
	text_add_n(text, &byte, 1);
}

void text_set(struct text *text, const char *string)
{
	text_reset(text);
	text_add(text, string);
}

void text_addv(struct text *text, const char *format, va_list arguments)
{
	size_t room = text->room - text->length; /* it nearly always fits into what is there */
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(room > 0 ? text->bytes + text->length : NULL, room, format, again);
	va_end(again);
	if (length < 0 || !make_room(text, (size_t)length)) {
		text->failed = true;
		if (room > 0)
			text->bytes[text->length] = '\0';
		return;
	}
	if ((size_t)length >= room)
		(void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
	text->length += (size_t)length;
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_addv(text, format, arguments);
	va_end(arguments);
}

/* What RFC 3986 (2.3) calls unreserved. */
static bool is_unreserved(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
	       byte == '~';
}

void text_add_url(struct text *text, const char *string)
{
	static const char hex[] = "0123456789ABCDEF";

	while (*string) {
		const char *end = string;
		unsigned char byte;

		while (is_unreserved(*end))
			end++;
		text_add_n(text, string, (size_t)(end - string));
		string = end;
		byte = (unsigned char)*string;
		if (byte) {
			text_add_n(text, (char[]){ '%', hex[byte >> 4], hex[byte & 15] }, 3);
			string++;
		}
	}
}
