/* Any bytes are records or a refusal; the reader always comes to the end. */
#include "ctl/csv_file.h"

#include "metricsd/error.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv_record record = { 0 };
	struct error err;
	struct csv_file csv;
	size_t before;
	int got;

	csv_begin(&csv, (const char *)data, size);
	for (before = csv.at; (got = csv_next(&csv, &record, &err)) != 0; before = csv.at) {
		assert(csv.at > before && csv.at <= size);
		if (got < 0)
			continue;
		for (size_t i = 0; i < record.count; i++)
			assert(strlen(text_str(&record.fields[i])) == record.fields[i].length);
	}
	csv_record_clear(&record);
	return 0;
}
