/*
 * Who may use the state directory and what is in it, in words for who runs into it: what they may
 * do themselves, or whom they have to ask for what.
 */
#ifndef METRICSD_ACCESS_H
#define METRICSD_ACCESS_H

struct error;

/* What this user may not use, after EACCES, and what to do about it. Always -1, ERROR_OURS. */
int access_refused(const char *path, struct error *err);

/* The directory that is not there, and how it is made. Always -1, ERROR_OURS. */
int access_no_directory(const char *directory, struct error *err);

/* Whether this user may make and change files in the directory; else the words of the above. */
int access_directory(const char *directory, struct error *err);

#endif
