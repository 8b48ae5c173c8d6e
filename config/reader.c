#include "reader.h"

#include "source.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	NAMES_MAX = 256,
	PORT_MAX = 65535,
	OCTET_MAX = 255,
};

/* --- memory */

static void *keep(struct reader *reader, void *memory)
{
	struct loaded *loaded = reader->loaded;

	loaded->owned = memory_grow(loaded->owned, loaded->owned_count, &loaded->owned_room,
				    sizeof(*loaded->owned));
	loaded->owned[loaded->owned_count++] = memory;
	return memory;
}

void *keep_new(struct reader *reader, size_t count, size_t size)
{
	return keep(reader, memory_new(count, size));
}

char *keep_text(struct reader *reader, const char *text)
{
	return keep(reader, memory_text(text));
}

/* --- the file's tree */

/* Every setting of every account is looked for: nearly all names differ in their first letter. */
static bool is_same(const char *name, const char *other)
{
	return *name == *other && strcmp(name, other) == 0;
}

/* config_setting_get_member() of libconfig 1.5 takes no const group. */
const config_setting_t *member_of(const config_setting_t *group, const char *name)
{
	size_t count = list_count(group);

	for (size_t i = 0; i < count; i++) {
		const config_setting_t *item = list_item(group, i);

		if (is_same(config_setting_name(item), name))
			return item;
	}
	return NULL;
}

size_t line_of(const config_setting_t *group, const char *name)
{
	const config_setting_t *item = name ? member_of(group, name) : NULL;

	return config_setting_source_line(item ? item : group);
}

size_t list_count(const config_setting_t *list)
{
	return list ? (size_t)config_setting_length(list) : 0;
}

const config_setting_t *list_item(const config_setting_t *list, size_t i)
{
	return config_setting_get_elem(list, (unsigned int)i);
}

static const char *type_name(const config_setting_t *item)
{
	switch (config_setting_type(item)) {
	case CONFIG_TYPE_GROUP:
		return "a group { }";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "a number";
	case CONFIG_TYPE_FLOAT:
		return "a number with a fraction";
	case CONFIG_TYPE_STRING:
		return "text";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ]";
	default:
		return "a list ( )";
	}
}

const config_setting_t *list_of_groups(struct reader *reader, const config_setting_t *group,
				       const char *name)
{
	const config_setting_t *list = member_of(group, name);
	bool alike = true;

	if (!list)
		return NULL;
	if (!config_setting_is_list(list)) {
		complain(reader->complaints, config_setting_source_line(list),
			 "%s is %s, expected a list of groups: %s = ( { … }, { … } );", name,
			 type_name(list), name);
		return NULL;
	}
	for (size_t i = 0; i < list_count(list); i++) {
		const config_setting_t *item = list_item(list, i);

		if (config_setting_is_group(item))
			continue;
		complain(reader->complaints, config_setting_source_line(item),
			 "%s holds %s, expected a list of groups: %s = ( { … }, { … } );", name,
			 type_name(item), name);
		alike = false;
	}
	return alike ? list : NULL;
}

const config_setting_t *group_of(struct reader *reader, const config_setting_t *group,
				 const char *name)
{
	const config_setting_t *item = member_of(group, name);

	if (item && !config_setting_is_group(item)) {
		complain(reader->complaints, config_setting_source_line(item),
			 "%s is %s, expected a group: %s: { … };", name, type_name(item), name);
		return NULL;
	}
	return item;
}

/* --- addresses */

/* 127.0.0.0/8 as four plain numbers: other spellings of an address are somebody's trick. */
static bool is_loopback_number(const char *host, size_t length)
{
	int octets = 0;
	size_t at = 0;

	if (length < 4 || strncmp(host, "127.", 4) != 0)
		return false;
	while (at < length) {
		int number = 0;
		size_t start = at;

		while (at < length && host[at] >= '0' && host[at] <= '9' && at - start < 3)
			number = number * 10 + (host[at++] - '0');
		if (at == start || number > OCTET_MAX || (at - start > 1 && host[start] == '0'))
			return false;
		octets++;
		if (at == length)
			break;
		if (host[at++] != '.' || at == length)
			return false;
	}
	return octets == 4;
}

bool is_loopback(const char *host, size_t length)
{
	return (length == 9 && strncasecmp(host, "localhost", length) == 0) ||
	       (length == 5 && strncmp(host, "[::1]", length) == 0) ||
	       is_loopback_number(host, length);
}

size_t host_length(const char *text)
{
	size_t length;

	if (*text != '[') {
		length = strcspn(text, ":/");
		return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.-_") == length
			       ? length
			       : 0;
	}
	length = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
	return text[length] == ']' && length > 1 ? length + 1 : 0;
}

/* ":443" or nothing, then "/…" or nothing. */
static bool is_port_and_path(const char *text)
{
	if (*text == ':') {
		size_t digits = strspn(++text, "0123456789");

		if (digits == 0 || digits > 5 || strtol(text, NULL, 10) > PORT_MAX ||
		    strtol(text, NULL, 10) == 0)
			return false;
		text += digits;
	}
	if (*text && *text != '/')
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

/* What is wrong with an address, NULL when nothing is. */
static const char *address_fault(const char *text)
{
	bool plain = strncmp(text, "http://", 7) == 0;
	size_t host;

	if (strchr(text, '@'))
		return "holds a user name or a password, which has no place in an address";
	if (!plain && strncmp(text, "https://", 8) != 0)
		return "is not an address that begins with https://";
	if (strpbrk(text, "?#"))
		return "holds a \"?\" or \"#\", expected an address without a query";
	text += plain ? 7 : 8;
	host = host_length(text);
	if (host == 0 || !is_port_and_path(text + host))
		return "is not an address like https://host.example/path";
	if (plain && !is_loopback(text, host))
		return "is plain http, which is accepted for this machine only (127.0.0.1, "
		       "localhost, [::1]): expected https://";
	return NULL;
}

/* --- values by their setting */

static bool has_type(const struct setting *setting, const config_setting_t *item)
{
	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_ID:
	case SETTING_URL:
		return config_setting_type(item) == CONFIG_TYPE_STRING;
	case SETTING_NUMBER:
		return config_setting_type(item) == CONFIG_TYPE_INT ||
		       config_setting_type(item) == CONFIG_TYPE_INT64;
	case SETTING_SWITCH:
		return config_setting_type(item) == CONFIG_TYPE_BOOL;
	case SETTING_NAMES:
		return config_setting_is_array(item) || config_setting_is_list(item);
	}
	return false;
}

static const char *expected_type(const struct setting *setting)
{
	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_URL:
		return "text in quotes";
	case SETTING_ID:
		return "digits in quotes";
	case SETTING_NUMBER:
		return "a whole number";
	case SETTING_SWITCH:
		return "true or false";
	case SETTING_NAMES:
		return "names: [\"…\", \"…\"]";
	}
	return "something else";
}

/* A number as offices write it: "$700.000.000", "80,000,000", "450 000". Its digits, the caller's
 * to free; NULL when it is something else. */
static char *digits_of(const char *text)
{
	struct text digits = TEXT_UP_TO(64);
	size_t group;

	text += *text == '$';
	text += strspn(text, " ");
	group = strspn(text, "0123456789");
	text_add_n(&digits, text, group);
	text += group;
	while (group && group <= 3 && *text && strchr(".,' ", *text) &&
	       strspn(text + 1, "0123456789") == 3) {
		text_add_n(&digits, text + 1, 3);
		text += 4;
	}
	if (group && !*text && !digits.failed)
		return text_take(&digits);
	text_clear(&digits);
	return NULL;
}

static void complain_of_type(struct reader *reader, const struct setting *setting,
			     const config_setting_t *item)
{
	size_t line = config_setting_source_line(item);
	long long number = config_setting_get_int64(item);
	SCOPED(memory)
	char *digits = NULL;

	if (setting->type == SETTING_NUMBER && config_setting_type(item) == CONFIG_TYPE_STRING)
		digits = digits_of(config_setting_get_string(item));
	if (digits)
		complain(reader->complaints, line, "%s is \"%s\", write %s = %s: %s", setting->name,
			 shown(config_setting_get_string(item)).text, setting->name, digits,
			 setting->help);
	else if (setting->type == SETTING_ID && config_setting_type(item) == CONFIG_TYPE_INT64 &&
		 number < INT64_MAX)
		complain(reader->complaints, line,
			 "%s is a number without quotes, write %s = \"%lld\": %s", setting->name,
			 setting->name, number, setting->help);
	else if (setting->type == SETTING_ID && config_setting_type(item) == CONFIG_TYPE_INT64)
		complain(reader->complaints, line,
			 "%s is a number without quotes, put them around it: %s", setting->name,
			 setting->help);
	else
		complain(reader->complaints, line, "%s is %s, expected %s: %s", setting->name,
			 type_name(item), expected_type(setting), setting->help);
}

/* Whole characters only, and none that would break a line or a table or deceive its reader. */
static bool is_clean(const char *text)
{
	size_t room = strlen(text);

	while (room) {
		size_t size = utf8_shown(text, room);

		if (size == 0)
			return false;
		text += size;
		room -= size;
	}
	return true;
}

/* The words of what is wrong with a text, or NULL. */
static const char *text_fault(const struct setting *setting, const char *text)
{
	if (!*text)
		return "is empty";
	if (!is_clean(text))
		return "holds a line break or another control character";
	if (setting->type == SETTING_ID && strspn(text, "0123456789") != strlen(text))
		return "is not made of digits alone";
	if (setting->type == SETTING_URL)
		return address_fault(text);
	return NULL;
}

static void complain_of_text(struct reader *reader, const struct setting *setting, size_t line,
			     const char *text, const char *fault)
{
	/* what has a user name in it is not shown: the password is beside it */
	if (!*text || strchr(text, '@') || !is_clean(text))
		complain(reader->complaints, line, "%s %s: %s", setting->name, fault,
			 setting->help);
	else
		complain(reader->complaints, line, "%s \"%s\" %s: %s", setting->name,
			 shown(text).text, fault, setting->help);
}

static const char *kept_address(struct reader *reader, const char *text)
{
	char *copy = keep_text(reader, text);
	size_t length = strlen(copy);

	while (length && copy[length - 1] == '/')
		copy[--length] = '\0';
	return copy;
}

static void read_text(struct reader *reader, const struct setting *setting,
		      const config_setting_t *item, bool loudly, void *place)
{
	const char *text = config_setting_get_string(item);
	const char *fault = text_fault(setting, text);

	if (fault) {
		if (loudly)
			complain_of_text(reader, setting, config_setting_source_line(item), text,
					 fault);
		return;
	}
	*(const char **)place =
		setting->type == SETTING_URL ? kept_address(reader, text) : keep_text(reader, text);
}

static void read_number(struct reader *reader, const struct setting *setting,
			const config_setting_t *item, bool loudly, void *place)
{
	int64_t number = config_setting_get_int64(item);

	if (number >= setting->low && number <= setting->high) {
		*(int64_t *)place = number;
		return;
	}
	if (loudly)
		complain(reader->complaints, config_setting_source_line(item),
			 "%s is %" PRId64 ", expected %" PRId64 " to %" PRId64 ": %s",
			 setting->name, number, setting->low, setting->high, setting->help);
}

static bool holds_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (is_same(names[i], name))
			return true;
	return false;
}

static void read_names(struct reader *reader, const struct setting *setting,
		       const config_setting_t *list, bool loudly, void *place)
{
	size_t count = list_count(list);
	size_t line = config_setting_source_line(list);
	const char **names = keep_new(reader, count + 1, sizeof(*names));
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const config_setting_t *item = list_item(list, i);
		const char *name = config_setting_type(item) == CONFIG_TYPE_STRING
					   ? config_setting_get_string(item)
					   : NULL;

		if (name && *name && is_clean(name) && !holds_name(names, kept, name))
			names[kept++] = keep_text(reader, name);
		else if (loudly && name && holds_name(names, kept, name))
			complain(reader->complaints, line, "%s names \"%s\" twice: %s",
				 setting->name, shown(name).text, setting->help);
		else if (loudly)
			complain(reader->complaints, line, "%s holds %s, expected %s: %s",
				 setting->name, name ? "a bad name" : type_name(item),
				 expected_type(setting), setting->help);
	}
	*(const char ***)place = names;
}

/* `loudly`: what is wrong is complained about; else it was before. */
static void read_value(struct reader *reader, const struct setting *setting,
		       const config_setting_t *item, bool loudly, void *place)
{
	if (!has_type(setting, item)) {
		if (loudly)
			complain_of_type(reader, setting, item);
		return;
	}
	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_ID:
	case SETTING_URL:
		read_text(reader, setting, item, loudly, place);
		break;
	case SETTING_NUMBER:
		read_number(reader, setting, item, loudly, place);
		break;
	case SETTING_SWITCH:
		*(bool *)place = config_setting_get_bool(item) != CONFIG_FALSE;
		break;
	case SETTING_NAMES:
		read_names(reader, setting, item, loudly, place);
		break;
	}
}

static void set_default(const struct setting *setting, void *place)
{
	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_ID:
	case SETTING_URL:
		*(const char **)place = setting->text;
		break;
	case SETTING_NUMBER:
		*(int64_t *)place = setting->number;
		break;
	case SETTING_SWITCH:
		*(bool *)place = setting->number != 0;
		break;
	case SETTING_NAMES:
		*(const char ***)place = NULL;
		break;
	}
}

void read_settings(struct reader *reader, const config_setting_t *group,
		   const config_setting_t *fallback, const struct setting *table, void *into)
{
	for (const struct setting *setting = table; setting->name; setting++) {
		const config_setting_t *own = member_of(group, setting->name);
		const config_setting_t *shared = member_of(fallback, setting->name);
		void *place = (char *)into + setting->offset;

		set_default(setting, place);
		if (own)
			read_value(reader, setting, own, true, place);
		else if (shared)
			read_value(reader, setting, shared, false, place);
		else if (setting->required && group)
			complain(reader->complaints, config_setting_source_line(group),
				 "%s is missing: %s", setting->name, setting->help);
	}
}

void check_settings(struct reader *reader, const config_setting_t *group,
		    const struct setting *table)
{
	union {
		const char *text;
		const char **names;
		int64_t number;
		bool on;
	} nowhere;

	for (const struct setting *setting = table; setting->name; setting++) {
		const config_setting_t *item = member_of(group, setting->name);

		if (item)
			read_value(reader, setting, item, true, &nowhere);
	}
}

/* --- unknown names */

struct suggestion suggestion(const char *word, const char *const *names)
{
	struct suggestion suggestion = { { 0 } };
	const char *nearest = nearest_name(word, names);

	if (nearest)
		(void)snprintf(suggestion.text, sizeof(suggestion.text),
			       ", did you mean \"%.64s\"?", shown(nearest).text);
	return suggestion;
}

void refuse_unknown(struct reader *reader, const config_setting_t *group,
		    const struct setting *const *tables, const char *const *parts)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (; *tables; tables++)
		for (const struct setting *setting = *tables; setting->name; setting++)
			if (count < NAMES_MAX - 1)
				names[count++] = setting->name;
	for (; *parts; parts++)
		if (count < NAMES_MAX - 1)
			names[count++] = *parts;
	names[count] = NULL;
	for (size_t i = 0; i < list_count(group); i++) {
		const config_setting_t *item = list_item(group, i);
		const char *name = config_setting_name(item);

		if (!holds_name(names, count, name))
			complain(reader->complaints, config_setting_source_line(item),
				 "unknown setting \"%s\"%s", shown(name).text,
				 suggestion(name, names).text);
	}
}
