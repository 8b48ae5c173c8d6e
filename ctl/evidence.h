/*
 * Where a number or a record can be seen: a link, which is kept as it is, or a file, whose SHA-256
 * is kept with its name, so that nobody has to believe that it is still the same one.
 */
#ifndef METRICSD_CTL_EVIDENCE_H
#define METRICSD_CTL_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct text;

enum { SHA256_TEXT = 65, PATH_TEXT = 4096 };

struct evidence {
	const char *words; /* the link or path as it was given, NULL: none. Borrowed from there */
	char sha256[SHA256_TEXT]; /* of the file; "": it is a link */
	bool local; /* a path of the office's own network: nobody outside can look at it */
};

/*
 * What was given as evidence (NULL or "": none): "https://…", "captura.png", "file:captura.png",
 * "\\servidor\captura.png". Paths are looked for in `folder` (NULL: where the program stands).
 * ERROR_INPUT for a file that is not there or cannot be read.
 */
int evidence_read(const char *given, const char *folder, struct evidence *ret, struct error *err);

/* Its hash as an origin or a record keeps it: NULL when there is none. */
const char *evidence_hash(const struct evidence *evidence);

/* The SHA-256 of bytes. */
int bytes_digest(const char *bytes, size_t length, char ret[SHA256_TEXT], struct error *err);

/* The SHA-256 of a file. */
int file_digest(const char *path, char ret[SHA256_TEXT], struct error *err);

/* Above the directory of the running program, where its share/ and etc/ may be; the caller's. NULL:
 * the system does not say. */
char *program_root(struct error *err);

#endif
