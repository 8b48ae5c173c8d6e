/*
 * Settings: each is named once, in a table that holds its place, type, range, default and the help
 * that complaints and the manual print. The configuration fills a struct by such a table;
 * collectors know nothing of the file's syntax.
 */
#ifndef METRICSD_SETTING_H
#define METRICSD_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
	SETTING_TEXT, /* const char *: NULL when absent and without default */
	SETTING_ID, /* const char *: digits, must stand in quotes (libconfig 1.5 cuts a long number)
		     */
	SETTING_NUMBER, /* int64_t */
	SETTING_SWITCH, /* bool */
	SETTING_URL, /* const char *: https://…, or http:// to loopback; without a trailing '/' */
	SETTING_NAMES, /* const char **: list of texts, ends with NULL; NULL when absent */
};

struct setting {
	const char *name;
	const char *help;
	const char *text;  /* default of texts and addresses */
	size_t offset;     /* in the struct it fills */
	int64_t low, high; /* SETTING_NUMBER */
	int64_t number;    /* its default, below `low` when nothing said is a value of its own; a
			    * SETTING_SWITCH's too */
	enum setting_type type;
	bool required;
};

#define TEXT_SETTING(type_, member, text_, help_)                                         \
	{                                                                                 \
		.name = #member, .type = SETTING_TEXT, .offset = offsetof(type_, member), \
		.text = (text_), .help = (help_)                                          \
	}
#define ID_SETTING(type_, member, help_)                                                \
	{                                                                               \
		.name = #member, .type = SETTING_ID, .offset = offsetof(type_, member), \
		.required = true, .help = (help_)                                       \
	}
/* With a default, which is never NULL; without one. */
#define URL_SETTING(type_, member, text_, help_)                                         \
	{                                                                                \
		.name = #member, .type = SETTING_URL, .offset = offsetof(type_, member), \
		.text = (text_), .help = (help_)                                         \
	}
#define REQUIRED_URL_SETTING(type_, member, help_)                                       \
	{                                                                                \
		.name = #member, .type = SETTING_URL, .offset = offsetof(type_, member), \
		.required = true, .help = (help_)                                        \
	}
#define NUMBER_SETTING(type_, member, low_, high_, number_, help_)                          \
	{                                                                                   \
		.name = #member, .type = SETTING_NUMBER, .offset = offsetof(type_, member), \
		.low = (low_), .high = (high_), .number = (number_), .help = (help_)        \
	}
#define SWITCH_SETTING(type_, member, number_, help_)                                       \
	{                                                                                   \
		.name = #member, .type = SETTING_SWITCH, .offset = offsetof(type_, member), \
		.number = (number_), .help = (help_)                                        \
	}
#define NAMES_SETTING(type_, member, help_)                                                \
	{                                                                                  \
		.name = #member, .type = SETTING_NAMES, .offset = offsetof(type_, member), \
		.help = (help_)                                                            \
	}

#endif
