#include "tests/fuzz/collector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *quiet(const struct request *request)
{
	if (strstr(text_str(&request->url), "/stats?"))
		return "{\"pageviews\":1,\"visitors\":1,\"visits\":1}";
	return strstr(text_str(&request->url), "/pageviews?") ? "{\"pageviews\":[],\"sessions\":[]}"
							      : "{\"id\":\"1\"}";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_one("umami", quiet, data, size);
}
