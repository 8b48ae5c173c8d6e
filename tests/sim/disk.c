#include "disk.h"

#include "hash.h"

#include "metricsd/memory.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PAGE = 4096,
	SECTOR = 512,
	PATH_MAX_BYTES = 512,
	SHM_SLOTS = 8,
	SHM_REGIONS = 64,
	WRITTEN_BACK_S = 35, /* as Linux does it */
};

/* What one connection has open. */
struct handle {
	sqlite3_file base; /* first: SQLite's view of it */
	struct disk *disk;
	struct node *node;
	struct handle *next; /* of the node */
	int lock;            /* SQLITE_LOCK_… */
	bool delete_on_close;
	int persist_wal;
	bool mapped;
	uint8_t shm_shared, shm_exclusive; /* a bit for each slot */
};

/* A page as the disk has it. */
struct kept {
	double since; /* when it was written since */
	uint8_t bytes[PAGE];
};

/* A file. */
struct node {
	struct node *next;
	char *path; /* NULL: it was deleted while open */
	uint8_t *bytes;
	size_t size, room;
	struct kept **synced; /* pages as they are on the disk, where written since; else NULL */
	size_t synced_room;
	size_t synced_size;
	bool is_synced; /* of a file that was never synced nothing is sure, not even that it is */
	struct handle *handles;
	void *regions[SHM_REGIONS];
	size_t region_size;
};

struct disk {
	sqlite3_vfs vfs;
	sqlite3_vfs *before; /* what was the default */
	struct node *nodes;
	uint64_t seed, drawn;
	bool full, dead, doomed;
	uint64_t left; /* writes until it dies */
	int permille;
	double now;
	struct disk_counts counts;
};

static uint64_t draw(struct disk *disk)
{
	return hash_two(disk->seed, disk->drawn++);
}

/* --- files --- */

static struct node *find(const struct disk *disk, const char *path)
{
	for (struct node *node = disk->nodes; node; node = node->next)
		if (node->path && strcmp(node->path, path) == 0)
			return node;
	return NULL;
}

static void forget_synced(struct node *node)
{
	for (size_t i = 0; i < node->synced_room; i++) {
		free(node->synced[i]);
		node->synced[i] = NULL;
	}
}

static void free_node(struct disk *disk, struct node *node)
{
	struct node **at = &disk->nodes;

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	forget_synced(node);
	for (size_t i = 0; i < SHM_REGIONS; i++)
		free(node->regions[i]);
	free(node->synced);
	free(node->bytes);
	free(node->path);
	free(node);
}

static struct node *make(struct disk *disk, const char *path)
{
	struct node *node = memory_new(1, sizeof(*node));

	node->path = path ? memory_text(path) : NULL;
	node->next = disk->nodes;
	disk->nodes = node;
	return node;
}

static void make_room(struct node *node, size_t size)
{
	size_t room = node->room ? node->room : (size_t)4 * PAGE;

	if (size <= node->room)
		return;
	while (room < size)
		room *= 2;
	node->bytes = memory_resize(node->bytes, room, 1);
	memset(node->bytes + node->room, 0, room - node->room);
	node->room = room;
}

/* The pages of a stretch that is about to change, as they are on the disk. */
static void keep_synced(const struct disk *disk, struct node *node, size_t from, size_t to)
{
	for (size_t page = from / PAGE; page * PAGE < to; page++) {
		size_t begin = page * PAGE;

		if (page >= node->synced_room) {
			size_t room = (page + 1) * 2;

			node->synced = memory_resize(node->synced, room, sizeof(*node->synced));
			memset(node->synced + node->synced_room, 0,
			       (room - node->synced_room) * sizeof(*node->synced));
			node->synced_room = room;
		}
		if (node->synced[page] && disk->now - node->synced[page]->since < WRITTEN_BACK_S)
			continue;
		if (!node->synced[page])
			node->synced[page] = memory_new(1, sizeof(**node->synced));
		else /* what was written then is on the disk by now, and the file that long */
			node->synced_size = node->size;
		node->synced[page]->since = disk->now;
		if (begin < node->size)
			memcpy(node->synced[page]->bytes, node->bytes + begin,
			       node->size - begin < PAGE ? node->size - begin : PAGE);
	}
}

static void put(const struct disk *disk, struct node *node, const void *bytes, size_t length,
		size_t offset)
{
	keep_synced(disk, node, offset, offset + length);
	make_room(node, offset + length);
	if (offset > node->size)
		memset(node->bytes + node->size, 0, offset - node->size);
	memcpy(node->bytes + offset, bytes, length);
	if (offset + length > node->size)
		node->size = offset + length;
}

/* One more operation that changes something: 0, or the error it ends with. */
static int may_write(struct disk *disk, int error)
{
	if (disk->dead)
		return error;
	if (disk->doomed && disk->left-- == 0) {
		disk->dead = true;
		return error;
	}
	if (disk->permille > 0 && draw(disk) % 1000 < (uint64_t)disk->permille) {
		disk->counts.failed++;
		return error;
	}
	return SQLITE_OK;
}

static int may_read(struct disk *disk, int error)
{
	if (disk->dead)
		return error;
	/* reading fails less often than writing: else nothing could even be begun */
	if (disk->permille > 0 && draw(disk) % 16000 < (uint64_t)disk->permille) {
		disk->counts.failed++;
		return error;
	}
	return SQLITE_OK;
}

static int on_close(sqlite3_file *file)
{
	struct handle *handle = (struct handle *)file;
	struct node *node = handle->node;
	struct handle **at = &node->handles;

	while (*at != handle)
		at = &(*at)->next;
	*at = handle->next;
	if (!node->handles && (handle->delete_on_close || !node->path))
		free_node(handle->disk, node);
	return SQLITE_OK;
}

static int on_read(sqlite3_file *file, void *ret, int amount, sqlite3_int64 offset)
{
	struct handle *handle = (struct handle *)file;
	const struct node *node = handle->node;
	size_t from = (size_t)offset, length = (size_t)amount;
	size_t there = from < node->size ? node->size - from : 0;
	int status = may_read(handle->disk, SQLITE_IOERR_READ);

	if (status != SQLITE_OK)
		return status;
	if (there > length)
		there = length;
	if (there > 0)
		memcpy(ret, node->bytes + from, there);
	if (there == length)
		return SQLITE_OK;
	memset((char *)ret + there, 0, length - there);
	return SQLITE_IOERR_SHORT_READ;
}

static int on_write(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset)
{
	struct handle *handle = (struct handle *)file;
	struct disk *disk = handle->disk;
	struct node *node = handle->node;
	bool was_dead = disk->dead;
	int status = may_write(disk, SQLITE_IOERR_WRITE);

	if (status == SQLITE_OK && disk->full && (size_t)offset + (size_t)amount > node->size) {
		disk->counts.refused++;
		return SQLITE_FULL;
	}
	disk->counts.writes++;
	if (status == SQLITE_OK) {
		put(disk, node, bytes, (size_t)amount, (size_t)offset);
	} else if (!was_dead) { /* cut off in the middle */
		size_t done = draw(disk) % ((size_t)amount + 1);

		disk->counts.torn++;
		put(disk, node, bytes, done, (size_t)offset);
	}
	return status;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct handle *handle = (struct handle *)file;
	struct node *node = handle->node;
	int status = may_write(handle->disk, SQLITE_IOERR_TRUNCATE);

	if (status != SQLITE_OK)
		return status;
	if ((size_t)size < node->size) {
		keep_synced(handle->disk, node, (size_t)size, node->size);
		memset(node->bytes + size, 0, node->size - (size_t)size);
	}
	make_room(node, (size_t)size);
	node->size = (size_t)size;
	return SQLITE_OK;
}

static int on_sync(sqlite3_file *file, int flags)
{
	struct handle *handle = (struct handle *)file;
	struct node *node = handle->node;
	int status = may_write(handle->disk, SQLITE_IOERR_FSYNC);

	(void)flags;
	if (status != SQLITE_OK)
		return status;
	handle->disk->counts.syncs++;
	forget_synced(node);
	node->synced_size = node->size;
	node->is_synced = true;
	return SQLITE_OK;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	struct handle *handle = (struct handle *)file;

	if (handle->disk->dead)
		return SQLITE_IOERR_FSTAT;
	*ret = (sqlite3_int64)handle->node->size;
	return SQLITE_OK;
}

/* --- locks on the file itself --- */

static int others_lock(const struct handle *mine)
{
	int highest = SQLITE_LOCK_NONE;

	for (const struct handle *other = mine->node->handles; other; other = other->next)
		if (other != mine && other->lock > highest)
			highest = other->lock;
	return highest;
}

static int on_lock(sqlite3_file *file, int lock)
{
	struct handle *handle = (struct handle *)file;
	int others = others_lock(handle);

	if (handle->lock >= lock)
		return SQLITE_OK;
	if (handle->disk->dead)
		return SQLITE_IOERR_LOCK;
	if ((lock == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING) ||
	    (lock == SQLITE_LOCK_RESERVED && others >= SQLITE_LOCK_RESERVED))
		return SQLITE_BUSY;
	if (lock == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
		if (others < SQLITE_LOCK_PENDING)
			handle->lock = SQLITE_LOCK_PENDING;
		return SQLITE_BUSY;
	}
	handle->lock = lock;
	return SQLITE_OK;
}

static int on_unlock(sqlite3_file *file, int lock)
{
	struct handle *handle = (struct handle *)file;

	if (handle->lock > lock)
		handle->lock = lock;
	return SQLITE_OK;
}

static int on_check_reserved(sqlite3_file *file, int *ret)
{
	struct handle *handle = (struct handle *)file;

	*ret = handle->lock >= SQLITE_LOCK_RESERVED || others_lock(handle) >= SQLITE_LOCK_RESERVED;
	return SQLITE_OK;
}

static int on_control(sqlite3_file *file, int code, void *argument)
{
	struct handle *handle = (struct handle *)file;
	int *persist = argument;

	if (code != SQLITE_FCNTL_PERSIST_WAL)
		return SQLITE_NOTFOUND;
	if (*persist < 0)
		*persist = handle->persist_wal;
	else
		handle->persist_wal = *persist != 0;
	return SQLITE_OK;
}

static int on_sector_size(sqlite3_file *file)
{
	(void)file;
	return PAGE;
}

static int on_characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* --- the index of the write-ahead log, shared by the connections --- */

static int on_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
	struct handle *handle = (struct handle *)file;
	struct node *node = handle->node;

	*ret = NULL;
	if (handle->disk->dead || region >= SHM_REGIONS)
		return SQLITE_IOERR_SHMMAP;
	handle->mapped = true;
	if (!node->regions[region]) {
		if (!extend)
			return SQLITE_OK;
		node->regions[region] = memory_new(1, (size_t)size);
	}
	node->region_size = (size_t)size;
	*ret = node->regions[region];
	return SQLITE_OK;
}

static int on_shm_lock(sqlite3_file *file, int slot, int count, int flags)
{
	struct handle *handle = (struct handle *)file;
	uint8_t mask = (uint8_t)(((1U << count) - 1) << slot);
	uint8_t shared = 0, exclusive = 0;

	if (flags & SQLITE_SHM_UNLOCK) {
		handle->shm_shared &= (uint8_t)~mask;
		handle->shm_exclusive &= (uint8_t)~mask;
		return SQLITE_OK;
	}
	if (handle->disk->dead)
		return SQLITE_IOERR_SHMLOCK;
	for (const struct handle *other = handle->node->handles; other; other = other->next) {
		if (other == handle)
			continue;
		shared |= other->shm_shared;
		exclusive |= other->shm_exclusive;
	}
	if (flags & SQLITE_SHM_SHARED) {
		if (exclusive & mask)
			return SQLITE_BUSY;
		handle->shm_shared |= mask;
	} else {
		if ((shared | exclusive) & mask)
			return SQLITE_BUSY;
		handle->shm_exclusive |= mask;
	}
	return SQLITE_OK;
}

static void on_shm_barrier(sqlite3_file *file)
{
	(void)file;
}

static int on_shm_unmap(sqlite3_file *file, int delete)
{
	struct handle *handle = (struct handle *)file;
	struct node *node = handle->node;

	handle->mapped = false;
	handle->shm_shared = handle->shm_exclusive = 0;
	for (const struct handle *other = node->handles; other; other = other->next)
		if (other->mapped)
			return SQLITE_OK;
	(void)delete; /* like a file in /dev/shm after the last one: built anew */
	for (size_t i = 0; i < SHM_REGIONS; i++) {
		free(node->regions[i]);
		node->regions[i] = NULL;
	}
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_reserved,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_characteristics,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

/* --- the file system --- */

static int on_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
		   int *flags_out)
{
	struct disk *disk = vfs->pAppData;
	struct handle *handle = (struct handle *)file;
	struct node *node = path ? find(disk, path) : NULL;

	memset(handle, 0, sizeof(*handle));
	if (disk->dead)
		return SQLITE_CANTOPEN;
	if (!node && !(flags & SQLITE_OPEN_CREATE) && path)
		return SQLITE_CANTOPEN;
	if (!node)
		node = make(disk, path);
	handle->base.pMethods = &methods;
	handle->disk = disk;
	handle->node = node;
	handle->delete_on_close = flags & SQLITE_OPEN_DELETEONCLOSE;
	handle->next = node->handles;
	node->handles = handle;
	if (flags_out)
		*flags_out = flags;
	return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
	struct disk *disk = vfs->pAppData;
	struct node *node = find(disk, path);

	(void)sync_directory;
	if (!node)
		return SQLITE_IOERR_DELETE_NOENT;
	if (may_write(disk, SQLITE_IOERR_DELETE) != SQLITE_OK)
		return SQLITE_IOERR_DELETE;
	free(node->path);
	node->path = NULL;
	if (!node->handles)
		free_node(disk, node);
	return SQLITE_OK;
}

static int on_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
	const struct node *node = find(vfs->pAppData, path);

	*ret = node && (flags != SQLITE_ACCESS_EXISTS || node->size > 0);
	return SQLITE_OK;
}

static int on_full_path(sqlite3_vfs *vfs, const char *path, int room, char *ret)
{
	(void)vfs;
	(void)sqlite3_snprintf(room, ret, "%s", path);
	return SQLITE_OK;
}

static int on_randomness(sqlite3_vfs *vfs, int length, char *ret)
{
	struct disk *disk = vfs->pAppData;

	for (int i = 0; i < length; i++)
		ret[i] = (char)draw(disk);
	return length;
}

static int on_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds;
}

static int on_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
	(void)vfs;
	*ret = ((sqlite3_int64)time(NULL) + INT64_C(210866760000)) * 1000;
	return SQLITE_OK;
}

static int on_time_float(sqlite3_vfs *vfs, double *ret)
{
	sqlite3_int64 ms;

	(void)on_time(vfs, &ms);
	*ret = (double)ms / 86400000.;
	return SQLITE_OK;
}

static int on_last_error(sqlite3_vfs *vfs, int length, char *ret)
{
	(void)vfs;
	(void)length;
	(void)ret;
	return 0;
}

struct disk *disk_new(uint64_t seed)
{
	struct disk *disk = memory_new(1, sizeof(*disk));

	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* as the store does, before the first */
	disk->seed = hash_two(seed, 0xD15C);
	disk->before = sqlite3_vfs_find(NULL);
	disk->vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = sizeof(struct handle),
		.mxPathname = PATH_MAX_BYTES,
		.zName = "simulated",
		.pAppData = disk,
		.xOpen = on_open,
		.xDelete = on_delete,
		.xAccess = on_access,
		.xFullPathname = on_full_path,
		.xRandomness = on_randomness,
		.xSleep = on_sleep,
		.xCurrentTime = on_time_float,
		.xGetLastError = on_last_error,
		.xCurrentTimeInt64 = on_time,
	};
	(void)sqlite3_vfs_register(&disk->vfs, 1);
	sqlite3_randomness(0, NULL); /* drawn anew, from the seed */
	return disk;
}

void disk_free(struct disk *disk)
{
	if (!disk)
		return;
	(void)sqlite3_vfs_unregister(&disk->vfs);
	if (disk->before)
		(void)sqlite3_vfs_register(disk->before, 1);
	while (disk->nodes)
		free_node(disk, disk->nodes);
	free(disk);
}

/* --- what goes wrong --- */

void disk_time(struct disk *disk, double now)
{
	disk->now = now;
}

void disk_fill(struct disk *disk, bool full)
{
	disk->full = full;
}

void disk_errors(struct disk *disk, int permille)
{
	disk->permille = permille;
}

void disk_die_after(struct disk *disk, uint64_t writes)
{
	disk->doomed = true;
	disk->left = writes;
}

bool disk_is_dead(const struct disk *disk)
{
	return disk->dead;
}

/* A page that was written since the last sync: its sectors as they are, or as they were. */
static size_t lose_page(struct disk *disk, struct node *node, size_t page)
{
	const uint8_t *was = node->synced[page]->bytes;
	uint64_t chance = draw(disk);
	size_t end = 0;

	for (size_t at = 0; at < PAGE; at += SECTOR) {
		size_t place = page * PAGE + at;
		/* a third of the pages whole as they are, a third as they were, the others torn */
		bool lost = chance % 3 == 1 ||
			    (chance % 3 == 2 && (chance >> (8 + at / SECTOR) & 1) != 0);

		if (lost) {
			make_room(node, place + SECTOR);
			memcpy(node->bytes + place, was + at, SECTOR);
			disk->counts.lost++;
		} else {
			end = place + SECTOR;
		}
	}
	return end;
}

static void lose(struct disk *disk, struct node *node)
{
	size_t size = node->is_synced ? node->synced_size : 0;
	size_t before = node->size;

	for (size_t page = 0; page < node->synced_room; page++) {
		const struct kept *kept = node->synced[page];
		size_t end = 0;

		if (kept && disk->now - kept->since >= WRITTEN_BACK_S)
			end = (page + 1) * PAGE < before ? (page + 1) * PAGE : before;
		else if (kept)
			end = lose_page(disk, node, page);

		if (end > size && end <= before)
			size = end;
	}
	make_room(node, size);
	if (size < before)
		memset(node->bytes + size, 0, before - size);
	node->size = size;
}

void disk_revive(struct disk *disk, bool power_cut)
{
	for (struct node *node = disk->nodes; node; node = node->next) {
		assert(!node->handles);
		if (power_cut)
			lose(disk, node);
		forget_synced(node);
		node->synced_size = node->size;
		node->is_synced = true;
		for (size_t i = 0; i < SHM_REGIONS; i++) {
			free(node->regions[i]);
			node->regions[i] = NULL;
		}
	}
	disk->dead = disk->doomed = false;
}

bool disk_is_locked(const struct disk *disk)
{
	for (const struct node *node = disk->nodes; node; node = node->next)
		for (const struct handle *handle = node->handles; handle; handle = handle->next)
			if (handle->lock >= SQLITE_LOCK_RESERVED || handle->shm_exclusive)
				return true;
	return false;
}

const char *disk_find(const struct disk *disk, const void *bytes, size_t length, size_t *left)
{
	for (const struct node *node = disk->nodes; node; node = node->next) {
		const uint8_t *found = node->size >= length
					       ? memmem(node->bytes, node->size, bytes, length)
					       : NULL;

		if (!found)
			continue;
		*left = node->size - (size_t)(found - node->bytes);
		return (const char *)found;
	}
	return NULL;
}

struct disk_counts disk_counts(const struct disk *disk)
{
	return disk->counts;
}
