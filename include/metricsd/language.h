/*
 * The language people read: words from the gettext catalogue, numbers and dates from ICU.
 *
 * A `struct language` belongs to one table or one command. gettext's choice is the process's own,
 * so whoever prints calls language_use() first; after that say() speaks it. Nothing else has to be
 * installed than C.UTF-8.
 */
#ifndef METRICSD_LANGUAGE_H
#define METRICSD_LANGUAGE_H

#include "metricsd/day.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct period;
struct text;

/* Marks a text in a table for the catalogue; say() translates it where it is printed. */
#ifndef N_
#define N_(text) text
#endif

struct language;

/*
 * "es-CO", "es" (which means es-CO: plain `es` does not group four digits), "en". `catalogues` is
 * the directory of the compiled catalogues; NULL: ../share/locale beside the directory of the
 * running program. ERROR_INPUT for a name that is no language.
 */
int language_open(const char *name, const char *catalogues, struct language **ret,
		  struct error *err);
void language_close(struct language *language);

/* From here on say() and say_count() speak `name`, for who needs no numbers and dates of it;
 * otherwise as language_open(). It sets the environment: not while other threads read that. */
int language_speak(const char *name, const char *catalogues, struct error *err);

/* "es-CO", as it was asked for. */
const char *language_name(const struct language *language);

/* From here on say() and say_count() speak this one. */
void language_use(const struct language *language);

/* `text` in the language in use, itself when the catalogue does not have it. Never NULL. */
__attribute__((format_arg(1))) const char *say(const char *text);

/* The same for a number of things: "1 day", "2 days". */
__attribute__((format_arg(1), format_arg(2))) const char *
say_count(const char *one, const char *many, int64_t count);

/* 34811 as "34.811". Cheap: 24,000 of them take some milliseconds. */
void language_number(struct language *language, int64_t number, struct text *out);

/* 337 with 1 decimal as "33,7"; 0 decimals: as language_number(). */
void language_decimal(struct language *language, int64_t number, int decimals, struct text *out);

/* "15 nov", with the year "15 nov 2025". */
void language_day(struct language *language, int32_t day, struct text *out);
void language_date(struct language *language, int32_t day, struct text *out);

/* "oct", for the head of a column; with its year "oct 2025". */
void language_month(struct language *language, int32_t day, struct text *out);
void language_month_year(struct language *language, int32_t day, struct text *out);

/* "octubre", standing alone. */
void language_month_name(struct language *language, int32_t day, struct text *out);

/* The city whose clock a zone keeps, "Bogotá" for "America/Bogota"; a zone without one as it is. */
void language_zone(struct language *language, const char *zone, struct text *out);

/* `text` as a sentence begins, its first letter a capital: "Sin datos de diciembre de 2025". */
void language_sentence(struct language *language, const char *text, struct text *out);

/* "octubre de 2025", "IV trim. 2025", "2025", "1 oct 2025 – 15 nov 2025". */
void language_period(struct language *language, const struct period *period, struct text *out);

static inline void scoped_language(struct language **language)
{
	language_close(*language);
}

#endif
