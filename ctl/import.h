/*
 * Importing a file: it is read as text, its layout is recognised by what stands in it, the layout
 * reads its figures and publications into memory, and then all of it is kept or nothing.
 *
 * A layout is a file of its own: what it recognises and how it reads. The names it meets are data
 * (import_names.h).
 */
#ifndef METRICSD_CTL_IMPORT_H
#define METRICSD_CTL_IMPORT_H

#include "csv_table.h"
#include "ctl.h"
#include "evidence.h"
#include "import_names.h"
#include "import_value.h"

enum {
	IMPORT_FILE_MAX = 512 << 20,
	IMPORT_ROWS_MAX = 20000000,
	IMPORT_LANES_MAX = 1 << 15,
	IMPORT_LANE_SLOTS = 1 << 16,
	HEAD_RECORDS = 40,
};

/* The first lines of a file, for recognising it. */
struct import_head {
	struct csv_record *records; /* HEAD_RECORDS at most; a line that is no CSV has no fields */
	size_t count;
};

struct import_options {
	const char *format; /* a layout's name, NULL: by the file's content */
	const char *metric, *by;
	const char *zone;    /* whose clock the file's times are, NULL: the account's */
	struct window range; /* days the file was exported for; .days 0: not said */
	enum date_order order;
	int32_t as_of; /* of lifetime counters, DAY_NONE: not said */
	bool dry;
};

/* One file while it is read. */
struct import_work {
	struct ctl *ctl;
	const struct import_options *options;
	const struct import_names *names;
	const struct import_layout *layout;
	const struct account *account; /* of --account; NULL where the file names them itself */
	struct csv_table table;        /* its path, bytes, reader and mistakes */
	char *text;                    /* its own memory where it was not UTF-8 */
	char sha256[SHA256_TEXT];
	char *folder;          /* paths of evidence stand in it */
	struct window range;   /* of the options, else what the file's name says; days 0 */
	enum date_order order; /* of dates like 03/10/2026 in this file */
	int32_t as_of;         /* of counters, found by import_settle() */
	int64_t modified;      /* time the file was written last */

	/* what was read */
	struct import_lane *lanes;
	const struct account **accounts; /* of the lanes */
	int32_t *todays;                 /* of the lanes' zones */
	size_t lane_count, lane_room;
	uint32_t *lane_slots; /* by account and metric: a lane's number + 1 */
	struct import_row *rows;
	size_t row_count, row_room;
	struct import_words { /* of the long layout's lines; the first: none */
		char *note, *evidence;
	} * words;
	size_t words_count, words_room;
	struct findings findings; /* publications */
	struct import_counter *counters;
	size_t counter_count, counter_room;
	struct window listed;       /* days whose publications are all there */
	struct text note;           /* of the origin: what was assumed */
	struct text notes;          /* what the person should know, one line each */
	size_t unfinished, outside; /* figures of days that are not over, or not the account's */
	size_t local;               /* lines whose evidence is a path of the office's own network */
	size_t shown;               /* bytes of progress said last */
	bool progress;
};

struct import_layout {
	const char *name;   /* after --format */
	const char *source; /* of its series */
	const char *title;  /* for complaints */
	const char *zone;   /* whose days; NULL: the account's */
	bool names_accounts;
	const char *const *needed; /* what its columns have to mean, ends with NULL; NULL: it is for
				    * the layout to say */
	/* Whether the head is this layout's; `names` says what it may be called. NULL: only by
	 * name. */
	bool (*recognise)(const struct import_names *names, const struct import_head *head);
	/* Reads the whole file; what is wrong becomes mistakes of the table. */
	void (*read)(struct import_work *work);
};

extern const struct import_layout import_long, import_plain, import_mbs_metric, import_mbs_content,
	import_x_overview, import_x_content, import_x_legacy, import_ga4, import_search_console,
	import_matomo, import_plausible;

/* All of them, the surest to recognise first; ends with NULL. */
extern const struct import_layout *const import_layouts[];

/* --- import_file.c */

/* Reads the file into work->table, then does import_begin(). ERROR_INPUT says what is wrong with
 * it. */
int import_open(struct import_work *work, const char *path, struct error *err);
/* Makes the bytes of work->table UTF-8 and finds their layout. */
int import_begin(struct import_work *work, struct error *err);
void import_clear(struct import_work *work);

/* Begins reading at byte `at` of the text, whose line is `line`, separated as the line there is. */
void import_read_from(struct import_work *work, size_t at, int line);
/* Whether an empty line comes next. */
bool import_blank_next(const struct import_work *work);
/* The next record, false at the end; those that cannot be read are mistakes. */
bool import_next(struct import_work *work);
/* A field of it, "" where it has none. */
const char *import_field(const struct import_work *work, size_t field);

/* A mistake of the record that was read last. */
__attribute__((format(printf, 2, 3))) void import_mistake(struct import_work *work,
							  const char *format, ...);
__attribute__((format(printf, 2, 3))) void import_note(struct import_work *work, const char *format,
						       ...);

/* Says on a terminal how far it is; whoever reads records without import_next() calls it. */
void import_progress(struct import_work *work);

/* How many fields of a record have the meaning in the layout. */
size_t import_count_meaning(const struct import_names *names, const char *layout,
			    const struct csv_record *record, const char *means);

/* The order of days and months in the ordered dates of a column, of all records from here to the
 * end (or the next blank line): --dates, else by a number over 12. A mistake when nothing tells. */
void import_find_order(struct import_work *work, size_t field);

/* Whether it is known which days the file was exported for: by the options, else by two dates in
 * its name ("…_Oct-01-2025_Oct-31-2025.csv"), which become work->range. */
bool import_name_range(struct import_work *work);

/* The date in a field, a mistake when it is none. */
int import_take_date(struct import_work *work, const char *text, struct import_date *ret);

/* --- import_rows.c */

/* The lane of an account's metric, in the layout's zone; made when there is none. Never more than
 * IMPORT_LANES_MAX: the configuration has fewer. */
size_t import_lane(struct import_work *work, const struct account *account,
		   const struct metric *metric);

/* A number of a window. Days that are not over and days before or after the account's life are left
 * out and counted; days outside the range are mistakes. */
void import_add(struct import_work *work, size_t lane, struct window window,
		const struct import_number *number, uint32_t flags);
/* The same without a look at today and the range: they were checked. */
void import_add_row(struct import_work *work, const struct import_row *row);

/* Whether a window is wholly over in the lane's zone. */
bool import_is_over(const struct import_work *work, size_t lane, struct window window);

/* The period a window is, by its shortest name: "2025-10", "2025-Q4", "2025-10-03". */
struct period import_period(struct window window);

/* In the order they are stored in; what stands there twice is a mistake. */
void import_sort(struct import_work *work);

/* --- import_content.c */

/* What publications of a file are counted as; ends with a NULL id. */
extern const struct metric import_item_metrics[];

/* When publications were exported and which days they listed: asks the store, which may know the
 * file. */
int import_settle(struct import_work *work, struct error *err);

/* --- import_store.c */

/* Keeps what was read, or shows what would change. Returns what the program ends with. */
int import_keep(struct import_work *work);

/* --- import_daily.c */

/* A column of a table with a line a day. */
struct import_column {
	const struct import_name *name; /* NULL: not known */
	size_t lane;
	uint32_t flags;
	enum { COLUMN_LEFT_OUT, COLUMN_DAY, COLUMN_NTH_DAY, COLUMN_NTH_MONTH, COLUMN_METRIC } what;
};

enum import_unknown { UNKNOWN_IS_REFUSED, UNKNOWN_IS_LEFT_OUT };

/*
 * What the columns of the header read last mean. Returns the column of days, -1 when there is none;
 * columns the account has no metric for are left out with a note.
 */
int import_columns(struct import_work *work, enum import_unknown unknown,
		   struct import_column columns[CSV_FIELDS]);

/* The numbers of a record, all of one window. */
void import_take_numbers(struct import_work *work, const struct import_column *columns,
			 size_t count, struct window window);

static inline void scoped_import_work(struct import_work *work)
{
	import_clear(work);
}

#endif
