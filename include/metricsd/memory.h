/*
 * Memory that cannot be had ends the process: one clear line on stderr and exit status 3; nothing
 * that was acknowledged is lost by it. So none of these returns NULL and no caller checks.
 */
#ifndef METRICSD_MEMORY_H
#define METRICSD_MEMORY_H

#include <stddef.h>

/* Zeroed memory for `count` things of `size` bytes; the caller's, free() it. */
void *memory_new(size_t count, size_t size);

/* `old` (or NULL) moved into room for `count` things of `size` bytes; what is new is not zeroed. */
void *memory_resize(void *old, size_t count, size_t size);

/* A copy of `string` (or of its first `length` bytes), ended by NUL; the caller's. */
char *memory_text(const char *string);
char *memory_text_n(const char *string, size_t length);

/* Overwrites a secret so that no compiler leaves it out, then frees it. NULL is fine. */
void memory_forget(char *secret);

/*
 * Makes room for one more item in an array that grows: `items` has `count` of them and room for
 * `*room`. Returns the array, moved or not. Amortised O(1).
 */
void *memory_grow(void *items, size_t count, size_t *room, size_t size);

#endif
