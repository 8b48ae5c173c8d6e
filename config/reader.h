/*
 * Groups of the file read by tables of settings, with a complaint for all that is not as the table
 * says.
 */
#ifndef METRICSD_CONFIG_READER_H
#define METRICSD_CONFIG_READER_H

#include "complaint.h"

#include "metricsd/config.h"
#include "metricsd/setting.h"

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is being built, with all the memory it owns. */
struct loaded {
	struct config config;
	void **owned;
	size_t owned_count, owned_room;
	bool blank; /* names no institution */
};

struct reader {
	struct loaded *loaded;
	struct complaints *complaints;
};

/* Zeroed memory, or a copy of a string, that lives as long as the configuration. */
void *keep_new(struct reader *reader, size_t count, size_t size);
char *keep_text(struct reader *reader, const char *text);

/*
 * Fills the struct `into` by a table (which ends with a NULL name): from `group`, else from
 * `fallback` (either may be NULL), else the default. Only `group` is complained about; its line
 * stands for what is missing.
 */
void read_settings(struct reader *reader, const config_setting_t *group,
		   const config_setting_t *fallback, const struct setting *table, void *into);

/* The same for defaults of many: types and ranges are looked at, nothing is missing. */
void check_settings(struct reader *reader, const config_setting_t *group,
		    const struct setting *table);

/* What of a group has neither a place in one of the tables nor in `parts`, complained about. Both
 * lists end with NULL. */
void refuse_unknown(struct reader *reader, const config_setting_t *group,
		    const struct setting *const *tables, const char *const *parts);

/* How long the host at `text` is, with the brackets of an IPv6 address. 0: there is none. Whether
 * it is this machine. */
size_t host_length(const char *text);
bool is_loopback(const char *host, size_t length);

/* The line of a group's member, or of the group where it has none. */
size_t line_of(const config_setting_t *group, const char *name);

/* A member of a group, NULL when it (or the group) is not there. */
const config_setting_t *member_of(const config_setting_t *group, const char *name);

/* A member that is a list of groups: NULL when there is none or it is something else. */
const config_setting_t *list_of_groups(struct reader *reader, const config_setting_t *group,
				       const char *name);

/* How many elements a list has (0 for NULL); element `i`. */
size_t list_count(const config_setting_t *list);
const config_setting_t *list_item(const config_setting_t *list, size_t i);

/* A member that is a group, or NULL. */
const config_setting_t *group_of(struct reader *reader, const config_setting_t *group,
				 const char *name);

static inline void scoped_tree(config_t *tree)
{
	config_destroy(tree);
}

/* `, did you mean "x"?` or "", for the end of a complaint. Use at once. */
struct suggestion {
	char text[96];
};
struct suggestion suggestion(const char *word, const char *const *names);

#endif
