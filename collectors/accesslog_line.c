#include "accesslog_line.h"

#include "metricsd/day.h"
#include "metricsd/error.h"

#include <string.h>
#include <strings.h>

enum { DAY = 86400, HOUR = 3600, MINUTE = 60, TIME_LOCAL = 26, YEAR_MIN = 1990, YEAR_MAX = 2100 };

/* --- formats -------------------------------------------------------------------------------- */

static const struct {
	const char *name, *format;
} known_formats[] = {
	{ "combined", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" },
	{ "common", "%h %l %u %t \"%r\" %>s %b" },
	{ "vhost_combined", "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" },
};

static const struct {
	const char *name;
	enum log_field field;
} nginx_fields[] = {
	{ "remote_addr", LOG_ADDRESS },
	{ "realip_remote_addr", LOG_SKIP },
	{ "host", LOG_HOST },
	{ "http_host", LOG_HOST },
	{ "server_name", LOG_HOST },
	{ "time_local", LOG_TIME_LOCAL },
	{ "time_iso8601", LOG_TIME_ISO },
	{ "msec", LOG_TIME_SECONDS },
	{ "request", LOG_REQUEST },
	{ "request_method", LOG_METHOD },
	{ "request_uri", LOG_PATH },
	{ "uri", LOG_PATH },
	{ "status", LOG_STATUS },
	{ "http_user_agent", LOG_AGENT },
};

struct format_reader {
	const char *at;
	const char *forwarded;
	struct log_format *format;
	struct error *err;
};

/* Puts bytes that stand in every line behind the last field, or before the first. */
static int add_literal(struct format_reader *reader, const char *bytes, size_t length)
{
	struct log_format *format = reader->format;
	struct log_part *part = format->count ? &format->parts[format->count - 1] : NULL;
	char *literal = part ? part->literal : format->lead;
	size_t *known = part ? &part->length : &format->lead_length;

	if (*known + length > FORMAT_LITERAL - 1)
		return error_set(reader->err, ERROR_INPUT,
				 "more than %d characters between two fields", FORMAT_LITERAL - 1);
	memcpy(literal + *known, bytes, length);
	*known += length;
	return 0;
}

static int add_field(struct format_reader *reader, enum log_field field)
{
	struct log_format *format = reader->format;
	const struct log_part *before = format->count ? &format->parts[format->count - 1] : NULL;

	if (before && before->length == 0)
		return error_set(
			reader->err, ERROR_INPUT,
			"nothing stands between two fields: where one ends cannot be told");
	if (format->count == FORMAT_PARTS)
		return error_set(reader->err, ERROR_INPUT, "more than %d fields", FORMAT_PARTS);
	if (format->has[field])
		field = LOG_SKIP; /* the first one of a kind is meant */
	format->parts[format->count++] = (struct log_part){ .field = field };
	format->has[field] = true;
	return 0;
}

static bool names_header(const char *forwarded, const char *name, size_t length)
{
	size_t i;

	if (!forwarded)
		return false;
	if (strncasecmp(forwarded, "http_", 5) == 0)
		forwarded += 5;
	for (i = 0; i < length && forwarded[i]; i++) {
		char a = (char)(forwarded[i] == '_' ? '-' : forwarded[i]);
		char b = (char)(name[i] == '_' ? '-' : name[i]);

		if (strncasecmp(&a, &b, 1) != 0)
			return false;
	}
	return i == length && !forwarded[i];
}

/* $name or ${name}. */
static int read_nginx_field(struct format_reader *reader)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_";
	bool braces = reader->at[1] == '{';
	const char *name = reader->at + 1 + braces;
	size_t length = strspn(name, letters);
	enum log_field field = LOG_SKIP;

	if (length == 0 || (braces && name[length] != '}'))
		return error_set(reader->err, ERROR_INPUT, "no name behind the $ of \"%.20s\"",
				 reader->at);
	reader->at = name + length + braces;
	for (size_t i = 0; i < sizeof(nginx_fields) / sizeof(nginx_fields[0]); i++)
		if (strlen(nginx_fields[i].name) == length &&
		    strncmp(nginx_fields[i].name, name, length) == 0)
			field = nginx_fields[i].field;
	if (length > 5 && strncmp(name, "http_", 5) == 0 &&
	    names_header(reader->forwarded, name + 5, length - 5))
		field = LOG_FORWARDED;
	return add_field(reader, field);
}

static enum log_field apache_header(const struct format_reader *reader, const char *name,
				    size_t length)
{
	if (names_header(reader->forwarded, name, length))
		return LOG_FORWARDED;
	if (length == 10 && strncasecmp(name, "User-Agent", length) == 0)
		return LOG_AGENT;
	if (length == 4 && strncasecmp(name, "Host", length) == 0)
		return LOG_HOST;
	return LOG_SKIP;
}

/* %{…}t: seconds and ISO's own notation are read, others are not. */
static int apache_time(struct format_reader *reader, const char *name, size_t length)
{
	static const struct {
		const char *name;
		enum log_field field;
	} times[] = {
		{ "sec", LOG_TIME_SECONDS },
		{ "begin:sec", LOG_TIME_SECONDS },
		{ "end:sec", LOG_TIME_SECONDS },
		{ "%s", LOG_TIME_SECONDS },
		{ "%d/%b/%Y:%H:%M:%S %z", LOG_TIME_LOCAL },
		{ "%d/%b/%Y:%T %z", LOG_TIME_LOCAL },
		{ "%Y-%m-%dT%H:%M:%S%z", LOG_TIME_ISO },
		{ "%Y-%m-%dT%T%z", LOG_TIME_ISO },
		{ "%FT%T%z", LOG_TIME_ISO },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (strlen(times[i].name) == length && strncmp(times[i].name, name, length) == 0)
			return add_field(reader, times[i].field);
	return add_field(reader, LOG_SKIP);
}

static int apache_letter(struct format_reader *reader, char letter)
{
	switch (letter) {
	case 'h':
	case 'a':
		return add_field(reader, LOG_ADDRESS);
	case 'v':
	case 'V':
		return add_field(reader, LOG_HOST);
	case 't':
		if (add_literal(reader, "[", 1) < 0 || add_field(reader, LOG_TIME_LOCAL) < 0)
			return -1;
		return add_literal(reader, "]", 1);
	case 'r':
		return add_field(reader, LOG_REQUEST);
	case 'm':
		return add_field(reader, LOG_METHOD);
	case 'U':
		return add_field(reader, LOG_PATH);
	case 's':
		return add_field(reader, LOG_STATUS);
	default:
		return add_field(reader, LOG_SKIP);
	}
}

/* %h, %>s, %!200,304b, %{User-Agent}i, %{c}a, %% */
static int read_apache_field(struct format_reader *reader)
{
	const char *at = reader->at + 1;
	const char *name = NULL;
	size_t length = 0;

	if (*at == '%') {
		reader->at = at + 1;
		return add_literal(reader, "%", 1);
	}
	at += strspn(at, "<>!,0123456789");
	if (*at == '{') {
		name = at + 1;
		length = strcspn(name, "}");
		at = name + length + (name[length] == '}');
		at += strspn(at, "<>");
	}
	if (!*at)
		return error_set(reader->err, ERROR_INPUT, "no letter behind the %% of \"%.20s\"",
				 reader->at);
	if (*at == '^') /* %^FB, %^ti */
		at += at[1] && at[2] ? 2 : 0;
	reader->at = at + 1;
	if (name && *at == 'i')
		return add_field(reader, apache_header(reader, name, length));
	if (name && *at == 't')
		return apache_time(reader, name, length);
	if (name && *at == 'a')
		return add_field(reader, LOG_ADDRESS);
	return name ? add_field(reader, LOG_SKIP) : apache_letter(reader, *at);
}

static int read_format(struct format_reader *reader, bool nginx)
{
	while (*reader->at) {
		int result;

		if (*reader->at == (nginx ? '$' : '%')) {
			result = nginx ? read_nginx_field(reader) : read_apache_field(reader);
		} else {
			/* as the server's own configuration writes a quote within quotes */
			if (*reader->at == '\\' && strchr("\"'\\", reader->at[1]) && reader->at[1])
				reader->at++;
			result = *reader->at == '\\' && reader->at[1] == 't'
					 ? add_literal(reader, "\t", 1)
					 : add_literal(reader, reader->at, 1);
			reader->at += *reader->at == '\\' && reader->at[1] == 't' ? 2 : 1;
		}
		if (result < 0)
			return -1;
	}
	return 0;
}

static bool is_wanted(const struct log_format *format, enum log_field field)
{
	if (field == LOG_SKIP)
		return false;
	/* the request line says both */
	return !format->has[LOG_REQUEST] || (field != LOG_METHOD && field != LOG_PATH);
}

/* Whatever stands behind the last field that is wanted is nobody's concern. */
static void finish_format(struct log_format *format)
{
	size_t wanted = 0;

	for (size_t i = 0; i < format->count; i++) {
		struct log_part *part = &format->parts[i];

		if (!is_wanted(format, part->field))
			part->field = LOG_SKIP;
		part->quoted = part->literal[0] == '"';
	}
	for (size_t i = 0; i < format->count; i++)
		if (format->parts[i].field != LOG_SKIP)
			wanted = i + 1;
	format->count = wanted;
	if (wanted > 0 && format->parts[wanted - 1].quoted)
		format->parts[wanted - 1].length = 1;
}

int log_format_parse(const char *format, const char *forwarded, struct log_format *ret,
		     struct error *err)
{
	struct format_reader reader = { .at = format, .format = ret, .err = err };

	if (forwarded && strncmp(forwarded, "%{", 2) == 0)
		forwarded += 2;
	char name[64] = "";
	if (forwarded) {
		size_t length = strcspn(forwarded, "}");

		if (length >= sizeof(name))
			length = sizeof(name) - 1;
		memcpy(name, forwarded, length);
		name[length] = '\0';
		reader.forwarded = name + (name[0] == '$');
	}
	*ret = (struct log_format){ 0 };
	for (size_t i = 0; i < sizeof(known_formats) / sizeof(known_formats[0]); i++)
		if (strcmp(format, known_formats[i].name) == 0)
			reader.at = known_formats[i].format;
	if (!strpbrk(reader.at, "$%"))
		return error_set(err, ERROR_INPUT,
				 "\"%.60s\" is no format: combined, common, vhost_combined, or one "
				 "in the notation of nginx ($remote_addr …) or Apache (%%h …)",
				 format);
	if (read_format(&reader, strchr(reader.at, '$') != NULL) < 0)
		return -1;
	finish_format(ret);
	if (!ret->has[LOG_ADDRESS] && !ret->has[LOG_FORWARDED])
		return error_set(err, ERROR_INPUT, "the format has no client address");
	if (!ret->has[LOG_TIME_LOCAL] && !ret->has[LOG_TIME_ISO] && !ret->has[LOG_TIME_SECONDS])
		return error_set(err, ERROR_INPUT, "the format has no time that is understood");
	if (!ret->has[LOG_REQUEST] && !(ret->has[LOG_METHOD] && ret->has[LOG_PATH]))
		return error_set(err, ERROR_INPUT, "the format has no request");
	if (!ret->has[LOG_STATUS])
		return error_set(err, ERROR_INPUT, "the format has no status");
	if (forwarded && !ret->has[LOG_FORWARDED])
		return error_set(err, ERROR_INPUT,
				 "the format has no field \"%.60s\", which is trusted to name the "
				 "client",
				 forwarded);
	return 0;
}

/* --- times ---------------------------------------------------------------------------------- */

static int digits(const char *text, int count)
{
	int number = 0;

	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

/* "+0100" or "+01:00" or "Z" in seconds; INT64_MIN: neither. */
static int64_t offset_of(const char *text, size_t length)
{
	bool colon = length == 6 && text[3] == ':';
	int hours, minutes;

	if (length == 1 && *text == 'Z')
		return 0;
	if ((length != 5 && !colon) || (*text != '+' && *text != '-'))
		return INT64_MIN;
	hours = digits(text + 1, 2);
	minutes = digits(text + 3 + colon, 2);
	if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59)
		return INT64_MIN;
	return (*text == '-' ? -1 : 1) * ((int64_t)hours * HOUR + (int64_t)minutes * MINUTE);
}

static int64_t time_of(int year, int month, int day, int hour, int minute, int second)
{
	static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
	    day > month_days[month - 1] || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
	    second < 0 || second > 60)
		return INT64_MIN;
	return (int64_t)day_of(year, month, day) * DAY + (int64_t)hour * HOUR +
	       (int64_t)minute * MINUTE + second;
}

static int month_number(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (memcmp(months + (ptrdiff_t)i * 3, name, 3) == 0)
			return i + 1;
	return -1;
}

/* The minute (18 bytes) and the offset (6) as seconds UTC; the seconds are added by the caller. */
static int64_t minute_of(const char *text)
{
	int64_t offset = offset_of(text + 21, 5);
	int64_t time;

	if (text[2] != '/' || text[6] != '/' || text[11] != ':' || text[14] != ':' ||
	    text[17] != ':' || text[20] != ' ' || offset == INT64_MIN)
		return INT64_MIN;
	time = time_of(digits(text + 7, 4), month_number(text + 3), digits(text, 2),
		       digits(text + 12, 2), digits(text + 15, 2), 0);
	return time == INT64_MIN ? time : time - offset;
}

static int64_t local_time(struct log_clock *clock, struct log_text text)
{
	int second;

	if (text.length != TIME_LOCAL)
		return INT64_MIN;
	if (!clock->known || memcmp(clock->minute, text.bytes, sizeof(clock->minute)) != 0 ||
	    memcmp(clock->offset, text.bytes + 20, sizeof(clock->offset)) != 0) {
		int64_t base = minute_of(text.bytes);

		if (base == INT64_MIN)
			return base;
		memcpy(clock->minute, text.bytes, sizeof(clock->minute));
		memcpy(clock->offset, text.bytes + 20, sizeof(clock->offset));
		clock->base = base;
		clock->known = true;
	}
	second = digits(text.bytes + 18, 2);
	return second < 0 || second > 60 ? INT64_MIN : clock->base + second;
}

static int64_t iso_time(struct log_text text)
{
	const char *bytes = text.bytes;
	size_t zone = 19;
	int64_t time, offset;

	if (text.length < 20 || bytes[4] != '-' || bytes[7] != '-' ||
	    (bytes[10] != 'T' && bytes[10] != ' ') || bytes[13] != ':' || bytes[16] != ':')
		return INT64_MIN;
	while (zone < text.length && (bytes[zone] == '.' || digits(bytes + zone, 1) >= 0))
		zone++;
	offset = offset_of(bytes + zone, text.length - zone);
	time = time_of(digits(bytes, 4), digits(bytes + 5, 2), digits(bytes + 8, 2),
		       digits(bytes + 11, 2), digits(bytes + 14, 2), digits(bytes + 17, 2));
	return time == INT64_MIN || offset == INT64_MIN ? INT64_MIN : time - offset;
}

static int64_t seconds_time(struct log_text text)
{
	int64_t seconds = 0;
	size_t i = 0;

	for (; i < text.length && i < 11 && text.bytes[i] >= '0' && text.bytes[i] <= '9'; i++)
		seconds = seconds * 10 + (text.bytes[i] - '0');
	return i < 9 || i > 10 || (i < text.length && text.bytes[i] != '.') ? INT64_MIN : seconds;
}

/* --- lines ---------------------------------------------------------------------------------- */

/* Where the quote is that ends the field: one behind an even number of backslashes. */
static const char *closing_quote(const char *at, const char *end)
{
	const char *begin = at;

	while (at < end && (at = memchr(at, '"', (size_t)(end - at)))) {
		const char *slash = at;

		while (slash > begin && slash[-1] == '\\')
			slash--;
		if (((at - slash) & 1) == 0)
			return at;
		at++;
	}
	return NULL;
}

static const char *part_end(const struct log_part *part, const char *at, const char *end)
{
	const char *found;

	/* a time of fixed length may hold a blank, which may also be what ends it */
	if (part->field == LOG_TIME_LOCAL && end - at >= TIME_LOCAL + (ptrdiff_t)part->length &&
	    memcmp(at + TIME_LOCAL, part->literal, part->length) == 0)
		return at + TIME_LOCAL;
	if (part->length == 0) {
		while (end > at && (end[-1] == ' ' || end[-1] == '\r'))
			end--;
		return end;
	}
	if (part->length == 1)
		return part->quoted ? closing_quote(at, end)
				    : memchr(at, part->literal[0], (size_t)(end - at));
	while (at < end) {
		if (part->quoted)
			found = closing_quote(at, end);
		else
			found = memchr(at, part->literal[0], (size_t)(end - at));
		if (!found || (size_t)(end - found) < part->length)
			return NULL;
		if (memcmp(found, part->literal, part->length) == 0)
			return found;
		at = found + 1;
	}
	return NULL;
}

/* "GET /path HTTP/1.1": method and path. A path may hold blanks, and old clients say no version. */
static bool split_request(struct log_text request, struct log_line *line)
{
	const char *end = request.bytes + request.length;
	const char *blank = memchr(request.bytes, ' ', request.length);
	const char *path;
	const char *last;

	if (!blank || blank == request.bytes)
		return false;
	for (const char *letter = request.bytes; letter < blank; letter++)
		if ((*letter < 'A' || *letter > 'Z') && *letter != '_' && *letter != '-')
			return false;
	path = blank + 1;
	last = memrchr(path, ' ', (size_t)(end - path));
	if (last && end - last > 5 && memcmp(last + 1, "HTTP/", 5) == 0)
		end = last;
	if (path >= end)
		return false;
	line->method = (struct log_text){ request.bytes, (size_t)(blank - request.bytes) };
	line->path = (struct log_text){ path, (size_t)(end - path) };
	return true;
}

static int status_of(struct log_text text)
{
	return text.length == 3 ? digits(text.bytes, 3) : -1;
}

struct line_reading {
	struct log_clock *clock;
	struct log_line *line;
	bool no_time, no_request;
};

static inline bool take_part(struct line_reading *it, enum log_field field, struct log_text text)
{
	struct log_line *line = it->line;

	switch (field) {
	case LOG_SKIP:
		break;
	case LOG_ADDRESS:
		line->address = text;
		return text.length > 0;
	case LOG_FORWARDED:
		line->forwarded = text;
		break;
	case LOG_HOST:
		line->host = text;
		break;
	case LOG_TIME_LOCAL:
		line->time = local_time(it->clock, text);
		break;
	case LOG_TIME_ISO:
		line->time = iso_time(text);
		break;
	case LOG_TIME_SECONDS:
		line->time = seconds_time(text);
		break;
	case LOG_REQUEST:
		it->no_request = !split_request(text, line);
		break;
	case LOG_METHOD:
		line->method = text;
		break;
	case LOG_PATH:
		line->path = text;
		break;
	case LOG_STATUS:
		line->status = status_of(text);
		return line->status >= 0;
	case LOG_AGENT:
		line->agent = text;
		break;
	}
	return true;
}

enum log_fault log_line_read(const struct log_format *format, struct log_clock *clock,
			     const char *bytes, size_t length, struct log_line *ret)
{
	struct line_reading it = { .clock = clock, .line = ret };
	const char *end = bytes + length;
	const char *at = bytes + format->lead_length;

	*ret = (struct log_line){ .time = INT64_MIN };
	if (length < format->lead_length || memcmp(bytes, format->lead, format->lead_length) != 0)
		return LOG_FAULT_FORMAT;
	for (size_t i = 0; i < format->count; i++) {
		const struct log_part *part = &format->parts[i];
		const char *stop = part_end(part, at, end);

		/* the agent of a line that was cut is as good as it is long */
		if (!stop && part->field == LOG_AGENT && i + 1 == format->count && at < end)
			stop = end;
		if (!stop ||
		    !take_part(&it, part->field, (struct log_text){ at, (size_t)(stop - at) }))
			return LOG_FAULT_FORMAT;
		at = stop < end ? stop + part->length : end;
	}
	if (ret->time == INT64_MIN)
		return LOG_FAULT_TIME;
	return it.no_request ? LOG_FAULT_REQUEST : LOG_FINE;
}

int64_t log_line_time(const struct log_format *format, const char *bytes, size_t length)
{
	struct log_clock clock = { 0 };
	struct log_line line;
	enum log_fault fault = log_line_read(format, &clock, bytes, length, &line);

	return fault == LOG_FINE || fault == LOG_FAULT_REQUEST ? line.time : INT64_MIN;
}
