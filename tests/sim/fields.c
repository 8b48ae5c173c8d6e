#include "world.h"

#include "metricsd/memory.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static char *decoded(const char *bytes, size_t length)
{
	char *text = memory_new(length + 1, 1);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '%' && i + 2 < length && hex_digit(bytes[i + 1]) >= 0 &&
		    hex_digit(bytes[i + 2]) >= 0) {
			text[used++] =
				(char)(hex_digit(bytes[i + 1]) * 16 + hex_digit(bytes[i + 2]));
			i += 2;
		} else {
			text[used++] = (char)(bytes[i] == '+' ? ' ' : bytes[i]);
		}
	}
	return text;
}

void fields_add(struct fields *fields, const char *form, size_t length)
{
	const char *end = form + length;

	while (form < end && fields->count < FIELDS_MAX) {
		const char *stop = memchr(form, '&', (size_t)(end - form));
		const char *equals;

		if (!stop)
			stop = end;
		equals = memchr(form, '=', (size_t)(stop - form));
		if (!equals)
			equals = stop;
		if (equals > form) {
			const char *value = equals < stop ? equals + 1 : stop;

			fields->items[fields->count].name = decoded(form, (size_t)(equals - form));
			fields->items[fields->count].value = decoded(value, (size_t)(stop - value));
			fields->count++;
		}
		form = stop + 1;
	}
}

const char *fields_get(const struct fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcmp(fields->items[i].name, name) == 0)
			return fields->items[i].value;
	return NULL;
}

void fields_clear(struct fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		free(fields->items[i].name);
		free(fields->items[i].value);
	}
	fields->count = 0;
}

bool list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (list && *list) {
		size_t here = strcspn(list, ",");

		if (here == length && strncmp(list, word, length) == 0)
			return true;
		list += here + (list[here] == ',');
	}
	return false;
}
