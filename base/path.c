#include "metricsd/path.h"

#include "metricsd/memory.h"

#include <string.h>

char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return memory_text(".");
	return slash == path ? memory_text("/") : memory_text_n(path, (size_t)(slash - path));
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
