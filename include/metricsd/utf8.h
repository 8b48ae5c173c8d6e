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

#endif
