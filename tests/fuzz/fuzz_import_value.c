/* Any text is a number, a date, or neither; a number is never below zero or beyond 10^15. */
#include "ctl/import_names.h"
#include "ctl/import_value.h"

#include "metricsd/day.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct import_names names;
	struct import_number number;
	struct import_date date;
	struct error err;
	char *text;

	if (!names.count && import_names_load(&names, NULL, &err) < 0)
		abort();
	text = memory_text_n((const char *)data, size);
	if (import_number(&names, text, &number, &err) == 0 && !number.none) {
		assert(number.value >= 0 && number.value <= INT64_C(1000000000000000));
		assert(number.half >= 0);
	}
	for (enum date_order order = ORDER_NONE; order <= ORDER_MONTH_FIRST; order++) {
		if (import_date(&names, text, order, &date, &err) == 0) {
			int year, month, day;

			day_split(date.day, &year, &month, &day);
			assert(year >= 1969 && year <= 10000);
			assert(date.seconds >= 0 && date.seconds <= 86400);
		}
	}
	free(text);
	return 0;
}
