#include "table.h"

#include "metricsd/config.h"

#include <inttypes.h>
#include <string.h>

static void describe_type(const struct setting *setting, struct text *out)
{
	switch (setting->type) {
	case SETTING_TEXT:
		text_add(out, "text");
		break;
	case SETTING_ID:
		text_add(out, "digits in quotes");
		break;
	case SETTING_NUMBER:
		text_addf(out, "%" PRId64 " to %" PRId64, setting->low, setting->high);
		break;
	case SETTING_SWITCH:
		text_add(out, "true or false");
		break;
	case SETTING_URL:
		text_add(out, "address");
		break;
	case SETTING_NAMES:
		text_add(out, "names");
		break;
	}
}

/* A default below the range stands for a number that was not said. */
static void describe_default(const struct setting *setting, struct text *out)
{
	if (setting->required)
		text_add(out, ", required");
	else if (setting->type == SETTING_NUMBER && setting->number >= setting->low)
		text_addf(out, ", default %" PRId64, setting->number);
	else if (setting->type == SETTING_SWITCH)
		text_addf(out, ", default %s", setting->number ? "true" : "false");
	else if (setting->text)
		text_addf(out, ", default \"%s\"", setting->text);
}

static void describe_table(const struct setting *table, struct text *out)
{
	for (const struct setting *setting = table; setting->name; setting++) {
		text_addf(out, "  %s (", setting->name);
		describe_type(setting, out);
		describe_default(setting, out);
		text_addf(out, ")\n      %s\n", setting->help);
	}
}

void config_describe(struct text *out)
{
	for (const struct section *section = config_sections; section->title; section++) {
		text_addf(out, "%s: %s\n", section->title, section->about);
		describe_table(section->settings, out);
		text_add_char(out, '\n');
	}
	for (size_t i = 0; collectors[i]; i++) {
		text_addf(out,
			  "collectors.%s: for all accounts of %s; an account's own value wins\n",
			  collectors[i]->name, collectors[i]->title);
		if (collectors[i]->settings && collectors[i]->settings->name)
			describe_table(collectors[i]->settings, out);
		else
			text_add(out, "  no settings\n");
		text_add_char(out, '\n');
	}
}
