/*
 * Preloaded into metricsd or metricsctl: counts what it and its libraries ask the allocator for,
 * tells the places that ask apart by who called whom, and lets one request fail with all after it.
 *
 *   ALLOCATION_PROGRAM  the one program that is looked at, by its short name; what it starts is not
 *   ALLOCATION_SITES    a file: one line for each place, when it asks first: "place nth bytes
 * chain" ALLOCATION_FAIL_AT  the nth request fails, and every one after it ALLOCATION_FAIL_SITE,
 * ALLOCATION_FROM the first request of this place fails, and every one after it; it is looked for
 * from the nth request on ALLOCATION_TOLD     a file: the request that failed first, "place nth
 * bytes chain"; else, at the end, how many there were
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unwind.h>

/* libc's own, under the names it exports them by. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum {
	DEPTH = 5, /* callers that make a place, from that of the program's own malloc() up */
	SITES = 1 << 16,
};

static struct {
	bool ready, off;
	bool records;
	uint64_t fail_at, fail_site, from;
	_Atomic uint64_t count;
	_Atomic bool failing;
	_Atomic uint64_t seen[SITES]; /* open addressing */
} shim;

static __thread bool within __attribute__((tls_model("initial-exec")));

struct chain {
	uintptr_t below; /* where the program's own malloc() called ours: its callers are above */
	bool above;
	int count;
	uintptr_t callers[DEPTH];
	const struct link_map *maps[DEPTH];
};

static uint64_t number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : 0;
}

static void set_up(void)
{
	const char *program = getenv("ALLOCATION_PROGRAM");

	shim.off = !program || strcmp(program, program_invocation_short_name) != 0;
	shim.records = getenv("ALLOCATION_SITES") != NULL;
	shim.fail_at = number_of("ALLOCATION_FAIL_AT");
	shim.fail_site = number_of("ALLOCATION_FAIL_SITE");
	shim.from = number_of("ALLOCATION_FROM");
	shim.ready = true;
}

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *data)
{
	struct chain *chain = data;
	struct dl_find_object object;
	uintptr_t at = _Unwind_GetIP(context);

	if (!chain->above) {
		chain->above = at == chain->below;
		return _URC_NO_REASON;
	}
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): the unwinder counts addresses as numbers */
	if (_dl_find_object((void *)at, &object) == 0) {
		at -= object.dlfo_link_map->l_addr;
		chain->maps[chain->count] = object.dlfo_link_map;
	}
	chain->callers[chain->count++] = at;
	return chain->count < DEPTH ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* Of its callers, wherever their files were loaded. */
static uint64_t place_of(struct chain *chain, const void *below)
{
	uint64_t hash = 0xcbf29ce484222325;

	*chain = (struct chain){ .below = (uintptr_t)below };
	(void)_Unwind_Backtrace(on_frame, chain);
	for (int i = 0; i < chain->count; i++) {
		const struct link_map *map = chain->maps[i];
		uint64_t file = map ? (uintptr_t)map->l_ld - map->l_addr : 0;

		hash = (hash ^ chain->callers[i]) * 0x100000001b3;
		hash = (hash ^ file ^ hash >> 29) * 0x100000001b3;
	}
	return hash ? hash : 1;
}

static void tell(const char *variable, uint64_t place, uint64_t nth, size_t size,
		 const struct chain *chain)
{
	const char *path = getenv(variable);
	char line[1024];
	size_t length = 0;
	int fd;

	if (!path)
		return;
	length += (size_t)snprintf(line, sizeof(line), "0x%016" PRIx64 " %" PRIu64 " %zu", place,
				   nth, size);
	for (int i = 0; i < chain->count; i++) {
		const char *name = chain->maps[i] ? chain->maps[i]->l_name : "?";
		const char *slash = strrchr(name, '/');

		name = slash ? slash + 1 : *name ? name : program_invocation_short_name;
		length += (size_t)snprintf(line + length, sizeof(line) - length,
					   " %.100s+0x%" PRIxPTR, name, chain->callers[i]);
	}
	line[length++] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	(void)!write(fd, line, length);
	(void)close(fd);
}

/* Whether it was not met before. */
static bool is_new(uint64_t place)
{
	for (size_t i = place % SITES;; i = (i + 1) % SITES) {
		uint64_t there = 0;

		if (atomic_compare_exchange_strong(&shim.seen[i], &there, place))
			return true;
		if (there == place)
			return false;
	}
}

static bool begins_to_fail(uint64_t nth, size_t size, const void *below)
{
	struct chain chain = { 0 };
	uint64_t place;

	if (shim.fail_at && nth < shim.fail_at)
		return false;
	if (!shim.fail_at && !shim.records && (!shim.fail_site || nth < shim.from))
		return false;
	place = place_of(&chain, below);
	if (shim.records && is_new(place))
		tell("ALLOCATION_SITES", place, nth, size, &chain);
	if (!shim.fail_at && (!shim.fail_site || place != shim.fail_site))
		return false;
	tell("ALLOCATION_TOLD", place, nth, size, &chain);
	return true;
}

/* Whether this request gets nothing. `below`: where it came from. */
static bool fails(size_t size, const void *below)
{
	uint64_t nth;
	bool result;
	int kept = errno;

	if (!shim.ready) {
		if (!environ || !program_invocation_short_name)
			return false; /* libc is not set up yet */
		set_up();
	}
	if (shim.off || within)
		return false;
	within = true;
	nth = atomic_fetch_add(&shim.count, 1) + 1;
	if (!shim.failing && begins_to_fail(nth, size, below))
		shim.failing = true;
	result = shim.failing;
	within = false;
	errno = result ? ENOMEM : kept;
	return result;
}

__attribute__((destructor)) static void finish(void)
{
	if (!shim.off && !shim.failing)
		tell("ALLOCATION_TOLD", 0, shim.count, 0, &(struct chain){ 0 });
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's names are its own */
void *malloc(size_t size)
{
	return fails(size, __builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(count * size, __builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	if ((size || !old) && fails(size, __builtin_return_address(0)))
		return NULL;
	return __libc_realloc(old, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	if (fails(size, __builtin_return_address(0)))
		return ENOMEM;
	*ret = __libc_memalign(alignment, size);
	return *ret ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(size, __builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
