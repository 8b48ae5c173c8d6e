/*
 * UTF-8 from outside, read strictly: no overlong forms, no surrogates, nothing beyond U+10FFFF.
 */
#ifndef METRICSD_UTF8_H
#define METRICSD_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that begins at `bytes`, of which `left` (at least 1) may be read; 0 when
 * it is none. */
size_t utf8_size(const char *bytes, size_t left);

/* The character of a length that utf8_size() found. */
uint32_t utf8_character(const char *bytes, size_t length);

/*
 * Bytes of the character that begins at `bytes` when people may be shown it as it is. 0: it is
 * none, or it would steer a terminal or deceive a reader: control characters (C0 with the line's
 * end and the tab, DEL, C1), the separators of lines and paragraphs (U+2028, U+2029), what turns
 * the direction of writing round (U+202A to U+202E, U+2066 to U+2069), and U+FFFE, U+FFFF.
 */
size_t utf8_shown(const char *bytes, size_t left);

/* Puts '?' in place of each character that is not to be shown, but for those of `kept` ("\n"). */
void utf8_tame(char *text, const char *kept);

#endif
