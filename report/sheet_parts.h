/* What the files that print a sheet share. */
#ifndef METRICSD_REPORT_SHEET_PARTS_H
#define METRICSD_REPORT_SHEET_PARTS_H

#include "metricsd/report.h"

/* A row's words for its metric, in the language in use. */
const char *row_label(const struct sheet_row *row);

/* Whether the figure is a mean of those that are known only: "33,7 (3/6)". */
bool figure_is_partial_mean(const struct figure *figure);

/* 337 with 1 decimal as "33.7", for programs. */
void decimal_spell(int64_t number, int decimals, struct text *out);

/* Whether it prints as "≥ 275.600 ± 100". */
bool figure_is_rounded_part(const struct figure *figure);

/* Above the table who closed the period, and what is another figure by now. */
void closing_print(const struct sheet *sheet, struct language *language, const struct look *look,
		   FILE *out);

#endif
