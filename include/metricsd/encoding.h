/*
 * Text files as other programs write them, read as UTF-8; and names compared as people do.
 */
#ifndef METRICSD_ENCODING_H
#define METRICSD_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct text;

/* Whether the bytes are UTF-16: by their mark, else because every second one of the first is NUL.
 */
bool is_utf16(const char *bytes, size_t length);

/* UTF-16, with or without its mark, as UTF-8: `ret` is the caller's. ERROR_INPUT for half
 * characters: the file was cut, or is something else. */
int utf16_decode(const char *bytes, size_t length, char **ret, size_t *ret_length,
		 struct error *err);

/* Adds `string` as names are compared: Unicode's NFKC without difference of case, blanks of any
 * kind as one, none at the ends. What is no UTF-8 is added as nothing. */
void text_add_folded(struct text *text, const char *string);

#endif
