/*
 * Any bytes as what Meta says of a token, or in place of a new one. The first byte chooses the
 * kind, what is read and the status; whatever comes, the report is one that can be kept and shown.
 */
#undef NDEBUG

#include "metricsd/collector.h"
#include "metricsd/error.h"
#include "metricsd/text.h"
#include "metricsd/token.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1796212800 };

/* As the collectors' own settings begin. */
struct object {
	const char *id, *base, *version;
};

static void check(const struct token_report *report, int result, const struct error *err)
{
	assert(report->hold.scope == HOLD_NONE || report->hold.until > NOW);
	if (result < 0) {
		assert(err->class != ERROR_NONE);
		return;
	}
	assert(report->expires >= -1 && report->data_access_ends >= -1 && report->issued >= 0);
	assert(memchr(report->lacks, '\0', sizeof(report->lacks)));
	assert(memchr(report->words, '\0', sizeof(report->words)));
	assert(report->verdict != TOKEN_INVALID || *report->words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct object object = { "104000000000001", "https://graph.facebook.com",
					      "v25.0" };
	static const struct token_use uses[] = {
		{ "pages_read_engagement read_insights", "page 104000000000001" },
		{ "instagram_basic instagram_manage_insights", "user 17841400000000001" },
	};
	static const enum token_kind kinds[] = { TOKEN_PAGE, TOKEN_USER, TOKEN_SYSTEM_USER };
	const struct inspector *inspector = collector_find("facebook")->inspector;
	struct inspection about = { .settings = &object, .uses = uses, .now = NOW };
	struct token_report report = { 0 };
	struct response response = { .headers = "" };
	struct error err = { 0 };
	char *body;
	int result;

	if (size < 1 || size > 1 << 20)
		return 0;
	about.kind = kinds[data[0] % 3];
	about.use_count = data[0] & 4 ? 2 : 1;
	about.app_id = data[0] & 8 ? "138483919580948" : NULL;
	response.status = data[0] & 16 ? 400 : data[0] & 32 ? 503 : 200;
	body = malloc(size);
	if (!body)
		abort();
	memcpy(body, data + 1, size - 1);
	body[size - 1] = '\0';
	response.body = body;
	response.length = size - 1;
	result = data[0] & 64 ? inspector->refused(&about, &response, &report, &err)
			      : inspector->read(&about, &response, &report, &err);
	check(&report, result, &err);
	free(body);
	return 0;
}
