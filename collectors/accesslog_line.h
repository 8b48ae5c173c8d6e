/*
 * Lines of a web server's access log: the format as its own notation writes it, and what a line
 * says. Pure; nothing is copied, a line's texts point into the bytes that were given.
 */
#ifndef METRICSD_COLLECTORS_ACCESSLOG_LINE_H
#define METRICSD_COLLECTORS_ACCESSLOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum log_field {
	LOG_SKIP, /* stands in the line and says nothing to us */
	LOG_ADDRESS,
	LOG_FORWARDED,
	LOG_HOST,
	LOG_TIME_LOCAL,   /* 22/Nov/2026:10:05:03 +0100 */
	LOG_TIME_ISO,     /* 2026-11-22T10:05:03+01:00 */
	LOG_TIME_SECONDS, /* 1795338303 or 1795338303.250 */
	LOG_REQUEST,      /* GET /path HTTP/1.1 */
	LOG_METHOD,
	LOG_PATH,
	LOG_STATUS,
	LOG_AGENT,
};
enum { LOG_FIELDS = LOG_AGENT + 1 };

enum { FORMAT_LITERAL = 32, FORMAT_PARTS = 64 };

/* A field and the text that ends it. */
struct log_part {
	enum log_field field;
	bool quoted; /* the text behind it begins with a quote: a backslash takes its meaning away
		      */
	size_t length;
	char literal[FORMAT_LITERAL]; /* "": the field goes to the end of the line */
};

struct log_format {
	size_t lead_length;
	char lead[FORMAT_LITERAL]; /* before the first field */
	struct log_part parts[FORMAT_PARTS];
	size_t count; /* up to the last one that is wanted */
	bool has[LOG_FIELDS];
};

/*
 * "combined", "common", "vhost_combined", or a format in nginx's notation ($remote_addr …) or
 * Apache's (%h …). `forwarded` (NULL: none) names the field that says whom a trusted proxy speaks
 * for: "http_x_forwarded_for", "X-Forwarded-For", or "%{X-Forwarded-For}i". ERROR_INPUT says what
 * of it is not understood or lacks.
 */
int log_format_parse(const char *format, const char *forwarded, struct log_format *ret,
		     struct error *err);

struct log_text {
	const char *bytes;
	size_t length;
};

struct log_line {
	int64_t time; /* seconds UTC */
	struct log_text address, forwarded, host, method, path, agent;
	int status;
};

/* Why a line says nothing that could be counted. */
enum log_fault {
	LOG_FINE,
	LOG_FAULT_FORMAT,  /* it is not of the format, or was cut */
	LOG_FAULT_TIME,    /* no time, or none there is */
	LOG_FAULT_REQUEST, /* "", "-", bytes of TLS: what came was no request */
};

/* The times of lines that follow each other share all but their last digits. { 0 } knows none. */
struct log_clock {
	char minute[18]; /* 22/Nov/2026:10:05: */
	char offset[6];  /* " +0100" */
	int64_t base;    /* of its first second */
	bool known;
};

/* Reads one line, without its newline. After LOG_FAULT_REQUEST the rest of the line is there. */
enum log_fault log_line_read(const struct log_format *format, struct log_clock *clock,
			     const char *bytes, size_t length, struct log_line *ret);

/* The time of a line whose time alone can be read, or INT64_MIN. */
int64_t log_line_time(const struct log_format *format, const char *bytes, size_t length);

#endif
