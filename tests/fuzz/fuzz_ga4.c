#include "tests/fuzz/collector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EMPTY                                                                     \
	"{\"metricHeaders\":[{\"name\":\"sessions\"},{\"name\":\"totalUsers\"},{" \
	"\"name\":\"screenPageViews\"}]}"

/* As many reports as were asked for. */
static const char *quiet(const struct request *request)
{
	static const char *const answers[] = {
		"{\"reports\":[]}",
		"{\"reports\":[" EMPTY "]}",
		"{\"reports\":[" EMPTY "," EMPTY "]}",
		"{\"reports\":[" EMPTY "," EMPTY "," EMPTY "]}",
		"{\"reports\":[" EMPTY "," EMPTY "," EMPTY "," EMPTY "]}",
		"{\"reports\":[" EMPTY "," EMPTY "," EMPTY "," EMPTY "," EMPTY "]}",
	};
	size_t count = 0;

	for (const char *at = text_str(&request->body); (at = strstr(at, "dateRanges")); at++)
		count++;
	assert(count > 0 && count < sizeof(answers) / sizeof(answers[0]));
	return answers[count];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_one("ga4", quiet, data, size);
}
