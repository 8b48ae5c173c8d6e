/*
 * The parts of a file's path, as it is written: nothing is looked up.
 */
#ifndef METRICSD_PATH_H
#define METRICSD_PATH_H

/* The directory that `path` is in, "." of one without; the caller's to free. */
char *directory_of(const char *path);

/* What stands behind its last slash. */
const char *base_name(const char *path);

#endif
