/*
 * Log lines on stderr with the "<N>" priorities of sd-daemon(3), one line each: who, what, and what
 * happens next. What would break a line or steer a terminal (utf8_shown()) is shown as '?', so that
 * nobody forges one.
 */
#ifndef METRICSD_LOG_H
#define METRICSD_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* What is written from now on; `priorities` puts "<N>" before each line (under systemd). */
void log_setup(enum log_level level, bool priorities);

/* "error", "warning", "notice", "info", "debug" into a level: 0, or -1 for any other word. */
int log_level_parse(const char *word, enum log_level *ret);

__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_warning(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_notice(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_debug(const char *format, ...);

#endif
