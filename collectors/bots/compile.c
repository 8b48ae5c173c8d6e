/*
 * Makes a list of robots of a package's data: the patterns of crawler-user-agents.json, one a line.
 *
 *   metricsd-bots NAME VERSION FILE.json LIST
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 16 << 20 };

static int fail(const char *name, const char *words)
{
	(void)fprintf(stderr, "%s: %s\n", name, words);
	return 1;
}

static cJSON *read_json(const char *name)
{
	FILE *file = fopen(name, "r");
	char *bytes = malloc(FILE_MAX);
	size_t length = file && bytes ? fread(bytes, 1, FILE_MAX, file) : 0;
	cJSON *root = cJSON_ParseWithLength(bytes, length);

	free(bytes);
	if (file)
		(void)fclose(file);
	return root;
}

static int write_list(const cJSON *root, const char *name, const char *version, FILE *list)
{
	const cJSON *entry;

	(void)fprintf(list, "# %s %s\n", name, version);
	cJSON_ArrayForEach (entry, root) {
		const cJSON *pattern = cJSON_GetObjectItemCaseSensitive(entry, "pattern");

		if (!cJSON_IsString(pattern) || !*pattern->valuestring ||
		    strpbrk(pattern->valuestring, "\r\n"))
			return -1;
		(void)fprintf(list, "%s\n", pattern->valuestring);
	}
	return 0;
}

int main(int argc, char **argv)
{
	cJSON *root;
	FILE *list;
	int result;

	if (argc != 5)
		return fail(argv[0], "NAME VERSION FILE.json LIST");
	root = read_json(argv[3]);
	if (!cJSON_IsArray(root) || cJSON_GetArraySize(root) == 0) {
		cJSON_Delete(root);
		return fail(argv[3], "no list of patterns");
	}
	list = fopen(argv[4], "w");
	result = list ? write_list(root, argv[1], argv[2], list) : -1;
	cJSON_Delete(root);
	if (list && fclose(list) != 0)
		result = -1;
	if (result < 0) {
		(void)remove(argv[4]);
		return fail(argv[4], "could not be written whole");
	}
	return 0;
}
