#include "metricsd/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No stdio here: it may want memory too. */
static _Noreturn void out_of_memory(void)
{
	static const char words[] =
		"<3>out of memory: ending; whatever was acknowledged is stored\n";

	(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	_exit(3);
}

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
