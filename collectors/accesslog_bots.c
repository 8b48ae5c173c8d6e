#include "accesslog_bots.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	ATOMS_MAX = 256,
	VARIANTS_MAX = 256, /* a pattern's alternatives, all in all */
	AGENT_MAX = 1024,   /* no browser's is longer; the rest of one is not looked at */
	NO_NODE = 0,
};

enum repeat { ONCE, MAYBE, SOME, MANY };

/* One character of a pattern: a set of bytes, and how often it may stand there. */
struct atom {
	uint64_t set[4];
	enum repeat repeat;
	unsigned char byte; /* when it is one byte only */
	bool single;
};

/* A pattern without alternatives. */
struct pattern {
	struct atom *atoms;
	size_t count;
	bool at_start, at_end;
	bool plain; /* literal and unanchored: that its bytes were found is enough */
};

/* A node of the tree of literals; node 0 is the root. */
struct node {
	uint32_t child, sibling; /* NO_NODE: none */
	uint32_t fail;
	uint32_t pattern; /* 1 + the first pattern whose literal ends here; 0: none */
	uint32_t output;  /* the nearest node behind the fails with a pattern */
	unsigned char byte;
};

struct bots {
	char *name;
	size_t count;
	struct pattern *patterns;
	uint32_t *next_same; /* of patterns with the same literal: 1 + the next, 0: none */
	size_t pattern_count, pattern_room;
	struct node *nodes;
	size_t node_count, node_room;
	uint32_t first[256]; /* the root's children */
};

/* --- one pattern ---------------------------------------------------------------------------- */

static void set_add(struct atom *atom, int byte)
{
	atom->set[byte >> 6] |= 1ULL << (byte & 63);
}

static bool set_has(const struct atom *atom, unsigned char byte)
{
	return atom->set[byte >> 6] >> (byte & 63) & 1;
}

static void set_turn(struct atom *atom)
{
	for (int i = 0; i < 4; i++)
		atom->set[i] = ~atom->set[i];
}

static void set_range(struct atom *atom, int from, int to)
{
	for (int byte = from; byte <= to; byte++)
		set_add(atom, byte);
}

/* What a letter behind a backslash stands for; false: no letter that is known. */
static bool add_escape(struct atom *atom, char letter)
{
	struct atom some = { 0 };

	switch (letter) {
	case 'd':
	case 'D':
		set_range(&some, '0', '9');
		break;
	case 's':
	case 'S':
		set_add(&some, ' ');
		set_range(&some, '\t', '\r');
		break;
	case 'w':
	case 'W':
		set_range(&some, '0', '9');
		set_range(&some, 'a', 'z');
		set_range(&some, 'A', 'Z');
		set_add(&some, '_');
		break;
	default:
		if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
		    (letter >= '0' && letter <= '9') || !letter)
			return false;
		set_add(&some, (unsigned char)letter);
		break;
	}
	if (letter == 'D' || letter == 'S' || letter == 'W')
		set_turn(&some);
	for (int i = 0; i < 4; i++)
		atom->set[i] |= some.set[i];
	return true;
}

/* "[a-z\d]", from behind the bracket; where it ends, NULL: nowhere. */
static const char *read_set(const char *at, struct atom *atom)
{
	bool turned = *at == '^';

	at += turned;
	do {
		if (*at == '\\') {
			if (!add_escape(atom, at[1]))
				return NULL;
			at += 2;
		} else if (at[0] && at[1] == '-' && at[2] && at[2] != ']' && at[2] != '\\') {
			set_range(atom, (unsigned char)at[0], (unsigned char)at[2]);
			at += 3;
		} else if (*at) {
			set_add(atom, (unsigned char)*at++);
		}
	} while (*at && *at != ']');
	if (!*at)
		return NULL;
	if (turned)
		set_turn(atom);
	return at + 1;
}

/* The atom at `at`; where it ends, NULL: what stands there is not understood. */
static const char *read_atom(const char *at, struct atom *atom)
{
	*atom = (struct atom){ 0 };
	switch (*at) {
	case '\\':
		if (!add_escape(atom, at[1]))
			return NULL;
		atom->single = !strchr("dDsSwW", at[1]);
		atom->byte = (unsigned char)at[1];
		at += 2;
		break;
	case '[':
		at = read_set(at + 1, atom);
		break;
	case '.':
		set_add(atom, '\n');
		set_turn(atom);
		at++;
		break;
	case '(':
	case ')':
	case '{':
	case '*':
	case '+':
	case '?':
	case '|':
		return NULL;
	default:
		set_add(atom, (unsigned char)*at);
		atom->single = true;
		atom->byte = (unsigned char)*at++;
		break;
	}
	if (at && *at && strchr("*+?", *at)) {
		atom->repeat = *at == '?' ? MAYBE : *at == '+' ? SOME : MANY;
		at++;
	}
	return at;
}

static bool atom_is_literal(const struct atom *atom)
{
	return atom->single && atom->repeat == ONCE;
}

/* The longest run of literal bytes; its length. */
static size_t longest_literal(const struct pattern *pattern, size_t *start)
{
	size_t best = 0;
	size_t run = 0;

	for (size_t i = 0; i < pattern->count; i++) {
		run = atom_is_literal(&pattern->atoms[i]) ? run + 1 : 0;
		if (run > best) {
			best = run;
			*start = i + 1 - run;
		}
	}
	return best;
}

/* A pattern without "|" and "(": into atoms. */
static int read_pattern(const char *text, struct pattern *ret)
{
	struct atom atoms[ATOMS_MAX];

	*ret = (struct pattern){ .at_start = *text == '^' };
	text += ret->at_start;
	while (*text) {
		if (text[0] == '$' && !text[1]) {
			ret->at_end = true;
			break;
		}
		if (ret->count == ATOMS_MAX || *text == '^' || *text == '$' ||
		    !(text = read_atom(text, &atoms[ret->count])))
			return -1;
		ret->count++;
	}
	ret->plain = !ret->at_start && !ret->at_end;
	for (size_t i = 0; i < ret->count; i++)
		ret->plain = ret->plain && atom_is_literal(&atoms[i]);
	if (ret->count == 0)
		return -1;
	ret->atoms = memory_new(ret->count, sizeof(struct atom));
	memcpy(ret->atoms, atoms, ret->count * sizeof(struct atom));
	return 0;
}

/* --- matching one pattern ------------------------------------------------------------------- */

struct matching {
	const struct pattern *pattern;
	const char *end;
	int steps; /* left: what takes longer is no robot's plain name */
};

static bool matches_here(struct matching *it, size_t atom, const char *at);

/* As many as there are, then fewer. */
static bool matches_repeated(struct matching *it, size_t atom, const char *at)
{
	const struct atom *set = &it->pattern->atoms[atom];
	size_t most = set->repeat == MAYBE ? 1 : SIZE_MAX;
	size_t least = set->repeat == SOME ? 1 : 0;
	size_t count = 0;

	while (count < most && at + count < it->end && set_has(set, (unsigned char)at[count]))
		count++;
	for (;; count--) {
		if (count < least)
			return false;
		if (matches_here(it, atom + 1, at + count))
			return true;
		if (count == 0)
			return false;
	}
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the pattern is long */
static bool matches_here(struct matching *it, size_t atom, const char *at)
{
	for (; atom < it->pattern->count; atom++, at++) {
		const struct atom *set = &it->pattern->atoms[atom];

		if (--it->steps < 0)
			return false;
		if (set->repeat != ONCE)
			return matches_repeated(it, atom, at);
		if (at == it->end || !set_has(set, (unsigned char)*at))
			return false;
	}
	return !it->pattern->at_end || at == it->end;
}

static bool matches(const struct pattern *pattern, const char *agent, size_t length)
{
	enum { STEPS = 4000 };
	struct matching it = { .pattern = pattern, .end = agent + length, .steps = STEPS };

	for (const char *at = agent; at <= it.end; at++) {
		if (matches_here(&it, 0, at))
			return true;
		if (pattern->at_start || it.steps < 0)
			break;
	}
	return false;
}

/* --- the tree of literals ------------------------------------------------------------------- */

static uint32_t find_child(const struct bots *bots, uint32_t node, unsigned char byte)
{
	uint32_t child = node ? bots->nodes[node].child : bots->first[byte];

	while (node && child && bots->nodes[child].byte != byte)
		child = bots->nodes[child].sibling;
	return child;
}

static uint32_t add_child(struct bots *bots, uint32_t node, unsigned char byte)
{
	uint32_t child = find_child(bots, node, byte);

	if (child)
		return child;
	bots->nodes =
		memory_grow(bots->nodes, bots->node_count, &bots->node_room, sizeof(struct node));
	child = (uint32_t)bots->node_count++;
	bots->nodes[child] = (struct node){ .byte = byte };
	if (node) {
		bots->nodes[child].sibling = bots->nodes[node].child;
		bots->nodes[node].child = child;
	} else {
		bots->first[byte] = child;
	}
	return child;
}

static void add_literal(struct bots *bots, uint32_t number)
{
	const struct pattern *pattern = &bots->patterns[number];
	size_t start = 0;
	size_t length = longest_literal(pattern, &start);
	uint32_t node = 0;

	for (size_t i = 0; i < length; i++)
		node = add_child(bots, node, pattern->atoms[start + i].byte);
	bots->next_same[number] = bots->nodes[node].pattern;
	bots->nodes[node].pattern = number + 1;
}

static uint32_t step(const struct bots *bots, uint32_t node, unsigned char byte)
{
	uint32_t child;

	while (!(child = find_child(bots, node, byte)) && node)
		node = bots->nodes[node].fail;
	return child;
}

static void link_child(struct bots *bots, uint32_t parent, uint32_t child)
{
	struct node *node = &bots->nodes[child];

	node->fail = parent ? step(bots, bots->nodes[parent].fail, node->byte) : 0;
	node->output =
		bots->nodes[node->fail].pattern ? node->fail : bots->nodes[node->fail].output;
}

/* Breadth first, so that what a link leads to is linked already. */
static void link_nodes(struct bots *bots)
{
	uint32_t *queue = memory_new(bots->node_count, sizeof(*queue));
	size_t head = 0;
	size_t tail = 0;

	for (int byte = 0; byte < 256; byte++) {
		if (bots->first[byte]) {
			link_child(bots, 0, bots->first[byte]);
			queue[tail++] = bots->first[byte];
		}
	}
	for (; head < tail; head++) {
		uint32_t child = bots->nodes[queue[head]].child;

		for (; child; child = bots->nodes[child].sibling) {
			link_child(bots, queue[head], child);
			queue[tail++] = child;
		}
	}
	free(queue);
}

static bool is_known(const struct bots *bots, uint32_t node, const char *agent, size_t length)
{
	for (; node; node = bots->nodes[node].output) {
		uint32_t number = bots->nodes[node].pattern;

		for (; number; number = bots->next_same[number - 1]) {
			const struct pattern *pattern = &bots->patterns[number - 1];

			if (pattern->plain || matches(pattern, agent, length))
				return true;
		}
	}
	return false;
}

bool bots_know(const struct bots *bots, const char *agent, size_t length)
{
	uint32_t node = 0;

	if (length > AGENT_MAX)
		length = AGENT_MAX;
	for (size_t i = 0; i < length; i++) {
		node = step(bots, node, (unsigned char)agent[i]);
		if (node && (bots->nodes[node].pattern || bots->nodes[node].output) &&
		    is_known(bots, node, agent, length))
			return true;
	}
	return false;
}

/* --- the list ------------------------------------------------------------------------------- */

static int add_pattern(struct bots *bots, const char *text)
{
	enum { LITERAL_MIN = 2 };
	struct pattern pattern;
	size_t room = bots->pattern_room;
	size_t start = 0;

	if (bots->pattern_count == UINT32_MAX - 1 || read_pattern(text, &pattern) < 0)
		return -1;
	if (longest_literal(&pattern, &start) < LITERAL_MIN) {
		free(pattern.atoms);
		return -1;
	}
	bots->patterns = memory_grow(bots->patterns, bots->pattern_count, &bots->pattern_room,
				     sizeof(pattern));
	if (room != bots->pattern_room)
		bots->next_same =
			memory_resize(bots->next_same, bots->pattern_room, sizeof(uint32_t));
	bots->patterns[bots->pattern_count] = pattern;
	add_literal(bots, (uint32_t)bots->pattern_count++);
	return 0;
}

/* Where a bracket, or an alternative, that begins at `at` ends: at `stop` outside of sets. */
static const char *skip_to(const char *at, const char *stops)
{
	int depth = 0;

	for (; *at; at++) {
		if (depth == 0 && strchr(stops, *at))
			return at;
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '(')
			depth++;
		else if (*at == ')')
			depth--;
		else if (*at == '[')
			for (at++; at[1] && (*at != ']' || at[-1] == '[' || at[-1] == '\\'); at++)
				;
	}
	return at;
}

/*
 * Each alternative becomes a pattern of its own: "a(b|c)" is "ab" and "ac", "x|y" is "x" and "y".
 * `head` (with its length) stands before `rest`.
 */
/* NOLINTNEXTLINE(misc-no-recursion): once for each bracket of a pattern that is short */
static int expand(struct bots *bots, const char *rest, size_t *left)
{
	const char *bar = skip_to(rest, "|");
	const char *open = skip_to(rest, "(");
	const char *close;
	int result = 0;

	if ((*left)-- == 0)
		return -1;
	if (*bar) {
		char *first = memory_text_n(rest, (size_t)(bar - rest));

		result = expand(bots, first, left) < 0 || expand(bots, bar + 1, left) < 0 ? -1 : 0;
		free(first);
		return result;
	}
	if (!*open)
		return add_pattern(bots, rest);
	close = skip_to(open + 1, ")");
	if (!*close || (close[1] && strchr("*+?{", close[1])))
		return -1;
	for (const char *at = open + 1; result == 0 && at <= close;) {
		const char *stop = skip_to(at, "|)");
		size_t before = (size_t)(open - rest);
		size_t middle = (size_t)(stop - at);
		char *variant = memory_new(strlen(rest) + 1, 1);

		memcpy(variant, rest, before);
		memcpy(variant + before, at, middle);
		memcpy(variant + before + middle, close + 1, strlen(close + 1));
		result = expand(bots, variant, left);
		free(variant);
		at = stop + 1;
	}
	return result;
}

static int read_list(struct bots *bots, char *list, struct error *err)
{
	char *line = list;
	int number = 1;

	if (strncmp(line, "# ", 2) != 0)
		return error_set(err, ERROR_INPUT,
				 "the first line does not say which list it is: # NAME VERSION");
	for (char *next; line; line = next, number++) {
		size_t left = VARIANTS_MAX;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (number == 1)
			bots->name = memory_text_n(line + 2, strnlen(line + 2, 64));
		if (!*line || *line == '#')
			continue;
		if (expand(bots, line, &left) < 0)
			return error_set(err, ERROR_INPUT,
					 "line %d: the pattern \"%.80s\" is not understood", number,
					 line);
		bots->count++;
	}
	if (bots->count == 0)
		return error_set(err, ERROR_INPUT, "there is no pattern in it");
	return 0;
}

int bots_new(const char *list, size_t length, struct bots **ret, struct error *err)
{
	struct bots *bots = memory_new(1, sizeof(*bots));
	char *copy = memory_text_n(list, length);
	int result;

	bots->nodes = memory_grow(bots->nodes, 0, &bots->node_room, sizeof(struct node));
	bots->nodes[bots->node_count++] = (struct node){ 0 };
	result = read_list(bots, copy, err);
	free(copy);
	if (result < 0) {
		bots_free(bots);
		return -1;
	}
	link_nodes(bots);
	*ret = bots;
	return 0;
}

void bots_free(struct bots *bots)
{
	if (!bots)
		return;
	for (size_t i = 0; i < bots->pattern_count; i++)
		free(bots->patterns[i].atoms);
	free(bots->patterns);
	free(bots->next_same);
	free(bots->nodes);
	free(bots->name);
	free(bots);
}

const char *bots_name(const struct bots *bots)
{
	return bots->name;
}

size_t bots_count(const struct bots *bots)
{
	return bots->count;
}
