/*
 * Figures in sentences. Made from the same `struct figure` as the tables, so that they cannot say
 * anything else; in the language in use, whole sentences from its catalogue, lists and numbers from
 * ICU.
 */
#ifndef METRICSD_PROSE_H
#define METRICSD_PROSE_H

#include "metricsd/figure.h"
#include "metricsd/metric.h"
#include "metricsd/period.h"

#include <stdbool.h>
#include <stddef.h>

struct language;
struct text;

/* "cuarto trimestre de 2025", for titles; with its article, for sentences: "el cuarto trimestre de
 * 2025". A month is "octubre de 2025" in both. */
void prose_period(struct language *language, const struct period *period, struct text *out);
void prose_the_period(struct language *language, const struct period *period, struct text *out);

/* Days as a list of what lacks names them: "diciembre de 2025", "enero a septiembre de 2025", "los
 * días del 3 ene 2026 al 8 ene 2026". */
void prose_days(struct language *language, struct window days, struct text *out);

/* A source as people call it: "archivo importado" for "csv"; one nobody named as it is. */
void source_print(const char *source, struct text *out);

/* "a, b y c". */
void prose_list(struct language *language, const char *const *items, size_t count,
		struct text *out);

/*
 * "273 publicaciones", "1 noticia", "al menos 101 asistentes", "73.300 ± 50 espectadores", "entre
 * 73.250 y 100.100 espectadores". What has no noun (struct metric) is said by its label: "Diseños:
 * 32". Without a number: "sin dato de noticias".
 */
void prose_figure(struct language *language, const struct metric *metric,
		  const struct figure *figure, struct text *out);

/* One sentence on the period before (or the same one a year before): how much more or less, or why
 * there is nothing to compare with. */
void prose_comparison(struct language *language, const struct metric *metric,
		      const struct comparison *comparison, const struct figure *before,
		      const struct period *period, struct text *out);

/* What is not known of a figure or not final; nothing when it is complete and final. `title` says
 * whose it is: "Facebook: sin datos de diciembre de 2025." NULL: "sin datos de diciembre de 2025"
 * alone, which is the same words for all of which the same lacks. */
void prose_caution(struct language *language, const char *title, const struct figure *figure,
		   struct text *out);

#endif
