/*
 * Alerts for hooks: files in STATE_DIRECTORY/alerts/NAME, which the unit metricsd-alert@NAME hands
 * to the program of that name and takes away. The daemon starts no program for them.
 */
#ifndef METRICSD_DAEMON_ALERT_HOOK_H
#define METRICSD_DAEMON_ALERT_HOOK_H

#include "tidings.h"

struct error;

enum { HOOK_FILES_MAX = 1000 };

/* Puts the tidings there as a file that is whole and on disk, or not there at all; the same tidings
 * again are the same file. ERROR_OURS, or ERROR_BUSY when the program has left HOOK_FILES_MAX. */
int hook_put(const char *state_directory, const char *name, const struct tidings *tidings,
	     struct error *err);

#endif
