/* Any bytes as a configuration: it is built, or there is a complaint; nothing is lost on the way.
 */
#include "config/parse.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether one of the complaints is libconfig's own: it may know of no mistake that was not found
 * before it was asked. */
static bool says_libconfig(const char *complaints)
{
	for (const char *line = complaints; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "fuzz.conf:", 10) == 0) {
			const char *words = line + 10 + strspn(line + 10, "0123456789");

			if (strncmp(words, ": libconfig: ", 13) == 0)
				return true;
		}
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(text)
	struct text complaints = { 0 };
	SCOPED(config)
	struct config *config = NULL;
	int result = config_parse("fuzz.conf", (const char *)data, size, &config, &complaints);

	/* a refusal without a word would leave a person alone with it */
	if (result < 0 && complaints.length == 0)
		abort();
	if (says_libconfig(text_str(&complaints)))
		abort();
	return 0;
}
