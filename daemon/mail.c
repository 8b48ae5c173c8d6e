#include "mail.h"

#include "metricsd/cleanup.h"
#include "metricsd/day.h"
#include "metricsd/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	LINE_MAX_LENGTH = 78,
	WORD_MAX = 75, /* RFC 2047 §2 */
	DAY_S = 86400,
};

static const char word_begins[] = "=?UTF-8?Q?";
static const char word_ends[] = "?=";

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return !strstr(text, "=?");
}

/* One character as the Q encoding writes it: itself where it is safe everywhere in a header. */
static size_t encode_character(const char *bytes, size_t size, char ret[16])
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789!*+-/";
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte == ' ')
			ret[length++] = '_';
		else if (byte < 0x80 && strchr(safe, byte))
			ret[length++] = (char)byte;
		else
			length += (size_t)snprintf(ret + length, 4, "=%02X", byte);
	}
	return length;
}

void mail_encode(const char *text, size_t used, struct text *out)
{
	size_t left = strlen(text);
	size_t room = 0; /* of the word at hand */

	if (is_plain(text) && used + left <= LINE_MAX_LENGTH) {
		text_add(out, text);
		return;
	}
	while (left > 0) {
		size_t size = utf8_size(text, left);
		char coded[16];
		size_t length = encode_character(size ? text : "?", size ? size : 1, coded);

		if (room < length) {
			size_t whole = LINE_MAX_LENGTH - used;

			if (whole > WORD_MAX)
				whole = WORD_MAX;
			if (out->length > 0) /* folded: the blank is dropped between words */
				text_add(out, "?=\r\n ");
			text_add(out, word_begins);
			room = whole - (sizeof(word_begins) - 1) - (sizeof(word_ends) - 1);
			used = 1;
		}
		text_add_n(out, coded, length);
		room -= length;
		text += size ? size : 1;
		left -= size ? size : 1;
	}
	text_add(out, word_ends);
}

void mail_date(int64_t time, struct text *out)
{
	/* the week's days counted from 1970-01-01 */
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int32_t day = (int32_t)(time / DAY_S);
	int second = (int)(time % DAY_S);
	int year, month, mday;

	day_split(day, &year, &month, &mday);
	text_addf(out, "%s, %d %s %d %02d:%02d:%02d +0000", days[day % 7], mday, months[month - 1],
		  year, second / 3600, second / 60 % 60, second % 60);
}

/* FNV-1a. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash;
}

/* No two alerts of one cause begin at the same time. Its number is left out: that a store is in
 * trouble is told before it has one, and its end refers to that. */
static void add_id(const struct tidings *tidings, int part, const char *from, struct text *out)
{
	const struct kept_alert *alert = tidings->alert;
	const char *at = strchr(from, '@');

	text_addf(out, "<metricsd.%lld.%d.%016llx%s>", (long long)alert->since, part,
		  (unsigned long long)hash_of(alert->cause), at ? at : "@localhost");
}

/* Addresses one below the other: a line of a header is not to be long. */
static void add_recipients(const char *const *to, struct text *out)
{
	for (size_t i = 0; to[i]; i++)
		text_addf(out, "%s<%s>", i ? ",\r\n " : "", to[i]);
}

void mail_make(const struct tidings *tidings, const char *from, const char *const *to,
	       struct mail *ret)
{
	SCOPED(text)
	struct text subject = { 0 };
	SCOPED(text)
	struct text encoded = { 0 };
	struct text *lines = ret->lines;
	size_t count = 0;

	*ret = (struct mail){ 0 };
	text_add(&subject, "metricsd: ");
	tidings_subject(tidings, &subject);
	mail_encode(text_str(&subject), strlen("Subject: "), &encoded);
	text_add(&lines[count], "Date: ");
	mail_date(tidings_time(tidings), &lines[count++]);
	text_addf(&lines[count++], "From: metricsd <%s>", from);
	text_add(&lines[count], "To: ");
	add_recipients(to, &lines[count++]);
	text_addf(&lines[count++], "Subject: %s", text_str(&encoded));
	text_add(&lines[count], "Message-ID: ");
	add_id(tidings, tidings->part, from, &lines[count++]);
	if (tidings->part != ALERT_BEGAN && !tidings->test) {
		text_add(&lines[count], "References: ");
		add_id(tidings, ALERT_BEGAN, from, &lines[count++]);
	}
	text_add(&lines[count++], "Auto-Submitted: auto-generated"); /* RFC 3834: no reply */
	text_addf(&lines[count++], "X-Metricsd-Event: %s", tidings_event(tidings));
	for (size_t i = 0; i < count; i++)
		ret->headers[i] = text_str(&lines[i]);
	tidings_words(tidings, &ret->body);
}

void mail_clear(struct mail *mail)
{
	for (size_t i = 0; i < MAIL_HEADERS; i++)
		text_clear(&mail->lines[i]);
	text_clear(&mail->body);
	*mail = (struct mail){ 0 };
}
