#include "source.h"

#include "complaint.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	INCLUDE_DEPTH = 8,
	INCLUDES_MAX = 64, /* files in all */
	INCLUDE_PATH_MAX = 4096,
	NESTING_MAX = 12,
	NAMES_MAX = 200, /* settings in one group */
	NEAR_MAX = 40,
};

enum token {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_TEXT,
	TOKEN_INTEGER,
	TOKEN_FLOAT,
	TOKEN_SWITCH,
	TOKEN_SIGN,    /* one of = : ; , { } ( ) [ ] */
	TOKEN_GARBAGE, /* what no grammar knows */
};

/* One file being read. */
struct frame {
	const char *name;
	const char *bytes;
	size_t length, at;
	size_t line_start; /* where the line began that `at` is in */
	int line;
};

struct scanner {
	struct source *source;
	struct complaints *complaints;
	struct frame frames[INCLUDE_DEPTH];
	size_t depth;
	char *included[INCLUDES_MAX]; /* their bytes: names of settings lie in them */
	size_t includes;
	size_t nesting;
	size_t muted; /* within a setting given twice, whose value goes nowhere */
	bool failed;  /* a complaint says why; the token is TOKEN_END from then on */

	enum token token; /* the one that stands next */
	const char *start;
	size_t size;
	size_t token_line; /* of the source's text */
};

/* --- bytes */

int source_load(const char *path, char **ret, size_t *length, const char **why)
{
	/* a pipe would wait for somebody to write: not for us */
	SCOPED(descriptor)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	SCOPED(memory)
	char *bytes = NULL;
	struct stat about;
	size_t count = 0;

	if (fd < 0 || fstat(fd, &about) < 0) {
		*why = system_words(errno);
		return -1;
	}
	if (!S_ISREG(about.st_mode)) {
		*why = "it is not a file";
		return -1;
	}
	bytes = memory_new(SOURCE_MAX + 1, 1);
	while (count <= SOURCE_MAX) {
		ssize_t got = read(fd, bytes + count, SOURCE_MAX + 1 - count);

		if (got < 0) {
			*why = system_words(errno);
			return -1;
		}
		if (got == 0)
			break;
		count += (size_t)got;
	}
	if (count > SOURCE_MAX) {
		*why = "it is larger than 1 MiB";
		return -1;
	}
	*ret = memory_text_n(bytes, count);
	*length = count;
	return 0;
}

/* --- places */

static size_t text_line(const struct scanner *scanner)
{
	return scanner->source->count - 1;
}

static struct frame *top(struct scanner *scanner)
{
	return &scanner->frames[scanner->depth - 1];
}

/* The next line of the text stands at `line` of the file `name`. */
static void add_place(struct source *source, const char *name, int line)
{
	source->places =
		memory_grow(source->places, source->count, &source->room, sizeof(*source->places));
	source->places[source->count++] = (struct place){ name, line };
}

static const char *add_name(struct source *source, const char *name)
{
	source->names = memory_grow(source->names, source->name_count, &source->name_room,
				    sizeof(*source->names));
	source->names[source->name_count] = memory_text(name);
	return source->names[source->name_count++];
}

struct place source_place(const struct source *source, size_t line)
{
	if (line == 0 || line >= source->count)
		return (struct place){ source->names[0], 0 };
	return source->places[line];
}

static void fail(struct scanner *scanner)
{
	scanner->failed = true;
	scanner->token = TOKEN_END;
}

/* --- files */

/* Every byte of the file is part of a character, or a complaint names the line of the first that is
 * not. */
static bool is_utf8(struct scanner *scanner, const char *name, const char *bytes, size_t length)
{
	int line = 1;

	for (size_t at = 0; at < length;) {
		bool plain = (unsigned char)(bytes[at] - 1) < 0x7f;
		size_t size = plain ? 1 : bytes[at] ? utf8_size(bytes + at, length - at) : 0;

		if (size == 0) {
			add_place(scanner->source, name, line);
			if (bytes[at] == '\0')
				complain(scanner->complaints, text_line(scanner),
					 "a NUL byte: this is not a text file");
			else
				complain(scanner->complaints, text_line(scanner),
					 "byte 0x%02X is not UTF-8: save the file as UTF-8, not as "
					 "Latin-1 or Windows-1252",
					 (unsigned char)bytes[at]);
			fail(scanner);
			return false;
		}
		if (bytes[at] == '\n')
			line++;
		at += size;
	}
	return true;
}

char *source_path(const char *from, const char *path)
{
	const char *slash = *path == '/' ? NULL : strrchr(from, '/');
	struct text whole = TEXT_UP_TO(SOURCE_WHOLE_MAX);

	text_add_n(&whole, from, slash ? (size_t)(slash - from) + 1 : 0);
	text_add(&whole, path);
	return text_take(&whole);
}

static void push(struct scanner *scanner, const char *path, const char *bytes, size_t length)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a UTF-8 file with it */
	const char *name = add_name(scanner->source, path);
	struct frame *frame = &scanner->frames[scanner->depth++];

	*frame = (struct frame){ .name = name, .bytes = bytes, .length = length, .line = 1 };
	if (length >= 3 && memcmp(bytes, mark, 3) == 0)
		frame->at = 3;
	frame->line_start = frame->at;
	if (is_utf8(scanner, name, bytes, length))
		add_place(scanner->source, name, 1);
}

static void pop(struct scanner *scanner)
{
	scanner->depth--;
}

/* The text's next line is the line the file on top has come to. */
static void new_text_line(struct scanner *scanner)
{
	const struct frame *frame = top(scanner);

	text_add_char(&scanner->source->text, '\n');
	add_place(scanner->source, frame->name, frame->line);
}

/* Puts the file named by an `@include "name"` in its place. Relative names start at the directory
 * of the file that includes. */
static void include(struct scanner *scanner, const char *name, size_t length)
{
	SCOPED(memory)
	char *named = memory_text_n(name, length);
	SCOPED(memory)
	char *path = length ? source_path(top(scanner)->name, named) : memory_text("");
	char *bytes = NULL;
	size_t count = 0;
	const char *why = NULL;

	if (scanner->depth == INCLUDE_DEPTH || scanner->includes == INCLUDES_MAX)
		why = "too many files include one another";
	else if (strlen(path) > INCLUDE_PATH_MAX)
		why = "its name is too long";
	else if (source_load(path, &bytes, &count, &why) == 0)
		why = NULL;
	if (why) {
		complain(scanner->complaints, text_line(scanner), "%s cannot be read: %s",
			 shown(path).text, why);
		fail(scanner);
		return;
	}
	scanner->included[scanner->includes++] = bytes;
	text_add_char(&scanner->source->text, '\n');
	push(scanner, path, bytes, count);
}

/* `@include "name"` where a line begins: true when there was one. */
static bool take_include(struct scanner *scanner)
{
	static const char word[] = "@include";
	struct frame *frame = top(scanner);
	const char *line = frame->bytes + frame->at;
	size_t room = frame->length - frame->at;
	size_t at = sizeof(word) - 1;
	size_t start;

	for (size_t i = frame->line_start; i < frame->at; i++)
		if (frame->bytes[i] != ' ' && frame->bytes[i] != '\t')
			return false;
	if (room < at || memcmp(line, word, at) != 0)
		return false;
	while (at < room && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at == room || line[at] != '"')
		return false;
	start = ++at;
	while (at < room && line[at] != '"' && line[at] != '\n')
		at++;
	if (at == room || line[at] != '"')
		return false;
	frame->at += at + 1;
	include(scanner, line + start, at - start);
	return true;
}

/* --- tokens */

/* The sign of two bytes stands next. */
static bool starts(const struct frame *frame, const char sign[2])
{
	const char *next = frame->bytes + frame->at;

	return frame->length - frame->at >= 2 && next[0] == sign[0] && next[1] == sign[1];
}

static void take_newline(struct scanner *scanner)
{
	struct frame *frame = top(scanner);

	frame->at++;
	frame->line++;
	frame->line_start = frame->at;
	new_text_line(scanner);
}

static void skip_line(struct frame *frame)
{
	while (frame->at < frame->length && frame->bytes[frame->at] != '\n')
		frame->at++;
}

static void skip_comment(struct scanner *scanner)
{
	struct frame *frame = top(scanner);
	size_t began = text_line(scanner);

	frame->at += 2;
	while (frame->at < frame->length && !starts(frame, "*/")) {
		if (frame->bytes[frame->at] == '\n')
			take_newline(scanner);
		else
			frame->at++;
	}
	if (frame->at == frame->length) {
		complain(scanner->complaints, began,
			 "syntax error: the comment that begins here has no */");
		fail(scanner);
		return;
	}
	frame->at += 2;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f';
}

/* Blanks, comments and includes up to the next token; false at the end of everything. */
static bool skip_blanks(struct scanner *scanner)
{
	while (!scanner->failed) {
		struct frame *frame = top(scanner);

		if (frame->at == frame->length) {
			if (scanner->depth == 1)
				return false;
			pop(scanner);
			new_text_line(scanner);
		} else if (frame->bytes[frame->at] == '\n') {
			take_newline(scanner);
		} else if (is_blank(frame->bytes[frame->at])) {
			frame->at++;
		} else if (frame->bytes[frame->at] == '#' || starts(frame, "//")) {
			skip_line(frame);
		} else if (starts(frame, "/*")) {
			skip_comment(scanner);
		} else if (frame->bytes[frame->at] != '@' || !take_include(scanner)) {
			return true;
		}
	}
	return false;
}

static bool is_sign(char byte)
{
	switch (byte) {
	case '=':
	case ':':
	case ';':
	case ',':
	case '{':
	case '}':
	case '(':
	case ')':
	case '[':
	case ']':
		return true;
	default: /* a byte is none of our enums */
		return false;
	}
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '*';
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_word(char byte)
{
	return is_letter(byte) || is_digit(byte) || byte == '-' || byte == '_';
}

/* "…" on one line. Escapes are left to libconfig, but for the one that would end the text. */
static enum token text_token(const char *start, size_t room, size_t *size)
{
	size_t at = 1;

	while (at < room && start[at] != '"' && start[at] != '\n') {
		bool escape = start[at] == '\\';

		if (escape && room - at >= 4 && strncasecmp(start + at, "\\x00", 4) == 0)
			break;
		at += escape && at + 1 < room && start[at + 1] != '\n' ? 2 : 1;
	}
	if (at >= room || start[at] != '"') {
		*size = at < room ? at : room;
		return TOKEN_GARBAGE;
	}
	*size = at + 1;
	return TOKEN_TEXT;
}

static size_t digits_at(const char *text, size_t room, bool hexadecimal)
{
	size_t count = 0;

	while (count < room &&
	       (is_digit(text[count]) || (hexadecimal && strchr("abcdefABCDEF", text[count]))))
		count++;
	return count;
}

/* 12, -12, 12L, 0x1F, 1.5, 1e6: the whole word must be one of them. */
static enum token number_token(const char *word, size_t size)
{
	size_t at = word[0] == '-' || word[0] == '+' ? 1 : 0;
	size_t whole;
	bool fraction = false;

	if (size > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
		at = 2 + digits_at(word + 2, size - 2, true);
		whole = at - 2;
	} else {
		whole = digits_at(word + at, size - at, false);
		at += whole;
		if (at < size && word[at] == '.') {
			size_t part = digits_at(word + at + 1, size - at - 1, false);

			fraction = true;
			whole += part;
			at += 1 + part;
		}
		if (whole && at + 1 < size && (word[at] == 'e' || word[at] == 'E')) {
			size_t sign = word[at + 1] == '-' || word[at + 1] == '+' ? 1 : 0;
			size_t power = digits_at(word + at + 1 + sign, size - at - 1 - sign, false);

			if (power == 0)
				return TOKEN_GARBAGE;
			fraction = true;
			at += 1 + sign + power;
		}
	}
	for (int i = 0; i < 2 && !fraction && at < size && word[at] == 'L'; i++)
		at++;
	if (whole == 0 || at != size)
		return TOKEN_GARBAGE;
	return fraction ? TOKEN_FLOAT : TOKEN_INTEGER;
}

static bool is_switch(const char *word, size_t size)
{
	return (size == 4 && strncasecmp(word, "true", 4) == 0) ||
	       (size == 5 && strncasecmp(word, "false", 5) == 0);
}

static enum token token_at(const char *start, size_t room, size_t *size)
{
	size_t length = 0;

	*size = 1;
	if (*start == '"')
		return text_token(start, room, size);
	if (is_sign(*start))
		return TOKEN_SIGN;
	if (is_letter(*start)) {
		while (length < room && is_word(start[length]))
			length++;
		*size = length;
		return is_switch(start, length) ? TOKEN_SWITCH : TOKEN_NAME;
	}
	while (length < room &&
	       (is_word(start[length]) || start[length] == '.' || start[length] == '+'))
		length++;
	if (length == 0)
		return TOKEN_GARBAGE;
	*size = length;
	return number_token(start, length);
}

/* Looks at the next token. */
static void look(struct scanner *scanner)
{
	const struct frame *frame;

	if (!skip_blanks(scanner)) {
		scanner->token = TOKEN_END;
		scanner->token_line = text_line(scanner);
		return;
	}
	frame = top(scanner);
	scanner->start = frame->bytes + frame->at;
	scanner->token_line = text_line(scanner);
	scanner->token = token_at(scanner->start, frame->length - frame->at, &scanner->size);
}

/* All whole numbers become 64 bits wide, the largest one standing for all that are larger. */
static void put_integer(struct text *out, const char *word, size_t size)
{
	SCOPED(memory)
	char *digits = memory_text_n(word, size);
	bool hexadecimal = size > 2 && (word[1] == 'x' || word[1] == 'X');

	text_addf(out, "%lldL", strtoll(digits, NULL, hexadecimal ? 16 : 10));
}

/* Takes the token over into the text; between signs and others no blank is needed. */
static void put(struct scanner *scanner)
{
	struct text *out = &scanner->source->text;

	char last = '\n';

	if (out->length)
		last = out->bytes[out->length - 1];
	if (scanner->token != TOKEN_SIGN && last != '\n' && !is_sign(last))
		text_add_char(out, ' ');
	if (scanner->token == TOKEN_INTEGER)
		put_integer(out, scanner->start, scanner->size);
	else if (scanner->token == TOKEN_FLOAT)
		text_add(out, "0.5"); /* no setting is one: only that it is matters */
	else
		text_add_n(out, scanner->start, scanner->size);
}

/* Takes the token and looks at the next one. */
static void accept(struct scanner *scanner)
{
	if (!scanner->muted)
		put(scanner);
	top(scanner)->at += scanner->size;
	look(scanner);
}

static bool next_is(const struct scanner *scanner, char sign)
{
	return scanner->token == TOKEN_SIGN && *scanner->start == sign;
}

/* --- grammar */

/* What stands at the token, to the end of its line, at most NEAR_MAX bytes of it. */
static struct shown near(const struct scanner *scanner)
{
	const struct frame *frame = &scanner->frames[scanner->depth - 1];
	size_t room = frame->length - frame->at;
	size_t length = 0, kept = 0;
	SCOPED(memory)
	char *rest = NULL;
	struct shown words;

	while (length < room && !strchr("\r\n", scanner->start[length]))
		length++;
	rest = memory_text_n(scanner->start, length);
	words = shown(rest); /* before it is cut: half a secret does not look like one */
	length = strlen(words.text);
	while (kept < length && kept < NEAR_MAX)
		kept += utf8_size(words.text + kept, length - kept);
	while (kept > 1 && strchr(" \t", words.text[kept - 1]))
		kept--;
	words.text[kept] = '\0';
	return words;
}

static void syntax_error(struct scanner *scanner, const char *expected)
{
	if (scanner->failed)
		return;
	if (scanner->token == TOKEN_END)
		complain(scanner->complaints, scanner->token_line,
			 "syntax error at the end of the file, expected %s", expected);
	else
		complain(scanner->complaints, scanner->token_line,
			 "syntax error near \"%s\", expected %s", near(scanner).text, expected);
	fail(scanner);
}

static void expect(struct scanner *scanner, char sign, const char *words)
{
	if (!next_is(scanner, sign)) {
		syntax_error(scanner, words);
		return;
	}
	accept(scanner);
}

static void value(struct scanner *scanner);

static const char plain_number[] = "a whole number of digits only, like 700000000";

/* $700, 700.000.000 */
static bool looks_like_money(const struct scanner *scanner)
{
	return *scanner->start == '$' ||
	       (is_digit(*scanner->start) && memchr(scanner->start, '.', scanner->size));
}

/* One of the names of a group, and where it was given first. */
struct given {
	const char *name; /* in the bytes of its file */
	size_t size;
	size_t line;
};

struct scope {
	struct given *names;
	size_t count, room;
};

/* Keeps the name the scanner stands at: the line where the group already had it, or 0. */
static size_t keep_name(struct scanner *scanner, struct scope *scope)
{
	for (size_t i = 0; i < scope->count; i++)
		if (scope->names[i].size == scanner->size &&
		    memcmp(scope->names[i].name, scanner->start, scanner->size) == 0)
			return scope->names[i].line;
	if (scope->count == NAMES_MAX) {
		syntax_error(scanner, "no more than 200 settings in a group");
		return 0;
	}
	scope->names = memory_grow(scope->names, scope->count, &scope->room, sizeof(*scope->names));
	scope->names[scope->count++] =
		(struct given){ scanner->start, scanner->size, scanner->token_line };
	return 0;
}

static void complain_twice(struct scanner *scanner, size_t first)
{
	SCOPED(memory)
	char *name = memory_text_n(scanner->start, scanner->size);
	struct place place = source_place(scanner->source, first);
	struct place here = source_place(scanner->source, scanner->token_line);

	if (strcmp(place.file, here.file) == 0)
		complain(scanner->complaints, scanner->token_line,
			 "%s is given twice, first in line %d", shown(name).text, place.line);
	else
		complain(scanner->complaints, scanner->token_line,
			 "%s is given twice, first in %s:%d", shown(name).text, place.file,
			 place.line);
}

/* `name = value;` */
static void setting(struct scanner *scanner, struct scope *scope)
{
	size_t first = keep_name(scanner, scope);

	if (scanner->failed)
		return;
	if (first) {
		complain_twice(scanner, first);
		scanner->muted++; /* the first one counts; its value is still looked at */
	}
	accept(scanner);
	if (next_is(scanner, ':'))
		accept(scanner);
	else
		expect(scanner, '=', "\"=\" after the name");
	value(scanner);
	if (next_is(scanner, ';') || next_is(scanner, ','))
		accept(scanner);
	if (scanner->token == TOKEN_INTEGER) /* 80,000,000 */
		syntax_error(scanner, plain_number);
	scanner->muted -= first != 0;
}

static void settings(struct scanner *scanner)
{
	struct scope scope = { 0 };

	while (scanner->token == TOKEN_NAME)
		setting(scanner, &scope);
	free(scope.names);
}

/* The sign that closes what `opened` opened. */
static void close_with(struct scanner *scanner, char sign, size_t opened)
{
	char words[96];
	struct place place = source_place(scanner->source, opened);

	(void)snprintf(words, sizeof(words), "%s \"%c\" that closes what line %d opens",
		       sign == '}' ? "a setting or the" : "a \",\" or the", sign, place.line);
	expect(scanner, sign, words);
}

static void group(struct scanner *scanner)
{
	size_t opened = scanner->token_line;

	accept(scanner);
	settings(scanner);
	close_with(scanner, '}', opened);
}

/* `( … )` of anything, or `[ … ]` of plain values that are all alike. */
static void values(struct scanner *scanner, char sign)
{
	size_t opened = scanner->token_line;
	enum token kind = TOKEN_END;

	accept(scanner);
	while (!scanner->failed && !next_is(scanner, sign)) {
		if (sign == ']' && kind != TOKEN_END && scanner->token != kind) {
			syntax_error(scanner, "a value like the others between [ and ]");
			return;
		}
		kind = scanner->token;
		if (sign == ']' && kind == TOKEN_SIGN) {
			syntax_error(scanner, "a plain value");
			return;
		}
		value(scanner);
		if (!next_is(scanner, ','))
			break;
		accept(scanner);
		if (next_is(scanner, sign))
			syntax_error(scanner, "another value after the \",\"");
	}
	close_with(scanner, sign, opened);
}

static void value(struct scanner *scanner)
{
	if (scanner->nesting == NESTING_MAX) {
		syntax_error(scanner, "no more than 12 levels of brackets");
		return;
	}
	scanner->nesting++;
	if (scanner->token == TOKEN_TEXT) {
		while (scanner->token == TOKEN_TEXT) /* "one" "text" */
			accept(scanner);
	} else if (scanner->token == TOKEN_INTEGER || scanner->token == TOKEN_FLOAT ||
		   scanner->token == TOKEN_SWITCH) {
		accept(scanner);
	} else if (next_is(scanner, '{')) {
		group(scanner);
	} else if (next_is(scanner, '(')) {
		values(scanner, ')');
	} else if (next_is(scanner, '[')) {
		values(scanner, ']');
	} else if (scanner->token == TOKEN_GARBAGE && *scanner->start == '"') {
		syntax_error(scanner, "a closing quote on the same line");
	} else if (scanner->token == TOKEN_GARBAGE && looks_like_money(scanner)) {
		syntax_error(scanner, plain_number);
	} else {
		syntax_error(scanner, "a value: text in quotes, a number, true, false, {, ( or [");
	}
	scanner->nesting--;
}

/* One file into the text, with all it includes; line `whole` stands for it as a whole. */
static int read_file(struct source *source, size_t whole, const char *name, const char *bytes,
		     size_t length, struct complaints *complaints)
{
	struct scanner scanner = { .source = source, .complaints = complaints };

	push(&scanner, name, bytes, length);
	if (!scanner.failed)
		look(&scanner);
	if (!scanner.failed)
		settings(&scanner);
	if (!scanner.failed && scanner.token != TOKEN_END)
		syntax_error(&scanner, "a setting like name = value;");
	while (scanner.depth)
		pop(&scanner);
	while (scanner.includes)
		free(scanner.included[--scanner.includes]);
	if (!scanner.failed && source->text.failed) {
		complain(complaints, whole, "larger than 4 MiB with all it includes");
		scanner.failed = true;
	}
	return scanner.failed ? -1 : 0;
}

int source_read(struct source *source, const char *name, const char *bytes, size_t length,
		struct complaints *complaints)
{
	*source = (struct source){ .text = TEXT_UP_TO(SOURCE_WHOLE_MAX) };
	add_place(source, NULL, 0); /* lines count from 1 */
	return read_file(source, 0, name, bytes, length, complaints);
}

/* Keeps the text without the empty lines that only count. */
static void keep_earlier(struct source *source)
{
	const char *text = text_str(&source->text);
	size_t empty = strspn(text, "\n");

	source->earlier = memory_grow(source->earlier, source->earlier_count, &source->earlier_room,
				      sizeof(*source->earlier));
	source->earlier[source->earlier_count++] =
		(struct earlier){ empty + 1, memory_text(text + empty) };
}

int source_read_more(struct source *source, const char *group, const char *name, const char *bytes,
		     size_t length, struct complaints *complaints)
{
	size_t before = source->count;

	keep_earlier(source);
	add_place(source, add_name(source, name), 0);
	text_clear(&source->text);
	source->text.max = SOURCE_WHOLE_MAX + before + NAMES_MAX; /* with what is put around it */
	for (size_t line = 1; line < before; line++)
		text_add_char(&source->text, '\n');
	text_addf(&source->text, "%s: {\n", group);
	if (read_file(source, before, name, bytes, length, complaints) < 0)
		return -1;
	text_add(&source->text, " }");
	return 0;
}

void source_clear(struct source *source)
{
	for (size_t i = 0; i < source->name_count; i++)
		free(source->names[i]);
	for (size_t i = 0; i < source->earlier_count; i++)
		free(source->earlier[i].text);
	free(source->earlier);
	free(source->names);
	free(source->places);
	text_clear(&source->text);
	*source = (struct source){ 0 };
}
