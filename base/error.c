#include "metricsd/error.h"

#include "metricsd/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, enum error_class class, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return -1;
	err->class = class;
	err->lasting = false;
	va_start(arguments, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, arguments);
	va_end(arguments);
	utf8_tame(err->text, "");
	return -1;
}

int error_within(struct error *err, const char *format, ...)
{
	char words[sizeof(err->text)];
	char whole[sizeof(err->text)];
	va_list arguments;

	if (!err)
		return -1;
	va_start(arguments, format);
	(void)vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	/* what does not fit is cut at the end: the words in front say where */
	if (snprintf(whole, sizeof(whole), "%s: %s", words, err->text) < 0)
		whole[0] = '\0';
	memcpy(err->text, whole, sizeof(whole));
	utf8_tame(err->text, "");
	return -1;
}

bool disk_is_full(int number)
{
	return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

const char *system_words(int number)
{
	const char *words;

	if (disk_is_full(number))
		return "the disk is full: make room";
	words = strerrordesc_np(number);
	return words ? words : "an error the system has no words for";
}

const char *error_class_name(enum error_class class)
{
	switch (class) {
	case ERROR_NONE:
		return "none";
	case ERROR_TRANSIENT:
		return "transient";
	case ERROR_THROTTLED:
		return "throttled";
	case ERROR_TOKEN:
		return "token";
	case ERROR_PERMISSION:
		return "permission";
	case ERROR_METRIC:
		return "metric";
	case ERROR_REQUEST:
		return "request";
	case ERROR_MALFORMED:
		return "malformed";
	case ERROR_INPUT:
		return "input";
	case ERROR_BUSY:
		return "busy";
	case ERROR_OURS:
		return "ours";
	}
	return "none";
}
