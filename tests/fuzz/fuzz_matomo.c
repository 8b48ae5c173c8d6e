#include "tests/fuzz/collector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *quiet(const struct request *request)
{
	if (strstr(text_str(&request->body), "getSiteFromId"))
		return "{\"timezone\":\"Europe/Madrid\"}";
	return strstr(text_str(&request->body), "period=month") ? "{\"nb_visits\":1}" : "{}";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_one("matomo", quiet, data, size);
}
