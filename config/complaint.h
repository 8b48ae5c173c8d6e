/*
 * Complaints about a configuration: gathered in whatever order they are found, printed in the
 * file's.
 */
#ifndef METRICSD_CONFIG_COMPLAINT_H
#define METRICSD_CONFIG_COMPLAINT_H

#include "metricsd/text.h"

#include <stdbool.h>
#include <stddef.h>

struct source;

enum weight {
	COMPLAINT_WARNING, /* all goes on */
	COMPLAINT_LACK,    /* what is named is not on disk as it has to be; looked for on demand */
	COMPLAINT_TROUBLE, /* not all can be collected; figures are read and entered all the same */
	COMPLAINT_ERROR,   /* there is no configuration */
};

struct complaint {
	size_t line;  /* of the source's text; 0: about the file as a whole */
	size_t place; /* within its line, of the setting it speaks of */
	size_t order; /* in which it was found */
	enum weight weight;
	char *text;
};

struct complaints {
	struct complaint *items;
	size_t count, room;
	size_t errors, troubles, lacks;
};

__attribute__((format(printf, 3, 4))) void complain(struct complaints *complaints, size_t line,
						    const char *format, ...);
__attribute__((format(printf, 3, 4))) void
complain_of_trouble(struct complaints *complaints, size_t line, const char *format, ...);
__attribute__((format(printf, 3, 4))) void complain_of_lack(struct complaints *complaints,
							    size_t line, const char *format, ...);
__attribute__((format(printf, 3, 4))) void complain_softly(struct complaints *complaints,
							   size_t line, const char *format, ...);

/* One line each, "file:line: message". What does not fit below the ceiling of `out` is counted. */
void complaints_print(struct complaints *complaints, const struct source *source, struct text *out);
void complaints_clear(struct complaints *complaints);

/*
 * A value as a complaint may show it: cut where it is long, control characters as '?', and anything
 * that looks like a secret (a long run of letters and digits) as "…". Use at once:
 * `shown(value).text`.
 */
struct shown {
	char text[256];
};
struct shown shown(const char *value);

/* Whether a value holds a run of letters and digits too long for a word or an id. */
bool looks_secret(const char *value);

static inline void scoped_complaints(struct complaints *complaints)
{
	complaints_clear(complaints);
}

#endif
