#include "auth_keys.h"

#include "metricsd/cleanup.h"
#include "metricsd/config.h"
#include "metricsd/draft.h"
#include "metricsd/error.h"
#include "metricsd/log.h"
#include "metricsd/memory.h"
#include "metricsd/owner.h"
#include "metricsd/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 16 << 10, MARK_TEXT = 65 };

/* A file that was read, and what it looked like then. */
struct secret {
	struct secret *next;
	char *path;
	char *value; /* memory_forget() */
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec written, changed;
};

/* What is shown for a token. Every text but the first is secret: memory_forget(). */
struct key {
	struct key *next;
	char *token; /* its id, for configurations come and go */
	char *value; /* in use; NULL: nothing could be read yet */
	char *root;  /* what root's file held when that was last looked at and was another one */
	char *fresh; /* is to take the place of `value`; NULL: nothing is */
	unsigned serial, fresh_serial;
	int64_t since, fresh_since; /* times of their files */
	int64_t renewed;            /* time the daemon renewed `value`; 0: it is root's */
	char mark[MARK_TEXT];       /* of what root's file held then */
	bool renewal;               /* `fresh` is one */
	bool tried;                 /* its first use decides */
	bool refused;               /* `root` is what was refused */
	struct error wrong;         /* with root's file; class NONE: nothing */
};

struct keys {
	struct secret *secrets;
	struct key *keys;
	char *directory; /* of renewed secrets, NULL: none */
	bool inspected;
	unsigned serials, news;
};

struct keys *keys_new(void)
{
	return memory_new(1, sizeof(struct keys));
}

static void clear_secret(struct secret *secret)
{
	memory_forget(secret->value);
	free(secret->path);
}

static void free_key(struct key *key)
{
	memory_forget(key->value);
	memory_forget(key->root);
	memory_forget(key->fresh);
	free(key->token);
	free(key);
}

void keys_free(struct keys *keys)
{
	if (!keys)
		return;
	while (keys->secrets) {
		struct secret *next = keys->secrets->next;

		clear_secret(keys->secrets);
		free(keys->secrets);
		keys->secrets = next;
	}
	while (keys->keys) {
		struct key *next = keys->keys->next;

		free_key(keys->keys);
		keys->keys = next;
	}
	free(keys->directory);
	free(keys);
}

void keys_keep_in(struct keys *keys, const char *state_directory)
{
	SCOPED(text)
	struct text path = { 0 };

	free(keys->directory);
	keys->directory = NULL;
	if (!state_directory)
		return;
	text_addf(&path, "%s/tokens", state_directory);
	keys->directory = text_take(&path);
}

void keys_inspected(struct keys *keys, bool inspected)
{
	keys->inspected = inspected;
}

unsigned keys_news(const struct keys *keys)
{
	return keys->news;
}

/* --- files --- */

/* What root replaced since the service was started lies in the runtime directory: systemd of Debian
 * 12 copies credentials at the start alone. */
static bool replaced_path(const char *credential, struct text *ret)
{
	const char *directory = getenv("RUNTIME_DIRECTORY");
	struct stat file;

	if (!directory || !*directory)
		return false;
	text_reset(ret);
	text_addf(ret, "%.*s/credentials/%s", (int)strcspn(directory, ":"), directory, credential);
	return lstat(text_str(ret), &file) == 0;
}

/* The path of a place; ERROR_TOKEN when it names a credential and systemd gave none. */
static int path_of(const struct secret_place *place, struct text *ret, struct error *err)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	text_reset(ret);
	if (place->file) {
		text_set(ret, place->file);
		return 0;
	}
	if (replaced_path(place->credential, ret))
		return 0;
	text_reset(ret);
	if (!directory)
		return error_set(err, ERROR_TOKEN,
				 "credential %s: no $CREDENTIALS_DIRECTORY; is LoadCredential=%s "
				 "in the unit?",
				 place->credential, place->credential);
	text_addf(ret, "%s/%s", directory, place->credential);
	return 0;
}

static bool same_file(const struct secret *secret, const struct stat *file)
{
	return secret->device == file->st_dev && secret->inode == file->st_ino &&
	       secret->size == file->st_size && secret->written.tv_sec == file->st_mtim.tv_sec &&
	       secret->written.tv_nsec == file->st_mtim.tv_nsec &&
	       secret->changed.tv_sec == file->st_ctim.tv_sec &&
	       secret->changed.tv_nsec == file->st_ctim.tv_nsec;
}

static int check_file(const char *path, const struct stat *file, struct error *err)
{
	if (!S_ISREG(file->st_mode))
		return error_set(err, ERROR_TOKEN, "%s is not a file", path);
	if (file->st_mode & S_IRWXO)
		return error_set(err, ERROR_TOKEN,
				 "%s may be read by others: chmod o= %s, then replace the secret",
				 path, path);
	if (file->st_size > SECRET_MAX)
		return error_set(err, ERROR_TOKEN, "%s is too long for a secret", path);
	return 0;
}

/* What cannot be sent in a header is no secret: it would end the header's line. */
static bool is_sendable(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value <= 0x20 || (unsigned char)*value >= 0x7f)
			return false;
	return true;
}

/* A file that is not there or not ours to read waits for a person; what else keeps it from being
 * read (descriptors, memory, the disk) is no fault of the secret's and is tried again. */
static enum error_class class_of(int number)
{
	return number == ENOENT || number == EACCES ? ERROR_TOKEN : ERROR_OURS;
}

static int read_value(int fd, const char *path, char **ret, struct error *err)
{
	char *value = memory_new(SECRET_MAX + 1, 1);
	ssize_t length = 0;
	ssize_t got;

	while ((got = read(fd, value + length, (size_t)(SECRET_MAX - length))) > 0)
		length += got;
	if (got < 0) {
		(void)error_set(err, class_of(errno), "%s: %s", path, system_words(errno));
		goto refuse;
	}
	while (length > 0 && strchr("\r\n \t", value[length - 1]))
		value[--length] = '\0';
	if (length == 0 || strlen(value) != (size_t)length) {
		(void)error_set(err, ERROR_TOKEN, "%s holds no secret in one line", path);
		goto refuse;
	}
	*ret = memory_text(value);
	explicit_bzero(value, SECRET_MAX);
	free(value);
	return 0;

refuse:
	explicit_bzero(value, SECRET_MAX);
	free(value);
	return -1;
}

static int read_secret(struct secret *secret, struct error *err)
{
	struct stat file;

	if (secret->value && stat(secret->path, &file) == 0 && same_file(secret, &file))
		return 0;
	SCOPED(descriptor)
	int fd = open(secret->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &file) < 0)
		return error_set(err, class_of(errno), "%s: %s", secret->path, system_words(errno));
	memory_forget(secret->value);
	secret->value = NULL;
	if (check_file(secret->path, &file, err) < 0 ||
	    read_value(fd, secret->path, &secret->value, err) < 0)
		return -1;
	secret->device = file.st_dev;
	secret->inode = file.st_ino;
	secret->size = file.st_size;
	secret->written = file.st_mtim;
	secret->changed = file.st_ctim;
	return 0;
}

/* As it stands there, on however many lines. */
static int find_secret(struct keys *keys, const struct secret_place *place,
		       const struct secret **ret, struct error *err)
{
	SCOPED(text)
	struct text path = { 0 };
	struct secret *secret;

	if (path_of(place, &path, err) < 0)
		return -1;
	for (secret = keys->secrets; secret; secret = secret->next)
		if (strcmp(secret->path, text_str(&path)) == 0)
			break;
	if (!secret) {
		secret = memory_new(1, sizeof(*secret));
		secret->path = text_take(&path);
		secret->next = keys->secrets;
		keys->secrets = secret;
	}
	if (read_secret(secret, err) < 0)
		return -1;
	*ret = secret;
	return 0;
}

/* Its words name the file, never what is in it. */
static int check_sendable(const struct secret_place *place, const char *value, struct error *err)
{
	if (is_sendable(value))
		return 0;
	return error_set(err, ERROR_TOKEN, "%s holds no secret in one line",
			 place->file ? place->file : place->credential);
}

int keys_secret(struct keys *keys, const struct secret_place *place, const char **ret,
		struct error *err)
{
	const struct secret *secret;

	if (find_secret(keys, place, &secret, err) < 0 ||
	    check_sendable(place, secret->value, err) < 0)
		return -1;
	*ret = secret->value;
	return 0;
}

/* What is moved or copied there with its old date, or made readable, has a new st_ctim. */
static int64_t time_of(const struct secret *secret)
{
	return secret->written.tv_sec > secret->changed.tv_sec ? secret->written.tv_sec
							       : secret->changed.tv_sec;
}

/* --- what was renewed, on disk --- */

/* By what root's secret is known again without being told: its HMAC with the renewed one. */
static void mark_of(const char *renewed, const char *root, char ret[MARK_TEXT])
{
	unsigned char bytes[EVP_MAX_MD_SIZE] = { 0 };
	unsigned int length = 0;

	(void)HMAC(EVP_sha256(), renewed, (int)strlen(renewed), (const unsigned char *)root,
		   strlen(root), bytes, &length);
	for (size_t i = 0; i < MARK_TEXT / 2; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	explicit_bzero(bytes, sizeof(bytes));
}

static void renewed_path(const struct keys *keys, const struct key *key, struct text *ret)
{
	text_reset(ret);
	text_addf(ret, "%s/%s", keys->directory, key->token);
}

/* A token that somebody else laid there would be used for ours. 1: nobody did; 0: nothing there is
 * for us; -1. `err` says why with both. */
static int check_place(const struct keys *keys, struct error *err)
{
	SCOPED(descriptor)
	int fd = open(keys->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0)
		return owner_only(fd, keys->directory, err) < 0 ? -1 : 1;
	(void)error_set(err, ERROR_OURS, "%s: %s", keys->directory, system_words(errno));
	return 0;
}

static int write_renewed(const struct keys *keys, const struct key *key, int64_t now,
			 struct error *err)
{
	SCOPED(text)
	struct text path = { 0 };
	SCOPED(text)
	struct text words = TEXT_SECRET;
	char mark[MARK_TEXT];
	int result;

	if (!keys->directory || !key->root)
		return error_set(err, ERROR_OURS, "there is no place for a renewed token");
	if (mkdir(keys->directory, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERROR_OURS, "%s: %s", keys->directory, system_words(errno));
	if (check_place(keys, err) <= 0)
		return -1;
	renewed_path(keys, key, &path);
	mark_of(key->fresh, key->root, mark);
	text_addf(&words, "%s\n%s\n%" PRId64 "\n", key->fresh, mark, now);
	result = draft_write(&(struct draft){ .path = text_str(&path), .mode = 0600 },
			     text_str(&words), words.length, err);
	explicit_bzero(mark, sizeof(mark));
	return result;
}

static void remove_renewed(const struct keys *keys, const struct key *key)
{
	SCOPED(text)
	struct text path = { 0 };

	if (!keys->directory)
		return;
	renewed_path(keys, key, &path);
	(void)unlink(text_str(&path));
}

/* Its lines: the secret, the mark of root's, when it was renewed. */
static bool parse_renewed(char *lines, char **mark, int64_t *when)
{
	char *end;

	*mark = strchr(lines, '\n');
	if (!*mark)
		return false;
	*(*mark)++ = '\0';
	end = strchr(*mark, '\n');
	if (!end)
		return false;
	*end++ = '\0';
	*when = strtoll(end, &end, 10);
	return !*end && *when > 0 && *lines && is_sendable(lines) && strlen(*mark) == MARK_TEXT - 1;
}

/* The secret in use is the one that was renewed before we were started, if there is one. */
static bool load_renewed(struct keys *keys, struct key *key)
{
	SCOPED(text)
	struct text path = { 0 };
	struct secret secret = { 0 };
	struct error err;
	char *mark;
	int64_t when;
	size_t length;
	int found = keys->directory ? check_place(keys, &err) : 0;

	if (found < 0)
		log_warning("token %s: what was renewed is not used: %s", key->token, err.text);
	if (found <= 0)
		return false;
	renewed_path(keys, key, &path);
	secret.path = text_take(&path);
	if (read_secret(&secret, &err) == 0 && secret.value) {
		length = strlen(secret.value);
		if (parse_renewed(secret.value, &mark, &when)) {
			key->value = memory_text(secret.value);
			key->serial = ++keys->serials;
			key->since = time_of(&secret);
			key->renewed = when;
			memcpy(key->mark, mark, MARK_TEXT);
			keys->news++;
		}
		explicit_bzero(secret.value, length); /* its lines are texts of their own by now */
	}
	clear_secret(&secret);
	return key->value != NULL;
}

/* --- which is used --- */

static struct key *find_key(struct keys *keys, const char *id)
{
	struct key *key = keys->keys;

	while (key && strcmp(key->token, id) != 0)
		key = key->next;
	if (key)
		return key;
	key = memory_new(1, sizeof(*key));
	key->token = memory_text(id);
	key->next = keys->keys;
	keys->keys = key;
	return key;
}

static void forget_fresh(struct keys *keys, struct key *key)
{
	if (!key->fresh)
		return;
	memory_forget(key->fresh);
	key->fresh = NULL;
	key->fresh_serial = 0;
	key->renewal = key->tried = false;
	keys->news++;
}

/* Takes `value` over. */
static void use(struct keys *keys, struct key *key, char *value, unsigned serial, int64_t since)
{
	memory_forget(key->value);
	key->value = value;
	key->serial = serial;
	key->since = since;
	keys->news++;
}

static void remember_root(struct key *key, const char *root)
{
	if (key->root && strcmp(key->root, root) == 0)
		return;
	memory_forget(key->root);
	key->root = memory_text(root);
}

static bool has_app_secret(const struct token *token)
{
	return token->app_secret.file || token->app_secret.credential;
}

/* Whether somebody can be asked about it before it is used. */
static bool can_be_inspected(const struct keys *keys, const struct token *token)
{
	bool of_meta = token->kind == TOKEN_PAGE || token->kind == TOKEN_USER ||
		       token->kind == TOKEN_SYSTEM_USER;

	return keys->inspected && of_meta && token->app_id && has_app_secret(token);
}

static void offer(struct keys *keys, struct key *key, const struct token *token, const char *value,
		  int64_t since)
{
	forget_fresh(keys, key);
	key->fresh = memory_text(value);
	key->fresh_serial = ++keys->serials;
	/* two of one second are told apart, for holds go by it */
	key->fresh_since = since == key->since ? since + 1 : since;
	key->tried = !can_be_inspected(keys, token);
	keys->news++;
}

static void note_wrong(struct keys *keys, struct key *key, const struct error *cause)
{
	if (key->wrong.class == cause->class && strcmp(key->wrong.text, cause->text) == 0)
		return;
	key->wrong = *cause;
	keys->news++;
}

static int read_root(struct keys *keys, const struct token *token, const struct secret **ret,
		     struct error *err)
{
	bool lines = token->kind == TOKEN_SERVICE_ACCOUNT || token->kind == TOKEN_LOGIN;

	if (find_secret(keys, &token->secret, ret, err) < 0)
		return -1;
	return lines ? 0 : check_sendable(&token->secret, (*ret)->value, err);
}

/* Whether root's file holds what it held when the one in use was renewed, or what was judged. */
static bool is_known(const struct key *key, const char *root)
{
	char mark[MARK_TEXT];

	if (key->root)
		return strcmp(key->root, root) == 0;
	if (!key->renewed)
		return false;
	mark_of(key->value, root, mark);
	return strcmp(mark, key->mark) == 0;
}

/* What stands in root's file, against what is known. */
static void compare(struct keys *keys, struct key *key, const struct token *token,
		    const struct secret *root)
{
	if (!key->value && !load_renewed(keys, key)) {
		remember_root(key, root->value);
		use(keys, key, memory_text(root->value), ++keys->serials, time_of(root));
	} else if (strcmp(key->value, root->value) == 0) {
		key->since = time_of(root);
		remember_root(key, root->value);
		keys->news += key->refused;
		key->refused = false;
		if (key->renewed) {
			key->renewed = 0;
			remove_renewed(keys, key);
		}
		if (key->fresh && !key->renewal)
			forget_fresh(keys, key);
	} else if (is_known(key, root->value)) {
		remember_root(key, root->value);
	} else {
		remember_root(key, root->value);
		key->refused = false;
		offer(keys, key, token, root->value, time_of(root));
	}
}

/* Looks at root's file. An empty or garbled one, or none, takes no secret's place. */
static struct key *look(struct keys *keys, const struct token *token)
{
	static const struct error nothing = { 0 };
	struct key *key = find_key(keys, token->id);
	const struct secret *root;
	struct error err = { 0 };

	if (read_root(keys, token, &root, &err) == 0) {
		note_wrong(keys, key, &nothing);
		compare(keys, key, token, root);
		return key;
	}
	note_wrong(keys, key, &err);
	if (err.class == ERROR_TOKEN && key->fresh && !key->renewal)
		forget_fresh(keys, key);
	if (err.class == ERROR_TOKEN && !key->value)
		(void)load_renewed(keys, key);
	return key;
}

int keys_show(struct keys *keys, const struct token *token, enum key_which which, const char **ret,
	      unsigned *serial, struct error *err)
{
	const struct key *key = look(keys, token);
	bool fresh = key->fresh && (which == KEY_FRESH || key->tried);

	if (which == KEY_FRESH && !fresh)
		return error_set(err, ERROR_TOKEN,
				 "token %s: nothing is to take its secret's place", token->id);
	if (!fresh && !key->value) {
		*err = key->wrong;
		return -1;
	}
	*ret = fresh ? key->fresh : key->value;
	*serial = fresh ? key->fresh_serial : key->serial;
	return 0;
}

int64_t keys_time(struct keys *keys, const struct token *token)
{
	const struct key *key = look(keys, token);
	const struct secret *app;
	int64_t time = key->value ? key->since : 0;
	struct error ignored;

	if (key->fresh && key->tried)
		time = key->fresh_since;
	if (time && has_app_secret(token) &&
	    find_secret(keys, &token->app_secret, &app, &ignored) == 0 && time_of(app) > time)
		time = time_of(app);
	return time;
}

bool keys_trying(const struct keys *keys)
{
	for (const struct key *key = keys->keys; key; key = key->next)
		if (key->tried)
			return true;
	return false;
}

void keys_view(struct keys *keys, const struct token *token, bool looks, struct key_view *ret)
{
	const struct key *key = looks ? look(keys, token) : find_key(keys, token->id);

	*ret = (struct key_view){
		.serial = key->serial,
		.renewed = key->renewed,
		.fresh = key->fresh_serial,
		.renewal = key->renewal,
		.tried = key->tried,
		.refused = key->refused,
		.wrong = key->wrong.class == ERROR_TOKEN ? key->wrong.text : "",
	};
}

static int adopt(struct keys *keys, struct key *key, int64_t now, struct error *err)
{
	bool renewal = key->renewal;
	char *value = key->fresh;

	if (renewal && write_renewed(keys, key, now, err) < 0)
		return -1;
	if (!renewal && key->renewed)
		remove_renewed(keys, key);
	key->renewed = renewal ? now : 0;
	key->fresh = NULL;
	use(keys, key, value, key->fresh_serial, renewal ? now : key->fresh_since);
	key->fresh_serial = 0;
	key->renewal = key->tried = false;
	return 0;
}

int keys_judge(struct keys *keys, const struct token *token, unsigned serial,
	       enum key_verdict verdict, int64_t now, struct error *err)
{
	struct key *key = find_key(keys, token->id);

	if (!key->fresh || key->fresh_serial != serial)
		return 0;
	switch (verdict) {
	case KEY_ADOPTED:
		return adopt(keys, key, now, err);
	case KEY_REFUSED:
		key->refused = !key->renewal;
		forget_fresh(keys, key);
		return 0;
	case KEY_TRIED:
		key->tried = true;
		keys->news++;
		return 0;
	}
	return 0;
}

int keys_renew(struct keys *keys, const struct token *token, const char *value, struct error *err)
{
	struct key *key = look(keys, token);

	if (key->fresh || !key->value)
		return error_set(err, ERROR_TRANSIENT, "root has replaced the token meanwhile");
	if (!*value || !is_sendable(value) || strlen(value) > SECRET_MAX / 2)
		return error_set(err, ERROR_MALFORMED, "what was given is no token");
	if (strcmp(value, key->value) == 0 || strspn(value, "*") == strlen(value))
		return error_set(err, ERROR_MALFORMED, "the same token was given again");
	if (!key->root)
		return error_set(err, ERROR_TRANSIENT, "root's file cannot be read: %s",
				 key->wrong.text);
	offer(keys, key, token, value, 0);
	key->renewal = true;
	key->tried = false;
	return 0;
}

static bool is_among(const char *id, const struct token *tokens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(id, tokens[i].id) == 0)
			return true;
	return false;
}

/* The directory is the daemon's own: whatever else lies there is a draft somebody died over. */
static void remove_others(const struct keys *keys, const struct token *tokens, size_t count)
{
	DIR *directory = keys->directory ? opendir(keys->directory) : NULL;
	const struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.' && !is_among(entry->d_name, tokens, count))
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
	(void)closedir(directory);
}

void keys_keep_only(struct keys *keys, const struct token *tokens, size_t count)
{
	struct key **at = &keys->keys;

	while (*at) {
		struct key *key = *at;

		if (is_among(key->token, tokens, count)) {
			at = &key->next;
			continue;
		}
		*at = key->next;
		free_key(key);
	}
	remove_others(keys, tokens, count);
}

void keys_base64(const char *bytes, size_t length, struct text *ret)
{
	size_t room = (length + 2) / 3 * 4 + 1;
	char *code = memory_new(room, 1);

	(void)EVP_EncodeBlock((unsigned char *)code, (const unsigned char *)bytes, (int)length);
	text_add(ret, code);
	explicit_bzero(code, room);
	free(code);
}
