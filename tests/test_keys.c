/* Keys of access logs as the daemon hands them to a collector: made when they are not there, and
 * never instead of one that is. */
#include "test.h"

#include "daemon/file.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY = 16, NOBODY = 65534 };

struct place {
	char path[64];
	char key[128]; /* of sede, of the month */
	struct file_door door;
	struct error err;
};

static int make_place(void **state)
{
	struct place *place = memory_new(1, sizeof(*place));

	*state = place;
	(void)snprintf(place->path, sizeof(place->path), "/tmp/test-keys-XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	(void)snprintf(place->key, sizeof(place->key), "%s/keys/o,sede,live-2026-10", place->path);
	place->door.directory = place->path;
	place->door.entity = "o";
	place->door.account = "sede";
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about;
	(void)type;
	(void)walk;
	return remove(path);
}

static int clear_place(void **state)
{
	struct place *place = *state;

	file_door_clear(&place->door);
	(void)nftw(place->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

static int ask(struct place *place, char ret[KEY])
{
	SCOPED(request)
	struct request request = { .kind = REQUEST_KEYS };
	struct response response;

	text_set(&request.url, "live-2026-10");
	if (file_answer(&place->door, &request, &response, &place->err) < 0)
		return -1;
	assert_int_equal(response.length, KEY);
	memcpy(ret, response.body, KEY);
	return 0;
}

static void a_key_is_made_once(void **state)
{
	struct place *place = *state;
	char first[KEY], second[KEY];
	struct stat status;

	assert_int_equal(ask(place, first), 0);
	assert_int_equal(ask(place, second), 0);
	assert_memory_equal(first, second, KEY);
	assert_int_equal(stat(place->key, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_key_goes_over_to_the_new_name(void **state)
{
	struct place *place = *state;
	char first[KEY], second[KEY];

	assert_int_equal(ask(place, first), 0);
	place->door.account = "portal";
	place->door.renamed_from = "sede";
	assert_int_equal(ask(place, second), 0);
	assert_memory_equal(first, second, KEY);
	assert_int_not_equal(access(place->key, F_OK), 0);
}

static void a_key_that_may_not_be_read_is_not_made_anew(void **state)
{
	struct place *place = *state;
	char key[KEY], keys[96];
	struct stat before, after;
	int result;

	assert_int_equal(ask(place, key), 0);
	assert_int_equal(stat(place->key, &before), 0);
	assert_int_equal(chmod(place->key, 0), 0);
	if (geteuid() == 0) { /* what root left in the directory of another */
		(void)snprintf(keys, sizeof(keys), "%s/keys", place->path);
		assert_int_equal(chown(place->path, NOBODY, NOBODY), 0);
		assert_int_equal(chown(keys, NOBODY, NOBODY), 0);
		assert_int_equal(seteuid(NOBODY), 0);
		result = ask(place, key);
		assert_int_equal(seteuid(0), 0);
	} else {
		result = ask(place, key);
	}
	assert_int_equal(result, -1);
	assert_int_equal(place->err.class, ERROR_OURS);
	assert_non_null(
		strstr(place->err.text, "Permission denied: as root, chown -R --reference="));
	assert_int_equal(stat(place->key, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void who_is_not_the_owner_hears_whom_to_ask(void **state)
{
	struct place *place = *state;
	char key[KEY];
	int result;

	if (geteuid() != 0)
		skip();
	assert_int_equal(ask(place, key), 0);
	assert_int_equal(chmod(place->path, 0755), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	result = ask(place, key);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(result, -1);
	assert_non_null(strstr(place->err.text, "ask the daemon, by metricsctl collect"));
}

/* Members of the service's group may rename what lies in its state directory. */
static void keys_that_somebody_else_may_have_chosen_are_refused(void **state)
{
	struct place *place = *state;
	char key[KEY], keys[96];

	assert_int_equal(ask(place, key), 0);
	(void)snprintf(keys, sizeof(keys), "%s/keys", place->path);
	assert_int_equal(chmod(keys, 0770), 0);
	assert_int_equal(ask(place, key), -1);
	assert_non_null(strstr(place->err.text, "others may write "));
	assert_int_equal(chmod(keys, 0700), 0);
	assert_int_equal(ask(place, key), 0);
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(keys, NOBODY, NOBODY), 0);
	assert_int_equal(ask(place, key), -1);
	assert_non_null(strstr(place->err.text, "is not the service's"));
}

static void a_damaged_key_is_not_made_anew(void **state)
{
	struct place *place = *state;
	char key[KEY];
	struct stat status;

	assert_int_equal(ask(place, key), 0);
	assert_int_equal(truncate(place->key, 3), 0);
	assert_int_equal(ask(place, key), -1);
	assert_non_null(strstr(place->err.text, "damaged (3 bytes of 16): remove it"));
	assert_int_equal(stat(place->key, &status), 0);
	assert_int_equal(status.st_size, 3);
}

static void what_only_leads_to_a_key_is_none(void **state)
{
	struct place *place = *state;
	char key[KEY], other[128];
	struct stat status;

	assert_int_equal(ask(place, key), 0);
	(void)snprintf(other, sizeof(other), "%s/other", place->path);
	assert_int_equal(rename(place->key, other), 0);
	assert_int_equal(symlink(other, place->key), 0);
	assert_int_equal(ask(place, key), -1);
	assert_int_equal(lstat(place->key, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_made_once),
		TEST(a_key_goes_over_to_the_new_name),
		TEST(a_key_that_may_not_be_read_is_not_made_anew),
		TEST(who_is_not_the_owner_hears_whom_to_ask),
		TEST(keys_that_somebody_else_may_have_chosen_are_refused),
		TEST(a_damaged_key_is_not_made_anew),
		TEST(what_only_leads_to_a_key_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
