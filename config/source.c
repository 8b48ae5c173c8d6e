#include "source.h"

#include "complaint.h"

#include "metricsd/cleanup.h"
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
	char *memory; /* NULL: the caller's bytes */
	char *directory;
};

struct scanner {
	struct source *source;
	struct complaints *complaints;
	struct frame frames[INCLUDE_DEPTH];
	size_t depth;
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
		*why = strerror(errno);
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
			*why = strerror(errno);
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
		size_t size = bytes[at] ? utf8_size(bytes + at, length - at) : 0;

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

/* The part of `path` up to and with its last '/', "" when it has none. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return memory_text_n(path, slash ? (size_t)(slash - path) + 1 : 0);
}

static void push(struct scanner *scanner, const char *path, const char *bytes, size_t length,
		 char *memory)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a UTF-8 file with it */
	const char *name = add_name(scanner->source, path);
	struct frame *frame = &scanner->frames[scanner->depth++];

	*frame = (struct frame){
		.name = name, .bytes = bytes, .length = length, .line = 1, .memory = memory
	};
	frame->directory = directory_of(path);
	if (length >= 3 && memcmp(bytes, mark, 3) == 0)
		frame->at = 3;
	frame->line_start = frame->at;
	if (is_utf8(scanner, name, bytes, length))
		add_place(scanner->source, name, 1);
}

static void pop(struct scanner *scanner)
{
	struct frame *frame = &scanner->frames[--scanner->depth];

	free(frame->memory);
	free(frame->directory);
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
	SCOPED(text)
	struct text path = TEXT_UP_TO(4096);
	char *bytes = NULL;
	size_t count = 0;
	const char *why = NULL;

	if (length && name[0] != '/')
		text_add(&path, top(scanner)->directory);
	text_add_n(&path, name, length);
	if (scanner->depth == INCLUDE_DEPTH || scanner->includes == INCLUDES_MAX)
		why = "too many files include one another";
	else if (path.failed)
		why = "its name is too long";
	else if (source_load(text_str(&path), &bytes, &count, &why) == 0)
		why = NULL;
	if (why) {
		complain(scanner->complaints, text_line(scanner), "%s cannot be read: %s",
			 shown(text_str(&path)).text, why);
		fail(scanner);
		return;
	}
	scanner->includes++;
	text_add_char(&scanner->source->text, '\n');
	push(scanner, text_str(&path), bytes, count, bytes);
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

static bool starts(const struct frame *frame, const char *word)
{
	size_t length = strlen(word);

	return frame->length - frame->at >= length &&
	       memcmp(frame->bytes + frame->at, word, length) == 0;
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
		} else if (strchr(" \t\r\f", frame->bytes[frame->at])) {
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
		if (room - at >= 4 && strncasecmp(start + at, "\\x00", 4) == 0)
			break;
		at += start[at] == '\\' && at + 1 < room && start[at + 1] != '\n' ? 2 : 1;
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

static bool word_is(const char *word, size_t size, const char *other)
{
	return strlen(other) == size && strncasecmp(word, other, size) == 0;
}

static enum token token_at(const char *start, size_t room, size_t *size)
{
	size_t length = 0;

	*size = 1;
	if (*start == '"')
		return text_token(start, room, size);
	if (strchr("=:;,{}()[]", *start))
		return TOKEN_SIGN;
	if (is_letter(*start)) {
		while (length < room && is_word(start[length]))
			length++;
		*size = length;
		if (word_is(start, length, "true") || word_is(start, length, "false"))
			return TOKEN_SWITCH;
		return TOKEN_NAME;
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

	text_addf(out, "%lldL ", strtoll(digits, NULL, hexadecimal ? 16 : 10));
}

/* Takes the token over into the text and looks at the next one. */
static void accept(struct scanner *scanner)
{
	struct text *out = &scanner->source->text;

	if (!scanner->muted && scanner->token == TOKEN_INTEGER) {
		put_integer(out, scanner->start, scanner->size);
	} else if (!scanner->muted && scanner->token == TOKEN_FLOAT) {
		text_add(out, "0.5 "); /* no setting is one: only that it is matters */
	} else if (!scanner->muted) {
		text_add_n(out, scanner->start, scanner->size);
		text_add_char(out, ' ');
	}
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

/* One of the names of a group, and where it was given first. */
struct given {
	char *name;
	size_t line;
};

struct scope {
	struct given names[NAMES_MAX];
	size_t count;
};

static void scope_free(struct scope *scope)
{
	for (size_t i = 0; i < scope->count; i++)
		free(scope->names[i].name);
	free(scope);
}

/* Keeps the name the scanner stands at: the line where the group already had it, or 0. */
static size_t keep_name(struct scanner *scanner, struct scope *scope)
{
	for (size_t i = 0; i < scope->count; i++)
		if (strlen(scope->names[i].name) == scanner->size &&
		    memcmp(scope->names[i].name, scanner->start, scanner->size) == 0)
			return scope->names[i].line;
	if (scope->count == NAMES_MAX) {
		syntax_error(scanner, "no more than 200 settings in a group");
		return 0;
	}
	scope->names[scope->count++] =
		(struct given){ memory_text_n(scanner->start, scanner->size), scanner->token_line };
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
	scanner->muted -= first != 0;
}

static void settings(struct scanner *scanner)
{
	struct scope *scope = memory_new(1, sizeof(*scope));

	while (scanner->token == TOKEN_NAME)
		setting(scanner, scope);
	scope_free(scope);
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
	} else {
		syntax_error(scanner, "a value: text in quotes, a number, true, false, {, ( or [");
	}
	scanner->nesting--;
}

int source_read(struct source *source, const char *name, const char *bytes, size_t length,
		struct complaints *complaints)
{
	struct scanner scanner = { .source = source, .complaints = complaints };

	*source = (struct source){ .text = TEXT_UP_TO(SOURCE_WHOLE_MAX) };
	add_place(source, NULL, 0); /* lines count from 1 */
	push(&scanner, name, bytes, length, NULL);
	if (!scanner.failed)
		look(&scanner);
	if (!scanner.failed)
		settings(&scanner);
	if (!scanner.failed && scanner.token != TOKEN_END)
		syntax_error(&scanner, "a setting like name = value;");
	while (scanner.depth)
		pop(&scanner);
	if (!scanner.failed && source->text.failed) {
		complain(complaints, 0, "larger than 4 MiB with all it includes");
		scanner.failed = true;
	}
	return scanner.failed ? -1 : 0;
}

void source_clear(struct source *source)
{
	for (size_t i = 0; i < source->name_count; i++)
		free(source->names[i]);
	free(source->names);
	free(source->places);
	text_clear(&source->text);
	*source = (struct source){ 0 };
}
