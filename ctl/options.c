#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/clock.h"
#include "metricsd/memory.h"
#include "metricsd/utf8.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
	OPTIONS_MAX = 48,
	LANGUAGE_MAX = 32,
	OWN = 1000, /* getopt's value of the first option of a subcommand's own */
	LETTERS_MAX = 32,
};

static const struct option common[] = {
	{ "config", required_argument, NULL, 'c' },   { "entity", required_argument, NULL, 'E' },
	{ "account", required_argument, NULL, 'A' },  { "format", required_argument, NULL, 'F' },
	{ "lang", required_argument, NULL, 'L' },     { "width", required_argument, NULL, 'W' },
	{ "database", required_argument, NULL, 'D' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
};
enum { COMMON = sizeof(common) / sizeof(common[0]) };

/* The common options; --format where there is one, or where all subcommands are meant. */
static void print_common(const struct command *command, FILE *out)
{
	(void)fputs("common options:\n"
		    "  -c, --config FILE        configuration (default: $METRICSD_CONFIG, else the "
		    "installed "
		    "one)\n"
		    "      --entity ENTITY      only this institution\n",
		    out);
	if (!command || command->takes_account)
		(void)fprintf(out,
			      "      --account ACCOUNT    only this channel%s; \"entity/account\" "
			      "where two share a name\n",
			      command && command->takes_groups ? ", group or derived metric" : "");
	if (!command || command->for_machines)
		(void)fprintf(
			out, "      --format FORMAT      %s, where figures or lists are printed\n",
			command && command->formats ? command->formats : "table, csv or json");
	if (!command || command->takes_database)
		(void)fputs(
			"      --database FILE      read this one instead of the configured one: "
			"a backup\n",
			out);
	(void)fputs("      --lang LANGUAGE      es or en (default: the entity's)\n", out);
	if (!command || !command->own_width)
		(void)fputs("      --width COLUMNS      how wide a table may be (default: the "
			    "terminal's, at most 100)\n",
			    out);
	(void)fputs("      --help, --version\n", out);
}

void print_tame(const struct text *lines, FILE *out)
{
	SCOPED(memory)
	char *shown = memory_text(text_str(lines));

	utf8_tame(shown, "\n\t");
	(void)fputs(shown, out);
}

int ctl_say(int ends, const char *format, ...)
{
	SCOPED(text)
	struct text words = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	(void)fputs("metricsctl: ", stderr);
	print_tame(&words, stderr);
	(void)fputc('\n', stderr);
	return ends;
}

int ctl_fail(const struct error *err)
{
	return ctl_say(err->class == ERROR_INPUT ? ENDS_USAGE : ENDS_FAILURE, "%s", err->text);
}

static void print_general_help(FILE *out)
{
	(void)fputs("usage: metricsctl SUBCOMMAND [ARGUMENTS] [OPTIONS]\n\n"
		    "The figures of the channels metricsd collects, and what people enter.\n\n",
		    out);
	for (size_t i = 0; commands[i]; i++)
		(void)fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->purpose);
	(void)fputs("\nmetricsctl SUBCOMMAND --help tells more, with an example.\n\n", out);
	print_common(NULL, out);
	(void)fputs("\nexit status: 0 fine, 1 something needs a person, 2 usage, 3 data or system "
		    "failure\n",
		    out);
}

static void print_help(const struct ctl *ctl)
{
	const struct command *command = ctl->command;

	if (!command) {
		print_general_help(ctl->out);
		return;
	}
	(void)fprintf(ctl->out, "usage: metricsctl %s%s%s [OPTIONS]\n\n%s\n%s\n", command->name,
		      *command->arguments ? " " : "", command->arguments, command->purpose,
		      command->help);
	print_common(command, ctl->out);
}

static int read_width(struct ctl *ctl)
{
	struct error err;
	int64_t width;

	if (value_parse(optarg, "--width", &width, &err) < 0)
		return ctl_fail(&err);
	if (width < 40 || width > 1000)
		return ctl_say(ENDS_USAGE, "--width is %s, expected 40 to 1000", optarg);
	ctl->look.width = (int)width;
	return ENDS_FINE;
}

/* As in the configuration: es or en, and what may follow them. */
static bool is_language(const char *name)
{
	size_t length;

	if (strlen(name) > LANGUAGE_MAX ||
	    (strncmp(name, "es", 2) != 0 && strncmp(name, "en", 2) != 0))
		return false;
	for (name += 2; *name == '-'; name += 1 + length) {
		length = strspn(name + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789");
		if (length < 2 || length > 8)
			return false;
	}
	return *name == '\0';
}

/* One common option. -1: go on; else what the program ends with. */
static int take_common(struct ctl *ctl, int letter)
{
	int ends;

	switch (letter) {
	case 'c':
		ctl->config_path = optarg;
		return -1;
	case 'E':
		ctl->entity = optarg;
		return -1;
	case 'A':
		ctl->account = optarg;
		return -1;
	case 'D':
		ctl->database = optarg;
		return -1;
	case 'L':
		if (!is_language(optarg))
			return ctl_say(ENDS_USAGE,
				       "--lang %.40s: expected es or en, with a country like "
				       "es-CO or en-US",
				       optarg);
		ctl->language_name = optarg;
		return -1;
	case 'W':
		ends = read_width(ctl);
		return ends == ENDS_FINE ? -1 : ends;
	case 'F':
		if (report_format_parse(optarg, &ctl->format) < 0)
			return ctl_say(ENDS_USAGE, "--format %s: expected table, csv or json",
				       optarg);
		ctl->format_given = true;
		return -1;
	case 'V':
		(void)fputs("metricsctl " METRICSD_VERSION "\n", ctl->out);
		return ENDS_FINE;
	default: /* 'h' */
		print_help(ctl);
		return ENDS_FINE;
	}
}

static const char *more_help(const struct ctl *ctl, char *room, size_t size)
{
	(void)snprintf(room, size, "metricsctl %s%s--help", ctl->command ? ctl->command->name : "",
		       ctl->command ? " " : "");
	return room;
}

/* The option getopt stopped at, as it was written. Among the letters of one word, "-zc", it has not
 * gone past the word yet. */
static const char *stopped_at(char **argv, char letter[3])
{
	const char *next = argv[optind];
	bool short_one = optopt != 0 && optopt < OWN;
	bool within = short_one && next && next[0] == '-' && next[1] != '-' && strchr(next, optopt);
	const char *word = within ? next : argv[optind - 1];

	if (!short_one || optopt < 0 || strncmp(word, "--", 2) == 0)
		return word; /* a long one, or a byte of a letter that is none of ours */
	(void)snprintf(letter, 3, "-%c", optopt);
	return letter;
}

/* What getopt did not understand, in words. */
static int complain(const struct ctl *ctl, int letter, char **argv)
{
	char room[3];
	const char *word = stopped_at(argv, room);
	char help[64];

	if (letter == ':')
		return ctl_say(ENDS_USAGE, "%s wants a value; see %s", word,
			       more_help(ctl, help, sizeof(help)));
	return ctl_say(ENDS_USAGE, "unknown option %s; see %s", word,
		       more_help(ctl, help, sizeof(help)));
}

/* getopt's value of a short option of the subcommand's own, as if it were a long one. */
static int own_letter(const struct flag *own, int letter)
{
	for (size_t i = 0; own && own[i].name; i++)
		if (own[i].name[0] == letter && !own[i].name[1])
			return OWN + (int)i;
	return letter;
}

static int read_with(struct ctl *ctl, int argc, char **argv, const char *letters,
		     const struct flag *own, int *ends)
{
	struct option options[OPTIONS_MAX] = { 0 };
	char all[LETTERS_MAX];
	size_t count = 0;
	int used = snprintf(all, sizeof(all), "%s", letters);
	int letter;

	for (size_t i = 0; own && own[i].name && count < OPTIONS_MAX - 1 - COMMON; i++, count++) {
		options[count] = (struct option){
			.name = own[i].name,
			.has_arg = own[i].text ? required_argument : no_argument,
			.val = OWN + (int)i,
		};
		if (!own[i].name[1] && used < LETTERS_MAX - 2)
			used += snprintf(all + used, sizeof(all) - (size_t)used, "%s%s",
					 own[i].name, own[i].text ? ":" : "");
	}
	/* behind them: an option of its own may have a common one's name */
	memcpy(options + count, common, sizeof(common));
	optind = 0;
	opterr = 0;
	while ((letter = getopt_long(argc, argv, all, options, NULL)) != -1) {
		if (letter == '?' || letter == ':') {
			*ends = complain(ctl, letter, argv);
			return -1;
		}
		letter = own_letter(own, letter);
		if (own && letter >= OWN) {
			if (own[letter - OWN].text)
				*own[letter - OWN].text = optarg;
			else
				*own[letter - OWN].on = true;
			continue;
		}
		*ends = take_common(ctl, letter);
		if (*ends >= 0)
			return -1;
	}
	return 0;
}

int ctl_first_options(struct ctl *ctl, int *argc, char ***argv, int *ends)
{
	if (read_with(ctl, *argc, *argv, "+:c:h", NULL, ends) < 0)
		return -1;
	*argc -= optind;
	*argv += optind;
	return 0;
}

static int refuse_account(const struct ctl *ctl)
{
	const struct command *command = ctl->command;
	char help[64];

	if (!ctl->account || command->takes_account)
		return ENDS_FINE;
	if (strncmp(command->arguments, "ACCOUNT", 7) == 0)
		return ctl_say(ENDS_USAGE, "%s names the account itself: leave --account out",
			       command->name);
	return ctl_say(ENDS_USAGE, "%s has no --account: it is of whole institutions; see %s",
		       command->name, more_help(ctl, help, sizeof(help)));
}

/* Common options the subcommand does not have. */
static int refuse_common(const struct ctl *ctl)
{
	char help[64];

	if (ctl->format_given && !ctl->command->for_machines)
		return ctl_say(ENDS_USAGE, "%s has no --format; see %s", ctl->command->name,
			       more_help(ctl, help, sizeof(help)));
	if (ctl->database && !ctl->command->takes_database)
		return ctl_say(ENDS_USAGE,
			       "%s has no --database: it is for what only reads figures; see %s",
			       ctl->command->name, more_help(ctl, help, sizeof(help)));
	return refuse_account(ctl);
}

/* What the configuration writes as one word, "redes.posts", is ACCOUNT METRIC too; but
 * "publicaciones.posts posts" names the metric already. */
static void split_account(struct ctl *ctl, int *argc, char ***argv)
{
	char **words = *argv;
	const char *dot = *argc ? strrchr(words[0], '.') : NULL;

	if (!dot || dot == words[0] || !dot[1] ||
	    strncmp(ctl->command->arguments, "ACCOUNT METRIC", 14) != 0 ||
	    (*argc > 1 && strcmp(words[1], dot + 1) == 0))
		return;
	ctl->words = memory_new((size_t)*argc + 2, sizeof(*ctl->words));
	ctl->first = memory_text_n(words[0], (size_t)(dot - words[0]));
	ctl->words[0] = ctl->first;
	ctl->words[1] = words[0] + (dot - words[0]) + 1;
	for (int i = 1; i < *argc; i++)
		ctl->words[i + 1] = words[i];
	*argv = ctl->words;
	++*argc;
}

int ctl_options(struct ctl *ctl, int *argc, char ***argv, const struct flag *own, int least,
		int most, int *ends)
{
	char help[64];

	if (read_with(ctl, *argc, *argv, ":c:h", own, ends) < 0)
		return -1;
	*argc -= optind;
	*argv += optind;
	if ((*ends = refuse_common(ctl)))
		return -1;
	split_account(ctl, argc, argv);
	if (*argc >= least && *argc <= most)
		return 0;
	if (*argc < least)
		*ends = ctl_say(ENDS_USAGE, "%s wants %s; see %s", ctl->command->name,
				ctl->command->arguments, more_help(ctl, help, sizeof(help)));
	else
		*ends = ctl_say(ENDS_USAGE, "%s: what is \"%s\"? See %s", ctl->command->name,
				(*argv)[most], more_help(ctl, help, sizeof(help)));
	return -1;
}

static void look_at_terminal(struct ctl *ctl)
{
	const char *none = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	struct winsize size;

	if (!isatty(fileno(ctl->out)))
		return;
	ctl->look.colour = !(none && *none) && !(terminal && strcmp(terminal, "dumb") == 0);
	if (!ctl->look.width && ioctl(fileno(ctl->out), TIOCGWINSZ, &size) == 0 &&
	    size.ws_col >= 40 && size.ws_col < 100)
		ctl->look.width = size.ws_col;
}

int ctl_main(int argc, char **argv)
{
	SCOPED(ctl)
	struct ctl ctl = { .now = clock_now(), .out = stdout };
	const char *names[32] = { 0 };
	const char *near;
	int ends;

	if (ctl_first_options(&ctl, &argc, &argv, &ends) < 0)
		return ends;
	look_at_terminal(&ctl);
	if (argc == 0) {
		print_general_help(stderr);
		return ENDS_USAGE;
	}
	for (size_t i = 0; commands[i]; i++) {
		names[i] = commands[i]->name;
		if (strcmp(argv[0], commands[i]->name) != 0)
			continue;
		ctl.command = commands[i];
		ends = commands[i]->run(&ctl, argc, argv);
		if (fflush(stdout) != 0 && ends == ENDS_FINE)
			return ctl_say(ENDS_FAILURE, "the output cannot be written: %s",
				       system_words(errno));
		return ends;
	}
	near = nearest_name(argv[0], names);
	return ctl_say(ENDS_USAGE, "unknown subcommand \"%s\"%s%s%s metricsctl --help lists them",
		       argv[0], near ? ", did you mean \"" : "", near ? near : "",
		       near ? "\"?" : ";");
}
