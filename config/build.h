/*
 * The parts of a configuration, each built from the group of the file that holds it.
 */
#ifndef METRICSD_CONFIG_BUILD_H
#define METRICSD_CONFIG_BUILD_H

#include "reader.h"
#include "source.h"

enum { ID_MAX = 64 };

struct builder {
	struct reader reader;
	struct config *config;
	const struct source *source;
	const config_setting_t *defaults; /* the file's `collectors`, or NULL */
	struct {
		bool used, kind_known;
	} * tokens; /* what was seen of each of the configuration's */
};

void build_tokens(struct builder *builder, const config_setting_t *root);
void complain_of_unused_tokens(struct builder *builder);
void build_entities(struct builder *builder, const config_setting_t *root);
void build_accounts(struct builder *builder, struct entity *entity, const config_setting_t *group);
void build_groups(struct builder *builder, struct entity *entity, const config_setting_t *group);
void build_derived(struct builder *builder, struct entity *entity, const config_setting_t *group);

/*
 * A day written at `name` of the group, DAY_NONE when there is none; whether it is one was
 * complained about.
 */
int32_t read_day(struct builder *builder, const config_setting_t *group, const char *name,
		 const char *text);

/* Whether the id is one; if not, it is complained about. NULL (missing) is none either. */
bool is_id(struct builder *builder, const config_setting_t *group, const char *name,
	   const char *id);

/* The time zone, or NULL after a complaint (or when there is none). */
const char *checked_zone(struct builder *builder, const config_setting_t *group, const char *zone);

/* An absolute path that is not a pasted secret; else a complaint. NULL is fine. */
bool is_path(struct builder *builder, const config_setting_t *group, const char *name,
	     const char *path);

/* Complains that the id of a group is taken by what stands at `line`. */
void complain_taken(struct builder *builder, const config_setting_t *group, const char *id,
		    size_t line);

/* Names for a suggestion, ends with NULL. */
struct names {
	const char **items;
	size_t count, room;
};
void names_add(struct names *names, const char *name);
void names_clear(struct names *names);

static inline void scoped_names(struct names *names)
{
	names_clear(names);
}

#endif
