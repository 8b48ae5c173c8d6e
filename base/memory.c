#include "metricsd/memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENDS_WITHOUT_MEMORY = 3 };

/* No stdio here: it may want memory too. */
static _Noreturn void out_of_memory(void)
{
	static const char words[] = ": out of memory: it ends; what was acknowledged is stored\n";
	char line[256];
	char *end = line;

	if (getenv("JOURNAL_STREAM"))
		end = stpcpy(end, "<3>");
	end = stpncpy(end, program_invocation_short_name, 64);
	end = stpcpy(end, words);
	(void)!write(STDERR_FILENO, line, (size_t)(end - line));
	_exit(ENDS_WITHOUT_MEMORY);
}

/*
 * Libraries ask for memory as well, and differ in what they do when there is none: they end what
 * they were asked for with an error, go on without what they wanted, or die by a signal (libconfig
 * 1.5, libev). So the programs bring an allocator of their own, which every library and libc itself
 * then call: libc's, with a look at what it gave. Sanitizers bring theirs, and end in their own
 * way.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#ifndef SANITIZED

/* The next definition of this name after ours, looked for once; two threads that look at the same
 * time find the same. */
#define BEHIND(name)                                                               \
	static _Atomic(__typeof__(&(name))) behind;                                \
	__typeof__(&(name)) next = behind;                                         \
                                                                                   \
	if (!next) {                                                               \
		next = __extension__(__typeof__(&(name))) dlsym(RTLD_NEXT, #name); \
		behind = next;                                                     \
	}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
/* gcc takes what an allocator gives for lost when it leaves the function */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's names are its own */
void *malloc(size_t size)
{
	BEHIND(malloc)
	void *fresh = next(size);

	if (!fresh)
		out_of_memory();
	return fresh;
}

void *calloc(size_t count, size_t size)
{
	BEHIND(calloc)
	void *fresh = next(count, size);

	if (!fresh)
		out_of_memory();
	return fresh;
}

/* Nothing for a size of 0 is no failure: the old was freed. */
void *realloc(void *old, size_t size)
{
	BEHIND(realloc)
	void *moved = next(old, size);

	if (!moved && (size || !old))
		out_of_memory();
	return moved;
}

/* These two refuse alignments that make no sense, too. */
int posix_memalign(void **ret, size_t alignment, size_t size)
{
	BEHIND(posix_memalign)
	int result = next(ret, alignment, size);

	if (result == ENOMEM)
		out_of_memory();
	return result;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	BEHIND(aligned_alloc)
	void *fresh = next(alignment, size);

	if (!fresh && errno == ENOMEM)
		out_of_memory();
	return fresh;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif

void *memory_new(size_t count, size_t size)
{
	void *fresh = calloc(count ? count : 1, size);

	if (!fresh)
		out_of_memory();
	return fresh;
}

void *memory_resize(void *old, size_t count, size_t size)
{
	void *moved = reallocarray(old, count ? count : 1, size);

	if (!moved)
		out_of_memory();
	return moved;
}

char *memory_text_n(const char *string, size_t length)
{
	char *copy = memory_new(length + 1, 1);

	if (length)
		memcpy(copy, string, length);
	return copy;
}

char *memory_text(const char *string)
{
	return memory_text_n(string, strlen(string));
}

void memory_forget(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

void *memory_grow(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room ? *room * 2 : 8;
	return memory_resize(items, *room, size);
}
