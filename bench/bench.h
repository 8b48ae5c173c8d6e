/*
 * What the benchmark's programs share: the configuration both they and the daemon read, whose
 * answers the store is given, and a history that the daemon need not ask for again.
 */
#ifndef METRICSD_BENCH_H
#define METRICSD_BENCH_H

#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/store.h"

#include <stddef.h>
#include <stdint.h>

/* Says why on stderr and ends the program. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* The configuration at `path`, or the program's end. */
struct config *bench_config(const char *path);

/* The only entity. */
const struct entity *bench_entity(const struct config *config);

/* Whose answers: what the daemon puts into the same struct. `subject` has room for 128 bytes. */
struct channel bench_channel(const struct account *account, char subject[128]);

/* The account's text setting `name`. */
const char *bench_setting(const struct account *account, const char *name);

enum { BENCH_KEPT_DAYS = 760 }; /* more than any provider is asked for */

/* Marks the last `days` days up to the zone's yesterday as read at `now` by a sweep that went well:
 * what is asked from then on is a daily sweep and no more, due a day later. */
void bench_mark_read(struct store *store, const struct account *account, struct zone *zone,
		     int32_t days, int64_t now);

#endif
