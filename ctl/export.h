/*
 * Exports: a folder that is made as a whole or not at all, with the SHA-256 of everything in it.
 */
#ifndef METRICSD_CTL_EXPORT_H
#define METRICSD_CTL_EXPORT_H

#include "ctl.h"
#include "evidence.h"

#include <stdio.h>

/* --- the folder */

struct exported {
	char *name; /* below the folder, "evidence/captura.png" */
	char sha256[SHA256_TEXT];
	long long size;
};

/* What a folder is of. */
struct selection {
	const char *kind;   /* OPEN_DATA, EVIDENCE */
	const char *period; /* its name */
	const char *entity; /* id; NULL: of all of them */
};

struct folder {
	char *path;  /* where it is to stand */
	char *fresh; /* where it is made */
	struct selection selection;
	bool force; /* what stands there may be of another entity or period */
	struct exported *files;
	size_t count, room;
};

/*
 * Begins a folder that is to stand at `path`, which is empty, does not exist, or was made by an
 * export of this selection (with `force` of this kind) and holds nothing else. Nothing there
 * changes before folder_end(). What is selected is borrowed until then.
 */
int folder_begin(struct folder *folder, const char *path, const struct selection *selection,
		 bool force, struct error *err);
/* Its own file of that name: "figures/x.json" makes the folder above it. */
char *folder_path(const struct folder *folder, const char *name, struct error *err);
/* A file there is finished: it will be in SHA256SUMS. */
int folder_add(struct folder *folder, const char *name, struct error *err);
/* One that is not to be in it after all. */
int folder_drop(struct folder *folder, const char *name, struct error *err);
/* A file of these bytes. */
int folder_write(struct folder *folder, const char *name, const char *bytes, struct error *err);
/* Writes what it is (export.json) and SHA256SUMS, and puts the folder in its place. */
int folder_end(struct folder *folder, struct error *err);
/* Also of one that was given up: nothing of it is left. */
void folder_clear(struct folder *folder);

static inline void scoped_folder(struct folder *folder)
{
	folder_clear(folder);
}

/* --- what is exported */

struct export
{
	struct ctl *ctl;
	struct folder folder;
	struct period period;
	const char *word;            /* PERIOD as it was asked, a name */
	char last[PERIOD_TEXT];      /* the name of a relative one */
	const struct entity *entity; /* the first of those that are asked for */
	size_t entities;
	int32_t date; /* it bears; DAY_NONE: none */

	const char *license, *url; /* of open data, or NULL */
	const char *files;         /* where evidence with a relative path is looked for */
	const char *definition;    /* of the report, or NULL */

	size_t lost; /* evidence that is gone or has changed */
};

#define OPEN_DATA "open-data"
#define EVIDENCE "evidence"

int export_open_data(struct export *export, struct error *err);
int export_evidence(struct export *export, struct error *err);

/* --- of open data */

/* What each field of figures.csv and figures.json means. Ends with a NULL name. */
struct dictionary_entry {
	const char *name, *type, *text; /* to be said */
};
extern const struct dictionary_entry dictionary[];

int export_dictionary(struct export *export, struct error *err);
int export_dcat(struct export *export, const char *title, const char *about, struct error *err);
int export_index(struct export *export, const char *title, const char *about, struct error *err);

/* What the files are, for people and catalogues. */
struct distribution {
	const char *name, *format, *media, *title; /* title: to be said */
};
extern const struct distribution distributions[];

#endif
