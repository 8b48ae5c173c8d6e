/*
 * What the platforms call things in the files they export: data, which an office may add to.
 */
#ifndef METRICSD_CTL_IMPORT_NAMES_H
#define METRICSD_CTL_IMPORT_NAMES_H

#include <stddef.h>

struct error;
struct text;

struct import_name {
	const char *layout; /* "*": every one */
	const char *means;  /* "day", a metric's id, "title:reach", "-": known and not kept */
	const char *name;   /* folded */
	const char *shown;  /* as it is written */
	const char *of;     /* the platform it is said of, "estimate", or "" */
};

struct import_names {
	struct import_name *items; /* the first of two that mean the same goes before */
	size_t count, room;
	char **texts; /* what the items point into */
	size_t text_count, text_room;
};

/*
 * Reads the names that came with the program and, before them, those of the file import-names.csv
 * beside the configuration `config`, if there is one (NULL: none). ERROR_INPUT names the line of a
 * mistake.
 */
int import_names_load(struct import_names *names, const char *config, struct error *err);
void import_names_clear(struct import_names *names);

/* What `name` means in a layout (or in all of them), NULL: it is not known there. */
const struct import_name *import_name_find(const struct import_names *names, const char *layout,
					   const char *name);
/* The same for a name with that meaning. */
const struct import_name *import_name_meaning(const struct import_names *names, const char *layout,
					      const char *means, const char *name);

/* The names of a layout whose meaning begins so, for complaints: "Visitas", "Alcance", …. */
void import_names_list(const struct import_names *names, const char *layout, const char *means,
		       struct text *out);

static inline void scoped_import_names(struct import_names *names)
{
	import_names_clear(names);
}

#endif
