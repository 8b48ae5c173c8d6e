/* faults-verify DATABASE: store_verify() of a store nobody has open. Says what is wrong, and ends
 * with 1. */
#include "metricsd/error.h"
#include "metricsd/store.h"

#include <stdio.h>

int main(int count, char **words)
{
	struct store *store = NULL;
	struct error err = { 0 };
	int result;

	if (count != 2)
		return fputs("usage: faults-verify DATABASE\n", stderr) < 0 ? 3 : 2;
	result = store_open(words[1], STORE_READ, &store, &err);
	if (result == 0)
		result = store_verify(store, &err);
	store_close(store);
	if (result < 0)
		(void)fprintf(stderr, "%s: %s\n", words[1], err.text);
	return result < 0 ? 1 : 0;
}
