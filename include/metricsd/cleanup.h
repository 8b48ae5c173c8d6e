/*
 * Scoped variables: `SCOPED(text) struct text line = { 0 };` is cleared at every return.
 *
 * SCOPED(x) calls scoped_x() with the variable's address when it goes out of scope. Each header
 * whose objects are worth it defines its scoped_x(); those of libc stand here.
 */
#ifndef METRICSD_CLEANUP_H
#define METRICSD_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCOPED(name) __attribute__((cleanup(scoped_##name)))

/* `SCOPED(memory) char *bytes`: free() */
static inline void scoped_memory(void *pointer)
{
	free(*(void **)pointer);
}

/* `SCOPED(file) FILE *file`: fclose(), NULL is fine */
static inline void scoped_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

/* `SCOPED(descriptor) int fd`: close(), -1 is fine */
static inline void scoped_descriptor(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#endif
