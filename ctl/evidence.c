#include "evidence.h"

#include "metricsd/cleanup.h"
#include "metricsd/error.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };

char *program_root(struct error *err)
{
	char program[PATH_TEXT];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;

	if (length < 0) {
		(void)error_set(err, ERROR_OURS, "/proc/self/exe: %s", system_words(errno));
		return NULL;
	}
	program[length] = '\0';
	for (int i = 0; i < 2; i++)
		if ((slash = strrchr(program, '/')))
			*slash = '\0';
	return memory_text(program);
}

static void scoped_digest(EVP_MD_CTX **digest)
{
	EVP_MD_CTX_free(*digest);
}

static int digest_end(EVP_MD_CTX *digest, char ret[SHA256_TEXT])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (!EVP_DigestFinal_ex(digest, bytes, &length))
		return -1;
	for (size_t i = 0; i < length && i < (SHA256_TEXT - 1) / 2; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static int no_digest(const char *path, struct error *err)
{
	return error_set(err, ERROR_OURS, "SHA-256 of %s failed", path);
}

/* A whole file in pieces: screenshots are small, recordings of a session are not. */
int file_digest(const char *path, char ret[SHA256_TEXT], struct error *err)
{
	SCOPED(digest)
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	SCOPED(file)
	FILE *file = fopen(path, "rbe");
	SCOPED(memory)
	char *piece = memory_new(CHUNK, 1);
	size_t got;

	if (!file)
		return error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
	if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
		return no_digest(path, err);
	while ((got = fread(piece, 1, CHUNK, file)) > 0)
		if (!EVP_DigestUpdate(digest, piece, got))
			return no_digest(path, err);
	if (ferror(file))
		return error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
	return digest_end(digest, ret) < 0 ? no_digest(path, err) : 0;
}

int bytes_digest(const char *bytes, size_t length, char ret[SHA256_TEXT], struct error *err)
{
	SCOPED(digest)
	EVP_MD_CTX *digest = EVP_MD_CTX_new();

	if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL) ||
	    !EVP_DigestUpdate(digest, bytes, length) || digest_end(digest, ret) < 0)
		return no_digest("the file", err);
	return 0;
}

/* "https://…", "mailto:…" is none: nobody can look at it. A drive's letter is no scheme. */
static bool is_link(const char *given)
{
	size_t scheme = strspn(given, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+.-");

	return scheme > 1 && strncmp(given + scheme, "://", 3) == 0 &&
	       strncasecmp(given, "file:", 5) != 0;
}

/* "\\servidor\comunicaciones\…", and the same as file://servidor/…. */
static bool is_of_network(const char *given)
{
	if (strncmp(given, "\\\\", 2) == 0)
		return true;
	return strncasecmp(given, "file://", 7) == 0 && given[7] != '/';
}

/* Without what says that it is a path. */
static const char *path_of(const char *given)
{
	if (strncasecmp(given, "file://", 7) == 0)
		return given + 7;
	return strncasecmp(given, "file:", 5) == 0 ? given + 5 : given;
}

static int read_path(const char *path, const char *folder, struct evidence *ret, struct error *err)
{
	char whole[PATH_TEXT];
	struct stat about;

	if (!folder || path[0] == '/')
		folder = "";
	if ((size_t)snprintf(whole, sizeof(whole), "%s%s%s", folder, *folder ? "/" : "", path) >=
	    sizeof(whole))
		return error_set(err, ERROR_INPUT, "evidence \"%.40s…\" is too long a path", path);
	if (stat(whole, &about) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return error_set(err, ERROR_INPUT, "%.200s: %s", path, system_words(errno));
		return error_set(err, ERROR_INPUT,
				 "there is no file \"%.200s\": give a link (https://…), the path "
				 "of a file, or say it in the note",
				 path);
	}
	if (!S_ISREG(about.st_mode))
		return error_set(err, ERROR_INPUT, "\"%.200s\" is no file: name one", path);
	return file_digest(whole, ret->sha256, err);
}

int evidence_read(const char *given, const char *folder, struct evidence *ret, struct error *err)
{
	struct evidence evidence = { .words = given };

	if (!given || !*given) {
		*ret = (struct evidence){ 0 };
		return 0;
	}
	if (is_of_network(given)) {
		evidence.local = true;
	} else if (!is_link(given)) {
		evidence.words = path_of(given);
		if (read_path(evidence.words, folder, &evidence, err) < 0)
			return error_within(err, "evidence");
	}
	*ret = evidence;
	return 0;
}

const char *evidence_hash(const struct evidence *evidence)
{
	return evidence->sha256[0] ? evidence->sha256 : NULL;
}
