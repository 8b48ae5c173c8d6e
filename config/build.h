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
	struct source *source;
	bool looks;                       /* at what the file names on disk, too */
	const config_setting_t *defaults; /* the file's `collectors`, or NULL */
	struct {
		bool used, kind_known;
	} * tokens; /* what was seen of each of the configuration's */
};

void build_tokens(struct builder *builder, const config_setting_t *root);
void complain_of_unused_tokens(struct builder *builder);
void build_entities(struct builder *builder, const config_setting_t *root);
void build_alerts(struct builder *builder, const config_setting_t *root);
void build_accounts(struct builder *builder, struct entity *entity, const config_setting_t *group);
void build_groups(struct builder *builder, struct entity *entity, const config_setting_t *group);
void build_derived(struct builder *builder, struct entity *entity, const config_setting_t *group);

/* The plans of the entity, each from its file; `paths` (ends with NULL; may be NULL) as the entity
 * names them. Its accounts have room for one more each. */
void build_plans(struct builder *builder, struct entity *entity, const config_setting_t *group,
		 const char *const *paths);

/*
 * A day written at `name` of the group, DAY_NONE when there is none; whether it is one was
 * complained about.
 */
int32_t read_day(struct builder *builder, const config_setting_t *group, const char *name,
		 const char *text);

/* Whether the id is one; if not, it is complained about. NULL (missing) is none either. */
bool is_id(struct builder *builder, const config_setting_t *group, const char *name,
	   const char *id);

/* The same of a metric's: without "-", which would be a minus in a formula. */
bool is_metric_id(struct builder *builder, const config_setting_t *group, const char *id);

/* An account (no plan's) or a group of the entity by its id, or NULL. */
const struct account *account_named(const struct entity *entity, const char *id);
const struct group *group_named(const struct entity *entity, const char *id);

/*
 * What `from` names: account.metric, group.metric or one of the entity's derived metrics. False
 * after a complaint.
 */
bool read_from(struct builder *builder, const struct entity *entity, const config_setting_t *group,
	       const char *from, struct term *ret);

/* What the file names on disk and is not there as it has to be, complained about; may whoever runs
 * this not look, that is said. `defaults` is the collector's group of `collectors`, or NULL. */
void check_named_files(struct builder *builder, const struct account *account,
		       const config_setting_t *group, const config_setting_t *defaults);
void check_state_directory(struct builder *builder, const config_setting_t *root);
void check_control(struct builder *builder, const config_setting_t *root);
void check_hook_programs(struct builder *builder, const config_setting_t *group);

/* The time zone, or NULL after a complaint (or when there is none). */
const char *checked_zone(struct builder *builder, const config_setting_t *group, const char *zone);

/* The place of one secret, of which a file says two (a path, a credential) at most one of which
 * counts; looked at. */
struct secret_place secret_at(struct builder *builder, const config_setting_t *group,
			      const char *const names[2], const char *const values[2]);

/* The language, "es-CO" for "es", after a complaint where it is none we speak. Never NULL for one
 * that is not. */
const char *checked_language(struct builder *builder, const config_setting_t *group,
			     const char *language);

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
