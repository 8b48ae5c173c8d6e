/*
 * What records of registers consist of, and how words of a person or a file become one.
 *
 * What is not said stays as it was: an empty cell never makes a known attendance unknown; the word
 * "unknown" does.
 */
#ifndef METRICSD_CTL_RECORD_H
#define METRICSD_CTL_RECORD_H

#include "ctl.h"
#include "evidence.h"

#include "metricsd/record.h"

enum record_field {
	RECORD_FIRST, /* a day, days, or the period a risk is of */
	RECORD_LAST,
	RECORD_TITLE,
	RECORD_NUMBER,
	RECORD_RESPONSIBLE,
	RECORD_NOTED,
	/* details, sorted by name */
	RECORD_AUDIENCE,
	RECORD_CHANNELS,
	RECORD_COORDINATION,
	RECORD_OBJECTIVE,
	RECORD_PRODUCTS,
	RECORD_NOTE,
	RECORD_EVIDENCE,
	RECORD_FIELDS,
};

/* One list's fields: how they are called, and whether there is no record without. */
struct record_shape {
	const char *list;   /* NULL: a metric's id */
	const char *one;    /* "event" */
	const char *number; /* what its number is, for complaints */
	bool yes_no;        /* so is its number */
	struct {
		const char *option; /* of the command line; NULL: it has no such field */
		const char *column; /* of a file */
		bool needed;
	} fields[RECORD_FIELDS];
};

/* A list of an account. */
struct record_place {
	const struct account *account;
	const struct record_shape *shape;
	const char *list;
	int32_t today; /* of the entity */
};

/* The list a word names, in the one account that keeps it (or in that of --account). ERROR_INPUT
 * says what to write into the configuration when there is none. */
int record_place_find(const struct ctl *ctl, const char *word, struct record_place *ret,
		      struct error *err);

/* "event", "campaign", "risk": whose file has a line of these names (ends with NULL) above it;
 * NULL: no register's. */
const char *record_file_of(const char *const *columns);

/* The place of a record that is stored. ERROR_INPUT when the configuration no longer has it. */
int record_place_of(const struct ctl *ctl, const struct entity *entity, const struct record *record,
		    struct record_place *ret, struct error *err);

/* What was said, field by field; NULL and "": nothing. */
struct record_words {
	const char *fields[RECORD_FIELDS];
	const char *folder; /* paths of evidence stand in it; NULL: where the program stands */
};

/* Puts what was said over `record`, which is new or a copy of one that stands. ERROR_INPUT names
 * the field. *local: its evidence is a path nobody outside can look at. */
int record_put(const struct record_place *place, const struct record_words *words,
	       struct record *record, bool *local, struct error *err);

/* Whether everything is there that makes it a record. */
int record_check(const struct record_place *place, const struct record *record, struct error *err);

/* An empty record of the place; a copy. Both are the caller's to record_clear(). */
struct record record_new(const struct record_place *place);
struct record record_copy(const struct record *record);

/* The place's record of the same days and title, or NULL. */
const struct record *record_same(const struct record *record, const struct record *standing,
				 size_t count);

/* Whether it can stand beside those that stand: nothing happens in days of which it was said that
 * there was nothing, and the other way round. */
int record_agrees(const struct record *record, const struct record *standing, size_t count,
		  struct error *err);

/* Its number as a list says it: "45", "—", "no"; nothing of what has none. */
void record_number(const struct record *record, struct language *language, struct text *out);

/* A field of its details, or NULL; they are parsed by record_details(), the caller's to free. */
cJSON *record_details(const struct record *record);

/* Its fields for programs, in an order that stays. */
void record_fields(const struct entity *entity, const struct record *record,
		   struct records *records);

/* Opens the database and keeps other writers out until store_commit() or the end of the program:
 * what is written rests on what was read, and nobody changes that in between. */
int record_open(struct ctl *ctl);

/* All records of an account's list that stand. */
int record_standing(struct ctl *ctl, const struct record_place *place, struct record **ret,
		    size_t *count, struct error *err);

/* `record LIST --from FILE`: what the program ends with. */
int record_file(struct ctl *ctl, const struct record_place *place, const char *path,
		const char *by);

/* What whoever records should hear: statements older than their period, days that are closed,
 * months that the summary takes from another source all the same. */
void record_cautions(struct ctl *ctl, const struct record_place *place,
		     const struct record *records, size_t count);

/* `record --list` and `record --history ID`: what the program ends with. */
int record_list(struct ctl *ctl, const char *list, const char *period);
int record_history(struct ctl *ctl, const char *number);

static inline void scoped_record(struct record *record)
{
	record_clear(record);
}

#endif
