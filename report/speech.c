/*
 * Words of the language in use, for those who need no numbers and dates of it.
 *
 * gettext finds a catalogue by $LANGUAGE as long as the locale is not plain "C": C.UTF-8 is always
 * there, es_CO.UTF-8 often is not.
 */
#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/language.h"
#include "metricsd/text.h"

#include <libintl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_ROOM = 40 };

#define DOMAIN "metricsd"

/* The directory of the running program is a sister of share/, installed and in the build tree. */
static void add_own_catalogues(struct text *path)
{
	char program[4096];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length < 0)
		length = 0;
	program[length] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(program, '/');

		if (slash)
			*slash = '\0';
	}
	text_addf(path, "%s/share/locale", program);
}

/* "es", "es-CO", "en-Latn-US": a language and what follows it. */
static bool is_language(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz");

	if (length < 2 || length > 3 || strlen(name) >= NAME_ROOM)
		return false;
	for (name += length; *name == '-'; name += 1 + length) {
		length = strspn(name + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789");
		if (length < 2 || length > 8)
			return false;
	}
	return *name == '\0';
}

/* "es_CO:es" for "es-CO", as gettext wants to be asked. */
static void add_wish(const char *name, struct text *wish)
{
	for (const char *at = name; *at; at++)
		text_add_n(wish, *at == '-' ? "_" : at, 1);
	text_addf(wish, ":%.*s", (int)strcspn(name, "-"), name);
}

int language_speak(const char *name, const char *catalogues, struct error *err)
{
	SCOPED(text)
	struct text wish = { 0 };
	SCOPED(text)
	struct text own = { 0 };

	if (!is_language(name))
		return error_set(err, ERROR_INPUT,
				 "\"%.40s\" is not a language: expected es-CO, es or en", name);
	add_wish(name, &wish);
	if (!catalogues)
		add_own_catalogues(&own);
	(void)setlocale(LC_ALL, "C.UTF-8");
	(void)setenv("LANGUAGE", text_str(&wish), 1);
	(void)bindtextdomain(DOMAIN, catalogues ? catalogues : text_str(&own));
	(void)bind_textdomain_codeset(DOMAIN, "UTF-8");
	(void)textdomain(DOMAIN); /* makes gettext forget what it found for another language */
	return 0;
}

const char *say(const char *text)
{
	return dgettext(DOMAIN, text);
}

const char *say_count(const char *one, const char *many, int64_t count)
{
	return dngettext(DOMAIN, one, many, (unsigned long)(count < 0 ? -count : count));
}
