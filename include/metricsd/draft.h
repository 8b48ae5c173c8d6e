/*
 * A file that is whole or not there: it is written under another name beside its place, put on
 * disk, and only then has its name.
 *
 *	SCOPED(draft) struct draft draft = { .path = path, .mode = 0666 };
 *
 *	if (draft_open(&draft, err) < 0)
 *		return -1;
 *	… draft_stream(&draft), or a library that writes draft.name …
 *	return draft_commit(&draft, err);
 *
 * What fails, or is dropped, before it has its name leaves what stood there before as it was, and
 * nothing beside it; who is killed leaves the other name, which the next one takes over. Only one
 * writes a path at a time: ERROR_BUSY says that somebody does. Once draft_commit() has returned 0
 * the file outlasts a power cut under its name; when the very last step fails (the directory cannot
 * be put on disk, which is then said) the file is there, but may not be after one.
 *
 * Whoever reads the path finds all of the old file or all of the new one. A draft is never open to
 * more readers than the file will be. Errors are ERROR_OURS and say the path.
 */
#ifndef METRICSD_DRAFT_H
#define METRICSD_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct error;

struct draft {
	/* what is wanted; the words are borrowed until the end */
	const char *path;
	const char *aside; /* the other name, on the same file system; NULL: PATH.new */
	unsigned mode;     /* permissions, less the umask as for open() */
	bool exact;        /* the mode is not less the umask */
	bool keep;         /* what stands at the path is not replaced: EEXIST */
	bool special; /* what stands there and is no file (/dev/stdout) is written to as it is */

	/* from draft_open() on */
	char *name; /* that is written: `aside`, or the path of what is special */
	int fd;
	FILE *stream;
	bool straight;
};

int draft_open(struct draft *draft, struct error *err);

/* Its stream, the draft's own. Words that must not stay in memory are not for it: draft_write(). */
FILE *draft_stream(struct draft *draft);

/* Gives it its name, or leaves nothing of it; closed either way. */
int draft_commit(struct draft *draft, struct error *err);

/* Nothing of it is left. Of one that was committed, or never opened: nothing is done. */
void draft_drop(struct draft *draft);

/* All of it at once: opens, writes these bytes, commits. No copy of them stays in memory. */
int draft_write(struct draft *draft, const void *bytes, size_t length, struct error *err);

/* Puts on disk which names there are in it. */
int directory_sync(const char *path, struct error *err);

static inline void scoped_draft(struct draft *draft)
{
	draft_drop(draft);
}

#endif
