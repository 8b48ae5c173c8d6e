#include "metricsd/log.h"

#include "metricsd/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The log is the one thing that belongs to the process and not to whoever calls: what is written,
 * and how. */
static struct {
	enum log_level level;
	bool priorities;
} setup = { LOG_LEVEL_INFO, false };

static const char *const names[] = { "error", "warning", "notice", "info", "debug" };

void log_setup(enum log_level level, bool priorities)
{
	setup.level = level;
	setup.priorities = priorities;
}

int log_level_parse(const char *word, enum log_level *ret)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i]) == 0) {
			*ret = (enum log_level)(LOG_LEVEL_ERROR + (int)i);
			return 0;
		}
	}
	return -1;
}

/* One write() for a line, so that lines of two processes do not mix. */
__attribute__((format(printf, 2, 0))) static void line(enum log_level level, const char *format,
						       va_list arguments)
{
	char bytes[2048];
	int start = 0;
	int length;

	if (level > setup.level)
		return;
	if (setup.priorities)
		start = snprintf(bytes, sizeof(bytes), "<%d>", (int)level);
	else
		start = snprintf(bytes, sizeof(bytes), "%s: ", names[level - LOG_LEVEL_ERROR]);
	length = vsnprintf(bytes + start, sizeof(bytes) - (size_t)start - 1, format, arguments);
	if (length < 0)
		return;
	length += start;
	if (length > (int)sizeof(bytes) - 2)
		length = (int)sizeof(bytes) - 2;
	bytes[length] = '\0';
	utf8_tame(bytes + start, "");
	length = (int)strlen(bytes);
	bytes[length++] = '\n';
	(void)!write(STDERR_FILENO, bytes, (size_t)length);
}

#define LOG_FUNCTION(name, level)               \
	void name(const char *format, ...)      \
	{                                       \
		va_list arguments;              \
                                                \
		va_start(arguments, format);    \
		line(level, format, arguments); \
		va_end(arguments);              \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
