/* metricsd-soak: simulated years, as many as wanted, each from a seed of its own. */
#include "world_run.h"

#include "metricsd/cleanup.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char usage[] =
	"usage: script/soak [--years N] [--accounts M] [--days D] [--seed S] [--troubles MASK] "
	"[--all] [--log]\n"
	"\n"
	"Simulates N years of an installation of M accounts, each year from another seed, and "
	"holds\n"
	"every final figure against the truth. Ends at the first that is wrong.\n"
	"\n"
	"  --years N      so many runs (1); 0: until one fails\n"
	"  --accounts M   accounts of each (20)\n"
	"  --days D       days of each (365)\n"
	"  --seed S       of the first; the others follow (1)\n"
	"  --troubles M   a mask of what may happen, see tests/sim/world_run.h (0x3ff: "
	"everything;\n"
	"                 each third seed leaves clocks out, for a wrong one excuses a lot)\n"
	"  --all          goes on after one that fails, and says at the end how many did\n"
	"  --log          what the daemon logs, with simulated times\n";

static double cpu_seconds(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void add(struct run_result *all, const struct run_result *one)
{
	all->tally.exact += one->tally.exact;
	all->tally.bounded += one->tally.bounded;
	all->tally.unsettled += one->tally.unsettled;
	all->tally.nothing += one->tally.nothing;
	all->tally.complete += one->tally.complete;
	all->tally.expected += one->tally.expected;
	all->tally.alerts += one->tally.alerts;
	all->tally.warnings += one->tally.warnings;
	for (int i = 0; i < RUN_EVENTS; i++)
		all->events[i] += one->events[i];
	for (int i = 0; i < NET_TROUBLES; i++)
		all->net.troubles[i] += one->net.troubles[i];
	all->net.requests += one->net.requests;
	all->net.told_to_wait += one->net.told_to_wait;
	if (one->net.most_repeated > all->net.most_repeated)
		all->net.most_repeated = one->net.most_repeated;
	if (one->net.busiest_hour > all->net.busiest_hour)
		all->net.busiest_hour = one->net.busiest_hour;
	all->disk.writes += one->disk.writes;
	all->disk.refused += one->disk.refused;
	all->disk.failed += one->disk.failed;
	all->disk.torn += one->disk.torn;
	all->disk.lost += one->disk.lost;
	all->files.asked += one->files.asked;
	all->files.refused += one->files.refused;
	all->files.rotated += one->files.rotated;
	all->mails.taken += one->mails.taken;
	all->mails.refused += one->mails.refused;
	all->mails.again += one->mails.again;
	all->alerts += one->alerts;
	all->tokens.warned += one->tokens.warned;
	all->tokens.renewed += one->tokens.renewed;
	all->tokens.replaced += one->tokens.replaced;
	all->log_lines += one->log_lines;
	all->calls += one->calls;
	all->starts += one->starts;
	all->failed_starts += one->failed_starts;
	all->entries += one->entries;
}

static void print_counts(const struct run_result *all)
{
	printf("figures: %" PRIu64 " final and equal, %" PRIu64
	       " declared incomplete or an interval, %" PRIu64 " provisional or revisable, %" PRIu64
	       " n/d\nmonths that had to be complete: %" PRIu64 " of %" PRIu64 "\n",
	       all->tally.exact, all->tally.bounded, all->tally.unsettled, all->tally.nothing,
	       all->tally.complete, all->tally.expected);
	for (int i = 0; i < RUN_EVENTS; i++)
		printf("%-24s %10" PRIu64 "\n", run_event_name((enum run_event)i), all->events[i]);
	for (int i = 0; i < NET_TROUBLES; i++)
		printf("%-24s %10" PRIu64 "\n", net_trouble_name((enum net_trouble_kind)i),
		       all->net.troubles[i]);
	printf("%-24s %10" PRIu64 "\n", "writes torn by a kill", all->disk.torn);
	printf("%-24s %10" PRIu64 "\n", "sectors lost", all->disk.lost);
	printf("%-24s %10" PRIu64 "\n", "I/O errors", all->disk.failed);
	printf("%-24s %10" PRIu64 "\n", "writes to a full disk", all->disk.refused);
	printf("%-24s %10" PRIu64 " (%" PRIu64 " failed)\n", "starts", all->starts,
	       all->failed_starts);
	printf("%-24s %10" PRIu64 "\n", "entries acknowledged", all->entries);
	printf("%-24s %10" PRIu64 " (%" PRIu64 " demanded)\n", "warnings of tokens",
	       all->tokens.warned, all->tally.warnings);
	printf("%-24s %10" PRIu64 "\n", "tokens renewed", all->tokens.renewed);
	printf("%-24s %10" PRIu64 "\n", "secrets replaced", all->tokens.replaced);
	printf("%-24s %10" PRIu64 " (%" PRIu64 " demanded)\n", "alerts with their end", all->alerts,
	       all->tally.alerts);
	printf("%-24s %10" PRIu64 " (%" PRIu64 " refused, %" PRIu64 " again after a kill)\n",
	       "mails", all->mails.taken, all->mails.refused, all->mails.again);
	printf("%-24s %10" PRIu64 "\n", "requests", all->net.requests);
	printf("%-24s %10" PRIu64 "\n", "file requests", all->files.asked);
	printf("%-24s %10" PRIu64 "\n", "files refused", all->files.refused);
	printf("%-24s %10" PRIu64 "\n", "rotated between two reads", all->files.rotated);
	printf("%-24s %10" PRIu64 "\n", "answers told to wait", all->net.told_to_wait);
	printf("%-24s %10" PRIu64 "\n", "busiest hour, requests", all->net.busiest_hour);
	printf("%-24s %10" PRIu64 "\n", "same request in an hour", all->net.most_repeated);
	printf("%-24s %10" PRIu64 "\n", "callbacks of the loop", all->calls);
	printf("%-24s %10" PRIu64 "\n", "lines of the log", all->log_lines);
}

static int read_options(int count, char **words, struct run_options *options, long *years,
			bool *all, bool *chosen)
{
	static const struct option known[] = {
		{ "years", required_argument, NULL, 'y' },
		{ "accounts", required_argument, NULL, 'a' },
		{ "days", required_argument, NULL, 'd' },
		{ "seed", required_argument, NULL, 's' },
		{ "troubles", required_argument, NULL, 't' },
		{ "log", no_argument, NULL, 'l' },
		{ "all", no_argument, NULL, 'A' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(count, words, "", known, NULL)) != -1) {
		switch (option) {
		case 'y':
			*years = strtol(optarg, NULL, 10);
			break;
		case 'a':
			options->accounts = (int)strtol(optarg, NULL, 10);
			break;
		case 'd':
			options->days = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			options->seed = strtoull(optarg, NULL, 10);
			break;
		case 't':
			options->troubles = (unsigned)strtoul(optarg, NULL, 0) & TROUBLE_ALL;
			*chosen = true;
			break;
		case 'l':
			options->loud = true;
			break;
		case 'A':
			*all = true;
			break;
		default:
			return -1;
		}
	}
	return optind < count || options->accounts < 4 || options->days < 4 ? -1 : 0;
}

int main(int count, char **words)
{
	struct run_options options = {
		.seed = 1, .accounts = 20, .days = 365, .troubles = TROUBLE_ALL
	};
	struct run_result all = { 0 };
	double days = 0;
	long years = 1, failed = 0;
	bool go_on = false;
	bool chosen = false; /* the troubles */

	if (read_options(count, words, &options, &years, &go_on, &chosen) < 0) {
		(void)fputs(usage, stderr);
		return 2;
	}
	for (long i = 0; years == 0 || i < years; i++, options.seed++) {
		double before = cpu_seconds();
		struct run_result result;
		char command[128];

		if (!chosen)
			options.troubles = run_troubles(options.seed);
		run_world(&options, &result);
		days += options.days;
		run_command(&options, command, sizeof(command));
		printf("seed %" PRIu64 ": %s, %.1f s, %" PRIu64 " requests, digest %016" PRIx64
		       "\n",
		       options.seed, result.passed ? "passed" : "FAILED", cpu_seconds() - before,
		       result.net.requests, result.digest);
		(void)fflush(stdout);
		if (!result.passed) {
			printf("%s\nagain with: %s\n", result.words, command);
			(void)fflush(stdout);
			failed++;
			if (!go_on)
				return 1;
		}
		add(&all, &result);
	}
	print_counts(&all);
	printf("%.0f simulated years in %.1f s of CPU: %.0f years per CPU hour\n", days / 365,
	       cpu_seconds(), days / 365 / cpu_seconds() * 3600);
	if (failed > 0)
		printf("%ld of them FAILED\n", failed);
	return failed > 0;
}
