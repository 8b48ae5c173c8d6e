/* Words of others, whatever bytes they are, steer no terminal, begin no formula and break no record
 * in what is printed of them. */
#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/memory.h"
#include "metricsd/report.h"
#include "metricsd/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_tame(const char *bytes, const char *kept)
{
	size_t left = strlen(bytes);

	while (left) {
		size_t length = strchr(kept, *bytes) ? 1 : utf8_shown(bytes, left);

		assert(length > 0);
		bytes += length;
		left -= length;
	}
}

static void assert_record(const char *words, enum report_format format)
{
	struct records records;
	SCOPED(memory)
	char *bytes = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&bytes, &length);
	SCOPED(json)
	cJSON *root = NULL;

	records_begin(&records, format, "metricsd.words", 1, out);
	records_next(&records);
	records_text(&records, "words", words);
	records_end(&records);
	assert(fclose(out) == 0);
	assert_tame(bytes, "\r\n\t");
	if (format == REPORT_JSON)
		assert(json_parse(bytes, length, &root, NULL) == 0);
	else if (*words) /* "version,words" CR LF "1," and what stands in the cell */
		assert(!strchr("=+-@\t\r", bytes[strcspn(bytes, "\n") + 3]) ||
		       strlen(bytes) < strcspn(bytes, "\n") + 3);
}

static void assert_shown(const char *words)
{
	static const struct look look = { .width = 40 };
	SCOPED(grid)
	struct grid grid = { 0 };
	SCOPED(memory)
	char *bytes = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&bytes, &length);

	grid_begin(&grid, "lr");
	grid_cell(&grid, PAINT_PLAIN, words);
	grid_cell(&grid, PAINT_PLAIN, words);
	grid_end_row(&grid);
	grid_print(&grid, &look, out);
	print_wrapped(words, 20, 2, out);
	assert(fclose(out) == 0);
	assert_tame(bytes, "\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(memory)
	char *words = memory_text_n((const char *)data, size);
	SCOPED(text)
	struct text json = { .max = 6 * size + 1 };
	struct error err;

	assert_shown(words);
	assert_record(words, REPORT_CSV);
	assert_record(words, REPORT_JSON);
	json_add_shown(&json, words);
	assert(!json.failed);
	assert_tame(text_str(&json), "\n\t");
	(void)error_set(&err, ERROR_REQUEST, "%s", words);
	assert_tame(err.text, "");
	return 0;
}
