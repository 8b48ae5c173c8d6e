/*
 * A disk for SQLite that lives in memory and can fail: full, with I/O errors, dead from a given
 * write on, and after a power cut without what was never synced, torn within a page.
 *
 * The bytes are kept by path; what else a program does beside the database (its lock file, say)
 * stays on the real disk. One thread, several connections, as many files as wanted.
 */
#ifndef METRICSD_SIM_DISK_H
#define METRICSD_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk;

/* Becomes SQLite's default until it is freed. One at a time. */
struct disk *disk_new(uint64_t seed);
void disk_free(struct disk *disk);

/* What the time is: whatever was written half a minute ago has come to the disk by itself. */
void disk_time(struct disk *disk, double now);

/* No byte more than there are now: SQLITE_FULL for whatever makes a file longer. */
void disk_fill(struct disk *disk, bool full);

/* So many operations in a thousand fail with an I/O error; 0: none. */
void disk_errors(struct disk *disk, int permille);

/* After `writes` more writes, truncations and syncs nothing works any more: a write that is cut
 * off there is torn. Whoever still holds files can only close them. */
void disk_die_after(struct disk *disk, uint64_t writes);
bool disk_is_dead(const struct disk *disk);

/*
 * The machine is there again. All files must be closed. `power_cut`: of what was written since the
 * last sync each sector is there or is not, by chance; else (only the program was killed) all of
 * it.
 */
void disk_revive(struct disk *disk, bool power_cut);

/* Somebody holds a lock that keeps others from writing. */
bool disk_is_locked(const struct disk *disk);

/* Where the bytes stand in a file, and how many there are from there on; NULL: nowhere. For what
 * must not stand anywhere. */
const char *disk_find(const struct disk *disk, const void *bytes, size_t length, size_t *left);

struct disk_counts {
	uint64_t writes, syncs, refused, failed, torn, lost;
};
struct disk_counts disk_counts(const struct disk *disk);

#endif
