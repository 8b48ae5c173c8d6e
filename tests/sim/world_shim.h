/* For daemon/file.c in the simulated world: its calls of the system go to world_files.c. */
#ifndef METRICSD_SIM_WORLD_SHIM_H
#define METRICSD_SIM_WORLD_SHIM_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

#define file_answer file_answer_real
#define opendir(path) world_opendir(path)
#define fdopendir(fd) world_fdopendir(fd)
#define readdir(directory) world_readdir(directory)
#define closedir(directory) world_closedir(directory)
#define openat(...) world_openat(__VA_ARGS__, 0)
#define pread(fd, bytes, length, offset) world_pread(fd, bytes, length, offset)
#define getrandom(bytes, length, flags) world_getrandom(bytes, length, flags)

DIR *world_opendir(const char *path);
DIR *world_fdopendir(int fd);
struct dirent *world_readdir(DIR *directory);
int world_closedir(DIR *directory);
int world_openat(int directory, const char *name, int flags, ...);
ssize_t world_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t world_getrandom(void *bytes, size_t length, unsigned flags);

#endif
