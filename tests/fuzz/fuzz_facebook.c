#include "tests/fuzz/collector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *quiet(const struct request *request)
{
	(void)request;
	return "{\"id\":\"1\",\"data\":[]}";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_one("facebook", quiet, data, size);
}
