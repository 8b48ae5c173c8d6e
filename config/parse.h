/*
 * The configuration from bytes in memory: what config_load() does once it has read the file, for
 * tests and the fuzzer.
 */
#ifndef METRICSD_CONFIG_PARSE_H
#define METRICSD_CONFIG_PARSE_H

#include <stddef.h>

struct config;
struct text;

/* As config_load(); `name` stands in the complaints, and relative includes start at its directory.
 */
int config_parse(const char *name, const char *bytes, size_t length, struct config **ret,
		 struct text *complaints);

#endif
