/*
 * Running the built metricsctl in a directory of its own, with an empty environment but for a clock
 * that stands in January 2026.
 */
#ifndef METRICSD_TESTS_RUN_H
#define METRICSD_TESTS_RUN_H

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/store.h"
#include "metricsd/text.h"

#include <stdint.h>

#define NOW "2026-01-15T17:00:00Z"

/* A directory with a configuration that has the real entity and one that is simulated. */
struct place {
	char path[64];
	char config[96], database[96], control[96];
	int64_t now; /* the time its clock says */
};

/* What a run said. */
struct said {
	int ends;
	struct text out, err;
};

static inline void scoped_said(struct said *said)
{
	text_clear(&said->out);
	text_clear(&said->err);
}

/* The time of NOW. */
int64_t now(void);

void write_file(const char *path, const char *bytes);

/* cmocka's setup and teardown: the place is the state. Its configuration is examples/itagui.conf.
 */
int make_place(void **state);
int clear_place(void **state);
void remove_database(const struct place *place);

/* Runs `metricsctl words…`, separated by one blank each; the same with words that may hold blanks,
 * ending with NULL. It stands in tests/fixtures/csv. */
void run(const struct place *place, const char *words, struct said *said);
void run_words(const struct place *place, const char *const *words, struct said *said);

/* All that was written to a temporary file. */
void read_all(int fd, struct text *ret);

/* The command ends so, and says this on one of the two streams. */
void expect(const struct place *place, const char *words, int ends, const char *out,
	    const char *err);

/* What was printed is what the file below tests/fixtures says. METRICSD_REWRITE=1 writes the files
 * anew, to be looked at. */
void assert_fixture(const char *name, const char *printed);
void expect_fixture(const struct place *place, const char *words, int ends, const char *name);

/* The fields of `words`' CSV stand in that order in the layout's section of docs/formats.md. */
void assert_documented(const struct place *place, const char *words, const char *section);

struct store *open_store(const struct place *place, enum store_mode mode);
struct store_totals totals(const struct place *place);

#endif
