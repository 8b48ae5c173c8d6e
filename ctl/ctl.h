/*
 * What the subcommands of metricsctl share: options, configuration, store, language, and how they
 * end.
 */
#ifndef METRICSD_CTL_CTL_H
#define METRICSD_CTL_CTL_H

#include "metricsd/config.h"
#include "metricsd/error.h"
#include "metricsd/json.h"
#include "metricsd/language.h"
#include "metricsd/period.h"
#include "metricsd/report.h"
#include "metricsd/store.h"
#include "metricsd/zones.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit status, metricsctl(1). */
enum {
	ENDS_FINE = 0,
	ENDS_PERSON = 1, /* something needs a person: a failing account */
	ENDS_USAGE = 2,
	ENDS_FAILURE = 3, /* data or system */
};

/* One run of the program. */
struct ctl {
	const struct command *command;
	int64_t now; /* time */
	FILE *out;
	const char *config_path;
	const char *entity;        /* of --entity, or NULL */
	const char *account;       /* of --account, or NULL */
	const char *language_name; /* of --lang, or NULL */
	const char *database;      /* of --database: only read; NULL: the configured one */
	enum report_format format;
	bool format_given;
	struct look look;
	struct config *config;
	struct store *store;
	struct language *language;
	/* what --account names, found by ctl_load(); NULL without it */
	const struct entity *chosen_entity;
	const struct account *chosen; /* NULL too when it is a group or a derived metric */
	const char *only;             /* its id */
	char **words; /* the arguments, where ACCOUNT.METRIC was written as one; or NULL */
	char *first;  /* of them, the account's */
};

struct command {
	const char *name;
	const char *arguments; /* of the usage line */
	const char *purpose;   /* one line */
	const char *help;      /* options of its own and an example; the common ones follow */
	int (*run)(struct ctl *ctl, int argc, char **argv);
	const char *formats; /* of --format, as --help lists them; NULL: table, csv or json */
	bool for_machines;   /* has --format */
	bool takes_account;  /* has --account: what it does can be of one channel */
	bool takes_groups;   /* an account it is given may be a group or a derived metric */
	bool own_width;      /* --width is an option of its own */
	bool takes_database; /* has --database: it reads, or one of its ways does */
};

/* An option of one subcommand: with a value (`text`) or without (`on`); a name of one letter is a
 * short one. Ends with a NULL name. */
struct flag {
	const char *name;
	const char **text;
	bool *on;
};

/*
 * Reads the common options and `own` (NULL: none) wherever they stand; what is left are the
 * arguments, *argc of them from *argv on. 0, or -1 after words on stderr or --help: *ends is then
 * what the program ends with. `least` to `most` arguments are wanted.
 */
int ctl_options(struct ctl *ctl, int *argc, char ***argv, const struct flag *own, int least,
		int most, int *ends);

/* The common options that stand before the subcommand; leaves the rest in *argc, *argv. */
int ctl_first_options(struct ctl *ctl, int *argc, char ***argv, int *ends);

/* ENDS_FINE, or after words on stderr what the program ends with: loads the configuration and
 * finds what --entity and --account name in it; */
int ctl_load(struct ctl *ctl);

/* the same by config_check(), giving what concerns collecting alone and what is named and is not on
 * disk in `complaints`: of that ctl_load() is silent; */
int ctl_load_looking(struct ctl *ctl, struct text *complaints);

/* opens the store. STORE_READ on a database that does not exist yet says what to do. */
int ctl_open(struct ctl *ctl, enum store_mode mode);

/* Whether there is a database, be it one that may not be read. */
bool ctl_has_store(const struct ctl *ctl);

/* speaks the language of --lang, else the entity's (NULL: the first one's). */
int ctl_speak(struct ctl *ctl, const struct entity *entity);

void ctl_close(struct ctl *ctl);

/* Words on stderr: "metricsctl: …". Both return `ends`. */
__attribute__((format(printf, 2, 3))) int ctl_say(int ends, const char *format, ...);

/* Lines in which words of others may stand: what would steer a terminal is '?' (utf8_tame()). */
void print_tame(const struct text *lines, FILE *out);

/* The error's words; returns ENDS_USAGE for ERROR_INPUT, else ENDS_FAILURE. */
int ctl_fail(const struct error *err);

/* The entity of --entity, or the only one. NULL after words. */
const struct entity *ctl_entity(const struct ctl *ctl);

/* Whether the entity is asked for: no --entity, or this one. Unknown names are refused by
 * ctl_load(). */
bool ctl_wants(const struct ctl *ctl, const struct entity *entity);

/* The channel a person names, as config_account(); of a group or a derived metric ERROR_INPUT says
 * what to name instead, for what is done (`doing`: "a figure is entered for") has one channel. */
int ctl_account(const struct ctl *ctl, const char *name, const char *doing,
		const struct account **ret, struct error *err);

/* Finds what --account names; ERROR_INPUT with the nearest name. */
int ctl_choose(struct ctl *ctl, struct error *err);

/* Whether the entity has an account, group or derived metric of that name. */
bool entity_has_channel(const struct entity *entity, const char *name);

/* Whether `name` is that of the derived metric: "publicaciones" or "publicaciones.posts". */
bool names_derived(const char *account, const char *metric, const char *name);

/* The entity's notice and name above a table of its own; an empty line
 * before it but for the *first. */
void print_entity(const struct ctl *ctl, const struct entity *entity, bool *first);

/* Whether the account is asked for by --entity and --account. */
bool ctl_wants_account(const struct ctl *ctl, const struct account *account);

/* Today in the zone `name`, by the clock of this run. */
int ctl_today(const struct ctl *ctl, const char *name, int32_t *ret, struct error *err);

/* The time by the clock of the entity's zone; NULL: of the first entity's, for what is of all. */
const char *ctl_clock(const struct ctl *ctl, struct zones *zones, const struct entity *entity,
		      int64_t time, char ret[TIME_TEXT]);

/* A PERIOD as people type it: any form period_parse() knows, or a name the entity (NULL: none) has
 * given; `text` NULL: the entity's last month that is over. */
int ctl_period(const struct ctl *ctl, const struct entity *entity, const char *text,
	       struct period *ret, struct error *err);

/* First day with anything entered, collected or recorded for the account, DAY_NONE: nothing. */
int ctl_first_day(const struct ctl *ctl, const struct account *account, int32_t *ret,
		  struct error *err);

/* For lists of channels: words when --account names a plan. ENDS_FINE, or what the program ends
 * with. */
int ctl_refuse_plan(const struct ctl *ctl);

/* Who is sitting there: `given`, else $SUDO_USER, $USER, the user's name. */
const char *ctl_person(const char *given);

/* Whether words for an origin can be kept and shown: at most so many bytes, UTF-8, no control
 * characters. `option` says what they are; NULL words are fine. ENDS_FINE, or after words. */
enum { BY_MAX = 200, EVIDENCE_MAX = 500, NOTE_MAX = 2000 };
int check_words(const char *option, const char *words, size_t most);
/* The same as an error; 0 or -1. */
int words_check(const char *what, const char *words, size_t most, struct error *err);

/* "yes", "no", "sí", "si", "1", "0": 1 or 0. */
int yes_no_parse(const char *text, const char *what, int64_t *ret, struct error *err);

/* A line for each closed period of the entity that has days in the windows: its figures stay. */
void say_closed(struct ctl *ctl, const struct entity *entity, const struct window *windows,
		size_t window_count);
/* A line about evidence that only the office itself can look at. */
void say_local(struct ctl *ctl, const char *evidence);

/* Whether the period is wholly in the past of the entity on `today` and of the account's life. */
int check_entry_period(const struct account *account, const struct period *period, int32_t today,
		       struct error *err);

/* A whole number as people type it. "2.106" and "2,106" are refused with what to type. */
int value_parse(const char *text, const char *what, int64_t *ret, struct error *err);

/* The account's metric, or ERROR_INPUT with the nearest name and those it has. */
int metric_of(const struct account *account, const char *id, const struct metric **ret,
	      struct error *err);

/* The entry a line or a person means; yes, no and 50% where the metric's unit says so;
 * `uncertainty` NULL or "": exact. */
int entry_make(const struct account *account, const struct metric *metric,
	       const struct period *period, const char *value, const char *uncertainty,
	       const char *source, struct entry *ret, struct error *err);

/* A number that was just stored. */
struct stored {
	const struct entry *entry;
	const struct period *period;
};

/* A line for each whose period the summary takes from elsewhere, and what to do; ten at most. */
void say_overruled(struct ctl *ctl, const struct stored *stored, size_t count);

/*
 * Sends the daemon a command of control.h, for the account `name` (NULL: all) and days (NULL:
 * none), prints what it says and returns the exit status it names. Without a daemon words say what
 * to do.
 */
int daemon_ask_account(struct ctl *ctl, const char *command, const char *name, const char *from,
		       const char *to);

/* The daemon's last line to `request`, NULL when none runs or it does not answer within 2 s. The
 * caller's to cJSON_Delete(). */
cJSON *daemon_status(const struct ctl *ctl);

/* Lets the daemon tell a trial by each way alerts go; prints what came of it and returns the exit
 * status. */
int daemon_try_alerts(struct ctl *ctl);

/* There is an alert to tell: true when a daemon heard it; else it is told once one runs. */
bool daemon_nudge_alerts(const struct ctl *ctl);

extern const struct command gaps_command, summary_command, series_command, enter_command,
	withdraw_command, entries_command, import_command, accounts_command, status_command,
	check_command, collect_command, backfill_command, replay_command, record_command,
	pending_command, explain_command, verify_command, reconcile_command, plan_command,
	close_command, reopen_command, alerts_command, publish_command, report_command,
	chart_command, export_command, backup_command, restore_command;

/* All of them, ends with NULL. */
extern const struct command *const commands[];

/* The program without its main(): for tests. */
int ctl_main(int argc, char **argv);

static inline void scoped_ctl(struct ctl *ctl)
{
	ctl_close(ctl);
}

#endif
