#include "complaint.h"

#include "source.h"

#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	COMPLAINT_MAX = 2048,
	SHOWN_MAX = 120,
	SECRET_RUN = 24, /* so many letters and digits in a row are no word and no id */
	LAST_LINE = 80,  /* room kept for "… and more" */
};

__attribute__((format(printf, 4, 0))) static void add(struct complaints *complaints, size_t line,
						      enum weight weight, const char *format,
						      va_list arguments)
{
	struct text text = TEXT_UP_TO(COMPLAINT_MAX);

	text_addv(&text, format, arguments);
	complaints->items = memory_grow(complaints->items, complaints->count, &complaints->room,
					sizeof(*complaints->items));
	complaints->items[complaints->count] = (struct complaint){
		.line = line,
		.order = complaints->count,
		.weight = weight,
		.text = text_take(&text),
	};
	complaints->count++;
	complaints->errors += weight == COMPLAINT_ERROR;
	complaints->troubles += weight == COMPLAINT_TROUBLE;
	complaints->lacks += weight == COMPLAINT_LACK;
}

void complain(struct complaints *complaints, size_t line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(complaints, line, COMPLAINT_ERROR, format, arguments);
	va_end(arguments);
}

void complain_of_trouble(struct complaints *complaints, size_t line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(complaints, line, COMPLAINT_TROUBLE, format, arguments);
	va_end(arguments);
}

void complain_of_lack(struct complaints *complaints, size_t line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(complaints, line, COMPLAINT_LACK, format, arguments);
	va_end(arguments);
}

void complain_softly(struct complaints *complaints, size_t line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(complaints, line, COMPLAINT_WARNING, format, arguments);
	va_end(arguments);
}

static bool is_letter_or_digit(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9');
}

static int by_line(const void *left, const void *right)
{
	const struct complaint *a = left;
	const struct complaint *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static bool is_of_name(char byte)
{
	return is_letter_or_digit(byte) || byte == '_';
}

/* The setting a complaint begins with, or names in quotes: its length, 0: none. */
static size_t setting_of(const char **text)
{
	static const char unknown[] = "unknown setting \"";
	size_t length = 0;

	if (strncmp(*text, unknown, sizeof(unknown) - 1) == 0)
		*text += sizeof(unknown) - 1;
	while (is_of_name((*text)[length]))
		length++;
	return length;
}

/* Where the line (from `line` to `end`) has the complaint's setting; SIZE_MAX: it does not, for it
 * is what is missing. */
static size_t place_in(const char *line, const char *end, const char *text)
{
	size_t length = setting_of(&text);

	for (const char *at = line; length && (size_t)(end - at) >= length; at++)
		if ((at == line || !is_of_name(at[-1])) && strncmp(at, text, length) == 0 &&
		    (at + length == end || !is_of_name(at[length])))
			return (size_t)(at - line);
	return SIZE_MAX;
}

/* Sets the places of complaints (they ascend) about the lines of a text that begins at line
 * `number`. */
static void find_places(struct complaints *complaints, size_t number, const char *text)
{
	for (size_t i = 0; i < complaints->count; i++) {
		struct complaint *complaint = &complaints->items[i];

		if (complaint->line < number)
			continue;
		for (const char *end; number < complaint->line; number++) {
			if (!(end = strchr(text, '\n')))
				return;
			text = end + 1;
		}
		if (*text && *text != '\n')
			complaint->place =
				place_in(text, text + strcspn(text, "\n"), complaint->text);
	}
}

/* By line; within one, as the settings stand there. */
static void sort(struct complaints *complaints, const struct source *source)
{
	if (complaints->count == 0)
		return;
	qsort(complaints->items, complaints->count, sizeof(*complaints->items), by_line);
	for (size_t i = 0; i < source->earlier_count; i++)
		find_places(complaints, source->earlier[i].first, source->earlier[i].text);
	find_places(complaints, 1, text_str(&source->text));
	qsort(complaints->items, complaints->count, sizeof(*complaints->items), by_line);
}

void complaints_print(struct complaints *complaints, const struct source *source, struct text *out)
{
	size_t max = out->max ? out->max : TEXT_MAX_DEFAULT;

	sort(complaints, source);
	for (size_t i = 0; i < complaints->count; i++) {
		const struct complaint *complaint = &complaints->items[i];
		struct place place = source_place(source, complaint->line);
		const char *warning = complaint->weight == COMPLAINT_WARNING ? "warning: " : "";

		if (out->length + strlen(place.file) + strlen(complaint->text) + LAST_LINE > max) {
			text_addf(out, "and %zu more\n", complaints->count - i);
			return;
		}
		if (place.line)
			text_addf(out, "%s:%d: %s%s\n", place.file, place.line, warning,
				  complaint->text);
		else
			text_addf(out, "%s: %s%s\n", place.file, warning, complaint->text);
	}
}

void complaints_clear(struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->count; i++)
		free(complaints->items[i].text);
	free(complaints->items);
	*complaints = (struct complaints){ 0 };
}

static size_t run_of(const char *text)
{
	size_t length = 0;

	while (is_letter_or_digit(text[length]))
		length++;
	return length;
}

bool looks_secret(const char *value)
{
	for (; *value; value++)
		if (run_of(value) >= SECRET_RUN)
			return true;
	return false;
}

struct shown shown(const char *value)
{
	static const char left_out[] = "…";
	struct shown shown = { { 0 } };
	size_t length = 0;

	while (*value && length < SHOWN_MAX) {
		size_t run = run_of(value);

		if (run >= SECRET_RUN) {
			memcpy(shown.text + length, left_out, sizeof(left_out) - 1);
			length += sizeof(left_out) - 1;
			value += run;
			continue;
		}
		if (run == 0)
			run = 1;
		for (; run; run--, value++)
			shown.text[length++] = *value;
	}
	/* the rest of a character that was begun, then a sign that more stood there */
	while ((*value & 0xc0) == 0x80 && length < sizeof(shown.text) - sizeof(left_out))
		shown.text[length++] = *value++;
	if (*value)
		memcpy(shown.text + length, left_out, sizeof(left_out) - 1);
	utf8_tame(shown.text, "");
	return shown;
}
