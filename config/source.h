/*
 * The configuration's bytes as a text that libconfig cannot stumble over.
 *
 * libconfig 1.5 ends the process when an included name cannot be read, leaks on syntax errors, cuts
 * long numbers without a word and knows no more of a mistake than its line. So its grammar is
 * checked here first, with files, lines and words; includes are put in their place, comments left
 * out, and whole numbers written so that all their digits count.
 */
#ifndef METRICSD_CONFIG_SOURCE_H
#define METRICSD_CONFIG_SOURCE_H

#include "metricsd/text.h"

#include <stddef.h>

struct complaints;

enum {
	SOURCE_MAX = 1 << 20,       /* bytes of one file */
	SOURCE_WHOLE_MAX = 4 << 20, /* with all it includes */
};

struct place {
	const char *file;
	int line; /* from 1; 0: the file as a whole */
};

struct source {
	struct text text;     /* for config_read_string() */
	struct place *places; /* of each of its lines, the first stands at 1 */
	size_t count, room;
	struct earlier {
		size_t first; /* line of its beginning */
		char *text;
	} * earlier; /* texts before this one, for whoever looks at a line again */
	size_t earlier_count, earlier_room;
	char **names; /* of the files; names[0] is the one that was asked for */
	size_t name_count, name_room;
};

/* A regular file as a whole, the caller's to free: 0, or -1 with the words after "cannot be read:
 * ".
 */
int source_load(const char *path, char **ret, size_t *length, const char **why);

/* Reads `bytes` as the file `name`. -1: there is no text, a complaint says why. */
int source_read(struct source *source, const char *name, const char *bytes, size_t length,
		struct complaints *complaints);

/*
 * Reads another file beside those that were read: the text is then that file's alone, all of it
 * within a group `group: { … }`, and its lines stand behind all others, so that they are told
 * apart. The group's own line stands for the file as a whole.
 */
int source_read_more(struct source *source, const char *group, const char *name, const char *bytes,
		     size_t length, struct complaints *complaints);
void source_clear(struct source *source);

/* A path as it is written in the file `from`: relative ones start at its directory. The caller's.
 */
char *source_path(const char *from, const char *path);

/* Where a line of the text was written. */
struct place source_place(const struct source *source, size_t line);

static inline void scoped_source(struct source *source)
{
	source_clear(source);
}

#endif
